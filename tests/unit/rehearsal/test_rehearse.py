"""Rehearsals of small bundles: every step, what goes wrong in it, and what is said about it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.rehearsal.rehearse import Rehearsal, concluded, rehearse
from ecp.rehearsal.report import padded, width
from ecp.rehearsal.run import Run
from ecp.rehearsal.startup import is_available
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, parse
from ecp.texts import keys, text
from ecp.validation import Source, validate

HOUR = 3600 * SECOND
MANIFESTS = Path(__file__).parents[2] / "golden" / "manifests"
Obj = dict[str, Any]


def deployment(name: str = "web", replicas: int = 1, **container: Any) -> Obj:
    body = {"name": "c", "image": "example/app:1", "ports": [{"containerPort": 8080}], **container}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [body]}},
        },
    }


def service(name: str = "web", app: str = "web", **port: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": 8080, **port}]},
    }


def tried(*objects: Obj, hours: int = 1, faults: tuple[str, ...] = (), seed: int = 0) -> Rehearsal:
    return rehearse(yaml.safe_dump_all(objects), for_ns=hours * HOUR, faults=faults, seed=seed)


def test_a_sound_bundle_passes() -> None:
    found = tried(deployment(replicas=2), service())
    body = found.to_json()
    assert found.exit_code == 0
    assert body["verdict"] == {"passed": True, "exit_code": 0, "causes": []}
    assert body["evidence"] == "simulated"
    assert body["startup"]["confirmed"]
    assert 0 < body["startup"]["seconds"] < 30
    assert body["sla"]["bundle"]["sla"]["uptime_percentage"] == 100.0
    assert body["sla"]["bundle"]["sla"]["observed_seconds"] == 3600
    assert [level["workload"] for level in body["sla"]["workloads"]] == ["deployment/web"]


def test_an_invalid_bundle_stops_before_anything_is_deployed() -> None:
    found = tried(deployment(replicas=-1), service())
    assert found.exit_code == 3
    assert found.run is None
    assert "spec.replicas" in found.to_text("en")
    assert found.to_json()["verdict"]["causes"][0]["kind"] == "validation"


TROUBLES = [
    pytest.param(
        "image",
        "web",
        (deployment(image="example/app:1"), service()),
        {"sim.ecp-ai.io/image-missing": "true"},
        id="no registry has the image",
    ),
    pytest.param(
        "crash",
        "web",
        (deployment(), service()),
        {"sim.ecp-ai.io/exit-after": "1s", "sim.ecp-ai.io/exit-code": "3"},
        id="the container ends again and again",
    ),
    pytest.param(
        "unschedulable",
        "web",
        (deployment(resources={"limits": {"nvidia.com/gpu": 9}}), service()),
        {},
        id="no node has so many GPUs",
    ),
    pytest.param(
        "config",
        "web",
        (deployment(envFrom=[{"configMapRef": {"name": "nowhere"}}]), service()),
        {},
        id="a ConfigMap that is not there",
    ),
    pytest.param(
        "probe",
        "web",
        (deployment(readinessProbe={"httpGet": {"port": 9999}}), service()),
        {},
        id="a readiness probe at a port where nothing listens",
    ),
    pytest.param(
        "wrong-port",
        "web",
        (deployment(), service(targetPort=9999)),
        {},
        id="a targetPort where nothing listens",
    ),
    pytest.param(
        "no-port-name",
        "web",
        (deployment(), service(targetPort="http")),
        {},
        id="a targetPort that names no port",
    ),
    pytest.param(
        "selects-nothing",
        "web",
        (deployment(), service(app="other")),
        {},
        id="a selector that selects nothing",
    ),
    pytest.param(
        "policy-ingress",
        "web",
        (
            deployment(),
            service(),
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": "deny"},
                "spec": {"podSelector": {}},
            },
        ),
        {},
        id="a policy that lets nobody in",
    ),
]


@pytest.mark.parametrize(("cause", "name", "objects", "notes"), TROUBLES)
def test_what_does_not_start_is_named_with_cause_and_remedy(
    cause: str, name: str, objects: tuple[Obj, ...], notes: dict[str, str]
) -> None:
    head, *rest = objects
    template = {**head["spec"]["template"]}
    template["metadata"] = {**template["metadata"], "annotations": notes}
    found = tried({**head, "spec": {**head["spec"], "template": template}}, *rest)
    assert found.exit_code == 6
    assert found.run is not None
    troubles = found.run.troubles
    assert [(trouble.cause, trouble.ref.name) for trouble in troubles] == [(cause, name)]
    for language in ("ko", "en"):
        said = found.to_text(language)
        assert troubles[0].ref.word in said
    row = found.to_json()["startup"]["troubles"][0]
    assert row["cause"] == cause
    assert row["text"]
    assert row["remedy"]
    # The clock begins at the deadline, and nothing answered since.
    assert found.to_json()["sla"]["bundle"]["sla"]["uptime_percentage"] == 0.0


def test_start_up_is_confirmed_only_when_the_process_answers() -> None:
    slow = deployment()
    slow["spec"]["template"]["metadata"]["annotations"] = {"sim.ecp-ai.io/start-after": "40s"}
    found = tried(slow, service())
    assert found.run is not None
    start = found.run.start
    assert start.confirmed is not None
    assert start.confirmed - start.began > 30 * SECOND
    assert found.run.early[0][1] > 30 * SECOND
    assert "readinessProbe" in found.to_text("en")
    assert found.to_json()["sla"]["bundle"]["sla"]["downtime_seconds"] == 0


def test_a_namespace_that_is_not_in_the_bundle_is_a_refusal_not_a_crash() -> None:
    found = tried({**deployment(), "metadata": {"name": "web", "namespace": "nowhere"}})
    assert found.exit_code == 6
    body = found.to_json()
    assert body["deploy"]["refused"][0]["code"] == 404
    assert "nowhere" in body["verdict"]["causes"][0]["text"]


def test_a_definition_comes_before_its_objects_whatever_the_order() -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "bots.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Bot", "plural": "bots"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    bot = {"apiVersion": "example.com/v1", "kind": "Bot", "metadata": {"name": "b"}}
    body = tried(bot, definition, deployment(), service()).to_json()
    assert {row["object"] for row in body["deploy"]["applied"]} == {
        "customresourcedefinition/bots.example.com",
        "bot/b",
        "deployment/web",
        "service/web",
    }
    assert body["deploy"]["not_simulated"] == []
    assert body["verdict"]["passed"]


def test_a_pod_whose_name_is_generated_is_watched() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "job-"},
        "spec": {"containers": [{"name": "c", "image": "example/app:1"}]},
    }
    body = tried(pod).to_json()
    assert [row["object"][:8] for row in body["startup"]["workloads"]] == ["pod/job-"]
    assert body["startup"]["workloads"][0]["available_after"]
    assert body["verdict"]["passed"]


def test_what_is_not_simulated_is_said_and_its_service_left_out() -> None:
    rollout = {**deployment("db"), "apiVersion": "example.com/v1", "kind": "Rollout"}
    names = {"plural": "rollouts", "singular": "rollout", "kind": "Rollout"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "rollouts.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": names, "versions": [version],
        },
    }  # fmt: skip
    found = tried(deployment(), service(), definition, rollout, service("db", "db"))
    body = found.to_json()
    assert [row["why"] for row in body["probes"]["not_probed"]] == ["not-simulated"]
    assert "Rollout" in found.to_text("ko")
    assert found.exit_code == 0


def test_a_replication_controller_comes_up_and_its_service_is_probed() -> None:
    spec = {**deployment("db")["spec"], "selector": {"app": "db"}}
    old = {**deployment("db"), "apiVersion": "v1", "kind": "ReplicationController", "spec": spec}
    body = tried(old, service("db", "db")).to_json()
    assert [row["object"] for row in body["startup"]["workloads"]] == ["replicationcontroller/db"]
    assert body["startup"]["confirmed"]
    assert body["probes"]["not_probed"] == []


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_set_is_a_workload_that_comes_up_and_whose_service_is_probed(kind: str) -> None:
    spec = {**deployment("db")["spec"]}
    if kind == "StatefulSet":
        spec = {**spec, "serviceName": "db", "replicas": 2}
    else:
        spec.pop("replicas", None)
    obj = {**deployment("db"), "kind": kind, "spec": spec}
    body = tried(obj, service("db", "db")).to_json()
    assert body["deploy"]["not_simulated"] == []
    assert body["probes"]["not_probed"] == []
    (row,) = body["startup"]["workloads"]
    assert row["object"] == f"{kind.lower()}/db"
    assert row["available_after"]
    assert body["verdict"]["passed"]


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        pytest.param("statefulsets.apps", {"availableReplicas": 3, "updatedReplicas": 3}, True,
                     id="all of a StatefulSet, and new"),
        pytest.param("statefulsets.apps", {"availableReplicas": 3, "updatedReplicas": 2}, False,
                     id="one of a StatefulSet is old"),
        pytest.param("statefulsets.apps", {"availableReplicas": 2, "updatedReplicas": 3}, False,
                     id="one of a StatefulSet is missing"),
        pytest.param("daemonsets.apps",
                     {"desiredNumberScheduled": 3, "numberAvailable": 3,
                      "updatedNumberScheduled": 3}, True, id="all of a DaemonSet, and new"),
        pytest.param("daemonsets.apps",
                     {"desiredNumberScheduled": 3, "numberAvailable": 2,
                      "updatedNumberScheduled": 3}, False, id="one of a DaemonSet is missing"),
        pytest.param("daemonsets.apps",
                     {"desiredNumberScheduled": 3, "numberAvailable": 3,
                      "updatedNumberScheduled": 2}, False, id="one of a DaemonSet is old"),
    ],
)  # fmt: skip
def test_a_set_is_available_by_its_figures(kind: str, status: Obj, expected: bool) -> None:
    obj = {
        "metadata": {"generation": 2},
        "spec": {"replicas": 3},
        "status": {"observedGeneration": 2, **status},
    }
    assert is_available(kind, obj) is expected
    assert not is_available(kind, {**obj, "metadata": {"generation": 3}})


@pytest.mark.parametrize(
    ("why", "spec"),
    [
        pytest.param("no-selector", {"ports": [{"port": 80}]}, id="no selector"),
        pytest.param(
            "external-name",
            {"type": "ExternalName", "externalName": "db.example.com"},
            id="another name of something outside",
        ),
    ],
)
def test_a_service_that_cannot_be_probed_is_said(why: str, spec: Obj) -> None:
    odd = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "odd"}, "spec": spec}
    found = tried(deployment(), service(), odd)
    body = found.to_json()
    assert [row["why"] for row in body["probes"]["not_probed"]] == [why]
    assert found.exit_code == 0


def test_calls_to_services_that_are_not_there_keep_it_from_starting() -> None:
    env = [
        {"name": "STT_ENDPOINT", "value": "http://stt-service:8080"},
        {"name": "SELF", "value": "http://web:80"},
        {"name": "BAD_PORT", "value": "http://web:81"},
        {"name": "LLM", "value": "https://api.example.com/v1"},
    ]
    found = tried(deployment(env=env), service())
    body = found.to_json()
    assert [(row["host"], row["cause"]) for row in body["calls"]["refused"]] == [
        ("stt-service", "no-such-name"),
        ("web", "no-such-port"),
    ]
    assert body["calls"]["outside"] == ["web → api.example.com"]
    assert not body["startup"]["confirmed"]
    assert [row["cause"] for row in body["startup"]["troubles"]] == ["calls-nothing", "calls-port"]
    assert "stt-service" in found.to_text("ko")
    assert found.exit_code == 6


# -- faults ----------------------------------------------------------------------------------------


def test_a_lost_node_costs_one_replica_minutes() -> None:
    found = tried(deployment(), service(), hours=24, faults=("node_down@2h",))
    sla = found.to_json()["sla"]["bundle"]["sla"]
    # Silence 50 s, eviction after 300 s, then pull and start; whole slots.
    assert 345 <= sla["downtime_seconds"] <= 385
    assert sla["status"] == "at_risk"
    assert sla["incidents"][0]["causes"] == [{"kind": "fault", "id": "f1"}]
    assert {row["cause"] for row in sla["incidents"][0]["why"]} == {"f1"}
    fault = found.to_json()["faults"][0]
    assert fault["verdict"] == "confirmed"
    assert fault["lost_seconds"] == {"deployment/web": sla["downtime_seconds"]}
    assert fault["single_replicas"] == ["web"]
    assert 345 <= fault["recovery_seconds"] <= 385
    assert found.exit_code == 0


def test_a_lost_node_costs_three_replicas_only_their_share_of_the_silence() -> None:
    lost = []
    for seed in range(6):
        found = tried(deployment(replicas=3), service(), faults=("node_down@10m",), seed=seed)
        fault = found.to_json()["faults"][0]
        assert fault["single_replicas"] == []
        lost.append(fault["bundle_lost_seconds"])
    assert all(seconds <= 50 for seconds in lost)
    assert 0 < sum(lost) / len(lost) < 35


def test_too_much_is_too_much() -> None:
    found = tried(deployment(), service(), hours=24, faults=("node_down@2h", "node_down@9h"))
    assert found.exit_code == 6
    assert not found.met
    assert found.to_json()["verdict"]["causes"][0]["kind"] == "sla"
    assert "f1" in found.to_text("ko")
    assert "f2" in found.to_text("ko")


def test_a_fault_that_finds_nothing_fails_the_rehearsal() -> None:
    found = tried(deployment(), service(), faults=("service_down:deployment/none@5m",))
    assert found.exit_code == 6
    assert found.to_json()["verdict"]["causes"][0]["kind"] == "fault"
    assert "deployment/web" in found.to_text("en")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({"faults": ["meteor@1h"]}, "node_down", id="an unknown fault"),
        pytest.param({"faults": ["node_down@25h"]}, "after the end", id="a fault after the end"),
        pytest.param({"for_ns": SECOND}, "shorter", id="shorter than a slot"),
    ],
)
def test_a_rehearsal_that_cannot_be(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(FaultRefused, match=says) as refused:
        rehearse(yaml.safe_dump(deployment()), **arguments)
    assert refused.value.said("ko")


# -- sameness --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stops",
    [
        pytest.param([3], id="while images are pulled"),
        pytest.param([8, 20, 60], id="around the confirmation"),
        pytest.param([700, 730, 1000], id="while a node is silent"),
        pytest.param([900, 3000], id="while pods move"),
    ],
)
def test_a_resumed_rehearsal_equals_an_uninterrupted_one(stops: list[int]) -> None:
    bundle = yaml.safe_dump_all(
        [deployment(replicas=2), service(), deployment("api"), service("api", "api")]
    )
    faults = ("node_down@11m", "pod_crash:deployment/api@40m")
    plain = rehearse(bundle, for_ns=HOUR, faults=faults, seed=5)
    report = validate(bundle)
    run = Run(report.objects(), length=HOUR, faults=[parse(f) for f in faults], seed=5)
    begun = run.cluster.now
    for stop in stops:
        assert not run.proceed(begun + stop * SECOND)
        # Written down as JSON would be, and read back.
        run = Run.restore(run.snapshot())
    assert run.proceed()
    resumed = concluded(Rehearsal(report, "en", 5, "default", HOUR, 995_000), run)
    assert resumed.to_bytes() == plain.to_bytes()


def test_a_rehearsal_in_small_steps_equals_one_in_a_go() -> None:
    bundle = yaml.safe_dump_all([deployment(replicas=2), service()])
    report = validate(bundle)
    plain = rehearse(bundle, for_ns=HOUR, faults=["node_down@5m"])
    run = Run(report.objects(), length=HOUR, faults=[parse("node_down@5m")])
    at = run.cluster.now
    while not run.proceed(at):
        at += 1_700_000_000
        run.cluster.prober.close()
    stepped = concluded(Rehearsal(report, "en", 0, "default", HOUR, 995_000), run)
    assert stepped.to_bytes() == plain.to_bytes()


def test_a_cluster_of_ones_own() -> None:
    spec = {"name": "tiny", "pools": [{"name": "n", "cpu": "1", "memory": "2Gi"}]}
    asks = deployment(replicas=5, resources={"requests": {"cpu": "300m"}})
    found = rehearse(yaml.safe_dump(asks), for_ns=HOUR, model="tiny", spec=spec)
    assert found.run is not None
    trouble = found.run.troubles[0]
    assert (trouble.cause, trouble.values["pods"], trouble.values["of"]) == (
        "unschedulable",
        "2",
        "5",
    )
    assert "Insufficient cpu" in found.to_text("en")


def test_another_seed_is_another_rehearsal() -> None:
    one, other = (tried(deployment(), service(), seed=seed).to_bytes() for seed in (1, 2))
    assert one != other


# -- texts -----------------------------------------------------------------------------------------


def test_every_cause_has_a_remedy() -> None:
    causes = [key.split(".")[-1] for key in keys() if key.startswith("startup.cause.")]
    for cause in causes:
        if cause != "waits-for":
            assert f"startup.remedy.{cause}" in keys()


def test_every_way_to_fail_has_its_words() -> None:
    harmless = ("answered", "outside", "no-such-name", "no-such-port")
    for key in keys():
        cause = key.removeprefix("network.")
        if cause != key and cause not in harmless:
            assert f"rehearsal.reason.{cause}" in keys()
            assert f"startup.remedy.{cause}" in keys()


def test_korean_letters_take_two_columns() -> None:
    assert width(text("rehearsal.step.validate", "ko")) == 4
    assert padded("검증", 6) == "검증  "


# -- the bundles that came with the project --------------------------------------------------------


def bundle(name: str) -> list[Source]:
    path = MANIFESTS / name
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return [Source(file.read_text("utf-8"), file.name) for file in files]


@pytest.mark.parametrize(
    ("name", "workloads", "refused"),
    [
        pytest.param("online-boutique.yaml", 12, {"shoppingassistantservice"}, id="boutique"),
        pytest.param("sock-shop.yaml", 14, {"zipkin.jaeger.svc.cluster.local"}, id="sock shop"),
        pytest.param("guestbook.yaml", 3, set(), id="guestbook"),
        pytest.param(
            "ecp-tenant",
            3,
            {"stt-service", "tts-service", "nlp-service", "aicm-service"},
            id="tenant",
        ),
    ],
)
def test_a_known_bundle_starts_and_serves_a_day(
    name: str, workloads: int, refused: set[str]
) -> None:
    found = rehearse(bundle(name), faults=["node_down@2h"])
    body = found.to_json()
    # What its callers need and nobody brings keeps the tenant from starting; nothing else does.
    assert found.exit_code == (6 if name == "ecp-tenant" else 0)
    assert body["startup"]["confirmed"] == (name != "ecp-tenant")
    assert all(row["available_after"] for row in body["startup"]["workloads"])
    assert len(body["startup"]["workloads"]) == workloads
    assert {row["host"] for row in body["calls"]["refused"]} == refused
    assert body["faults"][0]["verdict"] == "confirmed"
    single = body["faults"][0]["single_replicas"]
    for level in body["sla"]["workloads"]:
        down = level["sla"]["downtime_seconds"]
        alone = level["workload"].removeprefix("deployment/") in single
        assert (345 <= down <= 432) if alone else (down <= 60)
    json.loads(found.to_bytes())


def test_the_broken_bundle_is_refused_with_its_lines() -> None:
    found = rehearse(bundle("ecp-aws-broken.yaml"))
    assert found.exit_code == 3
    assert "ecp-aws-broken.yaml:146:9" in found.to_text("en")
