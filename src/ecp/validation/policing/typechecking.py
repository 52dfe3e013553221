"""Whether the expressions of ValidatingAdmissionPolicies fit the kinds that these are about.

The controller that looks at it only tells: a policy counts all the same.
Source: kubernetes apiserver pkg/admission/plugin/policy/validating/typechecking.go,
pkg/cel/openapi/resolver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from ecp.kube.cel.admission import Known, Typed, check_typed
from ecp.kube.cel.declared import Declared, declare
from ecp.kube.cel.source import CompileError
from ecp.kube.openapi_documents import published
from ecp.kube.schema import Gvk
from ecp.validation.scope import Object, items, mapping

_TEXT: Final = {"type": "string"}
_MOST: Final = 10
"""Kinds looked at for one rule."""

Served = Callable[[str, str, str], Sequence[Gvk]]
"""(group, version, plural) → the kinds that are meant."""
Schemas = Callable[[Gvk], Mapping[str, Any] | None]
"""The schema of a custom kind, None for others."""


def expression_warnings(policy: Object, served: Served, custom: Schemas) -> list[dict[str, str]]:
    """Return what ``status.typeChecking.expressionWarnings`` of a policy's spec is."""
    kinds = _kinds(policy, served)
    param = mapping(policy.get("paramKind"))
    params = None
    if param:
        group, _, version = str(param.get("apiVersion") or "").rpartition("/")
        params = _declared(Gvk(group, version, str(param.get("kind") or "")), custom)
    types = [(kind, declared) for kind in kinds if (declared := _declared(kind, custom))]
    found = []
    for at, validation in enumerate(map(mapping, items(policy.get("validations")))):
        for field in ("expression", "messageExpression"):
            text = str(validation.get(field) or "")
            if not text and field == "messageExpression":
                continue
            said = [
                f"{kind.group}/{kind.version}, Kind={kind.kind}: {words}\n"
                for kind, declared in types
                for words in _complaint(text, policy, Typed(declared, params))
            ]
            if said:
                where = f"spec.validations[{at}].{field}"
                found.append({"fieldRef": where, "warning": "\n".join(said)})
    return found


def _complaint(text: str, policy: Object, typed: Typed) -> Iterator[str]:
    known = Known(params=policy.get("paramKind") is not None)
    variables = items(policy.get("variables"))
    if variables:
        known = known._replace(variables=())
    for variable in map(mapping, variables):
        held = known.variables or ()
        type_ = check_typed(str(variable.get("expression") or ""), known, typed, strict=False)
        known = known._replace(variables=(*held, (str(variable.get("name") or ""), type_)))
    try:
        check_typed(text, known, typed)
    except CompileError as error:
        yield str(error)


def _kinds(policy: Object, served: Served) -> list[Gvk]:
    """Return the kinds that the rules name, without those that they mean by a wildcard."""
    found: dict[Gvk, None] = {}
    constraints = mapping(policy.get("matchConstraints"))
    for rule in map(mapping, items(constraints.get("resourceRules"))):
        groups, versions = (
            sorted(map(str, items(rule.get(f)))) for f in ("apiGroups", "apiVersions")
        )
        if any("*" in one for one in (*groups, *versions)):
            continue
        resources = [one for one in _names(rule.get("resources")) if not {"*", "/"} & {*one}]
        count = 0
        for group in groups:
            for version in versions:
                for resource in resources:
                    for kind in served(group, version, resource):
                        found[kind] = None
                        count += 1
                        if count == _MOST:
                            return sorted(found)
    return sorted(found)


def _names(value: object) -> list[str]:
    return sorted(map(str, items(value)))


def _declared(gvk: Gvk, custom: Schemas) -> Declared | None:
    schema = custom(gvk)
    if schema is None:
        return _built_in(gvk)
    typed = dict.fromkeys(("apiVersion", "kind"), _TEXT)
    properties = {**mapping(schema.get("properties")), **typed, "metadata": _metadata()}
    return declare({**schema, "properties": properties}, gvk.kind)


@lru_cache(maxsize=8)
def _schemas(name: str) -> Mapping[str, Any]:
    """Return the schemas of a published document by their names, none of one that is not."""
    document = published(name)
    if document is None:
        return {}
    found: Mapping[str, Any] = orjson.loads(document.body)["components"]["schemas"]
    return found


@lru_cache(maxsize=1)
def _metadata() -> Any:
    schemas = _schemas("api/v1")
    return _whole(schemas["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"], schemas, ())


@lru_cache(maxsize=128)
def _built_in(gvk: Gvk) -> Declared | None:
    schemas = _schemas(f"apis/{gvk.group}/{gvk.version}" if gvk.group else f"api/{gvk.version}")
    wanted = {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}
    for schema in schemas.values():
        if wanted in schema.get("x-kubernetes-group-version-kind", ()):
            return declare(_whole(schema, schemas, ()), gvk.kind)
    return None


def _whole(schema: Any, schemas: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    """Return a schema with what it refers to in its place; what is inside itself is anything."""
    if isinstance(schema, list):
        return [_whole(one, schemas, inside) for one in schema]
    if not isinstance(schema, dict):
        return schema
    for ref in (schema, *(one for one in schema.get("allOf") or () if isinstance(one, dict))):
        if isinstance(ref.get("$ref"), str):
            name = ref["$ref"].rpartition("/")[2]
            if name in inside:
                return {}
            found = _whole(schemas[name], schemas, (*inside, name))
            if found.get("format") == "int-or-string":
                found = {**found, "x-kubernetes-int-or-string": True}
            return found
    return {name: _whole(part, schemas, inside) for name, part in schema.items()}
