"""What keeps a workload from being up: in the words in which its release is told of it."""

from typing import Any

from fastapi import APIRouter, Request

from ecp.edge.problems import Problem, language
from ecp.kube.health import judged
from ecp.kube.kinds import BUILT_IN, JOBS
from ecp.rehearsal import troubles
from ecp.rehearsal.bundle import Ref
from ecp.rehearsal.judgement import problem_json
from ecp.sim.traffic.graph import WORKLOADS
from ecp.simulator.rest.clusters import Clusters

router = APIRouter(prefix="/api/v1/clusters/{name}/troubles", tags=["clusters"])

_RESOURCES = {BUILT_IN.by_resource[one].kind: one for one in (*WORKLOADS, JOBS)}
_FINE = ("healthy", "suspended")


@router.get("/{namespace}/{kind}/{workload}")
async def workload_troubles(
    name: str, namespace: str, kind: str, workload: str, found: Clusters, request: Request
) -> dict[str, Any]:
    """Say what keeps a workload from being up: where, why, what to change.

    `kind` is written as in a manifest: Deployment. `pod` is one that it concerns, null where none
    was made. None are told of a workload that is well, or only starts.
    """
    hosted = found.require(name)
    hosted.catch_up()
    resource = _RESOURCES.get(kind)
    obj = hosted.cluster.store.get(resource, namespace, workload) if resource else None
    if resource is None or obj is None:
        raise Problem(404, "WORKLOAD_NOT_FOUND", "troubles.no-workload",
                      kind=kind, workload=workload, namespace=namespace)  # fmt: skip
    health = judged(obj)
    ref = Ref(resource, namespace, workload)
    fine = health is None or health.state in _FINE
    told = [] if fine else troubles.of_workload(hosted.cluster.read, ref)
    return {
        "health": None if health is None else health.state,
        "troubles": [problem_json(one, language(request)) for one in told if one.cause != "slow"],
        "evidence": "simulated",
    }
