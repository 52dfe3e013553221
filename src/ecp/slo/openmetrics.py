"""Slots and requests as OpenMetrics text with the cluster's time stamps, for a database to take in.

Source: OpenMetrics 1.0, "Text format": a counter family `x` has samples `x_total`, time stamps are
seconds, the series of a family stand together, the text ends with `# EOF`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES, CountSeries, SlotSeries

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
HEAD: Final = (
    "# HELP ecp_sla_slots Five-second slots by state; service '' is the tenant as a whole.\n"
    "# TYPE ecp_sla_slots counter\n"
)
REQUESTS_HEAD: Final = (
    "# HELP ecp_requests Requests by result; those of service '' are the customers' own.\n"
    "# TYPE ecp_requests counter\n"
)
END: Final = "# EOF\n"
_LINES_AT_ONCE: Final = 500


def points(first: int, last: int, step: int) -> list[int]:
    """Slot edges from *first* to *last*, both of them, and every multiple of *step* between."""
    between = range((first // step + 1) * step, last, step)
    return [first, *between, last] if last > first else [first]


def lines(labels: str, series: SlotSeries, at: Sequence[int]) -> Iterator[str]:
    """Yield the samples of all states, a few hundred lines a piece; *labels* are rendered.

    A sample says how many slots of *series* in that state lie before an edge of *at* (ascending).
    """
    for state, word in STATE_NAMES.items():
        prefix = f'ecp_sla_slots_total{{{labels},state="{word}"}}'
        seen, before = 0, series.start
        for begin in range(0, len(at), _LINES_AT_ONCE):
            piece = []
            for edge in at[begin : begin + _LINES_AT_ONCE]:
                runs = series.between(before, edge)
                seen += sum(run.end - run.start for run in runs if run.state == state)
                before = edge
                piece.append(f"{prefix} {seen} {edge * SLOT_SECONDS}\n")
            yield "".join(piece)


def request_lines(labels: str, counts: CountSeries, at: Sequence[int]) -> Iterator[str]:
    """Yield the samples of good and of bad requests: how many of *counts* came before each edge."""
    for result in ("good", "bad"):
        prefix = f'ecp_requests_total{{{labels},result="{result}"}}'
        seen, before = 0, counts.start
        for begin in range(0, len(at), _LINES_AT_ONCE):
            piece = []
            for edge in at[begin : begin + _LINES_AT_ONCE]:
                good, total = counts.sums(before, edge)
                seen += good if result == "good" else total - good
                before = edge
                piece.append(f"{prefix} {seen} {edge * SLOT_SECONDS}\n")
            yield "".join(piece)
