"""Whether there is room: quotas and nodes against what the pods of an input ask for.

Arithmetic only: what is short here cannot start. What is not may still find no place, when pieces
do not fit on single nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.validation import quotas
from ecp.validation.admission import Admission
from ecp.validation.amounts import Amount, Amounts, added, amounts, of_pod, one
from ecp.validation.bundle import Bundle, Carrier, Note
from ecp.validation.scope import Object, mapping
from ecp.validation.state import GroupKind, State

GPU: Final = "nvidia.com/gpu"
_POD: Final = ("", "Pod")
_RUNS_ALWAYS: Final = frozenset(
    {("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), _POD,
     ("", "ReplicationController")}
)  # fmt: skip
_NAMES: Final = {GPU: "GPUs", "cpu": "CPUs", "memory": "of memory"}


_Selector = tuple[tuple[str, Any], ...]


class Room:
    """What nodes have, by what they are selected by."""

    def __init__(self, nodes: Iterable[Object]) -> None:
        self._nodes = list(nodes)
        self._known: dict[_Selector, Amounts] = {}

    def of(self, selector: _Selector) -> Amounts:
        """Return the allocatable resources of the nodes with these labels, () = of all."""
        if selector not in self._known:
            self._known[selector] = _room(self._nodes, dict(selector))
        return self._known[selector]


class Short(NamedTuple):
    """Of `resource` the pods need more than there is on the nodes with `selector` (() = all).

    `at` numbers the workload with which the sum goes beyond.
    """

    resource: str
    needs: Amount
    there: Amount
    selector: _Selector
    at: int


def check(bundle: Bundle, admission: Admission, room: Room | None) -> Iterator[Note]:
    for carrier in bundle.carriers:
        if carrier.document >= 0 and carrier.group_kind != _POD:
            yield from _refused(carrier, admission)
    if bundle.world.has("", "ResourceQuota"):
        yield from _quotas(bundle)
    if room is None:
        nodes = list(bundle.world.of("", "Node"))
        room = Room(nodes) if nodes else None
    if room is not None:
        yield from _capacity(bundle, room)
        yield from _surges(bundle, room)


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


def shortages(asked: Sequence[tuple[_Selector, Amounts]], room: Room) -> list[Short]:
    """Return what workloads that have *asked* for so much on nodes so selected lack in *room*.

    Pods with one node selector are added up against its nodes, all pods against all nodes: that is
    said of a resource only where nothing is of some nodes. Of nodes that lack GPUs only these are
    told: whoever adds them adds what else such nodes have.
    """
    sums: dict[_Selector, Amounts] = {}
    beyond: dict[tuple[str, _Selector], int] = {}
    for number, (chosen, amounts_) in enumerate(asked):
        for selector in dict.fromkeys((chosen, ())):
            total = sums[selector] = added(sums.get(selector, {}), amounts_)
            for name in amounts_:
                if total[name].nano > room.of(selector).get(name, one(0)).nano:
                    beyond.setdefault((name, selector), number)
    for name, selector in list(beyond):
        if selector and name != GPU and (GPU, selector) in beyond:
            del beyond[name, selector]
    told = {name for name, selector in beyond if selector}
    return sorted(
        (
            Short(name, sums[selector][name], room.of(selector).get(name, one(0)), selector, at)
            for (name, selector), at in beyond.items()
            if selector or name not in told
        ),
        key=lambda short: (not short.selector, short.selector, short.resource),
    )


def lacking(objects: Iterable[Object], room: Room) -> list[Short]:
    """Return what the pods that *objects* make lack in *room*."""
    nothing = State()
    bundle = Bundle((), nothing, State(objects), known=False, whole=False)
    return shortages([_asked(carrier) for carrier in _running(bundle)], room)


def _running(bundle: Bundle) -> list[Carrier]:
    pods = [carrier for carrier in bundle.carriers if carrier.group_kind in _RUNS_ALWAYS]
    return sorted(pods, key=lambda one: one.document)


def _asked(carrier: Carrier) -> tuple[_Selector, Amounts]:
    each = of_pod(carrier.spec, "requests")
    return _selector(carrier), {name: value.times(carrier.replicas) for name, value in each.items()}


def _capacity(bundle: Bundle, room: Room) -> Iterator[Note]:
    pods = _running(bundle)
    for short in shortages([_asked(carrier) for carrier in pods], room):
        carrier = pods[short.at]
        if carrier.document >= 0:
            yield Note(
                carrier.document, "B0115", _replicas_path(carrier.group_kind), said(short),
                {"resource": short.resource},
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


def said(short: Short) -> str:
    """Say what is short: needs 14 GPUs, the nodes with accelerator=nvidia-t4 have 12."""
    labels = ", ".join(f"{key}={value}" for key, value in short.selector)
    nodes = f"the nodes with {labels} have" if labels else "the cluster has"
    unit = _NAMES.get(short.resource, f"of {short.resource}")
    return f"needs {short.needs} {unit}, {nodes} {short.there}"


def _surges(bundle: Bundle, room: Room) -> Iterator[Note]:
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
        there = room.of(key).get(GPU, one(0)).nano
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
