"""What a fault is aimed at: nodes, pods, namespaces and other things, from a target's scope."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    SECRETS,
    SERVICES,
    STATEFULSETS,
)
from ecp.kube.pods import is_active
from ecp.kube.selectors import from_map
from ecp.sim.faults.effects import chosen
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.searching import (
    RESOURCES,
    SHORT,
    SYSTEM_SPACES,
    Scope,
    Search,
    key_of,
    offers,
    word_of,
)
from ecp.sim.faults.selecting import nodes_of, pods_of, some
from ecp.sim.plans import Reader, controller_of
from ecp.sim.store import Obj
from ecp.sim.world import World
from ecp.sim.world.troubles import DOORS, host_of
from ecp.sim.world.usage import SYSTEM

_ANY = "*"
ACTORS = ("kube-scheduler", "kube-controller-manager", *DOORS)
"""What of the control plane can be made to stand still: loops, as user agents, and its doors."""
_SETS = {"StatefulSet": STATEFULSETS, "DaemonSet": DAEMONSETS}


class Aim(NamedTuple):
    """What is hit. `targets` are words for people; `pods` include those of hit nodes.

    Of `spaces`, namespaces, nothing runs otherwise: their measurement, customers or quota are hit.
    `names` are other things that are hit: registries, pools, loops, Secrets; `reached` the
    namespaces that depend on them, whose pods are as they were.
    """

    scope: Scope
    targets: list[str]
    nodes: list[str]
    pods: list[Obj]
    spaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()


class Targets:
    """Finds targets in one cluster."""

    def __init__(self, read: Reader, world: World) -> None:
        self._read = read
        self._world = world

    def aim(
        self,
        fault: str,
        at: str,
        wanted: str,
        namespaces: Sequence[str] | None,
        draw: Callable[[], float],
        having: str = "",
    ) -> Aim:
        """Find what *fault*, which hits *at* ("node", "zone", "pod", "workload"), is to hit.

        Without *wanted* the draw chooses among what runs in *namespaces* (None: all but the
        system's). Only nodes that have a resource *having* ("" = all) are hit. Raises FaultRefused
        that lists the targets where there is none, or several.
        """
        search = Search(self._read, fault, wanted, namespaces, having)
        if at in ("node", "zone"):
            scope = self._place(search, at, draw)
            nodes = [scope.name] if at == "node" else search.zones()[scope.name]
            pods = [pod for name in nodes for pod in self._read.on_node(name) if is_active(pod)]
            return Aim(scope, [f"node/{name}" for name in nodes], nodes, pods)
        candidates = search.candidates
        if not candidates:
            raise search.refused([])
        if not wanted:
            if at == "pod":
                return _single(candidates, draw)
            owners = list(dict.fromkeys(self.owners(candidates)))
            if not owners:
                raise search.refused([])
            words = [f"{ns}/{word_of(resource)}/{name}" for resource, ns, name in owners]
            namespace, kind, name = chosen(words, draw()).split("/", 2)
            scope = Scope(kind, namespace, name)
        else:
            scope = search.resolved()
        found = [pod for pod in candidates if self.belongs(pod, scope)]
        if not found:
            raise search.refused(search.known())
        if at == "pod" and scope.kind != "pod":
            return _single(found, draw)
        return Aim(scope, [scope.word], [], found)

    def selected(
        self,
        at: str,
        wish: Mapping[str, Any],
        draw: Callable[[int], float],
        fault: str,
        having: str = "",
    ) -> Aim:
        """Find the nodes (those with a resource *having*) or pods that a selector, a mode and a
        value mean. Raises FaultRefused."""
        selector, mode = wish["selector"], str(wish.get("mode") or "all")
        own = str(wish.get("own") or "")
        if at == "node":
            there = [node for node in nodes_of(self._read, selector, own) if offers(node, having)]
            meant = some(there, mode, str(wish.get("value") or ""), draw)
            nodes = [node["metadata"]["name"] for node in meant]
            pods = [pod for name in nodes for pod in self._read.on_node(name) if is_active(pod)]
            words = [f"node/{name}" for name in nodes]
        else:
            found = [pod for pod in pods_of(self._read, selector, own) if is_active(pod)]
            placed = [pod for pod in found if pod["spec"].get("nodeName")]
            pods = some(placed, mode, str(wish.get("value") or ""), draw)
            nodes = []
            words = ["pod/{}/{}".format(*key_of(pod)) for pod in pods]
        if not words:
            raise FaultRefused("fault.selects-nothing", name=fault)
        return Aim(Scope("pod", "", ""), words, nodes, pods)

    def named(
        self,
        fault: str,
        at: str,
        wanted: str,
        within: Sequence[str] | None,
        draw: Callable[[], float],
    ) -> Aim:
        """Find what is neither pod nor node, "" = the usual one; of pools one by the draw, of those
        that carry pods of *within* where some do. Raises FaultRefused."""
        name = wanted.strip().removeprefix(f"{at}/")
        pods: list[Obj] = []
        known = self._things(at, within)
        if at == "secret" and not known:
            raise FaultRefused("fault.no-certificate", targets=known, name=fault)
        if not name:
            name = _ANY if at == "registry" else known[0] if len(known) == 1 else ""
            if at == "actor":
                name = ACTORS[0]
            elif at == "pool" and known:
                near = [one for one in known if self._reached(at, one) & set(within or ())]
                name = chosen(near or known, draw())
        short = [one for one in known if name in (one.rpartition("/")[2], _bare(one))]
        if name not in known and len(short) == 1:
            name = short[0]
        if name not in known:
            raise FaultRefused("fault.no-target", targets=known, name=fault, target=name or "-")
        if at == "secret":
            namespace, secret = name.split("/")
            pods = [
                pod
                for pod in self._read.list(PODS, namespace)
                if pod["spec"].get("nodeName") and is_active(pod) and _mounts(pod, secret)
            ]
        meant = self._reached(at, name)
        return Aim(
            Scope(at, "", name), [f"{at}/{name}"], [], pods, (), (name,), tuple(sorted(meant))
        )

    def _things(self, at: str, within: Sequence[str] | None) -> list[str]:
        """Return what there is of a kind that is neither pod nor node."""
        lists: dict[str, Callable[[], list[str]]] = {
            "registry": self._registries,
            "pool": lambda: sorted(self._world.fleet.pools),
            "actor": lambda: list(ACTORS),
            "door": lambda: list(DOORS[:1]),
            "secret": lambda: self._secrets(within),
        }
        return lists[at]()

    def choices(
        self,
        at: str,
        within: Sequence[str] | None,
        followed: Callable[[str], bool],
        having: str = "",
    ) -> list[str]:
        """Return the words of all that a fault which hits *at* could be aimed at, as `aim`, `named`
        and `spaces` take them: of pods those of *within*, of nodes those that have *having*."""
        if at == "namespace":
            return self._spaces(within, followed)
        if at not in ("node", "zone", "pod", "workload"):
            return self._things(at, within)
        search = Search(self._read, "", "", within, having)
        if at in ("node", "zone"):
            return sorted(search.nodes if at == "node" else search.zones())
        pods = search.candidates if at == "pod" and within else []
        return [*search.known(), *(f"pod/{key_of(pod)[1]}" for pod in pods)]

    def _reached(self, at: str, name: str) -> set[str]:
        """Return the namespaces whose pods depend on what is no pod and no node: that pull from a
        registry, run on machines of a pool; all of what the control plane does."""
        nodes = {one.name for one in self._world.fleet.of(name)} if at == "pool" else set()
        if at == "secret":
            return {name.partition("/")[0]}
        return {
            space
            for pod in self._read.list(PODS)
            if is_active(pod)
            and not (space := pod["metadata"]["namespace"]).startswith(SYSTEM_SPACES)
            and (at != "pool" or pod["spec"].get("nodeName") in nodes)
            and (at != "registry" or name == _ANY or name in _hosts(pod))
        }

    def _registries(self) -> list[str]:
        return [_ANY, *sorted({host for pod in self._read.list(PODS) for host in _hosts(pod)})]

    def _secrets(self, within: Sequence[str] | None) -> list[str]:
        return sorted(
            "{}/{}".format(*key_of(one))
            for one in self._read.list(SECRETS)
            if (not within or one["metadata"]["namespace"] in within) and _is_certificate(one)
        )

    def spaces(
        self,
        fault: str,
        wanted: str,
        namespaces: Sequence[str] | None,
        followed: Callable[[str], bool],
        draw: Callable[[], float],
    ) -> Aim:
        """Find the namespaces that *fault* is to hit: of those that are *followed*.

        Without *wanted* all of *namespaces*, else one by the draw. Raises FaultRefused.
        """
        known = self._spaces(namespaces, followed)
        kind, _, name = wanted.strip().rpartition("/")
        if name and (kind not in ("", "namespace", "ns") or name not in known):
            words = [f"namespace/{one}" for one in known]
            raise FaultRefused("fault.no-target", targets=words, name=fault, target=wanted)
        if not known:
            raise FaultRefused("fault.no-target", targets=[], name=fault, target="-")
        hit = [name] if name else known if namespaces else [chosen(known, draw())]
        scope = Scope("namespace", hit[0], hit[0])
        return Aim(scope, [f"namespace/{one}" for one in hit], [], [], tuple(hit))

    def _spaces(
        self, namespaces: Sequence[str] | None, followed: Callable[[str], bool]
    ) -> list[str]:
        return sorted(
            name
            for name in (one["metadata"]["name"] for one in self._read.list(NAMESPACES))
            if followed(name) and (not namespaces or name in namespaces)
        )

    def _place(self, search: Search, at: str, draw: Callable[[], float]) -> Scope:
        """Return the node or zone that is meant."""
        wanted = search.wanted
        nodes = search.nodes
        zones = search.zones()
        known = zones if at == "zone" else nodes
        if not wanted:
            up = {
                pod["spec"]["nodeName"]: None
                for pod in search.candidates
                if self._world.node_is_up(pod["spec"]["nodeName"])
            }
            used = [
                name
                for name in sorted(known)
                if name in up or any(node in up for node in zones.get(name, ()))
            ]
            if not used:
                raise search.refused(sorted(known))
            return Scope(at, "", chosen(used, draw()))
        kind, _, name = wanted.rpartition("/")
        if SHORT.get(kind, at) == at and name in known:
            return Scope(at, "", name)
        if at == "zone" or SHORT.get(kind) == "node":
            raise search.refused(sorted(known))
        # A pod or a workload stands for the node that carries it.
        scope = search.resolved(sorted(known))
        carrying = sorted(
            {
                pod["spec"]["nodeName"]: None
                for pod in search.candidates
                if pod["spec"]["nodeName"] in nodes and self.belongs(pod, scope)
            }
        )
        if not carrying:
            raise search.refused(sorted(known))
        if len(carrying) > 1:
            raise search.ambiguous([f"node/{name}" for name in carrying])
        return Scope("node", "", carrying[0])

    def belongs(self, pod: Obj, scope: Scope) -> bool:
        """Whether the pod is part of what is meant."""
        meta = pod["metadata"]
        kind, namespace, name = scope
        if kind == "node":
            return bool(pod["spec"].get("nodeName") == name)
        if meta["namespace"] != namespace:
            return False
        if kind == "pod":
            return bool(meta["name"] == name)
        if kind == "service":
            service = self._read.get(SERVICES, namespace, name)
            selector = service["spec"].get("selector") if service is not None else None
            return bool(selector) and from_map(selector).matches(meta.get("labels") or {})
        owner = (RESOURCES[kind], namespace, name)
        return owner in self.owners([pod], all_of_them=True)

    def owners(
        self, pods: Iterable[Obj], *, all_of_them: bool = False
    ) -> list[tuple[str, str, str]]:
        """Return (resource, namespace, name) of what owns the pods: the topmost owner, or all."""
        found = []
        for pod in pods:
            namespace = pod["metadata"]["namespace"]
            owner = controller_of(pod)
            if owner is None:
                continue
            if owner["kind"] in _SETS:
                found.append((_SETS[owner["kind"]], namespace, owner["name"]))
            if owner["kind"] != "ReplicaSet":
                continue
            mine = [(REPLICASETS, namespace, owner["name"])]
            replicas = self._read.get(REPLICASETS, namespace, owner["name"])
            above = controller_of(replicas) if replicas is not None else None
            if above is not None and above["kind"] == "Deployment":
                mine.append((DEPLOYMENTS, namespace, above["name"]))
            found += mine if all_of_them else mine[-1:]
        return found

    def ceilings(self, pods: Iterable[Obj]) -> dict[str, int]:
        """Return what a burner in each pod can take (milli-CPU), by uid: its limit, else a core."""
        found = {}
        for pod in pods:
            limits = [
                ((one.get("resources") or {}).get("limits") or {}).get("cpu")
                for one in pod["spec"]["containers"]
            ]
            known = None not in limits
            milli = sum(quantity.milli(str(amount)) for amount in limits) if known else 1000
            found[pod["metadata"]["uid"]] = milli
        return found

    def memory_limits(self, pods: Iterable[Obj]) -> dict[str, int]:
        """Return how many bytes the first container of each pod may take, by uid.

        Without a limit of its own it may take what neither the node's system takes nor its other
        pods ask for; several such pods of one node share that.
        """
        pods = list(pods)
        found, open_ended = {}, list[Obj]()
        for pod in pods:
            limits = (pod["spec"]["containers"][0].get("resources") or {}).get("limits") or {}
            if "memory" in limits:
                found[pod["metadata"]["uid"]] = quantity.value(limits["memory"])
            else:
                open_ended.append(pod)
        shares: dict[str, int] = {}
        for pod in open_ended:
            name = pod["spec"]["nodeName"]
            shares[name] = shares.get(name, 0) + 1
        for pod in open_ended:
            name = pod["spec"]["nodeName"]
            node = self._read.get(NODES, "", name)
            if node is not None:
                whole = quantity.value(node["status"]["allocatable"]["memory"])
                ours = {each["metadata"]["uid"] for each in open_ended}
                there = [other for other in self._read.on_node(name) if is_active(other)]
                held = SYSTEM.memory + len(there) * SYSTEM.memory_of_pod
                held += sum(
                    _memory_request(other)
                    for other in there
                    if other["metadata"]["uid"] not in ours
                )
                found[pod["metadata"]["uid"]] = max(0, whole - held) // shares[name]
        return found


def _single(pods: list[Obj], draw: Callable[[], float]) -> Aim:
    pod = pods[int(draw() * len(pods))]
    scope = Scope("pod", *key_of(pod))
    return Aim(scope, [scope.word], [], [pod])


def _mounts(pod: Obj, secret: str) -> bool:
    return any(
        (volume.get("secret") or {}).get("secretName") == secret
        for volume in pod["spec"].get("volumes") or ()
    )


def _is_certificate(secret: Obj) -> bool:
    """Whether a Secret holds what runs out."""
    held = (*(secret.get("data") or ()), *(secret.get("stringData") or ()))
    return secret.get("type") == "kubernetes.io/tls" or any(
        key.endswith((".crt", ".pem")) for key in held
    )


def _hosts(pod: Obj) -> set[str]:
    """Return the registries that a pod's images come from."""
    spec = pod["spec"]
    return {host_of(one["image"]) for one in (*spec["containers"], *spec.get("initContainers", ()))}


def _bare(actor: str) -> str:
    return actor.removeprefix("kube-")


def _memory_request(pod: Obj) -> int:
    total = 0
    for container in pod["spec"]["containers"]:
        asked = ((container.get("resources") or {}).get("requests") or {}).get("memory")
        total += quantity.value(asked) if asked is not None else 0
    return total
