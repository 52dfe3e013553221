"""Sizing: a fault-free tenant keeps its promise, a lost zone does not take it down, and why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.workloads.demand import TenantDemand
from ecp.workloads.fitting import Goals, Unsizable
from ecp.workloads.presets import InvalidPreset, preset, preset_of, presets, read_presets
from ecp.workloads.profiles import profiles
from ecp.workloads.queueing import erlang_b
from ecp.workloads.sizing import Sizing, refused, size, slots_of

EXAMPLE = TenantDemand(callbot=10, chatbot=50, advisor=5)
TENANTS = [
    pytest.param(EXAMPLE, id="10/50/5"),
    *(pytest.param(row.template, id=row.name) for row in presets()),
    pytest.param(TenantDemand(7, 30, 3, 4, 5, 100, 40), id="all seven counters"),
    pytest.param(TenantDemand(ta=300), id="analysis alone"),
    pytest.param(TenantDemand(callbot=1), id="one channel"),
]


def shape(sizing: Sizing) -> dict[str, tuple[int, int]]:
    return {name: (row.replicas, row.slots) for name, row in sizing.workloads.items()}


def test_the_example_tenant() -> None:
    sizing = size(EXAMPLE)
    assert (sizing.preset.name, sizing.gpu_type) == ("small", "t4")
    assert shape(sizing) == {
        "nginx": (2, 64),
        "postgresql": (1, 16),
        "auth-service": (2, 16),
        "api-gateway": (2, 32),
        "stt": (5, 13),
        "nlp": (2, 32),
        "vectordb": (1, 8),
        "aicm": (2, 32),
        "redis": (1, 1),
        "advisor": (2, 5),
        "tts": (3, 14),
        "callbot": (2, 20),
        "chatbot": (2, 10),
    }
    assert sizing.totals.gpus == 7
    assert sizing.totals.cpu == 44_350


@pytest.mark.parametrize("tenant", TENANTS)
def test_without_a_fault_the_promise_holds_by_requests(tenant: TenantDemand) -> None:
    for share in refused(size(tenant)).values():
        assert share <= 0.005


@pytest.mark.parametrize("tenant", TENANTS)
def test_with_a_zone_lost_no_slot_is_down_for_want_of_capacity(tenant: TenantDemand) -> None:
    for share in refused(size(tenant), zone_lost=True).values():
        assert share <= 0.05  # a slot is down from 0.10 on


@given(
    st.builds(TenantDemand, *(st.integers(0, 300) for _ in range(7))),
    st.sampled_from([None, "t4", "v100", "l40s"]),
)
@settings(max_examples=40, deadline=None)
def test_the_promise_holds_for_any_tenant(tenant: TenantDemand, gpu: str | None) -> None:
    sizing = size(tenant, gpu_type=gpu)
    assert all(share <= 0.005 for share in refused(sizing).values())
    for row in sizing.workloads.values():
        assert 1 <= row.least <= row.replicas <= row.most
        assert row.replicas > 1 or profiles()[row.workload].scaling.single
        assert 0 < row.cpu <= row.cpu_limit
        assert 0 < row.memory <= row.memory_limit


def test_ten_channels_are_not_ten_lines() -> None:
    sizing = size(TenantDemand(callbot=10))
    row = sizing.workloads["callbot"]
    assert erlang_b(10, row.load.streams) > 0.16
    assert row.replicas * row.slots > 20
    said = {why.rule: why.values for why in row.why}
    assert float(said["not-as-many-as-units"]["blocked_percent"]) > 16
    assert float(said["erlang-b"]["blocked_percent"]) <= 0.1


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_figure_says_by_which_formula(tenant: TenantDemand) -> None:
    for row in size(tenant).workloads.values():
        said = {why.figure for why in row.why}
        assert {"replicas", "cpu", "memory", "limits"} <= said
        if row.most > row.replicas or row.gpus:
            assert "max_replicas" in said


@given(st.integers(1, 400), st.integers(1, 50))
@settings(max_examples=30, deadline=None)
def test_more_channels_never_take_less(units: int, more: int) -> None:
    few = size(TenantDemand(callbot=units), gpu_type="t4")
    many = size(TenantDemand(callbot=units + more), gpu_type="t4")
    for name, row in few.workloads.items():
        other = many.workloads[name]
        assert other.replicas * other.slots >= row.replicas * row.slots


def test_a_spare_for_a_zone_survives_that_zone() -> None:
    row = size(TenantDemand(callbot=100), gpu_type="t4").workloads["tts"]
    left = row.replicas - -(-row.replicas // 3)
    assert erlang_b(row.slots, row.load.streams / left) <= 0.01
    bare = size(EXAMPLE, goals=Goals(spare_zone=False))
    assert bare.totals.gpus < size(EXAMPLE).totals.gpus


@pytest.mark.parametrize(
    ("tenant", "gpu"),
    [
        pytest.param(TenantDemand(callbot=100), "t4", id="up to 100 channels T4"),
        pytest.param(TenantDemand(callbot=40, stt=61), "l40s", id="nine T4 or more: L40S"),
        pytest.param(TenantDemand(advisor=101), "t4", id="two T4 are enough"),
        pytest.param(TenantDemand(callbot=20, advisor=90), "v100", id="three to eight T4: V100"),
        pytest.param(TenantDemand(stt=10), "", id="speech recognition needs none"),
    ],
)
def test_the_choice_of_gpu(tenant: TenantDemand, gpu: str) -> None:
    assert size(tenant).gpu_type == gpu


@pytest.mark.parametrize(
    ("offered", "gpu"),
    [
        pytest.param(None, "l40s", id="not known what is there: the usual type"),
        pytest.param({}, "l40s", id="nothing there: the usual type says what would be needed"),
        pytest.param({"t4": 12}, "t4", id="one type only: that one, though it is too few"),
        pytest.param({"t4": 40, "v100": 40}, "t4", id="both are enough: the smaller one"),
        pytest.param({"t4": 12, "v100": 10}, "v100", id="only the larger one is enough"),
        pytest.param({"t4": 12, "v100": 9}, "v100", id="of which the fewest are missing"),
        pytest.param({"t4": 40, "l40s": 9}, "l40s", id="the usual type, where it is enough"),
        pytest.param({"t4": 25, "l40s": 8}, "t4", id="not the usual type, where it is not"),
    ],
)
def test_the_choice_among_what_is_there(offered: dict[str, int] | None, gpu: str) -> None:
    sizing = size(preset("medium").template, offered=offered)  # 25 T4, 10 V100 or 9 L40S
    assert sizing.gpu_type == gpu
    said = [why.rule for why in sizing.why if why.figure == "gpu_type"]
    assert said == ["gpu-count"] if gpu == "l40s" else ["gpu-count", "gpu-offered"]


def test_what_is_asked_for_is_not_chosen_otherwise() -> None:
    assert size(EXAMPLE, gpu_type="v100", offered={"t4": 12}).gpu_type == "v100"
    assert size(TenantDemand(stt=5), offered={"t4": 12}).gpu_type == ""


@pytest.mark.parametrize(
    ("tenant", "name"),
    [
        pytest.param(TenantDemand(callbot=9, chatbot=49), "micro", id="below both bounds"),
        pytest.param(TenantDemand(callbot=10), "small", id="at a bound it is the next"),
        pytest.param(TenantDemand(chatbot=50), "small", id="users count too"),
        pytest.param(EXAMPLE, "small", id="10/50/5"),
        pytest.param(TenantDemand(stt=50, tts=50), "medium", id="all channels together"),
        pytest.param(TenantDemand(ta=5000, qa=5000), "micro", id="analytics do not count"),
        pytest.param(TenantDemand(chatbot=2000), "large", id="no bound above"),
    ],
)
def test_presets(tenant: TenantDemand, name: str) -> None:
    assert preset_of(tenant).name == name


@pytest.mark.parametrize("name", ["micro", "small", "medium", "large"])
def test_a_template_is_of_its_own_preset(name: str) -> None:
    assert preset_of(preset(name).template).name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("presets: [{name: a}]", r"f: presets\[0\]: must have exactly", id="a gap"),
        pytest.param("presets: []", "the last one must have no bounds", id="none"),
    ],
)
def test_a_wrong_preset_is_refused_by_row(text: str, message: str) -> None:
    with pytest.raises(InvalidPreset, match=message):
        read_presets(text, "f")


def test_what_one_server_cannot_carry_is_refused_by_name() -> None:
    with pytest.raises(Unsizable) as caught:
        size(TenantDemand(callbot=100_000), gpu_type="l40s")
    assert caught.value.key == "sizing.one-only"
    assert caught.value.values["workload"] in ("redis", "postgresql")


@pytest.mark.parametrize("tenant", TENANTS)
def test_what_was_sized_serves_what_it_was_sized_for(tenant: TenantDemand) -> None:
    sizing = size(tenant)
    for name, row in sizing.workloads.items():
        found = slots_of(
            profiles()[name],
            cpu=row.cpu,
            memory=row.memory,
            gpus=row.gpus,
            gpu_type=sizing.gpu_type or "t4",
        )
        assert found == row.slots


def test_a_foreign_manifest_serves_by_its_limits() -> None:
    callbot = profiles()["callbot"]
    assert slots_of(callbot, cpu=1000, memory=1024**3) == 3  # memory is what is short
    assert slots_of(callbot, cpu=50, memory=64 * 1024**2) == 1


def test_a_sizing_is_plain_data_too() -> None:
    body = size(EXAMPLE).to_json()
    assert body["preset"] == "small"
    assert size(EXAMPLE).to_json() == body
    assert size(EXAMPLE).to_json("ko") != body
