"""Classes: what an object takes over from the class that it names, or that stands in where none is.

Source: kubernetes plugin/pkg/admission/{priority,runtimeclass,storage/storageclass/setdefault,
network/defaultingressclass}, pkg/registry/scheduling/priorityclass/storage/storage.go.
"""

from typing import Final, NamedTuple

from ecp.kube import kinds, quantity
from ecp.kube.errors import Forbidden, go_quote
from ecp.kube.kinds import Kind
from ecp.kube.volumes import DEFAULT_CLASS, OLD_CLASS, newest_marked
from ecp.sim.plans import Reader
from ecp.sim.store import Obj
from ecp.validation.classes import SYSTEM_PRIORITIES
from ecp.validation.refusals import no_priority

_OLD_INGRESS: Final = "kubernetes.io/ingress.class"
_DEFAULT_INGRESS: Final = ("ingressclass.kubernetes.io/is-default-class",)
_PREEMPTS: Final = "PreemptLowerPriority"


def with_storage_class(claim: Obj, read: Reader) -> Obj:
    """Return a new claim with the default StorageClass if it names none."""
    spec = claim["spec"]
    annotations = claim["metadata"].get("annotations") or {}
    if spec.get("storageClassName") is not None or OLD_CLASS in annotations:
        return claim
    name = newest_marked(read.list(kinds.STORAGECLASSES), DEFAULT_CLASS)
    return {**claim, "spec": {**spec, "storageClassName": name}} if name else claim


def with_ingress_class(ingress: Obj, read: Reader) -> Obj:
    """Return a new Ingress with the default IngressClass if it names none."""
    spec = ingress["spec"]
    annotations = ingress["metadata"].get("annotations") or {}
    if spec.get("ingressClassName") is not None or _OLD_INGRESS in annotations:
        return ingress
    name = newest_marked(read.list(kinds.INGRESSCLASSES), _DEFAULT_INGRESS)
    return {**ingress, "spec": {**spec, "ingressClassName": name}} if name else ingress


# ---- priority -------------------------------------------------------------------------------


class Priority(NamedTuple):
    """What a PriorityClass gives a pod: its own name, the value, whether it preempts."""

    name: str
    value: int
    preemption: str


def priority(pod: str, spec: Obj, read: Reader) -> Priority:
    """Return the priority of a pod's class, of the default one if it names none.

    Raises Forbidden for a class that does not exist, and for figures that differ from its own.
    """
    found = _priority(pod, spec.get("priorityClassName") or "", read)
    sent, preemption = spec.get("priority"), spec.get("preemptionPolicy")
    computed = "priority admission controller computed {} from the given PriorityClass name"
    if sent is not None and sent != found.value:
        raise Forbidden(
            kinds.PODS,
            pod,
            f"the integer value of priority ({sent}) must not be provided in pod spec; "
            + computed.format(found.value),
        )
    if preemption is not None and preemption != found.preemption:
        raise Forbidden(
            kinds.PODS,
            pod,
            f"the string value of PreemptionPolicy ({preemption}) must not be provided in pod "
            f"spec; {computed.format(found.preemption)}",
        )
    return found


def _priority(pod: str, name: str, read: Reader) -> Priority:
    row: Obj | None = None
    if name:
        row = read.get(kinds.PRIORITYCLASSES, "", name)
        if row is None and name not in SYSTEM_PRIORITIES:
            raise no_priority(pod, name)
        if row is None:
            return Priority(name, SYSTEM_PRIORITIES[name], _PREEMPTS)
    else:
        row = _default_priority(read)
    if row is None:
        return Priority("", 0, _PREEMPTS)
    policy = row.get("preemptionPolicy") or _PREEMPTS
    return Priority(row["metadata"]["name"], row.get("value", 0), policy)


def _default_priority(read: Reader) -> Obj | None:
    """Return the default class; of several that came to be so, the one that counts least."""
    marked = [one for one in read.list(kinds.PRIORITYCLASSES) if one.get("globalDefault")]
    return min(marked, key=lambda one: int(one.get("value", 0))) if marked else None


def check_priority_class(new: Obj, read: Reader) -> None:
    """Raises Forbidden for a second class that is to stand in where none is named."""
    if not new.get("globalDefault"):
        return
    name, there = new["metadata"]["name"], _default_priority(read)
    if there is not None and there["metadata"]["name"] != name:
        raise Forbidden(
            kinds.PRIORITYCLASSES,
            name,
            f"PriorityClass {there['metadata']['name']} is already marked as default. Only one "
            "default can exist",
        )


def check_removal(kind: Kind, name: str) -> None:
    """Raises Forbidden for the classes that the system itself needs."""
    if kind.resource == kinds.PRIORITYCLASSES and name in SYSTEM_PRIORITIES:
        words = "this is a system priority class and cannot be deleted"
        raise Forbidden(kind.resource, name, words)


# ---- runtime --------------------------------------------------------------------------------


def with_runtime(pod: str, spec: Obj, read: Reader) -> Obj:
    """Return a pod's spec with what its RuntimeClass costs and where it runs. Raises Forbidden."""
    name, overhead = spec.get("runtimeClassName"), spec.get("overhead")
    if not name:
        if overhead:
            raise _rejected(pod, "Pod Overhead set without corresponding RuntimeClass defined ")
        return spec
    row = read.get(kinds.RUNTIMECLASSES, "", name)
    if row is None:
        words = f"pod rejected: RuntimeClass {go_quote(name)} not found"
        raise Forbidden(kinds.PODS, pod, words)
    fixed = (row.get("overhead") or {}).get("podFixed")
    if fixed is None and overhead:
        raise _rejected(pod, "Pod Overhead set without corresponding RuntimeClass defined ")
    if fixed and overhead and _nano(overhead) != _nano(fixed):
        raise _rejected(pod, "Pod's Overhead doesn't match RuntimeClass's defined ")
    out = {**spec, "overhead": fixed} if fixed else spec
    scheduling = row.get("scheduling") or {}
    own = spec.get("nodeSelector") or {}
    selector = scheduling.get("nodeSelector") or {}
    for key, value in sorted(selector.items()):
        if own.get(key, value) != value:
            raise Forbidden(
                kinds.PODS,
                pod,
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {own[key]}",
            )
    if selector:
        out = {**out, "nodeSelector": {**own, **selector}}
    tolerations = list(spec.get("tolerations") or ())
    tolerations += [one for one in scheduling.get("tolerations") or () if one not in tolerations]
    return {**out, "tolerations": tolerations} if tolerations else out


def _rejected(pod: str, words: str) -> Forbidden:
    return Forbidden(kinds.PODS, pod, f"pod rejected: {words}Overhead")


def _nano(amounts: Obj) -> dict[str, int]:
    return {name: quantity.nano(amount) for name, amount in amounts.items()}


# ---- devices --------------------------------------------------------------------------------


def check_simulated(kind: Kind, name: str) -> None:
    """Raises Forbidden for a kind whose effect cannot be left out: nothing allocates devices."""
    if kind.effect == "refused":
        words = (
            "dynamic resource allocation is not simulated; ask for devices as extended resources "
            "(nvidia.com/gpu in resources.limits)"
        )
        raise Forbidden(kind.resource, name, words)
