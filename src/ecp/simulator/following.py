"""Closed minutes for who follows a cluster: what came since, by tenant, as messages.

Who followed before says the last sequence of each tenant, and gets what came after it. Where the
cluster began anew, or is not so far yet, a message says `expired`: ask for the minutes by REST.
"""

from collections.abc import Iterator

from ecp.edge.streams import Message
from ecp.sim.engine.engine import SECOND
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.tenants import minutes_json

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
        body = {"expired": True, "ledger": self._hosted.incarnation, "newest": newest}
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
