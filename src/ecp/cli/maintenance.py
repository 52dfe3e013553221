"""`ecp maintenance`: announce windows, list them, take them back."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Named, NamedTable, Text, said
from ecp.cli.output import print_table, printed
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import instant

app = typer.Typer(help=said("cli.maintenance"), no_args_is_help=True)

_SLA = "/api/v1/simulator/sla"


def _path(tenant: str, window: str = "") -> str:
    after = f"/maintenance/{quote(window, safe='')}" if window else "/maintenance"
    return path_of(tenant, _SLA, after)


@app.command("create", help=said("cli.maintenance-create"))
def create(
    tenant: TenantId,
    start: Annotated[str, typer.Option("--start", help=said("cli.maintenance-start"))],
    end: Annotated[str, typer.Option("--end", help=said("cli.maintenance-end"))],
    reason: Annotated[str, typer.Option("--reason", help=said("cli.maintenance-reason"))],
    service: Annotated[
        list[str] | None, typer.Option("--service", help=said("cli.maintenance-service"))
    ] = None,
    approved_by: Annotated[
        str, typer.Option("--approved-by", help=said("cli.maintenance-approved"))
    ] = "operator",
    retroactive: Annotated[
        bool, typer.Option("--retroactive", help=said("cli.maintenance-retroactive"))
    ] = False,
    rrule: Annotated[
        str | None, typer.Option("--rrule", help=said("cli.maintenance-rrule"))
    ] = None,
    demo: Demo = False,
    output: Named = "text",
) -> None:
    body = {
        "start": start,
        "end": end,
        "reason": reason,
        "services": service or [],
        "approved_by": approved_by,
        "retroactive": retroactive,
        "rrule": rrule,
    }
    made = ask("POST", _path(tenant), LANGUAGE, body, demo=demo)
    if printed(made, output):
        return
    if output == "name":
        print(f"maintenance/{made['id']}")
        return
    print(said("cli.created", object=f"maintenance/{made['id']}"))
    print(made["explanation"])
    if "rrule" in made:
        until, count = instant(made["until"]), made["occurrences"]
        print(said("maintenance.recurs", rule=made["rrule"], count=count, until=until))


@app.command("list", help=said("cli.maintenance-list"))
def list_windows(tenant: TenantId, demo: Demo = False, output: NamedTable = "table") -> None:
    found = ask("GET", _path(tenant), LANGUAGE, demo=demo)
    if printed(found, output):
        return
    if output == "name":
        for window in found["windows"]:
            print(f"maintenance/{window['id']}")
        return
    rows = [_row(window) for window in found["windows"]]
    print_table(("ID", "SCOPE", "START", "END", "COUNTS", "RECURS", "REASON"), rows)


@app.command("delete", help=said("cli.maintenance-delete"))
def delete(
    tenant: TenantId,
    window: Annotated[str, typer.Argument(metavar="ID", help=said("cli.maintenance-id"))],
    demo: Demo = False,
    output: Text = "text",
) -> None:
    done = ask("DELETE", _path(tenant, window), LANGUAGE, demo=demo)
    if printed(done, output):
        return
    if done["removed"]:
        print(said("cli.deleted", object=f"maintenance/{window}"))
    else:
        print(said("maintenance.ended", window=window, at=instant(done["window"]["end"])))


def _row(window: Mapping[str, Any]) -> tuple[str, ...]:
    scope = window["scope"]
    return (
        window["id"],
        "*" if scope == "tenant" else ",".join(scope["services"]),
        instant(window["start"]),
        instant(window["end"]),
        said(f"maintenance.word.{window['judgement']}"),
        window.get("rrule") or "-",
        window["reason"],
    )
