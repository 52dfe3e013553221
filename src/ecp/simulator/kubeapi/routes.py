"""Paths of the API and what they name."""

from dataclasses import dataclass

from ecp.kube.errors import BadRequest, NotFound, go_quote
from ecp.kube.kinds import Catalogue, Kind
from ecp.kube.openapi import ASKED, is_built_in

_ASKED = {(kind.group, kind.version, kind.plural): kind for kind in ASKED}


class PageNotFound(Exception):
    """No such path in a group that the server does not know: plain text, no Status."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names: a kind, perhaps a namespace, a name, a subresource.

    `namespace` None: all namespaces, or a cluster-scoped kind. `watch`: the old /watch/ prefix.
    """

    kind: Kind
    namespace: str | None
    name: str = ""
    subresource: str = ""
    rest: str = ""
    watch: bool = False

    @property
    def where(self) -> str:
        return self.namespace or ""


def _missing(catalogue: Catalogue, group: str) -> Exception:
    """Built-in groups answer with a Status, others as a web server does."""
    return NotFound() if is_built_in(group) else PageNotFound()


def resource(catalogue: Catalogue, group: str, version: str, parts: list[str]) -> Target:
    """Return what the *parts* of a path after its group and version name.

    Raises NotFound, BadRequest, PageNotFound.
    """
    if parts and not parts[-1]:
        parts = parts[:-1]
    watch = bool(parts) and parts[0] == "watch"
    if watch:
        parts = parts[1:]
    namespace: str | None = None
    if (
        len(parts) > 2
        and parts[0] == "namespaces"
        and not (len(parts) == 3 and parts[2] in ("status", "finalize"))
    ):
        namespace, parts = parts[1], parts[2:]
    if not parts:
        raise _missing(catalogue, group)
    plural, name, subresource = (*parts[:3], "", "")[:3]
    kind = catalogue.by_path.get((group, version, plural)) or _ASKED.get((group, version, plural))
    if kind is None:
        raise _missing(catalogue, group)
    if len(parts) > 1 and not name:
        raise _missing(catalogue, group)
    if kind.namespaced:
        if namespace is None and name:
            raise _missing(catalogue, group)
        if namespace == "" and not name:
            namespace = None
    elif namespace is not None:
        raise _missing(catalogue, group)
    if name in (".", "..") or "%" in name:
        detail = f"may not be '{name}'" if name in (".", "..") else "may not contain '%'"
        raise BadRequest(f"Name parameter invalid: {go_quote(name)}: {detail}")
    rest = "/".join(parts[3:])
    if rest and subresource != "proxy":
        raise _missing(catalogue, group)
    return Target(kind, namespace, name, subresource, rest, watch)
