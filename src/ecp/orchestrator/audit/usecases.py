"""Entries of the audit log as they are read, and how long they are kept."""

import asyncio
import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from ecp.edge.instants import read_instant
from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339_micro
from ecp.orchestrator.audit import model
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage, TenantPort
from ecp.orchestrator.records import AuditEntry, AuditSought, Mode
from ecp.texts import Language

# The settings' own defaults (`settings.model.Settings`).
_DAYS: Final = 365
_ENTRIES: Final = 100_000
_DAY_NS: Final = 86_400_000_000_000
_PATIENCE_S: Final = 2.0
_COLUMNS: Final = (
    "id", "at", "actor", "actor_from", "address", "user_agent", "action", "summary", "outcome",
    "status", "code", "method", "route", "tenant_id", "target", "target_name", "request_id",
    "duration_ms",
)  # fmt: skip
# What a spreadsheet would take for a formula. Source: OWASP, CSV injection.
_FORMULAE: Final = ("=", "+", "-", "@", "\t", "\r")


def instant(given: str | None, name: str) -> int | None:
    """Return an instant of a query in nanoseconds. Raises Problem 422."""
    if given is None:
        return None
    try:
        return read_instant(given)
    except ValueError as error:
        raise Problem(
            422, "INVALID_INSTANT", "audit.bad-instant", name=name, value=given[:80]
        ) from error


async def listed(
    records: Storage, simulator: TenantPort, sought: AuditSought, language: Language
) -> dict[str, Any]:
    """Return entries, the newest first, and where the next page begins.

    Words that are sought are also sought in the titles of failures, in every language.
    """
    failures: model.Titles = {}
    if sought.words:
        failures = await _failures(simulator)
        sought = sought._replace(failures=model.meant(sought.words, failures))
    rows, total = await records.audit.some(sought._replace(limit=sought.limit + 1))
    more = len(rows) > sought.limit
    rows = rows[: sought.limit]
    if not failures and any("failure_type" in row.refs for row in rows):
        failures = await _failures(simulator)
    return {
        "entries": [shown(row, language, failures) for row in rows],
        "total": total,
        "next_cursor": rows[-1].id if more else None,
    }


async def _failures(simulator: TenantPort) -> model.Titles:
    """Return the titles of failures; none while nobody says them: the log is read all the same."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return {str(row["name"]): row["title"] for row in await simulator.fault_kinds()}
    except (ClusterUnreachable, ClusterRefused, TimeoutError):
        return {}


def shown(entry: AuditEntry, language: Language, failures: model.Titles) -> dict[str, Any]:
    """Return an entry as it is answered."""
    return {
        "id": entry.id,
        "at": rfc3339_micro(entry.at),
        "actor": entry.actor,
        "actor_from": entry.actor_from,
        "address": entry.address,
        "user_agent": entry.agent,
        "action": entry.action,
        "summary": model.summary(entry, language, failures),
        "outcome": entry.outcome,
        "status": entry.status or None,
        "code": entry.code or None,
        "method": entry.method or None,
        "route": entry.route or None,
        "tenant_id": entry.tenant_id or None,
        "target": entry.target_kind,
        "target_name": entry.target or None,
        "refs": dict(entry.refs),
        "request_id": entry.request_id or None,
        "duration_ms": None if not entry.method else round(entry.duration_us / 1000, 1),
    }


def as_csv(entries: list[dict[str, Any]]) -> bytes:
    """Return entries as CSV: UTF-8 with a byte order mark, nothing a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        writer.writerow(_cell(entry[name]) for name in _COLUMNS)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: Any) -> str:
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(_FORMULAE) else said


async def let_go(house: House, mode: Mode) -> int:
    """Let go of what was kept for long enough; return how many. Raises StorageFailed."""
    records = await house.storage(mode)
    days, most = kept(await records.settings())
    return await records.audit.let_go(before=house.now() - days * _DAY_NS, most=most)


def kept(settings: Mapping[str, Any]) -> tuple[int, int]:
    """Return for how many days an entry is kept, and how many are at most."""
    return int(settings.get("auditDays", _DAYS)), int(settings.get("auditEntries", _ENTRIES))
