"""A campaign on a Dask scheduler with two workers comes to the same as here, digest for digest."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cluster
pytest.importorskip("distributed")

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: bot}
spec:
  replicas: 2
  selector: {matchLabels: {app: bot}}
  template:
    metadata: {labels: {app: bot}}
    spec: {containers: [{name: bot, image: 'registry.example.com/bot:1',
                         ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: bot}
spec: {selector: {app: bot}, ports: [{port: 80, targetPort: 8080}]}
"""
SCENARIO = "scenario: s\nmanifests: [bot.yaml]\nfaults: ['pod_crash@2m']\nfor: 5m\n"


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    quiet: dict[str, Any] = {
        "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
    }  # fmt: skip
    dask = [sys.executable, "-m", "dask"]
    at_work = [
        subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *common],
                         **quiet)
    ]  # fmt: skip
    for _ in range(2):
        worker = ["worker", "--nthreads", "1", "--no-nanny", "--death-timeout", "120", *common]
        at_work.append(subprocess.Popen([*dask, *worker], **quiet))
    # Waits for both, in a process of its own: what Dask leaves open is not this one's.
    waiting = (
        "import sys; from distributed import Client\n"
        "client = Client(scheduler_file=sys.argv[1], timeout=120)\n"
        "client.wait_for_workers(2, timeout=120); print(client.scheduler.address)"
    )
    found = subprocess.run(
        [sys.executable, "-c", waiting, str(file)], capture_output=True, text=True, timeout=240
    )
    assert found.returncode == 0, found.stderr
    yield found.stdout.strip()
    for process in at_work:
        process.kill()  # asked to end, a worker may wait for its scheduler
        process.wait()


def ecp(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecp.cli.main", "rehearse", "s.yaml", "-o", "json", *arguments],
        cwd=folder,
        env={**os.environ, "ECP_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_every_back_end_gives_the_same_digest(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(MANIFEST)
    (tmp_path / "s.yaml").write_text(SCENARIO)
    here = ecp(tmp_path, "--runs", "5")
    dask = ecp(tmp_path, "--runs", "5", "--on", scheduler, "--results", "kept")
    assert (here.stderr, dask.stderr) == ("", "")
    assert json.loads(here.stdout) == json.loads(dask.stdout)
    assert here.returncode == dask.returncode
    assert len(list((tmp_path / "kept").glob("v0-s*.json"))) == 5
