"""Business metrics are pushed once, also by who comes back; every tenant is beside the others."""

import asyncio
from typing import Any

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.monitoring import model
from ecp.orchestrator.monitoring.usecases import comparison, statistics
from ecp.orchestrator.monitoring.watching import Pusher
from ecp.orchestrator.records import Minute, Tenant

TERMS = {"currency": "KRW", "revenue_per_request": 10}


def tenant(name: str, terms: Any = None) -> Tenant:
    options = {} if terms is None else {model.BUSINESS: terms}
    return Tenant(name, "", name, None, {}, options, 995_000, "", 1)


def minute(number: int) -> Minute:
    slots = {"up": 12, "down": 0, "maintenance": 0, "unknown": 0, "off_duty": 0}
    at = f"2026-01-05T09:{number:02}:00Z"
    whole = {"slots": slots, "good": number, "total": number}
    return Minute(number, at, {"sequence": number, "minute": at, "tenant": whole})


class House:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.told: list[Any] = []

    async def storage(self, mode: str) -> Database:
        return self._database

    def simulator(self, mode: str) -> "House":
        return self

    async def tell(self, tenant_id: str, source: str, metrics: Any) -> None:
        self.told.append((tenant_id, metrics["business_requests"], metrics["revenue"]))

    def now(self) -> int:
        return 1


def test_each_minute_is_pushed_once_over_a_restart(place: str) -> None:
    async def whole() -> list[Any]:
        database = Database(place)
        await database.open()
        try:
            house: Any = House(database)
            await database.add_tenant(tenant("acme", TERMS))
            for number, holder in ((1, "one"), (2, "one"), (3, "two"), (5, "one")):
                kept, _ = await database.last_minute("acme")
                minutes = [minute(n) for n in range(kept + 1, number + 1)]
                facts = {"ledger": "a", "sequence": number}
                await database.add_minutes("acme", minutes, [], facts)
                # Each time a process of its own, that remembers nothing.
                for _ in range(2):
                    await database.lease("business", holder, 9 * 10**18, 0)
                    await Pusher(house, holder).push("production")
            return list(house.told)
        finally:
            await database.close()

    assert asyncio.run(whole()) == [
        ("acme", 1, 10.0),
        ("acme", 2, 20.0),
        ("acme", 3, 30.0),
        ("acme", 9, 90.0),
    ]


def test_everybody_is_compared(tmp_path: Any) -> None:
    async def whole() -> Any:
        database: Any = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()
        try:
            for number in range(203):
                await database.add_tenant(tenant(f"t{number:03}", TERMS if number == 202 else None))
            await database.add_minutes("t202", [minute(1)], [], {"evidence": "measured"})
            alone = [await statistics(database, name, 1, 5) for name in ("t201", "t202")]
            return [one["business"] for one in alone], await comparison(database, 1, "uptime", 2)
        finally:
            await database.close()

    alone, found = asyncio.run(whole())
    assert (found["total"], found["evidence"]) == (203, "mixed")
    row, other = found["tenants"]
    assert (row["tenant_id"], row["evidence"]) == ("t202", "measured")
    assert (
        alone
        == [other["business"], row["business"]]
        == [
            None,
            {
                "business_requests": 1,
                "business_requests_good": 1,
                "interval_seconds": 60,
                "revenue": 10.0,
                "currency": "KRW",
            },
        ]
    )
