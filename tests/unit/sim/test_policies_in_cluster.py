"""ValidatingAdmissionPolicies of a simulated cluster: its callers and its controllers are asked."""

from collections.abc import Sequence
from typing import Any

import pytest

from ecp.kube.errors import KubeError
from ecp.kube.kinds import (
    CONFIGMAPS,
    DEPLOYMENTS,
    EVENTS,
    NAMESPACES,
    PODS,
    VALIDATINGPOLICIES,
    VALIDATINGPOLICYBINDINGS,
)
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Obj

SECOND = 1_000_000_000
NS = "shop"
SPEC: Obj = {
    "name": "small",
    "zones": ["z0"],
    "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}],
}
DENIED = "ValidatingAdmissionPolicy 'rule' with binding 'bound' denied request: "


class Run:
    """A cluster with one policy in force."""

    def __init__(
        self,
        expression: str,
        *,
        resources: Sequence[str] = ("configmaps",),
        actions: Sequence[str] = ("Deny",),
        mode: str = "AlwaysAllow",
    ) -> None:
        self.cluster = Cluster.create(clusters.check({**SPEC, "authorizationMode": mode}), seed=1)
        self.ask("create", NAMESPACES, body={"metadata": {"name": NS}}, namespace="")
        self.wait(1)
        rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"]}
        self.policy = {
            "metadata": {"name": "rule"},
            "spec": {
                "matchConstraints": {"resourceRules": [{**rule, "resources": list(resources)}]},
                "validations": [{"expression": expression}],
            },
        }
        bound = {"policyName": "rule", "validationActions": list(actions)}
        self.said = self.ask("create", VALIDATINGPOLICIES, body=self.policy, namespace="").warnings
        body = {"metadata": {"name": "bound"}, "spec": bound}
        self.ask("create", VALIDATINGPOLICYBINDINGS, body=body, namespace="")

    def ask(
        self, verb: Any, resource: str, name: str = "", *, namespace: str = NS, **more: Any
    ) -> Answer:
        answer = self.cluster.submit(Request(verb, resource, namespace, name, **more))
        assert answer is not None
        return answer

    def wait(self, seconds: float) -> None:
        self.cluster.run_until(self.cluster.now + int(seconds * SECOND))

    def refusal(self, verb: Any, resource: str, name: str = "", **more: Any) -> KubeError:
        with pytest.raises(KubeError) as caught:
            self.ask(verb, resource, name, **more)
        return caught.value


def config(name: str = "c", value: str = "1") -> Obj:
    return {"metadata": {"name": name}, "data": {"a": value}}


def test_what_a_policy_denies_is_not_stored() -> None:
    run = Run("object.data.a == '1'")
    refused = run.refusal("create", CONFIGMAPS, body=config(value="2"))
    text = f"{DENIED}failed expression: object.data.a == '1'"
    assert refused.message == f'configmaps "c" is forbidden: {text}'
    assert (refused.code, refused.reason) == (422, "Invalid")
    assert run.cluster.store.get(CONFIGMAPS, NS, "c") is None
    assert run.ask("create", CONFIGMAPS, body=config()).created


def test_a_policy_is_taken_without_a_warning() -> None:
    assert Run("true").said == []


def test_what_it_only_warns_of_is_stored() -> None:
    run = Run("object.data.a == '1'", actions=("Warn",))
    answer = run.ask("create", CONFIGMAPS, body=config(value="2"))
    assert answer.warnings == [
        "Validation failed for ValidatingAdmissionPolicy 'rule' with binding 'bound': failed "
        "expression: object.data.a == '1'"
    ]
    assert run.cluster.store.get(CONFIGMAPS, NS, "c") is not None


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("update", {"body": config(value="2")}),
        ("patch", {"body": {"data": {"a": "2"}}, "patch": "merge"}),
        ("patch", {"body": {"data": {"a": "2"}}, "patch": "apply", "manager": "x", "force": True}),
    ],
    ids=["a replacement", "a patch", "an apply"],
)
def test_every_change_is_asked_about(verb: str, more: Obj) -> None:
    run = Run("oldObject == null || object.data == oldObject.data")
    run.ask("create", CONFIGMAPS, body=config())
    if more.get("patch") == "apply":
        more = {**more, "body": {"apiVersion": "v1", "kind": "ConfigMap", **more["body"]}}
    refused = run.refusal(verb, CONFIGMAPS, "c", **more)
    assert refused.message.endswith("object.data == oldObject.data")


@pytest.mark.parametrize(
    ("verb", "name"), [("delete", "c"), ("deletecollection", "")], ids=["one", "all of them"]
)
def test_a_deletion_is_asked_about(verb: str, name: str) -> None:
    run = Run("request.operation != 'DELETE' || oldObject.metadata.name != 'c'")
    run.ask("create", CONFIGMAPS, body=config())
    assert "denied request" in run.refusal(verb, CONFIGMAPS, name).message
    assert run.cluster.store.get(CONFIGMAPS, NS, "c") is not None


def test_the_policy_itself_can_always_be_taken_back() -> None:
    run = Run("false", resources=("*",))
    run.refusal("create", CONFIGMAPS, body=config())
    run.ask("delete", VALIDATINGPOLICIES, "rule", namespace="")
    assert run.ask("create", CONFIGMAPS, body=config()).created


def test_pods_of_a_controller_are_denied_as_well_and_it_says_so() -> None:
    run = Run("object.spec.containers.all(c, c.image.contains(':'))", resources=("pods",))
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    run.ask("create", DEPLOYMENTS, body={"metadata": {"name": "web"}, "spec": spec})
    run.wait(5)
    assert run.cluster.store.list(PODS, NS) == []
    told = [one["message"] for one in run.cluster.store.list(EVENTS, NS)]
    assert any(DENIED in text and text.startswith("Error creating: pods") for text in told)


ASKING = "authorizer.group('').resource('configmaps').namespace('shop').check('delete').allowed()"


@pytest.mark.parametrize(
    ("mode", "groups", "allowed"),
    [
        ("AlwaysAllow", ("nobody",), True),
        ("RBAC", ("system:masters",), True),
        ("RBAC", ("nobody",), False),
    ],
    ids=["everybody where all is allowed", "an administrator", "not somebody without a role"],
)
def test_the_authorizer_answers_for_who_asks(
    mode: str, groups: tuple[str, ...], *, allowed: bool
) -> None:
    run = Run(ASKING, mode=mode)
    body = config()
    if allowed:
        assert run.ask("create", CONFIGMAPS, body=body, user="eve", groups=groups).created
    else:
        refused = run.refusal("create", CONFIGMAPS, body=body, user="eve", groups=groups)
        assert refused.message.endswith(f"failed expression: {ASKING}")
