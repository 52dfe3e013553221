"""Where manifests are judged: small ones here, big ones in a worker, with one result."""

import asyncio
import pickle
import sys
from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.kube.yamlwriter import dump
from ecp.orchestrator.adapters.judges import Judges
from ecp.orchestrator.records import Judged, ToJudge
from ecp.orchestrator.tenants.judging import is_small, judge

DOCUMENT = """\
apiVersion: v1
kind: Pod
metadata: {{name: p{number}, namespace: x}}
spec:
  containers: [{{name: c, image: i, resources: {{requests: {{cpu: 100m}}}}}}]
"""
ALIASES = DOCUMENT.format(number=1).replace("cpu: 100m", "cpu: &c 100m, memory: *c")


def asked(manifest: str, **more: bool) -> ToJudge:
    return ToJudge(manifest, "x", "1.36", strict=True, language="ko", **more)


def many(count: int) -> str:
    return "---\n".join(DOCUMENT.format(number=number) for number in range(count))


def broken(count: int) -> str:
    return many(count).replace("name: p", "name: P")


@pytest.mark.parametrize(
    ("manifest", "small"),
    [
        pytest.param(many(13), True, id="a tenant's few documents"),
        pytest.param(many(2000), False, id="a megabyte"),
        pytest.param(ALIASES, False, id="aliases, which can make much of little"),
    ],
)
@pytest.mark.parametrize("bundle", [False, True])
def test_who_judges_makes_no_difference(manifest: str, small: bool, bundle: bool) -> None:
    async def run() -> Judged:
        judges = Judges()
        found = await judges.judge(asked(manifest, bundle=bundle))
        await judges.close()
        return found

    assert is_small(manifest) is small
    found = asyncio.run(run())
    assert found == judge(asked(manifest, bundle=bundle))
    assert bool(found.objects) is bundle
    assert found.valid
    assert found.summary["estimated_pods"] == found.documents


def test_of_very_many_findings_the_first_are_shown_and_all_are_counted() -> None:
    found = judge(asked(broken(1200)))
    assert (found.valid, found.findings, found.errors, len(found.stops)) == (
        False,
        1200,
        1200,
        1000,
    )


def test_a_worker_that_dies_is_a_problem_of_one_request_only() -> None:
    async def run() -> Judged:
        judges = Judges()
        await judges.judge(asked(many(300)))
        judges._workers._idle[0].kill()
        await judges._workers._idle[0].wait()
        with pytest.raises(Problem) as failed:
            await judges.judge(asked(many(300)))
        assert failed.value.status == 503
        found = await judges.judge(asked(many(300)))
        await judges.close()
        return found

    assert asyncio.run(run()).documents == 300


def test_whoever_stops_waiting_leaves_no_answer_to_the_next() -> None:
    async def run() -> Judged:
        judges = Judges()
        waiting = asyncio.create_task(judges.judge(asked(many(2000))))
        while not judges._workers._free._value < 2:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        found = await judges.judge(asked(many(299)))
        await judges.close()
        return found

    assert asyncio.run(run()).documents == 299


def test_a_megabyte_does_not_hold_the_loop_up() -> None:
    """Counted in calls of the loop's own thread within a turn: judged here it would be millions."""
    calls = most = 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    async def run() -> None:
        nonlocal calls, most
        judges = Judges()
        tasks = [
            asyncio.create_task(judges.judge(asked(text))) for text in (many(6000), broken(6000))
        ]
        sys.setprofile(counted)
        while not all(task.done() for task in tasks):
            calls = 0
            await asyncio.sleep(0)
            most = max(most, calls)
        sys.setprofile(None)
        await judges.close()

    try:
        asyncio.run(run())
    finally:
        sys.setprofile(None)
    assert 0 < most < 20_000


def test_what_a_worker_sends_back_does_not_grow_with_what_is_wrong() -> None:
    sent = [len(pickle.dumps(judge(asked(broken(count))))) for count in (1200, 2400)]
    assert sent[1] - sent[0] < sent[0] / 100


def test_what_is_written_non_strictly_is_deployed_without_it() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i", "imag": 1}], "x": {"y": 1}},
    }
    found = judge(ToJudge(dump(pod), "x", "1.36", strict=False, language="en", bundle=True))
    assert found.objects[0]["spec"] == {"containers": [{"name": "c", "image": "i"}]}
    said = [finding["rule"] for finding in found.said]
    assert (found.valid, found.placed, said) == (True, False, ["E0020", "E0020", "W0200", "W0201"])
