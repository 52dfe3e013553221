"""PersistentVolumeClaim.

Source: kubernetes pkg/apis/core/validation `ValidatePersistentVolumeClaimSpec`,
pkg/api/persistentvolumeclaim/util.go for what is dropped and copied before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.resources import check_amount, nano_of, shown
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES: Final = ("Block", "Filesystem")
_CLASSIC: Final = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


def check_claim(claim: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(claim.get("spec"))
    prepared = with_data_sources(spec, scope)
    faults = check_claim_spec(prepared, At() / "spec", scope)
    for copied, field in (("dataSourceRef", "dataSource"), ("dataSource", "dataSourceRef")):
        if spec.get(copied) is None and prepared.get(copied) is not None:
            faults = _at_original(faults, ("spec", copied), ("spec", field))
    yield from faults


def _at_original(
    faults: Iterator[Fault], copy: tuple[str, ...], original: tuple[str, ...]
) -> Iterator[Fault]:
    for fault in faults:
        is_copy = fault.path[: len(copy)] == copy
        yield fault._replace(path=original + fault.path[len(copy) :]) if is_copy else fault


def with_data_sources(spec: Object, scope: Scope, old: Object | None = None) -> Object:
    """Return a claim's spec with both fields for its data source, as the server prepares it.

    What cannot be a source in the older field is dropped without a word, unless *old* has one.
    """
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is None and ref is None:
        return spec
    before = mapping(old)
    if mapping(ref).get("namespace") and not scope.has("CrossNamespaceVolumeDataSource"):
        ref = ref if before.get("dataSourceRef") is not None else None
    held = before.get("dataSource") is not None or before.get("dataSourceRef") is not None
    if ref is None and not held:
        kind = (mapping(source).get("apiGroup") or "", mapping(source).get("kind"))
        source = source if kind in _CLASSIC else None
    if ref is None:
        ref = source
    elif source is None and not mapping(ref).get("namespace"):
        source = ref
    return {**spec, "dataSource": source, "dataSourceRef": ref}


def check_modes(modes: list[Any], at: At, rule: str) -> Iterator[Fault]:
    """Check access modes: known ones, and the mode for one pod alone."""
    for number, mode in enumerate(modes):
        if mode not in MODES:
            yield unsupported(rule, at, mode, MODES, point=at / number)
    if "ReadWriteOncePod" in modes and any(mode in MODES[:3] for mode in modes):
        text = "may not use ReadWriteOncePod with other access modes"
        yield forbidden(rule, at, text)


def check_claim_spec(spec: Object, at: At, scope: Scope = Scope()) -> Iterator[Fault]:
    modes = items(spec.get("accessModes"))
    if not modes:
        yield required("E0602", at / "accessModes", "at least 1 access mode is required")
    yield from check_selector(spec.get("selector"), at / "selector")
    yield from check_modes(modes, at / "accessModes", "E0602")
    yield from _size(spec, at)
    yield from _name(spec, "storageClassName", at)
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        yield unsupported("E0602", at / "volumeMode", mode, VOLUME_MODES)
    yield from _data_sources(spec, at)
    if scope.has("VolumeAttributesClass"):
        yield from _name(spec, "volumeAttributesClassName", at)


def _size(spec: Object, at: At) -> Iterator[Fault]:
    size = mapping(mapping(spec.get("resources")).get("requests")).get("storage")
    where = (at / "resources").key("storage")
    point = at / "resources" / "requests" / "storage"
    if size is None:
        yield required("E0602", where)
    elif nano_of(size) <= 0:
        yield invalid("E0602", where, shown(size), "must be greater than zero", point=point)
    else:
        yield from check_amount("storage", size, where)


def _name(spec: Object, field: str, at: At) -> Iterator[Fault]:
    name = spec.get(field) or ""
    for text in names.dns_subdomain(name) if name else ():
        yield invalid("E0602", at / field, name, text)


def _data_sources(spec: Object, at: At) -> Iterator[Fault]:
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None:
        yield from _data_source(mapping(source), at / "dataSource")
    if ref is None:
        return
    yield from _data_source(mapping(ref), at / "dataSourceRef")
    namespace = mapping(ref).get("namespace") or ""
    for text in names.dns_label(namespace) if namespace else ():
        yield invalid("E0602", at / "dataSourceRef" / "namespace", namespace, text)
    if source is None:
        return
    # The server means to show the path of the field; its JSON is empty.
    if namespace:
        text = "may not be specified when dataSourceRef.namespace is specified"
        yield invalid("E0602", at, {}, text, point=at / "dataSource")
    elif _shape(mapping(source)) != _shape(mapping(ref)):
        yield invalid("E0602", at, {}, "must match dataSourceRef", point=at / "dataSource")


def _shape(source: Object) -> tuple[Any, str, str]:
    return source.get("apiGroup"), source.get("kind") or "", source.get("name") or ""


def _data_source(source: Object, at: At) -> Iterator[Fault]:
    for field in ("name", "kind"):
        if not source.get(field):
            yield required("E0602", at / field)
    kind, group = source.get("kind") or "", source.get("apiGroup") or ""
    if not group and kind != "PersistentVolumeClaim":
        text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        yield invalid("E0602", at, kind, text, point=at / "kind")
    for text in names.dns_subdomain(group) if group else ():
        yield invalid("E0602", at / "apiGroup", group, text)


CHECKS = {"PersistentVolumeClaim": (check_claim,)}
