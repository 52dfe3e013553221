"""The catalogue of rules: what each is called, and what to do about it, in Korean and English."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ecp.kube.yaml import read
from ecp.texts import Language
from ecp.validation.model import Finding, Severity, severity_of

_CATALOG = Path(__file__).parent / "catalog"
_EXAMPLES = Path(__file__).parent / "examples"


class Rule(NamedTuple):
    """One rule; hint is a sentence with ``{names}`` that is shown when a finding knows them all."""

    id: str
    name: str
    title: Mapping[str, str]
    remedy: Mapping[str, str]
    hint: Mapping[str, str] = {}

    @property
    def severity(self) -> Severity:
        return severity_of(self.id)


class Example(NamedTuple):
    """What breaks one rule, and what to write instead. A test runs every one.

    fail      a manifest that breaks the rule, and no other of its letter
    change    text of `fail` and what to write in its place, in order; then it passes
    against   the objects that are there already, for rules of updates
    version   the Kubernetes version to judge by, where the default does not show it
    """

    rule: str
    fail: str
    change: Mapping[str, str]
    against: str = ""
    version: str = ""

    @property
    def passing(self) -> str:
        """The manifest with its changes made."""
        text = self.fail
        for old, new in self.change.items():
            text = text.replace(old, new, 1)
        return text


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Return all rules by id, in order of id. Raises ValueError for a broken catalogue."""
    found: dict[str, Rule] = {}
    for name, entry in _entries(_CATALOG):
        rule = Rule(**entry)
        if rule.id in found or not {"en", "ko"} <= rule.title.keys() & rule.remedy.keys():
            raise ValueError(f"{name}: {rule.id} stands twice or lacks a language")
        found[rule.id] = rule
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def examples() -> Mapping[str, tuple[Example, ...]]:
    """Return the examples of each rule by its id. Raises ValueError for a broken file."""
    found: dict[str, tuple[Example, ...]] = {}
    for _, entry in _entries(_EXAMPLES):
        example = Example(**entry)
        found[example.rule] = (*found.get(example.rule, ()), example)
    return found


def _entries(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(folder.glob("*.yaml")):
        for document in read(file.read_text("utf-8"), source=file.name):
            if document.errors:
                raise ValueError(f"{file.name}: {document.errors[0].message}")
            yield from ((file.name, entry) for entry in document.object)


def remedy_text(finding: Finding, language: Language = "en") -> str:
    """Return what to do about a finding, with what the finding knows filled in."""
    rule = rules()[finding.rule]
    text = rule.remedy[language]
    hint = rule.hint.get(language, "")
    names = {name for _, name, _, _ in string.Formatter().parse(hint) if name}
    if hint and all(finding.params.get(name) for name in names):
        return f"{hint.format_map(finding.params)} {text}"
    return text
