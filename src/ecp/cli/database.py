"""`ecp db`: the orchestrator's records: revisions of their tables, backups."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ecp.cli.options import Text, said
from ecp.cli.output import Failure, printed, say

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

app = typer.Typer(help=said("cli.db"), no_args_is_help=True)

_T = TypeVar("_T")
Demo = Annotated[bool, typer.Option("--demo", help=said("cli.demo"))]
Yes = Annotated[bool, typer.Option("--yes", help=said("cli.yes"))]


@app.command("current", help=said("cli.db-current"))
def current(demo: Demo = False, output: Text = "text") -> None:
    from ecp.orchestrator.adapters.migrating import current
    from ecp.orchestrator.adapters.migrations import newest

    found = _done(demo, current, writes=False)
    if not printed({"revision": found, "newest": newest()}, output):
        print(f"{found or '-'} ({said('db.newest', revision=newest())})")


@app.command("upgrade", help=said("cli.db-upgrade"))
def upgrade(
    to: Annotated[str, typer.Argument(metavar="[REVISION]", help=said("cli.db-to"))] = "head",
    demo: Demo = False,
) -> None:
    from ecp.orchestrator.adapters.migrating import bring

    print(_done(demo, lambda connection: bring(connection, to)))


@app.command("downgrade", help=said("cli.db-downgrade"))
def downgrade(
    to: Annotated[str, typer.Argument(metavar="REVISION", help=said("cli.db-down-to"))],
    yes: Yes = False,
    demo: Demo = False,
) -> None:
    from ecp.orchestrator.adapters.migrating import bring

    if not yes:
        raise Failure("db.sure", 2, revision=to)
    _alone()
    print(_done(demo, lambda connection: bring(connection, to, down=True)))


@app.command("backup", help=said("cli.db-backup"))
def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help=said("cli.db-backup-file"))],
    demo: Demo = False,
    output: Text = "text",
) -> None:
    import os
    import time
    from pathlib import Path

    from ecp.orchestrator.adapters.backups import back_up

    path = Path(file)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    if path.exists():
        raise Failure("db.file-there", 5, path=path)
    try:
        with unfinished.open("xb") as out:
            now = time.time_ns()
            rows = _done(demo, lambda at: back_up(at, out, now=now), writes=False)
        # A whole file appears, or none.
        unfinished.rename(path)
    except OSError as error:
        raise Failure("db.no-file", 1, path=path, detail=error.strerror or error) from error
    finally:
        unfinished.unlink(missing_ok=True)
    if not printed({"file": str(path), "rows": rows}, output):
        say("db.backed-up", path=path, rows=sum(rows.values()), tenants=rows["tenants"])


@app.command("restore", help=said("cli.db-restore"))
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help=said("cli.db-restore-file"))],
    force: Annotated[bool, typer.Option("--force", help=said("cli.db-force"))] = False,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    from pathlib import Path

    from ecp.orchestrator.adapters import backups

    path = Path(file)
    _alone()
    try:
        with path.open("rb") as content:
            rows = _done(demo, lambda at: backups.restore(at, content, force=force))
    except OSError as error:
        raise Failure("db.no-file", 1, path=path, detail=error.strerror or error) from error
    except backups.Unrestorable as error:
        code = 5 if error.key == "backup.not-empty" else 1
        raise Failure(error.key, code, path=path, **error.values) from error
    if not printed({"file": str(path), "rows": rows}, output):
        say("db.restored", path=path, rows=sum(rows.values()), tenants=rows["tenants"])


@app.command("reseal", help=said("cli.db-reseal"))
def reseal(demo: Demo = False, output: Text = "text") -> None:
    from ecp.orchestrator.adapters.sealing import Seals, reseal
    from ecp.orchestrator.adapters.tables import METADATA

    seals = Seals(_folder())
    rows = _done(demo, lambda at: reseal(at, seals, METADATA.tables))
    if not printed({"rows": rows}, output):
        say("db.resealed", rows=sum(rows.values()))


def _folder() -> Path:
    from ecp.edge.services import data_dir

    return data_dir() / "orchestrator"


def _url(demo: bool) -> str:
    from ecp.orchestrator.bootstrap import database_url

    return database_url("demo" if demo else "production", _folder())


def _alone() -> None:
    """Raise Failure where a service of this folder works on its records."""
    from ecp.cli import process
    from ecp.edge.services import data_dir

    folder = data_dir()
    lock = process.Lock(folder)
    try:
        if lock.held() and not _only_databases(folder):
            raise Failure("db.running", 5, pid=lock.pid())
    finally:
        lock.close()


def _only_databases(folder: Path) -> bool:
    """Whether the full profile runs here without its orchestrator: then its databases are there
    for whoever moves records."""
    from ecp.cli.installation import keeper

    try:
        rows = keeper.ask(folder, "ps")["services"]
    except keeper.Unknown:
        return False
    return all(row["pid"] == 0 for row in rows if row["name"] == "backend")


def _done(demo: bool, work: Callable[[Connection], _T], *, writes: bool = True) -> _T:
    """Do *work* on the records. Raises Failure where they cannot be had."""
    import asyncio

    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.ext.asyncio import create_async_engine

    from ecp.orchestrator.adapters.connecting import driven, unopened
    from ecp.orchestrator.adapters.migrating import alone, still
    from ecp.orchestrator.ports import KeyUnusable, SealLost, StoreDamaged, WrongRevision

    url = _url(demo)
    if url.startswith("sqlite:///"):
        from pathlib import Path

        path = Path(url.removeprefix("sqlite:///"))
        if not writes and not path.exists():
            raise Failure("db.none", 4, path=path)
        path.parent.mkdir(parents=True, exist_ok=True)

    async def whole() -> _T:
        engine = create_async_engine(driven(url))
        try:
            return await (alone if writes else still)(engine, work)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(whole())
    except WrongRevision as error:
        raise Failure(error.key, 1, **error.values) from error
    except SealLost as error:
        raise Failure("secret.lost", 1) from error
    except KeyUnusable as error:
        raise Failure("secret.key-unusable", 1, name=error.name, detail=error.detail) from error
    except ImportError as error:
        raise Failure("db.no-driver", 1, driver=error.name) from error
    except SQLAlchemyError as error:
        failure = unopened(error, url)
        if isinstance(failure, StoreDamaged):
            place, detail = failure.place, failure.detail
            raise Failure("database.damaged", 1, place=place, detail=detail) from error
        raise Failure("database.failed", 7, detail=failure) from error
