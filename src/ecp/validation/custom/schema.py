"""An instance against its schema, in the server's words.

Messages of maps come in the order of their keys; the server's come in none.
Source: kube-openapi pkg/validation/{validate,errors}; apiextensions-apiserver
pkg/apiserver/validation/{validation,formats,ratcheting}.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import errors
from ecp.kube.errors import OMITTED, FieldError, FieldErrorType, go_quote
from ecp.kube.formats import KNOWN, has_format, plain
from ecp.kube.numbers import go_float
from ecp.kube.structural import Path, Schema, field_schema, item_schema
from ecp.validation.faults import Fault

RULE: Final = "E0643"
NOT_RUN: Final = "W0643"
NOWHERE: Final = "<nil>"
_INT_OR_STRING: Final = ("integer", "string")
_NUMBER_FORMATS: Final = {"integer": ("int32", "int64"), "number": ("float", "double")}
_LARGEST: Final = (1 << 63) - 1
_LARGEST_FLOAT: Final = 3.4028234663852886e38
NO_OLD: Final = object()


class _Failure(NamedTuple):
    """text tells failures apart: of two that read alike one is kept."""

    text: str
    fault: Fault


class _Result:
    __slots__ = ("failures", "matches")

    def __init__(self) -> None:
        self.failures: dict[str, Fault] = {}
        self.matches = 0

    def add(self, failure: _Failure) -> None:
        self.failures.setdefault(failure.text, failure.fault)

    def merge(self, other: _Result) -> None:
        for text, fault in other.failures.items():
            self.failures.setdefault(text, fault)
        self.matches += other.matches


class _Place(NamedTuple):
    """Where a value is: as the server names it, and as keys and indices."""

    name: str
    path: Path

    def field(self, key: str) -> _Place:
        return _Place(f"{self.name}.{key}" if self.name else key, (*self.path, key))

    def extra(self, key: str) -> _Place:
        return _Place(f"{self.name}.{key}", (*self.path, key))

    def item(self, number: int) -> _Place:
        return _Place(f"{self.name}[{number}]", (*self.path, number))


def check_schema(
    value: Any, schema: Schema, *, old: Any = NO_OLD, at: str = "", path: Path = ()
) -> Iterator[Fault]:
    """Yield where a value does not fit its schema.

    old   the value in whose place it is to come: what was wrong already and did not change is not
          held against it
    at    what the value is called, and *path* where it is, if it is not the whole object
    """
    validator = _Validator()
    result = validator.check(value, schema, _Place("", ()), old)
    for fault in (*result.failures.values(), *validator.notes):
        yield _moved(fault, at, path) if at else fault


def _moved(fault: Fault, at: str, path: Path) -> Fault:
    named = fault.error.path
    where = at if named == NOWHERE else f"{at}.{named}"
    return fault._replace(error=fault.error._replace(path=where), path=(*path, *fault.path))


def not_run(says: str, name: str, path: Path, needs: str, rule: str) -> Fault:
    """Return what is said of a rule that nobody ran: that nothing is known of it."""
    what = "rule not run" if says == "rule" else "pattern not looked at"
    error = FieldError(FieldErrorType.INVALID, name, OMITTED, f"{what}, it needs {needs}: {rule}")
    return Fault(NOT_RUN, error, path, params={"says": says, "needs": needs, "rule": rule})


# ---- failures ----------------------------------------------------------------------------------


def _failure(place: _Place, kind: FieldErrorType, value: Any, text: str) -> _Failure:
    path = place.name.removeprefix(".") or NOWHERE
    return _Failure(text, Fault(RULE, FieldError(kind, path, value, text), place.path))


def _invalid(place: _Place, value: Any, words: str) -> _Failure:
    return _failure(place, FieldErrorType.INVALID, value, f"{place.name} in body {words}")


def _wrong_type(place: _Place, wanted: str, found: str) -> _Failure:
    text = f"{place.name} in body must be of type {wanted}: {go_quote(found)}"
    return _failure(place, FieldErrorType.TYPE_INVALID, found, text)


def _whole(place: _Place, text: str) -> _Failure:
    """A failure of which the server does not say where it is."""
    error = FieldError(FieldErrorType.INVALID, NOWHERE, "", text)
    return _Failure(text, Fault(RULE, error, place.path))


def _required(place: _Place, key: str) -> _Failure:
    name = f"{place.name}.{key}".removeprefix(".")
    text = f"{place.name}.{key} in body is required"
    return _Failure(text, Fault(RULE, errors.required(name), (*place.path, key)))


def _limited(place: _Place, error: FieldError, text: str) -> _Failure:
    return _Failure(f"{place.name} {text}", Fault(RULE, error, place.path))


# ---- the validator -----------------------------------------------------------------------------


def types_of(schema: Schema) -> tuple[str, ...]:
    """Return the types that a schema allows, none for any."""
    if schema.get("x-kubernetes-int-or-string"):
        return _INT_OR_STRING
    kind = schema.get("type")
    return (kind,) if kind else ()


def format_of(schema: Schema) -> str:
    """Return the format of a schema if the server knows it for its type, else ``""``."""
    form, types = schema.get("format") or "", types_of(schema)
    if not form:
        return ""
    kind = types[0] if len(types) == 1 else ""
    if kind in ("", "string"):
        return form if plain(form) in KNOWN else ""
    return form if form in _NUMBER_FORMATS.get(kind, ()) else ""


def unknown_formats(schema: Schema) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield each format that says nothing to the server, and where it stands below *schema*."""
    if schema.get("format") and not format_of(schema):
        yield schema["format"], ("format",)
    for path, part in _parts(schema):
        for form, rest in unknown_formats(part):
            yield form, (*path, *rest)


def _parts(schema: Schema) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    for field in ("items", "not", "additionalProperties"):
        part = schema.get(field)
        if isinstance(part, dict):
            yield (field,), part
    for field in ("allOf", "anyOf", "oneOf"):
        for number, part in enumerate(schema.get(field) or ()):
            yield (field, number), part
    for field in ("properties", "patternProperties", "definitions"):
        for name, part in (schema.get(field) or {}).items():
            yield (field, name), part


class _Validator:
    """notes: what could not be looked at, which is no failure."""

    def __init__(self) -> None:
        self.notes: list[Fault] = []

    def matches(self, pattern: str, value: str, place: _Place) -> bool:
        from ecp.kube.expressions import BadExpression, UnknownProperty, matches

        try:
            return matches(pattern, value)
        except BadExpression:
            return True  # The definition is refused for it already.
        except UnknownProperty as error:
            name = place.name.removeprefix(".") or NOWHERE
            self.notes.append(not_run("pattern", name, place.path, str(error), pattern))
            return True

    def check(self, value: Any, schema: Schema, place: _Place, old: Any) -> _Result:
        """Check a value; of one that is as *old* was, nothing is said."""
        result = self.inside(value, schema, place, old)
        if result.failures and old is not NO_OLD and same(value, old):
            result.failures = {}
        return result

    def inside(self, value: Any, schema: Schema, place: _Place, old: Any) -> _Result:
        result = _Result()
        types, form = types_of(schema), format_of(schema)
        if value is None:
            if types and not schema.get("nullable"):
                result.add(_wrong_type(place, ",".join(types), "null"))
            else:
                result.matches += 1
            self.enum(value, schema, place, result)
            return result
        if types or form:
            self.type(value, types, form, place, result)
        self.junctors(value, schema, place, old, result)
        result.matches += 1
        if isinstance(value, str):
            self.text(value, schema, place, result)
            if form and plain(form) in KNOWN:
                if not has_format(plain(form), value):
                    result.add(_wrong_type(place, form, value))
                result.matches += 1
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.number(value, schema, form, place, result)
        elif isinstance(value, list):
            self.list(value, schema, place, old, result)
        self.enum(value, schema, place, result)
        result.matches += 1
        if isinstance(value, dict):
            self.object(value, schema, place, old, result)
        result.matches += 1
        return result

    def type(
        self, value: Any, types: tuple[str, ...], form: str, place: _Place, result: _Result
    ) -> None:
        result.matches += 1
        kind, own = _kind(value)
        whole = isinstance(value, float) and value.is_integer()
        fits = (
            kind in types
            or (whole and "integer" in types)
            or (kind == "integer" and "number" in types)
        )
        numeric = "number" in types or "integer" in types
        if not isinstance(value, str | list) and form and not fits and own != form:
            result.add(_wrong_type(place, form, own))
        elif not numeric and form and isinstance(value, str | list):
            result.matches += 1
        elif not fits:
            result.add(_wrong_type(place, ",".join(types), kind))
        else:
            result.matches += 1

    def text(self, value: str, schema: Schema, place: _Place, result: _Result) -> None:
        """Say the first thing that is wrong with a text."""
        result.matches += 1
        most, least = schema.get("maxLength"), schema.get("minLength")
        pattern = schema.get("pattern")
        if most is not None and len(value) > most:
            name = place.name.removeprefix(".") or NOWHERE
            error = errors.too_long(name, most)
            result.add(_limited(place, error, f"too long {most}"))
        elif least is not None and len(value) < least:
            words = f"should be at least {least} chars long"
            result.add(_invalid(place, value, words))
        elif pattern and not self.matches(pattern, value, place):
            result.add(_invalid(place, value, f"should match '{pattern}'"))

    def number(
        self, value: float, schema: Schema, form: str, place: _Place, result: _Result
    ) -> None:
        result.matches += 2
        kind = (types_of(schema) or ("",))[0] if len(types_of(schema)) == 1 else ""
        too_big = _out_of_range(value, kind, form)
        if too_big:
            result.add(_whole(place, f"Checked value must be of type {too_big} in {place.name}"))
        step = schema.get("multipleOf")
        if step is not None and not _is_multiple(value, step):
            words = f"should be a multiple of {_shown(value, step)}"
            result.add(_invalid(place, value, words))
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None:
            only = bool(schema.get("exclusiveMinimum"))
            if value < low or (only and value == low):
                words = "should be greater than " + ("" if only else "or equal to ")
                result.add(_invalid(place, value, f"{words}{_shown(value, low)}"))
        if high is not None:
            only = bool(schema.get("exclusiveMaximum"))
            if value > high or (only and value == high):
                words = "should be less than " + ("" if only else "or equal to ")
                result.add(_invalid(place, value, f"{words}{_shown(value, high)}"))

    def list(
        self, value: list[Any], schema: Schema, place: _Place, old: Any, result: _Result
    ) -> None:
        items = item_schema(schema)
        before = _items_before(old, schema)
        for number, item in enumerate(value) if items is not None else ():
            was = before.get(_identity(item, schema), NO_OLD) if before else NO_OLD
            assert items is not None
            result.merge(self.check(item, items, place.item(number), was))
        least, most = schema.get("minItems"), schema.get("maxItems")
        if least is not None and len(value) < least:
            words = f"should have at least {least} items"
            result.add(_invalid(place, len(value), words))
        if most is not None and len(value) > most:
            error = errors.too_many(place.name.removeprefix(".") or NOWHERE, len(value), most)
            result.add(_limited(place, error, f"too many {most}"))
        result.matches += 2

    def enum(self, value: Any, schema: Schema, place: _Place, result: _Result) -> None:
        allowed = schema.get("enum")
        if not allowed or any(_is_one(value, one) for one in allowed):
            return
        texts = [one if isinstance(one, str) else _json(one) for one in allowed]
        name = place.name.removeprefix(".") or NOWHERE
        error = errors.not_supported(name, value, texts)
        result.add(_limited(place, error, "enum"))

    def object(
        self, value: dict[str, Any], schema: Schema, place: _Place, old: Any, result: _Result
    ) -> None:
        least, most = schema.get("minProperties"), schema.get("maxProperties")
        if least is not None and len(value) < least:
            words = f"should have at least {least} properties"
            result.add(_invalid(place, len(value), words))
        if most is not None and len(value) > most:
            error = errors.too_many(place.name.removeprefix(".") or NOWHERE, len(value), most)
            result.add(_limited(place, error, f"too many {most}"))
        properties = schema.get("properties") or {}
        extra = schema.get("additionalProperties")
        for key in sorted(value):
            if key in properties:
                continue
            if extra is False:
                text = f"{place.name}.{key} in body is a forbidden property"
                result.add(_failure(place, FieldErrorType.INVALID, key, text))
            elif isinstance(extra, dict):
                was = _field_before(old, schema, place, key)
                result.merge(self.check(value[key], extra, place.extra(key), was))
        for key in sorted(properties):
            if key in value:
                was = _field_before(old, schema, place, key)
                result.merge(self.check(value[key], properties[key], place.field(key), was))
        for key in schema.get("required") or ():
            if key not in value:
                result.add(_required(place, key))
        result.matches += 1

    def junctors(
        self, value: Any, schema: Schema, place: _Place, old: Any, result: _Result
    ) -> None:
        quoted = go_quote(place.name)
        clauses = schema.get("anyOf") or ()
        if clauses:
            tried = []
            for clause in clauses:
                tried.append(self.inside(value, clause, place, old))
                if not tried[-1].failures:
                    break
            if tried[-1].failures:
                words = f"{quoted} must validate at least one schema (anyOf)"
                result.add(_whole(place, words))
                result.merge(_best(tried))
            else:
                result.merge(tried[-1])
        clauses = schema.get("oneOf") or ()
        if clauses:
            tried = [self.inside(value, clause, place, old) for clause in clauses]
            good = [one for one in tried if not one.failures]
            if len(good) != 1:
                found = f"Found {len(good)} valid alternatives" if good else "Found none valid"
                words = f"{quoted} must validate one and only one schema (oneOf). {found}"
                result.add(_whole(place, words))
            if len(good) <= 1:
                result.merge(good[0] if good else _best(tried))
        clauses = schema.get("allOf") or ()
        if clauses:
            tried = [self.inside(value, clause, place, old) for clause in clauses]
            for one in tried:
                result.merge(one)
            bad = sum(bool(one.failures) for one in tried)
            if bad:
                more = ". None validated" if bad == len(tried) else ""
                words = f"{quoted} must validate all the schemas (allOf){more}"
                result.add(_whole(place, words))
        clause = schema.get("not")
        if isinstance(clause, dict) and not self.inside(value, clause, place, old).failures:
            result.add(_whole(place, f"{quoted} must not validate the schema (not)"))
        result.matches += 1


def _best(tried: list[_Result]) -> _Result:
    """Return the result that came nearest, of several the first."""
    return max(tried, key=lambda one: one.matches)


def _kind(value: Any) -> tuple[str, str]:
    """Return the type of a value and the format that its Go type has."""
    if isinstance(value, bool):
        return "boolean", ""
    if isinstance(value, int):
        return "integer", "int64"
    if isinstance(value, float):
        return "number", "float64"
    if isinstance(value, str):
        return "string", ""
    return ("array", "") if isinstance(value, list) else ("object", "")


def _out_of_range(value: float, kind: str, form: str) -> str:
    """Return the type that a number does not fit, as the server says it; ``""`` if it fits."""
    if kind == "integer":
        bits = 31 if form == "int32" else 63
        fits = not isinstance(value, float) or value.is_integer()
        fits = fits and -(1 << bits) <= value < 1 << bits
    else:
        fits = form != "float" or abs(value) <= _LARGEST_FLOAT
    if fits:
        return ""
    return f"{kind} with format {form}" if form else f"{kind} (default format)"


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        whole = int(step)
        return whole > 0 and value % whole == 0
    if step <= 0:
        return False
    quotient = 1 / step * value if step < 1 else value / step
    return abs(quotient - round(quotient)) < 1e-9 * max(1.0, abs(quotient))


def _shown(value: float, limit: float) -> str:
    """Return a limit as it is compared: whole for whole numbers."""
    if isinstance(value, int):
        return str(int(limit))
    return go_float(float(limit))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _is_one(value: Any, allowed: Any) -> bool:
    if isinstance(value, bool) or isinstance(allowed, bool):
        return value is allowed
    if isinstance(value, int | float) and isinstance(allowed, int | float):
        return value == allowed
    return type(value) is type(allowed) and bool(value == allowed)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are one in JSON, where true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _field_before(old: Any, schema: Schema, place: _Place, key: str) -> Any:
    if not isinstance(old, dict) or key not in old:
        return NO_OLD
    if not place.path and key in ("apiVersion", "kind"):
        return NO_OLD
    return old[key] if field_schema(schema, key) is not None else NO_OLD


def _items_before(old: Any, schema: Schema) -> Mapping[Any, Any]:
    """Return the items of a list of maps as they were, by their keys."""
    if not isinstance(old, list) or schema.get("x-kubernetes-list-type") != "map":
        return {}
    return {_identity(item, schema): item for item in old}


def _identity(item: Any, schema: Schema) -> Any:
    if not isinstance(item, dict):
        return None
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    return tuple(_json(item.get(key)) for key in keys)
