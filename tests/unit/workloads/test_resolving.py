"""Looking names up: how many questions, how often, and what lost answers do."""

import pytest

from ecp.workloads.queueing import InvalidLoad
from ecp.workloads.resolving import Resolver, looked_up, lookup, questions

from . import simulated

PLAIN = Resolver()
MEANT = "web.shop.svc.cluster.local"


@pytest.mark.parametrize(
    ("name", "namespace", "resolver", "asked"),
    [
        pytest.param("web", "shop", PLAIN, 1, id="a name of the caller's own namespace"),
        pytest.param("web.shop", "other", PLAIN, 2, id="a name with its namespace"),
        pytest.param("web.shop.svc", "other", PLAIN, 3, id="down to svc"),
        pytest.param(MEANT, "other", PLAIN, 4, id="the whole name: four dots are fewer than five"),
        pytest.param(MEANT + ".", "other", PLAIN, 1, id="a dot at its end: as it stands"),
        pytest.param(MEANT, "other", Resolver(ndots=4), 1, id="ndots 4: the whole name first"),
        pytest.param("web.shop", "other", Resolver(ndots=1), 3, id="ndots 1: first as it stands"),
        pytest.param("web-0.web", "shop", PLAIN, 1, id="a pod of a headless Service"),
        pytest.param("web", "shop", Resolver(searches=("a", "shop.svc.cluster.local"), bare=True),
                     2, id="a search list of the pod's own alone"),
        pytest.param("web.shop.svc.cluster.local", "shop", Resolver(searches=("a",)), 5,
                     id="a domain of the pod's own makes one question more"),
    ],
)  # fmt: skip
def test_how_many_names_are_asked_for(
    name: str, namespace: str, resolver: Resolver, asked: int
) -> None:
    assert questions(name, MEANT, namespace, resolver) == asked


@pytest.mark.parametrize(
    ("asked", "lost", "attempts", "silent"),
    [
        pytest.param(1, 0.05, 2, 0.0, id="one question in twenty is lost"),
        pytest.param(4, 0.05, 2, 0.0, id="through the whole search list"),
        pytest.param(2, 0.2, 3, 0.0, id="many are lost, three attempts"),
        pytest.param(1, 0.05, 2, 0.5, id="one of two servers is silent"),
        pytest.param(3, 0.02, 1, 0.25, id="one attempt only"),
    ],
)
def test_lookups_come_to_what_is_simulated_one_by_one(
    asked: int, lost: float, attempts: int, silent: float
) -> None:
    found = lookup(Resolver(lost=lost, attempts=attempts), asked, silent)
    failing, stalled, stall = simulated.resolved(
        asked, lost=lost, timeout=5.0, attempts=attempts, silent=silent
    )
    assert found.failing == pytest.approx(failing, rel=0.02)
    assert found.stalled == pytest.approx(stalled, rel=0.02)
    assert found.stall == pytest.approx(stall, rel=0.02)


@pytest.mark.parametrize(
    ("rate", "answered"), [(0.02, 1.0), (0.1, 1.0), (2.0, 1.0), (2.0, 0.25), (0.1, 0.5)]
)
def test_who_keeps_answers_asks_as_often_as_is_simulated(rate: float, answered: float) -> None:
    seen = simulated.cached(rate, 30.0, answered)
    assert looked_up(rate, 30.0, answered) == pytest.approx(seen, rel=0.02)


def test_bounds() -> None:
    assert looked_up(10.0, 0.0) == 1.0
    assert looked_up(10.0, 30.0, 0.0) == 1.0
    assert lookup(PLAIN, 4) == (0.0, pytest.approx(0.0008), 0.0, 0.0)
    assert lookup(PLAIN, 1, 0.4, 0.6).failing == 1.0
    assert lookup(PLAIN, 2, 0.0, 0.5).failing == 0.75
    with pytest.raises(InvalidLoad):
        looked_up(-1.0, 30.0)
