"""Real namespaces as they are looked at, and the simulated clusters that are made like them."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx
import orjson

from ecp.kube import quantity
from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, EVENTS, PODS, STATEFULSETS
from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.kubeconfig import Access
from ecp.orchestrator.adapters.kubernetes import KubernetesCluster
from ecp.orchestrator.adapters.real import RealCluster
from ecp.orchestrator.adapters.simulator import Simulator
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, NotServed
from ecp.orchestrator.records import Gathered, Obj, Target, Used
from ecp.orchestrator.twins.cleaning import KINDS
from ecp.workloads.calibrating import quantile

_READING_S: Final = 15.0
"""metrics-server reads so often. Source: its flag --metric-resolution."""
_PIECE_NS: Final = 120_000_000_000
_MINUTE_NS: Final = 60_000_000_000
_PIECES: Final = 15
_LOOK_S: Final = 0.05
_CLUSTERS: Final = "/api/v1/clusters"
_HOUR_S: Final = 3600
_STEP_S: Final = 60
_CPU: Final = "sum by (pod, container) (rate(container_cpu_usage_seconds_total{%s}[2m]))"
_MEMORY: Final = "max by (pod, container) (container_memory_working_set_bytes{%s})"
_TIMES: Final = "sum by (service, le) (increase(http_request_duration_seconds_bucket{%s}[1h]))"


class Twins:
    """Fulfils `ports.Twinning`; *wished* reads off settings how the real cluster is reached."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        address: Address,
        wished: Callable[[Mapping[str, Any]], tuple[Callable[[], Access], Target]],
        *,
        connect_s: float,
    ) -> None:
        self._client, self._address, self._wished = client, address, wished
        self._connect_s = connect_s

    async def original(
        self, settings: Mapping[str, Any], namespace: str, *, metrics: str, readings: int
    ) -> Gathered:
        access, target = self._wished(settings)
        name = access().name
        # Nothing is changed there, whatever the settings say of it.
        target = target._replace(read_only=True)
        cluster = RealCluster(access, target, connect_s=self._connect_s)
        try:
            found = await _gathered(cluster, name, namespace, readings)
            if not metrics:
                return found
            used, quantiles = await self.recorded(metrics, namespace)
            return found._replace(used=used or found.used, quantiles=quantiles)
        finally:
            await cluster.close()

    async def recorded(
        self, metrics: str, namespace: str
    ) -> tuple[list[Used], dict[str, dict[float, float]]]:
        """Return an hour's usage in steps of a minute, and response times, from Prometheus.

        Raises ClusterUnreachable.
        """
        own = f'namespace="{namespace}"'
        inner = f'{own},container!="",container!="POD"'
        now = await self._queried(metrics, "query", {"query": "vector(time())"})
        # One clock for both: figures are of the same steps.
        end = float(now[0]["value"][1]) // _STEP_S * _STEP_S if now else 0.0
        cpu, memory = [await self._range(metrics, query % inner, end) for query in (_CPU, _MEMORY)]
        used = [
            Used(*key, 1000 * cpu[key][at], memory[key][at])
            for key in sorted(cpu.keys() & memory.keys())
            for at in sorted(cpu[key].keys() & memory[key].keys())
        ]
        body = await self._queried(metrics, "query", {"query": _TIMES % own, "time": end})
        limits: dict[str, list[tuple[float, float]]] = {}
        for row in body:
            labels = row["metric"]
            pair = float(labels["le"].replace("+Inf", "inf")), float(row["value"][1])
            limits.setdefault(labels.get("service", ""), []).append(pair)
        found: dict[str, dict[float, float]] = {}
        for service, buckets in limits.items():
            for share in (0.5, 0.95):
                value = quantile(sorted(buckets), share)
                if value is not None:
                    found.setdefault(service, {})[share] = value
        return used, found

    async def _range(
        self, metrics: str, query: str, end: float
    ) -> dict[tuple[str, str], dict[float, float]]:
        params = {"query": query, "start": end - _HOUR_S, "end": end, "step": _STEP_S}
        rows = await self._queried(metrics, "query_range", params)
        return {
            (row["metric"].get("pod", ""), row["metric"].get("container", "")): {
                float(at): float(value) for at, value in row["values"]
            }
            for row in rows
        }

    async def _queried(self, metrics: str, what: str, params: Mapping[str, Any]) -> list[Obj]:
        url = f"{metrics.rstrip('/')}/api/v1/{what}"
        try:
            response = await self._client.get(url, params=dict(params), timeout=30)
            response.raise_for_status()
            rows: list[Obj] = orjson.loads(response.content)["data"]["result"]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            raise ClusterUnreachable(url, str(error) or type(error).__name__) from error
        return rows

    # -- the twin ---------------------------------------------------------------------------------

    async def begin(self, name: str, spec: Obj, *, start: str = "", seed: int = 0) -> None:
        # At a whole minute: what is truncated to seconds there does not hang on when that was.
        start = start or rfc3339(time.time_ns() // _MINUTE_NS * _MINUTE_NS)
        body = {"name": name, "spec": spec, "start": start, "seed": seed, "paused": True}
        await self._asked("POST", _CLUSTERS, body)

    async def send(self, name: str, objects: Sequence[Obj]) -> list[str]:
        cluster = Simulator(self._client, self._address, name).kubernetes
        refused = []
        for obj in objects:
            try:
                await cluster.apply(obj)
            except (ClusterRefused, NotServed) as error:
                word = f"{obj['kind'].lower()}/{obj['metadata']['name']}"
                refused.append(f"{word}: {error}")
        return refused

    async def grown(self, name: str, namespace: str) -> Gathered:
        cluster = Simulator(self._client, self._address, name).kubernetes
        for piece in range(_PIECES):
            await self._warped(name)
            view = await cluster.look(namespace, (DEPLOYMENTS, STATEFULSETS, DAEMONSETS))
            # Usage is of the last window: one piece more than it takes to be up.
            if piece and all(_is_up(r, o) for r in _SETS for o in view.list(r)):
                break
        found = await _gathered(cluster, name, namespace, 1)
        await self._asked("POST", f"{_CLUSTERS}/{name}/clock", {"action": "resume"})
        return found

    async def _warped(self, name: str) -> None:
        path = f"{_CLUSTERS}/{name}/clock"
        body = {"action": "warp", "to": f"+{_PIECE_NS // 1_000_000_000}s"}
        clock = await self._asked("POST", path, body)
        while clock["warping_to"]:
            await asyncio.sleep(_LOOK_S)
            clock = await self._asked("GET", path)

    async def _asked(self, method: str, path: str, body: Obj | None = None) -> Obj:
        response = await self._address.ask(self._client, method, path, again=False, json=body)
        data: Obj = orjson.loads(response.content) if response.content else {}
        if response.is_error:
            raise ClusterRefused(response.status_code, str(data.get("message") or data)[:300])
        return data


_SETS: Final = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)


def _is_up(resource: str, obj: Obj) -> bool:
    status = obj.get("status") or {}
    if resource == DAEMONSETS:
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    else:
        wanted, ready = obj["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    return bool(ready >= wanted)


async def _gathered(
    cluster: KubernetesCluster, name: str, namespace: str, readings: int
) -> Gathered:
    """Look at a namespace; what its user may not list is told as missing."""
    home = f"/api/v1/namespaces/{namespace}"
    version = str((await cluster.answered("/version")).get("gitVersion", ""))
    missing: list[str] = []
    objects: list[Obj] = []
    try:
        objects.append({"apiVersion": "v1", "kind": "Namespace", **await cluster.answered(home)})
    except ClusterRefused as refusal:
        if refusal.code == 404:
            raise LookupError(namespace) from refusal
        if refusal.code != 403:
            raise
        missing.append("namespace")
    for row in KINDS:
        try:
            objects += await cluster.listed(*row, namespace)
        except ClusterRefused as refusal:
            if refusal.code != 403:
                raise
            missing.append(row[2])
    view = await cluster.look(namespace, (PODS, EVENTS))
    try:
        nodes: list[Obj] = orjson.loads(await cluster.room())
    except ClusterRefused:
        nodes = []
        missing.append("nodes")
    used: list[Used] = []
    for reading in range(readings):
        if reading:
            await asyncio.sleep(_READING_S)
        try:
            used += await _used(cluster, namespace)
        except ClusterRefused:
            missing.append("metrics.k8s.io")
            break
    return Gathered(
        name, version, objects, view.list(PODS), view.list(EVENTS), nodes, used, {}, missing
    )


async def _used(cluster: KubernetesCluster, namespace: str) -> list[Used]:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"
    return [
        Used(
            pod["metadata"]["name"],
            row["name"],
            quantity.nano(row["usage"]["cpu"]) / 1_000_000,
            float(quantity.value(row["usage"]["memory"])),
        )
        for pod in (await cluster.answered(path)).get("items") or ()
        for row in pod.get("containers") or ()
    ]
