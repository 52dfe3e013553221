"""Over HTTP: what a release would change, earlier releases, back to one of them, two compared."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from ecp.edge.problems import Problem
from ecp.kube.hiding import without_secrets
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import Mode, Release, Wish
from ecp.orchestrator.releases import judging, usecases
from ecp.orchestrator.releases.routes import answered, standing_of, wish_of
from ecp.orchestrator.releases.schemas import (
    MAX_WAIT_S,
    Difference,
    How,
    history_json,
    message_json,
    steps_json,
)
from ecp.texts import Language

router = APIRouter(prefix="/api/v1/tenants", tags=["releases"])
releases = APIRouter(prefix="/api/v1/releases", tags=["releases"])
Revision = Annotated[int, Path(ge=1, le=2**31 - 1)]
DeploymentId = Annotated[str, Path(max_length=40, description="sim-deploy-12, or 12")]
_PREFIX = "sim-deploy-"


# -- differences ----------------------------------------------------------------------------------


@router.post("/{tenant_id}/diff")
async def difference(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    wanted: Difference | None = None,
) -> dict[str, Any]:
    """What a deploy would change on the cluster, object by object and field by field.

    The server's own dry run says it: created, changed, unchanged, refused and why; then what would
    be removed. Values of secrets are not told. Nothing is written. `tenant_exists`: whether there
    is that tenant; a deploy would make it.
    """
    asked = wanted or Difference.model_validate({})
    wish = wish_of(asked, await records.settings())
    exists = await records.tenant(tenant_id) is not None
    found = await house.workflow.compare(mode, tenant_id, wish, language)
    return {**found, "tenant_exists": exists}


@router.get("/{tenant_id}/diff")
async def difference_of_the_last(
    tenant_id: str, house: Asked, mode: InMode, records: Records, language: Spoken
) -> dict[str, Any]:
    """What a deploy of the tenant's last valid manifest would change; see POST."""
    await usecases.known(records, tenant_id)
    wish = wish_of(Difference.model_validate({}), await records.settings())
    found = await house.workflow.compare(mode, tenant_id, wish, language)
    return {**found, "tenant_exists": True}


# -- history --------------------------------------------------------------------------------------


@router.get("/{tenant_id}/releases")
async def history(
    tenant_id: str,
    records: Records,
    language: Spoken,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """The tenant's releases, the newest first."""
    await usecases.known(records, tenant_id)
    rows, total = await records.history.some(tenant_id, skip, limit)
    return {
        "tenant_id": tenant_id,
        "releases": [history_json(row, language) for row in rows],
        "total": total,
        "skip": skip,
        "limit": limit,
    }


@router.get("/{tenant_id}/releases/compare")
async def compare(
    tenant_id: str,
    records: Records,
    one: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)],
    other: Annotated[int, Query(alias="to", ge=1, le=2**31 - 1)],
) -> dict[str, Any]:
    """What revision `to` has differently from revision `from`: objects, options, how they went."""
    await usecases.known(records, tenant_id)
    first = await usecases.required(records, tenant_id, one)
    second = await usecases.required(records, tenant_id, other)
    return await usecases.compared(records, first, second)


@router.get("/{tenant_id}/releases/{revision}")
async def one_release(
    tenant_id: str,
    revision: Revision,
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    objects: Annotated[bool, Query(description="with its objects, secrets hidden")] = False,
) -> dict[str, Any]:
    """One release: its waves and steps, its gate, what was said of it, its start-up."""
    await usecases.known(records, tenant_id)
    release = await usecases.required(records, tenant_id, revision)
    return await _shown(house, mode, release, language, objects=objects)


@router.post("/{tenant_id}/releases/{revision}/rollback")
async def rollback(
    tenant_id: str,
    revision: Revision,
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    response: Response,
    how: How | None = None,
    wait: Annotated[str | None, Query(pattern="^ready$")] = None,
    timeout: Annotated[float, Query(ge=0, le=MAX_WAIT_S)] = 600,
) -> dict[str, Any]:
    """Back to a revision: what it was is applied once more, as a new one with the same digest.

    What came after it is pruned, but for data and what has no namespace.
    """
    await usecases.known(records, tenant_id)
    wish = Wish(**(how or How.model_validate({})).model_dump())
    done = await house.workflow.rollback(mode, tenant_id, revision, wish)
    return await answered(
        house, mode, language, await records.settings(), done, response,
        wait=timeout if wait == "ready" else None, at_once=False,
    )  # fmt: skip


@releases.get("/{deployment_id}")
async def by_id(
    deployment_id: DeploymentId, house: Asked, mode: InMode, records: Records, language: Spoken
) -> dict[str, Any]:
    """One release by its deployment id."""
    release = await found(records, deployment_id)
    return await _shown(house, mode, release, language, objects=False)


async def found(records: Storage, deployment_id: str) -> Release:
    """Return the release of a deployment id. Raises Problem 404."""
    number = deployment_id.removeprefix(_PREFIX)
    release = None
    if number.isdecimal() and number.isascii() and len(number) < 19:
        release = await records.release(int(number))
    if release is None:
        raise Problem(404, "RELEASE_NOT_FOUND", "release.unknown", id=deployment_id[:80])
    return release


async def _shown(
    house: House, mode: Mode, release: Release, language: Language, *, objects: bool
) -> dict[str, Any]:
    records = await house.storage(mode)
    try:
        startup = await _startup(house, mode, release, language)
    except Problem:
        startup = release.startup  # the cluster is away for the moment: what is kept is told
    steps = await records.steps(release.id)
    said = await records.history.said(release.id)
    bodies = [step.body for step in steps if step.body is not None]
    standing = await standing_of(records, release, startup, language)
    return {
        **history_json(release, language),
        **standing,
        "steps": steps_json(steps),
        "startup": judging.in_words(release.startup, language) or None,
        "messages": [message_json(release, message) for message in said],
        **({"objects": without_secrets(bodies)} if objects else {}),
    }


async def stood(
    house: House, mode: Mode, release: Release, language: Language
) -> Mapping[str, Any]:
    """Return how a release stands now, as its streams show it."""
    records = await house.storage(mode)
    startup = await _startup(house, mode, release, language)
    standing = await standing_of(records, release, startup, language)
    return {name: value for name, value in standing.items() if name != "logs"}


async def _startup(
    house: House, mode: Mode, release: Release, language: Language
) -> Mapping[str, Any]:
    """Return the start-up of a release, as it is now while it is on its way. Raises Problem."""
    tenant = await (await house.storage(mode)).tenant(release.tenant_id)
    if tenant is not None and release.phase in ("applying", "progressing"):
        return await house.workflow.judge(mode, tenant, release, language)
    return release.startup
