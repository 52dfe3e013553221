"""How objects hang together beside ownership: who routes to, reads, scales or guards whom. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.selectors import InvalidSelector, Selector, from_map, from_object
from ecp.kube.volumes import uses
from ecp.orchestrator.records import Obj

TYPES: Final = (
    "routes", "serves", "reads", "mounts", "runs-as", "runs-on", "scales", "guards", "admits",
)  # fmt: skip
"""Ingress→Service; Service→Pod; →ConfigMap or Secret; Pod→claim; Pod→ServiceAccount; Pod→Node;
autoscaler→workload; PodDisruptionBudget→workload; NetworkPolicy→workload."""
NODE: Final = "Node"
_REVISION: Final = "controller-revision-hash"


class Link(NamedTuple):
    """From an object to another, each (kind, namespace, name), and what the one is to the other."""

    source: tuple[str, str, str]
    target: tuple[str, str, str]
    type: str


Key = tuple[str, str, str]


def key_of(obj: Obj) -> Key:
    """Return what names an object here: kind, namespace ("" = none), name."""
    meta = obj["metadata"]
    return obj["kind"], meta.get("namespace", ""), meta["name"]


class Linked(NamedTuple):
    """A pod, its labels and where it leads to; that holds for as long as it is the same object."""

    key: Key
    pod: Obj
    labels: frozenset[tuple[str, str]]
    links: Sequence[Link]


def links(
    live: Mapping[Key, Obj], tops: Mapping[Key, Key], before: Mapping[Key, Linked]
) -> tuple[list[Link], dict[Key, Linked]]:
    """Return the links among objects, each once: those that no pod has, and each pod's own.

    *tops*: the workload at the top of each pod; *before*: pods' links as they were.
    """
    by_kind: dict[str, list[Obj]] = {}
    for obj in live.values():
        by_kind.setdefault(obj["kind"], []).append(obj)
    read: dict[tuple[str, str], list[tuple[str, str]]] = {}
    linked: dict[Key, Linked] = {}
    for key, obj in live.items():
        if key[0] == "Pod":
            one = before.get(key)
            if one is None or one.pod is not obj:
                labels = frozenset((obj["metadata"].get("labels") or {}).items())
                one = Linked(key, obj, labels, [*dict.fromkeys(_of_pod(obj, read))])
            linked[key] = one
    labelled = _Labelled(linked.values())
    found = dict.fromkeys(_served(by_kind, labelled))
    for ingress in by_kind.get("Ingress", ()):
        found.update(dict.fromkeys(_of_ingress(ingress)))
    for scaler in by_kind.get("HorizontalPodAutoscaler", ()):
        aim, space = scaler["spec"]["scaleTargetRef"], scaler["metadata"]["namespace"]
        found[Link(key_of(scaler), (aim["kind"], space, aim["name"]), "scales")] = None
    for kind, word, field in _SELECTING:
        for obj in by_kind.get(kind, ()):
            selector = _selector(from_object, (obj.get("spec") or {}).get(field))
            aims = {tops.get(at, at) for at in labelled.of(obj["metadata"]["namespace"], selector)}
            found.update(dict.fromkeys(Link(key_of(obj), aim, word) for aim in sorted(aims)))
    return list(found), linked


_SELECTING: Final = (
    ("PodDisruptionBudget", "guards", "selector"),
    ("NetworkPolicy", "admits", "podSelector"),
)


class _Labelled:
    """Pods of each namespace, grouped by their labels: thousands of replicas are judged once."""

    def __init__(self, pods: Iterable[Linked]) -> None:
        self._groups: dict[tuple[str, frozenset[tuple[str, str]]], list[Key]] = {}
        for pod in pods:
            self._groups.setdefault((pod.key[1], pod.labels), []).append(pod.key)

    def of(self, namespace: str, selector: Selector | None) -> Iterator[Key]:
        if selector is None:
            return
        for (space, labels), pods in self._groups.items():
            if space == namespace and selector.matches(dict(labels)):
                yield from pods


def _selector(read: Any, given: Any) -> Selector | None:
    try:
        found: Selector = read(given)
    except InvalidSelector:
        return None
    return found


def _served(by_kind: Mapping[str, list[Obj]], labels: _Labelled) -> Iterator[Link]:
    """Yield Service→Pod by the selector, ready or not; without one as EndpointSlices say it."""
    told: set[Key] = set()
    for obj in by_kind.get("Service", ()):
        chosen = obj["spec"].get("selector")
        if not chosen:
            continue
        told.add(key_of(obj))
        for pod in labels.of(obj["metadata"]["namespace"], _selector(from_map, chosen)):
            yield Link(key_of(obj), pod, "serves")
    for piece in by_kind.get("EndpointSlice", ()):
        meta = piece["metadata"]
        name = (meta.get("labels") or {}).get("kubernetes.io/service-name", "")
        service = ("Service", meta["namespace"], name)
        for row in piece.get("endpoints") or () if service not in told else ():
            target = row.get("targetRef") or {}
            if target.get("kind") == "Pod":
                space = target.get("namespace") or meta["namespace"]
                yield Link(service, ("Pod", space, target["name"]), "serves")


def _of_ingress(ingress: Obj) -> Iterator[Link]:
    spec, space, source = ingress["spec"], ingress["metadata"]["namespace"], key_of(ingress)
    backends = [spec.get("defaultBackend") or {}]
    for rule in spec.get("rules") or ():
        paths = (rule.get("http") or {}).get("paths") or ()
        backends += [path.get("backend") or {} for path in paths]
    for backend in backends:
        name = (backend.get("service") or {}).get("name")
        if name:
            yield Link(source, ("Service", space, name), "routes")
    for row in spec.get("tls") or ():
        if row.get("secretName"):
            yield Link(source, ("Secret", space, row["secretName"]), "reads")


def _of_pod(pod: Obj, read: dict[tuple[str, str], list[tuple[str, str]]]) -> Iterator[Link]:
    """Yield what a pod runs as and on, mounts and reads; *read*: what those of its template do."""
    spec, space, source = pod["spec"], pod["metadata"]["namespace"], key_of(pod)
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    yield Link(source, ("ServiceAccount", space, account), "runs-as")
    if spec.get("nodeName"):
        yield Link(source, (NODE, "", spec["nodeName"]), "runs-on")
    for use in uses(pod):
        yield Link(source, ("PersistentVolumeClaim", space, use.claim), "mounts")
    owners = pod["metadata"].get("ownerReferences") or ()
    revision = (pod["metadata"].get("labels") or {}).get(_REVISION, "")
    template = (owners[0]["uid"] if owners else pod["metadata"]["uid"], revision)
    if template not in read:
        read[template] = list(references(spec))
    for kind, name in read[template]:
        yield Link(source, (kind, space, name), "reads")


def references(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the ConfigMaps and Secrets that a pod's spec reads: (kind, name)."""
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for row in container.get("envFrom") or ():
            yield from _named(row.get("configMapRef"), row.get("secretRef"), "name")
        for row in container.get("env") or ():
            source = row.get("valueFrom") or {}
            yield from _named(source.get("configMapKeyRef"), source.get("secretKeyRef"), "name")
    for volume in spec.get("volumes") or ():
        yield from _named(volume.get("configMap"), None, "name")
        yield from _named(None, volume.get("secret"), "secretName")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _named(source.get("configMap"), source.get("secret"), "name")
    for row in spec.get("imagePullSecrets") or ():
        yield from _named(None, row, "name")


def _named(
    config: Mapping[str, Any] | None, secret: Mapping[str, Any] | None, field: str
) -> Iterator[tuple[str, str]]:
    for kind, source in (("ConfigMap", config), ("Secret", secret)):
        if source and source.get(field):
            yield kind, source[field]
