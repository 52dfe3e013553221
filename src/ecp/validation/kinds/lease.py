"""Lease. Source: kubernetes pkg/apis/coordination/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.validation.faults import At, Fault, invalid
from ecp.validation.scope import Object, Scope, mapping

_SPEC: Final = At() / "spec"


def check_lease(lease: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(lease.get("spec"))
    seconds = spec.get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        here = _SPEC / "leaseDurationSeconds"
        yield invalid("E0613", here, seconds, "must be greater than 0")
    count = spec.get("leaseTransitions")
    if count is not None and count < 0:
        here = _SPEC / "leaseTransitions"
        yield invalid("E0613", here, count, "must be greater than or equal to 0")


CHECKS = {"Lease": (check_lease,)}
