"""Defaulting: what a real server stored, for every object that a recording created."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube import defaults
from ecp.kube.patch import apply
from ecp.kube.patch.merge_keys import of_schema
from ecp.kube.structural import prepared

Object = dict[str, Any]
GOLDEN = Path(__file__).parents[2] / "golden" / "defaults"
CREATED = [
    json.loads(line) for line in (GOLDEN / "creates.jsonl").read_text(encoding="utf-8").splitlines()
]
BUILT_IN = [one for one in CREATED if one["answer"]["kind"] not in ("Gadget", "ClusterThing")]
CUSTOM = [one for one in CREATED if one["answer"]["kind"] == "Gadget"]
IDS = [f"{one['answer']['kind']} of {one['id']}" for one in BUILT_IN]

SYSTEM = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace")
# What admission, strategies with more to know than the object, and controllers add. Path → why.
ADDED_BY_OTHERS = {
    r"Pod\.spec\.(volumes|serviceAccount|serviceAccountName)": "service account admission",
    r"Pod\.spec\.containers\[\d+\]\.volumeMounts": "service account admission",
    r"Pod\.spec\.(priority|priorityClassName|preemptionPolicy)": "priority admission",
    r"Pod\.spec\.tolerations": "default tolerations admission",
    r"Pod\.spec\.overhead": "runtime class admission",
    r"Pod\.spec\.containers\[\d+\]\.resources\.(limits|requests)": "limit range admission",
    r"Pod\.metadata\.annotations": "limit range admission",
    r"Pod\.status\.(phase|qosClass)": "pod strategy",
    r"Service\.spec\.(clusterIP|clusterIPs|healthCheckNodePort)": "allocators",
    r"Service\.spec\.ports\[\d+\]\.nodePort": "allocators",
    r"Job\.(spec\.template\.)?metadata\.labels": "job strategy",
    r"Job\.spec\.selector": "job strategy",
    r"PersistentVolume(Claim)?\.metadata\.finalizers": "storage protection admission",
    r"PersistentVolumeClaim\.spec\.storageClassName": "default storage class admission",
    r"PersistentVolume\.status\.lastPhaseTransitionTime": "volume strategy",
    r"Ingress\.spec\.ingressClassName": "default ingress class admission",
    r"Node\.spec\.taints": "taint admission",
    r"Namespace\.metadata\.(name|labels)": "a name made from generateName",
    r"ClusterRole\.rules": "aggregation controller",
    r"ConfigMap\.metadata\.ownerReferences": "duplicates dropped by the registry",
}


def without_system(obj: Object) -> Object:
    return {**obj, "metadata": {k: v for k, v in obj["metadata"].items() if k not in SYSTEM}}


def differing(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in ours or name not in theirs:
                yield f"{path}.{name}"
            else:
                yield from differing(ours[name], theirs[name], f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (left, right) in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(left, right, f"{path}[{at}]")
    elif ours != theirs:
        yield path


@pytest.mark.parametrize("one", BUILT_IN, ids=IDS)
def test_an_object_is_stored_as_the_server_stores_it(one: Object) -> None:
    answer = one["answer"]
    ours = without_system(defaults.default(answer["kind"], one["request"]))
    paths = differing(ours, without_system(answer), answer["kind"])
    unexplained = [
        path for path in paths if not any(re.fullmatch(known, path) for known in ADDED_BY_OTHERS)
    ]
    assert unexplained == []


@pytest.mark.parametrize("one", BUILT_IN, ids=IDS)
def test_the_creator_owns_what_it_wrote_and_the_defaults(one: Object) -> None:
    recorded = one["answer"]["metadata"].get("managedFields", [])
    written = defaults.decoded(one["answer"]["kind"], one["request"])
    manager = recorded[0]["manager"] if recorded else "golden-client"
    owners = apply.update_owners(None, written, (), manager=manager, time="time")
    timeless = [{**entry, "time": "time"} for entry in recorded]
    assert json.dumps(apply.render(owners, written)) == json.dumps(timeless)


@pytest.mark.parametrize("one", BUILT_IN, ids=IDS)
def test_defaulting_twice_changes_nothing_and_copies_nothing(one: Object) -> None:
    kind = one["answer"]["kind"]
    stored = defaults.default(kind, one["request"])
    assert defaults.default(kind, stored) is stored
    assert one["request"] == json.loads(json.dumps(one["request"]))


@pytest.mark.parametrize("one", CUSTOM, ids=[one["id"] for one in CUSTOM])
def test_a_custom_resource_gets_the_defaults_of_its_schema(one: Object) -> None:
    crd = json.loads((GOLDEN / "gadgets-crd.json").read_text(encoding="utf-8"))
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    stored = prepared(one["request"], schema)
    answer = one["answer"]
    # The status of a kind with a status subresource is not written by a create.
    assert stored["spec"] == answer["spec"]
    owners = apply.update_owners(
        None, stored, (), manager="golden-client", time="time", type_=of_schema(schema)
    )
    recorded = answer["metadata"]["managedFields"][0]["fieldsV1"]
    assert apply.render(owners, stored, of_schema(schema))[0]["fieldsV1"] == recorded


def pod(**container: Any) -> Object:
    spec = {"containers": [{"name": "c", "image": "i:1", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def stored_container(**container: Any) -> Object:
    found: Object = defaults.default("pods", pod(**container))["spec"]["containers"][0]
    return found


CONTAINERS = [
    (
        "a probe",
        {"readinessProbe": {"httpGet": {"port": 80}, "initialDelaySeconds": 0}},
        {
            "readinessProbe": {
                "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                "timeoutSeconds": 1,
                "periodSeconds": 10,
                "successThreshold": 1,
                "failureThreshold": 3,
            }
        },
    ),
    (
        "a gRPC probe",
        {"livenessProbe": {"grpc": {"port": 1}, "periodSeconds": 5}},
        {
            "livenessProbe": {
                "grpc": {"port": 1, "service": ""},
                "timeoutSeconds": 1,
                "periodSeconds": 5,
                "successThreshold": 1,
                "failureThreshold": 3,
            }
        },
    ),
    (
        "limits become requests, canonically",
        {"resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}, "requests": {"cpu": "0.25"}}},
        {
            "resources": {
                "limits": {"cpu": "500m", "memory": "1Gi"},
                "requests": {"cpu": "250m", "memory": "1Gi"},
            }
        },
    ),
    (
        "a quantity finer than a milli unit is rounded up",
        {"resources": {"requests": {"cpu": "100u"}}},
        {"resources": {"requests": {"cpu": "1m"}}},
    ),
    (
        "what is no quantity is left for validation",
        {"resources": {"requests": {"cpu": "lots"}}},
        {"resources": {"requests": {"cpu": "lots"}}},
    ),
    (
        "references in the environment",
        {
            "env": [
                {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "B", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                {"name": "C", "value": ""},
            ]
        },
        {
            "env": [
                {
                    "name": "A",
                    "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
                },
                {
                    "name": "B",
                    "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}},
                },
                {"name": "C"},
            ]
        },
    ),
    (
        "ports, and false for a plain boolean",
        {"ports": [{"containerPort": 80, "hostPort": 0}], "stdin": False, "args": []},
        {"ports": [{"containerPort": 80, "protocol": "TCP"}]},
    ),
]


@pytest.mark.parametrize(
    ("given_", "stored"), [r[1:] for r in CONTAINERS], ids=[r[0] for r in CONTAINERS]
)
def test_a_container_gets(given_: Object, stored: Object) -> None:
    fixed = {
        "name": "c",
        "image": "i:1",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    assert stored_container(**given_) == {**fixed, **stored}


IMAGES = [
    ("nginx", "Always"),
    ("nginx:latest", "Always"),
    ("nginx:1.27", "IfNotPresent"),
    ("registry.example:5000/team/app", "Always"),
    ("registry.example:5000/team/app:2", "IfNotPresent"),
    ("app@sha256:" + "a" * 64, "IfNotPresent"),
    ("app:latest@sha256:" + "a" * 64, "Always"),
    ("NOT/a valid::image", "IfNotPresent"),
    ("", "IfNotPresent"),
]


@pytest.mark.parametrize(("image", "policy"), IMAGES, ids=[row[0][:30] or "none" for row in IMAGES])
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    assert defaults.pull_policy(image) == policy


VOLUMES = [
    ("none is an empty directory", {}, {"emptyDir": {}}),
    (
        "a secret",
        {"secret": {"secretName": "s"}},
        {"secret": {"secretName": "s", "defaultMode": 420}},
    ),
    ("a host path", {"hostPath": {"path": "/x"}}, {"hostPath": {"path": "/x", "type": ""}}),
    (
        "a projection",
        {
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "t"}},
                    {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "x"}}]}},
                ]
            }
        },
        {
            "projected": {
                "defaultMode": 420,
                "sources": [
                    {"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}},
                    {
                        "downwardAPI": {
                            "items": [
                                {"path": "n", "fieldRef": {"apiVersion": "v1", "fieldPath": "x"}}
                            ]
                        }
                    },
                ],
            }
        },
    ),
    (
        "an ephemeral claim",
        {"ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}},
        {
            "ephemeral": {
                "volumeClaimTemplate": {
                    "metadata": {},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {},
                        "volumeMode": "Filesystem",
                    },
                }
            }
        },
    ),
]


@pytest.mark.parametrize(
    ("given_", "stored"), [r[1:] for r in VOLUMES], ids=[r[0] for r in VOLUMES]
)
def test_a_volume_gets(given_: Object, stored: Object) -> None:
    obj = pod()
    obj["spec"]["volumes"] = [{"name": "v", **given_}]
    assert defaults.default("Pod", obj)["spec"]["volumes"] == [{"name": "v", **stored}]


def test_a_template_is_not_a_pod() -> None:
    template = {"spec": pod(resources={"limits": {"cpu": "1"}})["spec"]}
    obj = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "s"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    spec = defaults.default("statefulsets.apps", obj)["spec"]["template"]["spec"]
    assert "enableServiceLinks" not in spec
    assert spec["containers"][0]["resources"] == {"limits": {"cpu": "1"}}


def test_a_host_network_pod_uses_its_ports_on_the_host() -> None:
    obj = pod(ports=[{"containerPort": 80}])
    obj["spec"]["hostNetwork"] = True
    ports = defaults.default("Pod", obj)["spec"]["containers"][0]["ports"]
    assert ports == [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]


def sized(name: str, restart: str = "", **resources: Object) -> Object:
    policy = {"restartPolicy": restart} if restart else {}
    return {"name": name, "image": "i", "resources": resources, **policy}


@pytest.mark.parametrize(
    ("resources", "containers", "starting", "stored"),
    [
        pytest.param(
            {"limits": {"cpu": "4"}},
            [sized("a", requests={"cpu": "500m", "memory": "1Gi"}), sized("b", limits={"cpu": 1})],
            [],
            {"limits": {"cpu": "4"}, "requests": {"cpu": "1500m", "memory": "1Gi"}},
            id="a pod asks for what its containers ask for",
        ),
        pytest.param(
            {"limits": {"memory": "1Gi"}}, [sized("a")], [],
            {"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}},
            id="else for its limit",
        ),
        pytest.param(
            {"limits": {"cpu": "4"}},
            [sized("a", requests={"cpu": "1"})],
            [sized("s", "Always", requests={"cpu": "1"}), sized("i", requests={"cpu": "2"})],
            {"limits": {"cpu": "4"}, "requests": {"cpu": "3"}},
            id="for the most while it starts, beside a sidecar",
        ),
        pytest.param(
            {"requests": {"cpu": "1"}},
            [sized("a", limits={"hugepages-2Mi": "4Mi"}, requests={"hugepages-2Mi": "4Mi"})],
            [],
            {
                "limits": {"hugepages-2Mi": "4Mi"},
                "requests": {"cpu": "1", "hugepages-2Mi": "4Mi"},
            },
            id="huge pages are limited to those of the containers",
        ),
        pytest.param(
            {"requests": {"cpu": "1"}}, [sized("a", requests={"memory": "1Gi"})], [],
            {"requests": {"cpu": "1"}},
            id="without a limit nothing is added",
        ),
    ],
)  # fmt: skip
def test_a_pod_s_own_resources_get(
    resources: Object, containers: list[Object], starting: list[Object], stored: Object
) -> None:
    spec = {"resources": resources, "containers": containers, "initContainers": starting}
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    once = defaults.default("Pod", obj)
    assert once["spec"]["resources"] == stored
    assert defaults.default("Pod", once) == once


def test_string_data_is_encoded_and_not_stored() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "YQ=="},
        "stringData": {"b": "b"},
    }
    stored = defaults.default("secrets", secret)
    assert stored["data"] == {"a": "YQ==", "b": "Yg=="}
    assert stored["type"] == "Opaque"
    assert "stringData" not in stored


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "1", "x", "500Mi"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "spec",
                    "template",
                    "containers",
                    "resources",
                    "limits",
                    "cpu",
                    "ports",
                    "strategy",
                    "metadata",
                    "labels",
                    "name",
                    "env",
                    "type",
                    "status",
                    "volumes",
                    "replicas",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(
    st.sampled_from(
        [
            "Pod",
            "Deployment",
            "Service",
            "HorizontalPodAutoscaler",
            "Job",
            "Node",
            "CustomResourceDefinition",
            "NetworkPolicy",
            "StatefulSet",
            "Namespace",
        ]
    ),
    st.dictionaries(st.sampled_from(["spec", "metadata", "status"]), JSON),
)
def test_no_object_however_mistyped_breaks_defaulting_and_it_is_idempotent(
    kind: str, obj: Object
) -> None:
    versions = {
        "Deployment": "apps/v1",
        "StatefulSet": "apps/v1",
        "Job": "batch/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "NetworkPolicy": "networking.k8s.io/v1",
        "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    }
    whole = {"apiVersion": versions.get(kind, "v1"), "kind": kind, **obj}
    before = json.dumps(whole)
    once = defaults.default(kind, whole)
    assert defaults.default(kind, once) == once
    assert json.dumps(whole) == before
