"""Something of which only one process at a time may have hold, by a lease in the database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from ecp.orchestrator.ports import Storage, StorageFailed

log = logging.getLogger("ecp.orchestrator")

_FOR_NS: Final = 15_000_000_000
_RENEWED_S: Final = 5.0
_AGAIN_S: Final = 0.1


@asynccontextmanager
async def held(
    storage: Storage, name: str, holder: str, now: Callable[[], int]
) -> AsyncIterator[None]:
    """Wait until nobody else has hold of *name*, and have hold of it inside the block.

    Who ends without letting go, as by a power cut, has hold of it for fifteen seconds more. Raises
    StorageFailed.
    """
    while not await storage.lease(name, holder, now(), now() + _FOR_NS):
        await asyncio.sleep(_AGAIN_S)
    renewing = asyncio.create_task(_renewed(storage, name, holder, now))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        try:
            await storage.lease(name, holder, now(), 0)
        except StorageFailed as error:
            log.info("%s is held until its lease is over: %s", name, error)


async def _renewed(storage: Storage, name: str, holder: str, now: Callable[[], int]) -> None:
    while True:
        await asyncio.sleep(_RENEWED_S)
        try:
            await storage.lease(name, holder, now(), now() + _FOR_NS)
        except StorageFailed as error:
            log.info("%s is held for less long: %s", name, error)
