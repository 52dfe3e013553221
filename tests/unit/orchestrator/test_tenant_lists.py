"""Lists of tenants: filtered, sorted, page by page, the same in SQLite and PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import SORTED, Sought, Tenant, Turn
from ecp.orchestrator.tenants.usecases import selected

ROWS = (
    ("a", "large", "voice", {"tier": "gold", "ecp.ai/region": "kr"}, 999_000, "Callbot of 100%"),
    ("b", None, "chat", {"tier": "silver"}, 995_000, "상담 챗봇"),
    ("c", "small", "voice", {}, 995_000, ""),
    ("d", "small", "", {"tier": "gold"}, 990_000, "x_y"),
    ("e", "small", "chat", {"ecp.ai/region": "us"}, 995_000, "CALLBOT"),
)


def run(place: str, use: Callable[[Database], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        database = Database(place)
        await database.open()
        try:
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(whole())


async def fill(db: Database) -> None:
    for at, (name, preset, owner, labels, target, description) in enumerate(ROWS):
        await db.add_tenant(
            Tenant(
                name,
                name.upper(),
                f"{name}-ns",
                preset,
                {},
                {},
                target,
                description,
                10 - at,
                owner=owner,
                labels=labels,
            )
        )
    release = await db.open_release("b", "d1", {}, [], began=1, now=2)
    await db.set_release(release.id, phase="ready")
    again = await db.open_release("b", "d2", {}, [], began=1, now=2)
    await db.set_release(again.id, phase="stalled")
    await db.turn_tenant("b", "degraded", at=5, cause="some-down", facts={})


FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "all": ({}, "abcde"),
    "of a preset": ({"preset": "small"}, "cde"),
    "of an owner": ({"owner": "voice"}, "ac"),
    "of nobody": ({"owner": ""}, "d"),
    "by state": ({"status": "degraded"}, "b"),
    "by the phase of the last release": ({"status": "stalled"}, "b"),
    "not by the phase of an earlier one": ({"status": "ready"}, ""),
    "without a release": ({"status": "created"}, "acde"),
    "a word of any case": ({"word": "callbot"}, "ae"),
    "a word of Korean": ({"word": "챗봇"}, "b"),
    "a sign that LIKE knows": ({"word": "%"}, "a"),
    "another": ({"word": "_"}, "d"),
    "two at once": ({"owner": "chat", "preset": "small"}, "e"),
    "descending": ({"descending": True}, "edcba"),
    "by preset, none first": ({"sort": "preset"}, "bacde"),
    "by target": ({"sort": "sla_target", "descending": True}, "aecbd"),
    "by age": ({"sort": "created_at"}, "edcba"),
}
SELECTORS = {
    "tier=gold": "ad", "tier!=gold": "bce", "tier": "abd", "!tier": "ce",
    "tier in (gold, silver)": "abd", "tier notin (gold)": "bce", "ecp.ai/region=kr": "a",
    "tier=gold,ecp.ai/region=kr": "a", "tier==silver": "b", "tier=gold,tier=silver": "",
}  # fmt: skip


def test_filters_selectors_and_orders(place: str) -> None:
    async def use(db: Database) -> Any:
        await fill(db)
        asked = {name: Sought(**given) for name, (given, _) in FILTERS.items()}
        asked |= {name: Sought(selector=selected(name)) for name in SELECTORS}
        seen = {name: await db.find_tenants(sought, 0, 9) for name, sought in asked.items()}
        assert all(len(one.rows) == one.total for one in seen.values())
        return {
            name: "".join(tenant.tenant_id for tenant, _ in one.rows) for name, one in seen.items()
        }

    wanted = {name: found for name, (_, found) in FILTERS.items()} | SELECTORS
    assert run(place, use) == wanted


def test_a_row_has_the_last_release(place: str) -> None:
    async def use(db: Database) -> Any:
        await fill(db)
        return {t.tenant_id: latest for t, latest in (await db.find_tenants(Sought(), 0, 9)).rows}

    found = run(place, use)
    assert (found["b"].revision, found["b"].phase, found["b"].digest) == (2, "stalled", "d2")
    assert found["a"] is None


def test_pages_by_cursor_have_everybody_once_in_every_order(place: str) -> None:
    def value(tenant: Tenant, sort: str) -> Any:
        return (tenant.target_ppm if sort == "sla_target" else getattr(tenant, sort)) or ""

    async def walked(db: Database, sought: Sought) -> list[str]:
        seen: list[str] = []
        while True:
            page = await db.find_tenants(sought, 0, 2)
            seen += [tenant.tenant_id for tenant, _ in page.rows]
            if not page.more:
                return seen
            last = page.rows[-1][0]
            sought = sought._replace(after=(value(last, sought.sort), last.tenant_id))

    async def use(db: Database) -> None:
        await fill(db)
        for sort in SORTED:
            for descending in (False, True):
                sought = Sought(sort=sort, descending=descending)
                whole = (await db.find_tenants(sought, 0, 9)).rows
                assert await walked(db, sought) == [t.tenant_id for t, _ in whole], sought

    run(place, use)


def test_a_change_of_another_version_is_not_kept(place: str) -> None:
    async def use(db: Database) -> Any:
        await fill(db)
        read = await db.tenant("a")
        assert read is not None
        turn = Turn(7, "draft", "draft", "changed", {"fields": "name"})
        first = await db.update_tenant(replace(read, name="first"), turn)
        second = await db.update_tenant(replace(read, name="second"), turn)
        kept = await db.tenant("a")
        assert kept is not None
        return first, second, kept.name, kept.version, (await db.tenant_history("a", 0, 9))[1]

    assert run(place, use) == (True, False, "first", 2, 2)


def test_a_history_tells_turns_once_and_outlives_the_tenant(place: str) -> None:
    async def use(db: Database) -> Any:
        await fill(db)
        turned = [
            await db.turn_tenant("c", "running", at=at, cause="up", facts={"count": 1})
            for at in (20, 21)
        ]
        await db.remove_tenant("c", 30)
        turns, total = await db.tenant_history("c", 0, 2)
        return turned, total, [(row.at, row.before, row.state, row.cause) for row in turns]

    turned, total, turns = run(place, use)
    assert (turned, total) == ([True, False], 3)
    assert turns == [(30, "running", "deleted", "deleted"), (20, "draft", "running", "up")]
