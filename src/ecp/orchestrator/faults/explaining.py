"""What a failure did, from the minutes around it: figures, what it cost, advice. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.faults import aftermath
from ecp.orchestrator.records import Obj, at_pace
from ecp.slo.slots import SLOT_SECONDS

MOST_MINUTES: Final = 480
"""Of a failure that lasted longer the first eight hours are shown."""
_MARGIN: Final = 15
_MINUTE: Final = 60_000_000_000
_SLOT: Final = SLOT_SECONDS * 1_000_000_000
_MONTH_SECONDS: Final = 30 * 86_400
_MOST_WORKLOADS: Final = 6
_MOST_SPANS: Final = 20
"""Of one that flapped the first are told; what it cost is all of them."""
_DOWN: Final = "D"
_SLOW_PROBE_S: Final = 20.0
_SLOW_RECOVERY_S: Final = 60.0
_WORTH_AN_ALERT_S: Final = 60
_HALF: Final = 50.0


class Frame(NamedTuple):
    """Whole minutes that show a failure with what was before and after: first, and the one after
    the last (ns)."""

    first: int
    after: int

    @property
    def minutes(self) -> int:
        """How many there are."""
        return (self.after - self.first) // _MINUTE


def frame(fault: Mapping[str, Any], now: int) -> Frame | None:
    """Return the minutes around a failure up to *now* (ns); None for one that has not begun."""
    if fault["started_at"] is None:
        return None
    began = nanoseconds(fault["started_at"])
    told = [fault.get(name) for name in ("started_at", "ended_at", "recovered_at")]
    over = max(nanoseconds(at) for at in told if at)
    if fault["state"] == "running":
        over = now
    first = (began // _MINUTE - _MARGIN) * _MINUTE
    after = min(over // _MINUTE + _MARGIN + 1, now // _MINUTE) * _MINUTE
    after = min(max(after, first + _MINUTE), first + MOST_MINUTES * _MINUTE)
    return Frame(first, after)


def is_open(fault: Mapping[str, Any], wanted: Frame) -> bool:
    """Whether a failure reaches beyond the last closed minute of its frame: those of its own are
    then not all told. Not where it is only cut, as a long one is."""
    last = fault["ended_at"]
    reaches = fault["state"] == "running" or (
        last is not None and nanoseconds(last) >= wanted.after
    )
    return reaches and wanted.minutes < MOST_MINUTES


def since(row: Mapping[str, Any], wanted: Frame) -> int:
    """Return the sequence before the frame's first minute, from any minute of the same ledger."""
    away = (wanted.first - nanoseconds(row["minute"])) // _MINUTE
    return max(int(row["sequence"]) + away - 1, 0)


def points(
    minutes: Iterable[Mapping[str, Any]], wanted: Frame, workloads: Sequence[str]
) -> list[Obj]:
    """Return the figures of each minute: of the tenant, and the ready pods of some workloads.

    Each value is of the whole minute that begins at `at`; errors and times are of the requests that
    count, the rate is of all, what is beyond the contract with them. They are None where nobody
    knows: no request, a minute before the tenant was.
    """
    found = []
    for row in minutes:
        if not wanted.first <= nanoseconds(row["minute"]) < wanted.after:
            continue
        whole, rows = row["tenant"], {one["name"]: one for one in row["workloads"]}
        good, total = whole["good"], whole["total"]
        asked = total + (whole.get("excess") or 0)
        found.append(
            {
                "at": row["minute"],
                "response_time": (whole.get("latency") or {}).get("p95_ms") if total else None,
                "error_rate": round(100 * (total - good) / total, 3) if total else None,
                "request_rate": round(asked / 60, 3) if asked else None,
                "down_seconds": whole["slots"]["down"] * SLOT_SECONDS,
                "ready": {
                    name: round(rows[name]["replicas"], 2) for name in workloads if name in rows
                },
            }
        )
    return found


def hit_workloads(fault: Mapping[str, Any], namespace: str) -> list[str]:
    """Return the names of the tenant's workloads that were hit."""
    pairs = (str(name).partition("/") for name in fault["workloads"])
    return [name for space, _, name in pairs if space == namespace][:_MOST_WORKLOADS]


# -- what it cost ---------------------------------------------------------------------------------


def lost_slots(minutes: Iterable[Mapping[str, Any]], fault_id: str) -> Iterator[int]:
    """Yield the instant (ns) of every slot that was down and followed from the failure."""
    for row in minutes:
        whole = row["tenant"]
        states = [state for state, count in whole.get("runs") or () for _ in range(count)]
        lost = {
            slot
            for kind, name, first, after in whole.get("causes") or ()
            if kind == "fault" and name == fault_id
            for slot in range(first, min(after, len(states)))
            if states[slot] == _DOWN
        }
        start = nanoseconds(row["minute"])
        yield from (start + slot * _SLOT for slot in sorted(lost))


def budget(target_ppm: int) -> float:
    """Return the seconds that a target allows to be down in 30 days."""
    return round((1_000_000 - target_ppm) * _MONTH_SECONDS / 1_000_000, 1)


def cost(lost: Sequence[int], target_ppm: int) -> Obj:
    """Return the seconds that a failure took, when, their share of 30 days' budget (percent)."""
    seconds = len(lost) * SLOT_SECONDS
    allowed = budget(target_ppm)
    return {
        "down_seconds": seconds,
        "first_down_at": rfc3339(lost[0]) if lost else None,
        "last_down_at": rfc3339(lost[-1] + _SLOT) if lost else None,
        "spans": [{"from": rfc3339(at), "to": rfc3339(end)} for at, end in _spans(lost)],
        "target_sla": target_ppm / 10_000,
        "budget_seconds": allowed,
        "budget_percent": round(100 * seconds / allowed, 2) if allowed else None,
    }


def _spans(lost: Sequence[int]) -> list[tuple[int, int]]:
    """Return where slots that were down follow one another: from the first to after the last."""
    found: list[tuple[int, int]] = []
    for slot in lost:
        start = found.pop()[0] if found and found[-1][1] == slot else slot
        found.append((start, slot + _SLOT))
    return found


def effect(series: Sequence[Mapping[str, Any]], fault: Mapping[str, Any]) -> Obj:
    """Return means and the worst of each figure before, during and after the failure."""
    began, over = fault["started_at"], fault["ended_at"]

    def minute_after(row: Mapping[str, Any]) -> str:
        return rfc3339(nanoseconds(row["at"]) + _MINUTE)

    parts = {
        "before": [row for row in series if minute_after(row) <= began],
        "during": [
            row for row in series if minute_after(row) > began and (not over or row["at"] <= over)
        ],
        "after": [row for row in series if over and row["at"] > over],
    }
    return {name: _means(rows) for name, rows in parts.items()}


def _means(rows: Sequence[Mapping[str, Any]]) -> Obj:
    found: Obj = {}
    for name in ("response_time", "error_rate", "request_rate"):
        known = [row[name] for row in rows if row[name] is not None]
        found[name] = round(sum(known) / len(known), 3) if known else None
        found[f"worst_{name}"] = max(known, default=None)
    names = {name for row in rows for name in row["ready"]}
    ready = {name: [row["ready"][name] for row in rows if name in row["ready"]] for name in names}
    return {
        **found,
        "least_ready": {name: min(ready[name]) for name in sorted(ready)},
        "most_ready": {name: max(ready[name]) for name in sorted(ready)},
    }


# -- what follows ---------------------------------------------------------------------------------


def timeline(
    fault: Mapping[str, Any], costs: Mapping[str, Any], alerts: Sequence[Obj]
) -> list[Obj]:
    """Return what happened in order, each an instant, a word and what it is about."""
    rows = [
        ("started", "", fault["started_at"]),
        *(("seen", what, seen["at"]) for what, seen in fault["seen"].items()),
        *(("down", "", one["from"]) for one in costs["spans"][:_MOST_SPANS]),
        *(("alert", alert["rule"], alert["fired_at"]) for alert in alerts),
        ("ended", "", fault["ended_at"]),
        *(("up", "", one["to"]) for one in costs["spans"][:_MOST_SPANS]),
        ("recovered", "", fault["recovered_at"]),
    ]
    mended = aftermath.recovery(fault, costs)
    if mended["relapses"]:
        rows.append(("kept", "", mended["kept_at"]))
    start = nanoseconds(fault["started_at"])
    # The slot in which it began may have begun before.
    told = [(max(nanoseconds(at), start), what, of) for what, of, at in rows if at]
    return [
        {"at": rfc3339(at), "what": what, "of": of, "after_seconds": round((at - start) / 1e9, 3)}
        for at, what, of in sorted(told, key=lambda row: row[0])
    ]


_ON_CHANGE: Final = ("registry/", "pool/", "actor/", "door/")


def _is_latent(fault: Mapping[str, Any]) -> bool:
    """Whether a failure hits only what starts, scales or changes meanwhile: what runs goes on."""
    return fault["fault"] == "quota_exhausted" or any(
        one.startswith(_ON_CHANGE) for one in fault["targets"]
    )


def unjudged(
    fault: Mapping[str, Any], clock: Mapping[str, Any], watched_since: int | None
) -> str | None:
    """Return why nobody can say that an alert should have followed, as the key of a text; None
    where alerts were judged all the while.

    *watched_since* (ns) is when the watch began where that was not at once, as in a demo; *clock*
    is the cluster's pace: what was lived through at another pace than people's, or is caught up
    with, is judged now and then or not at all. Empty: a cluster that goes with the wall clock.
    """
    began = nanoseconds(fault["started_at"])
    if watched_since is not None and began < watched_since:
        return "failure.unjudged.history"
    since = clock.get("pace_since")
    moved = not at_pace(clock) or clock.get("catching_up_to")
    if moved or (since and began < nanoseconds(since)):
        return "failure.unjudged.pace"
    return None


def advice(
    fault: Mapping[str, Any],
    effects: Mapping[str, Any],
    costs: Mapping[str, Any],
    alerts: int | None,
) -> list[tuple[str, Obj]]:
    """Return what to change, as keys of texts with what fills them (durations in seconds); the
    gravest first. *alerts* is how many followed, None where they were not judged."""
    if fault["state"] == "running":
        return [("failure.advice.running", {})]
    if not fault["took_effect"]:
        return [("failure.advice.inert", {})]
    found: list[tuple[str, Obj]] = []
    lost, share = costs["down_seconds"], costs["budget_percent"]
    # One that had only begun to start had fewer ready for a while, and is not single.
    before, during = effects["before"]["most_ready"], effects["during"]["least_ready"]
    gone = [name for name, left in during.items() if left < 1 <= before.get(name, 0)]
    single = [name for name in gone if before[name] < 2]
    if lost and share is not None and share >= _HALF:
        found.append(("failure.advice.budget", {"percent": f"{share:g}"}))
    if lost and single:
        found.append(("failure.advice.single", {"workloads": ", ".join(single)}))
    elif lost and gone:
        found.append(("failure.advice.whole", {"workloads": ", ".join(gone)}))
    left = (fault["seen"].get("endpoints-left") or {}).get("after_seconds") or 0
    if lost and left > _SLOW_PROBE_S:
        found.append(("failure.advice.probe", {"seconds": left}))
    mended = aftermath.recovery(fault, costs)["kept_seconds"] or 0
    if mended > _SLOW_RECOVERY_S:
        found.append(("failure.advice.recovery", {"seconds": mended}))
    if lost >= _WORTH_AN_ALERT_S and alerts == 0:
        found.append(("failure.advice.unnoticed", {"seconds": lost}))
    if not lost:
        found.append((f"failure.advice.{'latent' if _is_latent(fault) else 'held'}", {}))
    return found
