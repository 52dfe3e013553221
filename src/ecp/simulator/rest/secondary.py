"""The paths of the first simulator's clients: thin, over what the other routes do.

`/k8s/…` reads and applies manifests on a cluster (default: `default`, with `X-Demo-Mode: true`
`demo`), `/monitoring/…` and `/sla/status` are the figures of `/api/v1/metrics`, `/ws/monitoring`
their stream. Who begins anew uses the Kubernetes API and `/api/v1`.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from pydantic import Field

from ecp.edge.problems import Problem
from ecp.kube import kinds
from ecp.kube.times import rfc3339_micro
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict
from ecp.simulator.rest.metrics import (
    DEMO,
    Demo,
    Wanted,
    system_metrics,
    tenant_figures,
    tenant_metrics,
)

if TYPE_CHECKING:
    from ecp.validation import Report

router = APIRouter(tags=["secondary"])
_FIRST = "default"
_EVERY_S = 5.0
_MANAGER = "ecp-simulator"
_SMALL = 32 * 1024
_MOST_FINDINGS = 500
# Objects that others need to be there; the rest in the order of the text.
_BEFORE = ("Namespace", "CustomResourceDefinition", "PriorityClass", "ConfigMap", "Secret")


class Manifest(Strict):
    """Manifests as text."""

    manifest_content: str = Field(
        max_length=1 << 20,
        examples=["apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: greeter\n"],
    )
    namespace: str = Field(
        "default",
        max_length=63,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        description="of objects that name none",
    )


class ToDeploy(Manifest):
    """Manifests to apply."""

    cluster: str | None = Field(None, max_length=63, description="default: `default`")
    dry_run: bool = Field(False, description="say what would be made of it, change nothing")


def _named(found: ClusterDirectory, cluster: str | None, demo: bool) -> HostedCluster:
    hosted = found.require(cluster or (DEMO if demo else _FIRST))
    hosted.catch_up()
    return hosted


# -- manifests ------------------------------------------------------------------------------------


@router.post("/k8s/manifest/parse")
async def parse_manifest(given: Manifest) -> dict[str, Any]:
    """Say what is in a manifest and what is wrong with it; nothing is applied."""
    report = await _judged(given)
    return _parsed(report, given.namespace)


async def _judged(given: Manifest) -> "Report":
    from ecp.validation import validate

    def judge() -> "Report":
        return validate(given.manifest_content, namespace=given.namespace, source="manifest")

    # A big one would hold the clusters up.
    if len(given.manifest_content) <= _SMALL:
        return judge()
    return await asyncio.to_thread(judge)


def _parsed(report: "Report", namespace: str) -> dict[str, Any]:
    from ecp.validation.report import finding_dict

    told = [finding_dict(finding) for finding in report.findings[:_MOST_FINDINGS]]
    return {
        "valid": report.valid and bool(report.documents),
        "documents": len(report.documents),
        "resources": [_reference(obj, namespace) for obj in _objects(report)],
        "errors": [row for row in told if row["severity"] != "warning"],
        "warnings": [row for row in told if row["severity"] == "warning"],
        "kubernetes_version": report.kubernetes_version,
    }


def _objects(report: "Report") -> list[dict[str, Any]]:
    return [
        document.object
        for document, verdict in zip(report.documents, report.verdicts, strict=True)
        if isinstance(document.object, dict) and verdict.object.kind and verdict.object.api_version
    ]


def _reference(obj: dict[str, Any], namespace: str) -> dict[str, Any]:
    kind = kinds.BUILT_IN.by_gvk.get((obj["apiVersion"], obj["kind"]))
    meta = obj.get("metadata") or {}
    placed = "" if kind is not None and not kind.namespaced else namespace
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "namespace": (meta.get("namespace") or placed) if placed else None,
        "name": meta.get("name") or meta.get("generateName"),
    }


@router.post("/k8s/manifest/deploy")
async def deploy_manifest(
    given: ToDeploy, request: Request, found: Clusters, demo: Demo = False
) -> dict[str, Any]:
    """Apply a manifest to a cluster, as `kubectl apply --server-side` does, object by object.

    What would not be accepted is 422 before anything is applied; a namespace that is not there is
    made. An object that the cluster refuses all the same is told in `failed` with its Status.
    """
    hosted = _named(found, given.cluster, demo)
    report = await _judged(given)
    parsed = _parsed(report, given.namespace)
    if not parsed["valid"]:
        raise Problem(422, "MANIFEST_INVALID", "secondary.invalid", parsed["errors"],
                      count=len(parsed["errors"]))  # fmt: skip
    objects = sorted(_objects(report), key=_rank)
    missing = _missing(hosted, objects, given.namespace)
    made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in missing]
    applied, failed = [], []
    for obj in [*made, *objects]:
        row = _reference(obj, given.namespace)
        status, answer = await _apply(request, hosted, obj, given.namespace, given.dry_run)
        if status < 300:
            applied.append({**row, "result": "created" if status == 201 else "configured"})
        else:
            failed.append({**row, "code": status, "message": answer.get("message", "")})
    return {
        "status": "success" if not failed else "failed",
        "cluster": hosted.name,
        "dry_run": given.dry_run,
        "applied": applied,
        "failed": failed,
        "resources_count": len(applied),
        "warnings": parsed["warnings"],
        "evidence": "simulated",
    }


def _rank(obj: dict[str, Any]) -> int:
    return _BEFORE.index(obj["kind"]) if obj["kind"] in _BEFORE else len(_BEFORE)


def _missing(hosted: HostedCluster, objects: Iterable[dict[str, Any]], namespace: str) -> list[str]:
    brought = {obj["metadata"].get("name") for obj in objects if obj["kind"] == "Namespace"}
    wanted = dict.fromkeys(_reference(obj, namespace)["namespace"] for obj in objects)
    store = hosted.cluster.store
    return [
        name
        for name in wanted
        if name and name not in brought and store.get(kinds.NAMESPACES, "", name) is None
    ]


async def _apply(
    request: Request, hosted: HostedCluster, obj: dict[str, Any], namespace: str, dry_run: bool
) -> tuple[int, dict[str, Any]]:
    """Ask the cluster's own API, as its administrator; return status and answer."""
    row = hosted.cluster.catalogue.by_gvk.get((obj["apiVersion"], obj["kind"]))
    if row is None:
        return 404, {"message": f"no matches for kind {obj['kind']} in {obj['apiVersion']}"}
    meta = {**obj["metadata"]}
    if "name" not in meta:
        return 422, {"message": "metadata.name: an object is applied by its name, give it one"}
    if row.namespaced:
        meta.setdefault("namespace", namespace)
    path = _path(hosted, row, meta.get("namespace", ""), meta["name"])
    query = {"fieldManager": _MANAGER, "force": "true", **({"dryRun": "All"} if dry_run else {})}
    return await _asked(request, "PATCH", path, query, {**obj, "metadata": meta})


def _path(hosted: HostedCluster, row: kinds.Kind, namespace: str, name: str) -> str:
    root = f"/apis/{row.api_version}" if row.group else f"/api/{row.version}"
    place = f"/namespaces/{namespace}" if row.namespaced else ""
    # RBAC's names may have what would end a path.
    named = quote(name, safe="")
    return f"/clusters/{hosted.name}@simulated{root}{place}/{row.plural}/{named}"


async def _asked(
    request: Request, method: str, path: str, query: dict[str, str], body: Any = None
) -> tuple[int, dict[str, Any]]:
    import httpx

    transport = httpx.ASGITransport(app=request.app.kubernetes)
    async with httpx.AsyncClient(transport=transport, base_url="http://cluster") as client:
        answer = await client.request(
            method,
            path,
            params=query,
            content=None if body is None else orjson.dumps(body),
            headers={"Content-Type": "application/apply-patch+yaml"} if body is not None else {},
        )
    return answer.status_code, orjson.loads(answer.content)


# -- objects --------------------------------------------------------------------------------------


@router.get("/k8s/resources")
async def list_resources(
    found: Clusters,
    namespace: str = "",
    kind: str = "",
    cluster: Wanted = None,
    demo: Demo = False,
) -> dict[str, Any]:
    """List the objects of a cluster by kind and name, of one namespace or one kind if wanted."""
    hosted = _named(found, cluster, demo)
    rows = [row for row in hosted.cluster.catalogue.kinds if _is_meant(row, kind)]
    if not rows:
        raise Problem(404, "KIND_NOT_FOUND", "secondary.kind", kind=kind[:80])
    listed = []
    for row in rows:
        if row.aggregated or (namespace and not row.namespaced) or row.view_of:
            continue
        for obj in hosted.cluster.read.list(row.resource, namespace):
            meta = obj["metadata"]
            listed.append(
                {
                    "apiVersion": row.api_version,
                    "kind": row.kind,
                    "namespace": meta.get("namespace"),
                    "name": meta["name"],
                    "created_at": meta.get("creationTimestamp"),
                    "resource_version": meta.get("resourceVersion"),
                }
            )
    counts: dict[str, int] = {}
    for one in listed:
        counts[one["kind"]] = counts.get(one["kind"], 0) + 1
    return {
        "cluster": hosted.name,
        "resources": listed,
        "counts": counts,
        "total": len(listed),
        "evidence": "simulated",
    }


def _is_meant(row: kinds.Kind, kind: str) -> bool:
    words = {row.kind.lower(), row.plural, row.singular_name, row.group_resource, *row.short}
    return not kind or kind.lower() in words


@router.delete("/k8s/resources/{kind}/{namespace}/{name}")
async def delete_resource(
    kind: str,
    namespace: str,
    name: str,
    request: Request,
    found: Clusters,
    cluster: Wanted = None,
    demo: Demo = False,
) -> dict[str, Any]:
    """Delete an object in the background: what it owns goes after it. `-` for no namespace."""
    hosted = _named(found, cluster, demo)
    row = next((r for r in hosted.cluster.catalogue.kinds if kind and _is_meant(r, kind)), None)
    if row is None:
        raise Problem(404, "KIND_NOT_FOUND", "secondary.kind", kind=kind[:80])
    where = namespace if row.namespaced else ""
    if hosted.cluster.store.get(row.resource, where, name) is None:
        raise Problem(
            404, "RESOURCE_NOT_FOUND", "secondary.object",
            kind=row.kind, name=name[:80], namespace=where[:80] or "-",
        )  # fmt: skip
    query = {"propagationPolicy": "Background"}
    status, answer = await _asked(request, "DELETE", _path(hosted, row, where, name), query)
    if status >= 300:
        raise Problem(
            status, "KUBERNETES_ERROR", "secondary.refused", detail=answer.get("message", "")
        )
    return {
        "deleted": True,
        "kind": row.kind,
        "namespace": where or None,
        "name": name,
        "cluster": hosted.name,
    }


# -- figures --------------------------------------------------------------------------------------


@router.get("/monitoring/health")
async def monitoring_health(
    found: Clusters, cluster: Wanted = None, demo: Demo = False
) -> dict[str, Any]:
    """Say how the clusters and their tenants' workloads are."""
    system = await system_metrics(found, cluster, demo)
    services = {
        f"{tenant}/{row['name']}": {"state": row["state"], "ready": row["ready"],
                                    "desired": row["desired"]}
        for tenant, figures in _figures(found, cluster, demo).items()
        for row in figures["workloads"]
    }  # fmt: skip
    down = sorted(name for name, row in services.items() if row["state"] == "down")
    return {
        "status": "degraded" if down or system["status"] != "healthy" else "healthy",
        "timestamp": system["timestamp"],
        "services": services,
        "down": down,
        "clusters": system["clusters"],
        "evidence": "simulated",
    }


@router.get("/monitoring/tenant/{tenant}")
async def monitoring_tenant(
    tenant: str, request: Request, found: Clusters, cluster: Wanted = None, demo: Demo = False
) -> Any:
    """Return a tenant's figures of now, as `/api/v1/metrics/{tenant}` does."""
    return await tenant_metrics(request, tenant, found, "24h", "1m", cluster, demo)


@router.get("/sla/status")
async def sla_status(found: Clusters, cluster: Wanted = None, demo: Demo = False) -> dict[str, Any]:
    """Return the service level of the last 24 h of every tenant, the worst state first."""
    rows = [
        {"tenant_id": tenant, "cluster": figures["cluster"], **figures["sla_data"]}
        for tenant, figures in _figures(found, cluster, demo).items()
    ]
    order: tuple[Literal["breached", "at_risk"], ...] = ("breached", "at_risk")
    rank = {state: place for place, state in enumerate(order)}
    rows.sort(key=lambda row: (rank.get(row["status"], len(rank)), row["tenant_id"]))
    return {
        "status": rows[0]["status"] if rows else "insufficient_data",
        "tenants": rows,
        "total": len(rows),
        "evidence": "simulated",
    }


def _figures(found: ClusterDirectory, cluster: str | None, demo: bool) -> dict[str, dict[str, Any]]:
    """Return the figures of every tenant that is followed, by its id: its own, not those of a
    fork, which is another cluster."""
    told: dict[str, dict[str, Any]] = {}
    for hosted in [_named(found, cluster, demo)] if cluster or demo else found.following():
        if hosted.failure:
            continue
        hosted.catch_up()
        for tenant in hosted.cluster.flows.tenants():
            if tenant.name not in told:
                told[tenant.name] = tenant_figures(hosted, tenant.name)
    return told


@router.websocket("/ws/monitoring")
async def monitoring_socket(socket: WebSocket) -> None:
    """Send the figures of every tenant at once and then every 5 s, until the viewer goes.

    {"action": "ping"} is answered by {"action": "pong"}.
    """
    found: ClusterDirectory = socket.app.state.clusters
    await socket.accept()
    await _say(socket, {"action": "hello", "interval": 1000 * _EVERY_S})
    hearing = asyncio.create_task(_hear(socket))
    try:
        while not hearing.done():
            first = next(iter(found.all()), None)
            at = None if first is None else rfc3339_micro(first.wall_now())
            await _say(socket, {"timestamp": at, "tenants": _figures(found, None, False)})
            await asyncio.wait({hearing}, timeout=_EVERY_S)
    except (WebSocketDisconnect, RuntimeError):
        pass  # it went while it was told something
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def _hear(socket: WebSocket) -> None:
    """Answer what the viewer says; return when it goes."""
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            said = await socket.receive_text()
            try:
                message = orjson.loads(said)
            except orjson.JSONDecodeError:
                message = None
            known = isinstance(message, dict) and message.get("action") in ("ping", "subscribe")
            action = {"ping": "pong", "subscribe": "subscribed"}
            if known:
                await _say(socket, {"action": action[message["action"]]})
            else:
                error = {"code": "BAD_MESSAGE", "message": 'send {"action": "ping"}'}
                await _say(socket, {"error": error})


async def _say(socket: WebSocket, body: dict[str, Any]) -> None:
    await socket.send_text(orjson.dumps({"v": 1, **body}).decode())
