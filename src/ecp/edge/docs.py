"""/docs (Swagger UI) and /redoc with assets of our own: nothing is asked of any other host.

An application that wants them is made with `docs_url=None, redoc_url=None`, FastAPI's own being
pages that load their scripts from elsewhere.
"""

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

_ASSETS = "/docs-assets"
# What these pages may load and call: this origin, and what they make themselves.
_POLICY = {
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
    "frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
}


def install(app: FastAPI) -> None:
    """Serve the API's documentation pages."""
    # Only the package's files are wanted: it is not imported.
    found = find_spec("fastapi_offline")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "static"
    app.mount(_ASSETS, StaticFiles(directory=folder), name="docs-assets")
    schema = app.openapi_url or "/openapi.json"

    @app.get("/docs", include_in_schema=False)
    async def swagger() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url=schema,
            title=app.title,
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon.png",
        )
        return _ours(page)

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:
        page = get_redoc_html(
            openapi_url=schema,
            title=app.title,
            redoc_js_url=f"{_ASSETS}/redoc.standalone.js",
            redoc_favicon_url=f"{_ASSETS}/favicon.png",
            with_google_fonts=False,
        )
        return _ours(page)


def _ours(page: HTMLResponse) -> HTMLResponse:
    """Return FastAPI's page with its language, for screen readers, and its policy."""
    body = bytes(page.body).replace(b"<html>", b'<html lang="en">', 1)
    return HTMLResponse(body, headers=_POLICY)
