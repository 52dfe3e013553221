"""Credits of a closed calendar month: contract data, compared exactly.

Tiers descend; the first whose floor the up time reaches holds. Below 90 % coverage nobody's figure
is trusted and the month goes to manual review.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final, NamedTuple

from ecp.slo.budget import Account
from ecp.slo.errors import InputError
from ecp.slo.objective import MILLION


class CreditTier(NamedTuple):
    """From `floor_ppm` of up time (upwards to the tier before), `percent` of the month's fee."""

    floor_ppm: int
    percent: int


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """Tiers with descending floors and rising credits, the last with floor 0; `cap` in percent.

    Raises InputError naming the tier.
    """

    tiers: tuple[CreditTier, ...]
    cap: int = 50
    coverage_ppm: int = 900_000

    def __post_init__(self) -> None:
        if not self.tiers or self.tiers[-1].floor_ppm != 0:
            raise InputError("tiers", "no tier begins at 0", "end the list with [0, percent]")
        for index, (upper, lower) in enumerate(pairwise(self.tiers), 1):
            if lower.floor_ppm >= upper.floor_ppm or lower.percent < upper.percent:
                raise InputError(
                    f"tiers[{index}]", "is out of order", "let floors descend and credits rise"
                )

    @classmethod
    def of(cls, tiers: Iterable[tuple[object, int]], cap: int = 50) -> CreditTerms:
        """From pairs (up time in percent, credit in percent): (99.5, 0), (99.0, 10) …"""
        return cls(
            tuple(
                CreditTier(percent_to_ppm(floor, f"tiers[{index}][0]"), percent)
                for index, (floor, percent) in enumerate(tiers)
            ),
            cap,
        )


DEFAULT_TERMS: Final = CreditTerms(
    (
        CreditTier(995_000, 0),
        CreditTier(990_000, 10),
        CreditTier(950_000, 25),
        CreditTier(0, 50),
    )
)


@dataclass(frozen=True, slots=True)
class Credit:
    """`percent` of the fee (None: cannot be said) and whether a person has to look at it."""

    percent: int | None
    manual_review: bool


def credit_of(seen: Account, terms: CreditTerms = DEFAULT_TERMS) -> Credit:
    """The credit for a closed month. Compares 1e6·U with floor·E in integers."""
    if not seen.eligible:
        return Credit(None, manual_review=True)
    known = (seen.window - seen.unknown) * MILLION
    for tier in terms.tiers:
        if MILLION * seen.up >= tier.floor_ppm * seen.eligible:
            return Credit(
                min(tier.percent, terms.cap),
                manual_review=known < terms.coverage_ppm * seen.window,
            )
    raise AssertionError("the last tier begins at 0")


def percent_to_ppm(value: object, field: str) -> int:
    """Percent as written (99.5, "99.95") in exact parts per million."""
    try:
        ppm = Decimal(str(value)) * 10_000
    except InvalidOperation:
        raise InputError(field, f"{value!r} is not a number", "give percent, e.g. 99.5") from None
    if isinstance(value, bool) or not ppm.is_finite() or ppm != int(ppm) or not 0 <= ppm <= MILLION:
        raise InputError(
            field, f"{value!r} is not a percentage", "give 0 to 100 with at most four decimals"
        )
    return int(ppm)
