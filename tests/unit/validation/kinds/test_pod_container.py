"""Containers of a pod: names, images, ports, restart and resize policies, the lists together."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.podspec import check_pod_spec, check_template
from ecp.validation.scope import Scope

Obj = dict[str, Any]
C0 = "spec.containers[0]"
I0 = "spec.initContainers[0]"
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def box(**more: Any) -> Obj:
    return {"name": "c", "image": "i:1", **more}


def said(spec: Obj, scope: Scope | None = None) -> list[str]:
    spec = {"containers": [box()], **spec}
    faults = check_pod_spec(spec, At() / "spec", scope or Scope(), meta={"name": "p"})
    return [str(fault.error) for fault in faults]


def one(**more: Any) -> Obj:
    return {"containers": [box(**more)]}


def first(**more: Any) -> Obj:
    return {"initContainers": [{"name": "i", "image": "i:1", **more}]}


def looks_in(**more: Any) -> Obj:
    return {"ephemeralContainers": [{"name": "e", "image": "i:1", **more}]}


RULE = {"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}
CASES: list[Any] = [
    pytest.param({}, [], id="a container with a name and an image"),
    pytest.param({"containers": []}, ["spec.containers: Required value"], id="no container"),
    pytest.param(
        {"containers": [{}]},
        [f"{C0}.name: Required value", f"{C0}.image: Required value"],
        id="neither name nor image",
    ),
    pytest.param(
        one(name="A_b"), [f'{C0}.name: Invalid value: "A_b": {LABEL}'], id="a name in capitals"
    ),
    pytest.param(
        one(name="a.b"), [f'{C0}.name: Invalid value: "a.b": must not contain dots'], id="dots"
    ),
    pytest.param(
        {"containers": [box(), box()]},
        ['spec.containers[1].name: Duplicate value: "c"'],
        id="two of one name",
    ),
    pytest.param(
        {"containers": [box(name=""), box(name="")]},
        [
            f"{C0}.name: Required value",
            "spec.containers[1].name: Required value",
            'spec.containers[1].name: Duplicate value: ""',
        ],
        id="two without a name are also of one name",
    ),
    pytest.param(
        first(name="c"), [f'{I0}.name: Duplicate value: "c"'], id="named as one that lasts"
    ),
    pytest.param(
        one(terminationMessagePolicy="Log", imagePullPolicy="always"),
        [
            f'{C0}.terminationMessagePolicy: Unsupported value: "Log": supported values: "File", '
            '"FallbackToLogsOnError"',
            f'{C0}.imagePullPolicy: Unsupported value: "always": supported values: "Always", '
            '"IfNotPresent", "Never"',
        ],
        id="no such policies",
    ),
    pytest.param(
        one(ports=[{"containerPort": 80, "name": "web"}, {"containerPort": 81, "hostPort": 81}]),
        [],
        id="ports",
    ),
    pytest.param(
        one(ports=[{"name": "web"}, {"name": "web", "containerPort": 70000, "hostPort": -1}]),
        [
            f"{C0}.ports[0].containerPort: Required value",
            f'{C0}.ports[1].name: Duplicate value: "web"',
            f"{C0}.ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, "
            "inclusive",
            f"{C0}.ports[1].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive",
        ],
        id="ports out of range and of one name",
    ),
    pytest.param(
        one(ports=[{"name": "-A--", "containerPort": 1, "protocol": "tcp"}]),
        [
            f'{C0}.ports[0].name: Invalid value: "-A--": must contain only alpha-numeric '
            "characters (a-z, 0-9), and hyphens (-)",
            f'{C0}.ports[0].name: Invalid value: "-A--": must contain at least one letter (a-z)',
            f'{C0}.ports[0].name: Invalid value: "-A--": must not contain consecutive hyphens',
            f'{C0}.ports[0].name: Invalid value: "-A--": must not begin or end with a hyphen',
            f'{C0}.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", '
            '"UDP"',
        ],
        id="a port name with every mistake",
    ),
    pytest.param(
        {
            "containers": [
                box(ports=[{"containerPort": 1, "hostPort": 9}]),
                box(name="d", ports=[{"containerPort": 2, "hostPort": 9, "protocol": "TCP"}]),
            ]
        },
        ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//9"'],
        id="a port of the host twice",
    ),
    pytest.param(
        {
            "initContainers": [
                {"name": "i", "image": "i:1", "ports": [{"containerPort": 1, "hostPort": 9}]},
                {
                    "name": "j",
                    "image": "i:1",
                    "ports": [{"containerPort": n, "hostPort": 9} for n in (1, 2)],
                },
            ]
        },
        ['spec.initContainers[0].ports[1].hostPort: Duplicate value: "TCP//9"'],
        id="init containers take turns, and each is called the first",
    ),
    pytest.param(
        {"hostNetwork": True, **one(ports=[{"containerPort": 80, "hostPort": 81}])},
        [
            f"{C0}.ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
            "`hostNetwork` is true"
        ],
        id="another port on the network of the host",
    ),
    pytest.param(
        {"hostNetwork": True, **first(ports=[{"containerPort": 80, "hostPort": 81}])},
        [],
        id="init containers are not asked",
    ),
    pytest.param(first(restartPolicy="Always", readinessProbe={"exec": {"command": ["a"]}}), [],
                 id="a sidecar has probes"),
    pytest.param(
        first(lifecycle={}, livenessProbe={}, readinessProbe={}, startupProbe={}),
        [
            f"{I0}.{field}: Forbidden: may not be set for init containers without "
            "restartPolicy=Always"
            for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
        ],
        id="an init container has none",
    ),
    pytest.param(first(lifecycle={"stopSignal": "SIGTERM"}), [], id="a signal is dropped"),
    pytest.param(one(restartPolicy="Never", restartPolicyRules=[RULE]), [], id="restart rules"),
    pytest.param(
        one(restartPolicyRules=[RULE]),
        [f"{C0}.restartPolicy: Required value: must specify restartPolicy when restart rules are "
         "used"],
        id="rules without a policy",
    ),
    pytest.param(
        first(restartPolicyRules=[RULE]),
        [f"{I0}.restartPolicy: Required value: must specify restartPolicy when restart rules are "
         "used"],
        id="rules without a policy, of an init container",
    ),
    pytest.param(first(restartPolicy="Always", restartPolicyRules=[RULE]), [],
                 id="a sidecar may have rules"),
    pytest.param(
        first(restartPolicy="Sometimes"),
        [f'{I0}.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
         '"Never", "OnFailure"'],
        id="no such policy",
    ),
    pytest.param(
        one(restartPolicy="Never", restartPolicyRules=[
            {"action": "Stop"},
            {"action": "RestartAllContainers",
             "exitCodes": {"operator": "Is", "values": [0] * 256}},
        ]),
        [
            f'{C0}.restartPolicyRules[0].action: Unsupported value: "Stop": supported values: '
            '"Restart", "RestartAllContainers"',
            f"{C0}.restartPolicyRules[0].exitCodes: Required value: must be specified",
            f'{C0}.restartPolicyRules[1].exitCodes.operator: Unsupported value: "Is": supported '
            'values: "In", "NotIn"',
            f"{C0}.restartPolicyRules[1].exitCodes.values: Too many: 256: must have at most 255 "
            "items",
        ],
        id="rules that say nothing",
    ),
    pytest.param(
        one(restartPolicy="Never", restartPolicyRules=[RULE] * 21),
        [f"{C0}.restartPolicyRules: Too many: 21: must have at most 20 items"],
        id="too many rules",
    ),
    pytest.param(
        one(resizePolicy=[{"resourceName": "cpu", "restartPolicy": "NotRequired"}]), [],
        id="a resize policy",
    ),
    pytest.param(
        one(resizePolicy=[{"resourceName": "gpu", "restartPolicy": "Maybe"},
                          {"resourceName": "gpu"}]),
        [
            f'{C0}.resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
            f'{C0}.resizePolicy: Unsupported value: "Maybe": supported values: "NotRequired", '
            '"RestartContainer"',
            f'{C0}.resizePolicy[1]: Duplicate value: "gpu"',
            f'{C0}.resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
            f"{C0}.resizePolicy: Required value",
        ],
        id="resize policies of nothing",
    ),
    pytest.param(
        {"restartPolicy": "Never",
         **one(resizePolicy=[{"resourceName": "cpu", "restartPolicy": "RestartContainer"}])},
        [f'{C0}.resizePolicy: Invalid value: "RestartContainer": must be \'NotRequired\' when pod '
         "`restartPolicy` is 'Never'"],
        id="what never starts again is not restarted to be resized",
    ),
    pytest.param(
        first(resizePolicy=[{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]),
        [f'{I0}.resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set '
         "to 'RestartContainer' for non-sidecar initContainers"],
        id="nor is an init container",
    ),
    pytest.param(
        looks_in(name="c", image=" i", targetContainerName="x", ports=[{"containerPort": 1}],
                 resources={"limits": {"cpu": "1"}}, lifecycle={"preStop": {}},
                 livenessProbe={"exec": {}}),
        [
            'spec.ephemeralContainers[0].image: Invalid value: " i": must not have leading or '
            "trailing whitespace",
            'spec.ephemeralContainers[0].name: Duplicate value: "c"',
            'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
            *(
                f"spec.ephemeralContainers[0].{field}: Forbidden: cannot be set for an Ephemeral "
                "Container"
                for field in ("ports", "resources", "livenessProbe", "lifecycle")
            ),
        ],
        id="an ephemeral container with what it may not have",
    ),
    pytest.param(looks_in(targetContainerName="c"), [], id="an ephemeral container"),
    pytest.param(
        {"volumes": [{"name": "v"}],
         **looks_in(volumeMounts=[{"name": "v", "mountPath": "/a", "subPath": "b"}])},
        ["spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an "
         "Ephemeral Container"],
        id="nor part of a volume",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES)
def test_containers(spec: Obj, expected: list[str]) -> None:
    assert said(spec) == expected


@pytest.mark.parametrize(
    ("spec", "version", "expected"),
    [
        pytest.param(
            one(restartPolicy="Always"), (1, 33),
            [f"{C0}.restartPolicy: Forbidden: may not be set for non-init containers"],
            id="before there were policies of containers",
        ),
        pytest.param(one(restartPolicy="Odd"), (1, 34), [], id="while it was off it was dropped"),
        pytest.param(
            first(restartPolicy="Never"), (1, 33),
            [f'{I0}.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
            id="an init container could be a sidecar only",
        ),
        pytest.param(
            first(restartPolicy="Always", restartPolicyRules=[RULE]), (1, 35),
            [f"{I0}.restartPolicyRules: Forbidden: restartPolicyRules are not allowed for init "
             "containers with restart policy Always"],
            id="a sidecar had no rules at first",
        ),
        pytest.param(
            one(resizePolicy=[{"resourceName": "gpu"}]), (1, 32), [],
            id="a policy was dropped before pods could be resized",
        ),
    ],
)  # fmt: skip
def test_what_changed_between_versions(
    spec: Obj, version: tuple[int, int], expected: list[str]
) -> None:
    assert said(spec, Scope(version)) == expected


def test_a_template_takes_a_padded_image_and_no_ephemeral_container() -> None:
    spec = {"containers": [box(image=" i ")], **looks_in()}
    faults = check_template({"spec": spec}, At() / "spec" / "template", Scope())
    assert [str(fault.error) for fault in faults] == [
        "spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in "
        "pod template"
    ]
