"""Hints of Services with topology-mode Auto: a zone gets endpoints by its share of the CPU.

Source: kubernetes staging k8s.io/endpointslice/topologycache/{topologycache,sliceinfo,utils}.go
(1.36). Where the real one takes the first of equals in the order of a map, here it is by name.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, NamedTuple

from ecp.kube import quantity
from ecp.kube.pods import condition

Obj = dict[str, Any]

ZONE = "topology.kubernetes.io/zone"
OVERLOAD = 0.2
"""By this part an endpoint may have more than its share of requests at most."""

_MODES = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
_APART = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_DISABLED, _ENABLED = "TopologyAwareHintsDisabled", "TopologyAwareHintsEnabled"

Shares = Mapping[str, float]
"""Zone -> its part of the CPU of all nodes that are ready; empty where that is not known."""


class Outcome(NamedTuple):
    """Slices to create and to update, and what is said of it: (type, reason, message)."""

    create: list[Obj]
    update: list[Obj]
    said: tuple[str, str, str] | None


class _Share(NamedTuple):
    """How many endpoints a zone gets."""

    least: int
    most: int
    desired: float


def are_wanted(service: Obj) -> bool:
    """Whether a Service asks for hints by its annotation."""
    notes = service["metadata"].get("annotations") or {}
    value = next((notes[mode] for mode in _MODES if mode in notes), "")
    return value in ("Auto", "auto")


def shares(nodes: Iterable[Obj]) -> dict[str, float]:
    """Return each zone's share of the CPU of ready nodes, control planes left out.

    Empty where a node says no zone or no CPU, and where there is one zone only.
    """
    by_zone: Counter[str] = Counter()
    for node in nodes:
        labels = node["metadata"].get("labels") or {}
        ready = condition(node, "Ready")
        if any(label in labels for label in _APART) or (ready or {}).get("status") != "True":
            continue
        allocatable = (node.get("status") or {}).get("allocatable") or {}
        cpu = quantity.milli(allocatable.get("cpu", "0"))
        if not labels.get(ZONE) or not cpu:
            return {}
        by_zone[labels[ZONE]] += cpu
    total = sum(by_zone.values())
    return {zone: cpu / total for zone, cpu in by_zone.items()} if len(by_zone) > 1 else {}


def are_there(slices: Iterable[Obj]) -> bool:
    """Whether any endpoint has a hint."""
    return any("hints" in one for found in slices for one in found.get("endpoints") or ())


def without(found: Obj) -> Obj:
    """Return a slice without hints."""
    endpoints = found.get("endpoints") or []
    if not any("hints" in one for one in endpoints):
        return found
    bare = [{k: v for k, v in one.items() if k != "hints"} for one in endpoints]
    return {**found, "endpoints": bare}


def is_overloaded(slices: Iterable[Obj], by_zone: Shares) -> bool:
    """Whether a Service's hints leave a zone with too few endpoints, or none are due any more."""
    hinted = _counted(slices)
    if not hinted:
        return False
    total = sum(hinted.values())
    return not by_zone or any(
        zone not in hinted or hinted[zone] < ceil(total * share * (1 / (1 + OVERLOAD)))
        for zone, share in by_zone.items()
    )


def hinted(
    create: list[Obj], update: list[Obj], unchanged: list[Obj], by_zone: Shares, family: str
) -> Outcome:
    """Give hints to the slices of a Service and *family*; *unchanged* ones keep theirs if they can.

    *create* and *update* have none yet. Where not every zone can have its share all hints go.
    """
    ready = sum(len(_ready(found)) for found in (*create, *update, *unchanged))
    allocations, why = _allocations(ready, by_zone)
    enabled = are_there(unchanged)
    given: Counter[str] = Counter()
    changing = list(update)
    for found in unchanged:
        kept = _kept(found, given, allocations)
        if kept is None:
            changing.append(without(found))
        else:
            given.update(kept)
    for one in (one for found in (*create, *changing) for one in _ready(found)):
        if not why and not one.get("zone"):
            why = "One or more endpoints do not have a zone specified"
    if why:
        bare = [without(found) for found in unchanged if are_there([found])]
        return Outcome(create, update + bare, ("Warning", _DISABLED, _said(why, family)))
    for one in (one for found in (*create, *changing) for one in _ready(found)):
        given[one["zone"]] += 1
    giving, receiving = _moves(allocations, given)
    slices = [_with_hints(found, giving, receiving) for found in (*create, *changing)]
    said = None
    if not enabled:
        said = ("Normal", _ENABLED, _said("Topology Aware Hints has been enabled", family))
    return Outcome(slices[: len(create)], slices[len(create) :], said)


def _said(text: str, family: str) -> str:
    return f"{text}, addressType: {family}"


def _ready(found: Obj) -> list[Obj]:
    return [one for one in found.get("endpoints") or () if one["conditions"].get("ready")]


def _counted(slices: Iterable[Obj]) -> Counter[str]:
    return Counter(
        row["name"]
        for found in slices
        for one in _ready(found)
        for row in (one.get("hints") or {}).get("forZones") or ()
    )


def _allocations(ready: int, by_zone: Shares) -> tuple[dict[str, _Share], str]:
    """Return what each zone is to have, or why that cannot be."""
    counts = f"({ready} endpoints, {len(by_zone)} zones)"
    if not by_zone:
        return {}, (
            "Insufficient Node information: allocatable CPU or zone not specified on one or more "
            "nodes"
        )
    if len(by_zone) > ready:
        return {}, f"Insufficient number of endpoints {counts}"
    least = {zone: ceil(share * ready * (1 / (1 + OVERLOAD))) for zone, share in by_zone.items()}
    spare = ready - sum(least.values())
    if spare < 0:
        return {}, (
            "Unable to allocate minimum required endpoints to each zone without exceeding overload "
            f"threshold {counts}"
        )
    return {
        zone: _Share(some, some + spare, max(by_zone[zone] * ready, float(some)))
        for zone, some in least.items()
    }, ""


def _kept(
    found: Obj, given: Mapping[str, int], allocations: Mapping[str, _Share]
) -> Counter[str] | None:
    """Return the hints of a slice by zone; None where it cannot stay as it is."""
    if any(not (one.get("hints") or {}).get("forZones") for one in _ready(found)):
        return None
    counts = _counted([found])
    for zone, count in counts.items():
        if zone not in allocations or count + given.get(zone, 0) > allocations[zone].most:
            return None
    return counts


def _moves(
    allocations: Mapping[str, _Share], given: Mapping[str, int]
) -> tuple[Counter[str], Counter[str]]:
    """Return how many endpoints each zone gives to another, and receives from one."""
    apart = {zone: given.get(zone, 0) - one.desired for zone, one in sorted(allocations.items())}
    over = {zone: count for zone, count in apart.items() if count > 0}
    under = {zone: -count for zone, count in apart.items() if count < 0}
    giving: Counter[str] = Counter()
    receiving: Counter[str] = Counter()
    while over and under:
        giver, receiver = max(over, key=over.__getitem__), max(under, key=under.__getitem__)
        some, wanted = over[giver], under[receiver]
        if max(some, wanted) < 1 or min(some, wanted) < 0.5:
            break
        giving[giver] += 1
        receiving[receiver] += 1
        over[giver] -= 1
        under[receiver] -= 1
    return giving, receiving


def _with_hints(found: Obj, giving: Counter[str], receiving: Counter[str]) -> Obj:
    """Return a slice with the hints of its ready endpoints; takes from what is to be moved."""
    endpoints = []
    for one in found.get("endpoints") or ():
        if one["conditions"].get("ready"):
            zone = one["zone"]
            if giving[zone] > 0 and receiving.total() > 0:
                giving[zone] -= 1
                zone = min(other for other, count in receiving.items() if count > 0)
                receiving[zone] -= 1
            one = {**one, "hints": {"forZones": [{"name": zone}]}}
        endpoints.append(one)
    return {**found, "endpoints": endpoints}
