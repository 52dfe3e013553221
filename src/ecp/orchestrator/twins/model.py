"""What was measured of a namespace, what is fitted to it, and how well a twin matches. Pure.

The same reading is taken of the real cluster and of the twin: what is compared was counted alike.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.pods import ready_since
from ecp.kube.times import nanoseconds
from ecp.orchestrator.records import Gathered, Obj
from ecp.orchestrator.twins.cleaning import NOTE, WORKLOADS
from ecp.workloads.calibrating import Fitted, Times, answered, quantile_of, started, typical
from ecp.workloads.profiles import profiles

TOLERANCE: Final = 0.10
"""So far a figure of the twin may lie off the measured one and still match (assumed)."""
_SECOND: Final = 1_000_000_000
_LONGEST_S: Final = 3600.0
"""Who became ready later than this after its start had been ready before."""
_SIZE: Final = re.compile(r'pulled image "([^"]+)".*Image size: (\d+) bytes')
_LEAST: Final = {
    "ready_seconds": 1.0,
    "cpu_millicores": 1.0,
    "memory_bytes": float(1 << 20),
    "response_p50_seconds": 0.001,
    "response_p95_seconds": 0.001,
}
"""What cannot be told apart: whole seconds, a thousandth of a core, a mebibyte, a millisecond."""
_AT_REST: Final = "at rest: nobody waits in the twin"


Key = tuple[str, str]
"""A workload as kubectl writes it, and a container of its pods."""


class Samples(NamedTuple):
    """What was measured of a container, a value a pod or a reading."""

    ready: list[float]
    cpu: list[float]
    memory: list[float]


def samples_of(seen: Gathered) -> dict[Key, Samples]:
    """Return what was measured, by workload and container; seconds, milli-CPU, bytes."""
    found: dict[Key, Samples] = {}
    owners: dict[str, str] = {}
    for pod in seen.pods:
        owner = owner_of(pod)
        if owner is None:
            continue
        owners[pod["metadata"]["name"]] = owner
        ready = ready_since(pod)
        for row in (pod.get("status") or {}).get("containerStatuses") or ():
            samples = found.setdefault((owner, row["name"]), Samples([], [], []))
            since = ((row.get("state") or {}).get("running") or {}).get("startedAt")
            if ready is None or not since or row.get("restartCount"):
                continue
            took = (ready - nanoseconds(since)) / _SECOND
            if 0 <= took <= _LONGEST_S:
                samples.ready.append(took)
    for one in seen.used:
        key = owners.get(one.pod, ""), one.container
        if key in found:
            found[key].cpu.append(one.cpu)
            found[key].memory.append(one.memory)
    return found


def owner_of(pod: Obj) -> str | None:
    """Return the workload that a pod is of, as kubectl writes it; None for a Job's and nobody's."""
    for owner in pod["metadata"].get("ownerReferences") or ():
        if owner["kind"] == "ReplicaSet":
            # A Deployment's ReplicaSet is its name and a hash.
            return f"deployment/{owner['name'].rpartition('-')[0]}"
        if owner["kind"] in WORKLOADS:
            return f"{owner['kind'].lower()}/{owner['name']}"
    return None


class Fit(NamedTuple):
    """The profile of a container: what the simulated one is told. None = as its image is known."""

    start: Fitted | None = None
    cpu: Fitted | None = None
    memory: Fitted | None = None
    size: Fitted | None = None
    times: Times | None = None
    spread: float | None = None
    """The squared coefficient of variation that its image's profile has; None without a profile."""


def fits_of(seen: Gathered) -> dict[Key, Fit]:
    """Return a profile of each container of the workloads that are imported."""
    samples, sizes = samples_of(seen), _sizes(seen.events)
    found: dict[Key, Fit] = {}
    for obj in seen.objects:
        if obj["kind"] not in WORKLOADS:
            continue
        word = f"{obj['kind'].lower()}/{obj['metadata']['name']}"
        labels = obj["spec"]["template"]["metadata"].get("labels") or {}
        times = _times(seen, labels)
        for number, container in enumerate(obj["spec"]["template"]["spec"]["containers"]):
            one = samples.get((word, container["name"]), Samples([], [], []))
            period, delay, probed = _probed(container)
            found[word, container["name"]] = Fit(
                started(one.ready, period=period, delay=delay, probed=probed),
                typical(one.cpu),
                typical(one.memory),
                typical(sizes.get(str(container.get("image")), ())),
                times if not number else None,
                _spread(str(container.get("image"))),
            )
    return found


def _spread(image: str) -> float | None:
    """Return how the profile of an image scatters its response times; None without a profile."""
    bare = _bare(image)
    for profile in profiles().values():
        if _bare(profile.image) == bare:
            return profile.service.variability
    return None


def _bare(image: str) -> str:
    """Return an image without registry, tag and digest: its last word."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _probed(container: Mapping[str, Any]) -> tuple[float, float, bool]:
    """Return how late a probe sees a container up at most, when it asks first, and if there is one.

    Where a startup probe comes first, each of both waits for its tick.
    """
    probes = [
        probe for name in ("startupProbe", "readinessProbe") if (probe := container.get(name))
    ]
    period = sum(float(probe.get("periodSeconds") or 10) for probe in probes)
    delay = max((float(probe.get("initialDelaySeconds") or 0) for probe in probes), default=0.0)
    return period, delay, bool(probes)


def _sizes(events: Iterable[Obj]) -> dict[str, list[float]]:
    """Return image sizes as kubelets told them when they pulled. Source: kubernetes
    pkg/kubelet/images/image_manager.go, the event Pulled."""
    found: dict[str, list[float]] = {}
    for event in events:
        match = _SIZE.search(str(event.get("message") or ""))
        if event.get("reason") == "Pulled" and match:
            found.setdefault(match[1], []).append(float(match[2]))
    return found


def _times(seen: Gathered, labels: Mapping[str, str]) -> Times | None:
    for obj in seen.objects:
        name = obj["metadata"]["name"]
        selector = (obj.get("spec") or {}).get("selector") or {}
        if obj["kind"] != "Service" or not selector or name not in seen.quantiles:
            continue
        if selector.items() <= labels.items():
            return answered(seen.quantiles[name])
    return None


def annotated(obj: Obj, fits: Mapping[Key, Fit]) -> Obj:
    """Return a workload whose pods behave as was measured, by annotations of their template."""
    if obj["kind"] not in WORKLOADS:
        return obj
    word = f"{obj['kind'].lower()}/{obj['metadata']['name']}"
    notes: dict[str, str] = {}
    template = obj["spec"]["template"]
    for container in template["spec"]["containers"]:
        name = container["name"]
        fit = fits.get((word, name), Fit())
        said = {
            "start-after": fit.start and f"{round(fit.start.value * 1000)}ms",
            "cpu": fit.cpu and f"{round(fit.cpu.value * 1000)}u",
            "memory": fit.memory and f"{round(fit.memory.value)}",
            "image-size": fit.size and f"{round(fit.size.value)}",
        }
        notes |= {f"{NOTE}{what}.{name}": text for what, text in said.items() if text}
        if fit.times is not None:
            notes[f"{NOTE}service-time"] = f"{round(fit.times.mean * 1_000_000)}us"
    meta = template.get("metadata") or {}
    kept = {**meta, "annotations": {**(meta.get("annotations") or {}), **notes}}
    return {**obj, "spec": {**obj["spec"], "template": {**template, "metadata": kept}}}


# -- how well it matches --------------------------------------------------------------------------


class Row(NamedTuple):
    """A figure of a container, measured and simulated; `ratio` is simulated to measured."""

    workload: str
    container: str
    figure: str
    measured: float | None
    samples: int
    simulated: float | None
    ratio: float | None
    matches: bool | None
    assumed: str = ""
    not_compared: str = ""
    """Why `matches` is None: not-measured, not-up, no-profile; "" where it is not."""


def compared(
    real: Mapping[Key, Samples],
    twin: Mapping[Key, Samples],
    fits: Mapping[Key, Fit],
    tolerance: float = TOLERANCE,
) -> list[Row]:
    """Return every figure of every container that is in the twin; what is not known says None."""
    rows = []
    none = Samples([], [], [])
    for key, fit in sorted(fits.items()):
        one, other = real.get(key, none), twin.get(key, none)
        for figure, here, there, fitted in (
            ("ready_seconds", one.ready, other.ready, fit.start),
            ("cpu_millicores", one.cpu, other.cpu, fit.cpu),
            ("memory_bytes", one.memory, other.memory, fit.memory),
        ):
            measured, simulated = typical(here), typical(there)
            a = None if measured is None else round(measured.value, 3)
            b = None if simulated is None else round(simulated.value, 3)
            off = None if a is None or b is None else abs(a - b)
            good = None if off is None else off <= max(tolerance * (a or 0), _LEAST[figure])
            ratio = round(b / a, 4) if a and b is not None else None
            assumed = fitted.assumed if fitted else "as the image is known"
            why = "" if off is not None else "not-measured" if a is None else "not-up"
            rows.append(Row(*key, figure, a, len(here), b, ratio, good, assumed, why))
        rows += _response_rows(key, fit, tolerance)
    return rows


def _response_rows(key: Key, fit: Fit, tolerance: float) -> list[Row]:
    """Return the response times that were measured beside those the twin's model has at rest.

    The twin has no callers yet, so that nobody waits: its requests are gamma distributed with the
    mean that was fitted and the spread of the image's profile. Source: `sim.traffic.times`.
    """
    if fit.times is None:
        return []
    rows = []
    for figure, share, measured in (
        ("response_p50_seconds", 0.5, fit.times.median),
        ("response_p95_seconds", 0.95, fit.times.p95),
    ):
        if fit.spread is None:
            rows.append(
                Row(*key, figure, round(measured, 4), 0, None, None, None, "", "no-profile")
            )
            continue
        model = quantile_of(fit.times.mean, fit.spread, share)
        good = abs(model - measured) <= max(tolerance * measured, _LEAST[figure])
        ratio = round(model / measured, 4)
        rows.append(
            Row(*key, figure, round(measured, 4), 0, round(model, 4), ratio, good, _AT_REST)
        )
    return rows


def by_figure(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return of each figure how many were compared and matched, and the ratio farthest from 1."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row.figure, {"compared": 0, "matching": 0, "not_compared": 0, "worst_ratio": None}
        )
        if row.matches is None:
            one["not_compared"] += 1
            continue
        one["compared"] += 1
        one["matching"] += row.matches
        worst = one["worst_ratio"]
        if row.ratio is not None and (worst is None or abs(row.ratio - 1) > abs(worst - 1)):
            one["worst_ratio"] = row.ratio
    return found


def verdict(rows: Sequence[Row]) -> str:
    """Return how well a twin matches, by the figures that could be compared.

    faithful  all within the tolerance
    close     at least four of five
    far       fewer
    unknown   nothing could be compared
    """
    known = [row.matches for row in rows if row.matches is not None]
    if not known:
        return "unknown"
    if all(known):
        return "faithful"
    return "close" if sum(known) >= 0.8 * len(known) else "far"
