"""Volumes of a pod. Source: kubernetes pkg/apis/core/validation `ValidateVolumes`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import go_quote
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    required,
    unsupported,
)
from ecp.validation.kinds import volumesource as source
from ecp.validation.kinds.claim import check_claim_spec
from ecp.validation.kinds.downward import check_file
from ecp.validation.kinds.paths import below
from ecp.validation.kinds.projection import check_key_to_path, check_projected
from ecp.validation.kinds.resources import nano_of
from ecp.validation.kinds.volumesource import RULE, Source, pointing
from ecp.validation.metadata import check_annotations, check_labels
from ecp.validation.scope import Object, Scope, items, mapping

_BLOCKS: Final = ("persistentVolumeClaim", "ephemeral")
"""The sources that can be had as a device rather than as a directory."""


def check_volumes(
    spec: Object, at: At, scope: Scope, sound: dict[str, bool], pod: str | None = None
) -> Iterator[Fault]:
    """Check the volumes of a pod spec and write those without fault into *sound*.

    sound   by name, whether the volume can be had as a device; only these can be mounted
    pod     the name of the pod, where it is one and not a template; empty when it is yet to be made
    """
    volumes = [mapping(volume) for volume in items(spec.get("volumes"))]
    created = {
        f"{pod}-{volume.get('name') or ''}"
        for volume in volumes
        if pod and volume.get("ephemeral") is not None
    }
    for number, volume in enumerate(volumes):
        here, name = at / number, volume.get("name") or ""
        faults = list(check_volume(volume, here, scope, pod))
        if not name:
            faults.append(required("E0308", here / "name"))
        else:
            faults.extend(
                invalid("E0308", here / "name", name, text) for text in names.dns_label(name)
            )
        if name in sound:
            faults.append(duplicate("E0309", here / "name", name))
        yield from faults
        if not faults:
            sound[name] = any(volume.get(field) is not None for field in _BLOCKS)
        claim = mapping(volume.get("persistentVolumeClaim")).get("claimName") or ""
        if claim in created:
            text = "must not reference a PVC that gets created for an ephemeral volume"
            yield invalid(RULE, here / "persistentVolumeClaim" / "claimName", claim, text)


def check_volume(volume: Object, at: At, scope: Scope, pod: str | None = None) -> Iterator[Fault]:
    """Check the source of a volume; one without a source is an empty directory."""
    for number, found in enumerate(source.given(volume, _SOURCES)):
        value = mapping(volume[found.field])
        if number:
            yield source.too_many(found, at)
        elif found.field in _WITH_SCOPE:
            yield from _WITH_SCOPE[found.field](value, at / found.field, scope, pod)
        else:
            yield from source.check_source(found, value, at)
        name = volume.get("name") or ""
        if found.field == "iscsi" and source.is_long_initiator(value, name):
            yield source.long_initiator(at / "name", name, at / "name")
        elif found.field == "ephemeral" and not number and pod and name:
            claim = f"{pod}-{name}"
            for text in names.dns_subdomain(claim):
                yield invalid(RULE, at / "name", name, f"PVC name {go_quote(claim)}: {text}")


def _empty_dir(volume: Object, at: At) -> Iterator[Fault]:
    size = volume.get("sizeLimit")
    if size is not None and nano_of(size) < 0:
        text = "SizeLimit field must be a valid resource quantity"
        yield forbidden(RULE, at / "sizeLimit", text)


def _git_repo(volume: Object, at: At) -> Iterator[Fault]:
    directory = volume.get("directory") or ""
    for text in below(directory):
        yield invalid(RULE, at / "directory", directory, text)


def _files(volume: Object, at: At) -> Iterator[Fault]:
    yield from source.mode(volume, "defaultMode", at)
    for number, item in enumerate(items(volume.get("items"))):
        yield from check_key_to_path(mapping(item), at / "items" / number)


def _downward(volume: Object, at: At) -> Iterator[Fault]:
    yield from source.mode(volume, "defaultMode", at)
    for number, file in enumerate(items(volume.get("items"))):
        yield from pointing(check_file(file, at), at, at / "items" / number)


def _csi(volume: Object, at: At) -> Iterator[Fault]:
    yield from source.driver_name(volume.get("driver") or "", at / "driver")
    ref = volume.get("nodePublishSecretRef")
    if ref is None:
        return
    here = at / "nodePublishSecretRef" / "name"
    name = mapping(ref).get("name") or ""
    if not name:
        yield required(RULE, here)
        return
    for text in names.dns_subdomain(name):
        yield invalid(RULE, at / "name", name, text, point=here)


# Everything else of ObjectMeta, as the server lists it. It makes uID of UID.
_NOT_IN_A_TEMPLATE: Final = (
    ("name", ""), ("generateName", ""), ("namespace", ""), ("selfLink", ""), ("uid", "uID"),
    ("resourceVersion", ""), ("generation", ""), ("creationTimestamp", ""),
    ("deletionTimestamp", ""), ("deletionGracePeriodSeconds", ""), ("ownerReferences", ""),
    ("finalizers", ""), ("managedFields", ""),
)  # fmt: skip


def check_template_metadata(rule: str, meta: Object, at: At) -> Iterator[Fault]:
    """Check the metadata that objects made from a template begin with: labels and annotations."""
    yield from check_annotations(meta.get("annotations"), at / "annotations")
    yield from check_labels(meta.get("labels"), at / "labels")
    for field, spoken in _NOT_IN_A_TEMPLATE:
        value = meta.get(field)
        if value or (field == "deletionGracePeriodSeconds" and value is not None):
            fault = forbidden(rule, at / (spoken or field), "cannot be set")
            yield fault._replace(path=(at / field).path)


def _ephemeral(volume: Object, at: At, scope: Scope, pod: str | None) -> Iterator[Fault]:
    template, here = volume.get("volumeClaimTemplate"), at / "volumeClaimTemplate"
    if template is None:
        yield required(RULE, here)
        return
    meta = mapping(mapping(template).get("metadata"))
    yield from check_template_metadata(RULE, meta, here / "metadata")
    yield from check_claim_spec(mapping(mapping(template).get("spec")), here / "spec", scope)


_PULL: Final = ("Always", "IfNotPresent", "Never")


def _image(volume: Object, at: At, scope: Scope, pod: str | None) -> Iterator[Fault]:
    if not scope.has("ImageVolume"):
        return
    if pod is not None and not volume.get("reference"):
        yield required(RULE, at / "reference")
    policy: Any = volume.get("pullPolicy")
    if policy and policy not in _PULL:
        yield unsupported(RULE, at / "pullPolicy", policy, _PULL)


def _projected(volume: Object, at: At, scope: Scope, pod: str | None) -> Iterator[Fault]:
    yield from check_projected(volume, at, scope)


_WITH_SCOPE: Final = {"ephemeral": _ephemeral, "image": _image, "projected": _projected}
_SOURCES: Final = source.table(
    Source("emptyDir", (), _empty_dir),
    Source("hostPath", ("path",), source.host_path),
    Source("gitRepo", ("repository",), _git_repo),
    Source("gcePersistentDisk", ("pdName",), source.partition, spoken="persistentDisk"),
    Source("awsElasticBlockStore", ("volumeID",), source.partition),
    Source("secret", ("secretName",), _files),
    Source("nfs", ("server", "path"), source.nfs),
    Source("iscsi", ("targetPortal",), source.iscsi),
    Source("glusterfs", ("endpoints", "path")),
    Source("flocker", (), source.flocker),
    Source("persistentVolumeClaim", ("claimName",)),
    Source("rbd", ("monitors", "image")),
    Source("cinder", ("volumeID",), source.secret_name),
    Source("cephfs", ("monitors",), again="cephFS"),
    Source("quobyte", (), source.quobyte),
    Source("downwardAPI", (), _downward, again="downwarAPI"),
    Source("fc", (), source.fibre_channel),
    Source("flexVolume", ("driver",), source.flex),
    Source("configMap", ("name",), _files),
    Source("azureFile", ("secretName", "shareName")),
    Source("vsphereVolume", ("volumePath",)),
    Source("photonPersistentDisk", ("pdID",)),
    Source("portworxVolume", ("volumeID",)),
    Source("azureDisk", ("diskName", "diskURI"), source.azure_disk),
    Source("storageos", (), source.storage_os),
    Source("projected"),
    Source("scaleIO", ("gateway", "system", "volumeName")),
    Source("csi", (), _csi),
    Source("ephemeral"),
    Source("image"),
)
