"""Chance: each draw depends on its own seed, name and number only."""

import re
from uuid import UUID

from ecp.sim.engine.chance import Chance


def test_a_draw_depends_on_nothing_drawn_before() -> None:
    quiet, busy = Chance(7), Chance(7)
    for number in range(100):
        busy.unit("other", number)
    assert quiet.unit("image-pull/node-3", 2) == busy.unit("image-pull/node-3", 2)


def test_seed_name_and_number_each_change_the_draw() -> None:
    draws = [
        Chance(1).bits("a", 0),
        Chance(2).bits("a", 0),
        Chance(1).bits("b", 0),
        Chance(1).bits("a", 1),
        Chance(-1).bits("a", 0),
    ]
    assert len(set(draws)) == len(draws)


def test_draws_are_known_for_ever() -> None:
    """A changed draw changes every journal's replay: it needs a new engine version."""
    chance = Chance(42)
    assert chance.bits("x", 0) == 14033925089935002063
    assert chance.suffix(5, "x") == "mwrfg"
    assert chance.uid("x") == "1850c02f-b861-4d9d-9794-ef1b65dc2eb9"


def test_units_spread_evenly() -> None:
    chance = Chance(3)
    draws = [chance.unit("even", n) for n in range(4000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert abs(sum(draws) / len(draws) - 0.5) < 0.02


def test_names_and_uids_look_like_those_of_kubernetes() -> None:
    chance = Chance(5)
    assert re.fullmatch(r"[bcdfghjklmnpqrstvwxz2456789]{5}", chance.suffix(5, "web-"))
    assert UUID(chance.uid("pods/a/b")).version == 4
