"""`ecp slo`: every worked case through the command line, and a report in words."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ecp.cli import levels
from ecp.cli import words as spoken
from ecp.cli.main import main
from ecp.texts import Language, text

CASES = json.loads((Path(__file__).parents[2] / "golden" / "sla" / "cases.json").read_text("utf-8"))
SLOTS = [case for case in CASES["cases"] if "slots" in case.get("input", {})]


def compute(
    document: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of `ecp slo compute -` with this on stdin."""
    written = document if isinstance(document, bytes) else json.dumps(document).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(written)))
    monkeypatch.setattr("sys.argv", ["ecp", "slo", "compute", "-", "-o", "json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_all_worked_cases_give_their_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(SLOTS) > 20
    code, out, _ = compute([case["input"] for case in SLOTS], monkeypatch, capsys)
    assert code == 0
    for case, found in zip(SLOTS, json.loads(out), strict=True):
        assert found == case["expected"], case["id"]


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        ({"slots": [["U", -1]]}, 2, "slots[0][1]"),
        ({"slots": [["X", 1]]}, 2, "slots[0][0]"),
        ({"slots": [["U", 1]], "target_ppm": 1_000_000}, 2, "target_ppm"),
        ({"slot": [["U", 1]]}, 2, "write slots"),
        ({"slots": [["U", 1]], "unknown": "maybe"}, 2, "exclude, bad, good"),
        ([{"slots": [["U", 1]]}, {"slots": "U"}], 2, "[1].slots"),
        ({"samples": [[0, 11, 10]], "from": 0, "to": 4}, 2, "to"),
        ({"samples": [[0, -1, 10]], "from": 0, "to": 60}, 2, "samples[0][1]"),
        ({"samples": [], "slots": [["U", 1]], "from": 0, "to": 60}, 2, "slots"),
        (b"{", 2, "JSON"),
    ],
    ids=[
        "a negative run",
        "a state that is none",
        "a target of 100 percent",
        "a name nearly right",
        "a policy that is none",
        "the second case of a list",
        "a window shorter than a slot",
        "negative requests",
        "slots beside samples",
        "no JSON",
    ],
)
def test_bad_input_is_refused_with_where_and_why(
    document: Any,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended, out, err = compute(document, monkeypatch, capsys)
    assert (ended, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_measured_samples_become_slots(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calm = [[second, 20, 20] for second in range(0, 600, 5)]
    samples = [
        *calm[:60],
        *([300 + 5 * n, 0, 20] for n in range(10)),  # 50 s in which all requests fail
        *calm[70:100],  # then nothing: 2 slots carry, 18 are unknown
        [310, 20, 20, True, 320],  # late, and better than the one that is known: the worse stays
        [0, 0, 20, None, 3606],  # more than an hour late
        [5, 21, 20],  # more good ones than requests
    ]
    case = {"samples": samples, "from": 0, "to": 600}
    code, out, _ = compute(case, monkeypatch, capsys)
    found = json.loads(out)
    assert code == 0
    assert (found["up_s"], found["down_s"], found["unknown_s"]) == (460, 50, 90)
    assert (found["failure_count"], found["mttr"]) == (1, 50.0)
    assert (found["late_dropped_total"], found["rejected_total"]) == (1, 1)
    assert found["availability"] == "90.000"


REPORT: dict[str, Any] = {
    "status": "breached",
    "current_state": "maintenance",
    "uptime_percentage": 99.0,
    "availability": 99.25,
    "requests": {"good": 397, "total": 400, "excess": 100, "excess_percent": 20.0},
    "target_sla": 99.5,
    "period": "1h",
    "window": {
        "from": "2026-01-05T00:00:00Z",
        "to": "2026-01-05T01:00:00Z",
        "type": "rolling",
        "timezone": "Asia/Seoul",
    },
    "observed_seconds": 3600,
    "provisional": False,
    "coverage": 0.975,
    "downtime_seconds": 30,
    "maintenance_seconds": 600,
    "off_duty_seconds": 0,
    "unknown_seconds": 90,
    "excluded_seconds": 0,
    "failure_count": 1,
    "open_incidents": 0,
    "recovery_time_avg": 30.0,
    "mtbf_seconds": 2880.0,
    "micro_outages": {"count": 2, "seconds": 10},
    "error_budget": {
        "remaining_seconds": -15.45,
        "allowed_seconds": 14.55,
        "burn_rate": {"1h": 1.8963},
        "exhaustion_at": "2026-01-05T01:00:00Z",
    },
    "evidence": "simulated",
    "clock": {"basis": "simulated", "pace": None, "wall_time": None},
    "source": "kept minutes",
    "known_until": "2026-01-05T01:00:00Z",
    "incidents": [
        {
            "started_at": "2026-01-05T00:10:00Z",
            "ended_at": "2026-01-05T00:10:30Z",
            "duration_seconds": 30,
            "closed_by": "maintenance",
            "causes": [{"kind": "fault", "id": "f1"}, {"kind": "maintenance", "id": "m1"}],
        }
    ],
}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "overspent by 0.26 min (allowed: 0.24 min)",
                "micro-outages                2   10s",
                "97.5 %",
                "100 more above the contract (20 %)",
                "fault f1, maintenance m1   ended by maintenance",
                "simulated: counted",
                "the simulator does not answer",
                "planned maintenance          10m",
            ),
        ),
        (
            "ko",
            ("에러 버짓", "0.26분 초과(허용 0.24분)", "순간 장애", "계획 점검", "관측률", "근거"),
        ),
    ],
)
def test_a_report_in_words(
    language: Language, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (levels, spoken):
        monkeypatch.setattr(module, "said", lambda key, **values: text(key, language, **values))
    shown = "\n".join(levels.report_lines(REPORT))
    for word in words:
        assert word in shown


def test_a_report_of_nothing_says_so() -> None:
    nothing = {
        "status": "no_data",
        "uptime_percentage": None,
        "target_sla": 99.5,
        "observed_seconds": 0,
        "provisional": True,
        "evidence": "simulated",
        "known_until": None,
        "source": "kept minutes",
    }
    assert any("99.5 %" in line for line in levels.report_lines(nothing))
