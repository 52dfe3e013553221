"""`ecp tenant`: create, list, get, delete."""

import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Named, NamedTable, Text, said
from ecp.cli.output import Failure, aligned, print_table, printed
from ecp.cli.words import instant, phase

app = typer.Typer(help=said("cli.tenant"), no_args_is_help=True)

_TENANTS = "/api/v1/tenants"
_PAGE = 500
TenantId = Annotated[str, typer.Argument(metavar="TENANT", help=said("cli.tenant-id"))]
Demo = Annotated[bool, typer.Option("--demo", help=said("cli.demo"))]


def _counter(name: str) -> Any:
    return typer.Option(f"--{name}", min=0, max=100_000, help=said(f"cli.counter.{name}"))


def path_of(tenant: str, before: str, after: str = "") -> str:
    """Return a path of the orchestrator's API that names a tenant."""
    return f"{before}/{quote(tenant, safe='')}{after}"


@app.command("create", help=said("cli.tenant-create"))
def tenant_create(
    tenant: TenantId,
    callbot: Annotated[int | None, _counter("callbot")] = None,
    chatbot: Annotated[int | None, _counter("chatbot")] = None,
    advisor: Annotated[int | None, _counter("advisor")] = None,
    stt: Annotated[int | None, _counter("stt")] = None,
    tts: Annotated[int | None, _counter("tts")] = None,
    ta: Annotated[int | None, _counter("ta")] = None,
    qa: Annotated[int | None, _counter("qa")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=said("cli.tenant-preset"))] = None,
    sla: Annotated[
        float | None, typer.Option("--sla", metavar="PERCENT", help=said("cli.tenant-sla"))
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("-n", "--namespace", metavar="NAME", help=said("cli.tenant-namespace")),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help=said("cli.tenant-name"))] = None,
    demo: Demo = False,
    output: Named = "text",
) -> None:
    given = {
        "callbot": callbot, "chatbot": chatbot, "advisor": advisor, "stt": stt, "tts": tts,
        "ta": ta, "qa": qa,
    }  # fmt: skip
    body: dict[str, Any] = {
        "tenant_id": tenant,
        "service_requirements": {k: v for k, v in given.items() if v is not None} or None,
        "preset": preset,
        "sla_target": sla,
        "namespace": namespace,
        "name": name,
    }
    body = {key: value for key, value in body.items() if value is not None}
    made = ask("POST", f"{_TENANTS}/", LANGUAGE, body, demo=demo)
    for warning in made.get("warnings") or ():
        print(f"ecp: {said('cli.size-warning', message=warning)}", file=sys.stderr)
    if printed(made, output):
        return
    if output == "name":
        print(f"tenant/{made['tenant_id']}")
        return
    done = said("cli.created", object=f"tenant/{made['tenant_id']}")
    print(f"{done}   {made['namespace']}   {made['preset']}")


@app.command("list", help=said("cli.tenant-list"))
def tenant_list(
    preset: Annotated[str | None, typer.Option("--preset", help=said("cli.only-preset"))] = None,
    status: Annotated[
        str | None, typer.Option("--status", metavar="PHASE", help=said("cli.only-status"))
    ] = None,
    demo: Demo = False,
    output: NamedTable = "table",
) -> None:
    only = {"preset": preset, "status": status}
    rows: list[dict[str, Any]] = []
    while True:
        params = {"skip": len(rows), "limit": _PAGE, **{k: v for k, v in only.items() if v}}
        page = ask("GET", f"{_TENANTS}/", LANGUAGE, demo=demo, params=params)
        rows += page["tenants"]
        if not page["tenants"] or not page["pagination"]["has_more"]:
            break
    if printed({"tenants": rows}, output):
        return
    if output == "name":
        for row in rows:
            print(f"tenant/{row['tenant_id']}")
        return
    if not rows:
        print(said("cli.no-tenants"), file=sys.stderr)
        return
    print_table(
        ("TENANT", "PRESET", "NAMESPACE", "STATUS", "REVISION", "SLA TARGET"),
        [
            (
                row["tenant_id"],
                row["preset"] or "-",
                row["namespace"],
                phase(row["status"]),
                str(row["revision"] or "-"),
                f"{row['sla_target']['availability']:g} %",
            )
            for row in rows
        ],
    )


@app.command("get", help=said("cli.tenant-get"))
def tenant_get(tenant: TenantId, demo: Demo = False, output: Named = "text") -> None:
    found = ask("GET", path_of(tenant, _TENANTS), LANGUAGE, demo=demo)
    if printed(found, output):
        return
    if output == "name":
        print(f"tenant/{found['tenant_id']}")
        return
    needs = found["service_requirements"].items()
    rows = (
        ("tenant", found["tenant_id"]),
        ("name", found["name"]),
        ("namespace", found["namespace"]),
        ("preset", found["preset"] or "-"),
        ("needs", "  ".join(f"{counter} {units}" for counter, units in needs if units) or "-"),
        ("status", phase(found["status"])),
        ("deployment", found["deployment_id"] or "-"),
        ("sla-target", f"{found['sla_target']['availability']:g} %"),
        ("created", instant(found["created_at"])),
    )
    for line in aligned([(said(f"field.{key}"), value) for key, value in rows]):
        print(line)


@app.command("delete", help=said("cli.tenant-delete"))
def tenant_delete(
    tenant: TenantId,
    yes: Annotated[bool, typer.Option("--yes", help=said("cli.yes"))] = False,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("cli.tenant-sure", 2, tenant=tenant)
        if not typer.confirm(said("cli.tenant-really", tenant=tenant), err=True):
            raise Failure("cli.kept", 1)
    done = ask("DELETE", path_of(tenant, _TENANTS), LANGUAGE, demo=demo)
    if not printed(done, output):
        gone = said("cli.deleted", object=f"tenant/{done['tenant_id']}")
        print(f"{gone}   {said('cli.objects', count=done['objects_removed'])}")
