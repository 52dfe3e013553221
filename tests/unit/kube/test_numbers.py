"""Whole numbers in texts: what Go takes for one."""

import pytest

from ecp.kube.numbers import whole

CASES = [
    ("digits", "42", 64, 42),
    ("a plus", "+5", 64, 5),
    ("a minus", "-5", 64, -5),
    ("zeros in front", "0" * 5000 + "7", 64, 7),
    ("nothing but zeros", "000", 64, 0),
    ("the largest of 32 bits", "2147483647", 32, 2147483647),
    ("the smallest of 32 bits", "-2147483648", 32, -2147483648),
    ("one more than 32 bits hold", "2147483648", 32, None),
    ("more digits than Python reads", "1" * 5000, 64, None),
    ("nothing", "", 64, None),
    ("a sign alone", "-", 64, None),
    ("a blank in front", " 1", 64, None),
    ("an underscore", "1_0", 64, None),
    ("another script's digits", "٣", 64, None),
    ("a line break behind", "1\n", 64, None),
    ("a fraction", "1.0", 64, None),
    ("a hexadecimal", "0x1", 64, None),
]


@pytest.mark.parametrize(
    ("text", "bits", "number"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_a_text_is_the_number_that_go_reads(text: str, bits: int, number: int | None) -> None:
    assert whole(text, bits) == number
