"""The pipeline: from the text to verdicts, stage by stage."""

from typing import Any

import pytest

from ecp.kube.schema import UnknownVersion
from ecp.kube.yamlwriter import dump
from ecp.validation import Source, validate

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {
        "containers": [
            {"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}
        ]
    },
}


def rules_of(text: Any, **options: Any) -> list[str]:
    return [finding.rule for finding in validate(text, **options).findings]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        pytest.param("a: [", "E0001", 1, id="not YAML"),
        pytest.param("a: 1\nb: 2\na: 3\n", "E0002", 3, id="a key twice"),
        pytest.param("a: .inf", "E0003", 1, id="no JSON form"),
        pytest.param("[" * 300, "E0004", 1, id="too deep"),
        pytest.param("- a\n", "E0005", 1, id="not a mapping"),
        pytest.param(b"a: \xff", "E0006", 1, id="not UTF-8"),
        pytest.param("apiVersion: v1\n", "E0010", 1, id="no kind"),
        pytest.param("kind: Pod\n", "E0010", 1, id="no apiVersion"),
        pytest.param("kind: Pod\napiVersion: 1\n", "E0021", 2, id="an apiVersion that is a number"),
        pytest.param("kind: Pood\napiVersion: v1\n", "E0011", 2, id="an unknown kind"),
        pytest.param("kind: pod\napiVersion: v1\n", "E0013", 1, id="a kind in the wrong case"),
        pytest.param("kind: Ingress\napiVersion: extensions/v1beta1\n", "E0012", 2, id="removed"),
    ],
)
def test_where_reading_ends(text: str | bytes, rule: str, line: int) -> None:
    report = validate(text)
    assert rule in [finding.rule for finding in report.findings if finding.position.line == line]
    assert [verdict.accepted for verdict in report.verdicts] == [False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("metadata: {}", "[apiVersion not set, kind not set]", id="neither"),
        pytest.param("{kind: A, apiVersion: 1}", "apiVersion isn't string type", id="a number"),
        pytest.param("{kind: [A], apiVersion: v1}", "kind isn't string type", id="a list"),
        pytest.param(
            "{kind: A, apiVersion: a/b/c}", "unexpected GroupVersion string: a/b/c",
            id="a version of three parts",
        ),
    ],
)  # fmt: skip
def test_what_kubectl_says_before_it_asks(text: str, words: str) -> None:
    (verdict,) = validate(text, source="f.yaml").verdicts
    assert verdict.message == (
        f'error: error validating "f.yaml": error validating data: {words}; if you choose to '
        "ignore these errors, turn validation off with --validate=false"
    )


@pytest.mark.parametrize(
    ("kind", "api_version", "rule"),
    [
        pytest.param("deployment", "apps/v1", "E0013", id="small letters get past the client"),
        pytest.param("DEPLOYMENT", "apps/v1", "E0011", id="capitals do not"),
        pytest.param("Scale", "autoscaling/v1", "E0014", id="what is asked of other objects"),
        pytest.param("DeviceClass", "resource.k8s.io/v1beta1", "E0014", id="a beta that is off"),
        pytest.param("Workload", "scheduling.k8s.io/v1alpha2", "E0014", id="an alpha that is off"),
    ],
)
def test_kinds_that_are_not_served(kind: str, api_version: str, rule: str) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n"
    assert [finding.rule for finding in validate(text).findings] == [rule]


def test_questions_to_the_server_have_no_names() -> None:
    text = "apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: {token: a}\n"
    assert validate(text).valid


def test_an_empty_input_is_valid_and_empty() -> None:
    report = validate("# nothing\n---\n")
    assert (report.valid, report.findings, report.verdicts) == (True, (), ())


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnknownVersion):
        validate("a: 1", kubernetes_version="1.12")


@pytest.mark.parametrize(
    ("path", "value", "rule", "message"),
    [
        pytest.param(
            ("spec", "restartPolcy"), "Never", "E0020", 'unknown field "spec.restartPolcy"',
            id="an unknown field",
        ),
        pytest.param(
            ("metadata", "labels"), {"a": 1}, "E0021",
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels "
            "of type string", id="a number as a label",
        ),
        pytest.param(
            ("spec", "containers"), "c", "E0021",
            "json: cannot unmarshal string into Go struct field PodSpec.spec.containers "
            "of type []v1.Container", id="text for a list",
        ),
        pytest.param(
            ("spec", "priority"), 2**40, "E0022",
            "json: cannot unmarshal number 1099511627776 into Go struct field "
            "PodSpec.spec.priority of type int32", id="a number that does not fit",
        ),
        pytest.param(
            ("metadata", "creationTimestamp"), "2026-02-30T00:00:00Z", "E0024",
            'parsing time "2026-02-30T00:00:00Z": day out of range', id="a day that is none",
        ),
    ],
)  # fmt: skip
def test_the_decoder_s_words(path: tuple[str, str], value: Any, rule: str, message: str) -> None:
    pod = {**POD, path[0]: {**POD[path[0]], path[1]: value}}  # type: ignore[dict-item]
    (finding,) = validate(dump(pod)).findings
    assert (finding.rule, finding.message, finding.path[: len(path)]) == (rule, message, path)


def test_a_misspelt_field_names_the_one_that_was_meant() -> None:
    pod = {**POD, "spec": {**POD["spec"], "restartpolicy": "Never"}}  # type: ignore[dict-item]
    (finding,) = validate(dump(pod)).findings
    assert finding.params["meant"] == "restartPolicy"


def test_the_decoder_hides_the_rules_as_on_the_server() -> None:
    pod = {**POD, "metadata": {"name": "BAD"}, "speck": {}}
    assert rules_of(dump(pod)) == ["E0020"]


@pytest.mark.parametrize("count", [1, 40])
def test_many_documents_are_judged_as_one_is(count: int) -> None:
    texts = [
        dump({**POD, "metadata": {"name": f"p{number}"}, "spec": {"containers": []}})
        for number in range(count)
    ]
    report = validate("---\n".join(texts))
    assert [finding.rule for finding in report.findings] == ["E0300"] * count
    lines = [finding.position.line for finding in report.findings]
    assert lines == [6 + 7 * number for number in range(count)]


def test_the_same_object_twice_is_named_with_its_first_place() -> None:
    other = {**POD, "metadata": {"name": "p", "namespace": "default"}}
    elsewhere = {**POD, "metadata": {"name": "p", "namespace": "x"}}
    report = validate([Source(dump(POD), "a"), Source(dump([elsewhere, other]), "b")])
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.document) == ("B0001", "broken", 2)
    assert (finding.source, finding.params["earlier"]) == ("b", "1")
    assert report.valid
    assert rules_of([Source(dump(POD)), Source(dump(other))], namespace="x") == []


MONITOR = """\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: m}
spec: {selector: {}, endpoints: [{port: web}]}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {any: {type: string}}}}
---
"""
GADGET = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {any: thing}\n"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param(MONITOR, [], id="a ServiceMonitor is always known"),
        pytest.param(
            MONITOR.replace("endpoints", "endpoint"), ["E0026"], id="one without endpoints"
        ),
        pytest.param(GADGET, ["E0011"], id="a custom kind without its CRD"),
        pytest.param(CRD + GADGET, [], id="a custom kind with its CRD"),
        pytest.param(GADGET + "---\n" + CRD, [], id="the CRD may come later"),
        pytest.param(CRD + GADGET.replace("g}", "G}"), ["E0101"], id="its name is checked"),
        pytest.param(CRD + GADGET.replace("g}", "7}"), ["E0021"], id="its metadata has types"),
        pytest.param(
            CRD + GADGET.replace("{any: thing}", "x"), ["E0643"], id="its spec has a type"
        ),
    ],
)
def test_custom_kinds(text: str, rules: list[str]) -> None:
    assert rules_of(text) == rules


@pytest.mark.parametrize(
    ("version", "accepted"),
    [pytest.param("1.35", False, id="until 1.35"), pytest.param("1.36", True, id="since 1.36")],
)
def test_a_service_may_begin_with_a_digit_since_1_36(version: str, accepted: bool) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "9lives"},
        "spec": {"ports": [{"port": 80}]},
    }
    assert validate(dump(service), kubernetes_version=version).valid is accepted


def test_a_kind_elsewhere_is_hinted_at() -> None:
    report = validate("apiVersion: apps/v1\nkind: Job\nmetadata: {name: j}\n")
    assert report.findings[0].params == {"use": "batch/v1"}
    assert "ensure CRDs are installed first" in report.verdicts[0].message


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param({"metadata": None}, id="null metadata"),
        pytest.param({"spec": None}, id="null spec"),
        pytest.param({"metadata": {"name": "p", "labels": {"a": None}}}, id="a null label"),
        pytest.param({"spec": {"containers": [None]}}, id="a null container"),
        pytest.param({"spec": {"containers": [{"ports": [None], "env": [None]}]}}, id="null items"),
        pytest.param({"spec": {"volumes": [None], "tolerations": [None]}}, id="null volumes"),
    ],
)
def test_null_anywhere_is_a_zero_value_and_no_crash(junk: dict[str, Any]) -> None:
    validate(dump({**POD, **junk}))


# --- asked to warn only ---------------------------------------------------------------------------

TWICE = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, name: q}\nspec:\n  containerz: []\n"
MISSPELT = {**POD, "spec": {**POD["spec"], "restartpolicy": "Never", "hostName": "h"}}  # type: ignore[dict-item]


def test_asked_to_warn_unknown_fields_are_warnings_and_are_gone() -> None:
    report = validate(dump(MISSPELT), strict=False)
    assert [(found.rule, found.severity) for found in report.findings] == [
        ("E0020", "warning"),
        ("E0020", "warning"),
    ]
    assert (report.valid, report.verdicts[0].accepted) == (True, True)
    assert report.objects() == [POD]


def test_asked_to_warn_the_rules_are_still_the_rules() -> None:
    report = validate(TWICE, strict=False)
    assert [(found.rule, found.severity) for found in report.findings] == [
        ("E0002", "warning"),
        ("E0020", "warning"),
        ("E0300", "error"),
    ]
    assert report.findings[1].position.line == 5
    assert (report.valid, report.verdicts[0].code) == (False, 422)
    assert report.verdicts[0].object.name == "q"


def test_asked_to_warn_a_wrong_type_is_refused() -> None:
    pod = {**POD, "spec": {**POD["spec"], "x": 1, "priority": "high"}}  # type: ignore[dict-item]
    report = validate(dump(pod), strict=False)
    assert [found.severity for found in report.findings] == ["error", "warning"]
    assert report.verdicts[0].code == 400


def test_unknown_fields_in_lists_are_dropped_where_they_stand() -> None:
    containers = [
        {"name": "a", "image": "i", "imag": "j"},
        {"name": "b", "image": "i", "ports": [{"containerPort": 1, "prt": 2}]},
    ]
    pod = {**POD, "spec": {"containers": containers}}
    (obj,) = validate(dump(pod), strict=False).objects()
    assert obj["spec"]["containers"] == [
        {"name": "a", "image": "i"},
        {"name": "b", "image": "i", "ports": [{"containerPort": 1}]},
    ]
