"""The cheapest manifests that hold a scenario's claims: coordinate descent, each step rehearsed.

First it is mended until all claims hold: of the changes that could help, what costs nothing comes
before what does. Then it is made cheaper, one field of one workload at a time, the dearest first,
for as long as all claims still hold. Every run meets the same seeds (common random numbers), so
what a change does is the change's doing. A local optimum: no single step of those below is
cheaper and holds.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube import quantity
from ecp.rehearsal.bundle import Obj, labels_of
from ecp.rehearsal.differences import Difference, Key, differences, objects_of, with_objects
from ecp.rehearsal.evidence import Evidence, Many, one_after_another
from ecp.rehearsal.scenario import Scenario

PRICES: Final[Mapping[str, float]] = {"cpu": 1.0, "memory": 0.125, "nvidia.com/gpu": 12.0}
"""What a core, a GiB and a GPU cost, in cores. Assumed: as public clouds price their general
nodes (4 GiB for half of what a core costs) and a T4 beside them; only the ratios matter."""
MOST_RUNS: Final = 400
_GRACES: Final = (60, 120, 300, 600)
_LESS: Final = 0.75
_LEAST_CPU_MILLI: Final = 50
_LEAST_MEMORY: Final = 64 << 20
_SCALED: Final = ("Deployment", "StatefulSet")


class Step(NamedTuple):
    """A change that was tried: what of which workload, its cost (cores), whether it was kept."""

    object: str
    what: str
    cost: float
    kept: bool
    evidence: tuple[Evidence, ...]


class Advice(NamedTuple):
    """What was found: whether it holds, costs and evidence before and after, the changes, the
    steps on the way; `exhausted`: it stopped at the number of runs and not at an optimum."""

    holds: bool
    before: tuple[Evidence, ...]
    after: tuple[Evidence, ...]
    cost_before: float
    cost_after: float
    changes: tuple[Difference, ...]
    scenario: Scenario
    steps: tuple[Step, ...]
    runs: int
    exhausted: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data; `patches` is what a grid takes as `manifests`."""
        return {
            "kind": "advice",
            "version": 1,
            "evidence": "simulated",
            "holds": self.holds,
            "cost": {
                "before": self.cost_before,
                "after": self.cost_after,
                "unit": "cores",
                "prices": dict(PRICES),
                "source": "assumed: ratios of public clouds' prices",
            },
            "changes": [row.to_json() for row in self.changes],
            "before": [row.to_json() for row in self.before],
            "after": [row.to_json() for row in self.after],
            "steps": [
                {
                    "object": row.object,
                    "what": row.what,
                    "cost": row.cost,
                    "kept": row.kept,
                    "digests": [found.digest for found in row.evidence],
                }
                for row in self.steps
            ],
            "runs": self.runs,
            "exhausted": self.exhausted,
            "manifests": self.scenario.sources[0].text,
        }


Bundle = dict[Key, Obj]
Move = tuple[Key, str, Bundle]
"""The workload, what is changed of it in words, the bundle after it."""


def advise(
    scenario: Scenario, *, seeds: int = 1, many: Many = one_after_another, most: int = MOST_RUNS
) -> Advice:
    """Find the cheapest manifests near a scenario's own that hold its claims.

    seeds  how many a change has to hold with, from the scenario's own on
    most   how many runs may be made

    Raises Unreadable, FaultRefused.
    """
    search = _Search(scenario, seeds, many, most)
    first = search.bundle
    before = search.tried
    cost = search.cost
    search.mend()
    if search.holds:
        search.cheapen()
    return Advice(
        search.holds,
        before,
        search.tried,
        cost,
        search.cost,
        tuple(differences(first, search.bundle)),
        with_objects(scenario, search.bundle),
        tuple(search.steps),
        search.runs,
        search.runs + seeds > most,
    )


class _Search:
    def __init__(self, scenario: Scenario, seeds: int, many: Many, most: int) -> None:
        self.scenario, self.seeds, self.many, self.most = scenario, seeds, many, most
        self.bundle: Bundle = objects_of(scenario)
        self.steps: list[Step] = []
        self.runs = 0
        (self.tried,) = self.run([self.bundle])

    def run(self, bundles: Sequence[Bundle]) -> list[tuple[Evidence, ...]]:
        """Rehearse bundles, each with every seed."""
        first = self.scenario.seed
        scenarios = [
            with_objects(self.scenario, bundle)._replace(seed=first + n)
            for bundle in bundles
            for n in range(self.seeds)
        ]
        self.runs += len(scenarios)
        found = self.many(scenarios)
        size = self.seeds
        return [tuple(found[n * size : (n + 1) * size]) for n in range(len(bundles))]

    @property
    def holds(self) -> bool:
        return _hold(self.tried)

    @property
    def cost(self) -> float:
        return cost_of(self.bundle, self.tried)

    def _take(self, move: Move, found: tuple[Evidence, ...]) -> None:
        self.bundle, self.tried = move[2], found

    def _note(self, move: Move, found: tuple[Evidence, ...], *, kept: bool) -> None:
        (kind, _, name), what, bundle = move
        cost = cost_of(bundle, found)
        self.steps.append(Step(f"{kind}/{name}", what, cost, kept, found))

    # -- until it holds ---------------------------------------------------------------------------

    def mend(self) -> None:
        """Change what could help, the cheapest first, until all holds or nothing helps."""
        while not self.holds:
            free, dear = self._remedies()
            for moves in (free, dear):
                if self._mended(moves):
                    break
            else:
                return

    def _mended(self, moves: list[Move]) -> bool:
        moves = moves[: max(0, (self.most - self.runs) // self.seeds)]
        if not moves:
            return False
        rows = list(zip(moves, self.run([move[2] for move in moves]), strict=True))
        best = min(rows, key=lambda row: _rank(row[0], row[1]))
        better = _hold(best[1]) or _left(best[1]) > _left(self.tried)
        for row in rows:
            self._note(*row, kept=better and row is best)
        if better:
            self._take(*best)
        return better

    def _remedies(self) -> tuple[list[Move], list[Move]]:
        """Return what could help those that were down: what costs nothing, and what does."""
        down = {name.rpartition("/")[2] for row in self.tried for name, s in row.down.items() if s}
        keys = [key for key in self.bundle if key[0] in _SCALED]
        blamed = [key for key in keys if key[2] in down] or keys
        free = [move for key in blamed for move in _free(self.bundle, key)]
        dear = [move for key in blamed for move in _dear(self.bundle, key)]
        return free, dear

    # -- cheaper ----------------------------------------------------------------------------------

    def cheapen(self) -> None:
        """Take away, one field at a time, for as long as all holds."""
        # Without a load nobody can say that smaller requests are enough.
        ways = _LESSER if self.scenario.demand is not None else _LESSER_UNASKED
        moved = True
        while moved:
            moved = False
            # Of what no traffic is known nobody can say that less is enough.
            known = {name.rpartition("/")[2] for row in self.tried for name in row.down}
            share = _shares(self.bundle, self.tried)
            for key in sorted(share, key=lambda key: (-share[key], key)):
                if key[2] not in known:
                    continue
                for what in ways:
                    while self.runs + self.seeds <= self.most:
                        lesser = ways[what](self.bundle, key)
                        if lesser is None:
                            break
                        move = (key, what, lesser)
                        (found,) = self.run([lesser])
                        kept = _hold(found) and cost_of(lesser, found) < self.cost
                        self._note(move, found, kept=kept)
                        if not kept:
                            break
                        self._take(move, found)
                        moved = True


def _hold(found: Sequence[Evidence]) -> bool:
    return all(row.held for row in found)


def _left(found: Sequence[Evidence]) -> float:
    """Return the worst margin; what cannot be measured is worse than anything that can."""
    return min(-1e9 if row.left is None else row.left for row in found)


def _rank(move: Move, found: Sequence[Evidence]) -> tuple[bool, float, float]:
    """Order remedies: those that hold before others, then by cost where they hold, else by what
    they mend and then by cost."""
    cost, holds = cost_of(move[2], found), _hold(found)
    return (not holds, cost if holds else -_left(found), cost)


# -- what it costs ---------------------------------------------------------------------------------


def cost_of(bundle: Mapping[Key, Obj], found: Sequence[Evidence]) -> float:
    """Return what a bundle requests on average, in cores by PRICES."""
    return round(sum(_shares(bundle, found).values()), 4)


def _shares(bundle: Mapping[Key, Obj], found: Sequence[Evidence]) -> dict[Key, float]:
    shares = {}
    for key, obj in bundle.items():
        if key[0] not in _SCALED:
            continue
        asked = obj["spec"].get("replicas", 1)
        wanted = [_wanted(row.replicas, key, asked) for row in found]
        shares[key] = sum(wanted) / len(wanted) * _price(obj)
    return shares


def _wanted(replicas: Mapping[str, float], key: Key, asked: int) -> float:
    """Return the mean replicas of a workload; in one namespace or another a name stands once."""
    for name, mean in replicas.items():
        namespace, _, own = name.partition("/")
        if own == key[2] and key[1] in ("", namespace):
            return mean
    return float(asked)


def _price(obj: Obj) -> float:
    total = 0.0
    for container in obj["spec"]["template"]["spec"].get("containers") or ():
        said = container.get("resources") or {}
        asked = {**(said.get("limits") or {}), **(said.get("requests") or {})}
        total += quantity.milli(asked.get("cpu", 0)) / 1000 * PRICES["cpu"]
        total += quantity.value(asked.get("memory", 0)) / (1 << 30) * PRICES["memory"]
        total += quantity.value(asked.get("nvidia.com/gpu", 0)) * PRICES["nvidia.com/gpu"]
    return total


# -- changes ---------------------------------------------------------------------------------------


def _with(bundle: Bundle, key: Key, change: Callable[[Obj], None]) -> Bundle:
    obj = copy.deepcopy(bundle[key])
    change(obj)
    return {**bundle, key: obj}


def _autoscaler(bundle: Bundle, key: Key) -> Key | None:
    """Return the HorizontalPodAutoscaler of a workload."""
    for own, obj in bundle.items():
        target = obj.get("spec", {}).get("scaleTargetRef") if own[0] == _HPA else None
        if target and (target["kind"], target["name"], own[1]) == (key[0], key[2], key[1]):
            return own
    return None


_HPA: Final = "HorizontalPodAutoscaler"


def replicas(bundle: Bundle, key: Key) -> int:
    """Return how many pods a workload is to have: at least, where it is scaled."""
    hpa = _autoscaler(bundle, key)
    if hpa is not None:
        return int(bundle[hpa]["spec"].get("minReplicas", 1))
    return int(bundle[key]["spec"].get("replicas", 1))


def _scaled(bundle: Bundle, key: Key, number: int) -> Bundle:
    hpa = _autoscaler(bundle, key)
    if hpa is None:
        return _with(bundle, key, lambda obj: obj["spec"].update(replicas=number))

    def bound(obj: Obj) -> None:
        spec = obj["spec"]
        spec.update(minReplicas=number, maxReplicas=max(number, spec.get("maxReplicas", number)))

    there = _with(bundle, hpa, bound)
    if "replicas" not in bundle[key]["spec"]:
        return there
    return _with(there, key, lambda obj: obj["spec"].update(replicas=number))


def _free(bundle: Bundle, key: Key) -> Iterator[Move]:
    """Yield the changes of a workload that request nothing more."""
    spec = bundle[key]["spec"]["template"]["spec"]
    labels = dict(labels_of(bundle[key]))
    for n, container in enumerate(spec.get("containers") or ()):
        ports = container.get("ports") or ()
        if "readinessProbe" not in container and ports:
            probe = {"tcpSocket": {"port": ports[0]["containerPort"]}, "periodSeconds": 5}

            def probed(obj: Obj, n: int = n, probe: Obj = probe) -> None:
                obj["spec"]["template"]["spec"]["containers"][n]["readinessProbe"] = probe

            yield key, "readiness probe", _with(bundle, key, probed)
    if replicas(bundle, key) > 1 and "topologySpreadConstraints" not in spec:
        constraints = [
            {
                "maxSkew": 1,
                "topologyKey": topology,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": labels},
            }
            for topology in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ]

        def spread(obj: Obj) -> None:
            obj["spec"]["template"]["spec"]["topologySpreadConstraints"] = constraints

        yield key, "spread", _with(bundle, key, spread)
    budgets = [
        obj for own, obj in bundle.items() if own[0] == "PodDisruptionBudget" and own[1] == key[1]
    ]
    guarded = any(
        (obj["spec"].get("selector") or {}).get("matchLabels", {}).items() <= labels.items()
        for obj in budgets
    )
    if replicas(bundle, key) > 1 and not guarded:
        meta = {"name": key[2], **({"namespace": key[1]} if key[1] else {})}
        budget = {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": meta,
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
        }
        own = ("PodDisruptionBudget", key[1], key[2])
        yield key, "disruption budget", {**bundle, own: budget}
    grace = spec.get("terminationGracePeriodSeconds", 30)
    for seconds in _GRACES:
        if seconds > grace:

            def longer(obj: Obj, seconds: int = seconds) -> None:
                obj["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = seconds

            yield key, f"grace {seconds}s", _with(bundle, key, longer)


def _dear(bundle: Bundle, key: Key) -> Iterator[Move]:
    """Yield the changes of a workload that request more."""
    number = replicas(bundle, key)
    for more in dict.fromkeys((number + 1, number * 2)):
        yield key, f"replicas {more}", _scaled(bundle, key, more)
    if _autoscaler(bundle, key) is None and key[0] == "Deployment" and _cpu(bundle[key]):
        meta = {"name": key[2], **({"namespace": key[1]} if key[1] else {})}
        target = {"type": "Utilization", "averageUtilization": 70}
        hpa = {
            "apiVersion": "autoscaling/v2",
            "kind": _HPA,
            "metadata": meta,
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": key[0], "name": key[2]},
                "minReplicas": number,
                "maxReplicas": 4 * number,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            },
        }
        yield key, "autoscaler", {**bundle, (_HPA, key[1], key[2]): hpa}
    for resource in ("cpu", "memory"):
        grown = _resized(bundle, key, resource, 1.5)
        if grown is not None:
            yield key, f"{resource} ×1.5", grown


def _cpu(obj: Obj) -> bool:
    return all(
        "cpu" in ((row.get("resources") or {}).get("requests") or {})
        for row in obj["spec"]["template"]["spec"].get("containers") or ()
    )


def _fewer(bundle: Bundle, key: Key) -> Bundle | None:
    number = replicas(bundle, key)
    return _scaled(bundle, key, number - 1) if number > 1 else None


def _resized(bundle: Bundle, key: Key, resource: str, factor: float) -> Bundle | None:
    """Return the bundle with a resource of a workload times *factor*, requests and limits alike;
    None where it asks none, or as little as is sensible already."""
    obj = copy.deepcopy(bundle[key])
    moved = False
    for container in obj["spec"]["template"]["spec"].get("containers") or ():
        for sort in ("requests", "limits"):
            said = (container.get("resources") or {}).get(sort) or {}
            if resource in said:
                written = _times(resource, said[resource], factor)
                moved = moved or written is not None
                said[resource] = written or said[resource]
    return {**bundle, key: obj} if moved else None


def _times(resource: str, amount: Any, factor: float) -> str | None:
    """Return an amount times *factor*, in steps of 10m or 16Mi; None below the least there is."""
    if resource == "cpu":
        milli = round(quantity.milli(amount) * factor / 10) * 10
        return f"{milli}m" if milli >= _LEAST_CPU_MILLI else None
    size = round(quantity.value(amount) * factor / (16 << 20)) * (16 << 20)
    return f"{size >> 20}Mi" if size >= _LEAST_MEMORY else None


_LESSER_UNASKED: Final[Mapping[str, Callable[[Bundle, Key], Bundle | None]]] = {
    "one replica less": _fewer,
}
_LESSER: Final[Mapping[str, Callable[[Bundle, Key], Bundle | None]]] = {
    **_LESSER_UNASKED,
    "cpu ×0.75": lambda bundle, key: _resized(bundle, key, "cpu", _LESS),
    "memory ×0.75": lambda bundle, key: _resized(bundle, key, "memory", _LESS),
}
