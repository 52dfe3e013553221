"""Names in a pod that something has to bear: ConfigMaps and Secrets with their keys, claims, more.

What is missing is broken where nothing else can supply it; where the input is a part only, it is
worth a warning if the input brings others of the kind, and silence if it does not.
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
_BUILT_IN_ROLES: Final = ("admin", "cluster-admin", "edit", "view")


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


def _of_pod(bundle: Bundle, carrier: Carrier) -> Iterator[Note]:
    place, document = carrier.namespace, carrier.document
    for use in _uses(carrier):
        found = bundle.world.find(*use.kind, place, use.name)
        if found is None:
            yield from _missing(bundle, document, use.kind, place, use.name, use.path)
        elif use.key and use.key not in _keys(found):
            text = f'{use.kind[1]} {use.name} has no key "{use.key}"'
            yield Note(document, "B0106", use.path, text, {"has": ", ".join(sorted(_keys(found)))})
    for number, volume in enumerate(items(carrier.spec.get("volumes"))):
        claim = mapping(mapping(volume).get("persistentVolumeClaim")).get("claimName")
        if claim and bundle.world.find(*_CLAIM, place, claim) is None:
            at: Path = (
                *carrier.at,
                "spec",
                "volumes",
                number,
                "persistentVolumeClaim",
                "claimName",
            )
            yield from _missing(bundle, document, _CLAIM, place, claim, at)
    account = carrier.spec.get("serviceAccountName")
    if account and bundle.world.find(*_ACCOUNT, place, account) is None:
        path = (*carrier.at, "spec", "serviceAccountName")
        yield from _missing(bundle, document, _ACCOUNT, place, account, path)
    for kind, field in ((_PRIORITY, "priorityClassName"), (_RUNTIME, "runtimeClassName")):
        wanted = carrier.spec.get(field)
        yield from _class(bundle, document, kind, wanted, (*carrier.at, "spec", field))


_RULES: Final = {_CONFIG: "B0105", _SECRET: "B0105", _CLAIM: "B0107", _ACCOUNT: "B0108"}


def _missing(
    bundle: Bundle, document: int, kind: GroupKind, place: str, name: str, path: Path
) -> Iterator[Note]:
    if (kind, name) in _ALWAYS:
        return
    params = {"kind": kind[1], "name": str(name)}
    if bundle.is_whole(place, kind):
        where = "cluster" if bundle.known else "input"
        text = f"{kind[1]} {name} does not exist in namespace {place} of this {where}"
        yield Note(document, _RULES[kind], path, text, params)
    elif bundle.brings(place, kind):
        text = f"{kind[1]} {name} is not in this input; the pods wait until it exists"
        yield Note(document, "W0100", path, text, params)


def _keys(found: Object) -> set[str]:
    return {
        key for field in ("data", "binaryData", "stringData") for key in mapping(found.get(field))
    }


def _uses(carrier: Carrier) -> Iterator[_Use]:
    """Yield what the pod cannot start without; what it may do without is left out."""
    for at, box in carrier.boxes():
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
        there = name in _BUILT_IN_ROLES or name.startswith("system:")
        sure = not there and bundle.known and bundle.world.has(*kind)
        hinted = not there and bundle.given.has(*kind)
    else:
        sure, hinted = bundle.is_whole(place), bundle.brings(place, kind)
    params = {"kind": kind[1], "name": name}
    if sure:
        text = f"{kind[1]} {name} does not exist, so nobody is given anything"
        yield Note(subject.document, "B0110", ("roleRef", "name"), text, params)
    elif hinted:
        text = f"{kind[1]} {name} is not in this input; until it exists nobody is given anything"
        yield Note(subject.document, "W0100", ("roleRef", "name"), text, params)


def _class(
    bundle: Bundle, document: int, kind: GroupKind, wanted: Any, path: Path
) -> Iterator[Note]:
    """Classes belong to the cluster: only one whose classes are known can lack one."""
    if not wanted or not bundle.known or (kind, wanted) in _ALWAYS:
        return
    if bundle.world.find(*kind, "", wanted) is not None:
        return
    if kind != _PRIORITY and not bundle.world.has(*kind):
        # A state written by hand leaves out what the cluster came with, but for priorities.
        return
    have = ", ".join(
        str(mapping(found.get("metadata")).get("name")) for found in bundle.world.of(*kind)
    )
    text = f"{kind[1]} {wanted} does not exist in this cluster"
    yield Note(document, "B0109", path, text, {"has": have, "resource": resource_of(*kind)})
