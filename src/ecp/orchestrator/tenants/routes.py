"""Tenants over HTTP: create, find, change, delete; their manifests."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ecp.edge.problems import Problem
from ecp.manifests import namespace_of
from ecp.manifests.hiding import concealed
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken, Straight
from ecp.orchestrator.records import Judged
from ecp.orchestrator.tenants import model, usecases
from ecp.orchestrator.tenants.schemas import (
    Calculation,
    Changes,
    NewTenant,
    Options,
    Requirements,
    Shape,
    Target,
    ToValidate,
    tenant_json,
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
async def check_duplicate(tenant_id: str, house: Asked, records: Records) -> dict[str, Any]:
    """Say whether a name is taken, and which near it are free."""
    usecases.check_id(tenant_id)
    taken = await records.tenant(tenant_id) is not None
    free = await usecases.free_names(records, tenant_id, house.now()) if taken else []
    return {"tenant_id": tenant_id, "exists": taken, "available": not taken, "suggestions": free}


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
        options=_options(new),
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


def _options(given: Changes) -> dict[str, Any]:
    found = {name: getattr(given, name) for name in _OPTIONS}
    options = {name: value for name, value in found.items() if value is not None}
    usecases.check_options(options)
    if isinstance(given.sla_target, Target):
        rest = given.sla_target.model_dump(exclude_none=True, exclude={"availability"})
        options.update(rest)
    return options


@router.get("/")
@router.get("", include_in_schema=False)
async def list_tenants(
    records: Records,
    mode: InMode,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    preset: str | None = None,
    status: Annotated[str | None, Query(description="created, progressing, ready …")] = None,
) -> dict[str, Any]:
    """List tenants in the order of their ids."""
    page = await records.tenants(skip, limit, preset, status)
    released = await records.last_releases([tenant.tenant_id for tenant in page.tenants])
    everybody = page.total if preset is status is None else (await records.tenants(0, 1)).total
    return {
        "tenants": [tenant_json(t, released.get(t.tenant_id)) for t in page.tenants],
        "total_count": page.total,
        "active_count": sum(release.phase == "ready" for release in released.values()),
        "demo_count": everybody if mode == "demo" else 0,
        "mode": mode,
        "pagination": {
            "skip": skip,
            "limit": limit,
            "has_more": skip + len(page.tenants) < page.total,
        },
    }


@router.get("/{tenant_id}")
async def get_tenant(tenant_id: str, records: Records) -> dict[str, Any]:
    """Show a tenant."""
    tenant = await usecases.require(records, tenant_id)
    return tenant_json(tenant, await records.last_release(tenant_id))


@router.put("/{tenant_id}")
async def change_tenant(
    tenant_id: str, changes: Changes, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Change a tenant; the next generated manifest follows its new size."""
    async with house.locked(mode, tenant_id):
        tenant = await usecases.require(records, tenant_id)
        needs = changes.service_requirements
        options = _options(changes)
        changed = await usecases.change(
            records,
            tenant,
            {
                "name": changes.name,
                "preset": changes.preset,
                "requirements": None if needs is None else needs.counters(),
                "target_ppm": _target(changes.sla_target),
                "description": changes.description,
                "options": {**tenant.options, **options} if options else None,
            },
        )
    shown = tenant_json(changed, await records.last_release(tenant_id))
    return {**shown, "warnings": usecases.warnings({}, _unused(needs))}


@router.delete("/{tenant_id}")
async def delete_tenant(
    tenant_id: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Delete a tenant, its namespace and what is kept of it; no other tenant is touched."""
    tenant = await usecases.require(records, tenant_id)
    done = await house.workflow.forget(mode, tenant)
    return {
        "tenant_id": tenant_id,
        "deleted": True,
        "namespace": tenant.namespace,
        "deletion_id": f"delete-{tenant_id}",
        **done,
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
        str, Query(description="offline: where images come from inside", max_length=300)
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
        packed = await asyncio.to_thread(
            archived,
            tenant,
            {**wanted, **place},
            format,
            secret_key=key,
            room=await usecases.room(house.cluster(mode)),
            registry=registry,
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
        return PlainTextResponse(text, media_type=_YAML, headers=headers)
    body = {"tenant_id": tenant_id, "manifest_digest": named, "source": source}
    body["secrets"] = _SECRETS[include_secrets]
    return JSONResponse({**body, "manifest_content": text}, headers=headers)
