"""ResourceQuota: what a write takes of the quotas of its namespace, and what it may not take.

Source: apiserver pkg/admission/plugin/resourcequota/controller.go CheckRequest; the rules are
ecp.validation's. A real server charges before it stores and keeps the charge of a write that then
fails until its controller counts anew; here such a write leaves nothing.
"""

from typing import Final

from ecp.kube import kinds
from ecp.kube.errors import Forbidden
from ecp.kube.kinds import Kind
from ecp.sim.store import Key, Obj, Store
from ecp.validation import quotas
from ecp.validation.amounts import Amounts, added, amounts, beyond
from ecp.validation.counting import UNCOUNTED, Usage, has_deadline, written

_CHANGING: Final = frozenset({kinds.PODS, kinds.PVCS, kinds.SERVICES})


class Quotas:
    """Charges writes to the ResourceQuotas of *store*."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._usage = Usage()

    def charged(self, kind: Kind, key: Key, new: Obj, old: Obj | None, now: int) -> list[Obj]:
        """Return the quotas with what *new* takes of them, in the place of *old* if there is one.

        Those that it takes nothing of are left out. Raises Forbidden.
        """
        found = self._store.list(kinds.RESOURCEQUOTAS, key[0]) if kind.namespaced else ()
        if not found or kind.resource in UNCOUNTED or not _handles(kind.resource, new, old):
            return []
        group_kind = (kind.group, kind.kind)
        concerned = [
            quota
            for quota in found
            if (quota.get("status") or {}).get("hard") and quotas.covers(quota, group_kind, new)
        ]
        taken = self._usage.of(kind, new, now)
        bills: list[tuple[Obj, Amounts]] = []
        for quota in concerned:
            _check_said(kind.resource, key, quota, new)
            bill = taken
            if old is not None and quotas.covers(quota, group_kind, old):
                bill = beyond(taken, self._usage.of(kind, old, now))
            bills.append((quota, bill))
        after = []
        for quota, bill in bills:
            text = quotas.excess(quota, bill, quotas.told_used(quota))
            if text:
                raise Forbidden(kind.resource, key[1], text)
            charged = _charged(quota, bill)
            if charged is not quota:
                after.append(charged)
        return after


def _handles(resource: str, new: Obj, old: Obj | None) -> bool:
    """Whether a write can move a quota: updates of few kinds, and of pods only their deadline."""
    if old is None:
        return True
    if resource == kinds.PODS:
        return has_deadline(new) != has_deadline(old)
    return resource in _CHANGING


def _check_said(resource: str, key: Key, quota: Obj, new: Obj) -> None:
    text = quotas.unsaid(quota, new["spec"]) if resource == kinds.PODS else ""
    if not text:
        status = quota["status"]
        told = status.get("used") or {}
        unknown = sorted(
            name
            for name in status["hard"]
            if name not in told and quotas.counted_by(name) == resource
        )
        if unknown:
            name = quota["metadata"]["name"]
            text = f"status unknown for quota: {name}, resources: {','.join(unknown)}"
    if text:
        raise Forbidden(resource, key[1], text)


def _charged(quota: Obj, bill: Amounts) -> Obj:
    status = quota["status"]
    more = {n: v for n, v in bill.items() if n in status["hard"] and v.nano}
    if not more:
        return quota
    used = added(amounts(status.get("used")), more)
    return {**quota, "status": {**status, "used": written(used)}}
