"""Expressions compiled: a text and declared variables in, something to run out.

Source: kubernetes apiextensions-apiserver pkg/apiserver/schema/cel/compilation.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ecp.kube.cel.check import check
from ecp.kube.cel.declared import Declared, objects_in
from ecp.kube.cel.estimate import estimate
from ecp.kube.cel.evaluate import compile_node
from ecp.kube.cel.literals import check_constants, check_literals
from ecp.kube.cel.loops import Frame, Run
from ecp.kube.cel.parse import TOO_DEEP, parse
from ecp.kube.cel.source import CompileError, Issue, RunError
from ecp.kube.cel.types import Type, optional_of


class Program(NamedTuple):
    """type: that of the result; uses: the variables it speaks of; cost: the most it may cost."""

    type: Type
    uses: frozenset[str]
    cost: int
    run: Run


class Outcome(NamedTuple):
    """What a run came to: a value, or else the error, what it cost, and its `Frame.work`."""

    value: Any
    error: RunError | None
    cost: int
    work: int = 0


def compile_text(text: str, root: Declared, *, optional_old: bool = False) -> Program:
    """Compile an expression over ``self`` and ``oldSelf``, both of type *root*.

    optional_old   ``oldSelf`` is an optional
    Raises CompileError, and NotStartable for constants that come to nothing.
    """
    try:
        return _compiled(text, root, optional_old)
    except RecursionError:
        raise CompileError(text, [Issue(-1, TOO_DEEP)]) from None


def _compiled(text: str, root: Declared, optional_old: bool) -> Program:
    node = parse(text)
    variables = {"self": root.type, "oldSelf": root.type}
    if optional_old:
        variables["oldSelf"] = optional_of(root.type)
    checked = check(node, variables, objects_in(root))
    if checked.issues:
        raise CompileError(text, checked.issues)
    issues = check_literals(node, checked)
    if issues:
        raise CompileError(text, issues)
    check_constants(node)
    cost = estimate(node, checked, root)
    return Program(checked.type_of(node), checked.uses, cost, compile_node(node, checked))


def run(program: Program, variables: Mapping[str, Any]) -> Outcome:
    """Run a program. Raises CostExceeded, and source.Unsupported for what is not done here."""
    frame = Frame(dict(variables))
    try:
        return Outcome(program.run(frame), None, frame.cost, frame.work)
    except RunError as error:
        return Outcome(None, error, frame.cost, frame.work)
    except RecursionError:
        return Outcome(None, RunError("recursion limit exceeded"), frame.cost)
