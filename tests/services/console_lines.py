"""The lines that the consoles' buttons show: pages on which they stand filled in, and what is wrong
with a line.
"""

import os
import subprocess
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from . import lines
from .commands import misread
from .stack import Stack

AWKWARD: Final = "it's 점검 $HOME"
"""What nobody types and every line has to bear, wherever text is free."""


def wrong(stack: Stack, shown: Iterable[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the lines that buttons show, each with its page and button."""
    documents = {
        stack.ports[service]: stack.call(service, "GET", "/openapi.json").body
        for service in ("orchestrator", "simulator")
    }
    found, seen = [], set()
    for one in shown:
        for line in filter(None, (one["cli"], one["curl"])):
            if line in seen:
                continue
            seen.add(line)
            said = _wrong(stack, documents, line, filled=not one["disabled"])
            found += [f"{one['page']} {one['name']}: {line}: {problem}" for problem in said]
    return found


def _wrong(
    stack: Stack, documents: dict[int | None, dict[str, Any]], line: str, *, filled: bool
) -> list[str]:
    try:
        called = lines.read(line)
    except ValueError as error:
        return [str(error)]
    found = []
    for one in called:
        program, *arguments = one.arguments
        if filled and one.blanks:
            found.append(f"to be filled in: {one.blanks}")
        if program == "ecp":
            found += filter(None, [misread(tuple(arguments))])
        elif program == "kubectl":
            found += _refused(arguments)
        else:
            call = lines.of_curl(tuple(arguments))
            at = urlsplit(call.url)
            if at.path.startswith("/clusters/"):
                found += _dry(call)
            elif at.port not in documents:
                found.append("sent to nobody")
            elif filled:
                found += lines.against(documents[at.port], call)
    return found


def _refused(arguments: list[str]) -> list[str]:
    """Return what kubectl, or the cluster, says against a command that it does not carry out."""
    dry = [] if "restart" in arguments else ["--dry-run=server"]
    given = {**os.environ, "KUBECONFIG": os.devnull}
    ran = subprocess.run(
        ["kubectl", *arguments, *dry], env=given, capture_output=True, text=True, check=False
    )
    return [ran.stderr] if ran.returncode else []


def _dry(call: lines.Call) -> list[str]:
    """Return what a cluster's Kubernetes API says against a call that it does not carry out."""
    answer = httpx.request(
        call.method,
        call.url,
        params={"dryRun": "All"},
        headers=call.headers,
        content=call.body,
    )
    # An eviction that a budget forbids for now is understood all the same.
    return [] if answer.is_success or answer.status_code == 429 else [answer.text]
