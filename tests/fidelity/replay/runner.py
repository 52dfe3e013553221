"""Runs the scenarios of a folder, or of one file: equal, or the first difference."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecp.sim.store import Obj

from .compare import Difference, Facets, differences, facets, rests
from .hollow import ORDINARY, Pace
from .player import CannotPlay, pick_nodes, played, recorded

SEEDS = tuple(range(1, 25))
"""A scheduler and a ReplicaSet draw among equals: what one of these runs shows may be."""
_MS = 1_000_000
PACES = (
    ORDINARY,
    Pace(5 * _MS),
    Pace(60 * _MS),
    Pace(60 * _MS, 3),
    Pace(150 * _MS),
    Pace(5 * _MS, 0.5),
    Pace(250 * _MS, 8),
)
"""How fast the recorded machine was is not known: which of two things that happen together is
first, one of these shows."""


@dataclass(frozen=True)
class Verdict:
    """What became of one scenario: nothing left is equal."""

    name: str
    left: tuple[Difference, ...] = ()
    cannot: str = ""
    seed: int = 0

    @property
    def equal(self) -> bool:
        return not self.left and not self.cannot

    def line(self) -> str:
        """Return the one line about it."""
        if self.cannot:
            return f"{self.name}: not played: {self.cannot}"
        if not self.left:
            return f"{self.name}: equal"
        more = f" (+{len(self.left) - 1})" if len(self.left) > 1 else ""
        return f"{self.name}: differs: {self.left[0]}{more}"


def judge(name: str, scenario: dict[str, Any], nodes: Any) -> Verdict:
    """Replay *scenario* until one run is equal to its recording.

    Where none is, a difference counts that is in every run: what any run shows equal was drawn.
    """
    here: list[Obj] = pick_nodes(nodes, scenario)
    steps = scenario["steps"]
    truth = recorded(scenario)
    looks = rests(truth, steps)
    theirs: Facets = facets(truth, steps, here, looks)
    common: dict[tuple[str, str], Difference] | None = None
    for seed in SEEDS:
        try:
            pace = PACES[seed % len(PACES) - 1]
            trace = played(scenario, here, seed, pace, guided=seed % 4 != 0)
            ours = facets(trace, steps, here, looks)
        except CannotPlay as why:
            return Verdict(name, cannot=str(why))
        except Exception as error:
            # One scenario that breaks the player must not hide what the others show.
            return Verdict(name, cannot=f"{type(error).__name__}: {error}")
        found = {(d.facet, d.subject): d for d in differences(theirs, ours)}
        if not found:
            return Verdict(name, seed=seed)
        common = {k: d for k, d in found.items() if common is None or k in common}
        if common and seed >= len(PACES) and all(facet not in _DRAWN for facet, _ in common):
            break
    return Verdict(name, tuple((common or {}).values()) or _mixed(found))


_DRAWN = ("placement", "ends", "chosen", "lives", "events", "states")


def _mixed(found: dict[tuple[str, str], Difference]) -> tuple[Difference, ...]:
    """No run is equal, though no difference is in all: one is shown."""
    return tuple(found.values())


def scenarios(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, scenario) of every file with steps, in the order of names."""
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.json"))
    for path in paths:
        found = json.loads(path.read_text("utf-8"))
        if isinstance(found, dict) and isinstance(found.get("steps"), list):
            yield path.stem, found


def nodes_of(folder: Path) -> Any:
    """Return what the folder's nodes.json holds. Raises FileNotFoundError."""
    place = folder.parent if folder.is_file() else folder
    return json.loads((place / "nodes.json").read_text("utf-8"))
