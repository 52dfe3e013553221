"""The rules once more, slot by slot and without cleverness: what the runs are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from ecp.slo.slots import Run, SlotSeries, State

STATES: list[State] = ["U", "D", "M", "N", "O"]

# Short runs, so that thresholds are crossed, missed by one and interrupted; D and U more often.
RUNS = st.lists(
    st.builds(Run, st.sampled_from([*STATES, "D", "U", "U"]), st.integers(0, 9)), max_size=30
)


def expand(series: SlotSeries) -> list[State]:
    return [state for state, slots in series.runs for _ in range(slots)]


def per_slot(start: int, states: Sequence[State]) -> SlotSeries:
    return SlotSeries.of(start, [(state, 1) for state in states])


def naive_incidents(
    start: int, states: Sequence[State], opens: int, closes: int
) -> list[tuple[int, int | None, str | None]]:
    """(start, end, closed by) of every incident."""
    found: list[tuple[int, int | None, str | None]] = []
    current: int | None = None
    downs = 0
    ups: list[int] = []
    for slot, state in enumerate(states, start):
        if current is None:
            downs = downs + 1 if state == "D" else 0
            if downs == opens:
                current, ups = slot - opens + 1, []
        elif state == "D":
            ups = []
        elif state == "U":
            ups.append(slot)
            if len(ups) == closes:
                found.append((current, ups[0], "recovery"))
                current, downs = None, 0
        elif state in "MO":
            by = "maintenance" if state == "M" else "off_duty"
            found.append((current, ups[0] if ups else slot, by))
            current, downs = None, 0
    if current is not None:
        found.append((current, None, None))
    return found


def figures(incident: Any) -> tuple[int, int | None, str | None]:
    return incident.start, incident.end, incident.closed_by
