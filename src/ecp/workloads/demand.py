"""Demand: how much work reaches each workload, at an instant or in the busy hour.

A tenant is seven counters of contracted units. A unit begins sessions (calls, chats, consultations)
at a rate that follows the local hour and the day of the week; sessions hold streams and send
requests along the profiles' dependencies. Everything is a mean: chance belongs to who draws it.

Example: ten callbot channels begin 10 x 160 x 0.128 calls in their busiest hour, 0.057 a second,
10.2 Erlang; each holds one STT and one TTS stream and sends 20 NLP requests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ecp.workloads.holidays import off
from ecp.workloads.profiles import Profiles
from ecp.workloads.sheet import Demand, Profile

_QUARTER = 900 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class TenantDemand:
    """What a tenant has contracted, in each counter's own unit (see the profiles)."""

    callbot: int = 0
    chatbot: int = 0
    advisor: int = 0
    stt: int = 0
    tts: int = 0
    ta: int = 0
    qa: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for a counter that is no whole number of zero or more."""
        for counter, units in self.items():
            if isinstance(units, bool) or not isinstance(units, int) or units < 0:
                raise ValueError(f"{counter}: {units!r} must be a whole number, zero or more")

    def items(self) -> tuple[tuple[str, int], ...]:
        """Return (counter, units) of all seven, in the order of the fields."""
        return tuple((field.name, getattr(self, field.name)) for field in fields(self))

    @property
    def channels(self) -> int:
        """Voice channels and agents, as presets count them."""
        return self.callbot + self.advisor + self.stt + self.tts


class Load(NamedTuple):
    """What reaches a workload: `sessions` and `requests` per second, `streams` in Erlang.

    `sessions` and the streams of its own sessions are those of its counter; others' streams come on
    top. `entry` is the part of `requests` that customers make themselves.
    """

    sessions: float = 0.0
    streams: float = 0.0
    requests: float = 0.0
    entry: float = 0.0


# --- in time -------------------------------------------------------------------------------------


def rate(profile: Profile, units: float, instant: int) -> float:
    """Return how many sessions *units* begin per second at *instant* (ns since the epoch, UTC).

    0.0 for a profile without a demand of its own. Constant between two `next_change`s. A day off
    of the profile's calendar counts as such, whatever day of the week it is.
    """
    demand = profile.demand
    if demand is None:
        return 0.0
    local = local_time(demand.timezone, instant // _QUARTER)
    return units * hourly(demand, local.hour) * day_factor(demand, local.day)


def day_factor(demand: Demand, day: date, *, holiday: bool | None = None) -> float:
    """Return the factor of a local day: a holiday's, a weekend's, else 1.

    holiday     what is known better than by the calendar, None = ask the calendar
    """
    if off(demand.calendar, day) if holiday is None else holiday:
        return demand.holiday
    return demand.weekend if day.weekday() >= 5 else 1.0


def request_rate(profile: Profile, units: float, instant: int) -> float:
    """Return how many entry requests *units* make per second at *instant*: sessions x turns."""
    turns = profile.demand.turns if profile.demand is not None else 0.0
    return rate(profile, units, instant) * turns


def next_change(profile: Profile, instant: int) -> int:
    """Return the next instant (ns) after *instant* at which `rate` may be another: a local hour.

    Zones whose offset is no whole hour change at their own hour; all offsets in use are whole
    quarters, so a quarter of an hour is looked at at a time.
    """
    at = instant // _QUARTER + 1
    if profile.demand is None:
        return -(-at // 4) * 4 * _QUARTER
    while local_time(profile.demand.timezone, at).minute:
        at += 1
    return at * _QUARTER


class Local(NamedTuple):
    """A local date with its hour and minute."""

    day: date
    hour: int
    minute: int


@lru_cache(maxsize=65_536)
def local_time(zone: str, quarter: int) -> Local:
    """Return where the clock of a zone stands at a quarter of an hour since the epoch."""
    local = datetime.fromtimestamp(quarter * 900, ZoneInfo(zone))
    return Local(local.date(), local.hour, local.minute)


@lru_cache(maxsize=1024)
def hourly(demand: Demand, hour: int) -> float:
    """Sessions per second of one unit in a weekday's local hour."""
    return demand.sessions * demand.weights[hour] / sum(demand.weights) / 3600


# --- along the dependencies ----------------------------------------------------------------------


def needed(tenant: TenantDemand, known: Profiles) -> tuple[str, ...]:
    """Return the workloads that a tenant needs: those of its counters and all they depend on.

    In the order of *known*: what is called comes before who calls.
    """
    wanted: dict[str, None] = {}
    for counter, units in tenant.items():
        if units:
            _need(known.by_counter(counter).name, known, wanted)
    return tuple(name for name in known if name in wanted)


def _need(name: str, known: Profiles, wanted: dict[str, None]) -> None:
    if name in wanted:
        return
    wanted[name] = None
    profile = known[name]
    for callee in (*(call.to for call in profile.calls), *_doors(profile)):
        _need(callee, known, wanted)


def _doors(profile: Profile) -> tuple[str, ...]:
    return profile.behind if profile.entry else ()


def offered(sessions: Mapping[str, float], known: Profiles) -> dict[str, Load]:
    """Return what reaches each workload when sessions begin at these rates.

    sessions    profile name -> sessions per second of its own counter

    Source of the streams: Little's law, Erlang = rate x mean duration.
    """
    loads = dict.fromkeys(known, Load())
    for name in reversed(list(known)):
        profile, begun = known[name], sessions.get(name, 0.0)
        demand = profile.demand
        if demand is not None and begun:
            turns = begun * demand.turns
            loads[name] = _plus(loads[name], Load(begun, begun * demand.duration, turns, turns))
            for door in _doors(profile):
                loads[door] = _plus(loads[door], Load(requests=turns, entry=turns))
        load = loads[name]
        # Dependencies count per session where the workload has sessions, else per request.
        each = load.sessions if demand is not None else load.requests
        for call in profile.calls:
            lasting = demand.duration if demand is not None else 0.0
            more = Load(streams=each * call.streams * lasting, requests=each * call.requests)
            loads[call.to] = _plus(loads[call.to], more)
    return {name: load for name, load in loads.items() if any(load)}


def _plus(one: Load, other: Load) -> Load:
    return Load(*(a + b for a, b in zip(one, other, strict=True)))


def begun_at(tenant: TenantDemand, known: Profiles, instant: int) -> dict[str, float]:
    """Return the sessions per second of each counter's workload at *instant* (ns)."""
    found = {}
    for counter, units in tenant.items():
        if units:
            profile = known.by_counter(counter)
            found[profile.name] = rate(profile, units, instant)
    return found


def busy_hour(
    tenant: TenantDemand, known: Profiles, rates: Mapping[str, Sequence[float]] | None = None
) -> dict[str, Load]:
    """Return the greatest load of each workload over the hours of a weekday.

    rates       profile name -> sessions per second in each of its 24 local hours, for who knows
                better than by units (`Shape.busy_rates`)

    Each figure is the workload's own greatest, whatever the hour: an NLP server has another one
    than the callbot that calls it when a nightly analysis uses it too.
    """
    greatest: dict[str, Load] = {}
    for hour in range(24):
        sessions = {}
        for counter, units in tenant.items():
            if units:
                profile = known.by_counter(counter)
                assert profile.demand is not None
                local, given = _shifted(profile, hour), (rates or {}).get(profile.name)
                begun = units * hourly(profile.demand, local) if given is None else given[local]
                sessions[profile.name] = begun
        for name, load in offered(sessions, known).items():
            before = greatest.get(name, Load())
            greatest[name] = Load(*(max(a, b) for a, b in zip(before, load, strict=True)))
    return {name: greatest[name] for name in known if name in greatest}


def _shifted(profile: Profile, hour: int) -> int:
    """Return the profile's local hour when it is *hour* in UTC on a winter weekday."""
    assert profile.demand is not None
    zone = ZoneInfo(profile.demand.timezone)
    moment = datetime(2026, 1, 7, hour, 30, tzinfo=ZoneInfo("UTC")).astimezone(zone)
    return moment.hour


def daily_sessions(profile: Profile, units: float, *, weekend: bool = False) -> float:
    """Return how many sessions *units* begin on a whole local day."""
    if profile.demand is None:
        return 0.0
    return units * profile.demand.sessions * (profile.demand.weekend if weekend else 1.0)
