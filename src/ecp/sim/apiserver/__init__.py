"""The write path: what the API server does with a wish before and while it is stored.

Two doors lead here. Controllers ask by actions and are trusted: their objects are whole. API
callers ask by Requests: patched, defaulted, admitted, judged. Both end in the same writes, which
keep uid, generation, ownership and finalizers true.

Source: kubernetes apiserver pkg/registry/generic/registry/store.go and the strategies in
pkg/registry/{core,apps}.
"""

from typing import Any

from ecp.kube.kinds import Catalogue, Kind
from ecp.sim.access import Access
from ecp.sim.admission.policies import Policies
from ecp.sim.apiserver.callers import Callers
from ecp.sim.apiserver.controllers import Controllers
from ecp.sim.apiserver.writes import Writes
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine
from ecp.sim.plans import Reader
from ecp.sim.store import Store


class ApiServer:
    """Writes to *store* at the engine's instant, by the door that fits who asks."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        chance: Chance,
        read: Reader,
        *,
        service_network: str,
        access: Access | None = None,
        beside: tuple[Kind, ...] = (),
    ) -> None:
        self._writes = Writes(
            engine, store, chance, read, service_network=service_network, beside=beside
        )
        access = access or Access(store, read)
        policies = Policies(store, access)
        callers = Callers(self._writes, access, policies)
        self.carry_out = Controllers(self._writes, callers.submit, policies).carry_out
        self.submit = callers.submit
        self.decide = callers.decide

    @property
    def catalogue(self) -> Catalogue:
        """The kinds that are served, those of Established CustomResourceDefinitions included."""
        return self._writes.catalogue

    def rebuild(self) -> None:
        """Derive what is derived from the store: addresses and custom kinds."""
        self._writes.rebuild()

    def snapshot(self) -> list[Any]:
        """Return which names were drawn at this very instant."""
        return self._writes.snapshot()

    def restore(self, state: list[Any]) -> None:
        """Take over a snapshot, and derive from the restored store what is derived."""
        self._writes.restore(state)
