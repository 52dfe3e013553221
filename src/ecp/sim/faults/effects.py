"""What faults do to the world. One row an effect.

A Blow falls once. A Hold lasts: each fault puts a level on each of its targets (a node or a
namespace by name, a pod by uid), and what the target is under is the join of the levels of all
faults that hold it, so faults on one target compose and end in any order. A Between lies on the
lines from pods to others, or to names. An Asked changes nothing in the world: what the fault asks
of the cluster (`asks`) is all of it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ecp.kube import durations, quantity
from ecp.sim.world import World
from ecp.sim.world.fleet import CLUSTER_AUTOSCALER
from ecp.sim.world.troubles import DOORS, either
from ecp.sim.world.world import KUBELET, NODE_KUBELET, PRESSURE_KUBELET

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

    level   what the parameters of one fault put on a target; `limit` is what a pod may take, for
            effects that need it: of `of`, the memory of its first container (bytes) or its
            processor (milli-CPU)
    join    what several levels come to
    put     make it so: `put(world, target, level, limit, now)`, level 0 = nothing
    shows   what the world says of the target: the first proof
    strain  what of a pod's strain it is, "" where it is none
    none    the level that is as good as none: from there a course grows
    """

    level: Callable[[Parameters, int], int]
    join: Callable[[Iterable[int]], int]
    put: Callable[[World, str, int, int, int], None]
    shows: Callable[[World, str], int]
    of: str = ""
    strain: str = ""
    none: int = 0


class Between(NamedTuple):
    """What lies on lines while a fault lasts; `strain` is what `troubles.felt` reads."""

    strain: Callable[[Parameters], dict[str, int]]


class Asked(NamedTuple):
    """Nothing of its own; `lasts`: what was asked is taken back at the end."""

    lasts: bool


Effect = Blow | Hold | Between | Asked


def _one(parameters: Parameters, limit: int) -> int:
    return 1


def _crash(world: World, uid: str, parameters: Parameters, now: int) -> bool:
    return world.crash(uid, parameters["container"], int(parameters["exit_code"]), "Error", now)


def _doom(what: str) -> Callable[[World, str, int, int, int], None]:
    def put(world: World, uid: str, level: int, limit: int, now: int) -> None:
        world.doom(uid, what, _LIVES_NS if level else 0, now)

    return put


def _doomed(what: str) -> Callable[[World, str], int]:
    def shows(world: World, uid: str) -> int:
        pod = world.pods.get(uid)
        return int(pod is not None and what in (pod.strain or ()))

    return shows


def _fill(world: World, node: str, level: int, limit: int, now: int) -> None:
    _set(world.troubles.filled, node, level)
    world.touch(PRESSURE_KUBELET, ("", node))


def _lose(world: World, node: str, level: int, limit: int, now: int) -> None:
    """Lose *level* GPUs of a node: the processes on them end, and those that start there."""
    world.troubles.devices[node] = level
    left = level
    for uid in world.node(node).pods:
        held = world.pods[uid].used.get(GPU, 0) // 1000
        if held:
            world.doom(uid, "broken", _LIVES_NS if left > 0 else 0, now)
            left -= held
    world.touch(NODE_KUBELET, ("", node))


def _throttle(world: World, node: str, level: int, limit: int, now: int) -> None:
    """Take a share of the clock from the GPUs of a node: who computes on them takes longer."""
    _set(world.troubles.throttled, node, level)
    for uid in world.node(node).pods:
        if world.pods[uid].used.get(GPU, 0):
            world.touch(KUBELET, world.pods[uid].key)


def _end_on_gpus(world: World, node: str, parameters: Parameters, now: int) -> bool:
    """End the processes on so many GPUs of a node, once: the devices stay well."""
    left = int(parameters["count"])
    for uid in world.node(node).pods:
        held = world.pods[uid].used.get(GPU, 0) // 1000
        if held and left > 0 and world.crash(uid, "", 1, "Error", now):
            left -= held
    return left < int(parameters["count"])


def _refuse(world: World, host: str, level: int, limit: int, now: int) -> None:
    if level:
        world.troubles.registry[host] = REASONS[level - 1]
    else:
        world.troubles.registry.pop(host, None)


def _sell_out(world: World, pool: str, level: int, limit: int, now: int) -> None:
    _set(world.troubles.sold_out, pool, None if level else 0)
    world.touch(CLUSTER_AUTOSCALER, ("", ""))


def _stop(world: World, actor: str, level: int, limit: int, now: int) -> None:
    """Let a part of the control plane stand still.

    Who watches over nodes gave up its lease meanwhile, begins anew and knows of no silence before.
    Source: kubernetes client-go tools/leaderelection (10 s to renew), pkg/controller/nodelifecycle
    (nodeHealthMap lives in memory).
    """
    _set(world.troubles.stopped, actor, None if level else 0)
    if not level and actor in _WATCHING:
        world.troubles.back = now
    world.roused()


_WATCHING = (*DOORS, "kube-controller-manager")


def _slow_down(world: World, door: str, level: int, limit: int, now: int) -> None:
    _set(world.troubles.late, door, level)
    world.roused()


def _crowd(world: World, namespace: str, level: int, limit: int, now: int) -> None:
    _set(world.troubles.surges, namespace, level)


def _expire(world: World, target: str, level: int, limit: int, now: int) -> None:
    """Let a certificate run out: for who comes by an Ingress, and at the pods that serve it."""
    if "/" in target:
        _set(world.troubles.expired, target, world.cause() if level else 0)
    else:
        world.strain(target, "cert", level, now)


def _set(held: dict[str, Any], name: str, value: Any) -> None:
    """Hold *value* under a name, 0 = nothing."""
    if value == 0:
        held.pop(name, None)
    else:
        held[name] = value


def _times(levels: Iterable[int]) -> int:
    """Crowds come on top of one another: factors multiply (ppm); none = no crowd."""
    total = _MILLION
    for level in levels:
        total = total * level // _MILLION
    return total if total != _MILLION else 0


def _narrowest(levels: Iterable[int]) -> int:
    return min((level for level in levels if level), default=0)


def _power(world: World, node: str, level: int, limit: int, now: int) -> None:
    world.set_node(node, not level, now)


def _blind(world: World, namespace: str, level: int, limit: int, now: int) -> None:
    world.measure(namespace, not level)


def _hang(world: World, uid: str, level: int, limit: int, now: int) -> None:
    world.hang(uid, bool(level))


def _ignored(done: bool) -> None:
    """Put what was done without saying whether it changed anything."""


def _is_hung(world: World, uid: str) -> int:
    pod = world.pods.get(uid)
    return int(pod is not None and pod.hung)


def _leaking(parameters: Parameters, limit: int) -> int:
    """Return the bytes a second: so much a minute, or so much of the limit."""
    if parameters.get("a_minute"):
        return size_of(str(parameters["a_minute"]), limit) // 60
    return limit * int(parameters["percent_a_minute"]) // 6000


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
    failing = 0
    for level in levels:
        failing = either(failing, level)
    return failing


def _most(levels: Iterable[int]) -> int:
    return max(levels, default=0)


def _burn(parameters: Parameters, limit: int) -> int:
    """Return which share of its processor is eaten: by so many workers of a core each, or all."""
    workers, load = int(parameters.get("workers", 0)), int(parameters["load_percent"])
    if not workers:
        return load * PPM_A_PERCENT
    return min(workers * load * 10 * _MILLION // max(limit, 1), _MILLION)


def size_of(text: str, limit: int) -> int:
    """Return the bytes that a size means: "256Mi", "256MB", "50%" of *limit*."""
    if text.endswith("%"):
        return limit * int(text[:-1]) // 100
    for unit, power in (("iB", "i"), ("B", "")):
        if text.endswith(unit):
            text = text.removesuffix(unit) + power
            break
    return quantity.value(text.replace("K", "k") if text.endswith("K") else text)


def rate_of(text: str) -> int:
    """Return the bits/s of a rate of tc: "1mbps" are bytes, "1mbit" bits. 0 = it is none."""
    said = text.strip().lower()
    for unit, bits in _RATES:
        number = said.removesuffix(unit).strip()
        if said.endswith(unit) and number.isdecimal():
            return int(number) * bits
    return 0


_RATES: tuple[tuple[str, int], ...] = tuple(
    (f"{power}{unit}", 1000**exponent * bits)
    for exponent, power in reversed(tuple(enumerate(("", "k", "m", "g", "t"))))
    for unit, bits in (("bit", 1), ("bps", 8))
)


def _bad_line(parameters: Parameters) -> dict[str, int]:
    """Return what the parameters of a fault put on a line."""
    found: dict[str, int] = {}
    for name, value in parameters.items():
        if name in _ON_LINES and value not in (0, "0"):
            word, read = _ON_LINES[name]
            found[word] = read(value)
    return found


_ON_LINES: Mapping[str, tuple[str, Callable[[Any], int]]] = {
    "latency_ms": ("delay", lambda value: min(int(value) * MILLISECOND, _LONGEST_DELAY_NS)),
    "loss_percent": ("loss", lambda value: round(float(value) * PPM_A_PERCENT)),
    "corrupt_percent": ("loss", lambda value: round(float(value) * PPM_A_PERCENT)),
    "duplicate_percent": ("twice", lambda value: round(float(value) * PPM_A_PERCENT)),
    "rate": ("rate", lambda value: rate_of(str(value))),
}

GPU = "nvidia.com/gpu"
REASONS = ("auth", "notfound", "ratelimit", "timeout")
"""Why a registry gives nothing."""
_LIVES_NS = 500 * MILLISECOND  # what a broken process does until it ends (assumed)


def _pod(
    name: str,
    level: Callable[[Parameters, int], int],
    join: Callable[[Iterable[int]], int],
    of: str = "",
) -> Hold:
    """Return the effect that puts a strain on pods."""
    return Hold(level, join, _strain(name), _strained(name), of, name)


def _of(held: str) -> Callable[[World, str], int]:
    def shows(world: World, name: str) -> int:
        levels: dict[str, int] = getattr(world.troubles, held)
        return levels.get(name, 0)

    return shows


EFFECTS: dict[str, Effect] = {
    "power_off": Hold(_one, _most, _power, lambda world, node: int(not world.node_is_up(node))),
    "blind": Hold(_one, _most, _blind, lambda world, name: int(name in world.unmeasured)),
    "crash": Blow(_crash),
    "hang": Hold(_one, _most, _hang, _is_hung),
    "burn": _pod("burn", _burn, _capped, "cpu"),
    "abort": _pod("abort", _scaled("percent", PPM_A_PERCENT, _MILLION), _either),
    "delay": _pod("delay", _scaled("latency_ms", MILLISECOND, _LONGEST_DELAY_NS), sum),
    "wait": _pod(
        "delay",
        lambda said, limit: int(said["delay_ms"]) * MILLISECOND * int(said["percent"]) // 100,
        sum,
    ),
    "lose": _pod("loss", lambda said, limit: _bad_line(said).get("loss", 0), _either),
    "narrow": _pod("rate", lambda said, limit: rate_of(str(said["rate"])), _narrowest),
    "twice": _pod("twice", lambda said, limit: _bad_line(said).get("twice", 0), _either),
    "cut": _pod("cut", _one, _most),
    "skew": _pod(
        "clock", lambda said, limit: durations.parse(str(said["offset"]).lstrip("+-")), _most
    ),
    "part": Between(lambda said: {"cut": 1}),
    "garble": Between(_bad_line),
    "unname": Between(lambda said: {"cut": 1}),
    "hold": Hold(
        lambda said, limit: size_of(str(said["size"]), limit),
        sum,
        lambda world, uid, level, limit, now: _ignored(world.hold(uid, level, limit, now)),
        _strained("held"),
        "memory",
    ),
    "doom": Hold(_one, _most, _doom("dies"), _doomed("dies")),
    "fill": Hold(lambda said, limit: int(said["percent"]), _most, _fill, _of("filled")),
    "lose_gpu": Hold(lambda said, limit: int(said["count"]), sum, _lose, _of("devices")),
    "end_on_gpus": Blow(_end_on_gpus),
    "throttle": Hold(
        lambda said, limit: _MILLION - int(said["percent"]) * PPM_A_PERCENT,
        _most,
        _throttle,
        _of("throttled"),
    ),
    "refuse": Hold(
        lambda said, limit: REASONS.index(said["reason"]) + 1,
        _most,
        _refuse,
        lambda world, host: len(REASONS) if host in world.troubles.registry else 0,
    ),
    "sell_out": Hold(
        _one, _most, _sell_out, lambda world, pool: int(pool in world.troubles.sold_out)
    ),
    "stop": Hold(_one, _most, _stop, lambda world, name: int(name in world.troubles.stopped)),
    "slow_down": Hold(
        _scaled("latency_ms", MILLISECOND, _LONGEST_DELAY_NS), _most, _slow_down, _of("late")
    ),
    "crowd": Hold(
        lambda said, limit: int(said["percent"]) * PPM_A_PERCENT,
        _times,
        _crowd,
        _of("surges"),
        none=_MILLION,
    ),
    "expire": Hold(
        _one,
        _most,
        _expire,
        lambda world, target: (
            int(target in world.troubles.expired)
            if "/" in target
            else _strained("cert")(world, target)
        ),
    ),
    "ask": Asked(lasts=False),
    "ask_while": Asked(lasts=True),
    "leak": Hold(
        _leaking,
        sum,
        _leak,
        _strained("leak"),
        "memory",
    ),
}
"""By name. "leak" is in bytes/s, "hold" in bytes, "delay", "wait", "skew" and "slow_down" in ns,
"narrow" in bits/s, "fill" in percent; "burn", "abort", "lose", "twice", "crowd" and "throttle" in
ppm; others count."""

BLAMED: Mapping[str, tuple[str, ...]] = {
    "hung": ("hang",),
    "node-down": ("power_off",),
    "unreachable": ("cut",),
    "no-process": ("doom", "lose_gpu"),
    "strained": ("abort", "expire", "skew", "lose", "narrow", "delay", "wait", "burn", "throttle"),
}
"""Which effects are behind what a caller meets at a pod, the likeliest first."""


def chosen(names: list[str], unit: float) -> str:
    """Return one of *names* by a draw in [0, 1)."""
    return names[int(unit * len(names))]
