"""What a model says of its kubelets: when they take a node for starved, and which images they drop.

The fields are those of a KubeletConfiguration, and so are their values.
Source: kubernetes pkg/kubelet/eviction/{helpers,defaults_linux}.go (ParseThresholdConfig),
pkg/kubelet/apis/config/v1beta1/defaults.go (1.36).
"""

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ecp.kube import durations, quantity

MEMORY: Final = "memory"
DISK: Final = "ephemeral-storage"
FILES: Final = "inodes"
PROCESSES: Final = "pids"
SIGNALS: Final[dict[str, tuple[str, str]]] = {
    "memory.available": (MEMORY, "MemoryPressure"),
    "nodefs.available": (DISK, "DiskPressure"),
    "imagefs.available": (DISK, "DiskPressure"),
    "nodefs.inodesFree": (FILES, "DiskPressure"),
    "imagefs.inodesFree": (FILES, "DiskPressure"),
    "pid.available": (PROCESSES, "PIDPressure"),
}
"""Signal → (what runs out, the node's condition), in the order in which they are acted upon. Images
lie on the node's own disk, so both of its signals see the same."""

STOCK: Final[dict[str, Any]] = {
    "evictionHard": {
        "memory.available": "100Mi",
        "nodefs.available": "10%",
        "nodefs.inodesFree": "5%",
        "imagefs.available": "15%",
        "imagefs.inodesFree": "5%",
    },
    "evictionSoft": {},
    "evictionSoftGracePeriod": {},
    "evictionMinimumReclaim": {},
    "evictionPressureTransitionPeriod": "5m",
    "evictionMaxPodGracePeriod": 0,
    "imageGCHighThresholdPercent": 85,
    "imageGCLowThresholdPercent": 80,
    "imageMinimumGCAge": "2m",
}
"""What holds where a model says nothing. A given map of thresholds stands for the whole of it, as
with a real kubelet."""
_IGNORED: Final = ("0%", "100%")


class InvalidEviction(ValueError):
    """The part `kubelet` of a model is wrong; says where and why."""


class Amount(NamedTuple):
    """An amount (bytes or a count), or where that is 0 a share of the capacity."""

    fixed: int
    share: float = 0.0

    def of(self, capacity: int) -> int:
        """Return the amount of a capacity. Source: GetThresholdQuantity."""
        return self.fixed or int(float(capacity) * self.share)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Below `least` a node is starved, after `grace` (ns) it acts; `reclaim` is what it then wants
    to have free beyond that."""

    name: str
    signal: str
    least: Amount
    grace: int
    reclaim: Amount

    @property
    def resource(self) -> str:
        """What runs out."""
        return SIGNALS[self.signal][0]

    @property
    def condition(self) -> str:
        """The condition that the node has then."""
        return SIGNALS[self.signal][1]


@dataclass(frozen=True, slots=True)
class Eviction:
    """The settings of all kubelets of a cluster. Times in ns.

    `most_grace` bounds what a pod gets that a soft threshold ends. Images are dropped once the disk
    is full to `high` percent, until it is to `low`, but none younger than `age`.
    """

    thresholds: tuple[Threshold, ...]
    transition: int
    most_grace: int
    high: int
    low: int
    age: int


def check(given: Any) -> dict[str, Any]:
    """Return the part `kubelet` of a model with its defaults. Raises InvalidEviction."""
    given = {} if given is None else given
    if not isinstance(given, dict) or not set(given) <= set(STOCK):
        raise InvalidEviction(f"kubelet: must be a mapping of {', '.join(STOCK)}")
    found = {**STOCK, **given}
    for field, value in found.items():
        where, wanted = f"kubelet.{field}", type(STOCK[field])
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise InvalidEviction(f"{where}: must be of type {wanted.__name__}")
        if wanted is int and not 0 <= value <= (100 if field.endswith("Percent") else 86_400):
            raise InvalidEviction(f"{where}: is out of range")
        if wanted is str:
            _duration(value, where)
    if found["imageGCLowThresholdPercent"] >= found["imageGCHighThresholdPercent"]:
        raise InvalidEviction(
            "kubelet.imageGCLowThresholdPercent: must be below imageGCHighThresholdPercent"
        )
    _thresholds(found)
    return found


def read(given: dict[str, Any] | None) -> Eviction:
    """Return the settings of a part `kubelet`. Raises InvalidEviction."""
    said = check(given)
    return Eviction(
        _thresholds(said),
        durations.parse(said["evictionPressureTransitionPeriod"]),
        said["evictionMaxPodGracePeriod"] * 1_000_000_000,
        said["imageGCHighThresholdPercent"],
        said["imageGCLowThresholdPercent"],
        durations.parse(said["imageMinimumGCAge"]),
    )


def _thresholds(said: dict[str, Any]) -> tuple[Threshold, ...]:
    """Return the thresholds in the order of their signals, hard ones first."""
    graces = {
        signal: _duration(text, f"kubelet.evictionSoftGracePeriod[{signal}]")
        for signal, text in _signals(said, "evictionSoftGracePeriod")
    }
    reclaims = dict(_amounts(said, "evictionMinimumReclaim", ()))
    nothing = Amount(0)
    found = {
        (signal, False): Threshold(signal, signal, least, 0, reclaims.get(signal, nothing))
        for signal, least in _amounts(said, "evictionHard", _IGNORED)
    }
    for signal, least in _amounts(said, "evictionSoft", _IGNORED):
        if signal not in graces:
            raise InvalidEviction(
                f"kubelet.evictionSoft[{signal}]: needs a period in evictionSoftGracePeriod"
            )
        reclaim, grace = reclaims.get(signal, nothing), graces[signal]
        found[signal, True] = Threshold(f"{signal}/soft", signal, least, grace, reclaim)
    order = list(SIGNALS)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return tuple(found[key] for key in keys)


def _signals(said: dict[str, Any], field: str) -> list[tuple[str, str]]:
    rows = list(said[field].items())
    for signal, text in rows:
        if signal not in SIGNALS:
            raise InvalidEviction(f"kubelet.{field}: use some of {', '.join(SIGNALS)}")
        if not isinstance(text, str):
            raise InvalidEviction(f"kubelet.{field}[{signal}]: must be a text; put it in quotes")
    return rows


def _amounts(
    said: dict[str, Any], field: str, ignored: tuple[str, ...]
) -> list[tuple[str, Amount]]:
    found = []
    for signal, text in _signals(said, field):
        where = f"kubelet.{field}[{signal}]"
        if text in ignored:
            continue
        if text.endswith("%"):
            number = text[:-1]
            if not number.replace(".", "", 1).isdigit() or not 0 < float(number) <= 100:
                raise InvalidEviction(f"{where}: must be a share from 0% to 100%")
            found.append((signal, Amount(0, _single(float(number) / 100))))
            continue
        try:
            fixed = quantity.value(text)
        except quantity.InvalidQuantity as error:
            raise InvalidEviction(f"{where}: {error}") from error
        if fixed <= 0:
            raise InvalidEviction(f"{where}: must be more than nothing")
        found.append((signal, Amount(fixed)))
    return found


def _single(share: float) -> float:
    """Return a share as a kubelet keeps it, in single precision: 0.15 of 100Gi is 16106128000."""
    return float(struct.unpack("<f", struct.pack("<f", share))[0])


def _duration(text: str, where: str) -> int:
    try:
        return durations.parse(text)
    except durations.InvalidDuration as error:
        raise InvalidEviction(f"{where}: {error}") from error
