"""What is made from the table of services: the guide's names, ports and roles; metrics that exist.

What docker-compose, hadolint, nginx, promtool and Helm say of the files: tests/services.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from ecp.edge.services import NETWORK, PROJECT, TABLE
from ecp.sim.telemetry.metrics import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]


def test_every_file_is_what_the_table_says() -> None:
    done = subprocess.run(
        [sys.executable, "tools/make_deploy.py", "--check"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# -- the guide's names, ports, roles --------------------------------------------------------------

GUIDE = {
    "R010 the console": ("frontend", 3000, 8080),
    "R011 the orchestrator": ("backend", 8001, 8000),
    "R012 R026 the simulator, 8000 inside": ("k8s-simulator-backend", 6360, 8000),
    "R013 production's database": ("postgres", 5433, 5432),
    "R014 the demo's database": ("postgres-demo", 5434, 5432),
    "R015 the simulator's database": ("k8s-simulator-postgres", 6350, 5432),
    "R016 C01 Redis, not where the page is": ("redis", 6381, 6379),
    "R017 the simulator's Redis": ("k8s-simulator-redis", 6351, 6379),
    "R018 Prometheus": ("prometheus", 9090, 9090),
    "R018 Grafana": ("grafana", 3001, 3000),
    "R019 the monitoring page": ("k8s-simulator-monitoring", 6380, 8080),
    "R020 the proxy": ("nginx", 80, 8080),
    "R021 the dashboard": ("k8s-simulator-nginx", 6390, 8080),
    "R022 the simulator's frontend": ("k8s-simulator-frontend", 6370, 8080),
}


@pytest.mark.parametrize("row", GUIDE.values(), ids=GUIDE)
def test_a_service_has_the_guides_name_and_port(row: tuple[str, int, int]) -> None:
    name, port, inside = row
    (published,) = SERVICES[name]["ports"]
    assert re.fullmatch(rf"\$\{{ECP_BIND:-127\.0\.0\.1}}:\$\{{\w+:-{port}}}:{inside}", published)
    assert SERVICES[name]["healthcheck"]["test"]
    assert NETWORK in SERVICES[name]["networks"]


def test_r027_the_simulators_ports_lie_in_the_guides_range() -> None:
    ours = [p for name, p, _ in GUIDE.values() if name.startswith("k8s-simulator")]
    assert all(6350 <= port <= 6390 for port in ours)
    assert set(SERVICES) == {name for name, _, _ in GUIDE.values()}


@pytest.mark.parametrize(
    ("name", "role"),
    [("postgres", "ecp"), ("postgres-demo", "ecp"), ("k8s-simulator-postgres", "k8s_user")],
    ids=["production", "demo", "R037 the simulator's role is k8s_user"],
)
def test_a_database_has_its_role(name: str, role: str) -> None:
    assert SERVICES[name]["environment"]["POSTGRES_USER"] == role


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("K8S_SIMULATOR_URL", "http://k8s-simulator-backend:8000"),
        ("K8S_SIMULATOR_WS_URL", "ws://k8s-simulator-backend:8000"),
        ("K8S_SIMULATOR_REDIS_URL", "redis://k8s-simulator-redis:6379"),
        ("K8S_SIMULATOR_EXTERNAL_URL", "http://localhost:${ECP_SIMULATOR_PORT:-6360}"),
    ],
    ids=["R140", "R141", "R142", "R143"],
)
def test_the_backend_has_the_guides_environment(key: str, value: str) -> None:
    assert SERVICES["backend"]["environment"][key] == value


def test_r039_c24_the_network_has_the_name_that_the_guide_inspects() -> None:
    # compose calls a network PROJECT_KEY where it has no name of its own.
    assert COMPOSE["networks"][NETWORK] == {"driver": "bridge"}
    assert f"COMPOSE_PROJECT_NAME={PROJECT}" in (ROOT / ".env").read_text()
    assert f"{PROJECT}_{NETWORK}" == "ecp-ai-k8s-orchestrator_ecp-network"


def test_a_service_waits_until_what_it_needs_is_healthy() -> None:
    waits = {
        name: {need: row["condition"] for need, row in service.get("depends_on", {}).items()}
        for name, service in SERVICES.items()
    }
    assert waits["backend"] == dict.fromkeys(
        ("postgres", "postgres-demo", "redis"), "service_healthy"
    )
    assert waits["k8s-simulator-backend"] == dict.fromkeys(
        ("k8s-simulator-postgres", "k8s-simulator-redis"), "service_healthy"
    )
    assert all(how == "service_healthy" for row in waits.values() for how in row.values())


def test_what_is_stored_has_a_volume_and_nothing_is_root_that_need_not_be() -> None:
    for name, part in TABLE.items():
        named = [v for v in SERVICES[name].get("volumes", ()) if not v.startswith(".")]
        assert bool(named) == (part.kind != "web"), name
        if part.kind in ("ecp", "web"):
            assert SERVICES[name]["cap_drop"] == ["ALL"]
            assert SERVICES[name]["read_only"] is True


# -- queries --------------------------------------------------------------------------------------

_STRINGS = re.compile(r'"[^"]*"')
_NAMES = re.compile(r"(?<![\w:$.])([a-zA-Z_:][\w:]*)(?!\s*\()(?![\w:])")
_WORDS = {"by", "on", "and", "or", "unless", "ignoring", "without", "group_left", "bool", "inf"}


@cache
def queries() -> dict[str, str]:
    """Return every query of dashboards and rules, by where it stands."""
    found = {}
    for file in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                found[f"{file.stem}: {panel['title']} {target['refId']}"] = target["expr"]
    for group in yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            found[f"{group['name']}: {rule.get('record') or rule['alert']}"] = rule["expr"]
    return found


def recorded() -> set[str]:
    groups = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())["groups"]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def of_the_orchestrator() -> set[str]:
    said = (ROOT / "src/ecp/orchestrator/exposition.py").read_text()
    return set(re.findall(r'"(ecp_\w+)"', said))


def metrics_in(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the metrics of a query, each with the labels that are asked of it in braces."""
    bare = _STRINGS.sub('""', expression)
    for name, matchers in re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", bare):
        yield name, set(re.findall(r"(\w+)\s*[=!]", matchers))
    rest = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", bare)
    rest = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", rest)
    for name in _NAMES.findall(rest):
        if name not in _WORDS:
            yield name, set()


@pytest.mark.parametrize("where", queries())
def test_a_query_asks_for_metrics_and_labels_that_exist(where: str) -> None:
    known = {*BY_NAME, *recorded(), *of_the_orchestrator(), "up"}
    for name, labels in metrics_in(queries()[where]):
        assert name in known
        if name in BY_NAME:
            assert labels <= set(BY_NAME[name].labels), name


def test_a_query_for_a_metric_that_is_not_there_is_found() -> None:
    planted = 'sum by (job) (rate(ecp_nothing{a="b"}[5m])) / ecp_missing > 2 and up == 1'
    found = [name for name, _ in metrics_in(planted)]
    assert found == ["ecp_nothing", "ecp_nothing", "ecp_missing", "up"]
