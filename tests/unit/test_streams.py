"""The table of streams is that of the routes, and says the keys of what is sent."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.edge.streams import Message
from ecp.orchestrator.app import create_app as orchestrator
from ecp.orchestrator.streams.model import frame
from ecp.orchestrator.streams.routes import ROUTES
from ecp.simulator.app import create_app as simulator

ROOT = Path(__file__).resolve().parents[2]
TABLE = yaml.safe_load((ROOT / "tools/streams.yaml").read_text("utf-8"))
ROWS = [pytest.param(row, id=f"{row['by']} {row['paths'][0]}") for row in TABLE["streams"]]


def routes_of(router: Any) -> Iterator[Any]:
    """Yield the routes of an app, also those of routers that it includes."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes_of(inner)


def streamed(app: Any) -> set[tuple[str, str]]:
    found = set()
    for route in routes_of(app):
        endpoint = getattr(route, "endpoint", None)
        if "WebSocket" in type(route).__name__:
            found.add(("websocket", route.path))
        elif endpoint is not None and "text/event-stream" in inspect.getsource(endpoint):
            found.add(("sse", route.path))
    return found


def test_every_stream_of_both_services_is_in_the_table(tmp_path: Path) -> None:
    served = {
        (service, *row)
        for service, app in (("orchestrator", orchestrator(tmp_path)), ("simulator", simulator()))
        for row in streamed(app)
    }
    # Those stand before the rest of the application.
    served |= {("orchestrator", "websocket", route.path) for route in ROUTES}
    told = {(row["service"], row["by"], path) for row in TABLE["streams"] for path in row["paths"]}
    assert served == told
    assert len(served) >= 10


def test_the_keys_of_a_frame_are_those_that_are_sent() -> None:
    (row,) = [row for row in TABLE["streams"] if "/ws/monitoring/{tenant_id}" in row["paths"]]
    state = {"clock": {"now": "2026-01-01T00:00:00Z", "now_ns": 1}}
    assert set(row["sent"]["frame"]["keys"]) == set(frame("acme", state, 1))
    extra = set(frame("acme", {**state, "sources": {}}, 1)) - set(row["sent"]["frame"]["keys"])
    assert extra == {"sources"}
    assert all(f"`{name}`" in row["sent"]["frame"]["when"]["en"] for name in extra)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_whole(row: dict[str, Any]) -> None:
    message = set(Message("t", 1, {}).to_json().decode().replace('"', " ").split())
    for name, sent in row["sent"].items():
        assert sent["keys"][0] == "v", name
        if "body" in sent["keys"]:
            assert set(sent["keys"]) <= message
    said = [row["sequence"], row["resume"], row["ends"], *row["taken"].values()]
    said += [sent["when"] for sent in row["sent"].values()]
    for one in said:
        words = TABLE["words"][one] if isinstance(one, str) else one
        assert set(words) == {"en", "ko"}
