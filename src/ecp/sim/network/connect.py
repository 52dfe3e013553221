"""One connection: from a client, to a name and a port, to the pod that answers; or why not.

kube-proxy sends a new connection to one of the listed endpoints at random. What is listed may be
dead, until somebody notices: then its share of connections fails.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ecp.kube.kinds import PODS
from ecp.kube.pods import is_ready
from ecp.kube.selectors import from_map
from ecp.sim.network.endpoints import Endpoint, listed, service_port, slices_of
from ecp.sim.network.names import Resolved, is_address, named, resolve
from ecp.sim.network.policy import Cut, Peer, cut_by, cut_from_names, peer_of
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.world import World

NO_POD: Key = ("", "")
_NOTHING: Mapping[str, str] = {}

# What the world says about a process -> what that means to who connects.
_OF_PROCESS = ("no-pod", "no-process", "node-down", "unreachable", "hung")


class Outcome(NamedTuple):
    """How a connection ends.

    `cause` is "" where it succeeds, else a machine word; `text` names the sentence about it in
    the catalogue, filled with `values`. `pod` is the one it was sent to, `uid` its uid.
    """

    ok: bool
    cause: str = ""
    values: Mapping[str, str] = _NOTHING
    pod: Key = NO_POD
    uid: str = ""

    @property
    def text(self) -> str:
        """The message key."""
        return f"network.{self.cause or 'answered'}"


class Ways(NamedTuple):
    """The ways a connection can take: one outcome an endpoint, equally likely; never empty."""

    outcomes: tuple[Outcome, ...]

    @property
    def sure(self) -> bool:
        """Whether every way ends alike."""
        first = self.outcomes[0].ok
        return all(outcome.ok == first for outcome in self.outcomes)

    def pick(self, unit: float) -> Outcome:
        """Return the way that a draw in [0, 1) takes."""
        return self.outcomes[int(unit * len(self.outcomes))]


def connect(
    read: Reader,
    world: World,
    now: int,
    client: Peer,
    name: str,
    port: int | None = None,
    *,
    unit: float = 0.0,
    protocol: str = "TCP",
) -> Outcome:
    """Connect from *client* to *name*:*port*; *unit* in [0, 1) decides among endpoints."""
    return ways_to(read, world, now, client, name, port, protocol=protocol).pick(unit)


def ways_to(
    read: Reader,
    world: World,
    now: int,
    client: Peer,
    name: str,
    port: int | None = None,
    *,
    protocol: str = "TCP",
) -> Ways:
    """Return every way that a connection from *client* to *name*:*port* can take.

    *port* None asks for the first port of the Service. A name outside the cluster gives cause
    "outside": nothing is known about it. A client that may not ask the DNS reaches no name, even
    where its policies let it through to what the name means.
    """
    found = resolve(read, name, client.namespace)
    said = {"name": name, "port": str(port or ""), "namespace": client.namespace}
    if found.kind == "self":
        return Ways((Outcome(True),))
    if found.kind == "outside":
        return Ways((Outcome(False, "outside", said),))
    if found.kind == "unknown":
        where, service = named(name, client.namespace)
        values = {**said, "service": service, "namespace": where}
        return Ways((Outcome(False, "no-such-name", values),))
    if not client.resolves and not is_address(name):
        where, service = named(name, client.namespace)
        values = {**said, "service": service, "namespace": where}
        return Ways((Outcome(False, "no-such-name", values),))
    taken = _ways_to(read, world, now, client, found, port, protocol)
    if taken.outcomes[0].cause.startswith("policy-") or is_address(name):
        return taken
    cut = cut_from_names(read, client)
    if cut is not None:
        return Ways((Outcome(False, "policy-dns", {**said, **_of_cut(cut)}),))
    return taken


def _ways_to(
    read: Reader,
    world: World,
    now: int,
    client: Peer,
    found: Resolved,
    port: int | None,
    protocol: str,
) -> Ways:
    if found.pod is not None:
        return Ways((_to_pod(read, world, now, client, found.pod, port, protocol),))
    assert found.service is not None
    if found.service["spec"].get("clusterIP") == "None" and port is not None:
        return _headless(read, world, now, client, found.service, port, protocol)
    entry = service_port(found.service, port)
    if entry is None:
        return Ways((_no_such_port(found.service, port),))
    return ways(read, world, now, client, found.service, entry)


def ways(read: Reader, world: World, now: int, client: Peer, service: Obj, port: Obj) -> Ways:
    """Return every way that a connection from *client* to a Service's port can take at *now*."""
    endpoints = listed(read, service, port)
    if not endpoints:
        return Ways((_no_endpoints(read, service, port),))
    return Ways(
        tuple(
            to_endpoint(read, world, now, client, service, port, endpoint) for endpoint in endpoints
        )
    )


def to_endpoint(
    read: Reader,
    world: World,
    now: int,
    client: Peer,
    service: Obj,
    port: Obj,
    endpoint: Endpoint,
) -> Outcome:
    """Return how a connection ends that kube-proxy sent to *endpoint*."""
    meta = service["metadata"]
    said = {
        "service": meta["name"],
        "namespace": meta["namespace"],
        "port": str(port["port"]),
        "target": str(endpoint.port),
        "pod": endpoint.pod[1],
        "node": endpoint.node,
    }
    if not endpoint.uid:
        # Written by hand, as for a database outside: nothing is known about what is there.
        return Outcome(True, "", said, endpoint.pod)
    pod = read.get(PODS, *endpoint.pod)
    if pod is None:
        return Outcome(False, "no-pod", said, endpoint.pod, endpoint.uid)
    cut = cut_by(read, client, peer_of(read, pod), endpoint.port, port.get("protocol", "TCP"))
    if cut is not None:
        return Outcome(
            False, f"policy-{cut.direction}", {**said, **_of_cut(cut)}, endpoint.pod, endpoint.uid
        )
    cause = _process(world, endpoint.uid, endpoint.port, now)
    return Outcome(not cause, cause, said, endpoint.pod, endpoint.uid)


def _process(world: World, uid: str, port: int, now: int) -> str:
    """Return why no process answers; "" where one does."""
    cause = world.answers(uid, port, now)
    if cause is None:
        return ""
    if cause in _OF_PROCESS:
        return cause
    run = world.pods.get(uid)
    ports = [c for c in run.containers if port in c.ports] if run is not None else []
    return "starting" if ports else "wrong-port"


def _of_cut(cut: Cut) -> dict[str, str]:
    return {"policy": ", ".join(cut.policies), "policy_namespace": cut.namespace}


def _to_pod(
    read: Reader, world: World, now: int, client: Peer, pod: Obj, port: int | None, protocol: str
) -> Outcome:
    meta = pod["metadata"]
    key, uid = (meta["namespace"], meta["name"]), meta.get("uid", "")
    said = {
        "service": meta["name"],
        "pod": meta["name"],
        "namespace": meta["namespace"],
        "port": str(port or ""),
        "target": str(port or ""),
        "node": pod["spec"].get("nodeName", ""),
    }
    if port is None:
        return Outcome(True, "", said, key, uid)
    cut = cut_by(read, client, peer_of(read, pod), port, protocol)
    if cut is not None:
        return Outcome(False, f"policy-{cut.direction}", {**said, **_of_cut(cut)}, key, uid)
    cause = _process(world, uid, port, now)
    return Outcome(not cause, cause, said, key, uid)


def _headless(
    read: Reader,
    world: World,
    now: int,
    client: Peer,
    service: Obj,
    port: int,
    protocol: str,
) -> Ways:
    """DNS answers with the pods themselves: no port is translated."""
    declared = service["spec"].get("ports") or [{"port": port}]
    endpoints = listed(read, service, declared[0])
    if not endpoints:
        return Ways((_no_endpoints(read, service, declared[0]),))
    entry = {"port": port, "protocol": protocol}
    return Ways(
        tuple(
            to_endpoint(read, world, now, client, service, entry, found._replace(port=port))
            for found in endpoints
        )
    )


def _no_such_port(service: Obj, port: int | None) -> Outcome:
    meta = service["metadata"]
    has = ", ".join(str(entry["port"]) for entry in service["spec"].get("ports") or ())
    said = {
        "service": meta["name"],
        "namespace": meta["namespace"],
        "port": str(port),
        "has": has,
    }
    return Outcome(False, "no-such-port", said)


def _no_endpoints(read: Reader, service: Obj, port: Obj) -> Outcome:
    """Say why nothing stands behind the port."""
    meta, spec = service["metadata"], service["spec"]
    said = {
        "service": meta["name"],
        "namespace": meta["namespace"],
        "port": str(port["port"]),
        "target": str(port.get("targetPort", port["port"])),
    }
    selector: Mapping[str, str] | None = spec.get("selector")
    if not selector:
        return Outcome(False, "no-selector", said)
    matches = from_map(selector).matches
    pods = [
        pod
        for pod in read.list(PODS, meta["namespace"])
        if matches(pod["metadata"].get("labels") or _NOTHING)
    ]
    said["selector"] = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    if not pods:
        return Outcome(False, "selects-nothing", said)
    said["pods"] = str(len(pods))
    if isinstance(port.get("targetPort"), str) and _is_served_elsewhere(read, service):
        return Outcome(False, "no-port-name", said)
    ready = [pod for pod in pods if is_ready(pod)]
    if ready and isinstance(port.get("targetPort"), str):
        return Outcome(False, "no-port-name", said)
    return Outcome(False, "none-ready", said)


def _is_served_elsewhere(read: Reader, service: Obj) -> bool:
    """Whether the Service has ready endpoints, only not for the port in question."""
    return any(
        (endpoint.get("conditions") or {}).get("ready", True)
        for found in slices_of(read, service)
        for endpoint in found.get("endpoints") or ()
    )
