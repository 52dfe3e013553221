"""`ecp cluster`: create, list, delete, export, import; the load of a tenant on one."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli import moving
from ecp.cli.clock import pace
from ecp.cli.options import (
    ClusterName,
    NamedTable,
    Table,
    Text,
    called,
    checked_name,
    clusters_path,
    said,
)
from ecp.cli.output import Failure, print_table, printed, say

app = typer.Typer(help=said("cli.cluster"), no_args_is_help=True)


@app.command("create", help=said("cli.cluster-create"))
def cluster_create(
    name: Annotated[str | None, typer.Argument(help=said("cli.cluster-name"))] = None,
    file: Annotated[
        Path | None, typer.Option("-f", "--file", help=said("cli.cluster-file"))
    ] = None,
    model: Annotated[str, typer.Option("--model", help=said("cli.model"))] = "default",
    seed: Annotated[int, typer.Option("--seed", help=said("cli.seed"))] = 0,
    start: Annotated[str | None, typer.Option("--start", help=said("cli.start"))] = None,
    on_restart: Annotated[
        str, typer.Option("--on-restart", help=said("cli.clock-on-restart"))
    ] = "catch-up",
    paused: Annotated[bool, typer.Option("--paused", help=said("cli.paused"))] = False,
    authorization_mode: Annotated[
        str | None, typer.Option("--authorization-mode", help=said("cli.authorization-mode"))
    ] = None,
    output: Text = "text",
) -> None:
    body: dict[str, Any] = {"seed": seed, "model": model, "on_restart": on_restart}
    if paused:
        body["paused"] = True
    if authorization_mode is not None:
        body["authorization_mode"] = authorization_mode
    if start is not None:
        body["start"] = start
    if file is not None:
        spec = _read_model(file)
        name = name or spec.get("name")
        body["spec"] = spec
    if not name:
        raise Failure("cli.cluster-needs-name", 2)
    created = called("POST", "/api/v1/clusters", {**body, "name": checked_name(str(name))})
    if not printed(created, output):
        print(f"cluster/{created['name']} created")


def _read_model(file: Path) -> dict[str, Any]:
    import yaml

    from ecp.cli.files import content_of

    content = content_of(str(file))
    try:
        spec = yaml.safe_load(content.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise Failure("cluster.bad-model", 2, detail=f"{file}: {error}") from error
    if not isinstance(spec, dict):
        raise Failure("cluster.bad-model", 2, detail=f"{file}: must be a mapping")
    return spec


@app.command("list", help=said("cli.cluster-list"))
def cluster_list(output: NamedTable = "table") -> None:
    listed = called("GET", "/api/v1/clusters")
    if printed(listed, output):
        return
    for name in listed["damaged"]:
        say("cli.cluster-damaged", name=name)
    if output == "name":
        for cluster in listed["clusters"]:
            print(f"cluster/{cluster['name']}")
    else:
        print_table(
            ("NAME", "VERSION", "NODES", "PODS", "CLOCK", "PACE", "SEED"),
            [
                (
                    c["name"],
                    c["kubernetes_version"],
                    str(c["nodes"]),
                    str(c["pods"]),
                    c["clock"]["now"][:19] + "Z",
                    pace(c["clock"]),
                    str(c["seed"]),
                )
                for c in listed["clusters"]
            ],
        )


@app.command("delete", help=said("cli.cluster-delete"))
def cluster_delete(name: Annotated[str, typer.Argument(help=said("cli.cluster-name"))]) -> None:
    called("DELETE", clusters_path(name))
    print(f"cluster/{name} deleted")


@app.command("load", help=said("cli.cluster-load"))
def cluster_load(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help=said("cli.cluster-load-tenant"))],
    units: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROFILE=N]...", help=said("cli.cluster-load-units")),
    ] = None,
    contracted: Annotated[
        bool, typer.Option("--contracted", help=said("cli.cluster-load-contracted"))
    ] = False,
    cluster: ClusterName = "default",
    output: Table = "table",
) -> None:
    if contracted and units:
        raise Failure("cli.cluster-load-either", 2)
    path = clusters_path(cluster, f"/tenants/{quote(tenant, safe='', errors='replace')}")
    if contracted or units:
        called("PUT", f"{path}/load", {"load": _units(units or [])})
    # Of what is to come one step is enough: what is asked for now stands beside it.
    found = called("GET", f"{path}/demand?points=2")
    if printed(found, output):
        return
    rows = [
        (
            row["profile"],
            str(row["units"]),
            str(row["contracted_units"]),
            f"{row['now']['sessions_per_second']:g}",
            f"{row['now']['held']:g}",
            f"{row['now']['requests_per_second']:g}",
        )
        for row in found["profiles"]
    ]
    print_table(("PROFILE", "UNITS", "CONTRACTED", "SESSIONS/S", "HELD", "REQUESTS/S"), rows)


def _units(given: list[str]) -> dict[str, int]:
    """Return PROFILE=N as a mapping. Raises Failure."""
    found = {}
    for text in given:
        profile, _, number = text.partition("=")
        if not profile or not (number.isascii() and number.isdecimal()):
            raise Failure("cli.cluster-load-bad", 2, text=text)
        found[profile] = int(number)
    return found


moving.register(app)
