"""A release is written down, before anything of it is sent: a new revision, or the last anew."""

from collections.abc import Mapping
from typing import Any

from ecp.orchestrator.carrying import SUPERSEDED
from ecp.orchestrator.following import refused, unreachable
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage
from ecp.orchestrator.records import ROLLBACK, Clock, Mode, Obj, Phase, Release, Tenant, Wish
from ecp.orchestrator.releases import gate, judging, model, usecases
from ecp.texts import Language


async def clock_of(house: House, mode: Mode) -> Clock:
    """Return the cluster's instant, and which cluster it is. Raises Problem 503, 502."""
    simulator = house.simulator(mode)
    try:
        await simulator.ensure()
        return await simulator.clock()
    except ClusterUnreachable as error:
        raise unreachable(error) from error
    except ClusterRefused as error:
        raise refused(error) from error


async def healed(
    storage: Storage, tenant: Tenant, digest: str, options: Mapping[str, Any], clock: Clock
) -> tuple[Release | None, bool]:
    """Return the last release where it has the *digest*: it is sent once more, which leaves what
    is as it should be untouched and heals what has drifted. None where it has another.

    What came up once, or is coming up, keeps when it began. What ended without that begins anew:
    its times are those of this attempt. Then whether the cluster began anew since the last one.
    """
    options = {**options, judging.INCARNATION: clock.incarnation}
    last = await storage.last_release(tenant.tenant_id)
    anew = last is not None and judging.began_anew(last, clock.incarnation)
    if last is None or last.digest != digest:
        return None, anew
    await storage.reopen_steps(last.id)
    options[judging.ATTEMPT] = last.options.get(judging.ATTEMPT, 1) + 1
    options[judging.SENT] = clock.now_ns
    begins = anew or judging.begins_anew(last)
    kept = (gate.GATE, ROLLBACK) if begins else (judging.APPLIED, gate.GATE, ROLLBACK)
    options |= {k: v for k, v in last.options.items() if k in kept}
    if begins:
        # Nothing of it is there, or nothing came of it: it begins now, and starts up from here.
        await storage.set_release(
            last.id, phase="applying", detail="", options=options, startup={}, began=clock.now_ns
        )
    else:
        await storage.set_release(last.id, phase="applying", detail="", options=options)
    await _unwanted(storage, tenant)
    return await storage.release(last.id), anew


async def opened(
    house: House,
    storage: Storage,
    tenant: Tenant,
    bundle: list[Obj],
    digest: str,
    options: Mapping[str, Any],
    clock: Clock,
    phase: Phase = "applying",
) -> Release:
    """Write a new revision down; those that were under way are no more, once it is sent."""
    brings_home = any(obj["kind"] == "Namespace" for obj in bundle)
    home = None if brings_home else model.namespace_object(tenant.tenant_id, tenant.namespace)
    standing = await storage.standing(tenant.tenant_id)
    steps = model.plan(bundle, standing, home, usecases.tiers())
    await _unwanted(storage, tenant)
    release = await storage.open_release(
        tenant.tenant_id,
        digest,
        {**options, judging.INCARNATION: clock.incarnation},
        steps,
        began=clock.now_ns,
        now=house.now(),
        phase=phase,
    )
    if phase == "applying":
        await storage.history.supersede(tenant.tenant_id, release.id, SUPERSEDED)
    return release


async def _unwanted(storage: Storage, tenant: Tenant) -> None:
    """Say of releases that are only rehearsed that they are not wanted any more."""
    for earlier in await storage.history.unsent(tenant.tenant_id):
        await storage.set_release(earlier.id, phase="blocked", detail=SUPERSEDED)


async def gated(
    house: House, mode: Mode, tenant: Tenant, bundle: list[Obj], wish: Wish, language: Language
) -> dict[str, Any]:
    """Begin to rehearse what is to be sent; return what the release keeps of it, {} for none.

    Raises Problem 422 for a rehearsal that cannot be.
    """
    asked = wish.rehearse
    if asked is None or asked["policy"] == gate.NONE:
        return {}
    given = gate.scenario(tenant, bundle, asked, house.simulator(mode).copied)
    row = await house.rehearsals.take_on(mode, given, language)
    return {gate.GATE: gate.begun(asked, row)}


# -- what is kept of a wish -----------------------------------------------------------------------


def options_of(wish: Wish) -> dict[str, Any]:
    """Return what a release keeps of a wish."""
    return {
        "include_monitoring": wish.include_monitoring,
        "enable_sla_tracking": wish.enable_sla_tracking,
        "failure_scenarios": wish.failure_scenarios,
        "failure_rates": wish.failure_rates,
        **how(wish),
    }


def how(wish: Wish) -> dict[str, Any]:
    """Return how a release is sent: what a rollback says anew."""
    return {
        "waves": wish.waves,
        "wave_timeout_s": wish.wave_timeout_s,
        "on_failure": wish.on_failure,
        **({"burn": dict(wish.burn)} if wish.burn is not None else {}),
    }


def lasting(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a revision's options holds again after a rollback to it."""
    names = (
        "manifest", "include_monitoring", "enable_sla_tracking", "failure_scenarios",
        "failure_rates", "versions",
    )  # fmt: skip
    return {name: options[name] for name in names if name in options}
