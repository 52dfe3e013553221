"""What the server says of what makes pods, and of pods, that it takes all the same.

Source: kubernetes pkg/api/job/warnings.go; `WarningsOnCreate` of the strategies below pkg/registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ecp.validation.faults import At
from ecp.validation.podremarks import pod_remarks, template_remarks
from ecp.validation.remarks import Remark, claim_remarks
from ecp.validation.scope import Object, items, mapping

_SPEC: Final = At() / "spec"
_MANY_COMPLETIONS: Final = 100_000
_MANY_AT_ONCE: Final = 10_000


def _templated(obj: Object) -> Iterator[Remark]:
    yield from template_remarks(mapping(obj.get("spec")).get("template"), _SPEC / "template")


def _statefulset(obj: Object) -> Iterator[Remark]:
    yield from _templated(obj)
    spec = mapping(obj.get("spec"))
    for number, claim in enumerate(map(mapping, items(spec.get("volumeClaimTemplates")))):
        # The server leaves the claim's own "spec" out.
        here = _SPEC / "volumeClaimTemplates" / number
        yield from claim_remarks(mapping(claim.get("spec")), here, here / "spec")
    kept = spec.get("revisionHistoryLimit")
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


CARRIERS: Final[dict[tuple[str, str], Callable[[Object], Iterator[Remark]]]] = {
    ("", "Pod"): pod_remarks,
    ("", "PodTemplate"): _pod_template,
    ("", "ReplicationController"): _templated,
    ("apps", "DaemonSet"): _templated,
    ("apps", "Deployment"): _templated,
    ("apps", "ReplicaSet"): _templated,
    ("apps", "StatefulSet"): _statefulset,
    ("batch", "CronJob"): _cronjob,
    ("batch", "Job"): _job,
}
"""Pods and what makes them; each yields where, and the server's words, in its order."""
