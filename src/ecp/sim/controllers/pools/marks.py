"""The marks by which a cluster autoscaler and its readers know nodes, pods and its own status.

Source: cluster-autoscaler utils/taints/taints.go, utils/pod/pod.go, utils/drain/drain.go.
"""

from ecp.kube.kinds import CONFIGMAPS
from ecp.sim.plans import Reader, controller_of
from ecp.sim.store import Obj

TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"
DELETION_CANDIDATE = "DeletionCandidateOfClusterAutoscaler"
SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
SCALE_DOWN_DISABLED = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
STATUS_MAP = ("kube-system", "cluster-autoscaler-status")


def is_daemon(pod: Obj) -> bool:
    """Whether a DaemonSet keeps the pod on its node."""
    owner = controller_of(pod)
    return owner is not None and owner["kind"] == "DaemonSet"


def is_mirror(pod: Obj) -> bool:
    """Whether a node runs the pod from a file of its own."""
    return "kubernetes.io/config.mirror" in (pod["metadata"].get("annotations") or {})


def status_map(read: Reader) -> Obj:
    """Return the ConfigMap about which a cluster autoscaler says what it does to the cluster."""
    namespace, name = STATUS_MAP
    return read.get(CONFIGMAPS, *STATUS_MAP) or {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": namespace, "name": name},
    }


def has_taint(node: Obj, key: str) -> bool:
    return any(taint["key"] == key for taint in (node.get("spec") or {}).get("taints") or ())


def with_taint(node: Obj, key: str, effect: str, since: int) -> Obj:
    """Return *node* with a taint whose value is an instant (ns) in seconds; itself if it has it."""
    if has_taint(node, key):
        return node
    spec = node.get("spec") or {}
    taint = {"key": key, "value": str(since // 1_000_000_000), "effect": effect}
    return {**node, "spec": {**spec, "taints": [*(spec.get("taints") or ()), taint]}}


def without_taint(node: Obj, key: str) -> Obj:
    """Return *node* without the taints of *key*; itself if it has none."""
    if not has_taint(node, key):
        return node
    spec = {k: v for k, v in node["spec"].items() if k != "taints"}
    left = [taint for taint in node["spec"]["taints"] if taint["key"] != key]
    return {**node, "spec": {**spec, **({"taints": left} if left else {})}}
