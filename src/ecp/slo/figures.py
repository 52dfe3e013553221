"""Exact ratios printed rounded down.

A displayed figure never crosses the target upwards: 99.4999… is 99.499, and −2/18 of a budget is
−11.112 %. Rounding is toward minus infinity, on integers, so no float takes part in it.
"""

from __future__ import annotations


def floored(numerator: int, denominator: int, places: int) -> str:
    """numerator/denominator with `places` decimals, rounded down; the denominator is positive."""
    scaled = numerator * 10**places // denominator
    sign = "-" if scaled < 0 else ""
    whole, part = divmod(abs(scaled), 10**places)
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


def percent(part: int, whole: int) -> str | None:
    """100·part/whole with 3 decimals, rounded down; None of nothing."""
    return floored(100 * part, whole, 3) if whole else None


def number(text: str | None) -> float | None:
    """The printed figure as a JSON number."""
    return None if text is None else float(text)
