"""`ecp tenant`: create, list, get, delete."""

import json
import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Named, NamedTable, Text, said
from ecp.cli.output import Failure, aligned, print_table, printed
from ecp.cli.words import instant, life, phase

app = typer.Typer(help=said("cli.tenant"), no_args_is_help=True)

_TENANTS = "/api/v1/tenants"
_PAGE = 500
TenantId = Annotated[str, typer.Argument(metavar="TENANT", help=said("cli.tenant-id"))]
Demo = Annotated[bool, typer.Option("--demo", help=said("cli.demo"))]


IfMatch = Annotated[
    str | None, typer.Option("--if-match", metavar="ETAG", help=said("cli.if-match"))
]


def counter(name: str) -> Any:
    """Return the option of one of the seven counters."""
    return typer.Option(f"--{name}", min=0, max=100_000, help=said(f"cli.counter.{name}"))


def labels_of(given: list[str], *, removes: bool = False) -> dict[str, str | None]:
    """Return labels written as key=value; `key-` takes one away. Raises Failure."""
    found: dict[str, str | None] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals and removes and name.endswith("-"):
            found[name[:-1]] = None
        elif equals and name:
            found[name] = value
        else:
            raise Failure("cli.bad-label", 2, label=one)
    return found


def path_of(tenant: str, before: str, after: str = "") -> str:
    """Return a path of the orchestrator's API that names a tenant."""
    return f"{before}/{quote(tenant, safe='')}{after}"


@app.command("create", help=said("cli.tenant-create"))
def tenant_create(
    tenant: TenantId,
    callbot: Annotated[int | None, counter("callbot")] = None,
    chatbot: Annotated[int | None, counter("chatbot")] = None,
    advisor: Annotated[int | None, counter("advisor")] = None,
    stt: Annotated[int | None, counter("stt")] = None,
    tts: Annotated[int | None, counter("tts")] = None,
    ta: Annotated[int | None, counter("ta")] = None,
    qa: Annotated[int | None, counter("qa")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=said("cli.tenant-preset"))] = None,
    sla: Annotated[
        float | None, typer.Option("--sla", metavar="PERCENT", help=said("cli.tenant-sla"))
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("-n", "--namespace", metavar="NAME", help=said("cli.tenant-namespace")),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help=said("cli.tenant-name"))] = None,
    owner: Annotated[str | None, typer.Option("--owner", help=said("cli.tenant-owner"))] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("-l", "--label", metavar="KEY=VALUE", help=said("cli.tenant-label")),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help=said("cli.tenant-timezone"))
    ] = None,
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
        "owner": owner,
        "labels": None if label is None else labels_of(label),
        "timezone": timezone,
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
        str | None, typer.Option("--status", metavar="STATE", help=said("cli.only-status"))
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help=said("cli.only-owner"))] = None,
    selector: Annotated[
        str | None, typer.Option("-l", "--selector", help=said("cli.only-selector"))
    ] = None,
    word: Annotated[str | None, typer.Option("-q", "--search", help=said("cli.only-word"))] = None,
    sort: Annotated[
        str | None, typer.Option("--sort-by", metavar="FIELD", help=said("cli.sort-by"))
    ] = None,
    demo: Demo = False,
    output: NamedTable = "table",
) -> None:
    only = {
        "preset": preset, "status": status, "owner": owner, "selector": selector, "q": word,
        "sort": sort,
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    params = {"limit": _PAGE, **{k: v for k, v in only.items() if v}}
    while True:
        page = ask("GET", f"{_TENANTS}/", LANGUAGE, demo=demo, params=params)
        rows += page["tenants"]
        params["cursor"] = page["pagination"]["next_cursor"]
        if params["cursor"] is None:
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
        ("TENANT", "PRESET", "NAMESPACE", "STATE", "REVISION", "SLA TARGET", "OWNER"),
        [
            (
                row["tenant_id"],
                row["preset"] or "-",
                row["namespace"],
                life(row["state"]),
                str(row["revision"] or "-"),
                f"{row['sla_target']['availability']:g} %",
                row["owner"] or "-",
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
        ("owner", found["owner"] or "-"),
        ("labels", ", ".join(f"{k}={v}" for k, v in found["labels"].items()) or "-"),
        ("state", f"{life(found['state'])}   {instant(found['state_since'])}"),
        ("status", phase(found["status"])),
        ("deployment", found["deployment_id"] or "-"),
        ("sla-target", f"{found['sla_target']['availability']:g} %"),
        ("created", instant(found["created_at"])),
        ("version", str(found["version"])),
    )
    for line in aligned([(said(f"field.{key}"), value) for key, value in rows]):
        print(line)


@app.command("demand", help=said("cli.tenant-demand"))
def tenant_demand(
    tenant: TenantId,
    file: Annotated[
        str | None, typer.Option("-f", "--file", metavar="FILE", help=said("cli.demand-file"))
    ] = None,
    series: Annotated[
        list[str] | None,
        typer.Option("--series", metavar="PROFILE=FILE", help=said("cli.demand-series")),
    ] = None,
    unit: Annotated[str, typer.Option("--unit", help=said("cli.demand-unit"))] = "count",
    step: Annotated[str, typer.Option("--step", help=said("cli.demand-step"))] = "15m",
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help=said("cli.demand-timezone"))
    ] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help=said("cli.demand-repeat"))] = False,
    reset: Annotated[bool, typer.Option("--reset", help=said("cli.demand-reset"))] = False,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, _TENANTS, "/demand")
    if reset:
        found = ask("DELETE", path, LANGUAGE, demo=demo)
    elif file is None and not series:
        found = ask("GET", path, LANGUAGE, demo=demo)
    else:
        shape = (
            mapping_of(file, "cli.demand-unreadable")
            if file
            else ask("GET", path, LANGUAGE, demo=demo)["shape"] or {}
        )
        more = {"unit": unit, "step": step, "timezone": timezone, "repeat": repeat}
        measured = {} if not series else dict(_measured(row, more) for row in series)
        if measured:
            shape["series"] = {**(shape.get("series") or {}), **measured}
        found = ask("PUT", path, LANGUAGE, shape, demo=demo)
    if printed(found, output):
        return
    units = "  ".join(f"{counter} {count}" for counter, count in found["units"].items() if count)
    rows = [(said("field.needs"), units or "-")]
    rows += [(part, _short(part, value)) for part, value in (found["shape"] or {}).items()]
    for line in aligned(rows):
        print(line)
    if not found["shape"]:
        print(said("cli.demand-plain"))
    for name, count in found["gaps"].items():
        print(f"ecp: {said('cli.demand-gaps', profile=name, count=count)}", file=sys.stderr)
    if found.get("followed") is False:
        print(f"ecp: {said('cli.demand-later')}", file=sys.stderr)


def _text_of(path: str) -> str:
    from ecp.cli.files import sources

    (found,) = sources([path])
    if isinstance(found.text, str):
        return found.text
    try:
        return found.text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure("cli.demand-unreadable", 2, file=path, why=str(error)) from error


def mapping_of(path: str, unreadable: str) -> dict[str, Any]:
    """Return the mapping of a YAML or JSON file; its dates as text, as JSON has them.

    Raises Failure, by the text key *unreadable* for what holds none.
    """
    import yaml

    class PlainDates(yaml.SafeLoader):
        """Leaves dates and instants as they are written."""

    PlainDates.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    try:
        found = yaml.load(_text_of(path), Loader=PlainDates)
    except yaml.YAMLError as error:
        raise Failure(unreadable, 2, file=path, why=str(error)) from error
    if not isinstance(found, dict):
        raise Failure(unreadable, 2, file=path, why="no mapping")
    return found


def _measured(given: str, more: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return (profile, series) of `callbot=calls.csv`; a .json file is what Prometheus answers."""
    name, equals, path = given.partition("=")
    if not equals or not name or not path:
        raise Failure("cli.demand-no-series", 2, given=given)
    kind = "prometheus" if path.endswith(".json") else "csv"
    return name, {kind: _text_of(path), **{k: v for k, v in more.items() if v is not None}}


def _short(part: str, value: Any) -> str:
    """Say a part of a shape in a line; a series by its span."""
    if part != "series":
        return json.dumps(value, ensure_ascii=False)
    spans = (
        f"{name} {row['start']} {len(row['values'])} x {row['step']}" for name, row in value.items()
    )
    return ", ".join(spans)


@app.command("delete", help=said("cli.tenant-delete"))
def tenant_delete(
    tenant: TenantId,
    yes: Annotated[bool, typer.Option("--yes", help=said("cli.yes"))] = False,
    force: Annotated[bool, typer.Option("--force", help=said("cli.tenant-force"))] = False,
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="CLUSTER", help=said("cli.confirm"))
    ] = "",
    if_match: IfMatch = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("cli.tenant-sure", 2, tenant=tenant)
        if not typer.confirm(said("cli.tenant-really", tenant=tenant), err=True):
            raise Failure("cli.kept", 1)
    params = {"force": "true"} if force else {}
    params |= {"confirm": confirm} if confirm else {}
    path = path_of(tenant, _TENANTS)
    done = ask("DELETE", path, LANGUAGE, demo=demo, params=params, if_match=if_match)
    if not printed(done, output):
        gone = said("cli.deleted", object=f"tenant/{done['tenant_id']}")
        print(f"{gone}   {said('cli.objects', count=done['objects_removed'])}")
