"""One experiment: selected, injected, recovered, let go. Level-based: what is there says what next.

Source: Chaos Mesh controllers/common (finalizers, desiredphase, records, condition).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import durations
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.faults.catalogue import catalogue
from ecp.sim.faults.chaos.kinds import BY_RESOURCE, ChaosKind, Unmodelled, bodies_of
from ecp.sim.faults.faults import Faults
from ecp.sim.faults.injected import Injected
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.searching import offers
from ecp.sim.faults.selecting import nodes_of, pods_of, some
from ecp.sim.plans import NOTHING, EventNote, Plan, Reader, Update
from ecp.sim.store import Obj

FINALIZER: Final = "chaos-mesh/records"
PAUSE: Final = "experiment.chaos-mesh.org/pause"
RUN, STOP = "Run", "Stop"
INJECTED, NOT_INJECTED = "Injected", "Not Injected"
AGAIN: Final = 10_000_000_000
"""After so long what could not be injected is tried again (ns). Assumed: Chaos Mesh backs off."""
_MOST_EVENTS: Final = 5  # of a record; source: Chaos Mesh, MAX_EVENTS

Draw = Callable[[str, int], float]


class Work(NamedTuple):
    """What an experiment is carried out with."""

    faults: Faults
    draw: Draw
    read: Reader
    now: int


def reconcile(work: Work, resource: str, obj: Obj) -> Plan:
    """Bring an experiment one step further."""
    return _Experiment(work, BY_RESOURCE[resource], resource, obj).plan()


def finished(obj: Obj, resource: str, now: int) -> bool:
    """Whether nothing of an experiment is to come. Source: Chaos Mesh IsChaosFinished."""
    status = (obj.get("status") or {}).get("experiment") or {}
    records = status.get("containerRecords") or ()
    if BY_RESOURCE[resource].once(obj["spec"]):
        return bool(records) and all(record["phase"] == INJECTED for record in records)
    until = _until(obj)
    over = until is not None and until <= now
    return over and all(record["phase"] == NOT_INJECTED for record in records)


def _until(obj: Obj) -> int | None:
    """Return when its duration is over (ns), None = never."""
    text = obj["spec"].get("duration")
    if not text:
        return None
    return nanoseconds(obj["metadata"]["creationTimestamp"]) + durations.parse(text)


class _Experiment:
    """One look at one object."""

    def __init__(self, work: Work, kind: ChaosKind, resource: str, obj: Obj) -> None:
        self.work, self.kind, self.resource, self.obj = work, kind, resource, obj
        meta = obj["metadata"]
        self.uid, self.name = meta["uid"], f"{meta['namespace']}/{meta['name']}"
        self.spec: Mapping[str, Any] = obj["spec"]
        self.deleted = "deletionTimestamp" in meta
        self.events: list[EventNote] = []
        said = (obj.get("status") or {}).get("experiment") or {}
        found = said.get("containerRecords")
        self.phase: str = said.get("desiredPhase", "")
        self.records: list[dict[str, Any]] | None = (
            None if found is None else [dict(record) for record in found]
        )

    def plan(self) -> Plan:
        meta = self.obj["metadata"]
        finalizers = meta.get("finalizers") or []
        if FINALIZER not in finalizers and not self.deleted:
            finalizers = [*finalizers, FINALIZER]
            self._event("Normal", "FinalizerInited", "Finalizer has been inited")
        wanted = self._desired()
        self.phase = wanted
        failed = False
        if self.records is None and not self.deleted:
            self._select()
        if self.records is not None:
            failed = self._carry_out(wanted)
        whole = all(record["phase"] == NOT_INJECTED for record in self.records or ())
        if self.deleted and (whole or self.kind.once(self.spec)):
            finalizers = [one for one in finalizers if one != FINALIZER]
        new = {**self.obj, "metadata": {**meta, "finalizers": finalizers}}
        new["status"] = self._status()
        changed = new["status"] != self.obj.get("status") or finalizers != meta.get("finalizers")
        actions = (Update(self.resource, new),) if changed else ()
        wakes = self._wakes(wanted, again=failed or (self.records is None and not self.deleted))
        return Plan(actions, tuple(self.events), wakes)

    # -- what is wanted ---------------------------------------------------------------------------

    def _desired(self) -> str:
        until = _until(self.obj)
        reason, said = "", ""
        if self.deleted:
            reason, said = "Deleted", "Experiment has been deleted"
        elif self.kind.once(self.spec):
            return RUN
        elif until is not None and until <= self.work.now:
            reason, said = "TimeUp", "Time up according to the duration"
        elif self._paused():
            reason, said = "Paused", "Experiment has been paused"
        wanted = STOP if reason else RUN
        if wanted != self.phase:
            self._event("Normal", reason or "Started", said or "Experiment has started")
        return wanted

    def _paused(self) -> bool:
        notes = self.obj["metadata"].get("annotations") or {}
        return bool(notes.get(PAUSE) == "true")

    def _wakes(self, wanted: str, *, again: bool) -> int | None:
        until = _until(self.obj)
        times = [until] if until is not None and wanted == RUN and not self.deleted else []
        if again:
            times.append(self.work.now + AGAIN)
        return min(times, default=None)

    # -- who is hit -------------------------------------------------------------------------------

    def _select(self) -> None:
        """Write down who is selected, once and for all."""
        records = [
            {
                "id": target,
                "selectorKey": key,
                "phase": NOT_INJECTED,
                "injectedCount": 0,
                "recoveredCount": 0,
            }
            for key, said in (((".", self.spec), (".Target", self.spec.get("target") or {})))
            for target in self._targets(key, said)
        ]
        if not any(record["selectorKey"] == "." for record in records):
            why = "no target has been selected"
            self._event("Warning", "Failed", f"Failed to select targets: {why}")
            return
        self.records = records

    def _targets(self, key: str, said: Mapping[str, Any]) -> list[str]:
        """Return the ids of what a part of the spec selects."""
        if key == "." and "selector" not in said:
            return [self._own_target()]
        if "selector" not in said:
            return []
        own, selector = self.obj["metadata"]["namespace"], said["selector"]
        read = self.work.read
        if self.kind.selects == "node":
            having = catalogue()[self.kind.bodies(self.spec)[0]["fault"]].having
            found = [node for node in nodes_of(read, selector, own) if offers(node, having)]
        else:
            found = [pod for pod in pods_of(read, selector, own) if pod["spec"].get("nodeName")]

        def draw(number: int) -> float:
            return self.work.draw(f"chaos/{self.resource}/{self.name}/{self.uid}{key}", number)

        meant = some(found, said.get("mode", "all"), str(said.get("value") or ""), draw)
        if self.kind.selects == "node":
            return [str(node["metadata"]["name"]) for node in meant]
        ids = []
        for pod in meant:
            word = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            if self.kind.selects == "container" and key == ".":
                first = pod["spec"]["containers"][0]["name"]
                names = self.spec.get("containerNames") or [first]
                if self.spec.get("action") in ("pod-kill", "pod-failure"):
                    ids.append(word)
                else:
                    ids += [f"{word}/{name}" for name in names]
            else:
                ids.append(word)
        return ids

    def _own_target(self) -> str:
        bodies = self.kind.bodies(self.spec)
        return str(bodies[0].get("target") or self.obj["metadata"]["namespace"])

    # -- doing ------------------------------------------------------------------------------------

    def _carry_out(self, wanted: str) -> bool:
        """Inject or recover; return whether something could not be injected."""
        assert self.records is not None
        phase = NOT_INJECTED if wanted == RUN else INJECTED
        due = [record for record in self.records if record["phase"] == phase]
        if not due:
            return False
        if wanted == STOP:
            for fault in self._running():
                self.work.faults.restore_from(fault.id)
            self._note(due, NOT_INJECTED, "Recover", "recoveredCount", "")
            return False
        try:
            hit = self._inject(due)
        except (FaultRefused, Unmodelled) as error:
            self._note(due, NOT_INJECTED, "Apply", "", self._words(error))
            return True
        self._note([r for r in due if hit(r)], INJECTED, "Apply", "injectedCount", "")
        missed = [record for record in due if not hit(record)]
        if missed:
            self._note(missed, NOT_INJECTED, "Apply", "", "the target is not there any more")
        return False

    def _words(self, error: Exception) -> str:
        return error.message if isinstance(error, FaultRefused) else ": ".join(map(str, error.args))

    def _running(self) -> list[Injected]:
        return [f for f in self.work.faults.running() if f.origin.get("uid") == self.uid]

    def _inject(self, due: Iterable[dict[str, Any]]) -> Callable[[dict[str, Any]], bool]:
        """Inject the faults of the spec into what was selected; say of a record if it was hit."""
        ids = [record["id"] for record in due if record["selectorKey"] == "."]
        far = [r["id"] for r in self.records or () if r["selectorKey"] == ".Target"]
        meta = self.obj["metadata"]
        labels = meta.get("labels") or {}
        began = labels.get("chaos-mesh.org/workflow") or labels.get("managed-by") or meta["name"]
        until = _until(self.obj)
        origin = {
            "kind": "chaos",
            "until": None if until is None else rfc3339(until),
            "object": f"{self.resource}/{self.name}",
            "began_by": began,
            "uid": self.uid,
        }
        done: dict[str, None] = {}
        for body in bodies_of(self.kind, self.spec):
            wish = {key: value for key, value in body.items() if key != "to"}
            if "selector" in self.spec:
                wish |= {"selector": self._selector(ids), "mode": "all"}
            else:
                wish["namespaces"] = [meta["namespace"]]
                if not wish.get("target") and self.kind.selects == "":
                    wish.pop("target", None)
            if body.get("to"):
                wish["to"] = {"selector": self._selector(far), "mode": "all"}
            fault = self.work.faults.inject(wish, origin=origin)
            done |= {f"{ns}/{name}": None for ns, name, _ in fault.pods}
            done |= dict.fromkeys(fault.nodes)
        named = "selector" not in self.spec

        def hit(record: dict[str, Any]) -> bool:
            if named or record["selectorKey"] != ".":
                return True
            return "/".join(record["id"].split("/")[:2]) in done

        return hit

    def _selector(self, ids: Iterable[str]) -> dict[str, Any]:
        """Return the selector of exactly those that were written down."""
        if self.kind.selects == "node":
            return {"nodes": list(ids)}
        pods: dict[str, list[str]] = {}
        for word in dict.fromkeys("/".join(one.split("/")[:2]) for one in ids):
            namespace, name = word.split("/")
            pods.setdefault(namespace, []).append(name)
        return {"pods": pods}

    def _note(
        self, records: Iterable[dict[str, Any]], phase: str, what: str, count: str, failed: str
    ) -> None:
        for record in records:
            record["phase"] = phase
            if count:
                record[count] += 1
            event = {
                "type": "Failed" if failed else "Succeeded",
                "operation": what,
                **({"message": failed} if failed else {}),
                "timestamp": rfc3339(self.work.now),
            }
            record["events"] = [*(record.get("events") or ()), event][-_MOST_EVENTS:]
            if failed:
                self._event("Warning", "Failed", f"Failed to apply chaos: {failed}")
            elif what == "Apply":
                said = f"Successfully apply chaos for {record['id']}"
                self._event("Normal", "Applied", said)
            else:
                said = f"Successfully recover chaos for {record['id']}"
                self._event("Normal", "Recovered", said)

    # -- saying -----------------------------------------------------------------------------------

    def _status(self) -> dict[str, Any]:
        records = self.records
        every = {
            "Selected": records is not None,
            "AllInjected": records is not None and all(r["phase"] == INJECTED for r in records),
            "AllRecovered": records is not None
            and all(r["phase"] == NOT_INJECTED for r in records),
            "Paused": self._paused(),
        }
        experiment: dict[str, Any] = {"desiredPhase": self.phase}
        if records is not None:
            experiment["containerRecords"] = records
        return {
            **(self.obj.get("status") or {}),
            "conditions": [
                {"type": kind, "status": "True" if true else "False"}
                for kind, true in every.items()
            ],
            "experiment": experiment,
        }

    def _event(self, sort: str, reason: str, message: str) -> None:
        self.events.append(EventNote(self.obj, sort, reason, message))


def gone(work: Work, uid: str) -> Plan:
    """End what an object left behind that went without its finalizer being asked."""
    for fault in work.faults.running():
        if fault.origin.get("uid") == uid:
            work.faults.restore_from(fault.id)
    return NOTHING
