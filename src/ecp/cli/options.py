"""What commands share: language, options, calls to the simulator."""

import re
from typing import Annotated, Any

import typer

from ecp.cli.output import Failure
from ecp.texts import language_of_environment, text

LANGUAGE = language_of_environment()


def said(key: str) -> str:
    """Return a text without blanks in the user's language."""
    return text(key, LANGUAGE)


Output = Annotated[str, typer.Option("-o", "--output", help=said("cli.output"))]
ClusterName = Annotated[str, typer.Option("--cluster", help=said("cli.cluster-name"))]


def check_output(output: str, *allowed: str) -> None:
    """Raise Failure for a form of output that the command has not."""
    if output not in allowed:
        raise Failure("cli.bad-output", 2, output=output, allowed=", ".join(allowed))


def called(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the simulator; return what it says. Raises Failure."""
    from ecp.cli.api import call

    return call(method, path, LANGUAGE, body)


def clusters_path(name: str, rest: str = "") -> str:
    """Return the path of a cluster in the simulator's API. Raises Failure for a bad name."""
    return f"/api/v1/clusters/{checked_name(name)}{rest}"


def checked_name(name: str) -> str:
    """Return *name*, fit for a path. Raises Failure."""
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
        raise Failure("cluster.bad-name", 2, name=name)
    return name
