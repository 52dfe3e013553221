"""The machines of a cluster and who lends them: pools, the stages of a boot, what is sold out.

What a provider's API would say is here; what the cluster says of its nodes is in the store. A
machine boots, its kubelet registers a Node, its network comes up, its device plug-in registers:
each at an instant that is known when the machine is asked for. Nothing here reads a clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ecp.sim.engine.chance import Chance

SOLD_OUT = "RESOURCE_POOL_EXHAUSTED"
OVER_QUOTA = "QUOTA_EXCEEDED"
NO_ADDRESSES = "IP_SPACE_EXHAUSTED"
"""What a provider refuses a machine with. Source: cluster-autoscaler cloudprovider/gce
autoscaling_gce_client.go (its codes of creation errors)."""

STAGES = ("machine", "kubelet", "network", "devices")
"""The stages of a boot, in order: power to kubelet, registration, network plug-in, devices."""

FAILS_AFTER = 5_000_000_000
"""A machine that cannot be had is reported so many ns after it was asked for (assumed)."""

_JITTER_PERCENT = 10  # a stage takes its delay, give or take so much (assumed)

AUTOSCALER, OPERATOR, UPGRADE = "autoscaler", "operator", "upgrade"
"""Who asks for a machine, or lets one go."""

CLUSTER_AUTOSCALER = "cluster-autoscaler"
CLOUD_NODES = "cloud-node-lifecycle"
POOL_UPGRADE = "pool-upgrade"
DRAINS = {AUTOSCALER: "scale-down", OPERATOR: "pool-drain", UPGRADE: "pool-drain"}
"""The loops that live by what happens to machines; who empties one that is to go, by whom."""


@dataclass(slots=True)
class Leaving:
    """A machine that is to go once its pods have: who wants it (`by`), since when and until when
    (ns) it is asked nicely. Then its pods are deleted (*force*), or it stays.

    `retry` says when a pod (by uid) that a budget guards is asked again; `drained` that there were
    pods to ask, `forced` that they were deleted.
    """

    by: str
    since: int
    until: int
    force: bool
    retry: dict[str, int] = field(default_factory=dict)
    forced: bool = False
    drained: bool = False


@dataclass(slots=True)
class Machine:
    """One machine. Instants are ns; `devices_at` None where it has none.

    `number` gives it its addresses; `failure` is why there is none ("" where it is or comes),
    `kept` why it could not go, at `kept_at`.
    """

    name: str
    pool: str
    zone: str
    number: int
    version: str
    asked_at: int = 0
    by: str = ""
    cause: str = ""
    registers_at: int = 0
    network_at: int = 0
    devices_at: int | None = None
    failure: str = ""
    registered: bool = False
    complete: bool = False
    retired_at: int | None = None
    leaving: Leaving | None = None
    kept: str = ""
    kept_at: int | None = None

    def stage(self, now: int) -> str:
        """Return how far it is: a stage of its boot, "ready", "failed", "leaving" or "gone"."""
        if self.failure:
            return "failed"
        if self.retired_at is not None:
            return "gone"
        if self.leaving is not None:
            return "leaving"
        if self.complete:
            return "ready"
        if not self.registered:
            return "machine" if now < self.registers_at else "kubelet"
        return "network" if now < self.network_at else "devices"


@dataclass(slots=True)
class Upgrade:
    """A rolling replacement of a pool's machines: `old` go, `new` come in their `zones`, at most
    `surge` more than there were, at most `unavailable` fewer that are ready. `timeout` in ns.

    `state`: "running", "done" or "failed"; `waits_for` is the provider's refusal, if any.
    """

    version: str
    surge: int
    unavailable: int
    timeout: int
    force: bool
    started_at: int
    cause: str
    old: list[str]
    zones: list[str]
    new: list[str] = field(default_factory=list)
    state: str = "running"
    ended_at: int | None = None
    waits_for: str = ""
    failure: str = ""


@dataclass(slots=True, eq=False)
class Pool:
    """Machines of one kind. `shape` is its row in the model; `boot` ns a stage.

    Autoscaled between `least` and `most` where both are given. `stock` says how many more a zone
    has to give; a zone that is not named has plenty. `milli_cpu` and `gpus` are one machine's.
    """

    name: str
    zones: list[str]
    version: str
    shape: dict[str, Any]
    milli_cpu: int
    gpus: int
    boot: dict[str, int]
    least: int | None = None
    most: int | None = None
    stock: dict[str, int] = field(default_factory=dict)
    named: int = 0
    upgrade: Upgrade | None = None

    @property
    def autoscaled(self) -> bool:
        return self.most is not None


class Fleet:
    """All machines, by name, and the pools they belong to, in the order of the model.

    `quota` bounds the sum over pools: "nodes", "cpu" (milli) and "gpus". `addresses` is how many
    machines the pod network has room for; `model` what all machines have in common.
    """

    __slots__ = (
        "_chance",
        "addresses",
        "autoscaled",
        "leaving",
        "machines",
        "model",
        "pools",
        "quota",
        "sold_out",
    )

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.pools: dict[str, Pool] = {}
        self.machines: dict[str, Machine] = {}
        self.quota: dict[str, int] = {}
        self.addresses = 0
        self.model: Mapping[str, Any] = {}
        self.leaving: dict[str, None] = {}  # derived
        self.sold_out: dict[str, None] = {}  # pools; it is the world's (`Troubles`)
        self.autoscaled = False  # derived: some pool is; asked at every change of a pod

    def open(self, pools: Iterable[Pool], machines: Iterable[Machine]) -> None:
        """Take over what a cluster begins with."""
        self.pools = {pool.name: pool for pool in pools}
        self.machines = {machine.name: machine for machine in machines}
        self.weigh()

    def weigh(self) -> None:
        """See anew whether some pool is autoscaled."""
        self.autoscaled = any(pool.autoscaled for pool in self.pools.values())

    # -- seeing -------------------------------------------------------------------------------

    def of(self, pool: str, zone: str | None = None) -> list[Machine]:
        """Return the machines that a pool has or waits for, oldest first."""
        return [
            one
            for one in self.machines.values()
            if one.pool == pool
            and one.retired_at is None
            and not one.failure
            and zone in (None, one.zone)
        ]

    def obstacle(self, pool: Pool, zone: str) -> str:
        """Return why *zone* gives no machine more of *pool*, "" where it does."""
        if pool.stock.get(zone, 1) <= 0 or pool.name in self.sold_out:
            return SOLD_OUT
        return self.room(pool, 1, {})

    def room(self, pool: Pool, count: int, stock: Mapping[str, int]) -> str:
        """Return why the provider has not *count* machines more of *pool*, "" where it has.

        *stock* is what its zones have left.
        """
        if all(zone in stock for zone in pool.zones) and sum(stock.values()) < count:
            return SOLD_OUT
        used = self.used()
        asked = {"nodes": count, "cpu": count * pool.milli_cpu, "gpus": count * pool.gpus}
        for what, amount in asked.items():
            if amount and what in self.quota and used[what] + amount > self.quota[what]:
                return OVER_QUOTA
        return NO_ADDRESSES if len(self.machines) + count > self.addresses else ""

    def used(self) -> dict[str, int]:
        """Return what counts against the quota: nodes, milli-CPU and GPUs of all machines."""
        used = {"nodes": 0, "cpu": 0, "gpus": 0}
        for one in self.machines.values():
            if one.retired_at is None and not one.failure:
                pool = self.pools[one.pool]
                used["nodes"] += 1
                used["cpu"] += pool.milli_cpu
                used["gpus"] += pool.gpus
        return used

    def zones(self, pool: Pool) -> list[str]:
        """Return the zones of *pool*, those with the fewest of its machines first."""
        return sorted(pool.zones, key=lambda zone: len(self.of(pool.name, zone)))

    def zone_for(self, pool: Pool) -> str:
        """Return the zone of the next machine: the emptiest that has one, else the emptiest."""
        zones = self.zones(pool)
        return next((zone for zone in zones if not self.obstacle(pool, zone)), zones[0])

    def _free_number(self) -> int:
        taken = {one.number for one in self.machines.values()}
        return next(n for n in range(1, len(taken) + 2) if n not in taken)

    # -- doing --------------------------------------------------------------------------------

    def launch(self, pool: Pool, zone: str, now: int, *, by: str, cause: str) -> Machine:
        """Ask for a machine; `failure` says where the provider has none to give."""
        pool.named += 1
        name = f"{pool.name}-{pool.named}"
        failure = self.obstacle(pool, zone)
        number = 0 if failure else self._free_number()
        made = Machine(name, pool.name, zone, number, pool.version, now, by, cause)
        made.failure = failure
        if failure:
            made.registers_at = now + FAILS_AFTER
        else:
            if zone in pool.stock:
                pool.stock[zone] -= 1
            at = [now]
            for stage in STAGES:
                at.append(at[-1] + self._takes(pool.boot[stage], f"boot/{name}/{stage}"))
            made.registers_at, made.network_at = at[2], at[3]
            made.devices_at = at[4] if pool.gpus else None
        self.machines[name] = made
        return made

    def _takes(self, delay: int, what: str) -> int:
        """Return a stage's time: its delay with the machine's own deviation, whole ms."""
        permille = 10 * (100 - _JITTER_PERCENT) + self._chance.below(20 * _JITTER_PERCENT + 1, what)
        return delay * permille // 1000 // 1_000_000 * 1_000_000

    def let_go(self, machine: Machine, leaving: Leaving) -> None:
        """Mark a machine to go once its pods have."""
        machine.leaving, machine.kept = leaving, ""
        self.leaving[machine.name] = None

    def keep(self, machine: Machine, why: str, now: int) -> None:
        """Let a machine stay that was to go."""
        machine.leaving, machine.kept, machine.kept_at = None, why, now
        self.leaving.pop(machine.name, None)

    def retire(self, machine: Machine, now: int) -> None:
        """Give a machine back."""
        machine.retired_at, machine.leaving = now, None
        self.leaving.pop(machine.name, None)
        pool = self.pools[machine.pool]
        if machine.zone in pool.stock and not machine.failure:
            pool.stock[machine.zone] += 1

    def is_gone(self, name: str) -> bool:
        """Whether a machine was given back."""
        machine = self.machines.get(name)
        return machine is not None and machine.retired_at is not None

    # -- state --------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        return {
            "pools": [asdict(pool) for pool in self.pools.values()],
            "machines": [asdict(machine) for machine in self.machines.values()],
            "quota": dict(self.quota),
        }

    def restore(self, plain: dict[str, Any]) -> None:
        self.open(map(_pool, plain["pools"]), map(_machine, plain["machines"]))
        self.quota = dict(plain["quota"])
        self.leaving = {m.name: None for m in self.machines.values() if m.leaving is not None}


def _pool(row: dict[str, Any]) -> Pool:
    upgrade = row["upgrade"]
    lists = {"zones": list(row["zones"]), "boot": dict(row["boot"]), "stock": dict(row["stock"])}
    if upgrade is not None:
        upgrade = Upgrade(**{**upgrade, **{k: list(upgrade[k]) for k in ("old", "zones", "new")}})
    return Pool(**{**row, **lists, "upgrade": upgrade})


def _machine(row: dict[str, Any]) -> Machine:
    leaving = row["leaving"]
    if leaving is not None:
        leaving = Leaving(**{**leaving, "retry": dict(leaving["retry"])})
    return Machine(**{**row, "leaving": leaving})
