"""Pod Security Standards: what each check says, level by level and version by version."""

from typing import Any

import pytest

from ecp.validation.podsecurity import (
    LATEST,
    PREFIX,
    Policy,
    check,
    label_faults,
    policy_of,
    version_of,
    violations,
    warning,
)

Obj = dict[str, Any]
STRICT: Obj = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(*contexts: Obj | None, **spec: Any) -> Obj:
    """Return a pod of containers a, b, … with these security contexts."""
    containers = [
        {"name": name, "image": "x", **({"securityContext": context} if context else {})}
        for name, context in zip("abc", contexts or (STRICT,), strict=False)
    ]
    return {"containers": containers, **spec}


def strict(**changed: Any) -> Obj:
    return {**STRICT, **changed}


def with_port(port: int) -> Obj:
    return {"name": "a", "ports": [{"containerPort": port, "hostPort": port}]}


BASELINE: dict[str, tuple[Obj, str]] = {
    "the node's namespaces": (
        pod(hostNetwork=True, hostPID=True, hostIPC=True),
        "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    ),
    "privileged containers": (
        pod({"privileged": True}, {"privileged": True}),
        'privileged (containers "a", "b" must not set securityContext.privileged=true)',
    ),
    "a capability that is not a usual one": (
        pod({"capabilities": {"add": ["SYS_ADMIN", "CHOWN", "NET_ADMIN"]}}),
        'non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_ADMIN" in '
        "securityContext.capabilities.add)",
    ),
    "a path of the node": (
        pod(volumes=[{"name": "logs", "hostPath": {"path": "/var/log"}}]),
        'hostPath volumes (volume "logs")',
    ),
    "ports of the node": (
        {"containers": [with_port(80), {**with_port(8080), "name": "b"}]},
        'hostPort (containers "a", "b" use hostPorts 80, 8080)',
    ),
    "one port of the node": (
        {"containers": [with_port(80)]},
        'hostPort (container "a" uses hostPort 80)',
    ),
    "a probe of another host": (
        {"containers": [{"name": "a", "livenessProbe": {"tcpSocket": {"host": "10.0.0.1"}}}]},
        'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
    ),
    "a profile of AppArmor that is none": (
        pod(securityContext={"appArmorProfile": {"type": "Unconfined"}}),
        'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ),
    "proc as it is": (
        pod({"procMount": "Unmasked"}),
        'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ),
    "SELinux by pod and container": (
        pod(
            {"seLinuxOptions": {"type": "spc_t", "user": "u"}},
            securityContext={"seLinuxOptions": {"role": "r"}},
        ),
        'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type '
        '"spc_t"; user may not be set; role may not be set)',
    ),
    "no seccomp": (
        pod({"seccompProfile": {"type": "Unconfined"}}),
        'seccompProfile (container "a" must not set securityContext.seccompProfile.type to '
        '"Unconfined")',
    ),
    "sysctls that reach further": (
        pod(securityContext={"sysctls": [{"name": "kernel.msgmax"}, {"name": "net.core.x"}]}),
        "forbidden sysctls (kernel.msgmax, net.core.x)",
    ),
    "a process of a Windows host": (
        pod(securityContext={"windowsOptions": {"hostProcess": True}}),
        "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    ),
}


@pytest.mark.parametrize(("spec", "words"), BASELINE.values(), ids=BASELINE)
def test_baseline_forbids(spec: Obj, words: str) -> None:
    assert violations(spec, "baseline") == (words,)
    assert violations(spec, "privileged") == ()


RESTRICTED: dict[str, tuple[Obj, str]] = {
    "escalation that is left open": (
        pod({k: v for k, v in STRICT.items() if k != "allowPrivilegeEscalation"}, STRICT),
        'allowPrivilegeEscalation != false (container "a" must set '
        "securityContext.allowPrivilegeEscalation=false)",
    ),
    "capabilities that are kept and added": (
        pod(strict(capabilities={"add": ["CHOWN", "NET_BIND_SERVICE"]})),
        'unrestricted capabilities (container "a" must set '
        'securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in '
        "securityContext.capabilities.add)",
    ),
    "volumes of the node and of others": (
        pod(
            volumes=[
                {"name": "logs", "hostPath": {"path": "/"}},
                {"name": "share", "nfs": {"server": "x", "path": "/"}},
                {"name": "tmp"},
                {"name": "conf", "configMap": {"name": "c"}},
            ]
        ),
        'restricted volume types (volumes "logs", "share" use restricted volume types "hostPath", '
        '"nfs")',
    ),
    "root by leaving it open": (
        pod(strict(runAsNonRoot=None)),
        'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
    ),
    "root by pod and container": (
        pod(strict(runAsNonRoot=False), securityContext={"runAsNonRoot": False}),
        'runAsNonRoot != true (pod and container "a" must not set '
        "securityContext.runAsNonRoot=false)",
    ),
    "root by number": (
        pod(strict(runAsUser=0)),
        'runAsUser=0 (container "a" must not set runAsUser=0)',
    ),
    "no word on seccomp": (
        pod(strict(seccompProfile=None), STRICT),
        'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to '
        '"RuntimeDefault" or "Localhost")',
    ),
}


@pytest.mark.parametrize(("spec", "words"), RESTRICTED.values(), ids=RESTRICTED)
def test_restricted_forbids(spec: Obj, words: str) -> None:
    assert violations(spec, "restricted") == (words,)


ALLOWED = {
    "a strict pod": pod(),
    "what the pod says for its containers": pod(
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}},
    ),
    "the one capability one may add": pod(
        strict(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})
    ),
    "a safe sysctl": pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}),
    "root in a user namespace": pod(strict(runAsNonRoot=False, runAsUser=0), hostUsers=False),
    "Windows, which knows no capabilities": pod({"runAsNonRoot": True}, os={"name": "windows"}),
}


@pytest.mark.parametrize("spec", ALLOWED.values(), ids=ALLOWED)
def test_restricted_allows(spec: Obj) -> None:
    assert violations(spec, "restricted") == ()


def test_init_containers_are_named_before_the_others() -> None:
    spec = {**pod({"privileged": True}), "initContainers": [with_port(1)]}
    spec["initContainers"][0]["securityContext"] = {"privileged": True}
    spec["initContainers"][0]["name"] = "init"
    (_, found) = violations(spec, "baseline")
    assert found.startswith('privileged (containers "init", "a"')


def test_annotations_that_set_profiles() -> None:
    apparmor = "container.apparmor.security.beta.kubernetes.io/a"
    seccomp = "container.seccomp.security.alpha.kubernetes.io/a"
    notes = {apparmor: "unconfined", seccomp: "unconfined"}
    assert violations(pod(), "baseline", (1, 18), annotations=notes) == (
        "forbidden AppArmor profile (annotation must not set AppArmor profile type to "
        f'"{apparmor}="unconfined"")',
        f'seccompProfile (forbidden annotation {seccomp}="unconfined")',
    )


@pytest.mark.parametrize(
    ("spec", "level", "since"),
    [
        (BASELINE["a probe of another host"][0], "baseline", (1, 34)),
        (RESTRICTED["root by number"][0], "restricted", (1, 23)),
        (RESTRICTED["no word on seccomp"][0], "restricted", (1, 19)),
    ],
    ids=["hosts of probes since 1.34", "root by number since 1.23", "seccomp since 1.19"],
)
def test_checks_came_with_versions(spec: Obj, level: Any, since: tuple[int, int]) -> None:
    before = (since[0], since[1] - 1)
    wanted = violations(spec, level, since)
    assert len(wanted) == len(violations(spec, level, before)) + 1


def test_a_type_of_selinux_came_to_be_allowed() -> None:
    spec = pod(securityContext={"seLinuxOptions": {"type": "container_engine_t"}})
    assert violations(spec, "baseline", (1, 31)) == ()
    assert violations(spec, "baseline", (1, 30)) == (
        "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "
        '"container_engine_t")',
    )


def test_the_refusal_is_the_server_s_own() -> None:
    assert check("web", pod({"privileged": True}, hostPID=True), Policy("baseline", "v1.36")) == (
        'pods "web" is forbidden: violates PodSecurity "baseline:v1.36": host namespaces '
        '(hostPID=true), privileged (container "a" must not set securityContext.privileged=true)'
    )
    assert check("web", pod(), Policy("restricted")) == ""


def test_the_refusal_of_a_pod_that_says_nothing() -> None:
    assert check("web", pod({}), Policy("restricted")) == (
        'pods "web" is forbidden: violates PodSecurity "restricted:latest": '
        'allowPrivilegeEscalation != false (container "a" must set '
        "securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "
        '"a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or '
        'container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or '
        'container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
        '"Localhost")'
    )


def test_a_warning_speaks_of_what_would_be() -> None:
    text = warning(Policy("baseline"), ["privileged (x)"])
    assert text == 'would violate PodSecurity "baseline:latest": privileged (x)'


def labels(**given: str) -> Obj:
    return {PREFIX + key.replace("_", "-"): value for key, value in given.items()}


@pytest.mark.parametrize(
    ("given", "mode", "policy"),
    [
        pytest.param({}, "enforce", Policy("privileged"), id="no label"),
        pytest.param(
            labels(enforce="baseline", enforce_version="v1.30"),
            "enforce",
            Policy("baseline", "v1.30"),
            id="a level and a version",
        ),
        pytest.param(labels(enforce="tight"), "enforce", Policy("restricted"), id="no such level"),
        pytest.param(labels(warn="tight"), "warn", Policy("privileged"), id="none to warn of"),
        pytest.param(
            labels(enforce="baseline", enforce_version="1.30"),
            "enforce",
            Policy("baseline"),
            id="no such version",
        ),
        pytest.param(labels(enforce="restricted"), "warn", Policy("restricted"), id="warn follows"),
        pytest.param(
            labels(enforce="restricted", warn="baseline"), "warn", Policy("baseline"), id="or not"
        ),
        pytest.param(labels(enforce="baseline"), "audit", Policy("privileged"), id="audit stays"),
    ],
)
def test_policies_by_label(given: Obj, mode: Any, policy: Policy) -> None:
    assert policy_of(given, mode) == policy


def test_labels_that_cannot_be_read() -> None:
    given = labels(enforce="tight", warn="baseline", warn_version="1.30")
    key = "metadata.labels[pod-security.kubernetes.io/"
    assert [str(fault.error) for fault in label_faults(given)] == [
        f'{key}enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted',
        f'{key}warn-version]: Invalid value: "1.30": must be "latest" or "v1.x"',
    ]
    assert list(label_faults(labels(enforce="baseline", enforce_version=LATEST))) == []


@pytest.mark.parametrize(
    ("text", "version"),
    [("latest", (1, 36)), ("v1.7", (1, 7)), ("1.7", None), ("v1.07", None), ("v2.1", None)],
)
def test_versions(text: str, version: tuple[int, int] | None) -> None:
    assert version_of(text) == version
