"""OpenAPI documents against what a real server of the release sent."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.kube import openapi_binary, openapi_documents
from ecp.kube.kinds import BUILT_IN, Catalogue, custom_kinds

DISCOVERY = Path(__file__).parents[2] / "golden" / "api" / "discovery.jsonl"
GIZMOS = """
spec:
  group: gizmos.example
  scope: Namespaced
  names: {plural: gizmos, singular: gizmo, kind: Gizmo, shortNames: [gz]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {}}
    schema:
      openAPIV3Schema:
        description: A gizmo.
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            description: What is wanted.
            properties:
              replicas: {type: integer, minimum: 0, default: 1}
              port: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              maybe: {type: string, nullable: true, enum: [a, b]}
              list:
                type: array
                items: {type: object, properties: {name: {type: string}}, required: [name]}
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
              rule: {type: string, x-kubernetes-validations: [{rule: "self != ''"}]}
              one: {type: object, properties: {a: {type: string}}, oneOf: [{required: [a]}]}
              map: {type: object, additionalProperties: {type: string}}
          status:
            type: object
            properties: {replicas: {type: integer}}
  - name: v1beta1
    served: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
spec:
  group: gizmos.example
  scope: Cluster
  names: {plural: wholes, kind: Whole}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        {type: object, properties: {spec: {type: object, properties: {x: {type: string}}}}}
"""
# SHA-512 of what kube-apiserver 1.36.2 answered when these kinds were defined.
MEASURED = {
    "apis/gizmos.example/v1": (
        "7625D954A54FF12EBDDD3CD627892EC87A58828F7D35896C200FB0E4D717C2FE"
        "97C753F4A33C820EED06CD87C40F8BC64F89E48872467F573A0FD0883BC2C067"
    ),
    "apis/gizmos.example/v1beta1": (
        "1CD72EBB4E430D99650D6EACA467E0530F28B78D74CA5455B41921907AC5F5BE"
        "828E47FC90F7ED162A8330E8DBE164029C0692E123638ABC982BB1F1F64EB050"
    ),
    "v2": (
        "33E7879BAEAFE8B71BEF61EE9793F5D08689EE6AA543F0FC72A5E30DCF613FBE"
        "2C6DB2D7475B453896596D2586D50AEB0080E2018E5134A2EE9D3876EE28B3FC"
    ),
}
# The same of the old document with no kinds of one's own, as JSON and in protobuf.
PLAIN_V2 = (
    "276DB9A3BE4566FA02B4C528171436757D13EF0571E215FEF8FC401A847F24B8"
    "78CE9B027DB689501A7A2F574EC15897D19280E8653A31FBB735C83D4A91BC01"
)
BINARY_V2 = (
    "2570350b667c0b289192e69c3888ef7151e6cd231af46f099287341dac202db1"
    "ab0ec2357d4f76a4401ec5b7b3bf039cb4e9afb500cc1738b53c8a1d727207d6"
)


def recorded_links() -> dict[str, str]:
    for line in DISCOVERY.read_text().splitlines():
        for exchange in json.loads(line)["exchanges"]:
            if exchange["req"]["path"] == "/openapi/v3":
                links = exchange["res"]["body"]["paths"]
                return {
                    name: row["serverRelativeURL"].partition("hash=")[2]
                    for name, row in links.items()
                }
    raise LookupError("/openapi/v3")


@pytest.fixture(scope="module")
def own() -> tuple[Catalogue, dict[tuple[str, str, str], Any]]:
    kinds, schemas = [], {}
    for crd in yaml.safe_load_all(GIZMOS):
        kinds += custom_kinds(crd)
        for version in crd["spec"]["versions"]:
            key = (crd["spec"]["group"], version["name"], crd["spec"]["names"]["kind"])
            schemas[key] = version["schema"]["openAPIV3Schema"]
    return BUILT_IN.with_custom(kinds), schemas


def test_each_document_of_a_built_in_group_has_the_recorded_hash() -> None:
    recorded = recorded_links()
    assert openapi_documents.published_digests() == recorded
    for name, tag in recorded.items():
        found = openapi_documents.published(name)
        assert found is not None
        assert openapi_documents.digest(found.body) == tag


def test_the_old_document_is_the_servers_in_both_its_forms() -> None:
    found = openapi_documents.published("v2")
    assert found is not None
    assert found.digest == PLAIN_V2 == openapi_documents.digest(found.body)
    binary = openapi_binary.encode(json.loads(found.body))
    assert hashlib.sha512(binary).hexdigest() == BINARY_V2


def test_documents_of_custom_kinds_are_the_servers(own: Any) -> None:
    catalogue, schemas = own
    for name, kinds in openapi_documents.custom_versions(catalogue).items():
        assert openapi_documents.custom(kinds, schemas).digest == MEASURED[name]
    assert openapi_documents.old(catalogue, schemas).digest == MEASURED["v2"]


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    if isinstance(node, list):
        return set().union(*map(references, node))
    return set()


def test_every_reference_of_a_custom_document_leads_somewhere(own: Any) -> None:
    catalogue, schemas = own
    for kinds in openapi_documents.custom_versions(catalogue).values():
        found = json.loads(openapi_documents.custom(kinds, schemas).body)
        for reference in references(found):
            name = reference.removeprefix("#/components/schemas/")
            assert name in found["components"]["schemas"]


@pytest.mark.parametrize("value", ["*", "merge,retainKeys", ["name"], {"group": "", "kind": "K"}])
def test_what_openapi_does_not_define_travels_as_yaml(value: Any) -> None:
    encoded = openapi_binary.encode({"definitions": {"a": {"x-kubernetes-thing": value}}})
    text = encoded[encoded.index(b"x-kubernetes-thing") + len("x-kubernetes-thing") + 4 :]
    assert yaml.safe_load(text.decode()) == value
