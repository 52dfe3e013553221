"""`ecp placement`: why a pod is on its node, or why no node will do."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.options import ClusterName, Text, called, clusters_path, said
from ecp.cli.output import print_table, printed


def placement(
    pod: Annotated[str, typer.Argument(metavar="POD", help=said("cli.placement-pod"))],
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", help=said("cli.placement-namespace"))
    ] = "default",
    cluster: ClusterName = "default",
    output: Text = "text",
) -> None:
    name = quote(pod.removeprefix("pod/"), safe="")
    where = clusters_path(cluster, f"/placement/{quote(namespace, safe='')}/{name}")
    found = called("GET", where)
    if printed(found, output):
        return
    state = said(f"placement.{found['state']}", node=found["node"], scheduler=found["scheduler"])
    print(f"{found['namespace']}/{found['pod']}   {state}")
    if found["message"]:
        print(found["message"])
    for one in found["wishes"]:
        if found["state"] == "pending" and one["given"]:
            print(said("placement.asks", wish=one["wish"], given=one["given"]))
    for one in found["changes"]:
        print(said("placement.helps", text=one["text"], then=one["then"]))
    if found["trouble"]:
        print(found["trouble"]["text"])
        print(f"→ {found['trouble']['remedy']}")
    rows = sorted(found["nodes"], key=lambda row: (not row["fits"], -(row["total"] or 0)))
    print_table(("NODE", "SCORE", "REASON"), [_row(row, found) for row in rows])
    for one in found["configuration"]:
        if not one["current"]:
            way = f"{one['way']} {one['name']}".rstrip()
            key = "placement.stale" if one["known_at"] else "placement.stale-restart"
            print(said(key, **{**one, "way": way}))


def _row(row: dict[str, Any], found: dict[str, Any]) -> tuple[str, str, str]:
    marks = []
    if row["node"] == found["node"]:
        marks.append(said("placement.here"))
    if row["node"] in found["best"]:
        marks.append(said("placement.best"))
    named = f"{row['node']} ({', '.join(marks)})" if marks else row["node"]
    if not row["fits"]:
        return named, "-", f"{row['plugin']}: {', '.join(row['reasons'])}"
    scores = [f"{one['plugin']} {one['weighted']}" for one in row["scores"] if one["weighted"]]
    return named, str(row["total"]), ", ".join(scores) or "-"
