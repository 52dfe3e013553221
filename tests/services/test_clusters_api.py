"""The simulator's own API: clusters, their clocks, snapshots, forks, causes and changes."""

import itertools
import json
from typing import Any

import pytest

from .running import CLUSTERS, Service

pytestmark = pytest.mark.cluster

SMALL = {"name": "small", "pools": [{"name": "n", "cpu": "4", "memory": "16Gi", "count": 2}]}
START = "2026-01-05T00:00:00Z"
NUMBERS = itertools.count(1)


@pytest.fixture
def still(running: Service) -> str:
    """A small cluster of its own that stands at START."""
    name = f"still-{next(NUMBERS)}"
    running.create(name, spec=SMALL, seed=7, start=START)
    running.clock(name, "pause")
    return name


# -- clusters -------------------------------------------------------------------------------------


def test_a_model_and_a_spec_become_clusters(running: Service) -> None:
    made = running.create("big", model="large", seed=3, start=START)
    assert (made["nodes"], made["seed"], made["server"]) == (100, 3, "/clusters/big")
    assert made["clock"]["now"].startswith("2026-01-05T00:00:01")
    running.create("tiny", spec=SMALL)
    shown = running.ok("GET", f"{CLUSTERS}/tiny")
    assert (shown["nodes"], shown["spec"]["pools"][0]["count"], shown["snapshots"]) == (2, 2, [])
    names = [row["name"] for row in running.ok("GET", CLUSTERS)["clusters"]]
    assert {"big", "default", "tiny"} <= set(names)
    assert names == sorted(names)
    nodes = running.kube("tiny", "GET", "/api/v1/nodes")["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["n-1", "n-2"]
    for name in ("big", "tiny"):
        assert running.ok("DELETE", f"{CLUSTERS}/{name}") == {"name": name, "deleted": True}
        assert running.call("GET", f"{CLUSTERS}/{name}").status_code == 404
        assert running.call("GET", f"/clusters/{name}/api/v1/nodes").status_code == 404
    running.create("tiny", spec=SMALL)
    running.ok("DELETE", f"{CLUSTERS}/tiny")


def test_a_cluster_may_ask_who_calls(running: Service) -> None:
    made = running.create("asks", spec=SMALL, authorization_mode="RBAC")
    assert made["authorization_mode"] == "RBAC"
    spec = {**SMALL, "authorizationMode": "RBAC", "users": [{"name": "eve", "token": "t0"}]}
    assert running.create("asks-too", spec=spec)["authorization_mode"] == "RBAC"
    assert running.ok("GET", f"{CLUSTERS}/default")["authorization_mode"] == "AlwaysAllow"
    paths = {
        "asks": 403, "asks@admin": 200, "asks@t0": 401, "asks-too@t0": 403, "default": 200,
    }  # fmt: skip
    for name, status in paths.items():
        assert running.call("GET", f"/clusters/{name}/api/v1/pods").status_code == status, name
    running.ok("POST", f"{CLUSTERS}/asks/fork", {"name": "asks-again"})
    assert running.call("GET", "/clusters/asks-again/api/v1/pods").status_code == 403
    for name in ("asks", "asks-too", "asks-again"):
        running.ok("DELETE", f"{CLUSTERS}/{name}")


def pool(**fields: Any) -> dict[str, Any]:
    return {"spec": {"pools": [{"name": "n", "cpu": "1", "memory": "1Gi", **fields}]}}


BAD = [
    ("a name in capitals", {"name": "Bad"}, "INVALID_CLUSTER_NAME"),
    ("a name with a slash", {"name": "a/b"}, "INVALID_CLUSTER_NAME"),
    ("an empty name", {"name": ""}, "INVALID_CLUSTER_NAME"),
    ("a name of 64 letters", {"name": "a" * 64}, "INVALID_CLUSTER_NAME"),
    ("a name that ends in a newline", {"name": "a\n"}, "INVALID_CLUSTER_NAME"),
    ("a name that is taken", {"name": "default"}, "CLUSTER_ALREADY_EXISTS"),
    ("a model that is not there", {"model": "huge"}, "UNKNOWN_MODEL"),
    ("a spec without pools", {"spec": {}}, "INVALID_MODEL"),
    ("a pool that is a number", {"spec": {"pools": [1]}}, "INVALID_MODEL"),
    ("fewer than no nodes", pool(count=-1), "INVALID_MODEL"),
    ("more nodes than Kubernetes takes", pool(count=5001), "INVALID_MODEL"),
    ("more nodes than the pod network has room for", pool(count=300), "INVALID_MODEL"),
    ("a count that is a truth value", pool(count=True), "INVALID_MODEL"),
    ("a pool whose name is no node's", pool(name="A b"), "INVALID_MODEL"),
    ("a processor of less than nothing", pool(cpu="-1"), "INVALID_MODEL"),
    ("a label that is a number", pool(labels={"a": 5}), "INVALID_MODEL"),
    ("a taint that is a word", pool(taints=["x"]), "INVALID_MODEL"),
    ("a taint without effect", pool(taints=[{"key": "a", "effect": "No"}]), "INVALID_MODEL"),
    ("an unknown field in a pool", pool(gpu=1), "INVALID_MODEL"),
    ("no zones", {"spec": {**SMALL, "zones": []}}, "INVALID_MODEL"),
    ("a network for one address", {"spec": {**SMALL, "serviceNetwork": "10.0.0.0/32"}},
     "INVALID_MODEL"),
    ("a way of authorization that is not there", {"authorization_mode": "ABAC"},
     "VALIDATION_FAILED"),
    ("the same in a spec", {"spec": {**SMALL, "authorizationMode": "ABAC"}}, "INVALID_MODEL"),
    ("a user without a token", {"spec": {**SMALL, "users": [{"name": "eve"}]}}, "INVALID_MODEL"),
    ("a token that no address takes",
     {"spec": {**SMALL, "users": [{"name": "eve", "token": "a/b"}]}}, "INVALID_MODEL"),
    ("two users of one token",
     {"spec": {**SMALL, "users": [{"name": n, "token": "t"} for n in "ab"]}}, "INVALID_MODEL"),
    ("a group that is a number",
     {"spec": {**SMALL, "users": [{"name": "eve", "token": "t", "groups": [1]}]}},
     "INVALID_MODEL"),
    ("a start that is no instant", {"start": "yesterday"}, "INVALID_INSTANT"),
    ("a start before 1970", {"start": "1969-12-31T23:59:59Z"}, "INVALID_INSTANT"),
    ("a start beyond the end of time", {"start": "9999-01-01T00:00:00Z"}, "INVALID_INSTANT"),
    ("a start that is a duration", {"start": "+5m"}, "INVALID_INSTANT"),
    ("a seed beyond 64 bits", {"seed": 2**63}, "VALIDATION_FAILED"),
    ("a seed that is a word", {"seed": "x"}, "VALIDATION_FAILED"),
    ("an unknown field", {"nodes": 3}, "VALIDATION_FAILED"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), [pytest.param(*row[1:], id=row[0]) for row in BAD])
def test_what_is_no_cluster_is_refused(running: Service, body: dict[str, Any], code: str) -> None:
    before = running.ok("GET", CLUSTERS)["clusters"]
    answer = running.call("POST", CLUSTERS, {"name": "new", **body})
    assert answer.json()["error"]["code"] == code
    assert answer.status_code in (409, 422)
    after = running.ok("GET", CLUSTERS)["clusters"]
    assert [row["name"] for row in after] == [row["name"] for row in before]


# -- errors ---------------------------------------------------------------------------------------

DEEP = b'{"name":' + b"[" * 100_000
WRONG = [
    ("no JSON", "POST", "", b"{bad"),
    ("nothing", "POST", "", b""),
    ("a list", "POST", "", []),
    ("null", "POST", "", None),
    ("bytes that are no text", "POST", "", b"\xff\xfe{}"),
    ("a number of 5,000 digits", "POST", "", b'{"name":"x","seed":' + b"9" * 5000 + b"}"),
    ("an infinite number", "POST", "", b'{"name":"x","seed":1e999}'),
    ("a lone surrogate", "POST", "", b'{"name":"\\ud800"}'),
    ("a hundred thousand brackets", "POST", "", DEEP),
    ("an unknown cluster", "GET", "/nope", None),
    ("a cluster beside the folder", "GET", "/..%2F..%2Fetc", None),
    ("an encoded slash", "DELETE", "/a%2Fb", None),
    ("a name of a million letters", "GET", "/" + "a" * 20_000, None),
    ("a Korean name", "GET", "/%ED%95%9C", None),
    ("a broken percent", "GET", "/%zz%", None),
    ("a null byte", "DELETE", "/a%00b", None),
    ("a method that is not there", "PUT", "/default", {}),
    ("an unknown clock action", "POST", "/default/clock", {"action": "rewind"}),
    ("a clock action that is a number", "POST", "/default/clock", {"action": 5}),
    ("a speed below zero", "POST", "/default/clock", {"action": "speed", "factor": -1}),
    ("a speed that is no number", "POST", "/default/clock", b'{"action":"speed","factor":NaN}'),
    ("a speed above the limit", "POST", "/default/clock", {"action": "speed", "factor": 1e7}),
    ("no speed", "POST", "/default/clock", {"action": "speed"}),
    ("a step back", "POST", "/default/clock", {"action": "step", "duration": "-5m"}),
    ("a step of nothing", "POST", "/default/clock", {"action": "step", "duration": "0s"}),
    ("a step beyond the end", "POST", "/default/clock",
     {"action": "step", "duration": "9" * 30 + "d"}),
    ("a warp beyond the end", "POST", "/default/clock", {"action": "warp", "to": "+9999999d"}),
    ("a warp back", "POST", "/default/clock", {"action": "warp", "to": "2001-01-01T00:00:00Z"}),
    ("a warp to nowhere", "POST", "/default/clock", {"action": "warp", "to": ""}),
    ("a label beside the folder", "POST", "/default/snapshots", {"label": "../x"}),
    ("a label of dots", "POST", "/default/snapshots", {"label": ".."}),
    ("a fork of a file beside", "POST", "/default/fork", {"name": "x", "snapshot": "../../x"}),
    ("a fork of no snapshot", "POST", "/default/fork", {"name": "x", "snapshot": "none"}),
    ("a restore of no snapshot", "POST", "/default/snapshots/none/restore", None),
    ("a restore of a file beside", "POST", "/default/snapshots/..%2Fx/restore", None),
    ("a fork with a bad name", "POST", "/default/fork", {"name": "X"}),
    ("a fork of itself", "POST", "/default/fork", {"name": "default"}),
    ("a change before the log", "GET", "/default/changes/0/why", None),
    ("a change to come", "GET", "/default/changes/" + "9" * 30 + "/why", None),
    ("a change that is a word", "GET", "/default/changes/x/why", None),
    ("a stream from below nothing", "GET", "/default/changes?since=-1", None),
    ("a stream from a word", "GET", "/default/changes?since=x", None),
    ("a stream from what is to come", "GET", "/default/changes?since=99999999", None),
    ("an unknown fault", "POST", "/default/faults", {"fault": "meteor"}),
    ("a fault with an unknown field", "POST", "/default/faults", {"fault": "node_down", "why": 1}),
    ("a fault whose target is a list", "POST", "/default/faults",
     {"fault": "node_down", "target": []}),
    ("a fault on no node", "POST", "/default/faults",
     {"fault": "node_down", "target": "no/such/x"}),
    ("a fault on half a letter", "POST", "/default/faults",
     b'{"fault":"pod_crash","parameters":{"container":"\\ud800"}}'),
    ("a fault on no workload", "POST", "/default/faults", {"fault": "service_down"}),
    ("a fault that lasts too long", "POST", "/default/faults",
     {"fault": "node_down", "target": "cpu-1", "duration": "9999999d"}),
    ("a fault in the past", "POST", "/default/faults",
     {"fault": "node_down", "target": "cpu-1", "at": "2001-01-01T00:00:00Z"}),
    ("a fault beyond the end", "POST", "/default/faults",
     {"fault": "node_down", "target": "cpu-1", "at": "+9999999d"}),
    ("a fault with a parameter it has not", "POST", "/default/faults",
     {"fault": "pod_crash", "parameters": {"speed": 1}}),
    ("a fault with a parameter that is no number", "POST", "/default/faults",
     {"fault": "pod_crash", "parameters": {"exit_code": "²"}}),
    ("the end of a fault that is not there", "DELETE", "/default/faults/f99", None),
    ("the end of a fault without an id", "DELETE", "/default/faults/%20", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"), [pytest.param(*row[1:], id=row[0]) for row in WRONG]
)
def test_a_wrong_request_gets_the_one_error_body(
    running: Service, method: str, path: str, body: Any
) -> None:
    answer = running.call(method, CLUSTERS + path, body)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["error"]["message"] == said["detail"] != ""
    assert said["error"]["code"] == said["title"]
    assert said["error"]["request_id"] == said["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("header", "words"),
    [
        pytest.param("ko-KR,ko;q=0.9", "클러스터가 없습니다", id="Korean"),
        pytest.param("en", "There is no cluster", id="English"),
        pytest.param("de", "There is no cluster", id="neither"),
    ],
)
def test_errors_speak_the_callers_language(running: Service, header: str, words: str) -> None:
    answer = running.call("GET", f"{CLUSTERS}/nope", **{"accept-language": header})
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1", True), ("", False), ("x" * 300, False), ("a\tb", False)]
)
def test_a_request_keeps_the_id_it_came_with(running: Service, given: str, kept: bool) -> None:
    answer = running.call("GET", "/health", **{"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert len(answer.headers["x-request-id"]) <= 128


# -- the clock ------------------------------------------------------------------------------------


def test_a_clock_stands_steps_warps_and_goes_on(running: Service, still: str) -> None:
    path = f"{CLUSTERS}/{still}/clock"
    paused = running.ok("GET", path)
    assert (paused["paused"], running.ok("GET", path)["now_ns"]) == (True, paused["now_ns"])
    stepped = running.clock(still, "step", duration="1h30m")
    assert (stepped["now_ns"] - paused["now_ns"], stepped["paused"]) == (5_400 * 10**9, True)
    warped = running.clock(still, "warp", to="2026-01-06T00:00:00Z")
    assert (warped["now"], warped["paused"]) == ("2026-01-06T00:00:00.000000Z", True)
    assert running.clock(still, "warp", to="+1m")["now"] == "2026-01-06T00:01:00.000000Z"
    fast = running.clock(still, "speed", factor=1000)
    assert (fast["speed"], fast["paused"]) == (1000, False)
    later = running.ok("GET", path)
    while later["now_ns"] < fast["now_ns"] + 10**10:
        later = running.ok("GET", path)
    assert running.clock(still, "pause")["speed"] == 1000
    assert running.clock(still, "resume")["speed"] == 1000
    running.clock(still, "pause")


def test_a_warp_can_be_called_off(running: Service, still: str) -> None:
    # 173 years of containers that end and start again do not fit into a moment.
    running.deploy(still, "loop", 5, containers=[{"name": "c", "image": "busybox"}])
    path = f"{CLUSTERS}/{still}/clock"
    running.ok("POST", path, {"action": "warp", "to": "2199-01-01T00:00:00Z"})
    stopped = running.clock(still, "pause")
    assert (stopped["paused"], stopped["warping_to"]) == (True, None)
    assert "2026" < stopped["now"] < "2199"


# -- snapshots and forks --------------------------------------------------------------------------


def told(running: Service, name: str, since: int = 1) -> list[Any]:
    """What happened after *since*, without the cluster's name."""
    return [(m["sequence"], m["body"]) for m in running.changes(name, since)]


def test_a_fork_of_now_has_the_same_future(running: Service, still: str) -> None:
    running.deploy(still, "web", 3)
    running.clock(still, "step", duration="1s")
    fork = f"{still}-fork"
    made = running.ok("POST", f"{CLUSTERS}/{still}/fork", {"name": fork})
    assert (made["server"], made["seed"]) == (f"/clusters/{fork}", 7)
    since = made["resource_version"]
    for name in (still, fork):
        running.clock(name, "step", duration="10m")
    futures = [told(running, name, since) for name in (still, fork)]
    assert len(futures[0]) > 10
    assert futures[0] == futures[1]
    running.kube(fork, "DELETE", "/apis/apps/v1/namespaces/default/deployments/web")
    for name in (still, fork):
        running.clock(name, "step", duration="2m")
    pods = [running.kube(n, "GET", "/api/v1/pods")["items"] for n in (still, fork)]
    assert [len(found) for found in pods] == [3, 0]


def test_a_fork_of_a_snapshot_starts_there_and_stands(running: Service, still: str) -> None:
    kept = running.ok("POST", f"{CLUSTERS}/{still}/snapshots", {"label": "before.v1"})
    again = running.ok("POST", f"{CLUSTERS}/{still}/snapshots", {"label": "before.v1"})
    assert (kept["replaced"], again["replaced"]) == (False, True)
    since = running.ok("GET", f"{CLUSTERS}/{still}")["resource_version"]
    running.deploy(still, "web", 3)
    running.clock(still, "step", duration="5m")
    assert running.ok("GET", f"{CLUSTERS}/{still}/snapshots")["snapshots"] == ["before.v1"]
    names = [f"{still}-{letter}" for letter in "abc"]
    for name, seed in zip(names, (None, None, 99), strict=True):
        body = {"name": name, "snapshot": "before.v1", "seed": seed}
        made = running.ok("POST", f"{CLUSTERS}/{still}/fork", body)
        assert (made["clock"]["now"], made["clock"]["paused"]) == (kept["at"], True)
        assert made["pods"] == 0
        running.deploy(name, "web", 3)
        running.clock(name, "step", duration="5m")
    first, second, other = (told(running, name, since) for name in names)
    assert first == second
    assert first != other


def test_a_restored_snapshot_is_the_cluster_and_who_watched_lists_again(
    running: Service, still: str
) -> None:
    at = f"{CLUSTERS}/{still}"
    running.deploy(still, "web", 3)
    running.clock(still, "step", duration="1m")
    there = running.kube(still, "GET", "/api/v1/pods")["items"]
    kept = running.ok("POST", f"{at}/snapshots", {"label": "here"})
    running.deploy(still, "later", 2)
    running.clock(still, "step", duration="1m")
    seen = running.kube(still, "GET", "/api/v1/pods")["metadata"]["resourceVersion"]
    was = running.ok("GET", f"{at}/clock")
    watch = f"/clusters/{still}/api/v1/pods?watch=true&resourceVersion={seen}"
    with running.http.stream("GET", watch) as stream:
        made = running.ok("POST", f"{at}/snapshots/here/restore")
        assert list(stream.iter_lines()) == []
    assert (made["clock"]["now"], made["clock"]["paused"]) == (kept["at"], True)
    assert running.kube(still, "GET", "/api/v1/pods")["items"] == there
    now = running.ok("GET", f"{at}/clock")
    assert (now["incarnation"], now["ledger"] == was["ledger"]) == (was["incarnation"], False)
    with running.http.stream("GET", watch) as stream:
        (said,) = map(json.loads, stream.iter_lines())
    assert (said["type"], said["object"]["code"]) == ("ERROR", 410)
    answer = running.call("GET", f"{at}/changes?since={seen}")
    assert (answer.status_code, answer.json()["title"]) == (410, "STREAM_EXPIRED")


def test_two_clusters_in_one_process_do_not_touch_each_other(running: Service) -> None:
    names = [f"twin-{next(NUMBERS)}" for _ in range(3)]
    for name in names:
        running.create(name, spec=SMALL, seed=5, start=START)
        running.clock(name, "pause")
        running.clock(name, "warp", to="2026-01-05T00:01:00Z")
    alone, busy, twin = names
    running.deploy(alone, "web")
    running.clock(alone, "step", duration="10m")
    # The same on the twin, between a hundred things that happen elsewhere.
    running.deploy(twin, "web")
    for number in range(5):
        running.deploy(busy, f"noise-{number}", 3)
        running.ok("POST", f"{CLUSTERS}/{busy}/faults", {"fault": "node_down", "target": "n-1"})
        running.clock(busy, "step", duration="2m")
        running.clock(twin, "step", duration="2m")
        running.ok("DELETE", f"{CLUSTERS}/{busy}/faults/f{number + 1}")
    assert told(running, alone) == told(running, twin)
    for name in names:
        running.ok("DELETE", f"{CLUSTERS}/{name}")


# -- causes and changes ---------------------------------------------------------------------------


def test_why_walks_from_a_pod_to_the_request(running: Service, still: str) -> None:
    running.deploy(still, "web", 1)
    running.clock(still, "step", duration="1m")
    changes = [message["body"] for message in running.changes(still)]
    pod = next(c for c in changes if c["resource"] == "pods")
    path = f"{CLUSTERS}/{still}/changes/{pod['version']}/why"
    chain = running.ok("GET", path)["chain"]
    assert [step["resource"] for step in chain] == ["pods", "replicasets.apps", "deployments.apps"]
    assert chain[-1]["cause"].startswith("a")
    assert all(one["cause"] == f"c{two['version']}" for one, two in itertools.pairwise(chain))


def test_a_stream_goes_on_after_the_last_one_seen(running: Service, still: str) -> None:
    running.deploy(still, "web", 1)
    running.clock(still, "step", duration="1m")
    everything = running.changes(still)
    numbers = [message["sequence"] for message in everything]
    assert numbers == list(range(2, len(numbers) + 2))
    assert {m["topic"] for m in everything} == {f"clusters/{still}/changes"}
    last = numbers[-1]
    path = f"{CLUSTERS}/{still}/changes"
    # Last-Event-ID, which a browser sends when it connects again, wins over since.
    headers = {"last-event-id": str(last - 2)}
    with running.http.stream("GET", f"{path}?since=1", headers=headers) as stream:
        lines = stream.iter_lines()
        ids = [line for line in itertools.islice(lines, 8) if line.startswith("id: ")]
    assert ids == [f"id: {last - 1}", f"id: {last}"]
    ahead = running.call("GET", f"{path}?since={last + 1}")
    assert (ahead.status_code, ahead.json()["title"]) == (410, "STREAM_EXPIRED")


def test_a_stream_that_no_longer_reaches_back_says_so(running: Service, still: str) -> None:
    running.ok("POST", f"{CLUSTERS}/{still}/snapshots", {"label": "s"})
    fork = f"{still}-later"
    made = running.ok("POST", f"{CLUSTERS}/{still}/fork", {"name": fork, "snapshot": "s"})
    answer = running.call("GET", f"{CLUSTERS}/{fork}/changes?since=1")
    assert (answer.status_code, answer.json()["title"]) == (410, "STREAM_EXPIRED")
    assert str(made["resource_version"]) in answer.json()["detail"]


def test_a_stream_ends_when_its_cluster_goes(running: Service, still: str) -> None:
    newest = running.ok("GET", f"{CLUSTERS}/{still}")["resource_version"]
    with running.http.stream("GET", f"{CLUSTERS}/{still}/changes?since={newest}") as stream:
        running.ok("DELETE", f"{CLUSTERS}/{still}")
        assert list(stream.iter_lines()) == []


# -- faults ---------------------------------------------------------------------------------------


def test_the_catalogue_of_faults_speaks_both_languages(running: Service) -> None:
    faults = running.ok("GET", "/api/v1/faults")["faults"]
    assert [fault["name"] for fault in faults] == sorted(fault["name"] for fault in faults)
    assert "node_down" in [fault["name"] for fault in faults]
    for fault in faults:
        said = (fault["title"], fault["because"], fault["source"])
        assert all(set(one) == {"ko", "en"} for one in said)


def test_a_fault_is_injected_seen_and_ended(running: Service, still: str) -> None:
    running.deploy(still, "web", 2)
    running.clock(still, "step", duration="1m")
    path = f"{CLUSTERS}/{still}/faults"
    made = running.call("POST", path, {"fault": "node_down", "target": "n-1"})
    assert made.status_code == 201
    fault = made.json()
    assert (fault["id"], fault["state"], fault["targets"]) == ("f1", "running", ["node/n-1"])
    running.clock(still, "step", duration="1m")
    (seen,) = running.ok("GET", path)["faults"]
    assert seen["verdict"] == "confirmed"
    assert 45 < seen["seen"]["node-unknown"]["after_seconds"] < 60
    newest = running.changes(still)[-1]["body"]
    assert newest["cause"]
    ended = running.ok("DELETE", f"{path}/f1")
    assert (ended["state"], ended["id"]) == ("ended", "f1")
    again = running.call("DELETE", f"{path}/f1")
    assert (again.status_code, again.json()["title"]) == (409, "FAULT_REFUSED")
    running.clock(still, "step", duration="1m")
    nodes = running.kube(still, "GET", "/api/v1/nodes")["items"]
    ready = [c["status"] for n in nodes for c in n["status"]["conditions"] if c["type"] == "Ready"]
    assert ready == ["True", "True"]


def test_a_fault_can_be_planned(running: Service, still: str) -> None:
    running.deploy(still, "web", 1)
    running.clock(still, "step", duration="1m")
    path = f"{CLUSTERS}/{still}/faults"
    body = {"fault": "pod_crash", "target": "deployment/web", "at": "+5m",
            "parameters": {"exit_code": "3"}}  # fmt: skip
    assert running.ok("POST", path, body)["state"] == "planned"
    running.clock(still, "step", duration="4m")
    assert running.ok("GET", path)["faults"][0]["state"] == "planned"
    running.clock(still, "step", duration="2m")
    (fault,) = running.ok("GET", path)["faults"]
    assert (fault["state"], fault["verdict"]) == ("ended", "confirmed")
    (pod,) = running.kube(still, "GET", "/api/v1/pods")["items"]
    (status,) = pod["status"]["containerStatuses"]
    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 3)


def test_a_refused_fault_says_what_there_is(running: Service, still: str) -> None:
    answer = running.call(
        "POST", f"{CLUSTERS}/{still}/faults", {"fault": "meteor"}, **{"accept-language": "ko"}
    )
    said = answer.json()
    assert (answer.status_code, said["title"]) == (422, "FAULT_REFUSED")
    assert "장애는 없습니다" in said["detail"]
    assert "node_down" in [row["name"] for row in said["error"]["details"]]
    assert json.dumps(said["error"]["details"]).count('"because"') >= 4
