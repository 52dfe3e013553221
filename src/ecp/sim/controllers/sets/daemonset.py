"""The DaemonSet controller: a pod on each node that fits, and new ones in the place of old ones.

Source: kubernetes pkg/controller/daemon/{daemon_controller,update}.go and
daemon/util/daemonset_util.go (1.36). Nodes are walked in the order of their creation, where the
real controller takes them in no order. The hash of a template is not Go's (ecp.kube.pods).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count as count_from
from typing import Any, NamedTuple

from ecp.kube.kinds import CONTROLLERREVISIONS, DAEMONSETS, NODES, PODS
from ecp.kube.nodes import tolerates, wish_of
from ecp.kube.pods import (
    available_at,
    is_available,
    is_ready,
    is_terminal,
    owner_reference,
    pod_template_hash,
)
from ecp.kube.selectors import from_object
from ecp.sim.controllers.sets import history
from ecp.sim.controllers.sets.steps import ALWAYS, Retries, Step
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
    of_owned,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED, STATUS

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

BURST = 250
"""Pods created, and pods deleted, in one sync at most."""

DELAY = 23 * MILLISECOND
"""From a change to the sync (ns). Source: between a pod that goes and the next one on its node, a
recorded 1.36 control plane takes 20 ms in the median (quartiles 13, 50)."""

BACKOFF_LEAST, BACKOFF_MOST = 1 * SECOND, 900 * SECOND
"""How long a failed pod of a node may have to wait until it is replaced (ns)."""

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_GENERATION_LABEL = "pod-template-generation"
# A generated name is cut so that its five random characters fit a label value.
_PREFIX = 58
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


# -- the pod of a node ----------------------------------------------------------------------------

_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_TOLERATED_ON_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


def tolerations(spec: Obj) -> list[Obj]:
    """Return the tolerations of a pod of a DaemonSet: those given, and those all of them get."""
    found = list(spec.get("tolerations") or ())
    wanted = [*_TOLERATED, *([_TOLERATED_ON_HOST_NETWORK] if spec.get("hostNetwork") else ())]
    for key, effect in wanted:
        one = {"key": key, "operator": "Exists", "effect": effect}
        at = next((n for n, old in enumerate(found) if _is_like(old, one)), None)
        if at is None:
            found.append(one)
        else:
            found[at] = one
    return found


def _is_like(one: Obj, other: Obj) -> bool:
    fields = ("key", "operator", "effect", "value")
    return all((one.get(field) or "") == (other.get(field) or "") for field in fields)


def _bound_to(affinity: Obj | None, node: str) -> Obj:
    """Return *affinity* with no other required terms of nodes than the name of one."""
    terms = [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]},
    ]
    of_nodes = (affinity or {}).get("nodeAffinity") or {}
    required = {**(of_nodes.get(_REQUIRED) or {}), "nodeSelectorTerms": terms}
    return {**(affinity or {}), "nodeAffinity": {**of_nodes, _REQUIRED: required}}


def target_of(pod: Obj) -> str | None:
    """Return the node that a pod of a DaemonSet runs on or is meant for."""
    spec = pod["spec"]
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    of_nodes = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    for term in (of_nodes.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field["key"] == "metadata.name" and field["operator"] == "In":
                values: Sequence[str] = field.get("values") or ()
                return values[0] if len(values) == 1 else None
    return None


class _Fit:
    """On which nodes the pods of a DaemonSet should be, and where they may stay.

    What was found of a node holds until its labels or spec are others.
    """

    def __init__(self, ds: Obj) -> None:
        spec = self.spec = ds["spec"]["template"]["spec"]
        self._known: dict[str, tuple[Any, Any, tuple[bool, bool]]] = {}
        self.node_name = spec.get("nodeName") or ""
        self.wish = wish_of(spec)
        self.tolerations = tolerations(spec)

    def of(self, nodes: Iterable[Obj]) -> dict[str, tuple[bool, bool]]:
        """Return the same by name for all *nodes*, of which most are as they were."""
        before, found = self._known, {}
        self._known = {}
        for node in nodes:
            name, labels = node["metadata"]["name"], node["metadata"].get("labels")
            spec = node.get("spec")
            known = before.get(name)
            if known is None or known[0] is not labels or known[1] is not spec:
                known = (labels, spec, self(node))
            self._known[name] = known
            found[name] = known[2]
        return found

    def __call__(self, node: Obj) -> tuple[bool, bool]:
        """Return (should run, may go on running)."""
        meta = node["metadata"]
        if self.node_name not in ("", meta["name"]):
            return False, False
        if not self.wish.admits(meta["name"], meta.get("labels") or {}):
            return False, False
        effects = {
            taint["effect"]: True
            for taint in node.get("spec", {}).get("taints") or ()
            if not tolerates(self.tolerations, taint)
        }
        stays = "NoExecute" not in effects
        return stays and "NoSchedule" not in effects, stays


_NEW = "~"
"""Sorts after every time stamp."""


def _age(pod: Obj) -> tuple[bool, str, str]:
    """Bound pods before others, then older ones. RFC 3339 in whole seconds sorts as text."""
    meta = pod["metadata"]
    return not pod["spec"].get("nodeName"), meta.get("creationTimestamp", _NEW), meta["name"]


def _going(pod: Obj) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _name(pod: Obj) -> str:
    return str(pod["metadata"]["name"])


def _hash_of(obj: Obj) -> str:
    return str((obj["metadata"].get("labels") or {}).get(history.HASH, ""))


def _scaled(value: int | str | None, of: int) -> int:
    """Return an amount, or a percentage of *of*, rounded up."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    return -(-int(value.removesuffix("%")) * of // 100)


# -- failed pods ----------------------------------------------------------------------------------


class _Wait(NamedTuple):
    """How long the next failed pod of a node waits after `since`, and until when this one does."""

    delay: int
    since: int
    due: int | None = None


class Backoff:
    """When failed pods are replaced. Source: client-go util/flowcontrol/backoff.go."""

    def __init__(self) -> None:
        self._waits: dict[tuple[str, int, str], _Wait] = {}

    def due(self, ds: Obj, node: str, now: int) -> int | None:
        """Return until when a failed pod has to wait (ns); None: it may go now, and is counted."""
        generation = (ds.get("status") or {}).get("observedGeneration", 0)
        key = (ds["metadata"]["uid"], generation, node)
        wait = self._waits.get(key)
        if wait is None or now - wait.since > 2 * BACKOFF_MOST:
            self._waits[key] = _Wait(BACKOFF_LEAST, now)
            return None
        if now - wait.since < wait.delay:
            if wait.due is None or wait.due <= now:
                wait = self._waits[key] = wait._replace(due=now + wait.delay)
            return wait.due
        self._waits[key] = _Wait(min(2 * wait.delay, BACKOFF_MOST), now)
        return None

    def forget(self, now: int) -> None:
        """Drop what is too old to count."""
        kept = self._waits.items()
        self._waits = {k: wait for k, wait in kept if now - wait.since <= 2 * BACKOFF_MOST}

    def snapshot(self) -> list[list[Any]]:
        """Return [uid, generation, node, delay, since, due] of each node."""
        return [[*key, *wait] for key, wait in self._waits.items()]

    def restore(self, state: list[list[Any]]) -> None:
        """Take over a snapshot."""
        self._waits = {(uid, n, node): _Wait(*wait) for uid, n, node, *wait in state}


# -- one sync -------------------------------------------------------------------------------------


class _Collision(Exception):
    """The name of the new revision is taken by another template."""


class _Sync:
    """One pass over one DaemonSet: what is, and the steps that have been decided so far."""

    def __init__(self, now: int, ds: Obj, read: Reader, names: Iterable[str], fit: _Fit) -> None:
        self.now, self.ds, self.read, self.names = now, ds, read, iter(names)
        self.least = ds["spec"].get("minReadySeconds", 0)
        self.steps: list[Step] = []
        self.wakes: list[int] = []
        self.fits = fit.of(read.list(NODES))
        self.pods = history.claimed(ds, PODS, read, self.steps)
        self.on: dict[str, list[Obj]] = {}
        for pod in self.pods:
            target = target_of(pod)
            if target is not None and not (is_terminal(pod) and _going(pod)):
                self.on.setdefault(target, []).append(pod)
        self.rolling = _rolling(ds)
        self.surges = _allows_surge(self.rolling)
        self.generation = _generation(ds)

    # revisions

    def construct_history(self) -> None:
        """Find or create the revision of the present template. Raises _Collision."""
        data = history.data_of(self.ds)
        old: list[Obj] = []
        current: list[Obj] = []
        for one in history.revisions_of(self.ds, self.read, self.steps):
            if history.HASH not in (one["metadata"].get("labels") or {}):
                one = _labelled(one, history.HASH, _name(one))
                self.steps.append(Step(Update(CONTROLLERREVISIONS, one)))
            (current if one["data"] == data else old).append(one)
        self.old = old
        number = max((one["revision"] for one in old), default=0) + 1
        revision = self._only(current) if current else self._new_revision(number, data)
        if revision["revision"] < number:
            renewed = {**revision, "revision": number}
            self.steps.append(Step(Update(CONTROLLERREVISIONS, renewed)))
        self.hash = _hash_of(revision)

    def _new_revision(self, number: int, data: Obj) -> Obj:
        ds = self.ds
        collisions = (ds.get("status") or {}).get("collisionCount")
        hashed = pod_template_hash(ds["spec"]["template"], collisions)
        made = history.new(ds, number, hashed, history.HASH)
        there = self.read.get(CONTROLLERREVISIONS, ds["metadata"]["namespace"], _name(made))
        if there is None:
            self.steps.append(Step(Create(CONTROLLERREVISIONS, made)))
            return made
        if there["data"] != data:
            raise _Collision
        return there

    def _only(self, current: Sequence[Obj]) -> Obj:
        """Return the newest of revisions of one template; the pods of the others become its."""
        kept = max(current, key=lambda one: (one["revision"], _name(one)))
        for pod in self.pods if len(current) > 1 else ():
            if _hash_of(pod) != _hash_of(kept):
                self.steps.append(Step(Update(PODS, _labelled(pod, history.HASH, _hash_of(kept)))))
        for one in current:
            if one is not kept:
                self.steps.append(Step(_deletion(CONTROLLERREVISIONS, one)))
        return kept

    def too_old(self) -> list[Step]:
        """Return the deletion of revisions beyond the limit, the oldest without pods first."""
        spare = len(self.old) - self.ds["spec"].get("revisionHistoryLimit", 10)
        if spare <= 0:
            return []
        live = dict.fromkeys(map(_hash_of, self.pods))
        idle = [one for one in history.in_order(self.old) if _hash_of(one) not in live]
        return [Step(_deletion(CONTROLLERREVISIONS, one), batch=ALWAYS) for one in idle[:spare]]

    # which pods are missing, which too many

    def manage(self, backoff: Backoff) -> bool:
        """Create and delete pods so that each node has the one it should; return whether any."""
        missing: list[str] = []
        surplus: list[Obj] = []
        for node in self.fits:
            self._on_node(node, backoff, missing, surplus)
        for node, pods in self.on.items():
            if node not in self.fits:
                surplus += [pod for pod in pods if not pod["spec"].get("nodeName")]
        self._write(missing, surplus)
        return bool(missing or surplus)

    def _on_node(self, node: str, backoff: Backoff, missing: list[str], surplus: list[Obj]) -> None:
        runs, stays = self.fits[node]
        pods = self.on.get(node, ())
        if runs and not pods:
            missing.append(node)
        elif not stays:
            surplus += [pod for pod in pods if not _going(pod)]
        elif stays:
            running = self._running(node, pods, backoff, surplus)
            if not self.surges:
                surplus += running[1:]
            elif len(running) > 1:
                self._surged(running, surplus)
            elif not running and runs:
                missing.append(node)

    def _running(
        self, node: str, pods: Iterable[Obj], backoff: Backoff, surplus: list[Obj]
    ) -> list[Obj]:
        """Return the pods that run or will, the oldest first; finished ones are too many."""
        running = []
        for pod in pods:
            phase = (pod.get("status") or {}).get("phase")
            if _going(pod):
                continue
            if phase not in ("Failed", "Succeeded"):
                running.append(pod)
                continue
            where = f"{pod['metadata']['namespace']}/{_name(pod)} on node {node}"
            if phase == "Failed":
                due = backoff.due(self.ds, node, self.now)
                if due is not None:
                    self.wakes.append(due)
                    continue
                text = f"Found failed daemon pod {where}, will try to kill it"
                note = EventNote(self.ds, "Warning", "FailedDaemonPod", text)
            else:
                text = f"Found succeeded daemon pod {where}, will try to delete it"
                note = EventNote(self.ds, "Normal", "SucceededDaemonPod", text)
            self.steps.append(Step(None, note))
            surplus.append(pod)
        return running if len(running) < 2 else sorted(running, key=_age)

    def _surged(self, running: Iterable[Obj], surplus: list[Obj]) -> None:
        """Of an old and a new pod on one node, let the old one go once the new one can serve."""
        new = old = None
        for pod in running:
            if _hash_of(pod) == self.hash and new is None:
                new = pod
            elif _hash_of(pod) != self.hash and old is None:
                old = pod
            else:
                surplus.append(pod)
        if new is not None and old is not None and (not is_ready(old) or self._available(new)):
            surplus.append(old)

    def _available(self, pod: Obj) -> bool:
        return is_available(pod, self.least, self.now)

    # rolling update

    def roll(self) -> None:
        """Replace old pods as far as maxUnavailable or maxSurge allows."""
        if self.rolling is None:
            return
        desired = 0
        pods_on = dict(self.on)
        for node, (runs, _) in self.fits.items():
            if runs:
                desired += 1
                pods_on.setdefault(node, [])
        surge = _scaled(self.rolling.get("maxSurge"), desired)
        unavailable = _scaled(self.rolling.get("maxUnavailable", 1), desired)
        if desired and not surge and not unavailable:
            unavailable = 1
        if surge:
            self._roll_with_surge(pods_on, surge, desired)
        else:
            self._roll_in_place(pods_on, unavailable)

    def _roll_in_place(self, pods_on: Mapping[str, Sequence[Obj]], most: int) -> None:
        away = 0
        broken: list[Obj] = []
        candidates: list[Obj] = []
        for pods in pods_on.values():
            pair = self._pair(pods)
            if pair is None or (pair[0] is None) == (pair[1] is None):
                away += 1
                continue
            new, old = pair
            if old is None:
                away += new is not None and not self._available(new)
            elif not self._available(old):
                broken.append(old)
                away += 1
            elif away < most:
                candidates.append(old)
        self._write([], [*broken, *candidates[: max(0, most - away)]])

    def _roll_with_surge(
        self, pods_on: Mapping[str, Sequence[Obj]], most: int, desired: int
    ) -> None:
        surging = serving = 0
        gone: list[Obj] = []
        misplaced: list[Obj] = []
        allowed: list[str] = []
        candidates: list[str] = []
        for node, pods in pods_on.items():
            pair = self._pair(pods)
            if pair is None:
                surging += 1
                continue
            new, old = pair
            first = old if old is not None else new
            serving += first is not None and self._available(first)
            if old is None:
                continue
            runs = self.fits.get(node, (False, False))[0]
            if new is not None:
                if self._available(new):
                    gone.append(old)
                else:
                    surging += 1
            elif not self._available(old):
                if runs:
                    allowed.append(node)
                else:
                    gone.append(old)
            elif not runs:
                misplaced.append(old)
            elif surging < most:
                candidates.append(node)
        gone += misplaced[: max(0, serving - desired)]
        self._write([*allowed, *candidates[: max(0, most - surging)]], gone)

    def _pair(self, pods: Iterable[Obj]) -> tuple[Obj | None, Obj | None] | None:
        """Return the (new, old) pod of a node; None where there are two of one kind."""
        found: list[Obj | None] = [None, None]
        for pod in pods:
            if _going(pod):
                continue
            kind = 0 if self._is_updated(pod) else 1
            if found[kind] is not None:
                return None
            found[kind] = pod
        return found[0], found[1]

    def _is_updated(self, pod: Obj) -> bool:
        labels = pod["metadata"].get("labels") or {}
        return labels.get(history.HASH) == self.hash or (
            self.generation is not None and labels.get(_GENERATION_LABEL) == self.generation
        )

    # writes

    def _write(self, nodes: Sequence[str], pods: Sequence[Obj]) -> None:
        batch, size, at = 1, 1, 0
        nodes = nodes[:BURST]
        while at < len(nodes):
            for about, node in enumerate(nodes[at : at + size], start=at):
                self._create(node, batch, about)
            batch, at, size = batch + 1, at + size, 2 * size
        for pod in pods[:BURST]:
            text = f"Deleted pod: {_name(pod)}"
            note = EventNote(self.ds, "Normal", "SuccessfulDelete", text)
            failed = (_saying(self.ds, "FailedDelete", "Error deleting"),)
            self.steps.append(Step(_deletion(PODS, pod), note, failed, ALWAYS))

    def _create(self, node: str, batch: int, about: int) -> None:
        ds, template = self.ds, self.ds["spec"]["template"]
        of_template = template.get("metadata") or {}
        labels = {**(of_template.get("labels") or {}), history.HASH: self.hash}
        if self.generation is not None:
            labels[_GENERATION_LABEL] = self.generation
        namespace = ds["metadata"]["namespace"]
        free = (n for n in self.names if self.read.get(PODS, namespace, n) is None)
        name = next(free)
        made: dict[str, Any] = {
            "name": name,
            "generateName": f"{ds['metadata']['name']}-",
            "namespace": namespace,
            "labels": labels,
            "ownerReferences": [owner_reference(ds)],
        }
        for field in ("annotations", "finalizers"):
            if of_template.get(field):
                made[field] = of_template[field]
        spec = template["spec"]
        spec = {
            **spec,
            "affinity": _bound_to(spec.get("affinity"), node),
            "tolerations": tolerations(spec),
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": spec}
        note = EventNote(ds, "Normal", "SuccessfulCreate", f"Created pod: {name}")
        failed = (_saying(ds, "FailedCreate", "Error creating"),)
        self.steps.append(Step(Create(PODS, pod), note, failed, batch, about))
        self.on[node] = [*self.on.get(node, ()), pod]

    # status

    def status(self) -> dict[str, Any]:
        """Return the status by the pods as they were read, and those that have been created since.

        The real one counts what its cache shows when the pods are created: nearly always them too.
        """
        desired = current = misplaced = ready = available = updated = 0
        for node, (runs, _) in self.fits.items():
            pods = self.on.get(node)
            if not runs:
                misplaced += pods is not None
                continue
            desired += 1
            if pods is None:
                continue
            current += 1
            pod = pods[0] if len(pods) == 1 else min(pods, key=_age)
            ready += is_ready(pod)
            available += self._available(pod)
            updated += self._is_updated(pod)
        if self.least and ready != available:
            due = [at for p in self.pods if (at := available_at(p, self.least)) and at > self.now]
            self.wakes += due
        status = {
            "currentNumberScheduled": current,
            "numberMisscheduled": misplaced,
            "desiredNumberScheduled": desired,
            "numberReady": ready,
            "observedGeneration": self.ds["metadata"].get("generation", 0),
            "updatedNumberScheduled": updated,
            "numberAvailable": available,
            "numberUnavailable": desired - available,
        }
        shown = {k: v for k, v in status.items() if v or k not in _OMITTED_WHEN_ZERO}
        collisions = (self.ds.get("status") or {}).get("collisionCount")
        return shown if collisions is None else {**shown, "collisionCount": collisions}


_OMITTED_WHEN_ZERO = (
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
)


def _rolling(ds: Obj) -> Mapping[str, Any] | None:
    """Return the figures of a rolling update; None where pods are replaced on deletion only."""
    strategy = ds["spec"].get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return None
    return strategy.get("rollingUpdate") or {}


def _allows_surge(rolling: Mapping[str, Any] | None) -> bool:
    return _scaled((rolling or {}).get("maxSurge"), 1) > 0


def _generation(ds: Obj) -> str | None:
    text = (ds["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "")
    return str(int(text)) if text.isascii() and text.isdecimal() else None


def _labelled(obj: Obj, key: str, value: str) -> Obj:
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), key: value}}}


def _deletion(resource: str, obj: Obj) -> Delete:
    meta = obj["metadata"]
    return Delete(resource, (meta["namespace"], meta["name"]), uid=meta["uid"])


def _saying(ds: Obj, reason: str, lead: str) -> Any:
    return lambda error: EventNote(ds, "Warning", reason, f"{lead}: {error}")


def _status_step(ds: Obj, sync: _Sync) -> list[Step]:
    status = sync.status()
    if status == ds.get("status"):
        return []
    return [Step(Update(DAEMONSETS, {**ds, "status": status}, "status"), batch=ALWAYS)]


class DaemonSets:
    """The control loop; *chance* draws the names of pods."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._retries = Retries()
        self._backoff = Backoff()
        # By uid; nothing that the objects do not say.
        self._fits: dict[str, _Fit] = {}

    def of_daemon_set(self, change: Change, read: Reader) -> Iterable[Key]:
        """The DaemonSet itself, but not for the status that this loop wrote."""
        if change.type == DELETED:
            self._fits.pop(change.object["metadata"].get("uid", ""), None)
        return () if is_status_by(change, MANAGER) else (change.key,)

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Give every node its pod, take a step of the update, write status and history."""
        ds = read.get(DAEMONSETS, *key)
        if ds is None or "deletionTimestamp" in ds["metadata"]:
            self._retries.forget(key)
            return NOTHING
        if from_object(ds["spec"]["selector"]).empty:
            text = "This daemon set is selecting all pods. A non-empty selector is required."
            return Plan(events=(EventNote(ds, "Warning", "SelectingAll", text),))
        self._backoff.forget(now)
        sync = _Sync(now, ds, read, self._names(now, ds), self._fit(ds))
        try:
            sync.construct_history()
        except _Collision:
            held = ds.get("status") or {}
            status = {**held, "collisionCount": held.get("collisionCount", 0) + 1}
            steps = [*sync.steps, Step(Update(DAEMONSETS, {**ds, "status": status}, "status"))]
            return self._retries.plan(now, key, steps, None, failed=True)
        if not sync.manage(self._backoff):
            sync.roll()
        steps = [*sync.steps, *sync.too_old(), *_status_step(ds, sync)]
        wake = min(sync.wakes, default=None)
        return self._retries.plan(now, key, steps, wake, failed=False)

    def _fit(self, ds: Obj) -> _Fit:
        uid = ds["metadata"]["uid"]
        known = self._fits.get(uid)
        if known is None or known.spec is not ds["spec"]["template"]["spec"]:
            known = self._fits[uid] = _Fit(ds)
        return known

    def _names(self, now: int, ds: Obj) -> Iterable[str]:
        """Yield names that are drawn for this DaemonSet at this instant, no two alike."""
        prefix = f"{ds['metadata']['name']}-"[:_PREFIX]
        stream = f"pod-name/{ds['metadata']['uid']}/{now}"
        drawn: dict[str, None] = {}
        for n in count_from(0):
            name = prefix + self._chance.suffix(5, stream, n)
            if name not in drawn:
                drawn[name] = None
                yield name

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Say what failed, go on with what is tried beside it, and come again later and later."""
        ds = read.get(DAEMONSETS, *key)
        if ds is None or "deletionTimestamp" in ds["metadata"]:
            return NOTHING
        return self._retries.refused(
            now, key, action, error, lambda: self._status_now(now, ds, read)
        )

    def _status_now(self, now: int, ds: Obj, read: Reader) -> list[Step]:
        """Return the step that writes the status by what is there, when a creation was refused."""
        sync = _Sync(now, ds, read, (), self._fit(ds))
        sync.construct_history()
        return _status_step(ds, sync)

    def snapshot(self) -> dict[str, Any]:
        """Return the failures in a row of keys, and the waits of nodes."""
        return {"retries": self._retries.snapshot(), "backoff": self._backoff.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a snapshot."""
        self._retries.restore(state["retries"])
        self._backoff.restore(state["backoff"])


# -- what wakes it --------------------------------------------------------------------------------


_of_owned = of_owned("DaemonSet", DAEMONSETS)


def _of_revision(change: Change, read: Reader) -> Iterable[Key]:
    """The same, but not for a revision that its DaemonSet has just created."""
    if change.type == ADDED and controller_of(change.object) is not None:
        return ()
    return _of_owned(change, read)


def _of_node(change: Change, read: Reader) -> Iterable[Key]:
    """The DaemonSets that want a pod on a node where none is, or none where one is.

    Nobody looks at a node that goes: its pods go, and are seen to.
    """
    node, old = change.object, change.old
    if change.type == DELETED or (old is not None and _is_placed_alike(node, old)):
        return ()
    running: dict[tuple[str, str], None] = {}
    for pod in read.on_node(change.key[1]):
        owner = controller_of(pod)
        if owner is not None and owner["kind"] == "DaemonSet":
            running[pod["metadata"]["namespace"], owner["name"]] = None
    found = []
    for ds in read.list(DAEMONSETS):
        key = (ds["metadata"]["namespace"], ds["metadata"]["name"])
        runs, stays = _Fit(ds)(node)
        misplaced = (ds.get("status") or {}).get("numberMisscheduled", 0)
        if (not stays or misplaced) if key in running else runs:
            found.append(key)
    return found


def _is_placed_alike(node: Obj, old: Obj) -> bool:
    taints = [(one.get("spec") or {}).get("taints") or [] for one in (node, old)]
    labels = [one["metadata"].get("labels") or {} for one in (node, old)]
    return taints[0] == taints[1] and labels[0] == labels[1]


def controller(chance: Chance) -> Controller:
    """Return the DaemonSet controller; *chance* draws the names of pods."""
    loop = DaemonSets(chance)
    return Controller(
        name="daemonset",
        component="daemonset-controller",
        watches={
            DAEMONSETS: loop.of_daemon_set,
            PODS: _of_owned,
            CONTROLLERREVISIONS: _of_revision,
            NODES: _of_node,
        },
        deaf={NODES: STATUS},
        needs={PODS: DAEMONSETS},
        reconcile=loop.reconcile,
        refused=loop.refused,
        delay=DELAY,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
