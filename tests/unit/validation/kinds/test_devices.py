"""Devices for administration, and changes of fields that no server keeps."""

import json
from typing import Any

import pytest

from ecp.validation import validate

Obj = dict[str, Any]
DENIED = (
    "admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the "
    "containing namespace"
)


def claim(kind: str = "ResourceClaim", *, admin: bool = True) -> Obj:
    exactly = {"deviceClassName": "gpu", "adminAccess": admin}
    spec: Obj = {"devices": {"requests": [{"name": "all", "exactly": exactly}]}}
    spec = {"spec": spec} if kind == "ResourceClaimTemplate" else spec
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "c"},
        "spec": spec,
    }


def namespace(**labels: str) -> Obj:
    found = {f"resource.kubernetes.io/{key}": value for key, value in labels.items()}
    meta = {"name": "shop", "labels": found}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


@pytest.mark.parametrize("kind", ["ResourceClaim", "ResourceClaimTemplate"])
def test_devices_are_claimed_for_administration_in_namespaces_that_say_so(kind: str) -> None:
    text = json.dumps(claim(kind))
    there = [namespace()]
    (verdict,) = validate(text, namespace="shop", against=there).verdicts
    where = "spec.devices.requests[0].adminAccess"
    assert verdict.message == (
        f'{kind}.resource.k8s.io "c" is invalid: {where}: Forbidden: {DENIED}'
    )
    assert validate(text, namespace="shop", against=[namespace(**{"admin-access": "true"})]).valid


def test_who_does_not_ask_for_administration_needs_no_label() -> None:
    there = [namespace()]
    assert validate(json.dumps(claim(admin=False)), namespace="shop", against=there).valid


def test_nothing_is_said_where_the_namespace_is_not_known() -> None:
    assert validate(json.dumps(claim()), namespace="shop").valid
