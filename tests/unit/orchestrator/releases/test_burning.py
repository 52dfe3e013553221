"""Releases that are up and burn the budget: how fast, within which window, and back they go."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ecp.orchestrator.burning import Burning, burned, watched
from ecp.orchestrator.records import Release, Tenant
from ecp.slo.kept import KeptMinute

CONFIRMED = "2026-01-05T00:00:30Z"
FIRST = 353_514_252  # the slot of 2026-01-05T00:01:00Z
POLICY = {"rate": 14.4, "window_s": 3600.0, "least_s": 300.0}


def minutes(down: int, of: int) -> list[KeptMinute]:
    """*of* minutes, the first *down* of which are down."""
    return [
        KeptMinute(FIRST + 12 * at, (("D" if at < down else "U", 12),), 0, 0, 0, 0, ())
        for at in range(of)
    ]


def release(**changes: Any) -> Release:
    values: dict[str, Any] = {
        "id": 7, "tenant_id": "a", "revision": 2, "digest": "d", "phase": "ready",
        "options": {"burn": POLICY}, "began": 0, "created_at": 0,
        "startup": {"started": True, "confirmed_at": CONFIRMED},
    }  # fmt: skip
    return Release(**{**values, **changes})


@pytest.mark.parametrize(
    ("down", "of", "target", "rate"),
    [
        pytest.param(0, 60, 995_000, 0.0, id="nothing is bad: nothing burns"),
        pytest.param(3, 60, 995_000, 10.0, id="a twentieth is bad and a two-hundredth allowed"),
        pytest.param(5, 5, 990_000, 100.0, id="all of the first five minutes is bad"),
        pytest.param(4, 4, 990_000, None, id="four minutes are too few to judge"),
        pytest.param(5, 60, 1_000_000, None, id="without a budget nothing can be burned"),
    ],
)
def test_how_fast_it_burns(down: int, of: int, target: int, rate: float | None) -> None:
    found = burned(minutes(down, of), target, 300)
    assert found == (None if rate is None else pytest.approx(rate))


def test_it_is_watched_from_the_first_whole_minute_after_its_start_for_its_window() -> None:
    assert watched(release()) == (FIRST, FIRST + 720)


SERVES_NOBODY = {
    "started": False, "settled": True, "began": "2026-01-05T00:00:01Z", "confirmed_at": None,
    "conditions": {
        "workloads_available": {"met": True, "seconds": 25.0},
        "services_with_endpoints": {"met": True, "seconds": 15.0},
    },
}  # fmt: skip


def test_it_is_watched_as_well_where_it_is_up_and_never_served_anybody() -> None:
    assert watched(release(startup=SERVES_NOBODY)) == (FIRST, FIRST + 720)
    assert watched(release(startup={**SERVES_NOBODY, "settled": False})) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"options": {}}, id="without a policy"),
        pytest.param({"phase": "progressing"}, id="on its way"),
        pytest.param({"startup": {}}, id="never confirmed"),
    ],
)
def test_it_is_not_watched(changes: dict[str, Any]) -> None:
    assert watched(release(**changes)) is None


class Records:
    """What `Burning` asks of a store: one tenant, its release, its minutes."""

    def __init__(self, kept: list[KeptMinute]) -> None:
        self.kept, self.told = kept, list[Any]()
        self.levels = self.history = self
        self.alone = release()

    async def lease(self, *_: Any) -> bool:
        return True

    async def tenants(self, skip: int, limit: int) -> Any:
        tenant = Tenant("a", "a", "a", None, {}, {}, 995_000, "", 0)
        return SimpleNamespace(tenants=[tenant], total=1)

    async def last_releases(self, names: list[str]) -> dict[str, Release]:
        return dict.fromkeys(names, self.alone)

    async def minutes(self, tenant: str, first: int, after: int, service: str) -> Any:
        return {"": [row for row in self.kept if first <= row.start < after]}

    async def say(self, number: int, said: Any) -> None:
        self.told += said


@pytest.mark.parametrize(
    ("down", "goes"),
    [pytest.param(6, True, id="20 times as fast"), pytest.param(4, False, id="13 times as fast")],
)
def test_it_goes_back_where_it_burns_faster_than_its_policy(down: int, goes: bool) -> None:

    records, went = Records(minutes(down, 60)), []

    async def storage(mode: str) -> Any:
        return records

    async def go_back(mode: str, tenant: Tenant, gone: Release) -> bool:
        went.append(gone.id)
        return True

    house = SimpleNamespace(storage=storage, now=lambda: 0)
    burning = Burning(cast(Any, house), cast(Any, SimpleNamespace(go_back=go_back)), "h")
    assert asyncio.run(burning.look("production")) == goes
    assert went == ([7] if goes else [])
    assert [row[2]["message"] for row in records.told] == (["20.0"] if goes else [])
