"""What a kube-apiserver 1.36.2 allowed whom, over the same roles and bindings, and what we do.

A decision names one of the bindings that allow something; which one, where there are several, is
chance there: it has to be one of those that we find.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.kinds import BUILT_IN, NAMESPACES
from ecp.sim import clusters
from ecp.sim.access import RBAC, Access, Asked, User
from ecp.sim.access.rules import allows
from ecp.sim.access.users import MASTERS, completed
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request

GOLDEN = Path(__file__).parents[3] / "golden" / "access" / "decisions.jsonl"
SPEC = {
    "name": "recorded",
    "authorizationMode": RBAC,
    "metricsServer": False,
    "pools": [{"name": "n", "cpu": "1", "memory": "1Gi"}],
}


@lru_cache
def lines(kind: str) -> list[Any]:
    found = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    return [one[kind] for one in found if kind in one]


@lru_cache
def access() -> Access:
    """Return the access of a cluster that has lived with the recorded objects."""
    cluster = Cluster.create(clusters.check(SPEC))
    cluster.submit(Request("create", NAMESPACES, body={"metadata": {"name": "auth-a"}}))
    for obj in lines("object"):
        kind = BUILT_IN.by_gvk[obj["apiVersion"], obj["kind"]]
        namespace = obj["metadata"].get("namespace", "")
        cluster.submit(Request("create", kind.resource, namespace, body=obj))
    cluster.run_until(cluster.now + 10 * SECOND)
    return cluster.access


def user(name: str) -> User:
    said = lines("users")[0][name]
    return User(said["name"], tuple(said["groups"]))


def asked(row: list[Any]) -> Asked:
    if len(row) == 2:
        return Asked(row[0], path=row[1], of_resource=False)
    return Asked(*row)


def sources(who: User, what: Asked) -> set[str]:
    """Return every reason that there is to allow something, "" that of the masters."""
    if MASTERS in who.groups:
        return {""}
    granted = access().granted(who, what.namespace)
    return {f"RBAC: allowed by {source}" for source, rule in granted.rules if allows(rule, what)}


@pytest.mark.parametrize("name", lines("users")[0])
def test_decisions_are_those_of_the_server(name: str) -> None:
    rows = [row for row in lines("decision") if row[0] == name]
    assert len(rows) > 30
    for _, *what, allowed, reason in rows:
        decision = access().decide(user(name), asked(what))
        assert decision.allowed == allowed, what
        if allowed:
            assert reason in sources(user(name), asked(what)), what
            assert decision.reason in sources(user(name), asked(what)), what
        else:
            assert decision.reason == reason, what


def test_the_table_has_enough_of_both_answers() -> None:
    answers = [row[-2] for row in lines("decision")]
    assert (answers.count(True), answers.count(False)) == (207, 982)


def listed(rules: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(rule, sort_keys=True) for rule in rules)


@pytest.mark.parametrize(("name", "namespace", "status"), lines("rules"))
def test_rules_are_those_that_the_server_lists(
    name: str, namespace: str, status: dict[str, Any]
) -> None:
    granted = access().granted(completed(user(name)), namespace)
    rules = [rule for _, rule in granted.rules]
    assert listed([r for r in rules if r.get("resources")]) == listed(status["resourceRules"])
    urls = [r for r in rules if r.get("nonResourceURLs")]
    assert listed(urls) == listed(status["nonResourceRules"])
    assert (granted.error if granted.errors else "") == status.get("evaluationError", "")
