"""Webhooks of a simulated cluster: who serves one is taken to allow; nobody else is reached."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.errors import KubeError
from ecp.kube.pods import is_ready
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request

SECOND = 1_000_000_000
NS = "hooks"
LABELS = {"app": "hook"}
DATA = {"a": "1"}
SERVICE = {"name": "hook", "namespace": NS, "path": "/validate"}
REFUSED = (
    'Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: '
    'Post "https://hook.hooks.svc:443/validate?timeout=10s": '
)


class Run:
    """A cluster with a Service, a webhook about ConfigMaps behind it, and who answers there."""

    def __init__(self, resource: str, **hook: Any) -> None:
        spec = {"name": "small", "pools": [{"name": "n", "cpu": "8", "memory": "32Gi"}]}
        self.cluster = Cluster.create(clusters.check(spec), seed=1)
        self.ask("create", kinds.NAMESPACES, {"metadata": {"name": NS}}, namespace="")
        self.run(1)
        port = {"name": "https", "port": 443, "targetPort": 9443}
        service = {"selector": LABELS, "ports": [port]}
        self.ask("create", kinds.SERVICES, {"metadata": {"name": "hook"}, "spec": service})
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
        whole = {
            "name": "h.example.com",
            "rules": [{**rule, "resources": ["configmaps"]}],
            "clientConfig": {"service": SERVICE},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            **hook,
        }
        body = {"metadata": {"name": "hooks"}, "webhooks": [whole]}
        self.ask("create", resource, body, namespace="")

    def ask(self, verb: Any, resource: str, body: Any, name: str = "", namespace: str = NS) -> Any:
        return self.cluster.submit(Request(verb, resource, namespace, name, body=body))

    def run(self, seconds: float) -> None:
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))

    def serve(self) -> None:
        container = {"name": "c", "image": "example/hook:1", "ports": [{"containerPort": 9443}]}
        meta = {"name": "hook", "labels": LABELS}
        pod = {"metadata": meta, "spec": {"containers": [container]}}
        self.ask("create", kinds.PODS, pod)
        while not is_ready(self.cluster.read.get(kinds.PODS, NS, "hook") or {}):
            self.run(1)
        self.run(2)

    def config(self, name: str) -> str:
        """Create a ConfigMap; return what was said, "" when it was taken as it is."""
        try:
            self.ask("create", kinds.CONFIGMAPS, {"metadata": {"name": name}, "data": DATA})
        except KubeError as error:
            return error.message
        made = self.cluster.read.get(kinds.CONFIGMAPS, NS, name)
        assert made is not None
        assert made["data"] == DATA
        return ""


@pytest.mark.parametrize(
    "resource", [kinds.VALIDATINGWEBHOOKS, kinds.MUTATINGWEBHOOKS], ids=["judging", "changing"]
)
def test_a_webhook_allows_while_its_service_has_ready_endpoints(resource: str) -> None:
    run = Run(resource)
    refused = run.config("before")
    assert refused.startswith(REFUSED)
    assert refused.endswith(":443: connect: connection refused")
    run.serve()
    assert run.config("meanwhile") == ""
    run.ask("delete", kinds.PODS, None, "hook")
    run.run(60)
    assert run.config("after") == refused


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        pytest.param(
            {"clientConfig": {"service": {**SERVICE, "port": 8443}}},
            'no service port 8443 found for service "hook"',
            id="another port",
        ),
        pytest.param(
            {"clientConfig": {"service": {**SERVICE, "name": "other"}}},
            'service "other" not found',
            id="no such Service",
        ),
        pytest.param(
            {"clientConfig": {"url": "https://hook.example.com/validate"}},
            "dial tcp: lookup hook.example.com: no such host",
            id="somebody outside",
        ),
    ],
)
def test_a_webhook_that_leads_elsewhere_is_not_reached(hook: Any, words: str) -> None:
    run = Run(kinds.VALIDATINGWEBHOOKS, **hook)
    run.serve()
    assert run.config("c").endswith(words)


def test_a_webhook_that_may_fail_is_passed_over() -> None:
    assert Run(kinds.VALIDATINGWEBHOOKS, failurePolicy="Ignore").config("c") == ""
