"""Who stands before whom: Services and their pods, Ingresses, autoscalers, budgets, host names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.yaml import Path
from ecp.validation.bundle import (
    SERVICE,
    SERVING,
    Bundle,
    Carrier,
    Note,
    Subject,
    group_of,
)
from ecp.validation.calls import Call, calls
from ecp.validation.scope import Object, items, mapping

# Whose pods a budget cannot be counted for: one a node, or nobody who says how many there are.
_UNCOUNTED: Final = frozenset(
    {("apps", "DaemonSet"), ("", "Pod"), ("batch", "Job"), ("batch", "CronJob")}
)
_MAKERS: Final = (*sorted(SERVING), ("", "Pod"), ("", "ReplicationController"))
OPTIONAL_CALLS: Final = "sim.ecp-ai.io/optional-calls"
"""Annotation of a pod: hosts, with commas between, that it does without."""
_DOMAIN: Final = ".cluster.local"
_HERE: Final = ("localhost", "ip6-localhost", "kubernetes", "host.docker.internal")
_AUTOSCALER: Final = ("autoscaling", "HorizontalPodAutoscaler")
_HOOKS: Final = "admissionregistration.k8s.io"
_HOOK_PORT: Final = 443
_BUDGET: Final = ("policy", "PodDisruptionBudget")
# What an autoscaler without metrics scales by. Source: kubernetes pkg/apis/autoscaling/v2 defaults.
_USUAL_METRIC: Final = "cpu"


def check(bundle: Bundle) -> Iterator[Note]:
    for subject in bundle.by_kind.get(SERVICE, ()):
        yield from _service(bundle, subject)
    for subject in bundle.by_kind.get(("networking.k8s.io", "Ingress"), ()):
        yield from _ingress(bundle, subject)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for subject in bundle.by_kind.get((_HOOKS, kind), ()):
            yield from _webhooks(bundle, subject)
    for subject in bundle.by_kind.get(_AUTOSCALER, ()):
        yield from _autoscaler(bundle, subject)
    yield from _rivals(bundle)
    for subject in bundle.by_kind.get(_BUDGET, ()):
        yield from _budget(bundle, subject)
    yield from _shared_pods(bundle)
    for subject in bundle.by_kind.get(("apps", "StatefulSet"), ()):
        yield from _governing(bundle, subject)
    yield from _overlaps(bundle)
    for carrier in bundle.carriers:
        if carrier.document >= 0:
            yield from _calls(bundle, carrier)


# ---- Services ---------------------------------------------------------------------------------


def _service(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    spec, place = mapping(subject.object.get("spec")), subject.namespace
    selector = mapping(spec.get("selector"))
    if not selector or spec.get("type") == "ExternalName":
        return
    pods = bundle.matched(place, selector)
    if not pods:
        if bundle.is_whole(place) or bundle.brings(place, *_MAKERS):
            told = ", ".join(f"{key}={selector[key]}" for key in selector)
            near = _nearest(bundle, place, selector)
            params = {"labels": told, "service": subject.name, "near": near}
            yield Note(subject.document, "B0100", ("spec", "selector"), params)
        return
    declared = [port for carrier in pods for port in carrier.ports()]
    numbers = {port.get("containerPort") for port in declared}
    for number, port in enumerate(map(mapping, items(spec.get("ports")))):
        wanted = port.get("targetPort", port.get("port"))
        field = "targetPort" if "targetPort" in port else "port"
        path = ("spec", "ports", number, field)
        params = {"pods": _list(pods), "port": str(wanted)}
        if isinstance(wanted, str) and not wanted.isdigit():
            yield from _named_port(subject.document, path, declared, _protocol(port), params)
        elif numbers and _number(wanted) not in numbers:
            has = ", ".join(map(str, sorted(filter(None, numbers))))
            yield Note(subject.document, "W0102", path, {**params, "has": has})


def _named_port(
    document: int, path: Path, declared: list[Object], protocol: str, params: dict[str, str]
) -> Iterator[Note]:
    """Source: kubernetes pkg/api/pod FindPort: name and protocol have to be the same."""
    named = [port for port in declared if port.get("name") == params["port"]]
    if not named:
        names = {str(port.get("name")) for port in declared if port.get("name")}
        yield Note(document, "B0101", path, {**params, "has": ", ".join(sorted(names))})
    elif protocol not in map(_protocol, named):
        params = {**params, "protocol": protocol, "other": _protocol(named[0])}
        yield Note(document, "B0101", path, params, "protocol")


def _protocol(port: Object) -> str:
    return str(port.get("protocol") or "TCP")


def _number(port: Any) -> Any:
    return int(port) if isinstance(port, str) else port


def _list(pods: list[Carrier]) -> str:
    return ", ".join(dict.fromkeys(carrier.called for carrier in pods[:3]))


def _nearest(bundle: Bundle, place: str, selector: Object) -> str:
    """Return the labels of the pod that has the most of those wanted, "" if none has any key."""

    def shared(carrier: Carrier) -> int:
        return sum(key in carrier.labels for key in selector)

    pods = bundle.pods(place)
    if not pods or not shared(best := max(pods, key=shared)):
        return ""
    told = ", ".join(f"{key}={best.labels[key]}" for key in selector if key in best.labels)
    return f"{best.called}: {told}"


def _governing(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    name, place = mapping(subject.object.get("spec")).get("serviceName"), subject.namespace
    if not name:
        return
    found = bundle.world.find(*SERVICE, place, name)
    path, params = ("spec", "serviceName"), {"service": str(name)}
    if found is None:
        if bundle.is_whole(place) or bundle.brings(place, SERVICE):
            yield Note(subject.document, "W0106", path, params, "missing")
    elif mapping(found.get("spec")).get("clusterIP") != "None" and _is_several(subject):
        # Of one pod the Service's own name will do.
        yield Note(subject.document, "W0106", path, params, "not-headless")


def _is_several(subject: Subject) -> bool:
    replicas = mapping(subject.object.get("spec")).get("replicas", 1)
    return isinstance(replicas, int) and replicas > 1


# ---- Ingresses --------------------------------------------------------------------------------


def backends(spec: Object) -> Iterator[tuple[Path, Object]]:
    """Yield (path, backend's service) of an Ingress; {} for a backend that is none."""
    yield (
        ("spec", "defaultBackend", "service"),
        mapping(mapping(spec.get("defaultBackend")).get("service")),
    )
    for number, rule in enumerate(items(spec.get("rules"))):
        paths = items(mapping(mapping(rule).get("http")).get("paths"))
        for other, path in enumerate(paths):
            at = ("spec", "rules", number, "http", "paths", other, "backend", "service")
            yield at, mapping(mapping(mapping(path).get("backend")).get("service"))


def _ingress(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    place = subject.namespace
    for at, backend in backends(mapping(subject.object.get("spec"))):
        name = backend.get("name")
        if not name:
            continue
        params = {"service": str(name), "namespace": place}
        found = bundle.world.find(*SERVICE, place, name)
        if found is None:
            if bundle.is_whole(place) or bundle.brings(place, SERVICE):
                yield Note(subject.document, "B0102", (*at, "name"), params, "missing")
            continue
        wanted = mapping(backend.get("port"))
        field = "name" if wanted.get("name") else "number"
        ports = [mapping(port) for port in items(mapping(found.get("spec")).get("ports"))]
        here = [port.get("name" if field == "name" else "port") for port in ports]
        if (
            mapping(found.get("spec")).get("type") != "ExternalName"
            and wanted.get(field) not in here
        ):
            has = ", ".join(str(port) for port in here if port)
            params |= {"port": str(wanted.get(field)), "has": has}
            yield Note(subject.document, "B0102", (*at, "port", field), params, "port")


def _webhooks(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    """Where a webhook that may not fail leads to nobody, what it is about is refused.

    Source: kubernetes apiserver pkg/admission/plugin/webhook/validating/dispatcher.go and
    pkg/util/webhook/client.go: a failed call is an InternalError unless failurePolicy is Ignore.
    """
    for number, hook in enumerate(map(mapping, items(subject.object.get("webhooks")))):
        ref = mapping(mapping(hook.get("clientConfig")).get("service"))
        name, place = str(ref.get("name") or ""), str(ref.get("namespace") or "")
        if hook.get("failurePolicy") == "Ignore" or not name or not items(hook.get("rules")):
            continue
        at: Path = ("webhooks", number, "clientConfig", "service")
        params = {"webhook": str(hook.get("name")), "service": name, "namespace": place}
        found = bundle.world.find(*SERVICE, place, name)
        if found is None:
            sure = bundle.is_whole(place) or bundle.brings(place, SERVICE)
            yield Note(
                subject.document,
                "B0117" if sure else "W0100",
                (*at, "name"),
                params if sure else {**params, "kind": "Service", "name": name},
                "missing" if sure else "webhook",
            )
            continue
        port = ref.get("port", _HOOK_PORT)
        ports = [mapping(one).get("port") for one in items(mapping(found.get("spec")).get("ports"))]
        if port not in ports:
            params |= {"port": str(port), "has": ", ".join(map(str, ports))}
            where = (*at, "port") if "port" in ref else at
            yield Note(subject.document, "B0117", where, params, "port")


# ---- autoscalers and budgets ------------------------------------------------------------------


def _target(subject: Subject) -> tuple[tuple[str, str], str]:
    target = mapping(mapping(subject.object.get("spec")).get("scaleTargetRef"))
    kind = group_of(target.get("apiVersion")), str(target.get("kind"))
    return kind, str(target.get("name"))


def _autoscaler(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    spec, place = mapping(subject.object.get("spec")), subject.namespace
    kind, name = _target(subject)
    if kind not in SERVING and kind != ("", "ReplicationController"):
        return
    found = next(
        (one for one in bundle.pods(place) if one.group_kind == kind and one.name == name), None
    )
    if found is None:
        if bundle.is_whole(place) or bundle.brings(place, *_MAKERS):
            params = {"kind": kind[1], "name": name, "namespace": place}
            yield Note(subject.document, "B0103", ("spec", "scaleTargetRef", "name"), params)
        return
    yield from _out_of_bounds(subject, spec, found)
    if not bundle.world.has("", "LimitRange", place):
        yield from _measured(bundle, subject, spec, found)


def _out_of_bounds(subject: Subject, spec: Object, target: Carrier) -> Iterator[Note]:
    replicas = mapping(target.object.get("spec")).get("replicas")
    if not isinstance(replicas, int):
        return
    params = {"workload": target.called, "replicas": str(replicas)}
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if replicas == 0 and least:
        # Source: kubernetes pkg/controller/podautoscaler/horizontal.go: "scaling is disabled".
        yield Note(subject.document, "W0105", ("spec", "scaleTargetRef"), params, "off")
    elif isinstance(most, int) and replicas > most:
        params["bound"] = str(most)
        yield Note(subject.document, "W0105", ("spec", "maxReplicas"), params, "above")
    elif isinstance(least, int) and replicas < least:
        params["bound"] = str(least)
        yield Note(subject.document, "W0105", ("spec", "minReplicas"), params, "below")


def _measured(bundle: Bundle, subject: Subject, spec: Object, target: Carrier) -> Iterator[Note]:
    """A share of what is requested cannot be told where nothing is requested."""
    of_all = mapping(mapping(target.spec.get("resources")).get("requests"))
    for path, resource, container in _shares(spec):
        boxes = [
            box for _, box in target.lasting() if container in ("", str(box.get("name") or ""))
        ]
        params = {"workload": target.called, "resource": resource, "containers": container}
        if container and not boxes:
            yield Note(subject.document, "B0104", path, params, "no-container")
            continue
        without = [str(box.get("name")) for box in boxes if resource not in bundle.requests(box)]
        if without and (container or resource not in of_all):
            params["containers"] = ", ".join(without)
            yield Note(subject.document, "B0104", path, params)


def _shares(spec: Object) -> Iterator[tuple[Path, str, str]]:
    """Yield (path, resource, container or "" for the pod) of what is scaled by utilization."""
    if not spec.get("metrics"):
        share = "targetCPUUtilizationPercentage"
        yield ("spec", share) if share in spec else ("spec",), _USUAL_METRIC, ""
    for number, metric in enumerate(map(mapping, items(spec.get("metrics")))):
        for field in ("resource", "containerResource"):
            source = mapping(metric.get(field))
            if mapping(source.get("target")).get("type") == "Utilization":
                path = ("spec", "metrics", number, field, "name")
                yield path, str(source.get("name")), str(source.get("container") or "")


def _rivals(bundle: Bundle) -> Iterator[Note]:
    """Source: kubernetes pkg/controller/podautoscaler/horizontal.go, AmbiguousSelector."""
    first: dict[tuple[str, tuple[str, str], str], str] = {}
    for subject in bundle.by_kind.get(_AUTOSCALER, ()):
        kind, name = _target(subject)
        other = first.setdefault((subject.namespace, kind, name), subject.name)
        if other != subject.name:
            params = {"other": other, "workload": f"{kind[1]} {name}"}
            yield Note(subject.document, "B0116", ("spec", "scaleTargetRef"), params)


def _budget(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    spec, place = mapping(subject.object.get("spec")), subject.namespace
    pods = bundle.selected(place, spec.get("selector"))
    if not pods:
        if bundle.is_whole(place) or bundle.brings(place, *_MAKERS):
            yield Note(subject.document, "W0103", ("spec", "selector"))
        return
    if any(carrier.group_kind in _UNCOUNTED for carrier in pods):
        return
    expected = sum(map(bundle.replicas, pods))
    for field in ("minAvailable", "maxUnavailable"):
        if spec.get(field) is None or not expected:
            continue
        count = _scaled(spec[field], expected)
        left = expected - count if field == "minAvailable" else count
        if left <= 0:
            params = {"field": field, "value": str(spec[field]), "expected": str(expected)}
            yield Note(subject.document, "W0104", ("spec", field), params)


def _shared_pods(bundle: Bundle) -> Iterator[Note]:
    """Source: kubernetes pkg/registry/core/pod/storage/eviction.go: one budget a pod, or a 500."""
    budgets = [
        (subject, {id(one): one for one in bundle.selected(subject.namespace, _selector(subject))})
        for subject in bundle.by_kind.get(_BUDGET, ())
    ]
    for number, (subject, pods) in enumerate(budgets):
        for other, theirs in budgets[:number]:
            shared = [one for key, one in pods.items() if key in theirs]
            if shared:
                params = {"workload": shared[0].called, "other": other.name}
                yield Note(subject.document, "W0104", ("spec", "selector"), params, "two")
                break


def _selector(subject: Subject) -> Any:
    return mapping(subject.object.get("spec")).get("selector")


def _scaled(wanted: Any, total: int) -> int:
    """Round up, as the budget's controller does. Source: intstr GetScaledValueFromIntOrPercent."""
    if isinstance(wanted, str) and wanted.endswith("%") and wanted[:-1].isdigit():
        return math.ceil(int(wanted[:-1]) * total / 100)
    return wanted if isinstance(wanted, int) else 1


def _overlaps(bundle: Bundle) -> Iterator[Note]:
    told: set[tuple[int, int]] = set()
    for carrier in bundle.carriers:
        if carrier.group_kind not in SERVING:
            continue
        selector = mapping(carrier.object.get("spec")).get("selector")
        if not mapping(selector):
            continue
        for other in bundle.selected(carrier.namespace, selector):
            last = max(carrier, other, key=lambda one: one.document)
            if other is carrier or other.group_kind not in SERVING or last.document < 0:
                continue
            first = other if last is carrier else carrier
            if (first.document, last.document) in told:
                continue
            told.add((first.document, last.document))
            params = {"one": carrier.called, "other": other.called}
            yield Note(last.document, "W0107", ("spec", "selector"), params)


# ---- who is called ----------------------------------------------------------------------------


def _calls(bundle: Bundle, carrier: Carrier) -> Iterator[Note]:
    annotations = mapping(carrier.meta.get("annotations"))
    spared = {host.strip().lower() for host in str(annotations.get(OPTIONAL_CALLS, "")).split(",")}
    spared |= set(_own_names(carrier))
    told: set[str] = set()
    for call in calls(bundle, carrier):
        if call.host in told or call.host in spared or call.host in _HERE:
            continue
        says, params = _unanswered(bundle, carrier.namespace, call)
        if says and not _does_without(call.variable, call.box):
            told.add(call.host)
            rule = "B0111" if bundle.known else "W0101"
            yield Note(call.document, rule, call.path, params, says)


def _own_names(carrier: Carrier) -> Iterator[str]:
    """Yield the names that the pod can look up by itself: its own, and those it brings along."""
    for alias in map(mapping, items(carrier.spec.get("hostAliases"))):
        yield from (str(name).lower() for name in items(alias.get("hostnames")))
    yield from (str(carrier.spec.get(name)).lower() for name in ("hostname", "subdomain"))


def service_named(bundle: Bundle, namespace: str, host: str) -> tuple[str, str] | None:
    """Return (namespace, name) of the Service that a host name means inside the cluster.

    None for a name that may be one of the outside: more than one label, and none that says where.
    """
    inside = host.endswith((".svc", f".svc{_DOMAIN}"))
    labels = host.removesuffix(_DOMAIN).removesuffix(".svc").split(".")
    if len(labels) == 1:
        return (namespace, labels[0]) if not inside else None
    if inside:
        return labels[-1], labels[-2]
    there = bundle.world.find("", "Namespace", "", labels[-1]) is not None
    return (labels[-1], labels[0]) if len(labels) == 2 and there else None


def _unanswered(bundle: Bundle, namespace: str, call: Call) -> tuple[str, dict[str, str]]:
    """Return what is wrong with a call, "" for nothing, and where nothing is known."""
    host, port = call.host, call.port
    if host.replace(".", "").isdigit():
        return "", {}
    meant = service_named(bundle, namespace, host)
    if meant is None or meant == ("default", "kubernetes") or meant[0] == "kube-system":
        return "", {}
    params = {"host": host, "service": meant[1], "namespace": meant[0]}
    found = bundle.world.find(*SERVICE, *meant)
    if found is None:
        sure = bundle.is_whole(meant[0]) or bundle.brings(meant[0], SERVICE)
        return ("missing" if sure else ""), params
    spec = mapping(found.get("spec"))
    if port is None or spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None":
        return "", {}
    ports = [mapping(entry).get("port") for entry in items(spec.get("ports"))]
    if port in ports:
        return "", {}
    has = ", ".join(map(str, ports)) or "-"
    return "port", {**params, "port": str(port), "has": has}


def _does_without(name: str, box: Object) -> bool:
    """Tell whether an image is known to run without the peer that a variable names."""
    from ecp.workloads.images import InvalidImageName, facts

    try:
        return name in facts(str(box.get("image") or "")).spares
    except InvalidImageName:
        return False
