"""Which programs of this machine the full profile runs, and as whom.

Nothing is installed here: what is missing is named with the package that has it.
"""

import ctypes
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

# PostgreSQL refuses to run as root: there it is this user's, who has nothing else.
POSTGRES_USER: Final = "postgres"
_POSTGRES_PLACES: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_SBIN: Final = ("/usr/sbin", "/sbin", "/usr/local/sbin")  # where nginx is and a user does not look
_PR_SET_PDEATHSIG: Final = 1


class Missing(NamedTuple):
    """A program that is not here, and the Debian package that has it."""

    program: str
    package: str


# kind of service: the program, its package
PROGRAMS: Final = {
    "web": Missing("nginx", "nginx-light"),
    "redis": Missing("redis-server", "redis-server"),
    "postgres": Missing("postgres", "postgresql"),
    "prometheus": Missing("prometheus", "prometheus"),
}
DRIVER: Final = Missing("asyncpg (Python)", "pip: ecp[postgresql]")


def found(kind: str) -> str | None:
    """Return the program of a kind of service; None where it is not on this machine."""
    if kind == "postgres":
        folder = postgres_folder()
        return None if folder is None else str(folder / "postgres")
    wanted = PROGRAMS.get(kind)
    if wanted is None:
        return None
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    return shutil.which(wanted.program, path=path)


def postgres_folder() -> Path | None:
    """Return the folder with `postgres` and `initdb`, the newest server's; None for none."""
    on_path = shutil.which("pg_ctl")
    places = [] if on_path is None else [os.path.dirname(os.path.realpath(on_path))]
    for pattern in _POSTGRES_PLACES:
        places += sorted(glob.glob(pattern), reverse=True)
    return next((Path(place) for place in places if Path(place, "initdb").exists()), None)


def missing(kinds: list[str]) -> list[Missing]:
    """Return what these kinds of service need and this machine lacks."""
    lacking = [PROGRAMS[kind] for kind in kinds if kind in PROGRAMS and found(kind) is None]
    if "postgres" in kinds and importlib.util.find_spec("asyncpg") is None:
        lacking.append(DRIVER)
    if "postgres" in kinds and os.geteuid() == 0 and not _has_postgres_user():
        lacking.append(Missing(f"setpriv, user {POSTGRES_USER}", "util-linux, postgresql"))
    return lacking


def _has_postgres_user() -> bool:
    try:
        pwd.getpwnam(POSTGRES_USER)
    except KeyError:
        return False
    return shutil.which("setpriv") is not None


def as_postgres() -> tuple[str, ...]:
    """Return what stands before a command so that PostgreSQL takes its user for no root."""
    if os.geteuid() != 0:
        return ()
    who = (f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--clear-groups")
    return ("setpriv", *who, "--pdeathsig", "INT")


def give_to_postgres(folder: Path) -> None:
    """Make a folder that PostgreSQL's user may write. Raises Unreachable, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam(POSTGRES_USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
    tried = subprocess.run([*as_postgres(), "test", "-w", str(folder)], check=False, cwd="/")
    if tried.returncode != 0:
        raise Unreachable(folder)


class Unreachable(Exception):
    """As root: the user of PostgreSQL cannot get to the data folder; `args[0]` is the folder."""


def tied_to_parent(signum: signal.Signals) -> Callable[[], None] | None:
    """Return what a child calls before its program begins, to be told when its parent dies.

    Linux only; elsewhere what outlives a killed parent is found by its port at the next start.
    """
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def tie() -> None:
        library.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)

    return tie
