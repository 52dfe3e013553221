"""Looking into pods and changing them while they run, and the older kinds, with kubectl."""

import itertools
import json

import pytest

from .running import Kubectl

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

NUMBERS = itertools.count(1)

OBJECTS = """
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 2
  selector: {app: old}
  template:
    metadata: {labels: {app: old}}
    spec:
      containers:
      - name: c
        image: nginx
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 100m, memory: 64Mi}}
        resizePolicy:
        - {resourceName: cpu, restartPolicy: NotRequired}
        - {resourceName: memory, restartPolicy: RestartContainer}
---
apiVersion: v1
kind: Service
metadata: {name: old}
spec: {selector: {app: old}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: outside}
subsets: [{addresses: [{ip: 192.0.2.7}], ports: [{port: 5432}]}]
"""


@pytest.fixture
def home(kubectl: Kubectl, version: str) -> Kubectl:
    """A kubectl in a namespace of its own with two ready pods of a ReplicationController."""
    name = f"debugging-{version.replace('.', '-')}-{next(NUMBERS)}"
    kubectl.move_to(name)
    kubectl.write("objects.yaml", OBJECTS)
    kubectl.ok("apply -f objects.yaml")
    kubectl.ok("wait --for=jsonpath='{.status.readyReplicas}'=2 rc/old --timeout=60s", 70)
    return kubectl


def pod(home: Kubectl) -> str:
    return home.ok("get pods -l app=old -o jsonpath='{.items[0].metadata.name}'")


def test_a_replication_controller_keeps_its_pods_and_lets_them_go(home: Kubectl) -> None:
    assert home.ok("scale rc old --replicas=3") == "replicationcontroller/old scaled\n"
    home.ok("wait --for=jsonpath='{.status.readyReplicas}'=3 rc/old --timeout=60s", 70)
    described = home.ok("describe rc old")
    assert "Replicas:     3 current / 3 desired" in described
    assert "replication-controller  Created pod: old-" in described
    home.ok("delete rc old --cascade=orphan")
    assert home.ok("get pods -l app=old -o name").count("pod/old-") == 3


def test_endpoints_stand_beside_their_slices(home: Kubectl) -> None:
    assert home.settle("kubectl get endpoints old --no-headers", r":8080,\S+:8080")
    addresses = home.ok("get pods -l app=old -o jsonpath='{.items[*].status.podIP}'").split()
    listed = home.ok("get endpoints old -o jsonpath='{.subsets[*].addresses[*].ip}'").split()
    assert listed == sorted(addresses)
    label = home.ok("get endpoints old -o jsonpath='{.metadata.labels}'")
    assert json.loads(label) == {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    mirrored = "kubectl get endpointslices -l kubernetes.io/service-name=outside --no-headers"
    assert home.settle(mirrored, r"outside-\w+ +IPv4 +5432 +192\.0\.2\.7")
    home.ok("delete service old outside")
    assert home.settle("kubectl get endpoints,endpointslices", "No resources found")


def test_debug_adds_a_container_that_runs_and_stays(home: Kubectl) -> None:
    name = pod(home)
    home.ok(f"debug {name} --image=busybox:1.36 -c look --target=c --attach=false -- sleep 3600")
    shown = f"get pod {name} -o jsonpath='{{.status.ephemeralContainerStatuses[0].state}}'"
    assert home.settle(f"kubectl {shown}", '"running"')
    assert home.ok(f"get pod {name} --no-headers").split()[1:4] == ["1/1", "Running", "0"]
    assert "started" in home.ok(f"logs {name} -c look")
    assert "Ephemeral Containers:\n  look:" in home.ok(f"describe pod {name}")
    again = home(
        f"""patch pod {name} --subresource=ephemeralcontainers -p
        '{{"spec":{{"ephemeralContainers":[{{"name":"look","image":"other"}}]}}}}'
        """.replace("\n", " ")
    )
    assert again.code == 1
    assert 'existing ephemeral containers "look" may not be changed' in again.err


def test_debug_of_a_node_makes_a_pod_there(home: Kubectl) -> None:
    node = home.ok("get nodes -o jsonpath='{.items[0].metadata.name}'")
    made = home(f"debug node/{node} --image=busybox:1.36 --attach=false -- sleep 3600")
    assert made.code == 0
    assert f"with container debugger on node {node}." in made.out + made.err
    where = "get pods -o jsonpath='{.items[?(@.spec.hostNetwork)].spec.nodeName}'"
    assert home.ok(where) == node


def resized(home: Kubectl, name: str, resources: str) -> None:
    body = f'{{"spec":{{"containers":[{{"name":"c","resources":{resources}}}]}}}}'
    assert home.ok(f"patch pod {name} --subresource=resize -p '{body}'") == f"pod/{name} patched\n"


def test_a_pod_is_sized_while_it_runs(home: Kubectl) -> None:
    name = pod(home)
    status = "{.status.containerStatuses[0].resources.requests}"
    resized(home, name, '{"requests":{"cpu":"20m"}}')
    shown = f"kubectl get pod {name} -o jsonpath='{status}'"
    assert home.settle(shown, '"cpu":"20m"')
    assert home.ok(f"get pod {name} --no-headers").split()[3] == "0"
    resized(home, name, '{"requests":{"memory":"32Mi"}}')
    assert home.settle(shown, '"memory":"32Mi"')
    assert home.settle(f"kubectl get pod {name} --no-headers", r"1/1 +Running +1 ")
    messages = home.ok(f"events --for pod/{name}")
    for words in (
        "Pod resize started: ",
        "Container c resize requires restart",
        "resize completed",
    ):
        assert words in messages


def test_a_size_that_its_node_never_has_is_refused(home: Kubectl) -> None:
    name = pod(home)
    size = '{"requests":{"cpu":"9000"},"limits":{"cpu":"9000"}}'
    body = f'{{"spec":{{"containers":[{{"name":"c","resources":{size}}}]}}}}'
    refused = home(f"patch pod {name} --subresource=resize -p '{body}'")
    assert refused.code == 1
    assert (
        "node didn't have enough allocatable resources: cpu, requested: 9000000, allocatable: "
        in refused.err
    )


def test_a_size_for_which_there_is_no_room_now_is_deferred(home: Kubectl) -> None:
    name = pod(home)
    node = home.ok(f"get pod {name} -o jsonpath='{{.spec.nodeName}}'")
    room = home.ok(f"get node {node} -o jsonpath='{{.status.allocatable.cpu}}'")
    other = (
        f'{{"spec":{{"nodeName":"{node}","containers":[{{"name":"other","image":"nginx",'
        '"resources":{"requests":{"cpu":"1"}}}]}}'
    )
    home.ok(f"run other --image=nginx --overrides='{other}'")
    assert home.settle("kubectl get pod other --no-headers", "1/1 +Running")
    resized(home, name, f'{{"requests":{{"cpu":"{room}"}},"limits":{{"cpu":"{room}"}}}}')
    found = (
        f"""get pod {name} -o jsonpath='{{.status.conditions[?(@.type=="PodResizePending")]}}'"""
    )
    assert home.settle(f"kubectl {found}", '"reason":"Deferred"')
    refused = home(
        f"""patch pod {name} --subresource=resize --type=json -p
        '[{{"op":"remove","path":"/spec/containers/0/resources/limits"}}]'""".replace("\n", " ")
    )
    assert refused.code == 1
    assert "resource limits cannot be removed" in refused.err


@pytest.mark.parametrize(
    "asked",
    ["pods.spec.ephemeralContainers", "deployments.spec.strategy", "endpoints.subsets"],
)
def test_fields_are_explained(home: Kubectl, asked: str) -> None:
    told = home.ok(f"explain {asked}")
    assert "DESCRIPTION:" in told
    assert "<empty>" not in told
