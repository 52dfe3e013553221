"""Selecting pods and nodes as Chaos Mesh does: a selector, a mode, a value.

Source: Chaos Mesh pkg/selector (generic/mode.go, pod/selector.go): all selectors must hold, `pods`
alone decides where it is given; `fixed` takes at most all, a percentage is rounded up.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ecp.kube.kinds import NODES, PODS
from ecp.kube.selectors import InvalidSelector, from_map, from_object, parse_fields
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

MODES: Final = ("one", "all", "fixed", "fixed-percent", "random-max-percent")
PHASES: Final = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_SYSTEM: Final = "kube-"
# What a selector says of pods alone.
_OF_PODS: Final = (
    "pods", "namespaces", "labelSelectors", "expressionSelectors", "annotationSelectors",
    "fieldSelectors", "podPhaseSelectors",
)  # fmt: skip


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _pairs(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())


def _expressions(value: Any) -> bool:
    whole = isinstance(value, list) and all(
        isinstance(one, Mapping)
        and isinstance(one.get("key"), str)
        and isinstance(one.get("operator"), str)
        and _texts(one.get("values", []))
        for one in value
    )
    return whole and _is_read(lambda: from_object({"matchExpressions": value}))


def _fields(value: Any) -> bool:
    return _pairs(value) and _is_read(lambda: parse_fields(_field_text(value), PODS))


def _field_text(value: Mapping[str, str]) -> str:
    return ",".join(f"{name}={wanted}" for name, wanted in sorted(value.items()))


def _is_read(read: Callable[[], object]) -> bool:
    try:
        read()
    except InvalidSelector:
        return False
    return True


FORMS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "namespaces": _texts,
    "nodes": _texts,
    "podPhaseSelectors": lambda value: _texts(value) and all(one in PHASES for one in value),
    "labelSelectors": _pairs,
    "annotationSelectors": _pairs,
    "nodeSelectors": _pairs,
    "fieldSelectors": _fields,
    "expressionSelectors": _expressions,
    "pods": lambda value: isinstance(value, Mapping) and all(map(_texts, value.values())),
}


def wrong_in(selector: Any) -> str:
    """Return which field of a selector is none, "" where all are well."""
    if not isinstance(selector, Mapping):
        return "selector"
    return next(
        (
            str(field)
            for field, value in selector.items()
            if field not in FORMS or not FORMS[field](value)
        ),
        "",
    )


def is_amount(mode: str, value: Any) -> bool:
    """Whether *value* says how many a mode takes. Source: Chaos Mesh common_webhook.go."""
    if mode in ("one", "all"):
        return True
    text = str(value if value is not None else "")
    most = 10**9 if mode == "fixed" else 100
    return text.isdecimal() and 0 < int(text) <= most


def pods_of(read: Reader, selector: Mapping[str, Any], own: str = "") -> list[Obj]:
    """Return the pods that a selector means, by namespace and name.

    *own* is the namespace of who asks: meant where the selector names none.
    """
    if selector.get("pods"):
        named = [
            read.get(PODS, namespace, name)
            for namespace in sorted(selector["pods"])
            for name in selector["pods"][namespace]
        ]
        return sorted((pod for pod in named if pod is not None), key=_key)
    spaces = selector.get("namespaces") or ([own] if own else None)
    tests = _tests(read, selector)
    return sorted(
        (
            pod
            for pod in read.list(PODS)
            if _within(pod["metadata"]["namespace"], spaces) and all(test(pod) for test in tests)
        ),
        key=_key,
    )


def _within(namespace: str, spaces: Sequence[str] | None) -> bool:
    return not namespace.startswith(_SYSTEM) if spaces is None else namespace in spaces


def _tests(read: Reader, selector: Mapping[str, Any]) -> list[Callable[[Obj], bool]]:
    tests: list[Callable[[Obj], bool]] = []
    labels = from_map(selector.get("labelSelectors") or {}).matches
    tests.append(lambda pod: labels(pod["metadata"].get("labels") or {}))
    if selector.get("expressionSelectors"):
        said = from_object({"matchExpressions": selector["expressionSelectors"]}).matches
        tests.append(lambda pod: said(pod["metadata"].get("labels") or {}))
    if selector.get("annotationSelectors"):
        notes = from_map(selector["annotationSelectors"]).matches
        tests.append(lambda pod: notes(pod["metadata"].get("annotations") or {}))
    if selector.get("fieldSelectors"):
        fields = parse_fields(_field_text(selector["fieldSelectors"]), PODS)
        tests.append(fields.matches)
    if selector.get("podPhaseSelectors"):
        phases = selector["podPhaseSelectors"]
        tests.append(lambda pod: (pod.get("status") or {}).get("phase", "Pending") in phases)
    if selector.get("nodes") or selector.get("nodeSelectors"):
        nodes = {node["metadata"]["name"]: None for node in nodes_of(read, selector)}
        tests.append(lambda pod: pod["spec"].get("nodeName") in nodes)
    return tests


def nodes_of(read: Reader, selector: Mapping[str, Any], own: str = "") -> list[Obj]:
    """Return the nodes that a selector means, by name: named ones, and those with the labels.

    One that speaks of pods alone means the nodes that they run on; an empty one means all.
    """
    named = selector.get("nodes") or ()
    if not (named or selector.get("nodeSelectors")) and any(map(selector.get, _OF_PODS)):
        named = {pod["spec"].get("nodeName"): None for pod in pods_of(read, selector, own)}
        return [node for node in nodes_of(read, {}) if node["metadata"]["name"] in named]
    labels = selector.get("nodeSelectors")
    matches = from_map(labels).matches if labels else None
    return sorted(
        (
            node
            for node in read.list(NODES)
            if node["metadata"]["name"] in named
            or (matches is not None and matches(node["metadata"].get("labels") or {}))
            or not (named or labels)
        ),
        key=lambda node: str(node["metadata"]["name"]),
    )


def some(found: Sequence[Obj], mode: str, value: str, draw: Callable[[int], float]) -> list[Obj]:
    """Return those of *found* that a mode takes, in their order; *draw(n)* is the n-th draw."""
    count = len(found)
    number = 0
    match mode:
        case "all":
            number = count
        case "one":
            number = min(1, count)
        case "fixed":
            number = min(int(value), count)
        case "fixed-percent":
            number = _of(count, int(value))
        case "random-max-percent":
            number = _of(count, int(draw(0) * (int(value) + 1)))
    if number >= count:
        return list(found)
    left = list(range(count))
    taken = [left.pop(int(draw(n + 1) * len(left))) for n in range(number)]
    return [found[index] for index in sorted(taken)]


def _of(count: int, percent: int) -> int:
    return -(-count * percent // 100)


def _key(pod: Obj) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
