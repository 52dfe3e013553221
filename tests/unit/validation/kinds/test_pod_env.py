"""Environment variables and their sources."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Scope

Obj = dict[str, Any]
E0 = "spec.containers[0].env[0]"
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
FIELDS = (
    '"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", '
    '"spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"'
)
AMOUNTS = (
    '"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", '
    '"requests.ephemeral-storage", "requests.memory"'
)
BYTES = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"


def said(scope: Scope | None = None, **container: Any) -> list[str]:
    spec = {
        "containers": [{"name": "c", "image": "i", **container}],
        "volumes": [{"name": "dir"}, {"name": "secret", "secret": {"secretName": "s"}}],
    }
    return [str(fault.error) for fault in check_pod_spec(spec, At() / "spec", scope or Scope())]


def of(**source: Any) -> Obj:
    return {"env": [{"name": "A", "valueFrom": source}]}


def file(**more: Any) -> Obj:
    return of(fileKeyRef={"volumeName": "dir", "path": "a/b", "key": "K", **more})


CASES: list[Any] = [
    pytest.param({"env": [{"name": "A", "value": "b"}]}, [], id="a value"),
    pytest.param({"env": [{"name": "9 ~lives?"}]}, [], id="a name of any printable letters"),
    pytest.param({"env": [{}]}, [f"{E0}.name: Required value"], id="no name"),
    pytest.param(
        {"env": [{"name": "A=B"}]},
        [f'{E0}.name: Invalid value: "A=B": a valid environment variable name must consist only '
         "of printable ASCII characters other than '='"],
        id="a name with an equals sign",
    ),
    pytest.param(
        of(),
        [f'{E0}.valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
         "`resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"],
        id="from nowhere",
    ),
    pytest.param(
        {"env": [{"name": "A", "value": "x", "valueFrom": {}}]},
        [f'{E0}.valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
         "`resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"],
        id="a value and from nowhere",
    ),
    pytest.param(
        of(secretKeyRef={"name": "s", "key": "k"}, configMapKeyRef={"name": "s", "key": "k"}),
        [f'{E0}.valueFrom: Invalid value: "": may not have more than one field specified at a '
         "time"],
        id="from two places",
    ),
    pytest.param(
        {"env": [{"name": "A", "value": "x", "valueFrom": {
            "secretKeyRef": {"name": "s", "key": "k"},
            "configMapKeyRef": {"name": "s", "key": "k"},
        }}]},
        [f'{E0}.valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
        id="a value and from two places is one fault",
    ),
    pytest.param(of(fieldRef={"fieldPath": "metadata.labels['a/b']"}), [], id="a label"),
    pytest.param(of(fieldRef={"fieldPath": "spec.host"}), [], id="an old name of a field"),
    pytest.param(
        of(fieldRef={"fieldPath": "metadata.labels"}),
        [f'{E0}.valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported '
         f"values: {FIELDS}"],
        id="all labels",
    ),
    pytest.param(
        of(fieldRef={"fieldPath": "status.phase"}),
        [f'{E0}.valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported '
         f"values: {FIELDS}"],
        id="a field that is not for variables",
    ),
    pytest.param(
        of(fieldRef={"fieldPath": "spec.containers"}),
        [f'{E0}.valueFrom.fieldRef.fieldPath: Invalid value: "spec.containers": error converting '
         "fieldPath: field label not supported: spec.containers"],
        id="no such field",
    ),
    pytest.param(
        of(fieldRef={"fieldPath": "metadata.name['a']"}),
        [f'{E0}.valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name[\'a\']": error '
         "converting fieldPath: field label does not support subscript: metadata.name['a']"],
        id="part of a name",
    ),
    pytest.param(
        of(fieldRef={"apiVersion": "v2", "fieldPath": "metadata.name"}),
        [f'{E0}.valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name": error converting '
         "fieldPath: unsupported pod version: v2"],
        id="another version",
    ),
    pytest.param(of(fieldRef={}), [f"{E0}.valueFrom.fieldRef.fieldPath: Required value"],
                 id="no path"),
    pytest.param(of(resourceFieldRef={"resource": "limits.cpu", "divisor": "1m"}), [],
                 id="an amount"),
    pytest.param(of(resourceFieldRef={"resource": "limits.hugepages-2Mi"}), [], id="huge pages"),
    pytest.param(
        of(resourceFieldRef={"resource": "limits.gpu"}),
        [f'{E0}.valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported '
         f"values: {AMOUNTS}"],
        id="an amount of something else",
    ),
    pytest.param(
        of(resourceFieldRef={"resource": "limits.cpu", "divisor": "1Mi"}),
        [f'{E0}.valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s '
         "values 1m and 1 are supported with the cpu resource"],
        id="cores in megabytes",
    ),
    pytest.param(
        of(resourceFieldRef={"resource": "requests.memory", "divisor": "10Mi"}),
        [f'{E0}.valueFrom.resourceFieldRef.divisor: Invalid value: "requests.memory": only '
         f"divisor's values {BYTES} are supported with the memory resource"],
        id="memory in tens",
    ),
    pytest.param(
        of(secretKeyRef={"name": "S", "key": ".."}),
        [
            f'{E0}.valueFrom.secretKeyRef.name: Invalid value: "S": {SUBDOMAIN}',
            f"{E0}.valueFrom.secretKeyRef.key: Invalid value: \"..\": must not be '..'",
        ],
        id="a secret that cannot be",
    ),
    pytest.param(
        of(configMapKeyRef={}),
        [
            f'{E0}.valueFrom.configMapKeyRef.name: Invalid value: "": {SUBDOMAIN}',
            f"{E0}.valueFrom.configMapKeyRef.key: Required value",
        ],
        id="an unnamed map",
    ),
    pytest.param(file(), [], id="a file in an empty directory"),
    pytest.param(
        file(volumeName="secret"),
        [f'{E0}.valueFrom.fileKeyRef.volumeName: Invalid value: "secret": referenced volume must '
         "be of type emptyDir"],
        id="a file elsewhere",
    ),
    pytest.param(
        file(volumeName="none", path="../x"),
        [
            f"{E0}.valueFrom.fileKeyRef.path: Invalid value: \"../x\": must not contain '..'",
            f'{E0}.valueFrom.fileKeyRef.volumeName: Not found: "none"',
        ],
        id="a file outside of no volume",
    ),
    pytest.param(
        of(fileKeyRef={}),
        [
            f"{E0}.valueFrom.fileKeyRef.key: Required value",
            f"{E0}.valueFrom.fileKeyRef.volumeName: Required value",
            f"{E0}.valueFrom.fileKeyRef.path: Required value",
            f'{E0}.valueFrom.fileKeyRef.volumeName: Not found: ""',
        ],
        id="a file of which nothing is said",
    ),
    pytest.param(
        {"envFrom": [{"prefix": "X_", "secretRef": {"name": "s"}}]}, [], id="all of a secret"
    ),
    pytest.param(
        {"envFrom": [{"secretRef": {"name": "s"}}, {}]},
        ['spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or '
         "`secretRef`"],
        id="all of nothing, and the server does not say which",
    ),
    pytest.param(
        {"envFrom": [{"prefix": "=", "secretRef": {}, "configMapRef": {"name": "A"}}]},
        [
            'spec.containers[0].envFrom[0].prefix: Invalid value: "=": a valid environment '
            "variable name must consist only of printable ASCII characters other than '='",
            f'spec.containers[0].envFrom[0].configMapRef.name: Invalid value: "A": {SUBDOMAIN}',
            "spec.containers[0].envFrom[0].secretRef.name: Required value",
            'spec.containers[0].envFrom: Invalid value: "": may not have more than one field '
            "specified at a time",
        ],
        id="all of two",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("container", "expected"), CASES)
def test_environment(container: Obj, expected: list[str]) -> None:
    assert said(**container) == expected


def test_before_there_were_files_they_were_dropped() -> None:
    assert said(Scope((1, 34)), **file()) == [
        f'{E0}.valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, '
        "`configMapKeyRef` or `secretKeyRef`"
    ]
