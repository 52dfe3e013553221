"""The judgement about a start-up: one for a rehearsal's cluster and for one behind an API.

A release is started once its workloads are available, its Services have ready endpoints, whom its
pods call answers and the first entry requests were served. What a look at the objects cannot tell
(whether a connection is answered) is given: a trial of the cluster, and the entry requests.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ecp.kube.kinds import BUILT_IN, DEPLOYMENTS, HPAS, JOBS, PODS, SERVICES, STATEFULSETS
from ecp.kube.pods import condition, is_ready, ready_since
from ecp.kube.times import nanoseconds
from ecp.rehearsal.bundle import Item, Obj, Ref, parts_of, placed, replicas_of
from ecp.rehearsal.judgement import Entry, Judgement, Seen
from ecp.rehearsal.startup import (
    has_endpoints,
    is_available,
    workloads_behind,
)
from ecp.rehearsal.troubles import Trouble, of_workload, pods_of, wavering
from ecp.sim.network import listed
from ecp.sim.plans import Reader
from ecp.sim.traffic.trial import Called, Trial, from_plain

# How a Service fails when its pods do not run.
_FOLLOWS = ("none-ready", "selects-nothing", "no-process", "starting", "no-pod")
# How a declared call fails -> the trouble of its caller. What is not here is the Service's own
# trouble, told there where the Service is one of the release.
_OF_CALLS = {
    "no-such-name": "calls-nothing",
    "no-service": "calls-nothing",
    "no-such-port": "calls-port",
    "policy-ingress": "cut-ingress",
    "policy-egress": "cut-egress",
    "policy-dns": "cut-dns",
}
# No trouble before the deadline: it may only take its time.
_PATIENT = ("slow", "init-waits", "starting", "entry", "job-retries")


def judge(
    read: Reader,
    items: Sequence[Item],
    workloads: Sequence[Ref],
    services: Sequence[Ref],
    *,
    trial: Trial,
    entries: Sequence[Entry],
    began: int,
    now: int,
    at: Mapping[Ref, int] | None = None,
    patient: bool = True,
) -> Judgement:
    """Judge the release of *items*, which began at *began* (ns), from what is at *now*.

    *patient*: what may pass by itself is not told before the deadline.

    *workloads* and *services* are those of it that must come up; *at* since when they are, where
    somebody watched (else as their pods' conditions say, in whole seconds).
    """
    seen = [_workload(read, ref) for ref in workloads]
    probed = [_service(read, ref) for ref in services]
    if at is not None:
        seen = [item._replace(since=at.get(item.ref)) for item in seen]
        probed = [item._replace(since=at.get(item.ref)) for item in probed]
    ailing = [item.ref for item in seen if item.since is None]
    own = {Ref(*call.caller) for call in trial.calls}.intersection(workloads)
    calls = tuple(call for call in trial.calls if Ref(*call.caller) in own)
    blocked = any(_is_blocked(read, ref) for ref in ailing)
    found = Judgement(now, began, tuple(seen), tuple(probed), calls, tuple(entries), (), blocked)
    troubles = [trouble for ref in ailing for trouble in of_workload(read, ref)]
    up = (item.ref for item in seen if item.since is not None)
    troubles += [trouble for ref in up for trouble in wavering(read, ref, now)]
    troubles += _of_services(read, trial, services, workloads, ailing)
    failing = {trouble.ref for trouble in troubles}
    troubles += _of_calls(calls, services, failing)
    troubles += _of_sizes(items)
    if not troubles:
        troubles += [
            Trouble(entry.ref, "entry", entry.values) for entry in entries if entry.served is None
        ]
    told = found.late or not patient
    kept = tuple(trouble for trouble in troubles if told or not _may_pass(trouble))
    if not patient:
        # The deadline was the release's; what was up once has none for coming up again.
        kept = tuple(t._replace(cause="again") if t.cause == "slow" else t for t in kept)
    return found._replace(troubles=kept, doubtful=len(kept) < len(troubles))


def judge_behind_api(
    read: Reader,
    objects: Sequence[Obj],
    evidence: Mapping[str, Any],
    *,
    unserved: Sequence[Obj] = (),
    coming: Sequence[Obj] = (),
    began: int,
    now: int,
    patient: bool = True,
) -> Judgement:
    """Judge a release from a look at its namespace and from what the cluster tried itself.

    *objects* were applied, *coming* will be, *unserved* are of kinds that the cluster does not
    serve; *evidence* is `startup` of the simulator's API about tenants.
    """
    items, foreign = placed([*objects, *coming], BUILT_IN, "")
    _, skipped = placed(unserved, BUILT_IN, "")
    parts = parts_of(items, [*foreign, *skipped])
    trial = from_plain(evidence["trial"])
    names = {ref.name: ref for ref in parts.workloads}
    entries = [
        Entry(names[row["name"]], row["served"], {k: row[k] for k in ("path", "reason")})
        for row in evidence["entries"] or ()
        if row["name"] in names
    ]
    if not entries:
        # Nobody follows its requests, or nobody looked yet: a trial is all that is known.
        entries = entries_of(trial, parts.services, evidence["now_ns"])
    found = judge(
        read,
        items,
        parts.workloads,
        parts.services,
        trial=trial,
        entries=entries,
        began=began,
        now=now,
        patient=patient,
    )
    if not coming:
        return found
    # What is on its way is missed by nobody yet, and the release is not over before it is there.
    expected = {item.ref for item in placed(coming, BUILT_IN, "")[0]}
    troubles = tuple(t for t in found.troubles if not _is_coming(t, expected))
    return found._replace(troubles=troubles, doubtful=True)


def _is_coming(trouble: Trouble, expected: Collection[Ref]) -> bool:
    """Whether what is missing is on its way: the object itself, or the Service that it calls.

    Of requests that enter nothing is said either: they may need any of it. Nor of a Service that
    a policy keeps for callers of its own: they may be among it.
    """
    if trouble.ref in expected or trouble.cause == "entry":
        return True
    if trouble.ref.resource == SERVICES and trouble.cause == "policy-ingress":
        return True
    if trouble.cause not in ("calls-nothing", "calls-port"):
        return False
    own = trouble.ref.namespace
    # web, web.shop, web-0.web.shop.svc.cluster.local
    labels = (*trouble.values["host"].split(".")[:3], own, own)
    named = zip(labels[:2], (labels[1], labels[2]), strict=True)
    return any(
        Ref(SERVICES, namespace, name) in expected
        for pair in named
        for name, namespace in (pair, (pair[0], own))
    )


def ready_behind_api(read: Reader, objects: Sequence[Obj]) -> int:
    """Return since when (ns) a release is ready; 0 while it is not: then all its time counts."""
    parts = parts_of(placed(objects, BUILT_IN, "")[0], ())
    return ready_at(read, parts.workloads, parts.services) or 0


def entries_of(trial: Trial, services: Iterable[Ref], now: int) -> list[Entry]:
    """Return what entry requests meet in a trial at *now* that enter at one of *services*."""
    wanted = {(ref.namespace, ref.name) for ref in services}
    found = []
    for key in trial.entries():
        if key not in wanted:
            continue
        failing = trial.failing(key)
        ref = Ref(SERVICES, *key)
        if failing is None:
            found.append(Entry(ref, now))
        else:
            path = f"{key[1]} → {failing[0][-1]}" if failing[0][-1] != key[1] else key[1]
            found.append(Entry(ref, None, {"path": path, "reason": failing[1].cause}))
    return found


def ready_at(read: Reader, workloads: Sequence[Ref], services: Sequence[Ref]) -> int | None:
    """Return the instant (ns) since which all are up, None while one is not; 0 where none is."""
    items = [_workload(read, ref) for ref in workloads]
    items += [_service(read, ref) for ref in services]
    instants = [item.since for item in items]
    if None in instants:
        return None
    return max((instant for instant in instants if instant is not None), default=0)


def _may_pass(trouble: Trouble) -> bool:
    """Whether a trouble may be over without anybody's doing before the deadline."""
    first = trouble.cause == "probe" and trouble.values.get("restarts") == "0"
    return trouble.cause in _PATIENT or first or "runs" in trouble.values


def _workload(read: Reader, ref: Ref) -> Seen:
    found = read.get(*ref)
    if found is None:
        # A Job may go once it has ended (its time to live).
        return Seen(ref, 0, 0, 0 if ref.resource == JOBS else None)
    desired = replicas_of(ref.resource, found)
    if ref.resource == JOBS and (ended := (found.get("status") or {}).get("completionTime")):
        return Seen(ref, desired, desired, nanoseconds(ended))
    pods = pods_of(read, ref)
    ready = [since for pod in pods if is_ready(pod) and (since := ready_since(pod)) is not None]
    since = max(ready, default=0) if is_available(ref.resource, found) else None
    return Seen(ref, desired, len(ready), since)


def _service(read: Reader, ref: Ref) -> Seen:
    service = read.get(*ref)
    if service is None:
        return Seen(ref, 1, 0, None)
    ports = service["spec"].get("ports") or ()
    behind = [listed(read, service, port) for port in ports]
    if not behind or not has_endpoints(read, ref):
        return Seen(ref, 1, min(map(len, behind), default=0), None)
    firsts = []
    for endpoints in behind:
        pods = [read.get(PODS, *endpoint.pod) for endpoint in endpoints]
        instants = [since for pod in pods if pod and (since := ready_since(pod)) is not None]
        firsts.append(min(instants, default=0))
    return Seen(ref, 1, min(map(len, behind)), max(firsts))


def _of_services(
    read: Reader,
    trial: Trial,
    services: Sequence[Ref],
    workloads: Sequence[Ref],
    ailing: Sequence[Ref],
) -> Iterable[Trouble]:
    """Say which Services do not answer; one whose pods are in trouble themselves follows."""
    for key, outcome in trial.services:
        ref = Ref(SERVICES, *key)
        if outcome.ok or ref not in services:
            continue
        behind = workloads_behind(read, ref, workloads)
        if outcome.cause in _FOLLOWS and any(workload in ailing for workload in behind):
            continue
        yield Trouble(ref, outcome.cause, dict(outcome.values))


def _of_calls(
    calls: Iterable[Called], services: Sequence[Ref], failing: Iterable[Ref]
) -> Iterable[Trouble]:
    """Say which callers do not get what they need; who runs and who is called are told apart."""
    told = list(failing)
    done: dict[tuple[Ref, str, str], None] = {}
    for call in calls:
        caller = Ref(*call.caller)
        cause = _OF_CALLS.get(call.outcome.cause, "calls-unanswered")
        callee = None if call.service is None else Ref(SERVICES, *call.service)
        # A Service of the release tells its own trouble, or its workload does.
        follows = cause == "calls-unanswered" and (callee in services or callee in told)
        if not call.fails or follows or (caller, cause, call.host) in done:
            continue
        done[caller, cause, call.host] = None
        values = {
            **call.outcome.values,
            "caller": caller.name,
            "host": call.host,
            "port": str(call.port or call.outcome.values.get("port", "")),
            "reason": call.outcome.cause,
        }
        yield Trouble(caller, cause, values)


def _of_sizes(items: Sequence[Item]) -> Iterable[Trouble]:
    """Find autoscalers that would take away what the bundle itself asks for."""
    asked = {
        (item.ref.namespace, item.body["kind"], item.ref.name): (item.body.get("spec") or {}).get(
            "replicas"
        )
        for item in items
        if item.ref.resource in (DEPLOYMENTS, STATEFULSETS)
    }
    for item in items:
        if item.ref.resource != HPAS:
            continue
        target: Mapping[str, Any] = item.body["spec"].get("scaleTargetRef") or {}
        key = (item.ref.namespace, target.get("kind", ""), target.get("name", ""))
        replicas, most = asked.get(key), item.body["spec"].get("maxReplicas")
        if isinstance(replicas, int) and isinstance(most, int) and most < replicas:
            values = {
                "target": f"{key[1]} {key[2]}",
                "most": str(most),
                "replicas": str(replicas),
            }
            yield Trouble(item.ref, "scales-below", values)


def _is_blocked(read: Reader, ref: Ref) -> bool:
    found = read.get(*ref)
    if found is None:
        return False
    # A Job that has failed tries no more.
    said, gives_up = ("Failed", "True") if ref.resource == JOBS else ("Progressing", "False")
    progress = condition(found, said)
    return progress is not None and progress["status"] == gives_up
