"""What may become of volumes, claims, and the classes and drivers they come from.

`TRANSITIONS` and `STATUSES` are the rows of these kinds in `transitions`.

Source: kubernetes pkg/apis/core/validation `ValidatePersistentVolumeUpdate`,
`ValidatePersistentVolumeClaimUpdate`; pkg/apis/{storage,networking,node}/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import names, quantity
from ecp.validation.differences import IMMUTABLE, immutable
from ecp.validation.faults import (
    At,
    Fault,
    forbidden,
    invalid,
    invalid_struct,
    too_long,
    unsupported,
)
from ecp.validation.kinds.claim import with_data_sources
from ecp.validation.kinds.persistentvolume import SOURCES
from ecp.validation.scope import Object, Scope, items, mapping
from ecp.validation.structs import difference, struct

_SPEC: Final = At() / "spec"
_OLD_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_ATTRIBUTES: Final = "volumeAttributesClassName"


def _value(obj: Object, path: tuple[str, ...]) -> Any:
    value: Any = obj
    for step in path:
        value = mapping(value).get(step)
    return value


def _without_nulls(values: Object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# ---- PersistentVolumeClaim --------------------------------------------------------------------


def claim(new: Object, old: Object) -> Iterator[Fault]:
    scope, held = Scope(), mapping(old.get("spec"))
    before = _without_nulls(with_data_sources(held, scope, held))
    spec = _without_nulls(with_data_sources(mapping(new.get("spec")), scope, held))
    compared = _as_before(new, old, spec, before)
    if not before.get("volumeName") and spec.get("volumeName"):
        before["volumeName"] = spec["volumeName"]
    if not _from_annotation(new, old):
        yield from _annotation(new, old)
    if compared != before:
        changed = difference(before, compared, "PersistentVolumeClaimSpec")
        text = (
            "spec is immutable after creation except resources.requests and "
            f"volumeAttributesClassName for bound claims\n{changed}"
        )
        yield forbidden("E0704", _SPEC, text)
    yield from _shrunk(new, old)
    mode = "volumeMode"
    yield from immutable(At() / mode, spec.get(mode), before.get(mode), point=_SPEC / mode)
    yield from _attributes_taken_back(new, old)


def _as_before(new: Object, old: Object, spec: Object, before: Object) -> dict[str, Any]:
    """Return the new spec with what may change put back to what it was."""
    out = dict(spec)
    put_back = []
    if _from_annotation(new, old) or _from_nothing(new, old):
        put_back.append("storageClassName")
    if mapping(new.get("status")).get("phase") == "Bound":
        put_back.append(_ATTRIBUTES)
        wanted = mapping(spec.get("resources")).get("requests")
        size = mapping(mapping(before.get("resources")).get("requests")).get("storage")
        if wanted is not None and size is not None:
            requests = {**wanted, "storage": size}
            out["resources"] = {**mapping(spec.get("resources")), "requests": requests}
    for field in put_back:
        if field in before:
            out[field] = before[field]
        else:
            out.pop(field, None)
    return out


def _class_of(claim_: Object) -> tuple[Any, Any]:
    """Return a claim's storage class as its field and as its old annotation say it."""
    annotations = mapping(mapping(claim_.get("metadata")).get("annotations"))
    return mapping(claim_.get("spec")).get("storageClassName"), annotations.get(_OLD_CLASS)


def _from_annotation(new: Object, old: Object) -> bool:
    """A class may move from the annotation to the field."""
    (wanted, annotated), (held, was_annotated) = _class_of(new), _class_of(old)
    return (
        was_annotated is not None
        and held is None
        and wanted == was_annotated
        and annotated in (None, was_annotated)
    )


def _from_nothing(new: Object, old: Object) -> bool:
    """A claim of before there was a default class may be given one, once."""
    (wanted, _), (held, was_annotated) = _class_of(new), _class_of(old)
    return wanted is not None and held is None and was_annotated in (None, wanted)


def _annotation(new: Object, old: Object) -> Iterator[Fault]:
    wanted, held = _class_of(new)[1] or "", _class_of(old)[1] or ""
    yield from immutable(At() / "metadata" / "annotations" / _OLD_CLASS, wanted, held)


def _shrunk(new: Object, old: Object) -> Iterator[Fault]:
    def size(obj: Object, *path: str) -> int:
        value = _value(obj, path)
        return quantity.nano(value) if value is not None else 0

    request = ("spec", "resources", "requests", "storage")
    wanted = size(new, *request)
    if wanted < size(old, *request) and wanted <= size(old, "status", "capacity", "storage"):
        here = _SPEC / "resources" / "requests" / "storage"
        yield forbidden("E0704", here, "field can not be less than status.capacity")


def _attributes_taken_back(new: Object, old: Object) -> Iterator[Fault]:
    wanted, held = (mapping(obj.get("spec")).get(_ATTRIBUTES) for obj in (new, old))
    applied = mapping(old.get("status")).get("currentVolumeAttributesClassName")
    if wanted == held or applied is None or wanted:
        return
    what = "nil" if wanted is None else "empty string"
    text = f"update to {what} is forbidden when status.currentVolumeAttributesClassName is not nil"
    yield forbidden("E0704", _SPEC / _ATTRIBUTES, text)


# ---- PersistentVolume -------------------------------------------------------------------------

# Labels of nodes that came out of beta: a volume may follow them.
# Source: kubernetes pkg/apis/core/validation `betaToGALabel`.
_STABLE_LABELS: Final = {
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}


def volume(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    wanted, held = (
        {field: one[field] for field in SOURCES if one.get(field) is not None}
        for one in (spec, before)
    )
    secret = "controllerExpandSecretRef"
    if "csi" in held and "csi" in wanted and held["csi"].get(secret) is None:
        wanted["csi"] = {key: wanted["csi"][key] for key in wanted["csi"] if key != secret}
    if wanted != held:
        changed = difference(held, wanted, "PersistentVolumeSource")
        text = f"spec.persistentvolumesource is immutable after creation\n{changed}"
        fault = forbidden("E0720", _SPEC / "persistentvolumesource", text)
        yield fault._replace(path=_SPEC.path)
    mode = "volumeMode"
    yield from immutable(At() / mode, spec.get(mode), before.get(mode), point=_SPEC / mode)
    yield from _node_affinity(spec.get("nodeAffinity"), before.get("nodeAffinity"))
    if before.get(_ATTRIBUTES) is not None and spec.get(_ATTRIBUTES) is None:
        text = "update from non-nil value to nil is forbidden"
        yield forbidden("E0720", _SPEC / _ATTRIBUTES, text)


def _node_affinity(new: Any, old: Any) -> Iterator[Fault]:
    if old is not None and not _follows(new, old):
        text = f"{IMMUTABLE}, except for updating from beta label to GA"
        point = _SPEC / "nodeAffinity"
        wanted = None if new is None else struct(new, "VolumeNodeAffinity")
        yield invalid_struct("E0720", At() / "nodeAffinity", wanted, text, point=point)


def _follows(new: Any, old: Any) -> bool:
    """Tell whether two affinities are the same but for labels that came out of beta."""
    if isinstance(new, dict) and isinstance(old, dict):
        moved = dict(old)
        if "key" in old and _STABLE_LABELS.get(old["key"]) == new.get("key"):
            moved["key"] = new.get("key")
        same = new.keys() == moved.keys()
        return same and all(_follows(new[name], moved[name]) for name in moved)
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(map(_follows, new, old))
    return bool(new == old)


# ---- classes ----------------------------------------------------------------------------------


def _kept(*paths: tuple[str, ...]) -> Callable[[Object, Object], Iterator[Fault]]:
    """Return the rule that the fields at *paths* stay as they were."""

    def check(new: Object, old: Object) -> Iterator[Fault]:
        for path in paths:
            at = At()
            for step in path:
                at = at / step
            held = _value(old, path)
            wanted = _value(new, path)
            if wanted is None and isinstance(held, str):
                wanted = ""
            yield from immutable(at, wanted, held)

    return check


def attributes_class(new: Object, old: Object) -> Iterator[Fault]:
    for field in ("driverName", "parameters"):
        if (new.get(field) or None) != (old.get(field) or None):
            yield forbidden("E0700", At() / field, f"updates to {field} are forbidden.")


# ---- CSI --------------------------------------------------------------------------------------


def driver(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    fields = (
        ("attachRequired", "attachedRequired", True),
        ("volumeLifecycleModes", "volumeLifecycleModes", ["Persistent"]),
    )
    for field, spoken, usual in fields:
        wanted, held = (usual if one.get(field) is None else one[field] for one in (spec, before))
        yield from immutable(_SPEC / spoken, wanted, held, point=_SPEC / field)


def node_drivers(new: Object, old: Object) -> Iterator[Fault]:
    drivers = [mapping(one) for one in items(mapping(new.get("spec")).get("drivers"))]
    for held in items(mapping(old.get("spec")).get("drivers")):
        for number, wanted in enumerate(drivers):
            if wanted.get("name") == held.get("name") and _driver(wanted) != _driver(held):
                point, at = _SPEC / "drivers" / number, _SPEC / "drivers"
                yield invalid_struct("E0700", at, _driver(wanted), IMMUTABLE, point=point)


def _driver(found: Object) -> dict[str, Any]:
    """Return what must stay of a driver on a node; how many volumes it takes may change."""
    return {
        "Name": found.get("name") or "",
        "NodeID": found.get("nodeID") or "",
        "TopologyKeys": found.get("topologyKeys"),
        "Allocatable": None,
    }


def attachment(new: Object, old: Object) -> Iterator[Fault]:
    if new.get("spec") == old.get("spec"):
        return
    spec = mapping(new.get("spec"))
    source = mapping(spec.get("source"))
    struct = {
        "Attacher": spec.get("attacher") or "",
        "Source": {
            "PersistentVolumeName": source.get("persistentVolumeName"),
            "InlineVolumeSpec": source.get("inlineVolumeSpec"),
        },
        "NodeName": spec.get("nodeName") or "",
    }
    yield invalid_struct("E0700", _SPEC, struct, IMMUTABLE)


# ---- statuses ---------------------------------------------------------------------------------

_STATUS: Final = At() / "status"
_RESIZES: Final = (
    "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress",
    "NodeResizeInfeasible", "NodeResizePending",
)  # fmt: skip
_LONGEST_MESSAGE: Final = 1024
_LARGEST_METADATA: Final = 256 * 1024


def claim_status(new: Object, old: Object) -> Iterator[Fault]:
    status = mapping(new.get("status"))
    for resource, amount in sorted(mapping(status.get("capacity")).items()):
        yield from _basic(amount, (_STATUS / "capacity").key(resource))
    here = _STATUS / "allocatedResourceStatuses"
    for resource, state in sorted(mapping(status.get("allocatedResourceStatuses")).items()):
        yield from _resource_key(resource, here)
        if state not in _RESIZES:
            yield unsupported("E0706", here, resource, _RESIZES, point=here / resource)
    here = _STATUS / "allocatedResources"
    for resource, amount in sorted(mapping(status.get("allocatedResources")).items()):
        found = list(_resource_key(resource, here))
        yield from found or _basic(amount, here.key(resource))


def _basic(amount: Any, at: At) -> Iterator[Fault]:
    whole = quantity.value(amount)
    if whole < 0:
        yield invalid("E0706", at, whole, "must be a valid resource quantity")


def _resource_key(name: str, at: At) -> Iterator[Fault]:
    """A claim is for storage, and for what others define."""
    complaints = names.label_key(name)
    for text in complaints:
        yield invalid("E0706", at, name, text, point=at / name, on_key=True)
    native = "/" not in name or "kubernetes.io/" in name
    if not complaints and native and name != "storage":
        yield unsupported("E0706", at, name, ("storage",), point=at / name)


def attachment_status(new: Object, old: Object) -> Iterator[Fault]:
    status = mapping(new.get("status"))
    metadata = mapping(status.get("attachmentMetadata"))
    size = sum(len(key.encode()) + len((value or "").encode()) for key, value in metadata.items())
    if size > _LARGEST_METADATA:
        yield too_long("E0706", _STATUS / "attachmentMetadata", _LARGEST_METADATA)
    for field in ("attachError", "detachError"):
        error, here = mapping(status.get(field)), _STATUS / field
        if len((error.get("message") or "").encode()) > _LONGEST_MESSAGE:
            # The server names another limit than the one it keeps.
            yield too_long("E0706", here / "message", _LARGEST_METADATA)
        code = error.get("errorCode")
        if code is not None and code < 0:
            for text in names.in_range(code, 0, 2**31 - 1):
                yield invalid("E0706", here / "errorCode", code, text)


_STORAGE: Final = "storage.k8s.io"
STATUSES: Final[dict[tuple[str, str], Callable[[Object, Object], Iterator[Fault]]]] = {
    ("", "PersistentVolumeClaim"): claim_status,
    (_STORAGE, "VolumeAttachment"): attachment_status,
}
TRANSITIONS: Final[dict[tuple[str, str], Callable[[Object, Object], Iterator[Fault]]]] = {
    ("", "PersistentVolume"): volume,
    ("", "PersistentVolumeClaim"): claim,
    ("networking.k8s.io", "IngressClass"): _kept(("spec", "controller")),
    ("node.k8s.io", "RuntimeClass"): _kept(("handler",)),
    (_STORAGE, "CSIDriver"): driver,
    (_STORAGE, "CSINode"): node_drivers,
    (_STORAGE, "CSIStorageCapacity"): _kept(("nodeTopology",), ("storageClassName",)),
    (_STORAGE, "StorageClass"): _kept(
        ("parameters",), ("provisioner",), ("reclaimPolicy",), ("volumeBindingMode",)
    ),
    (_STORAGE, "VolumeAttachment"): attachment,
    (_STORAGE, "VolumeAttributesClass"): attributes_class,
}
