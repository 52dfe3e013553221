"""The guide's settings, their defaults, and what the environment says instead.

Source: the integration guide's settings tab and environment variables; requirement C20.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ecp.edge.bodies import Body
from ecp.edge.services import SERVICES
from ecp.orchestrator.records import Reached

_ADDRESS: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


def _address(value: str) -> str:
    """Raises ValueError for what is no address, in words; a pattern is none to most people."""
    if not _ADDRESS.fullmatch(value):
        raise PydanticCustomError(
            "bad_address",
            "Give http:// or https:// and a host, without user and password, "
            "as in http://localhost:6360",
        )
    return value


def _address_or_none(value: str) -> str:
    return _address(value) if value else value


Url = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(_address),
    Field(json_schema_extra={"pattern": f"^{_ADDRESS.pattern}$"}),
]
UrlOrNone = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(_address_or_none),
    Field(json_schema_extra={"pattern": f"^({_ADDRESS.pattern})?$"}),
]

Path = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f]*$")]


class Settings(Body):
    """Kubernetes and monitoring settings, as the guide spells them."""

    deploymentMethod: Literal["k8s-simulator", "kubernetes"] = "k8s-simulator"  # noqa: N815
    deploymentEndpoint: Url = "http://localhost:6360"  # noqa: N815
    simulatorUrl: Url = "http://localhost:6390"  # noqa: N815
    validationStrict: bool = True  # noqa: N815
    monitoringStack: Literal["custom"] = "custom"  # noqa: N815
    customApiEndpoint: Url = "http://localhost:6360/api/metrics"  # noqa: N815
    slaTarget: float = Field(99.5, ge=0, lt=100)  # noqa: N815
    realTimeMonitoring: bool = True  # noqa: N815
    dataCollectionInterval: float = Field(5, ge=1, le=3600, description="seconds")  # noqa: N815
    kubeconfig: Path = Field("", description="kubernetes: a file on this machine")
    kubeContext: Path = Field("", description="kubernetes: default: its current one")  # noqa: N815
    clusterUrl: UrlOrNone = Field(  # noqa: N815
        "", description="kubernetes: in the place of a kubeconfig; its token is in the environment"
    )
    clusterReadOnly: bool = Field(  # noqa: N815
        True, description="kubernetes: compare and look, change nothing"
    )
    auditDays: int = Field(  # noqa: N815
        365, ge=1, le=3650, description="days for which the audit log is kept"
    )
    auditEntries: int = Field(  # noqa: N815
        100_000, ge=1000, le=10_000_000, description="entries that it has at most"
    )


class Connections(Body):
    """Addresses to be tried; what is left out is tried as it is in force."""

    deploymentEndpoint: Url | None = None  # noqa: N815
    simulatorUrl: Url | None = None  # noqa: N815
    customApiEndpoint: Url | None = None  # noqa: N815
    deploymentMethod: Literal["k8s-simulator", "kubernetes"] | None = None  # noqa: N815
    kubeconfig: Path | None = None
    kubeContext: Path | None = None  # noqa: N815
    clusterUrl: UrlOrNone | None = None  # noqa: N815


class Setting(NamedTuple):
    """A setting in force: its value, whence, and the environment variable that says so; what is
    stored (None: nothing is), and its default."""

    name: str
    value: Any
    source: Literal["environment", "stored", "default"]
    variable: str | None = None
    stored: Any = None
    default: Any = None


# The environment goes before what is stored: who starts the service knows where its peers are.
_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "deploymentEndpoint": (
        "K8S_SIMULATOR_URL",
        "K8S_SIMULATOR_EXTERNAL_URL",
        "ECP_SIMULATOR_URL",
    ),
    "simulatorUrl": ("ECP_DASHBOARD_URL",),
    "deploymentMethod": ("ECP_DEPLOYMENT_METHOD",),
    "kubeconfig": ("ECP_KUBECONFIG",),
    "kubeContext": ("ECP_KUBE_CONTEXT",),
    "clusterUrl": ("ECP_CLUSTER_URL",),
    "clusterReadOnly": ("ECP_CLUSTER_READ_ONLY",),
}
_PORTS: Final = {service.name: service for service in SERVICES}


def defaults() -> dict[str, Any]:
    """Return every setting as it is when nobody says anything: the guide's, on the chosen ports."""
    simulator = f"http://localhost:{_PORTS['simulator'].chosen_port()}"
    return {
        **Settings.model_validate({}).model_dump(),
        "deploymentEndpoint": simulator,
        "simulatorUrl": f"http://localhost:{_PORTS['simulator-dashboard'].chosen_port()}",
        "customApiEndpoint": f"{simulator}/api/metrics",
    }


def shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as they are stored; what was never set has its default."""
    return Settings(**{**defaults(), **stored}).model_dump()


def in_force(stored: Mapping[str, Any], environment: Mapping[str, str]) -> list[Setting]:
    """Return each setting as it holds: environment, else stored, else default."""
    found = []
    usual = defaults()
    for name, value in shown(stored).items():
        also = {"stored": value if name in stored else None, "default": usual[name]}
        variables = _VARIABLES.get(name, ())
        variable = next((v for v in variables if environment.get(v)), None)
        if variable is not None:
            said = environment[variable].rstrip("/")
            held = said.lower() not in ("no", "false", "0") if isinstance(value, bool) else said
            found.append(Setting(name, held, "environment", variable, **also))
        else:
            source: Literal["stored", "default"] = "stored" if name in stored else "default"
            found.append(Setting(name, value, source, **also))
    return found


FEEDS: Final = ("K8S_SIMULATOR_REDIS_URL", "K8S_SIMULATOR_WS_URL")
"""Where closed minutes are heard, the first that is set; neither: they are asked for by REST."""


def feeds_in_force(heard: Mapping[str, str]) -> list[Setting]:
    """Return the addresses of the simulator's feeds, None for one that the environment leaves."""
    return [
        Setting(name, heard.get(name), "environment" if name in heard else "default", name)
        for name in FEEDS
    ]


# -- what answered --------------------------------------------------------------------------------

CONNECTIONS: Final = ("deploymentEndpoint", "simulatorUrl", "customApiEndpoint")
ASKED: Final = {"deploymentEndpoint": "/", "simulatorUrl": "/dashboard", "customApiEndpoint": ""}
"""What is asked for below each address."""
_SAMPLE = re.compile(rb"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? \S+", re.MULTILINE)


def recognised(name: str, reached: Reached) -> str | None:
    """Return who answered, None where it is not whom setting *name* is about."""
    if reached.status != 200:
        return None
    if name == "simulatorUrl":
        return "HTML" if reached.media == "text/html" else None
    if reached.media == "text/plain":
        samples = name == "customApiEndpoint" and _SAMPLE.search(reached.content)
        return "Prometheus" if samples else None
    try:
        body = json.loads(reached.content)
    except ValueError:
        # A collection may be longer than what was read of it.
        long = name == "customApiEndpoint" and reached.media == "application/json"
        return "JSON" if long and reached.content[:1] == b"{" else None
    if not isinstance(body, dict):
        return None
    if name == "customApiEndpoint":
        return "JSON"
    if str(body.get("service", "")) != "ecp-simulator":
        return None
    return f"ecp-simulator {body.get('version', '')}".strip()
