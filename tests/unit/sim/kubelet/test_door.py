"""What keeps a pod from being taken on, a sandbox from being made, a container from starting."""

from typing import Any

import pytest

from ecp.kube import kinds

from .driver import Node

APP = "docker.io/library/app:1"
NGINX = "docker.io/library/nginx:1.25"
NOTE = "sim.ecp-ai.io"


def asks(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


GPU = {"resources": {"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "2"}}}

REFUSALS = {
    "a sysctl that is not known to be safe": (
        {"securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1024"}]}},
        {},
        "SysctlForbidden",
        'forbidden sysctl: "net.core.somaxconn" not allowlisted',
    ),
    "a safe sysctl of the network that the pod shares with its node": (
        {
            "hostNetwork": True,
            "securityContext": {"sysctls": [{"name": "net/ipv4/tcp_syncookies", "value": "1"}]},
        },
        {},
        "SysctlForbidden",
        'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled',
    ),
    "another operating system": (
        {"os": {"name": "windows"}},
        {},
        "PodOSNotSupported",
        "Failed to admit pod as the OS field doesn't match node OS",
    ),
    "more than the node has, pods before cpu before memory": (
        {},
        asks(memory="64Gi", cpu="9"),
        "OutOfcpu",
        "Node didn't have enough resource: cpu, requested: 9000, used: 0, capacity: 8000",
    ),
    "a node selector that the node does not meet": (
        {"nodeSelector": {"disk": "ssd"}},
        {},
        "NodeAffinity",
        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ),
}


@pytest.mark.parametrize(
    ("spec", "container", "reason", "message"), REFUSALS.values(), ids=REFUSALS
)
def test_a_pod_is_rejected_for(
    node: Node, spec: dict[str, Any], container: dict[str, Any], reason: str, message: str
) -> None:
    node.cached(APP)
    node.pod("p", container, **spec)
    node.run(30)
    status = node.status()
    assert node.log == [(0.0, reason, message)]
    assert (status["phase"], status["reason"]) == ("Failed", reason)
    assert status["message"] == f"Pod was rejected: {message}"
    assert {c["type"]: c.get("reason") for c in status["conditions"]} == {
        "Ready": "PodFailed",
        "ContainersReady": "PodFailed",
    }
    assert "hostIP" not in status
    assert "containerStatuses" not in status


def test_a_port_of_the_node_goes_to_one_pod_until_that_is_over(node: Node) -> None:
    node.cached(APP)
    port = {"ports": [{"containerPort": 80, "hostPort": 80}]}
    node.pod("a", port)
    node.pod("b", port)
    node.pod("c", {"ports": [{"containerPort": 80, "hostPort": 80, "protocol": "UDP"}]})
    node.run(30)
    assert node.events("NodePorts") == [
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
    ]
    assert [node.status(name)["phase"] for name in "abc"] == ["Running", "Failed", "Running"]
    node.delete("a", 0)
    node.run(30)
    node.pod("d", port)
    node.run(30)
    assert node.status("d")["phase"] == "Running"


@pytest.mark.parametrize(
    ("tolerations", "phase"),
    [([], "Failed"), ([{"key": "x", "operator": "Exists"}], "Running")],
    ids=["is refused", "is taken on where it is tolerated"],
)
def test_under_a_taint_that_expels_a_pod(
    node: Node, tolerations: list[dict[str, Any]], phase: str
) -> None:
    live = node.get(kinds.NODES, "", "n1")
    taint = {"key": "x", "effect": "NoExecute"}
    node.put(kinds.NODES, {**live, "spec": {**live["spec"], "taints": [taint]}})
    node.cached(APP)
    node.pod("p", tolerations=tolerations)
    node.run(30)
    assert node.status()["phase"] == phase
    assert node.events("TaintToleration") == (
        ["Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"]
        if phase == "Failed"
        else []
    )


def test_a_device_that_is_taken_is_an_unexpected_error(node: Node) -> None:
    live = node.get(kinds.NODES, "", "n1")
    status = live["status"]
    more = {**status["allocatable"], "nvidia.com/gpu": "3"}
    node.put(kinds.NODES, {**live, "status": {**status, "allocatable": more}})
    node.cached(APP)
    node.pod("a", GPU)
    node.pod("b", GPU)
    node.run(30)
    assert node.status("a")["phase"] == "Running"
    assert node.status("b")["message"] == (
        "Pod was rejected: Allocate failed due to requested number of devices unavailable for "
        "nvidia.com/gpu. Requested: 2, Available: 1, which is unexpected"
    )


# -- sandbox ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "gpus", "runs"),
    [("runc", 0, True), ("kata", 0, False), ("nvidia", 0, False), ("nvidia", 1, True)],
    ids=[
        "runc is always there",
        "another runtime is not",
        "the one for GPUs is not on a node without",
        "the one for GPUs comes with the GPU",
    ],
)
def test_a_runtime_class(node: Node, handler: str, gpus: int, runs: bool) -> None:
    if gpus:
        live = node.get(kinds.NODES, "", "n1")
        more = {**live["status"]["allocatable"], "nvidia.com/gpu": str(gpus)}
        node.put(kinds.NODES, {**live, "status": {**live["status"], "allocatable": more}})
    node.put(kinds.RUNTIMECLASSES, {"metadata": {"name": "special"}, "handler": handler})
    node.cached(APP)
    node.pod("p", runtimeClassName="special")
    node.run(120)
    said = node.events("FailedCreatePodSandBox")
    assert node.status()["phase"] == ("Running" if runs else "Pending")
    if runs:
        assert said == []
        return
    assert len(said) > 5
    assert said[0].startswith(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = unable to get OCI runtime "
        "for sandbox "
    )
    assert said[0].endswith(f'": no runtime for "{handler}" is configured')
    assert node.condition("PodReadyToStartContainers")["status"] == "False"
    assert node.container()["state"] == {"waiting": {"reason": "ContainerCreating"}}


# -- hostPath ---------------------------------------------------------------------------------

PATHS = {
    "a directory of every node": ("/var/log", "Directory", ""),
    "a socket of every node": ("/run/containerd/containerd.sock", "Socket", ""),
    "a directory that no node has": (
        "/data/models",
        "Directory",
        "hostPath type check failed: /data/models is not a directory",
    ),
    "a directory that is made": ("/data/models", "DirectoryOrCreate", ""),
    "a file where there is a directory": (
        "/etc",
        "FileOrCreate",
        "hostPath type check failed: /etc is not a file",
    ),
    "a file in a directory that is not there": (
        "/data/x",
        "FileOrCreate",
        "open /data/x: no such file or directory",
    ),
    "a socket of another runtime": (
        "/var/run/docker.sock",
        "Socket",
        "hostPath type check failed: /var/run/docker.sock is not a socket file",
    ),
    "a path of which nothing is asked": ("/data/models", "", ""),
}


@pytest.mark.parametrize(("path", "kind", "message"), PATHS.values(), ids=PATHS)
def test_a_host_path(node: Node, path: str, kind: str, message: str) -> None:
    node.cached(APP)
    node.pod("p", volumes=[{"name": "v", "hostPath": {"path": path, "type": kind}}])
    node.run(10)
    assert node.status()["phase"] == ("Pending" if message else "Running")
    said = f'MountVolume.SetUp failed for volume "v" : {message}'
    assert set(node.events("FailedMount")) == ({said} if message else set())


def test_what_one_pod_had_made_another_finds(node: Node) -> None:
    node.cached(APP)
    for name, path, kind in (
        ("a", "/data/models", "DirectoryOrCreate"),
        ("b", "/data", "Directory"),
        ("c", "/data/x", "FileOrCreate"),
        ("d", "/data/x", "File"),
    ):
        node.pod(name, volumes=[{"name": "v", "hostPath": {"path": path, "type": kind}}])
        node.run(10)
        assert node.status(name)["phase"] == "Running"


def test_a_node_may_say_what_lies_on_its_disk(node: Node) -> None:
    live = node.get(kinds.NODES, "", "n1")
    note = {f"{NOTE}/paths": "/data/models/, /data/key"}
    node.put(kinds.NODES, {**live, "metadata": {**live["metadata"], "annotations": note}})
    node.cached(APP)
    for name, path, kind in (
        ("a", "/data/models", "Directory"),
        ("b", "/data/key", "File"),
        ("c", "/data", "Directory"),
    ):
        node.pod(name, volumes=[{"name": "v", "hostPath": {"path": path, "type": kind}}])
    node.run(10)
    assert [node.status(name)["phase"] for name in "abc"] == ["Running"] * 3


# -- who runs ---------------------------------------------------------------------------------

ROOT = "container has runAsNonRoot and image will run as root"
NAMED = (
    "container has runAsNonRoot and image has non-numeric user (memcache), cannot verify user is "
    "non-root"
)
USERS = {
    "an image that runs as root": (NGINX, True, {}, {}, {}, ROOT),
    "an image whose user has a name": ("memcached:1", True, {}, {}, {}, NAMED),
    "an image with a number": ("nginxinc/nginx-unprivileged:1", True, {}, {}, {}, ""),
    "an image that nobody knows": ("app:1", True, {}, {}, {}, ""),
    "root by the pod's own word": (
        "app:1",
        True,
        {"runAsUser": 0},
        {},
        {},
        "container's runAsUser breaks non-root policy",
    ),
    "a number given to the pod": (NGINX, True, {"runAsUser": 101}, {}, {}, ""),
    "a container that takes it back": (NGINX, True, {}, {"runAsNonRoot": False}, {}, ""),
    "a container that asks by itself": (NGINX, False, {}, {"runAsNonRoot": True}, {}, ROOT),
    "a note that says who it is": (NGINX, True, {}, {}, {f"{NOTE}/image-user": "7"}, ""),
}


@pytest.mark.parametrize(
    ("image", "asked", "pod", "container", "notes", "message"), USERS.values(), ids=USERS
)
def test_who_must_not_be_root(
    node: Node,
    image: str,
    asked: bool,
    pod: dict[str, Any],
    container: dict[str, Any],
    notes: dict[str, str],
    message: str,
) -> None:
    node.cached(
        NGINX, APP, "docker.io/library/memcached:1", "docker.io/nginxinc/nginx-unprivileged:1"
    )
    context = {**({"runAsNonRoot": True} if asked else {}), **pod}
    node.pod(
        "p",
        {"image": image, "securityContext": container},
        securityContext=context,
        annotations=notes,
    )
    node.run(30)
    if not message:
        assert node.status()["phase"] == "Running"
        return
    uid = node.get(kinds.PODS, "d", "p")["metadata"]["uid"]
    said = f'{message} (pod: "p_d({uid})", container: c)'
    assert node.container()["state"] == {
        "waiting": {"reason": "CreateContainerConfigError", "message": said}
    }
    assert set(node.events("Failed")) == {f"Error: {said}"}
    assert node.events("Created") == []


def test_the_status_says_as_whom_a_container_runs(node: Node) -> None:
    node.cached(NGINX)
    context = {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000, "supplementalGroups": [4000]}
    node.pod("p", {"image": NGINX}, securityContext=context)
    node.run(30)
    assert node.container()["user"] == {
        "linux": {"uid": 1000, "gid": 3000, "supplementalGroups": [3000, 2000, 4000]}
    }
