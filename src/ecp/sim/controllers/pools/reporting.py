"""The status that a cluster autoscaler keeps in a ConfigMap, for people to read.

Source: cluster-autoscaler clusterstate/api/types.go, clusterstate/utils/status.go. The real one
writes it at each look, with the instant; here it is written when it says something else.
"""

from collections.abc import Collection

from ecp.kube.kinds import CONFIGMAPS
from ecp.kube.times import rfc3339_micro
from ecp.sim.controllers.pools import seeing
from ecp.sim.controllers.pools.marks import STATUS_MAP, status_map
from ecp.sim.plans import Action, Create, Reader, Update
from ecp.sim.world import World


def written(body: str, now: int, read: Reader) -> list[Action]:
    """Return the write that makes the ConfigMap say *body*; none where it does already."""
    known = read.get(CONFIGMAPS, *STATUS_MAP)
    before = ((known or {}).get("data") or {}).get("status", "")
    if before.partition("\n")[2] == body:
        return []
    stamp = rfc3339_micro(now).replace("T", " ").replace("Z", " +0000 UTC")
    found = known or status_map(read)
    updated = {"cluster-autoscaler.kubernetes.io/last-updated": stamp}
    annotations = {**(found["metadata"].get("annotations") or {}), **updated}
    meta = {**found["metadata"], "annotations": annotations}
    new = {**found, "metadata": meta, "data": {"status": f"time: {stamp}\n{body}"}}
    return [Create(CONFIGMAPS, new) if known is None else Update(CONFIGMAPS, new)]


def status(world: World, resting: Collection[str], unneeded: Collection[str]) -> str:
    """Return what there is to say of each group; *resting* are in backoff, *unneeded* are nodes."""
    lines = ["autoscalerStatus: Running", "nodeGroups:"]
    for group in seeing.groups(world):
        machines = world.fleet.of(group.pool.name, group.zone)
        ready = sum(one.complete for one in machines)
        up = "Backoff" if group.name in resting else "NoActivity"
        if ready < len(machines):
            up = "InProgress"
        down = sum(one.name in unneeded for one in machines)
        lines += [
            f"- name: {group.name}",
            "  health:",
            f"    cloudProviderTarget: {len(machines)}",
            f"    maxSize: {group.pool.most}",
            f"    minSize: {group.pool.least}",
            "    nodeCounts:",
            "      registered:",
            f"        ready: {ready}",
            f"        total: {sum(one.registered for one in machines)}",
            f"      unregistered: {sum(not one.registered for one in machines)}",
            "    status: Healthy",
            "  scaleDown:",
            f"    candidates: {down}",
            f"    status: {'CandidatesPresent' if down else 'NoCandidates'}",
            "  scaleUp:",
            f"    status: {up}",
        ]
    return "\n".join(lines) + "\n"
