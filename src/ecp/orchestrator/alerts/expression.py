"""Conditions of custom alerts: `cpu_usage > 85 OR memory_usage > 90`. Pure.

    either  = both { OR both }
    both    = single { AND single }
    single  = NOT single | "(" either ")" | name operator number [unit]

Operators are > >= < <= == !=; words may be in any case. A name is one of METRICS, or
`pushed.NAME` for a figure that somebody pushes (MonitoringData). What is not known is neither true
nor false: `known OR unknown` is true where the known half is, else unknown.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

METRICS: Final[Mapping[str, str]] = {
    "cpu_usage": "%",
    "memory_usage": "%",
    "gpu_usage": "%",
    "disk_usage": "%",
    "response_time": "ms",
    "error_rate": "%",
    "request_rate": "1/s",
    "availability": "%",
    "uptime_percentage": "%",
}
"""What a condition may name, and in which unit: percent of limits, p95 in ms, requests a second."""

PUSHED: Final = "pushed."
LONGEST: Final = 500
_DEEPEST: Final = 20

_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<operator>>=|<=|==|!=|>|<)|(?P<number>-?\d+(?:\.\d+)?)(?P<unit>%|ms|1/s)?"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.:-]*)|(?P<bracket>[()]))"
)


class BadExpression(ValueError):
    """What is no condition: text key, the column (from 1) at which it ends to be one, values."""

    def __init__(self, key: str, column: int, **values: str) -> None:
        super().__init__(f"{key} at {column}")
        self.key, self.column, self.values = key, column, values


class Compare(NamedTuple):
    """A figure and what it is compared with."""

    name: str
    sign: str
    number: float

    @property
    def unit(self) -> str:
        return METRICS.get(self.name, "")


class Joined(NamedTuple):
    """Parts of which all (AND) or one (OR) must hold."""

    word: str
    parts: tuple[Any, ...]


class Not(NamedTuple):
    """What must not hold."""

    part: Any


Expression: TypeAlias = Compare | Joined | Not


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def parse(text: str) -> Expression:
    """Return the condition that a text spells. Raises BadExpression."""
    if len(text) > LONGEST:
        raise BadExpression("alert.expression.too-long", LONGEST + 1, most=str(LONGEST))
    return _Parser(text).whole()


def names(expression: Expression) -> tuple[str, ...]:
    """Return the figures that a condition names, each once, in order."""
    return tuple(dict.fromkeys(compare.name for compare in _compares(expression)))


def holds(expression: Expression, figures: Mapping[str, float | None]) -> bool | None:
    """Say whether a condition holds for figures; None where that is not known."""
    if isinstance(expression, Compare):
        value = figures.get(expression.name)
        if value is None:
            return None
        return _OPERATORS[expression.sign](value, expression.number)
    if isinstance(expression, Not):
        inner = holds(expression.part, figures)
        return None if inner is None else not inner
    found = [holds(part, figures) for part in expression.parts]
    decisive = expression.word == "OR"
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def reasons(expression: Expression, figures: Mapping[str, float | None]) -> list[str]:
    """Return the comparisons that hold, each with its figure: `cpu_usage 91.2 > 85`."""
    return [
        f"{one.name} {figures[one.name]:g} {one.sign} {one.number:g}"
        for one in _compares(expression)
        if holds(one, figures)
    ]


def _compares(expression: Expression) -> Iterator[Compare]:
    if isinstance(expression, Compare):
        yield expression
    elif isinstance(expression, Not):
        yield from _compares(expression.part)
    else:
        for part in expression.parts:
            yield from _compares(part)


class _Parser:
    """Reads a condition from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._end = len(text) + 1

    def whole(self) -> Expression:
        found = self._joined(0)
        if self._at < len(self._tokens):
            left = self._tokens[self._at]
            raise BadExpression("alert.expression.left-over", left.column, found=left.text)
        return found

    def _joined(self, depth: int, words: tuple[str, ...] = ("OR", "AND")) -> Expression:
        if not words:
            return self._single(depth)
        word, *rest = words
        parts = [self._joined(depth, tuple(rest))]
        while self._is_word(word):
            self._at += 1
            parts.append(self._joined(depth, tuple(rest)))
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _single(self, depth: int) -> Expression:
        token = self._next("alert.expression.name-expected")
        if depth > _DEEPEST:
            raise BadExpression("alert.expression.too-deep", token.column, most=str(_DEEPEST))
        if token.kind == "word" and token.text.upper() == "NOT":
            return Not(self._single(depth + 1))
        if token.text == "(":
            inner = self._joined(depth + 1)
            closing = self._next("alert.expression.bracket-expected")
            if closing.text != ")":
                raise BadExpression(
                    "alert.expression.bracket-expected", closing.column, found=closing.text
                )
            return inner
        if token.kind != "word" or token.text.upper() in ("AND", "OR"):
            raise BadExpression("alert.expression.name-expected", token.column, found=token.text)
        return self._compare(token)

    def _compare(self, name: _Token) -> Compare:
        if name.text not in METRICS and not _is_pushed(name.text):
            known = ", ".join((*METRICS, f"{PUSHED}NAME"))
            raise BadExpression(
                "alert.expression.unknown-name", name.column, found=name.text, known=known
            )
        sign = self._next("alert.expression.operator-expected")
        if sign.kind != "operator":
            raise BadExpression("alert.expression.operator-expected", sign.column, found=sign.text)
        number = self._next("alert.expression.number-expected")
        if number.kind != "number":
            raise BadExpression(
                "alert.expression.number-expected", number.column, found=number.text
            )
        digits, unit = _split(number.text)
        wanted = METRICS.get(name.text, unit)
        if unit and unit != wanted:
            raise BadExpression(
                "alert.expression.other-unit", number.column, found=unit, known=wanted
            )
        return Compare(name.text, sign.text, float(digits))

    def _is_word(self, word: str) -> bool:
        if self._at == len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token.kind == "word" and token.text.upper() == word

    def _next(self, missing: str) -> _Token:
        if self._at == len(self._tokens):
            raise BadExpression(missing, self._end, found="")
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            bad = len(text) - len(text[at:].lstrip())
            raise BadExpression("alert.expression.letter", bad + 1, found=text[bad])
        kind = match.lastgroup or ""
        kind = "number" if kind == "unit" else kind
        start = match.start(kind)
        yield _Token(kind, text[start : match.end()], start + 1)
        at = match.end()


def _split(number: str) -> tuple[str, str]:
    digits = re.match(r"-?\d+(?:\.\d+)?", number)
    assert digits is not None, "it was read as a number"
    return digits[0], number[digits.end() :]


def _is_pushed(name: str) -> bool:
    return name.startswith(PUSHED) and len(name) > len(PUSHED)
