"""The smallest difference between good and bad manifests that breaches, by delta debugging.

Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28
(2002): `ddmin`, over the fields in which two bundles differ. What comes out is 1-minimal: without
any one of its differences the scenario holds. Where it has more than one, every single difference
has been tried as well.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ecp.rehearsal.differences import Difference, changed, differences, objects_of, with_objects
from ecp.rehearsal.evidence import Evidence, Many, one_after_another
from ecp.rehearsal.scenario import Scenario


class NothingToBisect(ValueError):
    """Good and bad do not differ in what they come to: `bisect.<key>` says how."""

    def __init__(self, key: str, evidence: Evidence | None = None) -> None:
        super().__init__(key)
        self.key, self.evidence = key, evidence


class Bisected(NamedTuple):
    """What was found: the differences in all, the smallest that breach; evidence of good, bad, of
    the smallest, and of it without each one; how many runs it took."""

    every: tuple[Difference, ...]
    smallest: tuple[Difference, ...]
    good: Evidence
    bad: Evidence
    breach: Evidence
    without: tuple[Evidence, ...]
    runs: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "kind": "bisect",
            "version": 1,
            "evidence": "simulated",
            "differences": len(self.every),
            "runs": self.runs,
            "smallest": [row.to_json() for row in self.smallest],
            "good": self.good.to_json(),
            "bad": self.bad.to_json(),
            "breach": self.breach.to_json(),
            "without": [
                {"field": row.word, **found.to_json()}
                for row, found in zip(self.smallest, self.without, strict=True)
            ],
        }


class _Trials:
    """Carries out bundles with some of the differences, each set once."""

    def __init__(self, good: Scenario, every: Sequence[Difference], many: Many) -> None:
        self.good, self.every, self.many = good, every, many
        self.objects = objects_of(good)
        self.found: dict[tuple[int, ...], Evidence] = {}
        self.code = 0

    def run(self, sets: Sequence[tuple[int, ...]]) -> list[Evidence]:
        new = [some for some in dict.fromkeys(sets) if some not in self.found]
        scenarios = [
            with_objects(self.good, changed(self.objects, [self.every[n] for n in some]))
            for some in new
        ]
        self.found.update(zip(new, self.many(scenarios), strict=True))
        return [self.found[some] for some in sets]

    def breaches(self, sets: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
        """Return the first of the sets that fails as the bad one does."""
        for some, found in zip(sets, self.run(sets), strict=True):
            if found.exit_code == self.code:
                return some
        return None


def bisect(good: Scenario, bad: Scenario, many: Many = one_after_another) -> Bisected:
    """Find the smallest difference of manifests that makes *good* fail as *bad* does.

    Everything else (demand, faults, claims, seed) is the good one's. Raises NothingToBisect where
    good does not hold or bad does, Unreadable, FaultRefused.
    """
    every = differences(objects_of(good), objects_of(bad))
    if not every:
        raise NothingToBisect("same")
    trials = _Trials(good, every, many)
    whole = tuple(range(len(every)))
    well, ill = trials.run([(), whole])
    if not well.held:
        raise NothingToBisect("good-fails", well)
    if ill.held:
        raise NothingToBisect("bad-holds", ill)
    trials.code = ill.exit_code
    found = _ddmin(whole, trials)
    if len(found) > 1:
        found = trials.breaches([(n,) for n in whole]) or found
    without = trials.run([tuple(m for m in found if m != n) for n in found])
    return Bisected(
        tuple(every),
        tuple(every[n] for n in found),
        well,
        ill,
        trials.found[found],
        tuple(without),
        len(trials.found),
    )


def _ddmin(some: tuple[int, ...], trials: _Trials) -> tuple[int, ...]:
    parts = 2
    while len(some) >= 2:
        cuts = [len(some) * n // parts for n in range(parts + 1)]
        chunks = [some[a:b] for a, b in pairwise(cuts) if a < b]
        found = trials.breaches(chunks)
        if found is not None:
            some, parts = found, 2
            continue
        rests = [tuple(n for n in some if n not in chunk) for chunk in chunks]
        found = trials.breaches(rests) if parts > 2 else None
        if found is not None:
            some, parts = found, max(parts - 1, 2)
        elif parts >= len(some):
            break
        else:
            parts = min(2 * parts, len(some))
    return some
