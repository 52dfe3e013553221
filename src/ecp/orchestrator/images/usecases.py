"""Keep registries and versions; say what a bundle's images are; how a tenant's came to be."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339
from ecp.orchestrator.images import model
from ecp.orchestrator.ports import Storage
from ecp.orchestrator.records import ImageVersion, Obj, Registry, Tenant
from ecp.workloads.images import InvalidImageName
from ecp.workloads.profiles import profiles

_LOOKS_BACK = 20


def _refused(bad: model.BadImage) -> Problem:
    return Problem(422, "INVALID_IMAGE", bad.key, field=bad.field, detail=bad.why)


# -- registries -----------------------------------------------------------------------------------


async def registries(storage: Storage) -> dict[str, Any]:
    """Return the registries, without their passwords."""
    return {"registries": [_shown(row) for row in await storage.images.registries()]}


def _shown(registry: Registry) -> dict[str, Any]:
    return model.registry_json(registry, rfc3339(registry.created_at))


async def registry(storage: Storage, name: str) -> Registry:
    """Return a registry. Raises Problem 404."""
    found = await storage.images.registry(name)
    if found is None:
        known = ", ".join(row.name for row in await storage.images.registries()) or "-"
        raise Problem(404, "REGISTRY_NOT_FOUND", "images.no-registry", name=name, known=known)
    return found


async def one_registry(storage: Storage, name: str) -> dict[str, Any]:
    """Return a registry as it is shown. Raises Problem 404."""
    return _shown(await registry(storage, name))


async def keep_registry(
    storage: Storage, name: str, given: Mapping[str, Any], now: int
) -> tuple[dict[str, Any], bool]:
    """Keep a registry; without a password it keeps the one that it has. Returns whether it is new.

    Raises Problem 422.
    """
    before = await storage.images.registry(name)
    values = dict(given)
    if values.get("password") is None:
        values["password"] = "" if before is None else before.password
    born = now if before is None else before.created_at
    try:
        made = model.check_registry(Registry(name=name, created_at=born, **values))
    except model.BadImage as bad:
        raise _refused(bad) from bad
    await storage.images.keep_registry(made)
    return _shown(made), before is None


async def remove_registry(storage: Storage, name: str) -> dict[str, Any]:
    """Let go of a registry. Raises Problem 404; tenants that come from it are deployed from
    where images are named then."""
    await registry(storage, name)
    await storage.images.remove_registry(name)
    return {"name": name, "deleted": True}


# -- versions -------------------------------------------------------------------------------------


def version_json(row: ImageVersion) -> dict[str, Any]:
    """Return a version with what holds of its image, each fact with its source."""
    return {
        "service": row.service,
        "version": row.version,
        "image": row.image,
        "facts": model.shown_facts(row.image, row.facts),
        "note": row.note,
        "created_at": rfc3339(row.created_at),
    }


async def versions(storage: Storage, service: str | None, skip: int, limit: int) -> dict[str, Any]:
    """Return versions by service, the newest first."""
    rows, total = await storage.images.versions(service, skip, limit)
    return {
        "images": [version_json(row) for row in rows],
        "total": total,
        "services": sorted(profiles()),
    }


async def version(storage: Storage, service: str, name: str) -> ImageVersion:
    """Return a version of a service. Raises Problem 404."""
    found = await storage.images.version(service, name)
    if found is None:
        raise await _unknown(storage, 404, service, name)
    return found


async def _unknown(storage: Storage, status: int, service: str, name: str) -> Problem:
    rows, _ = await storage.images.versions(service, 0, _LOOKS_BACK)
    known = ", ".join(row.version for row in rows) or "-"
    return Problem(
        status, "VERSION_NOT_FOUND", "images.no-version", service=service, version=name, known=known
    )


async def add_version(
    storage: Storage, service: str, given: Mapping[str, Any], now: int
) -> dict[str, Any]:
    """Keep a version of a service. Raises Problem 422, 409 for one that is kept already: what a
    version is does not change."""
    if service not in profiles():
        known = ", ".join(sorted(profiles()))
        raise Problem(404, "SERVICE_NOT_FOUND", "images.no-service", service=service, known=known)
    try:
        row = ImageVersion(
            0,
            service,
            model.check_version(given["version"]),
            model.check_image(given["image"]),
            model.check_facts(given["facts"]),
            given["note"],
            now,
        )
    except model.BadImage as bad:
        raise _refused(bad) from bad
    if not await storage.images.add_version(row):
        raise Problem(
            409, "VERSION_EXISTS", "images.version-exists", service=service, version=row.version
        )
    return version_json(row)


async def remove_version(storage: Storage, service: str, name: str) -> dict[str, Any]:
    """Let go of a version; what runs of it goes on. Raises Problem 404."""
    await version(storage, service, name)
    await storage.images.remove_version(service, name)
    return {"service": service, "version": name, "deleted": True}


# -- a bundle's images ----------------------------------------------------------------------------


class Imaged(NamedTuple):
    """Objects with the images that were chosen: as they are named, None where nothing was chosen;
    as they are deployed, from the tenant's registry; and which versions are chosen now."""

    named: list[Obj] | None
    objects: list[Obj]
    pinned: dict[str, str]


async def imaged(
    storage: Storage,
    tenant: Tenant,
    objects: Sequence[Obj],
    asked: Mapping[str, str] | None,
    *,
    generated: bool,
) -> Imaged:
    """Return a bundle with the versions that are *asked* for, and what the tenant has chosen
    before where the bundle was *generated*; from the tenant's registry.

    A registry with a user gets a Secret by which its images are pulled. Raises Problem 422 for a
    version that there is not, or of a service that the bundle has not; SealLost.
    """
    pinned = dict(tenant.options.get(model.PINNED) or {})
    wanted = {**(pinned if generated else {}), **(asked or {})}
    there = model.services_of(objects)
    found: dict[str, ImageVersion] = {}
    for service, name in wanted.items():
        row = await storage.images.version(service, name)
        if row is not None and service in there:
            found[service] = row
        elif service not in (asked or {}):
            continue  # chosen once, and gone since
        elif row is None:
            raise await _unknown(storage, 422, service, name)
        else:
            known = ", ".join(sorted(there)) or "-"
            raise Problem(
                422, "SERVICE_NOT_DEPLOYED", "images.not-there", service=service, known=known
            )
    named = tenant.options.get(model.REGISTRY)
    where = await storage.images.registry(named) if named else None
    try:
        named_so = model.with_images(objects, found, None)
        made = model.with_images(named_so, {}, where)
        if where is not None and where.username and model.draws_on(made, where):
            made = model.with_pull_secret(made, where, _password(storage, where))
    except InvalidImageName as error:
        raise Problem(
            422, "INVALID_IMAGE", "setting.bad", field="image", detail=str(error)
        ) from error
    changed = any(new is not old for new, old in zip(named_so, objects, strict=True))
    return Imaged(named_so if changed else None, made, {**pinned, **(asked or {})})


def _password(storage: Storage, registry: Registry) -> str:
    found = storage.images.password(registry)
    if not found:
        values = {"name": registry.name, "variable": registry.password.removeprefix("env:") or "-"}
        raise Problem(422, "REGISTRY_WITHOUT_PASSWORD", "images.no-password", **values)
    return found


def pinned_in(tenant: Tenant, pinned: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a tenant's options with these versions chosen."""
    options = {name: value for name, value in tenant.options.items() if name != model.PINNED}
    return {**options, model.PINNED: dict(pinned)} if pinned else options


# -- a tenant's versions --------------------------------------------------------------------------


async def of_tenant(storage: Storage, tenant_id: str) -> dict[str, Any]:
    """Return which versions a tenant runs, which were chosen, and how that came to be.

    Raises Problem 404.
    """
    tenant = await storage.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    rows, _ = await storage.history.some(tenant_id, 0, _LOOKS_BACK)
    by_revision = [
        (row, model.services_of(_bodies(await storage.steps(row.id)))) for row in reversed(rows)
    ]
    history, before = [], dict[str, str]()
    for row, images in by_revision:
        changed = model.changes(before, images)
        if changed:
            history.append(
                {
                    "revision": row.revision,
                    "deployment_id": row.deployment_id,
                    "phase": row.phase,
                    "at": rfc3339(row.began),
                    "rollback": row.options.get("rollback"),
                    "changes": changed,
                }
            )
        before = images
    return {
        "tenant_id": tenant_id,
        "registry": tenant.options.get(model.REGISTRY),
        "chosen": dict(tenant.options.get(model.PINNED) or {}),
        "services": [
            {"service": name, "image": image, "version": model.tag_of(image)}
            for name, image in sorted(before.items())
        ],
        "history": history[::-1],
    }


def _bodies(steps: Iterable[Any]) -> list[Obj]:
    return [step.body for step in steps if step.body is not None]
