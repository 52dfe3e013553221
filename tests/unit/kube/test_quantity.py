"""Quantities: what they are worth, what the server stores, what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube import quantity as q

STORED = [
    ("a fraction becomes milli units", 0.5, "500m"),
    ("a fraction in text too", "0.5", "500m"),
    ("a power of 1024 takes the larger suffix", "1024Mi", "1Gi"),
    ("half a gibi is 512 mebi", "0.5Gi", "512Mi"),
    ("one and a half gibi is 1536 mebi", "1.5Gi", "1536Mi"),
    ("a thousand milli units are one", "1000m", "1"),
    ("an odd number of milli units stays", "1500m", "1500m"),
    ("a whole number from JSON", 2, "2"),
    ("a thousand takes the suffix k", 1000, "1k"),
    ("a large number of milli units", "128000000000m", "128M"),
    ("an exponent keeps its spelling", "12e6", "12e6"),
    ("an exponent that is no multiple of three is aligned", "1e4", "10e3"),
    ("a sign that was written stays", "+250m", "+250m"),
    ("trailing zeros of a fraction stay where Go keeps the text", "1.500", "1.500"),
    ("zero loses its suffix", "0Mi", "0"),
    ("below 1024 a binary number is decimal", "0.5Ki", "512"),
    ("an uneven binary fraction is decimal", "1.1Ki", "1126400m"),
    ("finer than nano is rounded up", "0.0000000001", "1n"),
    ("negative numbers parse", "-1.5", "-1500m"),
    ("the largest binary value is capped", "16Ei", "9223372036854775807"),
]


@pytest.mark.parametrize(
    ("given_", "stored"), [row[1:] for row in STORED], ids=[r[0] for r in STORED]
)
def test_the_server_stores(given_: q.Quantity, stored: str) -> None:
    assert q.canonical(given_) == stored


LISTED = [
    ("nothing is finer than a thousandth", "100u", "1m"),
    ("it is rounded away from zero", "-1.2345", "-1235m"),
    ("an exponent stays one", "1e-4", "1e-3"),
    ("what is coarser stays as it is", "1.5Gi", "1536Mi"),
]


@pytest.mark.parametrize(
    ("given_", "stored"), [row[1:] for row in LISTED], ids=[r[0] for r in LISTED]
)
def test_a_list_of_resources_holds(given_: q.Quantity, stored: str) -> None:
    assert q.listed(given_) == stored


def test_blanks_around_a_quantity_are_left_aside_and_other_white_space_is_not() -> None:
    assert q.canonical(" 1Gi ") == "1Gi"
    for text in (" ", "1\n", "\t1"):
        with pytest.raises(q.InvalidQuantity):
            q.canonical(text)


@pytest.mark.parametrize("text", ["1" * 5000, "0." + "0" * 5000 + "1", "1." + "0" * 5000])
def test_more_digits_than_python_reads_are_a_quantity(text: str) -> None:
    assert q.nano(text) > 0
    assert q.canonical(text)


def test_an_exponent_beyond_64_bits_is_refused() -> None:
    with pytest.raises(q.InvalidQuantity, match="suffix"):
        q.nano("1e" + "1" * 50)


WORTH = [
    ("one cpu", "1", 1000, 1),
    ("a quarter cpu rounds up to one", "250m", 250, 1),
    ("a tenth of a milli unit rounds up", "0.1m", 1, 1),
    ("a gibibyte", "1Gi", 1024**3 * 1000, 1024**3),
    ("a negative fraction rounds away from zero", "-0.5", -500, -1),
    ("exa by suffix", "1E", 10**21, 10**18),
    ("exponent three by capital letter", "1E3", 10**6, 1000),
]


@pytest.mark.parametrize(
    ("text", "milli", "value"), [r[1:] for r in WORTH], ids=[r[0] for r in WORTH]
)
def test_a_quantity_is_worth(text: str, milli: int, value: int) -> None:
    assert q.milli(text) == milli
    assert q.value(text) == value


REFUSED = [
    ("nothing", "", q.FORMAT_WRONG),
    ("a word", "lots", q.FORMAT_WRONG),
    ("two points", "1.5.5", q.FORMAT_WRONG),
    ("a blank", "1 Gi", q.FORMAT_WRONG),
    ("bytes spelt out", "1GB", q.FORMAT_WRONG),
    ("a capital kilo", "1K", q.SUFFIX_WRONG),
    ("two suffixes", "1mm", q.SUFFIX_WRONG),
    ("an exponent without digits", "1e-", q.SUFFIX_WRONG),
    ("a boolean", True, q.FORMAT_WRONG),
    ("a list", [1], q.FORMAT_WRONG),
]


@pytest.mark.parametrize(("text", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_the_server_refuses(text: q.Quantity, message: str) -> None:
    with pytest.raises(q.InvalidQuantity) as caught:
        q.nano(text)
    assert str(caught.value) == message


@given(
    st.integers(-(10**9), 10**9),
    st.sampled_from(["", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi"]),
)
def test_what_is_stored_is_worth_the_same_and_is_stable(number: int, suffix: str) -> None:
    stored = q.canonical(f"{number}{suffix}")
    assert q.nano(stored) == q.nano(f"{number}{suffix}")
    assert q.canonical(stored) == stored


@given(st.integers(0, 2**62))
def test_formatted_amounts_read_back(amount: int) -> None:
    assert q.value(q.fmt_binary(amount)) == amount
    assert q.milli(q.fmt_milli(amount)) == amount


def test_a_giant_exponent_is_neither_refused_nor_computed() -> None:
    assert q.canonical("1e999999999") == "1e999999999"
    assert q.value("1e999999999") > 10**40
