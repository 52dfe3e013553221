"""Namespace. Source: kubernetes pkg/apis/core/validation/validation.go `ValidateNamespace`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid
from ecp.validation.metadata import STANDARD_FINALIZERS, check_labels, check_metadata
from ecp.validation.podsecurity import label_faults
from ecp.validation.scope import Object, Scope, items, mapping

_NAME_LABEL: Final = "kubernetes.io/metadata.name"


def check_namespace(namespace: Object, scope: Scope) -> Iterator[Fault]:
    labels = mapping(mapping(namespace.get("metadata")).get("labels"))
    own = list(_finalizers(namespace))
    yield from own
    if not own and not list(check_labels(labels, At() / "metadata" / "labels")):
        yield from _security(namespace)


def new_namespace(namespace: Object, scope: Scope) -> Iterator[Fault]:
    """A namespace bears its name as a label, and its other labels mean something once it is sound.

    Source: kubernetes pkg/apis/core/v1/defaults.go `SetDefaults_Namespace`.
    """
    meta = mapping(namespace.get("metadata"))
    name = meta.get("name")
    labels = {**mapping(meta.get("labels")), **({_NAME_LABEL: name} if name else {})}
    labelled = {**namespace, "metadata": {**meta, "labels": labels}}
    own = [*check_metadata(labelled, "", "Namespace", scope), *_finalizers(namespace)]
    yield from own or _security(namespace)


def _finalizers(namespace: Object) -> Iterator[Fault]:
    at = At() / "spec" / "finalizers"
    for number, name in enumerate(items(mapping(namespace.get("spec")).get("finalizers"))):
        complaints = names.label_key(name or "")
        for text in complaints:
            yield invalid("E0107", at, name, text, point=at / number)
        if "/" not in (name or "") and name not in STANDARD_FINALIZERS:
            text = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid("E0107", at, name, text, point=at / number)


def _security(namespace: Object) -> Iterator[Fault]:
    labels = mapping(mapping(namespace.get("metadata")).get("labels"))
    if labels:
        yield from label_faults(labels)


CHECKS = {"Namespace": (check_namespace,)}
NEW = {"Namespace": new_namespace}
