"""Closed minutes of a ledger: sums over its spans, no averages but of what has no sum.

Most minutes lie wholly inside one span: what they have in common is said once a span, and their
requests are differences of running counts, so that a month of minutes takes a second or so.
Minutes may share rows: who gets one does not change it.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add, sub
from typing import Any, NamedTuple

from ecp.sim.telemetry.contract import TENANT
from ecp.sim.telemetry.ledger import Ledger, Told, entries, failing, requests
from ecp.sim.traffic.model import LATENCY_LIMITS, MILLION, Result
from ecp.slo.answering import Answering
from ecp.slo.sketch import Row, mark, merged, rows_of
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES, State

MINUTE_SLOTS = 60 // SLOT_SECONDS

Part = tuple[int, int, Told | None]
"""Slots [first, after) and what was said of them; None = before or after the ledger."""


class Minute(NamedTuple):
    """One closed minute of a tenant. `sequence` grows by one a minute, from 1 on."""

    sequence: int
    slot: int
    body: dict[str, Any]


def minutes(ledger: Ledger, first: int, after: int, *, workloads: bool) -> Iterator[dict[str, Any]]:
    """Yield the bodies of minutes [first, after) (slot numbers / 12), with or without *workloads*.

    `runs` are the tenant's states in order, `counts_from` is the first slot (0 to 12) that lies
    after the birth of the SLA clock: only from there on requests count, and only in slots that are
    up or down. `causes` are [kind, id, first slot, slot after the last]. Workloads have `runs`
    where their states turn within the minute, and `causes` where there are any.
    """
    ends = after * MINUTE_SLOTS
    at = first
    for start, end, told in ledger.said(first * MINUTE_SLOTS, ends):
        # Minutes that end before this span's first whole one have parts in several.
        whole, last = max(at, -(-start // MINUTE_SLOTS)), min(end, ends) // MINUTE_SLOTS
        for minute in range(at, min(whole, after)):
            if (minute + 1) * MINUTE_SLOTS <= end:
                yield _cut(ledger, minute, workloads)
                at = minute + 1
        if last > whole and at == whole:
            yield from _alike(ledger, told, whole, last, workloads)
            at = last
    for minute in range(at, after):
        yield _cut(ledger, minute, workloads)


def _alike(
    ledger: Ledger, told: Told, first: int, after: int, workloads: bool
) -> Iterator[dict[str, Any]]:
    """Yield the minutes of one span; those around the birth are cut."""
    born = ledger.born(after * MINUTE_SLOTS)
    split = after
    if born is not None and "M" not in (told.whole, *told.states):  # windows turn within a span
        split = min(max(first, -(-born // MINUTE_SLOTS)), after)
    for minute in range(first, split):
        yield _cut(ledger, minute, workloads)
    if split == after:
        return
    slot = split * MINUTE_SLOTS
    rows = _rows(ledger, [(slot, slot + MINUTE_SLOTS, told)], slot, 0, workloads)
    by_minute = [_by_minute(row, told, split, after) for row in rows]
    for whole, *rest in zip(*by_minute, strict=True):
        yield {"workloads": rest, "tenant": whole} if workloads else {"tenant": whole}


class _Asked(NamedTuple):
    """The requests of one workload: millionths a slot, excess; `ppm` the bad share and the shares
    within the `limits` (by number) that some, not all, of the good requests keep. `all_from` is the
    first limit that all of them keep. `calls` by telephone, which of them are `taken` (ppm), and
    what is `cut`. `times` is the mark of the good ones in a sketch.
    """

    rate: int
    excess: int
    ppm: tuple[int, ...]
    limits: tuple[int, ...]
    all_from: int
    calls: int
    taken: int
    cut: int
    times: tuple[int, int]

    @classmethod
    def of(cls, result: Result, whole: bool) -> "_Asked":
        rate, bad = requests(result, whole)
        shares = result.within
        all_from = next((n for n, ppm in enumerate(shares) if ppm >= MILLION - bad), len(shares))
        limits = tuple(n for n, ppm in enumerate(shares[:all_from]) if ppm)
        return cls(
            rate,
            result.excess,
            (bad, *(shares[n] for n in limits)),
            limits,
            all_from,
            result.calls,
            result.answered if result.calls else 0,
            result.cut,
            mark(result.mean_us, result.scatter_us),
        )

    def upto(self, slots: Sequence[int]) -> list[list[int]]:
        """Return the requests before each slot: all, excess, calls, those taken, those cut, then
        the share of each of `ppm`."""

        def whole(rate: int) -> list[int]:
            return [rate * slot // MILLION for slot in slots] if rate else [0] * len(slots)

        there, calls = whole(self.rate), whole(self.calls)
        taken = [sum_ * self.taken // MILLION for sum_ in calls] if self.calls else calls
        shares = ([sum_ * ppm // MILLION for sum_ in there] for ppm in self.ppm)
        return [there, whole(self.excess), calls, taken, whole(self.cut), *shares]

    def between(self, slots: Sequence[int]) -> list["_Counted"]:
        """Return what came between one slot and the next; steps that are equal share one."""
        known: dict[tuple[int, ...], _Counted] = {}
        found = []
        columns = (map(sub, sums[1:], sums) for sums in self.upto(slots))
        for grown in zip(*columns, strict=True):
            counted = known.get(grown)
            if counted is None:
                counted = known[grown] = self._counted(*grown)
            found.append(counted)
        return found

    def _counted(
        self, there: int, excess: int, calls: int, taken: int, cut: int, bad: int, *edges: int
    ) -> "_Counted":
        good, voice = there - bad, Answering(calls, taken, cut)
        if not good:
            return _Counted(0, there, excess, _NONE_WITHIN, voice, ())
        steps: list[int] = []
        below = 0
        for limit, edge in zip(self.limits, edges, strict=True):
            if limit > len(steps):
                steps += [below] * (limit - len(steps))
            below = below if edge < below else good if edge > good else edge
            steps.append(below)
        steps += [below] * (self.all_from - len(steps))
        steps += [good] * (len(LATENCY_LIMITS) - len(steps))
        return _Counted(good, there, excess, steps, voice, ((*self.times, good),))


class _Counted(NamedTuple):
    """Sums of requests over some slots; `within` are the good ones within each limit, `sketch`
    their times, `voice` the telephone calls."""

    good: int
    total: int
    excess: int
    within: list[int]
    voice: Answering
    sketch: tuple[Row, ...]

    def plus(self, more: "_Counted") -> "_Counted":
        """Return the sum of two."""
        within = list(map(add, self.within, more.within))
        total, excess = self.total + more.total, self.excess + more.excess
        voice, sketch = self.voice.plus(more.voice), rows_of(merged((self.sketch, more.sketch)))
        return _Counted(self.good + more.good, total, excess, within, voice, sketch)

    def over(self, common: dict[str, Any]) -> dict[str, Any]:
        """Return a row with these sums in it; voice only where somebody called."""
        good, total, excess, within, voice, sketch = self
        latency = {**common["latency"], "counts": within, "count": good, "sketch": sketch}
        row = {**common, "good": good, "total": total, "excess": excess, "latency": latency}
        return {**row, "voice": voice._asdict()} if any(voice) else row


_NONE_WITHIN = [0] * len(LATENCY_LIMITS)
_NONE = _Counted(0, 0, 0, _NONE_WITHIN, Answering(0, 0, 0), ())


def _by_minute(
    common: dict[str, Any], told: Told, first: int, after: int
) -> Sequence[dict[str, Any]]:
    """Return one row for each of the minutes [first, after) of a span.

    Counts of whole requests differ by one from minute to minute, so few rows differ: those of a
    workload that are equal are one.
    """
    name = common["name"] or TENANT
    state, chosen = told.of(name)
    asked = [_Asked.of(result, not name) for result in (chosen if state in ("U", "D") else ())]
    slots = range(first * MINUTE_SLOTS, (after + 1) * MINUTE_SLOTS, MINUTE_SLOTS)
    counted = [row.between(slots) for row in asked if row.rate or row.excess]
    if not counted:
        return [common] * (after - first)
    if len(counted) > 1:
        return [reduce(_Counted.plus, some).over(common) for some in zip(*counted, strict=True)]
    different = {id(one): one for one in counted[0]}
    rows = {number: one.over(common) for number, one in different.items()}
    return [rows[id(one)] for one in counted[0]]


def _cut(ledger: Ledger, minute: int, workloads: bool) -> dict[str, Any]:
    """Return a minute in which something turns."""
    slot, end = minute * MINUTE_SLOTS, (minute + 1) * MINUTE_SLOTS
    parts: list[Part] = []
    at = slot
    for first, after, told in ledger.said(slot, end):
        if first > at:
            parts.append((at, first, None))
        parts.append((first, after, told))
        at = after
    if at < end:
        parts.append((at, end, None))
    born = ledger.born(end)
    counts_from = MINUTE_SLOTS if born is None else min(max(born - slot, 0), MINUTE_SLOTS)
    whole, *rest = _rows(ledger, parts, slot, counts_from, workloads)
    return {"workloads": rest, "tenant": whole} if workloads else {"tenant": whole}


def _rows(
    ledger: Ledger, parts: Sequence[Part], slot: int, counts_from: int, workloads: bool
) -> list[dict[str, Any]]:
    """Return the tenant's row and those of its workloads."""
    whole = _row(TENANT, parts, slot + counts_from)
    whole |= _order(ledger, parts, slot, TENANT)
    whole |= {"counts": counts_from < MINUTE_SLOTS, "counts_from": counts_from}
    if not workloads:
        return [whole]
    names: dict[str, None] = {}
    for _, _, told in parts:
        names |= dict.fromkeys(r.name for r in (told.results if told is not None else None) or ())
    rows = [whole]
    for name in names:
        order = _order(ledger, parts, slot, name)
        # A workload's row says what its sums of slots do not.
        kept = {"causes": order["causes"]} if order["causes"] else {}
        kept |= {"runs": order["runs"]} if len(order["runs"]) > 1 else {}
        rows.append(_row(name, parts, slot + counts_from) | kept)
    return rows


def _order(
    ledger: Ledger, parts: Sequence[Part], slot: int, name: str
) -> dict[str, list[list[Any]]]:
    """Return the states in their order, and causes by slots of the minute that begins at *slot*."""
    runs: list[list[Any]] = []
    causes: list[list[Any]] = []
    for first, after, told in parts:
        state: State = "N" if told is None else told.of(name)[0]
        if runs and runs[-1][0] == state:
            runs[-1][1] += after - first
        else:
            runs.append([state, after - first])
        if told is not None:
            causes += (
                [*link, begin - slot, end - slot]
                for *link, begin, end in causes_of(ledger, told, name, first, after)
            )
    return {"runs": runs, "causes": causes}


def totals(ledger: Ledger, first: int, after: int) -> list[dict[str, Any]]:
    """Return what the workloads did in slots [first, after), by name, each in the form of a row of
    a minute; slots before the birth are not among its `slots` but `before`.

    Slots, requests and calls are exactly the sums of their minutes'; what lies within a limit of
    response times is rounded once a span, not once a minute. Of what nobody looked at is no row.
    """
    born = ledger.born(after)
    born = after if born is None else min(max(born, first), after)
    before: dict[str, int] = {}
    parts: dict[str, list[Part]] = {}
    for start, end, told in ledger.said(first, after):
        for result in told.results or ():
            name = result.name
            before[name] = before.get(name, 0) + max(0, min(end, born) - start)
            own = parts.setdefault(name, [])
            if end > born:
                own.append((max(start, born), end, told))
    return [{**_row(name, parts[name], born), "before": before[name]} for name in sorted(parts)]


def _row(name: str, parts: Sequence[Part], born: int) -> dict[str, Any]:
    """Return what one workload (or the tenant) did; requests count from slot *born* on."""
    slots = dict.fromkeys(STATE_NAMES.values(), 0)
    asked = _NONE
    sums = [0] * len(_HELD)
    queue = replicas = slowest = covered = 0
    for first, after, told in parts:
        state, chosen = ("N", ()) if told is None else told.of(name)
        slots[STATE_NAMES[state]] += after - first
        covered += after - first if told is not None else 0
        begin = max(first, born)
        for result in chosen:
            held = result.pods * (after - first)
            replicas += held
            queue += result.queue * (after - first)
            sums = [s + getattr(result, field) * held for s, field in zip(sums, _HELD, strict=True)]
            if result.modelled and (name or result.entry):
                slowest = max(slowest, result.p95)
            if state in ("U", "D") and begin < after:
                rates = _Asked.of(result, not name)
                asked = asked.plus(rates.between((begin, after))[0])
    seen = max(covered, 1)
    row = {
        "name": name or None,
        "slots": slots,
        "latency": {"le_ms": LATENCY_LIMITS, "p95_ms": slowest},
        **{shown: held // seen for shown, held in zip(_SHOWN, sums, strict=True)},
        "replicas": replicas / seen,
        "queue": queue / 1000 / seen,
    }
    return asked.over(row)


_HELD = ("cpu", "cpu_limit", "memory", "memory_limit")
_SHOWN = ("cpu_millicores", "cpu_limit_millicores", "memory_bytes", "memory_limit_bytes")


# Who makes fewer than one in so many of the failures of a slot did not make it down (assumed).
_TOLD = 100


def causes_of(
    ledger: Ledger, told: Told, name: str, first: int, after: int
) -> list[tuple[str, str, int, int]]:
    """Return (kind, id, first, after) of what down or maintained slots follow from, each once."""
    state, chosen = told.of(name)
    if state == "M":
        services = [name] if name else [TENANT, *(r.name for r in entries(chosen))]
        return [("maintenance", *row) for row in ledger.calendar.over(services, first, after)]
    if state != "D":
        return []
    causes = (
        share.seen.cause
        for result in failing(told, name)
        for share in result.shares
        if share.ppm * _TOLD >= result.bad
    )
    found = dict.fromkeys((kind_of(cause), cause) for cause in causes if cause)
    return [(kind, cause, first, after) for kind, cause in found]


def kind_of(cause: str) -> str:
    """Return what the id of a cause names: fault, load, or the rollout that a request began."""
    if cause[:1] == "f" and cause[1:].isdigit():
        return "fault"
    return "load" if cause == "load" else "rollout"
