"""One plain page a port: live figures and service level, rendered here, refreshed by fetch.

`/dashboard/{tenant}` everywhere; `/` on the ports of the front end, the monitoring page and the
dashboard, in Korean or English by Accept-Language or ?lang=. No asset of a third party.
"""

import html
import json
from importlib import resources
from string import Template
from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from ecp.edge.problems import language
from ecp.edge.services import SERVICES, chosen_ports
from ecp.simulator.hosting import ClusterDirectory
from ecp.simulator.rest.clusters import Clusters
from ecp.simulator.rest.metrics import hosting as hosting_of
from ecp.simulator.rest.metrics import tenant_figures
from ecp.simulator.rest.tenants import check_id
from ecp.texts import Language, text

router = APIRouter(tags=["pages"], include_in_schema=False)

EVERY_MS = 5000
"""A page asks again every slot."""
PAGES = ("simulator-frontend", "simulator-monitoring", "simulator-dashboard")
_HEADERS = {
    "content-security-policy": "default-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
_WORDS = (
    "status",
    "uptime",
    "availability",
    "target",
    "downtime",
    "failures",
    "cpu",
    "memory",
    "rps",
    "response",
    "errors",
    "workload",
    "state",
    "pods",
    "profile",
    "nomodel",
    "clusters",
    "cluster",
    "nodes",
    "podsrunning",
    "cpureq",
    "memreq",
    "gpureq",
    "speed",
    "paused",
    "none",
    "clock",
    "lost",
    "status.meeting",
    "status.at_risk",
    "status.breached",
    "status.insufficient_data",
    "status.no_data",
    "state.up",
    "state.down",
    "state.unknown",
)


def page_of(request: Request) -> str | None:
    """Return the name of the service whose page the root of this port is, None for an API's."""
    port = (request.scope.get("server") or ("", 0))[1]
    for service, chosen in chosen_ports().items():
        if chosen == port and service.name in PAGES:
            return service.name
    return None


@router.get("/dashboard")
async def dashboard(request: Request, found: Clusters) -> HTMLResponse:
    """Show every tenant."""
    return page(request, found, "simulator-dashboard")


@router.get("/dashboard/{tenant}")
async def tenant_dashboard(tenant: str, request: Request, found: Clusters) -> HTMLResponse:
    """Show one tenant; one that is not followed (yet) is said so, and looked for again."""
    check_id(tenant)
    return page(request, found, "simulator-dashboard", tenant)


def page(
    request: Request, found: ClusterDirectory, service: str, tenant: str | None = None
) -> HTMLResponse:
    """Return the page of a port, or of one tenant."""
    spoken = _language(request)
    title = text(f"service.{service}", spoken)
    settings = {
        "lang": spoken,
        "tenant": tenant,
        "every": EVERY_MS,
        "url": f"/api/v1/metrics/{tenant}" if tenant else "/api/metrics",
        "texts": {word: text(f"page.{word}", spoken) for word in _WORDS},
    }
    links = [("/dashboard", text("page.all", spoken)), ("/docs", "API"), ("/metrics", "Prometheus")]
    links += [(f"?lang={other}", name) for other, name in (("ko", "한국어"), ("en", "English"))]
    body = Template(_template()).substitute(
        lang=spoken,
        title=html.escape(f"{tenant} · {title}" if tenant else title),
        evidence=html.escape(text("page.evidence", spoken)),
        links="".join(f'<a href="{html.escape(to)}">{html.escape(name)}</a>' for to, name in links),
        first=_first(found, tenant, spoken),
        # "<" must not end the script element that the settings stand in.
        settings=json.dumps(settings, ensure_ascii=False).replace("<", "\\u003c"),
    )
    return HTMLResponse(body, headers=_HEADERS)


def _first(found: ClusterDirectory, tenant: str | None, spoken: Language) -> str:
    """Return what is to be seen before, or without, the script: a line a tenant."""
    names = [tenant] if tenant else [t.name for h in found.all() for t in h.cluster.flows.tenants()]
    rows = []
    for name in names:
        hosted = hosting_of(found, name, None, False)
        if hosted is None:
            continue
        hosted.catch_up()
        figures: dict[str, Any] = tenant_figures(hosted, name)
        sla, now = figures["sla_data"], figures["metrics"]
        said = (
            (text("page.status", spoken), sla["status"]),
            (text("page.uptime", spoken), _percent(sla["uptime_percentage"])),
            (text("page.availability", spoken), _percent(sla["availability"])),
            (text("page.response", spoken), f"{now['response_time']} ms"),
            (text("page.errors", spoken), _percent(now["error_rate"])),
        )
        line = " · ".join(f"{html.escape(a)} {html.escape(str(b))}" for a, b in said)
        rows.append(f"<p><b>{html.escape(name)}</b> {line}</p>")
    return "".join(rows) or f"<p>{html.escape(text('page.none', spoken))}</p>"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:g} %"


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang", "")
    return cast(Language, asked) if asked in ("ko", "en") else language(request)


def _template() -> str:
    return resources.files(__package__).joinpath("page.html").read_text("utf-8")


assert all(any(service.name == name for service in SERVICES) for name in PAGES)
