"""How a pod is known and how it finds others: host names, name servers, ports of the host.

Source: kubernetes pkg/apis/core/validation `validatePodDNSConfig`, `validatePodHostName`,
`validatePodHostNetworkDeps`, `ValidateHostAliases`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, too_long, unsupported
from ecp.validation.scope import Object, Scope, items, mapping

_POLICIES: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_MOST_SERVERS: Final = 3
_MOST_SEARCHES: Final = 32
_MOST_LETTERS: Final = 2048


def check_dns_policy(spec: Object, at: At) -> Iterator[Fault]:
    policy = spec.get("dnsPolicy")
    if policy and policy not in _POLICIES:
        yield unsupported("E0318", at / "dnsPolicy", policy, _POLICIES)


def check_dns(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check ``dnsConfig``, which a pod must have that takes nothing from elsewhere."""
    here = at / "dnsConfig"
    config = spec.get("dnsConfig")
    servers = items(mapping(config).get("nameservers"))
    if spec.get("dnsPolicy") == "None":
        if config is None:
            yield required("E0326", here, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not servers:
            text = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield required("E0326", here / "nameservers", text)
            return
    if len(servers) > _MOST_SERVERS:
        text = f"must not have more than {_MOST_SERVERS} nameservers"
        yield invalid("E0326", here / "nameservers", servers, text)
    strict = scope.has("StrictIPCIDRValidation")
    for number, server in enumerate(servers):
        for text in names.legacy_ip(server or "", strict):
            yield invalid("E0326", here / "nameservers" / number, server or "", text)
    yield from _searches(mapping(config), here / "searches", scope)
    for number, option in enumerate(items(mapping(config).get("options"))):
        if not mapping(option).get("name"):
            yield required("E0326", here / "options" / number, "must not be empty")


def _searches(config: Object, at: At, scope: Scope) -> Iterator[Fault]:
    searches = [search or "" for search in items(config.get("searches"))]
    if len(searches) > _MOST_SEARCHES:
        text = f"must not have more than {_MOST_SEARCHES} search paths"
        yield invalid("E0326", at, searches, text)
    if len(" ".join(searches).encode()) > _MOST_LETTERS:
        text = (
            f"must not have more than {_MOST_LETTERS} characters (including spaces) in the search "
            "list"
        )
        yield invalid("E0326", at, searches, text)
    relaxed = scope.has("RelaxedDNSSearchValidation")
    rule = names.subdomain_with_underscores if relaxed else names.dns_subdomain
    for number, search in enumerate(searches):
        if relaxed and search == ".":
            continue
        search = search.removesuffix(".")
        for text in rule(search):
            yield invalid("E0326", at / number, search, text)


def check_host_aliases(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    strict = scope.has("StrictIPCIDRValidation")
    for number, alias in enumerate(items(spec.get("hostAliases"))):
        alias, here = mapping(alias), at / number
        address = alias.get("ip") or ""
        for text in names.legacy_ip(address, strict):
            yield invalid("E0324", here / "ip", address, text)
        for index, name in enumerate(items(alias.get("hostnames"))):
            for text in names.dns_subdomain(name or ""):
                yield invalid("E0324", here / "hostnames" / index, name or "", text)


def check_host_network(spec: Object, at: At) -> Iterator[Fault]:
    """Check that on the host's network a container's port is the host's."""
    for number, container in enumerate(items(spec.get("containers"))):
        for index, port in enumerate(items(mapping(container).get("ports"))):
            port = mapping(port)
            host = port.get("hostPort") or 0
            if host and host != (port.get("containerPort") or 0):
                text = "must match `containerPort` when `hostNetwork` is true"
                here = at / "containers" / number / "ports" / index / "hostPort"
                yield invalid("E0304", here, host, text)


def check_host_name(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    """Check ``hostnameOverride``."""
    name, here = spec.get("hostnameOverride") or "", at / "hostnameOverride"
    if not scope.has("HostnameOverride"):
        return
    for field in ("setHostnameAsFQDN", "hostNetwork"):
        if spec.get(field):
            yield forbidden("E0337", here, f"may not be specified when {field} is true")
    if len(name.encode()) > 64:
        yield too_long("E0337", here, 64)
    for text in names.dns_subdomain(name):
        yield invalid("E0337", here, name, text)
