"""What a pod asks of its node, who gives it, and the least change that would find it one. Pure.

A change is judged by the scheduler's own filters on the pod as it would be then: what is named here
helps. Two changes are tried together where none alone keeps what the pod is meant to have.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, Literal, NamedTuple

from ecp.kube import quantity, sizes
from ecp.kube.nodes import term_matches, tolerates, wish_of
from ecp.kube.volumes import uses
from ecp.sim.store import Obj

_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_CORDONED: Final = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_IN_BYTES: Final = ("memory", "ephemeral-storage")
_NEAREST: Final = 3
_MOST: Final = 3
_TRIED: Final = 8
"""Changes of which pairs are tried."""

Kind = Literal[
    "selector", "affinity", "tolerations", "request", "together", "apart", "spread", "claim"
]
Does = Literal[
    "set-selector", "tolerate", "ask-less", "uncordon", "drop-selector", "drop-affinity",
    "drop-spread", "drop-together", "drop-apart", "bind-claim",
]  # fmt: skip
_RELATIONS: Final[tuple[tuple[str, Kind, Does], ...]] = (
    ("podAffinity", "together", "drop-together"),
    ("podAntiAffinity", "apart", "drop-apart"),
)
"""Fields in which a pod asks for or against others, the wish and the change of each."""
_MILD: Final = ("set-selector", "tolerate", "ask-less", "uncordon", "bind-claim")
"""Changes that leave the pod what it is meant to have."""


class Near(NamedTuple):
    """A value that is there instead of the one asked for, and on how many nodes."""

    value: str
    nodes: int


class Wish(NamedTuple):
    """Something that a pod asks of its node, as it is written.

    `nodes` is how many give it, whatever else they lack; None where that hangs on other pods. Of a
    request `near` has the largest node and the one with the most left, in that order.
    """

    kind: Kind
    asked: str
    nodes: int | None
    near: tuple[Near, ...] = ()


class Step(NamedTuple):
    """A change of a pod's field: what it asks, and what it would instead ("" = nothing)."""

    does: Does
    asked: str
    value: str = ""


class Change(NamedTuple):
    """Steps that together find the pod a node, and the nodes that would do then."""

    steps: tuple[Step, ...]
    nodes: tuple[str, ...]


Judge = Callable[[Obj], Sequence[str]]
"""Returns the nodes that would take a pod."""


class Place(NamedTuple):
    """A node as it is, and what it has left (millicores, bytes, counts)."""

    node: Obj
    free: Mapping[str, int]

    @property
    def labels(self) -> Mapping[str, str]:
        return self.node["metadata"].get("labels") or {}

    @property
    def taints(self) -> list[Obj]:
        found = (self.node.get("spec") or {}).get("taints") or ()
        return [taint for taint in found if taint["effect"] != "PreferNoSchedule"]

    def has(self, resource: str) -> int:
        status = self.node.get("status") or {}
        said = status.get("allocatable") or status.get("capacity") or {}
        return sizes.amount(resource, said.get(resource, 0))


def wishes(pod: Obj, places: Sequence[Place]) -> list[Wish]:
    """Return what a pod asks of its node, in the order of its fields."""
    spec, wish = pod["spec"], wish_of(pod["spec"])
    found = [
        Wish("selector", f"{key}={value}", len(_having(places, key, value)), _near(places, key))
        for key, value in wish.selector.items()
    ]
    if wish.required is not None:
        admitted = [one for one in places if _admits(wish.required, one)]
        found.append(Wish("affinity", " or ".join(map(_said, wish.required)), len(admitted)))
    tolerations = spec.get("tolerations") or ()
    taints = list(dict.fromkeys(taint_word(t) for one in places for t in one.taints))
    if taints:
        open_to = [one for one in places if all(tolerates(tolerations, t) for t in one.taints)]
        tolerated = [
            taint_word(t) for one in places for t in one.taints if tolerates(tolerations, t)
        ]
        closed = Counter(
            taint_word(t) for one in places for t in one.taints if not tolerates(tolerations, t)
        )
        near = tuple(Near(*pair) for pair in closed.most_common(_NEAREST))
        asked = ", ".join(dict.fromkeys(tolerated))
        found.append(Wish("tolerations", asked, len(open_to), near))
    for resource, amount in sizes.requests(spec).items():
        if amount:
            found.append(_request(resource, amount, places))
    for name, kind, _ in _RELATIONS:
        found += [Wish(kind, _chosen(term), None) for term in _related(spec, name)]
    for row in _spreads(spec):
        found.append(Wish("spread", f"maxSkew {row['maxSkew']}, {_chosen(row)}", None))
    found += [Wish("claim", use.claim, None) for use in uses(pod)]
    return found


def helping(pod: Obj, places: Sequence[Place], judge: Judge) -> list[Change]:
    """Return the changes that would find a pod a node, the mildest first; at most three."""
    steps = list(_steps(pod, places))
    found = [one for step in steps if (one := _tried((step,), pod, places, judge)) is not None]
    if not any(_is_mild(one) for one in found):
        pairs = combinations(steps[:_TRIED], 2)
        mild = [pair for pair in pairs if all(step.does in _MILD for step in pair)]
        both = mild if found else [*mild, *combinations(steps[:_TRIED], 2)]
        for pair in both:
            one = _tried(pair, pod, places, judge)
            if one is not None and one.steps not in [other.steps for other in found]:
                found.append(one)
                break
    return sorted(found, key=lambda one: (not _is_mild(one), len(one.steps), -len(one.nodes)))[
        :_MOST
    ]


def taint_word(taint: Mapping[str, Any]) -> str:
    """Write a taint as kubectl does: key=value:effect."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def amount_word(resource: str, amount: int) -> str:
    """Write an amount as a manifest does: "500m", "64Gi", "2"."""
    if resource == "cpu":
        return quantity.fmt_milli(amount)
    if resource in _IN_BYTES:
        return quantity.fmt_binary(amount)
    return str(amount)


def room_word(resource: str, amount: int) -> str:
    """Write what is free of a resource, rounded down to what a reader takes in: "255Gi"."""
    if resource in _IN_BYTES:
        for power, unit in ((40, "Ti"), (30, "Gi"), (20, "Mi")):
            if amount >= 10 << power:
                return f"{amount >> power}{unit}"
    return amount_word(resource, amount)


# -- what is asked ---------------------------------------------------------------------------------


def _having(places: Iterable[Place], key: str, value: str) -> list[Place]:
    return [one for one in places if one.labels.get(key) == value]


def _near(places: Iterable[Place], key: str) -> tuple[Near, ...]:
    held = Counter(one.labels[key] for one in places if key in one.labels)
    return tuple(Near(f"{key}={value}", nodes) for value, nodes in held.most_common(_NEAREST))


def _admits(terms: Iterable[Mapping[str, Any]], place: Place) -> bool:
    name = place.node["metadata"]["name"]
    return any(term_matches(term, name, place.labels) for term in terms)


def _said(term: Mapping[str, Any]) -> str:
    rows = (*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ()))
    return ", ".join(
        f"{row['key']} {row['operator']} {', '.join(row.get('values') or ())}".rstrip()
        for row in rows
    )


def _chosen(term: Mapping[str, Any]) -> str:
    selector = term.get("labelSelector") or {}
    labels = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    said = _said(selector)
    return f"{', '.join([*labels, *([said] if said else [])])} · {term['topologyKey']}"


def _related(spec: Mapping[str, Any], name: str) -> list[Obj]:
    return ((spec.get("affinity") or {}).get(name) or {}).get(_REQUIRED) or []


def _spreads(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = spec.get("topologySpreadConstraints") or ()
    return [row for row in rows if row.get("whenUnsatisfiable") != "ScheduleAnyway"]


def _request(resource: str, amount: int, places: Sequence[Place]) -> Wish:
    largest = max((one.has(resource) for one in places), default=0)
    most = max((one.free.get(resource, 0) for one in places), default=0)
    near = (
        Near(room_word(resource, largest), sum(one.has(resource) == largest for one in places)),
        Near(
            room_word(resource, max(most, 0)),
            sum(one.free.get(resource, 0) == most for one in places),
        ),
    )
    enough = sum(one.free.get(resource, 0) >= amount for one in places)
    return Wish("request", f"{resource} {amount_word(resource, amount)}", enough, near)


# -- what would help -------------------------------------------------------------------------------


def _is_mild(change: Change) -> bool:
    return all(step.does in _MILD for step in change.steps)


def _steps(pod: Obj, places: Sequence[Place]) -> Iterator[Step]:
    """Yield what could be changed: first what keeps what is asked nearly as it is."""
    spec = pod["spec"]
    for key, value in wish_of(spec).selector.items():
        if not _having(places, key, value):
            for near in _near(places, key):
                yield Step("set-selector", f"{key}={value}", near.value)
    tolerations = spec.get("tolerations") or ()
    for word, taint in {taint_word(t): t for one in places for t in one.taints}.items():
        if not tolerates(tolerations, taint):
            cordoned = taint["key"] == _CORDONED["key"]
            yield Step("uncordon" if cordoned else "tolerate", "", word)
    for resource, amount in sizes.requests(spec).items():
        if amount and not all(one.free.get(resource, 0) >= amount for one in places):
            yield Step("ask-less", f"{resource} {amount_word(resource, amount)}")
    for use in uses(pod):
        yield Step("bind-claim", use.claim)
    for key, value in wish_of(spec).selector.items():
        yield Step("drop-selector", f"{key}={value}")
    terms = wish_of(spec).required
    if terms is not None:
        yield Step("drop-affinity", " or ".join(map(_said, terms)))
    for row in _spreads(spec):
        yield Step("drop-spread", _chosen(row))
    for name, _, does in _RELATIONS:
        for term in _related(spec, name):
            yield Step(does, _chosen(term))


def _tried(
    steps: tuple[Step, ...], pod: Obj, places: Sequence[Place], judge: Judge
) -> Change | None:
    """Return what becomes of a pod that is changed so; None where no node takes it."""
    for step in steps:
        pod = {**pod, "spec": _changed(pod["spec"], step)}
    nodes = list(judge(pod))
    said = []
    for step in steps:
        if step.does != "ask-less":
            said.append(step)
            continue
        resource = step.asked.partition(" ")[0]
        free = {one.node["metadata"]["name"]: one.free.get(resource, 0) for one in places}
        most = max((free[node] for node in nodes), default=0)
        if most <= 0:
            return None
        nodes = [node for node in nodes if free[node] == most]
        said.append(step._replace(value=room_word(resource, most)))
    return Change(tuple(said), tuple(nodes)) if nodes else None


def _changed(spec: Obj, step: Step) -> Obj:
    key = step.asked.partition("=")[0]
    if step.does in ("set-selector", "drop-selector"):
        rest = {name: value for name, value in spec["nodeSelector"].items() if name != key}
        put = {key: step.value.partition("=")[2]} if step.value else {}
        return {**spec, "nodeSelector": {**rest, **put}}
    if step.does in ("tolerate", "uncordon"):
        named, _, effect = step.value.rpartition(":")
        name, _, value = named.partition("=")
        row = {"key": name, "operator": "Equal", "value": value, "effect": effect}
        return {**spec, "tolerations": [*(spec.get("tolerations") or ()), row]}
    if step.does == "ask-less":
        resource = step.asked.partition(" ")[0]
        lists = [name for name in ("containers", "initContainers") if spec.get(name)]
        return {**spec, **{name: [_without(one, resource) for one in spec[name]] for name in lists}}
    if step.does == "bind-claim":
        rows = [
            row
            for row in spec.get("volumes") or ()
            if (row.get("persistentVolumeClaim") or {}).get("claimName") != step.asked
        ]
        return {**spec, "volumes": rows}
    if step.does == "drop-spread":
        rows = [row for row in _spreads(spec) if _chosen(row) != step.asked]
        return {**spec, "topologySpreadConstraints": rows}
    affinity = dict(spec["affinity"])
    if step.does == "drop-affinity":
        affinity["nodeAffinity"] = _less(affinity["nodeAffinity"], [])
    else:
        name = next(field for field, _, does in _RELATIONS if does == step.does)
        left = [term for term in _related(spec, name) if _chosen(term) != step.asked]
        affinity[name] = _less(affinity[name], left)
    return {**spec, "affinity": affinity}


def _less(rules: Mapping[str, Any], terms: Sequence[Obj]) -> Obj:
    rest = {name: value for name, value in rules.items() if name != _REQUIRED}
    return {**rest, _REQUIRED: list(terms)} if terms else rest


def _without(container: Obj, resource: str) -> Obj:
    said = container.get("resources") or {}
    rows = {
        sort: {name: value for name, value in (said.get(sort) or {}).items() if name != resource}
        for sort in said
        if isinstance(said[sort], dict)
    }
    return {**container, "resources": {**said, **rows}}
