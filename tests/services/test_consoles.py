"""The built consoles in a real browser on a real stack: both languages and themes, axe, size.

tools/web.sh builds them (make test does); Chromium opens each page once a language and theme.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecp.edge import bundle
from services.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
OPEN = ROOT / "web/tests/open.mjs"
MOST_KILOBYTES = 350
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        BROWSER is None or shutil.which("node") is None or bundle.built("console") is None,
        reason="no chromium, no node or no build (make web): the consoles were NOT opened",
    ),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("web"))
    # The port of the API is that of the dashboard too.
    found.settings["ECP_SIMULATOR_DASHBOARD_PORT"] = str(found.ports["simulator"])
    found.start()
    assert found.cli("deploy", "acme").returncode == 0
    found.warp("20m")
    yield found
    found.stop()


def opened(stack: Stack, folder: Path, themes: dict[str, str]) -> list[dict[str, Any]]:
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    dashboard = f"http://127.0.0.1:{stack.ports['simulator']}"
    pages = [
        {"name": "home", "url": f"{console}/", "wait": "section"},
        {"name": "tenants", "url": f"{console}/tenants", "wait": "[role=table]"},
        {"name": "tenant", "url": f"{console}/tenants/acme", "wait": "canvas"},
        {"name": "cluster", "url": f"{dashboard}/", "wait": "[role=group] button"},
        {"name": "dashboard", "url": f"{dashboard}/dashboard/acme", "wait": "canvas"},
    ]
    found = []
    for language, theme in themes.items():
        plan = folder / f"{language}.json"
        plan.write_text(
            json.dumps({"pages": pages, "languages": [language], "themes": [theme], "axe": True})
        )
        run = subprocess.run(
            ["node", OPEN, plan], capture_output=True, text=True, timeout=400, check=True
        )
        found.append(json.loads(run.stdout))
    return found


def test_every_page_in_both_languages_and_themes(stack: Stack, tmp_path: Path) -> None:
    found = opened(stack, tmp_path, {"en": "light", "ko": "dark"})
    assert [line for one in found for line in one["wrong"]] == []
    assert [one["opened"] for one in found] == [5, 5]
    sizes = found[0]["kilobytes"]
    assert {name: size for name, size in sizes.items() if size > MOST_KILOBYTES} == {}
    assert min(sizes.values()) > 50, "nothing was measured"


@pytest.mark.parametrize(
    ("service", "path", "headers", "status", "kind"),
    [
        ("orchestrator", "/tenants/acme", {"Accept": "text/html"}, 200, "text/html"),
        ("orchestrator", "/tenants/acme", {}, 404, "application/problem+json"),
        ("orchestrator", "/api/v1/nothing", {"Accept": "text/html"}, 404, "application/problem"),
        ("orchestrator", "/assets/..%2f..%2f__init__.py", {}, 404, ""),
        ("simulator", "/dashboard/acme", {"Accept": "text/html"}, 200, "text/html"),
        ("simulator", "/dashboard/acme?plain", {"Accept": "text/html"}, 200, "text/html"),
    ],
    ids=[
        "a page of the application is found by a browser",
        "and by nobody who does not ask for HTML",
        "a call that does not exist is no page",
        "an asset does not lead out of its folder",
        "the guide's dashboard is the application",
        "and the plain page for who wants that",
    ],
)
def test_what_is_served(
    stack: Stack, service: str, path: str, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = stack.call(service, "GET", path, headers=headers)
    assert answer.status == status
    assert (answer.headers["content-type"] or "").startswith(kind)
    if status == 200:
        whole = '<div id="app">' in str(answer.body)
        assert whole == ("plain" not in path)
        assert "default-src" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == ("no-store" if "plain" in path else "no-cache")


def test_assets_are_kept_for_good_and_come_compressed(stack: Stack) -> None:
    name = next((bundle.ROOT / "assets").glob("*.js")).name
    url = f"http://127.0.0.1:{stack.ports['orchestrator']}/assets/{name}"
    answer = httpx.get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"].endswith("immutable")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
