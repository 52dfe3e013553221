"""Can the API servers that others bring be reached? As far as their Services say, and no further.

Requests are not proxied: what has ready endpoints is asked, and does not answer.
Source: kubernetes kube-aggregator pkg/controllers/status/remote/remote_available_controller.go.
"""

from collections.abc import Iterable

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj

_ACTOR = "kube-apiserver"
_METRICS = "v1beta1.metrics.k8s.io"
"""Answered by the cluster itself where its model has a metrics-server."""
_TYPE = "Available"
_SERVICE = "kubernetes.io/service-name"


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    registered = read.get(kinds.APISERVICES, *key)
    service = _service(registered)
    if registered is None or service is None or key[1] == _METRICS:
        return NOTHING
    reason, message = _unavailable(registered["spec"], service, read)
    wanted = {"type": _TYPE, "status": "False", "reason": reason, "message": message}
    conditions = (registered.get("status") or {}).get("conditions") or ()
    there: Obj = next((one for one in conditions if one["type"] == _TYPE), {})
    if all(there.get(field) == value for field, value in wanted.items()):
        return NOTHING
    same = there.get("status") == "False"
    condition = {
        **wanted,
        "lastTransitionTime": there["lastTransitionTime"] if same else rfc3339(now),
    }
    others = [one for one in conditions if one["type"] != _TYPE]
    obj = {**registered, "status": {"conditions": [*others, condition]}}
    return Plan((Update(kinds.APISERVICES, obj, "status"),))


def _service(registered: Obj | None) -> Obj | None:
    found: Obj | None = (registered or {"spec": {}})["spec"].get("service")
    return found


def _unavailable(spec: Obj, at: Obj, read: Reader) -> tuple[str, str]:
    """Return (reason, message) of the first of the server's checks that fails."""
    namespace, name, port = at["namespace"], at["name"], at.get("port", 443)
    where = f'service/{name} in "{namespace}"'
    service = read.get(kinds.SERVICES, namespace, name)
    if service is None:
        return "ServiceNotFound", f"{where} is not present"
    if service["spec"].get("type", "ClusterIP") == "ClusterIP":
        ports = [one for one in service["spec"].get("ports") or () if one["port"] == port]
        if not ports:
            return "ServicePortError", f"{where} is not listening on port {port}"
        slices = [one for one in read.list(kinds.ENDPOINTSLICES, namespace) if _of(one) == name]
        if not slices:
            return "EndpointsNotFound", f"cannot find endpointslices for {where}"
        called = ports[0].get("name", "")
        if not any(_reaches(one, called) for one in slices):
            words = f'endpointslices for {where} have no addresses with port name "{called}"'
            return "MissingEndpoints", words
    host = f"{service['spec'].get('clusterIP') or name}:{port}"
    url = f"https://{host}/apis/{spec['group']}/{spec['version']}"
    words = f'Get "{url}": dial tcp {host}: connect: connection refused'
    return "FailedDiscoveryCheck", f"failing or missing response from {url}: {words}"


def _of(endpoints: Obj) -> str:
    return str((endpoints["metadata"].get("labels") or {}).get(_SERVICE, ""))


def _reaches(endpoints: Obj, port: str) -> bool:
    named = any((one.get("name") or "") == port for one in endpoints.get("ports") or ())
    ready = any(
        (one.get("conditions") or {}).get("ready") is not False
        for one in endpoints.get("endpoints") or ()
    )
    return named and ready


def _itself(change: Change, read: Reader) -> Iterable[Key]:
    return [change.key]


def _of_service(change: Change, read: Reader) -> Iterable[Key]:
    return _served_by(change.key, read)


def _of_slice(change: Change, read: Reader) -> Iterable[Key]:
    return _served_by((change.key[0], _of(change.object)), read)


def _served_by(service: Key, read: Reader) -> list[Key]:
    found = ((one, _service(one)) for one in read.list(kinds.APISERVICES))
    return [
        ("", one["metadata"]["name"])
        for one, at in found
        if at is not None and (at.get("namespace"), at.get("name")) == service
    ]


def controller() -> Controller:
    """Return the loop of the API server that says which others are available."""
    return Controller(
        name="apiservice",
        component=_ACTOR,
        watches={
            kinds.APISERVICES: _itself,
            kinds.SERVICES: _of_service,
            kinds.ENDPOINTSLICES: _of_slice,
        },
        reconcile=_reconcile,
        actor=_ACTOR,
    )
