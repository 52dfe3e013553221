"""The lines that the consoles' buttons show: pages on which they stand filled in, and what is wrong
with a line.
"""

import os
import subprocess
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from . import lines
from .commands import misread
from .stack import Stack

AWKWARD: Final = "it's 점검 $HOME"
"""What nobody types and every line has to bear, wherever text is free."""


def wrong(stack: Stack, shown: Iterable[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the lines that buttons show, each with its page and button."""
    documents = {
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


def _wrong(
    stack: Stack, documents: dict[int | None, dict[str, Any]], line: str, *, filled: bool
) -> list[str]:
    try:
        called = lines.read(line)
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
    answer = httpx.request(
        call.method,
        call.url,
        params={"dryRun": "All"},
        headers=call.headers,
        content=call.body,
    )
    # An eviction that a budget forbids for now is understood all the same.
    return [] if answer.is_success or answer.status_code == 429 else [answer.text]


def prepared(stack: Stack) -> None:
    """Have on acme's pages what buttons stand beside: of each kind one, named as awkwardly as may be."""
    own = "/api/v1/tenants/acme"
    assert stack.cli("deploy", "acme", "--wait").returncode == 0
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
    fault = {"failure_type": "cpu_spike", "target": "chatbot", "duration": "1d"}
    stack.post("/api/v1/simulator/failures/acme/trigger", fault)
    stack.warp("10m")
    while not stack.get("/api/v1/alerts?tenant_id=acme")["alerts"]:
        time.sleep(0.1)


def filled_in(stack: Stack) -> list[dict[str, Any]]:
    """Return pages on which buttons stand that need something first: chosen, typed, or under way."""
    console = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    simulator = f"http://127.0.0.1:{stack.ports['simulator']}"
    releases = stack.get("/api/v1/tenants/acme/releases")["releases"]
    first = min(releases, key=lambda one: one["revision"])["deployment_id"]
    alert = stack.get("/api/v1/alerts?tenant_id=acme")["alerts"][0]["id"]
    pods = stack.call("simulator", "GET", f"{PODS}?labelSelector=app=chatbot").body["items"]
    pod = f"acme-ecp-ai/{pods[0]['metadata']['name']}"

    def box(name: str) -> str:
        return f'role=textbox[name="{name}"i] >> nth=0'

    def page(where: str, wait: str, *steps: list[str]) -> dict[str, Any]:
        url = (simulator if where.startswith(tuple(OF_SIMULATOR)) else console) + where
        name = where.replace("/", "-").split("?")[0].strip("-")
        return {"name": name, "url": url, "wait": wait, "steps": list(steps)}

    return [
        page("/tenants/acme", "[data-do=clone]", ["fill", box("Id of the copy"), "copy"]),
        page(f"/releases/{first}", "[data-do=rollback]"),
        page("/tenants/acme/manifest?step=edit", ".cm-content",
             ["fill", ".cm-content", CONFIG], ["click", "[data-do=review]"],
             ["wait", "[data-do=deploy]:enabled"]),
        page("/tenants/new?id=new-one&chatbot=20&step=deploy&name=it%27s%20%EC%A0%90%EA%B2%80",
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
        page("/failures", "[data-do=end-all]"),
        page(f"/alerts?state=all&alert={alert}", "[data-do=ack]",
             ["fill", box("Note"), AWKWARD], ["fill", box("Why nobody"), AWKWARD]),
        page("/audit?q=it%27s&tenant=acme", "h1"),
        page("/tenants/acme/resources?show=problems&selector=app%20in%20(stt)", "h1"),
        page("/timeline?clock=time", "[data-do=warp]"),
        page("/timeline?clock=snapshots", "[data-do=snapshot]",
             ["fill", "[name=snapshot-label]", AWKWARD], ["fill", "[name=fork-name]", "second"]),
        page("/timeline?clock=clusters", "[data-do=create-cluster]",
             ["fill", "[name=cluster-name]", "third"], ["fill", "[name=fork-name]", "second"]),
        page("/nodes?node=gpu-1", "[data-do=drain]",
             ["fill", box("key=value:effect"), "team=a:NoSchedule"]),
        page("/nodes", "[data-do=resize-gpu]",
             ["fill", box("gpu: Machines"), "4"], ["fill", box("gpu: To version"), "v1.36.3"]),
        page(f"/workloads?kind=pods&pod={pod}", "[data-do=delete-pod]"),
        page("/workloads?workload=Deployment/acme-ecp-ai/chatbot", "[data-do=scale]"),
        page("/traffic", "[data-do=burst]", ["fill", "input[inputmode=numeric] >> nth=0", "60"]),
        page("/lab?fault=cpu_spike", "[data-do=inject]",
             ["fill", box("End it early"), "availability < 99 for 30s"],
             ["fill", box("Only where this holds"), "availability >= 99"]),
        page("/dashboard/acme", "[data-do=end]"),
    ]  # fmt: skip


PODS: Final = "/clusters/default/api/v1/namespaces/acme-ecp-ai/pods"
CONFIG: Final = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: acme-ecp-ai}\n"
OF_SIMULATOR: Final = ("/timeline", "/nodes", "/workloads", "/traffic", "/lab", "/dashboard")
