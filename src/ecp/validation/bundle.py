"""An input as one thing: which pods it makes, who selects them, what else is there.

`Bundle` holds the objects of the input on top of those of the cluster, and knows of each namespace
whether anything could still come from elsewhere. Checks of links between objects read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube.schema import Gvk
from ecp.kube.selectors import InvalidSelector, from_object
from ecp.kube.yaml import Path
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import GroupKind, State

POD_PATHS: Final[Mapping[GroupKind, tuple[str, ...]]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
}
"""Where the pod is in each kind that makes pods."""
SERVING: Final = frozenset(
    {("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet")}
)
SERVICE: Final = ("", "Service")
_KEPT_APART: Final = frozenset({("", "Secret"), ("", "PersistentVolumeClaim")})
# Groups of one label are built in, and so are those below k8s.io; objects of the others may be
# told to an operator, which makes more of them.
_MAKES_NOTHING: Final = frozenset({"monitoring.coreos.com"})


class Note(NamedTuple):
    """What is wrong with one document in the light of the others."""

    document: int
    rule: str
    path: Path
    message: str
    params: Mapping[str, str] = {}


class Carrier(NamedTuple):
    """An object that makes pods.

    document   its index in the input, -1 for one that is in the cluster only
    at         where its pod is
    replicas   how many pods it wants
    """

    group_kind: GroupKind
    namespace: str
    name: str
    document: int
    object: Object
    at: tuple[str, ...]
    labels: Mapping[str, str]
    spec: Object
    replicas: int

    @property
    def called(self) -> str:
        return f"{self.group_kind[1]} {self.name}"

    def boxes(self) -> Iterator[tuple[Path, Object]]:
        """Yield (path, container) of the containers, init containers after the others."""
        for field in ("containers", "initContainers"):
            for number, box in enumerate(items(self.spec.get(field))):
                yield (*self.at, "spec", field, number), mapping(box)

    def ports(self) -> Iterator[Object]:
        for _, box in self.boxes():
            yield from map(mapping, items(box.get("ports")))


class Subject(NamedTuple):
    """An accepted document."""

    document: int
    group_kind: GroupKind
    namespace: str
    name: str
    object: Object


class Bundle:
    """The input's accepted objects as subjects, in a world of all objects.

    whole   the input is all that its namespaces will have, save what is kept out of manifests
    """

    def __init__(
        self, subjects: Iterable[Subject], given: State, world: State, *, known: bool, whole: bool
    ) -> None:
        self.subjects = list(subjects)
        self.given = given
        self.world = world
        self.known = known
        self._whole = whole
        self.by_kind: dict[GroupKind, list[Subject]] = {}
        for subject in self.subjects:
            self.by_kind.setdefault(subject.group_kind, []).append(subject)
        self._suppliers = {
            place for (group, _), place, _ in given.everything() if _may_make_more(group)
        }
        documents = {
            (subject.group_kind, subject.namespace, subject.name): subject.document
            for subject in self.subjects
        }
        self.carriers = list(_carriers(world, documents))
        self._by_label: dict[tuple[str, str, str], list[Carrier]] = {}
        self._by_place: dict[str, list[Carrier]] = {}
        for carrier in self.carriers:
            self._by_place.setdefault(carrier.namespace, []).append(carrier)
            for key, value in carrier.labels.items():
                self._by_label.setdefault((carrier.namespace, key, value), []).append(carrier)

    def is_whole(self, namespace: str, kind: GroupKind = SERVICE) -> bool:
        """Tell whether nothing but what is seen can be of that kind in a namespace.

        So it is with a cluster's state, and where the input brings the namespace itself; where
        the caller says so, except for Secrets and claims, which others make and which outlive a
        release. And never where an operator is told to make more.
        """
        brought = self.known or self.given.find("", "Namespace", "", namespace) is not None
        said = self._whole and kind not in _KEPT_APART
        return (brought or said) and namespace not in self._suppliers

    def brings(self, namespace: str, *kinds: GroupKind) -> bool:
        """Tell whether the input has objects of one of these kinds there."""
        if namespace in self._suppliers:
            return False
        return any(self.given.has(*kind, namespace) for kind in kinds)

    def pods(self, namespace: str) -> list[Carrier]:
        return self._by_place.get(namespace, [])

    def matched(self, namespace: str, labels: Object) -> list[Carrier]:
        """Return who makes pods that have all these labels; the map is not empty."""
        pairs = list(labels.items())
        found = self._by_label.get((namespace, *pairs[0]), [])
        rest = pairs[1:]
        if not rest:
            return found
        return [one for one in found if all(one.labels.get(key) == text for key, text in rest)]

    def selected(self, namespace: str, selector: Any) -> list[Carrier]:
        """Return who makes pods that a LabelSelector selects; an empty one selects all."""
        wanted = mapping(selector)
        labels = mapping(wanted.get("matchLabels"))
        found = self.matched(namespace, labels) if labels else self.pods(namespace)
        if not wanted.get("matchExpressions"):
            return found
        try:
            meant = from_object(wanted)
        except InvalidSelector:
            return []
        return [carrier for carrier in found if meant.matches(carrier.labels)]


def _may_make_more(group: str) -> bool:
    return "." in group and not group.endswith(".k8s.io") and group not in _MAKES_NOTHING


def _carriers(
    world: State, documents: Mapping[tuple[GroupKind, str, str], int]
) -> Iterator[Carrier]:
    for group_kind, at in POD_PATHS.items():
        for obj in world.of(*group_kind):
            meta = mapping(obj.get("metadata"))
            if items(meta.get("ownerReferences")):
                # Its owner is counted.
                continue
            pod: Object = obj
            for step in at:
                pod = mapping(pod.get(step))
            name, place = str(meta.get("name")), world.place(group_kind[1], meta)
            labels = mapping(mapping(pod.get("metadata")).get("labels"))
            yield Carrier(
                group_kind,
                place,
                name,
                documents.get((group_kind, place, name), -1),
                obj,
                at,
                {key: text for key, text in labels.items() if isinstance(text, str)},
                mapping(pod.get("spec")),
                _replicas(group_kind, obj),
            )


def _replicas(group_kind: GroupKind, obj: Object) -> int:
    spec = mapping(obj.get("spec"))
    field = "parallelism" if group_kind == ("batch", "Job") else "replicas"
    wanted = spec.get(field)
    if group_kind == ("batch", "CronJob") or isinstance(wanted, bool):
        return 1
    return wanted if isinstance(wanted, int) and group_kind != ("", "Pod") else 1


def group_of(api_version: Any) -> str:
    return Gvk.of(api_version, "").group if isinstance(api_version, str) else ""
