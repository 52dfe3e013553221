"""`ecp mcp`: the tools for agents, over stdio."""

from importlib.util import find_spec
from typing import Annotated

import typer

from ecp.cli.options import said
from ecp.cli.output import Failure
from ecp.cli.tenants import Demo


def mcp(
    allow_deploy: Annotated[
        bool, typer.Option("--allow-deploy", help=said("cli.mcp-deploy"))
    ] = False,
    demo: Demo = False,
) -> None:
    """Serve until stdin ends."""
    if find_spec("mcp") is None:
        raise Failure("cli.mcp-missing", 1)
    from ecp.cli.mcp.serving import serve
    from ecp.edge.services import orchestrator_url

    serve(orchestrator_url(), demo=demo, deploy=allow_deploy)
