"""PersistentVolumeClaim.

Source: kubernetes pkg/apis/core/validation `ValidatePersistentVolumeClaimSpec`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.resources import check_amount, nano_of, shown
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def check_claim(claim: Object, scope: Scope) -> Iterator[Fault]:
    yield from check_claim_spec(mapping(claim.get("spec")), At() / "spec")


def check_claim_spec(spec: Object, at: At) -> Iterator[Fault]:
    modes = items(spec.get("accessModes"))
    here = at / "accessModes"
    if not modes:
        yield required("E0602", here, "at least 1 access mode is required")
    yield from check_selector(spec.get("selector"), at / "selector")
    for number, mode in enumerate(modes):
        if mode not in MODES:
            yield unsupported("E0602", here, mode, MODES, point=here / number)
    if "ReadWriteOncePod" in modes and any(mode in MODES[:3] for mode in modes):
        text = "may not use ReadWriteOncePod with other access modes"
        yield forbidden("E0602", here, text)
    requests = mapping(mapping(spec.get("resources")).get("requests"))
    size = requests.get("storage")
    where = (at / "resources").key("storage")
    point = at / "resources" / "requests" / "storage"
    if size is None:
        yield required("E0602", where)
    elif nano_of(size) <= 0:
        yield invalid("E0602", where, shown(size), "must be greater than zero", point=point)
    else:
        yield from check_amount("storage", size, where)
    name = spec.get("storageClassName") or ""
    if name:
        for text in names.dns_subdomain(name):
            yield invalid("E0602", at / "storageClassName", name, text)
    mode = spec.get("volumeMode")
    if mode and mode not in ("Block", "Filesystem"):
        yield unsupported("E0602", at / "volumeMode", mode, ("Block", "Filesystem"))


CHECKS = {"PersistentVolumeClaim": (check_claim,)}
