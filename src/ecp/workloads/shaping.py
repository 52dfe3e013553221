"""A tenant's shape of its demand as JSON: read, checked with its place, written as it is kept.

Every part is optional:

    {"calendar": "KR", "days": {"2026-05-04": "Founding day", "2026-06-03": ""},
     "weekdays": {"mon": 1.2}, "month_end": {"days": 3, "factor": 1.3}, "variation": "profile",
     "campaigns": [{"name": "Launch", "start": "2026-03-02T09:00:00+09:00",
                    "end": "2026-03-06T18:00:00+09:00", "factor": 2, "rise": "2h", "fall": "1h"}],
     "profiles": {"callbot": {"sessions": 120, "duration": "4m"}},
     "series": {"chatbot": {"csv": "time,value\\n…", "unit": "count", "step": "15m"}},
     "follow": {"callbot": {"metric": "calls_per_minute", "unit": "per-minute", "hold": "1h"}}}
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as nanoseconds_of
from ecp.kube.times import rfc3339
from ecp.workloads.demand import local_time
from ecp.workloads.holidays import CALENDARS
from ecp.workloads.profiles import Profiles, profiles
from ecp.workloads.series import (
    RATES,
    STEPS,
    UNITS,
    InvalidSeries,
    Series,
    read_csv,
    read_prometheus,
    resampled,
)
from ecp.workloads.shapes import PLAIN, WEEKDAYS, Campaign, Follow, Shape
from ecp.workloads.sheet import Profile

_SECOND: Final = 1_000_000_000
_QUARTER: Final = 900 * _SECOND
_MOST: Final = 100.0  # a factor above is a slip of the pen
_MOST_ROWS: Final = 500  # days and campaigns
_WORD: Final = 200


class InvalidShape(ValueError):
    """A shape that cannot be; `field` says where, the message what is wrong and how to mend it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


def read_shape(given: Any, known: Profiles | None = None) -> Shape:
    """Return the shape that a body says, PLAIN for None. Raises InvalidShape."""
    if given is None:
        return PLAIN
    known = profiles() if known is None else known
    rows = _mapping(given, "shape", _PARTS)
    found: dict[str, Any] = {}
    for part, value in rows.items():
        if value is not None:
            name, parse = _PARTS[part]
            found[name] = parse(value, part, known)
    shape = Shape(**found)
    wanted = rows.get("series") or {}
    series = {name: _series(wanted[name], f"series.{name}", shape, known[name]) for name in wanted}
    return replace(shape, series=MappingProxyType(series)) if series else shape


def written(given: Any, known: Profiles | None = None) -> dict[str, Any] | None:
    """Return a body as it is kept: read, and each series in steps. Raises InvalidShape."""
    if given is None:
        return None
    shape = read_shape(given, known)
    kept = {part: value for part, value in given.items() if value is not None}
    if shape.series:
        kept["series"] = {name: plain_series(row) for name, row in shape.series.items()}
    return kept or None


def plain_series(series: Series) -> dict[str, Any]:
    """Write a series down: sessions per second in steps."""
    return {
        "start": rfc3339(series.start * _SECOND),
        "step": f"{series.step // 60}m",
        "values": list(series.values),
        "repeat": series.repeat,
    }


def _mapping(value: Any, field: str, known: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidShape(field, "must be a mapping")
    for name in value:
        if name not in known:
            raise InvalidShape(f"{field}.{name}"[:_WORD], f"unknown; known: {', '.join(known)}")
    return value


def _calendar(value: Any, field: str, known: Profiles) -> str:
    if value not in (*CALENDARS, "none"):
        raise InvalidShape(field, f"must be one of {', '.join(CALENDARS)}, none")
    return "" if value == "none" else str(value)


def _day(value: Any, field: str) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise InvalidShape(field, "must be a date as 2026-05-04") from error


def _days(value: Any, field: str, known: Profiles) -> Mapping[date, str]:
    if not isinstance(value, dict) or len(value) > _MOST_ROWS:
        raise InvalidShape(field, f"must be a mapping of at most {_MOST_ROWS} dates to names")
    found = {}
    for day, name in value.items():
        where = f"{field}.{day}"[:_WORD]
        if not isinstance(name, str) or len(name) > _WORD:
            raise InvalidShape(where, 'must be the name of the day off, or "" for a working day')
        found[_day(day, where)] = name
    return MappingProxyType(found)


def _factor(value: Any, field: str, most: float = _MOST) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    if not good:
        raise InvalidShape(field, f"must be a number from 0 to {most:g}")
    return float(value)


def _weekdays(value: Any, field: str, known: Profiles) -> tuple[float, ...]:
    rows = _mapping(value, field, WEEKDAYS)
    return tuple(_factor(rows.get(day, 1.0), f"{field}.{day}") for day in WEEKDAYS)


def _month_end(value: Any, field: str, known: Profiles) -> tuple[int, float]:
    rows = _mapping(value, field, ("days", "factor"))
    days = rows.get("days")
    if isinstance(days, bool) or not isinstance(days, int | float) or days not in range(1, 11):
        raise InvalidShape(f"{field}.days", "must be 1 to 10 working days")
    return int(days), _factor(rows.get("factor"), f"{field}.factor")


def _variation(value: Any, field: str, known: Profiles) -> float | None:
    if value == "profile":
        return None
    return _factor(value, field, 1.0)


def _instant(value: Any, field: str) -> int:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (ValueError, TypeError):
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2200:
        raise InvalidShape(field, "must be an instant with an offset, as 2026-03-02T09:00:00+09:00")
    return round(moment.timestamp()) * _SECOND


def _duration(value: Any, field: str) -> int:
    try:
        found = nanoseconds_of(str(value))
    except InvalidDuration as error:
        raise InvalidShape(field, str(error)) from error
    if found < 0:
        raise InvalidShape(field, "must not be negative")
    return found


def _profile_name(name: Any, field: str, known: Profiles) -> str:
    mine = [row.name for row in known.values() if row.demand is not None]
    if name not in mine:
        raise InvalidShape(field, f"must be one of {', '.join(mine)}")
    return str(name)


_CAMPAIGN: Final = ("name", "start", "end", "factor", "rise", "fall", "profiles")


def _campaigns(value: Any, field: str, known: Profiles) -> tuple[Campaign, ...]:
    if not isinstance(value, list) or len(value) > _MOST_ROWS:
        raise InvalidShape(field, f"must be a list of at most {_MOST_ROWS} campaigns")
    return tuple(_campaign(row, f"{field}[{index}]", known) for index, row in enumerate(value))


def _campaign(value: Any, field: str, known: Profiles) -> Campaign:
    rows = _mapping(value, field, _CAMPAIGN)
    name = rows.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _WORD:
        raise InvalidShape(f"{field}.name", "required: what reports are to call it")
    start, end = (
        _instant(rows.get("start"), f"{field}.start"),
        _instant(rows.get("end"), f"{field}.end"),
    )
    rise, fall = (_duration(rows.get(part, "0s"), f"{field}.{part}") for part in ("rise", "fall"))
    if end < start + _QUARTER:
        raise InvalidShape(f"{field}.end", "must be 15 minutes or more after start")
    if rise + fall > end - start:
        raise InvalidShape(f"{field}.rise", "rise and fall together are longer than the campaign")
    names = rows.get("profiles", [])
    if not isinstance(names, list):
        raise InvalidShape(f"{field}.profiles", "must be a list of profiles")
    mine = tuple(_profile_name(row, f"{field}.profiles[{i}]", known) for i, row in enumerate(names))
    factor = _factor(rows.get("factor"), f"{field}.factor")
    return Campaign(name, start, end, factor, rise, fall, mine)


def _sessions(value: Any, field: str) -> float:
    return _factor(value, field, 100_000)


def _long(value: Any, field: str) -> float:
    found = _duration(value, field) / _SECOND
    if not 0 < found <= 86_400:
        raise InvalidShape(field, "must be above 0 and at most 24h")
    return found


def _hours(value: Any, field: str) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != 24:
        raise InvalidShape(field, "must be 24 numbers, one a local hour")
    weights = tuple(_factor(row, f"{field}[{hour}]", 1e6) for hour, row in enumerate(value))
    if not sum(weights):
        raise InvalidShape(field, "must not be all zero")
    return weights


def _zone(value: Any, field: str) -> str:
    try:
        local_time(value, 0)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise InvalidShape(field, "must be an IANA time zone, as Asia/Seoul") from error
    return str(value)


_OVERRIDES: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "sessions": _sessions,
    "duration": _long,
    "weights": _hours,
    "timezone": _zone,
    "weekend": _factor,
    "holiday": _factor,
}


def _overrides(value: Any, field: str, known: Profiles) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, dict):
        raise InvalidShape(field, "must be a mapping of profiles")
    found = {}
    for name, rows in value.items():
        where = f"{field}.{name}"[:_WORD]
        _profile_name(name, where, known)
        said = _mapping(rows, where, _OVERRIDES)
        found[name] = MappingProxyType(
            {part: _OVERRIDES[part](row, f"{where}.{part}") for part, row in said.items()}
        )
    return MappingProxyType(found)


def _series_names(value: Any, field: str, known: Profiles) -> Mapping[str, Series]:
    """Check the names only: a series is read once the rest is, it needs a profile's duration."""
    if not isinstance(value, dict):
        raise InvalidShape(field, "must be a mapping of profiles")
    for name in value:
        _profile_name(name, f"{field}.{name}"[:_WORD], known)
    return MappingProxyType({})


_SERIES: Final = ("csv", "prometheus", "values", "start", "unit", "step", "timezone", "repeat")


def _series(value: Any, field: str, shape: Shape, profile: Profile) -> Series:
    rows = _mapping(value, field, _SERIES)
    given = [source for source in ("csv", "prometheus", "values") if rows.get(source) is not None]
    if len(given) != 1:
        raise InvalidShape(field, "needs one of csv, prometheus, values")
    step = _duration(rows.get("step", "15m"), f"{field}.step") // _SECOND
    if step not in STEPS:
        known = ", ".join(f"{seconds // 60}m" for seconds in STEPS)
        raise InvalidShape(f"{field}.step", f"must be one of {known}")
    repeat = rows.get("repeat", False)
    if not isinstance(repeat, bool):
        raise InvalidShape(f"{field}.repeat", "must be true or false")
    demand = shape.profile(profile).demand
    assert demand is not None
    if given == ["values"]:
        return _steps(rows, field, step, repeat)
    unit = rows.get("unit")
    if unit not in UNITS:
        raise InvalidShape(f"{field}.unit", f"must be one of {', '.join(UNITS)}")
    timezone = _zone(rows.get("timezone", demand.timezone), f"{field}.timezone")
    source = given[0]
    try:
        if source == "csv":
            if not isinstance(rows["csv"], str):
                raise InvalidSeries("must be the text of the file")
            found = read_csv(rows["csv"], timezone)
        else:
            found = read_prometheus(rows["prometheus"])
        return resampled(found, unit=unit, step=step, duration=demand.duration, repeat=repeat)
    except InvalidSeries as error:
        raise InvalidShape(f"{field}.{source}", str(error)) from error


def _steps(rows: Mapping[str, Any], field: str, step: int, repeat: bool) -> Series:
    start = _instant(rows.get("start"), f"{field}.start") // _SECOND
    if start % step:
        raise InvalidShape(f"{field}.start", "must be a whole number of steps since 1970 (UTC)")
    values = rows["values"]
    if not isinstance(values, list) or not 2 <= len(values) <= 30_000:
        raise InvalidShape(f"{field}.values", "must be a list of 2 to 30000 numbers")
    found = tuple(
        None if row is None else _factor(row, f"{field}.values[{index}]", 1e9)
        for index, row in enumerate(values)
    )
    if repeat and len(found) * step % 604_800:
        raise InvalidShape(f"{field}.repeat", "only whole weeks can repeat")
    return Series(start, step, found, repeat)


_FOLLOW: Final = ("metric", "unit", "hold")
_FOLLOWED: Final = (*RATES, "held")


def _follow(value: Any, field: str, known: Profiles) -> Mapping[str, Follow]:
    if not isinstance(value, dict):
        raise InvalidShape(field, "must be a mapping of profiles")
    found = {}
    for name, row in value.items():
        where = f"{field}.{name}"[:_WORD]
        _profile_name(name, where, known)
        rows = _mapping(row, where, _FOLLOW)
        metric, unit = rows.get("metric"), rows.get("unit")
        if not isinstance(metric, str) or not 0 < len(metric) <= _WORD:
            raise InvalidShape(f"{where}.metric", "required: the name under which it is told")
        if unit not in _FOLLOWED:
            raise InvalidShape(f"{where}.unit", f"must be one of {', '.join(_FOLLOWED)}")
        hold = _duration(rows.get("hold", "1h"), f"{where}.hold")
        if not 60 * _SECOND <= hold <= 86_400 * _SECOND:
            raise InvalidShape(f"{where}.hold", "must be 1m to 24h")
        found[name] = Follow(metric, unit, hold)
    return MappingProxyType(found)


_PARTS: Final[Mapping[str, tuple[str, Callable[[Any, str, Profiles], Any]]]] = {
    "calendar": ("code", _calendar),
    "days": ("changes", _days),
    "weekdays": ("weekdays", _weekdays),
    "month_end": ("month_end", _month_end),
    "campaigns": ("campaigns", _campaigns),
    "variation": ("variation", _variation),
    "profiles": ("overrides", _overrides),
    "series": ("series", _series_names),
    "follow": ("follow", _follow),
}
