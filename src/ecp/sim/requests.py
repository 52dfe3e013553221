"""What comes in from outside: one decoded API call, plain enough to be journalled.

The façade decodes HTTP into a Request; the journal keeps it as JSON; the cluster carries it out.
A replay submits the same Requests at the same positions and gets the same cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal

from ecp.sim.store import Obj

Verb = Literal[
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "bind",
    "evict",
    "fault",
    "track",
    "untrack",
    "tell",
    "maintain",
    "pool",
]
PatchType = Literal["", "json", "merge", "strategic", "apply"]


@dataclass(frozen=True, slots=True)
class Request:
    """One wish of an API caller.

    `body` is the decoded object, patch, DeleteOptions, Binding, Eviction, fault,
    what is said of the tenant `name` ("track", "untrack", "tell", "maintain"), or what is to be
    done with the pool `name` ("pool").
    `api_version` is the version the caller spoke. `manager` becomes the field manager
    (fieldManager=, else the user agent up to its first "/"), `user` who asked, `groups` whom that
    one belongs to (none: the administrator, who may do everything).
    """

    verb: Verb
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    body: Any = None
    api_version: str = ""
    patch: PatchType = ""
    manager: str = "unknown"
    user: str = "system:admin"
    groups: Sequence[str] = ()
    force: bool = False
    dry_run: bool = False
    field_validation: Literal["", "Ignore", "Warn", "Strict"] = ""
    # deletion
    grace: int | None = None
    propagation: str = ""
    uid: str | None = None
    resource_version: str | None = None
    label_selector: str = ""
    field_selector: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the non-default fields as plain data; the body is not copied."""
        # `is`, because a grace period of 0 equals False and is not the default.
        said = zip(_FIELDS, _values(self), strict=True)
        return {k: v for k, v in said if not (v is None or v is False or v == "" or v == ())}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Request":
        return cls(**data)


_FIELDS = tuple(one.name for one in fields(Request))
_values = attrgetter(*_FIELDS)


@dataclass(slots=True)
class Answer:
    """What the cluster says to a Request that it carried out.

    `created` is true for 201. `object` is the object as stored (for a delete: its last state),
    `owners` its field owners. `deleted` is true when the object is gone at once. `warnings` go
    out as Warning headers. `code` overrides the usual 200/201 where the server has its own.
    """

    object: Obj | None = None
    owners: tuple[Any, ...] = ()
    created: bool = False
    deleted: bool = False
    warnings: list[str] = field(default_factory=list)
    items: list[Obj] = field(default_factory=list)
    code: int | None = None
