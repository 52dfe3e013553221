"""Whether the node of a bound pod could ever have room for the sizes that it is to get.

Source: kubernetes plugin/pkg/admission/podresize/admission.go (PodResizeValidator, 1.36).
"""

from typing import Final

from ecp.kube import kinds, quantity
from ecp.kube.errors import Cause, Forbidden
from ecp.kube.sizes import requests
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

_OS: Final = "kubernetes.io/os"


def check_resize(pod: Obj, read: Reader) -> None:
    """Judge the new sizes of a pod. Raises Forbidden with the server's words and cause."""
    name, node_name = pod["metadata"]["name"], pod["spec"].get("nodeName")
    if not node_name:
        return
    node = read.get(kinds.NODES, "", node_name)
    if node is None:
        raise Forbidden(kinds.PODS, name, f'node "{node_name}" not found')
    os = (node["metadata"].get("labels") or {}).get(_OS, "linux")
    if os != "linux":
        why = f'pod resize is only supported on linux nodes, node "{node_name}" is "{os}"'
        raise Forbidden(kinds.PODS, name, why, (Cause("UnsupportedPlatform"),))
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    room = {
        "cpu": quantity.milli(allocatable.get("cpu", 0)),
        "memory": quantity.value(allocatable.get("memory", 0)),
    }
    asked = requests(pod["spec"])
    lacking = [
        f"{resource}, requested: {asked[resource]}, allocatable: {room[resource]}"
        for resource in room
        if asked.get(resource, 0) > room[resource]
    ]
    if lacking:
        why = f"node didn't have enough allocatable resources: {'; '.join(lacking)}"
        raise Forbidden(kinds.PODS, name, why, (Cause("NodeCapacity"),))
