"""Failure types and rates as callers name them, and what the simulator calls them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ecp.edge.problems import Problem
from ecp.kube import durations

GUIDE: Final = ("cpu_spike", "memory_leak", "network_latency", "partial_outage", "service_down")
"""Source: requirement C16; `cpu_spike` is the one that the guide itself triggers."""

DURATIONS: Final = {"node_down": "10m", "zone_down": "10m"}
"""How long a failure of a tenant lasts that would else last until somebody ends it.

Assumed: longer than the 350 s after which the pods of a lost node are moved.
"""

CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "resource": ("StressChaos", "MemoryLeak", "IOChaos", "DiskFill"),
    "network": ("NetworkChaos", "DNSChaos", "HTTPChaos", "PartialOutage"),
    "node": ("NodeFault", "ZoneOutage", "PoolSoldOut", "GPUFault"),
    "pod": ("PodChaos", "ContainerExit", "TimeChaos"),
    "dependency": ("DependencyOutage",),
    "release": ("BadRollout", "ConfigError", "CertExpiry", "ImagePullFailure", "RegistryOutage"),
    "load": ("TrafficSurge", "QuotaExhausted"),
    "platform": ("ControlPlane", "CollectorOutage"),
}
"""Which kinds of chaos object are of which class of failure, in the order of the catalogue."""

_CLASS_OF: Final = {kind: name for name, kinds in CLASSES.items() for kind in kinds}
_LEAST_NS: Final = {"mtbf": 60_000_000_000, "mttr": 1_000_000_000}


def known(catalogue: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the failure types that can be triggered: the guide's first, then the others."""
    names = [str(row["name"]) for row in catalogue]
    return [name for name in GUIDE if name in names] + sorted(set(names) - set(GUIDE))


def class_of(row: Mapping[str, Any]) -> str:
    """Return the class of a fault of the catalogue; "other" for a kind that is not known here."""
    return _CLASS_OF.get(str((row.get("chaos") or {}).get("kind")), "other")


def chosen(failure_type: str, types: Iterable[str]) -> str | None:
    """Return the type that is meant, None for an unknown one; "-" and case do not matter."""
    wanted = failure_type.strip().lower().replace("-", "_")
    return next((name for name in types if name.replace("-", "_") == wanted), None)


_OURS: Final = ("failure_type", "dry_run", "only_this_tenant")
_OWN: Final = ("workload", "pod", "secret", "namespace")
"""What a fault may be aimed at that is a tenant's own."""
_SCHEDULED: Final[Sequence[str]] = (
    "every", "lasts", "target", "selector", "mode", "value", "duration", "parameters",
)  # fmt: skip


def wish(given: Mapping[str, Any], name: str, namespace: str) -> dict[str, Any]:
    """Return what the simulator is asked for: the fault *name* within a tenant's *namespace*.

    Raises Problem 422 for a selector that means pods of others.
    """
    body = {field: value for field, value in given.items() if field not in _OURS}
    body |= {"fault": name, "namespaces": [namespace]}
    if name in DURATIONS:
        body.setdefault("duration", DURATIONS[name])
    if given.get("only_this_tenant"):
        body["only"] = [namespace]
    selector = body.get("selector")
    if selector is not None:
        meant = [*_words(selector.get("namespaces")), *_words(selector.get("pods"))]
        others = [space for space in dict.fromkeys(meant) if space != namespace]
        if others:
            raise Problem(422, "NOT_OF_THIS_TENANT", "failure.of-others",
                          namespace=namespace, others=", ".join(others))  # fmt: skip
        body["selector"] = {**selector, "namespaces": [namespace]}
    return body


def repeated(given: Mapping[str, Any], row: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """Return what the simulator is asked for: the fault of a *row* of the catalogue, begun again
    and again. Raises Problem 422 for what its object cannot say or would mean others."""
    if given.get("only_this_tenant") and row["target"] not in _OWN:
        raise Problem(422, "NOT_OF_THIS_TENANT", "failure.repeat-others", target=row["target"])
    body = wish(given, row["name"], namespace)
    unsaid = sorted(name for name in ("at", "to", "max_percent", "abort", "steady", "force")
                    if body.get(name) is not None)  # fmt: skip
    if unsaid:
        raise Problem(422, "NOT_REPEATED", "failure.repeat-bounds", fields=", ".join(unsaid))
    said = {name: body[name] for name in _SCHEDULED if name in body}
    return {"fault": row["name"], "namespace": namespace, **said}


def _words(given: Any) -> list[str]:
    return [str(one) for one in given] if isinstance(given, list | dict) else []


def check_rates(given: Mapping[str, Any], rates: Sequence[Mapping[str, Any]]) -> None:
    """Refuse *given* failure rates that none of the simulator's *rates* goes by.

    Raises Problem 422 with the rates that there are.
    """
    by_name = {str(rate["name"]): rate for rate in rates}

    def refused(key: str, **values: str) -> Problem:
        return Problem(422, "INVALID_FAILURE_RATE", key, details=list(rates), **values)

    for name, wanted in given.items():
        rate = by_name.get(name)
        if rate is None:
            raise refused("background.unknown-rate", name=name, known=", ".join(by_name))
        for field, value in (wanted or {}).items():
            least = _LEAST_NS.get(field)
            if least is None:
                raise refused("background.bad-rate", name=name)
            if field == "mttr" and rate["mttr"] is None:
                raise refused("background.no-mttr", name=name, fault=str(rate["fault"]))
            try:
                mean = durations.parse(str(value))
            except durations.InvalidDuration:
                mean = 0
            if mean < least:
                raise refused(
                    "background.bad-mean",
                    name=name,
                    field=field,
                    value=str(value),
                    least=durations.spell(least),
                )
