"""What a pod names and a cluster has to have: its account, its priority and its runtime.

Source: kubernetes plugin/pkg/admission/{serviceaccount,priority,runtimeclass}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.errors import Forbidden, KubeError, go_quote
from ecp.validation.amounts import amounts
from ecp.validation.refusals import Refusal, no_account, no_priority
from ecp.validation.scope import Object, mapping
from ecp.validation.state import State, resource_of

SYSTEM_PRIORITIES: Final = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
PRIORITY: Final = ("scheduling.k8s.io", "PriorityClass")
RUNTIME: Final = ("node.k8s.io", "RuntimeClass")
_PREEMPTS: Final = "PreemptLowerPriority"


class Classes:
    """Looks up in *everything* what pods name; the input's own, too, in any order."""

    def __init__(self, everything: State) -> None:
        self._everything = everything

    def refusal(self, namespace: str, name: str, spec: Object) -> Refusal | None:
        account = self.missing_account(namespace, spec)
        if account:
            error: KubeError = no_account(name, namespace, account)
            return Refusal("E0802", ("spec", "serviceAccountName"), error)
        wanted = self.missing_priority(spec)
        if wanted:
            return Refusal("E0803", ("spec", "priorityClassName"), no_priority(name, wanted))
        value, policy = self._priority(spec.get("priorityClassName"))
        for field, sort, said, computed in (
            ("priority", "integer", "priority", value),
            ("preemptionPolicy", "string", "PreemptionPolicy", policy),
        ):
            given = spec.get(field)
            told = given is not None and PRIORITY not in self._everything.unseen
            if told and given != computed:
                text = (
                    f"the {sort} value of {said} ({given}) must not be provided in pod spec; "
                    f"priority admission controller computed {computed} from the given "
                    "PriorityClass name"
                )
                return Refusal("E0803", ("spec", field), Forbidden("pods", name, text))
        for field, text in self._runtime(spec):
            return Refusal("E0809", ("spec", field), Forbidden("pods", name, text))
        return None

    def _runtime(self, spec: Object) -> Iterator[tuple[str, str]]:
        """Yield what a pod's runtime class has against it: the field, and the reason.

        Source: kubernetes plugin/pkg/admission/runtimeclass/admission.go.
        """
        wanted = spec.get("runtimeClassName")
        if wanted is None:
            return
        if self._everything.lacks(*RUNTIME, "", wanted):
            text = f"pod rejected: RuntimeClass {go_quote(wanted)} not found"
            yield "runtimeClassName", text
            return
        fixed, asked = self.overhead(spec), _nano(spec.get("overhead"))
        if fixed and asked and fixed != asked:
            text = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
            yield "overhead", text
        own = mapping(spec.get("nodeSelector"))
        found = mapping(self._everything.find(*RUNTIME, "", wanted))
        selector = mapping(mapping(found.get("scheduling")).get("nodeSelector"))
        for key, value in sorted(selector.items()):
            if own.get(key, value) != value:
                text = (
                    f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                    f"pod.spec.nodeSelector[{key}] = {own[key]}"
                )
                yield "nodeSelector", text

    def overhead(self, spec: Object) -> dict[str, int]:
        """Return what the runtime class of a pod costs besides the containers."""
        found = self._everything.find(*RUNTIME, "", str(spec.get("runtimeClassName") or ""))
        return _nano(mapping(mapping(found).get("overhead")).get("podFixed"))

    def missing_account(self, namespace: str, spec: Object) -> str:
        """Return the service account that a pod names and nobody has, "" for none."""
        account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
        if account == "default":
            return ""
        lacks = self._everything.lacks("", "ServiceAccount", namespace, account)
        return str(account) if lacks else ""

    def missing_priority(self, spec: Object) -> str:
        wanted = spec.get("priorityClassName")
        if not wanted or wanted in SYSTEM_PRIORITIES:
            return ""
        return str(wanted) if self._everything.lacks(*PRIORITY, "", wanted) else ""

    def _priority(self, wanted: Any) -> tuple[int, str]:
        """Return the priority of a class, of the default one for "", and whether it preempts."""
        if wanted in SYSTEM_PRIORITIES:
            return SYSTEM_PRIORITIES[wanted], _PREEMPTS
        for found in self._everything.of(*PRIORITY):
            is_it = mapping(found.get("metadata")).get("name") == wanted
            if is_it if wanted else found.get("globalDefault") is True:
                value, policy = found.get("value"), found.get("preemptionPolicy")
                return value if isinstance(value, int) else 0, str(policy or _PREEMPTS)
        return 0, _PREEMPTS

    def second_default(self, now: State, name: str) -> Refusal | None:
        for found in now.of(*PRIORITY):
            other = mapping(found.get("metadata")).get("name")
            if found.get("globalDefault") is True and other != name:
                text = (
                    f"PriorityClass {other} is already marked as default. Only one default can "
                    "exist"
                )
                error = Forbidden(resource_of(*PRIORITY), name, text)
                return Refusal("E0803", ("globalDefault",), error)
        return None


def _nano(given: Any) -> dict[str, int]:
    """Return a resource list in nano units: two that are spelt differently may be equal."""
    return {name: amount.nano for name, amount in amounts(given).items()}
