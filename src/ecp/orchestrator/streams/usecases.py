"""Frames for many viewers of one tenant: asked once, encoded once."""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from ecp.orchestrator.ports import House
from ecp.orchestrator.records import Mode
from ecp.orchestrator.streams import model

_FRESH_S = 0.9


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
        self._turns: dict[tuple[Mode, str], asyncio.Lock] = {}

    async def after(
        self, mode: Mode, tenant_id: str, since: int | None
    ) -> tuple[dict[str, Any], str]:
        """Return the frame after sequence *since* (None: of now) as data and as text.

        Raises ClusterUnreachable, ClusterRefused, model.Expired where slots in between are not kept
        or are still to come.
        """
        key = (mode, tenant_id)
        async with self._turns.setdefault(key, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            fresh = {
                seen: one
                for seen, one in self._kept.get(key, {}).items()
                if now - one.at < _FRESH_S
            }
            self._kept[key] = fresh
            kept = fresh.get(since)
            if kept is None:
                said = "" if since is None else model.instant_of(since)
                state = await self._house.simulator(mode).state(tenant_id, said)
                body = model.frame(tenant_id, state, model.sequence_of(state, since))
                kept = fresh[since] = _Kept(now, body, orjson.dumps(body).decode())
            return kept.body, kept.text
