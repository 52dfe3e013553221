"""What is surely sound is told at a glance: the decoder and the rules have nothing to say of it.

A compiled schema (`soundshapes`) looks at every value by itself, and a few lines at what depends on
two places. A no says nothing: then the rules speak, and they alone have words. A yes must never be
wrong, which a test tries on whatever it can make of sound manifests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from ecp.kube.checkers import compiled, strict_schema
from ecp.kube.schema import Gvk, Schema
from ecp.validation.kinds.podannotations import has_meaning
from ecp.validation.kinds.resources import nano_of
from ecp.validation.kinds.service import NOTES
from ecp.validation.soundshapes import DEVICES, SHAPES

_RUNS_ON: Final = (None, "Always")
_NONE: Final = (0, "0%")
_OUTSIDE: Final = ("NodePort", "LoadBalancer")
_DEADLINE_S: Final = 600


def is_sound(obj: Mapping[str, Any], gvk: Gvk, known: Schema) -> bool:
    """Tell whether an object of that kind, about to be made, is surely right in itself."""
    agrees = _KINDS.get(gvk)
    return agrees is not None and _checker(gvk, known).is_valid(obj) and agrees(obj)


@lru_cache(maxsize=64)
def _checker(gvk: Gvk, known: Schema) -> Any:
    return compiled(strict_schema(gvk, known.version, SHAPES))


# ---- what two places say together ----------------------------------------------------------------


def _pod(pod: Mapping[str, Any]) -> bool:
    return not has_meaning(pod["metadata"].get("annotations")) and _containers(pod["spec"])


def _containers(spec: Mapping[str, Any]) -> bool:
    volumes = [volume["name"] for volume in spec.get("volumes") or ()]
    known = set(volumes)
    if len(known) != len(volumes):
        return False
    names = []
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or ():
            names.append(container["name"])
            if not (
                _mounts(container.get("volumeMounts") or (), known)
                and _ports(container.get("ports") or ())
                and _resources(container.get("resources"))
            ):
                return False
    return len(set(names)) == len(names)


def _mounts(mounts: Any, volumes: set[str]) -> bool:
    if not mounts:
        return True
    paths = {mount["mountPath"] for mount in mounts}
    return len(paths) == len(mounts) and all(mount["name"] in volumes for mount in mounts)


def _ports(ports: Any) -> bool:
    if len(ports) < 2:
        return True
    names = [port["name"] for port in ports if "name" in port]
    return len(set(names)) == len(names)


def _resources(resources: Mapping[str, Any] | None) -> bool:
    if not resources:
        return True
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, asked in requests.items():
        limit = limits.get(name)
        if asked == limit:
            continue
        if name in DEVICES or (limit is not None and nano_of(asked) > nano_of(limit)):
            return False
    return True


def _template(spec: Mapping[str, Any]) -> bool:
    template = spec["template"]
    meta, pod = template["metadata"], template["spec"]
    labels = meta.get("labels") or {}
    return (
        pod.get("restartPolicy") in _RUNS_ON
        and spec["selector"]["matchLabels"].items() <= labels.items()
        and not has_meaning(meta.get("annotations"))
        and _containers(pod)
    )


def _deployment(deployment: Mapping[str, Any]) -> bool:
    spec = deployment["spec"]
    rolling = spec.get("strategy", {}).get("rollingUpdate")
    if rolling and rolling.get("maxUnavailable") in _NONE and rolling.get("maxSurge") in _NONE:
        return False
    ready = spec.get("minReadySeconds", 0)
    return spec.get("progressDeadlineSeconds", _DEADLINE_S) > ready and _template(spec)


def _set(obj: Mapping[str, Any]) -> bool:
    return _template(obj["spec"])


def _service(service: Mapping[str, Any]) -> bool:
    spec, notes = service["spec"], service["metadata"].get("annotations")
    if notes and not notes.keys().isdisjoint(NOTES):
        return False
    ports = spec["ports"]
    if len(ports) == 1:
        return "nodePort" not in ports[0] or spec.get("type") in _OUTSIDE
    if any("nodePort" in port for port in ports):
        return False
    names = {port.get("name") for port in ports}
    taken = {(port.get("protocol", "TCP"), port["port"]) for port in ports}
    return len(names) == len(ports) == len(taken) and None not in names


_KINDS: Final[Mapping[Gvk, Callable[[Mapping[str, Any]], bool]]] = {
    Gvk("", "v1", "Pod"): _pod,
    Gvk("", "v1", "Service"): _service,
    Gvk("apps", "v1", "DaemonSet"): _set,
    Gvk("apps", "v1", "Deployment"): _deployment,
    Gvk("apps", "v1", "StatefulSet"): _set,
}
"""Who looks at what a schema cannot; kinds that are not here are judged by their rules."""
