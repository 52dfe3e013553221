"""One workload's demand over time: constant between two steps, so that nothing ticks."""

from ecp.sim.traffic.model import Offer
from ecp.workloads.demand import next_change, rate
from ecp.workloads.profiles import Profile

_STEPS_A_WEEK = 7 * 24


class Curve:
    """What *units* contracted units of a profile ask for: sessions held, requests per second."""

    __slots__ = ("_profile", "_units")

    def __init__(self, profile: Profile, units: int) -> None:
        self._profile = profile
        self._units = units

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
        begun = rate(self._profile, self._units, now)
        return Offer(begun * demand.duration, begun * demand.turns)

    def next_step(self, now: int) -> int:
        """Return the first instant after *now* at which it asks for something else.

        At most a week later: a demand that never changes is looked at again then.
        """
        before = rate(self._profile, self._units, now)
        at = now
        for _ in range(_STEPS_A_WEEK):
            at = next_change(self._profile, at)
            if rate(self._profile, self._units, at) != before:
                break
        return at
