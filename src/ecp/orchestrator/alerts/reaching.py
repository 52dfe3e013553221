"""Whom alerts reach: the routes by which they are told, and trying one."""

import time
from collections.abc import Mapping
from typing import Any

from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339
from ecp.orchestrator.alerts import model, wording
from ecp.orchestrator.ports import SEALED, House, NotTold, Storage
from ecp.orchestrator.records import Alert, AlertRoute, Delivery
from ecp.texts import Language, text

_SECOND = 1_000_000_000
_WEBHOOKS = ("webhook", "naver-works", "dooray", "jandi")


async def routes(storage: Storage) -> dict[str, Any]:
    """Return the routes, their targets masked."""
    return {"routes": [shown_route(route) for route in await storage.alerts.routes()]}


def shown_route(route: AlertRoute) -> dict[str, Any]:
    """Return a route as it may be seen: nobody reads its target back."""
    shown = {**route._asdict(), "created_at": rfc3339(route.created_at)}
    target = route.target
    shown["target"] = target if _addresses(route) else model.masked(target)
    return shown


def _addresses(route: AlertRoute) -> bool:
    return route.kind == "email" and "://" not in route.target


async def add_route(house: House, storage: Storage, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a new route. Raises Problem 422 for a target that its kind cannot have, 404."""
    if given["target"] is None:
        raise Problem(422, "INVALID_ROUTE", "alert.route.no-target")
    await check_route(storage, given)
    route = AlertRoute(0, **given, created_at=house.now())
    kept = await storage.alerts.add_route(route)
    house.watch.moved()
    return shown_route(kept)


async def change_route(
    house: House, storage: Storage, route_id: int, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a route; without a target it keeps the one that it has. Raises Problem."""
    before = await _route(storage, route_id)
    wanted = {**given, "target": given["target"] or before.target}
    await check_route(storage, wanted)
    route = before._replace(**wanted)
    await storage.alerts.change_route(route)
    house.watch.moved()
    return shown_route(route)


async def remove_route(storage: Storage, route_id: int) -> dict[str, Any]:
    """Tell a route nothing any more. Raises Problem 404."""
    if not await storage.alerts.remove_route(route_id):
        raise Problem(404, "ROUTE_NOT_FOUND", "alert.route.not-found", id=route_id)
    return {"id": route_id, "removed": True}


async def _route(storage: Storage, route_id: int) -> AlertRoute:
    found = next((r for r in await storage.alerts.routes() if r.id == route_id), None)
    if found is None:
        raise Problem(404, "ROUTE_NOT_FOUND", "alert.route.not-found", id=route_id)
    return found


async def check_route(storage: Storage, given: Mapping[str, Any]) -> None:
    """Raise Problem 422 for a target that its kind cannot have, 404 for a tenant that is none."""
    kind, target, tenant_id = given["kind"], given["target"], given["tenant_id"]
    if tenant_id and await storage.tenant(tenant_id) is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    if target.startswith(SEALED):
        raise Problem(409, "SECRET_LOST", "secret.lost")
    if target.startswith("env:"):
        good = target.removeprefix("env:").isidentifier()
    elif kind in _WEBHOOKS:
        good = target.startswith(("http://", "https://"))
    elif kind == "email":
        good = target.startswith(("mailto://", "mailtos://")) or all(
            "@" in address for address in target.split(",")
        )
    else:
        good = "://" in target
    if not good:
        raise Problem(422, "INVALID_ROUTE", f"alert.route.bad-target.{_sort(kind)}", kind=kind)


def _sort(kind: str) -> str:
    return "webhook" if kind in _WEBHOOKS else "email" if kind == "email" else "apprise"


async def try_route(
    house: House, storage: Storage, route_id: int, language: Language
) -> dict[str, Any]:
    """Tell a route something made up, for real; return what it answered and how fast."""
    route = await _route(storage, route_id)
    now = house.now()
    alert = Alert(
        0,
        model.fingerprint(route.tenant_id, "test", ""),
        route.tenant_id or "-",
        "test",
        "",
        route.severity,
        "firing",
        {},
        {},
        False,
        "",
        now,
        now,
    )
    delivery = Delivery(now // _SECOND, 0, route.id, route.severity, "sending", 1, now, None, "")
    began = time.perf_counter()
    try:
        detail = await house.notifier.tell(wording.telling(alert, route, delivery))
    except NotTold as error:
        ok, detail = False, error.detail
    else:
        ok = True
    took = round(1000 * (time.perf_counter() - began), 1)
    key = "alert.route.told" if ok else "alert.route.not-told"
    return {
        "id": route_id,
        "ok": ok,
        "milliseconds": took,
        "detail": detail,
        "message": text(key, language, name=route.name, detail=detail),
    }
