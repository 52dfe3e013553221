"""Scenario files take chaos objects as they are written for Chaos Mesh."""

from pathlib import Path

import pytest

from ecp.rehearsal.outcome import carried_out
from ecp.rehearsal.scenario import Scenario, ScenarioRefused, from_plain, parse
from ecp.sim.engine.engine import SECOND
from ecp.validation import Source

EXAMPLES = Path(__file__).parents[3] / "examples"
HEAD = """scenario: s
manifests: [chatbot.yaml]
for: 1h
faults:
"""
LATE = """- apiVersion: chaos-mesh.org/v1alpha1
  kind: NetworkChaos
  metadata: {name: late}
  spec:
    action: delay
    mode: all
    selector: {namespaces: [acme], labelSelectors: {app: chatbot}}
    delay: {latency: 90ms}
    duration: 60s
"""
STEPS = """- at: 10m
  object:
    apiVersion: chaos-mesh.org/v1alpha1
    kind: Workflow
    metadata: {name: steps}
    spec:
      entry: root
      templates:
      - {name: root, templateType: Serial, children: [kill, wait, full]}
      - {name: kill, templateType: PodChaos, deadline: 30s, podChaos:
          {action: pod-kill, mode: one,
           selector: {namespaces: [acme], labelSelectors: {app: chatbot}}}}
      - {name: wait, templateType: Suspend, deadline: 1m}
      - {name: full, templateType: RegistryOutage, deadline: 1m, registryOutage: {}}
"""


def load(name: str) -> list[Source]:
    return [Source((EXAMPLES / name).read_text("utf-8"), name)]


def read(faults: str) -> Scenario:
    return parse(HEAD + faults, "s.yaml", load)


def test_objects_are_carried_out_beside_faults_in_words() -> None:
    scenario = read(LATE + STEPS + "- node_down@30m+1m\n")
    assert from_plain(scenario.plain()) == scenario
    run = carried_out(scenario).found.run
    assert run is not None
    asked = [(words, fault.name) for words, fault in run.asked]
    assert ("node_down@30m+1m", "node_down") in asked
    assert ("networkchaos.chaos-mesh.org/default/late", "network_latency") in asked
    assert sorted(name for _, name in asked) == [
        "network_latency", "node_down", "pod_kill", "registry_down",
    ]  # fmt: skip
    born = run.born * 5 * SECOND
    began = {fault.name: round(((fault.started or 0) - born) / SECOND) for _, fault in run.asked}
    assert began == {
        "network_latency": 0, "pod_kill": 600, "registry_down": 690, "node_down": 1800,
    }  # fmt: skip
    assert run.idle == []


def test_an_object_that_hits_nobody_rehearses_nothing() -> None:
    found = carried_out(read(LATE.replace("app: chatbot", "app: nobody"))).found
    assert found.run is not None
    assert found.run.idle == ["NetworkChaos/late@0"]
    assert found.exit_code == 6


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        pytest.param("duration: 60s", "durationn: 60s", "s.yaml:13:5", id="an unknown field"),
        pytest.param("duration: 60s", "duration: 5 apples", "s.yaml:13:15", id="a bad duration"),
        pytest.param("mode: all", "mode: most", "s.yaml:10:11", id="a word that is none of its"),
        pytest.param("action: delay", "action: 5", "s.yaml:9:13", id="a number for a word"),
        pytest.param("{latency: 90ms}", "{latency: soon}", "s.yaml:12:22", id="a bad latency"),
        pytest.param("    mode: all\n", "", "s.yaml:9:5", id="a missing field"),
        pytest.param("kind: NetworkChaos", "kind: KernelChaos", "s.yaml:9:5", id="not simulated"),
        pytest.param("kind: NetworkChaos", "kind: Chaos", "s.yaml:6:9", id="an unknown kind"),
        pytest.param("kind: NetworkChaos", "kind: [a]", "s.yaml:6:9", id="a list for a kind"),
    ],
)
def test_an_object_is_refused_with_its_place(old: str, new: str, where: str) -> None:
    with pytest.raises(ScenarioRefused) as refused:
        read(LATE.replace(old, new))
    assert (refused.value.where, refused.value.key) == (where, "scenario.chaos")
    assert refused.value.said("ko") != refused.value.said("en")


def test_an_object_after_the_end_is_refused() -> None:
    with pytest.raises(ScenarioRefused) as refused:
        read(STEPS.replace("10m", "2h"))
    assert (refused.value.where, refused.value.key) == ("s.yaml:5:7", "scenario.too-late")


def test_a_line_may_have_its_bounds_beside_it() -> None:
    scenario = read(
        '- {fault: "service_down:deployment/chatbot@10m+30m", abort: ["ready < 50 for 1m"]}\n'
    )
    assert from_plain(scenario.plain()) == scenario
    run = carried_out(scenario).found.run
    assert run is not None
    [fault] = run.injected
    assert fault.wish["abort"] == ["ready < 50 for 1m"]
    with pytest.raises(ScenarioRefused, match=r"s.yaml:5:12: Condition \[0\]"):
        read('- {fault: "node_down@1m", abort: [soon]}\n')
