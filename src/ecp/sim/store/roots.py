"""What each change follows from in the end: a fault, a request, or what a timer is for.

A change names the change before it as its cause, and the log of changes is bounded and does not
outlive the process. Its root does: neighbours mostly share one, so runs of versions are kept.
"""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

_MOST_RUNS = 1 << 17  # at 12 bytes a run 1.5 MB; the older half is forgotten then


def is_version(cause: str) -> bool:
    """Whether a cause is a change of the store ("c12")."""
    return cause[:1] == "c" and cause[1:].isdigit()


class Roots:
    """The roots of all changes, by version.

    Nothing is said ("") of changes from before the first note, and of those long forgotten.
    """

    __slots__ = ("_firsts", "_known", "_last", "_most", "_names", "_numbers")

    def __init__(self, most: int = _MOST_RUNS) -> None:
        self._firsts = array("q")  # the version that a run begins with
        self._numbers = array("i")  # the root of the run, an index of `_names`
        self._names: list[str] = []
        self._known: dict[str, int] = {}
        self._last: str | None = None
        self._most = most

    def note(self, version: int, cause: str) -> None:
        """Note that the change of *version*, the newest, follows from *cause*."""
        if cause == self._last:
            return
        self._last = cause
        if cause[:1] == "c" and cause[1:].isdigit():
            run = bisect_right(self._firsts, int(cause[1:])) - 1
            if run >= 0 and self._numbers[run] == self._numbers[-1]:
                return
        self._begin(version, self.of(cause))

    def of(self, cause: str) -> str:
        """Return what *cause* follows from in the end; itself where it is no change."""
        return self.of_version(int(cause[1:])) if is_version(cause) else cause

    def of_version(self, version: int) -> str:
        """Return what the change of a version follows from in the end, "" where nobody knows."""
        run = bisect_right(self._firsts, version) - 1
        return self._names[self._numbers[run]] if run >= 0 else ""

    def _begin(self, version: int, root: str) -> None:
        number = self._known.get(root)
        if number is None:
            number = self._known[root] = len(self._names)
            self._names.append(root)
        if self._numbers and self._numbers[-1] == number:
            return
        self._firsts.append(version)
        self._numbers.append(number)
        if len(self._firsts) > self._most:
            self._forget()

    def _forget(self) -> None:
        """Let go of the older half of the runs, and of the names that only they had."""
        half = len(self._firsts) // 2
        firsts, names = self._firsts[half:], [self._names[n] for n in self._numbers[half:]]
        self._firsts, self._numbers, self._names, self._known = array("q"), array("i"), [], {}
        for first, name in zip(firsts, names, strict=True):
            self._begin(first, name)

    def snapshot(self) -> dict[str, Any]:
        """Return them as plain data."""
        return {
            "firsts": self._firsts.tolist(),
            "numbers": self._numbers.tolist(),
            "names": list(self._names),
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self._firsts = array("q", plain["firsts"])
        self._numbers = array("i", plain["numbers"])
        self._names = list(plain["names"])
        self._known = {name: number for number, name in enumerate(self._names)}
        self._last = None
