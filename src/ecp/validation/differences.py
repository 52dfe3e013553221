"""What is said of a field that may not change."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any, Final

from ecp.validation.faults import At, Fault, invalid

IMMUTABLE: Final = "field is immutable"


def immutable(at: At, new: Any, old: Any, *, point: At | None = None) -> Iterator[Fault]:
    """Yield a fault when *new* is not as *old*. Source: apimachinery `ValidateImmutableField`."""
    if new != old:
        yield invalid("E0700", at, new, IMMUTABLE, point=point)


def difference(before: Any, after: Any) -> str:
    """Return a unified difference of two values as JSON, one field a line.

    The server prints the fields of its own structs; here they bear the names the API gives them.
    """

    def text(value: Any) -> list[str]:
        return json.dumps(value, indent=1, ensure_ascii=False).splitlines()

    found = difflib.unified_diff(text(before), text(after), n=3, lineterm="")
    return "\n".join(line for line in found if not line.startswith(("---", "+++")))
