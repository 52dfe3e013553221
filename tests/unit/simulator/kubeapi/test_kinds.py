"""Kinds without a recorded sequence of their own: classes, refusals, warnings, views, columns."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from conformance.bare import Client, Host, drive
from ecp.kube import printers
from ecp.kube.kinds import BUILT_IN, KINDS
from ecp.sim.admission.strategies import SIMULATED

POD = {"containers": [{"name": "c", "image": "example/app:1"}]}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
Story = Callable[[Client], Awaitable[None]]


def told(story: Story) -> None:
    async def with_account(client: Client, host: Host) -> None:
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        await client.ask("POST", accounts, {"metadata": {"name": "default"}})
        await story(client)

    drive(with_account)


def path(api_version: str, plural: str, namespaced: bool = False) -> str:
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    return f"{root}/namespaces/default/{plural}" if namespaced else f"{root}/{plural}"


def test_every_row_of_a_table_has_a_cell_for_every_column() -> None:
    meta = {"name": "x", "namespace": "n", "creationTimestamp": "2026-01-05T00:00:00Z"}
    empty = {
        "metadata": meta,
        "spec": {"template": {}, "scaleTargetRef": {"kind": "K", "name": "n"}, "jobTemplate": {}},
        "roleRef": {"kind": "K", "name": "n"},
    }
    for kind in BUILT_IN.served:
        columns, cells = printers.printer(kind.group_resource)
        shown = cells({**empty, "spec": {**empty["spec"], "jobTemplate": {"spec": {}}}}, 0)
        more = len(shown) - len(columns)
        assert more == (1 if kind.plural == "ipaddresses" else 0), kind.plural


CLASSES = {"value": 7, "preemptionPolicy": "Never"}


@pytest.mark.parametrize(
    ("classes", "spec", "wanted"),
    [
        pytest.param([], {}, (None, 0, "PreemptLowerPriority"), id="no class"),
        pytest.param(
            [{"metadata": {"name": "high"}, **CLASSES}],
            {"priorityClassName": "high"},
            ("high", 7, "Never"),
            id="the class it names",
        ),
        pytest.param(
            [{"metadata": {"name": "usual"}, **CLASSES, "globalDefault": True}],
            {},
            ("usual", 7, "Never"),
            id="the default one",
        ),
        pytest.param(
            [],
            {"priorityClassName": "system-node-critical"},
            ("system-node-critical", 2_000_001_000, "PreemptLowerPriority"),
            id="one of the system's",
        ),
    ],
)
def test_a_pod_has_the_priority_of_its_class(
    classes: list[dict[str, Any]], spec: dict[str, Any], wanted: tuple[Any, ...]
) -> None:
    async def story(client: Client) -> None:
        for one in classes:
            await client.ask("POST", path("scheduling.k8s.io/v1", "priorityclasses"), one)
        pod = {"metadata": {"name": "p"}, "spec": {**POD, **spec}}
        got = (await client.ask("POST", path("v1", "pods", True), pod)).json["spec"]
        assert (
            got.get("priorityClassName"),
            got["priority"],
            got["preemptionPolicy"],
        ) == wanted

    told(story)


@pytest.mark.parametrize(
    ("runtime", "spec", "words"),
    [
        pytest.param(
            None, {"runtimeClassName": "x"}, 'RuntimeClass "x" not found', id="no such class"
        ),
        pytest.param(
            None,
            {"overhead": {"cpu": "1"}},
            "without corresponding RuntimeClass",
            id="own overhead",
        ),
        pytest.param(
            {"overhead": {"podFixed": {"cpu": "2"}}},
            {"runtimeClassName": "x", "overhead": {"cpu": "1"}},
            "doesn't match RuntimeClass",
            id="another overhead",
        ),
        pytest.param(
            {"scheduling": {"nodeSelector": {"a": "1"}}},
            {"runtimeClassName": "x", "nodeSelector": {"a": "2"}},
            "conflict: runtimeClass.scheduling.nodeSelector[a] = 1",
            id="another node",
        ),
        pytest.param(None, {"priority": 3}, "must not be provided in pod spec", id="own priority"),
        pytest.param(
            None, {"priorityClassName": "x"}, "no PriorityClass with name x", id="no priority class"
        ),
    ],
)
def test_a_pod_that_does_not_fit_its_classes_is_refused(
    runtime: dict[str, Any] | None, spec: dict[str, Any], words: str
) -> None:
    async def story(client: Client) -> None:
        if runtime is not None:
            body = {"metadata": {"name": "x"}, "handler": "h", **runtime}
            await client.ask("POST", path("node.k8s.io/v1", "runtimeclasses"), body)
        pod = {"metadata": {"name": "p"}, "spec": {**POD, **spec}}
        got = await client.ask("POST", path("v1", "pods", True), pod)
        assert got.status == 403
        assert words in got.json["message"]

    told(story)


def test_a_runtime_class_gives_overhead_and_nodes() -> None:
    async def story(client: Client) -> None:
        toleration = {"key": "k", "operator": "Exists"}
        scheduling = {"nodeSelector": {"a": "1"}, "tolerations": [toleration]}
        body = {
            "metadata": {"name": "x"},
            "handler": "h",
            "overhead": {"podFixed": {"cpu": "10m"}},
            "scheduling": scheduling,
        }
        await client.ask("POST", path("node.k8s.io/v1", "runtimeclasses"), body)
        pod = {"metadata": {"name": "p"}, "spec": {**POD, "runtimeClassName": "x"}}
        got = (await client.ask("POST", path("v1", "pods", True), pod)).json["spec"]
        assert got["overhead"] == {"cpu": "10m"}
        assert got["nodeSelector"] == {"a": "1"}
        assert toleration in got["tolerations"]

    told(story)


REFUSED = [kind for kind in KINDS if kind.effect == "refused"]


@pytest.mark.parametrize("kind", REFUSED, ids=[kind.plural for kind in REFUSED])
def test_what_is_not_simulated_is_refused_by_name_and_lists_are_empty(kind: Any) -> None:
    async def story(client: Client) -> None:
        where = path(kind.api_version, kind.plural, kind.namespaced)
        got = await client.ask("POST", where, {"metadata": {"name": "x"}, "spec": {}})
        assert got.status == 403
        assert "is not simulated" in got.json["message"]
        assert (await client.ask("GET", where)).json["items"] == []

    told(story)


@pytest.mark.parametrize(
    ("where", "body"),
    [
        pytest.param(
            path("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"),
            {"webhooks": []},
            id="webhooks",
        ),
        pytest.param(
            path("networking.k8s.io/v1", "servicecidrs"),
            {"spec": {"cidrs": ["10.9.0.0/16"]}},
            id="service networks",
        ),
    ],
)
def test_what_would_act_elsewhere_is_kept_with_a_warning(where: str, body: dict[str, Any]) -> None:
    async def story(client: Client) -> None:
        got = await client.ask("POST", where, {"metadata": {"name": "x"}, **body})
        assert got.status == 201
        assert any(SIMULATED in text for text in got.headers["warning"])

    told(story)


def test_a_job_that_is_deleted_without_a_word_leaves_its_pods() -> None:
    async def story(client: Client) -> None:
        template = {"spec": {**POD, "restartPolicy": "Never"}}
        body = {"metadata": {"name": "j"}, "spec": {"template": template}}
        where = path("batch/v1", "jobs", True)
        await client.ask("POST", where, body)
        got = await client.ask("DELETE", f"{where}/j")
        assert got.json["metadata"]["finalizers"] == ["orphan"]
        assert "child pods are preserved by default" in got.headers["warning"][0]
        await client.ask("POST", where, {**body, "metadata": {"name": "k"}})
        got = await client.ask("DELETE", f"{where}/k?propagationPolicy=Background")
        assert (got.json["status"], got.headers.get("warning")) == ("Success", None)

    told(story)


def test_an_event_is_one_object_in_two_groups() -> None:
    async def story(client: Client) -> None:
        new = {
            "metadata": {"name": "e"},
            "eventTime": "2026-01-05T00:00:00.000000Z",
            "reportingController": "example.com/c",
            "reportingInstance": "i",
            "action": "A",
            "reason": "R",
            "type": "Normal",
            "note": "hello",
            "regarding": {"kind": "Pod", "namespace": "default", "name": "p"},
        }
        views = path("events.k8s.io/v1", "events", True)
        assert (await client.ask("POST", views, new)).status == 201
        old = (await client.ask("GET", f"{path('v1', 'events', True)}/e")).json
        assert (old["message"], old["involvedObject"]["name"]) == ("hello", "p")
        found = await client.ask("GET", f"{views}?fieldSelector=regarding.name%3Dp")
        assert [one["note"] for one in found.json["items"]] == ["hello"]
        merge = {"type_": "application/merge-patch+json"}
        series = {"count": 2, "lastObservedTime": "2026-01-05T00:00:01.000000Z"}
        patched = await client.ask("PATCH", f"{views}/e", {"series": series}, **merge)
        assert (patched.json["note"], patched.json["series"]["count"]) == ("hello", 2)
        # What happened stays as it was said.
        refused = await client.ask("PATCH", f"{views}/e", {"note": "again"}, **merge)
        assert refused.status == 422
        assert refused.json["message"].endswith(
            'message: Invalid value: "again": field is immutable'
        )
        missing = await client.ask("GET", f"{views}/nope")
        assert missing.json["message"] == 'events.events.k8s.io "nope" not found'

    told(story)


def test_a_watch_of_a_view_shows_the_view() -> None:
    async def story(client: Client) -> None:
        views = path("events.k8s.io/v1", "events", True)
        watch = asyncio.ensure_future(
            client.ask("GET", f"{views}?watch=true", until=lambda sent: b'"note"' in sent)
        )
        await asyncio.sleep(0)
        body = {
            "metadata": {"name": "e"},
            "involvedObject": {"kind": "Pod", "namespace": "default", "name": "p"},
            "message": "hello",
        }
        await client.ask("POST", path("v1", "events", True), body)
        (frame,) = (await watch).frames
        assert frame["object"]["apiVersion"] == "events.k8s.io/v1"

    told(story)


def test_only_what_a_kind_knows_is_done_with_it() -> None:
    async def story(client: Client) -> None:
        parts = path("v1", "componentstatuses")
        assert (await client.ask("POST", parts, {})).status == 405
        got = await client.ask("GET", parts)
        assert [one["metadata"]["name"] for one in got.json["items"]] == [
            "controller-manager",
            "etcd-0",
            "scheduler",
        ]
        assert got.headers["warning"] == ['299 - "v1 ComponentStatus is deprecated in v1.19+"']
        system = path("scheduling.k8s.io/v1", "priorityclasses/system-node-critical")
        got = await client.ask("DELETE", system)
        assert got.status == 403

    told(story)


def test_a_daemon_set_counts_its_templates() -> None:
    async def story(client: Client) -> None:
        labels = {"a": "b"}
        template = {"metadata": {"labels": labels}, "spec": POD}
        spec = {"selector": {"matchLabels": labels}, "template": template}
        where = path("apps/v1", "daemonsets", True)
        await client.ask("POST", where, {"metadata": {"name": "d"}, "spec": spec})

        async def count(change: dict[str, Any]) -> tuple[Any, Any]:
            got = await client.ask(
                "PATCH", f"{where}/d", change, type_="application/strategic-merge-patch+json"
            )
            meta = got.json["metadata"]
            note = meta["annotations"]["deprecated.daemonset.template.generation"]
            return note, meta["generation"]

        assert await count({"metadata": {"labels": {"x": "y"}}}) == ("1", 1)
        assert await count({"spec": {"minReadySeconds": 3}}) == ("1", 2)
        notes = {"template": {"metadata": {"annotations": {"n": "1"}}}}
        assert await count({"spec": notes}) == ("2", 3)

    told(story)
