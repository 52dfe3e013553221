"""Providers: what differs between clouds, as data files. Read and checked here."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from ipaddress import IPv4Network
from typing import Any, NamedTuple

import yaml

from ecp.kube import names, quantity
from ecp.workloads.offers import offers
from ecp.workloads.sheet import GPU_TYPES

_FIELDS = {
    "name", "source", "gpus", "taint", "volumes", "ingress", "door", "monitoring",
    "storage_classes",
}  # fmt: skip


class InvalidProvider(ValueError):
    """A provider's file is not right; the message names file and field."""


class Volumes(NamedTuple):
    """A class of volumes, and which sizes it has (bytes): `least`, steps from zero, `most`."""

    storage_class: str
    least: int
    step: int
    most: int

    def sizes(self, wanted: int) -> tuple[int, ...]:
        """Return the sizes of the volumes that hold *wanted* bytes: as few as there can be."""
        count = max(1, math.ceil(wanted / self.most))
        each = math.ceil(wanted / count / self.step) * self.step
        return (max(self.least, each),) * count


class Tls(NamedTuple):
    """How the ingress gets a certificate: from a Secret, by an annotation, or either.

    `secret`: whether it reads a Secret. `certificate`: the annotation that names one of the
    provider's, "" = there is none; `like`: what its names look like. `annotations` come with TLS.
    """

    secret: bool
    certificate: str
    like: re.Pattern[str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a tenant runs.

    `gpus`: node labels that select a GPU type, for the types that can be had. `taint` is what GPU
    nodes are tainted with. `volumes`: of the wishes standard, fast and shared. `callers`: whence
    what the ingress lets in comes, as peers of a NetworkPolicy. `storage_classes` are those that
    somebody has to make.
    """

    name: str
    source: str
    gpus: Mapping[str, Mapping[str, str]]
    taint: Mapping[str, str]
    volumes: Mapping[str, Volumes]
    ingress_class: str
    ingress_annotations: Mapping[str, str]
    tls: "Tls"
    callers: tuple[Mapping[str, Any], ...]
    door_type: str
    door_annotations: Mapping[str, str]
    monitoring: str
    storage_classes: tuple[Mapping[str, Any], ...]


def read_provider(text: str, file: str) -> Provider:
    """Read one file. Raises InvalidProvider naming file and field."""
    given = yaml.safe_load(text)
    if not isinstance(given, dict) or set(given) != _FIELDS:
        raise InvalidProvider(f"{file}: must have exactly {', '.join(sorted(_FIELDS))}")
    for field in ("name", "source", "monitoring"):
        if not isinstance(given[field], str) or not given[field]:
            raise InvalidProvider(f"{file}: {field}: must be a text")
    for kind, selector in _mapping(given, "gpus", file).items():
        if kind not in GPU_TYPES or not isinstance(selector, dict):
            raise InvalidProvider(f"{file}: gpus.{kind}: known: {', '.join(GPU_TYPES)}")
        for key, value in selector.items():
            if names.label_key(key) or names.label_value(value):
                raise InvalidProvider(f"{file}: gpus.{kind}: {key}={value} is no label")
    taint = _exactly(given, "taint", {"key", "effect"}, file)
    wishes = _exactly(given, "volumes", {"standard", "fast", "shared"}, file)
    ingress = _exactly(given, "ingress", {"class", "annotations", "tls", "callers"}, file)
    tls = _exactly(ingress, "tls", {"secret", "certificate", "like", "annotations"}, file)
    door = _exactly(given, "door", {"type", "annotations"}, file)
    if door["type"] not in ("ClusterIP", "NodePort"):
        raise InvalidProvider(f"{file}: door.type: must be ClusterIP or NodePort")
    classes = given["storage_classes"]
    if not isinstance(classes, list) or not all(isinstance(row, dict) for row in classes):
        raise InvalidProvider(f"{file}: storage_classes: must be a list of mappings")
    return Provider(
        given["name"],
        given["source"],
        given["gpus"],
        taint,
        {wish: _volumes(row, f"{file}: volumes.{wish}") for wish, row in wishes.items()},
        ingress["class"],
        ingress["annotations"],
        Tls(tls["secret"], tls["certificate"], re.compile(tls["like"]), tls["annotations"]),
        tuple(_callers(ingress["callers"], f"{file}: ingress.callers")),
        door["type"],
        door["annotations"],
        given["monitoring"],
        tuple(classes),
    )


def _volumes(row: Any, where: str) -> Volumes:
    if not isinstance(row, dict) or set(row) != {"class", "least", "step", "most"}:
        raise InvalidProvider(f"{where}: must have class, least, step, most")
    try:
        sizes = [quantity.value(row[name]) for name in ("least", "step", "most")]
    except (quantity.InvalidQuantity, TypeError) as error:
        raise InvalidProvider(f"{where}: {error}") from error
    least, step, most = sizes
    if not 0 < least <= most or step <= 0 or (least % step and step % least):
        raise InvalidProvider(f"{where}: least, step, most: in this order, and whole steps")
    return Volumes(str(row["class"]), least, step, most)


def _callers(given: Any, where: str) -> list[Mapping[str, Any]]:
    if isinstance(given, dict) and set(given) == {"namespace"}:
        labels = {"kubernetes.io/metadata.name": given["namespace"]}
        return [{"namespaceSelector": {"matchLabels": labels}}]
    if isinstance(given, dict) and set(given) == {"addresses"} and given["addresses"]:
        try:
            return [{"ipBlock": {"cidr": str(IPv4Network(row))}} for row in given["addresses"]]
        except ValueError as error:
            raise InvalidProvider(f"{where}: {error}") from error
    raise InvalidProvider(f"{where}: must have namespace or addresses")


def _mapping(given: dict[str, Any], field: str, file: str) -> dict[str, Any]:
    found = given[field]
    if not isinstance(found, dict):
        raise InvalidProvider(f"{file}: {field}: must be a mapping")
    return found


def _exactly(given: dict[str, Any], field: str, wanted: set[str], file: str) -> dict[str, Any]:
    found = _mapping(given, field, file)
    if set(found) != wanted:
        raise InvalidProvider(f"{file}: {field}: must have {', '.join(sorted(wanted))}")
    return found


@cache
def _providers() -> Mapping[str, Provider]:
    found = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            row = read_provider(file.read_text("utf-8"), file.name)
            found[row.name] = row
    return found


def provider_names() -> tuple[str, ...]:
    """Return the names of the shipped providers."""
    return tuple(_providers())


def provider(name: str) -> Provider:
    """Return a shipped provider. Raises KeyError."""
    return _providers()[name]


def priced_kinds(name: str) -> tuple[str, ...]:
    """Return the GPU types that a provider labels and has a price for. Raises KeyError."""
    place, offer = provider(name), offers()[name]
    return tuple(kind for kind in offer.gpu_types if kind in place.gpus)


def gpu_type(labels: Mapping[str, str]) -> str | None:
    """Return the GPU type that labels stand for: a node's, or a pod's node selector.

    None where no provider labels its GPU nodes so.
    """
    for place in _providers().values():
        for kind, wanted in place.gpus.items():
            if wanted.items() <= labels.items():
                return kind
    return None
