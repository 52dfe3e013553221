"""The shell of the plain pages: one style, one way to ask again; nothing from another host.

A page is this shell, the script that all share and a script of its own; what stands in `first` is
seen before it runs, or without it.
"""

import base64
import hashlib
import html
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, cast

from fastapi import Request
from starlette.responses import HTMLResponse

from ecp.edge import bundle
from ecp.edge.problems import language
from ecp.texts import Language, keys, text

EVERY_MS = 5000
"""A page asks again every slot."""
_PREFIX = "page."


def language_of(request: Request) -> Language:
    """Return the language of a page: ?lang= before the browser's."""
    asked = request.query_params.get("lang", "")
    return cast(Language, asked) if asked in ("ko", "en") else language(request)


def command() -> str:
    """Return how `ecp` is typed beside this service: by its name, or from the clone's folder."""
    beside = Path(sys.executable).parent / "ecp"
    if shutil.which("ecp") is not None or not beside.exists():
        return "ecp"
    near = os.path.relpath(beside)
    return str(beside) if near.startswith("..") else near


def rendered(
    request: Request,
    title: str,
    script: str,
    *,
    settings: Mapping[str, Any],
    links: Sequence[tuple[str, str]],
    first: str = "",
) -> HTMLResponse:
    """Return a page; *first* is HTML, *script* JavaScript that may use what page.js has."""
    spoken = language_of(request)
    other, name = ("en", "English") if spoken == "ko" else ("ko", "한국어")
    kept = "&plain" if "plain" in request.query_params else ""
    shown = [*links, (f"?lang={other}{kept}", name)]
    texts = {
        key.removeprefix(_PREFIX): text(key, spoken) for key in keys() if key.startswith(_PREFIX)
    }
    known = {"lang": spoken, "every": EVERY_MS, "ecp": command(), "texts": texts, **settings}
    whole = f"\n{_file('page.js')}\n{script}\n"
    body = Template(_file("page.html")).substitute(
        lang=spoken,
        title=html.escape(title),
        evidence=html.escape(text("page.evidence", spoken)),
        navigation=html.escape(text("page.navigation", spoken)),
        noscript=html.escape(text("page.noscript", spoken)),
        links="".join(f'<a href="{html.escape(to)}">{html.escape(said)}</a>' for to, said in shown),
        first=first,
        unbuilt=_unbuilt(spoken),
        # "<" must not end the script element that the settings stand in.
        settings=json.dumps(known, ensure_ascii=False).replace("<", "\\u003c"),
        script=whole,
    )
    return HTMLResponse(body, headers=_headers(whole))


def _unbuilt(spoken: Language) -> str:
    """Return the word that there is more to see, where the consoles are not built."""
    if bundle.built("console"):
        return ""
    return f'<footer class="dim"><p>{html.escape(text("page.unbuilt", spoken))}</p></footer>'


def _headers(script: str) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
