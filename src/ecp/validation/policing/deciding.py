"""What ValidatingAdmissionPolicies make of a request: refused, warned of, or let through.

Source: kubernetes apiserver pkg/admission/plugin/policy/validating/{dispatcher,validator}.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ecp.kube.errors import Cause, Forbidden, KubeError
from ecp.validation.policing.bound import Bound, concerned, fails, spec_of
from ecp.validation.policing.evaluating import BUDGET, Evaluation, Failed
from ecp.validation.policing.requests import EXEMPT, GROUP, Asked, World, name_of
from ecp.validation.scope import Object, items, mapping

POLICY: Final = "ValidatingAdmissionPolicy"
BINDING: Final = "ValidatingAdmissionPolicyBinding"
_CODES: Final = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413}
_LONGEST_MESSAGE: Final = 5 * 1024


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
    denials: list[Denial] = []
    warnings: list[str] = []
    for policy, bindings, match, failed in concerned(asked, world, POLICY):
        if failed and fails(spec_of(policy)):
            denials.append(Denial(name_of(policy), "", failed))
        for binding in bindings:
            ruled = _Bound(policy, binding, asked, world, match).ruling()
            denials += ruled.denials
            warnings += ruled.warnings
    return Ruling(tuple(denials), tuple(warnings))


class _Bound(Bound):
    def ruling(self) -> Ruling:
        try:
            params = self.params()
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

    # ---- decisions -----------------------------------------------------------------------------

    def _decisions(self, param: Object | None) -> Iterator[Denial]:
        """Yield what is wrong with the request by these parameters."""
        try:
            if not self.conditions_hold(param):
                return
            yield from self._validations(param)
        except Failed as failed:
            yield from self._failure(failed)

    def _failure(self, failed: Failed) -> Iterator[Denial]:
        if self.fails:
            yield Denial(*self.names, str(failed))

    def _validations(self, param: Object | None) -> Iterator[Denial]:
        evaluation = self.evaluation(param, BUDGET)
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
        telling = self.evaluation(param, evaluation.left)
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
        evaluation = self.evaluation(param, BUDGET)
        try:
            if not self.conditions_hold(param):
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
