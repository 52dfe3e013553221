"""ValidatingAdmissionPolicy, MutatingAdmissionPolicy and their bindings.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    invalid_struct,
    required,
    unsupported,
)
from ecp.validation.kinds.expressions import check_expression, variable_type
from ecp.validation.kinds.hookrules import (
    FAILURE,
    REINVOCATION,
    check_conditions,
    check_matched,
    one_of,
)
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

if TYPE_CHECKING:
    from ecp.kube.cel.admission import Known

_RULE: Final = "E0651"
_SPEC: Final = At() / "spec"
_REASONS: Final = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_ACTIONS: Final = ("Audit", "Deny", "Warn")
_PATCHES: Final = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
_MADE: Final = {"applyConfiguration": "Object", "jsonPatch": "list(JSONPatch)"}
_MUTATING: Final = ("*", "CONNECT", "CREATE", "UPDATE")
_MOST_NOTES: Final = 20
_LONGEST_NOTE: Final = 5 * 1024
_IDENTIFIER: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED: Final = frozenset(
    {
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import",
        "in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void",
        "while",
    }
)  # fmt: skip
_ONE_OF_BOTH: Final = "validations or auditAnnotations must contain at least one item"


def check_validating(policy: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(policy.get("spec"))
    yield from _common(spec)
    known = yield from _named(spec, composing=bool(items(spec.get("variables"))))
    validations, notes = items(spec.get("validations")), items(spec.get("auditAnnotations"))
    if not validations and not notes:
        yield required(_RULE, _SPEC / "validations", _ONE_OF_BOTH)
        yield required(_RULE, _SPEC / "auditAnnotations", _ONE_OF_BOTH)
        return
    for number, validation in enumerate(map(mapping, validations)):
        yield from _validation(validation, _SPEC / "validations" / number, known)
    name = mapping(policy.get("metadata")).get("name") or ""
    yield from _notes([mapping(note) for note in notes], name, _SPEC / "auditAnnotations", known)


def _common(spec: Object) -> Iterator[Fault]:
    """Check what policies of both sorts have, in front of what they do."""
    yield from one_of(_RULE, spec.get("failurePolicy"), _SPEC / "failurePolicy", FAILURE)
    if spec.get("paramKind") is not None:
        yield from _param_kind(mapping(spec["paramKind"]), _SPEC / "paramKind")
    at = _SPEC / "matchConstraints"
    if spec.get("matchConstraints") is None:
        yield required(_RULE, at)
    else:
        matched = mapping(spec["matchConstraints"])
        yield from check_matched(_RULE, matched, at)
        if not items(matched.get("resourceRules")):
            yield required(_RULE, at / "resourceRules")


def _named(spec: Object, *, composing: bool) -> Generator[Fault, None, Known]:
    """Check the conditions and variables of a policy; return what other expressions may use.

    composing   they may speak of ``variables``, even if there are none
    """
    from ecp.kube.cel.admission import Known

    params = spec.get("paramKind") is not None
    yield from check_conditions(
        _RULE, items(spec.get("matchConditions")), _SPEC / "matchConditions", params=params
    )
    known = Known(params=params, variables=() if composing else None)
    for number, variable in enumerate(map(mapping, items(spec.get("variables")))):
        at, name = _SPEC / "variables" / number, variable.get("name") or ""
        if not name.strip():
            yield required(_RULE, at / "name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            yield invalid(_RULE, at / "name", name, "must be a valid CEL identifier")
        yield from _expression(variable, "expression", at, known)
        type_ = variable_type(variable.get("expression") or "", known)
        known = known._replace(variables=(*(known.variables or ()), (name, type_)))
    return known


def _expression(
    holder: Object, field: str, at: At, known: Known, wanted: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """Check an expression that has to be there."""
    text, here = holder.get(field) or "", at / field
    if text.strip():
        yield from check_expression(_RULE, text, here, known, wanted=wanted)
    else:
        yield required(_RULE, here, f"{field} is not specified")


def _param_kind(kind: Object, at: At) -> Iterator[Fault]:
    api_version, name = kind.get("apiVersion") or "", kind.get("kind") or ""
    here = at / "apiVersion"
    group, _, version = api_version.rpartition("/")
    if not api_version:
        yield required(_RULE, here)
    elif "/" in group:
        text = f"unexpected GroupVersion string: {api_version}"
        yield invalid(_RULE, here, api_version, text)
    else:
        complaints = names.dns_subdomain(group) if group else ()
        if complaints:
            yield invalid(_RULE, here, group, ",".join(complaints))
        if not version:
            yield invalid(_RULE, here, api_version, "version must be specified")
        elif complaints := names.dns_1035_label(version):
            yield invalid(_RULE, here, version, ",".join(complaints))
    if not name:
        yield required(_RULE, at / "kind")
    elif complaints := names.dns_1035_label(name.lower()):
        text = f"may have mixed case, but should otherwise match: {','.join(complaints)}"
        yield invalid(_RULE, at / "kind", name, text)


def _validation(validation: Object, at: At, known: Known) -> Iterator[Fault]:
    yield from _expression(validation, "expression", at, known, ("bool",))
    for field in ("messageExpression", "message"):
        said = validation.get(field) or ""
        if said and not said.strip():
            yield invalid(_RULE, at / field, said, "must be non-empty if specified")
        elif field == "messageExpression" and said:
            unasked = known._replace(authorizer=False)
            yield from check_expression(_RULE, said, at / field, unasked, wanted=("string",))
        elif field == "message" and re.search(r"[\n\r]", said.strip()):
            yield invalid(_RULE, at / field, said, "must not contain line breaks")
    yield from one_of(_RULE, validation.get("reason"), at / "reason", _REASONS)


def _notes(notes: list[Object], name: str, at: At, known: Known) -> Iterator[Fault]:
    if len(notes) > _MOST_NOTES:
        shown = [
            {"Key": note.get("key") or "", "ValueExpression": note.get("valueExpression") or ""}
            for note in notes
        ]
        text = f"must not have more than {_MOST_NOTES} auditAnnotations"
        yield invalid_struct(_RULE, at, shown, text)
    seen: set[str] = set()
    for number, note in enumerate(notes):
        here, key = at / number, note.get("key") or ""
        whole = f"{name}/{key}"
        for text in names.label_key(whole) if name else ():
            yield invalid(_RULE, here / "key", whole, text)
        if not name:
            yield invalid(_RULE, here / "key", key, "requires metadata.name be non-empty")
        said, at_value = note.get("valueExpression") or "", here / "valueExpression"
        if not said.strip():
            yield required(_RULE, at_value, "valueExpression is not specified")
        elif len(said.strip().encode()) > _LONGEST_NOTE:
            text = f"must not exceed {_LONGEST_NOTE} bytes in length"
            yield required(_RULE, at_value, text)
        else:
            yield from check_expression(
                _RULE, said.strip(), at_value, known, wanted=("string", "null_type"), shown=said
            )
        if key in seen:
            yield duplicate(_RULE, here / "key", key)
        seen.add(key)


def check_mutating(policy: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(policy.get("spec"))
    yield from _common(spec)
    yield from _operations(mapping(spec.get("matchConstraints")), _SPEC / "matchConstraints")
    known = yield from _named(spec, composing=True)
    mutations = items(spec.get("mutations"))
    if not mutations:
        yield required(_RULE, _SPEC / "mutations", "mutations must contain at least one item")
    for number, mutation in enumerate(map(mapping, mutations)):
        patching = known._replace(patching=True)
        yield from _mutation(mutation, _SPEC / "mutations" / number, patching)
    again = spec.get("reinvocationPolicy") or ""
    if not again:
        yield required(_RULE, _SPEC / "reinvocationPolicy")
    else:
        yield from one_of(_RULE, again, _SPEC / "reinvocationPolicy", REINVOCATION)


def _operations(matched: Object, at: At) -> Iterator[Fault]:
    """What is deleted cannot be changed."""
    for number, rule in enumerate(map(mapping, items(matched.get("resourceRules")))):
        for index, operation in enumerate(items(rule.get("operations"))):
            if operation not in _MUTATING:
                here = at / "resourceRules"
                point = here / number / "operations" / index
                yield unsupported(_RULE, here / "operations", operation, _MUTATING, point=point)


def _mutation(mutation: Object, at: At, known: Known) -> Iterator[Fault]:
    kind = mutation.get("patchType") or ""
    if not kind:
        yield required(_RULE, at / "patchType")
    elif kind not in _PATCHES:
        yield unsupported(_RULE, at / "patchType", kind, tuple(_PATCHES))
    else:
        field = _PATCHES[kind]
        (other,) = (name for name in _PATCHES.values() if name != field)
        if mutation.get(field) is None:
            yield required(_RULE, at / field, f"must be specified when patchType is {kind}")
        else:
            here, said = at / field / "expression", mapping(mutation[field]).get("expression") or ""
            if said.strip():
                wanted = (_MADE[field],)
                yield from check_expression(_RULE, said.strip(), here, known, wanted=wanted)
            else:
                yield required(_RULE, here)
        if mutation.get(other) is not None:
            text = f"must not be specified when patchType is {kind}"
            yield invalid(_RULE, at / other, f"{{{other}}}", text)


def check_binding(binding: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(binding.get("spec"))
    policy = spec.get("policyName") or ""
    if not policy:
        yield required(_RULE, _SPEC / "policyName")
    for text in names.dns_subdomain(policy) if policy else ():
        yield invalid(_RULE, _SPEC / "policyName", policy, text)
    if spec.get("paramRef") is not None:
        yield from _param_ref(mapping(spec["paramRef"]), _SPEC / "paramRef")
    yield from check_matched(_RULE, mapping(spec.get("matchResources")), _SPEC / "matchResources")


def _param_ref(ref: Object, at: At) -> Iterator[Fault]:
    name, selector = ref.get("name") or "", ref.get("selector")
    both = "name and selector are mutually exclusive"
    for text in names.path_segment(name) if name else ():
        yield invalid(_RULE, at / "name", name, text)
    if name and selector is not None:
        yield forbidden(_RULE, at / "name", both)
    if selector is not None:
        yield from check_selector(selector, at / "selector")
        if name:
            yield forbidden(_RULE, at / "selector", both)
    if not name and selector is None:
        yield required(_RULE, at, "one of name or selector must be specified")
    action = ref.get("parameterNotFoundAction") or ""
    if not action:
        yield required(_RULE, at / "parameterNotFoundAction")
    elif action not in ("Deny", "Allow"):
        yield unsupported(_RULE, at / "parameterNotFoundAction", action, ("Deny", "Allow"))


def check_validating_binding(binding: Object, scope: Scope) -> Iterator[Fault]:
    yield from check_binding(binding, scope)
    at = _SPEC / "validationActions"
    actions: list[Any] = items(mapping(binding.get("spec")).get("validationActions"))
    for number, action in enumerate(actions):
        if action not in _ACTIONS:
            yield unsupported(_RULE, at / number, action, _ACTIONS)
        if action in actions[:number]:
            yield duplicate(_RULE, at / number, action)
    if "Deny" in actions and "Warn" in actions:
        text = (
            "must not contain both Deny and Warn (repeating the same validation failure "
            "information in the API response and headers serves no purpose)"
        )
        yield invalid(_RULE, at, actions, text)
    if not actions:
        yield required(_RULE, at, "at least one validation action is required")


def check_mutating_binding(binding: Object, scope: Scope) -> Iterator[Fault]:
    yield from check_binding(binding, scope)
    matched = mapping(mapping(binding.get("spec")).get("matchResources"))
    yield from _operations(matched, _SPEC / "matchResources")


CHECKS = {
    "MutatingAdmissionPolicy": (check_mutating,),
    "MutatingAdmissionPolicyBinding": (check_mutating_binding,),
    "ValidatingAdmissionPolicy": (check_validating,),
    "ValidatingAdmissionPolicyBinding": (check_validating_binding,),
}
