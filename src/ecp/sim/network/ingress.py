"""Ingresses: to which Service a request for a host and a path goes.

Hosts first: a rule whose host is the request's own, else one with a wildcard for its first label,
else one without a host. Among the paths of those rules the longest that matches, and of two equal
ones the Exact one; without any the default backend. Source: networking.k8s.io/v1 API reference
(IngressRule.host, HTTPIngressPath.pathType); ImplementationSpecific is taken as Prefix, as
ingress-nginx does.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ecp.kube.kinds import INGRESSCLASSES, INGRESSES, SERVICES
from ecp.sim.clusters.plane import CONTROLLER, class_of
from ecp.sim.network.endpoints import service_port
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj


class Backend(NamedTuple):
    """Where a request goes: a Service and a number or name of a port of it."""

    service: Key
    port: int | str


def is_served(read: Reader, ingress: Obj) -> bool:
    """Whether the cluster's controller has taken an Ingress up: of its class, with an address."""
    found = read.get(INGRESSCLASSES, "", class_of(ingress))
    if found is None or found["spec"].get("controller") != CONTROLLER:
        return False
    balancer = (ingress.get("status") or {}).get("loadBalancer") or {}
    return bool(balancer.get("ingress"))


def route(ingresses: Iterable[Obj], host: str, path: str) -> Backend | None:
    """Return where a request for *host* and *path* goes; None: 404 of the controller itself.

    `*.example.com` is the host of a.example.com, not of a.b.example.com or example.com.
    """
    best: tuple[tuple[int, int, bool], Backend] | None = None
    fallback: Backend | None = None
    for ingress in ingresses:
        namespace, spec = ingress["metadata"]["namespace"], ingress["spec"]
        if fallback is None and spec.get("defaultBackend"):
            fallback = _backend(namespace, spec["defaultBackend"])
        for rule in spec.get("rules") or ():
            rank = _host_rank(rule.get("host", ""), host)
            for row in (rule.get("http") or {}).get("paths") or () if rank else ():
                kind, wanted = row.get("pathType"), row.get("path") or "/"
                if not _matches(kind, wanted, path):
                    continue
                score = (rank, len(wanted.rstrip("/")), kind == "Exact")
                backend = _backend(namespace, row["backend"])
                if backend is not None and (best is None or score > best[0]):
                    best = score, backend
    return fallback if best is None else best[1]


def backends(ingress: Obj) -> Iterator[tuple[str, str, Backend]]:
    """Yield what an Ingress leads to: (host, path, where), the default backend last."""
    namespace, spec = ingress["metadata"]["namespace"], ingress["spec"]
    for rule in spec.get("rules") or ():
        for row in (rule.get("http") or {}).get("paths") or ():
            backend = _backend(namespace, row["backend"])
            if backend is not None:
                yield rule.get("host", ""), row.get("path") or "/", backend
    backend = _backend(namespace, spec.get("defaultBackend") or {})
    if backend is not None:
        yield "", "/", backend


def _backend(namespace: str, said: dict[str, Any]) -> Backend | None:
    service = said.get("service")
    if not service:
        return None  # an object of another kind: nothing is known of it
    port = service.get("port") or {}
    return Backend((namespace, service["name"]), port.get("number") or port.get("name", ""))


def _host_rank(rule: str, host: str) -> int:
    """Return how well a rule's host fits: 3 its own, 2 by wildcard, 1 any, 0 not at all."""
    if not rule:
        return 1
    if rule == host:
        return 3
    if rule.startswith("*.") and "." in host and host.partition(".")[2] == rule[2:]:
        return 2
    return 0


def _matches(kind: str | None, wanted: str, path: str) -> bool:
    if kind == "Exact":
        return path == wanted
    wanted = wanted.rstrip("/")
    # Element by element: /foo/bar is below /foo, /foobar is not.
    return path == wanted or path.startswith(f"{wanted}/")


def through(read: Reader, namespace: str, services: Iterable[Key]) -> str | None:
    """Say whether requests of customers reach one of *services* by an Ingress of *namespace*.

    "" where they do; None where no Ingress leads there, so that they come another way; else the
    reason why they do not: "no-ingress" (nobody serves the Ingresses that lead there),
    "ingress-elsewhere" (another Ingress has the host and path), "no-such-port".
    """
    wanted = dict.fromkeys(services)
    leading = [
        ingress
        for ingress in read.list(INGRESSES, namespace)
        if any(backend.service in wanted for _, _, backend in backends(ingress))
    ]
    if not leading:
        return None
    served = [one for one in leading if is_served(read, one)]
    if not served:
        return "no-ingress"
    everywhere = [one for one in read.list(INGRESSES) if is_served(read, one)]
    reason = "ingress-elsewhere"
    for ingress in served:
        for host, path, backend in backends(ingress):
            if backend.service not in wanted:
                continue
            asked = host.replace("*", "any", 1) or "any.host.example"
            if route(everywhere, asked, path) != backend:
                continue
            service = read.get(SERVICES, *backend.service)
            if service is not None and service_port(service, backend.port) is not None:
                return ""
            reason = "no-such-port"
    return reason
