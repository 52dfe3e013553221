"""The table of services as processes: commands, files, environments, in a folder of their own.

Planning writes files and starts nothing. Everything of the full profile is below FOLDER/full:
`control` (who runs is asked there), `logs/`, and a folder a service.
"""

import errno
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecp.cli.installation import configuration, programs
from ecp.edge.services import TABLE, Part, chosen_ports, host

_MODULES: Final = {"backend": "ecp.orchestrator.app", "k8s-simulator-backend": "ecp.simulator.app"}
_LOOPBACK: Final = "127.0.0.1"
_NAMED: Final = re.compile(r"\{([a-z0-9-]+)(\.port)?\}")
# Grafana is in no Debian; where a machine has one, its own dashboards are a matter of its own.
NOT_HERE: Final = ("grafana",)
# A new server of PostgreSQL whole or not at all: made beside, then moved.
_NEW_POSTGRES: Final = """\
rm -rf new &&
"$0"/initdb -D new -U "$1" -A scram-sha-256 --pwfile=password -E UTF8 --locale=C >&2 &&
echo "CREATE DATABASE $2" | "$0"/postgres --single -D new postgres >&2 && mv new data"""


@dataclass(frozen=True, slots=True)
class Step:
    """A process to start: its command, and `prepare`, run before it until that has succeeded once.

    `health` is a path to get or, beginning with a blank, a word for another way of asking.
    """

    part: Part
    port: int
    folder: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: str
    stop: signal.Signals = signal.SIGTERM
    prepare: tuple[str, ...] = ()
    made: str = ""

    @property
    def prepared(self) -> bool:
        return not self.made or (self.folder / self.made).exists()


def folder_of(data: Path) -> Path:
    """Return where the full profile keeps its own."""
    return data / "full"


def password(data: Path) -> str:
    """Return the databases' password: ECP_POSTGRES_PASSWORD, else one that is made and kept."""
    said = os.environ.get("ECP_POSTGRES_PASSWORD", "")
    if said:
        return said
    kept = folder_of(data) / "password"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_name("password.new")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(18))
        fresh.rename(kept)
    return kept.read_text().strip()


def ports() -> dict[str, int]:
    """Return the port of each service here. Raises BadSetting.

    One with a fallback moves there where this user may not listen on its own, unless the
    environment insists.
    """
    chosen = chosen_ports(part.listens for part in TABLE.values())
    found = {name: chosen[part.listens] for name, part in TABLE.items()}
    for name, part in TABLE.items():
        insisted = os.environ.get(part.listens.setting, "")
        if part.fallback and not insisted and not _allowed(found[name]):
            found[name] = part.fallback
    return found


def _allowed(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind((_LOOPBACK, port))
        except OSError as error:
            return error.errno not in (errno.EACCES, errno.EPERM)
    return True


def busy(number: int) -> bool:
    """Is somebody listening on a port of the loopback address?"""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((_LOOPBACK, number))
            trial.listen(1)
        except OSError:
            return True
    return False


def addresses(numbers: Mapping[str, int]) -> dict[str, str]:
    """Return where each service answers on this machine."""
    return {name: f"{_LOOPBACK}:{number}" for name, number in numbers.items()}


def filled(template: str, places: Mapping[str, str], numbers: Mapping[str, int], word: str) -> str:
    """Return a value of the table's environments with addresses, ports and the password in it."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "password":
            return word
        return str(numbers[name]) if match[2] else places[name]

    return _NAMED.sub(value, template)


def order(names: Iterable[str] = ()) -> list[str]:
    """Return services (default: all that run here) and what they need, each after its needs."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in found and name not in NOT_HERE:
            for need in TABLE[name].needs:
                visit(need)
            found[name] = None

    for name in names or TABLE:
        visit(name)
    return list(found)


def planned(data: Path) -> dict[str, Step]:
    """Write what the servers read; return every process, each after those it needs.

    Raises BadSetting, programs.Unreachable, OSError.
    """
    numbers = ports()
    places = addresses(numbers)
    word = password(data)
    steps = {}
    for name in order():
        part = TABLE[name]
        folder = folder_of(data) / name
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            key: filled(value, places, numbers, word) for key, value in part.environment.items()
        }
        make = _MAKERS[part.kind]
        steps[name] = make(part, numbers[name], folder, environment, places)
        if part.kind == "postgres":
            _lend_password(folder, word)
    return steps


def _ecp(
    part: Part, port: int, folder: Path, environment: Mapping[str, str], _: Mapping[str, str]
) -> Step:
    command = (sys.executable, "-m", _MODULES[part.name])
    return Step(part, port, folder, command, {**environment, "ECP_LOG": "json"}, "/health")


def _web(
    part: Part, port: int, folder: Path, environment: Mapping[str, str], places: Mapping[str, str]
) -> Step:
    address = host()
    listen = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    web = configuration.Web(listen, str(folder), places, part.listens.chosen_port())
    file = folder / "nginx.conf"
    file.write_text(configuration.nginx(part, web), "utf-8")
    command = (_program("web"), "-p", str(folder), "-c", str(file), "-e", "stderr")
    return Step(part, port, folder, command, environment, configuration.HEALTH_OF_WEB)


def _postgres(
    part: Part, port: int, folder: Path, environment: Mapping[str, str], _: Mapping[str, str]
) -> Step:
    programs.give_to_postgres(folder)
    binaries = str(programs.postgres_folder())
    before = programs.as_postgres()
    options = {
        "listen_addresses": _LOOPBACK,
        "unix_socket_directories": "",
        "max_connections": "50",
        "shared_buffers": "32MB",
    }
    told = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    command = (*before, f"{binaries}/postgres", "-D", "data", "-p", str(port), *told)
    prepare = (*before, "sh", "-c", _NEW_POSTGRES, binaries, part.role, part.database)
    # SIGINT: clients are let go; with SIGTERM it would wait for them.
    stop = signal.SIGINT
    return Step(part, port, folder, command, environment, " postgres", stop, prepare, "data")


def _lend_password(folder: Path, word: str) -> None:
    """Put the password where a new server reads it, once."""
    if (folder / "data").exists():
        return
    file = folder / "password"
    file.touch(mode=0o600)
    file.write_text(word)
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _redis(
    part: Part, port: int, folder: Path, environment: Mapping[str, str], _: Mapping[str, str]
) -> Step:
    words = {"port": str(port), "bind": _LOOPBACK, "dir": str(folder), "appendonly": "yes"}
    told = [word for key, value in words.items() for word in (f"--{key}", value)]
    command = (_program("redis"), *told, "--save", "", "--daemonize", "no")
    return Step(part, port, folder, command, environment, " redis")


def _prometheus(
    part: Part, port: int, folder: Path, environment: Mapping[str, str], places: Mapping[str, str]
) -> Step:
    file = folder / "prometheus.yml"
    file.write_text(configuration.prometheus(places), "utf-8")
    (folder / "rules.yml").write_text(configuration.rules(), "utf-8")
    command = (
        _program("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=15d",
        f"--web.listen-address={_LOOPBACK}:{port}",
        "--log.format=json",
    )
    return Step(part, port, folder, command, environment, "/-/ready")


def _program(kind: str) -> str:
    program = programs.found(kind)
    assert program is not None, "who plans has looked for what is missing"
    return program


_MAKERS: Final = {
    "ecp": _ecp,
    "web": _web,
    "postgres": _postgres,
    "redis": _redis,
    "prometheus": _prometheus,
}
