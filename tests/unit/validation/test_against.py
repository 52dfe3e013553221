"""Judged against a cluster: what an apply makes of what is there, and what admission refuses."""

from typing import Any

import pytest

from ecp.kube.schema import Gvk, schema
from ecp.kube.yaml import read
from ecp.kube.yamlwriter import dump
from ecp.validation import Report, validate
from ecp.validation.applying import applied
from ecp.validation.state import State, is_terminating, resource_of

SHOP = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"


def objects(*texts: str) -> list[Any]:
    return [document.object for text in texts for document in read(text)]


def judged(text: str, *there: str) -> Report:
    return validate(text, against=objects(*there))


def becomes(live: Any, manifest: Any) -> dict[str, Any]:
    node = schema().node(Gvk.of(manifest["apiVersion"], manifest["kind"]))
    return applied(live, manifest, node)


def said(report: Report) -> list[tuple[int, str]]:
    """Return (code, message) of what is refused."""
    return [(one.code, one.message) for one in report.verdicts if not one.accepted]


POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec: {{containers: [{{name: box, image: 'box:1', resources: {resources}}}]}}
"""


def pod(resources: str = "{}", name: str = "box") -> str:
    return POD.format(resources=resources, name=name)


def quota(hard: str, used: str = "") -> str:
    status = f"\nstatus: {{hard: {hard}, used: {used}}}" if used else ""
    return (
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few}\n"
        f"spec: {{hard: {hard}}}{status}\n"
    )


# ---- quotas -----------------------------------------------------------------------------------

_REFUSED = 'pods "box" is forbidden: '


@pytest.mark.parametrize(
    ("text", "there", "message"),
    [
        pytest.param(
            pod("{requests: {cpu: 500m}}"), [quota("{requests.cpu: 1}", "{requests.cpu: 600m}")],
            "exceeded quota: few, requested: requests.cpu=500m, used: requests.cpu=600m, "
            "limited: requests.cpu=1",
            id="what the status says is used counts",
        ),
        pytest.param(
            pod("{requests: {cpu: 500m}}"),
            [quota("{requests.cpu: 1, pods: 1}"), pod("{requests: {cpu: 600m}}", "other")],
            "exceeded quota: few, requested: pods=1,requests.cpu=500m, "
            "used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1",
            id="without a status the pods that are there are added up",
        ),
        pytest.param(
            pod("{requests: {cpu: 400m}}"), [quota("{requests.cpu: 1}", "{requests.cpu: 600m}")],
            "", id="what is left may be used up",
        ),
        pytest.param(
            pod(), [quota("{limits.memory: 1Gi, requests.cpu: 1}")],
            "failed quota: few: must specify limits.memory for: box; requests.cpu for: box",
            id="a quota of cpu and memory wants containers that say them",
        ),
        pytest.param(
            pod(), [quota("{requests.nvidia.com/gpu: 0}")], "",
            id="a quota of anything else does not",
        ),
        pytest.param(
            pod("{limits: {nvidia.com/gpu: 2}}"), [quota("{requests.nvidia.com/gpu: 1}")],
            "exceeded quota: few, requested: requests.nvidia.com/gpu=2, "
            "used: requests.nvidia.com/gpu=0, limited: requests.nvidia.com/gpu=1",
            id="GPUs are counted as they are limited",
        ),
    ],
)  # fmt: skip
def test_quotas(text: str, there: list[str], message: str) -> None:
    wanted = [(403, _REFUSED + message)] if message else []
    assert said(judged(text, *there)) == wanted


def test_each_object_of_an_input_uses_what_the_next_one_lacks() -> None:
    text = "---\n".join(pod(name=f"p{number}") for number in range(3))
    assert said(judged(text, quota("{pods: 2}"))) == [
        (
            403,
            'pods "p2" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, '
            "limited: pods=2",
        )
    ]


def test_an_update_of_what_is_counted_already_needs_no_more() -> None:
    text = pod().replace("box:1", "box:2")
    assert judged(text, quota("{pods: 1}"), pod()).valid


# ---- limit ranges -----------------------------------------------------------------------------


def bounds(limits: str) -> str:
    return (
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds}\n"
        f"spec: {{limits: [{limits}]}}\n"
    )


@pytest.mark.parametrize(
    ("resources", "limits", "message"),
    [
        pytest.param(
            "{requests: {cpu: 5m}, limits: {cpu: 1}}", "{type: Container, min: {cpu: 10m}}",
            "minimum cpu usage per Container is 10m, but request is 5m", id="too little",
        ),
        pytest.param(
            "{}", "{type: Pod, min: {memory: 1Mi}}",
            "minimum memory usage per Pod is 1Mi.  No request is specified",
            id="a bound wants a figure",
        ),
        pytest.param(
            "{}", "{type: Container, min: {memory: 1Mi}}", "",
            id="a minimum for containers is their request where they say none",
        ),
        pytest.param(
            "{}", "{type: Container, max: {cpu: 1}}", "", id="a maximum gives its own as default"
        ),
        pytest.param(
            "{limits: {cpu: 3, memory: 3Gi}}", "{type: Container, max: {cpu: 2, memory: 2Gi}}",
            "[maximum cpu usage per Container is 2, but limit is 3, "
            "maximum memory usage per Container is 2Gi, but limit is 3Gi]",
            id="all that one range has against it comes at once",
        ),
        pytest.param(
            "{limits: {cpu: 3}}", "{type: Pod, max: {cpu: 2}}",
            "maximum cpu usage per Pod is 2, but limit is 3", id="a pod's sum has bounds, too",
        ),
        pytest.param(
            "{requests: {cpu: 100m}, limits: {cpu: 1}}",
            "{type: Container, maxLimitRequestRatio: {cpu: 4}}",
            "cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000",
            id="a limit far above the request",
        ),
    ],
)  # fmt: skip
def test_limit_ranges(resources: str, limits: str, message: str) -> None:
    wanted = [(403, _REFUSED + message)] if message else []
    assert said(judged(pod(resources), bounds(limits))) == wanted


def test_a_range_s_defaults_count_for_a_quota() -> None:
    there = bounds("{type: Container, default: {cpu: 2}, defaultRequest: {cpu: 2}}")
    message = said(judged(pod(), there, quota("{requests.cpu: 1}")))[0][1]
    assert "requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1" in message


def test_claims_have_bounds() -> None:
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 9Gi}}}\n"
    )
    there = bounds("{type: PersistentVolumeClaim, max: {storage: 5Gi}}")
    assert said(judged(claim, there)) == [
        (
            403,
            'persistentvolumeclaims "data" is forbidden: maximum storage usage per '
            "PersistentVolumeClaim is 5Gi, but request is 9Gi",
        )
    ]


# ---- updates ----------------------------------------------------------------------------------

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}, volumeName: v1}
status: {phase: Bound, capacity: {storage: 5Gi}}
"""


@pytest.mark.parametrize(
    ("old", "change", "message"),
    [
        pytest.param(SERVICE, {}, "", id="what is there already may be applied again"),
        pytest.param(
            SERVICE.replace("spec: {", "spec: {clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], "),
            {"clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], ": ""},
            "", id="an address that is left out stays what it was",
        ),
        pytest.param(
            SERVICE.replace("spec: {", "spec: {clusterIP: 10.0.0.7, "), {"0.7": "0.8"},
            'spec.clusterIPs[0]: Invalid value: ["10.0.0.8"]: may not change once set',
            id="and may not become another",
        ),
        pytest.param(CLAIM, {"5Gi}}, vol": "8Gi}}, vol"}, "", id="a bound claim may grow"),
        pytest.param(
            CLAIM, {"5Gi}}, vol": "4Gi}}, vol"},
            "spec.resources.requests.storage: Forbidden: field can not be less than "
            "status.capacity",
            id="and may not shrink",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nimmutable: true\ndata: {a: YQ==}\n",
            {"YQ==": "Yg=="},
            "data: Forbidden: field is immutable when `immutable` is set",
            id="an immutable Secret keeps its data",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: Opaque\ndata: {a: YQ==}\n",
            {"Opaque": "example.com/own"},
            'type: Invalid value: "example.com/own": field is immutable',
            id="and any Secret its type",
        ),
    ],
)  # fmt: skip
def test_updates(old: str, change: dict[str, str], message: str) -> None:
    text = old
    for was, now in change.items():
        assert was in text
        text = text.replace(was, now, 1)
    found = said(judged(text, old))
    assert len(found) == bool(message)
    for code, told in found:
        assert code == 422
        assert message in told


def test_what_the_cluster_added_is_not_a_change() -> None:
    live = objects(SERVICE)[0]
    live["metadata"] |= {"uid": "u", "resourceVersion": "9"}
    live["spec"] |= {"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"]}
    assert judged(SERVICE, dump(live)).valid
    found = becomes(live, objects(SERVICE)[0])
    assert found["spec"]["clusterIP"] == "10.0.0.7"


def test_what_was_applied_last_time_and_is_not_now_goes() -> None:
    old, new = objects(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: '1', b: '2'}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: '1'}}",
    )
    assert becomes(old, new)["data"] == {"a": "1"}
    theirs = {**old, "metadata": {"name": "c", "uid": "u"}}
    assert becomes(theirs, new)["data"] == {"a": "1", "b": "2"}


# ---- where there is nothing, and what a state is ----------------------------------------------


def test_nothing_is_said_of_a_cluster_that_is_not_given() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: nowhere}\n"
    assert validate(text).findings == ()
    assert said(judged(text, SHOP)) == [(404, 'namespaces "nowhere" not found')]
    assert judged(f"{SHOP.replace('shop', 'nowhere')}\n---\n{text}", SHOP).valid


def test_objects_without_a_namespace_are_in_default_whatever_the_input_is_in() -> None:
    state = State(objects("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"))
    assert state.find("", "ConfigMap", "default", "c") is not None
    world = state.with_(objects("{apiVersion: v1, kind: Secret, metadata: {name: s}}"), "shop")
    assert world.find("", "Secret", "shop", "s") is not None
    assert world.find("", "ConfigMap", "default", "c") is not None
    assert state.find("", "Secret", "shop", "s") is None


@pytest.mark.parametrize(
    ("meta", "going"),
    [
        pytest.param({"name": "a"}, False, id="one that stays"),
        pytest.param({"name": "a", "deletionTimestamp": "t"}, True, id="one that a server deletes"),
        pytest.param({"name": "a", "finalizers": []}, True, id="one that only its content holds"),
        pytest.param({"name": "b", "finalizers": []}, False, id="one that nothing holds"),
    ],
)
def test_a_namespace_on_its_way_out(meta: dict[str, Any], going: bool) -> None:
    held = {"name": "c", "namespace": "a", "finalizers": ["example.com/hold"]}
    state = State([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": held}])
    assert is_terminating({"kind": "Namespace", "metadata": meta}, state) is going


@pytest.mark.parametrize(
    ("group", "kind", "resource"),
    [
        ("", "ConfigMap", "configmaps"),
        ("networking.k8s.io", "Ingress", "ingresses.networking.k8s.io"),
        ("networking.k8s.io", "NetworkPolicy", "networkpolicies.networking.k8s.io"),
        ("", "Endpoints", "endpoints"),
    ],
)
def test_resources_are_named_as_the_server_names_them(group: str, kind: str, resource: str) -> None:
    assert resource_of(group, kind) == resource
