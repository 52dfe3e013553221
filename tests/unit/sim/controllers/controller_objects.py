"""Objects for the tests of controllers, and the store they stand in."""

from typing import Any

from ecp.kube.kinds import DEPLOYMENTS, NODES, PODS, REPLICASETS
from ecp.kube.pods import HASH_LABEL, owner_reference, pod_template_hash
from ecp.kube.times import rfc3339
from ecp.sim.store import Obj, Store

SECOND = 1_000_000_000
NOW = 1_767_571_200 * SECOND
STAMP = rfc3339(NOW)
NS = "shop"


class Seen(Store):
    """The real store as a Reader; `beats` says which nodes fell silent, and when (ns)."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: dict[str, int] = {}

    def heartbeat(self, node: str) -> int | None:
        return self.beats.get(node)

    def take(self, resource: str, *objects: Obj) -> "Seen":
        for obj in objects:
            meta = obj["metadata"]
            key = (meta.get("namespace", ""), meta["name"])
            self.put(resource, key, obj, (), at=NOW, cause="", actor="test")
        return self


def meta(name: str, *, uid: str = "", namespace: str = NS, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": namespace,
        "uid": uid or f"uid-{name}",
        "creationTimestamp": STAMP,
        **more,
    }


def template(image: str = "app:1", **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "c", "image": image}]},
    }


def deployment(
    replicas: int = 10,
    *,
    surge: Any = "25%",
    unavailable: Any = "25%",
    image: str = "app:1",
    status: Any = None,
    generation: int = 1,
    annotations: Any = None,
    **spec: Any,
) -> Obj:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    obj: Obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta("web", generation=generation),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
            "template": template(image),
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            **spec,
        },
        "status": status or {},
    }
    if annotations:
        obj["metadata"]["annotations"] = annotations
    return obj


def replica_set(
    owner: Obj,
    image: str,
    size: int,
    *,
    available: int | None = None,
    exist: int | None = None,
    revision: int = 1,
    desired: int | None = None,
    most: int | None = None,
    age: int = 60,
    **more: Any,
) -> Obj:
    """A ReplicaSet of *owner* with *size* wanted, *exist* existing, *available* available pods."""
    of_image = template(image)
    digest = pod_template_hash(of_image)
    labels = {**of_image["metadata"]["labels"], HASH_LABEL: digest}
    wanted = owner["spec"]["replicas"]
    exist = size if exist is None else exist
    available = exist if available is None else available
    annotations = {
        "deployment.kubernetes.io/revision": str(revision),
        "deployment.kubernetes.io/desired-replicas": str(wanted if desired is None else desired),
        "deployment.kubernetes.io/max-replicas": str(most or wanted + -(-wanted // 4)),
    }
    status: Obj = {"replicas": exist, "terminatingReplicas": 0, "observedGeneration": 1}
    for figure, n in (("readyReplicas", available), ("availableReplicas", available)):
        if n:
            status[figure] = n
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": meta(
            f"web-{digest}",
            generation=1,
            labels=labels,
            annotations=annotations,
            ownerReferences=[owner_reference(owner)],
        )
        | {"creationTimestamp": rfc3339(NOW - age * SECOND)},
        "spec": {
            "replicas": size,
            "selector": {"matchLabels": labels},
            "template": {**of_image, "metadata": {"labels": labels}},
        },
        "status": {**status, **more},
    }


def pod(
    name: str,
    owner: Obj | None = None,
    *,
    node: str = "n-0",
    ready: bool = True,
    phase: str = "Running",
    since: int = 30,
    age: int = 60,
    restarts: int = 0,
    labels: Any = None,
    **more: Any,
) -> Obj:
    """A pod; *since* and *age* are seconds before NOW."""
    if labels is None:
        labels = owner["spec"]["template"]["metadata"]["labels"] if owner else {"app": "web"}
    spec: Obj = {"containers": [{"name": "c", "image": "app:1"}]}
    if node:
        spec["nodeName"] = node
    status: Obj = {"phase": phase}
    if node:
        status["conditions"] = [
            {
                "type": "Ready",
                "status": "True" if ready else "False",
                "lastTransitionTime": rfc3339(NOW - since * SECOND),
            }
        ]
        status["containerStatuses"] = [{"name": "c", "restartCount": restarts}]
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta(name, labels=labels, **more)
        | {"creationTimestamp": rfc3339(NOW - age * SECOND)},
        "spec": spec,
        "status": status,
    }
    if owner is not None:
        obj["metadata"]["ownerReferences"] = [owner_reference(owner)]
    return obj


def node(
    name: str,
    ready: str = "True",
    *,
    zone: str = "z0",
    since: int = 600,
    taints: Any = (),
    **spec: Any,
) -> Obj:
    conditions = [
        {
            "type": kind,
            "status": status,
            "reason": "KubeletReady",
            "lastTransitionTime": rfc3339(NOW - since * SECOND),
        }
        for kind, status in (
            ("MemoryPressure", "False"),
            ("DiskPressure", "False"),
            ("PIDPressure", "False"),
            ("Ready", ready),
        )
    ]
    found = {k: v for k, v in meta(name).items() if k != "namespace"}
    found["labels"] = {"topology.kubernetes.io/zone": zone}
    if taints:
        spec["taints"] = list(taints)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": found,
        "spec": spec,
        "status": {"conditions": conditions},
    }


__all__ = [
    "DEPLOYMENTS",
    "NODES",
    "NOW",
    "NS",
    "PODS",
    "REPLICASETS",
    "SECOND",
    "STAMP",
    "Seen",
    "deployment",
    "meta",
    "node",
    "pod",
    "replica_set",
    "template",
]
