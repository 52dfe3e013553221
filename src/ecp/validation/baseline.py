"""Findings that somebody has accepted: their keys, one a line, in a file that may be reviewed.

A key names rule, object and place: ``E0301 v1 Pod default/web spec.containers[web].name``. It has
no line and no message, and an item of a list goes by its name, so that a finding keeps its key
when the text around it changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ecp.validation.model import Finding, Report

_HEAD: Final = "# Accepted findings of `ecp validate`, one a line: rule, object, place.\n"
_KEY: Final = re.compile(r"[EBW]\d{4} \S")


def key(finding: Finding, obj: Any) -> str:
    """Return the key of a finding in *obj*, the object of its document."""
    ref = finding.object
    owner = f"{ref.namespace or '-'}/{ref.name or '-'}"
    parts = (finding.rule, ref.api_version or "-", ref.kind or "-", owner)
    words = " ".join([*parts, _place(finding, obj)])
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in words
    )


def _place(finding: Finding, obj: Any) -> str:
    """Return the path with names where an item has one."""
    shown = ""
    for step in finding.path:
        inside = isinstance(obj, list) if isinstance(step, int) else isinstance(obj, dict)
        obj = _item(obj, step) if inside else None
        if isinstance(step, str):
            shown += f".{step}"
        else:
            name = obj.get("name") if isinstance(obj, dict) else None
            shown += f"[{name if isinstance(name, str) else step}]"
    return shown.removeprefix(".") or finding.field or "-"


def _item(obj: Any, step: str | int) -> Any:
    try:
        return obj[step]
    except (KeyError, IndexError):
        return None


def keys(report: Report) -> frozenset[str]:
    """Return the keys of all findings of *report*."""
    return frozenset(_keys(report))


def _keys(report: Report) -> Iterator[str]:
    return (key(one, report.documents[one.document].object) for one in report.findings)


def write(accepted: Iterable[str]) -> str:
    """Return the text of a baseline file, sorted."""
    return _HEAD + "".join(f"{line}\n" for line in sorted(accepted))


def read(text: str) -> frozenset[str]:
    """Return the keys of a baseline file. Raises ValueError for a text that is none."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    found = [line for line in lines if line and not line.startswith("#")]
    for line in found:
        if not _KEY.match(line):
            raise ValueError(line)
    return frozenset(found)


def without(report: Report, accepted: frozenset[str]) -> Report:
    """Return *report* without the findings whose keys are *accepted*; verdicts stay."""
    left = tuple(
        finding
        for finding, one in zip(report.findings, _keys(report), strict=True)
        if one not in accepted
    )
    return report._replace(findings=left)
