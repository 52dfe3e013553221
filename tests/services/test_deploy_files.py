"""What is made from the table of services, as other people's programs judge it.

docker-compose 1.29, podman-compose, hadolint, nginx, promtool and Helm; no container runs here.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.edge.services import TABLE
from ecp.validation import validate

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
WEB = [name for name, part in TABLE.items() if part.kind == "web"]


def ran(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# -- compose, images, nginx, Prometheus -----------------------------------------------------------


def test_docker_compose_1_29_takes_it_and_starts_everything() -> None:
    """R030: without a word about profiles, what `.env` says makes it everything."""
    done = ran("docker-compose", "config", "--services")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(TABLE)


def test_docker_compose_refuses_a_key_that_is_none(tmp_path: Path) -> None:
    """The judge is strict: what it takes, it has understood."""
    said = (ROOT / "compose.yaml").read_text().replace("    ports:", "    prots:", 1)
    (tmp_path / "compose.yaml").write_text(said)
    done = ran("docker-compose", "-f", tmp_path / "compose.yaml", "config", "-q")
    assert done.returncode != 0
    assert "prots" in done.stderr


def test_podman_compose_takes_it(tmp_path: Path) -> None:
    # It asks podman for its version before anything; no container runs here.
    podman = tmp_path / "podman"
    podman.write_text("#!/bin/sh\necho podman version 4.3.1\n")
    podman.chmod(0o755)
    program = Path(sys.executable).with_name("podman-compose")
    done = ran(program, "config", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(TABLE)


@pytest.mark.parametrize("file", ["Dockerfile", "web.Dockerfile"])
def test_hadolint_has_nothing_to_say(file: str) -> None:
    done = ran(Path(sys.executable).with_name("hadolint"), DEPLOY / file)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", WEB)
def test_nginx_takes_its_configuration(name: str, tmp_path: Path) -> None:
    """In its resolver form a name that nobody knows yet is no error: services come in any order."""
    said = (DEPLOY / "nginx" / f"{name}.conf").read_text()
    file = tmp_path / "nginx.conf"
    file.write_text(said.replace("/run/nginx", str(tmp_path)))
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None
    done = ran(program, "-t", "-e", "stderr", "-c", file)
    assert done.returncode == 0, done.stderr


def test_promtool_takes_the_configuration_and_its_rules() -> None:
    done = ran("promtool", "check", "config", DEPLOY / "prometheus/prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_reads_every_query_of_the_dashboards(tmp_path: Path) -> None:
    files = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
    panels = [panel for file in files for panel in json.loads(file.read_text())["panels"]]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    shown = [e.replace("$cluster", ".*").replace("$tenant", ".*") for e in asked]
    rows = [{"record": f"q:{n}", "expr": expr} for n, expr in enumerate(shown)]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "q", "rules": rows}]}))
    done = ran("promtool", "check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


# -- the chart ------------------------------------------------------------------------------------


@cache
def helm() -> Path | None:
    done = ran(sys.executable, "tools/clients.py", "--print-json")
    found = json.loads(done.stdout)
    return Path(found["helm3"]) if "helm3" in found else None


EVERYTHING = (
    "database.existingSecret=records", "redis.existingSecret=redis", "ingress.enabled=true",
    "serviceMonitor.enabled=true", "backend.dashboardUrl=https://simulator.example.com",
)  # fmt: skip


def rendered(*settings: str) -> str:
    program = helm()
    if program is None:
        pytest.skip("no Helm on this machine (it is built with Go): the chart was NOT rendered")
    words = [word for setting in settings for word in ("--set", setting)]
    version = ("--kube-version", "1.36.0", "--namespace", "ecp")
    done = ran(program, "template", "ecp", "charts/ecp", *version, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("settings", [(), EVERYTHING], ids=["as it is", "with everything on"])
def test_the_chart_has_no_finding(settings: tuple[str, ...]) -> None:
    said = rendered(*settings)
    secrets = "".join(
        f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n"
        "stringData: {url: a, demo-url: b, simulator-url: c}\n"
        for name in ("records", "redis")
    )
    report = validate((said + secrets).encode(), source="chart")
    assert [str(finding) for finding in report.findings] == []


def test_a_setting_that_the_chart_does_not_know_is_refused() -> None:
    program = helm()
    if program is None:
        pytest.skip("no Helm on this machine (it is built with Go): the chart was NOT rendered")
    done = ran(
        program, "template", "ecp", "charts/ecp", "--kube-version", "1.36.0", "--set", "replica=2"
    )
    assert done.returncode != 0
    assert "replica" in done.stderr


def test_a_pod_of_the_chart_is_restricted() -> None:
    """What Pod Security's restricted profile asks, and a root file system that is not written."""
    for document in yaml.safe_load_all(rendered()):
        if document["kind"] not in ("Deployment", "StatefulSet"):
            continue
        spec: dict[str, Any] = document["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
