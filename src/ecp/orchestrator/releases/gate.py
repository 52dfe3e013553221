"""What is rehearsed before a release is sent, and what its verdict means for it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecp.kube.yamlwriter import dump
from ecp.orchestrator.records import AT_WORK, Obj, Rehearsal, Tenant
from ecp.slo.contract import judged_by

NONE: Final = "none"
WARN: Final = "warn"
BLOCK: Final = "block"
"""Policies: not rehearsed; rehearsed, and sent whatever came of it; sent only where it passed."""
GATE: Final = "gate"
"""The option of a release that keeps its policy, its rehearsal and what came of it."""
FILE: Final = "bundle.yaml"
_SHAPE: Final = "shape"


def scenario(
    tenant: Tenant, bundle: Sequence[Obj], asked: Mapping[str, Any], cluster: str | None
) -> Obj:
    """Return what `rehearsals` is asked for: the bundle on a copy of the cluster as it is.

    *cluster* None: it cannot be copied, and a fresh one of the shipped model stands for it.
    """
    units = {name: n for name, n in tenant.requirements.items() if n}
    contract = tenant.options.get("contract") or {}
    demand: Obj = {"namespace": tenant.namespace, "units": units}
    demand |= {"load": contract["load"]} if contract.get("load") else {}
    agreed = judged_by(contract, units)
    demand |= {"contract": agreed} if agreed else {}
    demand |= {"shape": tenant.options[_SHAPE]} if tenant.options.get(_SHAPE) else {}
    wanted: Obj = {
        "scenario": "release-gate",
        "manifests": [FILE],
        "for": asked["for"],
        "faults": list(asked["faults"]),
        "hypotheses": list(asked["hypotheses"]),
        "target": tenant.target_ppm / 10_000,
    }
    if cluster is not None:
        wanted["cluster"] = {"live": cluster}
    if units:
        wanted["demand"] = demand
    return {
        "scenario": {name: value for name, value in wanted.items() if value != []},
        "files": {FILE: dump(bundle)},
        "grid": None,
        "runs": 1,
        "assumptions": False,
        "seed": asked.get("seed"),
    }


def begun(asked: Mapping[str, Any], row: Rehearsal) -> Obj:
    """Return what a release keeps of its gate while that is being rehearsed."""
    return {
        "policy": asked["policy"],
        "rehearsal_id": row.id,
        "state": "rehearsing",
        "passed": None,
        "for": asked["for"],
        "faults": list(asked["faults"]),
        "hypotheses": list(asked["hypotheses"]),
    }


def decided(gate: Mapping[str, Any], row: Rehearsal | None) -> tuple[Obj, bool]:
    """Return what is kept of a gate now, and whether the release may be sent.

    Raises ValueError while its rehearsal is at work. One that was forgotten, stopped or could not
    be carried out proves nothing: it stops what `block` guards.
    """
    if row is not None and row.state in AT_WORK:
        raise ValueError(f"rehearsal {row.id} is {row.state}")
    passed = row is not None and row.state == "done" and bool(row.verdict.get("passed"))
    kept = {
        **gate,
        "state": "gone" if row is None else row.state,
        "passed": passed,
        "exit_code": None if row is None else row.verdict.get("exit_code"),
    }
    return kept, passed or gate["policy"] == WARN
