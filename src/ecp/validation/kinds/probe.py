"""Probes and lifecycle handlers.

Source: kubernetes pkg/apis/core/validation `validateProbe`, `validateLifecycle`,
`validateHandler`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0314"
PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_COUNTS: Final = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)
_OF_PROBES: Final = ("exec", "httpGet", "tcpSocket", "grpc")
_OF_LIFECYCLES: Final = ("exec", "httpGet", "tcpSocket", "sleep")
_SCHEMES: Final = ("HTTP", "HTTPS")
_WINDOWS_SIGNALS: Final = ("SIGKILL", "SIGTERM")
_LINUX_SIGNALS: Final = tuple(
    sorted(
        [
            "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP",
            "SIGILL", "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF",
            "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP",
            "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM",
            "SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIGRTMIN", "SIGRTMAX",
            *(f"SIGRTMIN+{number}" for number in range(1, 16)),
            *(f"SIGRTMAX-{number}" for number in range(1, 15)),
        ]
    )
)  # fmt: skip


def non_negative(rule: str, value: Any, at: At) -> tuple[Fault, ...]:
    if value is None or value >= 0:
        return ()
    return (invalid(rule, at, value, "must be greater than or equal to 0"),)


def port_or_name(rule: str, value: Any, at: At) -> Iterator[Fault]:
    """Check a port given as a number or by name; absent counts as 0."""
    if isinstance(value, str):
        for text in names.port_name(value):
            yield invalid(rule, at, value, text)
    else:
        for text in names.port_number(value or 0):
            yield invalid(rule, at, value or 0, text)


def check_probes(
    container: Object, at: At, grace: int | None, system: str, scope: Scope
) -> Iterator[Fault]:
    """Check lifecycle handlers and the three probes of a container that lasts.

    grace    ``terminationGracePeriodSeconds`` of the pod
    system   name of the pod's operating system, "" where it has none
    """
    if container.get("lifecycle") is not None:
        lifecycle = mapping(container["lifecycle"])
        yield from _lifecycle(lifecycle, at / "lifecycle", grace, system, scope)
    for field in PROBES:
        if container.get(field) is not None:
            yield from _probe(mapping(container[field]), at / field, field, scope)


def _lifecycle(
    lifecycle: Object, at: At, grace: int | None, system: str, scope: Scope
) -> Iterator[Fault]:
    for field in ("postStart", "preStop"):
        if lifecycle.get(field) is not None:
            handler = mapping(lifecycle[field])
            yield from _handler(handler, at / field, _OF_LIFECYCLES, grace, scope)
    signal = lifecycle.get("stopSignal")
    if signal is None or not scope.has("ContainerStopSignals"):
        return
    here = at / "stopSignal"
    if not system:
        yield forbidden(_RULE, here, "may not be set for containers with empty `spec.os.name`")
    known = {"windows": _WINDOWS_SIGNALS, "linux": _LINUX_SIGNALS}.get(system)
    if known is not None and signal not in known:
        yield unsupported(_RULE, here, signal, known)


def _probe(probe: Object, at: At, field: str, scope: Scope) -> Iterator[Fault]:
    yield from _handler(probe, at, _OF_PROBES, None, scope)
    for name in _COUNTS:
        if probe.get(name):
            yield from non_negative(_RULE, probe[name], at / name)
    grace, here = probe.get("terminationGracePeriodSeconds"), at / "terminationGracePeriodSeconds"
    if grace is not None and grace <= 0:
        yield invalid(_RULE, here, grace, "must be greater than 0")
    if field == "readinessProbe":
        if grace is not None:
            yield invalid(_RULE, here, grace, "must not be set for readinessProbes")
    elif probe.get("successThreshold") not in (None, 0, 1):
        here = at / "successThreshold"
        yield invalid(_RULE, here, probe["successThreshold"], "must be 1")


def _handler(
    handler: Object, at: At, kinds: tuple[str, ...], grace: int | None, scope: Scope
) -> Iterator[Fault]:
    found = False
    for name in kinds:
        if handler.get(name) is None:
            continue
        here = at / name
        if found:
            yield forbidden(_RULE, here, "may not specify more than 1 handler type")
            continue
        found = True
        action = mapping(handler[name])
        if name == "exec":
            if not items(action.get("command")):
                yield required(_RULE, here / "command")
        elif name == "sleep":
            yield from _sleep(action.get("seconds") or 0, here, grace, scope)
        else:
            port = action.get("port")
            yield from port_or_name("E0304", 0 if port is None else port, here / "port")
            if name == "httpGet":
                yield from _http(action, here)
    if not found:
        yield required(_RULE, at, "must specify a handler type")


def _http(action: Object, at: At) -> Iterator[Fault]:
    scheme = action.get("scheme")
    if scheme and scheme not in _SCHEMES:
        yield unsupported(_RULE, at / "scheme", scheme, _SCHEMES)
    here = at / "httpHeaders"
    for number, header in enumerate(items(action.get("httpHeaders"))):
        name = mapping(header).get("name") or ""
        for text in names.header_name(name):
            yield invalid(_RULE, here, name, text, point=here / number / "name")


def _sleep(seconds: int, at: At, grace: int | None, scope: Scope) -> Iterator[Fault]:
    if grace is None:
        return
    if scope.has("PodLifecycleSleepActionAllowZero"):
        if not 0 <= seconds <= grace:
            text = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            yield invalid(_RULE, at, seconds, text)
    elif not 0 < seconds <= grace:
        text = (
            f"must be greater than 0 and less than terminationGracePeriodSeconds ({grace}). "
            "Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep."
        )
        yield invalid(_RULE, at, seconds, text)
