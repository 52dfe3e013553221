"""From bound to Ready: admission, pulls, init containers, configuration, start."""

from typing import Any

import pytest

from .driver import SECOND, Node

HTTP = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5}
APP = "docker.io/library/app:1"


def test_a_pod_with_its_image_on_the_disk_is_ready_in_two_writes(node: Node) -> None:
    node.cached(APP)
    node.pod()
    node.run(10)
    assert node.ready()
    assert [status["phase"] for _, status in node.statuses] == ["Pending", "Running"]
    assert node.statuses[1][0] < 2.5
    assert node.events() == [
        'Container image "app:1" already present on machine and can be accessed by the pod',
        "Container created",
        "Container started",
    ]
    assert node.wakes == {}, "nothing is left to happen"


@pytest.mark.parametrize(
    ("declared", "answers"),
    [
        pytest.param([], True, id="nothing is declared: where its probe asks"),
        pytest.param([{"containerPort": 9090}], False, id="another port is declared: there"),
    ],
)
def test_an_unknown_image_listens(node: Node, declared: list, answers: bool) -> None:
    node.cached(APP)
    node.pod("p", {"readinessProbe": HTTP, "ports": declared})
    node.run(30)
    assert node.ready() is answers


def test_first_status_says_what_it_waits_for(node: Node) -> None:
    node.pod()
    node.run(0)
    status = node.status()
    assert status["phase"] == "Pending"
    assert status["qosClass"] == "BestEffort"
    assert status["hostIP"] == "192.168.0.1"
    assert status["startTime"] == "2026-01-05T00:00:00Z"
    assert "podIP" not in status
    assert [(c["type"], c["status"]) for c in status["conditions"]] == [
        ("PodReadyToStartContainers", "False"),
        ("Initialized", "True"),
        ("Ready", "False"),
        ("ContainersReady", "False"),
        ("PodScheduled", "True"),
    ]
    assert node.condition("Ready")["reason"] == "ContainersNotReady"
    assert node.condition("Ready")["message"] == "containers with unready status: [c]"
    container = node.container()
    assert container["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert (container["ready"], container["started"], container["restartCount"]) == (
        False,
        False,
        0,
    )
    assert container["imageID"] == ""


def test_running_status_has_ids_addresses_and_observed_generation(node: Node) -> None:
    node.pod("p", {"resources": {"requests": {"cpu": "100m"}}})
    node.run(20)
    status, container = node.status(), node.container()
    assert status["podIP"] == "10.1.0.2"
    assert status["podIPs"] == [{"ip": "10.1.0.2"}]
    assert status["observedGeneration"] == 1
    assert container["image"] == "docker.io/library/app:1"
    assert container["imageID"].startswith("docker.io/library/app@sha256:")
    assert len(container["containerID"]) == len("containerd://") + 64
    assert container["allocatedResources"] == {"cpu": "100m"}
    assert container["state"]["running"]["startedAt"].startswith("2026-01-05T00:00:0")


def test_a_started_pod_is_seen_running_at_once_and_not_at_the_next_relist(node: Node) -> None:
    node.pod()
    node.run(20)
    (begun,) = node.when("Started")
    assert node.statuses[-1][0] == begun


def test_the_address_shows_only_after_the_pull(node: Node) -> None:
    node.pod(annotations={"sim.ecp-ai.io/image-size": "1G"})
    node.run(1)
    assert node.condition("PodReadyToStartContainers")["status"] == "True"
    assert "podIP" not in node.status()
    node.run(20)
    assert node.status()["podIP"] == "10.1.0.2"


def test_a_pull_takes_its_size_and_pulls_queue(node: Node) -> None:
    node.pod("a", annotations={"sim.ecp-ai.io/image-size": "1G"})
    node.run(1.5)
    node.pod("b", {"image": "other:1"})
    node.run(30)
    first, second = node.events("Pulled")
    assert first.startswith('Successfully pulled image "app:1" in ')
    assert first.endswith("Image size: 1000000000 bytes.")
    seconds = float(first.split(" in ")[1].split("s ")[0])
    assert 6 < seconds < 12, "a gigabyte at a gigabit a second is eight seconds"
    alone = float(second.split(" in ")[1].split("s ")[0])
    waited = float(second.split("(")[1].split("s ")[0])
    assert waited > alone + 5, "one image after another"


def test_a_second_pull_of_the_same_image_only_asks_the_registry(node: Node) -> None:
    node.pod("a")
    node.pod("b")
    node.run(30)
    _, second = node.events("Pulled")
    assert float(second.split(" in ")[1].split("s ")[0].replace("ms (", "").rstrip("m")) < 2 or (
        "ms (" in second
    )


@pytest.mark.parametrize(
    ("policy", "cached", "event"),
    [
        ("IfNotPresent", True, "already present"),
        ("IfNotPresent", False, "Successfully pulled"),
        ("Always", True, "Successfully pulled"),
        ("Never", True, "already present"),
    ],
)
def test_pull_policy(node: Node, policy: str, cached: bool, event: str) -> None:
    if cached:
        node.cached(APP)
    node.pod("p", {"imagePullPolicy": policy})
    node.run(20)
    assert event in node.events("Pulled")[0]
    assert node.ready()


def test_a_missing_image_backs_off_and_recovers_nothing(node: Node) -> None:
    node.pod(annotations={"sim.ecp-ai.io/image-missing": "true"})
    node.run(2.5)
    first = node.container()["state"]["waiting"]
    error = (
        'rpc error: code = NotFound desc = failed to pull and unpack image "'
        f'{APP}": failed to resolve reference "{APP}": {APP}: not found'
    )
    seen = [s["containerStatuses"][0]["state"]["waiting"]["reason"] for _, s in node.statuses]
    assert seen[-2:] == ["ErrImagePull", "ImagePullBackOff"]
    assert first == {
        "reason": "ImagePullBackOff",
        "message": f'Back-off pulling image "app:1": ErrImagePull: {error}',
    }
    node.run(3600)
    gaps = [b - a for a, b in zip(node.when("Pulling"), node.when("Pulling")[1:], strict=False)]
    expected = [10, 20, 40, 80, 160, 300, 300]
    for gap, wait in zip(gaps, expected, strict=False):
        assert wait <= gap <= wait + 17, gaps
    assert node.events()[:5] == [
        'Pulling image "app:1"',
        f'Failed to pull image "app:1": {error}',
        "Error: ErrImagePull",
        'Back-off pulling image "app:1"',
        "Error: ImagePullBackOff",
    ]


@pytest.mark.parametrize(
    ("container", "reason", "message"),
    [
        (
            {"image": "NOT/a valid::image"},
            "InvalidImageName",
            'Failed to apply default image tag "NOT/a valid::image": couldn\'t parse image name '
            '"NOT/a valid::image": invalid reference format',
        ),
        (
            {"imagePullPolicy": "Never"},
            "ErrImageNeverPull",
            'Container image "app:1" is not present with pull policy of Never',
        ),
    ],
)
def test_images_that_cannot_be(node: Node, container: dict, reason: str, message: str) -> None:
    node.pod("p", container)
    node.run(5)
    assert node.container()["state"]["waiting"] == {"reason": reason, "message": message}
    assert f"Error: {reason}" in node.events("Failed")
    assert node.status()["phase"] == "Pending"


def test_containers_start_one_after_another(node: Node) -> None:
    node.pod("p", {"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"})
    node.run(30)
    assert node.ready()
    assert [e for e in node.events() if not e.startswith("Success")] == [
        'Pulling image "a:1"',
        "Container created",
        "Container started",
        'Pulling image "b:1"',
        "Container created",
        "Container started",
    ]


def test_init_containers_run_in_order_and_then_the_pod_is_initialized(node: Node) -> None:
    node.cached(APP, "docker.io/library/i:1")
    node.pod(initContainers=[{"name": "one", "image": "i:1"}, {"name": "two", "image": "i:1"}])
    node.run(0)
    initialized = node.condition("Initialized")
    assert initialized["reason"] == "ContainersNotInitialized"
    assert initialized["message"] == "containers with incomplete status: [one two]"
    assert node.container()["state"] == {"waiting": {"reason": "PodInitializing"}}
    node.run(20)
    assert node.ready()
    one, two = node.status()["initContainerStatuses"]
    assert one["state"]["terminated"]["reason"] == "Completed"
    assert one["ready"] is True
    assert one["state"]["terminated"]["finishedAt"] <= two["state"]["terminated"]["startedAt"]
    assert node.condition("Initialized") == {
        **node.condition("Initialized"),
        "status": "True",
    }


def test_an_init_container_is_ready_once_it_succeeded_and_not_while_it_runs(node: Node) -> None:
    node.cached(APP, "docker.io/library/i:1")
    node.pod(
        annotations={"sim.ecp-ai.io/exit-after.one": "10s"},
        initContainers=[{"name": "one", "image": "i:1"}],
    )
    node.run(5)
    (one,) = node.status()["initContainerStatuses"]
    assert ("running" in one["state"], one["ready"]) == (True, False)
    node.run(20)
    (one,) = node.status()["initContainerStatuses"]
    assert (one["state"]["terminated"]["exitCode"], one["ready"]) == (0, True)


def test_a_failing_init_container_is_restarted_with_back_off(node: Node) -> None:
    node.cached(APP, "docker.io/library/i:1")
    node.pod(
        annotations={"sim.ecp-ai.io/exit-after.one": "1s", "sim.ecp-ai.io/exit-code.one": "3"},
        initContainers=[{"name": "one", "image": "i:1"}],
    )
    node.run(60)
    (one,) = node.status()["initContainerStatuses"]
    assert one["restartCount"] >= 2
    assert one["lastState"]["terminated"]["exitCode"] == 3
    assert node.status()["phase"] == "Pending"
    assert len(node.when("Started")) == one["restartCount"] + 1


def test_a_sidecar_starts_before_and_runs_on(node: Node) -> None:
    node.cached(APP, "docker.io/library/s:1")
    node.pod(initContainers=[{"name": "side", "image": "s:1", "restartPolicy": "Always"}])
    node.run(20)
    assert node.ready()
    (side,) = node.status()["initContainerStatuses"]
    assert "running" in side["state"]
    assert (side["started"], side["ready"]) == (True, True)


MISSING_ENV = [
    ({"envFrom": [{"configMapRef": {"name": "x"}}]}, 'configmap "x" not found'),
    ({"envFrom": [{"secretRef": {"name": "x"}}]}, 'secret "x" not found'),
    (
        {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "k"}}}]},
        'configmap "x" not found',
    ),
]


@pytest.mark.parametrize(("extra", "message"), MISSING_ENV)
def test_a_missing_reference_is_a_config_error_until_it_appears(
    node: Node, extra: dict, message: str
) -> None:
    node.cached(APP)
    node.pod("p", extra)
    node.run(30)
    waiting = node.container()["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": message}
    assert node.events("Failed")[0] == f"Error: {message}"
    assert len(node.when("Failed")) >= 2, "tried again"
    kind = "secrets" if "secret" in message else "configmaps"
    node.put(kind, {"metadata": {"name": "x", "namespace": "d"}, "data": {"k": "v"}})
    node.run(20)
    assert node.ready()


def test_a_key_that_is_not_there_is_named(node: Node) -> None:
    node.cached(APP)
    node.put("configmaps", {"metadata": {"name": "x", "namespace": "d"}, "data": {"a": "v"}})
    reference = {"configMapKeyRef": {"name": "x", "key": "k"}}
    node.pod("p", {"env": [{"name": "A", "valueFrom": reference}]})
    node.run(3)
    message = node.container()["state"]["waiting"]["message"]
    assert message == "couldn't find key k in ConfigMap d/x"


def test_long_after_the_limit_on_events_a_config_error_still_heals_soon(node: Node) -> None:
    node.cached(APP)
    node.pod("p", {"envFrom": [{"configMapRef": {"name": "x"}}]})
    node.run(4 * 3600)
    assert len(node.when("Failed")) < 70, "tries grow rare once nobody can see them"
    node.put("configmaps", {"metadata": {"name": "x", "namespace": "d"}, "data": {}})
    node.run(16)
    assert node.ready()


def test_an_optional_reference_is_not_waited_for(node: Node) -> None:
    node.pod("p", {"envFrom": [{"configMapRef": {"name": "x", "optional": True}}]})
    node.run(20)
    assert node.ready()


def test_a_volume_of_a_missing_secret_is_not_mounted_until_it_appears(node: Node) -> None:
    node.pod(volumes=[{"name": "v", "secret": {"secretName": "s"}}])
    node.run(40)
    assert node.container()["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert node.events("FailedMount")[0] == (
        'MountVolume.SetUp failed for volume "v" : secret "s" not found'
    )
    assert node.when("FailedMount")[:4] == [0.0, 0.5, 1.5, 3.5], "0.5 s doubled"
    node.put("secrets", {"metadata": {"name": "s", "namespace": "d"}})
    node.run(50)
    assert node.ready()


def test_every_two_minutes_it_is_said_which_volumes_are_waited_for(node: Node) -> None:
    volumes = [
        {"name": "w", "configMap": {"name": "c"}},
        {"name": "v", "secret": {"secretName": "s"}},
        {"name": "x", "emptyDir": {}},
    ]
    node.pod(volumes=volumes)
    node.run(300)
    said = [text for text in node.events("FailedMount") if text.startswith("Unable")]
    assert set(said) == {
        "Unable to attach or mount volumes: unmounted volumes=[v w], unattached volumes=[], "
        "failed to process volumes=[]: context deadline exceeded"
    }
    first, second = (at for at, _, text in node.log if text.startswith("Unable"))
    assert first == 123
    assert 133 <= second - first <= 138, "the pod's sync backs off for 10 to 15 s before it waits"
    assert set(node.events("FailedMount")) - set(said) == {
        'MountVolume.SetUp failed for volume "w" : configmap "c" not found',
        'MountVolume.SetUp failed for volume "v" : secret "s" not found',
    }
    for resource, name in (("secrets", "s"), ("configmaps", "c")):
        node.put(resource, {"metadata": {"name": name, "namespace": "d"}})
    node.run(140)
    assert node.ready()
    told = len(node.events("FailedMount"))
    node.run(600)
    assert len(node.events("FailedMount")) == told


KEYS = {
    "a ConfigMap's": (
        {"configMap": {"name": "c", "items": [{"key": "k"}, {"key": "l"}]}},
        "configmap references non-existent config key: k",
    ),
    "a Secret's": (
        {"secret": {"secretName": "s", "items": [{"key": "k", "path": "p"}]}},
        "references non-existent secret key: k",
    ),
    "of one that may be missing": (
        {"configMap": {"name": "c", "optional": True, "items": [{"key": "k", "path": "p"}]}},
        "",
    ),
    "several of one volume": (
        {
            "projected": {
                "sources": [
                    {"secret": {"name": "nope"}},
                    {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
                ]
            }
        },
        '[secret "nope" not found, configmap references non-existent config key: k]',
    ),
}


@pytest.mark.parametrize(("source", "message"), KEYS.values(), ids=KEYS)
def test_a_volume_that_names_a_missing_key(
    node: Node, source: dict[str, Any], message: str
) -> None:
    for resource, name in (("secrets", "s"), ("configmaps", "c")):
        node.put(resource, {"metadata": {"name": name, "namespace": "d"}})
    node.pod(volumes=[{"name": "v", **source}])
    node.run(30)
    said = f'MountVolume.SetUp failed for volume "v" : {message}'
    assert set(node.events("FailedMount")) == ({said} if message else set())


def test_a_pod_that_does_not_fit_is_refused_at_the_door(node: Node) -> None:
    node.pod("p", {"resources": {"requests": {"cpu": "100"}}})
    node.run(1)
    status = node.status()
    assert (status["phase"], status["reason"]) == ("Failed", "OutOfcpu")
    assert status["message"] == (
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 100000, used: 0, "
        "capacity: 8000"
    )
    assert node.condition("Ready")["reason"] == "PodFailed"
    node.pod("q", {"resources": {"requests": {"cpu": "8"}}})
    node.run(20)
    assert node.ready("q")


def test_addresses_are_given_in_turn_and_not_twice(node: Node) -> None:
    node.cached(APP)
    for name in "abc":
        node.pod(name)
        node.run(5)
    assert [node.status(n)["podIP"] for n in "abc"] == ["10.1.0.2", "10.1.0.3", "10.1.0.4"]
    node.delete("b")
    node.run(10)
    node.pod("d")
    node.run(10)
    assert node.status("d")["podIP"] == "10.1.0.5", "the next one, not the one just freed"


def test_addresses_in_use_are_passed_over_when_the_range_goes_round(node: Node) -> None:
    node.cached(APP)
    node.pod("keeps")
    node.run(5)
    machine = node.world.node("n1")
    machine.next_ip = 252
    for name in "ab":
        node.pod(name)
        node.run(5)
    assert [node.status(n)["podIP"] for n in "ab"] == ["10.1.0.254", "10.1.0.3"]


def test_host_network_has_the_nodes_address(node: Node) -> None:
    node.pod(hostNetwork=True)
    node.run(20)
    assert node.status()["podIP"] == "192.168.0.1"


def test_a_bad_annotation_is_named_and_ignored(node: Node) -> None:
    node.pod(annotations={"sim.ecp-ai.io/start-after": "soon"})
    node.run(20)
    (text,) = node.events("InvalidAnnotation")
    assert text.startswith("annotation sim.ecp-ai.io/start-after is ignored: 'soon' is not a")
    assert node.ready()


def test_the_same_seed_gives_the_same_instants_whenever_one_looks(make_node: type[Node]) -> None:
    def story(steps: list[float]) -> list[tuple[float, str, str]]:
        node = make_node(3)
        node.pod("a", {"readinessProbe": HTTP})
        node.pod("b", {"image": "busybox:1"})
        for step in steps:
            node.run(step)
        return node.log

    assert story([600]) == story([0.25] * 2400)


def test_a_long_wait_costs_nothing(node: Node) -> None:
    probes = dict.fromkeys(("readinessProbe", "livenessProbe", "startupProbe"), HTTP)
    node.pod("p", probes)
    node.run(60)
    writes, events = node.writes, len(node.log)
    node.until(node.now + 30 * 86400 * SECOND)
    assert node.ready()
    assert (node.writes, len(node.log), node.wakes) == (writes, events, {})
