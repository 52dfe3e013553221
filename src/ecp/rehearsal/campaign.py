"""Campaigns: one scenario, or variants of it, with many seeds; what all of it says together.

Every variant meets the same seeds (common random numbers), so that a difference between two of them
is theirs and not luck's. A run is a plain record; a summary is a function of records in order, so
it is the same wherever and in whatever order they were made.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any, Final, NamedTuple

from ecp import __version__
from ecp.rehearsal import statistics
from ecp.rehearsal.hypotheses import PPM
from ecp.rehearsal.outcome import Outcome, carried_out
from ecp.rehearsal.scenario import Scenario, from_plain
from ecp.sim.engine.engine import SECOND
from ecp.slo.budget import Account
from ecp.slo.credits import DEFAULT_TERMS, CreditTerms, CreditTier, credit_of
from ecp.slo.slots import SLOT_SECONDS

MOST_RUNS: Final = 100_000
BASE: Final = "base"
_SHARE: Final = 0.05
"""The share of periods that may fall below an SLA that one signs."""
Record = dict[str, Any]


class Variant(NamedTuple):
    """A scenario under a name; a campaign without a grid has one, `base`."""

    name: str
    scenario: Scenario


class Task(NamedTuple):
    """One run: number of the variant, its name, the seed."""

    number: int
    variant: str
    seed: int

    @property
    def key(self) -> str:
        """The name of its file: v0-s17."""
        return f"v{self.number}-s{self.seed}"


class Campaign(NamedTuple):
    """Variants, each with *runs* seeds, beginning with that of the first variant."""

    variants: tuple[Variant, ...]
    runs: int

    def tasks(self) -> Iterator[Task]:
        """Yield every run: seed by seed, so that what there is so far compares variants."""
        first = self.variants[0].scenario.seed
        for seed in range(first, first + self.runs):
            for number, variant in enumerate(self.variants):
                yield Task(number, variant.name, seed)

    def plain(self, task: Task) -> dict[str, Any]:
        """Return the scenario of a task as plain data, fit for another process."""
        return self.variants[task.number].scenario._replace(seed=task.seed).plain()

    @property
    def identity(self) -> str:
        """What its records depend on, as one word: variants and program, not the number of runs."""
        rows = [[variant.name, variant.scenario.plain()] for variant in self.variants]
        return digest([__version__, rows])


def digest(data: Any) -> str:
    """Return the SHA-256 of plain data in one spelling."""
    spelt = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(spelt.encode()).hexdigest()


def one_run(task: Task, plain: Mapping[str, Any]) -> Record:
    """Carry out one run and return its record: whole numbers, seconds and words only."""
    return record(task, carried_out(from_plain(plain)))


def record(task: Task, outcome: Outcome) -> Record:
    """Return what a campaign keeps of a run."""
    measures = outcome.measures
    whole = None if measures is None else measures.level("")
    body: Record = {
        "variant": task.variant,
        "seed": task.seed,
        "exit_code": outcome.exit_code,
        "up": 0 if whole is None else whole.up,
        "down": 0 if whole is None else whole.down,
        "failures": 0 if whole is None else len(whole.report.failures.counted),
        "ready_seconds": None,
        "recovery_seconds": None,
        "causes": [],
        "hypotheses": [
            [row.hypothesis.text, row.status, row.value] for row in outcome.verdicts
        ],
    }  # fmt: skip
    if measures is not None:
        body["ready_seconds"] = _seconds(measures.ready)
        body["recovery_seconds"] = _seconds(measures.recovery)
        body["causes"] = [[*key, lost] for key, lost in sorted(measures.blame().items())]
    return body


def _seconds(length: int | None) -> float | None:
    return None if length is None else round(length / SECOND, 3)


# -- what they say together ------------------------------------------------------------------------


def summary(campaign: Campaign, records: Sequence[Record]) -> dict[str, Any]:
    """Return the figures of a campaign from its records, in the order of its tasks."""
    by_variant = [
        [row for row in records if row["variant"] == variant.name] for variant in campaign.variants
    ]
    found = [
        _of_variant(variant, rows)
        for variant, rows in zip(campaign.variants, by_variant, strict=True)
    ]
    for row, rows in zip(found[1:], by_variant[1:], strict=True):
        row["against_first"] = _difference(by_variant[0], rows)
    return {
        "kind": "campaign",
        "version": 1,
        "engine": __version__,
        "evidence": "simulated",
        "scenario": campaign.variants[0].scenario.name,
        "runs": campaign.runs,
        "confidence": statistics.CONFIDENCE,
        "variants": found,
        "digest": digest(list(records)),
    }


def ppm(row: Record) -> float | None:
    """Return the up time of a run in parts per million, None where nobody looked."""
    seen = row["up"] + row["down"]
    return row["up"] * PPM / seen if seen else None


def _of_variant(variant: Variant, rows: Sequence[Record]) -> dict[str, Any]:
    target = variant.scenario.target_ppm
    seen = [row for row in rows if row["up"] + row["down"]]
    missed = sum(_misses(row, target) for row in rows)
    return {
        "variant": variant.name,
        "target": target / 10_000,
        "seeds": [rows[0]["seed"], rows[-1]["seed"]],
        "failed": _chance(sum(row["exit_code"] != 0 for row in rows), len(rows)),
        "breach": _chance(missed, len(rows)),
        "availability": _spread(
            [share / 10_000 for row in seen if (share := ppm(row)) is not None], 0, 100
        ),
        "down_seconds": _spread([row["down"] * SLOT_SECONDS for row in seen], 0),
        "ready_seconds": _spread([s for row in rows if (s := row["ready_seconds"]) is not None], 0),
        "recovery_seconds": _spread(
            [s for row in rows if (s := row["recovery_seconds"]) is not None], 0
        ),
        "hypotheses": _claims(rows),
        "causes": _ranking(rows),
        "credits_at_target": _credits(seen, target),
        "signable": _signable(rows),
    }


def _misses(row: Record, target: int) -> bool:
    """Whether a run missed a target exactly; one in which nothing ran did."""
    seen: int = row["up"] + row["down"]
    return not seen or row["up"] * PPM < target * seen


def _chance(hits: int, runs: int) -> dict[str, Any]:
    found = statistics.clopper_pearson(hits, runs)
    return {
        "hits": hits,
        "runs": runs,
        "share": _rounded(found.value),
        "low": _rounded(found.low),
        "high": _rounded(found.high),
    }


def _spread(
    values: Sequence[float], least: float = -inf, most: float = inf
) -> dict[str, Any] | None:
    """Return the mean with its interval, cut to what values can be at all; None for none."""
    if not values:
        return None
    found = statistics.mean(values)
    return {
        "mean": _rounded(found.value),
        "low": _rounded(max(found.low, least)),
        "high": _rounded(min(found.high, most)),
        "least": _rounded(min(values)),
        "most": _rounded(max(values)),
        "runs": len(values),
    }


def _rounded(value: float) -> float:
    # Six digits are more than any number of runs can tell, and fewer than libraries differ in.
    return round(value, 6)


def _claims(rows: Sequence[Record]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        for claim, status, _ in row["hypotheses"]:
            counts = found.setdefault(claim, {"passed": 0, "failed": 0, "undecided": 0})
            counts[status] += 1
    return [
        {"text": claim, **counts, "broken": _chance(len(rows) - counts["passed"], len(rows))}
        for claim, counts in found.items()
    ]


def _ranking(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Return what down time follows from: the most of it first."""
    lost: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for kind, name, seconds in row["causes"]:
            lost.setdefault((kind, name), []).append(seconds)
    whole = sum(row["down"] for row in rows) * SLOT_SECONDS
    ranked = sorted(lost.items(), key=lambda item: (-sum(item[1]), item[0]))
    return [
        {
            "kind": kind,
            "name": name,
            "runs": len(times),
            "seconds_a_run": _rounded(sum(times) / len(rows)),
            "share": _rounded(sum(times) / whole) if whole else 0.0,
        }
        for (kind, name), times in ranked
    ]


def terms_for(target: int) -> CreditTerms:
    """Return the terms of an SLA of *target* ppm: no credit above it, the default tiers below."""
    below = [tier for tier in DEFAULT_TERMS.tiers if tier.percent and tier.floor_ppm < target]
    tiers = [CreditTier(target, 0), *below] if target else [CreditTier(0, 0)]
    return CreditTerms(tuple(tiers))


def _credits(rows: Sequence[Record], target: int) -> dict[str, Any] | None:
    """Return the mean credit (percent of the fee), each run taken for a closed period."""
    percents = []
    for row in rows:
        up, down = row["up"] * SLOT_SECONDS, row["down"] * SLOT_SECONDS
        percent = credit_of(Account(up, down, 0, 0, 0, 0, up + down), terms_for(target)).percent
        if percent is not None:
            percents.append(percent)
    return _spread(percents, 0, 100)


def _signable(rows: Sequence[Record]) -> dict[str, Any]:
    """Return the highest SLA below which at most 5 % of periods fall, at 95 % confidence.

    It is the up time of the run that so many others are allowed to miss
    (`statistics.tolerated`), rounded down to whole ppm. `target` None: too few runs, or a run in
    which nothing ran is among the best that may be promised.
    """
    misses = statistics.tolerated(len(rows), _SHARE)
    if misses is None:
        return {"target": None, "needs_runs": _needed(), "credits": None}
    worst = sorted((row["up"] * PPM // seen if (seen := row["up"] + row["down"]) else -1)
                   for row in rows)[misses]  # fmt: skip
    if worst < 0:
        return {"target": None, "needs_runs": None, "credits": None}
    seen_rows = [row for row in rows if row["up"] + row["down"]]
    return {"target": worst / 10_000, "needs_runs": None, "credits": _credits(seen_rows, worst)}


def _needed() -> int:
    runs = 1
    while statistics.tolerated(runs, _SHARE) is None:
        runs += 1
    return runs


def _difference(first: Sequence[Record], other: Sequence[Record]) -> dict[str, Any] | None:
    """Return the difference of up times (percentage points), seed by seed."""
    pairs = [(ppm(one), ppm(two)) for one, two in zip(first, other, strict=True)]
    return _spread([(two - one) / 10_000 for one, two in pairs
                    if one is not None and two is not None])  # fmt: skip
