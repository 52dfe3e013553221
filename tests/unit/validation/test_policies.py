"""ValidatingAdmissionPolicies: what kube-apiserver 1.36.2 said, and what they come to here."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.cel.authorizer import Answer
from ecp.kube.defaults import default
from ecp.kube.schema import Gvk
from ecp.validation import validate
from ecp.validation.policing.deciding import rule
from ecp.validation.policing.requests import Asked, World, everything_allowed

Obj = dict[str, Any]
GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
ROWS: list[Obj] = [
    json.loads(line) for line in (GOLDEN / "policies.jsonl").read_text("utf-8").splitlines()
]
SHOP: Obj = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": "shop",
        "labels": {"tier": "silver", "kubernetes.io/metadata.name": "shop"},
    },
    "spec": {"finalizers": ["kubernetes"]},
    "status": {"phase": "Active"},
}
PLURALS = {
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Pod": "pods",
}
ADMIN = {"username": "admin", "uid": "admin", "groups": ["system:masters", "system:authenticated"]}


def cluster(row: Obj) -> list[Obj]:
    params = [
        {**one, "metadata": {**one["metadata"], "namespace": "shop"}} for one in row["params"]
    ]
    return [SHOP, row["policy"], row["binding"], *params]


def world(row: Obj) -> World:
    held = [default(one["kind"], one) for one in cluster(row)]

    def of(group: str, kind: str, namespace: str) -> Iterable[Obj]:
        return [
            one
            for one in held
            if one["kind"] == kind and namespace in ("", one["metadata"].get("namespace"))
        ]

    def namespaced(group: str, kind: str) -> bool | None:
        return None if group.endswith("example.com") else True

    return World(of, namespaced)


def as_stored(obj: Obj) -> Obj:
    obj = {**obj, "metadata": {**obj["metadata"], "namespace": "shop"}}
    if obj["kind"] == "Pod":
        obj["spec"] = {**obj["spec"], "serviceAccountName": "default"}
    return default(obj["kind"], obj)


def asked(row: Obj) -> Asked:
    new, old = row["object"] and as_stored(row["object"]), row.get("old") and as_stored(row["old"])
    one = new or old
    gvk = Gvk.of(one["apiVersion"], one["kind"])
    operation = "CREATE" if old is None else "DELETE" if new is None else "UPDATE"
    versions = ("v1", "v2") if gvk.group == "autoscaling" else (gvk.version,)
    name = one["metadata"].get("name", "")
    options = {"kind": f"{operation.title()}Options", "apiVersion": "meta.k8s.io/v1"}
    return Asked(
        operation,
        gvk.group,
        gvk.version,
        gvk.kind,
        PLURALS[gvk.kind],
        name,
        "shop",
        new,
        old,
        versions=versions,
        user=ADMIN,
        options={**options, "dryRun": ["All"]},
        dry_run=True,
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_a_request_is_answered_as_a_server_answers_it(row: Obj) -> None:
    request = asked(row)
    ruling = rule(request, world(row))
    error = ruling.error(request)
    said = (error.code, error.reason, error.message) if error else (0, "", "")
    refused = row["code"] >= 300
    assert said == (row["code"] if refused else 0, row["reason"], row["message"])
    assert list(ruling.warnings) == row["warnings"]


# What no manifest says: who asks, and with which options.
TOLD = ("the request", "the options of a request")
NEW = [row for row in ROWS if "old" not in row and row["case"] not in TOLD]


@pytest.mark.parametrize("row", NEW, ids=lambda row: row["case"])
def test_a_manifest_is_judged_by_the_policies_of_its_cluster(row: Obj) -> None:
    report = validate(json.dumps(row["object"]), namespace="shop", against=cluster(row))
    (verdict,) = report.verdicts
    refused = row["code"] >= 300
    assert report.valid is not refused
    said = (verdict.code, verdict.reason, verdict.message)
    assert said == (row["code"] if refused else 0, row["reason"], row["message"])
    warned = [one.message for one in report.findings if one.rule == "W0116"]
    assert warned == row["warnings"]


CHANGES: list[Obj] = [
    json.loads(line) for line in (GOLDEN / "mutating.jsonl").read_text("utf-8").splitlines()
]
HEADS = {
    "configmaps": {"apiVersion": "v1", "kind": "ConfigMap"},
    "deployments": {"apiVersion": "apps/v1", "kind": "Deployment"},
    "pods": {"apiVersion": "v1", "kind": "Pod"},
}
# A manifest stays where it is, whatever a policy would call it.
ELSEWHERE = ("another namespace",)


@pytest.mark.parametrize(
    "row", [one for one in CHANGES if one["id"] not in ELSEWHERE], ids=lambda row: row["id"]
)
def test_a_manifest_is_judged_as_policies_change_it(row: Obj) -> None:
    labels = {"kubernetes.io/metadata.name": "api-map"}
    there = [{"apiVersion": "v1", "kind": "Namespace",
              "metadata": {"name": "api-map", "labels": labels}}]  # fmt: skip
    for plural, body in row["setup"]:
        binding = "Binding" if plural.endswith("bindings") else ""
        head = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"MutatingAdmissionPolicy{binding}",
        }
        there.append({**head, **body})
    manifest = json.dumps({**HEADS[row["resource"]], **row["body"]})
    (verdict,) = validate(manifest, namespace="api-map", against=there).verdicts
    wanted = (True, 0, "") if row["code"] == 201 else (False, row["code"], row["answer"]["message"])
    assert (verdict.accepted, verdict.code, verdict.message) == wanted


def test_policies_of_the_input_itself_count() -> None:
    row = next(one for one in ROWS if one["case"] == "a message")
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": [row["object"]]})
    rest = "\n---\n".join(json.dumps(one) for one in cluster(row))
    report = validate(f"{text}\n---\n{rest}", namespace="shop")
    refused = [one.object.kind for one in report.verdicts if not one.accepted]
    assert refused == ["Deployment"]


def test_a_policy_that_no_server_would_hold_denies_nothing() -> None:
    row = next(one for one in ROWS if one["case"] == "a message")
    spec = {**row["policy"]["spec"], "validations": [{"expression": "objekt.spec"}]}
    there = cluster({**row, "policy": {**row["policy"], "spec": spec}})
    assert validate(json.dumps(row["object"]), namespace="shop", against=there).valid


def test_an_update_is_judged_with_what_there_was() -> None:
    row = next(one for one in ROWS if one["case"] == "replicas only grow")
    old = {**row["old"], "metadata": {**row["old"]["metadata"], "namespace": "shop"}}
    there = [*cluster(row), old]
    manifest = {key: part for key, part in row["object"].items() if key != "status"}
    manifest["metadata"] = {"name": "web", "labels": {"app": "web"}}
    (verdict,) = validate(json.dumps(manifest), namespace="shop", against=there).verdicts
    assert verdict.message == row["message"]


def test_who_is_no_administrator_is_asked_for() -> None:
    assert everything_allowed({"verb": "get"}) == Answer(True)
    assert everything_allowed({"verb": "get", "serviceAccount": "a:b"}) == Answer(False)
