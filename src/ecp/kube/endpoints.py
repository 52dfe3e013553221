"""What Services and pods make of endpoints: ports on a pod, and the subsets of the older Endpoints.

Objects are JSON-shaped dicts and are never changed.
Source: kubernetes pkg/api/v1/endpoints/util.go and staging k8s.io/endpointslice/util (1.36).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ecp.kube.kinds import SERVICES
from ecp.kube.pods import is_terminal
from ecp.kube.selectors import Selector, from_map

Obj = Mapping[str, Any]
Address = dict[str, Any]

_FNV_OFFSET = 0x6C62272E07BB014262B821756295C58D
_FNV_PRIME = 0x0000000001000000000000000000013B
_NOBODY: Mapping[str, Any] = {}


class Port(NamedTuple):
    """A port of endpoints, as a Service and a pod agree on it."""

    name: str
    number: int
    protocol: str
    app_protocol: str | None = None

    def older(self) -> dict[str, Any]:
        """Return it as Endpoints write it."""
        found: dict[str, Any] = {"name": self.name} if self.name else {}
        found |= {"port": self.number, "protocol": self.protocol}
        if self.app_protocol is not None:
            found["appProtocol"] = self.app_protocol
        return found


class Row(NamedTuple):
    """An address with the ports that it offers, none for a Service without ports."""

    address: Address
    ports: tuple[Port, ...]
    ready: bool


def service_ports(service: Obj, pod: Obj) -> tuple[Port, ...]:
    """Return the ports of *service* on *pod*; those whose name the pod lacks are left out."""
    found = []
    for port in service["spec"].get("ports") or ():
        protocol = port.get("protocol", "TCP")
        number = _port_number(pod, port.get("targetPort", port["port"]), protocol)
        if number is not None:
            found.append(Port(port.get("name", ""), number, protocol, port.get("appProtocol")))
    return tuple(found)


def _port_number(pod: Obj, target: int | str, protocol: str) -> int | None:
    if isinstance(target, int):
        return target
    spec = pod["spec"]
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in (*spec["containers"], *sidecars):
        for port in container.get("ports") or ():
            if port.get("name") == target and port.get("protocol", "TCP") == protocol:
                return port["containerPort"]  # type: ignore[no-any-return]
    return None


def has_host_name(pod: Obj, service: Obj) -> bool:
    """Whether *pod* is called by its own name under *service*, which is in its namespace."""
    spec = pod["spec"]
    return bool(spec.get("hostname")) and spec.get("subdomain") == service["metadata"]["name"]


def may_be_endpoint(pod: Obj, *, terminating: bool) -> bool:
    """Whether a pod is listed in Endpoints; *terminating* ones only where that is wanted."""
    status = pod.get("status") or _NOBODY
    if is_terminal(pod) or not (status.get("podIP") or status.get("podIPs")):
        return False
    return terminating or "deletionTimestamp" not in pod["metadata"]


# -- subsets --------------------------------------------------------------------------------------


def first_label(selector: Mapping[str, str]) -> tuple[str, str]:
    """Return the label of a Service's selector by which who is selected is looked up."""
    return min(selector.items())


class Selecting:
    """Which of a namespace's Services select a pod; each is looked up by its first label only."""

    def __init__(self, services: Iterable[Obj]) -> None:
        self._by_pair: dict[tuple[str, str], dict[str, Selector]] = {}
        for service in services:
            self._put(service)

    def _put(self, service: Obj) -> None:
        selector = service["spec"].get("selector")
        if selector:
            by_name = self._by_pair.setdefault(first_label(selector), {})
            by_name[service["metadata"]["name"]] = from_map(selector)

    def follow(self, old: Obj | None, new: Obj | None) -> bool:
        """Take over that a Service came, changed or went; False where that takes a new index."""
        if old is None:
            if new is not None:
                self._put(new)
            return True
        selector = old["spec"].get("selector") or _NOBODY
        if new is not None:
            return (new["spec"].get("selector") or _NOBODY) == selector
        if selector:
            self._by_pair.get(first_label(selector), {}).pop(old["metadata"]["name"], None)
        return True

    def __bool__(self) -> bool:
        """Whether any of them selects pods at all."""
        return bool(self._by_pair)

    def names(self, labels: Mapping[str, str]) -> Iterator[str]:
        """Yield the names of the Services that select pods with *labels*."""
        for pair in labels.items():
            for name, selector in self._by_pair.get(pair, _NOBODY).items():
                if selector.matches(labels):
                    yield name


class Services:
    """`Selecting` by namespace, each made when somebody asks and then kept up with changes."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, Selecting] = {}

    def of(self, namespace: str, listed: Callable[[str, str], Iterable[Obj]]) -> Selecting:
        """Return who selects in a namespace; *listed* lists a resource there, oldest first."""
        found = self._by_namespace.get(namespace)
        if found is None:
            found = self._by_namespace[namespace] = Selecting(listed(SERVICES, namespace))
        return found

    def follow(self, namespace: str, old: Obj | None, new: Obj | None) -> None:
        """Take over that a Service of a namespace came, changed or went."""
        index = self._by_namespace.get(namespace)
        if index is not None and not index.follow(old, new):
            del self._by_namespace[namespace]


class Packed:
    """Rows by a name, kept so that the subsets of a change are cheap where all have equal ports."""

    __slots__ = ("_keys", "_listed", "_ports", "_rows")

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._ports: Counter[tuple[Port, ...]] = Counter()
        # By readiness: addresses with their keys beside them, both in order.
        self._listed: dict[bool, list[Address]] = {True: [], False: []}
        self._keys: dict[bool, list[tuple[str, str]]] = {True: [], False: []}

    def put(self, name: str, row: Row | None) -> None:
        """Say that *name* is *row* now, or nothing."""
        old = self._rows.pop(name, None)
        if old is not None:
            self._ports[old.ports] -= 1
            if not self._ports[old.ports]:
                del self._ports[old.ports]
            keys = self._keys[old.ready]
            at = bisect_left(keys, _key(old.address))
            del keys[at], self._listed[old.ready][at]
        if row is not None:
            self._rows[name] = row
            self._ports[row.ports] += 1
            key, keys = _key(row.address), self._keys[row.ready]
            at = bisect_left(keys, key)
            keys.insert(at, key)
            self._listed[row.ready].insert(at, row.address)

    def subsets(self) -> list[dict[str, Any]]:
        """Return what `subsets` gives for the rows, whose addresses are all different."""
        if len(self._ports) == 1:
            (ports,) = self._ports
            return [_subset(ports, self._listed[True], self._listed[False])]
        return subsets(tuple(self._rows.values()))


def subsets(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the subsets in which Endpoints say *rows*: addresses with the same ports are together.

    Addresses are sorted by address (as text) and uid, ports and subsets by hash, as the server's
    controllers do. An address with several rows is not ready at a port if one of them is not.
    """
    addresses: dict[tuple[str, str], Address] = {}
    by_port: dict[Port | None, dict[tuple[str, str], bool]] = {}
    for address, ports, ready in rows:
        key = _key(address)
        addresses.setdefault(key, address)
        for port in ports or (None,):
            offering = by_port.setdefault(port, {})
            offering[key] = offering.get(key, True) and ready
    alike: dict[tuple[Any, ...], list[Port]] = {}
    for port, offering in by_port.items():
        together = alike.setdefault(tuple(sorted(offering.items())), [])
        if port is not None:
            together.append(port)
    found = [
        _subset(
            ports,
            [addresses[key] for key, ready in offering if ready],
            [addresses[key] for key, ready in offering if not ready],
        )
        for offering, ports in alike.items()
    ]
    return sorted(found, key=lambda subset: hashed(_subset_text(subset)))


def _key(address: Address) -> tuple[str, str]:
    return address["ip"], (address.get("targetRef") or _NOBODY).get("uid", "")


def _subset(ports: Iterable[Port], ready: list[Address], others: list[Address]) -> dict[str, Any]:
    subset: dict[str, Any] = {}
    if ready:
        subset["addresses"] = ready.copy()
    if others:
        subset["notReadyAddresses"] = others.copy()
    wanted = list(ports)
    if len(wanted) > 1:
        wanted.sort(key=lambda port: hashed(f"(v1.EndpointPort){_port_text(port.older())}"))
    if wanted:
        subset["ports"] = [port.older() for port in wanted]
    return subset


def hashed(text: str) -> int:
    """Return the 128-bit FNV-1a hash of *text*."""
    value = _FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _FNV_PRIME & (1 << 128) - 1
    return value


# What the server hashes is the Go value, written out.


def _port_text(port: Mapping[str, Any]) -> str:
    return (
        f"{{Name:(string){port.get('name', '')} Port:(int32){port['port']} "
        f"Protocol:(v1.Protocol){port.get('protocol', '')} "
        f"AppProtocol:(*string){port.get('appProtocol', '<nil>')}}}"
    )


def _address_text(address: Address) -> str:
    target = address.get("targetRef")
    reference = "<nil>"
    if target is not None:
        fields = (
            ("Kind", "string"), ("Namespace", "string"), ("Name", "string"), ("UID", "types.UID"),
            ("APIVersion", "string"), ("ResourceVersion", "string"), ("FieldPath", "string"),
        )  # fmt: skip
        names = {"UID": "uid", "APIVersion": "apiVersion"}
        told = (
            f"{name}:({kind}){target.get(names.get(name) or name[0].lower() + name[1:], '')}"
            for name, kind in fields
        )
        reference = f"{{{' '.join(told)}}}"
    return (
        f"{{IP:(string){address['ip']} Hostname:(string){address.get('hostname', '')} "
        f"NodeName:(*string){address.get('nodeName', '<nil>')} "
        f"TargetRef:(*v1.ObjectReference){reference}}}"
    )


def _subset_text(subset: Mapping[str, Any]) -> str:
    def listed(kind: str, texts: list[str]) -> str:
        return f"([]v1.{kind})[{' '.join(texts)}]" if texts else f"([]v1.{kind})<nil>"

    ready = [_address_text(address) for address in subset.get("addresses", ())]
    others = [_address_text(address) for address in subset.get("notReadyAddresses", ())]
    ports = [_port_text(port) for port in subset.get("ports", ())]
    return (
        f"(v1.EndpointSubset){{Addresses:{listed('EndpointAddress', ready)} "
        f"NotReadyAddresses:{listed('EndpointAddress', others)} "
        f"Ports:{listed('EndpointPort', ports)}}}"
    )
