"""Whether there is room: quotas and nodes against what the pods of an input ask for.

Arithmetic only: what is short here cannot start. What is not may still find no place, when pieces
do not fit on single nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecp.validation import quotas
from ecp.validation.admission import Admission
from ecp.validation.amounts import Amount, Amounts, added, amounts, of_pod, one
from ecp.validation.bundle import Bundle, Carrier, Note
from ecp.validation.scope import Object, mapping
from ecp.validation.state import GroupKind

GPU: Final = "nvidia.com/gpu"
_POD: Final = ("", "Pod")
_RUNS_ALWAYS: Final = frozenset(
    {("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), _POD,
     ("", "ReplicationController")}
)  # fmt: skip
_NAMES: Final = {GPU: "GPUs", "cpu": "CPUs", "memory": "of memory"}


def check(bundle: Bundle, admission: Admission) -> Iterator[Note]:
    for carrier in bundle.carriers:
        if carrier.document >= 0 and carrier.group_kind != _POD:
            yield from _refused(carrier, admission)
    if bundle.world.has("", "ResourceQuota"):
        yield from _quotas(bundle)
    nodes = list(bundle.world.of("", "Node"))
    if nodes:
        yield from _capacity(bundle, nodes)
        yield from _surges(bundle, nodes)


def _refused(carrier: Carrier, admission: Admission) -> Iterator[Note]:
    """The controller is told what admission has against its pods, and makes none."""
    if not admission.judges(carrier.namespace):
        return
    pod: Object = carrier.object
    for step in carrier.at:
        pod = mapping(pod.get(step))
    from ecp.kube.defaults import default

    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": carrier.spec}
    spec = mapping(default("Pod", whole).get("spec"))
    meta = mapping(pod.get("metadata"))
    for _, path, text in admission.pod_complaints(carrier.namespace, spec, meta):
        message = f"pods of {carrier.called} are refused: {text}"
        yield Note(carrier.document, "B0113", (*carrier.at, "spec", *path), message)
    text = admission.warned(carrier.namespace, spec, meta)
    if text:
        yield Note(carrier.document, "W0111", (*carrier.at, "spec"), text)


def _quotas(bundle: Bundle) -> Iterator[Note]:
    for quota in bundle.world.of("", "ResourceQuota"):
        place = bundle.world.place("ResourceQuota", mapping(quota.get("metadata")))
        sum_of: Amounts = {}
        pods = [one for one in bundle.pods(place) if one.group_kind in _RUNS_ALWAYS]
        for carrier in sorted(pods, key=lambda one: one.document):
            pod = {"spec": carrier.spec}
            if not quotas.covers(quota, _POD, pod):
                continue
            asked = {
                name: value.times(carrier.replicas)
                for name, value in quotas.usage(_POD, pod).items()
            }
            text = quotas.excess(quota, asked, sum_of)
            if text and carrier.document >= 0 and carrier.group_kind != _POD:
                yield Note(
                    carrier.document, "B0114", _replicas_path(carrier.group_kind),
                    f"{carrier.replicas} pods of {carrier.called}: {text}",
                )  # fmt: skip
                break
            sum_of = added(sum_of, asked)


def _replicas_path(group_kind: GroupKind) -> tuple[str, ...]:
    return ("spec",) if group_kind == _POD else ("spec", "replicas")


# ---- nodes ------------------------------------------------------------------------------------

_Selector = tuple[tuple[str, Any], ...]


def _capacity(bundle: Bundle, nodes: list[Object]) -> Iterator[Note]:
    """Pods with one node selector are added up against its nodes, all pods against all nodes."""
    sums: dict[_Selector, Amounts] = {}
    told: set[str] = set()
    rooms: dict[_Selector, Amounts] = {}
    pods = [carrier for carrier in bundle.carriers if carrier.group_kind in _RUNS_ALWAYS]
    for carrier in sorted(pods, key=lambda one: one.document):
        asked = {
            name: value.times(carrier.replicas)
            for name, value in of_pod(carrier.spec, "requests").items()
        }
        for selector in dict.fromkeys(((), _selector(carrier))):
            if selector not in rooms:
                rooms[selector] = _room(nodes, dict(selector))
            total = sums[selector] = added(sums.get(selector, {}), asked)
            for name in sorted(asked):
                there = rooms[selector].get(name, one(0))
                if total[name].nano > there.nano and name not in told and carrier.document >= 0:
                    told.add(name)
                    yield Note(
                        carrier.document, "B0115", _replicas_path(carrier.group_kind),
                        _short(name, total[name], there, selector),
                        {"resource": name},
                    )  # fmt: skip


def _selector(carrier: Carrier) -> _Selector:
    wanted = mapping(carrier.spec.get("nodeSelector"))
    return tuple(sorted((key, str(value)) for key, value in wanted.items()))


def _room(nodes: list[Object], selector: Mapping[str, Any]) -> Amounts:
    found: Amounts = {}
    for node in nodes:
        labels = mapping(mapping(node.get("metadata")).get("labels"))
        if selector.items() <= labels.items():
            status = mapping(node.get("status"))
            found = added(found, amounts(status.get("allocatable") or status.get("capacity")))
    return found


def _short(name: str, needs: Amount, there: Amount, selector: _Selector) -> str:
    labels = ", ".join(f"{key}={value}" for key, value in selector)
    nodes = f"the nodes with {labels} have" if labels else "the cluster has"
    unit = _NAMES.get(name, f"of {name}")
    return f"needs {needs} {unit}, {nodes} {there}"


def _surges(bundle: Bundle, nodes: list[Object]) -> Iterator[Note]:
    used: dict[_Selector, int] = {}
    wanting = [
        (carrier, of_pod(carrier.spec, "requests")[GPU].nano)
        for carrier in bundle.carriers
        if carrier.group_kind in _RUNS_ALWAYS and GPU in of_pod(carrier.spec, "requests")
    ]
    for carrier, each in wanting:
        key = _selector(carrier)
        used[key] = used.get(key, 0) + each * carrier.replicas
    for carrier, each in wanting:
        surge = _only_surge(carrier)
        if carrier.document < 0 or not surge:
            continue
        key = _selector(carrier)
        there = _room(nodes, dict(key)).get(GPU, one(0)).nano
        if used[key] <= there < used[key] + each:
            text = (
                f"a rollout of {carrier.called} first starts {surge} more, and no GPU is spare: "
                "it will wait for ever"
            )
            yield Note(carrier.document, "W0108", ("spec", "strategy"), text)


def _only_surge(carrier: Carrier) -> int:
    """Return how many pods a rollout starts before it stops any; 0 where it may stop one first."""
    if carrier.group_kind != ("apps", "Deployment"):
        return 0
    strategy = mapping(mapping(carrier.object.get("spec")).get("strategy"))
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return 0
    rolling = mapping(strategy.get("rollingUpdate"))
    gone = _share(rolling.get("maxUnavailable", "25%"), carrier.replicas, math.floor)
    surge = _share(rolling.get("maxSurge", "25%"), carrier.replicas, math.ceil)
    return surge if gone == 0 else 0


def _share(wanted: Any, total: int, rounded: Any) -> int:
    if isinstance(wanted, str) and wanted.endswith("%") and wanted[:-1].isdigit():
        return int(rounded(int(wanted[:-1]) * total / 100))
    return wanted if isinstance(wanted, int) else 0
