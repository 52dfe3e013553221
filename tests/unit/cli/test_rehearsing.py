"""`ecp rehearse SCENARIO`, campaigns and `ecp replay` through the command line."""

import json
from pathlib import Path

import pytest

from ecp.cli.main import main

EXAMPLES = Path(__file__).parents[3] / "examples"
SCENARIO = """scenario: s
manifests: [chatbot.yaml]
for: 10m
hypotheses:
- failures <= 0
- %s
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chatbot.yaml").write_bytes((EXAMPLES / "chatbot.yaml").read_bytes())
    (tmp_path / "good.yaml").write_text(SCENARIO % "ready within 5m")
    (tmp_path / "bad.yaml").write_text(SCENARIO % "ready within 1s")
    (tmp_path / "wrong.yaml").write_text(SCENARIO % "ready within 1")
    (tmp_path / "lost.yaml").write_text("scenario: s\nmanifests: [nowhere.yaml]\n")
    return tmp_path


class Called:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr("sys.argv", ["ecp", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self.capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def ecp(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Called:
    monkeypatch.chdir(folder)
    return Called(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("good.yaml",), 0, ""),
        (("bad.yaml",), 6, ""),
        (("wrong.yaml",), 2, "wrong.yaml:6:16"),
        (("lost.yaml",), 1, "nowhere.yaml"),
        (("absent.yaml",), 1, "absent.yaml"),
        ((), 2, "-f"),
        (("good.yaml", "-f", "chatbot.yaml"), 2, "-f"),
        (("good.yaml", "--for", "1h"), 2, "--for"),
        (("-f", "chatbot.yaml", "--runs", "5"), 2, "--runs"),
        (("-f", "chatbot.yaml", "-o", "html"), 2, "-o"),
        (("good.yaml", "--runs", "0"), 2, "0"),
        (("good.yaml", "--jobs", "0"), 2, "0"),
        (("good.yaml", "--runs", "2", "-o", "html"), 2, "html"),
        (("good.yaml", "--seed", "-1"), 2, "0"),
    ],
    ids=[
        "a scenario that holds",
        "one that does not",
        "a mistake in it, at its place",
        "manifests that are not there",
        "a file that is not there",
        "neither scenario nor manifests",
        "both of them",
        "what the scenario says itself",
        "a campaign of bare manifests",
        "a page of bare manifests",
        "no runs",
        "no processes",
        "a page of a campaign",
        "a negative seed",
    ],
)
def test_exit_codes(ecp: Called, arguments: tuple[str, ...], code: int, said: str) -> None:
    found, _, err = ecp("rehearse", *arguments)
    assert found == code, err
    assert said in err
    assert "Traceback" not in err


def test_a_result_is_replayed_and_a_change_is_found(ecp: Called, folder: Path) -> None:
    _, out, _ = ecp("rehearse", "good.yaml", "-o", "json")
    (folder / "result.json").write_text(out)
    # Whatever becomes of the files: a result has in it all that it needs.
    (folder / "chatbot.yaml").unlink()
    assert ecp("replay", "result.json")[0] == 0
    body = json.loads(out)
    body["rehearsal"]["startup"]["seconds"] += 1
    (folder / "result.json").write_text(json.dumps(body))
    code, told, _ = ecp("replay", "result.json")
    assert code == 5
    assert "rehearsal.startup.seconds" in told


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kind": "rehearsal", "version": 99}',
                                     '{"kind": "rehearsal", "version": 1, "language": "en", '
                                     '"input": {"scenario": 1}}'])  # fmt: skip
def test_what_is_no_result_is_refused(ecp: Called, folder: Path, content: str) -> None:
    (folder / "result.json").write_text(content)
    code, _, err = ecp("replay", "result.json")
    assert code == 2
    assert "result.json" in err
    assert "Traceback" not in err


def test_a_campaign_prints_and_keeps_its_runs(ecp: Called, folder: Path) -> None:
    arguments = ("rehearse", "good.yaml", "--runs", "2", "--results", "kept", "-o", "json")
    code, out, _ = ecp(*arguments)
    assert code == 0
    assert len(list((folder / "kept").iterdir())) == 3
    again = ecp(*arguments)
    assert again[1] == out
    assert json.loads(out)["variants"][0]["breach"]["runs"] == 2
    assert ecp("rehearse", "bad.yaml", "--runs", "2")[0] == 6
    assert ecp("rehearse", "bad.yaml", "--results", "kept")[0] == 5


@pytest.mark.parametrize(("form", "begins"), [("html", "<!DOCTYPE html>"), ("junit", "<?xml")])
def test_other_forms(ecp: Called, form: str, begins: str) -> None:
    code, out, _ = ecp("rehearse", "bad.yaml", "-o", form)
    assert code == 6
    assert out.startswith(begins)
    assert "ready within 1s" in out
