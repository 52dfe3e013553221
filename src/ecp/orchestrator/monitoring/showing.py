"""Live figures of a tenant on a real cluster, from what was measured. Pure.

What nobody measures is null, and `sources` says who measured the rest: the prober (answers and how
long they took), the counters of a Prometheus (requests), metrics.k8s.io (usage).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, PODS, STATEFULSETS
from ecp.orchestrator.ports import View
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES, State
from ecp.slo.windows import instant

SHOWN_FROM: Final = (PODS, DEPLOYMENTS, STATEFULSETS, DAEMONSETS)
KEPT_SLOTS: Final = 120
"""So many slots are remembered for who looks; who was away for longer is told of the gap."""

PROBER: Final = "prober"
COUNTERS: Final = "prometheus"
USAGE: Final = "metrics.k8s.io"
_SETS: Final = {DEPLOYMENTS: "Deployment", STATEFULSETS: "StatefulSet", DAEMONSETS: "DaemonSet"}
_METRICS: Final = ("cpu", "memory", "network_rps", "response_time", "error_rate")


class Slot(NamedTuple):
    """What was measured of a tenant in a slot.

    good, total   requests that were counted (0 where nobody counts)
    asked, failed probes that told something, and those that told of nobody who answers
    seconds       of the slowest answer to a probe, None without one
    """

    state: State
    good: int = 0
    total: int = 0
    asked: int = 0
    failed: int = 0
    seconds: float | None = None

    @property
    def metrics(self) -> dict[str, float | None]:
        """Requests a second, the slowest answer (ms), and the percentage that failed."""
        took = None if self.seconds is None else round(1000 * self.seconds, 2)
        rate = None
        if self.total:
            rate = round(100 * (self.total - self.good) / self.total, 2)
        elif self.asked:
            rate = round(100 * self.failed / self.asked, 2)
        counted = round(self.total / SLOT_SECONDS, 3) if self.total else None
        return {"network_rps": counted, "response_time": took, "error_rate": rate}


class Usage(NamedTuple):
    """What pods use and may use at most: milli-CPU, bytes; a limit of 0 = nobody set one."""

    cpu: float
    cpu_limit: float
    memory: float
    memory_limit: float

    @property
    def metrics(self) -> dict[str, float | None]:
        """Percent of limits; None where none is set."""
        cpu = round(100 * self.cpu / self.cpu_limit, 2) if self.cpu_limit else None
        share = round(100 * self.memory / self.memory_limit, 2) if self.memory_limit else None
        return {"cpu": cpu, "memory": share}


def usage_of(pods: Iterable[Mapping[str, Any]], used: Iterable[Mapping[str, Any]]) -> Usage:
    """Return the usage of containers with a limit, from Pods and an answer of metrics.k8s.io.

    Where a container has a limit of one resource only, that one is counted.
    """
    limits = {
        (pod["metadata"]["name"], container["name"]): (container.get("resources") or {}).get(
            "limits"
        )
        or {}
        for pod in pods
        for container in pod["spec"]["containers"]
    }
    cpu = cpu_limit = memory = memory_limit = 0.0
    for pod in used:
        for row in pod.get("containers") or ():
            most = limits.get((pod["metadata"]["name"], row["name"]), {})
            if "cpu" in most:
                cpu += quantity.nano(row["usage"]["cpu"]) / 1_000_000
                cpu_limit += quantity.milli(most["cpu"])
            if "memory" in most:
                memory += float(quantity.value(row["usage"]["memory"]))
                memory_limit += float(quantity.value(most["memory"]))
    return Usage(cpu, cpu_limit, memory, memory_limit)


def recent(
    slots: Mapping[int, Slot], since: int | None, usage: Usage | None
) -> dict[str, Any] | None:
    """Return means, counts and the worst of the slots from *since* on, as the simulator says it.

    None where no slot was looked at since. A slot between them that nobody looked at is unknown.
    Usage is of now, whatever slots are asked for.
    """
    if not slots:
        return None
    end = max(slots) + 1
    first = max(slots) if since is None else max(since, min(slots))
    if first >= end:
        return None
    every = {at: slots.get(at, Slot("N")) for at in range(first, end)}
    tally = dict.fromkeys(STATE_NAMES.values(), 0)
    for one in every.values():
        tally[STATE_NAMES[one.state]] += 1
    counts = [one for one in every.values() if one.state in ("U", "D")]
    whole = Slot(
        "U",
        sum(one.good for one in counts),
        sum(one.total for one in counts),
        sum(one.asked for one in every.values()),
        sum(one.failed for one in every.values()),
    )
    means = {
        name: _mean([one.metrics[name] for one in every.values()])
        for name in ("network_rps", "response_time")
    }
    at, worst = max(every.items(), key=lambda row: (row[1].state == "D", _badness(row[1])))
    return {
        "from": instant(first),
        "to": instant(end),
        "slots": {"count": end - first, **tally},
        "requests": {"good": whole.good, "total": whole.total, "excess": None},
        "metrics": _all({**means, "error_rate": whole.metrics["error_rate"]}, usage),
        "worst": {
            "slot": instant(at),
            "state": STATE_NAMES[worst.state],
            "metrics": _all(worst.metrics, None),
        },
    }


def sources(last: Slot | None, usage: Usage | None) -> dict[str, str | None]:
    """Return who measured each figure, None for what nobody did."""
    used = {} if usage is None else usage.metrics
    found: dict[str, str | None] = {
        name: USAGE if used.get(name) is not None else None for name in ("cpu", "memory")
    }
    counted = last is not None and bool(last.total)
    took = last is not None and last.seconds is not None
    found["network_rps"] = COUNTERS if counted else None
    found["response_time"] = PROBER if took else None
    asked = last is not None and bool(last.asked)
    found["error_rate"] = COUNTERS if counted else PROBER if asked else None
    return found


def now(last: Slot | None, usage: Usage | None) -> dict[str, float | None]:
    """Return the guide's five figures of the last slot."""
    return _all({} if last is None else last.metrics, usage)


def workloads(view: View, states: Mapping[str, State]) -> list[dict[str, Any]]:
    """Return what keeps pods running, with the state of those that are asked from outside."""
    rows = []
    for resource, kind in _SETS.items():
        for obj in view.list(resource):
            name, status = obj["metadata"]["name"], obj.get("status") or {}
            every = kind == "DaemonSet"
            row = {
                "name": name,
                "kind": kind,
                "desired": status.get("desiredNumberScheduled", 0)
                if every
                else obj["spec"].get("replicas", 1),
                "ready": status.get("numberReady" if every else "readyReplicas", 0),
                "profile": None,
                "demand_model": None,
            }
            entry = {"state": STATE_NAMES[states[name]], "entry": True} if name in states else {}
            rows.append({**row, **entry})
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 3) if known else None


def _badness(slot: Slot) -> tuple[float, float]:
    found = slot.metrics
    return found["error_rate"] or 0, found["response_time"] or 0


def _all(some: Mapping[str, float | None], usage: Usage | None) -> dict[str, float | None]:
    used = {} if usage is None else usage.metrics
    return {name: some.get(name, used.get(name)) for name in _METRICS}
