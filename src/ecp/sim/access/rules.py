"""What one rule of a role allows, and whether rules cover others.

Source: kubernetes pkg/apis/rbac/v1/evaluation_helpers.go, component-helpers
auth/rbac/validation/policy_comparator.go, pkg/registry/rbac/validation/policy_compact.go.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.errors import go_quote

Rule = dict[str, Any]

_FIELDS: Final = (
    ("apiGroups", "APIGroups"),
    ("resources", "Resources"),
    ("nonResourceURLs", "NonResourceURLs"),
    ("resourceNames", "ResourceNames"),
    ("verbs", "Verbs"),
)
FULL: Final[tuple[Rule, ...]] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
"""All that there is to allow."""


class Asked(NamedTuple):
    """What is asked for: a verb on a resource, or, without one, on a path.

    `on_node` is the node to which the field selector of a list or watch narrows it, "" for none.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    of_resource: bool = True
    on_node: str = ""

    @property
    def whole_resource(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def allows(rule: Rule, asked: Asked) -> bool:
    """Does *rule* allow what is asked? Namespaces are the binding's matter."""
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and asked.verb not in verbs:
        return False
    if not asked.of_resource:
        return any(_url_covers(url, asked.path) for url in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and asked.group not in groups:
        return False
    resources = rule.get("resources") or ()
    if not (
        "*" in resources
        or asked.whole_resource in resources
        or (asked.subresource and f"*/{asked.subresource}" in resources)
    ):
        return False
    names = rule.get("resourceNames")
    return not names or asked.name in names


def _url_covers(owned: str, path: str) -> bool:
    if owned in ("*", path):
        return True
    return owned.endswith("*") and path.startswith(owned.rstrip("*"))


# ---- do rules cover others? -----------------------------------------------------------------


def missing(owned: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """Return what of *wanted* no rule of *owned* covers, in pieces of one verb and resource."""
    pieces = (piece for rule in wanted for piece in _pieces(rule))
    return [piece for piece in pieces if not any(_covers(rule, piece) for rule in owned)]


def _pieces(rule: Rule) -> Iterable[Rule]:
    """Yield rules that have one verb, one resource or URL and at most one name each."""
    verbs = rule.get("verbs") or ()
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in verbs:
                piece = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                for name in rule.get("resourceNames") or ():
                    yield {**piece, "resourceNames": [name]}
                if not rule.get("resourceNames"):
                    yield piece
    for url in rule.get("nonResourceURLs") or ():
        for verb in verbs:
            yield {"nonResourceURLs": [url], "verbs": [verb]}


def _covers(rule: Rule, piece: Rule) -> bool:
    for field in ("verbs", "apiGroups"):
        owned = rule.get(field) or ()
        if "*" not in owned and not all(one in owned for one in piece.get(field) or ()):
            return False
    resources = rule.get("resources") or ()
    if not all(_resource_covered(resources, one) for one in piece.get("resources") or ()):
        return False
    urls = rule.get("nonResourceURLs") or ()
    for path in piece.get("nonResourceURLs") or ():
        if not any(_url_covers(url, path) for url in urls):
            return False
    names = rule.get("resourceNames") or ()
    wanted = piece.get("resourceNames") or ()
    return not names or (bool(wanted) and all(name in names for name in wanted))


def _resource_covered(owned: Sequence[str], path: str) -> bool:
    _, slash, subresource = path.partition("/")
    return "*" in owned or path in owned or bool(slash and f"*/{subresource}" in owned)


def described(pieces: Iterable[Rule]) -> list[str]:
    """Return pieces as a refusal lists them: put together where only verbs differ, sorted."""
    found: dict[tuple[Any, ...], Rule] = {}
    for number, piece in enumerate(pieces):
        at: tuple[Any, ...] = tuple(
            tuple(piece.get(field, ())) for field, _ in _FIELDS if field != "verbs"
        )
        if "nonResourceURLs" in piece:
            at = (number,)
        known = found.get(at)
        found[at] = {**piece, "verbs": [*(known["verbs"] if known else ()), *piece["verbs"]]}
    return sorted({_compact(rule) for rule in found.values()})


def _compact(rule: Rule) -> str:
    said = [f"{name}:{go_list(rule[field])}" for field, name in _FIELDS if rule.get(field)]
    return "{" + ", ".join(said) + "}"


def go_list(values: Iterable[str]) -> str:
    """Return texts as Go's %q prints a slice of them."""
    return "[" + " ".join(map(go_quote, values)) + "]"
