"""What a tenant says of its own demand: days off, weekdays, campaigns, a measured series.

A shape changes the profiles' demand; whatever it leaves out stays as the profile has it (how it is
written: `shaping`). Everything is constant within a quarter of an hour (a series: within its
step), so nothing ticks.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import NormalDist
from typing import Any, Final, NamedTuple

from ecp.texts import Language
from ecp.workloads.demand import TenantDemand, day_factor, hourly, local_time, next_change
from ecp.workloads.holidays import Holiday, between
from ecp.workloads.profiles import Profiles
from ecp.workloads.series import RATES, Series
from ecp.workloads.sheet import Demand, Profile

_SECOND: Final = 1_000_000_000
_QUARTER: Final = 900 * _SECOND
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Draw = Callable[[str], float]
"""Returns a number in [0, 1) that depends on nothing but a seed and the name."""


class Campaign(NamedTuple):
    """A tenant's own event: `factor` between `start` and `end` (ns), on the named profiles.

    It rises to the factor in `rise` and falls back in `fall` (ns), inside of its time. `profiles`
    () = all.
    """

    name: str
    start: int
    end: int
    factor: float
    rise: int
    fall: int
    profiles: tuple[str, ...]

    def at(self, quarter: int) -> float:
        """Return the factor in a quarter of an hour since the epoch: that at its middle."""
        now = quarter * _QUARTER + _QUARTER // 2
        if not self.start <= now < self.end:
            return 1.0
        up = (now - self.start) / self.rise if self.rise else 1.0
        down = (self.end - now) / self.fall if self.fall else 1.0
        return 1 + (self.factor - 1) * min(1.0, up, down)


class Follow(NamedTuple):
    """A figure that others tell of a tenant (`metric`), whose newest value is a profile's demand.

    `unit` as of a series, without count; `hold` (ns) is how long a value holds.
    """

    metric: str
    unit: str
    hold: int

    def rate(self, value: float, duration: float) -> float:
        """Return the sessions per second that a value says; *duration* (s) is that of one."""
        return value / RATES.get(self.unit, duration)


class Reason(NamedTuple):
    """One thing that changes a rate: its kind, what it is called, its factor.

    `en` is what it is called in English, "" where that is its `name`.
    """

    kind: str
    name: str
    factor: float
    en: str = ""

    def called(self, language: Language) -> str:
        """Return its name in a language."""
        return self.en if language == "en" and self.en else self.name

    def to_json(self) -> dict[str, Any]:
        """Return it as answers show it: `name` as its calendar has it, and in English."""
        return {
            "kind": self.kind,
            "name": self.name,
            "name_en": self.called("en"),
            "factor": self.factor,
        }


@dataclass(frozen=True, slots=True)
class Shape:
    """What `read_shape` found. `changes` are single days: a name = off, "" = a working day.

    `month_end` are the last working days of a month and their factor. `variation` is the
    coefficient of variation of whole days, None = the profile's; 0 = none is drawn.
    """

    code: str | None = None
    changes: Mapping[date, str] = field(default_factory=dict)
    weekdays: tuple[float, ...] = (1.0,) * 7
    month_end: tuple[int, float] = (0, 1.0)
    campaigns: tuple[Campaign, ...] = ()
    variation: float | None = 0.0
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    follow: Mapping[str, Follow] = field(default_factory=dict)

    def profile(self, profile: Profile) -> Profile:
        """Return a profile with what the tenant says of its demand."""
        if profile.demand is None:
            return profile
        said = dict(self.overrides.get(profile.name, {}))
        if self.code is not None:
            said["calendar"] = self.code
        return replace(profile, demand=replace(profile.demand, **said)) if said else profile

    def holiday(self, demand: Demand, day: date) -> Holiday | None:
        """Return the holiday that a day is, None for any other day."""
        if day in self.changes or demand.calendar:
            found = between(day, day, code=demand.calendar, changes=self.changes)
            return found[0] if found else None
        return None

    def reasons(self, profile: Profile, instant: int, draw: Draw | None = None) -> list[Reason]:
        """Return what changes a profile's rate at an instant (ns), from the day's own factor on.

        profile     as `profile` returned it
        draw        the chance of the run; None = days do not vary
        """
        demand = profile.demand
        if demand is None:
            return []
        quarter = instant // _QUARTER
        day = local_time(demand.timezone, quarter).day
        found = []
        measured = self.series.get(profile.name)
        if measured is not None and measured.at(instant) is not None:
            found.append(Reason("series", profile.name, 1.0))
        else:
            found += self._of_day(profile.name, demand, day, draw)
        for campaign in self.campaigns:
            if not campaign.profiles or profile.name in campaign.profiles:
                found.append(Reason("campaign", campaign.name, round(campaign.at(quarter), 6)))
        return [row for row in found if row.factor != 1.0 or row.kind in ("series", "holiday")]

    def _of_day(self, name: str, demand: Demand, day: date, draw: Draw | None) -> Iterator[Reason]:
        off = self.holiday(demand, day)
        factor = day_factor(demand, day, holiday=off is not None)
        if off is not None:
            yield Reason("holiday", off.ko, factor, off.en)
        else:
            yield Reason("weekend", WEEKDAYS[day.weekday()], factor)
            yield Reason("weekday", WEEKDAYS[day.weekday()], self.weekdays[day.weekday()])
            if self._at_month_end(demand, day):
                yield Reason("month-end", day.isoformat(), self.month_end[1])
        spread = demand.variation if self.variation is None else self.variation
        if draw is not None and spread:
            drawn = f"demand/{name}/{day.isoformat()}"
            yield Reason("variation", drawn, varied(spread, draw(drawn)))

    def _at_month_end(self, demand: Demand, day: date) -> bool:
        """Whether a day is one of the last working days of its month."""
        if not self.month_end[0] or day.weekday() >= 5:
            return False
        left, later = 0, day
        while left < self.month_end[0]:
            later += timedelta(days=1)
            if later.month != day.month:
                return True
            left += later.weekday() < 5 and self.holiday(demand, later) is None
        return False

    def rate(self, profile: Profile, units: float, instant: int, draw: Draw | None = None) -> float:
        """Return how many sessions begin per second at *instant*; see `reasons`.

        A measured series takes the place of units and days; campaigns come on top of it.
        """
        demand = profile.demand
        if demand is None:
            return 0.0
        measured = self.series.get(profile.name)
        said = None if measured is None else measured.at(instant)
        if said is None:
            # What a plain day of that hour has: the day's own factor is among the reasons.
            said = units * hourly(demand, local_time(demand.timezone, instant // _QUARTER).hour)
        for reason in self.reasons(profile, instant, draw):
            said *= reason.factor
        return said

    def next_change(self, profile: Profile, instant: int) -> int:
        """Return the next instant (ns) at which `rate` may be another."""
        found = [next_change(profile, instant)]
        measured = self.series.get(profile.name)
        step = None if measured is None else measured.next_step(instant)
        if step is not None:
            found.append(step)
        following = (instant // _QUARTER + 1) * _QUARTER
        for campaign in self.campaigns:
            first = campaign.start // _QUARTER * _QUARTER
            if instant < first:
                found.append(first)
            elif instant < campaign.end + _QUARTER:
                found.append(following)
        return min(found)

    def busy_rates(self, tenant: TenantDemand, known: Profiles) -> dict[str, list[float]]:
        """Return by profile the sessions per second that its 24 local hours can bring.

        With units, the busiest day's; where a series was measured, no less than it had at that
        hour. For `busy_hour`, so that what sizes a tenant is what later asks.
        """
        found = {}
        for counter, units in tenant.items():
            profile = self.profile(known.by_counter(counter))
            demand = profile.demand
            if not units or demand is None:
                continue
            best = self.greatest(profile)
            rates = [units * hourly(demand, hour) * best for hour in range(24)]
            measured = self.series.get(profile.name)
            on_top = self._campaigns(profile)
            for index, value in enumerate(() if measured is None else measured.values):
                if measured is not None and value is not None:
                    quarter = (measured.start + index * measured.step) // 900
                    hour = local_time(demand.timezone, quarter).hour
                    rates[hour] = max(rates[hour], value * on_top)
            found[profile.name] = rates
        return found

    def sized(self, known: Profiles) -> Profiles:
        """Return profiles with what the tenant says of their demand."""
        return Profiles(self.profile(row) for row in known.values())

    def greatest(self, profile: Profile) -> float:
        """Return the greatest factor that a day or a campaign puts on a profile's busy hour.

        1 or more: a plain weekday is always served. What is drawn is left to the sizing's margins.
        """
        demand = profile.demand
        if demand is None:
            return 1.0
        days = [
            day * (demand.weekend if index >= 5 else 1.0) for index, day in enumerate(self.weekdays)
        ]
        best = max(1.0, *days, max(days[:5]) * self.month_end[1], demand.holiday)
        return best * self._campaigns(profile)

    def _campaigns(self, profile: Profile) -> float:
        mine = [c for c in self.campaigns if not c.profiles or profile.name in c.profiles]
        return max((_together(mine, c) for c in mine), default=1.0)


def _together(campaigns: list[Campaign], one: Campaign) -> float:
    """Return the product of the campaigns that meet *one*, itself included, never below 1."""
    meeting = (c for c in campaigns if c.start < one.end and one.start < c.end)
    return max(1.0, math.prod(max(1.0, c.factor) for c in meeting))


PLAIN: Final = Shape()


def varied(spread: float, unit: float) -> float:
    """Return a day's factor: Gamma of mean 1, its *spread* the coefficient of variation.

    unit    a draw in [0, 1)

    Sources: Jongbloed, Koole 2001 (Gamma-Poisson call volumes); Wilson, Hilferty 1931 (the cube
    root of a Gamma variable is almost normal: within 0.1 % here).
    """
    shape = 1 / (spread * spread)
    normal = NormalDist().inv_cdf(min(max(unit, 1e-9), 1 - 1e-9))
    root = 1 - 1 / (9 * shape) + normal / (3 * math.sqrt(shape))
    # Rounded before it decides anything, so that every machine has the same.
    return round(max(0.0, root) ** 3, 6)
