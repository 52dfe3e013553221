"""One plain page a port: live figures and service level, rendered here, refreshed by fetch.

`/dashboard/{tenant}` everywhere; `/` on the ports of the front end, the monitoring page and the
dashboard, in Korean or English by Accept-Language or ?lang=. No asset of a third party.
"""

import html
from importlib import resources
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ecp.edge import bundle
from ecp.edge.page import language_of, rendered
from ecp.edge.services import SERVICES, chosen_ports
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.rest.clusters import Clusters
from ecp.simulator.rest.metrics import hosting as hosting_of
from ecp.simulator.rest.metrics import tenant_figures
from ecp.simulator.rest.tenants import check_id
from ecp.texts import Language, text

router = APIRouter(tags=["pages"], include_in_schema=False)

PAGES = ("simulator-frontend", "simulator-monitoring", "simulator-dashboard")


def page_of(request: Request) -> str | None:
    """Return the name of the service whose page the root of this port is, None for an API's.

    Behind a proxy the port is the one that people open (X-Forwarded-Port).
    """
    port = (request.scope.get("server") or ("", 0))[1]
    opened = request.headers.get("x-forwarded-port", "")
    if opened.isascii() and opened.isdigit() and len(opened) < 6:
        port = int(opened)
    for service, chosen in chosen_ports().items():
        if chosen == port and service.name in PAGES:
            return service.name
    return None


@router.get("/dashboard")
async def dashboard(request: Request, found: Clusters) -> Response:
    """Show every tenant."""
    return bundle.shown(request, "simulator") or page(request, found, "simulator-dashboard")


@router.get("/dashboard/{tenant}")
async def tenant_dashboard(tenant: str, request: Request, found: Clusters) -> Response:
    """Show one tenant; one that is not followed (yet) is said so, and looked for again."""
    if shown := bundle.shown(request, "simulator"):
        return shown
    check_id(tenant)
    return page(request, found, "simulator-dashboard", tenant)


def page(
    request: Request, found: ClusterDirectory, service: str, tenant: str | None = None
) -> HTMLResponse:
    """Return the page of a port, or of one tenant."""
    spoken = language_of(request)
    title = text(f"service.{service}", spoken)
    query = request.query_params
    chosen = query.get("cluster") or None
    return rendered(
        request,
        f"{tenant} · {title}" if tenant else title,
        resources.files(__package__).joinpath("page.js").read_text("utf-8"),
        settings={
            "tenant": tenant,
            "page": service,
            "cluster": chosen,
            "chosen": query.get("lang") == spoken,
        },
        links=(
            ("/dashboard", text("page.all", spoken)),
            ("/docs", "API"),
            ("/metrics", "Prometheus"),
        ),
        first=_first(found, tenant, chosen, spoken),
    )


def _first(
    found: ClusterDirectory, tenant: str | None, chosen: str | None, spoken: Language
) -> str:
    """Return what is to be seen before, or without, the script: a line a tenant."""
    here = [hosted for hosted in found.all() if chosen in (None, hosted.name)]
    names = [tenant] if tenant else [t.name for h in here for t in h.cluster.flows.tenants()]
    rows = []
    for name in names:
        hosted = hosting_of(found, name, chosen, False)
        if hosted is None:
            continue
        hosted.catch_up()
        figures: dict[str, Any] = tenant_figures(hosted, name)
        sla, now = figures["sla_data"], figures["metrics"]
        said = (
            (text("page.status", spoken), text(f"page.status.{sla['status']}", spoken)),
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


assert all(any(service.name == name for service in SERVICES) for name in PAGES)
