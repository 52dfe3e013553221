"""Planted weaknesses: each makes the scenario that it is weak against fail, for its own reason;
validation named it before; mended, the same scenario passes.

The tenant is a small one, sized and generated, with one field changed. And at ×60 no slot is lost.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml
from acme import HOUR, NAMESPACE, START, deployed

from ecp.kube.kinds import NODES, PODS
from ecp.kube.yamlwriter import dump
from ecp.rehearsal.grounds import sized
from ecp.rehearsal.hypotheses import parse
from ecp.rehearsal.outcome import Outcome, carried_out
from ecp.rehearsal.run import TENANT
from ecp.rehearsal.scenario import Scenario, Step
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.sim.telemetry.minutes import Minute
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.pacer import Pace
from ecp.simulator.rest.why import explained
from ecp.simulator.storage import Folder
from ecp.slo.slots import SLOT_SECONDS
from ecp.validation import Source

MINUTE: Final = 60 * SECOND
Obj = dict[str, Any]
Change = Callable[[list[Obj]], None]
WORKLOAD: Final = "callbot"
# How long a call lasts on average (s), as the data sheet says.
CALL_S: Final = 180


# -- the tenant, and what may be wrong with it -----------------------------------------------------


def the(objects: list[Obj], kind: str) -> Obj:
    """Return the callbot's object of that kind."""
    return next(
        obj
        for obj in objects
        if obj["kind"] == kind and obj["metadata"].get("labels", {}).get("app") == WORKLOAD
    )


def pod(objects: list[Obj]) -> Obj:
    found: Obj = the(objects, "Deployment")["spec"]["template"]
    return found


def one_replica(objects: list[Obj]) -> None:
    # Of an autoscaled workload this is the field; the number of the Deployment follows it.
    the(objects, "HorizontalPodAutoscaler")["spec"]["minReplicas"] = 1
    the(objects, "Deployment")["spec"]["replicas"] = 1


def no_budget(objects: list[Obj]) -> None:
    objects.remove(the(objects, "PodDisruptionBudget"))


def no_readiness_probe(objects: list[Obj]) -> None:
    del pod(objects)["spec"]["containers"][0]["readinessProbe"]


def one_zone(objects: list[Obj]) -> None:
    pod(objects)["spec"]["nodeSelector"] = {"topology.kubernetes.io/zone": "kr-1a"}


def short_grace(objects: list[Obj]) -> None:
    pod(objects)["spec"]["terminationGracePeriodSeconds"] = 30


def slow(objects: list[Obj]) -> None:
    """A bot that loads for half a minute, within the time that its start-up probe gives it."""
    pod(objects)["metadata"]["annotations"]["sim.ecp-ai.io/start-after"] = "30s"


def slow_unwatched(objects: list[Obj]) -> None:
    """A bot that loads for twenty seconds, and no start-up probe that would hide it."""
    pod(objects)["metadata"]["annotations"]["sim.ecp-ai.io/start-after"] = "20s"
    del pod(objects)["spec"]["containers"][0]["startupProbe"]


def as_it_is(objects: list[Obj]) -> None:
    """Nothing is changed."""


class Weakness(NamedTuple):
    """`plant` is done to the manifests, `base` to the mended ones, too.

    faults      with {node} and {zone} of one of the callbot's pods
    rolled      a new version comes after so many minutes
    calls       the tenant's customers call; else there are probes only
    finding     the rule by which validation names it
    reason      how requests fail first, and the name of what that follows from
    """

    plant: Change
    claim: str
    finding: str
    reason: tuple[str, str]
    faults: tuple[str, ...] = ()
    rolled: int = 0
    calls: bool = False
    base: Change = as_it_is
    minutes: int = 30


DRAINS = tuple(f"node_drain:cpu-{number}@5m+10m" for number in (1, 2, 3, 4))
WEAKNESSES: Final[Mapping[str, Weakness]] = {
    "one replica, and its node is lost": Weakness(
        one_replica, "downtime of callbot <= 2m", "W0203", ("none-ready", "node_down"),
        faults=("node_down:{node}@5m+20m",),
    ),
    "no budget, and the nodes of a pool are upgraded": Weakness(
        no_budget, "availability of callbot >= 99.9", "W0204", ("none-ready", "node_drain"),
        faults=DRAINS, base=slow,
    ),
    "no readiness probe, and a new version that starts slowly": Weakness(
        no_readiness_probe, "availability of callbot >= 99.9", "W0202", ("starting", "release"),
        rolled=5, calls=True, base=slow_unwatched,
    ),
    "one zone, which is lost": Weakness(
        one_zone, "downtime of callbot <= 2m", "W0205", ("none-ready", "zone_down"),
        faults=("zone_down:{zone}@5m+20m",),
    ),
    "half a minute of grace for calls, and a new version": Weakness(
        short_grace, "availability of callbot >= 99.9", "W0109", ("cut", "release"),
        rolled=50, calls=True, minutes=75,
    ),
}  # fmt: skip
each = pytest.mark.parametrize("weakness", WEAKNESSES)


@cache
def generated() -> tuple[list[Obj], Any]:
    kept = sized("acme", {WORKLOAD: 10}, load={}, shape=None, target_ppm=995_000, contract={})
    (source,) = kept.sources
    assert isinstance(source.text, str)
    return list(yaml.safe_load_all(source.text)), kept.demand


def written(*changes: Change) -> Source:
    objects = deepcopy(generated()[0])
    for change in changes:
        change(objects)
    return Source(dump(objects), "acme.yaml")


def version_two(objects: list[Obj]) -> None:
    pod(objects)["metadata"]["annotations"]["version"] = "2"


def scenario(row: Weakness, *planted: Change) -> Scenario:
    source = written(row.base, *planted)
    names = {}
    if any("{" in line for line in row.faults):
        assert isinstance(source.text, str)
        names = where(source.text)
    steps = (Step(row.rolled * MINUTE, (written(row.base, *planted, version_two),)),)
    return Scenario(
        "weakness",
        {"en": "", "ko": ""},
        (source,),
        "default",
        row.minutes * MINUTE,
        0,
        995_000,
        generated()[1] if row.calls else None,
        tuple(line.format(**names) for line in row.faults),
        steps if row.rolled else (),
        (parse(row.claim),),
        "passed",
    )


@cache
def where(text: str) -> dict[str, str]:
    """Return node and zone of one of the callbot's pods, once all has started."""
    told = Scenario(
        "where", {}, (Source(text, "acme.yaml"),), "default", 5 * SECOND, 0, 995_000, None,
        (), (), (), "passed",
    )  # fmt: skip
    measures = carried_out(told).measures
    assert measures is not None
    read = measures.run.cluster.read
    node = next(
        pod["spec"]["nodeName"]
        for pod in read.list(PODS)
        if pod["metadata"]["labels"].get("app") == WORKLOAD
    )
    found = read.get(NODES, "", node)
    assert found is not None
    return {"node": node, "zone": found["metadata"]["labels"]["topology.kubernetes.io/zone"]}


@cache
def weak(name: str) -> Outcome:
    return carried_out(scenario(WEAKNESSES[name], WEAKNESSES[name].plant))


@cache
def mended(name: str) -> Outcome:
    return carried_out(scenario(WEAKNESSES[name]))


# -- what is found ---------------------------------------------------------------------------------


@each
def test_validation_names_the_weakness_alone_and_nothing_once_it_is_mended(weakness: str) -> None:
    found = weak(weakness).found.validation
    assert [(one.rule, one.object.name) for one in found.findings] == [
        (WEAKNESSES[weakness].finding, WORKLOAD)
    ]
    assert found.valid
    assert mended(weakness).found.validation.findings == ()


@each
def test_the_claim_fails_with_the_weakness_and_holds_without(weakness: str) -> None:
    for outcome, status in ((weak(weakness), "failed"), (mended(weakness), "passed")):
        assert [row.status for row in outcome.verdicts] == [status], outcome.to_text("en")
        assert outcome.found.started
        assert outcome.found.proven
        assert outcome.passed == (status == "passed")


def reasons(outcome: Outcome) -> Counter[tuple[str, str]]:
    """Return slots by how requests failed, and by the name of what that follows from."""
    measures = outcome.measures
    assert measures is not None
    found: Counter[tuple[str, str]] = Counter()
    if measures.ledger is None:
        names = {fault.id: fault.name for fault in measures.run.cluster.faults.all}
        (level,) = (row for row in outcome.found.workloads if row.name.endswith(f"/{WORKLOAD}"))
        for block in level.blocks:
            found[block.reason, names.get(block.cause, block.cause)] += block.end - block.start
        return found
    for first, after, told in measures.ledger.said(measures.first, measures.after):
        if told.whole == "D":
            why = explained(measures.run.cluster, TENANT, first, told, "en")
            assert why["chain"][-1]["workload"] == WORKLOAD
            found[why["chain"][-1]["reason"], why["cause"]["id"]] += after - first
    return found


@each
def test_the_report_says_why(weakness: str) -> None:
    row, outcome = WEAKNESSES[weakness], weak(weakness)
    found = reasons(outcome)
    assert found.most_common(1)[0][0] == row.reason
    # All of it follows from the one thing that was done, in the report, too.
    assert {cause for _, cause in found} == {row.reason[1]}
    assert outcome.measures is not None
    assert {name for _, name in outcome.measures.blame()} == {row.reason[1]}


# -- calls in progress -----------------------------------------------------------------------------


def cut_share(outcome: Outcome) -> float:
    """Return the share of the calls in progress at a rollout that it cuts."""
    measures = outcome.measures
    assert measures is not None
    assert measures.ledger is not None
    before = measures.ledger.told(measures.first + 50 * 60 // SLOT_SECONDS - 1)
    assert before is not None
    (bot,) = (row for row in before.results or () if row.name == WORKLOAD)
    open_calls = bot.calls / 1e6 / SLOT_SECONDS * CALL_S
    cut = sum(
        row.cut * (after - first) / 1e6
        for first, after, told in measures.ledger.said(measures.first, measures.after)
        for row in told.results or ()
        if row.name == WORKLOAD
    )
    return cut / open_calls


def test_half_a_minute_of_grace_cuts_85_percent_of_the_calls_ten_minutes_under_5() -> None:
    name = "half a minute of grace for calls, and a new version"
    assert cut_share(weak(name)) == pytest.approx(0.85, abs=0.01)
    assert 0 < cut_share(mended(name)) < 0.05


# -- at a pace -------------------------------------------------------------------------------------

# A minute of a wall clock that is looked at when somebody has time, ms: 5 s are 83 ms at x60.
LOOKS: Final = (1, 40, 83, 84, 970, 7, 250, 1_900, 16)
FAULTS: Final = (
    ("pod_crash", "deployment/callbot", 4, 0),
    ("service_down", "deployment/stt", 10, 20),
    ("partial_outage", "deployment/chatbot", 20, 5),
    ("service_down", "deployment/nlp", 30, 61),
    ("pod_crash", "deployment/chatbot", 59, 0),
)
TEN: Final = START + 10 * HOUR


def slots(cluster: Cluster) -> list[tuple[str, str]]:
    """Return (state, cause) of each slot of the hour."""
    cluster.flows.close()
    ledger, first = cluster.accounts.ledgers["acme"], TEN // SECOND // SLOT_SECONDS
    found = []
    for start, end, told in ledger.said(first, first + 720):
        causes = sorted({s.seen.cause for row in told.results or () for s in row.shares})
        found += [(str(told.whole), " ".join(causes))] * (end - start)
    return found


def test_a_minute_at_pace_60_loses_no_slot_of_an_hour(tmp_path: Path) -> None:
    cluster = deployed("callbot", "chatbot", "stt", "nlp")
    for fault, target, minute, seconds in FAULTS:
        body = {
            "fault": fault, "target": target, "namespaces": [NAMESPACE],
            "at": TEN + minute * MINUTE, **({"duration": f"{seconds}s"} if seconds else {}),
        }  # fmt: skip
        cluster.submit(Request("fault", "faults", body=body), cause="b1")
    cluster.run_until(TEN)
    warped = Cluster.restore(unpack(pack(cluster.snapshot())))
    warped.run_until(TEN + HOUR)

    wall, kept, newest = 0, list[Minute](), 0
    pace = Pace(TEN, wall).act("speed", TEN, wall, factor=60)
    shelf = Folder(tmp_path, "c")
    host = HostedCluster("c", cluster, pace, shelf, 1, lambda: wall, incarnation="i")
    for look in cycle(LOOKS):
        wall = min(wall + look * 1_000_000, MINUTE)
        while host.failure is None and cluster.now < pace.target(wall):
            host.catch_up()
        # As the orchestrator does it: closed minutes, from the last one seen on.
        cluster.flows.close()
        fresh, _ = cluster.accounts.minutes("acme", newest, 1_000, cluster.now // SECOND)
        kept += fresh
        newest = fresh[-1].sequence if fresh else newest
        if wall == MINUTE:
            break
    assert host.failure is None
    host.close()
    assert cluster.now == TEN + HOUR

    found = slots(cluster)
    assert len(found) == 720
    assert found == slots(warped)
    down = [number for number, (state, _) in enumerate(found) if state == "D"]
    assert {number // 12 for number in down} >= {10, 30, 31}
    # And none is lost on the way to who keeps the minutes; the last one is not closed yet.
    assert [row.sequence for row in kept] == list(range(1, newest + 1))
    counted = sum(row.body["workloads"][0]["slots"]["down"] for row in kept[-59:])
    assert counted == sum(number < 59 * 12 for number in down)
