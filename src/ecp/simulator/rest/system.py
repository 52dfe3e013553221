"""The simulator itself: its checks, what each cluster holds and writes, how late its loop comes."""

import os
import platform
import shutil
from typing import Any

from fastapi import APIRouter, Request

from ecp import __version__
from ecp.kube.times import rfc3339_micro
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, clock_json
from ecp.simulator.storage import engine_version

router = APIRouter(prefix="/api/v1/system", tags=["health"])


@router.get("")
async def get_system(request: Request, found: Clusters) -> dict[str, Any]:
    """Show how the service is: checks, build, storage, memory, clusters."""
    rows = [_cluster(hosted) for hosted in found.all()]
    place = found.store.place
    free = _free_bytes(place)
    return {
        "service": "ecp-simulator",
        "version": __version__,
        "engine_version": engine_version(),
        "python": platform.python_version(),
        "pid": os.getpid(),
        "storage": {"place": place, "free_bytes": free},
        "memory_bytes": _memory_bytes(),
        "checks": [
            {"name": "loop", "ok": True},
            {"name": "storage", "ok": free is None or free > 0},
            *({"name": f"cluster/{row['name']}", "ok": row["failure"] is None,
               "detail": row["failure"]} for row in rows),
            *({"name": f"cluster/{name}", "ok": False, "detail": why}
              for name, why in sorted(found.damaged.items())),
        ],
        "clusters": rows,
        **request.app.state.watch.to_json(),
    }  # fmt: skip


def _cluster(hosted: HostedCluster) -> dict[str, Any]:
    store = hosted.cluster.store
    by_resource = {resource: store.count(resource) for resource in store.resources()}
    return {
        "name": hosted.name,
        "incarnation": hosted.incarnation,
        "failure": hosted.failure,
        "objects": sum(by_resource.values()),
        "largest": sorted(by_resource.items(), key=lambda row: -row[1])[:5],
        "log": {"changes": len(store.log), "most": store.log.maxlen},
        "version": store.version,
        "committed": hosted.committed,
        "actions": hosted.actions,
        "journal_bytes": hosted.journal_bytes,
        "snapshots": hosted.shelf.labels(),
        "timers": hosted.cluster.engine.waiting,
        "fired": hosted.cluster.engine.fired,
        "faults": len(hosted.cluster.faults.all),
        "tenants": len(hosted.cluster.flows.tenants()),
        "behind_seconds": _behind(hosted),
        "born": rfc3339_micro(store.log[0].at) if store.log else None,
        "clock": clock_json(hosted),
    }


def _behind(hosted: HostedCluster) -> float:
    """Return by how many simulated seconds a cluster is behind where its clock ought to be."""
    target = hosted.pace.target(hosted.wall_now())
    return round(max(0, target - hosted.cluster.now) / 1e9, 3)


def _free_bytes(place: str) -> int | None:
    """Return what is free where the clusters are kept; None where that is no folder."""
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None


def _memory_bytes() -> int | None:
    """Return what the process takes of the machine's memory; None where nobody says."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
