"""A real cluster: the same API as the simulated one's, with guards."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn

import httpx

from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.kubeconfig import Access
from ecp.orchestrator.adapters.kubernetes import MANAGER, KubernetesCluster
from ecp.orchestrator.ports import ClusterRefused
from ecp.orchestrator.records import Clock, Obj, Ref, Target
from ecp.texts import Language

_HOME: Final = Ref("v1", "Namespace", "", "")
TENANT: Final = "ecp.ai/tenant-id"
"""The label of a Namespace that is ECP's: any other is never touched."""


async def _now() -> int:
    return time.time_ns()


class RealCluster(KubernetesCluster):
    """Fulfils `ports.ClusterPort` for a cluster that is not ours.

    Read-only it changes nothing. It never touches what lies in no namespace, but for a Namespace
    that is not there yet or bears the label of a tenant.
    """

    def __init__(self, reach: Callable[[], Access], target: Target, *, connect_s: float) -> None:
        # Nobody is called by it: who is reached is read at the first call.
        super().__init__(httpx.AsyncClient(verify=False), Address([""]), "", _now)
        self.target = target
        self._reach, self._connect_s = reach, connect_s
        self._reached: httpx.AsyncClient | None = None
        self._left: list[httpx.AsyncClient] = []
        self._turn = asyncio.Lock()

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask the API server as the kubeconfig says; it is read again when its token is old.

        Raises NoAccess, ClusterUnreachable.
        """
        client = self._reached or await self._connect(None)
        response = await super().call(method, path, **options)
        if response.status_code == 401:
            await self._connect(client)
            response = await super().call(method, path, **options)
        return response

    async def _connect(self, old: httpx.AsyncClient | None) -> httpx.AsyncClient:
        """Reach the cluster anew where that is still by *old*: many may find it out at once."""
        async with self._turn:
            if self._reached is None or self._reached is old:
                access = self._reach()
                fresh = client_of(access, connect_s=self._connect_s)
                # Others are still heard by the one before; by none before that.
                await self._let_go()
                self._left.append(self._client)
                self._client = self._reached = fresh
                self._address = Address([access.server])
            return self._reached

    async def _let_go(self) -> None:
        while self._left:
            await self._left.pop().aclose()

    async def close(self) -> None:
        """Let go of its connections."""
        await self.rest()
        await self._let_go()
        await self._client.aclose()

    async def allowed(self) -> str:
        """Return which Kubernetes it is, as somebody that it knows. Raises ClusterRefused."""
        version = await self.version()
        # The version is told to anybody; what is served, to whom it knows.
        await self.kinds()
        return version

    async def apply(self, obj: Obj, manager: str = MANAGER) -> None:
        await self._check(_ref(obj), obj)
        await super().apply(obj, manager)

    async def tried(self, obj: Obj) -> Obj:
        await self._check(_ref(obj), obj, writes=False)
        return await super().tried(obj)

    async def remove(self, ref: Ref) -> bool:
        await self._check(ref)
        return await super().remove(ref)

    async def _check(self, ref: Ref, obj: Obj | None = None, *, writes: bool = True) -> None:
        """Refuse what may not be written here: *obj*, or that *ref* is removed.

        A Namespace that would not be known as ECP's afterwards is refused before it is made: nobody
        could deploy into it again or delete it.

        Raises ClusterRefused, NotServed.
        """
        if writes and self.target.read_only:
            raise ClusterRefused(403, f"{self.target.name} is read-only: nothing is changed")
        if (ref.kind, ref.api_version) == (_HOME.kind, _HOME.api_version):
            there = await self.found(ref)
            if there is not None and not _is_ours(there):
                raise ClusterRefused(
                    403, f"namespace {ref.name} is not ECP's: it lacks the label {TENANT}"
                )
            if obj is not None and not _is_ours(obj):
                raise ClusterRefused(
                    403,
                    f"namespace {ref.name} would not be ECP's: write the label {TENANT} into the "
                    "manifest, or leave the Namespace out of it",
                )
            return
        if not await self.namespaced(ref):
            raise ClusterRefused(403, f"{ref.word} lies in no namespace: it is not touched here")


def _ref(obj: Obj) -> Ref:
    return Ref(obj["apiVersion"], obj["kind"], "", obj["metadata"]["name"])


def _is_ours(namespace: Obj) -> bool:
    return TENANT in (namespace["metadata"].get("labels") or {})


def client_of(access: Access, *, connect_s: float) -> httpx.AsyncClient:
    """Return the client that calls a real cluster as its user. Raises NoAccess."""
    headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
    verify: Any = access.context() if access.server.startswith("https") else False
    return httpx.AsyncClient(
        verify=verify,
        headers=headers,
        auth=access.login,
        timeout=httpx.Timeout(60, connect=connect_s),
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
        trust_env=False,
    )


class Unmeasured:
    """Fulfils `ports.TenantPort` where nobody measures: what is asked of figures is refused.

    Its clock is the wall's. `measuring.Measured` is this with a prober.
    """

    def __init__(self, cluster: RealCluster) -> None:
        self._cluster = cluster

    @property
    def url(self) -> str:
        return self._cluster.url

    @property
    def copied(self) -> None:
        """None: a real cluster has no snapshot."""

    async def health(self) -> Obj:
        version = await self._cluster.version()
        return {"status": "healthy", "service": "kubernetes", "version": version}

    async def ensure(self) -> None:
        """Nothing: a real cluster is not ours to make."""

    async def clock(self) -> Clock:
        home = _HOME._replace(name="kube-system")
        try:
            found = await self._cluster.found(home)
        except ClusterRefused as refusal:
            if refusal.code not in (401, 403):
                raise
            if refusal.code == 401:
                raise
            found = None  # who may not look there is told of no new cluster
        return Clock(time.time_ns(), "" if found is None else str(found["metadata"]["uid"]))

    async def track(self, tenant_id: str, body: Obj) -> Obj:
        return {"clock": {"now_ns": time.time_ns()}, "tracked": False}

    async def untrack(self, tenant_id: str) -> None:
        """Nothing: nobody was followed."""

    async def startup(self, tenant_id: str, namespace: str, began: int, since: int) -> Obj:
        """Return that nothing was tried: what the objects say is all that is known."""
        nothing: dict[str, list[Any]] = {"services": [], "calls": [], "behind": []}
        return {
            "now_ns": time.time_ns(),
            "incarnation": "",
            "trial": nothing,
            "entries": [],
            "history": None,
        }

    async def system(self) -> Obj:
        self._refuse()

    async def state(self, tenant_id: str, since: str = "") -> Obj:
        self._refuse()

    async def sla(self, tenant_id: str, period: str) -> Obj:
        self._refuse()

    async def maintenance(
        self, method: str, tenant_id: str, window: str = "", body: Obj | None = None
    ) -> Obj:
        self._refuse()

    async def tell(self, tenant_id: str, source: str, metrics: Obj) -> Obj:
        self._refuse()

    async def why(self, tenant_id: str, slot: str, language: Language | None = None) -> Obj:
        self._refuse()

    async def services(self, tenant_id: str, first: int, after: int) -> Obj:
        return {"ledger": "", "services": []}

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Obj:
        self._refuse()

    async def lately(self, tenant_id: str, last: int) -> list[Obj]:
        return []

    async def close_up(self, tenant_id: str, since: int, limit: int) -> Obj:
        self._refuse()

    async def fault_kinds(self) -> list[Obj]:
        return []

    async def failure_rates(self) -> list[Obj]:
        return []

    async def inject(self, body: Obj) -> Obj:
        self._refuse()

    async def preview(self, body: Obj) -> Obj:
        self._refuse()

    async def halt(self, namespace: str = "") -> Obj:
        self._refuse()

    async def repeat(self, body: Obj) -> Obj:
        self._refuse()

    async def repeating(self, namespace: str) -> list[Obj]:
        return []

    async def stop_repeating(self, namespace: str, name: str) -> Obj:
        self._refuse()

    async def faults(self, namespace: str) -> list[Obj]:
        return []

    async def end_fault(self, fault_id: str) -> Obj:
        self._refuse()

    async def kinds(self) -> set[tuple[str, str]]:
        return await self._cluster.kinds()

    async def snapshot(self, cluster: str) -> bytes:
        self._refuse()

    def _refuse(self) -> NoReturn:
        name = self._cluster.target.name
        raise ClusterRefused(501, f"{name} is a real cluster: it is not measured, nor disturbed")
