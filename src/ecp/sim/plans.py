"""What may be asked of the cluster, and what a controller gives and gets.

An action is what a controller, kubelet, fault or API caller asks. A controller sees the cluster
through a Reader and returns a Plan; the cluster carries it out, stamps each action with instant,
actor and cause, and calls again when something it watches changes or its `wake_at` comes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ecp.kube.selectors import from_object
from ecp.sim.store import Change, Key, Obj, Objects
from ecp.sim.store.store import DELETED, MODIFIED


class Create(NamedTuple):
    """Create *obj* (with metadata.name or generateName)."""

    resource: str
    obj: Obj


class Update(NamedTuple):
    """Replace the object with *obj* (built from the one that was read, copy on write).

    `subresource` "" writes all but the status, "status" writes only the status.
    """

    resource: str
    obj: Obj
    subresource: str = ""


class Delete(NamedTuple):
    """Delete one object. `grace` in seconds, None = the kind's default; `uid` guards the target.

    `propagation`: "Background", "Foreground" or "Orphan".
    """

    resource: str
    key: Key
    grace: int | None = None
    propagation: str = "Background"
    uid: str | None = None


class Bind(NamedTuple):
    """Bind a pod to a node."""

    key: Key
    node: str


class Remove(NamedTuple):
    """Take an object away for good: its last owner (a kubelet, a finaliser) is done with it."""

    resource: str
    key: Key
    uid: str | None = None


class Apply(NamedTuple):
    """Apply the fields of *obj*, by server-side apply, and take them from whoever owns them."""

    resource: str
    key: Key
    obj: Obj
    subresource: str = ""


class Evict(NamedTuple):
    """Ask a pod to go, which its PodDisruptionBudget may refuse. `grace` in seconds."""

    key: Key
    grace: int | None = None
    uid: str | None = None


Action = Create | Update | Delete | Bind | Remove | Apply | Evict


class EventNote(NamedTuple):
    """A Kubernetes Event to be recorded about *regarding* (a whole object)."""

    regarding: Obj
    type: str  # "Normal" | "Warning"
    reason: str
    message: str
    field_path: str = ""  # "spec.containers{c}" for kubelet events


class Plan(NamedTuple):
    """What a controller wants done: actions in order, then events; called again at `wake_at` (ns).

    An empty plan says: what is wanted is there. `wake_at` None waits for a change.
    """

    actions: tuple[Action, ...] = ()
    events: tuple[EventNote, ...] = ()
    wake_at: int | None = None


NOTHING = Plan()


class Reader(Protocol):
    """The cluster as a controller sees it: what is said, now."""

    def get(self, resource: str, namespace: str, name: str) -> Obj | None: ...
    def list(self, resource: str, namespace: str | None = None) -> Objects: ...
    def owned(self, uid: str, resource: str) -> Objects: ...
    def orphans(self, resource: str, namespace: str) -> Objects: ...
    def labelled(self, resource: str, namespace: str, label: tuple[str, str]) -> Objects: ...
    def on_node(self, node: str) -> Objects: ...

    def heartbeat(self, node: str) -> int | None:
        """Return the instant of the node's last heartbeat (ns); None while it is posting.

        Heartbeats are computed when read, never stored, so that a warped run equals one at 1x.
        """
        ...


Keys = Callable[[Change, Reader], Iterable[Key]]
"""From a change of a watched resource to the keys of the controller that it concerns."""


MANAGER = "kube-controller-manager"
"""The user agent of the loops that a control plane runs in one process."""


@dataclass(frozen=True, slots=True)
class Controller:
    """A control loop: level-based, idempotent, without client, clock or log.

    `reconcile(now, key, read)` looks at what is and returns what to do. `refused(now, key,
    action, error, read)` says what to do when one of its actions was refused (the rest of that
    plan's actions is dropped); None = nothing. `actor` is the user agent in managedFields,
    `component` the source of its events. `delay` (ns) is the time from a change to the sync.

    `nobody` in `watches` excepts a resource from "*". `deaf` says of watched
    resources ("*": of all) from which reach on their changes do not concern it, `needs` which
    other resource a namespace must have for theirs to.
    """

    name: str
    component: str
    watches: Mapping[str, Keys]
    reconcile: Callable[[int, Key, Reader], Plan]
    refused: Callable[[int, Key, Action, Exception, Reader], Plan] | None = None
    actor: str = MANAGER
    delay: int = 2_000_000
    phase: int = 5
    deaf: Mapping[str, int] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    # Kubelet-like controllers keep physical state; they say how it is written down.
    snapshot: Callable[[], Any] | None = None
    restore: Callable[[Any], None] | None = None


def nobody(change: Change, read: Reader) -> Iterable[Key]:
    """No key: the resource is excepted from those that are watched."""
    return ()


def itself(change: Change, read: Reader) -> Iterable[Key]:
    """The changed object's own key."""
    return (change.key,)


def is_status_by(change: Change, actor: str) -> bool:
    """Whether *change* is *actor*'s own write of a status, which moves nothing else.

    A loop that has just said what it saw need not look again for having said it.
    """
    old = change.old
    return (
        change.actor == actor
        and change.type == MODIFIED
        and old is not None
        and change.object.get("status") is not old.get("status")
    )


def shares(obj: Obj, old: Obj, field: str) -> bool:
    """Whether two states of an object have one and the same value in a field of their metadata.

    Writes copy only what they touch, so this is how most changes are told, and without comparing,
    not to be about labels or owners. Equal values of two writes may still be two.
    """
    return obj["metadata"].get(field) is old["metadata"].get(field)


def controller_of(obj: Obj) -> Mapping[str, Any] | None:
    """Return the ownerReference with controller: true, or None."""
    references = obj["metadata"].get("ownerReferences")
    if references:
        for reference in references:
            if reference.get("controller"):
                return reference  # type: ignore[no-any-return]
    return None


def of_owned(kind: str, resource: str) -> Callable[[Change, Reader], Iterable[Key]]:
    """Return a watch: the keys of what owns, or owned, the changed object, or could adopt it.

    Owners are of *kind*, stored as *resource*, and have a selector in their spec.
    """

    def keys(change: Change, read: Reader) -> Iterable[Key]:
        obj, old = change.object, change.old
        namespace = change.key[0]
        owner = controller_of(obj)
        found: dict[Key, None] = {}
        if owner is not None and owner["kind"] == kind:
            found[namespace, owner["name"]] = None
        if old is not None and not shares(obj, old, "ownerReferences"):
            before = controller_of(old)
            if before is not None and before["kind"] == kind:
                found[namespace, before["name"]] = None
        if owner is None and change.type != DELETED:
            labels = obj["metadata"].get("labels") or {}
            for one in read.list(resource, namespace):
                if from_object(one["spec"]["selector"]).matches(labels):
                    found[namespace, one["metadata"]["name"]] = None
        return found

    return keys


@dataclass(slots=True)
class Outcome:
    """What became of a submitted action: the object as stored, or the error that refused it."""

    object: Obj | None = None
    error: Exception | None = None
    created: bool = False
    changes: list[Change] = field(default_factory=list)
