"""What the objects of a running cluster count for, by the names that quotas have.

The rules are those of ecp.validation.quotas; what is added is time (a deleted pod that does not go
counts no more once its grace is over) and memory: the pods of one template share their sums.
Source: kubernetes pkg/quota/v1/evaluator/core/pods.go QuotaV1Pod, pkg/quota/v1/install/registry.go.
"""

from __future__ import annotations

from typing import Any, Final

from ecp.kube.kinds import BINDINGS, EVENTS, PODS, Kind
from ecp.kube.pods import is_terminal
from ecp.kube.times import nanoseconds
from ecp.validation import quotas
from ecp.validation.amounts import Amounts, one

UNCOUNTED: Final = frozenset({BINDINGS, EVENTS})
"""Resources that no quota counts."""

_SECOND: Final = 1_000_000_000
_SUMMED: Final = ("containers", "initContainers", "resources", "overhead")
_REMEMBERED: Final = 2048

Obj = dict[str, Any]


class Usage:
    """Tells what objects count for."""

    def __init__(self) -> None:
        # What a pod's sum is made of, by identity → that, and the sum.
        self._known: dict[tuple[int, ...], tuple[tuple[Any, ...], Amounts]] = {}

    def of(self, kind: Kind, obj: Obj, now: int) -> Amounts:
        """Return what *obj* counts for at *now* (ns)."""
        if kind.custom:
            return {f"count/{kind.resource}": one()}
        if kind.resource != PODS:
            return quotas.usage((kind.group, kind.kind), obj)
        if is_terminal(obj) or _outstayed(obj, now):
            return {"count/pods": one()}
        spec = obj["spec"]
        parts = tuple(spec.get(field) for field in _SUMMED)
        key = tuple(map(id, parts))
        known = self._known.get(key)
        if known is not None and all(a is b for a, b in zip(known[0], parts, strict=True)):
            return known[1]
        found = quotas.usage(("", "Pod"), {"spec": spec})
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = (parts, found)
        return found


def until(pod: Obj) -> int | None:
    """Return the instant (ns) after which a deleted pod that stays counts no more, None: none."""
    meta = pod["metadata"]
    grace = meta.get("deletionGracePeriodSeconds")
    if "deletionTimestamp" not in meta or grace is None:
        return None
    return nanoseconds(meta["deletionTimestamp"]) + int(grace) * _SECOND


def _outstayed(pod: Obj, now: int) -> bool:
    end = until(pod)
    return end is not None and now > end


def has_deadline(pod: Obj) -> bool:
    """Whether a pod is of the scope Terminating."""
    return pod["spec"].get("activeDeadlineSeconds") is not None


def written(found: Amounts) -> dict[str, str]:
    """Return amounts as the API writes them, in order of name."""
    return {name: str(found[name]) for name in sorted(found)}
