"""What callers send, judged as the API server judges it: the validation room's rules, as 4xx.

One implementation for `ecp validate` and for the cluster's own refusals. Decoding comes first
(types, unknown fields), on what was sent; the kinds' rules come last, on what would be stored.
Source: kubernetes apiserver pkg/endpoints/handlers/{create,update,fieldmanager}.go.
"""

from collections.abc import Sequence
from typing import Any

from ecp.kube.errors import BadRequest, Invalid
from ecp.kube.kinds import Kind
from ecp.kube.schema import Gvk, Node, schema
from ecp.sim.requests import Request
from ecp.sim.store import Obj
from ecp.validation.decode import Misfit, misfits
from ecp.validation.kinds import checks_for
from ecp.validation.metadata import check_metadata
from ecp.validation.scope import Scope

_SCOPE = Scope()


def decode(kind: Kind, body: Any, request: Request) -> tuple[Obj, list[str]]:
    """Return the object that the server decodes from *body*, and warnings for the caller.

    Unknown fields are refused (Strict), warned of and dropped (Warn, the default) or dropped.
    Raises BadRequest for what does not decode.
    """
    if not isinstance(body, dict):
        raise BadRequest(
            f"couldn't get version/kind; json parse error: json: cannot unmarshal "
            f"{_json_kind(body)} into Go value of type struct"
        )
    node = None if kind.custom else schema().node(Gvk(kind.group, kind.version, kind.kind))
    if not isinstance(node, Node):
        return body, []
    found = misfits(body, node)
    unfit = [misfit for misfit in found if misfit.sort == "type"]
    if unfit:
        raise BadRequest(f"{_handled(kind)}: {unfit[0].message}")
    unknown = [misfit for misfit in found if misfit.sort == "unknown"]
    if not unknown:
        return body, []
    if request.field_validation == "Strict":
        texts = ", ".join(misfit.message for misfit in unknown)
        raise BadRequest(f"{_handled(kind)}: strict decoding error: {texts}")
    warnings = (
        [] if request.field_validation == "Ignore" else [misfit.message for misfit in unknown]
    )
    return _without(body, unknown), warnings


def _handled(kind: Kind) -> str:
    return f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'


def _json_kind(body: Any) -> str:
    names = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
    return names.get(type(body), "null")


def _without(body: Obj, unknown: Sequence[Misfit]) -> Obj:
    for misfit in unknown:
        body = _dropped(body, misfit.path)
    return body


def _dropped(value: Any, path: Sequence[Any]) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        out = list(value)
        out[step] = _dropped(value[step], rest)
        return out
    if not rest:
        return {k: v for k, v in value.items() if k != step}
    return {**value, step: _dropped(value[step], rest)}


def judge(kind: Kind, new: Obj, old: Obj | None, request: Request) -> list[str]:
    """Return warnings for the caller. Raises Invalid when the server would refuse *new*."""
    faults = list(check_metadata(new, kind.group, kind.kind, _SCOPE))
    for check in checks_for(kind.group, kind.kind):
        faults.extend(check(new, _SCOPE))
    errors = [fault.error for fault in faults if fault.rule[0] == "E"]
    if errors:
        group_kind = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
        raise Invalid(group_kind, new["metadata"].get("name", ""), errors)
    return []
