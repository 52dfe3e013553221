"""Tenants' sizes and manifests over HTTP: judge one, generate one, give one."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ecp.edge.problems import Problem
from ecp.manifests import namespace_of, provider_names
from ecp.manifests.hiding import concealed
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken, Straight
from ecp.orchestrator.records import Judged
from ecp.orchestrator.tenants import model, usecases
from ecp.orchestrator.tenants.routes import drafted, unused
from ecp.orchestrator.tenants.schemas import Calculation, NewTenant, Options, ToValidate
from ecp.workloads.sheet import GPU_TYPES

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
presets = APIRouter(prefix="/api/v1/presets", tags=["tenants"])
_YAML = "application/yaml"
_SECRETS = ("hidden", "included")


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


@presets.get("")
async def list_presets() -> dict[str, Any]:
    """List what a new tenant is chosen from: presets with their usual counters, GPUs, providers.

    A tenant is of the first preset whose `channels` and `users` it stays below; null: no bound.
    """
    return {
        "presets": model.preset_rows(),
        "gpu_types": list(GPU_TYPES),
        "cloud_providers": list(provider_names()),
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


@router.post("/preview-manifest")
async def preview_manifest(
    new: NewTenant, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Generate the manifest of a tenant that is not created; nothing is kept, secrets are hidden.

    The same body creates it: POST /api/v1/tenants/.
    """
    tenant = drafted(new, await records.settings(), house.now())
    made = await house.workflow.generate(mode, tenant, {})
    text = concealed(made.text, tenant.tenant_id, await house.secret_key())
    return {
        "tenant_id": tenant.tenant_id,
        "namespace": tenant.namespace,
        "resources": dict(made.resources),
        "warnings": usecases.warnings(made.resources, unused(new.service_requirements)),
        "manifest_content": text,
    }


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
        "warnings": usecases.warnings(made.resources, [] if given is None else given.unused()),
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
