"""The statement, its forms and the pack: same bytes, and every figure is computed again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.slo.agreed import Agreed, Credits
from ecp.slo.errors import InputError
from ecp.slo.objective import Objective
from ecp.slo.printed import verify
from ecp.slo.printed.csv import csv_of
from ecp.slo.printed.html import html_of
from ecp.slo.printed.pack import FORMS, pack_of
from ecp.slo.printed.pdf import pdf_of
from ecp.slo.printed.sections import document
from ecp.slo.slots import Run
from ecp.slo.statement import Inputs, inputs_json, latency_csv, minutes_csv, statement

from .months import HOUR, NOVEMBER, SHORT, WHOLE, month, november, printed
from .naive import RUNS

FOUND = statement(SHORT)


def again(inputs: Inputs) -> dict[str, Any]:
    """The statement as the verifier computes it."""
    files = [inputs_json(inputs), "".join(minutes_csv(inputs)), "".join(latency_csv(inputs))]
    rows, timed = (list(verify.csv.DictReader(text.splitlines())) for text in files[1:])
    digest = hashlib.sha256("".join(files).encode()).hexdigest()
    return verify.computed(json.loads(files[0]), rows, timed, digest)


COMPUTED = again(SHORT)


def unpacked(content: bytes, folder: Path) -> Path:
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder


def verdict(folder: Path) -> tuple[int, str]:
    """Exit code and words of the pack's own script, in a Python without any package."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_a_month_has_what_was_agreed_raw_and_adjusted() -> None:
    found = printed()
    whole = found["composite"]
    assert (whole["sla_raw"], whole["sla_adjusted"]) == (99.959, 99.971)
    assert whole["excluded_seconds"] == 305
    assert [row["service"] for row in found["services"]] == ["callbot", "chatbot"]
    judged = {row["id"]: (row["judgement"], row["counts"]) for row in found["exclusions"]}
    assert judged == {
        **{f"m1.{number}": ("planned", True) for number in range(1, 6)},
        "m2": ("late_notice", False),
        "m3": ("correction", True),
        "m4": ("correction", True),
        "m5": ("correction", True),
    }
    beyond = {row["id"]: row["beyond_cap_seconds"] for row in found["exclusions"]}
    assert [name for name, seconds in beyond.items() if seconds] == ["m1.5"]
    # m4 and m5 were approved after the month: each revises it.
    assert (found["revision"], found["release_revision"]) == (3, 3)
    assert whole["incidents"][2]["closed_by"] == "maintenance"
    assert whole["incidents"][0]["causes"] == [{"kind": "fault", "id": "f7"}]
    assert found["holidays"] == []
    assert found["credits"]["percent"] == 0
    assert found["credits"]["final"] is True


def test_the_verifier_of_a_month_computes_the_same() -> None:
    assert list(verify.differences(printed(), again(november()))) == []


@settings(max_examples=60, deadline=None)
@given(
    RUNS,
    st.sampled_from(["timeslices", "occurrences"]),
    st.sampled_from(["exclude", "bad", "good"]),
    st.sampled_from(["exclude", "count_as_up"]),
    st.integers(-30, 60),
    st.sampled_from(["rolling", "calendar"]),
)
def test_the_verifier_computes_any_hour_again(
    runs: list[Run], governing: Any, unknown: Any, maintenance: Any, birth: int, kind: Any
) -> None:
    window = replace(HOUR, kind=kind, end=HOUR.start + 240)
    goal = Objective(governing=governing, unknown=unknown, maintenance=maintenance)
    # History first: what is open at the window's start is seen.
    inputs = month(
        [("U", 690), *runs, ("U", 480)], window, birth=NOVEMBER.start + birth, objective=goal
    )
    assert list(verify.differences(statement(inputs), again(inputs))) == []


def figures(value: Any, path: str = "") -> Iterator[str]:
    yield from (name for name, _ in verify.leaves(value))


@pytest.mark.parametrize("path", list(figures(FOUND)))
def test_no_printed_figure_can_be_changed(path: str) -> None:
    changed: dict[str, Any] = json.loads(json.dumps(FOUND))
    steps = re.findall(r"[^.\[\]]+", path)
    value: Any = changed
    for step in steps[:-1]:
        value = _into(value, step)
    last = int(steps[-1]) if isinstance(value, list) else steps[-1]
    value[last] = "another" if isinstance(value[last], str) else (value[last] or 0) + 1
    wrong = [name for name, _, _ in verify.differences(changed, COMPUTED)]
    named = path if path != "services[callbot].service" else "services"
    assert any(name.startswith(named) for name in wrong) or path.endswith(".service")
    assert wrong


def _into(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value[step]
    if step.isdigit():
        return value[int(step)]
    return next(row for row in value if row["service"] == step)


def test_a_tampered_minute_is_found_and_the_figures_are_named(tmp_path: Path) -> None:
    folder = unpacked(pack_of(SHORT, "ko"), tmp_path)
    assert verdict(folder) == (0, f"{len(list(figures(FOUND)))} figures computed again, 0 differ\n")
    minutes = folder / "minutes.csv"
    lines = minutes.read_text("utf-8").splitlines(keepends=True)
    at = next(
        n for n, line in enumerate(lines) if line.startswith("chatbot") and n > len(lines) - 9
    )
    minutes.write_text("".join([*lines[:at], lines[at].replace("U", "D", 1), *lines[at + 1 :]]))
    code, words = verdict(folder)
    assert code == 1
    assert "services[chatbot].downtime_seconds is printed as 0, computed as 5" in words
    assert "report.csv: services[chatbot].micro_outages.count" in words
    assert "input_hash is printed as" in words
    assert "services[callbot]" not in words
    minutes.write_text(minutes.read_text("utf-8").replace("UUUU", "UUU", 1))
    assert verdict(folder)[0] == 2


def test_the_same_inputs_give_the_same_bytes_in_any_process() -> None:
    script = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.unit.slo.months import SHORT\n"
        "from ecp.slo.printed.pack import FORMS\n"
        "for name in FORMS:\n"
        "    for language in ('ko', 'en'):\n"
        "        print(hashlib.sha256(FORMS[name].made(SHORT, language)).hexdigest())\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    said = [
        subprocess.run(
            [sys.executable, "-c", script, root],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Seoul"))
    ]
    assert said[0] == said[1]
    assert len(set(said[0].split())) == 2 * len(FORMS) - 1  # JSON has no language


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_hold_every_part_and_no_markup_of_others(language: Any) -> None:
    page = document({**printed(), "tenant_id": "<script>"}, language)
    html = html_of(page).decode()
    for part in page.parts:
        assert part.title in html
    assert "<polyline" in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    pdf = pdf_of(page)
    assert pdf.startswith(b"%PDF")
    assert b"ECPHangul" in pdf
    assert pdf.count(b"/Type /Page\n") == 3


DAYS_OFF = (
    {"date": "2026-11-03", "ko": "창립기념일", "en": "Founding day", "source": "tenant"},
    {"date": "2026-11-09", "ko": "=임시공휴일", "en": "=Temporary holiday", "source": "act"},
)


@pytest.mark.parametrize(
    ("language", "kept", "used"),
    [
        ("en", "agreed service hours name it", "2026-11-03 Founding day, 2026-11-09 ="),
        ("ko", "명시하지 않은 공휴일", "2026-11-03 창립기념일, 2026-11-09 ="),
    ],
)
def test_holidays_of_the_demand_stand_apart_from_the_promise(
    language: Any, kept: str, used: str, tmp_path: Path
) -> None:
    inputs = replace(SHORT, demand_holidays=DAYS_OFF)
    found = statement(inputs)
    assert (found["holidays"], found["demand_holidays"]) == ([], list(DAYS_OFF))
    # They explain the load; no figure and no state follows from them.
    assert {k: v for k, v in found.items() if k not in ("demand_holidays", "input_hash")} == {
        k: v for k, v in FOUND.items() if k not in ("demand_holidays", "input_hash")
    }
    assert found["input_hash"] != FOUND["input_hash"]
    html = html_of(document(found, language)).decode()
    assert kept in html
    assert used in html
    assert used not in html_of(document(FOUND, language)).decode()
    assert verdict(unpacked(pack_of(inputs, language), tmp_path))[0] == 0


def test_the_csv_has_a_mark_and_runs_no_formula() -> None:
    found = printed()
    text = csv_of(found, "ko").decode("utf-8")
    assert text.startswith("\ufeff항목,설명,값\r\n")
    assert ",사유,'=1+1 긴급 교체\r\n" in text
    assert "composite.downtime_seconds,다운타임,740\r\n" in text


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"tiers": [[99.5, 0]]}, "credits.tiers"),
        ({"tiers": "all"}, "credits.tiers"),
        ({"fee": "much"}, "credits.fee"),
        ({"fee": "1.234"}, "credits.fee"),
        ({"fee": -1}, "credits.fee"),
        ({"cap": 101}, "credits.cap"),
        ({"bonus": 1}, "credits.bonus"),
        ({"currency": ""}, "credits.currency"),
        ([], None),
    ],
    ids=[
        "no last tier",
        "no pairs",
        "no number",
        "more than two decimals",
        "below nothing",
        "more than all",
        "no such term",
        "no currency",
        "nothing agreed",
    ],
)
def test_terms_of_credits(given_: Any, field: str | None) -> None:
    if field is None:
        assert Credits.read(given_).source == "assumed"
        return
    with pytest.raises(InputError) as refused:
        Credits.read(given_)
    assert refused.value.field.startswith(field)


def test_an_amount_is_rounded_down_to_the_decimals_of_the_fee() -> None:
    assert Credits.read({"fee": "1234567.50"}).amount(10) == "123456.75"
    assert Credits.read({"fee": "99"}).amount(25) == "24"
    assert Credits().amount(10) is None


def test_only_a_whole_closed_month_gives_credits() -> None:
    open_ = month(window=replace(WHOLE, end=WHOLE.end - 12))
    assert statement(open_)["credits"]["final"] is False
    assert FOUND["credits"]["final"] is False


def test_agreed_is_read_from_what_a_ledger_tells() -> None:
    told = {"service_hours": {"callbot": "09:00-18:00"}, "notice_seconds": 60, "windows": []}
    agreed = Agreed.read(told, "Asia/Seoul")
    assert (agreed.terms.notice, agreed.terms.timezone) == (60, "Asia/Seoul")
    assert agreed.service_hours == (("callbot", "09:00-18:00"),)
