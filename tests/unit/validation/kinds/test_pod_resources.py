"""Requests, limits and claims of containers and of whole pods."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.pod import check_pod
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Scope

Obj = dict[str, Any]
R = "spec.containers[0].resources"
GPU = "nvidia.com/gpu"


def said(spec: Obj, scope: Scope | None = None) -> list[str]:
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    return [str(fault.error) for fault in check_pod_spec(spec, At() / "spec", scope or Scope())]


def of_pod(spec: Obj) -> list[str]:
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    return [str(fault.error) for fault in check_pod(pod, Scope())]


def asks(limits: Obj | None = None, requests: Obj | None = None, **more: Any) -> Obj:
    found = {"limits": limits, "requests": requests, **more}
    resources = {name: value for name, value in found.items() if value is not None}
    return {"containers": [{"name": "c", "image": "i", "resources": resources}]}


def claims(*wanted: Obj, **spec: Any) -> Obj:
    return {**asks(claims=list(wanted)), **spec}


CLAIM = {"name": "g", "resourceClaimName": "gpu"}
CASES: list[Any] = [
    pytest.param(
        asks({"cpu": "1", "memory": "1Gi", GPU: 1, "hugepages-2Mi": "4Mi"},
             {"cpu": "500m", GPU: "1", "hugepages-2Mi": "4Mi"}),
        [], id="requests and limits",
    ),
    pytest.param(asks(requests={"example.kubernetes.io/x": "2"}), [],
                 id="what is Kubernetes' own may be overcommitted"),
    pytest.param(
        asks({"gpu": "1"}),
        [
            f'{R}.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully '
            "qualified",
            f'{R}.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers',
        ],
        id="a device without its domain",
    ),
    pytest.param(
        asks({"pods": "1.5"}),
        [
            f'{R}.limits[pods]: Invalid value: "pods": must be a standard resource for containers',
            f'{R}.limits[pods]: Invalid value: "1500m": must be an integer',
        ],
        id="a resource of quotas",
    ),
    pytest.param(
        asks({"requests.nvidia.com/gpu": "1"}),
        [f'{R}.limits[requests.nvidia.com/gpu]: Invalid value: "requests.nvidia.com/gpu": doesn\'t '
         "follow extended resource name standard"],
        id="a device as quotas call it",
    ),
    pytest.param(
        asks({"cpu": "-1"}, {"cpu": "-2"}),
        [
            f'{R}.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
            f'{R}.requests[cpu]: Invalid value: "-2": must be greater than or equal to 0',
        ],
        id="less than nothing",
    ),
    pytest.param(
        asks({GPU: "1500m"}),
        [f'{R}.limits[{GPU}]: Invalid value: "1500m": must be an integer'],
        id="one and a half devices",
    ),
    pytest.param(
        asks({"cpu": "1"}, {"cpu": "1500m", GPU: "1"}),
        [
            f'{R}.requests: Invalid value: "1500m": must be less than or equal to cpu limit of 1',
            f"{R}.limits: Required value: Limit must be set for non overcommitable resources",
        ],
        id="more than the limit, and a device without one",
    ),
    pytest.param(
        asks({GPU: 2}, {GPU: 1}),
        [f'{R}.requests: Invalid value: "1": must be equal to {GPU} limit of 2'],
        id="fewer devices than the limit",
    ),
    pytest.param(
        asks({"hugepages-2Mi": "3Mi"}),
        [
            f'{R}.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer '
            "multiple of hugepages-2Mi",
            f"{R}: Forbidden: HugePages require cpu or memory",
        ],
        id="a page and a half, alone",
    ),
    pytest.param(
        asks({"cpu": "1", "hugepages-big": "1"}),
        [f'{R}.limits[hugepages-big]: Invalid value: "1": 1 is not positive integer multiple of '
         "hugepages-big"],
        id="pages of no size",
    ),
    pytest.param(
        asks({"cpu": "1", "hugepages-1500m": "3"}),
        [f'{R}.limits[hugepages-1500m]: Invalid value: "3": 3 is not positive integer multiple of '
         "hugepages-1500m"],
        id="pages of a size that is not whole",
    ),
    pytest.param(claims({"name": "g"}, resourceClaims=[CLAIM]), [], id="a claim"),
    pytest.param(
        claims({"name": "g", "request": "a"}, {"name": "g", "request": "b"},
               resourceClaims=[CLAIM]),
        [], id="two parts of a claim",
    ),
    pytest.param(
        claims({}, {"name": "g", "request": "a"}, {"name": "g", "request": "a"}, {"name": "g"},
               {"name": "g"}, resourceClaims=[CLAIM]),
        [
            f"{R}.claims[0]: Required value",
            f'{R}.claims[2]: Duplicate value: "g/a"',
            f'{R}.claims[3]: Duplicate value: "g"',
            f'{R}.claims[4]: Duplicate value: "g"',
        ],
        id="a claim in parts and whole",
    ),
    pytest.param(
        claims({"name": "x"}),
        [f'{R}.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims '
         "which is empty"],
        id="a claim that the pod has not made",
    ),
    pytest.param(
        claims({"name": "x"}, resourceClaims=[CLAIM, {**CLAIM, "name": "a"}]),
        [f'{R}.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims: a, '
         "g"],
        id="one of others",
    ),
    pytest.param(
        {"resourceClaims": [{}, CLAIM, CLAIM, {"name": "b", "resourceClaimName": "c",
                                               "resourceClaimTemplateName": "A"}]},
        [
            "spec.resourceClaims[0].name: Required value",
            'spec.resourceClaims[0]: Invalid value: {"Name":"","ResourceClaimName":null,'
            '"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, '
            "`resourceClaimTemplateName`",
            'spec.resourceClaims[2].name: Duplicate value: "g"',
            'spec.resourceClaims[3]: Invalid value: {"Name":"b","ResourceClaimName":"c",'
            '"ResourceClaimTemplateName":"A"}: at most one of `resourceClaimName` or '
            "`resourceClaimTemplateName` may be specified",
            'spec.resourceClaims[3].resourceClaimTemplateName: Invalid value: "A": a lowercase RFC '
            "1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
            "must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
            " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
        id="claims of the pod",
    ),
    pytest.param(
        {"overhead": {"cpu": "-1", "gpu": "1"}},
        [
            'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
            'spec.overhead.limits[gpu]: Invalid value: "gpu": must be a standard resource type or '
            "fully qualified",
            'spec.overhead.limits[gpu]: Invalid value: "gpu": must be a standard resource for '
            "containers",
        ],
        id="overhead",
    ),
    pytest.param({"resources": {"requests": {"cpu": "1"}}, **asks({"cpu": "1"}, {"cpu": "1"})}, [],
                 id="resources of the pod"),
    pytest.param(
        {"resources": {"limits": {GPU: "1"}, "claims": []}},
        [
            "spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level",
            f'spec.resources.limits[{GPU}]: Unsupported value: "{GPU}": supported values: "cpu", '
            '"hugepages-", "memory"',
        ],
        id="devices of the pod",
    ),
    pytest.param(
        {
            "resources": {"requests": {"memory": "2Gi", "cpu": "2"}, "limits": {"memory": "2Gi"}},
            "containers": [
                {"name": "a", "image": "i",
                 "resources": {"requests": {"memory": "1Gi", "cpu": "500m"}}},
                {"name": "b", "image": "i", "resources": {"limits": {"memory": "3Gi"},
                                                          "requests": {"memory": "1536Mi"}}},
            ],
        },
        [
            'spec.resources.requests[memory]: Invalid value: "2Gi": must be greater than or equal '
            "to aggregate container requests of 2560Mi",
            'spec.resources.containers[1][memory].limits: Invalid value: "3Gi": must be less than '
            "or equal to pod limits of 2Gi",
        ],
        id="containers that ask for more than their pod",
    ),
    pytest.param(
        {
            "resources": {"requests": {"cpu": "2"}},
            "initContainers": [
                {"name": "s", "image": "i", "restartPolicy": "Always",
                 "resources": {"requests": {"cpu": "1"}}},
                {"name": "j", "image": "i", "resources": {"requests": {"cpu": "1500m"}}},
            ],
            **asks(requests={"cpu": "1"}),
        },
        ['spec.resources.requests[cpu]: Invalid value: "2": must be greater than or equal to '
         "aggregate container requests of 2500m"],
        id="the most while starting, beside a sidecar",
    ),
    pytest.param(
        {"resources": {"limits": {"cpu": "1", "hugepages-2Mi": "2Mi"}},
         **asks({"hugepages-2Mi": "4Mi", "cpu": "1"})},
        [
            'spec.resources.limits[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or '
            "equal to aggregate container limits of 4Mi",
            'spec.resources.containers[0][hugepages-2Mi].limits: Invalid value: "4Mi": must be '
            "less than or equal to pod limits of 2Mi",
        ],
        id="pages of the pod",
    ),
    pytest.param(
        {"os": {"name": "windows"}, "resources": {"limits": {GPU: "-1"}}},
        ["spec.resources: Forbidden: may not be set for a windows pod"],
        id="not on Windows",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES)
def test_resources(spec: Obj, expected: list[str]) -> None:
    assert said(spec) == expected


def test_what_a_version_does_not_have_is_not_judged() -> None:
    spec = {"resources": {"limits": {GPU: "1"}}, "resourceClaims": [{}]}
    assert said(spec, Scope((1, 33))) == []


def test_a_pod_s_limits_are_its_requests_and_are_judged_as_such() -> None:
    below = ": must be greater than or equal to 0"
    assert of_pod(asks({"cpu": "-1"})) == [
        f'{R}.limits[cpu]: Invalid value: "-1"{below}',
        f'{R}.requests[cpu]: Invalid value: "-1"{below}',
    ]
    assert said(asks({"cpu": "-1"})) == [f'{R}.limits[cpu]: Invalid value: "-1"{below}']


def test_ports_on_the_network_of_the_host_are_taken_without_being_named() -> None:
    ports = [{"containerPort": 80}]
    boxes = [{"name": name, "image": "i", "ports": ports} for name in ("a", "b")]
    expected = ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"']
    assert of_pod({"hostNetwork": True, "containers": boxes}) == expected
    assert said({"hostNetwork": True, "containers": boxes}) == []
