"""A tenant's life on a cluster: its state follows the pods; stopped it is off duty, not down."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ecp.orchestrator.tenants.schemas import FIELDS

from .stack import Stack

pytestmark = pytest.mark.cluster

CLUSTER = "/api/v1/clusters/default"
APPS = "/clusters/default/apis/apps/v1/namespaces/{}-ecp-ai/deployments"
WITHIN_S = 180


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    for name in ("life", "other"):
        found.post(f"/api/v1/simulator/deploy/{name}", {"manifest_content": manifest()})
    found.warp("3m")
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def manifest() -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  replicas: 2\n"
        "  selector: {matchLabels: {app: web}}\n"
        "  template: {metadata: {labels: {app: web}}, "
        "spec: {containers: [{name: c, image: 'registry.example/a:1', ports: [{containerPort: 80}],"
        " readinessProbe: {httpGet: {path: /, port: 80}}}]}}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )


def until(found: Callable[[], Any], what: str) -> Any:
    """Return the first thing found that is one."""
    deadline = time.monotonic() + WITHIN_S
    while not (seen := found()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return seen


def reaches(stack: Stack, name: str, state: str) -> None:
    def there() -> bool:
        stack.warp("5s")
        return bool(stack.get(f"/api/v1/tenants/{name}")["state"] == state)

    until(there, f"{name} {state}: {stack.get(f'/api/v1/tenants/{name}/history')}")


def states(stack: Stack, name: str) -> list[str]:
    history = stack.get(f"/api/v1/tenants/{name}/history")["history"]
    return [row["state"] for row in history if row["state"] != row["from"]][::-1]


def replicas(stack: Stack, name: str) -> Any:
    (row,) = stack.call("simulator", "GET", APPS.format(name)).body["items"]
    return row["spec"]["replicas"]


def test_a_stopped_tenant_keeps_its_objects_and_is_off_duty(stack: Stack) -> None:
    reaches(stack, "life", "running")
    reaches(stack, "other", "running")
    said = stack.post("/api/v1/tenants/life/stop", None)
    assert (said["scaled_to_zero"], said["still_running"]) == (1, [])
    reaches(stack, "life", "stopped")
    stack.warp("5m")
    assert (replicas(stack, "life"), replicas(stack, "other")) == (0, 2)
    sla = stack.call("simulator", "GET", f"{CLUSTER}/tenants/life/sla?period=1h").body
    assert sla["off_duty_seconds"] >= 300
    assert sla["downtime_seconds"] == 0
    refused = stack.call("orchestrator", "POST", "/api/v1/tenants/life/restart")
    assert (refused.status, refused.body["error"]["code"]) == (409, "TENANT_STOPPED")
    stack.post("/api/v1/tenants/life/stop", None)  # twice is once
    # While no pod can come, nobody takes the release that was up before for the pods of now.
    stack.call("simulator", "POST", f"{CLUSTER}/clock", {"action": "pause"})
    assert stack.post("/api/v1/tenants/life/start", None)["state"] == "deploying"
    assert stack.get("/api/v1/tenants/life")["state"] == "deploying"
    stack.call("simulator", "POST", f"{CLUSTER}/clock", {"action": "resume"})
    reaches(stack, "life", "running")
    assert replicas(stack, "life") == 2
    assert not {"stopping", "stopped", "degraded", "failed"} & {*states(stack, "other")}
    assert states(stack, "life")[-4:] == ["stopping", "stopped", "deploying", "running"]


def pods(stack: Stack, name: str) -> set[str]:
    path = f"/clusters/default/api/v1/namespaces/{name}-ecp-ai/pods"
    return {pod["metadata"]["name"] for pod in stack.call("simulator", "GET", path).body["items"]}


def test_a_restart_makes_all_pods_anew_and_the_next_deploy_does_not(stack: Stack) -> None:
    before, others = pods(stack, "life"), pods(stack, "other")
    assert stack.post("/api/v1/tenants/life/restart")["restarted"] == 1

    def anew() -> bool:
        stack.warp("5s")
        now = pods(stack, "life")
        return len(now) == 2 and not now & before

    until(anew, "new pods")
    kept = pods(stack, "life")
    stack.post("/api/v1/simulator/deploy/life", {"manifest_content": manifest()})
    stack.warp("30s")
    assert (pods(stack, "life"), pods(stack, "other")) == (kept, others)


def test_what_is_done_to_a_cluster_behind_the_orchestrators_back_is_seen(stack: Stack) -> None:
    """As by `kubectl scale` and `kubectl delete`; a deploy of the same mends it."""
    reaches(stack, "other", "running")
    web = f"{APPS.format('other')}/web"
    patch = {"Content-Type": "application/merge-patch+json"}
    for replicas, state in ((0, "failed"), (2, "running")):
        body = {"spec": {"replicas": replicas}}
        assert stack.call("simulator", "PATCH", web, body, headers=patch).status == 200
        reaches(stack, "other", state)
    assert stack.call("simulator", "DELETE", web).status == 200
    reaches(stack, "other", "failed")
    # The start-up that was confirmed stays confirmed; how it stands now is the state.
    assert stack.get("/api/v1/simulator/status/other")["state"] == "failed"
    last = stack.get("/api/v1/tenants/other/history?limit=1")["history"][0]
    assert "deployment/web" in last["message"]
    stack.post("/api/v1/simulator/deploy/other")
    reaches(stack, "other", "running")


def test_a_list_gives_the_fields_that_are_asked_for(stack: Stack) -> None:
    whole = stack.get("/api/v1/tenants/?limit=1")["tenants"][0]
    assert tuple(whole) == FIELDS
    answer = stack.call("orchestrator", "GET", "/api/v1/tenants/?fields=state,%20owner&limit=1")
    assert answer.body["tenants"] == [
        {name: whole[name] for name in ("tenant_id", "state", "owner")}
    ]
    assert "fields=state" in answer.headers["Link"]
    wrong = stack.call("orchestrator", "GET", "/api/v1/tenants/?fields=state,stage")
    assert (wrong.status, wrong.body["error"]["code"]) == (422, "INVALID_FIELDS")
    assert "stage" in wrong.body["detail"]
    assert "state" in wrong.body["detail"]


def test_who_is_deployed_does_not_stay_stopped(stack: Stack) -> None:
    stack.post("/api/v1/tenants/life/stop")
    stack.post("/api/v1/simulator/deploy/life", {"manifest_content": manifest()})
    assert stack.get("/api/v1/tenants/life")["wanted"] == "up"
    followed = stack.call("simulator", "GET", f"{CLUSTER}/tenants/life").body
    assert followed.get("service_hours") != "never"
    assert replicas(stack, "life") == 2


def test_another_size_is_released_where_the_manifest_is_generated(stack: Stack) -> None:
    needs = {"chatbot": 20}
    stack.post("/api/v1/tenants/", {"tenant_id": "sized", "service_requirements": needs})
    first = stack.post("/api/v1/simulator/deploy/sized")
    more = {"service_requirements": {"chatbot": 4000}}
    changed = stack.call("orchestrator", "PUT", "/api/v1/tenants/sized", more).body
    assert changed["release"]["revision"] == first["revision"] + 1
    stack.post("/api/v1/tenants/sized/stop")
    stopped = stack.call(
        "orchestrator", "PUT", "/api/v1/tenants/sized", {"service_requirements": needs}
    )
    assert stopped.body["release"] is None
    assert "released with the next deploy" in " ".join(stopped.body["warnings"])
    again = stack.post("/api/v1/simulator/deploy/sized")
    assert (again["new_revision"], again["revision"]) == (True, first["revision"] + 2)
    by_hand = stack.call("orchestrator", "PUT", "/api/v1/tenants/life", more).body
    assert by_hand["release"] is None
    assert by_hand["warnings"]


CALLS = (
    ("tenant create cli --owner voice -l tier=gold --chatbot 5", 0, "tenant/cli created"),
    ("tenant update cli -l tier- -l region=kr --timezone UTC", 0, "tenant/cli changed"),
    ("tenant scale cli --chatbot 6 --later", 0, "tenant/cli changed"),
    ("tenant clone cli cli-2 --owner chat", 0, "tenant/cli-2 created"),
    ("tenant list -l region=kr --owner chat -q cli --sort-by -name -o name", 0, "tenant/cli-2"),
    ("tenant check cli", 5, "cli-v2"),
    ("tenant check never-seen", 0, "never-seen is free"),
    ("tenant stop cli", 5, ""),
    ("tenant update cli", 2, ""),
    ("tenant delete cli-2 --yes --force", 0, "tenant/cli-2 deleted"),
    ("tenant history cli-2", 0, "deleted"),
    ("tenant restart other", 0, "tenant/other   running"),
)


def test_the_command_line_has_a_verb_for_each(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ecp.cli.main import main

    monkeypatch.setattr("ecp.cli.options.LANGUAGE", "en")
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    for call, code, words in CALLS:
        monkeypatch.setattr("sys.argv", ["ecp", *call.split()])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert (ended.value.code, words in said.out) == (code, True), (call, said)


def test_deleting_one_touches_no_other(stack: Stack) -> None:
    stack.warp("3m")  # whatever was begun before is over
    others = pods(stack, "other")
    gone = stack.call("orchestrator", "DELETE", "/api/v1/tenants/life").body
    assert (gone["deleted"], gone["left_behind"]) == (True, False)
    assert pods(stack, "other") == others
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/life").status == 404
    assert states(stack, "life")[-2:] == ["stopping", "deleted"]
    stack.take_away("simulator")
    kept = stack.call("orchestrator", "DELETE", "/api/v1/tenants/other")
    assert kept.status == 503
    assert stack.get("/api/v1/tenants/other")["state"] == "stopping"
    stack.start("simulator")
    # What was begun is brought to its end, whoever has hung up.
    until(lambda: stack.call("orchestrator", "GET", "/api/v1/tenants/other").status == 404, "gone")
