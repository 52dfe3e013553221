"""The volumes of a pod that are claims: wait until they are attached, mount them, let them go.

A volume that is to be attached is first reported in use, which a kubelet does with its node's
status every 10 s, then has to stand in what the control plane reports as attached.
Source: kubernetes pkg/kubelet/volumemanager (volume_manager.go, reconciler, populator),
pkg/kubelet/kubelet_node_status.go, pkg/volume/csi/csi_{attacher,mounter}.go (1.36).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from ecp.kube import kinds
from ecp.kube.volumes import (
    driver_of,
    needs_attaching,
    phase_of,
    unique_name,
    uses,
)
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world import World

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

VOLUMES_KUBELET: Final = "kubelet-volumes"
STATUS_UPDATE: Final = 10_000_000_000
"""Source: nodeStatusUpdateFrequency."""
PATIENCE: Final = 123_000_000_000
"""Source: podAttachAndMountTimeout."""
TOO_LATE: Final = "context deadline exceeded"
_OFTEN: Final = 25
_SELDOM: Final = 300_000_000_000
_WARNING: Final = "Warning"


class Wanting(NamedTuple):
    """What a pod's volumes still want: the things to wait for ("nodes//n"), its volumes that are
    not attached, those that nobody can make sense of, why (""), and a mount that failed ("")."""

    things: list[str]
    unattached: list[str]
    unknown: list[str]
    why: str = ""
    failed: str = ""


def look(loop: "PodLoop") -> Wanting | None:
    """Return what keeps the pod's volumes from being mounted, None where nothing does.

    What is to be attached is noted as in use from here on.
    """
    pod, read, run = loop.pod, loop.read, loop.run
    claims = list(uses(pod))
    if not claims:
        return None
    things: dict[str, None] = {}
    unattached: list[str] = []
    unknown: list[str] = []
    whys: list[str] = []
    used: list[str] = []
    failed = ""
    host = read.get(kinds.NODES, "", run.node)
    status = (host or {}).get("status") or {}
    for use in claims:
        place = f"{run.key[0]}/{use.claim}"
        claim = read.get(kinds.PVCS, run.key[0], use.claim)
        volume, why = _volume_of(claim, use.claim, read)
        if volume is None:
            unknown.append(use.volume)
            whys.append(f"error processing PVC {place}: {why}")
            things[f"{kinds.PVCS}/{place}"] = None
            continue
        driver = driver_of(volume)
        if not driver:
            continue
        attached = needs_attaching(read.get(kinds.CSIDRIVERS, "", driver))
        if attached:
            unique = unique_name(volume)
            used.append(unique)
            rows = status.get("volumesAttached") or ()
            there = any(row["name"] == unique for row in rows)
            if not there or unique not in (status.get("volumesInUse") or ()):
                unattached.append(use.volume)
                things[f"{kinds.NODES}//{run.node}"] = None
                continue
        if not _has_driver(read, run.node, driver):
            step = (
                "MountVolume.MountDevice failed for volume {} : kubernetes.io/csi: "
                "attacher.MountDevice failed to create newCsiDriverClient"
                if attached
                else "MountVolume.SetUp failed for volume {} : kubernetes.io/csi: "
                "mounter.SetUpAt failed to get CSI client"
            ).format(f'"{volume["metadata"]["name"]}"')
            failed = f"{step}: driver name {driver} not found in the list of registered CSI drivers"
    _use(loop.world, loop, used)
    if not things and not failed:
        return None
    return Wanting(list(things), sorted(unattached), sorted(unknown), "; ".join(whys), failed)


def _volume_of(claim: Obj | None, name: str, read: Reader) -> tuple[Obj | None, str]:
    """Return the volume of a claim, or None and why there is none."""
    if claim is None:
        return None, (
            f'failed to fetch PVC from API server: persistentvolumeclaims "{name}" not found'
        )
    if "deletionTimestamp" in claim["metadata"]:
        return None, "PVC is being deleted"
    if phase_of(claim) != "Bound":
        return None, "PVC is not bound"
    bound = claim["spec"].get("volumeName")
    if not bound:
        return None, "PVC has empty pvc.Spec.VolumeName"
    volume = read.get(kinds.PVS, "", bound)
    if volume is None:
        return None, (
            f"failed to fetch PV {bound} from API server: failed to find PV {bound}: "
            f'persistentvolumes "{bound}" not found'
        )
    return volume, ""


def _has_driver(read: Reader, node: str, driver: str) -> bool:
    found = read.get(kinds.CSINODES, "", node)
    rows = (found.get("spec") or {}).get("drivers") or () if found is not None else ()
    return any(row["name"] == driver for row in rows)


def _use(world: World, loop: "PodLoop", used: list[str]) -> None:
    run = loop.run
    if run.volumes != used:
        run.volumes = used
        world.touch(VOLUMES_KUBELET, ("", run.node))


def wait(loop: "PodLoop", at: int, wanting: Wanting, *, over: bool) -> None:
    """Wait for a pod's volumes; *over*: the time for it is over, which is said."""
    run, timing = loop.run, loop.timing
    loop.world.wait_for(run, wanting.things)
    if wanting.failed:
        loop.event(_WARNING, "FailedMount", wanting.failed)
        soon = min(timing.mount_backoff << min(run.failures, 20), timing.mount_backoff_max)
        run.failures += 1
        loop.later(at + soon, "mount")
        return
    if over or wanting.why:
        unmounted = sorted([*wanting.unattached, *wanting.unknown])
        complain(loop, unmounted, wanting.unattached, wanting.unknown, wanting.why or TOO_LATE)
        run.failures += 1
    wait = PATIENCE
    if over or wanting.why:
        wait = pause(loop, at) if wanting.why else pause(loop, at) + PATIENCE
        if run.failures >= _OFTEN:
            wait = _SELDOM  # nobody would see the Events in between
    loop.later(at + wait, "volumes")


def complain(
    loop: "PodLoop", unmounted: list[str], unattached: list[str], unknown: list[str], why: str
) -> None:
    """Say which volumes a pod waits for in vain."""
    rows = {
        "unmounted volumes": unmounted,
        "unattached volumes": unattached,
        "failed to process volumes": unknown,
    }
    said = ", ".join(f"{what}=[{' '.join(names)}]" for what, names in rows.items())
    loop.event(_WARNING, "FailedMount", f"Unable to attach or mount volumes: {said}: {why}")


def pause(loop: "PodLoop", at: int) -> int:
    """Return how long (ns) a kubelet leaves a pod whose sync failed."""
    backoff = loop.timing.backoff
    unit = loop.chance.unit(f"volumes/{loop.run.uid}", at)
    return backoff + int(backoff * unit / 2) // 1_000_000 * 1_000_000


def let_go(loop: "PodLoop") -> None:
    """Everything is unmounted."""
    _use(loop.world, loop, [])


def reporter(world: World) -> Controller:
    """Return the loop by which each node's kubelet reports which volumes are in use there."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        node = read.get(kinds.NODES, "", name)
        if node is None or not world.node_is_up(name):
            return NOTHING
        status = node.get("status") or {}
        machine = world.node(name)
        used = sorted({one for uid in machine.pods for one in world.pods[uid].volumes})
        if used == list(status.get("volumesInUse") or ()):
            return NOTHING
        phase = world.phase(f"volumes/{name}", STATUS_UPDATE) // 1_000_000 * 1_000_000
        if (now - phase) % STATUS_UPDATE:
            return Plan(
                wake_at=(now - phase) // STATUS_UPDATE * STATUS_UPDATE + STATUS_UPDATE + phase
            )
        new = {k: v for k, v in status.items() if k != "volumesInUse"}
        if used:
            new["volumesInUse"] = used
        return Plan((Update(kinds.NODES, {**node, "status": new}, "status"),))

    def of_node(change: Change, read: Reader) -> Iterable[Key]:
        """A node that reports volumes: it may have come back without them."""
        return (change.key,) if (change.object.get("status") or {}).get("volumesInUse") else ()

    return Controller(
        name=VOLUMES_KUBELET,
        component="kubelet",
        watches={kinds.NODES: of_node},
        reconcile=reconcile,
        actor="kubelet",
        phase=2,
    )
