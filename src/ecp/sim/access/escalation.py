"""Nobody gives more than they have: what is looked at before a role or binding is written.

Source: kubernetes pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased,
pkg/registry/rbac/escalation_check.go.
"""

from collections.abc import Sequence
from typing import Final

from ecp.kube.errors import Forbidden, NotFound, go_quote
from ecp.sim.access.grants import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    ROLE_BINDINGS,
    ROLES,
    Grants,
)
from ecp.sim.access.rules import FULL, Asked, Rule, described, go_list, missing
from ecp.sim.access.users import MASTERS, User
from ecp.sim.store import Obj

_GROUP: Final = "rbac.authorization.k8s.io"
_COLLECTED: Final = ("ownerReferences", "finalizers", "managedFields", "selfLink")
"""What the garbage collector writes."""


def check(grants: Grants, user: User, resource: str, new: Obj, old: Obj | None) -> None:
    """Judge a write of *resource* by *user*; other resources are not looked at.

    *new* bears the name that it was asked to have. Raises Forbidden, NotFound.
    """
    if MASTERS in user.groups or resource not in _CHECKS:
        return
    if old is not None and _only_collected(new, old):
        return
    _CHECKS[resource](grants, user, resource, new, old)


def _only_collected(new: Obj, old: Obj) -> bool:
    def rest(obj: Obj) -> Obj:
        meta = {k: v for k, v in obj["metadata"].items() if k not in _COLLECTED}
        meta.pop("resourceVersion", None)
        return {**obj, "metadata": meta}

    return rest(new) == rest(old)


def _role(grants: Grants, user: User, resource: str, new: Obj, old: Obj | None) -> None:
    meta = new["metadata"]
    plural, namespace = resource.partition(".")[0], meta.get("namespace", "")
    name = old["metadata"]["name"] if old is not None else ""  # a create names nothing
    asked = Asked("escalate", _GROUP, plural, namespace=namespace, name=name)
    if grants.decide(user, asked).allowed:
        return
    _must_hold(grants, user, namespace, resource, new, new.get("rules") or ())
    if resource == CLUSTER_ROLES and (_aggregates(new) or (old is not None and _aggregates(old))):
        try:
            _must_hold(grants, user, namespace, resource, new, FULL)
        except Forbidden:
            words = "must have cluster-admin privileges to use the aggregationRule"
            raise Forbidden(resource, meta.get("name", ""), words) from None


def _aggregates(role: Obj) -> bool:
    return bool((role.get("aggregationRule") or {}).get("clusterRoleSelectors"))


def _binding(grants: Grants, user: User, resource: str, new: Obj, old: Obj | None) -> None:
    namespace, role = new["metadata"].get("namespace", ""), new.get("roleRef") or {}
    plural = {"ClusterRole": "clusterroles", "Role": "roles"}.get(role.get("kind", ""))
    if plural is not None:
        name, group = role.get("name", ""), role.get("apiGroup", "")
        if grants.decide(user, Asked("bind", group, plural, "", namespace, name)).allowed:
            return
    try:
        rules = grants.role_rules(role, namespace)
    except NotFound:
        # So the server says it: a role that is missing, under the name of the bindings.
        raise NotFound(resource, role.get("name", "")) from None
    _must_hold(grants, user, namespace, resource, new, rules)


def _must_hold(
    grants: Grants, user: User, namespace: str, resource: str, new: Obj, rules: Sequence[Rule]
) -> None:
    """Raises Forbidden when *user* does not hold all of *rules* in *namespace*."""
    granted = grants.of(user, namespace)
    lacking = missing([rule for _, rule in granted.rules], rules)
    if not lacking:
        return
    words = (
        f"user {go_quote(user.name)} (groups={go_list(user.groups)}) is attempting to grant RBAC "
        "permissions not currently held:\n" + "\n".join(described(lacking))
    )
    if granted.errors:
        words += f"; resolution errors: [{granted.error}]"
    raise Forbidden(resource, new["metadata"].get("name", ""), words)


_CHECKS: Final = {
    ROLES: _role,
    CLUSTER_ROLES: _role,
    ROLE_BINDINGS: _binding,
    CLUSTER_ROLE_BINDINGS: _binding,
}
