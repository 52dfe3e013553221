"""A namespace with every kind that acts, and wishes that anybody may have of it at any time.

Run as a program it prints the digest of the change log of a script of wishes:
`python zoo.py SEED SCRIPT_JSON RESUME_AFTER`, where a wish is [what, number, seconds before it].
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from ecp.kube import kinds
from ecp.kube.errors import KubeError
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj
from ecp.sim.store.packing import pack, unpack

sys.path.insert(0, str(Path(__file__).parent))
from scenario import Log

NS = "zoo"
SPEC = clusters.check(
    {
        "name": "zoo",
        "zones": ["z0", "z1"],
        "pools": [{"name": "n", "count": 4, "cpu": "8", "memory": "32Gi"}],
        "metricsServer": True,
    }
)
HARD = {"pods": 30, "requests.cpu": 4_000, "services": 3, "configmaps": 6}
"""The quota of the namespace: counts, and milli-CPUs."""

OBJECTS = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec: {hard: {pods: "30", requests.cpu: "4", services: "3", configmaps: "6"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, default: {cpu: 200m}, defaultRequest: {cpu: 100m}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: set}
spec: {clusterIP: None, selector: {app: set}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: other}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}
  minReplicas: 2
  maxReplicas: 5
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other}
spec:
  replicas: 3
  selector: {matchLabels: {app: other}}
  template: {metadata: {labels: {app: other}}, spec: {containers: [{name: c, image: "app:1"}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: "app:1"
        ports: [{containerPort: 8080}]
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 2}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: set}
spec:
  replicas: 2
  serviceName: set
  selector: {matchLabels: {app: set}}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}
  template:
    metadata: {labels: {app: set}}
    spec:
      containers: [{name: c, image: "app:1", volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: "app:1"}]}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  completions: 4
  parallelism: 2
  template:
    metadata: {annotations: {sim.ecp-ai.io/exit-after: 20s}}
    spec: {restartPolicy: Never, containers: [{name: c, image: "app:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: often}
spec:
  schedule: "* * * * *"
  successfulJobsHistoryLimit: 1
  jobTemplate:
    spec:
      template:
        metadata: {annotations: {sim.ecp-ai.io/exit-after: 10s}}
        spec: {restartPolicy: OnFailure, containers: [{name: c, image: "app:1"}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 1
  selector: {app: old}
  template: {metadata: {labels: {app: old}}, spec: {containers: [{name: c, image: "app:1"}]}}
"""
WORKLOADS = (
    (kinds.DEPLOYMENTS, "web"),
    (kinds.DEPLOYMENTS, "other"),
    (kinds.STATEFULSETS, "set"),
    (kinds.DAEMONSETS, "agent"),
    (kinds.RCS, "old"),
)
PROPAGATIONS = ("Background", "Foreground", "Orphan")


def born(seed: int) -> Cluster:
    """Return a cluster whose zoo has just been asked for."""
    cluster = Cluster.create(SPEC, seed=seed)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": NS}}, namespace="")
    cluster.run_until(cluster.now + SECOND)
    for obj in objects():
        ask(cluster, "create", resource_of(cluster, obj), body=obj)
    return cluster


def objects() -> Iterator[Obj]:
    yield from yaml.safe_load_all(OBJECTS)


def resource_of(cluster: Cluster, obj: Obj) -> str:
    return cluster.catalogue.by_gvk[obj["apiVersion"], obj["kind"]].resource


def ask(
    cluster: Cluster, verb: Any, resource: str, name: str = "", *, namespace: str = NS, **more: Any
) -> None:
    cluster.submit(Request(verb, resource, namespace, name, **more))


def merge(cluster: Cluster, resource: str, name: str, body: Obj, namespace: str = NS) -> None:
    ask(cluster, "patch", resource, name, body=body, patch="merge", namespace=namespace)


def scale(cluster: Cluster, number: int) -> None:
    resource, name = WORKLOADS[number % len(WORKLOADS)]
    if resource != kinds.DAEMONSETS:
        merge(cluster, resource, name, {"spec": {"replicas": number % 7}})


def image(cluster: Cluster, number: int) -> None:
    resource, name = WORKLOADS[number % len(WORKLOADS)]
    body = {"metadata": {"annotations": {"build": str(number)}}}
    merge(cluster, resource, name, {"spec": {"template": body}})


def pod(cluster: Cluster, number: int) -> str | None:
    found = cluster.store.list(kinds.PODS, NS)
    return found[number % len(found)]["metadata"]["name"] if found else None


def delete_pod(cluster: Cluster, number: int) -> None:
    if name := pod(cluster, number):
        ask(cluster, "delete", kinds.PODS, name)


def evict(cluster: Cluster, number: int) -> None:
    if name := pod(cluster, number):
        body = {"metadata": {"name": name, "namespace": NS}}
        ask(cluster, "evict", kinds.PODS, name, body=body, subresource="eviction")


def relabel(cluster: Cluster, number: int) -> None:
    if name := pod(cluster, number):
        merge(cluster, kinds.PODS, name, {"metadata": {"labels": {"app": "none"}}})


def disown(cluster: Cluster, number: int) -> None:
    if name := pod(cluster, number):
        merge(cluster, kinds.PODS, name, {"metadata": {"ownerReferences": None}})


def delete(cluster: Cluster, number: int) -> None:
    resource, name = (*WORKLOADS, (kinds.JOBS, "once"), (kinds.CRONJOBS, "often"))[number % 7]
    ask(cluster, "delete", resource, name, propagation=PROPAGATIONS[number % 3])


def recreate(cluster: Cluster, number: int) -> None:
    obj = list(objects())[number % len(list(objects()))]
    ask(cluster, "create", resource_of(cluster, obj), body=obj)


def lone_pod(cluster: Cluster, number: int) -> None:
    cpu = f"{(number % 5) * 300 + 100}m"
    resources = {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}
    body = {
        "metadata": {"generateName": "lone-"},
        "spec": {"containers": [{"name": "c", "image": "app:1", "resources": resources}]},
    }
    ask(cluster, "create", kinds.PODS, body=body)


def service(cluster: Cluster, number: int) -> None:
    body = {"metadata": {"name": f"svc-{number}"}, "spec": {"ports": [{"port": 80}]}}
    ask(cluster, "create", kinds.SERVICES, body=body)


def owned(cluster: Cluster, number: int) -> None:
    owner = cluster.store.get(*WORKLOADS[number % 5][:1], NS, WORKLOADS[number % 5][1])
    if owner is None:
        return
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": number % 2 == 0,
    }
    meta = {"name": f"owned-{number}", "ownerReferences": [reference]}
    ask(cluster, "create", kinds.CONFIGMAPS, body={"metadata": meta})


def suspend(cluster: Cluster, number: int) -> None:
    resource, name = ((kinds.JOBS, "once"), (kinds.CRONJOBS, "often"))[number % 2]
    merge(cluster, resource, name, {"spec": {"suspend": number % 4 < 2}})


def cordon(cluster: Cluster, number: int) -> None:
    body = {"spec": {"unschedulable": number % 2 == 0}}
    merge(cluster, kinds.NODES, f"n-{number % 4 + 1}", body, namespace="")


def node(cluster: Cluster, number: int) -> None:
    cluster.world.set_node(f"n-{number % 4 + 1}", number % 3 > 0, cluster.now)


def remove_namespace(cluster: Cluster, number: int) -> None:
    if number == 9:  # seldom: nothing comes after it
        ask(cluster, "delete", kinds.NAMESPACES, NS, namespace="")


WISHES: dict[str, Callable[[Cluster, int], None]] = {
    made.__name__: made
    for made in (
        scale, image, delete_pod, evict, relabel, disown, delete, recreate, lone_pod, service,
        owned, suspend, cordon, node, remove_namespace,
    )
}  # fmt: skip
Script = Sequence[tuple[str, int, float]]


def play(cluster: Cluster, script: Script) -> Iterator[Cluster]:
    """Let time pass and make each wish; whoever asks for what may not be is refused."""
    for what, number, seconds in script:
        cluster.run_until(cluster.now + int(seconds * SECOND))
        try:
            WISHES[what](cluster, number)
        except KubeError:
            continue
        finally:
            yield cluster


def settle(cluster: Cluster) -> None:
    """All nodes come back, and there is time for whatever has to end."""
    for one in cluster.store.list(kinds.NODES):
        cluster.world.set_node(one["metadata"]["name"], True, cluster.now)
    if cluster.store.get(kinds.CRONJOBS, NS, "often"):
        merge(cluster, kinds.CRONJOBS, "often", {"spec": {"suspend": True}})
    cluster.run_until(cluster.now + 900 * SECOND)


def main(seed: int, script: Script, resume_after: int) -> str:
    cluster, log = born(seed), Log()
    cluster.listeners.append(log)
    for done, _ in enumerate(play(cluster, script)):
        if done == resume_after:
            break
    if resume_after < len(script):
        cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
        cluster.listeners.append(log)
        for _ in play(cluster, script[resume_after + 1 :]):
            pass
    settle(cluster)
    return f"{log.hexdigest()} {log.changes}"


if __name__ == "__main__":
    print(main(int(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])))
