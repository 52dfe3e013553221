"""Bisection, advice and assumptions: the search by a model of runs, and each once for real."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.rehearsal import html, plots
from ecp.rehearsal.advising import advise, cost_of
from ecp.rehearsal.assumptions import FACTORS, at, figures, of_cluster, resting, tornado
from ecp.rehearsal.bisecting import NothingToBisect, bisect
from ecp.rehearsal.differences import Key, Unreadable, changed, differences, objects_of
from ecp.rehearsal.evidence import Evidence, Margin, one_after_another
from ecp.rehearsal.grounds import Land
from ecp.rehearsal.omitted import spelt
from ecp.rehearsal.outcome import carried_out
from ecp.rehearsal.plots import Bar
from ecp.rehearsal.scenario import Scenario, parse
from ecp.rehearsal.seeking_text import of_advice, of_bisect
from ecp.rehearsal.sheets import sheets, value_of, with_value
from ecp.sim import clusters
from ecp.validation import Source
from ecp.workloads.profiles import InvalidProfile, profiles, read_profile

CHATBOT = (Path(__file__).parents[3] / "examples" / "chatbot.yaml").read_text("utf-8")
BOT: Key = ("Deployment", "acme", "chatbot")


def scenario(manifest: str = CHATBOT, **fields: Any) -> Scenario:
    body = {"scenario": "s", "manifests": ["m.yaml"], "for": "1h", **fields}
    return parse(yaml.safe_dump(body), "s.yaml", lambda name: [Source(manifest, name)])


def evidence(held: bool, left: float | None = None, **more: Any) -> Evidence:
    margins = (Margin("c", "passed" if held else "failed", (1.0 if held else -1.0)
                      if left is None else left),)  # fmt: skip
    return Evidence(0 if held else 6, margins, more.get("down", {}), {}, "sha256:x", ())


def breaching(*fields: str) -> Any:
    """Return runs that fail where all *fields* of the bot differ from the example's."""
    good = objects_of(scenario())

    def many(scenarios: Sequence[Scenario]) -> list[Evidence]:
        found = []
        for one in scenarios:
            there = {row.word.split()[-1] for row in differences(good, objects_of(one))}
            found.append(evidence(not set(fields) <= there))
        return found

    return many


WORSE = (
    CHATBOT.replace("replicas: 3", "replicas: 2")
    .replace("periodSeconds: 5", "periodSeconds: 9")
    .replace('cpu: "1"', "cpu: 900m")
    .replace("redis://sessions:6379", "redis://sessions:6380")
    .replace("How can I help you?", "What?")
)
_POD = "spec.template.spec.containers.chatbot"


@pytest.mark.parametrize(
    "fields",
    [
        ("spec.replicas",),
        (f"{_POD}.env.SESSIONS_URL.value",),
        ("spec.replicas", f"{_POD}.readinessProbe.periodSeconds"),
        ("spec.replicas", f"{_POD}.resources.requests.cpu", "data.GREETING"),
    ],
    ids=["one field", "a variable among others", "two fields together", "three, of two objects"],
)
def test_what_breaches_is_found_and_nothing_else(fields: tuple[str, ...]) -> None:
    found = bisect(scenario(), scenario(WORSE), breaching(*fields))
    assert {row.path for row in found.smallest} == {
        tuple(field.split(".")) for field in fields
    }  # fmt: skip
    assert all(row.held for row in found.without)
    assert len(found.every) == 5


@pytest.mark.parametrize(
    ("good", "bad", "fields", "key"),
    [
        (CHATBOT, CHATBOT, ("spec.replicas",), "same"),
        (CHATBOT, WORSE, (), "good-fails"),
        (CHATBOT, WORSE, ("spec.paused",), "bad-holds"),
    ],
    ids=["no difference", "the good one fails", "the bad one holds"],
)
def test_what_cannot_be_bisected_says_why(
    good: str, bad: str, fields: tuple[str, ...], key: str
) -> None:
    with pytest.raises(NothingToBisect) as refused:
        bisect(scenario(good), scenario(bad), breaching(*fields))
    assert refused.value.key == key


def test_objects_and_list_elements_come_and_go() -> None:
    good, bad = objects_of(scenario()), objects_of(scenario(WORSE))
    del bad["ConfigMap", "acme", "chatbot"]
    container = bad[BOT]["spec"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "MORE", "value": "1"})
    container["ports"] = []
    every = differences(good, bad)
    assert changed(good, every) == bad
    assert changed(good, []) == good
    assert objects_of(scenario()) == good


def test_manifests_that_name_an_object_twice_are_not_compared() -> None:
    with pytest.raises(Unreadable, match="Deployment/chatbot"):
        objects_of(scenario(CHATBOT + "---" + CHATBOT.split("---")[4]))


def test_a_real_bisection_names_the_field_and_prints_it() -> None:
    # Two replicas fewer cannot hold the sessions of this load at noon.
    busy: dict[str, Any] = {
        "demand": {"namespace": "acme", "units": {"chatbot": 300}},
        "for": "3h",
    }
    worse = WORSE.replace("redis://sessions:6380", "redis://sessions:6379")
    worse = worse.replace("replicas: 2", "replicas: 1")
    found = bisect(scenario(**busy), scenario(worse, **busy))
    assert [row.word for row in found.smallest] == ["Deployment/chatbot spec.replicas"]
    lines = of_bisect(found.to_json(), "en")
    assert lines[1] == "  Deployment/chatbot spec.replicas: 3 → 1"
    assert found.good.digest in {row.digest for row in found.without}
    assert "최소 차이" in of_bisect(found.to_json(), "ko")[0]


# -- advice ----------------------------------------------------------------------------------------

ASKED = {"demand": {"namespace": "acme", "units": {"chatbot": 20}}}


def needing(replicas: int, cpu: int = 0) -> Any:
    """Return runs that hold with so many replicas of the bot, of so many millicores."""

    def many(scenarios: Sequence[Scenario]) -> list[Evidence]:
        found = []
        for one in scenarios:
            spec = objects_of(one)[BOT]["spec"]
            asked = spec["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
            milli = int(asked[:-1]) if asked.endswith("m") else 1000 * int(asked)
            lacks = max(0, replicas - spec["replicas"]) + (milli < cpu)
            down = {"acme/chatbot": 9 * lacks}
            found.append(evidence(not lacks, float(-lacks or 1), down=down))
        return found

    return many


@pytest.mark.parametrize(
    ("needs", "cpu", "replicas", "milli"),
    [(5, 700, 5, "750m"), (3, 1000, 3, "1"), (1, 0, 1, "50m"), (2, 500, 2, "560m")],
    ids=["more are needed", "nothing is to be had", "one small one is enough", "in between"],
)
def test_the_cheapest_that_holds_is_found(needs: int, cpu: int, replicas: int, milli: str) -> None:
    found = advise(scenario(**ASKED), many=needing(needs, cpu))
    assert found.holds
    spec = objects_of(found.scenario)[BOT]["spec"]
    assert spec["replicas"] == replicas
    asked = spec["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
    if milli == "50m":
        assert int(asked[:-1]) < 70
    else:
        assert asked == milli
    assert found.cost_after == cost_of(objects_of(found.scenario), found.after)
    kept = [row for row in found.steps if row.kept]
    assert all(row.evidence for row in found.steps)
    assert bool(kept) == bool(found.changes)


def test_without_a_load_nothing_is_asked_to_do_with_less() -> None:
    found = advise(scenario(), many=needing(2))
    assert {change.word for change in found.changes} == {"Deployment/chatbot spec.replicas"}


def test_what_nothing_mends_is_said_so_and_stops() -> None:
    def never(scenarios: Sequence[Scenario]) -> list[Evidence]:
        return [evidence(False) for _ in scenarios]

    found = advise(scenario(), many=never, most=40)
    assert (found.holds, found.changes) == (False, ())
    assert found.runs <= 40
    assert of_advice(found.to_json(), "en")[0].startswith("No change")


def test_a_limit_of_runs_is_kept_and_told() -> None:
    found = advise(scenario(**ASKED), many=needing(1), most=4)
    assert found.runs <= 4
    assert found.exhausted


def test_a_real_advice_mends_a_monday_and_holds_when_it_is_rehearsed_again() -> None:
    busy: dict[str, Any] = {
        "demand": {"namespace": "acme", "units": {"chatbot": 300}},
        "for": "2h",
    }
    found = advise(scenario(CHATBOT.replace("replicas: 3", "replicas: 1"), **busy), most=30)
    assert found.holds
    assert carried_out(found.scenario).passed
    assert one_after_another([found.scenario])[0].digest == found.after[0].digest
    assert not found.before[0].held
    assert found.changes


# -- assumptions -----------------------------------------------------------------------------------


def test_the_assumed_figures_are_those_of_what_runs_with_source_and_bounds() -> None:
    demand = {"namespace": "acme", "units": {"chatbot": 100}}
    rows = {row.name: row for row in figures(scenario(demand=demand))}
    time = rows["chatbot.service.time"]
    assert (time.value, time.source.partition(":")[0]) == (0.03, "assumed")
    assert (time.low, time.high) == tuple(time.value * factor for factor in FACTORS)
    assert "registry.example.com/acme/chatbot:1.4.2.image.start" in rows
    assert not [name for name in rows if name.startswith(("stt.", "nlp."))]
    # Without demand only what starts can differ.
    assert {row.field for row in figures(scenario())} == {"image.start"}


def test_a_figure_is_changed_in_its_sheet_and_nowhere_else() -> None:
    chatbot = profiles()["chatbot"]
    for field in ("service.time", "calls[nlp].requests", "demand.sessions", "service.threads"):
        other = with_value(chatbot, field, 7.0)
        assert value_of(other, field) == 7
        assert with_value(other, field, value_of(chatbot, field)) == chatbot
    changed_sheets = sheets({"chatbot.service.time": 9.0})
    assert changed_sheets is not None
    assert changed_sheets["chatbot"].service.time == 9.0
    assert changed_sheets["callbot"] == profiles()["callbot"]
    assert sheets({}) is None


def test_a_start_that_is_slower_starts_slower_and_a_hypothesis_flips() -> None:
    base = carried_out(scenario(hypotheses=["ready within 12s"], **{"for": "5m"}))
    assert base.passed
    rested = resting(base, one_after_another, asked=True)
    assert rested.assumptions is not None
    flips = rested.assumptions["flips"]
    assert flips == ["registry.example.com/acme/chatbot:1.4.2.image.start"]
    assert "would flip the verdict: 1 of 6" in rested.to_text("en")
    assert "판정을 뒤집는 가정값" in rested.to_text("ko")
    body = rested.to_json()
    assert {row["direction"] for row in body["not_modelled"]} <= {"flatters", "blackens", "either"}
    row = next(row for row in rested.assumptions["figures"] if row["flips"])
    assert row["at_low"]["exit_code"] == 0
    assert row["at_high"]["exit_code"] == 6
    # An image that nobody knows: between a small server and a JVM.
    assert (row["low"], row["high"], row["own_bounds"]) == (50_000_000, 40_000_000_000, True)
    for language, flips_it in (("en", "flips it"), ("ko", "판정 뒤집힘")):
        page = html.render(rested, language)  # type: ignore[arg-type]
        assert f">{flips_it}</text>" in page
        told = rested.to_text(language)  # type: ignore[arg-type]
        bar = next(line for line in told.splitlines() if line.endswith(flips_it))
        assert "chatbot:1.4.2.image.start" in bar
        assert "┿" in bar  # the bar crosses the bound


def test_a_bar_goes_from_the_margin_at_the_low_to_that_at_the_high_value() -> None:
    words = {"low": "low", "high": "high", "turns": "flips"}
    bars = [Bar("crosses", "1", "4", 0.5, -0.5, True), Bar("moves", "1", "4", 0.5, 1.0, False)]
    page = plots.tornado(bars, 0.5, "margins", words)
    spans = [tuple(map(int, found)) for found in re.findall(r'<rect x="(\d+)" y="\d+" width="(\d+)"'
                                                            r' height="7"', page)]  # fmt: skip
    # From -50 % (300) to 100 % (780); the base is at 620, the bound at 460.
    assert spans == [(620, 2), (300, 320), (620, 2), (620, 160)]
    assert page.count(">flips</text>") == 1
    assert 'x1="460"' in page
    # What was not measured goes to the left end; far below the bound the scale is a logarithm's.
    gone = plots.tornado([Bar("gone", "1", "4", 0.5, None, True)], 0.5, "", words)
    assert '<rect x="300" y="29" width="480"' in gone
    assert plots.scaled(-100.0) == -3


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("resources.memory", 256 * 2**20, "256Mi"),
        ("resources.slot_memory", 2**30, "1Gi"),
        ("resources.cpu", 100, "100m"),
        ("service.time", 0.03, "0.03 s"),
        ("image.start", 2_000_000_000, "2 s"),
        ("calls[redis].requests", 24, "24"),
        ("service.batches", 0.5, "0.5×"),
        ("dataPlane.proxy.sync", 30_000_000, "0.03 s"),
    ],
)
def test_a_figure_is_told_with_its_unit(field: str, value: float, said: str) -> None:
    assert spelt(field, value) == said


@pytest.mark.parametrize(
    ("margin", "said"),
    [(1.0, "100 %"), (0.355, "35.5 %"), (0.0, "0 %"), (-1.0, "-100 %"), (-1.5, "2.5×"),
     (-199.0, "200×"), (-5000.0, "≥ 1000×"), (None, "-")],
)  # fmt: skip
def test_a_margin_is_told_in_percent_or_by_how_many_times_it_is_beyond(
    margin: float | None, said: str
) -> None:
    assert plots.percent(margin) == said


def test_figures_of_the_cluster_are_those_that_matter_on_it_and_are_put_into_its_file() -> None:
    given = scenario()
    rows = {row.name: row for row in of_cluster(given)}
    assert list(rows) == [
        "cluster.dataPlane.proxy.watch", "cluster.dataPlane.proxy.sync",
        "cluster.dataPlane.dns.answer", "cluster.dataPlane.loadBalancer.unhealthyAfter",
    ]  # fmt: skip
    assert all(row.low <= row.value <= row.high for row in rows.values())
    slow = at(given, rows["cluster.dataPlane.proxy.sync"], 300_000_000)
    assert slow.land.spec is not None
    assert slow.land.spec["dataPlane"]["proxy"]["sync"] == "300000000ns"
    spec = clusters.model("default")
    growing = {**spec["pools"][1], "autoscaling": {"min": 1, "max": 9}}
    pools = [growing if pool["name"] == growing["name"] else pool for pool in spec["pools"]]
    grows = given._replace(land=Land(clusters.check({**spec, "pools": pools})))
    boots = {row.field: row.value for row in of_cluster(grows) if row.field.startswith("boot.")}
    assert boots == {"boot.machine": 40e9, "boot.network": 15e9, "boot.devices": 45e9}
    machine = next(row for row in of_cluster(grows) if row.field == "boot.machine")
    assert carried_out(at(grows, machine, machine.high)._replace(length=60_000_000_000)).passed


def test_batches_on_gpus_are_varied_together_where_they_are_assumed() -> None:
    aicm = profiles()["aicm"]
    other = with_value(aicm, "service.batches", 2.0)
    for gpu, row in aicm.service.batches.items():
        assert other.service.batches[gpu].fixed == row.fixed * 2
        assert other.service.batches[gpu].largest == row.largest


def test_a_sheet_takes_every_assumed_figure_at_its_bounds() -> None:
    for name, profile in profiles().items():
        units = {name: 1} if profile.demand is not None else {"chatbot": 1}
        given = scenario(demand={"namespace": "acme", "units": units})
        for row in figures(given):
            if row.field == "demand.redial":
                assert 0 < row.low < row.value < row.high < 1
            assert 0 <= row.low <= row.value <= row.high, row.name


def test_a_tornado_puts_first_what_flips_then_what_moves_most() -> None:
    demand = {"namespace": "acme", "units": {"chatbot": 100}}
    given = scenario(demand=demand)
    chosen = figures(given)[:3]

    def many(scenarios: Sequence[Scenario]) -> list[Evidence]:
        lefts = [0.5, 0.5, 0.1, 0.9, -1.0, 0.5]
        return [evidence(left > 0, left) for left, _ in zip(lefts, scenarios, strict=True)]

    rows = tornado(given, evidence(True, 0.5), chosen, many)
    assert [row.figure for row in rows] == [chosen[2], chosen[1], chosen[0]]
    assert [row.swing(evidence(True, 0.5)) for row in rows] == [1.5, 0.8, 0.0]
    assert at(given, chosen[0], 1.0).assumed == {chosen[0].name: 1.0}


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ("low: 10ms, high: 90ms", ""),
        ("low: 10ms", "service.time.high"),
        ("low: 40ms, high: 90ms", "between low and high"),
    ],
    ids=["both", "one is missing", "the value is not between them"],
)
def test_bounds_in_a_sheet_are_read_and_checked(bounds: str, said: str) -> None:
    folder = Path(__file__).parents[3] / "src" / "ecp" / "workloads" / "profiles"
    text = (folder / "chatbot.yaml").read_text("utf-8")
    text = text.replace("time: {value: 30ms,", f"time: {{value: 30ms, {bounds},")
    if said:
        with pytest.raises(InvalidProfile, match=said):
            read_profile(text, "chatbot.yaml")
    else:
        origin = read_profile(text, "chatbot.yaml").origin("service.time")
        assert (origin.low, origin.high) == (0.01, 0.09)
