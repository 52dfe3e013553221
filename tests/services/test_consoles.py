"""The built consoles in a real browser on a real stack: both languages and themes, axe, size.

tools/web.sh builds them (make test does); Chromium opens each page once a language and theme.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ecp.edge import bundle
from services import browser
from services.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
MOST_KILOBYTES = 350
"""What a page loads, gzip: until its content is shown, and in all until somebody does something."""
MOST_MOVED = 0.1
"""Layout shift of a page until its content stands: skeletons are as high as what replaces them."""
EXTRA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: acme-ecp-ai}\n"
TINY = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    "  selector: {matchLabels: {app: web}}\n"
    "  template: {metadata: {labels: {app: web}},"
    " spec: {containers: [{name: c, image: 'registry.example/a:1'}]}}\n"
)
LATER = {"/failures/$injection", "/rehearsals/$rehearsal", "/rehearsals/compare"}
"""Pages of what is not there before somebody has done it: opened in a test that does it."""

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(browser.missing(), reason=browser.REASON),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with browser.shown(tmp_path_factory.mktemp("web")) as found:
        yield found


def pages_of(stack: Stack) -> list[dict[str, Any]]:
    """Return each page of both consoles: where, what it shows when complete, a job by clicking."""
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    release = stack.get("/api/v1/tenants/acme/releases")["releases"][0]["deployment_id"]
    dashboard = f"http://127.0.0.1:{stack.ports['simulator']}"
    return [
        {
            "name": "home",
            "url": f"{console}/",
            "wait": "section",
            "steps": [["wait", "[data-elsewhere]"]],
        },
        {"name": "tenants", "url": f"{console}/tenants", "wait": "[role=table]"},
        {"name": "missing", "url": f"{console}/nothing/here", "wait": "code"},
        {
            # By keys alone: to the tenants, into the list, to a tenant by the palette.
            "name": "keys",
            "url": f"{console}/",
            "wait": "section",
            "steps": [
                ["press", "g"],
                ["press", "t"],
                ["wait", "h1:focus"],
                ["wait", "[role=row][data-index]"],
                ["press", "/"],
                ["wait", "[data-filter]:focus"],
                ["press", "Tab"],
                ["press", "Control+k"],
                ["fill", "[role=dialog] input", "acme"],
                ["wait", "[data-action][data-selected] >> text=acme"],
                ["press", "Enter"],
                ["wait", "h1 >> text=acme"],
            ],
        },
        {
            "name": "tenant",
            "url": f"{console}/tenants/acme",
            "wait": "[data-need]",
            "steps": [["click", "[data-step=deploy] a"], ["wait", "[data-next]"]],
        },
        {
            "name": "tenant-sla",
            "url": f"{console}/tenants/acme/sla",
            "wait": "[data-worth]",
            "steps": [
                ["click", "[data-do=contract]"],
                ["wait", "[data-do=contract][aria-pressed=true]"],
                ["click", "[data-do=save-zip]"],
            ],
        },
        {
            "name": "tenant-startup",
            "url": f"{console}/tenants/acme/startup",
            "wait": "[data-doing=ready]",
        },
        {
            "name": "compare",
            "url": f"{console}/tenants/acme/releases/compare",
            "wait": "[data-part=releases][aria-current=page]",
        },
        {
            "name": "resources",
            "url": f"{console}/tenants/acme/resources?show=all&q=stt",
            "wait": "[role=treeitem]",
            "steps": [
                ["click", "[role=treeitem][data-kind=Deployment]"],
                ["wait", "[role=dialog] dl"],
                ["click", "[role=tab][id$=tab-yaml]"],
                ["wait", "[data-yaml]"],
                ["click", "[role=tab][id$=tab-logs]"],
                ["wait", "[role=log] time"],
                ["click", "[role=tab][id$=tab-metrics]"],
                ["wait", "[role=dialog] canvas"],
            ],
        },
        {
            "name": "resources-list",
            "url": f"{console}/tenants/acme/resources?view=list&kind=Deployment,Pod",
            "wait": "[role=table] [role=cell]",
        },
        {
            "name": "resources-map",
            "url": f"{console}/tenants/acme/resources?view=map&show=all",
            "wait": "[data-node]",
        },
        {"name": "cluster", "url": f"{dashboard}/", "wait": "[role=group] button"},
        {"name": "dashboards", "url": f"{dashboard}/dashboard", "wait": "[role=cell]"},
        {
            "name": "dashboard",
            "url": f"{dashboard}/dashboard/acme",
            "wait": "canvas",
            "steps": [["wait", "[data-state=live]"]],
        },
        {
            "name": "topology",
            "url": f"{dashboard}/topology?lens=call",
            "wait": "[data-node]",
            "steps": [["click", "[data-node^=workload]"], ["wait", "[data-do=scale]"]],
        },
        {
            "name": "pods",
            "url": f"{dashboard}/workloads?kind=pods",
            "wait": "[role=row][data-opens]",
            "steps": [
                ["click", "[role=row][data-opens]"],
                ["click", "[role=tab][id$=tab-why]"],
                ["wait", "[role=dialog] [role=cell]"],
                # Back closes what was opened; two Escapes are one step.
                ["back"],
                ["gone", "[role=dialog]"],
                ["click", "[role=row][data-opens]"],
                ["wait", "[role=dialog] [role=tab]"],
                ["press", "Escape"],
                ["press", "Escape"],
                ["gone", "[role=dialog]"],
                ["wait", "[role=row][data-opens]"],
            ],
        },
        {
            "name": "nodes",
            "url": f"{dashboard}/nodes?node=infra-1",
            "wait": "[role=row]",
            "steps": [
                ["click", "[data-do=cordon]"],
                ["click", "[data-do=uncordon]"],
                ["wait", "[data-do=cordon]"],
                ["fill", "[role=dialog] input[placeholder]", "team=a:NoSchedule"],
                ["click", "[data-do=taint]:enabled"],
                ["click", "[data-do=untaint]"],
                ["gone", "[data-do=untaint]"],
                ["click", "[data-do=drain-preview]:enabled"],
                ["wait", "[data-drain]"],
            ],
        },
        {"name": "monitoring", "url": f"{dashboard}/monitoring", "wait": "table"},
        {
            "name": "timeline",
            "url": f"{dashboard}/timeline?clock=clusters",
            "wait": "[data-do=create-cluster]",
            "steps": [
                ["fill", "[name=cluster-name]", "clicked"],
                ["click", "[data-do=create-cluster]:enabled"],
                ["wait", "[data-here] [data-do=delete-clicked]"],
                ["click", "[data-list=clusters] button[aria-pressed=false]"],
                ["wait", "[data-here] [data-do=delete-default]"],
                ["click", "[data-do=delete-clicked]"],
                ["fill", "[data-autofocus]", "clicked"],
                ["click", "[data-do=delete-clicked-sure]:enabled"],
                ["gone", "[data-do=delete-clicked]"],
                ["click", ".mantine-Drawer-close"],
                ["click", "[data-do=next-change]"],
                ["click", "[role=dialog] [role=tab]:nth-child(2)"],
                ["wait", "[data-list=why] li"],
            ],
        },
        {
            "name": "lab",
            "url": f"{dashboard}/lab",
            "wait": "[data-list=preview] dd",
            "steps": [
                ["click", "[data-fault=network_latency]"],
                ["wait", "[data-list=preview] dd"],
                ["click", "[data-do=inject]:enabled"],
                ["wait", "[role=dialog] canvas"],
                ["click", ".mantine-Drawer-close"],
                ["click", "[data-do=kill]:enabled"],
                ["wait", "[data-do=kill]:disabled"],
            ],
        },
        {
            "name": "traffic",
            "url": f"{dashboard}/traffic?times=3",
            "wait": "canvas",
            "steps": [["click", "[data-do=times]"], ["wait", "[role=cell]"]],
        },
        {"name": "system", "url": f"{dashboard}/system", "wait": "[role=cell]"},
        {
            "name": "validate",
            "url": f"{console}/validate",
            "wait": ".cm-lintRange-error",
            "steps": [["click", "[value=good] + label"], ["gone", ".cm-lintRange-error"]],
        },
        {
            "name": "validate-demo",
            "url": f"{console}/validate?sample=demo",
            "wait": ".cm-lintRange-error",
            "steps": [["click", "[data-do=fix-all]"], ["wait", "[data-next=demo]"]],
        },
        {
            "name": "wizard",
            "url": f"{console}/tenants/new?id=acme-2&chatbot=20&step=size",
            "wait": "summary",
            "steps": [["click", "[data-do=next]"], ["wait", ".cm-content"]],
        },
        {
            "name": "manifest",
            "url": f"{console}/tenants/acme/manifest",
            "wait": ".cm-content",
            "steps": [
                ["click", "[data-do=edit]"],
                ["wait", "[data-do=review]"],
                ["fill", ".cm-content", EXTRA],
                ["click", "[data-do=review]"],
                ["wait", "[data-diff] .cm-content"],
                ["click", "[value=live] + label"],
                ["wait", "[data-live] ~ ul [data-action=create]"],
            ],
        },
        {"name": "releases", "url": f"{console}/releases", "wait": "[role=cell]"},
        # As it was called before.
        {"name": "old", "url": f"{console}/tenants/acme?part=startup", "wait": "[aria-current]"},
        {
            "name": "tenant-releases",
            "url": f"{console}/tenants/acme/releases",
            "wait": "[role=cell]",
        },
        {
            "name": "release",
            "url": f"{console}/releases/{release}",
            "wait": "[data-doing=ready]",
            "steps": [["click", "[value=table] + label"], ["wait", "table"]],
        },
        {"name": "alerts", "url": f"{console}/alerts?state=all", "wait": "section"},
        {
            "name": "failures",
            "url": f"{console}/failures",
            "wait": "[data-kind]",
            "steps": [
                ["fill", "[data-filter]", "cpu_spike"],
                ["click", "[data-kind=cpu_spike]"],
                ["wait", "[data-reach]"],
                ["wait", "[data-do=inject]:enabled"],
            ],
        },
        {
            "name": "failure-repeated",
            "url": f"{console}/failures?kind=pod_kill&tenant=acme",
            "wait": "[data-do=inject]",
            "steps": [
                ["fill", "input[data-every]", "10m"],
                ["click", "[data-do=repeat]:enabled"],
                ["click", "[data-repeating] [data-do=take-away]"],
                ["gone", "[data-repeating]"],
            ],
        },
        {
            "name": "campaign",
            "url": f"{console}/rehearsals/new?sample=surge-x5&runs=2",
            "wait": ".cm-line",
            "steps": [["click", "[data-do=add-axis]"], ["wait", "[data-runs='4']"]],
        },
        {
            "name": "rehearsal",
            "url": f"{console}/rehearsals/new?sample=surge-x5&runs=2",
            "wait": ".cm-line",
            "steps": [["click", "[data-do=rehearse]:enabled"], ["wait", "[data-do=again]"]],
        },
        {"name": "rehearsals", "url": f"{console}/rehearsals", "wait": "h1"},
        {
            "name": "alert-routes",
            "url": f"{console}/alerts?part=routes",
            "wait": "[data-do=add-route]",
            "steps": [
                ["click", "[data-do=add-route]"],
                ["fill", "[data-field=name]", "on-call"],
                ["fill", "[data-field=target]", f"{console}/health"],
                ["click", "[data-do=save-route]"],
                ["wait", "[data-do=test-route]"],
                ["click", "[data-do=delete-route]"],
                ["fill", "[role=dialog] input", "on-call"],
                ["click", "[data-do=delete-route-sure]"],
                ["gone", "[data-do=test-route]"],
            ],
        },
        {
            "name": "alert-rules",
            "url": f"{console}/alerts?part=rules&tenant=acme",
            "wait": "[data-do=save-policy]",
        },
        {
            "name": "audit",
            "url": f"{console}/audit?action=release",
            "wait": "[role=cell]",
            "steps": [["click", "[role=row][data-opens]"], ["wait", "[role=dialog] dl"]],
        },
        {
            "name": "settings",
            "url": f"{console}/settings",
            "wait": "input",
            "steps": [
                ["click", "[data-do=test]"],
                ["wait", "[data-tried]"],
                ["fill", "[data-field=slaTarget]", "99.4"],
                ["wait", "[data-changed]"],
                ["click", "[data-do=save]"],
                ["gone", "[data-changed]"],
                ["fill", "[data-field=slaTarget]", "99.5"],
                ["click", "[data-do=save]"],
                ["gone", "[data-changed]"],
            ],
        },
        {"name": "images", "url": f"{console}/settings?part=images", "wait": "input"},
        {"name": "about", "url": f"{console}/settings?part=about", "wait": "ul li"},
    ]


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ko", "dark")])
def test_every_page(stack: Stack, tmp_path: Path, language: str, theme: str) -> None:
    """Drawn, with axe and nothing on the browser's console; in English its job is done too."""
    pages = pages_of(stack)
    if language == "ko":
        pages = [{**page, "steps": []} for page in pages]
    plan = {"pages": pages, "languages": [language], "themes": [theme], "axe": True}
    found = browser.opened(tmp_path, plan)
    assert found["wrong"] == []
    assert found["opened"] == len(pages)
    sizes = found["kilobytes"]
    most = {name: max(size.values()) for name, size in sizes.items()}
    assert {name: size for name, size in most.items() if size > MOST_KILOBYTES} == {}
    assert {name: part for name, part in found["moved"].items() if part > MOST_MOVED} == {}
    assert min(size["shown"] for size in sizes.values()) > 50, "nothing was measured"


def test_no_page_is_forgotten(stack: Stack) -> None:
    """What the tables of both applications lead to is opened above."""
    tried = [urlsplit(page["url"]) for page in pages_of(stack)]
    for app, port in (("console", "orchestrator"), ("simulator", "simulator")):
        there = [one.path for one in tried if one.port == stack.ports[port]]
        table = (ROOT / f"web/apps/{app}/src/pages.ts").read_text()
        for path in re.findall(r'path: "([^"]+)"', table):
            pattern = re.sub(r"\$\w+", "[^/]+", path)
            assert path in LATER or any(re.fullmatch(pattern, one) for one in there), path


def test_a_tenant_is_made_by_clicking(stack: Stack, tmp_path: Path) -> None:
    """From a preset: its size, its manifest, its release; what is chosen survives a reload."""
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    steps = [
        ["fill", "[data-field=id]", "acme"],
        ["wait", "[data-field=id][aria-invalid=true]"],
        ["click", "[value=micro] + label"],
        ["wait", "[data-do=next]:disabled"],
        ["fill", "[data-field=id]", "clicked"],
        ["click", "[data-do=next]:enabled"],
        ["click", "summary"],
        ["click", "[data-do=next]"],
        ["wait", ".cm-content"],
        ["click", "[data-do=next]"],
        ["click", "[data-do=create]:enabled"],
        ["wait", "[data-progress]"],
    ]
    pages = [{"name": "wizard", "url": f"{console}/tenants/new", "wait": "input", "steps": steps}]
    plan = {"pages": pages, "languages": ["ko"], "themes": ["light"]}
    assert browser.opened(tmp_path, plan)["wrong"] == []
    made = stack.get("/api/v1/tenants/clicked")
    assert made["service_requirements"]["chatbot"] == 20
    assert made["sla_target"] == {"availability": 99.0}
    assert stack.get("/api/v1/tenants/clicked/releases")["total"] == 1


def test_a_tenant_is_edited_rolled_back_stopped_started_and_deleted_by_clicking(
    stack: Stack, tmp_path: Path
) -> None:
    """What each button says is what happens; what is not up is not said to be."""
    sent = {"manifest_content": TINY}
    first = stack.post("/api/v1/simulator/deploy/tiny", sent)["deployment_id"]
    stack.warp("2m")
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    extra = EXTRA.replace("acme", "tiny")
    pages: list[dict[str, Any]] = [
        {
            "name": "apply",
            "url": f"{console}/tenants/tiny/manifest?step=edit",
            "wait": ".cm-content",
            "steps": [
                ["fill", ".cm-content", f"{TINY}---\n{extra}"],
                ["wait", "[data-do=discard]"],
                ["click", "[data-do=discard]"],
                ["gone", "[data-do=discard]"],
                ["fill", ".cm-content", f"{TINY}---\n{extra}"],
                ["click", "[data-do=review]"],
                ["click", "[data-do=deploy]:enabled"],
                ["wait", "h1 >> text=revision 2"],
                ["wait", "[data-do=rerun]"],
            ],
        },
        {
            "name": "back",
            "url": f"{console}/releases/{first}",
            "wait": "[data-would]",
            "steps": [
                ["gone", "[data-do=rerun]"],
                ["click", "[data-do=rollback]"],
                ["wait", "[data-do=rollback-sure]:disabled"],
                ["fill", "[data-autofocus]", "tiny"],
                ["click", "[data-do=rollback-sure]:enabled"],
                ["wait", "h1 >> text=revision 3"],
                ["wait", "[data-do=rerun]"],
            ],
        },
        {
            "name": "life",
            "url": f"{console}/tenants/tiny",
            "wait": "[data-would]",
            "steps": [
                # By keys alone: where Stop had the focus stands Start, at once, and not Delete.
                ["tab", "[data-do=stop]"],
                ["press", "Enter"],
                ["wait", "[data-autofocus]:focus"],
                ["type", "tiny"],
                ["press", "Enter"],
                ["wait", "[data-do=start]:focus"],
                ["wait", "[data-need=start]"],
                ["press", "Enter"],
                ["wait", "[data-do=stop]:focus"],
            ],
        },
    ]
    plan = {"pages": pages, "languages": ["en"], "themes": ["dark"]}
    assert browser.opened(tmp_path, plan)["wrong"] == []
    releases = stack.get("/api/v1/tenants/tiny/releases")["releases"]
    assert [row["rollback"] and row["rollback"]["to"] for row in releases] == [1, None, None]
    config = "/clusters/default/api/v1/namespaces/tiny-ecp-ai/configmaps/extra"
    assert stack.call("simulator", "GET", config).status == 404
    stack.warp("2m")
    turns = stack.get("/api/v1/tenants/tiny/history")["history"]
    assert "ready" not in [turn["cause"] for turn in turns[:2]]
    steps = [
        ["click", "[data-do=delete]"],
        ["fill", "[data-autofocus]", "tiny"],
        ["click", "[data-do=delete-sure]:enabled"],
        ["wait", "[role=row][data-index]"],
        ["gone", "[role=cell] >> text=tiny"],
    ]
    pages = [{"name": "gone", "url": pages[2]["url"], "wait": "[data-do=stop]", "steps": steps}]
    found = browser.opened(tmp_path, {**plan, "pages": pages})
    # Who is asked for while it goes is not found.
    assert [line for line in found["wrong"] if "404" not in line] == []


def test_a_tenant_is_mended_disturbed_rolled_back_and_deleted_by_keys_alone(
    stack: Stack, tmp_path: Path
) -> None:
    """Nothing is clicked, and what had the focus gives it to what stands there: to nobody never."""
    broken = stack.call("orchestrator", "GET", "/api/v1/demo/manifest").body
    whole = broken.replace("chat-bot", "chatbot").replace("memory: 2Gi", "memory: 1Gi")
    sent = {"manifest_content": whole.replace("chatbot:1.4.2", "chatbot:1.4.1")}
    first = stack.post("/api/v1/simulator/deploy/keyed", sent)["deployment_id"]
    stack.warp("2m")
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    named = [["wait", "[data-autofocus]:focus"], ["type", "keyed"], ["press", "Enter"]]
    pages: list[dict[str, Any]] = [
        {
            "name": "mend",
            "url": f"{console}/tenants/keyed/manifest",
            "wait": ".cm-content",
            "steps": [
                ["tab", "[data-do=edit]:enabled"],
                ["press", "Enter"],
                ["wait", "main :focus"],
                ["tab", ".cm-content"],
                ["wait", ".cm-foldGutter span[title] >> nth=1"],
                ["press", "Control+a"],
                ["type", broken],
                ["wait", ".cm-editor:not(.ecp-stale) .cm-lintRange-error >> nth=2"],
                # From the service, which has no fix of its own, to the label.
                ["press", "F8"],
                ["press", "F8"],
                ["press", "Control+."],
                ["gone", ".cm-lintRange-error >> nth=1"],
                ["wait", ".cm-editor:not(.ecp-stale) .cm-lintRange-error"],
                ["press", "F8"],
                ["press", "Control+."],
                ["press", "Escape"],
                ["press", "Tab"],
                ["gone", ".cm-content:focus"],
                ["tab", "[data-do=review]"],
                ["press", "Enter"],
                ["tab", "[data-do=deploy]:enabled"],
                ["press", "Enter"],
                ["wait", "h1:focus >> text=revision 2"],
            ],
        },
        {
            "name": "failure",
            "url": f"{console}/failures?tenant=keyed",
            "wait": "[data-kind]",
            "steps": [
                ["tab", "[data-kind=cpu_spike]"],
                ["press", "Enter"],
                ["wait", "[role=dialog] [data-reach]"],
                ["tab", "[data-do=inject]:enabled"],
                ["press", "Enter"],
                ["wait", "canvas"],
                ["wait", "h1:focus"],
                ["tab", "[data-do=end]"],
                ["press", "Enter"],
                ["gone", "[data-do=end]"],
                ["wait", "main :focus"],
            ],
        },
        {
            "name": "rollback",
            "url": f"{console}/releases/{first}",
            "wait": "[data-would]",
            "steps": [
                ["tab", "[data-do=rollback]"],
                ["press", "Enter"],
                ["wait", "[data-autofocus]:focus"],
                ["press", "Escape"],
                ["wait", "[data-do=rollback]:focus"],
                ["press", "Enter"],
                *named,
                ["wait", "h1:focus >> text=revision 3"],
            ],
        },
        {
            "name": "delete",
            "url": f"{console}/tenants/keyed",
            "wait": "[data-do=delete]",
            "steps": [
                ["tab", "[data-do=delete]"],
                ["press", "Control+k"],
                ["wait", "[role=dialog] input:focus"],
                ["press", "Escape"],
                ["wait", "[data-do=delete]:focus"],
                ["press", "Enter"],
                *named,
                ["wait", "[role=row][data-index]"],
                ["wait", "h1:focus"],
            ],
        },
    ]
    plan = {"languages": ["en"], "themes": ["light"]}
    assert browser.opened(tmp_path, {**plan, "pages": pages[:3]})["wrong"] == []
    releases = stack.get("/api/v1/tenants/keyed/releases")["releases"]
    assert [row["rollback"] and row["rollback"]["to"] for row in releases] == [1, None, None]
    rows = stack.get("/api/v1/simulator/failures?tenant=keyed")["failures"]
    assert [(row["fault"], row["state"]) for row in rows] == [("cpu_spike", "ended")]
    found = browser.opened(tmp_path, {**plan, "pages": pages[3:]})
    # Who is asked for while it goes is not found.
    assert [line for line in found["wrong"] if "404" not in line] == []
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/keyed").status == 404


def test_why_a_pod_waits_is_one_click_from_the_cluster(stack: Stack, tmp_path: Path) -> None:
    gpus = {"nvidia.com/gpu": "64"}
    wish = {"name": "c", "image": "example/app:1", "resources": {"requests": gpus, "limits": gpus}}
    pod = {"metadata": {"name": "hungry"}, "spec": {"containers": [wish]}}
    pods = "/clusters/default/api/v1/namespaces/default/pods"
    assert stack.call("simulator", "POST", pods, pod).status == 201
    url = f"http://127.0.0.1:{stack.ports['simulator']}/"
    steps = [["click", "[data-do=why]"], ["wait", "[data-wishes] li"]]
    # What helps hangs on the nodes that other tests left.
    steps.append(["wait", ":is([data-changes], [data-remedies]) li"])
    pages = [{"name": "cluster", "url": url, "wait": "[data-do=why]", "steps": steps}]
    plan = {"pages": pages, "languages": ["ko"], "themes": ["dark"], "axe": True}
    assert browser.opened(tmp_path, plan)["wrong"] == []
    stack.call("simulator", "DELETE", f"{pods}/hungry")


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
        shown = pool.submit(browser.opened, tmp_path, plan)
        while not told.exists() and not shown.done():
            wait([shown], timeout=0.05)
        if not shown.done():
            stack.kill("simulator")
            stack.start("simulator")
        found = shown.result()
    # What nobody answered while it was away is no fault of the page.
    assert [line for line in found["wrong"] if "ERR_" not in line and "WebSocket" not in line] == []
    faults = stack.call("simulator", "GET", "/api/v1/clusters/default/faults").body["faults"]
    assert ("cpu_spike", "ended") in [(one["fault"], one["state"]) for one in faults]


def test_a_cluster_that_goes_is_said_and_the_others_are_offered(
    stack: Stack, tmp_path: Path
) -> None:
    """Deleted under an open stream, which ends for good; another is a click away."""
    clusters = "/api/v1/clusters"
    assert stack.call("simulator", "POST", clusters, {"name": "brief"}).status == 201
    body = {"namespace": "t-ecp-ai", "demand": {"chatbot": 5}}
    assert stack.call("simulator", "PUT", f"{clusters}/brief/tenants/t", body).status == 201
    told = tmp_path / "told"
    steps = [
        ["wait", "[data-state=live]"],
        ["tell", str(told)],
        ["wait", "[role=alert] button"],
        ["click", "[role=alert] button"],
        ["wait", "[data-do=cluster]"],
        ["gone", "[role=alert] button"],
    ]
    url = f"http://127.0.0.1:{stack.ports['simulator']}/dashboard/t?cluster=brief"
    pages = [{"name": "dashboard", "url": url, "wait": "h1", "steps": steps}]
    plan = {"pages": pages, "languages": ["ko"], "themes": ["light"]}
    with ThreadPoolExecutor(1) as pool:
        shown = pool.submit(browser.opened, tmp_path, plan)
        while not told.exists() and not shown.done():
            wait([shown], timeout=0.05)
        assert stack.call("simulator", "DELETE", f"{clusters}/brief").status == 200
        found = shown.result()
    # What is asked of a cluster that is no more is answered by 404.
    assert [line for line in found["wrong"] if "404" not in line] == []


def test_a_cluster_is_put_back_to_a_snapshot_and_forked_by_clicking(
    stack: Stack, tmp_path: Path
) -> None:
    """A snapshot, a step, and back, for which its name has to be typed; then a fork of it."""
    clusters = "/api/v1/clusters"
    made = {"name": "returns", "start": "2026-01-05T00:00:00Z"}
    assert stack.call("simulator", "POST", clusters, made).status == 201
    steps = [
        ["click", "[role=dialog] [data-do=clock-pause]"],
        ["wait", "[role=dialog] [data-do=clock-resume]"],
        ["click", "[role=tab][id$=tab-snapshots]"],
        ["fill", "[name=snapshot-label]", "here"],
        ["click", "[data-do=snapshot]:enabled"],
        ["wait", "[data-do=restore-here]"],
        ["click", "[role=tab][id$=tab-time]"],
        ["click", "[data-do=step]:enabled"],
        ["wait", "[role=dialog] [data-do=clock-resume]"],
        ["click", "[role=tab][id$=tab-snapshots]"],
        ["click", "[data-do=restore-here]"],
        ["wait", "[data-do=restore-here-sure]:disabled"],
        ["fill", "[data-autofocus]", "returns"],
        ["click", "[data-do=restore-here-sure]:enabled"],
        ["gone", "[data-do=restore-here-sure]"],
        ["fill", "[name=fork-name]", "goes-on"],
        ["click", "[data-do=fork]:enabled"],
        ["click", "[role=tab][id$=tab-clusters]"],
        ["wait", "[data-here] [data-do=delete-goes-on]"],
    ]
    url = f"http://127.0.0.1:{stack.ports['simulator']}/system?cluster=returns&clock=time"
    pages = [{"name": "system", "url": url, "wait": "[data-do=step]", "steps": steps}]
    plan = {"pages": pages, "languages": ["en"], "themes": ["light"]}
    assert browser.opened(tmp_path, plan)["wrong"] == []
    clocks = [
        stack.call("simulator", "GET", f"{clusters}/{name}/clock").body
        for name in ("returns", "goes-on")
    ]
    assert clocks[0]["now"] == clocks[1]["now"]
    assert clocks[0]["ledger"] != clocks[0]["incarnation"]
    for name in ("returns", "goes-on"):
        assert stack.call("simulator", "DELETE", f"{clusters}/{name}").status == 200


def test_a_failure_is_brought_about_and_its_report_says_what_it_did(
    stack: Stack, tmp_path: Path
) -> None:
    """By clicking, from the catalogue: what it would hit is seen before the button is live."""
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    steps = [
        ["wait", "[data-reach]"],
        ["click", "[data-do=inject]:enabled"],
        ["wait", "canvas"],
        ["click", "[data-do=end]"],
        ["gone", "[data-do=end]"],
    ]
    url = f"{console}/failures?kind=network_loss&tenant=acme"
    pages = [{"name": "failures", "url": url, "wait": "[role=dialog]", "steps": steps}]
    found = browser.opened(tmp_path, {"pages": pages, "languages": ["en"], "themes": ["dark"]})
    assert found["wrong"] == []
    rows = stack.get("/api/v1/simulator/failures?tenant=acme")["failures"]
    assert [(row["fault"], row["state"]) for row in rows][:1] == [("network_loss", "ended")]
    report = stack.get(f"/api/v1/simulator/failures/acme/{rows[0]['id']}/report")
    assert report["timeline"][0]["what"] == "started"
    assert report["advice"]
    report_url = f"{console}/failures/{rows[0]['id']}?tenant=acme"
    shown = [{"name": "failure", "url": report_url, "wait": "canvas"}]
    plan = {"pages": shown, "languages": ["ko"], "themes": ["dark"], "axe": True}
    assert browser.opened(tmp_path, plan)["wrong"] == []


def test_two_rehearsals_are_compared_seed_by_seed(stack: Stack, tmp_path: Path) -> None:
    samples = stack.get("/api/v1/rehearsals/samples")["samples"]
    sample = next(one for one in samples if one["name"] == "surge-x5")
    body = {"scenario": sample["scenario"], "runs": 2}
    numbers = [stack.post("/api/v1/rehearsals", body)["rehearsal_id"] for _ in range(2)]
    url = f"http://127.0.0.1:{stack.ports['orchestrator']}/rehearsals"
    pages = [
        {"name": "rehearsal", "url": f"{url}/{numbers[0]}", "wait": "[data-do=again]"},
        {"name": "rehearsals", "url": url, "wait": "[role=cell]"},
        {
            "name": "compared",
            "url": f"{url}/compare?first={numbers[0]}&second={numbers[1]}",
            "wait": "table",
        },
    ]
    plan = {"pages": pages, "languages": ["ko"], "themes": ["dark"], "axe": True}
    assert browser.opened(tmp_path, plan)["wrong"] == []


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
    pages = [
        {"name": "tenant", "url": url, "wait": "[data-do=deploy]", "steps": steps},
        # And is disturbed by nobody.
        {"name": "failures", "url": url.replace("tenants/acme", "failures?kind=cpu_spike"),
         "wait": "h2", "steps": [["gone", "[data-kind=cpu_spike]"], ["gone", "[data-do=inject]"]]},
    ]  # fmt: skip
    try:
        found = browser.opened(tmp_path, {"pages": pages, "languages": ["ko"], "themes": ["light"]})
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
