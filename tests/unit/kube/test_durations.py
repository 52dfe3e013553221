"""Durations in and out."""

import pytest

from ecp.kube.durations import InvalidDuration, parse, spell

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("500ms", S // 2), ("1.8s", 1_800_000_000), ("1h30m", 5_400 * S), ("7d", 604_800 * S)],
)
def test_parse(text: str, nanoseconds: int) -> None:
    assert parse(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "5", "-5s", "5 s", "s", "1x", "1h-30m", "five"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidDuration, match="1h30m"):
        parse(text)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0ms"),
        (S // 2, "500ms"),
        (90 * S, "1m30s"),
        (5_400 * S, "1h30m"),
        (9 * S, "9s"),
        (176 * 3600 * S, "7d8h"),
        (-5 * S, "-5s"),
        (9_940_000_000, "9.9s"),
    ],
)
def test_spell_says_two_units_at_most(nanoseconds: int, text: str) -> None:
    assert spell(nanoseconds) == text
