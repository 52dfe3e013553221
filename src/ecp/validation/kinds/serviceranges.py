"""IPAddress and ServiceCIDR: the addresses of a cluster's Services.

Source: kubernetes pkg/apis/networking/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid, invalid_struct, required
from ecp.validation.kinds.addresses import canonical_network, read_network
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0654"
_SPEC: Final = At() / "spec"


def check_address(address: Object, scope: Scope) -> Iterator[Fault]:
    parent, at = mapping(address.get("spec")).get("parentRef"), _SPEC / "parentRef"
    if parent is None:
        yield required(_RULE, at)
        return
    parent = mapping(parent)
    group = parent.get("group") or ""
    for text in names.dns_subdomain(group) if group else ():
        yield invalid(_RULE, at / "group", group, text)
    for field in ("resource", "name", "namespace"):
        value = parent.get(field) or ""
        if not value and field != "namespace":
            yield required(_RULE, at / field)
        for text in names.path_segment(value):
            yield invalid(_RULE, at / field, value, text)


def check_range(found: Object, scope: Scope) -> Iterator[Fault]:
    cidrs, at = items(mapping(found.get("spec")).get("cidrs")), _SPEC / "cidrs"
    if not cidrs:
        yield required(_RULE, at, "at least one CIDR required")
    elif len(cidrs) > 2:
        yield invalid_struct(_RULE, at, {"CIDRs": cidrs}, "may only hold up to 2 values")
    else:
        for number, cidr in enumerate(cidrs):
            for text in canonical_network(cidr, scope):
                yield invalid(_RULE, at / number, cidr, text)
        found_networks = [read_network(cidr) for cidr in cidrs]
        versions = [network.version for network in found_networks if network is not None]
        if len(versions) == 2 and versions[0] == versions[1]:
            text = (
                "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and "
                "2001:db8::/64"
            )
            yield invalid(_RULE, at, cidrs, text)


CHECKS = {"IPAddress": (check_address,), "ServiceCIDR": (check_range,)}
