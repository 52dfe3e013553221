"""One fault as it was carried out, what was seen of it, and what that proves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ecp.kube.times import rfc3339
from ecp.sim.faults.catalogue import SEEN_IN_FIGURES, Expectation, FaultRow, catalogue
from ecp.sim.faults.effects import EFFECTS, Asked, Blow

_COURSE = ("hit", "unready", "ready", "gone")
CONFIRMED, MISMATCH, INCONCLUSIVE = "confirmed", "mismatch", "inconclusive"


@dataclass(slots=True)
class Injected:
    """One fault. Instants in ns since the epoch, None = not (yet).

    origin      who asked: {"kind": "request"}, or {"kind": "background", …} with its rate, means
                and sources, or {"kind": "chaos", …} with the object and when that ends it
    scope       [kind, namespace, name] of what was meant: who comes into it while the fault lasts
                is hit as well
    targets     words for people ("node/cpu-1");  nodes, pods ([namespace, name, uid]), spaces
                (namespaces whose measurement is lost) what was hit
    workloads   the owners of those pods, as [resource, namespace, name]
    levels      what it puts on each target (name of a node or namespace, uid), see `effects`
    limits      bytes of memory that a leaking pod may take, by uid
    aimed       how many targets it had when it began, `hits` how many of them it took effect on
    until       when it is planned to end, `ended` when it did
    took        whether the world was another right after it began; `seen` the first instant of
                each thing seen since; `promised` and `observed` the figures compared
    before      share of bad requests of each followed workload right before it (ppm)
    dips        workloads that are short of replicas and pods whose processes are gone since when
                (ns); `unserved` the workloads whose requests fail
    names       what it is put on that is neither pod nor node (a registry, a pool, ns/secret)
    reached     namespaces that depend on those, none of whose pods it hits
    others      uids of the pods at the other ends of the lines that it lies on
    undo        what was asked of the cluster and is to be taken back, see `asks`
    doubts      conditions that would end it, by number, that hold since when (ns)
    stopped     why it ended before its time: "abort", "halt"
    steady      how its steady state was met {"before": […], "during": […], "after": […]}; during
                it the worst of each figure
    courses     by uid of a pod: the instants (ns) at which it was "hit", "unready" for the first
                time since, "ready" for good again, "gone"
    strength    how strong it is now (ppm); `grows` after how long it is wholly (ns)
    recovered   when all had their replicas again; `restored` the first instant from its end on
                when all are whole and served: up, or no worse than before
    """

    id: str
    name: str
    wish: dict[str, Any]
    at: int
    origin: dict[str, Any] = field(default_factory=lambda: {"kind": "request"})
    started: int | None = None
    until: int | None = None
    ended: int | None = None
    scope: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    pods: list[list[str]] = field(default_factory=list)
    workloads: list[list[str]] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    aimed: int = 0
    hits: int = 0
    took: bool = False
    problem: dict[str, Any] | None = None
    seen: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    promised: dict[str, float] = field(default_factory=dict)
    observed: dict[str, float] = field(default_factory=dict)
    dips: dict[str, int] = field(default_factory=dict)
    dipped: bool = False
    unserved: dict[str, int] = field(default_factory=dict)
    recovered: int | None = None
    restored: int | None = None
    spaces: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    undo: dict[str, Any] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    stopped: str = ""
    steady: dict[str, Any] = field(default_factory=dict)
    courses: dict[str, dict[str, int]] = field(default_factory=dict)
    strength: int = 1_000_000
    grows: int = 0

    @property
    def row(self) -> FaultRow:
        """Its row of the catalogue."""
        return catalogue()[self.name]

    @property
    def effect(self) -> str:
        """The name of its effect: another one where it lies between two workloads."""
        return self.row.between if self.wish.get("to") and self.row.between else self.row.effect

    @property
    def lasts(self) -> bool:
        """Whether its effect is held, or fell once."""
        effect = EFFECTS[self.effect]
        return effect.lasts if isinstance(effect, Asked) else not isinstance(effect, Blow)

    @property
    def running(self) -> bool:
        """Whether its effect is held now."""
        return self.lasts and self.started is not None and self.ended is None

    @property
    def over(self) -> bool:
        """Whether recovery may begin: it has ended, or nobody plans to end it."""
        return self.ended is not None or (self.started is not None and self.until is None)

    @property
    def recovery(self) -> int | None:
        """Time from its beginning until all that it hit had its replicas again (ns)."""
        if self.recovered is None or self.started is None:
            return None
        return self.recovered - self.started

    @property
    def namespaces(self) -> list[str]:
        """Namespaces of what it hit; before that, those that it may hit."""
        if self.started is None:
            return list(self.wish.get("namespaces") or ())
        secrets = (name.partition("/")[0] for name in self.names if "/" in name)
        return sorted({*self.spaces, *secrets, *(namespace for namespace, _, _ in self.pods)})

    @property
    def concerned(self) -> list[str]:
        """Namespaces of what it hit and of what depends on that; of who asked for it."""
        asked = self.wish.get("namespaces") or () if self.names else ()
        return sorted({*self.namespaces, *self.reached, *asked})

    # -- pod by pod -------------------------------------------------------------------------------

    def by_pod(self) -> list[dict[str, Any]]:
        """Return what each pod went through, the slowest to be ready again first: those that are
        not yet, then by how long it took from the hit, then those that are gone or stayed ready."""
        rows = []
        for namespace, name, uid in self.pods:
            course = self.courses.get(uid, {})
            hit, ready = course.get("hit"), course.get("ready")
            took = None if hit is None or ready is None else ready - hit
            waits = "unready" in course and ready is None and "gone" not in course
            row = {
                "pod": f"{namespace}/{name}",
                **{f"{what}_at": instant(course.get(what)) for what in _COURSE},
                "seconds": None if took is None else seconds(took),
            }
            rows.append((not waits, -(took or 0), "gone" not in course, row))
        return [row for *_, row in sorted(rows, key=lambda each: each[:3])]

    # -- proof ------------------------------------------------------------------------------------

    def verdict(self, now: int) -> str:
        """Say whether what shall be seen of it was seen: confirmed, mismatch, inconclusive.

        What cannot be observed (figures of a workload that nobody follows) counts neither way.
        """
        if self.problem is not None:
            return MISMATCH
        if self.started is None:
            return INCONCLUSIVE
        found = {row["verdict"] for row in self.proof(now) if row.get("observable", True)}
        return next((v for v in (MISMATCH, INCONCLUSIVE) if v in found), CONFIRMED)

    def proof(self, now: int) -> Iterator[dict[str, Any]]:
        """Yield what was expected against what was observed: the world first, then what follows.

        expected, observed: targets (applied), seconds (things seen in the store), or the unit
        that the row names.
        """
        if self.started is None:
            return
        yield {
            "observe": "applied",
            "expected": self.aimed,
            "observed": self.hits,
            "unit": "targets",
            "verdict": CONFIRMED if self.took else MISMATCH,
        }
        for expectation in self.row.expect:
            yield self._proved(expectation, now)

    def _proved(self, wanted: Expectation, now: int) -> dict[str, Any]:
        assert self.started is not None
        what = wanted.observe
        seen = self.seen.get(what)
        due = self.started + self.grows + wanted.within
        row: dict[str, Any] = {
            "observe": what,
            "within_seconds": seconds(wanted.within),
            "after_seconds": None if seen is None else seconds(seen - self.started),
        }
        if what in SEEN_IN_FIGURES:
            row |= {
                "expected": self.promised.get(what),
                "observed": self.observed.get(what),
                "unit": _UNITS[what],
            }
            if what not in self.promised:
                return {**row, "observable": False, "verdict": INCONCLUSIVE}
            if what not in self.observed:
                return {**row, "verdict": INCONCLUSIVE}  # nobody answered whose figures tell it
        else:
            row |= {
                "expected": row["within_seconds"],
                "observed": row["after_seconds"],
                "unit": "s",
            }
        if seen is not None:
            return {**row, "verdict": CONFIRMED if seen <= due else MISMATCH}
        # What was ended before it could be seen proves nothing.
        early = self.lasts and self.ended is not None and self.ended <= due
        return {**row, "verdict": INCONCLUSIVE if now < due or early else MISMATCH}

    def to_json(self, now: int) -> dict[str, Any]:
        """Return it as the API gives it."""
        started = self.started
        return {
            "id": self.id,
            "fault": self.name,
            "origin": self.origin,
            "targets": self.targets,
            "namespaces": self.concerned,
            "parameters": self.wish.get("parameters") or {},
            "started_at": instant(started),
            # One that an object began ends when that says so.
            "until": self.origin["until"] if "until" in self.origin else instant(self.until),
            "ended_at": instant(self.ended),
            "took_effect": self.took,
            "seen": {
                what: {"at": rfc3339(at), "after_seconds": seconds(at - (started or at))}
                for what, at in self.seen.items()
            },
            "verdict": self.verdict(now),
            "proof": list(self.proof(now)),
            "pods": [f"{namespace}/{name}" for namespace, name, _ in self.pods],
            "hits": self.by_pod(),
            "workloads": [f"{ns}/{name}" for _, ns, name in self.workloads],
            "recovered_at": instant(self.restored),
            "recovery_seconds": self._recovery_seconds(),
            "problem": self.problem,
            "stopped_by": self.stopped or None,
            "steady_state": self.steady or None,
        }

    def _recovery_seconds(self) -> float | None:
        """From its end to the first instant when all that it hit is whole and served again.

        Of a fault that nobody ended: from its beginning.
        """
        since = self.started if self.ended is None else self.ended
        if self.restored is None or since is None:
            return None
        return seconds(self.restored - since)


_UNITS = {
    "usage-rose": "milli-cpu",  # of a pod, mean
    "memory-rose": "mib",  # of a pod, mean
    "latency-rose": "ms",  # of a request, mean
    "requests-failed": "percent",  # of the requests
    "requests-rose": "requests",  # a minute, those from outside
}


def instant(at: int | None) -> str | None:
    """Write an instant, None = null."""
    return None if at is None else rfc3339(at)


def seconds(ns: int) -> float:
    """Return seconds to the millisecond."""
    return round(ns / 1_000_000_000, 3)
