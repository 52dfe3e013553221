"""What the accepted objects of an input are and ask for together.

A DaemonSet counts as one pod, for it depends on the cluster how many there will be; a CronJob as
the pods of one run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecp.kube.quantity import NANO, Form
from ecp.validation.amounts import Amount, Amounts, added, amounts, is_gpu, of_pod
from ecp.validation.model import Report
from ecp.validation.scope import Object, items, mapping

_SERVING: Final = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
_CLAIMED: Final = "storage"


def totals(report: Report) -> dict[str, Any]:
    """Return kinds, pods and gpu as numbers; cpu, memory and storage as quantities."""
    kinds: dict[str, int] = {}
    asked: Amounts = {}
    claimed: Amounts = {}
    pods = 0
    for obj in report.objects():
        kind = obj["kind"]
        kinds[kind] = kinds.get(kind, 0) + 1
        count, template = _pods(kind, mapping(obj.get("spec")))
        pods += count
        if count:
            asked = added(asked, _times(of_pod(mapping(template.get("spec")), "requests"), count))
        for claim, times in _claims(kind, obj, count):
            wanted = mapping(mapping(claim.get("spec")).get("resources")).get("requests")
            claimed = added(claimed, _times(amounts(wanted), times))
    return {
        "kinds": dict(sorted(kinds.items())),
        "pods": pods,
        "cpu": str(asked.get("cpu", Amount(0))),
        "memory": _bytes(asked.get("memory")),
        "gpu": sum(amount.nano for name, amount in asked.items() if is_gpu(name)) // NANO,
        "storage": _bytes(claimed.get(_CLAIMED)),
    }


def _times(each: Amounts, count: int) -> Amounts:
    return {name: amount.times(count) for name, amount in each.items()}


def _bytes(amount: Amount | None) -> str:
    return str(Amount(amount.nano, Form.BINARY)) if amount else "0"


def _pods(kind: str, spec: Object) -> tuple[int, Object]:
    """Return how many pods an object stands for, and their template."""
    template = mapping(spec.get("template"))
    if kind == "Pod":
        return 1, {"spec": spec}
    if kind in _SERVING:
        return _whole(spec.get("replicas")), template
    if kind == "DaemonSet":
        return 1, template
    if kind == "CronJob":
        return _pods("Job", mapping(mapping(spec.get("jobTemplate")).get("spec")))
    if kind == "Job":
        return min(_whole(spec.get(name)) for name in _bounds(spec)), template
    return 0, {}


def _bounds(job: Object) -> tuple[str, ...]:
    """Return what bounds the pods that run at once."""
    return ("parallelism", "completions") if "completions" in job else ("parallelism",)


def _whole(value: Any) -> int:
    """Return a count; 1 where none is said."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 1


def _claims(kind: str, obj: Mapping[str, Any], count: int) -> Iterator[tuple[Object, int]]:
    """Yield the volume claims that an object makes, and how many of each."""
    if kind == "PersistentVolumeClaim":
        yield obj, 1
    elif kind == "StatefulSet":
        for claim in items(mapping(obj.get("spec")).get("volumeClaimTemplates")):
            yield mapping(claim), count
