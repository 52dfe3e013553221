#!/usr/bin/env python3
"""Find or fetch the kubectl that the tests drive, without installing anything.

The kubectl on the PATH is used when it is new enough. A version that is missing is taken from
a newer Debian suite: the mirror and the keyring are read from this machine's own apt sources,
apt works in a private state directory under ``.cache/`` and checks signatures as it always does,
and the package is unpacked, never installed. The system's apt state is not touched and root is
not needed.

    tools/kubectl.py                 print the path of a kubectl >= 1.32
    tools/kubectl.py --want 1.36     print the path of a kubectl 1.36.x
    tools/kubectl.py --print-json    {"1.32": path, "1.36": path} of what is here; fetches nothing
    tools/kubectl.py --provision     fetch what the tests use and is missing, then as --print-json

Exit codes: 0 found, 1 not to be had (the reason and the remedy on stderr), 2 usage.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Version = tuple[int, int]

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "kubectl"
PROGRAM = Path("usr/bin/kubectl")
LOWEST: Version = (1, 32)
TESTED: tuple[Version, ...] = ((1, 32), (1, 36))
# The package that ships the program: newer suites call it kubectl, older ones kubernetes-client
# (which in the newer ones is an empty transitional package).
PACKAGES = ("kubectl", "kubernetes-client")
# Oldest first: the suite that settles a request soonest is also the one that changes least.
SUITES = ("trixie", "forky", "sid", "experimental")
DEFAULT_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT_ETC = Path("/etc/apt")


class Unavailable(Exception):
    """No such kubectl can be had here; the message says why and what to do."""


class Source(NamedTuple):
    """One archive that apt on this machine already trusts."""

    uri: str
    suites: tuple[str, ...]
    signed_by: str  # a keyring path, or "" for apt's own trusted set


# --- what is here ----------------------------------------------------------------------------


def spoken(version: Version) -> str:
    """Return *version* as people write it: ``(1, 36)`` gives ``"1.36"``."""
    return f"{version[0]}.{version[1]}"


def parse_minor(text: str) -> Version:
    """Return major and minor of a version such as ``v1.32.4-eks`` or ``1.36``.

    Raises ValueError when *text* does not start with two numbers.
    """
    match = re.match(r"v?(\d+)\.(\d+)", text)
    if match is None:
        raise ValueError(f"not a Kubernetes version: {text!r}")
    return int(match[1]), int(match[2])


def version_of(binary: Path) -> Version | None:
    """Ask *binary* for its version; None when it does not answer as a kubectl does."""
    command = [str(binary), "version", "--client", "-o", "json"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return parse_minor(json.loads(answer.stdout)["clientVersion"]["gitVersion"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def present() -> dict[Version, Path]:
    """Return each usable kubectl here by its minor version; the PATH wins over the cache."""
    found: dict[Version, Path] = {}
    candidates = [*sorted(CACHE.glob(f"*/{PROGRAM}"))]
    on_path = shutil.which("kubectl")
    if on_path:
        candidates.append(Path(on_path))
    for binary in candidates:
        version = version_of(binary)
        if version is not None and version >= LOWEST:
            found[version] = binary
    return dict(sorted(found.items()))


# --- the machine's own archives --------------------------------------------------------------


def parse_one_line(text: str) -> Iterator[Source]:
    """Yield the archives of a ``sources.list`` file (``deb [options] uri suite components``)."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)", line)
        if match:
            options = dict(o.split("=", 1) for o in (match[1] or "").split() if "=" in o)
            yield Source(match[2], (match[3],), options.get("signed-by", ""))


def parse_deb822(text: str) -> Iterator[Source]:
    """Yield the archives of a ``.sources`` file (stanzas of ``Field: value``)."""
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", bare):
        fields = {
            name.lower(): " ".join(value.split())
            for name, value in re.findall(r"^([\w-]+):((?:.*(?:\n[ \t].*)*))", stanza, re.M)
        }
        usable = fields.get("enabled", "yes").lower() not in {"no", "false"}
        if not usable or "deb" not in fields.get("types", "").split():
            continue
        signed_by = fields.get("signed-by", "")
        if not signed_by.startswith("/"):  # a key written into the stanza is for its own suite
            signed_by = ""
        for uri in fields.get("uris", "").split():
            yield Source(uri, tuple(fields.get("suites", "").split()), signed_by)


def archives(etc: Path = APT_ETC) -> list[Source]:
    """Return every archive in the apt sources under *etc*, in apt's reading order."""
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    found: list[Source] = []
    for file in files:
        if file.suffix == ".list" and file.is_file():
            found.extend(parse_one_line(file.read_text()))
        elif file.suffix == ".sources" and file.is_file():
            found.extend(parse_deb822(file.read_text()))
    return found


def debian_mirror(sources: Sequence[Source]) -> Source:
    """Return the archive that carries whole Debian suites: not security, updates or a vendor.

    Raises Unavailable when the machine knows no such archive.
    """
    for source in sources:
        path = source.uri.rstrip("/")
        # A mirror of Debian ends in /debian by convention, pinned snapshots included.
        whole = re.search(r"/debian(/\d{8}T\d{6}Z)?$", path) is not None
        side = all(re.search(r"-(security|updates|backports)|/", s) for s in source.suites)
        if whole and not side:
            return source
    raise Unavailable(
        f"no Debian archive in {APT_ETC}; install a kubectl >= {spoken(LOWEST)} on the PATH"
    )


# --- a private apt ---------------------------------------------------------------------------


class Apt:
    """apt over one suite, with its own lists, cache and sources below *home*."""

    def __init__(self, home: Path, mirror: Source, suite: str) -> None:
        self.home, self.suite = home, suite
        for directory in ("state/lists/partial", "cache/archives/partial"):
            (home / directory).mkdir(parents=True, exist_ok=True)
        (home / "state" / "status").touch()
        # Beside the stanza's own keyring the archive's, which knows the newer suites too.
        trusted = [mirror.signed_by, str(DEFAULT_KEYRING)]
        keyrings = [name for name in dict.fromkeys(trusted) if name and Path(name).exists()]
        option = f" [signed-by={','.join(keyrings)}]" if keyrings else ""
        (home / "sources.list").write_text(f"deb{option} {mirror.uri} {suite} main\n")
        (home / "apt.conf").write_text(
            f'Dir::State "{home}/state";\n'
            f'Dir::State::status "{home}/state/status";\n'  # nothing counts as installed
            f'Dir::Cache "{home}/cache";\n'
            f'Dir::Etc::sourcelist "{home}/sources.list";\n'
            'Dir::Etc::sourceparts "/dev/null";\n'
            'Dir::Etc::preferences "/dev/null";\n'
            'Dir::Etc::preferencesparts "/dev/null";\n'
            'APT::Update::Error-Mode "any";\n'  # half an update is none
            'Acquire::Languages "none";\n'
            'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";\n'
            'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";\n'
            # Hooks of the system's apt are about the system's state.
            "#clear APT::Update::Pre-Invoke;\n"
            "#clear APT::Update::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n"
        )

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run one apt tool with this state; return what it printed.

        Raises Unavailable with apt's own last words when it fails.
        """
        line = [command[0], "-c", str(self.home / "apt.conf"), *command[1:]]
        done = subprocess.run(line, capture_output=True, text=True, cwd=cwd, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise Unavailable(f"{self.suite}: {' '.join(command[:2])}: {' '.join(last)}")
        return done.stdout

    def offered(self) -> tuple[str, str] | None:
        """Return package and version that ship kubectl in this suite, None when none does."""
        self.run("apt-get", "update", "-qq")
        for package in PACKAGES:
            # `policy` answers with nothing for a package that the suite does not know.
            said = self.run("apt-cache", "policy", package)
            match = re.search(r"^  Candidate: (\d\S*)", said, re.M)
            if match:
                return package, match[1]
        return None

    def unpack(self, package: str, version: str) -> Path:
        """Download *package* and return its kubectl, unpacked below the cache.

        Raises Unavailable when the package carries no kubectl that runs here.
        """
        downloads = self.home / "download"
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir()
        # The sandbox user of apt cannot write here when the clone is private to its owner.
        sandbox = "APT::Sandbox::User=root"
        self.run("apt-get", "-o", sandbox, "download", "-qq", f"{package}={version}", cwd=downloads)
        (archive,) = downloads.glob("*.deb")
        place, half = CACHE / version, CACHE / f".{version}.half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        subprocess.run(["dpkg-deb", "-x", str(archive), str(half)], check=True)
        shutil.rmtree(downloads)
        if version_of(half / PROGRAM) is None:
            shutil.rmtree(half)
            raise Unavailable(f"{self.suite}: {package} {version} has no kubectl that runs here")
        shutil.rmtree(place, ignore_errors=True)
        half.rename(place)  # whole or not at all: an interrupted run leaves no half kubectl
        return place / PROGRAM


def fetch(want: Version) -> Path:
    """Fetch the newest kubectl of minor *want* from the first suite that has one.

    Raises Unavailable when this is no Debian machine or when no suite has that minor.
    """
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise Unavailable(
            f"{', '.join(missing)} not found: put a kubectl {spoken(want)} on the PATH "
            "(your package manager calls it kubectl or kubernetes-cli)"
        )
    mirror = debian_mirror(archives())
    said: list[str] = []
    for suite in SUITES:
        apt = Apt(CACHE.parent / "apt" / suite, mirror, suite)
        try:
            offer = apt.offered()
            if offer is not None and parse_minor(offer[1]) == want:
                binary = apt.unpack(*offer)
                print(f"kubectl {offer[1]} from Debian {suite}", file=sys.stderr)
                return binary
        except Unavailable as failure:
            said.append(str(failure))
            continue
        finally:
            shutil.rmtree(apt.home)  # the lists are of use to nobody afterwards
        said.append(f"{suite} has {offer[1] if offer else 'none'}")
    raise Unavailable(f"no suite has kubectl {spoken(want)}: {'; '.join(said)}")


# --- the command -----------------------------------------------------------------------------


def as_json(found: Mapping[Version, Path]) -> str:
    """Return the answer of ``--print-json``: minor version to path."""
    return json.dumps({spoken(version): str(path) for version, path in found.items()})


def provision() -> dict[Version, Path]:
    """Make sure of a kubectl >= 1.32, and of the newest tested one where a suite has it.

    Raises Unavailable when there is none at all; a missing second version is only reported.
    """
    found = present()
    if not found:
        oldest, newest = TESTED[0], TESTED[-1]
        try:
            found[newest] = fetch(newest)
        except Unavailable:
            found[oldest] = fetch(oldest)
    if TESTED[-1] not in found:
        try:
            found[TESTED[-1]] = fetch(TESTED[-1])
        except Unavailable as failure:
            print(f"going on without kubectl {spoken(TESTED[-1])}: {failure}", file=sys.stderr)
    return dict(sorted(found.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="tools/kubectl.py", description=__doc__.split("\n")[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--want", type=parse_minor, metavar="1.36", help="this minor version")
    choice.add_argument("--print-json", action="store_true", help="what is here, as JSON")
    choice.add_argument("--provision", action="store_true", help="fetch what the tests use")
    options = parser.parse_args(arguments)
    try:
        if options.print_json:
            print(as_json(present()))
        elif options.provision:
            print(as_json(provision()))
        elif options.want:
            print(present().get(options.want) or fetch(options.want))
        else:
            # The PATH's own, when it is new enough, is the last one that present() looks at.
            found = present()
            print(next(iter(found.values())) if found else fetch(LOWEST))
    except Unavailable as failure:
        print(f"kubectl: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
