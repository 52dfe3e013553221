"""The plain page on :3000 and :8001: services, tenants, what did not start and why."""

import html
from importlib import resources

from fastapi import Request
from starlette.responses import HTMLResponse

from ecp.edge.page import language_of, rendered
from ecp.orchestrator.releases.routes import dashboard_url
from ecp.texts import text


def page(request: Request) -> HTMLResponse:
    """Return the page; it asks for the status every few seconds."""
    spoken = language_of(request)
    base = dashboard_url("").removesuffix("/dashboard/")
    return rendered(
        request,
        text("service.console", spoken),
        resources.files(__package__).joinpath("page.js").read_text("utf-8"),
        settings={"dashboard": base, "demo": False},
        links=(
            (base, text("service.simulator-dashboard", spoken)),
            ("/docs", "API"),
            ("/metrics", "Prometheus"),
            ("/api/v1/simulator/status", text("page.statusjson", spoken)),
        ),
        first=f"<p>{html.escape(text('orchestrator.page', spoken))}</p>",
    )
