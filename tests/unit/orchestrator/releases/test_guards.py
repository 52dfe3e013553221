"""What stops a release before it is sent: the gate's verdict, and the guard of a real cluster."""

from dataclasses import replace
from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.orchestrator.records import Rehearsal, Target, Tenant
from ecp.orchestrator.releases import gate, guard

TENANT = Tenant("acme", "acme", "acme-ns", None, {"callbot": 2, "qa": 0}, {}, 999_000, "", 0)
ASKED = {"policy": "block", "for": "1h", "faults": ["node_down@5m"], "hypotheses": [], "seed": 7}


def row(state: str, passed: bool | None = None) -> Rehearsal:
    verdict: dict[str, Any] = {} if passed is None else {"passed": passed, "exit_code": 0}
    return Rehearsal(3, "x", "rehearsal", state, 1, 0, 0, None, verdict, "")


def test_what_is_rehearsed_is_the_bundle_on_the_cluster_as_it_is() -> None:
    bundle = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}]
    found = gate.scenario(TENANT, bundle, ASKED, "default")
    scenario = found["scenario"]
    assert scenario["cluster"] == {"live": "default"}
    assert scenario["demand"] == {"namespace": "acme-ns", "units": {"callbot": 2}}
    assert (scenario["target"], scenario["for"], found["seed"]) == (99.9, "1h", 7)
    assert "hypotheses" not in scenario
    assert "kind: ConfigMap" in found["files"][gate.FILE]
    assert "cluster" not in gate.scenario(TENANT, bundle, ASKED, None)["scenario"]


@pytest.mark.parametrize(
    ("contract", "told"),
    [
        ({"credits": {"fee": "1"}, "load": {"callbot": 3}}, {"load": {"callbot": 3}}),
        ({"response_time_ms": 2000}, {"contract": {"response_time_ms": 2000}}),
    ],
    ids=["money is no matter of a slot", "a promised response time is"],
)
def test_it_is_judged_by_the_contract(contract: dict[str, Any], told: dict[str, Any]) -> None:
    tenant = replace(TENANT, options={"contract": contract})
    demand = gate.scenario(tenant, [], ASKED, None)["scenario"]["demand"]
    assert demand == {"namespace": "acme-ns", "units": {"callbot": 2}, **told}


@pytest.mark.parametrize(
    ("policy", "found", "sends"),
    [
        pytest.param("block", row("done", True), True, id="it passed"),
        pytest.param("block", row("done", False), False, id="it did not: nothing is sent"),
        pytest.param("warn", row("done", False), True, id="it did not: sent, and told"),
        pytest.param("block", row("failed"), False, id="what was not carried out proves nothing"),
        pytest.param("block", row("cancelled"), False, id="nor what was stopped"),
        pytest.param("block", None, False, id="nor what was forgotten"),
        pytest.param("warn", None, True, id="a warning stops nothing"),
    ],
)
def test_a_verdict(policy: str, found: Rehearsal | None, sends: bool) -> None:
    kept, sent = gate.decided({"policy": policy, "rehearsal_id": 3}, found)
    assert sent is sends
    assert kept["passed"] is (found is not None and bool(found.verdict.get("passed")))


def test_no_verdict_while_it_is_at_work() -> None:
    with pytest.raises(ValueError, match="running"):
        gate.decided({"policy": "warn"}, row("running"))


REAL = Target("kubernetes", "prod", read_only=False)
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "r"}}  # fmt: skip
HOME = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "acme-ns"}}


@pytest.mark.parametrize(
    ("target", "confirm", "bundle", "code"),
    [
        pytest.param(Target("k8s-simulator", "default"), "", [ROLE], None,
                     id="the simulated one needs no word"),
        pytest.param(REAL, "prod", [HOME], None, id="named, and in its own namespace"),
        pytest.param(REAL, "", [HOME], "TARGET_NOT_CONFIRMED", id="not named"),
        pytest.param(REAL, "production", [HOME], "TARGET_NOT_CONFIRMED", id="another name"),
        pytest.param(REAL._replace(name=""), "", [HOME], "TARGET_NOT_CONFIRMED",
                     id="one whose name nobody knows"),
        pytest.param(Target("kubernetes", "", False, "target.no-file", {"what": "w", "path": "p",
                     "detail": "d"}), "prod", [HOME], "TARGET_NOT_CONFIGURED",
                     id="one that is not said rightly"),
        pytest.param(REAL._replace(read_only=True), "prod", [HOME], "TARGET_READ_ONLY",
                     id="only looked at"),
        pytest.param(REAL, "prod", [HOME, ROLE], "CLUSTER_SCOPED", id="what lies in no namespace"),
    ],
)  # fmt: skip
def test_a_real_cluster_is_guarded(
    target: Target, confirm: str, bundle: list[dict[str, Any]], code: str | None
) -> None:
    if code is None:
        guard.check(target, confirm, bundle)
        return
    with pytest.raises(Problem) as caught:
        guard.check(target, confirm, bundle)
    assert caught.value.code == code
