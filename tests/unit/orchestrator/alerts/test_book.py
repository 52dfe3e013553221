"""The records of alerts, on SQLite and on PostgreSQL alike."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import CustomRule, Figure, Silence, Tenant

from .test_model import alert, route


def kept(url: str, play: Callable[[Any, Database], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = Database(url)
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await play(database.alerts, database)
        finally:
            await database.close()

    asyncio.run(whole())


def test_one_alert_is_open_under_a_fingerprint_and_all_are_kept(place: str) -> None:
    async def play(book: Any, _: Database) -> None:
        await book.keep([(alert(id=0), "firing", "", "")], 1)
        await book.keep([(alert(id=0), "firing", "", "")], 2)  # another process saw it as well
        (first,) = await book.open()
        over = replace(first, state="resolved", resolved_at=3)
        await book.keep([(over, "resolved", "", "")], 3)
        await book.keep([(alert(id=0, severity="critical"), "firing", "", "")], 4)
        rows, total = await book.some()
        assert [(row.state, row.severity) for row in rows] == [
            ("firing", "critical"),
            ("resolved", "warning"),
        ]
        assert total == 2
        assert (await book.some(states=("resolved",)))[0] == [over]
        events = await book.events(since=1)
        assert [(e.what, e.at, a.id) for e, a in events] == [
            ("resolved", 3, first.id),
            ("firing", 4, rows[0].id),
        ]
        assert await book.newest_event() == events[-1][0].id
        assert (await book.counts())["alerts"] == {("critical", "firing"): 1}

    kept(place, play)


def test_who_took_care_meanwhile_is_not_overwritten(place: str) -> None:
    async def play(book: Any, _: Database) -> None:
        await book.keep([(alert(id=0), "firing", "", "")], 1)
        (read,) = await book.open()
        taken = replace(read, state="acknowledged", acknowledged_at=2, acknowledged_by="kim")
        await book.keep([(taken, "acknowledged", "kim", "on it")], 2)
        await book.keep([(replace(read, values={"value": "95"}), "", "", "")], 3)
        (now,) = await book.open()
        assert (now.state, now.acknowledged_by, now.values) == (
            "acknowledged",
            "kim",
            {"value": "95"},
        )

    kept(place, play)


def test_the_outbox_holds_each_thing_once_until_it_is_settled(place: str) -> None:
    async def play(book: Any, _: Database) -> None:
        await book.keep([(alert(id=0), "firing", "", "")], 1)
        (open_,) = await book.open()
        told = await book.add_route(route())
        wanted = [(open_.id, told.id, "warning")]
        assert await book.enqueue(wanted, 10) == 1
        assert await book.enqueue(wanted, 11) == 0
        assert await book.due(9, 5) == []
        (due,) = await book.due(10, 5)
        await book.take([due.id], 12)
        assert await book.due(99, 5) == []
        assert await book.doubt(13) == 1
        (row,) = await book.deliveries(state="uncertain")
        assert row.attempt == 1
        await book.settle(row._replace(state="sent", sent_at=14, detail="HTTP 200"))
        assert await book.enqueue_resolved(15, 0) == 0
        await book.keep([(replace(open_, state="resolved", resolved_at=16), "", "", "")], 16)
        assert await book.enqueue_resolved(17, 0) == 0  # still firing, as far as that said
        await book.keep(
            [(replace(open_, state="resolved", resolved_at=16), "resolved", "", "")], 16
        )
        assert await book.enqueue_resolved(17, 0) == 1
        assert await book.enqueue_resolved(18, 0) == 0
        assert await book.remove_route(told.id)
        assert [row.what for row in await book.deliveries()] == ["resolved", "warning"]
        assert (await book.counts())["deliveries"] == {("pending",): 1, ("sent",): 1}

    kept(place, play)


def test_routes_silences_rules_and_policies_go_with_what_they_belong_to(place: str) -> None:
    async def play(book: Any, database: Database) -> None:
        first = await book.add_route(route())
        changed = first._replace(enabled=False)
        assert await book.change_route(changed)
        assert await book.routes() == [changed]
        assert await book.remove_route(first.id)
        assert not await book.remove_route(first.id)
        silence = await book.add_silence(Silence(0, {"rule": "*"}, 50, "kim", "why", 1, None))
        assert await book.silences(49) == [silence]
        assert await book.silences(50) == []
        assert await book.end_silence(silence.id, 20)
        assert not await book.end_silence(silence.id, 21)
        rule = CustomRule("acme", "busy", "cpu_usage > 1", 60, "info", ["webhook"], 1)
        assert await book.keep_rule(rule)
        assert not await book.keep_rule(rule._replace(duration_s=120))
        assert [one.duration_s for one in await book.rules("acme")] == [120]
        await book.keep_policy("acme", {"preset": "basic", "off": []})
        assert await book.policies() == {"acme": {"preset": "basic", "off": []}}
        await book.keep([(alert(id=0), "firing", "", "")], 1)
        await database.remove_tenant("acme")
        assert await book.rules() == []
        assert await book.policies() == {}
        assert len(await book.open()) == 1  # what was said stays

    kept(place, play)


def test_who_was_pushed_a_figure_is_one_of_many_that_are_asked_for(place: str) -> None:
    async def play(book: Any, database: Database) -> None:
        figure = Figure("acme", "external", "cpu_usage", 99.0, "%", "websocket", "2026-03-02")
        await database.add_figures([figure, figure])
        assert await book.pushed_to(["acme", "other"]) == {"acme"}
        assert await book.pushed_to(["other"]) == set()

    kept(place, play)
