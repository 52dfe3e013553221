"""What a Job makes of a pod that failed, and of indexes that succeeded.

Source: kubernetes pkg/controller/job/{pod_failure_policy,success_policy,indexed_job_utils}.go.
"""

from typing import Any, NamedTuple

from ecp.kube.pods import is_terminal
from ecp.sim.controllers.jobs import indexes
from ecp.sim.controllers.jobs.indexes import Intervals
from ecp.sim.store import Obj

FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count"
IGNORED_COUNT = "batch.kubernetes.io/job-index-ignored-failure-count"

_MOST = 2**31 - 1
_ACTIONS = ("Ignore", "FailIndex", "Count", "FailJob")


class Verdict(NamedTuple):
    """What the pod failure policy says of a pod.

    message     why the whole Job fails, None if it does not
    counted     does the failure count towards the back-off limit?
    action      of the rule that matched, "" for none
    """

    message: str | None = None
    counted: bool = True
    action: str = ""


def verdict(job: Obj, pod: Obj) -> Verdict:
    """Return what the first matching rule of the Job's policy says of a failed *pod*."""
    meta = pod["metadata"]
    name = f"{meta['namespace']}/{meta['name']}"
    for number, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or ()):
        if rule.get("onExitCodes"):
            container = _by_exit_code(pod, rule["onExitCodes"])
            if container is None:
                continue
            code = container["state"]["terminated"]["exitCode"]
            why = f"Container {container['name']} for pod {name} failed with exit code {code}"
        else:
            condition = _by_condition(pod, rule.get("onPodConditions") or ())
            if condition is None:
                continue
            why = f"Pod {name} has condition {condition['type']}"
        action = rule["action"]
        if action in _ACTIONS:
            fatal = action == "FailJob"
            said = f"{why} matching {action} rule at index {number}" if fatal else None
            return Verdict(said, action != "Ignore", action)
    return Verdict()


def _by_exit_code(pod: Obj, wanted: Obj) -> Obj | None:
    for field in ("containerStatuses", "initContainerStatuses"):
        for container in pod["status"].get(field) or ():
            ended = (container.get("state") or {}).get("terminated")
            if not ended or wanted.get("containerName") not in (None, container["name"]):
                continue
            code = ended.get("exitCode", 0)
            listed = code in wanted["values"]
            if code != 0 and listed is (wanted["operator"] == "In"):
                return container  # type: ignore[no-any-return]
    return None


def _by_condition(pod: Obj, patterns: Any) -> Obj | None:
    for condition in pod["status"].get("conditions") or ():
        for pattern in patterns:
            status = pattern.get("status", "True")
            if (condition["type"], condition["status"]) == (pattern["type"], status):
                return condition  # type: ignore[no-any-return]
    return None


def replaces_only_failed(job: Obj) -> bool:
    """Whether a pod that is on its way out is replaced only when it has ended."""
    spec = job["spec"]
    return spec.get("podReplacementPolicy") == "Failed" or bool(spec.get("podFailurePolicy"))


def is_failed(pod: Obj, job: Obj) -> bool:
    """Whether a pod counts as failed; one that is deleted does, unless its end is waited for."""
    if pod["status"].get("phase") == "Failed":
        return True
    going = "deletionTimestamp" in pod["metadata"] and not is_terminal(pod)
    return going and not replaces_only_failed(job)


def failure_count(pod: Obj) -> int:
    """Return how many counted failures its index had before this pod."""
    return _count(pod, FAILURE_COUNT)


def all_failures(pod: Obj) -> int:
    """The same with those that were ignored."""
    return _count(pod, FAILURE_COUNT) + _count(pod, IGNORED_COUNT)


def _count(pod: Obj, annotation: str) -> int:
    found = indexes.whole((pod["metadata"].get("annotations") or {}).get(annotation))
    return found if found is not None and 0 <= found <= _MOST else 0


def counts_after(job: Obj, replaced: Obj | None) -> dict[str, str]:
    """Return the annotations that carry an index's failures over to the pod that is next."""
    if replaced is None:
        return {FAILURE_COUNT: "0"}
    counted = verdict(job, replaced).counted
    failures = failure_count(replaced) + counted
    ignored = _count(replaced, IGNORED_COUNT) + (not counted)
    found = {FAILURE_COUNT: str(failures)}
    if ignored:
        found[IGNORED_COUNT] = str(ignored)
    return found


def fails_index(job: Obj, pod: Obj) -> bool:
    """Whether with this pod its index has failed for good."""
    if not is_failed(pod, job):
        return False
    said = verdict(job, pod)
    if said.action == "FailIndex":
        return True
    return said.counted and failure_count(pod) >= job["spec"]["backoffLimitPerIndex"]


def success(job: Obj, succeeded: Intervals) -> str:
    """Return the message of the success policy's first rule that is met, "" for none."""
    spec = job["spec"]
    rules = (spec.get("successPolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules if succeeded else ()):
        count = rule.get("succeededCount")
        if rule.get("succeededIndexes") is not None:
            wanted = indexes.parse(rule["succeededIndexes"], spec["completions"])
            if not wanted:
                continue
            held = indexes.overlap(wanted, succeeded)
            met = held == indexes.total(wanted) or (count is not None and held >= count)
        else:
            met = count is not None and indexes.total(succeeded) >= count
        if met:
            return f"Matched rules at index {number}"
    return ""
