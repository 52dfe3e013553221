"""What a model says of the data plane: kube-proxy, DNS, load balancers, ingress, image registry.

Every delay has a value of its own here, with where it comes from; a model may say another one.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Final

from ecp.kube import durations, names
from ecp.sim.store import Obj
from ecp.workloads.resolving import Resolver

PROXY: Final = {"minSyncPeriod": "1s", "watch": "10ms", "sync": "80ms"}
"""How kube-proxy follows EndpointSlices. `minSyncPeriod` lies between the end of one sync and the
start of the next; source: kubernetes pkg/proxy/apis/config/v1alpha1/defaults.go. `watch` from a
write to a node's notice of it and `sync` of the rules, both medians over nodes: assumed, what
kubeproxy_sync_proxy_rules_duration_seconds shows on small clusters is 30 to 300 ms."""
DNS: Final = {
    "ttl": "30s",
    "kept": "30s",
    "answer": "200us",
    "lostPerMillion": 0,
    "nodeLocal": False,
}
"""The cluster's DNS. `ttl` is how long an answer about a headless Service is kept; source:
kubeadm's Corefile (cmd/kubeadm/app/phases/addons/dns/manifests.go), ttl 30 and cache 30. `kept` is
for how long a caller goes by an answer of its own: assumed, what a JVM does
(networkaddress.cache.ttl); libc keeps none, pools of connections need none for longer. `answer`
lies between a question and its answer: assumed, half of it CoreDNS with its cache, half the line.
Of a million questions `lostPerMillion` get lost by chance, with their answers: assumed none; the
known race of A and AAAA in the kernel's NAT loses some (kubernetes issue 56903), mended since Linux
5.0. `nodeLocal` is NodeLocal DNSCache: it keeps answers for `ttl` as well and asks further by TCP,
so that none is lost."""
CONNTRACK: Final = {"perCore": 32_768, "least": 131_072, "timeWait": "120s"}
"""How many connections a node tracks: `perCore` for each of its cores, `least` at any rate; source:
kubernetes pkg/proxy/apis/config/v1alpha1/defaults.go (conntrack.maxPerCore, min). One that has
ended keeps its entry for `timeWait`; source: kernel nf_conntrack_proto_tcp.c."""
BALANCER: Final = {
    "network": "203.0.113.0/24",
    "provision": "30s",
    "release": "10s",
    "unhealthyAfter": "24s",
    "healthyAfter": "8s",
}
"""What gives Services of type LoadBalancer an address. Assumed: public clouds take 20 s to 3 min
for a network load balancer; the addresses are of a network kept for documentation (RFC 5737).
`unhealthyAfter` is how long customers are sent to a node that answers no more, `healthyAfter` how
long none is sent to one that answers again; source: cloud-provider-gcp, a health check every 8 s,
three that fail and one that passes (others: 10 to 90 s)."""
INGRESS: Final = {"class": "nginx", "default": False, "address": "203.0.113.1", "admit": "1s"}
"""The ingress controller: `admit` lies between an Ingress and its status. Source: ingress-nginx
internal/ingress/controller/{queue,status}: a reload a second at most; it writes the status at the
leader's next look, up to 60 s later (here with the reload: assumed)."""
REGISTRY: Final = {"bitsPerSecond": 10_000_000_000}
"""What the registry gives to all nodes together. Assumed: 10 Gbit/s."""


class InvalidPlane(ValueError):
    """The part `dataPlane` of a model is wrong; says where and why."""


@dataclass(frozen=True, slots=True)
class Ingresses:
    """The cluster's ingress controller: the class it serves, its address, a delay in ns."""

    name: str
    default: bool
    address: str
    admit: int


@dataclass(frozen=True, slots=True)
class Balancers:
    """Where load balancers get their addresses, and how long they take (ns): `unhealthy` until they
    leave out a node that answers no more, `healthy` until they take in one that does again."""

    network: str
    provision: int
    release: int
    unhealthy: int
    healthy: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Connections that a node tracks: for each core and at `least`; `time_wait` in seconds."""

    per_core: int
    least: int
    time_wait: float


@dataclass(frozen=True, slots=True)
class Plane:
    """All times in ns; `balancers` and `ingresses` None where the cluster has none."""

    min_sync: int
    watch: int
    sync: int
    dns_ttl: int
    resolver: Resolver
    tables: Tables
    registry: int
    balancers: Balancers | None
    ingresses: Ingresses | None


_PARTS: Final[dict[str, dict[str, Any]]] = {
    "proxy": PROXY,
    "dns": DNS,
    "conntrack": CONNTRACK,
    "loadBalancer": BALANCER,
    "ingress": INGRESS,
    "registry": REGISTRY,
}
_WANTED: Final = ("loadBalancer", "ingress")
"""Parts that a cluster has only where its model says so."""
_DURATIONS: Final = (
    "minSyncPeriod", "watch", "sync", "ttl", "provision", "release", "unhealthyAfter", "admit",
    "healthyAfter", "kept", "answer", "timeWait",
)  # fmt: skip


def check(given: Any) -> dict[str, Any]:
    """Return the part `dataPlane` of a model with its defaults. Raises InvalidPlane."""
    if given is None:
        given = {}
    if not isinstance(given, dict) or not set(given) <= set(_PARTS):
        raise InvalidPlane(f"dataPlane: must be a mapping of {', '.join(_PARTS)}")
    found: dict[str, Any] = {}
    for part, known in _PARTS.items():
        if part in given or part not in _WANTED:
            found[part] = _part(given.get(part), f"dataPlane.{part}", known)
    return found


def _part(given: Any, path: str, known: dict[str, Any]) -> dict[str, Any]:
    if given is None:
        given = {}
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise InvalidPlane(f"{path}: must be a mapping of {', '.join(known)}")
    found = {**known, **given}
    for field, value in found.items():
        where, wanted = f"{path}.{field}", type(known[field])
        if not isinstance(value, wanted) or isinstance(value, bool) is not (wanted is bool):
            raise InvalidPlane(f"{where}: must be of type {wanted.__name__}")
        if field in _DURATIONS:
            _check_duration(where, value)
        elif field in ("network", "address"):
            _check_network(where, value)
        elif field == "class" and (complaints := names.dns_subdomain(value)):
            raise InvalidPlane(f"{where}: {complaints[0]}")
        elif field in ("bitsPerSecond", "perCore", "least") and value <= 0:
            raise InvalidPlane(f"{where}: must be more than nothing")
        elif field == "lostPerMillion" and not 0 <= value < 1_000_000:
            raise InvalidPlane(f"{where}: must be 0 or more, and less than a million")
    return found


def _check_duration(where: str, text: str) -> None:
    try:
        durations.parse(text)
    except ValueError as error:
        raise InvalidPlane(f"{where}: {error}") from error


def _check_network(where: str, text: str) -> None:
    try:
        IPv4Network(text)
    except ValueError as error:
        raise InvalidPlane(f"{where}: {error}") from error


def read(said: dict[str, Any] | None) -> Plane:
    """Return the data plane of a checked part; that of a model that says nothing for None."""
    parts = check(said)
    proxy, balancer, ingress = parts["proxy"], parts.get("loadBalancer"), parts.get("ingress")
    return Plane(
        min_sync=durations.parse(proxy["minSyncPeriod"]),
        watch=durations.parse(proxy["watch"]),
        sync=durations.parse(proxy["sync"]),
        dns_ttl=durations.parse(parts["dns"]["ttl"]),
        resolver=_resolver(parts["dns"]),
        tables=_tables(parts["conntrack"]),
        registry=parts["registry"]["bitsPerSecond"],
        balancers=None
        if balancer is None
        else Balancers(
            balancer["network"],
            durations.parse(balancer["provision"]),
            durations.parse(balancer["release"]),
            durations.parse(balancer["unhealthyAfter"]),
            durations.parse(balancer["healthyAfter"]),
        ),
        ingresses=None
        if ingress is None
        else Ingresses(
            ingress["class"],
            ingress["default"],
            ingress["address"],
            durations.parse(ingress["admit"]),
        ),
    )


def _resolver(dns: dict[str, Any]) -> Resolver:
    """Return how pods look names up that say nothing about it themselves."""
    kept, ttl, answer = (durations.parse(dns[field]) / 1e9 for field in ("kept", "ttl", "answer"))
    if dns["nodeLocal"]:
        return Resolver(answer=answer, kept=kept + ttl)
    return Resolver(answer=answer, kept=kept, lost=dns["lostPerMillion"] / 1_000_000)


def _tables(conntrack: dict[str, Any]) -> Tables:
    wait = durations.parse(conntrack["timeWait"]) / 1e9
    return Tables(conntrack["perCore"], conntrack["least"], wait)


def objects(plane: Plane) -> list[Obj]:
    """Return what a cluster with that data plane is born with: the IngressClass."""
    served = plane.ingresses
    if served is None:
        return []
    marks = {"ingressclass.kubernetes.io/is-default-class": "true"} if served.default else {}
    meta = {"name": served.name, **({"annotations": marks} if marks else {})}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": meta,
            "spec": {"controller": CONTROLLER},
        }
    ]


CONTROLLER: Final = "k8s.io/ingress-nginx"
"""The controller that classes name to be served by the cluster's own."""

_OLD_CLASS: Final = "kubernetes.io/ingress.class"


def class_of(ingress: Obj) -> str:
    """Return the class that an Ingress names, "" for none; the older annotation goes first."""
    annotations = ingress["metadata"].get("annotations") or {}
    return str(annotations.get(_OLD_CLASS) or ingress["spec"].get("ingressClassName") or "")
