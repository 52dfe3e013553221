"""What a kubelet may write: its own Node and Lease, mirror pods, the status of pods on its node.

Clusters as kubeadm and the providers set them up ask this plug-in, NodeRestriction, besides the
node authorizer, which does not look into objects.
Source: kubernetes plugin/pkg/admission/noderestriction/admission.go,
pkg/api/pod/util.go HasAPIObjectReference, k8s.io/kubelet/pkg/apis/well_known_labels.go.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from ecp.kube import kinds
from ecp.kube.errors import Forbidden, NotFound, go_quote
from ecp.kube.kinds import Kind
from ecp.sim.access import Access, Asked
from ecp.sim.access.nodes import node_of
from ecp.sim.access.users import User
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj

_MIRROR: Final = "kubernetes.io/config.mirror"
_ASK_AUDIENCE: Final = "request-serviceaccounts-token-audience"
_LEASES: Final = "kube-node-lease"
_RESTRICTED: Final = "node-restriction.kubernetes.io"
_OWN_LABELS: Final = frozenset(
    {
        "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os",
        "beta.kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    }
)  # fmt: skip
_OWN_PREFIXES: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")


class Wish(NamedTuple):
    """A write as the plug-in sees it; `operation` is CREATE, UPDATE or DELETE."""

    kind: Kind
    key: Key
    operation: str
    subresource: str
    new: Obj | None
    old: Obj | None
    read: Reader


def check(user: User, wish: Wish) -> None:
    """Let pass what *user* may write, if that is a kubelet at all. Raises Forbidden, NotFound."""
    node = node_of(user)
    if node is None:
        return
    base = ((wish.new or {}).get("metadata") or {}).get("generateName")
    name = base if base and wish.operation == "CREATE" else wish.key[1]
    try:
        if not node:
            raise _Refused(f"could not determine node from user {go_quote(user.name)}")
        judge = _JUDGES.get(wish.kind.resource)
        if judge is not None:
            judge(node, wish)
    except _Refused as refused:
        raise Forbidden(wish.kind.resource, name, str(refused)) from None


def is_mirror(pod: Obj) -> bool:
    """Does *pod* stand for one that a kubelet runs by itself?"""
    return _MIRROR in (pod["metadata"].get("annotations") or {})


def check_mirror(name: str, spec: Obj) -> None:
    """Keep mirror pods from accounts and secrets. Raises Forbidden.

    Source: kubernetes plugin/pkg/admission/serviceaccount/admission.go.
    """
    found = list(_referred(spec))
    for referred, words in (
        ("serviceaccounts", "reference service accounts"),
        ("secrets", "reference secrets"),
        (_TOKENS, "use ServiceAccountToken volume projections"),
    ):
        if referred in found:
            raise Forbidden(kinds.PODS, name, f"a mirror pod may not {words}")


class _Refused(Exception):
    """Why a kubelet may not."""


# ---- pods -----------------------------------------------------------------------------------


def _pod(node: str, wish: Wish) -> None:
    judges = {"": _whole_pod, "status": _pod_status, "eviction": _eviction}
    judge = judges.get(wish.subresource)
    if judge is None:
        words = "only 'status' and 'eviction' are allowed"
        raise _Refused(f"unexpected pod subresource {go_quote(wish.subresource)}, {words}")
    judge(node, wish)


def _whole_pod(node: str, wish: Wish) -> None:
    if wish.operation == "CREATE" and wish.new is not None:
        _mirror(node, wish.new, wish.read)
    elif wish.operation == "DELETE":
        _on_node(wish, node, f"node {go_quote(node)} can only delete pods")
    else:
        raise _Refused(
            f"unexpected operation {go_quote(wish.operation)}, node {go_quote(node)} can only "
            "create and delete mirror pods"
        )


def _on_node(wish: Wish, node: str, words: str) -> None:
    pod = wish.read.get(kinds.PODS, *wish.key)
    if pod is None:
        raise NotFound("pod", wish.key[1])
    if pod["spec"].get("nodeName") != node:
        raise _Refused(f"{words} with spec.nodeName set to itself")


def _mirror(node: str, pod: Obj, read: Reader) -> None:
    me = f"node {go_quote(node)}"
    meta = pod["metadata"]
    if not is_mirror(pod):
        raise _Refused(
            f"pod does not have {go_quote(_MIRROR)} annotation, {me} can only create mirror pods"
        )
    if pod["spec"].get("nodeName") != node:
        raise _Refused(f"{me} can only create pods with spec.nodeName set to itself")
    owners = meta.get("ownerReferences") or []
    if len(owners) > 1:
        raise _Refused(f"{me} can only create pods with a single owner reference set to itself")
    owner = owners[0] if owners else {}
    if (owner.get("apiVersion"), owner.get("kind"), owner.get("name")) != ("v1", "Node", node):
        raise _Refused(f"{me} can only create pods with an owner reference set to itself")
    if not owner.get("controller"):
        raise _Refused(f"{me} can only create pods with a controller owner reference set to itself")
    if owner.get("blockOwnerDeletion"):
        raise _Refused(f"{me} must not set blockOwnerDeletion on an owner reference")
    there = read.get(kinds.NODES, "", node)
    if there is None:
        raise NotFound("node", node)
    if owner.get("uid") != there["metadata"]["uid"]:
        expected, got = owner.get("uid", ""), there["metadata"]["uid"]
        raise _Refused(f"node {node} UID mismatch: expected {expected} got {got}")
    referred = next(_referred(pod["spec"]), None)
    if referred is not None:
        raise _Refused(f"{me} can not create pods that reference {referred}")


_BY_VOLUME: Final = {
    "configMap": "configmaps (via configmap volumes)",
    "secret": "secrets (via secret volumes)",
    "csi": "csidrivers (via CSI volumes)",
    "glusterfs": "endpoints (via glusterFS volumes)",
    "persistentVolumeClaim": "persistentvolumeclaims",
    "ephemeral": "persistentvolumeclaims (via ephemeral volumes)",
    "azureFile": "secrets (via azureFile volumes)",
}
_TOKENS: Final = "serviceaccounts (via projected volumes)"
_BY_SOURCE: Final = {
    "configMap": "configmaps (via projected volumes)",
    "secret": "secrets (via projected volumes)",
    "serviceAccountToken": _TOKENS,
    "clusterTrustBundle": "clustertrustbundles",
    "podCertificate": "podcertificates",
}


def _referred(spec: Obj) -> Iterator[str]:
    """Yield what a pod refers to in the API, in the order in which the server looks."""
    volumes = spec.get("volumes") or ()
    projected = [
        source for one in volumes for source in (one.get("projected") or {}).get("sources") or ()
    ]
    if spec.get("serviceAccountName"):
        yield "serviceaccounts"
    for plural, whole, field in (
        ("secrets", "secretRef", "secret"), ("configmaps", "configMapRef", "configMap"),
    ):  # fmt: skip
        held = [*projected, *volumes]
        if any(one.get(field) for one in held) or any(_taken(spec, whole)):
            yield plural
    if spec.get("imagePullSecrets"):
        yield "secrets"
    if spec.get("resourceClaims"):
        yield "resourceclaims"
    for volume in volumes:
        yield from (words for field, words in _BY_VOLUME.items() if volume.get(field))
    for source in projected:
        yield from (words for field, words in _BY_SOURCE.items() if source.get(field))


def _taken(spec: Obj, whole: str) -> Iterator[bool]:
    key = whole.replace("Ref", "KeyRef")
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            yield from (bool(one.get(whole)) for one in container.get("envFrom") or ())
            for one in container.get("env") or ():
                yield bool((one.get("valueFrom") or {}).get(key))


def _pod_status(node: str, wish: Wish) -> None:
    old, new = wish.old, wish.new
    if wish.operation != "UPDATE" or old is None or new is None:
        raise _Refused(f"unexpected operation {go_quote(wish.operation)}")
    me = f"node {go_quote(node)}"
    if old["spec"].get("nodeName") != node:
        raise _Refused(f"{me} can only update pod status for pods with spec.nodeName set to itself")
    if (old["metadata"].get("labels") or {}) != (new["metadata"].get("labels") or {}):
        raise _Refused(f"{me} cannot update labels through pod status")
    for field, words in (
        ("resourceClaimStatuses", "resource claim statues"),
        ("extendedResourceClaimStatus", "extended resource claim status"),
    ):
        if _said(old, field) != _said(new, field):
            raise _Refused(f"{me} cannot update {words}")


def _said(pod: Obj, field: str) -> Any:
    return (pod.get("status") or {}).get(field) or None


def _eviction(node: str, wish: Wish) -> None:
    _on_node(wish, node, f"node {node} can only evict pods")


def check_token(user: User, spec: Obj, account: Key, read: Reader, access: Access) -> None:
    """Let a kubelet have tokens for the pods on its node. Raises Forbidden, NotFound.

    *spec* is that of the TokenRequest, *account* whose token it is to be.
    """
    node = node_of(user) if access.enforced else None
    if node is None:
        return
    try:
        pod = _bound_pod(node, spec.get("boundObjectRef") or {}, account[0], read)
        audiences = spec.get("audiences") or [""]
        if len(audiences) > 1:
            raise _Refused("node may only request 0 or 1 audiences")
        (audience,) = audiences
        asked = Asked(_ASK_AUDIENCE, "", audience, "", *account)
        if audience not in _audiences(pod, read) and not access.decide(user, asked).allowed:
            raise _Refused(
                f"audience {go_quote(audience)} not found in pod spec volume, {user.name} is not "
                "authorized to request tokens for this audience"
            )
    except _Refused as refused:
        raise Forbidden(kinds.SERVICEACCOUNTS, account[1], str(refused)) from None


def _bound_pod(node: str, bound: Obj, namespace: str, read: Reader) -> Obj:
    name, uid = bound.get("name"), bound.get("uid")
    if (bound.get("apiVersion"), bound.get("kind")) != ("v1", "Pod") or not name:
        raise _Refused("node requested token not bound to a pod")
    if not uid:
        raise _Refused("node requested token with a pod binding without a uid")
    pod = read.get(kinds.PODS, namespace, name)
    if pod is None:
        raise NotFound("pod", name)
    if uid != pod["metadata"]["uid"]:
        raise _Refused(
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
    if pod["spec"].get("nodeName") != node:
        raise _Refused("node requested token bound to a pod scheduled on a different node")
    return pod


def _audiences(pod: Obj, read: Reader) -> Iterator[str]:
    """Yield for whom a pod's volumes want tokens, its own and those of its CSI drivers."""
    for volume in pod["spec"].get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            if source.get("serviceAccountToken"):
                yield source["serviceAccountToken"].get("audience", "")
        driver = read.get(kinds.CSIDRIVERS, "", _driver(pod, volume, read)) or {"spec": {}}
        yield from (one["audience"] for one in driver["spec"].get("tokenRequests") or ())


def _driver(pod: Obj, volume: Obj, read: Reader) -> str:
    if volume.get("csi"):
        return str(volume["csi"]["driver"])
    claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    if volume.get("ephemeral"):
        claim = f"{pod['metadata']['name']}-{volume['name']}"
    found = read.get(kinds.PVCS, pod["metadata"]["namespace"], claim) or {"spec": {}}
    bound = read.get(kinds.PVS, "", found["spec"].get("volumeName", "")) or {"spec": {}}
    return str((bound["spec"].get("csi") or {}).get("driver", ""))


# ---- nodes and what is theirs ---------------------------------------------------------------


def _node(node: str, wish: Wish) -> None:
    name = wish.key[1]
    me = f"node {go_quote(node)}"
    if name != node:
        raise _Refused(f"{me} is not allowed to modify node {go_quote(name)}")
    old, new = wish.old, wish.new
    if new is None:
        return
    source = new["spec"].get("configSource")
    if old is None:
        if source:
            raise _Refused(f"{me} is not allowed to create pods with a non-nil configSource")
        forbidden = _forbidden(_labels(new), {})
        if forbidden:
            words = ", ".join(forbidden)
            raise _Refused(f"{me} is not allowed to set the following labels: {words}")
        return
    if source and source != old["spec"].get("configSource"):
        words = "is not allowed to update configSource to a new non-nil configSource"
        raise _Refused(f"{me} {words}")
    if (new["spec"].get("taints") or []) != (old["spec"].get("taints") or []):
        raise _Refused(f"{me} is not allowed to modify taints")
    field = "ownerReferences"
    if (new["metadata"].get(field) or []) != (old["metadata"].get(field) or []):
        raise _Refused(f"{me} is not allowed to modify ownerReferences")
    forbidden = _forbidden(_labels(new), _labels(old))
    if forbidden:
        raise _Refused(f"is not allowed to modify labels: {', '.join(forbidden)}")


def _labels(obj: Obj) -> Obj:
    return obj["metadata"].get("labels") or {}


def _forbidden(new: Obj, old: Obj) -> list[str]:
    """Return the changed labels that are not a kubelet's to write, in order."""
    changed = {key for key in {**new, **old} if new.get(key) != old.get(key)}
    return sorted(key for key in changed if not _may_label(key))


def _may_label(key: str) -> bool:
    place, slash, _ = key.partition("/")
    place = place if slash else ""
    if _under(place, _RESTRICTED):
        return False
    if not (_under(place, "kubernetes.io") or _under(place, "k8s.io")):
        return True
    return key in _OWN_LABELS or any(_under(place, one) for one in _OWN_PREFIXES)


def _under(place: str, domain: str) -> bool:
    return place == domain or place.endswith(f".{domain}")


def _claim(node: str, wish: Wish) -> None:
    if wish.subresource != "status":
        raise _Refused("may only update PVC status")
    old, new = wish.old, wish.new
    if wish.operation != "UPDATE" or old is None or new is None:
        raise _Refused(f"unexpected operation {go_quote(wish.operation)}")
    if _but_for_sizes(old) != _but_for_sizes(new):
        words = "update fields other than status.quantity and status.conditions"
        raise _Refused(f"node {go_quote(node)} is not allowed to {words}")


_SIZES: Final = ("capacity", "conditions", "allocatedResourceStatuses", "allocatedResources")


def _but_for_sizes(claim: Obj) -> Obj:
    meta = {
        field: value
        for field, value in claim["metadata"].items()
        if field not in ("resourceVersion", "managedFields")
    }
    told = claim.get("status") or {}
    status = {field: value for field, value in told.items() if field not in _SIZES}
    return {**claim, "metadata": meta, "status": status}


def _lease(node: str, wish: Wish) -> None:
    if wish.key[0] != _LEASES:
        where = go_quote(_LEASES)
        raise _Refused(f"can only access leases in the {where} system namespace")
    if wish.key[1] != node:
        raise _Refused("can only access node lease with the same name as the requesting node")


def _csi_node(node: str, wish: Wish) -> None:
    if wish.key[1] != node:
        raise _Refused("can only access CSINode with the same name as the requesting node")


_JUDGES: Final[dict[str, Callable[[str, Wish], None]]] = {
    kinds.PODS: _pod,
    kinds.NODES: _node,
    kinds.PVCS: _claim,
    kinds.LEASES: _lease,
    kinds.CSINODES: _csi_node,
}
