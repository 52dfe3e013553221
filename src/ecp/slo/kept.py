"""A report from kept minutes: what was closed once is enough for every figure.

A minute keeps the order of its slots (runs), its requests and its causes, so that a report whose
edges are whole minutes is the same, digit by digit, as the one from the slots themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from ecp.slo.answering import Answering
from ecp.slo.errors import SeriesError
from ecp.slo.incidents import CauseLink, CauseSpan
from ecp.slo.objective import Objective
from ecp.slo.report import Label, SlaReport, evaluate
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.sketch import Mark, Row, Sketch, merged
from ecp.slo.slots import STATE_NAMES, CountSeries, SlotSeries, Span, State
from ecp.slo.windows import Window

LETTERS: Final[dict[str, State]] = {name: state for state, name in STATE_NAMES.items()}


class KeptMinute(NamedTuple):
    """Slots [start, start + 12) of a tenant.

    `runs` their states in order; `counts_from` the first (0 to 12) of them after the birth of the
    SLA clock; `good`, `total` the entry requests of its up and down slots from there on, `excess`
    those above the contract; `causes` (kind, id, first slot, slot after the last) in the minute.
    `voice` are its telephone calls; `sketch` the times of good requests, where they were told.
    """

    start: int
    runs: tuple[tuple[State, int], ...]
    counts_from: int
    good: int
    total: int
    excess: int
    causes: tuple[tuple[str, str, int, int], ...]
    voice: Answering = Answering(0, 0, 0)
    sketch: tuple[Row, ...] = ()

    @classmethod
    def read(cls, start: int, row: Mapping[str, Any]) -> KeptMinute:
        """From the tenant's row of a minute, as the ledger wrote it. Raises SeriesError."""
        if "runs" not in row:
            raise SeriesError(f"the minute at slot {start} was kept without the order of its slots")
        return cls(
            start,
            tuple((cast(State, state), slots) for state, slots in row["runs"]),
            row["counts_from"],
            row["good"],
            row["total"],
            row["excess"],
            tuple((kind, name, first, after) for kind, name, first, after in row["causes"]),
            *_asked(row),
        )

    @classmethod
    def of_workload(cls, start: int, counts_from: int, row: Mapping[str, Any]) -> KeptMinute:
        """From a workload's row, which says the order where there is more than one state."""
        runs = row.get("runs")
        if runs is None:
            runs = [(LETTERS[name], slots) for name, slots in row["slots"].items() if slots]
            if len(runs) > 1:
                raise SeriesError(
                    f"the minute at slot {start} was kept without the order of its slots"
                )
        return cls(
            start,
            tuple((state, slots) for state, slots in runs),
            counts_from,
            row["good"],
            row["total"],
            row["excess"],
            tuple((kind, name, first, after) for kind, name, first, after in row.get("causes", ())),
            *_asked(row),
        )

    @property
    def calm(self) -> bool:
        """Whether no incident can be open at its end, whatever was before."""
        return self.runs in ((("U", MINUTE_SLOTS),), (("M", MINUTE_SLOTS),), (("O", MINUTE_SLOTS),))


def _asked(row: Mapping[str, Any]) -> tuple[Answering, tuple[Row, ...]]:
    """Calls and times of a row; a ledger of before they were told has none."""
    voice, told = row.get("voice"), (row.get("latency") or {}).get("sketch") or ()
    calls = Answering(**voice) if voice else Answering(0, 0, 0)
    return calls, tuple((mean, scatter, answers) for mean, scatter, answers in told)


def report_of(
    minutes: Sequence[KeptMinute],
    objective: Objective,
    window: Window,
    *,
    excluded: Sequence[Span] = (),
    label: Label | None = None,
    settled: bool = False,
    times: Sketch | None = None,
) -> SlaReport:
    """The report of a window whose edges are whole minutes, from ascending minutes.

    Slots between two minutes that do not follow one another are unknown. A `settled` one looks at
    its own period only: neither alerts nor forecasts put it at risk. `times` is the sketch of
    the window; None: that of the minutes.
    """
    birth = birth_of(minutes)
    birth = window.end if birth is None else birth
    return evaluate(
        series_of(minutes),
        objective,
        window,
        counts=counts_of(minutes),
        excess=sum(m.excess for m in minutes if window.start <= m.start < window.end),
        birth=birth,
        excluded=excluded,
        causes=[
            CauseSpan(CauseLink(kind, name), m.start + first, m.start + after)
            for m in minutes
            for kind, name, first, after in m.causes
        ],
        page_alert_firing=False if settled else None,
        forecast_exhausts=False if settled else None,
        label=label,
        answering=calls_of(minutes, window),
        times=times_of(minutes, window) if times is None else times,
    )


def calls_of(minutes: Iterable[KeptMinute], window: Window) -> Answering | None:
    """The telephone calls of a window; None where nobody called."""
    spoken = (m.voice for m in minutes if m.voice.calls and window.start <= m.start < window.end)
    sums = [sum(column) for column in zip(*spoken, strict=True)]
    return Answering(*sums) if sums else None


def times_of(minutes: Iterable[KeptMinute], window: Window) -> dict[Mark, int]:
    """The sketch of the response times of a window's good requests."""
    return merged(m.sketch for m in minutes if m.sketch and window.start <= m.start < window.end)


def birth_of(minutes: Iterable[KeptMinute]) -> int | None:
    """The first slot of the SLA clock, as far as the minutes know; None of one that never began."""
    born = next((m for m in minutes if m.counts_from < MINUTE_SLOTS), None)
    return None if born is None else born.start + born.counts_from


def series_of(minutes: Sequence[KeptMinute]) -> SlotSeries:
    """The states of ascending minutes; what lies between them is unknown."""
    runs: list[tuple[State, int]] = []
    begin = end = minutes[0].start
    known: State = "N"  # of slots [begin, end), a run that may go on
    for minute in minutes:
        if minute.start > end and known != "N":
            runs.append((known, end - begin))
            begin, known = end, "N"
        end = minute.start
        for state, slots in minute.runs:
            if state != known:
                runs.append((known, end - begin))
                begin, known = end, state
            end += slots
        end = minute.start + MINUTE_SLOTS
    return SlotSeries.of(minutes[0].start, [*runs, (known, end - begin)])


def counts_of(minutes: Iterable[KeptMinute]) -> CountSeries | None:
    """Each minute's requests at its first slot that counts: exact for whole minutes."""
    runs: list[tuple[int, int, int]] = []
    start = end = None
    for minute in minutes:
        if not minute.total:
            continue
        slot = minute.start + _first(minute)
        if end is None:
            start = end = slot
        runs += [(slot - end, 0, 0), (1, minute.good, minute.total)]
        end = slot + 1
    return None if start is None else CountSeries.of(start, runs)


def _first(minute: KeptMinute) -> int:
    if minute.counts_from == 0 and minute.runs[0][0] in ("U", "D"):
        return 0
    at = 0
    for state, slots in minute.runs:
        if state in ("U", "D") and at + slots > minute.counts_from:
            return max(at, minute.counts_from)
        at += slots
    return 0
