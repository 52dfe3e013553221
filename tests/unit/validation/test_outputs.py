"""A report in the forms that other programs read."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.texts import width
from ecp.validation import Source, validate
from ecp.validation.baseline import keys, read, without, write
from ecp.validation.outputs import github, junit, sarif
from ecp.validation.report import as_dict, text_report, totals_line

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
BAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, lables: {}}\n"
TWO = [Source(f"{GOOD}---\n{BAD}", "apps/가 b.yaml"), Source(GOOD, "c.yaml")]


def sarif_of(texts: Any, language: Any = "en") -> Any:
    return json.loads(sarif.render(validate(texts), language))


# -- SARIF ----------------------------------------------------------------------------------------


def test_sarif_has_what_code_scanning_asks_for() -> None:
    log = sarif_of(TWO)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    known = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in known] == ["B0001", "E0020"]
    for rule in known:
        assert rule["help"]["text"]
        assert "```yaml" in rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    for result in run["results"]:
        assert known[result["ruleIndex"]]["id"] == result["ruleId"]
        (place,) = result["locations"]
        artifact = place["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] in run["originalUriBaseIds"]
        assert re.fullmatch(r"[\w./%-]+", artifact["uri"], re.ASCII)
        region = place["physicalLocation"]["region"]
        start = region["startLine"], region["startColumn"]
        assert (1, 1) <= start < (region["endLine"], region["endColumn"])
    region = next(r for r in run["results"] if r["ruleId"] == "E0020")["locations"][0]
    assert region["physicalLocation"] == {
        "artifactLocation": {"uri": "apps/%EA%B0%80%20b.yaml", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 7, "startColumn": 28, "endLine": 7, "endColumn": 34},
    }


@pytest.mark.parametrize(
    ("source", "artifact"),
    [
        pytest.param("./a.yaml", {"uri": "a.yaml", "uriBaseId": "SRCROOT"}, id="from here"),
        pytest.param("a\\b.yaml", {"uri": "a/b.yaml", "uriBaseId": "SRCROOT"}, id="backslashes"),
        pytest.param("/x/a:1.yaml", {"uri": "file:///x/a%3A1.yaml"}, id="from the root"),
        pytest.param("<stdin>", {"uri": "stdin", "uriBaseId": "SRCROOT"}, id="standard input"),
        pytest.param("", {"uri": "input", "uriBaseId": "SRCROOT"}, id="no name"),
        pytest.param("\udcff", {"uri": "%ED%B3%BF", "uriBaseId": "SRCROOT"}, id="no text"),
    ],
)
def test_a_file_is_a_uri(source: str, artifact: dict[str, str]) -> None:
    log = sarif_of([Source(BAD, source)])
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == artifact


def fingerprints(text: str) -> list[str]:
    results = sarif_of([Source(text, "a.yaml")])["runs"][0]["results"]
    return [result["partialFingerprints"]["ecpFinding/v1"] for result in results]


def test_a_fingerprint_stays_when_lines_move_and_tells_findings_apart() -> None:
    twice = BAD.replace("lables: {}", "lables: {}, lebels: {}")
    assert fingerprints("# moved\n" + BAD) == fingerprints(BAD)
    assert len(set(fingerprints(twice))) == 2
    same = BAD + "---\n" + BAD
    assert len(set(fingerprints(same))) == len(fingerprints(same)) == 3


# -- JUnit ----------------------------------------------------------------------------------------


def test_junit_has_a_suite_a_file_and_a_case_a_document() -> None:
    root = ElementTree.fromstring(junit.render(validate(TWO), "en").encode())
    assert root.attrib | {"name": ""} == {
        "name": "", "tests": "3", "failures": "2", "errors": "0", "time": "0",
    }  # fmt: skip
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in root] == [
        ("apps/가 b.yaml", "2", "1"),
        ("c.yaml", "1", "1"),
    ]
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == ["ConfigMap settings"] * 3
    assert [len(case.findall("failure")) for case in cases] == [0, 1, 1]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("message") == 'unknown field "metadata.lables"'
    assert "7:28" in (failure.text or "")


@given(st.text(max_size=30))
def test_junit_is_xml_whatever_stands_in_a_manifest(name: str) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {json.dumps(name)}\n  x: 1\n"
    shown = junit.render(validate([Source(text, name)]), "en")
    ElementTree.fromstring(shown.encode())


# -- GitHub ---------------------------------------------------------------------------------------


def test_github_commands_are_escaped() -> None:
    shown = github.render(validate([Source(BAD, "a,b:c%.yaml")]), "en").splitlines()
    assert shown == [
        "::error file=a%2Cb%3Ac%25.yaml,line=3,endLine=3,col=28,endColumn=33,"
        'title=E0020 unknown-field::ConfigMap settings: unknown field "metadata.lables"%0A'
        'Did you mean "labels"? Remove the field, or correct its name or its indent.',
        "1 document: 1 refused, 1 error, 0 broken, 0 warnings (Kubernetes 1.36)",
    ]


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_github_command_is_one_line(name: str, field: str) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", field: 1})
    report = validate([Source(text, name)])
    lines = github.render(report, "en").split("\n")
    assert len(lines) == len(report.findings) + 2


# -- languages ------------------------------------------------------------------------------------

TWICE_EN = "ConfigMap settings stands in this input already, as document 1"
TWICE_KO = "ConfigMap settings 오브젝트가 이 입력의 1번째 문서에 이미 있습니다"
OF_THE_SERVER = 'unknown field "metadata.lables"'


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(text_report, id="text"),
        pytest.param(junit.render, id="junit"),
        pytest.param(sarif.render, id="sarif"),
        pytest.param(github.render, id="github"),
    ],
)
def test_what_no_server_says_is_said_in_the_readers_language(shown: Any) -> None:
    report = validate(TWO)
    english, korean = shown(report, "en"), shown(report, "ko")
    assert TWICE_EN in english
    assert TWICE_EN not in korean
    assert TWICE_KO in korean
    for text in (english, korean):
        plain = text.replace("&quot;", '"').replace('\\"', '"')
        assert OF_THE_SERVER in plain


def test_plain_data_has_the_message_in_english_and_what_is_ours_in_korean_besides() -> None:
    for language in ("en", "ko"):
        found = {row["rule"]: row for row in as_dict(validate(TWO), language)["findings"]}
        assert (found["B0001"]["message"], found["B0001"]["message_ko"]) == (TWICE_EN, TWICE_KO)
        assert found["E0020"]["message"] == OF_THE_SERVER
        assert "message_ko" not in found["E0020"]
        assert found["E0020"]["docs"][0].startswith("https://kubernetes.io/docs/")
    assert found["B0001"]["docs"][0].startswith("https://kubernetes.io/ko/docs/")


def test_a_finding_has_the_fields_that_programs_rely_on() -> None:
    (document, *_), (finding, *_) = (as_dict(validate(TWO))[name] for name in FIELDS)
    assert [*document] == FIELDS["documents"]
    assert [name for name in finding if name in FIELDS["findings"]] == FIELDS["findings"]


FIELDS = {
    "documents": ["object", "verdict", "code", "reason", "message"],
    "findings": [
        "severity", "rule", "message", "path", "file", "line", "column", "end_line", "end_column",
        "object", "remedy",
    ],
}  # fmt: skip


# -- the place in the source ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {한글: 1}\n",
            ["4 | data: {한글: 1}", "  |              ^"],
            id="letters of two columns",
        ),
        pytest.param(
            "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\nx: 1\r\n",
            ["4 | x: 1", "  | ^"],
            id="lines of DOS",
        ),
        pytest.param(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"\u202e\", b: 1}\n",
            ["4 | data: {a: \" \", b: 1}", "  |                   ^"],
            id="a letter that a terminal acts on",
        ),
    ],
)  # fmt: skip
def test_an_excerpt_shows_the_line_and_points_at_the_place(text: str, shown: list[str]) -> None:
    lines = [line.strip() for line in text_report(validate(text)).splitlines()[1:3]]
    assert [lines[0], lines[1]] == [shown[0], shown[1].strip()]
    assert width(lines[1]) + shown[1].index("|") == width(shown[1])


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    fill = ", ".join(f"key-{number}: v" for number in range(80))
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{{fill}, last: 1}}\n"
    _, line, carets, *_ = text_report(validate(text)).splitlines()
    assert width(line) < 110
    assert line[carets.index("^")] == "1"


# -- what is accepted -----------------------------------------------------------------------------


def test_a_baseline_is_read_as_it_was_written() -> None:
    report = validate(TWO)
    accepted = keys(report)
    assert read(write(accepted)) == accepted
    assert without(report, accepted).findings == ()
    assert without(report, frozenset()).findings == report.findings
    assert without(report, accepted).verdicts == report.verdicts
    with pytest.raises(ValueError, match="name: web"):
        read("name: web")


def test_a_key_names_items_and_not_their_place() -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: a}\nspec: {containers: [%s]}\n"
    )
    one, two = "{name: a, image: i}", "{name: b, image: i, nope: 1}"
    first, second = keys(validate(pod % f"{one}, {two}")), keys(validate(pod % f"{two}, {one}"))
    assert first == second == {"E0020 v1 Pod a/web spec.containers[b].nope"}


@given(st.text(max_size=20))
def test_a_key_is_one_line(field: str) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {field: {}}})
    accepted = keys(validate(text))
    assert read(write(accepted)) == accepted


# -- totals ---------------------------------------------------------------------------------------

_BOX = "{name: a, image: i, resources: {requests: {cpu: 250m, memory: 1Gi}}}"
_GPU = "{name: a, image: i, resources: {limits: {nvidia.com/gpu: 2}}}"
_META = "metadata: {name: %s}\n"
_TEMPLATE = "template: {metadata: {labels: {a: b}}, spec: {containers: [%s]%s}}"


def workload(kind: str, version: str, spec: str, box: str = _BOX, more: str = "") -> str:
    template = _TEMPLATE % (box, more)
    return (
        f"apiVersion: {version}\nkind: {kind}\n{_META % kind.lower()}spec: {{{spec}{template}}}\n"
    )


_SELECTOR = "selector: {matchLabels: {a: b}}, "
_NEVER = ", restartPolicy: Never"
_CLAIM = (
    "volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], "
    "resources: {requests: {storage: 10Gi}}}}], serviceName: x, "
)


@pytest.mark.parametrize(
    ("text", "pods", "cpu", "memory", "gpu", "storage"),
    [
        pytest.param(workload("Deployment", "apps/v1", "replicas: 3, " + _SELECTOR),
                     3, "750m", "3Gi", 0, "0", id="replicas times their requests"),
        pytest.param(workload("Deployment", "apps/v1", _SELECTOR, _GPU),
                     1, "0", "0", 2, "0", id="a limit stands for a request"),
        pytest.param(workload("StatefulSet", "apps/v1", "replicas: 2, " + _CLAIM + _SELECTOR),
                     2, "500m", "2Gi", 0, "20Gi", id="a claim for every replica"),
        pytest.param(workload("Job", "batch/v1", "parallelism: 4, completions: 2, ", more=_NEVER),
                     2, "500m", "2Gi", 0, "0", id="a job runs no more than it completes"),
        pytest.param(workload("Deployment", "apps/v1", "replicas: 0, " + _SELECTOR),
                     0, "0", "0", 0, "0", id="nothing runs"),
        pytest.param(workload("DaemonSet", "apps/v1", _SELECTOR),
                     1, "250m", "1Gi", 0, "0", id="a daemon counts once"),
        pytest.param(BAD, 0, "0", "0", 0, "0", id="what is refused does not count"),
    ],
)  # fmt: skip
def test_totals(text: str, pods: int, cpu: str, memory: str, gpu: int, storage: str) -> None:
    report = validate(text)
    found = as_dict(report)["summary"]
    assert report.valid is (text != BAD), report.findings
    assert [found[name] for name in ("pods", "cpu", "memory", "gpu", "storage")] == [
        pods, cpu, memory, gpu, storage,
    ]  # fmt: skip
    line = totals_line(report)
    assert (line == "") is (text == BAD)
    if line:
        assert line.endswith(
            f": pods {pods}, cpu {cpu}, memory {memory}, GPUs {gpu}, storage {storage}"
        )
