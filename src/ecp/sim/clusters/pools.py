"""Pools of a model: what one machine of them offers, how it boots, who may grow them.

GPUs are offered whole, in slices (MIG), or several times over (time-slicing), in the names that
NVIDIA's device plug-in gives them. Source: NVIDIA k8s-device-plugin README (sharing.timeSlicing,
MIG strategy "mixed"), MIG user guide (seven slices a GPU).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from ipaddress import IPv4Network
from typing import Any

import yaml

from ecp.kube import quantity
from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as duration
from ecp.sim.store import Obj
from ecp.sim.world.fleet import STAGES, Fleet, Machine, Pool

GPU = "nvidia.com/gpu"
_SCANS_AT_MOST = 1_000_000_000  # once a second
_SLICES = 7  # of a GPU
_MOST_REPLICAS = 64
_PROFILE = re.compile(r"([1-7])g\.[1-9][0-9]{0,2}gb(\.me)?")
_VERSION = re.compile(r"v1\.[0-9]{1,3}\.[0-9]{1,3}")
_SKEW = 3
"""A kubelet is at most so many minor versions older than its API server, and never newer.
Source: kubernetes.io/releases/version-skew-policy."""


class InvalidPool(ValueError):
    """A pool says something that no machine can be; says where and why.

    `key` names its text where people ask for a pool by hand, `values` fill it.
    """

    def __init__(self, detail: str, key: str = "pool.invalid", **values: Any) -> None:
        super().__init__(detail)
        self.key = key
        self.values = values or {"detail": detail}


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node to be: quantities as Kubernetes writes them, `pod_cidr` its share of addresses.

    `devices` are the extended resources that its device plug-in offers.
    """

    name: str
    address: str
    cpu: str
    memory: str
    storage: str
    pods: int
    gpus: int
    zone: str
    region: str
    pod_cidr: str
    labels: dict[str, str]
    taints: tuple[Obj, ...]
    version: str
    devices: Mapping[str, int]


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Return the delays of a boot (ns a stage) and the autoscaler's flags (ns, percent)."""
    text = resources.files(__package__).joinpath("pools.yaml").read_text("utf-8")
    plain = yaml.safe_load(text)
    flags = {
        name: value if isinstance(value, int) else duration(value)
        for name, value in plain["autoscaler"].items()
        if name != "source"
    }
    boot = {stage: duration(row["delay"]) for stage, row in plain["boot"].items()}
    return {"boot": boot, "autoscaler": flags}


# -- checking -------------------------------------------------------------------------------------


def check_autoscaling(given: Mapping[str, Any], path: str) -> None:
    """Raises InvalidPool unless *given* is {min, max} with 0 <= min <= max."""
    if set(given) != {"min", "max"} or not all(_is_count(value) for value in given.values()):
        raise InvalidPool(f"{path}: must be a mapping of min and max, whole numbers from 0 on")
    if not given["min"] <= given["max"] or given["max"] < 1:
        raise InvalidPool(f"{path}.max: must be at least 1 and not less than min")


def check_version(version: str, of_server: str, path: str) -> None:
    """Raises InvalidPool unless a kubelet of *version* may stand before a server *of_server*."""
    if not _VERSION.fullmatch(version):
        raise InvalidPool(f"{path}: write it as v1.36.2", "pool.bad-version", version=version)
    kubelet, server = numbers_of(version), numbers_of(of_server)
    if kubelet > server or kubelet[1] < server[1] - _SKEW:
        raise InvalidPool(
            f"{path}: a kubelet may be up to {_SKEW} minor versions older than the API server "
            f"({of_server}), and not newer",
            "pool.version-skew",
            version=version,
            server=of_server,
            skew=_SKEW,
        )


def numbers_of(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))


def check_delays(given: Mapping[str, Any], known: Mapping[str, Any], path: str) -> dict[str, int]:
    """Return *given* in ns (or as numbers where *known* are). Raises InvalidPool."""
    found = {}
    for name, value in given.items():
        if name not in known:
            raise InvalidPool(f"{path}.{name}: unknown; known: {', '.join(known)}")
        if name.endswith("Threshold"):
            if not _is_count(value) or not value <= 100:
                raise InvalidPool(f"{path}.{name}: must be a percentage, 0 to 100")
            found[name] = value
            continue
        try:
            found[name] = duration(str(value))
        except InvalidDuration as error:
            raise InvalidPool(f"{path}.{name}: write it as 40s or 10m") from error
        if name == "scanInterval" and found[name] < _SCANS_AT_MOST:
            raise InvalidPool(f"{path}.{name}: must be at least 1s")
    return found


def check_stock(given: Mapping[str, Any], zones: list[str], path: str) -> None:
    """Raises InvalidPool unless *given* says for zones of the pool how many they have left."""
    for zone, left in given.items():
        if zone not in zones:
            raise InvalidPool(f"{path}.{zone}: no zone of the pool; it has {', '.join(zones)}")
        if not _is_count(left):
            raise InvalidPool(f"{path}.{zone}: must be a whole number from 0 on")


def check_quota(given: Mapping[str, Any], path: str) -> dict[str, int]:
    """Return a quota in numbers (CPU in milli). Raises InvalidPool."""
    found = {}
    for name, value in given.items():
        if name not in ("nodes", "cpu", "gpus"):
            raise InvalidPool(f"{path}.{name}: unknown; known: nodes, cpu, gpus")
        try:
            found[name] = quantity.milli(value) if name == "cpu" else quantity.value(value)
        except quantity.InvalidQuantity as error:
            raise InvalidPool(f"{path}.{name}: {error}") from error
        if found[name] < 0:
            raise InvalidPool(f"{path}.{name}: must not be negative")
    return found


def check_sharing(pool: Mapping[str, Any], path: str) -> None:
    """Raises InvalidPool for a way of sharing GPUs that is none, or not simulated."""
    given = pool.get("gpuSharing")
    if given is None:
        return
    if not pool["gpus"]:
        raise InvalidPool(f"{path}: the pool has no GPUs to share")
    if len(given) != 1 or not set(given) <= {"timeSlicing", "mig", "mps"}:
        raise InvalidPool(f"{path}: must be one of timeSlicing, mig")
    if "mps" in given:
        raise InvalidPool(f"{path}.mps: is not simulated; use timeSlicing or mig")
    ((way, how),) = given.items()
    if not isinstance(how, dict):
        raise InvalidPool(f"{path}.{way}: must be a mapping")
    if way == "timeSlicing":
        named = how.get("renameByDefault", False)
        if set(how) - {"replicas", "renameByDefault"} or not isinstance(named, bool):
            raise InvalidPool(f"{path}.{way}: must be a mapping of replicas and renameByDefault")
        if not _is_count(how.get("replicas")) or not 2 <= how["replicas"] <= _MOST_REPLICAS:
            raise InvalidPool(f"{path}.{way}.replicas: must be between 2 and {_MOST_REPLICAS}")
        return
    slices = 0
    for profile, count in how.items():
        found = _PROFILE.fullmatch(str(profile))
        if found is None:
            raise InvalidPool(f"{path}.mig.{profile}: write a profile as 1g.10gb or 3g.40gb")
        if not _is_count(count) or count < 1:
            raise InvalidPool(f"{path}.mig.{profile}: must be how many of them a GPU is cut into")
        slices += int(found[1]) * count
    if not 1 <= slices <= _SLICES:
        raise InvalidPool(f"{path}.mig: a GPU has {_SLICES} slices; these are {slices}")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# -- building -------------------------------------------------------------------------------------


def devices(pool: Mapping[str, Any]) -> dict[str, int]:
    """Return the extended resources of one machine, as its device plug-in names them.

    >>> devices({"gpus": 2, "gpuSharing": {"mig": {"1g.10gb": 7}}})
    {'nvidia.com/mig-1g.10gb': 14}
    """
    gpus, sharing = pool["gpus"], pool.get("gpuSharing") or {}
    if not gpus:
        return {}
    if "mig" in sharing:
        return {f"nvidia.com/mig-{name}": gpus * n for name, n in sharing["mig"].items()}
    slicing = sharing.get("timeSlicing")
    if slicing:
        name = f"{GPU}.shared" if slicing.get("renameByDefault") else GPU
        return {name: gpus * slicing["replicas"]}
    return {GPU: gpus}


def _labels(pool: Mapping[str, Any]) -> dict[str, str]:
    labels = {}
    if pool.get("machineType"):
        labels["node.kubernetes.io/instance-type"] = pool["machineType"]
    sharing = pool.get("gpuSharing") or {}
    if "timeSlicing" in sharing:
        labels["nvidia.com/gpu.replicas"] = str(sharing["timeSlicing"]["replicas"])
        labels["nvidia.com/gpu.sharing-strategy"] = "time-slicing"
    elif "mig" in sharing:
        labels["nvidia.com/mig.strategy"] = "mixed"
    return {**labels, **pool["labels"]}


def row(model: Mapping[str, Any], pool: Mapping[str, Any], machine: Machine) -> NodeRow:
    """Return the node that a machine of *pool* becomes in a cluster of *model*.

    Each node gets a /24 of the pod network, as kubeadm's default node mask does.
    """
    network = IPv4Network(model["podNetwork"])
    first = int(network.network_address) + 256 * max(machine.number - 1, 0)
    return NodeRow(
        name=machine.name,
        address=f"192.168.{machine.number // 250}.{machine.number % 250 + 1}",
        cpu=pool["cpu"],
        memory=pool["memory"],
        storage=pool["storage"],
        pods=pool["pods"],
        gpus=pool["gpus"],
        zone=machine.zone,
        region=model["region"],
        pod_cidr=f"{IPv4Network((first, 24))}",
        labels=_labels(pool),
        taints=tuple(pool["taints"]),
        version=machine.version,
        devices=devices(pool),
    )


def pools_of(spec: Mapping[str, Any]) -> list[Pool]:
    """Return the pools of a checked *spec*."""
    common = {**shipped()["boot"], **check_delays(spec.get("boot") or {}, shipped()["boot"], "")}
    found = []
    for given in spec["pools"]:
        own = check_delays(given.get("boot") or {}, shipped()["boot"], "")
        scaling = given.get("autoscaling") or {}
        found.append(
            Pool(
                name=given["name"],
                zones=list(given.get("zones") or spec["zones"]),
                version=given.get("kubernetesVersion") or spec["kubernetesVersion"],
                shape=given,
                milli_cpu=quantity.milli(given["cpu"]),
                gpus=given["gpus"],
                boot={stage: {**common, **own}[stage] for stage in STAGES},
                least=scaling.get("min"),
                most=scaling.get("max"),
                stock=dict(given.get("stock") or {}),
                named=given["count"],
            )
        )
    return found


def machines_of(spec: Mapping[str, Any], pools: list[Pool]) -> list[Machine]:
    """Return the machines that a cluster of *spec* begins with; zones go round robin in a pool."""
    found: list[Machine] = []
    for given, pool in zip(spec["pools"], pools, strict=True):
        for index in range(given["count"]):
            zone = pool.zones[index % len(pool.zones)]
            name, number = f"{pool.name}-{index + 1}", len(found) + 1
            made = Machine(name, pool.name, zone, number, pool.version)
            made.registered = made.complete = True
            found.append(made)
    return found


def furnish(fleet: Fleet, spec: Mapping[str, Any]) -> None:
    """Give *fleet* the pools and machines that a cluster of a checked *spec* begins with."""
    pools = pools_of(spec)
    fleet.model = spec
    fleet.quota = check_quota(spec.get("quota") or {}, "quota")
    fleet.addresses = 1 << (24 - IPv4Network(spec["podNetwork"]).prefixlen)
    fleet.open(pools, machines_of(spec, pools))
