"""What `ecp compose` and `ecp serve` do: the full profile as docker-compose would show it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from ecp.cli.installation import keeper, plan, programs
from ecp.cli.options import said
from ecp.cli.output import Failure, padded, print_table, printed, say
from ecp.cli.process import Lock, NotStarted, NotStopped, PortBusy, listener, stop_running
from ecp.edge.services import TABLE, Service, check_settings, data_dir

_FOLLOW_EVERY_S: Final = 0.2


def checked(names: Iterable[str] | None) -> list[str]:
    """Return the services named. Raises Failure for one that is none, or does not run here."""
    found = list(names or ())
    for name in found:
        if name not in TABLE:
            raise Failure("compose.unknown", 4, name=name, known=", ".join(TABLE))
        if name in plan.NOT_HERE:
            raise Failure("compose.not-here", 4, name=name)
    return found


def run_full(names: list[str], ready: Callable[[dict[Service, int]], None]) -> None:
    """Run the full profile in the foreground until a signal. Raises Failure."""
    data = data_dir()
    try:
        keeper.run(data, names, ready)
    except keeper.Lacking as error:
        rows = "\n".join(f"  {one.program}  (Debian: {one.package})" for one in error.missing)
        raise Failure("full.lacking", 1, rows=rows) from error
    except programs.Unreachable as error:
        raise Failure("full.unreachable", 1, path=error.args[0]) from error


# -- starting and stopping ------------------------------------------------------------------------


def up(services: list[str] | None, *, detach: bool) -> None:
    """Start services, in the foreground or behind; a running installation gets what it lacks."""
    names = checked(services)
    data = data_dir()
    try:
        _show_started(keeper.ask(data, "up", names), names)
    except keeper.Unknown:
        if detach:
            _start_behind(data, names)
        else:
            from ecp.cli.commands import start

            start("full", names)
    except PortBusy as error:
        raise _busy(error) from error
    except NotStarted as error:
        raise _not_started(error) from error


def _start_behind(data: Path, names: list[str]) -> None:
    """Start the keeper as a process of its own; return once everything is healthy."""
    logs = plan.folder_of(data) / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "ecp.log"
    with log.open("wb") as said_there:
        keeping = subprocess.Popen(
            [sys.executable, "-m", "ecp.cli.main", "compose", "up", *names],
            stdin=subprocess.DEVNULL,
            stdout=said_there,
            stderr=said_there,
            start_new_session=True,
        )
    deadline = time.monotonic() + 2 * keeper.START_WITHIN_S
    while time.monotonic() < deadline:
        if keeping.poll() is not None:
            # It has said why, in the reader's language.
            why = log.read_text(errors="replace").strip().removeprefix("ecp: ")
            raise Failure(None, keeping.returncode or 1, message=why)
        try:
            _show_started(keeper.ask(data, "ps"), names)
            return
        except (keeper.Unknown, ConnectionError):
            time.sleep(0.1)
    raise Failure("full.slow", 6, path=log)


def _show_started(answer: dict[str, Any], names: list[str]) -> None:
    wanted = plan.order(names)
    for row in answer["services"]:
        if row["name"] in wanted:
            print(f"{padded(row['name'], 26)}{row['state']}")
    remarks(names)


def remarks(names: list[str]) -> None:
    """Say what is otherwise than the table has it: ports that moved, services that do not run."""
    numbers = plan.ports()
    for name in plan.order(names):
        listens = TABLE[name].listens
        if numbers[name] != listens.chosen_port():
            values = {"port": listens.port, "now": numbers[name], "setting": listens.setting}
            say("full.fallback", what=said(listens.text), **values)
    if not names:
        for name in plan.NOT_HERE:
            say("compose.not-here", name=name)


def _busy(error: PortBusy) -> Failure:
    listens = error.service
    values: dict[str, Any] = {
        "port": error.port,
        "holder": error.holder,
        "setting": listens.setting,
    }
    return Failure("up.port-busy", 1, what=said(listens.text), **values)


def _not_started(error: NotStarted) -> Failure:
    what, _, detail = str(error).partition(": ")
    return Failure("up.failed", 1, what=what, detail=detail)


def _asked(wish: str, services: Iterable[str] | None) -> dict[str, Any]:
    names = checked(services)
    try:
        return keeper.ask(data_dir(), wish, names)
    except keeper.Unknown as error:
        raise Failure("compose.none", 1, path=data_dir()) from error
    except PortBusy as error:
        raise _busy(error) from error
    except NotStarted as error:
        raise _not_started(error) from error


def down() -> None:
    """Stop everything."""
    data = data_dir()
    try:
        stopped = stop_running(data)
    except NotStopped as error:
        raise Failure("down.still", 6, pid=error.args[0]) from error
    say("up.stopped" if stopped else "down.none", path=data)


def restart(services: list[str] | None) -> None:
    """Stop services and start them again."""
    _show_started(_asked("restart", services), checked(services))


def stop(services: list[str] | None) -> None:
    """Stop services; the others go on."""
    _asked("stop", services)


def start_again(services: list[str] | None) -> None:
    """Start services that were stopped, and what they need."""
    _show_started(_asked("up", services), checked(services))


# -- looking --------------------------------------------------------------------------------------


def ps(output: str) -> None:
    """Print how every service stands."""
    try:
        rows = keeper.ask(data_dir(), "ps")["services"]
    except keeper.Unknown:
        rows = [
            {"name": name, "state": "stopped", "port": port, "inside": TABLE[name].inside, "pid": 0}
            for name, port in plan.ports().items()
            if name not in plan.NOT_HERE
        ]
    if printed(rows, output):
        return
    print_table(
        ("NAME", "STATE", "PORTS", "PID"),
        [
            (
                row["name"],
                row["state"],
                f"127.0.0.1:{row['port']}->{row['inside']}/tcp" if row["pid"] else "",
                str(row["pid"] or ""),
            )
            for row in rows
        ],
    )


def logs(services: list[str] | None, *, follow: bool, tail: int) -> None:
    """Print what services have written: the last *tail* lines (-1: all), with *follow* the next."""
    names = checked(services) or [name for name in TABLE if name not in plan.NOT_HERE]
    folder = plan.folder_of(data_dir()) / "logs"
    wide = max(map(len, names))
    with_lines = {name: folder / f"{name}.log" for name in names}
    opened: dict[str, IO[bytes]] = {}
    while True:
        for name, path in with_lines.items():
            if name not in opened and path.exists():
                opened[name] = path.open("rb")
                if tail >= 0:
                    _skip(opened[name], tail)
            if name in opened:
                for line in opened[name].readlines():
                    print(f"{name:<{wide}} | {line.decode(errors='replace').rstrip()}")
        sys.stdout.flush()
        if not follow:
            return
        if not Lock(data_dir()).held():
            return  # nobody is left to write
        time.sleep(_FOLLOW_EVERY_S)


def _skip(file: IO[bytes], tail: int) -> None:
    """Go to where the last *tail* lines begin."""
    lines = file.readlines()
    file.seek(sum(map(len, lines[: max(0, len(lines) - tail)])))


# -- inside ---------------------------------------------------------------------------------------


def execute(service: str, words: list[str]) -> int:
    """Run a command as if it were in a service; return its exit code."""
    (name,) = checked([service])
    path, environment = _surroundings(name)
    program = shutil.which(words[0], path=path)
    if program is None:
        raise Failure("compose.no-program", 4, program=words[0])
    done = subprocess.run([program, *words[1:]], env=environment, check=False)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def _surroundings(name: str) -> tuple[str, dict[str, str]]:
    """Return the search path and the environment of a command "in" a service.

    The names and ports of the containers lead to the processes here, for curl; libpq finds the
    service's database by its own variables.
    """
    data = data_dir()
    part, numbers = TABLE[name], plan.ports()
    folder = plan.folder_of(data) / "exec" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".curlrc").write_text("".join(_leads(name, numbers)))
    places = plan.addresses(numbers)
    word = plan.password(data)
    own = {k: plan.filled(v, places, numbers, word) for k, v in part.environment.items()}
    environment = {**os.environ, **own, "CURL_HOME": str(folder)}
    path = os.environ.get("PATH", os.defpath)
    if part.kind == "postgres":
        path = os.pathsep.join((str(programs.postgres_folder()), path))
        environment |= {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(numbers[name]),
            "PGUSER": part.role,
            "PGDATABASE": part.database,
            "PGPASSWORD": word,
        }
    environment["PATH"] = path
    return path, environment


def _leads(name: str, numbers: dict[str, int]) -> Iterator[str]:
    """Yield lines of curl's configuration: NAME:INSIDE, and localhost:INSIDE for oneself."""
    for other, part in TABLE.items():
        for spoken in (other, "localhost", "127.0.0.1") if other == name else (other,):
            there = f"127.0.0.1:{numbers[other]}"
            yield f'connect-to = "{spoken}:{part.inside}:{there}"\n'


# -- one application in the foreground ------------------------------------------------------------

_SERVED: Final = {"backend": "ecp.orchestrator.app", "k8s-simulator-backend": "ecp.simulator.app"}


def serve(service: str, port: int | None) -> None:
    """Become one of our two applications, on *port* or the table's. Raises Failure, BadSetting."""
    if service not in _SERVED:
        raise Failure("compose.unknown", 4, name=service, known=", ".join(_SERVED))
    check_settings()
    listens: Service = TABLE[service].listens
    try:
        sock = listener(listens, port or listens.chosen_port())
    except PortBusy as error:
        raise _busy(error) from error
    sock.set_inheritable(True)
    environment = {**os.environ, "ECP_SOCKETS": str(sock.fileno())}
    os.execve(sys.executable, [sys.executable, "-m", _SERVED[service]], environment)
