"""What was agreed with a tenant, as a statement needs it: maintenance, hours, credits and the fee.

Where nothing was agreed about credits, the default tiers hold and there is no amount, only percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any, Final

from ecp.slo.credits import DEFAULT_TERMS, CreditTerms
from ecp.slo.errors import InputError
from ecp.slo.maintenance import Maintenance, MaintenanceTerms

_FIELDS: Final = ("tiers", "cap", "fee", "currency", "claim_days", "source")
ASSUMED: Final = "assumed"
"""The source of terms that nobody agreed on."""


@dataclass(frozen=True, slots=True)
class Credits:
    """Tiers, the month's fee net of tax (decimal text; None: not said) and where they stand."""

    tiers: CreditTerms = DEFAULT_TERMS
    fee: str | None = None
    currency: str = "KRW"
    claim_days: int = 30
    source: str = ASSUMED

    def amount(self, percent: int | None) -> str | None:
        """Percent of the fee, rounded down to the decimals that the fee has; None without a fee."""
        if self.fee is None or percent is None:
            return None
        fee = Decimal(self.fee)
        unit = Decimal(1).scaleb(min(0, int(fee.as_tuple().exponent)))
        return f"{(fee * percent / 100).quantize(unit, ROUND_DOWN):f}"

    def to_json(self) -> dict[str, Any]:
        """As `read` takes it, floors in parts per million."""
        return {
            "tiers_ppm": [[tier.floor_ppm, tier.percent] for tier in self.tiers.tiers],
            "cap": self.tiers.cap,
            "coverage_ppm": self.tiers.coverage_ppm,
            "fee": self.fee,
            "currency": self.currency,
            "claim_days": self.claim_days,
            "source": self.source,
        }

    @classmethod
    def read(cls, given: Any) -> Credits:
        """From {"tiers": [[99.5, 0], …, [0, 50]], "cap": 50, "fee": "1000000", "currency", …}.

        What is left out is as usual. Raises InputError naming the field.
        """
        if not given:
            return cls()
        if not isinstance(given, Mapping):
            raise InputError("credits", f"{given!r} are no terms", "write {'fee': '1000000'}")
        for name in given:
            if name not in _FIELDS:
                raise InputError(f"credits.{name}", "is not known", f"use {', '.join(_FIELDS)}")
        return cls(
            _tiers(given.get("tiers"), _count(given.get("cap", DEFAULT_TERMS.cap), "cap", 100)),
            _fee(given.get("fee")),
            _word(given.get("currency", "KRW"), "currency", 8),
            _count(given.get("claim_days", 30), "claim_days", 366),
            _word(given.get("source", "contract"), "source", 200),
        )


@dataclass(frozen=True, slots=True)
class Agreed:
    """`service_hours` by service or profile, as text; none: on duty round the clock.

    `holidays` are the dates that were left out of duty: only such as the hours agreed on name, and
    their grammar names none yet.
    """

    windows: tuple[Maintenance, ...] = ()
    terms: MaintenanceTerms = field(default_factory=MaintenanceTerms)
    service_hours: tuple[tuple[str, str], ...] = ()
    credits: Credits = field(default_factory=Credits)
    holidays: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Mapping[str, Any], timezone: str, credits_: Any = None) -> Agreed:
        """From what a ledger tells of a contract, and the terms of credits. Raises InputError."""
        hours = told.get("service_hours") or {}
        if isinstance(hours, str):
            hours = {"*": hours}
        usual = MaintenanceTerms()
        return cls(
            tuple(
                Maintenance(**{**row, "services": tuple(row["services"])})
                for row in told.get("windows") or ()
            ),
            MaintenanceTerms(
                told.get("notice_seconds", usual.notice),
                told.get("monthly_cap_seconds", usual.monthly_cap),
                timezone,
            ),
            tuple(sorted((str(name), str(text)) for name, text in hours.items())),
            Credits.read(credits_),
        )


def _tiers(given: Any, cap: int) -> CreditTerms:
    if given is None:
        return CreditTerms(DEFAULT_TERMS.tiers, cap)
    if not isinstance(given, list | tuple) or not all(
        isinstance(row, list | tuple) and len(row) == 2 for row in given
    ):
        raise InputError("credits.tiers", "are no pairs", "give [[99.5, 0], [99.0, 10], [0, 50]]")
    rows = [(floor, _count(share, f"tiers[{i}][1]", 100)) for i, (floor, share) in enumerate(given)]
    try:
        return CreditTerms.of(rows, cap)
    except InputError as error:
        raise InputError(f"credits.{error.field}", error.problem, error.fix) from error


def _count(value: Any, field: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError(f"credits.{field}", f"is {value!r}", f"give a whole number, 0 to {most}")
    return value


def _word(value: Any, field: str, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise InputError(f"credits.{field}", f"is {value!r}", f"give a text of 1 to {most} letters")
    return value


def _fee(value: Any) -> str | None:
    if value is None:
        return None
    try:
        fee = Decimal(str(value))
    except InvalidOperation:
        fee = Decimal(-1)
    places = fee.as_tuple().exponent
    if (
        isinstance(value, bool)
        or not fee.is_finite()
        or not 0 <= fee < 10**15
        or not isinstance(places, int)
        or not places >= -2
    ):
        raise InputError(
            "credits.fee", f"{value!r} is no amount", 'give e.g. "1000000" or "1234.50"'
        )
    return f"{fee:f}"
