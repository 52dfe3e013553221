"""An ordinary hour with kubectl: each command does and says what it does on a real cluster."""

import itertools
import re

import pytest

from .running import Kubectl

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

NUMBERS = itertools.count(1)

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: registry.example/app:1.0
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cfg}
data: {a: "1"}
"""


@pytest.fixture
def home(kubectl: Kubectl, version: str) -> Kubectl:
    """A kubectl in an empty namespace with the manifest at hand."""
    name = f"flow-{version.replace('.', '-')}-{next(NUMBERS)}"
    kubectl.move_to(name)
    kubectl.write("web.yaml", WEB)
    return kubectl


@pytest.fixture
def web(home: Kubectl) -> Kubectl:
    """The manifest applied and rolled out."""
    assert home.ok("apply -f web.yaml").split("\n")[0] == "deployment.apps/web created"
    home.ok("rollout status deploy/web --timeout=60s", 70)
    return home


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def test_get_in_all_forms(web: Kubectl) -> None:
    assert web.ok("apply -f web.yaml").count("unchanged") == 3
    (head, row) = lines(web.ok("get deploy web"))
    assert head == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row[:4] == ["web", "3/3", "3", "3"]
    pods = lines(web.ok("get pods -o wide --no-headers"))
    assert [row[1:4] for row in pods] == [["1/1", "Running", "0"]] * 3
    names = [row[0] for row in pods]
    assert web.ok("get pods -o name").split() == [f"pod/{name}" for name in names]
    path = "get pods -o jsonpath='{range .items[*]}{.metadata.name}{\"\\n\"}{end}'"
    assert web.ok(path).split() == names
    columns = "get pods -o custom-columns=N:.metadata.name --no-headers"
    assert web.ok(columns).split() == names
    assert web.ok("get pods --sort-by=.metadata.name -o name").count("pod/") == 3
    assert web.ok("get pods -l app=web --chunk-size=2 -o name").count("pod/") == 3
    assert web.ok("get pods --field-selector status.phase=Running -o name").count("pod/") == 3
    assert web("get pods --field-selector spec.nope=x").code == 1
    everything = web.ok("get all")
    for kind in ("pod/web-", "service/web", "deployment.apps/web", "replicaset.apps/web-"):
        assert kind in everything
    assert "managedFields" not in web.ok("get deploy web -o yaml")
    assert "f:replicas" in web.ok("get deploy web -o yaml --show-managed-fields")
    assert '"kind": "Deployment"' in web.ok("get deploy web -o json")
    missing = web("get pods nope")
    assert missing.err == 'Error from server (NotFound): pods "nope" not found\n'
    assert web("get nopes").err == 'error: the server doesn\'t have a resource type "nopes"\n'


def test_watching_shows_what_happens(web: Kubectl) -> None:
    awaited = "until grep -q '{}' seen; do sleep 0.1; done"
    seen = web.shell(
        "touch seen; kubectl get deploy web -w --output-watch-events >seen & "
        f"{awaited.format('web *3/3')}; kubectl scale deploy web --replicas=4 >/dev/null; "
        f"{awaited.format('web *3/4')}; kill $!; wait; cat seen",
        timeout=120,
    ).out
    rows = lines(seen)
    assert rows[0][0] == "EVENT"
    assert rows[1][:3] == ["ADDED", "web", "3/3"]
    assert ["MODIFIED", "web", "3/4"] in [row[:3] for row in rows]


def test_scale_rollout_history_undo_restart(web: Kubectl) -> None:
    assert web.ok("scale deploy web --replicas=5") == "deployment.apps/web scaled\n"
    web.ok("wait --for=jsonpath='{.status.readyReplicas}'=5 deploy/web --timeout=60s", 70)
    assert lines(web.ok("get deploy web --subresource=scale"))[1][:2] == ["web", "5"]
    web.ok("set image deploy/web app=registry.example/app:2.0")
    status = web.ok("rollout status deploy/web --timeout=90s", 100)
    assert status.endswith('deployment "web" successfully rolled out\n')
    assert [row[0] for row in lines(web.ok("rollout history deploy/web"))[2:]] == ["1", "2"]
    assert "app:2.0" in web.ok("rollout history deploy/web --revision=2")
    web.ok("rollout undo deploy/web")
    web.ok("rollout status deploy/web --timeout=90s", 100)
    image = "get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'"
    assert web.ok(image) == "registry.example/app:1.0"
    assert [row[0] for row in lines(web.ok("rollout history deploy/web"))[2:]] == ["2", "3"]
    web.ok("rollout pause deploy/web")
    assert web("rollout restart deploy/web").code == 1
    web.ok("rollout resume deploy/web")
    assert web.ok("rollout restart deploy/web") == "deployment.apps/web restarted\n"


def test_changing_objects(web: Kubectl) -> None:
    assert web.ok("label deploy web x=y") == "deployment.apps/web labeled\n"
    assert web.ok("annotate deploy web a=b") == "deployment.apps/web annotated\n"
    for type_, patch, replicas in (
        ("strategic", '{"spec":{"replicas":2}}', "2"),
        ("merge", '{"spec":{"replicas":4}}', "4"),
        ("json", '[{"op":"replace","path":"/spec/replicas","value":1}]', "1"),
    ):
        web.ok(f"patch deploy web --type={type_} -p '{patch}'")
        assert web.ok("get deploy web -o jsonpath={.spec.replicas}") == replicas
    assert web("diff -f web.yaml").code == 1
    assert web.ok("apply -f web.yaml --dry-run=server").startswith(
        "deployment.apps/web configured (server dry run)"
    )
    assert web.ok("replace -f web.yaml").count("replaced") == 3
    assert web.ok("get deploy web -o jsonpath={.spec.replicas}") == "3"
    twice = web("create -f web.yaml")
    assert 'deployments.apps "web" already exists' in twice.err
    edited = web.shell("EDITOR='sed -i s/replicas:.3/replicas:\\ 2/' kubectl edit deploy web")
    assert edited.out == "deployment.apps/web edited\n", edited.err


def test_server_side_apply_finds_conflicts(home: Kubectl) -> None:
    assert home.ok("apply --server-side -f web.yaml").count("serverside-applied") == 3
    home.ok("scale deploy web --replicas=5")
    refused = home("apply --server-side -f web.yaml")
    assert refused.code == 1
    assert "Apply failed with 1 conflict" in refused.err
    assert ".spec.replicas" in refused.err
    forced = home.ok("apply --server-side --force-conflicts -f web.yaml")
    assert "deployment.apps/web serverside-applied" in forced
    assert home.ok("get deploy web -o jsonpath={.spec.replicas}") == "3"


def test_describe_tells_of_every_kind(web: Kubectl) -> None:
    deploy = web.ok("describe deploy web")
    assert "3 desired | 3 updated | 3 total | 3 available | 0 unavailable" in deploy
    assert re.search(r"ScalingReplicaSet.*Scaled up replica set web-\w+ from 0 to 3", deploy)
    pod = web.ok("describe pod -l app=web")
    for text in ("Status:           Running", "Controlled By:  ReplicaSet/web-", "QoS Class:"):
        assert text in pod
    service = web.ok("describe svc web")
    assert len(re.findall(r"10\.244\.\d+\.\d+:8080", service)) == 3
    assert "Replicas:       3 current / 3 desired" in web.ok("describe rs")
    node = web.ok("get pods -o jsonpath='{.items[0].spec.nodeName}'")
    told = web.ok(f"describe node {node}")
    for text in ("KubeletReady", "Lease:", "Allocated resources:", "Non-terminated Pods:"):
        assert text in told
    for kind in ("ns default", "cm cfg", "sa default", "endpointslices", "crd"):
        assert web.ok(f"describe {kind}")
    events = web.ok("events --for deployment/web")
    assert "ScalingReplicaSet" in events
    assert "Successfully assigned" in web.ok("get events")
    assert "ready\n" in web.ok("logs deploy/web")


def test_generators_post_protobuf(home: Kubectl) -> None:
    home.ok("create configmap c --from-literal=a=b")
    assert home.ok("get cm c -o jsonpath={.data.a}") == "b"
    home.ok("create secret generic s --from-literal=p=q")
    assert home.ok("get secret s -o jsonpath={.data.p}") == "cQ=="
    home.ok("create serviceaccount robot")
    home.ok("create deployment d --image=registry.example/app:1 --replicas=2 --port=80")
    assert home.ok("get deploy d -o jsonpath={.spec.replicas}") == "2"
    home.ok("expose deploy d --port=80")
    home.ok("create service clusterip s --tcp=80:8080")
    assert home.ok("get svc s -o jsonpath={.spec.ports[0].targetPort}") == "8080"
    assert home.ok("auth can-i create pods") == "yes\n"
    assert "system:masters" in home.ok("auth whoami")


def test_wait_and_delete(web: Kubectl) -> None:
    web.ok("wait --for=condition=Available deploy/web --timeout=10s")
    late = web("wait --for=condition=Available=False deploy/web --timeout=1s")
    assert late.err == "error: timed out waiting for the condition on deployments/web\n"
    pod = web.ok("get pods -o jsonpath='{.items[0].metadata.name}'")
    assert web.ok(f"delete pod {pod}", 60).startswith(f'pod "{pod}" deleted')
    web.ok("wait --for=jsonpath='{.status.readyReplicas}'=3 deploy/web --timeout=60s", 70)
    web.ok("delete deploy web --cascade=orphan")
    assert web.ok("get rs -o name").count("replicaset.apps/web") == 1
    web.ok("delete all --all --wait=false")
    assert web.settle("kubectl get pods", "No resources found")
    web.ok("delete cm cfg")
    space = web.ok("config view --minify -o jsonpath={..namespace}")
    web.ok(f"delete ns {space}", 60)
    assert web(f"get ns {space}").code == 1


def test_nodes_are_cordoned_drained_and_tainted(home: Kubectl) -> None:
    home.ok("cordon infra-1")
    assert "Ready,SchedulingDisabled" in home.ok("get node infra-1")
    home.ok("drain infra-1 --ignore-daemonsets --force --timeout=60s", 70)
    home.ok("uncordon infra-1")
    home.ok("taint node infra-1 a=b:NoSchedule")
    home.ok("taint node infra-1 a-")


def test_what_is_served(home: Kubectl) -> None:
    assert "Server Version: v1.36.2" in home.ok("version")
    resources = home.ok("api-resources")
    assert re.search(r"deployments +deploy +apps/v1 +true +Deployment", resources)
    assert "servicemonitors" in resources
    assert "apps/v1\n" in home.ok("api-versions")
    assert "rollingUpdate" in home.ok("explain deploy.spec.strategy")
    bad = WEB.replace("replicas: 3", "replicaz: 3")
    home.write("bad.yaml", bad)
    refused = home("apply -f bad.yaml")
    assert 'unknown field "spec.replicaz"' in refused.err


def test_exec_is_refused_in_the_servers_words(web: Kubectl) -> None:
    for command in ("exec deploy/web -- ls", "port-forward deploy/web 18080:80"):
        refused = web(command)
        assert refused.code == 1
        assert "error dialing backend: dial tcp" in refused.err
