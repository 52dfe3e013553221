"""What a fault does to the world, and how that is undone. One function an effect.

Each takes the world, what is hit (node names, or pods as (key, uid)), the parameters and the
instant, and returns whether the world is another now: the first proof that it took effect.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.sim.store import Key
from ecp.sim.world import World

_NONE: Mapping[str, int] = {}


class Struck(NamedTuple):
    """What a fault hits: nodes by name, pods by key and uid; memory limits (bytes) by uid."""

    nodes: tuple[str, ...] = ()
    pods: tuple[tuple[Key, str], ...] = ()
    limits: Mapping[str, int] = _NONE


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


_PPM_A_PERCENT = 10_000
_MILLISECOND = 1_000_000


def _strain(what: str, parameter: str, unit: int, most: int) -> Effect:
    """Return the effect that strains pods by *parameter* x *unit*, at most *most*."""

    def begin(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
        amount = min(int(parameters[parameter]) * unit, most)
        results = [world.strain(uid, what, amount, now) for _, uid in hit.pods]
        return any(results)

    def end(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
        for _, uid in hit.pods:
            world.strain(uid, what, 0, now)
        return True

    return Effect(begin, end)


def _leak(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    percent = int(parameters["percent_a_minute"])
    results = []
    for key, uid in hit.pods:
        limit = hit.limits.get(uid, 0)
        taken = world.usage(key, now, now + 1)
        free = limit - (taken[1] if taken is not None else limit // 4)
        rate = limit * percent // 6000
        if rate <= 0:
            results.append(False)  # without a limit the kernel lets it grow
            continue
        results.append(world.leak(uid, rate, max(free, 0) * 1_000_000_000 // rate, now))
    return any(results)


def _mend(world: World, hit: Struck, parameters: Mapping[str, Any], now: int) -> bool:
    for _, uid in hit.pods:
        world.leak(uid, 0, 0, now)
    return True


EFFECTS: dict[str, Effect] = {
    "power_off": Effect(_power_off, _power_on),
    "crash": Effect(_crash),
    "hang": Effect(_hang, _resume),
    "burn": _strain("burn", "load_percent", _PPM_A_PERCENT, 100 * _PPM_A_PERCENT),
    "abort": _strain("abort", "percent", _PPM_A_PERCENT, 100 * _PPM_A_PERCENT),
    "delay": _strain("delay", "latency_ms", _MILLISECOND, 3600_000 * _MILLISECOND),
    "leak": Effect(_leak, _mend),
}


def chosen(names: Sequence[str], unit: float) -> str:
    """Return one of *names* by a draw in [0, 1)."""
    return names[int(unit * len(names))]
