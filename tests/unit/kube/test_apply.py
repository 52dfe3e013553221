"""Server-side apply and field ownership, against what a real server answered step by step."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.defaults import default
from ecp.kube.errors import KubeError
from ecp.kube.patch import apply, fieldset, json_patch, merge
from ecp.kube.patch.apply import Owner, Owners
from ecp.kube.patch.merge_keys import root

Object = dict[str, Any]
GOLDEN = Path(__file__).parents[2] / "golden" / "api" / "patch-ssa.jsonl"
KINDS = {
    "configmaps": "ConfigMap",
    "deployments": "Deployment",
    "services": "Service",
    "pods": "Pod",
}
SYSTEM = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace")
# Answers that other rooms give: validation, names, versions, media types, options.
ELSEWHERE = (400, 404, 405, 415, 422)
NOW = "2026-01-01T00:00:00Z"


def steps() -> list[Any]:
    found = []
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        sequence = json.loads(line)
        live: dict[str, Object] = {}
        extra = {step["before"]: step for step in sequence["prep"] if step["before"] > 1}
        for step in sequence["prep"]:
            if step["before"] == 1 and step["path"].endswith("deployments"):
                body = step["body"]
                path = f"{step['path']}/{body['metadata']['name']}"
                live[path] = created(body, "golden-client")
        for exchange in sequence["exchanges"]:
            request, answer = exchange["req"], exchange["res"]
            if exchange["n"] in extra:
                path = extra[exchange["n"]]["path"]
                live[path] = without_managed_fields(live[path])
            path = request["path"].removesuffix("/status")
            if request["method"] == "POST":
                path = f"{path}/{request['body']['metadata']['name']}"
            if request["method"] != "GET" and answered_here(request, answer):
                id_ = f"{sequence['id']} {exchange['n']}"
                found.append(pytest.param(live.get(path), request, answer, id=id_))
            body = answer.get("body") or {}
            if answer["status"] in (200, 201) and body.get("kind") in KINDS.values():
                live[path] = body
    return found


def answered_here(request: Object, answer: Object) -> bool:
    """Whether the answer follows from ownership alone: not from versions, names, validation."""
    message = (answer.get("body") or {}).get("message", "")
    if "raw" in request and not request["raw"].startswith("apiVersion"):
        return False
    if answer["status"] in ELSEWHERE:
        return "managedFields must be nil" in message or "invalid object type" in message
    return "Operation cannot be fulfilled" not in message


def created(body: Object, manager: str) -> Object:
    obj = default(body["kind"], body)
    owners = apply.update_owners(None, obj, (), manager=manager, time=NOW)
    metadata = {**obj["metadata"], "managedFields": apply.render(owners, obj)}
    return {**obj, "metadata": metadata}


def without_managed_fields(obj: Object) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    return {**obj, "metadata": metadata}


def read_body(request: Object) -> Any:
    if "body" in request:
        return request["body"]
    data = {"yaml": "yes"} if '"yes"' in request["raw"] else {"yaml": 5}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def serve(live: Object | None, request: Object) -> tuple[Object, Owners]:
    """What the façade does around these functions, without validation and admission."""
    plural = request["path"].removesuffix("/status").split("/")[-2]
    if request["method"] == "POST":
        plural = request["path"].split("/")[-1]
    kind = KINDS[plural]
    api_version = "apps/v1" if kind == "Deployment" else "v1"
    subresource = "status" if request["path"].endswith("/status") else ""
    query = dict(part.split("=") for part in (request.get("query") or "").split("&") if part)
    manager = query.get("fieldManager", "golden-client")
    content_type = request["headers"].get("Content-Type", "")
    body = read_body(request)
    owners: Owners = ()
    if live is not None:
        owners = apply.read(live["metadata"].get("managedFields") or ())
        live = without_managed_fields(live)
    if "apply-patch" in content_type:
        obj, owners = apply.apply(
            live,
            owners,
            body,
            manager,
            "force" in query,
            api_version=api_version,
            kind=kind,
            time=NOW,
            subresource=subresource,
        )
        return default(kind, obj), owners
    if request["method"] in ("POST", "PUT"):
        new = {**body, "status": live["status"]} if live and "status" in live else body
        if live and subresource:
            new = {**live, "status": body["status"]}
    elif "json-patch" in content_type:
        shown = {**live, "metadata": {**live["metadata"], "managedFields": []}} if live else {}
        new = json_patch.apply(shown, body)
    else:
        assert live is not None
        new = merge.apply(live, body)
    given = new["metadata"].get("managedFields")
    owners = apply.requested_owners(given, owners, subresource)
    new = default(kind, without_managed_fields(new))
    return new, apply.update_owners(
        live, new, owners, manager=manager, time=NOW, subresource=subresource
    )


def timeless(managed: list[Object]) -> list[Object]:
    return [{**entry, "time": "time"} if "time" in entry else entry for entry in managed]


def core(obj: Object) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in SYSTEM}
    return {**obj, "metadata": metadata}


@pytest.mark.parametrize(("live", "request_", "answer"), steps())
def test_a_recorded_write_leads_to_the_recorded_object_and_owners(
    live: Object | None, request_: Object, answer: Object
) -> None:
    try:
        obj, owners = serve(live, request_)
    except KubeError as error:
        assert error.status() == answer["body"]
        return
    body = answer["body"]
    assert answer["status"] in (200, 201)
    recorded = timeless(body["metadata"].get("managedFields") or [])
    ours = timeless(apply.render(owners, obj))
    assert json.dumps(sorted_by_owner(ours)) == json.dumps(sorted_by_owner(recorded))
    if live is not None or body["kind"] not in ("Pod", "Service"):
        assert core(obj) == core(body)


def sorted_by_owner(managed: list[Object]) -> list[Object]:
    """Owners of one second stand in the order of their names; recorded times are masked."""
    keys = ("operation", "manager", "apiVersion", "subresource")
    return sorted(managed, key=lambda entry: [entry.get(key, "") for key in keys])
