"""Reviews: questions about who asks and what is allowed. Nothing is stored; all is allowed.

Source: kubernetes pkg/registry/authentication, pkg/registry/authorization.
"""

from typing import Any

from ecp.kube.errors import BadRequest, Invalid, invalid
from ecp.kube.times import rfc3339
from ecp.simulator.kubeapi import bodies
from ecp.simulator.kubeapi.hosting import Hosted
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import Call, Media, Reply, check_options, encoded

_ALL: dict[str, Any] = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}


def user_info(call: Call) -> dict[str, Any]:
    """Return who asks: the one administrator, or whom that one impersonates."""
    impersonated = call.header(b"impersonate-user")
    if impersonated:
        groups = [one for one in call.header(b"impersonate-group").split(",") if one]
        return {"username": impersonated, "groups": [*groups, "system:authenticated"]}
    return {"username": call.user, "groups": ["system:masters", "system:authenticated"]}


async def create(hosted: Hosted, call: Call, target: Target, media: Media) -> Reply:
    """POST of a review. Raises BadRequest, Invalid."""
    check_options(call, "CreateOptions")
    kind = target.kind
    read = bodies.read_object(
        await call.body(), call.header(b"content-type"), hosted.cluster.catalogue, kind
    )
    body = read.value
    meta = {key: value for key, value in (body.get("metadata") or {}).items() if value is not None}
    spec = body.get("spec") or {}
    status: dict[str, Any]
    match kind.kind:
        case "SelfSubjectReview":
            meta["creationTimestamp"] = rfc3339(hosted.cluster.now)
            status = {"userInfo": user_info(call)}
        case "SelfSubjectRulesReview":
            if not spec.get("namespace"):
                raise BadRequest("no namespace on request")
            spec, status = {}, _ALL
        case _:
            if bool(spec.get("resourceAttributes")) == bool(spec.get("nonResourceAttributes")):
                detail = (
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"
                )
                errors = [invalid("spec.resourceAttributes", None, detail)]
                raise Invalid(f".{kind.group}", "", errors)
            status = {"allowed": True}
    out = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
    if kind.kind != "SelfSubjectReview":
        out["spec"] = spec
    out["status"] = status
    return Reply(201, encoded(out, media), media.content_type)
