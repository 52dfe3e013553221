"""What the model leaves out is data that a report can print."""

import pytest

from ecp.workloads.omissions import InvalidOmission, not_modelled, read_omissions

ROW = "omissions:\n- {id: a, direction: flatters, en: A., ko: 가.}\n"


def test_every_row_says_it_in_both_languages() -> None:
    rows = not_modelled()
    assert len(rows) >= 10
    for row in rows:
        assert row.en[0].isupper()
        assert row.en.endswith(".")
        assert row.ko.endswith(".")
        assert any("가" <= letter <= "힣" for letter in row.ko)
    assert {row.direction for row in rows} <= {"flatters", "blackens", "either"}


def test_a_row_is_read_as_it_stands() -> None:
    [row] = read_omissions(ROW)
    assert row == ("a", "flatters", "A.", "가.")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param(ROW.replace(", ko: 가.", ""), "omissions[0]", id="a language is missing"),
        pytest.param(ROW.replace("A.", "1"), "omissions[0]", id="a number is no text"),
        pytest.param(ROW.replace("flatters", "up"), "omissions[0].direction", id="no direction"),
        pytest.param(ROW + ROW.splitlines()[1], "omissions[1].id", id="twice"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(InvalidOmission, match=where.replace("[", r"\[")):
        read_omissions(text)
