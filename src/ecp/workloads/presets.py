"""Presets: micro, small, medium, large; the smallest that fits is the tenant's.

Data in presets.yaml.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ecp.workloads.demand import TenantDemand

_FIELDS = (
    "name", "source", "channels", "users", "template", "sla", "target_cpu", "storage_class",
)  # fmt: skip


class InvalidPreset(ValueError):
    """A row of presets.yaml is not right; the message names row and field."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A size. `channels` and `users` are the first numbers too big for it, None = no bound.

    `sla` is a suggestion in per cent, `target_cpu` what an autoscaler holds in per cent.
    """

    name: str
    source: str
    channels: int | None
    users: int | None
    template: TenantDemand
    sla: float
    target_cpu: int
    storage_class: str

    def fits(self, tenant: TenantDemand) -> bool:
        """Whether the tenant stays below both bounds."""
        return (self.channels is None or tenant.channels < self.channels) and (
            self.users is None or tenant.chatbot < self.users
        )


def read_presets(text: str, file: str) -> tuple[Preset, ...]:
    """Read the table. Raises InvalidPreset naming row and field."""
    found = []
    for index, row in enumerate(yaml.safe_load(text)["presets"]):
        found.append(_preset(row, f"{file}: presets[{index}]"))
    if not found or found[-1].channels is not None or found[-1].users is not None:
        raise InvalidPreset(f"{file}: presets: the last one must have no bounds")
    return tuple(found)


def _preset(row: Any, where: str) -> Preset:
    if not isinstance(row, dict) or set(row) != set(_FIELDS):
        raise InvalidPreset(f"{where}: must have exactly {', '.join(_FIELDS)}")
    try:
        return Preset(**{**row, "template": TenantDemand(**row["template"])})
    except (TypeError, ValueError) as error:
        raise InvalidPreset(f"{where}.template: {error}") from error


@cache
def presets() -> tuple[Preset, ...]:
    """Return the shipped presets, smallest first."""
    text = resources.files(__package__).joinpath("presets.yaml").read_text("utf-8")
    return read_presets(text, "presets.yaml")


def preset(name: str) -> Preset:
    """Return a preset by name. Raises KeyError."""
    return {row.name: row for row in presets()}[name]


def preset_of(tenant: TenantDemand) -> Preset:
    """Return the smallest preset that the tenant fits: 10/50/5 is small."""
    return next(row for row in presets() if row.fits(tenant))
