"""The READMEs' tour, played for real: every command as it stands there, with a real kubectl.

How it is played, and which words may differ from run to run, is told in tools/tour.py; the same
tool rewrites the READMEs with `--write`.
"""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tour", ROOT / "tools" / "tour.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["tour"] = module
    spec.loader.exec_module(module)
    return module


tour = load()
LANGUAGES = ("en", "ko")


@cache
def played(language: str) -> Any:
    program = tour.kubectl()
    if program is None:
        pytest.skip("no kubectl is here: tools/kubectl.py --provision fetches it")
    return tour.play(told(language), language, program)


def told(language: str) -> str:
    return str(tour.READMES[language].read_text("utf-8"))


@pytest.mark.cluster
@pytest.mark.kubectl
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tour_is_true_word_by_word(language: str) -> None:
    differences = tour.differences(told(language), played(language))
    remedy = "to have it rewritten: .venv/bin/python tools/tour.py --write"
    assert not differences, "\n".join([*differences, remedy])


@pytest.mark.cluster
@pytest.mark.kubectl
@pytest.mark.parametrize("language", LANGUAGES)
def test_ctrl_c_ends_the_first_terminal_with_one_line(language: str) -> None:
    last = {"en": "ECP has stopped.", "ko": "ECP를 멈췄습니다."}[language]
    lines = played(language).stopping.strip().splitlines()
    assert len([line for line in lines if line.startswith(last)]) == 1
    assert "Traceback" not in played(language).stopping


@pytest.mark.parametrize(
    ("command", "one", "other", "alike"),
    [
        pytest.param("kubectl get pods", "web-7b9d4b5fb-7p7mk   1/1   9s\n",
                     "web-7b9d4b5fb-bxdgz 1/1 3m9s", True, id="ages and random endings differ"),
        pytest.param("kubectl get pods", "web-7b9d4b5fb-7p7mk 1/1 9s",
                     "web-7b9d4b5fb-7p7mk 0/1 9s", False, id="what a pod is does not"),
        pytest.param("kubectl get svc", "web ClusterIP 10.96.1.2", "web ClusterIP 10.96.9.9", True,
                     id="addresses differ"),
        pytest.param("kubectl rollout status d/web", "Waiting for deployment x\ndone", "done", True,
                     id="lines of progress may be missed"),
        pytest.param(".venv/bin/ecp clock warp +1h", "default   2026-01-05T00:00:00Z   x1",
                     "default   2026-01-06T00:00:00Z   x1", True, id="instants differ"),
        pytest.param(".venv/bin/ecp rehearse -f a", "lost  5m50s", "lost  5m55s", False,
                     id="what ECP prints is compared to the letter"),
        pytest.param(".venv/bin/ecp rehearse -f a", "lost  5m50s", "lost 5m50s", False,
                     id="and to the blank"),
    ],
)  # fmt: skip
def test_words_that_may_differ(command: str, one: str, other: str, alike: bool) -> None:
    assert (tour.masked(command, one) == tour.masked(command, other)) is alike


def test_a_false_word_in_the_tour_is_seen() -> None:
    text = (
        f"{tour.BEGIN}\n```console\n$ make run\nup\n```\n"
        "```console\n$ echo one\none\n$ ecp validate -f x\nbad\n```\n"
        f"{tour.END}\n"
    )
    true = tour.Played(
        "up\n",
        "",
        [[tour.Step("echo one", "one\n"), tour.Step("ecp validate -f x", "bad\n")]],
        [0, 3],
    )
    assert tour.differences(text, true) == []
    assert tour.rewritten(text, true) == text
    false = text.replace("\none\n", "\ntwo\n")
    assert len(tour.differences(false, true)) == 1
    assert tour.rewritten(false, true) == text
    assert len(tour.differences(text, true._replace(codes=[1, 3]))) == 1
