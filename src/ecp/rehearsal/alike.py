"""Whether two results are the same, value by value. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any


def first_difference(before: Any, now: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """Return (path, before, now) of the first value that differs, in the order of the file."""
    for place, old, new in _differences(before, now, path):
        return place, old, new
    return None


def _differences(before: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*before, *now)):
            place = f"{path}.{key}" if path else str(key)
            if key not in before or key not in now:
                yield place, before.get(key), now.get(key)
            else:
                yield from _differences(before[key], now[key], place)
    elif isinstance(before, list) and isinstance(now, list):
        for number, (old, new) in enumerate(zip(before, now, strict=False)):
            yield from _differences(old, new, f"{path}[{number}]")
        if len(before) != len(now):
            yield f"{path}.length", len(before), len(now)
    elif before != now or type(before) is not type(now):
        yield path, before, now
