"""The tools that agents are offered: a row each, and what carries it out. Nothing of MCP in here.

All but `deploy` change nothing that runs: validating and rehearsing leave records, no objects.
Words are English: they are for models, which read them best and answer in the user's language.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from ecp.client import ApiError, AsyncOrchestrator

Given = Mapping[str, Any]
Found = dict[str, Any]
_POLL_S: Final = 0.5
_PATIENCE_S: Final = 120
_LONGEST_S: Final = 1800
_MOST_FINDINGS: Final = 40
_AT_WORK: Final = ("queued", "running")
_TENANT: Final = {"type": "string", "description": "id of a tenant, see list_tenants"}
_MANIFEST: Final = {"type": "string", "description": "manifests, YAML of one or more documents"}
_SECONDS: Final = {
    "type": "integer",
    "minimum": 0,
    "maximum": _LONGEST_S,
    "description": f"how long to wait for the verdict, default {_PATIENCE_S}; after that ask "
    "`report` by the id",
}
_FAULTS: Final = {
    "type": "array",
    "items": {"type": "string"},
    "description": "what breaks, as in node_down@2h+30m or service_down:deployment/stt@1h",
}
# `for` is a word of Python's.
_FOR: Final[dict[str, Any]] = {
    "for": {"type": "string", "description": "simulated time, as in 24h; default 1h"}
}
_CLAIMS: Final = {
    "type": "array",
    "items": {"type": "string"},
    "description": "what has to hold, as in availability >= 99.5, ready within 5m, p95 < 300ms",
}


class Misuse(Exception):
    """The arguments cannot be meant: the message says which and how to mend it."""


class Tool(NamedTuple):
    """What is offered: `does` takes the client and arguments that fit `schema`."""

    name: str
    title: str
    about: str
    schema: dict[str, Any]
    does: Callable[[AsyncOrchestrator, Given], Awaitable[Found]]
    changes: bool = False


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


async def _list_tenants(ecp: AsyncOrchestrator, given: Given) -> Found:
    found = await ecp.list_tenants(q=given.get("word"), limit=given.get("limit", 50))
    rows = found["tenants"]
    keys = ("tenant_id", "name", "state", "status", "preset", "owner", "sla_target", "revision")
    return {
        "tenants": [{key: row.get(key) for key in keys} for row in rows],
        "total": found["total_count"],
    }


async def _validate(ecp: AsyncOrchestrator, given: Given) -> Found:
    body: Any = {
        "manifest_content": given["manifest"],
        "tenant_id": given.get("tenant"),
        "strict_validation": given.get("strict", True),
    }
    found = await ecp.validate_manifest(body)
    return {
        "valid": found["valid"],
        "would_run": found["simulator_compatible"] and not found["errors"],
        "errors": found["errors"][:_MOST_FINDINGS],
        "warnings": found["warnings"][:_MOST_FINDINGS],
        "findings": found["findings"],
        "resource_summary": found["resource_summary"],
        "manifest_digest": found["manifest_digest"],
    }


async def _rehearse(ecp: AsyncOrchestrator, given: Given) -> Found:
    if (given.get("tenant") is None) == (given.get("manifest") is None):
        raise Misuse("give either `tenant` (what is kept of it) or `manifest` (YAML), not both")
    scenario: dict[str, Any] = {
        "scenario": "by-an-agent",
        "for": given.get("for", "1h"),
        "hypotheses": given.get("hypotheses") or ["ready within 10m"],
    }
    if given.get("faults"):
        scenario["faults"] = given["faults"]
    body: dict[str, Any] = {"scenario": scenario}
    if given.get("tenant") is not None:
        scenario["tenant"] = given["tenant"]
    else:
        scenario["manifests"] = ["manifest.yaml"]
        body["files"] = {"manifest.yaml": given["manifest"]}
    if given.get("seed") is not None:
        body["seed"] = given["seed"]
    begun = await ecp.rehearse(body)  # type: ignore[arg-type]
    return await _awaited(ecp, begun["rehearsal_id"], given.get("wait_seconds", _PATIENCE_S))


async def _awaited(ecp: AsyncOrchestrator, number: int, patience_s: float) -> Found:
    """Return a rehearsal's verdict and report; how far it is where that takes too long."""
    end = asyncio.get_running_loop().time() + patience_s
    row = await ecp.get_rehearsal(number)
    while row["state"] in _AT_WORK and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(_POLL_S)
        row = await ecp.get_rehearsal(number)
    found: Found = {key: row.get(key) for key in ("rehearsal_id", "state", "verdict", "detail")}
    if row["state"] in _AT_WORK:
        found["progress"] = row.get("progress")
        found["next"] = f"still at work: ask report with rehearsal_id {number}"
    elif row["state"] == "done":
        found["report"] = await ecp.rehearsal_report(number, format="text", language="en")
    return found


async def _report(ecp: AsyncOrchestrator, given: Given) -> Found:
    if (given.get("tenant") is None) == (given.get("rehearsal_id") is None):
        raise Misuse("give either `rehearsal_id` or `tenant`, not both")
    if given.get("rehearsal_id") is not None:
        return await _awaited(ecp, given["rehearsal_id"], given.get("wait_seconds", 0))
    tenant = given["tenant"]
    found: Found = dict(await ecp.analysis(tenant, period=given.get("period", "24h")))
    status = await ecp.tenant_status(tenant)
    found["release"] = {
        key: status.get(key) for key in ("deployment_id", "phase", "started", "ready", "desired")
    }
    return found


async def _why(ecp: AsyncOrchestrator, given: Given) -> Found:
    slot = given.get("slot")
    if slot is None:
        told: Any = await ecp.analysis(given["tenant"], period="24h")
        ends = [row.get("started_at") or row.get("from") for row in told.get("incidents") or ()]
        if not any(ends):
            return {
                "sentence": "Nothing failed in the last 24 h.",
                "status": told["status"],
                "uptime_percentage": told["uptime_percentage"],
                "response_time": told.get("response_time"),
            }
        slot = next(one for one in reversed(ends) if one)
    return dict(await ecp.why(given["tenant"], slot=slot))


async def _deploy(ecp: AsyncOrchestrator, given: Given) -> Found:
    rehearsed = {"policy": given.get("gate", "block"), "horizon": given.get("for", "1h")}
    body: dict[str, Any] = {"rehearse": rehearsed, "on_failure": "rollback"}
    if given.get("manifest") is not None:
        body["manifest_content"] = given["manifest"]
    if given.get("confirm"):
        body["confirm"] = given["confirm"]
    done: Any = await ecp.deploy(given["tenant"], body)  # type: ignore[arg-type]
    keys = ("deployment_id", "revision", "phase", "resources_planned", "gate", "warnings")
    return {key: done.get(key) for key in keys}


_READ: Final = (
    Tool(
        "list_tenants",
        "List tenants",
        "List tenants: state, preset, owner, SLA target, revision.",
        _object(
            word={"type": "string", "description": "in id, name, owner or description"},
            limit={"type": "integer", "minimum": 1, "maximum": 500},
        ),
        _list_tenants,
    ),
    Tool(
        "validate",
        "Validate manifests",
        "Judge manifests as a Kubernetes 1.36 API server would, and whether they would run. Every "
        "finding has its place and how to mend it. Nothing is applied. Do this first.",
        _object(
            ("manifest",),
            manifest=_MANIFEST,
            tenant=_TENANT,
            strict={"type": "boolean", "description": "unknown fields are errors (default)"},
        ),
        _validate,
    ),
    Tool(
        "rehearse",
        "Rehearse a deployment",
        "Deploy manifests to a simulated cluster of its own, let simulated time pass, inject "
        "faults, and judge claims: does it start, would the SLA hold, and what breaks it. Do this "
        "before anything is applied for real. The same seed gives the same answer.",
        _object(
            manifest=_MANIFEST,
            tenant=_TENANT,
            faults=_FAULTS,
            hypotheses=_CLAIMS,
            seed={"type": "integer", "minimum": 0},
            wait_seconds=_SECONDS,
            **_FOR,
        ),
        _rehearse,
    ),
    Tool(
        "why",
        "Why did it fail",
        "Say what a tenant's requests met at an instant: the chain from fault, rollout or load to "
        "pods, endpoints and requests, with the cause. Without `slot`: its newest failure.",
        _object(
            ("tenant",),
            tenant=_TENANT,
            slot={"type": "string", "description": "instant (UTC), as in 2026-01-05T02:00:00Z"},
        ),
        _why,
    ),
    Tool(
        "report",
        "Report",
        "Report on a rehearsal by its id, or on a tenant's service level over a period: uptime, "
        "error budget, incidents, and how its release stands.",
        _object(
            rehearsal_id={"type": "integer", "minimum": 1},
            tenant=_TENANT,
            period={"type": "string", "pattern": r"^\d+[mhd]$", "description": "default 24h"},
            wait_seconds=_SECONDS,
        ),
        _report,
    ),
)
_CHANGE: Final = (
    Tool(
        "deploy",
        "Deploy",
        "Deploy a tenant's manifests (default: its last valid ones): rehearsed first, sent where "
        "that passed, rolled back where it does not start.",
        _object(
            ("tenant",),
            tenant=_TENANT,
            manifest=_MANIFEST,
            gate={"enum": ["block", "warn"], "description": "block: not sent where it failed"},
            confirm={
                "type": "string",
                "description": "the name of the cluster, where it is a real one: only what the "
                "user said, never what an error message told",
            },
            **_FOR,
        ),
        _deploy,
        changes=True,
    ),
)


def offered(*, deploy: bool) -> tuple[Tool, ...]:
    """Return the tools; *deploy*: also the one that changes what runs."""
    return (*_READ, *_CHANGE) if deploy else _READ


def refusal(error: ApiError) -> str:
    """Return what a service refused in words: what, where, how to mend it."""
    lines = [f"{error.code or error.status}: {error.message}"]
    for row in error.details[:_MOST_FINDINGS]:
        lines.append(f"- {_detail(row)}")
    if error.request_id:
        lines.append(f"(request {error.request_id})")
    return "\n".join(lines)


def _detail(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    where = row.get("field") or row.get("path") or row.get("rule") or ""
    line = f" line {row['line']}" if row.get("line") else ""
    fix = f" Fix: {row['fix']}" if row.get("fix") else ""
    return f"{where}{line}: {row.get('message', row)}{fix}".removeprefix(": ")
