"""What a store keeps of secrets: sealed in its tables and backups, open to who asks by its key."""

import asyncio
import gzip
import io
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from ecp.orchestrator.adapters import backups, migrating
from ecp.orchestrator.adapters.connecting import driven
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.notifying import revealed
from ecp.orchestrator.adapters.sealing import KEY_FILE, Seals, has_secret, reseal
from ecp.orchestrator.adapters.tables import METADATA
from ecp.orchestrator.ports import SEALED, KeyUnusable, NotTold, SealLost
from ecp.orchestrator.records import AlertRoute, Answered, Manifest, Ref, Registry, Step, Tenant

WORD = "correct-horse-battery"
MANIFEST = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{a: {WORD}}}\n"
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "a"},
    "stringData": {"a": WORD},
}
PLAIN = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "seen"}}
FIRST, SECOND = "1" * 32, "2" * 40
TABLES = ("alert_routes", "answers", "image_registries", "manifests", "release_steps", "rehearsals")


def used(place: str, seals: Seals | None, use: Callable[[Database], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        database = Database(place, seals)
        try:
            await database.open()
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(whole())


def at(place: str, work: Callable[[Connection], Any]) -> Any:
    async def whole() -> Any:
        engine = create_async_engine(driven(place))
        try:
            return await migrating.alone(engine, work)
        finally:
            await engine.dispose()

    return asyncio.run(whole())


async def fill(db: Database) -> None:
    await db.add_tenant(Tenant("acme", "", "acme-ecp-ai", None, {"ta": 1}, {}, 995_000, "", 7))
    await db.images.keep_registry(Registry("mirror", "h:5000", "", "", "robot", WORD, 1))
    await db.images.keep_registry(Registry("other", "h", "", "", "robot", "env:WORD", 1))
    await db.alerts.add_route(
        AlertRoute(0, "a", "webhook", f"https://h.example/{WORD}", "", "", "info", "ko", True, True,
                   True, 1)
    )  # fmt: skip
    await db.keep_manifest(Manifest("acme", "sha256:1", MANIFEST, "given", True, 1))
    refs = [Ref("v1", kind, "acme-ecp-ai", "a") for kind in ("Secret", "ConfigMap")]
    steps = [Step(n, "apply", refs[n], body) for n, body in enumerate((SECRET, PLAIN))]
    await db.open_release("acme", "sha256:1", {}, steps, began=1, now=1)
    answer = Answered("x", 200, "application/json", MANIFEST.encode())
    await db.keep_answer("k", answer, now=1, kept_ns=10)


async def seen(db: Database) -> list[Any]:
    (release,) = await db.releases_in("applying")
    manifest, answer = await db.manifest("acme", "sha256:1"), await db.answered("k", 0)
    return [
        [row.password for row in await db.images.registries()],
        [row.target for row in await db.alerts.routes()],
        manifest and manifest.text,
        [step.body for step in await db.steps(release.id)],
        answer and answer.body,
    ]


WHOLE = [[WORD, "env:WORD"], [f"https://h.example/{WORD}"], MANIFEST, [SECRET, PLAIN],
         MANIFEST.encode()]  # fmt: skip


def rows(connection: Connection) -> str:
    return repr([connection.execute(text(f"SELECT * FROM {name}")).all() for name in TABLES])


def backed_up(connection: Connection) -> str:
    out = io.BytesIO()
    backups.back_up(connection, out, now=0)
    return gzip.decompress(out.getvalue()).decode()


def test_tables_and_backups_have_no_secret_in_plain_and_who_asks_has(
    place: str, tmp_path: Path
) -> None:
    seals = Seals(tmp_path / "own", {})
    used(place, seals, fill)
    assert used(place, seals, seen) == WHOLE
    for kept in (at(place, rows), at(place, backed_up)):
        assert WORD not in kept
        assert "seen" in kept
        assert "env:WORD" in kept
        assert kept.count(SEALED) >= 4  # bytes are base64 in a backup
    assert (tmp_path / "own" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_could_read_is_made_ones_own(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"k" * 32)
    (tmp_path / KEY_FILE).chmod(0o644)
    Seals(tmp_path, {}).sealed("a")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_is_changed_without_losing_anything(place: str, tmp_path: Path) -> None:
    """In plain, from an older version; then three keys, one after another."""
    used(place, None, fill)
    assert WORD in at(place, rows)
    before: dict[str, str] = {}
    for number, key in enumerate((None, FIRST, SECOND)):
        said = {} if key is None else {"ECP_SECRET_KEY": key}
        seals = Seals(tmp_path, {**said, **before})
        assert used(place, seals, seen) == WHOLE
        counts = at(place, partial(reseal, seals=seals, tables=METADATA.tables))
        # One that is sealed already is sealed anew: nobody sees which key it has.
        assert {name: n for name, n in counts.items() if n} == {
            "alert_routes": 1, "answers": 1, "image_registries": 1, "manifests": 1,
            "release_steps": 1,
        }, number  # fmt: skip
        assert WORD not in at(place, rows)
        before = {} if key is None else {"ECP_SECRET_KEY_OLD": key}
    alone = Seals(tmp_path / "elsewhere", {"ECP_SECRET_KEY": SECOND})
    assert used(place, alone, seen) == WHOLE


def test_without_its_key_lists_go_on_and_use_says_what_is_wrong(place: str, tmp_path: Path) -> None:
    used(place, Seals(tmp_path, {"ECP_SECRET_KEY": FIRST}), fill)
    lost = Seals(tmp_path / "new", {"ECP_SECRET_KEY": SECOND})

    async def listed(db: Database) -> Any:
        registries, routes = await db.images.registries(), await db.alerts.routes()
        with pytest.raises(SealLost):
            await db.manifest("acme", "sha256:1")
        with pytest.raises(SealLost):
            await seen(db)
        return [registries[0].password, routes[0].target]

    for word in used(place, lost, listed):
        assert word.startswith(SEALED)
        with pytest.raises(NotTold, match="ECP_SECRET_KEY_OLD") as told:
            revealed("webhook", word)
        assert told.value.lasting
    kept = at(place, rows)
    with pytest.raises(SealLost):
        at(place, lambda it: reseal(it, lost, METADATA.tables))
    assert at(place, rows) == kept


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"ECP_SECRET_KEY": "short"}, "ECP_SECRET_KEY: 5 characters, at least 32"),
        ({"ECP_SECRET_KEY_OLD": "short"}, "ECP_SECRET_KEY_OLD: 5 characters"),
        ({"ECP_SECRET_KEY_FILE": "/nowhere/key"}, "ECP_SECRET_KEY_FILE: /nowhere/key: No such"),
    ],
    ids=["too short", "the old one too short", "its file is not there"],
)
def test_a_key_that_cannot_be_one_is_refused(
    said: dict[str, str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyUnusable, match=words):
        Seals(tmp_path, said).sealed("a")


@pytest.mark.parametrize(
    "manifest",
    ["kind: Secret", '{"kind":"Secret"}', '{"kind": "Secret"}', 'kind: "Secret"',
     '{\\"kind\\": \\"Secret\\"}', "kind:   'Secret'"],
)  # fmt: skip
def test_a_secret_is_found_however_it_is_written(manifest: str) -> None:
    assert has_secret(manifest)
    assert not has_secret(manifest.replace("Secret", "SecretList1"))
