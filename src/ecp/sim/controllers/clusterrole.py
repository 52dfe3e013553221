"""ClusterRoles that are put together of others: whose labels they select, in order of name.

Source: kubernetes pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go.
"""

from collections.abc import Iterable

from ecp.kube.selectors import from_object
from ecp.sim.access import CLUSTER_ROLES
from ecp.sim.plans import NOTHING, Apply, Controller, Plan, Reader
from ecp.sim.store import Change, Key, Obj

_ACTOR = "clusterrole-aggregation-controller"
_API_VERSION = "rbac.authorization.k8s.io/v1"


def _selectors(role: Obj) -> list[Obj]:
    return (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or []


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    role = read.get(CLUSTER_ROLES, *key)
    if role is None or role.get("aggregationRule") is None:
        return NOTHING
    others = sorted(read.list(CLUSTER_ROLES), key=lambda one: one["metadata"]["name"])
    rules: list[Obj] = []
    for selector in map(from_object, _selectors(role)):
        for other in others:
            labels = other["metadata"].get("labels") or {}
            if other["metadata"]["name"] != key[1] and selector.matches(labels):
                rules += [rule for rule in other.get("rules") or () if rule not in rules]
    if rules == (role.get("rules") or []):
        return NOTHING
    wanted = {
        "apiVersion": _API_VERSION,
        "kind": "ClusterRole",
        "metadata": {"name": key[1]},
        "rules": rules,
    }
    return Plan((Apply(CLUSTER_ROLES, key, wanted),))


def _put_together(change: Change, read: Reader) -> Iterable[Key]:
    """Every role that is put together: any other may be a part of it."""
    return [
        ("", role["metadata"]["name"])
        for role in read.list(CLUSTER_ROLES)
        if role.get("aggregationRule") is not None
    ]


def controller() -> Controller:
    """Return the controller that fills the rules of aggregated ClusterRoles."""
    return Controller(
        name="clusterrole-aggregation",
        component=_ACTOR,
        watches={CLUSTER_ROLES: _put_together},
        reconcile=_reconcile,
        actor=_ACTOR,
    )
