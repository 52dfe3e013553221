"""Whether there is room: quotas and nodes against what the pods of an input ask for.

Arithmetic only: what is short here cannot start. What is not may still find no place, when pieces
do not fit on single nodes. A pod is counted against the nodes that may take it: by node selector,
required node affinity, taints, and those that are not cordoned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.quantity import NANO, Form
from ecp.kube.selectors import InvalidSelector, from_object
from ecp.kube.yaml import Path
from ecp.validation import quotas
from ecp.validation.admission import Admission
from ecp.validation.amounts import Amount, Amounts, added, amounts, is_gpu, of_pod
from ecp.validation.bundle import Bundle, Carrier, Note, Subject
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import State

GPU: Final = "nvidia.com/gpu"
_POD: Final = ("", "Pod")
_DAEMON: Final = ("apps", "DaemonSet")
_RUNS_ALWAYS: Final = frozenset(
    {("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), _POD,
     ("", "ReplicationController")}
)  # fmt: skip
# A taint of these comes and goes with the state of a node.
_PASSING: Final = "node.kubernetes.io/"
_KEEPS_OFF: Final = ("NoSchedule", "NoExecute")
_NONE: Final = Amount(0)
_GIBI: Final = 1 << 30
# Answers that one room keeps: it may last for many inputs.
_MOST_KEPT: Final = 1024


def check(bundle: Bundle, admission: Admission) -> Iterator[Note]:
    for carrier in bundle.carriers:
        if carrier.document >= 0:
            yield from _refused(carrier, admission)
    if bundle.world.has("", "ResourceQuota"):
        yield from _quotas(bundle)
    if bundle.world.has("", "Node"):
        room = bundle.world.made("", "Node", Room)
        wishes = _wishes(bundle, room)
        yield from _capacity(bundle, room, wishes)
        yield from _surges(bundle, room, wishes)


def _refused(carrier: Carrier, admission: Admission) -> Iterator[Note]:
    """The controller is told what admission has against its pods, and makes none.

    Who makes the pod alone has been told, and is warned of what is let in.
    """
    if not admission.judges(carrier.namespace):
        return
    from ecp.kube.defaults import default

    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": carrier.spec}
    spec = mapping(default("Pod", whole).get("spec"))
    alone = carrier.group_kind == _POD
    for _, path, text in admission.pod_complaints(carrier.namespace, spec, carrier.meta):
        if alone:
            return
        params = {"workload": carrier.called, "words": text}
        yield Note(carrier.document, "B0113", (*carrier.at, "spec", *path), params)
    text = admission.warned(carrier.namespace, spec, carrier.meta)
    if text:
        yield Note(carrier.document, "W0111", (*carrier.at, "spec"), {"words": text})


# ---- quotas -----------------------------------------------------------------------------------


def _quotas(bundle: Bundle) -> Iterator[Note]:
    for quota in bundle.world.of("", "ResourceQuota"):
        place = bundle.world.place("ResourceQuota", mapping(quota.get("metadata")))
        sum_of: Amounts = {}
        pods = [one for one in bundle.pods(place) if _runs_always(one)]
        for carrier in sorted(pods, key=lambda one: one.document):
            pod = {"spec": carrier.spec}
            if not quotas.covers(quota, _POD, pod):
                continue
            replicas = bundle.replicas(carrier)
            each = quotas.usage(_POD, pod)
            asked = {name: value.times(replicas) for name, value in each.items()}
            text = quotas.excess(quota, asked, sum_of)
            if text and carrier.document >= 0 and carrier.group_kind != _POD:
                params = {"replicas": str(replicas), "workload": carrier.called, "words": text}
                yield Note(carrier.document, "B0114", _replicas_path(carrier), params)
                break
            sum_of = added(sum_of, asked)
        else:
            yield from _quota_without_spare(bundle, quota, pods, sum_of)


def _quota_without_spare(
    bundle: Bundle, quota: Object, pods: Sequence[Carrier], used: Amounts
) -> Iterator[Note]:
    """Source: kubernetes pkg/quota: the pod that a rollout starts first counts, too."""
    hard = amounts(mapping(quota.get("spec")).get("hard"))
    for carrier in pods:
        surge = _only_surge(carrier, bundle.replicas(carrier))
        if carrier.document < 0 or not surge:
            continue
        for name, each in quotas.usage(_POD, {"spec": carrier.spec}).items():
            if not is_gpu(name.removeprefix("requests.")) or name not in hard:
                continue
            if used.get(name, _NONE).nano + each.nano > hard[name].nano:
                params = {"workload": carrier.called, "surge": str(surge)}
                yield Note(carrier.document, "W0108", ("spec", "strategy"), params, "quota")
                break


def _runs_always(carrier: Carrier) -> bool:
    """Tell whether its pods run all the time; of single pods, whether it has not ended."""
    phase = mapping(carrier.object.get("status")).get("phase")
    ended = carrier.group_kind == _POD and phase in ("Succeeded", "Failed")
    return carrier.group_kind in _RUNS_ALWAYS and not ended


def _replicas_path(carrier: Carrier) -> Path:
    return ("spec",) if carrier.group_kind == _POD else ("spec", "replicas")


# ---- nodes ------------------------------------------------------------------------------------

Places = tuple[int, ...]
"""Indices of nodes, ascending."""
Selector = tuple[tuple[str, Any], ...]
"""Labels that nodes are selected by, sorted."""


class Room:
    """What nodes have, and which of them may take a pod."""

    def __init__(self, nodes: Iterable[Object]) -> None:
        self._nodes = list(nodes)
        self._has = [
            amounts(status.get("allocatable") or status.get("capacity"))
            for status in (mapping(node.get("status")) for node in self._nodes)
        ]
        self.all: Places = tuple(range(len(self._nodes)))
        self._places: dict[str, Places] = {}
        self._sums: dict[Places, Amounts] = {}

    def places(self, spec: Object, *, daemon: bool = False) -> Places:
        """Return the nodes that may take a pod of that spec, whatever else runs there."""
        required = mapping(mapping(spec.get("affinity")).get("nodeAffinity")).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        )
        key = repr((spec.get("nodeSelector"), required, spec.get("tolerations"), daemon))
        found = self._places.get(key)
        if found is None:
            if len(self._places) == _MOST_KEPT:
                self._places.clear()
            found = self._places[key] = tuple(
                number
                for number, node in enumerate(self._nodes)
                if _is_open(node, spec, daemon) and _is_chosen(node, spec, required)
            )
        return found

    def labelled(self, selector: Selector) -> Places:
        """Return the nodes with these labels, whoever may run there."""
        return tuple(
            number for number in self.all if _has_labels(self._nodes[number], dict(selector))
        )

    def total(self, places: Places) -> Amounts:
        """Return what some nodes have together."""
        found = self._sums.get(places)
        if found is None:
            found = {}
            for place in places:
                found = added(found, self._has[place])
            if len(self._sums) == _MOST_KEPT:
                self._sums.clear()
            self._sums[places] = found
        return found

    def most(self, places: Places, name: str) -> int:
        """Return the most that one of some nodes has of a resource, in nano units."""
        return max((self._has[place].get(name, _NONE).nano for place in places), default=0)

    def holds(self, places: Places, asked: Amounts) -> bool:
        """Tell whether one of some nodes, if it were empty, had room for a pod."""
        needed = [(name, value.nano) for name, value in asked.items() if value.nano]
        return any(
            all(nano <= self._has[place].get(name, _NONE).nano for name, nano in needed)
            for place in places
        )


def _is_open(node: Object, spec: Object, daemon: bool) -> bool:
    """Source: component-helpers scheduling/corev1/helpers.go TolerationsTolerateTaint."""
    given = mapping(node.get("spec"))
    if given.get("unschedulable") and not daemon:
        return False
    tolerations = [mapping(one) for one in items(spec.get("tolerations"))]
    return all(
        any(_tolerates(toleration, taint) for toleration in tolerations)
        for taint in map(mapping, items(given.get("taints")))
        if taint.get("effect") in _KEEPS_OFF and not str(taint.get("key")).startswith(_PASSING)
    )


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("key") not in (None, "", taint.get("key")):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return (toleration.get("value") or "") == (taint.get("value") or "") and bool(
        toleration.get("key")
    )


def _is_chosen(node: Object, spec: Object, required: Any) -> bool:
    """Source: component-helpers scheduling/corev1/nodeaffinity: terms are alternatives."""
    meta = mapping(node.get("metadata"))
    labels = mapping(meta.get("labels"))
    if not _has_labels(node, mapping(spec.get("nodeSelector"))):
        return False
    if required is None:
        return True
    fields = {"metadata.name": meta.get("name")}
    return any(
        _holds(term.get("matchExpressions"), labels) and _holds(term.get("matchFields"), fields)
        for term in map(mapping, items(mapping(required).get("nodeSelectorTerms")))
        if term.get("matchExpressions") or term.get("matchFields")
    )


def _has_labels(node: Object, wanted: Object) -> bool:
    labels = mapping(mapping(node.get("metadata")).get("labels"))
    return all(labels.get(key) == value for key, value in wanted.items())


def _holds(expressions: Any, labels: Object) -> bool:
    for wanted in map(mapping, items(expressions)):
        key, operator = str(wanted.get("key")), wanted.get("operator")
        values = items(wanted.get("values"))
        if operator in ("Gt", "Lt"):
            try:
                has, bound = int(str(labels.get(key))), int(str(values[0]))
            except (ValueError, IndexError):
                return False
            if has <= bound if operator == "Gt" else has >= bound:
                return False
            continue
        try:
            if not from_object({"matchExpressions": [wanted]}).matches(labels):
                return False
        except InvalidSelector:
            return False
    return True


class _Short(NamedTuple):
    """Of `resource` the pods need more than there is on the nodes that may take them.

    `selector` has the labels that tell these nodes, () where none does; `everywhere` says that no
    other node has any either, and `at` numbers the workload with which the sum goes beyond.
    """

    resource: str
    needs: Amount
    there: Amount
    selector: Selector
    at: int
    everywhere: bool = True


class _Wish(NamedTuple):
    """What one pod of a carrier asks for, and the nodes that may take it."""

    carrier: Carrier
    places: Places
    asked: Amounts


def _wishes(bundle: Bundle, room: Room) -> list[_Wish]:
    """Return the wishes of all who make pods, in their order."""
    return [
        _Wish(
            carrier,
            room.places(carrier.spec, daemon=carrier.group_kind == _DAEMON),
            of_pod(carrier.spec, "requests"),
        )
        for carrier in bundle.carriers
    ]


class _Demand(NamedTuple):
    """What one carrier asks for of the nodes that may take its pods.

    asked   by all its pods together; by one, of a DaemonSet, which has one on every node
    """

    carrier: Carrier
    places: frozenset[int]
    asked: Amounts

    def of(self, where: frozenset[int]) -> Amounts:
        """Return what is asked for of some nodes and of no other."""
        if self.carrier.group_kind == _DAEMON:
            count = len(self.places & where)
            return {name: value.times(count) for name, value in self.asked.items()}
        return self.asked if self.places <= where else {}


def lacking(objects: Iterable[Object], nodes: Sequence[Object]) -> list[tuple[Object, Note]]:
    """Return what the pods that *objects* make lack on *nodes*: whose pods, and what is said."""
    world = State(objects)
    owners = [
        Subject(number, kind, place, str(mapping(obj.get("metadata")).get("name")), obj)
        for number, (kind, place, obj) in enumerate(world.everything())
    ]
    bundle = Bundle(owners, world, world, known=False, whole=False)
    room = Room(nodes)
    notes = _capacity(bundle, room, _wishes(bundle, room))
    return [(owners[note.document].object, note) for note in notes]


def _shortages(demands: Sequence[_Demand], room: Room) -> list[_Short]:
    """Return what is asked for beyond what there is, of few nodes first and then of more.

    Pods are added up that must be on some nodes; of more nodes a resource is spoken of only where
    it is short of no fewer. Of nodes that lack GPUs only these are told: whoever adds them adds
    what else such nodes have.
    """
    found: list[_Short] = []
    told: set[str] = set()
    groups = dict.fromkeys(one.places for one in demands if one.carrier.group_kind != _DAEMON)
    for where in sorted(groups, key=len):
        asked = [demand.of(where) for demand in demands]
        whole: Amounts = {}
        for part in asked:
            whole = added(whole, part)
        there = room.total(tuple(sorted(where)))
        names = [
            name
            for name in sorted(whole)
            if name not in told and whole[name].nano > there.get(name, _NONE).nano
        ]
        if not names:
            continue
        selector = _selector_of(demands, where, room)
        if GPU in names and selector:
            names = [GPU]
        for name in names:
            has = there.get(name, _NONE)
            every = room.total(room.all).get(name, _NONE).nano == has.nano
            at = _beyond([part.get(name, _NONE).nano for part in asked], has.nano)
            found.append(_Short(name, whole[name], has, selector, at, every))
        told.update(names)
    return found


def _beyond(parts: Sequence[int], limit: int) -> int:
    """Return with which part the sum goes beyond a limit."""
    total = 0
    for number, part in enumerate(parts):
        total += part
        if total > limit:
            return number
    return len(parts) - 1


def _selector_of(demands: Sequence[_Demand], where: frozenset[int], room: Room) -> Selector:
    """Return the labels that tell the nodes, () where it is not labels that do."""
    for demand in demands:
        wanted = mapping(demand.carrier.spec.get("nodeSelector"))
        selector = tuple(sorted((key, str(value)) for key, value in wanted.items()))
        if selector and demand.places == where and set(room.labelled(selector)) == where:
            return selector
    return ()


def _capacity(bundle: Bundle, room: Room, wishes: Sequence[_Wish]) -> Iterator[Note]:
    """Single pods against single nodes; then all pods that must be on some nodes against them."""
    told: set[int] = set()
    for wish in wishes:
        if wish.carrier.document >= 0:
            for note in _alone(room, wish):
                told.add(wish.carrier.document)
                yield note
    demands = _demands(bundle, wishes)
    for short in _shortages(demands, room):
        carrier = demands[short.at].carrier
        if carrier.document >= 0 and carrier.document not in told:
            says, params = _told(short)
            yield Note(carrier.document, "B0115", _replicas_path(carrier), params, says)


def _told(short: _Short) -> tuple[str, dict[str, str]]:
    """Return the sentence of rule B0115 and its values."""
    says = {GPU: "gpus", "cpu": "cpus", "memory": "memory"}.get(short.resource, "other")
    params = {"needs": _shown(short.needs), "has": _shown(short.there), "resource": short.resource}
    if short.everywhere:
        return says, params
    if not short.selector:
        return f"{says}-chosen", params
    params["labels"] = ", ".join(f"{key}={value}" for key, value in short.selector)
    return f"{says}-labelled", params


def _shown(amount: Amount) -> str:
    """Spell an amount for reading: 733.65 rather than 733650m, 1946.5Gi rather than 1993216Mi."""
    unit, name = (_GIBI * NANO, "Gi") if amount.form is Form.BINARY else (NANO, "")
    hundredths, rest = divmod(100 * amount.nano, unit)
    if rest or (name and amount.nano < unit):
        return str(amount)
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".") + name


def _demands(bundle: Bundle, wishes: Sequence[_Wish]) -> list[_Demand]:
    """Return the demands in the order of the input, those of the cluster first."""
    found: list[_Demand] = []
    for carrier, places, asked in sorted(wishes, key=lambda wish: wish.carrier.document):
        daemon = carrier.group_kind == _DAEMON
        if not daemon and not _runs_always(carrier):
            continue
        if not daemon:
            replicas = bundle.replicas(carrier)
            asked = {name: value.times(replicas) for name, value in asked.items()}
        found.append(_Demand(carrier, frozenset(places), asked))
    return found


def _alone(room: Room, wish: _Wish) -> Iterator[Note]:
    """Tell of a pod that no node can take, were it empty."""
    carrier, places, asked = wish
    if carrier.spec.get("nodeName") or not carrier.replicas:
        return
    at: Path = (*carrier.at, "spec")
    called = {"workload": carrier.called}
    if not places:
        chosen = [name for name in ("nodeSelector", "affinity") if carrier.spec.get(name)]
        yield Note(carrier.document, "B0115", (*at, *chosen[:1]), called, "no-node")
        return
    if room.holds(places, asked):
        return
    at = (*at, "containers", 0, "resources")
    short = next((name for name in sorted(asked) if room.most(places, name) < asked[name].nano), "")
    if not short:
        told = ", ".join(f"{name} {_shown(asked[name])}" for name in sorted(asked))
        params = {**called, "asked": told}
        yield Note(carrier.document, "B0115", at, params, "one-pod")
        return
    total = room.total(places).get(short, _NONE)
    if total.nano >= asked[short].nano or not _runs_always(carrier):
        has = Amount(room.most(places, short), total.form)
        params = {**called, "needs": _shown(asked[short]), "resource": short, "has": _shown(has)}
        yield Note(carrier.document, "B0115", at, params, "one-node")


# ---- rollouts ---------------------------------------------------------------------------------


def _surges(bundle: Bundle, room: Room, wishes: Sequence[_Wish]) -> Iterator[Note]:
    wanting = [
        (carrier, places, name, value.nano)
        for carrier, places, asked in wishes
        for name, value in asked.items()
        if is_gpu(name) and value.nano and _runs_always(carrier)
    ]
    used: dict[tuple[Places, str], int] = {}
    for carrier, places, name, each in wanting:
        used[places, name] = used.get((places, name), 0) + each * bundle.replicas(carrier)
    for carrier, places, name, each in wanting:
        surge = _only_surge(carrier, bundle.replicas(carrier))
        there = room.total(places).get(name, _NONE).nano
        taken = used[places, name]
        if carrier.document >= 0 and surge and taken <= there < taken + each:
            params = {"workload": carrier.called, "surge": str(surge)}
            yield Note(carrier.document, "W0108", ("spec", "strategy"), params)


def _only_surge(carrier: Carrier, replicas: int) -> int:
    """Return how many pods a rollout starts before it stops any; 0 where it may stop one first."""
    if carrier.group_kind != ("apps", "Deployment"):
        return 0
    strategy = mapping(mapping(carrier.object.get("spec")).get("strategy"))
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return 0
    rolling = mapping(strategy.get("rollingUpdate"))
    gone = _share(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    surge = _share(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    return surge if gone == 0 else 0


def _share(wanted: Any, total: int, rounded: Any) -> int:
    if isinstance(wanted, str) and wanted.endswith("%") and wanted[:-1].isdigit():
        return int(rounded(int(wanted[:-1]) * total / 100))
    return wanted if isinstance(wanted, int) else 0
