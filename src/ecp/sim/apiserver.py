"""The write path: what the API server does with a wish before and while it is stored.

Two doors lead here. Controllers ask by actions and are trusted: their objects are whole. API
callers ask by Requests: patched, defaulted, admitted, judged. Both end in one `_create`,
`_replace` and `_remove`, which keep uid, generation, ownership and finalizers true.

Source: kubernetes apiserver pkg/registry/generic/registry/store.go and the strategies in
pkg/registry/{core,apps}.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ecp.kube import kinds
from ecp.kube.defaults import decoded, default
from ecp.kube.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    PlainError,
    required,
)
from ecp.kube.kinds import Catalogue, Kind
from ecp.kube.patch import json_patch, merge, strategic
from ecp.kube.patch.apply import Owner, apply, materialise, update_owners
from ecp.kube.selectors import parse_fields, parse_labels
from ecp.kube.times import rfc3339
from ecp.sim import admission_rules
from ecp.sim.admission import Addresses, PodAdmission, qos_class
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND, Engine
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
from ecp.sim.store import Change, Key, Obj, Store

_OWNED_BY_SERVER = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)
_ZONE_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
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
            self._replace(
                self._kind(action.resource),
                key,
                action.obj,
                action.subresource,
                actor,
                lambda new: self._lazy_owners(live.owners, live.object, new, action, actor),
            )
        elif isinstance(action, Create):
            kind = self._kind(action.resource)
            owner = Owner(actor, "Update", kind.api_version, self._stamp(), "", None)
            self._create(kind, action.obj, (owner,), actor, trusted=True)
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
        for index, row in enumerate(owners):
            if row.manager == actor and row.subresource == sub and row.fields is None:
                return (*owners[:index], row._replace(time=stamp), *owners[index + 1 :])
        kind = self._kind(action.resource)
        if sub == "status":
            return (*owners, Owner(actor, "Update", kind.api_version, stamp, sub, None))
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
        if request.verb == "create":
            return self._submit_create(kind, request)
        if request.verb == "update":
            return self._submit_update(kind, key, request)
        if request.verb == "patch":
            return self._submit_patch(kind, key, request)
        if request.verb == "delete":
            return self._delete(kind, key, request, request.manager)
        if request.verb == "deletecollection":
            return self._delete_collection(kind, request)
        if request.verb == "bind":
            return self._submit_bind(key, request)
        if request.verb == "evict":
            return self._evict(key, request)
        raise MethodNotAllowed(request.resource, request.verb)

    def _submit_create(self, kind: Kind, request: Request) -> Answer:
        body, warnings = admission_rules.decode(kind, request.body, request)
        obj = self._named(kind, request, body)
        meta = obj["metadata"]
        if meta.get("resourceVersion"):
            raise PlainError("resourceVersion should not be set on objects to be created")

        def owners(new: Obj) -> tuple[Owner, ...]:
            # The writer owns what was decoded; what admission and strategies add has no owner.
            return update_owners(
                None,
                decoded(kind.resource, obj),
                (),
                manager=request.manager,
                operation="Update",
                subresource="",
                time=self._stamp(),
                api_version=request.api_version or kind.api_version,
            )

        return self._create(kind, obj, owners, request.manager, request=request, warnings=warnings)

    def _named(self, kind: Kind, request: Request, body: Obj) -> Obj:
        """Return the body with apiVersion, kind and namespace as the path has them."""
        meta = dict(body.get("metadata") or {})
        if kind.namespaced:
            if meta.get("namespace", request.namespace) != request.namespace:
                raise BadRequest(
                    "the namespace of the provided object does not match the namespace sent on "
                    "the request"
                )
            meta["namespace"] = request.namespace
        else:
            meta.pop("namespace", None)
        meta.pop("managedFields", None)
        return {**body, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}

    def _submit_update(self, kind: Kind, key: Key, request: Request) -> Answer:
        stored = self._store.stored(kind.resource, key)
        body, warnings = admission_rules.decode(kind, request.body, request)
        obj = self._named(kind, request, body)
        if obj["metadata"].get("name", key[1]) != key[1]:
            raise BadRequest(
                f"the name of the object ({obj['metadata'].get('name')}) does not match the name "
                f"on the URL ({key[1]})"
            )
        if stored is None:
            if kind.put_creates and not request.subresource:
                return self._submit_create(kind, request)
            raise NotFound(kind.resource, key[1])
        self._check_version(kind, key, obj["metadata"], stored.object)

        def owners(new: Obj) -> tuple[Owner, ...]:
            return update_owners(
                stored.object,
                new,
                materialise(stored.owners, stored.object),
                manager=request.manager,
                operation="Update",
                subresource=request.subresource,
                time=self._stamp(),
                api_version=request.api_version or kind.api_version,
            )

        return self._replace(
            kind,
            key,
            obj,
            request.subresource,
            request.manager,
            owners,
            request=request,
            warnings=warnings,
        )

    def _check_version(self, kind: Kind, key: Key, meta: Obj, live: Obj) -> None:
        sent = meta.get("resourceVersion")
        if sent and not str(sent).isdigit():
            raise PlainError(
                f'Operation cannot be fulfilled on {kind.resource} "{key[1]}": invalid '
                f'resourceVersion "{sent}"'
            )
        if sent and str(sent) != live["metadata"]["resourceVersion"]:
            raise Conflict(kind.resource, key[1])
        uid = meta.get("uid")
        if uid and uid != live["metadata"]["uid"]:
            raise Conflict(
                kind.resource,
                key[1],
                f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
                f"{live['metadata']['uid']}",
            )

    def _submit_patch(self, kind: Kind, key: Key, request: Request) -> Answer:
        if request.patch == "apply":
            return self._submit_apply(kind, key, request)
        stored = self._store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live = stored.object
        if request.patch == "json":
            patched = json_patch.apply(live, request.body)
        elif request.patch == "merge":
            patched = merge.apply(live, request.body)
        else:
            patched = strategic.apply(live, request.body)
        meta = patched.get("metadata") or {}
        if meta.get("name") != key[1] or (meta.get("namespace") or "") != key[0]:
            raise BadRequest(
                f"the name of the object ({meta.get('name')}) does not match the name on the URL "
                f"({key[1]})"
            )
        self._check_version(kind, key, meta, live)
        patched, warnings = admission_rules.decode(kind, patched, request)

        def owners(new: Obj) -> tuple[Owner, ...]:
            return update_owners(
                live,
                new,
                materialise(stored.owners, live),
                manager=request.manager,
                operation="Update",
                subresource=request.subresource,
                time=self._stamp(),
                api_version=request.api_version or kind.api_version,
            )

        return self._replace(
            kind,
            key,
            patched,
            request.subresource,
            request.manager,
            owners,
            request=request,
            warnings=warnings,
        )

    def _submit_apply(self, kind: Kind, key: Key, request: Request) -> Answer:
        stored = self._store.stored(kind.resource, key)
        live = stored.object if stored is not None else None
        rows = materialise(stored.owners, live) if stored is not None and live is not None else ()
        sent = self._named(kind, request, request.body)
        sent["metadata"].setdefault("name", key[1])
        if live is not None:
            self._check_version(kind, key, sent["metadata"], live)
        merged, applied_rows = apply(
            live,
            rows,
            sent,
            manager=request.manager,
            force=request.force,
            subresource=request.subresource,
            time=self._stamp(),
            api_version=request.api_version or kind.api_version,
            kind=kind.kind,
        )
        if live is None:
            if request.subresource:
                raise NotFound(kind.resource, key[1])
            return self._create(
                kind, merged, lambda new: applied_rows, request.manager, request=request
            )
        return self._replace(
            kind,
            key,
            merged,
            request.subresource,
            request.manager,
            lambda new: applied_rows,
            request=request,
        )

    # -- creating ---------------------------------------------------------------------------------

    def _create(
        self,
        kind: Kind,
        obj: Obj,
        owners: Any,
        actor: str,
        *,
        trusted: bool = False,
        request: Request | None = None,
        warnings: Sequence[str] = (),
    ) -> Answer:
        meta = dict(obj["metadata"])
        namespace = meta.get("namespace", "")
        name = meta.get("name") or self._generated(kind, namespace, meta, actor)
        meta["name"] = name
        key = (namespace, name)
        if kind.namespaced:
            self._check_namespace(kind, namespace, name)
        if not trusted:
            for field in _OWNED_BY_SERVER:
                meta.pop(field, None)
        meta["uid"] = self._chance.uid(f"{kind.resource}/{namespace}/{name}", self._engine.now)
        meta["creationTimestamp"] = self._stamp()
        if kind.generation:
            meta["generation"] = 1
        obj = {"apiVersion": kind.api_version, "kind": kind.kind, **obj, "metadata": meta}
        if trusted and kind.resource == kinds.PODS:
            # Its template went through `default` as part of its owner, but for what only pods get.
            obj["spec"] = self.pods.defaulted(obj["spec"])
        else:
            obj = default(kind.resource, obj)
        obj = self._admitted(kind, key, obj, None)
        said = list(warnings)
        if request is not None:
            said += admission_rules.judge(kind, obj, None, request)
        if self._store.stored(kind.resource, key) is not None:
            raise AlreadyExists(kind.resource, name)
        rows = owners(obj) if callable(owners) else owners
        if request is not None and request.dry_run:
            return Answer(obj, rows, created=True, warnings=said)
        change = self._put(kind, key, obj, rows, actor)
        return Answer(change.object, rows, created=True, warnings=said)

    def _generated(self, kind: Kind, namespace: str, meta: Obj, actor: str) -> str:
        base = meta.get("generateName")
        if not base:
            raise Invalid(
                f"{kind.kind}.{kind.group}" if kind.group else kind.kind,
                "",
                [required("metadata.name", "name or generateName is required")],
            )
        base = str(base)[:58]
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
        if found["metadata"].get("deletionTimestamp") and kind.resource != kinds.EVENTS:
            raise Forbidden(
                kind.resource,
                name,
                f"unable to create new content in namespace {namespace} because it is being "
                "terminated",
            )

    def _admitted(self, kind: Kind, key: Key, obj: Obj, old: Obj | None) -> Obj:
        """Return the object as its strategy and the admission plug-ins leave it."""
        if kind.resource == kinds.PODS:
            if old is None:
                spec = self.pods.admit(key[0], key[1], obj["spec"], _owner_uid(obj), self._read)
                status = {"phase": "Pending", "qosClass": qos_class(spec)}
                obj = {**obj, "spec": spec, "status": status}
        elif kind.resource == kinds.SERVICES:
            obj = self.addresses.allocate(key, obj, old)
            if old is None:
                obj = {**obj, "status": {"loadBalancer": {}}}
        elif kind.resource == kinds.NAMESPACES:
            if old is None:
                obj = {**obj, "status": {"phase": "Active"}}
        elif kind.resource == kinds.PVCS:
            if old is None:
                obj = {**obj, "status": {"phase": "Pending"}}
        elif kind.resource == kinds.CRDS:
            if old is None:
                obj = {
                    **obj,
                    "status": {
                        "conditions": None,
                        "storedVersions": [
                            v["name"] for v in obj["spec"].get("versions") or () if v.get("storage")
                        ],
                        "acceptedNames": {"plural": "", "kind": ""},
                    },
                }
        elif old is None and "status" in kind.subresources and kind.resource != kinds.NODES:
            obj = {k: v for k, v in obj.items() if k != "status"}
            if not kind.custom:
                obj["status"] = _EMPTY_STATUS.get(kind.resource, {})
        return obj

    # -- replacing --------------------------------------------------------------------------------

    def _replace(
        self,
        kind: Kind,
        key: Key,
        obj: Obj,
        subresource: str,
        actor: str,
        owners: Callable[[Obj], tuple[Owner, ...]],
        *,
        request: Request | None = None,
        warnings: Sequence[str] = (),
    ) -> Answer:
        stored = self._store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live = stored.object
        if subresource == "status":
            if obj.get("status") == live.get("status"):
                return Answer(live, stored.owners)
            new = {**live, "status": obj["status"]} if "status" in obj else _without_status(live)
            said = list(warnings)
        else:
            new = self._next(kind, key, obj, live, request)
            said = list(warnings)
            if request is not None:
                said += admission_rules.judge(kind, new, live, request)
            if _same(new, live):
                return self._unchanged(kind, key, new, stored, owners, actor, request, said)
            if kind.generation and _wants_generation(kind, new, live):
                generation = live["metadata"].get("generation", 0) + 1
                new["metadata"] = {**new["metadata"], "generation": generation}
        rows = owners(new)
        if request is not None and request.dry_run:
            return Answer(new, rows, warnings=said)
        meta = new["metadata"]
        if meta.get("deletionTimestamp") and _may_go(kind, new):
            self._remove(kind.resource, key, actor)
            return Answer(new, rows, deleted=True, warnings=said)
        change = self._put(kind, key, new, rows, actor)
        return Answer(change.object, rows, warnings=said)

    def _next(self, kind: Kind, key: Key, obj: Obj, live: Obj, request: Request | None) -> Obj:
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
        if request is not None:
            new = default(kind.resource, new)
            new = self._admitted(kind, key, new, live)
        return new

    def _unchanged(
        self,
        kind: Kind,
        key: Key,
        new: Obj,
        stored: Any,
        owners: Callable[[Obj], tuple[Owner, ...]],
        actor: str,
        request: Request | None,
        said: list[str],
    ) -> Answer:
        """A write that changes no field moves no version, unless an apply changes who owns."""
        if request is None or request.patch != "apply":
            return Answer(stored.object, stored.owners, warnings=said)
        rows = owners(new)
        if _timeless(rows) == _timeless(materialise(stored.owners, stored.object)):
            return Answer(stored.object, stored.owners, warnings=said)
        if request.dry_run:
            return Answer(new, rows, warnings=said)
        change = self._put(kind, key, new, rows, actor)
        return Answer(change.object, rows, warnings=said)

    # -- deleting ---------------------------------------------------------------------------------

    def _delete(self, kind: Kind, key: Key, request: Request, actor: str) -> Answer:
        stored = self._store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live = stored.object
        meta = live["metadata"]
        if request.uid and request.uid != meta.get("uid"):
            raise Conflict(
                kind.resource,
                key[1],
                f"Precondition failed: UID in precondition: {request.uid}, UID in object meta: "
                f"{meta.get('uid')}",
            )
        if request.resource_version and request.resource_version != meta["resourceVersion"]:
            raise Conflict(
                kind.resource,
                key[1],
                "Precondition failed: ResourceVersion in precondition: "
                f"{request.resource_version}, ResourceVersion in object meta: "
                f"{meta['resourceVersion']}",
            )
        if kind.resource == kinds.NAMESPACES and key[1] in _IMMORTAL:
            raise Forbidden(kind.resource, key[1], "this namespace may not be deleted")
        if request.dry_run:
            return Answer(live, stored.owners)
        new_meta = self._marked(kind, live, request)
        if new_meta is None:
            return Answer(live, stored.owners)
        new = {**live, "metadata": new_meta}
        if kind.resource == kinds.NAMESPACES:
            new["status"] = {**live.get("status", {}), "phase": "Terminating"}
        if _may_go(kind, new):
            change = self._remove(kind.resource, key, actor)
            return Answer(change.object, stored.owners, deleted=True)
        if kind.generation and not meta.get("deletionTimestamp"):
            new_meta["generation"] = meta.get("generation", 0) + 1
        change = self._put(kind, key, new, stored.owners, actor)
        return Answer(change.object, stored.owners)

    def _marked(self, kind: Kind, live: Obj, request: Request) -> Obj | None:
        """Return the metadata with its deletion marks; None when it is marked already."""
        meta = dict(live["metadata"])
        finalizers = [
            f
            for f in meta.get("finalizers") or ()
            if not request.propagation or f not in ("orphan", "foregroundDeletion")
        ]
        if request.propagation == "Foreground":
            finalizers.append("foregroundDeletion")
        elif request.propagation == "Orphan":
            finalizers.append("orphan")
        if finalizers:
            meta["finalizers"] = finalizers
        else:
            meta.pop("finalizers", None)
        grace = self._grace(kind, live, request)
        if meta.get("deletionTimestamp"):
            held = meta.get("deletionGracePeriodSeconds", 0)
            if grace >= held and finalizers == list(live["metadata"].get("finalizers") or ()):
                return None
            grace = min(grace, held)
        meta["deletionGracePeriodSeconds"] = grace
        meta["deletionTimestamp"] = rfc3339(self._engine.now + grace * SECOND)
        return meta

    def _grace(self, kind: Kind, live: Obj, request: Request) -> int:
        if kind.resource != kinds.PODS:
            return 0
        grace = request.grace
        if grace is None:
            grace = live["spec"].get("terminationGracePeriodSeconds", 30)
        phase = (live.get("status") or {}).get("phase")
        if not live["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
            return 0
        # A negative period means one second. Source: pkg/registry/core/pod/strategy.go.
        return grace if grace >= 0 else 1

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

    def _evict(self, key: Key, request: Request) -> Answer:
        options = (request.body or {}).get("deleteOptions") or {}
        deletion = Request(
            "delete",
            kinds.PODS,
            *key,
            manager=request.manager,
            dry_run=request.dry_run,
            grace=options.get("gracePeriodSeconds"),
        )
        self._delete(self._kind(kinds.PODS), key, deletion, request.manager)
        return Answer(created=True)

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
        conditions = [c for c in status.get("conditions") or () if c["type"] != "PodScheduled"]
        conditions.append(
            {
                "type": "PodScheduled",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": self._stamp(),
                "observedGeneration": pod["metadata"].get("generation", 1),
            }
        )
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
        row = Owner(actor, "Update", "v1", self._stamp(), "status", None)
        self._put(self._kind(kinds.PODS), key, new, (*stored.owners, row), actor)

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

    def _stamp(self) -> str:
        return rfc3339(self._engine.now)


_EMPTY_STATUS: dict[str, Obj] = {
    kinds.REPLICASETS: {"replicas": 0},
    kinds.HPAS: {"desiredReplicas": 0, "currentMetrics": None},
}


def _owner_uid(obj: Obj) -> str:
    owner = controller_of(obj)
    return owner["uid"] if owner is not None else ""


def _key(obj: Obj) -> Key:
    meta = obj["metadata"]
    return (meta.get("namespace", ""), meta["name"])


def _without_status(obj: Obj) -> Obj:
    return {k: v for k, v in obj.items() if k != "status"}


def _same(new: Obj, live: Obj) -> bool:
    if new.keys() != live.keys():
        return False
    return all(value is live[field] or value == live[field] for field, value in new.items())


def _wants_generation(kind: Kind, new: Obj, live: Obj) -> bool:
    """Is the desired state another? Custom objects and those without a spec count all fields."""
    if "spec" in live and not kind.custom:
        return bool(new.get("spec") != live.get("spec"))
    skipped = ("metadata", "status")
    return {k: v for k, v in new.items() if k not in skipped} != {
        k: v for k, v in live.items() if k not in skipped
    }


def _may_go(kind: Kind, obj: Obj) -> bool:
    """May an object that is marked for deletion be removed?"""
    meta = obj["metadata"]
    if meta.get("finalizers") or meta.get("deletionGracePeriodSeconds"):
        return False
    return not (kind.resource == kinds.NAMESPACES and (obj.get("spec") or {}).get("finalizers"))


def _timeless(rows: tuple[Owner, ...]) -> list[Owner]:
    return [row._replace(time=None) for row in rows]
