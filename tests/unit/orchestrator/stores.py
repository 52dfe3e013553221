"""Databases that tests of records run on: a file of SQLite, and a PostgreSQL server of their own.

The server is started once a process, from the binaries of the machine, on a socket in a folder;
where there are none, or no driver, tests on it are skipped and say so.
"""

import atexit
import glob
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

# A server refuses to run as root.
_NOT_ROOT = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def missing() -> str | None:
    """Say what a PostgreSQL of our own lacks here; None where nothing does."""
    if importlib.util.find_spec("asyncpg") is None:
        return "asyncpg is not installed"
    if _binaries() is None:
        return "no PostgreSQL on this machine"
    if os.getuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL does not run as root, and there is no setpriv"
    return None


def _binaries() -> Path | None:
    on_path = shutil.which("pg_ctl")
    places = [] if on_path is None else [os.path.dirname(os.path.realpath(on_path))]
    for pattern in _PLACES:
        places += sorted(glob.glob(pattern), reverse=True)
    return next((Path(place) for place in places if Path(place, "initdb").exists()), None)


@lru_cache(maxsize=1)
def _server() -> str:
    """Start a server; return the folder of its socket. It ends with the process."""
    binaries = _binaries()
    assert binaries is not None
    folder = tempfile.mkdtemp(prefix="pg")
    prefix: tuple[str, ...] = ()
    if os.getuid() == 0:
        prefix = _NOT_ROOT
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data = f"{folder}/data"

    def run(*command: str) -> None:
        said = Path(folder, "said")
        with said.open("w") as out:
            done = subprocess.run([*prefix, *command], cwd=folder, stdout=out, stderr=out)
        assert done.returncode == 0, said.read_text()

    run(f"{binaries}/initdb", "-D", data, "-A", "trust", "-U", "ecp", "-N", "-E", "UTF8")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run(f"{binaries}/pg_ctl", "-D", data, "-o", options, "-w", "-l", f"{folder}/log", "start")

    def end() -> None:
        run(f"{binaries}/pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return folder


_made = 0


def postgresql() -> str:
    """Return the URL of an empty database on the server."""
    global _made
    folder = _server()
    _made += 1
    name = f"ecp{_made}"
    binaries = _binaries()
    command = [f"{binaries}/createdb", "-h", folder, "-U", "ecp", "-T", "template0", name]
    subprocess.run(command, check=True, capture_output=True)
    return f"postgresql://ecp@/{name}?host={folder}"
