"""`ecp compose`: docker-compose's everyday commands for the full profile, without an engine.

`ecp serve`: one of our two applications in the foreground, as a container runs it.
"""

from typing import Annotated

import typer

from ecp.cli.options import Table, said

app = typer.Typer(help=said("cli.compose"), no_args_is_help=True)

Services = Annotated[
    list[str] | None, typer.Argument(help=said("cli.compose-services"), metavar="[SERVICE]...")
]


def register(main: typer.Typer) -> None:
    """Add the commands to `ecp`."""
    main.add_typer(app, name="compose")
    main.command("serve", help=said("cli.serve"))(serve)


@app.command("up", help=said("cli.compose-up"))
def up(
    services: Services = None,
    detach: Annotated[bool, typer.Option("-d", "--detach", help=said("cli.detach"))] = False,
) -> None:
    from ecp.cli.installation import doing

    doing.up(services, detach=detach)


@app.command("down", help=said("cli.compose-down"))
def down() -> None:
    from ecp.cli.installation import doing

    doing.down()


@app.command("restart", help=said("cli.compose-restart"))
def restart(services: Services = None) -> None:
    from ecp.cli.installation import doing

    doing.restart(services)


@app.command("stop", help=said("cli.compose-stop"))
def stop(services: Services = None) -> None:
    from ecp.cli.installation import doing

    doing.stop(services)


@app.command("start", help=said("cli.compose-start"))
def start(services: Services = None) -> None:
    from ecp.cli.installation import doing

    doing.start_again(services)


@app.command("ps", help=said("cli.compose-ps"))
def ps(output: Table = "table") -> None:
    from ecp.cli.installation import doing

    doing.ps(output)


@app.command("logs", help=said("cli.compose-logs"))
def logs(
    services: Services = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help=said("cli.follow"))] = False,
    tail: Annotated[int, typer.Option("--tail", metavar="N", help=said("cli.tail"))] = -1,
) -> None:
    from ecp.cli.installation import doing

    doing.logs(services, follow=follow, tail=tail)


@app.command(
    "exec",
    help=said("cli.compose-exec"),
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def execute(
    service: Annotated[str, typer.Argument(help=said("cli.compose-service"))],
    command: Annotated[
        list[str], typer.Argument(help=said("cli.compose-command"), metavar="COMMAND...")
    ],
) -> None:
    from ecp.cli.installation import doing

    raise typer.Exit(doing.execute(service, command))


def serve(
    service: Annotated[str, typer.Argument(help=said("cli.serve-service"))],
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help=said("cli.serve-port"))
    ] = None,
) -> None:
    from ecp.cli.installation import doing

    doing.serve(service, port)
