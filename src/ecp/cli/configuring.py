"""`ecp config`: the settings as they hold, whence each is, and how one is changed."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Table, Text, said
from ecp.cli.output import Failure, print_table, printed
from ecp.cli.tenants import Demo

app = typer.Typer(help=said("cli.config"), no_args_is_help=True)

_SETTINGS = "/api/v1/settings"
_EFFECTIVE = f"{_SETTINGS}/effective"
_SWITCHES = {"true": True, "yes": True, "false": False, "no": False}


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


@app.command("set", help=said("cli.config-set"))
def set_(
    pairs: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE...", help=said("cli.config-pairs"))
    ],
    demo: Demo = False,
    output: Text = "text",
) -> None:
    rows = ask("GET", _EFFECTIVE, LANGUAGE, demo=demo)["settings"]
    held = ask("PUT", _SETTINGS, LANGUAGE, changed(rows, pairs), demo=demo)
    if printed(held, output):
        return
    variables = {row["name"]: row["variable"] for row in rows if row["source"] == "environment"}
    for pair in pairs:
        name = pair.partition("=")[0]
        print(said("config.set", name=name, value=_value(held[name])))
        if name in variables:
            told = said("config.overridden", name=name, variable=variables[name])
            print(f"ecp: {told}", file=sys.stderr)


def changed(rows: Sequence[dict[str, Any]], pairs: Sequence[str]) -> dict[str, Any]:
    """Return the settings that are to be stored: those that are, with what KEY=VALUE say of the
    defaults' type; KEY= is left out. Raises Failure."""
    # What has no default is no setting: it is said by the environment alone.
    usual = {row["name"]: row["default"] for row in rows if row["default"] is not None}
    kept = {row["name"]: row["stored"] for row in rows if row["stored"] is not None}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise Failure("config.bad-pair", 2, given=pair)
        if name not in usual:
            raise Failure("config.unknown-key", 2, name=name, known=", ".join(sorted(usual)))
        if value:
            kept[name] = _typed(name, value, usual[name])
        else:
            kept.pop(name, None)
    return kept


def _typed(name: str, value: str, usual: Any) -> Any:
    if isinstance(usual, bool):
        if value.lower() not in _SWITCHES:
            raise Failure("config.not-a-switch", 2, name=name, value=value)
        return _SWITCHES[value.lower()]
    if isinstance(usual, int | float):
        try:
            return float(value) if "." in value else int(value)
        except ValueError as error:
            raise Failure("config.not-a-number", 2, name=name, value=value) from error
    return value


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
