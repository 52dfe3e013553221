"""Compares two traces of one scenario, and says where they first differ.

A trace is read as *facets*, each a plain value in which names that were drawn are ranks, nodes
that were chosen are counts, and instants are left out:

  answers     code, reason, message and details of each step that has an answer
  scaling     per Deployment its ScalingReplicaSet messages in order
  conditions  per object and condition type the (status, reason, message) in order
  events      per source and kind of object how often each message was recorded
  states      what an object says of itself when it rests: before each step, in silences, at the end
  lives       per owner, how many pods went through which states
  ends        per owner, which pods had to go: when made, ready or not; by name where names stay
  chosen      per owner that was scaled down at rest, what the pods were that went and that stayed
  placement   per owner, how many pods on how many nodes, zones and kinds of nodes
  nodes       per node its taints and readiness in order
  slices      per Service at rest its EndpointSlices: sizes, ports, hints, labels
  endpoints   per Service the conditions its endpoints went through
  timers      what followed on a silence of three seconds or more: when

Where the real order is a race, `_RACES` says what else may be: the facet is then compared in a
coarser form. Two recordings of one scenario must be equal: that is the measure of a rule here.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from ecp.sim.store import Obj

from .player import Trace
from .rows import FORMS, Row

Facets = dict[str, dict[str, Any]]
"""Name of a facet -> subject ("Deployment/web") -> value."""

_QUIET = 3.0
_REST = 0.3
_APART = 1.5
_GOING = 0.3
_NO_TIME = 0.5
"""A pod told to go so soon after it got its node may have been ready or not."""
_LAG = 1.5
"""Seconds by which a timer may be seen late: a busy machine, and whole-second stamps."""
_SILENCE = 15.0
"""A silent node is noticed at a look (5 s) after a heartbeat (10 s); all else hangs on it."""


class Difference(NamedTuple):
    """The first subject of a facet that is not equal."""

    facet: str
    subject: str
    recorded: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.facet} of {self.subject}: {_apart(self.recorded, self.ours)}"


class Names:
    """Ranks in place of the names that a run drew."""

    def __init__(self, trace: Trace, nodes: Sequence[Obj]) -> None:
        self._names: dict[str, str] = {}
        self._made: dict[str, str] = {}  # generated prefix -> owner's rank name
        self.node_names = {node["metadata"]["name"] for node in nodes}
        ranks: Counter[str] = Counter()
        for row in trace.rows:
            name, kind = row["name"], row["kind"]
            if kind == "Node" or name in self._names:
                continue
            if kind == "ReplicaSet" and row.get("hash"):
                owner = name.removesuffix(f"-{row['hash']}")
                ranks[owner] += 1
                self._names[name] = f"{owner}#{ranks[owner]}"
                self._made[name] = self._names[name]
            elif kind in ("ControllerRevision", "EndpointSlice"):
                owner = name.rpartition("-")[0]
                ranks[f"{kind}/{owner}"] += 1
                self._names[name] = f"{owner}#{ranks[f'{kind}/{owner}']}"
            elif kind in ("Job", "DaemonSet", "ReplicationController"):
                self._made.setdefault(name, name)  # pods of it may only be spoken of
            elif kind == "Pod" and row.get("owner"):
                owner_kind, _, owner = row["owner"].partition("/")
                if owner_kind != "StatefulSet" and name.startswith(f"{owner}-"):
                    self._made[owner] = self._names.get(owner, owner)
                    self._names[name] = f"{self._made[owner]}.*"
        makers = "|".join(map(re.escape, sorted(self._made, key=len, reverse=True)))
        generated = rf"\b({makers})(-\d+)?-([a-z0-9]{{5}}\b|(?=[\\\"]))"
        self._pods = re.compile(generated) if makers else None
        known = [n for n in self._names if n not in self._made]
        words = "|".join(map(re.escape, sorted((*known, *self._made), key=len, reverse=True)))
        self._words = re.compile(rf"\b({words})(?![\w-])") if words else None
        machines = "|".join(map(re.escape, sorted(self.node_names, key=len, reverse=True)))
        self._machines = re.compile(rf"\b({machines})(?![\w-])") if machines else None

    def of(self, name: str) -> str:
        return self._names.get(name, name)

    def owner(self, row: Row) -> str:
        owner = row.get("owner")
        if not owner:
            return f"Pod/{row['name']}"
        kind, _, name = owner.partition("/")
        return f"{kind}/{self.of(name)}"

    def text(self, text: str | None) -> str:
        """Return a message with ranks for names, and without uids and instants."""
        found = text or ""
        if self._pods is not None:
            found = self._pods.sub(
                lambda m: f"{self._made[m[1]]}{m[2] or ''}.{'*' if m[3] else '-'}", found
            )
        if self._words is not None:
            found = self._words.sub(lambda m: self.of(m[1]), found)
        if self._machines is not None:
            found = self._machines.sub("NODE", found)
        found = _RIVALS.sub(lambda m: f"{m[1]}{' '.join(sorted(m[2].split()))}", found)
        found = _UID.sub("UID", found)
        found = _VERSION.sub(r"\1VERSION", found)
        return _STAMP.sub("STAMP", found)


_VERSION = re.compile(r"(\bresourceVersion\W+)\d+")
_RIVALS = re.compile(r"(controlled by multiple HPAs: \[)([^]]*)")  # in the order of a map
_UID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
_VOLATILE = ("startTime", "completionTime", "lastScheduleTime", "lastSuccessfulTime",
             "uncountedTerminatedPods", "disruptedPods", "collisionCount", "currentRevision",
             "updateRevision")  # fmt: skip
"""Of a status what is an instant, a drawn name, or gone again before the next sync."""


def rests(recorded: Trace, steps: Sequence[dict[str, Any]]) -> tuple[float, ...]:
    """Return the middle of each long silence of a recording: there both runs can be looked at.

    Once a node is silent, all hangs on the phase of the look that notices: none after that.
    """
    lost = min(
        (row["t"] for row in recorded.rows if row["kind"] == "Node"
         and any(one[0] == "Unknown" for one in row["ready"])), default=float("inf"),
    )  # fmt: skip
    instants = [float(step.get("t", 0)) for step in steps]
    marks = sorted(t for t in [*instants, *(row["t"] for row in recorded.rows)] if t < lost)
    return tuple((a + b) / 2 for a, b in pairwise(marks) if b - a >= _QUIET)


def facets(
    trace: Trace,
    steps: Sequence[dict[str, Any]],
    nodes: Sequence[Obj],
    looks: Sequence[float] = (),
) -> Facets:
    """Read a trace of the scenario with *steps* on *nodes*; its states also at *looks* (s)."""
    names = Names(trace, nodes)
    read = _Reading(trace, steps, nodes, names, looks)
    return {name: facet(read) for name, facet in FACETS.items()}


class _Reading:
    def __init__(
        self,
        trace: Trace,
        steps: Sequence[dict[str, Any]],
        nodes: Sequence[Obj],
        names: Names,
        looks: Sequence[float],
    ) -> None:
        self.trace = trace
        self.looks = looks
        self.steps = steps
        self.nodes = {node["metadata"]["name"]: node for node in nodes}
        self.names = names
        self.back = _one_to_one({ours: theirs for theirs, ours in trace.node_of.items()}, nodes)
        self.by_object: dict[tuple[str, str], list[Row]] = {}
        for row in trace.rows:
            if row["kind"] != "Event":
                self.by_object.setdefault((row["kind"], row["name"]), []).append(row)
        self.end = max((row["t"] for row in trace.rows), default=0.0)

    def events(self) -> Iterable[Row]:
        return (row for row in self.trace.rows if row["kind"] == "Event")

    def pods(self) -> Iterable[tuple[str, list[Row]]]:
        """(owner, the pod's rows), in order of creation."""
        for (kind, _), rows in self.by_object.items():
            if kind == "Pod":
                yield self.names.owner(rows[0]), rows

    @cached_property
    def turns(self) -> list[tuple[int, float]]:
        """(number, seconds) of each step that comes a while after the one before it."""
        instants = [float(step.get("t", 0)) for step in self.steps]
        before = [float("-inf"), *instants]
        return [
            (number, t)
            for number, (last, t) in enumerate(zip(before, instants, strict=False), 1)
            if t - last >= _APART
        ]


def _one_to_one(back: dict[str, str], nodes: Sequence[Obj]) -> dict[str, str]:
    """Give each node a name of its own: some have that of a node for which they stand."""
    names = [node["metadata"]["name"] for node in nodes]
    free = [name for name in names if name not in back.values()]
    stay = {name: name for name in names if name not in back and name in free}
    left = [name for name in free if name not in stay]
    moved = [name for name in names if name not in back and name not in stay]
    return {**back, **stay, **dict(zip(moved, left, strict=True))}


def _answers(read: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for index, answer in enumerate(read.trace.answers):
        if answer is None:
            continue
        plain = {k: v for k, v in json.loads(read.names.text(json.dumps(answer))).items() if v}
        step = read.steps[index]
        found[f"step {index + 1} ({step.get('op')})"] = plain
    return found


def _scaling(read: _Reading) -> dict[str, Any]:
    """The messages, and beside them the sizes: of the messages only 25 are recorded."""
    found: dict[str, Any] = {}
    sizes: dict[str, list[int]] = {}
    for row in read.events():
        if row["reason"] == "ScalingReplicaSet" and row["ev"] != "DELETED":
            text = read.names.text(row["msg"]).removeprefix(_COMBINED)
            found.setdefault(row["obj"], []).append(text)
    peaks: dict[str, int] = {}
    wanted: dict[str, dict[str, int]] = {}
    for row in read.trace.rows:
        if row["kind"] == "ReplicaSet":
            name = read.names.of(row["name"])
            owner = name.rpartition("#")[0]
            now = wanted.setdefault(owner, {})
            now[name] = 0 if row["ev"] == "DELETED" else row["spec"]
            peaks[owner] = max(peaks.get(owner, 0), sum(now.values()))
    for (kind, name), rows in read.by_object.items():
        if kind == "ReplicaSet":
            path = [0, *(row["spec"] for row in rows)]
            changes = [a for a, b in zip(path[1:], path, strict=False) if a != b]
            sizes[read.names.of(name)] = changes
    return {
        subject: {
            "said": said,
            "peak": peaks.get(subject[11:], 0),
            **_together(read, subject[11:]),
            "sizes": {n: p for n, p in sizes.items() if n.rpartition("#")[0] == subject[11:]},
        }
        for subject, said in found.items()
    }


def _together(read: _Reading, deployment: str) -> dict[str, Any]:
    """The least pods ready at once after all first were, and whose first pod came to no other:
    true, false, or None where the last other one went about then."""
    there: dict[str, bool] = {}
    alone: dict[str, bool | None] = {}
    came: dict[str, float] = {}
    of: dict[str, str] = {}
    least = 0
    emptied = float("-inf")
    for row in read.trace.rows:
        if row["kind"] != "Pod" or not row.get("owner"):
            continue
        owner = read.names.of(row["owner"].partition("/")[2])
        if owner.rpartition("#")[0] != deployment:
            continue
        if owner not in alone:
            came[owner] = row["t"]
            alone[owner] = False if there else None if row["t"] - emptied < _REST else True
        if row["ev"] == "DELETED":
            there.pop(row["name"], None)
            if not there:
                emptied = row["t"]
            last = next(reversed(alone))
            if row["t"] - came[last] < _REST and {of[name] for name in there} == {last}:
                alone[last] = None
        else:
            there[row["name"]] = row.get("ready") == "True" and not row.get("deleting")
            of[row["name"]] = owner
        ready = sum(there.values())
        least = ready if len(alone) < 2 else min(least, ready)
    return {"least": least, "alone": alone}


def _condition_rows(row: Row) -> list[list[str]]:
    if "conds" in row:
        return list(row["conds"])
    if row["kind"] == "Node":
        return []
    found = (row.get("status") or {}).get("conditions") or () if "status" in row else ()
    return [[c["type"], c["status"], c.get("reason", ""), c.get("message", "")] for c in found]


def _conditions(read: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (kind, name), rows in read.by_object.items():
        # Who looks at what is going before it is gone is a race.
        last = rows[-1]["t"] - _GOING if rows[-1]["ev"] == "DELETED" else float("inf")
        for row in rows:
            for type_, *said in _condition_rows(row):
                subject = f"{kind}/{read.names.of(name)} {type_}"
                value = [read.names.text(word) for word in said]
                seen = found.setdefault(subject, [])
                if row["t"] > last and _MAYBE not in seen:
                    seen.append(_MAYBE)
                if not seen or seen[-1] != value:
                    seen.append(value)
    return found


_MAYBE = ["what follows was said when it was about to go"]


def _subject(read: _Reading, row: Row) -> str:
    kind, _, name = row["obj"].partition("/")
    return "Node" if kind == "Node" else f"{kind}/{read.names.text(name)}"


def _events(read: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    last: dict[str, tuple[str, str, int]] = {}
    lasting: dict[str, set[str]] = {}
    about: dict[str, tuple[float, str, str]] = {}
    for row in read.events():
        if row["ev"] == "DELETED" or row["reason"] in _UNRECORDED:
            continue
        before = about.get(row["obj"])
        if before is not None and row["t"] - before[0] > _PASSING_S:
            lasting.setdefault(before[1], set()).add(before[2])
        text = f"{row['etype']} {row['reason']}: {read.names.text(row['msg'])}"
        subject = f"{row['src']} on {_subject(read, row)}"
        if row["reason"] == "NoPods" and _came_later(read, row):
            continue
        last[row["name"]] = (subject, text, row["count"] or 1)
        about[row["obj"]] = (row["t"], subject, text)
    for subject, text, count in last.values():
        if subject.endswith(" on Node"):
            continue  # these are kept in another namespace than the recordings watched
        counts = found.setdefault(subject, {})
        counts[text] = counts.get(text, 0) + count
    for _, subject, text in about.values():
        lasting.setdefault(subject, set()).add(text)
    for subject, counts in found.items():
        counts[_LASTING] = sorted(lasting.get(subject, ()))
    return found


def _came_later(read: _Reading, row: Row) -> bool:
    """Whether a budget that was looked at before its pods were there saw them soon after."""
    rows = read.by_object.get(("PodDisruptionBudget", row["obj"].partition("/")[2]), ())
    return any(
        row["t"] <= one["t"] < row["t"] + _APART and (one["status"] or {}).get("expectedPods")
        for one in rows
    )


_LASTING = "said last, or for a while"
_PASSING_S = 0.5


_UNRECORDED = ("RegisteredNode", "Starting", "NodeReady", "NodeHasSufficientMemory",
               "NodeHasNoDiskPressure", "NodeHasSufficientPID")  # fmt: skip
"""What real kubelets and the first sight of a node record: the recordings begin after it."""


_ASIDE = ("t", "ev", "kind", "name", "rv", "hash", "finalizers", "slice")
"""Of a row what is no state, or has a facet of its own."""


def _state(read: _Reading, row: Row) -> Any:
    plain = {k: v for k, v in row.items() if k not in _ASIDE and v not in (None, {})}
    if isinstance(plain.get("status"), dict):
        plain["status"] = {
            k: v for k, v in plain["status"].items() if k not in _VOLATILE and v not in (None, 0)
        }
        conditions = plain["status"].pop("conditions", None) or ()
        said = [
            [c["type"], c["status"], c.get("reason", ""), c.get("message", "")] for c in conditions
        ]
        if said or plain.get("conds"):
            plain["conds"] = plain.get("conds") or said
    if "conds" in plain:
        plain["conds"] = sorted(plain["conds"])
    if "endpoints" in plain:
        plain["endpoints"] = sorted(
            [read.names.of(name or ""), json.dumps(said)] for name, said in plain["endpoints"]
        )
    said = json.loads(read.names.text(json.dumps(plain, sort_keys=True)))
    return said if row["kind"] in FORMS else {_PARTLY: said}


def _states(read: _Reading) -> dict[str, Any]:
    """Per object: what it says at each boundary; None where it is not at rest."""
    found: dict[str, Any] = {}
    places = _boundaries(read)
    for (kind, name), rows in read.by_object.items():
        if kind in ("Pod", "Node"):
            continue
        subject = f"{kind}/{read.names.of(name)}"
        for where, boundary in places:
            before = [row for row in rows if row["t"] < boundary - 0.02]
            near = [row for row in rows if abs(row["t"] - boundary) < _REST]
            value: Any = None
            if near:
                value = "in motion"
            elif before:
                gone = before[-1]["ev"] == "DELETED"
                value = "deleted" if gone else _state(read, before[-1])
            if value is not None:
                found[f"{subject} {where}"] = value
    return found


def _boundaries(read: _Reading) -> list[tuple[str, float]]:
    """Return (where, seconds) of the instants at which both runs may be at rest."""
    return [
        *((f"before step {number}", t) for number, t in read.turns[1:]),
        *((f"at {t:.1f} s", t) for t in read.looks),
        ("at the end", float("inf")),
    ]


_OVER = ("Failed", "Succeeded")


def _lives(read: _Reading) -> dict[str, Any]:
    found: dict[str, Counter[str]] = {}
    for owner, rows in read.pods():
        marks = {
            "scheduled": any(row.get("node") for row in rows),
            "ready": any(row.get("ready") == "True" for row in rows) or _was_brief(rows),
            "deleted": any(row.get("deleting") or row["ev"] == "DELETED" for row in rows),
            "gone": rows[-1]["ev"] == "DELETED",
        }
        words = [word for word, true in marks.items() if true]
        words += sorted({row["phase"] for row in rows if row.get("phase") in _OVER})
        words += sorted({row["DisruptionTarget"][1] for row in rows if row.get("DisruptionTarget")})
        words += sorted({row["unscheduled"] for row in rows if row.get("unscheduled")})
        words += sorted(
            {read.names.text(row["msg"]) for row in rows[-1:] if row.get("unscheduled")}
        )
        found.setdefault(owner, Counter())[", ".join(words) or "waiting"] += 1
    return {owner: dict(sorted(counts.items())) for owner, counts in found.items()}


def _was_brief(rows: list[Row]) -> bool:
    """Whether a pod was told to go before it had the time to be ready."""
    placed = next((row["t"] for row in rows if row.get("node")), None)
    told = next((row["t"] for row in rows if row.get("deleting")), None)
    return placed is not None and told is not None and told - placed < _NO_TIME


def _turn(read: _Reading, t: float) -> int:
    """Return the number of the last step before *t* that began something new.

    A step soon after another is one with it: of what follows nobody knows on which.
    """
    return max((number for number, at in read.turns if at <= t + 0.1), default=0)


def _ends(read: _Reading) -> dict[str, Any]:
    by_owner: dict[str, list[list[Row]]] = {}
    for owner, rows in read.pods():
        by_owner.setdefault(owner, []).append(rows)
    found: dict[str, Any] = {}
    for owner, pods in by_owner.items():
        if owner.startswith("StatefulSet/"):
            order = [
                (row["rv"], _turn(read, row["t"]), f"{row['name']} {_event_of(row)}")
                for rows in pods
                for row in _turns(rows)
            ]
            found[owner] = [(turn, text) for _, turn, text in sorted(order)]
            continue
        gone: Counter[str] = Counter()
        for rows in pods:
            batch = _turn(read, rows[0]["t"])
            told = (row for row in rows if row.get("deleting") or row["ev"] == "DELETED")
            first = next(told, None)
            if first is None:
                gone[f"made after step {batch}, stayed"] += 1
            else:
                was = first.get("ready") == "True" or _was_brief(rows)
                ready = "ready" if was else "not ready"
                # Of one with a name of its own it is told whether it went before another.
                turn = f" after step {_turn(read, first['t'])}" if owner[:4] == "Pod/" else ""
                gone[f"made after step {batch}, went {ready}{turn}"] += 1
        if any("went" in text for text in gone):
            found[owner] = dict(sorted(gone.items()))
    return found


def _chosen(read: _Reading) -> dict[str, Any]:
    """Per scale-down of what is at rest: the pods that went and those that stayed, by their rank.

    A ReplicaSet that nobody owns does not look at what is beside its pods.
    Where two ReplicaSets of one Deployment shrink at once, which is first is a race: left out.
    A rank is what the order of deletion looks at, as far as rows and steps tell: node, phase,
    readiness, what a step had written on the pod, how many of its family are beside it, age.
    """
    notes: dict[str, list[tuple[float, str]]] = {}
    sizes: list[tuple[float, int, str]] = []
    for number, (step, name) in enumerate(zip(read.steps, read.trace.acted, strict=False), 1):
        t, body = float(step.get("t", 0)), step.get("body")
        if step.get("kind") == "Pod" and isinstance(body, dict):
            notes.setdefault(name, []).append((t, json.dumps(body, sort_keys=True)))
        sized = isinstance(body, dict) and "replicas" in (body.get("spec") or {})
        if step.get("op") == "scale" or sized:
            sizes.append((t, number, name))
    there: dict[str, Row] = {}
    owner_of: dict[str, str] = {}
    family_of: dict[str, str] = {}
    made: dict[str, int] = {}
    last: dict[str, float] = {}
    found: dict[str, Any] = {}
    batches: dict[str, tuple[float, list[str], dict[str, str], str]] = {}

    def ranks(family: str, t: float) -> dict[str, str]:
        ours = {n: r for n, r in there.items() if family_of[n] == family}
        beside = Counter(row.get("node") for row in ours.values())
        return {
            name: ", ".join(
                [
                    "on a node" if row.get("node") else "on none",
                    str(row.get("phase")),
                    "ready" if row.get("ready") == "True" else "not ready",
                    *(said for at, said in notes.get(name, ()) if at < t),
                    *([f"{beside[row.get('node')]} beside"] if owner_of[name] != family else ()),
                    f"made after step {made[name]}",
                ]
            )
            for name, row in ours.items()
        }

    for row in read.trace.rows:
        kind = (row.get("owner") or "").partition("/")[0]
        if row["kind"] != "Pod" or kind not in ("ReplicaSet", "ReplicationController"):
            continue
        name, t = row["name"], row["t"]
        owner = read.names.of(row["owner"].partition("/")[2])
        owner_of[name] = owner
        family = family_of[name] = owner.rpartition("#")[0] or owner
        if not (row.get("deleting") or row["ev"] == "DELETED"):
            made.setdefault(name, _turn(read, t))
            there[name] = row
        elif there.get(name):
            batch = batches.get(family)
            if batch is None or t - batch[0] > _APART:
                asked = [
                    number
                    for at, number, who in sizes
                    if who in (family, owner) and at - 0.1 <= t <= at + _APART
                ]
                rested = t - last.get(family, 0.0) > _REST
                subject = f"{family} at step {asked[-1]}" if asked and rested else ""
                batch = batches[family] = (t, [], ranks(family, t), subject)
            del there[name]
            went, before = batch[1], batch[2]
            went.append(name)
            if len({owner_of[one] for one in went}) > 1:
                found.pop(batch[3], None)
            elif batch[3] and all(one in before for one in went):
                found[batch[3]] = {
                    "went": sorted(before[one] for one in went),
                    "stayed": sorted(before[one] for one in before.keys() - {*went}),
                }
        last[family] = t
    return found


def _turns(rows: list[Row]) -> list[Row]:
    """Return the rows at which a pod came, became ready, was told to go, went."""
    found, last = [], ""
    for row in rows:
        now = _event_of(row)
        if now != last:
            found.append(row)
            last = now
    return found


def _event_of(row: Row) -> str:
    if row["ev"] == "DELETED":
        return "gone"
    if row.get("deleting"):
        return "told to go"
    if row.get("ready") == "True":
        return "ready"
    return "made"


def _placement(read: _Reading) -> dict[str, Any]:
    """Read the shares of pods made before the step that first ended any: later ones fill gaps."""
    over = min(
        (_turn(read, row["t"]) for _, rows in read.pods() for row in rows if _is_over(row)),
        default=len(read.steps) + 1,
    )
    first: dict[str, list[str]] = {}
    later: dict[str, list[str]] = {}
    waiting: Counter[str] = Counter()
    owners: dict[str, None] = {}
    for owner, rows in read.pods():
        owners[owner] = None
        node = next((row["node"] for row in reversed(rows) if row.get("node")), None)
        if node is not None:
            early = _turn(read, rows[0]["t"]) < over
            (first if early else later).setdefault(owner, []).append(read.back.get(node, node))
        elif rows[-1]["ev"] != "DELETED":
            waiting[owner] += 1
    found: dict[str, Any] = {}
    for owner in owners:
        placed, all_placed = first.get(owner, []), first.get(owner, []) + later.get(owner, [])
        found[owner] = {
            "nodes": dict(sorted(Counter(all_placed).items())),
            "kinds": sorted({read_class(read.nodes, node) for node in all_placed}),
            "zones": sorted(Counter(read_zone(read.nodes, node) for node in placed).values()),
            "spread": sorted(Counter(placed).values()),
            "waiting": waiting[owner],
        }
    return found


def _is_over(row: Row) -> bool:
    ended = row.get("phase") in ("Succeeded", "Failed")
    return bool(row["ev"] == "DELETED" or row.get("deleting") or ended)


def read_zone(nodes: dict[str, Obj], name: str) -> str:
    labels = nodes.get(name, {"metadata": {}})["metadata"].get("labels") or {}
    return str(labels.get("topology.kubernetes.io/zone", ""))


def read_class(nodes: dict[str, Obj], name: str) -> str:
    node = nodes.get(name)
    if node is None:
        return name
    labels = {
        k: v
        for k, v in (node["metadata"].get("labels") or {}).items()
        if k.partition("/")[0] not in ("kubernetes.io", "topology.kubernetes.io")
    }
    taints = [t["key"] for t in (node.get("spec") or {}).get("taints") or ()]
    return ",".join([*(f"{k}={v}" for k, v in sorted(labels.items())), *taints])


def _nodes(read: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (kind, name), rows in read.by_object.items():
        if kind != "Node":
            continue
        states: list[Any] = []
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            if after is not None and after["t"] - row["t"] < _PASSING_S and _half(row, after):
                continue
            state = [sorted(map(list, row["taints"])), bool(row.get("unschedulable")),
                     [one[:2] for one in row["ready"]]]  # fmt: skip
            if not states or states[-1] != state:
                states.append(state)
        if len(states) > 1:
            found[f"Node/{read.back.get(name, name)}"] = states
    return found


def _half(row: Row, after: Row) -> bool:
    """Whether of a pair of taints that two loops give the one that evicts came first: a race."""
    key = row["taints"][0][0] if len(row["taints"]) == 1 else ""
    pair = [[key, "NoExecute"], [key, "NoSchedule"]]
    return row["taints"] == pair[:1] and sorted(after["taints"]) == pair


def _endpoints(read: _Reading) -> dict[str, Any]:
    """Per slice: through which conditions its endpoints went, as far as these lasted."""
    found: dict[str, Any] = {}
    for (kind, name), rows in read.by_object.items():
        if kind != "EndpointSlice":
            continue
        paths: dict[str, list[tuple[float, str]]] = {}
        for row in rows:
            there = {} if row["ev"] == "DELETED" else dict(row["endpoints"])
            for pod in {**paths, **there}:
                said = there.get(pod)
                words = ",".join(k for k, v in said.items() if v) if said else "gone"
                path = paths.setdefault(pod, [])
                if not path or path[-1][1] != words:
                    path.append((row["t"], words))
        if not paths and "slice" in rows[0]:
            continue  # which ones they are was not kept
        service = found.setdefault(read.names.of(name).rpartition("#")[0], {})
        for pod, path in paths.items():
            ends = [*(t for t, _ in path[1:]), float("inf")]
            owner = service.setdefault(read.names.text(pod), {"ever": set(), "lasting": set()})
            for (t, words), end in zip(path, ends, strict=True):
                owner["ever"].add(words)
                owner["lasting"] |= {words} if end - t >= _SEEN else set()
    return found


def _slices(read: _Reading) -> dict[str, Any]:
    """Per Service at rest: its slices, each with size, ports, and for whom its endpoints are."""
    found: dict[str, Any] = {}
    for where, boundary in _boundaries(read):
        there: dict[str, list[Any]] = {}
        moving: set[str] = set()
        for (kind, name), rows in read.by_object.items():
            before = [row for row in rows if row["t"] < boundary - 0.02]
            if kind != "EndpointSlice" or not before or "slice" not in rows[0]:
                continue
            service = read.names.of(name).rpartition("#")[0]
            if any(abs(row["t"] - boundary) < _REST for row in rows):
                moving.add(service)
            slices = there.setdefault(service, [])
            slices += [] if before[-1]["ev"] == "DELETED" else [before[-1]["slice"]]
        for service, slices in there.items():
            known = "in motion" if service in moving else sorted(slices, key=repr)
            found[f"Service/{service} {where}"] = known
    return found


_SEEN = 0.75
"""Seconds that an endpoint's condition lasts for both runs to show it."""


def _signature(read: _Reading, row: Row) -> str | None:
    match row["kind"]:
        case "Pod" if row["ev"] in ("ADDED", "DELETED"):
            return f"{read.names.owner(row)}: a pod {row['ev'].lower()}"
        case "Event" if row["ev"] == "ADDED":
            return f"{_subject(read, row)}: {row['reason']}"
        case "Node" if row["ev"] == "MODIFIED":
            name = read.back.get(row["name"], row["name"])
            return f"Node/{name}: {row['taints']} {[one[:2] for one in row['ready']]}"
        case "Job" if row["ev"] in ("ADDED", "DELETED"):
            return f"Job/{row['name']}: {row['ev'].lower()}"
    return None


def _timers(read: _Reading) -> dict[str, Any]:
    """Signature and number -> [seconds, after a silence?, hangs on a node's silence?]."""
    marks = sorted(
        [(float(step.get("t", 0)), None) for step in read.steps]
        + [(row["t"], row) for row in read.trace.rows],  # type: ignore[list-item]
        key=lambda mark: mark[0],
    )
    counts: Counter[str] = Counter()
    found: dict[str, Any] = {}
    last, silent = 0.0, False
    for t, row in marks:
        if row is not None:
            signature = _signature(read, row)
            if signature is not None:
                silent = silent or "Unknown" in signature
                counts[signature] += 1
                found[f"{signature} ({counts[signature]})"] = [t, t - last >= _QUIET, silent]
        if t - last > 0.25 or row is None:
            last = t
    return found


FACETS: dict[str, Callable[[_Reading], dict[str, Any]]] = {
    "answers": _answers,
    "scaling": _scaling,
    "conditions": _conditions,
    "events": _events,
    "states": _states,
    "lives": _lives,
    "ends": _ends,
    "chosen": _chosen,
    "placement": _placement,
    "nodes": _nodes,
    "endpoints": _endpoints,
    "slices": _slices,
    "timers": _timers,
}


# -- what is equal ----------------------------------------------------------------------------


def differences(recorded: Facets, ours: Facets) -> list[Difference]:
    """Return what differs and no race explains, in the order of the facets."""
    found: list[Difference] = []
    for facet in FACETS:
        theirs, mine = recorded[facet], ours[facet]
        equal = _EQUAL.get(facet, _plainly)
        for subject in [*theirs, *(one for one in mine if one not in theirs)]:
            if facet in _ONLY_RECORDED and subject not in theirs:
                continue
            if facet == "states" and subject.startswith("EndpointSlice/") and recorded["slices"]:
                continue  # compared as slices of their Service
            a, b = theirs.get(subject), mine.get(subject)
            many = facet == "events" and ".*" in subject
            if a != b and not (_same_events_of_many if many else equal)(a, b):
                found.append(Difference(facet, subject, a, b))
    return found


_ONLY_RECORDED = ("answers", "states", "chosen", "nodes", "endpoints", "slices", "timers")


def _plainly(recorded: Any, ours: Any) -> bool:
    return bool(recorded == ours)


def _same_answer(recorded: Any, ours: Any) -> bool:
    if not ours:
        return False
    return all(ours.get(k) == v for k, v in recorded.items())


_COMBINED = "(combined from similar events): "
_SCALED = re.compile(r"Scaled (up|down) replica set (\S+) from (\d+) to (\d+)$")


def _same_scaling(recorded: Any, ours: Any) -> bool:
    """In a rolling update the steps hang on which pod is ready first.

    What may not differ: the ReplicaSets in the order of their first step and that step, the turns
    (sizes between which each went one way), the size at the end, and the most there were in all.
    """
    if not recorded or not ours:
        return False
    firsts = [_first_steps(one["said"]) for one in (recorded, ours)]
    turns = [
        [(name, _turns_of([0, *path])) for name, path in one["sizes"].items()]
        for one in (recorded, ours)
    ]
    if max(len(recorded["said"]), len(ours["said"])) >= _BURST:
        firsts = [one[: min(map(len, firsts))] for one in firsts]
    alone = ours["alone"]
    alike = recorded["peak"] == ours["peak"] and all(
        alone.get(name) in (was, None) or (was is None and alone[name])
        for name, was in recorded["alone"].items()
    )
    # What the first step down leaves is allowed; a busy recording may have stayed above it.
    down = [int(m[4]) for m in map(_SCALED.search, recorded["said"]) if m and m[1] == "down"]
    alike = alike and ours["least"] >= min([recorded["least"], *down[:1]])
    return alike and firsts[0] == firsts[1] and turns[0] == turns[1]


_BURST = 25


def _first_steps(messages: list[str]) -> Any:
    found: dict[str, str] = {}
    for message in messages:
        match = _SCALED.search(message)
        found.setdefault(message if match is None else match[2], message)
    return list(found.values())


def _turns_of(path: list[int]) -> list[int]:
    found = [path[0]]
    for before, here, after in zip(path, path[1:], path[2:], strict=False):
        if (here - before) * (after - here) < 0:
            found.append(here)
    return [*found, path[-1]]


_PASSING = {
    ("True", "ReplicaSetUpdated"),
    ("False", "MinimumReplicasUnavailable"),
    ("True", "MinimumReplicasAvailable"),
    ("False", "InsufficientPods"),
}
"""States of a Deployment, and of a budget, that last no longer than a pod needs: a sync may see
them or not."""


def _same_conditions(recorded: Any, ours: Any) -> bool:
    theirs, mine = _before_going(recorded or []), _before_going(ours or [])
    if theirs == mine and (recorded and ours):
        return True
    if theirs == _as_lost(mine, theirs):
        return True
    # What one run said when the object was about to go the other may have said sooner, or never.
    said, told = _all_of(recorded or []), _all_of(ours or [])
    return told[: len(theirs)] == theirs and said[: len(mine)] == mine


def _before_going(rows: list[list[str]]) -> list[list[str]]:
    return _lasting(rows[: rows.index(_MAYBE)] if _MAYBE in rows else rows)


def _all_of(rows: list[list[str]]) -> list[list[str]]:
    return _lasting([row for row in rows if row != _MAYBE])


def _as_lost(rows: list[list[str]], recorded: list[list[str]]) -> list[list[str]]:
    """Return the states of a rollout as they are where a word was lost to a conflict.

    A Deployment's controller says that it made a ReplicaSet in a write of its own. Where it had
    read an old Deployment that write is refused, and with Recreate, when no pod was left, the
    rollout counts as complete: then nothing is said of it at all.
    """
    told = {_NEW.findall(row[2])[0] for row in recorded if _NEW.search(row[2])}
    created = {row[2] for row in recorded if row[1] == "NewReplicaSetCreated"}
    kept = [row for row in rows if row[1] != "NewReplicaSetCreated" or row[2] in created]
    kept = [row for row in kept if not _NEW.search(row[2]) or _NEW.findall(row[2])[0] in told]
    return _lasting(kept)


_NEW = re.compile(r"eplica ?[sS]et \"([^\"]+)\"")


def _lasting(rows: list[list[str]]) -> list[list[str]]:
    kept: list[list[str]] = []
    for index, row in enumerate(rows):
        passing = (row[0], row[1]) in _PASSING and index < len(rows) - 1
        if not passing and (not kept or kept[-1] != row):
            kept.append(row)
    return kept


_RETRIED = ("FailedScheduling", "FailedCreate", "FailedUpdate", "FailedPreemption", "NoPods",
            "UnmanagedPods", "FailedGetScale", "AmbiguousSelector", "FailedGetResourceMetric",
            "FailedGetContainerResourceMetric", "FailedGetPodsMetric", "FailedGetObjectMetric",
            "FailedGetExternalMetric", "FailedComputeMetricsReplicas",
            "TopologyAwareHintsDisabled", "TopologyAwareHintsEnabled",
            "CalculateExpectedPodCountFailed")  # fmt: skip
"""How often these are said hangs on how often a queue tries again or a loop looks; one that is
followed at once by another word on the same object may be missed."""


_SKIPPED = "FailedScheduling: skip schedule deleting pod"
"""Said where the scheduler comes between the two writes of a deletion."""


def _same_events(recorded: Any, ours: Any) -> bool:
    """Of one object 25 Events are recorded at once: which ones is a race where there are more."""
    a, b = recorded or {}, ours or {}
    counts = [sum(n for text, n in one.items() if text != _LASTING) for one in (a, b)]
    return min(counts) >= _BURST or _same_events_of_many(a, b)


def _same_events_of_many(recorded: Any, ours: Any) -> bool:
    a, b = recorded or {}, ours or {}
    lasting = {*a.get(_LASTING, ()), *b.get(_LASTING, ())}
    for text in {**a, **b}:
        if text == _LASTING or "ScalingReplicaSet: " in text or _SKIPPED in text:
            continue
        if any(f" {reason}: " in text for reason in _RETRIED):
            if (text in a) != (text in b) and text in lasting:
                return False
        elif a.get(text) != b.get(text):
            return False
    return True


def _same_state(recorded: Any, ours: Any) -> bool:
    """Of a kind whose form in recordings is not known what both say is compared."""
    if "in motion" in (recorded, ours) or _any_set(recorded) == _any_set(ours):
        return True
    if not (isinstance(recorded, dict) and isinstance(ours, dict) and _PARTLY in recorded):
        return False
    theirs, mine = recorded[_PARTLY], ours.get(_PARTLY, {})
    return all(mine[key] == said for key, said in theirs.items() if key in mine)


def _any_set(state: Any) -> Any:
    """Leave out of which ReplicaSet a complete rollout tells: see `_as_lost`."""
    if not isinstance(state, dict) or "conds" not in state:
        return state
    rows = [
        row if row[2] != "NewReplicaSetAvailable" else [*row[:3], _NEW.sub("", row[3])]
        for row in state["conds"]
    ]
    return {**state, "conds": rows}


_PARTLY = "of what is recorded"


def _same_place(recorded: Any, ours: Any) -> bool:
    """Among nodes that are equal to it the scheduler draws: the shares are compared."""
    if not recorded or not ours:
        return False
    alike = all(recorded[part] == ours[part] for part in ("zones", "spread", "waiting"))
    return alike and recorded["kinds"] == ours["kinds"]


def _same_time(recorded: Any, ours: Any) -> bool:
    if recorded is None or not recorded[1]:
        return True
    if ours is None:
        return False
    late = _SILENCE if recorded[2] else _LAG
    return abs(recorded[0] - ours[0]) <= late + recorded[0] * 0.01


def _same_ends(recorded: Any, ours: Any) -> bool:
    """Pods that a StatefulSet makes or ends together do so in any order."""
    if not isinstance(recorded, list) or not isinstance(ours, list):
        return False
    theirs, mine = _by_turn(recorded), _by_turn(ours)
    if theirs.keys() != mine.keys():
        return False
    for turn, order in theirs.items():
        words = [text.partition(" ")[2] for text in order]
        together = any(a == b != "ready" for a, b in pairwise(words))
        if order != mine[turn] and not (together and _by_pod(order) == _by_pod(mine[turn])):
            return False
    return True


def _same_endpoints(recorded: Any, ours: Any) -> bool:
    """What lasts in one run is ever so in the other."""
    if not recorded:
        return not ours
    if not ours or recorded.keys() != ours.keys():
        return False
    pairs = [(recorded[one], ours[one]) for one in recorded]
    return all(a["lasting"] <= b["ever"] and b["lasting"] <= a["ever"] for a, b in pairs)


def _same_slices(recorded: Any, ours: Any) -> bool:
    """Of more endpoints than a slice holds it hangs on what came together which slice has how many.

    How many slices there are, and how many endpoints in all of which sort, does not.
    """
    if "in motion" in (recorded, ours):
        return True
    if not recorded or not ours or max(one["size"] for one in ours) > _MOST:
        return False
    totals = [_total(slices) for slices in (recorded, ours)]
    return totals[0]["size"] > _MOST and totals[0] == totals[1]


_MOST = 100


def _total(slices: list[Any]) -> dict[str, Any]:
    whom: Counter[str] = Counter()
    for one in slices:
        whom.update(one["for"])
    rest = [{k: one[k] for k in ("type", "ports", "labels")} for one in slices]
    return {"size": sum(one["size"] for one in slices), "for": whom, "slices": rest}


def _by_turn(order: list[tuple[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for turn, text in order:
        found.setdefault(turn, []).append(text)
    return found


def _by_pod(order: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in order:
        pod, _, word = text.partition(" ")
        found.setdefault(pod, []).append(word)
    return found


_EQUAL: dict[str, Callable[[Any, Any], bool]] = {
    "answers": _same_answer,
    "scaling": _same_scaling,
    "conditions": _same_conditions,
    "events": _same_events,
    "states": _same_state,
    "ends": _same_ends,
    "placement": _same_place,
    "endpoints": _same_endpoints,
    "slices": _same_slices,
    "timers": _same_time,
}


def _apart(recorded: Any, ours: Any) -> str:
    """Say where two values part."""
    if isinstance(recorded, list) and isinstance(ours, list):
        for index in range(max(len(recorded), len(ours))):
            a = recorded[index] if index < len(recorded) else "nothing"
            b = ours[index] if index < len(ours) else "nothing"
            if a != b:
                return f"no. {index + 1} is recorded as {_short(a)}, ours is {_short(b)}"
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for key in {**recorded, **ours}:
            if recorded.get(key) != ours.get(key):
                return f"{key}: recorded {_short(recorded.get(key))}, ours {_short(ours.get(key))}"
    return f"recorded {_short(recorded)}, ours {_short(ours)}"


def _short(value: Any) -> str:
    text = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=sorted)
    )
    return text if len(text) <= 300 else f"{text[:300]}…"
