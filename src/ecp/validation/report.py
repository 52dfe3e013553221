"""A report as text for a terminal, and as plain data for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.validation.model import Finding, Report, Verdict
from ecp.validation.rules import Language, remedy_text, rules

_SEVERITY: Final = {
    "en": {"error": "error", "broken": "broken", "warning": "warning"},
    "ko": {"error": "오류", "broken": "작동 불가", "warning": "경고"},
}
_REMEDY: Final = {"en": "remedy", "ko": "해결"}


def text_report(report: Report, language: Language = "en") -> str:
    """Return one block a finding and a closing line.

    ``file:line:column: severity rule object: message``, then the remedy, indented.
    """
    lines = [line for finding in report.findings for line in _block(finding, language)]
    return "\n".join([*lines, summary_line(report, language)]) + "\n"


def _block(finding: Finding, language: Language) -> Iterator[str]:
    where = f"{finding.source or '<input>'}:{finding.position.line}:{finding.position.column}"
    severity = _SEVERITY[language][finding.severity]
    message = finding.message.replace("\n", "\n    ")
    yield f"{where}: {severity} {finding.rule} {finding.object}: {message}"
    yield f"    {_REMEDY[language]}: {remedy_text(finding, language)}"


def summary_line(report: Report, language: Language = "en") -> str:
    """Return how many documents there are and what was found."""
    counts = report.counts()
    refused = sum(not verdict.accepted for verdict in report.verdicts)
    if language == "ko":
        return (
            f"문서 {len(report.documents)}개: 거부 {refused}개, 오류 {counts['error']}건, "
            f"작동 불가 {counts['broken']}건, 경고 {counts['warning']}건 "
            f"(Kubernetes {report.kubernetes_version})"
        )
    return (
        f"{_count(len(report.documents), 'document')}: {refused} refused, "
        f"{_count(counts['error'], 'error')}, {counts['broken']} broken, "
        f"{_count(counts['warning'], 'warning')} (Kubernetes {report.kubernetes_version})"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_dict(report: Report, language: Language = "en") -> dict[str, Any]:
    """Return the report as plain data: valid, documents, findings, summary."""
    return {
        "valid": report.valid,
        "kubernetes_version": report.kubernetes_version,
        "documents": [_verdict(verdict) for verdict in report.verdicts],
        "findings": [finding_dict(finding, language) for finding in report.findings],
        "summary": {
            "documents": len(report.documents),
            "refused": sum(not verdict.accepted for verdict in report.verdicts),
            **report.counts(),
        },
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "object": verdict.object.as_dict(),
        "verdict": "accept" if verdict.accepted else "reject",
        "code": verdict.code,
        "reason": verdict.reason,
        "message": verdict.message,
    }


def finding_dict(finding: Finding, language: Language = "en") -> dict[str, Any]:
    """Return one finding as plain data."""
    line, column, end_line, end_column = finding.position
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "title": rules()[finding.rule].title[language],
        "message": finding.message,
        "path": finding.field,
        "file": finding.source,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "object": finding.object.as_dict(),
        "document": finding.document,
        "remedy": remedy_text(finding, language),
    }
