"""Image facts: how big an image is, how long it takes to start, what it listens on.

Rows live in images/*.yaml; every row names its source: measured where, or assumed. An image
without a row is `generic`. The first row that matches wins, files in order of name, so a file
that starts with a lower number may override a later one.
"""

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import sha256
from importlib import resources
from typing import Any

import yaml

from ecp.kube import quantity
from ecp.kube.durations import parse as duration

_MEGABYTE = 1_000_000
# The C loader, where PyYAML has it, reads the same ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class InvalidImageName(ValueError):
    """The text is no image reference; the message is the container runtime's."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known about one image. Sizes in bytes, times in ns.

    `size` is what a node downloads. `start` is the time from the start of the process until it
    listens. `ports` are those it listens on; None = those the container declares. `cpu` is what it
    takes at rest, in nano-CPU. `memory` is its working set once started, `growth` what it gains
    an hour. `stop` is the time from SIGTERM to its end, None = it ignores SIGTERM; `stop_code` its
    exit code then. `drains`: after SIGTERM it stays until the calls that it has are over.
    `exits` is the time after which it ends by itself, None = it serves until it is
    told to stop; `exit_code` goes with that. `exits_bare` the same where the container gives it no
    command: a shell without a terminal ends at once. `needs_env`: it fails at once unless one of
    these is set. `private`: its registry gives it to nobody without credentials.
    `spares`: variables that name peers it does without: it answers although they are
    not there. `missing`: no registry has it. `user` is what USER of its configuration says, a
    number or a name: "0" where it has none, None where nobody knows. `start_bounds` are those
    between which an assumed `start` may lie, None = nobody says.
    """

    profile: str
    source: str
    size: int = 200 * _MEGABYTE
    start: int = 2_000_000_000
    ports: tuple[int, ...] | None = None
    memory: int = 64 * 1024 * 1024
    growth: int = 0
    stop: int | None = 1_000_000_000
    stop_code: int = 0
    drains: bool = False
    exits: int | None = None
    exit_code: int = 0
    exits_bare: int | None = None
    needs_env: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    missing: bool = False
    private: bool = False
    cpu: int = 1_000_000
    user: str | None = None
    start_bounds: tuple[int, int] | None = None


_FIELDS = {
    "match",
    "profile",
    "source",
    "size_mb",
    "start",
    "start_bounds",
    "ports",
    "cpu",
    "memory",
    "growth",
    "stop",
    "stop_code",
    "drains",
    "exits",
    "exit_code",
    "exits_bare",
    "needs_env",
    "spares",
    "missing",
    "private",
    "user",
}


class InvalidImageRow(ValueError):
    """A row of images/*.yaml says something that is no fact; says where."""


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    facts: ImageFacts


def read_rows(text: str, name: str) -> list[_Row]:
    """Read one data file. Raises InvalidImageRow naming file, row and field."""
    rows = []
    for index, row in enumerate(yaml.load(text, Loader=_LOADER)["images"]):
        where = f"{name}: images[{index}]"
        unknown = sorted(set(row) - _FIELDS)
        if unknown:
            raise InvalidImageRow(f"{where}: unknown field {unknown[0]!r}")
        for field in ("match", "source"):
            if not row.get(field):
                raise InvalidImageRow(f"{where}.{field}: required")
        try:
            rows.append(_Row(_pattern(row["match"]), _facts(row)))
        except (TypeError, ValueError) as error:
            raise InvalidImageRow(f"{where}: {error}") from error
    return rows


def _pattern(match: str) -> re.Pattern[str]:
    """A glob over the full name: `*` is anything; without a tag every tag matches."""
    pattern = re.escape(match).replace(r"\*", ".*")
    last = match.rpartition("/")[2]
    return re.compile(pattern if ":" in last else f"{pattern}(?:[:@].*)?")


def _facts(row: dict[str, Any]) -> ImageFacts:
    found: dict[str, Any] = {
        "profile": str(row.get("profile") or row["match"].rpartition("/")[2]),
        "source": row["source"],
    }
    if "size_mb" in row:
        found["size"] = int(float(row["size_mb"]) * _MEGABYTE)
    for field in ("start", "stop", "exits", "exits_bare"):
        if field in row:
            found[field] = None if row[field] in (None, "never") else duration(str(row[field]))
    for field in ("memory", "growth"):
        if field in row:
            found[field] = quantity.value(row[field])
    if "cpu" in row:
        found["cpu"] = quantity.nano(row["cpu"])
    for field in ("ports", "needs_env", "spares"):
        if field in row:
            found[field] = tuple(row[field])
    for field in ("stop_code", "exit_code", "missing", "private", "drains"):
        if field in row:
            found[field] = row[field]
    if "start_bounds" in row:
        low, high = (duration(str(bound)) for bound in row["start_bounds"])
        if not low <= found.get("start", -1) <= high:
            raise ValueError("start: must lie between its start_bounds")
        found["start_bounds"] = low, high
    if "user" in row:
        found["user"] = str(row["user"])
    return ImageFacts(**found)


@cache
def _rows() -> tuple[_Row, ...]:
    folder = resources.files(__package__).joinpath("images")
    found: list[_Row] = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            found += read_rows(file.read_text("utf-8"), file.name)
    return tuple(found)


@lru_cache(maxsize=4096)
def facts(image: str) -> ImageFacts:
    """Return what is known about *image*, however it is spelt. Raises InvalidImageName."""
    name = full_name(image)
    for row in _rows():
        if row.pattern.fullmatch(name):
            return row.facts
    raise AssertionError("the last row matches every image")


def generic() -> ImageFacts:
    """Return the facts of an image that nobody knows."""
    return replace(_rows()[-1].facts)


# Source: distribution/reference grammar (reference.go, helpers).
_DOMAIN = (
    r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:(?:{_DOMAIN}|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)


@lru_cache(maxsize=4096)
def full_name(image: str) -> str:
    """Return the reference as the runtime keeps it: "nginx" is "docker.io/library/nginx:latest".

    Raises InvalidImageName with the kubelet's text.
    """
    match = _REFERENCE.fullmatch(image)
    if match is None:
        upper = _REFERENCE.fullmatch(image.lower()) is not None
        why = "repository name must be lowercase" if upper else "invalid reference format"
        if upper:
            why = f"invalid reference format: {why}"
        raise InvalidImageName(f'couldn\'t parse image name "{image}": {why}')
    name, tag, digest = match["name"], match["tag"], match["digest"]
    first, slash, _ = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}" if slash else f"docker.io/library/{name}"
    if digest:
        return f"{name}:{tag}@{digest}" if tag else f"{name}@{digest}"
    return f"{name}:{tag or 'latest'}"


@lru_cache(maxsize=4096)
def image_id(image: str) -> str:
    """Return the imageID a node reports: repository and digest. Raises InvalidImageName.

    The digest is the one asked for, else made up from the name: stable, the same on every node.
    """
    name = full_name(image)
    repository, at, digest = name.partition("@")
    head, colon, _ = repository.rpartition(":")
    if colon and "/" not in repository[len(head) :]:
        repository = head
    if not at:
        digest = f"sha256:{sha256(name.encode()).hexdigest()}"
    return f"{repository}@{digest}"
