"""Whole bundles: kubectl applies them to a fresh cluster, and the rehearsal judges them."""

import itertools
import json
import re
import time
import urllib.request
from functools import cache
from pathlib import Path

import pytest
import yaml

from ecp.kube.kinds import DEPLOYMENTS
from ecp.rehearsal.rehearse import Rehearsal, rehearse
from ecp.validation import Source, validate

from .running import Kubectl, Simulator, programs

BUNDLES = Path(__file__).parents[1] / "golden" / "manifests"
NUMBERS = itertools.count(1)
# What each bundle asks for: replicas by Deployment, and the namespace to look into.
WANTED = {
    "guestbook.yaml": ("default", {"redis-master": 1, "redis-replica": 2, "frontend": 3}),
    "sock-shop.yaml": (
        "sock-shop",
        dict.fromkeys(
            ("carts", "carts-db", "catalogue", "catalogue-db", "front-end", "orders", "orders-db",
             "payment", "queue-master", "rabbitmq", "session-db", "shipping", "user", "user-db"), 1,
        ),
    ),
    "online-boutique.yaml": (
        "default",
        dict.fromkeys(
            ("adservice", "cartservice", "checkoutservice", "currencyservice", "emailservice",
             "frontend", "loadgenerator", "paymentservice", "productcatalogservice",
             "recommendationservice", "redis-cart", "shippingservice"), 1,
        ),
    ),
    "ecp-tenant": ("test-download-ecp-ai", {"callbot": 10, "chatbot": 50, "advisor": 5}),
}  # fmt: skip
# Its autoscalers allow eight at most: they cut what the Deployments ask for at their first look.
CAPPED = {"ecp-tenant": {"callbot": 8, "chatbot": 8, "advisor": 5}}
BROKEN = "ecp-aws-broken.yaml"
# The server writes these otherwise than the bundle does (cpu: 1000m is "1", to: [] is left out):
# so kubectl, which compares texts, calls them configured each time.
SPELT = {
    "ecp-tenant": [
        "deployment.apps/advisor",
        "deployment.apps/callbot",
        "deployment.apps/chatbot",
        "networkpolicy.networking.k8s.io/ecp-ai-network-policy",
    ]
}
# Bundles whose workloads call what does not exist: ready, never started.
NOT_STARTED = {"ecp-tenant"}
# Two documents that run into each other: kubectl keeps the last of each key and sends that, our
# validation says which keys are given twice.
RUN_TOGETHER = "servicemonitor/ecp-ai-monitoring"


def documents(bundle: str) -> list[tuple[str, str]]:
    """Return (file, text) of the documents, split where kubectl splits them."""
    path = BUNDLES / bundle
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [
        (file.name, text)
        for file in files
        for text in re.split(r"(?m)^---.*\n", file.read_text())
        if re.search(r"(?m)^kind:", text)
    ]


# -- kubectl --------------------------------------------------------------------------------------


@pytest.fixture
def fresh(server: Simulator, version: str, tmp_path: Path) -> Kubectl:
    """A kubectl at a cluster of its own, in which time is quick."""
    name = f"bundle-{version.replace('.', '-')}-{next(NUMBERS)}"
    for path, body in (
        ("", {"name": name, "start": "2026-01-05T00:00:00Z"}),
        (f"/{name}/clock", {"action": "speed", "factor": 60}),
    ):
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/api/v1/clusters{path}",
            json.dumps(body).encode(),
            {"content-type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=60).close()
    kubectl = Kubectl(programs()[version], tmp_path, server.port)
    config = kubectl.config.read_text()
    kubectl.config.write_text(config.replace("clusters/default", f"clusters/{name}"))
    return kubectl


@pytest.mark.kubectl
@pytest.mark.cluster
@pytest.mark.parametrize("bundle", WANTED)
def test_a_bundle_applied_by_kubectl_becomes_ready(fresh: Kubectl, bundle: str) -> None:
    space, wanted = WANTED[bundle]
    path = BUNDLES / bundle
    applied = fresh.ok(f"apply -f {path}").splitlines()
    assert len(applied) == len(documents(bundle))
    assert [line for line in applied if not line.endswith(" created")] == []
    for name in list(wanted)[:3]:
        said = fresh.ok(f"-n {space} rollout status deploy/{name} --timeout=60s", 70)
        assert said.endswith(f'deployment "{name}" successfully rolled out\n')
    told = fresh.ok(f"-n {space} wait --for=condition=Available deploy --all --timeout=90s", 100)
    assert told.count("condition met") == len(wanted)
    events = fresh.ok(f"-n {space} get events --field-selector reason=ScalingReplicaSet")
    for name, count in wanted.items():
        assert re.search(rf"replica set {name}-\w+ from 0 to {count}\b", events), name
    left = CAPPED.get(bundle, wanted)
    counts = " ".join(str(left[name]) for name in sorted(left))
    ready_of = "{.items[*].status.readyReplicas}"
    assert fresh.settle(f"kubectl -n {space} get deploy -o jsonpath='{ready_of}'", f"^{counts}$")
    found = json.loads(fresh.ok(f"-n {space} get svc,endpointslices -o json"))["items"]
    ready = {
        one["metadata"]["labels"]["kubernetes.io/service-name"]
        for one in found
        if one["kind"] == "EndpointSlice"
        and any(endpoint["conditions"]["ready"] for endpoint in one["endpoints"] or ())
    }
    services = {
        one["metadata"]["name"]
        for one in found
        if one["kind"] == "Service" and one["spec"].get("selector")
    }
    assert services <= ready
    assert fresh.settle(f"kubectl -n {space} get pods | grep -c Terminating", "^0$")
    pods = fresh.ok(f"-n {space} get pods --no-headers").splitlines()
    assert len(pods) == sum(left.values())
    assert [row for row in pods if not re.search(r" (\d+)/\1 +Running +0 ", row)] == []
    again = fresh.ok(f"apply -f {path}").splitlines()
    assert sorted(line.split()[0] for line in again if "unchanged" not in line) == SPELT.get(
        bundle, []
    )
    gone = fresh.ok(f"delete -f {path} --timeout=60s --ignore-not-found", 70).splitlines()
    deleted = [line for line in gone if " deleted" in line]
    # A Namespace among them may take the others along before kubectl comes to them.
    with_home = any(line.startswith("namespace/") for line in applied)
    assert deleted if with_home else len(deleted) == len(applied)
    assert fresh.settle(f"kubectl -n {space} get pods", "No resources found")


@cache
def parts() -> list[tuple[str, str, bool]]:
    """Return (kind/name, text, whether our validation accepts it) of the broken bundle's documents.

    The line break that its Namespace lacks is put in: nothing else could be created without it.
    """
    rows = []
    for number, (_, text) in enumerate(documents(BROKEN)):
        mended = text.replace('"---', '"') if number == 0 else text
        loaded = yaml.safe_load(mended)
        about = f"{loaded['kind']}/{loaded['metadata']['name']}".lower()
        rows.append((about, mended, validate([Source(mended.encode(), "part")]).valid))
    return rows


@pytest.mark.kubectl
@pytest.mark.cluster
def test_the_broken_bundle_is_refused_as_a_whole_for_its_first_document(fresh: Kubectl) -> None:
    refused = fresh(f"apply -f {BUNDLES / BROKEN}")
    assert (refused.code, refused.out) == (1, "")
    assert "error converting YAML to JSON: yaml: line 1" in refused.err
    assert "did not find expected key" in refused.err
    assert "No resources found" in fresh("get deploy -A").err


@pytest.mark.kubectl
@pytest.mark.cluster
def test_the_sound_documents_of_the_broken_bundle_are_created(fresh: Kubectl) -> None:
    for number, (_, text, _) in enumerate(parts()):
        fresh.write(f"parts/{number:02}.yaml", text)
    ran = fresh("apply -f parts", 90)
    assert ran.code == 1
    created = []
    for line in ran.out.splitlines():
        resource, _, name = line.removesuffix(" created").partition("/")
        created.append(f"{resource.partition('.')[0]}/{name}")
    assert created == [about for about, _, sound in parts() if sound or about == RUN_TOGETHER]
    # Each faulty one is refused in the very words of our validation.
    faulty = [(about, text) for about, text, sound in parts() if not sound]
    assert len(faulty) == len(parts()) - len(created) + 1 > 20
    for about, text in faulty:
        if about != RUN_TOGETHER:
            messages = [f.message for f in validate([Source(text.encode(), "part")]).findings]
            assert [one for one in messages if one not in ran.err] == [], about


# -- the rehearsal --------------------------------------------------------------------------------


@cache
def judged(bundle: str, fault: str = "", seed: int = 0) -> Rehearsal:
    path = BUNDLES / bundle
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    sources = [Source(file.read_bytes(), file.name) for file in files]
    return rehearse(sources, faults=[fault] if fault else [], seed=seed)


@pytest.mark.parametrize("bundle", WANTED)
def test_a_bundle_is_confirmed_and_passes_an_undisturbed_day(bundle: str) -> None:
    report = judged(bundle).to_json()
    if bundle in NOT_STARTED:
        assert report["verdict"]["exit_code"] == 6
        assert not report["startup"]["confirmed"]
        assert {cause["kind"] for cause in report["verdict"]["causes"]} == {"startup"}
        return
    assert (report["verdict"]["exit_code"], report["verdict"]["causes"]) == (0, [])
    assert report["startup"]["confirmed"]
    # Slow to start are those alone whose readiness probe waits three minutes by its own wish.
    assert report["startup"]["seconds"] < (240 if bundle == "sock-shop.yaml" else 60)
    names = {row["object"] for row in report["startup"]["workloads"]}
    assert names == {f"deployment/{name}" for name in WANTED[bundle][1]}
    assert report["sla"]["bundle"]["sla"]["availability"] == 100
    assert report["deploy"]["refused"] == report["deploy"]["not_simulated"] == []


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("bundle", WANTED)
def test_a_lost_node_costs_what_replicas_and_spread_deserve(bundle: str, seed: int) -> None:
    found = judged(bundle, "node_down@2h", seed)
    assert found.run is not None
    (fault,) = found.run.cluster.faults.all
    report = found.to_json()
    (told,) = report["faults"]
    assert told["verdict"] == "confirmed"
    assert 40 <= told["seen"]["node-unknown"]["after_seconds"] <= 56
    # 300 s of toleration after that, and the new pods' start.
    assert 340 <= told["seen"]["evicted"]["after_seconds"] <= 360
    assert 340 <= told["recovery_seconds"] <= 600
    # Autoscalers have taken away what nobody uses long before.
    replicas = {
        one["metadata"]["name"]: one["spec"]["replicas"]
        for one in found.run.cluster.store.list(DEPLOYMENTS)
    }
    hit: dict[str, int] = {}
    for _, name, _ in fault.pods:
        owner = name.rsplit("-", 2)[0]
        hit[owner] = hit.get(owner, 0) + 1
    lost = told["lost_seconds"]
    assert set(lost) <= {f"deployment/{name}" for name in hit}
    for name, pods in hit.items():
        seconds = lost.get(f"deployment/{name}", 0)
        if name == "loadgenerator":
            assert seconds == 0  # it has no Service to be probed through
        elif pods == replicas[name]:
            # All of it stood there: silence, toleration, start. Sock Shop's three with an
            # initial delay of three minutes are down for as much longer.
            slow = bundle == "sock-shop.yaml" and name in ("catalogue", "payment", "user")
            assert 340 <= seconds <= (640 if slow else 440), (name, seconds)
        else:
            # Others answered: only probes that met the dead pod while it was listed are lost.
            assert seconds <= 60 * pods / replicas[name] + 20, (name, seconds)
    bundle_lost = told["bundle_lost_seconds"]
    assert max(lost.values(), default=0) <= bundle_lost <= sum(lost.values())
    share = 1 - bundle_lost / 86_400
    assert report["sla"]["bundle"]["sla"]["availability"] == pytest.approx(100 * share, abs=0.001)
    holds = share >= 0.995 and bundle not in NOT_STARTED
    assert report["verdict"]["exit_code"] == (0 if holds else 6)


def test_the_broken_bundle_is_not_deployed() -> None:
    found = judged(BROKEN)
    assert (found.exit_code, found.run) == (3, None)
    lines = {
        (finding.rule, finding.position.line)
        for finding in found.validation.findings
        if finding.severity == "error"
    }
    assert ("E0001", 15) in lines
    assert len(lines) >= 24


def test_the_tenants_calls_to_what_is_not_there_are_told() -> None:
    refused = judged("ecp-tenant").to_json()["calls"]["refused"]
    hosts = {row["host"] for row in refused}
    assert hosts == {"stt-service", "tts-service", "nlp-service", "aicm-service"}
    assert {row["workload"] for row in refused} == {
        "deployment/callbot",
        "deployment/chatbot",
        "deployment/advisor",
    }


def test_a_rehearsed_day_takes_seconds() -> None:
    began = time.process_time()
    judged.__wrapped__("guestbook.yaml", "node_down@2h", 9)
    assert time.process_time() - began < 20
