"""Ledgers of the tracked tenants: spans of slots, from which minutes and reports are computed.

A month is a few thousand spans. What they say is kept once (equal results share one entry), so
minutes and figures are sums over spans, exact for any cut, and nothing is kept that could be
computed from them.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ecp.sim.traffic.flows import Span, plain_result, result_from_plain
from ecp.sim.traffic.model import LATENCY_LIMITS, MILLION, Result, Share, count, part
from ecp.slo import windows
from ecp.slo.incidents import CauseLink, CauseSpan
from ecp.slo.objective import Objective
from ecp.slo.report import ClockReading, Label, SlaReport, evaluate
from ecp.slo.slots import (
    PRECEDENCE,
    SLOT_SECONDS,
    STATE_NAMES,
    WATERMARK_SECONDS,
    CountSeries,
    SlotSeries,
    State,
)

MINUTE_SLOTS = 60 // SLOT_SECONDS

# Budgets and burn rates look back at most three days before a window.
_BEFORE_SLOTS = 3 * 86_400 // SLOT_SECONDS
TENANT = ""
"""The name of the pseudo-service that stands for the tenant as a whole."""

_OBJECTIVE_FIELDS = (
    "target_ppm",
    "governing",
    "unknown",
    "maintenance",
    "opens_after",
    "closes_after",
    "min_events",
    "bad_ratio_ppm",
    "period_seconds",
    "version",
)


def objective_of(fields: Mapping[str, Any]) -> Objective:
    """Return the objective that plain fields describe. Raises InputError for a bad value."""
    known = {name: fields[name] for name in _OBJECTIVE_FIELDS if name in fields}
    return Objective(**known)


def objective_fields(fields: Mapping[str, Any]) -> list[str]:
    """Return the names in *fields* that no objective has."""
    return [name for name in fields if name not in _OBJECTIVE_FIELDS]


@dataclass(frozen=True, slots=True)
class RateSeries(CountSeries):
    """Entry requests by slot, from spans of (rate, bad share): any cut is exact."""

    spans: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...] = ()

    def sums(self, a: int, b: int) -> tuple[int, int]:
        """(good, total) of slots [a, b)."""
        good = total = 0
        for start, end, entries in self.spans:
            first, after = max(a, start), min(b, end)
            if first >= after:
                continue
            for offered, bad in entries:
                there = count(offered, first, after)
                total += there
                good += there - part(offered, bad, first, after)
        return good, total


class Minute(NamedTuple):
    """One closed minute of a tenant. `sequence` grows by one a minute, from 1 on."""

    sequence: int
    slot: int
    body: dict[str, Any]


def entries(results: Sequence[Result]) -> list[Result]:
    """Return the workloads that the tenant's own state hangs on: those its customers call.

    Where no workload is known to be one, all of them are needed.
    """
    found = [result for result in results if result.entry]
    return found or list(results)


Outcome = tuple[Result, ...] | None
"""The results of a tenant's workloads; () = it has none, None = nobody looked."""


def state_of(results: Sequence[Result] | None) -> State:
    """Return the state of the tenant as a whole: serial over its entries.

    Without any workload it is down; where nobody looked it is unknown.
    """
    if results is None:
        return "N"
    needed = entries(results)
    return "U" if needed and all(result.state == "U" for result in needed) else "D"


def worst(results: Sequence[Result]) -> Result | None:
    """Return the entry that is worst off, None where nothing fails."""
    failing = [result for result in entries(results) if result.bad]
    return max(failing, key=lambda result: result.bad, default=None)


class Ledger:
    """What happened to one tenant: spans in order, without holes.

    `released` is the first slot with a workload, `confirmed` the first at which all of them had
    all their pods and the tenant was up.
    """

    __slots__ = (
        "_ends",
        "_index",
        "_known",
        "_outcomes",
        "_starts",
        "confirmed",
        "released",
        "requests",
        "slots",
    )

    def __init__(self) -> None:
        self._starts = array("q")
        self._ends = array("q")
        self._index = array("q")
        self._outcomes: list[Outcome] = []
        self._known: dict[Outcome, int] = {}
        self.released: int | None = None
        self.confirmed: int | None = None
        # Sums since the beginning, by workload: slots by state, requests as [good, total].
        self.slots: dict[str, dict[State, int]] = {}
        self.requests: dict[str, list[int]] = {}

    def append(self, start: int, end: int, results: Outcome) -> None:
        """Add slots [start, end)."""
        number = self._known.get(results)
        if number is None:
            number = self._known[results] = len(self._outcomes)
            self._outcomes.append(results)
        if self._index and self._index[-1] == number and self._ends[-1] == start:
            self._ends[-1] = end
        else:
            self._starts.append(start)
            self._ends.append(end)
            self._index.append(number)
        if self.released is None and results:
            self.released = start
        if (
            self.confirmed is None
            and results
            and state_of(results) == "U"
            and all(result.pods >= result.wanted for result in results)
        ):
            self.confirmed = start
        self._sum(start, end, results)

    def _sum(self, start: int, end: int, results: Outcome) -> None:
        """Add slots to the sums, from the birth of the SLA clock on."""
        born = self.born(end)
        start = end if born is None else max(start, born)
        if start >= end:
            return
        whole = self.slots.setdefault(TENANT, dict.fromkeys(PRECEDENCE, 0))
        whole[state_of(results)] += end - start
        all_of_them = self.requests.setdefault(TENANT, [0, 0])
        for result in results or ():
            states = self.slots.setdefault(result.name, dict.fromkeys(PRECEDENCE, 0))
            states[result.state] += end - start
            asked = self.requests.setdefault(result.name, [0, 0])
            for sums, offered in ((asked, result.offered), (all_of_them, result.entered)):
                if result.modelled and (sums is asked or result.entry):
                    there = count(offered, start, end)
                    sums[0] += there - part(offered, result.bad, start, end)
                    sums[1] += there

    @property
    def start(self) -> int | None:
        """The first slot, None while there is none."""
        return self._starts[0] if self._starts else None

    @property
    def end(self) -> int | None:
        """The slot after the last closed one."""
        return self._ends[-1] if self._ends else None

    @property
    def spans(self) -> int:
        """How many spans it keeps."""
        return len(self._starts)

    def born(self, at: int) -> int | None:
        """Return the first slot of the SLA clock as known at slot *at*, None while unborn."""
        if self.released is None:
            return None
        confirmed = None if self.confirmed is None else self.confirmed * SLOT_SECONDS
        return windows.birth_slot(self.released * SLOT_SECONDS, confirmed, at * SLOT_SECONDS)

    def between(self, a: int, b: int) -> Iterator[tuple[int, int, Outcome]]:
        """Yield the spans of slots [a, b), clipped."""
        number = max(0, bisect_right(self._starts, a) - 1)
        while number < len(self._starts) and self._starts[number] < b:
            first, after = max(self._starts[number], a), min(self._ends[number], b)
            if first < after:
                yield first, after, self._outcomes[self._index[number]]
            number += 1

    def at(self, slot: int) -> Outcome:
        """Return what held in one slot, None outside."""
        for _, _, results in self.between(slot, slot + 1):
            return results
        return None

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "outcomes": [
                None if row is None else [plain_result(result) for result in row]
                for row in self._outcomes
            ],
            "spans": [list(row) for row in zip(self._starts, self._ends, self._index, strict=True)],
            "released": self.released,
            "confirmed": self.confirmed,
        }

    @classmethod
    def restored(cls, plain: Mapping[str, Any]) -> "Ledger":
        """Return the ledger that `snapshot` wrote down."""
        ledger = cls()
        for row in plain["outcomes"]:
            results: Outcome = None
            if row is not None:
                results = tuple(result_from_plain(result) for result in row)
            ledger._known[results] = len(ledger._outcomes)
            ledger._outcomes.append(results)
        ledger.released, ledger.confirmed = plain["released"], plain["confirmed"]
        for start, end, index in plain["spans"]:
            ledger._sum(start, end, ledger._outcomes[index])
            ledger._starts.append(start)
            ledger._ends.append(end)
            ledger._index.append(index)
        return ledger


class Accounts:
    """The ledgers of one cluster's tenants; a SpanSink. History outlives the tracking."""

    def __init__(self) -> None:
        self.ledgers: dict[str, Ledger] = {}
        # What others told of a tenant: (source, name) -> [value, instant].
        self.external: dict[str, dict[str, list[Any]]] = {}

    def span(self, span: Span) -> None:
        """Take a span of slots."""
        ledger = self.ledgers.get(span.tenant)
        if ledger is None:
            ledger = self.ledgers[span.tenant] = Ledger()
        if ledger.end is not None and ledger.end < span.start:
            # It was not tracked meanwhile: nothing is known of those slots.
            ledger.append(ledger.end, span.start, None)
        ledger.append(span.start, span.end, span.results)

    def tell(self, tenant: str, source: str, metrics: Mapping[str, Any], now: int) -> None:
        """Keep what *source* says of a tenant: the newest value of each name."""
        told = self.external.setdefault(tenant, {})
        for name, value in metrics.items():
            told[name] = [value, source, now]

    def report(
        self,
        tenant: str,
        fields: Mapping[str, Any],
        period: str,
        now: int,
        *,
        service: str = TENANT,
        timezone: str = "Asia/Seoul",
        clock: ClockReading | None = None,
    ) -> SlaReport | None:
        """Return the report of a period that ends at second *now*; None while nothing is known.

        Raises InputError for a bad period or objective.
        """
        ledger = self.ledgers.get(tenant)
        objective = objective_of(fields)
        window = windows.window_of(period, now, timezone)
        if ledger is None or ledger.start is None or ledger.end is None:
            return None
        born = ledger.born(window.end)
        first = max(ledger.start, window.start - _BEFORE_SLOTS)
        runs: list[tuple[State, int]] = []
        spans = []
        causes: list[CauseSpan] = []
        for start, end, results in ledger.between(first, window.end):
            chosen = _chosen(results, service) or ()
            state = state_of(_chosen(results, service))
            runs.append((state, end - start))
            needed = chosen if service else entries(chosen)
            rates = tuple((r.offered, r.bad) for r in needed if r.modelled and (service or r.entry))
            if rates:
                spans.append((start, end, rates))
            if state == "D":
                causes += _causes(chosen, start, end)
        series = SlotSeries.of(first, runs)
        counts = _rate_series(first, spans)
        return evaluate(
            series,
            objective,
            window,
            counts=counts,
            birth=born if born is not None else window.end,
            causes=causes,
            label=Label(tenant, service, "simulated", clock or ClockReading()),
        )

    def minutes(self, tenant: str, since: int, limit: int, now: int) -> tuple[list[Minute], int]:
        """Return the closed minutes after sequence *since*, at most *limit*, and the newest one.

        A minute closes 10 s after its end (second *now* is the cluster's).
        """
        ledger = self.ledgers.get(tenant)
        if ledger is None or ledger.start is None or ledger.end is None:
            return [], 0
        zero = ledger.start // MINUTE_SLOTS
        closed = min((now - WATERMARK_SECONDS) // SLOT_SECONDS, ledger.end) // MINUTE_SLOTS
        newest = max(0, closed - zero)
        found = []
        for sequence in range(since + 1, min(newest, since + limit) + 1):
            slot = (zero + sequence - 1) * MINUTE_SLOTS
            found.append(Minute(sequence, slot, self._minute(ledger, slot)))
        return found, newest

    def _minute(self, ledger: Ledger, slot: int) -> dict[str, Any]:
        end = slot + MINUTE_SLOTS
        parts = list(ledger.between(slot, end))
        names: dict[str, None] = {}
        for _, _, results in parts:
            names.update(dict.fromkeys(result.name for result in results or ()))
        born = ledger.born(end)
        body: dict[str, Any] = {
            "workloads": [_row(name, parts, slot, end) for name in names],
            "tenant": _row(TENANT, parts, slot, end),
        }
        body["tenant"]["counts"] = born is not None and born < end
        return body

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "ledgers": {name: ledger.snapshot() for name, ledger in self.ledgers.items()},
            "external": {
                name: {key: list(row) for key, row in told.items()}
                for name, told in self.external.items()
            },
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.ledgers = {name: Ledger.restored(row) for name, row in plain["ledgers"].items()}
        self.external = {
            name: {key: list(row) for key, row in told.items()}
            for name, told in plain["external"].items()
        }


def _rate_series(
    start: int, spans: Sequence[tuple[int, int, tuple[tuple[int, int], ...]]]
) -> RateSeries | None:
    if not spans:
        return None
    zero = array("q", [0])
    return RateSeries(start, array("q", [start]), zero, zero, tuple(spans))


def _causes(results: Sequence[Result], start: int, end: int) -> list[CauseSpan]:
    found: dict[CauseLink, None] = {}
    for result in entries(results):
        for share in result.shares:
            if share.seen.cause:
                found[CauseLink(kind_of(share.seen.cause), share.seen.cause)] = None
    return [CauseSpan(link, start, end) for link in found]


def kind_of(cause: str) -> str:
    """Return what the id of a cause names: fault, load, or the rollout that a request began."""
    if cause[:1] == "f" and cause[1:].isdigit():
        return "fault"
    return "load" if cause == "load" else "rollout"


def _row(
    name: str, parts: Sequence[tuple[int, int, Outcome]], slot: int, end: int
) -> dict[str, Any]:
    """Return what one workload (or the tenant) did in slots [slot, end): sums, no averages."""
    slots = dict.fromkeys(STATE_NAMES.values(), 0)
    good = total = covered = slowest = 0
    cpu = memory = replicas = queue = cpu_limit = memory_limit = 0
    within = [0] * len(LATENCY_LIMITS)
    for first, after, results in parts:
        chosen = _chosen(results, name)
        length = after - first
        covered += length
        slots[STATE_NAMES[state_of(chosen)]] += length
        for result in chosen or ():
            held = result.pods * length
            replicas += held
            queue += result.queue * length
            cpu += result.cpu * held
            memory += result.memory * held
            cpu_limit += result.cpu_limit * held
            memory_limit += result.memory_limit * held
            if not result.modelled or not (name or result.entry):
                continue
            slowest = max(slowest, result.p95)
            offered = result.offered if name else result.entered
            before, upto = offered * first // MILLION, offered * after // MILLION
            there = upto - before
            if not there:
                continue
            well = there - (upto * result.bad // MILLION - before * result.bad // MILLION)
            total += there
            good += well
            _spread(within, result.within, before, upto, well)
    slots[STATE_NAMES["N"]] += end - slot - covered
    seen = max(covered, 1)
    return {
        "name": name or None,
        "slots": slots,
        "good": good,
        "total": total,
        "latency": {
            "le_ms": LATENCY_LIMITS,
            "counts": within,
            "count": good,
            "p95_ms": slowest,
        },
        "cpu_millicores": cpu // seen,
        "cpu_limit_millicores": cpu_limit // seen,
        "memory_bytes": memory // seen,
        "memory_limit_bytes": memory_limit // seen,
        "replicas": replicas / seen,
        "queue": queue / 1000 / seen,
    }


def _chosen(results: Outcome, name: str) -> Sequence[Result] | None:
    """Return one workload's result, all for the tenant; None where nobody looked at it.

    A workload that is not (or no longer) there is not looked at; the tenant itself always is.
    """
    if results is None or not name:
        return results
    return [result for result in results if result.name == name] or None


def _spread(within: list[int], shares: Sequence[int], before: int, upto: int, well: int) -> None:
    """Add the requests from number *before* to *upto*, *well* of them good, to a histogram."""
    below = 0
    for number, ppm in enumerate(shares):
        fast = upto * ppm // MILLION - before * ppm // MILLION
        if fast > below:
            below = fast
            if below >= well:
                for rest in range(number, len(within)):
                    within[rest] += well
                return
        within[number] += below


def chain(results: Sequence[Result]) -> list[tuple[Result, Share]]:
    """Walk from the entry that is worst off to where its requests fail: (workload, how) a step."""
    by_name = {result.name: result for result in results}
    steps: list[tuple[Result, Share]] = []
    result = worst(results)
    seen: dict[str, None] = {}
    while result is not None and result.shares and result.name not in seen:
        seen[result.name] = None
        share = result.shares[0]
        steps.append((result, share))
        if share.kind != "dependency":
            break
        result = by_name.get(share.via)
    return steps
