"""One tenant for each thing that keeps a release from starting: who, why, what to change.

Each is judged twice: by the rehearsal that ran it, and as the orchestrator does, from what the API
shows and what the cluster tried. There is one judgement.
"""

import json
import re
from typing import Any

import pytest
import yaml

from ecp.kube.kinds import BUILT_IN, PODS
from ecp.kube.times import rfc3339
from ecp.manifests import TenantSpec, generate
from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.rehearsal.bundle import Ref
from ecp.rehearsal.judgement import Judgement
from ecp.rehearsal.judging import judge_behind_api
from ecp.rehearsal.rehearse import rehearse
from ecp.rehearsal.run import Run
from ecp.rehearsal.startup import READY_DEADLINE
from ecp.rehearsal.troubles import cause_text, remedy_text, wavering
from ecp.sim.engine.engine import SECOND
from ecp.simulator.rest.starting import evidence
from ecp.workloads.demand import TenantDemand
from ecp.workloads.sizing import size

HOUR = 3600 * SECOND
NAMESPACE = "default"
NOTE = "sim.ecp-ai.io/"
Obj = dict[str, Any]


def deployment(
    name: str = "web", replicas: int = 1, notes: dict[str, str] | None = None, **container: Any
) -> Obj:
    spec: Obj = {
        "containers": [
            {
                "name": "c",
                "image": "example/app:1",
                "ports": [{"containerPort": 8080}],
                **container,
            }
        ]
    }
    for field in (
        "volumes",
        "initContainers",
        "serviceAccountName",
        "nodeSelector",
        "tolerations",
        "affinity",
    ):
        if field in spec["containers"][0]:
            spec[field] = spec["containers"][0].pop(field)
    annotations = {NOTE + key: value for key, value in (notes or {}).items()}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": annotations},
                "spec": spec,
            },
        },
    }


def service(name: str = "web", app: str = "", **port: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "selector": {"app": app or name},
            "ports": [{"port": 80, "targetPort": 8080, **port}],
        },
    }


def another(kind: str, name: str, notes: dict[str, str] | None = None, **spec: Any) -> Obj:
    """Return a StatefulSet, DaemonSet or Job with the pods that `deployment` makes."""
    found = deployment(name, notes=notes)
    del found["spec"]["replicas"]
    if kind == "Job":
        found["apiVersion"] = "batch/v1"
        del found["spec"]["selector"]
        found["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    if kind == "StatefulSet":
        found["spec"]["serviceName"] = name
    found["kind"] = kind
    found["spec"] |= spec
    return found


FAILS = {"exit-after": "2s", "exit-code": "3"}


def policy(name: str, selects: str, **spec: Any) -> Obj:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"podSelector": {"matchLabels": {"app": selects}}, **spec},
    }


def autoscaler(most: int) -> Obj:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
            "maxReplicas": most,
        },
    }


def claim(storage_class: str, mode: str = "ReadWriteOnce") -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": NAMESPACE},
        "spec": {
            "accessModes": [mode],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": storage_class,
        },
    }


def storage_class(name: str, provisioner: str) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
    }


def using_a_claim(**more: Any) -> Obj:
    return deployment(
        volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
        volumeMounts=[{"name": "d", "mountPath": "/data"}],
        **more,
    )


def calling(host: str, name: str = "web", **more: Any) -> Obj:
    return deployment(name, env=[{"name": "STT_ENDPOINT", "value": f"http://{host}"}], **more)


def quota(**hard: str) -> Obj:
    names = {name.replace("_", "."): value for name, value in hard.items()}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small", "namespace": NAMESPACE},
        "spec": {"hard": names},
    }


LIMITED = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "bounds", "namespace": NAMESPACE},
    "spec": {"limits": [{"type": "Container", "max": {"memory": "1Gi"}}]},
}


def gpus(number: int) -> Obj:
    return {"limits": {"nvidia.com/gpu": number}}


STT = (deployment("stt"), service("stt"))
ANY = [{}]
ON_80 = {"ports": [{"protocol": "TCP", "port": 8080}]}
DNS = {"ports": [{"protocol": "UDP", "port": 53}]}

# (object, cause, words of the cause, words of the remedy), the objects of the tenant.
TENANTS = [
    pytest.param(
        ("deployment/web", "unschedulable", "nvidia.com/gpu 9", "toleration"),
        (deployment(replicas=2, resources=gpus(9)), service()),
        id="more GPUs than any node has, and no toleration",
    ),
    pytest.param(
        (
            "deployment/web",
            "unschedulable",
            "wait for a node with nvidia.com/gpu 2 each",
            "2 pods ask for nvidia.com/gpu 2 each",
        ),
        (
            deployment(
                replicas=8,
                resources=gpus(2),
                tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists"}],
            ),
            service(),
        ),
        id="more GPUs in all than the cluster has",
    ),
    pytest.param(
        ("deployment/web", "unschedulable", "wait for a node with disk=gold each", "nodeSelector"),
        (deployment(replicas=2, nodeSelector={"disk": "gold"}), service()),
        id="a node selector that no node has",
    ),
    pytest.param(
        ("deployment/web", "unschedulable", "cpu 400", "ask for less"),
        (deployment(resources={"requests": {"cpu": "400"}}), service()),
        id="more processors than any node has",
    ),
    pytest.param(
        ("deployment/web", "claim", 'data: storageclass.storage.k8s.io "gold"', "fast-ssd"),
        (using_a_claim(), service(), claim("gold")),
        id="a claim of a class that the cluster does not have",
    ),
    pytest.param(
        ("deployment/web", "claim", "external provisioner 'ebs.csi.aws.com'", "driver"),
        (using_a_claim(), service(), claim("gp3"), storage_class("gp3", "ebs.csi.aws.com")),
        id="a claim of a class whose driver the cluster does not have",
    ),
    pytest.param(
        ("deployment/web", "claim", "MULTI_NODE_MULTI_WRITER", "shared-file"),
        (using_a_claim(), service(), claim("standard", "ReadWriteMany")),
        id="a claim for many nodes of a driver that serves one",
    ),
    pytest.param(
        ("deployment/web", "claim", "no storage class is set", "PersistentVolume"),
        (using_a_claim(), service(), claim("")),
        id="a claim of no class for which there is no volume",
    ),
    pytest.param(
        ("deployment/web", "attach", "already used by pod(s)", "StatefulSet"),
        (
            using_a_claim(
                replicas=2,
                affinity={
                    "podAntiAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": [
                            {
                                "labelSelector": {"matchLabels": {"app": "web"}},
                                "topologyKey": "kubernetes.io/hostname",
                            }
                        ]
                    }
                },
            ),
            service(),
            claim("standard"),
        ),
        id="two nodes that want a volume for one",
    ),
    pytest.param(
        ("deployment/web", "unschedulable", '"data" not found', "PersistentVolumeClaim"),
        (
            deployment(
                volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
            ),
            service(),
        ),
        id="a claim that is not there",
    ),
    pytest.param(
        ("deployment/web", "image", "example/app:1", "push it"),
        (deployment(notes={"image-missing": "true"}), service()),
        id="an image that no registry has",
    ),
    pytest.param(
        ("deployment/web", "image-name", "Example/APP", "lower case"),
        (deployment(image="Example/APP"), service()),
        id="an image whose name is none",
    ),
    pytest.param(
        ("deployment/web", "crash", "exit code 3", "logs --previous"),
        (deployment(notes={"exit-after": "1s", "exit-code": "3"}), service()),
        id="a container that ends again and again",
    ),
    pytest.param(
        ("deployment/web", "oom", "killed for want of memory", "limits.memory"),
        (
            deployment(
                notes={"memory": "1Gi"},
                resources={"limits": {"memory": "300Mi"}},
            ),
            service(),
        ),
        id="more memory than its limit",
    ),
    pytest.param(
        ("deployment/web", "probe", "Readiness probe failed", "port and path"),
        (deployment(readinessProbe={"tcpSocket": {"port": 9999}}), service()),
        id="a readiness probe where nothing listens",
    ),
    pytest.param(
        ("deployment/web", "probe", "Liveness probe failed", "port and path"),
        (
            deployment(
                readinessProbe={"tcpSocket": {"port": 8080}, "initialDelaySeconds": 60},
                livenessProbe={"tcpSocket": {"port": 9999}},
            ),
            service(),
        ),
        id="a liveness probe that kills it",
    ),
    pytest.param(
        ("deployment/web", "init-waits", "init container setup", "must end"),
        (
            deployment(
                notes={"exit-after.setup": "2h"},
                initContainers=[{"name": "setup", "image": "example/waits:1"}],
            ),
            service(),
        ),
        id="an init container that does not end",
    ),
    pytest.param(
        ("deployment/web", "config", 'configmap "nowhere" not found', "ConfigMap"),
        (deployment(envFrom=[{"configMapRef": {"name": "nowhere"}}]), service()),
        id="a ConfigMap that is not there",
    ),
    pytest.param(
        ("deployment/web", "config", "couldn't find key token", "key"),
        (
            deployment(
                env=[
                    {
                        "name": "TOKEN",
                        "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}},
                    }
                ]
            ),
            service(),
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "keys", "namespace": NAMESPACE},
                "data": {"other": "eA=="},
            },
        ),
        id="a Secret without the key",
    ),
    pytest.param(
        ("deployment/web", "mount", 'secret "nowhere" not found', "add what the volume"),
        (
            deployment(
                volumes=[{"name": "s", "secret": {"secretName": "nowhere"}}],
                volumeMounts=[{"name": "s", "mountPath": "/s"}],
            ),
            service(),
        ),
        id="a volume of a Secret that is not there",
    ),
    pytest.param(
        ("deployment/web", "create-refused", "nobody", "service account"),
        (deployment(serviceAccountName="nobody"), service()),
        id="a service account that is not there",
    ),
    pytest.param(
        ("service/web", "wrong-port", "9999", "targetPort"),
        (deployment(), service(targetPort=9999)),
        id="a targetPort where nothing listens",
    ),
    pytest.param(
        ("service/web", "no-port-name", '"http"', "name the container port"),
        (deployment(), service(targetPort="http")),
        id="a targetPort that names no port",
    ),
    pytest.param(
        ("service/web", "selects-nothing", "app=other", "selector"),
        (deployment(), service(app="other")),
        id="a selector that selects nothing",
    ),
    pytest.param(
        ("service/web", "policy-ingress", "deny", "admit"),
        (deployment(), service(), policy("deny", "web")),
        id="a policy that lets nobody in",
    ),
    pytest.param(
        (
            "deployment/web",
            "calls-nothing",
            "web calls stt-service, which does not exist",
            "add a Service stt-service",
        ),
        (calling("stt-service:80"), service()),
        id="a dependency that does not exist",
    ),
    pytest.param(
        ("deployment/web", "calls-port", "it has 80", "add port 81"),
        (calling("stt:81"), service(), *STT),
        id="a port that the dependency does not have",
    ),
    pytest.param(
        ("deployment/web", "cut-egress", "does not let it out to port 8080", "port 8080 of stt"),
        (calling("stt:80"), service(), *STT, policy("quiet", "web", policyTypes=["Egress"])),
        id="a policy of the caller that cuts the call",
    ),
    pytest.param(
        ("deployment/web", "cut-dns", "UDP port 53", "UDP and TCP port 53"),
        (
            calling("stt:80"),
            service(),
            *STT,
            policy("no-dns", "web", policyTypes=["Egress"], egress=[ON_80]),
        ),
        id="a policy of the caller that forgets the DNS",
    ),
    pytest.param(
        ("deployment/web", "cut-ingress", "does not let it in to port 8080", "the pods of web"),
        (
            calling("stt:80"),
            service(),
            *STT,
            deployment("batch"),
            policy(
                "only-batch",
                "stt",
                ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "batch"}}}]}],
            ),
        ),
        id="a policy of the dependency that admits another caller only",
    ),
    pytest.param(
        (
            "horizontalpodautoscaler/web",
            "scales-below",
            "maxReplicas 2 is below the 3 replicas",
            "raise maxReplicas to 3",
        ),
        (deployment(replicas=3), service(), autoscaler(2)),
        id="an autoscaler that takes away what the bundle asks for",
    ),
    pytest.param(
        (
            "deployment/web",
            "create-refused",
            "2 of 4 pods were refused by the server: pods",
            "raise the ResourceQuota",
        ),
        (deployment(replicas=4), service(), quota(pods="2")),
        id="more pods than the quota has room for",
    ),
    pytest.param(
        (
            "deployment/web",
            "create-refused",
            "failed quota: small: must specify requests.cpu for: c",
            "into every container",
        ),
        (deployment(), service(), quota(requests_cpu="2")),
        id="a container that does not say what the quota counts",
    ),
    pytest.param(
        (
            "deployment/web",
            "create-refused",
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
            "LimitRange allows",
        ),
        (deployment(resources={"limits": {"memory": "2Gi"}}), service(), LIMITED),
        id="a limit beyond what the namespace bears",
    ),
    pytest.param(
        (
            "job/migrate",
            "job-failed",
            "BackoffLimitExceeded: Job has reached the specified backoff limit); 2 pods failed, "
            "the last one's containers ended with exit code 3",
            "kubectl logs job/NAME",
        ),
        (deployment(), service(), another("Job", "migrate", FAILS, backoffLimit=1)),
        id="a Job that fails at its backoff limit",
    ),
    pytest.param(
        ("job/migrate", "job-retries", "tries again after", "backoffLimit"),
        (
            deployment(),
            service(),
            another("Job", "migrate", FAILS | {"exit-after": "40s"}, backoffLimit=9),
        ),
        id="a Job that fails again and again until the deadline",
    ),
    pytest.param(
        ("statefulset/db", "crash", "ends with exit code 3 again and again", "kubectl logs"),
        (another("StatefulSet", "db", FAILS, replicas=2),),
        id="a StatefulSet that does not come to its second pod",
    ),
    pytest.param(
        ("daemonset/agent", "image", "cannot pull image", "correct the image's name"),
        (another("DaemonSet", "agent", {"image-missing": "true"}),),
        id="a DaemonSet without an image",
    ),
]  # fmt: skip


def ran(*objects: Obj, until: int = READY_DEADLINE) -> Run:
    run = Run(list(objects), length=HOUR)
    run.proceed(run.cluster.now + until + SECOND)
    return run


def behind_api(run: Run) -> Judgement:
    """Judge what *run* has as the orchestrator does: lists of objects, and the evidence as JSON."""
    cluster = run.cluster
    resources = [kind.resource for kind in BUILT_IN.kinds if kind.namespaced]
    objects = {
        resource: [{**obj} for obj in cluster.store.list(resource, NAMESPACE)]
        for resource in resources
    }
    view = NamespaceView(cluster.now, json.loads(json.dumps(objects)))
    tried = json.loads(json.dumps(evidence(cluster, "t", NAMESPACE, run.start.began)))
    return judge_behind_api(
        view, run.objects, tried, began=run.start.began, now=cluster.now
    )  # fmt: skip


@pytest.mark.parametrize(("wanted", "objects"), TENANTS)
def test_what_does_not_start_is_told(wanted: tuple[str, ...], objects: tuple[Obj, ...]) -> None:
    word, cause, said, remedy = wanted
    run = ran(*objects)
    assert run.start.confirmed is None
    assert [(trouble.ref.word, trouble.cause) for trouble in run.troubles] == [(word, cause)]
    trouble = run.troubles[0]
    assert said in cause_text(trouble, "en")
    assert remedy in remedy_text(trouble, "en")
    for speak in (cause_text, remedy_text):
        assert re.search("[가-힣]", speak(trouble, "ko"))
        # Particles that fit any word are no Korean that anybody writes.
        assert not re.search(r"[이은을와]\([가는를과]\)|\(으\)로|\(이\)라", speak(trouble, "ko"))
    judged = behind_api(run)
    assert not judged.started
    assert [(t.ref, t.cause) for t in judged.troubles] == [(t.ref, t.cause) for t in run.troubles]


def test_what_starts_is_confirmed_with_the_time_of_each_condition() -> None:
    run = ran(calling("stt:80", replicas=2), service(), *STT, until=60 * SECOND)
    assert run.start.confirmed is not None
    body = behind_api(run).to_json("en")
    assert body["started"]
    assert body["problems"] == []
    times = [body["conditions"][name]["seconds"] for name in body["conditions"]]
    assert list(body["conditions"]) == [
        "workloads_available",
        "services_with_endpoints",
        "dependencies_answering",
        "entry_requests_served",
    ]
    assert all(body["conditions"][name]["met"] for name in body["conditions"])
    assert 0 < times[0] <= times[3]
    assert times[1] <= times[3]
    assert body["seconds"] == times[3]
    assert [entry["object"] for entry in body["entries"]] == ["service/web"]
    assert body["dependencies"]["declared"] == body["dependencies"]["answering"] == 1


@pytest.mark.parametrize(
    ("notes", "least"),
    [
        pytest.param({"exit-after": "20s"}, 20, id="a Job that is complete"),
        pytest.param({"exit-after": "2h"}, 60, id="a Job at work for a minute"),
    ],
)
def test_sets_and_jobs_are_confirmed_as_well(notes: dict[str, str], least: int) -> None:
    run = ran(
        another("StatefulSet", "db", replicas=2),
        service("db"),
        another("DaemonSet", "agent"),
        another("Job", "migrate", notes),
    )
    assert run.start.confirmed is not None, [cause_text(t, "en") for t in run.troubles]
    assert least <= (run.start.confirmed - run.start.began) / SECOND < 600
    judged = behind_api(run)
    assert judged.started
    assert {item.ref.word: item.since is not None for item in judged.workloads} == {
        "statefulset/db": True,
        "daemonset/agent": True,
        "job/migrate": True,
    }


def test_while_it_starts_it_is_neither_started_nor_in_trouble() -> None:
    run = ran(deployment(), service(), until=2 * SECOND)
    judged = behind_api(run)
    assert not judged.started
    assert not judged.settled
    assert not judged.stalled
    assert judged.troubles == ()


def test_ready_without_a_served_request_is_not_settled() -> None:
    run = ran(deployment(notes={"start-after": "40s"}), service(), until=25 * SECOND)
    judged = behind_api(run)
    assert judged.ready
    assert not judged.started
    assert not judged.settled
    assert not judged.conditions()["entry_requests_served"][0]


def test_a_call_that_the_caller_spares_keeps_nobody_waiting() -> None:
    run = ran(
        calling("tracing:80", notes={"optional-calls": "tracing, metrics"}),
        service(),
        until=60 * SECOND,
    )
    assert run.start.confirmed is not None
    assert [(call.host, call.spared) for call in run.calls] == [("tracing", True)]


def test_a_dependency_in_a_ring_is_entered_somewhere() -> None:
    run = ran(
        calling("b:80", "a"), service("a"), calling("a:80", "b"), service("b"), until=60 * SECOND
    )
    assert run.start.confirmed is not None
    assert sorted(ref.name for ref, _ in run.entries) == ["a", "b"]


def test_a_release_is_not_over_while_objects_are_still_to_come() -> None:
    run = ran(deployment(), service(), until=60 * SECOND)
    view = NamespaceView(run.cluster.now, {})
    tried = evidence(run.cluster, "t", NAMESPACE, run.start.began)
    judged = judge_behind_api(
        view, [], tried, coming=run.objects, began=run.start.began, now=run.cluster.now
    )
    assert not judged.started
    assert not judged.settled
    assert judged.troubles == ()


NOBODY = policy("nobody", "web", policyTypes=["Ingress"])


@pytest.mark.parametrize(
    ("objects", "causes"),
    [
        ((calling("stt:80"), service()), []),
        ((calling(f"stt.{NAMESPACE}:80"), service()), []),
        ((calling(f"stt.{NAMESPACE}.svc.cluster.local:80"), service()), []),
        ((calling("tts:80"), service()), ["calls-nothing"]),
        ((deployment(), service(), NOBODY), []),
    ],
    ids=[
        "a Service by its name",
        "by its namespace",
        "by all its name",
        "another that nobody brings",
        "callers that a policy lets in",
    ],
)
def test_what_a_later_wave_brings_is_missed_by_nobody(
    objects: tuple[Obj, ...], causes: list[str]
) -> None:
    run = ran(*objects, until=READY_DEADLINE)
    cluster = run.cluster
    resources = [kind.resource for kind in BUILT_IN.kinds if kind.namespaced]
    there = {name: list(cluster.store.list(name, NAMESPACE)) for name in resources}
    tried = json.loads(json.dumps(evidence(cluster, "t", NAMESPACE, run.start.began)))
    view = NamespaceView(cluster.now, there)
    timed: dict[str, int] = {"began": run.start.began, "now": cluster.now}
    judged = judge_behind_api(view, run.objects, tried, coming=list(STT), **timed)
    assert [trouble.cause for trouble in judged.troubles] == causes
    assert not judged.settled
    # Without it coming, it is told.
    assert judge_behind_api(view, run.objects, tried, **timed).troubles


@pytest.mark.parametrize("after", [60 * SECOND, READY_DEADLINE], ids=["before", "at the deadline"])
def test_nobody_served_is_not_started_although_everything_answers(after: int) -> None:
    run = ran(deployment(), service(), until=after)
    view = NamespaceView(
        run.cluster.now,
        {
            kind.resource: list(run.cluster.store.list(kind.resource, NAMESPACE))
            for kind in BUILT_IN.kinds
            if kind.namespaced
        },
    )
    tried = evidence(run.cluster, "t", NAMESPACE, run.start.began)
    entry = {"name": "web", "served": None, "path": "web", "reason": "overload"}
    judged = judge_behind_api(
        view,
        run.objects,
        {**tried, "entries": [entry]},
        began=run.start.began,
        now=run.start.began + after,
    )
    assert judged.ready
    assert not judged.started
    late = after == READY_DEADLINE
    assert judged.settled == late
    assert [trouble.cause for trouble in judged.troubles] == (["entry"] if late else [])
    for trouble in judged.troubles:
        assert "more requests than its pods can serve" in cause_text(trouble, "en")
        assert "파드가 처리할 수 있는 것보다 많은 요청" in cause_text(trouble, "ko")


def test_a_generated_tenant_boots_fully_on_the_default_model() -> None:
    spec = TenantSpec("acme", TenantDemand(callbot=10, chatbot=50, advisor=5))
    bundle = generate(spec, size(spec.demand))
    found = rehearse(yaml.safe_dump_all([dict(obj) for obj in bundle.objects]), for_ns=HOUR)
    assert found.exit_code == 0
    assert found.run is not None
    assert found.run.troubles == []
    assert found.run.calls == []
    body = found.to_json()["startup"]
    assert body["confirmed"]
    assert all(condition["met"] for condition in body["conditions"].values())
    assert all(row["available_after"] for row in body["workloads"])
    assert body["entries"]


@pytest.mark.parametrize(
    ("ran_s", "since_s", "doubtful"),
    [
        pytest.param(20, 10, True, id="it has not run for as long as before it crashed"),
        pytest.param(20, 40, False, id="it outlived its last run"),
        pytest.param(3600, 10, False, id="it had started long before it crashed"),
    ],
)
def test_a_container_that_crashed_is_doubted_until_it_outlives_it(
    ran_s: int, since_s: int, doubtful: bool
) -> None:
    now = 1_767_600_000 * SECOND
    began = now - since_s * SECOND
    row = {
        "name": "c",
        "ready": True,
        "restartCount": 1,
        "state": {"running": {"startedAt": rfc3339(began)}},
        "lastState": {
            "terminated": {
                "exitCode": 1,
                "startedAt": rfc3339(began - ran_s * SECOND),
                "finishedAt": rfc3339(began),
            }
        },
    }
    pod = {
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "status": {"containerStatuses": [row]},
    }
    view = NamespaceView(now, {PODS: [pod]})
    found = wavering(view, Ref(PODS, NAMESPACE, "web"), now)
    assert [trouble.cause for trouble in found] == (["crash"] if doubtful else [])


@pytest.mark.parametrize(
    ("resource", "word"),
    [
        ("deployments.apps", "deployment/a"),
        ("networkpolicies.networking.k8s.io", "networkpolicy/a"),
        ("ingresses.networking.k8s.io", "ingress/a"),
        ("networkchaos.chaos-mesh.org", "networkchaos/a"),
        ("endpoints", "endpoints/a"),
    ],
)
def test_an_object_is_called_as_kubectl_calls_it(resource: str, word: str) -> None:
    assert Ref(resource, "n", "a").word == word
