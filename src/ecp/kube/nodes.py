"""Which nodes a pod asks for and puts up with: node selectors, node affinity, tolerations.

Source: kubernetes component-helpers scheduling/corev1/{helpers,nodeaffinity} (1.36).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Labels = Mapping[str, str]


def tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    """True when one of *tolerations* tolerates *taint*."""
    for toleration in tolerations:
        effect, key = toleration.get("effect"), toleration.get("key")
        if effect and effect != taint.get("effect"):
            continue
        if key and key != taint.get("key"):
            continue
        operator = toleration.get("operator") or "Equal"
        if operator == "Exists":
            return True
        if operator == "Equal" and (toleration.get("value") or "") == (taint.get("value") or ""):
            return True
    return False


def untolerated(
    tolerations: Sequence[Mapping[str, Any]], taints: Iterable[Mapping[str, Any]]
) -> bool:
    """True when a taint that keeps pods away is not tolerated."""
    return any(
        taint.get("effect") in ("NoSchedule", "NoExecute") and not tolerates(tolerations, taint)
        for taint in taints
    )


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _requirement_holds(requirement: Mapping[str, Any], fields: Labels) -> bool:
    key = requirement["key"]
    values: Sequence[str] = requirement.get("values") or ()
    found = fields.get(key)
    match requirement["operator"]:
        case "In":
            return found is not None and found in values
        case "NotIn":
            return found is None or found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt" as operator:
            number = _integer(found) if found is not None else None
            bound = _integer(values[0]) if len(values) == 1 else None
            if number is None or bound is None:
                return False
            return number > bound if operator == "Gt" else number < bound
        case _:
            return False


def term_matches(term: Mapping[str, Any], name: str, labels: Labels) -> bool:
    """True when a node of that name and those labels matches a node selector term.

    A term without any requirement matches nothing.
    """
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(_requirement_holds(one, labels) for one in expressions) and all(
        _requirement_holds(one, {"metadata.name": name}) for one in fields
    )


class NodeWish(NamedTuple):
    """spec.nodeSelector and the required and preferred node affinity of a pod."""

    selector: Labels
    required: Sequence[Mapping[str, Any]] | None
    preferred: Sequence[Mapping[str, Any]]

    def admits(self, name: str, labels: Labels) -> bool:
        """True when the pod may run on that node."""
        for key, value in self.selector.items():
            if labels.get(key) != value:
                return False
        if self.required is None:
            return True
        return any(term_matches(term, name, labels) for term in self.required)

    def fondness(self, name: str, labels: Labels) -> int:
        """Return the sum of the weights of the preferred terms that match."""
        return sum(
            one["weight"]
            for one in self.preferred
            if term_matches(one.get("preference") or {}, name, labels)
        )

    def only(self) -> frozenset[str] | None:
        """Return the node names that every required term insists on; None = any node.

        An empty set: the terms contradict one another.
        """
        if not self.required:
            return None
        names: set[str] = set()
        for term in self.required:
            allowed: set[str] | None = None
            for one in term.get("matchFields") or ():
                if one["key"] == "metadata.name" and one["operator"] == "In":
                    values = set(one.get("values") or ())
                    allowed = values if allowed is None else allowed & values
            if allowed is None:
                return None
            names |= allowed
        return frozenset(names)


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def wish_of(spec: Mapping[str, Any]) -> NodeWish:
    """Return what a pod spec asks of its node's name and labels."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get(_REQUIRED)
    return NodeWish(
        spec.get("nodeSelector") or {},
        None if required is None else required.get("nodeSelectorTerms") or (),
        affinity.get(_PREFERRED) or (),
    )


HostPort = tuple[str, str, int]
"""(address, protocol, port) of the node that a pod wants for itself."""


def host_ports(spec: Mapping[str, Any]) -> tuple[HostPort, ...]:
    """Return the ports of its node that a pod spec asks for, in the order of its containers."""
    return tuple(
        (port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", port["hostPort"])
        for one in (*(spec.get("initContainers") or ()), *spec["containers"])
        for port in one.get("ports") or ()
        if port.get("hostPort")
    )


def ports_clash(wanted: Iterable[HostPort], used: Iterable[HostPort]) -> bool:
    """True when a wanted (ip, protocol, port) is taken; 0.0.0.0 stands for every address."""
    return any(
        protocol == other_protocol
        and port == other_port
        and (ip == other_ip or ip == "0.0.0.0" or other_ip == "0.0.0.0")
        for ip, protocol, port in wanted
        for other_ip, other_protocol, other_port in used
    )
