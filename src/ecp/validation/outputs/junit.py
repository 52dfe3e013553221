"""JUnit XML: a suite a file, a case a document, failed by what the server refuses or breaks.

Source: the schema that Jenkins' xUnit plug-in and GitLab read; XML 1.0 for which letters may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ecp.texts import Language
from ecp.validation.model import Finding, Report, Verdict
from ecp.validation.report import severity_word
from ecp.validation.rules import message_text, remedy_text

_NO_LETTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;",
     "\t": "&#9;"}
)  # fmt: skip
_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def render(report: Report, language: Language) -> str:
    """Return the report as one XML document."""
    found: dict[int, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.document, []).append(finding)
    suites: dict[str, list[Verdict]] = {}
    for verdict in report.verdicts:
        suites.setdefault(report.documents[verdict.document].source, []).append(verdict)
    failed = {index for index, of_one in found.items() if any(map(_fails, of_one))}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', _opening("testsuites", "ecp validate",
             report.verdicts, failed)]  # fmt: skip
    for source, verdicts in suites.items():
        lines.append("  " + _opening("testsuite", source or "input", verdicts, failed))
        for verdict in verdicts:
            lines += _case(source, verdict, found.get(verdict.document, ()), language)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _fails(finding: Finding) -> bool:
    return finding.severity != "warning"


def _opening(element: str, name: str, verdicts: Sequence[Verdict], failed: set[int]) -> str:
    failures = sum(verdict.document in failed for verdict in verdicts)
    return (
        f'<{element} name="{_attribute(name)}" tests="{len(verdicts)}" failures="{failures}" '
        'errors="0" time="0">'
    )


def _case(
    source: str, verdict: Verdict, findings: Sequence[Finding], language: Language
) -> Iterator[str]:
    name, owner = _attribute(str(verdict.object)), _attribute(source or "input")
    opening = f'    <testcase name="{name}" classname="{owner}" time="0"'
    if not findings:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    failures = [finding for finding in findings if _fails(finding)]
    if failures:
        first = failures[0]
        told = _text("\n".join(_told(finding, language) for finding in failures))
        said = _attribute(message_text(first, language))
        yield f'      <failure message="{said}" type="{first.rule}">{told}'
        yield "      </failure>"
    others = [finding for finding in findings if not _fails(finding)]
    if others:
        told = _text("\n".join(_told(finding, language) for finding in others))
        yield f"      <system-out>{told}</system-out>"
    yield "    </testcase>"


def _told(finding: Finding, language: Language) -> str:
    where = f"{finding.source or '<input>'}:{finding.position.line}:{finding.position.column}"
    severity = severity_word(finding.severity, language)
    remedy = remedy_text(finding, language)
    return f"{where}: {severity} {finding.rule}: {message_text(finding, language)}\n    {remedy}"


def _attribute(words: str) -> str:
    return _NO_LETTER.sub("\ufffd", words).translate(_ESCAPED)


def _text(words: str) -> str:
    return _NO_LETTER.sub("\ufffd", words).translate(_IN_TEXT)
