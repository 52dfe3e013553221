"""Hypotheses of a scenario: what is claimed, in one line each, and what was found of it.

    availability [of NAME] >= 99.5 [%]      ready [of NAME] within 5m
    p95 [of NAME] < 300ms                   recovery [of FAULT] <= 2m
    downtime [of NAME] <= 10m               failures [of NAME] <= 1

NAME is a workload, as the report has it (`deployment/chatbot`) or without its kind; without one
the whole is meant. Here they are read; `measures` judges them.
"""

import re
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Final, Literal, NamedTuple

from ecp.kube import durations
from ecp.texts import Language, text

Measure = Literal["availability", "ready", "latency", "recovery", "downtime", "failures"]
Comparison = Literal["<", "<=", ">", ">="]
Status = Literal["passed", "failed", "undecided"]

_WORD: Final = re.compile(r"\S+")
_LATENCY: Final = re.compile(r"p(50|90|95|99|99\.9)$")
_NAMES: Final[dict[str, Measure]] = {
    "availability": "availability",
    "ready": "ready",
    "recovery": "recovery",
    "downtime": "downtime",
    "failures": "failures",
}
_COMPARISONS: Final[dict[Measure, tuple[Comparison, ...]]] = {
    "availability": (">=", ">"),
    "ready": ("<=", "<"),
    "latency": ("<", "<="),
    "recovery": ("<=", "<"),
    "downtime": ("<=", "<"),
    "failures": ("<=", "<"),
}
PPM: Final = 1_000_000
_HOLDS: Final[dict[Comparison, Callable[[int, int], bool]]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_MILLISECOND: Final = 1_000_000
_SLOWEST = 600_000 * _MILLISECOND
_MONTHS: Final = 366 * 86_400_000_000_000


class Hypothesis(NamedTuple):
    """One claim: `bound` in ppm (availability), ns (times) or as a number; `text` as written.

    `ppm` is the share of answers that a percentile means: 950,000 for p95.
    """

    text: str
    measure: Measure
    subject: str
    comparison: Comparison
    bound: int
    ppm: int = 0

    def holds(self, value: int, bound: int | None = None) -> bool:
        """Whether *value* keeps the bound, or the one given (both in one unit)."""
        return _HOLDS[self.comparison](value, self.bound if bound is None else bound)


class Verdict(NamedTuple):
    """What became of a claim: evidence is a sentence (key and values), `value` as compared."""

    hypothesis: Hypothesis
    status: Status
    value: int | None
    key: str
    values: dict[str, str]

    def said(self, language: Language) -> str:
        """Return the evidence in words."""
        values = dict(self.values)
        if "evidence" in values:
            values["evidence"] = text(f"hypothesis.by.{values['evidence']}", language)
        return text(f"hypothesis.{self.key}", language, **values)


class HypothesisRefused(ValueError):
    """The line is no hypothesis: `column` (from 0) says where, `key` and `values` why."""

    def __init__(self, column: int, key: str, **values: str) -> None:
        super().__init__(text(f"hypothesis.{key}", "en", **values))
        self.column, self.key, self.values = column, f"hypothesis.{key}", values


class _Words:
    """The words of a line, one after the other, with their columns."""

    def __init__(self, line: str) -> None:
        self.rest = [(found.start(), found.group()) for found in _WORD.finditer(line)]
        self.end = len(line)

    def take(self, wanted: str) -> tuple[int, str]:
        """Return the next word. Raises HypothesisRefused, naming what was *wanted*."""
        if not self.rest:
            raise HypothesisRefused(self.end, "ends", wanted=wanted)
        return self.rest.pop(0)

    def next_is(self, word: str) -> bool:
        return bool(self.rest) and self.rest[0][1] == word


def parse(line: str) -> Hypothesis:
    """Read one hypothesis. Raises HypothesisRefused."""
    words = _Words(line)
    known = ", ".join((*_NAMES, "p50, p90, p95, p99, p99.9"))
    column, name = words.take(known)
    percentile = _LATENCY.match(name)
    measure: Measure | None = "latency" if percentile else _NAMES.get(name)
    if measure is None:
        raise HypothesisRefused(column, "measure", word=name, known=known)
    subject = ""
    if words.next_is("of"):
        words.take("of")
        subject = words.take(text("hypothesis.a-name", "en"))[1]
    comparison = _comparison(words, measure)
    bound = _bound(words, measure)
    if words.rest:
        column, word = words.rest[0]
        raise HypothesisRefused(column, "more", word=word)
    share = round(float(percentile[1]) * 10_000) if percentile else 0
    return Hypothesis(" ".join(line.split()), measure, subject, comparison, bound, share)


def _comparison(words: _Words, measure: Measure) -> Comparison:
    allowed = _COMPARISONS[measure]
    told = ", ".join((*allowed, "within") if measure in ("ready", "recovery") else allowed)
    column, word = words.take(told)
    if word == "within" and measure in ("ready", "recovery"):
        return "<="
    for comparison in allowed:
        if word == comparison:
            return comparison
    raise HypothesisRefused(column, "comparison", word=word, known=told)


def _bound(words: _Words, measure: Measure) -> int:
    if measure in ("availability", "failures"):
        column, word = words.take("99.5" if measure == "availability" else "1")
        if measure == "failures":
            if not re.fullmatch(r"\d{1,6}", word):
                raise HypothesisRefused(column, "number", word=word)
            return int(word)
        if words.next_is("%"):
            words.take("%")
        if not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", number := word.removesuffix("%")):
            raise HypothesisRefused(column, "percent", word=word)
        whole, _, part = number.partition(".")
        ppm = int(whole) * 10_000 + int(part.ljust(4, "0"))
        if ppm > PPM:
            raise HypothesisRefused(column, "percent", word=word)
        return ppm
    column, word = words.take("5m")
    try:
        found = durations.parse(word)
    except durations.InvalidDuration:
        raise HypothesisRefused(column, "duration", word=word) from None
    if not 0 <= found <= _MONTHS:
        raise HypothesisRefused(column, "duration", word=word)
    if measure == "latency" and (found % _MILLISECOND or not found or found > _SLOWEST):
        raise HypothesisRefused(column, "latency", word=word)
    return found
