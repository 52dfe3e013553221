"""The guides that need running services, played: every command, every line that is shown.

Figures differ from run to run, and so do they in what is compared: a number is a number, whatever
it is. Everything else has to be printed as it stands, in this order; a line of dots stands for
lines left out, and lines of progress are caught or missed.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.commands import called
from services.stack import Stack

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).resolve().parents[2]
GUIDES = {"en": "docs/guides/tenants.md", "ko": "docs/guides/tenants.ko.md"}
# Monday morning in Seoul: demand follows working hours.
START = "2026-01-05T00:30:00Z"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PROGRESS = re.compile(r" +\d+ s   ")


def played(guide: str) -> list[tuple[str, list[str]]]:
    """Return each `ecp` command of a guide's blocks with the lines below it."""
    found = []
    for block in re.findall(r"^```\n(\$ ecp .*?)^```", guide, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            found.append((command, lines))
    return found


def masked(line: str) -> str:
    """Return a line without its figures and without how wide its columns are."""
    line = re.sub(r"\b(\d+h)?(\d+m)?(\d+(\.\d+)?s)\b|\b\d+h(\d+m)?\b|\b\d+m\b", "0", line)
    line = re.sub(r"\d[\d.,:TZ-]*", "0", INSTANT.sub("0", line))
    return re.sub(r"\s+", " ", line.replace("-0", "0")).strip()


def missing(shown: list[str], printed: list[str]) -> list[str]:
    """Return the lines that are shown and were not printed in this order."""
    rest = iter([masked(line) for line in printed])
    wanted = [line for line in shown if line.strip() != "…" and not PROGRESS.match(line)]
    return [line for line in wanted if masked(line) not in rest]


@pytest.fixture(params=GUIDES)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Stack, str]]:
    found = Stack(tmp_path)
    found.start()
    yield found, request.param
    found.stop()


def ecp(stack: Stack, language: str, command: str) -> tuple[int, str]:
    """Return the exit code of a command and what it printed, complaints among it."""
    arguments = tuple(shlex.split(command.removeprefix("ecp ")))
    environment = {**stack.environment(), "ECP_LANG": language}
    code, printed, _ = called(arguments, environment, ROOT, together=True)
    assert "Traceback" not in printed
    return code, printed


def test_the_guide_to_tenants_is_true(stack: tuple[Stack, str]) -> None:
    services, language = stack
    for command in ("cluster delete default", f"cluster create default --start {START}"):
        assert ecp(services, language, command)[0] == 0
    commands = played((ROOT / GUIDES[language]).read_text("utf-8"))
    assert len(commands) > 8
    hurt = ""
    for command, shown in commands:
        if " why " in command:
            command = INSTANT.sub(hurt, command)
        _, printed = ecp(services, language, command)
        if "fault trigger" in command:
            # The minute in which it ends: it hurts still, and everybody has seen it.
            hurt = INSTANT.findall(printed)[-1][:17] + "00Z"
        assert missing(shown, printed.splitlines()) == [], f"$ {command}\n{printed}"


def test_a_false_line_in_a_guide_is_seen() -> None:
    printed = ["status   breached", "down   2m15s", "Failures:", "  2026-01-05T00:00:00Z  15s"]
    assert missing(["status   breached", "…", "down   1m"], printed) == []
    assert missing(["down   1m", "status   breached"], printed) == ["status   breached"]
    assert missing(["status   meeting"], printed) == ["status   meeting"]
