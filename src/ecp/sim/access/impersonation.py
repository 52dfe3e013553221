"""Who asks in another's name: a chain of modes, of which the first that is allowed counts.

The four narrow modes want a verb on what is asked for ("impersonate-on:user-info:list") and one on
whom it is done as ("impersonate:user-info"); the old one wants "impersonate" alone. A refusal is
that of the mode which was tried first, and first tried is what a user was allowed last.
Source: apiserver pkg/endpoints/filters/impersonation/{mode,constrained_impersonation}.go.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ecp.kube import names
from ecp.kube.errors import KubeError, go_quote
from ecp.sim.access.access import Access, refused
from ecp.sim.access.rules import Asked
from ecp.sim.access.users import (
    MASTERS,
    NODES,
    User,
    account_groups,
    account_of,
    completed,
    node_of,
)

_GROUP: Final = "authentication.k8s.io"
_MANY: Final = 4
"""From so many groups or extra values on, a permission for all is asked for first."""


def _alone(wanted: User) -> bool:
    return not (wanted.groups or wanted.uid or wanted.extra)


def _own_node(wanted: User, requestor: User) -> bool:
    node = node_of(wanted.name)
    if node is None or not _alone(wanted) or account_of(requestor.name) is None:
        return False
    return requestor.said("authentication.kubernetes.io/node-name") == node


def _any_node(wanted: User, requestor: User) -> bool:
    return _alone(wanted) and node_of(wanted.name) is not None


def _account(wanted: User, requestor: User) -> bool:
    return _alone(wanted) and account_of(wanted.name) is not None


def _other(wanted: User, requestor: User) -> bool:
    return node_of(wanted.name) is None and account_of(wanted.name) is None


_NARROW: Final[tuple[tuple[str, Callable[[User, User], bool]], ...]] = (
    ("associated-node", _own_node),
    ("arbitrary-node", _any_node),
    ("serviceaccount", _account),
    ("user-info", _other),
)
_OLD: Final = len(_NARROW)


class Impersonation:
    """Takes users for others, where *access* allows it; remembers which mode did, by user."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._last: dict[str, int] = {}

    def taken_for(self, requestor: User, wanted: User, asked: Asked) -> User:
        """Return who asks for *asked* when *requestor* wants to be *wanted*. Raises Forbidden."""
        refusal: KubeError | None = None
        last = self._last.get(requestor.name)
        order = [*range(_OLD + 1)]
        if last is not None:
            order = [last, *(mode for mode in order if mode != last)]
        for mode in order:
            if mode != _OLD and not _NARROW[mode][1](wanted, requestor):
                continue
            try:
                user = self._tried(mode, requestor, wanted, asked)
            except KubeError as error:
                refusal = refusal or error
                continue
            self._last[requestor.name] = mode
            return user
        assert refusal is not None, "the old mode is for everybody"
        raise refusal

    def _tried(self, mode: int, requestor: User, wanted: User, asked: Asked) -> User:
        if mode == _OLD:
            return self._as(requestor, wanted, "impersonate", narrow=False)
        name = _NARROW[mode][0]
        on = asked._replace(verb=f"impersonate-on:{name}:{asked.verb}")
        self._access.require(requestor, on)
        return self._as(requestor, wanted, f"impersonate:{name}", narrow=True)

    def _as(self, requestor: User, wanted: User, verb: str, *, narrow: bool) -> User:
        """Check each part of *wanted*; return the whole user. Raises Forbidden."""
        group = _GROUP if narrow else ""
        node, account = node_of(wanted.name), account_of(wanted.name)
        user, asked = wanted, Asked(verb, group, "users", name=wanted.name)
        if narrow and node is not None:
            shown = "*" if verb == "impersonate:associated-node" else node
            asked = asked._replace(resource="nodes", name=shown)
            user = user._replace(groups=(NODES,))
        if account is not None:
            asked = asked._replace(
                resource="serviceaccounts", namespace=account[0], name=account[1]
            )
            if not wanted.groups:
                user = user._replace(groups=account_groups(account[0]))
        self._access.require(requestor, asked)
        if wanted.uid:
            self._access.require(requestor, Asked(verb, _GROUP, "uids", name=wanted.uid))
        self._require_all(requestor, list(_groups(wanted, verb, group)), narrow=narrow)
        self._require_all(requestor, list(_extra(wanted, verb)), narrow=narrow)
        return completed(user)

    def _require_all(self, requestor: User, all_asked: list[Asked], *, narrow: bool) -> None:
        if narrow and all_asked and (words := _odd(all_asked)):
            raise refused(requestor, *words)
        if narrow and len(all_asked) >= _MANY:
            first = all_asked[0]
            any_of = first._replace(name="*", subresource="*" if first.subresource else "")
            if self._access.decide(requestor, any_of).allowed:
                return
        for asked in all_asked:
            self._access.require(requestor, asked)


def _groups(wanted: User, verb: str, group: str) -> Iterator[Asked]:
    for name in wanted.groups:
        yield Asked(verb, group, "groups", name=name)


def _extra(wanted: User, verb: str) -> Iterator[Asked]:
    for key, values in wanted.extra:
        for value in values:
            yield Asked(verb, _GROUP, "userextras", key, name=value)


def _odd(all_asked: list[Asked]) -> tuple[Asked, str] | None:
    """Return what a narrow mode does not take of groups or of extra values, with its words."""
    bare = all_asked[0]._replace(name="", subresource="")
    if bare.resource == "groups":
        found = [asked.name for asked in all_asked]
        if "" in found:
            return bare, "impersonating the empty string group is not allowed"
        if MASTERS in found:
            words = f"impersonating the {MASTERS} group is not allowed"
            return bare._replace(name=MASTERS), words
        return None
    for asked in all_asked:
        if words := _odd_key(asked.subresource):
            return bare, words
        if not asked.name:
            return bare, "impersonating the empty string value in extra is not allowed"
    return None


def _odd_key(key: str) -> str:
    if not key:
        return "impersonating the empty string key in extra is not allowed"
    host, _, path = key.partition("/")
    said = "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "
    if not host or not path:
        words = 'must be a domain-prefixed path (such as "acme.io/foo")'
        return f"{said}{go_quote(key)}: {words}"
    if complaints := names.dns_subdomain(host):
        return f"{said}{go_quote(host)}: {complaints[0]}"
    if key != key.lower():
        return f"impersonating a non-lowercase key in extra is not allowed: {go_quote(key)}"
    return ""


def unnamed(wanted: User) -> str:
    """Return the server's words for a request that says all of a user but the name."""
    groups = f"{{{', '.join(map(go_quote, wanted.groups))}}}" if wanted.groups else "(nil)"
    extra = "(nil)"
    if wanted.extra:
        pairs = (
            f"{go_quote(key)}:[]string{{{', '.join(map(go_quote, values))}}}"
            for key, values in wanted.extra
        )
        extra = f"{{{', '.join(pairs)}}}"
    return (
        f'requested &user.DefaultInfo{{Name:"", UID:{go_quote(wanted.uid)}, '
        f"Groups:[]string{groups}, Extra:map[string][]string{extra}}} "
        "without impersonating a user name"
    )
