"""Where clusters are kept: the same of files and of a PostgreSQL database; what only rows have."""

import asyncio
import importlib.util
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.requests import Request
from ecp.sim.store.packing import DamagedSnapshot, pack
from ecp.simulator import hosting, journal
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.journal import DamagedJournal, Journal
from ecp.simulator.reopening import reopen
from ecp.simulator.rows import Database, without_password
from ecp.simulator.storage import Files, Store, Unusable


def _servers() -> ModuleType:
    place = Path(__file__).parents[1] / "orchestrator" / "stores.py"
    spec = importlib.util.spec_from_file_location("stores", place)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


servers = _servers()
STATE = {"store": {"tables": {}}, "n": 1}


@pytest.fixture(scope="module")
def url() -> str:
    lacking = servers.missing()
    if lacking:
        pytest.skip(lacking)
    return str(servers.postgresql())


@pytest.fixture
def rows(url: str) -> Iterator[Database]:
    """The database, as empty as a new one."""
    found = Database(url)
    found.open()
    for name in (*found.names(), "c"):
        found.shelf(name).remove()
    yield found
    found.close()


@pytest.fixture(params=["files", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "files":
        return Files(tmp_path)
    found: Database = request.getfixturevalue("rows")
    return found


def appended(store: Store, number: int, *records: dict[str, Any]) -> None:
    async def run() -> None:
        log = Journal(store.shelf("c").journal(number))
        for record in records:
            log.append(record)
            await log.commit()
        log.close()

    asyncio.run(run())


def read(store: Store, number: int) -> list[dict[str, Any]]:
    return list(journal.read(store.shelf("c").journal(number)))


def test_a_store_that_is_new_has_nothing(store: Store) -> None:
    shelf = store.shelf("c")
    assert (store.names(), shelf.newest(), shelf.labels(), shelf.lived_until()) == ([], None, [], 0)
    assert (shelf.kept("never"), read(store, 0)) == (None, [])


def test_the_newest_snapshot_is_what_was_saved_last(store: Store) -> None:
    shelf = store.shelf("c")
    shelf.save(9, pack(STATE))
    shelf.save(10, pack({**STATE, "n": 2}))
    shelf.save(10, pack({**STATE, "n": 3}))
    assert (store.names(), shelf.newest(), shelf.load(10)["n"]) == (["c"], 10, 3)


def test_a_damaged_snapshot_says_where_it_is(store: Store) -> None:
    shelf = store.shelf("c")
    shelf.save(1, pack(STATE)[:-2])
    with pytest.raises(DamagedSnapshot, match=r"snapshot.1.*cut short"):
        shelf.load(1)


def test_what_is_older_than_a_snapshot_goes_labels_stay(store: Store) -> None:
    shelf = store.shelf("c")
    for number in (1, 2):
        shelf.save(number, pack(STATE))
        appended(store, number, {"n": number})
    shelf.keep("before-it", b"a")
    shelf.drop_before(2)
    assert (shelf.newest(), read(store, 1), read(store, 2)) == (2, [], [{"n": 2}])
    with pytest.raises((OSError, DamagedSnapshot)):
        shelf.load(1)
    assert shelf.kept("before-it") == b"a"


def test_labels_are_kept_over_one_another_and_in_order(store: Store) -> None:
    shelf = store.shelf("c")
    for label, state in (("b", b"1"), ("a", b"2"), ("b", b"3")):
        shelf.keep(label, state)
    assert (shelf.labels(), shelf.kept("b"), shelf.kept("a")) == (["a", "b"], b"3", b"2")


def test_until_when_it_lived_is_what_was_noted_last(store: Store) -> None:
    shelf = store.shelf("c")
    shelf.note_lived(7)
    shelf.note_lived(1_800_000_000_000_000_000)
    assert store.shelf("c").lived_until() == 1_800_000_000_000_000_000


def test_a_removed_cluster_leaves_nothing_and_no_other_goes_with_it(store: Store) -> None:
    for name in ("c", "other"):
        store.shelf(name).save(1, pack(STATE))
    shelf = store.shelf("c")
    shelf.keep("a", b"1")
    shelf.note_lived(1)
    appended(store, 1, {"n": 1})
    shelf.remove()
    assert store.names() == ["other"]
    test_left = store.shelf("c")
    assert (test_left.labels(), test_left.lived_until(), read(store, 1)) == ([], 0, [])


def test_a_journal_goes_on_behind_what_is_there(store: Store) -> None:
    appended(store, 1, {"n": 1}, {"n": 2})
    appended(store, 1, {"n": 3})
    assert read(store, 1) == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize("saved_at", [1, 1 << 30], ids=["a snapshot at once", "the journal alone"])
def test_a_cluster_comes_back_as_it_was(
    store: Store, saved_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written beside the loop at every wish, or at none: the same cluster, the same clock."""
    monkeypatch.setattr(hosting, "_SNAPSHOT_AFTER_BYTES", saved_at)
    ticks = itertools.count(1_700_000_000_000_000_000, 5_000_000)
    spec = {"authorizationMode": "AlwaysAllow", **clusters.model("default")}

    async def run() -> tuple[int, int, int, list[str]]:
        first = ClusterDirectory(store, lambda: next(ticks))
        made = first.create("c", spec, seed=3, on_restart="resume")
        for number in range(4):
            body = {"metadata": {"name": f"m{number}"}}
            await made.submit(Request("create", kinds.CONFIGMAPS, "default", body=body))
            await asyncio.sleep(0.01)
            while made.saving.journal.size > saved_at:  # the loop has not come to it yet
                await asyncio.sleep(0.001)
        await made.keep("here")
        await made.act("pause")
        version, number = made.cluster.store.version, made.saving.number
        await made._cancel()  # and no snapshot: as one that is killed
        await made.saving.journal.settle()
        made.close()
        again = reopen("c", store, lambda: next(ticks))
        found = again.cluster.store.list(kinds.CONFIGMAPS)
        names = sorted(o["metadata"]["name"] for o in found if o["metadata"]["name"][0] == "m")
        assert again.pace.paused
        assert again.shelf.labels() == ["here"]
        kept = again.saving.kept("here", None)
        assert kept.store.version <= version
        again.close()
        return version, again.cluster.store.version, number, names

    version, found, number, names = asyncio.run(run())
    assert found == version
    assert names == [f"m{n}" for n in range(4)]
    assert (number > 1) == (saved_at == 1)


# -- rows alone -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        pytest.param("DELETE FROM ecp_journal WHERE at > 0 AND at < 20", "bytes, and", id="lost"),
        pytest.param(
            "UPDATE ecp_journal SET batch = set_byte(batch, 10, 0) WHERE at > 20",
            "damaged at byte",
            id="the last one altered",
        ),
        pytest.param(
            "UPDATE ecp_journal SET batch = set_byte(batch, 10, 0) WHERE at = 0",
            "damaged at byte",
            id="the first one altered",
        ),
    ],
)
def test_a_batch_is_whole_or_damaged_and_never_cut_off(
    rows: Database, harm: str, said: str
) -> None:
    appended(rows, 1, {"n": 1}, {"n": 2}, {"n": 3})
    rows.written(harm)
    with pytest.raises(DamagedJournal, match=said):
        Journal(rows.shelf("c").journal(1))


def test_a_second_simulator_is_not_let_in(
    rows: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rows_settings(), "lock_timeout", "20ms")
    with pytest.raises(Unusable) as found:
        Database(url).open()
    assert (found.value.key, found.value.code) == ("store.taken", 5)


def rows_settings() -> dict[str, str]:
    from ecp.simulator import rows

    return rows._SETTINGS


def lost(rows: Database, url: str) -> None:
    """Have the server end the store's connection; return when that is seen."""
    pid = rows.found("SELECT pg_backend_pid()")

    async def ended() -> None:
        import asyncpg

        other = await asyncpg.connect(url)
        await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        await other.close()

    asyncio.run(ended())
    connection = rows._connection
    assert connection is not None
    for _ in range(1_000):
        if connection.is_closed():
            return
        asyncio.run(asyncio.sleep(0.005))
    raise AssertionError("the end was not seen")


def test_a_connection_lost_while_nothing_was_asked_is_made_anew(rows: Database, url: str) -> None:
    rows.shelf("c").note_lived(5)
    lost(rows, url)
    assert rows.shelf("c").lived_until() == 5


def test_who_finds_that_another_was_here_meanwhile_writes_no_more(rows: Database, url: str) -> None:
    lost(rows, url)
    other = Database(url)
    other.open()
    other.close()
    for _ in range(2):
        with pytest.raises(OSError, match="another simulator has used this database") as found:
            rows.shelf("c").note_lived(1)
    assert found.value.filename == rows.place


def test_nothing_is_appended_before_a_snapshot(rows: Database) -> None:
    tape = rows.shelf("c").journal(1)
    tape.open(0)
    tape.write(journal.encode({"n": 1}))
    rows.shelf("c").save(2, pack(STATE))
    with pytest.raises(OSError, match="newer snapshot"):
        tape.write(journal.encode({"n": 2}))
    assert read(rows, 1) == [{"n": 1}]


def test_tables_of_a_newer_version_are_left_alone(rows: Database, url: str) -> None:
    rows.written("UPDATE ecp_store SET form = 99")
    rows.close()
    with pytest.raises(Unusable) as found:
        Database(url).open()
    assert (found.value.key, found.value.code) == ("store.newer", 5)
    rows._connection = None


@pytest.mark.parametrize(
    "wrong",
    ["postgresql://u:secret@127.0.0.1:1/x", "postgresql://u:secret@127.0.0.1:port/x"],
    ids=["nobody listens", "no port"],
)
def test_a_database_that_is_away_is_told_without_its_password(wrong: str) -> None:
    with pytest.raises(Unusable) as found:
        Database(wrong).open()
    assert (found.value.key, found.value.code) == ("store.away", 7)
    assert "secret" not in str(found.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h:5/d?sslmode=require", "postgresql://u@h:5/d"),
        ("postgresql://u:p%40@[::1]:5/d", "postgresql://u@[::1]:5/d"),
        ("postgresql://h/d", "postgresql://h/d"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
