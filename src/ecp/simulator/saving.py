"""What is kept of a cluster: its newest snapshot, the journal since then, the named snapshots."""

import contextlib
import re
from typing import Any

from ecp.sim.cluster import Cluster, ForeignSnapshot
from ecp.sim.store import keeping
from ecp.sim.store.packing import DamagedSnapshot, unpack
from ecp.simulator.journal import Journal
from ecp.simulator.refusals import Refused
from ecp.simulator.storage import Shelf

_LABEL = re.compile(r"[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?")


class Saving:
    """The shelf of cluster *name* at work: `journal` goes on from snapshot `number`."""

    def __init__(self, name: str, shelf: Shelf, number: int) -> None:
        self._name = name
        self.shelf = shelf
        self.number = number
        self.journal = Journal(shelf.journal(number))

    def write(self, state: bytes) -> None:
        """Write a snapshot and start a new journal after it. The journal must be settled.

        Raises OSError: then all is as it was.
        """
        # Ready before the snapshot is there: what is accepted after it belongs behind it.
        fresh = Journal(self.shelf.journal(self.number + 1))
        try:
            self.shelf.save(self.number + 1, state)
        except OSError:
            fresh.close()
            raise
        self.journal.close()
        self.number += 1
        self.journal = fresh
        self.shelf.drop_before(self.number)

    async def settled(self) -> None:
        """Wait until the journal has nothing to write."""
        with contextlib.suppress(OSError):  # who waited for it has been told
            await self.journal.settle()

    # -- named snapshots --------------------------------------------------------------------------

    def check_label(self, label: str) -> None:
        """Raises Refused for what cannot name a snapshot."""
        if not _LABEL.fullmatch(label):
            raise Refused(422, "INVALID_LABEL", "label.bad", label=label)

    def labelled(self, label: str) -> bytes:
        """Return what was kept under *label*, in packed form. Raises Refused."""
        kept = self.shelf.kept(label) if _LABEL.fullmatch(label) else None
        if kept is None:
            raise Refused(
                404, "SNAPSHOT_NOT_FOUND", "cluster.no-snapshot", label=label, name=self._name
            )
        return kept

    def kept(self, label: str, seed: int | None = None) -> Cluster:
        """Return the cluster that was kept under *label*. Raises Refused."""
        state = self.labelled(label)
        try:
            return restored(unpack(state), seed=seed)
        except (DamagedSnapshot, ForeignSnapshot) as error:
            path = f"{self.shelf.place}: {label}"
            raise Refused(
                500, "SNAPSHOT_DAMAGED", "cluster.snapshot-damaged", path=path, detail=error
            ) from error


def restored(state: dict[str, Any], *, seed: int | None = None) -> Cluster:
    """Return the cluster of a snapshot, with its log as far as that is kept.

    Raises ForeignSnapshot.
    """
    cluster = Cluster.restore(state, seed=seed)
    keeping.remember(cluster.store, state.get("log") or ())
    return cluster
