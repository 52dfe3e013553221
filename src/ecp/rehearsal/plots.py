"""Plots of a rehearsal's page, as SVG of whole coordinates: the same bytes on every machine."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any, Final, NamedTuple

_WIDE: Final = 800
_TALL: Final = 110
_LEFT: Final = 60
_MARKS: Final = 4
_DAY: Final = 86_400
_RED, _GREEN, _BLUE, _GREY, _FAINT = "#b3261e", "#7cb98b", "#0b57d0", "#8a9099", "#c9ced6"
_LOW, _HIGH = "#c77700", "#0b57d0"
Points = Sequence[tuple[float, float]]
Spans = Sequence[Sequence[int]]


class Bar(NamedTuple):
    """A figure of a tornado: its name and bounds in words, the margin at each bound (None: not
    measured, which nothing passes by), whether the verdict is another one at either."""

    name: str
    low_word: str
    high_word: str
    low: float | None
    high: float | None
    flips: bool


# -- over time -------------------------------------------------------------------------------------


def strip(down: Spans, length: int, said: str) -> str:
    """Draw when it was up and when it was down."""
    bars = "".join(_span(span, length, 4, 20, _RED, 1) for span in down)
    body = f'<rect x="{_LEFT}" y="4" width="{_WIDE}" height="20" fill="{_GREEN}"/>{bars}'
    return figure(body + _axis(length, 24), said, 44)


def curve(
    points: Points, length: int, said: str, *, down: Spans = (), beside: Points = (),
    slope: bool = False, tall: int = _TALL,
) -> str:  # fmt: skip
    """Draw a curve over the down time: steps, or straight lines where it has a *slope*.

    beside  a second curve, dashed: what was wanted
    tall    height of the plot
    """
    values = [value for _, value in (*points, *beside)]
    top, bottom = max([0.0, *values]), min([0.0, *values])
    if top == bottom:
        top = 1.0

    def y(value: float) -> int:
        return 8 + round((top - value) * (tall - 8) / (top - bottom))

    marks = [top, bottom] if bottom else [top, top / 2, 0.0]
    if top and bottom and y(0) - y(top) > 12 and y(bottom) - y(0) > 12:
        marks.append(0.0)
    parts = [_span(span, length, 8, tall - 8, _RED, 0.15) for span in down]
    for value in marks:
        parts.append(
            f'<line x1="{_LEFT}" y1="{y(value)}" x2="{_LEFT + _WIDE}" y2="{y(value)}" '
            f'stroke="{_FAINT}"/>'
            f'<text x="{_LEFT - 6}" y="{y(value) + 4}" text-anchor="end">{_number(value)}</text>'
        )
    if bottom < 0:
        parts.append(
            f'<line x1="{_LEFT}" y1="{y(0)}" x2="{_LEFT + _WIDE}" y2="{y(0)}" stroke="{_RED}" '
            'stroke-dasharray="3 3"/>'
        )
    for rows, how in ((beside, f'stroke="{_GREY}" stroke-dasharray="5 4"'),
                      (points, f'stroke="{_BLUE}" stroke-width="1.5"')):  # fmt: skip
        if rows:
            line = _line([(_x(at, length), y(value)) for at, value in rows], slope)
            parts.append(f'<polyline points="{line}" fill="none" {how}/>')
    return figure("".join(parts) + _axis(length, tall), said, tall + 20)


def _line(points: Sequence[tuple[int, int]], slope: bool) -> str:
    path: list[tuple[int, int]] = []
    for x, y in points:
        if path and not slope:
            path.append((x, path[-1][1]))
        path.append((x, y))
    path.append((_LEFT + _WIDE, path[-1][1]))
    # A point that stands where the one before it does says nothing.
    return " ".join(f"{x},{y}" for n, (x, y) in enumerate(path) if not n or (x, y) != path[n - 1])


def _span(span: Sequence[int], length: int, y: int, tall: int, colour: str, deep: float) -> str:
    x, end = _x(span[0], length), _x(span[1], length)
    faint = "" if deep == 1 else f' fill-opacity="{deep}"'
    return (
        f'<rect x="{x}" y="{y}" width="{max(1, end - x)}" height="{tall}" fill="{colour}"{faint}/>'
    )


def _x(at: float, length: int) -> int:
    return _LEFT + round(at * _WIDE / length) if length else _LEFT


def _axis(length: int, y: int) -> str:
    marks = [length * number // _MARKS for number in range(_MARKS + 1)]
    return "".join(
        f'<text x="{_x(at, length)}" y="{y + 16}" '
        f'text-anchor="{"start" if not at else "end" if at == length else "middle"}">'
        f"{_clock(at, length)}</text>"
        for at in marks
    )


def _clock(seconds: int, length: int) -> str:
    days, rest = divmod(seconds, _DAY) if length > 2 * _DAY else (0, seconds)
    hours, rest = divmod(rest, 3600)
    said = f"{hours}:{rest // 60:02d}" + (f":{rest % 60:02d}" if rest % 60 else "")
    if length <= 2 * _DAY:
        return said
    return f"{days}d" if not seconds % _DAY else f"{days}d {said}"


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


# -- what it rests on ------------------------------------------------------------------------------

_NAMES: Final = 300
_ROW: Final = 26
_REACH: Final = 480
_LETTERS: Final = 46  # of a name


def scaled(margin: float) -> float:
    """Return where a margin stands on the axis: as it is down to -100 %, by its logarithm below."""
    return margin if margin >= -1 else -1 - log10(-margin)


class Axis(NamedTuple):
    """From the smallest to the largest margin, 0 among them; what was not measured is at the left
    end."""

    first: float
    reach: float

    @classmethod
    def of(cls, bars: Sequence[Bar], base: float | None) -> "Axis":
        """Return the axis on which all bars have room."""
        found = [base, *(row for bar in bars for row in (bar.low, bar.high))]
        places = [scaled(row) for row in (*found, 0.0) if row is not None]
        first = min(places) if None not in found else min(*places, -0.5)
        return cls(first, (max(places) - first) or 1.0)

    def place(self, margin: float | None, length: int) -> int:
        """Return where a margin stands on an axis of *length*."""
        if margin is None:
            return 0
        return round((scaled(margin) - self.first) * length / self.reach)


def tornado(bars: Sequence[Bar], base: float | None, said: str, words: Mapping[str, str]) -> str:
    """Draw a bar a figure, from the margin at its low to that at its high value.

    words  low, high, turns (it flips the verdict), in a language
    """
    axis = Axis.of(bars, base)

    def x(margin: float | None) -> int:
        return _NAMES + axis.place(margin, _REACH)

    tall = len(bars) * _ROW + 30
    parts = [_rule(x(0.0), tall - 16, _RED, "0 %")]
    if base is not None and base:
        parts.append(_rule(x(base), tall - 16, _GREY, percent(base), low=True))
    for number, bar in enumerate(bars):
        y = 22 + number * _ROW
        colour = _RED if bar.flips else "#1b1f24"
        parts.append(f'<text x="{_NAMES - 8}" y="{y + 9}" text-anchor="end" fill="{colour}">'
                     f"{escape(_end_of(bar.name))}</text>")  # fmt: skip
        for margin, word, fill in ((bar.low, bar.low_word, _LOW), (bar.high, bar.high_word, _HIGH)):
            left, right = sorted((x(base), x(margin)))
            told = escape(f"{word}: {percent(margin)}", quote=True)
            parts.append(f'<rect x="{left}" y="{y if fill == _LOW else y + 7}" '
                         f'width="{max(2, right - left)}" height="7" fill="{fill}">'
                         f"<title>{told}</title></rect>")  # fmt: skip
        if bar.flips:
            parts.append(f'<text x="{_NAMES + _REACH + 10}" y="{y + 11}" fill="{_RED}">'
                         f"{escape(words['turns'])}</text>")  # fmt: skip
    y = tall + 8
    for fill, word, at in ((_LOW, words["low"], 0), (_HIGH, words["high"], 150)):
        parts.append(f'<rect x="{_NAMES + at}" y="{y - 8}" width="10" height="8" fill="{fill}"/>'
                     f'<text x="{_NAMES + at + 14}" y="{y}">{escape(word)}</text>')  # fmt: skip
    return figure("".join(parts), said, tall + 16)


def _end_of(name: str) -> str:
    return name if len(name) <= _LETTERS else f"…{name[1 - _LETTERS :]}"


def _rule(x: int, tall: int, colour: str, word: str, *, low: bool = False) -> str:
    return (
        f'<line x1="{x}" y1="16" x2="{x}" y2="{tall}" stroke="{colour}"/>'
        f'<text x="{x}" y="{tall + 10 if low else 11}" text-anchor="middle" fill="{colour}">'
        f"{word}</text>"
    )


def percent(margin: float | None) -> str:
    """Spell a margin: "35 %"; beyond twice the bound how many times that ("200×": what may be lost
    was lost 200 times); "-" for what was not measured."""
    if margin is None:
        return "-"
    times = 1 - margin
    return f"{margin * 100:.3g} %" if times <= 2 else f"{times:.3g}×" if times < 1000 else "≥ 1000×"


def figure(body: str, said: str, tall: int) -> str:
    """Return a figure with its caption."""
    told = escape(said, quote=True)
    return (
        f'<figure><figcaption>{told}</figcaption><svg viewBox="0 0 {_LEFT + _WIDE + 10} {tall}" '
        f'role="img" aria-label="{told}" font-size="11" fill="#50565e">{body}</svg></figure>'
    )


def budget(down: Spans, length: int, target_ppm: int) -> list[tuple[float, float]]:
    """Return how much of the error budget is left (percent) at the edges of down time."""
    whole = length * (1_000_000 - target_ppm) / 1_000_000
    if not whole:
        return [(0, 0), (length, 0)]
    points, lost = [(0.0, 100.0)], 0
    for start, end in down:
        points.append((start, 100 - 100 * lost / whole))
        lost += end - start
        points.append((end, 100 - 100 * lost / whole))
    return [*points, (length, 100 - 100 * lost / whole)]


def moving(replicas: Mapping[str, Sequence[Sequence[Any]]]) -> tuple[list[str], list[str]]:
    """Return the names of workloads whose replicas change, and of those that keep all of theirs."""
    moves = [name for name, rows in replicas.items() if len(rows) > 1 or rows[0][1] != rows[0][2]]
    return moves, [name for name in replicas if name not in moves]
