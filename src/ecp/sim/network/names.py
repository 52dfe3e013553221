"""Names inside the cluster: what a pod's resolver and the cluster's DNS make of them.

Source: kubernetes DNS specification 1.1; pods get the search list `<ns>.svc.cluster.local
svc.cluster.local cluster.local` and ndots:5 (pkg/kubelet/network/dns/dns.go), so a name is tried
with each of them before it is taken as it stands.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ecp.kube.kinds import ENDPOINTSLICES, NAMESPACES, PODS, SERVICES
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

CLUSTER_DOMAIN = "cluster.local"
_ZONE = f".svc.{CLUSTER_DOMAIN}"
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_LOOPBACK = ("localhost", "127.0.0.1", "0.0.0.0", "::1")
# CNAME records may point at one another; resolvers stop somewhere.
_MAX_ALIASES = 8

Kind = Literal["service", "pod", "self", "outside", "unknown"]


class Resolved(NamedTuple):
    """What a name means.

    kind       "service"; "pod" (a pod's own address, or a pod's name under a headless Service);
               "self" (the caller's own loopback); "outside" the cluster, about which nothing is
               known here; "unknown": the cluster's DNS answers NXDOMAIN
    service    the Service, where one was found on the way
    pod        the pod for kind "pod"
    name       the name as it was last looked up: the target of an ExternalName, or what was asked
    """

    kind: Kind
    service: Obj | None = None
    pod: Obj | None = None
    name: str = ""


def resolve(read: Reader, name: str, namespace: str) -> Resolved:
    """Look *name* up as a pod of *namespace* does."""
    for _ in range(_MAX_ALIASES):
        found = _lookup(read, name.rstrip(".").lower(), namespace)
        service = found.service
        if found.kind != "service" or service is None:
            return found
        if service["spec"].get("type") != "ExternalName":
            return found
        name, namespace = service["spec"]["externalName"], service["metadata"]["namespace"]
    return Resolved("unknown", name=name)


def named(name: str, namespace: str) -> tuple[str, str]:
    """Return which Service a name of the cluster means or would mean: (namespace, name).

    Asked from *namespace*: web is web there, web.shop and web.shop.svc are web in shop.
    """
    labels = name.rstrip(".").removesuffix(f".{CLUSTER_DOMAIN}").removesuffix(".svc").split(".")
    where = labels[-1] if len(labels) > 1 else namespace
    return where, ".".join(labels[:-1]) or labels[0]


def is_address(name: str) -> bool:
    """Whether *name* is an address: nobody asks the DNS for it."""
    return name in _LOOPBACK or _IPV4.fullmatch(name) is not None


def _lookup(read: Reader, name: str, namespace: str) -> Resolved:
    if name in _LOOPBACK:
        return Resolved("self", name=name)
    if _IPV4.fullmatch(name):
        return _by_address(read, name)
    for labels in _candidates(name, namespace):
        found = _in_zone(read, labels)
        if found is not None:
            return found._replace(name=name)
    return Resolved("unknown" if _is_inside(read, name) else "outside", name=name)


def _candidates(name: str, namespace: str) -> Iterator[list[str]]:
    """Yield the labels in front of `.svc.cluster.local` that the resolver tries, in order."""
    if name.endswith(_ZONE):
        # Four dots or more than the search list helps: the name is tried as it stands, too.
        yield name.removesuffix(_ZONE).split(".")
        return
    for searched in (f"{name}.{namespace}{_ZONE}", f"{name}{_ZONE}", f"{name}.{CLUSTER_DOMAIN}"):
        if searched.endswith(_ZONE):
            yield searched.removesuffix(_ZONE).split(".")


def _in_zone(read: Reader, labels: list[str]) -> Resolved | None:
    if len(labels) == 2:
        service = read.get(SERVICES, labels[1], labels[0])
        return None if service is None else Resolved("service", service)
    if len(labels) == 3:
        host, name, namespace = labels
        service = read.get(SERVICES, namespace, name)
        if service is None or service["spec"].get("clusterIP") != "None":
            return None
        pod = _named_pod(read, service, host)
        return None if pod is None else Resolved("pod", service, pod)
    return None


def _named_pod(read: Reader, service: Obj, host: str) -> Obj | None:
    """Return the pod that a headless Service publishes under *host*."""
    meta = service["metadata"]
    for found in read.list(ENDPOINTSLICES, meta["namespace"]):
        labels = found["metadata"].get("labels") or {}
        if labels.get("kubernetes.io/service-name") != meta["name"]:
            continue
        for endpoint in found.get("endpoints") or ():
            target = endpoint.get("targetRef")
            if endpoint.get("hostname") == host and target:
                return read.get(PODS, target["namespace"], target["name"])
    return None


def _by_address(read: Reader, address: str) -> Resolved:
    for service in read.list(SERVICES):
        if service["spec"].get("clusterIP") == address:
            return Resolved("service", service, name=address)
    for pod in read.list(PODS):
        if (pod.get("status") or {}).get("podIP") == address:
            return Resolved("pod", pod=pod, name=address)
    return Resolved("outside", name=address)


def _is_inside(read: Reader, name: str) -> bool:
    """Whether only the cluster's DNS could know *name*.

    A name of one label, or below the cluster's domain or a namespace of it. Everything else goes
    to the resolver outside, about which nothing is known here.
    """
    labels = name.split(".")
    if len(labels) == 1 or name.endswith((".svc", f".{CLUSTER_DOMAIN}")):
        return True
    return len(labels) == 2 and read.get(NAMESPACES, "", labels[1]) is not None
