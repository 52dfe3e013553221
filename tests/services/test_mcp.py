"""`ecp mcp` over stdio, spoken to by the SDK's own client, against running services."""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from .stack import Stack

mcp = pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

pytestmark = pytest.mark.cluster

BOT = """\
apiVersion: v1
kind: Namespace
metadata: {name: bots}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: bot, namespace: bots}
spec:
  replicas: 2
  selector: {matchLabels: {app: bot}}
  template:
    metadata: {labels: {app: bot}}
    spec:
      containers:
        - name: bot
          image: registry.example.com/bot:1
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          ports: [{containerPort: 8080}]
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    try:
        found.start()
        yield found
    finally:
        found.stop()
    assert "Traceback" not in found.complaints


def session(stack: Stack, *, calls: list[tuple[str, dict[str, Any]]]) -> Any:
    """Return the tools of one `ecp mcp`, and what each call came to."""
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    environment = {k: v for k, v in stack.environment().items() if k.startswith("ECP_")}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "ecp.cli.main", "mcp"], env=environment
    )

    async def spoken() -> Any:
        async with Client(stdio_client(server)) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(asyncio.wait_for(spoken(), 120))


def said(result: Any) -> str:
    (content,) = result.content
    return str(content.text)


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("list_tenants", {}),
    ("validate", {"manifest": BOT.replace("replicas: 2", "replicas: two")}),
    ("validate", {"manifest": BOT}),
    ("rehearse", {"manifest": BOT, "for": "10m", "hypotheses": ["ready within 5m"]}),
    ("rehearse", {"manifest": BOT, "for": "10m", "hypotheses": ["ready within 1ms"]}),
    ("report", {"rehearsal_id": 1}),
    ("report", {"tenant": "acme", "period": "1h"}),
    ("why", {"tenant": "acme"}),
]
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("why", {"tenant": "nobody", "slot": "2026-01-05T02:00:00Z"}),
    ("validate", {}),
    ("validate", {"manifest": BOT, "tennant": "acme"}),
    ("rehearse", {"manifest": BOT, "tenant": "acme"}),
    ("rehearse", {"manifest": BOT, "hypotheses": ["availability >= lots"]}),
    ("deploy", {"tenant": "acme"}),
]


@pytest.fixture(scope="module")
def heard(stack: Stack) -> Any:
    """Tools and results of one conversation: it takes a second to load what speaks."""
    stack.post("/api/v1/simulator/deploy/acme", {})
    stack.warp("10m")
    return session(stack, calls=[*GOOD, *WRONG])


def test_an_agent_validates_mends_rehearses_and_asks_why(heard: Any) -> None:
    tools, results = heard
    results = results[: len(GOOD)]
    names = {"list_tenants", "validate", "rehearse", "why", "report"}
    assert {tool.name for tool in tools} == names
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert not any(result.is_error for result in results), [said(one) for one in results]
    listed, bad, good, held, failed, again, level, why = (json.loads(said(r)) for r in results)
    assert [row["tenant_id"] for row in listed["tenants"]] == ["acme"]
    assert (bad["valid"], good["valid"]) == (False, True)
    assert bad["errors"][0]["line"] == 9
    assert (held["verdict"]["passed"], failed["verdict"]["passed"]) == (True, False)
    assert again["report"] == held["report"]
    assert "exit code 0" in again["report"]
    assert (level["target_sla"], level["release"]["phase"]) == (99.5, "ready")
    assert why["sentence"]


def test_a_refusal_is_a_tool_error_that_says_how_to_mend_it(heard: Any) -> None:
    results = heard[1][len(GOOD) :]
    assert all(result.is_error for result in results)
    unknown, lacking, misspelt, both, scenario, off = map(said, results)
    assert unknown.startswith("TENANT_NOT_FOUND: ")
    assert "(request " in unknown
    assert "manifest" in lacking
    assert "tennant" in misspelt
    assert "not both" in both
    assert scenario.startswith("INVALID_SCENARIO: ")
    assert "--allow-deploy" in off


def in_memory(url: str, name: str, given: dict[str, Any], **options: Any) -> Any:
    """Return the tools and a call's result, without a process."""
    from mcp import Client

    from ecp.cli.mcp.serving import served
    from ecp.client import AsyncOrchestrator

    async def asked() -> Any:
        async with AsyncOrchestrator(url) as ecp, Client(served(ecp, **options)) as client:
            return (await client.list_tools()).tools, await client.call_tool(name, given)

    return asyncio.run(asked())


def test_deploying_is_offered_to_who_is_allowed_and_is_rehearsed_first(stack: Stack) -> None:
    url = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    given = {"tenant": "acme", "manifest": BOT.replace("bots", "acme-ecp-ai"), "for": "1m"}
    tools, done = in_memory(url, "deploy", given, deploy=True)
    (deploy,) = (tool for tool in tools if tool.name == "deploy")
    assert deploy.annotations.destructive_hint
    assert json.loads(said(done))["phase"] == "rehearsing", said(done)


def test_services_that_are_away_are_an_error_with_a_remedy() -> None:
    _, result = in_memory("http://127.0.0.1:9", "list_tenants", {}, deploy=False)
    assert result.is_error
    assert "ecp up" in said(result)
