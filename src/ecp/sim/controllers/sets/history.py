"""ControllerRevisions: the templates that a StatefulSet or DaemonSet had, under their numbers.

A revision's `data` is a patch that puts its template back, so `kubectl rollout undo` can send it.
Source: kubernetes pkg/controller/history/controller_history.go, statefulset/stateful_set_utils.go
getPatch and ApplyRevision, daemon/update.go (1.36).
"""

from collections.abc import Callable, Iterable
from json import dumps
from typing import Any

from ecp.kube.kinds import CONTROLLERREVISIONS
from ecp.kube.pods import fnv1, owner_reference, safe_encoded
from ecp.kube.selectors import from_object
from ecp.kube.times import nanoseconds
from ecp.sim.controllers.sets.steps import Step, with_owners
from ecp.sim.plans import Reader, Update, controller_of
from ecp.sim.store import Obj

HASH = "controller-revision-hash"
"""On pods; on the revisions of a DaemonSet too."""
OF_REVISION = "controller.kubernetes.io/hash"
"""On the revisions of a StatefulSet, whose pods carry the whole name in HASH."""
_MOST_PREFIX = 223
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def data_of(parent: Obj) -> dict[str, Any]:
    """Return the patch that gives *parent* the template it has now."""
    return {"spec": {"template": {**parent["spec"]["template"], "$patch": "replace"}}}


def applied(parent: Obj, revision: Obj) -> dict[str, Any]:
    """Return *parent* with the template that *revision* keeps."""
    kept = revision["data"]["spec"]["template"]
    template = {key: value for key, value in kept.items() if key != "$patch"}
    return {**parent, "spec": {**parent["spec"], "template": template}}


def digest(data: Obj, collisions: int) -> str:
    """Return the hash in the name of a StatefulSet's revision.

    FNV-1 over the JSON that the server keeps, and the count of collisions as text: the characters
    are those of the real controller wherever the stored template is the same.
    """
    text = dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return safe_encoded(fnv1((text.translate(_HTML) + str(collisions)).encode()))


def name_of(parent: Obj, hashed: str) -> str:
    """Return the name of the revision of *parent* with that hash."""
    return f"{parent['metadata']['name'][:_MOST_PREFIX]}-{hashed}"


def new(parent: Obj, number: int, hashed: str, label: str) -> dict[str, Any]:
    """Return the ControllerRevision of *parent*'s present template; *label* holds its hash."""
    meta = parent["metadata"]
    labels = (parent["spec"]["template"].get("metadata") or {}).get("labels") or {}
    made: dict[str, Any] = {
        "name": name_of(parent, hashed),
        "namespace": meta["namespace"],
        "labels": {**labels, label: hashed},
        "ownerReferences": [owner_reference(parent)],
    }
    if meta.get("annotations"):
        made["annotations"] = dict(meta["annotations"])
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": made,
        "data": data_of(parent),
        "revision": number,
    }


def in_order(revisions: Iterable[Obj]) -> list[Obj]:
    """Return *revisions* by number, then age, then name: the newest last."""

    def rank(one: Obj) -> tuple[int, int, str]:
        meta = one["metadata"]
        return one["revision"], nanoseconds(meta["creationTimestamp"]), meta["name"]

    return sorted(revisions, key=rank)


def claimed(
    parent: Obj,
    resource: str,
    read: Reader,
    steps: list[Step],
    named: Callable[[Obj], bool] = lambda one: True,
) -> list[Obj]:
    """Return what *parent* owns or adopts: what its selector matches and is *named* as its own.

    Oldest first, then orphans. What no longer fits is let go. Writes are added to *steps*.
    Source: pkg/controller/controller_ref_manager.go.
    """
    meta = parent["metadata"]
    uid, living = meta["uid"], "deletionTimestamp" not in meta
    matches = from_object(parent["spec"]["selector"]).matches
    found = []
    for one in read.owned(uid, resource):
        if (controller_of(one) or {}).get("uid") != uid:
            continue
        if matches(one["metadata"].get("labels") or {}) and named(one):
            found.append(one)
        elif living and "deletionTimestamp" not in one["metadata"]:
            kept = [r for r in one["metadata"]["ownerReferences"] if r["uid"] != uid]
            steps.append(Step(Update(resource, with_owners(one, kept))))
    for one in read.orphans(resource, meta["namespace"]) if living else ():
        its = one["metadata"]
        fits = matches(its.get("labels") or {}) and named(one)
        if fits and "deletionTimestamp" not in its:
            references = its.get("ownerReferences") or ()
            adopted = with_owners(one, [*references, owner_reference(parent)])
            steps.append(Step(Update(resource, adopted)))
            found.append(adopted)
    return found


def revisions_of(parent: Obj, read: Reader, steps: list[Step]) -> list[Obj]:
    """Return the ControllerRevisions of *parent*, the newest last."""
    return in_order(claimed(parent, CONTROLLERREVISIONS, read, steps))
