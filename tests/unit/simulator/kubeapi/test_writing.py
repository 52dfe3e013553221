"""Writes: bodies in every notation, scale, log, refusals; the cluster sees one decoded Request."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.bare import Client, Host, config_map, drive
from conformance.exchanges import Difference, match
from ecp.kube.defaults import default
from ecp.kube.kinds import BUILT_IN
from ecp.kube.patch.merge_keys import is_known
from ecp.simulator.kubeapi import bodies, protobuf

GOLDEN = Path(__file__).parents[3] / "golden" / "kubectl"
DEFAULTS = Path(__file__).parents[3] / "golden" / "defaults"
MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"
MERGE = "application/merge-patch+json"
PROTOBUF = "application/vnd.kubernetes.protobuf"


def deployment(name: str, **more: Any) -> Any:
    return {
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": "i"}]},
            },
            **more,
        },
    }


# ---- protobuf -------------------------------------------------------------------------------


def posted() -> list[tuple[str, Any]]:
    found = []
    for line in (GOLDEN / "protobuf-bodies.jsonl").read_text().splitlines():
        row = json.loads(line)
        for request in row["protobuf_requests"]:
            if request["status"] == 201:
                found.append((f"{row['kubectl']}: {row['cmd'][8:40]}", request))
    return found


BODIES = posted()
# Kinds that this façade serves; the others are decoded and their path is not known yet.
SERVED = ("namespaces", "deployments", "configmaps", "secrets", "serviceaccounts", "services",
          "selfsubjectaccessreviews")  # fmt: skip


@pytest.mark.parametrize("request_", [one for _, one in BODIES], ids=[name for name, _ in BODIES])
def test_what_kubectl_posts_in_protobuf_is_decoded(request_: Any) -> None:
    body = base64.b64decode(request_["body_base64"])
    found = protobuf.read(body)
    wanted = request_["response_json"]
    assert (found["apiVersion"], found["kind"]) == (wanted["apiVersion"], wanted["kind"])
    plural = request_["path"].partition("?")[0].rpartition("/")[2]
    if plural not in SERVED:
        return

    async def story(client: Client, host: Host) -> None:
        for name in ("pb132", "pb136"):
            await client.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        got = await client.ask("POST", request_["path"], body, type_=PROTOBUF)
        assert got.status == 201, got.body
        answer = got.json
        answer["metadata"].pop("managedFields", None)
        for port in wanted.get("spec", {}).get("ports", ()):
            if "nodePort" in port:
                port["nodePort"] = answer["spec"]["ports"][0]["nodePort"]
        match(wanted, answer, {})

    drive(story)


def written() -> list[tuple[str, Any]]:
    """Return objects of all kinds as client-go writes them: (name, {"body", "object"})."""
    lines = (DEFAULTS / "protobuf.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [(f"{row['object']['kind']} {number}", row) for number, row in enumerate(rows)]


WRITTEN = written()


@pytest.mark.parametrize("row", [row for _, row in WRITTEN], ids=[name for name, _ in WRITTEN])
def test_an_object_in_protobuf_is_stored_as_in_json(row: Any) -> None:
    found, wanted = protobuf.read(base64.b64decode(row["body"])), row["object"]
    kind, api_version = wanted["kind"], wanted["apiVersion"]
    assert (found["kind"], found["apiVersion"]) == (kind, api_version)
    if is_known(api_version, kind):
        assert default(kind, found) == default(kind, wanted)
    else:
        assert said(found) == said(wanted)


def said(value: Any) -> Any:
    """Leave out what Go writes of its own accord: who is only asked gives no defaults."""
    if isinstance(value, dict):
        return {key: inner for key, one in value.items() if (inner := said(one))}
    return [said(one) for one in value] if isinstance(value, list) else value


def test_every_kind_that_is_written_is_read_from_protobuf() -> None:
    shown = {(row["object"]["apiVersion"], row["object"]["kind"]) for _, row in WRITTEN}
    written = {(one.api_version, one.kind) for one in BUILT_IN.served if not one.aggregated}
    assert written - shown == {("v1", "ComponentStatus")}  # nobody writes any


def field(number: int, value: bytes | int) -> bytes:
    """A field of a protobuf message, short enough for one byte of length."""
    if isinstance(value, int):
        return bytes((number << 3, value))
    return bytes((number << 3 | 2, len(value))) + value


def test_embedded_messages_times_and_quantities_have_their_json_forms() -> None:
    volume = field(1, b"v") + field(2, field(2, field(2, field(1, b"1Gi"))))  # emptyDir.sizeLimit
    probe = field(1, field(2, field(1, b"/up") + field(2, field(1, 0) + field(2, 80))))
    container = field(1, b"c") + field(10, probe + field(2, 5))
    meta = field(1, b"p") + field(8, field(1, 10)) + field(9, b"")
    pod = field(1, meta) + field(2, field(1, volume) + field(2, container))
    unknown = field(1, field(1, b"v1") + field(2, b"Pod")) + field(2, pod)
    assert protobuf.read(b"k8s\x00" + unknown) == {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "creationTimestamp": "1970-01-01T00:00:10Z"},
        "spec": {
            "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}],
            "containers": [{"name": "c", "livenessProbe": {
                "httpGet": {"path": "/up", "port": 80}, "initialDelaySeconds": 5}}],
        },
    }  # fmt: skip


def test_bytes_that_are_no_protobuf_are_a_bad_request() -> None:
    async def story(client: Client, host: Host) -> None:
        for body in (b"nonsense", b"k8s\x00\xff\xff\xff", b"k8s\x00\x0a\x7f"):
            got = await client.ask("POST", MAPS, body, type_=PROTOBUF)
            assert got.status in (400, 415)
            assert got.json["kind"] == "Status"

    drive(story)


def test_a_client_that_prefers_protobuf_takes_json() -> None:
    async def story(client: Client, host: Host) -> None:
        got = await client.ask("GET", MAPS, accept=f"{PROTOBUF},application/json")
        assert got.content_type == "application/json"

    drive(story)


# ---- JSON that is none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "unexpected end of JSON input"),
        (b'{"a":', "unexpected end of JSON input"),
        (b'{"a":1', "unexpected end of JSON input"),
        (b"{bad", "invalid character 'b' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        (b'{"a":[1 2]}', "invalid character '2' after array element"),
        (b'{"a":x}', "invalid character 'x' looking for beginning of value"),
        (b"{} x", "invalid character 'x' after top-level value"),
    ],
)
def test_what_is_no_json_is_said_in_gos_words(body: bytes, words: str) -> None:
    assert bodies.go_json_error(body) == words


TEXTS_LIKE_KEYS = [
    (r'{"a":"\":","b":1}', ()),
    (r'{"a":"\" :","a":1}', ('duplicate field "a"',)),
    (r'{"k:{\"n\":\"x\"}":{},"k:{\"n\":\"x\"}":{}}', (r'duplicate field "k:{\"n\":\"x\"}"',)),
    (r'{"a\\":1,"a\\":2}', (r'duplicate field "a\\"',)),
    (r'{"a\\":1,"b":"\\\":"}', ()),
    (r'{"\u005c":1,"\u005c":2}', (r'duplicate field "\\"',)),
    (r'{"\u0022":1,"\u0022":2}', (r'duplicate field "\""',)),
    (r'{"a":"\u0022:","a":"\u0022:"}', ('duplicate field "a"',)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "doubts"), TEXTS_LIKE_KEYS, ids=[r[0] for r in TEXTS_LIKE_KEYS])
def test_a_text_that_looks_like_a_key_is_none_and_a_key_like_a_text_is_one(
    text: str, doubts: tuple[str, ...]
) -> None:
    assert bodies.read_json(text.encode()).doubts == doubts


def test_keys_written_twice_are_named_by_their_paths_and_maps_are_merged() -> None:
    found = bodies.read_json(b'{"data":{"a":"1","a":"2"},"data":{"b":"3"},"l":[{"x":1,"x":2}]}')
    assert found.value == {"data": {"a": "2", "b": "3"}, "l": [{"x": 2}]}
    assert found.doubts == (
        'duplicate field "data.a"', 'duplicate field "data"', 'duplicate field "l[0].x"',
    )  # fmt: skip


# ---- scale ----------------------------------------------------------------------------------


def test_scale_is_a_view_that_writes_its_parents_replicas() -> None:
    async def story(client: Client, host: Host) -> None:
        await client.ask("POST", DEPLOYMENTS, deployment("d", replicas=3))
        url = f"{DEPLOYMENTS}/d/scale"
        scale = (await client.ask("GET", url)).json
        assert scale["spec"] == {"replicas": 3}
        assert scale["status"] == {"replicas": 0, "selector": "app=d"}
        scale["spec"]["replicas"] = 5
        assert (await client.ask("PUT", url, scale)).json["spec"] == {"replicas": 5}
        stale = await client.ask("PUT", url, scale)
        assert stale.status == 409
        for type_, body in (
            (MERGE, {"spec": {"replicas": 6}}),
            ("application/strategic-merge-patch+json", {"spec": {"replicas": 7}}),
            (
                "application/json-patch+json",
                [{"op": "replace", "path": "/spec/replicas", "value": 8}],
            ),
        ):
            got = await client.ask("PATCH", url, body, type_=type_)
            parent = (await client.ask("GET", f"{DEPLOYMENTS}/d")).json
            assert got.json["spec"] == {"replicas": parent["spec"]["replicas"]}
        assert parent["spec"]["replicas"] == 8
        owner = parent["metadata"]["managedFields"][0]
        assert (owner["subresource"], "time" in owner) == ("scale", False)
        refused = await client.ask("PATCH", url, {"spec": {"replicas": -1}}, type_=MERGE)
        assert (refused.status, refused.json["details"]["kind"]) == (422, "Scale")

    drive(story)


# ---- fieldManager, warnings, methods --------------------------------------------------------


def test_the_manager_is_the_user_agent_unless_it_is_named() -> None:
    async def story(client: Client, host: Host) -> None:
        got = await client.ask("POST", MAPS, config_map("a"),
                               headers={"user-agent": "kubectl/v1.36 (linux)"})  # fmt: skip
        assert got.json["metadata"]["managedFields"][0]["manager"] == "kubectl"
        got = await client.ask("POST", f"{MAPS}?fieldManager=me", config_map("b"))
        assert got.json["metadata"]["managedFields"][0]["manager"] == "me"

    drive(story)


def test_a_dry_run_is_answered_and_not_remembered() -> None:
    async def story(client: Client, host: Host) -> None:
        await client.ask("POST", MAPS, config_map("a"))
        url = f"{MAPS}/a"
        got = await client.ask("PATCH", f"{url}?dryRun=All", {"data": {"x": "1"}}, type_=MERGE)
        assert got.json["data"] == {"k": "v", "x": "1"}
        assert (await client.ask("GET", url)).json["data"] == {"k": "v"}

    drive(story)


@pytest.mark.parametrize("spec", [{}, {"containers": None}, {"containers": []}], ids=str)
def test_a_pod_without_containers_is_refused_in_the_servers_words(spec: Any) -> None:
    async def story(client: Client, host: Host) -> None:
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        await client.ask("POST", accounts, {"metadata": {"name": "default"}})
        got = await client.ask("POST", PODS, {"metadata": {"name": "bad"}, "spec": spec})
        assert got.status == 422
        assert got.json["message"] == 'Pod "bad" is invalid: spec.containers: Required value'

    drive(story)


def test_a_limit_range_alone_is_given_a_name_where_none_is_asked_for() -> None:
    async def story(client: Client, host: Host) -> None:
        path = "/api/v1/namespaces/default/limitranges"
        names = set()
        for _ in range(2):
            got = await client.ask("POST", path, {"metadata": {}})
            assert got.status == 201
            names.add(got.json["metadata"]["name"])
        assert {len(name) for name in names} == {36}
        assert len(names) == 2
        assert (await client.ask("POST", MAPS, {"metadata": {}})).status == 422

    drive(story)


def test_an_unknown_cluster_is_a_status() -> None:
    async def story(client: Client, host: Host) -> None:
        client.prefix = "/clusters/nowhere"
        got = await client.ask("GET", "/api")
        assert (got.status, got.json["kind"]) == (404, "Status")

    drive(story)


# ---- pods: log and what is refused ----------------------------------------------------------


async def run(client: Client, host: Host, status: Any, node: str = "n") -> None:
    body = {"metadata": {"name": "p"}, "spec": {
        "containers": [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]}}  # fmt: skip
    if node:
        body["spec"]["nodeName"] = node
    await client.ask("POST", "/api/v1/namespaces/default/serviceaccounts",
                     {"metadata": {"name": "default"}})  # fmt: skip
    made = await client.ask("POST", PODS, body)
    assert made.status == 201, made.body
    await client.ask("PATCH", f"{PODS}/p/status", {"status": status}, type_=MERGE)


UNREADABLE = {
    "tailLines=-2": 422,
    "sinceSeconds=0": 422,
    "sinceSeconds=5&sinceTime=2020-01-01T00:00:00Z": 422,
    "limitBytes=0": 422,
    "stream=Stdout": 422,
    "tailLines=x": 400,
    "sinceTime=x": 400,
    "": 404,
}


@pytest.mark.parametrize(("query", "status"), UNREADABLE.items(), ids=UNREADABLE)
def test_options_of_a_log_are_judged_before_its_pod_is_looked_for(query: str, status: int) -> None:
    async def story(client: Client, host: Host) -> None:
        assert (await client.ask("GET", f"{PODS}/nobody/log?{query}")).status == status

    drive(story)


def test_a_log_tells_what_happened_to_the_container() -> None:
    state = {"running": {"startedAt": "2026-01-05T00:00:05Z"}}
    last = {"terminated": {"startedAt": "2026-01-05T00:00:01Z", "exitCode": 1, "reason": "Error",
                           "finishedAt": "2026-01-05T00:00:03Z"}}  # fmt: skip
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True",
                        "lastTransitionTime": "2026-01-05T00:00:07Z"}],
        "containerStatuses": [
            {"name": "a", "image": "i", "ready": True, "state": state, "lastState": last},
            {"name": "b", "image": "i", "state": {"waiting": {"reason": "ContainerCreating"}}},
        ],
    }  # fmt: skip

    async def story(client: Client, host: Host) -> None:
        await run(client, host, status)
        log = f"{PODS}/p/log"
        assert (await client.ask("GET", f"{log}?container=a")).body == b"started i\nready\n"
        got = await client.ask("GET", f"{log}?container=a&timestamps=true&tailLines=1")
        assert got.body == b"2026-01-05T00:00:07.000000000Z ready\n"
        got = await client.ask("GET", f"{log}?container=a&previous=true")
        assert got.body == b"started i\nexited with code 1 (Error)\n"
        for query, words in (
            ("", "a container name must be specified for pod p, choose one of: [a b]"),
            ("?container=z", "container z is not valid for pod p"),
            ("?container=b", 'container "b" in pod "p" is waiting to start: ContainerCreating'),
            ("?container=b&previous=1", 'previous terminated container "b" in pod "p" not found'),
        ):
            refused = await client.ask("GET", log + query)
            assert (refused.status, refused.json["message"]) == (400, words)

    drive(story)


def test_nothing_runs_in_a_pod_and_the_server_says_that_it_reaches_no_kubelet() -> None:
    async def story(client: Client, host: Host) -> None:
        await run(client, host, {}, node="")
        assert (await client.ask("GET", f"{PODS}/p/log?container=a")).status == 204
        refused = await client.ask("POST", f"{PODS}/p/exec?command=ls")
        assert refused.json["message"] == "pod p does not have a host assigned"
        missing = await client.ask("POST", f"{PODS}/q/exec?command=ls")
        assert missing.status == 404

    drive(story)


SERVICES = "/api/v1/namespaces/default/services"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMELESS = "Required value: name or generateName is required"
NOBODYS = 'failed to allocate IP: IPAddress.networking.k8s.io "ADDRESS" is invalid: '


@pytest.mark.parametrize(
    ("path", "spec", "causes"),
    [
        pytest.param(
            SERVICES, {}, [f'Invalid value: [""]: {NOBODYS}spec.parentRef.name: Required value'],
            id="a Service whose address would be nobody's",
        ),
        pytest.param(
            SERVICES, {"clusterIP": "10.1.0.7"},
            ['Invalid value: ["10.1.0.7"]: failed to allocate IP 10.1.0.7: the provided network '
             "does not match the current range"],
            id="a Service that names an address of others",
        ),
        pytest.param(
            f"{SERVICES}?dryRun=All", {}, [NAMELESS, "Required value"], id="a dry run gives none",
        ),
        pytest.param(
            SERVICES, {"clusterIP": "None", "ports": [{"port": 80}]}, [NAMELESS],
            id="a Service that has no address",
        ),
        pytest.param(
            DEFINITIONS, {}, [
                NAMELESS, "Required value", "Required value",
                "Invalid value: null: must have exactly one version marked as storage version",
                *["Required value"] * 4,
                "Invalid value: null: must have at least one stored version",
            ], id="a definition, of which no name is compared",
        ),
    ],
)  # fmt: skip
def test_what_has_no_name_is_refused_as_by_the_server(
    path: str, spec: Any, causes: list[str]
) -> None:
    async def story(client: Client, host: Host) -> None:
        answer = await client.ask("POST", path, {"spec": spec})
        assert answer.status == 422
        said = [cause["message"] for cause in answer.json["details"]["causes"]]
        assert [re.sub(r'"10\.96\.\d+\.\d+"', '"ADDRESS"', text) for text in said] == causes

    drive(story)


def test_difference_is_seen() -> None:
    with pytest.raises(Difference):
        match({"a": "<uid:1>"}, {"b": "x"}, {})


def test_a_fault_of_the_service_is_a_status_and_is_raised_for_the_log() -> None:
    async def story(client: Client, host: Host) -> None:
        async def broken(request: Any) -> Any:
            raise ZeroDivisionError("oops")

        host.submit = broken  # type: ignore[method-assign]
        seen = []

        async def send(message: Any) -> None:
            seen.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b'{"metadata":{"name":"a"}}'}

        scope = {"type": "http", "method": "POST", "path": f"/clusters/default{MAPS}"}
        with pytest.raises(ZeroDivisionError):
            await client.app(scope, receive, send)
        assert seen[0]["status"] == 500
        assert json.loads(seen[1]["body"])["reason"] == "InternalError"

    drive(story)
