"""Namespace. Source: kubernetes pkg/apis/core/validation/validation.go `ValidateNamespace`."""

from __future__ import annotations

from collections.abc import Iterator

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid
from ecp.validation.metadata import STANDARD_FINALIZERS
from ecp.validation.podsecurity import label_faults
from ecp.validation.scope import Object, Scope, items, mapping


def check_namespace(namespace: Object, scope: Scope) -> Iterator[Fault]:
    at = At() / "spec" / "finalizers"
    for number, name in enumerate(items(mapping(namespace.get("spec")).get("finalizers"))):
        complaints = names.label_key(name or "")
        for text in complaints:
            yield invalid("E0107", at, name, text, point=at / number)
        if "/" not in (name or "") and name not in STANDARD_FINALIZERS:
            text = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid("E0107", at, name, text, point=at / number)
    labels = mapping(mapping(namespace.get("metadata")).get("labels"))
    if labels:
        yield from label_faults(labels)


CHECKS = {"Namespace": (check_namespace,)}
