"""What a Job's look is made of: sets of indexes, policies, waits."""

from typing import Any

import pytest
from controller_objects import NOW, NS, SECOND
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.times import rfc3339
from ecp.sim.controllers.jobs import backoff, indexes, policies
from ecp.sim.controllers.jobs.backoff import Record
from ecp.sim.controllers.jobs.pods import to_remove
from ecp.sim.store import Obj

# ---- indexes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "completions", "read"),
    [
        pytest.param(None, 9, (), id="nothing said is no index"),
        pytest.param("", 9, (), id="empty is no index"),
        pytest.param("3", 9, ((3, 3),), id="one"),
        pytest.param("0,1", 9, ((0, 1),), id="neighbours are one interval"),
        pytest.param("0-2,4,6-8", 9, ((0, 2), (4, 4), (6, 8)), id="intervals"),
        pytest.param("0-8", 5, ((0, 4),), id="what lies beyond the completions is cut off"),
        pytest.param("1,7", 5, ((1, 1),), id="and left out"),
        pytest.param("x,2,3-y", 9, ((2, 2),), id="what cannot be read is left out"),
    ],
)
def test_a_status_is_read(said: str | None, completions: int, read: Any) -> None:
    assert indexes.parse(said, completions) == read


@pytest.mark.parametrize(
    ("intervals", "text"),
    [
        pytest.param((), "", id="none"),
        pytest.param(((2, 2),), "2", id="one"),
        pytest.param(((2, 3),), "2,3", id="two in a row are listed"),
        pytest.param(((2, 4), (7, 7)), "2-4,7", id="three in a row are an interval"),
    ],
)
def test_a_set_is_written(intervals: Any, text: str) -> None:
    assert indexes.text(intervals) == text


_SETS = st.sets(st.integers(0, 30))


def _of(numbers: set[int]) -> indexes.Intervals:
    return indexes.with_indexes((), sorted(numbers))


@given(_SETS, _SETS, st.integers(0, 12), st.integers(0, 31))
def test_intervals_are_sets(one: set[int], other: set[int], count: int, completions: int) -> None:
    both = indexes.merged(_of(one), _of(other))
    assert both == _of(one | other)
    assert indexes.total(both) == len(one | other)
    assert [n for n in range(31) if indexes.holds(both, n)] == sorted(one | other)
    assert indexes.parse(indexes.text(both), 31) == both
    assert indexes.overlap(_of(one), _of(other)) == len(one & other)
    missing = [n for n in range(completions) if n not in one]
    assert indexes.first_missing(_of(one), count, completions) == missing[:count]


# ---- policies -------------------------------------------------------------------------------


def a_pod(
    code: int | None = None, *, conditions: Any = (), phase: str = "Failed", **annotations: str
) -> Obj:
    state: Obj = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    given_ = {f"batch.kubernetes.io/{k.replace('_', '-')}": v for k, v in annotations.items()}
    return {
        "metadata": {"name": "p", "namespace": NS, "uid": "u", "annotations": given_},
        "spec": {},
        "status": {
            "phase": phase,
            "conditions": [{"type": kind, "status": "True"} for kind in conditions],
            "containerStatuses": [{"name": "c", "state": state}],
        },
    }


def a_job(*rules: Obj, **spec: Any) -> Obj:
    policy = {"podFailurePolicy": {"rules": list(rules)}} if rules else {}
    return {"metadata": {"name": "j", "namespace": NS}, "spec": {**policy, **spec}}


def codes(action: str, operator: str, *values: int, **more: str) -> Obj:
    return {"action": action, "onExitCodes": {"operator": operator, "values": values, **more}}


_DISRUPTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}


@pytest.mark.parametrize(
    ("rules", "pod", "said"),
    [
        pytest.param((), a_pod(1), (None, True, ""), id="without a policy every failure counts"),
        pytest.param(
            (codes("FailJob", "In", 3, 42),),
            a_pod(42),
            (
                f"Container c for pod {NS}/p failed with exit code 42 matching FailJob rule "
                "at index 0",
                True,
                "FailJob",
            ),
            id="a code fails the Job",
        ),
        pytest.param(
            (codes("FailJob", "In", 42, containerName="other"),),
            a_pod(42),
            (None, True, ""),
            id="a rule for another container does not match",
        ),
        pytest.param(
            (codes("Ignore", "NotIn", 1), codes("FailIndex", "In", 1)),
            a_pod(1),
            (None, True, "FailIndex"),
            id="the first rule that matches decides",
        ),
        pytest.param(
            (codes("Ignore", "NotIn", 1),),
            a_pod(0),
            (None, True, ""),
            id="a container that succeeded matches no rule",
        ),
        pytest.param(
            (codes("Ignore", "NotIn", 1),),
            a_pod(None),
            (None, True, ""),
            id="one that still runs matches no rule",
        ),
        pytest.param(
            (_DISRUPTED,),
            a_pod(137, conditions=["DisruptionTarget"]),
            (None, False, "Ignore"),
            id="a disruption is ignored",
        ),
        pytest.param(
            ({"action": "FailJob", "onPodConditions": [{"type": "Broken", "status": "True"}]},),
            a_pod(1, conditions=["Broken"]),
            (f"Pod {NS}/p has condition Broken matching FailJob rule at index 0", True, "FailJob"),
            id="a condition fails the Job",
        ),
    ],
)
def test_what_the_failure_policy_says(rules: Any, pod: Obj, said: Any) -> None:
    assert policies.verdict(a_job(*rules), pod) == said


@pytest.mark.parametrize(
    ("job", "replaced", "annotations"),
    [
        pytest.param(a_job(), None, {"failure": "0"}, id="the first pod of an index has none"),
        pytest.param(
            a_job(),
            a_pod(1, job_index_failure_count="2"),
            {"failure": "3"},
            id="a failure is added",
        ),
        pytest.param(
            a_job(codes("Ignore", "In", 1)),
            a_pod(1, job_index_failure_count="2"),
            {"failure": "2", "ignored-failure": "1"},
            id="an ignored one is kept apart",
        ),
    ],
)
def test_failures_of_an_index_go_over_to_its_next_pod(
    job: Obj, replaced: Obj | None, annotations: dict[str, str]
) -> None:
    found = policies.counts_after(job, replaced)
    assert found == {f"batch.kubernetes.io/job-index-{k}-count": v for k, v in annotations.items()}


@pytest.mark.parametrize(
    ("rules", "succeeded", "message"),
    [
        pytest.param(({"succeededCount": 2},), "0", "", id="too few"),
        pytest.param(
            ({"succeededCount": 2},), "0,4", "Matched rules at index 0", id="enough of any"
        ),
        pytest.param(({"succeededIndexes": "1-2"},), "0,2", "", id="not all that are named"),
        pytest.param(
            ({"succeededIndexes": "9"}, {"succeededIndexes": "1-3", "succeededCount": 2}),
            "1,3-4",
            "Matched rules at index 1",
            id="enough of those that are named; what is out of range is passed over",
        ),
    ],
)
def test_what_the_success_policy_says(rules: Any, succeeded: str, message: str) -> None:
    job = a_job(successPolicy={"rules": rules}, completions=6)
    assert policies.success(job, indexes.parse(succeeded, 6)) == message


@pytest.mark.parametrize(
    ("replacement", "pod", "failed"),
    [
        pytest.param("TerminatingOrFailed", {"phase": "Failed"}, True, id="failed is failed"),
        pytest.param("TerminatingOrFailed", {"going": True}, True, id="on its way out counts"),
        pytest.param("Failed", {"going": True}, False, id="unless its end is waited for"),
        pytest.param(
            "TerminatingOrFailed",
            {"phase": "Succeeded", "going": True},
            False,
            id="one that succeeded does not",
        ),
    ],
)
def test_which_pods_count_as_failed(replacement: str, pod: Any, failed: bool) -> None:
    made = a_pod(phase=pod.get("phase", "Running"))
    if pod.get("going"):
        made["metadata"]["deletionTimestamp"] = rfc3339(NOW)
    assert policies.is_failed(made, a_job(podReplacementPolicy=replacement)) is failed


# ---- waits ----------------------------------------------------------------------------------


def ended(after: int) -> Obj:
    state = {"terminated": {"exitCode": 1, "finishedAt": rfc3339(NOW + after * SECOND)}}
    return {
        "metadata": {"creationTimestamp": rfc3339(NOW)},
        "spec": {},
        "status": {"containerStatuses": [{"name": "c", "state": state}]},
    }


@pytest.mark.parametrize(
    ("before", "succeeded", "failed", "then"),
    [
        pytest.param(Record(), [], [], Record(), id="nothing happened"),
        pytest.param(Record(), [], [5, 3], Record(2, 5), id="failures add up, the last counts"),
        pytest.param(Record(2, 1), [], [7], Record(3, 7), id="to those of before"),
        pytest.param(Record(4, 1), [9], [], Record(), id="a success clears them"),
        pytest.param(Record(4, 1), [6], [5, 7, 8], Record(2, 8), id="but not those after it"),
        pytest.param(Record(4, 1), [6], [6], Record(), id="nor one in the same second"),
    ],
)
def test_failures_since_the_last_success(
    before: Record, succeeded: list[int], failed: list[int], then: Record
) -> None:
    at = before.last and NOW + before.last * SECOND
    got = backoff.after(
        Record(before.failures, at), [ended(n) for n in succeeded], [ended(n) for n in failed]
    )
    assert got == Record(then.failures, then.last and NOW + then.last * SECOND)


@pytest.mark.parametrize(
    ("failures", "passed", "wait"),
    [
        pytest.param(0, 0, 0, id="no failure, no wait"),
        pytest.param(1, 0, 10, id="ten seconds"),
        pytest.param(1, 4, 6, id="from the end of the pod"),
        pytest.param(1, 11, 0, id="that are over"),
        pytest.param(3, 0, 40, id="doubled"),
        pytest.param(6, 0, 320, id="and again"),
        pytest.param(7, 0, 600, id="to ten minutes at most"),
        pytest.param(90, 0, 600, id="however many"),
    ],
)
def test_how_long_a_job_waits(failures: int, passed: int, wait: int) -> None:
    got = backoff.remaining(failures, NOW, NOW + passed * SECOND)
    assert got == wait * SECOND


@pytest.mark.parametrize(
    ("pod", "seconds"),
    [
        pytest.param(ended(7), 7, id="the last container's end"),
        pytest.param(
            {
                "metadata": {"creationTimestamp": rfc3339(NOW)},
                "spec": {},
                "status": {
                    "containerStatuses": [{"name": "c", "state": {"running": {}}}],
                    "conditions": [
                        {
                            "type": "Ready",
                            "status": "False",
                            "lastTransitionTime": rfc3339(NOW + 4 * SECOND),
                        }
                    ],
                },
            },
            4,
            id="else when it stopped being ready",
        ),
        pytest.param(
            {
                "metadata": {
                    "creationTimestamp": rfc3339(NOW),
                    "deletionTimestamp": rfc3339(NOW + 35 * SECOND),
                    "deletionGracePeriodSeconds": 30,
                },
                "spec": {},
                "status": {},
            },
            5,
            id="else when it was asked to go",
        ),
    ],
)
def test_when_a_pod_ended(pod: Obj, seconds: int) -> None:
    assert backoff.finished_at(pod) == NOW + seconds * SECOND


# ---- who goes first -------------------------------------------------------------------------


def living(
    name: str, index: int | None = None, *, node: str = "n", ready: int | None = 0, made: int = 0
) -> Obj:
    """A pod that is ready since *ready* seconds after NOW (None: it is not), made at *made*."""
    said = {} if index is None else {indexes.COMPLETION_INDEX: str(index)}
    since = rfc3339(NOW + (ready or 0) * SECOND)
    status = "True" if ready is not None else "False"
    condition = {"type": "Ready", "status": status, "lastTransitionTime": since}
    return {
        "metadata": {
            "name": name,
            "annotations": said,
            "creationTimestamp": rfc3339(NOW + made * SECOND),
        },
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": "Running" if node else "Pending", "conditions": [condition]},
    }


@pytest.mark.parametrize(
    ("mode", "active", "least", "going"),
    [
        pytest.param(
            "NonIndexed",
            [
                living("old"),
                living("free", node=""),
                living("weak", ready=None),
                living("new", ready=9),
            ],
            3,
            ["free", "weak", "new"],
            id="without a node, then not ready, then the youngest",
        ),
        pytest.param(
            "NonIndexed",
            [living("old", ready=None), living("new", ready=None, made=5)],
            1,
            ["new"],
            id="of those not ready the one that was made last",
        ),
        pytest.param(
            "Indexed",
            [living("a", 0), living("b", 0, ready=9), living("c", 1), living("d"), living("e", 7)],
            0,
            ["d", "b", "e"],
            id="no index, an index twice, an index out of range",
        ),
        pytest.param(
            "Indexed", [living("a", 0), living("b", 1, ready=9)], 1, ["b"], id="indexed, too many"
        ),
    ],
)
def test_which_pods_are_too_many(
    mode: str, active: list[Obj], least: int, going: list[str]
) -> None:
    found = to_remove(a_job(completionMode=mode, completions=3), active, least)
    assert [pod["metadata"]["name"] for pod in found] == going
