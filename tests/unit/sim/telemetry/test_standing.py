"""What closed slots tell of a start-up, whatever came after it."""

import pytest

from ecp.sim.telemetry.ledger import Ledger
from ecp.sim.telemetry.starting import stood
from ecp.sim.traffic.model import Result

from .ledgers import result

SLOT = 5_000_000_000
FIRST = 1_000


def row(name: str, *, whole: bool = True, up: bool = True) -> Result:
    found = result(name)
    return found._replace(state="U" if up else "D", wanted=2, pods=2 if whole else 1)


STARTING = (row("web", whole=False, up=False), row("db"))
UP = (row("web"), row("db"))
OUT = (row("web", whole=False, up=False), row("db"))


def ledger(*spans: tuple[int, tuple[Result, ...]]) -> Ledger:
    found, at = Ledger(), FIRST
    for slots, results in spans:
        found.append(at, at + slots, results)
        at += slots
    return found


@pytest.mark.parametrize(
    ("spans", "since", "confirmed"),
    [
        pytest.param([(4, STARTING), (3, UP), (9, OUT)], 0, 4, id="up once, and out since"),
        pytest.param([(4, STARTING), (9, UP)], 7, 7, id="up all the time, asked from later on"),
        pytest.param([(4, UP), (3, STARTING), (2, UP)], 4, 7, id="the old pods do not count"),
        pytest.param([(4, UP), (3, STARTING)], 4, None, id="only before"),
        pytest.param([(9, STARTING)], 0, None, id="never"),
        pytest.param([(9, ())], 0, None, id="without workloads"),
        pytest.param([], 0, None, id="nothing is closed yet"),
    ],
)
def test_the_first_slot_in_which_all_was_up(
    spans: list[tuple[int, tuple[Result, ...]]], since: int, confirmed: int | None
) -> None:
    began = (FIRST + since) * SLOT - 1
    found, _ = stood(ledger(*spans), began, began)
    assert found == (None if confirmed is None else (FIRST + confirmed) * SLOT)


def test_each_workload_has_its_own_first_slots() -> None:
    spans = ledger((4, STARTING), (3, UP), (9, OUT))
    _, rows = stood(spans, FIRST * SLOT, FIRST * SLOT)
    seen = {found.name: (found.whole, found.answered) for found in rows}
    assert seen == {
        "web": ((FIRST + 4) * SLOT, (FIRST + 4) * SLOT),
        "db": (FIRST * SLOT, FIRST * SLOT),
    }


def test_nobody_followed_it() -> None:
    assert stood(None, 0, 0) == (None, [])
