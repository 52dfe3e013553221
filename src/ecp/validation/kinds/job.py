"""Job and CronJob. Source: kubernetes pkg/apis/batch/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.cron import schedule_complaint, time_zone_complaint
from ecp.validation.faults import At, Fault, invalid, required, unsupported
from ecp.validation.kinds.container import non_negative
from ecp.validation.kinds.podspec import check_template
from ecp.validation.scope import Object, Scope, mapping

_COUNTS: Final = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
)
_MODES: Final = ("NonIndexed", "Indexed")
_POLICIES: Final = ("Allow", "Forbid", "Replace")


def check_job(job: Object, scope: Scope) -> Iterator[Fault]:
    at = At() / "spec"
    yield from check_job_spec(mapping(job.get("spec")), at, scope)
    # The server labels the pods with the job's name, and a label is shorter than a name.
    name = mapping(job.get("metadata")).get("name") or ""
    if name and not names.dns_subdomain(name):
        for text in names.label_value(name):
            point = At() / "metadata" / "name"
            yield invalid("E0101", at / "template" / "labels", name, text, point=point)


def check_job_spec(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    for name in _COUNTS:
        yield from non_negative("E0403", spec.get(name), at / name)
    mode = spec.get("completionMode")
    if mode and mode not in _MODES:
        yield unsupported("E0403", at / "completionMode", mode, _MODES)
    if mode == "Indexed" and spec.get("completions") is None:
        text = "when completion mode is Indexed"
        yield required("E0403", at / "completions", text)
    yield from check_template(spec.get("template"), at / "template", scope)
    pod = mapping(mapping(spec.get("template")).get("spec"))
    policy = pod.get("restartPolicy") or ""
    if policy in ("", "Always"):
        here = at / "template" / "spec" / "restartPolicy"
        yield required("E0317", here, 'valid values: "OnFailure", "Never"')


def check_cronjob(cronjob: Object, scope: Scope) -> Iterator[Fault]:
    name = mapping(cronjob.get("metadata")).get("name") or ""
    if len(name) > 52:
        text = "must be no more than 52 characters"
        yield invalid("E0101", At() / "metadata" / "name", name, text)
    spec = mapping(cronjob.get("spec"))
    at = At() / "spec"
    schedule = spec.get("schedule") or ""
    if not schedule:
        yield required("E0404", at / "schedule")
    else:
        complaint = schedule_complaint(schedule)
        if complaint:
            yield invalid("E0404", at / "schedule", schedule, complaint)
    deadline = spec.get("startingDeadlineSeconds")
    yield from non_negative("E0404", deadline, at / "startingDeadlineSeconds")
    zone = spec.get("timeZone")
    if zone is not None:
        complaint = time_zone_complaint(zone)
        if complaint:
            yield invalid("E0404", at / "timeZone", zone, complaint)
    policy = spec.get("concurrencyPolicy")
    if policy and policy not in _POLICIES:
        yield unsupported("E0404", at / "concurrencyPolicy", policy, _POLICIES)
    template = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    yield from check_job_spec(template, at / "jobTemplate" / "spec", scope)
    for limit in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from non_negative("E0404", spec.get(limit), at / limit)


CHECKS = {"CronJob": (check_cronjob,), "Job": (check_job,)}
