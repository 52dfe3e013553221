"""One workload's demand over time: constant between two steps, so that nothing ticks."""

from ecp.sim.traffic.model import Offer
from ecp.workloads.demand import next_change, rate
from ecp.workloads.profiles import Profile
from ecp.workloads.shapes import PLAIN, Draw, Reason, Shape

_WEEK = 7 * 24 * 3600 * 1_000_000_000


class Curve:
    """What *units* contracted units of a profile ask for: sessions held, requests per second.

    *shape* is what the tenant says of its demand, *draw* the chance of the run (see `shapes`).
    """

    __slots__ = ("_draw", "_profile", "_shape", "_units")

    def __init__(
        self, profile: Profile, units: int, shape: Shape = PLAIN, draw: Draw | None = None
    ) -> None:
        self._profile = shape.profile(profile)
        self._units = units
        self._shape = shape
        self._draw = draw

    @property
    def sources(self) -> int:
        """The most sessions that can be open at once, 0 = any number: a unit that is a person."""
        demand = self._profile.demand
        return self._units if demand is not None and demand.closed else 0

    def offer(self, now: int) -> Offer:
        """Return what is asked at *now* (ns). Sessions held are rate x duration (Little's law)."""
        demand = self._profile.demand
        if demand is None:
            return Offer(0.0, 0.0)
        begun = self._rate(now)
        return Offer(begun * demand.duration, begun * demand.turns)

    def next_step(self, now: int) -> int:
        """Return the first instant after *now* at which it asks for something else.

        At most a week later: a demand that never changes is looked at again then.
        """
        before = self._rate(now)
        at = now
        while at < now + _WEEK:
            at = self._next_change(at)
            if self._rate(at) != before:
                break
        return at

    def reasons(self, now: int) -> list[Reason]:
        """Return what makes the demand at *now* another than a plain weekday's, with its factor."""
        return self._shape.reasons(self._profile, now, self._draw)

    def _rate(self, now: int) -> float:
        if self._shape is PLAIN:
            return rate(self._profile, self._units, now)
        return self._shape.rate(self._profile, self._units, now, self._draw)

    def _next_change(self, now: int) -> int:
        if self._shape is PLAIN:
            return next_change(self._profile, now)
        return self._shape.next_change(self._profile, now)
