"""The built consoles in a browser: what they load, when they can be used, what they take of it.

    python -m bench consoles

Both services run with the demo, 1,000 tenants of one's own and a cluster with 5,000 pods, and
Chromium opens the built pages (web/tests/measure.mjs says how each figure is taken). CPU is that
of the page's main thread. Times are what they would be on a machine that does nothing else: those
of the clock, which stand beside them, divided by how much longer a fixed loop took than its CPU.
"""

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench._stack import Stack, running
from bench.cluster import _SPEED, Served, _namespace, _roll_out, _spec
from bench.demo import asked
from bench.orchestrator import TENANTS, _created
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
    "usable after, ms": 1_500,
    "an update of a day of 20 lines, ms CPU": 40,
    "a frame of scrolling, p95, ms CPU": 33,
    "an hour of messages, MB grown": 20,
}


def _filled(stack: Stack) -> None:
    """Run 5,000 pods in a cluster of their own, make 1,000 tenants and deploy one more."""
    served = Served(stack.pids["simulator"], stack.ports["simulator"])
    served.ask("POST", "/api/v1/clusters", {"name": "bench", "seed": 1, "spec": _spec(_NODES)})
    clock = "/api/v1/clusters/bench/clock"
    served.ask("POST", clock, {"action": "speed", "factor": _SPEED})
    _namespace(served, "busy")
    _roll_out(served, "busy", PODS)
    served.ask("POST", clock, {"action": "speed", "factor": 1})
    _created(stack, "t", TENANTS)
    path = f"/api/v1/simulator/deploy/{_TENANT}?wait=ready&timeout=300"
    request = urllib.request.Request(stack.url("orchestrator") + path, b"{}", method="POST")
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request, timeout=400).read()


def _table(url: str, rows: int) -> dict[str, str]:
    return {"url": url, "wait": f'[role=table][aria-rowcount="{rows + 1}"] [role=cell]'}


def _demo(stack: Stack) -> None:
    """Wait until the demo is ready."""
    until = time.monotonic() + _DEMO_WITHIN_S
    while asked(stack, "/api/v1/demo")["state"] != "ready":
        assert time.monotonic() < until, "the demo is not ready"
        time.sleep(1)


def _pages(stack: Stack) -> list[dict[str, str]]:
    """The pages that tools/shots.py has, at the addresses of this stack."""
    sys.path.insert(0, str(ROOT / "tools"))
    shots = importlib.import_module("shots")
    return [
        {
            "name": page.name,
            "url": stack.url(page.service) + page.path,
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
        size = "first load, KB gzip"
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
        most = "an hour of messages, MB grown"
        _said(most, grown["grown"], LIMITS[most], note)


def main() -> None:
    if shutil.which("node") is None or bundle.built("console") is None:
        print("not measured: there is no node, or no build (make web)")
        return
    with tempfile.TemporaryDirectory() as folder:
        _chart(folder)
        _shown(_measured({"chart": {"folder": folder}, "rounds": _ROUNDS}))
    with running() as stack:
        _filled(stack)
        dashboard = stack.url("simulator-dashboard")
        pods = f"{dashboard}/workloads?cluster=bench&kind=pods"
        _shown(_measured({"scroll": _table(pods, PODS), "rounds": _ROUNDS}))
        tenants = f"{stack.url('orchestrator')}/tenants"
        print("the same over 1,000 tenants, loaded as they come into view:")
        _shown(_measured({"scroll": _table(tenants, TENANTS + 1), "rounds": _ROUNDS}))
        hour = {
            "url": f"{dashboard}/dashboard/{_TENANT}?cluster=default",
            "wait": "canvas",
            "stream": "/live",
        }
        _shown(_measured({"hour": hour}))
    with running({"ECP_DEMO": "start"}) as stack:
        _demo(stack)
        _shown(_measured({"loads": _pages(stack), "rounds": _ROUNDS}))
