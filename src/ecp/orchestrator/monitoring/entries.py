"""Where customers enter a namespace, how that is asked from outside, and why it may be down. Pure.

What is asked, the first that there is: Services with a probe's address of their own, backends of
Ingresses, Services with a load balancer, Services that a profile calls an entry, any other one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import (
    DEPLOYMENTS,
    EVENTS,
    INGRESSES,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from ecp.orchestrator.ports import View
from ecp.orchestrator.records import Obj
from ecp.workloads.profiles import profiles

PROBE: Final = "ecp.ai/probe"
"""The annotation of a Service: where it is asked, http(s)://host[:port]/path or tcp://host:port."""

PLANNED_FROM: Final = (SERVICES, INGRESSES, DEPLOYMENTS, STATEFULSETS)
EXPLAINED_FROM: Final = (PODS, EVENTS)
_SERVICE: Final = "kubernetes.io/service-name"
_MOST_CAUSES: Final = 3


class Entry(NamedTuple):
    """A Service by which requests enter.

    name     the workload behind it, else the Service
    url      http, https or tcp; "" = by the API server's proxy at `path`
    host     what a request names where its address does not; "" = as the address
    """

    name: str
    service: str
    url: str = ""
    path: str = ""
    host: str = ""


def entries_of(view: View, namespace: str) -> list[Entry]:
    """Return the entries of a namespace by name. A Service without pods or ports is none."""
    services = [row for row in view.list(SERVICES) if _is_asked(row)]
    ways = (_annotated, _ingresses(view), _balanced, _profiled, _any)
    for way in ways:
        found = {}
        for service in services:
            at = way(service)
            if at is None:
                continue
            workload = _behind(view, service)
            name = service["metadata"]["name"]
            shown = name if workload is None else str(workload["metadata"]["name"])
            url, host = at
            path = "" if url else _proxied(namespace, service, workload)
            entry = Entry(name if shown in found else shown, name, url, path, host)
            found[entry.name] = entry
        if found:
            return [found[name] for name in sorted(found)]
    return []


def _is_asked(service: Obj) -> bool:
    spec = service["spec"]
    return bool(spec.get("selector") and spec.get("ports")) or bool(_annotation(service))


def _annotation(service: Obj) -> str:
    return str((service["metadata"].get("annotations") or {}).get(PROBE) or "")


def _annotated(service: Obj) -> tuple[str, str] | None:
    url = _annotation(service)
    return (url, "") if url else None


def _ingresses(view: View) -> Any:
    """Return the way of Ingresses: their address where they have one, else the proxy."""
    found: dict[str, tuple[str, str]] = {}
    for ingress in view.list(INGRESSES):
        spec = ingress.get("spec") or {}
        given = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        address = str(given[0].get("ip") or given[0].get("hostname") or "") if given else ""
        secure = {host for row in spec.get("tls") or () for host in row.get("hosts") or ()}
        for host, path, backend in _backends(spec):
            name = str((backend.get("service") or {}).get("name") or "")
            # By its name TLS is verified; an address alone has no certificate.
            scheme = "https" if host in secure else "http"
            where = host if scheme == "https" else address
            url = f"{scheme}://{where}{path}" if address else ""
            found.setdefault(name, (url, host))
    return lambda service: found.get(service["metadata"]["name"])


def _backends(spec: Mapping[str, Any]) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    if spec.get("defaultBackend"):
        yield "", "/", spec["defaultBackend"]
    for rule in spec.get("rules") or ():
        for row in (rule.get("http") or {}).get("paths") or ():
            yield str(rule.get("host") or ""), str(row.get("path") or "/"), row.get("backend") or {}


def _balanced(service: Obj) -> tuple[str, str] | None:
    if service["spec"].get("type") != "LoadBalancer":
        return None
    given = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if not given:
        return "", ""
    port = service["spec"]["ports"][0]
    address = given[0].get("ip") or given[0].get("hostname")
    scheme = _scheme(port) if _speaks_http(port) else "tcp"
    return f"{scheme}://{address}:{port['port']}/", ""


def _profiled(service: Obj) -> tuple[str, str] | None:
    name = service["metadata"]["name"]
    for profile in profiles().values():
        if profile.entry and (name == profile.name or name.startswith(f"{profile.name}-")):
            return "", ""
    return None


def _any(service: Obj) -> tuple[str, str] | None:
    return ("", "") if service["spec"].get("clusterIP") != "None" else None


def _speaks_http(port: Mapping[str, Any]) -> bool:
    said = str(port.get("appProtocol") or port.get("name") or "").lower()
    return said.startswith(("http", "kubernetes.io/ws")) or port["port"] in (80, 443, 8080, 8443)


def _scheme(port: Mapping[str, Any]) -> str:
    said = str(port.get("appProtocol") or port.get("name") or "").lower()
    return "https" if said.startswith("https") or port["port"] in (443, 8443) else "http"


def _behind(view: View, service: Obj) -> Obj | None:
    """Return the workload whose pods a Service selects, where it is one alone."""
    wanted = (service["spec"].get("selector") or {}).items()
    found = [
        row
        for kind in (DEPLOYMENTS, STATEFULSETS)
        for row in view.list(kind)
        if wanted and wanted <= (row["spec"]["template"]["metadata"].get("labels") or {}).items()
    ]
    return found[0] if len(found) == 1 else None


def _proxied(namespace: str, service: Obj, workload: Obj | None) -> str:
    """Return where the API server's proxy asks a Service: as its readiness probe does.

    Source: kubernetes pkg/registry/core/service/storage (ResourceLocation): scheme:name:port.
    """
    port = service["spec"]["ports"][0]
    name = service["metadata"]["name"]
    path = "/"
    for container in () if workload is None else workload["spec"]["template"]["spec"]["containers"]:
        asked = (container.get("readinessProbe") or {}).get("httpGet") or {}
        path = str(asked.get("path") or path)
    where = f"/api/v1/namespaces/{namespace}/services/{_scheme(port)}:{name}:{port['port']}/proxy"
    return f"{where}/{path.lstrip('/')}"


def ready_endpoints(slices: Sequence[Obj], service: str) -> int | None:
    """Return how many endpoints of a Service are ready; None where no EndpointSlice says."""
    own = [s for s in slices if (s["metadata"].get("labels") or {}).get(_SERVICE) == service]
    if not own:
        return None
    return sum(
        # Unknown counts as ready. Source: kubernetes api discovery/v1, EndpointConditions.
        (endpoint.get("conditions") or {}).get("ready", True) is not False
        for one in own
        for endpoint in one.get("endpoints") or ()
    )


def causes_of(view: View, reasons: Mapping[str, str]) -> tuple[str, ...]:
    """Return what down slots follow from, as the cluster tells it, at most three, as words.

    Pods first, by the workload that they are of; then warnings; else how the probe failed, which
    *reasons* has by Service.
    """
    found: dict[str, None] = {}
    for pod in view.list(PODS):
        said = _of_pod(pod)
        if said:
            found[f"{_owner(pod)}: {said}"] = None
    if not found:
        for event in view.list(EVENTS):
            about = event.get("involvedObject") or {}
            if event.get("type") == "Warning" and about.get("kind") != "Pod":
                found[f"{str(about.get('kind')).lower()}/{about.get('name')}: "
                      f"{event.get('reason')}"] = None  # fmt: skip
    if not found:
        found = {f"service/{name}: {why}": None for name, why in sorted(reasons.items())}
    # A pack of evidence parts its fields by a bar.
    return tuple(sorted(word.replace("|", "/")[:200] for word in found))[:_MOST_CAUSES]


def _owner(pod: Obj) -> str:
    for owner in pod["metadata"].get("ownerReferences") or ():
        kind, name = str(owner["kind"]).lower(), str(owner["name"])
        # A ReplicaSet is a Deployment's and a hash.
        return f"deployment/{name.rpartition('-')[0]}" if kind == "replicaset" else f"{kind}/{name}"
    return f"pod/{pod['metadata']['name']}"


def _of_pod(pod: Obj) -> str:
    status = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp"):
        return ""
    for row in status.get("containerStatuses") or ():
        state = row.get("state") or {}
        ended = state.get("terminated") or (row.get("lastState") or {}).get("terminated") or {}
        waiting = str((state.get("waiting") or {}).get("reason") or "")
        if ended.get("reason") == "OOMKilled" and not row.get("ready"):
            return "OOMKilled"
        if waiting and waiting not in ("ContainerCreating", "PodInitializing"):
            return waiting
    if status.get("phase") in ("Failed", "Unknown"):
        return str(status.get("reason") or status["phase"])
    for row in status.get("conditions") or ():
        if row["status"] == "True":
            continue
        if row["type"] == "PodScheduled":
            return str(row.get("reason") or "Unschedulable")
        if row["type"] == "Ready" and status.get("phase") == "Running":
            return str(row.get("reason") or "NotReady")
    return ""
