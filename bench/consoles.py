"""The built consoles in a browser: what they load, when they can be used, what they take of it.

    python -m bench consoles

Both services run with the demo, 1,000 tenants of one's own, a cluster with 5,000 pods and a tenant
with as many, and Chromium opens the built pages (web/tests/measure.mjs says how each figure is
taken). CPU is that of the page's main thread. Times are what they would be on a machine that does
nothing else: those of the clock, which stand beside them, divided by how much longer a fixed loop
took than its CPU.
"""

import gzip
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from bench._stack import Stack, running
from bench.cluster import _SPEED, Served, _namespace, _roll_out, _spec
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
_LOOKS: Final = 5
_EVERY_S: Final = 5
LIMITS: Final = {
    "first load, KB gzip": 350,
    "usable after, ms": 1_500,
    "an update of a day of 20 lines, ms CPU": 40,
    "a frame of scrolling, p95, ms CPU": 33,
    "an hour of messages, MB grown": 20,
    "first content of a tenant's 5,000 pods, ms": 2_000,
    "the same while they are being created, ms": 5_000,
    "a look again at them, ms CPU": 100,
    "a look again at them, KB": 50,
    "longest task in the browser, ms CPU": 100,
}
_CREATED: Final = "created"
_PARTS: Final = 10


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


def _workloads(pods: int) -> str:
    """Return the manifest of a tenant of its own with so many pods."""
    documents: list[dict[str, Any]] = []
    for number in range(_PARTS):
        made = deployment(f"web-{number}", pods // _PARTS)
        service = {"selector": {"app": f"web-{number}"}, "ports": [{"port": 80}]}
        documents += [
            {"apiVersion": "apps/v1", "kind": "Deployment", **made},
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": f"web-{number}"},
                "spec": service,
            },
        ]
    return "\n---\n".join(map(json.dumps, documents))


def _deployed(stack: Stack, tenant: str) -> None:
    """Create a tenant and send its 5,000 pods to the cluster; nobody waits for them."""
    # Never another stack's.
    environment = {**os.environ, "ECP_ORCHESTRATOR_URL": stack.url("orchestrator")}
    command = str(Path(sys.executable).with_name("ecp"))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(_workloads(PODS))
        file.flush()
        for given in (
            ["tenant", "create", tenant],
            ["deploy", tenant, "-f", file.name, "--no-wait", "--allow-broken"],
        ):
            subprocess.run([command, *given], env=environment, check=True, capture_output=True)


class Looked(NamedTuple):
    """What a look at a tenant's objects took: wall and CPU of the orchestrator (ms), bytes sent."""

    wall: float
    cpu: float
    size: int


def _look(stack: Stack, tenant: str, tag: str = "") -> tuple[Looked, str, Any]:
    """Look once as the page does; return its tag, and what was told (None: nothing new)."""
    connection = HTTPConnection("127.0.0.1", stack.ports["orchestrator"], timeout=300)
    headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": tag} if tag else {})
    before, begun = stack.cpu_seconds()["orchestrator"], time.perf_counter()
    path = f"/api/v1/tenants/{tenant}/resources?grouped=true&within=1"
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    wall = time.perf_counter() - begun
    cpu = stack.cpu_seconds()["orchestrator"] - before
    connection.close()
    assert answer.status in (200, 304), body
    told = None
    if answer.status == 200:
        zipped = answer.headers["content-encoding"] == "gzip"
        told = json.loads(gzip.decompress(body) if zipped else body)
    found = Looked(1000 * wall, 1000 * cpu, len(body))
    return found, answer.headers["etag"] or tag, told


def _stands(told: Any) -> bool:
    """Whether all pods of a tenant are there and stand well."""
    return not told["reading"] and told["kinds"].get("Pod") == PODS and not told["problems"]


def _resources() -> None:
    """A tenant's 5,000 pods: the first look while they are being created, the next ones once they
    stand, the three views in the browser."""
    with running({"ECP_CLUSTER": "bench"}) as stack:
        served = Served(stack.pids["simulator"], stack.ports["simulator"])
        served.ask("POST", "/api/v1/clusters", {"name": "bench", "seed": 1, "spec": _spec(_NODES)})
        _deployed(stack, _CREATED)
        url = f"{stack.url('orchestrator')}/tenants/{_CREATED}/resources"
        tree = {"name": "tree", "url": url, "wait": "[role=tree] [role=treeitem]"}
        created = _measured({"views": [tree], "rounds": 1})["views"]["tree"]
        limit = "the same while they are being created, ms"
        _said(limit, created["ms"], LIMITS[limit], "by this machine's clock")
        served.ask("POST", "/api/v1/clusters/bench/clock", {"action": "speed", "factor": _SPEED})
        _, tag, told = _look(stack, _CREATED)
        while told is None or not _stands(told):
            _, tag, new = _look(stack, _CREATED, tag)
            told = new or told
        served.ask("POST", "/api/v1/clusters/bench/clock", {"action": "speed", "factor": 1})
        again = []
        for _ in range(_LOOKS):
            # As often as the page does: a look is good for some seconds.
            time.sleep(_EVERY_S)
            found, tag, _ = _look(stack, _CREATED, tag)
            again.append(found)
        for limit, values in (
            ("a look again at them, ms CPU", [one.cpu for one in again]),
            ("a look again at them, KB", [one.size / 1024 for one in again]),
        ):
            _said(limit, median(values), LIMITS[limit], f"most {max(values):.1f}")
        views = [
            {"name": "tree", "url": url, "wait": "[role=tree] [role=treeitem]"},
            {"name": "list", "url": f"{url}?view=list", "wait": "[role=table] [role=cell]"},
            {"name": "map", "url": f"{url}?view=map", "wait": "[data-node]"},
        ]
        for name, view in _measured({"views": views, "rounds": _ROUNDS})["views"].items():
            limit = "first content of a tenant's 5,000 pods, ms"
            note = f"by this machine's clock {view['ms']:.0f}"
            _said(f"{name}: first content, ms", view["ms_alone"], LIMITS[limit], note)
            limit = "longest task in the browser, ms CPU"
            _said(f"{name}: {limit}", view["longest"], LIMITS[limit])


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
    _resources()
    with running({"ECP_DEMO": "start"}) as stack:
        _demo(stack)
        _shown(_measured({"loads": _pages(stack), "rounds": _ROUNDS}))
