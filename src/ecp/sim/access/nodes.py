"""What a kubelet may do: its own objects, and what the pods on its node refer to.

Source: kubernetes plugin/pkg/auth/authorizer/node/{node_authorizer,graph_populator}.go,
pkg/auth/nodeidentifier/default.go, pkg/api/v1/pod/util.go.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from ecp.kube import kinds
from ecp.kube.errors import go_quote
from ecp.sim.access.grants import CLUSTER_ROLES, Decision
from ecp.sim.access.rules import Asked, allows
from ecp.sim.access.users import NODES, User
from ecp.sim.store import Obj, Store

_PREFIX: Final = "system:node:"
_ROLE: Final = "system:node"
_LEASES: Final = "kube-node-lease"
_ALLOWED: Final = Decision(True)
_DENIED: Final = Decision(False)
_READ: Final = ("get", "list", "watch")
_OWN: Final = ("get", "create", "update", "patch", "delete")
_STORAGE: Final = "storage.k8s.io"


def node_of(user: User) -> str | None:
    """Return the node whose kubelet *user* is, "" for one without a name, None for others."""
    if NODES not in user.groups or not user.name.startswith(_PREFIX):
        return None
    return user.name[len(_PREFIX) :]


class Nodes:
    """Answers over the pods in *store*: what they refer to their node may read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subdivided: dict[tuple[str, str], Callable[[str, Asked], Decision]] = {
            ("", "secrets"): self._read_named,
            ("", "configmaps"): self._read_named,
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._get,
            ("resource.k8s.io", "resourceclaims"): self._get,
            (_STORAGE, "volumeattachments"): self._get,
            ("", "serviceaccounts"): self._account,
            ("coordination.k8s.io", "leases"): self._lease,
            (_STORAGE, "csinodes"): self._csi_node,
            ("resource.k8s.io", "resourceslices"): self._slice,
            ("", "nodes"): self._node,
            ("", "pods"): self._pod,
        }

    def decide(self, user: User, asked: Asked) -> Decision | None:
        """Say what a kubelet may do; None for anybody else."""
        node = node_of(user)
        if node is None:
            return None
        if not node:
            return Decision(False, f"unknown node for user {go_quote(user.name)}")
        judge = self._subdivided.get((asked.group, asked.resource)) if asked.of_resource else None
        if judge is not None:
            return judge(node, asked)
        role = self._store.get(CLUSTER_ROLES, "", _ROLE) or {}
        return _ALLOWED if any(allows(rule, asked) for rule in role.get("rules") or ()) else _DENIED

    # -- by kind ------------------------------------------------------------------------------

    def _read_named(self, node: str, asked: Asked) -> Decision:
        if asked.verb not in _READ:
            return Decision(False, "can only read resources of this type")
        if asked.subresource:
            return Decision(False, "cannot read subresource")
        if not asked.namespace:
            return Decision(False, "can only read namespaced object of this type")
        return self._related(node, asked)

    def _get(self, node: str, asked: Asked) -> Decision:
        if asked.verb != "get":
            return Decision(False, "can only get individual resources of this type")
        if asked.subresource:
            return Decision(False, "cannot get subresource")
        return self._related(node, asked)

    def _claim(self, node: str, asked: Asked) -> Decision:
        if asked.subresource != "status":
            return self._get(node, asked)
        if asked.verb not in ("update", "patch"):
            return Decision(False, "can only get/update/patch this type")
        return self._related(node, asked)

    def _account(self, node: str, asked: Asked) -> Decision:
        if asked.verb == "get" and not asked.subresource:
            return self._read_named(node, asked)
        if asked.verb != "create" or not asked.name:
            return Decision(False, "can only create tokens for individual service accounts")
        if asked.subresource != "token":
            return Decision(False, "can only create token subresource of serviceaccount")
        return self._related(node, asked)

    def _lease(self, node: str, asked: Asked) -> Decision:
        if asked.verb not in _OWN:
            return Decision(False, "can only get, create, update, patch, or delete a node lease")
        if asked.namespace != _LEASES:
            where = go_quote(_LEASES)
            return Decision(False, f"can only access leases in the {where} system namespace")
        if asked.verb != "create" and asked.name != node:
            words = "can only access node lease with the same name as the requesting node"
            return Decision(False, words)
        return _ALLOWED

    def _csi_node(self, node: str, asked: Asked) -> Decision:
        if asked.verb not in _OWN:
            return Decision(False, "can only get, create, update, patch, or delete a CSINode")
        if asked.subresource:
            return Decision(False, "cannot authorize CSINode subresources")
        if asked.verb != "create" and asked.name != node:
            words = "can only access CSINode with the same name as the requesting node"
            return Decision(False, words)
        return _ALLOWED

    def _slice(self, node: str, asked: Asked) -> Decision:
        if asked.subresource:
            return Decision(False, "cannot authorize ResourceSlice subresources")
        if asked.verb == "create" or asked.on_node == node:
            return _ALLOWED
        if asked.verb in ("list", "watch", "deletecollection"):
            words = (
                "can only list/watch/deletecollection resourceslices with nodeName field selector"
            )
            return Decision(False, words)
        return self._related(node, asked)

    def _node(self, node: str, asked: Asked) -> Decision:
        if asked.subresource == "status":
            return _ALLOWED if asked.verb in ("update", "patch") else _DENIED
        if asked.subresource or asked.verb not in (*_READ, "create", "update", "patch"):
            return _DENIED
        if asked.verb not in _READ or asked.name == node:
            return _ALLOWED
        if not asked.name:
            words = f"node '{node}' cannot read all nodes, only its own Node object"
        else:
            words = f"node '{node}' cannot read '{asked.name}', only its own Node object"
        return Decision(False, words)

    def _pod(self, node: str, asked: Asked) -> Decision:
        if asked.subresource == "status":
            return _ALLOWED if asked.verb in ("update", "patch") else _DENIED
        if asked.subresource == "eviction":
            return _ALLOWED if asked.verb == "create" else _DENIED
        if asked.subresource:
            return _DENIED
        if asked.verb in ("create", "delete"):
            return _ALLOWED
        if asked.verb not in _READ:
            return _DENIED
        if asked.verb != "get" and asked.on_node == node:
            return _ALLOWED
        if asked.verb != "get" and not asked.name:
            return Decision(False, "can only list/watch pods with spec.nodeName field selector")
        return self._related(node, asked)

    # -- who refers to what ---------------------------------------------------------------------

    def _related(self, node: str, asked: Asked) -> Decision:
        if not asked.name:
            return Decision(False, "No Object name found")
        if self._refers(node, asked):
            return _ALLOWED
        words = f"no relationship found between node '{node}' and this object"
        return Decision(False, words)

    def _refers(self, node: str, asked: Asked) -> bool:
        if asked.resource == "volumeattachments":
            found = self._store.get(kinds.VOLUMEATTACHMENTS, "", asked.name)
            return found is not None and found["spec"].get("nodeName") == node
        if asked.resource == "resourceslices":
            return False  # no driver publishes any
        pods = [
            pod
            for pod in self._store.on_node(node)
            if asked.namespace in ("", pod["metadata"]["namespace"])
        ]
        if asked.resource == "persistentvolumes":
            return any(asked.name == name for pod in pods for name in self._volumes(pod))
        named = _NAMED[asked.resource]
        return any(asked.name in named(pod) for pod in pods)

    def _volumes(self, pod: Obj) -> Iterator[str]:
        namespace = pod["metadata"]["namespace"]
        for name in _claims(pod):
            claim = self._store.get(kinds.PVCS, namespace, name) or {}
            yield (claim.get("spec") or {}).get("volumeName") or ""


def _volumes_of(pod: Obj) -> Sequence[Any]:
    return pod["spec"].get("volumes") or ()


def _claims(pod: Obj) -> list[str]:
    found = []
    for volume in _volumes_of(pod):
        if volume.get("persistentVolumeClaim"):
            found.append(volume["persistentVolumeClaim"].get("claimName", ""))
        elif volume.get("ephemeral"):
            found.append(f"{pod['metadata']['name']}-{volume['name']}")
    return found


def _accounts(pod: Obj) -> list[str]:
    return [pod["spec"].get("serviceAccountName") or ""]


def _secrets(pod: Obj) -> list[str]:
    found = [one.get("name", "") for one in pod["spec"].get("imagePullSecrets") or ()]
    for volume in _volumes_of(pod):
        for source in volume.values():
            if isinstance(source, dict):
                for field in ("secretRef", "nodePublishSecretRef"):
                    found.append((source.get(field) or {}).get("name", ""))
        found.append((volume.get("secret") or {}).get("secretName", ""))
        found.append((volume.get("azureFile") or {}).get("secretName", ""))
    return [*found, *_kept(pod, "secret", "secretRef", "secretKeyRef")]


def _config_maps(pod: Obj) -> list[str]:
    found = [(one.get("configMap") or {}).get("name", "") for one in _volumes_of(pod)]
    return [*found, *_kept(pod, "configMap", "configMapRef", "configMapKeyRef")]


def _kept(pod: Obj, projected: str, whole: str, key: str) -> Iterator[str]:
    """Yield what projected volumes and the environments of all containers take values from."""
    for volume in _volumes_of(pod):
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield (source.get(projected) or {}).get("name", "")
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in pod["spec"].get(field) or ():
            for one in container.get("envFrom") or ():
                yield (one.get(whole) or {}).get("name", "")
            for one in container.get("env") or ():
                yield ((one.get("valueFrom") or {}).get(key) or {}).get("name", "")


def _resource_claims(pod: Obj) -> list[str]:
    found = [one.get("resourceClaimName", "") for one in pod["spec"].get("resourceClaims") or ()]
    told = (pod.get("status") or {}).get("resourceClaimStatuses") or ()
    return [*found, *(one.get("resourceClaimName", "") for one in told)]


def _itself(pod: Obj) -> list[str]:
    return [pod["metadata"]["name"]]


_NAMED: Final[dict[str, Callable[[Obj], list[str]]]] = {
    "secrets": _secrets,
    "configmaps": _config_maps,
    "persistentvolumeclaims": _claims,
    "serviceaccounts": _accounts,
    "resourceclaims": _resource_claims,
    "pods": _itself,
}
"""Resource → the names of its objects that a pod refers to, in the pod's namespace."""
