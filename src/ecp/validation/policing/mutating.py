"""What MutatingAdmissionPolicies make of an object that is to be written.

Source: kubernetes apiserver pkg/admission/plugin/policy/mutating/dispatcher.go,
reinvocationcontext.go, patch/{smd,json_patch}.go, pkg/admission/reinvocation.go,
pkg/cel/mutation/dynamic/objects.go.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from ecp.kube.cel.formatting import formatted
from ecp.kube.cel.values import Made, MapValue
from ecp.kube.defaults import default
from ecp.kube.errors import Cause, Forbidden, InternalError
from ecp.kube.patch import fieldset, json_patch
from ecp.kube.patch.apply import merged, type_complaint
from ecp.kube.patch.merge_keys import Type, root
from ecp.kube.schema import Gvk, Node, schema
from ecp.validation.decode import first_wrong, fits, misfits
from ecp.validation.policing.bound import Bound, concerned, fails, spec_of
from ecp.validation.policing.evaluating import BUDGET, Failed
from ecp.validation.policing.requests import EXEMPT, GROUP, Asked, Shape, World, name_of
from ecp.validation.scope import Object, items, mapping

POLICY: Final = "MutatingAdmissionPolicy"


class Refused(NamedTuple):
    """Why a policy fails a request; `reason` is that of the Status if this comes first."""

    words: str
    reason: str = "Invalid"


Obj = dict[str, Any]
_Call = tuple[str, str, str, str]
"""Policy, binding, namespace and name of its parameters: what is asked again as one."""


def changed(
    asked: Asked, world: World, again: Callable[[Obj], Obj], shape: Shape | None = None
) -> Obj | None:
    """Return the object as the policies leave it.

    *again* is what the server's own plug-ins make of an object that a policy changed; *shape* that
    of a custom kind. Raises KubeError, and source.Unsupported where an expression asks for what is
    not done here.
    """
    if asked.object is None or (asked.group == GROUP and asked.kind in EXEMPT):
        return None if asked.object is None else dict(asked.object)
    first = _Pass(asked, world, shape, None)
    obj = first.outcome()
    if obj is None or not first.dirty:
        return obj
    once_more = asked._replace(object=again(obj))
    due = first.due | (first.before if once_more.object != obj else set())
    return _Pass(once_more, world, shape, due).outcome()


class _Pass:
    """The policies asked one after the other, each about what the others left.

    only     calls to repeat, None for all in a first pass
    before   calls that may be repeated and were not followed by a change
    due      calls to repeat
    dirty    a policy wrote the object, be it with the same values
    """

    def __init__(
        self, asked: Asked, world: World, shape: Shape | None, only: set[_Call] | None
    ) -> None:
        self.asked = asked
        self.world = world
        self.shape = shape
        self.only = only
        self.before: set[_Call] = set()
        self.due: set[_Call] = set()
        self.dirty = False
        self.refused: list[Refused] = []

    def outcome(self) -> Obj | None:
        """Return the object after all policies. Raises KubeError."""
        for call, bound, param in list(self._calls()):
            self._invoke(call, bound, param)
        if self.dirty:
            self.due |= self.before
        if self.refused:
            raise self._error()
        return None if self.asked.object is None else dict(self.asked.object)

    def _error(self) -> Forbidden:
        asked, first = self.asked, self.refused[0]
        name = name_of(asked.object or {}) or asked.name or "Unknown"
        causes = tuple(Cause(message=one.words) for one in self.refused)
        error = Forbidden(asked.about, name, first.words, causes)
        error.message, error.reason = first.words, first.reason
        return error

    def _calls(self) -> Iterator[tuple[_Call, Bound, Object | None]]:
        for policy, bindings, match, failed in concerned(self.asked, self.world, POLICY):
            strict = fails(spec_of(policy))
            if failed and strict:
                words = f'policy "{name_of(policy)}" denied request: {failed}'
                self.refused.append(Refused(words, "Forbidden"))
            for binding in bindings:
                bound = Bound(policy, binding, self.asked, self.world, match)
                try:
                    params = bound.params()
                except Failed as cause:
                    if strict:
                        words = _words(bound, f"failed to configure binding: {cause}")
                        self.refused.append(Refused(words, "Forbidden"))
                    continue
                for param in params:
                    meta = mapping(mapping(param).get("metadata"))
                    place = str(meta.get("namespace") or ""), str(meta.get("name") or "")
                    yield (*bound.names, *place), bound, param

    def _invoke(self, call: _Call, bound: Bound, param: Object | None) -> None:
        bound.asked = self.asked
        try:
            if not bound.conditions_hold(param):
                return
        except Failed as failed:
            self._fail(bound, str(failed))
            return
        if self.only is not None and call not in self.only:
            return
        was = self.asked.object
        for mutation in map(mapping, items(bound.policy.get("mutations"))):
            bound.asked = self.asked
            try:
                new = self._mutated(bound, mutation, param)
            except Failed as failed:
                self._fail(bound, str(failed))
                continue
            self.asked = self.asked._replace(object=new)
            self.dirty = True
        if self.asked.object != was:
            self.due |= self.before
            self.before = set()
        if bound.policy.get("reinvocationPolicy") == "IfNeeded":
            self.before.add(call)

    def _fail(self, bound: Bound, words: str) -> None:
        if bound.fails:
            self.refused.append(Refused(_words(bound, words)))

    # ---- one mutation --------------------------------------------------------------------------

    def _mutated(self, bound: Bound, mutation: Object, param: Object | None) -> Object:
        """Return the object after one mutation, with defaults. Raises Failed, InternalError."""
        applies = mutation.get("patchType") == "ApplyConfiguration"
        said = mapping(mutation.get("applyConfiguration" if applies else "jsonPatch"))
        text = str(said.get("expression") or "")
        evaluation = bound.evaluation(param, BUDGET)
        value = evaluation.value(text, bound.known._replace(patching=True))
        obj = self.asked.object or {}
        new = self._applied(obj, value) if applies else self._patched(obj, value)
        if self.shape is not None:
            return self.shape.completed(new)
        return default(self.asked.kind, dict(new))

    def _type(self) -> Type:
        if self.shape is not None:
            return self.shape.type
        return root(_api_version(self.asked), self.asked.kind)

    def _applied(self, obj: Object, value: Any) -> Object:
        if wrong := "\n".join(_misnamed(value, "Object")):
            raise Failed(f"type mismatch: {wrong}")
        head = {"apiVersion": _api_version(self.asked), "kind": self.asked.kind}
        patch = {**_json(value), **head}
        type_ = self._type()
        if complaint := type_complaint(type_, patch):
            words = "failed to convert patch object to typed object"
            raise Failed(f"error applying patch: {words}: {complaint}")
        if whole := list(_wholes(type_, patch, "")):
            words = f"may not mutate atomic arrays, maps or structs: {', '.join(whole)}"
            raise Failed(f"error applying patch: invalid ApplyConfiguration: {words}")
        return merged(type_, dict(obj), patch)

    def _patched(self, obj: Object, value: Any) -> Object:
        patch = []
        for made in value:
            operation = {str(name): made.find(name)[0] for name in made.keys_of()}
            held = operation.get("value")
            if isinstance(held, Made) and (wrong := "\n".join(_misnamed(held, held.type_name))):
                raise Failed(f"type mismatch: {wrong}")
            patch.append({name: _json(part) for name, part in operation.items()})
        try:
            new = json_patch.operated(dict(obj), patch)
        except json_patch.TestFailed:
            return obj
        except json_patch.Impossible as why:
            raise Failed(f"JSON Patch: {why}") from None
        self._check_decodes(new)
        return new

    def _check_decodes(self, obj: Object) -> None:
        """Raises InternalError for what the server does not read as an object of the kind."""
        gvk, known = Gvk(self.asked.group, self.asked.version, self.asked.kind), schema()
        node = known.node(gvk) if gvk in known else None
        if not isinstance(node, Node) or fits(obj, gvk, known):
            return
        found = misfits(obj, node)
        unfit = first_wrong(found)
        if unfit is not None:
            raise InternalError(unfit.message)
        unknown = [misfit.message for misfit in found if misfit.sort == "unknown"]
        if unknown:
            raise InternalError(f"strict decoding error: {', '.join(unknown)}")


def _words(bound: Bound, words: str) -> str:
    policy, binding = bound.names
    return f"policy '{policy}' with binding '{binding}' denied request: {words}"


def _api_version(asked: Asked) -> str:
    return f"{asked.group}/{asked.version}" if asked.group else asked.version


def _misnamed(value: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with the types named in a value: each is named by where it stands."""
    if isinstance(value, Made):
        if value.type_name != path:
            yield (
                f'unexpected type name "{value.type_name}", expected "{path}", which matches field '
                "name path from root Object type"
            )
        for name in value.keys_of():
            yield from _misnamed(value.find(name)[0], f"{path}.{name}")
    elif isinstance(value, MapValue):
        for name in value.keys_of():
            yield from _misnamed(value.find(name)[0], path)
    elif isinstance(value, list):
        for item in value:
            yield from _misnamed(item, path)


def _json(value: Any) -> Any:
    if isinstance(value, MapValue):
        return {str(name): _json(value.find(name)[0]) for name in value.keys_of()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return formatted("%s", [value])


def _wholes(type_: Type, value: Any, path: str) -> Iterator[str]:
    """Yield the places of *value* that can only be set as a whole, and would be."""
    type_ = fieldset.shape_of(type_, value)
    if isinstance(value, dict) and type_.shape in ("map", "any"):
        if type_.relation == "atomic":
            yield path
        for name, child in value.items():
            below = type_.field(name)
            if below is not None:
                yield from _wholes(below, child, f"{path}.{name}")
    elif isinstance(value, list) and type_.shape in ("list", "any"):
        if type_.relation == "atomic":
            yield path
        for at, item in enumerate(value):
            yield from _wholes(type_.value_type(), item, f"{path}[{at}]")
