"""Selecting pods and nodes as Chaos Mesh does: a selector, a mode, a value.

Source: Chaos Mesh pkg/selector (generic/mode.go, pod/selector.go): all selectors must hold, `pods`
alone decides where it is given; `fixed` takes at most all, a percentage is rounded up.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ecp.kube.kinds import NODES, PODS
from ecp.kube.selectors import from_map, from_object, parse_fields
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
        text = ",".join(f"{k}={v}" for k, v in sorted(selector["fieldSelectors"].items()))
        fields = parse_fields(text, PODS)
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
