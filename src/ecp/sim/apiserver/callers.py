"""The callers' door: what HTTP brings, patched, defaulted, admitted, judged, owned.

Source: kubernetes apiserver pkg/endpoints/handlers/{create,update,patch,delete}.go.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ecp.kube import kinds
from ecp.kube.defaults import decoded, default
from ecp.kube.errors import (
    AlreadyExists,
    MethodNotAllowed,
    NotFound,
    PlainError,
)
from ecp.kube.kinds import Kind
from ecp.kube.patch.apply import (
    Owner,
    apply,
    materialise,
    render,
    requested_owners,
    update_owners,
    without,
)
from ecp.kube.selectors import parse_fields, parse_labels
from ecp.kube.structural import prepared
from ecp.kube.versions import as_version
from ecp.sim import admission_rules
from ecp.sim.access import Access, User
from ecp.sim.admission import bodies, nodes, security
from ecp.sim.admission.classes import check_priority_class
from ecp.sim.admission.conversion import check_convertible
from ecp.sim.admission.deletion import left_behind, may_go
from ecp.sim.admission.policies import Policies, Writing, caller_of
from ecp.sim.admission.resizes import check_resize
from ecp.sim.admission.strategies import (
    PARTS,
    approved,
    requested_by,
    strategy,
    wants_generation,
)
from ecp.sim.apiserver.decided import Decided
from ecp.sim.apiserver.podparts import PodParts
from ecp.sim.apiserver.writes import OWNED_BY_SERVER, Writes, key_of, same
from ecp.sim.faults import chaos
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Key, Obj, Stored
from ecp.validation.remarks import texts as remarked
from ecp.validation.servicechanges import carried_over

_RBAC: Final = "rbac.authorization.k8s.io"


class Callers:
    """Carries out Requests over the shared *writes*."""

    def __init__(self, writes: Writes, access: Access, policies: Policies) -> None:
        self._writes = writes
        self._access = access
        self._policies = policies
        pods = PodParts(writes, restrict=self._restrict, decide=self._decide)
        self._acts: dict[str, Callable[[Kind, Key, Request], Answer]] = {
            "delete": self._delete,
            "deletecollection": self._delete_collection,
            "bind": pods.bind,
            "evict": pods.evict,
        }

    def submit(self, request: Request) -> Answer:
        """Carry out a caller's request. Raises KubeError; a refusal changes nothing."""
        return self.decide(request).carry_out()

    def decide(self, request: Request) -> Decided:
        """Say what is to become of a request: all but the writing. Raises KubeError.

        Only reads, but for drawn names: a refused or dry-run request gives its own back, because a
        replay never sees it.
        """
        instant, drawn = self._writes.draws[0], dict(self._writes.draws[1])
        try:
            decided = self._decide(request)
        except BaseException:
            self._writes.draws = (instant, drawn)
            raise
        if request.dry_run:
            self._writes.draws = (instant, drawn)
        return decided

    def _decide(self, request: Request) -> Decided:
        kind = self._writes.kind(request.resource)
        key = (request.namespace if kind.namespaced else "", request.name)
        if kind.custom:
            self._check_convertible(kind, key, request)
        match request.verb:
            case "create":
                return self._decide_create(kind, request)
            case "update":
                return self._decide_update(kind, key, request)
            case "patch" if request.patch == "apply":
                return self._decide_apply(kind, key, request)
            case "patch":
                return self._decide_patch(kind, key, request)
        act = self._acts.get(request.verb)
        if act is None:
            raise MethodNotAllowed(request.resource, request.verb)
        return Decided(None, (), partial(act, kind, key, request))

    def _check_convertible(self, kind: Kind, key: Key, request: Request) -> None:
        """Raises PlainError where what is there, or comes, is of a version that needs a webhook."""
        spoken, store = self._spoken(kind, request), self._writes.store
        there = store.get(kind.resource, *key) if key[1] else None
        if there is not None:
            held = there.get("apiVersion", kind.api_version)
            check_convertible(store, kind, held, spoken.api_version)
        if there is not None or request.verb == "create" or request.patch == "apply":
            check_convertible(store, kind, spoken.api_version, kind.api_version)

    def _decide_create(self, kind: Kind, request: Request) -> Decided:
        spoken = self._spoken(kind, request)
        body, warnings = admission_rules.decode(
            spoken, request.body, request, definition=self._writes.definition(spoken)
        )
        obj, sent = bodies.create(spoken, request, body)
        if obj["metadata"].get("resourceVersion") and not request.dry_run:
            raise PlainError("resourceVersion should not be set on objects to be created")
        obj, twins = bodies.without_twin_owners(obj)
        obj = decoded(kind.resource, bodies.undoomed(obj))
        # The writer owns what was decoded; what admission and strategies add has no owner.
        rows = update_owners(
            None,
            obj,
            requested_owners(sent, ()),
            manager=request.manager,
            time=self._writes.stamp(),
            api_version=request.api_version or kind.api_version,
            type_=self._writes.type_of(spoken),
        )
        obj = as_version(obj, kind.api_version)
        return self._create_for(kind, obj, rows, request, [*warnings, *twins])

    def _decide_update(self, kind: Kind, key: Key, request: Request) -> Decided:
        stored = self._writes.store.stored(kind.resource, key)
        spoken = self._spoken(kind, request)
        body, warnings = admission_rules.decode(
            spoken, request.body, request, definition=self._writes.definition(spoken)
        )
        obj, sent = bodies.replacement(spoken, key, body)
        if stored is None:
            if kind.put_creates and not request.subresource:
                bodies.check_uid_of_nothing(kind, key, obj)
                return self._decide_create(kind, request)
            raise NotFound(kind.resource, key[1])
        bodies.check_uid(kind, key, obj, stored.object)
        bodies.check_version(
            kind, key, obj, stored.object, unconditional=strategy(kind).unconditional
        )
        return self._replace_by(kind, key, stored, obj, sent, request, warnings)

    def _decide_patch(self, kind: Kind, key: Key, request: Request) -> Decided:
        stored = self._writes.store.stored(kind.resource, key)
        if stored is None:
            raise NotFound(kind.resource, key[1])
        live, spoken = stored.object, self._spoken(kind, request)

        def managed() -> list[Obj]:
            return render(stored.owners, live)

        seen = as_version(live, spoken.api_version)
        if bodies.looks_at_owners(request):
            seen = {**seen, "metadata": {**seen["metadata"], "managedFields": managed()}}
        patched = bodies.patched(seen, request)
        patched, warnings = admission_rules.decode(
            spoken, patched, request, managed, self._writes.definition(spoken)
        )
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
    ) -> Decided:
        """Put *obj* in the place of what is stored; *sent* are managedFields it brought along."""
        live = stored.object
        obj, twins = bodies.without_twin_owners(obj)
        spoken = decoded(kind.resource, obj)

        def owners() -> tuple[Owner, ...]:
            rows = update_owners(
                as_version(live, spoken["apiVersion"]),
                spoken,
                requested_owners(sent, materialise(stored.owners, live), request.subresource),
                manager=request.manager,
                subresource=request.subresource,
                # Who owns replicas through a scale has no time: so the real server writes it.
                time=None if request.subresource == "scale" else self._writes.stamp(),
                api_version=request.api_version or kind.api_version,
                type_=self._writes.type_of(self._spoken(kind, request)),
            )
            # A Scale says nothing of no replicas, and what nobody says nobody owns.
            return (
                without(rows, bodies.nothing(request)) if request.subresource == "scale" else rows
            )

        reowned = sent is not None and not request.subresource
        obj = as_version(spoken, kind.api_version)
        return self._replace_for(
            kind, key, stored, obj, owners, request, [*warnings, *twins], reowned=reowned
        )

    def _decide_apply(self, kind: Kind, key: Key, request: Request) -> Decided:
        stored = self._writes.store.stored(kind.resource, key)
        live = stored.object if stored is not None else None
        rows = materialise(stored.owners, live) if stored is not None and live is not None else ()
        bodies.check_name(key, {"metadata": {"name": key[1], **bodies.meta_of(request.body)}})
        definition = self._writes.definition(self._spoken(kind, request))
        merged, applied_rows = apply(
            live,
            rows,
            request.body,
            manager=request.manager,
            force=request.force,
            subresource=request.subresource,
            time=None if request.subresource == "scale" else self._writes.stamp(),
            api_version=request.api_version or kind.api_version,
            kind=kind.kind,
            type_=self._writes.type_of(self._spoken(kind, request)),
        )
        if definition is not None:
            merged = prepared(merged, definition.schema)
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

    def _create_for(
        self,
        kind: Kind,
        obj: Obj,
        owners: tuple[Owner, ...],
        request: Request,
        warnings: Sequence[str],
    ) -> Decided:
        """Judge and store a caller's new object, which was decoded."""
        self._check_escalation(kind, obj, None, request)
        meta = {k: v for k, v in obj["metadata"].items() if k not in OWNED_BY_SERVER}
        obj, key = self._writes.begin(kind, {**obj, "metadata": meta})
        row = strategy(kind)
        obj = default(kind.resource, self._writes.admitted(kind, key, obj))
        self._restrict(kind, key, "CREATE", request, obj)
        obj = row.created(self._changed(kind, key, request, obj, None))
        key = bodies.place_of_changed(key, obj)
        if kind.resource == kinds.CSRS:
            # What the server says itself, or resets, nobody owns.
            obj, owners = requested_by(obj, request.user, request.groups), ()
        if kind.resource == kinds.SERVICES:
            self._writes.addresses.check_owner(key, obj, dry=request.dry_run)
        self._judge(kind, obj, None, request)
        self._writes.limits.check(kind.resource, key, obj)
        self._writes.check_security(kind, key, obj)
        secured = security.warnings(self._writes.store, kind, key, obj, None)
        said = [*warnings, *secured, *row.warnings(obj, None), *_remarked(kind, obj, None)]
        said += self._asked(kind, key, request, obj, None)
        if kind.resource == kinds.SERVICES:
            obj = self._writes.addresses.allocate(key, obj, dry=request.dry_run)
        charged = self._writes.charged(kind, key, obj)
        there = self._writes.store.get(kind.resource, *key)
        if there is not None:
            raise _exists_already(kind, there)
        if request.dry_run:
            return _done(Answer(obj, owners, created=True, warnings=said))

        def store() -> Answer:
            self._writes.spend(charged)
            change = self._writes.put(kind, key, obj, owners, request.manager)
            return Answer(change.object, owners, created=True, warnings=said)

        return Decided(obj, owners, store)

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
    ) -> Decided:
        """Judge *obj* as the next state of what is stored, and store it.

        A write that changes no field moves no version, unless it is *reowned*: then it may change
        who owns them.
        """
        live, row = stored.object, strategy(kind)
        self._check_escalation(kind, obj, live, request)
        new = {**obj, "metadata": bodies.next_metadata(obj["metadata"], live["metadata"])}
        self._restrict(kind, key, "UPDATE", request, new, live)
        new = self._changed(kind, key, request, new, live)
        if request.subresource == "status":
            new = row.status(new, live)
        elif request.subresource == "approval":
            new = approved(new, live, self._writes.stamp())
        elif request.subresource == "finalize":
            new = {**new, "status": live.get("status", {})}
        elif request.subresource in PARTS:
            new = PARTS[request.subresource].taken(new, live)
        else:
            if kind.resource == kinds.SERVICES:
                new = carried_over(new, live)
            new = row.updated(new, live)
            if kind.resource == kinds.PRIORITYCLASSES:
                check_priority_class(new, self._writes.read)
        self._judge(kind, new, live, request)
        said = list(warnings)
        if request.subresource != "status":
            new = default(kind.resource, new)
            if kind.resource == kinds.PODS and security.matters(new, live):
                self._writes.check_security(kind, key, new)
            said += security.warnings(self._writes.store, kind, key, new, live)
            if request.subresource not in PARTS:
                said += row.warnings(new, live)
                said += _remarked(kind, new, live)
            if kind.generation and wants_generation(kind, new, live, by_caller=True):
                generation = live["metadata"].get("generation", 0) + 1
                new = {**new, "metadata": {**new["metadata"], "generation": generation}}
                if request.subresource == "resize":
                    check_resize(new, self._writes.read)
            if kind.resource == kinds.SERVICES:
                new = self._writes.addresses.allocate(key, new, dry=request.dry_run)
        said += self._asked(kind, key, request, new, live)
        unchanged = same(new, live)
        sent = {**obj, "metadata": bodies.next_metadata(obj["metadata"], live["metadata"])}
        # Who sends what may not be changed takes it from its owner all the same.
        if unchanged and not reowned and same(sent, live):
            return _done(Answer(live, stored.owners, warnings=said))
        charged = [] if unchanged else self._charged(kind, key, new, live, request)
        rows = owners()
        if unchanged and _timeless(rows) == _timeless(materialise(stored.owners, live)):
            return _done(Answer(live, stored.owners, warnings=said))
        if request.dry_run:
            return _done(Answer(new, rows, warnings=said))
        goes = bool(new["metadata"].get("deletionTimestamp")) and may_go(kind, new)

        def store() -> Answer:
            if goes:
                self._writes.remove(kind.resource, key, request.manager)
                return Answer(new, rows, deleted=True, warnings=said)
            self._writes.spend(charged)
            change = self._writes.put(kind, key, new, rows, request.manager)
            return Answer(change.object, rows, warnings=said)

        return Decided(new, rows, store)

    def _charged(self, kind: Kind, key: Key, new: Obj, live: Obj, request: Request) -> list[Obj]:
        """Return the quotas of which an update takes more. Raises Forbidden."""
        if request.subresource not in ("", "resize"):
            return []
        if request.subresource:
            self._writes.limits.check(kind.resource, key, new)
        if kind.resource == kinds.PVCS and "deletionTimestamp" not in live["metadata"]:
            self._writes.limits.check(kind.resource, key, new)
        return self._writes.charged(kind, key, new, live)

    def _delete(self, kind: Kind, key: Key, request: Request) -> Answer:
        live = self._writes.store.get(kind.resource, *key)
        if live is not None:
            self._restrict(kind, key, "DELETE", request, None, live)
        said = [] if live is None else self._asked(kind, key, request, None, live)
        answer = self._writes.delete(kind, key, request, request.manager)
        answer.warnings.extend([*said, *left_behind(kind, request)])
        return answer

    def _delete_collection(self, kind: Kind, key: Key, request: Request) -> Answer:
        labels = parse_labels(request.label_selector)
        spoken = self._spoken(kind, request)
        fields = parse_fields(
            request.field_selector, spoken.group_resource, kind.custom, spoken.selectable
        )
        namespace = request.namespace if kind.namespaced and request.namespace else None
        chosen = [
            obj
            for obj in self._writes.store.list(kind.resource, namespace)
            if labels.matches(obj["metadata"].get("labels") or {}) and fields.matches(obj)
        ]
        chosen.sort(key=key_of)
        answer = Answer(warnings=left_behind(kind, request))
        for obj in chosen:
            self._restrict(kind, key_of(obj), "DELETE", request, None, obj)
            answer.warnings.extend(self._asked(kind, key_of(obj), request, None, obj))
            done = self._writes.delete(kind, key_of(obj), request, request.manager)
            if done.object is not None:
                answer.items.append(done.object)
        return answer

    def _spoken(self, kind: Kind, request: Request) -> Kind:
        """Return the row of the version in which a caller speaks of a kind."""
        if request.api_version in ("", kind.api_version):
            return kind
        return self._writes.catalogue.by_gvk.get((request.api_version, kind.kind), kind)

    def _asked(
        self, kind: Kind, key: Key, request: Request, new: Obj | None, old: Obj | None
    ) -> list[str]:
        """Return what admission policies warn of. Raises KubeError for what they deny."""
        if not self._policies.judge:
            return []
        writing = self._writing(kind, key, request, new, old)
        return self._policies.asked(self._writes.catalogue, writing)

    def _changed(self, kind: Kind, key: Key, request: Request, new: Obj, old: Obj | None) -> Obj:
        """Return an object as admission policies leave it. Raises KubeError."""
        if not self._policies.change:
            return new
        writing = self._writing(kind, key, request, default(kind.resource, new), old)

        def again(obj: Obj) -> Obj:
            if old is not None:
                return obj
            seen = self._writes.admitted(kind, key, as_version(obj, kind.api_version))
            return as_version(default(kind.resource, seen), writing.kind.api_version)

        changed = self._policies.changed(self._writes.catalogue, writing, again)
        return new if changed is writing.new else as_version(changed, kind.api_version)

    def _writing(
        self, kind: Kind, key: Key, request: Request, new: Obj | None, old: Obj | None
    ) -> Writing:
        spoken = self._spoken(kind, request)
        new, old = (obj and as_version(obj, spoken.api_version) for obj in (new, old))
        user, shape = caller_of(request), self._writes.shape(spoken)
        return Writing(spoken, key, new, old, user, request.subresource, request.dry_run, shape)

    def _restrict(
        self,
        kind: Kind,
        key: Key,
        operation: str,
        request: Request,
        new: Obj | None = None,
        old: Obj | None = None,
    ) -> None:
        """Keep kubelets to what is theirs. Raises Forbidden, NotFound."""
        if request.groups and self._access.enforced:
            subresource, read = request.subresource, self._writes.read
            wish = nodes.Wish(kind, key, operation, subresource, new, old, read)
            nodes.check(caller_of(request), wish)

    def _check_escalation(self, kind: Kind, new: Obj, old: Obj | None, request: Request) -> None:
        """Raises Forbidden for a role or binding that gives more than who writes it has."""
        if request.groups and self._access.enforced and kind.group == _RBAC:
            asker = User(request.user, tuple(request.groups))
            self._access.check_escalation(asker, kind.resource, default(kind.resource, new), old)

    def _judge(self, kind: Kind, new: Obj, old: Obj | None, request: Request) -> None:
        """Raises Invalid. Who speaks of a view of another group is judged by that one's rules."""
        spoken = self._spoken(kind, request)
        if spoken.group != kind.group:
            new = as_version(new, spoken.api_version)
            old = None if old is None else as_version(old, spoken.api_version)
        definition = self._writes.definition(spoken)
        part = PARTS.get(request.subresource)
        judged = None if part is None else part.judged
        admission_rules.judge(kind, new, old, request, definition, group=spoken.group, part=judged)
        if kind.group in chaos.GROUPS and not request.subresource:
            denied = chaos.refusal(kind.group, kind.kind, new)
            if denied is not None:
                raise denied


def _done(answer: Answer) -> Decided:
    """Nothing is to be written: the answer is known."""
    return Decided(answer.object, answer.owners, lambda: answer)


def _exists_already(kind: Kind, there: Obj) -> AlreadyExists:
    meta = there["metadata"]
    error = AlreadyExists(kind.resource, meta["name"])
    if meta.get("deletionTimestamp"):
        error.message = f"object is being deleted: {error.message}"
    return error


def _timeless(rows: tuple[Owner, ...]) -> list[Owner]:
    return [row._replace(time=None) for row in rows]


def _remarked(kind: Kind, obj: Obj, live: Obj | None) -> list[str]:
    return remarked(obj, kind.group, kind.kind, live, custom=kind.custom)
