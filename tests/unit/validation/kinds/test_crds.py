"""CustomResourceDefinitions: names, versions and schemas, in the server's words."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation import validate
from ecp.validation.kinds import checks_for
from ecp.validation.scope import Scope

Obj = dict[str, Any]
LIST = "x-kubernetes-list-type"
KEYS = "x-kubernetes-list-map-keys"
EITHER = [{"type": "integer"}, {"type": "string"}]


def field(schema: Obj, **root: Any) -> Obj:
    """Return a definition whose objects have one field x."""
    return crd({"type": "object", "properties": {"x": schema}, **root})


def crd(schema: Obj | None = None, name: str = "things.acme.io", **spec: Any) -> Obj:
    version: Obj = {"name": "v1", "served": True, "storage": True}
    version["schema"] = {"openAPIV3Schema": {"type": "object"} if schema is None else schema}
    return {
        "metadata": {"name": name},
        "spec": {
            "group": "acme.io",
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [version],
            **spec,
        },
    }


def versions(*given: Obj) -> Obj:
    """Return a definition of versions that share their schema."""
    schema = {"openAPIV3Schema": {"type": "object"}}
    return crd(versions=[{"served": True, "schema": schema, **one} for one in given])


def said(obj: Obj, scope: Scope = Scope()) -> list[str]:
    checks = checks_for("apiextensions.k8s.io", "CustomResourceDefinition")
    return [str(fault.error) for check in checks for fault in check(obj, scope)]


GOOD = {
    "the least there is": crd(),
    "fields with lists, maps and either": field(
        {
            "type": "object",
            "properties": {
                "ports": {
                    "type": "array", LIST: "map", KEYS: ["name"],
                    "items": {
                        "type": "object", "required": ["name"],
                        "properties": {"name": {"type": "string"}},
                    },
                },
                "names": {"type": "array", LIST: "set", "items": {"type": "string"}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": EITHER},
                "any": {"x-kubernetes-preserve-unknown-fields": True},
            },
            "oneOf": [{"required": ["names"]}, {"properties": {"ports": {"maxItems": 1}}}],
        }
    ),
    "metadata with a bound on the name": crd(
        {
            "type": "object",
            "properties": {
                "metadata": {
                    "type": "object",
                    "properties": {"name": {"type": "string", "maxLength": 9}},
                }
            },
        }
    ),
    "a converted one": crd(
        conversion={
            "strategy": "Webhook",
            "webhook": {
                "clientConfig": {"service": {"name": "s", "namespace": "n", "path": "/convert"}},
                "conversionReviewVersions": ["v1"],
            },
        }
    ),
    "one that the project knows": {
        **crd(group="x.k8s.io", name="things.x.k8s.io"),
        "metadata": {
            "name": "things.x.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "https://example.com/pr/1"},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("obj", GOOD.values(), ids=GOOD)
def test_good_definitions(obj: Obj) -> None:
    assert said(obj) == []


def shown(name: str, storage: bool) -> str:
    return (
        f'{{"Name":"{name}","Served":true,"Storage":{str(storage).lower()},"Deprecated":false,'
        '"DeprecationWarning":null,"Schema":null,"Subresources":null,'
        '"AdditionalPrinterColumns":null,"SelectableFields":null}'
    )


S = "spec.validation.openAPIV3Schema"
X = f"{S}.properties[x]"
LABEL = names.dns_1035_label("My_thing")[0]
BAD: dict[str, tuple[Obj, list[str]]] = {
    "another name": (
        crd(name="thing.acme.io"),
        [
            'metadata.name: Invalid value: "thing.acme.io": must be '
            'spec.names.plural+"."+spec.group'
        ],
    ),
    "a group without a dot": (
        crd(group="acme", name="things.acme"),
        ['spec.group: Invalid value: "acme": should be a domain with at least one dot'],
    ),
    "no scope and no kind": (
        crd(scope="", names={"plural": "things"}),
        [
            "spec.scope: Required value",
            "spec.names.singular: Required value",
            "spec.names.kind: Required value",
            "spec.names.listKind: Required value",
        ],
    ),
    "names that are none": (
        crd(names={"plural": "things", "kind": "My_Thing", "shortNames": ["My_thing"]}),
        [
            'spec.names.singular: Invalid value: "my_thing": ' + LABEL,
            'spec.names.kind: Invalid value: "My_Thing": may have mixed case, but should otherwise '
            "match: " + LABEL,
            'spec.names.listKind: Invalid value: "My_ThingList": may have mixed case, but should '
            "otherwise match: " + LABEL,
            'spec.names.shortNames[0]: Invalid value: "My_thing": ' + LABEL,
        ],
    ),
    "a list that is called as its items": (
        crd(names={"plural": "things", "kind": "Thing", "listKind": "Thing"}),
        ['spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same'],
    ),
    "no schema": (
        crd(versions=[{"name": "v1", "served": True, "storage": True}]),
        ["spec.versions[0].schema.openAPIV3Schema: Required value"],
    ),
    "nothing that is stored": (
        versions({"name": "v1"}),
        [
            f"spec.versions: Invalid value: [{shown('v1', False)}]: must have exactly one version "
            "marked as storage version",
            "status.storedVersions: Invalid value: null: must have at least one stored version",
        ],
    ),
    "a version twice": (
        versions({"name": "v1", "storage": True}, {"name": "v1"}),
        [
            f"spec.versions: Invalid value: [{shown('v1', True)},{shown('v1', False)}]: must "
            "contain unique version names"
        ],
    ),
    "a warning for a version that is not deprecated": (
        versions({"name": "v1", "storage": True, "deprecationWarning": "old"}),
        [
            'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for '
            "deprecated versions"
        ],
    ),
    "fields that are kept for all": (
        crd(preserveUnknownFields=True),
        [
            "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set "
            "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        ],
    ),
    "a group of the project": (
        crd(group="x.k8s.io", name="things.x.k8s.io"),
        [
            "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups "
            'must have approval annotation "api-approved.kubernetes.io", see '
            "https://github.com/kubernetes/enhancements/pull/1111"
        ],
    ),
    "a schema without a type": (
        crd({}),
        [f"{S}.type: Required value: must not be empty at the root"],
    ),
    "a schema of a list": (
        crd({"type": "array", "items": {"type": "string"}}),
        [f'{S}.type: Invalid value: "array": must be object at the root'],
    ),
    "a field without a type": (
        field({"description": "x"}),
        [f"{X}.type: Required value: must not be empty for specified object fields"],
    ),
    "a list without items": (
        field({"type": "array"}), [f"{X}.items: Required value: must be specified"]
    ),
    "items without a type": (
        field({"type": "array", "items": {}}),
        [f"{X}.items.type: Required value: must not be empty for specified array items"],
    ),
    "no such type": (
        field({"type": "int"}),
        [
            f'{X}.type: Unsupported value: "int": supported values: "array", "boolean", "integer", '
            '"number", "object", "string"'
        ],
    ),
    "a type inside a junctor": (
        field({"type": "string", "oneOf": [{"type": "string", "maxLength": 1}]}),
        [f"{X}.oneOf[0].type: Forbidden: must be empty to be structural"],
    ),
    "a field that only a junctor has": (
        crd({"type": "object", "anyOf": [{"properties": {"y": {"maxLength": 1}}}]}),
        [
            f"{S}.properties[y]: Required value: because it is defined in "
            f"{S}.anyOf[0].properties[y]"
        ],
    ),
    "metadata that says too much": (
        crd(
            {
                "type": "object",
                "properties": {"metadata": {"type": "object", "description": "The metadata."}},
            }
        ),
        [
            f"{S}.properties[metadata]: Forbidden: must not specify anything other than name and "
            "generateName, but metadata is implicitly specified"
        ],
    ),
    "metadata with fields of its own": (
        crd(
            {
                "type": "object",
                "properties": {
                    "metadata": {
                        "type": "object",
                        "properties": {"labels": {"type": "object"}},
                    }
                },
            }
        ),
        [
            f"{S}.properties[metadata]: Forbidden: must not specify anything other than name and "
            "generateName, but metadata is implicitly specified"
        ],
    ),
    "free fields at the root": (
        crd({"type": "object", "additionalProperties": {"type": "string"}}),
        [f"{S}.additionalProperties: Forbidden: must not be used at the root"],
    ),
    "fields both named and free": (
        field(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"y": {"type": "string"}},
            }
        ),
        [
            f"{X}.additionalProperties: Forbidden: additionalProperties and properties are mutual "
            "exclusive"
        ],
    ),
    "a reference": (
        field({"$ref": "#/definitions/y"}), [f"{X}.$ref: Forbidden: $ref is not supported"]
    ),
    "a set that would be quadratic": (
        field({"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
        [
            f"{X}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime "
            "complexity becomes quadratic"
        ],
    ),
    "a map without keys": (
        field({"type": "array", LIST: "map", "items": {"type": "object"}}),
        [f"{X}.{KEYS}: Required value: must not be empty if {LIST} is map"],
    ),
    "a key that an item may lack": (
        field(
            {
                "type": "array", LIST: "map", KEYS: ["name"],
                "items": {"type": "object", "properties": {"name": {"type": "string"}}},
            }
        ),
        [
            f"{X}.items.properties[name].default: Required value: this property is in {KEYS}, so "
            "it must have a default or be a required property"
        ],
    ),
    "a key that is none": (
        field({"type": "array", LIST: "map", KEYS: ["name"], "items": {"type": "object"}}),
        [
            f'{X}.{KEYS}: Invalid value: ["name"]: entries must all be names of item properties'
        ],
    ),
    "a set of objects": (
        field({"type": "array", LIST: "set", "items": {"type": "object"}}),
        [
            f"{X}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a "
            f"list with {LIST}=set"
        ],
    ),
    "a list type of what is no list": (
        field({"type": "string", LIST: "atomic"}),
        [f'{X}.type: Invalid value: "string": must be array if {LIST} is specified'],
    ),
    "a pattern that looks ahead": (
        field({"type": "string", "pattern": "^(?!x)"}),
        [
            f'{X}.pattern: Invalid value: "^(?!x)": must be a valid regular expression, but '
            "isn't: error parsing regexp: invalid or unsupported Perl syntax: `(?!`"
        ],
    ),
    "a rule without an expression": (
        field({"type": "string", "x-kubernetes-validations": [{"message": "no"}]}),
        [f"{X}.x-kubernetes-validations[0].rule: Required value: rule is not specified"],
    ),
    "a rule with no such reason": (
        field({"type": "string", "x-kubernetes-validations": [{"rule": "true", "reason": "No"}]}),
        [
            f'{X}.x-kubernetes-validations[0].reason: Unsupported value: "No": supported values: '
            '"FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", '
            '"FieldValueRequired"'
        ],
    ),
    "a column without a type": (
        crd(
            versions=[
                {
                    **crd()["spec"]["versions"][0],
                    "additionalPrinterColumns": [{"name": "X", "jsonPath": "spec.x"}],
                }
            ]
        ),
        [
            "spec.additionalPrinterColumns[0].type: Required value: must be one of "
            "boolean,date,integer,number,string",
            'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.x": must be a simple '
            "json path starting with .",
        ],
    ),
    "a scale of another place": (
        crd(
            versions=[
                {
                    **crd()["spec"]["versions"][0],
                    "subresources": {"scale": {"specReplicasPath": ".status.x"}},
                }
            ]
        ),
        [
            'spec.subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a '
            "json path under .spec",
            "spec.subresources.scale.statusReplicasPath: Required value",
        ],
    ),
    "a conversion by nobody": (
        crd(conversion={"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v2"]}}),
        [
            "spec.conversion.webhookClientConfig: Required value: required when strategy is set to "
            "Webhook",
            'spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at '
            "least one of v1, v1beta1",
        ],
    ),
    "a conversion by a Service without a namespace": (
        crd(
            conversion={
                "strategy": "Webhook",
                "webhook": {
                    "clientConfig": {"service": {"name": "s", "path": "a//b"}},
                    "conversionReviewVersions": ["v1"],
                },
            }
        ),
        [
            "spec.conversion.webhookClientConfig.service.name: Required value",
            'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": must start '
            "with a '/'",
            'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": segment[0] '
            "may not be empty",
            'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": segment[1] '
            "may not be empty",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), BAD.values(), ids=BAD)
def test_bad_definitions(obj: Obj, words: list[str]) -> None:
    assert said(obj) == words


def test_versions_that_differ_are_named_one_by_one() -> None:
    one = {"name": "v1", "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    two = {"name": "v2", "schema": {"openAPIV3Schema": {}}}
    assert said(crd(versions=[one, two])) == [
        "spec.versions[1].schema.openAPIV3Schema.type: Required value: must not be empty at the "
        "root"
    ]


def test_a_fault_in_what_the_versions_share_points_at_the_first() -> None:
    report = validate(
        "\n".join(
            (
                "apiVersion: apiextensions.k8s.io/v1",
                "kind: CustomResourceDefinition",
                "metadata: {name: things.acme.io}",
                "spec:",
                "  group: acme.io",
                "  scope: Namespaced",
                "  names: {plural: things, kind: Thing}",
                "  versions:",
                "  - name: v1",
                "    served: true",
                "    storage: true",
                "    schema:",
                "      openAPIV3Schema:",
                "        type: object",
                "        properties:",
                "          x: {type: array}",
            )
        )
    )
    (finding,) = report.errors
    assert finding.field == "spec.validation.openAPIV3Schema.properties[x].items"
    assert finding.position.line == 16
