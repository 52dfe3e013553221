"""What pods and nodes take, as `kubectl top` and `get` show it."""

import itertools
import re
import time
from pathlib import Path

import pytest

from .running import Kubectl, Simulator, programs

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

NUMBERS = itertools.count(1)

OBJECTS = """
apiVersion: v1
kind: Pod
metadata:
  name: big
  labels: {app: big}
  annotations: {sim.ecp-ai.io/cpu: 250m, sim.ecp-ai.io/memory: 300Mi}
spec: {containers: [{name: c, image: "docker.io/library/redis:7"}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: two
  labels: {app: two}
  annotations: {sim.ecp-ai.io/cpu.front: 40m, sim.ecp-ai.io/memory.front: 20Mi}
spec:
  containers:
  - {name: front, image: "docker.io/library/redis:7"}
  - {name: side, image: "docker.io/library/nginx:1.27"}
"""


@pytest.fixture(scope="module")
def home(
    server: Simulator, version: str, discovered: Path, tmp_path_factory: pytest.TempPathFactory
) -> Kubectl:
    """A kubectl in a namespace with two measured pods; no test hurts them."""
    kubectl = Kubectl(programs()[version], tmp_path_factory.mktemp("top"), server.port)
    kubectl.discovered = discovered
    name = f"top-{version.replace('.', '-')}-{next(NUMBERS)}"
    kubectl.move_to(name)
    kubectl.write("objects.yaml", OBJECTS)
    kubectl.ok("apply -f objects.yaml")
    deadline = time.monotonic() + 120
    while len(server.get(f"/apis/metrics.k8s.io/v1beta1/namespaces/{name}/pods")["items"]) < 2:
        assert time.monotonic() < deadline, "the pods are not measured"
        time.sleep(0.1)
    return kubectl


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


HEAD = ["NAME", "CPU(cores)", "MEMORY(bytes)"]
BIG, TWO = ["big", "250m", "300Mi"], ["two", "41m", "30Mi"]


def test_pods_in_every_order_and_in_sum(home: Kubectl) -> None:
    assert rows(home.ok("top pod")) == [HEAD, BIG, TWO]
    assert rows(home.ok("top pod --sort-by=cpu")) == [HEAD, BIG, TWO]
    assert rows(home.ok("top pod --sort-by=memory --no-headers")) == [BIG, TWO]
    assert rows(home.ok("top pod -l app=two")) == [HEAD, TWO]
    assert rows(home.ok("top pod two")) == [HEAD, TWO]
    assert rows(home.ok("top pod --sum"))[-1] == ["291m", "330Mi"]
    everywhere = rows(home.ok("top pod -A"))
    assert everywhere[0] == ["NAMESPACE", *HEAD]
    assert [row[1:] for row in everywhere if row[0] == home.ok("config view --minify -o jsonpath="
            "'{..namespace}'")] == [BIG, TWO]  # fmt: skip


def test_containers_one_by_one(home: Kubectl) -> None:
    assert rows(home.ok("top pod two --containers")) == [
        ["POD", *HEAD],
        ["two", "front", "40m", "20Mi"],
        ["two", "side", "1m", "10Mi"],
    ]


def test_nodes_with_their_share_of_what_can_be_had(home: Kubectl) -> None:
    shown = rows(home.ok("top node"))
    assert shown[0] == ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]
    assert [row[0] for row in shown[1:]] == sorted(
        home.ok("get nodes -o jsonpath='{.items[*].metadata.name}'").split()
    )
    for row in shown[1:]:
        assert re.fullmatch(r"\d+m \d+% \d+Mi \d+%", " ".join(row[1:])), row
    node = home.ok("get pod big -o jsonpath='{.spec.nodeName}'")
    cpu = int(rows(home.ok(f"top node {node} --no-headers"))[0][1].removesuffix("m"))
    assert cpu >= 450


def test_who_is_not_there_and_who_is_not_measured_yet(home: Kubectl) -> None:
    assert home("top pod nobody").err == 'Error from server (NotFound): pods "nobody" not found\n'
    assert home("top node nobody").err == 'Error from server (NotFound): node "nobody" not found\n'
    home.ok("run stuck --image=example.com/nothing --annotations=sim.ecp-ai.io/image-missing=true")
    namespace = home.ok("config view --minify -o jsonpath='{..namespace}'")
    assert home("get podmetrics stuck").err == (
        f'Error from server (NotFound): podmetrics.metrics.k8s.io "{namespace}/stuck" not found\n'
    )
    assert "stuck" not in home.ok("top pod")


def test_the_metrics_are_objects_like_others(home: Kubectl) -> None:
    shown = rows(home.ok("get podmetrics"))
    assert all(re.fullmatch(r"1[0-5](\.\d+)?s", row.pop()) for row in shown[1:])
    assert shown == [
        ["NAME", "CPU", "MEMORY", "WINDOW"],
        ["big", "250m", "300Mi"],
        ["two", "41m", "30Mi"],
    ]
    listed = rows(home.ok("api-resources --api-group=metrics.k8s.io --no-headers"))
    assert listed == [
        ["nodes", "metrics.k8s.io/v1beta1", "false", "NodeMetrics"],
        ["pods", "metrics.k8s.io/v1beta1", "true", "PodMetrics"],
    ]
    service = rows(home.ok("get apiservice v1beta1.metrics.k8s.io --no-headers"))
    assert service[0][1:3] == ["kube-system/metrics-server", "True"]
