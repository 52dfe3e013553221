"""A frozen statement is read back from its pack: what it said then, and what a correction makes."""

from dataclasses import replace
from functools import cache

import pytest

from ecp.slo.maintenance import Maintenance
from ecp.slo.printed.frozen import file_of, inputs_of_pack, revised
from ecp.slo.printed.pack import FORMS, pack_of
from ecp.slo.statement import Inputs, input_hash, minutes_csv, revision_of, statement

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
