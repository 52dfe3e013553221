"""ValidatingAdmissionPolicies: do their expressions fit the kinds that they are about?

Source: kubernetes pkg/controller/validatingadmissionpolicystatus/controller.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube import kinds
from ecp.kube.kinds import BUILT_IN, Kind
from ecp.kube.schema import Gvk
from ecp.sim.plans import NOTHING, Apply, Controller, Plan, Reader
from ecp.sim.store import Change, Key, Obj

_ACTOR = "validatingadmissionpolicy-status"


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    policy = read.get(kinds.VALIDATINGPOLICIES, *key)
    if policy is None:
        return NOTHING
    generation = policy["metadata"].get("generation", 1)
    if (policy.get("status") or {}).get("observedGeneration") == generation:
        return NOTHING
    found = _warnings(policy["spec"], read)
    status = {
        "observedGeneration": generation,
        "typeChecking": {"expressionWarnings": found} if found else {},
    }
    head = {field: policy[field] for field in ("apiVersion", "kind")}
    wanted = {**head, "metadata": {"name": key[1]}, "status": status}
    return Plan((Apply(kinds.VALIDATINGPOLICIES, key, wanted, "status"),))


def _warnings(spec: Obj, read: Reader) -> list[dict[str, str]]:
    # Loaded by those alone who have a policy.
    from ecp.validation.policing.typechecking import expression_warnings

    crds = read.list(kinds.CRDS)
    rows: list[Kind] = [*BUILT_IN.served, *(row for crd in crds for row in kinds.custom_kinds(crd))]

    def served(group: str, version: str, plural: str) -> list[Gvk]:
        # Without a group any will do: so the server's mapper looks kinds up.
        return [
            Gvk(row.group, row.version, row.kind)
            for row in rows
            if (row.version, row.plural) == (version, plural) and group in ("", row.group)
        ]

    def custom(gvk: Gvk) -> Obj | None:
        for crd in crds:
            if (crd["spec"]["group"], crd["spec"]["names"]["kind"]) != (gvk.group, gvk.kind):
                continue
            for version in crd["spec"]["versions"]:
                if version["name"] == gvk.version:
                    schema: Obj | None = (version.get("schema") or {}).get("openAPIV3Schema")
                    return schema
        return None

    return expression_warnings(spec, served, custom)


def _itself(change: Change, read: Reader) -> Iterable[Key]:
    return [change.key]


def controller() -> Controller:
    """Return the controller that says what is wrong with policies."""
    return Controller(
        name="validatingadmissionpolicy-status",
        component=_ACTOR,
        watches={kinds.VALIDATINGPOLICIES: _itself},
        reconcile=_reconcile,
        actor=_ACTOR,
    )
