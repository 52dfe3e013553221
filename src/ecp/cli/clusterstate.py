"""What `ecp validate` reads of a cluster: the objects that judging an input may look at.

All of a kind in each namespace of the input, what belongs to the cluster, and every object that a
document would change. Of Secrets and ConfigMaps that the input does not change only the keys are
kept. What may not be read is named, and nothing is then said to be missing of its kind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from ecp.cli.kubeconfig import (
    Api,
    Connection,
    connection,
    default_paths,
    is_kubeconfig,
    merged,
)
from ecp.cli.output import Failure
from ecp.kube.schema import Gvk, schema
from ecp.texts import Language, text
from ecp.validation.scope import items, mapping
from ecp.validation.state import CLUSTER_SCOPED, GroupKind

if TYPE_CHECKING:
    from ecp.cli.validation import Asked
    from ecp.validation import Source

_PAGE: Final = "500"
_DEFINITION: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Row(NamedTuple):
    """A kind that is read whole."""

    api_version: str
    kind: str
    plural: str

    @property
    def root(self) -> str:
        return _root(self.api_version)


_APPS, _RBAC, _NETWORK = "apps/v1", "rbac.authorization.k8s.io/v1", "networking.k8s.io/v1"
_STORAGE: Final = "storage.k8s.io/v1"
# What findings look at in the namespaces of the input.
_PLACED: Final = (
    Row("v1", "ResourceQuota", "resourcequotas"),
    Row("v1", "LimitRange", "limitranges"),
    Row("v1", "ServiceAccount", "serviceaccounts"),
    Row("v1", "ConfigMap", "configmaps"),
    Row("v1", "Secret", "secrets"),
    Row("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    Row("v1", "Pod", "pods"),
    Row(_APPS, "Deployment", "deployments"),
    Row(_APPS, "StatefulSet", "statefulsets"),
    Row(_APPS, "DaemonSet", "daemonsets"),
    Row("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    Row("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Row(_NETWORK, "NetworkPolicy", "networkpolicies"),
    Row(_NETWORK, "Ingress", "ingresses"),
    Row(_RBAC, "Role", "roles"),
)
# What findings look at wherever it is. Services are called, and hold ports, across namespaces.
_EVERYWHERE: Final = (
    Row("v1", "Namespace", "namespaces"),
    Row("v1", "Service", "services"),
    Row("v1", "Node", "nodes"),
    Row("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses"),
    Row("node.k8s.io/v1", "RuntimeClass", "runtimeclasses"),
    Row(_STORAGE, "StorageClass", "storageclasses"),
    Row(_NETWORK, "IngressClass", "ingressclasses"),
    Row(_NETWORK, "ServiceCIDR", "servicecidrs"),
    Row(_RBAC, "ClusterRole", "clusterroles"),
    Row("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions"),
)


class Read(NamedTuple):
    """What was read; *unread* names what may not be, in the order in which it was tried."""

    objects: list[Any]
    unread: list[str]
    unseen: frozenset[GroupKind]


def cluster_state(api: Api, documents: Iterable[Any], namespace: str) -> Read:
    """Return what an API has that judging *documents* looks at.

    namespace   where documents go that name none

    Raises Failure where the cluster does not answer or does not know the caller.
    """
    status, _ = api.get("/version")
    if status == 404:
        raise Failure("against.no-cluster", 7, url=api.server)
    reader = _Reader(api)
    wanted = [one for one in documents if isinstance(one, dict)]
    places = {
        str(mapping(document.get("metadata")).get("namespace") or namespace)
        for document in wanted
        if document.get("kind") not in CLUSTER_SCOPED
    }
    own = [one for document in wanted if (one := reader.own(document, namespace)) is not None]
    kept = {_identity(one) for one in own}
    found = [
        _keys_only(one) for one in reader.everything(sorted(places)) if _identity(one) not in kept
    ]
    if _DEFINITION in reader.unseen:
        found += [one for document in wanted if (one := reader.as_served(document)) is not None]
    return Read([*found, *own], list(dict.fromkeys(reader.unread)), frozenset(reader.unseen))


class _Reader:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}
        self.unread: list[str] = []
        self.unseen: set[GroupKind] = set()

    def everything(self, places: Sequence[str]) -> Iterator[dict[str, Any]]:
        for row in _EVERYWHERE:
            found = self._listed(row, f"{row.root}/{row.plural}", row.plural)
            if found is not None:
                yield from found
            elif row.kind == "Service":
                # Who may not read all may read those here.
                for place in places:
                    yield from self._placed(row, place)
            elif row.kind == "Namespace":
                for place in places:
                    yield from self._one(row, f"{row.root}/{row.plural}/{_quoted(place)}")
        for place in places:
            for row in _PLACED:
                yield from self._placed(row, place)

    def _placed(self, row: Row, place: str) -> list[dict[str, Any]]:
        path = f"{row.root}/namespaces/{_quoted(place)}/{row.plural}"
        return self._listed(row, path, f"{row.plural} ({place})") or []

    def _one(self, row: Row, path: str) -> list[dict[str, Any]]:
        status, body = self._api.get(path)
        return [{"apiVersion": row.api_version, "kind": row.kind, **body}] if status == 200 else []

    def _listed(self, row: Row, path: str, called: str) -> list[dict[str, Any]] | None:
        """Return all there is, None where it may not be read."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            further = {"continue": after} if after else {}
            status, body = self._api.get(path, limit=_PAGE, **further)
            if status == 403:
                self._refused(row.api_version, row.kind, called)
                return None
            for item in items(body.get("items")) if status == 200 else ():
                # Items of a list say neither.
                named = {"apiVersion": row.api_version, "kind": row.kind}
                found.append({**named, **mapping(item)})
            after = str(mapping(body.get("metadata")).get("continue") or "")
            if not after:
                return found

    def _refused(self, api_version: str, kind: str, called: str) -> None:
        gvk = Gvk.of(api_version, kind)
        self.unseen.add((gvk.group, gvk.kind))
        self.unread.append(called)

    def as_served(self, document: dict[str, Any]) -> dict[str, Any] | None:
        """Return a definition that says of a custom kind only that the cluster serves it."""
        version, kind = str(document.get("apiVersion")), str(document.get("kind"))
        gvk = Gvk.of(version, kind)
        found = self._kinds.get(version, {}).get(kind)
        if found is None or "." not in gvk.group or gvk in schema():
            return None
        free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        served = {"name": gvk.version, "served": True, "storage": True}
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{found[0]}.{gvk.group}"},
            "spec": {
                "group": gvk.group,
                "names": {"kind": kind, "plural": found[0]},
                "scope": "Namespaced" if found[1] else "Cluster",
                "versions": [{**served, "schema": {"openAPIV3Schema": free}}],
            },
        }

    def own(self, document: dict[str, Any], namespace: str) -> dict[str, Any] | None:
        """Return what the cluster has in the place of a document."""
        meta, version = mapping(document.get("metadata")), document.get("apiVersion")
        name, kind = meta.get("name"), document.get("kind")
        if not (isinstance(version, str) and isinstance(kind, str) and isinstance(name, str)):
            return None
        if version not in self._kinds:
            _, body = self._api.get(_root(version))
            self._kinds[version] = {
                str(row.get("kind")): (str(row.get("name")), bool(row.get("namespaced")))
                for row in map(mapping, items(body.get("resources")))
                if "/" not in str(row.get("name"))
            }
        if kind not in self._kinds[version]:
            return None
        plural, namespaced = self._kinds[version][kind]
        place = f"/namespaces/{_quoted(str(meta.get('namespace') or namespace))}"
        where = place if namespaced else ""
        path = f"{_root(version)}{where}/{plural}/{_quoted(name)}"
        status, body = self._api.get(path)
        if status == 403:
            self._refused(version, kind, f"{plural}/{name}")
        if status != 200:
            return None
        return {"apiVersion": version, "kind": kind, **body}


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _identity(obj: dict[str, Any]) -> tuple[str, str, str, str]:
    gvk = Gvk.of(str(obj["apiVersion"]), str(obj["kind"]))
    meta = mapping(obj.get("metadata"))
    return gvk.group, gvk.kind, str(meta.get("namespace") or ""), str(meta.get("name") or "")


def _keys_only(obj: dict[str, Any]) -> dict[str, Any]:
    """What is in ConfigMaps and Secrets is nobody's business here; their keys are."""
    if obj["kind"] not in ("ConfigMap", "Secret"):
        return obj
    meta = {k: v for k, v in mapping(obj.get("metadata")).items() if k in ("name", "namespace")}
    kept = {k: v for k, v in obj.items() if k in ("apiVersion", "kind", "type", "immutable")}
    values: dict[str, Any] = {
        field: dict.fromkeys(mapping(obj[field]), "")
        for field in ("data", "binaryData")
        if field in obj
    }
    return {**kept, "metadata": meta, **values}


# ---- for the command ----------------------------------------------------------------------------


def from_clusters(
    asked: Asked,
    servers: Sequence[str],
    configs: Sequence[tuple[str, Any]],
    given: Sequence[Source],
    language: Language,
) -> tuple[list[tuple[str, Any]], frozenset[GroupKind]]:
    """Return (server, object) of what the asked clusters have, and the kinds that are unseen.

    What could not be read is said on stderr. Raises Failure.
    """
    from ecp.kube.yaml import read

    documents = [one.object for source in given for one in read(source.text, source=source.name)]
    wanted = [Connection(server.rstrip("/")) for server in servers]
    if configs or asked.context:
        files = list(configs) or _default_configs()
        where = ", ".join(path for path, _ in files)
        wanted.append(connection(merged(files), asked.context, where))
    found: list[tuple[str, Any]] = []
    unseen = frozenset[GroupKind]()
    for one in wanted:
        api = Api(one)
        try:
            told = cluster_state(api, documents, asked.namespace)
        finally:
            api.close()
        if told.unread:
            unread = ", ".join(told.unread)
            said = text("against.unread", language, url=one.server, unread=unread)
            print(said, file=sys.stderr)
        found += [(one.server, obj) for obj in told.objects]
        unseen |= told.unseen
    return found, unseen


def _default_configs() -> list[tuple[str, Any]]:
    from ecp.kube.yaml import read

    found = []
    for path in default_paths():
        if os.path.exists(path):
            try:
                with open(path, "rb") as file:
                    configs = [document.object for document in read(file.read(), source=path)]
            except OSError as error:
                raise Failure("file.unreadable", 1, path=path, detail=error.strerror) from error
            found += [(path, config) for config in configs if is_kubeconfig(config)]
    if not found:
        raise Failure("against.no-kubeconfig", 2, path=", ".join(default_paths()))
    return found
