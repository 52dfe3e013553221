"""What containers and nodes take over a window."""

from typing import Any

import pytest

from ecp.sim.world import ContainerRun, PodRun
from ecp.sim.world.records import Takes, pod_from_plain, pod_to_plain
from ecp.sim.world.usage import SYSTEM, last_scrape, of_node, rows_from, taken

SECOND = 1_000_000_000
MEBI = 1 << 20
END = 1_767_571_200 * SECOND
START = END - 15 * SECOND
REST = Takes(
    cpu=1_000_000, memory=10 * MEBI, growth=0, settles=2 * SECOND,
    asks_cpu=0, asks_memory=0, most_cpu=500,
)  # fmt: skip


def run(
    name: str = "c", *, age: float = 60, role: str = "app", ended: float | None = None,
    takes: Takes | None = REST,
) -> ContainerRun:  # fmt: skip
    """Return a container that started *age* seconds before the scrape and ended *ended* before."""
    found = ContainerRun(name, role, ())
    found.started_at = END - round(age * SECOND)
    found.exit_at = None if ended is None else END - round(ended * SECOND)
    found.takes = takes
    return found


def pod(*runs: ContainerRun, usage: Any = (), strain: Any = None) -> PodRun:
    found = PodRun("u", ("d", "p"), "n")
    found.containers = list(runs)
    found.usage = [list(row) for row in usage]
    found.strain = strain
    return found


@pytest.mark.parametrize(
    ("runs", "begins"),
    [
        pytest.param([run()], [15], id="one that ran all the time is measured over two scrapes"),
        pytest.param([run(age=12)], [12], id="a younger one from its start, after ten seconds"),
        pytest.param([run(age=10)], [10], id="at ten seconds, too"),
        pytest.param([run(age=9.9)], None, id="not before"),
        pytest.param([run(), run("d", age=5)], None, id="one young container hides its pod"),
        pytest.param([run(ended=1)], None, id="a pod of which nothing runs has no metrics"),
        pytest.param([run(role="init", ended=30), run()], [15], id="what has ended is left out"),
        pytest.param([run(ended=-30)], [15], id="an end to come is none yet"),
        pytest.param([run(age=-3)], None, id="nor is a start to come a start"),
        pytest.param([run(takes=None)], None, id="a pod of which nothing is known is left out"),
    ],
)
def test_what_is_measured_since_when(runs: list[ContainerRun], begins: list[int] | None) -> None:
    found = taken(pod(*runs), START, END, 0)
    seen = None if found is None else [(END - one.begin) // SECOND for one in found]
    assert seen == begins


ASKS = REST._replace(asks_cpu=100, asks_memory=64 * MEBI)
MORE = REST._replace(asks_cpu=300, asks_memory=64 * MEBI)
LONG_AGO = END - 3600 * SECOND


@pytest.mark.parametrize(
    ("one", "leaked", "figures"),
    [
        pytest.param(pod(run()), 0, [(1_000_000, 10 * MEBI)], id="at rest: what its image takes"),
        pytest.param(
            pod(run(takes=REST._replace(growth=3600 * MEBI))), 0, [(1_000_000, 68 * MEBI)],
            id="what grows has grown since the process stood: 58 s of a mebibyte",
        ),
        pytest.param(
            pod(run(), usage=[(LONG_AGO, 250, 90 * MEBI)]), 0, [(250_000_000, 90 * MEBI)],
            id="what the traffic says counts, in nano-CPU",
        ),
        pytest.param(
            pod(run(), usage=[(LONG_AGO, 100, 50 * MEBI), (END - 5 * SECOND, 400, 60 * MEBI)]), 0,
            [(200_000_000, 60 * MEBI)], id="a mean of the CPU by time, and the memory at the end",
        ),
        pytest.param(
            pod(run(), usage=[(END - 5 * SECOND, 301, 60 * MEBI)]), 0, [(101_000_000, 60 * MEBI)],
            id="before the traffic began it was at rest",
        ),
        pytest.param(
            pod(run(), usage=[(END + SECOND, 301, 60 * MEBI)]), 0, [(1_000_000, 10 * MEBI)],
            id="what came after the scrape is not in it",
        ),
        pytest.param(
            pod(run(takes=ASKS), run("d", takes=MORE), usage=[(LONG_AGO, 200, 80 * MEBI)]), 0,
            [(50_000_000, 40 * MEBI), (150_000_000, 40 * MEBI)],
            id="containers share it by what they request",
        ),
        pytest.param(
            pod(run("s", role="sidecar"), run("c"), usage=[(LONG_AGO, 200, 80 * MEBI)]), 0,
            [(0, 0), (200_000_000, 80 * MEBI)], id="where nobody requests the first one has it all",
        ),
        pytest.param(
            pod(run("s", role="sidecar"), run("c")), 7 * MEBI,
            [(1_000_000, 10 * MEBI), (1_000_000, 17 * MEBI)], id="a leak is that of the first one",
        ),
        pytest.param(
            pod(run(), strain={"burn": 600_000}), 0, [(301_000_000, 10 * MEBI)],
            id="a burner takes its share of the limit",
        ),
        pytest.param(
            pod(run(), strain={"burn": 1_000_000}), 0, [(500_000_000, 10 * MEBI)],
            id="and never more than the limit",
        ),
    ],
)  # fmt: skip
def test_figures(one: PodRun, leaked: int, figures: list[tuple[int, int]]) -> None:
    found = taken(one, START, END, leaked)
    assert found is not None
    assert [(row.cpu, row.memory) for row in found] == figures


def test_a_node_takes_what_its_pods_take_and_what_the_system_takes() -> None:
    busy = taken(pod(run(), usage=[(LONG_AGO, 250, 90 * MEBI)]), START, END, 0)
    still = taken(pod(run()), START, END, 0)
    assert of_node(()) == (SYSTEM.cpu, SYSTEM.memory)
    cpu, memory = of_node((busy, None, still))
    assert cpu == SYSTEM.cpu + 2 * SYSTEM.cpu_of_pod + 251_000_000
    assert memory == SYSTEM.memory + 2 * SYSTEM.memory_of_pod + 100 * MEBI


@pytest.mark.parametrize(("after", "scrape"), [(0, 0), (14.9, 0), (15, 15), (29, 15)])
def test_kubelets_are_asked_every_fifteen_seconds(after: float, scrape: int) -> None:
    assert last_scrape(END + round(after * SECOND)) == END + scrape * SECOND


def test_rows_that_a_window_may_still_need_are_kept() -> None:
    rows = [[10, 1, 1], [20, 2, 2], [30, 3, 3]]
    assert rows_from(rows, 9) == rows
    assert rows_from(rows, 20) == rows[1:]
    assert rows_from(rows, 29) == rows[1:]
    assert rows_from(rows, 99) == rows[2:]
    assert rows_from([], 5) == []


def test_what_a_container_takes_is_written_down_and_read_again() -> None:
    plain = pod_to_plain(pod(run(), run("d", takes=None)))
    assert [one.takes for one in pod_from_plain(plain).containers] == [REST, None]
    for one in plain["containers"]:
        del one["takes"]  # as before there was any
    assert [one.takes for one in pod_from_plain(plain).containers] == [None, None]
