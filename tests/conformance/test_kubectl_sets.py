"""StatefulSets and DaemonSets with kubectl: rolled out, looked at, rolled back, drained around."""

import itertools

import pytest

from .running import Kubectl

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

NUMBERS = itertools.count(1)

SETS = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "nginx:1.27"}]
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  updateStrategy: {rollingUpdate: {maxUnavailable: "100%"}}
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "nginx:1.27"}]
"""


@pytest.fixture
def home(kubectl: Kubectl, version: str) -> Kubectl:
    """A kubectl in a namespace in which both sets are up."""
    name = f"sets-{version.replace('.', '-')}-{next(NUMBERS)}"
    kubectl.move_to(name)
    kubectl.write("sets.yaml", SETS)
    kubectl.ok("apply -f sets.yaml")
    kubectl.ok("rollout status sts/db --timeout=80s", 90)
    kubectl.ok("rollout status ds/agent --timeout=80s", 90)
    return kubectl


def test_a_stateful_set_is_rolled_out_and_back(home: Kubectl) -> None:
    assert home.ok("get sts db --no-headers").split()[:2] == ["db", "2/2"]
    pods = [line.split()[0] for line in home.ok("get pods -l app=db --no-headers").splitlines()]
    assert pods == ["db-0", "db-1"]
    home.ok("set image sts/db c=nginx:1.28")
    told = home.ok("rollout status sts/db --timeout=80s", 90)
    assert told.endswith("partitioned roll out complete: 2 new pods have been updated...\n")
    history = home.ok("rollout history sts/db").split()
    assert history == ["statefulset.apps/db", "REVISION", "CHANGE-CAUSE", "1", "<none>", "2",
                       "<none>"]  # fmt: skip
    assert "nginx:1.27" in home.ok("rollout history sts/db --revision=1")
    assert "statefulset.apps/db rolled back" in home.ok("rollout undo sts/db")
    home.ok("rollout status sts/db --timeout=80s", 90)
    image = "{.items[*].spec.containers[0].image}"
    assert home.ok(f"get pods -l app=db -o jsonpath='{image}'") == "nginx:1.27 nginx:1.27"
    assert home.ok("rollout history sts/db").split()[3::2] == ["2", "3"]
    assert home.ok("rollout restart sts/db") == "statefulset.apps/db restarted\n"
    home.ok("rollout status sts/db --timeout=80s", 90)
    described = home.ok("describe sts db")
    assert "Pods Status:        2 Running / 0 Waiting / 0 Succeeded / 0 Failed" in described
    assert "delete Pod db-1" in described or "Delete Pod db-1 in StatefulSet db" in described


def test_a_stateful_set_is_scaled_and_its_pods_go_from_the_last(home: Kubectl) -> None:
    assert home.ok("scale sts db --replicas=3") == "statefulset.apps/db scaled\n"
    home.ok("rollout status sts/db --timeout=80s", 90)
    home.ok("scale sts db --replicas=1")
    assert home.settle("kubectl get pods -l app=db --no-headers | wc -l", r"^\s*1\s*$")
    assert home.ok("get pods -l app=db -o name") == "pod/db-0\n"


def test_a_daemon_set_is_rolled_out_back_and_restarted(home: Kubectl) -> None:
    nodes = len(home.ok("get nodes -o name").split())
    row = home.ok("get ds agent --no-headers").split()
    assert row[0] == "agent"
    wanted = int(row[1])
    assert 0 < wanted <= nodes
    assert row[1:6] == [str(wanted)] * 5
    home.ok("set image ds/agent c=nginx:1.28")
    told = home.ok("rollout status ds/agent --timeout=80s", 90)
    assert 'daemon set "agent" successfully rolled out' in told
    assert home.ok("rollout history ds/agent").split()[3::2] == ["1", "2"]
    assert "nginx:1.27" in home.ok("rollout history ds/agent --revision=1")
    assert "daemonset.apps/agent rolled back" in home.ok("rollout undo ds/agent")
    home.ok("rollout status ds/agent --timeout=80s", 90)
    image = "{.items[*].spec.containers[0].image}"
    found = home.ok(f"get pods -l app=agent -o jsonpath='{image}'").split()
    assert found == ["nginx:1.27"] * wanted
    assert home.ok("rollout history ds/agent").split()[3::2] == ["2", "3"]
    assert home.ok("rollout restart ds/agent") == "daemonset.apps/agent restarted\n"
    home.ok("rollout status ds/agent --timeout=80s", 90)
    assert f"Pods Status:  {wanted} Running / 0 Waiting / 0 Succeeded / 0 Failed" in home.ok(
        "describe ds agent"
    )


def test_a_drain_leaves_the_pods_of_a_daemon_set_where_they_are(home: Kubectl) -> None:
    jsonpath = "{.items[0].spec.nodeName}"
    node = home.ok(f"get pods -l app=agent -o jsonpath='{jsonpath}'")
    refused = home(f"drain {node} --timeout=20s")
    assert refused.code != 0
    assert "cannot delete DaemonSet-managed Pods" in refused.err
    try:
        drained = home.ok(
            f"drain {node} --ignore-daemonsets --delete-emptydir-data --force --timeout=60s", 70
        )
        assert f"node/{node} drained" in drained
        row = home.ok("get ds agent --no-headers").split()
        assert row[1:3] == [row[1]] * 2
    finally:
        home.ok(f"uncordon {node}")
