"""What a feed tells is kept where it follows, asked for where it does not, and never kept twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import Tenant
from ecp.orchestrator.sla.collector import Collector, follows, is_known

from .test_collector import MINUTE, NINE, House, minute


def said(*numbers: int, ledger: str = "one") -> dict[str, Any]:
    return {"ledger": ledger, "minutes": [minute(number) for number in numbers]}


@pytest.mark.parametrize(
    ("told", "since", "ledger", "fits", "known"),
    [
        pytest.param(said(4, 5), 3, "one", True, False, id="what comes next"),
        pytest.param(said(3, 4), 3, "one", True, False, id="what comes next, and some again"),
        pytest.param(said(5, 6), 3, "one", False, False, id="a minute is missing between"),
        pytest.param(said(2, 3), 3, "one", False, True, id="nothing new"),
        pytest.param(said(4, ledger="two"), 3, "one", False, False, id="the cluster began anew"),
        pytest.param(said(1), 0, "", True, False, id="the first minute of all"),
        pytest.param(said(9), 0, "", False, False, id="the first that is heard, not the first"),
        pytest.param({"expired": True, "ledger": "one"}, 3, "one", False, False,
                     id="what is missing is no longer told"),
    ],
)  # fmt: skip
def test_what_was_said_follows(told: Any, since: int, ledger: str, fits: bool, known: bool) -> None:
    assert (follows(told, since, ledger), is_known(told, since, ledger)) == (fits, known)


class Told:
    """A feed that tells what it is given, in turn."""

    name, url = "told", "told:"

    def __init__(self, *messages: Any) -> None:
        self.messages = list(messages)


def test_gaps_and_repetitions_end_in_every_minute_once(tmp_path: Path) -> None:
    rows = [minute(number) for number in range(1, 13)]
    topic = "clusters/default/tenants/acme/minutes"
    bodies = [said(1, 2), said(2, 3), said(6), said(4, 5), said(7, 8), {"expired": True}]

    async def whole() -> list[str]:
        database = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=NINE, now=1)
            house = House(database, [])
            house.simulator("production").ledger = "one"
            collector = Collector(house, "me")  # type: ignore[arg-type]
            feed: Any = Told()
            for place, body in enumerate(bodies):
                # REST knows what was told so far, and two minutes more.
                house.simulator("production").rows = rows[: 2 * place + 2]
                message = {"topic": topic, "sequence": 1, "body": body}
                await collector._take("production", database, feed, message)
            nobody = {"topic": "clusters/default/tenants/nobody/minutes", "body": said(1)}
            await collector._take("production", database, feed, nobody)
            assert set(collector.taken) == {("production", "told"), ("production", "rest")}
            figures = await database.figures("acme", "sla", 100)
            return [f.timestamp for f in figures if f.metric_name == "uptime_percentage"][::-1]
        finally:
            await database.close()

    assert asyncio.run(whole()) == [rfc3339(NINE + number * MINUTE) for number in range(12)]
