"""Registries, versions of services and what tenants run of them, over HTTP."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.images import model, usecases
from ecp.orchestrator.images.schemas import RegistryBody, TenantVersions, VersionBody
from ecp.orchestrator.records import Wish

router = APIRouter(prefix="/api/v1/images", tags=["images"])
tenants = APIRouter(prefix="/api/v1/tenants", tags=["images"])


@router.get("/registries")
async def list_registries(records: Records) -> dict[str, Any]:
    """List the registries. Passwords are masked."""
    return await usecases.registries(records)


@router.get("/registries/{name}")
async def get_registry(name: str, records: Records) -> dict[str, Any]:
    """Show a registry. Its password is masked."""
    return await usecases.one_registry(records, name)


@router.put("/registries/{name}")
async def put_registry(
    name: str, given: RegistryBody, house: Asked, records: Records, response: Response
) -> dict[str, Any]:
    """Keep a registry (201: it is new); without a `password` it keeps the one that it has."""
    found, new = await usecases.keep_registry(records, name, given.model_dump(), house.now())
    response.status_code = 201 if new else 200
    return found


@router.delete("/registries/{name}")
async def remove_registry(name: str, records: Records) -> dict[str, Any]:
    """Let go of a registry; what runs of its images goes on."""
    return await usecases.remove_registry(records, name)


@router.get("")
async def list_images(
    records: Records,
    service: Annotated[str | None, Query(max_length=63)] = None,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """List the versions of services, the newest first, each with what holds of its image."""
    return await usecases.versions(records, service, skip, limit)


@router.post("/{service}/versions", status_code=201)
async def add_version(
    service: str, given: VersionBody, house: Asked, records: Records
) -> dict[str, Any]:
    """Keep a version of a service. What a version is does not change: 409 for one that is kept."""
    return await usecases.add_version(records, service, given.model_dump(), house.now())


@router.get("/{service}/versions/{version}")
async def get_version(service: str, version: str, records: Records) -> dict[str, Any]:
    """Show a version, each fact of its image with where it is from."""
    return usecases.version_json(await usecases.version(records, service, version))


@router.delete("/{service}/versions/{version}")
async def remove_version(service: str, version: str, records: Records) -> dict[str, Any]:
    """Let go of a version; what runs of it goes on."""
    return await usecases.remove_version(records, service, version)


@tenants.get("/{tenant_id}/versions")
async def tenant_versions(tenant_id: str, records: Records) -> dict[str, Any]:
    """Say which versions a tenant runs, which were chosen, and how that came to be."""
    return await usecases.of_tenant(records, tenant_id)


@tenants.put("/{tenant_id}/versions")
async def put_tenant_versions(
    tenant_id: str,
    given: TenantVersions,
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
) -> dict[str, Any]:
    """Choose versions, and a registry, for a tenant; they are deployed as a new revision.

    One that does not start goes back by itself, unless `on_failure` says `stay`.
    """
    await usecases.of_tenant(records, tenant_id)
    if given.deploy:
        # Before anything is written down: who is refused has changed nothing.
        house.workflow.permit(mode, given.confirm)
    if given.registry:
        await usecases.registry(records, given.registry)
    for service, version in given.versions.items():
        await usecases.version(records, service, version)
    async with house.locked(mode, tenant_id):
        tenant = await records.tenant(tenant_id)
        if tenant is not None:
            pinned = {**(tenant.options.get(model.PINNED) or {}), **given.versions}
            options = dict(usecases.pinned_in(tenant, pinned))
            if given.registry is not None:
                options[model.REGISTRY] = given.registry
            await records.change_tenant(replace(tenant, options=options))
    done = None
    if given.deploy:
        wish = Wish(
            versions=given.versions, on_failure=given.on_failure, confirm=given.confirm,
            create_tenant=False,
        )  # fmt: skip
        done = await house.workflow.deploy(mode, tenant_id, wish, language)
    return {
        **await usecases.of_tenant(records, tenant_id),
        "deployment_id": None if done is None else done.release.deployment_id,
        "revision": None if done is None else done.release.revision,
        "new_revision": done is not None and done.new_revision,
    }
