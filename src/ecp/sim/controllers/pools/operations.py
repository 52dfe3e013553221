"""What an operator may do with pools: grow, shrink, set, add and remove nodes, upgrade.

Each is checked whole before anything is done: a refusal changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as duration
from ecp.kube.errors import BadRequest
from ecp.sim.clusters import pools as rules
from ecp.sim.world import World
from ecp.sim.world.fleet import (
    CLUSTER_AUTOSCALER,
    OPERATOR,
    POOL_UPGRADE,
    Leaving,
    Machine,
    Pool,
    Upgrade,
)
from ecp.texts import Language, text

DRAIN_FOR = "1h"
"""How long a pod is asked nicely. Source: GKE, node upgrades: budgets are respected for an hour."""
Found = TypeVar("Found")
_MOST_SURGE = 20  # Source: GKE, maxSurge plus maxUnavailable is at most 20


class PoolRefused(BadRequest):
    """There is no such pool or node, or what was asked cannot be; nothing was done.

    `key` and `values` name the sentence in the catalogue of texts; the message is the English one.
    """

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(text(key, "en", **values))
        self.key = key
        self.values = values

    def said(self, language: Language) -> str:
        return text(self.key, language, **self.values)


class Operations:
    """Carries out what is asked of the pools of *world* at *now*; *cause* is who asked."""

    def __init__(self, world: World, now: int, cause: str) -> None:
        self._world = world
        self._now = now
        self._cause = cause

    def carry_out(self, name: str, body: Mapping[str, Any]) -> None:
        """Do what *body* says ("do": set, quota, add, remove, upgrade). Raises PoolRefused."""
        what = body["do"]
        if what == "quota":
            quota = _checked(lambda: rules.check_quota(body["quota"], "quota"))
            self._world.fleet.quota = quota
            return
        pool = self._pool(name)
        {
            "set": self._set,
            "add": self._add,
            "remove": self._remove,
            "upgrade": self._upgrade,
        }[what](pool, body)

    def _pool(self, name: str) -> Pool:
        pools = self._world.fleet.pools
        if name not in pools:
            raise PoolRefused("pool.not-found", name=name, known=", ".join(pools))
        return pools[name]

    def _machine(self, pool: Pool, name: str) -> Machine:
        machine = self._world.fleet.machines.get(name)
        if machine is None or machine.pool != pool.name or machine.retired_at is not None:
            known = ", ".join(one.name for one in self._world.fleet.of(pool.name)) or "-"
            raise PoolRefused("pool.no-node", node=name, pool=pool.name, known=known)
        return machine

    # -- set ----------------------------------------------------------------------------------

    def _set(self, pool: Pool, body: Mapping[str, Any]) -> None:
        """Set what is given of autoscaling, stock and boot, then the size."""
        scaling, stock, boot = body.get("autoscaling"), body.get("stock"), body.get("boot")
        if scaling:
            scaling = {"min": pool.least or 0, "max": pool.most, **scaling}
            _checked(lambda: rules.check_autoscaling(scaling, "autoscaling"))
        _checked(lambda: rules.check_stock(stock or {}, pool.zones, "stock"))
        delays = _checked(lambda: rules.check_delays(boot or {}, pool.boot, "boot"))
        _duration(body.get("drain_timeout") or DRAIN_FOR)  # before anything is done
        size = body.get("size")
        there = self._world.fleet.of(pool.name)
        if size is not None and size > len(there):
            self._check_room(pool, size - len(there), pool.stock if stock is None else stock)
        if scaling is not None:
            pool.least, pool.most = scaling.get("min"), scaling.get("max")
            self._world.fleet.weigh()
        if stock is not None:
            pool.stock = dict(stock)
        pool.boot = {**pool.boot, **delays}
        if size is not None:
            self._resize(pool, size, there, body)
        self._world.touch(CLUSTER_AUTOSCALER, ("", ""))

    def _resize(self, pool: Pool, size: int, there: list[Machine], body: Mapping[str, Any]) -> None:
        for _ in range(size - len(there)):
            zone = self._world.fleet.zone_for(pool)
            self._launch(pool, zone)
        staying = [one for one in there if one.leaving is None]
        for machine in staying[size:]:  # the newest
            self._let_go(machine, body)

    def _check_room(self, pool: Pool, count: int, stock: Mapping[str, int]) -> None:
        """Raises PoolRefused unless the provider has *count* machines more."""
        code = self._world.fleet.room(pool, count, stock)
        if code:
            zones = ", ".join(pool.zones)
            raise PoolRefused("pool.none-left", pool=pool.name, zone=zones, why=code)

    # -- nodes --------------------------------------------------------------------------------

    def _add(self, pool: Pool, body: Mapping[str, Any]) -> None:
        zone = body.get("zone") or self._world.fleet.zone_for(pool)
        if zone not in pool.zones:
            known = ", ".join(pool.zones)
            raise PoolRefused("pool.no-zone", zone=zone, pool=pool.name, known=known)
        code = self._world.fleet.obstacle(pool, zone)
        if code:
            raise PoolRefused("pool.none-left", pool=pool.name, zone=zone, why=code)
        self._launch(pool, zone)

    def _launch(self, pool: Pool, zone: str) -> None:
        self._world.launch(pool, zone, self._now, by=OPERATOR, cause=self._cause)

    def _remove(self, pool: Pool, body: Mapping[str, Any]) -> None:
        machine = self._machine(pool, body["node"])
        if machine.leaving is not None:
            raise PoolRefused("pool.leaves-already", node=machine.name)
        self._let_go(machine, body)

    def _let_go(self, machine: Machine, body: Mapping[str, Any]) -> None:
        until = self._now + _duration(body.get("drain_timeout") or DRAIN_FOR)
        force = bool(body.get("force", True))
        self._world.let_go(machine, Leaving(OPERATOR, self._now, until, force))

    # -- upgrade ------------------------------------------------------------------------------

    def _upgrade(self, pool: Pool, body: Mapping[str, Any]) -> None:
        version = str(body["version"])
        server = self._world.fleet.model["kubernetesVersion"]
        _checked(lambda: rules.check_version(version, server, "version"))
        surge, unavailable = body.get("max_surge", 1), body.get("max_unavailable", 0)
        if not 1 <= surge + unavailable <= _MOST_SURGE:
            raise PoolRefused("pool.bad-surge", most=_MOST_SURGE)
        running = pool.upgrade
        if running is not None and running.state == "running":
            raise PoolRefused("pool.upgrading", pool=pool.name, version=running.version)
        timeout = _duration(body.get("drain_timeout") or DRAIN_FOR)
        old = [one for one in self._world.fleet.of(pool.name) if one.version != version]
        for one in old:
            one.kept = ""  # an earlier attempt's
        pool.version = version
        pool.upgrade = Upgrade(
            version=version,
            surge=surge,
            unavailable=unavailable,
            timeout=timeout,
            force=bool(body.get("force", True)),
            started_at=self._now,
            cause=self._cause,
            old=[one.name for one in old],
            zones=[one.zone for one in old],
        )
        self._world.touch(POOL_UPGRADE, ("", pool.name))


def _duration(given: str) -> int:
    try:
        return duration(given)
    except InvalidDuration as error:
        raise PoolRefused("duration.bad", value=given) from error


def _checked(rule: Callable[[], Found]) -> Found:
    """Return what *rule* says. Raises PoolRefused where it raises InvalidPool."""
    try:
        return rule()
    except rules.InvalidPool as error:
        raise PoolRefused(error.key, **error.values) from error
