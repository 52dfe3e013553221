"""Job and CronJob. Source: kubernetes pkg/apis/batch/validation/validation.go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.validation.cron import schedule_complaints, time_zone_complaints
from ecp.validation.faults import (
    At,
    Fault,
    invalid,
    invalid_struct,
    required,
    too_long,
    unsupported,
    unsupported_struct,
)
from ecp.validation.kinds.jobpolicy import check_failure_policy, check_success_policy
from ecp.validation.kinds.podspec import check_template
from ecp.validation.kinds.probe import non_negative
from ecp.validation.kinds.workload import ordered_selector, selector_is_usable
from ecp.validation.metadata import check_labels, check_selector, selects
from ecp.validation.scope import Object, Scope, mapping

_SPEC: Final = At() / "spec"
_LABELS: Final = _SPEC / "template" / "metadata" / "labels"
_COUNTS: Final = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_MODES: Final = ("NonIndexed", "Indexed")
_POLICIES: Final = ("Allow", "Forbid", "Replace")
_REPLACEMENTS: Final = ("Failed", "TerminatingOrFailed")
_MOST: Final = 100_000
_MOST_OF_MANY: Final = 10_000
_PATH: Final = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_UID_LABELS: Final = ("controller-uid", "batch.kubernetes.io/controller-uid")
_SOME_UID: Final = "00000000-0000-4000-8000-000000000000"
"""Stands for the uid that the server draws with the object: a manifest cannot know it."""
_NAME_LABELS: Final = ("job-name", "batch.kubernetes.io/job-name")


def check_job(job: Object, scope: Scope) -> Iterator[Fault]:
    spec, name = mapping(job.get("spec")), _name(job)
    own = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    if own and not mapping(job.get("metadata")).get("labels"):
        # A Job without labels has those of its pods.
        yield from check_labels(_labels(job), At() / "metadata" / "labels", _LABELS)
    if scope.new:
        yield from _generated(job)
    label = "" if spec.get("manualSelector") else name
    yield from check_job_spec(spec, _SPEC, scope, label)
    selector = spec.get("selector")
    if selector is None and (spec.get("manualSelector") or _stored(job, scope)):
        yield required("E0403", _SPEC / "selector")
    yield from check_selector(selector, _SPEC / "selector")
    yield from _selected(job, scope)
    completions = _counted(spec).get("completions") or 0
    if scope.new and spec.get("completionMode") == "Indexed" and completions > 0:
        last = f"{name}-{completions - 1}"
        if names.dns_label(last):
            text = f"will not able to create pod with invalid DNS label: {last}"
            yield invalid("E0101", At() / "metadata" / "name", name, text)


def _stored(job: Object, scope: Scope) -> bool:
    """Tell whether a Job is one that the server has, with all that it gave it."""
    return not scope.new and bool(mapping(job.get("metadata")).get("uid"))


def _counted(spec: Object) -> Object:
    """Return a spec that says how often to run: once, where it says nothing.

    Source: kubernetes pkg/apis/batch/v1/defaults.go `SetDefaults_Job`.
    """
    if spec.get("completions") is not None or spec.get("parallelism") is not None:
        return spec
    return {**spec, "completions": 1, "parallelism": 1}


def _name(job: Object) -> str:
    return mapping(job.get("metadata")).get("name") or ""


def _labels(job: Object) -> dict[str, Any]:
    """Return the labels of a Job's pods: its own, and those that the server gives them."""
    spec = mapping(job.get("spec"))
    own = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    if spec.get("manualSelector"):
        return dict(own)
    return {**dict.fromkeys(_NAME_LABELS, _name(job)), **_uid_labels(job), **own}


def _uid_labels(job: Object) -> dict[str, Any]:
    return dict.fromkeys(_UID_LABELS, mapping(job.get("metadata")).get("uid") or _SOME_UID)


def _selected(job: Object, scope: Scope) -> Iterator[Fault]:
    """The selector, given or generated, has to select the pods."""
    spec = mapping(job.get("spec"))
    selector = spec.get("selector")
    stored = _stored(job, scope)
    if selector is None and not (spec.get("manualSelector") or stored):
        return
    given = mapping(mapping(spec.get("template")).get("metadata")).get("labels")
    labels = mapping(given) if stored else _labels(job)
    # Where there has to be one and is none, it selects nothing.
    if selector is None or (selector_is_usable(selector) and not selects(selector, labels)):
        text = "`selector` does not match template `labels`"
        yield invalid("E0201", _LABELS, labels or given, text)


def _generated(job: Object) -> Iterator[Fault]:
    """Labels and selectors that the server makes itself may not be given another value."""
    spec = mapping(job.get("spec"))
    if spec.get("manualSelector"):
        return
    labels, selector = _labels(job), spec.get("selector")
    expected = {**dict.fromkeys(_NAME_LABELS, _name(job)), **_uid_labels(job)}
    for key in (_UID_LABELS[0], _NAME_LABELS[0], _UID_LABELS[1], _NAME_LABELS[1]):
        if expected[key] and labels.get(key) != expected[key]:
            yield invalid("E0403", _LABELS.key(key), labels, f"must be '{expected[key]}'")
    if selector is not None and selector_is_usable(selector) and not selects(selector, expected):
        shown = ordered_selector(selector)
        added = {_UID_LABELS[1]: expected[_UID_LABELS[1]], **shown.get("matchLabels", {})}
        shown = {**shown, "matchLabels": dict(sorted(added.items()))}
        yield invalid_struct("E0403", _SPEC / "selector", shown, "`selector` not auto-generated")


def check_job_spec(spec: Object, at: At, scope: Scope, job_name: str = "") -> Iterator[Fault]:
    """Check a Job's spec; *job_name* becomes a label of its pods, and a label is shorter."""
    spec = _counted(spec)
    for name in _COUNTS:
        yield from non_negative("E0403", spec.get(name), at / name)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required("E0403", at / "backoffLimitPerIndex", "when maxFailedIndexes is specified")
    if spec.get("managedBy") is not None:
        yield from _managed_by(spec["managedBy"], at / "managedBy")
    mode = spec.get("completionMode")
    if mode is not None and mode not in _MODES:
        yield unsupported("E0403", at / "completionMode", mode, _MODES)
    if mode == "Indexed":
        yield from _indexed(spec, at)
    elif mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(name) is not None:
                yield invalid("E0403", at / name, spec[name], "requires indexed completion mode")
    if isinstance(spec.get("podFailurePolicy"), dict):
        yield from check_failure_policy(spec, at / "podFailurePolicy")
    if isinstance(spec.get("successPolicy"), dict):
        yield from check_success_policy(spec, at / "successPolicy")
    yield from _replacement(spec, at / "podReplacementPolicy")
    for text in names.label_value(job_name):
        point = At() / "metadata" / "name"
        yield invalid("E0101", at / "template" / "labels", job_name, text, point=point)
    yield from check_template(spec.get("template"), at / "template", scope)
    yield from _restart(spec, at / "template" / "spec" / "restartPolicy")


def _managed_by(manager: str, at: At) -> Iterator[Fault]:
    if not manager:
        yield required("E0403", at)
    else:
        yield from _domain_prefixed(manager, at)
    if len(manager) > 63:
        yield too_long("E0403", at, 63)


def _domain_prefixed(text: str, at: At) -> Iterator[Fault]:
    """Source: apimachinery pkg/util/validation `IsDomainPrefixedPath`."""
    host, _, path = text.partition("/")
    if not host or not path:
        words = 'must be a domain-prefixed path (such as "acme.io/foo")'
        yield invalid("E0403", at, text, words)
        return
    for complaint in names.dns_subdomain(host):
        yield invalid("E0403", at, host, complaint)
    if not re.fullmatch(_PATH, path):
        yield invalid("E0403", at, path, names.regex_complaint("Invalid path", _PATH))


def _indexed(spec: Object, at: At) -> Iterator[Fault]:
    completions, parallelism = spec.get("completions"), spec.get("parallelism")
    failed, here = spec.get("maxFailedIndexes"), at / "maxFailedIndexes"
    if completions is None:
        yield required("E0403", at / "completions", "when completion mode is Indexed")
    if parallelism is not None and parallelism > _MOST:
        text = f"must be less than or equal to {_MOST} when completion mode is Indexed"
        yield invalid("E0403", at / "parallelism", parallelism, text)
    if failed is not None and completions is not None and failed > completions:
        yield invalid("E0403", here, failed, "must be less than or equal to completions")
    if failed is not None and failed > _MOST:
        yield invalid("E0403", here, failed, f"must be less than or equal to {_MOST}")
    if (completions or 0) <= _MOST or spec.get("backoffLimitPerIndex") is None:
        return
    if failed is None:
        yield required("E0403", here, f"must be specified when completions is above {_MOST}")
    text = (
        f"must be less than or equal to {_MOST_OF_MANY} when completions are above {_MOST} and "
        "used with backoff limit per index"
    )
    for name in ("parallelism", "maxFailedIndexes"):
        if (spec.get(name) or 0) > _MOST_OF_MANY:
            yield invalid("E0403", at / name, spec[name], text)


def _replacement(spec: Object, at: At) -> Iterator[Fault]:
    policy = spec.get("podReplacementPolicy")
    allowed = ("Failed",) if spec.get("podFailurePolicy") is not None else _REPLACEMENTS
    if policy is not None and policy not in allowed:
        yield unsupported("E0403", at, policy, allowed)


def _restart(spec: Object, at: At) -> Iterator[Fault]:
    policy = mapping(mapping(spec.get("template")).get("spec")).get("restartPolicy") or ""
    if policy in ("", "Always"):
        yield required("E0317", at, 'valid values: "OnFailure", "Never"')
    elif policy not in ("OnFailure", "Never"):
        yield unsupported("E0317", at, policy, ("OnFailure", "Never"))
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        text = 'only "Never" is supported when podFailurePolicy is specified'
        yield invalid("E0317", at, policy, text)


def check_cronjob(cronjob: Object, scope: Scope) -> Iterator[Fault]:
    spec, at = mapping(cronjob.get("spec")), _SPEC
    schedule = spec.get("schedule") or ""
    if not schedule:
        yield required("E0404", at / "schedule")
    for complaint in schedule_complaints(schedule) if schedule else ():
        yield invalid("E0404", at / "schedule", schedule, complaint)
    deadline = spec.get("startingDeadlineSeconds")
    yield from non_negative("E0404", deadline, at / "startingDeadlineSeconds")
    zone = spec.get("timeZone")
    for complaint in time_zone_complaints(zone) if zone is not None else ():
        yield invalid("E0404", at / "timeZone", Named(zone), complaint)
    policy = spec.get("concurrencyPolicy")
    if policy and policy not in _POLICIES:
        yield unsupported("E0404", at / "concurrencyPolicy", policy, _POLICIES)
    yield from _job_template(mapping(spec.get("jobTemplate")), at / "jobTemplate" / "spec", scope)
    for limit in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from non_negative("E0404", spec.get(limit), at / limit)
    name = _name(cronjob)
    if scope.new and len(name) > 52:
        # Each of its Jobs gets eleven characters more.
        text = "must be no more than 52 characters"
        yield invalid("E0101", At() / "metadata" / "name", name, text)


def _job_template(template: Object, at: At, scope: Scope) -> Iterator[Fault]:
    spec = mapping(template.get("spec"))
    yield from check_job_spec(spec, at, scope)
    if isinstance(spec.get("selector"), dict):
        shown = ordered_selector(spec["selector"])
        yield invalid_struct("E0403", at / "selector", shown, "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        here = at / "manualSelector"
        yield unsupported_struct("E0403", here, True, ("nil", "false"), point=here)


CHECKS = {"CronJob": (check_cronjob,), "Job": (check_job,)}
