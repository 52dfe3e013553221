"""RuntimeClass. Source: kubernetes pkg/apis/node/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate_struct, invalid, required
from ecp.validation.kinds.placement import check_tolerations
from ecp.validation.kinds.resources import check_resources
from ecp.validation.metadata import check_labels
from ecp.validation.scope import Object, Scope, items, mapping

_TOLERATION: Final = ("key", "operator", "value", "effect")


def check_runtime_class(runtime: Object, scope: Scope) -> Iterator[Fault]:
    handler = runtime.get("handler") or ""
    if not handler:
        yield required("E0624", At() / "handler")
    for text in names.dns_label(handler) if handler else ():
        yield invalid("E0624", At() / "handler", handler, text)
    if runtime.get("overhead") is not None:
        yield from _overhead(mapping(runtime["overhead"]), At() / "overhead")
    if runtime.get("scheduling") is not None:
        # What is switched on for pods is not for the classes they use.
        plain = Scope(scope.version)
        yield from _scheduling(mapping(runtime["scheduling"]), At() / "scheduling", plain)


def _overhead(overhead: Object, at: At) -> Iterator[Fault]:
    """What a pod costs besides its containers is judged as if it were their limits."""
    spoken, real = (at / "limits").path, (at / "podFixed").path
    for fault in check_resources({"limits": overhead.get("podFixed")}, at):
        if fault.path[: len(spoken)] == spoken:
            fault = fault._replace(path=real + fault.path[len(spoken) :])
        yield fault


def _scheduling(scheduling: Object, at: At, scope: Scope) -> Iterator[Fault]:
    yield from check_labels(scheduling.get("nodeSelector"), at / "nodeSelector")
    here = at / "tolerations"
    yield from check_tolerations(scheduling, here, scope)
    seen: set[tuple[str, ...]] = set()
    for number, toleration in enumerate(items(scheduling.get("tolerations"))):
        toleration = mapping(toleration)
        same = {field: toleration.get(field) or "" for field in _TOLERATION}
        if tuple(same.values()) in seen:
            struct = {field.capitalize(): value for field, value in same.items()}
            struct["TolerationSeconds"] = toleration.get("tolerationSeconds")
            yield duplicate_struct("E0624", here / number, struct)
        seen.add(tuple(same.values()))


CHECKS = {"RuntimeClass": (check_runtime_class,)}
