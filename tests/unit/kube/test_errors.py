"""Errors: the Status that a real server sends for each, and lines of field errors."""

from typing import Any

import pytest

from ecp.kube import errors as e

ACCEPTED = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]

STATUSES: list[tuple[str, e.KubeError, dict[str, Any]]] = [
    (
        "a missing object",
        e.NotFound("deployments.apps", "web"),
        {
            "message": 'deployments.apps "web" not found',
            "reason": "NotFound",
            "details": {"name": "web", "group": "apps", "kind": "deployments"},
            "code": 404,
        },
    ),
    (
        "a missing path",
        e.NotFound(),
        {
            "message": "the server could not find the requested resource",
            "reason": "NotFound",
            "details": {},
            "code": 404,
        },
    ),
    (
        "a name that is taken",
        e.AlreadyExists("configmaps", "a"),
        {
            "message": 'configmaps "a" already exists',
            "reason": "AlreadyExists",
            "details": {"name": "a", "kind": "configmaps"},
            "code": 409,
        },
    ),
    (
        "a stale resourceVersion",
        e.Conflict("deployments.apps", "web"),
        {
            "message": 'Operation cannot be fulfilled on deployments.apps "web": the object has '
            "been modified; please apply your changes to the latest version and try again",
            "reason": "Conflict",
            "details": {"name": "web", "group": "apps", "kind": "deployments"},
            "code": 409,
        },
    ),
    (
        "a namespace on its way out",
        e.Forbidden(
            "configmaps",
            "new",
            "unable to create new content in namespace c-ns because it is being terminated",
            (
                e.Cause(
                    "NamespaceTerminating",
                    "namespace c-ns is being terminated",
                    "metadata.namespace",
                ),
            ),
        ),
        {
            "message": 'configmaps "new" is forbidden: unable to create new content in namespace '
            "c-ns because it is being terminated",
            "reason": "Forbidden",
            "details": {
                "name": "new",
                "kind": "configmaps",
                "causes": [
                    {
                        "reason": "NamespaceTerminating",
                        "message": "namespace c-ns is being terminated",
                        "field": "metadata.namespace",
                    }
                ],
            },
            "code": 403,
        },
    ),
    (
        "one field error",
        e.Invalid(
            "ConfigMap", "", [e.required("metadata.name", "name or generateName is required")]
        ),
        {
            "message": 'ConfigMap "" is invalid: metadata.name: Required value: name or '
            "generateName is required",
            "reason": "Invalid",
            "details": {
                "kind": "ConfigMap",
                "causes": [
                    {
                        "reason": "FieldValueRequired",
                        "message": "Required value: name or generateName is required",
                        "field": "metadata.name",
                    }
                ],
            },
            "code": 422,
        },
    ),
    (
        "a resourceVersion from the future",
        e.Timeout(
            "Too large resource version: 99999999, current: 5",
            1,
            (e.Cause("ResourceVersionTooLarge", "Too large resource version"),),
        ),
        {
            "message": "Timeout: Too large resource version: 99999999, current: 5",
            "reason": "Timeout",
            "details": {
                "causes": [
                    {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
                ],
                "retryAfterSeconds": 1,
            },
            "code": 504,
        },
    ),
    (
        "an error nobody wrapped",
        e.PlainError("resourceVersion should not be set on objects to be created"),
        {"message": "resourceVersion should not be set on objects to be created", "code": 500},
    ),
    (
        "an internal error",
        e.InternalError("disk full"),
        {
            "message": "Internal error occurred: disk full",
            "reason": "InternalError",
            "details": {"causes": [{"message": "disk full"}]},
            "code": 500,
        },
    ),
    (
        "a method the path does not know",
        e.MethodNotAllowed(),
        {
            "message": "the server does not allow this method on the requested resource",
            "reason": "MethodNotAllowed",
            "details": {},
            "code": 405,
        },
    ),
    (
        "a media type the handler cannot answer in",
        e.NotAcceptable(ACCEPTED),
        {
            "message": "only the following media types are accepted: application/json, "
            "application/yaml, application/vnd.kubernetes.protobuf",
            "reason": "NotAcceptable",
            "code": 406,
        },
    ),
    (
        "a media type the router cannot answer in",
        e.NotAcceptable(ACCEPTED, by_route=True),
        {
            "message": "406: Not Acceptable\n\nAvailable representations: application/json, "
            "application/yaml, application/vnd.kubernetes.protobuf",
            "reason": "NotAcceptable",
            "details": {},
            "code": 406,
        },
    ),
    (
        "a body of an unknown format",
        e.UnsupportedMediaType(ACCEPTED),
        {
            "message": "the body of the request was in an unknown format - accepted media types "
            "include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
            "reason": "UnsupportedMediaType",
            "code": 415,
        },
    ),
    (
        "a body that is too large",
        e.RequestEntityTooLarge("limit is 3145728"),
        {
            "message": "Request entity too large: limit is 3145728",
            "reason": "RequestEntityTooLarge",
            "code": 413,
        },
    ),
    (
        "a list that is too old",
        e.Expired("The resourceVersion for the provided list is too old."),
        {
            "message": "The resourceVersion for the provided list is too old.",
            "reason": "Expired",
            "code": 410,
        },
    ),
    (
        "an eviction that would break a budget",
        e.TooManyRequests(
            "Cannot evict pod as it would violate the pod's disruption budget.",
            10,
            (
                e.Cause(
                    "DisruptionBudget",
                    "The disruption budget x is still being processed",
                ),
            ),
        ),
        {
            "message": "Cannot evict pod as it would violate the pod's disruption budget.",
            "reason": "TooManyRequests",
            "details": {
                "causes": [
                    {
                        "reason": "DisruptionBudget",
                        "message": "The disruption budget x is still being processed",
                    }
                ],
                "retryAfterSeconds": 10,
            },
            "code": 429,
        },
    ),
]


@pytest.mark.parametrize(("error", "body"), [r[1:] for r in STATUSES], ids=[r[0] for r in STATUSES])
def test_the_status_of(error: e.KubeError, body: dict[str, Any]) -> None:
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    assert error.status() == {**head, **body}
    assert list(error.status())[-1] == "code"
    assert str(error) == body["message"]


LINES = [
    ("a required value shows none", e.required("spec.selector"), "spec.selector: Required value"),
    (
        "a string is quoted as Go quotes",
        e.invalid("metadata.name", 'a"\n', "no"),
        'metadata.name: Invalid value: "a\\"\\n": no',
    ),
    (
        "a number is bare",
        e.invalid("spec.replicas", -1, "x"),
        "spec.replicas: Invalid value: -1: x",
    ),
    (
        "a map is JSON with sorted keys",
        e.invalid("spec.template.metadata.labels", {"tier": "web", "app": "a"}, "`selector`"),
        'spec.template.metadata.labels: Invalid value: {"app":"a","tier":"web"}: `selector`',
    ),
    (
        "supported values are listed",
        e.not_supported("protocol", "HTTP", ["SCTP", "TCP"]),
        'protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP"',
    ),
    (
        "a long value is not shown",
        e.too_long("f", 63),
        "f: Too long: may not be more than 63 bytes",
    ),
    ("too many", e.too_many("f", 3, 2), "f: Too many: 3: must have at most 2 items"),
    ("nothing is null", e.invalid("<nil>", None, "x"), "<nil>: Invalid value: null: x"),
    ("forbidden", e.forbidden("spec", "no"), "spec: Forbidden: no"),
    (
        "a duplicate",
        e.duplicate("spec.ports[1]", {"name": "a"}),
        'spec.ports[1]: Duplicate value: {"name":"a"}',
    ),
    ("true in Go's words", e.invalid("x", True, ""), "x: Invalid value: true"),
    ("a float", e.invalid("x", 1.5, ""), "x: Invalid value: 1.5"),
]


@pytest.mark.parametrize(("error", "line"), [r[1:] for r in LINES], ids=[r[0] for r in LINES])
def test_a_field_error_reads(error: e.FieldError, line: str) -> None:
    assert str(error) == line


def test_several_field_errors_are_listed_once_each_but_all_are_causes() -> None:
    twice = [e.required("a"), e.required("b"), e.required("a")]
    error = e.Invalid("Pod", "p", twice)
    assert error.message == 'Pod "p" is invalid: [a: Required value, b: Required value]'
    assert len(error.causes) == 3
