#!/usr/bin/env python3
"""Make sure that everything ``make test`` needs is on this machine.

As root on a Debian machine, missing packages are installed with apt-get: only the missing ones,
and the package lists are fetched only when the package is not in the lists at hand. Elsewhere
each missing thing is named with the way to get it, and the exit code is 1. The kubectl that the
tests drive is found or fetched by ``tools/kubectl.py``, the other clients by ``tools/clients.py``,
without installing them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import clients
import kubectl


class Need(NamedTuple):
    """A program that tests call: its Debian package, and what it is for."""

    program: str
    package: str
    purpose: str


NEEDS = (
    Need("git", "git", "the tidiness tests read the list of tracked files"),
    Need("curl", "curl", "the tour of README.md is walked with it"),
    Need("npm", "npm", "the consoles are built and tested with it, and node 20.19 or newer"),
    Need("chromium", "chromium", "the consoles are opened in it"),
    Need("prometheus", "prometheus", "the rules of service levels are judged by it"),
    Need("promtool", "prometheus", "the rules' own tests are run by it"),
    Need("docker-compose", "docker-compose", "compose.yaml is read by it"),
    Need("nginx", "nginx-light", "the web services of the guide's installation"),
    Need("redis-server", "redis-server", "the Redis of the guide's installation"),
    Need("pg_ctlcluster", "postgresql", "the databases of the guide's installation"),
    Need("redis-server", "redis-server", "minutes go through it from one service to the other"),
)
SECONDS_FOR_APT = 600


def missing() -> list[Need]:
    """Return the needs whose program is not on the PATH."""
    return [need for need in NEEDS if shutil.which(need.program) is None]


def can_install() -> bool:
    """Tell whether this process may install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and _is_debian()


def _is_debian() -> bool:
    return Path("/etc/debian_version").exists()


def install(needs: list[Need]) -> None:
    """Install the packages of *needs*; fetch the package lists only when apt asks for them.

    Raises CalledProcessError when apt fails with fresh lists too.
    """
    packages = list(dict.fromkeys(need.package for need in needs))
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    # In single-user mode Debian's packages start no service: the tests start their own.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    first = subprocess.run(
        command, env=quiet, capture_output=True, timeout=SECONDS_FOR_APT, check=False
    )
    if first.returncode != 0:  # unknown package or a stale list: both are cured by new lists
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, timeout=SECONDS_FOR_APT, check=True)
        subprocess.run(command, env=quiet, timeout=SECONDS_FOR_APT, check=True)


def main() -> int:
    """Check, install where possible, and return the exit code."""
    lacking = missing()
    if lacking and can_install():
        print("installing", *(need.package for need in lacking), file=sys.stderr)
        try:
            install(lacking)
        except subprocess.SubprocessError as failure:
            print(f"apt-get: {failure}", file=sys.stderr)
        lacking = missing()
    for need in lacking:
        print(
            f"missing: {need.program} ({need.purpose}); install it with your package manager "
            f"(Debian: apt-get install {need.package}) or run `make test` as root",
            file=sys.stderr,
        )
    try:
        found = kubectl.provision()
    except kubectl.Unavailable as failure:
        print(f"missing: kubectl >= 1.32 (drives the cluster in tests); {failure}", file=sys.stderr)
        return 1
    for version, binary in found.items():
        print(f"kubectl {kubectl.spoken(version)}: {binary}", file=sys.stderr)
    clients.provision_all()
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
