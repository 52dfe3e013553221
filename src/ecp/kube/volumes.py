"""Volumes, claims and their classes: what several parties must read alike.

Objects are JSON-shaped dicts and are never changed.
Source: kubernetes component-helpers storage/volume/pv_helpers.go,
component-helpers storage/ephemeral, pkg/apis/core/v1/helper, pkg/volume/csi (1.36).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ecp.kube import quantity
from ecp.kube.nodes import Labels, term_matches
from ecp.kube.selectors import from_object
from ecp.kube.times import rfc3339

Obj = dict[str, Any]

BIND_COMPLETED: Final = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER: Final = "pv.kubernetes.io/bound-by-controller"
PROVISIONED_BY: Final = "pv.kubernetes.io/provisioned-by"
SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
PROVISIONER: Final = "volume.kubernetes.io/storage-provisioner"
OLD_PROVISIONER: Final = "volume.beta.kubernetes.io/storage-provisioner"
OLD_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
IN_TREE: Final = "kubernetes.io/"
NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"
LATE: Final = "WaitForFirstConsumer"
ONE_POD: Final = "ReadWriteOncePod"
DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)

_MODES: Final = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", ONE_POD)
_SHARED: Final = ("ReadWriteMany", "ReadOnlyMany")


def annotation(obj: Obj, name: str) -> str | None:
    """Return an annotation, or None."""
    found: str | None = (obj["metadata"].get("annotations") or {}).get(name)
    return found


def with_annotations(obj: Obj, **changes: Any) -> Obj:
    """Return *obj* with annotations set, or taken away where the value is None.

    Names are given as `{"a/b": value}` through `**`.
    """
    found = {**(obj["metadata"].get("annotations") or {}), **changes}
    kept = {name: value for name, value in sorted(found.items()) if value is not None}
    meta = {k: v for k, v in obj["metadata"].items() if k != "annotations"}
    if kept:
        meta["annotations"] = kept
    return {**obj, "metadata": meta}


def newest_marked(classes: Iterable[Obj], annotations: Iterable[str]) -> str:
    """Return the name of the newest class that is marked as the default one, "" if none is."""
    marks = tuple(annotations)
    marked = [
        one["metadata"] for one in classes if any(annotation(one, m) == "true" for m in marks)
    ]
    marked.sort(key=lambda meta: meta["name"])
    marked.sort(key=lambda meta: meta["creationTimestamp"], reverse=True)
    return marked[0]["name"] if marked else ""


# -- claims and volumes ----------------------------------------------------------------------------


def class_of(obj: Obj) -> str:
    """Return the name of the StorageClass of a claim or volume, "" for none."""
    old = annotation(obj, OLD_CLASS)
    return old if old is not None else obj["spec"].get("storageClassName") or ""


def has_class(claim: Obj) -> bool:
    """Whether a claim says which class it wants, be it none."""
    return (
        annotation(claim, OLD_CLASS) is not None
        or claim["spec"].get("storageClassName") is not None
    )


def requested(claim: Obj) -> int:
    """Return the bytes that a claim asks for."""
    asked = (claim["spec"].get("resources") or {}).get("requests") or {}
    return quantity.value(asked.get("storage", "0"))


def capacity(volume: Obj) -> int:
    """Return the bytes of a volume."""
    return quantity.value((volume["spec"].get("capacity") or {}).get("storage", "0"))


def binds_late(storage_class: Obj | None) -> bool:
    """Whether claims of the class are bound once a pod that uses them has a node."""
    return storage_class is not None and storage_class.get("volumeBindingMode") == LATE


def is_fully_bound(claim: Obj) -> bool:
    """Whether the binding of a claim is complete."""
    return bool(claim["spec"].get("volumeName")) and annotation(claim, BIND_COMPLETED) is not None


def is_bound_to(volume: Obj, claim: Obj) -> bool:
    """Whether a volume is bound to a claim, or reserved for it by name."""
    ref = volume["spec"].get("claimRef")
    meta = claim["metadata"]
    return (
        ref is not None
        and ref.get("name") == meta["name"]
        and ref.get("namespace") == meta["namespace"]
        and ref.get("uid") in (None, "", meta["uid"])
    )


def claim_ref(claim: Obj) -> dict[str, str]:
    """Return the reference to a claim that a volume bound to it carries."""
    meta = claim["metadata"]
    return {
        "kind": "PersistentVolumeClaim",
        "namespace": meta["namespace"],
        "name": meta["name"],
        "uid": meta["uid"],
        "apiVersion": "v1",
        "resourceVersion": meta["resourceVersion"],
    }


def bound_volume(volume: Obj, claim: Obj) -> Obj:
    """Return the volume as bound to a claim; the same object when it is already."""
    found = volume
    ref = volume["spec"].get("claimRef") or {}
    meta = claim["metadata"]
    if (ref.get("namespace"), ref.get("name"), ref.get("uid")) != (
        meta["namespace"],
        meta["name"],
        meta["uid"],
    ):
        found = {**volume, "spec": {**volume["spec"], "claimRef": claim_ref(claim)}}
    if not is_bound_to(volume, claim) and annotation(volume, BOUND_BY_CONTROLLER) is None:
        found = with_annotations(found, **{BOUND_BY_CONTROLLER: "yes"})
    return found


def in_phase(volume: Obj, phase: str, now: int, message: str = "") -> Obj:
    """Return a volume in another phase since *now* (ns)."""
    status = {**(volume.get("status") or {}), "phase": phase, "message": message}
    if not message:
        del status["message"]
    return {**volume, "status": {**status, "lastPhaseTransitionTime": rfc3339(now)}}


def phase_of(obj: Obj) -> str:
    """Return status.phase of a claim or volume, "" before it has one."""
    found: str = (obj.get("status") or {}).get("phase", "")
    return found


def modes_differ(claim: Obj, volume: Obj) -> bool:
    """Whether one is a file system and the other a block device."""
    asked = claim["spec"].get("volumeMode") or "Filesystem"
    given = volume["spec"].get("volumeMode") or "Filesystem"
    return bool(asked != given)


def has_modes(claim: Obj, volume: Obj) -> bool:
    """Whether a volume has every access mode that a claim asks for."""
    given = volume["spec"].get("accessModes") or ()
    return all(mode in given for mode in claim["spec"].get("accessModes") or ())


def attributes_class(obj: Obj) -> str:
    """Return the VolumeAttributesClass that a claim or volume names, "" for none."""
    return obj["spec"].get("volumeAttributesClassName") or ""


def attaches_to_many(volume: Obj) -> bool:
    """Whether several nodes may have a volume attached at a time.

    Source: pkg/volume/util/attach_limit and operationexecutor `IsMultiAttachAllowed`.
    """
    modes = volume["spec"].get("accessModes") or ()
    return not modes or any(mode in _SHARED for mode in modes)


def admits_node(volume: Obj, labels: Labels) -> bool:
    """Whether a volume can be used on a node of those labels (spec.nodeAffinity)."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required")
    if required is None:
        return True
    return any(term_matches(term, "", labels) for term in required.get("nodeSelectorTerms") or ())


def class_admits_node(storage_class: Obj, labels: Labels) -> bool:
    """Whether volumes of a class may be made for a node of those labels (allowedTopologies)."""
    terms = storage_class.get("allowedTopologies") or ()
    return not terms or any(
        all(
            labels.get(one["key"]) in one["values"]
            for one in term.get("matchLabelExpressions") or ()
        )
        for term in terms
    )


def best_match(
    claim: Obj,
    volumes: Iterable[Obj],
    *,
    labels: Labels | None = None,
    taken: Collection[str] = (),
    late: bool = False,
) -> Obj | None:
    """Return the volume reserved for a claim, else the smallest that will do, None for neither.

    *labels* are those of the node that the scheduler thinks of, None = any; *taken* names volumes
    that others are about to get. Without a node a *late* claim gets reserved volumes only.
    Source: pv_helpers.go `FindMatchingVolume`; equal ones are told by name.
    """
    wanted, storage_class = requested(claim), class_of(claim)
    chosen = claim["spec"].get("selector")
    selector = from_object(chosen) if chosen is not None else None
    best: tuple[int, str, Obj] | None = None
    for volume in volumes:
        meta, spec = volume["metadata"], volume["spec"]
        reserved = is_bound_to(volume, claim)
        size = capacity(volume)
        if (
            meta["name"] in taken
            or (spec.get("claimRef") is not None and not reserved)
            or size < wanted
            or modes_differ(claim, volume)
            or attributes_class(claim) != attributes_class(volume)
            or "deletionTimestamp" in meta
        ):
            continue
        near = labels is None or admits_node(volume, labels)
        if reserved:
            return volume if near else None
        if (labels is None and late) or not near or phase_of(volume) != "Available":
            continue
        if class_of(volume) != storage_class or (
            labels is not None and not has_modes(claim, volume)
        ):
            continue
        if selector is not None and not selector.matches(meta.get("labels") or {}):
            continue
        if best is None or (size, meta["name"]) < best[:2]:
            best = (size, meta["name"], volume)
    return best[2] if best is not None else None


def best_of_all(claim: Obj, volumes: Iterable[Obj], *, late: bool) -> Obj | None:
    """Return the best volume for a claim, those with the fewest access modes first.

    Source: pkg/controller/volume/persistentvolume/index.go `findByClaim`.
    """
    groups: dict[tuple[int, ...], list[Obj]] = {}
    for volume in volumes:
        if volume["spec"].get("claimRef") is None:
            if late:
                continue  # the scheduler finds it
        elif not is_bound_to(volume, claim):
            continue
        if has_modes(claim, volume):
            given = volume["spec"].get("accessModes") or ()
            key = tuple(i for i, mode in enumerate(_MODES) if mode in given)
            groups.setdefault(key, []).append(volume)
    for key in sorted(groups, key=lambda key: (len(key), key)):
        found = best_match(claim, groups[key], late=late)
        if found is not None:
            return found
    return None


# -- volumes of pods -------------------------------------------------------------------------------


class Use(NamedTuple):
    """One volume of a pod that is a claim: *volume* names it in the pod, *claim* the claim."""

    volume: str
    claim: str
    ephemeral: bool


def uses(pod: Obj) -> Iterator[Use]:
    """Yield the claims that a pod uses, those made for it included."""
    return uses_of(pod["spec"], pod["metadata"].get("name", ""))


def uses_of(spec: Mapping[str, Any], name: str) -> Iterator[Use]:
    """Yield the claims that the spec of the pod *name* uses."""
    for volume in spec.get("volumes") or ():
        claim = volume.get("persistentVolumeClaim")
        if claim is not None:
            yield Use(volume["name"], claim["claimName"], False)
        elif "ephemeral" in volume:
            yield Use(volume["name"], f"{name}-{volume['name']}", True)


def is_for_pod(claim: Obj, pod: Obj) -> bool:
    """Whether an ephemeral claim was made for that very pod."""
    return any(
        one.get("controller") and one.get("uid") == pod["metadata"]["uid"]
        for one in claim["metadata"].get("ownerReferences") or ()
    )


# -- CSI -------------------------------------------------------------------------------------------


def driver_of(volume: Obj) -> str:
    """Return the CSI driver of a volume, "" for the sources that need none."""
    found: str = (volume["spec"].get("csi") or {}).get("driver", "")
    return found


def unique_name(volume: Obj) -> str:
    """Return the name under which nodes report a CSI volume."""
    source = volume["spec"]["csi"]
    return f"kubernetes.io/csi/{source['driver']}^{source['volumeHandle']}"


def attachment_name(volume: Obj, node: str) -> str:
    """Return the name of the VolumeAttachment of a CSI volume on a node."""
    source = volume["spec"]["csi"]
    text = f"{source['volumeHandle']}{source['driver']}{node}"
    return f"csi-{sha256(text.encode()).hexdigest()}"


def is_attached(attachment: Obj | None) -> bool:
    """Whether a VolumeAttachment holds, and is to go on holding."""
    return (
        attachment is not None
        and bool((attachment.get("status") or {}).get("attached"))
        and "deletionTimestamp" not in attachment["metadata"]
    )


def needs_attaching(driver: Obj | None) -> bool:
    """Whether volumes of a CSIDriver (None: it is not registered) are attached to nodes."""
    return driver is None or (driver.get("spec") or {}).get("attachRequired") is not False
