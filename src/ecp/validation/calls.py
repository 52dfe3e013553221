"""Whom a pod calls: the addresses that its environment and its command line name.

What a ConfigMap puts into the environment counts as what is written there, and is pointed at where
it stands. In arguments only a URL, a name below ``.svc`` and an option whose name says that it is
an address are taken for one: ``app:1`` may be an image, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ecp.kube.hosts import addresses
from ecp.kube.yaml import Path
from ecp.validation.bundle import Bundle, Carrier
from ecp.validation.scope import Object, items, mapping

_CONFIG: Final = ("", "ConfigMap")
_SAYS_ADDRESS: Final = re.compile(
    r"(?:^|[_.-])(?:HOST|ADDR|ADDRESS|ENDPOINT|SERVER|URL|URI)$", re.I
)
_SAYS_OWN: Final = re.compile(
    r"(?:^|[_.-])(?:LISTEN|BIND|ADVERTISE|PUBLIC|EXTERNAL|LOCAL)[_.-]", re.I
)


class Call(NamedTuple):
    """One address that a container is told.

    variable   what tells it, "" for an argument
    document   where it stands, and path there: in the pod, or in the ConfigMap of the input
    """

    host: str
    port: int | None
    variable: str
    box: Object
    document: int
    path: Path


def calls(bundle: Bundle, carrier: Carrier) -> list[Call]:
    """Return the addresses that the containers of a pod are told; looked for once a pod."""
    key = carrier.group_kind, carrier.namespace, carrier.name
    found = bundle.told.get(key)
    if found is None:
        found = bundle.told[key] = list(_calls(bundle, carrier))
    return found


def _calls(bundle: Bundle, carrier: Carrier) -> Iterator[Call]:
    for at, box in carrier.boxed:
        for name, value, document, path in _variables(bundle, carrier, at, box):
            if len(value) > 1 and not _SAYS_OWN.search(name):
                for host, port in addresses(name, value):
                    yield Call(host, port, name, box, document, path)
        for path, host, port in _arguments(at, box):
            yield Call(host, port, "", box, carrier.document, path)


_Variable = tuple[str, str, int, Path]


def _variables(bundle: Bundle, carrier: Carrier, at: Path, box: Object) -> Iterator[_Variable]:
    for number, entry in enumerate(map(mapping, items(box.get("env")))):
        name, value = entry.get("name"), entry.get("value")
        if not isinstance(name, str):
            continue
        path = (*at, "env", number, "value")
        if isinstance(value, str):
            yield name, value, carrier.document, path
            continue
        ref = mapping(mapping(entry.get("valueFrom")).get("configMapKeyRef"))
        for key, text, document, place in _data(bundle, carrier, ref, path[:-1]):
            if key == ref.get("key"):
                yield name, text, document, place
    for number, entry in enumerate(map(mapping, items(box.get("envFrom")))):
        prefix = entry.get("prefix")
        source = mapping(entry.get("configMapRef"))
        for key, text, document, place in _data(bundle, carrier, source, (*at, "envFrom", number)):
            name = f"{prefix}{key}" if isinstance(prefix, str) else key
            yield name, text, document, place


def _data(bundle: Bundle, carrier: Carrier, ref: Object, at: Path) -> Iterator[_Variable]:
    """Yield (key, text, document, path) of a ConfigMap; of one in the cluster, where it is used."""
    name = ref.get("name")
    found = bundle.world.find(*_CONFIG, carrier.namespace, name) if name else None
    if found is None:
        return
    document = bundle.document_of(_CONFIG, carrier.namespace, str(name))
    for key, text in mapping(found.get("data")).items():
        # A text of several lines is a file, whatever may stand in it.
        if isinstance(text, str) and "\n" not in text:
            if document >= 0:
                yield key, text, document, ("data", key)
            else:
                yield key, text, carrier.document, at


def _arguments(at: Path, box: Object) -> Iterator[tuple[Path, str, int | None]]:
    for field in ("command", "args"):
        option = ""
        for number, word in enumerate(items(box.get(field))):
            if not isinstance(word, str) or "\n" in word:
                option = ""
                continue
            name, joined, value = word.partition("=")
            if not (joined and re.fullmatch(r"[\w.-]+", name)):
                name, value = option, word
            option = word if word.startswith("-") and not joined else ""
            if _SAYS_OWN.search(name):
                continue
            for host, port in addresses("", value):
                if "://" in value or ".svc" in host or _SAYS_ADDRESS.search(name):
                    yield (*at, field, number), host, port
