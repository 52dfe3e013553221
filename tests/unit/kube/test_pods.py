"""What counts as ready, available, active; and the hash that tells ReplicaSets apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube import pods
from ecp.kube.times import nanoseconds, rfc3339

SECOND = 1_000_000_000
SINCE = "2026-01-05T00:00:00Z"
AT = nanoseconds(SINCE)


def pod(ready: str | None = "True", phase: str = "Running", **meta: Any) -> dict[str, Any]:
    conditions = (
        [] if ready is None else [{"type": "Ready", "status": ready, "lastTransitionTime": SINCE}]
    )
    return {"metadata": meta, "status": {"phase": phase, "conditions": conditions}}


@pytest.mark.parametrize(
    ("found", "least", "after", "expected"),
    [
        pytest.param(pod("False"), 0, 99, (False, False), id="an unready pod is never available"),
        pytest.param(pod(None), 0, 99, (False, False), id="nor is one that says nothing"),
        pytest.param({"metadata": {}}, 0, 99, (False, False), id="nor one without a status"),
        pytest.param(pod(), 0, 0, (True, True), id="a ready pod is available at once"),
        pytest.param(pod(), 5, 4.999, (True, False), id="not before it has been ready long enough"),
        pytest.param(pod(), 5, 5, (True, True), id="but at that very instant"),
    ],
)
def test_ready_and_available(
    found: dict[str, Any], least: int, after: float, expected: tuple[bool, bool]
) -> None:
    now = AT + int(after * SECOND)
    assert (pods.is_ready(found), pods.is_available(found, least, now)) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(pod(), (True, False, False), id="running"),
        pytest.param(pod(phase="Failed"), (False, True, False), id="failed"),
        pytest.param(pod(deletionTimestamp="t"), (False, False, True), id="terminating"),
        pytest.param(
            pod(phase="Succeeded", deletionTimestamp="t"),
            (False, True, False),
            id="done and being deleted",
        ),
    ],
)
def test_active_terminal_terminating(found: dict[str, Any], expected: tuple[bool, ...]) -> None:
    said = (pods.is_active(found), pods.is_terminal(found), pods.is_terminating(found))
    assert said == expected


def test_a_condition_moves_its_transition_only_with_its_status() -> None:
    before = pod()
    same = pods.with_condition(before, "Ready", "True", AT + SECOND, reason="r")
    other = pods.with_condition(before, "Ready", "False", AT + SECOND)
    assert [p["status"]["conditions"][0]["lastTransitionTime"] for p in (same, other)] == [
        SINCE,
        rfc3339(AT + SECOND),
    ]
    assert before["status"]["conditions"][0] == {
        "type": "Ready",
        "status": "True",
        "lastTransitionTime": SINCE,
    }
    assert pods.with_condition(other, "Ready", "False", AT + 9 * SECOND) is other


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", 0x811C9DC5, id="nothing"),
        pytest.param(b"a", 0xE40C292C, id="one letter"),
        pytest.param(b"foobar", 0xBF9CF968, id="a word"),
    ],
)
def test_fnv_by_its_published_vectors(text: bytes, expected: int) -> None:
    assert pods.fnv1a(text) == expected


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4)))
def test_a_hash_knows_no_order_of_keys(template: dict[str, Any]) -> None:
    turned = dict(reversed(template.items()))
    digest = pods.pod_template_hash(template)
    assert pods.pod_template_hash(turned) == digest
    assert set(digest) <= set("bcdfghjklmnpqrstvwxz2456789")
    assert pods.pod_template_hash(template, 0) != pods.pod_template_hash(template, 1)
