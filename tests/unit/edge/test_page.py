"""The plain pages: nothing from another host, every word there, a script that may run."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from ecp.orchestrator import app as orchestrator
from ecp.simulator import app as simulator
from ecp.texts import keys

SRC = Path(__file__).resolve().parents[3] / "src" / "ecp"
SCRIPTS = [SRC / "edge/page.js", SRC / "simulator/rest/page.js", SRC / "orchestrator/page.js"]
PAGES = {
    "simulator": ("/dashboard", "/dashboard/acme", "/docs", "/redoc"),
    "orchestrator": ("/", "/docs", "/redoc"),
}
# Names of a vocabulary, not places that anything is asked of.
NAMES = ("http://www.w3.org/2000/svg",)


class Asked:
    """An application in this process, asked one page at a time."""

    def __init__(self, app: FastAPI) -> None:
        self._loop = asyncio.new_event_loop()
        self._life = app.router.lifespan_context(app)
        self._loop.run_until_complete(self._life.__aenter__())
        transport = httpx.ASGITransport(app)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(self._http.get(path, **options))

    def close(self) -> None:
        self._loop.run_until_complete(self._http.aclose())
        self._loop.run_until_complete(self._life.__aexit__(None, None, None))
        self._loop.close()


Served = dict[str, Asked]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = {
        "simulator": Asked(simulator.create_app(tmp_path_factory.mktemp("simulator"))),
        "orchestrator": Asked(orchestrator.create_app(tmp_path_factory.mktemp("orchestrator"))),
    }
    yield made
    for one in made.values():
        one.close()


def each() -> list[tuple[str, str]]:
    return [(service, path) for service, paths in PAGES.items() for path in paths]


@pytest.mark.parametrize(("service", "path"), each())
def test_nothing_is_asked_of_another_host(served: Served, service: str, path: str) -> None:
    answer = served[service].get(path, headers={"accept-language": "ko"})
    assert answer.status_code == 200
    shown = answer.text
    for name in NAMES:
        shown = shown.replace(name, "")
    assert set(re.findall(r"https?://[\w.]+", shown)) <= {"http://localhost", "http://127.0.0.1"}
    assert not re.search(r"""["'(]//\w""", shown)
    policy = answer.headers["content-security-policy"]
    assert not re.search(r"https?:|\*", policy)
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("service", "path"), [p for p in each() if "do" not in p[1][-4:]])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_page_says_its_language_and_may_run_its_script(
    served: Served, service: str, path: str, lang: str
) -> None:
    answer = served[service].get(path, params={"lang": lang})
    html = answer.text
    assert f'<html lang="{lang}">' in html
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert "$" not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    for part in ("<title>", "<h1>", '<main id="main">', 'role="alert"', 'role="status"', "<nav "):
        assert html.count(part) == 1


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_pages_say_their_language(served: Served, path: str) -> None:
    assert '<html lang="en">' in served["simulator"].get(path).text


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: str(file.relative_to(SRC)))
def test_every_word_that_a_script_shows_is_there(file: Path) -> None:
    source = file.read_text("utf-8")
    words = set(re.findall(r"\bt\.(\w+)", source)) | set(re.findall(r'\bt\["([\w.]+)"\]', source))
    assert words
    assert {word for word in words if f"page.{word}" not in keys()} == set()
    families = set(re.findall(r't\["([\w.]+\.)" ?\+', source))
    assert {family for family in families if not any(
        key.startswith(f"page.{family}") for key in keys())} == set()  # fmt: skip


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_tenant_that_is_not_there_is_no_error(served: Served, lang: str) -> None:
    page = served["simulator"].get("/dashboard/later", params={"lang": lang})
    assert page.status_code == 200
    assert {"ko": "테넌트", "en": "tenant"}[lang] in page.text


def test_what_is_no_tenant_is_refused(served: Served) -> None:
    assert served["simulator"].get("/dashboard/No<b>").status_code == 422


def luminance(colour: str) -> float:
    """Return how bright #rrggbb or #rgb is, 0 to 1. Source: WCAG 2.2, relative luminance."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_has_it() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["text", "dim", "link", "good", "bad", "warn"])
def test_words_can_be_read_on_every_ground(theme: str, name: str) -> None:
    style = (SRC / "edge/page.html").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(blocks) == 2
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", blocks[theme == "dark"]))
    for ground in ("back", "card"):
        assert contrast(colours[name], colours[ground]) >= 4.5
