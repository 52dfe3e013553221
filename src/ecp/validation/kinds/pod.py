"""Pod.

Source: kubernetes pkg/apis/core/validation `ValidatePodCreate`, `ValidatePodUpdate`;
pkg/apis/core/v1/defaults.go `SetDefaults_Pod`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube.poddefaults import pod_defaults
from ecp.validation.faults import At, Fault, forbidden
from ecp.validation.kinds.container import check_padding
from ecp.validation.kinds.podannotations import (
    MIRROR,
    check_agreement,
    check_pod_annotations,
    has_meaning,
)
from ecp.validation.kinds.podcontainers import placed
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"


def check_pod(pod: Object, scope: Scope) -> Iterator[Fault]:
    meta, spec = mapping(pod.get("metadata")), mapping(pod.get("spec"))
    if scope.new:
        # A limit is a request, too, and a port on the network of the host is the host's.
        spec = pod_defaults(dict(spec))
    annotations = mapping(meta.get("annotations"))
    meant = has_meaning(annotations)
    containers = placed(spec, _SPEC) if meant else []
    if meant:
        here = At() / "metadata" / "annotations"
        yield from check_pod_annotations(annotations, spec, containers, here, here, scope)
    yield from check_pod_spec(spec, _SPEC, scope, meta=meta)
    if MIRROR in annotations:
        yield from _tokens(spec)
    for field in ("containers", "initContainers"):
        for number, container in enumerate(items(spec.get(field))):
            yield from check_padding(mapping(container), _SPEC / field / number)
    if not scope.new:
        return
    if spec.get("ephemeralContainers"):
        yield forbidden("E0332", _SPEC / "ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        text = "cannot be set until all schedulingGates have been cleared"
        yield forbidden("E0333", _SPEC / "nodeName", text)
    if meant:
        yield from check_agreement(annotations, spec, containers, _SPEC)


def _tokens(spec: Object) -> Iterator[Fault]:
    """Check that a pod without an account asks for no token; admission gives all others one."""
    if spec.get("serviceAccountName") or spec.get("serviceAccount"):
        return
    for number, volume in enumerate(items(spec.get("volumes"))):
        projected = mapping(mapping(volume).get("projected"))
        for index, source in enumerate(items(projected.get("sources"))):
            if mapping(source).get("serviceAccountToken") is not None:
                here = _SPEC / "volumes" / number / "projected" / "sources" / index
                text = "must not be specified when serviceAccountName is not set"
                yield forbidden("E0310", here / "serviceAccountToken", text)


CHECKS = {"Pod": (check_pod,)}
