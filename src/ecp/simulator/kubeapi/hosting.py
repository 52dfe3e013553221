"""What the façade asks of the service: a cluster by name, durable writes, news of changes."""

from typing import Protocol

from ecp.kube.kinds import Catalogue
from ecp.sim.access import Access
from ecp.sim.plans import Reader
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Store
from ecp.sim.world import World


class Closed(Exception):
    """The cluster is gone or the service is shutting down: streams end, cleanly."""


class SimulatedCluster(Protocol):
    """The reads of `ecp.sim.cluster.Cluster`."""

    store: Store
    world: World
    access: Access

    @property
    def now(self) -> int: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def read(self) -> Reader: ...
    def check_open(self, *, reading: bool = False) -> None: ...


class Hosted(Protocol):
    """A cluster as the service keeps it."""

    @property
    def name(self) -> str: ...
    @property
    def cluster(self) -> SimulatedCluster: ...

    def catch_up(self) -> None:
        """Let the cluster's time come up to now, so that a read is fresh."""
        ...

    async def submit(self, request: Request) -> Answer:
        """Journal and carry out *request*; return when it is durable. Raises KubeError."""
        ...

    async def changed(self, after: int) -> int:
        """Wait until a version above *after* is committed; return the newest committed one.

        Raises Closed when none will come any more.
        """
        ...


class ClusterDirectory(Protocol):
    """The clusters that are served."""

    def get(self, name: str) -> Hosted | None: ...
