"""What an application makes of an object, and what of it stays."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.defaults import default
from ecp.kube.schema import Gvk, schema
from ecp.validation import validate
from ecp.validation.applying import LAST_APPLIED, applied, carried
from ecp.validation.state import State

Obj = dict[str, Any]
GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts" / "updates.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
STATES = {row["state"]: row["objects"] for row in ROWS if "objects" in row}
APPLIED = [
    pytest.param(name, objects[1], id=f"{name} applied again is what it was")
    for name, objects in STATES.items()
    if len(objects) > 1 and LAST_APPLIED in (objects[1]["metadata"].get("annotations") or {})
    # Kinds without defaults of ours, and a quantity that is written as a number.
    if not name.startswith(("Gadget", "Resource", "Runtime", "Validating", "FlowSchema"))
]


@pytest.mark.parametrize(("name", "live"), APPLIED)
def test_what_was_applied_last_changes_nothing(name: str, live: Obj) -> None:
    gvk = Gvk.of(live["apiVersion"], live["kind"])
    manifest = json.loads(live["metadata"]["annotations"][LAST_APPLIED])
    old = default(gvk.kind, live)
    new = default(gvk.kind, applied(live, manifest, schema().node(gvk), old))
    assert carried(gvk.group, gvk.kind, new, old) == old


# ---- three ways -------------------------------------------------------------------------------


def live_of(manifest: Obj, **more: Any) -> Obj:
    """Return an object that was made by applying *manifest*, and whose spec got more since."""
    notes = {LAST_APPLIED: json.dumps(manifest)}
    meta = {**manifest["metadata"], "uid": "u", "annotations": notes}
    return {**manifest, "metadata": meta, "spec": {**manifest.get("spec", {}), **more}}


def pod(**spec: Any) -> Obj:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def spec_after(live: Obj, manifest: Obj) -> Obj:
    node = schema().node(Gvk.of(manifest["apiVersion"], manifest["kind"]))
    found: Obj = applied(live, manifest, node)["spec"]
    return found


BOX = {"name": "a", "image": "i:1"}
SIDE = {"name": "b", "image": "i:1"}


@pytest.mark.parametrize(
    ("live", "manifest", "spec"),
    [
        pytest.param(
            live_of(pod(nodeName="n", hostname="h")), pod(nodeName="n"), {"nodeName": "n"},
            id="what was applied and is left out now goes",
        ),
        pytest.param(
            live_of(pod(nodeName="n"), hostname="h"), pod(nodeName="m"),
            {"nodeName": "m", "hostname": "h"}, id="what somebody else set stays",
        ),
        pytest.param(
            live_of(pod(), hostname="h"), pod(hostname=None), {}, id="a null takes away",
        ),
        pytest.param(
            live_of(pod(containers=[BOX, SIDE])), pod(containers=[{**BOX, "image": "i:2"}]),
            {"containers": [{"name": "a", "image": "i:2"}]}, id="an item that was applied goes",
        ),
        pytest.param(
            live_of(pod(containers=[BOX]), containers=[SIDE, BOX]), pod(containers=[BOX]),
            {"containers": [SIDE, BOX]}, id="an item of somebody else stays in its place",
        ),
        pytest.param(
            live_of(pod(containers=[BOX])), pod(containers=[SIDE, BOX]),
            {"containers": [SIDE, BOX]}, id="a new item comes where the manifest has it",
        ),
        pytest.param(
            live_of(pod(tolerations=[{"key": "a"}]), tolerations=[{"key": "a"}, {"key": "b"}]),
            pod(tolerations=[{"key": "a"}]), {"tolerations": [{"key": "a"}]},
            id="a list without a key is replaced",
        ),
        pytest.param(
            live_of(pod(volumes=[{"name": "v", "emptyDir": {}}])),
            pod(volumes=[{"name": "v", "configMap": {"name": "c"}}]),
            {"volumes": [{"name": "v", "configMap": {"name": "c"}}]},
            id="a union keeps the chosen member only",
        ),
    ],
)  # fmt: skip
def test_an_application(live: Obj, manifest: Obj, spec: Obj) -> None:
    assert spec_after(live, manifest) == spec


def test_two_ports_of_one_number_change_as_kubectl_changes_them() -> None:
    """Its merge key is the number alone: what differs in the second one goes into the first."""
    ports = [
        {"port": 53, "protocol": "UDP", "name": "udp"},
        {"port": 53, "protocol": "TCP", "name": "tcp"},
    ]
    manifest = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports},
    }  # fmt: skip
    live = live_of(manifest)
    assert spec_after(live, manifest)["ports"] == ports
    other = {**manifest, "spec": {"ports": [ports[0], {**ports[1], "name": "other"}]}}
    assert spec_after(live, other)["ports"] == [{"port": 53, "protocol": "TCP", "name": "other"}]


def test_what_was_applied_on_the_server_s_side_is_known_by_its_owner() -> None:
    fields = {
        "f:spec": {
            "f:hostname": {},
            "f:containers": {
                'k:{"name":"a"}': {".": {}, "f:name": {}, "f:image": {}},
            },
            "f:finalizers": {'v:"x"': {}},
        }
    }
    rows = [{"manager": "kubectl", "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields}]
    live = pod(hostname="h", nodeName="n", containers=[BOX, SIDE])
    live["metadata"] |= {"uid": "u", "managedFields": rows}
    assert spec_after(live, pod(containers=[SIDE])) == {"nodeName": "n", "containers": [SIDE]}
    assert spec_after(live, pod(hostname="h", containers=[BOX]))["containers"] == [BOX, SIDE]


def test_custom_kinds_have_lists_without_keys() -> None:
    own = {"apiVersion": "example.com/v1", "kind": "Own", "metadata": {"name": "o"}}
    live = live_of({**own, "spec": {"list": [{"name": "a"}], "size": 1}}, more=2)
    new = applied(live, {**own, "spec": {"list": [{"name": "b"}]}}, None)
    assert new["spec"] == {"list": [{"name": "b"}], "more": 2}


# ---- what may not be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        pytest.param(("", "ServiceAccount"), {"serviceAccountName": "x"}, id="a service account"),
        pytest.param(
            ("scheduling.k8s.io", "PriorityClass"), {"priorityClassName": "x", "priority": 7},
            id="a priority class",
        ),
        pytest.param(
            ("node.k8s.io", "RuntimeClass"), {"runtimeClassName": "x", "overhead": {"cpu": "1"}},
            id="a runtime class",
        ),
    ],
)  # fmt: skip
def test_nothing_is_missing_of_a_kind_that_may_not_be_read(
    kind: tuple[str, str], spec: Obj
) -> None:
    text = json.dumps(pod(containers=[BOX], **spec))
    assert not validate(text, against=State()).valid
    assert validate(text, against=State(unseen=frozenset({kind}))).valid


def test_a_secret_that_may_not_be_read_is_not_said_to_be_missing() -> None:
    uses = {**BOX, "envFrom": [{"secretRef": {"name": "s"}}]}
    text = json.dumps(pod(containers=[uses]))
    said = {one.rule for one in validate(text, against=State()).findings}
    unseen = State(unseen=frozenset({("", "Secret")}))
    assert "B0105" in said
    assert "B0105" not in {one.rule for one in validate(text, against=unseen).findings}


def test_where_something_is_there_is_a_namespace() -> None:
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "x"}}
    new = {**there, "metadata": {"name": "b", "namespace": "x"}}
    assert validate(json.dumps(new), against=[there]).valid
    assert not validate(json.dumps(new), against=[{**there, "metadata": {"name": "a"}}]).valid


# ---- growth of claims --------------------------------------------------------------------------


def claim(size: str) -> Obj:
    return {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
            "resources": {"requests": {"storage": size}},
        },
    }  # fmt: skip


def storage_class(**fields: Any) -> Obj:
    meta = {"name": fields.pop("name", "fast")}
    return {
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta,
        "provisioner": "a.example.com", **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("classes", "accepted"),
    [
        pytest.param([], True, id="nothing is said of classes nobody was told of"),
        pytest.param([storage_class(allowVolumeExpansion=True)], True, id="a class may allow it"),
        pytest.param([storage_class()], False, id="or not"),
        pytest.param([storage_class(name="other")], False, id="or not be there"),
    ],
)
def test_a_bound_claim_grows_where_its_class_lets_it(classes: list[Obj], accepted: bool) -> None:
    bound = {**claim("1Gi"), "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
    report = validate(json.dumps(claim("2Gi")), against=[bound, *classes])
    assert report.valid is accepted
    if not accepted:
        assert report.verdicts[0].message == (
            'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be '
            "resized and the storageclass that provisions the pvc must support resize"
        )


# ---- what is looked at first, and what a Job was given ------------------------------------------


def test_of_a_service_whose_address_is_none_only_that_is_said() -> None:
    there = next(one for one in STATES["Service/svc-fixed"] if one["kind"] == "Service")
    meta = {"name": "svc-fixed", "namespace": "upd"}
    spec = {"clusterIP": "nowhere", "ports": [{"port": 80, "nodePort": 30000}]}
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
    (verdict,) = validate(json.dumps(manifest), against=STATES["Service/svc-fixed"]).verdicts
    assert verdict.message == (
        f'Service "{there["metadata"]["name"]}" is invalid: spec.clusterIPs[0]: Invalid value: '
        '"nowhere": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    )


@pytest.mark.parametrize(
    ("labels", "uid", "words"),
    [
        pytest.param({"app": "a"}, "u", "", id="what the manifest does not name stays"),
        pytest.param(
            {"job-name": "other"}, "u",
            "spec.template.metadata.labels[job-name]: Invalid value: ", id="another name",
        ),
        pytest.param(
            None, "u", "spec.template.metadata.labels[controller-uid]: Required value: must be 'u'",
            id="all labels taken away",
        ),
        pytest.param({"app": "a"}, "", "", id="of a Job written by hand nobody knows them"),
    ],
)  # fmt: skip
def test_a_suspended_job_keeps_the_labels_it_was_given(
    labels: Obj | None, uid: str, words: str
) -> None:
    pod_spec = {"restartPolicy": "Never", "containers": [BOX]}
    manifest: Obj = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
        "spec": {
            "suspend": True, "template": {"metadata": {"labels": labels}, "spec": pod_spec}
        },
    }  # fmt: skip
    live = json.loads(json.dumps(manifest))
    live["metadata"]["uid"] = uid
    if uid:
        given = {
            "controller-uid": uid, "batch.kubernetes.io/controller-uid": uid,
            "job-name": "j", "batch.kubernetes.io/job-name": "j",
        }  # fmt: skip
        live["spec"]["template"]["metadata"]["labels"] = {"app": "a", **given}
        own = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
        live["spec"]["selector"] = own
    (verdict,) = validate(json.dumps(manifest), against=[live]).verdicts
    assert verdict.accepted is not bool(words)
    assert words in verdict.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(
            "PodDisruptionBudget/pdb",
            'poddisruptionbudgets.policy "pdb" is invalid: metadata.resourceVersion: '
            "Invalid value: 0: must be specified for an update",
            id="a budget has to say which version it was made from",
        ),
        pytest.param("ConfigMap/cm", "", id="a ConfigMap has not"),
    ],
)
def test_an_update_of_any_version(name: str, words: str) -> None:
    live = STATES[name][1]
    manifest = json.loads(live["metadata"]["annotations"][LAST_APPLIED])
    manifest["metadata"]["resourceVersion"] = "0"
    (verdict,) = validate(json.dumps(manifest), against=STATES[name]).verdicts
    assert (verdict.accepted, verdict.message) == (not words, words)
