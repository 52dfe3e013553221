"""One cluster's door: who is behind a token, and may they do what they ask for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.errors import Forbidden, KubeError, go_quote
from ecp.sim.access import escalation, tokens
from ecp.sim.access.grants import Decision, Granted, Grants
from ecp.sim.access.keys import SigningKey, key_of
from ecp.sim.access.nodes import Nodes, node_of
from ecp.sim.access.rules import FULL, Asked
from ecp.sim.access.tokens import InvalidToken
from ecp.sim.access.users import ADMIN, ANONYMOUS, AUTHENTICATED, User
from ecp.sim.plans import Reader
from ecp.sim.store import Obj, Store

ALWAYS_ALLOW: Final = "AlwaysAllow"
RBAC: Final = "RBAC"
MODES: Final = (ALWAYS_ALLOW, RBAC)
"""What a cluster's `authorizationMode` may be, as kube-apiserver's --authorization-mode has it."""

_ADMIN_TOKENS: Final = ("admin", "simulated")
_ALLOWED: Final = Decision(True)
_NOT_LISTED: Final = "node authorizer does not support user rule resolution"
_ALL: Final = Granted(tuple(("", rule) for rule in FULL))


class Known(NamedTuple):
    """Whose a token is, and for which of the audiences that were asked for it is."""

    user: User
    audiences: tuple[str, ...]


class Access:
    """Who may ask a cluster for what.

    Where the mode is AlwaysAllow everybody may do everything, and who does not come with a token
    of a ServiceAccount or of a known user is the administrator.
    """

    def __init__(
        self,
        store: Store,
        read: Reader,
        *,
        mode: str = ALWAYS_ALLOW,
        users: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.enforced = mode == RBAC
        self._read = read
        self._key: SigningKey | None = None
        self._grants = Grants(store)
        self._nodes = Nodes(store)
        self._static: dict[str, User] = dict.fromkeys(_ADMIN_TOKENS, ADMIN) | {
            row["token"]: User(
                row["name"],
                (*row.get("groups", ()), AUTHENTICATED),
                row.get("uid", row["name"]),
            )
            for row in users
        }
        # Tokens whose signature was looked at → what they say.
        self._claims: dict[str, tokens.Claims] = {}

    @property
    def key(self) -> SigningKey:
        """What the tokens of this cluster are signed with. Made when first asked for: up to 1 s."""
        if self._key is None:
            self._key = key_of(self._read)
        return self._key

    @property
    def has_key(self) -> bool:
        return self._key is not None

    def lacks_key(self, token: str) -> bool:
        """Whether looking at *token* takes a key that has yet to be made."""
        return self._key is None and token not in self._static and tokens.is_ours(token)

    # -- who ----------------------------------------------------------------------------------

    def user_of(self, token: str, now: int) -> User:
        """Return who sends *token* ("": none) at *now* (ns). Raises InvalidToken."""
        if not token:
            return ANONYMOUS if self.enforced else ADMIN
        known = self._static.get(token)
        if known is not None:
            return known
        if not self.enforced and not tokens.is_ours(token):
            return ADMIN
        return self.look_at(token, now, tokens.AUDIENCES).user

    def look_at(self, token: str, now: int, audiences: Sequence[str]) -> Known:
        """Return whose *token* is, for one of *audiences*. Raises InvalidToken."""
        known = self._static.get(token)
        if known is not None:
            # A list of tokens knows no audiences: each is for the server.
            meant = tuple(one for one in audiences if one in tokens.AUDIENCES)
            if not meant:
                raise InvalidToken
            return Known(known, meant)
        claims = self._claims.get(token)
        if claims is None:
            claims = tokens.verified(self.key, token)
            if len(self._claims) >= 1024:
                self._claims.clear()
            self._claims[token] = claims
        user, meant_for = tokens.holder(claims, token, self._read, now, audiences)
        return Known(user, tuple(meant_for))

    # -- what ---------------------------------------------------------------------------------

    def decide(self, user: User, asked: Asked) -> Decision:
        """Say whether *user* may do what is asked: nodes are asked first, then roles.

        Source: apiserver pkg/authorization/union: the reasons of all that have none to allow it.
        """
        if not self.enforced:
            return _ALLOWED
        of_node = self._nodes.decide(user, asked)
        if of_node is not None and of_node.allowed:
            return of_node
        granted = self._grants.decide(user, asked)
        if granted.allowed or of_node is None or not of_node.reason:
            return granted
        reasons = [of_node.reason, granted.reason] if granted.reason else [of_node.reason]
        return Decision(False, "\n".join(reasons))

    def require(self, user: User, asked: Asked) -> None:
        """Raises Forbidden, in the server's words, when *user* may not."""
        decision = self.decide(user, asked)
        if not decision.allowed:
            raise refused(user, asked, decision.reason)

    def granted(self, user: User, namespace: str) -> Granted:
        """Return the rules that hold for *user* in a namespace; not all that a kubelet may do."""
        if not self.enforced:
            return _ALL
        found = self._grants.of(user, namespace)
        if node_of(user) is None:
            return found
        return found._replace(errors=(_NOT_LISTED, *found.errors), whole=False)

    def check_escalation(self, user: User, resource: str, new: Obj, old: Obj | None) -> None:
        """Raises Forbidden, NotFound when a role or binding gives more than *user* has."""
        if self.enforced:
            escalation.check(self._grants, user, resource, new, old)


def refused(user: User, asked: Asked, reason: str = "") -> KubeError:
    """Return the refusal. Source: apiserver handlers/responsewriters/errors.go."""
    who = f"User {go_quote(user.name)} cannot {asked.verb}"
    if not asked.of_resource:
        words = f"{who} path {go_quote(asked.path)}"
    else:
        where = f"in the namespace {go_quote(asked.namespace)}"
        words = (
            f"{who} resource {go_quote(asked.whole_resource)} in API group "
            f"{go_quote(asked.group)} {where if asked.namespace else 'at the cluster scope'}"
        )
    for plain, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(plain, safe)
    resource = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    return Forbidden(resource, asked.name, f"{words}: {reason}" if reason else words)
