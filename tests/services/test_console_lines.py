"""The lines that the consoles' buttons show, held by who reads them: shell, parsers, services.

`console_lines` says on which pages buttons stand filled in, and what the most important promise.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services import browser, console_lines
from services.stack import Stack

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(browser.missing(), reason=browser.REASON),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with browser.shown(tmp_path_factory.mktemp("lines")) as found:
        yield found


@pytest.fixture(scope="module")
def shown(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The lines that the buttons of every page show, filled in."""
    console_lines.prepared(stack)
    pages = console_lines.filled_in(stack)
    lines: list[dict[str, Any]] = []
    for begin in range(0, len(pages), 8):
        plan = {"pages": pages[begin : begin + 8], "languages": ["en"], "themes": ["light"]}
        found = browser.opened(tmp_path_factory.mktemp("shown"), {**plan, "commands": True})
        assert found["wrong"] == []
        lines += found["commands"]
    return lines


def test_every_button_shows_lines_that_a_shell_and_their_readers_take(
    stack: Stack, shown: list[dict[str, Any]]
) -> None:
    assert console_lines.wrong(stack, shown) == []
    without = {one["name"] for one in shown if one["cli"] is None}
    assert without == set(console_lines.NO_COMMAND)


def test_every_button_is_seen_by_who_checks_the_lines(shown: list[dict[str, Any]]) -> None:
    """A new one needs a page on which it stands, in console_lines."""
    seen = {one["name"] for one in shown}
    named = console_lines.named()
    missed = [name for name in named if not any(re.fullmatch(name, one) for one in seen)]
    assert missed == sorted(console_lines.UNSEEN)


def test_the_lines_of_a_button_do_what_it_does(
    stack: Stack, shown: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert console_lines.carried_out(stack, shown, tmp_path) == []
