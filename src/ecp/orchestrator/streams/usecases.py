"""Frames for many viewers of one tenant: woken together, asked once, encoded once."""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House
from ecp.orchestrator.records import Mode
from ecp.orchestrator.streams import model

_FRESH_S = 0.9


@dataclass(slots=True)
class _Kept:
    at: float
    body: dict[str, Any]
    text: str


class Bells:
    """Rings for everybody who looks at the same interval, at once: so they share a frame.

    A bell of one's own costs a timer each time, and brings everybody at another moment.
    """

    def __init__(self) -> None:
        self._ears: dict[float, dict[int, asyncio.Event]] = {}

    def listen(self, interval: float, ear: asyncio.Event) -> None:
        """Set *ear* every so many seconds from now on, and for no other interval."""
        self.leave(ear)
        ears = self._ears.get(interval)
        if ears is None:
            ears = self._ears[interval] = {}
            asyncio.get_running_loop().call_later(interval, self._ring, interval)
        ears[id(ear)] = ear

    def leave(self, ear: asyncio.Event) -> None:
        """Ring no more for *ear*."""
        for ears in self._ears.values():
            ears.pop(id(ear), None)

    def _ring(self, interval: float) -> None:
        ears = self._ears[interval]
        if not ears:
            del self._ears[interval]
            return
        asyncio.get_running_loop().call_later(interval, self._ring, interval)
        for ear in ears.values():
            ear.set()


class Frames:
    """Gives frames of a tenant; who has come equally far shares one, made at most once a second.

    A frame's sequence counts slots of the cluster's time, so it means the same after a restart of
    either service. A frame tells of every slot after the one that its reader saw last.
    """

    def __init__(self, house: House) -> None:
        self.bells = Bells()
        self._house = house
        self._kept: dict[tuple[Mode, str], dict[int | None, _Kept]] = {}
        self._failed: dict[tuple[Mode, str], tuple[float, Exception]] = {}
        self._making: dict[tuple[Mode, str, int | None], asyncio.Event] = {}

    async def after(
        self, mode: Mode, tenant_id: str, since: int | None
    ) -> tuple[dict[str, Any], str]:
        """Return the frame after sequence *since* (None: of now) as data and as text.

        Raises ClusterUnreachable, ClusterRefused, model.Expired where slots in between are not kept
        or are still to come.
        """
        key = (mode, tenant_id)
        while True:
            kept = self._kept.get(key, {}).get(since)
            if kept is not None and asyncio.get_running_loop().time() - kept.at < _FRESH_S:
                return kept.body, kept.text
            failed = self._failed.get(key)
            if failed is not None and asyncio.get_running_loop().time() - failed[0] < _FRESH_S:
                raise failed[1].with_traceback(None)
            made = self._making.get((*key, since))
            if made is None:
                return await self._made(key, since)
            await made.wait()

    async def _made(self, key: tuple[Mode, str], since: int | None) -> tuple[dict[str, Any], str]:
        mode, tenant_id = key
        made = self._making[(*key, since)] = asyncio.Event()
        try:
            said = "" if since is None else model.instant_of(since)
            state = await self._house.simulator(mode).state(tenant_id, said)
            body = model.frame(tenant_id, state, model.sequence_of(state, since))
            now = asyncio.get_running_loop().time()
            fresh = {
                seen: one
                for seen, one in self._kept.get(key, {}).items()
                if now - one.at < _FRESH_S
            }
            kept = fresh[since] = _Kept(now, body, orjson.dumps(body).decode())
            self._kept[key] = fresh
        except (ClusterUnreachable, ClusterRefused) as error:
            # Who waits for the same is not to knock at a door that is shut, one after the other.
            self._failed[key] = (asyncio.get_running_loop().time(), error)
            raise
        finally:
            del self._making[(*key, since)]
            made.set()
        return kept.body, kept.text
