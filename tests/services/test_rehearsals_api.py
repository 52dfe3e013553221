"""Rehearsals over REST: asked for, followed, read, stopped, resumed over a restart."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .stack import Answer, Stack

pytestmark = pytest.mark.cluster

PATH = "/api/v1/rehearsals"
BOT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: bot, namespace: bots}
spec:
  replicas: 2
  selector: {matchLabels: {app: bot}}
  template:
    metadata: {labels: {app: bot}}
    spec:
      containers:
        - name: bot
          image: registry.example.com/bot:1
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: bot, namespace: bots}
spec: {selector: {app: bot}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: bots}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def scenario(**more: Any) -> dict[str, Any]:
    return {"scenario": "s", "manifests": ["bot.yaml"], "for": "10m", **more}


def ask(stack: Stack, method: str, path: str = "", body: Any = None, **more: Any) -> Answer:
    return stack.call("orchestrator", method, f"{PATH}{path}", body, **more)


def begin(stack: Stack, given: Any, **more: Any) -> Any:
    answer = ask(stack, "POST", "", {"scenario": given, "files": {"bot.yaml": BOT}, **more})
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == answer.body["links"]["self"]
    return answer.body["rehearsal_id"]


def ended(stack: Stack, number: int) -> Any:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        body = ask(stack, "GET", f"/{number}").body
        if body["state"] not in ("queued", "running"):
            return body
        time.sleep(0.1)
    raise AssertionError(body)


def report(stack: Stack, number: int, form: str, language: str = "en") -> Answer:
    return ask(stack, "GET", f"/{number}/report?format={form}&language={language}")


def test_a_scenario_is_rehearsed_and_its_reports_are_those_of_the_command_line(
    stack: Stack,
) -> None:
    number = begin(stack, scenario(hypotheses=["ready within 5m"]))
    body = ended(stack, number)
    assert (body["state"], body["verdict"]["passed"]) == ("done", True), body
    assert body["progress"] == {"done": 1, "runs": 1, "share": 1.0}
    found = report(stack, number, "json").body
    assert found["kind"] == "rehearsal"
    assert found["hypotheses"][0]["status"] == "passed"
    assert "<testsuites" in report(stack, number, "junit").body
    assert '<html lang="ko">' in report(stack, number, "html", "ko").body
    assert "exit code 0" in report(stack, number, "text").body
    assert [row["rehearsal_id"] for row in ask(stack, "GET", "?state=done").body["rehearsals"]][
        -1
    ] == number


def test_a_rehearsal_is_followed_from_its_beginning_to_its_verdict(stack: Stack) -> None:
    # Many crashes: long enough that somebody who looks sees it at work.
    crashes = [f"pod_crash:deployment/bot@{hour}h" for hour in range(1, 300)]
    number = begin(stack, scenario(faults=crashes, **{"for": "30d"}))
    seen: list[tuple[str, float]] = []
    until = time.monotonic() + 120
    while not seen or seen[-1][0] in ("queued", "running"):
        assert time.monotonic() < until, seen[-1]
        body = ask(stack, "GET", f"/{number}").body
        seen.append((body["state"], body["progress"]["share"]))
        assert (body["verdict"] is None) == (body["state"] != "done")
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert (seen[-1], body["verdict"]["exit_code"]) == (("done", 1.0), 0)
    order = list(dict.fromkeys(state for state, _ in seen))
    assert order in (["queued", "running", "done"], ["running", "done"])


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ("scenario: s\nmanifests: [bot.yaml]\nfor: soon\n", (3, 6), "soon"),
        ("scenario: s\nmanifests: [web.yaml]\n", (None, None), "web.yaml"),
        ("scenario: s\ntenant: nobody\n", (2, 9), "nobody"),
        ("scenario: s\ntenant: {name: a, units: {bots: 1}}\n", (2, 27), "bots"),
        ("a: [", (1, 5), "YAML"),
        ("scenario: s\nmanifests: [bot.yaml]\nhypotheses: ['availability > 99.5 x']\n", (3, 35),
         "x"),
    ],
    ids=["no duration", "a file that was not sent", "a tenant that is not kept",
         "a counter that there is not", "no YAML", "more words than a hypothesis has"],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    stack: Stack, given: str, place: tuple[int | None, int | None], said: str
) -> None:
    answer = ask(stack, "POST", "", {"scenario": given, "files": {"bot.yaml": BOT}})
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    error = answer.body["error"]
    assert error["code"] == "INVALID_SCENARIO"
    assert (error["details"][0]["line"], error["details"][0]["column"]) == place
    assert said in error["message"]


def test_a_tenant_is_rehearsed_from_what_is_kept_of_it_and_on_the_cluster_as_it_is_now(
    stack: Stack,
) -> None:
    bare = BOT.replace(", namespace: bots", "").rpartition("---")[0]
    stack.post("/api/v1/simulator/deploy/kept", {"manifest_content": bare})
    given = {"scenario": "now", "tenant": "kept", "cluster": {"live": "default"}, "for": "5m"}
    found = ended(stack, begin(stack, given))
    assert found["state"] == "done", found
    read = report(stack, found["rehearsal_id"], "json").body
    assert [name for name, _ in read["input"]["sources"]] == ["kept.yaml"]
    assert read["rehearsal"]["model"] == "default"
    assert read["rehearsal"]["deploy"]["refused"] == []
    namespaces = [row["namespace"] for row in read["rehearsal"]["deploy"]["applied"]]
    assert set(namespaces) == {"kept-ecp-ai"}
    # The cluster went on from where it was, not from the usual first Monday.
    assert not read["rehearsal"]["deploy"]["at"].startswith("2026-01-05T00:00")


def test_the_command_line_takes_a_tenant_that_is_kept(stack: Stack) -> None:
    # The tenant of the test before: two replicas, of which nothing has to be taken away.
    done = subprocess.run(
        [sys.executable, "-m", "ecp.cli.main", "advise", "kept", "--sla", "99", "-o", "json"],
        env=stack.environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["holds"]
    assert found["after"][0]["margins"][0]["claim"] == "availability >= 99"
    assert "kind: Deployment" in found["manifests"]


def test_a_campaign_that_was_interrupted_says_so_and_goes_on_where_it_was(stack: Stack) -> None:
    given = scenario(faults=["pod_crash:deployment/bot@2m"], **{"for": "2h"})
    number = begin(stack, given, runs=200)
    until = time.monotonic() + 120
    while not ask(stack, "GET", f"/{number}").body["progress"]["done"]:
        assert time.monotonic() < until, "no run of the campaign has ended"
        time.sleep(0.05)
    stack.kill("orchestrator")
    stack.start("orchestrator")
    body = ended(stack, number)
    assert body["state"] == "interrupted"
    assert "resume" in body["detail"]
    assert 0 < body["progress"]["done"] < 200
    assert report(stack, number, "json").status == 409
    assert ask(stack, "POST", f"/{number}/resume").status == 202
    assert ask(stack, "DELETE", f"/{number}").status == 409
    stopped = ask(stack, "POST", f"/{number}/cancel").body
    assert stopped["state"] == "cancelled"
    assert stopped["progress"]["done"] >= body["progress"]["done"]
    assert ask(stack, "DELETE", f"/{number}").body["forgotten"] is True
    assert ask(stack, "GET", f"/{number}").status == 404
    assert ask(stack, "GET", f"/{2**80}").status == 422


def test_a_campaign_comes_to_what_it_comes_to_on_the_command_line(stack: Stack) -> None:
    from ecp.rehearsal.campaign import Campaign, Variant, one_run, summary
    from ecp.rehearsal.scenario import parse
    from ecp.validation import Source

    text = "scenario: s\nmanifests: [bot.yaml]\nfor: 10m\nfaults: ['pod_crash@2m']\n"
    number = begin(stack, text, runs=3, seed=4)
    assert ended(stack, number)["state"] == "done"
    found = report(stack, number, "json").body
    read = parse(text, "s", lambda name: [Source(BOT, name)])._replace(seed=4)
    campaign = Campaign((Variant("base", read),), 3)
    rows = [one_run(task, campaign.plain(task)) for task in campaign.tasks()]
    assert found["digest"] == summary(campaign, rows)["digest"]
    assert report(stack, number, "junit").status == 422


def test_a_run_of_a_campaign_is_rehearsed_alone_and_put_beside_it(stack: Stack) -> None:
    given = {"scenario": scenario(faults=["service_down:deployment/bot@2m+1m"]), "runs": 2}
    body = {**given, "files": {"bot.yaml": BOT}}
    checked = ask(stack, "POST", "/check", body).body
    assert (checked["kind"], checked["runs"], checked["simulated_seconds"]) == ("campaign", 2, 1200)
    total = ask(stack, "GET").body["total"]
    number = begin(stack, given["scenario"], runs=2)
    assert ask(stack, "GET").body["total"] == total + 1, "a check begins nothing"
    assert ended(stack, number)["state"] == "done"
    runs = ask(stack, "GET", f"/{number}/runs").body
    assert [run["seed"] for run in runs["runs"]] == [0, 1]
    assert "sources" not in runs["variants"][0]
    alone = ask(stack, "POST", f"/{number}/again", {"seed": 1})
    assert alone.status == 202
    other = alone.body["rehearsal_id"]
    assert ended(stack, other)["state"] == "done"
    same = ask(stack, "GET", f"/{other}/runs").body["runs"][0]
    assert (same["seed"], same["down_seconds"]) == (1, runs["runs"][1]["down_seconds"])
    pairs = ask(stack, "GET", f"/{number}/against/{other}").body
    assert [(row["seed"], row["difference"]) for row in pairs["pairs"]] == [(1, 0.0)]
    refused = ask(stack, "POST", f"/{number}/again", {"seed": 1, "variant": "none"})
    assert (refused.status, refused.body["error"]["code"]) == (404, "VARIANT_NOT_FOUND")
    bad = ask(stack, "POST", "/check", {"scenario": "scenario: x\nfor: never\n"})
    assert (bad.status, bad.body["error"]["details"][0]["line"]) == (422, 2)
