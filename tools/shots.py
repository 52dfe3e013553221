#!/usr/bin/env python3
"""Make pictures of every page of both consoles, in both languages and themes.

    .venv/bin/python tools/shots.py FOLDER     # from what `make run` shows, with its demo
    .venv/bin/python tools/shots.py --docs     # those of the README and the guide, docs/images

What is wrong with a page (an error on its console, a text without words, an axe finding) is said,
and the exit code is 1. Ports are those of this environment.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
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
    Page("release-first", "console", "/releases/sim-deploy-1?demo=true", "figure svg"),
    Page("alerts", "console", "/alerts?state=all&demo=true", "[role=table], main p"),
    Page("alert-routes", "console", "/alerts?part=routes&route=-1&demo=true", "[data-route-form]"),
    Page("alert-rules", "console", "/alerts?part=rules&tenant=demo-small&demo=true",
         "[data-backtest]"),
    Page("audit", "console", "/audit?demo=true", "[role=cell]"),
    Page("failures", "console", "/failures?demo=true", "[data-kind]"),
    Page("failure-reach", "console", "/failures?kind=network_loss&tenant=demo-medium&demo=true",
         "[data-reach]"),
    Page("failure", "console", "/failures/f1?tenant=demo-medium&demo=true", "canvas"),
    Page("campaign", "console", "/rehearsals/new?demo=true&tenant=demo-small&runs=20"
         "&axes=load:callbot:25%252C50|replicas:stt:4%252C6", "[data-runs]"),
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


# What the README and the guide of the consoles show: English in light, Korean in dark.
DOCS: Final = ROOT / "docs/images"
SHOWN: Final = (
    "home",
    "tenant",
    "resources-map",
    "release-first",
    "tenant-sla",
    "validate",
    "topology",
    "timeline",
)
# Every clone carries them: WebP of this quality, at most so many bytes each and together.
QUALITY: Final = 75
MOST_BYTES: Final = 150_000
MOST_BYTES_TOGETHER: Final = 1_500_000


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


def plan(folder: Path, pages: Iterable[Page]) -> dict[str, Any]:
    """Return what open.mjs is to open for pictures in *folder*, in both languages and themes."""
    ports = {service.name: port for service, port in chosen_ports().items() if service in SERVICES}
    return {
        "pages": [
            {"name": p.name, "url": f"http://localhost:{ports[p.service]}{p.path}", "wait": p.wait}
            for p in pages
        ],
        "languages": ["en", "ko"],
        "themes": ["light", "dark"],
        "folder": str(folder),
        "axe": True,
    }


def take(folder: Path) -> list[str]:
    """Take a picture of every page; return what is wrong with them."""
    found = opened(plan(folder, PAGES))
    print(f"{found['opened']} pictures in {folder}; first load in KB gzip: {found['kilobytes']}")
    return list(found["wrong"])


def take_documents() -> list[str]:
    """Take the pictures of the documents anew; return what is wrong with them."""
    base = plan(DOCS, [page for page in PAGES if page.name in SHOWN]) | {"quality": QUALITY}
    wrong: list[str] = []
    for language, theme in (("en", "light"), ("ko", "dark")):
        wrong += opened(base | {"languages": [language], "themes": [theme]})["wrong"]
    sizes = {file.name: file.stat().st_size for file in sorted(DOCS.iterdir())}
    wrong += [f"{name}: {size} bytes" for name, size in sizes.items() if size > MOST_BYTES]
    together = sum(sizes.values())
    if together > MOST_BYTES_TOGETHER:
        wrong.append(f"{DOCS}: {together} bytes together")
    print(f"{len(sizes)} pictures in {DOCS}, {together} bytes")
    return wrong


def main() -> int:
    """Take the pictures; return the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    where = arguments.add_mutually_exclusive_group(required=True)
    where.add_argument("folder", type=Path, nargs="?", help="where the pictures go")
    where.add_argument("--docs", action="store_true", help="those of the documents, where they are")
    asked = arguments.parse_args()
    (DOCS if asked.docs else asked.folder).mkdir(parents=True, exist_ok=True)
    wrong = take_documents() if asked.docs else take(asked.folder)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
