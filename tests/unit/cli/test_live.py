"""Live figures: a line a frame, or a table drawn over itself; the stream behind them."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from ecp.cli import live
from ecp.cli.output import Failure
from ecp.cli.words import figure, level, phase, sla, state
from ecp.orchestrator.records import Phase
from ecp.texts import text, width

METRICS = {"cpu": 7.6, "memory": None, "network_rps": 1.5, "response_time": 745, "error_rate": 98.2}
FRAME: dict[str, Any] = {
    "timestamp": "2026-01-05T09:00:05Z",
    "tenant_id": "acme",
    "metrics": METRICS,
    "sla_data": {"uptime_percentage": 94.566, "status": "breached"},
    "clock": {"speed": 1.0, "paused": False},
    "workloads": [
        {"name": "stt", "state": "down", "ready": 0, "desired": 5, "metrics": METRICS},
        {"name": "web", "ready": 1, "desired": 1},
    ],
}


def test_a_line_has_a_figure_under_each_head(capsys: pytest.CaptureFixture[str]) -> None:
    show = live._Lines()
    show(FRAME)
    show(FRAME)
    head, first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert head.split()[0] == "TIME"
    for name, value in (("CPU", "7.6 %"), ("MEMORY", "-"), ("P95", "745 ms"), ("ERRORS", "98.2 %")):
        assert first[head.index(name) :].startswith(value)


def test_a_screen_has_the_tenant_and_its_workloads() -> None:
    lines = live.screen(FRAME)
    assert lines[0].startswith("acme   2026-01-05T09:00:05Z   x1   Simulated")
    assert [line.split()[:3] for line in lines[-2:]] == [
        ["stt", "down", "0/5"],
        ["web", "-", "1/1"],
    ]


@pytest.mark.parametrize(("line", "columns", "left"), [("가나다", 4, "가나"), ("가나", 3, "가"),
                                                       ("abc", 9, "abc")])  # fmt: skip
def test_cut(line: str, columns: int, left: str) -> None:
    assert live.cut(line, columns) == left
    assert width(left) <= columns


def test_a_screen_is_drawn_over_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "5")
    show = live._Screen()
    show(FRAME)
    show(FRAME)
    out = capsys.readouterr().out
    assert out.count("\x1b[4A\x1b[J") == 1
    assert all(width(line) <= 60 for line in out.split("\x1b[4A\x1b[J")[0].splitlines())


def messages(*said: Any) -> Iterator[str]:
    yield from map(json.dumps, said)


def test_what_keeps_frames_from_coming_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    away = {"error": {"code": "SIMULATOR_UNREACHABLE", "message": "away"}}
    told = messages({"action": "subscribed", "metrics": ["cpu"]}, away, away, FRAME, away, FRAME)
    assert len(list(live._figures(told))) == 2
    assert capsys.readouterr().err == "ecp: away\necp: away\n"


def test_a_tenant_that_is_not_there_ends_it() -> None:
    gone = {"error": {"code": "TENANT_NOT_FOUND", "message": "no tenant"}}
    with pytest.raises(Failure, match="no tenant") as ended:
        list(live._figures(messages(gone)))
    assert ended.value.exit_code == 4


def test_every_phase_has_its_word() -> None:
    for name in (*get_args(Phase), "created"):
        assert phase(name) == text(f"phase.{name}")
        assert text(f"page.phase.{name}", "ko") == text(f"phase.{name}", "ko")


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (figure(None), "-"),
        (figure(0.0, "%"), "0 %"),
        (figure(96.16666, "%"), "96.1667 %"),
        (figure(745, "ms"), "745 ms"),
        (level(None), "-"),
        (level("at_risk"), "at risk"),
        (level("new_word"), "new_word"),
        (state("down"), "down"),
        (state(None), "-"),
        (sla(None), "-"),
        (sla({"current_sla": None, "status": "no_data"}), "no data"),
        (sla({"current_sla": 99.5, "status": "meeting"}), "99.500 % meeting"),
        (sla({"current_sla": 100.0, "status": "insufficient_data"}), "not enough data"),
    ],
)
def test_words(said: str, word: str) -> None:
    assert said == word
