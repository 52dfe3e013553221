"""Models of clusters: data files, read and checked here."""

from dataclasses import dataclass
from importlib import resources
from ipaddress import IPv4Network
from typing import Any

import yaml

from ecp.kube import quantity
from ecp.sim.store import Obj

MODELS = ("default", "large")


class InvalidModel(ValueError):
    """The cluster file says something that no cluster can be built from; says where and why."""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node to be: quantities as Kubernetes writes them, `pod_cidr` its share of addresses."""

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


_FIELDS: dict[str, type] = {
    "name": str,
    "kubernetesVersion": str,
    "serviceNetwork": str,
    "podNetwork": str,
    "region": str,
    "zones": list,
    "pools": list,
}
_POOL_FIELDS: dict[str, type] = {
    "name": str,
    "count": int,
    "cpu": str,
    "memory": str,
    "storage": str,
    "gpus": int,
    "pods": int,
    "labels": dict,
    "taints": list,
    "zones": list,
}
_DEFAULTS: dict[str, Any] = {
    "kubernetesVersion": "v1.36.2",
    "serviceNetwork": "10.96.0.0/16",
    "podNetwork": "10.244.0.0/16",
    "region": "kr-1",
    "zones": ["kr-1a"],
}
_POOL_DEFAULTS: dict[str, Any] = {
    "count": 1,
    "gpus": 0,
    "pods": 110,
    "labels": {},
    "taints": [],
    "storage": "100Gi",
}


def model(name: str) -> dict[str, Any]:
    """Return a shipped model by name. Raises KeyError for an unknown one."""
    if name not in MODELS:
        raise KeyError(name)
    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text("utf-8")
    return check(yaml.safe_load(text))


def check(spec: Any) -> dict[str, Any]:
    """Return *spec* with its defaults. Raises InvalidModel naming the field and the remedy."""
    spec = _checked(spec, _FIELDS, _DEFAULTS, "")
    if not spec.get("pools"):
        raise InvalidModel("pools: at least one pool of nodes is needed")
    pools = [
        _checked(pool, _POOL_FIELDS, _POOL_DEFAULTS, f"pools[{index}].")
        for index, pool in enumerate(spec["pools"])
    ]
    for index, pool in enumerate(pools):
        for field in ("name", "cpu", "memory"):
            if field not in pool:
                raise InvalidModel(f"pools[{index}].{field}: required")
        for field in ("cpu", "memory", "storage"):
            try:
                quantity.nano(pool[field])
            except quantity.InvalidQuantity as error:
                raise InvalidModel(f"pools[{index}].{field}: {error}") from error
    for field in ("serviceNetwork", "podNetwork"):
        try:
            IPv4Network(spec[field])
        except ValueError as error:
            raise InvalidModel(f"{field}: {error}") from error
    return {**spec, "pools": pools}


def _checked(
    given: Any, fields: dict[str, type], defaults: dict[str, Any], path: str
) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidModel(f"{path or 'file'}: must be a mapping of {', '.join(fields)}")
    for field, value in given.items():
        wanted = fields.get(field)
        if wanted is None:
            raise InvalidModel(f"{path}{field}: unknown field; known: {', '.join(fields)}")
        if not isinstance(value, wanted) and not (wanted is str and isinstance(value, int)):
            raise InvalidModel(f"{path}{field}: must be of type {wanted.__name__}")
    return {**defaults, **{k: str(v) if fields[k] is str else v for k, v in given.items()}}


def node_rows(spec: dict[str, Any]) -> list[NodeRow]:
    """Return the nodes of a checked *spec*; zones go round robin within a pool.

    Each node gets a /24 of the pod network, as kubeadm's default node mask does.
    """
    subnets = IPv4Network(spec["podNetwork"]).subnets(new_prefix=24)
    rows = []
    number = 0
    for pool in spec["pools"]:
        zones = pool.get("zones") or spec["zones"]
        for index in range(pool["count"]):
            number += 1
            try:
                cidr = next(subnets)
            except StopIteration:
                raise InvalidModel(f"podNetwork: has no /24 left for node {number}") from None
            rows.append(
                NodeRow(
                    name=f"{pool['name']}-{index + 1}",
                    address=f"192.168.{number // 250}.{number % 250 + 1}",
                    cpu=pool["cpu"],
                    memory=pool["memory"],
                    storage=pool["storage"],
                    pods=pool["pods"],
                    gpus=pool["gpus"],
                    zone=zones[index % len(zones)],
                    region=spec["region"],
                    pod_cidr=str(cidr),
                    labels=dict(pool["labels"]),
                    taints=tuple(pool["taints"]),
                    version=spec["kubernetesVersion"],
                )
            )
    return rows
