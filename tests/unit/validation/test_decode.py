"""The decoder: its words, and the quick check that stands in for it."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecp.kube import schema as schemas
from ecp.kube.checkers import checker
from ecp.kube.schema import Gvk, Node, go_field, schema
from ecp.kube.times import time_complaint
from ecp.kube.yaml import read
from ecp.validation import decode, validate
from ecp.validation.decode import base64_complaint, first_wrong, held, misfits

FOLDER = Path(__file__).parents[2] / "golden" / "verdicts" / "manifests"
JUNK: tuple[Any, ...] = (
    None, "", 0, -1, True, 3.5, "x", "1Gi", "-5", "100%", 2**40, 2**70, [], {}, [None],
    {"a": None}, ["x"], "2026-01-01T00:00:00Z", "YQ==", "a=b",
)  # fmt: skip


def objects() -> Iterator[tuple[Gvk, dict[str, Any]]]:
    known = schema("1.36")
    for file in sorted(FOLDER.iterdir()):
        for document in read(file.read_bytes()):
            if isinstance(document.object, dict):
                api_version = document.object.get("apiVersion")
                gvk = Gvk.of(str(api_version), str(document.object.get("kind")))
                if gvk in known:
                    yield gvk, document.object


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every place inside *value*."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in list(entries):
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


def test_the_quick_check_says_yes_exactly_where_the_decoder_finds_nothing() -> None:
    known = schema("1.36")
    answers = {True: 0, False: 0}
    for turn, (gvk, original) in enumerate(objects()):
        node = known.node(gvk)
        assert node is not None
        for number in range(turn % 7, len(list(places(original))), 7):
            changed = copy.deepcopy(original)
            container, key = list(places(changed))[number]
            container[key] = JUNK[(turn + number) % len(JUNK)]
            found = [misfit for misfit in misfits(changed, node) if misfit.sort != "required"]
            fits = checker(gvk).is_valid(changed)
            as_is = found == [] and held(changed, node) is changed
            assert fits is as_is, (gvk, key, container[key], found)
            answers[fits] += 1
    assert min(answers.values()) > 100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("YQ==", "", id="good"),
        pytest.param("YQ==\n", "", id="a line end is skipped"),
        pytest.param("", "", id="empty"),
        pytest.param("not base64!", "illegal base64 data at input byte 3", id="a blank"),
        pytest.param("YQ", "illegal base64 data at input byte 0", id="no padding"),
        pytest.param("YWJj=", "illegal base64 data at input byte 4", id="padding too much"),
        pytest.param("YQ=x", "illegal base64 data at input byte 3", id="half a padding"),
    ],
)
def test_base64(text: str, words: str) -> None:
    assert base64_complaint(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("2026-01-31T09:00:00Z", "", id="UTC"),
        pytest.param("2026-01-31T09:00:00.123456+09:00", "", id="with a zone and a fraction"),
        pytest.param("2024-02-29T00:00:00Z", "", id="a leap day"),
        pytest.param("2026-02-29T00:00:00Z", "day out of range", id="no leap day"),
        pytest.param("2026-13-01T00:00:00Z", "month out of range", id="month 13"),
        pytest.param("2026-01-01T24:00:00Z", "hour out of range", id="hour 24"),
        pytest.param("2026-01-01", 'cannot parse "" as "T"', id="a date alone"),
        pytest.param("tomorrow", 'cannot parse "tomorrow" as "2006"', id="no time at all"),
    ],
)
def test_times(text: str, words: str) -> None:
    complaint = time_complaint(text)
    assert complaint.endswith(words)
    assert bool(complaint) == bool(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("2026-01-31T09:00:00.123456Z", "", id="six decimals"),
        pytest.param("2026-01-31T09:00:00Z", 'cannot parse "Z" as ".000000"', id="none"),
        pytest.param("2026-13-31T09:00:00Z", "month out of range", id="month 13 is met first"),
        pytest.param("2026-01-31T09:00:00.1234567Z", 'cannot parse "7Z" as "Z07:00"', id="seven"),
        pytest.param("2026-02-31T09:00:00.123456Z", "day out of range", id="the day comes last"),
        pytest.param("2026-01-31T09:00:00.123456Zx", 'extra text: "x"', id="more than a time"),
    ],
)
def test_times_of_leases_and_events(text: str, words: str) -> None:
    complaint = time_complaint(text, exact=True)
    assert complaint.endswith(words)
    assert bool(complaint) == bool(words)


def test_an_object_is_held_as_the_server_s_structs_hold_it() -> None:
    node = schema("1.36").node(Gvk("", "v1", "Pod"))
    assert node is not None
    box = {"name": "a", "args": [None, "b"], "resources": {"limits": {"cpu": None, "a": "10u"}}}
    sent = {"metadata": {"labels": {"a": None}, "annotations": None}, "spec": {"containers": [box]}}
    found = held(sent, node)
    assert found["metadata"] == {"labels": {"a": ""}, "annotations": None}
    assert found["spec"]["containers"][0]["args"] == ["", "b"]
    assert found["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "0", "a": "1m"}
    assert held(found, node) is found


def test_early_and_late_in_a_process_the_findings_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [file.read_bytes() for file in sorted(FOLDER.iterdir())[:120]]

    def findings(seen: int) -> list[Any]:
        monkeypatch.setattr(decode._Seen, "objects", seen)
        found = [finding for file in files for finding in validate(file).findings]
        return [finding._replace(place=finding.position) for finding in found]

    early = findings(-1_000_000)
    assert len(early) > 50
    assert findings(1_000_000) == early


def test_a_sound_object_fits_once_it_pays_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    gvk = Gvk("", "v1", "Pod")
    monkeypatch.setattr(decode._Seen, "objects", 0)
    assert decode.fits(pod, gvk, schema()) is False
    monkeypatch.setattr(decode._Seen, "objects", 1_000_000)
    assert decode.fits(pod, gvk, schema()) is True
    assert decode.fits({**pod, "x": 1}, gvk, schema()) is False


def test_what_is_said_of_go_s_types_is_of_fields_that_are_there() -> None:
    """A field that the schema does not know would be a slip of the pen."""
    text = (Path(schemas.__file__).parent / "schemas" / "gotypes.json").read_text("utf-8")
    told = json.loads(text)
    lost = []
    for sort in ("types", "within"):
        for definition, fields in told[sort].items():
            known = Node(schema(), {"$ref": f"#/$defs/{definition}"}).properties
            lost += [(definition, field) for field in fields if field not in known]
    assert lost == []
    assert go_field("io.k8s.api.core.v1.Probe", "httpGet") == ("ProbeHandler", "")
    assert go_field("io.k8s.api.core.v1.Container", "imagePullPolicy") == ("", "v1.PullPolicy")


def test_a_value_that_reads_itself_is_spoken_of_before_those_that_came_earlier() -> None:
    spec = {"containers": [{"args": 5, "resources": {"limits": {"cpu": "x"}}}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    node = schema().node(Gvk("", "v1", "Pod"))
    assert node is not None
    found = misfits(pod, node)
    assert [misfit.stops for misfit in found if misfit.sort == "type"] == [False, True]
    wrong = first_wrong(found)
    assert wrong is not None
    assert wrong.message.startswith("quantities must match")
    assert first_wrong([]) is None
