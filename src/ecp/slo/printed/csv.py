"""The statement as CSV for spreadsheets: a figure a line, UTF-8 with a byte order mark.

Columns: path of the figure (as in the JSON), what it is in the reader's language, value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from ecp.slo.printed.verify import leaves, plain
from ecp.texts import Language, is_key, text


def csv_of(found: Mapping[str, Any], language: Language) -> bytes:
    """The CSV file; before what a spreadsheet would take for a formula stands an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(text(f"statement.csv.{name}", language) for name in ("path", "label", "value"))
    for path, value in leaves(found):
        writer.writerow((path, _label(path, language), plain(value)))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _label(path: str, language: Language) -> str:
    names = re.sub(r"\[[^]]*\]", "", path).split(".")
    keys = (f"statement.figure.{'.'.join(names[at:])}" for at in (-2, -1))
    return next((text(key, language) for key in keys if is_key(key)), "")
