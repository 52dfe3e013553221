"""An input as one thing: which pods it makes, who selects them, what else is there.

`Bundle` holds the objects of the input on top of those of the cluster, and knows of each namespace
whether anything could still come from elsewhere. Checks of links between objects read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ecp.kube.schema import Gvk
from ecp.kube.selectors import InvalidSelector, from_object
from ecp.kube.yaml import Path
from ecp.validation.amounts import Amounts, resources_of
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import GroupKind, State

if TYPE_CHECKING:
    from ecp.validation.calls import Call

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
POLICY: Final = ("networking.k8s.io", "NetworkPolicy")
_KEPT_APART: Final = frozenset({("", "Secret"), ("", "PersistentVolumeClaim")})
# Groups of one label are built in, and so are those below k8s.io; objects of the others may be
# told to an operator, which makes more of them. Of these none makes what others refer to.
_MONITORING: Final = "monitoring.coreos.com"
_MAKES_NOTHING: Final = frozenset(
    (_MONITORING, kind)
    for kind in ("AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig",
                 "ServiceMonitor")
)  # fmt: skip
# Source: k8s.io/api apps/v1, batch/v1: what controllers tell their pods, revisions and Jobs by.
_GIVEN_LABELS: Final = frozenset(
    ("apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid",
     "batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/job-name", "controller-uid",
     "controller-revision-hash", "job-name", "pod-template-generation", "pod-template-hash",
     "statefulset.kubernetes.io/pod-name")
)  # fmt: skip
_CRD: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")
_AUTOSCALER: Final = ("autoscaling", "HorizontalPodAutoscaler")


class Note(NamedTuple):
    """What is wrong with one document in the light of the others.

    says     which of the rule's sentences tells it
    params   what is filled in there, and in the rule's hint
    """

    document: int
    rule: str
    path: Path
    params: Mapping[str, str] = {}
    says: str = "plain"


class Carrier(NamedTuple):
    """An object that makes pods.

    document   its index in the input, -1 for one that is in the cluster only
    at         where its pod is
    replicas   how many pods it wants
    boxed      path and container of each, init containers after the others
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
    boxed: tuple[tuple[Path, Object], ...]

    @property
    def called(self) -> str:
        return f"{self.group_kind[1]} {self.name}"

    def lasting(self) -> Iterator[tuple[Path, Object]]:
        """Yield (path, container) of those that run as long as the pod: sidecars, too."""
        for path, box in self.boxed:
            if path[-2] == "containers" or box.get("restartPolicy") == "Always":
                yield path, box

    def ports(self) -> Iterator[Object]:
        """Yield the ports that a Service can lead to.

        Source: kubernetes pkg/api/pod FindPort: containers, then restartable init containers.
        """
        for _, box in self.lasting():
            yield from map(mapping, items(box.get("ports")))

    @property
    def meta(self) -> Object:
        """The metadata of its pods."""
        pod: Object = self.object
        for step in self.at:
            pod = mapping(pod.get(step))
        return mapping(pod.get("metadata"))


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
    others  objects of the input whose kinds nothing is known of: their operators may make more
    """

    def __init__(
        self,
        subjects: Iterable[Subject],
        given: State,
        world: State,
        *,
        known: bool,
        whole: bool,
        others: State | None = None,
    ) -> None:
        self.subjects = list(subjects)
        self.given = given
        self.world = world
        self.known = known
        self._whole = whole
        self._counts = Counter(subject.namespace for subject in self.subjects)
        self.by_kind: dict[GroupKind, list[Subject]] = {}
        for subject in self.subjects:
            self.by_kind.setdefault(subject.group_kind, []).append(subject)
        told = (given,) if others is None else (given, others)
        self._suppliers = {
            place
            for state in told
            for kind, place, _ in state.everything()
            if _may_make_more(*kind)
        }
        self._wholes: dict[tuple[str, GroupKind], bool] = {}
        self._requests: dict[int, Amounts] = {}
        self._operated = any(_is_operators(crd) for crd in given.of(*_CRD))
        self._documents = {
            (subject.group_kind, subject.namespace, subject.name): subject.document
            for subject in self.subjects
        }
        self.carriers = list(_carriers(world, self._documents))
        self._bounds = dict(_bounds(world))
        # Whom each of them calls, once `calls` has looked.
        self.told: dict[tuple[GroupKind, str, str], list[Call]] = {}
        self._by_label: dict[tuple[str, str, str], list[Carrier]] = {}
        self._by_place: dict[str, list[Carrier]] = {}
        for carrier in self.carriers:
            self._by_place.setdefault(carrier.namespace, []).append(carrier)
            for key, value in carrier.labels.items():
                self._by_label.setdefault((carrier.namespace, key, value), []).append(carrier)

    def is_whole(self, namespace: str, kind: GroupKind = SERVICE) -> bool:
        """Tell whether nothing but what is seen can be of that kind in a namespace.

        So it is with a cluster's state. So it is, too, where the input brings the namespace or the
        caller says so, except for Secrets and claims, which others make and which outlive a
        release. And never where an operator may make more.
        """
        found = self._wholes.get((namespace, kind))
        if found is None:
            # What is kept apart may be made at any time: Secrets by a Job, claims by hand.
            apart = kind in _KEPT_APART
            brought = self.knows(kind) or (not apart and self.brings_namespace(namespace))
            said = self._whole and not apart
            found = (brought or said) and not self._may_get_more(namespace)
            self._wholes[namespace, kind] = found
        return found

    def knows(self, kind: GroupKind) -> bool:
        """Tell whether all of a kind that a cluster has is known."""
        return self.known and kind not in self.world.unseen

    def brings(self, namespace: str, *kinds: GroupKind) -> bool:
        """Tell whether the input has objects of one of these kinds there."""
        if self._may_get_more(namespace):
            return False
        return any(self.given.has(*kind, namespace) for kind in kinds)

    def brings_namespace(self, namespace: str) -> bool:
        """Tell whether the input brings the namespace itself."""
        if self._may_get_more(namespace):
            return False
        return self.given.find("", "Namespace", "", namespace) is not None

    def document_of(self, kind: GroupKind, namespace: str, name: str) -> int:
        """Return the index of an object's document, -1 for one that is in the cluster only."""
        return self._documents.get((kind, namespace, name), -1)

    def is_set(self, namespace: str) -> bool:
        """Tell whether the input has several objects there, as a release has."""
        if self._may_get_more(namespace):
            return False
        return self._counts[namespace] > 1

    def _may_get_more(self, namespace: str) -> bool:
        return self._operated or namespace in self._suppliers

    def replicas(self, carrier: Carrier) -> int:
        """Return how many pods it wants once its autoscaler has put that into its bounds."""
        least, most = self._bounds.get(
            (carrier.group_kind, carrier.namespace, carrier.name), (None, None)
        )
        wanted = carrier.replicas
        if least is None or most is None or not wanted:
            return wanted
        return max(least, min(wanted, most))

    def fewest(self, carrier: Carrier) -> int:
        """Return how many pods its autoscaler, where it has one, may leave of it."""
        least, _ = self._bounds.get(
            (carrier.group_kind, carrier.namespace, carrier.name), (None, None)
        )
        return carrier.replicas if least is None or not carrier.replicas else least

    def requests(self, box: Object) -> Amounts:
        """Return what a container of the bundle requests; added up once."""
        found = self._requests.get(id(box))
        if found is None:
            found = self._requests[id(box)] = resources_of(box, "requests")
        return found

    def pods(self, namespace: str) -> list[Carrier]:
        return self._by_place.get(namespace, [])

    def matched(self, namespace: str, labels: Object) -> list[Carrier]:
        """Return who makes pods that have all these labels; the map is not empty.

        Labels that a controller gives to each of its pods are taken to be there.
        """
        pairs = [(key, text) for key, text in labels.items() if key not in _GIVEN_LABELS]
        if not pairs:
            return self.pods(namespace)
        if not all(isinstance(text, str) for _, text in pairs):
            # Not decoded, as an object of a state may be.
            return []
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
        asked = [
            one
            for one in map(mapping, items(wanted.get("matchExpressions")))
            if str(one.get("key")) not in _GIVEN_LABELS
        ]
        try:
            meant = from_object({"matchExpressions": asked})
        except InvalidSelector:
            return []
        return [carrier for carrier in found if meant.matches(carrier.labels)]


def _may_make_more(group: str, kind: str) -> bool:
    if "." not in group or group.endswith(".k8s.io"):
        return False
    return (group, kind) not in _MAKES_NOTHING


def _is_operators(crd: Object) -> bool:
    """Tell whether a definition comes with an operator, which may make objects anywhere."""
    spec = mapping(crd.get("spec"))
    group, kind = spec.get("group"), mapping(spec.get("names")).get("kind")
    return isinstance(group, str) and _may_make_more(group, str(kind))


def _bounds(world: State) -> Iterator[tuple[tuple[GroupKind, str, str], tuple[int, int]]]:
    """Yield (kind, namespace and name, (minReplicas, maxReplicas)) of what autoscalers scale."""
    for obj in world.of(*_AUTOSCALER):
        spec = mapping(obj.get("spec"))
        target = mapping(spec.get("scaleTargetRef"))
        kind = group_of(target.get("apiVersion")), str(target.get("kind"))
        place = world.place(_AUTOSCALER[1], mapping(obj.get("metadata")))
        least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
        if isinstance(least, int) and isinstance(most, int):
            yield (kind, place, str(target.get("name"))), (least, most)


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
            spec = mapping(pod.get("spec"))
            yield Carrier(
                group_kind,
                place,
                name,
                documents.get((group_kind, place, name), -1),
                obj,
                at,
                {key: text for key, text in labels.items() if isinstance(text, str)},
                spec,
                _replicas(group_kind, obj),
                tuple(
                    ((*at, "spec", field, number), mapping(box))
                    for field in ("containers", "initContainers")
                    for number, box in enumerate(items(spec.get(field)))
                ),
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
