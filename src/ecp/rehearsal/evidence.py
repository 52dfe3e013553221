"""What a run leaves as evidence: how far each claim is from its bound, and a digest of all of it.

The digest is that of the result as it is without what it rests on (`assumptions`): who repeats the
scenario gets the same one.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ecp.rehearsal.hypotheses import PPM, Verdict
from ecp.rehearsal.outcome import Outcome, carried_out
from ecp.rehearsal.scenario import Scenario, from_plain
from ecp.sim.traffic import SLOT


class Margin(NamedTuple):
    """A claim, what became of it, how much of its bound is left (None: nothing was measured).

    1 is all of it, 0 the bound itself, below it is broken: of an error budget, of the answers that
    may be late, of a time, of a number of failures.
    """

    claim: str
    status: str
    left: float | None


class Evidence(NamedTuple):
    """One run: exit code, margins, down seconds by workload, mean replicas wanted by workload
    (`namespace/name`), the digest of its result, the first causes in words."""

    exit_code: int
    margins: tuple[Margin, ...]
    down: Mapping[str, int]
    replicas: Mapping[str, float]
    digest: str
    causes: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether all that was claimed held."""
        return self.exit_code == 0

    @property
    def left(self) -> float | None:
        """The smallest margin, None where one claim could not be measured or none was made."""
        found = [row.left for row in self.margins]
        return None if not found or None in found else min(v for v in found if v is not None)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "exit_code": self.exit_code,
            "margins": [row._asdict() for row in self.margins],
            "digest": self.digest,
            "causes": list(self.causes),
        }


Many = Callable[[Sequence[Scenario]], list[Evidence]]
"""Carries out scenarios, here or by processes; answers in their order."""


def one_after_another(scenarios: Sequence[Scenario]) -> list[Evidence]:
    """Carry out scenarios here. Raises FaultRefused."""
    return [evidence_of(carried_out(scenario)) for scenario in scenarios]


def of_plain(plain: Mapping[str, Any]) -> Evidence:
    """Carry out a scenario that comes as plain data, as between processes. Raises FaultRefused."""
    return evidence_of(carried_out(from_plain(plain)))


def evidence_of(outcome: Outcome) -> Evidence:
    """Return what an outcome leaves."""
    measures = outcome.measures
    rows = [Margin(row.hypothesis.text, row.status, _left(row)) for row in outcome.verdicts]
    down: dict[str, int] = {}
    replicas: dict[str, float] = {}
    if measures is not None:
        down = {level.name: level.down for level in measures.levels if level.name}
        begin, end = measures.first * SLOT, measures.after * SLOT
        replicas = {
            name: _mean([(at, wanted) for at, _, wanted in changes], begin, end)
            for name, changes in sorted(outcome.curves.replicas.items())
        }
        whole = measures.level("")
        if not rows and whole is not None and whole.ppm is not None:
            target = outcome.scenario.target_ppm
            status = "passed" if whole.ppm >= target else "failed"
            said = f"availability >= {target / 10_000:g}"
            rows = [Margin(said, status, _budget(whole.ppm, target))]
    causes = tuple(f"{about}: {said}" for _, about, _, said in outcome.causes("en"))
    digest = "sha256:" + hashlib.sha256(replace(outcome, assumptions=None).to_bytes()).hexdigest()
    return Evidence(outcome.exit_code, tuple(rows), down, replicas, digest, causes[:4])


def _left(row: Verdict) -> float | None:
    claim, value = row.hypothesis, row.value
    if value is None:
        return None
    if claim.measure == "availability":
        return _budget(value, claim.bound)
    if claim.measure == "latency":
        return _budget(value, claim.ppm)
    return _rounded((claim.bound - value) / max(claim.bound, 1))


def _budget(value: int, bound: int) -> float:
    return _rounded((value - bound) / max(PPM - bound, 1))


def _rounded(value: float) -> float:
    return round(value, 4)


def _mean(changes: Sequence[tuple[int, int]], begin: int, end: int) -> float:
    """Return the mean over time of a step function."""
    total, last, since = 0, changes[0][1], begin
    for at, value in changes:
        if at >= end:
            break
        if at > since:
            total += last * (at - since)
            since = at
        last = value
    return round((total + last * (end - since)) / (end - begin), 4) if end > begin else float(last)
