"""Above which figures a tenant's rules fire: a preset's, and how soon answers are to come. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import yaml

from ecp.kube import durations
from ecp.orchestrator.records import CONTRACT, Tenant
from ecp.slo.contract import ANSWERED_WITHIN
from ecp.workloads.profiles import profiles

THRESHOLDS: Final[Mapping[str, str]] = {
    "cpu_usage": "cpu_high",
    "memory_usage": "memory_high",
    "gpu_usage": "gpu_high",
    "disk_usage": "disk_high",
    "response_time": "response_time_high",
    "error_rate": "error_rate_high",
}
"""The rule of each figure that has a threshold."""

_ANSWERS: Final = "response_time"
_SECOND: Final = 1_000_000_000


class Within(NamedTuple):
    """In how many ms 95 of 100 answers are to come, and who says so: contract, or profile (the
    slowest of the services that customers call: so is the figure that is judged)."""

    limit_ms: int
    said_by: str


class Threshold(NamedTuple):
    """A figure's thresholds by severity, and for how long it has to be above."""

    metric: str
    limits: Mapping[str, float]
    for_s: int


@lru_cache(maxsize=1)
def presets() -> Mapping[str, tuple[Threshold, ...]]:
    """Return the threshold presets by name."""
    text = files("ecp.orchestrator.alerts").joinpath("thresholds.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    for_s = durations.parse(data["for"]) // _SECOND
    return {
        name: tuple(Threshold(metric, limits, for_s) for metric, limits in rows.items())
        for name, rows in data["presets"].items()
    }


def within(tenant: Tenant) -> Within | None:
    """Return how soon a tenant's answers are to come: as promised, else as its services' data
    sheets have it. None where it contracted nothing that customers call."""
    promised = (tenant.options.get(CONTRACT) or {}).get(ANSWERED_WITHIN)
    if promised is not None:
        return Within(promised, "contract")
    sheets = (profiles().get(name) for name, units in tenant.requirements.items() if units)
    limits = [round(sheet.service.latency * 1000) for sheet in sheets if sheet and sheet.entry]
    return Within(max(limits), "profile") if limits else None


def thresholds_of(preset: str, of: Within | None) -> tuple[Threshold, ...]:
    """Return the thresholds that hold for a tenant: a preset's, that of answers as was promised.

    Where nothing was promised, answers may take what the services' data sheets grant them: one that
    rings for what is as it should be is heard no more. The preset's own steps are kept (twice as
    long is critical where it is there).
    """
    rows = presets().get(preset) or presets()["default"]
    return tuple(_answered(row, of) if row.metric == _ANSWERS and of else row for row in rows)


def _answered(row: Threshold, of: Within) -> Threshold:
    usual = row.limits["warning"]
    warning = of.limit_ms if of.said_by == "contract" else max(usual, of.limit_ms)
    return row._replace(limits={step: n * warning / usual for step, n in row.limits.items()})
