"""Quotas, limits, rights, priorities, namespaces and events: the server's words, rule by rule."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation.kinds import faults_of_new
from ecp.validation.metadata import check_metadata
from ecp.validation.scope import Scope

Obj = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


def said(group: str, kind: str, obj: Obj, scope: Scope = Scope()) -> list[str]:
    named = {**obj, "metadata": {"name": "web", **(obj.get("metadata") or {})}}
    return [str(fault.error) for fault in faults_of_new(named, group, kind, scope)]


def quota(*scopes: str, hard: Obj | None = None, selector: list[Obj] | None = None) -> Obj:
    spec: Obj = {"hard": hard or {"pods": "10"}}
    if scopes:
        spec["scopes"] = list(scopes)
    if selector is not None:
        spec["scopeSelector"] = {"matchExpressions": selector}
    return {"spec": spec}


def asked(scope: str, operator: str = "Exists", **more: Any) -> Obj:
    return {"scopeName": scope, "operator": operator, **more}


UNSUITED = "unsupported scope applied to resource"
EXISTS = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
    "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
    "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
SELECTOR = "spec.scopeSelector.matchExpressions"
QUOTAS: dict[str, tuple[Obj, list[str]]] = {
    "everything a quota counts": (
        quota(
            hard={
                "requests.cpu": "1", "count/deployments.apps": "3", "requests.nvidia.com/gpu": "1",
                "gold.storageclass.storage.k8s.io/requests.storage": "1Gi", "hugepages-2Mi": "4Mi",
            }
        ),
        [],
    ),
    "pods of a priority": (
        quota(selector=[asked("PriorityClass", "In", values=["high"])]), []
    ),
    "storage is no resource of a quota": (
        quota(hard={"storage": "1Gi"}),
        ['spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota'],
    ),
    "a scope that does not suit": (
        quota("BestEffort", hard={"cpu": "1", "pods": "1"}),
        [f'spec.scopes: Invalid value: ["BestEffort"]: {UNSUITED}'],
    ),
    "scopes at odds": (
        quota("Terminating", "NotTerminating"),
        ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    ),
    "a selector of no scope": (
        quota(selector=[asked("Ending", "Is")]),
        [
            f'{SELECTOR}.scopeName: Invalid value: "Ending": unsupported scope',
            f'{SELECTOR}.operator: Invalid value: "Is": not a valid selector operator',
        ],
    ),
    "a selector that only may exist": (
        quota(selector=[asked("Terminating", "In", values=["x"])]),
        [f'{SELECTOR}.operator: Invalid value: "In": {EXISTS}'],
    ),
    "a selector without values": (
        quota(selector=[asked("PriorityClass", "In")]),
        [
            f"{SELECTOR}.values: Required value: must be at least one value when `operator` is "
            "'In' or 'NotIn' for scope selector"
        ],
    ),
    "a selector with values that count for nothing": (
        quota(selector=[asked("PriorityClass", values=["high"])]),
        [
            f'{SELECTOR}.values: Invalid value: ["high"]: must be no value when `operator` is '
            "'Exist' or 'DoesNotExist' for scope selector"
        ],
    ),
    "a selector that does not suit": (
        quota(hard={"services": "1"}, selector=[asked("BestEffort")]),
        [
            f'{SELECTOR}: Invalid value: {{"MatchExpressions":[{{"ScopeName":"BestEffort",'
            f'"Operator":"Exists","Values":null}}]}}: {UNSUITED}'
        ],
    ),
    "selectors at odds": (
        quota(selector=[asked("BestEffort"), asked("NotBestEffort")]),
        ["spec.scopes: Invalid value: null: conflicting scopes"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), QUOTAS.values(), ids=QUOTAS)
def test_quotas(obj: Obj, words: list[str]) -> None:
    assert said("", "ResourceQuota", obj) == words


def limits(kind: str = "Container", **limit: Any) -> Obj:
    return {"spec": {"limits": [{"type": kind, **limit}]}}


L = "spec.limits[0]"
LIMITS: dict[str, tuple[Obj, list[str]]] = {
    "claims of a size": (limits("PersistentVolumeClaim", max={"storage": "1Gi"}), []),
    "a kind of another's": (limits("acme.io/Thing", max={"acme.io/part": "1"}), []),
    "no such kind": (
        limits("Node"),
        [f'{L}.type: Invalid value: "Node": must be a standard limit type or fully qualified'],
    ),
    "storage of a container": (
        limits(max={"storage": "1Gi"}),
        [
            f'{L}.{field}[storage]: Invalid value: "storage": must be a standard resource for '
            "containers"
            for field in ("max", "default", "defaultRequest")
        ],
    ),
    "claims without a size": (
        limits("PersistentVolumeClaim"),
        [
            f"{L}.limits: Required value: either minimum or maximum storage value is required, but "
            "neither was provided"
        ],
    ),
    "defaults of a pod are not compared": (
        limits("Pod", default={"cpu": "2"}, max={"cpu": "1"}),
        [f"{L}.default: Forbidden: may not be specified when `type` is 'Pod'"],
    ),
    "a ratio that the bounds do not let": (
        limits(maxLimitRequestRatio={"cpu": "4"}, min={"cpu": "1"}, max={"cpu": "2"}),
        [
            f'{L}.maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = '
            "2.000000"
        ],
    ),
    "a ratio below one": (
        limits(maxLimitRequestRatio={"cpu": "500m"}),
        [f'{L}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
    ),
    "what cannot be shared has one default": (
        limits(default={"nvidia.com/gpu": "2"}, defaultRequest={"nvidia.com/gpu": "1"}),
        [
            f'{L}.defaultRequest[nvidia.com/gpu]: Invalid value: "1": default value 2 must equal '
            "to defaultRequest value 1 in nvidia.com/gpu"
        ],
    ),
}


@pytest.mark.parametrize(("obj", "words"), LIMITS.values(), ids=LIMITS)
def test_limits(obj: Obj, words: list[str]) -> None:
    assert said("", "LimitRange", obj) == words


def test_a_role_made_of_others_says_of_which() -> None:
    nothing = {"aggregationRule": {}}
    assert said(RBAC, "ClusterRole", nothing) == [
        "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector "
        "required if aggregationRule is non-nil"
    ]
    wrong = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b c"}}]}}
    at = "aggregationRule.clusterRoleSelectors[0]"
    assert said(RBAC, "ClusterRole", wrong) == [
        f'{at}.matchLabels: Invalid value: "b c": {names.label_value("b c")[0]}',
        f"{at}: Invalid value: null: invalid label selector.",
    ]
    right = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}}
    assert said(RBAC, "ClusterRole", right) == []


RESERVED = "priority class names with 'system-' prefix are reserved for system use only. error: "
PRIORITIES: dict[str, tuple[str, Obj, str]] = {
    "a name of the system's": (
        "system-web", {},
        f"metadata.name: Forbidden: {RESERVED}system-web is not a known system priority class",
    ),
    "another value of the system's": (
        "system-node-critical", {"value": 1},
        f"metadata.name: Forbidden: {RESERVED}value of system-node-critical PriorityClass must be "
        "2000001000",
    ),
    "the system's for all": (
        "system-node-critical", {"value": 2_000_001_000, "globalDefault": True},
        f"metadata.name: Forbidden: {RESERVED}globalDefault of system-node-critical PriorityClass "
        "must be false",
    ),
    "an empty policy": ("web", {"preemptionPolicy": ""}, "preemptionPolicy: Required value"),
    "no such policy": (
        "web", {"preemptionPolicy": "Always"},
        'preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", '
        '"Never"',
    ),
    "the system's own": ("system-node-critical", {"value": 2_000_001_000}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "words"), PRIORITIES.values(), ids=PRIORITIES)
def test_priorities(name: str, fields: Obj, words: str) -> None:
    found = said("scheduling.k8s.io", "PriorityClass", {"metadata": {"name": name}, **fields})
    assert found == ([words] if words else [])


def test_a_namespace_s_pod_security_labels_are_read() -> None:
    label = "pod-security.kubernetes.io/enforce"
    namespace = {"metadata": {"name": "shop", "labels": {label: "tight"}}}
    assert said("", "Namespace", namespace) == [
        f'metadata.labels[{label}]: Invalid value: "tight": must be one of privileged, baseline, '
        "restricted"
    ]


ABOUT = {"namespace": "shop", "kind": "Pod", "name": "web"}
OLD = {"metadata": {"name": "web.17a", "namespace": "shop"}, "involvedObject": ABOUT}
NEW = {
    "apiVersion": "events.k8s.io/v1", "metadata": OLD["metadata"], "regarding": ABOUT,
    "eventTime": "2026-01-01T00:00:00.000000Z", "type": "Normal", "reason": "Started",
    "action": "Starting", "reportingController": "acme.io/web", "reportingInstance": "web-1",
}  # fmt: skip
TIMED = {**OLD, "eventTime": NEW["eventTime"]}
EVENTS: dict[str, tuple[Obj, list[str]]] = {
    "an event of old": (OLD, []),
    "an event of the newer group": (NEW, []),
    "an event elsewhere": (
        {**OLD, "metadata": {"name": "web.17A", "namespace": "other"}},
        [
            'involvedObject.namespace: Invalid value: "shop": does not match event.namespace',
        ],
    ),
    "an event with a time that says nothing else": (
        TIMED,
        [
            "reportingComponent: Required value",
            f'reportingComponent: Invalid value: "": {names.label_key("")[0]}',
            f'reportingComponent: Invalid value: "": {names.label_key("")[1]}',
            "reportingInstance: Required value",
            "action: Required value",
            "reason: Required value",
        ],
    ),
    "an event with too long a reason": (
        {**NEW, "reason": "r" * 129, "note": "n" * 1025},
        [
            'reason: Invalid value: "": can have at most 128 characters',
            'message: Invalid value: "": can have at most 1024 characters',
        ],
    ),
    "an event of both ages": (
        {
            **NEW, "type": "Error", "deprecatedCount": 2, "deprecatedSource": {"host": "n"},
            "series": {"count": 1},
        },
        [
            'series.count: Invalid value: "": should be at least 2',
            "series.lastObservedTime: Required value",
            'type: Invalid value: "": has invalid value: Error',
            'count: Invalid value: "": needs to be unset',
            'source: Invalid value: "": needs to be unset',
        ],
    ),
    "a newer event without a time": (
        {key: NEW[key] for key in NEW if key != "eventTime"}, ["eventTime: Required value"]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), EVENTS.values(), ids=EVENTS)
def test_events(obj: Obj, words: list[str]) -> None:
    group = "events.k8s.io" if "apiVersion" in obj else ""
    assert said(group, "Event", obj) == words


@pytest.mark.parametrize(
    ("group", "kind", "name", "fine"),
    [
        pytest.param("policy", "PodDisruptionBudget", "My_Budget", True, id="budgets by any name"),
        pytest.param("", "Event", "web.17A", True, id="events by any name"),
        pytest.param(RBAC, "Role", "system:reader", True, id="roles by any name"),
        pytest.param(RBAC, "Role", "a/b", False, id="but for a slash"),
        pytest.param("", "ConfigMap", "My_Map", False, id="most by a subdomain"),
        pytest.param("apps", "StatefulSet", "a.b", False, id="sets by a label"),
    ],
)
def test_names(group: str, kind: str, name: str, fine: bool) -> None:
    found = list(check_metadata({"metadata": {"name": name}}, group, kind, Scope()))
    assert (not found) == fine
