"""Rules in CEL that a schema has for its values, run over an instance.

Source: apiextensions-apiserver pkg/apiserver/schema/cel/{validation,compilation,maplist}.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ecp.kube.errors import OMITTED, FieldError, FieldErrorType
from ecp.kube.structural import Schema, field_schema, item_schema
from ecp.validation.custom.schema import NO_OLD, NOWHERE, not_run, same
from ecp.validation.faults import At, Fault
from ecp.validation.scope import Object

RULE: Final = "E0644"
BUDGET: Final = 10_000_000
_RULES: Final = "x-kubernetes-validations"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_LONGEST: Final = 5 * 1024
_KINDS: Final = {
    "FieldValueForbidden": FieldErrorType.FORBIDDEN,
    "FieldValueRequired": FieldErrorType.REQUIRED,
    "FieldValueDuplicate": FieldErrorType.DUPLICATE,
}
_MOST_WORK: Final = 3_000_000
_OUT_OF_BUDGET: Final = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)


def has_rules(schema: Any) -> bool:
    """Tell whether a schema, or one inside it, has rules; those in junctors do not count."""
    if not isinstance(schema, dict):
        return False
    if schema.get(_RULES):
        return True
    parts = [schema.get("items"), schema.get("additionalProperties")]
    return any(map(has_rules, (*parts, *(schema.get("properties") or {}).values())))


class _Stop(Exception):
    """No rule is run any more."""


class Rules:
    """The rules of one schema; each is compiled when it is first met."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.any = has_rules(schema)
        self._having: dict[int, bool] = {}
        self._compiled: dict[int, list[Ready]] = {}

    def check(
        self, value: Any, old: Any = NO_OLD, *, root: bool = True, at: At | None = None
    ) -> list[Fault]:
        """Return which rules a value breaks, in the order in which they are run.

        old    the value in whose place it is to come
        root   it is a resource
        """
        if not self.any:
            return []
        run = _Run(self)
        with suppress(_Stop):
            run.value(value, old, self.schema, at or At(), root, True)
        return run.faults

    def having(self, schema: Schema) -> bool:
        known = self._having.get(id(schema))
        if known is None:
            known = self._having[id(schema)] = has_rules(schema) or any(
                map(self.having, schema.get("allOf") or ())
            )
        return known

    def compiled(self, schema: Schema, root: bool, rules: Any) -> list[Ready]:
        found = self._compiled.get(id(rules))
        if found is None:
            from ecp.validation.custom.compiling import compile_rules

            found = self._compiled[id(rules)] = compile_rules(schema, rules, root)
        return found


class Ready(NamedTuple):
    """A rule made ready.

    run        returns outcome and cost; None where the rule is empty
    message    the same for its messageExpression
    wrong      why it does not compile
    """

    rule: Object
    run: Callable[[Any, Any, bool], Any] | None
    message: Callable[[Any, Any, bool], Any] | None
    uses_old: bool
    wrong: str
    field: At | None


class _Run:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.left = BUDGET
        self.work = 0
        self.faults: list[Fault] = []

    def value(self, value: Any, old: Any, schema: Schema, at: At, root: bool, held: bool) -> None:
        """Run the rules for a value and for those inside it.

        held   old stands where the value does, so what did not change is not held against it
        """
        if value is None or not self.rules.having(schema):
            return
        self.expressions(value, old, schema, schema.get(_RULES), at, root, held)
        for clause in schema.get("allOf") or ():
            self.clause(value, old, schema, clause, at, root)
        if isinstance(value, list):
            self.list(value, old, schema, at)
        elif isinstance(value, dict):
            self.map(value, old, schema, at)

    def clause(
        self, value: Any, old: Any, schema: Schema, clause: Schema, at: At, root: bool
    ) -> None:
        """Run the rules that stand in an ``allOf`` over the schema around it."""
        if clause.get(_RULES):
            self.expressions(value, old, schema, clause[_RULES], at, root, False)
        for name in sorted(value) if isinstance(value, dict) else ():
            inner, part = field_schema(clause, name), field_schema(schema, name)
            if inner is not None and part is not None and value[name] is not None:
                before = old.get(name, NO_OLD) if isinstance(old, dict) else NO_OLD
                self.clause(value[name], before, part, inner, at / name, False)

    def list(self, value: list[Any], old: Any, schema: Schema, at: At) -> None:
        part = item_schema(schema)
        if part is None or not self.rules.having(part):
            return
        before = _before(old, schema)
        embedded = bool(part.get(_EMBEDDED))
        for number, item in enumerate(value):
            was = before.get(_identity(item, schema), NO_OLD) if before else NO_OLD
            self.value(item, was, part, at / number, embedded, was is not NO_OLD)

    def map(self, value: dict[str, Any], old: Any, schema: Schema, at: At) -> None:
        properties = schema.get("properties") or {}
        for name in sorted(value):
            part = field_schema(schema, name)
            if part is None or not self.rules.having(part):
                continue
            was = old.get(name, NO_OLD) if isinstance(old, dict) else NO_OLD
            here = at / name if name in properties else at.key(name)
            embedded = bool(part.get(_EMBEDDED))
            self.value(value[name], was, part, here, embedded, was is not NO_OLD)

    # ---- rules -------------------------------------------------------------------------------

    def expressions(
        self, value: Any, old: Any, schema: Schema, rules: Any, at: At, root: bool, held: bool
    ) -> None:
        if not rules:
            return
        if self.left <= 0:
            self.say(at, schema.get("type") or "", _OUT_OF_BUDGET)
            raise _Stop
        kind = schema.get("type") or ""
        was = None if old is NO_OLD else old
        unchanged = held and was is not None and same(value, was)
        for number, one in enumerate(self.rules.compiled(schema, root, rules)):
            if one.wrong:
                self.say(at, kind, f"rule compile error: {one.wrong}")
            elif one.run is not None:
                optional = bool(one.rule.get("optionalOldSelf"))
                if one.uses_old and was is None and not optional:
                    continue
                self.expression(one, number, value, was, schema, at, unchanged)

    def say(self, at: At, value: Any, text: str) -> None:
        where = str(at) or NOWHERE
        error = FieldError(FieldErrorType.INVALID, where, value, text)
        self.faults.append(Fault(RULE, error, at.path))

    def expression(
        self, one: Ready, number: int, value: Any, old: Any, schema: Schema, at: At,
        unchanged: bool,
    ) -> None:  # fmt: skip
        from ecp.kube.cel.source import CostExceeded, TooMuchWork, Unsupported

        kind = schema.get("type") or ""
        text = _shown(one.rule)
        assert one.run is not None
        try:
            outcome = one.run(value, old, bool(one.rule.get("optionalOldSelf")))
        except CostExceeded as error:
            words = "no further validation rules will be run due to call cost exceeds limit"
            self.say(at, kind, f"'{error}': {words} for rule: {text}")
            raise _Stop from None
        except Unsupported as error:
            where = str(at) or NOWHERE
            self.faults.append(not_run("rule", where, at.path, str(error), text))
            if isinstance(error, TooMuchWork):
                raise _Stop from None
            return
        self.work += outcome.work
        if self.work > _MOST_WORK:
            needs = f"calls over more than {_MOST_WORK} characters and items"
            self.faults.append(not_run("rule", str(at) or NOWHERE, at.path, needs, text))
            raise _Stop
        if outcome.cost > self.left:
            self.say(at, kind, _OUT_OF_BUDGET)
            raise _Stop
        self.left -= outcome.cost
        if outcome.error is not None:
            words = str(outcome.error)
            if words.startswith("no such overload"):
                sentence = (
                    "call arguments did not match a supported operator, function or macro "
                    "signature for rule"
                )
                self.say(at, kind, f"'{words}': {sentence}: {text}")
            else:
                self.say(at, kind, f"{words} evaluating rule: {text}")
        elif outcome.value is not True:
            self.broken(one, value, old, kind, at, not one.uses_old and unchanged)

    def broken(self, one: Ready, value: Any, old: Any, kind: str, at: At, excused: bool) -> None:
        here = at
        for step in one.field.path if one.field is not None else ():
            here = here / step
        name = f"{at}.{one.field}".removeprefix(".") if one.field is not None else str(at)
        detail = self.message(one, value, old)
        if detail is None:
            detail = _message(one.rule)
        if excused:
            return

        shown = OMITTED if kind in ("object", "array") else value
        sort = _KINDS.get(one.rule.get("reason") or "", FieldErrorType.INVALID)
        if sort in (FieldErrorType.DUPLICATE,):
            error = FieldError(sort, name or NOWHERE, shown)
        else:
            error = FieldError(sort, name or NOWHERE, shown, detail)
        self.faults.append(Fault(RULE, error, here.path))

    def message(self, one: Ready, value: Any, old: Any) -> str | None:
        """Return what the rule's messageExpression makes of it, None where that comes to none."""
        from ecp.kube.cel.source import CostExceeded, Unsupported

        if one.message is None:
            return None
        try:
            outcome = one.message(value, old, bool(one.rule.get("optionalOldSelf")))
        except (CostExceeded, Unsupported):
            return None
        self.left -= outcome.cost
        if outcome.error is not None or not isinstance(outcome.value, str):
            return None
        text = outcome.value.strip()
        if not text or "\n" in text or len(text.encode()) > _LONGEST:
            return None
        return text


def _shown(rule: Object) -> str:
    return str(rule.get("message") or rule.get("rule") or "").strip()


def _message(rule: Object) -> str:
    message = rule.get("message") or ""
    return message.strip() if message else f"failed rule: {_shown(rule)}"


def _before(old: Any, schema: Schema) -> dict[Any, Any]:
    """Return the items of a list of maps as they were, by their keys."""
    if not isinstance(old, list) or schema.get("x-kubernetes-list-type") != "map":
        return {}
    return {_identity(item, schema): item for item in old if isinstance(item, dict)}


def _identity(item: Any, schema: Schema) -> Any:
    if not isinstance(item, dict):
        return None
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    return tuple(repr(item.get(key)) for key in keys)


# ---- paths -------------------------------------------------------------------------------------

_STEP: Final = re.compile(r"'(?:\\.|[^'\\])*'|[.\[\]]|[^.\[\]]+", re.DOTALL)
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class BadPath(ValueError):
    """Not a path to a field of the schema; the message is the server's."""


def field_path(text: str, schema: Schema, *, brackets: bool = True) -> tuple[At, Schema]:
    """Return where a path such as ``.spec.ports`` leads in a schema. Raises BadPath."""
    steps = iter(_STEP.findall(text))
    at, part = At(), schema
    for step in steps:
        if step == ".":
            at, part = _entered(_following(steps), part, at)
        elif step == "[":
            if not brackets:
                raise BadPath("array notation is not allowed")
            quoted = _following(steps)
            if len(quoted) < 2 or quoted[0] != "'" or quoted[-1] != "'":
                raise BadPath(f"expected single quoted string but got {quoted}")
            at, part = _entered(_unescaped(quoted[1:-1]), part, at)
            closing = _following(steps)
            if closing != "]":
                raise BadPath(f"expected ] but got {closing}")
        else:
            raise BadPath(f"expected [ or . but got: {step}")
    return at, part


def _following(steps: Iterator[str]) -> str:
    found = next(steps, None)
    if found is None:
        raise BadPath("unexpected end of JSON path")
    return found


def _entered(name: str, schema: Schema, at: At) -> tuple[At, Schema]:
    properties = schema.get("properties")
    values = schema.get("additionalProperties")
    if properties:
        if name not in properties:
            raise BadPath("does not refer to a valid field")
        return at / name, properties[name]
    if isinstance(values, dict):
        return at.key(name), values
    raise BadPath("does not refer to a valid field")


def _unescaped(text: str) -> str:
    def meant(match: re.Match[str]) -> str:
        letter = match[0][1]
        if letter in "'\\":
            return letter
        if letter not in _ESCAPES:
            raise BadPath(f"invalid string literal: invalid escape char {match[0]}")
        return _ESCAPES[letter]

    return re.sub(r"\\.", meant, text)
