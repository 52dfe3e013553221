"""Assumed figures of the cluster on which a scenario is played: what data plane and machines take.

They are varied where somebody asks for every figure; those of a snapshot are in its past and stay.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import durations
from ecp.rehearsal.grounds import Land
from ecp.rehearsal.scenario import Scenario
from ecp.sim import clusters
from ecp.sim.clusters import pools

CLUSTER: Final = "cluster"
"""Whose these figures are, in the place of a workload's name."""


class Row(NamedTuple):
    """A figure: its place in the file of a cluster, its bounds (in ns), where it is from."""

    path: tuple[str, ...]
    low: str
    high: str
    source: str


_DATA_PLANE: Final = (
    Row(
        ("dataPlane", "proxy", "watch"), "1ms", "100ms",
        "assumed: from a write to a node's notice of it",
    ),
    Row(
        ("dataPlane", "proxy", "sync"), "30ms", "300ms",
        "assumed: kubeproxy_sync_proxy_rules_duration_seconds on small and on busy clusters",
    ),
    Row(
        ("dataPlane", "dns", "answer"), "100us", "2ms",
        "assumed: CoreDNS with its cache, and the line",
    ),
    Row(
        ("dataPlane", "loadBalancer", "unhealthyAfter"), "10s", "90s",
        "assumed: health checks of clouds' load balancers",
    ),
)  # fmt: skip
_BOOT: Final = (
    Row(("boot", "machine"), "20s", "3m", "assumed: machines of clouds, with GPUs the longest"),
    Row(("boot", "network"), "5s", "30s", "assumed: the network plug-in's pod is pulled"),
    Row(("boot", "devices"), "20s", "5m", "assumed: drivers compiled in, or built by an operator"),
)
_SCALES: Final = "autoscaling"


def cluster_rows(scenario: Scenario) -> Iterator[tuple[Row, int]]:
    """Yield the figures that matter for a scenario's cluster with their values (ns).

    How machines boot matters where pools may grow. None of a snapshot.
    """
    if scenario.land.snapshot:
        return
    spec = _spec(scenario)
    grows = any(pool.get(_SCALES) for pool in spec["pools"])
    for row in (*_DATA_PLANE, *(_BOOT if grows else ())):
        found = _value(spec, row.path)
        if found is not None:
            yield row, found


def with_cluster_value(scenario: Scenario, field: str, value: float) -> Scenario:
    """Return the scenario on a cluster with another value (ns) of a figure ("boot.machine")."""
    spec = copy.deepcopy(_spec(scenario))
    *before, last = field.split(".")
    part = spec
    for name in before:
        if part.get(name) is None:
            part[name] = {}
        part = part[name]
    part[last] = f"{round(value)}ns"
    return scenario._replace(land=Land(spec))


def _spec(scenario: Scenario) -> dict[str, Any]:
    return dict(scenario.land.spec or clusters.model(scenario.model))


def _value(spec: Mapping[str, Any], path: tuple[str, ...]) -> int | None:
    found: Any = spec
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None and path[0] == "boot":
        return int(pools.shipped()["boot"][path[1]])
    return None if found is None else durations.parse(str(found))
