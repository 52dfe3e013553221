"""What callers ask of pods beside reading and writing them: to be evicted, to be bound."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ecp.kube import kinds
from ecp.kube.errors import NotFound, PlainError, go_quote
from ecp.kube.kinds import Kind
from ecp.sim.admission import bodies
from ecp.sim.admission.deletion import check_preconditions
from ecp.sim.apiserver import evictions
from ecp.sim.apiserver.decided import Decided
from ecp.sim.apiserver.writes import Writes, key_of
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Key, Obj, Stored


class PodParts:
    """The subresources `eviction` and `binding`; `restrict` asks whether a node may do that,
    `decide` is the door by which a budget is written."""

    def __init__(
        self,
        writes: Writes,
        *,
        restrict: Callable[..., Any],
        decide: Callable[[Request], Decided],
    ) -> None:
        self._writes = writes
        self._restrict = restrict
        self._decide = decide

    def evict(self, kind: Kind, key: Key, request: Request) -> Answer:
        """Evict a pod, as far as its budget allows. Raises KubeError.

        Source: kubernetes pkg/registry/core/pod/storage/eviction.go.
        """
        options = (request.body or {}).get("deleteOptions") or {}
        preconditions = options.get("preconditions") or {}
        deletion = Request(
            "delete",
            kinds.PODS,
            *key,
            manager=request.manager,
            dry_run=request.dry_run,
            grace=options.get("gracePeriodSeconds"),
            propagation=options.get("propagationPolicy") or "",
            uid=preconditions.get("uid"),
        )
        self._restrict(kind, key, "CREATE", replace(request, subresource="eviction"))
        stored = self._writes.store.stored(kinds.PODS, key)
        if stored is None:
            raise NotFound(kinds.PODS, key[1])
        wanted = replace(deletion, resource_version=preconditions.get("resourceVersion"))
        check_preconditions(kind, stored.object, wanted)
        spend = self._spend(stored.object)
        if not request.dry_run:
            if spend is not None:
                self._decide(spend).carry_out()
            self._disrupt(kind, key, stored, request.manager)
        self._writes.delete(kind, key, deletion, request.manager)
        return Answer(created=True)

    def _spend(self, pod: Obj) -> Request | None:
        """Return the write that takes an eviction off the pod's budget; None where there is none.

        Raises TooManyRequests.
        """
        budgets = self._writes.store.list(kinds.PDBS, key_of(pod)[0])
        budget = evictions.budget_of(pod, budgets)
        after = None if budget is None else evictions.spent(budget, pod, self._writes.stamp())
        if budget is None or after is None or after is budget:
            return None
        return Request(
            "update",
            kinds.PDBS,
            *key_of(budget),
            subresource="status",
            body=after,
            manager="kube-apiserver",
        )

    def _disrupt(self, kind: Kind, key: Key, stored: Stored, actor: str) -> None:
        """Note on a pod that it goes because somebody evicted it."""
        pod = stored.object
        status = pod.get("status") or {}
        conditions = [c for c in status.get("conditions") or () if c["type"] != "DisruptionTarget"]
        conditions.append(
            {
                "type": "DisruptionTarget",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": self._writes.stamp(),
                "reason": "EvictionByEvictionAPI",
                "message": "Eviction API: evicting",
            }
        )
        new = {**pod, "status": {**status, "conditions": conditions}}
        self._writes.put(kind, key, new, stored.owners, actor)

    def bind(self, kind: Kind, key: Key, request: Request) -> Answer:
        """Bind a pod to a node. Raises KubeError.

        Source: kubernetes pkg/registry/core/pod/storage/storage.go BindingREST.
        """
        self._restrict(kind, key, "CREATE", replace(request, subresource="binding"))
        body = request.body or {}
        target, meta = body.get("target") or {}, body.get("metadata") or {}
        if target.get("kind") not in (None, "", "Node"):
            shown = go_quote(target["kind"])
            supported = 'supported values: "Node", "<empty>"'
            raise PlainError(f"target.kind: Unsupported value: {shown}: {supported}")
        if not target.get("name"):
            raise PlainError("target.name: Required value")
        stored = self._writes.store.stored(kinds.PODS, key)
        if stored is None:
            raise NotFound(kinds.PODS, key[1])
        if meta.get("uid"):
            bodies.check_uid(kind, key, {"metadata": meta}, stored.object, root="")
        bound = self._writes.bound(key, target["name"], meta.get("annotations") or {})
        if not request.dry_run:
            self._writes.put(kind, key, bound, stored.owners, request.manager)
        return Answer(created=True)
