"""The tools over the Model Context Protocol, on stdin and stdout.

The SDK is an extra (`pip install 'ecp[mcp]'`): it takes a second to load and 65 MB, and nobody
else needs it. It is imported by this module alone, and this module by `ecp mcp` alone.
"""

import json
from typing import Any

import anyio
import jsonschema_rs
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from ecp import __version__
from ecp.cli.mcp.tools import Misuse, Tool, offered, refusal
from ecp.client import ApiError, AsyncOrchestrator, Unreachable

INSTRUCTIONS = (
    "ECP rehearses Kubernetes manifests of a tenant before they are deployed. Validate what you "
    "wrote, mend every finding, rehearse it with the faults that matter, and only then apply. "
    "Figures are simulated; `why` and `report` name their causes."
)


def served(client: AsyncOrchestrator, *, deploy: bool) -> Server[Any]:
    """Return the server of the tools; *deploy*: also of the one that changes what runs."""
    tools = {tool.name: tool for tool in offered(deploy=deploy)}
    checks = {name: jsonschema_rs.validator_for(tool.schema) for name, tool in tools.items()}

    async def list_tools(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in tools.values()])

    async def call_tool(
        _: ServerRequestContext[Any], asked: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = tools.get(asked.name)
        if tool is None:
            known = ", ".join(tools)
            hint = "" if deploy else " Deploying is off: start with `ecp mcp --allow-deploy`."
            return _failed(f"There is no tool {asked.name}. There are: {known}.{hint}")
        given = dict(asked.arguments or {})
        wrong = [_place(error) for error in checks[tool.name].iter_errors(given)]
        if wrong:
            return _failed("The arguments do not fit:\n" + "\n".join(wrong))
        try:
            found = await tool.does(client, given)
        except Misuse as error:
            return _failed(str(error))
        except ApiError as error:
            return _failed(refusal(error))
        except Unreachable as error:
            return _failed(
                f"{error}. Start the services with `ecp up`, or set ECP_ORCHESTRATOR_URL."
            )
        text = json.dumps(found, ensure_ascii=False, indent=1)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], structured_content=found
        )

    return Server(
        "ecp",
        version=__version__,
        title="ECP",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.about,
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.changes,
            destructive_hint=tool.changes,
            idempotent_hint=not tool.changes,
            open_world_hint=False,
        ),
    )


def _place(error: Any) -> str:
    where = ".".join(str(part) for part in error.instance_path)
    return f"- {where + ': ' if where else ''}{error.message}"


def _failed(message: str) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=message)], is_error=True
    )


def serve(url: str, *, demo: bool, deploy: bool) -> None:
    """Serve until stdin ends."""

    async def run() -> None:
        async with AsyncOrchestrator(url, demo=demo) as client, stdio_server() as (reads, writes):
            server = served(client, deploy=deploy)
            await server.run(reads, writes, server.create_initialization_options())

    anyio.run(run)
