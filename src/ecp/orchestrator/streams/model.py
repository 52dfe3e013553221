"""One frame of the guide's realtime stream, from a tenant's state. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from ecp.kube.times import nanoseconds, rfc3339
from ecp.slo.budget import beside

METRICS: Final = ("cpu", "memory", "network_rps", "response_time", "error_rate")
UNITS: Final = {
    "cpu": "%",
    "memory": "%",
    "network_rps": "1/s",
    "response_time": "ms",
    "error_rate": "%",
}
FORMAT: Final = 1
_ALSO: Final = {"cpu_usage": "cpu", "memory_usage": "memory", "request_rate": "network_rps"}
"""What other documents of the API call these figures."""


_SLOT_NS: Final = 5_000_000_000


class Expired(ValueError):
    """Between a reader's last frame and what is known lies a gap: text key and its values."""

    def __init__(self, key: str, **values: int) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def instant_of(sequence: int) -> str:
    """Return the instant at which the slots up to *sequence* have closed."""
    return rfc3339(sequence * _SLOT_NS)


def sequence_of(state: Mapping[str, Any], since: int | None) -> int:
    """Return how far *state* goes: slots since 1970. Raises Expired after *since*.

    Where no slot has closed since, it goes as far as the reader has come.
    """
    recent = state.get("recent")
    if recent:
        first = nanoseconds(recent["from"]) // _SLOT_NS
        if since is not None and first > since:
            raise Expired("stream.expired", since=since, oldest=first)
        return nanoseconds(recent["to"]) // _SLOT_NS
    newest = int(state["clock"]["now_ns"]) // _SLOT_NS
    if since is not None and since > newest:
        raise Expired("stream.ahead", since=since, newest=newest)
    return newest if since is None else since


def frame(tenant_id: str, state: Mapping[str, Any], sequence: int) -> dict[str, Any]:
    """Return the guide's frame with what belongs to it: units, clock, window, evidence.

    *state* is what the simulator says of the tenant. A figure that is not known is null. Slots are
    always five seconds; where several closed since the last frame (at x10, say), `metrics` are
    their means, and `recent` has how many there were, their requests and the worst of them.
    Of a real cluster `sources` says who measured each figure.
    """
    recent = state.get("recent")
    metrics = (recent or state).get("metrics") or {}
    sla = state.get("sla") or {}
    clock = state.get("clock") or {}
    now = clock.get("now") if isinstance(clock, Mapping) else clock
    return {
        "v": FORMAT,
        "topic": f"tenants/{tenant_id}",
        "sequence": sequence,
        "timestamp": _whole_seconds(now),
        "tenant_id": tenant_id,
        "metrics": {name: metrics.get(name) for name in METRICS},
        "sla_data": {
            "availability": sla.get("availability"),
            "status": sla.get("status"),
            "uptime_percentage": sla.get("uptime_percentage"),
            "downtime_minutes": sla.get("downtime_minutes"),
            "downtime_seconds": sla.get("downtime_seconds"),
            "error_budget": beside(sla),
            "window": sla.get("window"),
        },
        "recent": recent,
        "units": UNITS,
        "workloads": state.get("workloads"),
        "clock": clock,
        "evidence": state.get("evidence", "simulated"),
        **({"sources": state["sources"]} if "sources" in state else {}),
    }


def chosen(wanted: Any) -> tuple[tuple[str, ...] | None, list[str]]:
    """Return the metrics that a viewer asks for by name (None: all), and the names of none.

    Raises ValueError where it is no list of names, or none of them is known.
    """
    if wanted is None:
        return None, []
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise ValueError(f"metrics: a list of {', '.join(METRICS)}")
    known = [_ALSO.get(name, name) for name in wanted]
    unknown = [name for name, own in zip(wanted, known, strict=True) if own not in METRICS]
    if wanted and len(unknown) == len(wanted):
        raise ValueError(f"metrics {unknown}: there are {', '.join(METRICS)}")
    return tuple(dict.fromkeys(name for name in known if name in METRICS)), unknown


def only(body: Mapping[str, Any], metrics: tuple[str, ...]) -> dict[str, Any]:
    """Return the frame with those metrics alone that a viewer subscribed to."""
    chosen = {name: body["metrics"][name] for name in METRICS if name in metrics}
    return {**body, "metrics": chosen}


def _whole_seconds(instant: Any) -> str | None:
    return f"{instant[:19]}Z" if isinstance(instant, str) and len(instant) >= 19 else None
