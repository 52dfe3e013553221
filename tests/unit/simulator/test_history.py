"""The past of a cluster from its change log: what changed, what was there, how instants differ."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.store import Change
from ecp.simulator import past
from ecp.simulator.past import Field, Mark, Search

from .test_tenants import CLOCK, Client, serving

HISTORY = "/api/v1/clusters/default/history"
DEPLOYMENTS = "/clusters/default/apis/apps/v1/namespaces/default/deployments"
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
UNREADY = {"conditions": [{"type": "Ready", "status": "False"}]}


def change(resource: str, new: Any, old: Any = None, kind: str = "MODIFIED") -> Change:
    return Change(2, kind, resource, ("t", "a"), new, old, 1, "a1", "ecp", ())


def pod(status: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": "a", **meta}, "status": status}


def workload(image: str = "a:1", replicas: int = 1) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "c", "image": image}]}}
    return {"metadata": {"name": "a"}, "spec": {"template": template, "replicas": replicas}}


@pytest.mark.parametrize(
    ("told", "mark"),
    [
        pytest.param(
            change(kinds.DEPLOYMENTS, workload("a:2"), workload("a:1")),
            Mark("release", "a:1", "a:2"),
            id="another image is a release",
        ),
        pytest.param(
            change(kinds.DEPLOYMENTS, workload(replicas=3), workload(replicas=1)),
            Mark("scaling", "1", "3"),
            id="another number of replicas is a scaling",
        ),
        pytest.param(
            change(kinds.DEPLOYMENTS, {**(one := workload()), "status": {}}, one),
            None,
            id="a status is nothing by itself",
        ),
        pytest.param(
            change(kinds.PODS, pod(UNREADY), pod(READY)),
            Mark("unready"),
            id="a pod that is ready no more is a failure",
        ),
        pytest.param(
            change(kinds.PODS, pod(UNREADY, deletionTimestamp="2026-01-05T00:00:00Z"), pod(READY)),
            None,
            id="a pod that is to go is none",
        ),
        pytest.param(
            change(kinds.NODES, pod(UNREADY), pod(READY)), Mark("node-lost"), id="a node is lost"
        ),
        pytest.param(
            change(
                kinds.EVENTS,
                {"type": "Warning", "reason": "BackOff", "regarding": {"kind": "Pod", "name": "a"}},
                None,
                "ADDED",
            ),
            Mark("warning", "Pod/a", "BackOff"),
            id="a warning names whom it is about",
        ),
    ],
)
def test_what_a_change_means(told: Change, mark: Mark | None) -> None:
    assert past.mark_of(told) == mark


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="equal objects"),
        pytest.param({"a": 1}, {"b": 2}, [Field("a", 1, None), Field("b", None, 2)], id="keys"),
        pytest.param(
            {"metadata": {"resourceVersion": "1", "labels": {}}},
            {"metadata": {"resourceVersion": "2", "labels": {"x": "y"}}},
            [Field("metadata.labels.x", None, "y")],
            id="bookkeeping says nothing",
        ),
        pytest.param(
            {"c": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]},
            {"c": [{"name": "b", "image": "2"}, {"name": "a", "image": "1"}]},
            [Field("c[b].image", "1", "2")],
            id="entries with a name are told apart by it, wherever they stand",
        ),
        pytest.param({"c": [1]}, {"c": [2]}, [Field("c", [1], [2])], id="a list as a whole"),
    ],
)
def test_which_fields_differ(before: Any, after: Any, found: list[Field]) -> None:
    assert list(past.fields(before, after)) == found


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        pytest.param(Search(), True, id="nothing is asked for"),
        pytest.param(Search(resource="deployments"), True, id="a resource without its group"),
        pytest.param(Search(resource="deployments.apps"), True, id="a resource with it"),
        pytest.param(Search(resource="pods"), False, id="another resource"),
        pytest.param(Search(namespace="t", name="eb"), True, id="a part of its name"),
        pytest.param(Search(namespace="other"), False, id="another namespace"),
    ],
)
def test_which_objects_are_meant(search: Search, fits: bool) -> None:
    assert search.fits((kinds.DEPLOYMENTS, ("t", "web"))) is fits


def _step(client: Client, duration: str) -> str:
    client.post(CLOCK, json={"action": "step", "duration": duration})
    while client.get(CLOCK).json()["warping_to"]:
        client.rest()
    now: str = client.get(CLOCK).json()["now"]
    return now


def test_two_instants_of_a_cluster(tmp_path: Path) -> None:
    labels = {"app": "web"}
    body = workload()
    body["spec"] |= {"selector": {"matchLabels": labels}}
    body["spec"]["template"]["metadata"] = {"labels": labels}
    body["metadata"]["name"] = "web"
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        early = _step(client, "1s")
        _step(client, "1s")  # an instant has all that happened at it
        assert client.post(DEPLOYMENTS, json=body).status_code == 201
        middle = _step(client, "1m")
        _step(client, "1s")
        body["spec"]["replicas"] = 3
        client.put(f"{DEPLOYMENTS}/web", json=body)
        late = _step(client, "1m")

        def get(path: str, **query: Any) -> Any:
            answer = client.get(f"{HISTORY}{path}", params=query)
            assert answer.status_code == 200, answer.text
            return answer.json()

        whole = get("", buckets=200)
        assert sum(whole["changes"]) == whole["kept"]["changes"]
        assert sum(whole["lanes"]["release"]) == 1
        assert sum(whole["lanes"]["scaling"]) == 1
        assert whole["pods_ready"][-1] == 3
        assert whole["pods_ready"][0] == 0
        scaled = get("/changes", mark="scaling")["changes"]
        assert [(row["name"], row["was"], row["is"]) for row in scaled] == [("web", "1", "3")]
        shown = get(f"/changes/{scaled[0]['version']}")
        fields = [(row["path"], row["before"], row["after"]) for row in shown["fields"]]
        assert ("spec.replicas", 1, 3) in fields
        pages, before = [], None
        while True:
            page = get("/changes", limit=100, **({} if before is None else {"before": before}))
            pages += [row["version"] for row in page["changes"]]
            before = page["next"]
            if before is None:
                break
        assert pages == sorted(pages, reverse=True)
        assert len(pages) == whole["kept"]["changes"]
        following = get("/changes", after=pages[-1], limit=1)["changes"]
        assert [row["version"] for row in following] == [pages[-2]]

        counts = [get("/objects", at=at, resource="pods")["total"] for at in (early, middle, late)]
        assert counts == [0, 1, 3]
        assert (
            get(
                "/object", at=middle, resource="deployments.apps", namespace="default", named="web"
            )["object"]["spec"]["replicas"]
            == 1
        )
        gone = client.get(f"{HISTORY}/object?at={early}&resource=pods&namespace=default&named=web")
        assert gone.json()["error"]["code"] == "OBJECT_NOT_FOUND"
        told = get("/diff", **{"from": middle, "to": late})
        assert told["counts"]["appeared"] == 2  # pods
        web = [row for row in told["objects"] if row["name"] == "web"]
        assert [(row["how"], row["before"], row["after"]) for row in web] == [
            ("changed", "1/1", "3/3")
        ]
        seoul = datetime.fromisoformat(middle).astimezone(timezone(timedelta(hours=9)))
        for at in (seoul.isoformat(), seoul.isoformat().replace("+", "%2B")):
            assert client.get(f"{HISTORY}/diff?from={at}&to={late}").json() == told
        for at in ("2020-01-01T00:00:00Z", "yesterday"):
            assert client.get(f"{HISTORY}/diff", params={"from": at}).status_code == 422
        why = client.get(f"/api/v1/clusters/default/changes/{scaled[0]['version']}/why").json()
        assert why["root"]["kind"] == "request"
