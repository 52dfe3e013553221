"""The Deployment controller: one sync is one step of a rollout, towards the wanted replicas.

Source: kubernetes pkg/controller/deployment/{sync,rolling,recreate,progress}.go and
util/deployment_util.go (1.36).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ecp.kube.errors import AlreadyExists, KubeError
from ecp.kube.kinds import DEPLOYMENTS, PODS, REPLICASETS
from ecp.kube.pods import HASH_LABEL, is_terminal, owner_reference, pod_template_hash
from ecp.kube.selectors import from_object
from ecp.kube.times import nanoseconds, rfc3339
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
from ecp.sim.store.store import DELETED, STATUS

SECOND = 1_000_000_000
RETRY = 5 * SECOND
_AFTER_A_CONFLICT = 5_000_000
DELAY = 20_000_000
"""From a change to the sync (ns). Source: between a ReplicaSet's status and the Deployment's that
sums it, a recorded 1.36 control plane takes 20 ms in the median (quartiles 10, 52)."""

_MAX_INT32 = 2**31 - 1
_NO_STATUS: Mapping[str, Any] = {}
_NEVER = 2**63

REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_DESIRED = "deployment.kubernetes.io/desired-replicas"
_MAX = "deployment.kubernetes.io/max-replicas"
# Annotations that a ReplicaSet does not take over from its Deployment.
_OWN_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    _HISTORY,
    _DESIRED,
    _MAX,
    "deprecated.deployment.rollback.to",
)
_HISTORY_CHARACTERS = 2000
_MAX_NAME = 253


# -- figures --------------------------------------------------------------------------------------


def scaled(value: int | str | None, of: int, *, up: bool) -> int:
    """Return an int-or-percent of *of* replicas, a percentage rounded *up* or down."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    percent = int(value.removesuffix("%"))
    return -(-percent * of // 100) if up else percent * of // 100


def fenceposts(deployment: Obj) -> tuple[int, int]:
    """Return (maxSurge, maxUnavailable) in replicas; both 0 for Recreate.

    Surge rounds up, unavailable down; were both 0, nothing could ever move, so 1 may be
    unavailable. Source: deployment_util.go ResolveFenceposts, MaxUnavailable.
    """
    spec = deployment["spec"]
    if not _is_rolling(deployment):
        return 0, 0
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    replicas = spec["replicas"]
    surge = scaled(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = scaled(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, min(unavailable, replicas)


def _is_rolling(deployment: Obj) -> bool:
    strategy = deployment["spec"].get("strategy") or {}
    return bool(strategy.get("type", "RollingUpdate") == "RollingUpdate")


def _status(replica_set: Obj, figure: str) -> int:
    return replica_set.get("status", _NO_STATUS).get(figure, 0)  # type: ignore[no-any-return]


def _specs(replica_sets: Iterable[Obj]) -> int:
    return sum(rs["spec"]["replicas"] for rs in replica_sets)


def _total(replica_sets: Iterable[Obj], figure: str) -> int:
    return sum([_status(rs, figure) for rs in replica_sets])


def _annotations(obj: Obj) -> Mapping[str, str]:
    return obj["metadata"].get("annotations") or {}


def _count_annotation(obj: Obj, key: str) -> int | None:
    text = _annotations(obj).get(key, "")
    return int(text) if text.isdecimal() and int(text) <= _MAX_INT32 else None


def _revision(replica_set: Obj) -> int:
    text = _annotations(replica_set).get(REVISION, "")
    return int(text) if text.isdecimal() else 0


def _oldest_first(replica_set: Obj) -> tuple[str, str]:
    # RFC 3339 in UTC and whole seconds sorts as text.
    meta = replica_set["metadata"]
    return meta["creationTimestamp"], meta["name"]


def _same_template(one: Obj, other: Obj) -> bool:
    """Whether two pod templates are equal but for the hash label."""
    spec, other_spec = one.get("spec"), other.get("spec")
    if spec is not other_spec and spec != other_spec:
        return False
    meta, other_meta = one.get("metadata") or {}, other.get("metadata") or {}
    return meta == other_meta or _bare(meta) == _bare(other_meta)


def _bare(of_template: Mapping[str, Any]) -> dict[str, Any]:
    meta = {k: v for k, v in of_template.items() if v}
    labels = {k: v for k, v in (meta.pop("labels", None) or {}).items() if k != HASH_LABEL}
    return {"labels": labels, **meta}


# -- conditions -----------------------------------------------------------------------------------

Conditions = list[dict[str, Any]]


def _find(conditions: Iterable[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    for entry in conditions:
        if entry["type"] == kind:
            return entry
    return None


def _new(kind: str, status: str, reason: str, message: str, now: int) -> dict[str, Any]:
    stamp = rfc3339(now)
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": stamp,
        "lastTransitionTime": stamp,
        "reason": reason,
        "message": message,
    }


def _set(conditions: Conditions, entry: dict[str, Any]) -> Conditions:
    """Return *conditions* with *entry* last, unless status and reason are there already."""
    before = _find(conditions, entry["type"])
    if before is not None and before["status"] == entry["status"]:
        if before["reason"] == entry["reason"]:
            return conditions
        entry = {**entry, "lastTransitionTime": before["lastTransitionTime"]}
    return [*_without(conditions, entry["type"]), entry]


def _without(conditions: Conditions, kind: str) -> Conditions:
    return [entry for entry in conditions if entry["type"] != kind]


_AVAILABLE = {
    True: (
        "Available",
        "True",
        "MinimumReplicasAvailable",
        "Deployment has minimum availability.",
    ),
    False: (
        "Available",
        "False",
        "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.",
    ),
}


def _deadline(deployment: Obj) -> int | None:
    """Return progressDeadlineSeconds, or None where there is no deadline."""
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    return None if seconds is None or seconds == _MAX_INT32 else seconds


def _complete(deployment: Obj, status: Mapping[str, Any]) -> bool:
    wanted = deployment["spec"]["replicas"]
    return bool(
        status.get("availableReplicas", 0) == wanted
        and status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    )


def _progressed(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    def old_replicas(status: Mapping[str, Any]) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    rising = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old_replicas(after) < old_replicas(before) or any(
        after.get(figure, 0) > before.get(figure, 0) for figure in rising
    )


# -- one sync -------------------------------------------------------------------------------------


class _Sync:
    """One pass over one Deployment: what is, and the actions that have been decided so far.

    ReplicaSets are changed in `sets` (by name); `known` keeps them as they were read, because a
    sync writes its status from what it read. An event may stand for a part of one write.
    """

    def __init__(self, now: int, deployment: Obj, replica_sets: list[Obj], read: Reader) -> None:
        self.now = now
        self.deployment = deployment
        self.read = read
        self.known = sorted(replica_sets, key=_oldest_first)
        self.sets = {rs["metadata"]["name"]: rs for rs in self.known}
        self.current: Obj | None = None
        self.old: list[Obj] = []
        template = deployment["spec"]["template"]
        for rs in self.known:
            if self.current is None and _same_template(rs["spec"]["template"], template):
                self.current = rs
            else:
                self.old.append(rs)
        self.before: Mapping[str, Any] = deployment.get("status") or {}
        self.conditions: Conditions = list(self.before.get("conditions") or ())
        self.annotations = _annotations(deployment)
        self.created: Obj | None = None
        self.first_words: Conditions | None = None
        self.turned: Conditions | None = None
        self.deleted: list[Obj] = []
        self.events: list[EventNote] = []
        self.surge, self.unavailable = fenceposts(deployment)
        self.wanted: int = deployment["spec"]["replicas"]

    # what stands now, changes of this sync included

    def now_of(self, replica_set: Obj) -> Obj:
        return self.sets[replica_set["metadata"]["name"]]

    def replicas(self, replica_set: Obj) -> int:
        return self.now_of(replica_set)["spec"]["replicas"]  # type: ignore[no-any-return]

    @property
    def all(self) -> list[Obj]:
        return self.old if self.current is None else [*self.old, self.current]

    # the ReplicaSet of the present template

    def sync_revision(self) -> bool:
        """Bring revision and annotations up to date; False when that is all for this sync."""
        current = self.current
        if current is None:
            return True
        revision = max(map(_revision, self.old), default=0) + 1
        annotations = _merged_annotations(self.annotations, _annotations(current), revision)
        min_ready = self.deployment["spec"].get("minReadySeconds", 0)
        if (
            annotations != _annotations(current)
            or current["spec"].get("minReadySeconds", 0) != min_ready
        ):
            self._replace(current, annotations, minReadySeconds=min_ready)
            return False
        self._note_revision(annotations.get(REVISION, ""))
        if _deadline(self.deployment) is not None and not _find(self.conditions, "Progressing"):
            message = f'Found new replica set "{current["metadata"]["name"]}"'
            self.progressing("True", "FoundNewReplicaSet", message)
            self.first_words = self.conditions
        return True

    def create_current(self) -> None:
        """Create the ReplicaSet of the present template at its first size."""
        deployment, spec = self.deployment, self.deployment["spec"]
        meta = deployment["metadata"]
        template = spec["template"]
        digest = pod_template_hash(template, self.before.get("collisionCount"))
        labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH_LABEL: digest}
        replicas = self._first_size()
        selector = spec["selector"]
        matched = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
        revision = max(map(_revision, self.old), default=0) + 1
        new_spec: dict[str, Any] = {"replicas": replicas}
        if spec.get("minReadySeconds"):
            new_spec["minReadySeconds"] = spec["minReadySeconds"]
        new_spec["selector"] = {**selector, "matchLabels": matched}
        # The pods' spec stays one object from Deployment to pod: parties may know it by identity.
        new_spec["template"] = {
            **template,
            "metadata": {**(template.get("metadata") or {}), "labels": labels},
        }
        name = f"{meta['name'][: _MAX_NAME - 1 - len(digest)]}-{digest}"
        self.created = self.current = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": {
                    **_merged_annotations(self.annotations, {}, revision),
                    **self._size_annotations(),
                },
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": new_spec,
        }
        self.sets[name] = self.current
        if replicas:
            self.say(f"Scaled up replica set {name} from 0 to {replicas}")
        self._note_revision(str(revision))
        if _deadline(deployment) is not None:
            self.progressing("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
            self.first_words = self.conditions

    def _first_size(self) -> int:
        if not _is_rolling(self.deployment):
            return self.wanted
        return self._grown(0)

    def _grown(self, size: int) -> int:
        rolling = (self.deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
        surge = scaled(rolling.get("maxSurge", "25%"), self.wanted, up=True)
        free = self.wanted + surge - sum(self.replicas(rs) for rs in self.all)
        return size + max(0, min(free, self.wanted - size))

    def _note_revision(self, revision: str) -> None:
        if self.annotations.get(REVISION) != revision:
            self.annotations = {**self.annotations, REVISION: revision}

    # sizes

    def _size_annotations(self) -> dict[str, str]:
        return {_DESIRED: str(self.wanted), _MAX: str(self.wanted + self.surge)}

    def scale(self, replica_set: Obj, size: int, *, force: bool = False) -> bool:
        """Set a ReplicaSet's size; *force* also renews its annotations at an equal size."""
        present = self.now_of(replica_set)
        old_size = present["spec"]["replicas"]
        if not force and old_size == size:
            return False
        annotations = {**_annotations(present), **self._size_annotations()}
        if old_size == size and annotations == _annotations(present):
            return False
        self._replace(present, annotations, replicas=size)
        if old_size != size:
            verb = "up" if old_size < size else "down"
            name = present["metadata"]["name"]
            self.say(f"Scaled {verb} replica set {name} from {old_size} to {size}")
        return bool(old_size != size)

    def _replace(self, replica_set: Obj, annotations: Mapping[str, str], **spec: Any) -> None:
        meta = {**replica_set["metadata"], "annotations": annotations}
        changed = {**replica_set["spec"], **spec}
        if not changed.get("minReadySeconds", 1):
            del changed["minReadySeconds"]
        self.sets[meta["name"]] = {**replica_set, "metadata": meta, "spec": changed}

    def say(self, message: str) -> None:
        self.events.append(EventNote(self.deployment, "Normal", "ScalingReplicaSet", message))

    # the strategies

    def is_scaling(self) -> bool:
        """Whether the wanted size changed since an active ReplicaSet was last sized."""
        return any(
            _count_annotation(rs, _DESIRED) not in (None, self.wanted)
            for rs in self.all
            if rs["spec"]["replicas"] > 0
        )

    def roll(self) -> None:
        """Take one step of a rolling update."""
        if self.current is None:
            self.create_current()
        if self._roll_current() or self._roll_old():
            return
        if _complete(self.deployment, self.before):
            self.clean_up()

    def _roll_current(self) -> bool:
        assert self.current is not None
        size = self.replicas(self.current)
        if size == self.wanted:
            return False
        if size > self.wanted:
            return self.scale(self.current, self.wanted)
        return self.scale(self.current, self._grown(size))

    def _roll_old(self) -> bool:
        assert self.current is not None
        old = [rs for rs in self.old if rs["spec"]["replicas"] > 0]
        if not old:
            return False
        floor = self.wanted - self.unavailable
        current_missing = self.replicas(self.current) - _status(self.current, "availableReplicas")
        total = sum(self.replicas(rs) for rs in self.all)
        limit = total - floor - current_missing
        if limit <= 0:
            return False
        dropped = self._drop_unhealthy(old, limit)
        if dropped is None:
            return False
        surplus = _total([*old, self.current], "availableReplicas") - floor
        for rs in old:
            if surplus <= 0:
                break
            size = self.replicas(rs)
            step = min(size, surplus)
            if step:
                self.scale(rs, size - step)
                surplus -= step
                dropped += step
        return dropped > 0

    def _drop_unhealthy(self, old: list[Obj], limit: int) -> int | None:
        """Drop old replicas that are not available; None where the figures are not to be trusted.

        More available than wanted says that a ReplicaSet has not followed its last size yet: to
        count those as available would take down what must stay.
        """
        dropped = 0
        for rs in old:
            if dropped >= limit:
                break
            size = self.replicas(rs)
            missing = size - _status(rs, "availableReplicas")
            if size == 0 or missing == 0:
                continue
            if missing < 0:
                return None
            step = min(limit - dropped, missing)
            self.scale(rs, size - step)
            dropped += step
        return dropped

    def recreate(self) -> None:
        """Take one step of a Recreate: everything old must be gone before the new begins."""
        down = [self.scale(rs, 0) for rs in self.old if rs["spec"]["replicas"] > 0]
        if any(down) or self._old_pods_exist():
            return
        if self.current is None:
            self.create_current()
        assert self.current is not None
        self.scale(self.current, self.wanted)
        if _complete(self.deployment, self.before):
            self.clean_up()

    def _old_pods_exist(self) -> bool:
        if _total(self.old, "replicas") > 0:
            return True
        for rs in self.old:
            uid = rs["metadata"]["uid"]
            for pod in self.read.owned(uid, PODS):
                owner = controller_of(pod)
                if owner is not None and owner["uid"] == uid and not is_terminal(pod):
                    return True
        return False

    def scale_all(self) -> None:
        """Follow a changed spec.replicas, in proportion where several ReplicaSets are active."""
        active = [rs for rs in self.all if rs["spec"]["replicas"] > 0]
        if len(active) <= 1:
            newest = self.current or max(self.old, key=_oldest_first, default=None)
            target = active[0] if active else newest
            if target is not None:
                self.scale(target, self.wanted)
            return
        if self._saturated():
            for rs in self.old:
                if rs["spec"]["replicas"] > 0:
                    self.scale(rs, 0)
            return
        if _is_rolling(self.deployment):
            self._scale_in_proportion(active)

    def _saturated(self) -> bool:
        current = self.current
        return (
            current is not None
            and current["spec"]["replicas"] == self.wanted
            and _count_annotation(current, _DESIRED) == self.wanted
            and _status(current, "availableReplicas") == self.wanted
        )

    def _scale_in_proportion(self, active: list[Obj]) -> None:
        allowed = self.wanted + self.surge if self.wanted > 0 else 0
        to_add = allowed - _specs(active)
        if to_add > 0:
            active.sort(key=_oldest_first, reverse=True)
        else:
            active.sort(key=_oldest_first)
        active.sort(key=lambda rs: -rs["spec"]["replicas"])
        sizes, added = [], 0
        for rs in active:
            share = self._share(rs, to_add, added)
            sizes.append(rs["spec"]["replicas"] + share)
            added += share
        if to_add:
            sizes[0] = max(0, sizes[0] + to_add - added)
        for rs, size in zip(active, sizes, strict=True):
            self.scale(rs, size, force=True)

    def _share(self, rs: Obj, to_add: int, added: int) -> int:
        if to_add in (0, added):
            return 0
        size: int = rs["spec"]["replicas"]
        rest = to_add - added
        if self.wanted == 0:
            share = -size
        else:
            before = _count_annotation(rs, _MAX) or self.before.get("replicas", 0)
            if not before:
                return 0
            # Halves round away from zero; all figures are positive here.
            whole: int = self.wanted + self.surge
            share = (2 * size * whole + before) // (2 * before) - size
        return min(share, rest) if to_add > 0 else max(share, rest)

    def clean_up(self) -> None:
        """Delete the oldest revisions beyond revisionHistoryLimit that have no replicas."""
        limit = self.deployment["spec"].get("revisionHistoryLimit")
        if limit is None or limit == _MAX_INT32:
            return
        alive = [rs for rs in self.old if "deletionTimestamp" not in rs["metadata"]]
        surplus = len(alive) - limit
        if surplus <= 0:
            return
        alive.sort(key=lambda rs: (_revision(rs), *_oldest_first(rs)))
        for rs in alive[:surplus]:
            observed = _status(rs, "observedGeneration")
            busy = self.replicas(rs) or _status(rs, "replicas")
            if not busy and rs["metadata"].get("generation", 0) <= observed:
                self.deleted.append(rs)

    # status

    def progressing(self, status: str, reason: str, message: str) -> None:
        self.conditions = _set(
            self.conditions, _new("Progressing", status, reason, message, self.now)
        )

    def check_paused(self) -> None:
        """Stop the progress timer while paused, and start it afresh when resumed."""
        if _deadline(self.deployment) is None:
            return
        reason = (_find(self.conditions, "Progressing") or {}).get("reason")
        if reason == "ProgressDeadlineExceeded":
            return
        paused = bool(self.deployment["spec"].get("paused"))
        if paused and reason != "DeploymentPaused":
            self.progressing("Unknown", "DeploymentPaused", "Deployment is paused")
            self.turned = self.conditions
        elif not paused and reason == "DeploymentPaused":
            self.progressing("Unknown", "DeploymentResumed", "Deployment is resumed")
            self.turned = self.conditions

    def figures(self) -> dict[str, Any]:
        """Return the status without conditions, from the ReplicaSets as they were read."""
        wanted = replicas = ready = available = terminating = 0
        told = True
        for rs in self.all:
            of_set = rs.get("status", _NO_STATUS)
            wanted += rs["spec"]["replicas"]
            replicas += of_set.get("replicas", 0)
            ready += of_set.get("readyReplicas", 0)
            available += of_set.get("availableReplicas", 0)
            if "terminatingReplicas" in of_set:
                terminating += of_set["terminatingReplicas"]
            elif of_set.get("observedGeneration", 0):
                told = False
        counted = {
            "observedGeneration": self.deployment["metadata"].get("generation", 0),
            "replicas": replicas,
            "updatedReplicas": 0 if self.current is None else _status(self.current, "replicas"),
            "readyReplicas": ready,
            "availableReplicas": available,
            "unavailableReplicas": max(0, wanted - available),
        }
        status: dict[str, Any] = {figure: n for figure, n in counted.items() if n}
        if told:
            status["terminatingReplicas"] = terminating
        said = _AVAILABLE[available >= self.wanted - self.unavailable]
        before = _find(self.conditions, "Available")
        if before is None or (before["status"], before["reason"]) != said[1:3]:
            self.conditions = _set(self.conditions, _new(*said, self.now))
        return status

    def judge_progress(self, status: Mapping[str, Any]) -> None:
        """Set the Progressing and ReplicaFailure conditions of a rollout."""
        if _deadline(self.deployment) is None:
            self.conditions = _without(self.conditions, "Progressing")
        else:
            self._judge_deadline(status)
        failure = self._replica_failure()
        if failure is not None:
            self.conditions = _set(self.conditions, failure)
        elif _find(self.conditions, "ReplicaFailure") is not None:
            self.conditions = _without(self.conditions, "ReplicaFailure")

    def _judge_deadline(self, status: Mapping[str, Any]) -> None:
        present = _find(self.conditions, "Progressing")
        reason = present["reason"] if present is not None else ""
        all_updated = status.get("replicas", 0) == status.get("updatedReplicas", 0)
        if all_updated and reason == "NewReplicaSetAvailable":
            return
        if self.current is None:
            subject = f'Deployment "{self.deployment["metadata"]["name"]}"'
        else:
            subject = f'ReplicaSet "{self.current["metadata"]["name"]}"'
        if _complete(self.deployment, status):
            self.progressing(
                "True", "NewReplicaSetAvailable", f"{subject} has successfully progressed."
            )
        elif _progressed(self.before, status):
            entry = _new(
                "Progressing", "True", "ReplicaSetUpdated", f"{subject} is progressing.", self.now
            )
            if present is not None and present["status"] == "True":
                entry["lastTransitionTime"] = present["lastTransitionTime"]
            # Always anew, so that lastUpdateTime, the deadline's start, moves with progress.
            self.conditions = [*_without(self.conditions, "Progressing"), entry]
        elif present is not None and self._timed_out(present):
            self.progressing(
                "False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing."
            )

    def _timed_out(self, present: Mapping[str, Any]) -> bool:
        if present["reason"] == "NewReplicaSetAvailable":
            return False
        if present["reason"] == "ProgressDeadlineExceeded":
            return True
        return self._due(present) < self.now

    def _due(self, present: Mapping[str, Any]) -> int:
        seconds = _deadline(self.deployment) or 0
        return nanoseconds(present["lastUpdateTime"]) + seconds * SECOND

    def _replica_failure(self) -> dict[str, Any] | None:
        ordered = [] if self.current is None else [self.current]
        for rs in (*ordered, *self.old):
            said = rs.get("status", _NO_STATUS).get("conditions")
            entry = _find(said, "ReplicaFailure") if said else None
            if entry is not None:
                return {
                    "type": "ReplicaFailure",
                    "status": entry["status"],
                    "lastUpdateTime": entry["lastTransitionTime"],
                    "lastTransitionTime": entry["lastTransitionTime"],
                    "reason": entry["reason"],
                    "message": entry["message"],
                }
        return None

    # the result

    def plan(self, status: dict[str, Any]) -> Plan:
        """Return everything decided, the status (figures) last."""
        actions: list[Action] = []
        if self.created is not None:
            name = self.created["metadata"]["name"]
            actions.append(Create(REPLICASETS, self.sets[name]))
        actions += [
            Update(REPLICASETS, present)
            for rs in self.known
            if (present := self.sets[rs["metadata"]["name"]]) is not rs
        ]
        actions += [Delete(REPLICASETS, _key(rs), uid=rs["metadata"]["uid"]) for rs in self.deleted]
        deployment = self.deployment
        if self.turned is not None:
            # The sync goes on with the version it read, so that its next write is a conflict:
            # all that it would have said of the Deployment is left to the sync after it.
            first = {**deployment, "status": {**self.before, "conditions": self.turned}}
            words = Update(DEPLOYMENTS, first, "status")
            return Plan((words, *actions), tuple(self.events), self.now + _AFTER_A_CONFLICT)
        if self.annotations != _annotations(deployment):
            meta = {**deployment["metadata"], "annotations": self.annotations}
            deployment = {**deployment, "metadata": meta}
            actions.append(Update(DEPLOYMENTS, deployment))
        if self.first_words is not None:
            # The new ReplicaSet is reported before the figures are; a watcher sees both.
            early = {**self.before, "conditions": self.first_words}
            actions.append(Update(DEPLOYMENTS, {**deployment, "status": early}, "status"))
        if self.conditions:
            status["conditions"] = self.conditions
        if "collisionCount" in self.before:
            status["collisionCount"] = self.before["collisionCount"]
        if status != self.before:
            actions.append(Update(DEPLOYMENTS, {**deployment, "status": status}, "status"))
        wake = self._wake(status)
        if self.created is not None:
            # Should the creation be refused, this is when to try again.
            wake = min(wake or _NEVER, self.now + RETRY)
        return Plan(tuple(actions), tuple(self.events), wake)

    def _wake(self, status: Mapping[str, Any]) -> int | None:
        """Return when to look for a missed deadline: a second late, as the real one does."""
        present = _find(self.conditions, "Progressing")
        if present is None or _deadline(self.deployment) is None:
            return None
        if self.deployment["spec"].get("paused"):
            return None
        if _complete(self.deployment, status) or present["reason"] in (
            "ProgressDeadlineExceeded",
            "NewReplicaSetAvailable",
        ):
            return None
        due = self._due(present)
        return due + (SECOND if due - self.now >= SECOND else 1)


def _merged_annotations(
    of_deployment: Mapping[str, str], of_set: Mapping[str, str], revision: int
) -> dict[str, str]:
    """Return a ReplicaSet's annotations with its Deployment's and the *revision* it now has.

    A ReplicaSet that is taken up again gets a new revision and remembers its old one.
    """
    merged = {**of_set, **{k: v for k, v in of_deployment.items() if k not in _OWN_ANNOTATIONS}}
    old = of_set.get(REVISION, "")
    if old and not old.isdecimal():
        return merged
    if int(old or 0) < revision:
        merged[REVISION] = str(revision)
        if old:
            history = [*filter(None, of_set.get(_HISTORY, "").split(",")), old]
            while len(",".join(history)) > _HISTORY_CHARACTERS:
                del history[0]
            merged[_HISTORY] = ",".join(history)
    return merged


def _key(obj: Obj) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


# -- ownership ------------------------------------------------------------------------------------


def _claim(deployment: Obj, read: Reader) -> tuple[list[Obj], tuple[Action, ...]]:
    """Return the Deployment's ReplicaSets, and the adoptions and releases that are due."""
    meta = deployment["metadata"]
    matches = from_object(deployment["spec"]["selector"]).matches
    mine: list[Obj] = []
    actions: list[Action] = []
    for rs in read.orphans(REPLICASETS, meta["namespace"]):
        rs_meta = rs["metadata"]
        if "deletionTimestamp" not in rs_meta and matches(rs_meta.get("labels") or {}):
            references = [*(rs_meta.get("ownerReferences") or ()), owner_reference(deployment)]
            actions.append(_with_owners(rs, references))
    for rs in read.owned(meta["uid"], REPLICASETS):
        owner = controller_of(rs)
        if owner is None or owner["uid"] != meta["uid"]:
            continue
        rs_meta = rs["metadata"]
        if matches(rs_meta.get("labels") or {}):
            mine.append(rs)
        else:
            kept = [r for r in rs_meta["ownerReferences"] if r["uid"] != meta["uid"]]
            actions.append(_with_owners(rs, kept))
    return mine, tuple(actions)


def _with_owners(rs: Obj, references: list[Obj]) -> Action:
    meta = {**rs["metadata"], "ownerReferences": references}
    return Update(REPLICASETS, {**rs, "metadata": meta})


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    deployment = read.get(DEPLOYMENTS, *key)
    if deployment is None:
        return NOTHING
    if not any(deployment["spec"]["selector"].values()):
        return _selects_all(deployment)
    mine, claims = _claim(deployment, read)
    going = "deletionTimestamp" in deployment["metadata"]
    if claims and not going:
        return Plan(claims)
    sync = _Sync(now, deployment, mine, read)
    if going:
        # It is counted what there is until somebody has let go of it.
        return sync.plan(sync.figures())._replace(wake_at=None)
    sync.check_paused()
    paused = bool(deployment["spec"].get("paused"))
    if not sync.sync_revision():
        return sync.plan(dict(sync.before))
    if paused or sync.is_scaling():
        sync.scale_all()
        if paused:
            sync.clean_up()
        return sync.plan(sync.figures())
    if _is_rolling(deployment):
        sync.roll()
    else:
        sync.recreate()
    status = sync.figures()
    sync.judge_progress(status)
    return sync.plan(status)


def _selects_all(deployment: Obj) -> Plan:
    status = deployment.get("status") or {}
    generation = deployment["metadata"].get("generation", 0)
    if status.get("observedGeneration", 0) >= generation:
        return NOTHING
    message = "This deployment is selecting all pods. A non-empty selector is required."
    new = {**deployment, "status": {**status, "observedGeneration": generation}}
    return Plan(
        (Update(DEPLOYMENTS, new, "status"),),
        (EventNote(deployment, "Warning", "SelectingAll", message),),
    )


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """React to a refused ReplicaSet: another hash on a collision, else a condition and retries."""
    deployment = read.get(DEPLOYMENTS, *key)
    if deployment is None or not isinstance(action, Create):
        return Plan(wake_at=now + SECOND)
    status = dict(deployment.get("status") or {})
    if isinstance(error, AlreadyExists):
        status["collisionCount"] = status.get("collisionCount", 0) + 1
        return Plan((Update(DEPLOYMENTS, {**deployment, "status": status}, "status"),))
    if isinstance(error, KubeError) and "because it is being terminated" in error.message:
        return NOTHING
    name = action.obj["metadata"]["name"]
    message = f'Failed to create new replica set "{name}": {error}'
    events = (EventNote(deployment, "Warning", "ReplicaSetCreateError", message),)
    actions: tuple[Action, ...] = ()
    conditions = list(status.get("conditions") or ())
    if _deadline(deployment) is not None:
        entry = _new("Progressing", "False", "ReplicaSetCreateError", message, now)
        status["conditions"] = _set(conditions, entry)
        actions = (Update(DEPLOYMENTS, {**deployment, "status": status}, "status"),)
    return Plan(actions, events, now + RETRY)


# -- what wakes it --------------------------------------------------------------------------------


def _of_deployment(change: Change, read: Reader) -> Iterable[Key]:
    """The Deployment itself, but for statuses written here after which nothing is left to do.

    Once it is complete its history is cleaned up; after a collision another name is tried.
    """
    if is_status_by(change, MANAGER):
        status = change.object.get("status") or {}
        before = (change.old or {}).get("status") or {}
        collided = status.get("collisionCount") != before.get("collisionCount")
        if not collided and not _complete(change.object, status):
            return ()
    return (change.key,)


_of_replica_set = of_owned("Deployment", DEPLOYMENTS)


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    """A Recreate waits for old pods to be gone: nothing else here looks at pods."""
    if change.type != DELETED:
        return ()
    owner = controller_of(change.object)
    if owner is None or owner["kind"] != "ReplicaSet":
        return ()
    replica_set = read.get(REPLICASETS, change.key[0], owner["name"])
    above = controller_of(replica_set) if replica_set is not None else None
    if above is None or above["kind"] != "Deployment":
        return ()
    key = (change.key[0], above["name"])
    deployment = read.get(DEPLOYMENTS, *key)
    return () if deployment is None or _is_rolling(deployment) else (key,)


def controller() -> Controller:
    """Return the Deployment controller."""
    return Controller(
        name="deployment",
        component="deployment-controller",
        watches={DEPLOYMENTS: _of_deployment, REPLICASETS: _of_replica_set, PODS: _of_pod},
        reconcile=_reconcile,
        refused=_refused,
        delay=DELAY,
        deaf={PODS: STATUS},
    )
