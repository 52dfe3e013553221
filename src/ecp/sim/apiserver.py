"""The write path: what the API server does with a wish before and while it is stored.

Two doors lead here. Controllers ask by actions and are trusted: their objects are whole. API
callers ask by Requests: patched, defaulted, admitted, judged. Both end in one `_create`,
`_replace` and `_remove`, which keep uid, generation, ownership and finalizers true.

Source: kubernetes apiserver pkg/registry/generic/registry/store.go and the strategies in
pkg/registry/{core,apps}.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ecp.kube import kinds
from ecp.kube.defaults import decoded, default
from ecp.kube.errors import (
    AlreadyExists,
    Cause,
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PlainError,
)
from ecp.kube.kinds import Catalogue, Kind
from ecp.kube.patch.apply import (
    Owner,
    apply,
    materialise,
    render,
    requested_owners,
    update_owners,
)
from ecp.kube.selectors import parse_fields, parse_labels
from ecp.kube.times import rfc3339
from ecp.kube.versions import as_version
from ecp.sim import admission_rules
from ecp.sim.admission import Addresses, PodAdmission, bodies
from ecp.sim.admission.deletion import check_preconditions, mark, may_go
from ecp.sim.admission.marks import not_ready_yet, protected
from ecp.sim.admission.service_fields import carried_over
from ecp.sim.admission.strategies import strategy, wants_generation
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine
from ecp.sim.plans import (
    Action,
    Bind,
    Create,
    Delete,
    Reader,
    Remove,
    Update,
    controller_of,
)
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Change, Key, Obj, Store, Stored

_OWNED_BY_SERVER = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)
_ZONE_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
_SCHEDULER = "kube-scheduler"
_IMMORTAL = ("default", "kube-system", "kube-public")


class ApiServer:
    """Writes to *store* at the engine's instant; `catalogue` grows with Established CRDs."""

    def __init__(
        self, engine: Engine, store: Store, chance: Chance, read: Reader, *, service_network: str
    ) -> None:
        self._engine = engine
        self._store = store
        self._chance = chance
        self._read = read
        self.catalogue: Catalogue = kinds.BUILT_IN
        self.pods = PodAdmission(chance)
        self.addresses = Addresses(chance, service_network)
        self._draws: tuple[int, dict[str, int]] = (0, {})

    # -- the controllers' door --------------------------------------------------------------------

    def carry_out(self, action: Action, actor: str) -> None:
        """Carry out a trusted action. Raises KubeError when the server would refuse it."""
        if isinstance(action, Update):
            key = _key(action.obj)
            live = self._store.stored(action.resource, key)
            if live is None:
                raise NotFound(action.resource, key[1])
            self._replace(self._kind(action.resource), key, live, action, actor)
        elif isinstance(action, Create):
            kind = self._kind(action.resource)
            owner = Owner(actor, "Update", kind.api_version, self._stamp(), "", None)
            self._create(kind, action.obj, (owner,), actor)
        elif isinstance(action, Bind):
            self._bind(action.key, action.node, actor)
        elif isinstance(action, Delete):
            request = Request(
                "delete",
                action.resource,
                *action.key,
                grace=action.grace,
                propagation=action.propagation,
                uid=action.uid,
                manager=actor,
            )
            self._delete(self._kind(action.resource), action.key, request, actor)
        elif isinstance(action, Remove):
            stored = self._store.stored(action.resource, action.key)
            if stored is None:
                raise NotFound(action.resource, action.key[1])
            if action.uid in (None, stored.object["metadata"].get("uid")):
                self._remove(action.resource, action.key, actor)

    def _lazy_owners(
        self, owners: tuple[Owner, ...], live: Obj, new: Obj, action: Update, actor: str
    ) -> tuple[Owner, ...]:
        """Give a controller its row without looking at fields, where it may own them wholly."""
        sub, stamp = action.subresource, self._stamp()
        lazy = False
        for index, row in enumerate(owners):
            if row.subresource != sub:
                continue
            if row.manager == actor and row.fields is None:
                if row.time == stamp:
                    return owners
                again = Owner(actor, row.operation, row.api_version, stamp, sub, None)
                return (*owners[:index], again, *owners[index + 1 :])
            lazy = lazy or row.fields is None or row.manager == actor
        kind = self._kind(action.resource)
        # The scheduler writes one condition of a status that the kubelet will come to own.
        if sub == "status" and not lazy and actor != _SCHEDULER:
            return (*owners, Owner(actor, "Update", kind.api_version, stamp, sub, None))
        if kind.resource == kinds.DEPLOYMENTS and _same_but_metadata(new, live):
            # The controller writes its revision along with the status.
            sub = "status"
        # Somebody else's object: only what really changed becomes the controller's.
        return update_owners(
            live,
            new,
            owners,
            manager=actor,
            operation="Update",
            subresource=sub,
            time=stamp,
            api_version=kind.api_version,
        )

    # -- the callers' door ------------------------------------------------------------------------

    def submit(self, request: Request) -> Answer:
        """Carry out a caller's request. Raises KubeError; a refusal changes nothing.

        A refused or dry-run request gives its drawn names back, because a replay never sees it.
        """
        instant, drawn = self._draws[0], dict(self._draws[1])
        try:
            answer = self._submit(request)
        except BaseException:
            self._draws = (instant, drawn)
            raise
        if request.dry_run:
            self._draws = (instant, drawn)
        return answer

    def _submit(self, request: Request) -> Answer:
        kind = self._kind(request.resource)
        key = (request.namespace if kind.namespaced else "", request.name)
        match request.verb:
            case "create":
                return self._submit_create(kind, request)
            case "update":
                return self._submit_update(kind, key, request)
            case "patch" if request.patch == "apply":
                return self._submit_apply(kind, key, request)
            case "patch":
                return self._submit_patch(kind, key, request)
            case "delete":
                return self._delete(kind, key, request, request.manager)
            case "deletecollection":
                return self._delete_collection(kind, request)
            case "bind":
                return self._submit_bind(key, request)
            case "evict":
                return self._evict(kind, key, request)
        raise MethodNotAllowed(request.resource, request.verb)

    def _submit_create(self, kind: Kind, request: Request) -> Answer:
        spoken = self._spoken(kind, request)
        body, warnings = admission_rules.decode(spoken, request.body, request)
        obj, sent = bodies.create(spoken, request, body)
        if obj["metadata"].get("resourceVersion"):
            raise PlainError("resourceVersion should not be set on objects to be created")
        obj, twins = bodies.without_twin_owners(obj)
        obj = decoded(kind.resource, obj)
        # The writer owns what was decoded; what admission and strategies add has no owner.
        rows = update_owners(
            None,
            obj,
            requested_owners(sent, ()),
            manager=request.manager,
            time=self._stamp(),
            api_version=request.api_version or kind.api_version,
        )
        obj = as_version(obj, kind.api_version)
        return self._create_for(kind, obj, rows, request, [*warnings, *twins])

    def _submit_update(self, kind: Kind, key: Key, request: Request) -> Answer:
        stored = self._store.stored(kind.resource, key)
        spoken = self._spoken(kind, request)
        body, warnings = admission_rules.decode(spoken, request.body, request)
        obj, sent = bodies.replacement(spoken, key, body)
        if stored is None:
            if kind.put_creates and not request.subresource:
                bodies.check_uid_of_nothing(kind, key, obj)
                return self._submit_create(kind, request)
            raise NotFound(kind.resource, key[1])
        bodies.check_uid(kind, key, obj, stored.object)
        bodies.check_version(
            kind, key, obj, stored.object, unconditional=strategy(kind).unconditional
        )
        return self._replace_by(kind, key, stored, obj, sent, request, warnings)

    def _submit_patch(self, kind: Kind, key: Key, request: Request) -> Answer:
        stored = self._store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live, spoken = stored.object, self._spoken(kind, request)

        def managed() -> list[Obj]:
            return render(stored.owners, live)

        seen = as_version(live, spoken.api_version)
        if bodies.looks_at_owners(request):
            seen = {**seen, "metadata": {**seen["metadata"], "managedFields": managed()}}
        patched = bodies.patched(seen, request)
        patched, warnings = admission_rules.decode(spoken, patched, request, managed)
        obj, sent = bodies.replacement(spoken, key, patched)
        if sent == seen["metadata"].get("managedFields"):
            sent = None
        bodies.check_version(kind, key, obj, live)
        return self._replace_by(kind, key, stored, obj, sent, request, warnings)

    def _replace_by(
        self,
        kind: Kind,
        key: Key,
        stored: Stored,
        obj: Obj,
        sent: list[Obj] | None,
        request: Request,
        warnings: Sequence[str],
    ) -> Answer:
        """Put *obj* in the place of what is stored; *sent* are managedFields it brought along."""
        live = stored.object
        obj, twins = bodies.without_twin_owners(obj)
        spoken = decoded(kind.resource, obj)

        def owners() -> tuple[Owner, ...]:
            return update_owners(
                as_version(live, spoken["apiVersion"]),
                spoken,
                requested_owners(sent, materialise(stored.owners, live), request.subresource),
                manager=request.manager,
                subresource=request.subresource,
                # Who owns replicas through a scale has no time: so the real server writes it.
                time=None if request.subresource == "scale" else self._stamp(),
                api_version=request.api_version or kind.api_version,
            )

        reowned = sent is not None and not request.subresource
        obj = as_version(spoken, kind.api_version)
        return self._replace_for(
            kind, key, stored, obj, owners, request, [*warnings, *twins], reowned=reowned
        )

    def _submit_apply(self, kind: Kind, key: Key, request: Request) -> Answer:
        stored = self._store.stored(kind.resource, key)
        live = stored.object if stored is not None else None
        rows = materialise(stored.owners, live) if stored is not None and live is not None else ()
        bodies.check_name(key, {"metadata": {"name": key[1], **bodies.meta_of(request.body)}})
        merged, applied_rows = apply(
            live,
            rows,
            request.body,
            manager=request.manager,
            force=request.force,
            subresource=request.subresource,
            time=self._stamp(),
            api_version=request.api_version or kind.api_version,
            kind=kind.kind,
        )
        merged, _ = bodies.replacement(kind, key, bodies.with_name(merged, key))
        if stored is None or live is None:
            if request.subresource:
                raise NotFound(kind.resource, key[1])
            bodies.check_uid_of_nothing(kind, key, merged)
            merged = decoded(kind.resource, merged)
            return self._create_for(kind, merged, applied_rows, request, [])
        bodies.check_version(kind, key, merged, live)
        merged, twins = bodies.without_twin_owners(merged)
        merged = decoded(kind.resource, merged)
        return self._replace_for(
            kind, key, stored, merged, lambda: applied_rows, request, twins, reowned=True
        )

    # -- creating ---------------------------------------------------------------------------------

    def _create(self, kind: Kind, obj: Obj, owners: tuple[Owner, ...], actor: str) -> None:
        """Store a controller's new object, which is whole but for what every object gets."""
        obj, key = self._begun(kind, obj)
        if kind.resource == kinds.PODS:
            # Its template went through `default` as part of its owner, but for what only pods get.
            obj["spec"] = self.pods.defaulted(obj["spec"])
        else:
            obj = default(kind.resource, obj)
        obj = self._admitted(kind, key, obj)
        obj = strategy(kind).created(obj)
        if kind.resource == kinds.SERVICES:
            obj = self.addresses.allocate(key, obj)
        if self._store.stored(kind.resource, key) is not None:
            raise AlreadyExists(kind.resource, key[1])
        self._put(kind, key, obj, owners, actor)

    def _create_for(
        self,
        kind: Kind,
        obj: Obj,
        owners: tuple[Owner, ...],
        request: Request,
        warnings: Sequence[str],
    ) -> Answer:
        """Judge and store a caller's new object, which was decoded."""
        meta = {k: v for k, v in obj["metadata"].items() if k not in _OWNED_BY_SERVER}
        obj, key = self._begun(kind, {**obj, "metadata": meta})
        row = strategy(kind)
        obj = default(kind.resource, self._admitted(kind, key, obj))
        obj = row.created(obj)
        admission_rules.judge(kind, obj, None, request)
        said = [*warnings, *row.warnings(obj, None)]
        if kind.resource == kinds.SERVICES:
            obj = self.addresses.allocate(key, obj, dry=request.dry_run)
        there = self._store.get(kind.resource, *key)
        if there is not None:
            raise _exists_already(kind, there)
        if request.dry_run:
            return Answer(obj, owners, created=True, warnings=said)
        change = self._put(kind, key, obj, owners, request.manager)
        return Answer(change.object, owners, created=True, warnings=said)

    def _begun(self, kind: Kind, obj: Obj) -> tuple[Obj, Key]:
        """Return the object with what the server gives to every new one, and its key."""
        meta = dict(obj["metadata"])
        namespace = meta.get("namespace", "")
        if not meta.get("name"):
            meta["name"] = self._generated(kind, namespace, meta)
        name = meta["name"]
        if kind.namespaced:
            self._check_namespace(kind, namespace, name)
        meta["uid"] = self._chance.uid(f"{kind.resource}/{namespace}/{name}", self._engine.now)
        meta["creationTimestamp"] = self._stamp()
        if kind.generation:
            meta["generation"] = 1
        return (
            {"apiVersion": kind.api_version, "kind": kind.kind, **obj, "metadata": meta},
            (namespace, name),
        )

    def _generated(self, kind: Kind, namespace: str, meta: Obj) -> str:
        base = str(meta.get("generateName") or "")[:58]
        if not base:
            return ""
        stream = f"name/{kind.resource}/{namespace}/{base}/{self._engine.now}"
        instant, drawn = self._draws
        if instant != self._engine.now:
            drawn = {}
            self._draws = (self._engine.now, drawn)
        while True:
            n = drawn.get(stream, 0)
            drawn[stream] = n + 1
            name = base + self._chance.suffix(5, stream, n)
            if self._store.stored(kind.resource, (namespace, name)) is None:
                return name

    def _check_namespace(self, kind: Kind, namespace: str, name: str) -> None:
        found = self._store.get(kinds.NAMESPACES, "", namespace)
        if found is None:
            raise NotFound(kinds.NAMESPACES, namespace)
        if found["metadata"].get("deletionTimestamp"):
            text = f"namespace {namespace} is being terminated"
            raise Forbidden(
                kind.resource,
                name,
                f"unable to create new content in namespace {namespace} because it is being "
                "terminated",
                (Cause("NamespaceTerminating", text, "metadata.namespace"),),
            )

    def _admitted(self, kind: Kind, key: Key, obj: Obj) -> Obj:
        """Return a new object as the admission plug-ins leave it. Raises Forbidden."""
        if kind.resource == kinds.PODS:
            owner = controller_of(obj)
            uid = owner["uid"] if owner is not None else ""
            return {**obj, "spec": self.pods.admit(key[0], key[1], obj["spec"], uid, self._read)}
        if kind.resource == kinds.PVCS:
            return protected(obj)
        if kind.resource == kinds.NODES:
            return not_ready_yet(obj)
        return obj

    # -- replacing --------------------------------------------------------------------------------

    def _replace(
        self,
        kind: Kind,
        key: Key,
        stored: Stored,
        action: Update,
        actor: str,
    ) -> None:
        """Carry out a controller's Update, which was made from the object just read."""
        live, obj = stored.object, action.obj
        if action.subresource == "status":
            if obj.get("status") == live.get("status"):
                return
            new = {**live, "status": obj["status"]} if "status" in obj else _without_status(live)
        else:
            new = self._next(kind, obj, live)
            if _same(new, live):
                return
            if kind.generation and wants_generation(kind, new, live, by_caller=False):
                generation = live["metadata"].get("generation", 0) + 1
                new["metadata"] = {**new["metadata"], "generation": generation}
        rows = self._lazy_owners(stored.owners, live, new, action, actor)
        if new["metadata"].get("deletionTimestamp") and may_go(kind, new):
            self._remove(kind.resource, key, actor)
        else:
            self._put(kind, key, new, rows, actor)

    def _next(self, kind: Kind, obj: Obj, live: Obj) -> Obj:
        meta = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
        for field in _OWNED_BY_SERVER:
            if field in live["metadata"]:
                meta[field] = live["metadata"][field]
            else:
                meta.pop(field, None)
        meta["resourceVersion"] = live["metadata"]["resourceVersion"]
        new = {**obj, "apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": meta}
        if "status" in kind.subresources or kind.resource == kinds.PODS:
            if "status" in live:
                new["status"] = live["status"]
            else:
                new.pop("status", None)
        return new

    def _replace_for(
        self,
        kind: Kind,
        key: Key,
        stored: Stored,
        obj: Obj,
        owners: Callable[[], tuple[Owner, ...]],
        request: Request,
        warnings: Sequence[str],
        *,
        reowned: bool = False,
    ) -> Answer:
        """Judge *obj* as the next state of what is stored, and store it.

        A write that changes no field moves no version, unless it is *reowned*: then it may change
        who owns them.
        """
        live, row = stored.object, strategy(kind)
        new = {**obj, "metadata": bodies.next_metadata(obj["metadata"], live["metadata"])}
        if request.subresource == "status":
            new = row.status(new, live)
        elif request.subresource == "finalize":
            new = {**new, "status": live.get("status", {})}
        else:
            if kind.resource == kinds.SERVICES:
                new = carried_over(new, live)
            new = row.updated(new, live)
        admission_rules.judge(kind, new, live, request)
        said = list(warnings)
        if request.subresource != "status":
            new = default(kind.resource, new)
            said += row.warnings(new, live)
            if kind.generation and wants_generation(kind, new, live, by_caller=True):
                generation = live["metadata"].get("generation", 0) + 1
                new = {**new, "metadata": {**new["metadata"], "generation": generation}}
            if kind.resource == kinds.SERVICES:
                new = self.addresses.allocate(key, new, dry=request.dry_run)
        same = _same(new, live)
        if same and not reowned:
            return Answer(live, stored.owners, warnings=said)
        rows = owners()
        if same and _timeless(rows) == _timeless(materialise(stored.owners, live)):
            return Answer(live, stored.owners, warnings=said)
        if request.dry_run:
            return Answer(new, rows, warnings=said)
        if new["metadata"].get("deletionTimestamp") and may_go(kind, new):
            self._remove(kind.resource, key, request.manager)
            return Answer(new, rows, deleted=True, warnings=said)
        change = self._put(kind, key, new, rows, request.manager)
        return Answer(change.object, rows, warnings=said)

    # -- deleting ---------------------------------------------------------------------------------

    def _delete(self, kind: Kind, key: Key, request: Request, actor: str) -> Answer:
        if kind.resource == kinds.NAMESPACES and key[1] in _IMMORTAL:
            raise Forbidden(kind.resource, key[1], "this namespace may not be deleted")
        stored = self._store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live = stored.object
        check_preconditions(kind, live, request)
        marked = mark(kind, live, request, self._engine.now)
        if request.dry_run:
            return Answer(marked.object, stored.owners, deleted=marked.gone)
        if marked.gone:
            if marked.shown:
                self._put(kind, key, marked.object, stored.owners, actor)
            change = self._remove(kind.resource, key, actor)
            return Answer(change.object, stored.owners, deleted=True)
        if marked.object is live:
            return Answer(live, stored.owners)
        change = self._put(kind, key, marked.object, stored.owners, actor)
        return Answer(change.object, stored.owners)

    def _delete_collection(self, kind: Kind, request: Request) -> Answer:
        labels = parse_labels(request.label_selector)
        fields = parse_fields(request.field_selector, kind.resource, kind.custom)
        namespace = request.namespace if kind.namespaced and request.namespace else None
        chosen = [
            obj
            for obj in self._store.list(kind.resource, namespace)
            if labels.matches(obj["metadata"].get("labels") or {}) and fields.matches(obj)
        ]
        chosen.sort(key=_key)
        answer = Answer()
        for obj in chosen:
            done = self._delete(kind, _key(obj), request, request.manager)
            if done.object is not None:
                answer.items.append(done.object)
        return answer

    def _evict(self, kind: Kind, key: Key, request: Request) -> Answer:
        """Source: kubernetes pkg/registry/core/pod/storage/eviction.go."""
        options = (request.body or {}).get("deleteOptions") or {}
        preconditions = options.get("preconditions") or {}
        deletion = Request(
            "delete",
            kinds.PODS,
            *key,
            manager=request.manager,
            dry_run=request.dry_run,
            grace=options.get("gracePeriodSeconds"),
            propagation=options.get("propagationPolicy") or "",
            uid=preconditions.get("uid"),
        )
        stored = self._store.stored(kinds.PODS, key)
        if stored is None:
            raise NotFound(kinds.PODS, key[1])
        wanted = replace(deletion, resource_version=preconditions.get("resourceVersion"))
        check_preconditions(kind, stored.object, wanted)
        if not request.dry_run:
            self._disrupt(kind, key, stored, request.manager)
        self._delete(kind, key, deletion, request.manager)
        return Answer(created=True)

    def _disrupt(self, kind: Kind, key: Key, stored: Stored, actor: str) -> None:
        """Note on a pod that it goes because somebody evicted it."""
        pod = stored.object
        status = pod.get("status") or {}
        conditions = [c for c in status.get("conditions") or () if c["type"] != "DisruptionTarget"]
        conditions.append(
            {
                "type": "DisruptionTarget",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": self._stamp(),
                "reason": "EvictionByEvictionAPI",
                "message": "Eviction API: evicting",
            }
        )
        new = {**pod, "status": {**status, "conditions": conditions}}
        self._put(kind, key, new, stored.owners, actor)

    def _remove(self, resource: str, key: Key, actor: str) -> Change:
        change = self._store.delete(
            resource, key, at=self._engine.now, cause=self._engine.cause, actor=actor
        )
        if resource == kinds.SERVICES:
            self.addresses.free(change.object)
        elif resource == kinds.CRDS:
            self._learn_kinds()
        return change

    # -- binding ----------------------------------------------------------------------------------

    def _submit_bind(self, key: Key, request: Request) -> Answer:
        node = ((request.body or {}).get("target") or {}).get("name")
        if not node:
            raise PlainError('Binding "" is invalid: target.name: Required value')
        if self._store.stored(kinds.PODS, key) is None:
            raise NotFound(kinds.PODS, key[1])
        if not request.dry_run:
            self._bind(key, node, request.manager)
        return Answer(created=True)

    def _bind(self, key: Key, node: str, actor: str) -> None:
        stored = self._store.stored(kinds.PODS, key)
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
        status = pod["status"]
        scheduled = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": self._stamp(),
        }
        conditions = [
            scheduled if condition["type"] == "PodScheduled" else condition
            for condition in status.get("conditions") or ()
        ]
        if scheduled not in conditions:
            conditions.append(scheduled)
        meta = pod["metadata"]
        labels = self._zone_labels(node, meta.get("labels") or {})
        if labels is not None:
            meta = {**meta, "labels": labels}
        new = {
            **pod,
            "metadata": meta,
            "spec": {**pod["spec"], "nodeName": node},
            "status": {**status, "conditions": conditions},
        }
        # What a binding writes has no owner.
        self._put(self._kind(kinds.PODS), key, new, stored.owners, actor)

    def _zone_labels(self, node: str, labels: Obj) -> Obj | None:
        """Pods carry their node's zone since 1.35. Source: PodTopologyLabels admission."""
        found = self._store.get(kinds.NODES, "", node)
        if found is None:
            return None
        of_node = found["metadata"].get("labels") or {}
        zone = {label: of_node[label] for label in _ZONE_LABELS if label in of_node}
        return {**labels, **zone} if zone else None

    # -- common -----------------------------------------------------------------------------------

    def _put(self, kind: Kind, key: Key, obj: Obj, owners: Any, actor: str) -> Change:
        if kind.resource == kinds.SERVICES:
            old = self._store.get(kind.resource, *key)
            if old is not None:
                self.addresses.free(old)
            self.addresses.take(key, obj)
        change = self._store.put(
            kind.resource,
            key,
            obj,
            owners,
            at=self._engine.now,
            cause=self._engine.cause,
            actor=actor,
        )
        if kind.resource == kinds.CRDS:
            self._learn_kinds()
        return change

    def _learn_kinds(self) -> None:
        served: list[Kind] = []
        for crd in self._store.list(kinds.CRDS):
            conditions = (crd.get("status") or {}).get("conditions") or ()
            if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
                served += kinds.custom_kinds(crd)
        self.catalogue = kinds.BUILT_IN.with_custom(served)

    def rebuild(self) -> None:
        """Derive what is derived from the store: addresses and custom kinds."""
        for service in self._store.list(kinds.SERVICES):
            self.addresses.take(_key(service), service)
        self._learn_kinds()

    def snapshot(self) -> list[Any]:
        """Return which names were drawn at this very instant."""
        return [self._draws[0], dict(self._draws[1])]

    def restore(self, state: list[Any]) -> None:
        """Take over a snapshot, and derive from the restored store what is derived."""
        self._draws = (state[0], dict(state[1]))
        self.rebuild()

    def _kind(self, resource: str) -> Kind:
        kind = self.catalogue.by_resource.get(resource)
        if kind is None:
            raise NotFound()
        return kind

    def _spoken(self, kind: Kind, request: Request) -> Kind:
        """Return the row of the version in which a caller speaks of a kind."""
        if request.api_version in ("", kind.api_version):
            return kind
        return self.catalogue.by_gvk.get((request.api_version, kind.kind), kind)

    def _stamp(self) -> str:
        return rfc3339(self._engine.now)


def _exists_already(kind: Kind, there: Obj) -> AlreadyExists:
    meta = there["metadata"]
    error = AlreadyExists(kind.resource, meta["name"])
    if meta.get("deletionTimestamp"):
        error.message = f"object is being deleted: {error.message}"
    return error


def _key(obj: Obj) -> Key:
    meta = obj["metadata"]
    return (meta.get("namespace", ""), meta["name"])


def _without_status(obj: Obj) -> Obj:
    return {k: v for k, v in obj.items() if k != "status"}


def _same(new: Obj, live: Obj) -> bool:
    if new.keys() != live.keys():
        return False
    return all(value is live[field] or value == live[field] for field, value in new.items())


def _same_but_metadata(new: Obj, live: Obj) -> bool:
    return all(new.get(field) is live.get(field) for field in ("spec", "status"))


def _timeless(rows: tuple[Owner, ...]) -> list[Owner]:
    return [row._replace(time=None) for row in rows]
