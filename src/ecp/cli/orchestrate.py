"""The main job from the command line: tenants, deploy, status, SLA, failures, live figures."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ecp.cli.options import LANGUAGE, Output, check_output, said
from ecp.cli.output import Failure, print_json, print_table
from ecp.texts import text

INVALID, NOT_REACHED = 3, 6
_EXIT = {400: 2, 401: 7, 403: 7, 404: 4, 409: 5, 422: 2, 502: 7, 503: 7}
_POLL_S = 0.5
_COUNTERS = ("callbot", "chatbot", "advisor", "stt", "tts", "ta", "qa")

tenant_app = typer.Typer(help=said("cli.tenant"), no_args_is_help=True)
slo_app = typer.Typer(help=said("cli.slo"), no_args_is_help=True)

TenantId = Annotated[str, typer.Argument(metavar="TENANT", help=said("cli.tenant-id"))]
Demo = Annotated[bool, typer.Option("--demo", help=said("cli.demo"))]


def register(app: typer.Typer, fault_app: typer.Typer) -> None:
    """Add the commands to `ecp` and to `ecp fault`."""
    app.add_typer(tenant_app, name="tenant")
    app.add_typer(slo_app, name="slo")
    app.command("deploy", help=said("cli.deploy"))(deploy)
    app.command("status", help=said("cli.status"))(status)
    app.command("watch", help=said("cli.watch"))(watch)
    app.command("why", help=said("cli.why"))(why)
    fault_app.command("trigger", help=said("cli.fault-trigger"))(fault_trigger)


# -- the orchestrator's API -----------------------------------------------------------------------


def orchestrator_url() -> str:
    """Return where the orchestrator answers: ECP_ORCHESTRATOR_URL, else its local port."""
    import os

    from ecp.edge.services import SERVICES, local_url

    chosen = os.environ.get("ECP_ORCHESTRATOR_URL", "").rstrip("/")
    service = next(service for service in SERVICES if service.name == "orchestrator")
    return chosen or local_url(service.chosen_port())


def _called(
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    demo: bool = False,
    params: Mapping[str, Any] | None = None,
    timeout: float = 180,
) -> dict[str, Any]:
    """Call the orchestrator. Raises Failure with its own words and a fit exit code."""
    import httpx

    url = orchestrator_url()
    headers = {"Accept-Language": LANGUAGE, "X-Demo-Mode": "true" if demo else "false"}
    try:
        response = httpx.request(
            method,
            url + path,
            json=body,
            headers=headers,
            params=params,
            timeout=timeout,
            trust_env=False,
        )
    except httpx.TimeoutException as error:
        raise Failure("api.timeout", NOT_REACHED, url=url) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure("api.unreachable-orchestrator", 7, url=url) from error
    try:
        data = response.json()
    except ValueError as error:
        raise Failure("api.not-ecp", 7, url=url) from error
    if response.is_error:
        raise _refused(response.status_code, data)
    if not isinstance(data, dict):
        raise Failure("api.not-ecp", 7, url=url)
    return data


def _refused(status: int, data: Any) -> Failure:
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return Failure(None, _EXIT.get(status, 1), message=str(data))
    lines = [str(error.get("message"))]
    code = _EXIT.get(status, 1)
    if error.get("code") == "MANIFEST_INVALID":
        code = INVALID
        lines += [_finding(row) for row in error.get("details") or () if "rule" in row]
    return Failure(None, code, message="\n".join(lines))


def _finding(row: Mapping[str, Any]) -> str:
    about = row["object"]
    name = f"{about['kind'] or '?'} {about['name']}".rstrip()
    where = f"{row['line']}:{row['column']}"
    return (
        f"  {where}: {row['severity']} {row['rule']} {name}: {row['message']}\n"
        f"      {row['remedy']}"
    )


def _path(tenant: str, before: str, after: str = "") -> str:
    from urllib.parse import quote

    return f"{before}/{quote(tenant, safe='')}{after}"


# -- tenants --------------------------------------------------------------------------------------

_TENANTS = "/api/v1/tenants"


@tenant_app.command("create", help=said("cli.tenant-create"))
def tenant_create(
    tenant: TenantId,
    name: Annotated[str | None, typer.Option("--name", help=said("cli.tenant-name"))] = None,
    callbot: Annotated[int | None, typer.Option(min=0)] = None,
    chatbot: Annotated[int | None, typer.Option(min=0)] = None,
    advisor: Annotated[int | None, typer.Option(min=0)] = None,
    stt: Annotated[int | None, typer.Option(min=0)] = None,
    tts: Annotated[int | None, typer.Option(min=0)] = None,
    ta: Annotated[int | None, typer.Option(min=0)] = None,
    qa: Annotated[int | None, typer.Option(min=0)] = None,
    sla: Annotated[float | None, typer.Option("--sla", help=said("cli.tenant-sla"))] = None,
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", help=said("cli.tenant-namespace"))
    ] = None,
    demo: Demo = False,
    output: Output = "text",
) -> None:
    check_output(output, "text", "json")
    given = dict(zip(_COUNTERS, (callbot, chatbot, advisor, stt, tts, ta, qa), strict=True))
    needs = {counter: units for counter, units in given.items() if units is not None}
    body: dict[str, Any] = {"tenant_id": tenant, "name": name, "namespace": namespace}
    body = {key: value for key, value in body.items() if value is not None}
    if needs:
        body["service_requirements"] = needs
    if sla is not None:
        body["sla_target"] = sla
    made = _called("POST", f"{_TENANTS}/", body, demo=demo)
    if output == "json":
        print_json(made)
    else:
        print(f"tenant/{made['tenant_id']} created   {made['namespace']}   {made['preset']}")


@tenant_app.command("list", help=said("cli.tenant-list"))
def tenant_list(demo: Demo = False, output: Output = "table") -> None:
    check_output(output, "table", "json", "name")
    rows: list[dict[str, Any]] = []
    while True:
        page = _called("GET", f"{_TENANTS}/", demo=demo, params={"skip": len(rows), "limit": 500})
        rows += page["tenants"]
        if not page["tenants"] or not page["pagination"]["has_more"]:
            break
    if output == "json":
        print_json({"tenants": rows})
    elif output == "name":
        for row in rows:
            print(f"tenant/{row['tenant_id']}")
    else:
        print_table(
            ("TENANT", "PRESET", "NAMESPACE", "STATUS", "REVISION", "SLA TARGET"),
            [
                (
                    row["tenant_id"],
                    row["preset"] or "-",
                    row["namespace"],
                    row["status"],
                    str(row["revision"] or "-"),
                    f"{row['sla_target']['availability']:g} %",
                )
                for row in rows
            ],
        )


@tenant_app.command("get", help=said("cli.tenant-get"))
def tenant_get(tenant: TenantId, demo: Demo = False, output: Output = "text") -> None:
    check_output(output, "text", "json", "name")
    found = _called("GET", _path(tenant, _TENANTS), demo=demo)
    if output == "json":
        print_json(found)
        return
    if output == "name":
        print(f"tenant/{found['tenant_id']}")
        return
    needs = found["service_requirements"]
    shown = "  ".join(f"{counter} {units}" for counter, units in needs.items() if units)
    rows = [
        ("tenant", found["tenant_id"]),
        ("name", found["name"]),
        ("namespace", found["namespace"]),
        ("preset", found["preset"] or "-"),
        ("needs", shown or "-"),
        ("status", found["status"]),
        ("deployment", found["deployment_id"] or "-"),
        ("SLA target", f"{found['sla_target']['availability']:g} %"),
        ("created", found["created_at"]),
    ]
    for label, value in rows:
        print(f"{label:<12}{value}")


@tenant_app.command("delete", help=said("cli.tenant-delete"))
def tenant_delete(
    tenant: TenantId,
    yes: Annotated[bool, typer.Option("--yes", help=said("cli.yes"))] = False,
    demo: Demo = False,
) -> None:
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("cli.tenant-sure", 2, tenant=tenant)
        typer.confirm(text("cli.tenant-sure", LANGUAGE, tenant=tenant), abort=True, err=True)
    done = _called("DELETE", _path(tenant, _TENANTS), demo=demo)
    print(f"tenant/{done['tenant_id']} deleted   {done['objects_removed']} objects")


# -- deploy, status -------------------------------------------------------------------------------

_SIMULATOR = "/api/v1/simulator"


def deploy(
    tenant: TenantId,
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", help=said("cli.files"))
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help=said("cli.deploy-wait"))] = False,
    timeout: Annotated[float, typer.Option("--timeout", help=said("cli.timeout"))] = 600,
    allow_broken: Annotated[
        bool, typer.Option("--allow-broken", help=said("cli.allow-broken"))
    ] = False,
    no_monitoring: Annotated[
        bool, typer.Option("--no-monitoring", help=said("cli.no-monitoring"))
    ] = False,
    failures: Annotated[bool, typer.Option("--failures", help=said("cli.failures"))] = False,
    demo: Demo = False,
    output: Output = "text",
) -> None:
    import time

    check_output(output, "text", "json")
    body: dict[str, Any] = {
        "include_monitoring": not no_monitoring,
        "failure_scenarios": failures,
        "allow_broken": allow_broken,
    }
    if filename:
        body["manifest_content"] = _joined(filename)
    done = _called("POST", _path(tenant, f"{_SIMULATOR}/deploy"), body, demo=demo)
    if output == "text":
        new = "" if done["new_revision"] else f"   ({text('cli.deploy-same', LANGUAGE)})"
        print(
            f"{done['deployment_id']}   revision {done['revision']}   "
            f"{done['resources_count']} objects{new}"
        )
    if wait:
        deadline = time.monotonic() + timeout
        shown = ""
        while done["phase"] in ("applying", "progressing") and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            done = {
                **done,
                **_called("GET", _path(tenant, f"{_SIMULATOR}/status"), demo=demo),
            }
            line = f"{done['phase']}   {done['ready']}/{done['desired']} pods"
            if line != shown:
                print(line, file=sys.stderr, flush=True)
                shown = line
    if output == "json":
        print_json(done)
    else:
        _show_startup(done)
        print(done["simulator_dashboard"])
    if wait and not done["started"]:
        raise typer.Exit(NOT_REACHED)


def _joined(paths: Sequence[str]) -> str:
    from ecp.cli.files import sources

    pieces = []
    for source in sources(paths):
        content = source.text
        if isinstance(content, bytes):
            try:
                content = content.decode()
            except UnicodeDecodeError as error:
                raise Failure("file.unreadable", 1, path=source.name, detail=error) from error
        pieces.append(content if content.endswith("\n") else f"{content}\n")
    return "---\n".join(pieces)


def _show_startup(done: Mapping[str, Any]) -> None:
    startup = done.get("startup") or {}
    if done["started"]:
        said_ = text("cli.started", LANGUAGE, seconds=startup.get("seconds"))
    elif startup.get("ready"):
        said_ = text("cli.ready-not-started", LANGUAGE)
    else:
        said_ = text(
            "cli.not-ready", LANGUAGE, phase=done["phase"], ready=done["ready"],
            desired=done["desired"],
        )  # fmt: skip
    print(said_)
    for row in startup.get("workloads") or ():
        took = "-" if row["seconds"] is None else f"{row['seconds']:g} s"
        print(f"  {row['object']:<36} {row['ready']}/{row['desired']}   {took}")
    served = startup.get("entry_requests_served")
    if served is not None:
        print(f"  {text('cli.served', LANGUAGE, requests=served)}")
    for problem in startup.get("problems") or ():
        print(f"  {problem['object']}: {problem['text']}")
        print(f"      {text('cli.change', LANGUAGE)}: {problem['remedy']}")


def status(
    tenant: Annotated[
        str | None, typer.Argument(metavar="[TENANT]", help=said("cli.tenant-id"))
    ] = None,
    demo: Demo = False,
    output: Output = "table",
) -> None:
    check_output(output, "table", "json")
    if tenant is not None:
        found = _called("GET", _path(tenant, f"{_SIMULATOR}/status"), demo=demo)
        if output == "json":
            print_json(found)
            return
        _table_of_status([found])
        if found["deployment_id"]:
            _show_startup(found)
        return
    found = _called("GET", f"{_SIMULATOR}/status", demo=demo)
    if output == "json":
        print_json(found)
        return
    simulator = found["simulator"]
    print(
        f"{found['status']}   simulator {simulator['status']} {simulator['url']}   {found['mode']}"
    )
    _table_of_status(found["tenants"])


def _table_of_status(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    print_table(
        ("TENANT", "DEPLOYMENT", "PHASE", "PODS", "STARTED", "SLA 24H"),
        [
            (
                row["tenant_id"],
                row["deployment_id"] or "-",
                row["phase"],
                f"{row['ready']}/{row['desired']}",
                "yes" if row["started"] else "no",
                _sla(row.get("sla")),
            )
            for row in rows
        ],
    )


def _sla(sla: Mapping[str, Any] | None) -> str:
    if not sla or sla.get("current_sla") is None:
        return "-" if not sla else str(sla.get("status") or "-")
    return f"{sla['current_sla']:.3f} % {sla['status']}"


# -- levels ---------------------------------------------------------------------------------------


@slo_app.command("report", help=said("cli.slo-report"))
def slo_report(
    tenant: TenantId,
    period: Annotated[str, typer.Option("--period", help=said("cli.period"))] = "24h",
    demo: Demo = False,
    output: Output = "text",
) -> None:
    check_output(output, "text", "json")
    path = _path(tenant, f"{_SIMULATOR}/sla", "/analysis")
    found = _called("GET", path, demo=demo, params={"period": period})
    if output == "json":
        print_json(found)
    else:
        for name in (
            "status", "current_sla", "target_sla", "availability", "downtime_seconds",
            "maintenance_seconds", "unknown_seconds", "failure_count", "recovery_time_avg",
            "open_incidents", "coverage", "observed_seconds",
        ):  # fmt: skip
            if name in found:
                value = found[name]
                print(f"{name:<22}{'-' if value is None else value}")
        budget = found.get("error_budget")
        if budget:
            print(f"{'error budget':<22}{budget.get('remaining_seconds')} s of "
                  f"{budget.get('allowed_seconds')} s left")  # fmt: skip
    if found.get("status") == "breached":
        raise typer.Exit(NOT_REACHED)


@slo_app.command("compute", help=said("cli.slo-compute"))
def slo_compute(
    file: Annotated[str, typer.Argument(metavar="FILE", help=said("cli.slo-file"))],
    output: Output = "json",
) -> None:
    import json

    from ecp.slo.compute import compute
    from ecp.slo.errors import InputError

    check_output(output, "json")
    try:
        content = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        document = json.loads(content)
    except (OSError, ValueError) as error:
        raise Failure("file.unreadable", 1, path=file, detail=error) from error
    try:
        print_json(compute(document))
    except InputError as error:
        raise Failure(None, 2, message=str(error)) from error


# -- failures, live -------------------------------------------------------------------------------


def fault_trigger(
    tenant: TenantId,
    failure_type: Annotated[str, typer.Argument(metavar="TYPE", help=said("cli.failure-type"))],
    duration: Annotated[
        str | None, typer.Option("--duration", help=said("cli.failure-duration"))
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help=said("cli.failure-target"))] = None,
    demo: Demo = False,
    output: Output = "text",
) -> None:
    check_output(output, "text", "json")
    body = {"failure_type": failure_type, "duration": duration, "target": target}
    body = {name: value for name, value in body.items() if value is not None}
    done = _called("POST", _path(tenant, f"{_SIMULATOR}/failures", "/trigger"), body, demo=demo)
    if output == "json":
        print_json(done)
    else:
        fault = done["failure"]
        until = fault.get("until") or fault.get("ended_at") or ""
        targets = ", ".join(fault.get("targets") or ())
        print(f"fault/{done['failure_id']}   {done['failure_type']}   {targets}   {until}".rstrip())


def why(
    tenant: TenantId,
    at: Annotated[str, typer.Option("--at", help=said("cli.why-at"))],
    demo: Demo = False,
    output: Output = "text",
) -> None:
    check_output(output, "text", "json")
    path = _path(tenant, f"{_SIMULATOR}/sla", "/why")
    found = _called("GET", path, demo=demo, params={"slot": at})
    if output == "json":
        print_json(found)
        return
    print(f"{found['slot']}   {found['state']}")
    print(found["sentence"])
    rows = [
        (
            str(step["step"]),
            step["workload"],
            step["state"],
            f"{step['failed_percent']:g} %",
            step["calls"] or step["how"],
            step["reason"] or "-",
            f"{step['pods']['answering']}/{step['pods']['wanted']}",
            step["cause"] or "-",
        )
        for step in found["chain"]
    ]
    if rows:
        print_table(
            ("STEP", "WORKLOAD", "STATE", "FAILED", "CALLS", "REASON", "PODS", "CAUSE"), rows
        )


def watch(
    tenant: TenantId,
    interval: Annotated[float, typer.Option("--interval", help=said("cli.interval"))] = 5,
    count: Annotated[int, typer.Option("--count", help=said("cli.count"))] = 0,
    demo: Demo = False,
    output: Output = "table",
) -> None:
    import json

    from websockets.exceptions import ConnectionClosed, WebSocketException
    from websockets.sync.client import connect

    check_output(output, "table", "json")
    url = orchestrator_url()
    where = "ws" + _path(tenant, f"{url}{_SIMULATOR}/realtime").removeprefix("http")
    headers = {"X-Demo-Mode": "true" if demo else "false", "Accept-Language": LANGUAGE}
    seen = 0
    try:
        with connect(where, additional_headers=headers, proxy=None) as socket:
            socket.send(json.dumps({"action": "subscribe", "interval": interval * 1000}))
            for said_ in socket:
                frame = json.loads(said_)
                if "error" in frame:
                    raise Failure(None, 4, message=frame["error"]["message"])
                if "metrics" not in frame or not isinstance(frame["metrics"], dict):
                    continue
                if output == "json":
                    print(json.dumps(frame, ensure_ascii=False), flush=True)
                else:
                    print(_live(frame, head=seen == 0), flush=True)
                seen += 1
                if count and seen >= count:
                    return
    except ConnectionClosed:
        return
    except (OSError, WebSocketException) as error:
        raise Failure("api.unreachable-orchestrator", 7, url=url) from error


_LIVE = ("cpu", "memory", "network_rps", "response_time", "error_rate")


def _live(frame: Mapping[str, Any], *, head: bool) -> str:
    columns = [(frame["timestamp"] or "-", 22)]
    columns += [(_figure(frame["metrics"].get(name)), 14) for name in _LIVE]
    columns += [(_figure(frame["sla_data"].get("uptime_percentage")), 9)]
    columns += [(str(frame["sla_data"].get("status") or "-"), 0)]
    line = " ".join(value.ljust(width) for value, width in columns).rstrip()
    if not head:
        return line
    heads = [("TIME", 22), *((name.upper(), 14) for name in _LIVE), ("UPTIME", 9), ("SLA", 0)]
    return " ".join(name.ljust(width) for name, width in heads).rstrip() + "\n" + line


def _figure(value: Any) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
