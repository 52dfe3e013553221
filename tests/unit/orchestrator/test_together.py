"""Questions asked at once: when one fails, none goes on behind its back."""

import asyncio

import pytest

from ecp.orchestrator.adapters.together import together


async def answered(what: str) -> str:
    return what


def test_answers_come_in_the_order_of_the_questions() -> None:
    assert asyncio.run(together(answered("a"), answered("b"))) == ["a", "b"]


def test_none_goes_on_once_one_has_failed() -> None:
    ended = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ConnectionRefusedError

    async def ask() -> None:
        with pytest.raises(ConnectionRefusedError):
            await together(waits(), fails())
        assert ended == ["waits"]

    asyncio.run(ask())
