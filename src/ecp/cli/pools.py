"""`ecp pool`: list pools, set them, add and remove nodes, upgrade them step by step."""

import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.options import ClusterName, Named, NamedTable, Text, called, clusters_path, said
from ecp.cli.output import Failure, print_table, printed, say
from ecp.cli.releases import NOT_REACHED, seconds_of
from ecp.cli.words import instant

app = typer.Typer(help=said("cli.pool"), no_args_is_help=True)

PoolName = Annotated[str, typer.Argument(metavar="POOL", help=said("cli.pool-name"))]
DrainFor = Annotated[str, typer.Option("--drain-timeout", help=said("cli.pool-drain-timeout"))]
Force = Annotated[bool, typer.Option("--force/--no-force", help=said("cli.pool-force"))]

_POLL_S = 0.5


def _quoted(name: str) -> str:
    """Return a name fit for a path; what is no text names nothing that is there."""
    return quote(name, safe="", errors="replace")


def _path(cluster: str, pool: str = "", rest: str = "") -> str:
    named = f"/{_quoted(pool)}" if pool else ""
    return clusters_path(cluster, f"/pools{named}{rest}")


@app.command("list", help=said("cli.pool-list"))
def pool_list(cluster: ClusterName = "default", output: NamedTable = "table") -> None:
    found = called("GET", _path(cluster))
    if printed(found, output):
        return
    if output == "name":
        for pool in found["pools"]:
            print(f"pool/{pool['name']}")
        return
    print_table(
        ("NAME", "VERSION", "READY", "MIN", "MAX", "ZONES", "CPU", "MEMORY", "DEVICES", "UPGRADE"),
        [_pool_row(pool) for pool in found["pools"]],
    )


def _pool_row(pool: Mapping[str, Any]) -> tuple[str, ...]:
    machine, scaling, upgrade = pool["machine"], pool["autoscaling"] or {}, pool["upgrade"]
    devices = ",".join(f"{name}={n}" for name, n in machine["devices"].items())
    return (
        pool["name"],
        pool["version"],
        f"{pool['ready']}/{pool['size']}",
        str(scaling.get("min", "-")),
        str(scaling.get("max", "-")),
        ",".join(pool["zones"]),
        machine["cpu"],
        machine["memory"],
        devices or "-",
        _progress(upgrade) if upgrade else "-",
    )


def _progress(upgrade: Mapping[str, Any]) -> str:
    state = said(f"pool.upgrade.{upgrade['state']}")
    return f"{state} {upgrade['replaced']}/{upgrade['of']}"


@app.command("show", help=said("cli.pool-show"))
def pool_show(pool: PoolName, cluster: ClusterName = "default", output: Text = "text") -> None:
    found = called("GET", _path(cluster, pool))
    if not printed(found, output):
        _show(found)


def _show(pool: Mapping[str, Any]) -> None:
    upgrade = pool["upgrade"]
    if upgrade:
        why = upgrade["failure"] or upgrade["waits_for"] or ""
        print(f"{upgrade['version']}   {_progress(upgrade)}   {why}".rstrip())
    print_table(
        ("NODE", "ZONE", "VERSION", "STAGE", "SINCE", "REASON"),
        [_machine_row(one) for one in pool["machines"]],
    )


def _machine_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    waits = ", ".join(one["waits_for_pods"])
    since = one["leaving_since"] or one["asked_at"]
    return (
        one["name"],
        one["zone"],
        one["version"],
        said(f"pool.stage.{one['stage']}"),
        instant(since) if since else "-",
        one["failure"] or one["could_not_leave"] or waits or "-",
    )


@app.command("set", help=said("cli.pool-set"))
def pool_set(
    pool: PoolName,
    size: Annotated[int | None, typer.Option("--size", help=said("cli.pool-size"))] = None,
    least: Annotated[int | None, typer.Option("--min", help=said("cli.pool-min"))] = None,
    most: Annotated[int | None, typer.Option("--max", help=said("cli.pool-max"))] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help=said("cli.pool-fixed"))] = False,
    stock: Annotated[
        list[str] | None,
        typer.Option("--stock", metavar="ZONE=N", help=said("cli.pool-stock")),
    ] = None,
    boot: Annotated[
        list[str] | None,
        typer.Option("--boot", metavar="STAGE=DURATION", help=said("cli.pool-boot")),
    ] = None,
    drain_timeout: DrainFor = "1h",
    force: Force = True,
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    body: dict[str, Any] = {"drain_timeout": drain_timeout, "force": force}
    if size is not None:
        body["size"] = size
    if fixed:
        body["autoscaling"] = {}
    elif least is not None or most is not None:
        bounds = {"min": least, "max": most}
        body["autoscaling"] = {name: n for name, n in bounds.items() if n is not None}
    if stock is not None:
        body["stock"] = {zone: _number(n) for zone, n in _pairs(stock).items()}
    if boot is not None:
        body["boot"] = _pairs(boot)
    done = called("PATCH", _path(cluster, pool), body)
    if not printed(done, output):
        _show(done)


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Failure("cli.pool-bad-pair", 2, value=pair)
        pairs[name] = value
    return pairs


def _number(given: str) -> int:
    if not given.isdigit():
        raise Failure("cli.pool-bad-pair", 2, value=given)
    return int(given)


@app.command("add-node", help=said("cli.pool-add-node"))
def pool_add_node(
    pool: PoolName,
    zone: Annotated[str | None, typer.Option("--zone", help=said("cli.pool-zone"))] = None,
    cluster: ClusterName = "default",
    output: Named = "text",
) -> None:
    body = {} if zone is None else {"zone": zone}
    made = called("POST", _path(cluster, pool, "/nodes"), body)
    if printed(made, output):
        return
    if output == "name":
        print(f"node/{made['name']}")
    else:
        print(said("cli.created", object=f"node/{made['name']}"))


@app.command("remove-node", help=said("cli.pool-remove-node"))
def pool_remove_node(
    pool: PoolName,
    node: Annotated[str, typer.Argument(metavar="NODE", help=said("cli.pool-node"))],
    drain_timeout: DrainFor = "1h",
    force: Force = True,
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    asked = f"/nodes/{_quoted(node)}?drain_timeout={_quoted(drain_timeout)}"
    done = called("DELETE", _path(cluster, pool, f"{asked}&force={str(force).lower()}"))
    if not printed(done, output):
        print(said("pool.leaves", node=done["name"], pods=len(done["waits_for_pods"])))


@app.command("upgrade", help=said("cli.pool-upgrade"))
def pool_upgrade(
    pool: PoolName,
    version: Annotated[str, typer.Option("--version", help=said("cli.pool-version"))],
    max_surge: Annotated[int, typer.Option("--max-surge", help=said("cli.pool-surge"))] = 1,
    max_unavailable: Annotated[
        int, typer.Option("--max-unavailable", help=said("cli.pool-unavailable"))
    ] = 0,
    drain_timeout: DrainFor = "1h",
    force: Force = True,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help=said("cli.pool-wait"))] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help=said("cli.timeout"))
    ] = "30m",
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    patience = seconds_of(timeout)
    body = {
        "version": version,
        "max_surge": max_surge,
        "max_unavailable": max_unavailable,
        "drain_timeout": drain_timeout,
        "force": force,
    }
    done = called("POST", _path(cluster, pool, "/upgrade"), body)
    if wait:
        done = _awaited(done, cluster, pool, patience)
    if not printed(done, output):
        _show(done)
    if wait and done["upgrade"]["state"] != "done":
        raise typer.Exit(NOT_REACHED)


def _awaited(done: dict[str, Any], cluster: str, pool: str, patience: float) -> dict[str, Any]:
    """Look again until the upgrade has ended, or *patience* (s) is at its end."""
    end = time.monotonic() + patience
    told = ""
    while done["upgrade"]["state"] == "running" and time.monotonic() < end:
        progress = _progress(done["upgrade"])
        if progress != told:
            say("pool.progress", progress=progress)
            told = progress
        time.sleep(_POLL_S)
        done = called("GET", _path(cluster, pool))
    return done


@app.command("quota", help=said("cli.pool-quota"))
def pool_quota(
    nodes: Annotated[int | None, typer.Option("--nodes", help=said("cli.pool-quota-nodes"))] = None,
    cpu: Annotated[str | None, typer.Option("--cpu", help=said("cli.pool-quota-cpu"))] = None,
    gpus: Annotated[int | None, typer.Option("--gpus", help=said("cli.pool-quota-gpus"))] = None,
    clear: Annotated[bool, typer.Option("--clear", help=said("cli.pool-quota-clear"))] = False,
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    given = {"nodes": nodes, "cpu": cpu, "gpus": gpus}
    body = {name: value for name, value in given.items() if value is not None}
    if body or clear:
        found = called("PUT", clusters_path(cluster, "/quota"), body)
    else:
        found = called("GET", _path(cluster))
    if printed(found["quota"], output):
        return
    rows = [
        (what, str(row["used"]), "-" if row["limit"] is None else str(row["limit"]))
        for what, row in found["quota"].items()
    ]
    print_table(("NAME", "USED", "LIMIT"), rows)
