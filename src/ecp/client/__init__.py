"""Clients of both services, each to be called or to be awaited.

    from ecp.client import Orchestrator

    with Orchestrator("http://localhost:8001") as ecp:
        print(ecp.validate_manifest({"manifest_content": text})["errors"])

Methods, bodies and answers are made from the services' OpenAPI documents by `tools/make_api.py`;
what sends them is in `transport`. Every method raises ApiError and Unreachable.
"""

from ecp.client.generated.orchestrator import AsyncOrchestrator, Orchestrator
from ecp.client.generated.simulator import AsyncSimulator, Simulator
from ecp.client.transport import ApiError, Event, Unreachable

__all__ = [
    "ApiError",
    "AsyncOrchestrator",
    "AsyncSimulator",
    "Event",
    "Orchestrator",
    "Simulator",
    "Unreachable",
]
