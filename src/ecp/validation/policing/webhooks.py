"""What comes of admission webhooks where nothing can be called: whom they are about, and the words.

One whose service has ready endpoints is taken to allow what it is asked, and to change nothing:
what it would say is not known, and most of them say that most of the time. Every other is as one
that is there and does not listen. Where its service is missing, or has no such port, the server
finds that out before it calls anybody.

Source: kubernetes apiserver pkg/admission/plugin/webhook/generic/webhook.go,
validating/dispatcher.go, pkg/util/webhook/client.go; kube-aggregator pkg/apiserver/resolvers.go,
apiserver pkg/util/proxy/proxy.go `ResolveCluster`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Final

from ecp.kube.cel.admission import Known
from ecp.kube.errors import BadRequest, Forbidden, InternalError
from ecp.kube.urls import split_url
from ecp.validation.policing.bound import conditions_hold, fails
from ecp.validation.policing.evaluating import BUDGET_OF_CONDITIONS, Evaluation, Failed
from ecp.validation.policing.matching import Match, matches
from ecp.validation.policing.requests import EXEMPT, GROUP, Asked, World, name_of
from ecp.validation.scope import Object, items, mapping

MUTATING: Final = "MutatingWebhookConfiguration"
VALIDATING: Final = "ValidatingWebhookConfiguration"
_HARMLESS: Final = ("None", "NoneOnDryRun")
_PORT: Final = 443
_SECONDS: Final = 10
_PORTED: Final = re.compile(r":\d+$")

Lookup = Callable[[str, str], Object | None]
"""(namespace, name) → the Service, None without one."""

Listens = Callable[[Object, str], bool]
"""(Service, name of its port) → whether there is an endpoint that is ready."""


def call(asked: Asked, world: World, kind: str, service: Lookup, listens: Listens) -> None:
    """Ask the webhooks of the configurations of a kind, in the order of their names.

    Raises InternalError where one that must be asked cannot be, BadRequest for a dry run that one
    does not take, Forbidden where a condition comes to no value.
    """
    if asked.group == GROUP and asked.kind in EXEMPT:
        return
    for hook, _ in list(_concerned(asked, world, kind)):
        _reach(hook, asked, service, listens)


def unreachable(client: Object, service: Lookup, *, seconds: int | None = _SECONDS) -> str:
    """Return what the server says of a call to a ``clientConfig``; None seconds: without limit."""
    query = "" if seconds is None else f"?timeout={seconds}s"
    if client.get("url"):
        host = split_url(client["url"]).authority.rpartition("@")[2]
        name, _, number = host.rpartition(":") if _PORTED.search(host) else (host, "", "")
        called = _dialled(name.strip("[]"), int(number or _PORT))
        return f'Post "{client["url"]}{query}": {called}'
    ref = mapping(client.get("service"))
    name, place = str(ref.get("name") or ""), str(ref.get("namespace") or "")
    port, path = ref.get("port") or _PORT, str(ref.get("path") or "/").lstrip("/")
    where = f'Post "https://{name}.{place}.svc:{port}/{path}{query}"'
    return f"{where}: {_unserved(service(place, name), name, port)}"


def _answers(client: Object, service: Lookup, listens: Listens) -> bool:
    """Whether somebody listens where a ``clientConfig`` leads to: a Service with endpoints."""
    ref = mapping(client.get("service"))
    found = service(str(ref.get("namespace") or ""), str(ref.get("name") or ""))
    spec = mapping(mapping(found).get("spec"))
    if found is None or client.get("url") or spec.get("clusterIP") in (None, "", "None"):
        return False
    port = _port(spec, ref.get("port") or _PORT)
    return port is not None and listens(found, str(port.get("name") or ""))


def _port(spec: Object, number: int) -> Object | None:
    return next(
        (one for one in map(mapping, items(spec.get("ports"))) if one.get("port") == number), None
    )


def _unserved(found: Object | None, name: str, port: int) -> str:
    if found is None:
        return f'service "{name}" not found'
    spec = mapping(found.get("spec"))
    if spec.get("type") == "ExternalName":
        return _dialled(str(spec.get("externalName")), port)
    if _port(spec, port) is None:
        return f'no service port {port} found for service "{name}"'
    address = spec.get("clusterIP")
    if address == "None":
        return 'cannot route to service with ClusterIP "None"'
    return _dialled(str(address), port)


def _dialled(host: str, port: int) -> str:
    if any(letter.isalpha() for letter in host) and ":" not in host:
        return f"dial tcp: lookup {host}: no such host"
    shown = f"[{host}]" if ":" in host else host
    return f"dial tcp {shown}:{port}: connect: connection refused"


def _concerned(asked: Asked, world: World, kind: str) -> Iterator[tuple[Object, Match]]:
    for configuration in sorted(world.of(GROUP, kind, ""), key=name_of):
        for hook in map(mapping, items(configuration.get("webhooks"))):
            if not items(hook.get("rules")):
                continue
            match = matches({**hook, "resourceRules": hook["rules"]}, asked, world)
            if match is not None and _conditions_hold(hook, asked, world):
                yield hook, match


def _conditions_hold(hook: Object, asked: Asked, world: World) -> bool:
    evaluation = Evaluation(
        asked, world, {}, None, version=asked.version, budget=BUDGET_OF_CONDITIONS, placed=False
    )
    try:
        return conditions_hold(hook, evaluation, Known())
    except Failed as failed:
        if fails(hook):
            name = name_of(asked.object or {}) or asked.name or "Unknown"
            raise Forbidden(asked.about, name, str(failed)) from None
        return False


def _reach(hook: Object, asked: Asked, service: Lookup, listens: Listens) -> None:
    name = hook.get("name")
    if asked.dry_run and hook.get("sideEffects") not in _HARMLESS:
        raise BadRequest(f'admission webhook "{name}" does not support dry run')
    if not fails(hook):
        return
    client, seconds = mapping(hook.get("clientConfig")), hook.get("timeoutSeconds") or _SECONDS
    if client.get("caBundle") and not _holds_certificates(client["caBundle"]):
        why = (
            "could not get REST client: unable to load root certificates: "
            "unable to parse bytes as PEM block"
        )
    elif _answers(client, service, listens):
        return
    else:
        why = f"failed to call webhook: {unreachable(client, service, seconds=seconds)}"
    raise InternalError(f'failed calling webhook "{name}": {why}')


def _holds_certificates(bundle: str) -> bool:
    try:
        return b"-----BEGIN CERTIFICATE-----" in base64.b64decode(bundle)
    except ValueError:
        return False
