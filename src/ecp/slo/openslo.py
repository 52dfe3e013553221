"""OpenSLO v1: objectives of other tools are read, ours are written.

Source: OpenSLO specification v1, kind SLO. Its durations have no unit below a minute, so that
slots of five seconds cannot be slices there. They are written as events instead, which is exact:
`Occurrences`, good = up slots, total = up + down slots, said by the annotation `ecp-ai.io/slice`.

What is read is kept whole: written again, a document is the same, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from ecp.kube import yaml, yamlwriter
from ecp.slo.errors import InputError
from ecp.slo.objective import MILLION, Governing
from ecp.slo.rules import COUNTER
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import calendar, zone_of

VERSION: Final = "openslo/v1"
SLICE: Final = "ecp-ai.io/slice"
METHODS: Final = ("Occurrences", "Timeslices", "RatioTimeslices")
_SLOT: Final = f"{SLOT_SECONDS}s"
_CALENDAR: Final = {
    "1w": "calendar-week",
    "1M": "calendar-month",
    "1Q": "calendar-quarter",
    "1Y": "calendar-year",
}
_DURATION: Final = re.compile(r"[1-9][0-9]{0,4}[mhdw]")
_BEGINS: Final = "%Y-%m-%d %H:%M:%S"
_MOST: Final = 50

Path = tuple[str | int, ...]

_ANY: Final[dict[str, Any]] = {}
"""A field whose inside is the other tool's own."""
_METADATA: Final = {"name": str, "displayName": str, "labels": _ANY, "annotations": _ANY}
_METRICS: Final = ("good", "bad", "total", "raw")
_INDICATOR: Final = {
    "metadata": _METADATA,
    "spec": {
        "description": str,
        "ratioMetric": {"counter": bool, "rawType": str, **dict.fromkeys(_METRICS, _ANY)},
        "thresholdMetric": _ANY,
    },
}
_FIELDS: Final[dict[str, Any]] = {
    "apiVersion": str,
    "kind": str,
    "metadata": _METADATA,
    "spec": {
        "description": str,
        "service": str,
        "indicator": _INDICATOR,
        "indicatorRef": str,
        "budgetingMethod": str,
        "timeWindow": [
            {
                "duration": str,
                "isRolling": bool,
                "calendar": {"startTime": str, "timeZone": str},
            }
        ],
        "objectives": [
            {
                "displayName": str,
                "op": str,
                "value": float,
                "target": float,
                "targetPercent": float,
                "timeSliceTarget": float,
                "timeSliceWindow": str,
                "indicator": _INDICATOR,
                "indicatorRef": str,
                "compositeWeight": float,
            }
        ],
        "alertPolicies": [_ANY],
    },
}
_WORDS: Final = {str: "text", bool: "true or false", float: "a number"}


class Goal(NamedTuple):
    """One objective of a document as this house counts.

    `weight` its share of a composite (1 of a single one); `bad_ratio_ppm` from which share of bad
    requests on a slice is bad, of Timeslices only; `simplified` says what is counted differently.
    """

    target_ppm: int
    weight: Fraction
    bad_ratio_ppm: int | None
    simplified: str

    def to_json(self) -> dict[str, Any]:
        """As plain data; the weight as a number."""
        rows = {"target_ppm": self.target_ppm, "composite_weight": float(self.weight)}
        if self.bad_ratio_ppm is not None:
            rows["bad_ratio_ppm"] = self.bad_ratio_ppm
        return {**rows, **({"simplified": self.simplified} if self.simplified else {})}


@dataclass(frozen=True, slots=True)
class OpenSlo:
    """A document that was read: what it says, and what it means here.

    `period` is a name that `windows` knows (30d, calendar-month), `timezone` its zone.
    """

    document: Mapping[str, Any]
    service: str
    governing: Governing
    period: str
    timezone: str
    goals: tuple[Goal, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "name": self.document["metadata"]["name"],
            "service": self.service,
            "governing": self.governing,
            "period": self.period,
            "timezone": self.timezone,
            "objectives": [goal.to_json() for goal in self.goals],
        }

    def to_yaml(self) -> str:
        """The document, its fields in the order of the specification."""
        return yamlwriter.dump(_in_order(self.document, _FIELDS))


def exported(
    tenant: str, target_ppm: int, period: str, timezone: str = "UTC", *, begins: str = ""
) -> str:
    """A tenant's objective as OpenSLO; `begins` is where a calendar period begins, local time.

    Raises InputError for a period that OpenSLO cannot say.
    """
    names = {name: shorthand for shorthand, name in _CALENDAR.items()}
    window: dict[str, Any] = {"duration": names.get(period, period), "isRolling": True}
    if period in names:
        window |= {"isRolling": False, "calendar": {"startTime": begins, "timeZone": timezone}}

    def metric(states: str) -> dict[str, Any]:
        query = f'{COUNTER}{{tenant="{tenant}",service="",state=~"{states}"}}'
        return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}

    document = {
        "apiVersion": VERSION,
        "kind": "SLO",
        "metadata": {"name": f"{tenant}-uptime", "annotations": {SLICE: _SLOT}},
        "spec": {
            "description": f"Five-second slots of {tenant} that are up.",
            "service": tenant,
            "indicator": {
                "metadata": {"name": f"{tenant}-slots"},
                "spec": {
                    "ratioMetric": {
                        "counter": True,
                        "good": metric("up"),
                        "total": metric("up|down"),
                    }
                },
            },
            "budgetingMethod": "Occurrences",
            "timeWindow": [window],
            "objectives": [{"displayName": "uptime", "target": target_ppm / MILLION}],
        },
    }
    written = yamlwriter.dump(document)
    imported(written)  # what cannot be read back is not written
    return written


def imported(text: str | bytes) -> list[OpenSlo]:
    """The SLOs of a YAML file. Raises InputError with line and column of what cannot be used."""
    documents = yaml.read(text, expand_lists=False)
    for document in documents:
        for problem in document.errors:
            place = problem.position
            raise InputError(
                f"line {place.line}, column {place.column}", problem.message, "mend the YAML"
            )
    if not documents or len(documents) > _MOST:
        raise InputError("file", f"has {len(documents)} documents", f"give 1 to {_MOST} SLOs")
    return [_read(document) for document in documents]


class _Reader:
    """Reads one document; everything it refuses is refused with its place."""

    def __init__(self, document: yaml.Document) -> None:
        self.document = document

    def refuse(self, path: Path, problem: str, fix: str, *, key: bool = False) -> InputError:
        place = self.document.locate(path, key=key)
        dotted = ".".join(map(str, path)) or "document"
        return InputError(f"line {place.line}, column {place.column}: {dotted}", problem, fix)

    def check(self, value: Any, wanted: Any, path: Path = ()) -> None:
        """Refuse unknown fields and values of another type."""
        if wanted is _ANY:
            return
        if isinstance(wanted, list):
            if not isinstance(value, list):
                raise self.refuse(path, "is no list", "give a list")
            for index, item in enumerate(value):
                self.check(item, wanted[0], (*path, index))
        elif isinstance(wanted, dict):
            if not isinstance(value, dict):
                raise self.refuse(path, "is no object", f"give {', '.join(wanted)}")
            for name, item in value.items():
                if name not in wanted:
                    raise self.refuse(
                        (*path, name), "is no field of OpenSLO v1",
                        f"use {', '.join(wanted)}", key=True,
                    )  # fmt: skip
                self.check(item, wanted[name], (*path, name))
        elif isinstance(value, bool) is not (wanted is bool) or not isinstance(
            value, (int, float) if wanted is float else wanted
        ):
            raise self.refuse(path, f"{value!r} is of another type", f"give {_WORDS[wanted]}")

    def need(self, holder: Any, name: str, path: Path) -> Any:
        """The value of a field that has to be there."""
        if not isinstance(holder, dict) or holder.get(name) in (None, "", [], {}):
            raise self.refuse(path, f"{name} is missing", f"give {name}")
        return holder[name]


def _read(document: yaml.Document) -> OpenSlo:
    reader, given = _Reader(document), document.object
    for name, wanted in (("apiVersion", VERSION), ("kind", "SLO")):
        if reader.need(given, name, ()) != wanted:
            raise reader.refuse((name,), f"{given[name]!r} is not read", f"write {wanted}")
    reader.check(given, _FIELDS)
    reader.need(reader.need(given, "metadata", ()), "name", ("metadata",))
    spec, at = reader.need(given, "spec", ()), ("spec",)
    method = reader.need(spec, "budgetingMethod", at)
    if method not in METHODS:
        raise reader.refuse(
            ("spec", "budgetingMethod"), f"{method!r} is no method", f"use {', '.join(METHODS)}"
        )
    windows = reader.need(spec, "timeWindow", at)
    if len(windows) != 1:
        raise reader.refuse(("spec", "timeWindow"), "has several windows", "give one")
    period, zone = _window(reader, windows[0])
    annotations = given["metadata"].get("annotations") or {}
    sliced = isinstance(annotations, dict) and annotations.get(SLICE) == _SLOT
    governing: Governing = "occurrences" if method == "Occurrences" else "timeslices"
    objectives = reader.need(spec, "objectives", at)
    goals = tuple(
        _goal(reader, row, ("spec", "objectives", index), method)
        for index, row in enumerate(objectives)
    )
    service = reader.need(spec, "service", at)
    return OpenSlo(given, service, "timeslices" if sliced else governing, period, zone, goals)


def _window(reader: _Reader, window: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the period and its zone."""
    path: Path = ("spec", "timeWindow", 0)
    duration = reader.need(window, "duration", path)
    fixed = window.get("calendar")
    if fixed is None:
        if not window.get("isRolling", True):
            raise reader.refuse(path, "calendar is missing", "give calendar or isRolling: true")
        if not _DURATION.fullmatch(duration):
            raise reader.refuse(
                (*path, "duration"), f"{duration!r} has no fixed length", "write 24h, 7d, 30d, 4w"
            )
        return duration, "UTC"
    if window.get("isRolling"):
        raise reader.refuse(path, "is rolling and has a calendar", "write isRolling: false")
    if duration not in _CALENDAR:
        raise reader.refuse(
            (*path, "duration"), f"{duration!r} is no calendar period",
            f"use {', '.join(_CALENDAR)}",
        )  # fmt: skip
    zone = reader.need(fixed, "timeZone", (*path, "calendar"))
    start = reader.need(fixed, "startTime", (*path, "calendar"))
    at = (*path, "calendar", "startTime")
    try:
        begins = datetime.strptime(start, _BEGINS)
    except ValueError:
        raise reader.refuse(at, f"{start!r} is no instant", "write 2026-01-01 00:00:00") from None
    try:
        seconds = _local(begins, zone)
        found = calendar(_CALENDAR[duration].removeprefix("calendar-"), seconds, zone)
    except InputError as error:
        raise reader.refuse((*path, "calendar", "timeZone"), error.problem, error.fix) from error
    if found.start * SLOT_SECONDS != seconds:
        raise reader.refuse(
            at, f"{start} begins no period of {duration}", "give the first midnight of one"
        )
    return _CALENDAR[duration], zone


def _local(begins: datetime, zone: str) -> int:
    return int(begins.replace(tzinfo=zone_of(zone)).timestamp())


def _goal(reader: _Reader, row: Mapping[str, Any], path: Path, method: str) -> Goal:
    if ("target" in row) == ("targetPercent" in row):
        raise reader.refuse(path, "has not one target", "give target or targetPercent")
    name, scale = ("target", MILLION) if "target" in row else ("targetPercent", MILLION // 100)
    target_ppm = _ppm(reader, row, (*path, name), scale)
    if not 1 <= target_ppm < MILLION:
        raise reader.refuse(
            (*path, name), f"{row[name]} is no target", "give more than 0, below 100 %"
        )
    weight = Fraction(Decimal(str(row.get("compositeWeight", 1))))
    if weight <= 0:
        raise reader.refuse(
            (*path, "compositeWeight"), f"{weight} weighs nothing", "give more than 0"
        )
    bad, simplified = None, ""
    if method != "Occurrences":
        window = reader.need(row, "timeSliceWindow", path)
        if not _DURATION.fullmatch(window):
            raise reader.refuse(
                (*path, "timeSliceWindow"), f"{window!r} is no duration", "write 1m, 5m, 1h"
            )
        simplified = f"slices of {window} are judged in slots of {_SLOT}"
        if method == "Timeslices":
            reader.need(row, "timeSliceTarget", path)
            bad = MILLION - _ppm(reader, row, (*path, "timeSliceTarget"), MILLION)
        else:
            simplified += ", each good or bad instead of its ratio"
    return Goal(target_ppm, weight, bad, simplified)


def _ppm(reader: _Reader, row: Mapping[str, Any], path: Path, scale: int) -> int:
    """Parts per million, exactly as written."""
    value = Decimal(str(row[str(path[-1])])) * scale
    if value != int(value) or not 0 <= value <= MILLION:
        raise reader.refuse(path, f"{row[str(path[-1])]} is no share", "give at most 6 decimals")
    return int(value)


def _in_order(value: Any, fields: Any) -> Any:
    """The same value, fields that are known in the order of the table."""
    if isinstance(value, dict) and isinstance(fields, dict) and fields:
        return {name: _in_order(value[name], fields[name]) for name in fields if name in value}
    if isinstance(value, list) and isinstance(fields, list):
        return [_in_order(item, fields[0]) for item in value]
    return value


def listed(slos: list[OpenSlo]) -> Iterator[str]:
    """Yield the documents as one stream."""
    for index, slo in enumerate(slos):
        yield ("---\n" if index else "") + slo.to_yaml()
