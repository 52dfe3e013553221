"""Names, endpoints, policies and connections over a store and a world filled by hand."""

from typing import Any

import pytest

from ecp.kube.kinds import (
    CONFIGMAPS,
    ENDPOINTSLICES,
    NAMESPACES,
    NETWORKPOLICIES,
    PODS,
    SERVICES,
)
from ecp.sim.engine.chance import Chance
from ecp.sim.network import Call, Peer, connect, cut_by, declared_calls, peer_of, resolve
from ecp.sim.network.connect import Outcome
from ecp.sim.store import Obj, Store
from ecp.sim.world import ContainerRun, PodRun, World
from ecp.texts import text

NOW = 1_000_000_000_000
NS = "shop"


class Net:
    """A little cluster: what is said, and what is."""

    def __init__(self) -> None:
        self.store = Store()
        self.world = World(Chance(1))
        for name in (NS, "jaeger", "monitoring"):
            self.put(NAMESPACES, "", name, {"metadata": {"labels": {"name": name}}})

    def put(self, resource: str, namespace: str, name: str, obj: Obj) -> Obj:
        meta = {"uid": f"uid-{resource}-{name}", **(obj.get("metadata") or {}), "name": name}
        if namespace:
            meta["namespace"] = namespace
        change = self.store.put(
            resource, (namespace, name), {**obj, "metadata": meta}, (), at=NOW, cause="", actor="t"
        )
        return change.object

    def service(self, name: str, namespace: str = NS, **spec: Any) -> Obj:
        spec = {"clusterIP": f"10.96.0.{len(name)}", "selector": {"app": name}, **spec}
        spec.setdefault("ports", [{"port": 80, "targetPort": 8080}])
        return self.put(SERVICES, namespace, name, {"spec": spec})

    def pod(
        self,
        name: str,
        *,
        app: str = "web",
        ready: bool = True,
        ports: tuple[int, ...] = (8080,),
        listens: int = 0,
        node: str = "n1",
        namespace: str = NS,
        **spec: Any,
    ) -> Obj:
        containers = [
            {
                "name": "c",
                "image": "i",
                "ports": [{"name": f"p{port}", "containerPort": port} for port in ports],
            }
        ]
        conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
        found = self.put(
            PODS,
            namespace,
            name,
            {
                "metadata": {"labels": {"app": app}},
                "spec": {"nodeName": node, "containers": containers, **spec},
                "status": {"podIP": f"10.244.0.{len(name)}", "conditions": conditions},
            },
        )
        run = PodRun(found["metadata"]["uid"], (namespace, name), node)
        container = ContainerRun("c", "app", ports)
        container.started_at, container.listens_at = 0, listens
        run.containers = [container]
        self.world.add_pod(run)
        return found

    def slice(self, service: str, *pods: Obj, port: int = 8080, namespace: str = NS) -> None:
        endpoints = [
            {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": pod["spec"]["nodeName"],
                "targetRef": {
                    "kind": "Pod",
                    "namespace": namespace,
                    "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                },
            }
            for pod in pods
        ]
        self.put(
            ENDPOINTSLICES,
            namespace,
            f"{service}-1",
            {
                "metadata": {"labels": {"kubernetes.io/service-name": service}},
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": [{"name": "", "port": port, "protocol": "TCP"}],
            },
        )

    def policy(self, name: str, namespace: str = NS, **spec: Any) -> None:
        self.put(NETWORKPOLICIES, namespace, name, {"spec": {"podSelector": {}, **spec}})

    def call(
        self,
        name: str = "web",
        port: int | None = 80,
        *,
        client: Peer | None = None,
        unit: float = 0.0,
    ) -> Outcome:
        client = client or Peer(NS, {"app": "caller"}, {"name": NS})
        return connect(self.store, self.world, NOW, client, name, port, unit=unit)


@pytest.fixture
def net() -> Net:
    return Net()


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("web", "service", id="a Service of the own namespace"),
        pytest.param("web.shop", "service", id="with its namespace"),
        pytest.param("web.shop.svc", "service", id="with svc"),
        pytest.param("web.shop.svc.cluster.local", "service", id="in full"),
        pytest.param("web.shop.svc.cluster.local.", "service", id="in full with the root's dot"),
        pytest.param("WEB", "service", id="letters of any case"),
        pytest.param("zipkin", "unknown", id="a Service of another namespace, without it"),
        pytest.param("zipkin.jaeger", "service", id="a Service of another namespace"),
        pytest.param("web.jaeger", "unknown", id="a namespace that has no such Service"),
        pytest.param("web.nowhere.svc.cluster.local", "unknown", id="no such namespace, in full"),
        pytest.param("api.example.com", "outside", id="a name of the world outside"),
        pytest.param("cache.amazonaws.com", "outside", id="an external name that looks like one"),
        pytest.param("10.96.0.3", "service", id="a cluster address"),
        pytest.param("10.244.0.5", "pod", id="a pod's address"),
        pytest.param("8.8.8.8", "outside", id="an address outside"),
        pytest.param("localhost", "self", id="the pod itself"),
        pytest.param("db", "outside", id="an ExternalName is what it points at"),
        pytest.param("loop", "unknown", id="ExternalNames in a ring lead nowhere"),
        pytest.param("web-0.peers", "pod", id="a pod under its headless Service"),
        pytest.param("web-0.peers.shop.svc.cluster.local", "pod", id="the same in full"),
        pytest.param("web-9.peers", "outside", id="no such pod: the resolver goes on outside"),
    ],
)
def test_a_name_means(net: Net, name: str, kind: str) -> None:
    net.service("web")
    net.service("zipkin", "jaeger")
    net.service("db", type="ExternalName", externalName="db.example.com", clusterIP="")
    net.service("loop", type="ExternalName", externalName="loop.shop.svc.cluster.local")
    net.service("peers", clusterIP="None")
    pod = net.pod("web-0")
    net.slice("peers", pod)
    found = net.store.get(ENDPOINTSLICES, NS, "peers-1")
    assert found is not None
    endpoints = [{**found["endpoints"][0], "hostname": "web-0"}]
    net.put(ENDPOINTSLICES, NS, "peers-1", {**found, "endpoints": endpoints})
    assert resolve(net.store, name, NS).kind == kind


# -- connections -----------------------------------------------------------------------------------


def test_a_call_reaches_a_pod_that_listens(net: Net) -> None:
    net.service("web")
    net.slice("web", net.pod("a"))
    outcome = net.call()
    assert (outcome.ok, outcome.pod) == (True, (NS, "a"))


def test_a_draw_picks_among_the_listed_endpoints(net: Net) -> None:
    net.service("web")
    net.slice("web", net.pod("a"), net.pod("bb"), net.pod("ccc"))
    assert [net.call(unit=unit).pod[1] for unit in (0.0, 0.34, 0.67, 0.999)] == [
        "a",
        "bb",
        "ccc",
        "ccc",
    ]


def test_a_dead_endpoint_that_is_still_listed_fails_its_share(net: Net) -> None:
    net.service("web")
    net.slice("web", net.pod("a"), net.pod("bb", node="n2"))
    net.world.set_node("n2", False, NOW)
    assert [net.call(unit=unit).cause for unit in (0.2, 0.7)] == ["", "node-down"]


@pytest.mark.parametrize(
    ("cause", "arrange"),
    [
        pytest.param("no-such-name", lambda net: None, id="no such Service"),
        pytest.param(
            "no-such-port",
            lambda net: net.service("web", ports=[{"port": 8000}]),
            id="the Service has other ports",
        ),
        pytest.param("selects-nothing", lambda net: net.service("web"), id="no pod is selected"),
        pytest.param(
            "no-selector", lambda net: net.service("web", selector=None), id="no selector"
        ),
        pytest.param(
            "none-ready",
            lambda net: (net.service("web"), net.pod("a", ready=False)),
            id="pods that are not ready",
        ),
        pytest.param(
            "no-port-name",
            lambda net: (
                net.service("web", ports=[{"port": 80, "targetPort": "http"}]),
                net.pod("a"),
            ),
            id="a port name that no container has",
        ),
        pytest.param(
            "wrong-port",
            lambda net: (net.service("web"), net.slice("web", net.pod("a"), port=9999)),
            id="a target port on which nothing listens",
        ),
        pytest.param(
            "starting",
            lambda net: (net.service("web"), net.slice("web", net.pod("a", listens=NOW + 1))),
            id="listed before it listens",
        ),
        pytest.param(
            "hung",
            lambda net: (
                net.service("web"),
                net.slice("web", net.pod("a")),
                net.world.hang("uid-pods-a", True),
            ),
            id="a process that hangs",
        ),
        pytest.param(
            "no-process",
            lambda net: (
                net.service("web"),
                net.slice("web", net.pod("a")),
                net.world.crash("uid-pods-a", "", 1, "Error", NOW),
            ),
            id="a process that died",
        ),
        pytest.param(
            "no-pod",
            lambda net: (
                net.service("web"),
                net.slice("web", net.pod("a")),
                net.store.delete(PODS, (NS, "a"), at=NOW, cause="", actor="t"),
            ),
            id="a pod that is gone",
        ),
        pytest.param(
            "policy-ingress",
            lambda net: (
                net.service("web"),
                net.slice("web", net.pod("a")),
                net.policy("deny-all", policyTypes=["Ingress"]),
            ),
            id="a policy that lets nobody in",
        ),
        pytest.param(
            "policy-egress",
            lambda net: (
                net.service("web"),
                net.slice("web", net.pod("a")),
                net.policy(
                    "shut", podSelector={"matchLabels": {"app": "caller"}}, policyTypes=["Egress"]
                ),
            ),
            id="a policy that lets the caller nowhere",
        ),
    ],
)
def test_a_call_is_refused_with_its_cause(net: Net, cause: str, arrange: Any) -> None:
    arrange(net)
    outcome = net.call()
    assert (outcome.ok, outcome.cause) == (False, cause)
    assert text(outcome.text, "ko", **outcome.values)
    assert text(outcome.text, "en", **outcome.values)


def test_endpoints_that_leave_serve_when_no_other_does(net: Net) -> None:
    net.service("web")
    net.slice("web", net.pod("a"))
    found = net.store.get(ENDPOINTSLICES, NS, "web-1")
    assert found is not None
    leaving = {"ready": False, "serving": True, "terminating": True}
    endpoints = [{**found["endpoints"][0], "conditions": leaving}]
    net.put(ENDPOINTSLICES, NS, "web-1", {**found, "endpoints": endpoints})
    assert net.call().ok


def test_a_headless_service_translates_no_port(net: Net) -> None:
    net.service("web", clusterIP="None", ports=[{"port": 80, "targetPort": 8080}])
    net.slice("web", net.pod("a"))
    assert net.call(port=8080).ok
    assert net.call(port=80).cause == "wrong-port"


# -- policies --------------------------------------------------------------------------------------

FROM_SHOP = [{"namespaceSelector": {"matchLabels": {"name": NS}}}]


@pytest.mark.parametrize(
    ("passes", "spec"),
    [
        pytest.param(False, {"ingress": []}, id="selected and nothing allowed: nobody"),
        pytest.param(True, {"ingress": [{}]}, id="an empty rule allows all"),
        pytest.param(True, {"ingress": [{"from": []}]}, id="an empty list of peers is no limit"),
        pytest.param(True, {"podSelector": {"matchLabels": {"app": "x"}}}, id="not selected: open"),
        pytest.param(
            True,
            {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]},
            id="an egress policy of the target",
        ),
        pytest.param(
            True, {"ingress": [{"from": [{"podSelector": {}}]}]}, id="any pod of the namespace"
        ),
        pytest.param(True, {"ingress": [{"from": FROM_SHOP}]}, id="a namespace by its labels"),
        pytest.param(
            False,
            {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"name": "other"}}}]}]},
            id="another namespace",
        ),
        pytest.param(
            False,
            {"ingress": [{"from": [{**FROM_SHOP[0], "podSelector": {"matchLabels": {"a": "b"}}}]}]},
            id="both selectors of one peer must match",
        ),
        pytest.param(
            True,
            {"ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}, *FROM_SHOP]}]},
            id="one of two peers is enough",
        ),
        pytest.param(True, {"ingress": [{"ports": [{"port": 8080}]}]}, id="the port by number"),
        pytest.param(
            False, {"ingress": [{"ports": [{"port": 80}]}]}, id="the Service's port is not it"
        ),
        pytest.param(True, {"ingress": [{"ports": [{"port": "p8080"}]}]}, id="the port by name"),
        pytest.param(
            False, {"ingress": [{"ports": [{"port": "http"}]}]}, id="no port of that name"
        ),
        pytest.param(
            True, {"ingress": [{"ports": [{"port": 8000, "endPort": 8100}]}]}, id="within a range"
        ),
        pytest.param(
            False, {"ingress": [{"ports": [{"port": 8081, "endPort": 8100}]}]}, id="below a range"
        ),
        pytest.param(
            False,
            {"ingress": [{"ports": [{"protocol": "UDP", "port": 8080}]}]},
            id="other protocol",
        ),
        pytest.param(
            True,
            {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]},
            id="an address block",
        ),
        pytest.param(
            False,
            {
                "ingress": [
                    {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.244.0.0/16"]}}]}
                ]
            },
            id="a hole in an address block",
        ),
    ],
)
def test_a_policy_lets_pass(net: Net, passes: bool, spec: dict[str, Any]) -> None:
    target = net.pod("a")
    source = Peer(NS, {"app": "caller"}, {"name": NS}, "10.244.0.9")
    net.policy("p", **spec)
    assert (cut_by(net.store, source, peer_of(net.store, target), 8080) is None) == passes


def test_what_one_policy_allows_no_other_forbids(net: Net) -> None:
    target = net.pod("a")
    net.policy("deny-all")
    net.policy("let-in", ingress=[{}])
    source = Peer(NS, {}, {"name": NS})
    assert cut_by(net.store, source, peer_of(net.store, target), 8080) is None


def test_the_cut_names_its_policies(net: Net) -> None:
    target = net.pod("a")
    net.policy("b-deny")
    net.policy("a-deny")
    cut = cut_by(net.store, Peer("jaeger", {}, {}), peer_of(net.store, target), 8080)
    assert cut is not None
    assert (cut.direction, cut.policies) == ("ingress", ("a-deny", "b-deny"))


def test_no_policy_selects_a_pod_on_the_hosts_network(net: Net) -> None:
    target = net.pod("a", hostNetwork=True)
    net.policy("deny-all")
    assert cut_by(net.store, Peer(NS, {}, {}), peer_of(net.store, target), 8080) is None


# -- declared calls --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "calls"),
    [
        pytest.param("STT_ENDPOINT", "http://stt-service:8080", [("stt-service", 8080)], id="URL"),
        pytest.param("DB", "postgres://u:p@db.shop/x?y=z", [("db.shop", 5432)], id="scheme's port"),
        pytest.param("DB", "jdbc:mysql://db:3307/x", [("db", 3307)], id="JDBC"),
        pytest.param("CART_ADDR", "cart:7070", [("cart", 7070)], id="host:port"),
        pytest.param(
            "KAFKA", "k-0.k:9092,k-1.k:9092", [("k-0.k", 9092), ("k-1.k", 9092)], id="list"
        ),
        pytest.param(
            "ZIPKIN",
            "zipkin.jaeger.svc.cluster.local",
            [("zipkin.jaeger.svc.cluster.local", None)],
            id="a name of the cluster",
        ),
        pytest.param(
            "REDIS_HOST", "redis", [("redis", None)], id="a bare host in a host's variable"
        ),
        pytest.param("GET_HOSTS_FROM", "dns", [], id="a bare word"),
        pytest.param("LOG_LEVEL", "info", [], id="another bare word"),
        pytest.param("PORT", "8080", [], id="a number"),
        pytest.param("START", "12:30", [], id="a time"),
        pytest.param("WITH_SERVER", "true", [], id="a switch"),
        pytest.param("URL", "http://$(OTHER):80", [], id="an address that is not known"),
        pytest.param("URL", "http://$(PEER):81/x", [("peer", 81)], id="filled from before"),
    ],
)
def test_the_environment_declares(name: str, value: str, calls: list[Any]) -> None:
    env = [{"name": "PEER", "value": "peer"}, {"name": name, "value": value}]
    pod = {"metadata": {"namespace": NS}, "spec": {"containers": [{"name": "c", "env": env}]}}
    assert [(call.host, call.port) for call in declared_calls(pod)] == calls


def test_a_configmap_declares_too(net: Net) -> None:
    net.put(CONFIGMAPS, NS, "peers", {"data": {"NLP_URL": "http://nlp:8080", "MODE": "fast"}})
    container = {
        "name": "c",
        "envFrom": [{"configMapRef": {"name": "peers"}}],
        "env": [
            {"name": "N", "valueFrom": {"configMapKeyRef": {"name": "peers", "key": "NLP_URL"}}}
        ],
    }
    pod = {"metadata": {"namespace": NS}, "spec": {"containers": [container]}}
    assert declared_calls(pod, net.store) == [Call("NLP_URL", "nlp", 8080, "c")]


# -- whom a pod asks for names ---------------------------------------------------------------------

RESOLVERS = [
    pytest.param({}, True, id="the cluster's DNS, if it says nothing"),
    pytest.param({"dnsPolicy": "Default"}, False, id="its node's, with policy Default"),
    pytest.param({"hostNetwork": True}, False, id="its node's, on the node's network"),
    pytest.param(
        {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"},
        True,
        id="the cluster's all the same, if it asks for that",
    ),
    pytest.param(
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.1"]}},
        False,
        id="only whom it names",
    ),
    pytest.param(
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.20.0.10"]}},
        True,
        id="the tenth address of the Services' network is the cluster's DNS",
    ),
]


@pytest.mark.parametrize(("spec", "reaches"), RESOLVERS)
def test_a_pod_asks_for_names(net: Net, spec: dict[str, Any], reaches: bool) -> None:
    net.put(SERVICES, "default", "kubernetes", {"spec": {"clusterIP": "10.20.0.1"}})
    net.service("web")
    net.slice("web", net.pod("web-1"))
    client = peer_of(net.store, net.pod("client", app="caller", **spec))
    found = net.call(client=client)
    assert (found.ok, found.cause) == ((True, "") if reaches else (False, "no-such-name"))
    assert net.call("10.96.0.3", client=client).ok, "an address needs no DNS"
