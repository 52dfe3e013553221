"""What is found wrong with a line that a page shows: fault by fault, planted."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from . import lines
from .commands import misread

HERE = "http://127.0.0.1:8001/api/v1"
AS = "-H 'Content-Type: application/json'"


@cache
def document(service: str) -> dict[str, Any]:
    file = files("ecp.edge").joinpath("generated", f"{service}.json")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("ecp deploy acme --wait", None),
        ("ecp alerts silence --tenant a --rule r --for 2 --why 'it'\\''s 점검 $HOME'", None),
        ("echo '{}' | ecp slo contract acme -f -", None),
        ("ecp deply acme", "no command"),
        ("ecp deploy acme --fast", "--fast"),
        ("ecp tenant clone acme", "missing"),
        ("ecp clock snapshot two words", "words"),
        ("ecp clock snapshot it's", "the shell says"),
        ("ecp clock snapshot $LABEL", "the shell says"),
        ("ecp deploy acme; reboot", "the shell says"),
        ("", "calls nothing"),
    ],
    ids=[
        "a command of ecp",
        "and with quotes, spaces and Hangul in an argument",
        "and with what comes through a pipe",
        "a command that is not there",
        "an option that is not there",
        "an argument that is missing",
        "a name with a space, not quoted",
        "a name with a quote, not quoted",
        "what the shell fills in, with nothing",
        "a program that is none of ours",
        "no command",
    ],
)
def test_what_is_wrong_with_a_command(line: str, wrong: str | None) -> None:
    try:
        said = [misread(one.arguments[1:]) for one in lines.read(line)]
    except ValueError as error:
        said = [str(error)]
    assert said == [None] if wrong is None else wrong in str(said)


def test_a_shell_gives_the_words_that_were_written() -> None:
    (found,) = lines.read("""curl -X POST -d '{"a": "it'\\''s"}' '' "점검 1" LABEL""")
    assert found.arguments == ("curl", "-X", "POST", "-d", '{"a": "it\'s"}', "", "점검 1", "LABEL")
    assert found.blanks == ["", "LABEL"]
    (found,) = lines.read("python3 -c 'print(1)' < a.yaml > a.json\ncurl --data @a.json")
    assert found.arguments == ("curl", "--data", "1\n")
    (found,) = lines.read("echo '밤 1' | ecp slo contract acme -f -")
    assert found.piped == "밤 1\n"


@pytest.mark.parametrize(
    ("service", "line", "wrong"),
    [
        ("orchestrator", f"curl -X POST '{HERE}/tenants/acme/stop'", ""),
        ("simulator", f"""curl -X POST '{HERE}/clusters/x/clock' {AS} -d '{{"action":"pause"}}'""",
         ""),
        ("orchestrator", f"curl -X POST '{HERE}/tenants/acme/halt'", "no such call"),
        ("orchestrator", f"curl -X PUT '{HERE}/tenants/acme/stop'", "no such call"),
        ("orchestrator", f"curl -X POST '{HERE}/tenants/acme/stop?now=1'", "parameter: now"),
        ("orchestrator", f"curl '{HERE}/audit?limit=many'", "limit"),
        ("orchestrator", f"curl -X POST '{HERE}/tenants/'", "no body"),
        ("orchestrator", f"curl -X POST '{HERE}/tenants/acme/clone' {AS} -d '{{}}'", "tenant_id"),
        ("orchestrator",
         f"curl -X POST '{HERE}/tenants/acme/clone' {AS} -d '{{\"tenant_id\":\"b\",\"as\":1}}'",
         "no such field: as"),
        ("orchestrator", f"curl -X POST '{HERE}/tenants/acme/clone' {AS} -d '{{'", "no JSON"),
        ("orchestrator", f"curl -X POST '{HERE}/tenants/acme/clone' -d '{{\"tenant_id\":\"b\"}}'",
         "a body of type"),
    ],
    ids=[
        "a call of the orchestrator",
        "a call of the simulator",
        "a path that is not there",
        "a method that is not there",
        "a parameter that is not there",
        "a parameter of another type",
        "a body that is missing",
        "a field that is missing",
        "a field that nobody reads",
        "a body that is no JSON",
        "a body that does not say what it is",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_call(service: str, line: str, wrong: str) -> None:
    (found,) = lines.read(line)
    said = lines.against(document(service), lines.of_curl(found.arguments[1:]))
    assert wrong in str(said)
    assert bool(said) == bool(wrong)
