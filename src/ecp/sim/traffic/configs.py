"""Which data of a ConfigMap the processes of a workload go by: those of when they started.

A variable is filled when a container starts, so a ConfigMap that changes means nothing to those
that run; whoever starts later goes by the new data. A workload calls whom more than half of its
pods are told to call.
Source: kubernetes pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables, once a container).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecp.kube.kinds import CONFIGMAPS, PODS
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.traffic.graph import Part
from ecp.sim.world import World

Data = Mapping[str, str]
_KEPT = 4  # former data of one ConfigMap


class Configs:
    """Remembers what ConfigMaps said, for as long as somebody goes by that."""

    def __init__(self, read: Reader, world: World, now: Callable[[], int]) -> None:
        self._read = read
        self._world = world
        self._now = now
        self._former: dict[Key, list[tuple[int, Data]]] = {}  # until when (ns) it said what

    def changed(self, change: Change) -> bool:
        """Take note that a ConfigMap changes; return whether it says something else."""
        before, after = (_data(obj) for obj in (change.old, change.object))
        if change.type == "DELETED":
            before, after = after, {}
        if before == after:
            return False
        rows = self._former.setdefault(change.key, [])
        rows.append((self._now(), before))
        del rows[:-_KEPT]
        return True

    def of(self, runs: Callable[[Obj], bool], namespace: str) -> Callable[[str, str], Data]:
        """Return what finds the data, by namespace and name, that a workload's pods go by."""
        since = self._since(runs, namespace) if self._former else 0

        def found(space: str, name: str) -> Data:
            for until, data in self._former.get((space, name), ()):
                if since < until:
                    return data
            return _data(self._read.get(CONFIGMAPS, space, name))

        return found

    def versions(self, namespace: str, parts: tuple[Part, ...]) -> dict[str, tuple[int, ...]]:
        """Return by workload how new what it goes by is; forgets what nobody goes by."""
        if not any(key[0] == namespace for key in self._former):
            return {}
        found, oldest = {}, dict.fromkeys(self._former, self._now())
        for part in parts:
            keys = [(namespace, name) for name in part.configs if (namespace, name) in self._former]
            if not keys:
                continue
            since = self._since(part.runs, namespace)
            found[part.name] = tuple(
                sum(until <= since for until, _ in self._former[key]) for key in keys
            )
            for key in keys:
                oldest[key] = min(oldest[key], since)
        for key, since in oldest.items():
            if key[0] == namespace:
                self._former[key] = [row for row in self._former[key] if row[0] > since]
                if not self._former[key]:
                    del self._former[key]
        return found

    def _since(self, runs: Callable[[Obj], bool], namespace: str) -> int:
        """Return the instant (ns) since which half of a workload's processes have started."""
        starts = sorted(self._starts(runs, namespace))
        return starts[len(starts) // 2] if starts else self._now()

    def _starts(self, runs: Callable[[Obj], bool], namespace: str) -> Iterator[int]:
        for pod in self._read.list(PODS, namespace):
            run = self._world.pod((namespace, pod["metadata"]["name"])) if runs(pod) else None
            if run is not None and run.end is None:
                times = [c.started_at for c in run.containers if c.role == "app" and c.started_at]
                if times:
                    yield max(times)

    def snapshot(self) -> list[list[Any]]:
        """Return the state as plain data."""
        return [
            [*key, [[until, dict(data)] for until, data in rows]]
            for key, rows in self._former.items()
        ]

    def restore(self, plain: list[list[Any]]) -> None:
        """Take over what `snapshot` returned."""
        self._former = {
            (namespace, name): [(until, data) for until, data in rows]
            for namespace, name, rows in plain
        }


def _data(obj: Obj | None) -> Data:
    return (obj or {}).get("data") or {}
