"""What a change of the store, or a touch of the world, means to the tenants that are followed.

It marks the Services behind which something is new, lets a call graph be drawn anew, or notes what
later troubles follow from; what requests meet is looked at afterwards, once for all of it.
"""

from collections.abc import Callable, Mapping

from ecp.kube.kinds import (
    CONFIGMAPS,
    DAEMONSETS,
    ENDPOINTSLICES,
    EVENTS,
    HPAS,
    INGRESSCLASSES,
    INGRESSES,
    NAMESPACES,
    NETWORKPOLICIES,
    NODES,
    PODS,
    SERVICES,
)
from ecp.kube.pods import is_ready
from ecp.sim.engine.engine import Engine
from ecp.sim.network.endpoints import HEADLESS_LABEL, SERVICE_NAME_LABEL
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.balancing import Balancing
from ecp.sim.traffic.configs import Configs
from ecp.sim.traffic.doors import Doors
from ecp.sim.traffic.graph import WORKLOADS, is_part
from ecp.sim.traffic.passing import Passing
from ecp.sim.traffic.state import Followed, State
from ecp.sim.world import World
from ecp.sim.world.world import KUBELET, NODE_KUBELET, PRESSURE_KUBELET

_NO_LABELS: Mapping[str, str] = {}


class Noticing:
    """Takes note of changes; `mark(state)` lets a tenant be looked at at the next slot."""

    def __init__(
        self,
        engine: Engine,
        world: World,
        followed: Followed,
        *,
        doors: Doors,
        balancing: Balancing,
        passing: Passing,
        configs: Configs,
        mark: Callable[[State], None],
    ) -> None:
        self._engine = engine
        self._world = world
        self._followed = followed
        self._doors = doors
        self._balancing = balancing
        self._passing = passing
        self._configs = configs
        self._mark = mark

    def observe(self, change: Change) -> None:
        """Take note of *change* where it may change an outcome."""
        spaces = self._followed.spaces
        if not spaces:
            return
        resource, key = change.resource, change.key
        if resource != HPAS:
            self._followed.stir(key[0] or (key[1] if resource == NAMESPACES else ""))
        if resource in (ENDPOINTSLICES, SERVICES):
            self._proxied(change)
        elif resource in (INGRESSES, INGRESSCLASSES):
            # One of another namespace may have the host, one of a class may begin to be served.
            for state in self._followed.states.values():
                self._mark(state)
        elif resource == NODES and change.type != "MODIFIED":
            self._balancing.touched()
        if resource == PODS:
            if key in self._followed.pods:
                self._mark_users(key)
            elif key[0] in spaces:
                self._pod_changed(change)
            if change.type == "DELETED":
                self._gone(change)
                self._mark_leaving(key)
                self._doors.hits.pop(key, None)
            return
        namespace = key[1] if resource == NAMESPACES else key[0]
        if namespace not in spaces and not self._followed.beyond.get(namespace):
            return
        if resource == ENDPOINTSLICES:
            name = (change.object["metadata"].get("labels") or _NO_LABELS).get(SERVICE_NAME_LABEL)
            if name:
                self._doors.why[namespace, name] = change.cause
                self._mark_service(namespace, (namespace, name))
        elif resource == SERVICES:
            self._doors.why[key] = change.cause
            self._redraw(namespace, policies=True)
        elif resource in WORKLOADS:
            if is_part(resource, change.object):
                if _spec_moved(change):
                    self._released(change)
                    self._redraw(namespace)
                elif resource == DAEMONSETS and _nodes_moved(change):
                    self._redraw(namespace)
        elif resource == EVENTS:
            # A kubelet says with an Event what it does to a process: starting, killing.
            regarding = change.object.get("involvedObject") or {}
            if regarding.get("kind") == "Pod":
                self._mark_users((regarding.get("namespace", ""), regarding.get("name", "")))
        elif resource == CONFIGMAPS:
            if self._configs.changed(change):
                self._redraw(namespace)
        elif resource in (NETWORKPOLICIES, NAMESPACES):
            self._doors.made[namespace] = change.cause
            self._redraw(namespace, policies=True)

    def touched(self, controller: str, key: Key) -> None:
        """Take note that something was done to the world: the pod *key* behaves otherwise now."""
        if controller != PRESSURE_KUBELET:
            self._followed.stir(key[0])
        if controller == NODE_KUBELET and self._followed.spaces and self._balancing.unhealthy:
            self._node_touched(key)
        if controller != KUBELET or (
            key[0] not in self._followed.spaces and key not in self._followed.pods
        ):
            return
        if self._engine.cause:
            self._doors.hits[key] = self._engine.cause
        self._mark_users(key)
        self._mark_leaving(key)

    def _node_touched(self, key: Key) -> None:
        """A machine may have lost its power, or have it again: load balancers send customers on."""
        if self._world.node_is_up(key[1]):
            self._doors.hits.pop(key, None)
        else:
            self._doors.hits.setdefault(key, self._engine.cause)
        self._balancing.touched()
        for state in self._followed.states.values():
            self._mark(state)

    def _proxied(self, change: Change) -> None:
        """Let the proxies of all nodes hear of what a Service lists now."""
        service, labels = change.key, change.object["metadata"].get("labels") or _NO_LABELS
        if change.resource == ENDPOINTSLICES:
            service = change.key[0], labels.get(SERVICE_NAME_LABEL, "")
        now = self._engine.now
        self._balancing.changed(service)
        if change.resource == ENDPOINTSLICES and HEADLESS_LABEL in labels:
            known = self._passing.proxies.answered(f"{service[0]}/{service[1]}", now)
        else:
            known = self._passing.proxies.take(now)
        self._passing.changed(service, now, known)

    def _mark_users(self, pod: Key) -> None:
        run = self._world.pod(pod) if pod in self._followed.pods else None
        if run is not None:
            self._passing.ended(run.uid, self._engine.now)
        for name, service in self._followed.pods.get(pod, ()):
            state = self._followed.states[name]
            state.dirty[service] = None
            self._mark(state)

    def _gone(self, change: Change) -> None:
        """Keep what a pod went by at once, for the calls that it had are cut by that."""
        uid, cause = change.object["metadata"].get("uid", ""), change.cause
        for name in self._followed.spaces.get(change.key[0], ()):
            row = self._followed.states[name].open.get(uid)
            if row is not None and row.left < 0:
                row = row._replace(cause=self._doors.root(cause))
                self._followed.states[name].open[uid] = row

    def _mark_leaving(self, pod: Key) -> None:
        for name in self._followed.spaces.get(pod[0], ()):
            if pod in self._followed.states[name].leaving:
                self._mark(self._followed.states[name])

    def _pod_changed(self, change: Change) -> None:
        """A pod that no Service lists may be a workload of its own, or one of a workload's."""
        old = change.old
        bare = is_part(PODS, change.object) or (old is not None and is_part(PODS, old))
        owners = change.object["metadata"].get("ownerReferences")
        if bare and not owners and (_spec_moved(change) or not is_part(PODS, change.object)):
            self._released(change)
            self._redraw(change.key[0])
        elif old is None or change.type == "DELETED" or is_ready(old) != is_ready(change.object):
            for name in self._followed.spaces[change.key[0]]:
                self._mark(self._followed.states[name])

    def _released(self, change: Change) -> None:
        """Note what changed the workloads of a namespace, unless only their number was changed."""
        old, new = change.old, change.object
        if old is None or change.type == "DELETED" or _but_replicas(old) != _but_replicas(new):
            self._doors.made[change.key[0]] = change.cause

    def _mark_service(self, namespace: str, service: Key) -> None:
        for state in self._followed.calling(namespace):
            state.dirty[service] = None
            self._mark(state)

    def _redraw(self, namespace: str, *, policies: bool = False) -> None:
        """The graph itself may be another: draw it anew; with *policies* ask who is let through."""
        for state in self._followed.calling(namespace):
            state.parts = None
            if policies:
                state.cuts.clear()
            self._mark(state)


def _spec_moved(change: Change) -> bool:
    old = change.old
    return old is None or change.type == "DELETED" or old["spec"] != change.object["spec"]


def _nodes_moved(change: Change) -> bool:
    """Whether a DaemonSet is meant for more nodes or fewer than before."""
    states = [(obj or {}).get("status") or {} for obj in (change.object, change.old)]
    before, after = (status.get("desiredNumberScheduled", 0) for status in states)
    return bool(before != after)


def _but_replicas(obj: Obj) -> Obj:
    return {key: value for key, value in obj["spec"].items() if key != "replicas"}
