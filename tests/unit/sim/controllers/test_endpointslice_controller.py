"""Slices of endpoints: who is in them, in what state, and how little a change moves."""

from typing import Any

import pytest
from controller_objects import NODES, NOW, NS, PODS, Seen, meta, node, pod

from ecp.kube.kinds import ENDPOINTSLICES, SERVICES
from ecp.sim.controllers import endpointslice as module
from ecp.sim.plans import Create, Delete, Plan, Update
from ecp.sim.store import Obj


def service(**spec: Any) -> Obj:
    return {
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


def serving(name: str, ip: str, *, ports: Any = (), **more: Any) -> Obj:
    found = pod(name, labels={"app": "web"}, **more)
    found["status"]["podIP"] = ip
    found["status"]["podIPs"] = [{"ip": ip}]
    found["spec"]["containers"][0]["ports"] = list(ports)
    return found


def sync(seen: Seen) -> Plan:
    return module.controller().reconcile(NOW, (NS, "web"), seen)


def written(seen: Seen) -> list[Obj]:
    """Carry the plan's slices out into the store, and return them."""
    made = []
    for number, action in enumerate(sync(seen).actions):
        if isinstance(action, Delete):
            seen.delete(ENDPOINTSLICES, action.key, at=NOW, cause="", actor="t")
            continue
        assert isinstance(action, Create | Update)
        obj = action.obj
        if isinstance(action, Create):
            name = f"web-{number}-{len(seen.list(ENDPOINTSLICES))}"
            obj = {**obj, "metadata": {**obj["metadata"], "name": name, "uid": f"uid-{name}"}}
        seen.take(ENDPOINTSLICES, obj)
        made.append(obj)
    return made


def test_a_slice_is_written_as_the_real_one_writes_it() -> None:
    seen = Seen().take(NODES, node("n-0", zone="z1")).take(SERVICES, service())
    seen.take(PODS, serving("a", "10.0.0.1"))
    (made,) = written(seen)
    assert made["metadata"]["generateName"] == "web-"
    assert made["metadata"]["labels"] == {
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": "web",
    }
    assert made["metadata"]["annotations"] == {
        "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-04T23:59:30Z"
    }
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Service"
    assert made["addressType"] == "IPv4"
    assert made["ports"] == [{"name": "", "protocol": "TCP", "port": 8080}]
    assert made["endpoints"] == [
        {
            "addresses": ["10.0.0.1"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "targetRef": {"kind": "Pod", "namespace": NS, "name": "a", "uid": "uid-a"},
            "nodeName": "n-0",
            "zone": "z1",
        }
    ]
    assert sync(seen).actions == ()


@pytest.mark.parametrize(
    ("more", "spec", "expected"),
    [
        pytest.param({}, {}, (True, True, False), id="a ready pod"),
        pytest.param({"ready": False}, {}, (False, False, False), id="an unready pod is listed"),
        pytest.param(
            {"deletionTimestamp": "t"},
            {},
            (False, True, True),
            id="a terminating pod that still serves",
        ),
        pytest.param(
            {"ready": False},
            {"publishNotReadyAddresses": True},
            (True, False, False),
            id="published though not ready",
        ),
    ],
)
def test_conditions_of_an_endpoint(more: Any, spec: Any, expected: tuple[bool, ...]) -> None:
    seen = Seen().take(NODES, node("n-0")).take(SERVICES, service(**spec))
    seen.take(PODS, serving("a", "10.0.0.1", **more))
    (made,) = written(seen)
    assert tuple(made["endpoints"][0]["conditions"].values()) == expected


def test_pods_without_address_or_done_are_left_out_and_an_empty_slice_stays() -> None:
    seen = Seen().take(NODES, node("n-0")).take(SERVICES, service())
    seen.take(PODS, pod("young"), serving("done", "10.0.0.1", phase="Succeeded"))
    (made,) = written(seen)
    assert (made["endpoints"], made["ports"]) == ([], [])
    assert sync(seen).actions == ()


def test_a_name_of_a_port_is_looked_up_in_each_pod() -> None:
    seen = Seen().take(NODES, node("n-0"))
    seen.take(SERVICES, service(ports=[{"name": "http", "port": 80, "targetPort": "web"}]))
    for name, ip, number in (("a", "10.0.0.1", 8080), ("b", "10.0.0.2", 9090)):
        seen.take(PODS, serving(name, ip, ports=[{"name": "web", "containerPort": number}]))
    seen.take(PODS, serving("c", "10.0.0.3"))
    found = {
        tuple(p["port"] for p in made["ports"]): [e["targetRef"]["name"] for e in made["endpoints"]]
        for made in written(seen)
    }
    assert found == {(8080,): ["a"], (9090,): ["b"], (): ["c"]}


def test_a_hundred_in_a_slice_and_a_change_moves_only_its_own() -> None:
    seen = Seen().take(NODES, node("n-0")).take(SERVICES, service())
    pods = [serving(f"p{n:03}", f"10.0.{n // 200}.{n % 200 + 1}") for n in range(250)]
    seen.take(PODS, *pods)
    assert [len(made["endpoints"]) for made in written(seen)] == [100, 100, 50]
    seen.take(PODS, serving("p000", "10.0.0.1", ready=False))
    (changed,) = written(seen)
    assert len(changed["endpoints"]) == 100
    seen.delete(PODS, (NS, "p000"), at=NOW, cause="", actor="t")
    seen.take(PODS, serving("new", "10.0.9.9"))
    (changed,) = written(seen)
    assert [len(changed["endpoints"]), changed["endpoints"][-1]["targetRef"]["name"]] == [
        100,
        "new",
    ]


def test_a_new_endpoint_fills_the_slice_it_fits_best() -> None:
    seen = Seen().take(NODES, node("n-0")).take(SERVICES, service())
    seen.take(PODS, *(serving(f"p{n:03}", f"10.0.0.{n + 1}") for n in range(130)))
    written(seen)
    seen.take(PODS, serving("new", "10.0.9.9"))
    (changed,) = written(seen)
    assert len(changed["endpoints"]) == 31


def test_a_headless_service_says_so_and_its_labels_are_copied() -> None:
    headless = service(clusterIP="None")
    headless["metadata"]["labels"] = {"team": "a", "kubernetes.io/service-name": "lie"}
    seen = Seen().take(NODES, node("n-0")).take(SERVICES, headless)
    seen.take(PODS, serving("a", "10.0.0.1"))
    (made,) = written(seen)
    assert made["metadata"]["labels"] == {
        "team": "a",
        "service.kubernetes.io/headless": "",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"selector": None}, id="without a selector"),
        pytest.param({"type": "ExternalName"}, id="of type ExternalName"),
    ],
)
def test_services_that_are_left_alone(spec: Any) -> None:
    seen = Seen().take(NODES, node("n-0")).take(SERVICES, service(**spec))
    seen.take(PODS, serving("a", "10.0.0.1"))
    assert sync(seen).actions == ()


def test_only_what_a_service_sees_of_a_pod_wakes_it() -> None:
    seen = Seen().take(SERVICES, service())
    watch = module.controller().watches[PODS]

    def woken(obj: Obj) -> list[Any]:
        seen.take(PODS, obj)
        return list(watch(seen.log[-1], seen))

    key = (NS, "web")
    assert woken(pod("a", ready=False)) == []
    assert woken(serving("a", "10.0.0.1", ready=False)) == [key]
    assert woken(serving("a", "10.0.0.1", ready=False, restarts=3)) == []
    assert woken(serving("a", "10.0.0.1")) == [key]


@pytest.mark.parametrize(
    ("distribution", "hints"),
    [
        pytest.param(None, None, id="nothing is said"),
        pytest.param("PreferClose", {"forZones": [{"name": "z1"}]}, id="close: the zone"),
        pytest.param("PreferSameZone", {"forZones": [{"name": "z1"}]}, id="the zone"),
        pytest.param(
            "PreferSameNode",
            {"forZones": [{"name": "z1"}], "forNodes": [{"name": "n-0"}]},
            id="the node, and the zone",
        ),
    ],
)
def test_hints_say_for_whom_an_endpoint_is(distribution: str | None, hints: Obj | None) -> None:
    spec = {"trafficDistribution": distribution} if distribution else {}
    seen = Seen().take(NODES, node("n-0", zone="z1")).take(SERVICES, service(**spec))
    seen.take(PODS, serving("a", "10.0.0.1"))
    seen.take(PODS, serving("b", "10.0.0.2", ready=False))
    (made,) = written(seen)
    ready, unready = made["endpoints"]
    assert ready.get("hints") == hints
    assert "hints" not in unready
