"""Questions that are asked at the same time, of which none goes on once the answer is given."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*asked: Coroutine[Any, Any, Any]) -> list[Any]:
    """Return the answers in order, as `asyncio.gather` does; raise what the first raises.

    The others have ended by then: left alone they would open connections that nobody closes. They
    are waited for, not cancelled: a connection that is cancelled while it opens is not closed.
    """
    tasks = [asyncio.create_task(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await asyncio.gather(*tasks, return_exceptions=True)
