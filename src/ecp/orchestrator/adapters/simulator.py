"""The simulator's own API: the clock, tracked tenants, their minutes and levels, faults."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import orjson

from ecp.edge.problems import reader_language
from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.kubernetes import KubernetesCluster
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable
from ecp.orchestrator.records import Clock, Obj
from ecp.slo.windows import instant
from ecp.texts import Language

_SOON_S = 5.0
_REPEATED = "/fault-schedules"
_TRIES = 5


class Simulator:
    """Fulfils `ports.TenantPort` for one cluster of a simulator.

    A cluster that is not there is created when *creates* is its model: the demo mode's own.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        address: Address,
        cluster: str,
        creates: str | None = None,
    ) -> None:
        self.cluster = cluster
        self._client = client
        self._address = address
        self._creates = creates
        # As its administrator, for clusters that ask who calls (authorizationMode: RBAC).
        door = f"/clusters/{cluster}@simulated"
        self.kubernetes = KubernetesCluster(client, address, door, self._now)

    @property
    def url(self) -> str:
        """Where the simulator is called now."""
        return self._address.url

    @property
    def copied(self) -> str | None:
        return self.cluster

    async def health(self) -> Obj:
        return await self._soon(self._call("GET", "/health"))

    async def system(self) -> Obj:
        """Return what this cluster has and what of it is requested and used."""
        path = f"/api/v1/metrics/system?cluster={quote(self.cluster, safe='')}"
        return await self._soon(self._call("GET", path))

    async def clock(self) -> Clock:
        """Return the cluster's instant, which cluster of its name it is, and its pace."""
        found = await self._cluster("GET", "/clock")
        return Clock(found["now_ns"], str(found.get("incarnation", "")), found)

    async def _now(self) -> int:
        return (await self.clock()).now_ns

    async def ensure(self) -> None:
        """Make the cluster if it is ours to make."""
        if self._creates is None:
            return
        try:
            await self._call("GET", f"/api/v1/clusters/{self.cluster}")
        except ClusterRefused as refusal:
            if refusal.code != 404:
                raise
            body = {"name": self.cluster, "model": self._creates}
            try:
                await self._call("POST", "/api/v1/clusters", body)
            except ClusterRefused as race:
                if race.code != 409:
                    raise

    async def begin(self, *, start: int, seed: int) -> None:
        """Make the cluster anew, standing still at *start* (ns)."""
        body = {
            "name": self.cluster, "model": self._creates, "seed": seed, "start": rfc3339(start),
            "paused": True,
        }  # fmt: skip
        for _ in range(_TRIES):
            await self.close()
            try:
                await self._call("POST", "/api/v1/clusters", body)
                return
            except ClusterRefused as race:
                # Somebody used it meanwhile, which makes one that begins now.
                if race.code != 409:
                    raise
        raise ClusterRefused(409, f"cluster {self.cluster} is in use")

    async def close(self) -> None:
        """Take the cluster away; nothing where there is none."""
        try:
            await self._call("DELETE", f"/api/v1/clusters/{self.cluster}")
        except ClusterRefused as refusal:
            if refusal.code != 404:
                raise

    async def moving(self) -> bool:
        """Whether the cluster is on its way to where it was told to go."""
        found = await self._cluster("GET", "/clock")
        return found["warping_to"] is not None

    async def warp(self, to: int) -> None:
        """Let the cluster go to an instant (ns) as fast as it can."""
        await self._cluster("POST", "/clock", {"action": "warp", "to": rfc3339(to)})

    async def go_on(self) -> None:
        """Let the cluster's clock go with the wall clock."""
        await self._cluster("POST", "/clock", {"action": "resume"})

    async def snapshot(self, cluster: str) -> bytes:
        path = f"/api/v1/clusters/{quote(cluster, safe='')}/snapshot"
        response = await self._asked("GET", path)
        if response.is_error:
            _refuse(response, self._data(response, path))
        return response.content

    async def kinds(self) -> set[tuple[str, str]]:
        return await self.kubernetes.kinds()

    async def track(self, tenant_id: str, body: Obj) -> Obj:
        return await self._tenant("PUT", tenant_id, "", body)

    async def untrack(self, tenant_id: str) -> None:
        try:
            await self._tenant("DELETE", tenant_id)
        except ClusterRefused as refusal:
            if refusal.code != 404:
                raise

    async def state(self, tenant_id: str, since: str = "") -> Obj:
        params = {"since": since} if since else None
        return await self._soon(self._tenant("GET", tenant_id, params=params))

    async def sla(self, tenant_id: str, period: str) -> Obj:
        return await self._tenant("GET", tenant_id, "/sla", params={"period": period})

    async def services(self, tenant_id: str, first: int, after: int) -> Obj:
        params = {"from": instant(first), "to": instant(after)}
        return await self._tenant("GET", tenant_id, "/services", params=params)

    async def tell(self, tenant_id: str, source: str, metrics: Obj) -> Obj:
        body = {"tenant_id": tenant_id, "source": source, "metrics": metrics}
        path = f"/api/v1/external-metrics?cluster={quote(self.cluster, safe='')}"
        return await self._call("POST", path, body)

    async def why(self, tenant_id: str, slot: str, language: Language | None = None) -> Obj:
        path = f"/api/v1/clusters/{self.cluster}/tenants/{quote(tenant_id, safe='')}/why"
        return await self._call("GET", path, None, {"slot": slot}, language)

    async def startup(self, tenant_id: str, namespace: str, began: int, since: int) -> Obj:
        """Return what the cluster tried itself, when entry requests were served since *since*, and
        what it remembers since *began* (ns of the cluster's time)."""
        params = {"namespace": namespace, "began": rfc3339(began), "since": rfc3339(since)}
        return await self._tenant("GET", tenant_id, "/startup", params=params)

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Obj:
        params = {"since": since, "limit": limit, "workloads": "false"}
        return await self._tenant("GET", tenant_id, "/minutes", params=params)

    async def close_up(self, tenant_id: str, since: int, limit: int) -> Obj:
        params = {"since": since, "limit": limit}
        return await self._tenant("GET", tenant_id, "/minutes", params=params)

    async def lately(self, tenant_id: str, last: int) -> list[Obj]:
        newest = (await self.minutes(tenant_id, 0, 1))["newest"]
        params = {"since": max(0, newest - last), "limit": last, "workloads": "true"}
        found = await self._soon(self._tenant("GET", tenant_id, "/minutes", params=params))
        rows: list[Obj] = found["minutes"]
        return rows

    async def maintenance(
        self, method: str, tenant_id: str, window: str = "", body: Obj | None = None
    ) -> Obj:
        rest = f"/maintenance/{quote(window, safe='')}" if window else "/maintenance"
        return await self._tenant(method, tenant_id, rest, body)

    async def fault_kinds(self) -> list[Obj]:
        found: list[Obj] = (await self._call("GET", "/api/v1/faults"))["faults"]
        return found

    async def failure_rates(self) -> list[Obj]:
        found: list[Obj] = (await self._call("GET", "/api/v1/faults"))["background"]
        return found

    async def inject(self, body: Obj) -> Obj:
        return await self._cluster("POST", "/faults", body)

    async def preview(self, body: Obj) -> Obj:
        return await self._cluster("POST", "/faults/preview", body)

    async def repeat(self, body: Obj) -> Obj:
        return await self._cluster("POST", _REPEATED, body)

    async def repeating(self, namespace: str) -> list[Obj]:
        found = await self._cluster("GET", _REPEATED, params={"namespace": namespace})
        rows: list[Obj] = found["schedules"]
        return rows

    async def stop_repeating(self, namespace: str, name: str) -> Obj:
        path = f"{_REPEATED}/{quote(namespace, safe='')}/{quote(name, safe='')}"
        return await self._cluster("DELETE", path)

    async def faults(self, namespace: str) -> list[Obj]:
        params = {"namespace": namespace}
        found: list[Obj] = (await self._cluster("GET", "/faults", params=params))["faults"]
        return found

    async def end_fault(self, fault_id: str) -> Obj:
        return await self._cluster("DELETE", f"/faults/{quote(fault_id, safe='')}")

    async def halt(self, namespace: str = "") -> Obj:
        params = {"namespace": namespace} if namespace else None
        return await self._cluster("DELETE", "/faults", params=params)

    async def _soon(self, asked: Coroutine[Any, Any, Obj]) -> Obj:
        """Await what somebody is looking at: a service that hangs is said to, too."""
        try:
            return await asyncio.wait_for(asked, _SOON_S)
        except TimeoutError as error:
            raise ClusterUnreachable(self.url, f"no answer within {_SOON_S:g} s") from error

    async def _tenant(
        self,
        method: str,
        tenant_id: str,
        rest: str = "",
        body: Obj | None = None,
        params: dict[str, Any] | None = None,
    ) -> Obj:
        path = f"/tenants/{quote(tenant_id, safe='')}{rest}"
        return await self._cluster(method, path, body, params)

    async def _cluster(
        self, method: str, path: str, body: Obj | None = None, params: dict[str, Any] | None = None
    ) -> Obj:
        return await self._call(method, f"/api/v1/clusters/{self.cluster}{path}", body, params)

    async def _call(
        self,
        method: str,
        path: str,
        body: Obj | None = None,
        params: dict[str, Any] | None = None,
        language: Language | None = None,
    ) -> Obj:
        response = await self._asked(method, path, body, params, language)
        data = self._data(response, path)
        if response.is_error:
            _refuse(response, data)
        return data if isinstance(data, dict) else {"items": data}

    async def _asked(
        self,
        method: str,
        path: str,
        body: Obj | None = None,
        params: dict[str, Any] | None = None,
        language: Language | None = None,
    ) -> httpx.Response:
        return await self._address.ask(
            self._client,
            method,
            path,
            again=method != "POST",
            json=body,
            params=params,
            headers={"Accept-Language": language or reader_language()},
        )

    def _data(self, response: httpx.Response, path: str) -> Any:
        try:
            return orjson.loads(response.content) if response.content else {}
        except orjson.JSONDecodeError as error:
            raise ClusterUnreachable(self.url, f"answers no JSON at {path}") from error


def _refuse(response: httpx.Response, data: Any) -> NoReturn:
    message = data.get("detail") or data.get("message") or response.text[:300]
    error = data.get("error") or {}
    rows = error.get("details") or () if isinstance(error, dict) else ()
    choices = [str(row["target"]) for row in rows if "target" in row and "name" not in row]
    raise ClusterRefused(response.status_code, str(message), choices)
