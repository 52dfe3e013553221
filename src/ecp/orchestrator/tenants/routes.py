"""Tenants over HTTP: create, find, change, delete."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse, Response

from ecp.edge.problems import Problem
from ecp.manifests import namespace_of
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.ports import House
from ecp.orchestrator.records import CONTRACT, SORTED, Mode, Sought, Tenant
from ecp.orchestrator.tenants import model, running, usecases
from ecp.orchestrator.tenants.schemas import (
    FIELDS,
    Changes,
    NewTenant,
    Requirements,
    Target,
    tenant_json,
)

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
_OPTIONS = ("gpu_type", "cloud_provider", "mode")


# A static path first: {tenant_id} would take it.
@router.get("/check-duplicate")
async def check_duplicate(
    tenant_id: str, house: Asked, records: Records, namespace: str | None = None
) -> dict[str, Any]:
    """Say whether an id or its namespace is taken, by whom, and which ids near it are free."""
    usecases.check_id(tenant_id)
    where = namespace or namespace_of(tenant_id)
    exists = await records.tenant(tenant_id) is not None
    holder = await records.tenant_of_namespace(where)
    taken = exists or holder is not None
    free = await usecases.free_names(records, tenant_id, house.now()) if taken else []
    return {
        "tenant_id": tenant_id,
        "exists": exists,
        "available": not taken,
        "namespace": where,
        "namespace_holder": holder,
        "suggestions": free,
    }


@router.post("/", status_code=201)
@router.post("", status_code=201, include_in_schema=False)
async def create_tenant(
    new: NewTenant, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Create a tenant; a name that is taken answers 409 with free ones near it.

    `estimated_resources` is its size (null where none can be given, `warnings` say why not), and
    what the cluster has too little of.
    """
    tenant = drafted(new, await records.settings(), house.now())
    await usecases.add(records, tenant, now=house.now())
    return {
        **tenant_json(tenant, None),
        **await usecases.estimate(house, mode, tenant, unused(new.service_requirements)),
    }


def drafted(new: NewTenant, settings: Mapping[str, Any], now: int) -> Tenant:
    """Return the tenant that a request describes, kept nowhere. Raises Problem 422."""
    given = new.service_requirements
    return usecases.draft(
        new.tenant_id,
        now=now,
        name=new.name,
        preset=new.preset,
        requirements=None if given is None else given.counters(),
        namespace=new.namespace,
        target_ppm=_target(new.sla_target) or model.ppm(settings.get("slaTarget", 99.5)),
        description=new.description or "",
        options=_options(new, {}),
        owner=new.owner or "",
        labels={name: value for name, value in (new.labels or {}).items() if value is not None},
    )


def unused(given: Requirements | None) -> list[str]:
    """Return which counters were given that have no effect."""
    return [] if given is None else given.unused()


def _target(given: Target | float | None) -> int | None:
    if given is None:
        return None
    value = given.availability if isinstance(given, Target) else given
    if not 0 <= value < 100:
        raise Problem(
            422, "INVALID_SLA_TARGET", "setting.bad", field="sla_target", detail="0 ≤ x < 100"
        )
    return model.ppm(value)


def _options(given: Changes, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a request changes."""
    found = {name: getattr(given, name) for name in _OPTIONS}
    options = {name: value for name, value in found.items() if value is not None}
    if given.ingress is not None:
        options[model.WAY_IN] = given.ingress.model_dump(exclude_defaults=True)
    usecases.check_options(options)
    if isinstance(given.sla_target, Target):
        rest = given.sla_target.model_dump(exclude_none=True, exclude={"availability"})
        options.update(rest)
    if given.timezone is not None:
        zone = {"timezone": usecases.check_zone(given.timezone)}
        options[CONTRACT] = {**(before.get(CONTRACT) or {}), **zone}
    return options


@router.get("/")
@router.get("", include_in_schema=False)
async def list_tenants(
    request: Request,
    records: Records,
    mode: InMode,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    preset: str | None = None,
    status: Annotated[
        str | None,
        Query(description="a state (running …), or a phase of the last release (ready, created …)"),
    ] = None,
    owner: str | None = None,
    selector: Annotated[
        str, Query(max_length=1000, description="of labels: tier=gold,region in (a, b)")
    ] = "",
    q: Annotated[str, Query(max_length=200, description="in id, name, owner, description")] = "",
    sort: Annotated[
        str, Query(pattern=f"^-?({'|'.join(SORTED)})$", description="- before it: descending")
    ] = "tenant_id",
    cursor: Annotated[
        str | None, Query(max_length=2000, description="`next_cursor` of the page before")
    ] = None,
    fields: Annotated[
        str, Query(max_length=500, description="only these of a tenant, and its id: state,owner")
    ] = "",
) -> JSONResponse:
    """List tenants, by page (`skip`) or from where the page before ended (`cursor`)."""
    chosen = _chosen(fields)
    sought = Sought(
        preset=preset,
        status=status,
        owner=owner,
        selector=usecases.selected(selector) if selector else (),
        word=q,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        after=None if cursor is None else _read_cursor(cursor, sort),
    )
    found = await records.find_tenants(sought, skip, limit)
    demo = 0 if mode != "demo" else (await records.find_tenants(Sought(), 0, 1)).total
    following = _cursor(found.rows[-1][0], sort) if found.more else None
    body = {
        "tenants": [
            row if not chosen else {name: row[name] for name in chosen}
            for row in (tenant_json(tenant, latest) for tenant, latest in found.rows)
        ],
        "total_count": found.total,
        "active_count": sum(one is not None and one.phase == "ready" for _, one in found.rows),
        "demo_count": demo,
        "mode": mode,
        "pagination": {
            "skip": skip,
            "limit": limit,
            "has_more": found.more,
            "next_cursor": following,
        },
    }
    headers = {}
    if following is not None:
        url = request.url.remove_query_params("skip").include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return _Quick(body, headers=headers)


def _chosen(fields: str) -> list[str]:
    """Return the fields that are asked for, the id first; none: all. Raises Problem 422."""
    names = [name for name in map(str.strip, fields.split(",")) if name]
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        told = {"unknown": ", ".join(unknown), "known": ", ".join(FIELDS)}
        where = [{"field": "query.fields", "message": name} for name in unknown]
        raise Problem(422, "INVALID_FIELDS", "tenant.bad-fields", where, **told)
    return list(dict.fromkeys(["tenant_id", *names])) if names else []


class _Quick(JSONResponse):
    """A thousand tenants are written within milliseconds."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def _cursor(tenant: Tenant, sort: str) -> str:
    """Return a cursor that stands behind a tenant: opaque, and good for one order only."""
    by = sort.removeprefix("-")
    value = tenant.target_ppm if by == "sla_target" else getattr(tenant, by)
    said = orjson.dumps([sort, "" if value is None else value, tenant.tenant_id])
    return urlsafe_b64encode(said).decode().rstrip("=")


def _read_cursor(cursor: str, sort: str) -> tuple[str | int, str]:
    wanted = int if sort.removeprefix("-") in ("created_at", "sla_target") else str
    try:
        order, value, tenant_id = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        order = value = tenant_id = None
    if order != sort or type(value) is not wanted or not isinstance(tenant_id, str):
        raise Problem(422, "INVALID_CURSOR", "tenant.bad-cursor", sort=sort)
    return value, tenant_id


@router.get("/{tenant_id}")
async def get_tenant(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Show a tenant and its size. `ETag` names its version, and what its cluster makes of it."""
    tenant = await usecases.require(records, tenant_id)
    release = await records.last_release(tenant_id)
    tenant = await running.now_in(records, tenant, release, house.now())
    size = await _size(house, mode, tenant, released=release is not None)
    services = [{"service": name, "units": n} for name, n in tenant.requirements.items() if n]
    shown = {"resources": size, "services": services}
    body = _Quick({**tenant_json(tenant, release), **shown})
    tag = f'"{tenant.version}.{sha256(body.body).hexdigest()[:16]}"'
    if if_none_match is not None and {tag, "*"} & set(_tags(if_none_match)):
        return Response(status_code=304, headers={"ETag": tag})
    body.headers["ETag"] = tag
    return body


async def _size(
    house: House, mode: Mode, tenant: Tenant, *, released: bool
) -> dict[str, Any] | None:
    """Return how large a tenant is: released, for its cluster's GPUs, as its manifest was made;
    before, whatever its cluster has. None where no size can be given."""
    from ecp.orchestrator.tenants.generation import estimated

    try:
        if released:
            found = await house.workflow.estimate(mode, tenant, {})
            return {name: value for name, value in found.items() if name != "capacity"}
        return await asyncio.to_thread(estimated, tenant, {})
    except Problem:
        return None


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _check_version(tenant: Tenant, if_match: str | None) -> None:
    """Raise Problem 412 where somebody has changed the tenant since its ETag was read.

    What its cluster made of it since is no change of the tenant.
    """
    if if_match is None:
        return
    known = [tag.strip('"').partition(".")[0] for tag in _tags(if_match)]
    if "*" not in known and str(tenant.version) not in known:
        raise usecases.other_version(tenant)


IfMatch = Annotated[str | None, Header(description="the ETag that was read; another: 412")]
Releases = Annotated[bool, Query(description="false: a new size waits for the next deploy")]
Confirm = Annotated[
    str, Query(max_length=253, description="the name of the cluster, where it is a real one")
]


@router.put("/{tenant_id}")
async def change_tenant(
    tenant_id: str,
    changes: Changes,
    house: Asked,
    mode: InMode,
    language: Spoken,
    if_match: IfMatch = None,
    release: Releases = True,
    confirm: Confirm = "",
) -> Response:
    """Change a tenant; what is left out stays, labels are replaced.

    Who runs by a generated manifest and gets other counters is released in the new size.
    """
    named = confirm if release else None
    changed = await _changed(tenant_id, changes, house, mode, if_match, named, merges=False)
    return await _released(*changed, changes, house, mode, language, named)


@router.patch("/{tenant_id}")
async def patch_tenant(
    tenant_id: str,
    changes: Changes,
    house: Asked,
    mode: InMode,
    language: Spoken,
    if_match: IfMatch = None,
    release: Releases = True,
    confirm: Confirm = "",
) -> Response:
    """Change a tenant as PUT does; of labels only those that are named."""
    named = confirm if release else None
    changed = await _changed(tenant_id, changes, house, mode, if_match, named, merges=True)
    return await _released(*changed, changes, house, mode, language, named)


async def _changed(
    tenant_id: str,
    changes: Changes,
    house: House,
    mode: Mode,
    if_match: str | None,
    confirm: str | None,
    *,
    merges: bool,
) -> tuple[Tenant, Tenant]:
    """Return the tenant before and after what *changes* say; *confirm*: it is to be released."""
    records, needs = await house.storage(mode), changes.service_requirements
    async with house.locked(mode, tenant_id):
        tenant = await usecases.require(records, tenant_id)
        _check_version(tenant, if_match)
        if confirm is not None and needs is not None and await records.last_release(tenant_id):
            house.workflow.permit(mode, confirm)
        options = _options(changes, tenant.options)
        given = {
            "name": changes.name,
            "preset": changes.preset,
            "requirements": None if needs is None else needs.counters(),
            "target_ppm": _target(changes.sla_target),
            "description": changes.description,
            "owner": changes.owner,
            "labels": _labels(changes, tenant.labels if merges else {}),
            "options": {**tenant.options, **options} if options else None,
        }
        changed = await usecases.change(records, tenant, given, house.now())
        if (changed.target_ppm, changed.options) != (tenant.target_ppm, tenant.options):
            await running.follow(house, mode, changed)
    return tenant, changed


def _labels(changes: Changes, before: Mapping[str, str]) -> dict[str, str] | None:
    if changes.labels is None:
        return None
    merged = {**before, **changes.labels}
    return usecases.check_labels({k: v for k, v in merged.items() if v is not None})


async def _released(
    before: Tenant,
    tenant: Tenant,
    changes: Changes,
    house: House,
    mode: Mode,
    language: str,
    confirm: str | None,
) -> Response:
    """Answer a change of a tenant; release it where its size is another now."""
    released, said = None, list[str]()
    if confirm is not None and tenant.requirements != before.requirements:
        released, said = await running.scaled(house, mode, tenant, language, confirm)
    last = await (await house.storage(mode)).last_release(tenant.tenant_id)
    more = usecases.warnings({}, unused(changes.service_requirements))
    shown = {**tenant_json(tenant, last), "release": released, "warnings": [*said, *more]}
    return _Quick(shown, headers={"ETag": f'"{tenant.version}"'})


@router.delete("/{tenant_id}")
async def delete_tenant(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    force: Annotated[
        bool, Query(description="also while its cluster is away; what it has there stays")
    ] = False,
    confirm: Confirm = "",
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Delete a tenant, its namespace and what is kept of it; no other tenant is touched."""
    async with house.locked(mode, tenant_id):
        tenant = await usecases.require(records, tenant_id)
        _check_version(tenant, if_match)
        house.workflow.permit(mode, confirm)
        tenant = await running.going(records, tenant, house.now())
    done = await running.delete(house, mode, tenant, force=force)
    return {
        "tenant_id": tenant_id,
        "deleted": True,
        "namespace": tenant.namespace,
        "deletion_id": f"delete-{tenant_id}",
        **done,
    }
