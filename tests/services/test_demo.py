"""The demo: a history that really happened. Its views agree to the slot, a killed process goes on
where it was, and the same seed tells the same story."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import browser
from .stack import Stack

DEMO = {"X-Demo-Mode": "true"}
WANTED = {"days": 1, "seed": 5, "start": "2026-01-05T00:00:00Z"}
END = "2026-01-05T23:50:00Z"
"""Until here everything is closed, whatever the wall clock says."""
TENANTS = ("demo-small", "demo-medium", "demo-tenant")
WITHIN_S = 240


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("demo"))
    found.start()
    found.post("/api/v1/demo", WANTED)
    ready(found)
    yield found
    found.stop()


def ready(stack: Stack) -> dict[str, Any]:
    deadline = time.monotonic() + WITHIN_S
    while (found := stack.get("/api/v1/demo"))["state"] == "making":
        assert time.monotonic() < deadline, found
        time.sleep(1)
    assert found["state"] == "ready", found
    return dict(found)


def minutes(stack: Stack, tenant: str) -> list[Any]:
    """Return what the simulator says of the history's minutes."""
    path = f"/api/v1/clusters/demo/tenants/{tenant}/minutes"
    rows: list[Any] = []
    while True:
        since = rows[-1]["sequence"] if rows else 0
        more = stack.call("simulator", "GET", f"{path}?since={since}&limit=500").body["minutes"]
        if not more:
            return [row for row in rows if row["minute"] < END]
        rows += more


def slots(rows: list[Any], state: str) -> int:
    """Count the slots of a state, from the birth of the tenant's SLA clock on."""
    found = 0
    for row in rows:
        order = [name for name, length in row["tenant"]["runs"] for _ in range(length)]
        found += order[row["tenant"]["counts_from"] :].count(state)
    return found


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_view_has_the_same_slots(stack: Stack, tenant: str) -> None:
    rows = minutes(stack, tenant)
    up, down = slots(rows, "U"), slots(rows, "D")
    assert len(rows) == 1430
    assert up > 15_000, "nearly all of a day, but for its start-up"
    base = f"/api/v1/simulator/sla/{tenant}"
    # The last ten minutes, and what came since at the pace of the wall clock, are up.
    asked = [stack.get(f"{base}/levels?period=2d", headers=DEMO),
             stack.get(f"{base}/analysis?period=2d", headers=DEMO)]  # fmt: skip
    kept, told = asked[0]["composite"], asked[1]
    assert kept["downtime_seconds"] == told["downtime_seconds"] == down * 5
    later = kept["up_seconds"] - up * 5
    assert 0 <= later < 600 + WITHIN_S, later
    share = 100 * kept["up_seconds"] / (kept["up_seconds"] + kept["downtime_seconds"])
    assert kept["uptime_percentage"] == pytest.approx(share, abs=1.1e-3)
    assert told["uptime_percentage"] == pytest.approx(share, abs=2e-2)


def test_the_incident_was_chosen_and_says_so(stack: Stack) -> None:
    incident = stack.get("/api/v1/demo")["incident"]
    path = f"/api/v1/simulator/sla/{incident['tenant_id']}/analysis?period=2d"
    found = stack.get(path, headers=DEMO)["incidents"]
    longest = max(found, key=lambda row: row["duration_seconds"] or 0)
    assert longest["started_at"][:13] == incident["at"][:13]
    assert abs(longest["duration_seconds"] - incident["seconds"]) < 180
    assert "fault" in [cause["kind"] for cause in longest["causes"]]


def test_a_release_on_the_way_brought_another_version_and_its_facts(stack: Stack) -> None:
    found = stack.get("/api/v1/tenants/demo-small/versions", headers=DEMO)
    assert found["chosen"] == {"chatbot": "1.5.0"}
    newest = found["history"][0]
    assert (newest["revision"], len(newest["changes"])) == (2, 1)
    assert newest["at"][:10] == "2026-01-05"
    pods = "/clusters/demo/api/v1/namespaces/demo-small-ecp-ai/pods?labelSelector=app%3Dchatbot"
    pod = stack.call("simulator", "GET", pods).body["items"][0]
    assert pod["spec"]["containers"][0]["image"].endswith("/chatbot:1.5.0")
    assert pod["metadata"]["annotations"]["sim.ecp-ai.io/start-after.chatbot"] == "9s"


def test_the_tenant_to_mend_has_a_manifest_with_two_mistakes(stack: Stack) -> None:
    body = {
        "manifest_content": stack.get("/api/v1/demo/manifest"),
        "tenant_id": "demo-broken",
        "target_simulator": False,
    }
    found = stack.post("/api/v1/tenants/validate-manifest", body, headers=DEMO)
    assert found["valid"] is False
    rules = {row["rule"] for row in found["errors"] if row["severity"] == "error"}
    assert len(rules) == 2, found["errors"]
    body["manifest_content"] = (
        body["manifest_content"].replace("chat-bot", "chatbot").replace("2Gi", "512Mi")
    )
    assert stack.post("/api/v1/tenants/validate-manifest", body, headers=DEMO)["valid"] is True


@pytest.mark.skipif(browser.missing(), reason=browser.REASON)
def test_the_first_minute(stack: Stack, tmp_path: Path) -> None:
    """As the console's own tour goes, by clicking: a broken manifest is mended and deployed, a
    spike costs budget and heals, a command does the like. Each step ticks itself off."""
    home = f"http://127.0.0.1:{stack.ports['orchestrator']}/?demo=true"
    ticked = "[data-step={}][data-done]".format
    mended = [
        ["wait", ticked("live")],
        ["click", "[data-step=mend] a"],
        ["click", "[data-do=fix-all]"],
        ["click", "[data-do=deploy-demo]:enabled"],
        ["wait", "[data-doing]"],
        ["click", "a[aria-label=ECP]"],
        ["wait", ticked("mend")],
    ]
    assert shown(tmp_path, home, mended) == []
    warped(stack, "+10m")
    hit = [["wait", ticked("deploy")], ["click", "[data-do=spike]"], ["wait", "[data-step=heal] a"]]
    assert shown(tmp_path, home, hit) == []
    warped(stack, "+5m")
    more = ["fault", "trigger", "demo-small", "pod_crash", "--target", "chatbot", "--demo"]
    done = stack.cli(*more)
    assert done.returncode == 0, done.stderr
    healed = [["wait", ticked("heal")], ["wait", ticked("cli")]]
    assert shown(tmp_path, home, healed) == []
    asked = stack.get("/api/v1/simulator/failures?tenant=demo-tenant", headers=DEMO)["failures"]
    spike = next(row for row in asked if row["origin"]["kind"] == "request")
    path = f"/api/v1/simulator/failures/demo-tenant/{spike['id']}/report"
    told = stack.get(path, headers=DEMO)
    assert told["failure"]["fault"] == "cpu_spike"
    assert told["cost"]["down_seconds"] >= 60, told["cost"]


def warped(stack: Stack, to: str) -> None:
    """Let the demo's time go on at once, and what came of it reach the orchestrator."""
    clock = "/api/v1/clusters/demo/clock"
    assert stack.call("simulator", "POST", clock, {"action": "warp", "to": to}).status == 200
    deadline = time.monotonic() + WITHIN_S
    while stack.call("simulator", "GET", clock).body["warping_to"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def shown(folder: Path, url: str, steps: list[list[str]]) -> list[str]:
    """Return what is wrong with the tour's page while steps are done on it."""
    pages = [{"name": "home", "url": url, "wait": "[data-tour]", "steps": steps}]
    found = browser.opened(folder, {"pages": pages, "languages": ["ko"], "themes": ["dark"]})
    return list(found["wrong"])


def test_made_anew_and_killed_on_the_way_it_tells_the_same_story(stack: Stack) -> None:
    before = {tenant: minutes(stack, tenant) for tenant in TENANTS}
    stack.post("/api/v1/demo/reset", WANTED)
    for service, after in (("orchestrator", 0.0), ("simulator", 0.2)):
        while (found := stack.get("/api/v1/demo"))["state"] == "making":
            if found["progress"] > after:
                break
            time.sleep(0.05)
        stack.kill(service)
        stack.start(service)
    ready(stack)
    for tenant in TENANTS:
        assert minutes(stack, tenant) == before[tenant]
