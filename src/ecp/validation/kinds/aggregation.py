"""APIService. Source: kube-aggregator pkg/apis/apiregistration/validation/validation.go."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.kube.errors import go_quote
from ecp.validation.faults import At, Fault, invalid, required
from ecp.validation.metadata import check_metadata
from ecp.validation.scope import Object, Scope, mapping

_RULE: Final = "E0652"
_SPEC: Final = At() / "spec"


def check_service(found: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(found.get("spec"))
    group, version = spec.get("group") or "", spec.get("version") or ""
    if not group and version != "v1":
        text = "only v1 may have an empty group and it better be legacy kube"
        yield required(_RULE, _SPEC / "group", text)
    for text in names.dns_subdomain(group) if group else ():
        yield invalid(_RULE, _SPEC / "group", group, text)
    for text in names.dns_1035_label(version):
        yield invalid(_RULE, _SPEC / "version", version, text)
    for field, most in (("groupPriorityMinimum", 20_000), ("versionPriority", 1000)):
        priority = spec.get(field) or 0
        if not 0 < priority <= most:
            text = f"must be positive and less than {most}"
            yield invalid(_RULE, _SPEC / field, priority, text)
    unsafe, bundle = bool(spec.get("insecureSkipTLSVerify")), b64decode(spec.get("caBundle") or "")
    if spec.get("service") is None:
        if bundle:
            text = "local APIServices may not have a caBundle"
            yield invalid(_RULE, _SPEC / "caBundle", f"{len(bundle)} bytes", text)
        if unsafe:
            text = "local APIServices may not have insecureSkipTLSVerify"
            yield invalid(_RULE, _SPEC / "insecureSkipTLSVerify", True, text)
        return
    yield from _service(mapping(spec["service"]), _SPEC / "service")
    if unsafe and bundle:
        text = "may not be true if caBundle is present"
        yield invalid(_RULE, _SPEC / "insecureSkipTLSVerify", True, text)


def _service(service: Object, at: At) -> Iterator[Fault]:
    for field in ("namespace", "name"):
        if not service.get(field):
            yield required(_RULE, at / field)
    port = service.get("port")
    complaints = names.port_number(443 if port is None else port)
    if complaints:
        yield invalid(_RULE, at / "port", port, f"port is not valid: {', '.join(complaints)}")


def check_name(found: Object) -> Iterator[Fault]:
    """An APIService is named after what it serves, which the server says of its metadata."""
    spec, meta = mapping(found.get("spec")), mapping(found.get("metadata"))
    wanted = f"{spec.get('version') or ''}.{spec.get('group') or ''}"
    for field in ("generateName", "name"):
        name = meta.get(field) or ""
        if name and name != wanted and not names.path_segment(name):
            text = f'must be `spec.version+"."+spec.group`: {go_quote(wanted)}'
            yield invalid(_RULE, At() / "metadata" / field, name, text)


def new_service(found: Object, scope: Scope) -> Iterator[Fault]:
    yield from check_name(found)
    yield from check_metadata(found, "apiregistration.k8s.io", "APIService", scope)
    yield from check_service(found, scope)


CHECKS = {"APIService": (check_service,)}
NEW = {"APIService": new_service}
