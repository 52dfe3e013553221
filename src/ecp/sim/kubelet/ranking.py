"""Whom a kubelet ends first when something runs out on its node, and what it says about it.

Source: kubernetes pkg/kubelet/eviction/helpers.go (rankMemoryPressure, rankDiskPressureFunc,
rankPIDPressure, evictionMessage).
"""

from collections.abc import Iterator
from typing import NamedTuple

from ecp.kube import quantity
from ecp.kube.sizes import requests
from ecp.sim.clusters.eviction import DISK, MEMORY, PROCESSES
from ecp.sim.kubelet.signals import disk_of, memory_of
from ecp.sim.kubelet.writes import Disk
from ecp.sim.store import Obj
from ecp.sim.world import PodRun, World


class Victim(NamedTuple):
    """A pod that may be ended, with what it takes of what runs out."""

    run: PodRun
    pod: Obj
    takes: int


def first(victims: list[Victim], resource: str) -> Victim:
    """Return who goes first.

    Over its request before who is not, then of lower priority, then further over its request; of
    processes there are no requests. Files over a request are counted against its bytes of disk.
    """

    def rank(one: Victim) -> tuple[bool, int, int]:
        spec = one.pod["spec"]
        priority = spec.get("priority") or 0
        if resource == PROCESSES:
            return False, priority, -one.takes
        asks = requests(spec)
        over = one.takes <= asks.get(resource, 0)
        of = resource if resource == MEMORY else DISK
        return over, priority, asks.get(of, 0) - one.takes

    return min(victims, key=rank)


def message(
    world: World, victim: Victim, writes: Disk | None, low: tuple[str, int, int], now: int
) -> str:
    """Return why a pod is ended; *low* = (what runs out, the threshold, what is left)."""
    resource, least, available = low
    text = (
        f"The node was low on resource: {resource}. Threshold quantity: "
        f"{_shown(least, resource)}, available: {_shown(available, resource)}. "
    )
    using = "{} {} was using {}, request is {}, has larger consumption of {}. "
    spec = victim.pod["spec"]
    whole = ((spec.get("resources") or {}).get("requests") or {}).get(resource)
    if whole is not None and resource == MEMORY:
        name = victim.pod["metadata"]["name"]
        taken = _shown(victim.takes, resource)
        text += using.format("Pod", name, taken, quantity.canonical(whole), resource)
    asked = {
        one["name"]: ((one.get("resources") or {}).get("requests") or {}).get(resource, "0")
        for one in (*spec["containers"], *(spec.get("initContainers") or ()))
    }
    for name, amount in _of_containers(world, victim.run, writes, resource, now):
        if name in asked and amount > quantity.value(asked[name]):
            shown = quantity.canonical(asked[name])
            text += using.format("Container", name, _shown(amount, resource), shown, resource)
    return text


def _of_containers(
    world: World, run: PodRun, writes: Disk | None, resource: str, now: int
) -> Iterator[tuple[str, int]]:
    if resource == MEMORY:
        yield from memory_of(world, run, now)
    elif resource == DISK:
        of = {name: amount for name, volume, amount in disk_of(writes, run, now) if not volume}
        yield from ((one.name, of[one.name]) for one in run.containers if one.name in of)


def _shown(amount: int, resource: str) -> str:
    binary = resource in (MEMORY, DISK)
    return quantity.fmt_binary(amount) if binary else quantity.fmt_milli(amount * 1000)
