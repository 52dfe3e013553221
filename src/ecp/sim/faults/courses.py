"""How strong a fault is while it lasts: at once, growing and decaying, or as a wave.

Nothing ticks: a course is a staircase. Each step is as high as the course is in its middle, so that
what comes in all of them is what would have come.
"""

from collections.abc import Callable, Mapping
from math import pi, sin
from typing import Any, Final

from ecp.kube import durations
from ecp.sim.faults.refusal import FaultRefused

WHOLE: Final = 1_000_000
"""A fault at its full strength (ppm)."""
_STEP: Final = 5_000_000_000  # a slot: what happens within one is not told apart
_MOST: Final = 60
Step = tuple[int, int]
"""Time since the beginning (ns), strength from there on (ppm)."""


def course_of(parameters: Mapping[str, Any], lasts: int | None) -> list[Step]:
    """Return the steps of a fault that lasts so long (ns, None = nobody knows).

    The first is at 0; one step alone means full strength from the beginning to the end.
    """
    if parameters.get("shape") == "sine" and lasts:
        return _stairs(0, lasts, lambda share: sin(pi * share))
    up, down = _ramp(parameters, "ramp_up"), _ramp(parameters, "ramp_down")
    steps = _stairs(0, up, lambda share: share)
    steps.append((up, WHOLE))
    if down and lasts:
        steps += _stairs(lasts - down, down, lambda share: 1 - share)
    return steps


def grown_after(parameters: Mapping[str, Any], lasts: int | None) -> int:
    """Return after how long a fault is at its full strength (ns)."""
    steps = course_of(parameters, lasts)
    return max(steps, key=lambda step: (step[1], -step[0]))[0]


def check_course(name: str, parameters: Mapping[str, Any], lasts: int | None) -> None:
    """Raises FaultRefused for a course that does not fit into the time that the fault *name* lasts,
    or that needs an end where nobody plans one."""
    if "ramp_up" not in parameters:
        return
    up, down = _ramp(parameters, "ramp_up"), _ramp(parameters, "ramp_down")
    wave = parameters["shape"] == "sine"
    if (wave and (up or down)) or (lasts is None and (wave or down)) or up + down > (lasts or up):
        spelt = "-" if lasts is None else durations.spell(lasts)
        raise FaultRefused("fault.bad-course", name=name, duration=spelt)


def _ramp(parameters: Mapping[str, Any], name: str) -> int:
    return durations.parse(str(parameters.get(name) or "0"))


def _stairs(begin: int, length: int, height: Callable[[float], float]) -> list[Step]:
    number = min(max(length // _STEP, 1), _MOST) if length else 0
    return [
        (begin + length * n // number, round(height((n + 0.5) / number) * WHOLE))
        for n in range(number)
    ]
