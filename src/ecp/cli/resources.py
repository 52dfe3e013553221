"""`ecp tenant resources`: a tenant's live objects as a tree, as `kubectl tree` prints it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, NamedTable, said
from ecp.cli.output import print_table, printed, say
from ecp.cli.tenants import Demo, TenantId, path_of

_TENANTS: Final = "/api/v1/tenants"
_MARKS: Final = {"released": "=", "changed": "~", "extra": "+", "cluster": "·"}


def tenant_resources(
    tenant: TenantId,
    problems: Annotated[
        bool, typer.Option("--problems", help=said("cli.resources-problems"))
    ] = False,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help=said("cli.resources-kind"))
    ] = None,
    selector: Annotated[
        str | None, typer.Option("-l", "--selector", help=said("cli.resources-selector"))
    ] = None,
    demo: Demo = False,
    output: NamedTable = "table",
) -> None:
    params: dict[str, Any] = {"kind": kind, "selector": selector}
    params = {name: value for name, value in params.items() if value}
    params |= {"problems": "true"} if problems else {}
    path = path_of(tenant, _TENANTS, "/resources")
    found = ask("GET", path, LANGUAGE, demo=demo, params=params)
    if printed(found, output):
        return
    nodes = found["nodes"]
    if output == "name":
        for node in nodes:
            print(f"{node['kind'].lower()}/{node['name']}")
        return
    print_table(
        ("OBJECT", "HEALTH", "SYNC", "READY", "RESTARTS", "REASON"),
        [
            (
                f"{branch}{node['kind']}/{node['name']}",
                said(f"health.{node['health']}") if node["health"] else "-",
                f"{_MARKS[node['sync']]} {said('sync.' + node['sync'])}",
                "-" if node["desired"] is None else f"{node['ready']}/{node['desired']}",
                "-" if node["restarts"] is None else str(node["restarts"]),
                _short(node),
            )
            for branch, node in _tree(nodes)
        ],
    )
    for row in found["unread"]:
        say("cli.resources-unread", **row)
    say("cli.resources-shown", shown=len(nodes), total=found["total"])


def _short(node: Mapping[str, Any]) -> str:
    changed = ", ".join(node["changed"][:3])
    return node["reason"] or changed or "-"


def _tree(nodes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each node behind the branch that it hangs on, owners before what they own."""
    known = {node["uid"] for node in nodes if node["uid"]}
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for node in sorted(nodes, key=lambda one: (one["kind"], one["name"])):
        owner = node["owner_uid"] if node["owner_uid"] in known else None
        below.setdefault(owner, []).append(node)

    def hung(rows: Sequence[Mapping[str, Any]], before: str) -> Iterator[Any]:
        for number, node in enumerate(rows, 1):
            last = number == len(rows)
            yield f"{before}{'└─' if last else '├─'}", node
            children = below.get(node["uid"], ()) if node["uid"] else ()
            yield from hung(children, f"{before}{'  ' if last else '│ '}")

    for node in below.get(None, ()):
        yield "", node
        yield from hung(below.get(node["uid"], ()) if node["uid"] else (), "")
