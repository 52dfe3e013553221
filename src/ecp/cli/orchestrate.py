"""Service levels and their causes from the command line; the main job's commands."""

from typing import Annotated

import typer

from ecp.cli import (
    agents,
    alerting,
    alerts,
    audit,
    configuring,
    contracts,
    demo,
    history,
    images,
    live,
    maintenance,
    objectives,
    rehearsals,
    releases,
    sizing,
    tenantlife,
    tenants,
)
from ecp.cli.api import ask
from ecp.cli.levels import report_lines, written
from ecp.cli.options import LANGUAGE, Text, form, said
from ecp.cli.output import Failure, aligned, print_table, printed
from ecp.cli.releases import NOT_REACHED
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import instant, state

_SIMULATOR = "/api/v1/simulator"
_FORMS = ("text", "json", "yaml")

slo_app = typer.Typer(help=said("cli.slo"), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to `ecp`."""
    app.add_typer(tenants.app, name="tenant")
    tenantlife.register(tenants.app)
    app.add_typer(slo_app, name="slo")
    objectives.register(slo_app)
    slo_app.command("contract", help=said("cli.slo-contract"))(contracts.contract)
    app.add_typer(maintenance.app, name="maintenance")
    app.add_typer(alerts.app, name="alerts")
    alerting.register(alerts.app)
    app.add_typer(rehearsals.app, name="rehearsal")
    app.command("audit", help=said("cli.audit"))(audit.audit)
    app.add_typer(images.app, name="images")
    app.add_typer(demo.app, name="demo")
    app.add_typer(configuring.app, name="config")
    app.command("size", help=said("cli.size"))(sizing.size)
    app.command("manifest", help=said("cli.manifest"))(sizing.manifest)
    app.command("deploy", help=said("cli.deploy"))(releases.deploy)
    app.command("diff", help=said("cli.diff"))(history.diff)
    app.add_typer(history.app, name="release")
    app.command("status", help=said("cli.status"))(releases.status)
    app.command("watch", help=said("cli.watch"))(live.watch)
    app.command("why", help=said("cli.why"))(why)
    app.command("mcp", help=said("cli.mcp"))(agents.mcp)


# -- levels ---------------------------------------------------------------------------------------


@slo_app.command("report", help=said("cli.slo-report"))
def slo_report(
    tenant: TenantId,
    period: Annotated[str | None, typer.Option("--period", help=said("cli.period"))] = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help=said("cli.slo-month"))
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help=said("cli.slo-from"))
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help=said("cli.slo-to"))
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help=said("cli.slo-format"))
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="ko|en", help=said("cli.slo-language"))
    ] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, help=said("cli.slo-revision"))
    ] = None,
    demo: Demo = False,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FORM|FILE", help=said("cli.slo-output"))
    ] = "",
) -> None:
    if any(one is not None for one in (kind, month, start, end)):
        asked = {
            "month": month,
            "period": period,
            "from": start,
            "to": end,
            "revision": revision,
            "language": language,
        }
        written(tenant, kind or "pdf", output, asked, demo=demo)
        return
    output = output or "text"
    if output not in _FORMS:
        raise Failure("slo.which-form", 2, output=output, allowed=", ".join(_FORMS))
    path = path_of(tenant, f"{_SIMULATOR}/sla", "/analysis")
    found = ask("GET", path, LANGUAGE, demo=demo, params={"period": period or "24h"})
    if not printed(found, output):
        for line in report_lines(found):
            print(line)
    if found.get("status") == "breached":
        raise typer.Exit(NOT_REACHED)


@slo_app.command("statements", help=said("cli.slo-statements"))
def slo_statements(
    tenant: TenantId,
    close: Annotated[
        str | None, typer.Option("--close", metavar="YYYY-MM", help=said("cli.slo-close"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, f"{_SIMULATOR}/sla", "/statements")
    if close is not None:
        ask("POST", path, LANGUAGE, demo=demo, body={"month": close})
    found = ask("GET", path, LANGUAGE, demo=demo)
    if not printed(found, output):
        rows = [
            [row["month"], str(row["revision"]), instant(row["frozen_at"]), row["input_hash"]]
            for row in found["statements"]
        ]
        print_table(["MONTH", "REVISION", "FROZEN AT", "INPUT HASH"], rows)


@slo_app.command("compute", help=said("cli.slo-compute"))
def slo_compute(
    file: Annotated[str, typer.Argument(metavar="FILE", help=said("cli.slo-file"))],
    output: Annotated[str, form("json", "yaml")] = "json",
) -> None:
    import json

    from ecp.cli.files import content_of
    from ecp.slo.compute import compute
    from ecp.slo.errors import InputError

    content = content_of(file)
    try:
        printed(compute(json.loads(content)), output)
    except InputError as error:
        raise Failure("slo.bad-input", 2, path=file, detail=error) from error
    except (ValueError, RecursionError) as error:
        raise Failure("slo.not-json", 2, path=file, detail=error) from error


# -- causes ---------------------------------------------------------------------------------------


def why(
    tenant: TenantId,
    at: Annotated[str, typer.Option("--at", help=said("cli.why-at"))],
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, f"{_SIMULATOR}/sla", "/why")
    found = ask("GET", path, LANGUAGE, demo=demo, params={"slot": at})
    if printed(found, output):
        return
    print(f"{found['slot']}   {state(found['state'])}")
    print(found["sentence"])
    links = [(said(f"why.{link['level']}"), link["text"]) for link in found["links"]]
    for line in aligned(links):
        print(f"  {line}")
    rows = [
        (
            str(step["step"]),
            step["workload"],
            state(step["state"]),
            "-" if step["failed_percent"] is None else f"{step['failed_percent']:g} %",
            step["calls"] or "-",
            step["text"],
            f"{step['pods']['answering']}/{step['pods']['wanted']}",
            step["cause"] or "-",
        )
        for step in found["chain"]
    ]
    if rows:
        print_table(
            ("STEP", "WORKLOAD", "STATE", "FAILED", "CALLS", "REASON", "PODS", "CAUSE"), rows
        )
    # A real cluster tells its Events, and what nobody can know of it.
    for event in found.get("events") or ():
        print(f"  {event['at']}  {event['object']}  {event['reason']}: {event['message']}")
    for sentence in found.get("unknown") or ():
        print(f"  ? {sentence}")
