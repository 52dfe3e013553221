"""A measured demand: rows of a CSV file or of a Prometheus range query become equal steps.

A row holds until the next one (or as long as rows are apart, where the next is missing); a step's
value is the mean over its time. Where no row says anything the step is a gap (None), and the
profile's own demand holds.

Example: hourly counts `2026-05-04T09:00:00+09:00,360` in steps of 15 min are four steps of 0.1
sessions a second.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

UNITS: Final = ("per-second", "per-minute", "per-hour", "count", "held")
"""What a value says: sessions that begin in such a time, or within a row (count), or sessions that
are held at once, which duration makes a rate (Little's law)."""
STEPS: Final = (300, 600, 900, 1800, 3600)
MOST_ROWS: Final = 100_000
MOST_STEPS: Final = 30_000
RATES: Final[Mapping[str, float]] = {"per-second": 1.0, "per-minute": 60.0, "per-hour": 3600.0}
"""The seconds of the units that are rates."""


class InvalidSeries(ValueError):
    """Rows that are no series; the message says which row and field, and how to mend it."""


class Row(NamedTuple):
    """One measurement: `at` in s since the epoch, and where it stands ("row 3", "values[2]")."""

    at: float
    value: float
    where: str


class Series(NamedTuple):
    """Sessions that begin per second in steps of `step` seconds from `start` (s) on; None = a gap.

    `repeat`: begins anew at its end, and before its start: a measured week is every week.
    """

    start: int
    step: int
    values: tuple[float | None, ...]
    repeat: bool = False

    def at(self, instant: int) -> float | None:
        """Return the value at an instant (ns since the epoch), None where nothing is known."""
        index = (instant // 1_000_000_000 - self.start) // self.step
        if self.repeat:
            index %= len(self.values)
        return self.values[index] if 0 <= index < len(self.values) else None

    def next_step(self, instant: int) -> int | None:
        """Return the next instant (ns) at which a step begins or the last ends, None = never."""
        index = (instant // 1_000_000_000 - self.start) // self.step + 1
        if not self.repeat and index > len(self.values):
            return None
        if not self.repeat:
            index = max(0, index)
        return (self.start + index * self.step) * 1_000_000_000

    @property
    def gaps(self) -> int:
        """How many steps nobody measured."""
        return sum(value is None for value in self.values)


def read_csv(text: str, timezone: str) -> list[Row]:
    """Return the rows of a CSV file: a header `time,value`, then a row a measurement.

    Times are RFC 3339, s since the epoch, or local in *timezone* where they name no offset.
    Raises InvalidSeries naming the row.
    """
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        if header[:2] != ["time", "value"]:
            raise InvalidSeries(
                f"row 1: the header must be time,value; it is {','.join(header)[:60] or 'empty'}"
            )
        found: list[Row] = []
        for number, line in enumerate(lines, start=2):
            if not any(field.strip() for field in line):
                continue
            if len(line) < 2:
                raise InvalidSeries(f"row {number}: must have two fields, time and value")
            _few(len(found))
            where = f"row {number}"
            at = _instant(line[0].strip(), timezone, where)
            found.append(Row(at, _value(line[1].strip(), where), where))
    except csv.Error as error:
        raise InvalidSeries(f"row {lines.line_num}: {error}") from error
    return found


def read_prometheus(answer: Any) -> list[Row]:
    """Return the rows of what `GET /api/v1/query_range` answers (a mapping, or its JSON text).

    Source: prometheus.io/docs, HTTP API, range vectors. Raises InvalidSeries naming the field.
    """
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError as error:
            raise InvalidSeries(f"no JSON: {error}") from error
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise InvalidSeries('status: must be "success", as a range query answers')
    data = answer.get("data")
    if not isinstance(data, dict) or data.get("resultType") != "matrix":
        raise InvalidSeries("data.resultType: must be matrix: ask /api/v1/query_range")
    result = data.get("result")
    if not isinstance(result, list) or len(result) != 1:
        count = len(result) if isinstance(result, list) else 0
        raise InvalidSeries(
            f"data.result: must be one series, there are {count}: write sum(...) around the query"
        )
    rows = result[0].get("values") if isinstance(result[0], dict) else None
    if not isinstance(rows, list):
        raise InvalidSeries("data.result[0].values: must be a list of [time, value]")
    found = []
    for index, row in enumerate(rows):
        where = f"data.result[0].values[{index}]"
        _few(index)
        if not isinstance(row, list) or len(row) != 2:
            raise InvalidSeries(f"{where}: must be [time, value]")
        at = row[0]
        if isinstance(at, bool) or not isinstance(at, int | float) or not _fits(at):
            raise InvalidSeries(f"{where}: the time must be s since the epoch")
        found.append(Row(float(at), _value(str(row[1]), where), where))
    return found


def resampled(
    rows: Sequence[Row], *, unit: str, step: int, duration: float, repeat: bool = False
) -> Series:
    """Return rows as equal steps.

    unit        one of UNITS;  step  seconds, one of STEPS;  duration  of a session (s), for `held`

    Raises InvalidSeries for rows that do not follow each other, or whose repetition would shift
    the days of the week.
    """
    if len(rows) < 2:
        raise InvalidSeries(f"needs two rows or more, there are {len(rows)}")
    for before, row in pairwise(rows):
        if row.at <= before.at:
            raise InvalidSeries(
                f"{row.where}: its time must be after that of {before.where}; sort the rows, and "
                "name offsets where a clock was set back"
            )
    apart = median(b.at - a.at for a, b in pairwise(rows))
    start = math.floor(rows[0].at / step) * step
    steps = math.ceil((rows[-1].at + apart - start) / step)
    if steps > MOST_STEPS:
        raise InvalidSeries(
            f"spans {steps} steps of {step} s, at most {MOST_STEPS} are taken: choose a longer step"
        )
    if repeat and steps * step % 604_800:
        raise InvalidSeries(
            f"repeat: the series must be whole weeks, it is {steps * step / 86_400:g} days"
        )
    sums, seen = [0.0] * steps, [0.0] * steps
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        length = apart if after is None else after.at - row.at
        # A row that was lost is a gap; one that came late is none.
        until = row.at + (apart if length > 2 * apart else length)
        a_second = _a_second(row.value, unit, apart, duration)
        for index, share in _shares(row.at - start, until - start, step):
            if index < steps:
                sums[index] += a_second * share
                seen[index] += share
    values = tuple(
        round(total / share, 9) if share >= step / 2 else None
        for total, share in zip(sums, seen, strict=True)
    )
    return Series(int(start), step, values, repeat)


def _a_second(value: float, unit: str, apart: float, duration: float) -> float:
    if unit == "held":
        return value / duration
    return value / (apart if unit == "count" else RATES[unit])


def _shares(begin: float, end: float, step: int) -> Iterable[tuple[int, float]]:
    """Yield (step, seconds of it) that lie in [begin, end)."""
    index = math.floor(begin / step)
    while index * step < end:
        yield index, min(end, (index + 1) * step) - max(begin, index * step)
        index += 1


def _few(count: int) -> None:
    if count >= MOST_ROWS:
        raise InvalidSeries(f"has more than {MOST_ROWS} rows: ask for a longer step")


def _fits(at: float) -> bool:
    return math.isfinite(at) and 0 <= at < 7_258_118_400  # the year 2200


def _value(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise InvalidSeries(f"{where}: value: {text[:40]!r} must be a number, zero or more")
    return value


def _instant(text: str, timezone: str, where: str) -> float:
    try:
        at = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidSeries(
                f"{where}: time: {text[:40]!r} must be as 2026-05-04T09:00:00+09:00, "
                "2026-05-04 09:00 (local) or s since the epoch"
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(timezone))
        at = moment.timestamp()
    if not _fits(at):
        raise InvalidSeries(f"{where}: time: {text[:40]!r} must be s since the epoch")
    return at
