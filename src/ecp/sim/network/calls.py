"""Whom a pod says it calls: the addresses in its environment.

A container's environment is where a twelve-factor program is told its peers: `STT_ENDPOINT=
http://stt-service:8080`, `PRODUCT_CATALOG_SERVICE_ADDR=productcatalogservice:3550`. A value counts
when it is a URL, or host:port, or a name below `.svc`; a bare word only where the variable's own
name says that it is a host.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ecp.kube.kinds import CONFIGMAPS
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_URL = re.compile(
    rf"(?:jdbc:)?([a-z][a-z0-9+.-]*)://(?:[^@/\s]*@)?({_HOST})(?::(\d{{1,5}}))?(?=[/?#;]|$)", re.I
)
_ADDRESS = re.compile(rf"({_HOST}):(\d{{1,5}})(?:/\S*)?", re.I)
_BARE = re.compile(_HOST, re.I)
_INSIDE = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\.svc(?:\.cluster\.local)?\.?", re.I)
_NAMES_A_HOST = re.compile(
    r"(?:^|[_.-])(?:HOST|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER|URL|URI)$", re.I
)
# What stands in such a variable and is no host all the same.
_NO_HOST = ("true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled")
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_NUMBER = re.compile(r"[\d.]+")

_PORT_OF_SCHEME = {
    "http": 80,
    "ws": 80,
    "https": 443,
    "wss": 443,
    "redis": 6379,
    "rediss": 6379,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "mongodb": 27017,
    "amqp": 5672,
    "amqps": 5671,
    "nats": 4222,
    "kafka": 9092,
}


class Call(NamedTuple):
    """A peer that a container is told of: variable, host, and port (None = not said)."""

    env: str
    host: str
    port: int | None
    container: str = ""


def declared_calls(pod: Obj, read: Reader | None = None) -> list[Call]:
    """Return whom the containers of *pod* are told to call, in the order of the manifest.

    With *read*, values that come from ConfigMaps are looked up as well. Each (host, port) of a
    container comes once, under the first variable that names it.
    """
    spec = pod["spec"]
    namespace = pod["metadata"].get("namespace", "")
    calls: dict[tuple[str, str, int | None], Call] = {}
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        known: dict[str, str] = {}
        for name, value in _environment(container, namespace, read):
            value = known[name] = _expanded(value, known)
            for host, port in _addresses(name, value):
                call = Call(name, host, port, container["name"])
                calls.setdefault((call.container, host, port), call)
    return list(calls.values())


def _environment(
    container: Mapping[str, Any], namespace: str, read: Reader | None
) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom") or ():
        reference = source.get("configMapRef")
        if reference and read is not None:
            data = _config(read, namespace, reference["name"])
            prefix = source.get("prefix", "")
            yield from ((f"{prefix}{key}", data[key]) for key in sorted(data))
    for entry in container.get("env") or ():
        if isinstance(entry.get("value"), str):
            yield entry["name"], entry["value"]
            continue
        reference = (entry.get("valueFrom") or {}).get("configMapKeyRef")
        if reference and read is not None:
            data = _config(read, namespace, reference["name"])
            if reference["key"] in data:
                yield entry["name"], data[reference["key"]]


def _expanded(value: str, known: Mapping[str, str]) -> str:
    """Fill $(NAME) with variables that came before, as the kubelet does."""

    def filled(match: re.Match[str]) -> str:
        return known.get(match[1], match[0])

    return _REFERENCE.sub(filled, value)


def _config(read: Reader, namespace: str, name: str) -> Mapping[str, str]:
    found = read.get(CONFIGMAPS, namespace, name)
    return (found.get("data") if found is not None else None) or {}


def _addresses(name: str, value: str) -> Iterator[tuple[str, int | None]]:
    for part in value.split(","):
        part = part.strip()
        match = _URL.match(part)
        if match:
            port = int(match[3]) if match[3] else _PORT_OF_SCHEME.get(match[1].lower())
            yield _clean(match[2]), port
            continue
        match = _ADDRESS.fullmatch(part)
        if match and not _NUMBER.fullmatch(match[1]) and 0 < int(match[2]) < 65536:
            yield _clean(match[1]), int(match[2])
        elif _INSIDE.fullmatch(part) or (
            _NAMES_A_HOST.search(name)
            and _BARE.fullmatch(part)
            and not _NUMBER.fullmatch(part)
            and part.lower() not in _NO_HOST
        ):
            yield _clean(part), None


def _clean(host: str) -> str:
    return host.rstrip(".").lower()
