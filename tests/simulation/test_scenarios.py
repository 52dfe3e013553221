"""The library of scenarios: each comes out as it expects, and for the right reason."""

from functools import cache
from pathlib import Path

import pytest

from ecp.cli.campaigns import read_grid, read_scenario
from ecp.kube.kinds import PODS
from ecp.rehearsal.outcome import Outcome, carried_out
from ecp.validation import Source

FOLDER = Path(__file__).parents[2] / "examples" / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.yaml"))


@cache
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
        ("gpu-lost", set()),
        ("registry-down", set()),
        ("maintenance", set()),
        ("leak-to-oom", {("fault", "memory_leak")}),
        ("slow-dependency", {("fault", "dependency_slow")}),
        ("certificate-expiry", {("fault", "cert_expiry")}),
    ],
)
def test_down_time_follows_from_what_went_wrong(name: str, reasons: set[tuple[str, str]]) -> None:
    measures = rehearsed(name).measures
    assert measures is not None
    assert set(measures.blame()) == reasons


def test_the_worst_day_names_every_fault_that_cost_something() -> None:
    measures = rehearsed("everything-at-once").measures
    assert measures is not None
    blamed = measures.blame()
    assert {("fault", "zone_down"), ("fault", "service_down"), ("load", "load")} <= set(blamed)
    # Overload follows from the load: a fault is blamed for the entries that it took down itself.
    assert all(seconds > 0 for seconds in blamed.values())
    assert max(blamed, key=lambda cause: blamed[cause]) == ("load", "load")
    # What an autoscaler does follows from the load; nothing else was released.
    assert {name for kind, name in blamed if kind == "rollout"} <= {"release"}


def test_the_version_that_had_to_wait_for_the_registry_is_there_at_the_end() -> None:
    measures = rehearsed("registry-down").measures
    assert measures is not None
    pods = measures.run.cluster.read.list(PODS, "acme")
    images = {pod["spec"]["containers"][0]["image"] for pod in pods if "chatbot" in
              pod["metadata"]["name"]}  # fmt: skip
    assert images == {"registry.example.com/acme/chatbot:1.4.3"}


_PROBE = """\
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 5
"""
# What a scenario holds by, taken away: a name, the change, the hypothesis that then fails.
WEAKNESSES = {
    "one replica, and its node is drained": (
        "maintenance", [("replicas: 3", "replicas: 1")], "availability of chatbot"),
    "one replica, and its node is lost": (
        "node-lost", [("replicas: 3", "replicas: 1")], "availability of chatbot"),
    "no readiness probe, and a version that starts for a minute": (
        "registry-down",
        [(_PROBE, ""), ("labels: {app: chatbot}\n    spec", "labels: {app: chatbot}\n      "
          "annotations: {sim.ecp-ai.io/start-after: 1m}\n    spec")],
        "availability of chatbot"),
}  # fmt: skip


@pytest.mark.parametrize("weakness", WEAKNESSES)
def test_a_planted_weakness_fails_the_right_claim(weakness: str) -> None:
    name, changes, claim = WEAKNESSES[weakness]
    scenario = read_scenario(str(FOLDER / f"{name}.yaml"), "en")[1]

    def weak(source: Source) -> Source:
        text = source.text if isinstance(source.text, str) else source.text.decode()
        for old, new in changes:
            text = text.replace(old, new)
        return source._replace(text=text)

    worse = scenario._replace(
        sources=tuple(map(weak, scenario.sources)),
        changes=tuple(
            step._replace(sources=tuple(map(weak, step.sources))) for step in scenario.changes
        ),
    )
    assert carried_out(scenario).passed
    outcome = carried_out(worse)
    failed = [row.hypothesis.text for row in outcome.verdicts if row.status == "failed"]
    assert any(text.startswith(claim) for text in failed), outcome.to_text("en")


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
