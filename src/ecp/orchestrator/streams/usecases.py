"""Frames for many viewers of one tenant: told by its simulator or asked for once, encoded once."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House
from ecp.orchestrator.records import Mode
from ecp.orchestrator.streams import model

_FRESH_S: Final = 0.9
_TOLD_FOR_S: Final = 8.0
"""What was told longer ago is not what is: who tells has stopped, or its clock stands."""
_TOLD_FRAMES: Final = 4


@dataclass(slots=True)
class _Kept:
    at: float
    body: dict[str, Any]
    text: str


class Frames:
    """Gives frames of a tenant; who has come equally far shares one, made at most once a second.

    A frame's sequence counts slots of the cluster's time, so it means the same after a restart of
    either service. A frame tells of every slot after the one that its reader saw last.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: dict[tuple[Mode, str], dict[int | None, _Kept]] = {}
        self._failed: dict[tuple[Mode, str], tuple[float, Exception]] = {}
        self._making: dict[tuple[Mode, str, int | None], asyncio.Event] = {}
        # What a simulator told by itself: frames by the sequence after which they begin.
        self._told: dict[tuple[Mode, str], dict[int, _Kept]] = {}
        self._news: dict[tuple[Mode, str], asyncio.Event] = {}
        self.given: dict[str, int] = {"stream": 0, "rest": 0}
        """Frames that were made, by the way that their state came."""

    async def after(
        self, mode: Mode, tenant_id: str, since: int | None
    ) -> tuple[dict[str, Any], str]:
        """Return the frame after sequence *since* (None: of now) as data and as text.

        Raises ClusterUnreachable, ClusterRefused, model.Expired where slots in between are not kept
        or are still to come.
        """
        key = (mode, tenant_id)
        while True:
            told = self._told_now(key)
            found = told.get(next(reversed(told)) if since is None else since) if told else None
            if found is not None:
                return found.body, found.text
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

    def told(self, mode: Mode, message: Mapping[str, Any]) -> None:
        """Take what a simulator tells: {topic, sequence, body: {since, state}}."""
        tenant_id = str(message["topic"]).split("/")[-2]
        key = (mode, tenant_id)
        said = message["body"]
        body = model.frame(tenant_id, said["state"], int(message["sequence"]))
        text = orjson.dumps(body).decode()
        frames = self._told.setdefault(key, {})
        frames.pop(int(said["since"]), None)
        frames[int(said["since"])] = _Kept(asyncio.get_running_loop().time(), body, text)
        for old in list(frames)[:-_TOLD_FRAMES]:
            del frames[old]
        self.given["stream"] += 1
        news = self._news.pop(key, None)
        if news is not None:
            news.set()

    async def told_after(self, mode: Mode, tenant_id: str, since: int, patience: float) -> bool:
        """Wait until something is told after *since*, where a simulator tells of the tenant.

        Returns whether there was something to wait for.
        """
        key = (mode, tenant_id)
        told = self._told_now(key)
        if not told or next(reversed(told.values())).body["sequence"] != since:
            return False
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.setdefault(key, asyncio.Event()).wait(), patience)
        return True

    def _told_now(self, key: tuple[Mode, str]) -> dict[int, _Kept]:
        """Return what was told of a tenant, the newest last; empty where nobody tells any more."""
        told = self._told.get(key)
        if not told:
            return {}
        if asyncio.get_running_loop().time() - next(reversed(told.values())).at > _TOLD_FOR_S:
            del self._told[key]
            return {}
        return told

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
            self.given["rest"] += 1
        except (ClusterUnreachable, ClusterRefused) as error:
            # Who waits for the same is not to knock at a door that is shut, one after the other.
            self._failed[key] = (asyncio.get_running_loop().time(), error)
            raise
        finally:
            del self._making[(*key, since)]
            made.set()
        return kept.body, kept.text
