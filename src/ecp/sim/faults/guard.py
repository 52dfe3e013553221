"""What keeps a fault in bounds: how far it would reach, what must hold before, what ends it early.

All three are arithmetic over what is: endpoints that are ready, and what requests meet now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube import durations
from ecp.kube.kinds import ENDPOINTSLICES
from ecp.sim.faults.injected import Injected
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
    """Read the conditions of the fault *name*. Raises FaultRefused naming the wrong one."""
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
    if not isinstance(row, Mapping) or set(row) - set(_FIELDS):
        raise ValueError("fields")
    if row["metric"] not in METRICS or row["op"] not in OPERATORS:
        raise ValueError("metric, op")
    lasting = durations.parse(str(row.get("for", "0")))
    return Condition(
        row["metric"], row["op"], float(row["value"]), lasting, str(row.get("namespace", ""))
    )


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


# -- how far it would reach ------------------------------------------------------------------------


def blast(
    read: Reader, fault: Injected, nodes: Mapping[str, Sequence[str]], tenants: Iterable[Any]
) -> dict[str, Any]:
    """Say what a fault that was aimed would hit.

    *nodes*: the pods ("namespace/name") of each node that is hit; *tenants*: those that are
    followed. Of each Service with hit endpoints: how many are ready, how many of them are hit.
    """
    hit = {row[2]: None for row in fault.pods}
    spaces = sorted({*fault.spaces, *(row[0] for row in fault.pods)})
    services = _services(read, spaces, hit)
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
