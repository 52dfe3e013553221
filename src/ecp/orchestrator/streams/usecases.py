"""Frames for many viewers of one tenant: asked once, encoded once."""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from ecp.orchestrator.ports import House, Mode
from ecp.orchestrator.streams import model

_FRESH_S = 0.9
# A frame tells of all slots since the last one, unless nobody has looked for so long.
_TOGETHER_S = 120.0


@dataclass(slots=True)
class _Kept:
    at: float
    sequence: int
    body: dict[str, Any]
    text: str


class Frames:
    """Gives the newest frame of a tenant, at most one question to the simulator a second."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: dict[tuple[Mode, str], _Kept] = {}
        self._turns: dict[tuple[Mode, str], asyncio.Lock] = {}

    async def newest(self, mode: Mode, tenant_id: str) -> tuple[dict[str, Any], str]:
        """Return a frame as data and as text. Raises ClusterUnreachable, ClusterRefused."""
        key = (mode, tenant_id)
        async with self._turns.setdefault(key, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            kept = self._kept.get(key)
            if kept is not None and now - kept.at < _FRESH_S:
                return kept.body, kept.text
            since = ""
            if kept is not None and now - kept.at < _TOGETHER_S:
                since = (kept.body["recent"] or {}).get("to") or ""
            state = await self._house.simulator(mode).state(tenant_id, since)
            sequence = 1 if kept is None else kept.sequence + 1
            body = model.frame(tenant_id, state, sequence)
            kept = _Kept(now, sequence, body, orjson.dumps(body).decode())
            self._kept[key] = kept
            return kept.body, kept.text
