"""What faults ask of the cluster, as somebody with access would, and take back at their end.

The cluster may refuse, as a PodDisruptionBudget does; then the rest is done all the same.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import DEPLOYMENTS, NODES, PODS, RESOURCEQUOTAS
from ecp.kube.pods import is_active, is_terminal
from ecp.sim.faults.injected import Injected
from ecp.sim.plans import Action, Create, Delete, Evict, Reader, Update, controller_of
from ecp.sim.store import Obj

ACTOR = "ecp-fault"
"""The user agent of what is asked."""
HALT = "*"
"""The name by which all faults are meant that run or are to come."""
AGAIN = 5_000_000_000
"""After so long kubectl drain asks again for what was refused (ns)."""


class Ask(NamedTuple):
    """`begin` and `end` say what is asked then; `again` what every AGAIN until there is nothing.

    What `end` needs to know `begin` writes into the fault's `undo`.
    """

    begin: Callable[[Reader, Injected], list[Action]]
    end: Callable[[Reader, Injected], list[Action]]
    again: Callable[[Reader, Injected], list[Action]] | None = None


def _nothing(read: Reader, fault: Injected) -> list[Action]:
    return []


def _delete(read: Reader, fault: Injected) -> list[Action]:
    grace = int(fault.wish["parameters"]["grace_period"])
    return [Delete(PODS, (ns, name), grace=grace, uid=uid) for ns, name, uid in fault.pods]


def _evicting(fault: Injected) -> bool:
    return bool(fault.wish["parameters"].get("respect_pdb", True))


def _drain(read: Reader, fault: Injected) -> list[Action]:
    cordons: list[Action] = []
    for node in _nodes(read, fault):
        if not (node.get("spec") or {}).get("unschedulable"):
            cordons.append(_cordon(node, True))
            fault.undo[node["metadata"]["name"]] = "cordoned"
    return [*cordons, *_evictions(read, fault)]


def _evictions(read: Reader, fault: Injected) -> list[Action]:
    """Return the evictions of what kubectl drain --ignore-daemonsets takes off the nodes; with
    --disable-eviction its deletions."""
    left = [
        pod["metadata"]
        for name in fault.nodes
        for pod in read.on_node(name)
        if is_active(pod) and (controller_of(pod) or {}).get("kind") not in ("DaemonSet", "Node")
    ]
    if _evicting(fault):
        return [Evict((meta["namespace"], meta["name"]), uid=meta["uid"]) for meta in left]
    return [Delete(PODS, (meta["namespace"], meta["name"]), uid=meta["uid"]) for meta in left]


def _uncordon(read: Reader, fault: Injected) -> list[Action]:
    return [
        _cordon(node, False)
        for node in _nodes(read, fault)
        if node["metadata"]["name"] in fault.undo and node["spec"].get("unschedulable")
    ]


def _nodes(read: Reader, fault: Injected) -> list[Obj]:
    found = (read.get(NODES, "", name) for name in fault.nodes)
    return [node for node in found if node is not None]


def _cordon(node: Obj, on: bool) -> Update:
    spec = {k: v for k, v in (node.get("spec") or {}).items() if k != "unschedulable"}
    return Update(NODES, {**node, "spec": {**spec, **({"unschedulable": True} if on else {})}})


def _release(read: Reader, fault: Injected) -> list[Action]:
    """Give the first container of each Deployment that was meant an image of another tag."""
    found: list[Action] = []
    for resource, namespace, name in fault.workloads:
        deployment = read.get(resource, namespace, name) if resource == DEPLOYMENTS else None
        if deployment is None:
            continue
        old = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        new = f"{_untagged(old)}:{fault.wish['parameters']['tag']}"
        if new != old:
            fault.undo[f"{namespace}/{name}"] = [old, new]
            found.append(_with_image(deployment, new))
    return found


def _roll_back(read: Reader, fault: Injected) -> list[Action]:
    """Put the old image back where nobody has given another one meanwhile."""
    found: list[Action] = []
    for key, (old, new) in fault.undo.items():
        deployment = read.get(DEPLOYMENTS, *key.split("/"))
        if deployment is None:
            continue
        if deployment["spec"]["template"]["spec"]["containers"][0]["image"] == new:
            found.append(_with_image(deployment, old))
    return found


def _untagged(image: str) -> str:
    head, colon, tag = image.partition("@")[0].rpartition(":")
    return head if colon and "/" not in tag else image.partition("@")[0]


def _with_image(deployment: Obj, image: str) -> Update:
    spec = deployment["spec"]
    template = spec["template"]
    first, *rest = template["spec"]["containers"]
    pod = {**template["spec"], "containers": [{**first, "image": image}, *rest]}
    template = {**template, "spec": pod}
    return Update(DEPLOYMENTS, {**deployment, "spec": {**spec, "template": template}})


def _charge(read: Reader, fault: Injected) -> list[Action]:
    """Let each namespace that was meant have as much of something as it has, and no more."""
    resource = fault.wish["parameters"].get("resource", "pods")
    return [
        Create(
            RESOURCEQUOTAS,
            {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": _quota(fault), "namespace": namespace},
                "spec": {"hard": {resource: _taken(read, namespace, resource)}},
            },
        )
        for namespace in fault.spaces
    ]


def _taken(read: Reader, namespace: str, resource: str) -> str:
    """Return how much of a quota's resource there is now: pods, or requests.cpu and its like."""
    pods = [pod for pod in read.list(PODS, namespace) if not is_terminal(pod)]
    if resource == "pods":
        return str(len(pods))
    sort, _, name = resource.partition(".")
    said = [
        ((one.get("resources") or {}).get(sort) or {}).get(name, "0")
        for pod in pods
        for one in pod["spec"]["containers"]
    ]
    return f"{sum(quantity.milli(str(amount)) for amount in said)}m"


def _uncharge(read: Reader, fault: Injected) -> list[Action]:
    return [
        Delete(RESOURCEQUOTAS, (namespace, _quota(fault)))
        for namespace in fault.spaces
        if read.get(RESOURCEQUOTAS, namespace, _quota(fault)) is not None
    ]


def _quota(fault: Injected) -> str:
    return f"fault-{fault.id}"


ASKS: Mapping[str, Ask] = {
    "delete": Ask(_delete, _nothing),
    "drain": Ask(_drain, _uncordon, _evictions),
    "image": Ask(_release, _roll_back),
    "quota": Ask(_charge, _uncharge),
}
"""By the word in the catalogue."""


def brings(fault: Injected, pod: Obj) -> bool:
    """Whether a pod runs what a fault released; any pod where it released nothing."""
    if fault.row.ask != "image":
        return True
    bad: list[Any] = [new for _, new in fault.undo.values()]
    return any(one["image"] in bad for one in pod["spec"]["containers"])
