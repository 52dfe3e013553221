"""Tokens on request, and the documents by which others check them.

Source: kubernetes pkg/registry/core/serviceaccount/storage/token.go,
pkg/serviceaccount/openidmetadata.go, pkg/routes/openidmetadata.go.
"""

from typing import Any, Final

import orjson

from ecp.kube import kinds
from ecp.kube.errors import (
    BadRequest,
    Conflict,
    Invalid,
    NotAcceptable,
    NotFound,
    go_quote,
    invalid,
)
from ecp.kube.kinds import Kind
from ecp.kube.times import rfc3339
from ecp.sim.access import tokens
from ecp.sim.access.access import Access
from ecp.sim.access.tokens import Bound
from ecp.sim.admission import nodes
from ecp.sim.store import Obj
from ecp.simulator.kubeapi import bodies
from ecp.simulator.kubeapi.asking import make_key
from ecp.simulator.kubeapi.encoding import served_meta
from ecp.simulator.kubeapi.hosting import Hosted, SimulatedCluster
from ecp.simulator.kubeapi.reviews import own, placed
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import (
    JSON,
    Call,
    Media,
    Reply,
    check_options,
    encoded,
    no_cache,
    warnings,
)
from ecp.simulator.kubeapi.writing import judged

_SECOND: Final = 1_000_000_000
_LIFETIME_S: Final = 3600
_LEAST_S: Final = 600
_MOST_S: Final = 1 << 32
_GROUP: Final = "authentication.k8s.io"
_RESOURCE: Final = f"TokenRequest.{_GROUP}"
_KIND: Final = Kind(_GROUP, "v1", "TokenRequest", "tokenrequests", verbs=("create",))
_JWKS: Final = "/openid/v1/jwks"
_KEPT: Final = ((b"cache-control", b"public, max-age=3600"),)


async def create(hosted: Hosted, call: Call, target: Target, media: Media) -> Reply:
    """POST to serviceaccounts/NAME/token: a token, of which nothing is kept.

    Raises BadRequest, Conflict, Invalid, NotFound.
    """
    check_options(call, "CreateOptions")
    cluster = hosted.cluster
    read = bodies.read_object(
        await call.body(), call.header(b"content-type"), cluster.catalogue, _KIND
    )
    body = judged(read, call, _KIND)
    meta = placed(body.value, target)
    spec: dict[str, Any] = {"expirationSeconds": _LIFETIME_S, "boundObjectRef": None}
    spec |= {k: v for k, v in (body.value.get("spec") or {}).items() if v is not None}
    out: Obj = {
        "kind": _KIND.kind,
        "apiVersion": _KIND.api_version,
        "metadata": meta,
        "spec": {key: spec[key] for key in _FIELDS if key in spec},
    }
    own(out, call.manager, cluster.now, "token")
    account = _account(cluster, target, meta)
    key = (target.where, target.name)
    nodes.check_token(call.asker, spec, key, cluster.read, cluster.access)
    _check(spec)
    bound = _bound(cluster, target, spec["boundObjectRef"])
    audiences = spec.get("audiences") or list(tokens.AUDIENCES)
    lifetime_s = int(spec["expirationSeconds"])
    await make_key(cluster.access)
    token = tokens.issue(
        cluster.access.key,
        account,
        audiences,
        lifetime_s=lifetime_s,
        now=cluster.now,
        bound=bound,
    )
    managed = meta.pop("managedFields")
    meta |= {
        "name": target.name,
        "uid": account["metadata"]["uid"],
        "creationTimestamp": rfc3339(cluster.now),
    }
    out["metadata"] = served_meta({"metadata": meta}, managed)
    spec["audiences"] = audiences
    out["spec"] = {key: spec[key] for key in _FIELDS}
    ends = rfc3339(cluster.now + lifetime_s * _SECOND)
    out["status"] = {"token": token, "expirationTimestamp": ends}
    return Reply(201, encoded(out, media), media.content_type, no_cache(warnings(body.warnings)))


_FIELDS: Final = ("audiences", "expirationSeconds", "boundObjectRef")


def _account(cluster: SimulatedCluster, target: Target, meta: Obj) -> Obj:
    """Return the ServiceAccount of the path, which the body may name as well."""
    if meta.get("name", target.name) != target.name:
        words = "must match the service account name if specified"
        raise Invalid(_RESOURCE, target.name, [invalid("metadata.name", meta["name"], words)])
    account = cluster.read.get(kinds.SERVICEACCOUNTS, target.where, target.name)
    if account is None:
        raise NotFound(kinds.SERVICEACCOUNTS, target.name)
    uid, there = meta.get("uid"), account["metadata"]["uid"]
    if uid and uid != there:
        words = (
            f"the UID in the token request ({uid}) does not match the UID of the service account "
            f"({there})"
        )
        raise Conflict(_RESOURCE, target.name, words)
    return account


def _check(spec: dict[str, Any]) -> None:
    asked, words = spec["expirationSeconds"], ""
    if asked < _LEAST_S:
        words = "may not specify a duration less than 10 minutes"
    elif asked > _MOST_S:
        words = "may not specify a duration larger than 2^32 seconds"
    if words:
        raise Invalid(_RESOURCE, "", [invalid("spec.expirationSeconds", asked, words)])


_BOUND: Final = {
    "Pod": ("pod", kinds.PODS),
    "Node": ("node", kinds.NODES),
    "Secret": ("secret", kinds.SECRETS),
}


def _bound(cluster: SimulatedCluster, target: Target, reference: Obj | None) -> Bound:
    """Return what a token is to be bound to. Raises BadRequest, Conflict, NotFound."""
    if reference is None:
        return Bound()
    kind, name = reference.get("kind") or "", reference.get("name") or ""
    group, _, version = (reference.get("apiVersion") or "").rpartition("/")
    if group or kind not in _BOUND:
        raise BadRequest(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
    field, resource = _BOUND[kind]
    found = cluster.read.get(resource, "" if kind == "Node" else target.where, name)
    if found is None:
        raise NotFound(resource, name)
    bound = Bound()._replace(**{field: found})
    if kind == "Pod":
        bound = bound._replace(node=_node(cluster, target, found))
    uid, there = reference.get("uid"), found["metadata"]["uid"]
    if uid and uid != there:
        words = (
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise Conflict(kind, name, words)
    return bound


def _node(cluster: SimulatedCluster, target: Target, pod: Obj) -> Obj | None:
    """Return the node of a pod that a token is bound to. Raises BadRequest for another's pod."""
    if pod["spec"].get("serviceAccountName") != target.name:
        raise BadRequest(
            f"cannot bind token for serviceaccount {go_quote(target.name)} to pod running with "
            "different serviceaccount name."
        )
    name = pod["spec"].get("nodeName")
    if not name:
        return None
    return cluster.read.get(kinds.NODES, "", name) or {"metadata": {"name": name}}


# ---- for those who check tokens by themselves -----------------------------------------------


_KEYS: Final = "application/jwk-set+json"


def configuration(call: Call, base: str) -> Reply:
    """GET of /.well-known/openid-configuration; *base* is the path of the cluster."""
    host = call.header(b"host") or "localhost"
    found = {
        "issuer": tokens.ISSUER,
        "jwks_uri": f"https://{host}{base}{_JWKS}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return Reply(200, orjson.dumps(found), JSON, _KEPT)


async def key_set(call: Call, access: Access) -> Reply:
    """GET of /openid/v1/jwks: the key that tokens are signed with, without its secret half.

    Raises NotAcceptable.
    """
    accept = call.header(b"accept") or "*/*"
    if "*/*" not in accept and _KEYS not in accept:
        raise NotAcceptable([_KEYS], by_route=True)
    await make_key(access)
    body = orjson.dumps({"keys": [access.key.jwk()]})
    return Reply(200, body, _KEYS, _KEPT)
