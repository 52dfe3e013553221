"""Registries and versions of images in one mode's database."""

import os

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ecp.orchestrator.adapters.levels import AtOnce
from ecp.orchestrator.adapters.playbook import Connecting
from ecp.orchestrator.adapters.tables_images import IMAGE_VERSIONS, REGISTRIES
from ecp.orchestrator.ports import SEALED, SealLost
from ecp.orchestrator.records import ImageVersion, Registry

_REGISTRY = [REGISTRIES.c[name] for name in Registry._fields]
_VERSION = [IMAGE_VERSIONS.c[name] for name in ImageVersion._fields]


class Images:
    """Fulfils `ports.ImageBook` over a database's connections. All raise StorageFailed."""

    def __init__(self, at_once: AtOnce, transaction: Connecting) -> None:
        self._at_once, self._transaction = at_once, transaction

    async def registries(self) -> list[Registry]:
        wanted = select(*_REGISTRY).order_by(REGISTRIES.c.name)

        def found(connection: Connection) -> list[Registry]:
            return [Registry(*row) for row in connection.execute(wanted)]

        return await self._at_once(found)

    async def registry(self, name: str) -> Registry | None:
        wanted = select(*_REGISTRY).where(REGISTRIES.c.name == name)

        def found(connection: Connection) -> Registry | None:
            row = connection.execute(wanted).first()
            return None if row is None else Registry(*row)

        return await self._at_once(found)

    async def keep_registry(self, registry: Registry) -> bool:
        """Keep a registry in the place of one of its name; False where it is new."""
        gone = delete(REGISTRIES).where(REGISTRIES.c.name == registry.name)
        async with self._transaction() as connection:
            replaced = (await connection.execute(gone)).rowcount > 0
            await connection.execute(insert(REGISTRIES).values(registry._asdict()))
        return replaced

    async def remove_registry(self, name: str) -> bool:
        async with self._transaction() as connection:
            gone = await connection.execute(delete(REGISTRIES).where(REGISTRIES.c.name == name))
        return gone.rowcount > 0

    def password(self, registry: Registry) -> str:
        said = registry.password
        if said.startswith(SEALED):
            raise SealLost()
        return os.environ.get(said[4:], "") if said.startswith("env:") else said

    async def add_version(self, version: ImageVersion) -> bool:
        """Keep a version of a service; False where it is kept already."""
        values = {name: value for name, value in version._asdict().items() if name != "id"}
        async with self._transaction() as connection:
            adding = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
            made = await connection.execute(
                adding(IMAGE_VERSIONS)
                .values(values)
                .on_conflict_do_nothing(index_elements=["service", "version"])
                .returning(IMAGE_VERSIONS.c.id)
            )
            return made.scalar() is not None

    async def remove_version(self, service: str, version: str) -> bool:
        of = (IMAGE_VERSIONS.c.service == service) & (IMAGE_VERSIONS.c.version == version)
        async with self._transaction() as connection:
            gone = await connection.execute(delete(IMAGE_VERSIONS).where(of))
        return gone.rowcount > 0

    async def version(self, service: str, version: str) -> ImageVersion | None:
        of = (IMAGE_VERSIONS.c.service == service) & (IMAGE_VERSIONS.c.version == version)
        wanted = select(*_VERSION).where(of)

        def found(connection: Connection) -> ImageVersion | None:
            row = connection.execute(wanted).first()
            return None if row is None else ImageVersion(*row)

        return await self._at_once(found)

    async def versions(
        self, service: str | None, skip: int, limit: int
    ) -> tuple[list[ImageVersion], int]:
        """Return some versions, by service, the newest first; and how many there are."""
        wanted = select(*_VERSION)
        if service is not None:
            wanted = wanted.where(IMAGE_VERSIONS.c.service == service)
        counted = select(func.count()).select_from(wanted.subquery())
        paged = wanted.order_by(IMAGE_VERSIONS.c.service, IMAGE_VERSIONS.c.id.desc())

        def found(connection: Connection) -> tuple[list[ImageVersion], int]:
            rows = connection.execute(paged.offset(skip).limit(limit))
            total = connection.execute(counted).scalar() or 0
            return [ImageVersion(*row) for row in rows], total

        return await self._at_once(found)
