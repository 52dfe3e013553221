"""Inputs of a statement read back from its evidence pack, so that a correction revises just that.

What was agreed when the month was closed stays: objective, terms, hours, credits. Only windows of
maintenance are told anew.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, cast

from ecp.slo.agreed import Agreed, Credits
from ecp.slo.answering import Answering
from ecp.slo.credits import CreditTerms, CreditTier
from ecp.slo.errors import InputError
from ecp.slo.kept import KeptMinute
from ecp.slo.levels import Level
from ecp.slo.maintenance import Maintenance, MaintenanceTerms
from ecp.slo.objective import Objective
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.sketch import Row, Sketch, of_buckets, rows_of
from ecp.slo.slots import State
from ecp.slo.statement import MINUTES_HEAD, SUMMED, Inputs
from ecp.slo.windows import Window

FILES: Final = {
    "json": "report.json",
    "csv": "report.csv",
    "html": "report.html",
    "pdf": "report.pdf",
}
"""The forms of a statement that its pack has, by name of the form."""

_WITHOUT_CALLS: Final = MINUTES_HEAD.replace(",calls,answered,cut", "")
"""The head of packs that were frozen before calls and times were kept."""

_ESCAPED: Final = re.compile(r"%([0-9A-F]{2})")


def file_of(pack: bytes, form: str) -> bytes:
    """A form of the statement as its pack has it; `zip` is the pack itself."""
    if form == "zip":
        return pack
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return archive.read(FILES[form])


def inputs_of_pack(pack: bytes, timezone: str) -> Inputs:
    """The inputs that a pack holds; `timezone` is that of the terms' months.

    Windows that recurred are there occurrence by occurrence. Raises InputError for what is none.
    """
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        facts = json.loads(archive.read("inputs.json"))
        lines = archive.read("minutes.csv").decode().splitlines()
        told = "latency.csv" in archive.namelist()
        times = archive.read("latency.csv").decode().splitlines() if told else []
    birth = facts["birth"]
    return Inputs(
        facts["tenant_id"],
        _window(facts["window"]),
        _objective(facts["objective"]),
        Agreed(
            tuple(
                Maintenance(**{**row, "services": tuple(row["services"])})
                for row in facts["windows"]
            ),
            MaintenanceTerms(
                facts["terms"]["notice_seconds"], facts["terms"]["monthly_cap_seconds"], timezone
            ),
            tuple(sorted(facts["service_hours"].items())),
            _credits(facts["credits"]),
            tuple(facts["holidays"]),
        ),
        _minutes(lines, birth),
        facts["release_revision"],
        facts["evidence"],
        tuple(facts["demand_holidays"]),
        _times(times),
        {
            name: Level(**{field: row[field] for field in SUMMED}, sketch=_sketch(row["latency"]))
            for name, row in facts.get("sums", {}).items()
        },
        facts.get("causes", {}),
    )


def revised(inputs: Inputs, windows: Sequence[Maintenance]) -> Inputs:
    """The inputs with these windows of maintenance, all else as it was."""
    return replace(inputs, agreed=replace(inputs.agreed, windows=tuple(windows)))


def _sketch(buckets: Mapping[str, int]) -> tuple[Row, ...]:
    return rows_of(of_buckets({int(bucket): answers for bucket, answers in buckets.items()}))


def _window(row: Mapping[str, Any]) -> Window:
    return Window(
        row["start"], row["end"], row["full_end"], row["type"], row["label"], row["timezone"]
    )


def _objective(row: Mapping[str, Any]) -> Objective:
    return Objective(**{name: value for name, value in row.items() if name != "slice_seconds"})


def _credits(row: Mapping[str, Any]) -> Credits:
    tiers = tuple(CreditTier(floor, percent) for floor, percent in row["tiers_ppm"])
    terms = CreditTerms(tiers, row["cap"], row["coverage_ppm"])
    return Credits(terms, row["fee"], row["currency"], row["claim_days"], row["source"])


def _minutes(lines: Sequence[str], birth: int | None) -> dict[str, list[KeptMinute]]:
    if not lines or lines[0] + "\n" not in (MINUTES_HEAD, _WITHOUT_CALLS):
        raise InputError("minutes.csv", "has another head", f"let it begin with {MINUTES_HEAD}")
    found: dict[str, list[KeptMinute]] = {}
    for line in lines[1:]:
        service, slot, states, good, total, excess, causes, *voice = line.split(",")
        start = int(slot)
        unborn = MINUTE_SLOTS if birth is None else min(max(birth - start, 0), MINUTE_SLOTS)
        found.setdefault(service, []).append(
            KeptMinute(
                start,
                _runs(states),
                unborn,
                int(good),
                int(total),
                int(excess),
                tuple(_causes(causes.split(";"))) if causes else (),
                Answering(*map(int, voice or (0, 0, 0))),
            )
        )
    return found


def _times(lines: Sequence[str]) -> dict[str, Sketch]:
    buckets: dict[str, dict[int, int]] = {}
    for line in lines[1:]:
        service, bucket, answers = line.split(",")
        buckets.setdefault(service, {})[int(bucket)] = int(answers)
    return {service: of_buckets(found) for service, found in buckets.items()}


@lru_cache(maxsize=4096)
def _runs(states: str) -> tuple[tuple[State, int], ...]:
    return tuple((cast(State, state), len(list(same))) for state, same in groupby(states))


def _causes(rows: Iterable[str]) -> Iterator[tuple[str, str, int, int]]:
    for row in rows:
        kind, name, first, after = row.split("|")
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
        yield kind, plain, int(first), int(after)
