"""The simulator's ASGI application: one application on :6360, :6370, :6380 and :6390.

`ecp.simulator.app:app` is importable as the guide's development commands need it.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ecp import __version__
from ecp.edge import bundle, describing, docs, problems
from ecp.edge.services import BadSetting, authorization_mode, data_dir
from ecp.edge.zipping import Zipped
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.kubeapi import kubeapi
from ecp.simulator.publishing import publish
from ecp.simulator.refusals import ClusterFailed, Refused
from ecp.simulator.rest.clusters import router as cluster_routes
from ecp.simulator.rest.faults import router as fault_routes
from ecp.simulator.rest.history import router as history_routes
from ecp.simulator.rest.inventory import router as inventory_routes
from ecp.simulator.rest.maintenance import router as maintenance_routes
from ecp.simulator.rest.metrics import router as metric_routes
from ecp.simulator.rest.minutes import router as minute_routes
from ecp.simulator.rest.pages import page, page_of
from ecp.simulator.rest.pages import router as page_routes
from ecp.simulator.rest.placement import router as placement_routes
from ecp.simulator.rest.pools import router as pool_routes
from ecp.simulator.rest.repeating import router as repeating_routes
from ecp.simulator.rest.secondary import router as secondary_routes
from ecp.simulator.rest.series import router as series_routes
from ecp.simulator.rest.starting import router as starting_routes
from ecp.simulator.rest.streams import router as stream_routes
from ecp.simulator.rest.system import router as system_routes
from ecp.simulator.rest.tenants import router as tenant_routes
from ecp.simulator.rest.topology import router as topology_routes
from ecp.simulator.rest.traffic import router as traffic_routes
from ecp.simulator.rest.troubles import router as trouble_routes
from ecp.simulator.rest.why import router as why_routes
from ecp.simulator.storage import Unusable, chosen
from ecp.simulator.watching import Watch
from ecp.texts import language_of_environment, text


class _Simulator(FastAPI):
    """The REST routes and pages; what is asked of a Kubernetes API goes past their layers.

    Nearly everything is asked of one, and the layers were a fifth of a write's time.
    """

    kubernetes: ASGIApp
    watch: Watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await super().__call__(scope, receive, send)
            return
        self.watch.open[kind] += 1
        try:
            if scope["path"].startswith("/clusters/"):
                await self.kubernetes(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            self.watch.open[kind] -= 1


def create_app(root: Path | None = None) -> FastAPI:
    """Return the application with its clusters under *root* (default: ECP_DATA_DIR)."""
    clusters = ClusterDirectory(chosen(root or data_dir()), time.time_ns, authorization_mode())
    watch = Watch()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        clusters.open()
        # What the first pod needs, while nobody waits for it.
        loading = asyncio.create_task(
            asyncio.to_thread(import_module, "ecp.sim.scheduler.scheduler")
        )
        tasks = [asyncio.create_task(publish(clusters)), asyncio.create_task(watch.run())]
        yield
        await loading
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await clusters.close()

    app = _Simulator(
        title="ECP simulator",
        version=__version__,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        description="Simulated Kubernetes clusters: create, pace, snapshot, fork. "
        "Each is a Kubernetes API under /clusters/{name}.",
    )
    app.state.clusters = clusters
    app.watch = app.state.watch = watch
    api = kubeapi(clusters)
    app.kubernetes = problems.beside(api)
    app.mount("/clusters", api)  # so that /clusters leads to /clusters/
    app.add_middleware(Zipped, path="/api/")
    problems.install(app)
    docs.install(app)
    describing.install(app, "simulator")
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(ClusterFailed, _failed)
    app.add_exception_handler(OSError, _storage_failed)
    app.include_router(cluster_routes)
    app.include_router(fault_routes)
    app.include_router(repeating_routes)
    app.include_router(stream_routes)
    app.include_router(history_routes)
    app.include_router(minute_routes)
    app.include_router(tenant_routes)
    app.include_router(maintenance_routes)
    app.include_router(starting_routes)
    app.include_router(placement_routes)
    app.include_router(trouble_routes)
    app.include_router(pool_routes)
    app.include_router(inventory_routes)
    app.include_router(topology_routes)
    app.include_router(why_routes)
    app.include_router(traffic_routes)
    app.include_router(series_routes)
    app.include_router(system_routes)
    app.include_router(metric_routes)
    app.include_router(secondary_routes)
    app.include_router(page_routes)
    _health(app, clusters)
    bundle.install(app, "simulator", is_page=_is_page)
    return app


def _is_page(request: Request) -> bool:
    """Tell whether a path that no route has may be a page: on the ports of the pages only."""
    return page_of(request) is not None and not request.url.path.startswith(("/api/", "/k8s/"))


async def _refused(request: Request, error: Exception) -> Response:
    """Answer a wish about clusters that cannot be granted."""
    assert isinstance(error, Refused)
    message = text(error.key, problems.language(request), **error.values_)
    return problems.answer(request, error.status, error.code, message)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer for a cluster that has stopped."""
    assert isinstance(error, ClusterFailed)
    message = text(error.key, problems.language(request), **error.values_)
    return problems.answer(request, 503, "CLUSTER_FAILED", message)


async def _storage_failed(request: Request, error: Exception) -> Response:
    """Answer for a disk that is full or does not let us write."""
    assert isinstance(error, OSError)
    detail = error.strerror or str(error)
    where = error.filename or data_dir()
    message = text("storage.failed", problems.language(request), path=where, detail=detail)
    return problems.answer(request, 507, "STORAGE_FAILED", message)


def _health(app: FastAPI, clusters: ClusterDirectory) -> None:
    @app.get("/", tags=["health"], response_model=None)
    async def root(request: Request) -> Response | dict[str, Any]:
        """Say what is here; on the ports of the pages, show it."""
        shown = page_of(request)
        if shown is not None:
            at = "/monitoring" if shown == "simulator-monitoring" else None
            return bundle.shown(request, "simulator", at) or page(request, clusters, shown)
        return {
            "service": "ecp-simulator",
            "version": __version__,
            "clusters": {h.name: f"/clusters/{h.name}" for h in clusters.all()},
            "api": "/api/v1/clusters",
            "docs": "/docs",
            "health": "/health",
            "dashboard": "/dashboard",
            "metrics": "/api/metrics",
        }

    async def health() -> dict[str, Any]:
        """Say that the service runs, and which clusters do not."""
        failed = sorted([h.name for h in clusters.all() if h.failure] + list(clusters.damaged))
        return {
            "status": "degraded" if failed else "healthy",
            "service": "ecp-simulator",
            "version": __version__,
            "failed_clusters": failed,
        }

    for path in ("/health", "/healthz", "/livez", "/readyz"):
        app.get(path, tags=["health"])(health)


def __getattr__(name: str) -> Any:
    """Make `app` when a server asks for it: importing this module opens no files."""
    if name == "app":
        return create_app()
    raise AttributeError(name)


def main() -> None:
    """Serve on the sockets that `ecp up` hands down."""
    from ecp.edge.serving import serve

    try:
        app = create_app()
        clusters: ClusterDirectory = app.state.clusters
        clusters.ready()
    except (BadSetting, Unusable) as error:
        print(f"ecp: {text(error.key, language_of_environment(), **error.values)}", file=sys.stderr)
        sys.exit(error.code if isinstance(error, Unusable) else 2)
    serve(app, clusters.end_streams)


if __name__ == "__main__":
    main()
