"""Values of one type made into another. Source: google/cel-go common/types."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from ecp.kube.cel.operators import is_number, shown, whole_number
from ecp.kube.cel.source import RunError
from ecp.kube.cel.times import in_range, timestamp, written
from ecp.kube.cel.values import Duration, Opaque, Timestamp, TypeValue, Uint, type_name
from ecp.kube.formats import go_duration_ns
from ecp.kube.numbers import whole

_INT: Final = 1 << 63
_UINT: Final = 1 << 64
_SECOND: Final = 1_000_000_000


def _conversion(value: Any, to: str) -> RunError:
    return RunError(f"type conversion error from '{type_name(value)}' to '{to}'")


def to_int(value: Any) -> int:
    if isinstance(value, Uint | float):
        if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
            raise RunError("integer overflow")
        if isinstance(value, float) and not -_INT < value < _INT:
            raise RunError("integer overflow")
        return whole_number(int(value), int)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        number = whole(value)
        if number is not None:
            return number
    if isinstance(value, Timestamp):
        return value.ns // _SECOND
    if isinstance(value, Duration):
        return value.ns
    raise _conversion(value, "int")


def to_uint(value: Any) -> Uint:
    if isinstance(value, Uint):
        return value
    if isinstance(value, float):
        if math.isnan(value) or not -1 < value < _UINT:
            raise RunError("unsigned integer overflow")
        return Uint(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Uint(whole_number(value, Uint))
    if isinstance(value, str) and re.fullmatch("0*[0-9]{1,20}", value):
        number = int(value.lstrip("0") or "0")
        if number < _UINT:
            return Uint(number)
    raise _conversion(value, "uint")


def to_double(value: Any) -> float:
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        try:
            found = float(value.replace("_", "x"))
        except ValueError:
            raise _conversion(value, "double") from None
        if math.isfinite(found) or re.fullmatch("[+-]?(inf|infinity|nan)", value.lower()):
            return found
    raise _conversion(value, "double")


def to_string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return shown(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise RunError("invalid UTF-8 in bytes, cannot convert to string") from None
    if isinstance(value, Timestamp):
        return written(value)
    if isinstance(value, Duration):
        return f"{_seconds(value.ns)}s"
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, Opaque) and value.kind in ("net.IP", "net.CIDR"):
        return str(value.value)
    raise _conversion(value, "string")


def _seconds(ns: int) -> str:
    sign, size = ("-" if ns < 0 else ""), abs(ns)
    whole, rest = divmod(size, _SECOND)
    text = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{text}"


def to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value in ("1", "t", "T", "true", "TRUE", "True"):
            return True
        if value in ("0", "f", "F", "false", "FALSE", "False"):
            return False
    raise _conversion(value, "bool")


def to_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    raise _conversion(value, "bytes")


def to_duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        ns = go_duration_ns(value)
        if ns is None:
            raise _conversion(value, "google.protobuf.Duration")
        return Duration(ns)
    raise _conversion(value, "google.protobuf.Duration")


def to_timestamp(value: Any) -> Timestamp:
    if isinstance(value, Timestamp):
        return value
    if isinstance(value, str):
        found = timestamp(value)
        if found is None:
            raise _conversion(value, "google.protobuf.Timestamp")
        return in_range(found)
    if type(value) is int:
        return in_range(Timestamp(value * _SECOND))
    raise _conversion(value, "google.protobuf.Timestamp")


CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "int": to_int,
    "uint": to_uint,
    "double": to_double,
    "string": to_string,
    "bool": to_bool,
    "bytes": to_bytes,
    "duration": to_duration,
    "timestamp": to_timestamp,
}
"""What each conversion does, by name."""
