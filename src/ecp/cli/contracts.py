"""`ecp slo contract`: what is agreed with a tenant about time and money, read and written whole."""

import json
from typing import Annotated

import typer

from ecp.cli.api import ask
from ecp.cli.options import LANGUAGE, Text, said
from ecp.cli.output import aligned, printed
from ecp.cli.tenants import Demo, TenantId, mapping_of, path_of

_SLA = "/api/v1/simulator/sla"
_BESIDE = ("tenant_id", "limits")
"""What is told beside what is agreed."""


def contract(
    tenant: TenantId,
    file: Annotated[
        str | None, typer.Option("-f", "--file", metavar="FILE", help=said("cli.slo-contract-file"))
    ] = None,
    demo: Demo = False,
    output: Text = "text",
) -> None:
    path = path_of(tenant, _SLA, "/contract")
    if file is None:
        found = ask("GET", path, LANGUAGE, demo=demo)
    else:
        # What was printed can be given back.
        given = mapping_of(file, "cli.slo-contract-unreadable")
        terms = {name: value for name, value in given.items() if name not in _BESIDE}
        found = ask("PUT", path, LANGUAGE, terms, demo=demo)
    if printed(found, output):
        return
    rows = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
        if name not in _BESIDE
    ]
    for line in aligned(rows) if rows else [said("cli.slo-contract-usual")]:
        print(line)
