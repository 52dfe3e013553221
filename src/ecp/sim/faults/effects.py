"""What a fault does to the world, and how that is undone. One function an effect.

Each takes the world, what is hit (node names, or pods as (key, uid)), the parameters and the
instant, and returns whether the world is another now: the first proof that it took effect.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.sim.store import Key
from ecp.sim.world import World

KILLED = 137


class Struck(NamedTuple):
    """What a fault hits: nodes by name, pods by key and uid."""

    nodes: tuple[str, ...] = ()
    pods: tuple[tuple[Key, str], ...] = ()


Act = Callable[[World, Struck, Mapping[str, Any], int], bool]


class Effect(NamedTuple):
    """How it begins and, where it lasts, how it ends."""

    begin: Act
    end: Act | None = None


def _power_off(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    for node in hit.nodes:
        world.set_node(node, False, now)
    return bool(hit.nodes) and not any(world.node_is_up(node) for node in hit.nodes)


def _power_on(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    for node in hit.nodes:
        world.set_node(node, True, now)
    return all(world.node_is_up(node) for node in hit.nodes)


def _crash(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    code = int(parameters["exit_code"])
    results = [world.crash(uid, parameters["container"], code, "Error", now) for _, uid in hit.pods]
    return any(results)


def _hang(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    results = [world.hang(uid, True) for _, uid in hit.pods]
    return any(results)


def _resume(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    for _, uid in hit.pods:
        world.hang(uid, False)
    return True


EFFECTS: dict[str, Effect] = {
    "power_off": Effect(_power_off, _power_on),
    "crash": Effect(_crash),
    "hang": Effect(_hang, _resume),
}


def chosen(names: Sequence[str], unit: float) -> str:
    """Return one of *names* by a draw in [0, 1)."""
    return names[int(unit * len(names))]
