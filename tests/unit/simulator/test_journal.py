"""The journal: whole records or none, whatever a crash left."""

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecp.simulator import journal
from ecp.simulator.journal import File, Journal


def write(path: Path, records: list[dict[str, object]]) -> None:
    async def run() -> None:
        log = Journal(File(path))
        for record in records:
            log.append(record)
        await log.commit()
        log.close()

    asyncio.run(run())


def test_what_was_committed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}])
    write(path, [{"n": 3}])
    assert [record["n"] for record in journal.read(File(path))] == [1, 2, 3]


@pytest.mark.parametrize("cut", range(1, len(journal.encode({"n": 2}))))
def test_a_torn_tail_is_cut_off_and_writing_goes_on(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}])
    path.write_bytes(path.read_bytes()[:-cut])
    assert [record["n"] for record in journal.read(File(path))] == [1]
    write(path, [{"n": 3}])
    assert [record["n"] for record in journal.read(File(path))] == [1, 3]


FIRST = len(journal.encode({"n": 1}))


def damaged(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("at", range(FIRST, 2 * FIRST), ids="byte {} of the last record".format)
def test_a_damaged_last_record_was_torn_in_mid_write(tmp_path: Path, at: int) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}])
    damaged(path, at)
    assert [record["n"] for record in journal.read(File(path))] == [1]


@pytest.mark.parametrize("at", range(FIRST, 2 * FIRST), ids="byte {} of the second record".format)
def test_a_damaged_record_before_whole_ones_is_never_cut_off(tmp_path: Path, at: int) -> None:
    path = tmp_path / "journal.log"
    write(path, [{"n": 1}, {"n": 2}, {"n": 3}])
    damaged(path, at)
    before = path.read_bytes()
    with pytest.raises(journal.DamagedJournal, match=f"damaged at byte {FIRST}"):
        list(journal.read(File(path)))
    with pytest.raises(journal.DamagedJournal):
        Journal(File(path))
    assert path.read_bytes() == before


@pytest.fixture
def _small_files() -> Iterator[None]:
    """No file may grow beyond 100 bytes: what a full disk feels like."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("_small_files")
def test_a_full_disk_refuses_for_good_and_keeps_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"

    async def run() -> list[int]:
        log = Journal(File(path))
        answered = []
        for number in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19):
            log.append({"n": number} if number != 15 else {"n": number, "long": "x" * 90})
            try:
                await log.commit()
                answered.append(number)
            except OSError:
                pass
        log.close()
        return answered

    assert asyncio.run(run()) == [10, 11, 12, 13, 14]
    assert [record["n"] for record in journal.read(File(path))] == [10, 11, 12, 13, 14]


def test_many_commits_at_once_share_few_writes(tmp_path: Path) -> None:
    async def run() -> int:
        log = Journal(File(tmp_path / "journal.log"))
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
    assert len(list(journal.read(File(tmp_path / "journal.log")))) == 100


def test_a_waiter_that_was_cancelled_holds_nobody_else_up(tmp_path: Path) -> None:
    """As when a cluster is stopped while it notes that a warp has arrived."""

    async def run() -> None:
        log = Journal(File(tmp_path / "journal.log"))
        log.append({"n": 1})
        leaving = asyncio.ensure_future(log.commit())
        await asyncio.sleep(0)
        leaving.cancel()
        log.append({"n": 2})
        await asyncio.wait_for(log.commit(), 5)
        await asyncio.wait_for(log.settle(), 5)
        log.close()

    asyncio.run(run())
    assert [record["n"] for record in journal.read(File(tmp_path / "journal.log"))] == [1, 2]
