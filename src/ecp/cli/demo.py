"""`ecp demo`: what there is of the demo, make it, make it anew, its manifest to mend."""

from typing import Annotated, Any

import typer

from ecp.cli.api import ask, download
from ecp.cli.options import LANGUAGE, Text, said
from ecp.cli.output import Failure, aligned, print_table, printed
from ecp.cli.words import instant

app = typer.Typer(help=said("cli.demo-group"), no_args_is_help=True)

_DEMO = "/api/v1/demo"
Days = Annotated[int | None, typer.Option("--days", min=1, max=90, help=said("cli.demo-days"))]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help=said("cli.demo-seed"))]
Start = Annotated[
    str | None, typer.Option("--start", metavar="INSTANT", help=said("cli.demo-start"))
]


@app.command("status", help=said("cli.demo-status"))
def status(output: Text = "text") -> None:
    _show(ask("GET", _DEMO, LANGUAGE), output)


@app.command("make", help=said("cli.demo-make"))
def make(days: Days = None, seed: Seed = None, start: Start = None, output: Text = "text") -> None:
    _show(ask("POST", _DEMO, LANGUAGE, _wanted(days, seed, start)), output)


@app.command("reset", help=said("cli.demo-reset"))
def reset(
    days: Days = None,
    seed: Seed = None,
    start: Start = None,
    yes: Annotated[bool, typer.Option("--yes", help=said("cli.demo-yes"))] = False,
    output: Text = "text",
) -> None:
    if not yes:
        raise Failure("demo.not-confirmed", 2)
    _show(ask("POST", f"{_DEMO}/reset", LANGUAGE, _wanted(days, seed, start)), output)


@app.command("manifest", help=said("cli.demo-manifest"))
def manifest() -> None:
    content, _ = download(f"{_DEMO}/manifest", LANGUAGE, demo=True, params={})
    print(content.decode(), end="")


def _wanted(days: int | None, seed: int | None, start: str | None) -> dict[str, Any]:
    given = {"days": days, "seed": seed, "start": start}
    return {name: value for name, value in given.items() if value is not None}


def _show(found: dict[str, Any], output: str) -> None:
    if printed(found, output):
        return
    state = found["state"]
    print(said(f"demo.state.{state}", percent=int(found["progress"] * 100)))
    if state in ("absent", "in-use"):
        return
    if found["detail"]:
        print(found["detail"])
    facts = (
        (said("demo.seed"), str(found["seed"])),
        (said("demo.since"), instant(found["start"])),
        (said("demo.now"), instant(found["now"]) if found["now"] else "-"),
    )
    for line in aligned(facts):
        print(line)
    rows = [(row["tenant_id"], row["state"], row["description"]) for row in found["tenants"]]
    if rows:
        print_table(("TENANT", "STATE", "DESCRIPTION"), rows)
        print(said("demo.how"))
