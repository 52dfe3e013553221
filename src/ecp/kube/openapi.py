"""Discovery: what a cluster tells clients that it serves.

Rendered from the catalogue of kinds; nothing is written twice. A client learns from here which
resources exist and how they are named. What their fields are, `openapi_documents` says.

Source: kubernetes apiserver pkg/endpoints/discovery, api/apidiscovery/v2 types.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import Catalogue, Kind

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


def version_rank(version: str) -> tuple[int, int, int, str]:
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
    beside = {kind.group for kind in catalogue.beside}
    # Groups of aggregated servers have a lower priority than those of custom kinds.
    others = sorted(found.keys() - set(_GROUPS), key=lambda group: (group in beside, group))
    return {
        group: {
            version: tuple(sorted(found[group][version], key=lambda kind: kind.plural))
            for version in sorted(found[group], key=version_rank)
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
    if not any(kind.custom for kind in kinds):
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
    found = ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/version"]
    found += ["/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks"]
    for group, versions in served(catalogue).items():
        if group:
            found.append(f"/apis/{group}")
            found += [f"/apis/{group}/{version}" for version in versions]
    return sorted(found)
