"""Twins of what no server checks: what is right beside what is nearly the same and wrong."""

from typing import Any

import pytest

from ecp.kube.yaml import read
from ecp.validation import validate

REQUESTS = "cpu: 100m, memory: 64Mi"
CALL = ", env: [{name: API_URL, value: 'http://api:8080'}]"
TO_API = "to: [{podSelector: {matchLabels: {app: api}}}]"
DNS = (
    "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}},"
    " podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}]}"
)


def workload(
    name: str = "web", box: str = "", *, spec: str = "", replicas: int | None = 1,
    kind: str = "Deployment", requests: str = REQUESTS, limits: str = "", init: str = "",
) -> str:  # fmt: skip
    """Return a workload that nothing is wrong with."""
    count = f"  replicas: {replicas}\n" if replicas is not None else ""
    bounds = f"requests: {{{requests}}}{', limits: {' + limits + '}' if limits else ''}"
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{count}"
        f"  selector: {{matchLabels: {{app: {name}}}}}\n"
        f"  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n"
        f"      {spec or '# plain'}\n      {init and f'initContainers: [{init}]'}\n"
        f"      containers:\n      - {{name: web, image: 'web:1', resources: {{{bounds}}},"
        f" readinessProbe: {{tcpSocket: {{port: 80}}}}{box}}}\n"
    )


def obj(version: str, kind: str, name: str, spec: str) -> str:
    return f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}}}, spec: {spec}}}\n"


def service(name: str = "web", spec: str = "ports: [{port: 80}]") -> str:
    return obj("v1", "Service", name, f"{{selector: {{app: {name}}}, {spec}}}")


def policy(spec: str) -> str:
    return obj("networking.k8s.io/v1", "NetworkPolicy", "p", f"{{{spec}}}")


def autoscaler(spec: str, name: str = "h") -> str:
    target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"
    return obj("autoscaling/v2", "HorizontalPodAutoscaler", name, f"{{{target}, {spec}}}")


def budget(spec: str, name: str = "b") -> str:
    return obj("policy/v1", "PodDisruptionBudget", name, f"{{{spec}}}")


def node(name: str, *, gpu: int = 0, spec: str = "", labels: str = "") -> str:
    return (
        f"{{apiVersion: v1, kind: Node, metadata: {{name: {name}, labels: {{{labels}}}}}, spec: "
        f"{{{spec}}}, status: {{allocatable: {{cpu: 8, memory: 64Gi, nvidia.com/gpu: {gpu}}}}}}}\n"
    )


def found(*texts: str, there: Any = None) -> list[tuple[str, str]]:
    """Return (rule, message) of the findings."""
    against = None if there is None else [one.object for text in there for one in read(text)]
    report = validate("\n---\n".join(texts), against=against)
    assert report.valid, report.errors
    return [(finding.rule, finding.message) for finding in report.findings]


API = (workload("api", ", ports: [{name: http, containerPort: 8080}]"),
       service("api", "ports: [{port: 8080, targetPort: http}]"))  # fmt: skip
OF_WEB = "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]"


@pytest.mark.parametrize(
    ("rules", "cut"),
    [
        pytest.param("podSelector: {}, policyTypes: [Ingress, Egress]", ["dns", "egress"],
                     id="default deny cuts names and the call"),
        pytest.param(f"{OF_WEB}, egress: [{{{TO_API}}}]", ["dns"],
                     id="all ports of the peer are let through, and the DNS is not"),
        pytest.param(f"{OF_WEB}, egress: [{DNS}, {{{TO_API}}}]", [], id="both are"),
        pytest.param(f"{OF_WEB}, egress: [{{ports: [{{port: 53}}]}}, {{{TO_API}}}]", ["dns"],
                     id="a port without a protocol is TCP, and names are asked by UDP"),
        pytest.param(f"{OF_WEB}, egress: [{DNS}, {{{TO_API}, ports: [{{port: 80}}]}}]", ["egress"],
                     id="the port of the Service is not that of the pod"),
        pytest.param(f"{OF_WEB}, egress: [{DNS}, {{{TO_API}, ports: [{{port: http}}]}}]", [],
                     id="the name of the pod's port"),
        pytest.param(f"{OF_WEB}, egress: [{DNS}, {{{TO_API}, ports: [{{port: grpc}}]}}]",
                     ["egress"], id="a name that the pod has no port of"),
        pytest.param(
            f"{OF_WEB}, egress: [{DNS}, {{{TO_API}, ports: [{{port: 8000, endPort: 9000}}]}}]", [],
            id="a range with the port in it"),
        pytest.param(
            f"{OF_WEB}, egress: [{DNS}, {{{TO_API}, ports: [{{port: 8000, endPort: 8079}}]}}]",
            ["egress"], id="a range that ends before it"),
        pytest.param(
            "podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: "
            "{matchLabels: {kubernetes.io/metadata.name: default}}}]}]", [],
            id="the own namespace by its name"),
        pytest.param(
            "podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: "
            "{matchLabels: {kubernetes.io/metadata.name: other}}}]}]", ["ingress"],
            id="another namespace by its name"),
        pytest.param(f"{OF_WEB}, egress: [{{to: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}]}}]", [],
                     id="addresses may be those of anybody"),
    ],
)  # fmt: skip
def test_policies_and_a_call(rules: str, cut: list[str]) -> None:
    words = {"dns": "may not ask the DNS", "egress": "egress to", "ingress": "ingress to"}
    messages = found(workload(box=CALL), *API, policy(rules))
    assert [rule for rule, _ in messages] == ["B0112"] * len(cut)
    assert all(words[one] in text for one, (_, text) in zip(cut, messages, strict=True))


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ("policyTypes: [Ingress], ingress: []", "spec.ingress"),
        ("policyTypes: [Ingress]", "spec.policyTypes"),
        ("podSelector: {}", "spec.podSelector"),
    ],
)
def test_a_policy_is_pointed_at_where_it_says_so(spec: str, field: str) -> None:
    rules = spec if spec.startswith("pod") else f"podSelector: {{}}, {spec}"
    report = validate("\n---\n".join([workload(box=CALL), *API, policy(rules)]))
    assert [finding.field for finding in report.findings] == [field]


@pytest.mark.parametrize(
    ("kind", "rules", "expected"),
    [
        pytest.param("LoadBalancer", "ingress: [{from: [{podSelector: {}}]}]", ["B0112"],
                     id="pods of the own namespace are not the outside"),
        pytest.param("LoadBalancer",
                     "ingress: [{from: [{podSelector: {}}]}, {ports: [{port: 80}]}]", [],
                     id="all on the port that is served"),
        pytest.param("LoadBalancer", "ingress: [{ports: [{port: 81}]}]", ["B0112"],
                     id="all on another port"),
        pytest.param("NodePort", "ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", [],
                     id="addresses"),
        pytest.param("ClusterIP", "ingress: [{from: [{podSelector: {}}]}]", [],
                     id="a Service of the inside"),
    ],
)  # fmt: skip
def test_policies_and_the_outside(kind: str, rules: str, expected: list[str]) -> None:
    served = service(spec=f"type: {kind}, ports: [{{port: 80}}]")
    rules = f"podSelector: {{}}, policyTypes: [Ingress], {rules}"
    assert [rule for rule, _ in found(workload(), served, policy(rules))] == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param((policy("podSelector: {}, ingress: []"),), [], id="a default deny alone"),
        pytest.param((workload(), policy(f"{OF_WEB}, egress: []")), [],
                     id="who may reach nobody needs no names"),
        pytest.param((workload(), policy(f"{OF_WEB}, egress: [{{ports: [{{port: 443}}]}}]")),
                     ["W0112"], id="who may reach anybody does"),
        pytest.param((workload(spec="hostNetwork: true"), policy(f"{OF_WEB}, egress: [{{ports: "
                      "[{port: 443}]}]")), [], id="pods on the network of the node"),
        pytest.param((workload(), policy("podSelector: {matchLabels: {app: x}}")), ["W0113"],
                     id="a policy for nobody"),
        pytest.param((workload(), service(spec="ports: [{port: 53, protocol: UDP, targetPort: d}]"),
                     ), ["B0101"], id="a port name that there is not"),
        pytest.param((workload(box=", ports: [{name: d, containerPort: 53}]"),
                      service(spec="ports: [{port: 53, protocol: UDP, targetPort: d}]")),
                     ["B0101"], id="a port name of another protocol"),
        pytest.param((workload(box=", ports: [{name: d, containerPort: 53, protocol: UDP}]"),
                      service(spec="ports: [{port: 53, protocol: UDP, targetPort: d}]")),
                     [], id="a port name of that protocol"),
        pytest.param((workload(init="{name: i, image: i, ports: [{name: d, containerPort: 9}]}"),
                      service(spec="ports: [{port: 53, targetPort: d}]")), ["W0200", "B0101"],
                     id="nobody is led to an init container"),
        pytest.param((workload(init="{name: i, image: 'i:1', restartPolicy: Always, ports: "
                               "[{name: d, containerPort: 1}]}"),
                      service(spec="ports: [{port: 53, targetPort: d}]")), [],
                     id="a sidecar serves"),
    ],
)  # fmt: skip
def test_policies_and_ports(texts: tuple[str, ...], expected: list[str]) -> None:
    assert [rule for rule, _ in found(*texts)] == expected


POD_0 = "{apiVersion: v1, kind: Service, metadata: {name: web-0}, spec: {selector: {app: web, "
POD_0 += "statefulset.kubernetes.io/pod-name: web-0}, ports: [{port: 80}]}}\n"


@pytest.mark.parametrize(
    ("replicas", "served", "rules"),
    [
        pytest.param(3, "clusterIP: None, ports: [{port: 80}]", [], id="names of their own"),
        pytest.param(3, "ports: [{port: 80}]", ["W0106"], id="three without"),
        pytest.param(1, "ports: [{port: 80}]", [], id="one goes by the Service's name"),
    ],
)
def test_stateful_pods_and_their_names(replicas: int, served: str, rules: list[str]) -> None:
    stateful = workload(kind="StatefulSet", replicas=replicas)
    stateful = stateful.replace("spec:\n", "spec:\n  serviceName: web\n", 1)
    messages = found(stateful, service(spec=served), POD_0)
    assert [rule for rule, _ in messages] == rules


CPU = "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 5}}}]"  # noqa: E501
ALL_OF_WEB = "selector: {matchLabels: {app: web}}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param((workload(requests="memory: 1Gi"), autoscaler("maxReplicas: 3")),
                     ["W0201", "B0104"], id="without metrics it scales by CPU"),
        pytest.param((workload(replicas=0), autoscaler("maxReplicas: 3")), ["W0105"],
                     id="nothing is scaled from zero"),
        pytest.param((workload(replicas=None), autoscaler(f"maxReplicas: 3, {CPU}"),
                      autoscaler(f"maxReplicas: 5, {CPU}", "i")), ["B0116"],
                     id="two autoscalers of one workload"),
        pytest.param((workload(), autoscaler("maxReplicas: 3, metrics: [{type: ContainerResource, "
                      "containerResource: {name: cpu, container: app, target: {type: Utilization, "
                      "averageUtilization: 5}}}]")), ["B0104"], id="a container that there is not"),
        pytest.param((workload(), budget(f"minAvailable: 1, {ALL_OF_WEB}")), ["W0104"],
                     id="one pod of one has to stay"),
        pytest.param((workload(replicas=2), budget(f"minAvailable: 1, {ALL_OF_WEB}")), [],
                     id="one of two has to"),
        pytest.param((workload(replicas=None), autoscaler("minReplicas: 2, maxReplicas: 3"),
                      budget(f"minAvailable: 1, {ALL_OF_WEB}")), [],
                     id="an autoscaler makes two of one"),
        pytest.param((workload(replicas=3), budget(f"maxUnavailable: 0%, {ALL_OF_WEB}")), ["W0104"],
                     id="no share of three"),
        pytest.param((workload(replicas=3), budget(f"minAvailable: 1, {ALL_OF_WEB}"),
                      budget("maxUnavailable: 1, selector: {}", "c")), ["W0104"],
                     id="two budgets of one pod"),
    ],
)  # fmt: skip
def test_autoscalers_and_budgets(texts: tuple[str, ...], expected: list[str]) -> None:
    assert [rule for rule, _ in found(*texts)] == expected


SETTINGS = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {STT_URL: 'http://stt'}}"


@pytest.mark.parametrize(
    ("box", "calls"),
    [
        pytest.param(", envFrom: [{configMapRef: {name: c}}]", ["stt"], id="by a ConfigMap"),
        pytest.param(
            ", env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: STT_URL}}}]", ["stt"],
            id="by one key of it"),
        pytest.param(", args: [--upstream=http://stt:80]", ["stt"], id="by a URL in an argument"),
        pytest.param(", args: [--redis-addr, 'redis:6379']", ["redis"], id="by an option's value"),
        pytest.param(", args: [--image, 'busybox:1', 'x:80', 'a=b:1']", [], id="an image"),
        pytest.param(", args: ['--listen-address=web-1:80']", [], id="an address of its own"),
        pytest.param(", command: [sh, -c, 'curl http://x']", [], id="a script is not read"),
        pytest.param(", env: [{name: A_URL, value: 'http://web.other.svc:80'}]", [],
                     id="a namespace that nothing is known of"),
        pytest.param(", env: [{name: A_URL, value: 'http://web-0.web.default.svc.cluster.local'}]",
                     [], id="one pod of a StatefulSet"),
        pytest.param(", env: [{name: A_URL, value: 'http://$(HOST):80'}]", [],
                     id="what another variable is put into"),
    ],
)  # fmt: skip
def test_who_is_called(box: str, calls: list[str]) -> None:
    messages = found(workload(box=box), service(), SETTINGS)
    assert [rule for rule, _ in messages] == ["W0101"] * len(calls)
    assert all(f"calls {host}," in text for host, (_, text) in zip(calls, messages, strict=True))


def test_an_alias_of_the_pod_is_no_service() -> None:
    aliased = workload(box=CALL, spec="hostAliases: [{ip: 10.0.0.1, hostnames: [api]}]")
    assert found(aliased, service()) == []
    assert found(workload(box=CALL), service()) != []


GPU = {"requests": f"{REQUESTS}, nvidia.com/gpu: 2", "limits": "nvidia.com/gpu: 2"}
TAINT = "taints: [{key: nvidia.com/gpu, value: present, effect: NoSchedule}]"
TOLERATED = "tolerations: [{key: nvidia.com/gpu, operator: Exists}]"
IN_B = (
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
    "{nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [b]}]}]}}}"
)


@pytest.mark.parametrize(
    ("texts", "there", "said"),
    [
        pytest.param([workload(replicas=4, **GPU), workload("two", replicas=3, **GPU)],
                     [node("a", gpu=6), node("b", gpu=6)], ["needs 14 GPUs, the cluster has 12"],
                     id="two workloads together"),
        pytest.param([workload(**GPU)], [node("a", gpu=6, spec=TAINT), node("b")],
                     ["needs 2 GPUs, the nodes that may take these pods have 0"],
                     id="nodes that are tainted"),
        pytest.param([workload(spec=TOLERATED, **GPU)],
                     [node("a", gpu=6, spec=TAINT), node("b")], [], id="which are tolerated"),
        pytest.param([workload()], [node("a", spec="unschedulable: true")],
                     ["no node may take a pod"], id="a node that is cordoned"),
        pytest.param([workload(spec=IN_B)], [node("a", labels="zone: a")],
                     ["no node may take a pod"], id="an affinity for another zone"),
        pytest.param([workload(spec=IN_B)], [node("a", labels="zone: b")], [], id="for this one"),
        pytest.param([workload(requests="cpu: 5, memory: 1Gi", replicas=2),
                      workload("d", kind="DaemonSet", replicas=None,
                               requests="cpu: 4, memory: 1Gi")],
                     [node("a"), node("b")], ["needs 18 CPUs, the cluster has 16"],
                     id="a DaemonSet on each node"),
        pytest.param([workload(init="{name: i, image: 'i:1', resources: {requests: {cpu: 9}}}")],
                     [node("a"), node("b")], ["one pod of Deployment web needs 9 of cpu"],
                     id="an init container that is larger than a node"),
        pytest.param([workload(init="{name: i, image: 'i:1', restartPolicy: Always, resources: "
                               "{requests: {cpu: 7950m}}}")],
                     [node("a")], ["needs 8.05 CPUs, the cluster has 8"], id="a sidecar beside it"),
        pytest.param([workload(**GPU)], [node("a", gpu=2)], ["a rollout of Deployment web"],
                     id="a surge without a spare GPU"),
        pytest.param([workload(**GPU)], [node("a", gpu=4)], [], id="with one"),
        pytest.param([workload(**GPU), obj("v1", "ResourceQuota", "q",
                      "{hard: {requests.nvidia.com/gpu: 2}}")], None,
                     ["a rollout of Deployment web"], id="a surge that the quota has no room for"),
    ],
)  # fmt: skip
def test_room(texts: list[str], there: Any, said: list[str]) -> None:
    messages = [text for _, text in found(*texts, there=there)]
    assert len(messages) == len(said)
    assert all(text.startswith(start) for text, start in zip(messages, said, strict=True))


CLAIM = obj("v1", "PersistentVolumeClaim", "files",
            "{accessModes: [%s], resources: {requests: {storage: 1Gi}}}")  # fmt: skip
FILES = "volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]"


@pytest.mark.parametrize(
    ("modes", "replicas", "kind", "rules"),
    [
        pytest.param("ReadWriteOnce", 2, "Deployment", ["W0115"], id="two pods, one node"),
        pytest.param("ReadWriteOncePod", 2, "Deployment", ["W0115"], id="two pods of one"),
        pytest.param("ReadWriteOnce", None, "DaemonSet", ["W0115"], id="a pod on every node"),
        pytest.param("ReadWriteOnce", 1, "Deployment", [], id="one pod"),
        pytest.param("ReadWriteMany", 2, "Deployment", [], id="many nodes"),
        pytest.param("ReadWriteOnce, ReadOnlyMany", 2, "Deployment", [], id="many may read"),
    ],
)
def test_claims_and_replicas(modes: str, replicas: int | None, kind: str, rules: list[str]) -> None:
    texts = (CLAIM % modes, workload(spec=FILES, replicas=replicas, kind=kind))
    assert [rule for rule, _ in found(*texts)] == rules


@pytest.mark.parametrize(
    ("annotation", "there", "rules"),
    [
        pytest.param("", [], ["W0100"], id="a certificate that nobody has"),
        pytest.param("cert-manager.io/issuer: x", [], [], id="one that is made"),
        pytest.param("", ["{apiVersion: v1, kind: Secret, metadata: {name: tls}}\n"], [],
                     id="one that is there"),
        pytest.param("", None, [], id="where nothing is known of the cluster"),
    ],
)  # fmt: skip
def test_certificates_of_an_ingress(annotation: str, there: Any, rules: list[str]) -> None:
    ingress = obj("networking.k8s.io/v1", "Ingress", "web", "{tls: [{secretName: tls}], "
                  "defaultBackend: {service: {name: web, port: {number: 80}}}}")  # fmt: skip
    ingress = ingress.replace("{name: web}", f"{{name: web, annotations: {{{annotation}}}}}", 1)
    assert [rule for rule, _ in found(workload(), service(), ingress, there=there)] == rules


OPERATED = (
    "{apiVersion: monitoring.coreos.com/v1, kind: %s, metadata: {name: main}, spec: {}}\n",
    service("alertmanager"),
    workload(),
)


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        pytest.param("Alertmanager", [], id="an operator makes pods of it"),
        pytest.param("ServiceMonitor", ["B0100"], id="nothing is made of it"),
    ],
)
def test_an_operator_may_make_the_pods(kind: str, rules: list[str]) -> None:
    report = validate("---\n".join((OPERATED[0] % kind, *OPERATED[1:])))
    assert [finding.rule for finding in report.findings if finding.rule[0] != "E"] == rules
