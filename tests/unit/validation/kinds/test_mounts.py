"""Mounts and devices of a container."""

from typing import Any

import pytest

from ecp.validation.faults import At, Fault
from ecp.validation.kinds.mounts import check_mounts
from ecp.validation.scope import Scope

Obj = dict[str, Any]
VOLUMES = {"dir": False, "dir2": False, "claim": True, "claim2": True}


def faults(*mounts: Obj, scope: Scope | None = None, **container: Any) -> list[Fault]:
    whole = {"volumeMounts": list(mounts), **container}
    return list(check_mounts(whole, At(), scope or Scope(), VOLUMES))


def mount(name: str = "dir", path: str = "/a", **more: Any) -> Obj:
    return {"name": name, "mountPath": path, **more}


def device(name: str = "claim", path: str = "/dev/a") -> Obj:
    return {"name": name, "devicePath": path}


PRIVILEGED = {"securityContext": {"privileged": True}}
M0 = "volumeMounts[0]"
CASES: list[Any] = [
    pytest.param([mount(), mount(path="/b")], {}, [], id="a volume may be mounted twice"),
    pytest.param([mount(path="C:/tmp")], {}, [], id="a path may be of any form"),
    pytest.param([mount(subPath="a..b/c")], {}, [], id="dots in a name are no steps"),
    pytest.param(
        [{}],
        {},
        [
            f"{M0}.name: Required value",
            f'{M0}.name: Not found: ""',
            f"{M0}.mountPath: Required value",
        ],
        id="a mount of nothing is also not found",
    ),
    pytest.param(
        [mount("dir", ""), mount("dir2", "")],
        {},
        [
            f"{M0}.mountPath: Required value",
            "volumeMounts[1].mountPath: Required value",
            'volumeMounts[1].mountPath: Invalid value: "": must be unique',
        ],
        id="two paths that are missing are the same",
    ),
    pytest.param(
        [mount("gone")], {}, [f'{M0}.name: Not found: "gone"'], id="a volume that is not there"
    ),
    pytest.param(
        [mount("claim", "/dev/a")],
        {"volumeDevices": [device()]},
        [
            f'{M0}.name: Invalid value: "claim": must not already exist in volumeDevices',
            f'{M0}.mountPath: Invalid value: "/dev/a": '
            "must not already exist as a path in volumeDevices",
            'volumeDevices[0].name: Invalid value: "claim": must not already exist in volumeMounts',
            'volumeDevices[0].devicePath: Invalid value: "/dev/a": '
            "must not already exist as a path in volumeMounts",
        ],
        id="one claim as a directory and as a device",
    ),
    pytest.param(
        [mount(subPath="/../x", subPathExpr="../y")],
        {},
        [
            'volumeMounts.subPath: Invalid value: "/../x": must be a relative path',
            "volumeMounts.subPath: Invalid value: \"/../x\": must not contain '..'",
            f'{M0}.subPathExpr: Invalid value: "../y": '
            "subPathExpr and subPath are mutually exclusive",
            "volumeMounts.subPathExpr: Invalid value: \"../y\": must not contain '..'",
        ],
        id="paths below a volume: one cause with the mount's number, the others without",
    ),
    pytest.param(
        [mount(mountPropagation="Bidirectional")],
        {},
        [
            "volumeMounts.mountPropagation: Forbidden: "
            "Bidirectional mount propagation is available only to privileged containers"
        ],
        id="both ways without privilege",
    ),
    pytest.param(
        [mount(mountPropagation="Bidirectional")], PRIVILEGED, [], id="both ways with privilege"
    ),
    pytest.param(
        [mount(mountPropagation="Both")],
        {},
        [
            'volumeMounts.mountPropagation: Unsupported value: "Both": '
            'supported values: "Bidirectional", "HostToContainer", "None"'
        ],
        id="no such propagation",
    ),
    pytest.param(
        [mount(recursiveReadOnly="Enabled", mountPropagation="HostToContainer")],
        {},
        [
            "volumeMounts.recursiveReadOnly: Forbidden: "
            "may only be specified when readOnly is true",
            "volumeMounts.recursiveReadOnly: Forbidden: "
            "may only be specified when mountPropagation is None or not specified",
        ],
        id="read-only to the ground needs both",
    ),
    pytest.param(
        [mount(recursiveReadOnly="IfPossible", readOnly=True, mountPropagation="None")],
        {},
        [],
        id="read-only to the ground",
    ),
    pytest.param([mount(recursiveReadOnly="Disabled")], {}, [], id="and not"),
    pytest.param(
        [mount(recursiveReadOnly="Deep")],
        {},
        [
            'volumeMounts.recursiveReadOnly: Unsupported value: "Deep": '
            'supported values: "Disabled", "Enabled", "IfPossible"'
        ],
        id="no such depth",
    ),
    pytest.param([], {"volumeDevices": [device()]}, [], id="a claim as a device"),
    pytest.param(
        [],
        {"volumeDevices": [{}]},
        [
            "volumeDevices[0].name: Required value",
            'volumeDevices[0].name: Not found: ""',
            "volumeDevices[0].devicePath: Required value",
        ],
        id="a device of nothing",
    ),
    pytest.param(
        [],
        {"volumeDevices": [device("dir", "/dev/../a")]},
        [
            'volumeDevices[0].name: Invalid value: "dir": can only use volume source type of '
            "PersistentVolumeClaim or Ephemeral for block mode",
            "volumeDevices[0].devicePath: Invalid value: \"/dev/../a\": "
            "can not contain backsteps ('..')",
        ],
        id="a directory as a device",
    ),
    pytest.param(
        [],
        {"volumeDevices": [device(), device()]},
        [
            'volumeDevices[1].name: Invalid value: "claim": must be unique',
            'volumeDevices[1].devicePath: Invalid value: "/dev/a": must be unique',
        ],
        id="one device twice",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mounts", "container", "words"), CASES)
def test_mounts(mounts: list[Obj], container: Obj, words: list[str]) -> None:
    assert [str(fault.error) for fault in faults(*mounts, **container)] == words


def test_what_is_said_of_all_mounts_is_shown_at_the_one() -> None:
    (found,) = faults(mount(), mount(path="/b", mountPropagation="Both"))
    assert found.path == ("volumeMounts", 1, "mountPropagation")
    (found,) = faults(mount(), mount(path="/b", recursiveReadOnly="Deep"))
    assert found.path == ("volumeMounts", 1, "recursiveReadOnly")


@pytest.mark.parametrize(("version", "count"), [((1, 30), 0), ((1, 31), 1)])
def test_recursive_read_only_is_judged_since_its_gate_is_on(
    version: tuple[int, int], count: int
) -> None:
    assert len(faults(mount(recursiveReadOnly="Deep"), scope=Scope(version))) == count
