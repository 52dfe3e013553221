"""The body of an import."""

from typing import Annotated

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body

Url = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")
]
Name = Annotated[str, StringConstraints(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


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
    tolerance: float = Field(
        0.1, gt=0, le=1, description="so far a figure may lie off the measured one and match"
    )
