"""What the server says of what makes pods, and of pods, that it takes all the same.

Source: kubernetes pkg/api/job/warnings.go; `WarningsOnCreate` of the strategies below pkg/registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At
from ecp.validation.podremarks import pod_remarks, template_remarks
from ecp.validation.remarks import Remark, claim_remarks
from ecp.validation.scope import Object, items, mapping

_SPEC: Final = At() / "spec"
_MANY_COMPLETIONS: Final = 100_000
_MANY_AT_ONCE: Final = 10_000
_Rule = Callable[[Object], Iterator[Remark]]


def _templated(obj: Object) -> Iterator[Remark]:
    yield from template_remarks(mapping(obj.get("spec")).get("template"), _SPEC / "template")


def _statefulset(obj: Object) -> Iterator[Remark]:
    yield from _templated(obj)
    yield from _claims(obj, again=False)
    yield from _kept_revisions(obj)


def _claims(statefulset: Object, *, again: bool) -> Iterator[Remark]:
    spec = mapping(statefulset.get("spec"))
    for number, claim in enumerate(map(mapping, items(spec.get("volumeClaimTemplates")))):
        # The server leaves the claim's own "spec" out, or writes it as Go does.
        here = _SPEC / "volumeClaimTemplates" / number
        spoken = here / "Spec" if again else here
        yield from claim_remarks(mapping(claim.get("spec")), spoken, here / "spec")


def _kept_revisions(statefulset: Object) -> Iterator[Remark]:
    kept = mapping(statefulset.get("spec")).get("revisionHistoryLimit")
    if kept is not None and kept < 0:
        text = "a negative value retains all historical revisions; a value >= 0 is recommended"
        here = _SPEC / "revisionHistoryLimit"
        yield here, f"{here}: {text}"


def _job_spec(spec: Object, at: At) -> Iterator[Remark]:
    indexed = spec.get("completionMode") == "Indexed"
    many = (spec.get("completions") or 0) > _MANY_COMPLETIONS
    if indexed and many and (spec.get("parallelism") or 0) > _MANY_AT_ONCE:
        text = (
            "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism "
            "higher than 10^4, Kubernetes might not be able to track completedIndexes when a big "
            "number of indexes fail"
        )
        yield at, f"{at}: {text}"
    yield from template_remarks(spec.get("template"), at / "template")


def _job(obj: Object) -> Iterator[Remark]:
    yield from _job_spec(mapping(obj.get("spec")), _SPEC)


def _cronjob(obj: Object) -> Iterator[Remark]:
    spec = mapping(mapping(mapping(obj.get("spec")).get("jobTemplate")).get("spec"))
    yield from _job_spec(spec, _SPEC / "jobTemplate" / "spec")


def _pod_template(obj: Object) -> Iterator[Remark]:
    yield from template_remarks(obj.get("template"), At() / "template")


def _named(where: str, rest: _Rule) -> _Rule:
    """Begin with a name that pods or hosts cannot have all of."""

    def check(obj: Object) -> Iterator[Remark]:
        complaints = names.dns_label(mapping(obj.get("metadata")).get("name") or "x")
        if complaints:
            text = (
                f"metadata.name: this is used in {where}, which can result in surprising behavior; "
                f"a DNS label is recommended: [{' '.join(complaints)}]"
            )
            yield At() / "metadata" / "name", text
        yield from rest(obj)

    return check


_PODS_NAMES: Final = "Pod names and hostnames"
CARRIERS: Final[dict[tuple[str, str], _Rule]] = {
    ("", "Pod"): _named("the Pod's hostname", pod_remarks),
    ("", "PodTemplate"): _pod_template,
    ("", "ReplicationController"): _named(_PODS_NAMES, _templated),
    ("apps", "DaemonSet"): _templated,
    ("apps", "Deployment"): _named(_PODS_NAMES, _templated),
    ("apps", "ReplicaSet"): _named(_PODS_NAMES, _templated),
    ("apps", "StatefulSet"): _statefulset,
    ("batch", "CronJob"): _named(_PODS_NAMES, _cronjob),
    ("batch", "Job"): _named(_PODS_NAMES, _job),
}
"""Pods and what makes them; each yields where, and the server's words, in its order."""


def carrier_changed(kind: str, obj: Object, old: Object) -> Iterator[Remark]:
    """Return what is said of what makes pods when it changes, of Pods nothing at all.

    A template is spoken of where the object's generation counts up, and then all of it; of a
    ReplicationController, the server looks at the template that was.
    """
    if kind != "Pod" and _counts(kind, obj, old):
        yield from _ON_CHANGE.get(kind, _templated)(old if kind == _CONTROLLER else obj)
    if kind == "StatefulSet":
        yield from _claims(obj, again=True)
        yield from _kept_revisions(obj)


def _counts(kind: str, obj: Object, old: Object) -> bool:
    """Tell whether another state is wanted than before, as the kind's generation has it."""

    def wanted(one: Object) -> object:
        spec = mapping(one.get("spec"))
        if kind == "DaemonSet":
            return spec.get("template")
        notes = mapping(mapping(one.get("metadata")).get("annotations"))
        return one.get("template"), spec, dict(notes) if kind == "Deployment" else None

    return wanted(obj) != wanted(old)


_CONTROLLER: Final = "ReplicationController"
_ON_CHANGE: Final[dict[str, _Rule]] = {
    "CronJob": _cronjob,
    "Job": _job,
    "PodTemplate": _pod_template,
}
