"""The authorizer of admission policies: questions put together call by call, then asked.

Source: kubernetes apiserver pkg/cel/library/authz.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube.cel.values import Opaque

Question = Mapping[str, str]
"""What is asked: ``serviceAccount`` as namespace:name, if not the caller; ``verb``; ``path``, or
``group``, ``resource``, ``subresource``, ``namespace``, ``name``, ``fieldSelector`` and
``labelSelector``."""


class Answer(NamedTuple):
    allowed: bool
    reason: str = ""


Decide = Callable[[Question], Answer]


class Asking(NamedTuple):
    """Who answers, and what is known of the question so far."""

    decide: Decide
    question: dict[str, str]

    def with_(self, name: str, value: str) -> Asking:
        return Asking(self.decide, {**self.question, name: value})


_KIND: Final = "kubernetes.authorization."


def authorizer(decide: Decide) -> Opaque:
    """Return the value of the variable ``authorizer``."""
    return Opaque(f"{_KIND}Authorizer", Asking(decide, {}))


def of_resource(decide: Decide, question: Question) -> Opaque:
    """Return the value of ``authorizer.requestResource``: all but the verb is known."""
    return Opaque(f"{_KIND}ResourceCheck", Asking(decide, dict(question)))


def _adding(name: str, kind: str) -> Callable[[Opaque, str], Opaque]:
    return lambda held, value: Opaque(f"{_KIND}{kind}", held.value.with_(name, value))


def _service_account(held: Opaque, namespace: str, name: str) -> Opaque:
    return Opaque(held.kind, held.value.with_("serviceAccount", f"{namespace}:{name}"))


def _check(held: Opaque, verb: str) -> Opaque:
    asking = held.value.with_("verb", verb)
    return Opaque(f"{_KIND}Decision", asking.decide(asking.question))


AUTHORIZER: Final[dict[str, Callable[..., Any]]] = {
    "allowed": lambda decision: decision.value.allowed,
    "check": _check,
    "error": lambda decision: "",
    "errored": lambda decision: False,
    "fieldSelector": _adding("fieldSelector", "ResourceCheck"),
    "group": _adding("group", "GroupCheck"),
    "labelSelector": _adding("labelSelector", "ResourceCheck"),
    "name": _adding("name", "ResourceCheck"),
    "namespace": _adding("namespace", "ResourceCheck"),
    "path": _adding("path", "PathCheck"),
    "reason": lambda decision: decision.value.reason,
    "resource": _adding("resource", "ResourceCheck"),
    "serviceAccount": _service_account,
    "subresource": _adding("subresource", "ResourceCheck"),
}
"""What the functions of these values do, by name."""
