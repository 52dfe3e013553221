"""A tenant's call graph, drawn from what is said: workloads, their Services, whom they call."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import inf
from typing import Any, NamedTuple, Protocol

from ecp.kube import durations, quantity
from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    PODS,
    RCS,
    REPLICASETS,
    SERVICES,
    STATEFULSETS,
)
from ecp.kube.pods import is_terminal
from ecp.kube.selectors import from_map
from ecp.sim.network.calls import Call, Configs, configs_of, declared_calls
from ecp.sim.network.names import named, resolve
from ecp.sim.network.resolver import resolver_of
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.traffic import gpus
from ecp.sim.traffic.demand import Curve
from ecp.sim.traffic.model import ONCE, Work
from ecp.sim.traffic.trial import spares
from ecp.workloads.resolving import Resolver
from ecp.workloads.retrying import Retry
from ecp.workloads.shapes import PLAIN, Draw, Shape

RETRIES = "sim.ecp-ai.io/retries"
"""An annotation of pods: how often their callers make a failed call again, 0 to 10."""
RETRY_BUDGET = "sim.ecp-ai.io/retry-budget"
"""Retries as a share of the calls at most, as "20%"; without it there is no bound."""

ENDS_WITHOUT = "sim.ecp-ai.io/ends-without"
"""An annotation of pods: hosts that they call, with commas between, without which they end."""
BATCH_WAIT = "sim.ecp-ai.io/batch-wait"
SERVICE_TIME = "sim.ecp-ai.io/service-time"
"""For how long a GPU server of pods waits for a batch to fill, as "20ms", up to 10 s."""

ConfigsOf = Callable[[Callable[[Obj], bool], str], Configs]
"""What finds the data of ConfigMaps by which the pods go of which it is told, in a namespace."""

WORKLOADS = (DEPLOYMENTS, REPLICASETS, RCS, STATEFULSETS, DAEMONSETS, PODS)
"""What runs pods here and is nobody's part."""

_NO_LABELS: Mapping[str, str] = {}
_LONGEST_FILL = 10_000_000_000  # ns
_TIMES = tuple(map(str, range(11)))


class Profiles(Protocol):
    """What is known of kinds of workloads, by name."""

    def of(self, labels: Mapping[str, str], image: str) -> str | None:
        """Return the name of the profile that fits a pod, None where there is none."""

    def entry(self, name: str) -> bool:
        """Whether customers call it, as far as its kind says."""

    def behind(self, name: str) -> Sequence[str]:
        """Return the profiles that its entry requests pass first."""

    def calls(self, name: str) -> Mapping[str, tuple[float, float]]:
        """Return (streams a session, requests a request) that it makes to others, by profile."""

    def work(self, name: str, pod: Obj, gpu: str | None = None) -> Work:
        """Return how a pod with this spec serves, on a GPU of a type (None: as it asks)."""

    def known(self, name: str) -> bool:
        """Whether there is such a profile with a demand of its own."""

    def curve(self, name: str, units: int, shape: Shape = PLAIN, draw: Draw | None = None) -> Curve:
        """Return the demand of that many contracted units, as the tenant shapes it."""


class Said(NamedTuple):
    """A call that a workload makes: `service` is whom the host means now, `meant` whom it would.

    `streams` are held for each session of the caller, `calls` made for each of its requests. A door
    that a caller's requests come through is counted as called by it; its own pods call `onward`.
    """

    host: str
    port: int | None
    service: Key | None
    meant: Key
    streams: float
    calls: float
    onward: Key | None = None


class Part(NamedTuple):
    """One workload of the graph; `runs` says of a pod whether it is one of its.

    `work` is how a pod serves as it asks, `work_on(gpu)` how it does on a GPU of that type; None =
    it has no profile, or computes on no GPU. `resolver` is how its pods look names up. Without
    those of the calls that it `needs` its processes end. `configs` are the ConfigMaps by which it
    knows whom to call.
    """

    resource: str
    name: str
    profile: str | None
    services: tuple[Key, ...]
    labels: Mapping[str, str]
    runs: Callable[[Obj], bool]
    calls: tuple[Said, ...]
    cpu_request: int
    cpu_limit: int
    memory_limit: int
    wanted: int
    work: Work | None
    work_on: Callable[[str], Work] | None = None
    resolver: Resolver = Resolver()
    needs: tuple[Said, ...] = ()
    configs: tuple[str, ...] = ()


def is_part(resource: str, obj: Obj) -> bool:
    """Whether an object is a workload of its own: nobody's part, and a pod that has not ended."""
    owners = obj["metadata"].get("ownerReferences") or ()
    if any(owner.get("controller") for owner in owners):
        return False
    return resource != PODS or not is_terminal(obj)


def draw(
    read: Reader,
    namespace: str,
    profiles: Profiles,
    is_entry: Callable[[str | None], bool],
    resolver: Resolver,
    configs: ConfigsOf,
) -> tuple[Part, ...]:
    """Draw the workloads of a namespace, with the calls they declare and those they always make.

    *resolver* is how pods look names up that say nothing about it themselves, *configs* finds the
    data of ConfigMaps by which the pods of a workload go.
    """
    services = sorted(read.list(SERVICES, namespace), key=lambda s: s["metadata"]["name"])
    parts: list[Part] = []
    for resource in WORKLOADS:
        found = [obj for obj in read.list(resource, namespace) if is_part(resource, obj)]
        for obj in sorted(found, key=lambda obj: obj["metadata"]["name"]):
            part = _part(read, resource, obj, services, profiles, configs)
            spec = obj["spec"] if resource == PODS else obj["spec"]["template"]["spec"]
            part = part._replace(resolver=resolver_of(spec, resolver))
            if any(part.name == other.name for other in parts):
                part = part._replace(name=f"{resource.partition('.')[0][:-1]}/{part.name}")
            parts.append(part)
    return tuple(_with_unsaid(parts, profiles, is_entry))


def _part(
    read: Reader,
    resource: str,
    obj: Obj,
    services: Sequence[Obj],
    profiles: Profiles,
    configs: ConfigsOf,
) -> Part:
    meta, namespace = obj["metadata"], obj["metadata"]["namespace"]
    template = obj if resource == PODS else obj["spec"]["template"]
    about, spec = template.get("metadata") or {}, template["spec"]
    labels = about.get("labels") or _NO_LABELS
    own = {**(meta.get("labels") or {}), **labels}
    profile = profiles.of(own, spec["containers"][0].get("image", ""))
    behind = tuple(
        (namespace, service["metadata"]["name"])
        for service in services
        if service["spec"].get("selector")
        and service["spec"].get("ports")
        and from_map(service["spec"]["selector"]).matches(labels)
    )
    pod = {"metadata": {**about, "namespace": namespace}, "spec": spec}
    notes = about.get("annotations") or _NO_LABELS
    said = _served(notes)
    needed = [host.strip().lower() for host in notes.get(ENDS_WITHOUT, "").split(",")]
    runs = _runs(resource, obj, labels)
    usual = {} if profile is None else profiles.calls(profile)
    told = tuple(_calls(read, pod, usual, configs(runs, namespace)))
    return Part(
        resource,
        meta["name"],
        profile,
        behind,
        labels,
        runs,
        told if profile is not None else (),
        _sum(spec, "requests", "cpu", quantity.milli),
        _sum(spec, "limits", "cpu", quantity.milli),
        _sum(spec, "limits", "memory", quantity.value),
        _wanted(resource, obj),
        None if profile is None else profiles.work(profile, spec)._replace(**said),
        None
        if profile is None or not gpus.number(spec)
        else _work_on(profiles, profile, spec, said),
        needs=tuple(call for call in told if call.host in needed),
        configs=configs_of(spec),
    )


def _wanted(resource: str, obj: Obj) -> int:
    if resource == DAEMONSETS:
        return int((obj.get("status") or {}).get("desiredNumberScheduled", 0))
    return 1 if resource == PODS else int(obj["spec"].get("replicas", 1))


def _work_on(
    profiles: Profiles, name: str, spec: Obj, said: Mapping[str, Any]
) -> Callable[[str], Work]:
    return cache(lambda gpu: profiles.work(name, spec, gpu)._replace(**said))


def _served(annotations: Mapping[str, str]) -> dict[str, Any]:
    """Return what pods say of how they are asked, over their profile."""
    found: dict[str, Any] = {"retry": _retry(annotations)}
    for note, field in ((BATCH_WAIT, "fill"), (SERVICE_TIME, "service")):
        if note in annotations:
            try:
                time = durations.parse(annotations[note])
            except ValueError:
                continue
            if time > 0 or field == "fill":
                found[field] = min(time, _LONGEST_FILL) / 1_000_000_000
    return found


def _retry(annotations: Mapping[str, str]) -> Retry:
    """Return how the callers of a workload try again: not at all, unless its pods say so."""
    times = annotations.get(RETRIES, "")
    if times not in _TIMES:
        return ONCE
    share = annotations.get(RETRY_BUDGET, "").removesuffix("%")
    bounded = share.isdecimal() and len(share) <= 3
    return Retry(int(times), int(share) / 100 if bounded else inf)


def _runs(resource: str, obj: Obj, labels: Mapping[str, str]) -> Callable[[Obj], bool]:
    name = obj["metadata"]["name"]
    if resource == PODS:
        return lambda pod: bool(pod["metadata"]["name"] == name)
    selector = obj["spec"]["selector"].get("matchLabels") or labels
    matches = from_map(selector).matches
    return lambda pod: matches(pod["metadata"].get("labels") or _NO_LABELS)


def _calls(
    read: Reader, pod: Obj, usual: Mapping[str, tuple[float, float]], configs: Configs
) -> Iterator[Said]:
    """Yield whom a pod is told to call and needs, with the streams and requests it makes there."""
    namespace = pod["metadata"]["namespace"]
    done: dict[str, None] = {}
    for call in declared_calls(pod, read, configs):
        meant = resolve(read, call.host, namespace)
        if meant.kind in ("outside", "self", "pod") or call.host in done or spares(pod, call):
            continue
        done[call.host] = None
        yield _said(call, meant.service, namespace, usual)


def _said(
    call: Call, service: Obj | None, namespace: str, usual: Mapping[str, tuple[float, float]]
) -> Said:
    key = None
    if service is not None:
        key = (service["metadata"]["namespace"], service["metadata"]["name"])
    times = next((n for dep, n in usual.items() if _is_named(call.host, dep)), None)
    # A call that no profile tells of: once a request.
    streams, calls = times or (0.0, 1.0)
    return Said(call.host, call.port, key, key or named(call.host, namespace), streams, calls)


def _with_unsaid(
    parts: Sequence[Part], profiles: Profiles, is_entry: Callable[[str | None], bool]
) -> Iterable[Part]:
    """Add the calls that a profile makes and no environment variable tells of."""
    by_profile = {part.profile: part for part in reversed(parts) if part.profile}
    # A door passes on what is counted where it is meant to go; of its own it makes only the
    # calls that its profile lists.
    doors = {name: None for kind in by_profile for name in profiles.behind(kind)}
    for part in parts:
        if part.profile is None:
            yield part
            continue
        calls = list(part.calls)
        if part.profile in doors:
            own = profiles.calls(part.profile)
            calls = [row for row in calls if any(_is_named(row.host, dep) for dep in own)]
        for dep, times in profiles.calls(part.profile).items():
            other = by_profile.get(dep)
            said = any(_is_named(row.host, dep) for row in calls)
            if other is not None and other.services and not said:
                calls.append(_unsaid(dep, other, *times))
        if is_entry(part.profile):
            found = (by_profile.get(door) for door in profiles.behind(part.profile))
            through = [door for door in found if door is not None and door.services]
            for door, onward in zip(through, (*through[1:], part), strict=False):
                call = _unsaid(door.name, door, 0.0, 1.0)
                calls.append(call._replace(onward=next(iter(onward.services), None)))
        yield part._replace(calls=tuple(calls))


def _unsaid(host: str, other: Part, streams: float, calls: float) -> Said:
    return Said(host, None, other.services[0], other.services[0], streams, calls)


def _is_named(host: str, profile: str) -> bool:
    """Whether a host name is that of a workload of that kind: stt-service, stt.ns.svc, stt."""
    first = host.split(".", 1)[0]
    return first == profile or first.startswith(f"{profile}-") or first.endswith(f"-{profile}")


def _sum(spec: Obj, sort: str, resource: str, read: Callable[[Any], int]) -> int:
    """Return the sum over the containers; 0 where one of them has none."""
    total = 0
    for container in spec["containers"]:
        said = ((container.get("resources") or {}).get(sort) or {}).get(resource)
        if said is None:
            return 0
        total += read(said)
    return total
