"""Label selectors and field selectors: parse once, match often.

Label selectors come as text (``env=prod,tier in (web,db),!legacy``) or as the API's LabelSelector
object (``matchLabels``, ``matchExpressions``); both become a ``Selector`` whose ``matches(labels)``
is one compiled predicate. Field selectors compare a few named fields of an object, per resource.

Source: kubernetes apimachinery pkg/labels/selector.go, pkg/fields/selector.go,
pkg/apis/meta/v1/helpers.go; fields: pkg/apis/*/conversion.go, pkg/registry/*/strategy.go.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.errors import FieldError, aggregate, go_quote, invalid, not_supported

Labels = Mapping[str, str]
Predicate = Callable[[Labels], bool]


class InvalidSelector(ValueError):
    """The selector cannot be read; the message is the server's (it answers 400 with it)."""


IN: Final = "in"
NOT_IN: Final = "notin"
EQUALS: Final = "="
DOUBLE_EQUALS: Final = "=="
NOT_EQUALS: Final = "!="
EXISTS: Final = "exists"
NOT_EXISTS: Final = "!"
GREATER: Final = "gt"
LESS: Final = "lt"
_BINARY = (IN, NOT_IN, EQUALS, DOUBLE_EQUALS, NOT_EQUALS, GREATER, LESS)
_OPERATORS = (*_BINARY, EXISTS, NOT_EXISTS)

_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_QUALIFIED_RE = re.compile(_QUALIFIED)
_VALUE_RE = re.compile(f"({_QUALIFIED})?")
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_SUBDOMAIN_RE = re.compile(_SUBDOMAIN)
_KEY_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    f"validation is '{_QUALIFIED}')"
)
_MAX_NAME = 63
_MAX_SUBDOMAIN = 253


def label_key_errors(key: str) -> list[str]:
    """What is wrong with a label key (``prefix/name``), in the server's words; [] when nothing.

    Source: apimachinery pkg/api/validate/content/kube.go.
    """
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return [
            f"a valid label key {_KEY_WORDS} with an optional DNS subdomain prefix and '/' "
            "(e.g. 'example.com/MyName')"
        ]
    errors = []
    if slash and not prefix:
        errors.append("prefix part must be non-empty")
    elif slash:
        if len(prefix.encode()) > _MAX_SUBDOMAIN:
            errors.append(f"prefix part must be no more than {_MAX_SUBDOMAIN} bytes")
        if not _SUBDOMAIN_RE.fullmatch(prefix):
            errors.append(
                "prefix part a lowercase RFC 1123 subdomain must consist of lower case "
                "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
                f"character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
            )
    if not name:
        errors.append("name part must be non-empty")
    elif len(name.encode()) > _MAX_NAME:
        errors.append(f"name part must be no more than {_MAX_NAME} bytes")
    if not _QUALIFIED_RE.fullmatch(name):
        errors.append(f"name part {_KEY_WORDS}")
    return errors


def label_value_errors(text: str) -> list[str]:
    """What is wrong with a label value, in the server's words; [] when nothing."""
    errors = []
    if len(text.encode()) > _MAX_NAME:
        errors.append(f"must be no more than {_MAX_NAME} bytes")
    if not _VALUE_RE.fullmatch(text):
        errors.append(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', "
            "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', "
            f" or 'my_value',  or '12345', regex used for validation is '({_QUALIFIED})?')"
        )
    return errors


class Requirement(NamedTuple):
    """One condition on one key. ``values`` is sorted and has no duplicates."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.operator == EXISTS:
            return self.key
        if self.operator == NOT_EXISTS:
            return f"!{self.key}"
        listed = ",".join(self.values)
        if self.operator in (IN, NOT_IN):
            return f"{self.key} {self.operator} ({listed})"
        sign = {GREATER: ">", LESS: "<"}.get(self.operator, self.operator)
        return f"{self.key}{sign}{listed}"

    def predicate(self) -> Predicate:
        key, values = self.key, self.values
        match self.operator:
            case "=" | "==" | "in" if len(values) == 1:
                only = values[0]
                return lambda labels: labels.get(key) == only
            case "=" | "==" | "in":
                listed = frozenset(values)
                return lambda labels: labels.get(key) in listed
            case "!=" | "notin" if len(values) == 1:
                only = values[0]
                return lambda labels: labels.get(key) != only
            case "!=" | "notin":
                listed = frozenset(values)
                return lambda labels: labels.get(key) not in listed
            case "exists":
                return lambda labels: key in labels
            case "!":
                return lambda labels: key not in labels
            case _:
                return _comparison(key, self.operator == GREATER, int(values[0]))


def _comparison(key: str, greater: bool, bound: int) -> Predicate:
    def holds(labels: Labels) -> bool:
        number = _int64(labels.get(key, ""))
        if number is None:
            return False
        return number > bound if greater else number < bound

    return holds


_INTEGER_RE = re.compile(r"[+-]?[0-9]+")


def _int64(text: str) -> int | None:
    if not _INTEGER_RE.fullmatch(text) or len(text) > 20:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def _requirement(key: str, operator: str, values: Sequence[str], path: str = "") -> Requirement:
    """Check and build one requirement. Raises InvalidSelector."""
    dot = f"{path}." if path else ""
    errors: list[FieldError] = []
    if found := label_key_errors(key):
        errors.append(invalid(f"{dot}key", key, "; ".join(found)))
    where = f"{dot}values"
    shown = list(values)
    match operator:
        case "in" | "notin" if not values:
            detail = "for 'in', 'notin' operators, values set can't be empty"
            errors.append(invalid(where, shown, detail))
        case "=" | "==" | "!=" if len(values) != 1:
            detail = "exact-match compatibility requires one single value"
            errors.append(invalid(where, shown, detail))
        case "exists" | "!" if values:
            detail = "values set must be empty for exists and does not exist"
            errors.append(invalid(where, shown, detail))
        case "gt" | "lt":
            if len(values) != 1:
                detail = "for 'Gt', 'Lt' operators, exactly one value is required"
                errors.append(invalid(where, shown, detail))
            detail = "for 'Gt', 'Lt' operators, the value must be an integer"
            for at, text in enumerate(values):
                if _int64(text) is None:
                    errors.append(invalid(f"{where}[{at}]", text, detail))
        case _ if operator not in _OPERATORS:
            errors.append(not_supported(f"{dot}operator", operator, _OPERATORS))
    for at, text in enumerate(values):
        if found := label_value_errors(text):
            errors.append(invalid(f"{where}[{at}][{key}]", text, "; ".join(found)))
    if errors:
        raise InvalidSelector(aggregate(errors))
    return Requirement(key, operator, tuple(sorted(set(values))))


class Selector:
    """All of some requirements (none: everything). Immutable; equal when the requirements are."""

    __slots__ = ("matches", "requirements")

    matches: Predicate
    requirements: tuple[Requirement, ...]

    def __init__(self, requirements: Sequence[Requirement] = ()) -> None:
        self.requirements = tuple(sorted(requirements, key=lambda requirement: requirement.key))
        self.matches = _conjunction(self.requirements)

    @property
    def empty(self) -> bool:
        """Whether it selects everything because it asks for nothing."""
        return not self.requirements

    def exact(self) -> dict[str, str]:
        """The key-value pairs that every match must carry: an index can start from them."""
        return {
            one.key: one.values[0]
            for one in self.requirements
            if one.operator in (EQUALS, DOUBLE_EQUALS, IN) and len(one.values) == 1
        }

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))

    def __repr__(self) -> str:
        return f"Selector({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selector) and self.requirements == other.requirements

    def __hash__(self) -> int:
        return hash(self.requirements)


def _everything(labels: Labels) -> bool:
    return True


def _nothing(labels: Labels) -> bool:
    return False


def _conjunction(requirements: tuple[Requirement, ...]) -> Predicate:
    if not requirements:
        return _everything
    pairs: list[tuple[str, str]] = []
    others: list[Predicate] = []
    for one in requirements:
        if one.operator in (EQUALS, DOUBLE_EQUALS, IN) and len(one.values) == 1:
            pairs.append((one.key, one.values[0]))
        else:
            others.append(one.predicate())
    if not others:
        if len(pairs) == 1:
            return requirements[0].predicate()
        # A label set holds all pairs exactly when its items view contains them.
        wanted = frozenset(pairs)
        return lambda labels: wanted <= labels.items()
    if len(others) == 1 and not pairs:
        return others[0]
    checks = (*(Requirement(key, EQUALS, (text,)).predicate() for key, text in pairs), *others)
    return lambda labels: all(check(labels) for check in checks)


class _Nothing(Selector):
    """Selects no object: what an absent LabelSelector means."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.matches = _nothing

    @property
    def empty(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Nothing)

    def __hash__(self) -> int:
        return 1


EVERYTHING: Final = Selector()
NOTHING: Final[Selector] = _Nothing()

_SYMBOLS = frozenset("=!(),><")
_BLANKS = frozenset(" \t\r\n")
_TWO_SYMBOLS = frozenset({"==", "!="})
_END = "end"
_IDENTIFIER = "identifier"


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text)
    while at < end:
        char = text[at]
        if char in _BLANKS:
            at += 1
        elif char == "\0":
            break
        elif char in _SYMBOLS:
            stop = at + 1
            # The longest operator wins: "!=" before "!", "==" before "=".
            if text[at : at + 2] in _TWO_SYMBOLS:
                stop = at + 2
            word = text[at:stop]
            found.append(_Token(word, word))
            at = stop
        else:
            stop = at
            while stop < end and text[stop] not in _SYMBOLS and text[stop] not in _BLANKS:
                stop += 1
            word = text[at:stop]
            found.append(_Token(word if word in (IN, NOT_IN) else _IDENTIFIER, word))
            at = stop
    found.append(_Token(_END, ""))
    return found


class _Parser:
    """Recursive descent over the tokens; ``in`` and ``notin`` are words wherever a value may be."""

    __slots__ = ("_at", "_path", "_tokens")

    def __init__(self, text: str, path: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._path = path

    def _look(self, operator: bool = False) -> _Token:
        token = self._tokens[min(self._at, len(self._tokens) - 1)]
        if not operator and token.kind in (IN, NOT_IN):
            return _Token(_IDENTIFIER, token.text)
        return token

    def _take(self, operator: bool = False) -> _Token:
        token = self._look(operator)
        self._at += 1
        return token

    def parse(self) -> list[Requirement]:
        requirements: list[Requirement] = []
        while True:
            token = self._look()
            if token.kind == _END:
                return requirements
            if token.kind not in (_IDENTIFIER, "!"):
                raise InvalidSelector(
                    f"found '{token.text}', expected: !, identifier, or 'end of string'"
                )
            try:
                requirements.append(self._one())
            except InvalidSelector as error:
                raise InvalidSelector(f"unable to parse requirement: {error}") from None
            after = self._take()
            if after.kind == _END:
                return requirements
            if after.kind != ",":
                raise InvalidSelector(f"found '{after.text}', expected: ',' or 'end of string'")
            following = self._look()
            if following.kind not in (_IDENTIFIER, "!"):
                raise InvalidSelector(f"found '{following.text}', expected: identifier after ','")

    def _one(self) -> Requirement:
        token = self._take()
        negated = token.kind == "!"
        if negated:
            token = self._take()
        if token.kind != _IDENTIFIER:
            raise InvalidSelector(f"found '{token.text}', expected: identifier")
        key = token.text
        if found := label_key_errors(key):
            # A path that was never given prints as Go's nil.
            raise InvalidSelector(str(invalid(self._path or "<nil>", key, "; ".join(found))))
        if negated:
            return _requirement(key, NOT_EXISTS, (), self._path)
        if self._look().kind in (_END, ","):
            return _requirement(key, EXISTS, (), self._path)
        sign = self._take(operator=True)
        operator = {">": GREATER, "<": LESS}.get(sign.kind, sign.kind)
        if operator not in _BINARY:
            raise InvalidSelector(f"found '{sign.text}', expected: {', '.join(_BINARY)}")
        values = self._values() if operator in (IN, NOT_IN) else self._exact()
        return _requirement(key, operator, values, self._path)

    def _exact(self) -> list[str]:
        if self._look().kind in (_END, ","):
            return [""]
        token = self._take()
        if token.kind != _IDENTIFIER:
            raise InvalidSelector(f"found '{token.text}', expected: identifier")
        return [token.text]

    def _values(self) -> list[str]:
        token = self._take()
        if token.kind != "(":
            raise InvalidSelector(f"found '{token.text}' expected: '('")
        first = self._look()
        if first.kind == ")":
            self._take()
            return [""]
        if first.kind not in (_IDENTIFIER, ","):
            raise InvalidSelector(f"found '{first.text}', expected: ',', ')' or identifier")
        values = self._identifiers()
        self._take()  # the closing parenthesis: _identifiers stops only before it
        return values

    def _identifiers(self) -> list[str]:
        values: list[str] = []
        while True:
            token = self._take()
            if token.kind == _IDENTIFIER:
                values.append(token.text)
                following = self._look()
                if following.kind == ")":
                    return sorted(set(values))
                if following.kind != ",":
                    raise InvalidSelector(f"found '{following.text}', expected: ',' or ')'")
            elif token.kind == ",":
                following = self._look()
                if not values or following.kind in (",", ")"):
                    values.append("")
                if following.kind == ")":
                    return sorted(set(values))
            else:
                raise InvalidSelector(f"found '{token.text}', expected: ',', or identifier")


@lru_cache(maxsize=2048)
def parse_labels(text: str, path: str = "") -> Selector:
    """Read a label selector string ("" selects everything). Raises InvalidSelector."""
    requirements = _Parser(text, path).parse()
    return Selector(requirements) if requirements else EVERYTHING


_OBJECT_OPERATORS = {"In": IN, "NotIn": NOT_IN, "Exists": EXISTS, "DoesNotExist": NOT_EXISTS}


def from_object(selector: Mapping[str, Any] | None) -> Selector:
    """A LabelSelector object; None selects nothing, {} everything. Raises InvalidSelector.

    A null inside reads as the empty text or object that the server's decoder makes of it.
    """
    if selector is None:
        return NOTHING
    labels: Mapping[str, str | None] = selector.get("matchLabels") or {}
    expressions: Sequence[Mapping[str, Any] | None] = selector.get("matchExpressions") or ()
    return _from_parts(
        tuple(sorted((key, value or "") for key, value in labels.items())),
        tuple(_expression(one or {}) for one in expressions),
    )


def _expression(one: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    values = tuple(value or "" for value in one.get("values") or ())
    return one.get("key") or "", one.get("operator") or "", values


@lru_cache(maxsize=4096)
def _from_parts(
    labels: tuple[tuple[str, str], ...],
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...],
) -> Selector:
    requirements = [_requirement(key, EQUALS, (text,)) for key, text in labels]
    for key, operator, values in expressions:
        if operator not in _OBJECT_OPERATORS:
            raise InvalidSelector(f"{go_quote(operator)} is not a valid label selector operator")
        requirements.append(_requirement(key, _OBJECT_OPERATORS[operator], values))
    return Selector(requirements) if requirements else EVERYTHING


def from_map(labels: Mapping[str, str] | None) -> Selector:
    """Equality with every pair, unchecked (a Service's selector); {} and None select everything."""
    return _from_map(tuple(sorted((labels or {}).items())))


@lru_cache(maxsize=4096)
def _from_map(pairs: tuple[tuple[str, str], ...]) -> Selector:
    if not pairs:
        return EVERYTHING
    return Selector([Requirement(key, EQUALS, (text,)) for key, text in pairs])


# ---- fields ---------------------------------------------------------------------------------

Object = Mapping[str, Any]
Getter = Callable[[Object], str]


def _at(*path: str, default: str = "") -> Getter:
    def get(obj: Object) -> str:
        here: Any = obj
        for step in path:
            here = here.get(step) if isinstance(here, Mapping) else None
            if here is None:
                return default
        if isinstance(here, bool):
            return "true" if here else "false"
        return str(here)

    return get


def _event_source(obj: Object) -> str:
    return str((obj.get("source") or {}).get("component") or obj.get("reportingComponent") or "")


def _pod_ip(obj: Object) -> str:
    status = obj.get("status") or {}
    addresses = status.get("podIPs") or ()
    return str(addresses[0].get("ip", "")) if addresses else str(status.get("podIP", ""))


_NAME = {"metadata.name": _at("metadata", "name")}
_META = {**_NAME, "metadata.namespace": _at("metadata", "namespace")}
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

_POD_FIELDS = {
    **_META,
    "spec.nodeName": _at("spec", "nodeName"),
    "spec.restartPolicy": _at("spec", "restartPolicy"),
    "spec.schedulerName": _at("spec", "schedulerName"),
    "spec.serviceAccountName": _at("spec", "serviceAccountName"),
    "spec.hostNetwork": _at("spec", "hostNetwork", default="false"),
    "status.phase": _at("status", "phase"),
    "status.podIP": _pod_ip,
    # Accepted by the API, yet absent from the fields it compares: only "" matches.
    "status.podIPs": _at(""),
    "status.nominatedNodeName": _at("status", "nominatedNodeName"),
    "spec.host": _at("spec", "nodeName"),
}

FIELDS: Final[Mapping[str, Mapping[str, Getter]]] = {
    "pods": _POD_FIELDS,
    "nodes": {**_NAME, "spec.unschedulable": _at("spec", "unschedulable", default="false")},
    "namespaces": {**_NAME, "status.phase": _at("status", "phase")},
    "secrets": {**_META, "type": _at("type")},
    "services": {
        **_META,
        "spec.clusterIP": _at("spec", "clusterIP"),
        "spec.type": _at("spec", "type"),
    },
    "events": {
        **_META,
        **{f"involvedObject.{name}": _at("involvedObject", name) for name in _INVOLVED},
        "reason": _at("reason"),
        "reportingComponent": _at("reportingComponent"),
        "source": _event_source,
        "type": _at("type"),
    },
    "events.events.k8s.io": {
        **_META,
        **{f"regarding.{name}": _at("involvedObject", name) for name in _INVOLVED},
        "reason": _at("reason"),
        "reportingController": _at("reportingComponent"),
        "type": _at("type"),
    },
    "certificatesigningrequests.certificates.k8s.io": {
        **_NAME,
        "spec.signerName": _at("spec", "signerName"),
    },
    "jobs.batch": {**_META, "status.successful": _at("status", "succeeded", default="0")},
    "replicationcontrollers": {
        **_META,
        "status.replicas": _at("status", "replicas", default="0"),
    },
}
"""Selectable fields by resource; a resource that is not listed knows the two of its metadata."""


class FieldTerm(NamedTuple):
    """``field = value`` or, negated, ``field != value``."""

    field: str
    value: str
    negated: bool = False


class FieldSelector(NamedTuple):
    """All of some terms; ``matches(obj)`` compares the object's own fields."""

    terms: tuple[FieldTerm, ...]
    matches: Callable[[Object], bool]

    @property
    def empty(self) -> bool:
        return not self.terms

    def exact(self, field: str) -> str | None:
        """The value that ``field`` must have, where the selector names one."""
        for term in self.terms:
            if term.field == field and not term.negated:
                return term.value
        return None


def _split_terms(text: str) -> list[str]:
    terms, start, escaped = [], 0, False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ",":
            terms.append(text[start:at])
            start = at + 1
    terms.append(text[start:])
    return terms


def _unescape(text: str) -> str:
    out, escaped = [], False
    for char in text:
        if escaped:
            if char not in "\\,=":
                raise InvalidSelector(f"invalid field selector: invalid escape sequence: \\{char}")
            out.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in ",=":
            raise InvalidSelector(
                f"invalid field selector: unescaped character in value: {ord(char)}"
            )
        else:
            out.append(char)
    if escaped:
        raise InvalidSelector("invalid field selector: invalid escape sequence: \\")
    return "".join(out)


def _term(whole: str, text: str) -> FieldTerm:
    for at in range(len(text)):
        for operator in ("!=", "==", "="):
            if text.startswith(operator, at):
                value = _unescape(text[at + len(operator) :])
                return FieldTerm(text[:at], value, operator == "!=")
    raise InvalidSelector(f"invalid selector: '{whole}'; can't understand '{text}'")


def _unknown_field(resource: str, field: str) -> InvalidSelector:
    if resource == "jobs.batch":
        return InvalidSelector(f"field label {go_quote(field)} not supported for Job")
    if resource in FIELDS:
        return InvalidSelector(f"field label not supported: {field}")
    return InvalidSelector(
        f'{go_quote(field)} is not a known field selector: only "metadata.name", '
        '"metadata.namespace"'
    )


@lru_cache(maxsize=2048)
def _by_path(path: str) -> Getter:
    """Return what reads the text of the scalar at ``path`` (".spec.color"), "" for none."""
    steps = path.strip(".").split(".")

    def get(obj: Object) -> str:
        inside: Any = obj
        for step in steps:
            inside = inside.get(step) if isinstance(inside, Mapping) else None
        if isinstance(inside, bool):
            return "true" if inside else "false"
        return "" if inside is None else str(inside)

    return get


def parse_fields(
    text: str, resource: str, custom: bool = False, selectable: Sequence[str] = ()
) -> FieldSelector:
    """Read a field selector for a resource ("pods", "deployments.apps"). Raises InvalidSelector.

    ``custom``: a resource of a CustomResourceDefinition, whose refusal has other words, and which
    names the paths that are ``selectable`` besides name and namespace (".spec.color").
    """
    terms = []
    for part in sorted(_split_terms(text)):
        if not part:
            continue
        term = _term(text, part)
        # A term without field and value asks for nothing and is dropped ("=" matches everything).
        if term.field or term.value:
            terms.append(term)
    known = FIELDS.get(resource, _META)
    if selectable:
        known = {**known, **{path.lstrip("."): _by_path(path) for path in selectable}}
    checks: list[tuple[Getter, str, bool]] = []
    for term in terms:
        if term.field not in known:
            if custom:
                raise InvalidSelector(f"field label not supported: {term.field}")
            raise _unknown_field(resource, term.field)
        checks.append((known[term.field], term.value, not term.negated))
    fixed = tuple(checks)

    def matches(obj: Object) -> bool:
        return all((get(obj) == value) is wanted for get, value, wanted in fixed)

    return FieldSelector(tuple(terms), matches)
