"""Which objects are told: filtered, in an order, a page of them, many leaves as a group. Pure.

Thousands of pods of one ReplicaSet are one group, which says how many stand how; its members are
asked for by page. Those that are to be looked at are a group of their own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.health import WORST
from ecp.kube.selectors import Selector
from ecp.orchestrator.resources.linking import NODE
from ecp.orchestrator.resources.model import Node

FEW: Final = 300
"""Up to so many objects are told one by one."""
_OWNED: Final = 8
_FREE: Final = 40
"""From so many on leaves of one kind are a group: below one owner, and those that nobody owns."""
_ID: Final = "*"
_PROBLEM: Final = "!"

Reason = Callable[[Node], str]
"""Why a node stands as it does, "" where there is nothing to say."""


class Wish(NamedTuple):
    """kinds of any case, none: all; words: each in what is shown of the object; group: only the
    members of a group, by its id."""

    kinds: Collection[str] = ()
    selector: Selector | None = None
    words: Sequence[str] = ()
    problems: bool = False
    group: str = ""


class Group(NamedTuple):
    """Leaves of one kind below one owner, all problems or none of them."""

    id: str
    owner: str | None
    kind: str
    problem: bool
    members: Sequence[Node]


def matching(nodes: Iterable[Node], wish: Wish, reason: Reason) -> list[Node]:
    """Return the nodes that a wish chooses, problems or not, in the order in which they are."""
    kinds = {kind.lower() for kind in wish.kinds}
    words = [word.lower() for word in wish.words]
    owner, _, rest = wish.group.rpartition(_ID)
    kind = rest.removesuffix(_PROBLEM)
    return [
        node
        for node in nodes
        if (not kinds or node.kind.lower() in kinds)
        and (
            not wish.group
            or (
                node.kind == kind
                and (node.owner or "") == owner
                and node.problem == rest.endswith(_PROBLEM)
            )
        )
        and (wish.selector is None or wish.selector.matches(node.labels))
        and (not words or _holds(node, words, reason))
    ]


def _holds(node: Node, words: Iterable[str], reason: Reason) -> bool:
    health = "" if node.health is None else node.health.state
    labels = " ".join(f"{name}={value}" for name, value in node.labels.items())
    text = f"{node.kind} {node.name} {node.node or ''} {health} {labels}".lower()
    left = [word for word in words if word not in text]
    return not left or all(word in reason(node).lower() for word in left)


# -- order and pages ------------------------------------------------------------------------------


def _stands(node: Node) -> int:
    return len(WORST) if node.health is None else WORST.index(node.health.state)


def _share(node: Node) -> float | None:
    return None if node.parts is None else node.parts[0] / (node.parts[1] or 1)


SORTS: Final[Mapping[str, Callable[[Node, Reason], Any]]] = {
    "name": lambda node, _: node.name,
    "kind": lambda node, _: node.kind,
    "health": lambda node, _: _stands(node),
    "reason": lambda node, reason: reason(node) or None,
    "sync": lambda node, _: node.sync,
    "ready": lambda node, _: _share(node),
    "restarts": lambda node, _: node.restarts,
    "node": lambda node, _: node.node,
    "created_at": lambda node, _: node.created,
}
"""What may be sorted by; health: what is worst first."""


def ordered(nodes: Iterable[Node], sort: str, reason: Reason) -> list[Node]:
    """Return nodes by a field, `-` before it: descending; who has none is last, ties as before."""
    by = SORTS[sort.removeprefix("-")]
    keyed = [(by(node, reason), node) for node in nodes]
    known = [row for row in keyed if row[0] is not None]
    known.sort(key=lambda row: row[0], reverse=sort.startswith("-"))
    return [node for _, node in known] + [node for value, node in keyed if value is None]


def paged(
    nodes: Sequence[Node], skip: int, limit: int | None, around: str
) -> tuple[Sequence[Node], int]:
    """Return a page and where it begins; *around* an id: that node between its two neighbours.

    What is not among the nodes has no neighbours: none, and the length of all.
    """
    if not around:
        return nodes[skip : None if limit is None else skip + limit], skip
    at = next((number for number, node in enumerate(nodes) if node.id == around), len(nodes))
    if at == len(nodes):
        return (), at
    return nodes[max(0, at - 1) : at + 2], max(0, at - 1)


# -- groups ---------------------------------------------------------------------------------------


def gathered(
    nodes: Sequence[Node], everything: Sequence[Node]
) -> tuple[list[Node], list[Group], dict[str, str]]:
    """Return the nodes that stand for themselves, groups, and the group of each other id."""
    if len(everything) <= FEW:
        return list(nodes), [], {}
    owners = {node.owner for node in everything if node.owner is not None}
    leaves: dict[str, list[Node]] = {}
    for node in nodes:
        # What is missing is told by its name. Of the cluster's machines no uid is read.
        if (node.uid is not None or node.kind == NODE) and node.uid not in owners:
            leaves.setdefault(_group_id(node), []).append(node)
    groups = [
        Group(name, rows[0].owner, rows[0].kind, rows[0].problem, rows)
        for name, rows in leaves.items()
        if len(rows) >= (_FREE if rows[0].owner is None else _OWNED)
    ]
    stands = {node.id: group.id for group in groups for node in group.members}
    return [node for node in nodes if node.id not in stands], groups, stands


def _group_id(node: Node) -> str:
    return f"{node.owner or ''}{_ID}{node.kind}{_PROBLEM if node.problem else ''}"


def above(nodes: Iterable[Node], groups: Iterable[Group], everything: Iterable[Node]) -> list[Node]:
    """Return who owns what is told, and is not told itself."""
    by_uid = {node.uid: node for node in everything if node.uid is not None}
    told = {node.id for node in nodes}
    found: dict[str, Node] = {}
    for owner in (*(node.owner for node in nodes), *(group.owner for group in groups)):
        at = by_uid.get(owner or "")
        while at is not None and at.id not in told and at.id not in found:
            found[at.id] = at
            at = by_uid.get(at.owner or "")
    return list(found.values())


def joined(
    edges: Iterable[tuple[str, str, str]], told: Collection[str], stands: Mapping[str, str]
) -> Iterable[tuple[str, str, str]]:
    """Return the links among what is told, those of a group's members as one of the group."""
    if not stands:
        return [edge for edge in edges if edge[0] in told and edge[1] in told]
    ends = {**{name: name for name in told}, **stands}
    return dict.fromkeys(
        (ends[source], ends[target], word)
        for source, target, word in edges
        if source in ends and target in ends
    )
