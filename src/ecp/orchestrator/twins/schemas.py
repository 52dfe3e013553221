"""The body of an import."""

from typing import Annotated

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body

Url = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")
]
Name = Annotated[str, StringConstraints(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class Quantiles(Body):
    """Response times of a Service: half are within the first, 95 % within the second (s)."""

    p50: float = Field(gt=0, le=3600)
    p95: float = Field(gt=0, le=3600)


class NewTwin(Body):
    """A twin to be made of a running namespace."""

    namespace: Name = Field(examples=["acme-ecp-ai"])
    context: Annotated[str, StringConstraints(max_length=253)] = Field(
        "", description="of the kubeconfig in the settings; default: the settings' cluster"
    )
    into: Name | None = Field(None, description="the simulated cluster; default: twin-NAMESPACE")
    prometheus: Url | None = Field(
        None, description="has an hour of usage and response times; else metrics.k8s.io is read"
    )
    readings: int = Field(1, ge=1, le=8, description="of metrics.k8s.io, 15 s apart")
    start: Annotated[str, StringConstraints(max_length=40)] = Field(
        "",
        description="the instant at which the twin begins, RFC 3339 UTC; default: now, at a "
        "whole minute",
        examples=["2026-03-02T09:00:00Z"],
    )
    seed: int = Field(
        0, ge=-(2**63), lt=2**63, description="of its draws: one seed and start, one twin"
    )
    response_times: dict[Name, Quantiles] | None = Field(
        None,
        description="seconds by Service that somebody else measured, as the prober; they go "
        "before Prometheus'",
        examples=[{"web": {"p50": 0.12, "p95": 0.31}}],
    )
    tolerance: float = Field(
        0.1, gt=0, le=1, description="so far a figure may lie off the measured one and match"
    )
