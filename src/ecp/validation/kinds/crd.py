"""CustomResourceDefinition, but for its schemas.

The server moves what all versions have alike (always, with one version) to the whole, and names
the whole in its faults: ``spec.validation.openAPIV3Schema``; a fault points at the version.
Source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go,
pkg/apis/apiextensions/v1/{conversion,defaults}.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import OMITTED, go_quote
from ecp.kube.urls import split_url
from ecp.kube.yaml import Path
from ecp.validation.custom.rules import BadPath, field_path
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    invalid,
    invalid_struct,
    required,
    too_many,
    unsupported,
)
from ecp.validation.kinds.crdconversion import check_conversion
from ecp.validation.kinds.crdschema import check_schema
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_SCOPES: Final = ("Cluster", "Namespaced")
_COLUMNS: Final = ("boolean", "date", "integer", "number", "string")
_FORMATS: Final = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_APPROVED: Final = "api-approved.kubernetes.io"
_SEE: Final = "see https://github.com/kubernetes/enhancements/pull/1111"
_MOST_SELECTABLE: Final = 8
_SELECTABLE: Final = ("boolean", "integer", "string")
_SELECTABLE_WITHOUT: Final = {
    "schema": "may only be set when `version.schema.openAPIV3Schema` is not included",
    "validation": "may only be set when validations.schema is included",
}
# What all versions may have alike, by its names in a version, in the whole, and to the server.
_SHARED: Final = (
    ("schema", "validation", "Schema"),
    ("subresources", "subresources", "Subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns", "AdditionalPrinterColumns"),
    ("selectableFields", "selectableFields", "SelectableFields"),
)
# What may be said at the root of a schema whose objects have a status of their own.
_AT_ROOT: Final = (
    "description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength "
    "minLength pattern maxItems minItems uniqueItems multipleOf required items properties "
    "externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-validations"
)
_AT_ROOT_TO_GO: Final = (
    "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength "
    "MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties "
    "ExternalDocs Example XPreserveUnknownFields XValidations]"
)


def check_crd(crd: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(crd.get("spec"))
    name = mapping(crd.get("metadata")).get("name") or ""
    wanted = f"{mapping(spec.get('names')).get('plural') or ''}.{spec.get('group') or ''}"
    if scope.new and name and name != wanted:
        text = 'must be spec.names.plural+"."+spec.group'
        yield invalid("E0640", At() / "metadata" / "name", name, text)
    for fault in _spec(spec):
        yield fault._replace(path=_as_written(fault.path))
    versions = [mapping(version) for version in items(spec.get("versions"))]
    if scope.new:
        yield from _stored(versions)
    if scope.new:
        yield from _approval(spec, mapping(mapping(crd.get("metadata")).get("annotations")))
    if spec.get("preserveUnknownFields"):
        text = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
            "spec.versions[*].schema instead"
        )
        yield invalid("E0640", _SPEC / "preserveUnknownFields", True, text)


def _as_written(path: Path) -> Path:
    """Return where a fault stands in a manifest of v1, which has no whole."""
    flat: Path = tuple(part for step in path for part in _DOTTED.get(step, (step,)))
    for own, whole, _ in _SHARED:
        if flat[:2] == ("spec", whole):
            flat = ("spec", "versions", 0, own, *flat[2:])
    if flat[:3] == ("spec", "conversion", "webhookClientConfig"):
        flat = ("spec", "conversion", "webhook", "clientConfig", *flat[3:])
    if flat[:3] == ("spec", "conversion", "conversionReviewVersions"):
        flat = ("spec", "conversion", "webhook", *flat[2:])
    return tuple("jsonPath" if step == "JSONPath" else step for step in flat)


# Fields that the server names in one breath with what holds them.
_DOTTED: Final[dict[str | int, tuple[str, str]]] = {
    f"scale.{field}": ("scale", field)
    for field in ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
}


def _spec(spec: Object) -> Iterator[Fault]:
    group = spec.get("group") or ""
    complaints = names.dns_subdomain(group) if group else ()
    if not group:
        yield required("E0640", _SPEC / "group")
    elif complaints:
        yield invalid("E0640", _SPEC / "group", group, ",".join(complaints))
    elif "." not in group:
        yield invalid("E0640", _SPEC / "group", group, "should be a domain with at least one dot")
    where = spec.get("scope") or ""
    if not where:
        yield required("E0640", _SPEC / "scope")
    elif where not in _SCOPES:
        yield unsupported("E0640", _SPEC / "scope", where, _SCOPES)
    versions = [mapping(version) for version in items(spec.get("versions"))]
    shared, own = _apart(versions)
    if not isinstance(mapping(shared.get("schema")).get("openAPIV3Schema"), dict):
        for number, version in enumerate(own):
            if not isinstance(mapping(version.get("schema")).get("openAPIV3Schema"), dict):
                here = _SPEC / "versions" / number / "schema" / "openAPIV3Schema"
                yield required("E0640", here)
    yield from _versions(own, shared, listed=spec.get("versions") is not None)
    yield from _names(mapping(spec.get("names")), _SPEC / "names")
    with_status = any(_has_status(version) for version in (shared, *own))
    yield from _version(shared, with_status, _SPEC, "validation")
    yield from check_conversion(spec, _SPEC / "conversion")


def _stored(versions: list[Object]) -> Iterator[Fault]:
    """Check the versions in which a new definition is stored: the server lists them itself."""
    at, point = At() / "status" / "storedVersions", _SPEC / "versions"
    marked = [version.get("name") or "" for version in versions if version.get("storage")]
    listed = list(dict.fromkeys(marked))
    if not listed:
        yield invalid("E0640", at, None, "must have at least one stored version", point=point)
    left = set(listed)
    for version in versions:
        name = version.get("name") or ""
        if version.get("storage") and name not in left:
            yield invalid("E0640", at, listed, f"must have the storage version {name}", point=point)
        left.discard(name)


def _apart(versions: list[Object]) -> tuple[Object, list[Object]]:
    """Return what all versions have alike, and what is left to each."""
    shared = {
        field: versions[0].get(field)
        for field, _, _ in _SHARED
        if versions and all(one.get(field) == versions[0].get(field) for one in versions)
    }
    return shared, [{key: one[key] for key in one if key not in shared} for one in versions]


def _has_status(version: Object) -> bool:
    return mapping(version.get("subresources")).get("status") is not None


def _versions(versions: list[Object], shared: Object, *, listed: bool) -> Iterator[Fault]:
    at = _SPEC / "versions"
    for number, version in enumerate(versions):
        here, name = at / number, version.get("name") or ""
        complaints = names.dns_1035_label(name)
        if complaints:
            yield invalid("E0640", here / "name", name, ",".join(complaints))
        for text in _warning_complaints(version):
            value = version.get("deprecationWarning")
            yield invalid("E0640", here / "deprecationWarning", value, text)
        owner = shared if "subresources" in shared else version
        yield from _version(version, _has_status(owner), here, "schema")
    shown = [_version_struct(version) for version in versions] if listed else None
    known = [version.get("name") or "" for version in versions]
    if len(set(known)) < len(known):
        yield invalid_struct("E0640", at, shown, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        text = "must have exactly one version marked as storage version"
        yield invalid_struct("E0640", at, shown, text)
    if versions and known[0] and names.dns_1035_label(known[0]):
        # The server keeps the first version's name once more, where v1 has no field.
        complaints = names.dns_1035_label(known[0])
        point = at / 0 / "name"
        yield invalid("E0640", _SPEC / "version", known[0], ",".join(complaints), point=point)


def _warning_complaints(version: Object) -> Iterator[str]:
    warning = version.get("deprecationWarning")
    if warning is None:
        return
    if not version.get("deprecated"):
        yield "can only be set for deprecated versions"
        return
    if len(warning.encode()) > 256:
        yield "must be <= 256 characters long"
    if not warning:
        yield "must not be an empty string"
    place = next((number for number, char in enumerate(warning) if not char.isprintable()), None)
    if place is not None:
        found = len(warning[:place].encode())
        text = "must only contain printable UTF-8 characters; non-printable character found at"
        yield f"{text} index {found}"


def _version_struct(version: Object) -> dict[str, Any]:
    shown = {
        "Name": version.get("name") or "",
        "Served": bool(version.get("served")),
        "Storage": bool(version.get("storage")),
        "Deprecated": bool(version.get("deprecated")),
        "DeprecationWarning": version.get("deprecationWarning"),
    }
    return {**shown, **{name: version.get(field) for field, _, name in _SHARED}}


def _version(version: Object, with_status: bool, at: At, schema_field: str) -> Iterator[Fault]:
    """Check what one version has, or all of them alike."""
    schema = mapping(version.get("schema")).get("openAPIV3Schema")
    here = at / schema_field / "openAPIV3Schema"
    if isinstance(schema, dict):
        if with_status:
            yield from _root(schema, here)
        yield from check_schema(schema, here)
    scale = mapping(version.get("subresources")).get("scale")
    if isinstance(scale, dict):
        yield from _scale(scale, at / "subresources")
    for number, column in enumerate(items(version.get("additionalPrinterColumns"))):
        yield from _column(mapping(column), at / "additionalPrinterColumns" / number)
    fields, here = items(version.get("selectableFields")), at / "selectableFields"
    if fields and isinstance(schema, dict):
        yield from _selectable(fields, schema, here)
    elif fields:
        # The schema that all versions share is kept apart from what each has of its own.
        yield invalid("E0640", here, "", _SELECTABLE_WITHOUT[schema_field])


def _root(schema: Object, at: At) -> Iterator[Fault]:
    """Check the root of a schema with a status: the first wrong thing is all that is said."""
    allowed = _AT_ROOT.split()
    others = [key for key in schema if key not in allowed and schema[key] not in (None, False, [])]
    kind = schema.get("type") or ""
    if kind and kind != "object":
        text = (
            'only "object" is allowed as the type at the root of the schema if the status '
            "subresource is enabled"
        )
        yield invalid("E0641", at / "type", kind, text)
    elif others:
        text = (
            f"only {_AT_ROOT_TO_GO} fields are allowed at the root of the schema if the status "
            "subresource is enabled"
        )
        yield invalid("E0641", at, OMITTED, text, point=at / others[0])


def _names(given: Object, at: At) -> Iterator[Fault]:
    kind = given.get("kind") or ""
    filled = {
        "plural": given.get("plural") or "",
        "singular": given.get("singular") or kind.lower(),
        "kind": kind,
        "listKind": given.get("listKind") or (f"{kind}List" if kind else ""),
    }
    for field in filled:
        if not filled[field]:
            yield required("E0640", at / field)
    for field, value in filled.items():
        mixed = field in ("kind", "listKind")
        complaints = names.dns_1035_label(value.lower() if mixed else value) if value else ()
        if complaints:
            said = "may have mixed case, but should otherwise match: " if mixed else ""
            point = at / (field if field in given else "kind")
            yield invalid("E0640", at / field, value, said + ",".join(complaints), point=point)
    yield from _labels(given, "shortNames", at)
    if kind and kind == filled["listKind"]:
        text = "kind and listKind may not be the same"
        yield invalid("E0640", at / "listKind", kind, text)
    yield from _labels(given, "categories", at)


def _labels(given: Object, field: str, at: At) -> Iterator[Fault]:
    for number, name in enumerate(items(given.get(field))):
        complaints = names.dns_1035_label(name or "")
        if complaints:
            yield invalid("E0640", at / field / number, name, ",".join(complaints))


def _scale(scale: Object, at: At) -> Iterator[Fault]:
    fields = (
        ("specReplicasPath", (".spec.",), "should be a json path under .spec"),
        ("statusReplicasPath", (".status.",), "should be a json path under .status"),
        (
            "labelSelectorPath",
            (".spec.", ".status."),
            "should be a json path under either .spec or .status",
        ),
    )
    for field, roots, text in fields:
        value, here = scale.get(field) or "", at / f"scale.{field}"
        if not value:
            if field != "labelSelectorPath":
                yield required("E0640", here)
        elif not value.startswith("."):
            yield invalid("E0640", here, value, "must be a simple json path starting with .")
        elif not value.startswith(roots):
            yield invalid("E0640", here, value, text)


def _column(column: Object, at: At) -> Iterator[Fault]:
    if not column.get("name"):
        yield required("E0640", at / "name")
    kind, text = column.get("type") or "", f"must be one of {','.join(_COLUMNS)}"
    if not kind:
        yield required("E0640", at / "type", text)
    elif kind not in _COLUMNS:
        yield invalid("E0640", at / "type", kind, text)
    form = column.get("format") or ""
    if form and form not in _FORMATS:
        text = f"must be one of {','.join(_FORMATS)}"
        yield invalid("E0640", at / "format", form, text)
    path = column.get("jsonPath") or ""
    if not path:
        yield required("E0640", at / "JSONPath")
    elif not path.startswith("."):
        text = "must be a simple json path starting with ."
        yield invalid("E0640", at / "JSONPath", path, text)


def _selectable(fields: list[Any], schema: Object, at: At) -> Iterator[Fault]:
    known: set[str] = set()
    for number, field in enumerate(fields):
        path, here = mapping(field).get("jsonPath") or "", at / number / "jsonPath"
        if not path:
            yield required("E0640", here)
            continue
        try:
            place, part = field_path(path, schema, brackets=False)
        except BadPath as error:
            yield invalid("E0640", here, path, f"is an invalid path: {error}")
            continue
        if place.path[:1] == ("metadata",):
            yield invalid("E0640", here, path, "must not point to fields in metadata")
        if part.get("type") not in _SELECTABLE:
            text = (
                "must point to a field of type string, boolean or integer. Enum string fields and "
                "strings with formats are allowed."
            )
            yield invalid("E0640", here, path, text)
        if str(place) in known:
            yield duplicate("E0640", here, path)
        known.add(str(place))
    if len(known) > _MOST_SELECTABLE:
        yield too_many("E0640", at, len(known), _MOST_SELECTABLE)


def _approval(spec: Object, annotations: Object) -> Iterator[Fault]:
    """The groups of the project itself are given out by it."""
    group, note = spec.get("group") or "", annotations.get(_APPROVED) or ""
    if not f".{group}".endswith((".k8s.io", ".kubernetes.io")) or note.startswith("unapproved"):
        return
    at = (At() / "metadata" / "annotations").key(_APPROVED)
    text = f"protected groups must have approval annotation {go_quote(_APPROVED)}"
    if not note:
        yield required("E0640", at, f"{text}, {_SEE}")
        return
    url = split_url(note)
    if not (url.scheme and url.authority):
        text += ' with either a URL or a reason starting with "unapproved"'
        yield invalid("E0640", at, note, f"{text}, {_SEE}")


CHECKS = {"CustomResourceDefinition": (check_crd,)}
