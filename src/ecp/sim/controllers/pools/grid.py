"""Looks at equal distances: where a real loop ticks, one here wakes on its grid with cause only."""

from ecp.sim.engine.chance import Chance


class Grid:
    """Instants *period* ns apart, with a phase drawn once by *name*."""

    __slots__ = ("period", "phase")

    def __init__(self, period: int, chance: Chance, name: str) -> None:
        self.period = period
        self.phase = chance.below(period, name)

    def at_or_after(self, instant: int) -> int:
        """Return the first look at or after *instant* (ns)."""
        return -((self.phase - instant) // self.period) * self.period + self.phase
