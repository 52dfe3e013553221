"""The clusters of a simulator by name: made, forked, put back, deleted; open while it runs."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import Any

from ecp.sim import clusters
from ecp.sim.access import ALWAYS_ALLOW
from ecp.sim.cluster import Cluster
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.pacer import OnRestart, Pace
from ecp.simulator.refusals import Refused
from ecp.simulator.reopening import reopen
from ecp.simulator.storage import Store, Unusable

log = logging.getLogger("ecp.simulator")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class ClusterDirectory:
    """The clusters of this simulator by name; creates, forks and deletes them.

    *authorization_mode* is that of clusters that do not say so themselves.
    """

    def __init__(
        self,
        store: Store,
        wall: Callable[[], int] = time.time_ns,
        authorization_mode: str = ALWAYS_ALLOW,
    ) -> None:
        self.store = store
        self._wall = wall
        self.authorization_mode = authorization_mode
        self._hosted: dict[str, HostedCluster] = {}
        self._first: HostedCluster | None = None
        self._leaving: set[str] = set()
        self._ending = asyncio.Lock()
        self.damaged: dict[str, str] = {}

    def ready(self) -> None:
        """Open the store, and see to it that there is a `default` cluster in it.

        Raises Unusable, also where there is no room for that.
        """
        self.store.open()
        if "default" in self.store.names() or "default" in self._hosted:
            return
        spec = {**clusters.model("default"), "authorizationMode": self.authorization_mode}
        try:
            self._first = self._made("default", Cluster.create(spec, now=self._wall()))
        except OSError as error:
            place, detail = error.filename or self.store.place, error.strerror or error
            raise Unusable("store.unwritable", 1, place=place, detail=detail) from error

    def open(self) -> None:
        """Reopen what is kept, `default` made where there is none. Raises Unusable."""
        self.ready()
        first, self._first = self._first, None
        for name in self.store.names():
            if first is not None and name == first.name:
                self._host(first)
                continue
            try:
                self._host(reopen(name, self.store, self._wall))
            except Exception as error:
                # Whatever is wrong with its files, or with an engine that is another now: they
                # stay as they are for whoever mends them, and the other clusters serve.
                unexpected = None if isinstance(error, OSError) else error
                log.error("cluster %s cannot be opened: %s", name, error, exc_info=unexpected)
                self.damaged[name] = str(error) or type(error).__name__

    def _host(self, hosted: HostedCluster) -> HostedCluster:
        self._hosted[hosted.name] = hosted
        hosted.start()
        return hosted

    def _made(
        self,
        name: str,
        cluster: Cluster,
        pace: Pace | None = None,
        actions: int = 0,
        forked_from: str = "",
    ) -> HostedCluster:
        shelf = self.store.shelf(name)
        pace = pace or Pace(anchor=cluster.now, wall=self._wall())
        born = f"{self._wall():x}"
        hosted = HostedCluster(
            name, cluster, pace, shelf, 0, self._wall,
            incarnation=born, actions=actions, forked_from=forked_from,
        )  # fmt: skip
        try:
            hosted.save()
        except OSError:
            hosted.close()
            shelf.remove()
            raise
        return hosted

    def get(self, name: str) -> HostedCluster | None:
        return self._hosted.get(name)

    def require(self, name: str) -> HostedCluster:
        """Return the cluster. Raises Refused: 404, or 503 when its files are damaged."""
        hosted = self._hosted.get(name)
        if name in self.damaged:
            raise Refused(
                503,
                "CLUSTER_DAMAGED",
                "cluster.damaged",
                name=name,
                path=self.store.shelf(name).place,
                detail=self.damaged[name],
            )
        if hosted is None:
            known = ", ".join(sorted(self._hosted)) or "-"
            raise Refused(404, "CLUSTER_NOT_FOUND", "cluster.not-found", name=name, known=known)
        return hosted

    def all(self) -> list[HostedCluster]:
        return [self._hosted[name] for name in sorted(self._hosted)]

    def following(self) -> list[HostedCluster]:
        """Return the clusters in the order in which a tenant is looked for: `default`, the others
        by name, then forks, whose tenants are copies."""
        return sorted(
            self.all(), key=lambda hosted: (bool(hosted.forked_from), hosted.name != "default")
        )

    def create(
        self,
        name: str,
        spec: dict[str, Any],
        *,
        seed: int = 0,
        start: int | None = None,
        on_restart: OnRestart = "catch-up",
        paused: bool = False,
    ) -> HostedCluster:
        """Create a cluster from a checked spec; *paused*: its clock stands still at its start.

        Raises Refused for a bad or taken name.
        """
        self._check_new(name)
        now = self._wall() if start is None else start
        cluster = Cluster.create(spec, seed=seed, now=now)
        pace = Pace(cluster.now, self._wall(), paused=paused, on_restart=on_restart)
        return self._host(self._made(name, cluster, pace))

    def fork(
        self, source: str, name: str, *, label: str | None = None, seed: int | None = None
    ) -> HostedCluster:
        """Make a cluster of its own from *source*, as it is now or as snapshot *label* has it.

        A fork of the present keeps the pace; one of a snapshot starts paused, there.
        """
        hosted = self.require(source)
        self._check_new(name)
        # Its log has the causes of the cluster that it was: they are not given out again.
        actions = hosted.actions
        if label is None:
            return self._host(self._made(name, hosted.split(seed), hosted.pace, actions, source))
        cluster = hosted.saving.kept(label, seed)
        pace = Pace(cluster.now, self._wall(), paused=True, on_restart=hosted.pace.on_restart)
        return self._host(self._made(name, cluster, pace, actions, source))

    async def rewind(self, name: str, label: str) -> HostedCluster:
        """Put a cluster back to its snapshot *label*, in place. Raises Refused, OSError."""
        async with self._ending:
            return self._host(await self.require(name).rewound(label))

    def _check_new(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise Refused(422, "INVALID_CLUSTER_NAME", "cluster.bad-name", name=name)
        if name in self._hosted or name in self.damaged or name in self._leaving:
            raise Refused(409, "CLUSTER_ALREADY_EXISTS", "cluster.exists", name=name)

    async def delete(self, name: str) -> None:
        """Delete a cluster and its files, damaged ones too; `default` comes back at a restart."""
        async with self._ending:
            if name in self.damaged:
                self.store.shelf(name).remove()
                del self.damaged[name]
                return
            hosted = self.require(name)
            del self._hosted[name]
            self._leaving.add(name)
            try:
                await hosted.discard()
            finally:
                self._leaving.discard(name)

    def end_streams(self) -> None:
        """Let every stream end: the service is about to stop."""
        for hosted in self._hosted.values():
            hosted.end_streams()

    async def close(self) -> None:
        """Stop every cluster with a snapshot each; one that cannot does not keep the others."""
        for hosted in list(self._hosted.values()):
            try:
                await hosted.stop()
            except OSError as error:
                log.error("cluster %s: no snapshot could be written: %s", hosted.name, error)
                hosted.close()
        self._hosted.clear()
        if self._first is not None:
            self._first.close()
        self.store.close()
