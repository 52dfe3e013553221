"""What faults hold of the world beside machines and processes, and what a pod under strain feels.

Lines between pods, names that are not answered, a registry that refuses, certificates that have
run out, loops of the control plane that stand still, an API server that takes nothing or is slow,
disks that others fill, machines that are sold out, customers that come in crowds.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

_MILLION = 1_000_000
_SECOND = 1_000_000_000

RETRANSMIT = 200_000_000
"""The least wait before a lost segment is sent again (ns). Source: linux TCP_RTO_MIN."""
TRIES = 6
"""A caller has given up after so many tries (6.2 s of waiting in all). Assumed."""
MESSAGE = 16 * 1024 * 8
"""What a request and its answer have to carry (bits). Assumed: 16 KiB."""
TOLERANCE = 5 * 60 * _SECOND
"""A clock may be off by that much before its tokens are refused (ns). Source: RFC 4120, clockskew;
token libraries allow less."""


class Felt(NamedTuple):
    """What requests feel of strains: ns that each takes longer, ppm that fail."""

    delay: int
    failing: int


def felt(strain: Mapping[str, int]) -> Felt:
    """Return what requests to a pod, or over a line, feel of what is put on it.

    "loss": a lost segment, or its acknowledgement, is sent again after RETRANSMIT, doubled each
    time (RFC 6298), and after TRIES nobody waits any more. "rate" (bits/s): a message takes as long
    as it takes at that rate. "clock" (ns): beyond TOLERANCE no token is accepted.
    """
    delay, failing = strain.get("delay", 0), strain.get("abort", 0)
    lost = strain.get("loss", 0)
    if lost:
        through = (_MILLION - lost) / _MILLION
        missed = 1 - through * through
        delay += round(sum(RETRANSMIT * 2**n * missed ** (n + 1) for n in range(TRIES - 1)))
        failing = either(failing, round(missed**TRIES * _MILLION))
    if strain.get("rate", 0):
        delay += MESSAGE * _SECOND // strain["rate"]
    if strain.get("clock", 0) > TOLERANCE or "cut" in strain or "cert" in strain:
        failing = _MILLION
    return Felt(delay, failing)


def either(one: int, other: int) -> int:
    """Return the share (ppm) that at least one of two independent shares takes."""
    return _MILLION - (_MILLION - one) * (_MILLION - other) // _MILLION


class Line(NamedTuple):
    """Between pods (uids): what is put on calls from `ends` to `others` and back.

    `others` None: it is names that the pods of `ends` look up, those that match `patterns`.
    """

    ends: tuple[str, ...]
    others: tuple[str, ...] | None
    patterns: tuple[str, ...]
    strain: Mapping[str, int]


DOORS = ("kube-apiserver", "etcd")
"""Without either of them nothing is written; without the first nothing is read."""
_AMOUNTS = ("registry", "expired", "filled", "surges", "devices", "late", "throttled")
_NAMES = ("stopped", "sold_out")


class Troubles:
    """What faults hold, by what it is put on; empty where nothing is wrong.

    lines     by the id of the fault
    registry  host ("*": every one) -> why it refuses: auth, notfound, ratelimit, timeout
    expired   "namespace/secret" of a certificate that has run out -> the fault by which it has
    stopped   actors of the control plane whose loops stand still, and DOORS
    late      of DOORS -> by how much later a loop hears of a change (ns)
    back      when somebody last watched over nodes anew (ns): silence counts from there
    filled    node -> percent of its disk that somebody else has filled
    sold_out  node pools of which the provider has no machine to give
    surges    namespace -> how many times as many customers come (ppm)
    devices   node -> how many of its GPUs are lost;  throttled: which share of their clock (ppm)
    """

    __slots__ = (
        "back",
        "devices",
        "expired",
        "filled",
        "late",
        "lines",
        "registry",
        "sold_out",
        "stopped",
        "surges",
        "throttled",
    )

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.registry: dict[str, str] = {}
        self.expired: dict[str, str] = {}
        self.stopped: dict[str, None] = {}
        self.filled: dict[str, int] = {}
        self.sold_out: dict[str, None] = {}
        self.surges: dict[str, int] = {}
        self.devices: dict[str, int] = {}
        self.late: dict[str, int] = {}
        self.throttled: dict[str, int] = {}
        self.back = 0

    @property
    def shut(self) -> str:
        """Return which of DOORS is down, "" where nothing keeps anybody from writing."""
        return next((door for door in DOORS if door in self.stopped), "") if self.stopped else ""

    def refuses(self, image: str) -> str:
        """Return why the registry of an image gives nothing, "" where it does."""
        if not self.registry:
            return ""
        return self.registry.get(host_of(image)) or self.registry.get("*", "")

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain data; empty where nothing is wrong."""
        found: dict[str, Any] = {
            "lines": {
                name: [list(line.ends), None if line.others is None else list(line.others),
                       list(line.patterns), dict(line.strain)]
                for name, line in self.lines.items()
            },
            **{name: dict(getattr(self, name)) for name in _AMOUNTS},
            **{name: list(getattr(self, name)) for name in _NAMES},
            "back": self.back,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.lines = {
            name: Line(tuple(ends), None if others is None else tuple(others), tuple(said), strain)
            for name, (ends, others, said, strain) in plain.get("lines", {}).items()
        }
        for name in _AMOUNTS:
            setattr(self, name, dict(plain.get(name, ())))
        for name in _NAMES:
            setattr(self, name, dict.fromkeys(plain.get(name, ())))
        self.back = plain.get("back", 0)


def matches(pattern: str, host: str) -> bool:
    """Whether a host is one of a pattern: `*` at its end stands for anything, `?` for a letter.

    A short name of the cluster is what its first label is. Source: Chaos Mesh, DNSChaos patterns.
    """
    names = (host, host.split(".", 1)[0], f"{host}.cluster.local")
    return any(fnmatchcase(name, pattern) for name in names)


def host_of(image: str) -> str:
    """Return the registry of an image; one that names none is Docker Hub's.

    Source: distribution/reference normalize.go.
    """
    first, slash, _ = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return first if named else "docker.io"
