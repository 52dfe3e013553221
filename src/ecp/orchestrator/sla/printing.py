"""Statements printed: what takes a second for a day and ten for a month, so not in a loop's time.

What is small is done by a thread, the rest by a process of its own that reads the minutes itself.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ecp.orchestrator.ports import Storage
from ecp.orchestrator.records import Release, Tenant
from ecp.orchestrator.sla.model import BEFORE_SLOTS, inputs_of
from ecp.orchestrator.sla.naming import named
from ecp.slo.errors import SeriesError, SloError
from ecp.slo.kept import KeptMinute
from ecp.slo.levels import Level
from ecp.slo.maintenance import Maintenance
from ecp.slo.printed.frozen import inputs_of_pack, revised
from ecp.slo.printed.pack import FORMS, packs_of
from ecp.slo.rollup import HOUR_SLOTS
from ecp.slo.slots import Span
from ecp.slo.statement import Inputs, input_hash, revision_of
from ecp.slo.windows import Window
from ecp.texts import Language

_DAY_SLOTS: Final = 24 * HOUR_SLOTS
SMALL_SLOTS: Final = 2 * _DAY_SLOTS
SMALL_ALONE_SLOTS: Final = 12 * _DAY_SLOTS
"""Of a tenant without minutes of its services: a week and what it looks back at take a fifth of a
second, a process of its own takes a whole one to begin."""
SMALL_BYTES: Final = 100_000
PACK: Final = "zip"


class ToPrint(NamedTuple):
    """A statement that is wanted in a form (of `FORMS`; all that is frozen is a PACK); `sums` of
    services of which no minutes are kept; `titles` of what its causes may be."""

    tenant: Tenant
    release: Release
    window: Window
    facts: dict[str, Any]
    form: str
    languages: tuple[Language, ...]
    sums: Mapping[str, Level] = {}
    titles: Mapping[str, Mapping[str, str]] = {}

    def is_small(self, known: Span) -> bool:
        """Whether a thread is soon through with it, when these slots are kept."""
        first = max(self.window.start - BEFORE_SLOTS, known.start)
        most = SMALL_ALONE_SLOTS if self.sums else SMALL_SLOTS
        return min(self.window.end, known.end) - first <= most


class ToRevise(NamedTuple):
    """A frozen statement, and the windows of maintenance that are known by now."""

    pack: bytes
    timezone: str
    windows: tuple[Maintenance, ...]
    revision: int
    languages: tuple[Language, ...]

    def is_small(self, known: Span) -> bool:
        """Whether a thread is soon through with it; *known* is of no interest."""
        return len(self.pack) <= SMALL_BYTES


class Printed(NamedTuple):
    """A statement's revision, the digest of its inputs, its evidence, and the files by language."""

    revision: int
    input_hash: str
    evidence: str
    files: dict[str, bytes]


async def made(storage: Storage, asked: ToPrint | ToRevise, known: Span) -> Printed | None:
    """Print where it holds nobody up; None where there is nothing of then, or nothing to revise.

    Raises SloError for what cannot be computed, StorageFailed.
    """
    if asked.is_small(known):
        return await printed(storage, asked)
    found = await storage.levels.printed(asked)
    if isinstance(found, str):
        raise SeriesError(found)
    assert found is None or isinstance(found, Printed)
    return found


async def printed(storage: Storage, asked: ToPrint | ToRevise) -> Printed | None:
    """Print in a thread of this process."""
    if isinstance(asked, ToRevise):
        return await asyncio.to_thread(_revised, asked)
    window = asked.window
    minutes = await minutes_by_service(storage, asked.tenant.tenant_id, window)
    if not any(m.start >= window.start for m in minutes.get("", ())):
        return None
    inputs = inputs_of(asked.tenant, asked.release, minutes, window, asked.facts)
    causes = named(asked.titles, (m for m in minutes[""] if m.start >= window.start))
    inputs = replace(inputs, sums=asked.sums, causes=causes)
    return await asyncio.to_thread(_printed, inputs, asked.form, asked.languages)


def _revised(asked: ToRevise) -> Printed | None:
    inputs = revised(inputs_of_pack(asked.pack, asked.timezone), asked.windows)
    if revision_of(inputs) <= asked.revision:
        return None
    return _printed(inputs, PACK, asked.languages)


def _printed(inputs: Inputs, form: str, languages: Sequence[Language]) -> Printed:
    files: dict[str, bytes]
    if form == PACK:
        files = packs_of(inputs, languages)
    else:
        files = {language: FORMS[form].made(inputs, language) for language in languages}
    return Printed(revision_of(inputs), input_hash(inputs), inputs.evidence, files)


async def in_words(storage: Storage, asked: ToPrint | ToRevise) -> Printed | str | None:
    """Print; what cannot be computed is said, since no error goes through the pipe of a worker."""
    try:
        return await printed(storage, asked)
    except SloError as error:
        return str(error)


async def minutes_by_service(
    storage: Storage, tenant_id: str, window: Window, service: str | None = None
) -> dict[str, list[KeptMinute]]:
    """Return the kept minutes of a window by service, from before what was open at its start."""
    before = BEFORE_SLOTS
    while True:
        first = window.start - before
        before *= 2
        found: dict[str, list[KeptMinute]] = {}
        # A day at a time, which lets others work.
        for start in range(first, window.end, _DAY_SLOTS):
            after = min(start + _DAY_SLOTS, window.end)
            day = await storage.levels.minutes(tenant_id, start, after, service)
            for name, rows in day.items():
                found.setdefault(name, []).extend(rows)
        whole = found.get("")
        # What an incident began with may lie further back; not where a service began later.
        if (
            not whole
            or whole[0].start > first
            or all(rows[0].calm or rows[0].start > whole[0].start for rows in found.values())
        ):
            return found
