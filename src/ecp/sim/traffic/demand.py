"""One workload's demand over time: constant between two steps, so that nothing ticks."""

from collections.abc import Callable

from ecp.sim.traffic.model import Offer
from ecp.workloads.demand import next_change, rate
from ecp.workloads.profiles import Profile
from ecp.workloads.shapes import PLAIN, Draw, Reason, Shape

Heard = Callable[[str], tuple[float, int] | None]
"""What others told last of a figure, by its name: (value, ns since the epoch); None = nothing."""

_WEEK = 7 * 24 * 3600 * 1_000_000_000


class Curve:
    """What *units* contracted units of a profile ask for: sessions held, requests per second.

    *shape* is what the tenant says of its demand, *draw* the chance of the run (see `shapes`).
    Where the shape follows a figure that `heard` knows, that takes the place of all the rest for as
    long as it holds.
    """

    __slots__ = ("_draw", "_profile", "_shape", "_units", "follow", "heard")

    def __init__(
        self, profile: Profile, units: int, shape: Shape = PLAIN, draw: Draw | None = None
    ) -> None:
        self.follow = shape.follow.get(profile.name)
        self.heard: Heard = _unheard
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

    def holding(self, held: float) -> Offer:
        """Return what so many sessions ask for that are held beside the usual ones."""
        demand = self._profile.demand
        if demand is None or not held:
            return Offer(0.0, 0.0)
        return Offer(held, held / demand.duration * demand.turns)

    def begun(self, offer: Offer) -> tuple[float, float]:
        """Return how many sessions begin a second where so much is asked, and how long one lasts.

        Where none lasts each request is one.
        """
        demand = self._profile.demand
        if demand is None or not demand.duration:
            return offer.rate, 0.0
        return offer.held / demand.duration, demand.duration

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
        followed = self._followed(now)
        if followed is None or self.follow is None:
            return self._shape.reasons(self._profile, now, self._draw)
        usual = rate(self._profile, self._units, now)  # of a plain weekday
        factor = round(followed[0] / usual, 6) if usual else 1.0
        return [Reason("followed", self.follow.metric, factor)]

    def _followed(self, now: int) -> tuple[float, int] | None:
        """Return what is told from outside: sessions per second, until when (ns)."""
        follow, demand = self.follow, self._profile.demand
        told = None if follow is None or demand is None else self.heard(follow.metric)
        if told is None or follow is None or demand is None:
            return None
        value, at = told
        if not at <= now < at + follow.hold:
            return None
        return follow.rate(value, demand.duration), at + follow.hold

    def _rate(self, now: int) -> float:
        followed = self._followed(now)
        if followed is not None:
            return followed[0]
        if self._shape is PLAIN:
            return rate(self._profile, self._units, now)
        return self._shape.rate(self._profile, self._units, now, self._draw)

    def _next_change(self, now: int) -> int:
        followed = self._followed(now)
        if followed is not None:
            return followed[1]
        if self._shape is PLAIN:
            return next_change(self._profile, now)
        return self._shape.next_change(self._profile, now)


def _unheard(metric: str) -> None:
    """Stand in until others tell something."""
