#!/usr/bin/env python3
"""Provide the clients of tests/conformance that are no Python packages.

    tools/clients.py --provision     fetch and build what is missing; say what is gone on without
    tools/clients.py --print-json    what is here: {"helm3": path, "javascript": path, …}

The JavaScript client comes with npm, locked by its package-lock.json; Helm and the client-go tests
are built with the Go toolchain at hand, locked by go.mod and go.sum. Everything is kept below
.cache/clients, named after what it was made from, so that the second time nothing is left to do.
Where Node or Go is missing, their tests are skipped and say so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ROOT / "tests" / "conformance" / "clients"
CACHE: Final = ROOT / ".cache" / "clients"
_SECONDS: Final = 900


class Unavailable(Exception):
    """A client cannot be had on this machine; the message says why and what would help."""


class Client(NamedTuple):
    """A client: what it is made from (patterns below SOURCES) and how, into a new path."""

    sources: tuple[str, ...]
    make: Callable[[Path], None]


def _run(command: Sequence[str], where: Path, **environment: str) -> None:
    program = command[0]
    if shutil.which(program) is None:
        raise Unavailable(f"{program} is not on the PATH")
    done = subprocess.run(
        command, cwd=where, env={**os.environ, **environment}, timeout=_SECONDS,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Unavailable(f"{' '.join(command[:2])}: {' '.join(last)}")


def _npm(folder: Path) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        place.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, place)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _run(["npm", "ci", *quiet], place)

    return make


def _go(*arguments: str) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        verb, *rest = arguments
        # The toolchain at hand or none: an older one does not fetch its successor.
        command = ["go", verb, "-ldflags=-s -w", "-o", str(place), *rest]
        _run(command, SOURCES / "go", GOTOOLCHAIN="local", GOWORK="off", CGO_ENABLED="0")

    return make


_LOCK: Final = ("go/go.mod", "go/go.sum")
CLIENTS: Final = {
    "javascript": Client(("javascript/package*.json",), _npm(SOURCES / "javascript")),
    "helm3": Client(_LOCK, _go("build", "helm.sh/helm/v3/cmd/helm")),
    "helm4": Client(_LOCK, _go("build", "helm.sh/helm/v4/cmd/helm")),
    "client-go": Client((*_LOCK, "go/*.go"), _go("test", "-c", ".")),
}


def place_of(name: str) -> Path:
    """Return where a client is kept: its name and the digest of its sources."""
    digest = hashlib.sha256()
    for pattern in CLIENTS[name].sources:
        for source in sorted(SOURCES.glob(pattern)):
            digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return CACHE / f"{name}-{digest.hexdigest()[:12]}"


def present() -> dict[str, Path]:
    """Return the clients that are here."""
    return {name: place for name in CLIENTS if (place := place_of(name)).exists()}


def provision(name: str) -> Path:
    """Make sure of one client and return where it is. Raises Unavailable."""
    place = place_of(name)
    if place.exists():
        return place
    CACHE.mkdir(parents=True, exist_ok=True)
    for stale in CACHE.glob(f"{name}-*"):
        remove(stale)
    half = CACHE / f".{name}"
    remove(half)
    try:
        CLIENTS[name].make(half)
        half.rename(place)  # whole or not at all
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Unavailable(str(failure)) from failure
    finally:
        remove(half)
    return place


def remove(path: Path) -> None:
    """Remove a file or a folder that may not be there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def provision_all() -> None:
    """Make sure of every client that can be had here, and say what is gone on without."""
    for name in CLIENTS:
        try:
            print(f"{name}: {provision(name)}", file=sys.stderr)
        except Unavailable as failure:
            print(f"going on without {name}: {failure}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="tools/clients.py", description=__doc__.split("\n")[0])
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--print-json", action="store_true", help="what is here, as JSON")
    choice.add_argument("--provision", action="store_true", help="fetch and build what is missing")
    options = parser.parse_args(arguments)
    if options.provision:
        provision_all()
    else:
        print(json.dumps({name: str(path) for name, path in present().items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
