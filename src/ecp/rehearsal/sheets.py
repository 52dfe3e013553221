"""Data sheets with other figures than the shipped ones, by their names: chatbot.service.time."""

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Any, Final

from ecp.workloads.profiles import Profiles, profiles
from ecp.workloads.sheet import Profile

START: Final = "image.start"
"""The field of a figure that is an image's, not a sheet's: what it needs to start (ns)."""


BATCHES: Final = "service.batches"
"""How long batches take on each GPU: its value is by how many times all of them."""


def value_of(profile: Profile, field: str) -> Any:
    """Return a field of a sheet: "service.time", "calls[nlp].requests"; of BATCHES all of it."""
    found: Any = profile
    for part in field.split("."):
        name, _, callee = part.rstrip("]").partition("[")
        found = getattr(found, name)
        if callee:
            found = next(call for call in found if call.to == callee)
    return found


def with_value(profile: Profile, field: str, value: float) -> Profile:
    """Return a sheet with another value in a field; whole numbers stay whole, and at least 1."""
    changed = _set(profile, field.split("."), value)
    assert isinstance(changed, Profile)
    return changed


def _set(of: Any, path: Sequence[str], value: float) -> Any:
    name, _, callee = path[0].rstrip("]").partition("[")
    old = getattr(of, name)
    if path == [BATCHES.rpartition(".")[2]]:
        new: Any = {gpu: row._replace(fixed=row.fixed * value, per_item=row.per_item * value)
                    for gpu, row in old.items()}  # fmt: skip
    elif callee:
        new = tuple(_set(call, path[1:], value) if call.to == callee else call for call in old)
    elif len(path) > 1:
        new = _set(old, path[1:], value)
    else:
        new = max(1, round(value)) if isinstance(old, int) else value
    if is_dataclass(of) and not isinstance(of, type):
        return replace(of, **{name: new})
    return of._replace(**{name: new})


def sheets(assumed: Mapping[str, float]) -> Profiles | None:
    """Return the shipped sheets with other values ("chatbot.service.time"), None for none."""
    changes: dict[str, list[tuple[str, float]]] = {}
    for name, value in assumed.items():
        profile, _, field = name.partition(".")
        changes.setdefault(profile, []).append((field, value))
    if not changes:
        return None
    rows = []
    for name, row in profiles().items():
        for field, value in changes.get(name, ()):
            row = with_value(row, field, value)
        rows.append(row)
    return Profiles(rows)
