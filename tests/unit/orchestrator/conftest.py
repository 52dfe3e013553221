"""`place`: the URL of an empty database, once of SQLite and once of PostgreSQL."""

from pathlib import Path

import pytest

from .stores import missing, postgresql

_SERVER = pytest.param(
    "postgresql", marks=pytest.mark.skipif(missing() is not None, reason=missing() or "")
)


@pytest.fixture(params=["sqlite", _SERVER])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    return postgresql()
