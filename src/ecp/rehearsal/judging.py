"""Start-up of a release on any cluster, judged from what its API shows.

The same causes as in a rehearsal, without a look at the physical world behind: what is available,
which Services list an endpoint, whether whom the workloads call exists, whether what the bundle
says of its size agrees with itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube.kinds import BUILT_IN, DEPLOYMENTS, HPAS, SERVICES
from ecp.kube.pods import condition, is_ready, ready_since
from ecp.kube.times import rfc3339
from ecp.rehearsal.bundle import WORKLOADS, Obj, Ref
from ecp.rehearsal.report import cause_text, remedy_text
from ecp.rehearsal.run import READY_DEADLINE
from ecp.rehearsal.startup import (
    Trouble,
    has_endpoints,
    is_available,
    of_workload,
    pods_of,
    workloads_behind,
)
from ecp.sim.network import declared_calls, listed, resolve
from ecp.sim.plans import Reader
from ecp.texts import Language, text

_SECOND = 1_000_000_000


class Item(NamedTuple):
    """A workload or Service of the release: since when it is up (ns), None while it is not."""

    ref: Ref
    desired: int
    ready: int
    since: int | None


class Problem(NamedTuple):
    """What keeps the tenant from being started: the object, the cause, what to change."""

    ref: Ref
    cause: str
    text: str
    remedy: str


class Judgement(NamedTuple):
    """What became of a release, at the cluster's instant `now` (ns)."""

    now: int
    began: int
    workloads: tuple[Item, ...]
    services: tuple[Item, ...]
    calls: int
    problems: tuple[Problem, ...]
    blocked: bool

    @property
    def ready(self) -> bool:
        """Whether all workloads are available and all Services have endpoints."""
        return all(item.since is not None for item in (*self.workloads, *self.services))

    @property
    def started(self) -> bool:
        """Whether the tenant's solution is up: ready, and whom it calls is there."""
        return self.ready and not self.problems

    @property
    def stalled(self) -> bool:
        """Whether it is not ready and nothing more is to be expected."""
        return not self.ready and (self.blocked or self.now - self.began > READY_DEADLINE)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data; `seconds` are simulated ones since the release began."""
        items = (*self.workloads, *self.services)
        confirmed = max((item.since or 0 for item in items), default=self.began)
        return {
            "started": self.started,
            "ready": self.ready,
            "judged_at": rfc3339(self.now),
            "began": rfc3339(self.began),
            "confirmed_at": rfc3339(confirmed) if self.started else None,
            "seconds": _since(confirmed, self.began) if self.started else None,
            "workloads": [self._item(item) for item in self.workloads],
            "services": [self._item(item) for item in self.services],
            "dependencies": {"declared": self.calls},
            "problems": [
                {
                    "object": problem.ref.word,
                    "namespace": problem.ref.namespace,
                    "cause": problem.cause,
                    "text": problem.text,
                    "remedy": problem.remedy,
                }
                for problem in self.problems
            ],
        }

    def _item(self, item: Item) -> dict[str, Any]:
        since = item.since
        return {
            "object": item.ref.word,
            "desired": item.desired,
            "ready": item.ready,
            "available": since is not None,
            "seconds": None if since is None else _since(since, self.began),
        }


def _since(instant: int, began: int) -> float:
    # Conditions are written in whole seconds: nothing was up before it was sent.
    return max(0.0, round((instant - began) / _SECOND, 1))


def judge(
    read: Reader, objects: Sequence[Obj], *, began: int, now: int, language: Language
) -> Judgement:
    """Judge the release of *objects*, each with its namespace, which began at *began* (ns)."""
    refs = [_ref(obj) for obj in objects]
    workloads = [ref for ref in refs if ref is not None and ref.resource in WORKLOADS]
    services = [ref for ref in refs if ref is not None and ref.resource == SERVICES]
    seen = tuple(_workload(read, ref) for ref in workloads)
    ailing = [item.ref for item in seen if item.since is None]
    probed = tuple(_service(read, ref) for ref in services if _is_probed(read, ref))
    blocked = any(_is_blocked(read, ref) for ref in ailing)
    late = blocked or now - began > READY_DEADLINE
    problems = [
        problem
        for ref in ailing
        for problem in _problems(of_workload(read, ref), language, late=late)
    ]
    for item in probed:
        behind = workloads_behind(read, item.ref, workloads)
        if item.since is None and not any(ref in ailing for ref in behind):
            cause = "none-ready" if behind else "selects-nothing"
            problems.append(_said(item.ref, cause, language, service=item.ref.name))
    calls = 0
    for ref in workloads:
        found, number = _calls(read, ref, services, language)
        problems += found
        calls += number
    problems += _sizes(objects, refs, language)
    return Judgement(now, began, seen, probed, calls, tuple(problems), blocked)


def _ref(obj: Obj) -> Ref | None:
    kind = BUILT_IN.by_gvk.get((obj["apiVersion"], obj["kind"]))
    if kind is None:
        return None
    meta = obj["metadata"]
    return Ref(kind.resource, meta.get("namespace", ""), meta["name"])


def _workload(read: Reader, ref: Ref) -> Item:
    found = read.get(*ref)
    if found is None:
        return Item(ref, 0, 0, None)
    desired = 1 if ref.resource not in WORKLOADS[:2] else found["spec"].get("replicas", 1)
    pods = pods_of(read, ref)
    ready = [since for pod in pods if is_ready(pod) and (since := ready_since(pod)) is not None]
    available = is_available(ref.resource, found)
    since = max(ready, default=0) if available else None
    return Item(ref, desired, len(ready), since)


def _is_probed(read: Reader, ref: Ref) -> bool:
    service = read.get(*ref)
    if service is None:
        return True
    spec = service["spec"]
    return bool(spec.get("selector") and spec.get("ports")) and spec.get("type") != "ExternalName"


def _service(read: Reader, ref: Ref) -> Item:
    service = read.get(*ref)
    if service is None:
        return Item(ref, 1, 0, None)
    ports = service["spec"].get("ports") or ()
    ready = min((len(listed(read, service, port)) for port in ports), default=0)
    since = None
    if ports and has_endpoints(read, ref):
        firsts = []
        for port in ports:
            instants = [
                since
                for endpoint in listed(read, service, port)
                if (pod := read.get("pods", *endpoint.pod)) is not None
                and (since := ready_since(pod)) is not None
            ]
            firsts.append(min(instants, default=0))
        since = max(firsts)
    return Item(ref, 1, ready, since)


def _problems(troubles: Iterable[Trouble], language: Language, *, late: bool) -> Iterable[Problem]:
    for trouble in troubles:
        # What is only slow, or fails its first probes, is no problem before the deadline.
        first = trouble.cause == "probe" and trouble.values.get("restarts") == "0"
        if not late and (trouble.cause in ("slow", "init-waits") or first):
            continue
        yield Problem(
            trouble.ref,
            trouble.cause,
            cause_text(trouble, language),
            remedy_text(trouble, language),
        )


def _calls(
    read: Reader, ref: Ref, own: Sequence[Ref], language: Language
) -> tuple[list[Problem], int]:
    """Look up whom a workload's pods are told to call; Services of its *own* are judged apart."""
    pods = pods_of(read, ref)
    if not pods:
        return [], 0
    pod = min(pods, key=lambda pod: pod["metadata"]["name"])
    problems: list[Problem] = []
    missing: dict[str, None] = {}
    calls = declared_calls(pod, read)
    for call in calls:
        found = resolve(read, call.host, ref.namespace)
        if found.kind == "unknown" and _is_own(call.host, ref.namespace):
            missing.setdefault(call.host)
        elif found.service is not None:
            service = found.service
            names = Ref(SERVICES, service["metadata"]["namespace"], service["metadata"]["name"])
            ports = {port["port"] for port in service["spec"].get("ports") or ()}
            values = {"caller": ref.name, "host": call.host, "port": call.port or 0}
            if call.port is not None and ports and call.port not in ports:
                open_ports = ", ".join(map(str, sorted(ports)))
                problems.append(_said(ref, "calls-port", language, **values, open=open_ports))
            elif names not in own and _is_probed(read, names) and not has_endpoints(read, names):
                problems.append(_said(ref, "calls-unready", language, **values))
    problems = [
        *(_said(ref, "calls-nothing", language, caller=ref.name, host=host) for host in missing),
        *problems,
    ]
    return problems, len(calls)


def _is_own(host: str, namespace: str) -> bool:
    """Whether a name can only be one of the namespace that was looked at."""
    labels = host.split(".")
    return len(labels) == 1 or labels[1] == namespace


def _sizes(
    objects: Sequence[Obj], refs: Sequence[Ref | None], language: Language
) -> Iterable[Problem]:
    """Find autoscalers that would take away what the bundle itself asks for."""
    asked = {
        (obj["kind"], obj["metadata"]["name"]): (obj.get("spec") or {}).get("replicas")
        for obj, ref in zip(objects, refs, strict=True)
        if ref is not None and ref.resource == DEPLOYMENTS
    }
    for obj, ref in zip(objects, refs, strict=True):
        if ref is None or ref.resource != HPAS:
            continue
        target: Mapping[str, Any] = obj["spec"].get("scaleTargetRef") or {}
        replicas = asked.get((target.get("kind", ""), target.get("name", "")))
        most = obj["spec"].get("maxReplicas")
        if isinstance(replicas, int) and isinstance(most, int) and most < replicas:
            yield _said(
                ref, "scales-below", language,
                target=f"{target['kind']} {target['name']}", most=most, replicas=replicas,
            )  # fmt: skip


def _is_blocked(read: Reader, ref: Ref) -> bool:
    found = read.get(*ref)
    progress = None if found is None else condition(found, "Progressing")
    return progress is not None and progress["status"] == "False"


def _said(ref: Ref, cause: str, language: Language, **values: Any) -> Problem:
    return Problem(
        ref,
        cause,
        text(f"startup.cause.{cause}", language, **values),
        text(f"startup.remedy.{cause}", language, **values),
    )
