"""`ecp` called in this process: starting another one costs most of a second, and shows no more."""

import io
import os
import sys
from pathlib import Path

import pytest

from ecp.cli.main import main


def called(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    cwd: Path,
    stdin: str = "",
    *,
    together: bool = False,
) -> tuple[int, str, str]:
    """Return exit code, output and complaints; *together* has the complaints in the output."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "12")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name not in environment:
                patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["ecp", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "__stdout__", out)  # how wide a terminal is asked of it
        patch.setattr(sys, "stderr", out if together else err)
        patch.chdir(cwd)
        with pytest.raises(SystemExit) as ended:
            main()
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return int(ended.value.code or 0), said[0], said[1]
