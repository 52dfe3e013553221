"""What holds a pod template without running it as others do.

PodTemplate, ReplicationController, ControllerRevision. Source: kubernetes
pkg/apis/core/validation/validation.go, pkg/apis/apps/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.podspec import check_template
from ecp.validation.kinds.probe import non_negative
from ecp.validation.metadata import check_labels
from ecp.validation.scope import Object, Scope, mapping

_SPEC: Final = At() / "spec"


def check_pod_template(template: Object, scope: Scope) -> Iterator[Fault]:
    yield from check_template(template.get("template"), At() / "template", scope)


def check_replication_controller(controller: Object, scope: Scope) -> Iterator[Fault]:
    """A selector that is left out is made of the template's labels, and so are its own labels."""
    spec = mapping(controller.get("spec"))
    template = spec.get("template")
    given = mapping(mapping(template).get("metadata")).get("labels")
    labels = mapping(given)
    selector = mapping(spec.get("selector")) or labels
    if labels and not mapping(controller.get("metadata")).get("labels"):
        point = _SPEC / "template" / "metadata" / "labels"
        yield from check_labels(labels, At() / "metadata" / "labels", point)
    yield from non_negative("E0400", spec.get("minReadySeconds"), _SPEC / "minReadySeconds")
    if not selector:
        yield required("E0200", _SPEC / "selector")
    yield from non_negative("E0400", spec.get("replicas"), _SPEC / "replicas")
    here = _SPEC / "template"
    if template is None:
        yield required("E0300", here)
        return
    if any(labels.get(key) != value for key, value in selector.items()):
        text = "`selector` does not match template `labels`"
        yield invalid("E0201", here / "metadata" / "labels", given, text)
    yield from check_template(template, here, scope)
    pod = mapping(mapping(template).get("spec"))
    restart = pod.get("restartPolicy")
    if restart and restart != "Always":
        yield unsupported("E0317", here / "spec" / "restartPolicy", restart, ("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicationController is not Supported"
        yield forbidden("E0325", here / "spec" / "activeDeadlineSeconds", text)


def check_revision(revision: Object, scope: Scope) -> Iterator[Fault]:
    yield from non_negative("E0410", revision.get("revision"), At() / "revision")
    data, at = revision.get("data"), At() / "data"
    if not scope.new:
        return
    if data is None:
        yield required("E0410", at, "data is mandatory")
    elif not isinstance(data, dict):
        yield required("E0410", at, "data must be a valid JSON object")


CHECKS = {
    "ControllerRevision": (check_revision,),
    "PodTemplate": (check_pod_template,),
    "ReplicationController": (check_replication_controller,),
}
