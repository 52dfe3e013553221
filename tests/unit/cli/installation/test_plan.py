"""The table of services as processes: order, environments, ports, the password."""

import stat
from pathlib import Path

import pytest

from ecp.cli.installation import configuration, plan
from ecp.edge.services import TABLE, BadSetting

PLACES = {name: f"127.0.0.1:{part.listens.port}" for name, part in TABLE.items()}
NUMBERS = {name: part.listens.port for name, part in TABLE.items()}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (["backend"], ["postgres", "postgres-demo", "redis", "backend"]),
        (
            ["k8s-simulator-backend"],
            ["k8s-simulator-postgres", "k8s-simulator-redis", "k8s-simulator-backend"],
        ),
        (["redis", "frontend"], ["redis", "postgres", "postgres-demo", "backend", "frontend"]),
        (["grafana"], []),
    ],
    ids=["what it needs comes first", "and what that needs", "nothing twice", "no process here"],
)  # fmt: skip
def test_services_are_started_in_order(asked: list[str], wanted: list[str]) -> None:
    assert plan.order(asked) == wanted


def test_every_service_comes_after_what_it_needs() -> None:
    everything = plan.order()
    assert sorted((*everything, *plan.NOT_HERE)) == sorted(TABLE)
    for name in everything:
        assert all(everything.index(need) < everything.index(name) for need in TABLE[name].needs)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("http://{k8s-simulator-backend}", "http://127.0.0.1:6360"),
        ("http://localhost:{k8s-simulator-nginx.port}", "http://localhost:6390"),
        ("postgresql://ecp:{password}@{postgres}/ecp", "postgresql://ecp:word@127.0.0.1:5433/ecp"),
        ("json", "json"),
    ],
    ids=["an address", "a port", "the password", "nothing to fill"],
)
def test_an_environment_is_filled(template: str, value: str) -> None:
    assert plan.filled(template, PLACES, NUMBERS, "word") == value


def test_a_port_that_is_root_s_falls_back_unless_somebody_insists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for part in TABLE.values():
        monkeypatch.delenv(part.listens.setting, raising=False)
    monkeypatch.setattr(plan, "_allowed", lambda port: port > 1023)
    assert plan.ports()["nginx"] == 8080
    monkeypatch.setenv("ECP_HTTP_PORT", "80")
    assert plan.ports()["nginx"] == 80
    monkeypatch.setattr(plan, "_allowed", lambda port: True)
    monkeypatch.delenv("ECP_HTTP_PORT")
    assert plan.ports()["nginx"] == 80


def test_two_services_cannot_have_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECP_REDIS_PORT", "6380")
    with pytest.raises(BadSetting) as told:
        plan.ports()
    assert told.value.key == "setting.port-twice"


def test_a_password_is_made_once_and_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ECP_POSTGRES_PASSWORD", raising=False)
    made = plan.password(tmp_path)
    assert len(made) >= 24
    assert plan.password(tmp_path) == made
    file = plan.folder_of(tmp_path) / "password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("ECP_POSTGRES_PASSWORD", "chosen")
    assert plan.password(tmp_path) == "chosen"


@pytest.mark.parametrize("resolver", ["", "127.0.0.11"], ids=["a process", "a container"])
def test_a_web_service_asks_a_resolver_in_a_container_only(resolver: str) -> None:
    web = configuration.Web("8080", "run", PLACES, 80, resolver=resolver)
    said = configuration.nginx(TABLE["nginx"], web)
    assert ("resolver 127.0.0.11 valid=10s;" in said) is bool(resolver)
    assert said.count("location /") == len(TABLE["nginx"].routes)
    assert "location /api/ {\n            set $to 127.0.0.1:8001;" in said
