"""The binder as a table: what a claim finds, and what is said and written of it.

Messages, annotations and phases are those of a kube-controller-manager 1.36.2.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from controller_objects import NOW, NS, PODS, SECOND, STAMP, Seen, meta, pod

from ecp.kube.kinds import PVCS, PVS, STORAGECLASSES
from ecp.kube.times import rfc3339
from ecp.sim.controllers.volumes import binder, protection
from ecp.sim.controllers.volumes.users import Users
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Delete, Plan, Update
from ecp.sim.store import Obj

GI = "1Gi"
CLAIM_REF = {
    "kind": "PersistentVolumeClaim",
    "namespace": NS,
    "name": "c",
    "uid": "uid-c",
    "apiVersion": "v1",
}
BOUND = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}


def claim(name: str = "c", size: str = GI, phase: str = "Pending", **spec: Any) -> Obj:
    annotations = spec.pop("annotations", None)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta(name, **({"annotations": annotations} if annotations else {})),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            **spec,
        },
        "status": {"phase": phase},
    }


def volume(name: str = "v", size: str = GI, phase: str = "Available", **spec: Any) -> Obj:
    more = {field: spec.pop(field) for field in ("annotations", "labels") if field in spec}
    found = {k: v for k, v in meta(name, **more).items() if k != "namespace"}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": found,
        "spec": {
            "capacity": {"storage": size},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/data"},
            **spec,
        },
        "status": {"phase": phase},
    }


def storage_class(name: str, provisioner: str = "d.example.com", **more: Any) -> Obj:
    annotations = {"annotations": more.pop("annotations")} if "annotations" in more else {}
    found = {k: v for k, v in meta(name, **annotations).items() if k != "namespace"}
    return {"metadata": found, "provisioner": provisioner, "volumeBindingMode": "Immediate", **more}


LATE: dict[str, Any] = {"volumeBindingMode": "WaitForFirstConsumer"}
DEFAULT: dict[str, Any] = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}


def look(*objects: Obj, key: tuple[str, str] = (NS, "c")) -> Plan:
    seen = Seen()
    for obj in objects:
        kind = obj.get("kind", "")
        resource = {"PersistentVolumeClaim": PVCS, "PersistentVolume": PVS, "Pod": PODS}.get(kind)
        seen.take(resource or STORAGECLASSES, obj)
    return binder.binder(Users()).reconcile(NOW, key, seen)


def waiting_pod(name: str = "p") -> Obj:
    found = pod(name)
    found["spec"].pop("nodeName", None)
    found["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]
    return found | {"kind": "Pod"}


# -- what a claim gets -----------------------------------------------------------------------------

FINDS = [
    pytest.param("b", claim(), [volume("a", "3Gi"), volume("b", "2Gi")], id="the smallest"),
    pytest.param("a", claim(), [volume("b"), volume("a")], id="of equal ones the first by name"),
    pytest.param(None, claim(size="5Gi"), [volume()], id="none that is too small"),
    pytest.param(
        "one",
        claim(),
        [
            volume("many", accessModes=["ReadWriteOnce", "ReadWriteMany"]),
            volume("one", "9Gi"),
        ],
        id="one with fewer access modes before a smaller one",
    ),
    pytest.param(
        None, claim(accessModes=["ReadWriteMany"]), [volume()], id="none that lacks an access mode"
    ),
    pytest.param(
        None, claim(storageClassName="gold"), [volume()], id="none of another class"
    ),
    pytest.param(
        "v", claim(storageClassName="gold"), [volume(storageClassName="gold")],
        id="one of a class that does not exist",
    ),
    pytest.param(None, claim(volumeMode="Block"), [volume()], id="no file system for a device"),
    pytest.param(
        "b",
        claim(selector={"matchLabels": {"tier": "x"}}),
        [volume("a"), volume("b", "9Gi", labels={"tier": "x"})],
        id="one with the labels it asks for",
    ),
    pytest.param(None, claim(), [volume(phase="Released")], id="none that was another's"),
    pytest.param(
        "b",
        claim(),
        [volume("a"), volume("b", "9Gi", claimRef={"namespace": NS, "name": "c"})],
        id="the one that is reserved for it",
    ),
    pytest.param(
        None,
        claim(),
        [volume(claimRef={"namespace": NS, "name": "x"})],
        id="none reserved for others",
    ),
    pytest.param(
        "b", claim(volumeName="b"), [volume("a"), volume("b", "9Gi")], id="the one that it names"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "asking", "volumes"), FINDS)
def test_a_claim_finds(wanted: str | None, asking: Obj, volumes: list[Obj]) -> None:
    plan = look(asking, *volumes)
    names = [a.obj["metadata"]["name"] for a in plan.actions if a.resource == PVS]  # type: ignore[union-attr]
    assert set(names) == ({wanted} if wanted else set())


def test_a_binding_is_written_on_both_sides_the_volume_first() -> None:
    plan = look(claim(), volume(size="3Gi"))
    shapes = [(a.resource, a.subresource) for a in plan.actions if isinstance(a, Update)]
    assert shapes == [(PVS, ""), (PVS, "status"), (PVCS, ""), (PVCS, "status")]
    of_volume, volume_status, of_claim, claim_status = (a.obj for a in plan.actions)  # type: ignore[union-attr]
    ref = of_volume["spec"]["claimRef"]
    assert ref.pop("resourceVersion")
    assert ref == CLAIM_REF
    by_controller = {"pv.kubernetes.io/bound-by-controller": "yes"}
    assert of_volume["metadata"]["annotations"] == by_controller
    assert volume_status["status"] == {"phase": "Bound", "lastPhaseTransitionTime": rfc3339(NOW)}
    assert of_claim["metadata"]["annotations"] == BOUND
    assert of_claim["spec"]["volumeName"] == "v"
    assert claim_status["status"] == {
        "phase": "Bound",
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "3Gi"},
    }


def test_a_reserved_volume_is_bound_without_the_controllers_mark() -> None:
    plan = look(claim(), volume(claimRef={"namespace": NS, "name": "c"}))
    assert "annotations" not in plan.actions[0].obj["metadata"]  # type: ignore[union-attr]


# -- what a claim is told --------------------------------------------------------------------------


class Said(NamedTuple):
    kind: str
    reason: str
    message: str


EXTERNAL = (
    "Waiting for a volume to be created either by the external provisioner 'd.example.com' or "
    "manually by the system administrator. If volume creation is delayed, please verify that the "
    "provisioner is running and correctly registered."
)
SAYS = [
    pytest.param(
        Said(
            "Normal",
            "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set",
        ),
        [claim()],
        id="that it has no class",
    ),
    pytest.param(
        Said("Warning", "ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found'),
        [claim(storageClassName="fast")],
        id="that its class is not there",
    ),
    pytest.param(
        Said("Normal", "ExternalProvisioning", EXTERNAL),
        [claim(storageClassName="fast"), storage_class("fast")],
        id="who is to make a volume",
    ),
    pytest.param(
        Said("Warning", "ProvisioningFailed", "no volume plugin matched name: kubernetes.io/x"),
        [claim(storageClassName="fast"), storage_class("fast", "kubernetes.io/x")],
        id="that nobody makes one",
    ),
    pytest.param(
        Said(
            "Normal",
            "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding",
        ),
        [claim(storageClassName="fast"), storage_class("fast", **LATE)],
        id="that it waits for a pod",
    ),
    pytest.param(
        Said("Normal", "WaitForPodScheduled", "waiting for pod p to be scheduled"),
        [claim(storageClassName="fast"), storage_class("fast", **LATE), waiting_pod()],
        id="that it waits for that pod",
    ),
    pytest.param(
        Said("Normal", "WaitForPodScheduled", "waiting for pods p,q to be scheduled"),
        [
            claim(storageClassName="fast"),
            storage_class("fast", **LATE),
            waiting_pod("q"),
            waiting_pod("p"),
        ],
        id="that it waits for those pods",
    ),
    pytest.param(
        Said("Warning", "FailedBinding", 'volume "v" already bound to a different claim.'),
        [claim(volumeName="v"), volume(claimRef={"namespace": NS, "name": "x", "uid": "u"})],
        id="that the volume it names is taken",
    ),
    pytest.param(
        Said(
            "Warning",
            "VolumeMismatch",
            'Cannot bind to requested volume "v": requested PV is too small',
        ),
        [claim(size="5Gi", volumeName="v"), volume()],
        id="that the volume it names is too small",
    ),
    pytest.param(
        Said(
            "Warning",
            "VolumeMismatch",
            'Cannot bind to requested volume "v": storageClassName does not match',
        ),
        [claim(volumeName="v", storageClassName="a"), volume(storageClassName="b")],
        id="that the volume it names is of another class",
    ),
    pytest.param(
        Said(
            "Warning",
            "ClaimLost",
            "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
        ),
        [claim(phase="Bound", volumeName="v", annotations=BOUND)],
        id="that its volume is lost",
    ),
    pytest.param(
        Said(
            "Warning",
            "ClaimMisbound",
            "Two claims are bound to the same volume, this one is bound incorrectly",
        ),
        [
            claim(phase="Bound", volumeName="v", annotations=BOUND),
            volume(claimRef={"namespace": NS, "name": "x", "uid": "u"}),
        ],
        id="that its volume is another's",
    ),
]


@pytest.mark.parametrize(("said", "objects"), SAYS)
def test_a_claim_is_told(said: Said, objects: list[Obj]) -> None:
    (note,) = look(*objects).events
    assert Said(note.type, note.reason, note.message) == said


def test_a_claim_without_a_class_gets_the_default_that_came_later() -> None:
    (action,) = look(claim(), storage_class("standard", **DEFAULT)).actions
    assert isinstance(action, Update)
    assert action.obj["spec"]["storageClassName"] == "standard"


def test_a_claim_that_wants_no_class_gets_none() -> None:
    assert not look(claim(storageClassName=""), storage_class("standard", **DEFAULT)).actions


# -- what becomes of a volume ----------------------------------------------------------------------

OF_C = {"namespace": NS, "name": "c", "uid": "uid-c"}
REFUSED = 'error getting deleter volume plugin for volume "v": no deletable volume plugin matched'
ENDS = [
    pytest.param("Available", volume(phase="Pending"), [], "", id="nobody has it"),
    pytest.param(
        "Available",
        volume(phase="Pending", claimRef={"namespace": NS, "name": "c"}),
        [],
        "",
        id="it is reserved",
    ),
    pytest.param("Released", volume(phase="Bound", claimRef=OF_C), [], "", id="its claim is gone"),
    pytest.param(
        "Failed",
        volume(phase="Bound", claimRef=OF_C, persistentVolumeReclaimPolicy="Delete", nfs={}),
        [],
        "host_path deleter only supports",
        id="it is to be deleted and cannot be",
    ),
    pytest.param(
        "Available",
        volume(phase="Bound", claimRef=OF_C, persistentVolumeReclaimPolicy="Recycle"),
        [],
        "Volume recycled",
        id="it is to be used again",
    ),
    pytest.param(
        "Bound",
        volume(phase="Available", claimRef=OF_C),
        [claim(volumeName="v")],
        "",
        id="its claim has it",
    ),
    pytest.param(
        "Available",
        volume(
            phase="Bound",
            claimRef=OF_C,
            annotations={"pv.kubernetes.io/bound-by-controller": "yes"},
        ),
        [claim(volumeName="other")],
        "",
        id="its claim has another one",
    ),
]


@pytest.mark.parametrize(("phase", "of", "others", "said"), ENDS)
def test_a_volume_becomes(phase: str, of: Obj, others: list[Obj], said: str) -> None:
    plan = look(of, *others, key=("", "v"))
    statuses = [a for a in plan.actions if isinstance(a, Update) and a.subresource == "status"]
    assert statuses[-1].obj["status"]["phase"] == phase
    assert any(said in note.message for note in plan.events) or not said


def test_a_volume_without_a_deleter_fails_in_these_words() -> None:
    spec = volume(phase="Bound", claimRef=OF_C, persistentVolumeReclaimPolicy="Delete", nfs={})
    del spec["spec"]["hostPath"]
    (note,) = look(spec, key=("", "v")).events
    assert (note.type, note.reason, note.message) == ("Warning", "VolumeFailedDelete", REFUSED)


def test_a_scratch_directory_is_deleted_and_a_driver_deletes_its_own() -> None:
    scratch = volume(phase="Bound", claimRef=OF_C, persistentVolumeReclaimPolicy="Delete")
    scratch["spec"]["hostPath"] = {"path": "/".join(("", "tmp", "x"))}
    assert Delete(PVS, ("", "v")) in look(scratch, key=("", "v")).actions
    made = volume(
        phase="Bound",
        claimRef=OF_C,
        persistentVolumeReclaimPolicy="Delete",
        annotations={"pv.kubernetes.io/provisioned-by": "d.example.com"},
    )
    plan = look(made, key=("", "v"))
    assert [a.obj["status"]["phase"] for a in plan.actions] == ["Released"]  # type: ignore[union-attr]
    assert not plan.events


# -- when --------------------------------------------------------------------------------------


def test_waiting_claims_are_looked_at_every_fifteen_seconds_and_less_often_in_the_end() -> None:
    loop = binder.resync(Chance(1), Users())
    seen = Seen().take(PVCS, claim())
    now, looks = NOW, list[int]()
    plan = loop.reconcile(now, (NS, "c"), seen)
    assert not plan.events
    while len(looks) < 40:
        assert plan.wake_at is not None
        now = plan.wake_at
        plan = loop.reconcile(now, (NS, "c"), seen)
        looks += [now for note in plan.events]
    gaps = [(b - a) // SECOND for a, b in pairwise(looks)]
    assert gaps[:20] == [15] * 20
    assert gaps[-5:] == [300] * 5


def test_a_volume_that_comes_later_is_found_at_the_next_look() -> None:
    loop = binder.resync(Chance(1), Users())
    seen = Seen().take(PVCS, claim())
    seen.take(PVS, volume())
    assert list(loop.watches[PVS](seen.log[-1], seen)) == [(NS, "c")]
    plan = loop.reconcile(NOW, (NS, "c"), seen)
    assert plan.actions == ()
    assert plan.wake_at is not None
    assert NOW < plan.wake_at <= NOW + 15 * SECOND
    assert len(loop.reconcile(plan.wake_at, (NS, "c"), seen).actions) == 4


# -- protection ------------------------------------------------------------------------------------


def using_pod(**status: Any) -> Obj:
    found = pod("p")
    found["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]
    found["status"] = {**found.get("status", {}), **status}
    return found


def going_claim() -> Obj:
    found = claim()
    found["metadata"] |= {"finalizers": [protection.PROTECTION], "deletionTimestamp": STAMP}
    return found


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(using_pod(phase="Running"), id="one that runs"),
        pytest.param(using_pod(phase="Succeeded"), id="one that is over"),
    ],
)
def test_a_claim_stays_while_a_pod_on_a_node_uses_it(user: Obj) -> None:
    loop = protection.protector(Users())
    seen = Seen().take(PVCS, going_claim()).take(PODS, user)
    assert loop.reconcile(NOW, (NS, "c"), seen) == NOTHING
    seen.delete(PODS, (NS, "p"), at=NOW, cause="", actor="t")
    assert list(loop.watches[PODS](seen.log[-1], seen)) == [(NS, "c")]
    (action,) = loop.reconcile(NOW, (NS, "c"), seen).actions
    assert isinstance(action, Update)
    assert "finalizers" not in action.obj["metadata"]


def test_a_pod_without_a_node_holds_no_claim() -> None:
    user = using_pod()
    del user["spec"]["nodeName"]
    seen = Seen().take(PVCS, going_claim()).take(PODS, user)
    assert protection.protector(Users()).reconcile(NOW, (NS, "c"), seen).actions
