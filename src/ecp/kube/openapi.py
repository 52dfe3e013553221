"""Discovery and OpenAPI documents: what a cluster tells clients that it serves.

Rendered from the catalogue of kinds and the schemas of its version; nothing is written twice. A
client learns from here which resources exist, how they are named, what validates before it sends,
which lists merge by which key.

Source: kubernetes apiserver pkg/endpoints/discovery, api/apidiscovery/v2 types,
kube-openapi pkg/handler3.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import Catalogue, Kind
from ecp.kube.schema import Gvk, schema

Json = dict[str, Any]

ASKED: Final[tuple[Kind, ...]] = (
    Kind("", "v1", "Binding", "bindings", verbs=("create",)),
    Kind(
        "authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews",
        namespaced=False, verbs=("create",),
    ),
    Kind(
        "authentication.k8s.io", "v1", "TokenReview", "tokenreviews",
        namespaced=False, verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews",
        verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews",
        namespaced=False, verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews",
        namespaced=False, verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews",
        namespaced=False, verbs=("create",),
    ),
)  # fmt: skip
"""Resources that are asked, not stored: a POST is answered and nothing is kept."""


class Sub(NamedTuple):
    """A subresource as discovery lists it.

    An empty kind means that of its resource, {} within one its name; a kind without a version is
    one of the resource's own group.
    """

    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""
    kind: str = ""


_READ_WRITE: Final = ("get", "patch", "update")
_PROXIED: Final = ("create", "delete", "get", "patch", "update")
SUBRESOURCES: Final[Mapping[str, Sub]] = {
    "approval": Sub(_READ_WRITE),
    "attach": Sub(("create", "get"), kind="PodAttachOptions"),
    "binding": Sub(("create",), kind="Binding"),
    "ephemeralcontainers": Sub(_READ_WRITE),
    "eviction": Sub(("create",), "policy", "v1", "Eviction"),
    "exec": Sub(("create", "get"), kind="PodExecOptions"),
    "finalize": Sub(("update",)),
    "log": Sub(("get",)),
    "portforward": Sub(("create", "get"), kind="PodPortForwardOptions"),
    "proxy": Sub(_PROXIED, kind="{}ProxyOptions"),
    "resize": Sub(_READ_WRITE),
    "scale": Sub(_READ_WRITE, "autoscaling", "v1", "Scale"),
    "status": Sub(_READ_WRITE),
    "token": Sub(("create",), "authentication.k8s.io", "v1", "TokenRequest"),
}

# The order in which a server lists its own groups; others follow by name.
_GROUPS: Final = (
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
)


def is_built_in(group: str) -> bool:
    """Is *group* one of Kubernetes' own? Unknown paths in those are answered with a Status."""
    return group in _GROUPS


def _version_rank(version: str) -> tuple[int, int, int, str]:
    """Sort key of versions, newest and most stable first: v2, v1, v2beta1, v1alpha1, others.

    Source: apimachinery pkg/version/helpers.go CompareKubeAwareVersionStrings.
    """
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if match is None:
        return (3, 0, 0, version)
    stability = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (stability, -int(match[1]), -int(match[3] or 0), "")


@lru_cache(maxsize=16)
def served(catalogue: Catalogue) -> dict[str, dict[str, tuple[Kind, ...]]]:
    """Return group → version → kinds, groups and versions in the order of discovery."""
    found: dict[str, dict[str, list[Kind]]] = {}
    for kind in (*catalogue.served, *ASKED):
        found.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
    own = [group for group in _GROUPS if group in found]
    others = sorted(group for group in found if group not in _GROUPS)
    return {
        group: {
            version: tuple(sorted(found[group][version], key=lambda kind: kind.plural))
            for version in sorted(found[group], key=_version_rank)
        }
        for group in (*own, *others)
    }


# Kinds that a server hashes under another version than the one it serves.
_STORED_AS: Final = {
    "customresourcedefinitions.apiextensions.k8s.io": "v1beta1",
    "horizontalpodautoscalers.autoscaling": "v2",
    "mutatingadmissionpolicies.admissionregistration.k8s.io": "v1beta1",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": "v1beta1",
}


def storage_version_hash(kind: Kind) -> str:
    """Return the opaque hash of a kind's storage version, as the server computes it.

    Source: apiserver pkg/endpoints/discovery/storageversionhash.go.
    """
    version = _STORED_AS.get(kind.resource, kind.version)
    text = f"{kind.group}/{version}/{kind.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


# ---- plain discovery ------------------------------------------------------------------------


def api_versions(address: str) -> Json:
    """Return the answer to GET /api; *address* is the server's host:port."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def _group(group: str, versions: Iterable[str]) -> Json:
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def api_groups(catalogue: Catalogue) -> Json:
    """Return the APIGroupList of GET /apis."""
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            _group(group, versions) for group, versions in served(catalogue).items() if group
        ],
    }


def api_group(catalogue: Catalogue, group: str) -> Json | None:
    """Return the APIGroup of GET /apis/GROUP; None when it is not served."""
    versions = served(catalogue).get(group) if group else None
    if versions is None:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, versions)}


def api_resources(catalogue: Catalogue, group: str, version: str) -> Json | None:
    """Return the APIResourceList of a group and version; None when it is not served."""
    kinds = served(catalogue).get(group, {}).get(version)
    if kinds is None:
        return None
    resources = []
    for kind in kinds:
        resources.append(_resource(catalogue, kind))
        resources += [_subresource(kind, name) for name in kind.subresources]
    resources.sort(key=lambda resource: resource["name"])
    out: Json = {"kind": "APIResourceList"}
    if group:
        out["apiVersion"] = "v1"
    return {
        **out,
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources,
    }


def _resource(catalogue: Catalogue, kind: Kind) -> Json:
    out: Json = {
        "name": kind.plural,
        "singularName": kind.singular_name,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short:
        out["shortNames"] = list(kind.short)
    if kind.categories:
        out["categories"] = list(kind.categories)
    stored = catalogue.by_resource.get(kind.resource)
    if stored is not None and "create" in kind.verbs:
        out["storageVersionHash"] = storage_version_hash(stored)
    return out


def _subresource(kind: Kind, name: str) -> Json:
    sub = SUBRESOURCES[name]
    out: Json = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced}
    if sub.group:
        out |= {"group": sub.group, "version": sub.version}
    return {**out, "kind": sub.kind.format(kind.kind) or kind.kind, "verbs": list(sub.verbs)}


# ---- aggregated discovery -------------------------------------------------------------------


def aggregated(catalogue: Catalogue, version: str, *, core: bool) -> Json:
    """Return the APIGroupDiscoveryList (*version* "v2" or "v2beta1") of /api or /apis.

    `core`: the one of /api, which holds the group without a name.
    """
    groups = served(catalogue)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group, "creationTimestamp": None}
                if group
                else {"creationTimestamp": None},
                "versions": [
                    {
                        "version": name,
                        "resources": [_discovered(kind) for kind in kinds],
                        "freshness": "Current",
                    }
                    for name, kinds in versions.items()
                ],
            }
            for group, versions in groups.items()
            if (group == "") is core
        ],
    }


def _discovered(kind: Kind) -> Json:
    def response(group: str, version: str, name: str) -> Json:
        return {"group": group, "version": version, "kind": name}

    # Built-in kinds leave out the group and version that are those of the list they stand in.
    own = (kind.group, kind.version) if kind.custom else ("", "")
    out: Json = {
        "resource": kind.plural,
        "responseKind": response(*own, kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular_name,
        "verbs": list(kind.verbs),
    }
    if kind.short:
        out["shortNames"] = list(kind.short)
    if kind.categories:
        out["categories"] = list(kind.categories)
    if kind.subresources:
        subs = []
        for name in sorted(kind.subresources):
            sub = SUBRESOURCES[name]
            of = (sub.group, sub.version, sub.kind)
            if not sub.version:
                of = (*own, sub.kind.format(kind.kind) or kind.kind)
            subs.append(
                {"subresource": name, "responseKind": response(*of), "verbs": list(sub.verbs)}
            )
        out["subresources"] = subs
    return out


def paths(catalogue: Catalogue) -> list[str]:
    """Return the paths that GET / lists, sorted."""
    found = ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/readyz", "/version"]
    found += ["/openapi/v2", "/openapi/v3"]
    for group, versions in served(catalogue).items():
        if group:
            found.append(f"/apis/{group}")
            found += [f"/apis/{group}/{version}" for version in versions]
    found += [f"/openapi/v3{path}" for path in group_version_paths(catalogue)]
    return sorted(found)


# ---- OpenAPI --------------------------------------------------------------------------------

Schemas = Mapping[tuple[str, str, str], Mapping[str, Any]]
"""openAPIV3Schema of custom kinds by (group, version, kind)."""

_REF: Final = "#/components/schemas/"
_PATCHES: Final = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def group_version_paths(catalogue: Catalogue) -> Iterator[str]:
    """Yield "/api/v1", "/apis/apps/v1" …: the documents that /openapi/v3 lists."""
    for group, versions in served(catalogue).items():
        for version in versions:
            yield f"/apis/{group}/{version}" if group else f"/api/{version}"


def document(
    catalogue: Catalogue, group: str, version: str, *, custom: Schemas, kubernetes: str
) -> Json | None:
    """Return the OpenAPI v3 document of a group and version; None when it is not served.

    *custom* holds the schemas of custom kinds, *kubernetes* is the version to speak of, "1.36.2".
    """
    kinds = served(catalogue).get(group, {}).get(version)
    if kinds is None:
        return None
    schemas: Json = {}
    routes: Json = {}
    for kind in kinds:
        name = _collect(kind, schemas, custom, kubernetes)
        routes |= _routes(kind, name, _parameters(3), _body_v3)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v{kubernetes}"},
        "paths": dict(sorted(routes.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def document_v2(catalogue: Catalogue, *, custom: Schemas, kubernetes: str) -> Json:
    """Return the one OpenAPI v2 (Swagger) document of everything served."""
    schemas: Json = {}
    routes: Json = {}
    for versions in served(catalogue).values():
        for kinds in versions.values():
            for kind in kinds:
                name = _collect(kind, schemas, custom, kubernetes)
                routes |= _routes(kind, name, _parameters(2), _body_v2)
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": f"v{kubernetes}"},
        "paths": dict(sorted(routes.items())),
        "definitions": _pointed(dict(sorted(schemas.items())), "#/definitions/"),
    }


PROTOBUF_V2: Final = "application/com.github.proto-openapi.spec.v2"
PROTOBUF_V2_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def empty_v2(kubernetes: str) -> bytes:
    """Return a v2 document without paths and definitions, in protobuf.

    Clients of today ask for it only about kinds that the v3 documents do not have, to find that it
    does not describe them either. Source: gnostic openapiv2/OpenAPIv2.proto, message Document.
    """

    def field(number: int, value: bytes) -> bytes:
        return bytes((number << 3 | 2, len(value))) + value

    info = field(1, b"Kubernetes") + field(2, f"v{kubernetes}".encode())
    return field(1, b"2.0") + field(2, info) + field(8, b"") + field(9, b"")


def _collect(kind: Kind, schemas: Json, custom: Schemas, kubernetes: str) -> str:
    """Put the schemas of a kind into *schemas*; return the name of its own."""
    own = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    gvk = Gvk(kind.group, kind.version, kind.kind)
    of = schema(kubernetes)
    if gvk in of:
        bundle = of.bundle(gvk)
        name = of.definition_name(gvk)
        for key, raw in bundle["$defs"].items():
            if key not in schemas:
                schemas[key] = _pointed(raw, _REF)
        described = dict(schemas[name])
    else:
        reversed_group = ".".join(reversed(kind.group.split(".")))
        name = f"{reversed_group}.{kind.version}.{kind.kind}"
        described = dict(custom.get((kind.group, kind.version, kind.kind)) or {"type": "object"})
        described["properties"] = {
            **described.get("properties", {}),
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": _REF + _META}]},
        }
        for key, raw in _meta_schemas(kubernetes).items():
            schemas.setdefault(key, _pointed(raw, _REF))
    known = described.get("x-kubernetes-group-version-kind") or []
    if own not in known:
        known = [*known, own]
    schemas[name] = {**described, "x-kubernetes-group-version-kind": known}
    return name


@lru_cache(maxsize=8)
def _meta_schemas(kubernetes: str) -> Json:
    """The definitions that ObjectMeta reaches, taken from a kind that has nothing else."""
    bundle = schema(kubernetes).bundle(Gvk("", "v1", "ConfigMap"))["$defs"]
    return {key: raw for key, raw in bundle.items() if not key.endswith(".ConfigMap")}


def _pointed(node: Any, to: str) -> Any:
    """Copy a schema with its references pointing *to*; OpenAPI 3 allows no siblings of $ref."""
    if isinstance(node, list):
        return [_pointed(item, to) for item in node]
    if not isinstance(node, Mapping):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        pointer = {"$ref": to + reference.rpartition("/")[2]}
        others = {key: _pointed(value, to) for key, value in node.items() if key != "$ref"}
        return {"allOf": [pointer], **others} if others else pointer
    return {key: _pointed(value, to) for key, value in node.items()}


def _parameters(openapi: int) -> Json:
    def query(name: str) -> Json:
        of: Json = {"schema": {"type": "string", "uniqueItems": True}}
        if openapi == 2:
            of = {"type": "string", "uniqueItems": True}
        return {"name": name, "in": "query", **of}

    written = [query(name) for name in ("dryRun", "fieldManager", "fieldValidation")]
    return {"post": written, "put": written, "patch": [*written, query("force")], "delete": []}


def _body_v3(name: str, types: Iterable[str]) -> Json:
    of = {"schema": {"$ref": _REF + name}}
    return {"requestBody": {"content": dict.fromkeys(types, of), "required": True}}


def _body_v2(name: str, types: Iterable[str]) -> Json:
    return {"consumes": list(types)}


def _routes(kind: Kind, name: str, parameters: Json, body: Any) -> Json:
    """The paths of a kind with its operations, each naming its action and its kind."""
    own = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    many = f"{root}/namespaces/{{namespace}}" if kind.namespaced else root
    collection, single = f"{many}/{kind.plural}", f"{many}/{kind.plural}/{{name}}"
    patches = [
        media
        for media in _PATCHES
        if not (kind.custom and media.endswith("strategic-merge-patch+json"))
    ]

    def operation(action: str, method: str = "", types: Iterable[str] = ()) -> Json:
        out: Json = {
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": own,
        }
        if method in parameters:
            extra = body(name, types) if types else {}
            out["parameters"] = [*extra.pop("parameters", []), *parameters[method]]
            out |= extra
        return out

    routes: Json = {}
    if "create" in kind.verbs:
        routes.setdefault(collection, {})["post"] = operation("post", "post", ["application/json"])
    if "list" in kind.verbs:
        routes.setdefault(collection, {})["get"] = operation("list")
        if kind.namespaced:
            routes[f"{root}/{kind.plural}"] = {"get": operation("list")}
    if "get" in kind.verbs:
        routes[single] = {
            "get": operation("get"),
            "put": operation("put", "put", ["application/json"]),
            "patch": operation("patch", "patch", patches),
            "delete": operation("delete", "delete"),
        }
    return routes


def digest(document: bytes) -> str:
    """Return the hash under which a document is linked: SHA-512 in capital hex digits."""
    return hashlib.sha512(document).hexdigest().upper()
