"""The tables' revisions, oldest first: one tree for SQLite and PostgreSQL."""

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
VERSIONS: Final = FOLDER / "versions"


@cache
def newest() -> str:
    """Return the newest revision, such as "0001": files are named by it (`r0001_initial.py`).

    Read off the folder, since what runs the revisions takes a third of a second to load.
    """
    return max(path.name[1:5] for path in VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py"))
