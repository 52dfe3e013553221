"""The whole job: validate → deploy → start up → probe → verdict."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ecp.kube import durations
from ecp.kube.times import rfc3339
from ecp.rehearsal import report as spoken
from ecp.rehearsal.run import Demand, Later, Run
from ecp.rehearsal.service_levels import Level, level_json, levels, period
from ecp.rehearsal.startup import READY_DEADLINE
from ecp.rehearsal.troubles import Trouble, cause_text, remedy_text
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, Plan, planned
from ecp.sim.traffic import SLOT
from ecp.texts import Language, text
from ecp.validation import Report, Source, validate
from ecp.validation.report import as_dict
from ecp.workloads.profiles import Profiles

PASSED, INVALID, FAILED = 0, 3, 6
DAY = 86_400 * SECOND
TARGET_PPM = 995_000
VERSION = 1


@dataclass(slots=True)
class Rehearsal:
    """What a rehearsal found. `run` is None when validation stopped it."""

    validation: Report
    language: Language
    seed: int
    model: str
    length: int
    target_ppm: int
    run: Run | None = None
    bundle: Level | None = None
    workloads: list[Level] = field(default_factory=list)

    @property
    def started(self) -> bool:
        """Whether start-up was confirmed and nothing of the bundle was refused."""
        run = self.run
        return run is not None and run.start.confirmed is not None and not run.deployed.refused

    @property
    def met(self) -> bool:
        """Whether the bundle reached its target; a bundle without Services has none to reach."""
        return self.bundle is None or self.bundle.met

    @property
    def proven(self) -> bool:
        """Whether every fault that was asked for took effect: else nothing was rehearsed."""
        run = self.run
        return run is not None and not run.idle and all(fault.took for fault in run.injected)

    @property
    def exit_code(self) -> int:
        """0 passed, 3 invalid manifests, 6 start-up or service level missed, or a fault inert."""
        if not self.validation.valid:
            return INVALID
        return PASSED if self.started and self.met and self.proven else FAILED

    def to_text(self, language: Language | None = None) -> str:
        """Return the report for a terminal."""
        return spoken.render(self, language or self.language)

    def to_json(self, *, judged: bool = True) -> dict[str, Any]:
        """Return everything as plain data; nothing of this machine or its clock is in it.

        Without *judged* there is no verdict in it: where a scenario's claims give it.
        """
        verdict = {
            "passed": self.exit_code == PASSED,
            "exit_code": self.exit_code,
            "causes": self.causes(),
        }
        body: dict[str, Any] = {
            "version": VERSION,
            "evidence": "simulated",
            "seed": self.seed,
            "model": self.model,
            **({"verdict": verdict} if judged else {}),
            "validation": as_dict(self.validation, self.language),
        }
        if self.run is not None:
            body |= self._of_run(self.run)
        return body

    def to_bytes(self) -> bytes:
        """Return the JSON as bytes: the same for the same input, seed and version."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"

    def _of_run(self, run: Run) -> dict[str, Any]:
        began = run.start.began
        return {
            "for": period(run.length),
            "deploy": {
                "at": rfc3339(began),
                "applied": [_object(ref) for ref in run.deployed.applied],
                "refused": [
                    {**_object(row.ref), "code": row.code, "message": row.message}
                    for row in run.deployed.refused
                ],
                "not_simulated": [
                    {"kind": row.kind, "namespace": row.namespace, "name": row.name}
                    for row in run.deployed.skipped
                ],
            },
            "startup": self._startup(run),
            "probes": {
                "from": rfc3339(run.born * SLOT),
                "to": rfc3339(run.born * SLOT + run.length),
                "slot_seconds": SLOT // SECOND,
                "not_probed": [
                    {
                        **_object(row.ref),
                        "why": row.why,
                        "text": text(f"rehearsal.excluded.{row.why}", self.language, **row.values),
                    }
                    for row in run.deployed.excluded
                ],
            },
            "calls": {
                "refused": [
                    {
                        "workload": row.caller.word,
                        "env": row.env,
                        "host": row.host,
                        "port": row.port,
                        "needed": not row.spared,
                        "cause": row.cause,
                        "text": text(f"network.{row.cause}", self.language, **row.values),
                    }
                    for row in run.calls
                ],
                "outside": list(run.outside),
            },
            "faults": [
                {
                    "asked": words,
                    **fault.to_json(run.cluster.now),
                    "lost_seconds": {
                        level.name: lost
                        for level in self.workloads
                        if (lost := level.lost_to(fault.id))
                    },
                    "bundle_lost_seconds": self.bundle.lost_to(fault.id) if self.bundle else 0,
                    "single_replicas": spoken.single_replicas(self, fault),
                }
                for words, fault in run.asked
            ],
            "sla": {
                "target": self.target_ppm / 10_000,
                "bundle": None if self.bundle is None else level_json(self.bundle),
                "workloads": [level_json(level) for level in self.workloads],
            },
            "notes": [text(key, self.language, **values) for key, values in spoken.notes(self)],
        }

    def _startup(self, run: Run) -> dict[str, Any]:
        start, early = run.start, dict(run.early)
        return {
            "confirmed": start.confirmed is not None,
            "seconds": _seconds(start.confirmed, start.began),
            "deadline_seconds": READY_DEADLINE // SECOND,
            "conditions": {
                name: {"met": met, "seconds": _seconds(at, start.began)}
                for name, (met, at) in run.conditions.items()
            },
            "workloads": [
                {**_object(ref), "available_after": _seconds(start.at.get(ref), start.began)}
                for ref in start.workloads
            ],
            "services": [
                {
                    **_object(ref),
                    "endpoints_after": _seconds(start.at.get(ref), start.began),
                    "listened_later_by": round(early.get(ref, 0) / SECOND, 3),
                }
                for ref in start.services
            ],
            "entries": [
                {**_object(ref), "served_after": _seconds(at, start.began)}
                for ref, at in run.entries
            ],
            "troubles": [self._trouble(trouble) for trouble in run.troubles],
        }

    def _trouble(self, trouble: Trouble) -> dict[str, Any]:
        return {
            **_object(trouble.ref),
            "cause": trouble.cause,
            "text": cause_text(trouble, self.language),
            "remedy": remedy_text(trouble, self.language),
            "values": dict(trouble.values),
        }

    def causes(self) -> list[dict[str, Any]]:
        """Return as plain data why it did not pass."""
        return [
            {"kind": kind, "object": about, "id": cause, "text": said}
            for kind, about, cause, said in spoken.causes(self, self.language)
        ]


def rehearse(
    sources: str | bytes | Sequence[Source],
    *,
    for_ns: int = DAY,
    faults: Sequence[Plan | str] = (),
    seed: int = 0,
    model: str = "default",
    spec: Mapping[str, Any] | None = None,
    target_ppm: int = TARGET_PPM,
    language: Language = "en",
    demand: Demand | None = None,
    later: Sequence[tuple[int, Sequence[Source]]] = (),
    watch: Callable[[Run], None] | None = None,
    cluster: Cluster | None = None,
    sheets: Profiles | None = None,
    go: Callable[[Run], object] = Run.proceed,
) -> Rehearsal:
    """Rehearse manifests on a fresh cluster of *model*, in warped time.

    sources     YAML or JSON texts with their names
    for_ns      how long probes run after start-up (ns), cut to whole slots of five seconds
    faults      what goes wrong, each from the first probe on: "node_down@2h"
    spec        a cluster of one's own (the content of a cluster file), called *model* in the report
    target_ppm  the target in parts per million
    demand      who asks while it is probed
    later       manifests that are applied while it is probed: (ns after the first probe, texts)
    watch       called with the run before it begins
    cluster     the cluster itself, in the place of a fresh one
    sheets      data sheets of workloads, in the place of the shipped ones
    go          lets the run go on until it is over

    Raises FaultRefused for a fault that is unknown, malformed or after the end, KeyError for an
    unknown model, InvalidModel for a wrong *spec*. The same arguments give the same bytes.
    """
    plans = [planned(fault) if isinstance(fault, str) else fault for fault in faults]
    if for_ns < SLOT:
        raise FaultRefused("rehearsal.too-short", value=durations.spell(for_ns))
    for plan in plans:
        if plan.after >= for_ns:
            raise FaultRefused(
                "rehearsal.fault-too-late", text=plan.word, end=durations.spell(for_ns)
            )
    checked = validated(sources)
    found = Rehearsal(checked, language, seed, model, for_ns // SLOT * SLOT, target_ppm)
    if not checked.valid:
        return found
    changes = []
    for after, texts in later:
        changed = validated(texts)
        if not changed.valid:
            found.validation = changed
            return found
        changes.append(Later(after, changed.objects()))
    run = Run(
        checked.objects(),
        length=for_ns,
        faults=plans,
        seed=seed,
        model=model,
        spec=spec,
        demand=demand,
        later=changes,
        cluster=cluster,
        sheets=sheets,
    )
    if watch is not None:
        watch(run)
    go(run)
    return concluded(found, run)


def validated(sources: str | bytes | Sequence[Source]) -> Report:
    """Return `validate(sources)`; runs of one campaign have the same manifests, seed after seed."""
    return _validated(sources if isinstance(sources, str | bytes) else tuple(sources))


@lru_cache(maxsize=16)
def _validated(sources: str | bytes | tuple[Source, ...]) -> Report:
    return validate(sources)


def concluded(found: Rehearsal, run: Run) -> Rehearsal:
    """Fill *found* from a run that is over."""
    found.run = run
    found.bundle, found.workloads = levels(run, found.target_ppm)
    return found


def _object(ref: Any) -> dict[str, str]:
    return {"object": ref.word, "namespace": ref.namespace}


def _seconds(at: int | None, began: int) -> float | None:
    return None if at is None else round((at - began) / SECOND, 3)
