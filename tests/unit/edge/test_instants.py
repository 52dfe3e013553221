"""Instants as callers write them."""

import pytest

from ecp.edge.instants import read_instant

_NINE = 1_767_603_600_000_000_000


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param("2026-01-05T09:00:00Z", 0, id="in UTC"),
        pytest.param("2026-01-05T18:00:00+09:00", 0, id="with an offset to the east"),
        pytest.param("2026-01-05T03:30:00-05:30", 0, id="with an offset to the west"),
        pytest.param("2026-01-05T18:00:00 09:00", 0, id="with a + that a query made a space"),
        pytest.param("2026-01-05t09:00:00z", 0, id="in small letters, as the RFC allows"),
        pytest.param("2026-01-05T09:00:00-00:00", 0, id="in UTC, of a place unknown"),
        pytest.param("2026-01-05T09:00:00", 0, id="without an offset: in UTC"),
        pytest.param("2026-01-05T18:00:00.000001234+09:00", 1234, id="to the nanosecond"),
        pytest.param("2026-01-05T09:00:00.5Z", 500_000_000, id="with a short fraction"),
        pytest.param("1969-12-31T23:59:59.5Z", -_NINE - 500_000_000, id="before 1970"),
    ],
)
def test_an_instant_is_read(text: str, after: int) -> None:
    assert read_instant(text) == _NINE + after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("yesterday", id="a word"),
        pytest.param("2026-01-05", id="a day"),
        pytest.param("2026-01-05 18:00:00+09:00", id="a day and a time in two words"),
        pytest.param("2026-01-05T18:00:00 0900", id="a space before no offset"),
        pytest.param("2026-01-05T18:00:00  09:00", id="two spaces before an offset"),
        pytest.param("2026-01-05T18:00:00 +09:00", id="a space and an offset"),
        pytest.param("2026-01-05T18:00:00+24:00", id="an offset of a day"),
        pytest.param("2026-02-30T09:00:00Z", id="a day that is not"),
        pytest.param("2026-01-05T25:00:00Z", id="an hour that is not"),
        pytest.param("2026-01-05T09:00:00.Z", id="a fraction without digits"),
        pytest.param("２０２６-01-05T09:00:00Z", id="digits that are not ASCII's"),
        pytest.param("+5m", id="a duration"),
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no instant|must be|out of range|less than|between"):
        read_instant(text)


def test_an_offset_can_be_asked_for() -> None:
    assert read_instant("2026-01-05T18:00:00+09:00", with_offset=True) == _NINE
    with pytest.raises(ValueError, match="no instant"):
        read_instant("2026-01-05T09:00:00", with_offset=True)
