"""Whom a variable of a container's environment names: hosts and ports.

A container's environment is where a twelve-factor program is told its peers: `STT_ENDPOINT=
http://stt-service:8080`, `PRODUCT_CATALOG_SERVICE_ADDR=productcatalogservice:3550`. A value counts
when it is a URL, or host:port, or a name below `.svc`; a bare word only where the variable's own
name says that it is a host.
"""

import re
from functools import lru_cache

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
_NUMBER = re.compile(r"[\d.]+")
# Values that come again and again are; long ones would fill the memory.
_SHORT = 200

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


def addresses(name: str, value: str) -> tuple[tuple[str, int | None], ...]:
    """Return (host, port) of what the variable *name* is told; the port None where it is not said.

    Hosts come in lower case, without a closing dot.
    """
    return _seen(name, value) if len(value) <= _SHORT else _addresses(name, value)


def _addresses(name: str, value: str) -> tuple[tuple[str, int | None], ...]:
    found: list[tuple[str, int | None]] = []
    for part in value.split(","):
        part = part.strip()
        match = _URL.match(part)
        if match:
            port = int(match[3]) if match[3] else _PORT_OF_SCHEME.get(match[1].lower())
            found.append((_clean(match[2]), port))
            continue
        match = _ADDRESS.fullmatch(part)
        if match and not _NUMBER.fullmatch(match[1]) and 0 < int(match[2]) < 65536:
            found.append((_clean(match[1]), int(match[2])))
        elif _INSIDE.fullmatch(part) or (
            _NAMES_A_HOST.search(name)
            and _BARE.fullmatch(part)
            and not _NUMBER.fullmatch(part)
            and part.lower() not in _NO_HOST
        ):
            found.append((_clean(part), None))
    return tuple(found)


_seen = lru_cache(maxsize=4096)(_addresses)


def _clean(host: str) -> str:
    return host.rstrip(".").lower()
