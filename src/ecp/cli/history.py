"""`ecp diff` and `ecp release`: what a deploy would change, earlier releases, back to one."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from ecp.cli.api import ask, event_stream
from ecp.cli.options import LANGUAGE, Table, Text, form, said
from ecp.cli.output import Failure, aligned, print_table, printed
from ecp.cli.releases import INVALID, NOT_REACHED, manifest_of, refused_manifest, seconds_of
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import instant, phase

DIFFERS = 1
"""The exit code of a difference, as kubectl diff has it; errors have others (usage 2, …)."""
_TENANTS, _RELEASES = "/api/v1/tenants", "/api/v1/releases"
_MARKS = {"create": "+", "change": "~", "remove": "-", "refused": "!", "none": "="}
_ENDS_WELL = ("ready",)
_PAGE = 500

app = typer.Typer(help=said("cli.release"), no_args_is_help=True)
Revision = Annotated[
    int, typer.Argument(metavar="REVISION", min=1, help=said("cli.release-revision"))
]


def diff(
    tenant: TenantId,
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", help=said("cli.files"))
    ] = None,
    no_monitoring: Annotated[
        bool, typer.Option("--no-monitoring", help=said("cli.no-monitoring"))
    ] = False,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    body: dict[str, Any] = {"include_monitoring": not no_monitoring, "allow_broken": True}
    content, pieces = manifest_of(filename or [])
    path = path_of(tenant, _TENANTS, "/diff")
    with refused_manifest(pieces):
        found = ask("POST", path, LANGUAGE, {**body, **content}, demo=demo)
    if not printed(found, output):
        for line in of_tenant(tenant, found):
            print(line)
    if found["counts"]["refused"]:
        raise typer.Exit(INVALID)
    if found["differs"]:
        raise typer.Exit(DIFFERS)


def of_tenant(tenant: str, found: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines of an answer; first that nobody has that name yet, where that is so."""
    if not found["tenant_exists"]:
        yield said("diff.no-tenant", tenant=tenant)
    yield from differences(found["objects"])


def differences(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Give the lines that tell what differs: a mark and an object, then its fields."""
    for row in objects:
        if row["action"] == "none":
            continue
        name = f"{row['kind'].lower()}/{row['name']}"
        yield f"{_MARKS[row['action']]} {name}   {said('diff.' + row['action'])}"
        if row["action"] == "refused" and row["reason"]:
            yield f"    {row['reason']}"
        for change in row["changes"]:
            if change["op"] == "add":
                yield f"    + {change['path']}: {_value(change['after'])}"
            elif change["op"] == "remove":
                yield f"    - {change['path']}: {_value(change['before'])}"
            else:
                before, after = _value(change["before"]), _value(change["after"])
                yield f"    ~ {change['path']}: {before} → {after}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"


# -- history --------------------------------------------------------------------------------------


@app.command("history", help=said("cli.release-history"))
def history(tenant: TenantId, demo: Demo = False, output: Table = "table") -> None:
    path = path_of(tenant, _TENANTS, "/releases")
    found = ask("GET", path, LANGUAGE, demo=demo, params={"limit": _PAGE})
    if printed(found, output):
        return
    print_table(
        ("REVISION", "DEPLOYMENT", "PHASE", "STARTED", "SECONDS", "CREATED", "NOTE"),
        [
            (
                str(row["revision"]),
                row["deployment_id"],
                phase(row["phase"]),
                said("word.yes") if row["started"] else said("word.no"),
                "-" if row["seconds"] is None else f"{row['seconds']:g}",
                instant(row["created_at"]),
                _note(row),
            )
            for row in found["releases"]
        ],
    )


def _note(row: Mapping[str, Any]) -> str:
    back = row["rollback"]
    if back:
        key = "cli.release-back-by-itself" if back["automatic"] else "cli.release-back"
        return said(key, revision=back["to"])
    return row["detail"] or "-"


@app.command("show", help=said("cli.release-show"))
def show(tenant: TenantId, revision: Revision, demo: Demo = False, output: Text = "text") -> None:
    path = path_of(tenant, _TENANTS, f"/releases/{revision}")
    found = ask("GET", path, LANGUAGE, demo=demo)
    if printed(found, output):
        return
    head = said("cli.revision", number=found["revision"])
    print(f"{found['deployment_id']}   {head}   {phase(found['phase'])}   {_note(found)}")
    for line in waves(found["waves"]):
        print(f"  {line}")
    for row in found["logs"]:
        print(f"{instant(row['timestamp'])}   {row['message']}")


def waves(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the waves of a release as lines: objects sent, pods ready."""
    return aligned(
        [
            (
                said(f"wave.{row['wave']}"),
                said(f"cli.wave.{row['state']}"),
                f"{row['applied']}/{row['objects']}",
                said("cli.pods", ready=row["ready"], desired=row["desired"])
                if row["desired"]
                else "",
            )
            for row in rows
        ]
    )


@app.command("compare", help=said("cli.release-compare"))
def compare(
    tenant: TenantId,
    first: Annotated[int, typer.Argument(metavar="FROM", min=1, help=said("cli.release-from"))],
    second: Annotated[int, typer.Argument(metavar="TO", min=1, help=said("cli.release-to"))],
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, _TENANTS, "/releases/compare")
    found = ask("GET", path, LANGUAGE, demo=demo, params={"from": first, "to": second})
    if not printed(found, output):
        for line in differences(found["objects"]):
            print(line)
    if found["differs"]:
        raise typer.Exit(DIFFERS)


@app.command("rollback", help=said("cli.release-rollback"))
def rollback(
    tenant: TenantId,
    revision: Revision,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help=said("cli.deploy-wait"))] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help=said("cli.timeout"))
    ] = "10m",
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="CLUSTER", help=said("cli.confirm"))
    ] = "",
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, _TENANTS, f"/releases/{revision}/rollback")
    params = {"wait": "ready", "timeout": seconds_of(timeout)} if wait else {}
    done = ask("POST", path, LANGUAGE, {"confirm": confirm}, demo=demo, params=params)
    if not printed(done, output):
        print(
            f"{done['deployment_id']}   {said('cli.revision', number=done['revision'])}   "
            f"{phase(done['phase'])}   {said('cli.release-back', revision=revision)}"
        )
    if wait and not done["started"]:
        raise typer.Exit(NOT_REACHED)


# -- on its way -----------------------------------------------------------------------------------


@app.command("watch", help=said("cli.release-watch"))
def watch(
    tenant: TenantId,
    revision: Annotated[
        int, typer.Argument(metavar="[REVISION]", min=0, help=said("cli.release-watched"))
    ] = 0,
    demo: Demo = False,
    output: Annotated[str, form("text", "json")] = "text",
) -> None:
    path = path_of(tenant, _TENANTS, "/releases")
    rows = ask("GET", path, LANGUAGE, demo=demo, params={"limit": _PAGE})["releases"]
    wanted = next((row for row in rows if revision in (0, row["revision"])), None)
    if wanted is None:
        raise Failure("release.no-revision", 4, tenant=tenant, revision=revision or "-")
    last: Mapping[str, Any] = wanted
    where = f"{_RELEASES}/{wanted['deployment_id']}/events"
    for event in event_stream(where, LANGUAGE, demo=demo):
        body = json.loads(event)
        if output == "json":
            print(json.dumps(body, ensure_ascii=False), flush=True)
        for line in _told(body, last) if output == "text" else ():
            print(line, flush=True)
        if body["kind"] == "progress":
            last = body
    if last["phase"] not in _ENDS_WELL:
        print(f"ecp: {phase(last['phase'])}", file=sys.stderr)
        raise typer.Exit(NOT_REACHED)


def _told(body: Mapping[str, Any], last: Mapping[str, Any]) -> Iterator[str]:
    """Give the line of an event; how far it is only where that changed."""
    if body["kind"] != "progress":
        rest = {k: body[k] for k in ("wave", "seconds", "object", "message") if k in body}
        if "wave" in rest:
            rest["wave"] = said(f"wave.{rest['wave']}")
        yield "   ".join([instant(body["timestamp"]), body["kind"], *map(str, rest.values())])
        return
    seen = [(row["wave"], row["applied"], row["ready"]) for row in last.get("waves") or ()]
    rows = body.get("waves") or ()
    if [(row["wave"], row["applied"], row["ready"]) for row in rows] == seen:
        return
    ready = said("cli.pods", ready=sum(r["ready"] for r in rows),
                 desired=sum(r["desired"] for r in rows))  # fmt: skip
    estimate = body.get("estimate")
    left = [] if estimate is None else [said("cli.estimate", seconds=estimate["seconds_left"])]
    yield "   ".join([f"{body.get('progress', 0):>5.1f} %", phase(body["phase"]), ready, *left])
