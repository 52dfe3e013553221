"""The ledger of one tenant: spans of slots in order, without holes.

A month is a few hundred spans. What they say is kept once (equal spans share one entry), so minutes
and figures are sums over spans, exact for any cut, and nothing is kept that could be computed from
them. A slot's state is said when the slot is closed and never changed.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ecp.sim.telemetry.contract import TENANT, Calendar
from ecp.sim.traffic.model import Result, Share, count, part
from ecp.sim.traffic.tenants import plain_result, result_from_plain
from ecp.slo import windows
from ecp.slo.slots import CARRY_SLOTS, PRECEDENCE, SLOT_SECONDS, State

Results = tuple[Result, ...] | None
"""The results of a tenant's workloads; () = it has none, None = nobody looked."""


class Told(NamedTuple):
    """What is said of a slot: results, the state of each workload, that of the tenant."""

    results: Results
    states: tuple[State, ...]
    whole: State

    def of(self, service: str) -> tuple[State, Sequence[Result]]:
        """Return the state of one workload (or the tenant) and the results that belong to it.

        A workload that is not (or no longer) there is not looked at; the tenant always is.
        """
        if not service:
            return self.whole, self.results or ()
        for result, state in zip(self.results or (), self.states, strict=True):
            if result.name == service:
                return state, (result,)
        return "N", ()


def entries(results: Sequence[Result]) -> list[Result]:
    """Return the workloads that the tenant's own state hangs on: those its customers call.

    Where no workload is known to be one, all of them are needed.
    """
    found = [result for result in results if result.entry]
    return found or list(results)


def failing(told: Told, service: str) -> Sequence[Result]:
    """Return the workloads by which one workload (or the tenant) is down.

    Of a tenant those that its customers call and that are down themselves: what another one meets
    in the same slot cost the tenant nothing.
    """
    chosen = told.of(service)[1]
    if service:
        return chosen
    states = dict(zip((row.name for row in chosen), told.states, strict=True))
    return [result for result in entries(chosen) if states[result.name] == "D"]


def serial(states: Sequence[State]) -> State:
    """Return the state of a whole that needs each part which is on duty.

    Source: any D, else any N, else any M, else U; O only where all are off duty.
    """
    return next((state for state in ("D", "N", "M", "U") if state in states), "O")


def state_of(results: Results) -> State:
    """Return the state of a tenant as observed: down without any workload, else serial."""
    if results is None:
        return "N"
    return serial([result.state for result in entries(results)]) if results else "D"


def worst(results: Sequence[Result]) -> Result | None:
    """Return the entry that is worst off, None where nothing fails."""
    failing = [result for result in entries(results) if result.bad or result.state == "D"]
    return max(failing, key=lambda result: (result.state == "D", result.bad), default=None)


def chain(results: Sequence[Result], entry: Result | None = None) -> list[tuple[Result, Share]]:
    """Walk from *entry* to where its requests fail: (workload, how) a step.

    Without an *entry* from the one that is worst off.
    """
    by_name = {result.name: result for result in results}
    steps: list[tuple[Result, Share]] = []
    result = entry or worst(results)
    seen: dict[str, None] = {}
    while result is not None and result.shares and result.name not in seen:
        seen[result.name] = None
        share = result.shares[0]
        steps.append((result, share))
        if share.kind != "dependency":
            break
        result = by_name.get(share.via)
    return steps


def requests(result: Result, whole: bool) -> tuple[int, int]:
    """Return (millionths of a request a slot, bad ppm) that count: within the contracted units.

    Of the tenant as a *whole* only what its customers ask counts, of a workload all its calls.
    """
    if not result.modelled or (whole and not result.entry):
        return 0, 0
    return (result.entered if whole else result.offered) - result.excess, result.bad


def counted(rows: Sequence[tuple[int, int]], first: int, after: int) -> tuple[int, int]:
    """Return (good, total) requests of slots [first, after) of rows of (rate, bad ppm)."""
    good = total = 0
    for rate, bad in rows:
        there = count(rate, first, after)
        total += there
        good += there - part(rate, bad, first, after)
    return good, total


def _quiet(results: tuple[Result, ...]) -> tuple[Result, ...]:
    return tuple(row._replace(offered=0, entered=0, excess=0) for row in results)


class Sums:
    """Of one workload or of the tenant, since the birth: slots by state, requests."""

    __slots__ = ("excess", "good", "slots", "total")

    def __init__(self) -> None:
        self.slots: dict[State, int] = dict.fromkeys(PRECEDENCE, 0)
        self.good = self.total = self.excess = 0

    def add(self, state: State, chosen: Sequence[Result], whole: bool, a: int, b: int) -> None:
        """Add slots [a, b): requests count where the state is up or down."""
        self.slots[state] += b - a
        if state not in ("U", "D"):
            return
        good, total = counted([requests(result, whole) for result in chosen], a, b)
        self.good += good
        self.total += total
        self.excess += sum(count(result.excess, a, b) for result in chosen)


class Ledger:
    """What happened to one tenant, and what was agreed with it.

    `released` is the first slot with a workload, `confirmed` the first at which all of them had
    all their pods and the tenant was up.
    """

    __slots__ = (
        "_ends",
        "_index",
        "_known",
        "_starts",
        "_told",
        "calendar",
        "confirmed",
        "released",
        "sums",
    )

    def __init__(self) -> None:
        self._starts = array("q")
        self._ends = array("q")
        self._index = array("q")
        self._told: list[Told] = []
        self._known: dict[Told, int] = {}
        self.calendar = Calendar()
        self.released: int | None = None
        self.confirmed: int | None = None
        self.sums: dict[str, Sums] = {}

    # -- writing ----------------------------------------------------------------------------------

    def skip(self, until: int) -> None:
        """Close the slots up to *until* of which there is no sample.

        The last state is carried for two slots, without requests; then it is unknown.
        """
        if self.end is None or self.end >= until:
            return
        carried = min(self.end + CARRY_SLOTS, until)
        last = self.at(self.end - 1)
        if last is not None:
            self.append(self.end, carried, _quiet(last))
        if self.end < until:
            self.append(self.end, until, None)

    def lose(self, start: int, end: int, unseen: int, unknown: tuple[Result, ...]) -> None:
        """Close slots [start, end), which nobody has measured since slot *unseen*.

        The last state is carried for two slots, without requests; then they are *unknown*.
        """
        last = None if self.end is None else self.at(self.end - 1)
        carried = min(max(unseen + CARRY_SLOTS, start), end)
        if last is not None and carried > start:
            self.append(start, carried, _quiet(last))
            start = carried
        if start < end:
            self.append(start, end, unknown)

    def append(self, start: int, end: int, results: Results) -> None:
        """Close slots [start, end): say their states, cut where duty or maintenance turns."""
        if self.released is None and results:
            self.released = start
        if (
            self.confirmed is None
            and results
            and state_of(results) == "U"
            and all(result.pods >= result.wanted for result in results)
        ):
            self.confirmed = start
        for first, after in self._pieces(start, end, results):
            told = self._told_of(results, first)
            self._keep(first, after, told)
            self._sum(first, after, told)

    def _pieces(self, start: int, end: int, results: Results) -> Iterator[tuple[int, int]]:
        edges = [start, end]
        if not self.calendar.empty:
            edges[1:1] = self.calendar.edges(self._names(results), start, end)
        yield from pairwise(edges)

    def _names(self, results: Results) -> list[str]:
        """Whose duty counts: the workloads' that are there, else of those that are contracted."""
        named = [result.name for result in results or ()]
        return [TENANT, *(named or self.calendar.contract.services)]

    def _told_of(self, results: Results, slot: int) -> Told:
        """Say the states of a slot: off duty, else maintenance, else what was seen."""
        if self.calendar.empty:
            return Told(results, tuple(r.state for r in results or ()), state_of(results))
        states = tuple(self._state(r.name, r.state, slot) for r in results or ())
        if results:
            needed = [state for r, state in zip(results, states, strict=True) if r.entry]
            return Told(results, states, serial(needed or states))
        whole = self._state(TENANT, state_of(results), slot)
        off = [self.calendar.off_duty(name, slot) for name in self._names(results)[1:]]
        return Told(results, states, "O" if off and all(off) else whole)

    def _state(self, service: str, state: State, slot: int) -> State:
        if self.calendar.off_duty(service, slot):
            return "O"
        return "M" if self.calendar.maintained(service, slot) else state

    def _keep(self, start: int, end: int, told: Told) -> None:
        number = self._known.get(told)
        if number is None:
            number = self._known[told] = len(self._told)
            self._told.append(told)
        if self._index and self._index[-1] == number and self._ends[-1] == start:
            self._ends[-1] = end
        else:
            self._starts.append(start)
            self._ends.append(end)
            self._index.append(number)

    def _sum(self, start: int, end: int, told: Told) -> None:
        """Add slots to the sums, from the birth of the SLA clock on."""
        born = self.born(end)
        start = end if born is None else max(start, born)
        if start >= end:
            return
        results = told.results or ()
        self._sums(TENANT).add(told.whole, results, True, start, end)
        for result, state in zip(results, told.states, strict=True):
            self._sums(result.name).add(state, (result,), False, start, end)

    def _sums(self, service: str) -> Sums:
        if service not in self.sums:
            self.sums[service] = Sums()
        return self.sums[service]

    # -- reading ----------------------------------------------------------------------------------

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

    def between(self, a: int, b: int) -> Iterator[tuple[int, int, Results]]:
        """Yield the results of slots [a, b), span by span, clipped."""
        for first, after, told in self.said(a, b):
            yield first, after, told.results

    def said(self, a: int, b: int) -> Iterator[tuple[int, int, Told]]:
        """Yield what was said of slots [a, b), span by span, clipped."""
        number = max(0, bisect_right(self._starts, a) - 1)
        while number < len(self._starts) and self._starts[number] < b:
            first, after = max(self._starts[number], a), min(self._ends[number], b)
            if first < after:
                yield first, after, self._told[self._index[number]]
            number += 1

    def at(self, slot: int) -> Results:
        """Return the results of one slot, None outside and where nobody looked."""
        told = self.told(slot)
        return None if told is None else told.results

    def told(self, slot: int) -> Told | None:
        """Return what was said of one slot, None outside."""
        for _, _, told in self.said(slot, slot + 1):
            return told
        return None

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "told": [
                [
                    None if told.results is None else [plain_result(row) for row in told.results],
                    "".join(told.states),
                    told.whole,
                ]
                for told in self._told
            ],
            "spans": [list(row) for row in zip(self._starts, self._ends, self._index, strict=True)],
            "released": self.released,
            "confirmed": self.confirmed,
            "calendar": self.calendar.snapshot(),
        }

    @classmethod
    def restored(cls, plain: Mapping[str, Any]) -> "Ledger":
        """Return the ledger that `snapshot` wrote down, or its predecessor without states."""
        ledger = cls()
        rows = (
            plain["told"] if "told" in plain else [[row, None, None] for row in plain["outcomes"]]
        )
        for row, said, whole in rows:
            results: Results = None
            if row is not None:
                results = tuple(result_from_plain(result) for result in row)
            states = tuple(r.state for r in results or ()) if said is None else tuple(said)
            told = Told(results, states, whole or state_of(results))
            ledger._known[told] = len(ledger._told)
            ledger._told.append(told)
        ledger.released, ledger.confirmed = plain["released"], plain["confirmed"]
        if "calendar" in plain:
            ledger.calendar.restore(plain["calendar"])
        for start, end, index in plain["spans"]:
            ledger._starts.append(start)
            ledger._ends.append(end)
            ledger._index.append(index)
            ledger._sum(start, end, ledger._told[index])
        return ledger
