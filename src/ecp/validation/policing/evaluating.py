"""The expressions of a policy, run for one request within a budget.

Source: kubernetes apiserver pkg/admission/plugin/cel/{activation,composition,condition}.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ecp.kube.cel.admission import VARIABLES, Compiled, Known, Lazy, compile_expression, plain
from ecp.kube.cel.authorizer import authorizer, of_resource
from ecp.kube.cel.literals import NotStartable
from ecp.kube.cel.loops import Frame
from ecp.kube.cel.source import CompileError, CostExceeded, RunError
from ecp.validation.kinds.expressions import variable_type
from ecp.validation.policing.requests import Asked, World
from ecp.validation.scope import Object, items, mapping

BUDGET: Final = 10_000_000
BUDGET_OF_CONDITIONS: Final = 2_500_000
_OUT_OF_BUDGET: Final = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
_NAMESPACE_META: Final = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "finalizers",
)


class Failed(Exception):
    """An expression came to no value; the message is the server's.

    is_final   no other expression of the policy is run
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(message)


def known_to(policy: Object) -> Known:
    """Return what the expressions of a policy's spec may speak of."""
    params = policy.get("paramKind") is not None
    variables = items(policy.get("variables"))
    known = Known(params=params, variables=() if variables else None)
    for variable in map(mapping, variables):
        type_ = variable_type(variable.get("expression") or "", known)
        held = known.variables or ()
        known = known._replace(variables=(*held, (variable.get("name") or "", type_)))
    return known


class Evaluation:
    """One pass over expressions of a policy: they share the variables and the budget.

    version   that of the resource by which the request is meant
    placed    the namespace of the request is seen
    left      what of the budget is not spent
    """

    def __init__(
        self,
        asked: Asked,
        world: World,
        policy: Object,
        param: Object | None,
        *,
        version: str,
        budget: int,
        placed: bool = True,
    ) -> None:
        self.left = budget
        self._spent = 0
        self._policy = policy
        self._values: dict[str, Callable[[], Any]] = {
            "object": lambda: plain(asked.object),
            "oldObject": lambda: plain(asked.old),
            "params": lambda: plain(param),
            "request": lambda: plain(_request(asked, version)),
            "namespaceObject": lambda: plain(_namespace(asked, world) if placed else None),
            "authorizer": lambda: authorizer(world.decide),
            "authorizer.requestResource": lambda: of_resource(world.decide, _question(asked)),
            VARIABLES: self._variables,
        }
        self._made: dict[str, Any] = {}

    def value(self, text: str, known: Known) -> Any:
        """Return what an expression comes to. Raises Failed, and source.Unsupported."""
        try:
            compiled = compile_expression(text, known)
        except CompileError as error:
            raise Failed(f"compilation error: compilation failed: {error}") from None
        except NotStartable as error:
            raise Failed(f"compilation error: program instantiation failed: {error}") from None
        self._spent = 0
        frame = self._frame(compiled)
        try:
            return compiled.run(frame)
        except (RunError, CostExceeded) as error:
            raise Failed(f"expression '{text}' resulted in error: {error}") from None
        except RecursionError:
            raise Failed(f"expression '{text}' resulted in error: too deep") from None
        finally:
            self._pay(frame.cost + self._spent)

    def _pay(self, cost: int) -> None:
        if cost > self.left:
            self.left = -1
            raise Failed(_OUT_OF_BUDGET, is_final=True)
        self.left -= cost

    def _frame(self, compiled: Compiled) -> Frame:
        return Frame({name: self._value_of(name) for name in sorted(compiled.uses)})

    def _value_of(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._values[name]()
        return self._made[name]

    # ---- variables -----------------------------------------------------------------------------

    def _variables(self) -> Lazy:
        known = known_to({**self._policy, "variables": []})._replace(variables=())
        made: dict[str, Callable[[], Any]] = {}
        for variable in map(mapping, items(self._policy.get("variables"))):
            name, text = variable.get("name") or "", variable.get("expression") or ""
            made[name] = self._variable(name, text, known)
            held = known.variables or ()
            known = known._replace(variables=(*held, (name, variable_type(text, known))))
        return Lazy(made)

    def _variable(self, name: str, text: str, known: Known) -> Callable[[], Any]:
        def evaluate() -> Any:
            frame = self._frame(compile_expression(text, known))
            try:
                return compile_expression(text, known).run(frame)
            except (RunError, CostExceeded) as error:
                words = f'composited variable "{name}" fails to evaluate: {error}'
                raise RunError(words) from None
            finally:
                self._spent += frame.cost

        return evaluate


def _request(asked: Asked, version: str) -> Object:
    kind = {"group": asked.group, "version": asked.version, "kind": asked.kind}
    resource = {"group": asked.group, "version": asked.version, "resource": asked.resource}
    found: dict[str, Any] = {
        "uid": "",
        "kind": {**kind, "version": version},
        "resource": {**resource, "version": version},
        "requestKind": kind,
        "requestResource": resource,
        "operation": asked.operation,
        "userInfo": dict(asked.user),
        "object": None,
        "oldObject": None,
        "dryRun": asked.dry_run,
        "options": asked.options,
    }
    for name, value in (
        ("subResource", asked.subresource),
        ("requestSubResource", asked.subresource),
        ("name", asked.name),
        ("namespace", asked.namespace),
    ):
        if value:
            found[name] = value
    return found


def _namespace(asked: Asked, world: World) -> Object | None:
    if not asked.namespace or asked.is_namespace:
        return None
    found = world.namespace(asked.namespace)
    meta = mapping(found.get("metadata"))
    return {
        "metadata": {name: meta[name] for name in _NAMESPACE_META if name in meta},
        "spec": mapping(found.get("spec")),
        "status": mapping(found.get("status")),
    }


def _question(asked: Asked) -> dict[str, str]:
    return {
        "group": asked.group,
        "resource": asked.resource,
        "subresource": asked.subresource,
        "namespace": asked.namespace,
        "name": asked.name,
    }
