"""Which configuration a pod's containers have: of now, or of before a change.

Files of a ConfigMap or Secret are written anew at the next sync of their pod: every 60 to 90 s, at
a pace that each pod has for itself. What came as a variable, or through a subPath, stays as it was
when the container started. Nothing is stored of that and nothing ticks: it follows from the instant
of the change. Source: kubernetes pkg/kubelet/pod_workers.go (completeWork, resyncInterval with
jitter 0.5), pkg/kubelet/volumemanager (ReprocessPod), pkg/kubelet/apis/config/v1beta1/defaults.go
(SyncFrequency 1m, change detection by watch).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import kinds
from ecp.sim.store import Key, Obj
from ecp.sim.world import PodRun, World

_SYNC: Final = 60_000_000_000
_JITTER: Final = 30_000_000_000
_SECOND: Final = 1_000_000_000
_SOURCES: Final = (("configMap", "name", kinds.CONFIGMAPS), ("secret", "secretName", kinds.SECRETS))
_REFERENCES: Final = (
    ("configMapRef", "configMapKeyRef", kinds.CONFIGMAPS),
    ("secretRef", "secretKeyRef", kinds.SECRETS),
)

Changed = Callable[[str, Key], int | None]
"""When an object of a resource was last written (ns, whole seconds), None: it is not there."""


class Source(NamedTuple):
    """Where a container has configuration from; `way`: "volume", "subPath" or "environment".

    `name` is the volume's or the variable's ("" = all keys of the object are variables).
    """

    container: str
    resource: str
    object: str
    way: str
    name: str


class Configured(NamedTuple):
    """What a container has of a source. Instants in ns.

    `changed` is when the object was last written; `known` from when on the container has that:
    None = not before it is started again.
    """

    source: Source
    changed: int
    known: int | None


def synced_after(world: World, run: PodRun, at: int) -> int:
    """Return the first sync of a pod after *at* (ns) that writes its files anew."""
    period = _SYNC + world.phase(f"resync/{run.uid}", _JITTER) // 1_000_000 * 1_000_000
    begin = run.probed_from
    return begin + (max(at - begin, 0) // period + 1) * period


def configured(world: World, pod: Obj, changed: Changed) -> list[Configured]:
    """Return what the containers that run in a pod have of the objects that it names."""
    meta = pod["metadata"]
    run = world.pod((meta["namespace"], meta["name"]))
    if run is None:
        return []
    started = {one.name: one.started_at for one in run.containers if one.attempt > one.ended}
    found = []
    for source in _sources(pod["spec"]):
        began = started.get(source.container)
        at = changed(source.resource, (meta["namespace"], source.object))
        if began is None or at is None:
            continue
        known: int | None = began
        if at // _SECOND > began // _SECOND:
            known = synced_after(world, run, at) if source.way == "volume" else None
        found.append(Configured(source, at, known))
    return found


def _sources(spec: Obj) -> Iterator[Source]:
    volumes = {one["name"]: list(_objects(one)) for one in spec.get("volumes") or ()}
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        name = container["name"]
        for mount in container.get("volumeMounts") or ():
            part = mount.get("subPath") or mount.get("subPathExpr")
            way = "subPath" if part else "volume"
            for resource, obj in volumes.get(mount["name"], ()):
                yield Source(name, resource, obj, way, mount["name"])
        for whole, single, resource in _REFERENCES:
            for given in container.get("envFrom") or ():
                if whole in given:
                    yield Source(name, resource, given[whole]["name"], "environment", "")
            for entry in container.get("env") or ():
                reference = (entry.get("valueFrom") or {}).get(single)
                if reference:
                    yield Source(name, resource, reference["name"], "environment", entry["name"])


def _objects(volume: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in (volume, *((volume.get("projected") or {}).get("sources") or ())):
        for field, named, resource in _SOURCES:
            given = one.get(field)
            name = (given or {}).get(named) or (given or {}).get("name")
            if name:
                yield resource, name
