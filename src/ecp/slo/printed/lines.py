"""The budget's line on paper: points, ticks and labels; the origin is at the top left."""

from __future__ import annotations

from typing import NamedTuple

from ecp.slo.printed.sections import Chart

_STEPS = (1, 2, 5)


class Line(NamedTuple):
    """Coordinates, one decimal each. `ticks` are (y, label, whether it is zero);
    `ends` (x, label, anchor) of the first and last point."""

    points: list[tuple[float, float]]
    ticks: list[tuple[float, str, bool]]
    ends: list[tuple[float, str, str]]
    left: float
    right: float
    bottom: float


def line_of(chart: Chart, width: float, height: float) -> Line:
    """Where the line of a chart goes in a box of that size."""
    left, right, top, bottom = 62.0, width - 8, 10.0, height - 26
    values = [seconds / 60 for _, seconds in chart.points]
    highest, lowest = max([*values, 0.0]), min([*values, 0.0])
    step = _step((highest - lowest) / 4)
    first, last = int(lowest // step), -int(-highest // step)
    if first == last:
        last += 1
    scale = (bottom - top) / ((last - first) * step)

    def height_of(value: float) -> float:
        return round(bottom - (value - first * step) * scale, 1)

    across = (right - left) / max(1, len(values) - 1)
    return Line(
        [(round(left + across * n, 1), height_of(value)) for n, value in enumerate(values)],
        [
            (height_of(n * step), f"{n * step:g} {chart.unit}", n == 0)
            for n in range(first, last + 1)
        ],
        [(left, chart.points[0][0], "start"), (right, chart.points[-1][0], "end")],
        left,
        right,
        bottom,
    )


def _step(about: float) -> float:
    """The first of 1, 2, 5, 10 … that is not less."""
    unit = 1.0
    while True:
        for step in _STEPS:
            if step * unit >= about:
                return step * unit
        unit *= 10
