"""Whom a pod says it calls: the addresses in its environment (ecp.kube.hosts)."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from ecp.kube.hosts import addresses
from ecp.kube.kinds import CONFIGMAPS
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


class Call(NamedTuple):
    """A peer that a container is told of: variable, host, and port (None = not said)."""

    env: str
    host: str
    port: int | None
    container: str = ""


Configs = Callable[[str, str], Mapping[str, str]]
"""The data of a ConfigMap, by namespace and name."""


def declared_calls(
    pod: Obj, read: Reader | None = None, configs: Configs | None = None
) -> list[Call]:
    """Return whom the containers of *pod* are told to call, in the order of the manifest.

    With *read*, values that come from ConfigMaps are looked up as well, as they are now, or with
    *configs* as that says. Each (host, port) of a container comes once, under the first variable
    that names it.
    """
    if configs is None and read is not None:
        configs = partial(_config, read)
    spec = pod["spec"]
    namespace = pod["metadata"].get("namespace", "")
    calls: dict[tuple[str, str, int | None], Call] = {}
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        known: dict[str, str] = {}
        for name, value in _environment(container, namespace, configs):
            value = known[name] = _expanded(value, known)
            for host, port in addresses(name, value):
                call = Call(name, host, port, container["name"])
                calls.setdefault((call.container, host, port), call)
    return list(calls.values())


def _environment(
    container: Mapping[str, Any], namespace: str, configs: Configs | None
) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom") or ():
        reference = source.get("configMapRef")
        if reference and configs is not None:
            data = configs(namespace, reference["name"])
            prefix = source.get("prefix", "")
            yield from ((f"{prefix}{key}", data[key]) for key in sorted(data))
    for entry in container.get("env") or ():
        if isinstance(entry.get("value"), str):
            yield entry["name"], entry["value"]
            continue
        reference = (entry.get("valueFrom") or {}).get("configMapKeyRef")
        if reference and configs is not None:
            data = configs(namespace, reference["name"])
            if reference["key"] in data:
                yield entry["name"], data[reference["key"]]


def configs_of(spec: Obj) -> tuple[str, ...]:
    """Return the ConfigMaps from which the variables of a pod with this spec come."""
    found: dict[str, None] = {}
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        for source in container.get("envFrom") or ():
            if source.get("configMapRef"):
                found[source["configMapRef"].get("name", "")] = None
        for entry in container.get("env") or ():
            reference = (entry.get("valueFrom") or {}).get("configMapKeyRef")
            if reference:
                found[reference.get("name", "")] = None
    return tuple(found)


def _expanded(value: str, known: Mapping[str, str]) -> str:
    """Fill $(NAME) with variables that came before, as the kubelet does."""

    def filled(match: re.Match[str]) -> str:
        return known.get(match[1], match[0])

    return _REFERENCE.sub(filled, value)


def _config(read: Reader, namespace: str, name: str) -> Mapping[str, str]:
    found = read.get(CONFIGMAPS, namespace, name)
    return (found.get("data") if found is not None else None) or {}
