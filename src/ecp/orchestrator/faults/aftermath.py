"""How long a failure was felt, its worst minute, and since when all stayed well. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecp.kube.times import nanoseconds
from ecp.orchestrator.records import Obj

_MINUTE: Final = 60_000_000_000


def recovery(fault: Mapping[str, Any], costs: Mapping[str, Any]) -> Obj:
    """Return when all that was hit was whole and served for the first time, and since when it
    stayed so; seconds count from the failure's end, of one that nobody ends from its beginning.

    `relapses` is how often users met errors by it after the first time: a process that hung is
    restarted later, a queue is still to be worked off. None is what has not come to pass.
    """
    first = fault["recovered_at"]
    since = fault["ended_at"] or fault["started_at"]
    if first is None:
        return {"first_seconds": None, "kept_at": None, "kept_seconds": None, "relapses": 0}
    again = [one for one in costs["spans"] if nanoseconds(one["from"]) >= nanoseconds(first)]
    kept = again[-1]["to"] if again else first
    seconds = fault["recovery_seconds"]
    if again:
        seconds = round((nanoseconds(kept) - nanoseconds(since)) / 1e9, 3)
    return {
        "first_seconds": fault["recovery_seconds"],
        "kept_at": kept,
        "kept_seconds": seconds,
        "relapses": len(again),
    }


def _felt(
    series: Sequence[Mapping[str, Any]], fault: Mapping[str, Any], costs: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the minutes in which it was at work or what it hit was not whole again: to its end,
    its recovery or the last that it took, whichever came last. What fell once ends at once."""
    began = nanoseconds(fault["started_at"])
    marks = [fault["ended_at"], fault["recovered_at"]]
    last = max((nanoseconds(at) for at in marks if at), default=began)
    # Nobody can say yet when it is over.
    over = None if fault["state"] == "running" or fault["recovered_at"] is None else last
    if over is not None and costs["last_down_at"]:
        # A slot's end may be the next minute's beginning.
        over = max(over, nanoseconds(costs["last_down_at"]) - 1)
    return [
        row
        for row in series
        if nanoseconds(row["at"]) + _MINUTE > began
        and (over is None or nanoseconds(row["at"]) <= over)
    ]


def worst_minute(
    series: Sequence[Mapping[str, Any]], fault: Mapping[str, Any], costs: Mapping[str, Any]
) -> Obj | None:
    """Return the minute that was the worst of those that the failure was felt in: the greatest
    share of failed requests, then the longest time down (s), whoever caused it. `others_seconds`
    is what was down in all of them by other causes. None while no minute of them is closed.
    """
    rows = _felt(series, fault, costs)
    if not rows:
        return None
    found = max(rows, key=lambda row: (row["error_rate"] or 0.0, row["down_seconds"]))
    times = [row["response_time"] for row in rows if row["response_time"] is not None]
    down = sum(row["down_seconds"] for row in rows)
    return {
        "at": found["at"],
        "error_rate": found["error_rate"],
        "down_seconds": found["down_seconds"],
        "response_time": max(times, default=None),
        "others_seconds": max(down - costs["down_seconds"], 0),
    }
