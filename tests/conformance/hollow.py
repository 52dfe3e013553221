"""The cluster of the recordings: five nodes of four cores in two zones, whose kubelets are hollow.

In one process it is lived through exchange by exchange; for kubectl it listens on a port, where a
second is a second.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ecp.kube import kinds
from ecp.sim.access import RBAC
from ecp.sim.requests import Request
from ecp.simulator.kubeapi import kubeapi
from fidelity.replay.hollow import HollowCluster

from .bare import START, Directory, Host, as_recorded
from .running import Simulator, free_port

_TICK = 0.02
ADMINISTRATOR = "default@admin"
"""The cluster as its administrator reaches it: kubectl sends no token over plain HTTP."""


def nodes() -> list[dict[str, Any]]:
    """Return the Nodes of the recordings."""
    capacity = {"cpu": "4", "memory": "16Gi", "pods": "110", "ephemeral-storage": "500Gi"}
    return [
        {
            "metadata": {
                "name": f"node-{number}",
                "labels": {"topology.kubernetes.io/zone": f"z{number % 2}"},
            },
            "status": {"capacity": capacity, "nodeInfo": {"kubeletVersion": "v1.36.2"}},
        }
        for number in range(5)
    ]


def cluster(start: int = START) -> HollowCluster:
    """Return the cluster at rest at the instant *start* (ns)."""
    found = HollowCluster(nodes(), 1, start, mode=RBAC)
    for one in found.store.list(kinds.CRDS):
        # The recorded cluster knew no kinds but its own.
        found.submit(Request("delete", kinds.CRDS, "", one["metadata"]["name"]))
    found.run_until(start)
    return as_recorded(found)


class _Paced(Host):
    """Lives at the wall's pace: what a request finds has happened up to now."""

    def catch_up(self) -> None:
        self.cluster.run_until(time.time_ns())


@contextmanager
def listening() -> Iterator[Simulator]:
    """Serve a cluster of now as `default` on a free port until the block ends."""
    port = free_port()
    host = _Paced(cluster(time.time_ns()))
    app = kubeapi(Directory(default=host))
    config = uvicorn.Config(
        app, port=port, log_level="error", ws="websockets-sansio", lifespan="off",
        ws_per_message_deflate=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def pace() -> None:
        while not server.should_exit:
            await asyncio.sleep(_TICK)
            host.catch_up()
            host.wake()

    async def serve() -> None:
        pacing = asyncio.ensure_future(pace())
        await server.serve()
        await pacing

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(_TICK)
        yield Simulator(port)
    finally:
        server.should_exit = True
        thread.join(60)
