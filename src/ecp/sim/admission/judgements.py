"""What controllers create, judged as callers' objects are; the pods of one template are so once.

Source: kubernetes apiserver pkg/registry/rest/create.go BeforeCreate, which knows no other way.
"""

from typing import Final

from ecp.kube import kinds
from ecp.kube.kinds import Kind
from ecp.sim import admission_rules
from ecp.sim.requests import Request
from ecp.sim.store import Obj

_JUDGED: Final = (kinds.PODS, kinds.PVCS, kinds.JOBS, kinds.REPLICASETS)
"""Kinds made of what a user wrote; what controllers say by themselves is sound as they say it."""

_NOTHING: Final[Obj] = {}
_REMEMBERED: Final = 2048


class Judgements:
    """Judges new objects; remembers the specs of pods, by identity, that were found sound.

    The pods of a ReplicaSet share spec and labels, so that only names tell them apart, and these
    are cut to fit.
    """

    def __init__(self) -> None:
        self._sound: dict[int, tuple[Obj, Obj, Obj]] = {}

    def check(self, kind: Kind, obj: Obj) -> None:
        """Raises Invalid for what the server would not take from a caller either."""
        if kind.resource not in _JUDGED:
            return
        if kind.resource != kinds.PODS:
            admission_rules.judge(
                kind, obj, None, Request("create", kind.resource), group=kind.group
            )
            return
        spec, meta = obj["spec"], obj["metadata"]
        labels, notes = meta.get("labels", _NOTHING), meta.get("annotations", _NOTHING)
        known = self._sound.get(id(spec))
        if known is not None and known[0] is spec and known[1] == labels and known[2] == notes:
            return
        admission_rules.judge(kind, obj, None, Request("create", kinds.PODS), group="")
        if len(self._sound) >= _REMEMBERED:
            self._sound.clear()
        self._sound[id(spec)] = (spec, labels, notes)
