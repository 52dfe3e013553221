"""What rehearsals say beside their own reports: runs one by one, pairs, how long one will take."""

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from ecp.edge.problems import Problem
from ecp.kube import durations
from ecp.kube.yaml import read
from ecp.orchestrator.records import Obj, Rehearsal
from ecp.rehearsal import statistics
from ecp.rehearsal.alike import first_difference
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language, text
from ecp.workloads.omissions import not_modelled

_HIDDEN: Final = ("sources", "changes", "land")
_MILLION: Final = 1_000_000
_SHORT: Final = 120  # letters of a value that differs


# -- samples --------------------------------------------------------------------------------------


@cache
def samples() -> tuple[Obj, ...]:
    """Return the scenarios that come with the program; each needs no file but itself."""
    folder = resources.files(__package__).joinpath("samples")
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        content = entry.read_text("utf-8")
        row = read(content, source=entry.name, expand_lists=False)[0].object
        assert isinstance(row, dict)
        shown = {"name": row["scenario"], "title": row["title"], "scenario": content}
        found.append({**shown, "runs": 20 if (row.get("demand") or {}).get("failure_scenarios")
                      else 1})  # fmt: skip
    return tuple(found)


# -- how long it will take -------------------------------------------------------------------------


class Past(NamedTuple):
    """A rehearsal that was carried out here: runs, simulated and real seconds of all of it."""

    kind: str
    runs: int
    simulated: float
    took: float


def simulated_seconds(variants: Sequence[Mapping[str, Any]], runs: int) -> float:
    """Return the simulated seconds of *runs* seeds of every variant."""
    return sum(durations.parse(row["scenario"]["for"]) for row in variants) * runs / 1e9


def past(row: Rehearsal, asked: Mapping[str, Any]) -> Past | None:
    """Return what a rehearsal took; None for one that did not come to its end."""
    if row.state != "done" or row.ended_at is None:
        return None
    seconds = simulated_seconds(asked["variants"], asked["runs"])
    return Past(row.kind, row.runs, seconds, max((row.ended_at - row.created_at) / 1e9, 0.1))


def estimate(
    kind: str, runs: int, simulated: float, known: Sequence[Past], seats: int
) -> Obj | None:
    """Return how long a rehearsal will take here, as those of its kind took; None without any.

    Each run takes as long as it simulates at the pace of those before; *seats* go on at a time.
    """
    alike = [row for row in known if row.kind == kind] or list(known)
    if not alike:
        return None
    paces = [
        row.took / (row.simulated / row.runs * math.ceil(row.runs / min(seats, row.runs)))
        for row in alike
    ]
    work = simulated / runs * math.ceil(runs / min(seats, runs))
    said = (sum(paces) / len(paces), min(paces), max(paces))
    mean, low, high = (round(pace * work, 1) for pace in said)
    return {
        "seconds": mean,
        "low_seconds": low,
        "high_seconds": high,
        "from_rehearsals": len(alike),
    }


# -- runs one by one ------------------------------------------------------------------------------


def shown_variants(asked: Mapping[str, Any]) -> list[Obj]:
    """Return the variants that were asked for, without their manifests."""
    return [
        {
            "name": row["name"],
            **{name: value for name, value in row["scenario"].items() if name not in _HIDDEN},
            "target": row["scenario"]["target_ppm"] / 10_000,
            "seconds": durations.parse(row["scenario"]["for"]) / 1e9,
        }
        for row in asked["variants"]
    ]


def shown_run(record: Mapping[str, Any]) -> Obj:
    """Return a run as lists show it, with its availability (percent; None: nobody looked)."""
    seen = record["up"] + record["down"]
    return {
        **{name: value for name, value in record.items() if name not in ("up", "down")},
        "availability": round(100 * record["up"] / seen, 6) if seen else None,
        "down_seconds": record["down"] * SLOT_SECONDS,
        "seen_seconds": seen * SLOT_SECONDS,
    }


def forecasts(asked: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> list[Obj]:
    """Return what the runs so far forecast, variant by variant; one without a run has no row.

    `kept`: the share of runs that kept the target, with its exact interval; `availability`
    (percent) and `left_seconds` (of the error budget): the mean with its interval.
    """
    found = []
    for variant in asked["variants"]:
        rows = [row for row in runs if row["variant"] == variant["name"]]
        if rows:
            found.append(_forecast(variant["name"], variant["scenario"]["target_ppm"], rows))
    return found


def _forecast(name: str, target_ppm: int, rows: Sequence[Mapping[str, Any]]) -> Obj:
    seen = [row for row in rows if row["seen_seconds"]]
    # In whole numbers, as a promise is judged; a run in which nothing ran kept none.
    kept = sum(
        (row["seen_seconds"] - row["down_seconds"]) * _MILLION >= target_ppm * row["seen_seconds"]
        for row in seen
    )
    allowed = [row["seen_seconds"] * (_MILLION - target_ppm) / _MILLION for row in seen]
    lost = zip(allowed, seen, strict=True)
    share = statistics.clopper_pearson(kept, len(rows))
    return {
        "variant": name,
        "runs": len(rows),
        "seeds": [min(row["seed"] for row in rows), max(row["seed"] for row in rows)],
        "kept": {"hits": kept, **_interval(share)},
        "availability": _mean([row["availability"] for row in seen], most=100.0),
        "allowed_seconds": round(max(allowed), 3) if allowed else None,
        "left_seconds": _mean([whole - row["down_seconds"] for whole, row in lost],
                              most=max(allowed, default=0.0)),
    }  # fmt: skip


def _mean(values: Sequence[float], most: float) -> Obj | None:
    if not values:
        return None
    found = _interval(statistics.mean(values))
    return {**found, "high": min(found["high"], round(most, 6)), "runs": len(values)}


def _interval(found: statistics.Interval) -> Obj:
    return {name: round(value, 6) for name, value in found._asdict().items()}


def record_of(report: Mapping[str, Any], variant: str) -> Obj:
    """Return the report of one rehearsal as a campaign would have kept its run."""
    whole: Obj = next(
        (row["sla"] for row in report.get("levels") or () if row["workload"] is None), {}
    )
    return {
        "variant": variant,
        "seed": report["input"]["seed"],
        "exit_code": report["verdict"]["exit_code"],
        "up": whole.get("uptime_seconds", 0) // SLOT_SECONDS,
        "down": whole.get("downtime_seconds", 0) // SLOT_SECONDS,
        "failures": whole.get("failure_count", 0),
        "ready_seconds": None,
        "recovery_seconds": whole.get("recovery_time_avg"),
        "causes": [],
        "hypotheses": [[row["text"], row["status"], row["value"]] for row in report["hypotheses"]],
    }


def omissions(language: Language) -> list[Obj]:
    """Return what no rehearsal models, and which way its figures err by that."""
    return [
        {"id": row.id, "direction": row.direction, "text": row.ko if language == "ko" else row.en}
        for row in not_modelled()
    ]


# -- two beside one another -----------------------------------------------------------------------


def against(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> Obj:
    """Return the runs of two rehearsals in pairs of equal seeds, and the mean difference.

    Percentage points of availability, the second less the first. `difference` None: no pair.
    """
    other = {row["seed"]: row for row in second}
    pairs = []
    for row in first:
        match = other.get(row["seed"])
        if match and row["availability"] is not None and match["availability"] is not None:
            pairs.append(
                {
                    "seed": row["seed"],
                    "first": row["availability"],
                    "second": match["availability"],
                    "difference": round(match["availability"] - row["availability"], 6),
                }
            )
    found = statistics.mean([row["difference"] for row in pairs]) if pairs else None
    return {
        "pairs": pairs,
        "difference": None if found is None else {
            "mean": round(found.value, 6),
            "low": round(found.low, 6),
            "high": round(found.high, 6),
        },
        "better": sum(row["difference"] > 0 for row in pairs),
        "worse": sum(row["difference"] < 0 for row in pairs),
        "same": sum(row["difference"] == 0 for row in pairs),
    }  # fmt: skip


def differing(first: Any, second: Any) -> Obj | None:
    """Return the first value of two reports that differs: its path, and both in short."""
    found = first_difference(first, second)
    if found is None:
        return None
    return {
        "path": found[0],
        **{
            side: json.dumps(value, ensure_ascii=False)[:_SHORT]
            for side, value in zip(("first", "second"), found[1:], strict=True)
        },
    }


# -- what is none ----------------------------------------------------------------------------------


def refusal(refused: Mapping[str, Any], language: Language) -> Problem:
    """Return why a scenario is none, as a problem with the place in it."""
    name, _, place = refused["where"].partition(":")
    line, _, column = place.partition(":")
    message = text(refused["key"], language, **refused["values"])
    details = {
        "source": name,
        "line": int(line) if line else None,
        "column": int(column) if column else None,
        "message": message,
    }
    where = refused["where"]
    return Problem(422, "INVALID_SCENARIO", "rehearsals.refused", [details], where=where,
                   message=message)  # fmt: skip
