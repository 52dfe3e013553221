"""Load balancers outside the cluster: to which nodes they send customers, as their checks have it.

A cloud's load balancer asks each node again and again (the proxy's own health check, or that of the
Service with externalTrafficPolicy Local, which passes where one of its pods is ready on that node).
It leaves out a node that has not answered some times in a row, and takes one in that answers again
as often as it wants. Until then customers are sent where nobody is, and none where somebody is.
Customers of an Ingress come by such a load balancer as well: its controller is taken to be reached
through every node (assumed).

Source: cloud-provider-gcp, the GCE load balancer's checks: one every 8 s, three in a row, one to be
taken in; kubernetes pkg/proxy/healthcheck/service_health.go.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ecp.kube.kinds import NODES, SERVICES
from ecp.sim.network.endpoints import slices_of
from ecp.sim.plans import Reader
from ecp.sim.store import Key
from ecp.sim.world import World

INGRESS: Key = ("", "ingress")
"""The load balancer in front of the ingress controller; no Service has that name."""
_LONG_AGO = -(1 << 62)


class Checked(NamedTuple):
    """A node as it is checked: whether it `answers`, `since` when (ns), and whether customers were
    `sent` there when that changed."""

    answers: bool
    since: int
    sent: bool


class Off(NamedTuple):
    """What a load balancer does with customers: which `share` it sends to nodes without power, the
    first such `node`, the nodes that it sends to, and when (ns) it will have noticed something; 0 =
    it knows all there is."""

    share: float = 0.0
    node: str = ""
    sent: tuple[str, ...] = ()
    until: int = 0


NONE_OFF = Off()


class Balancing:
    """Looks at load balancers. A node is left out `unhealthy` ns after it answered last (0 = the
    cluster has no load balancers), and taken in `healthy` ns after it answers again."""

    def __init__(
        self, read: Reader, world: World, now: Callable[[], int], unhealthy: int, healthy: int
    ) -> None:
        self._read = read
        self._world = world
        self._now = now
        self.unhealthy = unhealthy
        self._healthy = healthy
        self._rows: dict[Key, dict[str, Checked]] = {}
        self._known: dict[Key, Off] = {}  # what holds until something moves, or is noticed

    def changed(self, service: Key) -> None:
        """Take note that a Service, or what it lists, is another now."""
        if service in self._rows:
            self._check(service)
        self._known.pop(service, None)

    def touched(self) -> None:
        """Take note that nodes came, went, lost their power or have it again."""
        for service in self._rows:
            self._check(service)
        self._known.clear()

    def is_balanced(self, service: Key) -> bool:
        """Whether customers come to a Service by a load balancer."""
        if not self.unhealthy or service == INGRESS:
            return bool(self.unhealthy)
        obj = self._read.get(SERVICES, *service)
        return (
            obj is not None
            and obj["spec"].get("type") == "LoadBalancer"
            and bool(((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"))
        )

    def is_local(self, service: Key) -> bool:
        """Whether a load balancer chooses nodes by the pods of a Service that they have."""
        obj = None if service == INGRESS else self._read.get(SERVICES, *service)
        return (
            obj is not None
            and obj["spec"].get("externalTrafficPolicy") == "Local"
            and self.is_balanced(service)
        )

    @property
    def waits(self) -> bool:
        """Whether some load balancer will notice something by itself, or sends where nobody is."""
        return any(off.until or off.share for off in self._known.values())

    def off(self, service: Key) -> Off:
        """Return what the load balancer of a Service, or INGRESS, does with customers now."""
        if not self.unhealthy:
            return NONE_OFF
        found = self._known.get(service)
        if found is None or 0 < found.until <= self._now():
            found = self._known[service] = self._look(service)
        return found

    def _look(self, service: Key) -> Off:
        if not self.is_balanced(service):
            self._rows.pop(service, None)
            return NONE_OFF
        if service not in self._rows:
            self._check(service)
        now, sent, until = self._now(), [], 0
        for name, row in self._rows[service].items():
            if self._sent(row, now):
                sent.append(name)
            noticed = row.since + self._delay(row)
            if row.answers != row.sent and noticed > now and not 0 < until <= noticed:
                until = noticed
        lost = [name for name in sent if not self._world.node_is_up(name)]
        share = len(lost) / len(sent) if sent else 0.0
        return Off(share, lost[0] if lost else "", tuple(sent), until)

    def _delay(self, row: Checked) -> int:
        return self._healthy if row.answers else self.unhealthy

    def _sent(self, row: Checked, now: int) -> bool:
        return row.answers if now >= row.since + self._delay(row) else row.sent

    def _check(self, service: Key) -> None:
        """Ask every node, and note those that answer otherwise than before."""
        before, now = self._rows.get(service), self._now()
        local = self._local(service)
        rows: dict[str, Checked] = {}
        for node in self._read.list(NODES):
            name = node["metadata"]["name"]
            up = self._world.node_is_up(name)
            answers = up and (local is None or name in local)
            row = None if before is None else before.get(name)
            if row is not None and row.answers == answers:
                rows[name] = row
                continue
            since = now
            if not up:
                stopped = self._world.nodes[name].stopped_at
                since = now if stopped is None else stopped
            if before is None:
                # Nobody knows how it was: as it is, but for a power that went a little while ago.
                was = local is None or name in local
                rows[name] = Checked(answers, since if not up else _LONG_AGO, was)
            elif row is None:
                rows[name] = Checked(answers, since, False)
            else:
                rows[name] = Checked(answers, since, self._sent(row, since))
        self._rows[service] = rows

    def _local(self, service: Key) -> Mapping[str, None] | None:
        """Return the nodes that have a ready pod of a Service; None where that is all one."""
        if not self.is_local(service):
            return None
        obj = self._read.get(SERVICES, *service)
        assert obj is not None
        return {
            row.get("nodeName", ""): None
            for found in slices_of(self._read, obj)
            for row in found.get("endpoints") or ()
            if (row.get("conditions") or {}).get("ready", True)
        }

    def snapshot(self) -> list[list[Any]]:
        """Return the state as plain data."""
        return [
            [*key, [[name, *row] for name, row in rows.items()]] for key, rows in self._rows.items()
        ]

    def restore(self, plain: list[list[Any]]) -> None:
        """Take over what `snapshot` returned."""
        self._known = {}
        self._rows = {
            (namespace, name): {node: Checked(*row) for node, *row in rows}
            for namespace, name, rows in plain
        }
