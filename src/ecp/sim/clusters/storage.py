"""What a model says of storage: the drivers that make volumes, and the classes that name them.

A driver stands for a CSI driver with its sidecars: how long it takes is said there, in the model,
and drawn evenly within a quarter of it either way.
"""

from dataclasses import dataclass
from typing import Any, Final

from ecp.kube import durations, names
from ecp.sim.store import Obj

DELAYS: Final = {
    "provision": "3s",
    "delete": "2s",
    "attach": "3s",
    "detach": "2s",
    "resize": "4s",
}
"""How long a driver takes where a model says nothing. Assumed: block volumes of public clouds are
made, attached and grown within 2 to 10 s each."""
MODES: Final = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_DRIVER: Final[dict[str, Any]] = {
    "name": "",
    "topology": "",
    "accessModes": ["ReadWriteOnce", "ReadWriteOncePod"],
    "attach": True,
    "volumesPerNode": 0,
    "delays": {},
}
_CLASS: Final[dict[str, Any]] = {
    "name": "",
    "provisioner": "",
    "default": False,
    "volumeBindingMode": "Immediate",
    "reclaimPolicy": "Delete",
    "allowVolumeExpansion": False,
    "parameters": {},
}
_MARK: Final = "storageclass.kubernetes.io/is-default-class"


class InvalidStorage(ValueError):
    """The part `storage` of a model is wrong; says where and why."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One CSI driver. `topology` is the label that ties a volume to a part of the cluster, "" for
    none; `limit` volumes fit a node, 0 = any number; `delays` in ns, by what is done."""

    name: str
    topology: str
    modes: tuple[str, ...]
    attach: bool
    limit: int
    delays: dict[str, int]

    @property
    def dashed(self) -> str:
        """The name as it stands in the finalizers of its attacher."""
        return self.name.replace(".", "-").replace("/", "-")


def check(given: Any) -> dict[str, Any]:
    """Return the part `storage` of a model with its defaults. Raises InvalidStorage."""
    if given is None:
        return {"drivers": [], "classes": []}
    if not isinstance(given, dict) or not set(given) <= {"drivers", "classes"}:
        raise InvalidStorage("storage: must be a mapping of drivers and classes")
    drivers = [
        _driver(row, f"storage.drivers[{i}]") for i, row in enumerate(_list(given, "drivers"))
    ]
    classes = [
        _class(row, f"storage.classes[{i}]") for i, row in enumerate(_list(given, "classes"))
    ]
    for what, rows in (("drivers", drivers), ("classes", classes)):
        named = [row["name"] for row in rows]
        for index, name in enumerate(named):
            if name in named[:index]:
                raise InvalidStorage(f"storage.{what}[{index}].name: {name!r} is there already")
    return {"drivers": drivers, "classes": classes}


def _list(given: dict[str, Any], field: str) -> list[Any]:
    rows = given.get(field) or []
    if not isinstance(rows, list):
        raise InvalidStorage(f"storage.{field}: must be a list")
    return rows


def _row(given: Any, fields: dict[str, Any], path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidStorage(f"{path}: must be a mapping of {', '.join(fields)}")
    for field, value in given.items():
        if field not in fields:
            raise InvalidStorage(f"{path}.{field}: unknown field; known: {', '.join(fields)}")
        if type(value) is not type(fields[field]):
            word = type(fields[field]).__name__
            raise InvalidStorage(f"{path}.{field}: must be of type {word}")
    row = {**fields, **given}
    complaints = names.dns_subdomain(row["name"])
    if complaints:
        raise InvalidStorage(f"{path}.name: {complaints[0]}")
    return row


def _driver(given: Any, path: str) -> dict[str, Any]:
    row = _row(given, _DRIVER, path)
    for mode in row["accessModes"]:
        if mode not in MODES:
            raise InvalidStorage(f"{path}.accessModes: use some of {', '.join(MODES)}")
    if row["volumesPerNode"] < 0:
        raise InvalidStorage(f"{path}.volumesPerNode: must not be negative; 0 means any number")
    for what, delay in row["delays"].items():
        if what not in DELAYS:
            raise InvalidStorage(f"{path}.delays.{what}: unknown; known: {', '.join(DELAYS)}")
        try:
            durations.parse(delay)
        except (ValueError, TypeError) as error:
            raise InvalidStorage(f"{path}.delays.{what}: {error}; write it as 3s") from error
    return {**row, "delays": {**DELAYS, **row["delays"]}}


def _class(given: Any, path: str) -> dict[str, Any]:
    row = _row(given, _CLASS, path)
    if not row["provisioner"]:
        raise InvalidStorage(f"{path}.provisioner: required")
    for field, known in (
        ("volumeBindingMode", ("Immediate", "WaitForFirstConsumer")),
        ("reclaimPolicy", ("Delete", "Retain")),
    ):
        if row[field] not in known:
            raise InvalidStorage(f"{path}.{field}: use {' or '.join(known)}")
    if not all(isinstance(v, str) for pair in row["parameters"].items() for v in pair):
        raise InvalidStorage(f"{path}.parameters: must be texts; put them in quotes")
    return row


def drivers(storage: dict[str, Any]) -> tuple[Driver, ...]:
    """Return the drivers of a checked part `storage`."""
    return tuple(
        Driver(
            row["name"],
            row["topology"],
            tuple(row["accessModes"]),
            row["attach"],
            row["volumesPerNode"],
            {what: durations.parse(delay) for what, delay in row["delays"].items()},
        )
        for row in storage.get("drivers") or ()
    )


def objects(storage: dict[str, Any]) -> list[Obj]:
    """Return the CSIDriver and StorageClass objects with which such a cluster begins."""
    found: list[Obj] = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIDriver",
            "metadata": {"name": driver.name},
            "spec": {"attachRequired": driver.attach},
        }
        for driver in drivers(storage)
    ]
    for row in storage.get("classes") or ():
        meta: Obj = {"name": row["name"]}
        if row["default"]:
            meta["annotations"] = {_MARK: "true"}
        found.append(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": meta,
                "provisioner": row["provisioner"],
                **({"parameters": row["parameters"]} if row["parameters"] else {}),
                "reclaimPolicy": row["reclaimPolicy"],
                "volumeBindingMode": row["volumeBindingMode"],
                "allowVolumeExpansion": row["allowVolumeExpansion"],
            }
        )
    return found
