"""Whether a cluster is big enough for a manifest: arithmetic over its nodes. Pure.

What is short here cannot start. What is not may still find no place, when pieces do not fit on
single nodes or others have taken the room: that is for the scheduler to say.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.quantity import InvalidQuantity, milli, value
from ecp.manifests import gpu_type
from ecp.orchestrator.ports import Obj
from ecp.texts import Language, text
from ecp.validation.scope import mapping

GPU: Final = "nvidia.com/gpu"
_READ: Final = {GPU: value, "cpu": milli, "memory": value}


class Short(NamedTuple):
    """What is missing: of `resource` `needs` are asked for and `there` are; CPU in millicores,
    memory in bytes. `of` says of which nodes: a GPU type, else labels, else ""."""

    resource: str
    needs: int
    there: int
    of: str


def gpus(nodes: Iterable[Obj]) -> dict[str, int]:
    """Return how many GPUs of each known type the nodes have."""
    found: dict[str, int] = {}
    for node in nodes:
        kind = gpu_type(node["metadata"].get("labels") or {})
        count = _allocatable(node)[GPU]
        if kind is not None and count:
            found[kind] = found.get(kind, 0) + count
    return found


def shortages(objects: Iterable[Obj], nodes: Sequence[Obj]) -> list[Short]:
    """Return what the pods of *objects* ask for beyond what *nodes* have.

    Pods with the same node selector are added up and meet the nodes that it selects; all pods
    together meet all nodes. Of nodes selected by their GPU only the GPUs are counted.
    """
    wanted: dict[tuple[tuple[str, str], ...], dict[str, int]] = {(): dict.fromkeys(_READ, 0)}
    for selector, asked in _pods(objects):
        for key in {(): None, selector: None}:
            row = wanted.setdefault(key, dict.fromkeys(_READ, 0))
            for resource, amount in asked.items():
                row[resource] += amount
    found: list[Short] = []
    for key in sorted(wanted, key=lambda key: (not key, key)):
        labels = dict(key)
        kind = gpu_type(labels)
        of = kind or ", ".join(f"{name}={text}" for name, text in key)
        chosen = [n for n in nodes if labels.items() <= (n["metadata"].get("labels") or {}).items()]
        for resource, needs in wanted[key].items():
            # Of GPU nodes the GPUs run out first; what is said of some nodes is not said of all.
            said = not key and any(row.resource == resource for row in found)
            skipped = said or (kind is not None and resource != GPU)
            there = sum(_allocatable(node)[resource] for node in chosen)
            if needs > there and not skipped:
                found.append(Short(resource, needs, there, of))
    return found


def sentence(short: Short, language: Language) -> str:
    """Say what is short: "needs 14 GPUs (t4), the cluster has 12"."""
    what = {GPU: "gpu", "cpu": "cpu", "memory": "memory"}[short.resource]
    unit = {GPU: 1, "cpu": 1000, "memory": 1 << 30}[short.resource]
    key = f"capacity.{what}" if not short.of else f"capacity.{what}-of"
    needs, there = -(-short.needs // unit), short.there // unit
    return text(key, language, needs=needs, there=there, of=short.of)


def _pods(objects: Iterable[Obj]) -> Iterator[tuple[tuple[tuple[str, str], ...], dict[str, int]]]:
    """Yield (node selector, requests of all its replicas) of each workload."""
    for obj in objects:
        spec = mapping(obj.get("spec"))
        kind = obj.get("kind")
        if kind not in ("Deployment", "ReplicaSet", "StatefulSet", "Pod"):
            continue
        pod = spec if kind == "Pod" else mapping(mapping(spec.get("template")).get("spec"))
        replicas = 1 if kind == "Pod" else spec.get("replicas", 1)
        if isinstance(replicas, bool) or not isinstance(replicas, int):
            continue
        asked = dict.fromkeys(_READ, 0)
        boxes = pod.get("containers")
        for box in boxes if isinstance(boxes, list) else ():
            resources = mapping(mapping(box).get("resources"))
            said = {**mapping(resources.get("limits")), **mapping(resources.get("requests"))}
            for resource in _READ:
                asked[resource] += replicas * _amount(resource, said.get(resource))
        selector = mapping(pod.get("nodeSelector"))
        yield tuple(sorted((str(k), str(v)) for k, v in selector.items())), asked


def _allocatable(node: Obj) -> dict[str, int]:
    status = mapping(node.get("status"))
    has = mapping(status.get("allocatable")) or mapping(status.get("capacity"))
    return {resource: _amount(resource, has.get(resource)) for resource in _READ}


def _amount(resource: str, given: Any) -> int:
    """Return a quantity as whole units, 0 for what is none: validation says that."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return 0
    try:
        return _READ[resource](given)
    except InvalidQuantity:
        return 0
