"""What is asked of a rehearsal."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body
from ecp.orchestrator.rehearsals.model import MOST_RUNS

Text = Annotated[str, StringConstraints(max_length=8 << 20)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class NewRehearsal(Body):
    """A scenario with what it names; more than one run, or a grid, makes it a campaign."""

    scenario: Text | dict[str, Any] = Field(
        description="the text of a scenario file, or its object",
        examples=[
            {
                "scenario": "node-lost",
                "tenant": "acme",
                "faults": ["node_down@9h+30m"],
                "hypotheses": ["availability >= 99.5"],
                "for": "24h",
            }
        ],
    )
    files: dict[Name, Text] = Field(
        default_factory=dict,
        max_length=200,
        description="manifests and cluster files that the scenario names, by their names",
    )
    grid: Text | list[dict[str, Any]] | None = Field(
        None, description="variants of the scenario, each a patch of it or of its manifests"
    )
    runs: int = Field(1, ge=1, le=MOST_RUNS, description="seeds, for each variant the same")
    assumptions: bool | None = Field(
        None,
        description="rehearse again with every assumed figure at its bounds; by itself where they "
        "are few",
    )
    seed: int | None = Field(None, ge=0, lt=1 << 63, description="the first; else the scenario's")


class Again(Body):
    """One run of a rehearsal, to be looked at by itself; without a seed all of it once more."""

    seed: int | None = Field(None, ge=0, lt=1 << 63, examples=[17])
    variant: Name = Field("base", description="of a campaign with a grid")
    assumptions: bool | None = Field(
        None, description="of one run: with every assumed figure at its bounds, too; else as before"
    )
