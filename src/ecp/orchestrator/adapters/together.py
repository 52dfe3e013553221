"""Questions that are asked at the same time, of which none goes on once one has failed."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*asked: Coroutine[Any, Any, Any]) -> list[Any]:
    """Return the answers in order, as `asyncio.gather` does; raise what the first raises.

    The others are ended by then: left alone they would open connections that nobody closes.
    """
    tasks = [asyncio.create_task(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
