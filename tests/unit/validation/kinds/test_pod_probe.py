"""Probes and lifecycle handlers."""

from typing import Any

import pytest

from ecp.validation.faults import At
from ecp.validation.kinds.podspec import check_pod_spec
from ecp.validation.scope import Scope

Obj = dict[str, Any]
L = "spec.containers[0].livenessProbe"
R = "spec.containers[0].readinessProbe"
LIFE = "spec.containers[0].lifecycle"
EXEC = {"exec": {"command": ["a"]}}
RANGE = "must be between 1 and 65535, inclusive"


def said(container: Obj, scope: Scope | None = None, **spec: Any) -> list[str]:
    whole = {"containers": [{"name": "c", "image": "i", **container}], **spec}
    return [str(fault.error) for fault in check_pod_spec(whole, At() / "spec", scope or Scope())]


def live(**probe: Any) -> Obj:
    return {"livenessProbe": probe}


def stop(**handler: Any) -> Obj:
    return {"lifecycle": {"preStop": handler}}


CASES: list[Any] = [
    pytest.param(live(httpGet={"port": 80, "httpHeaders": [{"name": "X-A"}]}), [], id="http"),
    pytest.param(live(httpGet={"port": "web", "scheme": "HTTPS"}), [], id="a port by name"),
    pytest.param(live(grpc={"port": 9}, terminationGracePeriodSeconds=1), [], id="grpc"),
    pytest.param(live(), [f"{L}: Required value: must specify a handler type"], id="no handler"),
    pytest.param(
        live(sleep={"seconds": 1}), [f"{L}: Required value: must specify a handler type"],
        id="a probe does not sleep",
    ),
    pytest.param(
        live(grpc={"port": 9}, tcpSocket={"port": 9}, exec={"command": ["a"]}),
        [
            f"{L}.tcpSocket: Forbidden: may not specify more than 1 handler type",
            f"{L}.grpc: Forbidden: may not specify more than 1 handler type",
        ],
        id="three handlers",
    ),
    pytest.param(live(exec={}), [f"{L}.exec.command: Required value"], id="no command"),
    pytest.param(
        live(httpGet={"port": 0, "scheme": "http", "httpHeaders": [{"name": "a b"}]}),
        [
            f"{L}.httpGet.port: Invalid value: 0: {RANGE}",
            f'{L}.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"',
            f'{L}.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of '
            "alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is "
            "'[-A-Za-z0-9]+')",
        ],
        id="http with every mistake",
    ),
    pytest.param(
        live(tcpSocket={"port": ""}),
        [
            f'{L}.tcpSocket.port: Invalid value: "": must contain only alpha-numeric characters '
            "(a-z, 0-9), and hyphens (-)",
            f'{L}.tcpSocket.port: Invalid value: "": must contain at least one letter (a-z)',
        ],
        id="a port with an empty name",
    ),
    pytest.param(live(grpc={"port": 70000}), [f"{L}.grpc.port: Invalid value: 70000: {RANGE}"],
                 id="grpc out of range"),
    pytest.param(
        live(**EXEC, initialDelaySeconds=-1, timeoutSeconds=-2, periodSeconds=-3,
             successThreshold=-4, failureThreshold=-5, terminationGracePeriodSeconds=0),
        [
            *(
                f"{L}.{field}: Invalid value: {value}: must be greater than or equal to 0"
                for field, value in (
                    ("initialDelaySeconds", -1), ("timeoutSeconds", -2), ("periodSeconds", -3),
                    ("successThreshold", -4), ("failureThreshold", -5),
                )
            ),
            f"{L}.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0",
            f"{L}.successThreshold: Invalid value: -4: must be 1",
        ],
        id="negative figures",
    ),
    pytest.param(
        {"startupProbe": {**EXEC, "successThreshold": 2}},
        ["spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1"],
        id="success twice",
    ),
    pytest.param({"readinessProbe": {**EXEC, "successThreshold": 2}}, [], id="ready after two"),
    pytest.param(
        {"readinessProbe": {**EXEC, "terminationGracePeriodSeconds": -1}},
        [
            f"{R}.terminationGracePeriodSeconds: Invalid value: -1: must be greater than 0",
            f"{R}.terminationGracePeriodSeconds: Invalid value: -1: must not be set for "
            "readinessProbes",
        ],
        id="a readiness probe ends nothing",
    ),
    pytest.param(stop(sleep={"seconds": 30}), [], id="sleep as long as the pod may"),
    pytest.param(
        stop(sleep={"seconds": 31}),
        [f"{LIFE}.preStop.sleep: Invalid value: 31: must be non-negative and less than "
         "terminationGracePeriodSeconds (30)"],
        id="sleep longer",
    ),
    pytest.param(
        stop(grpc={"port": 1}), [f"{LIFE}.preStop: Required value: must specify a handler type"],
        id="a handler does not speak grpc",
    ),
    pytest.param(
        {"lifecycle": {"postStart": {"exec": {}}, "preStop": {}}},
        [
            f"{LIFE}.postStart.exec.command: Required value",
            f"{LIFE}.preStop: Required value: must specify a handler type",
        ],
        id="both handlers",
    ),
    pytest.param({"lifecycle": {"stopSignal": "SIGNONE"}}, [], id="a signal is dropped"),
]  # fmt: skip


@pytest.mark.parametrize(("container", "expected"), CASES)
def test_probes_and_handlers(container: Obj, expected: list[str]) -> None:
    assert said(container) == expected


def test_the_grace_of_the_pod_bounds_the_sleep() -> None:
    assert said(stop(sleep={"seconds": 9}), terminationGracePeriodSeconds=8) == [
        f"{LIFE}.preStop.sleep: Invalid value: 9: must be non-negative and less than "
        "terminationGracePeriodSeconds (8)"
    ]
    assert said(stop(sleep={"seconds": 0}), Scope((1, 32))) == [
        f"{LIFE}.preStop.sleep: Invalid value: 0: must be greater than 0 and less than "
        "terminationGracePeriodSeconds (30). Enable AllowPodLifecycleSleepActionZeroValue feature "
        "gate for zero sleep."
    ]


@pytest.mark.parametrize(
    ("signal", "system", "expected"),
    [
        pytest.param("SIGRTMIN+3", "linux", "", id="a signal"),
        pytest.param(
            "SIGTERM", "",
            f"{LIFE}.stopSignal: Forbidden: may not be set for containers with empty "
            "`spec.os.name`",
            id="of no system",
        ),
        pytest.param(
            "SIGHUP", "windows",
            f'{LIFE}.stopSignal: Unsupported value: "SIGHUP": supported values: "SIGKILL", '
            '"SIGTERM"',
            id="not on Windows",
        ),
        pytest.param("SIGNONE", "linux", f'{LIFE}.stopSignal: Unsupported value: "SIGNONE": '
                     'supported values: "SIGABRT", "SIGALRM", "SIGBUS"', id="not on Linux"),
    ],
)  # fmt: skip
def test_signals_where_they_are_on(signal: str, system: str, expected: str) -> None:
    scope = Scope(gates=frozenset({"ContainerStopSignals"}))
    found = said(
        {"lifecycle": {"stopSignal": signal}}, scope, **({"os": {"name": system}} if system else {})
    )
    assert len(found) == bool(expected)
    assert not expected or found[0].startswith(expected)
