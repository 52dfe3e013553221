"""What the words of a target mean: a kind, a namespace and a name.

Of a fault that hits namespaces the target is `namespace/name` or a name; of any other it is
`[namespace/]kind/name` or a name alone. A name alone is looked for as it is, first
among Deployments, then pods, ReplicaSets, Services and nodes; then as the short name of a
workload: `stt` and `stt-deployment` mean each other, and the `app` label names one as well.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    NODES,
    PODS,
    REPLICASETS,
    SERVICES,
    STATEFULSETS,
)
from ecp.kube.pods import is_active
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj

_ZONE = "topology.kubernetes.io/zone"
SYSTEM_SPACES = "kube-"
"""How namespaces of the cluster itself begin."""
RESOURCES = {
    "deployment": DEPLOYMENTS,
    "statefulset": STATEFULSETS,
    "daemonset": DAEMONSETS,
    "pod": PODS,
    "replicaset": REPLICASETS,
    "service": SERVICES,
    "node": NODES,
}
SHORT = {
    "deploy": "deployment",
    "sts": "statefulset",
    "ds": "daemonset",
    "po": "pod",
    "rs": "replicaset",
    "svc": "service",
    "no": "node",
    "zone": "zone",
    "zones": "zone",
    **{kind: kind for kind in RESOURCES},
    **{f"{kind}s": kind for kind in RESOURCES},
}
_SUFFIXES = ("-deployment", "-service", "-svc", "-deploy")


class Scope(NamedTuple):
    """What is meant: kind (of `RESOURCES`, or "zone"),
    namespace ("" for nodes and zones) and name."""

    kind: str
    namespace: str
    name: str

    @property
    def word(self) -> str:
        """Return `kind/name`."""
        return f"{self.kind}/{self.name}"


def offers(node: Obj, resource: str) -> bool:
    """Whether a node has some of a resource; each has of ""."""
    capacity = (node.get("status") or {}).get("capacity") or {}
    return not resource or quantity.value(str(capacity.get(resource, "0"))) > 0


class Search:
    """One search: what was said, and where it may be meant."""

    def __init__(
        self,
        read: Reader,
        fault: str,
        wanted: str,
        namespaces: Sequence[str] | None,
        having: str = "",
    ) -> None:
        self._read = read
        self.fault = fault
        self.wanted = wanted.strip()
        self._namespaces = namespaces
        self._having = having
        self.nodes: dict[str, Obj] = {
            node["metadata"]["name"]: node for node in read.list(NODES) if offers(node, having)
        }
        pods = [
            pod
            for pod in read.list(PODS)
            if pod["spec"].get("nodeName") and is_active(pod) and self._within(key_of(pod)[0])
        ]
        # Bound, and not on their way out; by namespace and name.
        self.candidates: list[Obj] = sorted(pods, key=key_of)

    def _within(self, namespace: str) -> bool:
        if self._namespaces:
            return namespace in self._namespaces
        return not namespace.startswith(SYSTEM_SPACES)

    def zones(self) -> dict[str, list[str]]:
        """Return the nodes of each zone, by name."""
        zones: dict[str, list[str]] = {}
        for name in sorted(self.nodes):
            zone = (self.nodes[name]["metadata"].get("labels") or {}).get(_ZONE)
            if zone:
                zones.setdefault(zone, []).append(name)
        return zones

    def resolved(self, known: Sequence[str] | None = None) -> Scope:
        """Return what the words mean; *known* are the targets to list where they mean nothing.

        Raises FaultRefused: nothing, or several things.
        """
        *before, name = self.wanted.split("/")
        kind = SHORT.get(before[-1].lower()) if before else None
        known = self.known() if known is None else known
        if before and kind is None:
            raise self.refused(known)
        namespace = before[0] if len(before) == 2 else None
        if kind is not None:
            return self._only(self._named(kind, name, namespace), known)
        for sort in RESOURCES:
            found = self._named(sort, name, namespace)
            if found:
                return self._only(found, known)
        return self._only(self._nicknamed(name), known)

    def _named(self, kind: str, name: str, namespace: str | None) -> list[Scope]:
        if kind == "node":
            return [Scope("node", "", name)] if name in self.nodes else []
        resource = RESOURCES.get(kind)
        if resource is None:
            return []
        return [
            Scope(kind, meta["namespace"], name)
            for meta in (obj["metadata"] for obj in self._read.list(resource))
            if meta["name"] == name
            and self._within(meta["namespace"])
            and namespace in (None, meta["namespace"])
        ]

    def _nicknamed(self, name: str) -> list[Scope]:
        """Return the Deployments that go by that name for short."""
        short = _stem(name)
        found = []
        for deployment in self._read.list(DEPLOYMENTS):
            meta = deployment["metadata"]
            if not self._within(meta["namespace"]):
                continue
            label = (deployment["spec"]["template"]["metadata"].get("labels") or {}).get("app")
            exact = short in (_stem(meta["name"]), label)
            if exact or meta["name"].startswith(f"{short}-"):
                found.append((exact, Scope("deployment", meta["namespace"], meta["name"])))
        best = [scope for exact, scope in found if exact]
        return best or [scope for _, scope in found]

    def _only(self, found: list[Scope], known: Sequence[str]) -> Scope:
        if not found:
            raise self.refused(known)
        if len(found) > 1:
            raise self.ambiguous([f"{scope.namespace}/{scope.word}".lstrip("/") for scope in found])
        return found[0]

    def known(self) -> list[str]:
        """Return the words of every target that could be meant."""
        owned = [
            Scope(word_of(resource), obj["metadata"]["namespace"], obj["metadata"]["name"])
            for resource in (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)
            for obj in self._read.list(resource)
            if self._within(obj["metadata"]["namespace"])
        ]
        if not owned:
            owned = [Scope("pod", *key_of(pod)) for pod in self.candidates]
        several = len({scope.namespace for scope in owned}) > 1
        return sorted(f"{s.namespace}/{s.word}" if several else s.word for s in owned)

    def refused(self, known: Sequence[str]) -> FaultRefused:
        """Return the refusal: nothing goes by that name, or nothing runs."""
        wanted = self.wanted or "-"
        key = "fault.no-node-having" if self._having else "fault.no-target"
        said = {"name": self.fault, "target": wanted}
        if self._having:
            said["resource"] = self._having
        return FaultRefused(key, targets=known, **said)

    def ambiguous(self, known: Sequence[str]) -> FaultRefused:
        """Return the refusal: several things go by that name."""
        return FaultRefused("fault.ambiguous", targets=known, name=self.fault, target=self.wanted)


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            return name[: -len(suffix)]
    return name


def key_of(pod: Obj) -> Key:
    """Return an object's namespace and name."""
    return (pod["metadata"]["namespace"], pod["metadata"]["name"])


def word_of(resource: str) -> str:
    """Return a kind of `RESOURCES` by the name of its resource."""
    return resource.partition(".")[0].removesuffix("s")
