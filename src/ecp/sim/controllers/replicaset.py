"""The ReplicaSet controller: as many pods as wanted, and the right ones go first.

Source: kubernetes pkg/controller/replicaset/{replica_set,replica_set_utils}.go and the ranking in
pkg/controller/controller_utils.go (1.36).

The ReplicationController is the same loop over another kind, whose selector is a plain map; see
pkg/controller/replication/conversion.go.

Names are drawn here, not by the write path, because the event of a creation names the pod. A draw
hangs on the ReplicaSet's uid, the instant and the number within it, so another pod shifts none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count as count_from
from itertools import dropwhile, islice
from operator import add, sub
from typing import Any, NamedTuple

from ecp.kube.errors import KubeError, NotFound
from ecp.kube.kinds import NAMESPACES, PODS, RCS, REPLICASETS
from ecp.kube.pods import (
    DELETION_COST,
    is_active,
    is_available,
    is_ready,
    is_terminal,
    is_terminating,
    owner_reference,
    ready_since,
)
from ecp.kube.pods import restarts as restarts_of
from ecp.kube.selectors import from_object
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import (
    MANAGER,
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    EventNote,
    Plan,
    Reader,
    Update,
    controller_of,
    is_status_by,
    shares,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ALL, DELETED, FIGURES, QUIET

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

BURST = 500
"""Pods created or deleted in one sync at most."""

DELAY = 15 * MILLISECOND
"""From a change to the sync (ns). Source: between the first of some pods turning ready and the
status that counts it, a recorded 1.36 control plane takes 17 ms in the median (quartiles 8, 59)."""

# A generated name is cut so that its five random characters fit a label value.
_PREFIX = 58
_RETRY_LEAST = 5 * MILLISECOND
_RETRY_MOST = 1000 * SECOND

_PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}
_NO_LABELS: Mapping[str, str] = {}
_REMEMBERED = 64  # labels that a tally has judged


# -- who goes first -------------------------------------------------------------------------------


class _Class(NamedTuple):
    """What the order of deletion looks at first; the lesser goes first."""

    assigned: bool
    phase: int
    ready: bool
    cost: int
    aloneness: int


class _Close(NamedTuple):
    """What it looks at where two pods are of one class.

    A youth is the power of two of an age (ns) and the uid: nearly equal ages are not told apart.
    """

    ready_since: int
    ready_youth: tuple[int, str]
    restarts: tuple[int, int]
    created: int
    youth: tuple[int, str]


class _Rank:
    """A pod's place in the order of deletion; looked at closely only where its class is shared.

    Pods that became ready in one second are equal to each other and told apart from others by uid:
    what sorting makes of that hangs on the order of its comparisons, so nobody is left out of it.
    """

    __slots__ = ("_close", "_now", "_pod", "of")

    def __init__(self, pod: Obj, neighbours: int, now: int) -> None:
        phase = _PHASE_ORDER.get(pod["status"].get("phase", ""), 0)
        assigned = bool(pod["spec"].get("nodeName"))
        self.of = _Class(assigned, phase, is_ready(pod), _deletion_cost(pod), -neighbours)
        self._pod, self._now = pod, now
        self._close: _Close | None = None

    def __lt__(self, other: "_Rank") -> bool:
        if self.of != other.of:
            return self.of < other.of
        one, two = self._close or self._looked_at(), other._close or other._looked_at()
        if one.ready_since != two.ready_since:
            return one.ready_youth < two.ready_youth
        if one.restarts != two.restarts:
            return one.restarts > two.restarts
        return one.created != two.created and one.youth < two.youth

    def _looked_at(self) -> _Close:
        pod, now = self._pod, self._now
        uid = pod["metadata"]["uid"]
        since = ready_since(pod) or 0
        created = nanoseconds(pod["metadata"]["creationTimestamp"])
        self._close = _Close(
            since, (_age(now, since), uid), restarts_of(pod), created, (_age(now, created), uid)
        )
        return self._close


def _deletion_cost(pod: Obj) -> int:
    text = (pod["metadata"].get("annotations") or {}).get(DELETION_COST, "0")
    sign = text[:1] == "-"
    digits = text[1:] if sign else text
    # Only canonical 32-bit integers count: no "+1", no "01".
    if not digits.isdecimal() or (digits != "0" and digits[0] == "0"):
        return 0
    cost = -int(digits) if sign else int(digits)
    return cost if -(2**31) <= cost < 2**31 else 0


def _age(now: int, since: int) -> int:
    """Return the power of two of an age in ns."""
    age = now - since
    return age.bit_length() - 1 if age > 0 else -1


def chosen_to_go(
    pods: Sequence[Obj], siblings: Iterable[Obj], count: int, now: int
) -> Sequence[Obj]:
    """Return the *count* pods to delete first; *siblings* are all pods of related ReplicaSets."""
    if count >= len(pods):
        return pods
    on_node = Counter(pod["spec"].get("nodeName", "") for pod in siblings if is_active(pod))

    def rank(pod: Obj) -> _Rank:
        return _Rank(pod, on_node[pod["spec"].get("nodeName", "")], now)

    return sorted(pods, key=rank)[:count]


# -- one sync -------------------------------------------------------------------------------------


def _owner_uid(pod: Obj) -> str | None:
    owner = controller_of(pod)
    return None if owner is None else owner["uid"]


class _Figures(NamedTuple):
    """How many pods of a ReplicaSet are what; `misfits` are active ones to be released."""

    active: int = 0
    labelled: int = 0
    ready: int = 0
    terminating: int = 0
    misfits: int = 0


def _share_of(pod: Obj, *, matches: bool, labelled: bool) -> _Figures | None:
    """Return what one pod adds to the figures; None = nothing."""
    if not is_active(pod):
        return _TERMINATING if matches and is_terminating(pod) else None
    return _SHARES[labelled, is_ready(pod)] if matches else _MISFIT


_MISFIT = _Figures(misfits=1)
_TERMINATING = _Figures(terminating=1)
_SHARES = {
    (labelled, ready): _Figures(active=1, labelled=int(labelled), ready=int(ready))
    for labelled in (False, True)
    for ready in (False, True)
}


def _selector_of(rs: Obj) -> Obj:
    """Return the selector as a LabelSelector."""
    selector: Obj = rs["spec"].get("selector") or {}
    return {"matchLabels": selector} if rs["kind"] == "ReplicationController" else selector


def _template_labels(rs: Obj) -> Mapping[str, str]:
    return (rs["spec"]["template"].get("metadata") or {}).get("labels") or _NO_LABELS


class _Tally:
    """The figures of one ReplicaSet, kept up with the changes of its pods."""

    __slots__ = ("_judged", "figures", "matches", "rs_labels", "selector", "wanted")

    def __init__(self, rs: Obj, pods: Iterable[Obj]) -> None:
        self.selector = rs["spec"]["selector"]
        self.rs_labels = _template_labels(rs)
        self.matches = from_object(_selector_of(rs)).matches
        self.wanted = self.rs_labels.items()
        # Pods of one template share their labels: labels by identity, and what is thought of them.
        self._judged: dict[int, tuple[Mapping[str, str], bool, bool]] = {}
        counted = [0] * len(_Figures._fields)
        for pod in pods:
            share = self._share_of(pod)
            if share is not None:
                counted = [n + m for n, m in zip(counted, share, strict=True)]
        self.figures = _Figures(*counted)

    def is_of(self, rs: Obj) -> bool:
        """Whether it counts by the selector and labels that *rs* has now."""
        return self.selector == rs["spec"]["selector"] and self.rs_labels == _template_labels(rs)

    def move(self, old: Obj | None, new: Obj | None) -> None:
        """Count a pod that was *old* and is *new* (None: not there)."""
        if old is None or new is None or not _counts_alike(old, new):
            self.count(old, new)

    def count(self, old: Obj | None, new: Obj | None) -> None:
        """The same for a change that may well count."""
        before = None if old is None else self._share_of(old)
        after = None if new is None else self._share_of(new)
        if before is not after:
            less = map(sub, self.figures, before or _NOTHING)
            self.figures = _Figures(*map(add, less, after or _NOTHING))

    def _share_of(self, pod: Obj) -> _Figures | None:
        """Return what one pod adds to the figures; None = nothing."""
        labels = pod["metadata"].get("labels") or _NO_LABELS
        known = self._judged.get(id(labels))
        if known is None or known[0] is not labels:
            known = (labels, self.matches(labels), self.wanted <= labels.items())
            if len(self._judged) >= _REMEMBERED:
                self._judged.clear()
            self._judged[id(labels)] = known
        return _share_of(pod, matches=known[1], labelled=known[2])


def _counts_alike(old: Obj, new: Obj) -> bool:
    """Whether two states of a pod are one to a tally: most changes are of a kubelet's status."""
    meta, before = new["metadata"], old["metadata"]
    return (
        shares(new, old, "labels")
        and ("deletionTimestamp" in meta) == ("deletionTimestamp" in before)
        and is_ready(old) == is_ready(new)
        and is_terminal(old) == is_terminal(new)
    )


def _stands_alike(change: Change) -> bool:
    """The same of a write of a status."""
    pod, old = change.object, change.old
    assert old is not None
    return is_ready(pod) == is_ready(old) and (
        change.reach >= FIGURES or is_terminal(pod) == is_terminal(old)
    )


_NOTHING = _Figures()


def _status(rs: Obj, figures: _Figures, available: int, conditions: list[Obj]) -> dict[str, Any]:
    status: dict[str, Any] = {"replicas": figures.active}
    if figures.labelled:
        status["fullyLabeledReplicas"] = figures.labelled
    if figures.ready:
        status["readyReplicas"] = figures.ready
    if available:
        status["availableReplicas"] = available
    if rs["kind"] == "ReplicaSet":
        status["terminatingReplicas"] = figures.terminating
    generation = rs["metadata"].get("generation", 0)
    if generation:
        status["observedGeneration"] = generation
    if conditions:
        status["conditions"] = conditions
    return status


def _availability_wake(rs: Obj, active: Sequence[Obj], now: int) -> int | None:
    """Return when the next ready pod becomes available (ns)."""
    wait = rs["spec"].get("minReadySeconds", 0) * SECOND
    if not wait:
        return None
    due = [
        since + wait
        for pod in active
        if (since := ready_since(pod)) is not None and since + wait > now
    ]
    return min(due, default=None)


def _conditions(rs: Obj) -> list[Obj]:
    return list((rs.get("status") or {}).get("conditions") or ())


def _without_failure(rs: Obj) -> list[Obj]:
    return [entry for entry in _conditions(rs) if entry["type"] != "ReplicaFailure"]


class ReplicaSets:
    """The control loop, and what it derives from changes instead of counting anew each time.

    The figures say nothing that the store does not say; they are counted when first asked for, so a
    restored cluster has them again.
    """

    def __init__(self, chance: Chance, resource: str, kind: str) -> None:
        self._chance = chance
        self._resource = resource
        self._kind = kind
        # uid of a ReplicaSet -> the figures of its pods
        self._tallies: dict[str, _Tally] = {}
        # uid of a ReplicaSet whose creations are refused -> since when (ns)
        self._refused_since: dict[str, int] = {}

    # what wakes it

    def of_replica_set(self, change: Change, read: Reader) -> Iterable[Key]:
        """The ReplicaSet itself, but not for the status that this loop wrote."""
        if change.type == DELETED:
            self._tallies.pop(change.object["metadata"].get("uid", ""), None)
            self._refused_since.pop(change.object["metadata"].get("uid", ""), None)
        return () if is_status_by(change, MANAGER) else (change.key,)

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """Keys of the pod's ReplicaSet, or of those that could adopt it."""
        pod, old = change.object, change.old
        owner = old_owner = controller_of(pod)
        if change.reach != ALL and owner is not None:
            if change.reach != QUIET:
                tally = self._tallies.get(owner["uid"])
                if tally is not None and not _stands_alike(change):
                    tally.count(old, pod)
            return ((change.key[0], owner["name"]),) if owner["kind"] == self._kind else ()
        if old is not None and not shares(pod, old, "ownerReferences"):
            old_owner = controller_of(old)
        self._count(change, owner, old_owner)
        if owner is not None and (owner is old_owner or owner == old_owner):
            known = owner["kind"] == self._kind
            return ((change.key[0], owner["name"]),) if known else ()
        found: dict[Key, None] = {}
        for reference in (owner, old_owner):
            if reference is not None and reference["kind"] == self._kind:
                found[change.key[0], reference["name"]] = None
        if owner is None and change.type != DELETED:
            labels = pod["metadata"].get("labels") or _NO_LABELS
            for rs in read.list(self._resource, change.key[0]):
                if from_object(_selector_of(rs)).matches(labels):
                    found[change.key[0], rs["metadata"]["name"]] = None
        return found

    def _count(
        self, change: Change, owner: Mapping[str, Any] | None, old_owner: Mapping[str, Any] | None
    ) -> None:
        uid = owner["uid"] if owner is not None else None
        old_uid = old_owner["uid"] if old_owner is not None else None
        new = None if change.type == DELETED else change.object
        tally = self._tallies.get(uid) if uid is not None else None
        if tally is not None:
            tally.move(change.old if uid == old_uid else None, new)
        if old_uid != uid and old_uid is not None:
            tally = self._tallies.get(old_uid)
            if tally is not None:
                tally.move(change.old, None)

    def _figures_of(self, rs: Obj, read: Reader) -> _Figures:
        uid = rs["metadata"]["uid"]
        tally = self._tallies.get(uid)
        if tally is None or not tally.is_of(rs):
            tally = self._tallies[uid] = _Tally(rs, _controlled(uid, read))
        return tally.figures

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Create or delete pods towards spec.replicas, then write the status."""
        rs = read.get(self._resource, *key)
        if rs is None:
            return NOTHING
        figures = self._figures_of(rs, read)
        living = "deletionTimestamp" not in rs["metadata"]
        actions: list[Action] = []
        events: list[EventNote] = []
        if living:
            figures, adopted = self._claim(rs, figures, read, actions)
            surplus = figures.active - rs["spec"]["replicas"]
            if surplus < 0:
                self._create(now, rs, min(-surplus, BURST), read, actions, events)
            elif surplus > 0:
                there = [*self._active(rs, read), *adopted]
                self._delete(now, rs, there, min(surplus, BURST), read, actions, events)
        available, wake = self._available(now, rs, figures, read)
        status = _status(rs, figures, available, _without_failure(rs))
        if status != rs.get("status"):
            actions.append(Update(self._resource, {**rs, "status": status}, "status"))
        if any(isinstance(action, Create) for action in actions):
            # Should a creation be refused, this is when to try again.
            retry = self._retry_at(rs, now)
            wake = retry if wake is None else min(wake, retry)
        else:
            self._refused_since.pop(rs["metadata"]["uid"], None)
        return Plan(tuple(actions), tuple(events), wake)

    def _claim(
        self, rs: Obj, figures: _Figures, read: Reader, actions: list[Action]
    ) -> tuple[_Figures, Sequence[Obj]]:
        """Release pods that no longer fit, adopt orphans that do.

        Returns the figures with the adopted ones, and these.
        """
        meta = rs["metadata"]
        uid = meta["uid"]
        orphans = read.orphans(PODS, meta["namespace"])
        if not figures.misfits and not orphans:
            return figures, ()
        selector = from_object(_selector_of(rs))
        if figures.misfits:
            for pod in _controlled(uid, read):
                if is_active(pod) and not selector.matches(
                    pod["metadata"].get("labels") or _NO_LABELS
                ):
                    kept = [r for r in pod["metadata"]["ownerReferences"] if r["uid"] != uid]
                    actions.append(_with_owners(pod, kept))
        wanted = _template_labels(rs).items()
        counted = list(figures)
        adopted: list[Obj] = []
        for pod in orphans:
            labels = pod["metadata"].get("labels") or _NO_LABELS
            matches, labelled = selector.matches(labels), wanted <= labels.items()
            share = _share_of(pod, matches=matches, labelled=labelled)
            if share is not None and share.active and not selector.empty:
                references = pod["metadata"].get("ownerReferences") or ()
                actions.append(_with_owners(pod, [*references, owner_reference(rs)]))
                adopted.append(pod)
                counted = [n + m for n, m in zip(counted, share, strict=True)]
        return _Figures(*counted), adopted

    def _available(
        self, now: int, rs: Obj, figures: _Figures, read: Reader
    ) -> tuple[int, int | None]:
        """Return how many are available, and when (ns) the next ready pod will be."""
        least = rs["spec"].get("minReadySeconds", 0)
        if not least:
            return figures.ready, None
        active = self._active(rs, read)
        available = sum(is_available(pod, least, now) for pod in active)
        return available, _availability_wake(rs, active, now)

    def _active(self, rs: Obj, read: Reader) -> list[Obj]:
        matches = from_object(_selector_of(rs)).matches
        return [
            pod
            for pod in _controlled(rs["metadata"]["uid"], read)
            if is_active(pod) and matches(pod["metadata"].get("labels") or _NO_LABELS)
        ]

    def _delete(
        self,
        now: int,
        rs: Obj,
        pods: Sequence[Obj],
        count: int,
        read: Reader,
        actions: list[Action],
        events: list[EventNote],
    ) -> None:
        for pod in chosen_to_go(pods, self._siblings(rs, read), count, now):
            meta = pod["metadata"]
            actions.append(Delete(PODS, (meta["namespace"], meta["name"]), uid=meta["uid"]))
            text = f"Deleted pod: {meta['name']}"
            events.append(EventNote(rs, "Normal", "SuccessfulDelete", text))

    def _create(
        self,
        now: int,
        rs: Obj,
        count: int,
        read: Reader,
        actions: list[Action],
        events: list[EventNote],
    ) -> None:
        meta, template = rs["metadata"], rs["spec"]["template"]
        namespace = meta["namespace"]
        home = read.get(NAMESPACES, "", namespace)
        if home is not None and "deletionTimestamp" in home["metadata"]:
            count = 1  # The first is refused, and none is tried after it.
        of_template = template.get("metadata") or {}
        common: dict[str, Any] = {
            "generateName": f"{meta['name']}-",
            "namespace": namespace,
            "labels": of_template.get("labels") or {},
            "ownerReferences": [owner_reference(rs)],
        }
        for field in ("annotations", "finalizers"):
            if of_template.get(field):
                common[field] = of_template[field]
        # One spec for all: the write path and the scheduler know a template by its identity.
        spec = template["spec"]
        for name in self._names(now, rs, count, read):
            pod = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, **common},
                "spec": spec,
            }
            actions.append(Create(PODS, pod))
            events.append(EventNote(rs, "Normal", "SuccessfulCreate", f"Created pod: {name}"))

    def _names(self, now: int, rs: Obj, count: int, read: Reader) -> Iterable[str]:
        namespace = rs["metadata"]["namespace"]
        taken: dict[str, None] = {}
        for name in self._stream(now, rs):
            if len(taken) == count:
                break
            if name not in taken and read.get(PODS, namespace, name) is None:
                taken[name] = None
        return taken

    def _stream(self, now: int, rs: Obj) -> Iterator[str]:
        """Yield the names that are drawn for this ReplicaSet at this instant, without end."""
        prefix = f"{rs['metadata']['name']}-"[:_PREFIX]
        stream = f"pod-name/{rs['metadata']['uid']}/{now}"
        suffix = self._chance.suffix
        return (prefix + suffix(5, stream, n) for n in count_from(0))

    def _created(self, now: int, rs: Obj, action: Action, read: Reader) -> list[EventNote]:
        """Return the Events of the pods that the plan of a refused creation did create."""
        if not isinstance(action, Create):
            return []
        meta = rs["metadata"]
        found: list[EventNote] = []
        for name in self._stream(now, rs):
            if name == action.obj["metadata"].get("name"):
                return found
            pod = read.get(PODS, meta["namespace"], name)
            if pod is None or len(found) >= BURST:
                break
            if _owner_uid(pod) == meta["uid"]:
                found.append(EventNote(rs, "Normal", "SuccessfulCreate", f"Created pod: {name}"))
        return found

    def _refused_beside(
        self, now: int, rs: Obj, action: Action, created: int, read: Reader
    ) -> list[str]:
        """Return the names that were tried at the same time as a refused one, and refused too.

        Pods are created in batches of 1, 2, 4 …; one in which something fails is the last.
        Source: pkg/controller/replicaset/replica_set.go slowStartBatch.
        """
        if not isinstance(action, Create):
            return []
        batch = (1 << (created + 1).bit_length()) - 1 - created
        missing = rs["spec"]["replicas"] - self._figures_of(rs, read).active
        drawn = islice(self._stream(now, rs), BURST)  # no plan draws more
        names = dropwhile(lambda name: name != _name_of(action), drawn)
        return list(islice(names, 1, min(batch, missing)))

    def _siblings(self, rs: Obj, read: Reader) -> list[Obj]:
        """Return the pods of all ReplicaSets with the same controller; none where *rs* has none.

        Whoever their selectors match counts: an orphan that is not adopted yet, too.
        """
        owner = controller_of(rs)
        if owner is None:
            return []
        orphans = read.orphans(PODS, rs["metadata"]["namespace"])
        found: dict[str, Obj] = {}
        for one in read.owned(owner["uid"], self._resource):
            if _owner_uid(one) != owner["uid"]:
                continue
            matches = from_object(_selector_of(one)).matches
            for pod in (*read.owned(one["metadata"]["uid"], PODS), *orphans):
                if matches(pod["metadata"].get("labels") or _NO_LABELS):
                    found[pod["metadata"]["uid"]] = pod
        return list(found.values())

    # refusals

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Say what failed, note it in the status, and come again later and later."""
        rs = read.get(self._resource, *key)
        if rs is None or isinstance(action, Update):
            return NOTHING
        terminating = isinstance(error, KubeError) and "is being terminated" in error.message
        gone = isinstance(action, Delete) and isinstance(error, NotFound)
        events: tuple[EventNote, ...] = ()
        conditions = _without_failure(rs)
        wake = None
        if not terminating and not gone:
            message, reason, text = str(error), "FailedCreate", f"Error creating: {error}"
            if isinstance(action, Delete):
                message = f"unable to delete pods: {error}"
                reason, text = "FailedDelete", f"Error deleting: {error}"
            created = self._created(now, rs, action, read)
            beside = self._refused_beside(now, rs, action, len(created), read)
            name = _name_of(action)
            texts = [text, *(text.replace(f'"{name}"', f'"{other}"', 1) for other in beside)]
            failed = [EventNote(rs, "Warning", reason, said) for said in texts]
            events = (*created, *failed)
            conditions = _failure(rs, reason, message, now)
            self._refused_since.setdefault(rs["metadata"]["uid"], now)
            wake = self._retry_at(rs, now)
        figures = self._figures_of(rs, read)
        available, _ = self._available(now, rs, figures, read)
        status = _status(rs, figures, available, conditions)
        actions: tuple[Action, ...] = ()
        if status != rs.get("status"):
            actions = (Update(self._resource, {**rs, "status": status}, "status"),)
        return Plan(actions, events, wake)

    def _retry_at(self, rs: Obj, now: int) -> int:
        """Return when to try a refused creation again (ns).

        Retries double their distance, so the next gap is as long as all that went before, and the
        least gap.
        """
        since = self._refused_since.get(rs["metadata"]["uid"], now)
        return now + min(now - since + _RETRY_LEAST, _RETRY_MOST)

    def snapshot(self) -> dict[str, int]:
        """Return since when creations are refused, by uid: the status says it in whole seconds."""
        return dict(self._refused_since)

    def restore(self, kept: dict[str, int]) -> None:
        self._refused_since = dict(kept)


def _name_of(action: Action) -> str:
    return str(action.obj["metadata"].get("name")) if isinstance(action, Create) else ""


def _controlled(uid: str, read: Reader) -> list[Obj]:
    return [pod for pod in read.owned(uid, PODS) if _owner_uid(pod) == uid]


def _failure(rs: Obj, reason: str, message: str, now: int) -> list[Obj]:
    """Return the conditions with a ReplicaFailure; one that stands is left as it is."""
    conditions = _conditions(rs)
    if any(entry["type"] == "ReplicaFailure" for entry in conditions):
        return conditions
    return [
        *conditions,
        {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": rfc3339(now),
            "reason": reason,
            "message": message,
        },
    ]


def _with_owners(pod: Obj, references: list[Obj]) -> Action:
    meta = {k: v for k, v in pod["metadata"].items() if k != "ownerReferences"}
    if references:
        meta["ownerReferences"] = references
    return Update(PODS, {**pod, "metadata": meta})


def controller(chance: Chance) -> Controller:
    """Return the ReplicaSet controller; *chance* draws the names of pods."""
    loop = ReplicaSets(chance, REPLICASETS, "ReplicaSet")
    return _controller("replicaset", "replicaset-controller", loop, REPLICASETS)


def replication_controller(chance: Chance) -> Controller:
    """Return the same for ReplicationControllers."""
    loop = ReplicaSets(chance, RCS, "ReplicationController")
    return _controller("replicationcontroller", "replication-controller", loop, RCS)


def _controller(name: str, component: str, loop: ReplicaSets, resource: str) -> Controller:
    return Controller(
        name=name,
        component=component,
        watches={resource: loop.of_replica_set, PODS: loop.of_pod},
        needs={PODS: resource},
        reconcile=loop.reconcile,
        refused=loop.refused,
        delay=DELAY,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
