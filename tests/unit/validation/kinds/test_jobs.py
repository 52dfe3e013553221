"""Jobs and CronJobs: what the server says of each rule, and what it takes."""

from typing import Any

import pytest

from ecp.validation.kinds import checks_for
from ecp.validation.kinds.jobpolicy import count_indexes
from ecp.validation.scope import Scope

Obj = dict[str, Any]
POD = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]}


def job(
    name: str = "report", pod: Obj | None = None, labels: Obj | None = None, **spec: Any
) -> Obj:
    template: Obj = {"spec": {**POD, **(pod or {})}}
    if labels:
        template["metadata"] = {"labels": labels}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": template, **spec},
    }


def indexed(**spec: Any) -> Obj:
    return job(**{"completionMode": "Indexed", "completions": 5, **spec})


def failing(*rules: Obj, pod: Obj | None = None, **spec: Any) -> Obj:
    return job(podFailurePolicy={"rules": list(rules)}, pod=pod, **spec)


def codes(**given: Any) -> Obj:
    return {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1], **given}}


def cron(name: str = "nightly", job_spec: Obj | None = None, **spec: Any) -> Obj:
    template = {"spec": {"template": {"spec": POD}, **(job_spec or {})}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {"schedule": "0 2 * * *", "jobTemplate": template, **spec},
    }


def said(obj: Obj, scope: Scope = Scope()) -> list[str]:
    checks = checks_for("batch", obj["kind"])
    return [str(fault.error) for check in checks for fault in check(obj, scope)]


CONDITION = {"type": "DisruptionTarget", "status": "True"}
GOOD = {
    "a plain Job": job(),
    "an indexed Job with all there is": indexed(
        parallelism=2, backoffLimitPerIndex=1, maxFailedIndexes=5, podReplacementPolicy="Failed",
        managedBy="acme.io/queue", successPolicy={"rules": [{"succeededIndexes": "0,2-4"}]},
    ),
    "a Job that ignores disruptions": failing(
        {"action": "Ignore", "onPodConditions": [CONDITION]}, codes(values=[1, 42])
    ),
    "a condition without a status": failing(
        {"action": "Count", "onPodConditions": [{"type": "DisruptionTarget"}]}
    ),
    "an index that fails alone": failing(
        {**codes(), "action": "FailIndex"},
        completionMode="Indexed", completions=3, backoffLimitPerIndex=1,
    ),
    "a selector of its own": job(
        labels={"app": "x"}, manualSelector=True, selector={"matchLabels": {"app": "x"}}
    ),
    "the label that the server gives": job(labels={"job-name": "report"}),
    "a CronJob": cron(timeZone="Asia/Seoul", startingDeadlineSeconds=0),
    "a name of 52 characters": cron("c" * 52),
}  # fmt: skip


@pytest.mark.parametrize("obj", GOOD.values(), ids=GOOD)
def test_good_jobs(obj: Obj) -> None:
    assert said(obj) == []


RESTART = "spec.template.spec.restartPolicy"
RULE = "spec.podFailurePolicy.rules[0]"
SUCCESS = "spec.successPolicy.rules[0]"
ACTIONS = '"Count", "FailIndex", "FailJob", "Ignore"'
MANY = (
    "must be less than or equal to 10000 when completions are above 100000 and used with backoff "
    "limit per index"
)
BAD: dict[str, tuple[Obj, list[str]]] = {
    "a negative limit an index": (
        indexed(backoffLimitPerIndex=-1),
        ["spec.backoffLimitPerIndex: Invalid value: -1: must be greater than or equal to 0"],
    ),
    "failed indexes without a limit for each": (
        indexed(maxFailedIndexes=1),
        ["spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified"],
    ),
    "more failed indexes than there are": (
        indexed(maxFailedIndexes=6, backoffLimitPerIndex=1),
        ["spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions"],
    ),
    "limits of indexes without indexes": (
        job(backoffLimitPerIndex=1, maxFailedIndexes=1),
        [
            "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
            "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
        ],
    ),
    "indexes without completions": (
        indexed(completions=None, parallelism=2),
        ["spec.completions: Required value: when completion mode is Indexed"],
    ),
    "too many pods at once": (
        indexed(parallelism=100_001),
        [
            "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when "
            "completion mode is Indexed"
        ],
    ),
    "very many completions without a bound": (
        indexed(completions=100_001, backoffLimitPerIndex=1, parallelism=10_001),
        [
            "spec.maxFailedIndexes: Required value: must be specified when completions is above "
            "100000",
            f"spec.parallelism: Invalid value: 10001: {MANY}",
        ],
    ),
    "a manager without a domain": (
        job(managedBy="queue"),
        [
            'spec.managedBy: Invalid value: "queue": must be a domain-prefixed path (such as '
            '"acme.io/foo")'
        ],
    ),
    "a manager with too long a name": (
        job(managedBy="acme.io/" + "q" * 60),
        ["spec.managedBy: Too long: may not be more than 63 bytes"],
    ),
    "no such replacement": (
        job(podReplacementPolicy="Never"),
        [
            'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", '
            '"TerminatingOrFailed"'
        ],
    ),
    "a replacement that a failure policy forbids": (
        failing(codes(), podReplacementPolicy="TerminatingOrFailed"),
        [
            'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported '
            'values: "Failed"'
        ],
    ),
    "a failure policy and pods that restart": (
        failing(codes(), pod={"restartPolicy": "OnFailure"}),
        [
            f'{RESTART}: Invalid value: "OnFailure": only "Never" is supported when '
            "podFailurePolicy is specified"
        ],
    ),
    "pods that always restart": (
        job(pod={"restartPolicy": "Always"}),
        [f'{RESTART}: Required value: valid values: "OnFailure", "Never"'],
    ),
    "a rule without an action": (
        failing({"onExitCodes": {"operator": "In", "values": [1]}}),
        [
            f'{RULE}.action: Required value: valid values: '
            '["Count" "FailIndex" "FailJob" "Ignore"]'
        ],
    ),
    "no such action": (
        failing({**codes(), "action": "Retry"}),
        [f'{RULE}.action: Unsupported value: "Retry": supported values: {ACTIONS}'],
    ),
    "an index that fails where none is limited": (
        failing({**codes(), "action": "FailIndex"}),
        [
            f'{RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be '
            "set"
        ],
    ),
    "a rule without a requirement": (
        failing({"action": "Count"}),
        [
            f"{RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"
        ],
    ),
    "a rule with two requirements": (
        failing({**codes(), "onPodConditions": [CONDITION]}),
        [
            f"{RULE}: Invalid value: specifying both OnExitCodes and OnPodConditions is not "
            "supported"
        ],
    ),
    "success as a failure": (
        failing(codes(values=[0])),
        [f"{RULE}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"],
    ),
    "codes out of order and twice": (
        failing(codes(values=[3, 2, 3])),
        [
            f"{RULE}.onExitCodes.values[2]: Duplicate value: 3",
            f"{RULE}.onExitCodes.values: Invalid value: [3,2,3]: must be ordered",
        ],
    ),
    "no codes": (
        failing(codes(values=[])),
        [f"{RULE}.onExitCodes.values: Invalid value: []: at least one value is required"],
    ),
    "codes of a container that is not there": (
        failing(codes(containerName="other")),
        [
            f'{RULE}.onExitCodes.containerName: Invalid value: "other": must be one of the '
            "container or initContainer names in the pod template"
        ],
    ),
    "a condition with a status of its own": (
        failing({"action": "Count", "onPodConditions": [{"type": "Bad!", "status": "Maybe"}]}),
        [
            f'{RULE}.onPodConditions[0].type: Invalid value: "Bad!": name part must consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
            "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            f'{RULE}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: '
            '"False", "True", "Unknown"',
        ],
    ),
    "success of a Job without indexes": (
        job(successPolicy={"rules": [{"succeededCount": 1}]}),
        [
            'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,'
            '"SucceededCount":1}]}: requires indexed completion mode'
        ],
    ),
    "success without rules": (
        indexed(successPolicy={"rules": []}),
        [
            "spec.successPolicy.rules: Required value: at least one rules must be specified when "
            "the successPolicy is specified"
        ],
    ),
    "success that asks for nothing": (
        indexed(successPolicy={"rules": [{}]}),
        [
            f"{SUCCESS}: Required value: at least one of succeededCount or succeededIndexes must "
            "be specified"
        ],
    ),
    "success of more than there is": (
        indexed(successPolicy={"rules": [{"succeededIndexes": "0-1", "succeededCount": 6}]}),
        [
            f"{SUCCESS}.succeededCount: Invalid value: 6: must be less than or equal to 5 (the "
            "number of specified completions)",
            f"{SUCCESS}.succeededCount: Invalid value: 6: must be less than or equal to 2 (the "
            "number of indexes in the specified succeededIndexes field)",
        ],
    ),
    "success of an index that is not there": (
        indexed(successPolicy={"rules": [{"succeededIndexes": "1,7"}]}),
        [
            f'{SUCCESS}.succeededIndexes: Invalid value: "1,7": error parsing succeededIndexes: '
            'too large index: "7"'
        ],
    ),
    "a selector of its own that is left out": (
        job(manualSelector=True),
        [
            "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: null: `selector` does not match "
            "template `labels`",
        ],
    ),
    "a selector of its own for other pods": (
        job(labels={"app": "x"}, manualSelector=True, selector={"matchLabels": {"app": "y"}}),
        [
            'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match '
            "template `labels`"
        ],
    ),
    "the server's label with another value": (
        job(labels={"job-name": "other"}),
        [
            "spec.template.metadata.labels[job-name]: Invalid value: "
            '{"batch.kubernetes.io/controller-uid":"00000000-0000-4000-8000-000000000000",'
            '"batch.kubernetes.io/job-name":"report",'
            '"controller-uid":"00000000-0000-4000-8000-000000000000","job-name":"other"}: '
            "must be 'report'"
        ],
    ),
    "a name that no indexed pod can bear": (
        indexed(name="r" * 62),
        [
            f'metadata.name: Invalid value: "{"r" * 62}": will not able to create pod with invalid '
            f"DNS label: {'r' * 62}-4"
        ],
    ),
    "a CronJob without a schedule": (cron(schedule=""), ["spec.schedule: Required value"]),
    "a CronJob with too long a name": (
        cron("c" * 53),
        [f'metadata.name: Invalid value: "{"c" * 53}": must be no more than 52 characters'],
    ),
    "a selector for the Jobs to come": (
        cron(job_spec={"selector": {"matchLabels": {"a": "b"}}, "manualSelector": True}),
        [
            'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` '
            "will be auto-generated",
            'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: '
            '"nil", "false"',
        ],
    ),
    "a negative history": (
        cron(failedJobsHistoryLimit=-1),
        ["spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), BAD.values(), ids=BAD)
def test_bad_jobs(obj: Obj, words: list[str]) -> None:
    assert said(obj) == words


def test_a_selector_that_the_server_would_not_have_made() -> None:
    obj = job(labels={"app": "x"}, selector={"matchLabels": {"app": "x"}})
    assert said(obj) == [
        'spec.selector: Invalid value: {"matchLabels":{"app":"x",'
        '"batch.kubernetes.io/controller-uid":"00000000-0000-4000-8000-000000000000"}}: '
        "`selector` not auto-generated"
    ]


def test_an_indexed_job_that_says_nothing_of_how_often_runs_once() -> None:
    assert said(indexed(completions=None)) == []


def test_a_job_without_labels_has_those_of_its_pods_with_the_one_of_its_name() -> None:
    long = "n" * 64
    (first, *_) = said(job(long, labels={"app": "x"}))
    assert first == f'metadata.labels: Invalid value: "{long}": must be no more than 63 bytes'


def test_rules_for_new_objects_do_not_hold_for_those_that_are_there() -> None:
    assert said(cron("c" * 60), Scope(new=False)) == []
    assert said(job(labels={"job-name": "other"}), Scope(new=False)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", (0, ""), id="nothing"),
        pytest.param("0,3-5,7", (5, ""), id="single ones and a row"),
        pytest.param("3,1", (0, "non-increasing order, previous: 3, current: 1"), id="falling"),
        pytest.param("4-4", (0, "non-increasing order, previous: 4, current: 4"), id="no row"),
        pytest.param("x", (0, 'cannot convert string to integer for index: "x"'), id="a letter"),
        pytest.param("9", (0, 'too large index: "9"'), id="one too many"),
        pytest.param(
            "1-2-3",
            (
                0,
                'the fragment "1-2-3" violates the requirement that an index interval can have at '
                "most two parts separated by '-'",
            ),
            id="three parts",
        ),
    ],
)
def test_lists_of_indexes(text: str, found: tuple[int, str]) -> None:
    assert count_indexes(text, 9) == found
