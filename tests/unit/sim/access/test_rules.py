"""Rules: what they allow, whether they cover one another, and who they are found for."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.sim.access.grants import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    ROLE_BINDINGS,
    ROLES,
    Grants,
)
from ecp.sim.access.rules import Asked, Rule, allows, described, missing
from ecp.sim.access.users import User, account_groups, account_of, account_user, node_of
from ecp.sim.store import Store

WILD: Rule = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
NAMES: tuple[list[str], ...] = ([], ["a"], ["a", "b"])
RULES: list[Rule] = [
    *(
        {"verbs": verbs, "apiGroups": groups, "resources": resources, "resourceNames": names}
        for verbs in (["get"], ["get", "list"], ["*"])
        for groups in ([""], ["*"])
        for resources in (["pods"], ["pods/scale"], ["*/scale"], ["*"], ["pods", "nodes/scale"])
        for names in NAMES
    ),
    *(
        {"verbs": verbs, "nonResourceURLs": urls}
        for verbs in (["get"], ["*"])
        for urls in (["/x"], ["/x/*"], ["/x*"], ["*"], ["/x", "/z"])
    ),
]
ASKED = [
    *(
        Asked(verb, group, plural, sub, "", name)
        for verb in ("get", "list")
        for group in ("", "apps")
        for plural in ("pods", "nodes")
        for sub in ("", "scale")
        for name in ("", "a", "b")
    ),
    *(
        Asked(verb, path=path, of_resource=False)
        for verb in ("get", "post")
        for path in ("/x", "/x/y", "/xy", "/z")
    ),
]


def test_who_holds_all_of_a_rule_may_do_all_that_it_allows() -> None:
    """Over every two rules of a small world: covering is never more than allowing."""
    allowed = [{asked for asked in ASKED if allows(rule, asked)} for rule in RULES]
    covered = 0
    for owned, owned_allows in zip(RULES, allowed, strict=True):
        for wanted, wanted_allows in zip(RULES, allowed, strict=True):
            if not missing([owned], [wanted]):
                covered += 1
                assert wanted_allows <= owned_allows, (owned, wanted)
    assert covered > len(RULES)


POD = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}


@pytest.mark.parametrize(
    ("owned", "wanted", "covered"),
    [
        pytest.param([POD], [POD], True, id="a rule covers itself"),
        pytest.param([], [POD], False, id="nothing covers nothing"),
        pytest.param([WILD], [{**POD, "resourceNames": ["a"]}], True, id="a star covers all"),
        pytest.param([POD], [WILD], False, id="and is not covered by less"),
        pytest.param(
            [{**POD, "resourceNames": ["a", "b"]}], [{**POD, "resourceNames": ["b"]}], True,
            id="one name of two",
        ),
        pytest.param([{**POD, "resourceNames": ["a"]}], [POD], False, id="all names by one"),
        pytest.param(
            [{**POD, "verbs": ["get"]}, {**POD, "verbs": ["list"]}],
            [{**POD, "verbs": ["list", "get"]}], True, id="two verbs by two rules",
        ),
        pytest.param(
            [{**POD, "resources": ["*/scale"]}], [{**POD, "resources": ["pods/scale"]}], True,
            id="a subresource of anything",
        ),
        pytest.param(
            [{**POD, "resources": ["*/scale"]}], [{**POD, "resources": ["pods/log"]}], False,
            id="but not another",
        ),
        pytest.param(
            [{**POD, "resources": ["pods"]}], [{**POD, "resources": ["pods/log"]}], False,
            id="a resource is not its subresources",
        ),
        pytest.param(
            [{"verbs": ["get"], "nonResourceURLs": ["/x/*"]}],
            [{"verbs": ["get"], "nonResourceURLs": ["/x/y", "/x/*"]}], True, id="paths below one",
        ),
        pytest.param(
            [{"verbs": ["get"], "nonResourceURLs": ["/x/y"]}],
            [{"verbs": ["get"], "nonResourceURLs": ["/x/*"]}], False, id="and not the other way",
        ),
    ],
)  # fmt: skip
def test_whether_rules_cover_others(owned: list[Rule], wanted: list[Rule], covered: bool) -> None:
    assert (missing(owned, wanted) == []) is covered


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        pytest.param(
            [
                {"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}
                for verb in ("get", "list")
            ],
            ['{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}'],
            id="verbs of one resource are put together",
        ),
        pytest.param(
            [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": [n]}
                for n in ("b", "a")
            ],
            [
                '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get"]}',
                '{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}',
            ],
            id="names stay apart and in order",
        ),
        pytest.param(
            [{"nonResourceURLs": ["/x"], "verbs": [verb]} for verb in ("get", "list")],
            [
                '{NonResourceURLs:["/x"], Verbs:["get"]}',
                '{NonResourceURLs:["/x"], Verbs:["list"]}',
            ],
            id="so do the verbs of a path",
        ),
    ],
)
def test_what_is_missing_is_listed_as_the_server_does(pieces: list[Rule], said: list[str]) -> None:
    assert described(pieces) == said


@pytest.mark.parametrize(
    ("name", "account"),
    [
        (account_user("shop", "till"), ("shop", "till")),
        ("system:serviceaccount:shop:till:2", None),
        ("system:serviceaccount:Shop:till", None),
        ("system:serviceaccount:shop", None),
        ("till", None),
    ],
)
def test_the_name_of_a_service_account(name: str, account: tuple[str, str] | None) -> None:
    assert account_of(name) == account


def test_the_name_of_a_node() -> None:
    found = [node_of(name) for name in ("system:node:n-1", "system:node:N", "n-1")]
    assert found == ["n-1", None, None]


# ---- bindings: found by an index, or one after the other --------------------------------------

NAMESPACES = ("one", "two")
SUBJECTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("User", "Group", "ServiceAccount")),
        "name": st.sampled_from(("ann", "devs", "system:serviceaccount:one:ann")),
    },
    optional={"namespace": st.sampled_from(NAMESPACES)},
)
BINDINGS = st.tuples(
    st.sampled_from(("", *NAMESPACES)),
    st.sampled_from(("Role", "ClusterRole")),
    st.sampled_from(("r0", "r1", "r2", "gone")),
    st.lists(SUBJECTS, max_size=3),
)
USERS = (
    User("ann", ("system:authenticated",)),
    User("bob", ("devs",)),
    User(account_user("one", "ann"), account_groups("one")),
    User("devs", ("ann", "devs")),
)


def applies(user: User, subject: dict[str, Any], namespace: str) -> bool:
    match subject["kind"]:
        case "User":
            return bool(user.name == subject["name"])
        case "Group":
            return subject["name"] in user.groups
    home = subject.get("namespace") or namespace
    return bool(home) and user.name == account_user(home, subject["name"])


def put(store: Store, resource: str, namespace: str, name: str, **fields: Any) -> None:
    obj = {"metadata": {"name": name, "namespace": namespace}, **fields}
    store.put(resource, (namespace, name), obj, (), at=0, cause="", actor="")


@given(st.lists(BINDINGS, max_size=6))
def test_bindings_are_found_as_if_each_was_looked_at(bindings: Sequence[Any]) -> None:
    store = Store()
    for name in ("r0", "r1", "r2"):
        put(store, CLUSTER_ROLES, "", name, rules=[{**POD, "verbs": [name]}])
        put(store, ROLES, "one", name, rules=[{**POD, "verbs": [f"one-{name}"]}])
    grants = Grants(store)
    for number, (namespace, kind, role, subjects) in enumerate(bindings):
        resource = ROLE_BINDINGS if namespace else CLUSTER_ROLE_BINDINGS
        reference = {"kind": kind, "name": role}
        put(store, resource, namespace, f"b{number}", roleRef=reference, subjects=subjects)
        for user in USERS:
            for where in ("", *NAMESPACES):
                wanted, lost = [], 0
                for home in ("", where) if where else ("",):
                    table = ROLE_BINDINGS if home else CLUSTER_ROLE_BINDINGS
                    for one in store.list(table, home):
                        if not any(applies(user, s, home) for s in one["subjects"]):
                            continue
                        plural = ROLES if one["roleRef"]["kind"] == "Role" else CLUSTER_ROLES
                        at = home if plural == ROLES else ""
                        found = store.get(plural, at, one["roleRef"]["name"])
                        wanted += found["rules"] if found is not None else []
                        lost += found is None
                granted = grants.of(user, where)
                assert [rule for _, rule in granted.rules] == wanted
                assert len(granted.errors) == lost


def test_the_oldest_binding_comes_first_and_its_first_subject_is_named() -> None:
    store = Store()
    group, user = ({"kind": kind, "name": "devs"} for kind in ("Group", "User"))
    for number, subjects in enumerate(([group], [user], [group, user], [user, group])):
        name = f"r{number}"
        put(store, CLUSTER_ROLES, "", name, rules=[{**POD, "verbs": [name]}])
        reference = {"kind": "ClusterRole", "name": name}
        put(store, CLUSTER_ROLE_BINDINGS, "", f"b{number}", roleRef=reference, subjects=subjects)
    granted = Grants(store).of(User("devs", ("ann", "devs")), "")
    assert [rule["verbs"] for _, rule in granted.rules] == [["r0"], ["r1"], ["r2"], ["r3"]]
    assert [source.rpartition(" to ")[2] for source, _ in granted.rules] == [
        'Group "devs"', 'User "devs"', 'Group "devs"', 'User "devs"',
    ]  # fmt: skip
