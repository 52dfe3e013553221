"""`ecp tenant`: change, scale, stop, start, restart, clone, check for duplicates, history."""

import sys
from typing import Annotated, Any

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Named, NamedTable, Text, said
from ecp.cli.output import Failure, print_table, printed
from ecp.cli.resources import tenant_resources
from ecp.cli.tenants import Demo, IfMatch, TenantId, counter, labels_of, path_of
from ecp.cli.words import instant, life

_TENANTS = "/api/v1/tenants"
Labels = Annotated[
    list[str] | None,
    typer.Option("-l", "--label", metavar="KEY=VALUE", help=said("cli.tenant-label")),
]
Confirm = Annotated[str, typer.Option("--confirm", metavar="CLUSTER", help=said("cli.confirm"))]
Owner = Annotated[str | None, typer.Option("--owner", help=said("cli.tenant-owner"))]


def register(app: typer.Typer) -> None:
    """Add the commands to `ecp tenant`."""
    app.command("update", help=said("cli.tenant-update"))(tenant_update)
    app.command("scale", help=said("cli.tenant-scale"))(tenant_scale)
    app.command("stop", help=said("cli.tenant-stop"))(tenant_stop)
    app.command("start", help=said("cli.tenant-start"))(tenant_start)
    app.command("restart", help=said("cli.tenant-restart"))(tenant_restart)
    app.command("clone", help=said("cli.tenant-clone"))(tenant_clone)
    app.command("check", help=said("cli.tenant-check"))(tenant_check)
    app.command("history", help=said("cli.tenant-history"))(tenant_history)
    app.command("resources", help=said("cli.tenant-resources"))(tenant_resources)


def tenant_update(
    tenant: TenantId,
    name: Annotated[str | None, typer.Option("--name", help=said("cli.tenant-name"))] = None,
    description: Annotated[
        str | None, typer.Option("--description", help=said("cli.tenant-description"))
    ] = None,
    owner: Owner = None,
    label: Labels = None,
    sla: Annotated[
        float | None, typer.Option("--sla", metavar="PERCENT", help=said("cli.tenant-sla"))
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help=said("cli.tenant-timezone"))
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=said("cli.tenant-preset"))] = None,
    host: Annotated[str | None, typer.Option("--host", help=said("cli.tenant-host"))] = None,
    tls: Annotated[
        str | None, typer.Option("--tls", metavar="KIND=NAME", help=said("cli.tenant-tls"))
    ] = None,
    if_match: IfMatch = None,
    demo: Demo = False,
    output: Named = "text",
) -> None:
    body = {
        "ingress": _way_in(host, tls),
        "name": name,
        "description": description,
        "owner": owner,
        "labels": None if label is None else labels_of(label, removes=True),
        "sla_target": sla,
        "timezone": timezone,
        "preset": preset,
    }
    _changed(tenant, body, demo, output, if_match=if_match)


def _way_in(host: str | None, tls: str | None) -> dict[str, str] | None:
    if host is None and tls is None:
        return None
    kind, _, name = (tls or "").partition("=")
    if tls and (kind not in ("secret", "issuer", "certificate") or not name):
        raise Failure("cli.bad-tls", 2, given=tls)
    return ({"host": host} if host else {}) | ({kind: name} if tls else {})


def tenant_scale(
    tenant: TenantId,
    callbot: Annotated[int | None, counter("callbot")] = None,
    chatbot: Annotated[int | None, counter("chatbot")] = None,
    advisor: Annotated[int | None, counter("advisor")] = None,
    stt: Annotated[int | None, counter("stt")] = None,
    tts: Annotated[int | None, counter("tts")] = None,
    ta: Annotated[int | None, counter("ta")] = None,
    qa: Annotated[int | None, counter("qa")] = None,
    later: Annotated[bool, typer.Option("--later", help=said("cli.scale-later"))] = False,
    confirm: Confirm = "",
    if_match: IfMatch = None,
    demo: Demo = False,
    output: Named = "text",
) -> None:
    given = {
        "callbot": callbot, "chatbot": chatbot, "advisor": advisor, "stt": stt, "tts": tts,
        "ta": ta, "qa": qa,
    }  # fmt: skip
    wanted = {name: units for name, units in given.items() if units is not None}
    if not wanted:
        raise Failure("cli.nothing-given", 2)
    before = ask("GET", path_of(tenant, _TENANTS), LANGUAGE, demo=demo)
    needs = {**before["service_requirements"], **wanted}
    params = {"release": "false"} if later else _confirmed(confirm)
    # What others change meanwhile is not taken back.
    match = if_match or f'"{before["version"]}"'
    _changed(tenant, {"service_requirements": needs}, demo, output, params, if_match=match)


def _changed(
    tenant: str,
    body: dict[str, Any],
    demo: bool,
    output: str,
    params: dict[str, Any] | None = None,
    *,
    if_match: str | None,
) -> None:
    wanted = {key: value for key, value in body.items() if value is not None}
    if not wanted:
        raise Failure("cli.nothing-given", 2)
    path = path_of(tenant, _TENANTS)
    found = ask("PATCH", path, LANGUAGE, wanted, demo=demo, params=params or {}, if_match=if_match)
    for warning in found["warnings"]:
        print(f"ecp: {warning}", file=sys.stderr)
    if printed(found, output):
        return
    if output == "name":
        print(f"tenant/{tenant}")
        return
    done = said("cli.changed", object=f"tenant/{tenant}")
    released = found["release"]
    print(done if released is None else f"{done}   {released['deployment_id']}")


def tenant_stop(
    tenant: TenantId, confirm: Confirm = "", demo: Demo = False, output: Text = "text"
) -> None:
    found = _done(tenant, "stop", confirm, demo, output)
    if found is not None:
        for workload in found["still_running"]:
            print(f"ecp: {said('cli.still-running', object=workload)}", file=sys.stderr)


def tenant_start(
    tenant: TenantId, confirm: Confirm = "", demo: Demo = False, output: Text = "text"
) -> None:
    _done(tenant, "start", confirm, demo, output)


def tenant_restart(
    tenant: TenantId, confirm: Confirm = "", demo: Demo = False, output: Text = "text"
) -> None:
    _done(tenant, "restart", confirm, demo, output)


def _confirmed(confirm: str) -> dict[str, str]:
    return {"confirm": confirm} if confirm else {}


def _done(tenant: str, action: str, confirm: str, demo: bool, output: str) -> dict[str, Any] | None:
    """Do it and print what came of it; None where it was printed as JSON or YAML."""
    path, params = path_of(tenant, _TENANTS, f"/{action}"), _confirmed(confirm)
    found = ask("POST", path, LANGUAGE, demo=demo, params=params)
    if printed(found, output):
        return None
    print(f"tenant/{tenant}   {life(found['state'])}")
    return found


def tenant_clone(
    tenant: TenantId,
    copy: Annotated[str, typer.Argument(metavar="COPY", help=said("cli.clone-id"))],
    name: Annotated[str | None, typer.Option("--name", help=said("cli.tenant-name"))] = None,
    namespace: Annotated[
        str | None,
        typer.Option("-n", "--namespace", metavar="NAME", help=said("cli.tenant-namespace")),
    ] = None,
    owner: Owner = None,
    demo: Demo = False,
    output: Named = "text",
) -> None:
    given = {"tenant_id": copy, "name": name, "namespace": namespace, "owner": owner}
    body = {key: value for key, value in given.items() if value is not None}
    made = ask("POST", path_of(tenant, _TENANTS, "/clone"), LANGUAGE, body, demo=demo)
    if printed(made, output):
        return
    name_of = f"tenant/{made['tenant_id']}"
    print(
        name_of
        if output == "name"
        else f"{said('cli.created', object=name_of)}   {made['namespace']}"
    )


def tenant_check(
    tenant: TenantId,
    namespace: Annotated[
        str | None,
        typer.Option("-n", "--namespace", metavar="NAME", help=said("cli.tenant-namespace")),
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    params = {"tenant_id": tenant, **({} if namespace is None else {"namespace": namespace})}
    found = ask("GET", f"{_TENANTS}/check-duplicate", LANGUAGE, demo=demo, params=params)
    if not printed(found, output):
        key = "cli.name-free" if found["available"] else "cli.name-taken"
        print(said(key, tenant=tenant, free=", ".join(found["suggestions"]) or "-"))
    if not found["available"]:
        raise typer.Exit(5)


def tenant_history(
    tenant: TenantId,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=500, help=said("cli.history-limit"))
    ] = 50,
    demo: Demo = False,
    output: NamedTable = "table",
) -> None:
    path = path_of(tenant, _TENANTS, "/history")
    found = ask("GET", path, LANGUAGE, demo=demo, params={"limit": limit})
    if printed(found, output):
        return
    print_table(
        ("AT", "STATE", "CAUSE"),
        [(instant(row["at"]), life(row["state"]), row["message"]) for row in found["history"]],
    )
