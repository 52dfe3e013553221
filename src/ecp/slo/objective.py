"""The objective: what was promised, in integers.

The target is kept in parts per million (995000 = 99.5 %), so that "breached" is a comparison of
integers and never a question of rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ecp.slo.errors import InputError
from ecp.slo.slots import SLOT_SECONDS, State

Governing: TypeAlias = Literal["timeslices", "occurrences"]
UnknownPolicy: TypeAlias = Literal["exclude", "bad", "good"]
MaintenancePolicy: TypeAlias = Literal["exclude", "count_as_up"]

MILLION: Final = 1_000_000
LIMITS_MS: Final = (50, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000)
"""The limits of response times that good requests are counted within: a promise is one of them."""
GOVERNING: Final[tuple[Governing, ...]] = ("timeslices", "occurrences")
UNKNOWN_POLICIES: Final[tuple[UnknownPolicy, ...]] = ("exclude", "bad", "good")
MAINTENANCE_POLICIES: Final[tuple[MaintenancePolicy, ...]] = ("exclude", "count_as_up")


@dataclass(frozen=True, slots=True)
class Objective:
    """One version of a service-level objective.

    target_ppm          share of eligible time (or requests) that must be good, in 1e-6; 100 % is
                        refused (OpenSLO: target lies in [0, 1))
    governing           which ratio decides: up time, or requests
    unknown             how unknown slots count
    maintenance         planned maintenance leaves the eligible time, or counts as up
    opens_after         consecutive down slots that open an incident
    closes_after        up slots that close it
    unknown_after       consecutive unknown slots after which an open incident's state is unknown
    bad_ratio_ppm       share of bad (or slow) requests that makes a slot down, from min_events on
    judges_latency      slow requests count as well: those answered after latency_limit_ms, one of
                        LIMITS_MS
    period_seconds      the period the budget is promised for; burn-rate factors follow from it
    coverage_ppm        below this share of known slots there is not enough data to judge
    at_risk_ppm         at or below this share of the budget left, the objective is at risk

    Raises InputError naming the field.
    """

    target_ppm: int = 995_000
    governing: Governing = "timeslices"
    unknown: UnknownPolicy = "exclude"
    maintenance: MaintenancePolicy = "exclude"
    opens_after: int = 3
    closes_after: int = 6
    unknown_after: int = 300 // SLOT_SECONDS
    min_events: int = 10
    bad_ratio_ppm: int = 100_000
    judges_latency: bool = False
    latency_limit_ms: int | None = None
    period_seconds: int = 30 * 86_400
    coverage_ppm: int = 900_000
    at_risk_ppm: int = 200_000
    version: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.target_ppm <= MILLION - 1:
            raise InputError(
                "target_ppm",
                f"{self.target_ppm} is not a target below 100 %",
                "give parts per million between 1 and 999999 (99.5 % is 995000)",
            )
        for name, value, allowed in (
            ("governing", self.governing, GOVERNING),
            ("unknown", self.unknown, UNKNOWN_POLICIES),
            ("maintenance", self.maintenance, MAINTENANCE_POLICIES),
        ):
            if value not in allowed:
                raise InputError(
                    name, f"{value!r} is not known", f"use one of {', '.join(allowed)}"
                )
        for name in (
            "opens_after",
            "closes_after",
            "unknown_after",
            "min_events",
            "period_seconds",
        ):
            if getattr(self, name) < 1:
                raise InputError(name, f"{getattr(self, name)} is too small", "give 1 or more")

    @property
    def budget_ppm(self) -> int:
        """1 − T in parts per million."""
        return MILLION - self.target_ppm

    def judged(self, state: State) -> State:
        """The state that incidents and figures see, after the unknown policy."""
        if state == "N" and self.unknown != "exclude":
            return "D" if self.unknown == "bad" else "U"
        return state
