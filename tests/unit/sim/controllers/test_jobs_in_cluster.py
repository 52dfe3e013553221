"""Jobs and CronJobs with everything around them: scheduler, kubelets, quota, garbage collection."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecp.kube.kinds import CRONJOBS, EVENTS, JOBS, NAMESPACES, NODES, PODS, RESOURCEQUOTAS
from ecp.kube.times import nanoseconds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.controllers.jobs import conditions, indexes
from ecp.sim.requests import Request
from ecp.sim.store import Change, Obj

SECOND = 1_000_000_000
NS = "shop"
TRACKING = "batch.kubernetes.io/job-tracking"
LOOPS = {"job": JOBS, "job-orphans": PODS, "ttl-after-finished": JOBS, "cronjob": CRONJOBS}
SPEC = clusters.check(
    {
        "name": "small",
        "zones": ["z0", "z1"],
        "pools": [{"name": "n", "count": 3, "cpu": "8", "memory": "32Gi"}],
    }
)


class Run:
    """A cluster, and what happened in it."""

    def __init__(self, seed: int = 1) -> None:
        self.cluster = Cluster.create(SPEC, seed=seed)
        self.ask("create", NAMESPACES, body={"metadata": {"name": NS}}, namespace="")
        self.wait(1)
        self.started = self.cluster.store.version

    def ask(
        self, verb: Any, resource: str, name: str = "", *, namespace: str = NS, **more: Any
    ) -> None:
        self.cluster.submit(Request(verb, resource, namespace, name, **more))

    def wait(self, seconds: float) -> "Run":
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))
        return self

    def job(self, name: str = "work", **spec: Any) -> "Run":
        self.ask("create", JOBS, body=a_job(name, **spec))
        return self

    def cron(self, schedule: str = "* * * * *", ends: str = "1s", **spec: Any) -> "Run":
        template = {"spec": a_job("x", ends=ends)["spec"]}
        body = {
            "metadata": {"name": "tick"},
            "spec": {"schedule": schedule, "jobTemplate": template, **spec},
        }
        self.ask("create", CRONJOBS, body=body)
        return self

    def patch(self, resource: str, name: str, spec: Obj) -> "Run":
        self.ask("patch", resource, name, body={"spec": spec}, patch="merge")
        return self

    def changes(self) -> Iterable[Change]:
        return self.cluster.store.since(self.started)

    def pods(self) -> list[Obj]:
        return list(self.cluster.store.list(PODS, NS))

    def status(self, name: str = "work", resource: str = JOBS) -> Obj:
        found = self.cluster.store.get(resource, NS, name)
        assert found is not None
        return dict(found.get("status") or {})

    def ends(self, name: str = "work") -> list[tuple[str, str, str]]:
        """The conditions of a Job as (type, reason, message)."""
        found = self.status(name).get("conditions") or ()
        return [(c["type"], c["reason"], c["message"]) for c in found if c["status"] == "True"]

    def events(self, about: str) -> list[tuple[str, str]]:
        """(reason, message) of each Event about a Job or CronJob, in order."""
        return [
            (c.object["reason"], c.object["message"])
            for c in self.changes()
            if c.resource == EVENTS
            and c.type == "ADDED"
            and c.object["involvedObject"]["name"] == about
        ]

    def jobs(self) -> list[str]:
        return [job["metadata"]["name"] for job in self.cluster.store.list(JOBS, NS)]

    def asked_for(self) -> list[Any]:
        """What the loops ask for when nothing gave cause to."""
        found = []
        for name, resource in LOOPS.items():
            for obj in self.cluster.store.list(resource, NS):
                key = (NS, obj["metadata"]["name"])
                plan = self.cluster.manager.controllers[name].reconcile(
                    self.cluster.now, key, self.cluster.read
                )
                if plan.actions or plan.events:
                    found.append((name, key, plan))
        return found


def a_job(name: str, *, ends: str = "1s", code: int = 0, policy: str = "Never", **spec: Any) -> Obj:
    """A Job whose containers end after *ends* with *code*."""
    said = {"sim.ecp-ai.io/exit-after": ends, "sim.ecp-ai.io/exit-code": str(code)}
    template = {
        "metadata": {"annotations": said},
        "spec": {"restartPolicy": policy, "containers": [{"name": "c", "image": "job:1"}]},
    }
    return {"metadata": {"name": name}, "spec": {"template": template, **spec}}


# ---- Jobs ------------------------------------------------------------------------------------


def test_a_command_that_sleeps_and_exits_completes_a_job() -> None:
    run = Run()
    body = a_job("work")
    body["spec"]["template"]["metadata"] = {}
    container = {"name": "c", "image": "busybox:1", "command": ["sh", "-c", "sleep 7; exit 0"]}
    body["spec"]["template"]["spec"]["containers"] = [container]
    run.ask("create", JOBS, body=body)
    run.wait(20)
    status = run.status()
    (pod,) = run.pods()
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    lived = nanoseconds(ended["finishedAt"]) - nanoseconds(ended["startedAt"])
    assert (pod["status"]["phase"], ended["exitCode"], lived) == ("Succeeded", 0, 7 * SECOND)
    assert "finalizers" not in pod["metadata"]
    assert (status["succeeded"], status["completionTime"] > status["startTime"]) == (1, True)
    assert [kind for kind, _, _ in run.ends()] == ["SuccessCriteriaMet", "Complete"]


def test_the_pod_of_an_index_knows_it() -> None:
    run = Run().job(completions=2, parallelism=2, completionMode="Indexed").wait(0.5)
    first, second = run.pods()
    meta, spec = second["metadata"], second["spec"]
    assert meta["name"].startswith("work-1-")
    assert meta["finalizers"] == [TRACKING]
    for said in (meta["annotations"], meta["labels"]):
        assert said["batch.kubernetes.io/job-completion-index"] == "1"
    assert (first["spec"]["hostname"], spec["hostname"]) == ("work-0", "work-1")
    path = "metadata.labels['batch.kubernetes.io/job-completion-index']"
    assert spec["containers"][0]["env"] == [
        {
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}},
        }
    ]


@pytest.mark.parametrize(
    ("policy", "limit", "pods", "restarts"),
    [
        pytest.param("Never", 2, 3, 0, id="Never: each try is a pod"),
        pytest.param("OnFailure", 2, 1, 2, id="OnFailure: the pod's containers are restarted"),
    ],
)
def test_a_job_that_fails_too_often(policy: str, limit: int, pods: int, restarts: int) -> None:
    run = Run().job(code=3, policy=policy, backoffLimit=limit).wait(120)
    why = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    assert run.ends() == [("FailureTarget", *why), ("Failed", *why)]
    assert run.status()["failed"] == pods
    assert run.events("work")[-1] == why
    if policy == "Never":
        codes = [p["status"]["containerStatuses"][0]["state"]["terminated"] for p in run.pods()]
        assert [one["exitCode"] for one in codes] == [3] * pods
    else:
        # The pod whose containers were restarted too often is deleted with the Job's end.
        assert run.pods() == []
        seen = [
            c.object["status"]["containerStatuses"][0]["restartCount"]
            for c in run.changes()
            if c.resource == PODS and c.object["status"].get("containerStatuses")
        ]
        assert max(seen) == restarts


@pytest.mark.parametrize(
    ("spec", "failed", "reason"),
    [
        pytest.param(
            {"maxFailedIndexes": 1}, "0,1", "MaxFailedIndexesExceeded", id="more than may fail"
        ),
        pytest.param({}, "0-3", "FailedIndexes", id="all that were tried have failed"),
    ],
)
def test_indexes_that_fail_for_good(spec: Obj, failed: str, reason: str) -> None:
    run = Run().job(
        code=1,
        completions=4,
        parallelism=1,
        completionMode="Indexed",
        backoffLimitPerIndex=0,
        **spec,
    )
    status = run.wait(90).status()
    count = indexes.total(indexes.parse(failed, 4))
    assert (status["failedIndexes"], status["failed"]) == (failed, count)
    assert [why for _, why, _ in run.ends()] == [reason] * 2


def test_tries_are_ten_twenty_and_forty_seconds_apart() -> None:
    run = Run().job(code=1, backoffLimit=3).wait(150)
    made = [
        nanoseconds(c.object["metadata"]["creationTimestamp"]) // SECOND
        for c in run.changes()
        if c.resource == PODS and c.type == "ADDED"
    ]
    ended = [
        nanoseconds(pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"])
        // SECOND
        for pod in run.pods()
    ]
    waits = [then - end for then, end in zip(made[1:], ended, strict=False)]
    assert waits == [10, 20, 40]


def test_a_quota_holds_a_job_back_until_there_is_room() -> None:
    run = Run()
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "2"}}}
    run.ask("create", RESOURCEQUOTAS, body=quota)
    run.wait(1).job(completions=6, parallelism=6, ends="1h").wait(10)
    assert len(run.pods()) == run.status()["active"] == 2
    reasons = [reason for reason, _ in run.events("work")]
    assert reasons[:3] == ["SuccessfulCreate"] * 2 + ["FailedCreate"]
    message = next(text for reason, text in run.events("work") if reason == "FailedCreate")
    assert message.startswith('Error creating: pods "work-')
    assert "is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2" in (
        message
    )
    run.ask("patch", RESOURCEQUOTAS, "q", body={"spec": {"hard": {"pods": "9"}}}, patch="merge")
    run.wait(70)
    assert len(run.pods()) == run.status()["active"] == 6


def test_what_is_refused_is_tried_later_and_later() -> None:
    run = Run()
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "0"}}}
    run.ask("create", RESOURCEQUOTAS, body=quota)
    run.wait(1).job().wait(140)
    tried = [
        c.at // SECOND
        for c in run.changes()
        if c.resource == EVENTS and c.object["reason"] == "FailedCreate"
    ]
    assert [after - before for before, after in pairwise(tried)] == [1, 2, 4, 8, 16, 32, 60]


@pytest.mark.parametrize(
    ("propagation", "left"),
    [
        pytest.param("Background", 0, id="in the background the pods go after it"),
        pytest.param("Foreground", 0, id="in the foreground they go before it"),
        pytest.param("Orphan", 2, id="orphaned they stay, and nobody holds them"),
    ],
)
def test_deleting_a_job_that_runs(propagation: str, left: int) -> None:
    run = Run().job(completions=2, parallelism=2, ends="1h").wait(10)
    run.ask("delete", JOBS, "work", propagation=propagation)
    run.wait(60)
    assert run.jobs() == []
    pods = run.pods()
    assert len(pods) == left
    for pod in pods:
        assert not {"finalizers", "ownerReferences"} & pod["metadata"].keys()
    assert run.asked_for() == []


@pytest.mark.parametrize("mode", ["Indexed", "NonIndexed"])
@pytest.mark.parametrize("suspend", [False, True])
def test_a_job_that_runs_or_sleeps_asks_for_nothing_twice(mode: str, suspend: bool) -> None:
    run = Run().job(completions=3, parallelism=2, ends="1h", completionMode=mode, suspend=suspend)
    run.job("fails", code=1, completionMode=mode, completions=2).cron("0 0 1 1 *").wait(22)
    assert run.asked_for() == []
    assert run.status().get("active", 0) == (0 if suspend else 2)
    assert not conditions.finish({"status": run.status("fails")})


def test_a_namespace_goes_with_its_jobs() -> None:
    run = Run().job(completions=2, parallelism=2, ends="1h").cron(ends="1h").wait(70)
    assert len(run.pods()) == 3
    run.ask("delete", NAMESPACES, NS, namespace="")
    run.wait(90)
    assert run.cluster.store.get(NAMESPACES, "", NS) is None
    assert not [o for resource in (PODS, JOBS, CRONJOBS) for o in run.cluster.store.list(resource)]


def test_a_pod_held_for_its_job_stays_until_it_is_counted() -> None:
    run = Run().job(ends="1h", podReplacementPolicy="Failed").wait(10)
    (pod,) = run.pods()
    run.ask("delete", PODS, pod["metadata"]["name"])
    seen = run.cluster.store.version
    run.wait(40)
    phases = [
        (c.type, c.object["status"]["phase"], c.object["metadata"].get("finalizers"))
        for c in run.cluster.store.since(seen)
        if c.key == (NS, pod["metadata"]["name"]) and c.resource == PODS
    ]
    # It has ended, and its end is counted, before it goes.
    assert ("MODIFIED", "Failed", [TRACKING]) in phases or (
        "MODIFIED",
        "Succeeded",
        [TRACKING],
    ) in phases
    assert phases[-1][0] == "DELETED"
    counted = run.status()
    assert counted.get("failed", 0) + counted.get("succeeded", 0) == 1


def test_a_pod_that_no_longer_fits_is_released_and_an_orphan_that_fits_is_adopted() -> None:
    run = Run()
    labels = {"app": "batch"}
    body = a_job("work", ends="1h", manualSelector=True, selector={"matchLabels": labels})
    body["spec"]["template"]["metadata"]["labels"] = labels
    orphan = {
        "metadata": {"name": "stray", "labels": labels},
        "spec": {"containers": [{"name": "c", "image": "job:1"}]},
    }
    run.ask("create", PODS, body=orphan)
    run.ask("create", JOBS, body=body)
    run.wait(10)
    (pod,) = run.pods()
    assert pod["metadata"]["name"] == "stray"
    assert pod["metadata"]["finalizers"] == [TRACKING]
    assert pod["metadata"]["ownerReferences"][0]["name"] == "work"
    changed = {"metadata": {"labels": {"app": "other"}}}
    run.ask("patch", PODS, "stray", body=changed, patch="merge")
    run.wait(5)
    by_name = {p["metadata"]["name"]: p for p in run.pods()}
    assert not {"finalizers", "ownerReferences"} & by_name["stray"]["metadata"].keys()
    assert len(by_name) == 2


def test_a_job_that_somebody_else_manages_is_left_alone() -> None:
    run = Run().job(managedBy="example.com/queue").wait(30)
    assert (run.pods(), run.status(), run.events("work")) == ([], {}, [])


def test_a_finished_job_goes_when_its_time_is_over() -> None:
    run = Run().job(ttlSecondsAfterFinished=20).wait(15)
    assert run.jobs() == ["work"]
    finished = nanoseconds(run.status()["completionTime"])
    run.wait(60)
    assert (run.jobs(), run.pods()) == ([], [])
    gone = next(c.at for c in run.changes() if c.resource == JOBS and c.type == "DELETED")
    assert 20 * SECOND <= gone - finished < 21 * SECOND


def test_a_lost_node_costs_a_try_unless_the_policy_ignores_it() -> None:
    run = Run()
    rule = {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    run.job("strict", ends="15m", backoffLimit=0)
    run.job("lenient", ends="15m", backoffLimit=0, podFailurePolicy={"rules": [rule]})
    run.wait(10)
    for node in run.cluster.store.list(NODES):
        name = node["metadata"]["name"]
        if any(pod["spec"].get("nodeName") == name for pod in run.pods()):
            run.cluster.world.set_node(name, False, run.cluster.now)
            run.ask("delete", NODES, name, namespace="")
    run.wait(300)
    assert [kind for kind, _, _ in run.ends("strict")] == ["FailureTarget", "Failed"]
    assert run.ends("lenient") == []
    assert run.status("lenient")["active"] == 1


def test_a_run_resumed_from_a_snapshot_waits_as_long() -> None:
    run = Run().job(code=1, backoffLimit=3).cron().wait(25)
    start = run.cluster.store.version
    other = Cluster.restore(run.cluster.snapshot())
    for one in (run.cluster, other):
        one.run_until(one.now + 120 * SECOND)

    def written(cluster: Cluster) -> list[Any]:
        return [(c.at, c.type, c.resource, c.key) for c in cluster.store.since(start)]

    assert len(written(run.cluster)) > 30
    assert written(other) == written(run.cluster)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    indexed=st.booleans(),
    code=st.sampled_from([0, 0, 1]),
    wishes=st.lists(
        st.tuples(
            st.sampled_from(["parallelism", "suspend", "resume", "pod", "node", "label"]),
            st.integers(0, 5),
            st.floats(0, 15),
        ),
        max_size=6,
    ),
)
def test_after_whatever_happened_a_job_comes_to_rest_and_nothing_is_asked_for(
    seed: int, indexed: bool, code: int, wishes: list[tuple[str, int, float]]
) -> None:
    run = Run(seed)
    mode = "Indexed" if indexed else "NonIndexed"
    run.job(completions=4, parallelism=2, code=code, backoffLimit=2, completionMode=mode, ends="5s")
    for what, number, pause in wishes:
        run.wait(pause)
        wish(run, what, number)
    for node in run.cluster.store.list(NODES):
        run.cluster.world.set_node(node["metadata"]["name"], True, run.cluster.now)
    run.patch(JOBS, "work", {"suspend": False, "parallelism": 2}).wait(900)
    assert run.asked_for() == []
    status = run.status()
    done = {kind for kind, _, _ in run.ends()}
    assert done in ({"SuccessCriteriaMet", "Complete"}, {"FailureTarget", "Failed"})
    assert status.get("active", 0) == status["ready"] == status["terminating"] == 0
    assert status["uncountedTerminatedPods"] == {}
    assert not [p for p in run.pods() if p["metadata"].get("finalizers")]
    if "Complete" in done:
        assert status["succeeded"] == 4


def wish(run: Run, what: str, number: int) -> None:
    pods = run.pods()
    if what == "parallelism":
        run.patch(JOBS, "work", {"parallelism": number})
    elif what in ("suspend", "resume"):
        run.patch(JOBS, "work", {"suspend": what == "suspend"})
    elif what == "node":
        run.cluster.world.set_node(f"n-{number % 3 + 1}", False, run.cluster.now)
    elif pods:
        name = pods[number % len(pods)]["metadata"]["name"]
        if what == "pod":
            run.ask("delete", PODS, name)
        else:
            labels = {"metadata": {"labels": {"batch.kubernetes.io/controller-uid": "other"}}}
            run.ask("patch", PODS, name, body=labels, patch="merge")


# ---- CronJobs --------------------------------------------------------------------------------


def reasons(run: Run, *left_out: str) -> list[str]:
    return [reason for reason, _ in run.events("tick") if reason not in left_out]


@pytest.mark.parametrize(
    ("policy", "jobs", "said"),
    [
        pytest.param("Allow", 3, ["SuccessfulCreate"] * 3, id="Allow: one beside the other"),
        pytest.param(
            "Forbid", 1, ["SuccessfulCreate", "JobAlreadyActive"], id="Forbid: the old one stays"
        ),
        pytest.param(
            "Replace",
            1,
            ["SuccessfulCreate"] + ["SuccessfulDelete", "SuccessfulCreate"] * 2,
            id="Replace: the new one stays",
        ),
    ],
)
def test_what_becomes_of_a_job_that_still_runs(policy: str, jobs: int, said: list[str]) -> None:
    run = Run().cron(ends="1h", concurrencyPolicy=policy).wait(185)
    assert len(run.jobs()) == jobs
    assert len(run.status("tick", CRONJOBS)["active"]) == jobs
    assert reasons(run)[: len(said)] == said


def test_who_forbids_says_so_once_more_when_the_job_in_the_way_ends() -> None:
    run = Run().cron(ends="75s", concurrencyPolicy="Forbid").wait(170)
    assert len(run.jobs()) == 2
    said = [
        change.object["reason"]
        for change in run.changes()
        if change.resource == EVENTS
        and change.object["involvedObject"]["name"] == "tick"
        and change.object["reason"] in ("JobAlreadyActive", "SawCompletedJob")
    ]
    assert said[:3] == ["JobAlreadyActive", "JobAlreadyActive", "SawCompletedJob"]


def test_a_suspended_cron_job_starts_nothing_and_then_the_last_that_was_missed() -> None:
    run = Run().cron(suspend=True).wait(150 * 60)
    assert run.jobs() == []
    run.patch(CRONJOBS, "tick", {"suspend": False}).wait(5)
    assert len(run.jobs()) == 1
    assert reasons(run) == ["TooManyMissedTimes", "SuccessfulCreate"]
    (first, _) = run.events("tick")
    assert first[1] == (
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check "
        "clock skew"
    )


def test_what_is_too_late_to_start_is_not_started() -> None:
    run = Run().cron("0 * * * *", suspend=True, startingDeadlineSeconds=4000).wait(3700)
    run.patch(CRONJOBS, "tick", {"suspend": False, "startingDeadlineSeconds": 30}).wait(5)
    assert run.jobs() == []
    assert reasons(run) == []
    run.wait(3600)
    assert len(run.jobs()) == 1


def test_another_schedule_counts_from_its_next_instant() -> None:
    run = Run().cron("0 0 1 1 *").wait(90)
    run.patch(CRONJOBS, "tick", {"schedule": "* * * * *"}).wait(5)
    assert run.jobs() == []
    run.wait(60)
    assert len(run.jobs()) == 1


def test_finished_jobs_are_kept_as_many_as_wanted() -> None:
    run = Run().cron(successfulJobsHistoryLimit=2).wait(6 * 60 - 20)
    assert len(run.jobs()) == 2
    status = run.status("tick", CRONJOBS)
    assert "active" not in status
    assert status["lastSuccessfulTime"] > status["lastScheduleTime"]
    assert all(pod["metadata"]["ownerReferences"][0]["name"] in run.jobs() for pod in run.pods())


def test_a_job_that_is_gone_is_missed_and_one_by_hand_is_unexpected() -> None:
    run = Run().cron(ends="1h").wait(70)
    (name,) = run.jobs()
    run.ask("delete", JOBS, name, propagation="Background")
    run.wait(2)
    assert run.events("tick")[-1] == ("MissingJob", f"Active job went missing: {name}")
    found = run.cluster.store.get(CRONJOBS, NS, "tick")
    assert found is not None
    body = a_job("by-hand", ends="1h")
    body["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": "tick",
            "uid": found["metadata"]["uid"],
            "controller": True,
        }
    ]
    run.ask("create", JOBS, body=body)
    run.wait(2)
    text = "Saw a job that the controller did not create or forgot: by-hand"
    assert ("UnexpectedJob", text) in run.events("tick")


def test_a_refused_job_is_said_and_tried_again() -> None:
    run = Run()
    hard = {"count/jobs.batch": "0"}
    run.ask("create", RESOURCEQUOTAS, body={"metadata": {"name": "q"}, "spec": {"hard": hard}})
    run.wait(1).cron().wait(65)
    assert run.jobs() == []
    reason, message = run.events("tick")[0]
    assert reason == "FailedCreate"
    assert message.startswith('Error creating job: jobs.batch "tick-')
    run.ask("delete", RESOURCEQUOTAS, "q")
    run.wait(30)
    assert len(run.jobs()) == 1


def test_every_change_of_a_loop_says_what_it_follows_from() -> None:
    run = Run().job().cron().wait(90)
    found = [c for c in run.changes() if c.actor == "kube-controller-manager"]
    assert found
    assert all(change.cause for change in found)
