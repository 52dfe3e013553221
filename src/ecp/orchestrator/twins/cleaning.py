"""Objects of a running namespace as they would have been applied, and the nodes as pools. Pure.

No Secret is read: what pods need of them is made from their references, with values that say so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ecp.orchestrator.records import Obj

KINDS: Final = (
    ("v1", "ServiceAccount", "serviceaccounts"),
    ("v1", "ConfigMap", "configmaps"),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("v1", "ResourceQuota", "resourcequotas"),
    ("v1", "LimitRange", "limitranges"),
    ("v1", "Service", "services"),
    ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    ("apps/v1", "Deployment", "deployments"),
    ("apps/v1", "StatefulSet", "statefulsets"),
    ("apps/v1", "DaemonSet", "daemonsets"),
    ("batch/v1", "CronJob", "cronjobs"),
    ("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    ("networking.k8s.io/v1", "Ingress", "ingresses"),
)
"""What is imported, in the order in which it is applied; Jobs that run are not begun anew."""

NOTE: Final = "sim.ecp-ai.io/"
"""What a simulated pod is told begins with this. Source: docs/guides/add-an-image-profile."""
_MEASURED: Final = ("start-after", "ready-after", "cpu", "memory", "image-size", "service-time")
WORKLOADS: Final = ("Deployment", "StatefulSet", "DaemonSet")
_META: Final = ("name", "namespace", "labels", "annotations")
_OURS: Final = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
)
_GIVEN: Final[Mapping[str, tuple[str, ...]]] = {
    "Service": (
        "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort",
        "loadBalancerIP", "loadBalancerClass",
    ),
    "PersistentVolumeClaim": ("volumeName", "dataSource", "dataSourceRef"),
}  # fmt: skip
"""Fields of a spec that a server gave, or that mean something in one cluster only."""
_PLACEHOLDER: Final = "bm90IHRoZSByZWFsIHZhbHVl"  # "not the real value", base64
_SERVER_MADE: Final = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
_COMPUTED: Final = ("kubernetes.io/", "beta.kubernetes.io/", "topology.kubernetes.io/",
                    "failure-domain.beta.kubernetes.io/", "node.kubernetes.io/",
                    "node-role.kubernetes.io/")  # fmt: skip
_GPU: Final = "nvidia.com/gpu"
MANY_WRITERS: Final = ("ReadWriteMany", "ReadOnlyMany")


def cleaned(obj: Obj) -> Obj | None:
    """Return an object without what a cluster wrote into it; None for what a controller made."""
    meta, kind = obj["metadata"], obj["kind"]
    made = any(owner.get("controller") for owner in meta.get("ownerReferences") or ())
    if made or meta.get("deletionTimestamp") or (kind, meta["name"]) in _SERVER_MADE:
        return None
    kept = {field: meta[field] for field in _META if meta.get(field)}
    if "annotations" in kept:
        notes = kept["annotations"]
        kept["annotations"] = {k: v for k, v in notes.items() if not k.startswith(_OURS)}
    found = {k: v for k, v in obj.items() if k not in ("status", "metadata")}
    if "spec" in found:
        gone = _GIVEN.get(kind, ())
        found["spec"] = {k: v for k, v in found["spec"].items() if k not in gone}
    if kind == "Service":
        _clean_service(found["spec"])
    if kind == "ServiceAccount":
        found.pop("secrets", None)
    if kind in WORKLOADS:
        spec = found["spec"]
        template = {
            "metadata": _unmeasured(spec["template"].get("metadata") or {}),
            "spec": _placed(spec["template"]["spec"]),
        }
        found["spec"] = {**spec, "template": template}
    return {"apiVersion": obj["apiVersion"], "kind": kind, "metadata": kept, **found}


def _clean_service(spec: dict[str, Any]) -> None:
    # Headless is said by the field that otherwise an allocator fills.
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
    spec["ports"] = [
        {k: v for k, v in port.items() if k != "nodePort"} for port in spec.get("ports") or ()
    ]


def _unmeasured(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's metadata without what is measured instead."""
    kept = {
        note: text
        for note, text in (meta.get("annotations") or {}).items()
        if not (note.startswith(NOTE) and note[len(NOTE) :].partition(".")[0] in _MEASURED)
    }
    return {**{k: meta[k] for k in ("labels",) if k in meta}, "annotations": kept}


def _placed(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pod's spec without the classes that lie outside its namespace."""
    gone = [name for name in ("runtimeClassName", "schedulerName") if name in spec]
    if not str(spec.get("priorityClassName") or "system-").startswith("system-"):
        gone += ["priorityClassName", "priority"]
    return {name: value for name, value in spec.items() if name not in gone}


def accounts_of(objects: Sequence[Obj], namespace: str) -> list[Obj]:
    """Return the ServiceAccounts that pods name and nobody could list."""
    known = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "ServiceAccount"}
    named = {str(_pod_spec(obj).get("serviceAccountName") or "default") for obj in objects}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace},
        }
        for name in sorted(named - known - {"default"})
    ]


def secrets_of(objects: Sequence[Obj], namespace: str) -> list[Obj]:
    """Return Secrets with the names and keys that pods ask for; optional ones are left out."""
    wanted: dict[str, dict[str, None]] = {}
    kinds: dict[str, str] = {}
    for obj in objects:
        spec = _pod_spec(obj)
        for name, key in _references(spec):
            keys = wanted.setdefault(name, {})
            if key:
                keys[key] = None
        for row in spec.get("imagePullSecrets") or ():
            wanted.setdefault(str(row.get("name")), {})
            kinds[str(row.get("name"))] = "kubernetes.io/dockerconfigjson"
        for row in (obj.get("spec") or {}).get("tls") or () if obj["kind"] == "Ingress" else ():
            if row.get("secretName"):
                wanted.setdefault(row["secretName"], {}).update({"tls.crt": None, "tls.key": None})
    return [
        _secret(name, namespace, list(wanted[name]), kinds.get(name)) for name in sorted(wanted)
    ]


def _secret(name: str, namespace: str, keys: list[str], sort: str | None) -> Obj:
    # {"auths":{}}: a pull secret's value has to be one.
    data = {".dockerconfigjson": "eyJhdXRocyI6e319"} if sort else dict.fromkeys(keys, _PLACEHOLDER)
    meta = {"name": name, "namespace": namespace, "annotations": {"ecp.ai/assumed": "placeholder"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": sort or "Opaque",
            "data": data}  # fmt: skip


def _pod_spec(obj: Obj) -> Mapping[str, Any]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    found: Mapping[str, Any] = (spec.get("template") or {}).get("spec") or {}
    return found


def _references(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for row in container.get("envFrom") or ():
            if row.get("secretRef"):
                yield str(row["secretRef"]["name"]), ""
        for row in container.get("env") or ():
            at = (row.get("valueFrom") or {}).get("secretKeyRef")
            if at:
                yield str(at["name"]), str(at["key"])
    for volume in spec.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            at = source.get("secret")
            if at:
                name = str(at.get("secretName") or at.get("name"))
                yield name, ""
                for item in at.get("items") or ():
                    yield name, str(item["key"])


# -- nodes ----------------------------------------------------------------------------------------


def model_of(
    name: str, nodes: Sequence[Obj], claims: Iterable[Obj], *, needs: tuple[int, int] = (0, 0)
) -> tuple[dict[str, Any], list[str]]:
    """Return the model of a cluster with such nodes, and what is assumed about it (text keys).

    Machines that offer the same are a pool. Without nodes, that nobody may list, there is one pool
    of three that holds *needs* (milli-CPU, bytes) twice.
    """
    assumed = ["twin.assumed-storage"]
    pools: dict[str, dict[str, Any]] = {}
    for node in nodes:
        if (node.get("spec") or {}).get("unschedulable"):
            continue
        pool = _pool(node)
        zone = _zone(node)
        key = json.dumps(pool, sort_keys=True)
        known = pools.setdefault(key, {**pool, "count": 0, "zones": []})
        known["count"] += 1
        if zone not in known["zones"]:
            known["zones"].append(zone)
    if not pools:
        assumed.append("twin.assumed-nodes")
        cores, gibibytes = -(-needs[0] // 1500) + 2, -(-needs[1] // (3 << 29)) + 4
        pools[""] = {"cpu": str(cores), "memory": f"{gibibytes}Gi", "count": 3, "zones": ["twin"]}
    rows = [{"name": f"pool-{n}", **pool} for n, pool in enumerate(pools.values(), 1)]
    zones = list(dict.fromkeys(zone for row in rows for zone in row["zones"]))
    spec = {"name": name, "region": "twin", "zones": zones, "pools": rows,
            "storage": _storage(claims)}  # fmt: skip
    return spec, assumed


def _pool(node: Obj) -> dict[str, Any]:
    room = (node.get("status") or {}).get("allocatable") or {}
    labels = node["metadata"].get("labels") or {}
    taints = [
        {k: row[k] for k in ("key", "value", "effect") if k in row}
        for row in (node.get("spec") or {}).get("taints") or ()
        # Those that a controller puts there while a machine is not well go with the machine.
        if not str(row["key"]).startswith("node.kubernetes.io/")
    ]
    pool: dict[str, Any] = {
        "cpu": str(room.get("cpu", "1")),
        "memory": str(room.get("memory", "1Gi")),
        "storage": str(room.get("ephemeral-storage", "100Gi")),
        "pods": int(room.get("pods", 110)),
        "gpus": int(room.get(_GPU, 0)),
        "labels": {k: v for k, v in labels.items() if not k.startswith(_COMPUTED)},
        "taints": taints,
    }
    machine = labels.get("node.kubernetes.io/instance-type")
    return pool | ({"machineType": machine} if machine else {})


def _zone(node: Obj) -> str:
    labels = node["metadata"].get("labels") or {}
    return str(labels.get("topology.kubernetes.io/zone") or "twin")


def _storage(claims: Iterable[Obj]) -> dict[str, Any]:
    """Return classes of the names that claims use, on two drivers: for one writer, and for many."""
    classes: dict[str, bool] = {}
    for claim in claims:
        spec = claim.get("spec") or {}
        name = str(spec.get("storageClassName") or "standard")
        many = any(mode in MANY_WRITERS for mode in spec.get("accessModes") or ())
        classes[name] = classes.get(name, False) or many
    classes.setdefault("standard", False)
    return {
        "drivers": [
            {"name": "block.csi.twin", "delays": {"provision": "3s", "attach": "3s"}},
            {
                "name": "file.csi.twin",
                "attach": False,
                "accessModes": ["ReadWriteOnce", *reversed(MANY_WRITERS)],
                "delays": {"provision": "2s"},
            },
        ],
        "classes": [
            {
                "name": name,
                "provisioner": "file.csi.twin" if classes[name] else "block.csi.twin",
                "default": name == "standard",
                "allowVolumeExpansion": True,
            }
            for name in sorted(classes)
        ],
    }
