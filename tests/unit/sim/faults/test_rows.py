"""Every fault of the catalogue: it takes effect, what follows from it follows, and it is over.

The world is changed and nothing else; what objects and requests show comes of that.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tenant import (
    MINUTE,
    SPACE,
    ask,
    followed,
    inject,
    meets,
    node,
    node_of,
    passes,
    pods,
    replaced,
)

from ecp.kube.errors import KubeError
from ecp.kube.kinds import DEPLOYMENTS, INGRESSES, PDBS, PODS, RESOURCEQUOTAS, SECRETS
from ecp.kube.pods import condition, is_active, is_ready
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, Injected, catalogue
from ecp.sim.store.packing import pack, unpack
from ecp.sim.world.fleet import SOLD_OUT

Check = Callable[[Cluster, Injected], bool]


class Row(NamedTuple):
    """One injection: what is seen `after` it, and after `over` when it has ended."""

    fault: str
    target: Any
    sees: Check
    mended: Check = lambda cluster, fault: meets(cluster, "chatbot").bad == 0
    after: int = MINUTE
    body: Mapping[str, Any] = MappingProxyType({})
    over: int = 10 * MINUTE
    verdict: str = "confirmed"


def bad(percent: float, of: str = "chatbot") -> Check:
    return lambda cluster, fault: abs(meets(cluster, of).bad / 10_000 - percent) < 0.1


def slower(ms: int, of: str = "chatbot", within: int = 2) -> Check:
    usual = {"chatbot": 94, "nlp": 64}[of]
    return lambda cluster, fault: abs(meets(cluster, of).mean - usual - ms) <= within


def restarted(cluster: Cluster, fault: Injected) -> list[Any]:
    return [
        one
        for _, name, _ in fault.pods
        for pod in [cluster.store.get(PODS, SPACE, name)]
        if pod is not None
        for one in pod["status"]["containerStatuses"]
    ]


def exited(code: int) -> Check:
    def check(cluster: Cluster, fault: Injected) -> bool:
        found = restarted(cluster, fault)
        last = [(one.get("lastState") or {}).get("terminated") or {} for one in found]
        codes = [one.get("exitCode") for one in last]
        return bool(found) and all(one == code for one in codes)

    return check


def memory(cluster: Cluster) -> int:
    """Return the bytes that a pod of the chatbot takes."""
    name = str(pods(cluster, "chatbot")[0]["metadata"]["name"])
    found = cluster.world.taken((SPACE, name), cluster.now - 60 * SECOND, cluster.now)
    return sum(one.memory for one in found or ())


def waits(cluster: Cluster, app: str, reason: str) -> bool:
    return any(
        (one["state"].get("waiting") or {}).get("reason") == reason
        for pod in pods(cluster, app)
        for one in pod["status"].get("containerStatuses") or ()
    )


def node_under(app: str) -> Callable[[Cluster], str]:
    return lambda cluster: f"node/{node_of(cluster, app)}"


def whole(app: str) -> Check:
    return lambda cluster, fault: (
        sum(is_ready(pod) and is_active(pod) for pod in pods(cluster, app)) == 3
    )


def image_of(cluster: Cluster) -> str:
    deployment = cluster.store.get(DEPLOYMENTS, SPACE, "chatbot")
    assert deployment is not None
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def pressed(cluster: Cluster, fault: Injected) -> bool:
    found = condition(node(cluster, fault.nodes[0]), "DiskPressure")
    return found is not None and found["status"] == "True"


def evicted(cluster: Cluster, fault: Injected) -> bool:
    reasons = [pod["status"].get("reason") for pod in pods(cluster, "chatbot")]
    return pressed(cluster, fault) and "Evicted" in reasons


def gpus(cluster: Cluster, fault: Injected) -> tuple[str, str]:
    status = node(cluster, fault.nodes[0])["status"]
    return status["capacity"]["nvidia.com/gpu"], status["allocatable"]["nvidia.com/gpu"]


def cordoned(cluster: Cluster, fault: Injected) -> bool:
    there = [
        pod for pod in cluster.store.list(PODS, SPACE)
        if is_active(pod) and pod["spec"].get("nodeName") == fault.nodes[0]
    ]  # fmt: skip
    return bool(node(cluster, fault.nodes[0])["spec"].get("unschedulable")) and not there


ROWS = {
    "pods that are deleted are made anew": Row(
        "pod_kill", "deployment/chatbot",
        lambda c, f: c.store.get(PODS, *f.pods[0][:2]) is None and replaced(c, "chatbot") == 1,
        whole("chatbot"),
    ),
    "all pods of a workload may be deleted": Row(
        "pod_kill", "deployment/chatbot", lambda c, f: replaced(c, "chatbot") == 3,
        whole("chatbot"), body={"mode": "all"},
    ),
    "a pod that does nothing answers nobody": Row(
        "pod_failure", "deployment/chatbot", bad(33.3)
    ),
    "a killed container exits by 137 and starts again": Row(
        "container_kill", "deployment/chatbot", exited(137)
    ),
    "a crashed container exits by its code": Row("pod_crash", "deployment/chatbot", exited(1)),
    "a workload that hangs answers nobody": Row("service_down", "deployment/nlp", bad(100)),
    "a burner takes the processor to its limit": Row(
        "cpu_spike", "deployment/nlp", lambda c, f: meets(c, "nlp").cpu == 2200
    ),
    "one worker at half load takes half a core": Row(
        "cpu_spike", "deployment/chatbot",
        lambda c, f: 600 < meets(c, "chatbot").cpu < 640,
        body={"parameters": {"workers": 1, "load_percent": 50}},
    ),
    "memory that somebody holds is taken, and given back": Row(
        "memory_stress", "deployment/chatbot", lambda c, f: memory(c) > 2 << 30,
        lambda c, f: memory(c) < 1 << 30, body={"parameters": {"size": "2Gi"}},
    ),
    "memory beyond the limit ends the container": Row(
        "memory_stress", "deployment/nlp", exited(137), whole("nlp"),
        body={"parameters": {"size": "100%"}},
    ),
    "a leak grows until the kernel ends it": Row(
        "memory_leak", "deployment/nlp", exited(137), whole("nlp"), after=9 * MINUTE
    ),
    "late packets make answers late": Row("network_latency", "deployment/nlp", slower(300, "nlp")),
    "lost packets are sent again": Row("network_loss", "deployment/nlp", slower(341, "nlp", 40)),
    "corrupt packets count as lost": Row("network_corrupt", "deployment/nlp",
                                         slower(61, "nlp", 10)),
    "packets that come twice are noticed by nobody": Row(
        "network_duplicate", "deployment/nlp", slower(0, "nlp")
    ),
    "a narrow link takes its time": Row(
        "network_bandwidth", "deployment/nlp", slower(131, "nlp"),
        body={"parameters": {"rate": "1mbit"}},
    ),
    "who is cut off is not ready and fails its callers": Row(
        "network_partition", "deployment/nlp",
        lambda c, f: bad(100)(c, f) and not any(is_ready(pod) for pod in pods(c, "nlp")),
    ),
    "a line that is cut fails the calls over it, and probes pass": Row(
        "network_partition", "deployment/chatbot",
        lambda c, f: bad(100)(c, f) and whole("nlp")(c, f) and bad(0, "nlp")(c, f),
        body={"to": "deployment/nlp"},
    ),
    "a slow line is felt by who calls over it": Row(
        "network_latency", "deployment/nlp",
        lambda c, f: slower(300)(c, f) and slower(0, "nlp")(c, f),
        body={"to": "deployment/chatbot"},
    ),
    "names without an answer fail the calls": Row("dns_failure", "deployment/chatbot", bad(100)),
    "other names than those that are meant are answered": Row(
        "dns_failure", "deployment/chatbot", bad(0), body={"parameters": {"patterns": "stt*"}},
        verdict="mismatch",
    ),
    "errors of a service are its callers' errors": Row("http_errors", "deployment/nlp", bad(100)),
    "half of the requests fail": Row("partial_outage", "deployment/chatbot", bad(50)),
    "requests that are held are late": Row("http_delay", "deployment/chatbot", slower(500)),
    "slow files make slow answers": Row("io_latency", "deployment/nlp", slower(100, "nlp")),
    "files that cannot be read fail requests": Row("io_error", "deployment/nlp", bad(100)),
    "a full disk ends pods": Row(
        "disk_fill", node_under("chatbot"), evicted,
        lambda c, f: not pressed(c, f) and whole("chatbot")(c, f), over=20 * MINUTE,
    ),
    "a node without power is noticed": Row(
        "node_down", node_under("chatbot"),
        lambda c, f: condition(node(c, f.nodes[0]), "Ready")["status"] == "Unknown",  # type: ignore[index]
        body={"duration": "5m"},
    ),
    "a node that is drained is empty, then takes pods again": Row(
        "node_drain", node_under("chatbot"), cordoned,
        lambda c, f: not node(c, f.nodes[0])["spec"].get("unschedulable"),
    ),
    "a zone without power takes all its nodes": Row(
        "zone_down", "zone/kr-1a", lambda c, f: not any(map(c.world.node_is_up, f.nodes)),
        body={"duration": "5m"},
    ),
    "a clock ten minutes off accepts no token": Row("clock_skew", "deployment/nlp", bad(100)),
    "a clock four minutes off does": Row(
        "clock_skew", "deployment/nlp", bad(0), body={"parameters": {"offset": "4m"}},
        verdict="mismatch",
    ),
    "a dependency that is down takes its callers along": Row(
        "dependency_outage", "deployment/nlp", bad(100)
    ),
    "a slow dependency keeps its callers waiting": Row(
        "dependency_slow", "deployment/nlp", slower(2000)
    ),
    "a node that lost a GPU offers fewer, and its process ends": Row(
        "gpu_failure", node_under("stt"),
        lambda c, f: gpus(c, f) == ("4", "3") and waits(c, "stt", "CrashLoopBackOff"),
        lambda c, f: gpus(c, f) == ("4", "4") and whole("stt")(c, f), over=40 * MINUTE,
    ),
    "a GPU at half its clock takes twice as long": Row(
        "gpu_throttle", node_under("stt"),
        # One of three pods, 300 ms otherwise.
        lambda c, f: meets(c, "stt").mean == 400 and gpus(c, f) == ("4", "4"),
        lambda c, f: meets(c, "stt").mean == 300, over=11 * MINUTE,
    ),
    "a process that fails on its GPU starts again, and the GPU is well": Row(
        "gpu_error", node_under("stt"),
        lambda c, f: whole("stt")(c, f) and gpus(c, f) == ("4", "4")
        and sum(one["restartCount"] for one in restarted(c, f)) == 1,
        whole("stt"),
    ),
    "a leak may be said in bytes a minute": Row(
        "memory_leak", "deployment/nlp", lambda c, f: whole("nlp")(c, f),
        lambda c, f: whole("nlp")(c, f), body={"parameters": {"a_minute": "20Mi"}},
        after=9 * MINUTE, verdict="inconclusive",  # it ends before anybody runs out of memory
    ),
    "errors may be on the port by which requests come": Row(
        "http_errors", "deployment/nlp", bad(100), body={"parameters": {"port": 8085}}
    ),
    "a version that is never ready stalls its rollout": Row(
        "bad_version_unready", "deployment/chatbot",
        lambda c, f: image_of(c) == "example.com/chatbot:bad" and bad(0)(c, f)
        and sum(is_ready(pod) for pod in pods(c, "chatbot")) == 3,
        lambda c, f: image_of(c) == "example.com/chatbot:1" and whole("chatbot")(c, f),
        after=5 * MINUTE, over=40 * MINUTE,
    ),
    "a slow API server is heard late": Row(
        "control_plane_slow", "",
        lambda c, f: c.world.troubles.late == {"kube-apiserver": 2 * SECOND},
        lambda c, f: not c.world.troubles.late, over=10 * MINUTE,
    ),
    "a certificate that has run out is accepted by nobody": Row(
        "cert_expiry", "secret/web-tls", bad(100), over=40 * MINUTE
    ),
    "a version that crashes stalls its rollout and is rolled back": Row(
        "bad_version", "deployment/chatbot",
        lambda c, f: image_of(c) == "example.com/chatbot:bad" and bad(0)(c, f)
        and waits(c, "chatbot", "CrashLoopBackOff"),
        lambda c, f: image_of(c) == "example.com/chatbot:1" and whole("chatbot")(c, f),
        over=40 * MINUTE,
    ),
    "a version that errs goes through": Row(
        "bad_version_errors", "deployment/chatbot", bad(50),
        lambda c, f: image_of(c) == "example.com/chatbot:1" and bad(0)(c, f), over=40 * MINUTE,
    ),
    "a slow version goes through": Row(
        "bad_version_slow", "deployment/chatbot", slower(1000),
        lambda c, f: image_of(c) == "example.com/chatbot:1" and slower(0)(c, f), over=40 * MINUTE,
    ),
    "five times as many customers ask, and most is excess": Row(
        "traffic_surge", "namespace/acme-ecp-ai",
        lambda c, f: abs(meets(c, "chatbot").entered - 5 * 127_536) < 2_000
        and abs(meets(c, "chatbot").excess / meets(c, "chatbot").entered - 0.8) < 0.01,
        lambda c, f: meets(c, "chatbot").excess == 0,
    ),
    "a wrong value ends in CrashLoopBackOff": Row(
        "config_error", "deployment/chatbot",
        lambda c, f: waits(c, "chatbot", "CrashLoopBackOff") and bad(100)(c, f),
        whole("chatbot"), over=20 * MINUTE,
    ),
    "figures that nobody collects are unknown": Row(
        "collector_outage", "namespace/acme-ecp-ai", lambda c, f: "slots-unknown" in f.seen
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_fault_is_confirmed_followed_and_over(row: Row) -> None:
    cluster = followed()
    target = row.target(cluster) if callable(row.target) else row.target
    fault = inject(cluster, row.fault, target, **row.body)
    passes(cluster, row.after)
    assert fault.took
    assert row.sees(cluster, fault)
    passes(cluster, row.over)
    assert fault.ended is not None
    assert row.mended(cluster, fault)
    assert fault.restored is not None
    assert fault.verdict(cluster.now) == row.verdict, list(fault.proof(cluster.now))


# -- what stands in the way of what is to come -----------------------------------------------------


def scaled(cluster: Cluster, app: str, replicas: int) -> None:
    body = {"spec": {"replicas": replicas}}
    ask(cluster, "patch", DEPLOYMENTS, body, name=app, patch="merge")


@pytest.mark.parametrize(
    ("fault", "target", "body", "says"),
    [
        pytest.param("registry_down", "", {}, "i/o timeout", id="no registry answers"),
        pytest.param(
            "image_pull_failure", "registry/example.com", {"reason": "auth"},
            "insufficient_scope", id="wrong credentials",
        ),
        pytest.param(
            "image_pull_failure", "registry/example.com", {"reason": "ratelimit"},
            "429 Too Many Requests", id="too many pulls",
        ),
    ],
)  # fmt: skip
def test_a_registry_that_refuses_stops_only_what_has_to_pull(
    fault: str, target: str, body: dict[str, str], says: str
) -> None:
    cluster = followed()
    injected = inject(cluster, fault, target, **({"parameters": body} if body else {}))
    image = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "x.io/a:2"}]}}}}
    name = {"spec": {"template": {"spec": {"containers": [
        {"name": "c", "image": "example.com/nlp:2"}
    ]}}}}  # fmt: skip
    ask(cluster, "patch", DEPLOYMENTS, name, name="nlp", patch="strategic")
    ask(cluster, "patch", DEPLOYMENTS, image, name="chatbot", patch="strategic")
    passes(cluster, 2 * MINUTE)
    assert waits(cluster, "nlp", "ImagePullBackOff") or waits(cluster, "nlp", "ErrImagePull")
    events = [event["message"] for event in cluster.store.list("events", SPACE)]
    assert any(says in message for message in events)
    elsewhere = waits(cluster, "chatbot", "ImagePullBackOff")
    assert elsewhere == (fault == "registry_down")
    assert meets(cluster, "nlp").bad == 0
    passes(cluster, 40 * MINUTE)
    assert injected.ended is not None
    assert whole("nlp")(cluster, injected)


@pytest.mark.parametrize(
    ("target", "phase"),
    [
        pytest.param("kube-scheduler", "Pending", id="without scheduler new pods stay Pending"),
        pytest.param("kube-controller-manager", "", id="without controllers nothing is replaced"),
    ],
)
def test_a_control_plane_that_stands_still_moves_nothing(target: str, phase: str) -> None:
    cluster = followed()
    fault = inject(cluster, "control_plane_down", target)
    inject(cluster, "pod_kill", "deployment/chatbot")
    passes(cluster, 5 * MINUTE)
    found = [pod["status"]["phase"] for pod in pods(cluster, "chatbot")]
    assert sorted(found) == sorted(["Running", "Running", *([phase] if phase else [])])
    passes(cluster, 6 * MINUTE)
    assert fault.verdict(cluster.now) == "confirmed"
    assert whole("chatbot")(cluster, fault)


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        pytest.param({"ramp_up": "60s", "ramp_down": "2m"}, [1.17, 3.17, 5, 5, 5, 5, 4.92, 3.92,
                     2.92, 1.92, 1, 1], id="it grows for a minute and decays for two"),
        pytest.param({"shape": "sine"}, [1.1, 2.34, 3.44, 4.3, 4.84, 5, 4.77, 4.17, 3.27, 2.14, 1,
                     1], id="it comes and goes as a wave"),
    ],
)  # fmt: skip
def test_a_crowd_takes_its_course(shape: dict[str, str], seen: list[float]) -> None:
    cluster = followed()
    usual = meets(cluster, "chatbot").entered
    fault = inject(cluster, "traffic_surge", SPACE, parameters=shape, duration="5m")
    again = Cluster.restore(cluster.snapshot())
    found = []
    for _ in seen:
        found.append(round(cluster.world.troubles.surges.get(SPACE, 1_000_000) / 1_000_000, 2))
        passes(cluster, 30 * SECOND)
        assert meets(cluster, "chatbot").entered >= usual
    assert found == seen
    assert fault.verdict(cluster.now) == "confirmed"
    passes(again, cluster.now - again.now)
    assert again.snapshot() == cluster.snapshot()


@pytest.mark.parametrize(
    ("parameters", "duration"),
    [
        pytest.param({"ramp_up": "4m", "ramp_down": "2m"}, "5m", id="ramps longer than all of it"),
        pytest.param({"shape": "sine", "ramp_up": "1m"}, "5m", id="a wave with a ramp"),
    ],
)
def test_a_course_that_does_not_fit_is_refused(parameters: dict[str, str], duration: str) -> None:
    with pytest.raises(FaultRefused) as refused:
        inject(followed(), "traffic_surge", SPACE, parameters=parameters, duration=duration)
    assert refused.value.key == "fault.bad-course"


@pytest.mark.parametrize(
    ("door", "reading"),
    [pytest.param("apiserver", False, id="nobody answers"),
     pytest.param("etcd", True, id="nobody may write")],
)  # fmt: skip
def test_without_an_api_server_what_runs_goes_on_and_is_told_of_afterwards(
    door: str, reading: bool
) -> None:
    cluster = followed()
    inject(cluster, "control_plane_down", door)
    lost = node_of(cluster, "chatbot")
    inject(cluster, "pod_crash", "deployment/nlp")
    inject(cluster, "node_down", f"node/{lost}", duration="40m")
    version = cluster.store.version
    with pytest.raises(KubeError):
        scaled(cluster, "chatbot", 5)
    with nullcontext() if reading else pytest.raises(KubeError):
        cluster.check_open(reading=True)
    passes(cluster, 9 * MINUTE)
    assert cluster.store.version == version
    assert abs(meets(cluster, "chatbot").bad - 333_333) < 2  # nobody takes the endpoint away
    assert meets(cluster, "nlp").bad == 0  # its kubelet started it again
    again = Cluster.restore(unpack(pack(cluster.snapshot())))
    for one in (cluster, again):
        passes(one, MINUTE + 40 * SECOND)
        # Silence counts from the moment in which somebody watches again.
        assert condition(node(one, lost), "Ready")["status"] == "True"  # type: ignore[index]
        passes(one, 20 * SECOND)
        assert condition(node(one, lost), "Ready")["status"] == "Unknown"  # type: ignore[index]
        passes(one, MINUTE)
        rows = [one for pod in pods(one, "nlp") for one in pod["status"]["containerStatuses"]]
        assert sum(row["restartCount"] for row in rows) == 1
        assert meets(one, "chatbot").bad == 0
    assert again.snapshot() == cluster.snapshot()


def test_a_pod_that_goes_while_nobody_writes_is_gone_afterwards() -> None:
    cluster = followed()
    inject(cluster, "pod_kill", "deployment/nlp", parameters={"grace_period": 30})
    passes(cluster, SECOND)
    going = [p["metadata"]["name"] for p in pods(cluster, "nlp") if not is_active(p)]
    inject(cluster, "control_plane_down", "apiserver", duration="5m")
    passes(cluster, 4 * MINUTE)
    assert cluster.store.get(PODS, SPACE, going[0]) is not None
    assert cluster.world.pod((SPACE, going[0])) is None  # its processes are gone
    passes(cluster, 2 * MINUTE)
    assert cluster.store.get(PODS, SPACE, going[0]) is None
    assert sum(is_ready(pod) for pod in pods(cluster, "nlp")) == 3


def test_a_drain_that_respects_no_budget_deletes() -> None:
    cluster = followed()
    name = node_of(cluster, "chatbot")
    spec = {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "chatbot"}}}
    ask(cluster, "create", PDBS, {"metadata": {"name": "none"}, "spec": spec})
    kept = inject(cluster, "node_drain", f"node/{name}")
    passes(cluster, MINUTE)
    assert node_of(cluster, "chatbot") == name
    cluster.faults.restore_from(kept.id)
    inject(cluster, "node_drain", f"node/{name}", parameters={"respect_pdb": False})
    passes(cluster, MINUTE)
    there = [pod["spec"].get("nodeName") for pod in pods(cluster, "chatbot")]
    assert len(there) == 3
    assert name not in there


def test_what_a_quota_leaves_may_be_told_by_what_pods_ask_for() -> None:
    cluster = followed()
    inject(cluster, "quota_exhausted", SPACE, parameters={"resource": "requests.cpu"})
    [quota] = cluster.store.list(RESOURCEQUOTAS, SPACE)
    assert quota["spec"]["hard"] == {"requests.cpu": "9900m"}
    scaled(cluster, "chatbot", 5)
    passes(cluster, MINUTE)
    assert len(pods(cluster, "chatbot")) == 3


def test_a_steady_state_is_watched_while_the_fault_lasts() -> None:
    cluster = followed()
    fault = inject(cluster, "partial_outage", "deployment/chatbot", steady=["availability >= 99"])
    passes(cluster, 5 * MINUTE)
    figures = {when: (rows[0]["observed"], rows[0]["met"]) for when, rows in fault.steady.items()}
    assert figures == {"before": (100, True), "during": (50, False), "after": (100, True)}
    assert fault.steady["during"][0]["broken_after_seconds"] == 0


def test_an_exhausted_quota_forbids_new_pods_and_goes_with_the_fault() -> None:
    cluster = followed()
    fault = inject(cluster, "quota_exhausted", SPACE)
    passes(cluster, SECOND)
    scaled(cluster, "chatbot", 5)
    passes(cluster, MINUTE)
    assert len(pods(cluster, "chatbot")) == 3
    cluster.faults.restore_from(fault.id)
    assert not cluster.store.list(RESOURCEQUOTAS, SPACE)  # nothing of it is left
    passes(cluster, 20 * MINUTE)
    assert len(pods(cluster, "chatbot")) == 5


def test_a_pool_that_is_sold_out_gives_no_machine() -> None:
    cluster = followed()
    name = "cpu"
    zone = cluster.world.fleet.pools[name].zones[0]
    assert cluster.world.fleet.obstacle(cluster.world.fleet.pools[name], zone) == ""
    fault = inject(cluster, "pool_sold_out", name)
    assert cluster.world.fleet.obstacle(cluster.world.fleet.pools[name], zone) == SOLD_OUT
    again = Cluster.restore(cluster.snapshot())
    assert again.world.fleet.obstacle(again.world.fleet.pools[name], zone) == SOLD_OUT
    cluster.faults.restore_from(fault.id)
    assert cluster.world.fleet.obstacle(cluster.world.fleet.pools[name], zone) == ""


def test_customers_shake_no_hands_with_an_ingress_whose_certificate_has_run_out() -> None:
    cluster = followed()
    backend = {"service": {"name": "chatbot", "port": {"number": 8081}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec = {
        "ingressClassName": "nginx",
        "tls": [{"secretName": "edge-tls"}],
        "rules": [{"host": "acme.example", "http": {"paths": paths}}],
    }
    data = {"tls.crt": "eA==", "tls.key": "eA=="}
    secret = {"metadata": {"name": "edge-tls"}, "type": "kubernetes.io/tls", "data": data}
    ask(cluster, "create", SECRETS, secret)  # no pod mounts it
    ask(cluster, "create", INGRESSES, {"metadata": {"name": "web"}, "spec": spec})
    passes(cluster, 10 * SECOND)
    before = meets(cluster, "chatbot")
    fault = inject(cluster, "cert_expiry", "edge-tls")
    passes(cluster, 10 * SECOND)
    seen = meets(cluster, "chatbot").shares[0].seen
    assert before.bad == 0
    assert (seen.reason, seen.cause) == ("cert-expired", fault.id)
    cluster.faults.restore_from(fault.id)
    passes(cluster, 10 * SECOND)
    assert meets(cluster, "chatbot").bad == 0


def test_what_is_taken_back_was_not_changed_by_others_meanwhile() -> None:
    cluster = followed()
    fault = inject(cluster, "bad_version_errors", "deployment/chatbot")
    passes(cluster, MINUTE)
    mended = {"spec": {"template": {"spec": {"containers": [
        {"name": "c", "image": "example.com/chatbot:2"}
    ]}}}}  # fmt: skip
    ask(cluster, "patch", DEPLOYMENTS, mended, name="chatbot", patch="strategic")
    passes(cluster, 2 * MINUTE)
    assert meets(cluster, "chatbot").bad == 0  # who rolled back has a version that is well
    cluster.faults.restore_from(fault.id)
    assert image_of(cluster) == "example.com/chatbot:2"


HELD = {
    "bad_version": "deployment/nlp",
    "cert_expiry": "web-tls",
    "config_error": "deployment/nlp",
    "control_plane_down": "kube-apiserver",
    "control_plane_slow": "",
    "disk_fill": "",
    "dns_failure": "deployment/chatbot",
    "gpu_failure": "node/gpu-1",
    "gpu_throttle": "node/gpu-1",
    "memory_stress": "deployment/nlp",
    "network_loss": "deployment/nlp",
    "node_drain": "",
    "pool_sold_out": "cpu",
    "quota_exhausted": SPACE,
    "registry_down": "",
    "traffic_surge": SPACE,
}


@pytest.mark.parametrize("name", ["gpu_error", "gpu_failure", "gpu_throttle"])
def test_faults_of_gpus_hit_nodes_that_have_some(name: str) -> None:
    cluster = followed()
    with pytest.raises(FaultRefused, match=r"gpu; cpu-1 has none.* There are: gpu-1, gpu-2"):
        inject(cluster, name, "cpu-1")
    with pytest.raises(FaultRefused):
        inject(cluster, name, "", selector={"nodes": ["cpu-1"]})
    assert inject(cluster, name, "").nodes[0].startswith("gpu-")
    every = inject(cluster, name, "", selector={}, mode="all")
    assert every.nodes == ["gpu-1", "gpu-2", "gpu-3"]


@pytest.mark.parametrize("name", HELD)
def test_what_is_held_goes_on_alike_after_a_restart(name: str) -> None:
    one = followed()
    fault = inject(one, name, HELD[name])
    passes(one, 20 * SECOND)
    other = Cluster.restore(one.snapshot())
    for cluster in (one, other):
        passes(cluster, 40 * SECOND)
        cluster.faults.restore_from(fault.id)
        passes(cluster, SECOND)
    assert one.snapshot() == other.snapshot()


def test_every_fault_of_the_catalogue_has_a_case_here() -> None:
    text = Path(__file__).read_text("utf-8")
    assert [name for name in catalogue() if f'"{name}"' not in text] == []
