"""Names in a pod that something has to bear: ConfigMaps and Secrets with their keys, claims, more.

What is missing is broken where nothing else can supply it. Where the input is a part only, it is
worth a warning if the input is a set of objects, and silence if it is a single one; of Secrets and
claims, which are kept apart from manifests, if it brings others of the kind or the namespace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ecp.kube.yaml import Path
from ecp.validation.bundle import Bundle, Carrier, Note, Subject
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import GroupKind, resource_of

_CONFIG: Final = ("", "ConfigMap")
_SECRET: Final = ("", "Secret")
_CLAIM: Final = ("", "PersistentVolumeClaim")
_ACCOUNT: Final = ("", "ServiceAccount")
_PRIORITY: Final = ("scheduling.k8s.io", "PriorityClass")
_RUNTIME: Final = ("node.k8s.io", "RuntimeClass")
_STORAGE: Final = ("storage.k8s.io", "StorageClass")
_ROLE: Final = ("rbac.authorization.k8s.io", "Role")
_CLUSTER_ROLE: Final = ("rbac.authorization.k8s.io", "ClusterRole")
_INGRESS_CLASS: Final = ("networking.k8s.io", "IngressClass")
# What the cluster itself puts into every namespace, or has from its birth.
_ALWAYS: Final = frozenset(
    {(_CONFIG, "kube-root-ca.crt"), (_ACCOUNT, "default"), (_PRIORITY, "system-cluster-critical"),
     (_PRIORITY, "system-node-critical")}
)  # fmt: skip
# Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, namespace_policy.go.
_BUILT_IN_CLUSTER_ROLES: Final = ("admin", "cluster-admin", "edit", "view")
_BUILT_IN_ROLES: Final = {"kube-system": ("extension-apiserver-authentication-reader",)}
_KEPT_APART: Final = (_SECRET, _CLAIM)


class _Use(NamedTuple):
    """One mention of a ConfigMap or Secret; key is "" where no key of it is named."""

    kind: GroupKind
    name: str
    key: str
    path: Path


def check(bundle: Bundle) -> Iterator[Note]:
    for carrier in bundle.carriers:
        if carrier.document >= 0:
            yield from _of_pod(bundle, carrier)
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for subject in bundle.by_kind.get(("rbac.authorization.k8s.io", kind), ()):
            yield from _role(bundle, subject)
            yield from _bound(bundle, subject)
    for subject in bundle.by_kind.get(_CLAIM, ()):
        wanted = mapping(subject.object.get("spec")).get("storageClassName")
        path = ("spec", "storageClassName")
        yield from _class(bundle, subject.document, _STORAGE, wanted, path)
    for subject in bundle.by_kind.get(("apps", "StatefulSet"), ()):
        templates = items(mapping(subject.object.get("spec")).get("volumeClaimTemplates"))
        for number, template in enumerate(templates):
            wanted = mapping(mapping(template).get("spec")).get("storageClassName")
            at: Path = ("spec", "volumeClaimTemplates", number, "spec", "storageClassName")
            yield from _class(bundle, subject.document, _STORAGE, wanted, at)
    for subject in bundle.by_kind.get(("networking.k8s.io", "Ingress"), ()):
        wanted = mapping(subject.object.get("spec")).get("ingressClassName")
        path = ("spec", "ingressClassName")
        yield from _class(bundle, subject.document, _INGRESS_CLASS, wanted, path)
        yield from _certificates(bundle, subject)


def _of_pod(bundle: Bundle, carrier: Carrier) -> Iterator[Note]:
    place, document = carrier.namespace, carrier.document
    for use in _uses(carrier):
        found = bundle.world.find(*use.kind, place, use.name)
        if found is None:
            yield from _missing(bundle, document, use.kind, place, use.name, use.path)
        elif use.key and use.key not in _keys(found):
            params = {"kind": use.kind[1], "name": use.name, "key": use.key}
            has = ", ".join(sorted(_keys(found)))
            yield Note(document, "B0106", use.path, {**params, "has": has})
    for number, volume in enumerate(items(carrier.spec.get("volumes"))):
        claim = mapping(mapping(volume).get("persistentVolumeClaim")).get("claimName")
        at: Path = (*carrier.at, "spec", "volumes", number, "persistentVolumeClaim", "claimName")
        found = bundle.world.find(*_CLAIM, place, claim) if claim else None
        if found is not None:
            yield from _shared(bundle, carrier, found, at)
        elif claim:
            yield from _missing(bundle, document, _CLAIM, place, claim, at)
    account = carrier.spec.get("serviceAccountName")
    if account and bundle.world.find(*_ACCOUNT, place, account) is None:
        path = (*carrier.at, "spec", "serviceAccountName")
        yield from _missing(bundle, document, _ACCOUNT, place, account, path)
    for number, secret in enumerate(items(carrier.spec.get("imagePullSecrets"))):
        name = mapping(secret).get("name")
        # Pods start without it, and an image may have been pulled before: only a cluster tells.
        if name and bundle.knows(_SECRET) and bundle.world.find(*_SECRET, place, name) is None:
            at = (*carrier.at, "spec", "imagePullSecrets", number, "name")
            yield Note(document, "W0100", at, {"kind": "Secret", "name": str(name)}, "pull")
    for number, volume in enumerate(items(carrier.spec.get("volumes"))):
        template = mapping(mapping(mapping(volume).get("ephemeral")).get("volumeClaimTemplate"))
        wanted = mapping(template.get("spec")).get("storageClassName")
        at = (*carrier.at, "spec", "volumes", number, "ephemeral", "volumeClaimTemplate", "spec")
        yield from _class(bundle, document, _STORAGE, wanted, (*at, "storageClassName"))
    for kind, field in ((_PRIORITY, "priorityClassName"), (_RUNTIME, "runtimeClassName")):
        wanted = carrier.spec.get(field)
        yield from _class(bundle, document, kind, wanted, (*carrier.at, "spec", field))


_RULES: Final = {_CONFIG: "B0105", _SECRET: "B0105", _CLAIM: "B0107", _ACCOUNT: "B0108"}


def _missing(
    bundle: Bundle, document: int, kind: GroupKind, place: str, name: str, path: Path
) -> Iterator[Note]:
    if (kind, name) in _ALWAYS:
        return
    params = {"kind": kind[1], "name": str(name), "namespace": place}
    if kind == _SECRET and bundle.given.has("batch", "Job", place):
        # A Job of the input may make it, as those do that make certificates.
        asked = False
    elif kind in _KEPT_APART:
        asked = bundle.brings_namespace(place) or bundle.brings(place, kind)
    else:
        asked = bundle.is_set(place)
    if bundle.is_whole(place, kind):
        yield Note(document, _RULES[kind], path, params, _where(bundle))
    elif asked:
        yield Note(document, "W0100", path, params)


def _where(bundle: Bundle) -> str:
    return "cluster" if bundle.known else "input"


def _shared(bundle: Bundle, carrier: Carrier, claim: Object, path: Path) -> Iterator[Note]:
    """Source: kubernetes pkg/controller/volume/attachdetach: a volume of one node is attached once.

    The pods of a DaemonSet are on many nodes; those of a Job may be.
    """
    given = items(mapping(claim.get("spec")).get("accessModes"))
    modes = {mode for mode in given if isinstance(mode, str)}
    several = bundle.replicas(carrier) > 1 or carrier.group_kind == ("apps", "DaemonSet")
    if modes and several and modes <= {"ReadWriteOnce", "ReadWriteOncePod"}:
        name = str(mapping(claim.get("metadata")).get("name"))
        says = "node" if "ReadWriteOnce" in modes else "pod"
        yield Note(
            carrier.document, "W0115", path, {"workload": carrier.called, "name": name}, says
        )


def _keys(found: Object) -> set[str]:
    return {
        key for field in ("data", "binaryData", "stringData") for key in mapping(found.get(field))
    }


def _uses(carrier: Carrier) -> Iterator[_Use]:
    """Yield what the pod cannot start without; what it may do without is left out."""
    for at, box in carrier.boxed:
        for number, entry in enumerate(items(box.get("env"))):
            source = mapping(mapping(entry).get("valueFrom"))
            for kind, field in ((_CONFIG, "configMapKeyRef"), (_SECRET, "secretKeyRef")):
                ref = mapping(source.get(field))
                if ref:
                    path = (*at, "env", number, "valueFrom", field)
                    yield from _use(kind, ref, "name", path, [(ref.get("key"), (*path, "key"))])
        for number, entry in enumerate(items(box.get("envFrom"))):
            for kind, field in ((_CONFIG, "configMapRef"), (_SECRET, "secretRef")):
                ref = mapping(mapping(entry).get(field))
                if ref:
                    yield from _use(kind, ref, "name", (*at, "envFrom", number, field), [])
    for number, volume in enumerate(items(carrier.spec.get("volumes"))):
        at = (*carrier.at, "spec", "volumes", number)
        yield from _projected(mapping(volume), at, "secretName")
        for other, source in enumerate(
            items(mapping(mapping(volume).get("projected")).get("sources"))
        ):
            yield from _projected(mapping(source), (*at, "projected", "sources", other), "name")


def _projected(source: Object, at: Path, secret_name: str) -> Iterator[_Use]:
    for kind, field, name in ((_CONFIG, "configMap", "name"), (_SECRET, "secret", secret_name)):
        ref = mapping(source.get(field))
        if ref:
            path = (*at, field)
            keys = [
                (mapping(item).get("key"), (*path, "items", number, "key"))
                for number, item in enumerate(items(ref.get("items")))
            ]
            yield from _use(kind, ref, name, path, keys)


def _use(
    kind: GroupKind, ref: Object, field: str, path: Path, keys: list[tuple[Any, Path]]
) -> Iterator[_Use]:
    name = ref.get(field)
    if not name or ref.get("optional") is True:
        return
    if not keys:
        yield _Use(kind, name, "", (*path, field))
    for key, at in keys:
        yield _Use(kind, name, key if isinstance(key, str) else "", at)


def _role(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    ref = mapping(subject.object.get("roleRef"))
    name = str(ref.get("name") or "")
    kind = _CLUSTER_ROLE if ref.get("kind") == "ClusterRole" else _ROLE
    place = "" if kind == _CLUSTER_ROLE else subject.namespace
    if not name or bundle.world.find(*kind, place, name) is not None:
        return
    if kind == _CLUSTER_ROLE:
        there = name in _BUILT_IN_CLUSTER_ROLES or name.startswith("system:")
        sure = not there and bundle.knows(kind) and bundle.world.has(*kind)
        hinted = not there and bundle.given.has(*kind)
    else:
        there = name in _BUILT_IN_ROLES.get(place, ()) or name.startswith("system:")
        sure = not there and bundle.is_whole(place)
        hinted = not there and bundle.brings(place, kind)
    params = {"kind": kind[1], "name": name}
    if sure:
        yield Note(subject.document, "B0110", ("roleRef", "name"), params)
    elif hinted:
        yield Note(subject.document, "W0100", ("roleRef", "name"), params, "role")


def _certificates(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    """A controller serves its own certificate where that of the Ingress is missing.

    Who asks for one by annotation gets it made; only a cluster tells that nobody has.
    """
    annotations = mapping(mapping(subject.object.get("metadata")).get("annotations"))
    asked_for = any("cert-manager.io/" in key or "tls-acme" in key for key in annotations)
    if asked_for or not bundle.is_whole(subject.namespace, _SECRET):
        return
    for number, entry in enumerate(items(mapping(subject.object.get("spec")).get("tls"))):
        name = mapping(entry).get("secretName")
        if name and bundle.world.find(*_SECRET, subject.namespace, name) is None:
            params = {"kind": "Secret", "name": str(name)}
            path = ("spec", "tls", number, "secretName")
            yield Note(subject.document, "W0100", path, params, "certificate")


def _bound(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    """The server takes a binding for an account that does not exist."""
    for number, who in enumerate(map(mapping, items(subject.object.get("subjects")))):
        name, place = who.get("name"), who.get("namespace")
        if who.get("kind") != "ServiceAccount" or not name or (_ACCOUNT, name) in _ALWAYS:
            continue
        if place == "kube-system" or bundle.world.find(*_ACCOUNT, str(place), name) is not None:
            # Those of the cluster's own controllers are in no manifest.
            continue
        params = {"name": str(name), "namespace": str(place)}
        sure = bundle.is_whole(str(place))
        if sure or bundle.brings(str(place), _ACCOUNT):
            says = "account-" + _where(bundle) if sure else "account"
            yield Note(subject.document, "W0100", ("subjects", number, "name"), params, says)


def _class(
    bundle: Bundle, document: int, kind: GroupKind, wanted: Any, path: Path
) -> Iterator[Note]:
    """Classes belong to the cluster: only one whose classes are known can lack one."""
    if not wanted or not bundle.knows(kind) or (kind, wanted) in _ALWAYS:
        return
    if bundle.world.find(*kind, "", wanted) is not None:
        return
    if kind != _PRIORITY and not bundle.world.has(*kind):
        # A state written by hand leaves out what the cluster came with, but for priorities.
        return
    have = ", ".join(
        str(mapping(found.get("metadata")).get("name")) for found in bundle.world.of(*kind)
    )
    params = {"kind": kind[1], "name": str(wanted), "has": have, "resource": resource_of(*kind)}
    yield Note(document, "B0109", path, params)
