"""Tenants over HTTP: create, find, change, delete; their manifests."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ecp.edge.problems import Problem
from ecp.manifests import namespace_of
from ecp.manifests.hiding import concealed
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken, Straight
from ecp.orchestrator.ports import House
from ecp.orchestrator.records import SORTED, Judged, Mode, Sought, Tenant
from ecp.orchestrator.tenants import model, running, usecases
from ecp.orchestrator.tenants.schemas import (
    Calculation,
    Changes,
    Clone,
    NewTenant,
    Options,
    Requirements,
    Shape,
    Target,
    ToValidate,
    tenant_json,
    turn_json,
)

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
_OPTIONS = ("gpu_type", "cloud_provider", "mode")
_YAML = "application/yaml"
_SECRETS = ("hidden", "included")


# Static paths first: {tenant_id} would take them.


async def validate_manifest(
    wanted: ToValidate, house: Asked, mode: InMode, records: Records, language: Spoken
) -> dict[str, Any]:
    """Judge a manifest as the API server would; a valid one is kept for the tenant's deploy."""
    strict = wanted.strict_validation
    if strict is None:
        strict = bool((await records.settings()).get("validationStrict", True))
    namespace = "default"
    if wanted.tenant_id is not None:
        namespace = namespace_of(usecases.check_id(wanted.tenant_id))

    # Whether there is room is a question to the cluster, as what it serves is.
    room = await usecases.room(house.cluster(mode)) if wanted.target_simulator else ""

    async def judged(home: str) -> Judged:
        return await usecases.judged(
            house,
            wanted.manifest_content,
            home,
            version=wanted.kubernetes_version,
            strict=strict,
            language=language,
            room=room,
        )

    found = await judged(namespace)
    if wanted.tenant_id is not None and not found.placed:
        # Only now it counts whether the tenant has a namespace of another name.
        tenant = await records.tenant(wanted.tenant_id)
        if tenant is not None and tenant.namespace != namespace:
            found = await judged(tenant.namespace)
    answer = await usecases.validation_json(
        found,
        language,
        strict=strict,
        simulator=house.simulator(mode) if wanted.target_simulator else None,
    )
    digest = usecases.digest_of(wanted.manifest_content)
    if wanted.tenant_id is not None and answer["valid"] and answer["documents"]:
        await usecases.keep(
            records,
            wanted.tenant_id,
            wanted.manifest_content,
            source="validated",
            valid=True,
            now=house.now(),
        )
    return {"tenant_id": wanted.tenant_id, "manifest_digest": digest, **answer}


router.add_api_route(
    "/validate-manifest", validate_manifest, methods=["POST"], route_class_override=Straight
)


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


@router.post("/calculate-resources")
async def calculate_resources(needs: Calculation, house: Asked, mode: InMode) -> dict[str, Any]:
    """Size the seven counters and price them, without creating anything.

    `resources` is the size for the cluster there is; `estimated_cost`, `node_pools` and
    `alternatives` are of the provider's machines, by prices whose date and source are told.
    """
    from ecp.orchestrator.tenants.generation import costed

    tenant = usecases.draft("calculation", now=house.now(), requirements=needs.counters())
    wanted = {"gpu_type": needs.gpu_type, "cloud_provider": needs.cloud_provider}
    resources = await house.workflow.estimate(mode, tenant, wanted)
    # What is bought is of the type that it was sized for.
    priced = {**wanted, "gpu_type": resources["gpu_type"] or needs.gpu_type}
    costs = await asyncio.to_thread(costed, tenant, priced, needs.infrastructure)
    return {
        "service_requirements": needs.counters(),
        "recommended_preset": tenant.preset,
        "resources": resources,
        **costs,
        "warnings": usecases.warnings(resources, needs.unused()),
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
    settings = await records.settings()
    given = new.service_requirements
    tenant = usecases.draft(
        new.tenant_id,
        now=house.now(),
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
    await usecases.add(records, tenant, now=house.now())
    return {
        **tenant_json(tenant, None),
        **await usecases.estimate(house, mode, tenant, _unused(given)),
    }


def _unused(given: Requirements | None) -> list[str]:
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
        options[model.CONTRACT] = {**(before.get(model.CONTRACT) or {}), **zone}
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
) -> JSONResponse:
    """List tenants, by page (`skip`) or from where the page before ended (`cursor`)."""
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
        "tenants": [tenant_json(tenant, latest) for tenant, latest in found.rows],
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
    records: Records,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Show a tenant and its size. `ETag` names its version, and what its cluster makes of it."""
    tenant = await usecases.require(records, tenant_id)
    release = await records.last_release(tenant_id)
    tenant = await running.now_in(records, tenant, release, house.now())
    size = await _size(tenant)
    services = [{"service": name, "units": n} for name, n in tenant.requirements.items() if n]
    shown = {"resources": size, "services": services}
    body = _Quick({**tenant_json(tenant, release), **shown})
    tag = f'"{tenant.version}.{sha256(body.body).hexdigest()[:16]}"'
    if if_none_match is not None and {tag, "*"} & set(_tags(if_none_match)):
        return Response(status_code=304, headers={"ETag": tag})
    body.headers["ETag"] = tag
    return body


async def _size(tenant: Tenant) -> dict[str, Any] | None:
    """Return how large a tenant is, whatever its cluster has; None where no size can be given."""
    from ecp.orchestrator.tenants.generation import estimated

    try:
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
    unused = usecases.warnings({}, _unused(changes.service_requirements))
    shown = {**tenant_json(tenant, last), "release": released, "warnings": [*said, *unused]}
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


# -- life -----------------------------------------------------------------------------------------


@router.post("/{tenant_id}/stop")
async def stop_tenant(
    tenant_id: str, house: Asked, mode: InMode, confirm: Confirm = ""
) -> dict[str, Any]:
    """Scale the tenant's workloads to zero; every object stays, and it is off duty meanwhile.

    DaemonSets have no scale: they select a label that no node bears. Pods of their own go on, and
    are in `still_running`.
    """
    return await running.stop(house, mode, tenant_id, confirm)


@router.post("/{tenant_id}/start")
async def start_tenant(
    tenant_id: str, house: Asked, mode: InMode, confirm: Confirm = ""
) -> dict[str, Any]:
    """Give a stopped tenant its replicas back; it is on duty again from now on."""
    return await running.start(house, mode, tenant_id, confirm)


@router.post("/{tenant_id}/restart")
async def restart_tenant(
    tenant_id: str, house: Asked, mode: InMode, confirm: Confirm = ""
) -> dict[str, Any]:
    """Make all pods anew, a few at a time, as `kubectl rollout restart` does."""
    return await running.restart(house, mode, tenant_id, confirm)


@router.post("/{tenant_id}/clone", status_code=201)
async def clone_tenant(tenant_id: str, wanted: Clone, house: Asked, mode: InMode) -> dict[str, Any]:
    """Create a tenant with the counters, options, promise and labels of this one."""
    made = await running.clone(house, mode, tenant_id, wanted.model_dump())
    return {**tenant_json(made, None), "origin": tenant_id}


@router.get("/{tenant_id}/history")
async def tenant_history(
    tenant_id: str,
    records: Records,
    language: Spoken,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Tell what became of a tenant, newest first: when, from which state, why. It outlives it."""
    turns, total = await records.tenant_history(tenant_id, skip, limit)
    if not total:
        await usecases.require(records, tenant_id)
    return {
        "tenant_id": tenant_id,
        "history": [turn_json(turn, language) for turn in turns],
        "total_count": total,
        "pagination": {"skip": skip, "limit": limit, "has_more": skip + len(turns) < total},
    }


# -- demand ---------------------------------------------------------------------------------------


@router.get("/{tenant_id}/demand")
async def get_demand(tenant_id: str, records: Records) -> dict[str, Any]:
    """Return the tenant's units and what it says of their demand; `gaps`: steps not measured."""
    return usecases.demand_json(await usecases.require(records, tenant_id))


@router.put("/{tenant_id}/demand")
async def shape_demand(tenant_id: str, shape: Shape, house: Asked, mode: InMode) -> dict[str, Any]:
    """Say how the tenant's demand differs from the profiles'; it holds from the next slot on.

    It takes the place of what was said before; `followed` is false while nothing is deployed. A
    manifest generated from now on is sized for the busiest day and campaign.
    """
    return await usecases.shape(house, mode, tenant_id, shape.model_dump(exclude_none=True))


@router.delete("/{tenant_id}/demand")
async def plain_demand(tenant_id: str, house: Asked, mode: InMode) -> dict[str, Any]:
    """Let the tenant's demand be the profiles' again."""
    return await usecases.shape(house, mode, tenant_id, None)


# -- manifests ------------------------------------------------------------------------------------


@router.post("/{tenant_id}/manifest")
async def generate_manifest(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    options: Options | None = None,
) -> dict[str, Any]:
    """Generate the tenant's manifest from its counters; the tenant is created at first use."""
    wanted = options or Options.model_validate({})
    given = wanted.service_requirements
    needs = None if given is None else given.counters()
    left_out = {"service_requirements", "namespace", "include_ingress", "include_secrets"}
    extra = wanted.model_dump(exclude=left_out, exclude_none=True)
    if wanted.include_ingress:
        extra["include"] = [*wanted.include, "ingress"]
    # One at a time, so that many first uses create one tenant; kept once it can be generated.
    async with house.locked(mode, tenant_id):
        before = await records.tenant(tenant_id)
        created = before is None
        if before is None:
            tenant = usecases.draft(tenant_id, now=house.now(), requirements=needs)
        else:
            tenant = usecases.changed(before, {"requirements": needs})
        made = await house.workflow.generate(mode, tenant, extra)
        if created:
            await usecases.add(records, tenant, now=house.now())
        elif tenant != before:
            await records.change_tenant(tenant)
        kept = await usecases.keep(
            records, tenant_id, made.text, source="generated", valid=True, now=house.now()
        )
    key = await house.secret_key()

    def shown(text: str) -> str:
        return text if wanted.include_secrets else concealed(text, tenant_id, key)

    return {
        "tenant_id": tenant_id,
        "tenant_created": created,
        "namespace": tenant.namespace,
        "manifest_digest": kept.digest,
        "secrets": _SECRETS[wanted.include_secrets],
        "service_requirements": dict(tenant.requirements),
        "files": {name: shown(text) for name, text in made.files.items()},
        "file_count": len(made.files),
        "resources": dict(made.resources),
        "warnings": usecases.warnings(made.resources, _unused(given)),
        "manifest_content": shown(made.text),
    }


@router.get("/{tenant_id}/manifest", response_model=None)
async def get_manifest(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    format: Annotated[
        Literal["yaml", "json", "zip", "kustomize", "offline"],
        Query(description="zip, kustomize and offline are archives, always generated now"),
    ] = "yaml",
    digest: str | None = None,
    include_monitoring: Annotated[bool | None, Query(description="generate one with it")] = None,
    include_ingress: Annotated[bool | None, Query(description="generate one with it")] = None,
    namespace: Annotated[str | None, Query(description="the tenant's own")] = None,
    cloud_provider: Annotated[str | None, Query(description="generate one for it")] = None,
    gpu_type: Annotated[str | None, Query(description="generate one for it")] = None,
    registry: Annotated[
        str,
        Query(
            description="offline: where images come from inside: an address, or a kept registry",
            max_length=300,
        ),
    ] = "registry.example.com:5000",
    include_secrets: Annotated[
        bool, Query(description="passwords in plain; else a sentence, which deploying fills in")
    ] = False,
) -> Response:
    """Give the tenant's manifest: the one named, the last valid one, or one generated now.

    Who says what it is to include, or for which provider, gets one that is generated now.
    """
    tenant = await usecases.require(records, tenant_id)
    if namespace is not None and namespace != tenant.namespace:
        raise Problem(
            422,
            "FOREIGN_NAMESPACE",
            "manifest.namespace-own",
            namespace=namespace,
            own=tenant.namespace,
        )
    given = (include_monitoring, include_ingress, cloud_provider, gpu_type)
    chosen = any(one is not None for one in given)
    key = await house.secret_key()
    place = {"cloud_provider": cloud_provider, "gpu_type": gpu_type}
    headers = {"Cache-Control": "no-store", "X-Secrets": _SECRETS[include_secrets]}
    if format in ("zip", "kustomize", "offline"):
        from ecp.orchestrator.tenants.generation import archived

        if digest is not None:
            raise Problem(422, "GENERATED_ONLY", "manifest.archive-generated", form=format)
        wanted = {"include_monitoring": include_monitoring, "include_ingress": include_ingress}
        registry, user = await usecases.registry_of(records, registry)
        packed = await asyncio.to_thread(
            archived,
            tenant,
            {**wanted, **place},
            format,
            secret_key=key,
            room=await usecases.room(house.cluster(mode)),
            registry=registry,
            registry_user=user,
            with_secrets=include_secrets,
        )
        named = f"{tenant_id}-{format}.zip"
        headers["Content-Disposition"] = f'attachment; filename="{named}"'
        return Response(packed, media_type="application/zip", headers=headers)
    if digest is not None:
        found = await records.manifest(tenant_id, digest)
        if found is None:
            raise Problem(
                404, "MANIFEST_NOT_FOUND", "manifest.unknown", tenant=tenant_id, digest=digest
            )
    else:
        found = None if chosen else await records.last_valid_manifest(tenant_id)
    if found is not None:
        text, named, source = found.text, found.digest, found.source
    else:
        options = {
            "include_monitoring": include_monitoring is not False,
            "include": ["ingress"] if include_ingress else [],
            **place,
        }
        made = await house.workflow.generate(mode, tenant, options)
        text, named, source = made.text, made.digest, "generated"
    if not include_secrets:
        text = concealed(text, tenant_id, key)
    headers["X-Manifest-Digest"] = named
    if format == "yaml":
        headers["Content-Disposition"] = f'inline; filename="{tenant_id}.yaml"'
        return PlainTextResponse(text, media_type=_YAML, headers=headers)
    body = {"tenant_id": tenant_id, "manifest_digest": named, "source": source}
    body["secrets"] = _SECRETS[include_secrets]
    return JSONResponse({**body, "manifest_content": text}, headers=headers)
