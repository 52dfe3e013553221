"""Try the addresses of the settings for real: who answers, how fast, or why nobody does."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    Feed,
    FeedLost,
    House,
    NoAccess,
)
from ecp.orchestrator.settings import model
from ecp.texts import Language, text

_PATIENCE_S: Final = 6.0
_SILENT: Final = "Timeout"
"""How the name of an error ends that says only that nobody answered in time."""
_KNOWN: Final = ("refused", "host", "tls")
"""What keeps an answer away and has words of its own."""
_LISTENED_S: Final = 0.1
"""Long enough for a refusal to come; news may take a minute."""


async def tried(house: House, urls: dict[str, str], language: Language) -> dict[str, Any]:
    """Ask every address at once; return what answered under each setting."""
    rows = await asyncio.gather(*(_tried(house, name, url, language) for name, url in urls.items()))
    return {"ok": all(row["ok"] for row in rows), "connections": list(rows)}


async def feeds_tried(feeds: Mapping[str, Feed], language: Language) -> list[dict[str, Any]]:
    """Listen to every feed that the environment names, for a moment."""
    return [await _heard(name, feed, language) for name, feed in feeds.items()]


async def target_tried(
    house: House, settings: Mapping[str, Any], language: Language
) -> list[dict[str, Any]]:
    """Ask the real cluster that settings wish for, as its user; nothing for the simulated one."""
    row: dict[str, Any] = {
        "setting": "clusterUrl" if settings.get("clusterUrl") else "kubeconfig",
        "url": str(settings.get("clusterUrl") or settings.get("kubeconfig") or "-"),
        "ok": False,
        "answered_by": None,
        "status": None,
        "milliseconds": None,
    }
    row["asked"] = row["url"]
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            found = await house.try_target(settings)
    except NoAccess as error:
        said = text(error.key, language, **error.values)
        return [row | {"message": said, "remedy": text("connection.remedy.cluster", language)}]
    except ClusterRefused as error:
        said = text("connection.user", language, url=row["url"], status=error.code, detail=error)
        remedy = text("connection.remedy.user", language)
        return [row | {"status": error.code, "message": said, "remedy": remedy}]
    except (ClusterUnreachable, TimeoutError) as error:
        where = error.url if isinstance(error, ClusterUnreachable) else row["url"]
        found_not = _unreached(where, error, begun, language, "cluster")
        return [row | {"asked": where} | found_not]
    if found is None:
        return []
    name, version = found
    took = round(1000 * (time.perf_counter() - begun), 1)
    who = f"{name} (Kubernetes {version})"
    said = text("connection.ok", language, who=who, milliseconds=took)
    row |= {"ok": True, "answered_by": who, "status": 200, "milliseconds": took}
    return [{**row, "message": said, "remedy": None}]


def _unreached(
    url: str, error: Exception, begun: float, language: Language, what: str = "none"
) -> dict[str, str]:
    """Say what kept an answer of *url* away and what helps, of *what* (`none`, `cluster`)."""
    obstacle = error.obstacle if isinstance(error, ClusterUnreachable) else ""
    key = obstacle if obstacle in _KNOWN else "none"
    said = text(f"connection.{key}", language, url=url, detail=_why(error, begun, language))
    helps = {"host": "host", "tls": f"tls.{what}"}.get(key, what)
    return {"message": said, "remedy": text(f"connection.remedy.{helps}", language)}


def _why(error: Exception, begun: float, language: Language) -> str:
    """Say why nothing came; of who kept silent, for how long it was waited."""
    said = error.detail if isinstance(error, ClusterUnreachable) else str(error)
    if isinstance(error, TimeoutError) or said.endswith(_SILENT):
        seconds = max(1, round(time.perf_counter() - begun))
        return text("connection.silent", language, seconds=seconds)
    return said


async def _heard(name: str, feed: Feed, language: Language) -> dict[str, Any]:
    row: dict[str, Any] = {
        "setting": name,
        "url": feed.url,
        "asked": feed.url,
        "ok": False,
        "answered_by": None,
        "status": None,
    }
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await feed.begin({})
            await feed.hear(_LISTENED_S)
    except (FeedLost, TimeoutError) as error:
        why = _why(error, begun, language)
        said = text("connection.none", language, url=feed.url, detail=why)
        remedy = text("connection.remedy.none", language)
        return {**row, "milliseconds": None, "message": said, "remedy": remedy}
    finally:
        await feed.close()
    took = round(1000 * (time.perf_counter() - begun), 1)
    said = text("connection.ok", language, who=feed.name, milliseconds=took)
    row |= {"ok": True, "answered_by": feed.name, "milliseconds": took}
    return {**row, "message": said, "remedy": None}


async def _tried(house: House, name: str, url: str, language: Language) -> dict[str, Any]:
    asked = url.rstrip("/") + model.ASKED[name]
    row: dict[str, Any] = {
        "setting": name,
        "url": url,
        "asked": asked,
        "ok": False,
        "answered_by": None,
        "status": None,
        "milliseconds": None,
    }
    begun = time.perf_counter()
    try:
        reached = await house.reach(asked)
    except ClusterUnreachable as error:
        return row | _unreached(asked, error, begun, language)
    took = round(1000 * (time.perf_counter() - begun), 1)
    row |= {"status": reached.status, "milliseconds": took}
    who = model.recognised(name, reached)
    if who is not None:
        said = text("connection.ok", language, who=who, milliseconds=took)
        return {**row, "ok": True, "answered_by": who, "message": said, "remedy": None}
    media = reached.media or "-"
    said = text("connection.other", language, url=asked, status=reached.status, media=media)
    return {**row, "message": said, "remedy": text(f"connection.remedy.{name}", language)}
