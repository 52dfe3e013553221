"""What a reader of live states may ask for: tenants, and of a state these fields alone."""

from typing import Any

import pytest

from ecp.simulator.rest.minutes import Watched, picked

STATE = {
    "clock": {"now": "t", "speed": 1.0},
    "sla": None,
    "workloads": [{"name": "a", "ready": 1}, {"name": "b"}],
}


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param([], STATE, id="nothing is named: all of it"),
        pytest.param(["clock"], {"clock": STATE["clock"]}, id="a whole value"),
        pytest.param(["clock.now"], {"clock": {"now": "t"}}, id="a field of it"),
        pytest.param(
            ["workloads.ready"], {"workloads": [{"ready": 1}, {}]}, id="a field of each entry"
        ),
        pytest.param(["sla.status", "nothing.at.all"], {"sla": None}, id="what is not there"),
        pytest.param(
            ["clock.now", "clock.speed"], {"clock": STATE["clock"]}, id="two fields of one value"
        ),
    ],
)
def test_which_fields_of_a_state_are_told(fields: list[str], shown: dict[str, Any]) -> None:
    watched = Watched()
    watched.take({"action": "watch", "tenants": ["b", "a", "b"], "fields": fields})
    assert watched.tenants == ["a", "b"]
    assert picked(STATE, watched.fields) == shown


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({}, id="of nobody"),
        pytest.param({"tenants": ["a"], "fields": "clock"}, id="fields that are no list"),
        pytest.param({"tenants": ["a"], "fields": ["x"] * 101}, id="too many fields"),
        pytest.param({"tenants": 7, "fields": []}, id="tenants that are a number"),
    ],
)
def test_what_makes_no_sense_changes_nothing(message: dict[str, Any]) -> None:
    watched = Watched()
    watched.take({"tenants": ["a"], "fields": ["clock"]})
    with pytest.raises((ValueError, KeyError, TypeError)):
        watched.take(message)
    assert (watched.tenants, watched.fields) == (["a"], {"clock": {}})
