"""The lines that the consoles' buttons show: pages on which they stand filled in, and what is wrong
with a line.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from . import lines
from .commands import misread
from .stack import Stack

NO_COMMAND: Final = {
    "test": "`ecp doctor` tries what is in force, not what is in a form",
}
"""Buttons without a command, and why."""
UNSEEN: Final = {
    "spike": "of the tour, which needs the demo",
    "cancel-warp": "there while a warp is under way",
    "cancel": "there while a rehearsal is under way",
    "deploy-demo": "there when the demo's sample is mended",
    "uncordon": "there of a node that takes no pods",
}
"""Buttons that stand on none of these pages, and why."""
AWKWARD: Final = "it's 점검 $HOME"
"""What nobody types and every line has to bear, wherever text is free."""


def wrong(stack: Stack, shown: Iterable[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the lines that buttons show, each with its page and button."""
    documents: dict[int | None, dict[str, Any]] = {
        stack.ports[service]: stack.call(service, "GET", "/openapi.json").body
        for service in ("orchestrator", "simulator")
    }
    found, seen = [], set()
    for one in shown:
        for line in filter(None, (one["cli"], one["curl"])):
            if line in seen:
                continue
            seen.add(line)
            said = _wrong(stack, documents, line, filled=not one["disabled"])
            found += [f"{one['page']} {one['name']}: {line}: {problem}" for problem in said]
    return found


def named() -> list[str]:
    """Return the names of all buttons in the sources, each as a pattern, sorted."""
    found = set()
    for file in (Path(__file__).parents[2] / "web/apps").rglob("*.tsx"):
        for shown in re.findall(
            r"<(?:Mutation|Act|Trigger)\b(.*?)\n\s*/>", file.read_text(), re.DOTALL
        ):
            said = re.search(r"\bname=(\"[^\"]+\"|\{.*\}\n)", shown)
            # Also of a choice between two; a bare {name} is another component's.
            found |= set(re.findall(r"[\"`]([^\"`]+)[\"`]", said[1] if said else ""))
    return sorted(re.sub(r"\$\{.*?\}", ".+", one) for one in found)


def _wrong(
    stack: Stack, documents: dict[int | None, dict[str, Any]], line: str, *, filled: bool
) -> list[str]:
    try:
        called = lines.read(line, CONFIG)
    except ValueError as error:
        return [str(error)]
    found = []
    for one in called:
        program, *arguments = one.arguments
        if filled and one.blanks:
            found.append(f"to be filled in: {one.blanks}")
        if program == "ecp":
            found += filter(None, [misread(tuple(arguments))])
        elif program == "kubectl":
            found += _refused(arguments)
        else:
            call = lines.of_curl(tuple(arguments))
            at = urlsplit(call.url)
            if at.path.startswith("/clusters/"):
                found += _dry(call)
            elif at.port not in documents:
                found.append("sent to nobody")
            elif filled:
                found += lines.against(documents[at.port], call)
    return found


def _refused(arguments: list[str]) -> list[str]:
    """Return what kubectl, or the cluster, says against a command that it does not carry out."""
    dry = [] if "restart" in arguments else ["--dry-run=server"]
    given = {**os.environ, "KUBECONFIG": os.devnull}
    ran = subprocess.run(
        ["kubectl", *arguments, *dry], env=given, capture_output=True, text=True, check=False
    )
    return [ran.stderr] if ran.returncode else []


def _dry(call: lines.Call) -> list[str]:
    """Return what a cluster's Kubernetes API says against a call that it does not carry out."""
    body = call.body
    if call.method == "DELETE" and body:
        # What stands in the address is not read where there is a body.
        body = json.dumps({**json.loads(body), "dryRun": ["All"]})
    answer = httpx.request(
        call.method, call.url, params={"dryRun": "All"}, headers=call.headers, content=body
    )
    # An eviction that a budget forbids for now is understood all the same.
    return [] if answer.is_success or answer.status_code == 429 else [answer.text]


def prepared(stack: Stack) -> None:
    """Have on acme's pages what buttons stand beside: of each kind one, named awkwardly."""
    own = "/api/v1/tenants/acme"
    _changed(stack)
    assert stack.cli("deploy", "acme").returncode == 0
    rule = {"alert_name": AWKWARD, "condition": "cpu_usage > 85", "duration": "5m"}
    stack.post(f"{own}/alerts", rule)
    stack.post(f"{own}/alerts", {**rule, "alert_name": "busy", "condition": "cpu_usage > 0"})
    window = {"start": "2036-01-31T13:00:00Z", "end": "2036-01-31T13:10:00Z", "reason": AWKWARD}
    stack.post("/api/v1/simulator/sla/acme/maintenance", window)
    silenced = {"matchers": {"tenant_id": "acme"}, "duration": "2h", "why": AWKWARD}
    stack.post("/api/v1/alerts/silences", silenced)
    route = {"name": AWKWARD, "kind": "webhook", "target": "http://127.0.0.1:9/ecp"}
    stack.post("/api/v1/alerts/routes", route)
    version = {"version": "9.9.9", "image": "harbor.ecp-ai.com/ecp-ai/chatbot:9.9.9"}
    stack.post("/api/v1/images/chatbot/versions", version)
    place = "/api/v1/images/registries/spare"
    host = {"host": "harbor.internal:5000"}
    assert stack.call("orchestrator", "PUT", place, host).status in (200, 201)
    for target in ("chatbot", "aicm"):
        fault = {"failure_type": "cpu_spike", "target": target, "duration": "1d"}
        stack.post("/api/v1/simulator/failures/acme/trigger", fault)
    again = {"failure_type": "pod_kill", "every": "1h", "lasts": "1d"}
    stack.post("/api/v1/simulator/failures/acme/repeating", again)
    kept = {"label": "before"}
    place = "/api/v1/clusters/default/snapshots"
    assert stack.call("simulator", "POST", place, kept).status in (200, 201)
    samples = stack.get("/api/v1/rehearsals/samples")["samples"]
    scenario = next(one["scenario"] for one in samples if one["name"] == "surge-x5")
    begun = stack.post("/api/v1/rehearsals", {"scenario": scenario, "runs": 50})["rehearsal_id"]
    stack.post(f"/api/v1/rehearsals/{begun}/cancel")
    stack.post("/api/v1/tenants/", {"tenant_id": "resting", "service_requirements": {"chatbot": 5}})
    assert stack.cli("deploy", "resting").returncode == 0
    stack.warp("10m")
    stack.post("/api/v1/tenants/resting/stop")
    until = time.monotonic() + WITHIN_S
    while not stack.get("/api/v1/alerts?tenant_id=acme")["alerts"]:
        assert time.monotonic() < until, "no alert of acme"
        time.sleep(0.1)


def filled_in(stack: Stack) -> list[dict[str, Any]]:
    """Return pages whose buttons need something first: chosen, typed, or under way."""
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    simulator = f"http://127.0.0.1:{stack.ports['simulator']}"
    releases = stack.get("/api/v1/tenants/acme/releases")["releases"]
    first = min(releases, key=lambda one: one["revision"])["deployment_id"]
    alert = stack.get("/api/v1/alerts?tenant_id=acme")["alerts"][0]["id"]
    stopped = stack.get("/api/v1/rehearsals?limit=1")["rehearsals"][0]["rehearsal_id"]
    pods = stack.call("simulator", "GET", f"{PODS}?labelSelector=app=chatbot").body["items"]
    pod = f"acme-ecp-ai/{pods[0]['metadata']['name']}"

    def box(name: str) -> str:
        return f'role=textbox[name*="{name}"i] >> nth=0'

    def page(where: str, wait: str, *steps: list[str]) -> dict[str, Any]:
        url = (simulator if where.startswith(tuple(OF_SIMULATOR)) else console) + where
        name = where.replace("/", "-").split("?")[0].strip("-")
        return {"name": name, "url": url, "wait": wait, "steps": list(steps)}

    return [
        page("/tenants/acme", "[data-do=clone]", ["fill", box("Id of the copy"), "copy"]),
        page("/tenants/resting", "[data-do=start]"),
        page(f"/releases/{first}", "[data-do=rollback]"),
        page("/tenants/acme/manifest?step=edit", ".cm-content",
             ["fill", ".cm-content", CONFIG], ["click", "[data-do=review]"],
             ["wait", "[data-do=deploy]:enabled"]),
        page("/tenants/new?id=only-once&chatbot=20&step=deploy&name=it%27s%20%EC%A0%90%EA%B2%80",
             "[data-do=create]:enabled"),
        page("/tenants/acme/sla", "[data-do=take-back]",
             ["fill", box("Promise, %"), "99.9"],
             ["fill", box("Fee a month"), "1000000"],
             ["fill", box("Begins"), "2036-02-01 09:00"], ["fill", box("Ends"), "2036-02-01 10:00"],
             ["fill", box("Why (customers"), AWKWARD]),
        page("/alerts?part=silences", "[data-do=unsilence]"),
        page("/alerts?part=routes&route=-1", "[data-do=test-route]",
             ["fill", "[data-field=name]", AWKWARD], ["fill", "[data-field=target]", "env:HOOK"]),
        page("/alerts?part=routes&route=1", "[data-do=save-route]"),
        page("/alerts?part=rules&tenant=acme", "[data-do=delete-rule]",
             ["fill", box("Name"), AWKWARD], ["fill", box("Condition"), "cpu_usage > 85"]),
        page("/settings", "input", ["fill", "[data-field=slaTarget]", "99.4"],
             ["wait", "[data-changed]"]),
        page("/settings?part=images", "[data-do=delete-registry]",
             ["fill", "[data-field=name]", "other"],
             ["fill", "[data-field=host]", "harbor.internal:5000"],
             ["fill", "[data-field=username]", AWKWARD]),
        page("/failures?kind=cpu_spike&tenant=acme", "[data-reach]",
             ["fill", box("End it early"), "availability < 95 for 1m"]),
        page("/failures?kind=pod_kill&tenant=acme", "[data-do=take-away]",
             ["fill", "input[data-every]", "10m"], ["wait", "[data-do=repeat]:enabled"]),
        page("/failures", "[data-do=end-all]"),
        page(f"/alerts?state=all&alert={alert}", "[data-do=ack]",
             ["fill", box("Note"), AWKWARD], ["fill", box("Why nobody"), AWKWARD]),
        page("/audit?q=it%27s&tenant=acme", "h1"),
        page("/tenants/acme/resources?show=problems&selector=app%20in%20(stt)", "h1"),
        page("/timeline?clock=time", "[data-do=warp]"),
        page("/timeline?clock=snapshots", "[data-do=snapshot]",
             ["fill", "[name=snapshot-label]", ONCE], ["fill", "[name=fork-name]", "second"]),
        page("/timeline?clock=clusters", "[data-do=create-cluster]",
             ["fill", "[name=cluster-name]", "third"], ["fill", "[name=fork-name]", "second"]),
        page("/nodes?node=gpu-1", "[data-do=drain]",
             ["fill", box("key=value:effect"), "team=a:NoSchedule"]),
        page("/nodes", "[data-do=resize-gpu]",
             ["fill", box("gpu: Machines"), "4"], ["fill", box("gpu: To version"), "v1.36.3"]),
        page(f"/workloads?kind=pods&pod={pod}", "[data-do=delete-pod]"),
        page("/workloads?workload=Deployment/acme-ecp-ai/aicm", "[data-do=scale]",
             ["fill", box("Replicas"), "3"]),
        page("/traffic", "[data-do=burst]", ["fill", box("chatbot"), "60"]),
        page("/lab?fault=cpu_spike", "[data-do=inject]",
             ["fill", box("End it early"), "availability < 99 for 30s"],
             ["fill", box("Only where this holds"), "availability >= 99"]),
        page("/dashboard/acme", "[data-do=end]"),
        page("/rehearsals/new?sample=surge-x5&runs=2", ".cm-line", ["commands"],
             ["click", "[data-do=rehearse]:enabled"], ["wait", "[data-do=vary]"]),
        page(f"/rehearsals/{stopped}", "[data-do=resume]"),
        page("/", "[data-do=make-demo]"),
    ]  # fmt: skip


PODS: Final = "/clusters/default/api/v1/namespaces/acme-ecp-ai/pods"
CONFIG: Final = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: acme-ecp-ai}\n"
OF_SIMULATOR: Final = ("/timeline", "/nodes", "/workloads", "/traffic", "/lab", "/dashboard")


class Job(NamedTuple):
    """What a button promises, as somebody else would see that it was kept."""

    page: str
    button: str
    state: Callable[[Stack], Any]
    then: Callable[[Any], Any]
    """The state afterwards, from the one before."""
    first: Callable[[Stack], Any] = lambda _: None
    """Brings about what the button is for; once for each line."""


def carried_out(stack: Stack, shown: Iterable[dict[str, Any]], folder: Path) -> list[str]:
    """Run both lines of the buttons that matter most in a shell; return what did not come of it."""
    found = []
    lines_of: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in shown:
        lines_of.setdefault((one["page"], one["name"]), []).append(one)
    for job in JOBS:
        # A failure ends once: one by the first button, one by the last.
        buttons = lines_of[job.page, job.button]
        for how, button in (("cli", buttons[0]), ("curl", buttons[-1])):
            job.first(stack)
            expected = job.then(job.state(stack))
            # What can be made once only is named after its line.
            line = button[how].replace(ONCE, f"{ONCE}-{how}")
            said = _run(stack, line, folder)
            state = _settled(job, stack, expected)
            if state != expected:
                found.append(f"{job.button}: {line}: {said}: {state} is not {expected}")
    return found


def _run(stack: Stack, line: str, folder: Path) -> str:
    given = stack.environment()
    given["PATH"] = f"{Path(sys.executable).parent}:{given['PATH']}"
    given["KUBECONFIG"] = os.devnull
    shell = ["/bin/sh", "-euc", line]
    ran = subprocess.run(
        shell, cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=300
    )
    return f"{ran.returncode} {ran.stdout[-300:]} {ran.stderr[-300:]}"


def _settled(job: Job, stack: Stack, expected: Any) -> Any:
    until = time.monotonic() + WITHIN_S
    while (state := job.state(stack)) != expected and time.monotonic() < until:
        time.sleep(0.1)
    return state


def _releases(stack: Stack) -> Any:
    return stack.get("/api/v1/tenants/acme/releases")["total"]


def _wanted(stack: Stack, tenant: str, workload: str | None = None) -> int:
    """Return how many replicas of a tenant's are wanted."""
    path = f"/clusters/default/apis/apps/v1/namespaces/{tenant}-ecp-ai/deployments"
    rows = stack.call("simulator", "GET", path).body["items"]
    return sum(
        row["spec"]["replicas"] for row in rows if workload in (None, row["metadata"]["name"])
    )


def _failures(stack: Stack) -> int:
    rows = stack.get("/api/v1/simulator/failures?tenant=acme")["failures"]
    return sum(row["state"] == "running" for row in rows)


def _changed(stack: Stack) -> None:
    """Have something new to deploy."""
    path = "/api/v1/tenants/acme"
    units = stack.get(path)["service_requirements"]["chatbot"]
    wish = {"service_requirements": {**LOAD, "chatbot": 200 if units == 100 else 100}}
    assert stack.call("orchestrator", "PATCH", path, wish).status == 200


def _fast(stack: Stack) -> None:
    """Have something new to deploy, and it up soon."""
    _clock(stack, {"action": "resume"})
    _clock(stack, {"action": "speed", "factor": 300})
    # Of one that is up a change of size is a release by itself.
    stack.post("/api/v1/tenants/acme/stop")
    _changed(stack)


def _released(stack: Stack) -> None:
    _changed(stack)
    assert stack.cli("deploy", "acme").returncode == 0


def _tenants(stack: Stack) -> int:
    return sum(ONCE in one["tenant_id"] for one in stack.get("/api/v1/tenants")["tenants"])


def _clock(stack: Stack, body: Any = None) -> Any:
    path = "/api/v1/clusters/default/clock"
    return stack.call("simulator", "POST" if body else "GET", path, body).body


def _silences(stack: Stack) -> int:
    return len(stack.get("/api/v1/alerts/silences")["silences"])


def _labels(stack: Stack) -> int:
    path = "/api/v1/clusters/default/snapshots"
    return len(stack.call("simulator", "GET", path).body["snapshots"])


LOAD: Final = {"callbot": 10, "chatbot": 50, "advisor": 5}
HOUR_NS: Final = 3600 * 10**9
MERGED: Final = {"Content-Type": "application/merge-patch+json"}
SCALE: Final = "/clusters/default/apis/apps/v1/namespaces/acme-ecp-ai/deployments/aicm/scale"
JOBS: Final = (
    Job("failures", "inject", _failures, lambda before: before + 1),
    Job("failures", "end", _failures, lambda before: before - 1),
    Job(
        "workloads",
        "scale",
        lambda stack: _wanted(stack, "acme", "aicm"),
        lambda before: 3,
        lambda stack: stack.call("simulator", "PATCH", SCALE, {"spec": {"replicas": 1}}, MERGED),
    ),
    Job("tenants-new", "create", _tenants, lambda before: before + 1),
    Job(
        "settings",
        "save",
        lambda stack: stack.get("/api/v1/settings")["slaTarget"],
        lambda before: 99.4,
        lambda stack: stack.call("orchestrator", "PUT", "/api/v1/settings", {}),
    ),
    Job("alerts", "silence", _silences, lambda before: before + 1),
    Job(
        "timeline",
        "warp",
        lambda stack: _clock(stack)["now_ns"],
        lambda before: before + HOUR_NS,
        lambda stack: _clock(stack, {"action": "pause"}),
    ),
    Job("timeline", "snapshot", _labels, lambda before: before + 1),
    Job("tenants-resting", "start", lambda stack: _wanted(stack, "resting") > 0,
        lambda before: True, lambda stack: stack.post("/api/v1/tenants/resting/stop")),
    Job("tenants-acme", "stop", lambda stack: _wanted(stack, "acme"), lambda before: 0,
        lambda stack: stack.post("/api/v1/tenants/acme/start")),
    Job("tenants-acme", "deploy", _releases, lambda before: before + 1, _fast),
    Job("releases-sim-deploy-1", "rollback", _releases, lambda before: before + 1, _released),
)  # fmt: skip
WITHIN_S: Final = 60
ONCE: Final = "only-once"
