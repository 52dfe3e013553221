"""How the service itself is: how late its event loop comes, and who is connected."""

import asyncio
import time
from collections import Counter, deque
from typing import Any, Final

_EVERY_S: Final = 0.25
_KEPT: Final = 240
"""Measurements: the last minute."""


class Watch:
    """Measures while `run` runs; `open` counts connections by kind (http, websocket)."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.began = time.monotonic()
        self._late: deque[float] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            due = time.perf_counter() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._late.append(max(0.0, time.perf_counter() - due))

    def to_json(self) -> dict[str, Any]:
        """Return seconds since the start, lateness in ms over the last minute, connections."""
        late = sorted(self._late)
        return {
            "uptime_seconds": round(time.monotonic() - self.began, 1),
            "event_loop_lag_ms": None
            if not late
            else {
                "mean": round(1000 * sum(late) / len(late), 2),
                "p95": round(1000 * late[int(0.95 * (len(late) - 1))], 2),
                "worst": round(1000 * late[-1], 2),
                "newest": round(1000 * self._late[-1], 2),
            },
            "open": {"requests": self.open["http"], "websockets": self.open["websocket"]},
        }
