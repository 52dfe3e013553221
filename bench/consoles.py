"""The built consoles in a browser: what they load, when they can be used, what they take of it.

    python -m bench consoles

Both services run with the demo, 1,000 tenants of one's own and a cluster with 5,000 pods, and
Chromium opens the built pages (web/tests/measure.mjs says how each figure is taken). CPU is that
of the page's main thread. Times are what they would be on a machine that does nothing else: those
of the clock, which stand beside them, divided by how much longer a fixed loop took than its CPU.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench._stack import Stack, running
from bench.cluster import _spec as spec
from bench.demo import asked
from bench.orchestrator import TENANTS, _created
from bench.pods import deployment
from ecp.edge import bundle

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "web"
PODS: Final = 5_000
_NODES: Final = 250
_ROUNDS: Final = 3
_TENANT: Final = "measured"
_DEMO_WITHIN_S: Final = 600
LIMITS: Final = {
    "first load, KB gzip": 350,
    "with an editor, KB gzip": 400,
    "usable after, ms": 1_500,
    "an update of a day of 20 lines, ms CPU": 40,
    "a frame of scrolling, p95, ms CPU": 33,
    "an hour of messages, MB grown": 20,
}
_EDITOR: Final = ("validate",)


def _call(url: str, method: str, path: str, body: Any = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, content, method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def _filled(stack: Stack) -> None:
    """Make 1,000 tenants, deploy one, and run 5,000 pods in a cluster of their own."""
    orchestrator, simulator = stack.url("orchestrator"), stack.url("simulator")
    _call(simulator, "POST", "/api/v1/clusters", {"name": "bench", "seed": 1, "spec": spec(_NODES)})
    apps = "/clusters/bench/apis/apps/v1/namespaces/default/deployments"
    for number in range(10):
        _call(simulator, "POST", apps, deployment(f"web-{number}", PODS // 10))
    _call(simulator, "POST", "/api/v1/clusters/bench/clock", {"action": "warp", "to": "+5m"})
    _created(stack, "t", TENANTS - 1)
    deploy = f"/api/v1/simulator/deploy/{_TENANT}?wait=ready&timeout=300"
    _call(orchestrator, "POST", deploy, {})


def _demo(stack: Stack) -> None:
    """Wait until the demo is ready."""
    until = time.monotonic() + _DEMO_WITHIN_S
    while asked(stack, "/api/v1/demo")["state"] != "ready":
        assert time.monotonic() < until, "the demo is not ready"
        time.sleep(1)


def _pages(stack: Stack) -> list[dict[str, str]]:
    """The pages that tools/shots.py has, at the addresses of this stack."""
    sys.path.insert(0, str(ROOT / "tools"))
    import shots

    urls = {"console": stack.url("orchestrator")}
    return [
        {
            "name": page.name,
            "url": urls.get(page.service, stack.url("simulator")) + page.path,
            "wait": page.wait,
        }
        for page in shots.PAGES
    ]


def _measured(plan: dict[str, Any]) -> Any:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        command = ["node", "tests/measure.mjs", file.name]
        run = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout)


def _chart(folder: str) -> None:
    """Build the page that holds the chart alone."""
    build = ["node_modules/.bin/vite", "build", "--config", "tests/chart/vite.config.ts"]
    subprocess.run(
        [*build, "--outDir", folder, "--emptyOutDir"], cwd=WEB, check=True, capture_output=True
    )


def _said(what: str, figure: float, limit: float, note: str = "") -> None:
    word = "within" if figure <= limit else "MISSES"
    print(f"{what:<48} {figure:>9.1f}   {word} {limit:g}   {note}", flush=True)


def _shown(found: Any) -> None:
    for name, page in found.get("loads", {}).items():
        size = "with an editor, KB gzip" if name in _EDITOR else "first load, KB gzip"
        _said(f"{name}: {size}", page["kilobytes"], LIMITS[size])
        usable = "usable after, ms"
        note = f"by this machine's clock {page['ms']:.0f}; {page['cpu']:.0f} ms of CPU"
        _said(f"{name}: {usable}", page["ms_alone"], LIMITS[usable], note)
    for part, figure, what in (
        ("chart", "median", "an update of a day of 20 lines, ms CPU"),
        ("scroll", "p95", "a frame of scrolling, p95, ms CPU"),
    ):
        rounds = found.get(part, [])
        if rounds:
            middle = median(one[figure] for one in rounds)
            ratio = median(one[figure] / one["yard"] for one in rounds)
            note = f"{ratio:.3f} of the yardstick's loop"
            if part == "scroll":
                note += f"; {rounds[0]['rows']} rows, median {rounds[0]['median']:.1f}"
            _said(what, middle, LIMITS[what], note)
    if "hour" in found:
        grown = found["hour"]
        note = f"{grown['before']:.1f} MB before, {grown['after']:.1f} after {grown['messages']}"
        _said("an hour of messages, MB grown", grown["grown"], 20, note)


def main() -> None:
    if shutil.which("node") is None or bundle.built("console") is None:
        print("not measured: there is no node, or no build (make web)")
        return
    with tempfile.TemporaryDirectory() as folder:
        _chart(folder)
        _shown(_measured({"chart": {"folder": folder}, "rounds": _ROUNDS}))
    with running() as stack:
        _filled(stack)
        simulator = stack.url("simulator")
        scroll = {
            "url": f"{simulator}/workloads?cluster=bench&kind=pods",
            "wait": f'[role=table][aria-rowcount="{PODS + 1}"] [role=cell]',
        }
        _shown(_measured({"scroll": scroll, "rounds": _ROUNDS}))
        tenants = {
            "url": f"{stack.url('orchestrator')}/tenants",
            "wait": f'[role=table][aria-rowcount="{TENANTS + 1}"] [role=cell]',
        }
        print("the same over 1,000 tenants, loaded as they come into view:")
        _shown(_measured({"scroll": tenants, "rounds": _ROUNDS}))
        hour = {
            "url": f"{simulator}/dashboard/{_TENANT}?cluster=default",
            "wait": "canvas",
            "stream": "/live",
        }
        _shown(_measured({"hour": hour}))
    with running({"ECP_DEMO": "start"}) as stack:
        _demo(stack)
        _shown(_measured({"loads": _pages(stack), "rounds": _ROUNDS}))
