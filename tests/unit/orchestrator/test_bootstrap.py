"""What the orchestrator is put together from: a database is opened once."""

import asyncio
from pathlib import Path

import pytest

from ecp.orchestrator.bootstrap import Bootstrap
from ecp.orchestrator.ports import Storage, StorageFailed


def test_all_who_ask_get_the_same(tmp_path: Path) -> None:
    async def ask() -> set[Storage]:
        house = Bootstrap(tmp_path)
        found = await asyncio.gather(*(house.storage("demo") for _ in range(5)))
        await house.close()
        return set(found)

    assert len(asyncio.run(ask())) == 1


def test_what_could_not_be_opened_is_tried_again(tmp_path: Path) -> None:
    async def ask() -> None:
        (tmp_path / "file").write_text("in the way")
        house = Bootstrap(tmp_path / "file" / "data")
        with pytest.raises(StorageFailed):
            await house.storage("production")
        (tmp_path / "file").unlink()
        await house.storage("production")
        await house.close()

    asyncio.run(ask())
