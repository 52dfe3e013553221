"""The cluster that a plan buys, as a file for the simulator: where its size can be rehearsed."""

from typing import Any

from ecp.manifests.bundle import Obj
from ecp.manifests.providers import Provider
from ecp.workloads.costing import Plan
from ecp.workloads.packing import room_of

_BLOCK, _SHARED = "block.csi.ecp.io", "file.csi.ecp.io"


def ground(plan: Plan, place: Provider, name: str = "planned") -> dict[str, Any]:
    """Return a cluster file: the plan's node pools in three zones, with the provider's labels.

    A node has what is left of its machine for pods. Storage classes are called as the provider
    calls them.
    """
    zones = [f"{plan.offer.region}-{letter}" for letter in "abc"[: plan.sizing.goals.zones]]
    pools = []
    for pool in plan.pools:
        room, machine = room_of(pool.machine), pool.machine
        row: Obj = {
            "name": pool.name,
            "count": pool.nodes,
            "cpu": f"{room.cpu}m",
            "memory": str(room.memory),
            "machineType": machine.name,
            "labels": {"node-pool": pool.name},
        }
        if machine.gpus:
            row["gpus"] = machine.gpus
            row["labels"] |= place.gpus[machine.gpu]
            row["taints"] = [{**place.taint, "value": "present"}]
        pools.append(row)
    fast = {place.volumes[wish].storage_class for wish in ("standard", "fast")}
    shared = place.volumes["shared"].storage_class
    classes: list[Obj] = [
        {
            "name": one,
            "provisioner": _BLOCK,
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        }
        for one in sorted(fast)
    ]
    classes.append({"name": shared, "provisioner": _SHARED, "allowVolumeExpansion": True})
    return {
        "name": name,
        "region": plan.offer.region,
        "zones": zones,
        "pools": pools,
        "storage": {
            "drivers": [
                {"name": _BLOCK, "topology": "topology.kubernetes.io/zone", "volumesPerNode": 25},
                {
                    "name": _SHARED,
                    "attach": False,
                    "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
                },
            ],
            "classes": classes,
        },
    }
