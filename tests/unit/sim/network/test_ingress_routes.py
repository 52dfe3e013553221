"""Where a request goes by the Ingresses: hosts, paths, classes."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.network.ingress import route, through
from ecp.sim.requests import Request


def ingress(*rows: tuple[str, str, str, str], default: str = "", name: str = "i") -> dict[str, Any]:
    """Rows are (host, pathType, path, Service)."""
    rules: list[dict[str, Any]] = []
    for host, kind, path, service in rows:
        backend = {"service": {"name": service, "port": {"number": 80}}}
        paths = {"paths": [{"path": path, "pathType": kind, "backend": backend}]}
        rules.append({**({"host": host} if host else {}), "http": paths})
    spec: dict[str, Any] = {"ingressClassName": "nginx", "rules": rules}
    if default:
        spec["defaultBackend"] = {"service": {"name": default, "port": {"number": 80}}}
    if not rules:
        del spec["rules"]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"namespace": "t", "name": name},
        "spec": spec,
    }


PREFIX, EXACT = "Prefix", "Exact"


@pytest.mark.parametrize(
    ("rows", "asked", "service"),
    [
        pytest.param([("", PREFIX, "/", "all")], "a.io/x", "all", id="/ is a prefix of all"),
        pytest.param([("", EXACT, "/foo", "s")], "a.io/foo", "s", id="Exact takes its path"),
        pytest.param([("", EXACT, "/foo", "s")], "a.io/foo/", None, id="Exact minds a slash"),
        pytest.param([("", PREFIX, "/foo/", "s")], "a.io/foo", "s", id="Prefix minds none"),
        pytest.param([("", PREFIX, "/foo", "s")], "a.io/foo/bar", "s", id="Prefix by elements"),
        pytest.param([("", PREFIX, "/aaa/bb", "s")], "a.io/aaa/bbb", None, id="not by letters"),
        pytest.param(
            [("", PREFIX, "/", "short"), ("", PREFIX, "/aaa", "long")],
            "a.io/aaa/ccc",
            "long",
            id="the longest prefix wins",
        ),
        pytest.param(
            [("", PREFIX, "/foo", "prefix"), ("", EXACT, "/foo", "exact")],
            "a.io/foo",
            "exact",
            id="of equal paths the exact one wins",
        ),
        pytest.param(
            [("*.a.io", PREFIX, "/", "wild")], "x.a.io/", "wild", id="a wildcard is one label"
        ),
        pytest.param([("*.a.io", PREFIX, "/", "wild")], "x.y.a.io/", None, id="not two"),
        pytest.param([("*.a.io", PREFIX, "/", "wild")], "a.io/", None, id="and not none"),
        pytest.param(
            [("*.a.io", PREFIX, "/long/path", "wild"), ("x.a.io", PREFIX, "/", "own")],
            "x.a.io/long/path",
            "own",
            id="the request's own host goes before a wildcard",
        ),
        pytest.param(
            [("", PREFIX, "/", "any"), ("b.io", PREFIX, "/", "b")],
            "b.io/",
            "b",
            id="a host goes before none",
        ),
        pytest.param([("b.io", PREFIX, "/", "b")], "a.io/", None, id="another host is 404"),
    ],
)
def test_hosts_and_paths(
    rows: list[tuple[str, str, str, str]], asked: str, service: str | None
) -> None:
    host, _, path = asked.partition("/")
    found = route([ingress(*rows)], host, f"/{path}")
    assert (None if found is None else found.service[1]) == service


def test_the_default_backend_takes_what_no_rule_matches() -> None:
    rows = [ingress(("b.io", PREFIX, "/", "b"), default="rest")]
    found = route(rows, "a.io", "/")
    assert found is not None
    assert found.service == ("t", "rest")


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def built(*ingresses: dict[str, Any], port: int = 80) -> Cluster:
    cluster = Cluster.create(seed=1)
    for name in ("t", "u"):
        ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": name}})
    body = {
        "metadata": {"name": "web"},
        "spec": {"selector": {"a": "b"}, "ports": [{"port": port}]},
    }
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=body)
    for one in ingresses:
        namespace = one["metadata"]["namespace"]
        ask(cluster, "create", kinds.INGRESSES, namespace=namespace, body=one)
    cluster.run_until(cluster.now + 5 * SECOND)
    return cluster


WEB = ingress(("a.io", PREFIX, "/", "web"))


def of_class(name: str | None) -> dict[str, Any]:
    spec = {key: value for key, value in WEB["spec"].items() if key != "ingressClassName"}
    return {**WEB, "spec": {**spec, **({"ingressClassName": name} if name else {})}}


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        pytest.param(lambda: built(WEB), "", id="it leads there"),
        pytest.param(lambda: built(), None, id="there is none"),
        pytest.param(
            lambda: built(ingress(("a.io", PREFIX, "/", "other"))), None, id="it leads elsewhere"
        ),
        pytest.param(lambda: built(of_class("kong")), "no-ingress", id="of a class of nobody"),
        pytest.param(
            lambda: built(of_class(None)), "no-ingress", id="of no class, none is default"
        ),
        pytest.param(lambda: built(WEB, port=81), "no-such-port", id="to a port that is not there"),
        pytest.param(
            lambda: built(WEB, ingress(("a.io", EXACT, "/", "other"), name="j")),
            "ingress-elsewhere",
            id="another one has the path",
        ),
    ],
)
def test_whether_customers_get_through(cluster: Any, said: str | None) -> None:
    assert through(cluster().read, "t", [("t", "web")]) == said


@pytest.mark.parametrize(
    ("name", "address"),
    [
        pytest.param("nginx", [{"ip": "203.0.113.1"}], id="of the controller's class"),
        pytest.param("kong", None, id="of a class without a controller"),
        pytest.param(None, None, id="of no class"),
    ],
)
def test_an_ingress_gets_the_address_of_who_serves_it(
    name: str | None, address: list[dict[str, str]] | None
) -> None:
    cluster = built(of_class(name))
    found = cluster.store.get(kinds.INGRESSES, "t", "i")
    assert found is not None
    assert (found["status"]["loadBalancer"]).get("ingress") == address
    events = [e["reason"] for e in cluster.store.list(kinds.EVENTS, "t")]
    assert events == (["Sync"] if address else [])


def test_a_class_that_comes_later_is_served_then() -> None:
    cluster = built(of_class("edge"))
    body = {"metadata": {"name": "edge"}, "spec": {"controller": "k8s.io/ingress-nginx"}}
    ask(cluster, "create", kinds.INGRESSCLASSES, body=body)
    cluster.run_until(cluster.now + 2 * SECOND)
    found = cluster.store.get(kinds.INGRESSES, "t", "i")
    assert found is not None
    assert found["status"]["loadBalancer"]["ingress"] == [{"ip": "203.0.113.1"}]
