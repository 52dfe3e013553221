"""Callers who were cut off and call back: demand that comes on top of what comes anyway.

Of those whose call was cut as many call again as of those who hear a busy signal (`redial` of the
data sheet: assumed to be the same), each after an exponential time of its own, and for as long as
any call lasts. What they hold then is a mean by formula, over steps that grow with time: nothing
ticks, and no draw is made. Who is cut again is counted again.
"""

from collections.abc import Iterable, Mapping

from ecp.sim.traffic.graph import Part
from ecp.sim.traffic.model import MILLION, Cut, Offer
from ecp.sim.traffic.state import Back, State
from ecp.workloads.sessions import called_back

DELAY = 30.0
"""Who was cut off calls back after so many seconds on the average (assumed: it takes a moment to
notice that nobody is there, and to dial)."""
_STEPS = (0, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560)
_SECOND = 1_000_000_000
_LEAST = 1_000
"""Millionths of a call: fewer are nobody's."""


def note(state: State, parts: Iterable[Part], cuts: Mapping[str, Cut], now: int) -> None:
    """Take note of calls that were cut, by workload, at *now* (ns)."""
    for part in parts:
        cut = cuts.get(part.name)
        if cut is None or not cut.calls or part.profile is None or part.work is None:
            continue
        number = round(cut.number * part.work.redial)
        if part.profile in state.curves and number >= _LEAST:
            state.backs.append(Back(part.profile, now, number, part.work.lasts, cut.seen.cause))


def come_back(state: State, profile: str, now: int) -> tuple[Offer, str]:
    """Return what those who call back ask of a profile now, and what the most of it follows from.

    Forgets those whose calls have ended.
    """
    curve = state.curves.get(profile)
    if curve is None:
        return Offer(0.0, 0.0), ""
    held, most, cause = 0.0, 0.0, ""
    for back in list(state.backs):
        if back.profile != profile:
            continue
        after = (now - back.at) // _SECOND
        step = sum(after >= start for start in _STEPS)
        share = 0.0
        if step < len(_STEPS):
            share = called_back(back.lasts, DELAY, _STEPS[step - 1], _STEPS[step])
        calls = back.number * share
        if calls < _LEAST and after > DELAY:
            state.backs.remove(back)
            continue
        held += calls
        if calls > most:
            most, cause = calls, back.cause
    return curve.holding(float(f"{held / MILLION:.3g}")), cause


def steps(state: State, now: int) -> list[int]:
    """Return the instants (ns) to come at which it will be another number of them."""
    return [
        back.at + start * _SECOND
        for back in state.backs
        for start in _STEPS
        if back.at + start * _SECOND > now
    ]
