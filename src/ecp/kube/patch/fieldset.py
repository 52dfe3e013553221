"""Field sets: which fields of an object somebody speaks for (``managedFields[].fieldsV1``).

A set is a tree. Its elements are the strings of fieldsV1: ``f:name`` a field, ``k:{…}`` an item
of a keyed list, ``v:…`` a member of a set. Sets are immutable and hash-consed: equal sets are one
object, so comparing is ``is`` and thousands of objects share theirs.

Source: sigs.k8s.io/structured-merge-diff fieldpath (set.go, element.go, serialize.go) and typed
(tofieldset.go, compare.go, remove.go).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from json.encoder import encode_basestring as _quoted
from typing import Any, Final, NamedTuple, cast
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

    def having(self, element: str, below: "FieldSet") -> "FieldSet":
        """The same set, but for what it says below an element."""
        return _make(self.members, {**self.children, element: below})

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
        """All paths in the set, in order: what ends at a level comes before what goes deeper."""
        for element in sorted(self.members, key=order):
            yield (element,)
        for element in sorted(self.children, key=order):
            for path in self.below(element).paths():
                yield (element, *path)

    def __repr__(self) -> str:
        return f"FieldSet({json.dumps(encode(self))})"


def _make(members: frozenset[str], children: Mapping[str, FieldSet]) -> FieldSet:
    kept = {
        element: child for element, child in children.items() if child.members or child.children
    }
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


_PLAIN_KEY: Final = re.compile(r'k:\{"([^"\\\x00-\x1f]*)":"([^"\\\x00-\x1f]*)"\}')
"""The one key of most lists, with a text that JSON does not escape: ``k:{"name":"app"}``."""


def order(element: str) -> tuple[Any, ...]:
    """Sort key of an element: fields, then keyed items, then values; numbers before texts."""
    if element[:2] == "f:":
        return (0, element[2:])
    if plain := _PLAIN_KEY.fullmatch(element):
        return (1, plain[1], 1, plain[2])
    return _order_of_json(element)


@lru_cache(maxsize=16384)
def _order_of_json(element: str) -> tuple[Any, ...]:
    kind, _, rest = element.partition(":")
    value = json.loads(rest)
    if kind == "k" and isinstance(value, dict):
        pairs = sorted(value.items())
        return (1, *chain.from_iterable((name, *_rank(part)) for name, part in pairs))
    return (_KINDS.get(kind, 4), *_rank(value))


def _rank(value: Any) -> tuple[int, Any]:
    rank = _RANKS.get(type(value), 6)
    return (rank, value if rank < 3 else json.dumps(value))


def _in_order(elements: Iterable[str]) -> list[str]:
    """The elements in the server's order, which among fields is that of their names."""
    found = sorted(elements)
    if found and found[0][:2] == "f:" == found[-1][:2]:
        return found
    return sorted(found, key=order)


def encode(fields: FieldSet) -> dict[str, Any]:
    """``fieldsV1`` of a set, in the server's order. The result is shared: treat it as immutable."""
    if fields._encoded is None:
        out: dict[str, Any] = {}
        for element in _in_order(fields.members | fields.children.keys()):
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
    if len(encoded) <= _FLAT and not any(encoded.values()):
        return _decoded_leaves(tuple(encoded))
    members: set[str] = set()
    children: dict[str, FieldSet] = {}
    for element, below in encoded.items():
        if not _is_element(element):
            continue
        child = decode(below) if below else EMPTY
        if child is EMPTY or "." in below:
            members.add(element)
        children[element] = child
    return _make(frozenset(members), children)


@lru_cache(maxsize=4096)
def _decoded_leaves(elements: tuple[str, ...]) -> FieldSet:
    return _make(frozenset(filter(_is_element, elements)), {})


def _is_element(element: str) -> bool:
    """Whether a key of ``fieldsV1`` names a place below. Raises ValueError."""
    if element == ".":
        return False
    if element[1:2] != ":" or len(element) < 2:
        raise ValueError(f"parsing key as path element: missing colon: {element}")
    if element[0] not in _KINDS:
        return False
    order(element)  # a key or value that is no JSON is refused here
    return True


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


_text: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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


class Items(NamedTuple):
    """A list's items by name: ``elements`` as they stand, None for an item that has none.

    ``leaves`` is what the list speaks for where it is long, each item has a name of its own, and
    each is flat (see ``flat``); None for every other list.
    """

    elements: tuple[str | None, ...]
    leaves: FieldSet | None


_LONG: Final = 16
_ROOM: Final = 100_000
_long_lists: dict[tuple[int, int], tuple[Type, list[Any], Items]] = {}
"""Long lists by type and identity, ``_ROOM`` items at most: one write asks for each many times."""


def items_of(type_: Type, items: list[Any]) -> Items:
    """The items of a set or of a keyed list by name."""
    if len(items) < _LONG:
        return Items(_elements(type_, items), None)
    known = _long_lists.get((id(type_), id(items)))
    if known is not None and known[1] is items and known[0] is type_:
        return known[2]
    found = _long_items(type_, items)
    kept = sum(len(one[1]) for one in _long_lists.values())
    while _long_lists and kept + len(items) > _ROOM:
        kept -= len(_long_lists.pop(next(iter(_long_lists)))[1])
    # Type and list are held, so that no other object gets their identity.
    _long_lists[id(type_), id(items)] = (type_, items, found)
    return found


def _long_items(type_: Type, items: list[Any]) -> Items:
    elements = _elements(type_, items)
    element_type = type_.value_type()
    below: list[FieldSet] = []
    for item in items:
        leaves_ = flat(element_type, item)
        if leaves_ is None:
            return Items(elements, None)
        below.append(leaves_)
    members = frozenset(element for element in elements if element is not None)
    if len(members) < len(items):
        return Items(elements, None)
    children = {element: one for element, one in zip(elements, below, strict=True) if element}
    return Items(elements, _make(members, children))


def _elements(type_: Type, items: Iterable[Any]) -> tuple[str | None, ...]:
    if len(type_.keys) != 1:
        return tuple(_element(type_, item) for item in items)
    (key,) = type_.keys
    head = _key_head(key)
    return tuple(
        [
            f"{head}{_quoted(name)}}}"
            if type(item) is dict and type(name := item.get(key)) is str
            else _element(type_, item)
            for item in items
        ]
    )


@lru_cache(maxsize=256)
def _key_head(key: str) -> str:
    return f"k:{{{_text(key)}:"


def _element(type_: Type, item: Any) -> str | None:
    try:
        return item_element(type_, item)
    except BadItem:
        return None


def named(type_: Type, items: list[Any]) -> tuple[str, ...]:
    """The elements of all items as they stand. Raises BadItem for the first that has none."""
    elements = items_of(type_, items).elements
    if None in elements:
        item_element(type_, items[elements.index(None)])
    return cast("tuple[str, ...]", elements)


_FLAT: Final = 16
_FITTING: Final[Mapping[str, tuple[type, ...]]] = {
    "s": (str,),
    "n": (int, float),
    "b": (bool,),
    "u": (str, int, float, bool),
}


def flat(type_: Type, value: Any) -> FieldSet | None:
    """The leaves of a small map that holds only declared scalars of the declared types, else None.

    Nearly all items of long lists are so, alike, and need no closer look.
    """
    if type(value) is not dict or not type_.fields or not 0 < len(value) <= _FLAT:
        return None
    return _flat(type_, tuple(value), tuple(map(type, value.values())))


@lru_cache(maxsize=4096)
def _flat(type_: Type, names: tuple[str, ...], kinds: tuple[type, ...]) -> FieldSet | None:
    if type_.shape != "map" or type_.relation == "atomic":
        return None
    for name, kind in zip(names, kinds, strict=True):
        child = type_.field(name)
        if child is None or child.shape != "scalar" or kind not in _FITTING[child.scalar]:
            return None
    return _fields(names)


@lru_cache(maxsize=4096)
def _fields(names: tuple[str, ...]) -> FieldSet:
    return _make(frozenset(map(field_element, names)), {})


def shape_of(type_: Type, value: Any) -> Type:
    """The type to treat a value by: a place nobody described takes the value's own shape."""
    if type_.shape != "any" or type_.relation == "atomic":
        return type_
    if isinstance(value, dict):
        return FREE_MAP
    return FREE_LIST if isinstance(value, list) else FREE_SCALAR


FREE_MAP: Final = Type("map", element=ANY)
FREE_LIST: Final = Type("list", "atomic", element=ANY)
FREE_SCALAR: Final = Type("scalar", scalar="u")


def leaves(type_: Type, value: Any) -> FieldSet:
    """The set of an object's leaf fields and list items: what applying it speaks for."""
    type_ = shape_of(type_, value)
    if _is_leaf(type_):
        return EMPTY
    if type_.shape == "list":
        return _item_leaves(type_, value) if isinstance(value, list) else EMPTY
    return _field_leaves(type_, value) if isinstance(value, dict) else EMPTY


def _is_leaf(type_: Type) -> bool:
    return type_.shape == "scalar" or type_.relation == "atomic"


def _field_leaves(type_: Type, value: Object) -> FieldSet:
    members: set[str] = set()
    children: dict[str, FieldSet] = {}
    for name, child in value.items():
        below, element = shape_of(type_.child(name) or ANY, child), field_element(name)
        leaf = _is_leaf(below)
        if not leaf:
            children[element] = leaves(below, child)
        if leaf or child is None or child == {} or name not in type_.fields:
            members.add(element)
    return _make(frozenset(members), children)


def _item_leaves(type_: Type, items: list[Any]) -> FieldSet:
    found = items_of(type_, items)
    if found.leaves is not None:
        return found.leaves
    element_type = type_.value_type()
    children = {
        element: leaves(element_type, same_name[0]) if len(same_name) == 1 else EMPTY
        for element, same_name in index(type_, items).items()
    }
    return _make(frozenset(children), children)


def index(type_: Type, items: list[Any]) -> dict[str, list[Any]]:
    """The items of a list by their element, in order. Items without one are left out."""
    found: dict[str, list[Any]] = {}
    for element, item in zip(items_of(type_, items).elements, items, strict=True):
        if element is not None:
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
    whole = _Comparison()
    whole.compare("", type_, old, new)
    return Difference(
        *(side.children.get("", EMPTY) for side in (whole.removed, whole.modified, whole.added))
    )


_CONTAINERS: Final = frozenset({dict, list})
_REMEMBERED: Final = 4096
_long_values: dict[tuple[int, int], tuple[Type, Any, FieldSet]] = {}
"""The fields below a long value by type and identity: one write asks for each many times."""


@lru_cache(maxsize=_REMEMBERED)
def _level(
    members: tuple[str, ...], elements: tuple[str, ...], below: tuple[FieldSet, ...]
) -> FieldSet:
    """One level of a set. Objects made from one template are alike, so each is made once."""
    return _make(frozenset(members), dict(zip(elements, below, strict=True)))


def fields_of(type_: Type, value: Any) -> FieldSet:
    """Everything below a value, as it is new: what ``difference`` calls added to nothing."""
    is_map = type(value) is dict
    if not value or not (is_map or type(value) is list):
        return EMPTY
    if type_.shape == "any":
        type_ = shape_of(type_, value)
    if type_.shape == "scalar" or type_.relation == "atomic":
        return EMPTY
    if len(value) < _LONG:
        if is_map and type_.shape == "map" and _CONTAINERS.isdisjoint(map(type, value.values())):
            return _fields(tuple(value))
        elements, below = _elements_below(type_, value)
        return _level(elements, elements, below) if elements else EMPTY
    key = (id(type_), id(value))
    known = _long_values.get(key)
    if known is not None and known[1] is value and known[0] is type_:
        return known[2]
    found = items_of(type_, value).leaves if type_.shape == "list" and type(value) is list else None
    if found is None:
        elements, below = _elements_below(type_, value)
        found = _make(frozenset(elements), dict(zip(elements, below, strict=True)))
    if len(_long_values) >= _REMEMBERED:
        del _long_values[next(iter(_long_values))]
    # Type and value are held, so that no other object gets their identity.
    _long_values[key] = (type_, value, found)
    return found


def _elements_below(type_: Type, value: Any) -> tuple[tuple[str, ...], tuple[FieldSet, ...]]:
    """The elements of a map or list, and what is below each; none for what is not of the type."""
    if type_.shape == "map" and type(value) is dict:
        # Most values are scalars, which have nothing below: nobody needs their type.
        below = tuple(
            [
                fields_of(type_.child(name) or ANY, child)
                if type(child) is dict or type(child) is list
                else EMPTY
                for name, child in value.items()
            ]
        )
        return tuple([f"f:{name}" for name in value]), below
    if type_.shape != "list" or type(value) is not list:
        return (), ()
    element_type = type_.value_type()
    names = items_of(type_, value).elements
    if None not in names and len(set(names)) == len(names):
        return cast("tuple[str, ...]", names), tuple([fields_of(element_type, x) for x in value])
    found = index(type_, value)
    below = tuple(
        [
            fields_of(element_type, items[0]) if len(items) == 1 else EMPTY
            for items in found.values()
        ]
    )
    return tuple(found), below


def fields_beyond(type_: Type, old: Any, new: Any) -> FieldSet:
    """What ``difference`` calls added or modified from *old*, which is all but empty, to *new*."""
    if type_.shape != "map" or not isinstance(old, dict) or not isinstance(new, dict):
        found = difference(type_, old, new)
        return found.added | found.modified
    members: list[str] = []
    children: dict[str, FieldSet] = {}
    for name, child in new.items():
        element = f"f:{name}"
        was = old.get(name, MISSING)
        if was is MISSING:
            members.append(element)
            if type(child) is dict or type(child) is list:
                children[element] = fields_of(type_.child(name) or ANY, child)
            continue
        below = type_.child(name) or ANY
        if below.shape == "scalar" or below.relation == "atomic":
            if not same(was, child):
                members.append(element)
        elif below.shape == "any":
            changed = difference(type_, {name: was}, {name: child})
            sub = changed.added | changed.modified
            members += sorted(sub.members)
            children.update(sub.children)
        elif _is_bare(was):
            if not _is_bare(child):
                children[element] = fields_of(below, child)
            elif not same(was, child):
                members.append(element)
        else:
            children[element] = fields_beyond(below, was, child)
    return _level(tuple(members), tuple(children), tuple(children.values()))


def _is_bare(value: Any) -> bool:
    return value is MISSING or value is None or value == {} or value == []


class _Comparison:
    """One level of two objects: what is different there, and below."""

    __slots__ = ("added", "modified", "removed")

    def __init__(self) -> None:
        self.removed = _Level()
        self.modified = _Level()
        self.added = _Level()

    @property
    def result(self) -> Difference:
        return Difference(self.removed.freeze(), self.modified.freeze(), self.added.freeze())

    def compare(self, element: str, type_: Type, old: Any, new: Any) -> None:
        if old is new:
            return
        if old is MISSING:
            self.added.add(element, fields_of(type_, new))
            return
        if new is MISSING:
            self.removed.add(element, fields_of(type_, old))
            return
        if type_.shape == "any":
            type_, after = shape_of(type_, old), shape_of(type_, new)
            if type_ is not after:
                # The value changed its shape: the place is changed, and what is below is new.
                self.modified.members.add(element)
                self.removed.children[element] = fields_of(type_, old)
                self.added.children[element] = fields_of(after, new)
                return
        if _is_leaf(type_) or (_is_bare(old) and _is_bare(new)):
            if not same(old, new):
                self.modified.members.add(element)
            return
        below = _below(type_, old, new)
        if below is not NO_DIFFERENCE:
            self.removed.children[element] = below.removed
            self.modified.children[element] = below.modified
            self.added.children[element] = below.added

    def compare_twins(self, element: str, type_: Type, old: list[Any], new: list[Any]) -> None:
        """Compare items of one name, more than one on a side: those that share it are one leaf."""
        if len(old) > 1 and len(new) > 1:
            if not same(old, new):
                self.modified.members.add(element)
        elif len(old) > 1:
            if new:
                self.compare(element, type_, MISSING, new[0])
            self.removed.members.add(element)
        else:
            if old:
                self.compare(element, type_, old[0], MISSING)
            self.added.members.add(element)


class _Level:
    """The elements of one level that are being collected."""

    __slots__ = ("children", "members")

    def __init__(self) -> None:
        self.members: set[str] = set()
        self.children: dict[str, FieldSet] = {}

    def add(self, element: str, below: FieldSet) -> None:
        self.members.add(element)
        self.children[element] = below

    def freeze(self) -> FieldSet:
        if not self.members and not self.children:
            return EMPTY
        return _make(frozenset(self.members), self.children)


def _below(type_: Type, old: Any, new: Any) -> Difference:
    """What is different below two values of a type that is no leaf."""
    level = _Comparison()
    if type_.shape == "map":
        before: Object = old if isinstance(old, dict) else {}
        after: Object = new if isinstance(new, dict) else {}
        if before.keys() == after.keys() and flat(type_, old) and flat(type_, new):
            return _between_alike(before, after)
        for name in before | after:
            ours, theirs = before.get(name, MISSING), after.get(name, MISSING)
            level.compare(field_element(name), type_.child(name) or ANY, ours, theirs)
    elif type_.shape == "list":
        before_items = old if isinstance(old, list) else []
        after_items = new if isinstance(new, list) else []
        if len(before_items) >= _LONG and _are_flat(type_, before_items, after_items):
            _compare_flat_items(level, type_, before_items, after_items)
        else:
            _compare_items(level, type_, before_items, after_items)
    return level.result


def _between_alike(old: Object, new: Object) -> Difference:
    """What is different between two maps of the same names that hold scalars only."""
    changed = [
        name
        for name, was in old.items()
        if (now := new[name]) is not was
        and (was != now if type(was) is str else not same(was, now))
    ]
    return Difference(EMPTY, _fields(tuple(changed)), EMPTY) if changed else NO_DIFFERENCE


def _compare_items(level: _Comparison, type_: Type, old: list[Any], new: list[Any]) -> None:
    before, after = index(type_, old), index(type_, new)
    element_type = type_.value_type()
    for element in before | after:
        was, now = before.get(element, []), after.get(element, [])
        if len(was) <= 1 and len(now) <= 1:
            old_item, new_item = was[0] if was else MISSING, now[0] if now else MISSING
            level.compare(element, element_type, old_item, new_item)
        else:
            level.compare_twins(element, element_type, was, now)


def _are_flat(type_: Type, *lists: list[Any]) -> bool:
    return all(items_of(type_, items).leaves is not None for items in lists)


def _compare_flat_items(level: _Comparison, type_: Type, old: list[Any], new: list[Any]) -> None:
    """The same for two long lists of flat items, each with a name of its own."""
    before = dict(zip(named(type_, old), old, strict=True))
    after = dict(zip(named(type_, new), new, strict=True))
    element_type = type_.value_type()
    modified = level.modified.children
    for element in before | after:
        was, now = before.get(element, MISSING), after.get(element, MISSING)
        if was is MISSING or now is MISSING or was.keys() != now.keys():
            level.compare(element, element_type, was, now)
        elif was is not now and (changed := _between_alike(was, now).modified) is not EMPTY:
            modified[element] = changed


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, true does not equal 1."""
    if left is right:
        return True
    if type(left) is str:
        return bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def remove(type_: Type, value: Any, fields: FieldSet) -> Any:
    """The value without the fields and items of a set; None where nothing is left of it.

    What lies below an atomic list or map goes with the whole. A container whose inside was
    removed stays, empty.
    """
    type_ = shape_of(type_, value)
    if type_.shape == "scalar":
        return value
    if type_.relation == "atomic" or not value:
        return None
    if fields.empty:
        return value
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
    for element, item in zip(named(type_, items), items, strict=True):
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


@lru_cache(maxsize=256)
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
        children[element] = with_structs(child_type, below) if below.children else below
    return _make(frozenset(members), children)
