"""What keeps pods running, and what holds templates of them: the server's words, rule by rule."""

from typing import Any

import pytest

from ecp.kube import names
from ecp.validation.kinds import checks_for
from ecp.validation.scope import Scope

Obj = dict[str, Any]
LABELS = {"app": "web"}
POD: Obj = {"containers": [{"name": "main", "image": "nginx:1.27"}]}
GROUPS = {"PodTemplate": "", "ReplicationController": ""}


def workload(pod: Obj | None = None, labels: Obj | None = LABELS, **spec: Any) -> Obj:
    template = {"metadata": {"labels": labels}, "spec": {**POD, **(pod or {})}}
    return {
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **spec},
    }


def faults(kind: str, obj: Obj, scope: Scope = Scope()) -> list[Any]:
    checks = checks_for(GROUPS.get(kind, "apps"), kind)
    return [fault for check in checks for fault in check(obj, scope)]


def said(kind: str, obj: Obj, scope: Scope = Scope()) -> list[str]:
    return [str(fault.error) for fault in faults(kind, obj, scope)]


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
MOUNT = {
    "containers": [{**POD["containers"][0], "volumeMounts": [{"name": "data", "mountPath": "/d"}]}]
}
GOOD: dict[str, tuple[str, Obj]] = {
    "a set with claims and ordinals": (
        "StatefulSet",
        workload(
            MOUNT, volumeClaimTemplates=[CLAIM], ordinals={"start": 5},
            persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"},
        ),
    ),
    "a set whose pods bear names that the server gives": (
        "StatefulSet", workload({"hostname": "Not_A_Name", "subdomain": "Neither"})
    ),
    "a volume that a claim takes the place of": (
        "StatefulSet",
        workload({**MOUNT, "volumes": [{"name": "data"}]}, volumeClaimTemplates=[CLAIM]),
    ),
    "a setting that is off by default": (
        "StatefulSet", workload(updateStrategy={"rollingUpdate": {"maxUnavailable": 0}})
    ),
    "a daemon set that surges": (
        "DaemonSet",
        workload(updateStrategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
    ),
    "a daemon set that is updated by hand": (
        "DaemonSet", workload(updateStrategy={"type": "OnDelete"})
    ),
    "a controller of old": (
        "ReplicationController", workload(selector=LABELS, replicas=1)
    ),
    "a controller that selects its own pods": (
        "ReplicationController", workload(selector=None)
    ),
    "a revision": ("ControllerRevision", {"revision": 1, "data": {"spec": {}}}),
    "a template": ("PodTemplate", {"template": {"spec": POD}}),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "obj"), GOOD.values(), ids=GOOD)
def test_good_workloads(kind: str, obj: Obj) -> None:
    assert said(kind, obj) == []


MISMATCH = "`selector` does not match template `labels`"
BAD_NAME = names.label_value("a b")[0]
BAD: dict[str, tuple[str, Obj, list[str]]] = {
    "a Deployment without a selector": (
        "Deployment", workload(selector=None),
        [
            "spec.selector: Required value",
            f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}',
        ],
    ),
    "a ReplicaSet with an empty selector": (
        "ReplicaSet", workload(selector={}),
        ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ),
    "a selector that is none hides the template": (
        "ReplicaSet", workload({"containers": []}, selector={"matchLabels": {"app": "a b"}}),
        [
            f'spec.selector.matchLabels: Invalid value: "a b": {BAD_NAME}',
            'spec.selector: Invalid value: {"matchLabels":{"app":"a b"}}: invalid label selector',
        ],
    ),
    "a set says it without a word": (
        "StatefulSet", workload(selector={"matchLabels": {"app": "a b"}}),
        [
            f'spec.selector.matchLabels: Invalid value: "a b": {BAD_NAME}',
            'spec.selector: Invalid value: {"matchLabels":{"app":"a b"}}',
        ],
    ),
    "a daemon set still judges the template": (
        "DaemonSet", workload({"containers": []}, selector={"matchLabels": {"app": "a b"}}),
        [
            f'spec.selector.matchLabels: Invalid value: "a b": {BAD_NAME}',
            "spec.template.spec.containers: Required value",
        ],
    ),
    "a daemon set without a selector selects nothing": (
        "DaemonSet", workload(selector=None),
        [f'spec.template.metadata.labels: Invalid value: {{"app":"web"}}: {MISMATCH}'],
    ),
    "a daemon set with an empty selector": (
        "DaemonSet", workload(selector={}),
        ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
    ),
    "a negative history": (
        "DaemonSet", workload(revisionHistoryLimit=-1),
        ["spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"],
    ),
    "no such strategy of a daemon set": (
        "DaemonSet", workload(updateStrategy={"type": "Recreate"}),
        [
            'spec.updateStrategy: Unsupported value: {"Type":"Recreate","RollingUpdate":null}: '
            'supported values: "RollingUpdate", "OnDelete"'
        ],
    ),
    "a daemon set without room": (
        "DaemonSet", workload(updateStrategy={"rollingUpdate": {"maxUnavailable": 0}}),
        [
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when "
            "maxSurge is 0"
        ],
    ),
    "a daemon set with room on both sides": (
        "DaemonSet", workload(updateStrategy={"rollingUpdate": {"maxSurge": "10%"}}),
        [
            'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": may not be set when '
            "maxUnavailable is non-zero"
        ],
    ),
    "a set that begins below zero": (
        "StatefulSet", workload(ordinals={"start": -1}),
        ["spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0"],
    ),
    "a set updated by hand with a partition": (
        "StatefulSet",
        workload(updateStrategy={"type": "OnDelete", "rollingUpdate": {"partition": 1}}),
        [
            'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":'
            "null}: only allowed for updateStrategy 'RollingUpdate'"
        ],
    ),
    "claims that are kept no way there is": (
        "StatefulSet", workload(persistentVolumeClaimRetentionPolicy={"whenScaled": "Keep"}),
        [
            "spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "
            '"Keep": supported values: "Retain", "Delete"'
        ],
    ),
    "a claim with a bad name is a volume with one": (
        "StatefulSet", workload(volumeClaimTemplates=[{**CLAIM, "metadata": {"name": "D"}}]),
        [
            f'spec.template.spec.volumes[0].name: Invalid value: "D": {names.dns_label("D")[0]}',
        ],
    ),
    "a controller of old without labels": (
        "ReplicationController", workload(labels=None, selector=None),
        ["spec.selector: Required value"],
    ),
    "a controller of old without a template": (
        "ReplicationController", {"spec": {"selector": LABELS}},
        ["spec.template: Required value"],
    ),
    "a controller of old for pods that end": (
        "ReplicationController",
        workload({"restartPolicy": "Never", "activeDeadlineSeconds": 1}, selector=LABELS),
        [
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: '
            '"Always"',
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in "
            "ReplicationController is not Supported",
        ],
    ),
    "a revision without a state": (
        "ControllerRevision", {"revision": -1},
        [
            "revision: Invalid value: -1: must be greater than or equal to 0",
            "data: Required value: data is mandatory",
        ],
    ),
    "a revision that is a list": (
        "ControllerRevision", {"revision": 1, "data": [1]},
        ["data: Required value: data must be a valid JSON object"],
    ),
    "a template without containers": (
        "PodTemplate", {"template": {"spec": {}}},
        ["template.spec.containers: Required value"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "obj", "words"), BAD.values(), ids=BAD)
def test_bad_workloads(kind: str, obj: Obj, words: list[str]) -> None:
    assert said(kind, obj) == words


def test_faults_in_a_volume_point_at_where_it_is_written() -> None:
    pod = {"volumes": [{"name": "data"}, {"name": "C"}]}
    bad = {**CLAIM, "metadata": {"name": "D"}}
    obj = workload(pod, volumeClaimTemplates=[CLAIM, bad])
    found = {
        fault.path
        for fault in faults("StatefulSet", obj)
        if fault.error.path.endswith(".name") and "volumes" in fault.error.path
    }
    assert found == {
        ("spec", "volumeClaimTemplates", 1, "metadata", "name"),
        ("spec", "template", "spec", "volumes", 1, "name"),
    }


def test_room_of_a_set_where_the_feature_is_on() -> None:
    scope = Scope(gates=frozenset({"MaxUnavailableStatefulSet"}))
    at = "spec.updateStrategy.rollingUpdate.maxUnavailable"
    for value, words in ((0, "0: cannot be 0"), ("101%", '"101%": must not be greater than 100%')):
        obj = workload(updateStrategy={"rollingUpdate": {"maxUnavailable": value}})
        assert said("StatefulSet", obj, scope) == [f"{at}: Invalid value: {words}"]


def test_what_a_set_was_made_with_is_not_judged_again() -> None:
    obj = workload(serviceName="Web", volumeClaimTemplates=[{"metadata": {"name": "data"}}])
    assert said("StatefulSet", obj) != []
    assert said("StatefulSet", obj, Scope(new=False)) == []
