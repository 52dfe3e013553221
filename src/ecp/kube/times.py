"""Instants as Kubernetes writes them: RFC 3339 in UTC, from integer nanoseconds."""

from calendar import timegm
from functools import lru_cache
from time import gmtime, strptime

_SECOND = 1_000_000_000


@lru_cache(maxsize=4096)
def _seconds(seconds: int) -> str:
    t = gmtime(seconds)
    return f"{t[0]:04d}-{t[1]:02d}-{t[2]:02d}T{t[3]:02d}:{t[4]:02d}:{t[5]:02d}Z"


@lru_cache(maxsize=4096)
def rfc3339(instant: int) -> str:
    """Return *instant* (ns since the epoch) in whole seconds, cut: metav1.Time."""
    return _seconds(instant // _SECOND)


def rfc3339_micro(instant: int) -> str:
    """Return *instant* (ns since the epoch) with six decimals: metav1.MicroTime."""
    return f"{_seconds(instant // _SECOND)[:-1]}.{instant % _SECOND // 1000:06d}Z"


@lru_cache(maxsize=4096)
def nanoseconds(text: str) -> int:
    """Return an RFC 3339 UTC instant, with or without a fraction, in ns since the epoch.

    Raises ValueError for anything else.
    """
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = timegm(strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * _SECOND + (int(fraction[:9].ljust(9, "0")) if fraction else 0)
