"""Rules in CEL made ready to run, and what the server says of those that cannot be.

Source: apiextensions-apiserver pkg/apiserver/schema/cel/compilation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.cel.declared import Declared, declare, with_meta
from ecp.kube.cel.instance import to_value
from ecp.kube.cel.literals import NotStartable
from ecp.kube.cel.program import Outcome, Program, compile_text, run
from ecp.kube.cel.source import CompileError, RunError
from ecp.kube.cel.values import ABSENT, Optional
from ecp.kube.structural import Schema
from ecp.validation.custom.rules import BadPath, Ready, field_path
from ecp.validation.faults import At
from ecp.validation.scope import Object

SELF: Final = "selfType"


class Tried(NamedTuple):
    """A program, or why there is none."""

    program: Program | None
    wrong: str = ""


def declared(schema: Schema, root: bool) -> Declared | None:
    """Return the type of ``self`` for values of *schema*, None where it says too little."""
    return declare(schema, SELF, root)


def try_rule(text: str, type_: Declared, optional_old: bool) -> Tried:
    """Compile a rule. Its words are those of the server after ``Invalid value: …:``."""
    found = _try(text, type_, optional_old, "")
    if found.program is not None and found.program.type.kind != "bool":
        return Tried(None, "cel expression must evaluate to a bool")
    return found


def try_message(text: str, type_: Declared, optional_old: bool) -> Tried:
    """As `try_rule` for a messageExpression."""
    found = _try(text, type_, optional_old, "messageExpression ")
    if found.program is not None and found.program.type.kind != "string":
        return Tried(None, "messageExpression must evaluate to a string")
    return found


def _try(text: str, type_: Declared, optional_old: bool, what: str) -> Tried:
    try:
        return Tried(compile_text(text, type_, optional_old=optional_old))
    except CompileError as error:
        return Tried(None, f"{what}compilation failed: {error}")
    except NotStartable as error:
        words = f"{what}instantiation failed" if what else "program instantiation failed"
        return Tried(None, f"{words}: {error}")


def compile_rules(schema: Schema, rules: Sequence[Object], root: bool) -> list[Ready]:
    """Return the rules of a schema, made ready."""
    type_ = declared(schema, root)
    seen = with_meta(schema) if root else schema
    ready = []
    for rule in rules:
        text = rule.get("rule") or ""
        if not text.strip():
            ready.append(Ready(rule, None, None, False, "", None))
            continue
        if type_ is None:
            wrong = "failed to convert to declType for CEL validation rules"
            ready.append(Ready(rule, None, None, False, wrong, None))
            continue
        optional = bool(rule.get("optionalOldSelf"))
        tried = try_rule(text, type_, optional)
        message = rule.get("messageExpression") or ""
        told = try_message(message, type_, optional) if message else Tried(None)
        program = tried.program
        ready.append(
            Ready(
                rule,
                _runner(program, seen) if program else None,
                _runner(told.program, seen) if told.program else None,
                bool(program and "oldSelf" in program.uses),
                tried.wrong,
                _field(rule.get("fieldPath") or "", schema),
            )
        )
    return ready


def _runner(program: Program, schema: Schema) -> Callable[[Any, Any, bool], Outcome]:
    uses_old = "oldSelf" in program.uses

    def execute(value: Any, old: Any, optional: bool) -> Outcome:
        try:
            variables = {"self": to_value(value, schema)}
            if uses_old:
                was = None if old is None else to_value(old, schema)
                if optional:
                    variables["oldSelf"] = ABSENT if old is None else Optional(was)
                else:
                    variables["oldSelf"] = was
        except RunError as error:
            return Outcome(None, error, 0)
        return run(program, variables)

    return execute


def _field(text: str, schema: Schema) -> At | None:
    if not text:
        return None
    try:
        return field_path(text, schema)[0]
    except BadPath:
        return None
