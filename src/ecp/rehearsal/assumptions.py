"""What a verdict rests on: assumed figures that would flip it, and what is not modelled.

Every figure of a data sheet whose source says "assumed", of a workload that a scenario runs, is
put to its low and to its high bound, one at a time, and the scenario is rehearsed again with the
same seed (common random numbers), so that a difference is the figure's. Bounds are the sheet's
(`low`, `high`); a figure without is halved and doubled, and says so. What an image needs to start
is varied as well (`start_bounds` of its facts), and how long batches take on a GPU where that is
assumed. Figures of the cluster (`cluster_figures`) are, where somebody asks for every one.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ecp.kube import durations
from ecp.rehearsal.bundle import labels_of
from ecp.rehearsal.cluster_figures import CLUSTER, cluster_rows, with_cluster_value
from ecp.rehearsal.differences import Unreadable, objects_of, with_objects
from ecp.rehearsal.evidence import Evidence, Many, evidence_of, one_after_another
from ecp.rehearsal.outcome import Outcome
from ecp.rehearsal.scenario import Scenario
from ecp.rehearsal.sheets import BATCHES, START, value_of
from ecp.sim.kubelet.template import PREFIX
from ecp.sim.traffic.profiles import ShippedProfiles
from ecp.workloads import images
from ecp.workloads.profiles import profiles
from ecp.workloads.sheet import Profile

FACTORS: Final = (0.5, 2.0)
"""Bounds of an assumed figure whose data sheet says none: half and twice."""
MOST_BY_ITSELF: Final = 12
"""So many figures are varied where nobody asked for it; more only when asked."""
_ASSUMED: Final = "assumed"
# Fields of a sheet that only sizing or the writing of manifests reads: a run does not change.
_UNUSED: Final = ("port", "metrics", "image", "probes.", "scaling.", "resources.headroom",
                  "resources.storage", "resources.unit_storage", "resources.gpus",
                  "service.streams", "demand.weights", "demand.variation")  # fmt: skip
_PODS: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod")


class Figure(NamedTuple):
    """An assumed figure: whose, which field, its value and bounds (in the field's own unit), its
    source, whether the bounds are the sheet's."""

    of: str
    field: str
    value: float
    low: float
    high: float
    source: str
    own_bounds: bool

    @property
    def name(self) -> str:
        """Return it as one word: chatbot.service.time."""
        return f"{self.of}.{self.field}"


class Tried(NamedTuple):
    """A figure at its low and its high bound: what came of the scenario."""

    figure: Figure
    low: Evidence
    high: Evidence

    def flips(self, base: Evidence) -> bool:
        """Whether the verdict is another one at either bound."""
        return self.low.held != base.held or self.high.held != base.held

    def swing(self, base: Evidence) -> float:
        """Return by how much the smallest margin moves, between the bounds and the base."""
        found = [row.left for row in (base, self.low, self.high) if row.left is not None]
        return round(max(found) - min(found), 4) if found else 0.0


# -- which figures ---------------------------------------------------------------------------------


def figures(scenario: Scenario) -> list[Figure]:
    """Return the assumed figures that a scenario rests on, by workload; [] for no manifests."""
    try:
        objects = objects_of(scenario)
    except Unreadable:
        return []
    known, shipped = profiles(), ShippedProfiles()
    found: dict[str, Figure] = {}
    pods = [obj for obj in objects.values() if obj["kind"] in _PODS]
    if scenario.demand is not None:
        names = {
            shipped.of(labels_of(obj), _image(obj)) for obj in pods
        } | set(scenario.demand.units)  # fmt: skip
        for name in sorted(name for name in names if name is not None):
            for figure in _of_sheet(known[name]):
                found[figure.name] = figure
    for obj in pods:
        for image in _images(obj):
            facts = images.facts(image)
            if _ASSUMED in facts.source and facts.start:
                own = facts.start_bounds
                low, high = own or (facts.start * factor for factor in FACTORS)
                figure = Figure(image, START, facts.start, low, high, facts.source, own is not None)
                found.setdefault(figure.name, figure)
    return list(found.values())


def of_cluster(scenario: Scenario) -> list[Figure]:
    """Return the assumed figures of the cluster on which a scenario is played; durations in ns."""
    return [
        Figure(CLUSTER, ".".join(row.path), value, durations.parse(row.low),
               durations.parse(row.high), row.source, True)
        for row, value in cluster_rows(scenario)
    ]  # fmt: skip


def _of_sheet(profile: Profile) -> Iterator[Figure]:
    for field, origin in profile.origins.items():
        if field == BATCHES and _ASSUMED in origin.source:
            # Of one size or another, on one GPU or another: all of them together.
            yield Figure(profile.name, field, 1.0, *FACTORS, origin.source, False)
            continue
        if not origin.source.startswith(_ASSUMED) or field.startswith(_UNUSED):
            continue
        value = value_of(profile, field)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value:
            continue
        own = origin.low is not None and origin.high is not None
        low, high = (origin.low, origin.high) if own else (value * f for f in FACTORS)
        assert low is not None
        assert high is not None
        yield Figure(profile.name, field, value, low, high, origin.source, own)


def _image(obj: Mapping[str, Any]) -> str:
    return next(iter(_images(obj)), "")


def _images(obj: Mapping[str, Any]) -> Iterable[str]:
    spec = obj.get("spec") or {}
    pod = spec if obj["kind"] == "Pod" else (spec.get("template") or {}).get("spec") or {}
    for row in pod.get("containers") or ():
        image = row.get("image") if isinstance(row, dict) else None
        if isinstance(image, str) and image:
            try:
                images.full_name(image)
            except images.InvalidImageName:
                continue
            yield image


# -- another value ---------------------------------------------------------------------------------


def at(scenario: Scenario, figure: Figure, value: float) -> Scenario:
    """Return the scenario with another value of an assumed figure."""
    if figure.of == CLUSTER:
        return with_cluster_value(scenario, figure.field, value)
    if figure.field != START:
        return scenario._replace(assumed={**scenario.assumed, figure.name: value})
    objects = {}
    for key, obj in objects_of(scenario).items():
        if obj["kind"] in _PODS and figure.of in _images(obj):
            obj = copy.deepcopy(obj)
            told = obj if obj["kind"] == "Pod" else obj["spec"]["template"]
            meta = told.setdefault("metadata", {})
            notes = meta["annotations"] = dict(meta.get("annotations") or {})
            pod = obj["spec"] if obj["kind"] == "Pod" else obj["spec"]["template"]["spec"]
            for row in pod["containers"]:
                if row.get("image") == figure.of:
                    notes[f"{PREFIX}start-after.{row['name']}"] = durations.spell(round(value))
        objects[key] = obj
    return with_objects(scenario, objects)


def resting(outcome: Outcome, many: Many, *, asked: bool | None = None) -> Outcome:
    """Return an outcome with what it rests on.

    asked  whether every figure is varied, the cluster's as well; None = those of the workloads
           where there are no more than MOST_BY_ITSELF

    Raises FaultRefused.
    """
    if outcome.measures is None:
        return outcome
    found = figures(outcome.scenario)
    vary = len(found) <= MOST_BY_ITSELF if asked is None else asked
    if asked:
        found += of_cluster(outcome.scenario)
    base = evidence_of(outcome)
    tried = tornado(outcome.scenario, base, found, many) if vary else None
    return replace(outcome, assumptions={"asked": asked, **to_json(base, found, tried)})


# -- the tornado -----------------------------------------------------------------------------------


def tornado(
    scenario: Scenario, base: Evidence, chosen: Sequence[Figure], many: Many = one_after_another
) -> list[Tried]:
    """Rehearse a scenario with each figure at its bounds; what moves most comes first."""
    found = many([at(scenario, row, value) for row in chosen for value in (row.low, row.high)])
    tried = [Tried(row, *found[2 * n : 2 * n + 2]) for n, row in enumerate(chosen)]
    return sorted(tried, key=lambda row: (not row.flips(base), -row.swing(base), row.figure.name))


def to_json(base: Evidence, found: Sequence[Figure], tried: Sequence[Tried] | None) -> Any:
    """Return figures and what came of them as plain data; *tried* None = nobody varied them."""
    if tried is None:
        return {"figures": [row._asdict() for row in found], "tried": False, "flips": None}
    return {
        "figures": [
            {
                **row.figure._asdict(),
                "flips": row.flips(base),
                "swing": row.swing(base),
                "at_low": row.low.to_json(),
                "at_high": row.high.to_json(),
            }
            for row in tried
        ],
        "tried": True,
        "base": base.to_json(),
        "flips": [row.figure.name for row in tried if row.flips(base)],
    }
