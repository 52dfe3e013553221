"""Node pools hold what was sized, bills add up, and what else would do is ranked by cost."""

import re

import pytest

from ecp.workloads.costing import Plan, alternatives, plan
from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Unsizable
from ecp.workloads.offers import InvalidOffer, exchange, offers, read_offer
from ecp.workloads.packing import FULL, room_of
from ecp.workloads.presets import preset, presets
from ecp.workloads.sizing import GIB, size
from ecp.workloads.summary import summary

EXAMPLE = TenantDemand(callbot=10, chatbot=50, advisor=5)


def planned(demand: TenantDemand = EXAMPLE, provider: str = "iaas", **rest: str) -> Plan:
    offer = offers()[provider]
    return plan(size(demand, kinds=offer.gpu_types), offer, **rest)  # type: ignore[arg-type]


# --- node pools ----------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", list(offers()))
@pytest.mark.parametrize("name", [row.name for row in presets()])
def test_pools_have_room_in_every_zone_for_what_was_sized(name: str, provider: str) -> None:
    found = planned(preset(name).template, provider)
    totals, zones = found.sizing.totals, found.sizing.goals.zones
    assert sum(pool.pods for pool in found.pools) == totals.pods
    assert all(pool.nodes % zones == 0 and pool.most >= pool.nodes for pool in found.pools)
    room = [(pool.nodes, room_of(pool.machine)) for pool in found.pools]
    assert sum(nodes * one.cpu for nodes, one in room) * FULL >= totals.cpu
    assert sum(nodes * one.memory for nodes, one in room) * FULL >= totals.memory
    assert sum(nodes * one.gpus for nodes, one in room) >= totals.gpus
    assert [pool.machine.gpu for pool in found.pools] == ["", found.sizing.gpu_type]


@pytest.mark.parametrize("provider", list(offers()))
def test_a_larger_preset_costs_more(provider: str) -> None:
    costs = [planned(row.template, provider).net for row in presets()]
    assert costs == sorted(costs)


def test_what_no_machine_holds_is_refused_by_name() -> None:
    text = SOUND.replace("memory: 64Gi", "memory: 4Gi")
    with pytest.raises(Unsizable) as caught:
        plan(size(TenantDemand(stt=100)), read_offer(text, "x.yaml"))
    assert caught.value.key == "sizing.no-machine"
    with pytest.raises(Unsizable):
        plan(size(EXAMPLE, gpu_type="l40s"), offers()["azure"])


# --- bills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", list(offers()))
def test_a_bill_adds_up_in_both_currencies(provider: str) -> None:
    found = planned(provider=provider)
    bill = found.cost_json()
    rate = exchange().krw_per_usd
    assert isinstance(bill["krw"], int)
    assert bill["krw"] == pytest.approx(bill["usd"] * rate, abs=rate)  # type: ignore[operator]
    items = bill["items"]
    assert isinstance(items, list)
    assert sum(row["krw"] for row in items) == pytest.approx(bill["krw"], abs=len(items))
    assert re.fullmatch(r"\d+(\.\d{1,2})?", str(bill["usd"]))
    assert bill["vat_included"] is False
    assert bill["vat_krw"] == pytest.approx(bill["krw"] / 10, abs=1)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(bill["price_date"]))
    assert bill["price_basis"] in ("list", "assumed")
    assert bill["price_source"]


@pytest.mark.parametrize("callbot", range(1, 12))
def test_a_size_is_told_as_it_is_billed(callbot: int) -> None:
    found = planned(TenantDemand(callbot=callbot, chatbot=33))
    (told,) = (row.values["gigabytes"] for row in found.sizing.why if row.rule == "recordings")
    assert [str(row.amount) for row in found.items if row.name == "recordings"] == [told]


def test_prices_with_tax_in_them_are_told_without_it() -> None:
    taxed = read_offer(SOUND.replace("vat_included: false", "vat_included: true"), "x.yaml")
    plain = read_offer(SOUND, "x.yaml")
    sizing = size(TenantDemand(stt=10))
    assert plan(sizing, taxed).net * 1.1 == pytest.approx(plan(sizing, plain).net)


def test_shared_infrastructure_is_neither_packed_nor_paid() -> None:
    own, shared = planned(), planned(infrastructure="shared")
    assert shared.net < own.net
    gone = own.sizing.totals.pods - sum(pool.pods for pool in shared.pools)
    rows = own.sizing.workloads
    names = ("nginx", "postgresql", "auth-service", "api-gateway", "vectordb", "redis")
    assert gone == sum(rows[name].replicas for name in names)
    assert {item.name for item in planned(provider="aws", infrastructure="shared").items} == {
        "general", "gpu-t4", "recordings",
    }  # fmt: skip


# --- what else would do --------------------------------------------------------------------------


def test_alternatives_are_ranked_by_cost_and_say_what_differs() -> None:
    chosen = planned(preset("medium").template, "aws")
    rows = alternatives(chosen)
    costs = [row.plan.money(row.plan.net).krw for row in rows]
    assert costs == sorted(costs)
    differs = {row.what for row in rows}
    assert {("gpu_type",), ("infrastructure",)} < differs
    assert {row.plan.offer.provider for row in rows} == set(offers())
    kinds = {row.plan.sizing.gpu_type for row in rows if row.what == ("gpu_type",)}
    assert kinds == {"t4", "l4", "a10g", "v100"}
    for row in rows:
        own = chosen.money(chosen.net).krw
        assert row.krw_more == row.plan.money(row.plan.net).krw - own
        for language in ("en", "ko"):
            said = str(row.to_json(language)["text"])
            assert row.plan.offer.provider in said
            assert f"{abs(row.krw_more):,}" in said


def test_a_tenant_without_gpus_is_offered_none() -> None:
    chosen = planned(TenantDemand(stt=10))
    assert {row.plan.sizing.gpu_type for row in alternatives(chosen)} == {""}
    assert all(not pool.machine.gpu for pool in chosen.pools)


def test_a_provider_without_the_usual_gpu_gets_the_one_that_takes_the_fewest() -> None:
    sizing = size(preset("large").template, kinds=("t4", "l4"))
    assert sizing.gpu_type == "l4"
    assert [why.rule for why in sizing.why if why.figure == "gpu_type"] == [
        "gpu-count",
        "gpu-kinds",
    ]
    assert size(EXAMPLE, kinds=("l40s",)).gpu_type == "l40s"
    assert size(EXAMPLE, kinds=()).gpu_type == "t4"


def test_the_summary_counts_what_was_sized() -> None:
    sizing = size(EXAMPLE)
    said = summary(sizing)
    assert said["gpus"] == {"t4": 7}
    assert said["cores"] == 44.35
    channels, queries = said["channels"], said["queries_per_second"]
    assert isinstance(channels, dict)
    assert isinstance(queries, dict)
    assert channels["contracted"] == 15
    assert channels["lines"]["callbot"] == 40
    assert channels["busy_hour_erlang"]["callbot"] == pytest.approx(10.2, abs=0.1)
    # Each turn of a call, a chat and a consultation is one query to language understanding.
    assert queries["nlp"] == pytest.approx(queries["entry"], rel=0.01)


# --- files of prices -----------------------------------------------------------------------------

SOUND = """
provider: x
region: r
currency: KRW
hours: 730
vat_percent: 10
vat_included: false
price_date: 2026-01-01
basis: assumed
price_source: s
own: {months: 60, upkeep_percent: 12, krw_per_kwh: 100, overhead: 2}
machines:
  - {name: m, cores: 16, memory: 64Gi, bought: 6000000, watts: 500}
storage: {block: {price: 1, source: s}, shared: {price: 1, source: s}}
fixed: []
"""


def test_ones_own_machines_are_written_off_kept_up_and_powered() -> None:
    (machine,) = read_offer(SOUND, "x.yaml").machines
    # 100,000 written off, 60,000 upkeep, half a kilowatt over 730 h, doubled by cooling.
    assert machine.monthly == pytest.approx(100_000 + 60_000 + 0.5 * 730 * 100 * 2)
    assert machine.memory == 64 * GIB


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("currency: KRW", "currency: EUR", "currency", id="another currency"),
        pytest.param("region: r", "", "must have exactly", id="a field is missing"),
        pytest.param("region: r", "region: [", "x.yaml: ", id="no YAML"),
        pytest.param("2026-01-01", "soon", "price_date", id="no date"),
        pytest.param("basis: assumed", "basis: felt", "basis", id="another basis"),
        pytest.param("vat_included: false", "vat_included: 0", "vat_included", id="no truth"),
        pytest.param("watts: 500", "hourly: 1", r"machines\[0\]", id="two prices at once"),
        pytest.param("cores: 16", "cores: none", r"machines\[0\].cores", id="no number"),
        pytest.param("64Gi", "much", r"machines\[0\].memory", id="no quantity"),
        pytest.param("watts: 500", "watts: 500, gpu: h100, gpus: 1", "gpu, gpus", id="no such GPU"),
        pytest.param("watts: 500", "watts: 500, gpu: t4", "gpu, gpus", id="a GPU without a number"),
        pytest.param("fixed: []", "fixed: {}", "fixed: must be a list", id="no list"),
        pytest.param("months: 60", "months: 0", "own: months", id="written off in no time"),
        pytest.param("{price: 1, source: s}}", "1}", "storage.shared", id="a price without source"),
    ],
)
def test_a_file_of_prices_is_checked(old: str, new: str, message: str) -> None:
    assert old in SOUND
    with pytest.raises(InvalidOffer, match=message):
        read_offer(SOUND.replace(old, new, 1), "x.yaml")
