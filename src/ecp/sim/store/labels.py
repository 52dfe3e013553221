"""Which objects of one resource and namespace carry a label: a derived index.

Where everybody who looks for pods by a selector walks all of a namespace, hundreds of Services cost
hundreds of walks.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Key = tuple[str, str]
Label = tuple[str, str]
Labels = Mapping[str, str]
NO_LABELS: Labels = {}


def labels_of(obj: Mapping[str, Any]) -> Labels:
    """Return the labels of an object."""
    return obj["metadata"].get("labels") or NO_LABELS


class Labelled:
    """Keys by label, in the order of their objects' creation."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        # None: an object got the label late, so its place is not the last. Found when asked for.
        self._keys: dict[Label, dict[Key, None] | None] = {}

    def add(self, key: Key, labels: Labels) -> None:
        """Note an object that was created just now."""
        for label in labels.items():
            keys = self._keys.setdefault(label, {})
            if keys is not None:
                keys[key] = None

    def move(self, key: Key, old: Labels, new: Labels) -> None:
        """Note that the labels of an object changed, or (no *new* ones) that it is gone."""
        if old is new:
            return
        for label in old.items() - new.items():
            keys = self._keys.get(label)
            if keys is not None:
                keys.pop(key, None)
                if not keys:
                    del self._keys[label]
        for label in new.items() - old.items():
            self._keys[label] = None

    def keys(self, label: Label, members: Callable[[], Iterable[Key]]) -> Iterable[Key]:
        """Return the keys with a label; *members* finds them in order where that is not known."""
        if label not in self._keys:
            return ()
        keys = self._keys[label]
        if keys is None:
            keys = self._keys[label] = dict.fromkeys(members())
        return keys
