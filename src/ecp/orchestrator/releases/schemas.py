"""Requests and answers about releases."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from ecp.edge.bodies import Body
from ecp.kube.times import rfc3339
from ecp.orchestrator.records import Release, Step

MAX_WAIT_S = 3600


class Deploy(Body):
    """The guide's deploy request: all of it optional."""

    include_monitoring: bool = True
    enable_sla_tracking: bool = True
    failure_scenarios: bool = Field(
        False, description="let faults come by themselves at stated rates; false turns them off"
    )
    failure_rates: dict[str, dict[str, str] | None] | None = Field(
        None,
        description="means in the place of the usual ones; null: not this one",
        examples=[{"container-crash": {"mtbf": "30d"}, "cpu-spike": None}],
    )
    manifest_content: str | None = Field(None, description="default: the last valid manifest")
    manifest_id: str | None = Field(None, description="digest of a manifest that is kept")
    strict_validation: bool | None = Field(None, description="default: as the settings say")
    allow_broken: bool = Field(False, description="deploy what would not run, too")
    create_tenant: bool = Field(True, description="create the tenant at its first use")


Timeout = Annotated[float, Field(ge=0, le=MAX_WAIT_S)]


def steps_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the steps as they stand."""
    return [
        {
            "action": step.action,
            "apiVersion": step.ref.api_version,
            "kind": step.ref.kind,
            "namespace": step.ref.namespace,
            "name": step.ref.name,
            "state": step.state,
            "detail": step.detail,
        }
        for step in steps
    ]


def counts(startup: dict[str, Any]) -> tuple[int, int]:
    """Return (ready, desired) pods of a judged start-up."""
    rows = startup.get("workloads") or ()
    return sum(row["ready"] for row in rows), sum(row["desired"] for row in rows)


def release_json(release: Release) -> dict[str, Any]:
    """Return what lists show of a release."""
    return {
        "deployment_id": release.deployment_id,
        "revision": release.revision,
        "phase": release.phase,
        "release_digest": release.digest,
        "manifest_digest": release.options.get("manifest"),
        "began": rfc3339(release.began),
        "created_at": rfc3339(release.created_at),
        "detail": release.detail,
    }
