"""Wall time to simulated time: target = anchor + speed x elapsed.

The clock's state is set by journalled actions only (pause, resume, speed, step, warp), each with
the wall time it happened at; so a restarted simulator knows where its clusters ought to be by
now and catches up. Between actions nothing is written: the target is a function of wall time.

A cluster may be told to go on from where it stopped instead (`on_restart: resume`). For that its
host notes from time to time until which wall time it may say that it lived.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, get_args

SECOND = 1_000_000_000
MAX_SPEED = 1_000_000.0
# Simulated time lies between these instants (ns); both fit 64 bits and four digits of a year.
EARLIEST = 0  # 1970-01-01
LATEST = 7_258_118_400 * SECOND  # 2200-01-01

OnRestart = Literal["catch-up", "resume"]
ON_RESTART: Final[tuple[OnRestart, ...]] = get_args(OnRestart)
"""catch-up: the time of a stop is lived through, as fast as possible; resume: it never was."""


class InvalidClockAction(ValueError):
    """The asked clock action makes no sense now; `key` names its text, `values` fill it."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Pace:
    """Where simulated time ought to be.

    `anchor` (ns, simulated) was reached at `wall` (ns, wall clock). `goal` is set while a warp or
    step is under way: run there as fast as possible, then go on at `speed`, or stay if `paused`.
    `on_restart` says what becomes of the time in which the simulator did not run.
    """

    anchor: int
    wall: int
    speed: float = 1.0
    paused: bool = False
    goal: int | None = None
    on_restart: OnRestart = "catch-up"

    def target(self, wall: int) -> int:
        """Return the simulated instant (ns) that should have been reached at *wall* (ns)."""
        if self.goal is not None:
            return self.goal
        if self.paused:
            return self.anchor
        # A wall clock that was set back lets simulated time stand, it does not turn it round.
        gone = max(wall - self.wall, 0)
        return min(self.anchor + int(gone * self.speed), LATEST)

    def wall_of(self, instant: int) -> int | None:
        """Return the wall time (ns) at which *instant* is due; None while standing."""
        if self.goal is not None:
            return self.wall
        if self.paused or self.speed <= 0:
            return None
        return self.wall + int((instant - self.anchor) / self.speed)

    def act(self, action: str, now: int, wall: int, **options: Any) -> "Pace":
        """Return the pace after *action* at simulated *now*.

        Actions: pause; resume; speed (factor); step (duration ns: then stay paused);
        warp (to ns); arrived (a goal was reached); on_restart (on_restart: how a restart goes,
        the clock itself goes on as before). Raises InvalidClockAction.
        """
        if action == "on_restart":
            wanted = options["on_restart"]
            if wanted not in ON_RESTART:
                raise InvalidClockAction(
                    "clock.on-restart", value=wanted, known=", ".join(ON_RESTART)
                )
            return replace(self, on_restart=wanted)
        here = replace(self, anchor=now, wall=wall, goal=None)
        if action == "pause":
            return replace(here, paused=True)
        if action == "resume":
            return replace(here, paused=False)
        if action == "arrived":
            return here
        if action == "speed":
            factor = float(options["factor"])
            if not 0 < factor <= MAX_SPEED:
                raise InvalidClockAction("clock.speed-range", factor=factor, limit=int(MAX_SPEED))
            return replace(here, speed=factor, paused=False)
        if action == "step":
            duration = int(options["duration"])
            if duration <= 0:
                raise InvalidClockAction("clock.step-positive")
            return replace(here, paused=True, goal=_before_the_end(now + duration))
        if action == "warp":
            to = int(options["to"])
            if to <= now:
                raise InvalidClockAction("clock.warp-backwards")
            return replace(here, goal=_before_the_end(to))
        raise InvalidClockAction("clock.unknown-action", action=action)

    def restarted(self, now: int, lived_until: int, wall: int) -> "Pace":
        """Return the pace of a cluster that stands at *now* and is started again at *wall*.

        Catching up changes nothing: the target runs on with the wall clock. To resume, the clock is
        set to where it was when it stopped, which *lived_until* (wall) bounds: what was seen of
        the cluster stays true, so it may be a little later, never earlier. A warp goes on to its
        goal in both cases.
        """
        if self.on_restart == "catch-up" or self.paused or self.goal is not None:
            return self
        return replace(self, anchor=max(now, self.target(lived_until)), wall=wall)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Pace":
        return cls(**data)


def _before_the_end(instant: int) -> int:
    if instant > LATEST:
        raise InvalidClockAction("clock.too-far", limit="2200-01-01T00:00:00Z")
    return instant
