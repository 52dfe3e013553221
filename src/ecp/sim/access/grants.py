"""What the roles and bindings of a cluster grant, and to whom.

Source: kubernetes plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ecp.kube.errors import NotFound, go_quote
from ecp.sim.access.rules import Asked, Rule, allows
from ecp.sim.access.users import MASTERS, User, account_user
from ecp.sim.store import Change, Obj, Objects, Store

_GROUP: Final = "rbac.authorization.k8s.io"
ROLES: Final = f"roles.{_GROUP}"
CLUSTER_ROLES: Final = f"clusterroles.{_GROUP}"
ROLE_BINDINGS: Final = f"rolebindings.{_GROUP}"
CLUSTER_ROLE_BINDINGS: Final = f"clusterrolebindings.{_GROUP}"
_ALL: Final = frozenset({ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS})
# So many changes are looked through for one of a role or binding; beyond that it is read anew.
_LOOKED_THROUGH: Final = 4096
_REMEMBERED: Final = 1024


class Decision(NamedTuple):
    """Whether something is allowed, and why; for a refusal, what could not be looked up."""

    allowed: bool
    reason: str = ""


class Granted(NamedTuple):
    """The rules that hold for a user, each with the binding that says so, and what is missing."""

    rules: tuple[tuple[str, Rule], ...]
    errors: tuple[str, ...] = ()
    whole: bool = True

    @property
    def error(self) -> str:
        """What is missing, as Go prints several errors: each once, in brackets."""
        found = list(dict.fromkeys(self.errors))
        return found[0] if len(found) == 1 else f"[{', '.join(found)}]"


class Grants:
    """Answers over the roles and bindings in *store*; looks again only after one has changed.

    Where several bindings allow one thing, the oldest is named: a real server walks a map.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version = -1
        self._known: dict[tuple[str, tuple[str, ...], str], Granted] = {}
        # Subject ("User", name) or ("Group", name) → bindings with the subject, by namespace.
        self._bound: dict[str, dict[tuple[str, str], list[tuple[int, Obj, Obj]]]] = {}

    def decide(self, user: User, asked: Asked) -> Decision:
        """Say whether *user* may do what is asked."""
        if MASTERS in user.groups:
            return Decision(True)
        granted = self.of(user, asked.namespace)
        for source, rule in granted.rules:
            if allows(rule, asked):
                return Decision(True, f"RBAC: allowed by {source}")
        return Decision(False, f"RBAC: {granted.error}" if granted.errors else "")

    def of(self, user: User, namespace: str) -> Granted:
        """Return what holds for *user* in *namespace* ("": in all)."""
        self._look()
        at = (user.name, user.groups, namespace)
        found = self._known.get(at)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[at] = self._gathered(user, namespace)
        return found

    def role_rules(self, reference: Obj, namespace: str) -> list[Rule]:
        """Return the rules of the role that a binding in *namespace* names.

        Raises NotFound, in the words of the cache that the server asks.
        """
        kind, name = reference.get("kind", ""), reference.get("name", "")
        role: Obj | None
        if kind == "Role":
            role = self._store.get(ROLES, namespace, name)
        else:
            role = self._store.get(CLUSTER_ROLES, "", name)
        if role is None:
            raise NotFound(f"{kind.lower()}.{_GROUP}", name)
        return role.get("rules") or []

    def _look(self) -> None:
        """Forget what is known when a role or binding has changed since."""
        version = self._store.version
        if version == self._version:
            return
        if self._version < 0 or self._touched(version):
            self._known = {}
            self._bound = {"": self._subjects(self._store.list(CLUSTER_ROLE_BINDINGS), "")}
        self._version = version

    def _touched(self, version: int) -> bool:
        if not 0 < version - self._version <= _LOOKED_THROUGH:
            return True
        for one in range(version, self._version, -1):
            change: Change | None = self._store.change(one)
            if change is None or change.resource in _ALL:
                return True
        return False

    def _subjects(
        self, bindings: Objects, namespace: str
    ) -> dict[tuple[str, str], list[tuple[int, Obj, Obj]]]:
        found: dict[tuple[str, str], list[tuple[int, Obj, Obj]]] = {}
        for number, binding in enumerate(bindings):
            for subject in binding.get("subjects") or ():
                kind, name = subject.get("kind", ""), subject.get("name", "")
                if kind == "ServiceAccount":
                    home = subject.get("namespace") or namespace
                    if not home:
                        continue
                    kind, name = "User", account_user(home, name)
                found.setdefault((kind, name), []).append((number, binding, subject))
        return found

    def _gathered(self, user: User, namespace: str) -> Granted:
        rules: list[tuple[str, Rule]] = []
        errors: list[str] = []
        for where in ("", namespace) if namespace else ("",):
            for binding, subject in self._bindings(user, where):
                try:
                    given = self.role_rules(binding["roleRef"], where)
                except NotFound as error:
                    errors.append(error.message)
                    continue
                source = _source(binding, subject, where)
                rules += [(source, rule) for rule in given]
        return Granted(tuple(rules), tuple(errors))

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Obj, Obj]]:
        """Yield the bindings of a namespace that are about *user*, oldest first, each once."""
        known = self._bound.get(namespace)
        if known is None:
            bindings = self._store.list(ROLE_BINDINGS, namespace)
            known = self._bound[namespace] = self._subjects(bindings, namespace)
        subjects = [("User", user.name), *(("Group", group) for group in user.groups)]
        found: dict[int, tuple[Obj, Obj]] = {}
        for subject in subjects:
            for number, binding, said in known.get(subject, ()):
                before = found.get(number)
                listed = binding["subjects"]
                if before is None or listed.index(said) < listed.index(before[1]):
                    found[number] = (binding, said)
        for number in sorted(found):
            yield found[number]


def _source(binding: Obj, subject: Obj, namespace: str) -> str:
    """Return how a decision names the binding that it follows from."""
    name, role = binding["metadata"]["name"], binding["roleRef"]
    who = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or namespace}"
    kind, shown = ("RoleBinding", f"{name}/{namespace}") if namespace else (
        "ClusterRoleBinding", name
    )  # fmt: skip
    return (
        f"{kind} {go_quote(shown)} of {role['kind']} {go_quote(role['name'])} "
        f"to {subject.get('kind', '')} {go_quote(who)}"
    )
