"""The catalogue of faults: one file a fault, checked when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from ecp.kube import durations
from ecp.texts import Language

TARGETS = ("namespace", "node", "zone", "pod", "workload")
SEEN_IN_STORE = ("node-unknown", "endpoints-left", "restart-seen", "probe-failed", "evicted")
SEEN_IN_FIGURES = ("usage-rose", "memory-rose", "latency-rose", "requests-failed")
SEEN_IN_LEDGERS = ("slots-unknown",)
OBSERVATIONS = SEEN_IN_STORE + SEEN_IN_FIGURES + SEEN_IN_LEDGERS
"""What a fault may promise to show. Figures and ledgers are where a tenant is followed."""
_FIELDS = {
    "name",
    "title",
    "because",
    "target",
    "effect",
    "parameters",
    "duration",
    "expect",
    "source",
}
_LANGUAGES = {"ko", "en"}


class InvalidFaultRow(ValueError):
    """A file of the catalogue says something that is no fault; says where."""


class Expectation(NamedTuple):
    """What shall be seen of the fault, and how soon (ns)."""

    observe: str
    within: int


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault. `duration` in ns, None = until somebody restores it.

    `parameters` are the names it takes besides its target, with their defaults.
    """

    name: str
    title: Mapping[str, str]
    because: Mapping[str, str]
    target: str
    effect: str
    parameters: Mapping[str, Any]
    duration: int | None
    expect: tuple[Expectation, ...]
    source: str

    def called(self, language: Language) -> str:
        """Return its title."""
        return self.title[language]


def read_row(text: str, where: str, effects: Mapping[str, Any]) -> FaultRow:
    """Read one file. Raises InvalidFaultRow naming file and field."""
    raw = yaml.safe_load(text)
    if not isinstance(raw, dict) or set(raw) != _FIELDS:
        wrong = sorted(set(raw) ^ _FIELDS) if isinstance(raw, dict) else ["file"]
        raise InvalidFaultRow(f"{where}: {wrong[0]}: missing or unknown")
    for field, allowed in (("target", TARGETS), ("effect", tuple(effects))):
        if raw[field] not in allowed:
            raise InvalidFaultRow(f"{where}: {field}: use one of {', '.join(allowed)}")
    for field in ("title", "because"):
        if set(raw[field]) != _LANGUAGES:
            raise InvalidFaultRow(f"{where}: {field}: needs ko and en")
    expect = []
    for entry in raw["expect"]:
        if entry.get("observe") not in OBSERVATIONS:
            raise InvalidFaultRow(f"{where}: expect.observe: use one of {', '.join(OBSERVATIONS)}")
        expect.append(Expectation(entry["observe"], durations.parse(entry["within"])))
    if not raw["source"]:
        raise InvalidFaultRow(f"{where}: source: say where it is from, or that it is assumed")
    duration = None if raw["duration"] is None else durations.parse(raw["duration"])
    return FaultRow(
        raw["name"],
        raw["title"],
        raw["because"],
        raw["target"],
        raw["effect"],
        raw["parameters"],
        duration,
        tuple(expect),
        raw["source"],
    )


@cache
def catalogue() -> dict[str, FaultRow]:
    """Return every fault by name, in order of name."""
    from ecp.sim.faults.effects import EFFECTS

    folder = resources.files(__package__).joinpath("catalog")
    rows = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            row = read_row(entry.read_text("utf-8"), entry.name, EFFECTS)
            if entry.name != f"{row.name}.yaml":
                raise InvalidFaultRow(f"{entry.name}: name: must be that of the file")
            rows[row.name] = row
    return rows
