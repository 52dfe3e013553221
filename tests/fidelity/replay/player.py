"""Plays a scenario: its manifests and steps on a simulated cluster, at the recorded instants.

Names that the recording's control plane drew (ReplicaSets, pods) and nodes that it chose are
found here by rank: the n-th of the same owner, a node of the same labels with as many pods.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from ecp.kube import kinds
from ecp.kube.errors import KubeError
from ecp.sim.requests import Request
from ecp.sim.store import Change, Obj

from .guide import Guide
from .hollow import ORDINARY, SECOND, HollowCluster, Pace
from .rows import KINDS, Row, row

_ALWAYS = {"Deployment", "Event", "Job", "Node", "Pod", "ReplicaSet"}
"""Kinds that are compared also where a recording has none, unless it says what was `watched`; of
others it is not known whether they were."""
_DEFAULT_START = 1_767_571_200 * SECOND
_OWN_DOING = 0.3
"""Seconds by which a step may be noted later than what it does."""
_TAIL = 1.0
"""Seconds that are played beyond the last recorded row."""


class CannotPlay(Exception):
    """The scenario asks for something that is not served; says for what."""


@dataclass
class Trace:
    """What happened in one run, recorded or played: rows in order, and the answer to each step."""

    rows: list[Row]
    answers: list[dict[str, Any] | None]
    nodes: list[Obj] = field(default_factory=list)
    node_of: dict[str, str] = field(default_factory=dict)  # recorded node -> the one played
    acted: list[str] = field(default_factory=list)  # per step the name it acted on in this run


def pick_nodes(given: Any, scenario: dict[str, Any]) -> list[Obj]:
    """Return the Nodes of *scenario* from a nodes.json: a list, a List, or lists by name."""
    if "nodes" in scenario and isinstance(scenario["nodes"], list):
        return [n for n in scenario["nodes"] if isinstance(n, dict)]
    groups = [given] if isinstance(given, list) else list(given.values())
    groups = [g["items"] if isinstance(g, dict) and "items" in g else g for g in groups]
    groups = [g for g in groups if isinstance(g, list) and g and isinstance(g[0], dict)]
    said = str(scenario.get("nodes", ""))
    if isinstance(given, dict) and isinstance(given.get(said), list):
        return list(given[said])
    text = repr([scenario.get(part) for part in ("events", "steps", "manifests", "summary")])
    words = set(re.findall(r"[\w.-]+", text))
    counted = set(re.findall(r"0/(\d+) nodes", text))

    def fits(group: list[Obj]) -> tuple[int, bool, int]:
        labels = [f"{k}: {v}" for n in group for k, v in n["metadata"].get("labels", {}).items()]
        return (
            sum(node["metadata"]["name"] in words for node in group),
            str(len(group)) in counted,
            sum(label in text for label in sorted(set(labels))),
        )

    return list(max(groups, key=fits))


def start_of(scenario: dict[str, Any]) -> int:
    """Return the wall instant (ns) at which the recording began; Events are named by theirs."""
    wall = scenario.get("wall0") or (scenario.get("summary") or {}).get("wall0")
    if wall:
        return int(float(wall) * 1000) * 1_000_000
    for one in scenario.get("events") or ():
        stamp = one["name"].rpartition(".")[2] if one.get("kind") == "Event" else ""
        if len(stamp) == 16 and one["ev"] == "ADDED":
            return (int(stamp, 16) - int(one["t"] * 1e9)) // 1_000_000 * 1_000_000
    return _DEFAULT_START


def recorded(scenario: dict[str, Any]) -> Trace:
    """Return the trace that *scenario* holds."""
    rows = [one for one in scenario.get("events") or () if one.get("kind")]
    steps = scenario["steps"]
    acted = [str(step.get("name") or "") for step in steps]
    return Trace(rows, [_answer(step) for step in steps], acted=acted)


def _answer(step: dict[str, Any]) -> dict[str, Any] | None:
    answer = step.get("answer") or step.get("response")
    if answer is None and "code" in step:
        answer = {"code": step["code"], "message": step.get("message")}
    return answer


def documents(texts: Iterable[Any]) -> list[Obj]:
    """Return the objects of manifests, texts of one or more documents each."""
    found: list[Obj] = []
    for text in texts:
        for one in yaml.safe_load_all(text) if isinstance(text, str) else (text,):
            if one:
                found += one["items"] if one.get("kind") == "List" else [one]
    return found


class Player:
    """One replay of *scenario*."""

    def __init__(
        self,
        scenario: dict[str, Any],
        nodes: list[Obj],
        seed: int,
        pace: Pace = ORDINARY,
        *,
        guided: bool = False,
    ) -> None:
        self.scenario = scenario
        self.namespace = scenario.get("namespace") or "fidelity"
        self.nodes = nodes
        self.start = start_of(scenario)
        rows = [one for one in scenario.get("events") or () if one.get("kind")]
        guide = Guide(rows) if guided else None
        self.cluster = HollowCluster(
            nodes,
            seed,
            self.start,
            pace=pace,
            guide=guide,
            resumes=bool(scenario.get("resumes")),
            metrics=bool(scenario.get("metrics")),
        )
        self.before = self.recorded_pods()
        self.names: dict[str, str] = {}
        self.node_of: dict[str, str] = {}
        self.manifests = documents(scenario.get("manifests") or ())
        self.answers: list[dict[str, Any] | None] = []
        self.acted: list[str] = []

    def play(self) -> Trace:
        """Carry out all steps and return what happened. Raises CannotPlay."""
        cluster, steps = self.cluster, self.scenario["steps"]
        if cluster.store.get(kinds.NAMESPACES, "", self.namespace) is None:
            body = {"metadata": {"name": self.namespace}}
            cluster.submit(Request("create", kinds.NAMESPACES, body=body))
        # The recordings began with nodes and a namespace that were at rest.
        cluster.run_until(self.start - SECOND)
        self._as_listed()
        cluster.run_until(self.start)
        began = cluster.store.version
        listed = [
            {**row(_listing(node, self.start), "Node", self.start), "ev": "LISTED"}
            for node in cluster.store.list(kinds.NODES)
        ]
        created = {(s.get("kind"), s.get("name")) for s in steps if _verb(s) in _MAKING}
        first = [m for m in self.manifests if (m["kind"], m["metadata"].get("name")) not in created]
        if not any(_verb(s) in _MAKING and "kind" not in s for s in steps):
            for manifest in first:
                self.submit("create", manifest["kind"], None, body=manifest)
        for step in steps:
            if not _at_once(step):
                self.until(step.get("t", 0))
            self.answers.append(self.step(step))
            name = str(step.get("name") or "")
            self.acted.append(self.names.get(name, name))
        events = self.scenario.get("events") or [{"t": 0}]
        last = max(events[-1]["t"], *(s.get("t", 0) for s in steps), 0)
        self.until(last + _TAIL)
        watched = {row["kind"] for row in self.scenario.get("events") or ()}
        watched |= set(self.scenario.get("watched") or _ALWAYS)
        rows = [*listed] + [
            row(change, kind, self.start)
            for change in cluster.store.since(began)
            if (kind := cluster.catalogue.by_resource[change.resource].kind) in watched
            if change.key[0] == self.namespace
            or (kind == "Namespace" and change.key[1] == self.namespace)
            or (change.key[0] == "" and kind != "Namespace")
            or (kind == "Event" and _about_node(change.object))
        ]
        return Trace(rows, self.answers, self.nodes, self.node_of, self.acted)

    def _as_listed(self) -> None:
        """Give nodes the taints that they had when the recording began."""
        for one in self.scenario.get("events") or ():
            if one.get("kind") != "Node" or one["ev"] != "LISTED":
                continue
            node = self.cluster.store.get(kinds.NODES, "", one["name"])
            if node is None:
                continue
            there = [[t["key"], t["effect"]] for t in node["spec"].get("taints") or ()]
            own = [t for t in one["taints"] if not t[0].startswith("node.kubernetes.io/")]
            spec: Obj = {}
            if own != [t for t in there if not t[0].startswith("node.kubernetes.io/")]:
                spec["taints"] = [{"key": key, "effect": effect} for key, effect in own]
            if bool(one["unschedulable"]) != bool(node["spec"].get("unschedulable")):
                spec["unschedulable"] = one["unschedulable"]
            if spec:
                self.submit("patch", "Node", one["name"], body={"spec": spec}, patch="merge")

    def until(self, t: float) -> None:
        self.cluster.run_until(max(self.cluster.now, self.start + int(t * SECOND)))

    # -- steps --------------------------------------------------------------------------------

    def step(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """Carry out one step; return the answer as the recordings keep it. Raises CannotPlay."""
        step = _plain_step(step)
        verb = _verb(step)
        for kind in (step.get("kind"), *(m.get("kind") for m in self._bodies(step))):
            if kind and not self.cluster.catalogue.by_gvk.keys() & self._gvks(kind):
                raise CannotPlay(f"kind {kind} is not served")
        act = _STEPS.get(verb)
        if act is None:
            raise CannotPlay(f"step {step.get('op')!r} is not known")
        try:
            return act(self, step)
        except KubeError as error:
            status = error.status()
            return {
                "code": error.code,
                "reason": status.get("reason"),
                "message": status.get("message"),
                "details": status.get("details"),
            }

    def _gvks(self, kind: str) -> set[tuple[str, str]]:
        return {gvk for gvk in self.cluster.catalogue.by_gvk if gvk[1] == kind}

    def _bodies(self, step: dict[str, Any]) -> list[Obj]:
        given = step.get("manifest") or step.get("object")
        return documents([given]) if given else []

    def submit(
        self, verb: Any, kind: str, name: str | None, namespace: str | None = None, **more: Any
    ) -> dict[str, Any]:
        body = more.get("body")
        version = body.get("apiVersion", "") if isinstance(body, dict) else ""
        row = self.cluster.catalogue.by_gvk.get((version, kind)) or KINDS.get(kind)
        if row is None:
            row = next(k for k in self.cluster.catalogue.kinds if k.kind == kind)
        where = (namespace or self.namespace) if row.namespaced else ""
        answer = self.cluster.submit(
            Request(
                verb, row.resource, where, name or "", manager="recorder",
                api_version=version if verb == "create" else "", **more,
            )
        )  # fmt: skip
        code = answer.code or (201 if answer.created else 200)
        return {"code": code, "reason": None, "message": None, "details": None}

    def make(self, step: dict[str, Any]) -> dict[str, Any]:
        bodies = self._bodies(step)
        if not bodies and isinstance(step.get("body"), dict):
            bodies = [step["body"]]
        if not bodies:
            # A manifest that is named twice is used up by its first step.
            for index, one in enumerate(self.manifests):
                if one["kind"] == step.get("kind") and one["metadata"].get("name") == step["name"]:
                    bodies = [one]
                    if _count(self.manifests, one) > 1:
                        del self.manifests[index]
                    break
        if not bodies and step.get("kind") == "Node":
            bodies = [n for n in self.nodes if n["metadata"]["name"] == step.get("name")]
        if not bodies:
            raise CannotPlay(f"no manifest of {step.get('kind')} {step.get('name')}")
        answer: dict[str, Any] = {}
        for body in bodies:
            name = body["metadata"].get("name")
            where = body["metadata"].get("namespace")
            if _verb(step) == "apply":
                there = None
                kind = KINDS[body["kind"]]
                space = (where or self.namespace) if kind.namespaced else ""
                there = self.cluster.store.get(kind.resource, space, name)
                if there is not None:
                    merged = without_nulls(body)
                    answer = self.submit("patch", kind.kind, name, where, body=merged,
                                         patch="strategic")  # fmt: skip
                    continue
            if _verb(step) == "update":
                answer = self.submit("update", body["kind"], name, where, body=body)
                continue
            answer = self.submit("create", body["kind"], None, where, body=without_nulls(body))
        return answer

    def patch(self, step: dict[str, Any]) -> dict[str, Any]:
        kind = step.get("kind") or "Deployment"
        name = self.named(kind, step["name"])
        patch = _PATCHES.get(str(step.get("type") or step.get("patch_type") or "strategic"))
        if patch is None:
            raise CannotPlay(f"patch of type {step.get('type')!r} is not known")
        body = step.get("body", step.get("patch"))
        more = {"subresource": step["subresource"]} if step.get("subresource") else {}
        return self.submit("patch", kind, name, body=body, patch=patch, **more)

    def scale(self, step: dict[str, Any]) -> dict[str, Any]:
        size = next((step[k] for k in ("replicas", "to", "size") if k in step), None)
        body = step.get("body") or {"spec": {"replicas": size}}
        return self.patch({**step, "body": body, "type": "merge"})

    def delete(self, step: dict[str, Any]) -> dict[str, Any]:
        kind = step.get("kind") or "Pod"
        name = step.get("name") or step.get("pod")
        selector = step.get("selector") or step.get("labelSelector") or ""
        more: dict[str, Any] = {}
        grace = step.get("grace", step.get("gracePeriodSeconds"))
        if grace is not None:
            more["grace"] = int(grace)
        said = step.get("propagation") or step.get("propagationPolicy")
        if said:
            more["propagation"] = str(said).title()
        if not name:
            return self.submit("deletecollection", kind, None, label_selector=selector, **more)
        return self.submit("delete", kind, self.named(kind, name), **more)

    def note(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """Annotate or label an object: a Node, or one of another kind."""
        verb, kind = _verb(step), step.get("kind")
        name = step.get("name") or step.get("pod") or step.get("node") or ""
        by_name = {node["metadata"]["name"] for node in self.nodes}
        if kind in (None, "Node") and (name in by_name or "names" in step):
            return self.on_node({**step, "op": f"{verb}-node"})
        kind = kind or ("Pod" if name in self.before else "Deployment")
        field = "labels" if verb.endswith("label") else "annotations"
        given = step.get(field) or step.get(field[:-1]) or step.get("values") or {}
        if isinstance(given, str):
            given = dict([given.partition("=")[::2]])
        if verb.startswith("un"):
            given = dict.fromkeys(given)
        return self.patch({**step, "kind": kind, "name": name, "type": "merge",
                           "body": {"metadata": {field: given}}})  # fmt: skip

    def evict(self, step: dict[str, Any]) -> dict[str, Any]:
        name = self.named("Pod", step.get("pod") or step["name"])
        return self._evict(name, step)

    def _evict(self, name: str, step: dict[str, Any]) -> dict[str, Any]:
        body: Obj = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": self.namespace},
        }
        if step.get("deleteOptions"):
            body["deleteOptions"] = step["deleteOptions"]
        answer = self.cluster.submit(
            Request(
                "evict", kinds.PODS, self.namespace, name, subresource="eviction", body=body,
                manager="recorder",
            )
        )  # fmt: skip
        return {
            "code": answer.code or (201 if answer.created else 200),
            "reason": None, "message": None, "details": None,
        }  # fmt: skip

    def drain(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """Cordon the node and evict its pods once, those of DaemonSets excepted."""
        node = self.node(step.get("name") or step["node"])
        self.submit("patch", "Node", node, body={"spec": {"unschedulable": True}}, patch="merge")
        codes = []
        for pod in self.cluster.store.on_node(node):
            owners = pod["metadata"].get("ownerReferences") or ()
            if pod["metadata"]["namespace"] != self.namespace:
                continue
            if any(owner["kind"] == "DaemonSet" for owner in owners):
                continue
            try:
                codes.append(self._evict(pod["metadata"]["name"], step)["code"])
            except KubeError as error:
                codes.append(error.code)
        return {"codes": codes}

    def undo(self, step: dict[str, Any]) -> dict[str, Any]:
        """Take the template of an earlier revision, the one before the last unless said."""
        kind = step.get("kind") or "Deployment"
        found = self.cluster.store.get(KINDS[kind].resource, self.namespace, step["name"])
        if found is None or kind != "Deployment":
            raise CannotPlay(f"undo of {kind} {step['name']}")
        owned = self.cluster.store.owned(found["metadata"]["uid"], kinds.REPLICASETS)
        by_revision = sorted(owned, key=_revision)
        wanted = int(step.get("to_revision") or step.get("toRevision") or step.get("revision") or 0)
        chosen = [rs for rs in by_revision if _revision(rs) == wanted] if wanted else by_revision
        if len(by_revision) < 2 or not chosen:
            raise CannotPlay("undo: there is no earlier revision")
        template = (chosen[0] if wanted else by_revision[-2])["spec"]["template"]
        labels = {
            k: v for k, v in template["metadata"]["labels"].items() if k != "pod-template-hash"
        }
        plain = {**template, "metadata": {**template["metadata"], "labels": labels}}
        body = [{"op": "replace", "path": "/spec/template", "value": plain}]
        return self.submit("patch", kind, step["name"], body=body, patch="json")

    def restart(self, step: dict[str, Any]) -> dict[str, Any]:
        stamp = step.get("stamp") or f"restarted-{step.get('t')}"
        said = {"kubectl.kubernetes.io/restartedAt": stamp}
        body = {"spec": {"template": {"metadata": {"annotations": said}}}}
        return self.patch({**step, "body": body})

    def pause(self, step: dict[str, Any]) -> dict[str, Any]:
        body = {"spec": {"paused": _verb(step) in ("pause", "rollout-pause")}}
        return self.patch({"kind": "Deployment", **step, "body": body})

    def image(self, step: dict[str, Any]) -> dict[str, Any]:
        container = {"name": step.get("container", "c"), "image": step["image"]}
        body = {"spec": {"template": {"spec": {"containers": [container]}}}}
        return self.patch({"kind": "Deployment", **step, "body": body})

    def wait(self, step: dict[str, Any]) -> None:
        """Let time pass: the instants of the steps say how long."""
        seconds = step.get("seconds", step.get("duration"))
        if "t" not in step and seconds:
            self.cluster.run_until(self.cluster.now + int(float(seconds) * SECOND))

    # -- steps on nodes -----------------------------------------------------------------------

    def on_node(self, step: dict[str, Any]) -> dict[str, Any] | None:
        verb = _verb(step)
        answer = None
        for name in step.get("names") or step.get("nodes") or [step.get("name") or step["node"]]:
            node = self.node(name)
            answer = self.submit("patch", "Node", node, body=self._node_patch(verb, step, node),
                                 patch="merge")  # fmt: skip
        return answer

    def _node_patch(self, verb: str, step: dict[str, Any], node: str) -> Obj:
        def said(**values: str | None) -> Obj:
            named = {f"hollow/{name}": value for name, value in values.items()}
            return {"metadata": {"annotations": named}}

        match verb:
            case "cordon" | "uncordon":
                return {"spec": {"unschedulable": verb == "cordon" or None}}
            case "node-heartbeat":
                on = step.get("on", step.get("value"))
                return said(heartbeat=None if on in (True, "on") else "off")
            case "node-down":
                return said(heartbeat="off")
            case "node-ready":
                ready = step.get("ready", step.get("value"))
                return said(ready=None if ready in (True, "True") else "False")
            case "node-recover":
                return said(heartbeat=None, ready=None)
            case "label-node" | "unlabel-node":
                labels = step.get("label") or step.get("labels") or {}
                if isinstance(labels, str):
                    key, _, value = labels.partition("=")
                    labels = {key: value}
                if verb == "unlabel-node":
                    labels = dict.fromkeys(labels)
                return {"metadata": {"labels": labels}}
            case "annotate-node":
                given = step.get("annotations") or step.get("annotation") or {}
                return {"metadata": {"annotations": given}}
            case "taint" | "untaint":
                return {"spec": {"taints": self._taints(verb, step, node)}}
        raise CannotPlay(f"step {step.get('op')!r} is not known")

    def _taints(self, verb: str, step: dict[str, Any], node: str) -> list[Obj]:
        there = (self.cluster.store.get(kinds.NODES, "", node) or {})["spec"].get("taints") or []
        given = step.get("taint") or step.get("taints") or {k: step.get(k) for k in
                ("key", "value", "effect") if step.get(k)}  # fmt: skip
        changed = [_taint(one) for one in (given if isinstance(given, list) else [given])]
        keys = {(one["key"], one.get("effect")) for one in changed}
        kept = [
            t for t in there if (t["key"], t["effect"]) not in keys and (t["key"], None) not in keys
        ]
        return kept + (changed if verb == "taint" else [])

    # -- names by rank ------------------------------------------------------------------------

    def recorded_pods(self) -> dict[str, Row]:
        """Every pod that the recording saw, by name: its first row with its rank."""
        found: dict[str, Row] = {}
        ranks: dict[str | None, int] = {}
        for one in self.scenario.get("events") or ():
            if one.get("kind") == "Pod" and one["name"] not in found:
                rank = ranks.get(one.get("owner"), 0)
                ranks[one.get("owner")] = rank + 1
                found[one["name"]] = {**one, "rank": rank}
        return found

    def named(self, kind: str, name: str) -> str:
        """Return the name that the object recorded as *name* has here."""
        if kind == "Node":
            return self.node(name)
        store, resource = self.cluster.store, KINDS[kind].resource
        if name in self.names:
            there = store.get(resource, self.namespace, self.names[name]) is not None
            if there or kind != "Pod" or not self._lives(name):
                return self.names[name]
            del self.names[name]  # among equals another one went here
        if store.get(resource, self.namespace, name) is not None:
            return name
        found = self._ranked(kind, name)
        if found is not None:
            self.names[name] = found
            return found
        return name

    def _lives(self, pod: str) -> bool:
        """Whether the recording has the pod, a step's own doing left out."""
        now = (self.cluster.now - self.start) / SECOND - _OWN_DOING
        there = False
        for one in self.scenario.get("events") or ():
            if one.get("name") == pod and one["kind"] == "Pod" and one["t"] <= now:
                there = one["ev"] != "DELETED" and not one.get("deleting")
        return there

    def _was_ready(self, pod: str) -> str | None:
        """What the recording says of the pod's readiness by now."""
        now = (self.cluster.now - self.start) / SECOND
        ready = None
        for one in self.scenario.get("events") or ():
            if one.get("name") == pod and one["kind"] == "Pod" and one["t"] <= now + 0.05:
                ready = one["ready"]
        return ready

    def _ranked(self, kind: str, name: str) -> str | None:
        store = self.cluster.store
        if kind == "ReplicaSet":
            owner = name.rpartition("-")[0]
            sets = [o for o in store.list(kinds.REPLICASETS, self.namespace)
                    if o["metadata"]["name"].rpartition("-")[0] == owner]  # fmt: skip
            seen: list[str] = []
            for one in self.scenario.get("events") or ():
                if one.get("kind") == "ReplicaSet" and one["name"].rpartition("-")[0] == owner:
                    seen += [] if one["name"] in seen else [one["name"]]
            rank = seen.index(name) if name in seen else len(sets)
            return str(sets[rank]["metadata"]["name"]) if rank < len(sets) else None
        then = self.before.get(name)
        if kind != "Pod" or then is None or not then.get("owner"):
            return None
        owner_kind, _, owner_name = then["owner"].partition("/")
        owner_name = self.named(owner_kind, owner_name)
        taken = set(self.names.values())
        ready = self._was_ready(name)
        alive = [
            pod
            for pod in store.list(kinds.PODS, self.namespace)
            if pod["metadata"]["name"] not in taken
            and "deletionTimestamp" not in pod["metadata"]
            and any(o["name"] == owner_name for o in pod["metadata"].get("ownerReferences") or ())
        ]
        same = [pod for pod in alive if _ready(pod) == ready] or alive
        if not same:
            return None
        # The n-th that was made of those of which nobody has spoken yet, and that are not gone.
        before = [
            other
            for other, row in self.before.items()
            if row["owner"] == then["owner"]
            and (other == name or (other not in self.names and self._lives(other)))
            and (same is alive or self._was_ready(other) == ready)
        ]
        rank = before.index(name)
        return str(same[min(rank, len(same) - 1)]["metadata"]["name"])

    def node(self, name: str) -> str:
        """Return the node that stands for the recorded *name*: its like, with as many pods."""
        if name in self.node_of:
            return self.node_of[name]
        by_name = {node["metadata"]["name"]: node for node in self.nodes}
        if name not in by_name:
            return name
        like = [
            node["metadata"]["name"]
            for node in self.nodes
            if _class(node) == _class(by_name[name])
            and node["metadata"]["name"] not in self.node_of.values()
        ]
        wanted = self._recorded_load(name)
        for zoned in (True, False):
            for other in sorted(like, key=lambda other: (other != name, other)):
                if zoned and _zone(by_name[other]) != _zone(by_name[name]):
                    continue
                if self._load(other) == wanted:
                    self.node_of[name] = other
                    return other
        self.node_of[name] = name
        return name

    def _recorded_load(self, node: str) -> list[str]:
        now = (self.cluster.now - self.start) / SECOND
        pods: dict[str, Row] = {}
        for one in self.scenario.get("events") or ():
            if one.get("kind") == "Pod" and one["t"] <= now:
                pods[one["name"]] = one
        return sorted(
            (one.get("owner") or one["name"]).rpartition("/")[2].rpartition("-")[0]
            for one in pods.values()
            if one.get("node") == node and one["ev"] != "DELETED"
        )

    def _load(self, node: str) -> list[str]:
        found = []
        for pod in self.cluster.store.on_node(node):
            owners = pod["metadata"].get("ownerReferences") or ()
            name = owners[0]["name"] if owners else pod["metadata"]["name"]
            found.append(name.rpartition("-")[0])
        return sorted(found)


def _listing(node: Obj, at: int) -> Change:
    key = ("", node["metadata"]["name"])
    return Change(0, "ADDED", kinds.NODES, key, node, None, at, "", "", ())


def _at_once(step: dict[str, Any]) -> bool:
    """Whether the answer shows that no controller had looked since the step before."""
    return "is still being processed by the server" in repr(_answer(step))


def _count(manifests: list[Obj], one: Obj) -> int:
    name = one["metadata"].get("name")
    return sum(m["kind"] == one["kind"] and m["metadata"].get("name") == name for m in manifests)


def _class(node: Obj) -> str:
    labels = {
        k: v
        for k, v in (node["metadata"].get("labels") or {}).items()
        if k not in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    }
    return repr((sorted(labels.items()), (node.get("spec") or {}).get("taints")))


def _zone(node: Obj) -> str:
    return str((node["metadata"].get("labels") or {}).get("topology.kubernetes.io/zone"))


def _ready(pod: Obj) -> str | None:
    for entry in (pod.get("status") or {}).get("conditions") or ():
        if entry["type"] == "Ready":
            return str(entry["status"])
    return None


def _revision(rs: Obj) -> int:
    said = rs["metadata"].get("annotations") or {}
    return int(said.get("deployment.kubernetes.io/revision") or 0)


def _taint(given: Any) -> Obj:
    """Return a taint, also from kubectl's key=value:effect."""
    if isinstance(given, dict):
        return dict(given)
    pair, _, effect = str(given).rstrip("-").partition(":")
    key, _, value = pair.partition("=")
    found = {"key": key, "value": value, "effect": effect}
    return {k: v for k, v in found.items() if v}


def _about_node(event: Obj) -> bool:
    return bool((event.get("involvedObject") or {}).get("kind") == "Node")


def without_nulls(obj: Any) -> Any:
    """Return *obj* without its null members: what a manifest leaves empty it does not say."""
    if isinstance(obj, dict):
        return {k: without_nulls(v) for k, v in obj.items() if v is not None}
    return [without_nulls(v) for v in obj] if isinstance(obj, list) else obj


def _said(step: dict[str, Any]) -> str:
    said = str(step.get("op") or step.get("verb") or step.get("action") or "")
    return said.lower().replace("_", "-").replace(" ", "-")


def _verb(step: dict[str, Any]) -> str:
    return _SAME.get(_said(step), _said(step))


def _plain_step(step: dict[str, Any]) -> dict[str, Any]:
    """Read "delete-pod" and "pod-delete" as a delete of kind Pod."""
    said = _said(step)
    if said in _STEPS or said in _SAME:
        return step
    for verb, noun in (said.partition("-")[::2], said.rpartition("-")[::-2]):
        if noun in _NOUNS and (verb in _STEPS or verb in _SAME):
            return {**step, "op": verb, "kind": step.get("kind") or _NOUNS[noun]}
    return step


_NOUNS = {
    **{kind.lower(): kind for kind in KINDS},
    **{f"{kind.lower()}s": kind for kind in KINDS},
    "deploy": "Deployment", "sts": "StatefulSet", "ds": "DaemonSet", "rs": "ReplicaSet",
    "pdb": "PodDisruptionBudget", "quota": "ResourceQuota", "svc": "Service", "ns": "Namespace",
}  # fmt: skip


_SAME = {
    "replace": "update", "put": "update", "node-cordon": "cordon", "cordon-node": "cordon",
    "uncordon-node": "uncordon", "node-uncordon": "uncordon", "node-label": "label-node",
    "node-annotate": "annotate-node", "node-annotations": "annotate-node",
    "taint-node": "taint", "node-taint": "taint",
    "untaint-node": "untaint", "node-untaint": "untaint", "heartbeat": "node-heartbeat",
    "rollout-undo": "undo", "rollback": "undo", "rollout-restart": "restart", "sleep": "wait",
    "rollout-pause": "pause", "rollout-resume": "resume", "eviction": "evict",
    "node-drain": "drain",
    "drain-node": "drain", "drain": "drain", "recover-node": "node-recover",
    "node-unlabel": "unlabel-node", "remove": "delete", "add": "create", "post": "create",
    "wait-for": "wait", "settle": "wait", "note": "wait", "step": "wait", "observe": "wait",
    "check": "wait", "get": "wait", "list": "wait", "set-replicas": "scale",
    "node-off": "node-down", "node-lost": "node-down", "kill-node": "node-down",
    "stop-node": "node-down", "node-on": "node-recover", "node-up": "node-recover",
    "start-node": "node-recover",
}  # fmt: skip
_MAKING = ("create", "apply", "update")
_PATCHES: dict[str, Any] = {
    name: patch
    for patch, names in {
        "strategic": ("strategic", "application/strategic-merge-patch+json"),
        "merge": ("merge", "application/merge-patch+json"),
        "json": ("json", "application/json-patch+json"),
        "apply": ("apply", "application/apply-patch+yaml"),
    }.items()
    for name in names
}
_STEPS: dict[str, Callable[[Player, dict[str, Any]], dict[str, Any] | None]] = {
    "create": Player.make, "apply": Player.make, "update": Player.make, "patch": Player.patch,
    "scale": Player.scale, "delete": Player.delete, "evict": Player.evict, "drain": Player.drain,
    "undo": Player.undo, "restart": Player.restart, "pause": Player.pause,
    "resume": Player.pause, "set-image": Player.image, "wait": Player.wait,
    "cordon": Player.on_node, "uncordon": Player.on_node, "node-heartbeat": Player.on_node,
    "node-ready": Player.on_node, "node-recover": Player.on_node, "node-down": Player.on_node,
    "annotate": Player.note, "label": Player.note, "unlabel": Player.note,
    "label-node": Player.on_node, "unlabel-node": Player.on_node,
    "annotate-node": Player.on_node, "taint": Player.on_node,
    "untaint": Player.on_node,
}  # fmt: skip


def played(
    scenario: dict[str, Any],
    nodes: list[Obj],
    seed: int,
    pace: Pace = ORDINARY,
    *,
    guided: bool = False,
) -> Trace:
    """Return the trace of a replay of *scenario*. Raises CannotPlay."""
    return Player(scenario, nodes, seed, pace, guided=guided).play()


__all__ = ["CannotPlay", "Player", "Trace", "pick_nodes", "played", "recorded"]
