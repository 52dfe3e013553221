"""The pod spec as a whole, its annotations, and what holds for new pods only."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.pod import check_pod
from ecp.validation.kinds.podspec import check_template
from ecp.validation.scope import Scope

Obj = dict[str, Any]
D = "spec.dnsConfig"
A = "metadata.annotations"
SECCOMP = "container.seccomp.security.alpha.kubernetes.io/c"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
COST = "controller.kubernetes.io/pod-deletion-cost"
TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
MIRROR = "kubernetes.io/config.mirror"
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
UNDERSCORED = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' "
    "or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used"
    " for validation is "
    "'_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"
)
ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def said(spec: Obj, annotations: Obj | None = None, scope: Scope | None = None) -> list[str]:
    meta = {"name": "p", "annotations": annotations or {}}
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    return [
        str(fault.error) for fault in check_pod({"metadata": meta, "spec": spec}, scope or Scope())
    ]


def dns(policy: str = "ClusterFirst", **config: Any) -> Obj:
    return {"dnsPolicy": policy, "dnsConfig": config}


def alias(ip: str, *names: str) -> Obj:
    return {"hostAliases": [{"ip": ip, "hostnames": list(names)}]}


SPECS: list[Any] = [
    pytest.param(
        {"serviceAccountName": "a", "nodeName": "n", "hostname": "h", "subdomain": "s",
         "priorityClassName": "p", "runtimeClassName": "r", "preemptionPolicy": "Never",
         "activeDeadlineSeconds": 1, "restartPolicy": "OnFailure",
         "imagePullSecrets": [{"name": "_any_"}], "readinessGates": [{"conditionType": "a/b"}]},
        [], id="a pod with everything",
    ),
    pytest.param(
        {"serviceAccountName": "A", "nodeName": "N", "activeDeadlineSeconds": 0,
         "hostname": "a.b", "subdomain": "S", "priorityClassName": "P", "runtimeClassName": "",
         "preemptionPolicy": "Maybe"},
        [
            f'spec.serviceAccountName: Invalid value: "A": {SUBDOMAIN}',
            f'spec.nodeName: Invalid value: "N": {SUBDOMAIN}',
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, "
            "inclusive",
            'spec.hostname: Invalid value: "a.b": must not contain dots',
            f'spec.subdomain: Invalid value: "S": {LABEL}',
            f'spec.priorityClassName: Invalid value: "P": {SUBDOMAIN}',
            f'spec.runtimeClassName: Invalid value: "": {SUBDOMAIN}',
            'spec.preemptionPolicy: Unsupported value: "Maybe": supported values: '
            '"PreemptLowerPriority", "Never"',
        ],
        id="names with every mistake, in the server's order",
    ),
    pytest.param({"serviceAccount": "A"},
                 [f'spec.serviceAccountName: Invalid value: "A": {SUBDOMAIN}'],
                 id="an account under its old name"),
    pytest.param(
        {"restartPolicy": "No", "dnsPolicy": "no"},
        [
            'spec.restartPolicy: Unsupported value: "No": supported values: "Always", '
            '"OnFailure", "Never"',
            'spec.dnsPolicy: Unsupported value: "no": supported values: '
            '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
        ],
        id="no such policies",
    ),
    pytest.param(
        dns("None", nameservers=["10.0.0.1", "fd00::1"], searches=["_tcp.a.", "."],
            options=[{"name": "ndots"}]),
        [], id="name servers of its own",
    ),
    pytest.param({"dnsPolicy": "None"},
                 [f"{D}: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
                 id="none, and none of its own"),
    pytest.param(
        dns("None", searches=["A"]),
        [f"{D}.nameservers: Required value: must provide at least one DNS nameserver when "
         "`dnsPolicy` is None"],
        id="none of its own but searches",
    ),
    pytest.param(
        dns(nameservers=["1.1.1.1", "1.1.1.2", "1.1.1.256", "01.1.1.1", "::ffff:1.1.1.1",
                         "fe80::1%eth0"],
            searches=["A."], options=[{"value": "1"}]),
        [
            f'{D}.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.256","01.1.1.1",'
            '"::ffff:1.1.1.1","fe80::1%eth0"]: must not have more than 3 nameservers',
            f'{D}.nameservers[2]: Invalid value: "1.1.1.256": {ADDRESS}',
            f'{D}.nameservers[3]: Invalid value: "01.1.1.1": must not have leading 0s',
            f'{D}.nameservers[4]: Invalid value: "::ffff:1.1.1.1": must not be an IPv4-mapped '
            "IPv6 address",
            f'{D}.nameservers[5]: Invalid value: "fe80::1%eth0": {ADDRESS}',
            f'{D}.searches[0]: Invalid value: "A": {UNDERSCORED}',
            f"{D}.options[0]: Required value: must not be empty",
        ],
        id="name servers with every mistake",
    ),
    pytest.param(
        dns(searches=["a"] * 33),
        [f"{D}.searches: Invalid value: [" + ",".join(['"a"'] * 33)
         + "]: must not have more than 32 search paths"],
        id="many searches",
    ),
    pytest.param(
        dns(searches=["a" * 63] * 32 + ["b"]),
        [
            f"{D}.searches: Invalid value: [" + ",".join([f'"{"a" * 63}"'] * 32) + ',"b"]: ' + text
            for text in (
                "must not have more than 32 search paths",
                "must not have more than 2048 characters (including spaces) in the search list",
            )
        ],
        id="long searches",
    ),
    pytest.param(alias("10.0.0.1", "a.b"), [], id="a host alias"),
    pytest.param(
        alias("", "A", "a"),
        [f'spec.hostAliases[0].ip: Invalid value: "": {ADDRESS}',
         f'spec.hostAliases[0].hostnames[0]: Invalid value: "A": {SUBDOMAIN}'],
        id="an alias of nothing",
    ),
    pytest.param({"hostnameOverride": "a.b"}, [], id="another host name"),
    pytest.param(
        {"hostnameOverride": "A" * 65, "setHostnameAsFQDN": True, "hostNetwork": True},
        [
            "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
            "spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true",
            "spec.hostnameOverride: Too long: may not be more than 64 bytes",
            f'spec.hostnameOverride: Invalid value: "{"A" * 65}": {SUBDOMAIN}',
        ],
        id="another host name with every mistake",
    ),
    pytest.param(
        {"readinessGates": [{"conditionType": "a b"}],
         "schedulingGates": [{"name": "a/b"}, {"name": "a b"}, {"name": "a/b"}], "nodeName": "n"},
        [
            f'spec.readinessGates[0].conditionType: Invalid value: "a b": {KEY}',
            f'spec.schedulingGates[1]: Invalid value: "a b": {KEY}',
            'spec.schedulingGates[2]: Duplicate value: "a/b"',
            "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
        ],
        id="gates",
    ),
    pytest.param(
        {"containers": [{"name": "c", "image": "i "}],
         "initContainers": [{"name": "d", "image": " i"}], "restartPolicy": "x"},
        [
            'spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", '
            '"Never"',
            'spec.containers[0].image: Invalid value: "i ": must not have leading or trailing '
            "whitespace",
            'spec.initContainers[0].image: Invalid value: " i": must not have leading or trailing '
            "whitespace",
        ],
        id="padded images come last",
    ),
    pytest.param(
        {"ephemeralContainers": [{"name": "e", "image": "i"}]},
        ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
        id="an ephemeral container in a new pod",
    ),
    pytest.param({"schedulingGroup": {}}, [], id="a group is dropped"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), SPECS)
def test_pod_spec(spec: Obj, expected: list[str]) -> None:
    assert said(spec) == expected


def box(name: str = "c", **context: Any) -> Obj:
    return {"containers": [{"name": name, "image": "i", "securityContext": context}]}


def profile(kind: str, local: str | None = None) -> Obj:
    return {"type": kind} if local is None else {"type": kind, "localhostProfile": local}


ANNOTATIONS: list[Any] = [
    pytest.param(
        {COST: "-5", SECCOMP_POD: "docker/default", SECCOMP: "localhost/a",
         APP_ARMOR + "c": "localhost/b", "a/b": "c"},
        {}, [], id="annotations with a meaning",
    ),
    pytest.param({COST: "+5"}, {}, [f'{A}[{COST}]: Invalid value: "+5": must be a 32bit integer'],
                 id="a cost with a sign"),
    pytest.param({COST: "2147483648"}, {},
                 [f'{A}[{COST}]: Invalid value: "2147483648": must be a 32bit integer'],
                 id="a cost out of range"),
    pytest.param(
        {SECCOMP_POD: "none", SECCOMP: "localhost/../a"}, {},
        [
            f'{A}.{SECCOMP_POD}: Invalid value: "none": must be a valid seccomp profile',
            f"{A}.{SECCOMP}: Invalid value: \"../a\": must not contain '..'",
        ],
        id="no such profiles",
    ),
    pytest.param(
        {APP_ARMOR + "x": "odd"}, {},
        [
            f'{A}[{APP_ARMOR}x]: Invalid value: "x": container not found',
            f'{A}[{APP_ARMOR}x]: Invalid value: "odd": invalid AppArmor profile name: "odd"',
        ],
        id="a profile of no container",
    ),
    pytest.param(
        {MIRROR: "x"}, {},
        [f'{A}[{MIRROR}]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is '
         "set"],
        id="a mirror of nowhere",
    ),
    pytest.param(
        {MIRROR: "x"}, {"nodeName": "n", "resourceClaims": [{}]},
        [": Forbidden: static pods do not support resource claims"],
        id="a mirror with a claim",
    ),
    pytest.param(
        {MIRROR: "x"},
        {"nodeName": "n", "volumes": [
            {"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
        ]},
        ["spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be "
         "specified when serviceAccountName is not set"],
        id="a mirror with a token",
    ),
    pytest.param({TOLERATIONS: '[{"operator": "Exists"}]'}, {}, [], id="tolerations as JSON"),
    pytest.param(
        {TOLERATIONS: '[{"key": "a", "operator": "Is"}]'}, {},
        [f'{A}.{TOLERATIONS}[0].operator: Unsupported value: "Is": supported values: "Equal", '
         '"Exists"'],
        id="an odd toleration as JSON",
    ),
    pytest.param(
        {TOLERATIONS: "x"}, {},
        [f'{A}: Invalid value: "{TOLERATIONS}": invalid character \'x\' looking for beginning of '
         "value"],
        id="tolerations that are no JSON",
    ),
    pytest.param(
        {SECCOMP_POD: "unconfined"}, {"securityContext": {"seccompProfile": profile("Unconfined")}},
        [], id="field and annotation agree",
    ),
    pytest.param(
        {SECCOMP_POD: "unconfined", SECCOMP: "localhost/a"},
        {"securityContext": {"seccompProfile": profile("RuntimeDefault")},
         **box(seccompProfile=profile("Localhost", "b"))},
        [
            "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and "
            "field must match",
            "spec.containers[0].securityContext.seccompProfile.localhostProfile: Forbidden: "
            "seccomp profile in annotation and field must match",
        ],
        id="field and annotation differ",
    ),
    pytest.param(
        {APP_ARMOR + "c": "localhost/a"},
        {"securityContext": {"appArmorProfile": profile("RuntimeDefault")}},
        [], id="an annotation becomes the container's field",
    ),
    pytest.param(
        {APP_ARMOR + "c": "unconfined"}, box(appArmorProfile=profile("RuntimeDefault")),
        ["spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in "
         "annotation and field must match"],
        id="unless it has one that differs",
    ),
    pytest.param(
        {APP_ARMOR + "c": "unconfined"},
        {"os": {"name": "windows"}, **box()}, [], id="Windows does not ask",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("annotations", "spec", "expected"), ANNOTATIONS)
def test_annotations(annotations: Obj, spec: Obj, expected: list[str]) -> None:
    assert said(spec, annotations) == expected


def test_a_template_s_annotations_are_spoken_of_beside_its_spec() -> None:
    spec = {"containers": [{"name": "c", "image": "i"}]}
    template = {"metadata": {"labels": {"a": "-"}, "annotations": {COST: "x"}}, "spec": spec}
    faults = list(check_template(template, At() / "spec" / "template", Scope()))
    assert [fault.error.path for fault in faults] == [
        "spec.template.labels",
        f"spec.template.annotations[{COST}]",
    ]
    assert faults[1].path == ("spec", "template", "metadata", "annotations", COST)


@pytest.mark.parametrize(
    ("spec", "version", "count"),
    [
        pytest.param(alias("010.0.0.1"), (1, 35), 0, id="leading zeros were taken"),
        pytest.param(alias("010.0.0.1"), (1, 36), 1, id="until they were not"),
        pytest.param(dns(searches=["_a", "."]), (1, 32), 2, id="underscores were refused"),
        pytest.param({"hostnameOverride": "A"}, (1, 34), 0, id="a host name was dropped"),
    ],
)
def test_what_changed_between_versions(spec: Obj, version: tuple[int, int], count: int) -> None:
    assert len(said(spec, scope=Scope(version))) == count


def test_a_pod_that_is_there_may_have_what_a_new_one_may_not() -> None:
    spec = {
        "ephemeralContainers": [{"name": "e", "image": "i"}],
        **box(seccompProfile=profile("Unconfined")),
    }
    assert said(spec, {SECCOMP: "runtime/default"}, Scope(new=False)) == []
    assert len(said(spec, {SECCOMP: "runtime/default"})) == 2
