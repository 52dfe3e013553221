"""Requests about the demo."""

from pydantic import Field

from ecp.edge.bodies import Body
from ecp.orchestrator.demo.model import DAYS, MOST_DAYS, SEED


class Wanted(Body):
    """What kind of a history is wanted."""

    days: int = Field(DAYS, ge=1, le=MOST_DAYS, description="of history", examples=[30])
    seed: int = Field(
        SEED, ge=0, lt=1 << 63, description="of the cluster: the same one tells the same story"
    )
    start: str | None = Field(
        None,
        description="where the history begins (UTC); default: so that it ends now",
        examples=["2026-01-05T00:00:00Z"],
    )
