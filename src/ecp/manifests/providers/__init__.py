"""Providers: what differs between clouds, as data files. Read and checked here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ecp.kube import names
from ecp.workloads.sheet import GPU_TYPES

_FIELDS = (
    "name", "source", "gpus", "taint", "storage_classes", "ingress_namespace",
    "monitoring_namespace",
)  # fmt: skip


class InvalidProvider(ValueError):
    """A provider's file is not right; the message names file and field."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a tenant runs.

    `gpus`: node labels that select a GPU type, for the types that can be had. `taint` is what GPU
    nodes are tainted with. `storage_classes`: names of the wishes standard and fast.
    """

    name: str
    source: str
    gpus: Mapping[str, Mapping[str, str]]
    taint: Mapping[str, str]
    storage_classes: Mapping[str, str]
    ingress_namespace: str
    monitoring_namespace: str


def read_provider(text: str, file: str) -> Provider:
    """Read one file. Raises InvalidProvider naming file and field."""
    given = yaml.safe_load(text)
    if not isinstance(given, dict) or set(given) != set(_FIELDS):
        raise InvalidProvider(f"{file}: must have exactly {', '.join(_FIELDS)}")
    for field in ("name", "source", "ingress_namespace", "monitoring_namespace"):
        if not isinstance(given[field], str) or not given[field]:
            raise InvalidProvider(f"{file}: {field}: must be a text")
    for kind, selector in _mapping(given, "gpus", file).items():
        if kind not in GPU_TYPES or not isinstance(selector, dict):
            raise InvalidProvider(f"{file}: gpus.{kind}: known: {', '.join(GPU_TYPES)}")
        for key, value in selector.items():
            if names.label_key(key) or names.label_value(value):
                raise InvalidProvider(f"{file}: gpus.{kind}: {key}={value} is no label")
    for field, wanted in (("taint", {"key", "effect"}), ("storage_classes", {"standard", "fast"})):
        if set(_mapping(given, field, file)) != wanted:
            raise InvalidProvider(f"{file}: {field}: must have {', '.join(sorted(wanted))}")
    return Provider(**given)


def _mapping(given: dict[str, Any], field: str, file: str) -> dict[str, Any]:
    found = given[field]
    if not isinstance(found, dict):
        raise InvalidProvider(f"{file}: {field}: must be a mapping")
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


def gpu_type(labels: Mapping[str, str]) -> str | None:
    """Return the GPU type that labels stand for: a node's, or a pod's node selector.

    None where no provider labels its GPU nodes so.
    """
    for place in _providers().values():
        for kind, wanted in place.gpus.items():
            if wanted.items() <= labels.items():
                return kind
    return None
