"""The findings of one input, as they come up."""

from __future__ import annotations

from typing import Final

from ecp.kube.yaml import Document, Path, Problem
from ecp.validation.faults import Fault
from ecp.validation.model import Finding, ObjectRef
from ecp.validation.naming import field_of

_PROBLEM_RULES: Final = {
    "syntax": "E0001",
    "separator": "E0001",
    "duplicate-key": "E0002",
    "invalid-key": "E0003",
    "unsupported-value": "E0003",
    "alias": "E0004",
    "depth": "E0004",
    "size": "E0004",
    "nodes": "E0004",
    "encoding": "E0006",
}


class Collected:
    """Takes findings in; *strict* as in `validate`."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.found: list[Finding] = []

    def problem(self, document: Document, ref: ObjectRef, problem: Problem) -> None:
        self.found.append(
            Finding(
                _PROBLEM_RULES[problem.code],
                document.index,
                ref,
                problem.path,
                field_of(problem.path),
                problem.position,
                problem.message,
                document.source,
                lenient=not self.strict and problem.code == "duplicate-key",
            )
        )

    def add(
        self,
        document: Document,
        ref: ObjectRef,
        rule: str,
        path: Path,
        field: str,
        message: str,
        *,
        on_key: bool = False,
        params: dict[str, str] | None = None,
        lenient: bool = False,
        says: str = "",
    ) -> None:
        self.found.append(
            Finding(
                rule, document.index, ref, path, field, document, message, document.source,
                params or {}, lenient, on_key, says,
            )
        )  # fmt: skip

    def fault(self, document: Document, ref: ObjectRef, fault: Fault) -> None:
        self.add(
            document, ref, fault.rule, fault.path, fault.error.path, str(fault.error),
            on_key=fault.on_key, params=dict(fault.params), says=fault.params.get("says", ""),
        )  # fmt: skip
