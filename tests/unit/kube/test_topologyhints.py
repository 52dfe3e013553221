"""Hints by zones' shares of CPU: who gives, who gets, and when there are none."""

from collections import Counter
from typing import Any

import pytest

from ecp.kube import topologyhints as hints

Obj = dict[str, Any]


def node(zone: str, cpu: str = "4", ready: str = "True", **labels: str) -> Obj:
    return {
        "metadata": {"labels": {**({hints.ZONE: zone} if zone else {}), **labels}},
        "status": {
            "allocatable": {"cpu": cpu},
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


def of(zones: str, name: str = "s") -> Obj:
    """A slice with a ready endpoint in each zone (a letter); a capital is not ready."""
    endpoints = [
        {"addresses": [str(n)], "conditions": {"ready": z.islower()}, "zone": z.lower()}
        for n, z in enumerate(zones)
    ]
    return {"metadata": {"name": name}, "endpoints": endpoints}


def for_whom(slices: list[Obj]) -> dict[str, int]:
    return Counter(
        row["name"]
        for found in slices
        for one in found["endpoints"]
        for row in one.get("hints", {}).get("forZones", ())
    )


@pytest.mark.parametrize(
    ("nodes", "shares"),
    [
        pytest.param([node("a"), node("b", "12")], {"a": 0.25, "b": 0.75}, id="by CPU"),
        pytest.param([node("a"), node("a")], {}, id="one zone is none"),
        pytest.param([node("a"), node("b"), node("")], {}, id="a node without a zone spoils all"),
        pytest.param(
            [node("a"), node("b"), node("c", ready="False")],
            {"a": 0.5, "b": 0.5},
            id="who is not ready does not count",
        ),
        pytest.param(
            [node("a"), node("b"), node("c", **{"node-role.kubernetes.io/control-plane": ""})],
            {"a": 0.5, "b": 0.5},
            id="a control plane does not count",
        ),
    ],
)
def test_shares(nodes: list[Obj], shares: dict[str, float]) -> None:
    assert hints.shares(nodes) == shares


EVEN = {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}


@pytest.mark.parametrize(
    ("zones", "shares", "whom", "said"),
    [
        pytest.param("abc", EVEN, {"a": 1, "b": 1, "c": 1}, "enabled", id="each its own"),
        pytest.param("aaaabc", EVEN, {"a": 2, "b": 2, "c": 2}, "enabled", id="who has more gives"),
        pytest.param("abcC", EVEN, {"a": 1, "b": 1, "c": 1}, "enabled", id="who is not ready"),
        pytest.param("ab", EVEN, {}, "Insufficient number of endpoints (2", id="too few"),
        pytest.param("abca", EVEN, {}, "Unable to allocate minimum", id="no way to share"),
        pytest.param("abc", {}, {}, "Insufficient Node information", id="nothing known of nodes"),
    ],
)
def test_hints(zones: str, shares: dict[str, float], whom: dict[str, int], said: str) -> None:
    outcome = hints.hinted([of(zones)], [], [], shares, "IPv4")
    assert for_whom(outcome.create) == whom
    assert outcome.said is not None
    assert said in outcome.said[2]
    assert outcome.said[2].endswith(", addressType: IPv4")


def test_a_slice_keeps_its_hints_until_nothing_is_known_of_nodes() -> None:
    (first,) = hints.hinted([of("abc")], [], [], EVEN, "IPv4").create
    again = hints.hinted([], [], [first], EVEN, "IPv4")
    assert again == hints.Outcome([], [], None)
    assert not hints.is_overloaded([first], EVEN)
    assert hints.is_overloaded([first], {**EVEN, "d": 0.1})
    gone = hints.hinted([], [], [first], {}, "IPv4")
    assert gone.update
    assert not hints.are_there(gone.update)
