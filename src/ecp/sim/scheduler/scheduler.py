"""The scheduler: every pod that is due gets a node, or is told why not.

One cycle takes the queue in order; a pod placed in it stands on its node for the next pod of the
same cycle. Nothing here knows a clock, a client or a log: changes come in by `observe`, a Plan goes
out of `cycle`. Equal seeds and equal changes give equal plans; ties are broken by chance named
after the pod, so that one more pod moves no other's draw.

Source: kubernetes pkg/scheduler/schedule_one.go, eventhandlers.go, framework/types.go (messages),
framework/preemption/preemption.go (the tail of the message).
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ecp.kube.endpoints import Services
from ecp.kube.kinds import CSINODES, NAMESPACES, NODES, PODS, PVCS, PVS, SERVICES, STORAGECLASSES
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Action, Bind, EventNote, Plan, Reader, Update
from ecp.sim.scheduler import preemption, volumes
from ecp.sim.scheduler.board import NO_LABELS, Board, Bools, Field, Ints, NodeRow
from ecp.sim.scheduler.loop import NAME, SELECTING, STORAGE
from ecp.sim.scheduler.plugins import PLUGINS, Desk, Kind, News, Plugin, Why, largest_of
from ecp.sim.scheduler.queue import Entry, Queue, State
from ecp.sim.scheduler.templates import Template, Templates, size_of
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, ALL, DELETED

GATED_MESSAGE = "Scheduling is blocked due to non-empty scheduling gates"
_NOTE_LIMIT = 1024
_FEW_NODES = 100
_ENOUGH_TEMPLATES = 4096
# The real one takes pod after pod; of many that are due so many are tried in one instant, and for
# each of them (1 ms assumed; measured up to 5 ms on an idle control plane) it is not free then.
_A_CYCLE = 32
# While volumes are bound the real one looks once a second, for ten minutes.
_BIND_POLL = 1_000_000_000
_BIND_TIMEOUT = 600 * _BIND_POLL
_PRE_BIND = 'running PreBind plugin "VolumeBinding": binding volumes: '
_NEWS_OF = {
    PVCS: Kind.CLAIM,
    PVS: Kind.VOLUME,
    STORAGECLASSES: Kind.CLASS,
    CSINODES: Kind.CSI_NODE,
}
_A_POD_TAKES = 1_000_000
_FULL_CYCLE = _A_CYCLE * _A_POD_TAKES

_FILTERS = tuple(plugin for plugin in PLUGINS if plugin.ok is not None)
_SCORERS = tuple(plugin for plugin in PLUGINS if plugin.raw is not None)
_REJECTERS = tuple(plugin for plugin in PLUGINS if plugin.reject is not None)
_BY_NAME = {plugin.name: plugin for plugin in PLUGINS}
_STIRRED_BY_TAINTS = frozenset((
    "NodeAffinity", "NodePorts", "NodeResourcesFit", "VolumeRestrictions", "VolumeBinding",
    "VolumeZone", "InterPodAffinity",
))  # fmt: skip
"""Who waits for a new node is tried again whenever the taints of any node move, a cordon included.
Source: pkg/scheduler/scheduler.go (buildQueueingHintMap)."""


def _taints_moved(news: News) -> bool:
    """Whether a node's taints changed, or it was uncordoned. Source: framework/events.go."""
    if news.kind is not Kind.NODE_CHANGED or news.new is None or news.old is None:
        return False
    new, old = news.new["spec"], news.old["spec"]
    uncordoned = bool(old.get("unschedulable")) and not new.get("unschedulable")
    return uncordoned or (new.get("taints") or []) != (old.get("taints") or [])


class Verdict(NamedTuple):
    """Why no node will do: the message, and the plug-ins that said so; who makes room, if any."""

    message: str
    rejectors: tuple[str, ...]
    victims: preemption.Victims | None = None


class Nomination(NamedTuple):
    """A node on which room is made for a pod that waits."""

    node: str
    template: Template


class Waiting(NamedTuple):
    """A pod with a node whose volumes are being bound since an instant (ns)."""

    entry: Entry
    node: str
    since: int
    binding: volumes.Binding

    def awaited(self) -> list[Key]:
        """Return the claims that are waited for."""
        return [*(key for _, key in self.binding.volumes), *self.binding.claims]

    def look_after(self, at: int) -> int:
        """Return when the pod is looked at next, not before *at*."""
        passed = max(at - self.since, 1)
        return self.since - -passed // _BIND_POLL * _BIND_POLL

    def plain(self, look: int | None) -> list[Any]:
        pairs = [[name, *key] for name, key in self.binding.volumes]
        claims = [list(key) for key in self.binding.claims]
        return [list(self.entry.key), self.entry.uid, self.node, self.since, pairs, claims, look]


@dataclass(frozen=True, slots=True)
class Score:
    """One plug-in's opinion of one node: `normalised` is 0…100, `weighted` counts."""

    plugin: str
    raw: int
    normalised: int
    weighted: int


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """What became of one node: turned down by `plugin` for `reasons`, or scored."""

    node: str
    plugin: str | None = None
    reasons: tuple[str, ...] = ()
    curable: bool = False
    scores: tuple[Score, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pod is pending, or why it would go where it goes. `message` is empty when it fits."""

    message: str
    nodes: tuple[NodeVerdict, ...]
    best: tuple[str, ...]


def enough_nodes(n: int) -> int:
    """Return how many feasible nodes are looked for among *n* before scoring begins.

    Source: schedule_one.go numFeasibleNodesToFind.
    """
    if n < _FEW_NODES:
        return n
    return max(n * max(50 - n // 125, 5) // 100, _FEW_NODES)


def counted(reasons: Mapping[str, int]) -> str:
    """Write reasons with their counts, in the order of the texts ("10 x" before "2 y")."""
    return ", ".join(sorted(f"{n} {reason}" for reason, n in reasons.items()))


def failure_message(
    whys: Iterable[Why], policy: str = "PreemptLowerPriority", tail: str | None = None
) -> str:
    """Return the FailedScheduling message for one Why a node.

    Dynamic resource claims and preemption speak last, with *tail* ("" = nothing, victims were
    found); None: every curable node counts as one where no victim was found.
    """
    reasons: Tally[str] = Tally()
    curable = n = 0
    for why in whys:
        n += 1
        curable += why.curable
        reasons.update(why.reasons)
    head = f"0/{n} nodes are available: {counted(reasons)}."
    if tail is None:
        if policy == "Never":
            tail = preemption.NEVER
        else:
            found = preemption.tail(n, [(preemption.NO_VICTIMS,)] * curable)
            tail = f"0/{n} nodes are available: {counted(found)}."
    return f"{head} no new claims to deallocate, preemption: {tail}" if tail else head


NO_STATUS: Mapping[str, Any] = {}
_OVER = ("Succeeded", "Failed")


def _wanted(pod: Obj) -> bool:
    """True for a pod that waits for this scheduler."""
    spec = pod["spec"]
    return (
        not spec.get("nodeName")
        and spec.get("schedulerName") in (None, "", NAME)
        and not pod["metadata"].get("deletionTimestamp")
        and not _over(pod)
    )


def _over(pod: Obj) -> bool:
    return (pod.get("status") or NO_STATUS).get("phase") in _OVER


def _queue_fields(pod: Obj) -> tuple[Any, ...]:
    return pod["spec"], pod["metadata"].get("labels")


class Scheduler:
    """Queue and board together. `start` is where the next search for nodes begins."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._templates = Templates()
        self._board = Board()
        self._queue = Queue()
        self._start = 0
        self._free_at = 0
        self.built = False  # until `rebuild` has read the store
        self._laid_out = False
        self._selectors_version = 0
        self._services = Services()
        # Pods bound by this scheduler whose binding has not come back as a change.
        self._assumed: dict[Key, Entry] = {}
        # What a template was told last, while nothing has changed since.
        self._told: dict[Template, tuple[int, int, Verdict]] = {}
        self._restored: dict[Key, list[Any]] = {}
        # Waiting pods for which room is being made.
        self._nominated: dict[Key, Nomination] = {}
        # Pods whose volumes are being bound, and what they are about to get.
        self._binding: dict[Key, Waiting] = {}
        self._assumed_volumes = volumes.Assumed({}, {})
        # By claim who waits for it, and when those are looked at for whom something has changed.
        self._claimants: dict[Key, dict[Key, None]] = {}
        self._looks: dict[Key, int] = {}
        self._kept_binding: list[list[Any]] = []

    # -- changes come in ----------------------------------------------------------------------

    def observe(self, change: Change) -> bool:
        """Take in one change; True = some pod may be due, call `cycle`."""
        resource = change.resource
        if resource == PODS:
            pod = change.object
            if (
                change.reach != ALL
                and "nodeName" in pod["spec"]
                and pod["status"].get("phase") not in _OVER
                and "deletionTimestamp" not in pod["metadata"]
            ):
                return False  # a kubelet's status: most changes are
            return self._pod(change)
        if resource == NODES:
            return self._node(change)
        if resource in SELECTING:
            self._selectors(change)
        elif resource in STORAGE:
            self._board.version += 1
            waits = self._look_for(change)
            if change.type == DELETED:
                return waits
            news = News(_NEWS_OF[resource], change.object, change.old)
            return self._news(news) or waits
        elif resource == NAMESPACES:
            self._namespace(change)
        return False

    def _pod(self, change: Change) -> bool:
        pod, old, key = change.object, change.old, change.key
        spec, meta = pod["spec"], pod["metadata"]
        node = spec.get("nodeName")
        if node or change.type == DELETED or _over(pod):
            self._nominated.pop(key, None)
        if change.type == DELETED or _over(pod):
            self._queue.drop(key)
            self._assumed.pop(key, None)
            self._no_longer_binds(key)
            self._board.lift(key)
            stood = node and (change.type == DELETED or old is not None) and not _over(old or pod)
            return bool(stood) and self._tell(Kind.POD_GONE, pod)
        if not node:
            return self._waiting(change)
        self._queue.drop(key)
        self._no_longer_binds(key)
        record = self._board.records.get(key)
        if old is None or not old["spec"].get("nodeName"):
            assumed = self._assumed.pop(key, None)
            if record is None or record.node != node or assumed is None:
                self._stand(key, pod, node)
            return self._tell(Kind.POD_PLACED, pod)
        if record is not None and record.live and meta.get("deletionTimestamp"):
            self._board.fade(key)
        if _queue_fields(pod) == _queue_fields(old):
            return False
        self._stand(key, pod, node)
        moved = self._tell(Kind.POD_RELABELLED, pod, old)
        if size_of(pod["spec"]) != size_of(old["spec"]):
            moved = self._tell(Kind.POD_GONE, old) or moved
        return moved

    def _stand(self, key: Key, pod: Obj, node: str) -> None:
        """Put a pod on the board, or put it there anew with other fields."""
        self._board.lift(key)
        live = not pod["metadata"].get("deletionTimestamp")
        self._board.place(key, self._templates.of(pod), node, live)

    def _tell(self, kind: Kind, pod: Obj, before: Obj | None = None) -> bool:
        """Spread the news about a placed pod."""
        if not self._queue.stuck:
            return bool(self._queue.ready)
        earlier = self._templates.of(before) if before is not None else None
        return self._news(News(kind, template=self._templates.of(pod), before=earlier))

    def _waiting(self, change: Change) -> bool:
        pod, old, key = change.object, change.old, change.key
        entry = self._queue.get(key)
        waiting = self._binding.get(key)
        if waiting is not None:
            if _wanted(pod) and pod["metadata"]["uid"] == waiting.entry.uid:
                waiting.entry.pod = pod
                return False
            self._no_longer_binds(key)
            self._board.lift(key)
        if not _wanted(pod):
            if entry is not None:
                self._queue.drop(key)
            return False
        if entry is None or entry.uid != pod["metadata"]["uid"]:
            self._enqueue(key, pod, change.at)
            return True
        entry.pod = pod
        self._nominate(entry)
        if old is None:  # the board was built with this change already in the store
            entry.since = change.at
            self._queue.add(entry)
            return True
        if _queue_fields(old) == _queue_fields(pod):
            return False
        entry.template = self._templates.of(pod)
        entry.priority = pod["spec"].get("priority") or 0
        if entry.state is State.GATED and pod["spec"].get("schedulingGates"):
            return False
        # Its own change may be all it needed.
        self._queue.move(entry)
        return True

    def _enqueue(self, key: Key, pod: Obj, since: int) -> Entry:
        entry = self._queue.new(key, pod, self._templates.of(pod), since)
        self._nominate(entry)
        return entry

    def _nominate(self, entry: Entry) -> None:
        """Keep in mind for which node a waiting pod is nominated, as its status says."""
        node = (entry.pod.get("status") or NO_STATUS).get("nominatedNodeName")
        if node:
            self._nominated[entry.key] = Nomination(node, entry.template)
        else:
            self._nominated.pop(entry.key, None)

    def _node(self, change: Change) -> bool:
        node, old = change.object, change.old
        if change.type == ADDED:
            self._laid_out = False
            return self._news(News(Kind.NODE_ADDED, new=node))
        if change.type == DELETED:
            self._laid_out = False
            for key, one in self._binding.items():
                if one.node == change.key[1]:
                    self._looks[key] = one.look_after(change.at)
            return self._news(News(Kind.NODE_CHANGED, old=node)) or bool(self._looks)
        assert old is not None
        labels_changed = node["metadata"].get("labels") != old["metadata"].get("labels")
        if labels_changed:
            self._laid_out = False
        elif not _differs(node, old, ("spec",)) and not _differs(
            node.get("status") or {}, old.get("status") or {}, ("allocatable", "capacity", "images")
        ):
            return False
        elif self._laid_out:
            self._board.node_changed(node)
        return self._news(News(Kind.NODE_CHANGED, new=node, old=old))

    def _desk(self, read: Reader) -> Desk:
        version, assumed = self._selectors_version, self._assumed_volumes
        return Desk(self._board, read, version, self._services, assumed)

    def _selectors(self, change: Change) -> None:
        if change.resource == SERVICES:
            now = None if change.type == DELETED else change.object
            self._services.follow(change.key[0], change.old, now)
            new = change.object["spec"].get("selector") if change.type != DELETED else None
            old = change.old["spec"].get("selector") if change.old is not None else None
            if new == old:
                return
        elif change.type != DELETED and change.old is not None:
            return
        self._selectors_version += 1

    def _namespace(self, change: Change) -> None:
        name = change.key[1]
        labels = change.object["metadata"].get("labels") or NO_LABELS
        before = self._board.namespaces.get(name, NO_LABELS)
        if change.type == DELETED:
            self._board.namespaces.pop(name, None)
            return
        self._board.namespaces[name] = labels
        if labels != before and self._templates.choose_namespaces:
            self._laid_out = False

    def _news(self, news: News) -> bool:
        """Move the stuck pods that *news* may help; True when some pod is ready."""
        stuck = self._queue.stuck
        if stuck and self.built:
            known: dict[tuple[Template, tuple[str, ...]], bool] = {}
            for entry in list(stuck.values()):
                if entry.state is not State.UNSCHEDULABLE:
                    continue
                about = (entry.template, entry.rejectors)
                helped = known.get(about)
                if helped is None:
                    helped = known[about] = self._helped(*about, news)
                if helped:
                    self._queue.move(entry)
        return bool(self._queue.ready)

    def _helped(self, template: Template, rejectors: tuple[str, ...], news: News) -> bool:
        if not rejectors:  # there were no nodes at all
            return news.kind is Kind.NODE_ADDED
        if _taints_moved(news) and not _STIRRED_BY_TAINTS.isdisjoint(rejectors):
            return True
        return any(
            plugin.helps is not None and plugin.helps(self._board, template, news)
            for plugin in map(_BY_NAME.__getitem__, rejectors)
        )

    # -- (re)building -------------------------------------------------------------------------

    def rebuild(self, read: Reader) -> None:
        """Derive everything but the queue's memory from the store."""
        before = {entry.key: entry.plain() for entry in self._queue}
        before.update(self._restored)
        self._restored = {}
        binding = {
            (row[0][0], row[0][1]): row for row in [*self._plain_binding(), *self._kept_binding]
        }
        self._kept_binding = []
        self._binding, self._claimants, self._looks = {}, {}, {}
        self._assumed_volumes = volumes.Assumed({}, {})
        sequence = self._queue.sequence
        self._templates = Templates()
        self._board = board = Board()
        self._queue = queue = Queue()
        queue.sequence = sequence
        self._assumed = {}
        self._told = {}
        self._nominated = {}
        board.namespaces = {
            one["metadata"]["name"]: one["metadata"].get("labels") or NO_LABELS
            for one in read.list(NAMESPACES)
        }
        waiting = []
        for pod in read.list(PODS):
            meta = pod["metadata"]
            key = (meta["namespace"], meta["name"])
            node = pod["spec"].get("nodeName")
            if node and not _over(pod):
                live = not meta.get("deletionTimestamp")
                board.place(key, self._templates.of(pod), node, live)
            elif _wanted(pod):
                waiting.append((key, pod))
        for key, pod in waiting:
            entry = self._enqueue(key, pod, nanoseconds(pod["metadata"]["creationTimestamp"]))
            row = before.get(key)
            if row is not None and row[1] == entry.uid:
                entry.recall(row)
                queue.add(entry)
        for key, kept in binding.items():  # in the order in which they began
            waits = queue.get(key)
            if waits is not None and kept[1] == waits.uid:
                pairs = tuple((name, (ns, claim)) for name, ns, claim in kept[4])
                claims = tuple((ns, claim) for ns, claim in kept[5])
                self._begin_binding(waits, kept[2], kept[3], volumes.Binding(pairs, claims))
                if kept[6] is not None:
                    self._looks[key] = kept[6]
        self.built = True
        self._lay_out(read)

    def _lay_out(self, read: Reader) -> None:
        used = [entry.template for entry in self._queue]
        self._templates.keep([*self._board.placed_templates(), *used])
        self._board.lay_out(read.list(NODES))
        self._told = {}
        self._laid_out = True

    def snapshot(self) -> dict[str, Any]:
        """Return the queue's memory as plain data; all else is derived from the store."""
        state = self._queue.snapshot()
        if self._restored:
            state["entries"] += list(self._restored.values())
        state["start"] = self._start
        state["free_at"] = self._free_at
        binding = [*self._plain_binding(), *self._kept_binding]
        if binding:
            state["binding"] = binding
        return state

    def _plain_binding(self) -> list[list[Any]]:
        return [one.plain(self._looks.get(key)) for key, one in self._binding.items()]

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over the queue's memory; `rebuild` must follow before anything else."""
        self.built = self._laid_out = False
        self._queue = Queue()
        self._queue.sequence = state["sequence"]
        self._start = state["start"]
        self._free_at = state.get("free_at", 0)
        self._binding, self._claimants, self._looks = {}, {}, {}
        self._kept_binding = [list(row) for row in state.get("binding", ())]
        self._restored = {(row[0][0], row[0][1]): row for row in state["entries"]}

    # -- the cycle ----------------------------------------------------------------------------

    def cycle(self, now: int, read: Reader) -> Plan:
        """Schedule the pods that are due at *now* (ns); call again at the plan's `wake_at`."""
        if not self.built:
            self.rebuild(read)
        elif not self._laid_out or len(self._templates) > _ENOUGH_TEMPLATES + 2 * len(
            self._board.records
        ):
            self._lay_out(read)
        if now < self._free_at:
            return Plan((), (), self._free_at)
        actions: list[Action] = []
        events: list[EventNote] = []
        desk = self._desk(read)
        bound_at = self._bound_by_now(now, read, actions, events)
        going: set[Key] = set()  # told to make room in this very cycle
        for entry in self._queue.due(now, _A_CYCLE):
            if entry.pod["spec"].get("schedulingGates"):
                entry.state = State.GATED
                self._queue.add(entry)
                update = _told_status(entry.pod, now, "SchedulingGated", GATED_MESSAGE)
                if update is not None:
                    actions.append(update)
                continue
            node = self._choose(desk, entry)
            if isinstance(node, str) and entry.template.claims:
                labels = self._board.nodes[self._board.slots[node]].labels
                binding = volumes.binding_at(entry.template, node, labels, read, desk.assumed)
                if binding is not None:
                    self._begin_binding(entry, node, now, binding)
                    status = {**(entry.pod.get("status") or {}), "nominatedNodeName": node}
                    actions.append(Update(PODS, {**entry.pod, "status": status}, "status"))
                    actions += volumes.wishes(binding, node, read)
                    continue
            if isinstance(node, str):
                self._queue.drop(entry.key)
                self._nominated.pop(entry.key, None)
                self._board.place(entry.key, entry.template, node)
                self._assumed[entry.key] = entry
                actions.append(Bind(entry.key, node))
                namespace, name = entry.key
                message = f"Successfully assigned {namespace}/{name} to {node}"
                events.append(EventNote(entry.pod, "Normal", "Scheduled", message))
                continue
            regarding = _as_seen(entry, now)
            entry.state = State.UNSCHEDULABLE
            entry.rejectors = node.rejectors
            entry.tries += 1
            entry.since = now
            self._queue.add(entry)
            note = node.message
            if len(note) > _NOTE_LIMIT:
                note = note[: _NOTE_LIMIT - 4] + " ..."
            events.append(EventNote(regarding, "Warning", "FailedScheduling", note))
            nominated = None if node.victims is None else node.victims.node
            update = _told_status(entry.pod, now, "Unschedulable", node.message, nominated)
            if update is not None:
                actions.append(update)
            if node.victims is not None:
                actions += self._unseat(entry, node.victims.node)
                self._nominated[entry.key] = Nomination(node.victims.node, entry.template)
                evictions, notes = preemption.evict(node.victims, entry.pod, now, going)
                actions += evictions
                events += notes
        if self._queue.ready:
            self._free_at = now + _FULL_CYCLE
            return Plan(tuple(actions), tuple(events), self._free_at)
        wakes = [at for at in (self._queue.wake_at(), bound_at) if at is not None]
        first = next(iter(self._binding.values()), None)
        if first is not None:
            wakes.append(first.since + _BIND_TIMEOUT)
        return Plan(tuple(actions), tuple(events), min(wakes, default=None))

    # -- binding volumes ----------------------------------------------------------------------

    def _begin_binding(self, entry: Entry, node: str, since: int, binding: volumes.Binding) -> None:
        """Keep a pod's place on its node until its volumes are bound."""
        self._queue.drop(entry.key)
        self._nominated.pop(entry.key, None)
        self._board.place(entry.key, entry.template, node)
        self._binding[entry.key] = Waiting(entry, node, since, binding)
        self._assumed_volumes.volumes.update(binding.volumes)
        self._assumed_volumes.claims.update(dict.fromkeys(binding.claims, node))
        for key in self._binding[entry.key].awaited():
            self._claimants.setdefault(key, {})[entry.key] = None

    def _no_longer_binds(self, key: Key) -> Waiting | None:
        waiting = self._binding.pop(key, None)
        if waiting is None:
            return None
        self._looks.pop(key, None)
        for claim in waiting.awaited():
            pods = self._claimants[claim]
            pods.pop(key, None)
            if not pods:
                del self._claimants[claim]
                self._assumed_volumes.claims.pop(claim, None)
        for name, claim in waiting.binding.volumes:
            if claim not in self._claimants:
                self._assumed_volumes.volumes.pop(name, None)
        return waiting

    def _look_for(self, change: Change) -> bool:
        """Note who waits for what has changed; True = somebody does."""
        if not self._binding or change.resource not in (PVCS, PVS):
            return False
        key = change.key
        if change.resource == PVS:
            ref = change.object["spec"].get("claimRef") or {}
            key = (ref.get("namespace", ""), ref.get("name", ""))
            owner = self._assumed_volumes.volumes.get(change.key[1])
            key = owner if owner is not None else key
        for pod in self._claimants.get(key, ()):
            self._looks[pod] = self._binding[pod].look_after(change.at)
        return key in self._claimants

    def _bound_by_now(
        self, now: int, read: Reader, actions: list[Action], events: list[EventNote]
    ) -> int | None:
        """Bind the pods whose volumes are; return when the next of them is looked at.

        Source: volumebinding/binder.go `BindPodVolumes`: once a second from the first write on.
        """
        for key, one in list(self._binding.items()):
            if now < one.since + _BIND_TIMEOUT:
                break  # they stand in the order in which they began
            self._looks[key] = now
        due = {key for key, look in self._looks.items() if look <= now}
        for key in [key for key in self._binding if key in due] if due else ():
            del self._looks[key]
            one = self._binding[key]
            slot = self._board.slots.get(one.node)
            if slot is None:
                said: str | None = f'failed to get node "{one.node}": node "{one.node}" not found'
            else:
                labels = self._board.nodes[slot].labels
                said = volumes.progress(one.binding, one.node, labels, read)
            if said is None:
                if now < one.since + _BIND_TIMEOUT:
                    continue
                said = "context deadline exceeded"
            self._no_longer_binds(key)
            if said:
                self._board.lift(key)
                self._failed_to_bind(one.entry, now, f"{_PRE_BIND}{said}", actions, events)
                continue
            self._assumed[key] = one.entry
            actions.append(Bind(key, one.node))
            message = f"Successfully assigned {key[0]}/{key[1]} to {one.node}"
            events.append(EventNote(one.entry.pod, "Normal", "Scheduled", message))
        return min(self._looks.values(), default=None)

    def _failed_to_bind(
        self, entry: Entry, now: int, message: str, actions: list[Action], events: list[EventNote]
    ) -> None:
        """The volumes of a pod were not bound: it waits for its back-off and another node."""
        entry.state, entry.since = State.ERROR, now
        entry.tries += 1
        self._queue.add(entry)
        pod = entry.pod
        status = {k: v for k, v in (pod.get("status") or {}).items() if k != "nominatedNodeName"}
        events.append(EventNote(pod, "Warning", "FailedScheduling", message))
        update = _told_status({**pod, "status": status}, now, "SchedulerError", message)
        if update is not None:
            actions.append(update)

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """One action of a plan was refused and the rest dropped: take back what was assumed.

        The pod of a refused Bind waits for its back-off and that of a refused status for a change;
        whoever else that plan was about is tried again at once.
        """
        blamed = _pod_of(action)
        back = list(self._assumed.values())
        self._assumed = {}
        # What was asked for them may have been dropped.
        begun = [key for key, one in self._binding.items() if one.since == now]
        back += [one.entry for one in map(self._no_longer_binds, begun) if one is not None]
        told = [
            entry
            for entry in self._queue.stuck.values()
            if entry.state is State.UNSCHEDULABLE and entry.since == now and entry.key != blamed
        ]
        for entry in told:
            entry.tries -= 1
            self._queue.move(entry)
        for entry in back:
            self._board.lift(entry.key)
            entry.state = State.ACTIVE
            if entry.key == blamed:
                entry.state, entry.since = State.ERROR, now
                entry.tries += 1
            pod = read.get(PODS, *entry.key)
            if pod is not None and _wanted(pod):
                entry.pod = pod
                self._queue.add(entry)
        self._nominated = {}
        for entry in self._queue:
            self._nominate(entry)
        self._free_at = now
        return self.cycle(now, read)

    def _choose(self, desk: Desk, entry: Entry) -> str | Verdict:
        """Return the best node for a pod, or why there is none."""
        template, board = entry.template, desk.board
        nodes = board.nodes
        n = len(nodes)
        if not n:
            return Verdict("no nodes available to schedule pods", ())
        for plugin in _REJECTERS:
            assert plugin.reject is not None
            reason = plugin.reject(desk, template, entry.pod)
            if reason is not None:
                # Nothing was computed for dynamic resources yet: their plug-in finds no state.
                message = f"0/{n} nodes are available: {reason}. not found"
                return Verdict(message, (plugin.name,))
        told = self._told.get(template)
        if told is not None and told[:2] == (board.version, self._selectors_version):
            return told[2]
        ok: Bools | None = None
        for plugin in _FILTERS:
            assert plugin.ok is not None
            passes = plugin.ok(desk, template)
            if passes is not None:
                ok = passes if ok is None else ok & passes
        if template.only is not None:
            allowed = np.array([row.name in template.only for row in nodes], dtype=np.bool_)
            ok = allowed if ok is None else ok & allowed
        if self._nominated:
            ok = self._beside_nominated(desk, entry, np.ones(n, np.bool_) if ok is None else ok)
            own = self._nominated.get(entry.key)
            if own is not None and own.node in board.slots and ok[board.slots[own.node]]:
                return own.node
        field = self._sample(ok, n, template)
        if not field.size:
            verdict = self._verdict(desk, entry)
            if verdict.victims is None:
                # Asking brought up counters, not changes; the version is what it was, unless a
                # dry run moved pods.
                self._told[template] = (board.version, self._selectors_version, verdict)
            return verdict
        slots = field.slots
        if field.size == 1:
            return nodes[0 if slots is None else int(slots[0])].name
        total: Ints | None = None
        for plugin in _SCORERS:
            assert plugin.raw is not None
            raw = plugin.raw(desk, template, field)
            if raw is None:
                continue
            normalised = raw if plugin.normal is None else plugin.normal(desk, template, field, raw)
            if plugin.weight != 1:
                normalised = normalised * plugin.weight
            total = normalised if total is None else total + normalised
        assert total is not None
        best = (total == largest_of(total)).nonzero()[0]
        if slots is not None:
            best = slots[best]
        return nodes[int(best[0]) if len(best) == 1 else self._drawn(best, nodes, entry)].name

    def _drawn(self, best: Ints, nodes: Sequence[NodeRow], entry: Entry) -> int:
        """Return the slot of one of several nodes that are equally good."""
        return int(best[self._chance.below(len(best), f"tie/{entry.uid}", entry.tries)])

    def _sample(self, ok: Bools | None, n: int, template: Template) -> Field:
        """Return the feasible nodes to score; moves the start of the next search.

        From 100 nodes on only part of the feasible nodes is looked for, going on from where the
        last search ended.
        """
        among = n if template.only is None else len(template.only)
        enough = enough_nodes(among)
        if among == n and enough >= n:
            return self._board.field(ok)
        feasible = np.arange(n) if ok is None else ok.nonzero()[0]
        start = self._start % n
        split = int(np.searchsorted(feasible, start))
        chosen = np.concatenate((feasible[split:], feasible[:split]))
        if chosen.size > enough:
            chosen = chosen[:enough]
            self._start = (start + (int(chosen[-1]) - start) % n + 1) % n
        elif among != n:
            self._start = (start + among) % n
        return Field(chosen, n)

    def _verdict(self, desk: Desk, entry: Entry) -> Verdict:
        """Say why no node will do, and who could make room."""
        template = entry.template
        whys = self._whys(desk, template)
        for slot, rivals in self._rivals(entry).items():
            if whys[slot][0] is None:
                whys[slot] = self._why_beside(desk, template, slot, rivals)
        found = dict.fromkeys(plugin for plugin, _ in whys if plugin is not None)
        rejectors = tuple(plugin.name for plugin in PLUGINS if plugin.name in found)
        reasons = [why for _, why in whys if why]
        policy = template.preemption_policy
        if policy == "Never" or not self._board.has_below(template.priority):
            return Verdict(failure_message(reasons, policy), rejectors)
        victims = self._victims(desk, entry, [why for _, why in whys])
        if isinstance(victims, str):
            return Verdict(failure_message(reasons, policy, victims), rejectors)
        return Verdict(failure_message(reasons, policy, ""), rejectors, victims)

    # -- making room --------------------------------------------------------------------------

    def _rivals(self, entry: Entry) -> dict[int, list[tuple[Key, Nomination]]]:
        """Return per slot the others nominated for it that are no less important than *entry*."""
        found: dict[int, list[tuple[Key, Nomination]]] = {}
        for key, one in self._nominated.items():
            slot = self._board.slots.get(one.node)
            if slot is None or key == entry.key or one.template.priority < entry.priority:
                continue
            found.setdefault(slot, []).append((key, one))
        return found

    def _beside_nominated(self, desk: Desk, entry: Entry, ok: Bools) -> Bools:
        """Return *ok* where the pod also fits beside those for which room is being made."""
        ok = ok.copy()
        for slot, rivals in self._rivals(entry).items():
            if ok[slot]:
                ok[slot] = self._why_beside(desk, entry.template, slot, rivals)[0] is None
        return ok

    def _why_beside(
        self, desk: Desk, template: Template, slot: int, rivals: list[tuple[Key, Nomination]]
    ) -> tuple[str | None, Why | None]:
        """Say what turns the pod down on one node while *rivals* stand there too."""
        for key, one in rivals:
            self._board.place(key, one.template, one.node)
        try:
            return self._why_at(desk, template, slot)
        finally:
            for key, _ in rivals:
                self._board.lift(key)

    def _why_at(self, desk: Desk, template: Template, slot: int) -> tuple[str | None, Why | None]:
        for plugin in _FILTERS:
            assert plugin.ok is not None
            passes = plugin.ok(desk, template)
            if passes is not None and not passes[slot]:
                assert plugin.why is not None
                return plugin.name, plugin.why(desk, template)(slot)
        return None, None

    def _victims(
        self, desk: Desk, entry: Entry, whys: list[Why | None]
    ) -> preemption.Victims | str:
        """Return who is to make room for a pod, or what the message says of preemption."""
        board, read, n = self._board, desk.read, len(whys)
        own = self._nominated.get(entry.key)
        seat = None if own is None else board.slots.get(own.node)
        if own is not None and seat is not None:
            why = whys[seat]
            if why is not None and why.curable:
                standing = read.on_node(own.node)
                if preemption.is_going_for(standing, entry.priority):
                    return preemption.WAITING
        curable = [slot for slot, why in enumerate(whys) if why is not None and why.curable]
        enough = preemption.enough_candidates(len(curable))
        budgets = preemption.budgets(read)
        rivals = self._rivals(entry)
        candidates: list[preemption.Victims] = []
        refusals: list[tuple[str, ...]] = []
        harmless = 0
        first = 0
        if len(curable) > 1:
            first = self._chance.below(len(curable), f"preempt/{entry.uid}", entry.tries)
        for slot in (*curable[first:], *curable[:first]):
            node = board.nodes[slot].name

            def why_not(slot: int = slot) -> Why | None:
                _, why = self._why_at(desk, entry.template, slot)
                if why is None and slot in rivals:
                    _, why = self._why_beside(desk, entry.template, slot, rivals[slot])
                return why

            found = preemption.select_victims(
                board, node, read.on_node(node), entry.priority, budgets, why_not
            )
            if not isinstance(found, preemption.Victims):
                refusals.append(found)
                continue
            candidates.append(found)
            harmless += not found.violations
            if harmless and len(candidates) >= enough:
                break
        if not candidates:
            said = preemption.tail(n, refusals)
            return f"0/{n} nodes are available: {counted(said)}."
        best = preemption.cheapest(candidates)
        pick = 0
        if len(best) > 1:
            pick = self._chance.below(len(best), f"preempted/{entry.uid}", entry.tries)
        return best[pick]

    def _unseat(self, entry: Entry, node: str) -> list[Action]:
        """Take back the nominations of lesser pods for *node*: room is made for another."""
        actions: list[Action] = []
        for key, one in list(self._nominated.items()):
            other = self._queue.get(key)
            if one.node != node or key == entry.key or other is None:
                continue
            if one.template.priority < entry.priority:
                del self._nominated[key]
                status = {k: v for k, v in other.pod["status"].items() if k != "nominatedNodeName"}
                actions.append(Update(PODS, {**other.pod, "status": status}, "status"))
        return actions

    def _whys(self, desk: Desk, template: Template) -> list[tuple[str | None, Why | None]]:
        """Return per slot the first plug-in that turns the pod down, and why; None = it fits."""
        board = desk.board
        n = len(board.nodes)
        found: list[tuple[str | None, Why | None]] = [(None, None)] * n
        if template.only is not None:
            why = Why(("node(s) didn't satisfy plugin(s) [NodeAffinity]",), False)
            for slot, row in enumerate(board.nodes):
                if row.name not in template.only:
                    found[slot] = ("NodeAffinity", why)
        for plugin in _FILTERS:
            assert plugin.ok is not None
            passes = plugin.ok(desk, template)
            if passes is None:
                continue
            shut = [int(slot) for slot in np.flatnonzero(~passes) if found[slot][0] is None]
            if shut:
                assert plugin.why is not None
                why_not = plugin.why(desk, template)
                for slot in shut:
                    found[slot] = (plugin.name, why_not(slot))
        return found

    # -- explaining ---------------------------------------------------------------------------

    def explain(self, pod: Obj, read: Reader) -> Explanation:
        """Say for every node why it will not do, or how it scores, as things stand now.

        A pod that already has a node is judged as if it had not. Changes no state.
        """
        if not self.built:
            self.rebuild(read)
        elif not self._laid_out:
            self._lay_out(read)
        key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        record = self._board.lift(key)
        try:
            return self._explain(pod, read)
        finally:
            if record is not None:
                self._board.place(key, record.template, record.node, record.live)

    def _explain(self, pod: Obj, read: Reader) -> Explanation:
        desk = self._desk(read)
        template, nodes = self._templates.of(pod), self._board.nodes
        if not nodes:
            return Explanation("no nodes available to schedule pods", (), ())
        for plugin in _REJECTERS:
            assert plugin.reject is not None
            reason = plugin.reject(desk, template, pod)
            if reason is not None:
                message = f"0/{len(nodes)} nodes are available: {reason}. not found"
                turned_down = tuple(NodeVerdict(row.name, plugin.name, (reason,)) for row in nodes)
                return Explanation(message, turned_down, ())
        whys = self._whys(desk, template)
        at = np.array([slot for slot, (plugin, _) in enumerate(whys) if plugin is None], np.intp)
        field = Field(at, len(nodes))
        if not field.size:
            message = failure_message((why for _, why in whys if why), template.preemption_policy)
            rows = zip(nodes, whys, strict=True)
            return Explanation(
                message, tuple(_turned_down(row.name, *why) for row, why in rows), ()
            )
        scores = _scores(desk, template, field)
        verdicts_by_slot = {
            int(slot): NodeVerdict(
                nodes[int(slot)].name, scores=tuple(row), total=sum(one.weighted for one in row)
            )
            for slot, row in zip(at, scores, strict=True)
        }
        largest = max(verdict.total for verdict in verdicts_by_slot.values())
        return Explanation(
            "",
            tuple(
                verdicts_by_slot.get(slot) or _turned_down(row.name, *whys[slot])
                for slot, row in enumerate(nodes)
            ),
            tuple(v.node for v in verdicts_by_slot.values() if v.total == largest),
        )


def _pod_of(action: Action) -> Key | None:
    """Return the key of the pod that one of this scheduler's actions is about."""
    if isinstance(action, Bind):
        return action.key
    if isinstance(action, Update):
        meta = action.obj["metadata"]
        return meta["namespace"], meta["name"]
    return None


def _turned_down(node: str, plugin: str | None, why: Why | None) -> NodeVerdict:
    assert why is not None
    return NodeVerdict(node, plugin, why.reasons, why.curable)


def _scores(desk: Desk, template: Template, field: Field) -> list[list[Score]]:
    """Return per slot of *field* one Score a plug-in."""
    rows: list[list[Score]] = [[] for _ in range(field.size)]
    for plugin in _SCORERS:
        raw, normalised = _opinion(plugin, desk, template, field)
        for row, before, after in zip(rows, raw, normalised, strict=True):
            row.append(Score(plugin.name, before, after, after * plugin.weight))
    return rows


def _opinion(
    plugin: Plugin, desk: Desk, template: Template, field: Field
) -> tuple[list[int], list[int]]:
    """Return the raw and the normalised scores of the slots of *field*."""
    assert plugin.raw is not None
    raw = plugin.raw(desk, template, field)
    if raw is None:
        return [0] * field.size, [plugin.flat] * field.size
    normal = raw if plugin.normal is None else plugin.normal(desk, template, field, raw)
    return raw.tolist(), normal.tolist()


def _differs(new: Mapping[str, Any], old: Mapping[str, Any], fields: Iterable[str]) -> bool:
    return any(new.get(field) != old.get(field) for field in fields)


def _as_seen(entry: Entry, now: int) -> Obj:
    """Return the pod as the scheduler knows it at the end of an attempt.

    Source: schedule_one.go `handleSchedulingFailure`: the Event is about the pod in the informer's
    cache, and the condition is written after it. What came before that condition lets the pod try
    again at once, and the second attempt ends before the condition is seen: both Events are about
    one version.
    """
    pod, seen = entry.pod, entry.seen
    # With more to do than one cycle takes up it comes back later, and the condition is seen.
    if seen in ("", pod["metadata"].get("resourceVersion")) or now >= entry.since + _FULL_CYCLE:
        return pod
    return {**pod, "metadata": {**pod["metadata"], "resourceVersion": seen}}


def _told_status(
    pod: Obj, now: int, reason: str, message: str, nominated: str | None = None
) -> Update | None:
    """Return the status update that says PodScheduled=False, or None where it says so already.

    *nominated* is the node on which room is being made; None leaves what was said of that.
    """
    status = pod.get("status") or {}
    conditions: list[dict[str, Any]] = status.get("conditions") or []
    old = next((one for one in conditions if one["type"] == "PodScheduled"), None)
    condition: dict[str, Any] = {
        "type": "PodScheduled",
        "status": "False",
        "reason": reason,
        "message": message,
        "lastProbeTime": None,
        "lastTransitionTime": rfc3339(now),
    }
    generation = pod["metadata"].get("generation")
    if generation:
        condition["observedGeneration"] = generation
    if old is not None and old["status"] == "False":
        condition["lastTransitionTime"] = old.get("lastTransitionTime")
    if nominated is not None:
        status = {**status, "nominatedNodeName": nominated}
    elif old == condition:
        return None
    if old is None:
        conditions = [*conditions, condition]
    else:
        conditions = [condition if one is old else one for one in conditions]
    return Update(PODS, {**pod, "status": {**status, "conditions": conditions}}, "status")
