"""The pods of a Job: which are its own, what a new one looks like, which goes first.

Source: kubernetes pkg/controller/{controller_ref_manager,controller_utils}.go,
pkg/controller/job/{job_controller,indexed_job_utils}.go (1.36).
"""

from collections.abc import Iterable, Iterator
from itertools import count as count_from
from typing import Any

from ecp.kube.kinds import PODS
from ecp.kube.pods import is_active, is_ready, owner_reference, ready_since, restarts
from ecp.kube.selectors import from_object
from ecp.kube.times import nanoseconds
from ecp.sim.controllers.jobs import policies
from ecp.sim.controllers.jobs.indexes import COMPLETION_INDEX, completion_index
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Action, Reader, Update, controller_of
from ecp.sim.store import Obj

TRACKING = "batch.kubernetes.io/job-tracking"
"""The finalizer that keeps a pod until its Job has counted it."""

# A generated name is cut so that its five random characters fit a label value.
_PREFIX = 58
_PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}
_INDEX_VARIABLE = "JOB_COMPLETION_INDEX"


def is_tracked(pod: Obj) -> bool:
    """Whether a Job has yet to count the pod."""
    return TRACKING in (pod["metadata"].get("finalizers") or ())


def untracked(pod: Obj) -> Update:
    """Return the action that lets a counted pod go."""
    return Update(PODS, _without(pod, "finalizers", lambda held: held != TRACKING))


def _without(obj: Obj, field: str, keeps: Any) -> Obj:
    kept = [one for one in obj["metadata"].get(field) or () if keeps(one)]
    meta = {k: v for k, v in obj["metadata"].items() if k != field}
    if kept:
        meta[field] = kept
    return {**obj, "metadata": meta}


def claimed(job: Obj, read: Reader, actions: list[Action]) -> list[Obj]:
    """Return the Job's pods; release those that do not fit its selector, adopt orphans that do."""
    meta = job["metadata"]
    uid, living = meta["uid"], "deletionTimestamp" not in meta
    selector = from_object(job["spec"]["selector"])
    found: list[Obj] = []
    for pod in read.owned(uid, PODS):
        owner = controller_of(pod)
        if owner is None or owner["uid"] != uid:
            continue
        if selector.matches(pod["metadata"].get("labels") or {}):
            found.append(pod)
        elif living:
            released = _without(pod, "ownerReferences", lambda one: one["uid"] != uid)
            actions.append(Update(PODS, untracked(released).obj))
    for pod in read.orphans(PODS, meta["namespace"]) if living and not selector.empty else ():
        if "deletionTimestamp" in pod["metadata"]:
            continue
        if selector.matches(pod["metadata"].get("labels") or {}):
            adopted = _adopted(pod, job)
            actions.append(Update(PODS, adopted))
            found.append(adopted)
    return found


def _adopted(pod: Obj, job: Obj) -> Obj:
    meta = dict(pod["metadata"])
    meta["ownerReferences"] = [*(meta.get("ownerReferences") or ()), owner_reference(job)]
    meta["finalizers"] = tracked(meta.get("finalizers"))
    return {**pod, "metadata": meta}


def tracked(finalizers: Iterable[str] | None) -> list[str]:
    """Return finalizers with the one that keeps a pod until it is counted."""
    held = list(finalizers or ())
    return held if TRACKING in held else [*held, TRACKING]


# -- who goes first -------------------------------------------------------------------------------


def _rank(pod: Obj) -> tuple[Any, ...]:
    ready = is_ready(pod)
    most, most_of_sidecars = restarts(pod)
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASE_ORDER.get(pod["status"].get("phase", ""), 0),
        ready,
        -(ready_since(pod) or 0) if ready else 0,
        -most,
        -most_of_sidecars,
        -nanoseconds(pod["metadata"]["creationTimestamp"]),
    )


def to_remove(job: Obj, active: list[Obj], least: int) -> list[Obj]:
    """Return the active pods that are too many: at least *least*, the earliest in life first.

    Of an Indexed Job those go first whose index is none, out of range, or somebody else's too.
    """
    going: list[Obj] = []
    left = active
    if is_indexed(job):
        left = []
        by_index: dict[int, list[Obj]] = {}
        for pod in active:
            index = completion_index(pod)
            by_index.setdefault(-1 if index is None else index, []).append(pod)
        for index, pods in sorted(by_index.items()):
            if index < 0 or index >= job["spec"]["completions"]:
                going += pods
                continue
            pods.sort(key=_rank)
            going += pods[:-1]
            left.append(pods[-1])
    if len(going) < least:
        going = [*going, *sorted(left, key=_rank)[: least - len(going)]]
    return going


# -- new ones -------------------------------------------------------------------------------------


def is_indexed(job: Obj) -> bool:
    """Whether each pod of the Job works on an index of its own."""
    return bool(job["spec"].get("completionMode") == "Indexed")


def per_index(job: Obj) -> bool:
    """Whether failures are counted by index."""
    return job["spec"].get("backoffLimitPerIndex") is not None


def name_prefix(job: Obj, index: int | None) -> str:
    """Return what a pod's name begins with: the Job's, and the index where there is one."""
    name = job["metadata"]["name"]
    if index is None:
        return f"{name}-"[:_PREFIX]
    tail = f"-{index}-"
    return f"{name[: _PREFIX - len(tail)]}{tail}"


def new_pods(
    now: int,
    job: Obj,
    wanted: Iterable[int | None],
    replaced: dict[int, Obj],
    chance: Chance,
    read: Reader,
) -> Iterator[Obj]:
    """Yield a pod for each index of *wanted* (None: of none).

    Names hang on the Job's uid, the instant and the number within it.
    """
    meta, template = job["metadata"], job["spec"]["template"]
    of_template = template.get("metadata") or {}
    common: dict[str, Any] = {
        "namespace": meta["namespace"],
        "labels": of_template.get("labels") or {},
        "ownerReferences": [owner_reference(job)],
        "finalizers": tracked(of_template.get("finalizers")),
    }
    if of_template.get("annotations"):
        common["annotations"] = of_template["annotations"]
    # One spec for all: the write path and the scheduler know a template by its identity.
    spec = _knowing_index(template["spec"]) if is_indexed(job) else template["spec"]
    stream = f"pod-name/{meta['uid']}/{now}"
    draws = (chance.suffix(5, stream, n) for n in count_from(0))
    taken: dict[str, None] = {}
    for index in wanted:
        prefix = name_prefix(job, index)
        name = prefix + next(draws)
        while name in taken or read.get(PODS, meta["namespace"], name) is not None:
            name = prefix + next(draws)
        taken[name] = None
        made = {**common, "generateName": prefix, "name": name}
        of_pod = spec
        if index is not None:
            said = {COMPLETION_INDEX: str(index)}
            counts = policies.counts_after(job, replaced.get(index)) if per_index(job) else {}
            made["labels"] = {**common["labels"], **said}
            made["annotations"] = {**common.get("annotations", {}), **said, **counts}
            of_pod = {**spec, "hostname": f"{meta['name']}-{index}"}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": of_pod}


def _knowing_index(spec: Obj) -> Obj:
    """Return a pod's spec whose containers read their index from their environment."""
    changed = {
        field: [_container_knowing_index(container) for container in spec[field]]
        for field in ("initContainers", "containers")
        if spec.get(field)
    }
    return {**spec, **changed}


def _container_knowing_index(container: Obj) -> Obj:
    given = container.get("env") or []
    if any(entry["name"] == _INDEX_VARIABLE for entry in given):
        return container
    path = f"metadata.labels['{COMPLETION_INDEX}']"
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}
    return {**container, "env": [*given, {"name": _INDEX_VARIABLE, "valueFrom": source}]}


def active_indexes(pods: Iterable[Obj]) -> dict[int, None]:
    """Return the indexes that active pods work on."""
    found = (completion_index(pod) for pod in pods if is_active(pod))
    return dict.fromkeys(index for index in found if index is not None)
