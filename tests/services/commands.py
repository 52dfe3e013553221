"""`ecp` called in this process: starting another one costs most of a second, and shows no more.

Its commands take their language when they are loaded, so English is spoken here; for Korean a
process is started.
"""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

with pytest.MonkeyPatch.context() as _english:
    _english.setenv("ECP_LANG", "en")
    from ecp.cli.commands import app
    from ecp.cli.main import main
    from ecp.cli.output import Failure
    from ecp.cli.usage import complaint


def called(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    cwd: Path,
    stdin: str = "",
    *,
    together: bool = False,
) -> tuple[int, str, str]:
    """Return exit code, output and complaints; *together* has the complaints in the output."""
    if environment.get("ECP_LANG", "en") != "en":
        return _started(arguments, environment, cwd, stdin, together=together)
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "12")
    with pytest.MonkeyPatch.context() as patch:
        # As a whole, and so given back: a command may add to it for its own ends.
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(environment)
        patch.setattr(sys, "argv", ["ecp", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "__stdout__", out)  # how wide a terminal is asked of it
        patch.setattr(sys, "stderr", out if together else err)
        patch.chdir(cwd)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.environ.clear()
            os.environ.update(kept)
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return int(ended.value.code or 0), said[0], said[1]


def misread(arguments: tuple[str, ...]) -> str | None:
    """Return what `ecp` would say is wrong with a call before it did anything; None: nothing."""
    command: Any = typer.main.get_command(app)
    name: str | None = "ecp"
    rest, context = list(arguments), None
    try:
        while True:
            context = command.make_context(name, rest, parent=context)
            if not hasattr(command, "resolve_command"):
                return None
            left = [*context._protected_args, *context.args]
            name, command, rest = command.resolve_command(context, left)
    except Failure as error:
        return error.spoken("en")
    except Exception as error:
        told = complaint(error)
        if told is None:
            raise
        return told


def _started(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    cwd: Path,
    stdin: str,
    *,
    together: bool,
) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ecp.cli.main", *arguments],
        env=environment,
        cwd=cwd,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr or ""
