"""What commands and tools ask a service for: their options as the API's bodies take them."""

import asyncio
import importlib
from typing import Any

import httpx
import pytest
import typer

from ecp.cli import api
from ecp.cli.mcp import tools
from ecp.cli.output import Failure
from ecp.orchestrator.releases.schemas import Deploy
from ecp.orchestrator.tenants.schemas import Changes
from ecp.orchestrator.twins.schemas import NewTwin

APP: Any = typer.main.get_command(importlib.import_module("ecp.cli.commands").app)
CHAIN = {
    "slot": "2026-01-05T09:00:00Z",
    "state": "down",
    "sentence": "Nobody answered.",
    "links": [{"level": "cause", "text": "node-1 is gone"}],
    "chain": [],
    "unknown": ["who took it away"],
}
TWIN = {
    "twin": "a",
    "says": "alike",
    "verdict": "close",
    "figures": [],
    "assumed": [],
    "refused": [],
}
CHANGED: Any = {"warnings": [], "release": None}


class Service:
    """Answers every call alike, and keeps what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.calls = answer, list[Any]()

    def __call__(self, method: str, path: str, language: str, body: Any, **more: Any) -> Any:
        self.calls.append((method, path, body, more))
        return httpx.Response(200, json=self.answer)


def ran(monkeypatch: pytest.MonkeyPatch, answer: Any, *arguments: str) -> Any:
    service = Service(answer)
    monkeypatch.setattr(api, "_asked", service)
    APP.main([*arguments], prog_name="ecp", standalone_mode=False)
    (call,) = service.calls
    return call


@pytest.mark.parametrize(
    ("options", "body", "tag"),
    [
        pytest.param(["--owner", "kim", "--if-match", "3"], {"owner": "kim"}, '"3"', id="version"),
        pytest.param(["--owner", "kim", "--if-match", '"3"'], {"owner": "kim"}, '"3"', id="ETag"),
        pytest.param(["--owner", "kim", "--if-match", "*"], {"owner": "kim"}, "*", id="any"),
        pytest.param(
            ["--host", "a.example", "--tls", "issuer=le"],
            {"ingress": {"host": "a.example", "issuer": "le"}}, None, id="host and its issuer",
        ),
        pytest.param(
            ["--tls", "secret=cert"], {"ingress": {"secret": "cert"}}, None, id="a Secret"
        ),
        pytest.param(
            ["--tls", "certificate=arn:aws:acm:1"],
            {"ingress": {"certificate": "arn:aws:acm:1"}}, None, id="one of the provider's",
        ),
    ],
)  # fmt: skip
def test_tenant_update(
    monkeypatch: pytest.MonkeyPatch, options: list[str], body: Any, tag: str | None
) -> None:
    method, path, sent, more = ran(monkeypatch, CHANGED, "tenant", "update", "acme", *options)
    assert (method, path, sent) == ("PATCH", "/api/v1/tenants/acme", body)
    assert more["headers"].get("If-Match") == tag
    Changes.model_validate(sent)


@pytest.mark.parametrize(
    "options",
    [["--tls", "vault=x"], ["--tls", "secret="], ["--owner", "k", "--if-match", " "], []],
    ids=["another kind", "no name", "an empty tag", "nothing"],
)
def test_tenant_update_says_what_it_cannot_take(
    monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    with pytest.raises(Failure) as failure:
        ran(monkeypatch, CHANGED, "tenant", "update", "acme", *options)
    assert failure.value.exit_code == 2


def test_a_twin_at_an_instant_with_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--start", "2026-01-05T09:00:00Z", "--seed", "7", "--into", "copy")
    method, path, sent, _ = ran(monkeypatch, TWIN, "twin", "import", "shop", *options)
    assert (method, path) == ("POST", "/api/v1/twins")
    asked = NewTwin.model_validate(sent)
    assert (asked.start, asked.seed, asked.into) == ("2026-01-05T09:00:00Z", 7, "copy")


def test_why_prints_the_chain_and_what_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = "2026-01-05T09:00:00Z"
    method, path, _, more = ran(monkeypatch, CHAIN, "why", "acme", "--at", at)
    assert (method, path) == ("GET", "/api/v1/simulator/sla/acme/why")
    assert more["params"] == {"slot": at}
    shown = capsys.readouterr().out
    assert "Nobody answered." in shown
    assert "node-1 is gone" in shown
    assert "? who took it away" in shown


@pytest.mark.parametrize(
    ("given", "confirm"), [({"confirm": "prod"}, "prod"), ({}, "")], ids=["named", "not named"]
)
def test_an_agent_names_the_cluster_that_it_changes(given: Any, confirm: str) -> None:
    asked: list[Any] = []

    class Orchestrator:
        async def deploy(self, tenant: str, body: Any) -> dict[str, Any]:
            asked.append((tenant, Deploy.model_validate(body)))
            return {"revision": 3}

    found = asyncio.run(tools._deploy(Orchestrator(), {"tenant": "acme", **given}))  # type: ignore[arg-type]
    ((tenant, body),) = asked
    assert (tenant, body.confirm, body.on_failure) == ("acme", confirm, "rollback")
    assert found["revision"] == 3
