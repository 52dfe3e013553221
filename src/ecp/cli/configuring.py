"""`ecp config`: the settings as they hold, and whence each is."""

from typing import Annotated

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Table, said
from ecp.cli.output import print_table, printed
from ecp.cli.tenants import Demo

app = typer.Typer(help=said("cli.config"), no_args_is_help=True)

_EFFECTIVE = "/api/v1/settings/effective"


@app.command("view", help=said("cli.config-view"))
def view(
    show_origin: Annotated[
        bool, typer.Option("--show-origin", help=said("cli.config-origin"))
    ] = False,
    demo: Demo = False,
    output: Table = "table",
) -> None:
    rows = ask("GET", _EFFECTIVE, LANGUAGE, demo=demo)["settings"]
    found = {"settings": rows if show_origin else [_plain(row) for row in rows]}
    if printed(found, output):
        return
    cells = [(row["name"], _value(row["value"]), _origin(row)) for row in rows]
    if show_origin:
        print_table(("NAME", "VALUE", "ORIGIN"), cells)
    else:
        print_table(("NAME", "VALUE"), [cell[:2] for cell in cells])


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {"name": row["name"], "value": row["value"]}


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value in (None, "") else str(value)


def _origin(row: dict[str, object]) -> str:
    word = said(f"config.origin.{row['source']}")
    from_variable = row["source"] == "environment" and row["variable"] != row["name"]
    return f"{word} ({row['variable']})" if from_variable else word
