"""What a database keeps of secrets: sealed on its way in, opened on its way out.

Columns of the types below are read and written in plain by who asks, and are sealed in the tables,
in their backups and in whatever else copies them. What is sealed is a text: `sealed:` and a Fernet
token (AES-128-CBC and HMAC-SHA256; source: github.com/fernet/spec). Each database has the key on
its dialect (`use`); without one, as in tests of other things, nothing is sealed.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    JSON,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    Table,
    Text,
    select,
    update,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeDecorator

from ecp.orchestrator.ports import SEALED, KeyUnusable, SealLost

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

KEY_FILE: Final = "secret.key"
_PURPOSE: Final = b"ecp/seal/1"
_LEAST: Final = 32
# Also in YAML within JSON, and in JSON within that.
_SECRET: Final = re.compile(r"kind\W{1,8}Secret\b")
_WRAPPED: Final = "sealed"


class Seals:
    """Seals and opens with the keys that there are; the first seals.

    First ECP_SECRET_KEY or what ECP_SECRET_KEY_FILE names, then ECP_SECRET_KEY_OLD, then the key of
    the data folder, which is made where there is none. A key is at least 32 characters.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._folder, self._environment = folder, environment

    @cached_property
    def _fernet(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet

        keys = [hmac.digest(key, _PURPOSE, hashlib.sha256) for key in self._keys()]
        return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])

    def _keys(self) -> Iterator[bytes]:
        said = self._environment
        path = said.get("ECP_SECRET_KEY_FILE", "")
        if said.get("ECP_SECRET_KEY"):
            yield _long(said["ECP_SECRET_KEY"].encode(), "ECP_SECRET_KEY")
        elif path:
            try:
                yield _long(Path(path).read_bytes().strip(), "ECP_SECRET_KEY_FILE")
            except OSError as error:
                detail = f"{path}: {error.strerror or error}"
                raise KeyUnusable("ECP_SECRET_KEY_FILE", detail) from error
        if said.get("ECP_SECRET_KEY_OLD"):
            yield _long(said["ECP_SECRET_KEY_OLD"].encode(), "ECP_SECRET_KEY_OLD")
        try:
            yield key_in(self._folder)
        except OSError as error:
            raise KeyUnusable(str(self._folder / KEY_FILE), error.strerror or str(error)) from error

    def sealed(self, text: str) -> str:
        """Return a text sealed. Raises KeyUnusable."""
        return SEALED + self._fernet.encrypt(text.encode()).decode()

    def opened(self, text: str) -> str:
        """Return what was sealed; a text that is not sealed as it is. Raises SealLost."""
        if not text.startswith(SEALED):
            return text
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(text.removeprefix(SEALED)).decode()
        except InvalidToken as error:
            raise SealLost() from error


def _long(key: bytes, name: str) -> bytes:
    if len(key) < _LEAST:
        raise KeyUnusable(name, f"{len(key)} characters, at least {_LEAST} are needed")
    return key


def key_in(folder: Path) -> bytes:
    """Return the key that is kept in *folder*; a whole one appears at once or not at all.

    Nobody but its owner may read the file. Raises OSError.
    """
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"secret.{uuid.uuid4()}"
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first: its key is the one
        finally:
            fresh.unlink()
    status = path.stat()
    if stat.S_IMODE(status.st_mode) & 0o077 and status.st_uid == os.geteuid():
        path.chmod(0o600)
    return path.read_bytes()


# -- columns --------------------------------------------------------------------------------------


def use(engine: Engine, seals: Seals | None) -> None:
    """Let an engine's sealed columns be sealed by *seals*."""
    engine.dialect.ecp_seals = seals  # type: ignore[attr-defined]


def _of(dialect: Dialect) -> Seals | None:
    found: Seals | None = getattr(dialect, "ecp_seals", None)
    return found


class SealedText(TypeDecorator[str]):
    """A password, or an address with one. What names a variable (`env:NAME`) is no secret.

    Who reads one that cannot be opened gets it as it is kept: it can be replaced, and says so where
    it is used.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        seals = _of(dialect)
        if seals is None or value is None or not is_secret(value):
            return value
        return seals.sealed(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        seals = _of(dialect)
        if seals is None or value is None:
            return value
        try:
            return seals.opened(value)
        except SealLost:
            return value


class SealedManifest(TypeDecorator[str]):
    """The text of a manifest: sealed where it has a Secret. Reading raises SealLost."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        seals = _of(dialect)
        if seals is None or value is None or not has_secret(value):
            return value
        return seals.sealed(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        seals = _of(dialect)
        return value if seals is None or value is None else seals.opened(value)


class SealedBytes(TypeDecorator[bytes]):
    """An answer: sealed where a manifest with a Secret is in it. Reading raises SealLost."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        seals = _of(dialect)
        text = "" if seals is None or value is None else value.decode(errors="replace")
        if seals is None or not has_secret(text):
            return value
        return seals.sealed(text).encode()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        seals = _of(dialect)
        if seals is None or value is None or not value.startswith(SEALED.encode()):
            return value
        return seals.opened(value.decode()).encode()


class SealedObject(TypeDecorator[Any]):
    """An object as it is applied, or what has manifests in it: sealed where that is a Secret, or
    has one. Reading raises SealLost."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        seals = _of(dialect)
        if seals is None or not isinstance(value, dict):
            return value
        plain = _secret_in(value)
        return value if plain is None else {_WRAPPED: seals.sealed(plain)}

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        seals = _of(dialect)
        if seals is None or not isinstance(value, dict) or set(value) != {_WRAPPED}:
            return value
        return json.loads(seals.opened(value[_WRAPPED]))


def is_secret(text: str) -> bool:
    """Whether a password or an address is to be sealed."""
    return bool(text) and not text.startswith(("env:", SEALED))


def has_secret(manifest: str) -> bool:
    """Whether a manifest's text may have a Secret in it."""
    return _SECRET.search(manifest) is not None


def _secret_in(obj: Mapping[str, Any]) -> str | None:
    """Return an object as JSON where it is, or has, a Secret; None where not."""
    if "apiVersion" in obj and obj.get("kind") != "Secret":
        return None
    text = json.dumps(obj, ensure_ascii=False)
    return text if has_secret(text) else None


# -- all of them anew -----------------------------------------------------------------------------


def reseal(connection: Connection, seals: Seals, tables: Mapping[str, Table]) -> dict[str, int]:
    """Seal whatever *tables* keep of secrets with the first key, in a transaction without seals.

    Also what was kept in plain, by an older version. Returns how many there are of each table.
    Raises SealLost, naming the table, where a key is lost; nothing is changed then.
    """
    counts = {}
    for table in tables.values():
        for column in table.columns:
            if isinstance(column.type, SealedText | SealedManifest | SealedBytes | SealedObject):
                try:
                    counts[table.name] = _anew(connection, seals, table, column.name)
                except SealLost as lost:
                    raise SealLost(table.name) from lost
    return counts


def _anew(connection: Connection, seals: Seals, table: Table, name: str) -> int:
    kind = table.c[name].type
    assert isinstance(kind, TypeDecorator)
    keys, count = list(table.primary_key.columns), 0
    dialect = _Anew(seals)
    for row in connection.execute(select(*keys, table.c[name])).all():
        kept = row[-1]
        made = kind.process_bind_param(kind.process_result_value(kept, dialect), dialect)
        if isinstance(made, str) and made == kept and made.startswith(SEALED):
            raise SealLost(table.name)
        if made != kept:
            where = [key == value for key, value in zip(keys, row[:-1], strict=True)]
            connection.execute(update(table).where(*where).values({name: made}))
            count += 1
    return count


class _Anew(DefaultDialect):
    """Stands in for a database's dialect where values are sealed beside it."""

    def __init__(self, seals: Seals) -> None:
        super().__init__()
        self.ecp_seals = seals
