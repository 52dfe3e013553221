"""What validation answers with: findings, a verdict a document, a report over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from ecp.kube.yaml import Document, Path, Position

Severity = Literal["error", "broken", "warning"]
"""error: the server would refuse; broken: accepted, will not run; warning: practice."""


_SEVERITIES: Final[Mapping[str, Severity]] = {"E": "error", "B": "broken", "W": "warning"}


def severity_of(rule: str) -> Severity:
    """Return how bad it is to break a rule, from the letter of its id."""
    return _SEVERITIES[rule[0]]


class ObjectRef(NamedTuple):
    """Which object is meant; every part may be empty when the text does not say."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind or '?'} {name}".rstrip()

    def as_dict(self) -> dict[str, str]:
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
        }


class Finding(NamedTuple):
    """One violation of one rule, at one place.

    rule       stable id; severity follows from its letter: E error, B broken, W warning
    document   index of the document in the input
    path       where, as keys and list indices; field is the same as the server writes it
    place      the position, or the document in which path is looked up when somebody asks
    message    the server's words for this one cause, or ours, in English, for what no server checks
    params     values for the remedy's text, and for our words in another language
    lenient    the server only warns of it, as it is asked to
    on_key     the place is the key rather than its value
    says       which of the rule's sentences the message is; empty where the server said it
    """

    rule: str
    document: int
    object: ObjectRef
    path: Path
    field: str
    place: Position | Document
    message: str
    source: str = ""
    params: Mapping[str, str] = {}
    lenient: bool = False
    on_key: bool = False
    says: str = ""

    @property
    def position(self) -> Position:
        """Line and column of the start and the end; of a whole document its first character."""
        if isinstance(self.place, Position):
            return self.place
        found = self.place.locate(self.path, key=self.on_key)
        if self.path:
            return found
        return Position(found.line, found.column, found.line, found.column + 1)

    @property
    def severity(self) -> Severity:
        if self.lenient:
            return "warning"
        return severity_of(self.rule)

    @property
    def remedy(self) -> str:
        """The message key of what to do about it."""
        return f"rule.{self.rule}.remedy"


class Verdict(NamedTuple):
    """What the server would say to one document.

    code, reason, message   of the ``Status`` it would answer; 0 and empty for an accepted one, and
                            code 0 where the client gives up before it asks the server
    """

    document: int
    object: ObjectRef
    accepted: bool
    code: int = 0
    reason: str = ""
    message: str = ""


class LeftOut(NamedTuple):
    """An object of the cluster that no server could hold, so nothing was judged against it.

    number    which of the given objects it is, from 0
    message   the decoder's words for the first place that is wrong
    """

    number: int
    object: ObjectRef
    path: Path
    field: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return {"object": self.object.as_dict(), "path": self.field, "message": self.message}


class Report(NamedTuple):
    """Findings in the order of the input, one verdict a document, the documents themselves.

    left_out   the objects of the cluster that the input was not judged against
    namespace  where the documents of *unplaced* go: they name none, and their kind has one
    """

    kubernetes_version: str
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    documents: tuple[Document, ...]
    left_out: tuple[LeftOut, ...] = ()
    namespace: str = ""
    unplaced: frozenset[int] = frozenset()

    @property
    def valid(self) -> bool:
        """False exactly where the server would refuse something."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def placed(self, document: int, ref: ObjectRef) -> ObjectRef:
        """Return which object a document is, with the namespace that it goes to."""
        return ref._replace(namespace=self.namespace) if document in self.unplaced else ref

    def objects(self) -> list[dict[str, Any]]:
        """The accepted objects, in the order of the input."""
        return [
            self.documents[verdict.document].object for verdict in self.verdicts if verdict.accepted
        ]

    def counts(self) -> dict[str, int]:
        """Findings by severity."""
        counts = {"error": 0, "broken": 0, "warning": 0}
        for finding in self.findings:
            counts[finding.severity] += 1
        return counts
