"""Campaigns: what records say together, and that where they were made changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.cli.backends import carried_out
from ecp.cli.campaigns import Kept, run_campaign
from ecp.cli.output import Failure
from ecp.rehearsal.campaign import Campaign, Record, Variant, digest, summary, terms_for
from ecp.rehearsal.campaign_text import render
from ecp.rehearsal.scenario import Scenario, parse
from ecp.validation import Source

CHATBOT = (Path(__file__).parents[3] / "examples" / "chatbot.yaml").read_text("utf-8")
DAY = 17_280


def scenario(**fields: Any) -> Scenario:
    body = {"scenario": "s", "manifests": ["chatbot.yaml"], "for": "10m", **fields}
    return parse(yaml.safe_dump(body), "s.yaml", lambda name: [Source(CHATBOT, name)])


def record(seed: int, down: int, variant: str = "base", **more: Any) -> Record:
    return {
        "variant": variant, "seed": seed, "exit_code": 6 if down > 86 else 0,
        "up": DAY - down, "down": down, "failures": 0, "ready_seconds": 9.0,
        "recovery_seconds": None, "hypotheses": [],
        "causes": [["fault", "node_down", down * 5]] if down else [], **more,
    }  # fmt: skip


def told(downs: list[int]) -> dict[str, Any]:
    rows = [record(seed, down) for seed, down in enumerate(downs)]
    campaign = Campaign((Variant("base", scenario()),), len(rows))
    found: dict[str, Any] = summary(campaign, rows)["variants"][0]
    return found


def test_none_of_a_hundred_is_told_by_its_bound() -> None:
    found = told([0] * 100)
    assert found["breach"] == {"hits": 0, "runs": 100, "share": 0.0, "low": 0.0, "high": 0.036217}
    campaign = Campaign((Variant("base", scenario()),), 100)
    rows = [record(seed, 0) for seed in range(100)]
    assert "0 of 100: ≤ 3.6 %" in render(summary(campaign, rows), "en")
    assert "≤ 3.6 %" in render(summary(campaign, rows), "ko")


@pytest.mark.parametrize(
    ("downs", "target"),
    [
        ([0] * 58, None),
        ([173] + [0] * 58, 98.9988),
        ([173] + [0] * 91, 98.9988),
        ([173] + [0] * 92, 100.0),
        ([173, 86] + [0] * 122, 100.0),
        ([173, 86, 50] + [0] * 121, 99.7106),
    ],
    ids=[
        "58 runs say nothing yet",
        "of 59 the worst is promised",
        "of 92 as well",
        "of 93 one may be worse",
        "of 124 two may be worse",
        "and the third is promised",
    ],
)
def test_the_sla_one_could_sign(downs: list[int], target: float | None) -> None:
    found = told(downs)["signable"]
    assert found["target"] == target
    assert found["needs_runs"] == (59 if target is None else None)


def test_credits_are_those_of_the_terms_on_the_mean() -> None:
    # 99.5 % of a day are 86.4 slots: 87 cost 10 %, 864 and more 25 %.
    found = told([0, 86, 87, 800])
    assert found["credits_at_target"]["mean"] == (0 + 0 + 10 + 25) / 4
    assert found["breach"]["hits"] == 2
    assert terms_for(999_000).tiers[0] == (999_000, 0)
    assert [tier.percent for tier in terms_for(960_000).tiers] == [0, 25, 50]


def test_causes_are_ranked_by_what_they_cost() -> None:
    rows = [record(0, 30, causes=[["fault", "a", 50], ["fault", "b", 100]]),
            record(1, 10, causes=[["fault", "a", 50]])]  # fmt: skip
    campaign = Campaign((Variant("base", scenario()),), 2)
    causes = summary(campaign, rows)["variants"][0]["causes"]
    assert [(row["name"], row["seconds_a_run"], row["share"], row["runs"]) for row in causes] == [
        ("a", 50.0, 0.5, 2),
        ("b", 50.0, 0.5, 1),
    ]


def test_variants_are_compared_seed_by_seed() -> None:
    campaign = Campaign((Variant("base", scenario()), Variant("two", scenario())), 3)
    rows = []
    for seed, down in enumerate((100, 500, 900)):
        rows += [record(seed, down), record(seed, down - 50, "two")]
    difference = summary(campaign, rows)["variants"][1]["against_first"]
    # Luck is the same for both: what is left has no spread.
    assert difference["mean"] == pytest.approx(100 * 50 / DAY, abs=1e-5)
    assert difference["high"] - difference["low"] < 1e-5


def test_an_interval_ends_where_what_it_is_of_ends() -> None:
    rows = [record(0, 0) | {"ready_seconds": 1.0}, record(1, 90) | {"ready_seconds": 30.0}]
    campaign = Campaign((Variant("base", scenario()),), 2)
    found = summary(campaign, rows)["variants"][0]
    assert (found["ready_seconds"]["low"], found["down_seconds"]["low"]) == (0, 0)
    assert found["availability"]["high"] == 100


def test_nothing_that_ran_is_a_breach_and_no_figure() -> None:
    found = told([0])
    rows = [record(0, 0) | {"up": 0, "exit_code": 3}]
    none = summary(Campaign((Variant("base", scenario()),), 1), rows)["variants"][0]
    assert (found["breach"]["hits"], none["breach"]["hits"]) == (0, 1)
    assert none["availability"] is None
    assert render({**summary(Campaign((Variant("base", scenario()),), 1), rows)}, "ko")


# -- carrying out ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    fields = {"faults": ["node_down@1m"], "hypotheses": ["failures <= 0"]}
    return Campaign((Variant("one", scenario(**fields)), Variant("two", scenario())), 2)


@pytest.fixture(scope="module")
def alone(campaign: Campaign) -> dict[str, Any]:
    return run_campaign(campaign, "", 1, "en")


def test_any_number_of_processes_gives_the_same_digest(
    campaign: Campaign, alone: dict[str, Any]
) -> None:
    assert run_campaign(campaign, "", 2, "en") == alone
    assert alone["digest"] != digest([])


def test_every_variant_meets_every_seed_and_no_other(campaign: Campaign) -> None:
    met = [(task.variant, campaign.plain(task)["seed"]) for task in campaign.tasks()]
    assert met == [("one", 0), ("two", 0), ("one", 1), ("two", 1)]


def test_a_campaign_goes_on_where_it_was_stopped(
    campaign: Campaign, alone: dict[str, Any], tmp_path: Path
) -> None:
    first = campaign._replace(runs=1)
    run_campaign(first, str(tmp_path), 1, "en")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["campaign.json", "v0-s0.json", "v1-s0.json"]
    # Half a file, as a crash in mid-write would leave it where writing were not one step.
    (tmp_path / "v0-s0.json").write_text('{"variant": "one", "se')
    before = (tmp_path / "v1-s0.json").stat().st_mtime_ns
    assert run_campaign(campaign, str(tmp_path), 1, "en") == alone
    assert (tmp_path / "v1-s0.json").stat().st_mtime_ns == before
    assert json.loads((tmp_path / "v0-s0.json").read_text())["seed"] == 0
    assert not list(tmp_path.glob("*.tmp"))


def test_what_is_kept_is_what_is_said(campaign: Campaign, tmp_path: Path) -> None:
    run_campaign(campaign, str(tmp_path), 1, "en")
    told = json.loads((tmp_path / "v0-s1.json").read_text())
    told["down"] += 1
    (tmp_path / "v0-s1.json").write_text(json.dumps(told))
    records = Kept(tmp_path, campaign).read(list(campaign.tasks()))
    assert len(records) == 4
    assert run_campaign(campaign, str(tmp_path), 1, "en")["digest"] == digest(
        [records[task] for task in campaign.tasks()]
    )


def test_a_folder_of_another_campaign_is_left_alone(campaign: Campaign, tmp_path: Path) -> None:
    Kept(tmp_path, campaign)
    other = Campaign((Variant("one", scenario(seed=3)),), 2)
    with pytest.raises(Failure) as refused:
        Kept(tmp_path, other)
    assert (refused.value.key, refused.value.exit_code) == ("campaign.other", 5)


def test_an_address_that_is_none_of_a_scheduler_is_refused() -> None:
    campaign = Campaign((Variant("base", scenario()),), 2)
    with pytest.raises(Failure) as refused:
        list(carried_out(campaign, list(campaign.tasks()), 1, on="10.0.0.5:8786"))
    assert refused.value.key == "campaign.on"
