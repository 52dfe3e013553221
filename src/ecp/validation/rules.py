"""The catalogue of rules: what each is called, and what to do about it, in Korean and English."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from ecp.kube.yaml import read
from ecp.validation.model import Finding

Language = Literal["en", "ko"]
_FOLDER = Path(__file__).parent / "catalog"


class Rule(NamedTuple):
    """One rule; hint is a sentence with ``{names}`` that is shown when a finding knows them all."""

    id: str
    name: str
    title: Mapping[str, str]
    remedy: Mapping[str, str]
    hint: Mapping[str, str] = {}


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Return all rules by id, in order of id. Raises ValueError for a broken catalogue."""
    found: dict[str, Rule] = {}
    for file in sorted(_FOLDER.glob("*.yaml")):
        for document in read(file.read_text("utf-8"), source=file.name):
            if document.errors:
                raise ValueError(f"{file.name}: {document.errors[0].message}")
            for entry in document.object:
                rule = Rule(**entry)
                if rule.id in found or not {"en", "ko"} <= rule.title.keys() & rule.remedy.keys():
                    raise ValueError(f"{file.name}: {rule.id} stands twice or lacks a language")
                found[rule.id] = rule
    return dict(sorted(found.items()))


def remedy_text(finding: Finding, language: Language = "en") -> str:
    """Return what to do about a finding, with what the finding knows filled in."""
    rule = rules()[finding.rule]
    text = rule.remedy[language]
    hint = rule.hint.get(language, "")
    names = {name for _, name, _, _ in string.Formatter().parse(hint) if name}
    if hint and all(finding.params.get(name) for name in names):
        return f"{hint.format_map(finding.params)} {text}"
    return text
