"""Instants as callers write them: RFC 3339 with any offset; for both services."""

import re
from datetime import datetime
from typing import Final

_SECOND: Final = 1_000_000_000
_WRITTEN: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[-+ ]\d\d:\d\d)?", re.ASCII
)


def read_instant(text: str, *, with_offset: bool = False) -> int:
    """Return an instant in ns since the epoch: "2026-01-05T18:00:00+09:00" is 09:00 in UTC.

    with_offset   one without an offset is refused; otherwise it is taken for UTC

    Raises ValueError for anything else. Source: RFC 3339, section 5.6.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or (with_offset and found[4] is None):
        raise ValueError(f"{text[:80]!r} is no instant")
    day, time, fraction, offset = found.groups()
    # A "+" that is not escaped in a query arrives as a space. After the seconds, and before two
    # digits, a colon and two digits, nothing else can have stood there: "-" arrives as it is.
    offset = (offset or "Z").replace(" ", "+").upper()
    whole = datetime.fromisoformat(f"{day}T{time}{offset}")
    return int(whole.timestamp()) * _SECOND + int((fraction or "")[:9].ljust(9, "0"))
