"""`ecp doctor`: is this machine fit to run ECP, and if not, what to do about it.

Every check looks at the machine and changes nothing. Texts are pairs, Korean and English; the
command line picks one by the reader's language.
"""

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from ecp.edge.services import SERVICES, TABLE, Service
from ecp.texts import text

LOWEST_PYTHON = (3, 11)
LOWEST_KUBECTL = (1, 32)
# A year of a busy cluster's journal and snapshots stays below this.
WANTED_FREE_BYTES = 1 << 30
LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp


class Text(NamedTuple):
    """One thing said in both languages."""

    ko: str
    en: str


NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    name    a stable word for programs, such as ``"port 6360"``
    ok      whether ECP can do with what was found
    detail  what was found
    remedy  what to do; empty when ok
    needed  False where ECP runs without it, less well
    """

    name: str
    ok: bool
    detail: Text
    remedy: Text = NOTHING
    needed: bool = True


class Port(NamedTuple):
    """A port that `ecp up` listens on, the setting that moves it, and what answers there."""

    number: int
    setting: str
    purpose: Text


def _port(service: Service) -> Port:
    spoken = Text(text(service.text, "ko"), text(service.text, "en"))
    return Port(service.port, service.setting, spoken)


PORTS = tuple(_port(service) for service in SERVICES)


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Return where the files of ECP are kept: ECP_DATA_DIR, else below the user's data folder."""
    named = environ.get("ECP_DATA_DIR")
    if named:
        return Path(named).expanduser()
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "ecp"


def diagnose(
    *,
    data_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
    full: bool = False,
) -> list[Check]:
    """Look at everything ECP needs of this machine; return one Check a thing, in a fixed order.

    *data_dir* and *environ* stand in for the process's own; *full*: what the full profile needs
    too. Raises nothing: what cannot be looked at is a Check that is not ok.
    """
    environ = os.environ if environ is None else environ
    where = data_dir or default_data_dir(environ)
    return [
        check_python(),
        *(check_port(port, environ) for port in PORTS),
        *(check_full_profile(environ) if full else ()),
        check_data_dir(where),
        check_disk(where),
        check_kubectl(shutil.which("kubectl", path=environ.get("PATH"))),
        check_engine_files(),
    ]


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Judge the running interpreter."""
    spoken = ".".join(str(part) for part in version)
    if version[:2] >= LOWEST_PYTHON:
        return Check("python", True, Text(f"Python {spoken}", f"Python {spoken}"))
    return Check(
        "python",
        False,
        Text(f"Python {spoken}: 너무 오래된 버전입니다", f"Python {spoken} is too old"),
        Text("Python 3.11 이상을 설치하세요", "install Python 3.11 or newer"),
    )


# --- the full profile ------------------------------------------------------------------------


def check_full_profile(environ: Mapping[str, str]) -> list[Check]:
    """Look for the programs of the services that are no processes of ours, and at their ports."""
    from ecp.cli.installation import plan
    from ecp.cli.installation.programs import PROGRAMS, found, missing

    parts = [TABLE[name] for name in plan.order()]
    kinds = [kind for kind in dict.fromkeys(part.kind for part in parts) if kind in PROGRAMS]
    checks = []
    for kind in kinds:
        lacking = missing([kind])
        name = f"program {PROGRAMS[kind].program}"
        path = found(kind) or "-"
        checks += [Check(name, True, Text(path, path))] if not lacking else []
        for program, package in lacking:
            said = Text(f"{program}: 설치되어 있지 않습니다", f"{program} is not here")
            mend = Text(f"{package} 패키지를 설치하세요", f"install {package}")
            checks.append(Check(name, False, said, mend))
    for part in parts:
        if not part.listens.process:
            check = check_port(_port(part.listens), environ)
            # Who may not have the first port gets the second.
            checks.append(replace(check, needed=not part.fallback))
    return checks


# --- ports -----------------------------------------------------------------------------------


def check_port(port: Port, environ: Mapping[str, str]) -> Check:
    """Try to listen on *port* (or where its setting moved it) on the loopback address."""
    said = environ.get(port.setting, "")
    if said and not (said.isascii() and said.isdigit() and 0 < int(said) < 65536):
        return Check(
            f"port {port.number}",
            False,
            Text(f"{port.setting}={said}: 포트 번호가 아닙니다", f"{port.setting}={said}: no port"),
            Text("1–65535 사이의 값을 쓰세요", "use a number from 1 to 65535"),
        )
    number = int(said or port.number)
    name = f"port {number}"
    failure = _listen_failure(number)
    if failure is None:
        return Check(
            name, True, Text(f"비어 있음 ({port.purpose.ko})", f"free ({port.purpose.en})")
        )
    if failure.errno != errno.EADDRINUSE:
        reason = os.strerror(failure.errno or 0)
        return Check(
            name,
            False,
            Text(f"열 수 없음: {reason}", f"cannot be opened: {reason}"),
            Text(f"{port.setting}로 옮기세요", f"move it with {port.setting}"),
        )
    holder = port_holder(number)
    if holder is not None and holder.is_ecp:
        return Check(
            name,
            True,
            Text(f"실행 중인 ECP (pid {holder.pid})", f"held by a running ECP (pid {holder.pid})"),
        )
    ko, en = (
        (f"{holder.command} (pid {holder.pid})",) * 2
        if holder
        else ("알 수 없는 프로세스", "a process that cannot be seen from here")
    )
    return Check(
        name,
        False,
        Text(f"사용 중: {ko} ({port.purpose.ko})", f"held by {en} ({port.purpose.en})"),
        Text(
            f"그 프로세스를 끝내거나 {port.setting}로 포트를 옮기세요",
            f"stop that process or move the port with {port.setting}",
        ),
    )


def _listen_failure(number: int) -> OSError | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        # As the server does it: a port in TIME_WAIT counts as free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", number))
            trial.listen(1)
        except OSError as failure:
            return failure
    return None


class Holder(NamedTuple):
    """The process that listens on a port."""

    pid: int
    command: str  # the program and its first arguments

    @property
    def is_ecp(self) -> bool:
        """Tell whether it is one of our own services."""
        return re.search(r"(^|[/ .])ecp( |$)|\becp\.(simulator|orchestrator|cli)\b", self.command) \
            is not None  # fmt: skip


def port_holder(number: int, proc: Path = Path("/proc")) -> Holder | None:
    """Return who listens on *number*; None where /proc does not say (or not to this user)."""
    inodes = set(_listening_inodes(number, proc))
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    processes = (entry for entry in proc.iterdir() if entry.name.isdigit())
    for process in sorted(processes, key=lambda entry: int(entry.name)):
        try:
            if any(os.readlink(open_file) in wanted for open_file in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                return Holder(int(process.name), " ".join(words[:4]).strip() or "?")
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return None


def _listening_inodes(number: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            rows = (proc / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            local_port = int(columns[1].rpartition(":")[2], 16)
            if local_port == number and columns[3] == LISTENING:
                yield columns[9]


# --- files -----------------------------------------------------------------------------------


def _nearest(path: Path) -> Path:
    """Return *path* or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def check_data_dir(path: Path) -> Check:
    """See whether journals and snapshots can be written at *path*, without creating it."""
    try:
        nearest = _nearest(path)
        writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    except OSError:  # a folder above it that may not be looked into
        nearest, writable = path, False
    if writable:
        state = ("쓸 수 있음", "writable") if nearest == path else ("만들 수 있음", "can be made")
        return Check("data", True, Text(f"{path}: {state[0]}", f"{path}: {state[1]}"))
    return Check(
        "data",
        False,
        Text(f"{path}에 쓸 수 없습니다", f"{path} cannot be written"),
        Text(
            f"{nearest}의 권한을 고치거나 ECP_DATA_DIR을 다른 폴더로 정하세요",
            f"give yourself write access to {nearest}, or set ECP_DATA_DIR to another folder",
        ),
    )


def check_disk(path: Path, free_bytes: Callable[[Path], int] | None = None) -> Check:
    """Compare the free space where *path* is with what a long-lived cluster may want."""
    try:
        free = free_bytes(path) if free_bytes else shutil.disk_usage(_nearest(path)).free
    except OSError as failure:
        reason = os.strerror(failure.errno or 0)
        unknown = Text(f"{path}: 알 수 없음 ({reason})", f"{path}: unknown ({reason})")
        return Check("disk", False, unknown, Text("폴더를 확인하세요", "check the folder"))
    spoken = f"{free / (1 << 30):.1f} GiB"
    if free >= WANTED_FREE_BYTES:
        return Check("disk", True, Text(f"{spoken} 남음", f"{spoken} free"))
    return Check(
        "disk",
        False,
        Text(f"{spoken}만 남음", f"only {spoken} free"),
        Text(
            "공간을 비우거나 ECP_DATA_DIR을 다른 디스크로 옮기세요 (1 GiB 이상)",
            "make room or move ECP_DATA_DIR to another disk (1 GiB or more)",
        ),
    )


def check_kubectl(program: str | None) -> Check:
    """Ask *program* for its version. ECP runs without kubectl; people rarely want to."""
    get_it = Text(
        "kubectl 1.32 이상을 PATH에 두세요 (없어도 ECP는 실행됩니다)",
        "put kubectl 1.32 or newer on the PATH (ECP itself runs without)",
    )
    if program is None:
        nowhere = Text("kubectl이 PATH에 없습니다", "no kubectl on the PATH")
        return Check("kubectl", False, nowhere, get_it, needed=False)
    try:
        command = [program, "version", "--client", "-o", "json"]
        answer = subprocess.run(command, capture_output=True, timeout=20, check=True).stdout
        version = str(json.loads(answer)["clientVersion"]["gitVersion"])
        numbers = tuple(int(part) for part in version.removeprefix("v").split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        silent = Text(f"{program}: 버전을 답하지 않습니다", f"{program} does not say its version")
        return Check("kubectl", False, silent, get_it, needed=False)
    found = Text(f"{version} ({program})", f"{version} ({program})")
    if numbers >= LOWEST_KUBECTL:
        return Check("kubectl", True, found, needed=False)
    return Check("kubectl", False, found, get_it, needed=False)


def check_engine_files(package: Traversable | None = None) -> Check:
    """Read every data file that came with the program: schemas, stages, faults, clusters."""
    package = package or resources.files("ecp")
    count, unreadable = 0, []
    for file in _data_files(package):
        try:
            with file.open("rb") as stream:
                empty = not stream.read(1)
        except OSError:
            empty = True
        count += 1
        if empty and file.name != "py.typed":
            unreadable.append(file.name)
    if count and not unreadable:
        return Check("files", True, Text(f"데이터 파일 {count}개", f"{count} data files"))
    names = ", ".join(unreadable[:5]) or "-"
    return Check(
        "files",
        False,
        Text(f"읽을 수 없는 데이터 파일: {names}", f"data files that cannot be read: {names}"),
        Text("ECP를 다시 설치하세요 (make setup)", "install ECP again (make setup)"),
    )


def _data_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _data_files(entry)
        elif not entry.name.endswith((".py", ".pyc", ".pyi")):
            yield entry
