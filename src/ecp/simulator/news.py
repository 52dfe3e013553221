"""What is durable of a cluster, and who waits for more of it."""

import asyncio

from ecp.simulator.kubeapi import Closed


class News:
    """`committed` is the newest version that is on disk."""

    def __init__(self, committed: int) -> None:
        self.committed = committed
        self._over = False
        self._told = asyncio.Event()

    def tell(self, committed: int) -> None:
        """Let everybody who waits know that *committed* is on disk."""
        if committed != self.committed:
            self.committed = committed
            told, self._told = self._told, asyncio.Event()
            told.set()

    def end(self) -> None:
        """Let everybody who waits know that no more will come."""
        self._over = True
        self._told.set()

    async def after(self, version: int) -> int:
        """Wait until a version newer than *version* is on disk; return the newest such.

        Raises Closed when none will come any more.
        """
        while self.committed <= version:
            if self._over:
                raise Closed
            await self._told.wait()
        return self.committed
