"""`ecp fault`: what there is, trigger it on a tenant or a live cluster, wait for it, stop it."""

import re
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, ClusterName, Table, Text, called, clusters_path, said
from ecp.cli.output import Failure, print_table, printed
from ecp.cli.releases import NOT_REACHED, seconds_of
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import instant
from ecp.texts import took

app = typer.Typer(help=said("cli.fault"), no_args_is_help=True)

_FAILURES = "/api/v1/simulator/failures"
_POLL_S = 0.5
_ID = re.compile(r"f[0-9]{1,9}")


Most = Annotated[float | None, typer.Option("--max-percent", help=said("cli.fault-most"))]
Force = Annotated[bool, typer.Option("--force", help=said("cli.fault-force"))]
Abort = Annotated[list[str] | None, typer.Option("--abort", help=said("cli.fault-abort"))]
Steady = Annotated[list[str] | None, typer.Option("--steady", help=said("cli.fault-steady"))]


def _bounds(
    most: float | None, force: bool, abort: list[str] | None, steady: list[str] | None
) -> dict[str, Any]:
    """Return what was said of a fault's bounds; conditions as they are written."""
    given = {"max_percent": most, "force": force or None, "abort": abort, "steady": steady}
    return {key: value for key, value in given.items() if value not in (None, [])}


@app.command("list", help=said("cli.fault-list"))
def fault_list(
    tenant: Annotated[
        str | None, typer.Argument(metavar="[TENANT]", help=said("cli.fault-list-tenant"))
    ] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help=said("cli.fault-of"))] = None,
    demo: Demo = False,
    output: Table = "table",
) -> None:
    if tenant is not None:
        listed = ask("GET", path_of(tenant, _FAILURES), LANGUAGE, demo=demo)
        listed["faults"] = listed.pop("failures")
    else:
        path = "/api/v1/faults" if cluster is None else clusters_path(cluster, "/faults")
        listed = called("GET", path)
    if printed(listed, output):
        return
    if cluster is None and tenant is None:
        rows = [
            (
                row["name"],
                row["target"],
                row["duration"] or "-",
                ",".join(f"{key}={value}" for key, value in row["parameters"].items()) or "-",
                row["title"][LANGUAGE],
            )
            for row in listed["faults"]
        ]
        print_table(("NAME", "TARGET", "DURATION", "PARAMETERS", "TITLE"), rows)
    else:
        injected = [
            (
                row["id"],
                row["fault"],
                ",".join(row["targets"]) or "-",
                said(f"fault.state.{row['state']}"),
                instant(row["started_at"] or row["planned_for"]),
                instant(row["ended_at"] or row["until"]),
                _recovery(row),
                said(f"fault.origin.{row['origin']['kind']}"),
                said(f"fault.verdict.{row['verdict']}"),
            )
            for row in listed["faults"]
        ]
        print_table(
            ("ID", "FAULT", "TARGETS", "STATE", "START", "END", "RECOVERY", "ORIGIN", "SEEN"),
            injected,
        )
        repeating = [
            (
                row["name"],
                row["fault"] or row["kind"],
                row["schedule"],
                instant(row["next_at"]),
                instant(row["until"]),
            )
            for row in listed.get("repeating") or ()
        ]
        if repeating:
            print()
            print_table(("REPEATING", "FAULT", "SCHEDULE", "NEXT", "UNTIL"), repeating)


@app.command("trigger", help=said("cli.fault-trigger"))
def fault_trigger(
    tenant: TenantId,
    named: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help=said("cli.failure-type"))
    ] = None,
    failure_type: Annotated[
        str | None, typer.Option("--type", help=said("cli.failure-type"))
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help=said("cli.failure-target"))] = None,
    duration: Annotated[
        str | None, typer.Option("--duration", help=said("cli.failure-duration"))
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help=said("cli.failure-param")),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=said("cli.failure-dry-run"))] = False,
    only: Annotated[
        bool, typer.Option("--only-this-tenant", help=said("cli.failure-only"))
    ] = False,
    most: Most = None,
    force: Force = False,
    abort: Abort = None,
    steady: Steady = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="10m|CRON", help=said("cli.failure-every"))
    ] = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help=said("cli.failure-for"))
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help=said("cli.failure-wait"))] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help=said("cli.timeout"))
    ] = "30m",
    demo: Demo = False,
    output: Text = "text",
) -> None:
    patience = seconds_of(timeout)
    said_of = {"failure_type": failure_type or named or "", "duration": duration, "target": target}
    body: dict[str, Any] = {name: value for name, value in said_of.items() if value is not None}
    body |= _bounds(most, force, abort, steady)
    body |= {"parameters": _pairs(parameters or [])}
    body |= {name: True for name, on in (("dry_run", dry_run), ("only_this_tenant", only)) if on}
    if every is not None:
        _repeated(tenant, {**body, "every": every, **({"lasts": lasts} if lasts else {})},
                  dry_run or wait, demo, output)  # fmt: skip
        return
    if lasts is not None:
        raise Failure("cli.failure-for-every", 2)
    done = ask("POST", path_of(tenant, _FAILURES, "/trigger"), LANGUAGE, body, demo=demo)
    if dry_run:
        if not printed(done, output):
            _show_reach(done)
        return
    if output == "text":
        fault = done["failure"]
        until = instant(fault["until"] or fault["ended_at"])
        print(f"fault/{fault['id']}   {fault['fault']}   {', '.join(fault['targets'])}   {until}")
    if wait:
        done = _awaited(
            done, path_of(tenant, _FAILURES, f"/{done['injection_id']}"), patience, demo
        )
    if not printed(done, output) and wait:
        _show_proof(done["failure"])
    if wait and (done["verdict"] != "confirmed" or done["failure"]["recovered_at"] is None):
        raise typer.Exit(NOT_REACHED)


def _repeated(tenant: str, body: dict[str, Any], once: bool, demo: bool, output: str) -> None:
    """Begin a failure again and again. Raises Failure where something is asked of one alone."""
    if once:
        raise Failure("cli.failure-once", 2)
    made = ask("POST", path_of(tenant, _FAILURES, "/repeating"), LANGUAGE, body, demo=demo)
    if not printed(made, output):
        print(said("cli.failure-repeated", name=made["name"], tenant=tenant))


def _pairs(given: list[str]) -> dict[str, str]:
    """Return NAME=VALUE as a mapping. Raises Failure."""
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise Failure("cli.failure-bad-param", 2, text=text)
        found[name] = value
    return found


def _awaited(done: dict[str, Any], path: str, timeout: float, demo: bool) -> dict[str, Any]:
    """Ask until the failure is over and recovered from, or *timeout* (s) is used up."""
    deadline = time.monotonic() + timeout
    shown = ""
    while done["failure"]["recovered_at"] is None and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        done = ask("GET", path, LANGUAGE, demo=demo)
        fault = done["failure"]
        state = said(f"fault.state.{fault['state']}")
        line = f"{state}   {said('fault.verdict.' + fault['verdict'])}"
        if line != shown:
            print(line, file=sys.stderr, flush=True)
            shown = line
        if fault["state"] == "failed":
            break
    return done


def _show_proof(fault: Mapping[str, Any]) -> None:
    """Print what was expected against what was observed, and the recovery."""
    print(fault["expected_effect"])
    for row in fault["proof"]:
        print(f"  {row['text']}")
    lasted = fault["recovery_seconds"]
    told = (
        said("fault.not-recovered")
        if lasted is None
        else said("fault.recovered", seconds=took(lasted, LANGUAGE))
    )
    print(f"  {told}")


def _recovery(fault: Mapping[str, Any]) -> str:
    found = fault["recovery_seconds"]
    return "-" if found is None else took(found, LANGUAGE)


@app.command("inject", help=said("cli.fault-inject"))
def fault_inject(
    spec: Annotated[str, typer.Argument(help=said("cli.fault-spec"))],
    cluster: ClusterName = "default",
    namespace: Annotated[
        list[str] | None, typer.Option("-n", "--namespace", help=said("cli.fault-namespace"))
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help=said("cli.fault-only"))] = None,
    most: Most = None,
    force: Force = False,
    abort: Abort = None,
    steady: Steady = None,
    output: Text = "text",
) -> None:
    body = _body(spec, namespace) | _bounds(most, force, abort, steady)
    if only:
        body["only"] = only
    _show_fault(called("POST", clusters_path(cluster, "/faults"), body), output)


@app.command("preview", help=said("cli.fault-preview"))
def fault_preview(
    spec: Annotated[str, typer.Argument(help=said("cli.fault-spec"))],
    cluster: ClusterName = "default",
    namespace: Annotated[
        list[str] | None, typer.Option("-n", "--namespace", help=said("cli.fault-namespace"))
    ] = None,
    output: Text = "text",
) -> None:
    body = _body(spec, namespace)
    body.pop("at", None)
    reach = called("POST", clusters_path(cluster, "/faults/preview"), body)
    if not printed(reach, output):
        _show_reach(reach)


def _show_reach(reach: Mapping[str, Any]) -> None:
    for name in ("targets", "pods", "namespaces", "tenants"):
        print(f"{name:12s} {len(reach[name])}   {', '.join(reach[name]) or '-'}")
    for node, pods in reach["nodes"].items():
        print(f"node/{node}   {len(pods)}   {', '.join(pods) or '-'}")
    rows = [
        (row["service"], str(row["ready"]), str(row["hit"]), f"{row['percent']:g} %")
        for row in reach["services"]
    ]
    if rows:
        print_table(("SERVICE", "READY", "HIT", "SHARE"), rows)


@app.command("install", help=said("cli.fault-install"))
def fault_install(cluster: ClusterName = "default", output: Text = "text") -> None:
    done = called("POST", clusters_path(cluster, "/faults/install"))
    if not printed(done, output):
        print(said("cli.fault-installed", count=len(done["installed"])))


def _body(spec: str, namespace: list[str] | None) -> dict[str, Any]:
    """Return the request of a fault as it is written. Raises Failure."""
    from ecp.sim.faults import FaultRefused, parse

    if "@" not in spec:
        what, plus, duration = spec.partition("+")
        spec = f"{what}@0s{plus}{duration}"
    try:
        plan = parse(spec)
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(LANGUAGE)) from error
    body = plan.body()
    if plan.after:
        body["at"] = f"+{plan.after}ns"
    if namespace:
        body["namespaces"] = namespace
    return body


@app.command("stop", help=said("cli.fault-stop"))
def fault_stop(
    fault_id: Annotated[str, typer.Argument(metavar="[ID]", help="f1")] = "",
    everything: Annotated[bool, typer.Option("--all", help=said("cli.fault-stop-all"))] = False,
    tenant: Annotated[str | None, typer.Option("--tenant", help=said("cli.fault-stop-of"))] = None,
    demo: Demo = False,
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    if everything == bool(fault_id):
        raise Failure("cli.fault-which", 2)
    if everything:
        if tenant is None:
            done = called("DELETE", clusters_path(cluster, "/faults"))
            counts = {name: len(done[name]) for name in ("faults", "objects")}
        else:
            done = ask("DELETE", path_of(tenant, _FAILURES), LANGUAGE, demo=demo)
            counts = {"faults": len(done["stopped"]), "objects": len(done["paused"])}
        if not printed(done, output):
            print(said("cli.fault-halted", **counts))
        return
    if tenant is not None and not _ID.fullmatch(fault_id):
        path = path_of(tenant, _FAILURES, f"/repeating/{quote(fault_id, safe='')}")
        done = ask("DELETE", path, LANGUAGE, demo=demo)
        if not printed(done, output):
            print(said("cli.failure-taken-away", name=done["name"]))
        return
    if not _ID.fullmatch(fault_id):
        raise Failure("fault.bad-id", 2, id=fault_id)
    if tenant is not None:
        path = path_of(tenant, _FAILURES, f"/{fault_id}")
        _show_fault(ask("DELETE", path, LANGUAGE, demo=demo)["failure"], output)
        return
    _show_fault(called("DELETE", clusters_path(cluster, f"/faults/{fault_id}")), output)


def _show_fault(fault: dict[str, Any], output: str) -> None:
    if printed(fault, output):
        return
    targets = ", ".join(fault["targets"])
    until = fault["ended_at"] or fault["until"]
    state = said(f"fault.state.{fault['state']}")
    since = instant(fault["started_at"] or fault["planned_for"])
    lasting = said("fault.from-to", start=since, end=instant(until))
    words = [f"fault/{fault['id']}", fault["fault"], targets, state, lasting]
    print("   ".join(word for word in words if word))
