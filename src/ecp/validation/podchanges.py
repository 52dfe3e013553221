"""What may become of a pod that is there.

Source: kubernetes pkg/apis/core/validation `ValidatePodUpdate`,
`ValidatePodSpecificAnnotationUpdates`, `validateNodeAffinityMutation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, invalid_struct, required
from ecp.validation.kinds.container import check_padding
from ecp.validation.kinds.placement import check_tolerations
from ecp.validation.kinds.podannotations import (
    APP_ARMOR,
    MIRROR,
    check_pod_annotations,
    has_meaning,
)
from ecp.validation.kinds.podcontainers import placed
from ecp.validation.kinds.security import MAX_INT32
from ecp.validation.scope import Object, Scope, items, mapping
from ecp.validation.structs import difference, struct

_RULE: Final = "E0702"
_SPEC: Final = At() / "spec"
_ANNOTATIONS: Final = At() / "metadata" / "annotations"
_CHANGEABLE: Final = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
        "negative)",
    )
)
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"


def pod_change(new: Object, old: Object) -> Iterator[Fault]:
    """Yield what of a pod may not change as it does."""
    scope = Scope(new=False)
    yield from _annotations(new, old, scope)
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    for field in ("containers", "initContainers"):
        wanted = items(spec.get(field))
        if len(wanted) != len(items(before.get(field))):
            text = "pod updates may not add or remove containers"
            yield forbidden(_RULE, _SPEC / field, text)
            return
        for number, container in enumerate(map(mapping, wanted)):
            here = _SPEC / field / number
            if not container.get("image"):
                yield required(_RULE, here / "image")
            for fault in check_padding(container, here):
                yield fault._replace(rule=_RULE)
    late = list(_deadline(spec, before))
    yield from late
    if late and spec.get("activeDeadlineSeconds") is not None:
        return
    yield from _tolerations(spec, before, scope)
    yield from _gates(spec, before)
    munged, before = _without_signals(spec), _without_signals(before)
    _put_back(munged, before)
    if before.get("schedulingGates"):
        yield from _gated(munged, before)
    if munged != before:
        text = f"pod updates may not change fields other than {_CHANGEABLE}\n"
        yield forbidden(_RULE, _SPEC, text + difference(before, munged, "PodSpec"))


def _without_signals(spec: Object) -> dict[str, Any]:
    """Return a spec without what no server of these versions keeps: signals that stop containers.

    Source: kubernetes pkg/api/pod/util.go `dropDisabledFields`, ContainerStopSignals.
    """
    found = dict(spec)
    for field in ("containers", "initContainers"):
        boxes = [mapping(box) for box in items(spec.get(field))]
        if any(mapping(box.get("lifecycle")).get("stopSignal") is not None for box in boxes):
            found[field] = [_without_signal(box) for box in boxes]
    return found


def _without_signal(box: Object) -> Object:
    hooks = mapping(box.get("lifecycle"))
    if "stopSignal" not in hooks:
        return box
    return {**box, "lifecycle": {key: part for key, part in hooks.items() if key != "stopSignal"}}


def _annotations(new: Object, old: Object, scope: Scope) -> Iterator[Fault]:
    wanted, held = (mapping(mapping(pod.get("metadata")).get("annotations")) for pod in (new, old))
    if not has_meaning(wanted) and not has_meaning(held):
        return
    for key in (*sorted(held), *sorted(wanted.keys() - held.keys())):
        verb = "remove or update" if key in held else "add"
        if key in held and wanted.get(key) == held[key]:
            continue
        if key.startswith(APP_ARMOR):
            text = f"may not {verb} AppArmor annotations"
            yield forbidden(_RULE, _ANNOTATIONS.key(key), text)
        elif key == MIRROR:
            text = f"may not {verb} mirror pod annotation"
            yield forbidden(_RULE, _ANNOTATIONS.key(key), text)
    spec = mapping(new.get("spec"))
    yield from check_pod_annotations(
        wanted, spec, placed(spec, _SPEC), _ANNOTATIONS, _ANNOTATIONS, scope
    )


def _deadline(spec: Object, before: Object) -> Iterator[Fault]:
    at = _SPEC / "activeDeadlineSeconds"
    wanted, held = spec.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if wanted is None:
        if held is not None:
            text = "must not update from a positive integer to nil value"
            yield invalid(_RULE, at, None, text)
    elif not 0 <= wanted <= MAX_INT32:
        for text in names.in_range(wanted, 0, MAX_INT32):
            yield invalid(_RULE, at, wanted, text)
    elif held is not None and held < wanted:
        yield invalid(_RULE, at, wanted, "must be less than or equal to previous value")


def _tolerations(spec: Object, before: Object, scope: Scope) -> Iterator[Fault]:
    def without_seconds(toleration: Object) -> dict[str, Any]:
        return {key: toleration[key] for key in toleration if key != "tolerationSeconds"}

    wanted = [without_seconds(toleration) for toleration in items(spec.get("tolerations"))]
    for toleration in items(before.get("tolerations")):
        if without_seconds(toleration) not in wanted:
            text = "existing toleration can not be modified except its tolerationSeconds"
            yield forbidden(_RULE, _SPEC / "tolerations", text)
            return
    yield from check_tolerations(spec, _SPEC / "tolerations", scope)


def _gates(spec: Object, before: Object) -> Iterator[Fault]:
    held = [gate.get("name") for gate in items(before.get("schedulingGates"))]
    places = {
        gate.get("name"): number for number, gate in enumerate(items(spec.get("schedulingGates")))
    }
    for name, number in places.items():
        if name not in held:
            text = f"only deletion is allowed, but found new scheduling gate '{name}'"
            here = _SPEC / "schedulingGates" / number / "name"
            yield forbidden(_RULE, here, text, on_key=False)


def _put_back(munged: dict[str, Any], before: Object) -> None:
    """Give a spec back what every pod may change."""
    for field in ("containers", "initContainers"):
        if field in munged:
            munged[field] = [
                {**wanted, "image": held.get("image")}
                for wanted, held in zip(munged[field], items(before.get(field)), strict=True)
            ]
    fields = ["activeDeadlineSeconds", "tolerations", "schedulingGates"]
    grace = before.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and munged.get("terminationGracePeriodSeconds") == 1:
        fields.append("terminationGracePeriodSeconds")
    for field in fields:
        _restore(munged, before, field)


def _restore(munged: dict[str, Any], before: Object, field: str) -> None:
    if field in before:
        munged[field] = before[field]
    else:
        munged.pop(field, None)


# ---- pods that are not yet offered to the scheduler -------------------------------------------


def _gated(munged: dict[str, Any], before: Object) -> Iterator[Fault]:
    """Check that a gated pod only narrows where it may run, and give that back too."""
    wanted, held = mapping(munged.get("nodeSelector")), mapping(before.get("nodeSelector"))
    if wanted != held:
        if any(wanted.get(key) != value for key, value in held.items()):
            text = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
            yield invalid(_RULE, _SPEC / "nodeSelector", wanted or None, text)
        _restore(munged, before, "nodeSelector")
    affinity, affinity_before = munged.get("affinity"), before.get("affinity")
    node, node_before = (mapping(one).get("nodeAffinity") for one in (affinity, affinity_before))
    if node == node_before:
        return
    yield from _narrowed(mapping(node), mapping(node_before))
    kept = {field: part for field, part in mapping(affinity).items() if field != "nodeAffinity"}
    if node_before is not None:
        kept["nodeAffinity"] = node_before
    if affinity_before is None and not kept:
        munged.pop("affinity", None)
    else:
        munged["affinity"] = kept


def _narrowed(wanted: Object, held: Object) -> Iterator[Fault]:
    if held.get(_REQUIRED) is None:
        return
    at = _SPEC / "affinity" / "nodeAffinity" / _REQUIRED / "nodeSelectorTerms"
    terms_before = items(mapping(held[_REQUIRED]).get("nodeSelectorTerms"))
    terms = items(mapping(wanted.get(_REQUIRED)).get("nodeSelectorTerms"))
    if terms_before and len(terms) != len(terms_before):
        text = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        yield invalid_struct(
            _RULE, at, [struct(term, "NodeSelectorTerm") for term in terms] or None, text
        )
        return
    for number, (term, former) in enumerate(zip(terms, terms_before, strict=False)):
        if not _only_adds(mapping(term), mapping(former)):
            text = "only additions are allowed (no mutations or deletions)"
            yield invalid_struct(_RULE, at / number, struct(term, "NodeSelectorTerm"), text)


def _only_adds(term: Object, former: Object) -> bool:
    fields = ("matchExpressions", "matchFields")
    if not any(former.get(field) for field in fields):
        # An empty term matches nothing; one with requirements would widen it.
        return not any(term.get(field) for field in fields)
    return all(
        items(term.get(field))[: len(items(former.get(field)))] == items(former.get(field))
        for field in fields
    )
