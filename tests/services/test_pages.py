"""The plain pages as a browser shows them: live figures, a running fault, an empty start.

Chromium runs the pages' own scripts against running services; without one the tests are skipped,
and tests/unit/edge/test_page.py still holds what can be told from the text.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.stack import Stack

pytestmark = pytest.mark.cluster

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
# What a script shows that met a figure it did not expect.
BROKEN = re.compile(r"\b(undefined|NaN|null|\[object Object\])\b")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if BROWSER is None:
        pytest.skip("no chromium is here")
    found = Stack(tmp_path_factory.mktemp("pages"))
    found.start()
    yield found
    found.stop()


def shown(stack: Stack, service: str, path: str, folder: Path, width: int = 1200) -> str:
    """Return what the page has become after its script has asked, without script and style."""
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={folder}", f"--window-size={width},900", "--virtual-time-budget=4000",
         "--dump-dom", f"http://127.0.0.1:{stack.ports[service]}{path}"],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    return re.sub(r"<(script|style).*?</\1>", "", done.stdout, flags=re.DOTALL)


def test_before_anything_is_deployed_a_page_says_what_to_do(stack: Stack, tmp_path: Path) -> None:
    for service, path in (
        ("simulator", "/dashboard?lang=en&plain"),
        ("simulator", "/dashboard/acme?lang=en&plain"),
        ("orchestrator", "/?lang=en&plain"),
    ):
        page = shown(stack, service, path, tmp_path)
        assert "● live" in page
        assert "ecp deploy acme --wait</code>" in page
        assert not BROKEN.search(page)


@pytest.fixture(scope="module")
def hurt(stack: Stack) -> Stack:
    """A tenant that was served for ten minutes and is hurt now."""
    assert stack.cli("deploy", "acme").returncode == 0
    stack.warp("10m")
    # The same manifest is the same release: this waits until its start-up is confirmed.
    assert stack.cli("deploy", "acme", "--wait").returncode == 0
    trigger = ("fault", "trigger", "acme", "service_down", "--target", "deployment/chatbot")
    assert stack.cli(*trigger, "--duration", "30m").returncode == 0
    stack.warp("2m")
    return stack


@pytest.mark.parametrize("width", [1200, 375], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("● live", "Fault f1", "Cluster time", "Simulated", "Error budget left", "✕ down",
                "Incidents", "still open", "Requests a minute")),
        ("ko", ("● 실시간", "장애 f1", "클러스터 시각", "시뮬레이션 클러스터", "남은 에러 버짓",
                "✕ 중단", "인시던트", "진행 중", "분당 요청")),
    ],
)  # fmt: skip
def test_a_tenant_that_is_hurt(
    hurt: Stack, tmp_path: Path, lang: str, words: tuple[str, ...], width: int
) -> None:
    page = shown(hurt, "simulator", f"/dashboard/acme?lang={lang}&plain", tmp_path, width)
    assert f'<html lang="{lang}">' in page
    assert [word for word in words if word not in page] == []
    assert page.count("<rect") > 10
    assert not BROKEN.search(page)
    named = re.findall(r"<tr><td[^>]*>([a-z-]+)</td>", page)
    assert {"callbot", "chatbot", "advisor"} <= set(named)


def test_the_pages_of_all(hurt: Stack, tmp_path: Path) -> None:
    dashboard = shown(hurt, "simulator", "/dashboard?lang=ko&plain", tmp_path)
    assert "acme</a>" in dashboard
    assert "11/11" in dashboard
    console = shown(hurt, "orchestrator", "/?lang=ko&plain", tmp_path)
    assert "acme</a>" in console
    assert "기동 후 저하된 것과 조치" in console
    assert "예(저하됨)" in console
    for page in (dashboard, console):
        assert "● 실시간" in page
        assert not BROKEN.search(page)


def test_a_console_without_its_simulator_says_so(hurt: Stack, tmp_path: Path) -> None:
    hurt.kill("simulator")
    try:
        page = shown(hurt, "orchestrator", "/?lang=en&plain", tmp_path)
    finally:
        hurt.start("simulator")
    assert "does not answer" in page
    assert "acme" in page
    assert not BROKEN.search(page)
