"""The StatefulSet controller: pods with a name each, one after the other, and claims that stay.

Source: kubernetes pkg/controller/statefulset/{stateful_set,stateful_set_control,
stateful_pod_control,stateful_set_utils}.go (1.36). The gate MaxUnavailableStatefulSet is off there:
an update takes one pod at a time, whatever spec.updateStrategy.rollingUpdate.maxUnavailable says.
Not here: an adopted pod that lacks the volumes of its claims; the server refuses to give it them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ecp.kube.kinds import CONTROLLERREVISIONS, PODS, PVCS, STATEFULSETS
from ecp.kube.pods import available_at, is_available, is_ready, owner_reference
from ecp.sim.controllers.sets import history
from ecp.sim.controllers.sets.steps import ALWAYS, Retries, Step, with_owners
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    EventNote,
    Plan,
    Reader,
    Update,
    itself,
    of_owned,
)
from ecp.sim.store import Key, Obj

MILLISECOND = 1_000_000
DELAY = 13 * MILLISECOND
"""From a change to the sync (ns). Source: between a pod that turns ready or goes and what the
controller does next, a recorded 1.36 control plane takes 13 ms in the median (quartiles 7, 26)."""

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"

_RETAIN, _DELETE = "Retain", "Delete"
_MAX_INT32 = 2**31 - 1


# -- names and ordinals ---------------------------------------------------------------------------


def ordinal_of(sts: Obj, pod: Obj) -> int | None:
    """Return the ordinal of a pod named as one of *sts*, None of any other."""
    return _ordinal_in(sts["metadata"]["name"], pod["metadata"]["name"])


@lru_cache(maxsize=16_384)
def _ordinal_in(name: str, pod_name: str) -> int | None:
    parent, dash, number = pod_name.rpartition("-")
    if not dash or parent != name:
        return None
    if not (number.isascii() and number.isdecimal()) or int(number) > _MAX_INT32:
        return None
    return int(number)


def _start(sts: Obj) -> int:
    return int((sts["spec"].get("ordinals") or {}).get("start", 0))


def _range(sts: Obj) -> range:
    start = _start(sts)
    return range(start, start + sts["spec"]["replicas"])


def claim_name(sts: Obj, claim_template: Obj, ordinal: int) -> str:
    """Return the name of the claim of one pod."""
    return f"{claim_template['metadata']['name']}-{sts['metadata']['name']}-{ordinal}"


def _revision_of(pod: Obj) -> str:
    return str((pod["metadata"].get("labels") or {}).get(history.HASH, ""))


# -- what is to be created ------------------------------------------------------------------------


def _new_pod(sts: Obj, revision: str, ordinal: int) -> Obj:
    """Return the pod of an ordinal by the template of *sts*."""
    meta, template = sts["metadata"], sts["spec"]["template"]
    of_template = template.get("metadata") or {}
    name = f"{meta['name']}-{ordinal}"
    made: dict[str, Any] = {
        "name": name,
        "generateName": f"{meta['name']}-",
        "namespace": meta["namespace"],
        "labels": {
            **(of_template.get("labels") or {}),
            POD_NAME: name,
            POD_INDEX: str(ordinal),
            history.HASH: revision,
        },
        "ownerReferences": [owner_reference(sts)],
    }
    for field in ("annotations", "finalizers"):
        if of_template.get(field):
            made[field] = of_template[field]
    spec = {**template["spec"], "hostname": name}
    if sts["spec"].get("serviceName"):
        spec["subdomain"] = sts["spec"]["serviceName"]
    claims = {
        claim["metadata"]["name"]: claim_name(sts, claim, ordinal)
        for claim in sts["spec"].get("volumeClaimTemplates") or ()
    }
    if claims:
        mounted = [
            {"name": volume, "persistentVolumeClaim": {"claimName": claim}}
            for volume, claim in claims.items()
        ]
        others = [one for one in spec.get("volumes") or () if one["name"] not in claims]
        spec["volumes"] = [*mounted, *others]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": spec}


def _new_claim(sts: Obj, claim_template: Obj, ordinal: int) -> Obj:
    given = claim_template["metadata"]
    labels = {
        **(given.get("labels") or {}),
        **(sts["spec"]["selector"].get("matchLabels") or {}),
    }
    meta: dict[str, Any] = {
        "name": claim_name(sts, claim_template, ordinal),
        "namespace": sts["metadata"]["namespace"],
    }
    if labels:
        meta["labels"] = labels
    for field in ("annotations", "finalizers"):
        if given.get(field):
            meta[field] = given[field]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta,
        "spec": claim_template["spec"],
    }


# -- who owns a claim -----------------------------------------------------------------------------


def _retention(sts: Obj) -> tuple[str, str]:
    """Return (whenScaled, whenDeleted)."""
    policy = sts["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    return policy.get("whenScaled", _RETAIN), policy.get("whenDeleted", _RETAIN)


def _names(reference: Obj, owner: Obj) -> bool:
    """Whether an ownerReference names an object like *owner*, of whatever uid."""
    return (reference["apiVersion"], reference["kind"], reference["name"]) == (
        owner["apiVersion"],
        owner["kind"],
        owner["metadata"]["name"],
    )


def _is_stale(claim: Obj, owner: Obj) -> bool:
    """Whether the claim belongs to an earlier object of the name of *owner*."""
    uid = owner["metadata"].get("uid", "")
    named = [one for one in _owners(claim) if _names(one, owner)]
    return bool(named) and named[0]["uid"] != uid


def _owners(claim: Obj) -> Sequence[Obj]:
    return claim["metadata"].get("ownerReferences") or ()


def _wanted_owners(sts: Obj, pod: Obj) -> dict[str, Obj]:
    """Return by uid who has to own the claims of *pod*, by the retention policy."""
    scaled, deleted = _retention(sts)
    if scaled == deleted == _RETAIN:
        return {}
    condemned = ordinal_of(sts, pod) not in _range(sts)
    wanted: list[Obj] = []
    if deleted == _DELETE and not (scaled == _DELETE and condemned):
        wanted.append(sts)
    if scaled == _DELETE and condemned:
        wanted.append(pod)
    return {owner["metadata"]["uid"]: owner for owner in wanted}


def _is_foreign(claim: Obj, sts: Obj, pod: Obj) -> bool:
    """Whether somebody else manages the claim, so that the policy cannot be kept."""
    if _retention(sts) == (_RETAIN, _RETAIN):
        return False
    for one in _owners(claim):
        for owner in (sts, pod):
            if _names(one, owner):
                if one["uid"] != owner["metadata"]["uid"]:
                    return True
                break
        else:
            if one.get("controller"):
                return True
    return False


def _owned_right(claim: Obj, sts: Obj, pod: Obj) -> bool:
    """Whether the claim is owned as the policy wants, or cannot be for now."""
    if not _owners(claim):
        return not _wanted_owners(sts, pod)
    if _is_stale(claim, sts) or _is_stale(claim, pod):
        return True
    both = (sts["metadata"]["uid"], pod["metadata"]["uid"])
    ours = {one["uid"]: one for one in _owners(claim) if one["uid"] in both}
    if _is_foreign(claim, sts, pod):
        return not ours
    if not all(one.get("controller") for one in ours.values()):
        return False
    return ours.keys() == _wanted_owners(sts, pod).keys()


def _owned_anew(claim: Obj, sts: Obj, pod: Obj) -> Obj:
    references = [one for one in _owners(claim) if not _names(one, sts) and not _names(one, pod)]
    if not _is_foreign(claim, sts, pod):
        references += map(owner_reference, _wanted_owners(sts, pod).values())
    return with_owners(claim, references)


# -- one sync -------------------------------------------------------------------------------------


class _Stop(Exception):
    """Nothing more in this sync. `failed`: it has to be tried again soon."""

    def __init__(self, *, failed: bool = False) -> None:
        super().__init__()
        self.failed = failed


def _available(pod: Obj, least: int, now: int) -> bool:
    return is_available(pod, least, now)


def _is_created(pod: Obj) -> bool:
    return bool((pod.get("status") or {}).get("phase"))


def _going(pod: Obj) -> bool:
    return "deletionTimestamp" in pod["metadata"]


class _Sync:
    """One pass over one StatefulSet: what is, and the steps that have been decided so far."""

    def __init__(self, now: int, sts: Obj, read: Reader) -> None:
        self.now, self.sts, self.read = now, sts, read
        self.least = sts["spec"].get("minReadySeconds", 0)
        self.monotonic = sts["spec"].get("podManagementPolicy", "OrderedReady") != "Parallel"
        self.steps: list[Step] = []
        self.batch = 0
        self.pods = self._claimed()
        self.known = history.revisions_of(sts, read, self.steps)
        self.collisions = int((sts.get("status") or {}).get("collisionCount") or 0)
        self.update = self._update_revision()
        name = (sts.get("status") or {}).get("currentRevision")
        named = (one for one in self.known if one["metadata"]["name"] == name)
        self.current = next(named, self.update)

    # pods and revisions that are its own

    def _claimed(self) -> list[Obj]:
        """Return its pods, by ordinal; adopt orphans of its names, release those that misfit."""
        name = self.sts["metadata"]["name"]
        found = history.claimed(
            self.sts,
            PODS,
            self.read,
            self.steps,
            lambda pod: pod["metadata"]["name"].rpartition("-")[0] == name,
        )
        return sorted(found, key=lambda pod: _rank(self.sts, pod))

    def _update_revision(self) -> Obj:
        """Return the revision of the present template; a new one is created, an old one renewed."""
        known, data = self.known, history.data_of(self.sts)
        equal = [one for one in known if one["data"] == data]
        if equal and equal[-1] is known[-1]:
            return equal[-1]
        number = known[-1]["revision"] + 1 if known else 1
        if equal:
            renewed = {**equal[-1], "revision": number}
            self.steps.append(Step(Update(CONTROLLERREVISIONS, renewed)))
            return renewed
        while True:
            hashed = history.digest(data, self.collisions)
            made = history.new(self.sts, number, hashed, history.OF_REVISION)
            meta = made["metadata"]
            there = self.read.get(CONTROLLERREVISIONS, meta["namespace"], meta["name"])
            if there is None:
                self.steps.append(Step(Create(CONTROLLERREVISIONS, made)))
                return made
            if there["data"] == data:
                return there
            self.collisions += 1

    # the steps

    def run(self) -> tuple[dict[str, Any], bool]:
        """Decide the steps; return the status, and whether something failed on the way."""
        wanted = _range(self.sts)
        by_ordinal = {ordinal_of(self.sts, pod): pod for pod in self.pods}
        self.replicas = self._replicas(wanted, by_ordinal)
        self.condemned = [
            pod
            for pod in reversed(self.pods)
            if (n := ordinal_of(self.sts, pod)) is not None and n not in wanted
        ]
        if "deletionTimestamp" in self.sts["metadata"]:
            return self._status(self.pods), False
        less, failed = 0, False
        try:
            self._each(self.replicas, self._replica)
            self._each(self.condemned, self._fix_claims)
            self._each(self.condemned, self._condemned)
            less = self._rolling()
        except _Stop as stop:
            failed = stop.failed
        status = self._status([*self.replicas, *self.condemned])
        if less:
            status["currentReplicas"] -= less
        return status, failed

    def _replicas(self, wanted: range, there: Mapping[int | None, Obj]) -> list[Obj]:
        """Return the pods that are, and those to create; in order none is looked at but the first.

        Those that come after it would be made for nothing.
        """
        found, missing = [], False
        for ordinal in wanted:
            pod = there.get(ordinal)
            if pod is None:
                if missing and self.monotonic:
                    continue
                missing, pod = True, self._versioned(ordinal)
            found.append(pod)
        return found

    def _each(self, pods: Sequence[Obj], look: Callable[[Obj], None]) -> None:
        """Look at all *pods*; in order and until one stops it, or in doubling batches."""
        size, failed, at = 1, False, 0
        while at < len(pods):
            self.batch += 1
            for pod in pods[at : at + size]:
                try:
                    look(pod)
                except _Stop as stop:
                    if self.monotonic:
                        raise
                    failed = failed or stop.failed
            if failed:
                raise _Stop(failed=True)
            at, size = at + size, size if self.monotonic else 2 * size

    def _versioned(self, ordinal: int) -> Obj:
        """Return the pod to create: of the present template, or below the partition of the old."""
        sts = self.sts
        strategy = sts["spec"].get("updateStrategy") or {}
        rolling = strategy.get("rollingUpdate")
        first = _start(sts)
        # Go's && binds before ||: a partition counts whatever the type of the strategy.
        if rolling is not None:
            old = ordinal < first + rolling.get("partition", 0)
        else:
            held = (sts.get("status") or {}).get("currentReplicas", 0)
            old = strategy.get("type") == "RollingUpdate" and ordinal < first + held
        revision = self.current if old else self.update
        name = revision["metadata"]["name"]
        return _new_pod(history.applied(sts, revision), name, ordinal)

    def _replica(self, pod: Obj) -> None:
        phase = (pod.get("status") or {}).get("phase")
        if phase in ("Failed", "Succeeded"):
            if not _going(pod):
                self._delete(pod)
            raise _Stop
        if not phase:
            if self._has_stale_claim(pod):
                raise _Stop
            self._create_claims(pod, creating=True)
            self._write(Create(PODS, pod), "Create", pod)
            if self.monotonic:
                raise _Stop
            return
        if phase == "Pending":
            self._create_claims(pod, creating=False)
            self._fix_claims(pod)
        if self.monotonic and (
            _going(pod)
            or not (phase == "Running" and is_ready(pod))
            or not _available(pod, self.least, self.now)
        ):
            raise _Stop
        self._keep_identity(pod)

    def _keep_identity(self, pod: Obj) -> None:
        """Give a pod its label, and its claims their owners, where somebody took them away."""
        meta = pod["metadata"]
        labels = meta.get("labels") or {}
        named = labels.get(POD_NAME) == meta["name"]
        if named and self._claims_right(pod):
            return
        self._fix_claims(pod)
        action = None
        if not named:
            index = str(ordinal_of(self.sts, pod))
            labels = {**labels, POD_NAME: meta["name"], POD_INDEX: index}
            action = Update(PODS, {**pod, "metadata": {**meta, "labels": labels}})
        self._write(action, "Update", pod)

    def _condemned(self, pod: Obj) -> None:
        if _going(pod):
            if self.monotonic:
                raise _Stop
            return
        if self.monotonic and pod is not self._first_unavailable():
            running = (pod.get("status") or {}).get("phase") == "Running" and is_ready(pod)
            if not running or not _available(pod, self.least, self.now):
                raise _Stop
        self._delete(pod)
        raise _Stop

    def _first_unavailable(self) -> Obj | None:
        for pod in (*self.replicas, *reversed(self.condemned)):
            if not _available(pod, self.least, self.now) or _going(pod):
                return pod
        return None

    def _rolling(self) -> int:
        """Delete the highest pod of another revision, unless one above is away; return how many."""
        strategy = self.sts["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return 0
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        self.batch += 1
        for pod in reversed(self.replicas[partition:]):
            if _revision_of(pod) != self.update["metadata"]["name"] and not _going(pod):
                self._delete(pod)
                return 1
            if _going(pod) or not _available(pod, self.least, self.now):
                return 0
        return 0

    # writes

    def _write(self, action: Action | None, verb: str, pod: Obj) -> None:
        sts, name = self.sts, pod["metadata"]["name"]
        about = f"{verb} Pod {name} in StatefulSet {sts['metadata']['name']}"
        note = EventNote(sts, "Normal", f"Successful{verb}", f"{about} successful")

        def failed(error: Exception) -> EventNote:
            return EventNote(sts, "Warning", f"Failed{verb}", f"{about} failed error: {error}")

        self.steps.append(Step(action, note, (failed,), self.batch, self._ordinal(pod)))

    def _ordinal(self, pod: Obj) -> int:
        found = ordinal_of(self.sts, pod)
        return -1 if found is None else found

    def _delete(self, pod: Obj) -> None:
        meta = pod["metadata"]
        key = (meta["namespace"], meta["name"])
        self._write(Delete(PODS, key, uid=meta.get("uid")), "Delete", pod)

    # claims

    def _claims(self, pod: Obj) -> Iterable[tuple[Obj, Obj | None]]:
        """Yield (template, claim as it is) of each claim of a pod."""
        templates = self.sts["spec"].get("volumeClaimTemplates")
        if not templates:
            return
        namespace = self.sts["metadata"]["namespace"]
        for template in templates:
            name = claim_name(self.sts, template, self._ordinal(pod))
            yield template, self.read.get(PVCS, namespace, name)

    def _has_stale_claim(self, pod: Obj) -> bool:
        if _retention(self.sts)[0] == _RETAIN:
            return False
        return any(claim is not None and _is_stale(claim, pod) for _, claim in self._claims(pod))

    def _create_claims(self, pod: Obj, *, creating: bool) -> None:
        sts, ordinal = self.sts, self._ordinal(pod)
        name, set_name = pod["metadata"]["name"], sts["metadata"]["name"]
        gone: list[str] = []
        for template, claim in self._claims(pod):
            if claim is None:
                self._create_claim(template, pod, ordinal, creating=creating)
            elif _going(claim):
                gone.append(f"pvc {claim['metadata']['name']} is being deleted")
        if not gone:
            return
        if creating:
            text = gone[0] if len(gone) == 1 else f"[{', '.join(gone)}]"
            about = f"Create Pod {name} in StatefulSet {set_name} failed error: {text}"
            note = EventNote(sts, "Warning", "FailedCreate", about)
            self.steps.append(Step(None, note, (), self.batch, ordinal))
        raise _Stop(failed=True)

    def _create_claim(self, template: Obj, pod: Obj, ordinal: int, *, creating: bool) -> None:
        sts = self.sts
        made = _new_claim(sts, template, ordinal)
        claim, name = made["metadata"]["name"], pod["metadata"]["name"]
        where = f"Pod {name} in StatefulSet {sts['metadata']['name']}"
        said = EventNote(sts, "Normal", "SuccessfulCreate", f"Create Claim {claim} {where} success")

        def claim_failed(error: Exception) -> EventNote:
            text = f"Create Claim {claim} for {where} failed error: {error}"
            return EventNote(sts, "Warning", "FailedCreate", text)

        def pod_failed(error: Exception) -> EventNote:
            text = f"Create {where} failed error: failed to create PVC {claim}: {error}"
            return EventNote(sts, "Warning", "FailedCreate", text)

        failed = (claim_failed, pod_failed) if creating else (claim_failed,)
        self.steps.append(Step(Create(PVCS, made), said, failed, self.batch, ordinal))

    def _claims_right(self, pod: Obj) -> bool:
        return all(
            claim is None or _owned_right(claim, self.sts, pod) for _, claim in self._claims(pod)
        )

    def _fix_claims(self, pod: Obj) -> None:
        """Make the claims of a pod owned as the retention policy wants."""
        sts = self.sts
        for _, claim in self._claims(pod):
            if claim is None:
                continue
            note = None
            if _is_foreign(claim, sts, pod):
                text = (
                    f"PersistentVolumeClaim {claim['metadata']['name']} has a conflicting "
                    "OwnerReference that acts as a manging controller, the retention policy is "
                    "ignored for this claim"
                )
                note = EventNote(sts, "Warning", "ConflictingController", text)
            action = None
            if not _owned_right(claim, sts, pod):
                action = Update(PVCS, _owned_anew(claim, sts, pod))
            if note is not None or action is not None:
                self.steps.append(Step(action, note, (), self.batch, self._ordinal(pod)))

    # status and history

    def _status(self, pods: Sequence[Obj]) -> dict[str, Any]:
        current, update = self.current["metadata"]["name"], self.update["metadata"]["name"]
        there = [pod for pod in pods if _is_created(pod)]
        staying = [_revision_of(pod) for pod in there if not _going(pod)]
        ready = [p for p in there if p["status"]["phase"] == "Running" and is_ready(p)]
        return {
            "observedGeneration": self.sts["metadata"].get("generation", 0),
            "replicas": len(there),
            "readyReplicas": len(ready),
            "currentReplicas": staying.count(current),
            "updatedReplicas": staying.count(update),
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": self.collisions,
            "availableReplicas": sum(_available(pod, self.least, self.now) for pod in ready),
        }

    def too_old(self) -> list[Obj]:
        """Return the revisions beyond the limit that nothing lives by, the oldest first."""
        live = dict.fromkeys(one["metadata"]["name"] for one in (self.current, self.update))
        live.update(dict.fromkeys(map(_revision_of, self.pods)))
        gone = [one for one in self.known if one["metadata"]["name"] not in live]
        limit = self.sts["spec"].get("revisionHistoryLimit", 10)
        return gone[: len(gone) - limit] if 0 <= limit < len(gone) else []

    def wake(self, status: Mapping[str, Any]) -> int | None:
        """Return when the next ready pod becomes available (ns)."""
        if not self.least or status["readyReplicas"] == status["availableReplicas"]:
            return None
        due = [at for p in self.pods if (at := available_at(p, self.least)) and at > self.now]
        return min(due, default=None)


def _rank(sts: Obj, pod: Obj) -> tuple[int, str]:
    ordinal = ordinal_of(sts, pod)
    return (-1 if ordinal is None else ordinal), pod["metadata"]["name"]


def _completed(sts: Obj, status: dict[str, Any]) -> dict[str, Any]:
    """Return the status in which a rolling update that is through has become the current state."""
    wanted = sts["spec"]["replicas"]
    rolling = (sts["spec"].get("updateStrategy") or {}).get("type") == "RollingUpdate"
    figures = (status["updatedReplicas"], status["readyReplicas"], status["replicas"])
    if not rolling or figures != (wanted, wanted, wanted):
        return status
    revision = status["updateRevision"]
    return {**status, "currentReplicas": wanted, "currentRevision": revision}


_COMPARED = (
    "replicas",
    "currentReplicas",
    "readyReplicas",
    "updatedReplicas",
    "currentRevision",
    "availableReplicas",
    "updateRevision",
)
_OMITTED_WHEN_ZERO = ("observedGeneration", "readyReplicas", "currentReplicas", "updatedReplicas")


def _status_step(sts: Obj, status: dict[str, Any]) -> list[Step]:
    before = sts.get("status") or {}
    newer = status["observedGeneration"] > before.get("observedGeneration", 0)
    if not newer and all(status[name] == before.get(name, 0) for name in _COMPARED):
        return []
    shown = {k: v for k, v in status.items() if v or k not in _OMITTED_WHEN_ZERO}
    return [Step(Update(STATEFULSETS, {**sts, "status": shown}, "status"), batch=ALWAYS)]


class StatefulSets:
    """The control loop."""

    def __init__(self) -> None:
        self.retries = Retries()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Take the next steps towards the wanted pods, then write status and history."""
        sts = read.get(STATEFULSETS, *key)
        if sts is None:
            self.retries.forget(key)
            return NOTHING
        sync = _Sync(now, sts, read)
        status, failed = sync.run()
        steps = [*sync.steps, *_status_step(sts, _completed(sts, status))]
        for one in sync.too_old():
            meta = one["metadata"]
            gone = Delete(CONTROLLERREVISIONS, (meta["namespace"], meta["name"]), uid=meta["uid"])
            steps.append(Step(gone, batch=ALWAYS))
        return self.retries.plan(now, key, steps, sync.wake(status), failed=failed)

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Say what failed, go on with what is tried beside it, and come again later and later."""
        return self.retries.refused(now, key, action, error)


# -- what wakes it --------------------------------------------------------------------------------


_of_pod = of_owned("StatefulSet", STATEFULSETS)


def controller() -> Controller:
    """Return the StatefulSet controller."""
    loop = StatefulSets()
    return Controller(
        name="statefulset",
        component="statefulset-controller",
        watches={STATEFULSETS: itself, PODS: _of_pod},
        needs={PODS: STATEFULSETS},
        reconcile=loop.reconcile,
        refused=loop.refused,
        delay=DELAY,
        snapshot=loop.retries.snapshot,
        restore=loop.retries.restore,
    )
