"""`ecp cluster export` and `import`: clusters from one store into another, while nothing runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, TypeVar

import typer

from ecp.cli.options import Text, said
from ecp.cli.output import Failure, print_table, printed, say

if TYPE_CHECKING:
    from ecp.simulator.moving import Moved
    from ecp.simulator.storage import Store

_T = TypeVar("_T")
Names = Annotated[
    list[str] | None, typer.Argument(help=said("cli.move-names"), metavar="[CLUSTER]...")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `ecp cluster`."""
    app.command("export", help=said("cli.cluster-export"))(export)
    app.command("import", help=said("cli.cluster-import"))(import_)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=said("cli.export-file"))],
    names: Names = None,
    output: Text = "text",
) -> None:
    from ecp.simulator import moving

    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    if file.exists():
        raise Failure("db.file-there", 5, path=file)
    try:
        with _opened(unfinished, "xb", file) as out:
            moved = _done(file, lambda store: moving.write(store, names or (), out))
        # A whole file appears, or none.
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    _shown(file, moved, output)
    say("move.exported", path=file, count=len(moved))


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=said("cli.import-file"))],
    names: Names = None,
    force: Annotated[bool, typer.Option("--force", help=said("cli.import-force"))] = False,
    output: Text = "text",
) -> None:
    from ecp.simulator import moving

    with _opened(file, "rb", file) as content:
        moved = _done(file, lambda store: moving.read(store, names or (), content, force=force))
    _shown(file, moved, output)
    say("move.imported", path=file, count=len(moved))


def _opened(path: Path, mode: Literal["rb", "xb"], shown: Path) -> BinaryIO:
    try:
        return path.open(mode)
    except OSError as error:
        raise Failure("db.no-file", 1, path=shown, detail=error.strerror or error) from error


def _shown(file: Path, moved: list[Moved], output: str) -> None:
    rows = [one._asdict() for one in moved]
    if not printed({"file": str(file), "clusters": rows}, output):
        print_table(
            ("NAME", "BYTES", "REQUESTS", "SNAPSHOTS", "DIGEST"),
            [
                (one.name, str(one.bytes), str(one.requests), str(one.labels), one.digest[:16])
                for one in moved
            ],
        )


def _done(file: Path, work: Callable[[Store], _T]) -> _T:
    """Do *work* with the clusters that the settings name, which nobody else has open.

    Raises Failure.
    """
    from ecp.cli import process
    from ecp.edge.services import data_dir
    from ecp.simulator.moving import Unmovable
    from ecp.simulator.storage import Files, Unusable, chosen

    folder = data_dir()
    store = chosen(folder)
    try:
        with contextlib.ExitStack() as held:
            if isinstance(store, Files):  # a database knows by itself who has it open
                lock = process.Lock(folder)
                held.callback(lock.close)
                lock.take()
            held.callback(store.close)
            store.open()
            return work(store)
    except process.AlreadyRunning as error:
        raise Failure("db.running", 5, pid=error.pid) from error
    except Unmovable as error:
        raise Failure(error.key, error.code, path=file, **error.values) from error
    except Unusable as error:
        raise Failure(error.key, error.code, **error.values) from error
    except OSError as error:
        place, detail = error.filename or folder, error.strerror or error
        raise Failure("db.no-file", 1, path=place, detail=detail) from error
