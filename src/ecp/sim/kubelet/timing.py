"""Timing: how long a node takes for each stage; read from stages/timing.yaml."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp
from statistics import NormalDist
from typing import Any

import yaml

from ecp.kube.durations import parse as duration
from ecp.sim.engine.chance import Chance

_NORMAL = NormalDist()
_MS = 1_000_000
_LEAST = 2.0**-54


@dataclass(frozen=True, slots=True)
class Stage:
    """A time in ns and its lognormal spread."""

    median: int
    sigma: float


@dataclass(frozen=True, slots=True)
class Timing:
    """All times in ns; `link` and `unpack` in bits per second, `common_layers` in ppm.

    Field names are those of the data file.
    """

    sandbox: Stage
    mount: Stage
    create: Stage
    resolve: Stage
    start: Stage
    cleanup: Stage
    link: int
    pull_sigma: float
    unsaid_pull: int
    unpack: int
    common_layers: int
    init_run: int
    job_run: int
    relist: int
    notice: int
    backoff: int
    backoff_max: int
    mount_backoff: int
    mount_backoff_max: int
    minimum_grace: int
    resync: int
    event_burst: int
    event_refill: int


@cache
def timing() -> Timing:
    """Return the shipped timing. Raises KeyError when the data file lacks a field."""
    text = resources.files(__package__).joinpath("stages/timing.yaml").read_text("utf-8")
    plain: dict[str, Any] = yaml.safe_load(text)
    stages: dict[str, Any] = {
        name: Stage(duration(row["median"]), float(row["sigma"]))
        for name, row in plain["stages"].items()
    }
    kubelet: dict[str, Any] = {
        name: value if isinstance(value, int) else duration(value)
        for name, value in plain["kubelet"].items()
        if name != "source"
    }
    return Timing(
        **stages,
        **kubelet,
        link=plain["pull"]["bits_per_second"],
        pull_sigma=float(plain["pull"]["sigma"]),
        unsaid_pull=duration(plain["pull"]["unsaid"]),
        unpack=plain["pull"]["unpack_bits_per_second"],
        common_layers=round(plain["pull"]["common_layers"] * 1_000_000),
        init_run=duration(plain["runs"]["init"]),
        job_run=duration(plain["runs"]["job"]),
    )


def spread(median: int, sigma: float, chance: Chance, name: str, n: int = 0) -> int:
    """Draw a lognormal time around *median* (ns), in whole milliseconds.

    Whole milliseconds, so that the last bit of a machine's exp() decides nothing.
    """
    if not sigma or not median:
        return median
    factor = exp(sigma * _NORMAL.inv_cdf(chance.unit(name, n) or _LEAST))
    return (round(median * factor / _MS) or 1) * _MS


def draw(stage: Stage, chance: Chance, name: str, n: int = 0) -> int:
    """Draw a stage's time in ns."""
    return spread(stage.median, stage.sigma, chance, name, n)
