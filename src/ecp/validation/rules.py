"""The catalogue of rules: what each is called, and what to do about it, in Korean and English."""

from __future__ import annotations

import os
import string
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from glob import glob
from typing import Any, Final, NamedTuple

from ecp.kube.yaml import read
from ecp.texts import Language
from ecp.validation.model import Finding, Severity, severity_of

_CATALOG = os.path.join(os.path.dirname(__file__), "catalog")
_EXAMPLES = os.path.join(os.path.dirname(__file__), "examples")
_PAGES = os.path.join(os.path.dirname(__file__), "pages.yaml")
_SITE = "https://kubernetes.io/docs/"
_SITE_KO = "https://kubernetes.io/ko/docs/"
_TREE = "https://github.com/kubernetes/kubernetes/blob/v1.36.2/"
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko")


class Rule(NamedTuple):
    """One rule, in both languages where it is to be read.

    cause   why it is so: what Kubernetes would do with such an object, or cannot
    docs    names of pages, see `pages`
    hint    a sentence with ``{names}`` that is shown when a finding knows them all
    says    for what no server checks: the sentences of its findings, by a name each
    """

    id: str
    name: str
    title: Mapping[str, str]
    remedy: Mapping[str, str]
    cause: Mapping[str, str] = {}
    docs: Sequence[str] = ()
    hint: Mapping[str, str] = {}
    says: Mapping[str, Mapping[str, str]] = {}

    @property
    def severity(self) -> Severity:
        return severity_of(self.id)

    def links(self, language: Language) -> list[str]:
        """Return the addresses of the documentation, in that language where there is a page."""
        return [*_addresses(tuple(self.docs), language)]


class Example(NamedTuple):
    """What breaks one rule, and what to write instead. A test runs every one.

    fail      a manifest that breaks the rule, and no other of its letter
    change    text of `fail` and what to write in its place, in order; then it passes
    against   the objects that are there already, for rules of updates
    version   the Kubernetes version to judge by, where the default does not show it
    grow      words that stand for so many letters, where a page has no room for them
    encoding  what `fail` is encoded in; the passing one is UTF-8
    status    it is what a controller writes to the status, which no manifest sets
    """

    rule: str
    fail: str
    change: Mapping[str, str]
    against: str = ""
    version: str = ""
    grow: Mapping[str, int] = {}
    encoding: str = "utf-8"
    status: bool = False

    def notes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (text key, values) of what the manifests alone do not show."""
        if self.version:
            yield "rules.version", {"version": self.version}
        if self.encoding != "utf-8":
            yield "rules.encoded", {"encoding": self.encoding.upper()}
        if self.status:
            yield "rules.status", {}
        for word, letters in self.grow.items():
            yield "rules.grown", {"word": word, "letters": f"{letters:,}"}

    def grown(self, text: str) -> str:
        """Return a text of the example with all the letters that its words stand for."""
        for word, letters in self.grow.items():
            text = text.replace(word, "x" * letters)
        return text

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
        row = Rule(**entry)
        if row.id in found or not {"en", "ko"} <= row.title.keys() & row.remedy.keys():
            raise ValueError(f"{name}: {row.id} stands twice or lacks a language")
        found[row.id] = row
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def examples() -> Mapping[str, tuple[Example, ...]]:
    """Return the examples of each rule by its id. Raises ValueError for a broken file."""
    found: dict[str, tuple[Example, ...]] = {}
    for _, entry in _entries(_EXAMPLES):
        example = Example(**entry)
        found[example.rule] = (*found.get(example.rule, ()), example)
    return found


@cache
def rule(name: str) -> Rule:
    """Return one rule by its id, reading its row alone. Raises KeyError for an unknown one."""
    for _, text in _texts(_CATALOG):
        row, found, rest = text.partition(f"- id: {name}\n")
        if found and row[-1:] in ("", "\n"):
            row = rest.partition("\n- id: ")[0]
            (document,) = read(f"{found}{row}\n")
            return Rule(**document.object[0])
    raise KeyError(name)


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted(glob(os.path.join(folder, "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path), file.read()


def _entries(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, text in _texts(folder):
        for document in read(text, source=name):
            if document.errors:
                raise ValueError(f"{name}: {document.errors[0].message}")
            yield from ((name, entry) for entry in document.object)


@lru_cache(maxsize=1)
def pages() -> Mapping[str, Mapping[Language, str]]:
    """Return the addresses of documentation by the names that rules use.

    Raises ValueError for a broken file.
    """
    found: dict[str, Mapping[Language, str]] = {}
    with open(_PAGES, encoding="utf-8") as file:
        (document,) = read(file.read(), source=_PAGES)
    if document.errors:
        raise ValueError(f"{_PAGES}: {document.errors[0].message}")
    for name, path in document.object["documentation"].items():
        found[name] = {"en": _SITE + path, "ko": _SITE_KO + path}
    for name, path in document.object["documentation-in-english"].items():
        found[name] = dict.fromkeys(LANGUAGES, _SITE + path)
    for name, path in document.object["sources"].items():
        found[name] = dict.fromkeys(LANGUAGES, _TREE + path)
    for name, address in document.object["elsewhere"].items():
        found[name] = dict.fromkeys(LANGUAGES, address)
    return found


@cache
def _addresses(names: tuple[str, ...], language: Language) -> tuple[str, ...]:
    return tuple(pages()[name][language] for name in names)


def message_text(finding: Finding, language: Language = "en") -> str:
    """Return what a finding says; the server's words are English in every language."""
    if language == "en" or not finding.says:
        return finding.message
    return words(finding.rule, finding.says, finding.params, language)


def words(rule_id: str, says: str, params: Mapping[str, str], language: Language = "en") -> str:
    """Return one of the sentences of a rule, with its names filled in."""
    return _sentence(rule_id, says, language).format_map(params)


@cache
def _sentence(rule_id: str, says: str, language: Language) -> str:
    return rule(rule_id).says[says][language]


def remedy_text(finding: Finding, language: Language = "en") -> str:
    """Return what to do about a finding, with what the finding knows filled in."""
    row = rule(finding.rule)
    text = row.remedy[language]
    hint = row.hint.get(language, "")
    if hint and all(map(finding.params.get, _names(hint))):
        return f"{hint.format_map(finding.params)} {text}"
    return text


@cache
def _names(hint: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(hint) if name)
