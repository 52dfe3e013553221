"""Who makes a request, and what it asks for: read off its headers and its path.

Source: apiserver pkg/endpoints/request/requestinfo.go, pkg/endpoints/filters/authentication.go.
"""

import asyncio
from typing import Final
from urllib.parse import unquote

from ecp.kube import names
from ecp.kube.errors import BadRequest, Unauthorized
from ecp.kube.selectors import InvalidSelector, parse_fields
from ecp.sim.access import Access, Asked, InvalidToken, User
from ecp.sim.access.impersonation import Impersonation, unnamed
from ecp.sim.access.users import extra_of
from ecp.simulator.kubeapi.wire import Call

_VERBS: Final = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_WATCH: Final = "watch"
_PRETENDS: Final = b"impersonate-"
_EXTRA: Final = b"impersonate-extra-"


async def make_key(access: Access) -> None:
    """Make the key of a cluster beside the loop, which others need meanwhile."""
    if not access.has_key:
        await asyncio.get_running_loop().run_in_executor(None, lambda: access.key)


async def admit(access: Access, impersonation: Impersonation, call: Call, now: int) -> None:
    """Find out who makes *call*, note it there, and see that they may. *now* in ns.

    Raises Unauthorized, Forbidden, BadRequest. Where everything is allowed nothing is asked.
    """
    token, pretends = "", False
    for name, value in call.headers:
        if name == b"authorization" and not token:
            token = _bearer(value)
        elif name.startswith(_PRETENDS):
            pretends = True
    token = token or call.token
    if not access.enforced and not token and not pretends:
        return
    if access.lacks_key(token):
        await make_key(access)
    try:
        user = access.user_of(token, now)
    except InvalidToken:
        raise Unauthorized("Unauthorized") from None
    if access.enforced or pretends:
        asked = asked_for(call)
        if pretends and (wanted := _wanted(call)) is not None:
            user = impersonation.taken_for(user, wanted, asked)
        access.require(user, asked)
    call.asker = user


def _bearer(value: bytes) -> str:
    """Return the bearer token of an Authorization header; "" for none and for other schemes."""
    parts = value.decode("latin-1").strip().split(" ", 2)
    return parts[1] if len(parts) > 1 and parts[0].lower() == "bearer" else ""


def _wanted(call: Call) -> User | None:
    """Return whom a request wants to be taken for; None where it does not say. Raises BadRequest.

    Each header of a name is a value of its own: they are not split.
    """
    name, uid = "", ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}
    for header, raw in call.headers:
        value = raw.decode("latin-1")
        if header == b"impersonate-user":
            name = name or value
        elif header == b"impersonate-uid":
            uid = uid or value
        elif header == b"impersonate-group":
            groups.append(value)
        elif header.startswith(_EXTRA):
            key = unquote(header[len(_EXTRA) :].decode("latin-1"))
            extra.setdefault(key, []).append(value)
    wanted = User(name, tuple(groups), uid, extra_of(extra))
    if name:
        return wanted
    if wanted == User(""):
        return None
    raise BadRequest(unnamed(wanted))


def asked_for(call: Call) -> Asked:
    """Return what a request asks for, whether or not there is such a thing."""
    path = call.path
    parts = [*path.strip("/").split("/")]
    plain = Asked(call.method.lower(), path=path, of_resource=False)
    if len(parts) < 3 or parts[0] not in ("api", "apis"):
        return plain
    group = ""
    if parts[0] == "apis":
        if len(parts) < 4:
            return plain
        group, parts = parts[1], parts[1:]
    parts = parts[2:]
    verb = _VERBS.get(call.method, "")
    if parts[0] in (_WATCH, "proxy") and len(parts) > 1:
        verb, parts = parts[0], parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in ("status", "finalize"):
            parts = parts[2:]
    resource, name, subresource = (*parts[:3], "", "")[:3]
    on_node = ""
    if not name and verb == "get":
        verb = _WATCH if call.flag("watch") else "list"
        whole = f"{resource}.{group}" if group else resource
        name = _selected(call, whole, "metadata.name")
        on_node = _selected(call, whole, "spec.nodeName")
    elif not name and verb == "delete":
        verb = "deletecollection"
    return Asked(verb, group, resource, subresource, namespace, name, on_node=on_node)


def _selected(call: Call, resource: str, field: str) -> str:
    """Return the name to which the selector of a *field* narrows a list or watch; "" for none."""
    text = call.get("fieldSelector")
    if not text:
        return ""
    try:
        name = parse_fields(text, resource).exact(field)
    except InvalidSelector:
        return ""
    return name if name and not names.path_segment(name) else ""
