"""Of several templates of a Deployment the newest tells what keeps it from being up."""

from typing import Any

import pytest

from ecp.kube.kinds import DEPLOYMENTS, PODS, REPLICASETS
from ecp.orchestrator.adapters.kubernetes import NamespaceView
from ecp.rehearsal.bundle import Ref
from ecp.rehearsal.troubles import of_workload

WEB = Ref(DEPLOYMENTS, "shop", "web")


def owned(name: str, by: str, uid: str, **meta: Any) -> dict[str, Any]:
    owners = [{"kind": "X", "name": by, "uid": by, "controller": True}]
    return {"name": name, "namespace": "shop", "uid": uid, "ownerReferences": owners, **meta}


def made(revision: int) -> dict[str, Any]:
    notes = {"deployment.kubernetes.io/revision": str(revision)}
    return {"metadata": owned(f"web-{revision}", "web", f"rs-{revision}", annotations=notes)}


def pod(revision: int, waiting: str) -> dict[str, Any]:
    """A pod of a revision: ready, or a container that waits."""
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    row = {
        "name": "c",
        "image": "x",
        "ready": not waiting,
        "restartCount": 3,
        "state": state,
        "lastState": {"terminated": {"exitCode": 1}} if waiting == "CrashLoopBackOff" else {},
    }
    ready = {"type": "Ready", "status": "False" if waiting else "True"}
    return {
        "metadata": owned(f"web-{revision}-a", f"rs-{revision}", f"p-{revision}"),
        "spec": {"nodeName": "n", "containers": [{"name": "c"}]},
        "status": {"phase": "Running", "conditions": [ready], "containerStatuses": [row]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "causes"),
    [
        pytest.param("CrashLoopBackOff", "ImagePullBackOff", ["image"],
                     id="a second release over one that is stuck: of the second"),
        pytest.param("", "ImagePullBackOff", ["image"], id="over one that is up"),
        pytest.param("CrashLoopBackOff", "", ["crash"],
                     id="the newest is ready: what is left of the one before"),
    ],
)  # fmt: skip
def test_the_newest_template_tells(old: str, new: str, causes: list[str]) -> None:
    web = {"metadata": {"name": "web", "namespace": "shop", "uid": "web"}, "spec": {"replicas": 1}}
    view: Any = NamespaceView(
        0,
        {
            DEPLOYMENTS: [web],
            REPLICASETS: [made(1), made(2)],
            PODS: [pod(1, old), pod(2, new)],
        },
    )
    assert [one.cause for one in of_workload(view, WEB)] == causes
