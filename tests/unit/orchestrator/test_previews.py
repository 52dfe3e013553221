"""The manifest of a tenant that is not created, and what a new one is chosen from."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecp.orchestrator.app import create_app

NEW = {"tenant_id": "acme", "service_requirements": {"chatbot": 20}, "sla_target": 99.9}


async def _asked(root: Path, *calls: tuple[str, str, Any]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(create_app(root))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        return [await http.request(method, path, json=body) for method, path, body in calls]


def test_a_preview_is_what_would_be_created_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECP_SIMULATOR_URL", "http://127.0.0.1:9")
    preview, listed, created, again = asyncio.run(
        _asked(
            tmp_path,
            ("POST", "/api/v1/tenants/preview-manifest", NEW),
            ("GET", "/api/v1/tenants/", None),
            ("POST", "/api/v1/tenants/", NEW),
            ("GET", "/api/v1/tenants/acme/manifest?format=json", None),
        )
    )
    assert preview.status_code == 200, preview.text
    body = preview.json()
    assert body["namespace"] == "acme-ecp-ai"
    assert 'ecp.ai/sla-target: "99.9"' in body["manifest_content"]
    assert listed.json()["total_count"] == 0
    assert created.status_code == 201
    assert again.json()["manifest_content"] == body["manifest_content"]


def test_what_a_new_tenant_is_chosen_from(tmp_path: Path) -> None:
    (found,) = asyncio.run(_asked(tmp_path, ("GET", "/api/v1/presets", None)))
    body = found.json()
    assert [row["name"] for row in body["presets"]] == ["micro", "small", "medium", "large"]
    assert body["presets"][0]["counters"]["chatbot"] == 20
    assert "t4" in body["gpu_types"]
    assert "iaas" in body["cloud_providers"]
