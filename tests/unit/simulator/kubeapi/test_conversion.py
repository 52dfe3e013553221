"""Versions of a custom kind that a webhook converts, which nobody reaches: what needs it fails."""

from typing import Any

import pytest

from conformance.bare import Client, Host, drive

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FOOS = "/apis/conv.io/{}/namespaces/default/foos"
ANY = {
    "openAPIV3Schema": {
        "type": "object",
        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
}
HOOK = {"service": {"name": "hook", "namespace": "default", "path": "/convert"}}
WORDS = (
    "conversion webhook for conv.io/{}, Kind=Foo failed: "
    'Post "https://hook.default.svc:443/convert?timeout=30s": service "hook" not found'
)
MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


def crd(conversion: dict[str, Any]) -> dict[str, Any]:
    versions = [
        {"name": name, "served": True, "storage": name == "v1", "schema": ANY}
        for name in ("v1", "v2")
    ]
    names = {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}
    spec = {"group": "conv.io", "scope": "Namespaced", "names": names, "versions": versions}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.conv.io"},
        "spec": {**spec, "conversion": conversion},
    }


def foo(version: str, name: str) -> dict[str, Any]:
    head = {"apiVersion": f"conv.io/{version}", "kind": "Foo", "metadata": {"name": name}}
    return {**head, "spec": {"x": 1}}


ROWS = [
    ("POST", "v1", "", foo("v1", "b"), "", 201, ""),
    ("POST", "v2", "", foo("v2", "b"), "", 500, "v2"),
    ("GET", "v1", "/a", None, "", 200, ""),
    ("GET", "v2", "/a", None, "", 500, "v1"),
    ("GET", "v2", "/none", None, "", 404, ""),
    ("GET", "v1", "", None, "", 200, ""),
    ("GET", "v2", "", None, "", 500, "v1"),
    ("GET", "v2", "?labelSelector=a%3Db", None, "", 500, "v1"),
    ("PATCH", "v2", "/a", {"spec": {"y": 2}}, MERGE, 500, "v1"),
    ("PATCH", "v2", "/a?fieldManager=m", foo("v2", "a"), APPLY, 500, "v1"),
    ("PATCH", "v2", "/new?fieldManager=m", foo("v2", "new"), APPLY, 500, "v2"),
    ("PUT", "v2", "/a", foo("v2", "a"), "", 500, "v1"),
    ("DELETE", "v2", "/a", None, "", 500, "v1"),
    ("DELETE", "v2", "", None, "", 500, "v1"),
]


@pytest.mark.parametrize(
    ("method", "version", "rest", "body", "type_", "status", "converted"),
    ROWS,
    ids=[f"{row[0]} {row[1]}{row[2]} is answered by {row[5]}" for row in ROWS],
)
def test_only_what_needs_the_webhook_fails(
    method: str, version: str, rest: str, body: Any, type_: str, status: int, converted: str
) -> None:
    async def story(client: Client, host: Host) -> None:
        webhook = {"conversionReviewVersions": ["v1"], "clientConfig": HOOK}
        await client.ask("POST", CRDS, crd({"strategy": "Webhook", "webhook": webhook}))
        await client.ask("POST", FOOS.format("v1"), foo("v1", "a"))
        more = {"type_": type_} if type_ else {}
        answer = await client.ask(method, FOOS.format(version) + rest, body, **more)
        assert answer.status == status, answer.body
        if converted:
            assert answer.json["message"] == WORDS.format(converted)
            assert "reason" not in answer.json

    drive(story)


def test_without_a_webhook_only_the_version_changes() -> None:
    async def story(client: Client, host: Host) -> None:
        await client.ask("POST", CRDS, crd({"strategy": "None"}))
        await client.ask("POST", FOOS.format("v2"), foo("v2", "a"))
        answer = (await client.ask("GET", FOOS.format("v1") + "/a")).json
        assert (answer["apiVersion"], answer["spec"]) == ("conv.io/v1", {"x": 1})

    drive(story)
