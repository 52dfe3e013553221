"""A report as text for a terminal, and as plain data for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.yaml import Document
from ecp.texts import Language
from ecp.validation.excerpt import Excerpts
from ecp.validation.model import Finding, Report, Severity, Verdict
from ecp.validation.totals import totals

_SEVERITY: Final = {
    "en": {"error": "error", "broken": "broken", "warning": "warning"},
    "ko": {"error": "오류", "broken": "작동 불가", "warning": "경고"},
}
_REMEDY: Final = {"en": "remedy", "ko": "해결"}


def text_report(report: Report, language: Language = "en") -> str:
    """Return one block a finding and a closing line.

    ``file:line:column: severity rule object: message``, then the line of the source with carets
    below what is meant, and the remedy, indented.
    """
    excerpts = Excerpts()
    lines = [
        line
        for finding in report.findings
        for line in _block(finding, report.documents[finding.document], excerpts, language)
    ]
    return "\n".join([*lines, summary_line(report, language)]) + "\n"


def severity_word(severity: Severity, language: Language) -> str:
    """Return how bad a finding is, in a word."""
    return _SEVERITY[language][severity]


def _block(
    finding: Finding, document: Document, excerpts: Excerpts, language: Language
) -> Iterator[str]:
    from ecp.validation.rules import message_text, remedy_text

    where = f"{finding.source or '<input>'}:{finding.position.line}:{finding.position.column}"
    severity = severity_word(finding.severity, language)
    message = message_text(finding, language).replace("\n", "\n    ")
    yield f"{where}: {severity} {finding.rule} {finding.object}: {message}"
    for line in excerpts.of(document, finding.position) or ():
        yield f"    {line}"
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


def totals_line(report: Report, language: Language = "en") -> str:
    """Return what the accepted objects are and ask for; empty where none is."""
    all_ = totals(report)
    kinds = ", ".join(f"{kind} {number}" for kind, number in all_["kinds"].items())
    if not kinds:
        return ""
    words = {
        "en": ("pods", "cpu", "memory", "GPUs", "storage"),
        "ko": ("파드", "CPU", "메모리", "GPU", "스토리지"),
    }[language]
    names = ("pods", "cpu", "memory", "gpu", "storage")
    asked = ", ".join(f"{word} {all_[name]}" for word, name in zip(words, names, strict=True))
    return f"{kinds}: {asked}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def as_dict(report: Report, language: Language = "en") -> dict[str, Any]:
    """Return the report as plain data: valid, documents, findings, summary."""
    return {
        "valid": report.valid,
        "kubernetes_version": report.kubernetes_version,
        "documents": [_verdict(verdict, report) for verdict in report.verdicts],
        "findings": [
            finding_dict(one._replace(object=report.placed(one.document, one.object)), language)
            for one in report.findings
        ],
        "summary": {
            "documents": len(report.documents),
            "refused": sum(not verdict.accepted for verdict in report.verdicts),
            **report.counts(),
            **totals(report),
        },
        **({"left_out": [one.as_dict() for one in report.left_out]} if report.left_out else {}),
    }


def _verdict(verdict: Verdict, report: Report) -> dict[str, Any]:
    return {
        "object": report.placed(verdict.document, verdict.object).as_dict(),
        "verdict": "accept" if verdict.accepted else "reject",
        "code": verdict.code,
        "reason": verdict.reason,
        "message": verdict.message,
    }


def finding_dict(finding: Finding, language: Language = "en") -> dict[str, Any]:
    """Return one finding as plain data; title, remedy and docs in the language asked for.

    The message is English, whoever reads it: programs compare it, and most are the server's words.
    What no server says is there in Korean besides, as ``message_ko``.
    """
    from ecp.validation.rules import message_text, remedy_text, rule

    line, column, end_line, end_column = finding.position
    found = rule(finding.rule)
    korean = {"message_ko": message_text(finding, "ko")} if finding.says else {}
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "title": found.title[language],
        "message": finding.message,
        **korean,
        "path": finding.field,
        "file": finding.source,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "object": finding.object.as_dict(),
        "document": finding.document,
        "remedy": remedy_text(finding, language),
        "docs": found.links(language),
    }
