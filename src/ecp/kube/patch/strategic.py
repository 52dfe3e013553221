"""Strategic merge patch: a merge patch that knows which lists are maps.

Directives: ``$patch: delete | replace | merge`` in a map or list item, ``$retainKeys``,
``$deleteFromPrimitiveList/<field>``, ``$setElementOrder/<field>``. Items that a patch adds come
first, in the patch's order, unless an order is set. Mistakes are 500s (some 400, 422), as on the
server.

Source: apimachinery pkg/util/strategicpatch/patch.go, pkg/util/mergepatch/errors.go; apiserver
pkg/endpoints/handlers/patch.go.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ecp.kube.errors import BadRequest, Details, KubeError, PlainError, go_quote
from ecp.kube.patch.merge_keys import ANY, Type, root

Object = dict[str, Any]

_DIRECTIVE: Final = "$patch"
_RETAIN_KEYS: Final = "$retainKeys"
_DELETE_FROM: Final = "$deleteFromPrimitiveList"
_ORDER: Final = "$setElementOrder"

_BAD_PRIMITIVES: Final = "invalid patch format of primitive list"
_BAD_RETAIN_KEYS: Final = "invalid patch format of retainKeys"
_BAD_ORDER: Final = "invalid patch format of setElementOrder list"


def apply(obj: Object, patch: Any, *, type_: Type | None = None) -> Object:
    """``obj`` with a strategic merge patch applied; untouched parts are shared.

    The type is that of the object's apiVersion and kind unless given. Raises BadRequest, a generic
    422 (lists of lists), PlainError 500 (everything else a patch can get wrong).
    """
    if not isinstance(patch, dict):
        kind = "array" if isinstance(patch, list) else type(patch).__name__
        raise BadRequest(
            f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        )
    type_ = type_ or root(obj.get("apiVersion", ""), obj.get("kind", ""))
    return _merge_map(obj, patch, type_)


def _list_of_lists() -> KubeError:
    message = "the server rejected our request due to an error in our request"
    return KubeError(422, "Invalid", message, Details())


def _show(value: Any) -> str:
    """Go's %v of a JSON value."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_show(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_show, value)) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _go_type(value: Any) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    if value is None:
        return "%!s(<nil>)"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "int64" if isinstance(value, int) else "float64"


def _bad_type(expected: str, actual: Any) -> PlainError:
    return PlainError(f"expected a {expected}, but received a {_go_type(actual)}")


def _no_merge_key(item: Any, key: str) -> PlainError:
    return PlainError(f"map: {_show(item)} does not contain declared merge key: {key}")


def _unknown_patch(directive: Any, patch: Object) -> PlainError:
    return PlainError(f"unknown patch type: {_show(directive)} in map: {_show(patch)}")


def _field_type(type_: Type, name: str) -> Type:
    """The type under a field that is in both object and patch. Raises for an unknown field."""
    child = type_.child(name) if type_.shape == "map" else ANY
    if child is None:
        raise PlainError(f"unable to find api field in struct for the json field {go_quote(name)}")
    return child


def _strategy(type_: Type) -> str:
    """The strategy of a list or map besides retainKeys: merge, replace or none."""
    others = [one for one in type_.strategy.split(",") if one and one != "retainKeys"]
    return others[0] if others else ""


def _same_kind(left: Any, right: Any) -> bool:
    return _go_type(left) == _go_type(right)


def _merge_map(original: Object, patch: Object, type_: Type) -> Object:
    if _DIRECTIVE in patch:
        directive = patch[_DIRECTIVE]
        if directive == "replace":
            return {name: value for name, value in patch.items() if name != _DIRECTIVE}
        if directive == "delete":
            return {}
        raise _unknown_patch(directive, patch)
    out = dict(original)
    patch = dict(patch)
    if _RETAIN_KEYS in patch:
        _retain(out, patch)
    for name in [name for name in patch if name.startswith(_ORDER)]:
        _order_list(out, patch, name, type_)
    for name, value in patch.items():
        deletes = name.startswith(_DELETE_FROM)
        field = _field_of(name, _DELETE_FROM, _BAD_PRIMITIVES) if deletes else name
        if value is None:
            out.pop(field, None)
            continue
        if field not in out or not _same_kind(out[field], value):
            if not deletes:
                _set_plain(out, field, value)
            continue
        old = out[field]
        if isinstance(value, dict):
            child = _field_type(type_, field)
            replaces = _strategy(child) == "replace"
            out[field] = value if replaces else _merge_map(old, value, child)
        elif isinstance(value, list):
            child = _field_type(type_, field)
            if deletes or _strategy(child) == "merge":
                out[field] = _merge_list(old, value, child, deletes)
            else:
                out[field] = value
        else:
            out[field] = value
    return out


def _set_plain(out: Object, field: str, value: Any) -> None:
    """Set a value that meets nothing of its kind: nulls and directives in it mean nothing."""
    new, keep = _plain(value)
    if keep:
        out[field] = new
    else:
        out.pop(field, None)


def _plain(value: Any) -> tuple[Any, bool]:
    if isinstance(value, dict):
        if _DIRECTIVE in value:
            return None, False
        found = {name: _plain(child) for name, child in value.items() if child is not None}
        return {name: child for name, (child, keep) in found.items() if keep}, True
    if isinstance(value, list):
        return [child for child, keep in map(_plain, value) if keep], True
    return value, True


def _field_of(name: str, prefix: str, complaint: str) -> str:
    head, slash, field = name.partition("/")
    if not slash or head != prefix:
        raise BadRequest(complaint)
    return field


def _retain(out: Object, patch: Object) -> None:
    wanted = patch.pop(_RETAIN_KEYS)
    if not isinstance(wanted, list):
        raise BadRequest(_BAD_RETAIN_KEYS)
    for name, value in patch.items():
        if value is None or name.startswith((_DELETE_FROM, _ORDER)):
            continue
        if name not in wanted:
            raise BadRequest(_BAD_RETAIN_KEYS)
    for name in [name for name in out if name not in wanted]:
        del out[name]


def _order_list(out: Object, patch: Object, name: str, type_: Type) -> None:
    """Merge a list for which the patch sets an order of elements."""
    order = patch.pop(name)
    if not isinstance(order, list):
        raise _bad_type("[]interface {}", order)
    field = _field_of(name, _ORDER, _BAD_ORDER)
    for holder in (out, patch):
        if field in holder and not isinstance(holder[field], list):
            raise _bad_type("[]interface {}", holder[field])
    child = _field_type(type_, field)
    key = child.merge_key
    old: list[Any] | None = out.get(field)
    new: list[Any] | None = patch.pop(field, None)
    _check_order(new or [], order, key)
    if new is None and old is None:
        return
    if new is None:
        merged = old or []
    elif old is None:
        merged = _plain(new)[0]
    elif _strategy(child) == "merge":
        merged = _merge_list(old, new, child, False)
    else:
        merged = new
    _element_kind(merged, order)
    identity = _identity(key)
    ours, server_only = _divided(merged, _Places(map(identity, order)), identity)
    out[field] = _ordered(ours, server_only, order, old or [], identity)


def _check_order(patch: Sequence[Any], order: Sequence[Any], key: str) -> None:
    """The patch's items must be among the ordered ones, in that order."""
    identity = _identity(key)
    for item in order:
        if key and not isinstance(item, dict):
            raise _bad_type("map[string]interface {}", item)
        if key and key not in item:
            raise _no_merge_key(item, key)
    waiting = [
        item for item in patch if not (isinstance(item, dict) and item.get(_DIRECTIVE) is not None)
    ]
    if not waiting or not order:
        return
    at = 0
    for item in order:
        if at < len(waiting) and identity(waiting[at]) == identity(item):
            at += 1
    if at < len(waiting):
        raise PlainError(
            f"The order in patch list:\n{_show(list(patch))}\n doesn't match {_ORDER} list:\n"
            f"{_show(list(order))}\n"
        )


def _identity(key: str) -> Callable[[Any], Any]:
    """What tells items of a list apart: the value under the merge key, or the item itself."""
    if not key:
        return lambda item: item
    return lambda item: item.get(key) if isinstance(item, dict) else None


class _Places:
    """Where each of some JSON values stands first. Lists and maps among them are looked for one
    by one, everything else at once.
    """

    __slots__ = ("_at", "_odd", "size")

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._at: dict[Any, int] = {}
        self._odd: list[tuple[Any, int]] = []
        self.size = 0
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        if isinstance(value, dict | list):
            self._odd.append((value, self.size))
        else:
            self._at.setdefault(value, self.size)
        self.size += 1

    def skip(self) -> None:
        """Leave a place without a value."""
        self.size += 1

    def of(self, value: Any) -> int:
        """The first place of a value, ``size`` where it has none."""
        if isinstance(value, dict | list):
            return next((at for one, at in self._odd if one == value), self.size)
        return self._at.get(value, self.size)

    def has(self, value: Any) -> bool:
        return self.of(value) < self.size


def _divided(
    items: list[Any], named: _Places, identity: Callable[[Any], Any]
) -> tuple[list[Any], list[Any]]:
    """The items that are named, and the others."""
    ours: list[Any] = []
    others: list[Any] = []
    for item in items:
        (ours if named.has(identity(item)) else others).append(item)
    return ours, others


def _element_kind(*lists: Sequence[Any]) -> str:
    """The one Go type of all items. Raises for a mixture, for lists of lists, for no items."""
    found = ""
    for items in lists:
        for item in items:
            kind = _go_type(item)
            if not found and kind == "[]interface {}":
                raise _list_of_lists()
            if found and kind != found:
                shown = _show([list(one) for one in lists])
                raise PlainError(f"list element types are not identical: {shown}")
            found = kind
    return found


def _merge_list(old: list[Any], patch: list[Any], type_: Type, deletes: bool) -> list[Any]:
    if not old and not patch:
        return old
    kind = _element_kind(old, patch)
    if kind != "map[string]interface {}":
        if deletes:
            unwanted = _Places(patch)
            return [item for item in old if not unwanted.has(item)]
        return _arranged(_distinct([*old, *patch]), patch, old, "")
    key = type_.merge_key
    if not key:
        raise PlainError("cannot merge lists without merge key for struct")
    base, wanted, replaced = _special_items(old, patch, key)
    if replaced:
        return _arranged(base, base, base, key)
    element = type_.value_type()
    merged = list(base)
    places = _key_places(merged, key)
    for item in wanted:
        if key not in item:
            raise _no_merge_key(item, key)
        at = places.of(item[key])
        if at == places.size:
            merged.append(_plain(item)[0])
            _add_key(places, merged[at], key)
        else:
            merged[at] = _merge_map(merged[at], item, element)
            if key not in merged[at]:
                places = _key_places(merged, key)
    for item in merged:
        if key not in item:
            raise _no_merge_key(item, key)
    return _arranged(merged, wanted, base, key)


def _special_items(old: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any], bool]:
    """Carry out ``$patch`` items: (list to merge into, items to merge, whether replaced)."""
    plain: list[Any] = []
    gone = _Places()
    replaces = False
    for item in patch:
        directive = item.get(_DIRECTIVE)
        if _DIRECTIVE not in item:
            plain.append(item)
        elif directive == "delete":
            if key not in item:
                raise _no_merge_key(item, key)
            gone.add(item[key])
        elif directive == "replace":
            replaces = True
        elif directive == "merge":
            raise PlainError("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_patch(directive, item)
    if replaces:
        return plain, [], True
    return [one for one in old if not gone.has(one.get(key))], plain, False


def _key_places(items: list[Any], key: str) -> _Places:
    places = _Places()
    for item in items:
        _add_key(places, item, key)
    return places


def _add_key(places: _Places, item: Object, key: str) -> None:
    if key in item:
        places.add(item[key])
    else:
        places.skip()


def _distinct(items: list[Any]) -> list[Any]:
    out: list[Any] = []
    seen = _Places()
    for item in items:
        if not seen.has(item):
            seen.add(item)
            out.append(item)
    return out


def _arranged(merged: list[Any], patch: list[Any], server: list[Any], key: str) -> list[Any]:
    identity = _identity(key)
    ours, server_only = _divided(merged, _Places(map(identity, patch)), identity)
    return _ordered(ours, server_only, patch, server, identity)


def _ordered(
    ours: list[Any],
    server_only: list[Any],
    patch_order: Sequence[Any],
    server_order: Sequence[Any],
    identity: Callable[[Any], Any],
) -> list[Any]:
    """Interleave: the patch's items in its order, the server's own put back where they were.

    A server-only item goes before the next of the patch's items only if it stood before it in the
    live list; so items new to the list come first.
    """
    patch_places = _Places(map(identity, patch_order))
    server_places = _Places(map(identity, server_order))
    right = sorted(ours, key=lambda item: patch_places.of(identity(item)))
    left = sorted(server_only, key=lambda item: server_places.of(identity(item)))
    out: list[Any] = []
    at = to = 0
    while at < len(left) and to < len(right):
        before = server_places.of(identity(left[at]))
        after = server_places.of(identity(right[to]))
        known = before < server_places.size and after < server_places.size
        if known and before < after:
            out.append(left[at])
            at += 1
        else:
            out.append(right[to])
            to += 1
    return [*out, *right[to:], *left[at:]]
