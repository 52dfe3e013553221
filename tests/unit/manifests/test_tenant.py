"""A tenant's specification: what is one, and what is wrong with the others, all at once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube import names
from ecp.manifests import RESERVED, InvalidTenant, TenantSpec
from ecp.manifests.tenant import specify
from ecp.workloads.demand import TenantDemand

ONE = TenantDemand(callbot=1)


@pytest.mark.parametrize("tenant", ["a", "acme", "team-7", "7", "0x1f", "true", "null", "a" * 50])
def test_ids_that_are_taken(tenant: str) -> None:
    assert TenantSpec(tenant, ONE).namespace == f"{tenant}-ecp-ai"


@pytest.mark.parametrize(
    ("tenant", "key"),
    [
        pytest.param("", "tenant.id-missing", id="nothing"),
        pytest.param(None, "tenant.id-missing", id="null"),
        pytest.param(7, "tenant.id-missing", id="a number"),
        pytest.param("a" * 51, "tenant.id-too-long", id="51 characters"),
        pytest.param("Bad ID !!", "tenant.id-malformed", id="blanks and capitals"),
        pytest.param("-a", "tenant.id-malformed", id="a dash first"),
        pytest.param("a-", "tenant.id-malformed", id="a dash last"),
        pytest.param("a.b", "tenant.id-malformed", id="a dot"),
        pytest.param("테넌시", "tenant.id-malformed", id="Korean"),
        pytest.param("a\n", "tenant.id-malformed", id="a line break at the end"),
        pytest.param("a\nkind: Secret", "tenant.id-malformed", id="a foreign object"),
        pytest.param("{{a}}", "tenant.id-malformed", id="a template"),
        *(pytest.param(word, "tenant.id-reserved", id=f"reserved: {word}") for word in RESERVED),
    ],
)
def test_ids_that_are_refused(tenant: Any, key: str) -> None:
    with pytest.raises(InvalidTenant) as caught:
        specify(tenant, {"callbot": 1})
    assert [(problem.field, problem.key) for problem in caught.value.problems] == [
        ("tenant_id", key)
    ]


@given(st.text(max_size=60))
@settings(deadline=None)
def test_an_id_that_is_taken_names_a_namespace(tenant: str) -> None:
    try:
        spec = TenantSpec(tenant, ONE)
    except InvalidTenant:
        return
    assert names.dns_label(spec.namespace) == ()


@pytest.mark.parametrize(
    ("counters", "field", "key"),
    [
        pytest.param({}, "demand", "tenant.nothing-asked", id="no counter"),
        pytest.param({"callbot": 0, "qa": 0}, "demand", "tenant.nothing-asked", id="all zero"),
        pytest.param({"callbot": -1}, "callbot", "tenant.counter-range", id="below zero"),
        pytest.param({"callbot": 1.5}, "callbot", "tenant.counter-range", id="a fraction"),
        pytest.param({"callbot": "10"}, "callbot", "tenant.counter-range", id="a text"),
        pytest.param({"callbot": True}, "callbot", "tenant.counter-range", id="a truth"),
        pytest.param({"qa": 100_001}, "qa", "tenant.counter-range", id="more than anybody has"),
        pytest.param({"calbot": 1}, "calbot", "tenant.counter-unknown", id="a slip"),
    ],
)
def test_counters_that_are_refused(counters: dict[str, Any], field: str, key: str) -> None:
    with pytest.raises(InvalidTenant) as caught:
        specify("acme", counters)
    assert (field, key) in [(row.field, row.key) for row in caught.value.problems]


@pytest.mark.parametrize(
    ("rest", "key"),
    [
        pytest.param({"name": "a\nb"}, "tenant.name-malformed", id="a name of two lines"),
        pytest.param({"name": "n" * 101}, "tenant.name-malformed", id="a long name"),
        pytest.param({"gpu_type": "h100"}, "tenant.gpu-unknown", id="a GPU that is not known"),
        pytest.param({"target_ppm": 1_000_000}, "tenant.target-range", id="a promise of 100 %"),
        pytest.param({"target_ppm": 99.5}, "tenant.target-range", id="a promise in per cent"),
        pytest.param({"labels": {"a b": "c"}}, "tenant.label-key", id="a key that is none"),
        pytest.param({"labels": {"a": "b\nc"}}, "tenant.label-value", id="a value that is none"),
        pytest.param({"labels": {"a": 1}}, "tenant.label-value", id="a number as a value"),
        pytest.param({"labels": {"app": "x"}}, "tenant.label-reserved", id="a selecting label"),
        pytest.param({"labels": {"ecp.ai/x": "x"}}, "tenant.label-reserved", id="a prefix of ours"),
    ],
)
def test_the_rest_that_is_refused(rest: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidTenant) as caught:
        specify("acme", {"callbot": 1}, **rest)
    assert [problem.key for problem in caught.value.problems] == [key]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidTenant) as caught:
        specify("A", {"callbot": -1, "x": 1})
    assert len(caught.value.problems) == 3
