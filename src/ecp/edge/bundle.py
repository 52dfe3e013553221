"""The built consoles (web/) as a service gives them away: hashed assets for good, pages anew.

They are package data in `ecp/web`, each file with its gzip beside it. A clone in which nobody has
built them has none: then a service's plain pages answer, and say how to build. Who does not ask
for HTML, as curl, or asks with `?plain`, gets what the service says by itself.
"""

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

ROOT: Final = Path(str(resources.files("ecp"))) / "web"
_FOREVER: Final = "public, max-age=31536000, immutable"
_ICON: Final = "favicon.svg"
# Scripts only from here; the interface's library writes its theme as a style element.
_POLICY: Final = {
    "content-security-policy": "default-src 'self'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


def built(name: str) -> Path | None:
    """Return the page of an application (console, simulator); None: nobody has built it."""
    page = ROOT / "apps" / name / "index.html"
    return page if page.is_file() else None


def shown(request: Request, name: str, at: str | None = None) -> Response | None:
    """Return the page of an application to a browser; None: the service answers by itself.

    *at* is the path of it that is meant, where it is not the one asked for: who asks is sent there.
    """
    page = built(name)
    if page is None or "plain" in request.query_params:
        return None
    if "text/html" not in request.headers.get("accept", ""):
        return None
    if at is not None:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(at + query, 307, {"cache-control": "no-store"})
    return _given(request, page, "no-cache")


def install(app: FastAPI, name: str, *, is_page: Callable[[Request], bool]) -> None:
    """Give away the assets, and the application where the service knows no such path.

    The application finds its own way from the address: `/tenants/acme` is a page of it, although
    no route of the service. *is_page* says whether a request may be for a page at all.
    """

    @app.get("/assets/{file}", include_in_schema=False)
    async def asset(request: Request, file: str) -> Response:
        found = ROOT / "assets" / file
        if found.suffix not in _TYPES or found.parent != ROOT / "assets" or not found.is_file():
            return Response(status_code=404)
        return _given(request, found, _FOREVER)

    @app.get(f"/{_ICON}", include_in_schema=False)
    async def icon(request: Request) -> Response:
        found = ROOT / _ICON
        if not found.is_file():
            return Response(status_code=404)
        return _given(request, found, "public, max-age=86400")

    unknown = app.router.default

    async def or_page(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            request = Request(scope)
            page = shown(request, name) if is_page(request) else None
            if page is not None:
                await page(scope, receive, send)
                return
        await unknown(scope, receive, send)

    app.router.default = or_page


def _given(request: Request, file: Path, kept: str) -> Response:
    headers = {**_POLICY, "cache-control": kept, "vary": "Accept, Accept-Encoding"}
    zipped = file.with_name(file.name + ".gz")
    if "gzip" in request.headers.get("accept-encoding", "") and zipped.is_file():
        headers["content-encoding"] = "gzip"
        file, kind = zipped, _TYPES[file.suffix]
    else:
        kind = _TYPES[file.suffix]
    return FileResponse(file, headers=headers, media_type=kind)
