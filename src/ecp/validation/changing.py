"""What applying a document makes of the object that is there, and what is wrong with that."""

from __future__ import annotations

from ecp.kube import errors as kube_errors
from ecp.kube.errors import FieldError, Invalid
from ecp.kube.schema import Gvk, Node, Schema
from ecp.validation.customkinds import CustomKinds
from ecp.validation.decode import held
from ecp.validation.faults import Fault
from ecp.validation.model import ObjectRef
from ecp.validation.refusals import Refusal, stale
from ecp.validation.scope import Object, Scope, mapping
from ecp.validation.state import CONDITIONAL, GroupKind, resource_of


class Changing:
    """Judges changes; what only those need is loaded by the first of them."""

    def __init__(self, known: Schema, custom: CustomKinds, scope: Scope) -> None:
        self.known = known
        self.custom = custom
        self.scope = scope

    def conflict(
        self, group_kind: GroupKind, ref: ObjectRef, obj: Object, live: Object | None
    ) -> Refusal | None:
        """An object that says which version it was made from is that one's successor only."""
        sent = mapping(obj.get("metadata")).get("resourceVersion")
        resource, path = resource_of(*group_kind), ("metadata", "resourceVersion")
        if live is None or not sent:
            return None
        if sent == "0":
            if group_kind not in CONDITIONAL and not self.custom.has(Gvk.of(*ref[:2])):
                return None
            error = kube_errors.invalid(".".join(path), 0, "must be specified for an update")
            return Refusal("E0808", path, Invalid(resource, ref.name, [error]))
        if sent == mapping(live.get("metadata")).get("resourceVersion"):
            return None
        return Refusal("E0808", path, stale(resource, ref.name))

    def changes(
        self, gvk: Gvk, obj: Object, live: Object
    ) -> tuple[Object, list[Fault], list[FieldError]]:
        """Return what applying makes of an object, the faults, and the errors of the server."""
        # What only updates need is loaded for them alone.
        from ecp.kube.defaults import default
        from ecp.validation.applying import applied, carried
        from ecp.validation.transitions import check_update

        if gvk not in self.known:
            return self._custom(gvk, obj, live)
        node = self.known.node(gvk)
        stored = {**live, "apiVersion": gvk.api_version, "kind": gvk.kind}
        old = _placed(default(gvk.kind, stored), obj)
        new = applied(live, obj, node, old)
        assert isinstance(node, Node)
        new = default(gvk.kind, held(new, node))
        new = carried(gvk.group, gvk.kind, new, old)
        found = check_update(gvk.group, gvk.kind, new, old, self.scope)
        refused = [fault for fault in found if fault.rule[0] == "E"]
        # The server says some causes twice; a place that is wrong is one finding.
        once = {(fault.rule, fault.path, str(fault.error)): fault for fault in refused}
        return new, list(once.values()), [fault.error for fault in refused]

    def _custom(
        self, gvk: Gvk, obj: Object, live: Object
    ) -> tuple[Object, list[Fault], list[FieldError]]:
        """As `changes` for a custom kind: its lists are replaced, its schema says the rest."""
        from ecp.validation.applying import applied, next_metadata
        from ecp.validation.transitions import check_update

        old = _placed({**live, "apiVersion": gvk.api_version, "kind": gvk.kind}, obj)
        new = self.custom.as_updated(applied(live, obj, None), old, gvk)
        new = {**new, "metadata": next_metadata(new, old)}
        found = list(check_update(gvk.group, gvk.kind, new, old, self.scope))
        found += self.custom.faults(new, gvk, found, old)
        refused = [fault for fault in found if fault.rule[0] == "E"]
        once = {(fault.rule, fault.path, str(fault.error)): fault for fault in found}
        return new, list(once.values()), [fault.error for fault in refused]


def _placed(live: Object, obj: Object) -> Object:
    """Return a live object with the namespace that only the other one writes out."""
    meta, place = mapping(live.get("metadata")), mapping(obj.get("metadata")).get("namespace")
    if meta.get("namespace") or not place:
        return live
    return {**live, "metadata": {**meta, "namespace": place}}
