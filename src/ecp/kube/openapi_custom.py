"""What OpenAPI documents say of custom kinds: their schemas and their paths.

The paths are told like those of a built-in kind that has all of them, taken from its published
document; custom kinds know neither protobuf nor strategic merge patches, and delete collections by
the parameters of a list. Source: apiextensions-apiserver pkg/controller/openapi/builder/builder.go
and pkg/apiserver/schema/kubeopenapi.go, compared with what kube-apiserver 1.36.2 answers.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ecp.kube.kinds import Kind

Json = dict[str, Any]

Schemas = Mapping[tuple[str, str, str], Mapping[str, Any]]
"""openAPIV3Schema of custom kinds by (group, version, kind)."""

NEWER: Final = "#/components/schemas/"
OLDER: Final = "#/definitions/"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
_DOCS: Final = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
_API_VERSION: Final = {
    "description": "APIVersion defines the versioned schema of this representation of an object. "
    "Servers should convert recognized schemas to the latest internal value, and may reject "
    f"unrecognized values. More info: {_DOCS}#resources",
    "type": "string",
}
_KIND: Final = {
    "description": "Kind is a string value representing the REST resource this object represents. "
    "Servers may infer this from the endpoint the client submits requests to. Cannot be updated. "
    f"In CamelCase. More info: {_DOCS}#types-kinds",
    "type": "string",
}
_MEDIA: Final = ("application/json", "application/yaml")
_PATCHES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/apply-patch+yaml",
)


_WHOLE: Final = "/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
_ALL: Final = "/apis/policy/v1/poddisruptionbudgets"


# ---- schemas ------------------------------------------------------------------------------------


def model_name(kind: Kind) -> str:
    """Return what the schema of a custom kind is called: com.example.v1.Gadget."""
    return f"{'.'.join(reversed(kind.group.split('.')))}.{kind.version}.{kind.kind}"


def definitions(kind: Kind, schema: Mapping[str, Any], ref: str) -> Json:
    """Return name → schema of a kind and of its list; *ref* is where references point to."""
    name = model_name(kind)
    plain = _newer if ref == NEWER else _older
    own = _ordered(plain(schema))
    if ref == OLDER and schema.get("x-kubernetes-preserve-unknown-fields"):
        own = {"type": "object"}
    else:
        own["properties"] = dict(
            sorted(
                {
                    **own.get("properties", {}),
                    "apiVersion": _API_VERSION,
                    "kind": _KIND,
                    "metadata": _refers(f"Standard object's metadata. {_more('metadata')}", ref,
                                        "ObjectMeta"),
                }.items()
            )
        )  # fmt: skip
    described = {
        "description": f"{kind.list_kind_name} is a list of {kind.kind}",
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": _API_VERSION,
            "items": {
                "description": f"List of {kind.plural}. More info: {_DOCS}",
                "type": "array",
                "items": {"$ref": ref + name},
            },
            "kind": _KIND,
            "metadata": _refers(f"Standard list metadata. {_more('types-kinds')}", ref, "ListMeta"),
        },
    }
    return {
        name: _ordered({**own, **_gvk(kind, kind.kind)}),
        list_name(kind): {**described, **_gvk(kind, kind.list_kind_name)},
    }


def list_name(kind: Kind) -> str:
    """Return what the schema of a custom kind's list is called."""
    return model_name(kind).removesuffix(kind.kind) + kind.list_kind_name


def _more(part: str) -> str:
    return f"More info: {_DOCS}#{part}"


def _refers(description: str, ref: str, name: str) -> Json:
    pointer = {"$ref": f"{ref}{_META}{name}"}
    if ref == NEWER:
        return {"description": description, "allOf": [pointer]}
    return {"description": description, **pointer}


def _gvk(kind: Kind, name: str) -> Json:
    own = {"group": kind.group, "kind": name, "version": kind.version}
    return {"x-kubernetes-group-version-kind": [own]}


_ORDER: Final = (
    "description", "type", "nullable", "format", "title", "default", "maximum", "exclusiveMaximum",
    "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
    "uniqueItems", "multipleOf", "enum", "maxProperties", "minProperties", "required", "items",
    "allOf", "oneOf", "anyOf", "not", "properties", "additionalProperties",
)  # fmt: skip


def _ordered(schema: Mapping[str, Any]) -> Json:
    def rank(key: str) -> tuple[int, str]:
        return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)

    return {key: schema[key] for key in sorted(schema, key=rank)}


def _within(schema: Mapping[str, Any], told: Callable[[Mapping[str, Any]], Json]) -> Json:
    """Return a schema with *told* applied to the schemas in it, keys in the server's order."""
    out = dict(schema)
    if "properties" in out:
        out["properties"] = {name: told(found) for name, found in sorted(out["properties"].items())}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(out.get(key), Mapping):
            out[key] = told(out[key])
    for key in ("allOf", "oneOf", "anyOf"):
        if key in out:
            out[key] = [told(found) for found in out[key]]
    return _ordered(out)


def _newer(schema: Mapping[str, Any]) -> Json:
    """The schema itself; what is an integer or a string says so in the way of OpenAPI 3."""
    out = dict(schema)
    if out.get("x-kubernetes-int-or-string") and not ("anyOf" in out or "allOf" in out):
        out["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return _within(out, _newer)


_NEW_ONLY: Final = ("allOf", "oneOf", "anyOf", "not", "nullable", "default")


def _older(schema: Mapping[str, Any]) -> Json:
    """The schema without what the old document has no words for."""
    out = {key: value for key, value in schema.items() if key not in _NEW_ONLY}
    if schema.get("nullable") or schema.get("x-kubernetes-preserve-unknown-fields"):
        for key in ("type", "items", "properties"):
            out.pop(key, None)
    return _within(out, _older)


# ---- paths --------------------------------------------------------------------------------------


def routes(kind: Kind, by: Json) -> Json:
    """Return path → operations of a custom kind, told like those in *by*.

    *by* are the paths of a document, newer or old, that has PodDisruptionBudgets.
    """
    root = f"/apis/{kind.group}/{kind.version}"
    many = f"{root}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else (
        f"{root}/{kind.plural}"
    )  # fmt: skip
    listed = by[_WHOLE]["get"]["parameters"]
    found: Json = {}
    if kind.namespaced:
        found[f"{root}/{kind.plural}"] = _told(kind, by[_ALL], listed)
    found[many] = _told(kind, by[_WHOLE], listed)
    found[f"{many}/{{name}}"] = _told(kind, by[f"{_WHOLE}/{{name}}"], listed)
    for name in kind.subresources:
        model = by[f"{_WHOLE}/{{name}}/status"]
        found[f"{many}/{{name}}/{name}"] = _told(kind, model, listed, subresource=name)
    return found


def _told(kind: Kind, model: Json, listed: list[Json], *, subresource: str = "") -> Json:
    """Return the operations of a path in the words of *kind*; *listed* are parameters of a list."""
    text = json.dumps(model)
    for old, new in _words(kind, subresource):
        text = text.replace(old, new)
    item: Json = json.loads(text)
    for method, operation in item.items():
        if method != "parameters":
            _plainer(operation)
    if not kind.namespaced:
        item["parameters"] = [one for one in item["parameters"] if _name(one) != "namespace"]
    if item["get"]["x-kubernetes-action"] == "get":
        versions = [one for one in listed if _name(one) == "resourceVersion"]
        item["get"] = _with_parameters(item["get"], versions)
    if item.get("delete", {}).get("x-kubernetes-action") == "deletecollection":
        item["delete"].pop("requestBody", None)
        item["delete"]["parameters"] = listed
    return item


def _name(parameter: Json) -> str:
    """Return a parameter's name, which a reference has in front of a hash."""
    found = parameter.get("name") or parameter["$ref"].rpartition("/")[2].partition("-")[0]
    return str(found)


def _with_parameters(operation: Json, parameters: list[Json]) -> Json:
    """Return an operation with parameters in their place."""
    out: Json = {}
    for key, value in operation.items():
        if key == "responses":
            out["parameters"] = parameters
        out[key] = value
    return out


def _plainer(operation: Json) -> None:
    """Leave JSON and YAML, and patches that custom kinds take."""
    patching = operation["x-kubernetes-action"] == "patch"
    bodies = _PATCHES if patching else _MEDIA
    if "requestBody" in operation:
        operation["requestBody"]["content"] = _offered(operation["requestBody"]["content"], bodies)
    for response in operation["responses"].values():
        if "content" in response:
            response["content"] = _offered(response["content"], _MEDIA)
    if patching:
        operation["responses"].pop("201", None)
    for key, media in (("consumes", bodies), ("produces", _MEDIA)):
        if key in operation:
            operation[key] = list(media)


def _offered(content: Json, media: tuple[str, ...]) -> Json:
    return dict.fromkeys(sorted(media), next(iter(content.values())))


def _words(kind: Kind, subresource: str) -> Iterator[tuple[str, str]]:
    """Yield what stands in a built-in kind's paths and what stands in those of *kind*."""
    camel = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", kind.group))
    built_in = "io.k8s.api.policy.v1.PodDisruptionBudget"
    if subresource == "scale":
        yield built_in, "io.k8s.api.autoscaling.v1.Scale"
        yield "PodDisruptionBudgetStatus", f"{kind.kind}Scale"
        yield " status of ", " scale of "
    yield f"{built_in}List", list_name(kind)
    yield built_in, model_name(kind)
    yield "PolicyV1", camel + kind.version.capitalize()
    yield "policy_v1", f"{camel[:1].lower()}{camel[1:]}_{kind.version}"
    yield "PodDisruptionBudget", kind.kind
    yield '"policy", "version": "v1"', f'"{kind.group}", "version": "{kind.version}"'
    yield '"group": "policy"', f'"group": "{kind.group}"'
    yield f'"{kind.kind}", "version": "v1"', f'"{kind.kind}", "version": "{kind.version}"'
    yield "list or watch objects", "list objects"
    if not kind.namespaced:
        yield "Namespaced", ""
