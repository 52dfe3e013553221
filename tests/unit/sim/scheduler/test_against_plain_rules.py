"""Fast equals plain: in any small cluster, whatever happened before, every placement and every
message is what the rules give when they are applied one pod and one node at a time."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rules import HOST, PREFERRED, REQUIRED, ZONE, Plain
from scheduler_stage import Stage, node_object

from ecp.sim.engine.chance import Chance

APPS = ("a", "b")
NODE_NAMES = [f"n{i}" for i in range(6)]
TAINT = {"key": "dedicated", "value": "gpu"}

app_selectors = st.sampled_from([{"matchLabels": {"app": app}} for app in APPS])
topologies = st.sampled_from([HOST, ZONE, "rack"])
node_terms = st.sampled_from([
    {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]},
    {"matchExpressions": [{"key": ZONE, "operator": "NotIn", "values": ["z0"]}]},
    {"matchExpressions": [{"key": "rack", "operator": "Exists"}]},
])  # fmt: skip
pod_terms = st.builds(
    lambda selector, key: {"labelSelector": selector, "topologyKey": key},
    app_selectors, topologies,
)  # fmt: skip
weighted = st.builds(
    lambda term, weight: {"podAffinityTerm": term, "weight": weight},
    pod_terms, st.integers(1, 100),
)  # fmt: skip


def rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), strategy)


constraints = st.builds(
    lambda selector, key, skew, when, honour, taints: {
        "labelSelector": selector, "topologyKey": key, "maxSkew": skew, "whenUnsatisfiable": when,
        "nodeAffinityPolicy": honour, "nodeTaintsPolicy": taints,
    },
    app_selectors, topologies, st.integers(1, 2),
    st.sampled_from(["DoNotSchedule", "ScheduleAnyway"]), st.sampled_from(["Honor", "Ignore"]),
    st.sampled_from(["Honor", "Ignore"]),
)  # fmt: skip


@st.composite
def specs(draw: Any) -> dict[str, Any]:
    requests = draw(st.fixed_dictionaries({}, optional={
        "cpu": st.sampled_from(["100m", "500m", "1500m", "5"]),
        "memory": st.sampled_from(["64Mi", "1Gi", "9Gi"]),
        "nvidia.com/gpu": st.sampled_from(["1"]),
    }))  # fmt: skip
    container = {"name": "c", "image": "x:1", "resources": {"requests": requests}}
    if draw(rarely(st.just(True))):
        container["ports"] = [{"hostPort": 80, "containerPort": 80}]
    spec: dict[str, Any] = {"containers": [container]}
    if draw(rarely(st.just(True))):
        spec["nodeSelector"] = {"disk": "ssd"}
    if draw(rarely(st.just(True))):
        spec["tolerations"] = [{**TAINT, "operator": "Equal"}]
    affinity = {
        "nodeAffinity": {
            REQUIRED: draw(rarely(st.lists(node_terms, min_size=1, max_size=2).map(
                lambda terms: {"nodeSelectorTerms": terms}))),
            PREFERRED: draw(rarely(st.lists(st.builds(
                lambda term, weight: {"preference": term, "weight": weight},
                node_terms, st.integers(1, 100)), min_size=1, max_size=2))),
        },
        "podAffinity": {
            REQUIRED: draw(rarely(st.lists(pod_terms, min_size=1, max_size=2))),
            PREFERRED: draw(rarely(st.lists(weighted, min_size=1, max_size=2))),
        },
        "podAntiAffinity": {
            REQUIRED: draw(rarely(st.lists(pod_terms, min_size=1, max_size=2))),
            PREFERRED: draw(rarely(st.lists(weighted, min_size=1, max_size=2))),
        },
    }  # fmt: skip
    spec["affinity"] = {
        kind: {when: value for when, value in parts.items() if value}
        for kind, parts in affinity.items()
        if any(parts.values())
    }
    given = draw(rarely(st.lists(constraints, min_size=1, max_size=2)))
    if given:
        spec["topologySpreadConstraints"] = given
    return spec


@st.composite
def nodes(draw: Any, name: str) -> dict[str, Any]:
    labels = {"disk": draw(st.sampled_from(["ssd", "hdd"]))}
    if draw(st.booleans()):
        labels["rack"] = draw(st.sampled_from(["r0", "r1"]))
    effects = draw(st.lists(
        st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"]), max_size=1
    ))  # fmt: skip
    capacity = {
        "cpu": draw(st.sampled_from(["2", "4"])), "memory": draw(st.sampled_from(["4Gi", "8Gi"])),
        "pods": draw(st.sampled_from(["3", "110"])),
    }  # fmt: skip
    if draw(st.booleans()):
        capacity["nvidia.com/gpu"] = "2"
    zone = draw(st.sampled_from([None, "z0", "z1", "z2"]))
    return node_object(
        name, zone, capacity=capacity, labels=labels,
        taints=[{**TAINT, "effect": effect} for effect in effects],
        unschedulable=draw(rarely(st.just(True))) is True,
    )  # fmt: skip


class Twin:
    """One cluster, scheduled by the code under test and judged by the plain rules."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.stage = Stage(seed=5)
        self.chance = Chance(5)
        self.made = 0
        for name in NODE_NAMES[: data.draw(st.integers(1, 6), label="nodes")]:
            self.stage.put("nodes", data.draw(nodes(name)))
        for app in APPS:
            self.stage.put("replicasets.apps", {
                "metadata": {"name": app, "namespace": "default"},
                "spec": {"selector": {"matchLabels": {"app": app}}},
            })  # fmt: skip
        if data.draw(st.booleans(), label="service"):
            self.stage.put("services", {
                "metadata": {"name": "s", "namespace": "default"},
                "spec": {"selector": {"tier": "web"}},
            })  # fmt: skip

    def plain(self) -> Plain:
        by_zone: dict[str | None, list[Any]] = {}
        for node in self.stage.list("nodes"):
            by_zone.setdefault(node["metadata"]["labels"].get(ZONE), []).append(node)
        order = []
        while any(by_zone.values()):
            order += [some.pop(0) for some in by_zone.values() if some]
        return Plain(
            order, self.stage.list("pods"), self.stage.list("replicasets.apps"),
            self.stage.list("services"),
        )  # fmt: skip

    def create(self) -> None:
        spec = self.data.draw(specs(), label="pod")
        app = self.data.draw(st.sampled_from(APPS))
        labels = {"app": app, "tier": self.data.draw(st.sampled_from(["web", "db"]))}
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": app, "uid": app,
                 "controller": True}  # fmt: skip
        owners = [owner] if self.data.draw(st.booleans()) else []
        for _ in range(self.data.draw(st.integers(1, 3), label="copies")):
            self.made += 1
            name = f"p{self.made}"
            # A stuck pod that a change helps may run first; here only the new one is wanted.
            for pod in self.stage.list("pods"):
                if not pod["spec"].get("nodeName"):
                    self.stage.delete("pods", ("default", pod["metadata"]["name"]))
            pod = self.stage.pod(name, spec, labels=labels, ownerReferences=owners)
            plain = self.plain()
            scored = plain.scored(pod)
            explained = self.stage.scheduler.explain(pod, self.stage)
            assert {v.node: v.total for v in explained.nodes if v.plugin is None} == scored
            self.stage.events.clear()
            self.stage.settle()
            best = [node for node, total in scored.items() if total == max(scored.values())]
            if best:
                pick = 0
                if len(best) > 1:
                    pick = self.chance.below(len(best), f"tie/uid-{name}", 0)
                assert self.stage.node_of(name) == best[pick]
                assert explained.message == ""
            else:
                assert self.stage.messages() == [plain.message(pod)] == [explained.message]

    def remove(self) -> None:
        pods = self.stage.list("pods")
        if pods:
            pod = self.data.draw(st.sampled_from(pods), label="remove")
            self.stage.delete("pods", ("default", pod["metadata"]["name"]))

    def mark_deleted(self) -> None:
        pods = [pod for pod in self.stage.list("pods") if pod["spec"].get("nodeName")]
        if pods:
            pod = self.data.draw(st.sampled_from(pods), label="mark")
            meta = {**pod["metadata"], "deletionTimestamp": "2027-01-15T08:00:00Z"}
            self.stage.put("pods", {**pod, "metadata": meta})

    def relabel(self) -> None:
        pods = self.stage.list("pods")
        if pods:
            pod = self.data.draw(st.sampled_from(pods), label="relabel")
            labels = {"app": self.data.draw(st.sampled_from(APPS))}
            self.stage.put("pods", {**pod, "metadata": {**pod["metadata"], "labels": labels}})

    def change_node(self) -> None:
        node = self.data.draw(st.sampled_from(self.stage.list("nodes")), label="node")
        changed = self.data.draw(nodes(node["metadata"]["name"]))
        if self.data.draw(st.booleans()):  # taints and sizes only
            changed = {**changed, "metadata": node["metadata"]}
        self.stage.put("nodes", changed)

    def other_service(self) -> None:
        self.stage.put("services", {
            "metadata": {"name": "t", "namespace": "default"},
            "spec": {"selector": {"app": self.data.draw(st.sampled_from(APPS))}},
        })  # fmt: skip

    def snapshot(self) -> None:
        assert self.stage.loop.snapshot is not None
        assert self.stage.loop.restore is not None
        self.stage.loop.restore(self.stage.loop.snapshot())


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_every_placement_and_message_is_what_the_plain_rules_give(data: Any) -> None:
    twin = Twin(data)
    steps = (twin.create, twin.create, twin.create, twin.remove, twin.mark_deleted, twin.relabel,
             twin.change_node, twin.other_service, twin.snapshot)  # fmt: skip
    twin.create()
    for _ in range(data.draw(st.integers(1, 12), label="steps")):
        data.draw(st.sampled_from(steps), label="step")()
        twin.stage.settle()
