"""Who asks: a name, its groups, and the names that a server gives by itself.

Source: kubernetes apiserver pkg/authentication/{user/user.go, serviceaccount/util.go}.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube import names

MASTERS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
NODES: Final = "system:nodes"
_ANONYMOUS: Final = "system:anonymous"
_ACCOUNT: Final = "system:serviceaccount:"
_ACCOUNTS: Final = "system:serviceaccounts"
_NODE: Final = "system:node:"

Extra = tuple[tuple[str, tuple[str, ...]], ...]


class User(NamedTuple):
    """Who asks, as a server knows them; `extra` holds keys with their values, sorted by key."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Extra = ()

    def info(self) -> dict[str, Any]:
        """Return the UserInfo of reviews."""
        found: dict[str, Any] = {"username": self.name}
        if self.uid:
            found["uid"] = self.uid
        if self.groups:
            found["groups"] = list(self.groups)
        if self.extra:
            found["extra"] = {key: list(values) for key, values in self.extra}
        return found

    def said(self, key: str) -> str:
        """Return the one value of an extra key; "" when it has none, or several."""
        values = dict(self.extra).get(key, ())
        return values[0] if len(values) == 1 else ""


ADMIN: Final = User("system:admin", (MASTERS, AUTHENTICATED), "system:admin")
"""The administrator, whom everybody is taken for where nobody is asked."""
ANONYMOUS: Final = User(_ANONYMOUS, (UNAUTHENTICATED,))


def extra_of(found: Mapping[str, Sequence[str]] | None) -> Extra:
    """Return extra values as they are held."""
    return tuple(sorted((key, tuple(values)) for key, values in (found or {}).items()))


def account_user(namespace: str, name: str) -> str:
    """Return the user name of a ServiceAccount."""
    return f"{_ACCOUNT}{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, ...]:
    """Return the groups that every ServiceAccount of a namespace is in."""
    return (_ACCOUNTS, f"{_ACCOUNTS}:{namespace}")


def account_of(user: str) -> tuple[str, str] | None:
    """Return (namespace, name) of the ServiceAccount whose user name this is; None for others."""
    namespace, colon, name = user.removeprefix(_ACCOUNT).partition(":")
    if not user.startswith(_ACCOUNT) or not colon:
        return None
    if names.dns_label(namespace) or names.dns_subdomain(name):
        return None
    return namespace, name


def node_of(user: str) -> str | None:
    """Return the node whose kubelet has this user name; None for others."""
    name = user.removeprefix(_NODE)
    if not user.startswith(_NODE) or names.dns_subdomain(name):
        return None
    return name


def completed(user: User) -> User:
    """Return a user who is taken for another, with the group that says whether one is known.

    Source: apiserver pkg/endpoints/filters/impersonation/mode.go.
    """
    wanted = UNAUTHENTICATED if user.name == _ANONYMOUS else AUTHENTICATED
    if wanted in user.groups or UNAUTHENTICATED in user.groups:
        return user
    return user._replace(groups=(*user.groups, wanted))
