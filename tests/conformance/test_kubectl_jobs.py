"""Jobs and CronJobs with kubectl: made, waited for, suspended, looked at, deleted."""

import itertools

import pytest

from .running import Kubectl

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

NUMBERS = itertools.count(1)

TICK = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: c, image: "busybox:1.36", command: [sh, -c, "sleep 2; exit 0"]}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: broken}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: "busybox:1.36", command: [sh, -c, "sleep 1; exit 3"]}]
"""


@pytest.fixture
def home(kubectl: Kubectl, version: str) -> Kubectl:
    """A kubectl in an empty namespace with the manifests applied."""
    name = f"jobs-{version.replace('.', '-')}-{next(NUMBERS)}"
    kubectl.move_to(name)
    kubectl.write("tick.yaml", TICK)
    made = kubectl.ok("apply -f tick.yaml")
    assert made == "cronjob.batch/tick created\njob.batch/broken created\n"
    return kubectl


def test_a_job_from_a_cron_job_is_waited_for(home: Kubectl) -> None:
    assert home.ok("create job now --from=cronjob/tick") == "job.batch/now created\n"
    done = home.ok("wait --for=condition=complete job/now --timeout=60s", 70)
    assert done == "job.batch/now condition met\n"
    (head, row) = (line.split() for line in home.ok("get job now").strip().splitlines())
    assert head == ["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"]
    assert row[:3] == ["now", "Complete", "1/1"]
    pods = home.ok("get pods -l batch.kubernetes.io/job-name=now --no-headers").split()
    assert pods[1:3] == ["0/1", "Completed"]
    owner = home.ok("get job now -o jsonpath='{.metadata.ownerReferences[0].name}'")
    note = "{.metadata.annotations.cronjob\\.kubernetes\\.io/instantiate}"
    assert (owner, home.ok(f"get job now -o jsonpath='{note}'")) == ("tick", "manual")
    described = home.ok("describe job now")
    assert "Pods Statuses:    0 Active (0 Ready) / 1 Succeeded / 0 Failed" in described
    assert "Normal  SuccessfulCreate" in described
    assert "Normal  Completed" in described


def test_a_failed_job_says_why(home: Kubectl) -> None:
    home.ok("wait --for=condition=failed job/broken --timeout=60s", 70)
    assert home.ok("get job broken --no-headers").split()[1:3] == ["Failed", "0/1"]
    described = home.ok("describe job broken")
    assert "BackoffLimitExceeded" in described
    assert "Job has reached the specified backoff limit" in described
    assert home.ok("get pods --no-headers").split()[1:3] == ["0/1", "Error"]


def test_a_job_is_suspended_and_goes_on(home: Kubectl) -> None:
    home.ok("create job long --image=busybox:1.36 -- sleep 3600")
    home.ok("wait --for=jsonpath='{.status.ready}'=1 job/long --timeout=60s", 70)
    home.ok('patch job long -p \'{"spec":{"suspend":true}}\'')
    home.ok("wait --for=condition=suspended job/long --timeout=30s")
    assert home.ok("get job long --no-headers").split()[1] == "Suspended"
    home.ok('patch job long -p \'{"spec":{"suspend":false}}\'')
    home.ok("wait --for=jsonpath='{.status.ready}'=1 job/long --timeout=60s", 70)
    assert home.ok("get job long --no-headers").split()[1] == "Running"
    home.ok("delete job long --timeout=60s", 70)
    assert home.settle("kubectl get pods -l job-name=long", "No resources found")


def test_a_cron_job_by_hand(home: Kubectl) -> None:
    made = home.ok('create cronjob often --image=busybox:1.36 --schedule="*/1 * * * *" -- sleep 1')
    assert made == "cronjob.batch/often created\n"
    row = home.ok("get cronjob tick --no-headers")
    assert row.split("   ")[0] == "tick"
    assert "0 0 1 1 *" in row
    assert "<none>" in row
    assert home.settle("kubectl get jobs -o name", "job.batch/often-[0-9]+", 60)
    assert "Created job often-" in home.ok("describe cronjob often")
    assert home.ok("delete cronjob often --timeout=60s", 70).startswith('cronjob.batch "often"')
