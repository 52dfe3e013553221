"""From a Service's port to the endpoints that stand behind it, as kube-proxy lists them.

Source: kubernetes pkg/proxy/topology.go (CategorizeEndpoints): ready endpoints; where there is
none, those that still serve while they terminate.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from ecp.kube.kinds import ENDPOINTSLICES
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
HEADLESS_LABEL = "service.kubernetes.io/headless"
_HINTS = ("forZones", "forNodes")
_T = TypeVar("_T")


class Endpoint(NamedTuple):
    """One endpoint of one Service port: where a connection would be sent.

    `uid` is "" for an endpoint that is no pod (a slice that somebody wrote by hand). `for_zones`
    and `for_nodes` are its hints.
    """

    address: str
    port: int
    pod: Key
    uid: str
    node: str
    for_zones: tuple[str, ...] = ()
    for_nodes: tuple[str, ...] = ()


class Part(NamedTuple, Generic[_T]):
    """What one EndpointSlice has for a port: what is ready, what still serves while it ends."""

    ready: Sequence[_T]
    leaving: Sequence[_T]


def service_port(service: Obj, port: int | str | None) -> Obj | None:
    """Return the port of *service* with that number or name; None asks for the first."""
    for entry in service["spec"].get("ports") or ():
        if port is None or port in (entry["port"], entry.get("name")):
            return entry  # type: ignore[no-any-return]
    return None


def slices_of(read: Reader, service: Obj) -> list[Obj]:
    """Return the Service's EndpointSlices, whoever wrote them."""
    meta = service["metadata"]
    owned = read.owned(meta["uid"], ENDPOINTSLICES) if meta.get("uid") else []
    if owned:
        return owned
    return [
        found
        for found in read.list(ENDPOINTSLICES, meta["namespace"])
        if (found["metadata"].get("labels") or {}).get(SERVICE_NAME_LABEL) == meta["name"]
    ]


def listed(read: Reader, service: Obj, port: Obj) -> list[Endpoint]:
    """Return the endpoints to which a new connection to *port* of *service* may go, in order.

    In order of slice and place in it, so that a draw picks the same one in every run.
    """
    return chosen(service, [part(found, port) for found in slices_of(read, service)], _NODE)


_NODE: Callable[[Endpoint], str] = attrgetter("node")


def part(found: Obj, port: Obj) -> Part[Endpoint]:
    """Return what an EndpointSlice has for a port of its Service."""
    ready: list[Endpoint] = []
    leaving: list[Endpoint] = []
    number = _number(found, port)
    if number is None:
        return Part(ready, leaving)
    for endpoint in found.get("endpoints") or ():
        state = endpoint.get("conditions") or {}
        if state.get("ready", True):
            ready.append(_target(endpoint, number))
        elif state.get("serving") and state.get("terminating"):
            leaving.append(_target(endpoint, number))
    return Part(ready, leaving)


def chosen(service: Obj, parts: Sequence[Part[_T]], node: Callable[[_T], str]) -> list[_T]:
    """Return those of the parts to which a new connection may go; *node* tells where one runs."""
    ready = list(chain.from_iterable(row.ready for row in parts))
    leaving = list(chain.from_iterable(row.leaving for row in parts))
    if ready and service["spec"].get("externalTrafficPolicy") == "Local":
        # Each node chooses from its own: one that has none ready goes on with what it has.
        there = set(map(node, ready))
        return ready + [row for row in leaving if node(row) not in there]
    return ready or leaving


def _number(found: Obj, port: Obj) -> int | None:
    name, protocol = port.get("name", ""), port.get("protocol", "TCP")
    for entry in found.get("ports") or ():
        if (entry.get("name") or "") == name and entry.get("protocol", "TCP") == protocol:
            return entry.get("port")  # type: ignore[no-any-return]
    return None


def _target(endpoint: dict[str, Any], port: int) -> Endpoint:
    target = endpoint.get("targetRef") or {}
    pod = (target.get("namespace", ""), target.get("name", ""))
    uid, node = target.get("uid", ""), endpoint.get("nodeName", "")
    # The first address only: the others are reserved by the API and never used.
    found = Endpoint(endpoint["addresses"][0], port, pod, uid, node)
    hints = endpoint.get("hints")
    if hints:
        zones, nodes = (tuple(row["name"] for row in hints.get(field) or ()) for field in _HINTS)
        found = found._replace(for_zones=zones, for_nodes=nodes)
    return found
