"""The guide's settings and their defaults. Source: the integration guide's settings tab."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Kubernetes and monitoring settings, as the guide spells them."""

    model_config = ConfigDict(extra="forbid")

    deploymentMethod: Literal["k8s-simulator"] = "k8s-simulator"  # noqa: N815
    deploymentEndpoint: str = Field("http://localhost:6360", max_length=500)  # noqa: N815
    simulatorUrl: str = Field("http://localhost:6390", max_length=500)  # noqa: N815
    validationStrict: bool = True  # noqa: N815
    monitoringStack: Literal["custom"] = "custom"  # noqa: N815
    customApiEndpoint: str = Field(  # noqa: N815
        "http://localhost:6360/api/metrics", max_length=500
    )
    slaTarget: float = Field(99.5, ge=0, lt=100)  # noqa: N815
    realTimeMonitoring: bool = True  # noqa: N815
    dataCollectionInterval: float = Field(5, ge=1, le=3600, description="seconds")  # noqa: N815
