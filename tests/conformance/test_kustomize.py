"""`kubectl kustomize` and `apply -k`: a base, a component, two overlays, generators and patches."""

import itertools
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from .running import Kubectl

pytestmark = [pytest.mark.kubectl, pytest.mark.cluster]

TREE = Path(__file__).parent / "clients" / "kustomize"
NUMBERS = itertools.count(1)


@pytest.fixture
def home(kubectl: Kubectl, version: str) -> Kubectl:
    """A kubectl in an empty namespace with the tree at hand."""
    name = f"kustomize-{version.replace('.', '-')}-{next(NUMBERS)}"
    kubectl.move_to(name)
    shutil.copytree(TREE, kubectl.cwd / "tree")
    return kubectl


def applied(text: str) -> dict[str, str]:
    """Return what became of each object: {"service/shop": "created"}; hashes of names as #."""
    rows = (line.split(" ", 1) for line in text.strip().splitlines())
    return {re.sub(r"-[a-z0-9]{10}$", "-#", name): what for name, what in rows}


def test_what_is_built_is_what_is_there(home: Kubectl) -> None:
    built = list(yaml.safe_load_all(home.ok("kustomize tree/overlays/production")))
    assert [one["kind"] for one in built] == [
        "ConfigMap", "Secret", "Service", "Deployment", "PodDisruptionBudget",
    ]  # fmt: skip
    assert applied(home.ok("apply -k tree/overlays/production")) == {
        "configmap/production-settings-#": "created",
        "secret/production-till-#": "created",
        "service/production-shop": "created",
        "deployment.apps/production-shop": "created",
        "poddisruptionbudget.policy/production-shop": "created",
    }
    home.ok("rollout status deploy/production-shop --timeout=60s", 70)
    deployment = json.loads(home.ok("get deploy production-shop -o json"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example/shop:1.1"
    assert container["envFrom"][0]["configMapRef"]["name"] == built[0]["metadata"]["name"]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == built[1]["metadata"]["name"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert deployment["status"]["readyReplicas"] == 3
    assert deployment["metadata"]["annotations"]["stage"] == "production"
    service = json.loads(home.ok("get service production-shop -o json"))["spec"]
    assert (service["ports"][0]["port"], service["sessionAffinity"]) == (8080, "ClientIP")
    assert home.ok("get pdb production-shop -o jsonpath='{.status.currentHealthy}'") == "3"
    # A real server is asked the same: kubectl patches what `$retainKeys` and a selector touch.
    assert applied(home.ok("apply -k tree/overlays/production")) == {
        "configmap/production-settings-#": "unchanged",
        "secret/production-till-#": "unchanged",
        "service/production-shop": "unchanged",
        "deployment.apps/production-shop": "configured",
        "poddisruptionbudget.policy/production-shop": "configured",
    }
    assert home("diff -k tree/overlays/production").code == 0


def test_a_changed_setting_is_a_new_map_and_a_rollout(home: Kubectl) -> None:
    home.ok("apply -k tree/overlays/staging")
    home.ok("rollout status deploy/staging-shop --timeout=60s", 70)
    overlay = home.cwd / "tree" / "overlays" / "staging" / "kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("greeting=hi", "greeting=welcome"))
    differs = home("diff -k tree/overlays/staging")
    assert differs.code == 1
    assert "+  greeting: welcome" in differs.out
    assert applied(home.ok("apply -k tree/overlays/staging")) == {
        "configmap/staging-settings-#": "created",
        "service/staging-shop": "unchanged",
        "deployment.apps/staging-shop": "configured",
    }
    home.ok("rollout status deploy/staging-shop --timeout=60s", 70)
    assert (
        home.ok("get cm -l app.kubernetes.io/part-of=shop -o name").count("staging-settings") == 2
    )
    assert home.ok("get rs -o name").count("replicaset") == 2
    # With server-side apply and pruning the map that nobody wants any more goes.
    pruning = "apply -k tree/overlays/staging --prune -l app.kubernetes.io/part-of=shop"
    assert "pruned" in home.ok(f"{pruning} --prune-allowlist=core/v1/ConfigMap")
    assert "serverside-applied" in home.ok(
        "apply -k tree/overlays/staging --server-side --force-conflicts"
    )
    assert "deleted" in home.ok("delete -k tree/overlays/staging")
    assert home.settle("kubectl get pods", "No resources found")
