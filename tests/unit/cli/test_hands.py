"""Several processes do one piece of work; what comes of it is what one process makes of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.cli import hands
from ecp.cli.hands import shared_out
from ecp.cli.output import Failure
from ecp.cli.validation import Asked, run
from ecp.validation import Source
from ecp.validation.shares import shares_of

pytestmark = pytest.mark.skipif(not hands.POSSIBLE, reason="no process can be forked here")

_HERE = os.getpid()


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the processes that are forked from now on, as they come."""
    found: list[int] = []
    fork = os.fork

    def noted() -> int:
        process = fork()
        if process:
            found.append(process)
        return process

    monkeypatch.setattr(os, "fork", noted)
    return found


def gone(processes: list[int]) -> list[bool]:
    """Say of each whether it has ended and been waited for."""
    found = []
    for process in processes:
        try:
            os.waitpid(process, os.WNOHANG)
        except ChildProcessError:
            found.append(True)
        else:
            found.append(False)
    return found


def _doubled(number: int) -> int:
    return 2 * number


def _refused_elsewhere(number: int) -> int:
    if os.getpid() != _HERE:
        raise RuntimeError("elsewhere")
    return number


def _killed_elsewhere(number: int) -> int:
    if os.getpid() != _HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _much(number: int) -> bytes:
    return bytes([number]) * (1 << 20)


@pytest.mark.parametrize(
    ("work", "answers"),
    [
        pytest.param(_doubled, [2, 4, 6], id="answers come in the order of the shares"),
        pytest.param(_refused_elsewhere, [1, 2, 3], id="what fails elsewhere is done here"),
        pytest.param(_killed_elsewhere, [1, 2, 3], id="what is killed elsewhere is done here"),
        pytest.param(_much, [_much(1), _much(2), _much(3)], id="more than a pipe holds"),
    ],
)
def test_every_share_is_answered(
    work: Callable[[int], Any], answers: list[Any], forked: list[int]
) -> None:
    assert shared_out(work, [1, 2, 3]) == answers
    assert gone(forked) == [True, True]


def test_an_error_here_ends_the_others(forked: list[int]) -> None:
    def work(number: int) -> None:
        if number == 1:
            raise KeyError(number)
        signal.pause()

    with pytest.raises(KeyError):
        shared_out(work, [1, 2, 3])
    assert gone(forked) == [True, True]


@given(st.lists(st.text(max_size=40), max_size=12), st.integers(1, 6))
def test_shares_are_all_texts_in_their_order(texts: list[str], number: int) -> None:
    sources = [Source(text, str(place)) for place, text in enumerate(texts)]
    shares = shares_of(sources, number)
    assert [source for share in shares for source in share] == sources
    assert len(shares) <= number
    assert all(shares)


def test_shares_are_about_as_long_as_each_other() -> None:
    shares = shares_of([Source("x" * size) for size in (10, 90, 50, 50, 100)], 3)
    assert [sum(len(source.text) for source in share) for share in shares] == [100, 100, 100]


# ---- ecp validate --------------------------------------------------------------------------------

_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\n"
    "spec: {selector: {app: web}, ports: [{port: 80, targetPort: PORT}]}\n"
)
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:1", ports: [{name: http, containerPort: 8080}]}
"""
_DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Lamp, plural: lamps, singular: lamp}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {watts: {type: integer, maximum: 10}}}}
"""
_FILES = {
    "a.yaml": _SERVICE.replace("NAME", "a").replace("PORT", "http"),
    "b.yaml": _SERVICE.replace("NAME", "b").replace("PORT", "grpc"),
    "c.yaml": _DEPLOYMENT,
    "d.yaml": "a: [1,\n",
    "e.json": '{"apiVersion": "v1", "kind": "ConfigMap", "kind": "Secret", "metadata": {}}',
    "f.yaml": "",
    "g.yaml": "apiVersion: example.com/v1\nkind: Lamp\nmetadata: {name: l}\nspec: {watts: 60}\n",
    "h.yaml": _DEFINITION,
    "i.yaml": _SERVICE.replace("NAME", "a").replace("PORT", "http"),
    "j.yaml": _DEPLOYMENT.replace("{name: web}", "{generateName: web-}"),
    "k.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- null\n- 3\n",
    "l.yaml": "\udcff",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
@pytest.mark.parametrize("jobs", ["2", "3", "64"])
def test_several_processes_print_what_one_prints(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str, jobs: str
) -> None:
    """Findings that several files lead to, a file that cannot be read, a CRD and its object."""
    alone = run(Asked(filename=(str(folder),), output=form, jobs="1")), capsys.readouterr()
    several = run(Asked(filename=(str(folder),), output=form, jobs=jobs)), capsys.readouterr()
    assert several == alone
    assert alone[0] == 3
    assert "B0101" in alone[1].out


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param({"kubernetes_version": "1.2"}, 2, id="a version that is not here"),
        pytest.param({"jobs": "0"}, 2, id="no process"),
        pytest.param({"jobs": "65"}, 2, id="more processes than anybody has use for"),
        pytest.param({"jobs": "two"}, 2, id="a word"),
        pytest.param({"jobs": ""}, 2, id="nothing"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_once(
    folder: Path, capsys: pytest.CaptureFixture[str], asked: dict[str, str], code: int
) -> None:
    with pytest.raises(Failure) as caught:
        run(Asked(**{"filename": (str(folder),), "jobs": "2", **asked}))  # type: ignore[arg-type]
    assert caught.value.exit_code == code
    assert capsys.readouterr() == ("", "")


def test_one_file_of_several_that_is_not_there_hides_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = (str(folder / "a.yaml"), str(folder / "none.yaml"), str(folder / "c.yaml"))
    found = [(run(Asked(filename=files, jobs=jobs)), capsys.readouterr()) for jobs in ("1", "2")]
    assert found[0] == found[1]
    assert found[0][0] == 1
    assert "2 documents" in found[0][1].out


def test_ctrl_c_ends_all_of_them_quietly(folder: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from ecp.cli import hands\n"
        "from ecp.cli.main import main\n"
        "import ecp.validation.shares as shares\n"
        # Who runs these tests in the background has it ignored, and so would their children.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def look_over(share, **_):\n"
        "    os.write(1, b'begun\\n')\n"
        "    signal.pause()\n"
        "shares.look_over = look_over\n"
        f"sys.argv = ['ecp', 'validate', '-f', {str(folder)!r}, '--jobs', '2']\n"
        "main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
