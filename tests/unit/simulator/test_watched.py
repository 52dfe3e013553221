"""What a reader of live states may ask for: tenants, and of a state these fields alone."""

import asyncio
import json
from typing import Any

import pytest
from fastapi import WebSocketDisconnect

from ecp.simulator.rest.minutes import Watched, hear, picked

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


def test_a_reader_that_asks_whether_somebody_is_here_is_answered() -> None:
    class Socket:
        """Says these, and goes."""

        def __init__(self, *said: str) -> None:
            self.said, self.heard = list(said), list[dict[str, Any]]()

        async def receive_text(self) -> str:
            if not self.said:
                raise WebSocketDisconnect
            return self.said.pop(0)

        async def send_text(self, shown: str) -> None:
            self.heard.append(json.loads(shown))

    watched = Watched()
    watch = '{"action": "watch", "tenants": ["a"]}'
    socket: Any = Socket(watch, '{"action": "ping"}', '{"action": "x"}')
    asyncio.run(hear(socket, watched, "en"))
    assert watched.tenants == ["a"]
    assert socket.heard[0] == {"v": 1, "action": "pong"}
    assert [one["error"]["code"] for one in socket.heard[1:]] == ["BAD_MESSAGE"]
