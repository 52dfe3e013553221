"""The guide's settings and their defaults. Source: the integration guide's settings tab."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body

Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s/]+(/\S*)?$")]


class Settings(Body):
    """Kubernetes and monitoring settings, as the guide spells them."""

    deploymentMethod: Literal["k8s-simulator"] = "k8s-simulator"  # noqa: N815
    deploymentEndpoint: Url = "http://localhost:6360"  # noqa: N815
    simulatorUrl: Url = "http://localhost:6390"  # noqa: N815
    validationStrict: bool = True  # noqa: N815
    monitoringStack: Literal["custom"] = "custom"  # noqa: N815
    customApiEndpoint: Url = "http://localhost:6360/api/metrics"  # noqa: N815
    slaTarget: float = Field(99.5, ge=0, lt=100)  # noqa: N815
    realTimeMonitoring: bool = True  # noqa: N815
    dataCollectionInterval: float = Field(5, ge=1, le=3600, description="seconds")  # noqa: N815
