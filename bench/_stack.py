"""`ecp up` on free ports over a folder of its own, and what its two services take."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ecp.edge.services import SERVICES

NAMES = ("simulator", "orchestrator")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stack:
    """Running services: ports by name, those of the pages too; process id of each of the two by
    name; wall seconds from command to both healthy."""

    ports: dict[str, int]
    pids: dict[str, int]
    seconds: float

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def resident_mb(self) -> dict[str, float]:
        """Return the resident memory (MB) of each service."""
        return {name: resident_mb(pid) for name, pid in self.pids.items()}

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time (s) that each service has taken so far."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}


def resident_mb(pid: int) -> float:
    """Return the resident memory (MB) of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = re.search(r"^VmRSS:\s*(\d+) kB", status, re.MULTILINE)
    assert resident is not None
    return int(resident[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time (s) that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Run both services until the block ends; *settings* are variables of theirs."""
    ports = dict(zip(SERVICES, _free_ports(len(SERVICES)), strict=True))
    named = {service.name: port for service, port in ports.items()}
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "ECP_DATA_DIR": folder,
            "ECP_DEMO": "off",
            **{service.setting: str(port) for service, port in ports.items()},
            **(settings or {}),
        }
        begun = time.monotonic()
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("ecp")), "up"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for name in NAMES:
                _await_health(named[name], begun)
            seconds = time.monotonic() - begun
            yield Stack(named, _children(process.pid), seconds)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _await_health(port: int, begun: float) -> None:
    """Return when /health answers. Raises TimeoutError after a minute."""
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10).close()
            return
        except OSError:
            # Refused, reset, or too slow to answer on a machine that has much else to do.
            if time.monotonic() - begun > 60:
                raise TimeoutError(f"port {port}") from None
            time.sleep(0.01)


def _children(parent: int) -> dict[str, int]:
    """Return the process id of each service among the children of *parent*."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if re.search(rf"^PPid:\s*{parent}$", status, re.MULTILINE):
            for name in NAMES:
                if f"ecp.{name}.app" in command:
                    found[name] = int(folder.name)
    return found
