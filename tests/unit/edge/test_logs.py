"""ECP_LOG=json: what a line says, and which lines are not worth one."""

import json
import logging
import sys

import pytest

from ecp.edge.logs import Lines, _worth_saying

SERVED = ("127.0.0.1:1", "GET", "/api/v1/tenants/?limit=7", "1.1", 200)


def record(name: str, message: str, *args: object, error: bool = False) -> logging.LogRecord:
    trace = None
    if error:
        try:
            raise ValueError("odd")
        except ValueError:
            trace = sys.exc_info()
    return logging.LogRecord(name, logging.INFO, "file", 1, message, args, trace)


def test_a_request_is_said_by_its_parts() -> None:
    line = json.loads(Lines().format(record("uvicorn.access", '%s - "%s %s HTTP/%s" %d', *SERVED)))
    assert (line["method"], line["path"], line["status"]) == ("GET", SERVED[2], 200)
    assert "message" not in line


def test_anything_else_is_a_message_and_an_error_has_its_trace() -> None:
    line = json.loads(Lines().format(record("ecp", "가 %d", 1, error=True)))
    assert (line["level"], line["logger"], line["message"]) == ("info", "ecp", "가 1")
    assert "ValueError: odd" in line["trace"]
    assert "\n" not in Lines().format(record("ecp", "two\nlines"))


@pytest.mark.parametrize(
    ("path", "said"),
    [("/health", False), ("/readyz?verbose", False), ("/healthy", True), ("/metrics", True)],
    ids=["health", "readiness with a query", "another path", "a scrape"],
)
def test_probes_are_not_worth_a_line(path: str, said: bool) -> None:
    asked = ("127.0.0.1:1", "GET", path, "1.1", 200)
    assert _worth_saying(record("uvicorn.access", "%s %s %s %s %d", *asked)) is said
