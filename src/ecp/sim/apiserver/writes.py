"""What both doors of the server share: the marks of a new object, its removal, the store.

Source: kubernetes apiserver pkg/registry/generic/registry/store.go.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from ecp.kube import kinds
from ecp.kube.errors import Conflict, Forbidden, NotFound
from ecp.kube.kinds import Kind
from ecp.kube.patch.apply import Owner, materialise, update_owners
from ecp.kube.patch.merge_keys import Type, of_schema
from ecp.kube.schema import Gvk
from ecp.kube.structural import prepared
from ecp.kube.times import rfc3339
from ecp.sim.admission import Addresses, PodAdmission, classes, nodes, security, signers
from ecp.sim.admission.deletion import check_preconditions, mark
from ecp.sim.admission.limits import Limits
from ecp.sim.admission.marks import PROTECTIONS, not_ready_yet, protected
from ecp.sim.admission.quotas import Quotas
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine
from ecp.sim.plans import (
    Reader,
    controller_of,
)
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Change, Key, Obj, Store
from ecp.validation.custom.definition import Served
from ecp.validation.custom.definition import served as definitions_of
from ecp.validation.policing.requests import Shape
from ecp.validation.refusals import namespace_gone

OWNED_BY_SERVER = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)
"""What callers and controllers cannot write into metadata."""

_ZONE_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
_NO_LABELS: Obj = {}
_REMEMBERED = 4096
_SERVER = "kube-apiserver"
_IMMORTAL = ("default", "kube-system", "kube-public")


class Writes:
    """Writes to *store* at the engine's instant; `catalogue` grows with Established CRDs."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        chance: Chance,
        read: Reader,
        *,
        service_network: str,
        beside: tuple[Kind, ...] = (),
    ) -> None:
        self.engine = engine
        self.store = store
        self.chance = chance
        self.read = read
        self.catalogue = replace(kinds.BUILT_IN, beside=beside) if beside else kinds.BUILT_IN
        self._definitions: dict[Gvk, Served] = {}
        self._types: dict[Gvk, Type] = {}
        self.pods = PodAdmission(chance)
        self.limits = Limits(store)
        self._quotas = Quotas(store)
        self.addresses = Addresses(chance, service_network)
        self.draws: tuple[int, dict[str, int]] = (0, {})
        # Labels, by identity, with the zone's → the labels with it.
        self._zoned: dict[tuple[int, tuple[Any, ...]], tuple[Obj, Obj]] = {}

    def begin(self, kind: Kind, obj: Obj) -> tuple[Obj, Key]:
        """Return the object with what the server gives to every new one, and its key."""
        meta = dict(obj["metadata"])
        namespace = meta.get("namespace", "")
        if not meta.get("name"):
            meta["name"] = self._generated(kind, namespace, meta)
        name = meta["name"]
        if kind.namespaced:
            self._check_namespace(kind, namespace, name)
        meta["uid"] = self.chance.uid(f"{kind.resource}/{namespace}/{name}", self.engine.now)
        meta["creationTimestamp"] = self.stamp()
        if kind.generation:
            meta["generation"] = 1
        return (
            {"apiVersion": kind.api_version, "kind": kind.kind, **obj, "metadata": meta},
            (namespace, name),
        )

    def _generated(self, kind: Kind, namespace: str, meta: Obj) -> str:
        base = str(meta.get("generateName") or "")[:58]
        if not base and kind.resource != kinds.LIMITRANGES:
            return ""
        stream = f"name/{kind.resource}/{namespace}/{base}/{self.engine.now}"
        instant, drawn = self.draws
        if instant != self.engine.now:
            drawn = {}
            self.draws = (self.engine.now, drawn)
        while True:
            n = drawn.get(stream, 0)
            drawn[stream] = n + 1
            # One of this kind alone gets a name where none is asked for: registry/core/limitrange.
            name = base + self.chance.suffix(5, stream, n) if base else self.chance.uid(stream, n)
            if self.store.stored(kind.resource, (namespace, name)) is None:
                return name

    def _check_namespace(self, kind: Kind, namespace: str, name: str) -> None:
        found = self.store.get(kinds.NAMESPACES, "", namespace)
        if found is None:
            raise NotFound(kinds.NAMESPACES, namespace)
        if found["metadata"].get("deletionTimestamp"):
            raise namespace_gone(kind.resource, name, namespace)

    def check_security(self, kind: Kind, key: Key, obj: Obj) -> None:
        """Raises Forbidden for a pod that the Pod Security level of its namespace refuses.

        Also for a request for a certificate of those who may do everything.
        """
        if kind.resource == kinds.PODS:
            security.check_pod(self.store, key, obj)
        elif kind.resource == kinds.CSRS:
            signers.check_subject(obj)

    def charged(self, kind: Kind, key: Key, new: Obj, old: Obj | None = None) -> list[Obj]:
        """Return the quotas with what a write takes of them, for `spend`. Raises Forbidden."""
        return self._quotas.charged(kind, key, new, old, self.engine.now)

    def spend(self, quotas: list[Obj]) -> None:
        """Store quotas that were charged."""
        for quota in quotas:
            key = key_of(quota)
            stored = self.store.stored(kinds.RESOURCEQUOTAS, key)
            if stored is None:
                raise NotFound(kinds.RESOURCEQUOTAS, key[1])
            rows = update_owners(
                stored.object,
                quota,
                materialise(stored.owners, stored.object),
                manager=_SERVER,
                subresource="status",
                time=self.stamp(),
                api_version="v1",
            )
            self.put(self.kind(kinds.RESOURCEQUOTAS), key, quota, rows, _SERVER)

    def admitted(self, kind: Kind, key: Key, obj: Obj) -> Obj:
        """Return a new object as the admission plug-ins leave it. Raises Forbidden."""
        if kind.resource == kinds.PODS:
            owner = controller_of(obj)
            uid = owner["uid"] if owner is not None else key[1]
            base = obj["metadata"].get("generateName")
            # Names are drawn after these plug-ins: their refusals know what it was asked to be.
            name = base if base and key[1][:-5] == base[:58] else key[1]
            if nodes.is_mirror(obj):
                nodes.check_mirror(name, obj["spec"])
                spec = self.pods.admit_mirror(name, obj["spec"], self.read)
            else:
                spec = self.pods.admit(key[0], name, obj["spec"], uid, self.read)
            return self.limits.given({**obj, "spec": spec})
        classes.check_simulated(kind, key[1])
        if kind.resource == kinds.PVCS:
            obj = classes.with_storage_class(obj, self.read)
        elif kind.resource == kinds.INGRESSES:
            obj = classes.with_ingress_class(obj, self.read)
        elif kind.resource == kinds.NODES:
            obj = not_ready_yet(obj)
        elif kind.resource == kinds.PRIORITYCLASSES:
            classes.check_priority_class(obj, self.read)
        return protected(kind.resource, obj) if kind.resource in PROTECTIONS else obj

    def delete(self, kind: Kind, key: Key, request: Request, actor: str) -> Answer:
        """Mark an object for deletion, or remove it when nobody holds it back. Raises KubeError."""
        if kind.resource == kinds.NAMESPACES and key[1] in _IMMORTAL:
            raise Forbidden(kind.resource, key[1], "this namespace may not be deleted")
        classes.check_removal(kind, key[1])
        stored = self.store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live = stored.object
        check_preconditions(kind, live, request)
        marked = mark(kind, live, request, self.engine.now)
        if request.dry_run:
            return Answer(marked.object, stored.owners, deleted=marked.gone)
        if marked.gone:
            if marked.shown:
                self.put(kind, key, marked.object, stored.owners, actor)
            change = self.remove(kind.resource, key, actor)
            return Answer(change.object, stored.owners, deleted=True)
        if marked.object is live:
            return Answer(live, stored.owners)
        owners = stored.owners
        if kind.resource == kinds.CRDS:
            # The condition that the deletion itself sets has no owner.
            owners = materialise(owners, live)
        change = self.put(kind, key, marked.object, owners, actor)
        return Answer(change.object, owners)

    def remove(self, resource: str, key: Key, actor: str) -> Change:
        """Take an object out of the store, and give back what it held."""
        change = self.store.delete(
            resource, key, at=self.engine.now, cause=self.engine.cause, actor=actor
        )
        if resource == kinds.SERVICES:
            self.addresses.free(change.object)
            self._note_addresses(key, change.object, None)
        elif resource == kinds.CRDS:
            self._learn_kinds()
        return change

    def bind(self, key: Key, node: str, actor: str) -> None:
        """Give a pod its node, as the scheduler asks. Raises NotFound, Conflict."""
        new = self.bound(key, node, _NO_LABELS)
        stored = self.store.stored(kinds.PODS, key)
        # What a binding writes has no owner.
        self.put(self.kind(kinds.PODS), key, new, stored.owners if stored else (), actor)

    def bound(self, key: Key, node: str, annotations: Obj) -> Obj:
        """Return a pod with its node and the *annotations* of a binding.

        Raises NotFound, Conflict.
        """
        stored = self.store.stored(kinds.PODS, key)
        if stored is None:
            raise NotFound(kinds.PODS, key[1])
        pod = stored.object
        bound = pod["spec"].get("nodeName")
        if bound:
            raise Conflict(
                "pods/binding", key[1], f'pod {key[1]} is already assigned to node "{bound}"'
            )
        if pod["metadata"].get("deletionTimestamp"):
            raise Conflict(
                "pods/binding",
                key[1],
                f"pod {key[1]} is being deleted, cannot be assigned to a host",
            )
        if pod["spec"].get("schedulingGates"):
            text = f"pod {key[1]} has non-empty .spec.schedulingGates"
            raise Conflict("pods/binding", key[1], text)
        # What it was nominated for is over once it has a node.
        status = {k: v for k, v in pod["status"].items() if k != "nominatedNodeName"}
        conditions = _scheduled(self.stamp())
        before = status.get("conditions")
        if before:
            (now,) = conditions
            conditions = [now if one["type"] == "PodScheduled" else one for one in before]
            if now not in conditions:
                conditions.append(now)
        meta = pod["metadata"]
        labels = self._zone_labels(node, meta.get("labels") or _NO_LABELS)
        if labels is not None:
            meta = {**meta, "labels": labels}
        if annotations:
            meta = {**meta, "annotations": {**(meta.get("annotations") or {}), **annotations}}
        return {
            **pod,
            "metadata": meta,
            "spec": {**pod["spec"], "nodeName": node},
            "status": {**status, "conditions": conditions},
        }

    def _zone_labels(self, node: str, labels: Obj) -> Obj | None:
        """Pods carry their node's zone since 1.35. Source: PodTopologyLabels admission.

        The pods of one template in one zone share their labels.
        """
        found = self.store.get(kinds.NODES, "", node)
        if found is None:
            return None
        of_node = found["metadata"].get("labels") or _NO_LABELS
        zone = (of_node.get(_ZONE_LABELS[0]), of_node.get(_ZONE_LABELS[1]))
        known = self._zoned.get((id(labels), zone))
        if known is not None and known[0] is labels:
            return known[1]
        given = {
            label: value
            for label, value in zip(_ZONE_LABELS, zone, strict=True)
            if value is not None
        }
        if not given:
            return None
        zoned = {**labels, **given}
        if len(self._zoned) >= _REMEMBERED:
            self._zoned.clear()
        self._zoned[id(labels), zone] = (labels, zoned)
        return zoned

    def put(self, kind: Kind, key: Key, obj: Obj, owners: Any, actor: str) -> Change:
        """Store an object under the next version."""
        if kind.resource == kinds.SERVICES:
            old = self.store.get(kind.resource, *key)
            if old is not None:
                self.addresses.free(old)
            self.addresses.take(key, obj)
            self._note_addresses(key, old, obj)
        change = self.store.put(
            kind.resource,
            key,
            obj,
            owners,
            at=self.engine.now,
            cause=self.engine.cause,
            actor=actor,
        )
        if kind.resource == kinds.CRDS:
            self._learn_kinds()
        return change

    def _note_addresses(self, key: Key, old: Obj | None, new: Obj | None) -> None:
        """Keep an IPAddress for each cluster address of a Service.

        Source: kubernetes pkg/registry/core/service/ipallocator/ipallocator.go.
        """
        before, after = (_cluster_addresses(one) for one in (old, new))
        for address in after:
            if address not in before and self.store.get(kinds.IPADDRESSES, "", address) is None:
                uid = self.chance.uid(f"{kinds.IPADDRESSES}//{address}", self.engine.now)
                made = address_of(key, address, uid, self.stamp())
                self._log(kinds.IPADDRESSES, ("", address), made)
        for address in before:
            if address not in after and self.store.get(kinds.IPADDRESSES, "", address) is not None:
                self.store.delete(
                    kinds.IPADDRESSES,
                    ("", address),
                    at=self.engine.now,
                    cause=self.engine.cause,
                    actor=_SERVER,
                )

    def _log(self, resource: str, key: Key, obj: Obj) -> None:
        """Store what the server itself says."""
        owner = Owner(_SERVER, "Update", obj["apiVersion"], self.stamp(), "", None)
        self.store.put(
            resource,
            key,
            obj,
            (owner,),
            at=self.engine.now,
            cause=self.engine.cause,
            actor=_SERVER,
        )

    def _learn_kinds(self) -> None:
        served: list[Kind] = []
        self._definitions, self._types = {}, {}
        for crd in self.store.list(kinds.CRDS):
            conditions = (crd.get("status") or {}).get("conditions") or ()
            if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
                served += kinds.custom_kinds(crd)
                self._definitions |= {one.gvk: one for one in definitions_of(crd)}
        self.catalogue = self.catalogue.with_custom(served)

    def type_of(self, kind: Kind) -> Type | None:
        """Return how fields of a custom kind are merged and owned, None for a built-in one."""
        found = self.definition(kind)
        if found is None or not found.schema:
            return None
        if found.gvk not in self._types:
            self._types[found.gvk] = of_schema(found.schema)
        return self._types[found.gvk]

    def shape(self, kind: Kind) -> Shape | None:
        """Return how admission policies may change a custom kind, None for a built-in one."""
        found, type_ = self.definition(kind), self.type_of(kind)
        if found is None or type_ is None:
            return None
        schema = found.schema
        return Shape(type_, lambda obj: prepared(dict(obj), schema))

    def definition(self, kind: Kind) -> Served | None:
        """Return what the definition of a custom kind says, None for a built-in one."""
        if not kind.custom:
            return None
        return self._definitions.get(Gvk(kind.group, kind.version, kind.kind))

    def rebuild(self) -> None:
        """Derive what is derived from the store: addresses and custom kinds."""
        for service in self.store.list(kinds.SERVICES):
            self.addresses.take(key_of(service), service)
        self._learn_kinds()

    def snapshot(self) -> list[Any]:
        """Return which names were drawn at this very instant."""
        return [self.draws[0], dict(self.draws[1])]

    def restore(self, state: list[Any]) -> None:
        """Take over a snapshot, and derive from the restored store what is derived."""
        self.draws = (state[0], dict(state[1]))
        self.rebuild()

    def kind(self, resource: str) -> Kind:
        """Return the row of a resource. Raises NotFound for one that is not served."""
        kind = self.catalogue.by_resource.get(resource)
        if kind is None:
            raise NotFound()
        return kind

    def stamp(self) -> str:
        """Return this instant as the API writes it."""
        return rfc3339(self.engine.now)


@lru_cache(maxsize=1024)
def _scheduled(stamp: str) -> list[Obj]:
    """Return the conditions of a pod that was just bound; all that are in one second share them."""
    return [
        {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": stamp,
        }
    ]


def _cluster_addresses(service: Obj | None) -> list[str]:
    spec = service["spec"] if service is not None else {}
    return [address for address in spec.get("clusterIPs") or () if address != "None"]


def address_of(key: Key, address: str, uid: str, stamp: str) -> Obj:
    """Return the IPAddress of a Service's cluster address."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IPAddress",
        "metadata": {
            "name": address,
            "uid": uid,
            "creationTimestamp": stamp,
            "labels": {
                "ipaddress.kubernetes.io/ip-family": "IPv6" if ":" in address else "IPv4",
                "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
            },
        },
        "spec": {"parentRef": {"resource": "services", "namespace": key[0], "name": key[1]}},
    }


def key_of(obj: Obj) -> Key:
    """Return (namespace or "", name)."""
    meta = obj["metadata"]
    return (meta.get("namespace", ""), meta["name"])


def same(new: Obj, live: Obj) -> bool:
    """Are two states equal? Shared parts are compared by identity first."""
    if new.keys() != live.keys():
        return False
    return all(value is live[field] or value == live[field] for field, value in new.items())
