"""How the command line speaks: columns under Hangul, hints that can be typed, forms of data."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecp.cli.output import aligned, padded, printed, program, typed
from ecp.texts import keys, width

CLI = Path(__file__).resolve().parents[3] / "src" / "ecp" / "cli"


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        pytest.param("acme", 4, id="Latin letters take one column"),
        pytest.param("에이스", 6, id="Hangul takes two"),
        pytest.param("에이스 acme", 11, id="and both stand together"),
        pytest.param("…–×", 3, id="what is ambiguous takes one, as terminals have it"),
        pytest.param("e\u0301", 1, id="an accent takes none"),
        pytest.param("（）", 4, id="full-width brackets take two"),
        pytest.param("", 0, id="nothing takes none"),
    ],
)
def test_width(words: str, columns: int) -> None:
    assert width(words) == columns


WORDS = st.text(st.sampled_from("ab 가나다라（1.%-"), max_size=12)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=6))
def test_columns_begin_under_one_another(rows: list[tuple[str, str, str]]) -> None:
    wide = [max(width(row[place]) for row in rows) for place in range(3)]
    for line, row in zip(aligned(rows), rows, strict=True):
        whole = "   ".join(padded(cell, columns) for cell, columns in zip(row, wide, strict=True))
        assert line == whole.rstrip()
        assert width(padded(row[0], wide[0])) == wide[0]


def test_no_rows_are_no_lines() -> None:
    assert aligned([]) == []


@pytest.mark.parametrize(
    ("started", "on_path", "said"),
    [
        pytest.param(".venv/bin/ecp", "", ".venv/bin/ecp", id="a clone names its own"),
        pytest.param("{bin}/ecp", "{bin}", "ecp", id="an installed one is called by name"),
        pytest.param("{bin}/ecp", "", "{bin}/ecp", id="one off the path by its place"),
        pytest.param("main.py", "", "ecp", id="what is not called ecp says nothing of itself"),
    ],
)
def test_a_hint_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: str, on_path: str, said: str
) -> None:
    script = tmp_path / "ecp"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    where = {"bin": str(tmp_path)}
    monkeypatch.setattr(sys, "argv", [started.format(**where)])
    monkeypatch.setenv("PATH", on_path.format(**where))
    said = said.format(**where)
    assert program() == said
    assert typed("Start it with `ecp up`, not ecp or `ecpx`.") == (
        f"Start it with `{said} up`, not ecp or `ecpx`."
    )


def test_data_in_json_and_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"name": "에이스", "rows": [1, None, "a: b"]}
    for output, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        assert printed(data, output)
        out = capsys.readouterr().out
        assert read(out) == data
        assert "에이스" in out
    assert not printed(data, "table")
    assert capsys.readouterr().out == ""


def heads() -> Iterator[tuple[str, str]]:
    """Give every head of a table in the sources, with its file."""
    for file in sorted(CLI.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "print_table"
                and isinstance(node.args[0], ast.Tuple)
            ):
                for head in node.args[0].elts:
                    assert isinstance(head, ast.Constant)
                    yield file.name, str(head.value)


def test_every_head_of_a_table_is_said_in_both_languages() -> None:
    found = list(heads())
    assert len(found) > 20
    missing = [(f, h) for f, h in found if f"column.{h.lower().replace(' ', '-')}" not in keys()]
    assert missing == []
