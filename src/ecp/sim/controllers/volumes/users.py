"""Which pods use which claims: an index that is derived from the store."""

from collections.abc import Iterable

from ecp.kube.kinds import PODS
from ecp.kube.volumes import uses
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED


class Users:
    """Pod keys by claim key. Whoever watches pods lets it see their changes, as often as they like.

    It is read from the store when first asked, and kept up from then on.
    """

    __slots__ = ("_built", "_by_claim")

    def __init__(self) -> None:
        self._by_claim: dict[Key, dict[Key, None]] = {}
        self._built = False

    def see(self, change: Change) -> None:
        """Take in the change of a pod: its volumes never change while it lives."""
        if not self._built:
            return
        if change.type == ADDED:
            self._add(change.object)
        elif change.type == DELETED:
            for claim in claims_of(change.object):
                pods = self._by_claim.get(claim)
                if pods is not None:
                    pods.pop(change.key, None)
                    if not pods:
                        del self._by_claim[claim]

    def _add(self, pod: Obj) -> None:
        meta = pod["metadata"]
        for claim in claims_of(pod):
            self._by_claim.setdefault(claim, {})[meta["namespace"], meta["name"]] = None

    def of(self, read: Reader, claim: Key) -> list[Obj]:
        """Return the pods that use a claim, by name."""
        if not self._built:
            self._built = True
            for pod in read.list(PODS):
                self._add(pod)
        found = (read.get(PODS, *key) for key in sorted(self._by_claim.get(claim, ())))
        return [pod for pod in found if pod is not None]


def claims_of(pod: Obj) -> Iterable[Key]:
    """Return the keys of the claims that a pod uses."""
    if not pod["spec"].get("volumes"):
        return ()
    namespace = pod["metadata"]["namespace"]
    return [(namespace, use.claim) for use in uses(pod)]
