"""The simulator with its clusters in a PostgreSQL database: killed, started again, without it."""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from ecp.kube import kinds
from ecp.simulator.reopening import reopen
from ecp.simulator.rows import Database

from .running import CLUSTERS, Service

MAPS = "/api/v1/namespaces/default/configmaps"
_WRITERS = 4


def _servers() -> ModuleType:
    place = Path(__file__).parents[1] / "unit" / "orchestrator" / "stores.py"
    spec = importlib.util.spec_from_file_location("stores", place)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


servers = _servers()
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(servers.missing() is not None, reason=servers.missing() or ""),
]


def told(url: str, *statements: str) -> None:
    """Tell the server of a database something, from another one of its databases."""
    name = url.rpartition("/ecp")[2].partition("?")[0]

    async def told() -> None:
        import asyncpg

        connection = await asyncpg.connect(url.replace(f"/ecp{name}?", "/template1?"))
        for statement in statements:
            await connection.execute(statement.format(name=f"ecp{name}"))
        await connection.close()

    asyncio.run(told())


def test_killed_in_mid_write_and_left_by_its_database_it_keeps_what_it_answered(
    tmp_path: Path,
) -> None:
    url = servers.postgresql()
    first = Service(tmp_path, ECP_SIMULATOR_DATABASE_URL=url)
    answered: list[str] = []
    enough = threading.Event()

    def write(writer: int) -> None:
        for number in range(10_000):
            name = f"m{writer}-{number}"
            try:
                first.kube("default", "POST", MAPS, {"metadata": {"name": name}})
            except httpx.HTTPError:
                return
            answered.append(name)
            if number == 5:
                enough.set()

    with ThreadPoolExecutor(_WRITERS) as writers:
        done = [writers.submit(write, writer) for writer in range(_WRITERS)]
        assert enough.wait(120)
        first.process.kill()
        first.process.wait()
        for one in done:
            one.result()
    assert len(answered) > 5

    second = Service(tmp_path, ECP_SIMULATOR_DATABASE_URL=url)
    second.clock("default", "pause")
    names = {o["metadata"]["name"] for o in second.kube("default", "GET", MAPS)["items"]}
    assert names >= set(answered)
    second.kube("default", "POST", MAPS, {"metadata": {"name": "after"}})
    version = second.ok("GET", f"{CLUSTERS}/default")["resource_version"]

    gone = (
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    told(url, *gone)
    refused = second.call("POST", f"/clusters/default{MAPS}", {"metadata": {"name": "never"}})
    assert (refused.status_code, "postgresql://" in refused.text) == (503, True)
    assert second.ok("GET", "/health")["failed_clusters"] == ["default"]
    assert second.call("GET", f"/clusters/default{MAPS}/after").status_code == 200
    second.stop()
    assert second.process.returncode == -signal.SIGTERM
    assert "Traceback" not in second.stderr

    told(url, "ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    store = Database(url)
    store.open()
    found = reopen("default", store, time.time_ns)
    kept = {o["metadata"]["name"] for o in found.cluster.store.list(kinds.CONFIGMAPS)}
    assert found.cluster.store.version == version
    assert kept >= names | {"after"}
    assert "never" not in kept
    found.close()
    store.close()
    assert not list((tmp_path / "simulator").rglob("*.log"))


def test_it_does_not_start_without_its_database_and_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ecp.simulator.app"],
        env={
            **os.environ,
            "ECP_LANG": "en",
            "ECP_DATA_DIR": str(tmp_path),
            "ECP_SIMULATOR_DATABASE_URL": "postgresql://k8s_user:secret@127.0.0.1:1/k8s_simulator",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 7
    assert len(done.stderr.splitlines()) == 1
    assert "postgresql://k8s_user@127.0.0.1:1/k8s_simulator" in done.stderr
    assert "ECP_SIMULATOR_DATABASE_URL" in done.stderr
