"""The evidence pack: a ZIP with the statement, its inputs and the script that computes it again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

from ecp.slo.printed.csv import csv_of
from ecp.slo.printed.html import html_of
from ecp.slo.printed.pdf import pdf_of
from ecp.slo.printed.sections import document
from ecp.slo.statement import Inputs, hash_of, statement, texts_of
from ecp.texts import Language, text

_OLDEST: Final = (1980, 1, 1, 0, 0, 0)
"""The instant that every file of a pack has: the first that a ZIP can say."""


class Form(NamedTuple):
    """A form of the statement: suffix of the file, media type, and how it is made."""

    suffix: str
    media: str
    made: Callable[[Inputs, Language], bytes]


def _json(inputs: Inputs, _: Language) -> bytes:
    return json_of(statement(inputs))


def json_of(found: Mapping[str, Any]) -> bytes:
    """The statement as JSON, indented, UTF-8."""
    return (json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _csv(inputs: Inputs, language: Language) -> bytes:
    return csv_of(statement(inputs), language)


def _html(inputs: Inputs, language: Language) -> bytes:
    return html_of(document(statement(inputs), language))


def _pdf(inputs: Inputs, language: Language) -> bytes:
    return pdf_of(document(statement(inputs), language))


def pack_of(inputs: Inputs, language: Language) -> bytes:
    """The ZIP: report in all forms, the files of its inputs, verify.py and README.txt."""
    return packs_of(inputs, (language,))[language]


def packs_of(inputs: Inputs, languages: Sequence[Language]) -> dict[str, bytes]:
    """The pack in each language; what has no language is computed once."""
    texts = texts_of(inputs)
    found = statement(inputs, hash_of(texts.values()))
    shared = {
        **texts,
        "report.json": json_of(found),
        "verify.py": resources.files("ecp.slo.printed").joinpath("verify.py").read_bytes(),
    }
    packs: dict[str, bytes] = {}
    for language in languages:
        page = document(found, language)
        spoken = {
            "README.txt": text("statement.readme", language, tenant=inputs.tenant).encode(),
            "report.csv": csv_of(found, language),
            "report.html": html_of(page),
            "report.pdf": pdf_of(page),
        }
        packs[language] = _zipped({**shared, **spoken})
    return packs


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


FORMS: Final[dict[str, Form]] = {
    "json": Form("json", "application/json", _json),
    "csv": Form("csv", "text/csv; charset=utf-8", _csv),
    "html": Form("html", "text/html; charset=utf-8", _html),
    "pdf": Form("pdf", "application/pdf", _pdf),
    "zip": Form("zip", "application/zip", pack_of),
}
"""What a statement can be had as; `zip` is the evidence pack."""
