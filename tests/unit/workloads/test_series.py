"""A measured series: read, refused with its place, resampled."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.workloads.series import (
    InvalidSeries,
    Row,
    Series,
    read_csv,
    read_prometheus,
    resampled,
)

NINE = 1_777_852_800  # 2026-05-04T09:00:00+09:00


def made(
    *rows: tuple[float, float],
    unit: str = "per-second",
    step: int = 900,
    duration: float = 180,
    repeat: bool = False,
) -> Series:
    found = [Row(at, value, f"row {index}") for index, (at, value) in enumerate(rows, start=2)]
    return resampled(found, unit=unit, step=step, duration=duration, repeat=repeat)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-05-04T09:00:00+09:00", id="an offset"),
        pytest.param("2026-05-04 09:00", id="local time"),
        pytest.param("1777852800", id="seconds since the epoch"),
        pytest.param("2026-05-04T00:00:00Z", id="UTC"),
    ],
)
def test_a_time_can_be_written_in_four_ways(text: str) -> None:
    assert read_csv(f"\ufeffTime, Value\n{text}, 3.5\n\n", "Asia/Seoul") == [
        Row(NINE, 3.5, "row 2")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "row 1: the header must be time,value; it is empty", id="nothing"),
        pytest.param("at,calls\n1,2\n", "row 1: the header", id="another header"),
        pytest.param("time,value\n1,2\nx,3\n", "row 3: time: 'x'", id="no time"),
        pytest.param("time,value\n1,2\n2,-1\n", "row 3: value: '-1'", id="a negative value"),
        pytest.param("time,value\n1,nan\n", "row 2: value: 'nan'", id="not a number"),
        pytest.param("time,value\n1\n", "row 2: must have two fields", id="one field"),
        pytest.param("time,value\n-5,2\n", "row 2: time", id="before 1970"),
        pytest.param("time,value\n1e300,2\n", "row 2: time", id="the far future"),
    ],
)
def test_a_file_that_is_none_is_refused_by_row_and_field(text: str, said: str) -> None:
    with pytest.raises(InvalidSeries) as refused:
        read_csv(text, "Asia/Seoul")
    assert str(refused.value).startswith(said)


def answer(values: Any, **more: Any) -> dict[str, Any]:
    result = [{"metric": {"job": "pbx"}, "values": values}]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}} | more


def test_what_a_range_query_answers_is_read_as_text_and_as_json() -> None:
    given = answer([[NINE, "0.5"], [NINE + 60.5, "1"]])
    rows = read_prometheus(given)
    assert [row[:2] for row in rows] == [(NINE, 0.5), (NINE + 60.5, 1.0)]
    assert read_prometheus(json.dumps(given)) == rows


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("{", "no JSON", id="no JSON"),
        pytest.param([], "status", id="a list"),
        pytest.param({"status": "error"}, "status", id="an error"),
        pytest.param(
            {"status": "success", "data": {"resultType": "vector"}}, "data.resultType", id="instant"
        ),
        pytest.param(
            answer([], data={"resultType": "matrix", "result": [{}, {}]}),
            "data.result: must be one series, there are 2: write sum",
            id="two series",
        ),
        pytest.param(answer(3), "data.result[0].values: must be a list", id="no list"),
        pytest.param(answer([[1]]), "data.result[0].values[0]: must be", id="half a row"),
        pytest.param(answer([["1", "2"]]), "data.result[0].values[0]: the time", id="time as text"),
        pytest.param(answer([[1, "2"], [2, "NaN"]]), "data.result[0].values[1]: value", id="a NaN"),
    ],
)
def test_an_answer_that_is_none_is_refused_by_field(given: Any, said: str) -> None:
    with pytest.raises(InvalidSeries) as refused:
        read_prometheus(given)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("series", "values"),
    [
        pytest.param(
            made((NINE, 360), (NINE + 3600, 720), unit="count"),
            [0.1] * 4 + [0.2] * 4,
            id="hourly counts spread over their hour",
        ),
        pytest.param(
            made(*((NINE + 60 * i, 6 * (i % 2)) for i in range(15)), unit="per-minute"),
            [pytest.approx(7 * 6 / 15 / 60, abs=1e-9)],
            id="minutes become the mean of their quarter",
        ),
        pytest.param(
            made((NINE, 18), (NINE + 900, 36), unit="held"), [0.1, 0.2], id="calls held / duration"
        ),
        pytest.param(
            made((NINE, 1), (NINE + 900, 1), (NINE + 1800, 1), (NINE + 6300, 2)),
            [1, 1, 1, None, None, None, None, 2],
            id="a hole is a gap, not a zero and not the last value",
        ),
        pytest.param(
            made((NINE + 300, 1), (NINE + 1200, 2)),
            [1, pytest.approx((1 * 300 + 2 * 600) / 900), None],
            id="rows that lie across steps share them; a third of a step is too little",
        ),
    ],
)
def test_rows_become_steps(series: Series, values: list[float | None]) -> None:
    assert series.start % series.step == 0
    assert list(series.values) == values


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        pytest.param([(NINE, 1)], {}, "needs two rows", id="one row"),
        pytest.param([(NINE, 1), (NINE, 2)], {}, "row 3: its time must be after", id="twice"),
        pytest.param([(0, 1), (10**9, 2)], {}, "spans", id="thirty years of quarters"),
        pytest.param([(NINE, 1), (NINE + 900, 2)], {"repeat": True}, "repeat", id="half an hour"),
    ],
)  # fmt: skip
def test_rows_that_do_not_follow_each_other_are_refused(
    rows: list[tuple[float, float]], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidSeries) as refused:
        made(*rows, **more)
    assert str(refused.value).startswith(said)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=60), st.sampled_from([60, 300, 900]))
def test_no_session_is_lost_or_made(counts: list[int], apart: int) -> None:
    """What the steps bring together is what was counted, where whole steps were measured."""
    whole = counts[: len(counts) // 15 * 15] or [*counts, *[0] * (15 - len(counts) % 15)][:15]
    rows = [(NINE + apart * index, count) for index, count in enumerate(whole)]
    series = made(*rows, unit="count", step=900)
    together = sum(value * 900 for value in series.values if value is not None)
    assert together == pytest.approx(sum(whole), abs=0.01)


def test_a_week_that_repeats_is_every_week() -> None:
    hours = 7 * 24
    series = made(*((NINE + 3600 * i, i) for i in range(hours)), step=3600, repeat=True)
    for weeks in (-3, 0, 5):
        assert series.at((NINE + 3600 * (hours * weeks + 9)) * 10**9) == 9
    assert series.next_step((NINE - 1) * 10**9) == NINE * 10**9


def test_a_series_ends_where_it_ends() -> None:
    series = Series(NINE, 900, (1.0, 2.0))
    assert [series.at((NINE + at) * 10**9) for at in (-1, 0, 900, 1800)] == [None, 1, 2, None]
    assert series.next_step((NINE - 5000) * 10**9) == NINE * 10**9
    assert series.next_step((NINE + 901) * 10**9) == (NINE + 1800) * 10**9
    assert series.next_step((NINE + 1800) * 10**9) is None
