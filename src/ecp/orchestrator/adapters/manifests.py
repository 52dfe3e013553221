"""Manifests in one mode's database."""

from functools import lru_cache
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.dialects import postgresql, sqlite

from ecp.orchestrator.adapters.connecting import Connected
from ecp.orchestrator.adapters.tables import MANIFESTS
from ecp.orchestrator.records import Manifest


class Manifests(Connected):
    """The manifests of `ports.Storage`."""

    async def keep_manifest(self, manifest: Manifest) -> None:
        values = {
            "tenant_id": manifest.tenant_id,
            "digest": manifest.digest,
            "text": manifest.text,
            "source": manifest.source,
            "valid": manifest.valid,
            "kept_at": manifest.kept_at,
        }
        await self._written(lambda at: at.execute(_keeping(at.dialect.name), values).close())

    async def manifest(self, tenant_id: str, digest: str) -> Manifest | None:
        return await self._manifest(
            and_(MANIFESTS.c.tenant_id == tenant_id, MANIFESTS.c.digest == digest)
        )

    async def last_valid_manifest(self, tenant_id: str) -> Manifest | None:
        return await self._manifest(
            and_(MANIFESTS.c.tenant_id == tenant_id, MANIFESTS.c.valid.is_(True))
        )

    async def _manifest(self, which: Any) -> Manifest | None:
        async with self._reading() as connection:
            found = await connection.execute(
                select(MANIFESTS).where(which).order_by(MANIFESTS.c.kept_at.desc()).limit(1)
            )
            row = found.mappings().first()
        return None if row is None else Manifest(**row)


@lru_cache(maxsize=2)
def _keeping(dialect: str) -> Any:
    """Keep a manifest, or keep it anew; SQLite and PostgreSQL spell it alike."""
    adding = (sqlite if dialect == "sqlite" else postgresql).insert(MANIFESTS)
    changed = {name: adding.excluded[name] for name in ("source", "valid", "kept_at")}
    return adding.on_conflict_do_update(index_elements=["tenant_id", "digest"], set_=changed)
