"""A deploy as it is followed: what changed last, what is awaited, which file a finding is in."""

from typing import Any

import pytest

from ecp.cli.output import Failure
from ecp.cli.releases import _finding, _place, _show_startup, progress, seconds_of


def look(phase: str, *rows: tuple[str, int, int], problems: tuple[str, ...] = ()) -> dict[str, Any]:
    workloads = [{"object": f"deployment/{n}", "ready": r, "desired": d} for n, r, d in rows]
    return {
        "phase": phase,
        "ready": sum(row[1] for row in rows),
        "desired": sum(row[2] for row in rows),
        "startup": {
            "workloads": workloads,
            "problems": [{"object": f"deployment/{n}", "text": "waits"} for n in problems],
        },
    }


BEGUN = look("progressing", ("web", 0, 2), ("db", 0, 1))
LATER = look("progressing", ("web", 1, 2), ("db", 1, 1))


@pytest.mark.parametrize(
    ("seen", "now", "lines"),
    [
        pytest.param({}, BEGUN, ["progressing   0/3 pods   waiting for web 0/2, db 0/1"],
                     id="the first look says what is awaited"),
        pytest.param(BEGUN, BEGUN, [], id="nothing new, nothing said"),
        pytest.param(BEGUN, LATER,
                     ["progressing   2/3 pods   web 1/2, db 1/1   waiting for web 1/2"],
                     id="what happened comes before what is awaited"),
        pytest.param(LATER, look("ready", ("web", 2, 2), ("db", 1, 1)),
                     ["ready   3/3 pods   web 2/2"], id="the end awaits nothing"),
        pytest.param(LATER, look("stalled", ("web", 1, 2), ("db", 1, 1), problems=("web",)),
                     ["stalled   2/3 pods   waiting for web 1/2", "deployment/web: waits"],
                     id="a problem is told when it shows"),
        pytest.param(look("progressing", ("web", 1, 2), problems=("web",)),
                     look("progressing", ("web", 1, 2), problems=("web",)), [],
                     id="and once only"),
        pytest.param({}, {"phase": "applying", "ready": 0, "desired": 0},
                     ["applying   0/0 pods"], id="while nothing is judged yet"),
    ],
)  # fmt: skip
def test_progress(seen: dict[str, Any], now: dict[str, Any], lines: list[str]) -> None:
    assert list(progress(seen, now, 7)) == [f"   7 s   {line}" for line in lines]


def test_many_workloads_are_told_shortly() -> None:
    rows = [(f"w{n}", 0, 1) for n in range(9)]
    (line,) = progress({}, look("progressing", *rows), 0)
    assert line.endswith("waiting for w0 0/1, w1 0/1, w2 0/1 …")


def test_pods_of_the_release_before_are_not_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    now = look("progressing", ("web", 2, 2), ("db", 1, 1))
    web, db = now["startup"]["workloads"]
    web |= {"updated": 0, "seconds": None}
    db |= {"updated": 1, "seconds": 4.0}
    now |= {"ready": 1, "started": False}
    (line,) = progress({}, now, 7)
    assert line.endswith("1/3 pods   waiting for web 0/2")
    _show_startup(now)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["Not", "ready", "(progressing):", "1", "of", "3", "pods."],
        ["deployment/web", "0/2", "-", "old", "pods", "serve:", "2"],
        ["deployment/db", "1/1", "4", "s"],
    ]


PIECES = [("a.yaml", "1\n2\n3\n"), ("b.yaml", "---\n1\n2\n"), ("c.yaml", "---\n1\n")]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (1, ("a.yaml", 1)),
        (3, ("a.yaml", 3)),
        (4, ("b.yaml", 1)),
        (5, ("b.yaml", 1)),
        (6, ("b.yaml", 2)),
        (8, ("c.yaml", 1)),
        (99, ("manifest", 99)),
    ],
)
def test_a_line_of_all_files_is_a_line_of_one(line: int, place: tuple[str, int]) -> None:
    assert _place(line, PIECES) == place


def test_a_finding_reads_as_validate_has_it() -> None:
    row = {
        "line": 5, "column": 3, "severity": "error", "rule": "E0020", "message": "unknown field",
        "remedy": "Remove it.", "object": {"kind": "Service", "namespace": "acme", "name": "web"},
    }  # fmt: skip
    assert _finding(row, PIECES) == (
        "b.yaml:1:3: error E0020 Service acme/web: unknown field\n    remedy: Remove it."
    )


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("0", 0)]
)
def test_a_time_to_wait(timeout: str, seconds: float) -> None:
    assert seconds_of(timeout) == seconds


@pytest.mark.parametrize("timeout", ["-1", "soon", "", "1e3", "²"])
def test_a_time_that_is_none(timeout: str) -> None:
    with pytest.raises(Failure) as refused:
        seconds_of(timeout)
    assert refused.value.exit_code == 2
