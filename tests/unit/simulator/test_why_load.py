"""A slot in which lines are busy says what brought more callers than on a plain weekday."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic.model import Result, Seen, Share
from ecp.simulator.rest import why
from ecp.simulator.rest.why import explained
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language

# Monday, 2026-01-05, 10:00 in Seoul.
MORNING = 1_767_574_800 * SECOND
CAMPAIGN = {
    "name": "launch",
    "start": "2026-01-05T10:00:00+09:00",
    "end": "2026-01-05T12:00:00+09:00",
    "factor": 4,
}


@pytest.fixture(scope="module")
def busy() -> Cluster:
    """Ten channels on one pod of ten lines, four times as many callers."""
    cluster = Cluster.create(seed=1, now=MORNING)
    labels = {"app": "callbot"}
    container = {
        "name": "c",
        "image": "harbor.ecp-ai.com/ecp-ai/callbot:v1",
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "1100m", "memory": "2816Mi"}},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    deployment = {
        "metadata": {"name": "callbot"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
    service = {
        "metadata": {"name": "callbot"},
        "spec": {"selector": labels, "ports": [{"port": 8080}]},
    }
    for resource, namespace, body in (
        (kinds.NAMESPACES, "", {"metadata": {"name": "t"}}),
        (kinds.DEPLOYMENTS, "t", deployment),
        (kinds.SERVICES, "t", service),
    ):
        cluster.submit(Request("create", resource, namespace, body=body), cause="a1")
    shape = {"campaigns": [CAMPAIGN]}
    body = {"namespace": "t", "demand": {"callbot": 10}, "shape": shape}
    cluster.submit(Request("track", "tenants", name="t", body=body), cause="a2")
    cluster.run_until(MORNING + 1800 * SECOND)
    cluster.flows.close()
    return cluster


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "more load than its pods can serve (campaign launch ×4)"), ("ko", "캠페인 launch ×4")],
)
def test_a_campaign_is_named_where_lines_are_busy(
    busy: Cluster, language: Language, words: str
) -> None:
    slot = busy.now // SECOND // SLOT_SECONDS - 1
    told = busy.accounts.ledgers["t"].told(slot)
    assert told is not None
    found: dict[str, Any] = explained(busy, "t", slot, told, language)
    assert found["state"] == "down"
    assert found["cause"]["kind"] == "load"
    assert words in found["cause"]["text"]
    assert words in found["sentence"]
    launch = {"kind": "campaign", "name": "launch", "name_en": "launch", "factor": 4.0}
    assert found["demand"] == {"callbot": [launch]}
    calls = found["requests"]["calls"]
    assert calls["answer_rate"] == pytest.approx(100 - found["requests"]["bad_percent"], abs=0.01)
    assert calls["cut_off"] == 0


def met(state: Any = "U", *, busy: float, waiting: float = 0.0, how: Any = "late") -> why._Step:
    """Return a step whose requests fail by load alone: so much of its servers busy (%), so many of
    its requests waiting; a hundred come a second, each takes 200 ms."""
    share = Share(how, 500, Seen("late", "load"))
    result = Result(
        "web", True, True, state, 2, 2, 2, 500_000_000, 500_000_000, 500, (), 200, 400, 0, 0, 0, 0,
        round(busy * 10_000), round(waiting * 1000), (share,),
    )  # fmt: skip
    return why._Step(result, share)


@pytest.mark.parametrize(
    ("step", "others", "said"),
    [
        pytest.param(met("D", busy=99, how="overload"), [], ("load", "web"),
                     id="down by requests that are refused: more load than it can serve"),
        pytest.param(met(busy=50, how="overload"), [], ("load-burst", "web"),
                     id="up though some are refused: its servers are all taken now and then"),
        pytest.param(met("D", busy=95, waiting=9), [], ("load-queue", "web"),
                     id="late since they wait"),
        pytest.param(met(busy=30), [], ("load-usual", "web"),
                     id="late though nothing waits: no overload, whatever is busy"),
        pytest.param(met(busy=30, waiting=0.1), [], ("load-usual", "web"),
                     id="a millisecond of two hundred is no queue"),
        pytest.param(met(busy=30), [met(busy=97, waiting=9).result._replace(name="db")],
                     ("load-queue", "db"), id="those it calls wait: they are named"),
        pytest.param(met(busy=80, waiting=9), [met(busy=97, waiting=9).result._replace(name="db")],
                     ("load-queue", "web"), id="its own queue comes before that of others"),
    ],
)  # fmt: skip
def test_what_load_comes_to_follows_the_figures(
    step: why._Step, others: list[Result], said: tuple[str, str]
) -> None:
    sort, full = why._load(step, (step.result, *others))
    assert (sort, full.name) == said


@pytest.mark.parametrize(
    ("ppm", "told"), [(500_000, "50"), (2_173, "0.22"), (100, "0.01"), (40, "<0.01"), (0, "0")]
)
def test_a_share_that_is_there_is_never_none(ppm: int, told: str) -> None:
    step = met(busy=30)
    assert why._percent([step._replace(result=step.result._replace(bad=ppm))]) == told
