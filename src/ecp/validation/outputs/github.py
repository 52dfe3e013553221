"""Workflow commands that GitHub shows beside the changed lines.

Source: GitHub Actions, "Workflow commands"; actions/toolkit command.ts for what is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ecp.texts import Language
from ecp.validation.model import Finding, Report, Severity
from ecp.validation.report import summary_line
from ecp.validation.rules import message_text, remedy_text, rule

_COMMAND: Final[Mapping[Severity, str]] = {
    "error": "error", "broken": "error", "warning": "warning",
}  # fmt: skip
_DATA: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_DATA: Final = str.maketrans(_DATA)
_IN_PROPERTY: Final = str.maketrans({**_DATA, ":": "%3A", ",": "%2C"})


def render(report: Report, language: Language) -> str:
    """Return one command a finding and a closing line for the log."""
    lines = [_command(finding, language) for finding in report.findings]
    return "".join(f"{line}\n" for line in [*lines, summary_line(report, language)])


def _command(finding: Finding, language: Language) -> str:
    properties = ",".join(
        f"{name}={value.translate(_IN_PROPERTY)}" for name, value in _properties(finding)
    )
    told = f"{finding.object}: {message_text(finding, language)}\n"
    told += remedy_text(finding, language)
    return f"::{_COMMAND[finding.severity]} {properties}::{told.translate(_IN_DATA)}"


def _properties(finding: Finding) -> Iterator[tuple[str, str]]:
    line, column, end_line, end_column = finding.position
    if finding.source:
        yield "file", finding.source
    yield "line", str(line)
    yield "endLine", str(end_line)
    if line == end_line:
        # Columns count within one line only, and the last is meant.
        yield "col", str(column)
        yield "endColumn", str(max(column, end_column - 1))
    yield "title", f"{finding.rule} {rule(finding.rule).name}"
