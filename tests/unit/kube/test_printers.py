"""Tables: the cells of pods in every state, of the other kinds, and how ages are written."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.kube import printers
from ecp.kube.kinds import KINDS
from ecp.kube.times import nanoseconds

NOW = nanoseconds("2026-01-05T01:00:00Z")
SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"),
        (10 * MINUTE - 1, "9m59s"), (10 * MINUTE + 30, "10m"), (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"), (7 * HOUR + 5 * MINUTE, "7h5m"), (8 * HOUR + 5 * MINUTE, "8h"),
        (48 * HOUR - 1, "47h"), (2 * DAY, "2d"), (2 * DAY + 3 * HOUR, "2d3h"), (8 * DAY + 5, "8d"),
        (729 * DAY, "729d"), (730 * DAY, "2y"), (800 * DAY, "2y70d"), (3000 * DAY, "8y"),
    ],
)  # fmt: skip
def test_an_age_has_two_units_while_the_first_is_small(seconds: int, text: str) -> None:
    assert printers.human_duration(seconds * SECOND) == text


# ---- pods -----------------------------------------------------------------------------------


def container(name: str = "a", restarts: int = 0, ready: bool = False, **state: Any) -> Any:
    last = state.pop("last", {})
    return {
        "name": name,
        "restartCount": restarts,
        "ready": ready,
        "state": state,
        "lastState": last,
    }


def waiting(reason: str) -> Any:
    return {"waiting": {"reason": reason}}


def ended(code: int = 0, reason: str = "", **more: Any) -> Any:
    return {"terminated": {"exitCode": code, "reason": reason, **more}}


RUNNING = {"running": {"startedAt": "2026-01-05T00:00:00Z"}}
READY = [{"type": "Ready", "status": "True"}]


def pod(
    *containers: Any,
    init: Any = (),
    phase: str = "Running",
    deleted: bool = False,
    sidecars: tuple[str, ...] = (),
    **status: Any,
) -> Any:
    meta: dict[str, Any] = {"name": "p", "creationTimestamp": "2026-01-05T00:59:30Z"}
    if deleted:
        meta["deletionTimestamp"] = "2026-01-05T01:00:00Z"
    return {
        "metadata": meta,
        "spec": {
            "containers": [{"name": one["name"]} for one in containers] or [{"name": "a"}],
            "initContainers": [
                {"name": one["name"]}
                | ({"restartPolicy": "Always"} if one["name"] in sidecars else {})
                for one in init
            ],
        },
        "status": {
            "phase": phase, "containerStatuses": list(containers),
            "initContainerStatuses": list(init), **status,
        },
    }  # fmt: skip


CASES = {
    "pending": (pod(phase="Pending"), "0/1", "Pending"),
    "creating": (pod(container(**waiting("ContainerCreating")), phase="Pending"),
                 "0/1", "ContainerCreating"),
    "running": (pod(container(ready=True, **RUNNING)), "1/1", "Running"),
    "running, not ready": (pod(container(**RUNNING)), "0/1", "Running"),
    "crash loop": (pod(container(**waiting("CrashLoopBackOff"))), "0/1", "CrashLoopBackOff"),
    "image": (pod(container(**waiting("ImagePullBackOff"))), "0/1", "ImagePullBackOff"),
    "completed": (pod(container(**ended(0, "Completed")), phase="Succeeded"), "0/1", "Completed"),
    "error": (pod(container(**ended(1, "Error")), phase="Failed"), "0/1", "Error"),
    "out of memory": (pod(container(**ended(137, "OOMKilled"))), "0/1", "OOMKilled"),
    "no reason, signal": (pod(container(**ended(0, signal=9))), "0/1", "Signal:9"),
    "no reason, code": (pod(container(**ended(3))), "0/1", "ExitCode:3"),
    "one of two done, ready": (
        pod(container("a", **ended(0, "Completed")), container("b", ready=True, **RUNNING),
            conditions=READY), "1/2", "Running"),
    "one of two done, not ready": (
        pod(container("a", **ended(0, "Completed")), container("b", ready=True, **RUNNING)),
        "1/2", "NotReady"),
    "init waits": (pod(container(), init=[container("i", **waiting("PodInitializing"))]),
                   "0/1", "Init:0/1"),
    "containers wait for init": (
        pod(container(**waiting("PodInitializing")), init=[container("i", 2, **RUNNING)]),
        "0/1", "Init:0/1"),
    "second init": (
        pod(container(), init=[container("i", **ended(0, "Completed")), container("j", **RUNNING)]),
        "0/1", "Init:1/2"),
    "init crash loop": (
        pod(container(), init=[container("i", **waiting("CrashLoopBackOff"))]),
        "0/1", "Init:CrashLoopBackOff"),
    "init failed": (pod(container(), init=[container("i", **ended(1, "Error"))]),
                    "0/1", "Init:Error"),
    "init failed by code": (pod(container(), init=[container("i", **ended(2))]),
                            "0/1", "Init:ExitCode:2"),
    "init failed by signal": (pod(container(), init=[container("i", **ended(2, signal=9))]),
                              "0/1", "Init:Signal:9"),
    "sidecar started": (
        pod(container(ready=True, **RUNNING),
            init=[{**container("s", ready=True, **RUNNING), "started": True}], sidecars=("s",)),
        "2/2", "Running"),
    "terminating": (pod(container(ready=True, **RUNNING), deleted=True), "1/1", "Terminating"),
    "deleted after its end": (
        pod(container(**ended(0, "Completed")), phase="Succeeded", deleted=True),
        "0/1", "Completed"),
    "lost node": (pod(container(**RUNNING), reason="NodeLost", deleted=True), "0/1", "Unknown"),
    "evicted": (pod(phase="Failed", reason="Evicted"), "0/1", "Evicted"),
    "gated": (
        pod(phase="Pending", conditions=[
            {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
        "0/1", "SchedulingGated"),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "ready", "status"), CASES.values(), ids=CASES)
def test_a_pods_line_says_its_state(obj: Any, ready: str, status: str) -> None:
    cells = printers.printer("pods").cells(obj, NOW)
    assert cells[1:3] == [ready, status]


def test_restarts_name_the_end_of_the_newest_restarted_run() -> None:
    one = container("a", 2, True, **RUNNING, last=ended(1, finishedAt="2026-01-05T00:58:00Z"))
    two = container("b", 3, True, **RUNNING, last=ended(1, finishedAt="2026-01-05T00:59:30Z"))
    assert printers.printer("pods").cells(pod(one, two), NOW)[3] == "5 (30s ago)"


def test_the_restarts_of_plain_init_containers_are_forgotten_afterwards() -> None:
    done = container("i", 4, **ended(0, "Completed"))
    obj = pod(container(ready=True, **RUNNING), init=[done])
    assert printers.printer("pods").cells(obj, NOW)[3] == "0"


def test_wide_cells_of_a_bound_pod_with_a_readiness_gate() -> None:
    obj = pod(container(ready=True, **RUNNING), podIPs=[{"ip": "10.0.0.7"}], conditions=[
        {"type": "example.com/up", "status": "True"}])  # fmt: skip
    obj["spec"] |= {"nodeName": "n", "readinessGates": [{"conditionType": "example.com/up"}]}
    assert printers.printer("pods").cells(obj, NOW)[5:] == ["10.0.0.7", "n", "<none>", "1/1"]
    assert printers.printer("pods").cells(pod(), NOW)[5:] == ["<none>"] * 4


def test_a_pod_that_has_ended_is_a_completed_row() -> None:
    conditions = printers.row_conditions("pods", pod(phase="Failed"))
    assert conditions is not None
    assert conditions[0]["reason"] == "Failed"
    assert printers.row_conditions("pods", pod()) is None


# ---- other kinds, against what a server printed ---------------------------------------------

RECORDED = Path(__file__).parents[2] / "golden" / "api" / "table-job-etc.jsonl"


def test_every_kind_has_a_printer_with_as_many_cells_as_columns() -> None:
    for kind in KINDS:
        columns = printers.printer(kind.resource).columns
        assert columns[0].name in ("Name", "Last Seen")
        assert [column.priority for column in columns].count(0) >= 2


def test_recorded_columns_are_what_the_server_said() -> None:
    sequence = json.loads(RECORDED.read_text())
    for exchange in sequence["exchanges"]:
        plural = exchange["req"]["path"].rpartition("/")[2]
        resource = next(
            (kind.resource for kind in KINDS if kind.plural == plural), f"{plural}.batch"
        )
        if plural == "ingresses":
            continue
        wanted = exchange["res"]["body"]["columnDefinitions"]
        assert [one.as_json() for one in printers.printer(resource).columns] == wanted


META = {"name": "x", "creationTimestamp": "2026-01-05T00:00:00Z"}
ROWS = [
    ("deployments.apps",
     {"spec": {"replicas": 4, "selector": {"matchLabels": {"app": "d"}}, "template": {"spec": {
         "containers": [{"name": "a", "image": "i"}, {"name": "b", "image": "j"}]}}},
      "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1}},
     ["x", "2/4", 3, 1, "60m", "a,b", "i,j", "app=d"]),
    ("replicasets.apps",
     {"spec": {"replicas": 2, "selector": {"matchExpressions": [
         {"key": "a", "operator": "In", "values": ["y", "x"]}]}, "template": {}},
      "status": {"replicas": 2}},
     ["x", 2, 2, 0, "60m", "", "", "a in (x,y)"]),
    ("services",
     {"spec": {"type": "LoadBalancer", "clusterIPs": ["10.0.0.1"], "externalIPs": ["9.9.9.9"],
               "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}],
               "selector": {"b": "2", "a": "1"}},
      "status": {"loadBalancer": {"ingress": [{"hostname": "lb"}, {"ip": "1.1.1.1"}]}}},
     ["x", "LoadBalancer", "10.0.0.1", "1.1.1.1,lb,9.9.9.9", "80:30080/TCP", "60m", "a=1,b=2"]),
    ("services", {"spec": {"type": "ExternalName", "externalName": "e.example"}},
     ["x", "ExternalName", "<none>", "e.example", "<none>", "60m", "<none>"]),
    ("nodes",
     {"metadata": {"labels": {"node-role.kubernetes.io/b": "", "kubernetes.io/role": "a"}},
      "spec": {"unschedulable": True},
      "status": {"conditions": [{"type": "Ready", "status": "Unknown"}], "nodeInfo": {
          "kubeletVersion": "v1", "kernelVersion": "6.1", "architecture": "amd64"}}},
     ["x", "NotReady,SchedulingDisabled", "a,b", "60m", "v1", "<none>", "<none>", "<unknown>",
      "6.1 (amd64)", "<unknown>"]),
    ("horizontalpodautoscalers.autoscaling",
     {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 5, "metrics": [
         {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}},
         {"type": "Pods", "pods": {"target": {"averageValue": "1k"}}},
         {"type": "Object", "object": {"target": {"value": "2"}}}]},
      "status": {"currentReplicas": 2, "currentMetrics": [
          {"type": "Resource", "resource": {"current": {"averageUtilization": 55}}}]}},
     ["x", "Deployment/d", "cpu: 55%/80%, <unknown>/1k + 1 more...", "<unset>", 5, 2, "60m"]),
    ("persistentvolumeclaims",
     {"spec": {"volumeName": "v", "volumeMode": "Filesystem"}, "status": {"phase": "Bound",
      "capacity": {"storage": "2Gi"}, "accessModes": ["ReadOnlyMany", "ReadWriteOnce"]}},
     ["x", "Bound", "v", "2Gi", "RWO,ROX", "", "<unset>", "60m", "Filesystem"]),
    ("endpointslices.discovery.k8s.io",
     {"addressType": "IPv4", "ports": [{"port": 80}, {"port": None}], "endpoints": [
         {"addresses": [f"10.0.0.{n}"]} for n in range(5)]},
     ["x", "IPv4", "80,*", "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more...", "60m"]),
    ("networkpolicies.networking.k8s.io", {"spec": {"podSelector": {}}}, ["x", "<none>", "60m"]),
    ("leases.coordination.k8s.io", {"spec": {"holderIdentity": "n"}}, ["x", "n", "60m"]),
    ("configmaps", {"data": {"a": "1"}, "binaryData": {"b": ""}}, ["x", 2, "60m"]),
    ("secrets", {"type": "Opaque", "data": {"a": ""}}, ["x", "Opaque", 1, "60m"]),
    ("serviceaccounts", {}, ["x", "60m"]),
    ("customresourcedefinitions.apiextensions.k8s.io", {}, ["x", "2026-01-05T00:00:00Z"]),
    ("events",
     {"firstTimestamp": "2026-01-05T00:00:00Z", "lastTimestamp": "2026-01-05T00:59:00Z",
      "count": 3, "type": "Warning", "reason": "R", "message": " m ", "source": {"component": "c"},
      "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "f"}, "reportingInstance": "i"},
     ["60s", "Warning", "R", "pod/p", "f", "c, i", "m", "60m", 3, "x"]),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "obj", "cells"), ROWS, ids=[row[0] for row in ROWS])
def test_cells_of_the_other_kinds(resource: str, obj: Any, cells: list[Any]) -> None:
    whole = {**obj, "metadata": {**META, **obj.get("metadata", {})}}
    printer = printers.printer(resource)
    assert printer.cells(whole, NOW) == cells
    assert len(printer.columns) == len(cells)


# ---- custom resources -----------------------------------------------------------------------

OBJECT = {
    "metadata": {**META, "labels": {"app.io/n": "v"}},
    "spec": {"size": 5, "ratio": 0.5, "tags": ["a", "b"], "on": True},
    "status": {"conditions": [{"type": "A", "status": "False"}, {"type": "B", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.size", [5]),
        (".spec['size']", [5]),
        (".spec.tags[1]", ["b"]),
        (".spec.tags[-1]", ["b"]),
        (".spec.tags[7]", []),
        (".spec.tags[*]", ["a", "b"]),
        (".spec.missing.more", []),
        ('.status.conditions[?(@.type=="B")].status', ["True"]),
        (".metadata.labels.app\\.io/n", ["v"]),
        ("..size", []),
    ],
)
def test_simple_jsonpaths(path: str, found: list[Any]) -> None:
    assert printers.find(OBJECT, path) == found


def test_custom_columns_are_cells_of_their_type_or_null() -> None:
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Bad", "type": "integer", "jsonPath": ".spec.tags"},
        {"name": "None", "type": "string", "jsonPath": ".spec.nope"},
        {"name": "Tags", "type": "string", "jsonPath": ".spec.tags[*]", "priority": 1},
        {"name": "On", "type": "boolean", "jsonPath": ".spec.on"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    printer = printers.custom_printer(columns)
    assert printer.cells(OBJECT, NOW) == ["x", 5, None, None, "a,b", True, "60m"]
    assert printer.columns[1].description.endswith("(in JSONPath format): .spec.size")


def test_a_custom_kind_without_columns_has_name_and_age() -> None:
    printer = printers.custom_printer(None)
    assert [column.name for column in printer.columns] == ["Name", "Age"]
    assert printer.cells(OBJECT, NOW) == ["x", "60m"]
