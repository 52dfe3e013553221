"""Help pages and complaints: whole, in both languages, and true."""

import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from ecp.cli import usage
from ecp.cli.output import Failure
from ecp.texts import width

ENGLISH = re.compile(
    r"Usage:|Options:|Arguments:|Commands:|Examples:|Show this|default:|required|Missing|Invalid|"
    r"No such|requires|should be|says how|needs a"
)


APP: Any = typer.main.get_command(importlib.import_module("ecp.cli.commands").app)


def commands(path: str = "ecp", command: Any = APP) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(f"{path} {name}", below)


PATHS = dict(commands())


def called(*arguments: str, app: Any = APP) -> str:
    """Return what a wrong call is told."""
    with pytest.raises(Exception) as raised:
        app.main([*arguments], prog_name="ecp", standalone_mode=False)
    if isinstance(raised.value, Failure):
        return raised.value.spoken("en")
    told = usage.complaint(raised.value)
    assert told is not None
    return told


def context(path: str) -> Any:
    """Return the context of a command, as its help page has it."""
    found: Any = None
    command: Any = APP
    for name in path.split():
        command = command if found is None else command.commands[name]
        found = command.context_class(command, info_name=name, parent=found)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_a_help_page_has_its_parts_and_fits(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = usage.help_page(PATHS[path], context(path))
    assert page.startswith(usage.wrapped(PATHS[path].help, 78)[0])
    assert f"\n  {path} " in page
    assert "--help" in page
    too_wide = [
        line for line in page.splitlines()
        if width(line) > 78 and not line.startswith("  ecp ") and " " in line.strip()
    ]  # fmt: skip
    assert too_wide == []


@pytest.mark.parametrize("path", [p for p, c in PATHS.items() if not hasattr(c, "commands")])
def test_a_command_has_examples_and_says_what_each_option_is(path: str) -> None:
    assert usage.EXAMPLES[path]
    assert [p.name for p in PATHS[path].params if not p.help] == []


def test_the_parts_of_the_first_page_are_all_commands() -> None:
    assert sorted(name for part in usage.PARTS.values() for name in part) == sorted(APP.commands)


def calls() -> Iterator[str]:
    """Give each call of `ecp` among the examples, without what the shell does around it."""
    for path, examples in usage.EXAMPLES.items():
        for example in examples:
            for call in re.findall(r"(?<![\w./-])ecp (?:'[^']*'|[^|<>)'])*", example):
                assert path == "ecp" or call.startswith(path)
                yield call.strip()


@pytest.mark.parametrize("call", sorted(set(calls())))
def test_an_example_can_be_called(call: str) -> None:
    command: Any = APP
    arguments = shlex.split(call)[1:]
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    command.make_context("ecp", arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["nope"], 'no command "nope"', id="a command that is not there"),
        pytest.param(["tenant", "creat"], "create", id="names the near one"),
        pytest.param(["tenant", "create"], "TENANT is missing", id="an argument is missing"),
        pytest.param(["validate"], "-f / --filename is missing", id="an option is missing"),
        pytest.param(["validate", "-f"], "-f needs a value", id="an option without its value"),
        pytest.param(["--nope"], "no option --nope", id="an option that is not there"),
        pytest.param(["tenant", "create", "a", "--calbot", "1"], "--callbot", id="a near option"),
        pytest.param(["tenant", "create", "a", "--callbot", "x"],
                     "--callbot: must be a whole number from 0 to 100000", id="no number"),
        pytest.param(["tenant", "create", "a", "--callbot", "-1"], "from 0", id="out of range"),
        pytest.param(["clock", "speed", "x"], "FACTOR: must be a number", id="no number at all"),
        pytest.param(["watch", "a", "--count", "-1"], "at least 0", id="less than nothing"),
        pytest.param(["down", "now"], "Nothing is known to do with: now", id="too many"),
        pytest.param(["version", "-o", "xml"], "text, json, yaml", id="a form that is not there"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_told_what_and_how(arguments: list[str], told: str) -> None:
    assert told in called(*arguments)


def test_a_group_alone_shows_its_help() -> None:
    assert called("tenant").startswith("Tenants:")
    assert "create" in called("tenant")


def test_usage_names_the_whole_path() -> None:
    assert "`ecp tenant create --help`" in called("tenant", "create")


def test_a_program_s_own_error_is_none_of_typer_s() -> None:
    assert usage.complaint(ValueError("x")) is None


def test_korean_pages_and_complaints_have_no_english_around_them() -> None:
    """In a process of its own: texts are chosen when the modules are imported."""
    script = (
        "import typer, sys; from ecp.cli import usage, commands\n"
        "app = typer.main.get_command(commands.app)\n"
        "def walk(path, command, parent):\n"
        "    ctx = command.context_class(command, info_name=path.split()[-1], parent=parent)\n"
        "    print(usage.help_page(command, ctx))\n"
        "    for name, below in getattr(command, 'commands', {}).items():\n"
        "        walk(f'{path} {name}', below, ctx)\n"
        "walk('ecp', app, None)\n"
        "for call in (['tenant', 'create'], ['validate', '-f'], ['--nope'], ['down', 'now'],\n"
        "             ['clock', 'speed', 'x'], ['tenant', 'create', 'a', '--callbot', 'x']):\n"
        "    try: app.main(call, prog_name='ecp', standalone_mode=False)\n"
        "    except Exception as error: print(usage.complaint(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ECP_LANG": "ko"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "사용법:" in done.stdout
    assert ENGLISH.findall(done.stdout) == []
