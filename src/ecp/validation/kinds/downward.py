"""Fields of a pod that it may read: by name, or as an amount of a container.

Source: kubernetes pkg/apis/core/validation `validateObjectFieldSelector`,
`validateContainerResourceFieldSelector`, `validateDownwardAPIVolumeFile`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid, required, unsupported
from ecp.validation.kinds.paths import file_name
from ecp.validation.kinds.resources import nano_of, shown
from ecp.validation.kinds.volumesource import RULE, mode
from ecp.validation.scope import Object, mapping

FILE_FIELDS: Final = (
    "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace",
    "metadata.uid",
)  # fmt: skip
_SUBSCRIPTED: Final = ("metadata.annotations", "metadata.labels")
_KNOWN: Final = frozenset(FILE_FIELDS) | {
    "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName",
    "status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}  # fmt: skip
_AMOUNTS: Final = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu",
    "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
_HUGE: Final = ("limits.hugepages-", "requests.hugepages-")
_BYTES: Final = (
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
)  # fmt: skip
# What an amount may be divided by: prefix, divisors, how they and the resource are spoken of.
_DIVISORS: Final[tuple[tuple[tuple[str, ...], tuple[str, ...], str, str], ...]] = (
    (("limits.cpu", "requests.cpu"), ("1m", "1"), "1m and 1", "cpu"),
    (("limits.memory", "requests.memory"), _BYTES, ", ".join(_BYTES), "memory"),
    (
        ("limits.ephemeral-storage", "requests.ephemeral-storage"),
        _BYTES, ", ".join(_BYTES), "local ephemeral storage",
    ),
    (_HUGE, _BYTES, ", ".join(_BYTES), "hugepages"),
)  # fmt: skip


def check_field_ref(
    ref: Object, at: At, fields: tuple[str, ...], rule: str = RULE
) -> Iterator[Fault]:
    """Check a reference to a field of the pod; *fields* are those that may be read here, sorted."""
    version, path = ref.get("apiVersion") or "v1", ref.get("fieldPath") or ""
    here = at / "fieldPath"
    if not path:
        yield required(rule, here)
        return
    name, key = _subscript(path)
    text = ""
    if version != "v1":
        text = f"unsupported pod version: {version}"
    elif key is not None and name not in _SUBSCRIPTED:
        text = f"field label does not support subscript: {path}"
    elif key is None and path not in _KNOWN and path != "spec.host":
        text = f"field label not supported: {path}"
    if text:
        yield invalid(rule, here, path, f"error converting fieldPath: {text}")
    elif key is not None:
        key = key.lower() if name == "metadata.annotations" else key
        for text in names.label_key(key):
            yield invalid(rule, at, key, text, point=here)
    elif (path := "spec.nodeName" if path == "spec.host" else path) not in fields:
        yield unsupported(rule, here, path, fields, plain=True)


def _subscript(path: str) -> tuple[str, str | None]:
    name, opened, key = path.partition("['")
    if name and opened and path.endswith("']"):
        return name, key.removesuffix("']")
    return path, None


def check_resource_ref(
    ref: Object, at: At, *, in_volume: bool, rule: str = RULE
) -> Iterator[Fault]:
    """Check a reference to a request or limit; a volume has to say of which container."""
    resource = ref.get("resource") or ""
    if in_volume and not ref.get("containerName"):
        yield required(rule, at / "containerName")
    elif not resource:
        yield required(rule, at / "resource")
    elif resource not in _AMOUNTS and not resource.startswith(_HUGE):
        yield unsupported(rule, at / "resource", resource, _AMOUNTS, plain=True)
    divisor = ref.get("divisor")
    if divisor is None or nano_of(divisor) == 0:
        return
    for prefixes, divisors, listed, spoken in _DIVISORS:
        applies = resource.startswith(prefixes) if prefixes is _HUGE else resource in prefixes
        if applies and shown(divisor) not in divisors:
            text = f"only divisor's values {listed} are supported with the {spoken} resource"
            yield invalid(rule, at / "divisor", resource, text)


def check_file(file: Any, at: At) -> Iterator[Fault]:
    """Check one file of a downward API volume, or of such a part of a projected one."""
    file = mapping(file)
    path = file.get("path") or ""
    if not path:
        yield required(RULE, at / "path")
    for text in file_name(path):
        yield invalid(RULE, at / "path", path, text)
    field, resource = file.get("fieldRef"), file.get("resourceFieldRef")
    if field is not None:
        yield from check_field_ref(mapping(field), at / "fieldRef", FILE_FIELDS)
        if resource is not None:
            text = "fieldRef and resourceFieldRef can not be specified simultaneously"
            yield invalid(RULE, at, "resource", text)
    elif resource is not None:
        here = at / "resourceFieldRef"
        yield from check_resource_ref(mapping(resource), here, in_volume=True)
    else:
        yield required(RULE, at, "one of fieldRef and resourceFieldRef is required")
    yield from mode(file, "mode", at)
