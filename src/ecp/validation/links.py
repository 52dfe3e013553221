"""Who stands before whom: Services and their pods, Ingresses, autoscalers, budgets, host names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.hosts import addresses
from ecp.kube.yaml import Path
from ecp.validation.amounts import resources_of
from ecp.validation.bundle import (
    SERVICE,
    SERVING,
    Bundle,
    Carrier,
    Note,
    Subject,
    group_of,
)
from ecp.validation.scope import Object, items, mapping

_MAKERS: Final = (*sorted(SERVING), ("", "Pod"), ("", "ReplicationController"))
OPTIONAL_CALLS: Final = "sim.ecp-ai.io/optional-calls"
"""Annotation of a pod: hosts, with commas between, that it does without."""
_DOMAIN: Final = ".cluster.local"
_HERE: Final = ("localhost", "ip6-localhost", "kubernetes", "host.docker.internal")


def check(bundle: Bundle) -> Iterator[Note]:
    for subject in bundle.by_kind.get(SERVICE, ()):
        yield from _service(bundle, subject)
    for subject in bundle.by_kind.get(("networking.k8s.io", "Ingress"), ()):
        yield from _ingress(bundle, subject)
    for subject in bundle.by_kind.get(("autoscaling", "HorizontalPodAutoscaler"), ()):
        yield from _autoscaler(bundle, subject)
    for subject in bundle.by_kind.get(("policy", "PodDisruptionBudget"), ()):
        yield from _budget(bundle, subject)
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
            yield Note(
                subject.document, "B0100", ("spec", "selector"),
                f"no pod has the labels {told}, so Service {subject.name} has no endpoints",
                {"near": near} if near else {},
            )  # fmt: skip
        return
    declared = [port for carrier in pods for port in carrier.ports()]
    names = {port.get("name") for port in declared}
    numbers = {port.get("containerPort") for port in declared}
    for number, port in enumerate(map(mapping, items(spec.get("ports")))):
        wanted = port.get("targetPort", port.get("port"))
        field = "targetPort" if "targetPort" in port else "port"
        path = ("spec", "ports", number, field)
        if isinstance(wanted, str) and not wanted.isdigit():
            if wanted not in names:
                text = f'no container of {_list(pods)} has a port named "{wanted}"'
                params = {"has": ", ".join(sorted(filter(None, names)))}
                yield Note(subject.document, "B0101", path, text, params)
        elif numbers and _number(wanted) not in numbers:
            text = f"no container of {_list(pods)} lists port {wanted}"
            params = {"has": ", ".join(map(str, sorted(filter(None, numbers))))}
            yield Note(subject.document, "W0102", path, text, params)


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
    if found is None:
        if bundle.is_whole(place) or bundle.brings(place, SERVICE):
            text = f"Service {name} does not exist, so the pods have no names of their own"
            yield Note(subject.document, "W0106", ("spec", "serviceName"), text)
    elif mapping(found.get("spec")).get("clusterIP") != "None":
        text = f"Service {name} is not headless, so the pods have no names of their own"
        yield Note(subject.document, "W0106", ("spec", "serviceName"), text)


# ---- Ingresses --------------------------------------------------------------------------------


def _backends(spec: Object) -> Iterator[tuple[Path, Object]]:
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
    for at, backend in _backends(mapping(subject.object.get("spec"))):
        name = backend.get("name")
        if not name:
            continue
        found = bundle.world.find(*SERVICE, place, name)
        if found is None:
            if bundle.is_whole(place) or bundle.brings(place, SERVICE):
                text = f"Service {name} does not exist in namespace {place}"
                yield Note(subject.document, "B0102", (*at, "name"), text)
            continue
        wanted = mapping(backend.get("port"))
        field = "name" if wanted.get("name") else "number"
        ports = [mapping(port) for port in items(mapping(found.get("spec")).get("ports"))]
        here = [port.get("name" if field == "name" else "port") for port in ports]
        if (
            mapping(found.get("spec")).get("type") != "ExternalName"
            and wanted.get(field) not in here
        ):
            text = f"Service {name} has no port {wanted.get(field)}"
            params = {"has": ", ".join(str(port) for port in here if port)}
            yield Note(subject.document, "B0102", (*at, "port", field), text, params)


# ---- autoscalers and budgets ------------------------------------------------------------------


def _autoscaler(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    spec, place = mapping(subject.object.get("spec")), subject.namespace
    target = mapping(spec.get("scaleTargetRef"))
    kind = group_of(target.get("apiVersion")), str(target.get("kind"))
    name = str(target.get("name"))
    if kind not in SERVING and kind != ("", "ReplicationController"):
        return
    found = next(
        (one for one in bundle.pods(place) if one.group_kind == kind and one.name == name), None
    )
    if found is None:
        if bundle.is_whole(place) or bundle.brings(place, *_MAKERS):
            text = f"{kind[1]} {name} does not exist in namespace {place}"
            yield Note(subject.document, "B0103", ("spec", "scaleTargetRef", "name"), text)
        return
    replicas = mapping(found.object.get("spec")).get("replicas")
    for field, sign in (("maxReplicas", 1), ("minReplicas", -1)):
        bound = spec.get(field)
        if isinstance(replicas, int) and isinstance(bound, int) and sign * (replicas - bound) > 0:
            way = "down to its maximum" if sign > 0 else "up to its minimum"
            text = f"{found.called} asks for {replicas} replicas, which are scaled {way} of {bound}"
            yield Note(subject.document, "W0105", ("spec", field), text)
    if not bundle.world.has("", "LimitRange", place):
        yield from _measured(subject, spec, found)


def _measured(subject: Subject, spec: Object, target: Carrier) -> Iterator[Note]:
    """A share of what is requested cannot be told where nothing is requested."""
    of_all = mapping(mapping(target.spec.get("resources")).get("requests"))
    for number, metric in enumerate(map(mapping, items(spec.get("metrics")))):
        source = mapping(metric.get("resource"))
        if mapping(source.get("target")).get("type") != "Utilization":
            continue
        resource = source.get("name")
        without = [
            str(box.get("name"))
            for at, box in target.boxes()
            if resource not in resources_of(box, "requests")
            and ("containers" in at[-2:] or box.get("restartPolicy") == "Always")
        ]
        if without and resource not in of_all:
            text = (
                f"container {', '.join(without)} of {target.called} requests no {resource}, so "
                "its utilization cannot be told and nothing is scaled by it"
            )
            path = ("spec", "metrics", number, "resource", "name")
            yield Note(subject.document, "B0104", path, text)


def _budget(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    spec, place = mapping(subject.object.get("spec")), subject.namespace
    pods = bundle.selected(place, spec.get("selector"))
    if not pods:
        if bundle.is_whole(place) or bundle.brings(place, *_MAKERS):
            text = "the selector selects no pod, so the budget protects nothing"
            yield Note(subject.document, "W0103", ("spec", "selector"), text)
        return
    if any(carrier.group_kind == ("apps", "DaemonSet") for carrier in pods):
        return
    expected = sum(carrier.replicas for carrier in pods)
    for field in ("minAvailable", "maxUnavailable"):
        if spec.get(field) is None or not expected:
            continue
        count = _scaled(spec[field], expected)
        left = expected - count if field == "minAvailable" else count
        if left <= 0:
            text = (
                f"{field} {spec[field]} of {expected} pods lets none go, so no node that has one "
                "of them can be drained"
            )
            yield Note(subject.document, "W0104", ("spec", field), text)


def _scaled(wanted: Any, total: int) -> int:
    """Round up, as the budget's controller does. Source: intstr GetScaledValueFromIntOrPercent."""
    if isinstance(wanted, str) and wanted.endswith("%") and wanted[:-1].isdigit():
        return math.ceil(int(wanted[:-1]) * total / 100)
    return wanted if isinstance(wanted, int) else 1


def _overlaps(bundle: Bundle) -> Iterator[Note]:
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
            text = (
                f"the selector of {carrier.called} selects the pods of {other.called}, too; "
                "Services, budgets and autoscalers cannot tell them apart"
            )
            yield Note(last.document, "W0107", ("spec", "selector"), text, {"other": first.called})


# ---- host names in the environment ------------------------------------------------------------


def _calls(bundle: Bundle, carrier: Carrier) -> Iterator[Note]:
    annotations = mapping(mapping(_pod(carrier).get("metadata")).get("annotations"))
    spared = {host.strip().lower() for host in str(annotations.get(OPTIONAL_CALLS, "")).split(",")}
    told: set[str] = set()
    for at, box in carrier.boxes():
        for number, entry in enumerate(map(mapping, items(box.get("env")))):
            name, value = entry.get("name"), entry.get("value")
            if not isinstance(name, str) or not isinstance(value, str) or len(value) < 2:
                continue
            for host, port in addresses(name, value):
                if host in told or host in spared or host in _HERE:
                    continue
                text = _unanswered(bundle, carrier.namespace, host, port)
                if text and not _does_without(name, box):
                    told.add(host)
                    rule = "B0111" if bundle.known else "W0101"
                    path = (*at, "env", number, "value")
                    yield Note(carrier.document, rule, path, text, {"host": host})


def _pod(carrier: Carrier) -> Object:
    pod: Object = carrier.object
    for step in carrier.at:
        pod = mapping(pod.get(step))
    return pod


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


def _unanswered(bundle: Bundle, namespace: str, host: str, port: int | None) -> str:
    """Return what is wrong with calling *host*, "" for nothing, and where nothing is known."""
    if host.replace(".", "").isdigit():
        return ""
    meant = service_named(bundle, namespace, host)
    if meant is None or meant == ("default", "kubernetes") or meant[0] == "kube-system":
        return ""
    found = bundle.world.find(*SERVICE, *meant)
    if found is None:
        if not (bundle.is_whole(meant[0]) or bundle.brings(meant[0], SERVICE)):
            return ""
        where = "cluster" if bundle.known else "input"
        return f"calls {host}, but there is no Service {meant[1]} in {meant[0]} of this {where}"
    spec = mapping(found.get("spec"))
    if port is None or spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None":
        return ""
    ports = [mapping(entry).get("port") for entry in items(spec.get("ports"))]
    if port in ports:
        return ""
    return f"calls {host}:{port}, but Service {meant[1]} has {', '.join(map(str, ports)) or 'none'}"


def _does_without(name: str, box: Object) -> bool:
    """Tell whether an image is known to run without the peer that a variable names."""
    from ecp.workloads.images import InvalidImageName, facts

    try:
        return name in facts(str(box.get("image") or "")).spares
    except InvalidImageName:
        return False
