"""The orchestrator's ASGI application on :8001 and :3000.

It answers for its health and says clearly of everything else that it is not there yet.
"""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from ecp import __version__
from ecp.edge import problems
from ecp.texts import text


def create_app() -> FastAPI:
    """Return the application."""
    app = FastAPI(title="ECP orchestrator", version=__version__)
    problems.install(app)

    async def health() -> dict[str, Any]:
        """Say that the service runs."""
        return {"status": "healthy", "service": "ecp-orchestrator", "version": __version__}

    for path in ("/health", "/healthz", "/livez", "/readyz"):
        app.get(path, tags=["health"])(health)

    @app.get("/", include_in_schema=False)
    async def root(request: Request) -> Response:
        language = problems.language(request)
        message = text("orchestrator.page", language)
        return HTMLResponse(
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>ECP</title>'
            f"<h1>ECP {__version__}</h1><p>{message}</p></html>"
        )

    @app.api_route(
        "/api/{path:path}",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        include_in_schema=False,
    )
    async def not_yet(request: Request, path: str) -> Response:
        message = text("error.not-yet", problems.language(request), what=f"/api/{path}")
        return problems.answer(request, 501, "NOT_IMPLEMENTED", message)

    return app


def __getattr__(name: str) -> Any:
    """Make `app` when a server asks for it."""
    if name == "app":
        return create_app()
    raise AttributeError(name)


def main() -> None:
    """Serve on the sockets that `ecp up` hands down."""
    from ecp.edge.serving import serve

    serve(create_app())


if __name__ == "__main__":
    main()
