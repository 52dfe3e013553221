"""`ecp deploy` and `ecp status`: a tenant's release, on its way and as it stands."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Annotated, Any

import typer

from ecp.cli.api import Refused, ask
from ecp.cli.options import LANGUAGE, Table, Text, said
from ecp.cli.output import Failure, aligned, print_table, printed, say
from ecp.cli.tenants import Demo, TenantId, path_of
from ecp.cli.words import phase, sla

INVALID, NOT_REACHED, INTERRUPTED = 3, 6, 130
_SIMULATOR = "/api/v1/simulator"
_POLL_S = 0.5
_UNDER_WAY = ("rehearsing", "applying", "progressing")
_SHOWN_AT_ONCE = 3


def deploy(
    tenant: TenantId,
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", help=said("cli.files"))
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help=said("cli.deploy-wait"))] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help=said("cli.timeout"))
    ] = "10m",
    allow_broken: Annotated[
        bool, typer.Option("--allow-broken", help=said("cli.allow-broken"))
    ] = False,
    no_monitoring: Annotated[
        bool, typer.Option("--no-monitoring", help=said("cli.no-monitoring"))
    ] = False,
    failures: Annotated[bool, typer.Option("--failures", help=said("cli.failures"))] = False,
    waves: Annotated[str, typer.Option("--waves", help=said("cli.deploy-waves"))] = "ordered",
    rehearse: Annotated[
        str, typer.Option("--rehearse", metavar="POLICY", help=said("cli.deploy-rehearse"))
    ] = "none",
    horizon: Annotated[str, typer.Option("--for", help=said("cli.deploy-for"))] = "24h",
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help=said("cli.rehearse-fault"))
    ] = None,
    hypothesis: Annotated[
        list[str] | None, typer.Option("--hypothesis", help=said("cli.deploy-hypothesis"))
    ] = None,
    on_failure: Annotated[
        str, typer.Option("--on-failure", help=said("cli.deploy-on-failure"))
    ] = "stay",
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="CLUSTER", help=said("cli.confirm"))
    ] = "",
    demo: Demo = False,
    output: Text = "text",
) -> None:
    seconds = seconds_of(timeout)
    body: dict[str, Any] = {
        "include_monitoring": not no_monitoring,
        "failure_scenarios": failures,
        "allow_broken": allow_broken,
        "waves": waves,
        "on_failure": on_failure,
        "confirm": confirm,
    }
    if rehearse != "none":
        body["rehearse"] = {"policy": rehearse, "horizon": horizon, "faults": fault or [],
                            "hypotheses": hypothesis or []}  # fmt: skip
    done = _deployed(tenant, body, filename or [], demo)
    if output == "text":
        new = "" if done["new_revision"] else f"   ({said('cli.deploy-same')})"
        print(
            f"{done['deployment_id']}   {said('cli.revision', number=done['revision'])}   "
            f"{said('cli.objects', count=done['resources_count'])}{new}",
            flush=True,
        )
        for line in doubts(done):
            print(line, file=sys.stderr, flush=True)
    late = False
    if wait:
        try:
            done, late = _followed(tenant, done, seconds, demo)
        except KeyboardInterrupt:
            say("cli.deploy-goes-on", tenant=tenant)
            raise typer.Exit(INTERRUPTED) from None
    if not printed(done, output):
        if wait or done["phase"] not in _UNDER_WAY:
            _show_startup(done)
        else:
            print(said("cli.rolling-out", tenant=tenant, **_counts(done)))
        print(done["simulator_dashboard"])
    if late:
        say("cli.deploy-late", timeout=timeout, tenant=tenant)
    if wait and not (done["started"] and _is_up(done)):
        raise typer.Exit(NOT_REACHED)


def doubts(done: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines that say beforehand what will keep a release from running."""
    if done.get("cluster_reset"):
        yield f"ecp: {said('cli.cluster-reset')}"
    for row in done.get("warnings") or ():
        if row["severity"] == "broken":
            words = {"rule": row["rule"], "message": _message(row), "remedy": row["remedy"]}
            yield f"ecp: {said('cli.will-not-run', **words)}"


def seconds_of(timeout: str) -> float:
    """Return a time to wait: 90, 90s, 10m. Raises Failure."""
    from ecp.kube.durations import InvalidDuration, parse

    try:
        return float(timeout) if timeout.isdecimal() else parse(timeout) / 1e9
    except InvalidDuration as error:
        raise Failure("duration.bad", 2, value=timeout) from error


def _deployed(
    tenant: str, body: dict[str, Any], paths: Sequence[str], demo: bool
) -> dict[str, Any]:
    """Deploy *paths*, or what the orchestrator has. Raises Failure; findings name their files."""
    content, pieces = manifest_of(paths)
    path = path_of(tenant, f"{_SIMULATOR}/deploy")
    with refused_manifest(pieces):
        return ask("POST", path, LANGUAGE, {**body, **content}, demo=demo)


def manifest_of(paths: Sequence[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return what a body says of manifests, {} for none, and its pieces: name and text each."""
    pieces = _pieces(paths)
    return ({"manifest_content": "".join(text for _, text in pieces)} if pieces else {}), pieces


@contextmanager
def refused_manifest(pieces: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Say of a refused manifest what is wrong where, by the files that it came from."""
    try:
        yield
    except Refused as error:
        if error.word != "MANIFEST_INVALID":
            raise
        lines = [error.message]
        lines += [_finding(row, pieces) for row in error.details if "rule" in row]
        raise Failure(None, INVALID, message="\n".join(lines)) from error


def _pieces(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Return (name, text) of each manifest, ready to be put one behind another."""
    from ecp.cli.files import sources

    found: list[tuple[str, str]] = []
    for source in sources(paths):
        content = source.text
        if isinstance(content, bytes):
            try:
                content = content.decode()
            except UnicodeDecodeError as error:
                raise Failure("file.unreadable", 1, path=source.name, detail=error) from error
        content = content if content.endswith("\n") else f"{content}\n"
        found.append((source.name or "-", content if not found else f"---\n{content}"))
    return found


def _finding(row: Mapping[str, Any], pieces: Sequence[tuple[str, str]]) -> str:
    """Return a finding as `ecp validate` shows it: file, line, column, what, remedy."""
    about = row["object"]
    name = "/".join(filter(None, (about.get("namespace"), about.get("name"))))
    source, line = _place(row["line"], pieces)
    head = f"{source}:{line}:{row['column']}: {said('finding.' + row['severity'])} {row['rule']}"
    return (
        f"{head} {about.get('kind') or '?'} {name}".rstrip()
        + f": {_message(row)}\n    {said('finding.remedy')}: {row['remedy']}"
    )


def _message(row: Mapping[str, Any]) -> str:
    """Return what a finding says: the server in English, what is ours in the reader's language."""
    korean: str = row.get("message_ko") or row["message"]
    return korean if LANGUAGE == "ko" else str(row["message"])


def _place(line: int, pieces: Sequence[tuple[str, str]]) -> tuple[str, int]:
    """Return the file and its line that a line of all pieces together is."""
    ends = accumulate(text.count("\n") for _, text in pieces)
    before = 0
    for number, ((name, _), end) in enumerate(zip(pieces, ends, strict=True)):
        if line <= end:
            return name, max(1, line - before - (number > 0))
        before = end
    return "manifest", line


# -- on its way -----------------------------------------------------------------------------------


def _followed(
    tenant: str, done: dict[str, Any], seconds: float, demo: bool
) -> tuple[dict[str, Any], bool]:
    """Show how a release comes along; return how it ended, and whether time ran out first."""
    began = time.monotonic()
    seen: dict[str, Any] = {}
    path = path_of(tenant, f"{_SIMULATOR}/status")
    while True:
        for line in progress(seen, done, round(time.monotonic() - began)):
            print(line, file=sys.stderr, flush=True)
        seen = done
        if done["phase"] not in _UNDER_WAY:
            return done, False
        if time.monotonic() - began >= seconds:
            return done, True
        time.sleep(_POLL_S)
        done = {**done, **ask("GET", path, LANGUAGE, demo=demo)}


def progress(seen: Mapping[str, Any], now: Mapping[str, Any], after_s: int) -> Iterator[str]:
    """Give the lines that tell what changed: how far it is, what happened last, what is wrong."""
    before = {row["object"]: _ready(row) for row in _workloads(seen)}
    rows = _workloads(now)
    moved = [row for row in rows if seen and _ready(row) != before.get(row["object"], 0)]
    counts = _counts(now)
    if moved or counts != _counts(seen) or now["phase"] != seen.get("phase"):
        awaited = [row for row in rows if _ready(row) < row["desired"]]
        told = [_few(moved)] if moved else []
        told += [said("cli.waiting-for", workloads=_few(awaited))] if awaited else []
        pods = said("cli.pods", **counts)
        yield "   ".join([f"{after_s:>4} s", phase(now["phase"]), pods, *told])
    # A new problem is told when it shows; one that only counts on is not told again.
    known = {row["object"] for row in _problems(seen)}
    for row in _problems(now):
        if row["object"] not in known and seen:
            yield f"{after_s:>4} s   {row['object']}: {row['text']}"


def _few(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the first of some workloads with their replicas."""
    shown = [
        f"{row['object'].partition('/')[2]} {_ready(row)}/{row['desired']}"
        for row in rows[:_SHOWN_AT_ONCE]
    ]
    return ", ".join(shown) + (" …" if len(rows) > _SHOWN_AT_ONCE else "")


def _workloads(done: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (done.get("startup") or {}).get("workloads") or ()


def _ready(row: Mapping[str, Any]) -> int:
    """Return how many pods of a workload are ready and of this release, as its sum counts them."""
    return int(row.get("updated", row["ready"]))


def _old(row: Mapping[str, Any]) -> str:
    """Say how many pods of the release before still serve in the place of a workload's own."""
    count = row["ready"] - _ready(row)
    return said("cli.old-pods", count=count) if count > 0 else ""


def _problems(done: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (done.get("startup") or {}).get("problems") or ()


def _is_up(done: Mapping[str, Any]) -> bool:
    """Whether what started is still as it was then."""
    return bool((done.get("startup") or {}).get("up", done["started"]))


def _counts(done: Mapping[str, Any]) -> dict[str, int]:
    return {"ready": done.get("ready", 0), "desired": done.get("desired", 0)}


# -- as it stands ---------------------------------------------------------------------------------


def _show_startup(done: Mapping[str, Any]) -> None:
    startup = done.get("startup") or {}
    counts = _counts(done)
    if done["started"]:
        seconds = startup.get("seconds")
        print(
            said("cli.started-at-some-time")
            if seconds is None
            else said("cli.started", seconds=f"{seconds:g}")
        )
        if not _is_up(done):
            print(said("cli.degraded", **counts))
    elif startup.get("ready"):
        print(said("cli.ready-not-started"))
    elif done["phase"] == "ready":
        print(said("cli.no-longer-ready", **counts))
    else:
        print(said("cli.not-ready", phase=phase(done["phase"]), **counts))
    rows = [
        (
            row["object"],
            f"{_ready(row)}/{row['desired']}",
            "   ".join(filter(None, (_took(row["seconds"]), _old(row)))),
        )
        for row in _workloads(done)
    ]
    for line in aligned(rows):
        print(f"  {line}")
    conditions = [
        (
            said(f"cli.condition.{name}"),
            _took(row["seconds"]) if row["met"] else said("cli.not-met"),
        )
        for name, row in (startup.get("conditions") or {}).items()
    ]
    for line in aligned(conditions):
        print(f"  {line}")
    served = startup.get("entry_requests_served")
    if served is not None:
        print(f"  {said('cli.served', requests=served)}")
    for problem in (*_problems(done), *(startup.get("degraded") or ())):
        print(f"  {problem['object']}: {problem['text']}")
        print(f"      {said('cli.change')}: {problem['remedy']}")


def _took(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:g} s"


def status(
    tenant: Annotated[
        str | None, typer.Argument(metavar="[TENANT]", help=said("cli.tenant-id"))
    ] = None,
    demo: Demo = False,
    output: Table = "table",
) -> None:
    if tenant is not None:
        found = ask("GET", path_of(tenant, f"{_SIMULATOR}/status"), LANGUAGE, demo=demo)
        if printed(found, output):
            return
        _table([found])
        if found["deployment_id"]:
            _show_startup(found)
        else:
            print(said("cli.not-deployed", tenant=tenant))
        _warn(found)
        return
    found = ask("GET", f"{_SIMULATOR}/status", LANGUAGE, demo=demo, params={"limit": 500})
    if printed(found, output):
        return
    _warn(found)
    if found["tenants"]:
        _table(found["tenants"])
    else:
        print(said("cli.no-tenants"), file=sys.stderr)
    left = found["total_count"] - len(found["tenants"])
    if left > 0:
        say("cli.more-tenants", count=left)


def _warn(found: Mapping[str, Any]) -> None:
    """Say on stderr what the reader must know of the figures: no simulator, the demo's own."""
    simulator = found["simulator"]
    if simulator["status"] != "healthy":
        key = f"cli.simulator-{'away' if simulator['status'] == 'unreachable' else 'degraded'}"
        say(key, url=simulator["url"])
    if found["mode"] == "demo":
        say("cli.in-demo")


def _started(row: Mapping[str, Any]) -> str:
    if not row["started"]:
        return said("word.no")
    return said("word.yes") if _is_up(row) else said("cli.yes-degraded")


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    print_table(
        ("TENANT", "DEPLOYMENT", "PHASE", "PODS", "STARTED", "SLA 24H"),
        [
            (
                row["tenant_id"],
                row["deployment_id"] or "-",
                phase(row["phase"]),
                f"{row['ready']}/{row['desired']}",
                _started(row),
                sla(row.get("sla")),
            )
            for row in rows
        ],
    )
