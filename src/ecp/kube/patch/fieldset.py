"""Field sets: which fields of an object somebody speaks for (``managedFields[].fieldsV1``).

A set is a tree. Its elements are the strings of fieldsV1: ``f:name`` a field, ``k:{…}`` an item
of a keyed list, ``v:…`` a member of a set. Sets are immutable and hash-consed: equal sets are one
object, so comparing is ``is`` and thousands of objects share theirs.

Source: sigs.k8s.io/structured-merge-diff fieldpath (set.go, element.go, serialize.go) and typed
(tofieldset.go, compare.go, remove.go).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from weakref import WeakValueDictionary

from ecp.kube.patch.merge_keys import ANY, Type

Object = dict[str, Any]
Path = tuple[str, ...]

_interned: "WeakValueDictionary[tuple[frozenset[str], frozenset[tuple[str, FieldSet]]], FieldSet]"
_interned = WeakValueDictionary()


class FieldSet:
    """``members`` are in the set themselves; ``children`` hold what is below an element.

    Make sets with ``of``, ``decode`` and the operations, never with the class.
    """

    __slots__ = ("__weakref__", "_encoded", "children", "members")

    members: frozenset[str]
    children: Mapping[str, "FieldSet"]
    _encoded: dict[str, Any] | None

    @property
    def empty(self) -> bool:
        return not self.members and not self.children

    def has(self, path: Path) -> bool:
        """Whether the field at a path is itself in the set."""
        here: FieldSet | None = self
        for element in path[:-1]:
            here = here.children.get(element) if here is not None else None
        return here is not None and path[-1] in here.members

    def below(self, element: str) -> "FieldSet":
        """What the set says below an element."""
        return self.children.get(element, EMPTY)

    def __or__(self, other: "FieldSet") -> "FieldSet":
        if self is other or other.empty:
            return self
        if self.empty:
            return other
        children = dict(self.children)
        for element, theirs in other.children.items():
            mine = children.get(element)
            children[element] = theirs if mine is None else mine | theirs
        return _make(self.members | other.members, children)

    def __sub__(self, other: "FieldSet") -> "FieldSet":
        if self is other:
            return EMPTY
        if other.empty or self.empty:
            return self
        children = {
            element: mine - other.children[element] if element in other.children else mine
            for element, mine in self.children.items()
        }
        return _make(self.members - other.members, children)

    def __and__(self, other: "FieldSet") -> "FieldSet":
        if self is other:
            return self
        children = {
            element: mine & other.children[element]
            for element, mine in self.children.items()
            if element in other.children
        }
        return _make(self.members & other.members, children)

    def without(self, other: "FieldSet") -> "FieldSet":
        """Difference that takes a whole subtree away where ``other`` has its root."""
        if other.empty or self.empty:
            return self
        children = {
            element: mine.without(other.children[element]) if element in other.children else mine
            for element, mine in self.children.items()
            if element not in other.members
        }
        return _make(self.members - other.members, children)

    def paths(self) -> Iterator[Path]:
        """All paths in the set, an element's own before those below it, in order."""
        for element in sorted(self.members | self.children.keys(), key=order):
            if element in self.members:
                yield (element,)
            for path in self.below(element).paths():
                yield (element, *path)

    def __repr__(self) -> str:
        return f"FieldSet({json.dumps(encode(self))})"


def _make(members: frozenset[str], children: Mapping[str, FieldSet]) -> FieldSet:
    kept = {element: child for element, child in children.items() if not child.empty}
    key = (members, frozenset(kept.items()))
    found = _interned.get(key)
    if found is None:
        found = FieldSet()
        found.members = members
        found.children = kept
        found._encoded = None
        _interned[key] = found
    return found


EMPTY: Final = _make(frozenset(), {})


def of(*paths: Path) -> FieldSet:
    """The set of some paths."""
    trie = Trie()
    for path in paths:
        trie.add(path)
    return trie.freeze()


class Trie:
    """A field set being collected."""

    __slots__ = ("children", "members")

    def __init__(self) -> None:
        self.members: set[str] = set()
        self.children: dict[str, Trie] = {}

    def add(self, path: Path) -> None:
        if not path:
            return
        here = self
        for element in path[:-1]:
            here = here.children.setdefault(element, Trie())
        here.members.add(path[-1])

    def freeze(self) -> FieldSet:
        children = {element: child.freeze() for element, child in self.children.items()}
        return _make(frozenset(self.members), children)


# ---- encoding -------------------------------------------------------------------------------

_KINDS = {"f": 0, "k": 1, "v": 2, "i": 3}
_RANKS = {int: 0, float: 0, str: 1, bool: 2, type(None): 3, list: 4, dict: 5}


@lru_cache(maxsize=16384)
def order(element: str) -> tuple[Any, ...]:
    """Sort key of an element: fields, then keyed items, then values; numbers before texts."""
    kind, _, rest = element.partition(":")
    if kind == "f":
        return (0, rest)
    value = json.loads(rest)
    if kind == "k" and isinstance(value, dict):
        pairs = sorted(value.items())
        return (1, tuple((name, *_rank(part)) for name, part in pairs))
    return (_KINDS.get(kind, 4), _rank(value))


def _rank(value: Any) -> tuple[int, Any]:
    rank = _RANKS.get(type(value), 6)
    return (rank, value if rank < 3 else json.dumps(value))


def encode(fields: FieldSet) -> dict[str, Any]:
    """``fieldsV1`` of a set, in the server's order. The result is shared: treat it as immutable."""
    if fields._encoded is None:
        out: dict[str, Any] = {}
        for element in sorted(fields.members | fields.children.keys(), key=order):
            child = fields.children.get(element)
            if child is None:
                out[element] = {}
            elif element in fields.members:
                out[element] = {".": {}, **encode(child)}
            else:
                out[element] = encode(child)
        fields._encoded = out
    return fields._encoded


def decode(encoded: Mapping[str, Any]) -> FieldSet:
    """The set that a ``fieldsV1`` says. Raises ValueError on an element of no known form."""
    members: set[str] = set()
    children: dict[str, FieldSet] = {}
    for element, below in encoded.items():
        if element == ".":
            continue
        if element[1:2] != ":" or len(element) < 2:
            raise ValueError(f"parsing key as path element: missing colon: {element}")
        if element[0] not in _KINDS:
            continue
        order(element)  # a key or value that is no JSON is refused here
        child = decode(below)
        if child.empty or "." in below:
            members.add(element)
        children[element] = child
    return _make(frozenset(members), children)


def path_text(path: Path) -> str:
    """A path as the server writes it: ``.spec.containers[name="app"].image``."""
    return "".join(map(_element_text, path))


def _element_text(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        pairs = sorted(json.loads(rest).items())
        return "[" + ",".join(f"{name}={_text(part)}" for name, part in pairs) + "]"
    return f"[={rest}]" if kind == "v" else f"[{rest}]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- values and their sets ------------------------------------------------------------------


class _Missing:
    __slots__ = ()


MISSING: Final = _Missing()
"""Stands for a field that is not there, where null is there."""


def field_element(name: str) -> str:
    return f"f:{name}"


class BadItem(ValueError):
    """A list item that has no name in its list; the message is the server's."""


def item_element(type_: Type, item: Any) -> str:
    """The element that names an item of a set or of a keyed list. Raises BadItem."""
    if type_.relation == "set":
        if isinstance(item, dict):
            raise BadItem("associative list without keys has an element that's a map type")
        if isinstance(item, list):
            raise BadItem("not supported: associative list with lists as elements")
        if item is None:
            raise BadItem("associative list without keys has an element that's an explicit null")
        return f"v:{_text(item)}"
    if item is None:
        raise BadItem("associative list with keys may not have a null element")
    if not isinstance(item, dict):
        raise BadItem("associative list with keys may not have non-map elements")
    named = {
        key: item[key] if key in item else type_.defaults[key]
        for key in sorted(type_.keys)
        if key in item or key in type_.defaults
    }
    if not named:
        listed = " ".join(f'"{key}"' for key in type_.keys)
        raise BadItem(
            f"associative list with keys has an element that omits all key fields [{listed}] "
            "(and doesn't have default values for any key fields)"
        )
    return f"k:{_text(named)}"


def shape_of(type_: Type, value: Any) -> Type:
    """The type to treat a value by: a place nobody described takes the value's own shape."""
    if type_.shape != "any":
        return type_
    if isinstance(value, dict):
        return FREE_MAP
    return FREE_LIST if isinstance(value, list) else FREE_SCALAR


FREE_MAP: Final = Type("map", element=ANY)
FREE_LIST: Final = Type("list", "atomic", element=ANY)
FREE_SCALAR: Final = Type("scalar", scalar="u")


def leaves(type_: Type, value: Any) -> FieldSet:
    """The set of an object's leaf fields and list items: what applying it speaks for."""
    trie = Trie()
    _leaves(shape_of(type_, value), value, (), trie)
    return trie.freeze()


def _leaves(type_: Type, value: Any, path: Path, into: Trie) -> None:
    if type_.shape == "scalar" or type_.relation == "atomic":
        into.add(path)
    elif type_.shape == "list":
        _item_leaves(type_, value, path, into)
    elif isinstance(value, dict):
        for name, child in value.items():
            below = type_.child(name) or ANY
            here = (*path, field_element(name))
            _leaves(shape_of(below, child), child, here, into)
            if child is None or child == {} or name not in type_.fields:
                into.add(here)


def _item_leaves(type_: Type, value: Any, path: Path, into: Trie) -> None:
    if not isinstance(value, list):
        return
    items = index(type_, value)
    element_type = type_.value_type()
    for element, found in items.items():
        here = (*path, element)
        if len(found) == 1:
            _leaves(shape_of(element_type, found[0]), found[0], here, into)
        into.add(here)


def index(type_: Type, items: Iterable[Any]) -> dict[str, list[Any]]:
    """The items of a list by their element, in order. Items without one are left out."""
    found: dict[str, list[Any]] = {}
    for item in items:
        try:
            element = item_element(type_, item)
        except BadItem:
            continue
        found.setdefault(element, []).append(item)
    return found


class Difference(NamedTuple):
    """What changed from one object to another; no field is in two of the sets."""

    removed: FieldSet
    modified: FieldSet
    added: FieldSet

    @property
    def none(self) -> bool:
        return self.removed.empty and self.modified.empty and self.added.empty

    def outside(self, ignored: FieldSet) -> "Difference":
        """The same without what is at or below some fields."""
        return Difference(
            self.removed.without(ignored),
            self.modified.without(ignored),
            self.added.without(ignored),
        )


NO_DIFFERENCE: Final = Difference(EMPTY, EMPTY, EMPTY)


def difference(type_: Type, old: Any, new: Any) -> Difference:
    """Compare two objects of a type field by field."""
    if old is new:
        return NO_DIFFERENCE
    walk = _Comparison()
    walk.compare(type_, old, new, ())
    return Difference(walk.removed.freeze(), walk.modified.freeze(), walk.added.freeze())


_REMEMBERED: Final = 4096
_below_values: dict[tuple[int, int], tuple[Type, Any, FieldSet]] = {}
"""The fields below a value by type and identity: objects made from one template share its parts."""


def fields_of(type_: Type, value: Any) -> FieldSet:
    """Everything below a value, as it is new: what ``difference`` calls added to nothing."""
    type_ = shape_of(type_, value)
    if type_.shape == "scalar" or type_.relation == "atomic" or not value:
        return EMPTY
    key = (id(type_), id(value))
    known = _below_values.get(key)
    if known is not None and known[1] is value and known[0] is type_:
        return known[2]
    if type_.shape == "map" and isinstance(value, dict):
        children = {
            field_element(name): fields_of(type_.child(name) or ANY, child)
            for name, child in value.items()
        }
    elif type_.shape == "list" and isinstance(value, list):
        element_type = type_.value_type()
        children = {
            element: fields_of(element_type, items[0]) if len(items) == 1 else EMPTY
            for element, items in index(type_, value).items()
        }
    else:
        return EMPTY
    found = _make(frozenset(children), children)
    if len(_below_values) >= _REMEMBERED:
        del _below_values[next(iter(_below_values))]
    # Type and value are held, so that no other object gets their identity.
    _below_values[key] = (type_, value, found)
    return found


def fields_beyond(type_: Type, old: Any, new: Any) -> FieldSet:
    """What ``difference`` calls added or modified from *old*, which is all but empty, to *new*."""
    if type_.shape != "map" or not isinstance(old, dict) or not isinstance(new, dict):
        found = difference(type_, old, new)
        return found.added | found.modified
    members: set[str] = set()
    children: dict[str, FieldSet] = {}
    for name, child in new.items():
        below, element = type_.child(name) or ANY, field_element(name)
        was = old.get(name, MISSING)
        if was is MISSING:
            members.add(element)
            children[element] = fields_of(below, child)
        elif below.shape == "scalar" or below.relation == "atomic":
            if not same(was, child):
                members.add(element)
        elif below.shape == "any":
            changed = difference(type_, {name: was}, {name: child})
            sub = changed.added | changed.modified
            members |= sub.members
            children.update(sub.children)
        elif _is_bare(was):
            if not _is_bare(child):
                children[element] = fields_of(below, child)
            elif not same(was, child):
                members.add(element)
        else:
            children[element] = fields_beyond(below, was, child)
    return _make(frozenset(members), children)


def _is_bare(value: Any) -> bool:
    return value is MISSING or value is None or value == {} or value == []


class _Comparison:
    __slots__ = ("added", "modified", "removed")

    def __init__(self) -> None:
        self.removed = Trie()
        self.modified = Trie()
        self.added = Trie()

    def compare(self, type_: Type, old: Any, new: Any, path: Path) -> None:
        if old is new:
            return
        if type_.shape == "any":
            before, after = shape_of(type_, old), shape_of(type_, new)
            if old is not MISSING and new is not MISSING and before is not after:
                # The value changed its shape: the place is changed, and what is below is new.
                self.modified.add(path)
                self._below(before, old, MISSING, path)
                self._below(after, MISSING, new, path)
                return
            type_ = after if old is MISSING else before
        leaf = (
            type_.shape == "scalar"
            or type_.relation == "atomic"
            or (_is_bare(old) and _is_bare(new))
        )
        if old is MISSING:
            self.added.add(path)
        elif new is MISSING:
            self.removed.add(path)
        elif leaf and not same(old, new):
            self.modified.add(path)
        if not leaf:
            self._below(type_, old, new, path)

    def _below(self, type_: Type, old: Any, new: Any, path: Path) -> None:
        if type_.relation == "atomic":
            return
        if type_.shape == "map":
            self._map(type_, old, new, path)
        elif type_.shape == "list":
            self._list(type_, old, new, path)

    def _map(self, type_: Type, old: Any, new: Any, path: Path) -> None:
        before: Object = old if isinstance(old, dict) else {}
        after: Object = new if isinstance(new, dict) else {}
        for name in before | after:
            here = (*path, field_element(name))
            below = type_.child(name) or ANY
            self.compare(below, before.get(name, MISSING), after.get(name, MISSING), here)

    def _list(self, type_: Type, old: Any, new: Any, path: Path) -> None:
        before = index(type_, old if isinstance(old, list) else ())
        after = index(type_, new if isinstance(new, list) else ())
        element_type = type_.value_type()
        for element in before | after:
            here = (*path, element)
            ours, theirs = before.get(element, []), after.get(element, [])
            if len(ours) <= 1 and len(theirs) <= 1:
                old_item = ours[0] if ours else MISSING
                new_item = theirs[0] if theirs else MISSING
                self.compare(element_type, old_item, new_item, here)
            elif len(ours) > 1 and len(theirs) > 1:
                # Items that share a name are one leaf.
                if not same(ours, theirs):
                    self.modified.add(here)
            elif len(ours) > 1:
                if theirs:
                    self.compare(element_type, MISSING, theirs[0], here)
                self.removed.add(here)
            else:
                if ours:
                    self.compare(element_type, ours[0], MISSING, here)
                self.added.add(here)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, true does not equal 1."""
    if left is right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def remove(type_: Type, value: Any, fields: FieldSet) -> Any:
    """A copy without the fields and items of a set; None where nothing is left of it.

    What lies below an atomic list or map goes with the whole. A container whose inside was
    removed stays, empty.
    """
    type_ = shape_of(type_, value)
    if type_.shape == "scalar":
        return value
    if type_.relation == "atomic" or not value:
        return None
    if type_.shape == "list":
        return _remove_items(type_, value, fields) if isinstance(value, list) else None
    return _remove_fields(type_, value, fields) if isinstance(value, dict) else None


def _kept(type_: Type, value: Any, fields: FieldSet) -> Any:
    left = remove(type_, value, fields)
    if left is None and isinstance(value, dict | list):
        return {} if isinstance(value, dict) else []
    return left


def _remove_items(type_: Type, items: list[Any], fields: FieldSet) -> Any:
    out: list[Any] = []
    touched = False
    element_type = type_.value_type()
    for item in items:
        element = item_element(type_, item)
        if element in fields.members:
            continue
        below = fields.below(element)
        if not below.empty:
            touched = True
            item = _kept(element_type, item, below)
        out.append(item)
    return out if out or touched else None


def _remove_fields(type_: Type, value: Object, fields: FieldSet) -> Any:
    out: Object = {}
    touched = False
    for name, child in value.items():
        element = field_element(name)
        if element in fields.members:
            continue
        below = fields.below(element)
        if not below.empty:
            touched = True
            child = _kept(type_.child(name) or ANY, child, below)
        out[name] = child
    return out if out or touched else None


def with_structs(type_: Type, fields: FieldSet) -> FieldSet:
    """The set with each declared field that has something below it added itself."""
    members = set(fields.members)
    children: dict[str, FieldSet] = {}
    for element, below in fields.children.items():
        child_type: Type = ANY
        if element.startswith("f:"):
            name = element[2:]
            child_type = type_.child(name) or ANY
            if name in type_.fields:
                members.add(element)
        elif element.startswith("k:") and type_.shape == "list":
            child_type = type_.value_type()
        children[element] = with_structs(child_type, below)
    return _make(frozenset(members), children)
