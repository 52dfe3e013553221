"""The plug-ins about volumes: which nodes can have those of a pod, and what its binding asks for.

Source: kubernetes pkg/scheduler/framework/plugins/{volumerestrictions,nodevolumelimits,
volumebinding,volumezone} (1.36). Not here: disks that a pod names itself, which nobody shares, and
CSIStorageCapacity, which no driver reports.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import orjson

from ecp.kube.kinds import CSINODES, PVCS, PVS, STORAGECLASSES
from ecp.kube.nodes import Labels
from ecp.kube.volumes import (
    NO_PROVISIONER,
    ONE_POD,
    SELECTED_NODE,
    admits_node,
    annotation,
    best_match,
    binds_late,
    bound_volume,
    class_admits_node,
    class_of,
    driver_of,
    is_bound_to,
    is_fully_bound,
    phase_of,
    requested,
    with_annotations,
)
from ecp.sim.plans import Action, Reader, Update
from ecp.sim.scheduler.board import Board, Bools
from ecp.sim.scheduler.templates import Template
from ecp.sim.store import Key, Obj

IN_USE: Final = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already "
    "in-use by another pod"
)
TOO_MANY: Final = "node(s) exceed max volume count"
ELSEWHERE: Final = "node(s) didn't match PersistentVolume's node affinity"
NONE_TO_BIND: Final = "node(s) didn't find available persistent volumes to bind"
GONE: Final = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
OTHER_ZONE: Final = "node(s) had no available volume zone"

_ZONES: Final = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}


class Assumed(NamedTuple):
    """What pods that are being bound are about to get: volumes by name, and the nodes for which
    volumes are made for their claims."""

    volumes: dict[str, Key]
    claims: dict[Key, str]


NOTHING_ASSUMED: Final = Assumed({}, {})


class Binding(NamedTuple):
    """What is to be bound before a pod: (volume, claim) pairs, and claims to make a volume for."""

    volumes: tuple[tuple[str, Key], ...]
    claims: tuple[Key, ...]


# -- reading ---------------------------------------------------------------------------------------


def _claims(template: Template, read: Reader) -> Iterator[Obj]:
    """Yield the claims that exist."""
    for use in template.claims:
        found = read.get(PVCS, template.namespace, use.name)
        if found is not None:
            yield found


def _key(claim: Obj) -> Key:
    return claim["metadata"]["namespace"], claim["metadata"]["name"]


def _class(claim: Obj, read: Reader) -> Obj | None:
    name = class_of(claim)
    return read.get(STORAGECLASSES, "", name) if name else None


def _is_late(claim: Obj, read: Reader) -> bool:
    return not claim["spec"].get("volumeName") and binds_late(_class(claim, read))


def _on_all(board: Board, value: bool) -> Bools:
    return np.full(len(board.nodes), value, dtype=np.bool_)


# -- VolumeRestrictions ----------------------------------------------------------------------------


def restrictions_reject(template: Template, read: Reader) -> str | None:
    """Return why no node is worth a look: a claim is not there."""
    for use in template.claims:
        if not use.ephemeral and read.get(PVCS, template.namespace, use.name) is None:
            return f'persistentvolumeclaim "{use.name}" not found'
    return None


def restrictions_ok(board: Board, template: Template, read: Reader) -> Bools | None:
    """Return that no node will do while a claim for one pod is another's."""
    if not template.claims:
        return None
    alone = {
        claim["metadata"]["name"]
        for claim in _claims(template, read)
        if ONE_POD in (claim["spec"].get("accessModes") or ())
    }
    if not alone:
        return None
    taken = any(
        other.namespace == template.namespace and any(use.name in alone for use in other.claims)
        for row in board.nodes
        for other in row.claims.values()
    )
    return _on_all(board, False) if taken else None


# -- NodeVolumeLimits ------------------------------------------------------------------------------


def limits_ok(board: Board, template: Template, read: Reader) -> Bools | None:
    """Return which nodes have room for the pod's volumes among those of each driver."""
    if not template.claims or not read.list(CSINODES):
        return None
    asked = _handles(template, read)
    if not asked:
        return None
    verdicts = [_has_room(row.claims, _limits(row.name, read), asked, read) for row in board.nodes]
    return None if all(verdicts) else np.array(verdicts, dtype=np.bool_)


def _limits(node: str, read: Reader) -> dict[str, int]:
    found = read.get(CSINODES, "", node)
    rows = (found.get("spec") or {}).get("drivers") or () if found is not None else ()
    return {row["name"]: row["allocatable"]["count"] for row in rows if "allocatable" in row}


def _has_room(
    there: dict[Key, Template], limits: dict[str, int], asked: dict[str, str], read: Reader
) -> bool:
    limits = {driver: limit for driver, limit in limits.items() if driver in asked.values()}
    if not limits:
        return True
    most = sum(len(other.claims) for other in there.values()) + len(asked)
    if most <= min(limits.values()):
        return True
    standing: dict[str, str] = {}
    for other in there.values():
        standing |= _handles(other, read)
    new = {handle: driver for handle, driver in asked.items() if handle not in standing}
    used = list(standing.values())
    added = list(new.values())
    return all(
        driver not in added or used.count(driver) + added.count(driver) <= limit
        for driver, limit in limits.items()
    )


def _handles(template: Template, read: Reader) -> dict[str, str]:
    """Return the drivers of a pod's volumes by what tells the volumes apart."""
    found = {}
    for claim in _claims(template, read):
        name = claim["spec"].get("volumeName")
        volume = read.get(PVS, "", name) if name else None
        if volume is not None:
            driver = driver_of(volume)
            if driver:
                found[f"{driver}/{volume['spec']['csi']['volumeHandle']}"] = driver
        elif not name:
            storage_class = _class(claim, read)
            if storage_class is not None:
                driver = storage_class.get("provisioner", "")
                found[f"{driver}/{'/'.join(_key(claim))}"] = driver
    return found


# -- VolumeBinding ---------------------------------------------------------------------------------


def binding_reject(template: Template, read: Reader) -> str | None:
    """Return why no node is worth a look: a claim is lost, going, or bound at once and not yet."""
    waiting = False
    for use in template.claims:
        found = read.get(PVCS, template.namespace, use.name)
        if found is None:
            if use.ephemeral:
                return (
                    "waiting for ephemeral volume controller to create the "
                    f'persistentvolumeclaim "{use.name}"'
                )
            return f'persistentvolumeclaim "{use.name}" not found'
        if phase_of(found) == "Lost":
            gone = f'non-existent persistentvolume "{found["spec"].get("volumeName", "")}"'
            return f'persistentvolumeclaim "{use.name}" bound to {gone}'
        if "deletionTimestamp" in found["metadata"]:
            return f'persistentvolumeclaim "{use.name}" is being deleted'
        if not is_fully_bound(found) and not _is_late(found, read):
            waiting = True
    return "pod has unbound immediate PersistentVolumeClaims" if waiting else None


def binding_ok(board: Board, template: Template, read: Reader, assumed: Assumed) -> Bools | None:
    """Return which nodes can have the bound volumes, and find or are made those still missing."""
    if not template.claims:
        return None
    ok: Bools | None = None
    late: list[Obj] = []
    for claim in _claims(template, read):
        if not is_fully_bound(claim):
            late.append(claim)
            continue
        volume = read.get(PVS, "", claim["spec"]["volumeName"])
        if volume is None:
            return _on_all(board, False)
        affinity = volume["spec"].get("nodeAffinity")
        if affinity is None:
            continue
        gate = board.gate(
            "VolumeBinding",
            orjson.dumps(affinity),
            lambda row, volume=volume: admits_node(volume, row.labels),  # type: ignore[misc]
        )
        if gate.shut:
            ok = gate.ok if ok is None else ok & gate.ok
    if late:
        found = _late_ok(board, late, read, assumed)
        if found is not None:
            ok = found if ok is None else ok & found
    return ok


def _late_ok(board: Board, late: list[Obj], read: Reader, assumed: Assumed) -> Bools | None:
    """Return which nodes find or are made volumes for claims that have none."""
    pools = _pools(late, read)
    if any(pools.values()) or any(_selected(claim, assumed) is not None for claim in late):
        return np.array(
            [
                _binding(late, pools, row.name, row.labels, read, assumed) is not None
                for row in board.nodes
            ],
            dtype=np.bool_,
        )
    ok: Bools | None = None
    for claim in late:
        storage_class = _class(claim, read)
        if not _is_made(storage_class):
            return _on_all(board, False)
        assert storage_class is not None
        terms = storage_class.get("allowedTopologies")
        if not terms:
            continue
        gate = board.gate(
            "allowedTopologies",
            orjson.dumps(terms),
            lambda row, found=storage_class: class_admits_node(found, row.labels),  # type: ignore[misc]
        )
        if gate.shut:
            ok = gate.ok if ok is None else ok & gate.ok
    return ok


def _is_made(storage_class: Obj | None) -> bool:
    """Whether somebody makes volumes of a class."""
    return storage_class is not None and storage_class.get("provisioner") not in (
        "",
        NO_PROVISIONER,
    )


def _selected(claim: Obj, assumed: Assumed) -> str | None:
    """Return the node for which a claim's volume is being made."""
    return annotation(claim, SELECTED_NODE) or assumed.claims.get(_key(claim))


def binding_why(
    board: Board, template: Template, read: Reader, assumed: Assumed
) -> Callable[[int], tuple[str, ...]]:
    """Return what turns a node down, by slot."""
    claims = list(_claims(template, read))
    late = [claim for claim in claims if not is_fully_bound(claim)]
    bound = [
        read.get(PVS, "", claim["spec"]["volumeName"]) for claim in claims if is_fully_bound(claim)
    ]

    pools = _pools(late, read)

    def why(slot: int) -> tuple[str, ...]:
        row = board.nodes[slot]
        reasons = []
        lost = any(volume is None for volume in bound)
        if not lost and not all(v is None or admits_node(v, row.labels) for v in bound):
            reasons.append(ELSEWHERE)
        if late and _binding(late, pools, row.name, row.labels, read, assumed) is None:
            reasons.append(NONE_TO_BIND)
        if lost:
            reasons.append(GONE)
        return tuple(reasons)

    return why


def binding_at(
    template: Template, node: str, labels: Labels, read: Reader, assumed: Assumed
) -> Binding | None:
    """Return what is to be bound for a pod on a node that passed, None where nothing is."""
    late = [claim for claim in _claims(template, read) if not is_fully_bound(claim)]
    if not late:
        return None
    return _binding(late, _pools(late, read), node, labels, read, assumed)


def _pools(late: list[Obj], read: Reader) -> dict[Key, list[Obj]]:
    """Return by claim the volumes that it might get somewhere."""
    return {_key(claim): list(_unused(claim, read)) for claim in late}


def _binding(
    late: list[Obj],
    pools: dict[Key, list[Obj]],
    node: str,
    labels: Labels,
    read: Reader,
    assumed: Assumed,
) -> Binding | None:
    """Return how claims without a volume get one on a node, None if one cannot."""
    make: list[Obj] = []
    find: list[Obj] = []
    for claim in late:
        selected = _selected(claim, assumed)
        if selected is None:
            find.append(claim)
        elif selected != node:
            return None
        else:
            make.append(claim)
    pairs: list[tuple[str, Key]] = []
    find.sort(key=lambda claim: (requested(claim), claim["metadata"]["name"]))
    for claim in find:
        key = _key(claim)
        taken = {name for name, _ in pairs}
        taken |= {name for name, owner in assumed.volumes.items() if owner != key}
        volume = best_match(claim, pools[key], labels=labels, taken=taken, late=True)
        if volume is None:
            make.append(claim)
        else:
            pairs.append((volume["metadata"]["name"], key))
    for claim in make:
        storage_class = _class(claim, read)
        if not _is_made(storage_class):
            return None
        assert storage_class is not None
        if not class_admits_node(storage_class, labels):
            return None
    return Binding(tuple(pairs), tuple(map(_key, make)))


def _unused(claim: Obj, read: Reader) -> Iterator[Obj]:
    """Yield the volumes of a claim's class that it might get."""
    name = class_of(claim)
    for volume in read.list(PVS):
        free = phase_of(volume) == "Available" or is_bound_to(volume, claim)
        if free and class_of(volume) == name:
            yield volume


def wishes(binding: Binding, node: str, read: Reader) -> tuple[Action, ...]:
    """Return the writes by which a binding is asked for: of volumes, then of claims."""
    actions: list[Action] = []
    for name, key in binding.volumes:
        volume, claim = read.get(PVS, "", name), read.get(PVCS, *key)
        if volume is not None and claim is not None:
            bound = bound_volume(volume, claim)
            if bound is not volume:
                actions.append(Update(PVS, bound))
    for key in binding.claims:
        claim = read.get(PVCS, *key)
        if claim is not None and annotation(claim, SELECTED_NODE) != node:
            actions.append(Update(PVCS, with_annotations(claim, **{SELECTED_NODE: node})))
    return tuple(actions)


def progress(binding: Binding, node: str, labels: Labels, read: Reader) -> str | None:
    """Return "" when all is bound, why it will not be, or None while it may yet be."""
    for name, key in binding.volumes:
        volume, claim = read.get(PVS, "", name), read.get(PVCS, *key)
        if volume is None:
            return f'failed to check binding: could not find v1.PersistentVolume "{name}"'
        if claim is None:
            wanted = "/".join(key)
            return f'failed to check binding: could not find v1.PersistentVolumeClaim "{wanted}"'
        if not admits_node(volume, labels):
            return _elsewhere(name, node)
        if not (volume["spec"].get("claimRef") or {}).get("uid"):
            return f'ClaimRef got reset for pv "{name}"'
        if not is_fully_bound(claim):
            return None
    for key in binding.claims:
        claim = read.get(PVCS, *key)
        if claim is None:
            return (
                "failed to check provisioning pvc: could not find v1.PersistentVolumeClaim "
                f'"{"/".join(key)}"'
            )
        if not claim["metadata"].get("annotations"):
            return f'selectedNode annotation reset for PVC "{key[1]}"'
        if annotation(claim, SELECTED_NODE) != node:
            return f'provisioning failed for PVC "{key[1]}"'
        name = claim["spec"].get("volumeName")
        volume = read.get(PVS, "", name) if name else None
        if volume is not None and not admits_node(volume, labels):
            return _elsewhere(name, node)
        if not is_fully_bound(claim):
            return None
    return ""


def _elsewhere(volume: str, node: str) -> str:
    return (
        f'pv "{volume}" node affinity doesn\'t match node "{node}": no matching NodeSelectorTerms'
    )


# -- VolumeZone ------------------------------------------------------------------------------------


def zone_reject(template: Template, read: Reader) -> str | None:
    """Return why no node is worth a look: the volume of a claim is not there."""
    for claim in _claims(template, read):
        name = claim["spec"].get("volumeName")
        if name and read.get(PVS, "", name) is None:
            return f'persistentvolume "{name}" not found'
    return None


def zone_ok(board: Board, template: Template, read: Reader) -> Bools | None:
    """Return which nodes are in the zones and regions that the volumes' labels name."""
    if not template.claims:
        return None
    wanted: dict[str, list[frozenset[str]]] = {}
    for claim in _claims(template, read):
        name = claim["spec"].get("volumeName")
        volume = read.get(PVS, "", name) if name else None
        for label, value in ((volume or {}).get("metadata", {}).get("labels") or {}).items():
            if label in _ZONES:
                wanted.setdefault(label, []).append(frozenset(value.split("__")))
    if not wanted:
        return None
    verdicts = [_in_zones(row.labels, wanted) for row in board.nodes]
    return None if all(verdicts) else np.array(verdicts, dtype=np.bool_)


def _in_zones(labels: Labels, wanted: dict[str, list[frozenset[str]]]) -> bool:
    if not any(label in labels for label in _ZONES):
        return True  # a cluster without zones
    return all(
        labels.get(label, labels.get(_ZONES[label])) in values
        for label, rows in wanted.items()
        for values in rows
    )
