"""Kubernetes resource quantities: "250m", "1.5Gi", "12e6", 2, 0.5.

A quantity is worth a whole number of nano units (10⁻⁹). Anything finer is rounded away from zero,
so that asking for a little never becomes asking for nothing. Three spellings exist — decimal
suffixes, powers of 1024, exponents — and a quantity keeps its spelling when it is written again.

Source: kubernetes apimachinery pkg/api/resource/quantity.go, suffix.go, amount.go.
"""

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from ecp.kube import numbers

Quantity = str | int | float

NANO = 1_000_000_000
MICRO = 1_000_000
"""Nano units in a milli unit."""
_MAX_BINARY = (2**63 - 1) * NANO
_MAX_FAST_DIGITS = 18
# The server stores any exponent; a number of a billion digits helps nobody, so the value is capped.
_EXPONENT_CAP = 48
_MOST_DIGITS = 1000

FORMAT_WRONG = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
SUFFIX_WRONG = "unable to parse quantity's suffix"


class InvalidQuantity(ValueError):
    """The text is no quantity; the message is the server's."""


class Form(Enum):
    """How a quantity is spelt."""

    DECIMAL = "DecimalSI"
    BINARY = "BinarySI"
    EXPONENT = "DecimalExponent"


class Parsed(NamedTuple):
    """A quantity taken apart: nano units (int), spelling, and the text the server would store."""

    nano: int
    form: Form
    text: str


_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_SUFFIX_LETTERS = frozenset("eEinumkKMGTP")
_DIGITS = frozenset("0123456789")


def _scan(text: str) -> tuple[int, str, str, str]:
    """Split into (sign, whole digits without leading zeros, fraction digits, suffix)."""
    end = len(text)
    at = 1 if text[0] in "+-" else 0
    sign = -1 if text[0] == "-" else 1

    def digits(start: int) -> int:
        while start < end and text[start] in _DIGITS:
            start += 1
        return start

    stop = digits(at)
    whole = text[at:stop].lstrip("0") or "0"
    fraction = ""
    if stop < end and text[stop] == ".":
        at = stop + 1
        stop = digits(at)
        fraction = text[at:stop]
    at = stop
    while stop < end and text[stop] in _SUFFIX_LETTERS:
        stop += 1
    if stop < end and text[stop] in "+-":
        stop += 1
    if digits(stop) != end:
        raise InvalidQuantity(FORMAT_WRONG)
    return sign, whole, fraction, text[at:]


def _suffix(suffix: str) -> tuple[Form, int]:
    if suffix in _DECIMAL:
        return Form.DECIMAL, _DECIMAL[suffix]
    if suffix in _BINARY:
        return Form.BINARY, _BINARY[suffix]
    if len(suffix) > 1 and suffix[0] in "eE":
        exponent = numbers.whole(suffix[1:])
        if exponent is not None:
            return Form.EXPONENT, exponent
    raise InvalidQuantity(SUFFIX_WRONG)


def _away_from_zero(numerator: int, denominator: int) -> int:
    quotient, rest = divmod(abs(numerator), denominator)
    quotient += rest > 0
    return quotient if numerator >= 0 else -quotient


def _bounded(whole: str, fraction: str) -> tuple[str, str]:
    """Return digits that are worth as much, as far as anybody can tell: Python reads no more."""
    if len(whole) > _MOST_DIGITS:
        whole = "9" * _MOST_DIGITS
    rest = fraction[_MOST_DIGITS:].strip("0")
    return whole, fraction[:_MOST_DIGITS] + ("1" if rest else "")


@lru_cache(maxsize=8192)
def _take_apart(text: str) -> Parsed:
    if not text:
        raise InvalidQuantity(FORMAT_WRONG)
    sign, whole, fraction, suffix = _scan(text)
    form, exponent = _suffix(suffix)
    if len(whole) + len(fraction) > _MOST_DIGITS:
        whole, fraction = _bounded(whole, fraction)
    mantissa = int(whole + fraction)
    places = len(fraction)
    if form is Form.BINARY:
        amount = min(_away_from_zero((mantissa << exponent) * NANO, 10**places), _MAX_BINARY)
        # Go keeps a text it need not touch: no fraction, few digits, and not divisible by eight.
        fits = 15 - len(whole) - exponent * 3 // 10 - 1 >= 0
        kept = not fraction and fits and mantissa & 7 != 0
        if 0 < amount < NANO:
            form = Form.DECIMAL
    else:
        scale = exponent - places
        power = max(-_EXPONENT_CAP, min(_EXPONENT_CAP, scale)) + 9
        amount = mantissa * 10**power if power >= 0 else _away_from_zero(mantissa, 10**-power)
        shifted = whole + fraction
        kept = (
            len(shifted) <= _MAX_FAST_DIGITS
            and scale >= -9
            and scale % 3 == 0
            and not shifted.endswith("000")
            and shifted[0] != "0"
        )
    amount *= sign
    return Parsed(amount, form, text if kept else spell(amount, form))


def spell(nano_units: int, form: Form = Form.DECIMAL) -> str:
    """Write nano units canonically: no fraction, the largest suffix that loses nothing."""
    if nano_units == 0:
        return "0"
    if form is Form.BINARY and abs(nano_units) >= 1024 * NANO and nano_units % NANO == 0:
        number, step = nano_units // NANO, 0
        while number % 1024 == 0 and step < len(_BINARY_SUFFIX) - 1:
            number, step = number // 1024, step + 1
        return f"{number}{_BINARY_SUFFIX[step]}"
    number, exponent = nano_units, -9
    while number % 1000 == 0 and (form is Form.EXPONENT or exponent < 18):
        number, exponent = number // 1000, exponent + 3
    if form is Form.EXPONENT:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIX[exponent]}"


def take_apart(quantity: Quantity) -> Parsed:
    """Parse a quantity, blanks around it left aside; numbers are read as their JSON text.

    Raises InvalidQuantity.
    """
    if isinstance(quantity, str):
        return _take_apart(quantity.strip(" "))
    if isinstance(quantity, bool) or not isinstance(quantity, int | float):
        raise InvalidQuantity(FORMAT_WRONG)
    return _take_apart(str(quantity))


def nano(quantity: Quantity) -> int:
    """Value in nano units (× 10⁹), rounded away from zero. Raises InvalidQuantity."""
    return take_apart(quantity).nano


parse = nano


def milli(quantity: Quantity) -> int:
    """Value in milli units (millicores for cpu), rounded away from zero. Raises InvalidQuantity."""
    return _away_from_zero(take_apart(quantity).nano, MICRO)


def value(quantity: Quantity) -> int:
    """Value in whole units (bytes for memory), rounded away from zero. Raises InvalidQuantity."""
    return _away_from_zero(take_apart(quantity).nano, NANO)


def canonical(quantity: Quantity) -> str:
    """The text the server stores: 0.5 → "500m", 1024Mi → "1Gi". Raises InvalidQuantity."""
    return take_apart(quantity).text


def listed(quantity: Quantity) -> str:
    """As `canonical` for one of a resource list, which has nothing finer than a milli unit.

    Raises InvalidQuantity. Source: kubernetes pkg/apis/core/v1/defaults.go
    `SetDefaults_ResourceList`.
    """
    parsed = take_apart(quantity)
    if parsed.nano % MICRO == 0:
        return parsed.text
    return spell(_away_from_zero(parsed.nano, MICRO) * MICRO, parsed.form)


def fmt_milli(amount: int) -> str:
    """Milli units as a decimal quantity: 1500 → "1500m", 2000 → "2"."""
    return spell(amount * MICRO, Form.DECIMAL)


def fmt_binary(amount: int) -> str:
    """Whole units as a quantity of powers of 1024: 1073741824 → "1Gi", 1000 → "1k"."""
    return spell(amount * NANO, Form.BINARY)
