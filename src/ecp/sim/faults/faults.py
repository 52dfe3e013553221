"""Injecting faults into one cluster, proving that they took effect, timing the recovery.

A fault is chosen and begun at its instant: what it hits is looked up then. Its id ("f1") is the
cause of everything that follows. What is reported of it is what was seen in the store afterwards.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ecp.kube import durations, quantity
from ecp.kube.kinds import (
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    NODES,
    PODS,
    REPLICASETS,
    SERVICES,
)
from ecp.kube.pods import condition, is_active
from ecp.kube.selectors import from_map
from ecp.kube.times import rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import Engine, Phase
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.effects import EFFECTS, Struck, chosen
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.syntax import bad_parameter, lasting
from ecp.sim.plans import Reader, controller_of
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world import World

HANDLER = "fault"
_ZONE = "topology.kubernetes.io/zone"
_BODY = {"fault", "target", "duration", "parameters", "namespaces", "at", "selector"}
_SYSTEM = "kube-"
_WORKLOADS = {"deployment": DEPLOYMENTS, "replicaset": REPLICASETS}
_CONFIRMED, _MISMATCH, _INCONCLUSIVE = "confirmed", "mismatch", "inconclusive"


@dataclass(slots=True)
class Injected:
    """One fault as it was carried out. Instants in ns since the epoch, None = not (yet).

    `targets` are words for people ("node/cpu-1"); `pods` what was hit, as [namespace, name, uid];
    `workloads` their owners, as [resource, namespace, name]. `until` is when it is planned to
    end, `ended` when it did. `took` says whether the world was another right after it began;
    `seen` the first instant of each thing seen since. `dips` holds the workloads that are short
    of replicas; `recovered` is when the last of them had all again.
    """

    id: str
    name: str
    wish: dict[str, Any]
    at: int
    started: int | None = None
    until: int | None = None
    ended: int | None = None
    targets: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    pods: list[list[str]] = field(default_factory=list)
    workloads: list[list[str]] = field(default_factory=list)
    took: bool = False
    problem: dict[str, Any] | None = None
    seen: dict[str, int] = field(default_factory=dict)
    dips: dict[str, int] = field(default_factory=dict)
    dipped: bool = False
    recovered: int | None = None

    @property
    def row(self) -> FaultRow:
        """Its row of the catalogue."""
        return catalogue()[self.name]

    @property
    def recovery(self) -> int | None:
        """Time from its beginning until all that it hit was whole again (ns)."""
        if self.recovered is None or self.started is None:
            return None
        return self.recovered - self.started

    def verdict(self, now: int) -> str:
        """Say whether what shall be seen of it was seen: confirmed, mismatch, inconclusive."""
        if self.problem is not None:
            return _MISMATCH
        if self.started is None:
            return _INCONCLUSIVE
        if not self.took:
            return _MISMATCH
        for wanted in self.row.expect:
            seen = self.seen.get(wanted.observe)
            if seen is None and now < self.started + wanted.within:
                return _INCONCLUSIVE
            if seen is None or seen > self.started + wanted.within:
                return _MISMATCH
        return _CONFIRMED

    def to_json(self, now: int) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {
            "id": self.id,
            "fault": self.name,
            "targets": self.targets,
            "started_at": _instant(self.started),
            "until": _instant(self.until),
            "ended_at": _instant(self.ended),
            "took_effect": self.took,
            "seen": {
                what: {"at": rfc3339(at), "after_seconds": _seconds(at - (self.started or at))}
                for what, at in self.seen.items()
            },
            "verdict": self.verdict(now),
            "pods": [f"{namespace}/{name}" for namespace, name, _ in self.pods],
            "workloads": [f"{ns}/{name}" for _, ns, name in self.workloads],
            "recovered_at": _instant(self.recovered),
            "recovery_seconds": None if self.recovery is None else _seconds(self.recovery),
            "problem": self.problem,
        }


class Faults:
    """The faults of one cluster. The owner calls `observe` with each change."""

    def __init__(self, engine: Engine, chance: Chance, read: Reader, world: World) -> None:
        self._engine = engine
        self._chance = chance
        self._read = read
        self._world = world
        self.all: list[Injected] = []
        self._open: list[Injected] = []  # those of which something is still to be seen
        engine.handle(HANDLER, self._fire)

    # -- asking -----------------------------------------------------------------------------------

    def inject(self, body: Any, *, dry_run: bool = False) -> Injected:
        """Begin a fault now, or at its `at` (ns since the epoch, not before now).

        *body*: {"fault": name, "target": …, "duration": "30m", "parameters": {…},
        "namespaces": […], "at": …}; all but the first may be missing. Raises FaultRefused.
        """
        row, wish = self._checked(body)
        now = self._engine.now
        fault = Injected(f"f{len(self.all) + 1}", row.name, wish, max(wish.get("at", now), now))
        if fault.at > now:
            if not dry_run:
                self.all.append(fault)
                self._engine.at(
                    fault.at, HANDLER, ["begin", fault.id], phase=Phase.FAULT, cause=fault.id
                )
            return fault
        hit = self._aim(fault)
        if dry_run:
            return fault
        self.all.append(fault)
        before, self._engine.cause = self._engine.cause, fault.id
        try:
            self._begin(fault, hit)
        finally:
            self._engine.cause = before
        return fault

    def find(self, fault_id: str) -> Injected | None:
        """Return the fault with that id, None for an unknown one."""
        return next((fault for fault in self.all if fault.id == fault_id), None)

    def _checked(self, body: Any) -> tuple[FaultRow, dict[str, Any]]:
        wish = dict(body) if isinstance(body, dict) else {}
        name = str(wish.get("fault", ""))
        row = catalogue().get(name)
        if row is None:
            raise FaultRefused("fault.unknown", name=name, known=", ".join(catalogue()))
        for key in wish:
            if key not in _BODY:
                raise bad_parameter(name, key)
        parameters = wish.get("parameters") or {}
        for key in parameters:
            if key not in row.parameters:
                raise bad_parameter(name, key)
        merged = {**row.parameters, **parameters}
        for key, value in merged.items():
            if isinstance(row.parameters[key], int):
                if not re.fullmatch(r"[0-9]{1,9}", str(value)):
                    raise FaultRefused(
                        "fault.bad-value", name=name, parameter=key, value=str(value)
                    )
                merged[key] = int(value)
        duration = wish.get("duration")
        if duration is not None:
            lasting(name, str(duration))
        return row, {**wish, "parameters": merged}

    # -- aiming -----------------------------------------------------------------------------------

    def _aim(self, fault: Injected) -> Struck:
        """Find what it hits, and note it. Raises FaultRefused when there is nothing."""
        row, wanted = fault.row, str(fault.wish.get("target") or "")
        if row.target in ("node", "zone"):
            hit = Struck(nodes=self._nodes(fault, row, wanted))
            fault.nodes = list(hit.nodes)
            fault.targets = [f"node/{name}" for name in hit.nodes]
            pods = [pod for name in hit.nodes for pod in self._read.on_node(name)]
        else:
            pods = self._pods(fault, row, wanted)
            struck = tuple((_key(pod), pod["metadata"]["uid"]) for pod in pods)
            hit = Struck(pods=struck, limits=_limits(pods))
            if not fault.targets:
                fault.targets = [f"pod/{pod['metadata']['name']}" for pod in pods]
        alive = [pod for pod in pods if is_active(pod)]
        fault.pods = [[*_key(pod), pod["metadata"]["uid"]] for pod in alive]
        fault.workloads = [list(row) for row in dict.fromkeys(self._owners(alive))]
        return hit

    def _nodes(self, fault: Injected, row: FaultRow, wanted: str) -> tuple[str, ...]:
        nodes = {node["metadata"]["name"]: node for node in self._read.list(NODES)}
        if row.target == "node":
            if wanted:
                if wanted not in nodes:
                    raise self._no_target(fault, wanted, sorted(nodes))
                return (wanted,)
            carrying = [name for name in self._carrying(fault) if name in nodes]
            if not carrying:
                raise self._no_target(fault, "", sorted(nodes))
            return (chosen(carrying, self._draw(fault)),)
        zones: dict[str, list[str]] = {}
        for name in sorted(nodes):
            zone = (nodes[name]["metadata"].get("labels") or {}).get(_ZONE)
            if zone:
                zones.setdefault(zone, []).append(name)
        if not wanted:
            carrying = self._carrying(fault)
            used = [zone for zone in sorted(zones) if any(n in carrying for n in zones[zone])]
            if not used:
                raise self._no_target(fault, "", sorted(zones))
            wanted = chosen(used, self._draw(fault))
        if wanted not in zones:
            raise self._no_target(fault, wanted, sorted(zones))
        return tuple(zones[wanted])

    def _carrying(self, fault: Injected) -> list[str]:
        """Return the nodes that are up and carry pods in question, by name."""
        names = {pod["spec"]["nodeName"]: None for pod in self._candidates(fault)}
        return sorted(name for name in names if self._world.node_is_up(name))

    def _candidates(self, fault: Injected) -> list[Obj]:
        """Return the pods in question, by namespace and name: bound, and not on their way out."""
        scope = fault.wish.get("namespaces")
        pods = [
            pod
            for pod in self._read.list(PODS)
            if pod["spec"].get("nodeName")
            and is_active(pod)
            and (
                pod["metadata"]["namespace"] in scope
                if scope
                else not pod["metadata"]["namespace"].startswith(_SYSTEM)
            )
        ]
        return sorted(pods, key=_key)

    def _pods(self, fault: Injected, row: FaultRow, wanted: str) -> list[Obj]:
        candidates = self._candidates(fault)
        if not candidates:
            raise self._no_target(fault, wanted, [])
        kind, name, namespace = _split(wanted)
        if not wanted and row.target == "pod":
            return [self._one(fault, candidates)]
        if not wanted:
            owners = list(dict.fromkeys(self._owners(candidates)))
            if not owners:
                raise self._no_target(fault, wanted, [])
            words = [f"{ns}/{_word(resource)}/{n}" for resource, ns, n in owners]
            kind, name, namespace = _split(chosen(words, self._draw(fault)))
        found = [
            pod
            for pod in candidates
            if (namespace is None or pod["metadata"]["namespace"] == namespace)
            and self._belongs(pod, kind, name)
        ]
        if not found:
            owners = list(dict.fromkeys(self._owners(candidates)))
            known = [f"{_word(resource)}/{n}" for resource, _, n in owners]
            raise self._no_target(fault, wanted, known)
        if row.target == "pod" and kind != "pod":
            return [self._one(fault, found)]
        if kind != "pod":
            fault.targets = [f"{kind}/{name}"]
        return found

    def _belongs(self, pod: Obj, kind: str, name: str) -> bool:
        meta = pod["metadata"]
        if kind == "pod":
            return bool(meta["name"] == name)
        if kind == "service":
            service = self._read.get(SERVICES, meta["namespace"], name)
            selector = service["spec"].get("selector") if service is not None else None
            return bool(selector) and from_map(selector).matches(meta.get("labels") or {})
        resource = _WORKLOADS.get(kind)
        return (resource, meta["namespace"], name) in self._owners([pod], all_of_them=True)

    def _owners(
        self, pods: Iterable[Obj], *, all_of_them: bool = False
    ) -> list[tuple[str, str, str]]:
        """Return (resource, namespace, name) of what owns the pods: the topmost owner, or all."""
        found = []
        for pod in pods:
            namespace = pod["metadata"]["namespace"]
            owner = controller_of(pod)
            if owner is None or owner["kind"] != "ReplicaSet":
                continue
            mine = [(REPLICASETS, namespace, owner["name"])]
            replicas = self._read.get(REPLICASETS, namespace, owner["name"])
            above = controller_of(replicas) if replicas is not None else None
            if above is not None and above["kind"] == "Deployment":
                mine.append((DEPLOYMENTS, namespace, above["name"]))
            found += mine if all_of_them else mine[-1:]
        return found

    def _one(self, fault: Injected, pods: list[Obj]) -> Obj:
        return pods[int(self._draw(fault) * len(pods))]

    def _draw(self, fault: Injected) -> float:
        return self._chance.unit(f"fault/{fault.id}/{fault.name}")

    def _no_target(self, fault: Injected, wanted: str, known: list[str]) -> FaultRefused:
        return FaultRefused(
            "fault.no-target",
            name=fault.name,
            target=wanted or "-",
            known=", ".join(known[:20]) or "-",
        )

    # -- carrying out -----------------------------------------------------------------------------

    def _fire(self, arg: list[str]) -> None:
        step, fault_id = arg
        fault = self.find(fault_id)
        assert fault is not None
        if step == "end":
            self._end(fault)
            return
        try:
            hit = self._aim(fault)
        except FaultRefused as refusal:
            # It was planned when its target was not there yet, and never came.
            fault.problem = {"text": refusal.key, "values": refusal.values}
            return
        self._begin(fault, hit)

    def _begin(self, fault: Injected, hit: Struck) -> None:
        now = self._engine.now
        effect = EFFECTS[fault.row.effect]
        fault.started = now
        fault.took = effect.begin(self._world, hit, fault.wish["parameters"], now)
        self._open.append(fault)
        wanted = fault.wish.get("duration")
        lasts = fault.row.duration if wanted is None else durations.parse(str(wanted))
        if effect.end is None:
            fault.ended = now
        elif lasts is not None:
            fault.until = now + lasts
            self._engine.at(
                fault.until, HANDLER, ["end", fault.id], phase=Phase.FAULT, cause=fault.id
            )

    def restore_from(self, fault_id: str) -> Injected:
        """End a fault that lasts, now. Raises FaultRefused for one that does not run."""
        fault = self.find(fault_id)
        if fault is None or fault.started is None or fault.ended is not None:
            running = [f.id for f in self.all if f.started is not None and f.ended is None]
            raise FaultRefused("fault.not-running", id=fault_id, known=", ".join(running) or "-")
        before, self._engine.cause = self._engine.cause, fault.id
        try:
            self._end(fault)
        finally:
            self._engine.cause = before
        return fault

    def _end(self, fault: Injected) -> None:
        if fault.ended is not None:
            return
        hit = Struck(tuple(fault.nodes), tuple(((ns, name), uid) for ns, name, uid in fault.pods))
        effect = EFFECTS[fault.row.effect]
        assert effect.end is not None
        effect.end(self._world, hit, fault.wish["parameters"], self._engine.now)
        fault.ended = self._engine.now
        if not fault.dipped and fault.recovered is None:
            # Nobody in the cluster noticed: it was whole again with the fault's own end.
            fault.recovered = fault.ended
        self._settle()

    # -- seeing -----------------------------------------------------------------------------------

    def observe(self, change: Change) -> None:
        """Note what *change* shows of the faults that are still open."""
        if not self._open:
            return
        resource = change.resource
        if resource == PODS:
            for fault in list(self._open):
                self._see_pod(fault, change)
        elif resource in (DEPLOYMENTS, REPLICASETS):
            for fault in list(self._open):
                self._see_workload(fault, change)
        elif resource == ENDPOINTSLICES:
            self._see_slice(change)
        elif resource == NODES:
            ready = condition(change.object, "Ready")
            if ready is not None and ready["status"] != "True":
                for fault in self._open:
                    if change.key[1] in fault.nodes:
                        fault.seen.setdefault("node-unknown", change.at)
        elif resource == EVENTS and change.object.get("reason") == "Unhealthy":
            uid = (change.object.get("involvedObject") or {}).get("uid")
            for fault in self._open:
                if any(uid == row[2] for row in fault.pods):
                    fault.seen.setdefault("probe-failed", change.at)

    def _see_pod(self, fault: Injected, change: Change) -> None:
        uid = change.object["metadata"]["uid"]
        if not any(uid == row[2] for row in fault.pods):
            self._catch(fault, change)
            return
        if change.object["metadata"].get("deletionTimestamp") and fault.nodes:
            fault.seen.setdefault("evicted", change.at)
        if change.old is not None and _restarts(change.object) > _restarts(change.old):
            fault.seen.setdefault("restart-seen", change.at)

    def _catch(self, fault: Injected, change: Change) -> None:
        """A fault of a whole workload hits the pods that come while it lasts, too."""
        if fault.row.target != "workload" or fault.ended is not None or not fault.took:
            return
        pod = change.object
        owners = self._owners([pod])
        run = self._world.pod(change.key)
        if run is None or run.hung or not owners or list(owners[0]) not in fault.workloads:
            return
        hit = Struck(pods=((change.key, run.uid),), limits=_limits([pod]))
        EFFECTS[fault.row.effect].begin(
            self._world, hit, fault.wish["parameters"], self._engine.now
        )
        fault.pods.append([*change.key, run.uid])

    def _see_workload(self, fault: Injected, change: Change) -> None:
        row = [change.resource, *change.key]
        if row not in fault.workloads or change.type == "DELETED":
            return
        wanted = (change.object.get("spec") or {}).get("replicas", 1)
        there = (change.object.get("status") or {}).get("availableReplicas", 0)
        name = "/".join(row)
        if there < wanted:
            fault.dips[name] = change.at
            fault.dipped = True
        elif fault.dips.pop(name, None) is not None and not fault.dips:
            fault.recovered = change.at
            self._settle()

    def _see_slice(self, change: Change) -> None:
        for fault in self._open:
            if "endpoints-left" in fault.seen:
                continue
            ours = {row[2]: None for row in fault.pods}
            before = _ready_uids(change.old)
            after = {} if change.type == "DELETED" else _ready_uids(change.object)
            if any(uid in ours and uid not in after for uid in before):
                fault.seen["endpoints-left"] = change.at

    def _settle(self) -> None:
        self._open = [
            fault
            for fault in self._open
            if fault.recovered is None or (fault.ended is None and fault.until is not None)
        ]

    # -- state ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "all": [asdict(fault) for fault in self.all],
            "open": [fault.id for fault in self._open],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.all = [Injected(**_copied(row)) for row in state["all"]]
        self._open = [fault for fault in self.all if fault.id in state["open"]]


def _copied(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* with containers of its own: a fork must not write into its origin."""
    return {
        name: dict(value)
        if isinstance(value, dict)
        else [list(entry) if isinstance(entry, list) else entry for entry in value]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _key(pod: Obj) -> Key:
    return (pod["metadata"]["namespace"], pod["metadata"]["name"])


def _word(resource: str) -> str:
    return "deployment" if resource == DEPLOYMENTS else "replicaset"


def _split(target: str) -> tuple[str, str, str | None]:
    """Take `[namespace/]kind/name` apart; a lone name is a pod's."""
    parts = target.split("/")
    if len(parts) >= 3:
        return parts[1], "/".join(parts[2:]), parts[0]
    if len(parts) == 2:
        return parts[0], parts[1], None
    return "pod", target, None


def _limits(pods: Iterable[Obj]) -> dict[str, int]:
    """Return the memory limit (bytes) of each pod's first container that has one, by uid."""
    found = {}
    for pod in pods:
        for container in pod["spec"]["containers"]:
            said = ((container.get("resources") or {}).get("limits") or {}).get("memory")
            if said is not None:
                found[pod["metadata"]["uid"]] = quantity.value(said)
                break
    return found


def _restarts(pod: Obj) -> int:
    rows = (pod.get("status") or {}).get("containerStatuses") or ()
    return sum(row.get("restartCount", 0) for row in rows)


def _ready_uids(found: Obj | None) -> dict[str, None]:
    if found is None:
        return {}
    return {
        (endpoint.get("targetRef") or {}).get("uid", ""): None
        for endpoint in found.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def _seconds(ns: int) -> float:
    return round(ns / 1_000_000_000, 3)
