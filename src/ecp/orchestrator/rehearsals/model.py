"""What a rehearsal may be: its states, its single runs, how far it is. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ecp.kube.times import rfc3339
from ecp.orchestrator.records import AT_WORK, Obj, Rehearsal

STOPPED: Final = ("interrupted", "cancelled", "failed")
"""States from which a rehearsal can be resumed."""
MEDIA: Final = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "junit": "application/xml; charset=utf-8",
}
MOST_RUNS: Final = 10_000
MOST_VARIANTS: Final = 200


def tasks(variants: Sequence[Mapping[str, Any]], runs: int) -> list[tuple[str, int, int]]:
    """Return (key, number of the variant, seed) of every run: seed by seed, so that what there is
    so far compares variants. The order of `rehearsal.campaign.Campaign.tasks`."""
    first = variants[0]["scenario"]["seed"]
    return [
        (f"v{number}-s{seed}", number, seed)
        for seed in range(first, first + runs)
        for number in range(len(variants))
    ]


def rehearsal_json(row: Rehearsal, share: float | None) -> Obj:
    """Return a rehearsal as lists and details show it; *share* of what is at work, None: nothing.

    What has just ended is still known as at work for a moment: it counts as done alone.
    """
    working = share or 0.0 if row.state in AT_WORK else 0.0
    whole = (row.done + working) / row.runs
    return {
        "rehearsal_id": row.id,
        "name": row.name,
        "kind": row.kind,
        "state": row.state,
        "progress": {"done": row.done, "runs": row.runs, "share": round(whole, 4)},
        "created_at": rfc3339(row.created_at),
        "ended_at": None if row.ended_at is None else rfc3339(row.ended_at),
        "verdict": dict(row.verdict) or None,
        "detail": row.detail or None,
        "links": {
            "self": f"/api/v1/rehearsals/{row.id}",
            "report": f"/api/v1/rehearsals/{row.id}/report",
        },
    }
