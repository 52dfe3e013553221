"""On what a scenario is played: a cluster of one's own, a snapshot, a tenant; where they are from.

Files and services are reached by who reads the scenario: here are the words for what they give.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import yaml

from ecp.kube.yamlwriter import dump
from ecp.manifests import InvalidTenant, TenantSpec, generate, namespace_of
from ecp.rehearsal.run import Demand
from ecp.sim import clusters
from ecp.sim.cluster import Cluster, ForeignSnapshot
from ecp.sim.store.packing import DamagedSnapshot, unpack
from ecp.validation import Source
from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Unsizable
from ecp.workloads.profiles import Profiles
from ecp.workloads.shaping import read_shape
from ecp.workloads.sizing import size

Load = Callable[[str], Sequence[Source]]
"""Reads the manifests of a path that a scenario names; raises what its caller wants."""
MOST_SNAPSHOT_BYTES: Final = 64 << 20
MOST_UNPACKED_BYTES: Final = 8 * MOST_SNAPSHOT_BYTES
"""A snapshot is an eighth of what it says."""


class BadGround(ValueError):
    """What a scenario stands on cannot be had: `scenario.<key>` and its values say why."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Land(NamedTuple):
    """The cluster of a scenario where it is no shipped model: `spec`, a cluster file's content, or
    a packed `snapshot` (b"" = none)."""

    spec: Mapping[str, Any] | None = None
    snapshot: bytes = b""

    def __bool__(self) -> bool:
        return self.spec is not None or bool(self.snapshot)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        if self.snapshot:
            return {"snapshot": base64.b64encode(self.snapshot).decode()}
        return {"spec": self.spec}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Land":
        """Return what `plain` wrote down. Raises ValueError for what is no base64."""
        return cls(plain.get("spec"), base64.b64decode(plain.get("snapshot") or ""))

    def cluster(self, seed: int, sheets: Profiles | None = None) -> Cluster | None:
        """Return the cluster of the snapshot, None where there is none.

        Another *seed* than its own makes another future. Raises DamagedSnapshot, ForeignSnapshot.
        """
        if not self.snapshot:
            return None
        state = unpack(self.snapshot, most=MOST_UNPACKED_BYTES)
        try:
            return Cluster.restore(state, seed=seed, sheets=sheets)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise DamagedSnapshot(f"not a snapshot: {error!r}") from error


class Kept(NamedTuple):
    """What a tenant brings to a scenario."""

    sources: Sequence[Source]
    demand: Demand
    target_ppm: int


def _unreachable(name: str) -> Any:
    raise BadGround("not-here", name=name)


class Ground(NamedTuple):
    """How what a scenario names is reached; each raises BadGround, or what its caller wants.

    `content` reads a file beside the scenario, `live` returns a packed snapshot of a cluster of
    the simulator, `tenant` what the orchestrator keeps of a tenant.
    """

    content: Callable[[str], bytes] = _unreachable
    live: Callable[[str], bytes] = _unreachable
    tenant: Callable[[str], Kept] = _unreachable


def ground_of(ground: Ground, way: str, name: str) -> tuple[str, Land]:
    """Return the name and the land of a cluster that is no shipped model. Raises BadGround.

    way  file (a cluster file), snapshot (a file of one), live (a cluster that runs)
    """
    if way == "file":
        spec = _spec(ground.content(name), name)
        return spec["name"], Land(spec)
    packed = ground.live(name) if way == "live" else ground.content(name)
    if len(packed) > MOST_SNAPSHOT_BYTES:
        raise BadGround("snapshot", name=name, detail=f"> {MOST_SNAPSHOT_BYTES >> 20} MiB")
    land = Land(None, packed)
    try:
        land.cluster(0)
    except (DamagedSnapshot, ForeignSnapshot) as error:
        raise BadGround("snapshot", name=name, detail=str(error)) from error
    return name, land


def _spec(content: bytes, name: str) -> dict[str, Any]:
    try:
        given = yaml.safe_load(content.decode("utf-8"))
        if not isinstance(given, dict):
            raise BadGround("cluster-file", name=name, detail="must be a mapping")
        checked = clusters.check(given)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, clusters.InvalidModel) as error:
        raise BadGround("cluster-file", name=name, detail=str(error)) from error
    return checked


def sized(
    name: str,
    units: Mapping[str, int],
    *,
    load: Mapping[str, int],
    shape: Mapping[str, Any] | None,
    target_ppm: int,
    contract: Mapping[str, Any],
    gpu_type: str | None = None,
) -> Kept:
    """Return a tenant that nobody keeps: sized for its units, its manifests generated.

    Its passwords can be guessed: they are for a rehearsal only. Raises BadGround.
    """
    demand = TenantDemand(**units)
    try:
        sizing = size(demand, gpu_type=gpu_type, shape=read_shape(shape))
        spec = TenantSpec(name, demand, name=name, gpu_type=gpu_type, target_ppm=target_ppm)
        bundle = generate(spec, sizing)
    except Unsizable as error:
        raise BadGround("tenant-unsizable", name=name) from error
    except InvalidTenant as error:
        raise BadGround("tenant-invalid", name=name, field=error.problems[0].field) from error
    asks = {counter: number for counter, number in units.items() if number}
    return Kept(
        (Source(dump(list(bundle.objects)), f"{name}.yaml"),),
        Demand(namespace_of(name), asks, load, False, shape, contract),
        target_ppm,
    )
