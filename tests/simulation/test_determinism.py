"""One seed, one result: any process, any hash seed, any pace, in one go or resumed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import CAUSE, SECOND
from ecp.sim.store import Change

sys.path.insert(0, str(Path(__file__).parent))
import scenario

SCENARIO = Path(__file__).with_name("scenario.py")


def digest(
    seed: int, *, hash_seed: str = "", step: float = 0, resume_at: int = 0, failing: bool = False
) -> str:
    """Return what a run came to: in a process of its own with that hash seed, else in this one."""
    if not hash_seed:
        return scenario.told(seed, step, resume_at, failing=failing)
    more = ["failing"] if failing else []
    done = subprocess.run(
        [sys.executable, str(SCENARIO), str(seed), str(step), str(resume_at), *more],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def plain() -> str:
    return digest(7, hash_seed="0")


def test_the_scenario_is_busy(plain: str) -> None:
    assert int(plain.split()[1]) > 2_000


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"hash_seed": "1"}, id="another hash seed"),
        pytest.param({"hash_seed": "4242"}, id="yet another hash seed"),
        pytest.param({"step": 0.7}, id="in small steps with a budget, as a paced run"),
        pytest.param({"resume_at": 1}, id="resumed from a snapshot while pods are being pulled"),
        pytest.param({"resume_at": 121}, id="resumed in the middle of a rollout"),
        pytest.param({"resume_at": 300, "hash_seed": "9"}, id="resumed while pods crash-loop"),
        pytest.param({"resume_at": 425, "step": 1.3}, id="resumed while pods terminate"),
    ],
)
def test_every_way_of_running_gives_the_same_change_log(
    plain: str, other: dict[str, object]
) -> None:
    assert digest(7, **other) == plain  # type: ignore[arg-type]


def test_another_seed_is_another_run(plain: str) -> None:
    assert digest(8).split()[0] != plain.split()[0]


@pytest.fixture(scope="module")
def failing() -> str:
    return digest(7, hash_seed="0", failing=True)


def test_many_things_fail_by_themselves(failing: str, plain: str) -> None:
    assert int(failing.split()[2]) > 40
    assert int(plain.split()[2]) == 0


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"hash_seed": "1"}, id="another hash seed"),
        pytest.param({"step": 0.7}, id="in small steps with a budget, as a paced run"),
        pytest.param({"resume_at": 121, "hash_seed": "9"}, id="resumed while faults are running"),
        pytest.param({"resume_at": 425, "step": 1.3}, id="resumed while pods terminate"),
    ],
)
def test_what_fails_by_itself_fails_in_every_way_of_running(
    failing: str, other: dict[str, object]
) -> None:
    assert digest(7, failing=True, **other) == failing  # type: ignore[arg-type]


def test_every_change_and_every_timer_has_a_cause() -> None:
    """And the walk from any change ends at a request, a fault, the boot or an Event's expiry."""
    cluster = Cluster.create(seed=7)
    changes: list[Change] = list(cluster.store.log)
    cluster.listeners.append(changes.append)
    start = cluster.now
    asked = sorted([*scenario.requests(), scenario.fail_by_itself()], key=lambda pair: pair[0])
    for second, request in asked:
        cluster.run_until(start + second * SECOND)
        cluster.submit(request, cause=f"a{second}")
    cluster.run_until(start + 2 * 3600 * SECOND)
    by_version = {change.rv: change for change in changes}
    for change in changes:
        cause = change.cause
        while cause.startswith("c"):
            cause = by_version[int(cause[1:])].cause
        assert cause in ("boot", "event-ttl", "event-series") or cause[0] in "af", change
    assert {change.type for change in changes} == {"ADDED", "MODIFIED", "DELETED"}
    assert all(timer[CAUSE] for timer in cluster.engine.timers())
