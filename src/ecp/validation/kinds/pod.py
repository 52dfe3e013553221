"""Pod. Source: kubernetes pkg/apis/core/validation/validation.go `ValidatePodCreate`."""

from __future__ import annotations

from collections.abc import Iterator

from ecp.validation.faults import At, Fault
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Object, Scope, mapping


def check_pod(pod: Object, scope: Scope) -> Iterator[Fault]:
    name = mapping(pod.get("metadata")).get("name") or ""
    yield from check_pod_spec(mapping(pod.get("spec")), At() / "spec", scope, pod=name)


CHECKS = {"Pod": (check_pod,)}
