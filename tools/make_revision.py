#!/usr/bin/env python3
"""Write the next revision of the orchestrator's tables: ``tools/make_revision.py "alert tables"``.

What the tables in the code have, and those that the revisions make lack, becomes its steps. Read
them before committing: a renamed column is seen as one dropped and one added, and rows are moved
by nobody but you. CHECK constraints, and options of SQLite's tables, are not compared.
"""

import logging
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

# Every adapter with tables of its own is reached through it.
import ecp.orchestrator.adapters.database  # noqa: F401
from ecp.orchestrator.adapters.migrating import upgrade
from ecp.orchestrator.adapters.migrations import FOLDER, VERSIONS, newest


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    logging.disable(logging.INFO)
    number = f"{int(newest()) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'at-newest.db'}")
        with engine.begin() as connection:
            upgrade(connection)
        config = Config()
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, sys.argv[1], autogenerate=True, rev_id=number)
        engine.dispose()
    made = next(VERSIONS.glob(f"r{number}_*.py"))
    lines = made.read_text("utf-8").splitlines(keepends=True)
    made.write_text("".join(line for line in lines if not line.startswith("    # ###")), "utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "-q", str(made)], check=False)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(made)], check=False)
    print(made)


if __name__ == "__main__":
    main()
