"""What the pods of a release show of its start-up."""

from typing import Any

import pytest

from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.orchestrator.releases import judging, pods

SECOND = 1_000_000_000
BEGAN = 1_767_571_200 * SECOND + 400_000_000
OWNED = {"controller": True, "uid": "u"}


def at(seconds: float) -> str:
    return rfc3339(BEGAN // SECOND * SECOND + int(seconds * SECOND))


def pod(
    name: str,
    *,
    made: float = 1,
    scheduled: float | None = 2,
    started: float | None = 10,
    ready: float | None = 30,
    restarts: int = 0,
    gpus: tuple[int, int] = (0, 0),
    maker: dict[str, Any] | None = None,
) -> dict[str, Any]:
    wanted, bound = gpus
    instants = {"PodScheduled": scheduled, "Ready": ready}
    status: dict[str, Any] = {
        "restartCount": restarts,
        "state": {} if started is None else {"running": {"startedAt": at(started)}},
        "allocatedResources": {"nvidia.com/gpu": str(bound)},
    }
    container = {"resources": {"limits": {"nvidia.com/gpu": str(wanted)} if wanted else {}}}
    owner = maker or {**OWNED, "kind": "ReplicaSet", "name": "web-1"}
    return {
        "metadata": {
            "name": name,
            "namespace": "n",
            "uid": name,
            "creationTimestamp": at(made),
            "ownerReferences": [owner],
        },
        "spec": {"containers": [container]},
        "status": {
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": at(instant)}
                for kind, instant in instants.items()
                if instant is not None
            ],
            "containerStatuses": [status],
        },
    }


def told(*there: dict[str, Any]) -> dict[str, Any]:
    maker = {
        "metadata": {
            "name": "web-1",
            "namespace": "n",
            "ownerReferences": [{**OWNED, "kind": "Deployment", "name": "web"}],
        }
    }
    pulled = {
        "metadata": {"name": "e", "namespace": "n"},
        "involvedObject": {"uid": "slow"},
        "reason": "Pulled",
        "lastTimestamp": at(8),
    }
    seen = {"pods": list(there), "replicasets.apps": [maker], "events": [pulled]}
    row: dict[str, Any] = {"object": "deployment/web", "available": True, "ready": len(there)}
    pods.tell(NamespaceView(0, seen), [row], BEGAN)
    return row


def stages(**changed: Any) -> dict[str, Any]:
    # Instants are whole seconds, and the release began within one: 0.4 s are missing.
    usual = {"created": 0.6, "scheduled": 1.6, "pulled": 7.6, "started": 9.6, "ready": 39.6}
    return {"pod": "slow", **usual, **changed}


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param([pod("fast"), pod("slow", ready=40)], stages(), id="who was ready last"),
        pytest.param(
            [pod("fast", ready=90), pod("slow", ready=None)],
            stages(ready=None),
            id="who is not ready comes after who is",
        ),
        pytest.param(
            [pod("slow", ready=None, started=None), pod("fast", ready=None)],
            stages(ready=None, started=None),
            id="who is furthest behind",
        ),
        pytest.param(
            [pod("fast", made=-500, ready=-400), pod("slow", ready=40)],
            stages(),
            id="not one from before the release",
        ),
        pytest.param(
            [pod("slow", made=0, ready=40)],
            stages(created=0.0),
            id="one of the second in which it began",
        ),
        pytest.param([pod("slow", restarts=1)], None, id="a restart has taken the instants along"),
        pytest.param([], None, id="no pod"),
        pytest.param(
            [pod("other", maker={**OWNED, "kind": "StatefulSet", "name": "web"})],
            None,
            id="a pod of another kind with that name",
        ),
    ],
)
def test_stages_of_the_slowest_pod(there: list[Any], found: dict[str, Any] | None) -> None:
    assert told(*there)["stages"] == found


def test_restarts_and_gpus_add_up() -> None:
    row = told(pod("a", restarts=2, gpus=(1, 1)), pod("b", restarts=1, gpus=(1, 0)))
    assert (row["restarts"], row["gpus"]) == (3, {"bound": 1, "wanted": 2})
    assert told(pod("a"))["gpus"] is None


def test_what_was_seen_at_the_start_is_kept_whatever_is_made_anew_later() -> None:
    def body(found: dict[str, Any] | None) -> dict[str, Any]:
        row = {"object": "deployment/web", "seconds": 40.0, "stages": found}
        return {"started": True, "workloads": [row], "confirmed_at": at(40), "seconds": 40.0}

    now = body(None)
    judging.keep_confirmed(now, body(stages()))
    assert now["workloads"][0]["stages"] == stages()
    now = body(stages())
    judging.keep_confirmed(now, body(None))
    assert now["workloads"][0]["stages"] == stages()


def _noted(name: str, revision: str, **meta: Any) -> dict[str, Any]:
    notes = {"deployment.kubernetes.io/revision": revision}
    return {"metadata": {"name": name, "namespace": "n", "annotations": notes, **meta}}


def _made_by(name: str) -> dict[str, Any]:
    return {**OWNED, "kind": "ReplicaSet", "name": name}


OLD = [pod(f"old-{n}", maker=_made_by("web-1")) for n in range(3)]


@pytest.mark.parametrize(
    ("new", "seen_generation", "available", "updated"),
    [
        pytest.param([pod("new", maker=_made_by("web-2"), ready=None)], 2, False, 0,
                     id="pods of the template before serve, and are not of this release"),
        pytest.param([pod("new", maker=_made_by("web-2"))], 2, False, 1, id="one has come"),
        pytest.param([pod("new", maker=_made_by("web-2"))], 1, False, 0,
                     id="the controller has not seen the newest template"),
        pytest.param([], 2, True, 3, id="one that is as it was asked for"),
    ],
)  # fmt: skip
def test_pods_of_the_newest_template(
    new: list[Any], seen_generation: int, available: bool, updated: int
) -> None:
    deployment = _noted("web", "2", generation=2)
    deployment["status"] = {"observedGeneration": seen_generation}
    owned = [{**OWNED, "kind": "Deployment", "name": "web"}]
    makers = [_noted(f"web-{n}", str(n), ownerReferences=owned) for n in (1, 2)]
    seen = {"pods": [*OLD, *new], "replicasets.apps": makers, "deployments.apps": [deployment]}
    row: dict[str, Any] = {"object": "deployment/web", "available": available, "ready": 3}
    pods.tell(NamespaceView(0, seen), [row], BEGAN)
    assert row["updated"] == updated


def test_a_set_updates_its_pods_by_their_hash() -> None:
    maker = {**OWNED, "kind": "StatefulSet", "name": "db"}
    there = [pod(f"db-{n}", maker=maker) for n in range(2)]
    for one, found in zip(there, ("old", "new"), strict=True):
        one["metadata"]["labels"] = {"controller-revision-hash": found}
    wanted = {
        "metadata": {"name": "db", "namespace": "n"},
        "status": {"updateRevision": "new", "observedGeneration": 1},
    }
    row: dict[str, Any] = {"object": "statefulset/db", "available": False, "ready": 2}
    seen = {"pods": there, "statefulsets.apps": [wanted]}
    pods.tell(NamespaceView(0, seen), [row], BEGAN)
    assert row["updated"] == 1
