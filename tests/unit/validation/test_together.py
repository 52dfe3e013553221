"""Links, room and practice: what is said, and above all what is not. Each rule's own proof is in
its examples; here is where a rule must keep silent."""

import json
from typing import Any

import pytest

from ecp.kube.yaml import read
from ecp.validation import validate
from ecp.validation.lifecycle import _GOING
from ecp.validation.practice import SESSIONS_S
from ecp.validation.quotas import usage
from ecp.workloads.profiles import profiles

NODE = "{apiVersion: v1, kind: Node, metadata: {name: node}, status: {allocatable: {%s}}}"
NS = "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}"
SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: %s}"
CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}, data: {level: info}}"


def workload(box: str = "", spec: str = "", kind: str = "Deployment", replicas: int = 1) -> str:
    """Return a workload web that nothing is wrong with."""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n"
        f"  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n"
        "  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
        f"      {spec or '# plain'}\n"
        "      containers:\n"
        f"      - {{name: web, image: 'web:1', readinessProbe: {{tcpSocket: {{port: 80}}}}"
        f"{box or ', resources: {requests: {cpu: 1, memory: 1Gi}}'}}}\n"
    )


def env(value: str) -> str:
    requests = "resources: {requests: {cpu: 1, memory: 1Gi}}"
    return f", {requests}, env: [{value}]"


def call(url: str) -> str:
    return env(f"{{name: PEER_URL, value: '{url}'}}")


def together(*texts: str) -> str:
    return "\n---\n".join(texts)


def objects(*texts: str) -> list[Any]:
    return [document.object for text in texts for document in read(text)]


def rules_of(text: str, *there: str, **options: Any) -> list[str]:
    against = objects(*there) if there else None
    report = validate(text, against=against, **options)
    assert report.valid, report.findings
    return [finding.rule for finding in report.findings]


FROM_CONFIG = env("{name: A, valueFrom: {configMapKeyRef: {name: settings, key: level%s}}}")
ENDPOINT = "{selector: {app: web}, ports: [{port: 80}]}"
SECRET_ENV = env("{name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(workload(), [], id="one workload is sound"),
        pytest.param(SERVICE % ("web", ENDPOINT), [], id="a Service alone: its pods are elsewhere"),
        pytest.param(workload(FROM_CONFIG % ""), [], id="a part that refers to another part"),
        pytest.param(
            together(workload(FROM_CONFIG % ""), CONFIG % "other"), ["W0100"],
            id="a part that brings others of the kind is asked after it",
        ),
        pytest.param(
            together(NS % "default", workload(FROM_CONFIG % "")), ["B0105"],
            id="a namespace that comes with the input holds nothing else",
        ),
        pytest.param(
            together(NS % "default", workload(FROM_CONFIG % ", optional: true")), [],
            id="what is optional may be absent",
        ),
        pytest.param(
            together(NS % "default", workload(SECRET_ENV), "apiVersion: apiextensions.k8s.io/v1\n"
            "kind: CustomResourceDefinition\nmetadata: {name: externals.example.com}\n"
            "spec:\n  group: example.com\n  scope: Namespaced\n"
            "  names: {kind: External, plural: externals}\n  versions:\n"
            "  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object,"
            " x-kubernetes-preserve-unknown-fields: true}}}",
            "{apiVersion: example.com/v1, kind: External, metadata: {name: keys}}"),
            [], id="an operator may make the Secret",
        ),
        pytest.param(
            workload(spec="volumes: [{name: ca, configMap: {name: kube-root-ca.crt}}]"), [],
            id="every namespace has the cluster's certificate",
        ),
        pytest.param(
            together(workload(), SERVICE % ("db", "{clusterIP: None, ports: [{port: 1}]}")), [],
            id="a Service without a selector has endpoints of its own",
        ),
        pytest.param(
            together(workload(call("http://web.example.com")), SERVICE % ("web", ENDPOINT)), [],
            id="a name of the outside",
        ),
        pytest.param(
            together(workload(call("http://web.default.svc.cluster.local")),
                     SERVICE % ("web", ENDPOINT)), [], id="the full name of a Service",
        ),
        pytest.param(
            together(workload(call("https://kubernetes.default.svc")),
                     SERVICE % ("web", ENDPOINT)), [], id="the API server",
        ),
        pytest.param(
            together(workload(call("http://127.0.0.1:80,http://localhost")),
                     SERVICE % ("web", ENDPOINT)), [], id="itself",
        ),
        pytest.param(workload(call("http://stt:80")), [], id="a peer that may be elsewhere"),
        pytest.param(
            together(workload(call("http://web:81")), SERVICE % ("web", ENDPOINT)), ["W0101"],
            id="a port that the Service does not have",
        ),
        pytest.param(
            together(workload(call("http://web")), SERVICE % ("web", "{type: ExternalName, "
            "externalName: example.com}")), [], id="a Service that is a name of the outside",
        ),
        pytest.param(
            workload(", resources: {limits: {cpu: 1, memory: 1Gi}}"), [],
            id="a limit is a request, too",
        ),
        pytest.param(
            together(workload(", command: [x]"), "{apiVersion: v1, kind: LimitRange, metadata: "
            "{name: l}, spec: {limits: [{type: Container, default: {cpu: 1, memory: 1Gi}}]}}"),
            [], id="the namespace gives requests",
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_a_part(text: str, found: list[str]) -> None:
    assert rules_of(text) == found


@pytest.mark.parametrize(
    ("text", "there", "found"),
    [
        pytest.param(
            workload(FROM_CONFIG % ""), [CONFIG % "settings"], [], id="the cluster has it"
        ),
        pytest.param(workload(FROM_CONFIG % ""), [CONFIG % "s"], ["B0105"], id="it has not"),
        pytest.param(
            SERVICE % ("web", ENDPOINT), [workload()], [], id="the pods are there"
        ),
        pytest.param(SERVICE % ("web", ENDPOINT), [NS % "x"], ["B0100"], id="nor are there pods"),
        pytest.param(
            workload(call("http://stt")), [SERVICE % ("stt", "{ports: [{port: 80}]}")], [],
            id="the peer is there",
        ),
        pytest.param(workload(call("http://stt")), [NS % "x"], ["B0111"], id="the peer is nowhere"),
        pytest.param(
            workload(replicas=8), [NODE % "cpu: 8, memory: 8Gi"], [], id="the cluster is just right"
        ),
        pytest.param(
            workload(replicas=8), [NODE % "cpu: 7, memory: 8Gi"], ["B0115"], id="a CPU is short"
        ),
        pytest.param(
            workload(replicas=8, spec="nodeSelector: {gpu: t4}"), [NODE % "cpu: 8, memory: 8Gi"],
            ["B0115"], id="no node has the labels",
        ),
    ],
)  # fmt: skip
def test_what_is_said_with_a_cluster(text: str, there: list[str], found: list[str]) -> None:
    assert rules_of(text, *there) == found


def test_what_is_short_is_said_in_figures() -> None:
    gpu = ", resources: {limits: {nvidia.com/gpu: 2}, requests: {cpu: 1, memory: 1Gi}}"
    there = objects(NODE % "cpu: 99, memory: 99Gi, nvidia.com/gpu: 12")
    (finding,) = validate(workload(gpu, replicas=7), against=there).findings
    assert finding.message == "needs 14 GPUs, the cluster has 12"
    assert finding.field == "spec.replicas"


def test_whole_inputs_lack_what_they_do_not_bring_save_what_is_kept_apart() -> None:
    assert rules_of(workload(FROM_CONFIG % ""), whole=True) == ["B0105"]
    assert rules_of(workload(SECRET_ENV), whole=True) == []


@pytest.mark.parametrize(
    ("told", "found"),
    [
        pytest.param("", ["W0200", "W0201"], id="nothing is ignored"),
        pytest.param("W0201", ["W0200"], id="one by its id"),
        pytest.param("latest-tag, W0201", [], id="two, one by its name"),
        pytest.param("E0300, W9999", ["W0200", "W0201"], id="others"),
    ],
)
def test_an_object_says_what_is_not_to_be_spoken_of(told: str, found: list[str]) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: p, annotations: {{ecp.ai/ignore: '{told}'}}}}\n"
        "spec: {containers: [{name: c, image: i}]}\n"
    )
    assert rules_of(text) == found


def test_an_error_cannot_be_ignored() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {ecp.ai/ignore: E0300}}"
        "\nspec: {containers: []}\n"
    )
    assert [finding.rule for finding in validate(text).findings] == ["E0300"]


def test_a_refused_document_is_no_reason_to_miss_what_it_would_bring() -> None:
    refused = workload().replace("replicas: 1", "replicas: -1")
    report = validate(together(refused, SERVICE % ("web", ENDPOINT)))
    assert [finding.rule for finding in report.findings] == ["E0400"]


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: {podSelector: {}, policyTypes: [%s], %s}
"""
DNS = "{ports: [{port: 53, protocol: UDP}]}"


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        pytest.param(POLICY % ("Ingress", "ingress: [{}]"), [], id="all may come in"),
        pytest.param(POLICY % ("Ingress", "ingress: []"), ["B0112"], id="nobody may come in"),
        pytest.param(
            POLICY % ("Ingress", "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"),
            [], id="the caller may",
        ),
        pytest.param(
            POLICY % ("Ingress", "ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]"),
            ["B0112"], id="another may",
        ),
        pytest.param(POLICY % ("Egress", "egress: [{}]"), [], id="all may go out"),
        pytest.param(
            POLICY % ("Egress", f"egress: [{DNS}]"), ["B0112"], id="names only may be looked up"
        ),
        pytest.param(
            POLICY % ("Egress", "egress: [{to: [{podSelector: {}}]}]"), ["B0112"],
            id="the own namespace only, in which the DNS is not",
        ),
        pytest.param(
            POLICY % ("Egress", f"egress: [{DNS}, {{to: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}]}}]"),
            [], id="addresses that may be those of pods",
        ),
        pytest.param(
            POLICY % ("Ingress", "ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}]}]"),
            [], id="namespaces whose labels are not known",
        ),
    ],
)  # fmt: skip
def test_policies_against_the_calls_of_a_workload(policy: str, found: list[str]) -> None:
    text = together(workload(call("http://web")), SERVICE % ("web", ENDPOINT), policy)
    assert rules_of(text) == found


@pytest.mark.parametrize(
    ("spec", "counted"),
    [
        ("{type: NodePort, ports: [{port: 1}, {port: 2}]}", (2, 0)),
        ("{type: LoadBalancer, ports: [{port: 1}]}", (1, 1)),
        (
            "{type: LoadBalancer, allocateLoadBalancerNodePorts: false, "
            "ports: [{port: 1}, {port: 2, nodePort: 30000}]}",
            (1, 1),
        ),
        ("{ports: [{port: 1}]}", (0, 0)),
    ],
)
def test_what_a_service_counts_for(spec: str, counted: tuple[int, int]) -> None:
    (obj,) = objects(SERVICE % ("s", spec))
    found = usage(("", "Service"), obj)
    names = ("services.nodeports", "services.loadbalancers")
    assert tuple(found[name].nano // 10**9 for name in names) == counted
    assert found["services"].nano == found["count/services"].nano == 10**9


def test_a_kind_is_spoken_of_before_it_goes() -> None:
    text = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\n"
    text += "metadata: {name: a}\nspec: {priorityLevelConfiguration: {name: b}}\n"
    (finding,) = validate(text, kubernetes_version="1.31").findings
    assert finding.severity == "warning"
    assert finding.message == (
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is deprecated in v1.29+, unavailable in "
        "v1.32+; use flowcontrol.apiserver.k8s.io/v1 FlowSchema"
    )
    assert [found.rule for found in validate(text, kubernetes_version="1.32").findings] == ["E0012"]


@pytest.mark.parametrize(
    ("version", "rule"),
    [
        pytest.param("1.36", "E0014", id="a beta API that is off"),
        pytest.param("1.37", "E0012", id="the same once it is gone"),
        pytest.param("1.30", "E0011", id="the same before it came"),
    ],
)
def test_an_api_that_is_not_served_is_refused(version: str, rule: str) -> None:
    text = "apiVersion: storage.k8s.io/v1beta1\nkind: VolumeAttributesClass\n"
    text += "metadata: {name: fast}\ndriverName: example.com\nparameters: {a: b}\n"
    report = validate(text, kubernetes_version=version)
    assert [found.rule for found in report.findings] == [rule]
    assert "no matches for kind" in report.verdicts[0].message


def test_what_goes_was_deprecated_before() -> None:
    def number(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    for row in _GOING.values():
        assert not row.removed or number(row.deprecated) < number(row.removed)


BOT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: bot}
spec:
  replicas: 2
  selector: {matchLabels: {app: bot}}
  template:
    metadata: {labels: {app: bot}}
    spec:
      terminationGracePeriodSeconds: 600
      containers:
      - name: bot
        image: harbor.ecp-ai.com/ecp-ai/callbot:v1
        readinessProbe: {tcpSocket: {port: 80}}
        resources: {requests: {cpu: 1, memory: 1Gi}}
"""
BOT_DOOR = SERVICE % ("bot", "{selector: {app: bot}, ports: [{port: 80}]}")
BUDGET = (
    "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: bot}, "
    "spec: {maxUnavailable: 1, selector: {matchLabels: {app: %s}}}}"
)
SCALED = (
    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: bot}, spec: "
    "{scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: bot}, %smaxReplicas: 4}}"
)
WHOLE = together(BOT, BOT_DOOR, BUDGET % "bot")


def bound(*terms: str) -> str:
    """Return the bot with its pods bound to what the node selector terms allow."""
    node = "requiredDuringSchedulingIgnoredDuringExecution"
    said = ", ".join(f"{{matchExpressions: [{term}]}}" for term in terms)
    affinity = f"affinity: {{nodeAffinity: {{{node}: {{nodeSelectorTerms: [{said}]}}}}}}"
    return WHOLE.replace("      containers:", f"      {affinity}\n      containers:")


def zones(*names: str, operator: str = "In") -> str:
    key = "topology.kubernetes.io/zone"
    return f"{{key: {key}, operator: {operator}, values: [{', '.join(names)}]}}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(WHOLE, [], id="two replicas with a budget, wherever there is room"),
        pytest.param(
            WHOLE.replace("replicas: 2", "replicas: 1"), ["W0203"], id="one replica, budget or not"
        ),
        pytest.param(
            together(WHOLE.replace("replicas: 2", "replicas: 1"), SCALED % "minReplicas: 2, "),
            ["W0105"], id="one replica, of which the autoscaler makes two",
        ),
        pytest.param(
            together(WHOLE, SCALED % ""), ["W0203"], id="two, of which the autoscaler leaves one"
        ),
        pytest.param(
            WHOLE.replace("ecp-ai/callbot", "acme/callbot").replace("replicas: 2", "replicas: 1"),
            [], id="another's program: nobody knows that customers' sessions are there",
        ),
        pytest.param(
            BOT.replace("replicas: 2", "replicas: 1"), [], id="one that nobody calls by a Service"
        ),
        pytest.param(together(BOT, BOT_DOOR), ["W0204"], id="no budget"),
        pytest.param(
            together(BOT, BOT_DOOR, BUDGET % "web"), ["W0204", "W0103"], id="a budget of others"
        ),
        pytest.param(
            WHOLE.replace("      containers:", "      nodeSelector: "
            "{topology.kubernetes.io/zone: a}\n      containers:"), ["W0205"],
            id="a zone by its label",
        ),
        pytest.param(bound(zones("a")), ["W0205"], id="a zone by affinity"),
        pytest.param(bound(zones("a"), zones("a")), ["W0205"], id="twice the same"),
        pytest.param(bound(zones("a", "b")), [], id="two zones"),
        pytest.param(bound(zones("a"), zones("b")), [], id="one of two"),
        pytest.param(
            bound(zones("a"), "{key: gpu, operator: Exists}"), [], id="a zone, or any other GPU"
        ),
        pytest.param(bound(zones("a", operator="NotIn")), [], id="any zone but one"),
    ],
)  # fmt: skip
def test_what_brings_customers_sessions_to_a_halt(text: str, found: list[str]) -> None:
    assert rules_of(text) == found


def test_a_budget_that_the_cluster_has_protects_what_comes_in_parts() -> None:
    assert rules_of(together(BOT, BOT_DOOR), BUDGET % "bot") == []


def test_sessions_last_as_long_as_the_data_sheets_say() -> None:
    lasting = {
        profile.name: profile.demand.duration
        for profile in profiles().values()
        if profile.service.model == "session" and profile.demand is not None
    }
    assert lasting == SESSIONS_S


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param({"matchLabels": {"app": {"a": None}}}, id="a label that is an object"),
        pytest.param({"matchLabels": {"app": None}}, id="a label that is null"),
        pytest.param({"matchExpressions": [7]}, id="an expression that is a number"),
        pytest.param({"matchExpressions": [None]}, id="an expression that is null"),
        pytest.param(
            {"matchExpressions": [{"key": None, "operator": "In", "values": [["x"], None]}]},
            id="values that are lists and nulls",
        ),
        pytest.param([["x"]], id="a list of lists"),
    ],
)
def test_what_cannot_be_read_of_one_document_stops_no_other(selector: Any) -> None:
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "a:1"}]},
    }
    documents = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {"selector": chosen, "template": template},
        }
        for name, chosen in (("bad", selector), ("good", {"matchLabels": labels}))
    ]
    report = validate("\n---\n".join(json.dumps(one) for one in documents))
    assert [verdict.accepted for verdict in report.verdicts] == [False, True]
