"""The integration guide's installation, its commands as printed, on the full profile's processes.

`docker-compose` is tools/docker-compose: no container engine runs here. Ports are free ones, and
take the place of the guide's in its commands. What only an engine can answer (`docker network …`)
is not tried; compose.yaml itself is judged in test_deploy_files. The tests run in this order.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from ecp.cli.installation import keeper, plan, programs
from ecp.edge.services import TABLE
from ecp.sim.telemetry.metrics import BY_NAME

from . import queries

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).resolve().parents[2]
ECP = ("backend", "frontend", "postgres", "postgres-demo", "redis")
SIMULATOR = (
    "k8s-simulator-backend", "k8s-simulator-frontend", "k8s-simulator-postgres",
    "k8s-simulator-redis",
)  # fmt: skip
EVERYTHING = [name for name in TABLE if name not in plan.NOT_HERE]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in sockets]


class Installation:
    """The full profile in a folder of its own, and the guide's commands."""

    def __init__(self) -> None:
        # Not pytest's folder: PostgreSQL's user may not enter what is root's alone.
        self.data = Path(tempfile.mkdtemp(prefix="ecp-full-"))
        self.data.chmod(0o755)
        numbers = free_ports(len(TABLE))
        self.ports = dict(zip(TABLE, numbers, strict=True))
        self.environment = {
            **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            **{part.listens.setting: str(self.ports[name]) for name, part in TABLE.items()},
            "ECP_DATA_DIR": str(self.data),
            "ECP_LANG": "en",
            "PATH": f"{ROOT / 'tools'}:{os.environ['PATH']}",
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the guide in a shell, its ports replaced."""
        command = re.sub(r"localhost:(\d+)", self._here, command)
        return subprocess.run(
            command, shell=True, cwd=ROOT, env=self.environment, capture_output=True, text=True,
            timeout=180, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def _here(self, said: re.Match[str]) -> str:
        names = {part.listens.port: name for name, part in TABLE.items()}
        name = names.get(int(said[1]))  # none: a port inside a container
        return said[0] if name is None else self.address(name)

    def ok(self, command: str) -> str:
        done = self.run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def address(self, name: str) -> str:
        return f"localhost:{self.ports[name]}"

    def got(self, name: str, path: str = "/") -> str:
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        with urllib.request.urlopen(url, timeout=180) as answer:
            return str(answer.read(), "utf-8")

    def rows(self) -> dict[str, Any]:
        try:
            return {row["name"]: row for row in keeper.ask(self.data, "ps")["services"]}
        except keeper.Unknown:
            return {}

    def healthy(self) -> list[str]:
        return sorted(name for name, row in self.rows().items() if row["state"] == "healthy")

    def tenants_in(self, name: str) -> list[str]:
        """Ask a mode's database, from outside, for the tenants in it."""
        return self.told_by(name, "select tenant_id from tenants")

    def told_by(self, name: str, query: str) -> list[str]:
        """Ask a database from outside."""
        part = TABLE[name]
        where = f"-h 127.0.0.1 -p {self.ports[name]} -U {part.role} {part.database}"
        done = subprocess.run(
            ["psql", *where.split(), "-Atc", query], check=True,
            env={**self.environment, "PGPASSWORD": plan.password(self.data)},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout.split()

    def left(self) -> list[str]:
        """Return the processes that still know the data folder: by command line, by place."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes().decode(errors="replace")
                place = os.readlink(process / "cwd")
                if place.startswith(str(self.data)) or str(self.data) in words:
                    found.append(f"{process.name} {words}")
        return found


def gone(installed: Installation) -> list[str]:
    """Return what is left of an installation after a while; nothing, as it should be."""
    deadline = time.monotonic() + 180
    while (left := installed.left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


@pytest.fixture(scope="module")
def installed() -> Iterator[Installation]:
    kinds = list(dict.fromkeys(part.kind for part in TABLE.values()))
    lacking = programs.missing(kinds)
    if lacking:
        names = ", ".join(one.program for one in lacking)
        pytest.skip(f"the guide's installation was NOT tried: {names} not on this machine")
    found = Installation()
    yield found
    for process in found.left():  # none, unless a test has failed
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process.split()[0]), signal.SIGKILL)
    shutil.rmtree(found.data, ignore_errors=True)


# -- starting -------------------------------------------------------------------------------------


def test_r032_the_ecp_services_start_alone(installed: Installation) -> None:
    installed.ok("docker-compose up -d backend frontend postgres postgres-demo redis")
    assert installed.healthy() == sorted(ECP)
    health = json.loads(installed.ok("curl -sS http://localhost:8001/health"))
    assert health["status"] == "healthy"


def test_r033_the_simulators_services_are_started_beside_them(installed: Installation) -> None:
    installed.ok(
        "docker-compose up -d k8s-simulator-backend k8s-simulator-frontend "
        "k8s-simulator-postgres k8s-simulator-redis"
    )
    assert installed.healthy() == sorted((*ECP, *SIMULATOR))


def test_r030_r031_everything_starts_and_ps_shows_it(installed: Installation) -> None:
    said = installed.ok("docker-compose up -d")
    assert [line.split() for line in said.splitlines()] == [[n, "healthy"] for n in plan.order()]
    shown = installed.ok("docker-compose ps")
    for name in EVERYTHING:
        inside = TABLE[name].inside
        assert f"127.0.0.1:{installed.ports[name]}->{inside}/tcp" in shown
    assert installed.healthy() == sorted(EVERYTHING)


def test_who_starts_it_twice_finds_it_running(installed: Installation) -> None:
    done = subprocess.run(
        [ROOT / ".venv/bin/ecp", "up"], env=installed.environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "running already" in done.stderr) == (5, True)


# -- what answers where ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path", "wanted"),
    [
        pytest.param("frontend", "/", "<title>Orchestrator console</title>", id="R010 3000"),
        pytest.param("backend", "/docs", "swagger", id="R024 8001/docs"),
        pytest.param("backend", "/redoc", "redoc", id="R024 8001/redoc"),
        pytest.param("k8s-simulator-backend", "/docs", "swagger", id="R025 6360/docs"),
        pytest.param("k8s-simulator-backend", "/", "ecp-simulator", id="R116 6360"),
        pytest.param(
            "k8s-simulator-frontend", "/", "<title>Simulator dashboard (direct)", id="R022 6370"
        ),
        pytest.param(
            "k8s-simulator-monitoring", "/", "<title>Simulator monitoring page", id="R019 6380"
        ),
        pytest.param("k8s-simulator-nginx", "/", "<title>Simulator dashboard<", id="R021 6390"),
        pytest.param("k8s-simulator-nginx", "/dashboard/t1", "t1", id="R023 a tenant's page"),
        pytest.param("nginx", "/", "<title>Orchestrator console</title>", id="R020 80"),
        pytest.param("nginx", "/api/v1/simulator/status", '"healthy"', id="R020 80 to the API"),
        pytest.param("prometheus", "/-/ready", "Ready", id="R018 9090"),
    ],
)
def test_a_port_of_the_guide_answers(
    installed: Installation, name: str, path: str, wanted: str
) -> None:
    assert wanted.lower() in installed.got(name, path).lower()


@pytest.mark.parametrize("name", ["redis", "k8s-simulator-redis"], ids=["R016 C01", "R017"])
def test_a_redis_answers(installed: Installation, name: str) -> None:
    with socket.create_connection(("127.0.0.1", installed.ports[name]), timeout=60) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(64) == b"+PONG\r\n"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        pytest.param(
            "docker-compose exec k8s-simulator-postgres pg_isready -U k8s_user",
            "accepting connections",
            id="R037",
        ),
        pytest.param(
            "docker-compose exec k8s-simulator-backend curl http://localhost:8000/health",
            "ecp-simulator",
            id="R038",
        ),
        pytest.param(
            "docker-compose exec backend curl http://k8s-simulator-backend:8000/health",
            "ecp-simulator",
            id="R040",
        ),
        pytest.param(
            "docker-compose exec k8s-simulator-postgres psql -Atc 'select current_user'",
            "k8s_user",
            id="R037 the role can log in",
        ),
        pytest.param(
            "docker-compose exec backend sh -c 'echo $K8S_SIMULATOR_URL'", "http://", id="R140"
        ),
    ],
)
def test_a_command_in_a_service(installed: Installation, command: str, wanted: str) -> None:
    assert wanted in installed.ok(command)


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("docker-compose exec nothing ls", 4, "no service nothing"),
        ("docker-compose exec backend sh -c 'exit 7'", 7, ""),
        ("docker-compose restart grafana", 4, "grafana"),
    ],
    ids=["an unknown service", "its exit code", "what is no process here"],
)
def test_a_wrong_command_is_told(
    installed: Installation, command: str, code: int, told: str
) -> None:
    done = installed.run(command)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr


# -- the guide's test scenarios -------------------------------------------------------------------

POST = '-H "Content-Type: application/json"'


def test_r160_r161_both_manifests_are_judged(installed: Installation) -> None:
    url = '"http://localhost:8001/api/v1/tenants/validate-manifest"'
    good = json.loads(installed.ok(f"curl -sS -X POST {url} {POST} -d @valid-manifest.json"))
    bad = json.loads(installed.ok(f"curl -sS -X POST {url} {POST} -d @invalid-manifest.json"))
    assert (good["valid"], bad["valid"], bool(bad["errors"])) == (True, False, True)


def test_r162_r163_a_tenant_is_deployed_and_hit(installed: Installation) -> None:
    base = '"http://localhost:8001/api/v1/simulator'
    said = installed.ok(
        f'curl -sS -X POST {base}/deploy/test-tenant" {POST} '
        '-d \'{"include_monitoring": true, "enable_sla_tracking": true}\''
    )
    answer = json.loads(said)
    assert (answer["status"], answer["sla_monitoring"]) == ("success", True)
    dashboard = f"http://{installed.address('k8s-simulator-nginx')}/dashboard/test-tenant"
    assert answer["simulator_dashboard"] == dashboard
    hit = installed.ok(
        f'curl -sS -X POST {base}/failures/test-tenant/trigger" {POST} '
        '-d \'{"failure_type": "cpu_spike"}\''
    )
    assert json.loads(hit)["status"] == "success", hit


def test_r164_the_metrics_and_the_status(installed: Installation) -> None:
    assert "# TYPE ecp_" in installed.ok("curl -sS http://localhost:8001/metrics")
    system = json.loads(installed.ok("curl -sS http://localhost:6360/api/v1/metrics/system"))
    assert system["status"] == "healthy"
    status = json.loads(installed.ok("curl -sS http://localhost:8001/api/v1/simulator/status"))
    assert status["simulator"]["status"] == "healthy"
    assert [row["tenant_id"] for row in status["tenants"]] == ["test-tenant"]


def test_r053_live_frames_come_through_the_proxy(installed: Installation) -> None:
    path = "/api/v1/simulator/realtime/test-tenant"
    with connect(f"ws://127.0.0.1:{installed.ports['nginx']}{path}", open_timeout=120) as live:
        frame = json.loads(live.recv(timeout=120))
    assert frame["tenant_id"] == "test-tenant"


def test_r003_records_are_in_the_modes_own_databases(installed: Installation) -> None:
    installed.ok(
        f'curl -sS -X POST "http://localhost:8001/api/v1/tenants/" {POST} -H "X-Demo-Mode: true" '
        '-d \'{"tenant_id": "shown"}\''
    )
    assert installed.tenants_in("postgres") == ["test-tenant"]
    assert installed.tenants_in("postgres-demo") == ["shown"]


def test_r003_r015_the_simulators_clusters_are_in_its_own_database(
    installed: Installation,
) -> None:
    query = "select distinct cluster from ecp_snapshots where octet_length(state) > 0"
    assert "default" in installed.told_by("k8s-simulator-postgres", query)
    assert not list(installed.data.rglob("snapshot-*.z"))


def test_r018_prometheus_scrapes_both_and_knows_the_rules(installed: Installation) -> None:
    deadline = time.monotonic() + 60
    while True:
        found = json.loads(installed.got("prometheus", "/api/v1/targets"))["data"]["activeTargets"]
        states = {row["labels"]["job"]: row["health"] for row in found}
        if set(states.values()) == {"up"} or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert states == dict.fromkeys(("backend", "k8s-simulator-backend", "prometheus"), "up")
    groups = json.loads(installed.got("prometheus", "/api/v1/rules"))["data"]["groups"]
    assert {group["name"] for group in groups} == {"ecp-tenants", "ecp-installation"}
    asked = urllib.parse.quote('ecp_sla_slots_total{tenant="test-tenant"}')
    answer = json.loads(installed.got("prometheus", f"/api/v1/series?match[]={asked}"))
    assert answer["status"] == "success"


def test_dashboards_and_alerts_ask_for_what_the_services_say(installed: Installation) -> None:
    """R018: each metric of each query is exported, with the labels that are asked for and shown."""
    services = ("backend", "k8s-simulator-backend")
    there = queries.scraped(*(installed.got(name, "/metrics") for name in services))
    # One that has no sample yet is not written.
    declared = {metric.name: set(metric.labels) for metric in BY_NAME.values()}
    assert {n: there[n] - queries.SCRAPED for n in declared if n in there} == {
        n: labels for n, labels in declared.items() if n in there
    }
    rules = list(queries.of_rules(ROOT / "deploy/prometheus/rules.yml"))
    shown = list(queries.of_dashboards(ROOT / "deploy/grafana/dashboards"))
    assert len(shown) > 20
    assert queries.complaints((*rules, *shown), {**declared, **there}) == []


# -- logs, a restart, a fall ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "key"),
    [("backend", "logger"), ("k8s-simulator-backend", "logger"), ("nginx", "status")],
    ids=["R035 the orchestrator", "R035 the simulator", "R035 the proxy"],
)
def test_a_log_has_a_line_of_json_for_each_request(
    installed: Installation, service: str, key: str
) -> None:
    lines = installed.ok(f"docker-compose logs --tail 5 {service}").splitlines()
    last = json.loads(lines[-1].partition(" | ")[2])
    assert lines[-1].startswith(service)
    assert key in last
    assert last["path"].startswith("/")


def test_r035_logs_are_followed_until_somebody_stops(installed: Installation) -> None:
    with subprocess.Popen(
        ["docker-compose", "logs", "-f", "backend"],
        env=installed.environment, stdout=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        assert following.stdout is not None
        assert "startup" in following.stdout.readline() + following.stdout.readline()
        installed.got("backend", "/api/v1/tenants/?limit=7")
        assert any("limit=7" in line for line in following.stdout)  # other lines come between
        following.terminate()


def test_r034_a_restart_keeps_what_there_was(installed: Installation) -> None:
    def tenants() -> list[str]:
        said = json.loads(installed.got("k8s-simulator-backend", "/api/metrics"))
        return [row["tenant_id"] for row in said["tenants"]]

    before = installed.rows()["k8s-simulator-backend"]["pid"]
    assert tenants() == ["test-tenant"]
    installed.ok("docker-compose restart k8s-simulator-backend")
    assert installed.rows()["k8s-simulator-backend"]["pid"] not in (0, before)
    assert tenants() == ["test-tenant"]


def test_a_service_that_falls_is_started_again(installed: Installation) -> None:
    fallen = installed.rows()["redis"]["pid"]
    os.kill(fallen, signal.SIGKILL)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        row = installed.rows()["redis"]
        if row["state"] == "healthy" and row["pid"] != fallen:
            break
    assert (row["state"], row["restarts"]) == ("healthy", 1)


def test_a_stopped_service_refuses_and_the_others_go_on(installed: Installation) -> None:
    installed.ok("docker-compose stop k8s-simulator-backend")
    with pytest.raises(OSError):
        installed.got("k8s-simulator-backend", "/health")
    assert "healthy" in installed.got("backend", "/health")


def test_a_port_that_somebody_else_took_is_told_with_the_setting_to_change(
    installed: Installation,
) -> None:
    part = TABLE["k8s-simulator-backend"]
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", installed.ports[part.name]))
        taken.listen()
        done = installed.run("docker-compose start k8s-simulator-backend")
    assert done.returncode == 1
    for words in (
        f"Port {installed.ports[part.name]} ",
        f"pid {os.getpid()}",
        part.listens.setting,
    ):
        assert words in done.stderr, done.stderr


# -- the end --------------------------------------------------------------------------------------


def test_r036_down_leaves_nothing_and_up_finds_everything(installed: Installation) -> None:
    installed.ok("docker-compose down")
    assert gone(installed) == []
    assert not any(plan.busy(port) for port in installed.ports.values())
    assert installed.healthy() == []
    installed.ok("docker-compose up -d")
    assert installed.healthy() == sorted(EVERYTHING)
    assert installed.tenants_in("postgres") == ["test-tenant"]


def test_a_killed_keeper_takes_everything_with_it(installed: Installation) -> None:
    os.kill(int((installed.data / "ecp.pid").read_text()), signal.SIGKILL)
    assert gone(installed) == []
