"""What happens to a workload looks in kubectl as it looks on a real cluster.

Each case has a cluster of its own whose clock stands and is moved on by steps, so that every word,
number and age below is exact. Ages that kubectl itself computes from the wall clock (`describe`,
`events`) are left out.
"""

import itertools
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .running import Kubectl, Simulator, programs, simulator

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

NUMBERS = itertools.count(1)
SIM = "sim.ecp-ai.io"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  progressDeadlineSeconds: 60
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{name: app, image: "registry.example/app:1.0", ports: [{{containerPort: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec: {{containers: [{{name: c, image: "{image}"{more}}}]}}
"""


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulator(tmp_path_factory.mktemp("looks")) as running:
        yield running


class Scene:
    """A cluster that stands, and a kubectl that looks at it."""

    def __init__(self, running: Simulator, folder: Path) -> None:
        self.name = f"scene-{next(NUMBERS)}"
        self.port = running.port
        self.rest("POST", "", {"name": self.name, "start": "2026-01-05T00:00:00Z"})
        self.rest("POST", f"/{self.name}/clock", {"action": "pause"})
        found = programs()
        self.kubectl = Kubectl(found[max(found)], folder, running.port)
        config = self.kubectl.config.read_text()
        self.kubectl.config.write_text(config.replace("clusters/default", f"clusters/{self.name}"))

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/clusters{path}",
            None if body is None else json.dumps(body).encode(),
            {"content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def step(self, duration: str) -> None:
        clock = self.rest("POST", f"/{self.name}/clock", {"action": "step", "duration": duration})
        while clock["warping_to"]:
            time.sleep(0.005)
            clock = self.rest("GET", f"/{self.name}/clock")

    def fault(self, **body: Any) -> str:
        return str(self.rest("POST", f"/{self.name}/faults", body)["id"])

    def end(self, fault: str) -> None:
        self.rest("DELETE", f"/{self.name}/faults/{fault}")

    def apply(self, text: str, **values: Any) -> None:
        self.kubectl.write("it.yaml", text.format(**values))
        self.kubectl.ok("apply -f it.yaml")

    def pod(self, name: str, image: str = "busybox", annotations: str = "", more: str = "") -> None:
        self.apply(POD, name=name, image=image, annotations=annotations, more=more)

    def ok(self, arguments: str) -> str:
        return self.kubectl.ok(arguments)

    def row(self, what: str) -> list[str]:
        """Return the cells of the one row of `kubectl get`, split where two blanks are."""
        (line,) = self.ok(f"get {what} --no-headers").splitlines()
        return re.split(r" {2,}", line.strip())

    def rows(self, what: str) -> list[list[str]]:
        lines = self.ok(f"get {what} --no-headers").splitlines()
        return [re.split(r" {2,}", line.strip()) for line in lines]

    def events(self, of: str) -> list[str]:
        """Return "TYPE REASON MESSAGE" of an object's events, in the order of their first time."""
        found = json.loads(self.ok("get events -A -o json"))["items"]
        kind, _, name = of.partition("/")
        mine = [
            event
            for event in found
            if event["involvedObject"]["kind"].lower() == kind
            and event["involvedObject"]["name"].startswith(name)
        ]
        mine.sort(key=lambda event: (event["firstTimestamp"] or event["eventTime"] or "",
                                     int(event["metadata"]["resourceVersion"])))  # fmt: skip
        return [f"{event['type']} {event['reason']} {event['message']}" for event in mine]


@pytest.fixture
def scene(still: Simulator, tmp_path: Path) -> Scene:
    if not programs():
        pytest.skip("no kubectl is here: tools/kubectl.py --provision fetches it")
    return Scene(still, tmp_path)


@pytest.fixture
def web(scene: Scene) -> Scene:
    """Four replicas of a Deployment and their Service, ready for a minute."""
    scene.apply(WEB, replicas=4)
    scene.step("1m")
    assert scene.row("deploy web") == ["web", "4/4", "4", "4", "60s"]
    return scene


# -- rollouts -------------------------------------------------------------------------------------


def test_a_rollout_on_its_way_and_done(web: Scene) -> None:
    (old,) = [row[0] for row in web.rows("rs")]
    web.ok("set image deploy/web app=registry.example/app:2.0")
    web.step("500ms")
    states = sorted(row[2] for row in web.rows("pods"))
    assert states == ["ContainerCreating"] * 2 + ["Running"] * 3 + ["Terminating"]
    web.step("1s")
    told = web.ok("rollout status deploy/web --watch=false")
    assert told == (
        'Waiting for deployment "web" rollout to finish: 2 out of 4 new replicas have been'
        " updated...\n"
    )
    assert web.row("deploy web") == ["web", "3/4", "2", "3", "61s"]
    sizes = {row[0]: row[1:4] for row in web.rows("rs")}
    (new,) = set(sizes) - {old}
    assert (sizes[old], sizes[new]) == (["3", "3", "3"], ["2", "2", "0"])
    web.step("1m")
    told = web.ok("rollout status deploy/web --watch=false")
    assert told == 'deployment "web" successfully rolled out\n'
    sizes = {row[0]: row[1:4] for row in web.rows("rs")}
    assert (sizes[old], sizes[new]) == (["0", "0", "0"], ["4", "4", "4"])
    told = web.ok("describe deploy web")
    assert "4 desired | 4 updated | 4 total | 4 available | 0 unavailable" in told
    assert f"OldReplicaSets:  {old} (0/0 replicas created)" in told
    assert f"NewReplicaSet:   {new} (4/4 replicas created)" in told
    assert re.search(r"Available +True +MinimumReplicasAvailable", told)
    assert re.search(r"Progressing +True +NewReplicaSetAvailable", told)
    scaled = [line.split(" ", 2)[2] for line in web.events("deployment/web")]
    assert scaled[:4] == [
        f"Scaled up replica set {old} from 0 to 4",
        f"Scaled up replica set {new} from 0 to 1",
        f"Scaled down replica set {old} from 4 to 3",
        f"Scaled up replica set {new} from 1 to 2",
    ]


def test_a_rollback_takes_the_old_replica_set_and_a_new_number(web: Scene) -> None:
    (old,) = [row[0] for row in web.rows("rs")]
    web.ok("annotate deploy web kubernetes.io/change-cause=first")
    web.step("1s")
    web.ok("set image deploy/web app=registry.example/app:2.0")
    web.ok("annotate deploy web kubernetes.io/change-cause=second --overwrite")
    web.step("1m")
    history = web.ok("rollout history deploy/web").splitlines()
    assert [line.split() for line in history[1:4]] == [
        ["REVISION", "CHANGE-CAUSE"],
        ["1", "first"],
        ["2", "second"],
    ]
    assert web.ok("rollout undo deploy/web") == "deployment.apps/web rolled back\n"
    web.step("1m")
    history = web.ok("rollout history deploy/web").splitlines()
    assert [line.split() for line in history[2:4]] == [["2", "second"], ["3", "first"]]
    assert {row[0]: row[1] for row in web.rows("rs")}[old] == "4"
    assert "app:1.0" in web.ok("rollout history deploy/web --revision=3")
    same = web.ok("rollout undo deploy/web --to-revision=3")
    assert "skipped rollback (current template already matches revision 3)" in same


def test_a_rollout_that_is_stuck_says_so_and_serves_on(web: Scene) -> None:
    patch = {"spec": {"template": {
        "metadata": {"annotations": {f"{SIM}/image-missing": "true"}},
        "spec": {"containers": [{"name": "app", "image": "registry.example/app:typo"}]},
    }}}  # fmt: skip
    web.ok(f"patch deploy web -p '{json.dumps(patch)}'")
    web.step("30s")
    assert web.row("deploy web") == ["web", "3/4", "2", "3", "90s"]
    waiting = [row for row in web.rows("pods") if row[2] != "Running"]
    assert len(waiting) == 2
    assert {row[1] for row in waiting} == {"0/1"}
    assert {row[2] for row in waiting} <= {"ErrImagePull", "ImagePullBackOff"}
    web.step("1m")
    refused = web.kubectl("rollout status deploy/web --watch=false")
    assert (refused.code, refused.err) == (
        1,
        'error: deployment "web" exceeded its progress deadline\n',
    )
    told = web.ok("describe deploy web")
    assert re.search(r"Progressing +False +ProgressDeadlineExceeded", told)
    assert re.search(r"Available +True +MinimumReplicasAvailable", told)
    condition = "-o jsonpath='{.status.conditions[?(@.type==\"Progressing\")].message}'"
    (new,) = {row[0].rsplit("-", 1)[0] for row in waiting}
    said = web.ok(f"get deploy web {condition}")
    assert said == f'ReplicaSet "{new}" has timed out progressing.'
    web.ok("rollout undo deploy/web")
    web.step("1m")
    assert web.row("deploy web")[1:4] == ["4/4", "4", "4"]


def test_a_restart_replaces_the_pods_and_notes_when(web: Scene) -> None:
    before = {row[0] for row in web.rows("pods")}
    assert web.ok("rollout restart deploy/web") == "deployment.apps/web restarted\n"
    web.step("1m")
    after = {row[0] for row in web.rows("pods")}
    assert len(after) == 4
    assert not before & after
    assert "kubectl.kubernetes.io/restartedAt" in web.ok("get deploy web -o yaml")


# -- pods that do not run -------------------------------------------------------------------------


def test_a_crash_loop(scene: Scene) -> None:
    scene.pod("loop", more=", command: [sh, -c, exit 3]")
    scene.step("20ms")
    assert scene.row("pod loop")[1:4] == ["0/1", "ContainerCreating", "0"]
    # Restarts come at once, then after 10, 20, 40 s of back-off; the kubelet looks now and then.
    seen: list[tuple[str, int]] = []
    for _ in range(30):
        scene.step("4s")
        status, restarts = scene.row("pod loop")[2:4]
        seen.append((status, int(restarts.split()[0])))
    assert {status for status, _ in seen[3:]} <= {"CrashLoopBackOff", "Error"}
    counts = [count for _, count in seen]
    assert counts == sorted(counts)
    at = [4 * (1 + counts.index(number)) for number in (1, 2, 3, 4)]
    gaps = [late - early for early, late in itertools.pairwise(at)]
    for gap, least in zip(gaps, (10, 20, 40), strict=True):
        assert least - 4 <= gap <= least + 20
    cell = scene.row("pod loop")[3]
    assert re.fullmatch(r"4 \(\d+s ago\)", cell), cell
    told = scene.ok("describe pod loop")
    for words in (
        r"State: +Waiting\n +Reason: +CrashLoopBackOff",
        r"Last State: +Terminated\n +Reason: +Error\n +Exit Code: +3",
        r"Restart Count: +4",
        r"Ready +False",
    ):
        assert re.search(words, told), words
    back_off = next(line for line in scene.events("pod/loop") if "BackOff" in line)
    assert re.fullmatch(
        r"Warning BackOff Back-off restarting failed container c in pod loop_default\([-0-9a-f]+\)",
        back_off,
    )
    assert "(x" in scene.ok("describe pod loop").split("Events:")[1]
    assert "exited with code 3" in scene.ok("logs loop --previous")


def test_a_pod_that_fits_nowhere(scene: Scene) -> None:
    scene.pod("big", more=', resources: {requests: {cpu: "500"}}')
    scene.step("10s")
    assert scene.row("pod big") == ["big", "0/1", "Pending", "0", "10s"]
    message = (
        "0/11 nodes are available: 3 node(s) had untolerated taint(s), 8 Insufficient cpu. no new"
        " claims to deallocate, preemption: 0/11 nodes are available: 11 Preemption is not helpful"
        " for scheduling."
    )
    assert scene.events("pod/big") == [f"Warning FailedScheduling {message}"]
    told = scene.ok("describe pod big")
    assert re.search(r"Status: +Pending", told)
    assert re.search(r"Node: +<none>", told)
    assert message in told
    wide = scene.row("pod big -o wide")
    assert wide[5:7] == ["<none>", "<none>"]
    # The scheduler tries again and again; it says so on the same event.
    scene.step("30m")
    assert len(scene.events("pod/big")) <= 2


@pytest.mark.parametrize(
    ("image", "annotations", "states", "words"),
    [
        pytest.param(
            "registry.example/typo:1",
            f"{SIM}/image-missing: 'true'",
            {"ErrImagePull", "ImagePullBackOff"},
            ["Normal Pulling Pulling image", "Warning Failed Failed to pull image",
             "Warning Failed Error: ErrImagePull", "Normal BackOff Back-off pulling image",
             "Warning Failed Error: ImagePullBackOff"],
            id="no registry has it",
        ),
        pytest.param(
            "registry.example/TYPO:1",
            "",
            {"InvalidImageName"},
            ["Warning InspectFailed Failed to apply default image tag",
             "Warning Failed Error: InvalidImageName"],
            id="it is no name",
        ),
    ],
)  # fmt: skip
def test_an_image_that_cannot_be_had(
    scene: Scene, image: str, annotations: str, states: set[str], words: list[str]
) -> None:
    scene.pod("typo", image=image, annotations=annotations)
    seen = set()
    for _ in range(20):
        scene.step("3s")
        name, ready, status, restarts, _ = scene.row("pod typo")
        assert (name, ready, restarts) == ("typo", "0/1", "0")
        seen.add(status)
    assert seen - {"ContainerCreating"} == states
    events = scene.events("pod/typo")
    for one in words:
        assert any(event.startswith(one) for event in events), (one, events)
    if len(states) == 2:
        failed = next(event for event in events if "Failed to pull" in event)
        assert f'"{image}"' in failed
        assert failed.endswith("not found")
    assert "Waiting" in scene.ok("describe pod typo")


def test_a_container_that_outgrows_its_memory(scene: Scene) -> None:
    scene.pod(
        "fat",
        image="nginx",
        annotations=f"{SIM}/memory-growth: 6Gi",
        more=", resources: {limits: {memory: 256Mi}}",
    )
    scene.step("1m")
    assert scene.row("pod fat")[1:4] == ["1/1", "Running", "0"]
    seen = set()
    for _ in range(20):
        scene.step("20s")
        status, restarts = scene.row("pod fat")[2:4]
        seen.add(status)
        if restarts.startswith("2"):
            break
    assert "Running" in seen
    assert seen <= {"Running", "OOMKilled", "CrashLoopBackOff"}
    assert re.fullmatch(r"2 \(\d+s ago\)", restarts), restarts
    told = scene.ok("describe pod fat")
    assert re.search(r"Last State: +Terminated\n +Reason: +OOMKilled\n +Exit Code: +137", told)


def test_a_process_that_dies_is_started_again(web: Scene) -> None:
    web.fault(fault="pod_crash", target="deployment/web", parameters={"exit_code": 139})
    web.step("5s")
    rows = web.rows("pods")
    assert sorted(row[3].split()[0] for row in rows) == ["0", "0", "0", "1"]
    (hit,) = [row for row in rows if row[3] != "0"]
    assert hit[1:3] == ["1/1", "Running"]
    assert re.fullmatch(r"1 \(\ds ago\)", hit[3])
    told = web.ok(f"describe pod {hit[0]}")
    assert re.search(r"Last State: +Terminated\n +Reason: +Error\n +Exit Code: +139", told)
    assert [e.split()[1] for e in web.events(f"pod/{hit[0]}")].count("Started") == 1


def test_an_end_with_grace_shows_terminating(web: Scene) -> None:
    name = web.rows("pods")[0][0]
    web.ok(f"delete pod {name} --wait=false")
    web.step("20ms")
    rows = {row[0]: row for row in web.rows("pods")}
    assert rows[name][2] == "Terminating"
    assert len(rows) == 5  # its successor is there already
    web.step("40s")
    assert name not in {row[0] for row in web.rows("pods")}
    assert "Normal Killing Stopping container app" in web.events(f"pod/{name}")


# -- a lost node ----------------------------------------------------------------------------------


def place(scene: Scene) -> tuple[str, str]:
    """Return a pod of the Deployment and its node."""
    found = json.loads(scene.ok("get pods -o json"))["items"][0]
    return found["metadata"]["name"], found["spec"]["nodeName"]


def test_a_lost_node(web: Scene) -> None:
    pod, node = place(web)
    fault = web.fault(fault="node_down", target=node)
    web.step("35s")
    # For the first 40 to 55 s nobody knows.
    assert web.row(f"node {node}")[1] == "Ready"
    assert web.row("deploy web")[1] == "4/4"
    web.step("25s")
    assert web.row(f"node {node}")[1:3] == ["NotReady", "<none>"]
    assert web.row("deploy web")[1:4] == ["3/4", "4", "3"]
    # As on a real cluster the pod itself still says 1/1 Running: nobody is there to say otherwise.
    assert web.row(f"pod {pod}")[1:4] == ["1/1", "Running", "0"]
    told = web.ok(f"describe node {node}")
    for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready"):
        assert re.search(
            rf"{kind} +Unknown .* NodeStatusUnknown +Kubelet stopped posting node status\.", told
        )
    for effect in ("NoExecute", "NoSchedule"):
        assert f"node.kubernetes.io/unreachable:{effect}" in told
    assert web.events(f"node/{node}")[-1] == (
        f"Normal NodeNotReady Node {node} status is now: NodeNotReady"
    )
    assert "Warning NodeNotReady Node is not ready" in web.events(f"pod/{pod}")
    assert re.search(r"\n +Ready +False", web.ok(f"describe pod {pod}"))
    slices = json.loads(web.ok("get endpointslices -l kubernetes.io/service-name=web -o json"))
    ready = [
        endpoint["targetRef"]["name"]
        for one in slices["items"]
        for endpoint in one["endpoints"]
        if endpoint["conditions"]["ready"]
    ]
    assert len(ready) == 3
    assert pod not in ready
    # 300 s after the taint its pod is to go; it stays, because only its kubelet could end it.
    web.step("4m30s")
    assert web.row(f"pod {pod}")[2] == "Running"
    web.step("40s")
    assert web.row(f"pod {pod}")[1:3] == ["1/1", "Terminating"]
    web.step("20s")
    assert web.row("deploy web")[1:4] == ["4/4", "4", "4"]
    assert len(web.rows("pods")) == 5
    assert f"Normal TaintManagerEviction Marking for deletion Pod default/{pod}" in web.events(
        f"pod/{pod}"
    )
    told = web.ok(f"get pod {pod} -o yaml")
    assert "DeletionByTaintManager" in told
    assert "Taint manager: deleting due to NoExecute taint" in told
    web.end(fault)
    web.step("15s")
    assert web.row(f"node {node}")[1] == "Ready"
    assert pod not in {row[0] for row in web.rows("pods")}
    told = web.ok(f"describe node {node}")
    assert "unreachable" not in told
    assert re.search(r"Ready +True .* KubeletReady +kubelet is posting ready status", told)
    reasons = [event.split()[1] for event in web.events(f"node/{node}")]
    assert reasons[-5:] == [
        "Starting",
        "NodeHasSufficientMemory",
        "NodeHasNoDiskPressure",
        "NodeHasSufficientPID",
        "NodeReady",
    ]


def test_a_node_that_is_back_in_time_keeps_its_pods(web: Scene) -> None:
    pod, node = place(web)
    web.fault(fault="node_down", target=node, duration="2m")
    web.step("1m")
    assert web.row(f"node {node}")[1] == "NotReady"
    web.step("80s")
    assert web.row(f"node {node}")[1] == "Ready"
    ready, status, restarts = web.row(f"pod {pod}")[1:4]
    assert (ready, status) == ("1/1", "Running")
    # The runtime found out when it came back, not when the power went.
    assert re.fullmatch(r"1 \((1\d|2\d)s ago\)", restarts), restarts
    told = web.ok(f"describe pod {pod}")
    assert re.search(r"Last State: +Terminated\n +Reason: +Unknown\n +Exit Code: +255", told)
    events = web.events(f"pod/{pod}")
    sandbox = "Normal SandboxChanged Pod sandbox changed, it will be killed and re-created."
    assert sandbox in events
    assert any("Cancelling deletion of Pod" in event for event in events)
    web.step("10m")
    assert {row[2] for row in web.rows("pods")} == {"Running"}
    assert len(web.rows("pods")) == 4


def test_a_cordoned_node_and_a_drain(web: Scene) -> None:
    pod, node = place(web)
    assert web.ok(f"cordon {node}") == f"node/{node} cordoned\n"
    web.step("1s")
    assert web.row(f"node {node}")[1] == "Ready,SchedulingDisabled"
    told = web.ok(f"describe node {node}")
    assert re.search(r"Unschedulable: +true", told)
    assert "node.kubernetes.io/unschedulable:NoSchedule" in told
    # The clock stands, so that nothing could end while kubectl waited for it.
    web.rest("POST", f"/{web.name}/clock", {"action": "speed", "factor": 20})
    assert web.ok(f"drain {node}").endswith(f"node/{node} drained\n")
    web.rest("POST", f"/{web.name}/clock", {"action": "pause"})
    web.step("1m")
    assert web.row("deploy web")[1] == "4/4"
    wide = web.rows("pods -o wide")
    assert len(wide) == 4
    assert node not in {row[6] for row in wide}
    assert pod not in {row[0] for row in wide}
    assert web.ok(f"uncordon {node}") == f"node/{node} uncordoned\n"
    web.step("1s")
    assert web.row(f"node {node}")[1] == "Ready"


# -- quotas and limits ---------------------------------------------------------------------------

DEFAULTS = """
apiVersion: v1
kind: LimitRange
metadata: {{name: lr}}
spec:
  limits: [{{type: Container, default: {{cpu: 200m, memory: 64Mi}}, defaultRequest: {{cpu: 100m}}}}]
"""


def test_a_quota_that_stops_a_rollout(scene: Scene) -> None:
    scene.ok("create quota small --hard=pods=2,requests.cpu=1,limits.memory=1Gi")
    scene.apply(DEFAULTS)
    scene.step("1s")
    scene.ok("create deployment web --image=nginx:1 --replicas=4")
    scene.step("20s")
    assert scene.row("quota")[:3] == [
        "small",
        "pods: 2/2, requests.cpu: 200m/1",
        "limits.memory: 128Mi/1Gi",
    ]
    assert scene.row("limits") == ["lr", "2026-01-05T00:00:01Z"]
    assert scene.row("deploy web")[1:4] == ["2/4", "2", "2"]
    told = scene.ok("describe quota small")
    assert re.search(r"limits.memory +128Mi +1Gi", told)
    assert re.search(r"Container +memory +- +- +64Mi +64Mi +-", scene.ok("describe limits lr"))
    said = "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2"
    assert re.search(r"ReplicaFailure +True +FailedCreate", scene.ok("describe deploy web"))
    failed = [event for event in scene.events("replicaset/web") if "FailedCreate" in event]
    assert failed
    assert all(event.endswith(said) for event in failed)
    refused = scene.kubectl("run more --image=nginx:1")
    assert refused.err == f'Error from server (Forbidden): pods "more" is forbidden: {said}\n'
    scene.ok('patch quota small -p \'{"spec":{"hard":{"pods":"9"}}}\'')
    scene.step("2m")
    assert scene.row("deploy web")[1:4] == ["4/4", "4", "4"]
    assert scene.row("quota")[1] == "pods: 4/9, requests.cpu: 400m/1"
