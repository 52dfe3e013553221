"""`ecp audit`: who did what, when, from where, and what came of it."""

import sys
from typing import Annotated, Any

import typer

from ecp.cli.api import ask, download
from ecp.cli.options import LANGUAGE, Table, said
from ecp.cli.output import print_table, printed
from ecp.cli.tenants import Demo
from ecp.cli.words import instant

_AUDIT = "/api/v1/audit"


def audit(
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="TENANT", help=said("cli.audit-tenant"))
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", metavar="NAME", help=said("cli.audit-actor"))
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="ACTION", help=said("cli.audit-action"))
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", metavar="OUTCOME", help=said("cli.audit-outcome"))
    ] = None,
    q: Annotated[str | None, typer.Option("--q", metavar="WORDS", help=said("cli.audit-q"))] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help=said("cli.audit-from"))
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="INSTANT", help=said("cli.audit-until"))
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=said("cli.audit-limit"))] = 50,
    cursor: Annotated[
        int | None, typer.Option("--cursor", min=1, help=said("cli.audit-cursor"))
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help=said("cli.audit-csv"))] = False,
    demo: Demo = False,
    output: Table = "table",
) -> None:
    asked: dict[str, Any] = {
        "tenant": tenant, "actor": actor, "action": action, "outcome": outcome, "q": q,
        "from": since, "until": until, "limit": limit, "cursor": cursor,
    }  # fmt: skip
    params = {name: value for name, value in asked.items() if value is not None}
    if as_csv:
        content, _ = download(_AUDIT, LANGUAGE, demo=demo, params={**params, "format": "csv"})
        sys.stdout.write(content.decode("utf-8-sig"))
        return
    found = ask("GET", _AUDIT, LANGUAGE, demo=demo, params=params)
    if printed(found, output):
        return
    print_table(("ID", "AT", "WHO", "OUTCOME", "WHAT"), [_row(one) for one in found["entries"]])
    if found["next_cursor"]:
        shown, total = len(found["entries"]), found["total"]
        told = said("cli.audit-more", shown=shown, total=total, cursor=found["next_cursor"])
        print(told, file=sys.stderr)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    outcome = said(f"audit.outcome.{entry['outcome']}")
    if entry["code"]:
        outcome = f"{outcome} ({entry['code']})"
    return (str(entry["id"]), instant(entry["at"]), entry["actor"], outcome, entry["summary"])
