"""What a run of a scenario measured: levels, latencies, curves; and hypotheses judged by them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube import durations
from ecp.kube.kinds import DEPLOYMENTS, STATEFULSETS
from ecp.rehearsal.hypotheses import PPM, Hypothesis, Status, Verdict
from ecp.rehearsal.rehearse import Rehearsal
from ecp.rehearsal.run import TENANT, Run
from ecp.rehearsal.service_levels import Why, kind_of, united_slots
from ecp.sim.engine.engine import SECOND
from ecp.sim.store import Change
from ecp.sim.telemetry.accounts import objective_of
from ecp.sim.telemetry.latency import percentile, within_ms
from ecp.sim.telemetry.ledger import Ledger, failing, requests
from ecp.sim.telemetry.minutes import causes_of
from ecp.sim.traffic import SLOT
from ecp.sim.traffic.model import Result, count, part
from ecp.slo.contract import promised
from ecp.slo.report import Label, SlaReport
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import Window

_SEEN = 10
_SCALED = (DEPLOYMENTS, STATEFULSETS)


class Measured(NamedTuple):
    """The service level of one workload ("" = of all), from traffic or from probes."""

    name: str
    evidence: str  # traffic | probes
    report: SlaReport

    @property
    def up(self) -> int:
        """Slots that were up."""
        return self.report.ratios.totals.up

    @property
    def down(self) -> int:
        """Slots that were down."""
        return self.report.ratios.totals.down

    @property
    def ppm(self) -> int | None:
        """Up time in parts per million, rounded down; None where nobody looked."""
        seen = self.up + self.down
        return self.up * PPM // seen if seen else None


class Curves:
    """How many replicas were ready, from changes of the cluster: (instant ns, ready, wanted)."""

    def __init__(self) -> None:
        self.replicas: dict[str, list[tuple[int, int, int]]] = {}
        self._run: Run | None = None

    def watch(self, run: Run) -> None:
        """Look at a run that is about to begin."""
        self._run = run
        run.cluster.listeners.append(self._seen)

    def _seen(self, change: Change) -> None:
        run = self._run
        if run is None or change.resource not in _SCALED or change.type == "DELETED":
            return
        status, spec = change.object.get("status") or {}, change.object["spec"]
        ready, wanted = status.get("readyReplicas", 0), spec.get("replicas", 1)
        meta = change.object["metadata"]
        rows = self.replicas.setdefault(f"{meta['namespace']}/{meta['name']}", [])
        if not rows or rows[-1][1:] != (ready, wanted):
            rows.append((run.cluster.now, ready, wanted))


class Measures:
    """What is known of a rehearsal whose run is over."""

    def __init__(self, found: Rehearsal, run: Run) -> None:
        self.found, self.run = found, run
        self.first = run.born
        self.after = run.born + run.length // SLOT
        run.cluster.flows.close()
        ledger = run.cluster.accounts.ledgers.get(TENANT)
        self.ledger: Ledger | None = None if ledger is None or ledger.start is None else ledger
        self.levels = self._levels()

    # -- levels -----------------------------------------------------------------------------------

    def _levels(self) -> list[Measured]:
        """Return the level of the whole, then of each workload; traffic before probes."""
        if self.ledger is None:
            whole = self.found.bundle
            rows = [] if whole is None else [whole, *self.found.workloads]
            return [Measured(level.name, "probes", level.report) for level in rows]
        names: dict[str, None] = {"": None}
        for _, _, results in self.ledger.between(self.first, self.after):
            names.update(dict.fromkeys(result.name for result in results or ()))
        return [Measured(name, "traffic", self._level(name)) for name in names]

    def _level(self, name: str) -> SlaReport:
        """Return what the ledger's own report says: a promise is judged here as it will be."""
        contract = {} if self.run.demand is None else self.run.demand.contract
        slo = promised(contract, self.found.target_ppm)["slo"]
        found = self.run.cluster.accounts.report_of(
            TENANT,
            objective_of({**slo, "period_seconds": self.run.length // SECOND}),
            Window.between(self.first * SLOT_SECONDS, self.after * SLOT_SECONDS, label=""),
            Label(TENANT, name),
            birth=self.first,
        )
        assert found is not None, "the ledger has slots"
        return found

    def level(self, subject: str) -> Measured | None:
        """Return the level of *subject*: a word like deployment/web, or web."""
        for level in self.levels:
            if subject in (level.name, level.name.rpartition("/")[2]):
                return level
        return None

    # -- requests ---------------------------------------------------------------------------------

    def answered(self, subject: str, limit: int) -> tuple[int, int, list[tuple[int, Result]]]:
        """Return how many requests were answered, how many within so many ms, and by what."""
        good, within = 0, 0
        rows: list[tuple[int, Result]] = []
        for first, after, chosen in self._asked(subject):
            for result in chosen:
                rate, bad = requests(result, not subject)
                answers = count(rate, first, after) - part(rate, bad, first, after)
                if answers:
                    good += answers
                    within += part(rate, within_ms(result, limit), first, after)
                    rows.append((answers, result))
        return good, min(within, good), rows

    def _asked(self, subject: str) -> list[tuple[int, int, Sequence[Result]]]:
        if self.ledger is None:
            return []
        name = "" if not subject else subject.rpartition("/")[2]
        found = []
        for first, after, told in self.ledger.said(self.first, self.after):
            state, chosen = told.of(name)
            # Requests count where somebody promised to answer them.
            if state in ("U", "D"):
                found.append((first, after, chosen))
        return found

    # -- what things follow from ------------------------------------------------------------------

    def blame(self) -> dict[tuple[str, str], int]:
        """Return the seconds of down time of the whole by what they follow from: (kind, name).

        A fault is named as in the catalogue, whatever its number; what no cause is known of is
        ("unknown", "").
        """
        spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for kind, cause, first, after in self.caused():
            spans.setdefault(self._named(kind, cause), []).append((first, after))
        return {key: united_slots(rows) * SLOT_SECONDS for key, rows in spans.items()}

    def caused(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield (kind, id, first, after) of what down slots of the whole follow from."""
        if self.ledger is None:
            for block in self.found.bundle.blocks if self.found.bundle else ():
                yield kind_of(block.cause), block.cause, block.start, block.end
            return
        for first, after, told in self.ledger.said(self.first, self.after):
            if told.whole == "D":
                rows = causes_of(self.ledger, told, "", first, after)
                yield from rows or [("unknown", "", first, after)]

    def why(self, start: int, end: int) -> list[Why]:
        """Return how requests failed in the down slots of [start, end), by traffic, the longest
        first: whose they were, the reason, the id of its cause. What is less than a tenth of the
        largest share is left out."""
        seen: dict[tuple[str, str, str, str, str], int] = {}
        for first, after, told in self.ledger.said(start, end) if self.ledger else ():
            if told.whole != "D":
                continue
            keys = dict.fromkeys(
                (row.seen.reason or row.kind, row.seen.cause, row.via or result.name, "", "")
                for result in failing(told, "")
                for row in result.shares
                if row.ppm * _SEEN >= result.shares[0].ppm
            )
            for key in keys:
                seen[key] = seen.get(key, 0) + after - first
        rows = [Why(*key, slots * SLOT_SECONDS) for key, slots in seen.items()]
        return sorted(rows, key=lambda row: (-row.seconds, row))

    def _named(self, kind: str, cause: str) -> tuple[str, str]:
        if kind != "fault":
            return (kind, cause) if cause else ("unknown", "")
        names = {fault.id: fault.name for fault in self.run.cluster.faults.all}
        return kind, names.get(cause, cause)

    @property
    def recovery(self) -> int | None:
        """The longest recovery of a fault that was asked for (ns); None: none, or not recovered."""
        found = [fault.recovery for fault in self.run.injected if fault.workloads]
        return None if not found or None in found else max(row for row in found if row is not None)

    @property
    def ready(self) -> int | None:
        """How long the start-up took (ns), None where it was not confirmed."""
        start = self.run.start
        return None if start.confirmed is None else start.confirmed - start.began

    # -- curves -----------------------------------------------------------------------------------

    def series(self, curves: Curves) -> dict[str, Any]:
        """Return what plots are drawn from; seconds since the first probe."""
        whole = self.level("")
        if whole is None:
            return {}
        zero = self.first * SLOT
        down: list[list[int]] = []
        load: list[list[float]] = []
        latency: list[list[int]] = []
        if self.ledger is None:
            down += _joined((b.start, b.end) for b in self.found.bundle.blocks) \
                if self.found.bundle else []  # fmt: skip
        else:
            said = list(self.ledger.said(self.first, self.after))
            down += _joined((first, after) for first, after, told in said if told.whole == "D")
            for first, _, told in said:
                rows = [row for row in told.results or () if row.modelled and row.entry]
                at = (first - self.first) * SLOT_SECONDS
                rate = sum(row.entered for row in rows) / PPM / SLOT_SECONDS
                load.append([at, round(rate, 3)])
                latency.append([at, max((row.p95 for row in rows), default=0)])
        return {
            "seconds": (self.after - self.first) * SLOT_SECONDS,
            "down": [[(a - self.first) * SLOT_SECONDS, (b - self.first) * SLOT_SECONDS]
                     for a, b in down],
            "replicas": {
                name: [[max(0, (at - zero) // SECOND), ready, wanted]
                       for at, ready, wanted in _from(rows, zero)]
                for name, rows in sorted(curves.replicas.items())
            },
            "requests_per_second": _changes(load),
            "p95_ms": _changes(latency),
        }  # fmt: skip


def _joined(spans: Any) -> list[list[int]]:
    """Return spans that touch or overlap as one, ascending."""
    found: list[list[int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found


def _from(rows: Sequence[tuple[int, int, int]], zero: int) -> list[tuple[int, int, int]]:
    """Return the rows from *zero* on, the one that holds then among them."""
    before = [row for row in rows if row[0] <= zero]
    return [*before[-1:], *(row for row in rows if row[0] > zero)]


def _changes(rows: Sequence[list[Any]]) -> list[list[Any]]:
    return [row for n, row in enumerate(rows) if not n or row[1] != rows[n - 1][1]]


# -- judging ---------------------------------------------------------------------------------------

_Found = tuple[bool | None, int | None, str, dict[str, str]]
"""Whether the claim holds (None: undecided), the value compared, evidence: a key and its values."""


def judged(claims: Sequence[Hypothesis], measures: Measures) -> list[Verdict]:
    """Return what became of every claim, with evidence."""
    found = []
    for claim in claims:
        held, value, key, values = _JUDGES[claim.measure](claim, measures)
        status: Status = "undecided" if held is None else "passed" if held else "failed"
        found.append(Verdict(claim, status, value, key, values))
    return found


def _unknown(measures: Measures, subject: str) -> _Found:
    if not subject:
        return None, None, "nothing-seen", {}
    known = ", ".join(level.name for level in measures.levels if level.name)
    return None, None, "no-workload", {"name": subject, "known": known or "-"}


def _availability(claim: Hypothesis, measures: Measures) -> _Found:
    level = measures.level(claim.subject)
    if level is None or level.ppm is None:
        return _unknown(measures, claim.subject)
    down = durations.spell(level.down * SLOT)
    said = {"percent": percent(level.ppm), "down": down, "evidence": level.evidence}
    # Compared as a fraction, in whole numbers: up / (up + down) against the bound.
    seen = level.up + level.down
    held = claim.holds(level.up * PPM, claim.bound * seen)
    return held, level.ppm, "availability", said


def _ready(claim: Hypothesis, measures: Measures) -> _Found:
    start = measures.run.start
    if not claim.subject:
        if measures.ready is None:
            return False, None, "not-started", {}
        return _took(claim, measures.ready, "ready")
    for ref in (*start.workloads, *start.services):
        if claim.subject in (ref.word, ref.name):
            at = start.at.get(ref)
            if at is None:
                return False, None, "not-started", {}
            return _took(claim, at - start.began, "ready")
    known = ", ".join(ref.word for ref in start.workloads)
    return None, None, "no-workload", {"name": claim.subject, "known": known or "-"}


def _latency(claim: Hypothesis, measures: Measures) -> _Found:
    if measures.ledger is None:
        return None, None, "no-traffic", {}
    if measures.level(claim.subject) is None:
        return _unknown(measures, claim.subject)
    limit = claim.bound // 1_000_000
    good, there, rows = measures.answered(claim.subject, limit)
    if not good:
        return None, None, "no-traffic", {}
    reached = percentile(rows, claim.ppm / PPM)
    values = {
        "share": percent(there * PPM // good),
        "limit": f"{limit} ms",
        "count": f"{good:,}",
        "bucket": "-" if reached is None else f"{reached:,.0f} ms",
    }
    return there * PPM >= claim.ppm * good, there * PPM // good, "latency-seen", values


def _recovery(claim: Hypothesis, measures: Measures) -> _Found:
    faults = [
        fault
        for fault in measures.run.injected
        if fault.workloads and claim.subject in ("", fault.id, fault.name)
    ]
    if not faults:
        return None, None, "no-fault", {"name": claim.subject or "-"}
    open_ = next((fault for fault in faults if fault.recovery is None), None)
    if open_ is not None:
        return False, None, "not-recovered", {"fault": f"{open_.id} {open_.name}"}
    longest = max(fault.recovery or 0 for fault in faults)
    return _took(claim, longest, "recovery")


def _took(claim: Hypothesis, length: int, key: str) -> _Found:
    return claim.holds(length), length, key, {"after": durations.spell(round(length, -8))}


def _downtime(claim: Hypothesis, measures: Measures) -> _Found:
    level = measures.level(claim.subject)
    if level is None or level.ppm is None:
        return _unknown(measures, claim.subject)
    lost = level.down * SLOT
    return (
        claim.holds(lost),
        lost,
        "downtime",
        {"down": durations.spell(lost), "evidence": level.evidence},
    )


def _failures(claim: Hypothesis, measures: Measures) -> _Found:
    level = measures.level(claim.subject)
    if level is None or level.ppm is None:
        return _unknown(measures, claim.subject)
    number = len(level.report.failures.counted)
    return (
        claim.holds(number),
        number,
        "failures",
        {"count": str(number), "evidence": level.evidence},
    )


_JUDGES: Mapping[str, Callable[[Hypothesis, Measures], _Found]] = {
    "availability": _availability,
    "ready": _ready,
    "latency": _latency,
    "recovery": _recovery,
    "downtime": _downtime,
    "failures": _failures,
}


def percent(ppm: int) -> str:
    """Spell parts per million as percent, no digit more than needed."""
    return f"{ppm // 10_000}.{ppm % 10_000:04d}".rstrip("0").rstrip(".")
