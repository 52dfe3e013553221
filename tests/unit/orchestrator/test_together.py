"""Questions asked at once: when one fails, none goes on behind its back."""

import asyncio

import pytest

from ecp.orchestrator.together import together


async def answered(what: str) -> str:
    return what


def test_answers_come_in_the_order_of_the_questions() -> None:
    assert asyncio.run(together(answered("a"), answered("b"))) == ["a", "b"]


def test_none_goes_on_once_one_has_failed() -> None:
    ended = []

    async def takes_longer() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        ended.append("takes longer")

    async def fails() -> None:
        raise ConnectionRefusedError

    async def ask() -> None:
        with pytest.raises(ConnectionRefusedError):
            await together(takes_longer(), fails())
        assert ended == ["takes longer"]

    asyncio.run(ask())
