"""Security contexts, operating systems, user namespaces."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Scope

Obj = dict[str, Any]
C = "spec.containers[0].securityContext"
P = "spec.securityContext"
IDS = "must be between 0 and 2147483647, inclusive"
PROFILES = 'supported values: "Localhost", "RuntimeDefault", "Unconfined"'
SYSCTL = (
    "must have at most 253 characters and match regex "
    r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
)
STRUCT = (
    '{"Capabilities":%s,"Privileged":%s,"SELinuxOptions":null,"WindowsOptions":null,'
    '"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,'
    '"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,'
    '"AppArmorProfile":null}'
)


def said(spec: Obj, scope: Scope | None = None) -> list[str]:
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    return [str(fault.error) for fault in check_pod_spec(spec, At() / "spec", scope or Scope())]


def box(**context: Any) -> Obj:
    return {"containers": [{"name": "c", "image": "i", "securityContext": context}]}


def pod(**context: Any) -> Obj:
    return {"securityContext": context}


def windows(**options: Any) -> Obj:
    return pod(windowsOptions=options)


USER = f"{P}.windowsOptions.runAsUserName"
CASES: list[Any] = [
    pytest.param(
        box(runAsUser=0, runAsGroup=2**31 - 1, procMount="Default", privileged=True,
            allowPrivilegeEscalation=True, seccompProfile={"type": "RuntimeDefault"}),
        [], id="a container's context",
    ),
    pytest.param(
        box(runAsUser=-1, runAsGroup=2**31),
        [f"{C}.runAsUser: Invalid value: -1: {IDS}",
         f"{C}.runAsGroup: Invalid value: 2147483648: {IDS}"],
        id="users out of range",
    ),
    pytest.param(
        box(procMount="All"),
        [f'{C}.procMount: Unsupported value: "All": supported values: "Default", "Unmasked"'],
        id="no such mount",
    ),
    pytest.param(
        box(procMount="Unmasked"),
        [f'{C}.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'],
        id="an unmasked mount of the host's users",
    ),
    pytest.param({"hostUsers": False, **box(procMount="Unmasked")}, [], id="of its own users"),
    pytest.param(
        box(seccompProfile={}),
        [f"{C}.seccompProfile.type: Required value: type is required when seccompProfile is set"],
        id="a profile without a type",
    ),
    pytest.param(
        box(seccompProfile={"type": "Odd", "localhostProfile": "a"}),
        [
            f'{C}.seccompProfile.type: Unsupported value: "Odd": {PROFILES}',
            f'{C}.seccompProfile.localhostProfile: Invalid value: {{"Type":"Odd",'
            '"LocalhostProfile":"a"}: can only be set when seccomp type is Localhost',
        ],
        id="a profile of an odd type",
    ),
    pytest.param(
        pod(seccompProfile={"type": "Localhost"}),
        [f"{P}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is "
         "Localhost"],
        id="a profile of the host without its name",
    ),
    pytest.param(
        pod(seccompProfile={"type": "Localhost", "localhostProfile": "/a/../b"}),
        [
            f'{P}.seccompProfile.localhostProfile: Invalid value: "/a/../b": must be a relative '
            "path",
            f"{P}.seccompProfile.localhostProfile: Invalid value: \"/a/../b\": must not contain "
            "'..'",
        ],
        id="a profile of the host from anywhere",
    ),
    pytest.param(
        box(allowPrivilegeEscalation=False, privileged=True,
            capabilities={"add": ["CAP_SYS_ADMIN"]}),
        [
            f"{C}: Invalid value: "
            + STRUCT % ('{"Add":["CAP_SYS_ADMIN"],"Drop":null}', "true")
            + ": cannot set `allowPrivilegeEscalation` to false and " + what
            for what in ("`privileged` to true", "`capabilities.Add` CAP_SYS_ADMIN")
        ],
        id="no escalation, but every right",
    ),
    pytest.param(box(allowPrivilegeEscalation=False, capabilities={"add": ["SYS_ADMIN"]}), [],
                 id="the name without CAP_ goes through"),
    pytest.param(
        box(appArmorProfile={"type": "Localhost", "localhostProfile": " a"}),
        [f'{C}.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with '
         "whitespace"],
        id="a padded profile",
    ),
    pytest.param(
        box(appArmorProfile={"type": "Localhost", "localhostProfile": ""}),
        [f"{C}.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type "
         "is Localhost"],
        id="an empty profile",
    ),
    pytest.param(
        box(appArmorProfile={"type": "Localhost", "localhostProfile": "a" * 4096}),
        [f"{C}.appArmorProfile.localhostProfile: Too long: may not be more than 4095 bytes"],
        id="a long profile",
    ),
    pytest.param(
        pod(appArmorProfile={"type": "Unconfined", "localhostProfile": "a"}),
        [f'{P}.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when '
         "AppArmor type is Localhost"],
        id="a profile and none",
    ),
    pytest.param(
        pod(appArmorProfile={}),
        [f"{P}.appArmorProfile.type: Required value: type is required when appArmorProfile is "
         "set"],
        id="an AppArmor profile without a type",
    ),
    pytest.param(
        pod(appArmorProfile={"type": "x"}),
        [f'{P}.appArmorProfile.type: Unsupported value: "x": {PROFILES}'],
        id="no such AppArmor profile",
    ),
    pytest.param(
        pod(fsGroup=0, supplementalGroups=[1], fsGroupChangePolicy="Always",
            supplementalGroupsPolicy="Strict", seLinuxChangePolicy="Recursive",
            sysctls=[{"name": "net.ipv4/a", "value": "1"}]),
        [], id="a pod's context",
    ),
    pytest.param(
        pod(fsGroup=-1, runAsUser=-2, runAsGroup=-3, supplementalGroups=[0, -4],
            fsGroupChangePolicy="Never", supplementalGroupsPolicy="Loose",
            seLinuxChangePolicy="MountOption"),
        [
            f"{P}.fsGroup: Invalid value: -1: {IDS}",
            f"{P}.runAsUser: Invalid value: -2: {IDS}",
            f"{P}.runAsGroup: Invalid value: -3: {IDS}",
            f"{P}.supplementalGroups[1]: Invalid value: -4: {IDS}",
            f'{P}.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", '
            '"OnRootMismatch"',
            f'{P}.supplementalGroupsPolicy: Unsupported value: "Loose": supported values: '
            '"Merge", "Strict"',
            f'{P}.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: '
            '"Recursive"',
        ],
        id="a pod's context with every mistake",
    ),
    pytest.param(
        {"shareProcessNamespace": True, "hostPID": True},
        [f"{P}.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID "
         "cannot both be enabled"],
        id="processes shared both ways",
    ),
    pytest.param(
        pod(sysctls=[{}, {"name": "A"}, {"name": "a"}, {"name": "a"}]),
        [
            f"{P}.sysctls[0].name: Required value",
            f'{P}.sysctls[1].name: Invalid value: "A": {SYSCTL}',
            f'{P}.sysctls[3].name: Duplicate value: "a"',
        ],
        id="sysctls",
    ),
    pytest.param(
        {"hostNetwork": True, "hostIPC": True,
         **pod(sysctls=[{"name": "net/core/somaxconn"}, {"name": "kernel.sem"},
                        {"name": "vm.swappiness"}])},
        [
            f'{P}.sysctls[0].name: Invalid value: "net/core/somaxconn": may not be specified when '
            "'hostNetwork' is true",
            f"{P}.sysctls[1].name: Invalid value: \"kernel.sem\": may not be specified when "
            "'hostIPC' is true",
        ],
        id="sysctls of namespaces shared with the host",
    ),
    pytest.param(
        windows(gmsaCredentialSpecName="a", gmsaCredentialSpec="b", runAsUserName="NT\\user"), [],
        id="Windows options",
    ),
    pytest.param(
        windows(gmsaCredentialSpec="", runAsUserName=""),
        [
            f'{P}.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot '
            "be an empty string",
            f'{USER}: Invalid value: "": runAsUserName cannot be an empty string',
        ],
        id="empty Windows options",
    ),
    pytest.param(
        windows(runAsUserName="a\\b\\c"),
        [f'{USER}: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one '
         "backslash"],
        id="two backslashes",
    ),
    pytest.param(
        windows(runAsUserName="a\tb"),
        [f'{USER}: Invalid value: "a\\tb": runAsUserName cannot contain control characters'],
        id="a control character",
    ),
    pytest.param(
        windows(runAsUserName="a*\\.. "),
        [
            f"{USER}: Invalid value: \"a*\\\\.. \": runAsUserName's Domain doesn't match the "
            "NetBios nor the DNS format",
            f'{USER}: Invalid value: "a*\\\\.. ": runAsUserName\'s User cannot contain only '
            "periods or spaces",
        ],
        id="an odd domain and a user of dots",
    ),
    pytest.param(
        windows(runAsUserName="d\\"),
        [f'{USER}: Invalid value: "d\\\\": runAsUserName\'s User cannot be empty'],
        id="a domain without a user",
    ),
    pytest.param(
        windows(runAsUserName="a@b"),
        [f'{USER}: Invalid value: "a@b": runAsUserName\'s User cannot contain the following '
         'characters: "/\\:;|=,+*?<>@[]'],
        id="a user with a domain behind",
    ),
    pytest.param(
        {"hostUsers": False, "hostNetwork": True, "hostPID": True, "hostIPC": True},
        [f"spec.{field}: Forbidden: when `hostUsers` is false"
         for field in ("hostNetwork", "HostPID", "HostIPC")],
        id="users of its own and all else of the host",
    ),
    pytest.param({"os": {"name": "linux"}, **pod(runAsUser=1)}, [], id="a Linux pod"),
    pytest.param({"os": {}}, ["spec.os.name: Required value"], id="a system without a name"),
    pytest.param(
        {"os": {"name": "plan9"}},
        ['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
        id="no such system",
    ),
    pytest.param(
        {"os": {"name": "linux"}, **windows(), **box(windowsOptions={})},
        [f"{place}.windowsOptions: Forbidden: windows options cannot be set for a linux pod"
         for place in (P, C)],
        id="Windows options on Linux",
    ),
    pytest.param(
        {"os": {"name": "windows"}, "hostUsers": True, "hostPID": True, "hostIPC": True,
         "shareProcessNamespace": False,
         **pod(appArmorProfile={"type": "Unconfined"}, seLinuxOptions={}, fsGroup=1,
               seccompProfile={"type": "Unconfined"}, fsGroupChangePolicy="Always",
               sysctls=[{"name": "a"}], runAsUser=1, runAsGroup=1, supplementalGroups=[1],
               supplementalGroupsPolicy="Merge", seLinuxChangePolicy="Recursive")},
        [f"spec.{field}: Forbidden: cannot be set for a windows pod" for field in (
            "securityContext.appArmorProfile", "securityContext.seLinuxOptions", "hostUsers",
            "hostPID", "hostIPC", "securityContext.seccompProfile", "securityContext.fsGroup",
            "securityContext.fsGroupChangePolicy", "securityContext.sysctls",
            "shareProcessNamespace", "securityContext.runAsUser", "securityContext.runAsGroup",
            "securityContext.supplementalGroups", "securityContext.supplementalGroupsPolicy",
            "securityContext.seLinuxChangePolicy",
        )],
        id="a Windows pod with all that Linux has",
    ),
    pytest.param(
        {"os": {"name": "windows"}, "hostPID": False, "hostIPC": False}, [],
        id="a switch that is off is not set",
    ),
    pytest.param(
        {"os": {"name": "windows"},
         **box(capabilities={}, readOnlyRootFilesystem=True, privileged=False, runAsUser=1)},
        [f"{C}.{field}: Forbidden: cannot be set for a windows pod"
         for field in ("capabilities", "readOnlyRootFilesystem", "privileged", "runAsUser")],
        id="a Windows container with what Linux has",
    ),
    pytest.param({"hostNetwork": True, **windows(hostProcess=True)}, [], id="host processes"),
    pytest.param(
        {**windows(hostProcess=True), **box(windowsOptions={"hostProcess": False})},
        [f"{C}.windowsOptions.hostProcess: Invalid value: false: pod hostProcess value must be "
         "identical if both are specified, was true"],
        id="host processes and not",
    ),
    pytest.param(
        {"containers": [{"name": name, "image": "i", "securityContext":
                         {"windowsOptions": {"hostProcess": host}}}
                        for name, host in (("a", True), ("b", False))]},
        [
            'spec: Invalid value: "": If pod contains any hostProcess containers then all '
            "containers must be HostProcess containers",
            "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any "
            "hostProcess containers",
        ],
        id="one host process of two",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES)
def test_security(spec: Obj, expected: list[str]) -> None:
    assert said(spec) == expected


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        pytest.param(box(procMount="All"), (1, 32), id="a mount was forced to the default"),
        pytest.param(pod(supplementalGroupsPolicy="x"), (1, 32), id="a policy was dropped"),
        pytest.param(pod(seLinuxChangePolicy="x"), (1, 32), id="another was dropped"),
        pytest.param({"hostUsers": False, "hostPID": True}, (1, 32), id="users were dropped"),
    ],
)
def test_what_was_off_is_not_judged(spec: Obj, version: tuple[int, int]) -> None:
    assert said(spec, Scope(version)) == []
    assert said(spec)
