"""Completion indexes of Indexed Jobs: which are done, which are next.

A set of indexes is a tuple of intervals (first, last), sorted, with a gap between neighbours.
Source: kubernetes pkg/controller/job/indexed_job_utils.go (1.36).
"""

from collections.abc import Iterable

from ecp.sim.store import Obj

COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"

Intervals = tuple[tuple[int, int], ...]


def whole(text: str | None) -> int | None:
    """Return the number a status or an annotation says, None when it says none."""
    if text is None:
        return None
    digits = text[1:] if text[:1] in ("+", "-") else text
    return int(text) if digits.isdecimal() and digits.isascii() else None


def completion_index(pod: Obj) -> int | None:
    """Return the index that a pod works on, None when it has none."""
    found = whole((pod["metadata"].get("annotations") or {}).get(COMPLETION_INDEX))
    return found if found is not None and found >= 0 else None


def index_of(pod: Obj) -> int:
    """The same, -1 when it has none."""
    index = completion_index(pod)
    return -1 if index is None else index


def parse(text: str | None, completions: int) -> Intervals:
    """Read "1,3-5": what lies beyond *completions* is cut off, what cannot be read left out."""
    found: list[tuple[int, int]] = []
    for part in (text or "").split(",") if text else ():
        limits = part.split("-")
        first = whole(limits[0])
        if first is None:
            continue
        if first >= completions:
            break
        last: int | None = first
        if len(limits) > 1:
            last = whole(limits[1])
            if last is None:
                continue
            last = min(last, completions - 1)
        assert last is not None
        if found and found[-1][1] == first - 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def merged(one: Intervals, other: Intervals) -> Intervals:
    """Return the union of two sets."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((*one, *other)):
        if found and first <= found[-1][1] + 1:
            if found[-1][1] < last:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def with_indexes(one: Intervals, more: Iterable[int]) -> Intervals:
    """Return a set with single indexes added."""
    return merged(one, tuple((index, index) for index in more))


def total(intervals: Intervals) -> int:
    """Return how many indexes there are."""
    return sum(last - first + 1 for first, last in intervals)


def text(intervals: Intervals) -> str:
    """Write a set as a status does: two neighbours as "1,2", more as "1-3"."""
    return ",".join(
        str(first) if first == last else f"{first}{',' if last == first + 1 else '-'}{last}"
        for first, last in intervals
    )


def holds(intervals: Intervals, index: int) -> bool:
    """Whether an index is in the set."""
    return any(first <= index <= last for first, last in intervals)


def first_missing(intervals: Intervals, count: int, completions: int) -> list[int]:
    """Return the *count* lowest indexes below *completions* that are not in the set."""
    found: list[int] = []
    candidate = 0
    for first, last in (*intervals, (completions, completions)):
        while candidate < min(first, completions) and len(found) < count:
            found.append(candidate)
            candidate += 1
        candidate = max(candidate, last + 1)
    return found


def overlap(one: Intervals, other: Intervals) -> int:
    """Return how many indexes are in both sets."""
    return sum(
        max(0, min(last, to) - max(first, since) + 1) for first, last in one for since, to in other
    )
