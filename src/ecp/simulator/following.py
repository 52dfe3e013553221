"""Closed minutes for who follows a cluster: what came since, by tenant, as messages.

Who followed before says the last sequence of each tenant, and gets what came after it. Where the
cluster began anew, or is not so far yet, a message says `expired`: ask for the minutes by REST.
"""

from collections.abc import Iterable, Iterator

from ecp.edge.streams import Message
from ecp.kube.times import nanoseconds
from ecp.sim.engine.engine import SECOND
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.tenants import minutes_json, state_json
from ecp.slo.slots import SLOT_SECONDS

_PIECE = 240  # minutes of a message: some hundred KiB


class Follower:
    """Knows how far one reader has come in one cluster."""

    def __init__(self, hosted: HostedCluster, since: dict[str, int] | None = None) -> None:
        self._hosted = hosted
        self._since = {} if since is None else dict(since)

    def news(self) -> Iterator[Message]:
        """Yield what came since; of a tenant that was not followed yet, from its next minute on."""
        hosted = self._hosted
        hosted.catch_up()
        hosted.cluster.flows.close()
        for tenant in hosted.cluster.flows.tenants():
            yield from self._news_of(tenant.name)

    def _news_of(self, tenant: str) -> Iterator[Message]:
        newest = self._newest(tenant)
        since = self._since.setdefault(tenant, newest)
        if since > newest:
            yield self._expired(tenant)
        while since < newest:
            body = minutes_json(self._hosted, tenant, since, _PIECE, workloads=False)
            since = self._since[tenant] = int(body["next"])
            yield Message(self._topic(tenant), since, body)

    def _expired(self, tenant: str) -> Message:
        newest = self._since[tenant] = self._newest(tenant)
        body = {"expired": True, "ledger": self._hosted.ledger, "newest": newest}
        return Message(self._topic(tenant), newest, body)

    def _newest(self, tenant: str) -> int:
        cluster = self._hosted.cluster
        return cluster.accounts.minutes(tenant, 0, 0, cluster.now // SECOND)[1]

    def _topic(self, tenant: str) -> str:
        return f"clusters/{self._hosted.name}/tenants/{tenant}/minutes"

    @property
    def since(self) -> dict[str, int]:
        """How far the reader is, by tenant."""
        return dict(self._since)


class Looker:
    """Tells of tenants at which somebody looks: their state each time that slots have closed, but
    no more often than EVERY_S; a message tells of every slot after the one before it.
    """

    EVERY_S = 4.5
    """Wall seconds: less than a slot, so that at pace 1 each is told of by itself."""

    def __init__(self, hosted: HostedCluster) -> None:
        self._hosted = hosted
        # Of each tenant the slot after the last that was told of, and when that was (s).
        self._told: dict[str, tuple[int, float]] = {}

    def news(self, tenants: Iterable[str], now: float) -> Iterator[Message]:
        """Yield what is new of tenants at *now* (s, of a clock that only goes on)."""
        due = [t for t in tenants if now - self._told.get(t, (0, -self.EVERY_S))[1] >= self.EVERY_S]
        hosted = self._hosted
        if not due:
            return
        hosted.catch_up()
        followed = {tenant.name for tenant in hosted.cluster.flows.tenants()}
        hosted.cluster.flows.close()
        for tenant in due:
            if tenant not in followed:
                self._told.pop(tenant, None)
                continue
            last = self._told.get(tenant)
            state = state_json(hosted, tenant, None if last is None else last[0])
            recent = state["recent"]
            if recent is None:
                continue
            since, sequence = (
                nanoseconds(recent[end]) // (SLOT_SECONDS * SECOND) for end in ("from", "to")
            )
            self._told[tenant] = (sequence, now)
            topic = f"clusters/{hosted.name}/tenants/{tenant}/live"
            yield Message(topic, sequence, {"since": since, "state": state})
