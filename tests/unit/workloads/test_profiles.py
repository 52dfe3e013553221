"""Profiles: what ships is sound, and what is no data sheet is refused by file and field."""

from typing import Any

import pytest
import yaml

from ecp.workloads.images import facts
from ecp.workloads.profiles import InvalidProfile, Profiles, profiles, read_profile
from ecp.workloads.sheet import COUNTERS, GPU_TYPES


def figure(value: Any) -> dict[str, Any]:
    return {"value": value, "source": "assumed"}


def sheet(**changes: Any) -> dict[str, Any]:
    """A sound data sheet; a change of None takes a field away, "a.b" names one inside."""
    body: dict[str, Any] = {
        "name": "web",
        "title": {"ko": "웹", "en": "Web"},
        "tier": "infrastructure",
        "image": figure("example/web:1"),
        "port": figure(8080),
        "service": {
            "model": "request",
            "time": figure("5ms"),
            "threads": figure(8),
            "latency": figure("100ms"),
        },
        "resources": {"cpu": figure("100m"), "memory": figure("128Mi"), "headroom": figure(2)},
        "probes": {
            "ready": "/ready",
            "alive": "/health",
            "period": figure("5s"),
            "timeout": figure("3s"),
            "failures": figure(3),
            "startup": figure("1m"),
        },
    }
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = body
        for step in way:
            inner = inner.setdefault(step, {})
        if value is None:
            inner.pop(last)
        else:
            inner[last] = value
    return body


def read(**changes: Any) -> Any:
    return read_profile(yaml.safe_dump(sheet(**changes)), "web.yaml")


def test_every_counter_of_a_tenant_has_a_profile_and_only_those() -> None:
    found = [row.counter for row in profiles().values() if row.counter]
    assert sorted(found) == sorted(COUNTERS)


def test_what_is_called_comes_before_who_calls() -> None:
    order = list(profiles())
    for name, profile in profiles().items():
        for call in profile.calls:
            assert order.index(call.to) < order.index(name)


def test_every_figure_says_where_it_comes_from() -> None:
    origins = [origin for row in profiles().values() for origin in row.origins.values()]
    assert len(origins) > 200
    for origin in origins:
        assert origin.source.startswith(("domain: ", "assumed", "known: "))
    assert "16 %" in profiles()["callbot"].origin("demand.sessions").note


@pytest.mark.parametrize("name", list(profiles()))
def test_images_are_known_and_start_within_what_their_probe_allows(name: str) -> None:
    profile = profiles()[name]
    known = facts(profile.image)
    assert known.profile != "generic"
    assert known.start / 1e9 < profile.probes.startup
    assert known.memory < profile.resources.memory * profile.resources.headroom
    assert known.ports is None  # it listens on what the profile says


@pytest.mark.parametrize("gpu", GPU_TYPES)
def test_batches_give_the_rates_and_latencies_of_the_domain(gpu: str) -> None:
    rates = {
        "t4": (150, 60, 100, 200),
        # Assumed of a T4: see the profiles' notes.
        "l4": (195, 46.15, 130, 153.85),
        "a10g": (210, 42.86, 140, 142.86),
        "v100": (450, 45, 300, 150),
        "l40s": (600, 40, 400, 120),
    }
    nlp_rate, nlp_ms, aicm_rate, aicm_ms = rates[gpu]
    for name, rate, alone in (("nlp", nlp_rate, nlp_ms), ("aicm", aicm_rate, aicm_ms)):
        server = profiles()[name].service.batches[gpu]
        assert server.capacity == pytest.approx(rate, rel=1e-3)
        assert server.time(1) * 1000 == pytest.approx(alone, rel=1e-3)


def test_a_cache_that_hits_three_in_ten_carries_ten_sevenths() -> None:
    streams = profiles()["tts"].service.streams
    assert dict(streams) == {"t4": 14, "l4": 18, "a10g": 20, "v100": 42, "l40s": 57}


def test_a_sound_sheet_is_read_in_seconds_millicores_and_bytes() -> None:
    profile = read()
    assert profile.service.time == 0.005
    assert profile.resources.cpu == 100
    assert profile.resources.memory == 128 * 1024 * 1024
    assert profile.origin("service.time").source == "assumed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"tier": None}, "tier: required", id="a field is missing"),
        pytest.param({"prot": 1}, "prot: unknown field", id="a field is unknown"),
        pytest.param({"port": 8080}, r"port: must be \{value", id="a figure without a source"),
        pytest.param(
            {"port": {"value": 1}}, "port.source: required", id="a figure whose source is missing"
        ),
        pytest.param(
            {"port": {"value": 1, "source": " "}}, "port.source: required", id="a blank source"
        ),
        pytest.param(
            {"port": {"value": 1, "source": "s", "why": 1}}, "port.why: unknown", id="one too many"
        ),
        pytest.param({"tier": "top"}, "tier: must be one of", id="a tier that is none"),
        pytest.param({"service__time": figure("soon")}, "service.time: 'soon'", id="no duration"),
        pytest.param({"service__threads": figure(1.5)}, "service.threads", id="half a thread"),
        pytest.param({"resources__cpu": figure("lots")}, "resources.cpu", id="no quantity"),
        pytest.param({"resources__headroom": figure(0.5)}, "headroom", id="limits below requests"),
        pytest.param({"title": {"en": "Web"}}, "title: must have ko and en", id="one language"),
        pytest.param({"service__model": "batch"}, "service.batches: required", id="no batches"),
        pytest.param({"service__model": "session"}, "scaling.slots: required", id="no slots"),
        pytest.param({"counter": "qa"}, "demand: a counter needs a demand", id="no demand"),
        pytest.param(
            {"calls": [{"to": "x"}]}, r"calls\[x\]: needs streams or requests", id="an empty call"
        ),
        pytest.param(
            {"service__streams": figure({"t4": 1})}, "service.streams: must have", id="a GPU short"
        ),
        pytest.param(
            {"environment": {"A": {"value": "x", "secret": "y"}}}, "environment", id="two sources"
        ),
    ],
)  # fmt: skip
def test_what_is_no_data_sheet_is_refused_by_file_and_field(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidProfile, match=f"^web.yaml: .*{message}"):
        read(**changes)


def test_a_file_that_is_no_yaml_is_refused_by_name() -> None:
    with pytest.raises(InvalidProfile, match=r"^web\.yaml: file: "):
        read_profile("a: [", "web.yaml")
    with pytest.raises(InvalidProfile, match=r"^web\.yaml: file: must be a mapping"):
        read_profile("[]", "web.yaml")


def test_calls_that_go_in_a_circle_are_refused() -> None:
    one = read(name="one", calls=[{"to": "two", "requests": figure(1)}])
    two = read(name="two", calls=[{"to": "one", "requests": figure(1)}])
    with pytest.raises(InvalidProfile, match="one → two → one"):
        Profiles([one, two])
    with pytest.raises(InvalidProfile, match="no profile 'two'"):
        Profiles([one])
    with pytest.raises(InvalidProfile, match="stands twice"):
        Profiles([read(), read()])
