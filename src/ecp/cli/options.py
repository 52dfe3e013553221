"""What commands share: language, options, calls to the simulator."""

import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

from ecp.cli.output import JSONPATH, Failure, typed
from ecp.texts import language_of_environment, text

LANGUAGE = language_of_environment()


def said(key: str, **values: Any) -> str:
    """Return a text in the user's language, its hints as they can be typed here."""
    return typed(text(key, LANGUAGE, **values))


def form(*allowed: str) -> Any:
    """Return the option `-o`; any other form than those *allowed* is a Failure."""
    return typer.Option(
        "-o",
        "--output",
        metavar="FORM",
        help=said("cli.output", forms=", ".join(allowed)),
        callback=_one_of(allowed),
        autocompletion=lambda: list(allowed),
    )


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def checked(output: str) -> str:
        templated = JSONPATH in allowed and output.startswith(JSONPATH)
        if output not in allowed and not templated:
            raise Failure("cli.bad-output", 2, output=output, allowed=", ".join(allowed))
        return output

    return checked


Text = Annotated[str, form("text", "json", "yaml", JSONPATH)]
Named = Annotated[str, form("text", "json", "yaml", "name", JSONPATH)]
Table = Annotated[str, form("table", "json", "yaml", JSONPATH)]
NamedTable = Annotated[str, form("table", "json", "yaml", "name", JSONPATH)]
ClusterName = Annotated[
    str, typer.Option("--cluster", metavar="NAME", help=said("cli.cluster-name"))
]


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
