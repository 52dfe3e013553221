"""One workload's objects: its Services, and its Deployment or StatefulSet."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from ecp.kube import quantity
from ecp.manifests.bundle import Obj
from ecp.manifests.platform import PRIORITIES
from ecp.manifests.providers import Provider
from ecp.manifests.tenant import TenantSpec
from ecp.workloads.profiles import Profiles
from ecp.workloads.sheet import Profile, Variable
from ecp.workloads.sizing import KEPT_DAYS, Sized, Sizing, moved_after

CONFIG = "ecp-config"
CREDENTIALS = "ecp-credentials"
SERVICE_ACCOUNT = "ecp-workload"
METRICS_PORT = 9090
"""The port `metrics` of every Service that has one."""
_USER = 10_001
# How many seconds a pod goes on serving after it was told to stop: until no proxy lists it.
_LINGER = 5
_MOST_GRACE = 600


@dataclass(frozen=True)
class Context:
    """What all objects of one bundle are made from."""

    spec: TenantSpec
    sizing: Sizing
    place: Provider
    known: Profiles
    include: frozenset[str]

    def labels(self, workload: str = "") -> dict[str, str]:
        """Return the labels of an object, of a workload's where one is named."""
        found = {**self.spec.labels, "tenant": self.spec.id, "ecp.ai/tenant-id": self.spec.id}
        if workload:
            found |= {"app": workload, "ecp.ai/service": workload}
            found["app.kubernetes.io/name"] = workload
            found["app.kubernetes.io/component"] = self.known[workload].tier
        return {**found, "app.kubernetes.io/part-of": "ecp", "app.kubernetes.io/managed-by": "ecp"}

    def selector(self, workload: str) -> dict[str, str]:
        """Return the labels that select a workload's pods."""
        return {"app": workload, "tenant": self.spec.id}

    def metadata(self, name: str, workload: str = "") -> Obj:
        """Return the metadata of an object in the tenant's namespace."""
        return {
            "name": name,
            "namespace": self.spec.namespace,
            "labels": self.labels(workload),
        }

    def doors(self) -> tuple[str, ...]:
        """Return the workloads that callers from outside reach first."""
        return tuple(
            dict.fromkeys(
                self.known[name].behind[0]
                for name in self.sizing.workloads
                if self.known[name].entry and self.known[name].behind
            )
        )

    def stores(self) -> dict[str, tuple[str, ...]]:
        """Return the workloads that keep data, each with those that call it; sorted."""
        names = sorted(self.sizing.workloads)
        return {
            name: users
            for name in names
            if self.known[name].scaling.single
            and self.known[name].tier == "infrastructure"
            and (users := tuple(user for user in names if name in self.calls(user)))
        }

    def measured(self) -> tuple[str, ...]:
        """Return the workloads that serve metrics."""
        return tuple(name for name in self.sizing.workloads if self.known[name].metrics)

    def calls(self, workload: str) -> tuple[str, ...]:
        """Return whom a workload calls: its dependencies, and what it is a door to.

        A door forwards to the next one on the way of each entry workload, the last to all of them.
        """
        found = dict.fromkeys(call.to for call in self.known[workload].calls)
        for name in self.sizing.workloads:
            profile = self.known[name]
            way = (*profile.behind, name) if self._is_entry(profile) else ()
            if workload in way[:-1]:
                found[way[way.index(workload) + 1]] = None
        return tuple(name for name in found if name in self.sizing.workloads)

    def _is_entry(self, profile: Profile) -> bool:
        return profile.entry and bool(dict(self.spec.demand.items()).get(profile.counter))

    def recordings(self, workload: str) -> dict[str, int]:
        """Return the claims (name, bytes) for what a workload's tenants leave behind.

        None where nothing is kept in the cluster.
        """
        profile = self.known[workload]
        units = dict(self.spec.demand.items()).get(profile.counter, 0)
        kept = int(units * profile.resources.unit_storage * KEPT_DAYS)
        if not kept or "storage" not in self.include:
            return {}
        sizes = self.place.volumes["shared"].sizes(kept)
        several = len(sizes) > 1
        return {
            f"{workload}-recordings{f'-{number}' if several else ''}": size
            for number, size in enumerate(sizes, start=1)
        }

    def lasts(self, sized: Sized) -> bool:
        """Whether a workload's own files are on volumes that outlive its pods."""
        return bool(sized.storage) and "storage" in self.include

    def secrets(self) -> tuple[str, ...]:
        """Return the secrets that any workload's environment names, sorted."""
        rows = [self.known[name] for name in self.sizing.workloads]
        variables = [row for profile in rows for row in (*profile.environment, *profile.clients)]
        return tuple(sorted({row.secret for row in variables if row.secret}))

    @cached_property
    def config(self) -> dict[str, str]:
        """The data of the tenant's ConfigMap: JSON texts, which every YAML reader reads too."""
        spec, sizing = self.spec, self.sizing
        tenant = {
            "tenant": spec.id,
            "preset": sizing.preset.name,
            "demand": dict(spec.demand.items()),
            "sla_target_percent": spec.target_ppm / 10_000,
        }
        files = {"tenant.json": _json(tenant)}
        for sized in sizing.workloads.values():
            profile = self.known[sized.workload]
            files[f"{sized.workload}.json"] = _json(
                {
                    "slots": sized.slots,
                    "latency_ms": round(profile.service.latency * 1000, 3),
                    "calls": {
                        name: address(self.known[name]) for name in self.calls(sized.workload)
                    },
                }
            )
        return files

    def config_digest(self, workload: str) -> str:
        """Return the hash of what a workload mounts: another one starts new pods."""
        mounted = self.config["tenant.json"] + self.config[f"{workload}.json"]
        return sha256(mounted.encode()).hexdigest()[:16]


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def service_name(workload: str) -> str:
    """Return the name of a workload's Service: stt is reached as stt-service."""
    return workload if workload.endswith("-service") else f"{workload}-service"


def address(profile: Profile) -> str:
    """Return what callers connect to: a URL, or host:port where it speaks no HTTP."""
    host = f"{service_name(profile.name)}:{profile.port}"
    return f"http://{host}" if profile.protocol == "http" else host


def variable(workload: str) -> str:
    """Return the environment variable that names a dependency: STT_ENDPOINT."""
    return f"{workload.upper().replace('-', '_')}_ENDPOINT"


def service(context: Context, sized: Sized) -> Obj:
    """Return the Service: the profile's port, and `metrics` where it has one."""
    profile = context.known[sized.workload]
    ports: list[Obj] = [
        {
            "name": profile.protocol,
            "port": profile.port,
            "targetPort": profile.protocol,
            "protocol": "TCP",
        }
    ]
    if profile.metrics:
        own = profile.metrics != profile.port
        ports.append(
            {
                "name": "metrics",
                "port": METRICS_PORT,
                "targetPort": "metrics" if own else profile.protocol,
                "protocol": "TCP",
            }
        )
    metadata = context.metadata(service_name(profile.name), profile.name)
    if profile.metrics:
        metadata["labels"]["monitoring"] = "enabled"
    kind = "ClusterIP"
    if "ingress" in context.include and profile.name in context.doors():
        kind = context.place.door_type
        if context.place.door_annotations:
            metadata["annotations"] = dict(context.place.door_annotations)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": kind,
            "selector": context.selector(profile.name),
            "ports": ports,
        },
    }


def headless(context: Context, sized: Sized) -> Obj:
    """Return the Service that names the pods of a StatefulSet; callers ask the other one."""
    profile = context.known[sized.workload]
    port = {
        "name": profile.protocol,
        "port": profile.port,
        "targetPort": profile.protocol,
        "protocol": "TCP",
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": context.metadata(f"{sized.workload}-headless", sized.workload),
        "spec": {
            "clusterIP": "None",
            "selector": context.selector(sized.workload),
            "ports": [port],
        },
    }


def controller(context: Context, sized: Sized) -> Obj:
    """Return what keeps a workload's pods: a StatefulSet where they keep files, else a Deployment.

    Without "storage" a database is a Deployment whose files are in an emptyDir.
    """
    profile = context.known[sized.workload]
    labels = context.labels(profile.name)
    if profile.metrics:
        labels["monitoring"] = "enabled"
    annotations = {"ecp.ai/config-digest": context.config_digest(profile.name)}
    if sized.storage and "storage" not in context.include:
        annotations["ecp.ai/rehearsal-only"] = "its files are in an emptyDir"
    lasts = context.lasts(sized)
    kept = {
        "serviceName": f"{profile.name}-headless",
        "volumeClaimTemplates": [data_claim(context, sized)] if lasts else [],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet" if lasts else "Deployment",
        "metadata": context.metadata(profile.name, profile.name),
        "spec": {
            "replicas": sized.replicas,
            "revisionHistoryLimit": 5,
            **(kept if lasts else {"strategy": _strategy(profile, sized)}),
            "selector": {"matchLabels": context.selector(profile.name)},
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": _pod(context, profile, sized),
            },
        },
    }


def data_claim(context: Context, sized: Sized) -> Obj:
    """Return the template of a database's claim: a volume of one node, as the preset wishes it."""
    fast = context.place.volumes[context.sizing.preset.storage_class]
    (size,) = fast.sizes(sized.storage)[:1]
    return {
        "metadata": {"name": "data", "labels": context.labels(sized.workload)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": fast.storage_class,
            "resources": {"requests": {"storage": quantity.fmt_binary(size)}},
        },
    }


def _strategy(profile: Profile, sized: Sized) -> Obj:
    if profile.scaling.single:
        # Two of them would write the same files.
        return {"type": "Recreate"}
    if sized.gpus:
        # There may be no GPU to spare; the spare for a zone is there for this, too.
        surge, gone = (0, 1) if sized.replicas > 1 else (1, 0)
    else:
        surge, gone = max(1, math.ceil(sized.replicas / 4)), 0
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": gone}}


def _pod(context: Context, profile: Profile, sized: Sized) -> Obj:
    lasting = (
        profile.demand.duration if profile.service.model == "session" and profile.demand else 0
    )
    spec: Obj = {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        # Open sessions may come to their end: after four times the mean 1.8 % are still open.
        "terminationGracePeriodSeconds": min(_MOST_GRACE, 30 + math.ceil(4 * lasting)),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    if "priority" in context.include:
        spec["priorityClassName"] = PRIORITIES[profile.tier]
    tolerations = list(_tolerations(context, profile, sized))
    if tolerations:
        spec["tolerations"] = tolerations
    if sized.gpus:
        spec["nodeSelector"] = dict(context.place.gpus[context.sizing.gpu_type])
    if sized.most > 1:
        pods = {"labelSelector": {"matchLabels": context.selector(profile.name)}}
        # Wished, not demanded: with a zone lost the rest takes all.
        spec["topologySpreadConstraints"] = [
            {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", **pods}
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ]
    spec["containers"] = [_container(context, profile, sized)]
    spec["volumes"] = list(_volumes(context, profile, sized))
    return spec


def _tolerations(context: Context, profile: Profile, sized: Sized) -> Iterator[Obj]:
    if sized.gpus:
        yield {**context.place.taint, "operator": "Exists"}
    if profile.scaling.single and not sized.storage:
        # Nothing else serves meanwhile and no disk has to follow: it need not wait for long.
        for taint in ("not-ready", "unreachable"):
            yield {
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": moved_after(profile),
            }


def _container(context: Context, profile: Profile, sized: Sized) -> Obj:
    ports = [{"name": profile.protocol, "containerPort": profile.port, "protocol": "TCP"}]
    if profile.metrics and profile.metrics != profile.port:
        ports.append({"name": "metrics", "containerPort": profile.metrics, "protocol": "TCP"})
    security: Obj = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    if profile.port < 1024:
        security["capabilities"]["add"] = ["NET_BIND_SERVICE"]
    mounts: list[Obj] = [
        {"name": "config", "mountPath": "/etc/ecp", "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    if sized.storage:
        mounts.append({"name": "data", "mountPath": "/var/lib/ecp"})
    mounts += (
        {"name": name, "mountPath": f"/var/lib/ecp/{name}"}
        for name in context.recordings(profile.name)
    )
    return {
        "name": profile.name,
        "image": profile.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": ports,
        "env": list(_environment(context, profile, sized)),
        "resources": _resources(sized),
        **_probes(profile),
        "lifecycle": {"preStop": {"sleep": {"seconds": _LINGER}}},
        "securityContext": security,
        "volumeMounts": mounts,
    }


def _environment(context: Context, profile: Profile, sized: Sized) -> Iterator[Obj]:
    yield {"name": "TENANT_ID", "value": context.spec.id}
    yield {"name": "SERVICE_NAME", "value": profile.name}
    yield {"name": "ECP_SLOTS", "value": str(sized.slots)}
    if profile.demand is not None:
        yield {"name": "TZ", "value": profile.demand.timezone}
    callees = context.calls(profile.name)
    for name in callees:
        yield {"name": variable(name), "value": address(context.known[name])}
    given = dict.fromkeys(profile.environment)
    for name in callees:
        given |= dict.fromkeys(context.known[name].clients)
    yield from (_variable(row) for row in given)


def _variable(row: Variable) -> Obj:
    if row.secret:
        reference = {"name": CREDENTIALS, "key": row.secret}
        return {"name": row.name, "valueFrom": {"secretKeyRef": reference}}
    return {"name": row.name, "value": row.value}


def _resources(sized: Sized) -> Obj:
    requests = {
        "cpu": quantity.fmt_milli(sized.cpu),
        "memory": quantity.fmt_binary(sized.memory),
    }
    limits = {
        "cpu": quantity.fmt_milli(sized.cpu_limit),
        "memory": quantity.fmt_binary(sized.memory_limit),
    }
    if sized.gpus:
        requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = str(sized.gpus)
    return {"requests": requests, "limits": limits}


def _probes(profile: Profile) -> Obj:
    probes = profile.probes
    every = {"periodSeconds": probes.period, "timeoutSeconds": probes.timeout}

    def ask(path: str) -> Obj:
        port = profile.protocol
        return {"httpGet": {"path": path, "port": port}} if path else {"tcpSocket": {"port": port}}

    tries = max(1, math.ceil(probes.startup / probes.period))
    return {
        "startupProbe": {**ask(probes.alive), **every, "failureThreshold": tries},
        "readinessProbe": {**ask(probes.ready), **every, "failureThreshold": probes.failures},
        "livenessProbe": {
            **ask(probes.alive),
            "periodSeconds": 2 * probes.period,
            "timeoutSeconds": 5,
            "failureThreshold": probes.failures,
        },
    }


def _volumes(context: Context, profile: Profile, sized: Sized) -> Iterator[Obj]:
    files = ("tenant.json", f"{profile.name}.json")
    items = [{"key": name, "path": name} for name in files]
    yield {"name": "config", "configMap": {"name": CONFIG, "items": items}}
    yield {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}
    for name in context.recordings(profile.name):
        yield {"name": name, "persistentVolumeClaim": {"claimName": name}}
    if sized.storage and not context.lasts(sized):
        yield {"name": "data", "emptyDir": {}}
