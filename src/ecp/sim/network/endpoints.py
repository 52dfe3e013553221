"""From a Service's port to the endpoints that stand behind it, as kube-proxy lists them.

Source: kubernetes pkg/proxy/topology.go (CategorizeEndpoints): ready endpoints; where there is
none, those that still serve while they terminate.
"""

from typing import Any, NamedTuple

from ecp.kube.kinds import ENDPOINTSLICES
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
HEADLESS_LABEL = "service.kubernetes.io/headless"
_HINTS = ("forZones", "forNodes")


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
    ready: list[Endpoint] = []
    leaving: list[Endpoint] = []
    for found in slices_of(read, service):
        number = _number(found, port)
        if number is None:
            continue
        for endpoint in found.get("endpoints") or ():
            state = endpoint.get("conditions") or {}
            if state.get("ready", True):
                ready += _targets(endpoint, number)
            elif state.get("serving") and state.get("terminating"):
                leaving += _targets(endpoint, number)
    if ready and service["spec"].get("externalTrafficPolicy") == "Local":
        # Each node chooses from its own: one that has none ready goes on with what it has.
        there = {row.node for row in ready}
        return ready + [row for row in leaving if row.node not in there]
    return ready or leaving


def _number(found: Obj, port: Obj) -> int | None:
    name, protocol = port.get("name", ""), port.get("protocol", "TCP")
    for entry in found.get("ports") or ():
        if (entry.get("name") or "") == name and entry.get("protocol", "TCP") == protocol:
            return entry.get("port")  # type: ignore[no-any-return]
    return None


def _targets(endpoint: dict[str, Any], port: int) -> list[Endpoint]:
    target = endpoint.get("targetRef") or {}
    pod = (target.get("namespace", ""), target.get("name", ""))
    uid, node = target.get("uid", ""), endpoint.get("nodeName", "")
    # The first address only: the others are reserved by the API and never used.
    found = Endpoint(endpoint["addresses"][0], port, pod, uid, node)
    hints = endpoint.get("hints")
    if hints:
        zones, nodes = (tuple(row["name"] for row in hints.get(field) or ()) for field in _HINTS)
        found = found._replace(for_zones=zones, for_nodes=nodes)
    return [found]
