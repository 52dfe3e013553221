"""What a failure did, from the minutes around it; which class it is of."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.faults import aftermath, explaining, model, usecases
from ecp.sim.faults import catalogue
from ecp.texts import text

BEGAN, ENDED = "2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z"
MINUTE = 60_000_000_000
FAULT: dict[str, Any] = {
    "id": "f1",
    "fault": "service_down",
    "targets": ["deployment/web"],
    "state": "ended",
    "started_at": BEGAN,
    "ended_at": ENDED,
    "recovered_at": "2026-01-05T10:02:30Z",
    "recovery_seconds": 30.0,
    "took_effect": True,
    "workloads": ["acme/web", "other/db"],
    "seen": {"endpoints-left": {"at": "2026-01-05T10:00:14Z", "after_seconds": 14.0}},
}


def minute(number: int, down: int = 0, ready: float = 2.0, by: str = "f1") -> dict[str, Any]:
    """Return a minute after the beginning, *down* slots of it by a failure, as the ledger does."""
    runs = [["U", 12 - down], ["D", down]]
    whole = {
        "slots": {"up": 12 - down, "down": down},
        "runs": [run for run in runs if run[1]],
        "causes": [["fault", by, 12 - down, 12]] if down else [],
        "good": 120 - 10 * down,
        "total": 120,
        "latency": {"p95_ms": 100 + down},
    }
    return {
        "sequence": 100 + number,
        "minute": rfc3339(nanoseconds(BEGAN) + number * MINUTE),
        "tenant": whole,
        "workloads": [{"name": "web", "replicas": ready}],
    }


MINUTES = [minute(-1), minute(0, 12, 0.0), minute(1, 6, 0.0), minute(2), minute(3)]
NOW = nanoseconds("2026-01-05T12:00:00Z")


@pytest.mark.parametrize(
    ("change", "first", "minutes"),
    [
        pytest.param({}, "2026-01-05T09:45:00Z", 33, id="with a quarter of an hour either side"),
        pytest.param(
            {"state": "running", "ended_at": None, "recovered_at": None},
            "2026-01-05T09:45:00Z",
            135,
            id="up to now while it runs",
        ),
        pytest.param(
            {"ended_at": "2026-01-09T10:00:00Z", "recovered_at": None},
            "2026-01-05T09:45:00Z",
            135,
            id="never beyond now",
        ),
    ],
)
def test_the_frame_of_a_failure(change: dict[str, Any], first: str, minutes: int) -> None:
    found = explaining.frame({**FAULT, **change}, NOW)
    assert found is not None
    assert (rfc3339(found.first), found.minutes) == (first, minutes)


def test_one_that_has_not_begun_has_no_frame_and_a_long_one_is_cut() -> None:
    assert explaining.frame({**FAULT, "started_at": None}, NOW) is None
    later = explaining.frame({**FAULT, "state": "running"}, NOW + 99 * 60 * MINUTE)
    assert later is not None
    assert later.minutes == explaining.MOST_MINUTES


def test_the_sequence_before_the_frame_follows_from_any_minute() -> None:
    wanted = explaining.Frame(nanoseconds(BEGAN), nanoseconds(ENDED))
    assert explaining.since(minute(-1), wanted) == 99
    assert explaining.since(minute(40), wanted) == 99
    assert explaining.since({**minute(0), "sequence": 1}, wanted) == 0


def test_points_are_of_the_frame_with_the_workloads_that_were_hit() -> None:
    names = explaining.hit_workloads(FAULT, "acme")
    wanted = explaining.Frame(nanoseconds(BEGAN), nanoseconds(ENDED))
    found = explaining.points(MINUTES, wanted, names)
    assert [(row["down_seconds"], row["error_rate"], row["ready"]) for row in found] == [
        (60, 100.0, {"web": 0.0}),
        (30, 50.0, {"web": 0.0}),
    ]


def test_only_what_was_down_by_it_is_charged_to_it() -> None:
    rows = [*MINUTES, minute(4, 3, by="f2")]
    lost = list(explaining.lost_slots(rows, "f1"))
    assert len(lost) == 18
    found = explaining.cost(lost, 995_000)
    assert found["down_seconds"] == 90
    assert (found["first_down_at"], found["last_down_at"]) == (BEGAN, ENDED)
    assert found["budget_seconds"] == 12_960.0
    assert found["budget_percent"] == 0.69
    assert explaining.cost(lost, 1_000_000)["budget_percent"] is None


def effects_and_costs(rows: list[dict[str, Any]]) -> tuple[Any, Any]:
    wanted = explaining.Frame(nanoseconds(BEGAN) - 2 * MINUTE, nanoseconds(BEGAN) + 4 * MINUTE)
    series = explaining.points(rows, wanted, ["web"])
    lost = list(explaining.lost_slots(rows, "f1"))
    return explaining.effect(series, FAULT), explaining.cost(lost, 995_000)


def test_means_before_during_and_after() -> None:
    found, _ = effects_and_costs(MINUTES)
    assert found["before"]["error_rate"] == 0.0
    assert found["during"]["worst_error_rate"] == 100.0
    assert found["during"]["least_ready"] == {"web": 0.0}
    assert found["after"]["least_ready"] == {"web": 2.0}


def course(change: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[Any, Any, list[str]]:
    fault = {**FAULT, **change}
    wanted = explaining.Frame(nanoseconds(BEGAN) - MINUTE, nanoseconds(BEGAN) + 9 * MINUTE)
    costs = explaining.cost(list(explaining.lost_slots(rows, "f1")), 995_000)
    series = explaining.points(rows, wanted, ["web"])
    words = [row["what"] for row in explaining.timeline(fault, costs, [])]
    return aftermath.worst_minute(series, fault, costs), aftermath.recovery(fault, costs), words


ONCE = {"ended_at": BEGAN, "recovered_at": "2026-01-05T10:01:10Z", "recovery_seconds": 70.0}
RELAPSED = [*MINUTES, minute(4, 6)]


@pytest.mark.parametrize(
    ("change", "rows", "worst", "others"),
    [
        pytest.param({}, MINUTES, (0, 100.0, 60), 0, id="while it was at work"),
        pytest.param(ONCE, [minute(-1), minute(0), minute(1, 6)], (1, 50.0, 30), 0,
                     id="one that fell once is felt until all is whole again"),
        pytest.param({}, [minute(0, 1), minute(1), minute(2), minute(3), minute(4, 6)],
                     (4, 50.0, 30), 0, id="what it took after its recovery counts"),
        pytest.param({}, [minute(-1, 12, by="f2"), minute(0), minute(1, 6, by="f2"), minute(5, 12)],
                     (5, 100.0, 60), 30, id="what others took is told apart"),
        pytest.param({}, [minute(0), minute(1), minute(2), minute(3, 12, by="f2")],
                     (0, 0.0, 0), 0, id="what others took later is not its own"),
        pytest.param({"recovered_at": None}, [minute(0), minute(5, 12, by="f2")],
                     (5, 100.0, 60), 60, id="as long as it is not whole again it is felt"),
        pytest.param({}, [minute(-1)], None, 0, id="no minute of it is closed"),
    ],
)  # fmt: skip
def test_the_worst_minute_is_one_that_the_failure_was_felt_in(
    change: dict[str, Any], rows: list[dict[str, Any]], worst: Any, others: int
) -> None:
    found, _, _ = course(change, rows)
    if worst is None:
        assert found is None
        return
    at, rate, down = worst
    assert found["at"] == rfc3339(nanoseconds(BEGAN) + at * MINUTE)
    assert (found["error_rate"], found["down_seconds"]) == (rate, down)
    assert found["others_seconds"] == others


@pytest.mark.parametrize(
    ("change", "rows", "first", "kept", "relapses", "last"),
    [
        pytest.param({}, MINUTES, 30.0, 30.0, 0, "recovered", id="and it stayed so"),
        pytest.param({}, RELAPSED, 30.0, 180.0, 1, "kept", id="users met errors once more"),
        pytest.param(ONCE, [minute(0, 12), minute(4, 6)], 70.0, 300.0, 1, "kept",
                     id="of one that fell once it counts from its beginning"),
        pytest.param({}, [*MINUTES, minute(4, 6, by="f2")], 30.0, 30.0, 0, "recovered",
                     id="others' errors are no relapse"),
        pytest.param({"recovered_at": None, "recovery_seconds": None}, MINUTES, None, None, 0,
                     "up", id="not yet"),
    ],
)  # fmt: skip
def test_it_has_recovered_when_it_stayed_so(
    change: dict[str, Any], rows: list[dict[str, Any]], first: Any, kept: Any, relapses: int,
    last: str,
) -> None:  # fmt: skip
    _, found, words = course(change, rows)
    assert (found["first_seconds"], found["kept_seconds"]) == (first, kept)
    assert found["relapses"] == relapses
    assert words[-1] == last
    assert words.count("kept") == bool(relapses)


SINGLE = [minute(-1, ready=1.0), *MINUTES[1:]]
STARTING = [minute(-2, ready=0.5), *MINUTES]
LONG = [minute(-1), *(minute(at, 12, 0.0) for at in range(120))]


@pytest.mark.parametrize(
    ("change", "rows", "alerts", "told"),
    [
        pytest.param({"state": "running"}, MINUTES, 0, ["running"], id="it still runs"),
        pytest.param({"took_effect": False}, [minute(0)], 0, ["inert"], id="it hit nothing"),
        pytest.param({}, [minute(-1), minute(0)], 0, ["held"], id="nobody noticed"),
        pytest.param(
            {"fault": "registry_down", "targets": ["registry/*"]},
            [minute(-1), minute(0)],
            0,
            ["latent"],
            id="nobody pulled an image meanwhile",
        ),
        pytest.param(
            {"fault": "quota_exhausted", "targets": ["namespace/acme"]},
            [minute(0)],
            0,
            ["latent"],
            id="nothing was to be created meanwhile",
        ),
        pytest.param({}, MINUTES, 1, ["whole"], id="every replica was hit"),
        pytest.param({}, SINGLE, 1, ["single"], id="the only replica was hit"),
        pytest.param({}, STARTING, 1, ["whole"], id="of two that were starting none is single"),
        pytest.param({}, MINUTES, 0, ["whole", "unnoticed"], id="users noticed, no alert did"),
        pytest.param({}, MINUTES, None, ["whole"], id="users noticed, alerts were not judged"),
        pytest.param({}, LONG, 1, ["budget", "whole"], id="it took most of a month's budget"),
        pytest.param(
            {
                "seen": {"endpoints-left": {"at": BEGAN, "after_seconds": 45.0}},
                "recovery_seconds": 300.0,
            },
            MINUTES,
            1,
            ["whole", "probe", "recovery"],
            id="noticed late and mended late",
        ),
    ],
)
def test_what_to_change(
    change: dict[str, Any], rows: list[dict[str, Any]], alerts: int | None, told: list[str]
) -> None:
    effects, costs = effects_and_costs(rows)
    found = explaining.advice({**FAULT, **change}, effects, costs, alerts)
    assert [key.removeprefix("failure.advice.") for key, _ in found] == told
    for key, values in found:
        assert text(key, "en", **values) != text(key, "ko", **values)


def at(clock: str) -> int:
    return nanoseconds(f"2026-01-05T{clock}Z")


PACE = {"speed": 1.0, "paused": False, "warping_to": None, "catching_up_to": None}


@pytest.mark.parametrize(
    ("clock", "watched_since", "why"),
    [
        pytest.param({}, None, None, id="a cluster that goes with the wall clock"),
        pytest.param(
            {**PACE, "pace_since": BEGAN}, None, None, id="at people's pace all the while"
        ),
        pytest.param({**PACE, "pace_since": BEGAN}, at("09:59:00"), None, id="after the history"),
        pytest.param({**PACE, "pace_since": BEGAN}, at("10:01:00"), "history", id="of the history"),
        pytest.param({**PACE, "pace_since": ENDED}, None, "pace", id="the clock was moved since"),
        pytest.param({**PACE, "speed": 60.0}, None, "pace", id="lived through faster"),
        pytest.param({**PACE, "catching_up_to": ENDED}, None, "pace", id="caught up with"),
    ],
)
def test_whether_an_alert_could_have_followed(
    clock: dict[str, Any], watched_since: int | None, why: str | None
) -> None:
    found = explaining.unjudged(FAULT, clock, watched_since)
    assert found == (why and f"failure.unjudged.{why}")
    assert found is None or text(found, "en") != text(found, "ko")


def test_what_happened_is_told_in_order() -> None:
    costs = explaining.cost(list(explaining.lost_slots(MINUTES, "f1")), 995_000)
    alerts = [{"rule": "down", "fired_at": "2026-01-05T10:01:00Z"}]
    found = explaining.timeline(FAULT, costs, alerts)
    assert [row["what"] for row in found] == [
        "started", "down", "seen", "alert", "up", "down", "ended", "up", "recovered",
    ]  # fmt: skip
    assert found[2]["after_seconds"] == 14.0


def test_nothing_followed_before_it_began() -> None:
    """The slot in which it began may have begun before it."""
    late = {**FAULT, "started_at": "2026-01-05T10:00:02Z"}
    costs = explaining.cost(list(explaining.lost_slots(MINUTES, "f1")), 995_000)
    found = explaining.timeline(late, costs, [])
    assert min(row["after_seconds"] for row in found) == 0
    assert [row["what"] for row in found][:2] == ["started", "down"]


def test_each_time_that_users_met_errors_is_told() -> None:
    lost = [slot * 5_000_000_000 for slot in (2, 3, 4, 9, 10)]
    spans = explaining.cost(lost, 995_000)["spans"]
    assert [(one["from"][-6:], one["to"][-6:]) for one in spans] == [
        ("00:10Z", "00:25Z"), ("00:45Z", "00:55Z"),
    ]  # fmt: skip


def test_requests_beyond_the_contract_are_requests() -> None:
    row = minute(0)
    row["tenant"]["excess"] = 480
    wanted = explaining.Frame(nanoseconds(BEGAN), nanoseconds(ENDED))
    (found,) = explaining.points([row], wanted, [])
    assert (found["request_rate"], found["error_rate"]) == (10.0, 0.0)


@pytest.mark.parametrize(
    ("change", "now", "is_open"),
    [
        pytest.param({"state": "running", "ended_at": None}, "2026-01-05T10:00:40Z", True,
                     id="it runs, and its first minute is not over"),
        pytest.param({}, "2026-01-05T10:02:40Z", True, id="it ended in the minute that is open"),
        pytest.param({}, "2026-01-05T10:03:40Z", False, id="all its minutes are closed"),
        pytest.param({"state": "running", "ended_at": None}, "2026-01-09T10:00:40Z", False,
                     id="of one that is cut the last that is shown is closed"),
    ],
)  # fmt: skip
def test_a_minute_that_is_open_is_said_to_be(
    change: dict[str, Any], now: str, is_open: bool
) -> None:
    fault = {**FAULT, **change}
    wanted = explaining.frame({**fault, "recovered_at": None}, nanoseconds(now))
    assert wanted is not None
    assert explaining.is_open(fault, wanted) == is_open


def test_every_failure_of_the_catalogue_has_a_class() -> None:
    rows = [{"chaos": {"kind": row.chaos.kind}} for row in catalogue().values()]
    assert {model.class_of(row) for row in rows} == set(model.CLASSES)
    assert model.class_of({"chaos": {"kind": "Meteor"}}) == "other"


class Simulator:
    """Answers what the simulator is asked of faults, budgets and minutes."""

    def __init__(self, remaining: float | None = None) -> None:
        self.remaining = remaining

    async def fault_kinds(self) -> list[dict[str, Any]]:
        return [
            {"name": "node_down", "duration": None, "chaos": {"kind": "NodeFault"}},
            {"name": "pod_kill", "duration": None, "chaos": {"kind": "PodChaos"}},
            {"name": "cpu_spike", "duration": "5m", "chaos": {"kind": "StressChaos"}},
        ]

    async def failure_rates(self) -> list[dict[str, Any]]:
        return []

    async def sla(self, tenant_id: str, period: str) -> dict[str, Any]:
        return {"error_budget": {"remaining_seconds": self.remaining}, "observed_seconds": 120}


def test_the_catalogue_is_told_by_class_and_says_how_long_one_lasts_here() -> None:
    found = asyncio.run(usecases.kinds(Simulator()))  # type: ignore[arg-type]
    assert [(row["name"], row["class"], row["duration"]) for row in found["faults"]] == [
        ("cpu_spike", "resource", "5m"),
        ("node_down", "node", "10m"),
        ("pod_kill", "pod", None),
    ]
    assert found["classes"] == ["resource", "node", "pod"]


@pytest.mark.parametrize(
    ("remaining", "lasts", "own", "breach"),
    [
        pytest.param(600.0, "5m", None, False, id="the budget is longer"),
        pytest.param(200.0, "5m", None, True, id="the budget is shorter"),
        pytest.param(200.0, None, "3m", False, id="its own duration where nobody says"),
        pytest.param(-1.0, "1s", None, True, id="the budget is spent"),
        pytest.param(600.0, None, None, None, id="it falls once"),
        pytest.param(None, "5m", None, None, id="nothing is measured"),
    ],
)
def test_what_a_failure_would_take_at_worst(
    remaining: float | None, lasts: str | None, own: str | None, breach: bool | None
) -> None:
    tenant: Any = SimpleNamespace(tenant_id="acme", target_ppm=995_000)
    simulator: Any = Simulator(remaining)
    body = {} if lasts is None else {"duration": lasts}
    found = asyncio.run(usecases.at_worst(simulator, tenant, body, {"duration": own}))
    assert (None if found is None else found["would_breach"]) == breach
    if found is not None:
        assert (found["measured_seconds"], found["budget_seconds"]) == (120, 12_960.0)
