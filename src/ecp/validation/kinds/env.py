"""Environment variables and where their values come from.

Source: kubernetes pkg/apis/core/validation `ValidateEnv`, `ValidateEnvFrom`,
`validateFileKeyRefVolumes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid, not_found, required
from ecp.validation.kinds.downward import check_field_ref, check_resource_ref
from ecp.validation.kinds.paths import no_backsteps
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0313"
_FIELDS: Final = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
_SOURCES: Final = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_TWICE: Final = "may not have more than one field specified at a time"


def check_env(container: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check ``env`` and ``envFrom`` of the container at *at*."""
    for number, variable in enumerate(items(container.get("env"))):
        yield from _variable(mapping(variable), at / "env" / number, scope)
    here = at / "envFrom"
    for number, source in enumerate(items(container.get("envFrom"))):
        yield from _all_of(mapping(source), here, here / number, scope)


def _variable(variable: Object, at: At, scope: Scope) -> Iterator[Fault]:
    name = variable.get("name") or ""
    if not name:
        yield required(_RULE, at / "name")
    else:
        for text in names.env_name(name, scope.version):
            yield invalid(_RULE, at / "name", name, text)
    source = variable.get("valueFrom")
    if isinstance(source, dict):
        yield from _value_from(source, bool(variable.get("value")), at / "valueFrom", scope)


def _value_from(source: Object, has_value: bool, at: At, scope: Scope) -> Iterator[Fault]:
    files = scope.has("EnvFiles")
    found = [name for name in _SOURCES if source.get(name) is not None]
    if not files and "fileKeyRef" in found:
        found.remove("fileKeyRef")
    for name in found:
        ref, here = mapping(source[name]), at / name
        if name == "fieldRef":
            yield from check_field_ref(ref, here, _FIELDS, _RULE)
        elif name == "resourceFieldRef":
            yield from check_resource_ref(ref, here, in_volume=False, rule=_RULE)
        elif name == "fileKeyRef":
            yield from _file_key(ref, here)
        else:
            yield from _key(ref, here)
    if not found:
        last = (
            "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            if files
            else "`configMapKeyRef` or `secretKeyRef`"
        )
        text = f"must specify one of: `fieldRef`, `resourceFieldRef`, {last}"
        yield invalid(_RULE, at, "", text)
    elif has_value:
        yield invalid(_RULE, at, "", "may not be specified when `value` is not empty")
    elif len(found) > 1:
        yield invalid(_RULE, at, "", _TWICE)


def _key(ref: Object, at: At) -> Iterator[Fault]:
    name, key = ref.get("name") or "", ref.get("key") or ""
    for text in names.dns_subdomain(name):
        yield invalid(_RULE, at / "name", name, text)
    if not key:
        yield required(_RULE, at / "key")
    else:
        for text in names.config_key(key):
            yield invalid(_RULE, at / "key", key, text)


def _file_key(ref: Object, at: At) -> Iterator[Fault]:
    key, volume, path = (ref.get(name) or "" for name in ("key", "volumeName", "path"))
    if not key:
        yield required(_RULE, at / "key")
    else:
        for text in names.env_name(key):
            yield invalid(_RULE, at / "key", key, text)
    if not volume:
        yield required(_RULE, at / "volumeName")
    else:
        for text in names.dns_label(volume):
            yield invalid(_RULE, at / "volumeName", volume, text)
    if not path:
        yield required(_RULE, at / "path")
    else:
        for text in no_backsteps(path):
            yield invalid(_RULE, at / "path", path, text)


def _all_of(source: Object, at: At, here: At, scope: Scope) -> Iterator[Fault]:
    prefix = source.get("prefix") or ""
    if prefix:
        for text in names.env_name(prefix, scope.version):
            yield invalid(_RULE, here / "prefix", prefix, text)
    found = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
    for field in found:
        name = mapping(source[field]).get("name") or ""
        if not name:
            yield required(_RULE, here / field / "name")
        else:
            for text in names.dns_subdomain(names.generated_stem(name)):
                yield invalid(_RULE, here / field / "name", name, text)
    # The server says which list, not which member of it.
    if not found:
        text = "must specify one of: `configMapRef` or `secretRef`"
        yield invalid(_RULE, at, "", text, point=here)
    elif len(found) > 1:
        yield invalid(_RULE, at, "", _TWICE, point=here)


def check_env_files(
    spec: Object, containers: Iterable[tuple[Object, At]], scope: Scope
) -> Iterator[Fault]:
    """Check that the files that variables are read from lie in volumes of this pod."""
    if not scope.has("EnvFiles"):
        return
    volumes: dict[str, Object] = {}
    for container, at in containers:
        for number, variable in enumerate(items(container.get("env"))):
            source = mapping(mapping(variable).get("valueFrom")).get("fileKeyRef")
            if source is None:
                continue
            if not volumes:
                named = map(mapping, items(spec.get("volumes")))
                volumes = {volume.get("name") or "": volume for volume in named}
            name = mapping(source).get("volumeName") or ""
            here = at / "env" / number / "valueFrom" / "fileKeyRef" / "volumeName"
            if name not in volumes:
                yield not_found(_RULE, here, name)
            elif _has_other_source(volumes[name]):
                text = "referenced volume must be of type emptyDir"
                yield invalid(_RULE, here, name, text)


def _has_other_source(volume: Object) -> bool:
    """Tell whether a volume is no empty directory; one without a source is made one."""
    given = [name for name in volume if name != "name" and volume[name] is not None]
    return bool(given) and "emptyDir" not in given
