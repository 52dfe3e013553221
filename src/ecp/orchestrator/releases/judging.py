"""A start-up as it happened: what was confirmed once, and what the cluster remembers of it. Pure.

A look shows how a release stands now. At a warped pace, or after the orchestrator was away, an
outage may lie between the start-up and the look: then the start-up is read from what Kubernetes
writes down (when a Deployment's rollout was complete) and from the ledger of the tenant's slots.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import DEPLOYMENTS
from ecp.kube.pods import condition
from ecp.kube.selectors import from_map
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.ports import View
from ecp.orchestrator.records import Obj, Release
from ecp.texts import Language, text

_SECOND: Final = 1_000_000_000
ATTEMPT: Final = "attempt"
"""The option of a release that says how often it was sent: again where equal manifests are."""
SENT: Final = "sent_ns"
"""The option that says at which instant of the cluster (ns) it was sent again."""
INCARNATION: Final = "incarnation"
"""The option of a release that says to which cluster of that name it went."""
APPLIED: Final = "applied_ns"
"""The option that says at which instant of the cluster (ns) its last step had been taken."""
_WORDS: Final = "words"
"""What a kept problem is called in languages other than English, by its fields."""
_SAID: Final = ("text", "remedy")
# What is wrong with the bundle itself was so from the beginning.
_LASTING: Final = ("scales-below", "job-failed", "job-retries", "job-began")
_GONE: Final = "gone"
"""The cause of a workload that was there and is not."""
# Who calls without a profile is not in the ledger's call graph: what the look says counts.
_OF_CALLS: Final = ("calls-nothing", "calls-port", "cut-ingress", "cut-egress", "cut-dns")


class Rollout(NamedTuple):
    """A Deployment of a release: when its rollout was complete (ns), None while it is not."""

    name: str
    done: int | None


def rollouts(view: View, objects: Iterable[Obj]) -> list[Rollout]:
    """Return how far the Deployments among *objects* are.

    Kubernetes writes down the end of a rollout and leaves it, whatever becomes of the pods later.
    Source: kubernetes pkg/controller/deployment/progress.go (NewReplicaSetAvailable,
    isCompleteDeployment).
    """
    found = []
    for obj in objects:
        if obj["kind"] == "Deployment":
            meta = obj["metadata"]
            seen = view.get(DEPLOYMENTS, meta.get("namespace", ""), meta["name"])
            found.append(Rollout(meta["name"], None if seen is None else _done(seen)))
    return found


def _done(deployment: Obj) -> int | None:
    status = deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 1):
        return None
    progress = condition(deployment, "Progressing")
    if progress is None or progress["reason"] != "NewReplicaSetAvailable":
        return None
    # Of a rollout that goes back to pods it had, the condition tells of the one before until the
    # first of them is there: only where all pods are of the newest template is it of this one.
    if status.get("replicas", 0) != status.get("updatedReplicas", 0):
        return None
    return nanoseconds(progress["lastUpdateTime"])


def came_up_since(release: Release, rolled: Sequence[Rollout]) -> int | None:
    """Return from when on (ns) the ledger tells of this release; None while it is rolled out.

    A rollout that was complete before the release began is not of it: it changed no pods, and its
    slots count from its last step on. Instants are written in whole seconds: the second has passed.
    """
    since = release.began
    for rollout in rolled:
        if rollout.done is None:
            return None
        of_it = rollout.done + _SECOND > release.began
        since = max(since, rollout.done + _SECOND if of_it else _applied(release))
    return since if rolled else max(since, _applied(release))


def _applied(release: Release) -> int:
    return int(release.options.get(APPLIED, release.began))


def remembered(
    body: Mapping[str, Any],
    history: Mapping[str, Any] | None,
    release: Release,
    rolled: Sequence[Rollout],
    services: Mapping[str, Obj],
    workloads: Mapping[str, Obj],
) -> dict[str, Any]:
    """Return the start-up that the cluster remembers, in the form of `keep_confirmed`; {} for none.

    *body* is the look's judgement, *history* the evidence's; *services* and *workloads* are by
    name as a look shows them (who is behind a Service is when that was up).
    """
    confirmed = None if history is None else history["confirmed_ns"]
    if history is None or confirmed is None:
        return {}
    rows = {row["name"]: row for row in history["workloads"]}
    if any(_counts(problem, rows) for problem in body["problems"]):
        return {}

    def since(instant: int | None) -> float | None:
        if instant is None:
            return None
        return max(0.0, round((instant - release.began) / _SECOND, 1))

    done = {rollout.name: rollout.done for rollout in rolled}
    up: dict[str, float | None] = {}
    for item in body["workloads"]:
        name = item["object"].partition("/")[2]
        at = done.get(name)
        if at is None or at < release.began:
            at = (rows.get(name) or {}).get("whole")
        up[item["object"]] = since(confirmed if at is None else at)
    open_: dict[str, float | None] = {}
    for item in body["services"]:
        name = item["object"].partition("/")[2]
        behind = [rows[w]["answered"] for w in _behind(services.get(name), workloads) if w in rows]
        first = min((at for at in behind if at is not None), default=confirmed)
        open_[item["object"]] = since(min(first, confirmed))
    served = {item["object"]: since(confirmed) for item in body["entries"]}
    ready = _last([*up.values(), *open_.values()])
    conditions = {
        "workloads_available": _last(up.values()),
        "services_with_endpoints": _last(open_.values()),
        "dependencies_answering": ready,
        "entry_requests_served": _last(served.values()),
    }
    return {
        "started": True,
        "confirmed_at": rfc3339(confirmed),
        "seconds": since(confirmed),
        "conditions": {
            name: {"met": True, "seconds": seconds} for name, seconds in conditions.items()
        },
        **{
            kind: [{"object": name, "seconds": seconds} for name, seconds in found.items()]
            for kind, found in (("workloads", up), ("services", open_), ("entries", served))
        },
    }


def _counts(problem: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a problem of now was there from the beginning."""
    if problem["cause"] in _OF_CALLS:
        row = rows.get(problem["object"].partition("/")[2])
        return row is None or not row["modelled"]
    return problem["cause"] in _LASTING


def _behind(service: Obj | None, workloads: Mapping[str, Obj]) -> list[str]:
    selector = None if service is None else service["spec"].get("selector")
    if not selector:
        return []
    chosen = from_map(selector)
    return [
        name
        for name, obj in workloads.items()
        if chosen.matches(obj["spec"]["template"]["metadata"].get("labels") or {})
    ]


def _last(instants: Iterable[float | None]) -> float:
    return max((instant for instant in instants if instant is not None), default=0.0)


def earlier(seen: Mapping[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Return what *told* of a start-up unless the look saw it *seen* as early, and finer."""
    if not told or (seen.get("started") and seen["seconds"] <= told["seconds"]):
        return {}
    return told


def keep_confirmed(body: dict[str, Any], confirmed: Mapping[str, Any]) -> None:
    """Let what was confirmed once stay so, with its time; how it stands now is told apart.

    `up` says whether it is as it was confirmed, `degraded` what is in the way of that: rows like
    those of `problems`, which are what keeps a release from being confirmed.
    """
    body["up"], body["degraded"] = body["started"], []
    if not confirmed.get("started"):
        return
    body["started"], body["problems"], body["degraded"] = True, [], body.get("problems") or []
    body["confirmed_at"], body["seconds"] = confirmed["confirmed_at"], confirmed["seconds"]
    for kind in ("workloads", "services", "entries"):
        kept = {item["object"]: item["seconds"] for item in confirmed.get(kind) or ()}
        for item in body.get(kind) or ():
            item["seconds"] = kept.get(item["object"], item["seconds"])
    body["conditions"] = confirmed.get("conditions") or body.get("conditions") or {}
    stages = {item["object"]: item.get("stages") for item in confirmed.get("workloads") or ()}
    for item in body.get("workloads") or ():
        # What was seen then: pods that were made anew since tell of another start.
        if stages.get(item["object"]):
            item["stages"] = stages[item["object"]]


def told(release: Release, phase: str, found: Mapping[str, Any]) -> tuple[str, int, Obj]:
    """Return what is said of a start-up that was judged: key, instant (ns), body."""
    started = bool(found["started"])
    at = found["confirmed_at"] if started else found.get("judged_at")
    body: Obj = {"kind": phase, "started": started, "seconds": found["seconds"]}
    if phase == "stalled" or not started:
        body["problems"] = [row["object"] for row in found.get("problems") or ()]
    key = f"{release.options.get(ATTEMPT, 1)}/{phase}"
    return key, release.began if at is None else nanoseconds(at), body


def in_both(english: Obj, korean: Obj) -> Obj:
    """Return a start-up in words of both languages, as it is kept; `in_words` takes one."""
    rows = zip(english["problems"], korean["problems"], strict=True)
    problems = [
        {**row, _WORDS: {"ko": {name: other[name] for name in _SAID}}} for row, other in rows
    ]
    return {**english, "problems": problems}


def in_words(kept: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return a start-up that was kept, its problems in a language's words."""
    if not kept.get("problems"):
        return dict(kept)
    problems = [
        {
            **{name: value for name, value in row.items() if name != _WORDS},
            **(row.get(_WORDS) or {}).get(language, {}),
        }
        for row in kept["problems"]
    ]
    return {**kept, "problems": problems}


def not_sent(release: Release) -> dict[str, Any]:
    """Return the judgement of a release of which nothing was sent yet."""
    return {
        "started": False,
        "ready": False,
        "settled": False,
        "stalled": False,
        "up": False,
        "began": rfc3339(release.began),
        "confirmed_at": None,
        "seconds": None,
        "conditions": {},
        "workloads": [],
        "services": [],
        "entries": [],
        "problems": [],
        "degraded": [],
    }


def say_taken(body: dict[str, Any], objects: Iterable[Obj]) -> None:
    """Say of workloads that somebody deleted how many pods they were to have; where that is all of
    them, nothing is started, whatever was confirmed once: `gone`."""
    missing = {
        row["object"] for row in body["problems"] + body["degraded"] if row["cause"] == _GONE
    }
    if not missing:
        return
    wanted = {
        f"{obj['kind'].lower()}/{obj['metadata']['name']}": obj.get("spec", {}).get("replicas", 1)
        for obj in objects
    }
    for row in body["workloads"]:
        if row["object"] in missing:
            row["desired"] = row["desired"] or wanted.get(row["object"], 1)
    if missing.issuperset(row["object"] for row in body["workloads"]):
        body["started"] = body["up"] = body["settled"] = body["ready"] = False
        body["gone"], body["confirmed_at"], body["seconds"] = True, None, None
        body["problems"], body["degraded"] = body["problems"] + body["degraded"], []


# -- the cluster --------------------------------------------------------------------------------


def began_anew(release: Release, incarnation: str) -> bool:
    """Whether the cluster is another one than the release went to (a reset, a new one)."""
    known = release.options.get(INCARNATION)
    return bool(known and incarnation and known != incarnation)


def begins_anew(release: Release) -> bool:
    """Whether a release that is sent again begins again: it had ended, and never came up."""
    return release.phase in ("failed", "stalled", "ready") and not release.startup.get("started")


def sent_at(release: Release) -> int:
    """Return the instant (ns) at which a release was sent last."""
    return int(release.options.get(SENT, release.began))


def say_gone(body: dict[str, Any], release: Release, language: Language) -> None:
    """Say of a release whose cluster began anew that nothing of it is there."""
    body["started"] = body["up"] = body["settled"] = body["ready"] = False
    body["stalled"], body["cluster_reset"], body["degraded"] = True, True, []
    body["confirmed_at"] = body["seconds"] = None
    body["problems"] = [
        {
            "object": release.deployment_id,
            "namespace": "",
            "cause": "cluster-reset",
            "text": text("startup.cause.cluster-reset", language),
            "remedy": text("startup.remedy.cluster-reset", language, tenant=release.tenant_id),
        }
    ]
