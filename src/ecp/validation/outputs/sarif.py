"""SARIF 2.1.0, as code scanning reads it.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0. Relative URIs stand for files
below the root of the sources; a column counts code points, and the end is exclusive in both.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecp import __version__
from ecp.texts import Language, text
from ecp.validation.baseline import key
from ecp.validation.model import Finding, Report, Severity
from ecp.validation.rules import Rule, examples, message_text, remedy_text, rule

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVEL: Final[Mapping[Severity, str]] = {
    "error": "error", "broken": "error", "warning": "warning",
}  # fmt: skip
_LANGUAGE: Final[Mapping[Language, str]] = {"en": "en-US", "ko": "ko-KR"}
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9._~/!$&'()*+,;=@-]")


def render(report: Report, language: Language) -> str:
    """Return the report as one SARIF log with one run."""
    used = sorted({finding.rule for finding in report.findings})
    driver = {
        "name": "ecp",
        "semanticVersion": __version__,
        "rules": [_rule(rule(name), language) for name in used],
    }
    places = {name: place for place, name in enumerate(used)}
    run = {
        "tool": {"driver": driver},
        "language": _LANGUAGE[language],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the sources."}}},
        "properties": {"kubernetesVersion": report.kubernetes_version},
        "results": list(_results(report, places, language)),
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(row: Rule, language: Language) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": "".join(word.capitalize() for word in row.name.split("-")),
        "shortDescription": {"text": row.title[language]},
        "fullDescription": {"text": row.cause[language]},
        "helpUri": row.links(language)[0],
        "help": {
            "text": row.remedy[language],
            "markdown": "\n\n".join(_markdown(row, language)),
        },
        "defaultConfiguration": {"level": _LEVEL[row.severity]},
        "properties": {"tags": ["kubernetes", row.severity]},
    }


def _markdown(row: Rule, language: Language) -> Iterator[str]:
    yield f"**{row.title[language]}**"
    yield row.cause[language]
    yield row.remedy[language]
    yield "\n".join(f"- <{link}>" for link in row.links(language))
    for example in examples().get(row.id, ())[:1]:
        for name, shown in (("fails", example.fail), ("passes", example.passing)):
            yield f"{text(f'rules.{name}', language)}:"
            yield f"```yaml\n{shown.rstrip()}\n```"


def _results(
    report: Report, places: Mapping[str, int], language: Language
) -> Iterator[dict[str, Any]]:
    seen: dict[str, int] = {}
    for finding in report.findings:
        stable = key(finding, report.documents[finding.document].object)
        seen[stable] = seen.get(stable, 0) + 1
        print_ = hashlib.sha256(stable.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        told = f"{finding.object}: {message_text(finding, language)}\n"
        told += remedy_text(finding, language)
        yield {
            "ruleId": finding.rule,
            "ruleIndex": places[finding.rule],
            "level": _LEVEL[finding.severity],
            "message": {"text": told},
            "locations": [_location(finding)],
            "partialFingerprints": {"ecpFinding/v1": f"{print_}:{seen[stable]}"},
        }


def _location(finding: Finding) -> dict[str, Any]:
    line, column, end_line, end_column = finding.position
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": max(end_column, column + 1) if end_line == line else end_column,
    }
    name = f"{finding.object} {finding.field}".rstrip()
    return {
        "physicalLocation": {"artifactLocation": _artifact(finding.source), "region": region},
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "object"}],
    }


def _artifact(source: str) -> dict[str, str]:
    """Return where a source is: relative to the root, or as a file's URI where it is absolute."""
    path = source.replace("\\", "/").strip("<>") or "input"
    uri = _NOT_PLAIN.sub(_percent, path)
    if uri.startswith("/"):
        return {"uri": f"file://{uri}"}
    while uri.startswith("./"):
        uri = uri[2:]
    return {"uri": uri, "uriBaseId": "SRCROOT"}


def _percent(letter: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in letter[0].encode("utf-8", "surrogatepass"))
