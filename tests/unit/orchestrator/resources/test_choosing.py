"""Which objects are told: by filter, order and page, and many of one owner as one group."""

from collections.abc import Mapping
from typing import Any

import pytest

from ecp.kube.health import Health, State
from ecp.kube.selectors import parse_labels
from ecp.orchestrator.resources import choosing
from ecp.orchestrator.resources.choosing import Wish
from ecp.orchestrator.resources.model import Node
from ecp.orchestrator.resources.printing import group_json


def node(
    kind: str,
    name: str,
    owner: str | None = None,
    *,
    state: State = "healthy",
    uid: str | None = "",
    labels: Mapping[str, str] | None = None,
    **more: Any,
) -> Node:
    """A node whose id and uid are its name."""
    standing = Health(state, "" if state == "healthy" else "pending")
    return Node(
        name, "v1", kind, "acme", name, name if uid == "" else uid, owner, labels or {}, None,
        standing, "cluster", problem=state != "healthy", **more,
    )  # fmt: skip


def said(of: Node) -> str:
    return "" if of.health is None or of.health.state == "healthy" else f"{of.name} has no image"


PODS = [
    node("Pod", "web-b", "set", node="n1", restarts=3, labels={"app": "web", "tier": "gold"}),
    node("Pod", "web-a", "set", state="degraded", labels={"app": "web"}),
    node("Pod", "stt-a", "other", node="n2", restarts=0, labels={"app": "stt"}),
    node("ConfigMap", "settings"),
]


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        (Wish(), ["web-b", "web-a", "stt-a", "settings"]),
        (Wish(kinds=("pod",)), ["web-b", "web-a", "stt-a"]),
        (Wish(kinds=("POD", "ConfigMap"), words=("tt",)), ["stt-a", "settings"]),
        (Wish(selector=parse_labels("app=web,tier")), ["web-b"]),
        (Wish(words=("WEB", "n1")), ["web-b"]),
        (Wish(words=("app=stt",)), ["stt-a"]),
        (Wish(words=("degraded",)), ["web-a"]),
        (Wish(words=("web", "image")), ["web-a"]),
        (Wish(words=("nobody",)), []),
        (Wish(group="set*Pod"), ["web-b"]),
        (Wish(group="set*Pod!"), ["web-a"]),
        (Wish(group="*ConfigMap"), ["settings"]),
        (Wish(group="set*Pod", words=("web-a",)), []),
    ],
    ids=[
        "nothing wished: all, in the order in which they are",
        "a kind of any case",
        "one of several kinds, and a word in any part of the name",
        "a selector",
        "every word has to be there, wherever",
        "a label is a word",
        "so is how it stands",
        "so is why it does, in words",
        "a word that is nowhere leaves nothing",
        "the members of a group are its owner's that stand well",
        "those of a group of problems are the others",
        "a group of what nobody owns",
        "a filter holds within a group as well",
    ],
)
def test_what_a_wish_leaves(wish: Wish, names: list[str]) -> None:
    assert [one.name for one in choosing.matching(PODS, wish, said)] == names


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["settings", "stt-a", "web-a", "web-b"]),
        ("-name", ["web-b", "web-a", "stt-a", "settings"]),
        ("health", ["web-a", "web-b", "stt-a", "settings"]),
        ("restarts", ["stt-a", "web-b", "web-a", "settings"]),
        ("-restarts", ["web-b", "stt-a", "web-a", "settings"]),
        ("reason", ["web-a", "web-b", "stt-a", "settings"]),
    ],
    ids=[
        "by name",
        "backwards",
        "the worst first, ties as they were",
        "who has no figure is last",
        "and last backwards, too",
        "by why they stand so",
    ],
)
def test_in_which_order(sort: str, names: list[str]) -> None:
    assert [one.name for one in choosing.ordered(PODS, sort, said)] == names


@pytest.mark.parametrize(
    ("skip", "limit", "around", "names", "began"),
    [
        (0, None, "", ["web-b", "web-a", "stt-a", "settings"], 0),
        (1, 2, "", ["web-a", "stt-a"], 1),
        (3, 2, "", ["settings"], 3),
        (9, 2, "", [], 9),
        (0, None, "web-a", ["web-b", "web-a", "stt-a"], 0),
        (0, None, "web-b", ["web-b", "web-a"], 0),
        (0, None, "settings", ["stt-a", "settings"], 2),
        (0, None, "nobody", [], 4),
    ],
    ids=[
        "no page: all",
        "a page",
        "the last one is short",
        "behind the end is nothing",
        "around one: it and its neighbours",
        "the first has one neighbour",
        "so has the last",
        "who is not there has none",
    ],
)
def test_which_page(
    skip: int, limit: int | None, around: str, names: list[str], began: int
) -> None:
    rows, at = choosing.paged(PODS, skip, limit, around)
    assert ([one.name for one in rows], at) == (names, began)


def workload(pods: int, bad: int = 0, free: int = 0) -> list[Node]:
    """A Deployment, its ReplicaSet, pods of which some are problems, ConfigMaps that nobody owns,
    and enough others that it is not told one by one."""
    rest = [node("Secret", f"s{at}", f"owner{at}") for at in range(choosing.FEW)]
    return [
        node("Deployment", "web"),
        node("ReplicaSet", "set", "web"),
        *(
            node("Pod", f"p{at}", "set", state="progressing" if at < bad else "healthy")
            for at in range(pods)
        ),
        *(node("ConfigMap", f"c{at}") for at in range(free)),
        *rest,
    ]


@pytest.mark.parametrize(
    ("nodes", "groups"),
    [
        (workload(8), {"set*Pod": 8}),
        (workload(7), {}),
        (workload(500, 3), {"set*Pod": 497}),
        (workload(500, 100), {"set*Pod!": 100, "set*Pod": 400}),
        (workload(0, free=40), {"*ConfigMap": 40}),
        (workload(0, free=39), {}),
        ([node("Pod", f"p{at}", "set") for at in range(choosing.FEW)], {}),
        (
            [node("Pod", f"p{at}", "set", uid=None) for at in range(400)],
            {},
        ),
        ([node("Node", f"n{at}", uid=None) for at in range(400)], {"*Node": 400}),
    ],
    ids=[
        "eight pods of one owner are a group",
        "seven are not",
        "three of five hundred that are to be looked at are told by themselves",
        "many of them are a group of their own",
        "forty that nobody owns are a group",
        "fewer are not",
        "of a tenant with few objects nothing is grouped",
        "what is missing is told by its name",
        "machines are a group, although no uid of theirs is read",
    ],
)
def test_what_is_a_group(nodes: list[Node], groups: dict[str, int]) -> None:
    alone, found, stands = choosing.gathered(nodes, nodes)
    assert {group.id: len(group.members) for group in found} == groups
    assert len(alone) + len(stands) == len(nodes)
    for group in found:
        members = choosing.matching(nodes, Wish(group=group.id), said)
        assert members == list(group.members)


def test_who_owns_others_is_never_in_a_group() -> None:
    many = [node("ReplicaSet", f"set{at}", "web") for at in range(400)]
    pods = [node("Pod", f"p{at}", f"set{at}") for at in range(10)]
    alone, (group,), _ = choosing.gathered([*many, *pods], [*many, *pods])
    assert (group.kind, len(group.members)) == ("ReplicaSet", 390)
    assert len(alone) == 20


def test_owners_that_the_filter_left_out_are_told_beside() -> None:
    nodes = workload(20, 9)
    matched = choosing.matching(nodes, Wish(kinds=("Pod",)), said)
    alone, groups, _ = choosing.gathered(matched, nodes)
    assert alone == []
    assert [one.name for one in choosing.above(alone, groups, nodes)] == ["set", "web"]
    assert choosing.above(nodes, groups, nodes) == []


def test_links_of_members_are_one_of_the_group() -> None:
    nodes = workload(20)
    pods = [one for one in nodes if one.kind == "Pod"]
    edges = [("service", pod.id, "serves") for pod in pods]
    edges += [(pod.id, "n1", "runs-on") for pod in pods] + [("gone", "web", "scales")]
    alone, _, stands = choosing.gathered(nodes, nodes)
    told = {"service", "n1", *(one.id for one in alone)}
    assert list(choosing.joined(edges, told, stands)) == [
        ("service", "set*Pod", "serves"),
        ("set*Pod", "n1", "runs-on"),
    ]
    assert list(choosing.joined(edges, {"service", "p0"}, {})) == [("service", "p0", "serves")]


def test_a_group_says_how_many_stand_how_and_why_most_of_those_do_that_are_not_well() -> None:
    _, (bad,), _ = choosing.gathered(workload(7 + 9, 9), workload(7 + 9, 9))
    assert group_json(bad, said) == {
        "id": "set*Pod!", "owner_uid": "set", "kind": "Pod", "problem": True, "count": 9,
        "health": {"progressing": 9}, "restarts": 0, "reason": "p0 has no image",
    }  # fmt: skip
