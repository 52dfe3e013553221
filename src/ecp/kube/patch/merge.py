"""JSON merge patch (RFC 7386), as the API server applies it."""

from typing import Any

from ecp.kube.errors import BadRequest

Object = dict[str, Any]


def apply(obj: Object, patch: Any) -> Object:
    """``obj`` with a merge patch applied; the parts that it does not touch are shared.

    Raises BadRequest when the patch is no object.
    """
    if not isinstance(patch, dict):
        raise BadRequest(
            f"error decoding patch: json: cannot unmarshal {_json_kind(patch)} into Go value of "
            "type map[string]interface {}"
        )
    merged: Object = _merge(obj, patch)
    return merged


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    base: Object = target if isinstance(target, dict) else {}
    out = dict(base)
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = _merge(base.get(name), value)
    return base if isinstance(target, dict) and _unchanged(base, out) else out


def _unchanged(old: Object, new: Object) -> bool:
    return len(old) == len(new) and all(name in old and old[name] is new[name] for name in new)


def _json_kind(value: Any) -> str:
    if isinstance(value, list):
        return "array"
    if isinstance(value, bool):
        return "bool"
    return "string" if isinstance(value, str) else "number"
