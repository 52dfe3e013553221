"""The simulator's ASGI application: one application on :6360, :6370, :6380 and :6390.

`ecp.simulator.app:app` is importable as the guide's development commands need it.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from ecp import __version__
from ecp.edge import problems
from ecp.edge.services import data_dir
from ecp.simulator.hosting import ClusterDirectory
from ecp.simulator.kubeapi import kubeapi
from ecp.simulator.rest.clusters import router as cluster_routes
from ecp.simulator.rest.streams import router as stream_routes


def create_app(root: Path | None = None) -> FastAPI:
    """Return the application with its clusters under *root* (default: ECP_DATA_DIR)."""
    clusters = ClusterDirectory((root or data_dir()) / "simulator", time.time_ns)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        clusters.open()
        yield
        await clusters.close()

    app = FastAPI(
        title="ECP simulator",
        version=__version__,
        lifespan=life,
        description="Simulated Kubernetes clusters: create, pace, snapshot, fork. "
        "Each is a Kubernetes API under /clusters/{name}.",
    )
    app.state.clusters = clusters
    problems.install(app)
    app.include_router(cluster_routes)
    app.include_router(stream_routes)
    _health(app, clusters)
    app.mount("/clusters", kubeapi(clusters))
    return app


def _health(app: FastAPI, clusters: ClusterDirectory) -> None:
    @app.get("/", tags=["health"])
    async def root() -> dict[str, Any]:
        """Say what is here."""
        return {
            "service": "ecp-simulator",
            "version": __version__,
            "clusters": {h.name: f"/clusters/{h.name}" for h in clusters.all()},
            "api": "/api/v1/clusters",
            "docs": "/docs",
            "health": "/health",
            "not_yet": ["dashboard", "monitoring page"],
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
    """Serve on the sockets whose file descriptors ECP_SOCKETS names (given by `ecp up`)."""
    import socket

    import uvicorn

    descriptors = [int(part) for part in os.environ["ECP_SOCKETS"].split(",")]
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    config = uvicorn.Config(
        create_app(),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
        lifespan="on",
    )
    asyncio.run(uvicorn.Server(config).serve(sockets=sockets))


if __name__ == "__main__":
    main()
