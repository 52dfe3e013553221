"""What keeps a fault in bounds: how far it would reach, what must hold before and is watched while
it lasts, what ends it early.

All of it is arithmetic over what is: endpoints that are ready, and what requests meet now.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from ecp.kube import durations
from ecp.kube.kinds import ENDPOINTSLICES
from ecp.kube.pods import is_active
from ecp.sim.faults.injected import Injected, seconds
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.plans import Reader
from ecp.sim.traffic.model import MILLION, Result

METRICS = ("availability", "p95", "ready")
"""Percent of entry requests that are answered well now; the slowest entry workload's 95th
percentile (ms); percent of the wanted pods that answer, of the workload that is worst off."""
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
}
_FIELDS = ("metric", "op", "value", "for", "namespace")
_WRITTEN: Final = re.compile(
    r"\s*(?P<metric>[a-z0-9]+)\s*(?P<op><=|>=|<|>)\s*(?P<value>[0-9]+(\.[0-9]+)?)"
    r"(\s+for\s+(?P<for>\S+))?\s*"
)
_SIGNS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_WORDS: Final = {word: sign for sign, word in _SIGNS.items()}


class Condition(NamedTuple):
    """A claim about a namespace ("" = every one that is hit); `lasting` in ns."""

    metric: str
    op: str
    value: float
    lasting: int
    namespace: str

    def holds(self, results: Sequence[Result]) -> bool | None:
        """Whether it holds of what requests meet; None: nothing is known."""
        found = measured(self.metric, results)
        return None if found is None else OPERATORS[self.op](found, self.value)


def conditions(name: str, said: Any) -> list[Condition]:
    """Read the conditions of the fault *name*: objects, or lines such as "p95 > 800 for 30s".

    Raises FaultRefused naming the wrong one.
    """
    rows = said if isinstance(said, list) else [said]
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(_condition(row))
        except (KeyError, TypeError, ValueError) as error:
            raise FaultRefused(
                "fault.bad-condition",
                name=name,
                place=f"[{number}]",
                detail=str(error.args[0] if error.args else error),
                metrics=", ".join(METRICS),
                operators=", ".join(OPERATORS),
            ) from error
    return found


def _condition(row: Any) -> Condition:
    if isinstance(row, str):
        found = _WRITTEN.fullmatch(row)
        if found is None:
            raise ValueError(row)
        said = {key: value for key, value in found.groupdict().items() if value is not None}
        row = {**said, "op": _SIGNS[found["op"]]}
    if not isinstance(row, Mapping) or set(row) - set(_FIELDS):
        raise ValueError("fields")
    if row["metric"] not in METRICS or row["op"] not in OPERATORS:
        raise ValueError("metric, op")
    lasting, value = durations.parse(str(row.get("for", "0"))), float(row["value"])
    if not isfinite(value):
        raise ValueError("value")
    return Condition(row["metric"], row["op"], value, lasting, str(row.get("namespace", "")))


def measured(metric: str, results: Sequence[Result]) -> float | None:
    """Return a figure of what requests meet now, None where nothing is known of it."""
    known = [result for result in results if result.state != "N"]
    entries = [result for result in known if result.entry]
    if metric == "ready":
        shares = [100 * one.pods / one.wanted for one in known if one.wanted]
        return min(shares, default=None)
    if metric == "p95":
        return max((float(one.p95) for one in entries), default=None)
    asked = sum(one.entered for one in entries)
    if not asked:
        worst = max((one.bad for one in entries), default=None)
        return None if worst is None else 100 - worst * 100 / MILLION
    bad = sum(one.entered * one.bad for one in entries)
    return 100 - bad * 100 / (asked * MILLION)


class Guard:
    """Watches over the faults of one cluster.

    *figures* gives what a namespace's requests meet, *tenants* those that are followed.
    """

    def __init__(
        self,
        read: Reader,
        figures: Callable[[str], Mapping[str, Result]],
        tenants: Callable[[], Iterable[Any]],
    ) -> None:
        self._read = read
        self._figures = figures
        self._tenants = tenants

    def reach(self, fault: Injected) -> dict[str, Any]:
        """Say what an aimed fault hits: pods, nodes, tenants, shares of ready endpoints."""
        nodes = {
            name: [
                "{namespace}/{name}".format_map(pod["metadata"])
                for pod in self._read.on_node(name)
                if is_active(pod)
            ]
            for name in fault.nodes
        }
        return blast(self._read, fault, nodes, self._tenants())

    def check(self, fault: Injected) -> None:
        """Raises FaultRefused for one that goes beyond its bounds, or meets no steady state."""
        wish = fault.wish
        if wish.get("only") or wish.get("max_percent") is not None:
            check_reach(wish, fault.name, self.reach(fault))
        if not wish.get("steady"):
            return
        rows = self._measured(fault)
        fault.steady = {"before": rows}
        broken = [row for row in rows if row["met"] is False]
        if broken and not wish.get("force"):
            said = ", ".join(
                f"{row['metric']} {_WORDS[row['op']]} {row['value']:g}: {row['observed']:g}"
                for row in broken
            )
            raise FaultRefused("fault.unsteady", name=fault.name, conditions=said)

    def watch(self, fault: Injected, now: int) -> None:
        """Note how far a running fault moves what shall hold, and since when it does not."""
        rows = self._measured(fault)
        worst = fault.steady.setdefault("during", rows)
        for row, seen in zip(worst, rows, strict=True):
            value = seen["observed"]
            falls = row["op"].startswith("g")
            if value is not None and (
                row["observed"] is None or (value < row["observed"]) == falls
            ):
                row["observed"] = value
            if seen["met"] is False:
                row["met"] = False
                assert fault.started is not None
                row.setdefault("broken_after_seconds", seconds(now - fault.started))
            elif row["met"] is None:
                row["met"] = seen["met"]

    def rest(self, fault: Injected) -> None:
        """Note how its steady state is met once all has recovered."""
        fault.steady["after"] = self._measured(fault)

    def doubt(self, fault: Injected, now: int) -> list[int]:
        """Note which of its conditions hold that would end it; return when to look again (ns)."""
        looks = []
        for number, one in enumerate(conditions(fault.name, fault.wish["abort"])):
            key = str(number)
            if not one.holds(self._met_by(fault, one)):
                fault.doubts.pop(key, None)
            elif key not in fault.doubts:
                fault.doubts[key] = now
                looks.append(now + max(one.lasting, 1))
        return looks

    def is_enough(self, fault: Injected, now: int) -> bool:
        """Whether one of the conditions that end it has held for as long as it shall."""
        return any(
            now - since >= one.lasting
            for number, one in enumerate(conditions(fault.name, fault.wish["abort"]))
            if (since := fault.doubts.get(str(number))) is not None
        )

    def _measured(self, fault: Injected) -> list[dict[str, Any]]:
        """Return what the conditions of its steady state come to now."""
        found = []
        for one in conditions(fault.name, fault.wish["steady"]):
            results = self._met_by(fault, one)
            value = measured(one.metric, results)
            found.append(
                {
                    "metric": one.metric,
                    "op": one.op,
                    "value": one.value,
                    "observed": None if value is None else round(value, 3),
                    "met": one.holds(results),
                }
            )
        return found

    def _met_by(self, fault: Injected, one: Condition) -> list[Result]:
        hit = sorted({*fault.spaces, *(row[0] for row in fault.pods)})
        spaces = [one.namespace] if one.namespace else fault.namespaces or hit
        return [result for space in spaces for result in self._figures(space).values()]


# -- how far it would reach ------------------------------------------------------------------------


def blast(
    read: Reader, fault: Injected, nodes: Mapping[str, Sequence[str]], tenants: Iterable[Any]
) -> dict[str, Any]:
    """Say what a fault that was aimed would hit.

    *nodes*: the pods ("namespace/name") of each node that is hit; *tenants*: those that are
    followed. Of each Service with hit endpoints: how many are ready, how many of them are hit.
    Namespaces are also those that depend on what is hit and is no pod: a registry, a pool of nodes.
    """
    hit = {row[2]: None for row in fault.pods}
    struck = sorted({*fault.spaces, *(row[0] for row in fault.pods)})
    spaces = sorted({*struck, *fault.reached})
    services = _services(read, struck, hit)
    return {
        "targets": fault.targets,
        "pods": [f"{namespace}/{name}" for namespace, name, _ in fault.pods],
        "nodes": {name: list(pods) for name, pods in nodes.items()},
        "namespaces": spaces,
        "tenants": sorted(one.name for one in tenants if one.namespace in spaces),
        "services": services,
        "ready_endpoints_percent": max((row["percent"] for row in services), default=0.0),
    }


def _services(read: Reader, spaces: Sequence[str], hit: Mapping[str, None]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[int]] = {}
    for namespace in spaces:
        for one in read.list(ENDPOINTSLICES, namespace):
            labels = one["metadata"].get("labels") or {}
            service = labels.get("kubernetes.io/service-name", "")
            row = found.setdefault((namespace, service), [0, 0])
            for endpoint in one.get("endpoints") or ():
                if (endpoint.get("conditions") or {}).get("ready", True):
                    row[0] += 1
                    row[1] += (endpoint.get("targetRef") or {}).get("uid", "") in hit
    return [
        {
            "service": f"{namespace}/{name}",
            "ready": ready,
            "hit": struck,
            "percent": round(100 * struck / ready, 1),
        }
        for (namespace, name), (ready, struck) in sorted(found.items())
        if struck
    ]


def check_reach(wish: Mapping[str, Any], name: str, reach: Mapping[str, Any]) -> None:
    """Raises FaultRefused for a fault that goes beyond what its caller allows, unless forced."""
    if wish.get("force"):
        return
    only = wish.get("only")
    outside = [one for one in reach["namespaces"] if only and one not in only]
    if outside:
        raise FaultRefused(
            "fault.outside", name=name, outside=", ".join(outside), allowed=", ".join(only or ())
        )
    most = wish.get("max_percent")
    worst = reach["ready_endpoints_percent"]
    if most is not None and worst > most:
        services = ", ".join(one["service"] for one in reach["services"] if one["percent"] > most)
        raise FaultRefused(
            "fault.too-wide", name=name, percent=f"{worst:g}", most=f"{most:g}", services=services
        )
