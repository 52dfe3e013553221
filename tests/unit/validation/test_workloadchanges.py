"""What may become of Jobs, revisions, quotas and definitions, and what their statuses may say."""

from typing import Any

import pytest

from ecp.validation.transitions import check_status, check_update

Obj = dict[str, Any]
POD: Obj = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]}
SUSPENDED = {"conditions": [{"type": "Suspended", "status": "True"}], "startTime": "t"}


def job(pod: Obj | None = None, status: Obj | None = None, **spec: Any) -> Obj:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {**POD, **(pod or {})}}
    selected = {"manualSelector": True, "selector": {"matchLabels": {"a": "b"}}}
    return {
        "kind": "Job",
        "metadata": {"name": "report", "uid": "u"},
        "spec": {"template": template, "completionMode": "NonIndexed", **selected, **spec},
        "status": status or {},
    }


def asking(cpu: str) -> Obj:
    return {"containers": [{**POD["containers"][0], "resources": {"requests": {"cpu": cpu}}}]}


def changes(group: str, new: Obj, old: Obj) -> list[str]:
    """Return what is wrong with the change, each cause once and without what it shows."""
    found = [str(fault.error) for fault in check_update(group, new["kind"], new, old)]
    return list(dict.fromkeys(found))


IMMUTABLE = "field is immutable"
NODE = {"nodeSelector": {"zone": "a"}}
INDEXED = {"completionMode": "Indexed"}
JOBS: dict[str, tuple[Obj, Obj, list[str]]] = {
    "more pods at once": (job(parallelism=2), job(parallelism=1), []),
    "other completions": (
        job(completions=2), job(completions=1),
        [f"spec.completions: Invalid value: 2: {IMMUTABLE}"],
    ),
    "more indexes with as many pods": (
        job(completions=2, parallelism=2, **INDEXED), job(completions=1, parallelism=1, **INDEXED),
        [],
    ),
    "more indexes alone": (
        job(completions=2, parallelism=1, **INDEXED), job(completions=1, parallelism=1, **INDEXED),
        [
            "spec.completions: Invalid value: 2: can only be modified in tandem with "
            "spec.parallelism"
        ],
    ),
    "another manager": (
        job(managedBy="acme.io/q"), job(),
        [f'spec.managedBy: Invalid value: "acme.io/q": {IMMUTABLE}'],
    ),
    "a suspended one to other nodes": (
        job(NODE, suspend=True), job(suspend=True), []
    ),
    "a suspended one that began with other requests": (
        job(asking("2"), SUSPENDED, suspend=True), job(asking("1"), SUSPENDED, suspend=True), []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("new", "old", "words"), JOBS.values(), ids=JOBS)
def test_jobs(new: Obj, old: Obj, words: list[str]) -> None:
    assert changes("batch", new, old) == words


@pytest.mark.parametrize(
    ("new", "old", "field"),
    [
        pytest.param(job(NODE), job(), "spec.template", id="one that runs, to other nodes"),
        pytest.param(
            job(NODE, {"active": 1}, suspend=True),
            job(None, {"active": 1}, suspend=True),
            "spec.template",
            id="a suspended one with pods",
        ),
        pytest.param(
            job(NODE, {"startTime": "t"}, suspend=True),
            job(None, {"startTime": "t"}, suspend=True),
            "spec.template",
            id="one that began and is not yet suspended",
        ),
        pytest.param(
            job({"restartPolicy": "OnFailure"}, suspend=True),
            job(suspend=True),
            "spec.template.spec",
            id="a suspended one to another policy",
        ),
    ],
)
def test_templates_that_may_not_change(new: Obj, old: Obj, field: str) -> None:
    (found,) = changes("batch", new, old)
    assert found.startswith(f"{field}: Invalid value: {{")
    assert found.endswith(IMMUTABLE)


def test_scopes_of_a_quota_stay() -> None:
    def quota(*scopes: str) -> Obj:
        spec = {"hard": {"pods": "1"}, "scopes": list(scopes)}
        return {"kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}

    assert changes("", quota("BestEffort"), quota("Terminating")) == [
        f'spec.scopes: Invalid value: ["BestEffort"]: {IMMUTABLE}'
    ]
    assert changes("", quota("BestEffort"), quota("BestEffort")) == []


def test_a_revision_stays_what_it_was() -> None:
    def revision(number: int) -> Obj:
        return {
            "kind": "ControllerRevision", "metadata": {"name": "r"}, "revision": number,
            "data": {"n": number},
        }  # fmt: skip

    assert changes("apps", revision(2), revision(1)) == [
        f'data: Invalid value: {{"n":2}}: {IMMUTABLE}'
    ]


def crd(scope: str = "Cluster", version: str = "v1", established: str = "True") -> Obj:
    one = {
        "name": version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object"}},
    }
    return {
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.acme.io"},
        "spec": {
            "group": "acme.io",
            "scope": scope,
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [one],
        },
        "status": {
            "storedVersions": ["v1"],
            "conditions": [{"type": "Established", "status": established}],
        },
    }


def test_definitions_keep_their_scope_and_what_is_stored() -> None:
    group = "apiextensions.k8s.io"
    assert changes(group, crd(), crd()) == []
    assert changes(group, crd("Namespaced", established="False"), crd(established="False")) == []
    assert changes(group, crd("Namespaced"), crd()) == [
        f'spec.scope: Invalid value: "Namespaced": {IMMUTABLE}'
    ]
    assert changes(group, crd(version="v2"), crd()) == [
        'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was '
        "previously a storage version, and must remain in spec.versions until a storage migration "
        "ensures no data remains persisted in v1 and removes v1 from status.storedVersions",
    ]


STATUSES: dict[str, tuple[str, str, Obj, list[str]]] = {
    "a set with more ready than there are": (
        "apps", "StatefulSet", {"replicas": 1, "readyReplicas": 2},
        ["status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"],
    ),
    "a set with more available than ready": (
        "apps", "StatefulSet", {"replicas": 1, "availableReplicas": 1},
        ["status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas"],
    ),
    "a daemon set below zero": (
        "apps", "DaemonSet", {"numberReady": -1},
        ["status.numberReady: Invalid value: -1: must be greater than or equal to 0"],
    ),
    "an autoscaler below zero": (
        "autoscaling", "HorizontalPodAutoscaler", {"desiredReplicas": -1},
        ["status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0"],
    ),
    "a budget that is fine": (
        "policy", "PodDisruptionBudget", {"disruptionsAllowed": 1, "expectedPods": 2}, []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("group", "kind", "status", "words"), STATUSES.values(), ids=STATUSES)
def test_statuses(group: str, kind: str, status: Obj, words: list[str]) -> None:
    old: Obj = {"metadata": {"name": "x"}, "status": {}}
    found = check_status(group, kind, {**old, "status": status}, old)
    assert [str(fault.error) for fault in found] == words


def test_families_of_a_service_stay() -> None:
    def service(*families: str, policy: str = "PreferDualStack") -> Obj:
        addresses = ["10.0.0.1" if family == "IPv4" else "fd00::1" for family in families]
        spec = {
            "type": "ClusterIP", "ports": [{"port": 80}], "ipFamilies": list(families),
            "clusterIP": addresses[0], "clusterIPs": addresses, "ipFamilyPolicy": policy,
        }  # fmt: skip
        return {"kind": "Service", "metadata": {"name": "web"}, "spec": spec}

    both = service("IPv4", "IPv6")
    assert changes("", service("IPv4"), both) == [
        f"spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be 'SingleStack' to "
        f"release the secondary {what}"
        for what in ("cluster IP", "IP family")
    ]
    assert changes("", service("IPv4", policy="SingleStack"), both) == []
