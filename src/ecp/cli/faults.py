"""`ecp fault`: what there is, inject it into a live cluster, end it."""

import re
from typing import Annotated, Any

import typer

from ecp.cli.options import LANGUAGE, ClusterName, Output, called, check_output, clusters_path, said
from ecp.cli.output import Failure, print_json, print_table

app = typer.Typer(help=said("cli.fault"), no_args_is_help=True)


@app.command("list", help=said("cli.fault-list"))
def fault_list(
    cluster: Annotated[str | None, typer.Option("--cluster", help=said("cli.fault-of"))] = None,
    output: Output = "table",
) -> None:
    check_output(output, "table", "json")
    path = "/api/v1/faults" if cluster is None else clusters_path(cluster, "/faults")
    listed = called("GET", path)
    if output == "json":
        print_json(listed)
    elif cluster is None:
        rows = [
            (
                row["name"],
                row["target"],
                row["duration"] or "-",
                ",".join(f"{key}={value}" for key, value in row["parameters"].items()) or "-",
                row["title"][LANGUAGE],
            )
            for row in listed["faults"]
        ]
        print_table(("NAME", "TARGET", "DURATION", "PARAMETERS", "TITLE"), rows)
    else:
        injected = [
            (
                row["id"],
                row["fault"],
                ",".join(row["targets"]) or "-",
                row["state"],
                row["started_at"] or row["planned_for"],
                row["ended_at"] or row["until"] or "-",
                said(f"fault.verdict.{row['verdict']}"),
            )
            for row in listed["faults"]
        ]
        print_table(("ID", "FAULT", "TARGETS", "STATE", "START", "END", "SEEN"), injected)


@app.command("inject", help=said("cli.fault-inject"))
def fault_inject(
    spec: Annotated[str, typer.Argument(help=said("cli.fault-spec"))],
    cluster: ClusterName = "default",
    namespace: Annotated[
        list[str] | None, typer.Option("-n", "--namespace", help=said("cli.fault-namespace"))
    ] = None,
    output: Output = "text",
) -> None:
    from ecp.sim.faults import FaultRefused, parse

    check_output(output, "text", "json")
    path = clusters_path(cluster, "/faults")
    if "@" not in spec:
        what, plus, duration = spec.partition("+")
        spec = f"{what}@0s{plus}{duration}"
    try:
        plan = parse(spec)
    except FaultRefused as error:
        raise Failure(None, 2, message=error.said(LANGUAGE)) from error
    body = plan.body()
    if plan.after:
        body["at"] = f"+{plan.after}ns"
    if namespace:
        body["namespaces"] = namespace
    _show_fault(called("POST", path, body), output)


@app.command("end", help=said("cli.fault-end"))
def fault_end(
    fault_id: Annotated[str, typer.Argument(metavar="ID", help="f1")],
    cluster: ClusterName = "default",
    output: Output = "text",
) -> None:
    check_output(output, "text", "json")
    if not re.fullmatch(r"f[0-9]{1,9}", fault_id):
        raise Failure("fault.bad-id", 2, id=fault_id)
    _show_fault(called("DELETE", clusters_path(cluster, f"/faults/{fault_id}")), output)


def _show_fault(fault: dict[str, Any], output: str) -> None:
    if output == "json":
        print_json(fault)
        return
    targets = ", ".join(fault["targets"])
    until = fault["ended_at"] or fault["until"]
    words = [f"fault/{fault['id']}", fault["fault"], targets, fault["state"]]
    words += [f"from {fault['started_at'] or fault['planned_for']}"]
    words += [f"to {until}"] if until else []
    print("   ".join(word for word in words if word))
