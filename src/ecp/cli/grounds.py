"""What a scenario names beside manifests: files, a cluster that runs, a tenant that is kept."""

import os
from typing import Any

from ecp.cli.api import ask, snapshot
from ecp.cli.files import content_of
from ecp.cli.options import LANGUAGE
from ecp.cli.output import Failure
from ecp.cli.tenants import path_of
from ecp.rehearsal.grounds import BadGround, Ground, Kept
from ecp.rehearsal.run import Demand
from ecp.slo.contract import judged_by
from ecp.slo.credits import percent_to_ppm
from ecp.validation import Source

_TENANTS, _SLA = "/api/v1/tenants", "/api/v1/simulator/sla"


def ground(path: str) -> Ground:
    """Return how what the scenario file *path* names is reached: files are relative to it."""
    folder = os.path.dirname(path)
    return Ground(
        lambda name: content_of(os.path.join(folder, name)),
        lambda name: snapshot(name, LANGUAGE),
        kept,
    )


def kept(tenant: str) -> Kept:
    """Return what the orchestrator keeps of a tenant: its last valid manifest, or one generated
    now, its units, shape and contract, its target.

    Raises BadGround where it is unknown, Failure.
    """
    try:
        row = _asked(tenant, _TENANTS)
    except Failure as error:
        if error.exit_code != 4:
            raise
        raise BadGround("tenant-unknown", name=tenant) from error
    demand = _asked(tenant, _TENANTS, "/demand")
    agreed = _asked(tenant, _SLA, "/contract")
    manifest = ask("GET", path_of(tenant, _TENANTS, "/manifest"), LANGUAGE,
                   params={"format": "json"})  # fmt: skip
    units = {name: number for name, number in demand["units"].items() if number}
    return Kept(
        (Source(manifest["manifest_content"], f"{tenant}.yaml"),),
        Demand(
            row["namespace"],
            units,
            agreed.get("load") or {},
            False,
            demand["shape"],
            judged_by(agreed, units),
        ),
        percent_to_ppm(row["sla_target"]["availability"], "target"),
    )


def _asked(tenant: str, before: str, after: str = "") -> dict[str, Any]:
    return ask("GET", path_of(tenant, before, after), LANGUAGE)
