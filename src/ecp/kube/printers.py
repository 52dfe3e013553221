"""Tables: the columns that `kubectl get` shows and the cells of one object.

The server renders them (Accept: …;as=Table), so what a user reads is decided here. A printer is
a pure function of the object and of the instant that "now" is. Columns are data, recorded from a
real server; a kind without a printer of its own has a name and an age, as a custom resource has.

Source: kubernetes pkg/printers/internalversion/printers.go, apimachinery
pkg/util/duration/duration.go, apiextensions-apiserver pkg/registry/customresource/tableconvertor.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple, TypeVar

from ecp.kube import selectors
from ecp.kube.times import nanoseconds

Object = Mapping[str, Any]
Cell = str | int | float | bool | None
Cells = list[Cell]
Row = Callable[[Object, int], Cells]

_SECOND: Final = 1_000_000_000


class Column(NamedTuple):
    """One columnDefinition. Priority 0 is always shown, 1 with `-o wide`."""

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


class Printer(NamedTuple):
    """Columns, and the cells of an object at an instant (ns), one a column."""

    columns: tuple[Column, ...]
    cells: Row


# ---- durations ------------------------------------------------------------------------------


def human_duration(span: int) -> str:
    """Return *span* (ns) the way ages are written: 45s, 3m12s, 2h, 5d3h, 2y10d.

    Two units while the first one is small. Below minus one second: "<invalid>".
    """
    seconds = span // _SECOND if span >= 0 else -(-span // _SECOND)
    if seconds < -1:
        return "<invalid>"
    if span < 0:
        return "0s"
    if seconds < 120:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    hours = seconds // 3600
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    years = days // 365
    if years < 8:
        return _two(years, "y", days % 365, "d")
    return f"{years}y"


def _two(great: int, unit: str, small: int, small_unit: str) -> str:
    return f"{great}{unit}{small}{small_unit}" if small else f"{great}{unit}"


def since(instant: str | None, now: int) -> str:
    """Return the time from an RFC 3339 *instant* to *now* (ns), or "<unknown>" without one."""
    return human_duration(now - nanoseconds(instant)) if instant else "<unknown>"


def age(obj: Object, now: int) -> str:
    """Return how long an object has existed."""
    return since(obj["metadata"].get("creationTimestamp"), now)


# ---- small things that several kinds show ---------------------------------------------------


def _some(parts: Sequence[str], most: int, glue: str = ",") -> str:
    """Join at most *most* parts and count the rest."""
    shown = glue.join(parts[:most])
    return f"{shown} + {len(parts) - most} more..." if len(parts) > most else shown


def _label_selector(selector: Object | None) -> str:
    try:
        text = str(selectors.from_object(selector))
    except selectors.InvalidSelector:
        return "<error>"
    return text or "<none>"


def label_cell(labels: Mapping[str, str] | None) -> str:
    """Return labels, sorted, as a=b,c=d."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else "<none>"


def _template(obj: Object) -> tuple[str, str]:
    return image_cells(obj["spec"].get("template"))


def image_cells(template: Object | None) -> tuple[str, str]:
    """Return names and images of the containers of a pod template."""
    containers = ((template or {}).get("spec") or {}).get("containers") or ()
    names = ",".join(container["name"] for container in containers)
    return names, ",".join(container.get("image", "") for container in containers)


_ACCESS_MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def access_modes(modes: Iterable[str]) -> str:
    """Return modes of a volume as they are abbreviated: RWO,ROX."""
    given = set(modes)
    return ",".join(short for mode, short in _ACCESS_MODES.items() if mode in given)


# ---- pods -----------------------------------------------------------------------------------


def _latest_end(status: Object, latest: str) -> str:
    """The later of *latest* and the end of the container's last run (RFC 3339 sorts as text)."""
    ended: str = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
    return max(latest, ended)


def _exit_text(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def condition(obj: Object, kind: str) -> Object | None:
    """Return the condition of type *kind* in an object's status."""
    for found in (obj.get("status") or {}).get("conditions") or ():
        if found.get("type") == kind:
            return found  # type: ignore[no-any-return]
    return None


def _is_true(found: Object | None) -> bool:
    return found is not None and found.get("status") == "True"


class PodSummary(NamedTuple):
    """What one line says about a pod; `restarted` is the end of the newest restarted run."""

    reason: str
    ready: int
    total: int
    restarts: int
    restarted: str


def pod_summary(pod: Object) -> PodSummary:
    """Return the STATUS text, ready and total containers and restarts of a pod.

    The text is not the phase: the first unfinished init container decides while it initialises,
    afterwards the first container in the spec that waits or has ended; deletion has the last word.
    Source: printers.go printPod.
    """
    spec, status = pod["spec"], pod.get("status") or {}
    sidecars = {
        container["name"]
        for container in spec.get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    }
    total = len(spec.get("containers") or ()) + len(sidecars)
    reason = status.get("reason") or status.get("phase") or ""
    scheduled = condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    ready = restarts = sidecar_restarts = 0
    restarted = sidecar_restarted = ""

    initialising = False
    for at, container in enumerate(status.get("initContainerStatuses") or ()):
        restarts += container.get("restartCount", 0)
        restarted = _latest_end(container, restarted)
        sidecar = container["name"] in sidecars
        if sidecar:
            sidecar_restarts += container.get("restartCount", 0)
            sidecar_restarted = _latest_end(container, sidecar_restarted)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if terminated and not terminated.get("exitCode"):
            continue
        if sidecar and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if terminated:
            reason = f"Init:{_exit_text(terminated)}"
        elif waiting.get("reason", "PodInitializing") not in ("", "PodInitializing"):
            reason = f"Init:{waiting['reason']}"
        else:
            reason = f"Init:{at}/{len(spec.get('initContainers') or ())}"
        initialising = True
        break

    if not initialising or _is_true(condition(pod, "Initialized")):
        restarts, restarted = sidecar_restarts, sidecar_restarted
        running = False
        for container in reversed(status.get("containerStatuses") or ()):
            restarts += container.get("restartCount", 0)
            restarted = _latest_end(container, restarted)
            state = container.get("state") or {}
            if (state.get("waiting") or {}).get("reason"):
                reason = state["waiting"]["reason"]
            elif state.get("terminated"):
                reason = _exit_text(state["terminated"])
            elif container.get("ready") and state.get("running") is not None:
                running = True
                ready += 1
        if reason == "Completed" and running:
            reason = "Running" if _is_true(condition(pod, "Ready")) else "NotReady"

    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            reason = "Terminating"
    return PodSummary(reason, ready, total, restarts, restarted)


def _pod(pod: Object, now: int) -> Cells:
    summary = pod_summary(pod)
    restarts = str(summary.restarts)
    if summary.restarts and summary.restarted:
        restarts += f" ({since(summary.restarted, now)} ago)"
    spec, status = pod["spec"], pod.get("status") or {}
    gates = spec.get("readinessGates") or ()
    passed = sum(_is_true(condition(pod, gate["conditionType"])) for gate in gates)
    addresses = status.get("podIPs") or ()
    return [
        pod["metadata"]["name"],
        f"{summary.ready}/{summary.total}",
        summary.reason,
        restarts,
        age(pod, now),
        (addresses[0]["ip"] if addresses else status.get("podIP")) or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        f"{passed}/{len(gates)}" if gates else "<none>",
    ]


_POD_CONDITIONS: Final[Mapping[str, list[dict[str, str]]]] = {
    "Succeeded": [
        {
            "type": "Completed",
            "status": "True",
            "reason": "Succeeded",
            "message": "The pod has completed successfully.",
        }
    ],
    "Failed": [
        {
            "type": "Completed",
            "status": "True",
            "reason": "Failed",
            "message": "The pod failed.",
        }
    ],
}


WITHOUT_ROWS: Final = (
    "clusterroles.rbac.authorization.k8s.io",
    "csistoragecapacities.storage.k8s.io",
    "customresourcedefinitions.apiextensions.k8s.io",
    "limitranges",
    "nodes.metrics.k8s.io",
    "pods.metrics.k8s.io",
    "roles.rbac.authorization.k8s.io",
)
"""Resources whose empty Table says ``"rows": null``: the server has no printer of their own."""

_Row = TypeVar("_Row")


def in_order(resource: str, rows: Sequence[_Row], of: Callable[[_Row], Object]) -> Sequence[_Row]:
    """Return a page in the order in which a Table shows it; *of* gives the object of a row.

    Source: kubernetes pkg/printers/internalversion/printers.go printFlowSchemaList.
    """
    if resource != "flowschemas.flowcontrol.apiserver.k8s.io":
        return rows

    def rank(row: _Row) -> tuple[int, str]:
        obj = of(row)
        return obj["spec"].get("matchingPrecedence", 0), obj["metadata"]["name"]

    return sorted(rows, key=rank)


def row_conditions(resource: str, obj: Object) -> list[dict[str, str]] | None:
    """Return the row's own conditions: a pod that has ended is marked as completed."""
    if resource != "pods":
        return None
    return _POD_CONDITIONS.get((obj.get("status") or {}).get("phase", ""))


# ---- the other kinds ------------------------------------------------------------------------


def _node_status(node: Object) -> str:
    ready = condition(node, "Ready")
    words = ["Unknown" if ready is None else "Ready" if _is_true(ready) else "NotReady"]
    if (node.get("spec") or {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


_ROLE: Final = "node-role.kubernetes.io/"


def _node_roles(node: Object) -> str:
    roles = set()
    for key, value in (node["metadata"].get("labels") or {}).items():
        if key.startswith(_ROLE) and len(key) > len(_ROLE):
            roles.add(key.removeprefix(_ROLE))
        elif key == "kubernetes.io/role" and value:
            roles.add(value)
    return ",".join(sorted(roles)) or "<none>"


def _node(node: Object, now: int) -> Cells:
    status = node.get("status") or {}
    info = status.get("nodeInfo") or {}

    def address(kind: str) -> str:
        for one in status.get("addresses") or ():
            if one.get("type") == kind:
                return one.get("address") or "<none>"
        return "<none>"

    kernel = info.get("kernelVersion") or "<unknown>"
    if info.get("kernelVersion") and info.get("architecture"):
        kernel += f" ({info['architecture']})"
    return [
        node["metadata"]["name"],
        _node_status(node),
        _node_roles(node),
        age(node, now),
        info.get("kubeletVersion", ""),
        address("InternalIP"),
        address("ExternalIP"),
        info.get("osImage") or "<unknown>",
        kernel,
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _external_ip(service: Object) -> str:
    spec = service["spec"]
    given = spec.get("externalIPs") or []
    match spec.get("type", "ClusterIP"):
        case "ExternalName":
            return spec.get("externalName") or ""
        case "LoadBalancer":
            ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress")
            found = sorted({one.get("ip") or one.get("hostname") or "" for one in ingress or ()})
            parts = ([",".join(found)] if any(found) else []) + list(given)
            return ",".join(parts) or "<pending>"
        case _:
            return ",".join(given) or "<none>"


def _service(service: Object, now: int) -> Cells:
    spec = service["spec"]
    ports = [
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in spec.get("ports") or ()
    ]
    addresses = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])
    return [
        service["metadata"]["name"],
        spec.get("type", "ClusterIP"),
        addresses[0] if addresses else "<none>",
        _external_ip(service),
        ",".join(ports) or "<none>",
        age(service, now),
        label_cell(spec.get("selector")),
    ]


def _deployment(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(obj, now),
        *_template(obj),
        _label_selector(spec.get("selector")),
    ]


def _replica_set(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(obj, now),
        *_template(obj),
        _label_selector(spec.get("selector")),
    ]


def _stateful_set(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [obj["metadata"]["name"], ready, age(obj, now), *_template(obj)]


def _daemon_set(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        label_cell(spec["template"].get("spec", {}).get("nodeSelector")),
        age(obj, now),
        *_template(obj),
        _label_selector(spec.get("selector")),
    ]


def _job_status(obj: Object) -> str:
    for kind, word in (
        ("Complete", "Complete"),
        ("Failed", "Failed"),
    ):
        if _is_true(condition(obj, kind)):
            return word
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if _is_true(condition(obj, kind)):
            return kind
    return "Running"


def _job(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    done, wanted = status.get("succeeded", 0), spec.get("completions")
    parallel = spec.get("parallelism", 0)
    if wanted is not None:
        completions = f"{done}/{wanted}"
    elif parallel > 1:
        completions = f"{done}/1 of {parallel}"
    else:
        completions = f"{done}/1"
    duration = ""
    if status.get("startTime"):
        ended = status.get("completionTime")
        until = nanoseconds(ended) if ended else now
        duration = human_duration(until - nanoseconds(status["startTime"]))
    return [
        obj["metadata"]["name"],
        _job_status(obj),
        completions,
        duration,
        age(obj, now),
        *_template(obj),
        _label_selector(spec.get("selector")),
    ]


def _cron_job(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    last = status.get("lastScheduleTime")
    template = spec.get("jobTemplate") or {"spec": {}}
    return [
        obj["metadata"]["name"],
        spec.get("schedule", ""),
        spec.get("timeZone") or "<none>",
        "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()),
        since(last, now) if last else "<none>",
        age(obj, now),
        *_template(template),
        _label_selector(template["spec"].get("selector"))
        if template["spec"].get("selector") is not None
        else "<none>",
    ]


def _metric(spec: Object, status: Object | None) -> str:
    """One of an autoscaler's targets, "current/wanted"."""
    kind = spec["type"]
    field = kind[:1].lower() + kind[1:]
    source = spec.get(field) or {}
    target = source.get("target") or {}
    current = ((status or {}).get(field) or {}).get("current") or {}
    unknown = "<unknown>"
    if kind in ("Resource", "ContainerResource"):
        name = source.get("name", "")
        if "averageValue" in target:
            return f"{name}: {current.get('averageValue', unknown)}/{target['averageValue']}"
        wanted = target.get("averageUtilization")
        now = current.get("averageUtilization")
        shown = unknown if now is None else f"{now}%"
        return f"{name}: {shown}/{'<auto>' if wanted is None else f'{wanted}%'}"
    if kind == "Pods":
        return f"{current.get('averageValue', unknown)}/{target.get('averageValue', unknown)}"
    if "averageValue" in target:
        return f"{current.get('averageValue', unknown)}/{target['averageValue']} (avg)"
    return f"{current.get('value', unknown)}/{target.get('value', unknown)}"


def _autoscaler(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    seen = status.get("currentMetrics") or ()
    targets = [
        _metric(metric, seen[at] if at < len(seen) else None)
        for at, metric in enumerate(spec.get("metrics") or ())
    ]
    reference = spec["scaleTargetRef"]
    least = spec.get("minReplicas")
    return [
        obj["metadata"]["name"],
        f"{reference['kind']}/{reference['name']}",
        _some(targets, 2, ", ") or "<none>",
        "<unset>" if least is None else str(least),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        age(obj, now),
    ]


def _claim(obj: Object, now: int) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    volume = spec.get("volumeName") or ""
    deleted = obj["metadata"].get("deletionTimestamp")
    return [
        obj["metadata"]["name"],
        "Terminating" if deleted else status.get("phase", ""),
        volume,
        (status.get("capacity") or {}).get("storage", "") if volume else "",
        access_modes(status.get("accessModes") or ()) if volume else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or "<unset>",
        age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def _event(obj: Object, now: int) -> Cells:
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    last = obj.get("lastTimestamp") or first
    count = obj.get("count") or 1
    if obj.get("series"):
        last, count = obj["series"].get("lastObservedTime") or last, obj["series"].get("count", 0)
    about = obj.get("involvedObject") or {}
    kind, name = about.get("kind", "").lower(), about.get("name")
    source = obj.get("source") or {}
    reporter = (
        source.get("component") or obj.get("reportingComponent") or "",
        source.get("host") or obj.get("reportingInstance") or "",
    )
    return [
        since(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{kind}/{name}" if name else kind,
        about.get("fieldPath", ""),
        ", ".join(part for part in reporter if part),
        obj.get("message", "").strip(),
        since(first, now),
        count,
        obj["metadata"]["name"],
    ]


def _endpoint_slice(obj: Object, now: int) -> Cells:
    ports = ["*" if p.get("port") is None else str(p["port"]) for p in obj.get("ports") or ()]
    addresses = [text for one in obj.get("endpoints") or () for text in one.get("addresses") or ()]
    return [
        obj["metadata"]["name"],
        obj.get("addressType", ""),
        _some(ports, 3) or "<unset>",
        _some(addresses, 3) or "<unset>",
        age(obj, now),
    ]


def _config_map(obj: Object, now: int) -> Cells:
    count = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [obj["metadata"]["name"], count, age(obj, now)]


def _secret(obj: Object, now: int) -> Cells:
    return [
        obj["metadata"]["name"],
        obj.get("type", "Opaque"),
        len(obj.get("data") or ()),
        age(obj, now),
    ]


def _namespace(obj: Object, now: int) -> Cells:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), age(obj, now)]


def _network_policy(obj: Object, now: int) -> Cells:
    selector = obj["spec"].get("podSelector") or {}
    return [obj["metadata"]["name"], _label_selector(selector), age(obj, now)]


def _disruption_budget(obj: Object, now: int) -> Cells:
    spec = obj["spec"]

    def said(name: str) -> str:
        value = spec.get(name)
        return "N/A" if value is None else str(value)

    return [
        obj["metadata"]["name"],
        said("minAvailable"),
        said("maxUnavailable"),
        (obj.get("status") or {}).get("disruptionsAllowed", 0),
        age(obj, now),
    ]


def _resource_quota(obj: Object, now: int) -> Cells:
    status = obj.get("status") or {}
    bounds, used = status.get("hard") or {}, status.get("used") or {}
    sides: dict[bool, list[str]] = {False: [], True: []}
    for name in sorted(bounds):
        told = f"{name}: {used.get(name, 0)}/{bounds[name]}"
        sides[name.startswith("limits.")].append(told)
    return [
        obj["metadata"]["name"],
        ", ".join(sides[False]),
        ", ".join(sides[True]),
        age(obj, now),
    ]


def _lease(obj: Object, now: int) -> Cells:
    return [
        obj["metadata"]["name"],
        (obj.get("spec") or {}).get("holderIdentity") or "",
        age(obj, now),
    ]


def _scale(obj: Object, now: int) -> Cells:
    return [
        obj["metadata"]["name"],
        (obj.get("spec") or {}).get("replicas", 0),
        (obj.get("status") or {}).get("replicas", 0),
        age(obj, now),
    ]


def _named(obj: Object, now: int) -> Cells:
    return [obj["metadata"]["name"], age(obj, now)]


def _created(obj: Object, now: int) -> Cells:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]


_ROWS: Final[Mapping[str, Row]] = {
    "configmaps": _config_map,
    "cronjobs.batch": _cron_job,
    "customresourcedefinitions.apiextensions.k8s.io": _created,
    "customscales.autoscaling": _scale,
    "daemonsets.apps": _daemon_set,
    "deployments.apps": _deployment,
    "endpointslices.discovery.k8s.io": _endpoint_slice,
    "events": _event,
    "events.events.k8s.io": _event,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "jobs.batch": _job,
    "leases.coordination.k8s.io": _lease,
    "limitranges": _created,
    "namespaces": _namespace,
    "networkpolicies.networking.k8s.io": _network_policy,
    "nodes": _node,
    "persistentvolumeclaims": _claim,
    "poddisruptionbudgets.policy": _disruption_budget,
    "pods": _pod,
    "replicasets.apps": _replica_set,
    "resourcequotas": _resource_quota,
    "scale.autoscaling": _scale,
    "secrets": _secret,
    "serviceaccounts": _named,
    "services": _service,
    "statefulsets.apps": _stateful_set,
}

_AGE_COLUMN: Final = "serviceaccounts"


@lru_cache(maxsize=1)
def _recorded() -> dict[str, tuple[Column, ...]]:
    data = json.loads(files("ecp.kube").joinpath("columns.json").read_text("utf-8"))
    texts = data["descriptions"]
    return {
        resource: tuple(
            Column(name, type_, form, priority, texts[text])
            for name, type_, form, priority, text in columns
        )
        for resource, columns in data["columns"].items()
    }


@lru_cache(maxsize=256)
def printer(resource: str) -> Printer:
    """Return the printer of a built-in resource ("pods", "deployments.apps").

    A resource without rows of its own shows its name and the instant of its creation.
    """
    # The rows of other kinds are built with what is here.
    from ecp.kube.rows import ROWS

    columns = _recorded()
    row = _ROWS.get(resource) or ROWS.get(resource)
    if row is not None:
        return Printer(columns[resource], row)
    return Printer(columns["customresourcedefinitions.apiextensions.k8s.io"], _created)


# ---- custom resources -----------------------------------------------------------------------


def custom_printer(columns: Sequence[Mapping[str, Any]] | None) -> Printer:
    """Return the printer of a version of a CustomResourceDefinition.

    *columns* are its additionalPrinterColumns. Without any: name and age.
    """
    name, age = _recorded()[_AGE_COLUMN]
    if not columns:
        columns = [
            {
                "name": "Age",
                "type": "date",
                "jsonPath": ".metadata.creationTimestamp",
                "description": age.description,
            }
        ]
    definitions = [name]
    paths: list[tuple[str, str]] = []
    for column in columns:
        path = column["jsonPath"]
        described = f"Custom resource definition column (in JSONPath format): {path}"
        definitions.append(
            Column(
                column["name"],
                column["type"],
                column.get("format", ""),
                column.get("priority", 0),
                column.get("description") or described,
            )
        )
        paths.append((path, column["type"]))

    def cells(obj: Object, now: int) -> Cells:
        return [obj["metadata"]["name"], *(_custom(obj, path, kind, now) for path, kind in paths)]

    return Printer(tuple(definitions), cells)


def _custom(obj: Object, path: str, kind: str, now: int) -> Cell:
    """One cell. A missing value, or one of another type than the column's, is null."""
    found = find(obj, path)
    if not found:
        return None
    value = found[0]
    match kind:
        case "integer":
            return int(value) if isinstance(value, int | float) else None
        case "number":
            return value if isinstance(value, int | float) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            try:
                return since(value, now) if isinstance(value, str) else None
            except ValueError:
                return "<unknown>"
        case _:
            return ",".join(_text(one) for one in found)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_STEP = re.compile(
    r"\.\.|\.?(?P<key>[^.\[\]'\"]+)|\[\s*(?P<index>-?\d+)\s*\]|\[\s*(?P<all>\*)\s*\]"
    r"|\[\s*['\"](?P<quoted>[^'\"]*)['\"]\s*\]"
    r"|\[\?\(\s*@\.(?P<field>[\w./-]+)\s*==\s*['\"]?(?P<equal>[^'\")]*)['\"]?\s*\)\]"
)


def find(obj: Any, path: str) -> list[Any]:
    """Return what a simple JSONPath selects: .a.b, ['a'], [0], [*], [?(@.type=="Ready")].

    Wildcards after a dot work as well; recursive descent and functions select nothing. A backslash
    keeps a dot inside a name (.metadata.labels.app\\.io/name).
    """
    here = [obj]
    text = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    text = text.replace("\\.", "\0")
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or step.group() == "..":
            return []
        at = step.end()
        key = step["key"] if step["key"] is not None else step["quoted"]
        if key is not None and key != "*":
            key = key.replace("\0", ".")
            here = [one[key] for one in here if isinstance(one, Mapping) and key in one]
        elif step["index"] is not None:
            index = int(step["index"])
            here = [
                one[index]
                for one in here
                if isinstance(one, list) and -len(one) <= index < len(one)
            ]
        elif step["field"] is not None:
            field, wanted = step["field"].replace("\0", "."), step["equal"]
            here = [
                item
                for one in here
                if isinstance(one, list)
                for item in one
                if [_text(found) for found in find(item, f".{field}")] == [wanted]
            ]
        else:
            here = [
                item
                for one in here
                for item in (one.values() if isinstance(one, Mapping) else one)
                if isinstance(one, Mapping | list)
            ]
    return [one for one in here if one is not None]
