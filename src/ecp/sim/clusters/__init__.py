"""Models of clusters: data files, read and checked here."""

import re
from copy import deepcopy
from functools import cache
from importlib import resources
from ipaddress import IPv4Network
from typing import Any

import yaml

from ecp.kube import names, quantity
from ecp.sim.access import ALWAYS_ALLOW, MODES
from ecp.sim.clusters import clients, eviction, plane, storage
from ecp.sim.clusters import pools as pool_rules
from ecp.sim.clusters.pools import NodeRow

MODELS = ("default", "large", "demo")
MOST_NODES = 5_000  # what Kubernetes itself is made for
_TAINT = {"key", "value", "effect"}
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


class InvalidModel(ValueError):
    """The cluster file says something that no cluster can be built from; says where and why."""


_FIELDS: dict[str, type] = {
    "name": str,
    "kubernetesVersion": str,
    "serviceNetwork": str,
    "podNetwork": str,
    "region": str,
    "zones": list,
    "pools": list,
    "authorizationMode": str,
    "users": list,
    "storage": dict,
    "metricsServer": bool,
    "dataPlane": dict,
    "controlPlane": dict,
    "kubelet": dict,
    "boot": dict,
    "quota": dict,
    "autoscaler": dict,
    "chaos": bool,
}
_USER_FIELDS: dict[str, type] = {"token": str, "name": str, "uid": str, "groups": list}
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
    "machineType": str,
    "kubernetesVersion": str,
    "autoscaling": dict,
    "stock": dict,
    "boot": dict,
    "gpuSharing": dict,
}
_DEFAULTS: dict[str, Any] = {
    "kubernetesVersion": "v1.36.2",
    "serviceNetwork": "10.96.0.0/16",
    "podNetwork": "10.244.0.0/16",
    "region": "kr-1",
    "zones": ["kr-1a"],
    "authorizationMode": ALWAYS_ALLOW,
    "users": [],
    "metricsServer": True,
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
    return check(deepcopy(_shipped(name)))


@cache
def _shipped(name: str) -> dict[str, Any]:
    # A campaign makes a cluster a run: the file is read once.
    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def check(spec: Any) -> dict[str, Any]:
    """Return *spec* with its defaults. Raises InvalidModel naming the field and the remedy."""
    spec = _checked(spec, _FIELDS, _DEFAULTS, "")
    if not spec.get("pools"):
        raise InvalidModel("pools: at least one pool of nodes is needed")
    pools = [
        _checked(pool, _POOL_FIELDS, _POOL_DEFAULTS, f"pools[{index}].")
        for index, pool in enumerate(spec["pools"])
    ]
    named: list[str] = []
    for index, pool in enumerate(pools):
        _check_pool(pool, f"pools[{index}].")
        if pool["name"] in named:
            raise InvalidModel(f"pools[{index}].name: another pool is called {pool['name']!r} too")
        named.append(pool["name"])
    if sum(pool["count"] for pool in pools) > MOST_NODES:
        raise InvalidModel(f"pools: more than {MOST_NODES} nodes in all")
    _check_words(spec["zones"], "zones")
    if not spec["zones"]:
        raise InvalidModel("zones: at least one zone is needed")
    _check_word(spec["region"], "region")
    if not re.fullmatch(r"v1\.[0-9]{1,3}\.[0-9]{1,3}", spec["kubernetesVersion"]):
        raise InvalidModel("kubernetesVersion: write it as v1.36.2")
    for field in ("serviceNetwork", "podNetwork"):
        try:
            network = IPv4Network(spec[field])
        except ValueError as error:
            raise InvalidModel(f"{field}: {error}") from error
        if network.prefixlen > 24:
            raise InvalidModel(f"{field}: too small; give it a /24 or more")
    if spec["authorizationMode"] not in MODES:
        raise InvalidModel(f"authorizationMode: use one of {', '.join(MODES)}")
    try:
        volumes = storage.check(spec.get("storage"))
    except storage.InvalidStorage as error:
        raise InvalidModel(str(error)) from error
    try:
        _check_machines(spec, pools)
    except pool_rules.InvalidPool as error:
        raise InvalidModel(str(error)) from error
    try:
        data_plane = plane.check(spec.get("dataPlane"))
    except plane.InvalidPlane as error:
        raise InvalidModel(str(error)) from error
    try:
        control_plane = clients.check(spec.get("controlPlane"))
    except clients.InvalidClients as error:
        raise InvalidModel(str(error)) from error
    try:
        kubelets = eviction.check(spec.get("kubelet"))
    except eviction.InvalidEviction as error:
        raise InvalidModel(str(error)) from error
    users = _checked_users(spec["users"])
    parts = {"pools": pools, "users": users, "storage": volumes, "dataPlane": data_plane}
    return {**spec, **parts, "controlPlane": control_plane, "kubelet": kubelets}


def _check_machines(spec: dict[str, Any], pools: list[dict[str, Any]]) -> None:
    """Check how machines come, go and are shared. Raises InvalidPool."""
    known = pool_rules.shipped()
    pool_rules.check_delays(spec.get("boot") or {}, known["boot"], "boot")
    pool_rules.check_delays(spec.get("autoscaler") or {}, known["autoscaler"], "autoscaler")
    pool_rules.check_quota(spec.get("quota") or {}, "quota")
    for index, pool in enumerate(pools):
        path = f"pools[{index}]"
        if "autoscaling" in pool:
            pool_rules.check_autoscaling(pool["autoscaling"], f"{path}.autoscaling")
        if "kubernetesVersion" in pool:
            version = pool["kubernetesVersion"]
            where = f"{path}.kubernetesVersion"
            pool_rules.check_version(version, spec["kubernetesVersion"], where)
        pool_rules.check_delays(pool.get("boot") or {}, known["boot"], f"{path}.boot")
        zones = pool.get("zones") or spec["zones"]
        pool_rules.check_stock(pool.get("stock") or {}, zones, f"{path}.stock")
        pool_rules.check_sharing(pool, f"{path}.gpuSharing")


def _checked_users(users: list[Any]) -> list[dict[str, Any]]:
    """Return who comes with a token of their own, as a token file of a server lists them."""
    found = []
    for index, given in enumerate(users):
        path = f"users[{index}]."
        user = _checked(given, _USER_FIELDS, {}, path)
        for field in ("token", "name"):
            if not user.get(field):
                raise InvalidModel(f"{path}{field}: required")
        if not re.fullmatch(r"[!-.0-~]+", user["token"]):
            words = "must be ASCII without blanks and slashes; it goes into headers and addresses"
            raise InvalidModel(f"{path}token: {words}")
        for number, group in enumerate(user.get("groups", ())):
            if not isinstance(group, str) or not group:
                raise InvalidModel(f"{path}groups[{number}]: must be a name; put it in quotes")
        found.append(user)
    tokens = [user["token"] for user in found]
    for index, token in enumerate(tokens):
        if token in tokens[:index]:
            raise InvalidModel(f"users[{index}].token: another user has this token too")
    return found


def _check_pool(pool: dict[str, Any], path: str) -> None:
    for field in ("name", "cpu", "memory"):
        if field not in pool:
            raise InvalidModel(f"{path}{field}: required")
    if complaints := names.dns_label(pool["name"]):
        raise InvalidModel(f"{path}name: {complaints[0]}")
    fewest = 0 if "autoscaling" in pool else 1
    for field, least in (("count", fewest), ("pods", 1), ("gpus", 0)):
        if not least <= pool[field] <= MOST_NODES:
            raise InvalidModel(f"{path}{field}: must be between {least} and {MOST_NODES}")
    for field in ("cpu", "memory", "storage"):
        try:
            amount = quantity.nano(pool[field])
        except quantity.InvalidQuantity as error:
            raise InvalidModel(f"{path}{field}: {error}") from error
        if amount <= 0:
            raise InvalidModel(f"{path}{field}: must be more than nothing")
    for key, value in pool["labels"].items():
        complaints = names.label_key(str(key)) or names.label_value(str(value))
        if not isinstance(key, str) or not isinstance(value, str) or complaints:
            said = complaints[0] if complaints else "must be a string; put it in quotes"
            raise InvalidModel(f"{path}labels[{key}]: {said}")
    for number, taint in enumerate(pool["taints"]):
        _check_taint(taint, f"{path}taints[{number}]")
    _check_words(pool.get("zones", []), f"{path}zones")


def _check_taint(taint: Any, path: str) -> None:
    if not isinstance(taint, dict) or not {"key", "effect"} <= set(taint) <= _TAINT:
        raise InvalidModel(f"{path}: must be a mapping of key, value (may be missing) and effect")
    if taint["effect"] not in _EFFECTS:
        raise InvalidModel(f"{path}.effect: use one of {', '.join(_EFFECTS)}")
    if not isinstance(taint["key"], str) or not isinstance(taint.get("value", ""), str):
        raise InvalidModel(f"{path}: key and value must be strings; put them in quotes")
    if complaints := names.label_key(taint["key"]) or names.label_value(taint.get("value", "")):
        raise InvalidModel(f"{path}: {complaints[0]}")


def _check_words(words: list[Any], path: str) -> None:
    for index, word in enumerate(words):
        _check_word(word, f"{path}[{index}]")


def _check_word(word: Any, path: str) -> None:
    """A zone or region becomes the value of a label."""
    if not isinstance(word, str) or not word or names.label_value(word):
        raise InvalidModel(f"{path}: {word!r} can be no value of a label")


def _checked(
    given: Any, fields: dict[str, type], defaults: dict[str, Any], path: str
) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidModel(f"{path or 'file'}: must be a mapping of {', '.join(fields)}")
    for field, value in given.items():
        wanted = fields.get(field)
        if wanted is None:
            raise InvalidModel(f"{path}{field}: unknown field; known: {', '.join(fields)}")
        fits = isinstance(value, wanted) or (wanted is str and isinstance(value, int))
        if isinstance(value, bool) is not (wanted is bool) or not fits:
            raise InvalidModel(f"{path}{field}: must be of type {wanted.__name__}")
    return {**defaults, **{k: str(v) if fields[k] is str else v for k, v in given.items()}}


def node_rows(spec: dict[str, Any]) -> list[NodeRow]:
    """Return the nodes of a checked *spec*; zones go round robin within a pool.

    Each node gets a /24 of the pod network, as kubeadm's default node mask does. Raises
    InvalidModel where that has too few of them.
    """
    pools = pool_rules.pools_of(spec)
    machines = pool_rules.machines_of(spec, pools)
    room = addresses(spec)
    if len(machines) > room:
        raise InvalidModel(f"podNetwork: has no /24 left for node {room + 1}")
    shapes = {pool.name: pool.shape for pool in pools}
    return [pool_rules.row(spec, shapes[one.pool], one) for one in machines]


def addresses(spec: dict[str, Any]) -> int:
    """Return how many nodes the pod network of a checked *spec* has a /24 for."""
    return 1 << (24 - IPv4Network(spec["podNetwork"]).prefixlen)
