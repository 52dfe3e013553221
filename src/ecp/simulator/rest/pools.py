"""Pools of machines: what they have and wait for, nodes that come and go, rolling upgrades."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from ecp.edge.problems import Problem
from ecp.kube import quantity
from ecp.kube.durations import spell
from ecp.kube.kinds import NODES
from ecp.kube.times import rfc3339
from ecp.sim.clusters.pools import devices
from ecp.sim.controllers.pools.draining import pods_to_go
from ecp.sim.controllers.pools.operations import PoolRefused
from ecp.sim.requests import Request as Wish
from ecp.sim.world.fleet import Machine, Pool, Upgrade
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, clock_json

router = APIRouter(prefix="/api/v1/clusters/{name}", tags=["pools"])

_MOST_NODES = 5_000
_STATUS = {
    "pool.not-found": (404, "POOL_NOT_FOUND"),
    "pool.no-node": (404, "NODE_NOT_FOUND"),
    "pool.none-left": (409, "NO_MACHINE"),
    "pool.upgrading": (409, "POOL_IS_UPGRADING"),
    "pool.leaves-already": (409, "NODE_IS_LEAVING"),
}
Word = Annotated[str, StringConstraints(max_length=63)]
Count = Annotated[int, Field(ge=0, le=_MOST_NODES)]


class Scaling(Strict):
    """Between how many machines a pool is autoscaled; empty: it is not."""

    min: Count | None = None
    max: Count | None = None


class PoolChange(Strict):
    """What is to be otherwise; what is not given stays."""

    size: Count | None = Field(None, description="machines; fewer: the newest are drained and go")
    autoscaling: Scaling | None = None
    stock: dict[Word, Count] | None = Field(
        None, description="machines that a zone has left; one that is not named has plenty"
    )
    boot: dict[Word, Word] | None = Field(
        None,
        description="delays by stage (machine, kubelet, network, devices)",
        examples=[{"machine": "2m"}],
    )
    drain_timeout: Word = Field("1h", description="how long budgets are respected")
    force: bool = Field(True, description="delete pods after that; false: the node stays")


class NewNode(Strict):
    """A machine more; its zone is the emptiest that has one, unless it is named."""

    zone: Word | None = None


class NewUpgrade(Strict):
    """Replace all machines by new ones of this version."""

    version: Word = Field(examples=["v1.36.2"])
    max_surge: int = Field(1, ge=0, le=20, description="machines more than there were, at most")
    max_unavailable: int = Field(0, ge=0, le=20, description="ready machines fewer, at most")
    drain_timeout: Word = Field("1h", description="how long budgets are respected")
    force: bool = Field(True, description="delete pods after that; false: the upgrade fails")


class Quota(Strict):
    """What all pools together may have, at most; what is not given is not bounded."""

    nodes: Count | None = None
    cpu: Word | None = Field(None, examples=["640"])
    gpus: Count | None = None


@router.get("/pools")
async def list_pools(name: str, found: Clusters) -> dict[str, Any]:
    """List the pools with their machines, and what of the quota is used."""
    hosted = _fresh(name, found)
    fleet = hosted.cluster.world.fleet
    return {
        "pools": [_pool_json(hosted, pool) for pool in fleet.pools.values()],
        "quota": {
            what: {"used": _amount(what, used), "limit": _amount(what, fleet.quota.get(what))}
            for what, used in fleet.used().items()
        },
        "clock": clock_json(hosted),
    }


@router.put("/quota")
async def set_quota(name: str, quota: Quota, found: Clusters) -> dict[str, Any]:
    """Set what all pools together may have. Machines that are there stay."""
    hosted = _fresh(name, found)
    given = quota.model_dump(exclude_none=True)
    await _ask(hosted, "", {"do": "quota", "quota": given})
    return await list_pools(name, found)


@router.get("/pools/{pool}")
async def get_pool(name: str, pool: str, found: Clusters) -> dict[str, Any]:
    """Show one pool: size, bounds, stock, machines with their stage, its upgrade."""
    hosted = _fresh(name, found)
    return _required(hosted, pool)


@router.patch("/pools/{pool}")
async def change_pool(name: str, pool: str, change: PoolChange, found: Clusters) -> dict[str, Any]:
    """Set size, autoscaling, stock or the delays of a boot."""
    hosted = _fresh(name, found)
    body = change.model_dump(exclude_none=True, exclude={"autoscaling"})
    if change.autoscaling is not None:
        body["autoscaling"] = change.autoscaling.model_dump(exclude_none=True)
    await _ask(hosted, pool, {"do": "set", **body})
    return _required(hosted, pool)


@router.post("/pools/{pool}/nodes", status_code=201)
async def add_node(name: str, pool: str, node: NewNode, found: Clusters) -> dict[str, Any]:
    """Ask for a machine more; it boots, registers, gets its network and its devices."""
    hosted = _fresh(name, found)
    await _ask(hosted, pool, {"do": "add", **node.model_dump(exclude_none=True)})
    newest = hosted.cluster.world.fleet.of(pool)[-1]
    return _machine_json(hosted, newest)


@router.delete("/pools/{pool}/nodes/{node}")
async def remove_node(
    name: str,
    pool: str,
    node: str,
    found: Clusters,
    drain_timeout: Word = "1h",
    force: bool = True,
) -> dict[str, Any]:
    """Cordon a node, evict its pods under their budgets, give its machine back."""
    hosted = _fresh(name, found)
    body = {"do": "remove", "node": node, "drain_timeout": drain_timeout, "force": force}
    await _ask(hosted, pool, body)
    return _machine_json(hosted, hosted.cluster.world.fleet.machines[node])


@router.post("/pools/{pool}/upgrade", status_code=202)
async def upgrade_pool(
    name: str, pool: str, upgrade: NewUpgrade, found: Clusters
) -> dict[str, Any]:
    """Begin a rolling upgrade; `GET …/pools/{pool}` shows how far it has come."""
    hosted = _fresh(name, found)
    await _ask(hosted, pool, {"do": "upgrade", **upgrade.model_dump()})
    return _required(hosted, pool)


def _fresh(name: str, found: Clusters) -> HostedCluster:
    hosted = found.require(name)
    hosted.catch_up()
    return hosted


async def _ask(hosted: HostedCluster, pool: str, body: dict[str, Any]) -> None:
    try:
        await hosted.submit(Wish("pool", "pools", name=pool, body=body))
    except PoolRefused as refusal:
        status, code = _STATUS.get(refusal.key, (422, "POOL_REFUSED"))
        raise Problem(status, code, refusal.key, **refusal.values) from refusal


def _required(hosted: HostedCluster, name: str) -> dict[str, Any]:
    pools = hosted.cluster.world.fleet.pools
    if name not in pools:
        known = ", ".join(pools)
        raise Problem(404, "POOL_NOT_FOUND", "pool.not-found", name=name, known=known)
    return _pool_json(hosted, pools[name])


def _pool_json(hosted: HostedCluster, pool: Pool) -> dict[str, Any]:
    fleet = hosted.cluster.world.fleet
    shape = pool.shape
    machines = [one for one in fleet.machines.values() if one.pool == pool.name]
    return {
        "name": pool.name,
        "zones": pool.zones,
        "version": pool.version,
        "size": len(fleet.of(pool.name)),
        "ready": sum(one.stage(hosted.cluster.now) == "ready" for one in machines),
        "autoscaling": {"min": pool.least, "max": pool.most} if pool.autoscaled else None,
        "machine": {
            "type": shape.get("machineType"),
            "cpu": shape["cpu"],
            "memory": shape["memory"],
            "gpus": pool.gpus,
            "devices": devices(shape),
        },
        "stock": pool.stock,
        "boot": {stage: spell(delay) for stage, delay in pool.boot.items()},
        "machines": [_machine_json(hosted, one) for one in machines],
        "upgrade": None if pool.upgrade is None else _upgrade_json(hosted, pool.upgrade),
        "evidence": "simulated",
    }


def _machine_json(hosted: HostedCluster, machine: Machine) -> dict[str, Any]:
    cluster = hosted.cluster
    node = cluster.store.get(NODES, "", machine.name)
    leaving = machine.leaving
    waits = []
    if leaving is not None:
        waits = [_named(pod) for pod in pods_to_go(cluster.read, machine.name)]
    return {
        "name": machine.name,
        "zone": machine.zone,
        "version": machine.version,
        "stage": machine.stage(cluster.now),
        "node": node is not None,
        "asked_at": rfc3339(machine.asked_at) if machine.by else None,
        "asked_by": machine.by or None,
        "cause": machine.cause or None,
        "failure": machine.failure or None,
        "leaving_since": None if leaving is None else rfc3339(leaving.since),
        "leaving_for": None if leaving is None else leaving.by,
        "waits_for_pods": waits,
        "could_not_leave": machine.kept or None,
    }


def _named(pod: dict[str, Any]) -> str:
    meta = pod["metadata"]
    return f"{meta['namespace']}/{meta['name']}"


def _upgrade_json(hosted: HostedCluster, upgrade: Upgrade) -> dict[str, Any]:
    machines = hosted.cluster.world.fleet.machines
    left = [n for n in upgrade.old if n in machines and machines[n].retired_at is None]
    return {
        "version": upgrade.version,
        "state": upgrade.state,
        "max_surge": upgrade.surge,
        "max_unavailable": upgrade.unavailable,
        "drain_timeout": spell(upgrade.timeout),
        "force": upgrade.force,
        "replaced": len(upgrade.old) - len(left),
        "of": len(upgrade.old),
        "left": left,
        "new": upgrade.new,
        "draining": [name for name in left if machines[name].leaving is not None],
        "waits_for": upgrade.waits_for or None,
        "failure": upgrade.failure or None,
        "started_at": rfc3339(upgrade.started_at),
        "ended_at": None if upgrade.ended_at is None else rfc3339(upgrade.ended_at),
        "cause": upgrade.cause,
    }


def _amount(what: str, amount: int | None) -> int | str | None:
    if amount is None or what != "cpu":
        return amount
    return quantity.canonical(f"{amount}m")
