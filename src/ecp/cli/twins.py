"""`ecp twin import`: a simulated cluster as a running namespace is."""

from typing import Annotated, Any

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Text, said
from ecp.cli.output import print_table, printed

app = typer.Typer(help=said("cli.twin"), no_args_is_help=True)


@app.callback()
def twin() -> None:
    """Keep `import` a command of its own."""


@app.command("import", help=said("cli.twin-import"))
def twin_import(
    namespace: Annotated[str, typer.Argument(metavar="NAMESPACE", help=said("cli.twin-namespace"))],
    context: Annotated[
        str, typer.Option("--from", metavar="CONTEXT", help=said("cli.twin-from"))
    ] = "",
    into: Annotated[
        str | None, typer.Option("--into", metavar="CLUSTER", help=said("cli.twin-into"))
    ] = None,
    prometheus: Annotated[
        str | None, typer.Option("--prometheus", metavar="URL", help=said("cli.twin-prometheus"))
    ] = None,
    readings: Annotated[int, typer.Option("--readings", help=said("cli.twin-readings"))] = 1,
    start: Annotated[
        str | None, typer.Option("--start", metavar="INSTANT", help=said("cli.twin-start"))
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help=said("cli.twin-seed"))] = None,
    output: Text = "text",
) -> None:
    body = {
        "namespace": namespace,
        "context": context,
        "into": into,
        "prometheus": prometheus,
        "readings": readings,
        "start": start,
        "seed": seed,
    }
    given = {key: value for key, value in body.items() if value is not None}
    found = ask("POST", "/api/v1/twins", LANGUAGE, given)
    if not printed(found, output):
        _print(found)
    if found["verdict"] == "far":
        raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    print(f"cluster/{found['twin']}   {found['says']}\n")
    print_table(
        ("WORKLOAD", "CONTAINER", "FIGURE", "MEASURED", "SAMPLES", "TWIN", "RATIO"),
        [
            (
                row["workload"],
                row["container"],
                row["figure"],
                _number(row["measured"]),
                str(row["samples"]),
                _number(row["simulated"]),
                "-" if row["ratio"] is None else f"{row['ratio']:.2f}",
            )
            for row in found["figures"]
        ],
    )
    print()
    for row in found["figures"]:
        if row["not_compared"]:
            print(f"{row['workload']}/{row['container']} {row['figure']}: {row['not_compared']}")
    for line in (*found["assumed"], *found["refused"]):
        print(line)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}" if value < 1e6 else f"{value:.0f}"
