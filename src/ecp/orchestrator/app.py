"""The orchestrator's ASGI application on :8001 and :3000.

`ecp.orchestrator.app:app` is importable as the guide's development commands need it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecp import __version__
from ecp.edge import bundle, describing, docs, problems
from ecp.orchestrator.alerts.routes import router as alert_routes
from ecp.orchestrator.alerts.routes import sockets as alert_sockets
from ecp.orchestrator.alerts.routes import tenants as alert_routes_of_tenants
from ecp.orchestrator.audit.routes import router as audit_routes
from ecp.orchestrator.auditing import Audited
from ecp.orchestrator.bootstrap import Bootstrap
from ecp.orchestrator.demo.routes import router as demo_routes
from ecp.orchestrator.faults.routes import catalogue as fault_catalogue
from ecp.orchestrator.faults.routes import router as fault_routes
from ecp.orchestrator.images.routes import router as image_routes
from ecp.orchestrator.images.routes import tenants as image_routes_of_tenants
from ecp.orchestrator.kinds.routes import router as kind_routes
from ecp.orchestrator.monitoring.routes import router as figure_routes
from ecp.orchestrator.monitoring.routes import tenants as monitoring_routes
from ecp.orchestrator.page import page
from ecp.orchestrator.ports import (
    KeyUnusable,
    SealLost,
    StorageFailed,
    StoreDamaged,
    Unstorable,
    WrongRevision,
)
from ecp.orchestrator.records import MODES
from ecp.orchestrator.rehearsals.routes import router as rehearsal_routes
from ecp.orchestrator.releases.history import releases as releases_by_id
from ecp.orchestrator.releases.history import router as history_routes
from ecp.orchestrator.releases.routes import router as release_routes
from ecp.orchestrator.releases.routes import secondary as release_routes_of_tenants
from ecp.orchestrator.releases.streaming import router as release_events
from ecp.orchestrator.releases.streaming import sockets as release_sockets
from ecp.orchestrator.repeating import Repeatable
from ecp.orchestrator.resources.routes import router as resource_routes
from ecp.orchestrator.settings.routes import router as setting_routes
from ecp.orchestrator.sla.routes import router as sla_routes
from ecp.orchestrator.streams.routes import Realtime
from ecp.orchestrator.streams.usecases import Frames
from ecp.orchestrator.streams.watching import Gallery
from ecp.orchestrator.tenants.life import router as life_routes
from ecp.orchestrator.tenants.manifests import presets as preset_routes
from ecp.orchestrator.tenants.manifests import router as manifest_routes
from ecp.orchestrator.tenants.routes import router as tenant_routes
from ecp.orchestrator.twins.routes import router as twin_routes
from ecp.texts import text

MOST_BYTES = 32 << 20
"""Of a request's body; a real API server takes 3 MiB an object, and a manifest has many."""
_ROUTES = (
    tenant_routes,
    life_routes,
    manifest_routes,
    preset_routes,
    release_routes,
    release_routes_of_tenants,
    history_routes,
    releases_by_id,
    release_events,
    release_sockets,
    sla_routes,
    monitoring_routes,
    resource_routes,
    fault_catalogue,
    fault_routes,
    rehearsal_routes,
    setting_routes,
    twin_routes,
    figure_routes,
    alert_routes,
    alert_routes_of_tenants,
    alert_sockets,
    image_routes,
    image_routes_of_tenants,
    demo_routes,
    audit_routes,
    kind_routes,
)


def create_app(root: Path | None = None) -> FastAPI:
    """Return the application with its records under *root* (default: ECP_DATA_DIR)."""
    house = Bootstrap(root)
    requests: dict[tuple[str, int], int] = {}

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        house.start()
        yield
        await app.state.gallery.close()
        await house.close()

    app = FastAPI(
        title="ECP orchestrator",
        version=__version__,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        description="A tenant's manifests through validation, deployment, SLA and start-up. Every "
        "POST takes an Idempotency-Key: sent again within 24 h it is answered as it was, and "
        "carried out once.",
    )
    app.state.house = house
    app.state.gallery = Gallery(house, Frames(house))
    app.add_middleware(Repeatable, house=house)
    app.add_middleware(Audited, house=house)
    app.add_middleware(_Bounded)
    problems.install(app)
    docs.install(app)
    describing.install(app, "orchestrator")
    app.add_middleware(_Counted, counts=requests)
    app.add_middleware(Realtime)  # the last added is the first asked
    app.add_exception_handler(StorageFailed, _storage_failed)
    for router in _ROUTES:
        app.include_router(router)
    _health(app, house, requests)
    bundle.install(app, "console", is_page=lambda request: not _is_call(request))
    return app


def _is_call(request: Request) -> bool:
    """Tell whether a path that no route has was meant for the API."""
    return request.url.path.startswith(("/api/", "/ws/"))


class _Bounded:
    """Refuses bodies of more than MOST_BYTES with 413; no more than these are held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BYTES:
                # Who is not heard to the end takes the answer for a broken connection.
                while message.get("more_body"):
                    message = await receive()
                raise HTTPException(413, _too_large(Request(scope)))
            return message

        try:
            await self._app(scope, counted, send)
        except HTTPException:
            # Read before the application did: nobody else answers it.
            request = Request(scope)
            refusal = problems.answer(request, 413, "PAYLOAD_TOO_LARGE", _too_large(request))
            await refusal(scope, receive, send)


def _too_large(request: Request) -> str:
    return text("error.too-large", problems.language(request), most=MOST_BYTES >> 20)


class _Counted:
    """Counts answers by method and status."""

    def __init__(self, app: ASGIApp, counts: dict[tuple[str, int], int]) -> None:
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                key = (scope["method"], message["status"])
                self._counts[key] = self._counts.get(key, 0) + 1
            await send(message)

        await self._app(scope, receive, counted)


async def _storage_failed(request: Request, error: Exception) -> Response:
    """Answer for a database that does not."""
    language = problems.language(request)
    if isinstance(error, Unstorable):
        message = text("database.unstorable", language, detail=str(error)[:300])
        return problems.answer(request, 422, "VALIDATION_FAILED", message)
    if isinstance(error, WrongRevision):
        message = text(error.key, language, **error.values)
    elif isinstance(error, StoreDamaged):
        message = text("database.damaged", language, place=error.place, detail=error.detail)
    elif isinstance(error, SealLost):
        message = text("secret.lost", language)
    elif isinstance(error, KeyUnusable):
        message = text("secret.key-unusable", language, name=error.name, detail=error.detail)
    else:
        message = text("database.failed", language, detail=str(error)[:300])
    return problems.answer(request, 503, "DATABASE_ERROR", message)


def _health(app: FastAPI, house: Bootstrap, requests: dict[tuple[str, int], int]) -> None:
    async def health() -> dict[str, Any]:
        """Say that the service runs."""
        return {"status": "healthy", "service": "ecp-orchestrator", "version": __version__}

    for path in ("/health", "/healthz", "/livez"):
        app.get(path, tags=["health"])(health)

    async def ready() -> JSONResponse:
        """Say whether the service can do its work: its stores answer."""
        stores = {}
        for mode in MODES:
            try:
                stores[mode] = await (await house.storage(mode)).reachable()
            except StorageFailed:
                stores[mode] = False
        fit = all(stores.values())
        body = {"status": "ready" if fit else "not ready", "stores": stores}
        return JSONResponse(body, 200 if fit else 503)

    for path in ("/ready", "/readyz"):
        app.get(path, tags=["health"])(ready)

    @app.get("/metrics", tags=["health"])
    async def metrics() -> PlainTextResponse:
        """Give the orchestrator's metrics as Prometheus text."""
        from ecp.orchestrator.exposition import CONTENT_TYPE, exposition

        return PlainTextResponse(await exposition(house, requests), media_type=CONTENT_TYPE)

    @app.get("/", include_in_schema=False)
    async def root(request: Request) -> Response:
        return bundle.shown(request, "console") or page(request)


def __getattr__(name: str) -> Any:
    """Make `app` when a server asks for it: importing this module opens no files."""
    if name == "app":
        return create_app()
    raise AttributeError(name)


def main() -> None:
    """Serve on the sockets that `ecp up` hands down."""
    from ecp.edge.serving import serve

    serve(create_app())


if __name__ == "__main__":
    main()
