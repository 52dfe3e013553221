"""kube-proxies follow writes by the rule of their runner; each node at a speed of its own."""

import pytest

from ecp.sim.clusters import plane
from ecp.sim.engine.chance import Chance
from ecp.sim.network.proxies import CLASSES, Proxies, shares
from ecp.sim.world import World

SECOND = 1_000_000_000
MS = 1_000_000
T = 1_000 * SECOND


def proxies(**proxy: str) -> Proxies:
    return Proxies(World(Chance(1)), plane.read({"proxy": proxy}))


def even(**proxy: str) -> Proxies:
    """Proxies that hear and write at once: only the runner's own rule is left."""
    return proxies(watch="0s", sync="0s", **proxy)


@pytest.mark.parametrize(
    ("writes", "known"),
    [
        pytest.param([0], [0], id="a write after a quiet time is written at once"),
        pytest.param([0, 300], [0, 1000], id="one soon after it waits for the minimum period"),
        pytest.param([0, 300, 700, 999], [0, 1000, 1000, 1000], id="all that wait come together"),
        pytest.param([0, 300, 1100], [0, 1000, 2000], id="the period counts from the last sync"),
        pytest.param([0, 1500], [0, 1500], id="after the period there is nothing to wait for"),
    ],
)
def test_a_sync_waits_for_the_minimum_period(writes: list[int], known: list[int]) -> None:
    found = even()
    assert [found.take(T + at * MS) for at in writes] == [(T + at * MS,) * CLASSES for at in known]


def test_the_minimum_period_is_what_the_model_says() -> None:
    found = even(minSyncPeriod="10s")
    found.take(T)
    assert found.take(T + SECOND) == (T + 10 * SECOND,) * CLASSES


def test_the_period_counts_from_the_end_of_the_sync_before() -> None:
    found = proxies(watch="0s", sync="100ms")
    first = found.take(T)
    second = found.take(T + 200 * MS)
    for before, after in zip(first, second, strict=True):
        assert after - before == SECOND + (before - T)


def test_nodes_differ_in_speed_and_keep_it() -> None:
    found = proxies()
    known = found.take(T)
    assert list(known) == sorted(set(known))
    assert known[0] - T < 90 * MS < known[-1] - T
    names = [f"node-{number}" for number in range(200)]
    classes = [found.class_of(name) for name in names]
    assert classes == [found.class_of(name) for name in names]
    assert set(classes) == set(range(CLASSES))


def test_connections_come_from_the_classes_of_the_callers_nodes() -> None:
    found = proxies()
    one, other = "a", next(n for n in "bcdefgh" if found.class_of(n) != found.class_of("a"))
    parts = shares({one: 3, other: 1}, found)
    assert parts[found.class_of(one)] == 0.75
    assert parts[found.class_of(other)] == 0.25
    assert sum(shares({}, found)) == 1.0


def test_the_dns_answers_with_news_once_its_answer_has_expired() -> None:
    found = proxies()
    known = found.answered("shop/db", T)[0]
    assert T < known <= T + 30 * SECOND
    assert found.answered("shop/db", known - 1)[0] == known
    assert found.answered("shop/db", known)[0] == known + 30 * SECOND


def test_a_snapshot_goes_on_as_if_nothing_had_been() -> None:
    found, again = proxies(), proxies()
    found.take(T)
    again.restore(found.snapshot())
    assert again.take(T + 300 * MS) == found.take(T + 300 * MS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"proxys": {}}, "dataPlane: must be a mapping of", id="an unknown part"),
        pytest.param({"proxy": {"sync": 1}}, "dataPlane.proxy.sync", id="a number for a duration"),
        pytest.param({"proxy": {"sync": "1 day"}}, "dataPlane.proxy.sync", id="no duration"),
        pytest.param({"dns": {"tll": "1s"}}, "dataPlane.dns: must be", id="an unknown field"),
        pytest.param(
            {"loadBalancer": {"network": "10.0.0.1/8"}}, "loadBalancer.network", id="no network"
        ),
        pytest.param({"ingress": {"class": "N_"}}, "ingress.class", id="no name of a class"),
        pytest.param(
            {"registry": {"bitsPerSecond": 0}}, "registry.bitsPerSecond", id="a registry without"
        ),
    ],
)
def test_a_wrong_data_plane_is_refused_with_the_field(given: object, words: str) -> None:
    with pytest.raises(plane.InvalidPlane) as error:
        plane.check(given)
    assert words in str(error.value)
