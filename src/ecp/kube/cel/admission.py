"""Expressions of admission policies and webhooks: what they may speak of, and what they see.

Objects are of any type here, as they are to the server; the request, the namespace, the authorizer
and what a policy calls its variables have types.
Source: kubernetes apiserver pkg/admission/plugin/cel/{compile,composition,activation}.go,
pkg/cel/mutation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.cel.check import check
from ecp.kube.cel.declarations import type_named
from ecp.kube.cel.declared import Declared, objects_in
from ecp.kube.cel.evaluate import compile_node
from ecp.kube.cel.literals import check_constants, check_literals
from ecp.kube.cel.loops import Run
from ecp.kube.cel.parse import TOO_DEEP, parse
from ecp.kube.cel.source import CompileError, Issue
from ecp.kube.cel.types import BOOL, DYN, INT, STRING, TIMESTAMP, Type, list_of, map_of
from ecp.kube.cel.values import MapValue, is_patch_type

VARIABLES: Final = "variables"
_VARIABLES_TYPE: Final = Type("object", "kubernetes.variables")
_AUTHORIZER: Final = {
    "authorizer": type_named("authz.Authorizer"),
    "authorizer.requestResource": type_named("authz.ResourceCheck"),
}


class Known(NamedTuple):
    """What an expression may speak of besides object, oldObject, request and namespaceObject.

    variables   (name, type) of those that the policy has, None where there can be none
    patching    the types and functions of patches
    device      a device, and nothing else: what selects devices is of no request
    """

    params: bool = False
    authorizer: bool = True
    variables: tuple[tuple[str, Type], ...] | None = None
    patching: bool = False
    device: bool = False


class Compiled(NamedTuple):
    """type: that of the result; uses: the variables it speaks of."""

    type: Type
    uses: frozenset[str]
    run: Run


@lru_cache(maxsize=1024)
def compile_expression(text: str, known: Known) -> Compiled:
    """Return an expression made ready. Raises CompileError, and literals.NotStartable."""
    try:
        return _compiled(text, known)
    except RecursionError:
        raise CompileError(text, [Issue(-1, TOO_DEEP)]) from None


def _compiled(text: str, known: Known) -> Compiled:
    node = parse(text)
    checked = check(node, _declared(known), _objects(known), patching=known.patching)
    issues = checked.issues or check_literals(node, checked)
    if issues:
        raise CompileError(text, issues)
    check_constants(node)
    return Compiled(checked.type_of(node), checked.uses, compile_node(node, checked))


class Typed(NamedTuple):
    """What the object, which is of the same type as the old one, and the parameters are."""

    object: Declared | None = None
    params: Declared | None = None


def check_typed(text: str, known: Known, typed: Typed, *, strict: bool = True) -> Type:
    """Return the type of an expression over objects of known types, which is not made ready.

    Raises CompileError; where it is not *strict*, what does not compile is anything.
    """
    try:
        node = parse(text)
    except CompileError:
        if strict:
            raise
        return DYN
    declared, objects = _declared(known), dict(_objects(known))
    for name, of in (
        ("object", typed.object),
        ("oldObject", typed.object),
        ("params", typed.params),
    ):
        if of is not None and name in declared:
            declared[name] = of.type
            objects |= objects_in(of)
    checked = check(node, declared, objects)
    if not checked.issues:
        return checked.type_of(node)
    if strict:
        raise CompileError(text, checked.issues)
    return DYN


def _declared(known: Known) -> dict[str, Type]:
    if known.device:
        return {"device": _DEVICE.type}
    found = {
        "object": DYN,
        "oldObject": DYN,
        "namespaceObject": _NAMESPACE.type,
        "request": _REQUEST.type,
    }
    if known.params:
        found["params"] = DYN
    if known.authorizer:
        found |= _AUTHORIZER
    if known.variables is not None:
        found[VARIABLES] = _VARIABLES_TYPE
    return found


def _objects(known: Known) -> Mapping[str, Declared]:
    found = dict(_BUILT_IN)
    if known.variables is not None:
        fields = {name: Declared(_as_declared(type_)) for name, type_ in known.variables}
        found[_VARIABLES_TYPE.name] = Declared(_VARIABLES_TYPE, fields=fields)
    return _WithPatches(found) if known.patching else found


def _as_declared(type_: Type) -> Type:
    """Return what the server takes a variable's type for: of what it cannot write, anything."""
    if type_.kind in ("error", "param", "abstract", "type", "object"):
        return DYN
    return type_._replace(params=tuple(map(_as_declared, type_.params)))


# ---- types -------------------------------------------------------------------------------------


def _object(name: str, /, **fields: Type | Declared) -> Declared:
    parts = {
        field: part if isinstance(part, Declared) else Declared(part)
        for field, part in fields.items()
    }
    return Declared(Type("object", f"kubernetes.{name}"), fields=parts)


def _listed(item: Declared) -> Declared:
    return Declared(list_of(item.type), element=item)


_TEXTS: Final = list_of(STRING)
_KIND: Final = _object("GroupVersionKind", group=STRING, version=STRING, kind=STRING)
_RESOURCE: Final = _object("GroupVersionResource", group=STRING, version=STRING, resource=STRING)
_USER: Final = _object(
    "UserInfo", username=STRING, uid=STRING, groups=_TEXTS, extra=map_of(STRING, _TEXTS)
)
_REQUEST: Final = _object(
    "AdmissionRequest",
    kind=_KIND,
    resource=_RESOURCE,
    subResource=STRING,
    requestKind=_KIND,
    requestResource=_RESOURCE,
    requestSubResource=STRING,
    name=STRING,
    namespace=STRING,
    operation=STRING,
    userInfo=_USER,
    dryRun=BOOL,
    options=DYN,
)
_CONDITION: Final = _object(
    "NamespaceCondition",
    status=STRING,
    type=STRING,
    lastTransitionTime=TIMESTAMP,
    message=STRING,
    reason=STRING,
)
_NAMESPACE: Final = _object(
    "Namespace",
    metadata=_object(
        "NamespaceMetadata",
        name=STRING,
        generateName=STRING,
        namespace=STRING,
        labels=map_of(STRING, STRING),
        annotations=map_of(STRING, STRING),
        UID=STRING,
        creationTimestamp=TIMESTAMP,
        deletionGracePeriodSeconds=INT,
        deletionTimestamp=TIMESTAMP,
        generation=INT,
        resourceVersion=STRING,
        finalizers=_TEXTS,
    ),
    spec=_object("NamespaceSpec", finalizers=_TEXTS),
    status=_object("NamespaceStatus", conditions=_listed(_CONDITION), phase=STRING),
)
_DEVICE: Final = _object(
    "DRADevice",
    driver=STRING,
    attributes=map_of(STRING, map_of(STRING, DYN)),
    capacity=map_of(STRING, map_of(STRING, type_named("kubernetes.Quantity"))),
    allowMultipleAllocations=BOOL,
)
_BUILT_IN: Final = {**objects_in(_DEVICE), **objects_in(_REQUEST), **objects_in(_NAMESPACE)}
_PATCH: Final = Declared(
    Type("object", "JSONPatch"),
    fields={
        "op": Declared(STRING),
        "path": Declared(STRING),
        "from": Declared(STRING),
        "value": Declared(DYN),
    },
)


class _Anything(Mapping[str, Declared]):
    """The fields of an object of which nothing is known: any, of any type."""

    def __getitem__(self, name: str) -> Declared:
        return Declared(DYN)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _WithPatches(dict[str, Declared]):
    """Types by name, those of patches among them: ``Object.spec`` is one for every field."""

    def get(self, name: str, default: Any = None) -> Any:
        if name == "JSONPatch":
            return _PATCH
        if is_patch_type(name):
            return Declared(Type("object", name), fields=_Anything())
        return super().get(name, default)


# ---- values ------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """Return what was read from JSON, as expressions see what has no schema."""
    if isinstance(value, Mapping):
        made = MapValue()
        for name, part in value.items():
            made.put(name, plain(part))
        return made
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


class Lazy(MapValue):
    """What a policy calls its variables: each is evaluated when it is first asked for."""

    __slots__ = ("found", "made")
    type_name = _VARIABLES_TYPE.name

    def __init__(self, made: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__()
        self.made = made
        self.found: dict[str, Any] = {}

    def keys_of(self) -> list[Any]:
        return list(self.made)

    def find(self, key: Any) -> tuple[Any, bool]:
        if key not in self.made:
            return None, False
        if key not in self.found:
            self.found[key] = self.made[key]()
        return self.found[key], True
