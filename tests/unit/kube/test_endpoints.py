"""Subsets of Endpoints: who stands together, in which order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.endpoints import Packed, Port, Row, Services, subsets

HTTP, HTTPS = Port("http", 8080, "TCP"), Port("https", 8443, "TCP", "http")
METRICS, DNS = Port("metrics", 9090, "TCP"), Port("dns", 53, "UDP")


def address(ip: str, name: str) -> dict[str, Any]:
    target = {"kind": "Pod", "namespace": "ns", "name": f"p-{name}", "uid": "u"}
    return {"ip": ip, "nodeName": "n-0", "targetRef": target}


A, B, C = address("10.0.0.1", "a"), address("10.0.0.2", "b"), address("10.0.0.3", "c")


def names(subset: dict[str, Any], field: str) -> list[str]:
    return [one["targetRef"]["name"] for one in subset.get(field, ())]


def test_ports_and_subsets_stand_in_the_order_of_their_hashes() -> None:
    """Measured with RepackSubsets of kubernetes 1.36.2."""
    ports = (HTTP, HTTPS, METRICS, DNS)
    found = subsets(
        [Row(B, ports, True), Row(A, ports, True), Row(C, (Port("http", 9999, "TCP"),), False)]
    )
    assert found == [
        {"notReadyAddresses": [C], "ports": [{"name": "http", "port": 9999, "protocol": "TCP"}]},
        {
            "addresses": [A, B],
            "ports": [
                {"name": "http", "port": 8080, "protocol": "TCP"},
                {"name": "metrics", "port": 9090, "protocol": "TCP"},
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "https", "port": 8443, "protocol": "TCP", "appProtocol": "http"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        pytest.param([], [], id="nobody makes no subset"),
        pytest.param(
            [Row(A, (HTTP,), True), Row(B, (HTTP,), False)],
            [(["p-a"], ["p-b"])],
            id="who is not ready stands beside the ready ones",
        ),
        pytest.param(
            [Row(A, (), True), Row(B, (), True)], [(["p-a", "p-b"], [])], id="no ports, one subset"
        ),
        pytest.param(
            [Row(A, (HTTP,), True), Row(A, (HTTP,), False)],
            [([], ["p-a"])],
            id="an address that is not ready once is not ready",
        ),
        pytest.param(
            [Row(address("10.0.0.10", "x"), (HTTP,), True), Row(B, (HTTP,), True)],
            [(["p-x", "p-b"], [])],
            id="addresses are sorted as texts",
        ),
    ],
)
def test_who_stands_where(rows: list[Row], wanted: list[tuple[list[str], list[str]]]) -> None:
    found = subsets(rows)
    assert [(names(one, "addresses"), names(one, "notReadyAddresses")) for one in found] == wanted


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.none() | st.tuples(st.sampled_from([(HTTP,), (HTTP, DNS), ()]), st.booleans()),
    ),
    max_size=40,
)


@given(CHANGES)
def test_what_is_kept_up_with_changes_is_what_all_rows_make(changes: Any) -> None:
    kept, rows = Packed(), {}
    for number, change in changes:
        name = f"p-{number}"
        row = None
        if change is not None:
            row = Row(address(f"10.0.0.{number * 7 % 11}", name), *change)
        kept.put(name, row)
        rows[name] = row
        assert kept.subsets() == subsets(one for one in rows.values() if one is not None)


SELECTORS = st.sampled_from([None, {"app": "a"}, {"app": "b"}, {"app": "a", "tier": "x"}])


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.booleans(), SELECTORS), max_size=12))
def test_who_selects_is_kept_up_as_if_it_was_made_anew(
    steps: list[tuple[str, bool, dict[str, str] | None]],
) -> None:
    services, there = Services(), dict[str, dict[str, Any]]()

    def listed(resource: str, namespace: str) -> list[dict[str, Any]]:
        return list(there.values())

    services.of("ns", listed)
    for name, stays, selector in steps:
        old = there.get(name)
        if stays:
            there[name] = {"metadata": {"name": name}, "spec": {"selector": selector}}
        else:
            there.pop(name, None)
        services.follow("ns", old, there.get(name))
        for labels in ({"app": "a"}, {"app": "b", "tier": "x"}, {"tier": "x", "app": "a"}):
            anew = Services().of("ns", listed).names(labels)
            assert list(services.of("ns", listed).names(labels)) == list(anew)
