"""What is asked of a server, and what it may look at to answer, as admission policies see both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from ecp.kube.cel.authorizer import Answer, Decide, Question
from ecp.kube.patch.merge_keys import Type
from ecp.validation.scope import Object, mapping

GROUP: Final = "admissionregistration.k8s.io"
# What configures admission is exempt from it.
EXEMPT: Final = frozenset(
    {
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
ADMINISTRATOR: Final[Object] = {
    "username": "kubernetes-admin",
    "groups": ["system:masters", "system:authenticated"],
}
"""Who asks where nobody says who: somebody to whom all is allowed."""


def everything_allowed(question: Question) -> Answer:
    """Answer as an authorizer does for members of ``system:masters``, and for them only."""
    if "serviceAccount" in question:
        return Answer(False)
    return Answer(True)


class Asked(NamedTuple):
    """A request.

    resource   the plural, in lower case; versions: all in which the server has it
    object     what is to be, None for a deletion; old: what there was, None for what is new
    """

    operation: str
    group: str
    version: str
    kind: str
    resource: str
    name: str = ""
    namespace: str = ""
    object: Object | None = None
    old: Object | None = None
    subresource: str = ""
    versions: tuple[str, ...] = ()
    user: Object = ADMINISTRATOR
    options: Object | None = None
    dry_run: bool = False

    @property
    def about(self) -> str:
        """Return the resource as the server writes it: ``deployments.apps``."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def is_namespace(self) -> bool:
        return (self.group, self.kind) == ("", "Namespace")


class World(NamedTuple):
    """What policies may look at besides the request.

    of          (group, kind, namespace) → the objects of a kind, of all namespaces where it is ""
    namespaced  (group, kind) → is it one with namespaces? None for a kind nobody knows
    decide      who answers what the authorizer is asked
    """

    of: Callable[[str, str, str], Iterable[Object]]
    namespaced: Callable[[str, str], bool | None]
    decide: Decide = everything_allowed

    def namespace(self, name: str) -> Object:
        """Return a namespace; of one that is not known, what every one has."""
        for found in self.of("", "Namespace", ""):
            if mapping(found.get("metadata")).get("name") == name:
                return found
        labels = {"kubernetes.io/metadata.name": name}
        return {"metadata": {"name": name, "labels": labels}, "status": {"phase": "Active"}}


class Shape(NamedTuple):
    """A custom kind: how its fields are merged, and what gives an object its defaults."""

    type: Type
    completed: Callable[[Object], Object]


def labels_of(obj: Object | None) -> Mapping[str, str]:
    return mapping(mapping(mapping(obj).get("metadata")).get("labels"))


def name_of(obj: Object) -> str:
    return str(mapping(obj.get("metadata")).get("name") or "")
