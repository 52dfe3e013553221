"""`ecp validate` without the library that reads command lines, and the same with it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from ecp.cli import commands, validation
from ecp.cli.options import LANGUAGE
from ecp.cli.output import Failure
from ecp.cli.validation import Asked, run, understood

COMMAND: Any = typer.main.get_command(commands.app).commands["validate"]  # type: ignore[attr-defined]
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
BAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, lables: {}}\n"
BROKEN = GOOD + "---\n" + GOOD


def test_both_ways_know_the_same_options() -> None:
    known = {name: p.name for p in COMMAND.params for name in p.opts}
    assert known == validation.OPTIONS | validation.FLAGS
    assert {p.name for p in COMMAND.params if p.is_flag} == set(validation.FLAGS.values())
    assert {p.name for p in COMMAND.params if p.multiple} == set(validation.REPEATED)
    assert {p.name for p in COMMAND.params} == set(Asked._fields)


def test_both_ways_have_the_same_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECP_LANG", LANGUAGE)
    assert by_typer(["-f", "x"]) == understood(["-f", "x"])


def by_typer(arguments: list[str]) -> Asked | None:
    """Return what the command's own parser makes of *arguments*; None for a complaint."""
    try:
        found = COMMAND.make_context("validate", list(arguments)).params
    except Exception:
        return None
    listed = {name: tuple(found[name] or ()) for name in validation.REPEATED}
    return Asked(**{**found, **listed})


WORDS = st.sampled_from(
    [*validation.OPTIONS, *validation.FLAGS, "x.yaml", "-", "json", "sarif", "ko", "1.30",
     "-fx.yaml", "-ojson", "--filename=x.yaml", "--output=", "-o=json", "--lang=en", "--help",
     "--", "--nope", "", "-x", "--filename=a=b", "--baseline=-", "--out", "-n", "team-a"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=6))
def test_what_one_way_understands_the_other_understands_alike(arguments: list[str]) -> None:
    found = understood(arguments)
    if found is not None:
        expected = by_typer(arguments)
        assert expected is not None
        assert found._replace(lang="") == expected._replace(lang="")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing is given"),
        pytest.param(["--help"], id="help is asked for"),
        pytest.param(["-f"], id="a value is missing"),
        pytest.param(["-f", "x", "--nope"], id="an option is not known"),
        pytest.param(["-f", "x", "-o", "xml"], id="a form is not known"),
        pytest.param(["-f", "x", "--lang", "fr"], id="a language is not known"),
        pytest.param(["x.yaml"], id="an argument is not known"),
    ],
)
def test_what_needs_a_page_or_a_complaint_is_left_to_the_other_way(arguments: list[str]) -> None:
    assert understood(arguments) is None


# What no plain call loads: each costs a millisecond or more, and the call is made once a file.
HEAVY = (
    "asyncio", "calendar", "click", "dataclasses", "datetime", "difflib", "ecp.edge",
    "ecp.kube.cel", "ecp.kube.defaults", "ecp.orchestrator", "ecp.sim", "ecp.validation.outputs",
    "ecp.validation.transitions", "httpx", "inspect", "jsonschema_rs", "locale", "numpy",
    "orjson", "pathlib", "pydantic", "random", "rich", "shutil", "subprocess", "tempfile", "typer",
    "unicodedata", "urllib", "yaml",
)  # fmt: skip
# What is loaded where there is something to say.
SPOKEN = ("ecp.kube.places", "ecp.validation.rules", "glob", "string")


@pytest.mark.parametrize(
    ("text", "heavy", "shown"),
    [
        pytest.param(GOOD, HEAVY + SPOKEN, "1 document: 0 refused", id="a sound file"),
        pytest.param(GOOD.replace("settings", "A"), HEAVY, "error E", id="a file with an error"),
    ],
)
def test_a_plain_call_imports_nothing_heavy(
    tmp_path: Path, text: str, heavy: tuple[str, ...], shown: str
) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(text)
    script = (
        "import sys\nfrom ecp.cli.main import main\n"
        f"sys.argv = ['ecp', 'validate', '-f', {str(file)!r}]\n"
        "try: main()\n"
        f"finally: print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
    assert shown in done.stdout


# -- what is printed and returned ------------------------------------------------------------------


def ran(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, **asked: Any) -> Any:
    """Return (exit code, what is printed) for one file."""
    file = tmp_path / "file.yaml"
    file.write_text(text)
    code = run(Asked(filename=(str(file),), **asked))
    return code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(GOOD, 0, id="all is sound"),
        pytest.param(BAD, 3, id="the server refuses it"),
        pytest.param(BROKEN, 0, id="it is accepted and will not work"),
    ],
)
@pytest.mark.parametrize("form", validation.FORMS)
def test_every_form_ends_with_the_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, form: str
) -> None:
    found, out = ran(tmp_path, capsys, text, output=form)
    assert found == code
    assert out.endswith("\n")


def test_a_baseline_takes_findings_away_and_leaves_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = str(tmp_path / "accepted.txt")
    assert ran(tmp_path, capsys, BAD, write_baseline=accepted)[0] == 0
    # The line moves and another document comes: the key stays.
    code, out = ran(tmp_path, capsys, "# moved\n\n" + BAD, baseline=accepted, output="json")
    data = json.loads(out)
    assert (code, data["findings"], data["valid"], data["summary"]["accepted"]) == (0, [], False, 1)
    worse = BAD.replace("lables", "lebals")
    code, out = ran(tmp_path, capsys, worse, baseline=accepted, output="json")
    assert (code, len(json.loads(out)["findings"])) == (3, 1)


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        pytest.param({"baseline": "no-such-file"}, 1, "no-such-file", id="a baseline is not there"),
        pytest.param({"baseline": "pyproject.toml"}, 2, "no baseline", id="a file is no baseline"),
        pytest.param({"write_baseline": "/dev/null/x"}, 1, "written", id="it cannot be written"),
        pytest.param({"kubernetes_version": "0.1"}, 2, "1.36", id="a version is not carried"),
        pytest.param({"kubernetes_version": "0.1", "lang": "ko"}, 2, "스키마", id="in Korean"),
        pytest.param({"against": ("README.md",)}, 2, "no object", id="a cluster is no objects"),
    ],
)
def test_a_wrong_call_is_a_failure(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    asked: dict[str, Any],
    code: int,
    said: str,
) -> None:
    with pytest.raises(Failure) as raised:
        ran(tmp_path, capsys, GOOD, **asked)
    assert raised.value.exit_code == code
    assert said in raised.value.spoken("en")


# -- what is odd is said on stderr, and the rest is judged --------------------------------------

LEFT_OUT = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: {}\n"


@pytest.mark.parametrize(
    ("files", "against", "code", "english", "korean"),
    [
        pytest.param(["empty.yaml"], [], 0, "There is no object in empty.yaml: nothing was judged",
                     "판정한 것이 없습니다", id="an empty file is sound, and said to be empty"),
        pytest.param(["no.yaml", "good.yaml"], [], 1, "no.yaml cannot be read",
                     "no.yaml 파일을 읽을 수 없습니다", id="a file that is missing hides no other"),
        pytest.param(["no*.yaml", "good.yaml"], [], 2, "No file matches no*.yaml",
                     "no*.yaml에 맞는 파일이 없습니다", id="nor does a pattern without a match"),
        pytest.param(["good.yaml"], ["good.yaml"], 0, "good.yaml is the input and the cluster's",
                     "good.yaml 파일이 입력이면서", id="a file against itself"),
        pytest.param(["good.yaml"], ["state.yaml"], 0, "state.yaml:5: Pod a is left out, no server",
                     "state.yaml:5: Pod a 오브젝트는", id="an object that no server could hold"),
        pytest.param(["good.yaml"], [], 0, "", "", id="nothing is odd"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", validation.FORMS)
def test_what_is_odd_is_said_and_the_rest_is_judged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: list[str],
    against: list[str],
    code: int,
    english: str,
    korean: str,
    form: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("empty", ""), ("good", GOOD), ("state", f"{LEFT_OUT}---\n{GOOD}")):
        Path(f"{name}.yaml").write_text(content)
    for lang, words in (("en", english), ("ko", korean)):
        asked = Asked(tuple(files), against=tuple(against), lang=lang, output=form)
        assert run(asked) == code
        out, err = capsys.readouterr()
        assert words in err
        assert bool(err) is bool(words)
        assert out


@pytest.mark.parametrize(
    ("files", "against", "code", "said"),
    [
        pytest.param(["no.yaml"], [], 1, "no.yaml", id="the only file is not there"),
        pytest.param(["bare"], [], 2, "no manifest", id="a folder is empty"),
        pytest.param(["no*.yaml"], [], 2, "No file matches", id="a pattern has no match"),
        pytest.param(["-", "-"], [], 2, "once only", id="standard input twice"),
        pytest.param(["-"], ["-"], 2, "once only", id="standard input against itself"),
    ],
)
def test_where_nothing_can_be_judged_a_word_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: list[str],
    against: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bare").mkdir()
    with pytest.raises(Failure) as raised:
        run(Asked(tuple(files), against=tuple(against)))
    assert raised.value.exit_code == code
    assert said in str(raised.value)


ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n"


@pytest.mark.parametrize(
    ("text", "namespace", "found"),
    [
        pytest.param(GOOD, "team-a", "team-a", id="the one that is asked for"),
        pytest.param(GOOD, "default", "default", id="else default"),
        pytest.param(GOOD.replace("{name", "{namespace: b, name"), "team-a", "b", id="its own"),
        pytest.param(ROLE, "team-a", "", id="none for a kind without"),
        pytest.param(BAD, "team-a", "team-a", id="in findings, too"),
    ],
)
def test_the_namespace_that_an_object_goes_to_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, namespace: str, found: str
) -> None:
    data = json.loads(ran(tmp_path, capsys, text, namespace=namespace, output="json")[1])
    shown = [one["object"]["namespace"] for one in (*data["documents"], *data["findings"])]
    assert set(shown) == {found}


def test_against_a_cluster_an_update_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.yaml"
    there.write_text(GOOD + "immutable: true\ndata: {COLOR: blue}\n")
    text = GOOD + "immutable: true\ndata: {COLOR: red}\n"
    assert ran(tmp_path, capsys, text)[0] == 0
    code, out = ran(tmp_path, capsys, text, against=(str(there),))
    assert code == 3
    assert "E0703" in out


def test_a_language_that_is_not_there_is_told() -> None:
    with pytest.raises(Failure) as raised:
        COMMAND.make_context("validate", ["-f", "x", "--lang", "fr"])
    assert raised.value.exit_code == 2
    assert "en, ko" in raised.value.spoken("en")
