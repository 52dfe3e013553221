"""A sink that keeps what it is told: the runs of each Service, neighbours of one kind merged."""

from typing import Any

from ecp.sim.store import Key
from ecp.sim.traffic.blocks import Block


class Ledger:
    """Blocks by Service, ascending and without holes from the first one on."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: dict[Key, list[Block]] = {}

    def block(self, block: Block) -> None:
        """Append *block* to its Service's runs."""
        runs = self._runs.setdefault(block.service, [])
        if runs and runs[-1].end == block.start and runs[-1].kind == block.kind:
            runs[-1] = runs[-1]._replace(end=block.end)
        else:
            runs.append(block)

    def services(self) -> list[Key]:
        """Return the Services that were probed, in the order of their first block."""
        return list(self._runs)

    def runs(self, service: Key) -> list[Block]:
        """Return the runs of one Service."""
        return list(self._runs.get(service, ()))

    def snapshot(self) -> list[Any]:
        """Return the runs as plain rows."""
        return [[*block.service, *block[1:]] for runs in self._runs.values() for block in runs]

    @classmethod
    def restored(cls, rows: list[Any]) -> "Ledger":
        """Return the ledger that `snapshot` wrote down."""
        ledger = cls()
        for namespace, name, *rest in rows:
            ledger.block(Block((namespace, name), *rest))
        return ledger
