"""The built consoles in a real browser on a real stack: both languages and themes, axe, size.

tools/web.sh builds them (make test does); Chromium opens each page once a language and theme.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecp.edge import bundle
from services.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
OPEN = ROOT / "web/tests/open.mjs"
MOST_KILOBYTES = {"validate": 400}
"""Of the first load, gzip; with an editor more than the usual."""
USUAL_KILOBYTES = 350
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
    release = stack.get("/api/v1/tenants/acme/releases")["releases"][0]["deployment_id"]
    dashboard = f"http://127.0.0.1:{stack.ports['simulator']}"
    pages = [
        {"name": "home", "url": f"{console}/", "wait": "section"},
        {"name": "tenants", "url": f"{console}/tenants", "wait": "[role=table]"},
        {"name": "tenant", "url": f"{console}/tenants/acme", "wait": "canvas"},
        {"name": "cluster", "url": f"{dashboard}/", "wait": "[role=group] button"},
        {
            "name": "dashboard",
            "url": f"{dashboard}/dashboard/acme",
            "wait": "canvas",
            "steps": [["wait", "[data-state=live]"]],
        },
        {"name": "monitoring", "url": f"{dashboard}/monitoring", "wait": "table"},
        {
            "name": "validate",
            "url": f"{console}/validate",
            "wait": ".cm-lintRange-error",
            "steps": [["click", "[value=good] + label"], ["gone", ".cm-lintRange-error"]],
        },
        {"name": "releases", "url": f"{console}/releases", "wait": "[role=cell]"},
        {"name": "release", "url": f"{console}/releases/{release}", "wait": "table"},
        {"name": "alerts", "url": f"{console}/alerts?state=all", "wait": "section"},
        {
            "name": "settings",
            "url": f"{console}/settings",
            "wait": "input",
            "steps": [["click", "[data-do=test]"], ["wait", "[data-tried]"]],
        },
    ]
    return [
        _shown(folder, {"pages": pages, "languages": [language], "themes": [theme], "axe": True})
        for language, theme in themes.items()
    ]


def _shown(folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """Open the pages of a plan; return what open.mjs found."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    command = ["node", str(OPEN), str(file)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=400, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_every_page_in_both_languages_and_themes(stack: Stack, tmp_path: Path) -> None:
    found = opened(stack, tmp_path, {"en": "light", "ko": "dark"})
    assert [line for one in found for line in one["wrong"]] == []
    assert [one["opened"] for one in found] == [11, 11]
    sizes = found[0]["kilobytes"]
    too_large = {n: s for n, s in sizes.items() if s > MOST_KILOBYTES.get(n, USUAL_KILOBYTES)}
    assert too_large == {}
    assert min(sizes.values()) > 50, "nothing was measured"


def test_a_failure_is_injected_ended_and_a_restart_survived_on_one_page(
    stack: Stack, tmp_path: Path
) -> None:
    """By clicking; the stream comes back by itself, and the page with it."""
    told = tmp_path / "told"
    steps = [
        ["wait", "[data-state=live]"],
        ["click", "[data-do=inject]"],
        ["click", "[data-do=end]"],
        ["gone", "[data-do=end]"],
        ["tell", str(told)],
        ["gone", "[data-state=live]"],
        ["wait", "[data-state=live]"],
    ]
    dashboard = f"http://127.0.0.1:{stack.ports['simulator']}/dashboard/acme"
    pages = [{"name": "dashboard", "url": dashboard, "wait": "canvas", "steps": steps}]
    plan = {"pages": pages, "languages": ["en"], "themes": ["light"]}
    with ThreadPoolExecutor(1) as pool:
        shown = pool.submit(_shown, tmp_path, plan)
        while not told.exists() and not shown.done():
            wait([shown], timeout=0.05)
        if not shown.done():
            stack.kill("simulator")
            stack.start("simulator")
        found = shown.result()
    # What nobody answered while it was away is no fault of the page.
    assert [line for line in found["wrong"] if "ERR_" not in line and "WebSocket" not in line] == []
    faults = stack.call("simulator", "GET", "/api/v1/clusters/default/faults").body["faults"]
    assert [(one["fault"], one["state"]) for one in faults] == [("cpu_spike", "ended")]


def test_a_real_cluster_is_changed_only_by_who_says_its_name(stack: Stack, tmp_path: Path) -> None:
    """In red, asked for before, judged by the service: another name deploys nothing."""
    cluster = f"http://127.0.0.1:{stack.ports['simulator']}/clusters/default"
    real = {"deploymentMethod": "kubernetes", "clusterUrl": cluster, "clusterReadOnly": False}
    releases = stack.get("/api/v1/tenants/acme/releases")["total"]
    assert stack.call("orchestrator", "PUT", "/api/v1/settings", real).status == 200
    steps = [
        ["wait", "[role=note][data-kind=real]"],
        ["click", "[data-do=deploy]"],
        ["wait", "[data-do=deploy-sure]:disabled"],
        ["fill", "[role=dialog] input", "another"],
        ["click", "[data-do=deploy-sure]"],
        ["wait", "[role=dialog] [role=alert] >> text=TARGET_NOT_CONFIRMED"],
    ]
    url = f"http://127.0.0.1:{stack.ports['orchestrator']}/tenants/acme"
    pages = [{"name": "tenant", "url": url, "wait": "[data-do=deploy]", "steps": steps}]
    try:
        found = _shown(tmp_path, {"pages": pages, "languages": ["ko"], "themes": ["light"]})
    finally:
        assert stack.call("orchestrator", "PUT", "/api/v1/settings", {}).status == 200
    assert [line for line in found["wrong"] if "Failed to load resource" not in line] == []
    assert stack.get("/api/v1/tenants/acme/releases")["total"] == releases


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


def test_the_port_of_the_monitoring_page_opens_on_it(stack: Stack) -> None:
    url = f"http://127.0.0.1:{stack.ports['simulator']}/"
    headers = {"Accept": "text/html", "X-Forwarded-Port": "6380"}
    answer = httpx.get(f"{url}?lang=ko", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (307, "/monitoring?lang=ko")
    plain = httpx.get(f"{url}?plain", headers=headers)
    assert plain.status_code == 200
    assert '<div id="app">' not in plain.text
