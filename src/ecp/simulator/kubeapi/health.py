"""Health checks and figures of the server, at /healthz, /livez, /readyz and /metrics.

Source: apiserver pkg/server/healthz/healthz.go; which checks there are: a kube-apiserver 1.36.2
with its stock parts.
"""

from typing import Final

from ecp.kube.errors import NotAcceptable
from ecp.kube.kinds import Catalogue
from ecp.sim.store import Store
from ecp.simulator.kubeapi.wire import (
    JSON,
    PAGE_NOT_FOUND,
    YAML,
    Call,
    Reply,
    bare_text,
    plain_text,
)

_STEPS: Final = (
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "storage-readiness",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-wait-for-first-sync",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
    "autoregister-completion",
    "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
)
_HOOKS: Final = tuple(
    name if name == "autoregister-completion" else f"poststarthook/{name}" for name in _STEPS
)
_ALIVE: Final = ("ping", "log", "loopback-serving-certificate", "etcd", *_HOOKS)
_CHECKS: Final = {
    "healthz": _ALIVE,
    "livez": _ALIVE,
    "readyz": ("ping", "log", "informer-sync", *_HOOKS, "shutdown"),
}
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
PATHS: Final = tuple(
    sorted(
        [f"/{which}" for which in _CHECKS]
        + [f"/{which}/{check}" for which, checks in _CHECKS.items() for check in checks]
        + ["/flagz", "/metrics", "/metrics/slis", "/statusz"]
    )
)
"""The paths of this module, as `GET /` lists them."""


def health(which: str, rest: list[str], call: Call) -> Reply:
    """Answer /healthz, /livez or /readyz, or one of their checks, named by *rest*."""
    checks = _CHECKS[which]
    if rest:
        return plain_text(200, "ok") if "/".join(rest) in checks else PAGE_NOT_FOUND
    if not call.all("verbose"):
        return bare_text(200, "ok")
    excluded = call.all("exclude")
    lines = [f"[+]{one} excluded: ok" if one in excluded else f"[+]{one} ok" for one in checks]
    unknown = sorted({f'"{name}"' for name in excluded if name not in checks})
    if unknown:
        names = ",".join(unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {names}")
    return bare_text(200, "\n".join([*lines, f"{which} check passed", ""]))


def metrics(store: Store, catalogue: Catalogue) -> Reply:
    """Return how many objects are stored, by kind, as Prometheus reads it."""
    name = "apiserver_resource_objects"
    lines = [
        f"# HELP {name} [ALPHA] Number of stored objects at the time of last check split by kind."
        " In case of a fetching error, the value will be -1.",
        f"# TYPE {name} gauge",
    ]
    stored = [kind for kind in catalogue.kinds if not kind.view_of]
    for kind in sorted(stored, key=lambda kind: (kind.group, kind.plural)):
        labels = f'group="{kind.group}",resource="{kind.plural}"'
        lines.append(f"{name}{{{labels}}} {store.count(kind.resource)}")
    return Reply(200, ("\n".join(lines) + "\n").encode(), _PROMETHEUS)


def indicators() -> Reply:
    """Return what each check says, as Prometheus reads it."""
    name = "kubernetes_healthcheck"
    lines = [
        f"# HELP {name} [STABLE] This metric records the result of a single healthcheck.",
        f"# TYPE {name} gauge",
    ]
    found = [(check, which) for which in ("healthz", "readyz") for check in _CHECKS[which]]
    lines += [f'{name}{{name="{check}",type="{which}"}} 1' for check, which in sorted(found)]
    return Reply(200, ("\n".join(lines) + "\n").encode(), _PROMETHEUS)


_NOT_FOR_MACHINES: Final = (
    "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility"
    " guarantees and is for debugging purposes only."
)


def page(which: str, call: Call, lines: tuple[str, ...]) -> Reply:
    """Answer /statusz or /flagz, pages for people. Raises NotAcceptable."""
    accept = call.header(b"accept")
    if accept and not any(range_ in accept for range_ in ("text/plain", "text/*", "*/*")):
        raise NotAcceptable((JSON, YAML, "text/plain"))
    head = ("", f"apiserver {which}", _NOT_FOR_MACHINES, "")
    return plain_text(200, "\n".join((*head, *lines, "")))
