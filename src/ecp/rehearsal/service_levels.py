"""From the probes' ledger to service levels: one a workload, one for the bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ecp.kube import durations
from ecp.kube.kinds import SERVICES
from ecp.rehearsal.bundle import Ref
from ecp.rehearsal.run import CAUSE, Run
from ecp.sim.engine.engine import SECOND
from ecp.sim.traffic import Block
from ecp.slo import compose
from ecp.slo.incidents import CauseLink, CauseSpan, Incident
from ecp.slo.objective import MILLION, Objective
from ecp.slo.report import Label, SlaReport, evaluate
from ecp.slo.slots import SLOT_SECONDS, SlotSeries, State
from ecp.slo.windows import Window


class Why(NamedTuple):
    """What made slots down: how probes failed, the id of its cause, where, how long."""

    reason: str
    cause: str
    service: str
    port: str
    pod: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Level:
    """The service level of one workload (or, without one, of a Service's pods), or of all.

    `name` is a word like deployment/web, "" for the bundle; `services` are those it is probed
    through.
    """

    name: str
    services: tuple[Ref, ...]
    series: SlotSeries
    report: SlaReport
    blocks: tuple[Block, ...]  # those that are down, ascending

    @property
    def met(self) -> bool:
        """Whether the target was reached in the slots seen, exactly."""
        ratios = self.report.ratios
        up, down = ratios.totals.up, ratios.totals.down
        return up * MILLION >= self.report.objective.target_ppm * (up + down)

    def why(self, incident: Incident) -> list[Why]:
        """Return what an incident was made of, the longest first."""
        end = incident.end if incident.end is not None else self.report.end
        return reasons(self.blocks, incident.start, end)

    def why_apart(self) -> list[Why]:
        """Return what the short outages were made of that belong to no incident."""
        rows: list[Why] = []
        start = self.report.start
        for incident in self.report.failures.incidents:
            rows += reasons(self.blocks, start, incident.start)
            start = incident.end if incident.end is not None else self.report.end
        rows += reasons(self.blocks, start, self.report.end)
        return rows

    def lost_to(self, cause: str) -> int:
        """Return the seconds of down time that follow from *cause*."""
        spans = [(b.start, b.end) for b in self.blocks if b.cause == cause]
        return united_slots(spans) * SLOT_SECONDS


def reasons(blocks: Sequence[Block], start: int, end: int) -> list[Why]:
    """Group the down blocks inside slots [start, end) by what was seen."""
    seen: dict[tuple[str, str, str, str, str], int] = {}
    for block in blocks:
        slots = min(block.end, end) - max(block.start, start)
        if slots > 0:
            key = (block.reason, block.cause, block.service[1], block.port, block.pod)
            seen[key] = seen.get(key, 0) + slots
    rows = [Why(*key, slots * SLOT_SECONDS) for key, slots in seen.items()]
    return sorted(rows, key=lambda row: (-row.seconds, row))


def united_slots(spans: Sequence[tuple[int, int]]) -> int:
    """Return how many slots lie in at least one of the spans."""
    total, covered = 0, -1
    for start, end in sorted(spans):
        start = max(start, covered)
        if end > start:
            total += end - start
            covered = end
    return total


def levels(run: Run, target_ppm: int) -> tuple[Level | None, list[Level]]:
    """Return the level of the bundle (None: nothing was probed) and those of its workloads."""
    series = {key: _series(run.ledger.runs(key)) for key in run.ledger.services()}
    if not series:
        return None, []
    groups: dict[str, list[Ref]] = {}
    for key in series:
        service = Ref(SERVICES, *key)
        behind = run.workloads_behind(service)
        for name in [ref.word for ref in behind] or [service.word]:
            groups.setdefault(name, []).append(service)
    found = [_level(run, name, services, series, target_ppm) for name, services in groups.items()]
    whole = _level(run, "", [Ref(SERVICES, *key) for key in series], series, target_ppm)
    return whole, sorted(found, key=lambda level: level.name)


def period(nanoseconds: int) -> str:
    """Return the name of a window: 24h rather than 1d, as service levels are spoken of."""
    hours, rest = divmod(nanoseconds, 3600 * SECOND)
    return f"{hours}h" if hours and not rest and hours < 72 else durations.spell(nanoseconds)


def _series(blocks: Sequence[Block]) -> SlotSeries:
    runs: list[tuple[State, int]] = [("U" if b.ok else "D", b.end - b.start) for b in blocks]
    return SlotSeries.of(blocks[0].start, runs)


def _level(
    run: Run,
    name: str,
    services: Sequence[Ref],
    series: Mapping[tuple[str, str], SlotSeries],
    target_ppm: int,
) -> Level:
    keys = [(ref.namespace, ref.name) for ref in services]
    whole = compose.serial([series[key] for key in keys])
    blocks = sorted(
        (block for key in keys for block in run.ledger.runs(key) if not block.ok),
        key=lambda block: (block.start, block.end, block.service),
    )
    seconds = run.length // SECOND
    window = Window.between(
        whole.start * SLOT_SECONDS, whole.end * SLOT_SECONDS, label=period(run.length)
    )
    objective = Objective(target_ppm=target_ppm, period_seconds=seconds)
    report = evaluate(
        whole,
        objective,
        window,
        causes=_causes(blocks),
        birth=run.born,
        label=Label(service=name or "bundle"),
    )
    return Level(name, tuple(services), whole, report, tuple(blocks))


def _causes(blocks: Sequence[Block]) -> list[CauseSpan]:
    """Return the causes as they were in force, from the slots that follow from them."""
    return [
        CauseSpan(CauseLink(kind_of(block.cause), block.cause), block.start, block.end)
        for block in blocks
        if block.cause
    ]


def kind_of(cause: str) -> str:
    """Return what an id names: the release, a fault ("f1"), or another action."""
    if cause == CAUSE:
        return "release"
    return "fault" if cause[:1] == "f" and cause[1:].isdigit() else "action"


def level_json(level: Level) -> dict[str, Any]:
    """Return a level as plain data: the report, and the incidents with what they were made of."""
    body = level.report.to_json()
    for row, incident in zip(body["incidents"], level.report.failures.incidents, strict=True):
        row["why"] = [why._asdict() for why in level.why(incident)]
    return {
        "workload": level.name or None,
        "services": [f"{ref.namespace}/{ref.name}" for ref in level.services],
        "met": level.met,
        "reasons": [
            why._asdict() for why in reasons(level.blocks, level.report.start, level.report.end)
        ],
        "sla": body,
    }
