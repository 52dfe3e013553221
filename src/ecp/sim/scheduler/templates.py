"""What a pod asks of its node, read once for all pods that ask the same.

Pods of one ReplicaSet differ in name and uid only; whatever decides about their placement is equal.
A `Template` is that part, parsed; `Templates` finds the one of a pod by value.

Source: kubernetes component-helpers resource/helpers.go (requests),
kube-scheduler framework/types.go (affinity terms, host ports), pkg/scheduler/util/pod_resources.go.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ecp.kube import selectors
from ecp.kube.nodes import HostPort, host_ports, wish_of
from ecp.kube.selectors import Selector
from ecp.kube.sizes import requests
from ecp.kube.volumes import uses_of
from ecp.sim.store import Obj

Labels = Mapping[str, str]

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
UNSCHEDULABLE_TAINT: Mapping[str, str] = {
    "key": "node.kubernetes.io/unschedulable",
    "effect": "NoSchedule",
}

# A container that asks for nothing is scored, not filtered, as if it asked for this much.
DEFAULT_MILLI_CPU = 100
DEFAULT_MEMORY = 200 * 1024 * 1024
_SCORED_DEFAULTS = {"cpu": DEFAULT_MILLI_CPU, "memory": DEFAULT_MEMORY}

# An existing pod's required affinity draws its friends with this weight.
HARD_AFFINITY_WEIGHT = 1


class Size(NamedTuple):
    """What the resource plug-ins look at. `scalars` are extended resources, sorted by name.

    Amounts in millicores, bytes and counts; `scored_*` with the defaults for containers that
    ask for nothing.
    """

    cpu: int
    memory: int
    storage: int
    scalars: tuple[tuple[str, int], ...]
    scored_cpu: int
    scored_memory: int


_NATIVE = ("cpu", "memory", "ephemeral-storage", "pods")


def is_scalar(name: str) -> bool:
    """True for resources that nodes count as extended ones (devices, huge pages)."""
    return name not in _NATIVE and ("/" in name or name.startswith("hugepages-"))


def size_of(spec: Mapping[str, Any]) -> Size:
    """Return the size of a pod spec. Raises InvalidQuantity."""
    plain = requests(spec)
    scored = requests(spec, _SCORED_DEFAULTS)
    scalars = sorted((name, n) for name, n in plain.items() if n and is_scalar(name))
    return Size(
        plain.get("cpu", 0), plain.get("memory", 0), plain.get("ephemeral-storage", 0),
        tuple(scalars), scored.get("cpu", 0), scored.get("memory", 0),
    )  # fmt: skip


# -- other pods -------------------------------------------------------------------------------


class Term(NamedTuple):
    """One pod (anti-)affinity term, namespaces resolved. `weight` is signed, 0 for required."""

    topology: str
    selector: Selector
    namespaces: frozenset[str]
    namespace_selector: Selector
    weight: int = 0

    def matches(self, namespace: str, namespace_labels: Labels, labels: Labels) -> bool:
        """True when a pod of that namespace and those labels is meant."""
        if namespace not in self.namespaces and not self.namespace_selector.matches(
            namespace_labels
        ):
            return False
        return self.selector.matches(labels)


def _narrowed(
    selector: Mapping[str, Any] | None, labels: Labels, same: Iterable[str], other: Iterable[str]
) -> Selector:
    """Merge matchLabelKeys and mismatchLabelKeys into a label selector."""
    if selector is None:
        return selectors.NOTHING
    extra = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for keys, operator in ((same, "In"), (other, "NotIn"))
        for key in keys
        if key in labels
    ]
    if not extra:
        return selectors.from_object(selector)
    expressions = [*(selector.get("matchExpressions") or ()), *extra]
    return selectors.from_object({**selector, "matchExpressions": expressions})


def _term(raw: Mapping[str, Any], namespace: str, labels: Labels, weight: int = 0) -> Term:
    names = raw.get("namespaces") or ()
    chosen = raw.get("namespaceSelector")
    if not names and chosen is None:
        names = (namespace,)
    return Term(
        raw["topologyKey"],
        _narrowed(
            raw.get("labelSelector"), labels,
            raw.get("matchLabelKeys") or (), raw.get("mismatchLabelKeys") or (),
        ),
        frozenset(names),
        selectors.from_object(chosen),
        weight,
    )  # fmt: skip


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class Spread(NamedTuple):
    """One topology spread constraint."""

    topology: str
    max_skew: int
    selector: Selector
    min_domains: int
    honor_affinity: bool
    honor_taints: bool


DEFAULT_SPREAD = ((HOSTNAME, 3), (ZONE, 5))
"""(topology key, maxSkew) of the built-in soft constraints of pods that name none."""


def _spread(raw: Mapping[str, Any], labels: Labels) -> Spread:
    return Spread(
        raw["topologyKey"],
        raw["maxSkew"],
        _narrowed(raw.get("labelSelector"), labels, raw.get("matchLabelKeys") or (), ()),
        raw.get("minDomains") or 1,
        raw.get("nodeAffinityPolicy", "Honor") == "Honor",
        raw.get("nodeTaintsPolicy", "Ignore") == "Honor",
    )


def _image_name(image: str) -> str:
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"


class Claim(NamedTuple):
    """A claim that a pod mounts; `ephemeral` ones are made for the pod by a controller."""

    name: str
    ephemeral: bool


class Template:
    """The placement-relevant part of a pod. Compared by identity; equal pods share one.

    The fields after `groups` are the board's own notes about where such pods stand.
    """

    __slots__ = (
        "affinity_key", "avoid", "claims", "containers", "counted", "counted_upto",
        "default_spread", "epoch", "facing", "facing_upto", "groups", "hard", "images", "key",
        "labels", "namespace", "near", "only", "owner", "ports", "preemption_policy",
        "preferences", "priority", "selectors_version", "size", "soft",
        "soft_counters", "spots", "spread_given",
        "tolerations", "tolerations_key", "wish",
    )  # fmt: skip

    def __init__(self, key: bytes, pod: Obj) -> None:
        meta, spec = pod["metadata"], pod["spec"]
        labels: Labels = meta.get("labels") or {}
        namespace: str = meta["namespace"]
        self.key = key
        self.namespace = namespace
        self.labels = labels
        self.owner = _owner(meta)
        self.size = size_of(spec)
        self.tolerations: Sequence[Mapping[str, Any]] = spec.get("tolerations") or ()
        self.tolerations_key = orjson.dumps(self.tolerations)
        affinity = spec.get("affinity") or {}
        self.wish = wish_of(spec)
        self.affinity_key = orjson.dumps(tuple(self.wish))
        self.only = self.wish.only()
        near = affinity.get("podAffinity") or {}
        avoid = affinity.get("podAntiAffinity") or {}
        self.near = tuple(_term(raw, namespace, labels) for raw in near.get(_REQUIRED) or ())
        self.avoid = tuple(_term(raw, namespace, labels) for raw in avoid.get(_REQUIRED) or ())
        self.preferences = tuple(
            _term(raw["podAffinityTerm"], namespace, labels, sign * raw["weight"])
            for sign, side in ((1, near), (-1, avoid))
            for raw in side.get(_PREFERRED) or ()
        )
        given = spec.get("topologySpreadConstraints") or ()
        self.spread_given = bool(given)
        self.hard = tuple(
            _spread(raw, labels) for raw in given if raw["whenUnsatisfiable"] == "DoNotSchedule"
        )
        self.soft = tuple(
            _spread(raw, labels) for raw in given if raw["whenUnsatisfiable"] == "ScheduleAnyway"
        )
        containers = (*(spec.get("initContainers") or ()), *spec["containers"])
        self.containers = len(containers)
        self.images = tuple(_image_name(one.get("image") or "") for one in containers)
        self.ports: tuple[HostPort, ...] = host_ports(spec)
        self.claims = _claims(meta, spec)
        self.preemption_policy: str = spec.get("preemptionPolicy") or "PreemptLowerPriority"
        self.priority: int = spec.get("priority") or 0
        # The board's notes.
        self.epoch = -1
        self.groups: tuple[Any, ...] = ()
        self.spots: dict[int, list[int]] = {}
        self.counted: list[Any] = []
        self.counted_upto = 0
        self.facing: list[Any] = []
        self.facing_upto = 0
        self.selectors_version = -1
        self.default_spread: tuple[Spread, ...] = ()
        self.soft_counters: tuple[Any, ...] | None = None


def _owner(meta: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return (apiVersion, kind, name) of the controlling owner."""
    for reference in meta.get("ownerReferences") or ():
        if reference.get("controller"):
            return reference.get("apiVersion", ""), reference["kind"], reference["name"]
    return None


def _claims(meta: Mapping[str, Any], spec: Mapping[str, Any]) -> tuple[Claim, ...]:
    return tuple(Claim(use.claim, use.ephemeral) for use in uses_of(spec, meta.get("name", "")))


def _container_key(container: Mapping[str, Any]) -> tuple[Any, ...]:
    ports = container.get("ports")
    return (
        container.get("image"),
        container.get("resources"),
        [port for port in ports if port.get("hostPort")] if ports else None,
        container.get("restartPolicy"),
    )


class Templates:
    """Templates by value of the pod's placement-relevant fields."""

    __slots__ = ("_by_key", "choose_namespaces")

    def __init__(self) -> None:
        self._by_key: dict[bytes, Template] = {}
        # True once some template chose other pods by the labels of their namespace.
        self.choose_namespaces = False

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Template]:
        return iter(self._by_key.values())

    def of(self, pod: Obj) -> Template:
        """Return the template of a pod. Raises InvalidQuantity, InvalidSelector, KeyError."""
        meta, spec = pod["metadata"], pod["spec"]
        inits = spec.get("initContainers")
        volumes = spec.get("volumes")
        key = orjson.dumps((
            meta["namespace"], meta.get("labels"), _owner(meta),
            spec.get("nodeSelector"), spec.get("affinity"), spec.get("tolerations"),
            spec.get("topologySpreadConstraints"), spec.get("overhead"), spec.get("resources"),
            spec.get("preemptionPolicy"), spec.get("priority") or 0,
            [_container_key(one) for one in spec["containers"]],
            [_container_key(one) for one in inits] if inits else None,
            [tuple(claim) for claim in _claims(meta, spec)] if volumes else None,
        ))  # fmt: skip
        template = self._by_key.get(key)
        if template is None:
            template = self._by_key[key] = Template(key, pod)
            self.choose_namespaces = self.choose_namespaces or any(
                term.namespace_selector is not selectors.NOTHING
                for term in (*template.near, *template.avoid, *template.preferences)
            )
        return template

    def keep(self, used: Iterable[Template]) -> None:
        """Forget all templates but *used*."""
        self._by_key = {template.key: template for template in used}
