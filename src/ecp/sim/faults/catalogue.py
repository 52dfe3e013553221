"""The catalogue of faults: one file a fault, checked when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from ecp.kube import durations
from ecp.texts import Language

TARGETS = (
    "namespace",
    "node",
    "zone",
    "pod",
    "workload",
    "registry",
    "pool",
    "actor",
    "door",
    "secret",
)
SEEN_IN_STORE = (
    "node-unknown",
    "endpoints-left",
    "restart-seen",
    "probe-failed",
    "evicted",
    "pod-gone",
    "disk-pressure",
    "gpus-fell",
)
SEEN_IN_FIGURES = (
    "usage-rose",
    "memory-rose",
    "latency-rose",
    "requests-failed",
    "requests-rose",
)
SEEN_IN_LEDGERS = ("slots-unknown",)
OBSERVATIONS = SEEN_IN_STORE + SEEN_IN_FIGURES + SEEN_IN_LEDGERS
"""What a fault may promise to show. Figures and ledgers are where a tenant is followed."""
_FIELDS = {
    "name",
    "title",
    "because",
    "chaos",
    "target",
    "mode",
    "effect",
    "parameters",
    "duration",
    "expect",
    "source",
}
_MAYBE = {"between", "ask", "with"}
_LANGUAGES = {"ko", "en"}
# The loader written in C where there is one: it knows the safe types only, as well.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TYPES = ("integer", "share", "text", "size", "rate", "offset", "duration", "truth", "choice")
"""Of parameters: whole numbers; percent with decimals; words; 256Mi, 256MB or 50%; 1mbps, 1mbit;
-10m; 90s; true or false; one of some."""


class InvalidFaultRow(ValueError):
    """A file of the catalogue says something that is no fault; says where."""


class Expectation(NamedTuple):
    """What shall be seen of the fault, and how soon (ns)."""

    observe: str
    within: int


class Parameter(NamedTuple):
    """What a parameter may be: `least` and `most` of a whole number, `among` of a choice."""

    default: Any
    type: str
    least: int = 0
    most: int = 10**9
    among: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """Return what may be said, as people write it."""
        if self.type == "integer":
            return f"{self.least}…{self.most}"
        return " | ".join(self.among) if self.among else _EXAMPLES[self.type]


_EXAMPLES = {
    "share": "0…100",
    "text": "text",
    "size": "256Mi, 256MB, 50%",
    "rate": "1mbps, 8mbit",
    "offset": "-10m, 1h30m",
    "duration": "90s, 5m",
    "truth": "true | false",
}


class Chaos(NamedTuple):
    """Which object stands for a fault: kind and, where it has several, action."""

    kind: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault. `duration` in ns, None = until somebody restores it.

    `parameters` are the names it takes besides its target, with their defaults; `takes` says what
    each may be. `mode`: how much it hits where nobody says: "one" or "all" of what is meant.
    `between` is its effect where it is told to lie between two workloads, `ask` what it asks of the
    cluster, `having` the resource without which it hits no node; "" = none.
    """

    name: str
    title: Mapping[str, str]
    because: Mapping[str, str]
    target: str
    effect: str
    parameters: Mapping[str, Any]
    duration: int | None
    expect: tuple[Expectation, ...]
    source: Mapping[str, str]
    takes: Mapping[str, Parameter]
    chaos: Chaos
    mode: str
    between: str
    ask: str
    having: str

    def called(self, language: Language) -> str:
        """Return its title."""
        return self.title[language]


def read_row(text: str, where: str, effects: Mapping[str, Any]) -> FaultRow:
    """Read one file. Raises InvalidFaultRow naming file and field."""
    raw = yaml.load(text, Loader=_LOADER)
    if not isinstance(raw, dict) or set(raw) - _MAYBE != _FIELDS:
        wrong = sorted((set(raw) - _MAYBE) ^ _FIELDS) if isinstance(raw, dict) else ["file"]
        raise InvalidFaultRow(f"{where}: {wrong[0]}: missing or unknown")
    allowing = {
        "target": TARGETS,
        "effect": tuple(effects),
        "between": ("", *effects),
        "mode": ("one", "all"),
    }
    for field, allowed in allowing.items():
        if raw.get(field, "") not in allowed:
            raise InvalidFaultRow(f"{where}: {field}: use one of {', '.join(allowed)}")
    for field in ("title", "because", "source"):
        if not isinstance(raw[field], dict) or set(raw[field]) != _LANGUAGES:
            raise InvalidFaultRow(f"{where}: {field}: needs ko and en")
    expect = []
    for entry in raw["expect"]:
        if entry.get("observe") not in OBSERVATIONS:
            raise InvalidFaultRow(f"{where}: expect.observe: use one of {', '.join(OBSERVATIONS)}")
        expect.append(Expectation(entry["observe"], durations.parse(entry["within"])))
    if not all(raw["source"].values()):
        raise InvalidFaultRow(f"{where}: source: say where it is from, or that it is assumed")
    takes = {
        name: _parameter(said, f"{where}: parameters.{name}")
        for name, said in raw["parameters"].items()
    }
    duration = None if raw["duration"] is None else durations.parse(raw["duration"])
    return FaultRow(
        raw["name"],
        raw["title"],
        raw["because"],
        raw["target"],
        raw["effect"],
        {name: one.default for name, one in takes.items()},
        duration,
        tuple(expect),
        raw["source"],
        takes,
        Chaos(**raw["chaos"]),
        raw["mode"],
        raw.get("between", ""),
        raw.get("ask", ""),
        raw.get("with", ""),
    )


def _parameter(said: Any, where: str) -> Parameter:
    """Read one parameter. Raises InvalidFaultRow."""
    if not isinstance(said, dict) or "default" not in said or said.get("type") not in TYPES:
        raise InvalidFaultRow(f"{where}: needs a default and a type: {', '.join(TYPES)}")
    found = Parameter(**{**said, "among": tuple(said.get("among", ()))})
    if found.type == "choice" and found.default not in found.among:
        raise InvalidFaultRow(f"{where}: its default is none of {', '.join(found.among)}")
    if found.type == "integer" and not found.least <= found.default <= found.most:
        raise InvalidFaultRow(f"{where}: its default is out of its bounds")
    return found


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
