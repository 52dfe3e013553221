"""What ValidatingAdmissionPolicies make of a request: refused, warned of, or let through.

Source: kubernetes apiserver pkg/admission/plugin/policy/validating/{dispatcher,validator}.go,
pkg/admission/plugin/policy/generic/policy_dispatcher.go `CollectParams`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ecp.kube.cel.admission import Known
from ecp.kube.errors import Cause, Forbidden, KubeError
from ecp.kube.selectors import from_object
from ecp.validation.policing.evaluating import (
    BUDGET,
    BUDGET_OF_CONDITIONS,
    Evaluation,
    Failed,
    known_to,
)
from ecp.validation.policing.matching import Match, matches
from ecp.validation.policing.requests import EXEMPT, GROUP, Asked, World, labels_of, name_of
from ecp.validation.scope import Object, items, mapping

POLICY: Final = "ValidatingAdmissionPolicy"
BINDING: Final = "ValidatingAdmissionPolicyBinding"
_CODES: Final = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413}
_LONGEST_MESSAGE: Final = 5 * 1024
_NO_PARAMS: Final = "no params found for policy binding with `Deny` parameterNotFoundAction"


class Denial(NamedTuple):
    """Why a request is denied: by which policy and binding (``""`` for none), in which words."""

    policy: str
    binding: str
    message: str
    reason: str = ""

    @property
    def words(self) -> str:
        bound = f" with binding '{self.binding}'" if self.binding else ""
        return f"{POLICY} '{self.policy}'{bound} denied request: {self.message}"


class Ruling(NamedTuple):
    """What all policies come to.

    denials   in the order of the policies' names; the first is what the server says
    warnings  texts for who asked
    """

    denials: tuple[Denial, ...] = ()
    warnings: tuple[str, ...] = ()

    def error(self, asked: Asked) -> KubeError | None:
        """Return what the server answers to a denied request, None where it is let through."""
        if not self.denials:
            return None
        first = self.denials[0]
        causes = (Cause(message=first.words),)
        name = name_of(asked.object or {}) or asked.name or "Unknown"
        refused = Forbidden(asked.about, name, first.words, causes)
        refused.reason = first.reason or "Invalid"
        refused.code = _CODES.get(refused.reason, 422)
        return refused


_LET_THROUGH: Final = Ruling()


def rule(asked: Asked, world: World) -> Ruling:
    """Judge a request by all policies that are bound.

    Raises source.Unsupported where an expression asks for what is not done here.
    """
    if asked.group == GROUP and asked.kind in EXEMPT:
        return _LET_THROUGH
    policies = sorted(world.of(GROUP, POLICY, ""), key=name_of)
    if not policies:
        return _LET_THROUGH
    bindings = sorted(world.of(GROUP, BINDING, ""), key=name_of)
    denials: list[Denial] = []
    warnings: list[str] = []
    for policy in policies:
        bound = [one for one in bindings if _spec(one).get("policyName") == name_of(policy)]
        found = matches(mapping(_spec(policy).get("matchConstraints")), asked, world)
        if not bound or found is None:
            continue
        try:
            check_param_kind(_spec(policy), world)
        except Failed as failed:
            if _spec(policy).get("failurePolicy") != "Ignore":
                words = f"failed to configure policy: {failed}"
                denials.append(Denial(name_of(policy), "", words))
            continue
        for binding in bound:
            if matches(mapping(_spec(binding).get("matchResources")), asked, world):
                ruled = _Bound(policy, binding, asked, world, found).ruling()
                denials += ruled.denials
                warnings += ruled.warnings
    return Ruling(tuple(denials), tuple(warnings))


def check_param_kind(policy: Object, world: World) -> None:
    """Raise Failed where the kind of a policy's parameters is not known."""
    kind = mapping(policy.get("paramKind"))
    if not kind:
        return
    group, _, version = str(kind.get("apiVersion") or "").rpartition("/")
    if world.namespaced(group, kind.get("kind") or "") is None:
        named = f"'{group}/{version}, Kind={kind.get('kind')}'"
        raise Failed(f"failed to find resource referenced by paramKind: {named}")


def _spec(obj: Object) -> Object:
    return mapping(obj.get("spec"))


class _Bound:
    """A policy by one of its bindings."""

    def __init__(
        self, policy: Object, binding: Object, asked: Asked, world: World, match: Match
    ) -> None:
        self.policy = _spec(policy)
        self.binding = _spec(binding)
        self.names = name_of(policy), name_of(binding)
        self.asked = asked
        self.world = world
        self.match = match
        self.fails = self.policy.get("failurePolicy") != "Ignore"
        self.known = known_to(self.policy)

    def ruling(self) -> Ruling:
        try:
            params = self._params()
        except Failed as failed:
            words = f"failed to configure binding: {failed}"
            return Ruling((Denial(*self.names, words),)) if self.fails else _LET_THROUGH
        denials: list[Denial] = []
        warnings: list[str] = []
        for param in params:
            for decision in self._decisions(param):
                for action in items(self.binding.get("validationActions")):
                    if action == "Deny":
                        denials.append(decision)
                    elif action == "Warn":
                        name, binding = self.names
                        warnings.append(
                            f"Validation failed for {POLICY} '{name}' with binding '{binding}': "
                            f"{decision.message}"
                        )
            denials += self._notes(param)
        return Ruling(tuple(denials), tuple(warnings))

    # ---- parameters ----------------------------------------------------------------------------

    def _params(self) -> list[Object | None]:
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

    # ---- decisions -----------------------------------------------------------------------------

    def _decisions(self, param: Object | None) -> Iterator[Denial]:
        """Yield what is wrong with the request by these parameters."""
        try:
            if not self._conditions_hold(param):
                return
            yield from self._validations(param)
        except Failed as failed:
            yield from self._failure(failed)

    def _failure(self, failed: Failed) -> Iterator[Denial]:
        if self.fails:
            yield Denial(*self.names, str(failed))

    def _evaluation(self, param: Object | None, budget: int, *, conditions: bool = False) -> Any:
        version = self.asked.version if conditions else self.match.version
        return Evaluation(
            self.asked, self.world, self.policy, param, version=version, budget=budget,
            placed=not conditions,
        )  # fmt: skip

    def _conditions_hold(self, param: Object | None) -> bool:
        """Tell whether all conditions are true; one that is false outweighs any error."""
        evaluation = self._evaluation(param, BUDGET_OF_CONDITIONS, conditions=True)
        known = Known(params=self.known.params)
        failures: list[Failed] = []
        for condition in map(mapping, items(self.policy.get("matchConditions"))):
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

    def _validations(self, param: Object | None) -> Iterator[Denial]:
        evaluation = self._evaluation(param, BUDGET)
        found: list[tuple[Object, Denial | None]] = []
        for validation in map(mapping, items(self.policy.get("validations"))):
            try:
                value = evaluation.value(validation.get("expression") or "", self.known)
            except Failed as failed:
                if failed.is_final:
                    raise
                found += [(validation, denial) for denial in self._failure(failed)]
                continue
            if value is not True:
                found.append((validation, None))
        telling = self._evaluation(param, evaluation.left)
        for validation, denial in found:
            if denial is None:
                denial = self._told(validation, telling)
            yield denial

    def _told(self, validation: Object, evaluation: Evaluation) -> Denial:
        """Return a denial in the validation's own words, made up by an expression if it has one."""
        words: Any = ""
        expression = validation.get("messageExpression") or ""
        if expression:
            try:
                words = evaluation.value(expression, self.known._replace(authorizer=False))
            except Failed as failed:
                if failed.is_final:
                    return Denial(*self.names, f"failed messageExpression: {failed}")
        words = words.strip() if isinstance(words, str) else ""
        if len(words.encode()) > _LONGEST_MESSAGE or "\n" in words:
            words = ""
        words = words or (validation.get("message") or "").strip()
        words = words or f"failed expression: {(validation.get('expression') or '').strip()}"
        return Denial(*self.names, words, validation.get("reason") or "Invalid")

    def _notes(self, param: Object | None) -> Iterator[Denial]:
        """Yield what is wrong with the notes for the audit; the notes themselves go nowhere."""
        evaluation = self._evaluation(param, BUDGET)
        try:
            if not self._conditions_hold(param):
                return
        except Failed:
            return
        for note in map(mapping, items(self.policy.get("auditAnnotations"))):
            try:
                evaluation.value((note.get("valueExpression") or "").strip(), self.known)
            except Failed as failed:
                yield from self._failure(failed)
                if failed.is_final:
                    return
