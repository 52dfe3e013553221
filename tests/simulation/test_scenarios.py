"""The library of scenarios: each comes out as it expects, and for the right reason."""

from pathlib import Path

import pytest

from ecp.cli.campaigns import read_grid, read_scenario
from ecp.kube.kinds import PODS
from ecp.rehearsal.outcome import Outcome, carried_out

FOLDER = Path(__file__).parents[2] / "examples" / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.yaml"))


def rehearsed(name: str) -> Outcome:
    return carried_out(read_scenario(str(FOLDER / f"{name}.yaml"), "en")[1])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_comes_out_as_it_expects(path: Path) -> None:
    outcome = rehearsed(path.stem)
    assert outcome.scenario.name == path.stem
    assert set(outcome.scenario.title) == {"en", "ko"}
    assert outcome.scenario.hypotheses
    assert outcome.as_expected, outcome.to_text("en")
    assert outcome.found.started
    assert outcome.found.proven


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("node-lost", {("fault", "node_down")}),
        ("zone-lost", {("fault", "zone_down")}),
        ("store-hangs", {("fault", "service_down")}),
        ("bad-version", set()),
        ("busy-monday", set()),
        ("too-few-replicas", {("load", "load")}),
    ],
)
def test_down_time_follows_from_what_went_wrong(name: str, reasons: set[tuple[str, str]]) -> None:
    measures = rehearsed(name).measures
    assert measures is not None
    assert set(measures.blame()) == reasons


def test_the_bad_version_is_there_and_never_ready() -> None:
    measures = rehearsed("bad-version").measures
    assert measures is not None
    pods = [pod for pod in measures.run.cluster.read.list(PODS, "acme")
            if pod["spec"]["containers"][0]["image"].endswith(":1.5.0")]  # fmt: skip
    waiting = [pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] for pod in pods]
    assert waiting
    assert set(waiting) <= {"ErrImagePull", "ImagePullBackOff"}


def test_a_weakness_makes_the_bad_version_hurt() -> None:
    path = FOLDER / "grids" / "strategy.yaml"
    source, _ = read_scenario(str(FOLDER / "bad-version.yaml"), "en")
    rolling, recreate = read_grid(str(path), source, "en")
    assert carried_out(rolling.scenario).passed
    outcome = carried_out(recreate.scenario)
    assert not outcome.passed
    assert outcome.measures is not None
    assert outcome.measures.ledger is None
    assert [kind for kind, _ in outcome.measures.blame()] == ["release"]
