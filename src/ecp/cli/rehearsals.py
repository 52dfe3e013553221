"""`ecp rehearsal`: those that the orchestrator carries out; `ecp rehearse` does so by itself."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, NamedTable, Text, said
from ecp.cli.output import print_table, printed
from ecp.cli.tenants import Demo
from ecp.cli.words import instant

app = typer.Typer(help=said("cli.rehearsal"), no_args_is_help=True)

_REHEARSALS = "/api/v1/rehearsals"
Number = Annotated[int, typer.Argument(metavar="ID", min=1, help=said("cli.rehearsal-id"))]


@app.command("list", help=said("cli.rehearsal-list"))
def list_rehearsals(
    limit: Annotated[int, typer.Option("--limit", min=1, help=said("cli.rehearsal-limit"))] = 20,
    demo: Demo = False,
    output: NamedTable = "table",
) -> None:
    found = ask("GET", _REHEARSALS, LANGUAGE, demo=demo, params={"limit": limit})
    if printed(found, output):
        return
    if output == "name":
        for row in found["rehearsals"]:
            print(f"rehearsal/{row['rehearsal_id']}")
        return
    _table(found["rehearsals"])


@app.command("cancel", help=said("cli.rehearsal-cancel"))
def cancel(number: Number, demo: Demo = False, output: Text = "text") -> None:
    _told(ask("POST", f"{_REHEARSALS}/{number}/cancel", LANGUAGE, demo=demo), output)


@app.command("resume", help=said("cli.rehearsal-resume"))
def resume(number: Number, demo: Demo = False, output: Text = "text") -> None:
    _told(ask("POST", f"{_REHEARSALS}/{number}/resume", LANGUAGE, demo=demo), output)


@app.command("again", help=said("cli.rehearsal-again"))
def again(
    number: Number,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help=said("cli.rehearsal-seed"))
    ] = None,
    variant: Annotated[
        str, typer.Option("--variant", metavar="NAME", help=said("cli.rehearsal-variant"))
    ] = "base",
    assumptions: Annotated[
        bool | None, typer.Option("--assumptions", help=said("cli.rehearse-assumptions"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    given = {"seed": seed, "variant": variant, "assumptions": assumptions}
    body = {name: value for name, value in given.items() if value is not None}
    _told(ask("POST", f"{_REHEARSALS}/{number}/again", LANGUAGE, body, demo=demo), output)


@app.command("delete", help=said("cli.rehearsal-delete"))
def delete(number: Number, demo: Demo = False, output: Text = "text") -> None:
    done = ask("DELETE", f"{_REHEARSALS}/{number}", LANGUAGE, demo=demo)
    if not printed(done, output):
        print(said("cli.deleted", object=f"rehearsal/{number}"))


def _told(row: Mapping[str, Any], output: str) -> None:
    if not printed(row, output):
        _table([row])


def _table(rows: list[Mapping[str, Any]]) -> None:
    cells = [
        (
            str(row["rehearsal_id"]),
            row["name"],
            row["kind"],
            row["state"],
            f"{row['progress']['done']}/{row['progress']['runs']}",
            instant(row["created_at"]),
        )
        for row in rows
    ]
    print_table(("ID", "NAME", "KIND", "STATE", "RUNS", "CREATED"), cells)
