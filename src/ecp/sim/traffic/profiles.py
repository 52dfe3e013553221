"""The shipped profiles as the traffic needs them: who a pod is, what it can do, who asks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecp.kube import quantity
from ecp.sim.store import Obj
from ecp.sim.traffic import gpus
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.model import Work
from ecp.workloads.profiles import Profile, Profiles, profiles
from ecp.workloads.shapes import PLAIN, Draw, Shape
from ecp.workloads.sizing import slots_of

SERVICE_LABEL = "ecp.ai/service"

IDLE_CPU, IDLE_MEMORY, BUSY_CPU = 0.05, 0.6, 0.5
"""Of what a pod without slots requests: CPU and memory that it takes when idle, CPU that a GPU
server's processor takes beside a GPU that is busy all the time (assumed)."""

PATIENCE = 5.0
"""Callers give up after so many times the latency that a profile promises (assumed), and
not before so many seconds."""


class ShippedProfiles:
    """Implements `flows.Profiles` over the data sheets."""

    def __init__(self, rows: Profiles | None = None) -> None:
        self._rows = profiles() if rows is None else rows
        self._images = {_bare(row.image): name for name, row in self._rows.items()}

    def of(self, labels: Mapping[str, str], image: str) -> str | None:
        """Return the profile that the labels name, else the one whose image it is."""
        for label in (SERVICE_LABEL, "app"):
            name = labels.get(label, "")
            if name in self._rows:
                return name
            # The domain's older manifests call a server nlp-server.
            if name.removesuffix("-server") in self._rows:
                return name.removesuffix("-server")
        return self._images.get(_bare(image))

    def entry(self, name: str) -> bool:
        """Whether customers call it."""
        return self._rows[name].entry

    def behind(self, name: str) -> Sequence[str]:
        """Return what entry requests pass before it."""
        return self._rows[name].behind

    def calls(self, name: str) -> Mapping[str, tuple[float, float]]:
        """Return (streams a session, requests a request) by callee.

        A stream is asked for something once a request: an utterance of a turn.
        """
        row = self._rows[name]
        turns = row.demand.turns if row.demand is not None else 1.0
        return {
            call.to: (
                call.streams,
                call.requests / turns if call.requests else min(1.0, call.streams),
            )
            for call in row.calls
        }

    def known(self, name: str) -> bool:
        """Whether there is such a profile with a demand of its own."""
        return name in self._rows and self._rows[name].demand is not None

    def work(self, name: str, pod: Obj, gpu: str | None = None) -> Work:
        """Return how a pod with that spec serves, on a GPU of that type (default: as it asks)."""
        row = self._rows[name]
        service, takes = row.service, row.resources
        gpu = gpu or gpus.asked(pod)
        fixed = each = fill = 0.0
        servers = _servers(row, pod, gpu)
        if service.model == "batch":
            fixed, each, _, fill = service.batches[gpu]
            servers = _batch_size(pod) * max(1, gpus.number(pod)) or servers
        return Work(
            kind=service.model,
            pooled=service.routing == "pooled",
            service=service.time,
            spread=service.variability,
            cpu=takes.request_cpu,
            servers=servers,
            patience=max(PATIENCE, PATIENCE * service.latency),
            base_cpu=takes.cpu if takes.slot_cpu else IDLE_CPU * takes.cpu,
            base_memory=takes.memory if takes.slot_memory else IDLE_MEMORY * takes.memory,
            slot_cpu=takes.slot_cpu,
            slot_memory=takes.slot_memory,
            busy_cpu=BUSY_CPU * takes.cpu if service.model == "batch" else 0.0,
            fixed=fixed,
            each=each,
            lasts=row.demand.duration if service.severs and row.demand else 0.0,
            scatter=row.demand.duration_variability if row.demand else 1.0,
            redial=row.demand.redial if row.demand else 0.0,
            warm_up=service.warm_up,
            cold=service.cold,
            fill=fill,
        )

    def curve(self, name: str, units: int, shape: Shape = PLAIN, draw: Draw | None = None) -> Curve:
        """Return what that many contracted units ask for, as the tenant shapes it."""
        return Curve(self._rows[name], units, shape, draw)


def _bare(image: str) -> str:
    """Return an image without registry, tag and digest."""
    name = image.split("@", 1)[0].rsplit("/", 1)[-1]
    return name.split(":", 1)[0]


def _total(pod: Obj, sort: str, resource: str, read: Callable[[Any], int]) -> int:
    """Return the sum over the containers that say one."""
    total = 0
    for container in pod["containers"]:
        said = ((container.get("resources") or {}).get(sort) or {}).get(resource)
        total += 0 if said is None else read(said)
    return total


def _batch_size(pod: Obj) -> int:
    """Return the largest batch that a container's BATCH_SIZE names, 0 = none does.

    Source: the domain's settings of a GPU server.
    """
    for container in pod["containers"]:
        for row in container.get("env") or ():
            said = row.get("value") or ""
            if row["name"] == "BATCH_SIZE" and said.isdecimal() and len(said) <= 4:
                return int(said)
    return 0


def _servers(row: Profile, pod: Obj, gpu: str) -> int:
    """Return what a pod serves at once: by its requests, where they say more than an idle pod's,
    else by its limits."""
    cpu = memory = 0
    for sort in ("requests", "limits"):
        cpu = _total(pod, sort, "cpu", quantity.milli)
        memory = _total(pod, sort, "memory", quantity.value)
        if cpu > row.resources.cpu and memory > row.resources.memory:
            break
    return slots_of(row, cpu=cpu, memory=memory, gpus=max(1, gpus.number(pod)), gpu_type=gpu)
