"""Reviews: questions about who asks and what is allowed. Nothing is stored; all is allowed.

Source: kubernetes pkg/registry/authentication, pkg/registry/authorization.
"""

from typing import Any

from ecp.kube.errors import BadRequest, Invalid, invalid
from ecp.kube.patch.apply import render, update_owners
from ecp.kube.times import rfc3339
from ecp.simulator.kubeapi import bodies
from ecp.simulator.kubeapi.hosting import Hosted
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import Call, Media, Reply, check_options, encoded

_AUDIENCE = "https://kubernetes.default.svc"
_PATHS = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_API_PATHS = [
    "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*",
    "/readyz", "/version", "/version/",
]  # fmt: skip
# The rules of the groups system:masters and system:authenticated, as a server lists them.
_ALL: dict[str, Any] = {
    "resourceRules": [
        {
            "verbs": ["create"],
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
        {
            "verbs": ["create"],
            "apiGroups": ["authentication.k8s.io"],
            "resources": ["selfsubjectreviews"],
        },
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    ],
    "nonResourceRules": [
        {"verbs": ["get"], "nonResourceURLs": _PATHS},
        {"verbs": ["get"], "nonResourceURLs": ["/.well-known", "/.well-known/*"]},
        {"verbs": ["get"], "nonResourceURLs": _API_PATHS},
        {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ],
    "incomplete": False,
}


def user_info(call: Call) -> dict[str, Any]:
    """Return who asks: the one administrator, or whom that one impersonates."""
    impersonated = call.header(b"impersonate-user")
    if impersonated:
        groups = [one for one in call.header(b"impersonate-group").split(",") if one]
        return {"username": impersonated, "groups": [*groups, "system:authenticated"]}
    return {"username": call.user, "groups": ["system:masters", "system:authenticated"]}


def _reviewed(spec: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    """Say whose a token is: the administrator's, whom every caller is taken for.

    Raises BadRequest. A token is for the server alone; who names other audiences is refused.
    """
    if not spec.get("token"):
        raise BadRequest("token is required for TokenReview in authentication")
    asked = spec.get("audiences") or [_AUDIENCE]
    if _AUDIENCE not in asked:
        return {"user": {}, "error": "invalid bearer token"}
    return {"authenticated": True, "user": user, "audiences": [_AUDIENCE]}


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
        case "TokenReview":
            status = _reviewed(spec, user_info(call))
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
    if kind.kind.endswith(("AccessReview", "TokenReview")):
        asked = {**out, "spec": spec}
        rows = update_owners(
            None, asked, (), manager=call.manager, time=rfc3339(hosted.cluster.now),
            api_version=kind.api_version,
        )  # fmt: skip
        rendered = render(rows, asked)
        for row in rendered:
            row["fieldsV1"].get("f:spec", {}).pop(".", None)  # a struct, which is not owned
        meta["managedFields"] = rendered
    if kind.kind != "SelfSubjectReview":
        out["spec"] = spec
    out["status"] = status
    return Reply(201, encoded(out, media), media.content_type)
