"""A policy by one of its bindings: with which parameters, and whether its conditions hold.

Source: kubernetes apiserver pkg/admission/plugin/policy/generic/policy_source.go,
policy_dispatcher.go `CollectParams`, pkg/admission/plugin/webhook/matchconditions/matcher.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ecp.kube.cel.admission import Known
from ecp.kube.selectors import from_object
from ecp.validation.policing.evaluating import (
    BUDGET_OF_CONDITIONS,
    Evaluation,
    Failed,
    known_to,
)
from ecp.validation.policing.matching import Match, matches
from ecp.validation.policing.requests import GROUP, Asked, World, labels_of, name_of
from ecp.validation.scope import Object, items, mapping

_NO_PARAMS: Final = "no params found for policy binding with `Deny` parameterNotFoundAction"


class Concerned(NamedTuple):
    """A policy that is about a request, with its bindings; `failed` says why it cannot be asked."""

    policy: Object
    bindings: tuple[Object, ...]
    match: Match
    failed: str = ""


def concerned(asked: Asked, world: World, kind: str) -> Iterator[Concerned]:
    """Yield the policies of a kind that are about a request, by name.

    A real server walks them in no order.
    """
    policies = sorted(world.of(GROUP, kind, ""), key=name_of)
    bindings = sorted(world.of(GROUP, f"{kind}Binding", ""), key=name_of) if policies else []
    for policy in policies:
        spec = mapping(policy.get("spec"))
        bound = [one for one in bindings if spec_of(one).get("policyName") == name_of(policy)]
        found = matches(mapping(spec.get("matchConstraints")), asked, world)
        if not bound or found is None:
            continue
        try:
            check_param_kind(spec, world)
        except Failed as failed:
            yield Concerned(policy, (), found, f"failed to configure policy: {failed}")
            continue
        chosen = [
            one
            for one in bound
            if matches(mapping(spec_of(one).get("matchResources")), asked, world)
        ]
        yield Concerned(policy, tuple(chosen), found)


def check_param_kind(policy: Object, world: World) -> None:
    """Raise Failed where the kind of a policy's parameters is not known."""
    kind = mapping(policy.get("paramKind"))
    if not kind:
        return
    group, _, version = str(kind.get("apiVersion") or "").rpartition("/")
    if world.namespaced(group, kind.get("kind") or "") is None:
        named = f"'{group}/{version}, Kind={kind.get('kind')}'"
        raise Failed(f"failed to find resource referenced by paramKind: {named}")


def spec_of(obj: Object) -> Object:
    return mapping(obj.get("spec"))


def fails(policy: Object) -> bool:
    """Tell whether what goes wrong with a policy, or a webhook, refuses the request."""
    return policy.get("failurePolicy") != "Ignore"


class Bound:
    """A policy by one of its bindings."""

    def __init__(
        self, policy: Object, binding: Object, asked: Asked, world: World, match: Match
    ) -> None:
        self.policy = spec_of(policy)
        self.binding = spec_of(binding)
        self.names = name_of(policy), name_of(binding)
        self.asked = asked
        self.world = world
        self.match = match
        self.fails = fails(self.policy)
        self.known = known_to(self.policy)

    def params(self) -> list[Object | None]:
        """Return the parameters, [None] for a policy without. Raises Failed."""
        kind, ref = self.policy.get("paramKind"), self.binding.get("paramRef")
        if kind is None or ref is None:
            return [None]
        kind, ref = mapping(kind), mapping(ref)
        group = str(kind.get("apiVersion") or "").rpartition("/")[0]
        namespaced = self.world.namespaced(group, kind.get("kind") or "")
        place = self._place_of_params(ref.get("namespace") or "", namespaced=bool(namespaced))
        found: list[Object | None] = []
        wanted, selector = ref.get("name"), from_object(mapping(ref.get("selector")))
        for obj in self.world.of(group, kind.get("kind") or "", place):
            if name_of(obj) == wanted if wanted else selector.matches(labels_of(obj)):
                found.append(obj)
        if not found and ref.get("parameterNotFoundAction") == "Deny":
            raise Failed(_NO_PARAMS)
        return found

    def _place_of_params(self, given: str, *, namespaced: bool) -> str:
        if not namespaced:
            if given:
                raise Failed(
                    "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
                )
            return ""
        if not given and not self.asked.namespace:
            raise Failed(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped "
                "resources"
            )
        return given or self.asked.namespace

    def evaluation(
        self, param: Object | None, budget: int, *, conditions: bool = False
    ) -> Evaluation:
        version = self.asked.version if conditions else self.match.version
        return Evaluation(
            self.asked, self.world, self.policy, param, version=version, budget=budget,
            placed=not conditions,
        )  # fmt: skip

    def conditions_hold(self, param: Object | None) -> bool:
        """Tell whether all conditions are true. Raises Failed."""
        evaluation = self.evaluation(param, BUDGET_OF_CONDITIONS, conditions=True)
        return conditions_hold(self.policy, evaluation, Known(params=self.known.params))


def conditions_hold(policy: Object, evaluation: Evaluation, known: Known) -> bool:
    """Tell whether all ``matchConditions`` are true; one that is false outweighs any error.

    Raises Failed.
    """
    failures: list[Failed] = []
    for condition in map(mapping, items(policy.get("matchConditions"))):
        try:
            if evaluation.value(condition.get("expression") or "", known) is False:
                return False
        except Failed as failed:
            if failed.is_final:
                raise
            failures.append(failed)
    if failures:
        words = [str(failed) for failed in dict.fromkeys(failures)]
        raise Failed(words[0] if len(words) == 1 else f"[{', '.join(words)}]")
    return True
