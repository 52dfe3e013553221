"""Endpoints of a Service: who is in them, and what is written by hand becomes slices."""

from typing import Any

import pytest
from controller_objects import NOW, NS, PODS, Seen, meta, pod

from ecp.kube.errors import Forbidden
from ecp.kube.kinds import ENDPOINTS, ENDPOINTSLICES, SERVICES
from ecp.sim.controllers import endpointmirroring, endpoints
from ecp.sim.plans import NOTHING, Create, Delete, Plan, Update
from ecp.sim.store import Obj

KEY = (NS, "web")
MANAGED = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
OVER = "endpoints.kubernetes.io/over-capacity"


def service(labels: dict[str, str] | None = None, **spec: Any) -> Obj:
    found: Obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta("web"),
        "spec": {
            "selector": {"app": "web"},
            "clusterIP": "10.96.0.9",
            "ipFamilies": ["IPv4"],
            "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}],
            **spec,
        },
    }
    if labels is not None:
        found["metadata"]["labels"] = labels
    return found


def serving(name: str, ip: str, **more: Any) -> Obj:
    found = pod(name, labels={"app": "web"}, **more)
    found["status"]["podIP"] = ip
    found["status"]["podIPs"] = [{"ip": ip}]
    return found


def sync(seen: Seen) -> Plan:
    return endpoints.controller().reconcile(NOW, KEY, seen)


def made(seen: Seen) -> Obj:
    """Carry the plan's object out into the store, and return it."""
    (action,) = sync(seen).actions
    assert isinstance(action, Create | Update)
    own = {"uid": "uid-web", **action.obj["metadata"]}
    seen.take(ENDPOINTS, {**action.obj, "metadata": own})
    return action.obj


def test_endpoints_are_written_as_the_real_ones_are() -> None:
    seen = Seen().take(SERVICES, service({"team": "a"})).take(PODS, serving("a", "10.0.0.1"))
    found = made(seen)
    assert found["metadata"]["labels"] == {"team": "a", **MANAGED}
    assert found["metadata"]["annotations"] == {TRIGGER: service()["metadata"]["creationTimestamp"]}
    target = {"kind": "Pod", "namespace": NS, "name": "a", "uid": "uid-a"}
    address = {"ip": "10.0.0.1", "nodeName": "n-0", "targetRef": target}
    assert found["subsets"] == [
        {"addresses": [address], "ports": [{"port": 8080, "protocol": "TCP"}]}
    ]
    assert sync(seen) == NOTHING


@pytest.mark.parametrize(
    ("spec", "pods", "wanted"),
    [
        pytest.param({}, [], None, id="without pods there are no subsets"),
        pytest.param({}, [pod("a", labels={"app": "web"})], None, id="a pod without an address"),
        pytest.param(
            {},
            [serving("a", "10.0.0.1", ready=False)],
            ([], ["10.0.0.1"]),
            id="one that is not ready is listed apart",
        ),
        pytest.param(
            {},
            [serving("a", "10.0.0.1", deletionTimestamp="t")],
            None,
            id="a terminating one is left out",
        ),
        pytest.param(
            {"publishNotReadyAddresses": True},
            [
                serving("a", "10.0.0.1", ready=False),
                serving("b", "10.0.0.2", deletionTimestamp="t"),
            ],
            (["10.0.0.1", "10.0.0.2"], []),
            id="but not where all are published",
        ),
        pytest.param(
            {"ports": [{"port": 80, "targetPort": "web"}]},
            [serving("a", "10.0.0.1")],
            None,
            id="a pod without the port of that name",
        ),
        pytest.param(
            {"clusterIP": "None", "ports": []},
            [serving("a", "10.0.0.1")],
            (["10.0.0.1"], []),
            id="a headless Service needs no ports",
        ),
        pytest.param(
            {"ports": []}, [serving("a", "10.0.0.1")], None, id="another one without ports has none"
        ),
    ],
)
def test_who_is_in_endpoints(spec: Any, pods: list[Obj], wanted: Any) -> None:
    found = made(Seen().take(SERVICES, service(**spec)).take(PODS, *pods))
    if wanted is None:
        assert "subsets" not in found
    else:
        (subset,) = found["subsets"]
        listed = [
            [one["ip"] for one in subset.get(field, ())]
            for field in ("addresses", "notReadyAddresses")
        ]
        assert tuple(listed) == wanted


def test_a_headless_service_says_so_and_a_service_without_selector_is_left_alone() -> None:
    found = made(Seen().take(SERVICES, service(clusterIP="None")))
    assert found["metadata"]["labels"] == {**MANAGED, "service.kubernetes.io/headless": ""}
    assert sync(Seen().take(SERVICES, service(selector=None))) == NOTHING
    assert sync(Seen().take(SERVICES, service(type="ExternalName"))) == NOTHING


def test_endpoints_go_with_their_service_whoever_wrote_them() -> None:
    by_hand = {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta("web")}
    (action,) = sync(Seen().take(ENDPOINTS, by_hand)).actions
    assert action == Delete(ENDPOINTS, KEY, uid="uid-web")


def test_of_more_than_a_thousand_the_ready_ones_stay() -> None:
    seen = Seen().take(SERVICES, service())
    many = [serving(f"p{n:04}", f"10.{n // 200}.0.{n % 200 + 1}") for n in range(700)]
    others = [
        serving(f"q{n:04}", f"10.9.{n // 200}.{n % 200 + 1}", ready=False) for n in range(700)
    ]
    found = made(seen.take(PODS, *many, *others))
    (subset,) = found["subsets"]
    assert [len(subset[field]) for field in ("addresses", "notReadyAddresses")] == [700, 300]
    assert found["metadata"]["annotations"][OVER] == "truncated"


def test_the_first_change_since_the_last_sync_is_named_and_then_nothing() -> None:
    loop = endpoints.controller()
    seen = Seen().take(SERVICES, service()).take(PODS, serving("a", "10.0.0.1", ready=False))
    (action,) = loop.reconcile(NOW, KEY, seen).actions
    assert isinstance(action, Create)
    seen.take(ENDPOINTS, action.obj)
    ready = serving("a", "10.0.0.1")
    ready["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-05T00:00:07Z"
    # A restart in between changes nothing: what was seen is kept.
    again = endpoints.controller()
    assert loop.snapshot is not None
    assert again.restore is not None
    again.restore(loop.snapshot())
    (action,) = again.reconcile(NOW, KEY, seen.take(PODS, ready)).actions
    assert isinstance(action, Update)
    assert action.obj["metadata"]["annotations"] == {TRIGGER: "2026-01-05T00:00:07Z"}


@pytest.mark.parametrize(
    ("why", "events"),
    [
        ("unable to create new content in namespace shop because it is being terminated", []),
        ("exceeded quota: few", ["FailedToCreateEndpoint"]),
    ],
    ids=["a namespace that goes away is not complained of", "a quota is, and tried again"],
)
def test_a_refusal(why: str, events: list[str]) -> None:
    seen = Seen().take(SERVICES, service())
    loop = endpoints.controller()
    (action,) = loop.reconcile(NOW, KEY, seen).actions
    assert loop.refused is not None
    plan = loop.refused(NOW, KEY, action, Forbidden(ENDPOINTS, "web", why), seen)
    assert [note.reason for note in plan.events] == events
    assert (plan.wake_at is not None) == bool(events)


# -- Endpoints by hand ----------------------------------------------------------------------------

BY_HAND = {
    "apiVersion": "v1",
    "kind": "Endpoints",
    "metadata": {**meta("web"), "labels": {"team": "a"}, "annotations": {TRIGGER: "t", "n": "1"}},
    "subsets": [
        {
            "addresses": [{"ip": "192.0.2.1"}],
            "notReadyAddresses": [{"ip": "2001:db8::1", "hostname": "db"}],
            "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}],
        }
    ],
}


def mirrored(seen: Seen) -> Plan:
    return endpointmirroring.controller().reconcile(NOW, KEY, seen)


def test_endpoints_by_hand_become_a_slice_for_each_family() -> None:
    seen = Seen().take(SERVICES, service(selector=None)).take(ENDPOINTS, BY_HAND)
    plan = mirrored(seen)
    objects = [action.obj for action in plan.actions if isinstance(action, Create)]
    assert [(one["addressType"], one["endpoints"]) for one in objects] == [
        ("IPv4", [{"addresses": ["192.0.2.1"], "conditions": {"ready": True}}]),
        (
            "IPv6",
            [{"addresses": ["2001:db8::1"], "conditions": {"ready": False}, "hostname": "db"}],
        ),
    ]
    own = objects[0]["metadata"]
    assert own["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    assert own["annotations"] == {"n": "1"}
    assert own["ownerReferences"][0]["kind"] == "Endpoints"
    for number, one in enumerate(objects):
        name = f"web-{number}"
        seen.take(ENDPOINTSLICES, {**one, "metadata": {**one["metadata"], **meta(name)}})
    assert mirrored(seen) == NOTHING
    moved = {**BY_HAND, "subsets": [{"addresses": [{"ip": "192.0.2.2"}]}]}
    kinds = [type(action) for action in mirrored(seen.take(ENDPOINTS, moved)).actions]
    assert kinds == [Update, Delete]


@pytest.mark.parametrize(
    ("labels", "spec"),
    [
        ({"endpointslice.kubernetes.io/skip-mirror": "true"}, {"selector": None}),
        ({}, {"selector": {"app": "web"}}),
    ],
    ids=["who asks to be skipped is", "a Service with a selector has slices of its own"],
)
def test_what_is_not_mirrored(labels: dict[str, str], spec: Any) -> None:
    found = {**BY_HAND, "metadata": {**meta("web"), "labels": labels}}
    assert mirrored(Seen().take(SERVICES, service(**spec)).take(ENDPOINTS, found)) == NOTHING
