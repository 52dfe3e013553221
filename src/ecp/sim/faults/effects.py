"""What faults do to the world. One row an effect.

A Blow falls once. A Hold lasts: each fault puts a level on each of its targets (a node or a
namespace by name, a pod by uid), and what the target is under is the join of the levels of all
faults that hold it, so faults on one target compose and end in any order.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ecp.sim.world import World

PPM_A_PERCENT = 10_000
MILLISECOND = 1_000_000
_LONGEST_DELAY_NS = 3600_000 * MILLISECOND
_MILLION = 1_000_000

Parameters = Mapping[str, Any]


class Blow(NamedTuple):
    """What is done once: `strike(world, uid, parameters, now)` says whether it hit something."""

    strike: Callable[[World, str, Parameters, int], bool]


class Hold(NamedTuple):
    """What is held while a fault lasts.

    level   what the parameters of one fault put on a target; `limit` is the memory (bytes) that a
            pod's first container may take, for effects that need it
    join    what several levels come to
    put     make it so: `put(world, target, level, limit, now)`, level 0 = nothing
    shows   what the world says of the target: the first proof
    """

    level: Callable[[Parameters, int], int]
    join: Callable[[Iterable[int]], int]
    put: Callable[[World, str, int, int, int], None]
    shows: Callable[[World, str], int]


Effect = Blow | Hold


def _one(parameters: Parameters, limit: int) -> int:
    return 1


def _crash(world: World, uid: str, parameters: Parameters, now: int) -> bool:
    return world.crash(uid, parameters["container"], int(parameters["exit_code"]), "Error", now)


def _power(world: World, node: str, level: int, limit: int, now: int) -> None:
    world.set_node(node, not level, now)


def _blind(world: World, namespace: str, level: int, limit: int, now: int) -> None:
    world.measure(namespace, not level)


def _hang(world: World, uid: str, level: int, limit: int, now: int) -> None:
    world.hang(uid, bool(level))


def _is_hung(world: World, uid: str) -> int:
    pod = world.pods.get(uid)
    return int(pod is not None and pod.hung)


def _leak(world: World, uid: str, level: int, limit: int, now: int) -> None:
    world.leak(uid, level, limit, now)


def _scaled(parameter: str, unit: int, most: int) -> Callable[[Parameters, int], int]:
    def level(parameters: Parameters, limit: int) -> int:
        return min(int(parameters[parameter]) * unit, most)

    return level


def _strain(what: str) -> Callable[[World, str, int, int, int], None]:
    def put(world: World, uid: str, level: int, limit: int, now: int) -> None:
        world.strain(uid, what, level, now)

    return put


def _strained(what: str) -> Callable[[World, str], int]:
    def shows(world: World, uid: str) -> int:
        pod = world.pods.get(uid)
        return (pod.strain or {}).get(what, 0) if pod is not None else 0

    return shows


def _capped(levels: Iterable[int]) -> int:
    """Burners share what there is: together they take all of it at most."""
    return min(sum(levels), _MILLION)


def _either(levels: Iterable[int]) -> int:
    """A request that is to pass must escape each of them: 1 - (1-a)(1-b), in ppm."""
    spared = _MILLION
    for level in levels:
        spared = spared * (_MILLION - level) // _MILLION
    return _MILLION - spared


def _most(levels: Iterable[int]) -> int:
    return max(levels, default=0)


EFFECTS: dict[str, Effect] = {
    "power_off": Hold(_one, _most, _power, lambda world, node: int(not world.node_is_up(node))),
    "blind": Hold(_one, _most, _blind, lambda world, name: int(name in world.unmeasured)),
    "crash": Blow(_crash),
    "hang": Hold(_one, _most, _hang, _is_hung),
    "burn": Hold(
        _scaled("load_percent", PPM_A_PERCENT, _MILLION),
        _capped,
        _strain("burn"),
        _strained("burn"),
    ),
    "abort": Hold(
        _scaled("percent", PPM_A_PERCENT, _MILLION), _either, _strain("abort"), _strained("abort")
    ),
    "delay": Hold(
        _scaled("latency_ms", MILLISECOND, _LONGEST_DELAY_NS),
        sum,
        _strain("delay"),
        _strained("delay"),
    ),
    "leak": Hold(
        lambda parameters, limit: limit * int(parameters["percent_a_minute"]) // 6000,
        sum,
        _leak,
        _strained("leak"),
    ),
}
"""By name. "leak" is in bytes/s, "delay" in ns, "burn" and "abort" in ppm, the others 0 or 1."""

BLAMED: Mapping[str, tuple[str, ...]] = {
    "hung": ("hang",),
    "node-down": ("power_off",),
    "strained": ("abort", "delay", "burn"),
}
"""Which effects are behind what a caller meets at a pod, the likeliest first."""


def chosen(names: list[str], unit: float) -> str:
    """Return one of *names* by a draw in [0, 1)."""
    return names[int(unit * len(names))]
