"""A start-up is judged by what happened, whenever somebody looks."""

from typing import Any

import pytest

from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.orchestrator.records import Release
from ecp.orchestrator.releases import judging
from ecp.orchestrator.releases.judging import Rollout

SECOND = 1_000_000_000
BEGAN = 1_767_571_200 * SECOND + 400_000_000


def at(seconds: float) -> int:
    return BEGAN + int(seconds * SECOND)


def release(**options: Any) -> Release:
    return Release(1, "t", 1, "sha256:x", "progressing", options, BEGAN, 0)


def deployment(
    name: str = "web",
    reason: str = "NewReplicaSetAvailable",
    updated: float = 20.0,
    generation: int = 1,
    observed: int = 1,
    old: int = 0,
) -> dict[str, Any]:
    entry = {
        "type": "Progressing",
        "status": "True",
        "reason": reason,
        "lastUpdateTime": rfc3339(at(updated)),
    }
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "n", "generation": generation},
        "spec": {"template": {"metadata": {"labels": {"app": name}}}},
        "status": {
            "observedGeneration": observed,
            "replicas": 2 + old,
            "updatedReplicas": 2,
            "conditions": [entry],
        },
    }


def view(*deployments: dict[str, Any]) -> NamespaceView:
    return NamespaceView(at(900), {"deployments.apps": list(deployments)})


WHOLE = BEGAN // SECOND * SECOND


@pytest.mark.parametrize(
    ("there", "done"),
    [
        pytest.param([deployment()], WHOLE + 20 * SECOND, id="it was complete, and stays so"),
        pytest.param([deployment(reason="ReplicaSetUpdated")], None, id="it is under way"),
        pytest.param(
            [deployment(generation=2)], None, id="the controller has not seen the newest wish"
        ),
        pytest.param(
            [deployment(old=1)],
            None,
            id="it goes back to pods it had: that tells of the one before",
        ),
        pytest.param([{**deployment(), "status": {}}], None, id="nothing happened yet"),
        pytest.param([], None, id="it is not there"),
    ],
)
def test_a_rollout_is_complete_when_kubernetes_wrote_it_down(
    there: list[dict[str, Any]], done: int | None
) -> None:
    assert judging.rollouts(view(*there), [deployment()]) == [Rollout("web", done)]


@pytest.mark.parametrize(
    ("rolled", "options", "since"),
    [
        pytest.param([Rollout("a", None)], {}, None, id="not before all are rolled out"),
        pytest.param(
            [Rollout("a", at(20)), Rollout("b", at(50))], {}, at(51), id="from the last rollout on"
        ),
        pytest.param(
            [Rollout("a", at(-600))],
            {judging.APPLIED: at(7)},
            at(7),
            id="from the last step on where no pod was replaced",
        ),
        pytest.param(
            [Rollout("a", WHOLE)], {judging.APPLIED: at(7)}, WHOLE + SECOND,
            id="a rollout within the very second of the first step is of the release",
        ),
        pytest.param([], {judging.APPLIED: at(7)}, at(7), id="from the last step on without any"),
        pytest.param([], {}, BEGAN, id="from the first step on where nobody wrote down the last"),
    ],
)  # fmt: skip
def test_the_ledger_tells_of_a_release_from_its_rollout_on(
    rolled: list[Rollout], options: dict[str, Any], since: int | None
) -> None:
    assert judging.came_up_since(release(**options), rolled) == since


def body(*causes: str, started: bool = False, seconds: float | None = None) -> dict[str, Any]:
    return {
        "started": started,
        "seconds": seconds,
        "confirmed_at": None,
        "workloads": [{"object": "deployment/web", "seconds": None}],
        "services": [{"object": "service/web", "seconds": None}],
        "entries": [{"object": "deployment/web", "seconds": None}],
        "problems": [{"object": "deployment/web", "cause": cause} for cause in causes],
    }


def history(confirmed: float | None = 60.0, modelled: bool = True) -> dict[str, Any]:
    return {
        "confirmed_ns": None if confirmed is None else at(confirmed),
        "workloads": [{"name": "web", "modelled": modelled, "whole": at(30), "answered": at(35)}],
    }


def told(found: dict[str, Any], remembered: dict[str, Any] | None) -> dict[str, Any]:
    service = {"spec": {"selector": {"app": "web"}}}
    rolled = [Rollout("web", at(20))]
    return judging.remembered(
        found, remembered, release(), rolled, {"web": service}, {"web": deployment()}
    )


def test_an_outage_before_anybody_looked_does_not_undo_the_start_up() -> None:
    found = body("probe", "crash")
    judging.keep_confirmed(found, told(found, history()))
    assert (found["started"], found["up"], found["seconds"]) == (True, False, 60.0)
    assert [row["cause"] for row in found["degraded"]] == ["probe", "crash"]
    assert found["problems"] == []
    seconds = [found[kind][0]["seconds"] for kind in ("workloads", "services", "entries")]
    assert seconds == [20.0, 35.0, 60.0]
    assert all(row["met"] for row in found["conditions"].values())


@pytest.mark.parametrize(
    ("causes", "remembered"),
    [
        pytest.param((), None, id="nobody followed it"),
        pytest.param((), history(None), id="it never was up"),
        pytest.param(("scales-below",), history(), id="the bundle contradicts itself"),
        pytest.param(
            ("calls-nothing",), history(modelled=False), id="whom it calls is not in the ledger"
        ),
    ],
)
def test_what_never_was_up_is_not_remembered(
    causes: tuple[str, ...], remembered: dict[str, Any] | None
) -> None:
    found = body(*causes)
    judging.keep_confirmed(found, told(found, remembered))
    assert (found["started"], found["seconds"]) == (False, None)


def test_a_call_that_was_answered_then_and_is_not_now_is_an_outage() -> None:
    found = body("calls-nothing")
    judging.keep_confirmed(found, told(found, history()))
    assert (found["started"], found["up"]) == (True, False)


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        pytest.param(58.2, False, id="the look saw it earlier, and finer"),
        pytest.param(400.0, True, id="the look came after a pod was replaced"),
    ],
)
def test_the_earlier_instant_is_that_of_the_start_up(seen: float, kept: bool) -> None:
    found = body(started=True, seconds=seen)
    assert bool(judging.earlier(found, told(found, history()))) is kept


@pytest.mark.parametrize(
    ("known", "now", "anew"),
    [
        pytest.param("a", "a", False, id="the same cluster"),
        pytest.param("a", "b", True, id="made anew"),
        pytest.param(None, "b", False, id="a release of an older version: not known"),
        pytest.param("a", "", False, id="a cluster that does not say"),
    ],
)
def test_another_cluster_of_the_same_name_is_told(known: str | None, now: str, anew: bool) -> None:
    assert judging.began_anew(release(**{judging.INCARNATION: known}), now) is anew


@pytest.mark.parametrize("language", ["ko", "en"])
def test_of_a_cluster_that_began_anew_nothing_is_said_to_be_up(language: Any) -> None:
    found = body("gone", started=True, seconds=60.0)
    judging.say_gone(found, release(), language)
    assert (found["started"], found["up"], found["seconds"]) == (False, False, None)
    assert [row["cause"] for row in found["problems"]] == ["cluster-reset"]
    assert "ecp deploy t" in found["problems"][0]["remedy"]
