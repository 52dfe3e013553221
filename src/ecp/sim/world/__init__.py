"""Physical truth: processes, node power, image caches. Faults and the kubelet write it."""

from ecp.sim.world.records import ContainerRun, NodeRun, PodRun, ProbeRun
from ecp.sim.world.world import HEARTBEAT_PERIOD, World

__all__ = ["HEARTBEAT_PERIOD", "ContainerRun", "NodeRun", "PodRun", "ProbeRun", "World"]
