"""Annotations that mean something to a pod, and their agreement with the fields that replaced them.

Source: kubernetes pkg/apis/core/validation `ValidatePodSpecificAnnotations`,
`validateSeccompAnnotationsAndFields`, `validateAppArmorAnnotationsAndFieldsMatchOnCreate`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecp.kube.errors import go_quote
from ecp.kube.numbers import whole
from ecp.validation.faults import At, Fault, forbidden, invalid
from ecp.validation.gojson import json_complaint
from ecp.validation.kinds.paths import below
from ecp.validation.kinds.placement import check_tolerations
from ecp.validation.kinds.security import app_armor_complaints
from ecp.validation.scope import Object, Scope, mapping

_RULE: Final = "E0338"
MIRROR: Final = "kubernetes.io/config.mirror"
APP_ARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_TOLERATIONS: Final = "scheduler.alpha.kubernetes.io/tolerations"
_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"
_MEANT: Final = (MIRROR, _TOLERATIONS, _COST, _SECCOMP_POD, _SECCOMP, APP_ARMOR)
_INT32: Final = re.compile("-[0-9]+|0|[1-9][0-9]*")
_Placed = Sequence[tuple[Object, At]]


def has_meaning(annotations: Any) -> bool:
    """Tell whether any annotation is one that this module knows."""
    return any(key.startswith(_MEANT) for key in mapping(annotations))


def check_pod_annotations(
    annotations: Object, spec: Object, containers: _Placed, at: At, point: At, scope: Scope
) -> Iterator[Fault]:
    """Check what the annotations say; *point* is where they really stand."""
    if MIRROR in annotations and not spec.get("nodeName"):
        text = "must set spec.nodeName if mirror pod annotation is set"
        yield _at(invalid(_RULE, at.key(MIRROR), annotations[MIRROR], text), point / MIRROR)
    if annotations.get(_TOLERATIONS):
        for fault in _tolerations(annotations[_TOLERATIONS], at, scope):
            yield _at(fault, point / _TOLERATIONS)
    cost = annotations.get(_COST)
    if cost is not None and not _is_int32(cost):
        yield _at(invalid(_RULE, at.key(_COST), cost, "must be a 32bit integer"), point / _COST)
    if _SECCOMP_POD in annotations:
        yield from _seccomp(_SECCOMP_POD, annotations[_SECCOMP_POD] or "", at, point)
    for key, profile in sorted(annotations.items()):
        if key.startswith(_SECCOMP):
            yield from _seccomp(key, profile or "", at, point)
    known = [container.get("name") or "" for container, _ in containers]
    for key, profile in sorted(annotations.items()):
        if key.startswith(APP_ARMOR):
            yield from _app_armor(key, profile or "", known, at, point)


def _at(fault: Fault, point: At) -> Fault:
    return fault._replace(path=point.path)


def _tolerations(text: str, at: At, scope: Scope) -> Iterator[Fault]:
    try:
        read = json.loads(text)
    except ValueError:
        yield invalid(_RULE, at, _TOLERATIONS, json_complaint(text))
        return
    if read is not None and not isinstance(read, list):
        found = {dict: "object", str: "string", bool: "bool"}.get(type(read), "number")
        words = f"json: cannot unmarshal {found} into Go value of type []core.Toleration"
        yield invalid(_RULE, at, _TOLERATIONS, words)
        return
    yield from check_tolerations({"tolerations": read}, at / _TOLERATIONS, scope)


def _is_int32(text: str) -> bool:
    return bool(_INT32.fullmatch(text)) and whole(text, 32) is not None


def _seccomp(key: str, profile: str, at: At, point: At) -> Iterator[Fault]:
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return
    start = "localhost/"
    if not profile.startswith(start):
        yield invalid(
            _RULE, at / key, profile, "must be a valid seccomp profile", point=point / key
        )
        return
    path = profile.removeprefix(start)
    for text in below(path):
        yield invalid(_RULE, at / key, path, text, point=point / key)


def _app_armor(key: str, profile: str, known: list[str], at: At, point: At) -> Iterator[Fault]:
    name = key.removeprefix(APP_ARMOR)
    if name not in known:
        yield invalid(_RULE, at.key(key), name, "container not found", point=point / key)
    if profile not in ("", "runtime/default", "unconfined") and not profile.startswith(
        "localhost/"
    ):
        text = f"invalid AppArmor profile name: {go_quote(profile)}"
        yield invalid(_RULE, at.key(key), profile, text, point=point / key)


# ---- agreement with the fields ----------------------------------------------------------------

_SECCOMP_WORDS: Final = {
    "Unconfined": ("unconfined",),
    "RuntimeDefault": ("runtime/default", "docker/default"),
}
_APP_ARMOR_WORDS: Final = {
    "Unconfined": ("unconfined",),
    "RuntimeDefault": ("runtime/default",),
}


def check_agreement(
    annotations: Object, spec: Object, containers: _Placed, at: At
) -> Iterator[Fault]:
    """Check that a new pod's annotations say what its fields say, where both speak."""
    profile = mapping(spec.get("securityContext")).get("seccompProfile")
    if profile is not None and _SECCOMP_POD in annotations:
        here = at / "securityContext" / "seccompProfile"
        yield from _agree(annotations[_SECCOMP_POD], profile, _SECCOMP_WORDS, "seccomp", here)
    for container, place in containers:
        profile = mapping(container.get("securityContext")).get("seccompProfile")
        key = _SECCOMP + (container.get("name") or "")
        if profile is not None and key in annotations:
            here = place / "securityContext" / "seccompProfile"
            yield from _agree(annotations[key], profile, _SECCOMP_WORDS, "seccomp", here)
    if mapping(spec.get("os")).get("name") != "windows":
        yield from _app_armor_agreement(annotations, spec, containers)


def _app_armor_agreement(annotations: Object, spec: Object, containers: _Placed) -> Iterator[Fault]:
    for container, place in containers:
        key = APP_ARMOR + (container.get("name") or "")
        if key not in annotations:
            continue
        own = mapping(container.get("securityContext")).get("appArmorProfile")
        if own is None and _becomes_field(annotations[key] or ""):
            continue
        profile = own or mapping(spec.get("securityContext")).get("appArmorProfile")
        if profile is not None:
            here = place / "securityContext" / "appArmorProfile"
            yield from _agree(annotations[key], profile, _APP_ARMOR_WORDS, "apparmor", here)


def _becomes_field(annotation: str) -> bool:
    """Tell whether the server writes an AppArmor annotation into a container that has no field.

    Source: kubernetes pkg/registry/core/pod/strategy.go `applyAppArmorVersionSkew`.
    """
    if annotation in ("unconfined", "runtime/default"):
        return True
    start = "localhost/"
    profile = {"type": "Localhost", "localhostProfile": annotation.removeprefix(start)}
    return annotation.startswith(start) and not any(app_armor_complaints(profile, At()))


def _agree(
    annotation: Any, profile: Any, words: Mapping[str, tuple[str, ...]], noun: str, at: At
) -> Iterator[Fault]:
    profile, annotation = mapping(profile), annotation or ""
    kind, start = profile.get("type"), "localhost/"
    if kind == "Localhost":
        if not annotation.startswith(start):
            yield forbidden(_RULE, at / "type", f"{noun} type in annotation and field must match")
        elif annotation.removeprefix(start) != profile.get("localhostProfile"):
            text = f"{noun} profile in annotation and field must match"
            yield forbidden(_RULE, at / "localhostProfile", text)
    elif kind in words and annotation not in words[kind]:
        yield forbidden(_RULE, at / "type", f"{noun} type in annotation and field must match")
