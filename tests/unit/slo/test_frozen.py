"""A frozen statement is read back from its pack: what it said then, and what a correction makes."""

import csv
import json
from dataclasses import replace
from functools import cache

import pytest

from ecp.slo.levels import Level
from ecp.slo.maintenance import Maintenance
from ecp.slo.printed import verify
from ecp.slo.printed.frozen import file_of, inputs_of_pack, revised
from ecp.slo.printed.pack import FORMS, pack_of
from ecp.slo.statement import (
    Inputs,
    input_hash,
    inputs_json,
    latency_csv,
    minutes_csv,
    revision_of,
    statement,
)

from .months import SEOUL, SHORT, november, printed, second


@cache
def frozen() -> Inputs:
    """The month's inputs, read back from its pack."""
    return inputs_of_pack(pack_of(november(), "ko"), SEOUL)


def test_the_inputs_of_a_pack_are_those_it_was_made_of() -> None:
    found = frozen()
    assert input_hash(found) == input_hash(november())
    assert list(minutes_csv(found)) == list(minutes_csv(november()))
    assert statement(found) == printed()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_pack_has_every_form_as_it_was(form: str) -> None:
    assert file_of(pack_of(SHORT, "ko"), form) == FORMS[form].made(SHORT, "ko")


SUMS = {
    "stt": Level(700, 12, 4, 3, 1, good=990, total=1000, sketch=((2100, 2000, 990),)),
    "qa": Level(0, 0, 0, 0, 720),
}
"""Of a simulated cluster: services of which no minutes are kept."""


def test_services_of_which_sums_alone_are_told_are_printed_frozen_and_verified() -> None:
    inputs = replace(SHORT, sums=SUMS)
    found = statement(inputs)
    qa, stt = found["service_sums"]
    assert (stt["uptime_percentage"], stt["downtime_seconds"], stt["requests"]) == (
        98.314,
        60,
        {"good": 990, "total": 1000},
    )
    assert (qa["uptime_percentage"], qa["off_duty_seconds"]) == (None, 3600)
    assert "service_sums" not in statement(SHORT)
    pack = pack_of(inputs, "ko")
    again = inputs_of_pack(pack, SEOUL)
    assert statement(again) == found
    rows, timed = (list(csv.DictReader(text)) for text in (minutes_csv(again), latency_csv(again)))
    told = verify.computed(json.loads(inputs_json(again)), rows, timed, found["input_hash"][7:])
    assert list(verify.differences(found, told)) == []
    for language, said in (("en", "by the ledger of the simulated cluster"), ("ko", "원장")):
        page = FORMS["html"].made(inputs, language).decode()  # type: ignore[arg-type]
        assert said in page
        assert "990 / 1,000" in page.replace("\u00a0", " ")


def corrected(inputs: Inputs, *, created: str, approved_by: str = "ops") -> Inputs:
    first = second("2026-11-10T00:00:00")
    more = Maintenance("m99", first, first + 3600, second(created), approved_by, "late", (), True)
    return revised(inputs, [*inputs.agreed.windows, more])


@pytest.mark.parametrize(
    ("created", "approved_by", "grown"),
    [
        ("2026-12-02T00:00:00", "ops", 1),
        ("2026-12-02T00:00:00", "", 0),
        ("2026-11-20T00:00:00", "ops", 0),
    ],
    ids=["approved after the month", "approved by nobody", "within the month"],
)
def test_what_revises_a_statement(created: str, approved_by: str, grown: int) -> None:
    later = corrected(frozen(), created=created, approved_by=approved_by)
    assert revision_of(later) == revision_of(frozen()) + grown
    assert input_hash(later) != input_hash(frozen())


def test_what_was_agreed_then_stays_agreed() -> None:
    inputs = november()
    later = replace(inputs.objective, target_ppm=990_000)
    found = corrected(frozen(), created="2026-12-02T00:00:00")
    assert found.objective.target_ppm == inputs.objective.target_ppm != later.target_ppm
    assert found.agreed.credits == inputs.agreed.credits
    assert found.agreed.terms == inputs.agreed.terms
