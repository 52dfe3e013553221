"""A trial: whether what runs would answer an entry request now, connection by connection.

Every Service is asked by a caller that fits; every address that a pod's environment declares is
called from that very pod, so that its own labels and namespace meet the policies of both ends and
its own egress decides whether it may ask the DNS. An entry request enters where nobody else of the
namespaces calls, and is answered where every connection on its way is.

A trial changes nothing and draws nothing: the same cluster gives the same trial.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ecp.kube.kinds import BUILT_IN, PODS, SERVICES
from ecp.kube.pods import HASH_LABEL, is_active, is_ready
from ecp.kube.selectors import from_map
from ecp.sim.network.calls import Call, declared_calls
from ecp.sim.network.connect import Outcome, Ways, ways_to
from ecp.sim.network.names import resolve
from ecp.sim.network.policy import peer_of
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.world import World
from ecp.workloads.images import InvalidImageName, facts

OPTIONAL_CALLS = "sim.ecp-ai.io/optional-calls"
"""Annotation of a pod: hosts, with commas between, that it does without."""

Owner = tuple[str, str, str]
"""A workload: GroupResource, namespace, name."""

_NO_LABELS: Mapping[str, str] = {}
# What happens to a process later than its start: no trouble while another endpoint answers.
_OF_RUNNING = ("no-pod", "no-process", "node-down", "unreachable", "hung")
_ANSWERS = Outcome(True)


class Called(NamedTuple):
    """A declared call and how it ends.

    `service` is the one that the host means, None where it means none; `spared`: the caller does
    without it; `outside`: it leaves the cluster, nothing is known about it.
    """

    caller: Owner
    env: str
    host: str
    port: int | None
    service: Key | None
    spared: bool
    outcome: Outcome

    @property
    def outside(self) -> bool:
        return self.outcome.cause == "outside"

    @property
    def fails(self) -> bool:
        """Whether the caller needs it and does not get it."""
        return not (self.outcome.ok or self.spared or self.outside)


class Trial(NamedTuple):
    """What was tried: each Service, each declared call, and whom each Service's pods belong to."""

    services: tuple[tuple[Key, Outcome], ...]
    calls: tuple[Called, ...]
    behind: tuple[tuple[Key, tuple[Owner, ...]], ...]

    def entries(self) -> list[Key]:
        """Return the Services by which requests enter: those that no other workload calls.

        Where each is called by another, as in a ring, all of them.
        """
        behind = dict(self.behind)
        called = {
            call.service: None
            for call in self.calls
            if call.service is not None and call.caller not in behind.get(call.service, ())
        }
        found = [key for key, _ in self.services if key not in called]
        return found or [key for key, _ in self.services]

    def failing(self, entry: Key) -> tuple[Key | Owner, Outcome] | None:
        """Return where an entry request fails first, and how; None where it is answered."""
        services, behind = dict(self.services), dict(self.behind)
        seen: dict[Key, None] = {}

        def walk(key: Key) -> tuple[Key | Owner, Outcome] | None:
            if key in seen:
                return None
            seen[key] = None
            outcome = services.get(key, _ANSWERS)
            if not outcome.ok:
                return key, outcome
            for call in self.calls:
                if call.caller not in behind.get(key, ()) or call.spared or call.outside:
                    continue
                if call.fails:
                    return call.caller, call.outcome
                found = walk(call.service) if call.service is not None else None
                if found is not None:
                    return found
            return None

        return walk(entry)


def tried(
    read: Reader,
    world: World,
    now: int,
    ways: Callable[[Obj, Obj], Ways],
    services: Iterable[Key],
    namespaces: Iterable[str],
) -> Trial:
    """Try *services* and what the pods of *namespaces* declare; *ways* asks a Service's port."""
    keys = list(services)
    callers = [pod for namespace in namespaces for pod in _callers(read, namespace)]
    calls: dict[tuple[Owner, str, int | None], Called] = {}
    for owner, pod in callers:
        for call in _each_once(pod, read):
            found = _called(read, world, now, owner, pod, call)
            key = (owner, call.host, call.port)
            # Pods of one workload may differ in their labels: the one that is cut counts.
            if key not in calls or (found.fails and not calls[key].fails):
                calls[key] = found
    return Trial(
        tuple((key, _answer(read, key, ways)) for key in keys),
        tuple(calls.values()),
        tuple((key, tuple(_behind(read, key, callers))) for key in keys),
    )


def owner_of(read: Reader, pod: Obj) -> Owner:
    """Return the workload at the top of a pod's owners; the pod itself where it has none."""
    obj, resource = pod, PODS
    namespace = pod["metadata"].get("namespace", "")
    while True:
        row = next(
            (r for r in obj["metadata"].get("ownerReferences") or () if r.get("controller")), None
        )
        kind = None if row is None else BUILT_IN.by_gvk.get((row["apiVersion"], row["kind"]))
        if row is None or kind is None:
            return resource, namespace, obj["metadata"]["name"]
        owner = read.get(kind.resource, namespace, row["name"])
        if owner is None:
            return kind.resource, namespace, row["name"]
        obj, resource = owner, kind.resource


def _callers(read: Reader, namespace: str) -> Iterator[tuple[Owner, Obj]]:
    """Yield the pods whose calls are tried: of each workload one a set of labels, Ready first."""
    chosen: dict[tuple[Owner, tuple[tuple[str, str], ...]], Obj] = {}
    pods = [pod for pod in read.list(PODS, namespace) if is_active(pod)]
    for pod in sorted(pods, key=lambda pod: (not is_ready(pod), pod["metadata"]["name"])):
        labels = pod["metadata"].get("labels") or _NO_LABELS
        kept = tuple(sorted(row for row in labels.items() if row[0] != HASH_LABEL))
        chosen.setdefault((owner_of(read, pod), kept), pod)
    yield from sorted(((owner, pod) for (owner, _), pod in chosen.items()), key=lambda row: row[0])


def _each_once(pod: Obj, read: Reader) -> Iterator[Call]:
    """Yield whom a pod calls, once for all of its containers; first those that it needs."""
    done: dict[tuple[str, int | None], None] = {}
    for call in sorted(declared_calls(pod, read), key=lambda call: spares(pod, call)):
        if (call.host, call.port) not in done:
            done[call.host, call.port] = None
            yield call


def _called(read: Reader, world: World, now: int, owner: Owner, pod: Obj, call: Call) -> Called:
    meta = pod["metadata"]
    meant = resolve(read, call.host, meta["namespace"]).service
    service = None
    if meant is not None:
        service = (meant["metadata"]["namespace"], meant["metadata"]["name"])
    taken = ways_to(read, world, now, peer_of(read, pod), call.host, call.port)
    return Called(
        owner, call.env, call.host, call.port, service, spares(pod, call), _judged(taken.outcomes)
    )


def spares(pod: Obj, call: Call) -> bool:
    """Whether the pod says, or its image is known, to do without the peer that it calls."""
    said = (pod["metadata"].get("annotations") or {}).get(OPTIONAL_CALLS, "")
    if call.host in [host.strip().lower() for host in said.split(",")]:
        return True
    spec = pod["spec"]
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        if container["name"] == call.container:
            try:
                return call.env in facts(container.get("image", "")).spares
            except InvalidImageName:
                return False
    return False


def _answer(read: Reader, key: Key, ways: Callable[[Obj, Obj], Ways]) -> Outcome:
    service = read.get(SERVICES, *key)
    if service is None:
        return Outcome(False, "no-service", {"service": key[1], "namespace": key[0]})
    for port in service["spec"].get("ports") or ():
        outcome = _judged(ways(service, port).outcomes)
        if not outcome.ok:
            return outcome
    return _ANSWERS


def _judged(outcomes: tuple[Outcome, ...]) -> Outcome:
    """Return how a connection ends that may take any of these ways.

    What a pod lacks since its start counts although others answer; a process that died or hangs
    counts where none answers.
    """
    bad = [outcome for outcome in outcomes if not outcome.ok]
    lasting = next((outcome for outcome in bad if outcome.cause not in _OF_RUNNING), None)
    if lasting is not None:
        return lasting
    return bad[0] if len(bad) == len(outcomes) else _ANSWERS


def _behind(read: Reader, key: Key, callers: Iterable[tuple[Owner, Obj]]) -> Iterator[Owner]:
    service = read.get(SERVICES, *key)
    selector = None if service is None else service["spec"].get("selector")
    if not selector:
        return
    matches = from_map(selector).matches
    found: dict[Owner, None] = {}
    for owner, pod in callers:
        meta = pod["metadata"]
        if meta["namespace"] == key[0] and matches(meta.get("labels") or _NO_LABELS):
            found[owner] = None
    yield from found


# -- as plain data ---------------------------------------------------------------------------------


def plain(trial: Trial) -> dict[str, Any]:
    """Write a trial down."""
    return {
        "services": [[*key, *_plain_outcome(outcome)] for key, outcome in trial.services],
        "calls": [
            {
                "caller": list(call.caller),
                "env": call.env,
                "host": call.host,
                "port": call.port,
                "service": None if call.service is None else list(call.service),
                "spared": call.spared,
                "outcome": _plain_outcome(call.outcome),
            }
            for call in trial.calls
        ],
        "behind": [[*key, [list(owner) for owner in owners]] for key, owners in trial.behind],
    }


def from_plain(body: Mapping[str, Any]) -> Trial:
    """Read what `plain` wrote."""
    return Trial(
        tuple(((row[0], row[1]), _outcome(row[2:])) for row in body["services"]),
        tuple(
            Called(
                tuple(row["caller"]),
                row["env"],
                row["host"],
                row["port"],
                None if row["service"] is None else tuple(row["service"]),
                row["spared"],
                _outcome(row["outcome"]),
            )
            for row in body["calls"]
        ),
        tuple(
            ((namespace, name), tuple(tuple(owner) for owner in owners))
            for namespace, name, owners in body["behind"]
        ),
    )


def _plain_outcome(outcome: Outcome) -> list[Any]:
    return [outcome.ok, outcome.cause, dict(outcome.values)]


def _outcome(row: Iterable[Any]) -> Outcome:
    ok, cause, values = row
    return Outcome(ok, cause, values)
