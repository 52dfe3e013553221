"""Scenario files: read with places, rehearsed, judged, shown, repeated."""

import json
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.rehearsal import html, junit
from ecp.rehearsal.alike import first_difference
from ecp.rehearsal.failures import failures
from ecp.rehearsal.grounds import BadGround, Ground, Kept
from ecp.rehearsal.omitted import omissions
from ecp.rehearsal.outcome import Outcome, carried_out, read_result
from ecp.rehearsal.run import Demand
from ecp.rehearsal.scenario import Scenario, ScenarioRefused, parse
from ecp.rehearsal.variants import merged, variants
from ecp.sim.cluster import Cluster
from ecp.sim.store.packing import pack
from ecp.texts import Language
from ecp.validation import Source

LANGUAGES: tuple[Language, ...] = ("en", "ko")
EXAMPLES = Path(__file__).parents[3] / "examples"


def load(name: str) -> list[Source]:
    return [Source((EXAMPLES / name).read_text("utf-8"), name)]


def scenario(**fields: Any) -> Scenario:
    body = {"scenario": "s", "manifests": ["chatbot.yaml"], "for": "1h", **fields}
    return parse(yaml.safe_dump(body), "s.yaml", load)


HEAD = "scenario: s\nmanifests: [chatbot.yaml]\n"


@pytest.mark.parametrize(
    ("content", "where", "key"),
    [
        ("a: [", "s.yaml:1:5", "scenario.yaml"),
        ("{}\n---\n{}\n", "s.yaml", "scenario.one-document"),
        ("- a\n", "s.yaml:1:1", "scenario.fields"),
        (HEAD + "fault: []\n", "s.yaml:3:1", "scenario.unknown"),
        ("manifests: [chatbot.yaml]\n", "s.yaml:1:1", "scenario.name"),
        ("scenario: s\nmanifests: []\n", "s.yaml:2:12", "scenario.no-manifests"),
        (HEAD + "for: soon\n", "s.yaml:3:6", "scenario.duration"),
        (HEAD + "for: 1s\n", "s.yaml:3:6", "scenario.length"),
        (HEAD + "seed: -1\n", "s.yaml:3:7", "scenario.seed"),
        (HEAD + "cluster: moon\n", "s.yaml:3:10", "scenario.cluster"),
        (HEAD + "target: 101\n", "s.yaml:3:9", "scenario.target"),
        (HEAD + "expect: luck\n", "s.yaml:3:9", "scenario.expect"),
        (HEAD + "faults:\n- node_dwn@2h\n", "s.yaml:4:3", "fault.unknown"),
        (HEAD + "faults:\n- node_down@25h\n", "s.yaml:4:3", "scenario.too-late"),
        (HEAD + "changes:\n- {at: 25h, manifests: [chatbot.yaml]}\n", "s.yaml:4:8",
         "scenario.too-late"),
        (HEAD + "demand: {namespace: acme, units: {chatbot: -1}}\n", "s.yaml:3:44",
         "scenario.units"),
        (HEAD + "demand: {namespace: acme, units: {chat: 1}}\n", "s.yaml:3:35",
         "scenario.unknown"),
        (HEAD + "hypotheses:\n- availability >= 99.5\n- ready within soon\n", "s.yaml:5:16",
         "hypothesis.duration"),
        (HEAD + 'hypotheses: ["p95 < 310m%"]\n', "s.yaml:3:21", "hypothesis.duration"),
    ],
    ids=[
        "no YAML",
        "two documents",
        "a list",
        "a field nearly right",
        "no name",
        "no manifest",
        "no duration",
        "too short",
        "a negative seed",
        "no such cluster",
        "a target above everything",
        "an expectation that is none",
        "a fault that does not exist",
        "a fault after the end",
        "a change after the end",
        "fewer than no users",
        "a profile that does not exist",
        "a hypothesis that breaks off, at the word",
        "a quoted hypothesis, at the word",
    ],
)  # fmt: skip
def test_what_is_no_scenario_is_refused_with_its_place(content: str, where: str, key: str) -> None:
    with pytest.raises(ScenarioRefused) as refused:
        parse(content, "s.yaml", load)
    assert (refused.value.where, refused.value.key) == (where, key)
    assert refused.value.said("ko") != refused.value.said("en")


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return carried_out(
        scenario(
            **{
                "for": "4h",
                "faults": ["service_down:deployment/sessions@1h+1h"],
                "demand": {"namespace": "acme", "units": {"chatbot": 100}},
                "hypotheses": [
                    "availability of chatbot >= 99.5", "downtime <= 10s", "p95 < 3s",
                    "p95 of ghost < 3s", "ready within 5s", "recovery within 2h",
                ],
            }
        )
    )  # fmt: skip


def test_every_hypothesis_is_judged_with_evidence(outcome: Outcome) -> None:
    assert [row.key for row in outcome.verdicts] == [
        "availability", "downtime", "latency-seen", "no-workload", "ready", "recovery",
    ]  # fmt: skip
    status = {row.hypothesis.text: row.status for row in outcome.verdicts}
    assert status["p95 < 3s"] == "passed"
    assert status["p95 of ghost < 3s"] == "undecided"
    assert status["ready within 5s"] == "failed"
    assert status["recovery within 2h"] == "passed"
    assert outcome.exit_code == 6
    assert not outcome.as_expected


def test_a_result_repeats_itself_and_shows_where_another_differs(outcome: Outcome) -> None:
    content = outcome.to_bytes()
    again, language, body = read_result(content)
    assert carried_out(again, language).to_bytes() == content
    other = json.loads(content)
    other["hypotheses"][0]["value"] = 1
    other["verdict"]["passed"] = True
    assert first_difference(other, body) == ("verdict.passed", True, False)
    assert first_difference(body, body) is None
    assert first_difference([1], [1, 2]) == (".length", 1, 2)


def test_a_page_stands_alone_and_has_its_plots(outcome: Outcome) -> None:
    for language in LANGUAGES:
        page = html.render(outcome, language)
        assert page == html.render(outcome, language)
        assert page.count("<svg") == page.count("</svg>") == 4
        assert "acme/chatbot 3" in page  # replicas that never change need no plot
        assert all(row["text"] in unescape(page) for row in omissions(language))
        assert 'src="' not in page
        assert "href" not in page
        assert "<script" not in page


def test_failures_by_traffic_are_told_with_causes_and_how(outcome: Outcome) -> None:
    assert outcome.measures is not None
    (row,) = failures(outcome.measures, "en")
    assert (row.length, row.causes) == ("1h", ("f1 service_down",))
    assert any("sessions" in line and "from f1 service_down" in line for line in row.why)
    for language in LANGUAGES:
        told = outcome.to_text(language)
        assert f"{row.begin}–{row.end}  1h  f1 service_down" in told
        assert all(entry["text"] in told for entry in omissions(language))


def test_junit_has_a_case_for_every_claim(outcome: Outcome) -> None:
    suite = ElementTree.fromstring(junit.render(outcome, "en"))[0]
    failed = {case.attrib["name"] for case in suite if len(case)}
    assert "ready within 5s" in failed
    assert "p95 < 3s" not in failed
    assert {row.hypothesis.text for row in outcome.verdicts} <= {
        case.attrib["name"] for case in suite
    }
    assert suite.attrib["failures"] == str(len(failed))


def test_a_page_escapes_what_others_wrote() -> None:
    found = carried_out(scenario(title="<script>&", hypotheses=["ready of <b> within 5s"]))
    page = html.render(found, "en")
    assert "<script>" not in page
    assert "<b>" not in page.partition("<h2>")[2]
    ElementTree.fromstring(junit.render(found, "en"))


def test_invalid_manifests_stop_before_anything_is_deployed() -> None:
    found = carried_out(scenario(manifests=["chatbot-broken.yaml"], hypotheses=["failures <= 0"]))
    assert found.exit_code == 3
    assert json.loads(found.to_bytes())["verdict"]["passed"] is False
    assert "<svg" not in html.render(found, "en")


# -- grids -----------------------------------------------------------------------------------------

BASE = Source(HEAD + "for: 1h\nfaults: [node_down@10m]\n", "s.yaml")


@pytest.mark.parametrize(
    ("content", "where", "key"),
    [
        ("{}", "g.yaml:1:1", "scenario.grid"),
        ("- {name: a}\n- {name: a}\n", "g.yaml:2:10", "scenario.twice"),
        ("- {name: a, faults: []}\n", "g.yaml:1:13", "scenario.unknown"),
        ("- name: a\n  scenario: {faults: [x@1h]}\n", "g.yaml:2:23", "fault.unknown"),
        ("- name: a\n  manifests:\n  - {spec: {}}\n", "g.yaml:3:5", "scenario.patch"),
        ("- name: a\n  manifests:\n  - {kind: Pod, metadata: {name: x}}\n", "g.yaml:3:5",
         "scenario.no-object"),
    ],
    ids=[
        "no list",
        "a name twice",
        "a field of the scenario beside it",
        "a patch that makes a bad scenario",
        "a patch without an object",
        "a patch of an object that is not there",
    ],
)  # fmt: skip
def test_what_is_no_grid_is_refused_with_its_place(content: str, where: str, key: str) -> None:
    with pytest.raises(ScenarioRefused) as refused:
        variants(Source(content, "g.yaml"), BASE, load)
    assert (refused.value.where, refused.value.key) == (where, key)


def test_a_variant_has_its_patches() -> None:
    grid = """
- name: as-it-is
- name: two
  scenario: {faults: null}
  manifests: [{kind: Deployment, metadata: {name: sessions}, spec: {replicas: 2}}]
"""
    first, second = variants(Source(grid, "g.yaml"), BASE, load)
    assert first.scenario == parse(BASE.text, "s.yaml", load)
    assert second.scenario.faults == ()
    objects = list(yaml.safe_load_all(second.scenario.sources[0].text))
    replicas = {o["metadata"]["name"]: o["spec"]["replicas"]
                for o in objects if o["kind"] == "Deployment"}  # fmt: skip
    assert replicas == {"sessions": 2, "chatbot": 3}


@pytest.mark.parametrize(
    ("old", "patch", "new"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": ["c"]}, {"a": ["c"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        (["a"], {"b": 1}, {"b": 1}),
    ],
)
def test_patches_are_merged_as_the_rfc_has_it(old: Any, patch: Any, new: Any) -> None:
    # RFC 7386, appendix A.
    assert merged(old, patch) == new


@pytest.mark.parametrize(
    ("claims", "code"),
    [(["availability >= 99.5", "failures <= 0"], 6), ([], 6), (["ready within 5m"], 0)],
    ids=["claims that the load breaks", "the target by traffic", "a claim beside the load"],
)
def test_a_reader_sees_one_verdict(claims: list[str], code: int) -> None:
    # Too few replicas for the load: every probe is answered, hours of sessions are not.
    fields: dict[str, Any] = {"demand": {"namespace": "acme", "units": {"chatbot": 900}}}
    found = carried_out(scenario(**{"for": "4h", "hypotheses": claims, **fields}))
    assert found.exit_code == code
    assert found.found.exit_code == 0
    body = found.to_json()
    assert (body["verdict"]["exit_code"], "verdict" in body["rehearsal"]) == (code, False)
    failed = ElementTree.fromstring(junit.render(found, "en"))[0].attrib["failures"]
    assert (failed == "0") == (code == 0)
    for language, words in (("en", "exit code"), ("ko", "종료 코드")):
        told = found.to_text(language)  # type: ignore[arg-type]
        assert told.count(words) == 1
        assert f"{words} {code}" in told.splitlines()[-1]
        page = html.render(found, language)  # type: ignore[arg-type]
        assert page.count(words) == 1
        assert page.index(f"{words} {code}") < page.index("<pre>")


# -- on what it is played --------------------------------------------------------------------------

OWN = b"name: small\npools: [{name: n, cpu: '8', memory: 32Gi, count: 3}]\n"
LIVE = pack(Cluster.create(seed=3).snapshot())
KEPT = Kept(
    (Source((EXAMPLES / "chatbot.yaml").read_text("utf-8"), "acme.yaml"),),
    Demand("acme", {"chatbot": 30}, {}, False, {"weekdays": {"mon": 1.2}}),
    999_000,
)


def _tenant(name: str) -> Kept:
    if name != "acme":
        raise BadGround("tenant-unknown", name=name)
    return KEPT


def _content(name: str) -> bytes:
    return {"own.yaml": OWN, "kept.snapshot": LIVE, "junk": b"?"}[name]


GROUND = Ground(_content, lambda name: LIVE, _tenant)


def on(text: str) -> Scenario:
    return parse(f"scenario: s\nfor: 5m\n{text}", "s.yaml", load, GROUND)


@pytest.mark.parametrize(
    ("text", "where", "key"),
    [
        ("tenant: nobody\n", "s.yaml:3:9", "scenario.tenant-unknown"),
        ("tenant: {name: a, units: {}}\n", "s.yaml:3:9", "scenario.tenant-invalid"),
        ("tenant: {name: a, units: {bots: 1}}\n", "s.yaml:3:27", "scenario.unknown"),
        ("tenant: {name: a, units: {chatbot: 1}, gpu_type: h9}\n", "s.yaml:3:50",
         "scenario.unknown"),
        ("tenant: {name: a, units: {chatbot: 1}, shape: {weekdays: {mo: 2}}}\n", "s.yaml:3:63",
         "scenario.shape"),
        ("tenant: acme\ncluster: {file: junk}\n", "s.yaml:4:17", "scenario.cluster-file"),
        ("tenant: acme\ncluster: {snapshot: junk}\n", "s.yaml:4:21", "scenario.snapshot"),
        ("tenant: acme\ncluster: {file: own.yaml, live: x}\n", "s.yaml:4:10",
         "scenario.one-cluster"),
        ("tenant: acme\ncluster: {fil: own.yaml}\n", "s.yaml:4:11", "scenario.unknown"),
        ("tenant: acme\ndemand: {units: {chatbot: 5}, shape: {variation: 9}}\n", "s.yaml:4:50",
         "scenario.shape"),
        ("cluster: default\n", "s.yaml:1:1", "scenario.no-manifests"),
    ],
    ids=[
        "a tenant that nobody keeps", "a tenant that needs nothing", "an unknown counter",
        "an unknown GPU", "a weekday that there is not", "no cluster file", "no snapshot",
        "two clusters", "an unknown way to a cluster", "a variation beyond all", "nothing to play",
    ],
)  # fmt: skip
def test_ground_that_cannot_be_had_is_refused_with_its_place(
    text: str, where: str, key: str
) -> None:
    with pytest.raises(ScenarioRefused) as refused:
        on(text)
    assert (refused.value.where, refused.value.key) == (where, key)


def test_a_tenant_brings_manifests_demand_and_target_and_a_scenario_may_say_others() -> None:
    kept = on("tenant: acme\n")
    assert (kept.sources, kept.demand, kept.target_ppm) == (KEPT.sources, KEPT.demand, 999_000)
    other = on("tenant: acme\ntarget: 99\ndemand: {units: {chatbot: 5}}\n")
    assert other.target_ppm == 990_000
    assert other.demand == KEPT.demand._replace(units={"chatbot": 5})
    made = on("tenant: {name: b, units: {chatbot: 5}, sla: 99.9}\n")
    assert made.demand is not None
    assert (made.demand.namespace, made.target_ppm) == ("b-ecp-ai", 999_000)
    assert "kind: Deployment" in str(made.sources[0].text)


@pytest.mark.parametrize(
    ("cluster", "model", "nodes"),
    [("{file: own.yaml}", "small", 3), ("{snapshot: kept.snapshot}", "kept.snapshot", 11),
     ("{live: default}", "default", 11)],
    ids=["a file", "a snapshot", "a cluster that runs"],
)  # fmt: skip
def test_a_scenario_is_played_on_its_own_ground_and_repeats_from_its_result(
    cluster: str, model: str, nodes: int
) -> None:
    given = on(f"tenant: acme\ncluster: {cluster}\n")
    outcome = carried_out(given)
    assert outcome.found.run is not None
    assert outcome.found.model == model
    assert len(outcome.found.run.cluster.read.list("nodes")) == nodes
    again, _, body = read_result(outcome.to_bytes())
    assert again == given
    assert first_difference(body, json.loads(carried_out(again).to_bytes())) is None
