"""Event of the core group. Source: kubernetes pkg/apis/core/validation/events.go."""

from __future__ import annotations

from collections.abc import Iterator

from ecp.validation.faults import At, Fault, invalid
from ecp.validation.scope import Object, Scope, mapping


def check_event(event: Object, scope: Scope) -> Iterator[Fault]:
    """An Event stands where its object is; Events about cluster-scoped objects in "default"."""
    namespace = mapping(event.get("metadata")).get("namespace") or ""
    about = mapping(event.get("involvedObject")).get("namespace") or ""
    if about != namespace and (about or namespace not in ("default", "")):
        here = At() / "involvedObject" / "namespace"
        yield invalid("E0614", here, about, "does not match event.namespace")


CHECKS = {"Event": (check_event,)}
