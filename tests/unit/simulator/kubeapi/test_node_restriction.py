"""What kubelets are refused besides by their authorizer; words as kube-apiserver 1.36.2's."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.bare import BareCluster
from ecp.kube import kinds
from ecp.kube.errors import KubeError
from ecp.sim.access import RBAC, User
from ecp.sim.admission import nodes
from ecp.sim.requests import Request

KUBELET = ("system:nodes", "system:authenticated")
MIRROR = {"kubernetes.io/config.mirror": "abc"}
SPEC = {"nodeName": "nx", "containers": [{"name": "c", "image": "i"}]}
PLAIN = {**SPEC, "automountServiceAccountToken": False}


def node(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}, "spec": {}}


def create(resource: str, body: Any, namespace: str = "") -> Request:
    return Request("create", resource, namespace, body=body)


def pod(spec: Any = SPEC, *, owner: Any) -> Request:
    owners = [{"apiVersion": "v1", "kind": "Node", "name": "nx", "uid": "UID", **owner}]
    meta = {"name": "px", "annotations": MIRROR, "ownerReferences": owners}
    return create(kinds.PODS, {"metadata": meta, "spec": spec}, "default")


def mirror(**more: Any) -> Request:
    return pod({**SPEC, **more}, owner={"controller": True})


def volume(**source: Any) -> Request:
    return mirror(volumes=[{"name": "v", **source}])


def patch(resource: str, name: str, body: Any, subresource: str = "") -> Request:
    namespace = "" if resource == kinds.NODES else "default"
    return Request("patch", resource, namespace, name, subresource, body, patch="merge")


def named(resource: str, namespace: str = "", **meta: str) -> Request:
    spec = {"drivers": []} if resource == kinds.CSINODES else {}
    return create(resource, {"metadata": meta, "spec": spec}, namespace)


EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "py"}}
CASES = {
    "a Node of another name": (
        create(kinds.NODES, node("nz")),
        'nodes "nz" is forbidden: node "nx" is not allowed to modify node "nz"',
    ),
    "labels of Kubernetes that are no kubelet's": (
        patch(kinds.NODES, "nx", {"metadata": {"labels": {
            "kubernetes.io/os": "linux", "bar": "c", "node.kubernetes.io/x": "y",
            "x.k8s.io/z": "1", "node-restriction.kubernetes.io/a": "b"}}}),
        'nodes "nx" is forbidden: is not allowed to modify labels: '
        "node-restriction.kubernetes.io/a, x.k8s.io/z",
    ),
    "its own taints": (
        patch(kinds.NODES, "nx", {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}),
        'nodes "nx" is forbidden: node "nx" is not allowed to modify taints',
    ),
    "its own owners": (
        patch(kinds.NODES, "nx", {"metadata": {"ownerReferences": [
            {"apiVersion": "v1", "kind": "X", "name": "y", "uid": "z"}]}}),
        'nodes "nx" is forbidden: node "nx" is not allowed to modify ownerReferences',
    ),
    "a pod that mirrors none": (
        create(kinds.PODS, {"metadata": {"name": "p"}, "spec": PLAIN}, "default"),
        'pods "p" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, '
        'node "nx" can only create mirror pods',
    ),
    "a mirror pod of another node": (
        pod({**SPEC, "nodeName": "ny"}, owner={"controller": True}),
        'pods "px" is forbidden: node "nx" can only create pods with spec.nodeName set to itself',
    ),
    "a mirror pod that another owns": (
        pod(owner={"name": "ny"}),
        'pods "px" is forbidden: node "nx" can only create pods with an owner reference set to '
        "itself",
    ),
    "a mirror pod that it does not control": (
        pod(owner={}),
        'pods "px" is forbidden: node "nx" can only create pods with a controller owner '
        "reference set to itself",
    ),
    "a mirror pod that holds it back": (
        pod(owner={"controller": True, "blockOwnerDeletion": True}),
        'pods "px" is forbidden: node "nx" must not set blockOwnerDeletion on an owner reference',
    ),
    "a mirror pod of a node that was": (
        pod(owner={"controller": True, "uid": "u"}),
        'pods "px" is forbidden: node nx UID mismatch: expected u got UID',
    ),
    "a mirror pod with an account": (
        mirror(serviceAccountName="default"),
        'pods "px" is forbidden: a mirror pod may not reference service accounts',
    ),
    "a mirror pod with a pull secret": (
        mirror(imagePullSecrets=[{"name": "s"}]),
        'pods "px" is forbidden: a mirror pod may not reference secrets',
    ),
    "a mirror pod with a token": (
        volume(projected={"sources": [{"serviceAccountToken": {"path": "t"}}]}),
        'pods "px" is forbidden: a mirror pod may not use ServiceAccountToken volume projections',
    ),
    "a mirror pod with an environment from a ConfigMap": (
        mirror(containers=[{"name": "c", "image": "i", "envFrom": [
            {"configMapRef": {"name": "a"}}]}]),
        'pods "px" is forbidden: node "nx" can not create pods that reference configmaps',
    ),
    "a mirror pod with a claim": (
        volume(persistentVolumeClaim={"claimName": "s"}),
        'pods "px" is forbidden: node "nx" can not create pods that reference '
        "persistentvolumeclaims",
    ),
    "anything of a pod but its status": (
        patch(kinds.PODS, "pn", {"metadata": {"labels": {"a": "b"}}}),
        'pods "pn" is forbidden: unexpected operation "UPDATE", node "nx" can only create and '
        "delete mirror pods",
    ),
    "the status of another's pod": (
        patch(kinds.PODS, "py", {"status": {"message": "m"}}, "status"),
        'pods "py" is forbidden: node "nx" can only update pod status for pods with '
        "spec.nodeName set to itself",
    ),
    "labels through the status": (
        patch(kinds.PODS, "pn", {"metadata": {"labels": {"a": "b"}}}, "status"),
        'pods "pn" is forbidden: node "nx" cannot update labels through pod status',
    ),
    "claims of devices through the status": (
        patch(kinds.PODS, "pn", {"status": {"resourceClaimStatuses": [
            {"name": "x", "resourceClaimName": "y"}]}}, "status"),
        'pods "pn" is forbidden: node "nx" cannot update resource claim statues',
    ),
    "another part of a pod": (
        patch(kinds.PODS, "pn", {"spec": {}}, "resize"),
        'pods "pn" is forbidden: unexpected pod subresource "resize", only \'status\' and '
        "'eviction' are allowed",
    ),
    "another's pod, to delete it": (
        Request("delete", kinds.PODS, "default", "py"),
        'pods "py" is forbidden: node "nx" can only delete pods with spec.nodeName set to itself',
    ),
    "all pods, to delete them": (
        Request("deletecollection", kinds.PODS, "default"),
        'pods "py" is forbidden: node "nx" can only delete pods with spec.nodeName set to itself',
    ),
    "another's pod, to evict it": (
        Request("evict", kinds.PODS, "default", "py", body=EVICTION),
        'pods "py" is forbidden: node nx can only evict pods with spec.nodeName set to itself',
    ),
    "a pod that is not there, to evict it": (
        Request("evict", kinds.PODS, "default", "nope", body=EVICTION),
        'pod "nope" not found',
    ),
    "where a pod is to run": (
        Request("bind", kinds.PODS, "default", "pn", body={"target": {"name": "nx"}}),
        'pods "pn" is forbidden: unexpected pod subresource "binding", only \'status\' and '
        "'eviction' are allowed",
    ),
    "a Lease elsewhere": (
        named(kinds.LEASES, "default", generateName="a"),
        'leases.coordination.k8s.io "a" is forbidden: can only access leases in the '
        '"kube-node-lease" system namespace',
    ),
    "another's Lease": (
        named(kinds.LEASES, "kube-node-lease", name="a"),
        'leases.coordination.k8s.io "a" is forbidden: can only access node lease with the same '
        "name as the requesting node",
    ),
    "another's CSINode": (
        named(kinds.CSINODES, name="a"),
        'csinodes.storage.k8s.io "a" is forbidden: can only access CSINode with the same name '
        "as the requesting node",
    ),
}  # fmt: skip
ALLOWED = {
    "its own status": patch(kinds.NODES, "nx", {"status": {"capacity": {"cpu": "4"}}}, "status"),
    "to be cordoned": patch(kinds.NODES, "nx", {"spec": {"unschedulable": True}}),
    "labels of a kubelet": patch(
        kinds.NODES, "nx", {"metadata": {"labels": {"kubernetes.io/os": "linux", "bar": "c"}}}
    ),
    "a mirror pod": mirror(),
    "the status of a pod of its own": patch(
        kinds.PODS, "pn", {"status": {"message": "m"}}, "status"
    ),
    "a pod of its own, to delete it": Request("delete", kinds.PODS, "default", "pn"),
    "its own CSINode": named(kinds.CSINODES, name="nx"),
    "what is no concern of the plug-in": named(kinds.CONFIGMAPS, "default", name="a"),
}


def cluster() -> tuple[BareCluster, str]:
    """Return a cluster with a Node and two pods, of which one is elsewhere; and the Node's uid."""
    bare = BareCluster(mode=RBAC)
    made = bare.submit(create(kinds.NODES, node("nx"))).object
    account = {"metadata": {"name": "default"}}
    bare.submit(create(kinds.SERVICEACCOUNTS, account, "default"))
    for name, place in (("pn", "nx"), ("py", "ny")):
        body = {"metadata": {"name": name}, "spec": {**PLAIN, "nodeName": place}}
        bare.submit(create(kinds.PODS, body, "default"))
    assert made is not None
    return bare, made["metadata"]["uid"]


def of_kubelet(request: Request, uid: str) -> Request:
    """Let the kubelet of nx ask; whoever says UID means its Node's."""
    body = request.body
    if request.verb == "create":
        for owner in body["metadata"].get("ownerReferences", ()):
            if owner["uid"] == "UID":
                changed = [{**owner, "uid": uid}]
                body = {**body, "metadata": {**body["metadata"], "ownerReferences": changed}}
    return replace(request, body=body, user="system:node:nx", groups=KUBELET)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_kubelet_may_not_write(case: tuple[Request, str]) -> None:
    request, words = case
    bare, uid = cluster()
    with pytest.raises(KubeError) as refused:
        bare.submit(of_kubelet(request, uid))
    assert refused.value.message == words.replace("got UID", f"got {uid}")


@pytest.mark.parametrize("request_", ALLOWED.values(), ids=ALLOWED)
def test_a_kubelet_may_write(request_: Request) -> None:
    bare, uid = cluster()
    bare.submit(of_kubelet(request_, uid))


def test_others_are_not_kept_from_anything() -> None:
    bare, _ = cluster()
    bare.submit(replace(patch(kinds.PODS, "py", {"metadata": {"labels": {"a": "b"}}}),
                        user="jane", groups=("system:masters",)))  # fmt: skip


BOUND = {"kind": "Pod", "apiVersion": "v1", "name": "pn", "uid": "UID"}
NOT_FOUND_IN_POD = (
    "not found in pod spec volume, system:node:nx is not authorized to request tokens for this "
    "audience"
)
TOKENS = {
    "bound to nothing": ({}, "node requested token not bound to a pod"),
    "bound without a uid": (
        {"boundObjectRef": {**BOUND, "uid": ""}},
        "node requested token with a pod binding without a uid",
    ),
    "bound to a pod that was": (
        {"boundObjectRef": {**BOUND, "uid": "a"}},
        "the UID in the bound object reference (a) does not match the UID in record. The object "
        "might have been deleted and then recreated",
    ),
    "bound to another's pod": (
        {"boundObjectRef": {**BOUND, "name": "py"}},
        "node requested token bound to a pod scheduled on a different node",
    ),
    "for two": (
        {"boundObjectRef": BOUND, "audiences": ["a", "b"]},
        "node may only request 0 or 1 audiences",
    ),
    "for whom the pod does not mean it": (
        {"boundObjectRef": BOUND, "audiences": ["foo"]}, f'audience "foo" {NOT_FOUND_IN_POD}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOKENS.values(), ids=TOKENS)
def test_a_kubelet_gets_no_token(case: tuple[Any, str]) -> None:
    spec, words = case
    bare, _ = cluster()
    kubelet, account = User("system:node:nx", KUBELET), ("default", "x")
    bound = spec.get("boundObjectRef", {})
    if bound.get("uid") == "UID":
        found = bare.read.get(kinds.PODS, "default", bound["name"])
        assert found is not None
        spec = {**spec, "boundObjectRef": {**bound, "uid": found["metadata"]["uid"]}}
    with pytest.raises(KubeError) as refused:
        nodes.check_token(kubelet, spec, account, bare.read, bare.access)
    assert refused.value.message == f'serviceaccounts "x" is forbidden: {words}'
    nodes.check_token(User("jane"), spec, account, bare.read, bare.access)
