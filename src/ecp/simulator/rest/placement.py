"""Why a pod is where it is, or why it waits: every node's verdict, score by plug-in.

And which configuration its containers have, that of now or that of before a change.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request

from ecp.edge.problems import Problem, language
from ecp.kube import sizes
from ecp.kube.kinds import NODES, PODS
from ecp.kube.nodes import tolerates
from ecp.kube.pods import is_ready, is_terminal
from ecp.kube.times import rfc3339_micro
from ecp.rehearsal import troubles
from ecp.rehearsal.bundle import Ref
from ecp.sim.scheduler import wishes
from ecp.sim.scheduler.loop import NAME
from ecp.sim.scheduler.preemption import priority_of
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters
from ecp.texts import Language, text

router = APIRouter(prefix="/api/v1/clusters/{name}/placement", tags=["clusters"])

_MOST_BELOW = 10
_MOST_NAMED = 3
_SAID_ELSEWHERE = ("slow", "unschedulable")


@router.get("/{namespace}/{pod}")
async def placement(
    name: str, namespace: str, pod: str, found: Clusters, request: Request
) -> dict[str, Any]:
    """Judge every node for a pod as the scheduler does, as things stand now.

    `state`: placed, pending, gated (it has scheduling gates), foreign (another scheduler's), over.
    A pod that has a node is judged as if it had not: `best` are the nodes it could go to now, of
    equal total, `node` the one it is on. `message` is that of FailedScheduling, "" where it fits.
    `figures`: of each resource, what the pod asks and what the node has free; `taints`: those that
    the pod does not tolerate; `below`: pods of a lower priority there, the least important first.
    `configuration`: the ConfigMaps and Secrets of its containers, when each was last changed and
    from when on the container has that (`known_at`; null: once it is started again).

    `wishes` is what the pod asks of its node, with how many nodes give it, and what there is
    instead; `changes` what would find it one, judged by the same filters, the mildest first.
    `trouble` is what keeps it from being ready, wherever it is: null for one that is ready, or that
    only starts.
    """
    hosted = found.require(name)
    hosted.catch_up()
    obj = hosted.cluster.store.get(PODS, namespace, pod)
    if obj is None:
        there = [one["metadata"]["name"] for one in hosted.cluster.store.list(PODS, namespace)]
        known = ", ".join(there[:10]) or "-"
        raise Problem(
            404, "POD_NOT_FOUND", "placement.no-pod", pod=pod, namespace=namespace, known=known
        )
    explanation = hosted.cluster.explain(obj)
    spec, spoken = obj["spec"], language(request)
    asked = sizes.requests(spec) | {"pods": 1}
    figures = {row.node: _there(hosted, row.node, obj, asked) for row in explanation.nodes}
    places = [
        wishes.Place(
            hosted.cluster.store.get(NODES, "", node) or {"metadata": {"name": node}},
            {one["resource"]: one["free"] for one in said["figures"]},
        )
        for node, said in figures.items()
    ]
    stuck = _state(obj) == "pending" and not explanation.best
    changes = wishes.helping(obj, places, hosted.cluster.fitting()) if stuck else []
    return {
        "pod": pod,
        "namespace": namespace,
        "state": _state(obj),
        "node": spec.get("nodeName") or None,
        "scheduler": spec.get("schedulerName") or NAME,
        "message": explanation.message,
        "best": list(explanation.best),
        "asked": asked,
        "priority": priority_of(obj),
        "wishes": [_wish(one, len(places), spoken) for one in wishes.wishes(obj, places)],
        "changes": [_change(one, spoken) for one in changes],
        "trouble": _trouble(hosted, obj, spoken),
        "nodes": [
            {
                "node": row.node,
                **figures[row.node],
                "fits": row.plugin is None,
                "plugin": row.plugin,
                "reasons": list(row.reasons),
                "preemption_may_help": row.curable,
                "total": row.total if row.plugin is None else None,
                "scores": [
                    {
                        "plugin": score.plugin,
                        "raw": score.raw,
                        "normalised": score.normalised,
                        "weighted": score.weighted,
                    }
                    for score in row.scores
                ],
            }
            for row in explanation.nodes
        ],
        "configuration": [
            {
                "container": row.source.container,
                "object": f"{row.source.resource}/{row.source.object}",
                "way": row.source.way,
                "name": row.source.name,
                "changed_at": rfc3339_micro(row.changed),
                "known_at": None if row.known is None else rfc3339_micro(row.known),
                "current": row.known is not None and row.known <= hosted.cluster.now,
            }
            for row in hosted.cluster.configured(obj)
        ],
        "judged_at": rfc3339_micro(hosted.cluster.now),
        "evidence": "simulated",
    }


def _wish(wish: wishes.Wish, nodes: int, spoken: Language) -> dict[str, Any]:
    """Return what a pod asks of its node, as data and in a sentence."""
    near = ", ".join(
        text("placement.near", spoken, value=one.value, nodes=one.nodes) for one in wish.near
    )
    given = ""
    if wish.kind == "request":
        given = text("placement.given.request", spoken, nodes=wish.nodes, of=nodes,
                     largest=wish.near[0].value, most=wish.near[1].value)  # fmt: skip
    elif wish.kind == "tolerations":
        key = "placement.given.closed" if near else "placement.given"
        given = text(key, spoken, nodes=wish.nodes, of=nodes, near=near)
    elif wish.nodes:
        given = text("placement.given", spoken, nodes=wish.nodes, of=nodes)
    elif wish.nodes == 0:
        key = "placement.given.near" if near else "placement.given.none"
        given = text(key, spoken, near=near)
    asked = wish.asked or text("placement.wish.nothing", spoken)
    return {
        "kind": wish.kind,
        "asked": wish.asked,
        "nodes": wish.nodes,
        "near": [one._asdict() for one in wish.near],
        "wish": text(f"placement.wish.{wish.kind}", spoken, asked=asked),
        "given": given,
    }


def _change(change: wishes.Change, spoken: Language) -> dict[str, Any]:
    """Return what would find a pod a node, as data and in a sentence."""
    steps = [
        text(f"placement.change.{step.does}", spoken, asked=step.asked, value=step.value)
        for step in change.steps
    ]
    return {
        "steps": [step._asdict() for step in change.steps],
        "nodes": list(change.nodes),
        "text": text("placement.and", spoken).join(steps),
        "then": text("placement.then", spoken, nodes=_named(change.nodes)),
    }


def _named(nodes: Sequence[str]) -> str:
    more = f" … (+{len(nodes) - _MOST_NAMED})" if len(nodes) > _MOST_NAMED else ""
    return ", ".join(nodes[:_MOST_NAMED]) + more


def _trouble(hosted: HostedCluster, pod: Mapping[str, Any], spoken: Language) -> Any:
    """Return what keeps a pod from being ready: cause, why, what to change.

    Of one that no node takes the message and `changes` say it.
    """
    if is_terminal(pod) or is_ready(pod):
        return None
    ref = Ref(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
    for one in troubles.of_workload(hosted.cluster.read, ref):
        if one.cause not in _SAID_ELSEWHERE:
            return {
                "cause": one.cause,
                "text": troubles.of_pod_text(one, spoken),
                "remedy": troubles.remedy_text(one, spoken),
            }
    return None


def _there(
    hosted: HostedCluster, name: str, pod: dict[str, Any], asked: dict[str, int]
) -> dict[str, Any]:
    """Return what a node has free of what is asked, its taints in the way, who could go."""
    store = hosted.cluster.store
    node = store.get(NODES, "", name) or {}
    uid, priority = pod["metadata"]["uid"], priority_of(pod)
    others = [
        other
        for other in store.on_node(name)
        if other["metadata"]["uid"] != uid and not is_terminal(other)
    ]
    said = (node.get("status") or {}).get("allocatable") or {}
    free = {what: sizes.amount(what, said.get(what, 0)) for what in asked}
    for other in others:
        for what, amount in (sizes.requests(other["spec"]) | {"pods": 1}).items():
            if what in free:
                free[what] -= amount
    below = sorted((one for one in others if priority_of(one) < priority), key=priority_of)
    tolerations = pod["spec"].get("tolerations") or ()
    taints = [
        taint
        for taint in (node.get("spec") or {}).get("taints") or ()
        if taint["effect"] != "PreferNoSchedule" and not tolerates(tolerations, taint)
    ]
    return {
        "figures": [
            {"resource": what, "asked": amount, "free": free[what]}
            for what, amount in asked.items()
        ],
        "taints": taints,
        "below": [
            {
                "pod": f"{one['metadata']['namespace']}/{one['metadata']['name']}",
                "priority": priority_of(one),
                "frees": {
                    what: amount
                    for what, amount in sizes.requests(one["spec"]).items()
                    if what in asked
                },
            }
            for one in below[:_MOST_BELOW]
        ],
    }


def _state(pod: dict[str, Any]) -> str:
    spec = pod["spec"]
    if is_terminal(pod):
        return "over"
    if spec.get("nodeName"):
        return "placed"
    if spec.get("schedulingGates"):
        return "gated"
    return "pending" if spec.get("schedulerName") in (None, "", NAME) else "foreign"
