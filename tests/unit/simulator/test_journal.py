"""The journal: whole records or none, whatever a crash left."""

import asyncio
from pathlib import Path

import pytest

from ecp.simulator import journal
from ecp.simulator.journal import Journal


def write(path: Path, records: list[dict[str, object]]) -> None:
    async def run() -> None:
        log = Journal(path)
        for record in records:
            log.append(record)
        await log.commit()
        log.close()

    asyncio.run(run())


def test_what_was_committed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}])
    write(path, [{"n": 3}])
    assert [record["n"] for record in journal.read(path)] == [1, 2, 3]


@pytest.mark.parametrize("cut", range(1, len(journal.encode({"n": 2}))))
def test_a_torn_tail_is_cut_off_and_writing_goes_on(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}])
    path.write_bytes(path.read_bytes()[:-cut])
    assert [record["n"] for record in journal.read(path)] == [1]
    write(path, [{"n": 3}])
    assert [record["n"] for record in journal.read(path)] == [1, 3]


def test_a_damaged_record_ends_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}, {"n": 3}])
    data = bytearray(path.read_bytes())
    data[len(journal.encode({"n": 1})) + 10] ^= 1
    path.write_bytes(bytes(data))
    assert [record["n"] for record in journal.read(path)] == [1]


def test_many_commits_at_once_share_few_writes(tmp_path: Path) -> None:
    async def run() -> int:
        log = Journal(tmp_path / "journal.log")
        writes = 0
        plain = log._write

        def counted(data: bytes) -> None:
            nonlocal writes
            writes += 1
            plain(data)

        log._write = counted  # type: ignore[method-assign]

        async def one(number: int) -> None:
            log.append({"n": number})
            await log.commit()

        await asyncio.gather(*(one(number) for number in range(100)))
        log.close()
        return writes

    assert asyncio.run(run()) < 10
    assert len(list(journal.read(tmp_path / "journal.log"))) == 100
