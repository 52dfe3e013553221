"""What callers send, judged as the API server judges it: the validation room's rules, as 4xx.

One implementation for `ecp validate` and for the cluster's own refusals. Decoding comes first
(types, unknown fields), on what was sent; the kinds' rules come last, on what would be stored.
Source: kubernetes apiserver pkg/endpoints/handlers/{create,update,fieldmanager}.go.
"""

import json
from collections.abc import Callable
from typing import Any

from ecp.kube.errors import BadRequest, Invalid, KubeError, invalid
from ecp.kube.kinds import Kind
from ecp.kube.schema import Gvk, Node, schema
from ecp.kube.structural import prepared
from ecp.sim.requests import Request
from ecp.sim.store import Obj
from ecp.validation.custom.definition import Served
from ecp.validation.custom.instances import faults_of_instance, faults_of_status
from ecp.validation.customkinds import misfits_of
from ecp.validation.decode import Misfit, first_wrong, fits, held, misfits, without
from ecp.validation.kinds import faults_of_new
from ecp.validation.scope import Scope
from ecp.validation.transitions import Transition, check_status, check_update

_SCOPE = Scope()


def decode(
    kind: Kind,
    body: Any,
    request: Request,
    managed: Callable[[], list[Obj]] = list,
    definition: Served | None = None,
) -> tuple[Obj, list[str]]:
    """Return the object that the server decodes from *body*, and warnings for the caller.

    *definition* is that of a custom kind: its schema prunes the object and gives it defaults.

    Unknown fields are refused (Strict), warned of and dropped (Warn, the default) or dropped.
    *managed* gives the managedFields of the object that was patched, for the refusal to show.
    Raises BadRequest for what does not decode; Invalid where *body* is what a patch led to.
    """
    if not isinstance(body, dict):
        raise BadRequest(
            f"couldn't get version/kind; json parse error: json: cannot unmarshal "
            f"{_json_kind(body)} into Go value of type struct"
        )
    if request.patch in ("json", "merge"):
        _check_type(kind, body, managed)
    doubts = _unknown_steps(request) if request.patch == "json" else []
    gvk, known = Gvk(kind.group, kind.version, kind.kind), schema()
    node = None if kind.custom else known.node(gvk)
    unknown: list[Misfit] = []
    if isinstance(node, Node) and not fits(body, gvk, known):
        found = misfits(body, node)
        unfit = first_wrong(found)
        if unfit is not None:
            raise _undecodable(kind, body, request, unfit.message, managed)
        unknown = [misfit for misfit in found if misfit.sort == "unknown"]
        body = held(body, node)
    elif definition is not None:
        found = misfits_of(body, definition, known)
        unfit = next((misfit for misfit in found if misfit.sort == "type"), None)
        if unfit is not None:
            raise _undecodable(kind, body, request, unfit.message, managed)
        unknown = [misfit for misfit in found if misfit.sort == "unknown"]
    doubts += [misfit.message for misfit in unknown]
    if not doubts:
        return prepared(body, definition.schema) if definition is not None else body, []
    if request.field_validation == "Strict":
        words = f"strict decoding error: {', '.join(doubts)}"
        raise _undecodable(kind, body, request, words, managed)
    body = without(body, unknown)
    if definition is not None:
        body = prepared(body, definition.schema)
    return body, [] if request.field_validation == "Ignore" else doubts


def _undecodable(
    kind: Kind, body: Obj, request: Request, words: str, managed: Callable[[], list[Obj]]
) -> KubeError:
    """Bodies are bad requests; of a patch the server says that it led to an invalid object."""
    if request.patch not in ("json", "merge"):
        handled = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        return BadRequest(f"{handled}: {words}")
    return _bad_patch(body, words, managed, sort=kind.custom)


_META_ORDER = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation",
    "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels",
    "annotations", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip


def _place(field: str) -> int:
    return _META_ORDER.index(field) if field in _META_ORDER else len(_META_ORDER)


def _bad_patch(
    body: Obj, words: str, managed: Callable[[], list[Obj]], *, sort: bool = False
) -> Invalid:
    """*sort*: the server shows a custom object as the map that it is, in the order of its keys."""
    meta = {**(body.get("metadata") or {})}
    meta.setdefault("managedFields", managed())
    meta = {key: meta[key] for key in sorted(meta, key=_place)}
    ordered = dict(sorted({**body, "metadata": meta}.items()))
    shown = json.dumps(ordered, separators=(",", ":"), ensure_ascii=False, sort_keys=sort)
    return Invalid("", "", [invalid("patch", shown, words)])


def _check_type(kind: Kind, body: Obj, managed: Callable[[], list[Obj]]) -> None:
    """A patch may not make another kind of the object. Raises Invalid."""
    given = (body.get("apiVersion") or kind.api_version, body.get("kind") or kind.kind)
    if given == (kind.api_version, kind.kind) or kind.custom:
        return
    words = (
        f'no kind "{given[1]}" is registered for version "{given[0]}" in scheme '
        '"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
    )
    raise _bad_patch(body, words, managed)


_STEP_FIELDS = ("op", "path", "from", "value")


def _unknown_steps(request: Request) -> list[str]:
    return [
        f'json patch unknown field "[{number}].{field}"'
        for number, step in enumerate(request.body)
        for field in (step if isinstance(step, dict) else ())
        if field not in _STEP_FIELDS
    ]


def _json_kind(body: Any) -> str:
    names = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
    return names.get(type(body), "null")


def judge(
    kind: Kind,
    new: Obj,
    old: Obj | None,
    request: Request,
    definition: Served | None = None,
    *,
    group: str,
    part: Transition | None = None,
) -> None:
    """Raises Invalid when the server would refuse *new*, in the place of *old* if there is one.

    *definition* is that of a custom kind, *group* the one of which the caller spoke, *part* the
    judgement of the part that a subresource changes.
    """
    if old is None:
        faults = list(faults_of_new(new, group, kind.kind, _SCOPE))
    elif request.subresource == "status":
        faults = list(check_status(group, kind.kind, new, old))
    else:
        faults = list(check_update(group, kind.kind, new, old, _SCOPE, part))
    if definition is not None:
        if old is not None and request.subresource == "status":
            faults += faults_of_status(new, definition, old)
        else:
            faults += faults_of_instance(new, definition, faults, old)
    errors = [fault.error for fault in faults if fault.rule[0] == "E"]
    if errors:
        group_kind = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
        raise Invalid(group_kind, new["metadata"].get("name", ""), errors)
