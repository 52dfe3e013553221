"""Months that are over: their statements are frozen once, revised by corrections, never changed."""

from typing import Any, Final, get_args

from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import Mode, Statement
from ecp.orchestrator.sla.model import (
    TIMEZONE,
    is_over,
    month_at,
    months_due,
    needed_from,
)
from ecp.orchestrator.sla.naming import titles
from ecp.orchestrator.sla.printing import PACK, Printed, ToPrint, ToRevise, made
from ecp.orchestrator.sla.usecases import deployed, facts_now, service_sums, statement
from ecp.slo.agreed import Agreed
from ecp.slo.errors import SloError
from ecp.slo.levels import bounds
from ecp.slo.printed.frozen import file_of
from ecp.slo.printed.pack import FORMS
from ecp.slo.slots import Span
from ecp.texts import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


async def close(house: House, mode: Mode, tenant_id: str, month: str) -> Statement:
    """Freeze the statement of a month that is over; one that is frozen stays as it is.

    Raises Problem 422 for what is no month, 409 while it is not over or nothing is kept of it.
    """
    storage = await house.storage(mode)
    tenant, release = await deployed(storage, tenant_id)
    known = await storage.levels.known(tenant_id)
    if known is None:
        raise Problem(409, "NOTHING_KEPT", "statement.nothing-kept", tenant=tenant_id)
    facts = await facts_now(house, mode, storage, tenant_id)
    window = month_at(month, known[1], facts)
    if window is None:
        raise Problem(422, "INVALID_PERIOD", "statement.bad-month", value=month)
    frozen = await newest(storage, tenant_id, month)
    if frozen is not None:
        return frozen
    if not is_over(window, known[1]):
        raise Problem(409, "MONTH_NOT_OVER", "statement.not-over", month=month)
    sums = await service_sums(house, mode, storage, tenant_id, window, facts)
    causes = await titles(house, mode, tenant.namespace)
    asked = ToPrint(tenant, release, window, facts, PACK, LANGUAGES, sums, causes)
    try:
        found = await made(storage, asked, Span(*known))
    except SloError as error:
        raise Problem(409, "STATEMENT_IMPOSSIBLE", "maintenance.said", message=error) from error
    if found is None:
        raise Problem(409, "NOTHING_KEPT", "statement.not-of-then", tenant=tenant_id, until=month)
    return await _freeze(house, storage, tenant_id, month, found)


async def revise(house: House, mode: Mode, tenant_id: str) -> list[Statement]:
    """Freeze a further revision of each closed month that was corrected since."""
    storage = await house.storage(mode)
    _, ledger = await storage.last_minute(tenant_id)
    last = {row.month: row for row in await storage.levels.statements(tenant_id, ledger)}
    if not last:
        return []
    facts = await facts_now(house, mode, storage, tenant_id)
    zone = facts.get("timezone") or TIMEZONE
    windows = Agreed.read(facts.get("agreed") or {}, zone).windows
    found = []
    for row in last.values():
        pack = await storage.levels.pack(row.id, "en")
        assert pack is not None, "a statement is written with its packs"
        asked = ToRevise(pack, zone, windows, row.revision, LANGUAGES)
        anew = await made(storage, asked, Span(0, 0))
        if anew is not None:
            found.append(await _freeze(house, storage, tenant_id, row.month, anew))
    return found


async def keep_house(house: House, mode: Mode, tenant_id: str) -> None:
    """Close the months that are due, then let go of what no report needs any more.

    A month that cannot be closed keeps its minutes. Raises StorageFailed.
    """
    storage = await house.storage(mode)
    known = await storage.levels.known(tenant_id)
    if known is None:
        return
    _, facts = await storage.kept(tenant_id)
    _, ledger = await storage.last_minute(tenant_id)
    span = Span(*known)
    closed = {row.month for row in await storage.levels.statements(tenant_id, ledger)}
    left = []
    for month in months_due(span, facts, closed):
        try:
            await close(house, mode, tenant_id, month)
        except Problem:
            left.append(month)
    await storage.levels.thin(tenant_id, bounds(span.end, needed_from(span, facts, left)))


async def newest(
    storage: Storage, tenant_id: str, month: str, revision: int | None = None
) -> Statement | None:
    """Return the last revision of a closed month, or that one; None where there is none."""
    _, ledger = await storage.last_minute(tenant_id)
    rows = await storage.levels.statements(tenant_id, ledger, month)
    wanted = [row for row in rows if revision in (None, row.revision)]
    return wanted[-1] if wanted else None


async def frozen_file(
    storage: Storage, frozen: Statement, form: str, language: Language
) -> tuple[bytes, str]:
    """Return a frozen statement in a form, the same bytes for ever, and the name of its file."""
    pack = await storage.levels.pack(frozen.id, language)
    assert pack is not None, "a statement is written with its packs"
    name = f"{frozen.tenant_id}-{frozen.month}-r{frozen.revision}.{FORMS[form].suffix}"
    return file_of(pack, form), name


async def report(
    house: House,
    mode: Mode,
    tenant_id: str,
    *,
    month: str | None,
    period: str | None,
    span: tuple[str | None, str | None] | None = None,
    revision: int | None,
    form: str,
    language: Language,
) -> tuple[bytes, str]:
    """Return the statement of a month, period or span, and the name of its file.

    Of a closed month the frozen one, in its last revision or the one that is asked for; else made
    now. Raises Problem.
    """
    if month is not None and period is None and span is None:
        storage = await house.storage(mode)
        await deployed(storage, tenant_id)
        frozen = await newest(storage, tenant_id, month, revision)
        if frozen is not None:
            return await frozen_file(storage, frozen, form, language)
    if revision is not None:
        raise Problem(404, "NO_SUCH_REVISION", "statement.no-revision", revision=revision)
    return await statement(
        house,
        mode,
        tenant_id,
        month=month,
        period=period,
        span=span,
        form=form,
        language=language,
    )


async def listed(house: House, mode: Mode, tenant_id: str) -> list[dict[str, Any]]:
    """Return the frozen statements of a tenant, by month and revision."""
    storage = await house.storage(mode)
    await deployed(storage, tenant_id)
    return [shown(row) for row in await storage.levels.statements(tenant_id)]


def shown(row: Statement) -> dict[str, Any]:
    """Return a statement's record as the API gives it."""
    return {**row._asdict(), "frozen_at": rfc3339(row.frozen_at)}


async def _freeze(
    house: House, storage: Storage, tenant_id: str, month: str, printed: Printed
) -> Statement:
    _, ledger = await storage.last_minute(tenant_id)
    made = Statement(
        0,
        tenant_id,
        ledger,
        month,
        printed.revision,
        printed.input_hash,
        printed.evidence,
        house.now(),
    )
    await storage.levels.freeze(made, printed.files)
    # Who was first has written it.
    found = await newest(storage, tenant_id, month, made.revision)
    assert found is not None, "it was written a moment ago"
    return found
