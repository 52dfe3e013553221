"""NetworkPolicies that cut a tenant's own traffic, or the names it looks up.

What a policy lets through is judged between the pods of the input and the Services that they are
told to call; where a namespace's labels are not known, a rule that asks for some may match.
Source: k8s.io/api networking/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from ecp.kube.selectors import InvalidSelector, from_object
from ecp.validation.bundle import POD_PATHS, POLICY, SERVICE, Bundle, Carrier, Note, Subject
from ecp.validation.calls import calls
from ecp.validation.links import backends, service_named
from ecp.validation.scope import Object, items, mapping

_INGRESS: Final = ("networking.k8s.io", "Ingress")
Way = Literal["ingress", "egress"]
_NAME_LABEL: Final = "kubernetes.io/metadata.name"
# Where clusters keep their DNS, and what its pods call themselves and their port.
# Source: kubernetes cluster/addons/dns/coredns; OpenShift has a namespace for it.
_DNS_HOMES: Final = ("kube-system", "openshift-dns")
_DNS_LABELS: Final = {"k8s-app": "kube-dns"}
_OUTER_TYPES: Final = ("LoadBalancer", "NodePort")


class _Door(NamedTuple):
    """A port of a pod and what it is called there; the number None where it is not known."""

    number: int | None
    protocol: str = "TCP"
    names: frozenset[str] = frozenset()


# A resolver asks by UDP first; who lets TCP through alone lets nobody look up names.
_DNS: Final = _Door(53, "UDP", frozenset({"dns", "dns-tcp"}))


class _Judge:
    """Judges the policies of an input; each of them is told of one thing once."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.documents = {
            (subject.namespace, subject.name): subject.document
            for subject in bundle.by_kind.get(POLICY, ())
        }
        self.told: set[tuple[int, str]] = set()
        self.entries = dict(_entries(bundle))
        self._policies: dict[str, list[Object]] = {}
        for policy in bundle.world.of(*POLICY):
            place = bundle.world.place(POLICY[1], mapping(policy.get("metadata")))
            self._policies.setdefault(place, []).append(policy)
        self._selecting: dict[tuple[int, Way], list[Object]] = {}
        self._resolving: dict[tuple[tuple[int, ...], str], tuple[bool, bool]] = {}

    def selecting(self, carrier: Carrier, way: Way) -> list[Object]:
        """Return the policies that isolate a pod in one direction."""
        found = self._selecting.get((id(carrier), way))
        if found is None:
            found = self._selecting[id(carrier), way] = [
                policy
                for policy in self._policies.get(carrier.namespace, ())
                if _is_of(policy, way)
                and _matches(mapping(policy.get("spec")).get("podSelector"), carrier.labels)
            ]
        return found

    def resolving(self, carrier: Carrier, policies: list[Object]) -> tuple[bool, bool]:
        """Return (whether pods may reach others than addresses, whether they reach a DNS).

        It is the same for all pods of a namespace that these policies isolate.
        """
        key = tuple(map(id, policies)), carrier.namespace
        found = self._resolving.get(key)
        if found is None:
            rules = list(_rules(policies, "egress"))
            found = self._resolving[key] = (
                any(map(_is_for_names, rules)),
                any(_lets(one, _DNS) and _reaches_dns(self.bundle, one, carrier) for one in rules),
            )
        return found

    def note(
        self, policies: list[Object], way: Way, once: str, says: str, **params: str
    ) -> Iterator[Note]:
        """Yield one finding at the last of some policies; none where all are in the cluster."""
        last = max(policies, key=self._document)
        found = self._document(last)
        if found >= 0 and (found, once) not in self.told:
            self.told.add((found, once))
            rule = "W0112" if says == "dns-alone" else "B0112"
            spec = mapping(last.get("spec"))
            field = next((name for name in (way, "policyTypes") if name in spec), "podSelector")
            yield Note(found, rule, ("spec", field), params, says)

    def _document(self, policy: Object) -> int:
        meta = mapping(policy.get("metadata"))
        place = self.bundle.world.place(POLICY[1], meta)
        return self.documents.get((place, str(meta.get("name"))), -1)


def check(bundle: Bundle) -> Iterator[Note]:
    if not bundle.by_kind.get(POLICY):
        return
    judge = _Judge(bundle)
    for carrier in bundle.carriers:
        # Pods on the network of their node are not seen by most who enforce policies.
        if not carrier.spec.get("hostNetwork"):
            yield from _of_pod(judge, carrier)
    for subject in bundle.by_kind.get(SERVICE, ()):
        yield from _from_outside(judge, subject)
    for subject in bundle.by_kind[POLICY]:
        yield from _of_nobody(bundle, subject)


def _of_pod(judge: _Judge, carrier: Carrier) -> Iterator[Note]:
    bundle = judge.bundle
    known = list(_calls(bundle, carrier))
    policies = judge.selecting(carrier, "egress")
    # Who may reach nobody, or addresses only, need not look up names.
    if policies and carrier.spec.get("dnsPolicy") not in ("None", "Default"):
        for_names, reaches_dns = judge.resolving(carrier, policies)
        if known and not reaches_dns:
            yield from judge.note(
                policies, "egress", "dns", "dns", workload=carrier.called, host=known[0][0]
            )
        elif for_names and not reaches_dns:
            yield from judge.note(policies, "egress", "names", "dns-alone", workload=carrier.called)
    for host, service, port in known:
        cut = _cut(judge, carrier, service, port)
        if cut is not None:
            way, other, held = cut
            yield from judge.note(
                held, way, host, way, workload=carrier.called, host=host, other=other.called
            )


def _is_for_names(rule: Object) -> bool:
    """Tell whether a rule lets pods reach whom they may know by name, and not by address alone."""
    peers = _peers(rule, "egress")
    return not peers or any(not peer.get("ipBlock") for peer in peers)


def _of_nobody(bundle: Bundle, subject: Subject) -> Iterator[Note]:
    """A policy for pods that nobody makes protects nothing."""
    selector, place = mapping(subject.object.get("spec")).get("podSelector"), subject.namespace
    if not mapping(selector) or bundle.selected(place, selector):
        return
    if bundle.is_whole(place) or bundle.brings(place, *POD_PATHS):
        yield Note(subject.document, "W0113", ("spec", "podSelector"))


def _calls(bundle: Bundle, carrier: Carrier) -> Iterator[tuple[str, Object, int | None]]:
    for call in calls(bundle, carrier):
        meant = service_named(bundle, carrier.namespace, call.host)
        found = bundle.world.find(*SERVICE, *meant) if meant else None
        if found is not None:
            yield call.host, found, call.port


def _is_of(policy: Object, way: Way) -> bool:
    spec = mapping(policy.get("spec"))
    types = items(spec.get("policyTypes"))
    if types:
        return way.capitalize() in types
    return way == "ingress" or bool(spec.get("egress"))


def _rules(policies: list[Object], way: Way) -> Iterator[Object]:
    for policy in policies:
        yield from map(mapping, items(mapping(policy.get("spec")).get(way)))


def _peers(rule: Object, way: Way) -> list[Object]:
    return [mapping(one) for one in items(rule.get("from" if way == "ingress" else "to"))]


def _matches(selector: Any, labels: Any) -> bool:
    try:
        return from_object(mapping(selector)).matches(labels)
    except InvalidSelector:
        return True


def _lets(rule: Object, door: _Door) -> bool:
    """Tell whether a rule lets a port through; one that is not known may be."""
    ports = [mapping(entry) for entry in items(rule.get("ports"))]
    if not ports:
        return True
    for entry in ports:
        if (entry.get("protocol") or "TCP") != door.protocol:
            continue
        wanted, last = entry.get("port"), entry.get("endPort")
        if wanted is None or door.number is None:
            return True
        if isinstance(wanted, str) and wanted in door.names:
            return True
        if isinstance(wanted, int):
            end = last if isinstance(last, int) else wanted
            if wanted <= door.number <= end:
                return True
    return False


# ---- the DNS ----------------------------------------------------------------------------------


def _reaches_dns(bundle: Bundle, rule: Object, carrier: Carrier) -> bool:
    peers = _peers(rule, "egress")
    return not peers or any(_is_dns(bundle, peer, carrier) for peer in peers)


def _is_dns(bundle: Bundle, peer: Object, carrier: Carrier) -> bool:
    if peer.get("ipBlock"):
        return True
    pods = peer.get("podSelector")
    if "namespaceSelector" not in peer:
        if carrier.namespace in _DNS_HOMES:
            return _may_match(pods, _DNS_LABELS)
        # A DNS of their own.
        near = bundle.selected(carrier.namespace, pods)
        return any(port.get("containerPort") == _DNS.number for one in near for port in one.ports())
    homes = (_labels_of(bundle, home) for home in _DNS_HOMES)
    return any(_may_match(peer["namespaceSelector"], labels) for labels in homes) and (
        pods is None or _may_match(pods, _DNS_LABELS)
    )


def _labels_of(bundle: Bundle, namespace: str) -> dict[str, Any]:
    found = bundle.world.find("", "Namespace", "", namespace) or {}
    return {**mapping(mapping(found.get("metadata")).get("labels")), _NAME_LABEL: namespace}


def _may_match(selector: Any, known: Any) -> bool:
    """Tell whether a selector fits labels of which only some are known."""
    wanted = mapping(selector)
    labels = mapping(wanted.get("matchLabels"))
    expressions = map(mapping, items(wanted.get("matchExpressions")))
    asked = {
        "matchLabels": {key: text for key, text in labels.items() if key in known},
        "matchExpressions": [one for one in expressions if one.get("key") in known],
    }
    return _matches(asked, known)


# ---- Services ---------------------------------------------------------------------------------


def _cut(
    judge: _Judge, caller: Carrier, service: Object, port: int | None
) -> tuple[Way, Carrier, list[Object]] | None:
    """Return the direction in which a call is held back, by whom it was meant for and by what."""
    bundle = judge.bundle
    for other in _behind(bundle, service):
        door = _door(mapping(service.get("spec")), port, other)
        ways: tuple[tuple[Way, Carrier, Carrier], ...] = (
            ("egress", caller, other),
            ("ingress", other, caller),
        )
        for way, isolated, peer in ways:
            policies = judge.selecting(isolated, way)
            if policies and not any(
                _lets(rule, door) and _meets(bundle, rule, way, isolated, peer)
                for rule in _rules(policies, way)
            ):
                return way, other, policies
    return None


def _behind(bundle: Bundle, service: Object) -> list[Carrier]:
    place = bundle.world.place("Service", mapping(service.get("metadata")))
    selector = mapping(mapping(service.get("spec")).get("selector"))
    pods = bundle.matched(place, selector) if selector else []
    return [one for one in pods if not one.spec.get("hostNetwork")]


def _door(spec: Object, port: int | None, other: Carrier) -> _Door:
    """Return the port of the pod that a port of the Service leads to."""
    for entry in map(mapping, items(spec.get("ports"))):
        if port is None or entry.get("port") == port:
            protocol = str(entry.get("protocol") or "TCP")
            wanted = entry.get("targetPort", entry.get("port"))
            for own in other.ports():
                number, name = own.get("containerPort"), own.get("name")
                if wanted in (name, number) and isinstance(number, int):
                    return _Door(number, protocol, frozenset({name} if name else ()))
            return _Door(wanted if isinstance(wanted, int) else None, protocol)
    return _Door(port)


def _meets(bundle: Bundle, rule: Object, way: Way, isolated: Carrier, peer: Carrier) -> bool:
    peers = _peers(rule, way)
    return not peers or any(_is_peer(bundle, one, isolated, peer) for one in peers)


def _is_peer(bundle: Bundle, wanted: Object, isolated: Carrier, peer: Carrier) -> bool:
    if wanted.get("ipBlock"):
        # A pod's address is not known here.
        return True
    if "namespaceSelector" in wanted:
        labels = _labels_of(bundle, peer.namespace)
        if bundle.world.find("", "Namespace", "", peer.namespace) is None:
            in_it = _may_match(wanted["namespaceSelector"], labels)
        else:
            in_it = _matches(wanted["namespaceSelector"], labels)
    else:
        in_it = peer.namespace == isolated.namespace
    pods = wanted.get("podSelector")
    return in_it and (pods is None or _matches(pods, peer.labels))


# ---- from outside -----------------------------------------------------------------------------


def _from_outside(judge: _Judge, subject: Subject) -> Iterator[Note]:
    """Who is reached from outside of the cluster is reached by addresses, or by other namespaces.

    An Ingress is served by pods that may be anywhere: a rule for pods that are not in this input
    may be meant for them.
    """
    bundle, spec = judge.bundle, mapping(subject.object.get("spec"))
    outer = spec.get("type") in _OUTER_TYPES
    entry = f"Service {subject.name}" if outer else judge.entries.get(_key(subject), "")
    if not entry:
        return
    for other in _behind(bundle, subject.object):
        policies = judge.selecting(other, "ingress")
        ports = [mapping(port) for port in items(spec.get("ports"))]
        doors = [_door(spec, port.get("port"), other) for port in ports]
        if policies and not any(
            _lets(rule, door) and _lets_outside(bundle, rule, other, outer)
            for rule in _rules(policies, "ingress")
            for door in doors
        ):
            yield from judge.note(
                policies, "ingress", entry, "outside", workload=other.called, entry=entry
            )


def _lets_outside(bundle: Bundle, rule: Object, isolated: Carrier, outer: bool) -> bool:
    peers = _peers(rule, "ingress")
    if not peers or any(peer.get("ipBlock") or "namespaceSelector" in peer for peer in peers):
        return True
    if outer:
        return False
    return not all(
        bundle.selected(isolated.namespace, peer.get("podSelector"))
        and mapping(peer.get("podSelector"))
        for peer in peers
    )


def _entries(bundle: Bundle) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield (namespace and name of a Service, the Ingress that leads to it)."""
    for ingress in bundle.world.of(*_INGRESS):
        meta = mapping(ingress.get("metadata"))
        place = bundle.world.place(_INGRESS[1], meta)
        for _, backend in backends(mapping(ingress.get("spec"))):
            if backend.get("name"):
                yield (place, str(backend["name"])), f"Ingress {meta.get('name')}"


def _key(subject: Subject) -> tuple[str, str]:
    return subject.namespace, subject.name
