"""Writes src/ecp/workloads/holidays/generated/ from the package `holidays`.

The rows are committed, so that a report says the same under whatever is installed, and nothing at
run time asks for the package, which wants an older python-dateutil than the clients of the tests.
Run it in an environment of its own:

    python3 -m venv .cache/holidays && .cache/holidays/bin/pip install holidays==0.109
    .cache/holidays/bin/python tools/make_holidays.py [--check]

Raise the version when a law changes; the difference of the file shows which days moved.
"""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "src/ecp/workloads/holidays/generated"
FIRST, LAST = 2020, 2040
VERSION = "0.109"

_SEOLLAL = ("Korean New Year", "Lunar New Year (Seollal)")
"""Its new year is not 1 January, which is a day off as well."""

_HEAD = """\
# generated, do not edit: tools/make_holidays.py
calendar: {code}
source: "holidays {version} (MIT, Vacanza Team), country {code}, category public"
first: {first}
last: {last}
days:
"""


def written(code: str) -> str:
    """Return the file of a country: a row a day, [date, Korean name, English name]."""
    holidays: Any = importlib.import_module("holidays")  # not among the dependencies
    if holidays.__version__ != VERSION:
        raise SystemExit(f"holidays {VERSION} is wanted, {holidays.__version__} is installed")
    years = range(FIRST, LAST + 1)
    korean = holidays.country_holidays(code, years=years, language="ko")
    english = holidays.country_holidays(code, years=years, language="en_US")
    rows = [
        f'- [{day}, "{korean[day]}", "{english[day].replace(*_SEOLLAL)}"]\n'
        for day in sorted(korean)
    ]
    head = _HEAD.format(code=code, version=VERSION, first=FIRST, last=LAST)
    return head + "".join(rows)


def main() -> None:
    """Write the file, or say with --check whether it is what would be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true")
    path, text = FOLDER / "kr.yaml", written("KR")
    if parser.parse_args().check:
        sys.exit(0 if path.read_text("utf-8") == text else f"{path} is not what would be written")
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
