#!/usr/bin/env python3
"""Make pictures of every page of both consoles, in both languages and themes.

    .venv/bin/python tools/shots.py FOLDER     # from what `make run` shows, with its demo

What is wrong with a page (an error on its console, a text without words, an axe finding) is said,
and the exit code is 1. Ports are those of this environment.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from ecp.edge.services import SERVICES, chosen_ports

ROOT: Final = Path(__file__).resolve().parents[1]
OPEN: Final = ROOT / "web/tests/open.mjs"


class Page(NamedTuple):
    """A page: its name, the service that shows it, its address, and what it has when complete."""

    name: str
    service: str
    path: str
    wait: str


PAGES: Final = (
    Page("home", "console", "/?demo=true", "section"),
    Page("tenants", "console", "/tenants?demo=true", "[role=table]"),
    Page("tenant", "console", "/tenants/demo-medium?demo=true", "[data-need]"),
    Page("tenant-releases", "console", "/tenants/demo-small/releases?demo=true", "[data-next]"),
    Page(
        "releases-compare", "console", "/tenants/demo-small/releases/compare?demo=true", "table"
    ),
    Page("tenant-sla", "console", "/tenants/demo-medium/sla?from=now-7d&demo=true", "[data-worth]"),
    Page("tenant-startup", "console", "/tenants/demo-small/startup?demo=true", "figure svg"),
    Page("wizard", "console", "/tenants/new?id=acme&chatbot=100&callbot=20&step=size", "summary"),
    Page(
        "manifest", "console", "/tenants/demo-small/manifest?step=edit&demo=true", ".cm-content"
    ),
    Page("resources", "console", "/tenants/demo-small/resources?show=all&demo=true",
         "[role=treeitem]"),
    Page("resources-list", "console", "/tenants/demo-small/resources?view=list&demo=true",
         "[role=cell]"),
    Page("resources-map", "console", "/tenants/demo-small/resources?view=map&show=all&demo=true",
         ".react-flow__node"),
    Page("validate", "console", "/validate", ".cm-lintRange"),
    Page("releases", "console", "/releases?demo=true", "[role=table]"),
    Page("release", "console", "/releases/sim-deploy-4?demo=true", "figure svg"),
    Page("alerts", "console", "/alerts?state=all&demo=true", "[role=table]"),
    Page("alert", "console", "/alerts?state=all&alert=1&demo=true", "[role=dialog] dl"),
    Page("alert-routes", "console", "/alerts?part=routes&route=-1&demo=true", "[data-route-form]"),
    Page("alert-rules", "console", "/alerts?part=rules&tenant=demo-small&demo=true", "table"),
    Page("audit", "console", "/audit?demo=true", "[role=cell]"),
    Page("failures", "console", "/failures?demo=true", "[data-kind]"),
    Page("failure-reach", "console", "/failures?kind=network_loss&tenant=demo-medium&demo=true",
         "[data-reach]"),
    Page("failure", "console", "/failures/f1?tenant=demo-medium&demo=true", "canvas"),
    Page("rehearsal-new", "console", "/rehearsals/new?sample=node-lost-by-luck&runs=20",
         ".cm-line"),
    Page("settings", "console", "/settings", "input"),
    Page("settings-images", "console", "/settings?part=images&demo=true", "table"),
    Page("settings-about", "console", "/settings?part=about", "ul li"),
    Page("cluster", "simulator-dashboard", "/?cluster=demo", "[role=group] button"),
    Page("node", "simulator-dashboard", "/?cluster=demo&node=cpu-1", "[data-do=drain-preview]"),
    Page("topology", "simulator-dashboard", "/topology?cluster=demo", "[data-node]"),
    Page("calls", "simulator-dashboard", "/topology?cluster=demo&lens=call", "[data-node]"),
    Page("workloads", "simulator-dashboard", "/workloads?cluster=demo", "[role=row]"),
    Page("pods", "simulator-dashboard", "/workloads?cluster=demo&kind=pods", "[role=row]"),
    Page("nodes", "simulator-dashboard", "/nodes?cluster=demo", "[data-do=resize-cpu]"),
    Page("dashboards", "simulator-dashboard", "/dashboard", "[role=table]"),
    Page("dashboard", "simulator-dashboard", "/dashboard/demo-medium?cluster=demo", "canvas"),
    Page("timeline", "simulator-dashboard", "/timeline?cluster=demo", "[data-do=next-failure]"),
    Page("clock", "simulator-dashboard", "/timeline?cluster=demo&clock=time", "[data-do=warp]"),
    Page("lab", "simulator-dashboard", "/lab?cluster=demo", "[data-list=preview] dd"),
    Page("traffic", "simulator-dashboard", "/traffic?cluster=demo&times=2", "canvas"),
    Page("system", "simulator-dashboard", "/system?cluster=demo", "[role=cell]"),
    Page("monitoring", "simulator-monitoring", "/monitoring", "table"),
)  # fmt: skip


def opened(plan: dict[str, Any]) -> dict[str, Any]:
    """Open the pages of a plan in Chromium; return what open.mjs found."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        run = subprocess.run(["node", OPEN, file.name], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def main() -> int:
    """Take the pictures; return the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("folder", type=Path, help="where the pictures go")
    folder = arguments.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    ports = {service.name: port for service, port in chosen_ports().items() if service in SERVICES}
    pages = [
        {"name": p.name, "url": f"http://localhost:{ports[p.service]}{p.path}", "wait": p.wait}
        for p in PAGES
    ]
    found = opened(
        {
            "pages": pages,
            "languages": ["en", "ko"],
            "themes": ["light", "dark"],
            "folder": str(folder),
            "axe": True,
        }
    )
    for line in found["wrong"]:
        print(line, file=sys.stderr)
    print(f"{found['opened']} pictures in {folder}; first load in KB gzip: {found['kilobytes']}")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
