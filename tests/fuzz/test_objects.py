"""Objects that are not what they should be, in the input and in the cluster: nothing is raised.

What a server said to golden manifests stands in `tests/golden`; here parts of them are exchanged
for anything at all. A report comes back in every form and in both languages. `CASES` are those
that once did raise.
"""

import json
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecp.kube.yaml import read
from ecp.kube.yamlwriter import dump
from ecp.texts import Language
from ecp.validation import Report, validate
from ecp.validation.report import as_dict, text_report, totals_line

GOLDEN = Path(__file__).parents[1] / "golden"
MOST_SECONDS = 20.0
LANGUAGES: tuple[Language, ...] = ("en", "ko")
FORMS = ("junit", "sarif", "github")


def lines(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLDEN / file).read_text("utf-8").splitlines()]


def objects(text: Any) -> list[Any]:
    return [document.object for document in read(text if isinstance(text, str) else dump(text))]


UPDATES = lines("verdicts/updates.jsonl")
STATES = {row["state"]: row["objects"] for row in UPDATES if "objects" in row}
CHANGES = [(STATES[row["state"]], row["manifest"]) for row in UPDATES if "case" in row]
BASELINE = objects((GOLDEN / "verdicts/baseline.yaml").read_text("utf-8"))
NEW = [row["manifest"] for row in (*lines("verdicts/pods.jsonl"), *lines("verdicts/kinds.jsonl"))]
CUSTOM = lines("custom/verdicts.jsonl")
DEFINITIONS = {row["name"]: row["definition"] for row in CUSTOM if "name" in row}
INSTANCES = [(DEFINITIONS[row["of"]], row["object"]) for row in CUSTOM if "of" in row]
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n", "labels": {"zone": "a"}},
    "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
}


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


JUNK = st.sampled_from(
    [
        None, "", "x", 0, -1, 2**31, 2**63, 2**70, 1.5, True, [], {}, [None], {"": None}, [[[]]],
        [{}], [1], {"x": {"y": []}}, deep(60), "a" * 70_000, "한글", "\x00", "-5", "100%", "5Gi",
        "1e9999999", "10.0.0.1", "10.0.0.0/33", "::1", "fe80::1%eth0", "a/b/c", "*", "$(A)",
        "2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "* * * * *", "In", "Foo", "TCP",
    ]
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else inner:
        yield (*at, key)
        yield from places(one, (*at, key))


def exchanged(value: Any, at: tuple[Any, ...], new: Any, gone: bool) -> Any:
    """Return *value* with another one at a place of it, or with none."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if gone and len(at) == 1:
        del copy[at[0]]
    else:
        copy[at[0]] = exchanged(value[at[0]], at[1:], new, gone)
    return copy


@st.composite
def spoilt(draw: st.DrawFn, value: Any) -> Any:
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(value))
        if not found:
            return draw(JUNK)
        at = draw(st.sampled_from(found))
        value = exchanged(value, at, draw(JUNK), draw(st.integers(0, 4)) == 0)
    return value


def shown(report: Report) -> None:
    for language in LANGUAGES:
        json.dumps(as_dict(report, language))
        dump(as_dict(report, language))
        text_report(report, language)
        totals_line(report, language)
        for form in FORMS:
            import_module(f"ecp.validation.outputs.{form}").render(report, language)


def try_out(given: list[Any], **how: Any) -> Report:
    """Judge and show *given*; an error, or a time that is too long, says what is wrong."""
    begun = time.process_time()
    report = validate("\n---\n".join(map(json.dumps, given)), **how)
    shown(report)
    assert time.process_time() - begun < MOST_SECONDS
    return report


SLOWLY = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)


@SLOWLY
@given(st.data())
def test_a_state_that_no_server_holds(data: st.DataObject) -> None:
    state, manifest = data.draw(st.sampled_from(CHANGES))
    number = data.draw(st.integers(0, len(state) - 1))
    bad = [*state[:number], data.draw(spoilt(state[number])), *state[number + 1 :]]
    given = manifest if data.draw(st.booleans()) else data.draw(spoilt(manifest))
    try_out([given], against=bad)


@SLOWLY
@given(st.data())
def test_an_object_against_what_became_of_it(data: st.DataObject) -> None:
    given = objects(data.draw(st.sampled_from(NEW)))
    bad = [data.draw(spoilt(one)) for one in given]
    try_out(given, against=[*BASELINE, *bad], whole=data.draw(st.booleans()))


@SLOWLY
@given(st.data())
def test_an_input_alone(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(NEW), min_size=1, max_size=3))
    given = [data.draw(spoilt(one)) for text in chosen for one in objects(text)]
    try_out(given, whole=True, nodes=[NODE, data.draw(spoilt(NODE))])


# Each asks for more than there is time, memory or depth for.
EXPRESSIONS = (
    "self.spec.l.all(a, self.spec.l.all(b, self.spec.l.all(c, self.spec.l.all(d, a+b+c != d))))",
    "lists.range(1000000000).size() > 0",
    "lists.range(100000).distinct().size() > 0",
    "sets.contains(lists.range(100000), lists.range(100000))",
    "lists.range(30000).transformMap(i, v, v).size() > 0",
    "self.spec.s.matches('(a+)+$')",
    "self.spec.s.matches('a*a*a*b')",
    "self.spec.s.find('a*b') == ''",
    "self.spec.s.findAll('a*b').size() == 0",
    "self.spec.s.replace('', self.spec.s).size() > 0",
    "self.spec.l.map(x, self.spec.s).join(self.spec.s).size() > 0",
    "self.spec.l.map(x, self.spec.l).flatten().size() > 0",
    "self.spec.l.map(x, '%s'.format([self.spec.l])).size() > 0",
    "self.spec.l.all(x, self.spec.l.max() != '')",
    "'%.999999999f'.format([1.0]) != ''",
    "(" * 300 + "true" + ")" * 300,
    "!" * 2000 + "true",
    "true && " * 2000 + "true",
    "9223372036854775807 + 1 == 0 || 1 % 0 == 0",
    "'a'.matches('" + "(" * 2000 + ")" * 2000 + "')",
)
ROOM = {"spec": {"s": "a" * 50_000 + "!", "l": [f"a{n}" for n in range(3000)]}}


def kind_with(part: dict[str, Any]) -> dict[str, Any]:
    """Return the definition of a kind with texts in spec.s and spec.l, and *part* at its root."""
    spec = {
        "type": "object",
        "properties": {
            "s": {"type": "string", "maxLength": 100_000, **part.pop("s", {})},
            "l": {"type": "array", "maxItems": 10_000, "items": {"type": "string"}},
        },
    }
    schema = {"type": "object", "properties": {"spec": spec}, **part}
    version = {"name": "v1", "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
            "scope": "Namespaced",
            "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
        },
    }


THING = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}, **ROOM}


@pytest.mark.parametrize("rule", EXPRESSIONS, ids=[rule[:60] for rule in EXPRESSIONS])
def test_no_expression_takes_for_ever(rule: str) -> None:
    definition = kind_with({"x-kubernetes-validations": [{"rule": rule}]})
    try_out([THING], against=[definition])
    try_out([definition, THING])


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*$", "(.*)*x", "a*a*a*b", "a{1,500}b", "(" * 2000 + ")" * 2000]
)
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    try_out([THING], against=[kind_with({"s": {"pattern": pattern}})])


@SLOWLY
@given(st.data())
def test_a_custom_kind_and_its_instance(data: st.DataObject) -> None:
    definition, thing = data.draw(st.sampled_from(INSTANCES))
    if data.draw(st.booleans()):
        definition = data.draw(spoilt(definition))
    thing = data.draw(spoilt(thing))
    if data.draw(st.booleans()):
        try_out([definition, thing])
    else:
        try_out([thing], against=[definition, data.draw(spoilt(thing))])


def pod(**spec: Any) -> dict[str, Any]:
    box = {"name": "box", "image": "box:1"}
    meta = {"name": "web", "namespace": "default"}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"containers": [box], **spec},
    }  # fmt: skip


def labelled(labels: Any) -> dict[str, Any]:
    return {**pod(), "metadata": {"name": "web", "namespace": "default", "labels": labels}}


def service(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}], **spec},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("manifest", "live"),
    [
        pytest.param(pod(), pod(containers="x"), id="containers are a text"),
        pytest.param(pod(), pod(containers=[{"name": {}}]), id="a container's name is a map"),
        pytest.param(pod(), pod(tolerations=[{"tolerationSeconds": "x"}]), id="seconds in words"),
        pytest.param(pod(), pod(containers=["x"]), id="a container is a text"),
        pytest.param(pod(), labelled({"a": {}}), id="a label is a map"),
        pytest.param(pod(), labelled([]), id="labels are a list"),
        pytest.param(pod(), {**pod(), "metadata": {"name": "web", "generation": "x"}},
                     id="a generation in words"),
        pytest.param(pod(), pod(overhead={"cpu": "x"}), id="an amount that is none"),
        pytest.param(service(), service(clusterIPs=[{}]), id="an address is a map"),
        pytest.param(service(), service(ports=[{"port": []}]), id="a port is a list"),
        pytest.param(service(), "x", id="an object is a text"),
        pytest.param(service(), {"kind": 5}, id="a kind is a number"),
    ],
)  # fmt: skip
def test_what_no_server_holds_is_left_out_and_named(manifest: Any, live: Any) -> None:
    report = try_out([manifest], against=[live])
    assert [one.number for one in report.left_out] == [0]
    assert report.left_out[0].message
    assert report.valid
    assert as_dict(report)["left_out"][0]["message"] == report.left_out[0].message


def test_nothing_in_a_list_is_the_empty_text_as_for_the_server() -> None:
    assert try_out([service()], against=[service(clusterIPs=[None])]).left_out == ()
