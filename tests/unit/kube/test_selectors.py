"""Selectors: what a real server matched and refused, and the objects of the API."""

import pytest

from ecp.kube import selectors as s

OBJECTS = {
    "a": {"env": "prod", "tier": "web"},
    "b": {"env": "dev"},
    "c": {"tier": "web", "n": "5"},
    "d": {},
}
KEY_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LONG = "x" * 64

MATCHED = [
    ("env=prod", "a"),
    ("env==prod", "a"),
    ("env!=prod", "bcd"),
    ("env in (prod,dev)", "ab"),
    ("env notin (prod)", "bcd"),
    ("env", "ab"),
    ("!env", "cd"),
    ("env=prod,tier=web", "a"),
    ("tier in (web),!env", "c"),
    ("n>3", "c"),
    ("n<3", ""),
    ("env=", ""),
    ("env in ()", ""),
    (" env = prod ", "a"),
    ("env notin (x, y)", "abcd"),
    ("in in (in)", ""),
    ("env in (,prod)", "a"),
    ("", "abcd"),
]


@pytest.mark.parametrize(("text", "names"), MATCHED, ids=[row[0] or "(empty)" for row in MATCHED])
def test_label_selector_matches(text: str, names: str) -> None:
    selector = s.parse_labels(text)
    assert "".join(name for name, labels in OBJECTS.items() if selector.matches(labels)) == names


REFUSED = [
    (
        "n>x",
        "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, "
        "the value must be an integer",
    ),
    ("=x", "found '=', expected: !, identifier, or 'end of string'"),
    ("env===prod", "unable to parse requirement: found '=', expected: identifier"),
    ("env=a b", "found 'b', expected: ',' or 'end of string'"),
    ("-bad=x", f'unable to parse requirement: <nil>: Invalid value: "-bad": {KEY_WORDS}'),
    ("env in prod", "unable to parse requirement: found 'prod' expected: '('"),
    ("env=prod,", "found '', expected: identifier after ','"),
    ("a=b,,c=d", "found ',', expected: identifier after ','"),
    ("env in (prod", "unable to parse requirement: found '', expected: ',' or ')'"),
    (
        f"env={LONG}",
        f'unable to parse requirement: values[0][env]: Invalid value: "{LONG}": '
        "must be no more than 63 bytes",
    ),
    (
        "ex ample",
        "unable to parse requirement: found 'ample', expected: in, notin, =, ==, !=, gt, lt",
    ),
    ("%", f'unable to parse requirement: <nil>: Invalid value: "%": {KEY_WORDS}'),
    ("!", "unable to parse requirement: found '', expected: identifier"),
    ("env=prod env=dev", "found 'env', expected: ',' or 'end of string'"),
    ("bad!!", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[row[0][:20] for row in REFUSED])
def test_label_selector_is_refused(text: str, message: str) -> None:
    with pytest.raises(s.InvalidSelector) as caught:
        s.parse_labels(text)
    assert str(caught.value) == message


SELECTED = [
    ("no selector selects nothing", None, ""),
    ("an empty selector selects everything", {}, "abcd"),
    ("labels", {"matchLabels": {"env": "prod", "tier": "web"}}, "a"),
    (
        "In",
        {"matchExpressions": [{"key": "env", "operator": "In", "values": ["dev", "prod"]}]},
        "ab",
    ),
    (
        "NotIn takes objects without the label",
        {"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["dev"]}]},
        "acd",
    ),
    ("Exists", {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, "ac"),
    (
        "DoesNotExist and a label",
        {
            "matchLabels": {"tier": "web"},
            "matchExpressions": [{"key": "env", "operator": "DoesNotExist"}],
        },
        "c",
    ),
]


@pytest.mark.parametrize(
    ("selector", "names"), [r[1:] for r in SELECTED], ids=[r[0] for r in SELECTED]
)
def test_label_selector_object_matches(selector: dict[str, object] | None, names: str) -> None:
    found = s.from_object(selector)
    assert "".join(name for name, labels in OBJECTS.items() if found.matches(labels)) == names


def test_a_label_selector_object_with_an_unknown_operator_is_refused() -> None:
    with pytest.raises(s.InvalidSelector, match='"Near" is not a valid label selector operator'):
        s.from_object({"matchExpressions": [{"key": "a", "operator": "Near"}]})


def test_a_selector_prints_sorted_and_reads_back() -> None:
    selector = s.parse_labels("z in (b,a), !y ,a==1,c>3")
    assert str(selector) == "a==1,c>3,!y,z in (a,b)"
    assert s.parse_labels(str(selector)) == selector
    assert selector.exact() == {"a": "1"}


POD = {
    "metadata": {"name": "p", "namespace": "shop"},
    "spec": {"nodeName": "n1"},
    "status": {"phase": "Running"},
}
FIELD_MATCHED = [
    ("status.phase=Running,spec.nodeName=n1", True),
    ("status.phase!=Running", False),
    ("metadata.name==p", True),
    ("spec.hostNetwork=false", True),
    ("spec.host=n1", True),
    ("spec.nodeName=", False),
    ("=", True),
    ("", True),
    (",metadata.name=p", True),
]


@pytest.mark.parametrize(
    ("text", "matched"), FIELD_MATCHED, ids=[r[0] or "(empty)" for r in FIELD_MATCHED]
)
def test_field_selector_matches(text: str, matched: bool) -> None:
    assert s.parse_fields(text, "pods").matches(POD) is matched


FIELD_REFUSED = [
    ("spec.image=x", "pods", "field label not supported: spec.image"),
    (
        "data=x",
        "configmaps",
        '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ),
    ("spec.x=1", "jobs.batch", 'field label "spec.x" not supported for Job'),
    ("nonsense", "pods", "invalid selector: 'nonsense'; can't understand 'nonsense'"),
    ("metadata.name=a=b", "pods", "invalid field selector: unescaped character in value: 61"),
    ("metadata.name=a\\b", "pods", "invalid field selector: invalid escape sequence: \\b"),
]


@pytest.mark.parametrize(
    ("text", "resource", "message"), FIELD_REFUSED, ids=[r[0] for r in FIELD_REFUSED]
)
def test_field_selector_is_refused(text: str, resource: str, message: str) -> None:
    with pytest.raises(s.InvalidSelector) as caught:
        s.parse_fields(text, resource)
    assert str(caught.value) == message


def test_a_custom_resource_names_unsupported_fields_in_its_own_words() -> None:
    with pytest.raises(s.InvalidSelector, match=r"field label not supported: spec\.size"):
        s.parse_fields("spec.size=3", "gadgets.golden.example", custom=True)
