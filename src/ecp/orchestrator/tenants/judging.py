"""What a manifest comes to: findings, objects, what it asks for. In this process or a worker.

A worker is this module run by itself. It imports nothing of the services.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from ecp.edge.workers import serve
from ecp.kube.quantity import InvalidQuantity, Quantity, milli, value
from ecp.orchestrator.records import Judged, Obj, Ref, ToJudge
from ecp.validation import Report, validate
from ecp.validation.customkinds import CustomKinds
from ecp.validation.report import finding_dict
from ecp.validation.state import CLUSTER_SCOPED, State
from ecp.validation.stored import state_of

# An answer that names this many places helps; the ones behind are found at the next try.
_MOST_FINDINGS = 1000
# In this process a text of that size is judged within some 10 ms, and no text within 100 ms of it.
_SMALL = 32 * 1024
"""Characters."""


def is_small(manifest: str) -> bool:
    """Tell whether judging a manifest may be done between two turns of an event loop.

    Aliases can make much of little text.
    """
    return len(manifest) <= _SMALL and not ("&" in manifest and "*" in manifest)


@lru_cache(maxsize=32)
def judge_small(asked: ToJudge) -> Judged:
    """As `judge`; who validates a manifest deploys it next."""
    return judge(asked)


def judge(asked: ToJudge) -> Judged:
    """Judge a manifest. Raises ecp.kube.schema.UnknownVersion."""
    report = validate(
        asked.manifest,
        namespace=asked.namespace,
        source="manifest",
        kubernetes_version=asked.version,
        strict=asked.strict,
        # A tenant's namespace is its own, and a release takes away what it does not bring.
        whole=True,
        nodes=_nodes(asked.room, asked.version) if asked.room else (),
    )
    objects = _objects(report)
    counts = report.counts()
    shown = report.findings[:_MOST_FINDINGS]
    dicts = [finding_dict(finding, asked.language) for finding in shown]
    return Judged(
        valid=report.valid,
        stops=[found for found in dicts if found["severity"] != "warning"],
        said=[found for found in dicts if found["severity"] == "warning"],
        findings=len(report.findings),
        errors=counts["error"],
        broken=counts["broken"],
        kinds=_kinds(report),
        own=_own(objects),
        objects=objects if asked.bundle else [],
        documents=len(report.documents),
        version=report.kubernetes_version,
        summary=summary(objects),
        placed=_is_placed(report),
    )


@lru_cache(maxsize=4)
def _nodes(room: str, version: str) -> State:
    """Return a cluster's nodes as a state: who validates asks for the same ones again and again."""
    return state_of(json.loads(room), kubernetes_version=version)


def _objects(report: Report) -> list[Obj]:
    """Return the objects that have a kind and a name, in the order of the input."""
    return [
        document.object
        for document, verdict in zip(report.documents, report.verdicts, strict=True)
        if isinstance(document.object, dict) and verdict.object.kind and verdict.object.api_version
    ]


def _kinds(report: Report) -> list[Ref]:
    found: dict[tuple[str, str], Ref] = {}
    for verdict in report.verdicts:
        ref = verdict.object
        if ref.kind and ref.api_version:
            found.setdefault((ref.api_version, ref.kind), Ref(*ref))
    return list(found.values())


def _own(objects: Iterable[Obj]) -> list[tuple[str, str]]:
    """Return the (apiVersion, kind) that the CRDs among *objects* define."""
    known = CustomKinds(objects)
    return [(gvk.api_version, gvk.kind) for gvk in known.brought]


def _is_placed(report: Report) -> bool:
    """Tell whether every object says its namespace, or is of a kind without one."""
    return all(
        verdict.object.namespace or verdict.object.kind in CLUSTER_SCOPED
        for verdict in report.verdicts
    )


_COUNTED = {
    "namespaces": "Namespace",
    "deployments": "Deployment",
    "services": "Service",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
}
_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "Pod", "Job", "ReplicationController")


def summary(objects: Iterable[Obj]) -> dict[str, Any]:
    """Count kinds and add up what the pods request (CPU cores, memory bytes, GPUs, storage)."""
    kinds: dict[str, int] = {}
    cpu, memory, gpu, storage, pods = 0, 0, 0, 0, 0
    for obj in objects:
        kind = obj["kind"]
        kinds[kind] = kinds.get(kind, 0) + 1
        spec = obj.get("spec")
        if not isinstance(spec, dict):
            continue
        if kind == "PersistentVolumeClaim":
            requests = _mapping(_mapping(spec.get("resources")).get("requests"))
            storage += _amount(requests.get("storage"), value)
        if kind not in _WORKLOADS:
            continue
        template = spec if kind == "Pod" else _mapping(_mapping(spec.get("template")).get("spec"))
        replicas = 1 if kind == "Pod" else spec.get("replicas", 1)
        replicas = replicas if isinstance(replicas, int) and not isinstance(replicas, bool) else 1
        pods += replicas
        containers = template.get("containers")
        for container in containers if isinstance(containers, list) else ():
            resources = _mapping(_mapping(container).get("resources"))
            limits = _mapping(resources.get("limits"))
            requests = {**limits, **_mapping(resources.get("requests"))}
            cpu += replicas * _amount(requests.get("cpu"), milli)
            memory += replicas * _amount(requests.get("memory"), value)
            gpu += replicas * _amount(requests.get("nvidia.com/gpu"), value)
    return {
        **{name: kinds.get(kind, 0) for name, kind in _COUNTED.items()},
        "kinds": dict(sorted(kinds.items())),
        "total_objects": sum(kinds.values()),
        "total_cpu": f"{cpu}m",
        "total_memory": f"{memory >> 20}Mi",
        "total_gpu": gpu,
        "total_storage": f"{storage >> 30}Gi",
        "estimated_pods": pods,
    }


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _amount(quantity: Any, in_units: Callable[[Quantity], int]) -> int:
    """Return a quantity as whole units, rounded up; 0 for what is none."""
    if not isinstance(quantity, str | int | float) or isinstance(quantity, bool):
        return 0
    try:
        return in_units(quantity)
    except InvalidQuantity:
        return 0


# -- a worker -------------------------------------------------------------------------------------


def main() -> None:
    """Answer requests until there are no more."""
    serve(lambda asked, tell: judge(asked))


if __name__ == "__main__":
    main()
