"""`ecp db`: revisions, backups and what they refuse, on a file of SQLite."""

import sqlite3
from pathlib import Path

import pytest

from ecp.cli.main import main

CALLS = (
    ("current", 4, "no records yet"),
    ("upgrade 0001", 0, "0001"),
    ("current", 0, "0001"),
    ("downgrade 0000", 2, "--yes"),
    ("upgrade 9999", 1, "no such revision"),
    ("upgrade", 0, "00"),
    ("backup {}/one.ecp", 0, "1 tenants"),
    ("backup {}/one.ecp", 5, "nothing is written over"),
    ("backup {}/no/where.ecp", 1, "where.ecp"),
    ("restore {}/one.ecp", 5, "tenants"),
    ("restore {}/one.ecp --force", 0, "1 tenants"),
    ("restore {}/none.ecp", 1, "none.ecp"),
    ("downgrade base --yes", 0, "0"),
    ("restore {}/one.ecp", 0, "1 tenants"),
    ("backup {}/two.ecp -o json", 0, '"tenants": 1'),
)


def test_a_store_is_brought_up_backed_up_and_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ECP_LANG", "en")
    monkeypatch.delenv("ECP_DATABASE_URL", raising=False)
    for call, code, words in CALLS:
        if "one.ecp" in call and not (tmp_path / "one.ecp").exists():
            with sqlite3.connect(tmp_path / "orchestrator/production.db") as store:
                store.execute(
                    "INSERT INTO tenants (tenant_id, name, namespace, requirements, options,"
                    " target_ppm, description, created_at)"
                    " VALUES ('acme', 'a', 'a', '{}', '{}', 1, '', 1)"
                )
            store.close()
        monkeypatch.setattr("sys.argv", ["ecp", "db", *call.format(tmp_path).split()])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert ended.value.code == code, (call, said)
        assert words in said.out + said.err, (call, said)
        assert "Traceback" not in said.err
    kept = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert kept >= {"one.ecp", "two.ecp"}
    assert not [name for name in kept if name.startswith(".")]  # nothing half written


@pytest.mark.parametrize("call", ["backup {}/kept.ecp", "restore {}/b.ecp"])
def test_a_file_that_is_no_database_is_named_with_what_to_do(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ECP_LANG", "en")
    monkeypatch.delenv("ECP_DATABASE_URL", raising=False)
    damaged = tmp_path / "orchestrator/production.db"
    damaged.parent.mkdir()
    damaged.write_bytes(b"not a database " * 512)
    (tmp_path / "b.ecp").write_bytes(b"")
    monkeypatch.setattr("sys.argv", ["ecp", "db", *call.format(tmp_path).split()])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, str(damaged) in said, "move the file away" in said) == (1, True, True)
    assert damaged.read_bytes() == b"not a database " * 512
    assert not (tmp_path / "kept.ecp").exists()
