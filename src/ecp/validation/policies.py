"""NetworkPolicies that cut a tenant's own traffic, or the names it looks up.

What a policy lets through is judged between the pods of the input and the Services that their
environment names; where a namespace's labels are not known, a rule that asks for some may match.
Source: k8s.io/api networking/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from ecp.kube.hosts import addresses
from ecp.kube.selectors import InvalidSelector, from_object
from ecp.validation.bundle import SERVICE, Bundle, Carrier, Note
from ecp.validation.links import service_named
from ecp.validation.scope import Object, items, mapping

POLICY: Final = ("networking.k8s.io", "NetworkPolicy")
Way = Literal["ingress", "egress"]
_DNS: Final = 53
# What the pods of the DNS call this port. Source: kubernetes cluster/addons/dns/coredns.
_DNS_NAMES: Final = frozenset({"dns", "dns-tcp"})


def check(bundle: Bundle) -> Iterator[Note]:
    subjects = {
        (subject.namespace, subject.name): subject.document
        for subject in bundle.by_kind.get(POLICY, ())
    }
    if not subjects:
        return
    told: set[tuple[int, str]] = set()
    for carrier in bundle.carriers:
        calls = list(_calls(bundle, carrier))
        egress = _selecting(bundle, carrier, "egress")
        if egress and not any(_lets(rule, _DNS, _DNS_NAMES) for rule in _rules(egress, "egress")):
            document = _document(subjects, egress)
            if document >= 0 and (document, "dns") not in told:
                told.add((document, "dns"))
                text = f"{carrier.called} may not ask the DNS (port 53)"
                if calls:
                    text += f", and calls {calls[0][0]} by name"
                rule = "B0112" if calls else "W0112"
                yield Note(document, rule, ("spec", "policyTypes"), text)
        for host, service, port in calls:
            cut = _cut(bundle, carrier, service, port)
            if cut is None:
                continue
            way, other, policies = cut
            document = _document(subjects, policies)
            if document >= 0 and (document, host) not in told:
                told.add((document, host))
                text = (
                    f"{carrier.called} calls {host}, and {way} to {other.called} is not let through"
                )
                yield Note(document, "B0112", ("spec", way), text)


def _document(subjects: dict[tuple[str, str], int], policies: list[Object]) -> int:
    """Return the last document among some policies, -1 where all are in the cluster."""
    found = [-1]
    for policy in policies:
        meta = mapping(policy.get("metadata"))
        for (place, name), document in subjects.items():
            if name == meta.get("name") and meta.get("namespace", place) == place:
                found.append(document)
    return max(found)


def _calls(bundle: Bundle, carrier: Carrier) -> Iterator[tuple[str, Object, int | None]]:
    for _, box in carrier.boxes():
        for entry in map(mapping, items(box.get("env"))):
            name, value = entry.get("name"), entry.get("value")
            if isinstance(name, str) and isinstance(value, str):
                for host, port in addresses(name, value):
                    meant = service_named(bundle, carrier.namespace, host)
                    found = bundle.world.find(*SERVICE, *meant) if meant else None
                    if found is not None:
                        yield host, found, port


def _selecting(bundle: Bundle, carrier: Carrier, way: Way) -> list[Object]:
    """Return the policies that isolate a pod in one direction."""
    return [
        policy
        for policy in bundle.world.of(*POLICY, carrier.namespace)
        if _is_of(policy, way)
        and _matches(mapping(policy.get("spec")).get("podSelector"), carrier.labels)
    ]


def _is_of(policy: Object, way: Way) -> bool:
    spec = mapping(policy.get("spec"))
    types = items(spec.get("policyTypes"))
    if types:
        return way.capitalize() in types
    return way == "ingress" or bool(spec.get("egress"))


def _rules(policies: list[Object], way: Way) -> Iterator[Object]:
    for policy in policies:
        yield from map(mapping, items(mapping(policy.get("spec")).get(way)))


def _matches(selector: Any, labels: Any) -> bool:
    try:
        return from_object(mapping(selector)).matches(labels)
    except InvalidSelector:
        return True


def _lets(rule: Object, port: int | str | None, names: frozenset[str] = frozenset()) -> bool:
    """Tell whether a rule lets a port through; one that is not known may be."""
    ports = [mapping(entry) for entry in items(rule.get("ports"))]
    if not ports or port is None:
        return True
    for entry in ports:
        wanted = entry.get("port")
        if wanted is None or wanted == port or wanted in names:
            return True
        last = entry.get("endPort")
        if isinstance(port, int) and isinstance(last, int) and wanted <= port <= last:
            return True
        if isinstance(wanted, str) and not names:
            return True
    return False


def _cut(
    bundle: Bundle, caller: Carrier, service: Object, port: int | None
) -> tuple[Way, Carrier, list[Object]] | None:
    """Return the direction in which a call is held back, by whom it was meant for and by what."""
    meta, spec = mapping(service.get("metadata")), mapping(service.get("spec"))
    place = bundle.world.place("Service", meta)
    selector = mapping(spec.get("selector"))
    called = bundle.matched(place, selector) if selector else []
    for other in called:
        number, names = _target(spec, port, other)
        ways: tuple[tuple[Way, Carrier, Carrier], ...] = (
            ("egress", caller, other),
            ("ingress", other, caller),
        )
        for way, isolated, peer in ways:
            policies = _selecting(bundle, isolated, way)
            if policies and not any(
                _lets(rule, number, names) and _meets(bundle, rule, way, isolated, peer)
                for rule in _rules(policies, way)
            ):
                return way, other, policies
    return None


def _target(spec: Object, port: int | None, other: Carrier) -> tuple[int | None, frozenset[str]]:
    """Return the port of the pod that a port of the Service leads to, and its names there."""
    for entry in map(mapping, items(spec.get("ports"))):
        if port is None or entry.get("port") == port:
            wanted = entry.get("targetPort", entry.get("port"))
            for own in other.ports():
                if wanted in (own.get("name"), own.get("containerPort")):
                    name = own.get("name")
                    return own.get("containerPort"), frozenset({name} if name else ())
            return (wanted if isinstance(wanted, int) else None), frozenset()
    return port, frozenset()


def _meets(bundle: Bundle, rule: Object, way: Way, isolated: Carrier, peer: Carrier) -> bool:
    peers = [mapping(one) for one in items(rule.get("from" if way == "ingress" else "to"))]
    return not peers or any(_is_peer(bundle, one, isolated, peer) for one in peers)


def _is_peer(bundle: Bundle, wanted: Object, isolated: Carrier, peer: Carrier) -> bool:
    if wanted.get("ipBlock"):
        # A pod's address is not known here.
        return True
    if "namespaceSelector" in wanted:
        found = bundle.world.find("", "Namespace", "", peer.namespace)
        if found is None:
            in_it = True
        else:
            labels = mapping(mapping(found.get("metadata")).get("labels"))
            named = {**labels, "kubernetes.io/metadata.name": peer.namespace}
            in_it = _matches(wanted.get("namespaceSelector"), named)
    else:
        in_it = peer.namespace == isolated.namespace
    pods = wanted.get("podSelector")
    return in_it and (pods is None or _matches(pods, peer.labels))
