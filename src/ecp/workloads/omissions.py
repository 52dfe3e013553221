"""What the model leaves out, and which way its figures err by that: rows of not_modelled.yaml."""

from functools import cache
from importlib import resources
from typing import Literal, NamedTuple, get_args

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Direction = Literal["flatters", "blackens", "either"]
"""The real service would be worse than the figures, better, or the one or the other."""


class InvalidOmission(ValueError):
    """A row of not_modelled.yaml says something else than what is left out; says which."""


class Omission(NamedTuple):
    """One thing that is left out, in both languages."""

    id: str
    direction: Direction
    en: str
    ko: str


def read_omissions(text: str) -> tuple[Omission, ...]:
    """Read the data file. Raises InvalidOmission naming the row."""
    found: dict[str, Omission] = {}
    for number, row in enumerate(yaml.load(text, Loader=_LOADER)["omissions"]):
        where = f"omissions[{number}]"
        if not isinstance(row, dict) or set(row) != set(Omission._fields):
            raise InvalidOmission(f"{where}: must have {', '.join(Omission._fields)}")
        if not all(isinstance(value, str) and value for value in row.values()):
            raise InvalidOmission(f"{where}: every field must be a text")
        if row["direction"] not in get_args(Direction):
            raise InvalidOmission(
                f"{where}.direction: must be one of {', '.join(get_args(Direction))}"
            )
        if row["id"] in found:
            raise InvalidOmission(f"{where}.id: {row['id']} stands twice")
        found[row["id"]] = Omission(**row)
    return tuple(found.values())


@cache
def not_modelled() -> tuple[Omission, ...]:
    """Return what the model leaves out, in the order of the file."""
    return read_omissions(
        resources.files(__package__).joinpath("not_modelled.yaml").read_text("utf-8")
    )
