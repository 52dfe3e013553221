"""PersistentVolume, and the spec of one that stands inside a VolumeAttachment.

Source: kubernetes pkg/apis/core/validation `ValidatePersistentVolumeSpec`,
pkg/volume/validation/pv_validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from ecp.kube import names, quantity
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds import volumesource as source
from ecp.validation.kinds.claim import VOLUME_MODES, check_modes
from ecp.validation.kinds.paths import no_backsteps
from ecp.validation.kinds.placement import check_node_selector
from ecp.validation.kinds.resources import nano_of, shown
from ecp.validation.kinds.volumesource import RULE, Source
from ecp.validation.scope import Object, Scope, items, mapping

MOUNT_OPTIONS: Final = "volume.beta.kubernetes.io/mount-options"
_RECLAIM: Final = ("Delete", "Recycle", "Retain")
_INLINE: Final = "may not be specified in the context of inline volumes"
# Older plug-ins read mount options from an annotation.
_WITH_MOUNT_OPTIONS: Final = (
    "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "nfs", "rbd", "quobyte", "iscsi",
    "cinder", "cephfs", "azureFile", "vsphereVolume", "azureDisk", "photonPersistentDisk",
)  # fmt: skip


def check_volume_object(volume: Object, scope: Scope) -> Iterator[Fault]:
    meta, spec = mapping(volume.get("metadata")), mapping(volume.get("spec"))
    yield from check_volume_spec(spec, At() / "spec", scope, name=meta.get("name") or "")
    if MOUNT_OPTIONS in mapping(meta.get("annotations")) and not any(
        spec.get(field) is not None for field in _WITH_MOUNT_OPTIONS
    ):
        text = "may not specify mount options for this volume type"
        yield forbidden("E0620", At() / "metadata" / "annotations" / MOUNT_OPTIONS, text)


def check_volume_spec(
    spec: Object, at: At, scope: Scope, *, name: str = "", inline: bool = False
) -> Iterator[Fault]:
    """Check a PersistentVolumeSpec; *inline* is one that stands for a pod's own volume."""
    if inline:
        yield from _inline(spec, at)
    modes = items(spec.get("accessModes"))
    if not modes:
        yield required("E0620", at / "accessModes")
    yield from check_modes(modes, at / "accessModes", "E0620")
    if not inline:
        yield from _capacity(spec.get("capacity"), at / "capacity")
    yield from _reclaim_policy(spec, at / "persistentVolumeReclaimPolicy", inline)
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        yield from _node_affinity(mapping(affinity), at / "nodeAffinity", inline)
    yield from _sources(spec, at, name, has_affinity=affinity is not None and not inline)
    yield from _root_recycled(spec, at)
    yield from _storage_class(spec, at / "storageClassName", inline)
    yield from _volume_mode(spec, at / "volumeMode", inline)
    if not inline and scope.has("VolumeAttributesClass"):
        yield from _attributes_class(spec, at)


def _inline(spec: Object, at: At) -> Iterator[Fault]:
    if spec.get("claimRef") is not None:
        yield forbidden("E0620", at / "claimRef", _INLINE)
    if spec.get("capacity"):
        yield forbidden("E0620", at / "capacity", _INLINE)
    if spec.get("csi") is None:
        text = "has to be specified in the context of inline volumes"
        yield required("E0620", at / "csi", text)


def _capacity(capacity: Any, at: At) -> Iterator[Fault]:
    amounts = mapping(capacity)
    if not amounts:
        yield required("E0620", at)
    if set(amounts) != {"storage"}:
        spoken = {resource: shown(amount) for resource, amount in amounts.items()}
        yield unsupported("E0620", at, None if capacity is None else spoken, ("storage",))
    for resource, amount in sorted(amounts.items()):
        here = at.key(resource)
        whole = quantity.value(shown(amount))
        if whole < 0:
            yield invalid("E0620", here, whole, "must be a valid resource quantity")
        if nano_of(amount) <= 0:
            yield invalid("E0620", here, shown(amount), "must be greater than zero")


def _reclaim_policy(spec: Object, at: At, inline: bool) -> Iterator[Fault]:
    policy = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    if inline and policy != "Retain":
        text = "may only be Retain in the context of inline volumes"
        yield forbidden("E0620", at, text, on_key=False)
    elif not inline and policy not in _RECLAIM:
        yield unsupported("E0620", at, policy, _RECLAIM)


def _node_affinity(affinity: Object, at: At, inline: bool) -> Iterator[Fault]:
    if inline:
        yield forbidden("E0620", at, _INLINE)
    elif affinity.get("required") is None:
        yield required("E0620", at / "required", "must specify required node constraints")
    else:
        yield from check_node_selector(mapping(affinity["required"]), at / "required")


def _sources(spec: Object, at: At, name: str, *, has_affinity: bool) -> Iterator[Fault]:
    found = source.given(spec, SOURCES)
    for number, one in enumerate(found):
        if number and one.field != "flexVolume":
            yield source.too_many(one, at)
            continue
        if one.field == "iscsi":
            one = one._replace(check=partial(source.iscsi_persistent, volume_name=name))
        yield from source.check_source(one, mapping(spec[one.field]), at)
        if one.field == "local" and not has_affinity:
            yield required(RULE, at / "nodeAffinity", "Local volume requires node affinity")
    if not found:
        yield required(RULE, at, "must specify a volume type")


def _root_recycled(spec: Object, at: At) -> Iterator[Fault]:
    path = mapping(spec.get("hostPath")).get("path") or ""
    recycled = spec.get("persistentVolumeReclaimPolicy") == "Recycle"
    if spec.get("hostPath") is not None and recycled and _is_root(path):
        text = "may not be 'recycle' for a hostPath mount of '/'"
        yield forbidden("E0620", at / "persistentVolumeReclaimPolicy", text, on_key=False)


def _is_root(path: str) -> bool:
    depth = 0
    for step in path.split("/"):
        if step == "..":
            depth = max(depth - 1, 0)
        elif step not in ("", "."):
            depth += 1
    return path.startswith("/") and depth == 0


def _storage_class(spec: Object, at: At, inline: bool) -> Iterator[Fault]:
    name = spec.get("storageClassName") or ""
    if name and inline:
        yield forbidden("E0620", at, _INLINE)
    elif name:
        for text in names.dns_subdomain(name):
            yield invalid("E0620", at, name, text)


def _volume_mode(spec: Object, at: At, inline: bool) -> Iterator[Fault]:
    mode = spec.get("volumeMode")
    if mode is None:
        return
    if inline and mode != "Filesystem":
        text = "may not specify volumeMode other than Filesystem in the context of inline volumes"
        yield forbidden("E0620", at, text, on_key=False)
    elif not inline and mode not in VOLUME_MODES:
        yield unsupported("E0620", at, mode, VOLUME_MODES)


def _attributes_class(spec: Object, at: At) -> Iterator[Fault]:
    name, here = spec.get("volumeAttributesClassName"), at / "volumeAttributesClassName"
    if name is None:
        return
    if not name:
        yield required("E0620", here, "an empty string is disallowed")
    for text in names.dns_subdomain(name) if name else ():
        yield invalid("E0620", here, name, text)
    if spec.get("csi") is None:
        text = "has to be specified when using volumeAttributesClassName"
        yield required("E0620", at / "csi", text)


def _glusterfs(volume: Object, at: At) -> Iterator[Fault]:
    namespace, here = volume.get("endpointsNamespace"), at / "endpointsNamespace"
    if namespace == "":
        text = "if the endpointnamespace is set, it must be a valid namespace name"
        yield invalid(RULE, here, namespace, text)
    elif namespace is not None:
        for text in names.dns_label(namespace):
            yield invalid(RULE, here, namespace, text)


def _azure_file(volume: Object, at: At) -> Iterator[Fault]:
    if volume.get("secretNamespace") == "":
        yield required(RULE, at / "secretNamespace")


def _local(volume: Object, at: At) -> Iterator[Fault]:
    path = volume.get("path") or ""
    for text in no_backsteps(path):
        yield invalid(RULE, at / "path", path, text)


_CSI_SECRETS: Final = (
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
)


def _csi(volume: Object, at: At) -> Iterator[Fault]:
    yield from source.driver_name(volume.get("driver") or "", at / "driver")
    if not volume.get("volumeHandle"):
        yield required(RULE, at / "volumeHandle")
    for field in _CSI_SECRETS:
        if volume.get(field) is not None:
            yield from _secret(mapping(volume[field]), at / field)


def _secret(ref: Object, at: At) -> Iterator[Fault]:
    for field, rule in (("name", names.dns_subdomain), ("namespace", names.dns_label)):
        value = ref.get(field) or ""
        if not value:
            yield required(RULE, at / field)
            continue
        for text in rule(value):
            yield invalid(RULE, at / field, value, text)


SOURCES: Final = source.table(
    Source("hostPath", ("path",), source.host_path),
    Source("gcePersistentDisk", ("pdName",), source.partition, spoken="persistentDisk"),
    Source("awsElasticBlockStore", ("volumeID",), source.partition),
    Source("glusterfs", ("endpoints", "path"), _glusterfs),
    Source("flocker", (), source.flocker),
    Source("nfs", ("server", "path"), source.nfs),
    Source("rbd", ("monitors", "image")),
    Source("quobyte", (), source.quobyte),
    Source("cephfs", ("monitors",), again="cephFS"),
    Source("iscsi", ("targetPortal",), source.iscsi_persistent),
    Source("cinder", ("volumeID",), source.secret_name_and_namespace),
    Source("fc", (), source.fibre_channel),
    Source("flexVolume", ("driver",), source.flex),
    Source("azureFile", ("secretName", "shareName"), _azure_file),
    Source("vsphereVolume", ("volumePath",)),
    Source("photonPersistentDisk", ("pdID",)),
    Source("portworxVolume", ("volumeID",)),
    Source("azureDisk", ("diskName", "diskURI"), source.azure_disk),
    Source("scaleIO", ("gateway", "system", "volumeName")),
    Source("local", ("path",), _local),
    Source("storageos", (), source.storage_os_persistent),
    Source("csi", (), _csi),
)
CHECKS = {"PersistentVolume": (check_volume_object,)}
