"""LimitRange: what a namespace gives to pods that say nothing, and what it bears.

Source: kubernetes plugin/pkg/admission/limitranger/admission.go; the rules are ecp.validation's.
"""

from typing import Any

from ecp.kube import kinds
from ecp.kube.errors import Forbidden
from ecp.sim.store import Key, Obj, Store
from ecp.validation import ranges

NOTE = "kubernetes.io/limit-ranger"
"""The annotation in which the server says what it gave to a pod."""

_REMEMBERED = 1024


class Limits:
    """Applies the LimitRanges of *store*; the pods of one template are looked at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Spec and ranges, by identity → what was asked, the spec as given, note, complaint.
        self._known: dict[tuple[int, ...], tuple[tuple[Any, ...], Obj, str, str]] = {}

    def given(self, pod: Obj) -> Obj:
        """Return a new pod with the requests and limits of its namespace, and the note of it."""
        limit_ranges = self._of(pod["metadata"]["namespace"])
        if not limit_ranges:
            return pod
        _, spec, note, _ = self._judged(pod["spec"], limit_ranges)
        meta = pod["metadata"]
        if note:
            meta = {**meta, "annotations": {**(meta.get("annotations") or {}), NOTE: note}}
        return {**pod, "metadata": meta, "spec": spec}

    def check(self, resource: str, key: Key, obj: Obj) -> None:
        """Raises Forbidden for a pod or claim that a range of its namespace does not bear."""
        if resource not in (kinds.PODS, kinds.PVCS):
            return
        limit_ranges = self._of(key[0])
        if not limit_ranges:
            return
        if resource == kinds.PODS:
            text = self._judged(obj["spec"], limit_ranges)[3]
        else:
            text = ranges.claim_complaint(obj, limit_ranges)
        if text:
            raise Forbidden(resource, key[1], text)

    def _of(self, namespace: str) -> list[Obj]:
        return self._store.list(kinds.LIMITRANGES, namespace)

    def _judged(self, spec: Obj, limit_ranges: list[Obj]) -> tuple[tuple[Any, ...], Obj, str, str]:
        asked = (spec, *limit_ranges)
        key = tuple(map(id, asked))
        known = self._known.get(key)
        if known is not None and all(map(_is, known[0], asked)):
            return known
        given = dict(ranges.with_defaults(spec, limit_ranges))
        note = ranges.note(spec, limit_ranges)
        result = asked, given if note else spec, note, ranges.pod_complaint(given, limit_ranges)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = result
        return result


def _is(one: Any, other: Any) -> bool:
    return one is other
