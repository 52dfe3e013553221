"""Helm 3 and 4, built unchanged: a chart of its own is installed, tested, upgraded, rolled back."""

import itertools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .running import Ran, Simulator, kubeconfig

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.parametrize("client", ["helm3", "helm4"], indirect=True),
]

CHART = Path(__file__).parent / "clients" / "chart"


NUMBERS = itertools.count(1)
READY = "--wait --timeout 180s"


class Helm:
    """One version of Helm with a namespace of its own, which the first install makes."""

    def __init__(self, program: Path, folder: Path, server: Simulator) -> None:
        self.program, self.folder, self.server = program, folder, server
        self.name = program.name.partition("-")[0]
        self.namespace = f"{self.name}-{next(NUMBERS)}"
        self.config = kubeconfig(folder / "config", server.port, self.namespace)

    def __call__(self, arguments: str) -> Ran:
        places = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
        done = subprocess.run(
            [self.program, *arguments.split()], cwd=CHART.parent,
            env={
                "HOME": str(self.folder),
                "KUBECONFIG": str(self.config),
                "PATH": os.environ["PATH"],
            }
            | {name: str(self.folder / name) for name in places},
            timeout=240, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def ok(self, arguments: str) -> str:
        ran = self(arguments)
        assert ran.code == 0, f"helm {arguments}: {ran.err or ran.out}"
        return ran.out

    def install(self, release: str, more: str = "") -> str:
        return self.ok(f"install {release} chart --create-namespace {READY} {more}")

    def history(self, release: str) -> list[tuple[int, str]]:
        rows = json.loads(self.ok(f"history {release} -o json"))
        return [(row["revision"], row["status"]) for row in rows]

    def get(self, group: str, resource: str, name: str = "") -> Any:
        return self.server.get(f"/{group}/namespaces/{self.namespace}/{resource}/{name}")

    def greeting(self, release: str) -> str:
        return str(self.get("api/v1", "configmaps", release)["data"]["greeting"])


@pytest.fixture
def helm(client: Path, server: Simulator, tmp_path: Path) -> Helm:
    return Helm(client, tmp_path, server)


def test_a_release_lives_and_goes(helm: Helm) -> None:
    said = helm.install("shop")
    assert f"The shop shop is open in {helm.namespace}, revision 1." in said
    assert helm.get("apis/apps/v1", "deployments", "shop")["status"]["readyReplicas"] == 2
    assert helm.get("apis/apps/v1", "statefulsets", "shop-stock")["status"]["readyReplicas"] == 1
    assert helm.get("apis/batch/v1", "jobs", "shop-pre-install")["status"]["succeeded"] == 1
    assert helm.get("apis/charts.example.io/v1", "tills", "shop")["spec"] == {"drawer": 100}
    assert "Phase:          Succeeded" in helm.ok("test shop --timeout 60s")
    helm.ok(f"upgrade shop chart --set greeting=hi,replicas=3 {READY}")
    assert helm.greeting("shop") == "hi"
    assert helm.get("apis/apps/v1", "deployments", "shop")["status"]["readyReplicas"] == 3
    assert helm.get("apis/batch/v1", "jobs", "shop-post-upgrade")["status"]["succeeded"] == 1
    assert json.loads(helm.ok("get values shop -o json")) == {"greeting": "hi", "replicas": 3}
    helm.ok(f"rollback shop 1 {READY}")
    assert helm.greeting("shop") == "hello"
    assert helm.history("shop") == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    (row,) = json.loads(helm.ok("list -o json"))
    assert (row["name"], row["revision"], row["status"]) == ("shop", "3", "deployed")
    assert "Deployment" in helm.ok("get manifest shop")
    helm.ok(f"uninstall shop {READY}")
    assert json.loads(helm.ok("list -o json")) == []
    assert helm.get("apis/apps/v1", "deployments", "shop") is None
    # What hooks made is not Helm's to delete.
    assert helm.get("apis/batch/v1", "jobs", "shop-pre-install") is not None


def test_our_own_chart_is_installed_and_starts(helm: Helm) -> None:
    chart = Path(__file__).parents[2] / "charts" / "ecp"
    helm.ok(f"install ecp {chart} --create-namespace {READY}")
    assert helm.get("apis/apps/v1", "deployments", "ecp-backend")["status"]["readyReplicas"] == 1
    assert helm.get("apis/apps/v1", "deployments", "ecp-web")["status"]["readyReplicas"] >= 1
    assert helm.get("apis/apps/v1", "statefulsets", "ecp-simulator")["status"]["readyReplicas"] == 1
    helm.ok("uninstall ecp")


def test_a_failed_upgrade_is_taken_back(helm: Helm) -> None:
    helm.install("shop")
    back = {"helm3": "--atomic", "helm4": "--rollback-on-failure"}[helm.name]
    failed = helm(f"upgrade shop chart --set broken=true,greeting=hi {back} --wait --timeout 10s")
    assert failed.code == 1
    assert "has been rolled back" in failed.err
    assert helm.history("shop") == [(1, "superseded"), (2, "failed"), (3, "deployed")]
    assert helm.greeting("shop") == "hello"
    deployment = helm.get("apis/apps/v1", "deployments", "shop")
    assert "command" not in deployment["spec"]["template"]["spec"]["containers"][0]


def test_a_dry_run_asks_the_server(helm: Helm) -> None:
    helm.install("shop")
    before = helm.server.get("/api/v1/nodes")
    said = helm.ok("upgrade shop chart --set greeting=hi --dry-run=server")
    assert 'version: "v1.36.2"' in said
    assert 'autoscaling: "true"' in said
    assert f'nodes: "{len(before["items"])}"' in said
    assert 'default: ""' not in said
    assert helm.greeting("shop") == "hello"
    assert helm.history("shop") == [(1, "deployed")]
    offline = helm("template shop chart")
    assert offline.code == 1
    assert "nil pointer" in offline.err
    refused = helm("upgrade shop chart --set replicas=-1")
    assert refused.code == 1
    assert "spec.replicas: Invalid value: -1: must be greater than or equal to 0" in refused.err


def test_what_is_not_the_releases_is_left_alone(helm: Helm) -> None:
    helm.install("shop", "--set replicas=1")
    refused = helm("install shop chart --replace")
    assert refused.code == 1
    assert re.search("cannot re-?use a name that is still in use", refused.err)
    said = helm.ok(f"upgrade --install other chart --set replicas=1 {READY}")
    assert "The shop other is open" in said
    owner = {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": helm.namespace}
    found = helm.get("api/v1", "configmaps", "other")["metadata"]["annotations"]
    assert owner.items() <= found.items()
    taken = helm("install third chart --set fullname=other --take-ownership --dry-run=server")
    assert taken.code == 0
    helm.ok(f"uninstall other {READY} --keep-history")
    assert helm.history("other") == [(1, "uninstalled")]
    assert helm.get("apis/apps/v1", "deployments", "shop")["status"]["readyReplicas"] == 1
