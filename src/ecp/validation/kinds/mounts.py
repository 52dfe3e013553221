"""What a container mounts, and what it has as a device.

Source: kubernetes pkg/apis/core/validation `ValidateVolumeMounts`, `ValidateVolumeDevices`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ecp.validation.faults import At, Fault, forbidden, invalid, not_found, required, unsupported
from ecp.validation.kinds.paths import below, no_backsteps
from ecp.validation.scope import Object, Scope, items, mapping

_PROPAGATIONS: Final = ("Bidirectional", "HostToContainer", "None")
_PLAIN: Final = frozenset({"name", "mountPath", "readOnly"})
_RECURSIVE: Final = ("Disabled", "Enabled", "IfPossible")


def check_mounts(
    container: Object, at: At, scope: Scope, volumes: Mapping[str, bool]
) -> Iterator[Fault]:
    """Check a container's mounts and devices; *volumes* says which of them can be devices."""
    mounts = [mapping(mount) for mount in items(container.get("volumeMounts"))]
    devices = [mapping(device) for device in items(container.get("volumeDevices"))]
    as_device = {device.get("name") or "": device.get("devicePath") or "" for device in devices}
    seen: set[str] = set()
    for number, mount in enumerate(mounts):
        if not devices and _is_plain(mount, volumes, seen):
            seen.add(mount["mountPath"])
            continue
        here = at / "volumeMounts" / number
        yield from _place(mount, here, volumes, as_device, seen)
        yield from _sub_paths(mount, at / "volumeMounts", here)
        privileged = bool(mapping(container.get("securityContext")).get("privileged"))
        yield from _propagation(mount, at / "volumeMounts", here, privileged)
        if scope.has("RecursiveReadOnlyMounts"):
            yield from _recursive(mount, at / "volumeMounts", here)
    if devices:
        mounted = {mount.get("name") or "": mount.get("mountPath") or "" for mount in mounts}
        yield from _devices(devices, at / "volumeDevices", volumes, mounted)


def _is_plain(mount: Object, volumes: Mapping[str, bool], seen: set[str]) -> bool:
    """Tell at once what holds for most: a volume of the pod, at a path of its own, no more."""
    path = mount.get("mountPath")
    return (
        mount.keys() <= _PLAIN and mount.get("name") in volumes and bool(path) and path not in seen
    )


def _place(
    mount: Object, at: At, volumes: Mapping[str, bool], as_device: Mapping[str, str], seen: set[str]
) -> Iterator[Fault]:
    name, path = mount.get("name") or "", mount.get("mountPath") or ""
    if not name:
        yield required("E0311", at / "name")
    if name not in volumes:
        yield not_found("E0311", at / "name", name)
    if not path:
        yield required("E0312", at / "mountPath")
    if path in seen:
        yield invalid("E0312", at / "mountPath", path, "must be unique")
    seen.add(path)
    if name in as_device:
        yield invalid("E0311", at / "name", name, "must not already exist in volumeDevices")
    if path in as_device.values():
        text = "must not already exist as a path in volumeDevices"
        yield invalid("E0312", at / "mountPath", path, text)


def _sub_paths(mount: Object, spoken: At, at: At) -> Iterator[Fault]:
    """The server names no mount when a path below it is wrong."""
    path, expression = mount.get("subPath") or "", mount.get("subPathExpr") or ""
    for text in below(path):
        yield invalid("E0312", spoken / "subPath", path, text, point=at / "subPath")
    if path and expression:
        text = "subPathExpr and subPath are mutually exclusive"
        yield invalid("E0312", at / "subPathExpr", expression, text)
    for text in below(expression):
        yield invalid("E0312", spoken / "subPathExpr", expression, text, point=at / "subPathExpr")


def _propagation(mount: Object, spoken: At, at: At, privileged: bool) -> Iterator[Fault]:
    mode = mount.get("mountPropagation")
    if mode is None:
        return
    here, point = spoken / "mountPropagation", at / "mountPropagation"
    if mode not in _PROPAGATIONS:
        yield unsupported("E0630", here, mode, _PROPAGATIONS, point=point)
    if mode == "Bidirectional" and not privileged:
        text = "Bidirectional mount propagation is available only to privileged containers"
        yield forbidden("E0630", here, text, on_key=False)._replace(path=point.path)


def _recursive(mount: Object, spoken: At, at: At) -> Iterator[Fault]:
    mode = mount.get("recursiveReadOnly")
    if mode is None or mode == "Disabled":
        return
    here, point = spoken / "recursiveReadOnly", at / "recursiveReadOnly"
    if mode not in _RECURSIVE:
        yield unsupported("E0630", here, mode, _RECURSIVE, point=point)
        return
    texts = []
    if not mount.get("readOnly"):
        texts.append("may only be specified when readOnly is true")
    if mount.get("mountPropagation") not in (None, "None"):
        texts.append("may only be specified when mountPropagation is None or not specified")
    for text in texts:
        yield forbidden("E0630", here, text, on_key=False)._replace(path=point.path)


def _devices(
    devices: list[Object], at: At, volumes: Mapping[str, bool], mounted: Mapping[str, str]
) -> Iterator[Fault]:
    names: set[str] = set()
    paths: set[str] = set()
    for number, device in enumerate(devices):
        here = at / number
        name, path = device.get("name") or "", device.get("devicePath") or ""
        if not name:
            yield required("E0631", here / "name")
        if name in names:
            yield invalid("E0631", here / "name", name, "must be unique")
        if name not in volumes:
            yield not_found("E0631", here / "name", name)
        elif not volumes[name]:
            text = (
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block "
                "mode"
            )
            yield invalid("E0631", here / "name", name, text)
        yield from _device_path(path, here / "devicePath", paths)
        if name in mounted:
            yield invalid("E0631", here / "name", name, "must not already exist in volumeMounts")
        if path in mounted.values():
            text = "must not already exist as a path in volumeMounts"
            yield invalid("E0631", here / "devicePath", path, text)
        if name:
            names.add(name)


def _device_path(path: str, at: At, paths: set[str]) -> Iterator[Fault]:
    if not path:
        yield required("E0631", at)
    if path in paths:
        yield invalid("E0631", at, path, "must be unique")
    if no_backsteps(path):
        yield invalid("E0631", at, path, "can not contain backsteps ('..')")
    else:
        paths.add(path)
