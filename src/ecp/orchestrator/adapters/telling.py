"""What is told of a tenant on a real cluster to who looks: live figures, and why a slot was so."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from ecp.edge.instants import read_instant
from ecp.kube.kinds import PODS
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.adapters import probing
from ecp.orchestrator.adapters.lately import Lately
from ecp.orchestrator.adapters.real import RealCluster
from ecp.orchestrator.monitoring import showing
from ecp.orchestrator.monitoring.entries import Entry
from ecp.orchestrator.monitoring.showing import Slot, Usage
from ecp.orchestrator.ports import ClusterRefused, Storage, View
from ecp.orchestrator.records import Obj, Tenant
from ecp.orchestrator.sla import announcing, usecases
from ecp.orchestrator.together import together
from ecp.slo.probing import Sighting, whole
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import State, slot_of_ns
from ecp.slo.windows import instant
from ecp.texts import Language, text

_READ_S: Final = 15.0
"""metrics-server reads so often. Source: its flag --metric-resolution."""


@dataclass(slots=True)
class Watched:
    """What the prober remembers of a tenant: slots, how asking failed in them, entries now."""

    slots: dict[int, Slot] = field(default_factory=dict)
    failures: dict[int, Mapping[str, str]] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    entries: Sequence[Entry] = ()

    def remember(
        self, slot: int, sights: Mapping[str, Sighting], asked: Sequence[probing.Asked]
    ) -> None:
        """Keep a slot for who looks, and let go of the oldest."""
        self.states = {name: sight.state for name, sight in sights.items()}
        votes = [look.vote for look in asked if look.vote]
        took = [look.seconds for look in asked if look.seconds is not None and look.vote == "up"]
        self.slots[slot] = Slot(
            whole(list(self.states.values())),
            sum(sight.good for sight in sights.values()),
            sum(sight.total for sight in sights.values()),
            len(votes),
            votes.count("down"),
            max(took, default=None),
        )
        self.failures[slot] = {name: sight.reason for name, sight in sights.items() if sight.reason}
        for old in sorted(self.slots)[: -showing.KEPT_SLOTS]:
            del self.slots[old], self.failures[old]


class Teller:
    """Tells of one tenant; what is asked of the cluster is asked once for all who look."""

    def __init__(self, cluster: RealCluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._usage = Lately(self._used)
        self._sla: tuple[int, Obj] = (-1, {})

    async def state(
        self,
        storage: Storage,
        tenant: Tenant,
        slots: Mapping[int, Slot],
        states: Mapping[str, State],
        *,
        since: str,
        now: int,
    ) -> Obj:
        """Return the tenant as the simulator does, with the sources of its figures beside them.

        *slots* are those that were looked at, *states* those of its entries. Raises
        ClusterUnreachable, ClusterRefused, StorageFailed.
        """
        view, usage = await together(
            self._cluster.look(self._namespace, showing.SHOWN_FROM), self._usage.get(_READ_S)
        )
        first = slot_of_ns(nanoseconds(since)) if since else None
        last = slots[max(slots)] if slots else None
        recent = showing.recent(slots, first, usage)
        return {
            "tenant": tenant.tenant_id,
            "cluster": self._cluster.target.name,
            "namespace": self._namespace,
            "workloads": showing.workloads(view, states),
            "metrics": showing.now(last, usage),
            "sources": showing.sources(last, usage),
            "recent": recent,
            "sla": await self._level(storage, tenant, now),
            "external_metrics": {},
            "clock": {"basis": "wall", "speed": 1, "now": rfc3339(now), "now_ns": now},
            "evidence": "measured",
        }

    async def _level(self, storage: Storage, tenant: Tenant, now: int) -> Obj:
        """Return the level of the last 24 h from kept minutes, made anew once a minute."""
        minute = slot_of_ns(now) // MINUTE_SLOTS
        if self._sla[0] != minute:
            found = await usecases.kept(storage, tenant, "24h", rfc3339(now), "measured")
            self._sla = minute, found
        return self._sla[1]

    async def _used(self) -> Usage:
        """Return what pods use, without limits where nobody measures that."""
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{self._namespace}/pods"
        try:
            used = (await self._cluster.answered(path)).get("items") or ()
        except ClusterRefused as refusal:
            if refusal.code in (401, 403, 404, 503):
                return Usage(0, 0, 0, 0)
            raise
        view = await self._cluster.look(self._namespace, (PODS,))
        return showing.usage_of(view.list(PODS), used)


async def why(
    look: Callable[..., Any],
    storage: Storage,
    tenant: Tenant,
    watched: Watched,
    *,
    ledger: str,
    at: str,
    now: int,
    language: Language,
) -> Obj:
    """Say why a slot was as it was. *look* gives the objects of kinds, None without an answer.

    Raises ClusterRefused for what is no instant, or not over.
    """
    try:
        asked = read_instant(at)
    except ValueError as error:
        raise ClusterRefused(422, text("instant.bad", language, value=at)) from error
    slot = slot_of_ns(asked)
    if asked > now:
        said = text("measured.future", language, slot=at, now=rfc3339(now))
        raise ClusterRefused(422, said)
    explaining = await asyncio.to_thread(import_module, "ecp.orchestrator.monitoring.explaining")
    view: View | None = await look(tenant.namespace, explaining.NEEDED)
    seen, failures = watched.slots.get(slot), watched.failures
    kept = await _kept(storage, tenant.tenant_id, slot, ledger)
    if kept is not None:
        told = explaining.Told(*kept, failures.get(slot, {}), _counted(seen))
    elif seen is not None:
        state: State = "M" if announcing.maintained_at(tenant, slot) else seen.state
        told = explaining.Told(state, (), failures.get(slot, {}), _counted(seen))
    else:
        told = explaining.Told("N", looked=False)
    found: Obj = explaining.explained(
        view,
        tenant.tenant_id,
        tenant.namespace,
        slot,
        told,
        entries=watched.entries,
        language=language,
    )
    return found


def _counted(seen: Slot | None) -> dict[str, int] | None:
    return {"good": seen.good, "total": seen.total} if seen is not None and seen.total else None


async def _kept(
    storage: Storage, tenant_id: str, slot: int, ledger: str
) -> tuple[State, list[str]] | None:
    """Return the state of a slot in a minute that is kept, and what was read off then."""
    _, facts = await storage.kept(tenant_id)
    if facts.get("ledger") != ledger:
        return None
    start = slot - slot % MINUTE_SLOTS
    rows = await storage.minutes_since(tenant_id, instant(start), 1)
    if not rows or rows[0].minute != instant(start):
        return None
    whole: Mapping[str, Any] = rows[0].body["tenant"]
    at = slot - start
    causes = [str(row[1]) for row in whole.get("causes") or () if row[2] <= at < row[3]]
    for state, length in whole["runs"]:
        if at < length:
            return state, causes
        at -= length
    return None
