"""A tenant's live objects over HTTP."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from ecp.orchestrator.asking import Asked, InMode, Spoken
from ecp.orchestrator.resources import usecases
from ecp.orchestrator.resources.choosing import SORTS, Wish
from ecp.orchestrator.resources.printing import chosen_fields

router = APIRouter(prefix="/api/v1/tenants/{tenant_id}/resources", tags=["resources"])
_Space = Annotated[str, Query(max_length=63, description="where several have the name")]
_Version = Annotated[str, Query(alias="apiVersion", max_length=120)]
_Tail = Annotated[int, Query(ge=1, le=5000, description="lines, the last ones")]
_Selector = Annotated[str, Query(max_length=1000, description="of labels: app=stt,tier in (a, b)")]


@router.get("")
async def list_resources(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    language: Spoken,
    kind: Annotated[
        list[str] | None, Query(description="only these kinds: Pod; may be said again")
    ] = None,
    selector: _Selector = "",
    q: Annotated[
        str, Query(max_length=200, description="words: in kind, name, node, reason or labels")
    ] = "",
    problems: Annotated[
        bool, Query(description="only what is to be looked at, and who owns it")
    ] = False,
    grouped: Annotated[
        bool, Query(description="of many objects, leaves of one owner and kind as one of `groups`")
    ] = False,
    group: Annotated[
        str, Query(max_length=200, description="only the members of a group, by its id")
    ] = "",
    sort: Annotated[
        str,
        Query(pattern=f"^(-?({'|'.join(SORTS)}))?$", description="- before it: descending"),
    ] = "",
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="default: all")] = None,
    around: Annotated[
        str, Query(max_length=500, description="an id: only that object, between its neighbours")
    ] = "",
    within: Annotated[
        float | None,
        Query(ge=0, le=60, description="seconds; what is known by then: `reading` is not"),
    ] = None,
    fields: Annotated[
        str, Query(max_length=500, description="only these of a node, and its id: kind,health")
    ] = "",
    if_none_match: Annotated[str | None, Header()] = None,
    cache_control: Annotated[str, Header(description="no-cache: as it is now")] = "",
) -> Response:
    """What is live of a tenant as nodes, and how they hang together.

    `health` is judged as Argo CD does, `reason` says why; `sync`: as `released`, `changed` since
    (the paths in `changed`), `extra` (in no release) or made by the `cluster`. What the release has
    and the cluster has not is there as `missing`. Ownership is in `owner_uid`; `edges` are the
    rest. `total` counts all objects, `matched` those that the filters leave, of which `nodes` are a
    page from `skip` on, `problems` those of them to be looked at. `unread`: kinds that may not be
    listed. The answer is a moment old at most, with `Cache-Control: no-cache` not even that.

    With `grouped`, of a tenant of more than 300 objects the leaves of one kind below one owner,
    eight and more, are one of `groups`: problems in one, the others in another. Edges then lead to
    its id; its members are asked for by `group`, page by page. `owners`: who owns what is told, and
    is not among `nodes`.
    """
    wish = Wish(tuple(kind or ()), usecases.selected(selector), tuple(q.split()), problems, group)
    page = usecases.Page(sort, skip, limit, around, grouped, chosen_fields(fields))
    body = await usecases.resources(
        house, mode, tenant_id, language, wish, page,
        anew="no-cache" in cache_control, within_s=within,
    )  # fmt: skip
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


# A static path first: {kind} would take it.
@router.get("/logs")
async def merged_logs(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    selector: _Selector = "",
    pod: Annotated[
        list[str] | None, Query(description="in the place of a selector; may be said again")
    ] = None,
    container: Annotated[str, Query(max_length=63, description="default: all")] = "",
    tail: _Tail = 200,
    previous: Annotated[bool, Query(description="of the run before the last restart")] = False,
) -> dict[str, Any]:
    """The last lines of several pods as one log, in the order of their instants.

    Each line says pod and container. Of more than 20 pods the first 20 are read; `left_out` says
    how many are not. `silent`: containers without a log, and why.
    """
    return await usecases.logs(
        house, mode, tenant_id,
        pods=pod or (), selector=selector, container=container, tail=tail, previous=previous,
    )  # fmt: skip


@router.get("/pods/{name}/logs")
async def pod_logs(
    tenant_id: str,
    name: str,
    house: Asked,
    mode: InMode,
    container: Annotated[str, Query(max_length=63, description="default: all")] = "",
    tail: _Tail = 200,
    previous: Annotated[bool, Query(description="of the run before the last restart")] = False,
) -> dict[str, Any]:
    """The last lines of a pod."""
    return await usecases.logs(
        house, mode, tenant_id, pods=[name], container=container, tail=tail, previous=previous
    )


@router.get("/{kind}/{name}")
async def one_resource(
    tenant_id: str,
    kind: str,
    name: str,
    house: Asked,
    mode: InMode,
    language: Spoken,
    namespace: _Space = "",
    api_version: _Version = "",
) -> dict[str, Any]:
    """One object: how it stands and why (`why`, with what to do), its YAML, conditions, Events.

    Values of Secrets are `***`. `pods`: those that it is, owns or serves.
    """
    sought = usecases.Sought(kind, name, namespace, api_version)
    return await usecases.detail(house, mode, tenant_id, sought, language)


@router.get("/{kind}/{name}/metrics")
async def resource_metrics(
    tenant_id: str,
    kind: str,
    name: str,
    house: Asked,
    mode: InMode,
    namespace: _Space = "",
    api_version: _Version = "",
    minutes: Annotated[
        int, Query(ge=0, le=180, description="with a workload's last minutes, where kept")
    ] = 0,
) -> dict[str, Any]:
    """What the pods of an object use now, beside what they request: CPU, memory, restarts."""
    sought = usecases.Sought(kind, name, namespace, api_version)
    return await usecases.metrics(house, mode, tenant_id, sought, minutes)
